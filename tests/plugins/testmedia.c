/* Pictures and sound for the tests of plugins. */
#include <math.h>
#include <string.h>

#include "testhost.h"

lq_format th_video(uint32_t codec, uint32_t pixel, uint32_t w, uint32_t h, uint32_t fps)
{
	return (lq_format){.struct_size = sizeof(lq_format), .media = LQ_MEDIA_VIDEO, .codec = codec, .pixel = pixel, .width = w, .height = h,
	                   .fps_num = fps, .fps_den = fps ? 1 : 0};
}

lq_format th_audio(uint32_t codec, uint32_t sample, uint32_t rate, uint32_t channels)
{
	return (lq_format){.struct_size = sizeof(lq_format), .media = LQ_MEDIA_AUDIO, .codec = codec, .sample = sample, .rate = rate,
	                   .channels = channels};
}

static lq_buffer *new_buffer(th_env *env, lq_format fmt, uint32_t size)
{
	const lq_format *f = lq__format_new(env->pool, &fmt);
	lq_buffer *buf = lq__buffer_new(env->pool, f, size);
	lq__format_unref(f);
	ck_assert_ptr_nonnull(buf);
	return buf;
}

lq_buffer *th_raw(th_env *env, uint32_t pixel, uint32_t w, uint32_t h)
{
	lq_buffer *buf = new_buffer(env, th_video(LQ_CODEC_RAW, pixel, w, h, 0), 0);
	for (uint32_t i = 0; i < buf->n_planes; i++)
		memset(buf->planes[i], 128, (size_t)buf->strides[i] * (i && pixel != LQ_PIXEL_YUYV ? (h + 1) / 2 : h));
	return buf;
}

/* Slow waves with fine texture that slides: neither trivial nor impossible for a codec. */
lq_buffer *th_picture(th_env *env, uint32_t w, uint32_t h, uint32_t fps, uint32_t n)
{
	lq_buffer *buf = new_buffer(env, th_video(LQ_CODEC_RAW, LQ_PIXEL_I420, w, h, fps), 0);
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++) {
			uint32_t u = x + 2 * n, v = y + n;
			buf->planes[0][y * buf->strides[0] + x] =
				(uint8_t)(120 + 60 * sin(u * 0.02) * cos(v * 0.03) + (double)((u / 4 * 7919 + v / 4 * 104729) % 31));
		}
	for (uint32_t p = 1; p < 3; p++)
		for (uint32_t y = 0; y < (h + 1) / 2; y++)
			for (uint32_t x = 0; x < (w + 1) / 2; x++)
				buf->planes[p][y * buf->strides[p] + x] = (uint8_t)(128 + 40 * sin((x + n * p) * 0.03));
	buf->pts = buf->capture_time = (int64_t)n * LQ_SEC / fps;
	buf->duration = LQ_SEC / fps;
	return buf;
}

lq_buffer *th_tone(th_env *env, uint32_t sample, uint32_t rate, uint32_t channels, uint32_t samples, uint64_t at, double hz)
{
	lq_buffer *buf = new_buffer(env, th_audio(LQ_CODEC_RAW, sample, rate, channels), samples * channels * (sample == LQ_SAMPLE_S16 ? 2 : 4));
	for (uint32_t i = 0; i < samples; i++)
		for (uint32_t c = 0; c < channels; c++) {
			double v = 0.4 * sin(2 * 3.14159265358979 * hz * (double)(at + i) / rate);
			if (sample == LQ_SAMPLE_S16)
				((int16_t *)(void *)buf->planes[0])[i * channels + c] = (int16_t)lrint(v * 32767);
			else
				((float *)(void *)buf->planes[0])[i * channels + c] = (float)v;
		}
	buf->samples = samples;
	buf->pts = buf->capture_time = (int64_t)(at / rate) * LQ_SEC + (int64_t)(at % rate) * LQ_SEC / rate;
	buf->duration = (int64_t)samples * LQ_SEC / rate;
	return buf;
}

lq_buffer *th_packet(th_env *env, lq_format fmt, const void *data, uint32_t size)
{
	lq_buffer *buf = new_buffer(env, fmt, size);
	if (size)
		memcpy(buf->planes[0], data, size);
	return buf;
}

double th_psnr(const lq_buffer *a, const lq_buffer *b)
{
	uint32_t w = a->format->width, h = a->format->height;
	double sum = 0;
	ck_assert_uint_eq(b->format->width, w);
	ck_assert_uint_eq(b->format->height, h);
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++) {
			double d = (double)a->planes[0][y * a->strides[0] + x] - b->planes[0][y * b->strides[0] + x];
			sum += d * d;
		}
	return sum > 0 ? 10 * log10(255.0 * 255.0 * w * h / sum) : 100;
}

double th_power(const float *s, size_t n, uint32_t step, double hz, uint32_t rate)
{
	double re = 0, im = 0;
	for (size_t i = 0; i < n; i++) {
		double a = 2 * 3.14159265358979 * hz * (double)i / rate;
		re += s[i * step] * cos(a);
		im += s[i * step] * sin(a);
	}
	return n ? 2 * sqrt(re * re + im * im) / (double)n : 0;
}
