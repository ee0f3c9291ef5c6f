/* The parameters of codec.h264.enc, for what makes one itself. */
#ifndef LQ_PLUGINS_FFMPEG_H264_PARAMS_H
#define LQ_PLUGINS_FFMPEG_H264_PARAMS_H

enum { P_BITRATE, P_PRESET, P_PROFILE, P_TUNE, P_THREADS, P_KEY_INTERVAL, P_MIN_BITRATE, P_BUFFER, N_H264_PARAMS };

#endif
