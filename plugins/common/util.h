/* Small helpers that several plugins share. Static inline: a plugin links nothing of ours. */
#ifndef LQ_PLUGINS_COMMON_UTIL_H
#define LQ_PLUGINS_COMMON_UTIL_H

#include <loquat/plugin/plugin.h>

#define LQ__COUNT(array) (sizeof(array) / sizeof *(array))

static inline int64_t lq__samples_to_ns(int64_t samples, uint32_t rate)
{
	return samples / rate * LQ_SEC + samples % rate * LQ_SEC / rate;
}

/* Rounded to the nearest sample. */
static inline int64_t lq__ns_to_samples(int64_t ns, uint32_t rate)
{
	int64_t rest = ns % LQ_SEC * rate;
	return ns / LQ_SEC * rate + (rest + (rest < 0 ? -LQ_SEC / 2 : LQ_SEC / 2)) / LQ_SEC;
}

static inline int64_t lq__clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

/* time + delta, where time may be unknown. */
static inline int64_t lq__time_add(int64_t time, int64_t delta)
{
	return time == LQ_TIME_NONE ? LQ_TIME_NONE : time + delta;
}

static inline lq_format lq__audio_format(uint32_t codec, uint32_t sample, uint32_t rate, uint32_t channels)
{
	return (lq_format){.struct_size = sizeof(lq_format), .media = LQ_MEDIA_AUDIO, .codec = codec, .sample = sample, .rate = rate,
	                   .channels = channels};
}

static inline lq_format lq__video_format(uint32_t codec, uint32_t pixel, uint32_t width, uint32_t height)
{
	return (lq_format){.struct_size = sizeof(lq_format), .media = LQ_MEDIA_VIDEO, .codec = codec, .pixel = pixel, .width = width,
	                   .height = height};
}

/* What an encoder makes of `in` (NULL: not known yet): the same size and rate. */
static inline lq_format lq__encoded_format(uint32_t codec, const lq_format *in)
{
	lq_format f = lq__video_format(codec, 0, in ? in->width : 0, in ? in->height : 0);
	f.fps_num = in ? in->fps_num : 0;
	f.fps_den = in ? in->fps_den : 0;
	return f;
}

/* Frames a second as the format says; 30 where it does not. */
static inline double lq__nominal_fps(const lq_format *f)
{
	return f->fps_num && f->fps_den ? (double)f->fps_num / f->fps_den : 30;
}

static inline uint32_t lq__sample_size(uint32_t sample)
{
	return sample == LQ_SAMPLE_S16 ? 2 : 4;
}

/* Replaces a held format by a new one. Returns 0 or LQ_ENOMEM; the old one stays then. */
static inline int lq__format_replace(const lq_host *host, const lq_format **held, const lq_format *fmt)
{
	const lq_format *made = host->format_new(host, fmt);
	if (!made)
		return LQ_ENOMEM;
	if (*held)
		host->format_unref(host, *held);
	*held = made;
	return 0;
}

static inline void lq__format_drop(const lq_host *host, const lq_format **held)
{
	if (*held)
		host->format_unref(host, *held);
	*held = NULL;
}

/* An output that nobody listens to is no failure. */
static inline int lq__submit(const lq_host *host, uint32_t port, lq_buffer *buf)
{
	int r = host->submit(host, port, buf);
	return r == LQ_EPIPE ? 0 : r;
}

static inline void lq__buffer_times(lq_buffer *to, const lq_buffer *from)
{
	to->pts = from->pts;
	to->dts = from->dts;
	to->duration = from->duration;
	to->capture_time = from->capture_time;
}

static inline void lq__release_nothing(void *opaque)
{
}

/* An empty buffer that only says that the stream has ended. */
static inline int lq__submit_eos(const lq_host *host, uint32_t port, const lq_format *fmt, int64_t pts)
{
	lq_buffer *end = host->buffer_wrap(host, fmt, lq__release_nothing, NULL);
	if (!end)
		return LQ_ENOMEM;
	end->flags = LQ_BUFFER_EOS;
	end->pts = pts;
	return lq__submit(host, port, end);
}

static inline void lq__ask_key_frame(const lq_host *host, uint32_t port)
{
	lq_event e = {.struct_size = sizeof e, .type = LQ_EVENT_KEY_FRAME, .port = port};
	host->upstream(host, port, &e);
}

static inline void lq__tell(const lq_host *host, uint32_t type, uint32_t port, int64_t value, const char *text)
{
	lq_event e = {.struct_size = sizeof e, .type = type, .port = port, .value = value, .text = text};
	host->event(host, &e);
}

static inline void lq__stat(lq_stat_fn fn, void *arg, uint32_t port, const char *name, double value)
{
	lq_stat s = {.name = name, .value = value};
	fn(arg, port, &s);
}

#endif
