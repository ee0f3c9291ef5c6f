if PLUGIN_FFMPEG
plugin_LTLIBRARIES += plugins/ffmpeg.la
plugins_ffmpeg_la_SOURCES = %D%/ffmpeg.c %D%/ffmpeg_nodes.h %D%/h264_encoder.c %D%/decoder.c %D%/scale.c %D%/resample.c %D%/aac_encoder.c %D%/aac_decoder.c %D%/h264_params.h %D%/packets.h %D%/relay.c %D%/relay.h %D%/relay_anew.c %D%/relay_host.c \
	plugins/avformat/convert.c plugins/avformat/convert.h plugins/avformat/turn.c plugins/avformat/turn.h \
	plugins/common/av.h plugins/common/encoder_counts.h plugins/common/frame_rate.h plugins/common/util.h
plugins_ffmpeg_la_CPPFLAGS = $(AM_CPPFLAGS) $(FFMPEG_CFLAGS)
plugins_ffmpeg_la_LDFLAGS = $(PLUGIN_LINK)
plugins_ffmpeg_la_LIBADD = $(FFMPEG_LIBS)
endif
EXTRA_DIST += %D%/README.md
