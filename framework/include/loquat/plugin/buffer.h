/* Media buffers and formats: what flows between nodes.
 *
 * Buffers and formats belong to the host: they are reference counted and immutable while shared. A plugin makes them with
 * the functions of `lq_host` (host.h). All times are int64 nanoseconds on the graph's monotonic clock. */
#ifndef LOQUAT_PLUGIN_BUFFER_H
#define LOQUAT_PLUGIN_BUFFER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LQ_TIME_NONE INT64_MIN /* no time known */
#define LQ_MSEC INT64_C(1000000)
#define LQ_SEC INT64_C(1000000000)

enum { LQ_MEDIA_NONE = 0, LQ_MEDIA_AUDIO = 1, LQ_MEDIA_VIDEO = 2 };

/* lq_format.codec. LQ_CODEC_RAW is uncompressed. */
enum {
	LQ_CODEC_NONE = 0,
	LQ_CODEC_RAW = 1,
	LQ_CODEC_H264 = 2, /* Annex B access units, parameter sets in-band before each key frame */
	LQ_CODEC_VP8 = 3,
	LQ_CODEC_VP9 = 4,
	LQ_CODEC_AV1 = 5,
	LQ_CODEC_H265 = 6,
	LQ_CODEC_OPUS = 16, /* one Opus packet a buffer, RFC 6716 */
	LQ_CODEC_AAC = 17,
	LQ_CODEC_PCMU = 18,
	LQ_CODEC_PCMA = 19
};

enum { LQ_PIXEL_NONE = 0, LQ_PIXEL_I420 = 1, LQ_PIXEL_NV12 = 2, LQ_PIXEL_YUYV = 3, LQ_PIXEL_BGRA = 4, LQ_PIXEL_RGBA = 5 };

enum { LQ_SAMPLE_NONE = 0, LQ_SAMPLE_S16 = 1, LQ_SAMPLE_F32 = 2 }; /* interleaved, native endian */

/* A media format. As the format of a buffer it is complete; as an entry of a node's list of formats, a field that is 0
 * means "any" (negotiation fills it in). Audio uses sample, rate, channels; video pixel, width, height, fps. */
typedef struct lq_format {
	uint32_t struct_size;
	uint32_t media;
	uint32_t codec;
	uint32_t pixel;
	uint32_t width, height;    /* pixels */
	uint32_t fps_num, fps_den; /* 0/0: unknown or variable */
	uint32_t sample;
	uint32_t rate;     /* samples a second */
	uint32_t channels; /* 1 to 8 */
	uint32_t extra_size;
	const uint8_t *extra; /* codec configuration (for example an avcC body); owned by the format */
} lq_format;

/* lq_buffer.flags */
enum {
	LQ_BUFFER_KEY = 1u << 0,           /* decoding can start here */
	LQ_BUFFER_DISCONTINUITY = 1u << 1, /* something before this one is missing */
	LQ_BUFFER_CORRUPT = 1u << 2,       /* damaged, may be shown */
	LQ_BUFFER_LOST = 1u << 3,          /* encoded audio: this packet never came; the decoder conceals `duration`. Data, if any,
	                                      is the packet after it, for in-band FEC */
	LQ_BUFFER_EOS = 1u << 4            /* the last buffer of its stream; may be empty (no planes). The graph sends it on behind a node whose
	                                      inputs have all ended, where the node has not done so itself */
};

/* A frame (raw) or a packet (encoded). The fields may be written only while the buffer is writable: one reference, see
 * `lq_host.buffer_writable`. Raw video uses planes[]/strides[]; packets and raw audio use planes[0] and size. */
typedef struct lq_buffer {
	uint32_t struct_size;
	uint32_t flags;
	const lq_format *format; /* a changed pointer is the format-change message */
	int64_t pts;             /* presentation time. On a playing side: when it is due */
	int64_t dts;             /* decoding time, LQ_TIME_NONE where it is pts */
	int64_t duration;        /* 0 unknown */
	int64_t capture_time;    /* when the content was captured, LQ_TIME_NONE unknown; equal for sound and picture of one moment */
	uint8_t *planes[4];
	uint32_t strides[4]; /* bytes a row */
	uint32_t size;       /* packets and raw audio: bytes in planes[0] */
	uint32_t samples;    /* raw audio: samples per channel */
	uint32_t n_planes;
	uint16_t layer;    /* spatial layer << 8 | temporal layer */
	uint16_t priority; /* dropped first: the lowest. 0 discardable, 1 delta, 2 key or audio */
} lq_buffer;

#ifdef __cplusplus
}
#endif
#endif
