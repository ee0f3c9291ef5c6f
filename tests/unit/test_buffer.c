#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "media/buffer.h"
#include "media/format.h"
#include "tests/unit/suite.h"

static lq__pool *pool;

static void set_up(void)
{
	ck_assert_ptr_nonnull(pool = lq__pool_create());
}

static void tear_down(void)
{
	ck_assert_uint_eq(lq__pool_live_formats(pool), 0);
	ck_assert_uint_eq(lq__pool_destroy(pool), 0);
	ck_assert_int_eq(lq__alloc_live(), 0);
}

static lq_format video(uint32_t pixel, uint32_t w, uint32_t h)
{
	return (lq_format){.struct_size = sizeof(lq_format), .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = pixel, .width = w, .height = h,
	                   .fps_num = 30, .fps_den = 1};
}

static lq_format coded(uint32_t media, uint32_t codec)
{
	return (lq_format){.struct_size = sizeof(lq_format), .media = media, .codec = codec};
}

static const lq_format *interned(lq_format f)
{
	const lq_format *p = lq__format_new(pool, &f);
	ck_assert_ptr_nonnull(p);
	return p;
}

static lq_buffer *buffer(lq_format f, uint32_t size)
{
	const lq_format *p = interned(f);
	lq_buffer *b = lq__buffer_new(pool, p, size);
	lq__format_unref(p);
	return b;
}

START_TEST(equal_formats_are_one_object)
{
	uint8_t extra[] = {1, 2, 3}, same[] = {1, 2, 3};
	lq_format f = coded(LQ_MEDIA_VIDEO, LQ_CODEC_H264), g;
	f.extra = extra;
	f.extra_size = 3;
	g = f;
	g.extra = same;
	g.fps_num = f.fps_num = 60;
	f.fps_den = 2;
	g.fps_num = 30;
	g.fps_den = 1;
	const lq_format *a = interned(f), *b = interned(g);
	ck_assert_ptr_eq(a, b);
	ck_assert(a->fps_num == 30 && a->fps_den == 1);
	ck_assert_ptr_ne(a->extra, extra);
	same[2] = 4;
	const lq_format *c = interned(g);
	ck_assert_ptr_ne(a, c);
	ck_assert_mem_eq(a->extra, extra, 3);
	ck_assert_uint_eq(lq__pool_live_formats(pool), 2);
	lq__format_unref(a);
	ck_assert_uint_eq(lq__pool_live_formats(pool), 2);
	lq__format_unref(b);
	lq__format_unref(c);
	lq__format_unref(NULL);
}
END_TEST

START_TEST(huge_extra_data_is_refused)
{
	lq_format f = coded(LQ_MEDIA_VIDEO, LQ_CODEC_H264);
	f.extra_size = 1 << 24;
	ck_assert_ptr_null(lq__format_new(pool, &f));
}
END_TEST

static const struct { uint32_t pixel, w, h, planes, strides[3], rows[3]; } layouts[] = {
	{LQ_PIXEL_I420, 640, 360, 3, {640, 320, 320}, {360, 180, 180}}, {LQ_PIXEL_I420, 641, 361, 3, {704, 384, 384}, {361, 181, 181}},
	{LQ_PIXEL_I420, 1, 1, 3, {64, 64, 64}, {1, 1, 1}},              {LQ_PIXEL_NV12, 640, 360, 2, {640, 640}, {360, 180}},
	{LQ_PIXEL_NV12, 641, 361, 2, {704, 704}, {361, 181}},           {LQ_PIXEL_YUYV, 640, 360, 1, {1280}, {360}},
	{LQ_PIXEL_YUYV, 641, 3, 1, {1344}, {3}},                        {LQ_PIXEL_BGRA, 640, 360, 1, {2560}, {360}},
	{LQ_PIXEL_RGBA, 17, 5, 1, {128}, {5}},                          {LQ_PIXEL_I420, 3840, 2160, 3, {3840, 1920, 1920}, {2160, 1080, 1080}},
};

START_TEST(planes_are_laid_out_with_aligned_rows_that_do_not_overlap)
{
	lq_buffer *b = buffer(video(layouts[_i].pixel, layouts[_i].w, layouts[_i].h), 0);
	ck_assert_ptr_nonnull(b);
	ck_assert_uint_eq(b->n_planes, layouts[_i].planes);
	for (uint32_t i = 0; i < 4; i++) {
		if (i >= b->n_planes) {
			ck_assert_ptr_null(b->planes[i]);
			continue;
		}
		size_t bytes = (size_t)layouts[_i].strides[i] * layouts[_i].rows[i];
		ck_assert_uint_eq(b->strides[i], layouts[_i].strides[i]);
		ck_assert_uint_eq((uintptr_t)b->planes[i] % 64, 0);
		memset(b->planes[i], (int)i, bytes); /* the sanitizer knows where it ends */
		if (i + 1 < b->n_planes)
			ck_assert(b->planes[i + 1] >= b->planes[i] + bytes);
	}
	lq__buffer_unref(b);
}
END_TEST

START_TEST(pictures_beyond_the_limits_are_refused)
{
	static const uint32_t bad[][3] = {{LQ_PIXEL_I420, 0, 360}, {LQ_PIXEL_I420, 640, 0}, {LQ_PIXEL_I420, 16385, 16}, {LQ_PIXEL_I420, 16, 0xffffffff},
	                                  {LQ_PIXEL_BGRA, 16384, 16384}, {LQ_PIXEL_NONE, 640, 360}, {77, 640, 360}};
	ck_assert_ptr_null(buffer(video(bad[_i][0], bad[_i][1], bad[_i][2]), 0));
}
END_TEST

START_TEST(a_new_packet_is_clean)
{
	static const uint8_t zeros[64];
	for (int round = 0; round < 2; round++) { /* new, and from the pool */
		lq_buffer *b = buffer(coded(LQ_MEDIA_AUDIO, LQ_CODEC_OPUS), 100);
		ck_assert_uint_eq(b->struct_size, sizeof *b);
		ck_assert_uint_eq(b->size, 100);
		ck_assert_uint_eq(b->n_planes, 1);
		ck_assert(b->pts == LQ_TIME_NONE && b->dts == LQ_TIME_NONE && b->capture_time == LQ_TIME_NONE && !b->duration);
		ck_assert(!b->flags && !b->layer && !b->priority && !b->samples);
		ck_assert_mem_eq(b->planes[0] + 100, zeros, 64);
		memset(b->planes[0], 0xff, 164);
		b->pts = b->flags = 7;
		lq__buffer_unref(b);
	}
	lq_buffer *empty = buffer(coded(LQ_MEDIA_AUDIO, LQ_CODEC_OPUS), 0);
	ck_assert_ptr_nonnull(empty->planes[0]);
	lq__buffer_unref(empty);
	ck_assert_ptr_null(buffer(coded(LQ_MEDIA_AUDIO, LQ_CODEC_OPUS), 0xffffffff));
	ck_assert_ptr_null(buffer(coded(LQ_MEDIA_AUDIO, LQ_CODEC_OPUS), (1u << 28) - 63));
}
END_TEST

START_TEST(every_size_has_room)
{
	for (uint32_t n = 1; n < 300000; n += 1 + n / 7) {
		lq_buffer *b = buffer(coded(LQ_MEDIA_VIDEO, LQ_CODEC_VP8), n);
		memset(b->planes[0], 1, n + 64);
		lq__buffer_unref(b);
	}
}
END_TEST

START_TEST(the_steady_state_allocates_nothing)
{
	const lq_format *f = interned(video(LQ_PIXEL_I420, 640, 360)), *p = interned(coded(LQ_MEDIA_VIDEO, LQ_CODEC_H264));
	lq_buffer *held[4] = {NULL};
	long before = 0;
	for (int i = 0; i < 1000; i++) {
		if (i == 200)
			before = lq__alloc_count();
		lq__buffer_unref(held[i % 4]);
		held[i % 4] = lq__buffer_new(pool, i % 2 ? f : p, 1000 + (uint32_t)i % 200);
		lq__buffer_unref(lq__buffer_wrap(pool, f, NULL, NULL));
	}
	ck_assert_int_eq(lq__alloc_count(), before);
	for (int i = 0; i < 4; i++)
		lq__buffer_unref(held[i]);
	lq__format_unref(f);
	lq__format_unref(p);
}
END_TEST

START_TEST(what_is_kept_is_bounded)
{
	enum { N = 400 };
	lq_buffer *b[N];
	for (int i = 0; i < N; i++)
		b[i] = buffer(coded(LQ_MEDIA_VIDEO, LQ_CODEC_H264), 1000);
	long live = lq__alloc_live();
	for (int i = 0; i < N; i++)
		lq__buffer_unref(b[i]);
	ck_assert_int_le(lq__alloc_live(), live - N + 128);
	for (int round = 0; round < 40; round++) { /* resolutions that come and go: at most 64 MiB stay, here 21 pictures of 3 MiB each */
		uint32_t h = 720 + 16 * (uint32_t)round;
		for (int i = 0; i < 10; i++)
			b[i] = buffer(video(LQ_PIXEL_BGRA, 1280, h), 0);
		for (int i = 0; i < 10; i++)
			lq__buffer_unref(b[i]);
	}
	ck_assert_int_le(lq__alloc_live(), 1 + 128 + 21);
}
END_TEST

START_TEST(a_size_in_use_is_kept_when_others_fill_the_pool)
{
	lq_buffer *b[40];
	for (uint32_t round = 0; round < 20; round++) {
		for (int i = 0; i < 5; i++)
			b[i] = buffer(video(LQ_PIXEL_BGRA, 1280, 700 + 60 * round), 0);
		for (int i = 0; i < 5; i++)
			lq__buffer_unref(b[i]);
	}
	lq__buffer_unref(buffer(video(LQ_PIXEL_I420, 1920, 1080), 0));
	const lq_format *f = interned(video(LQ_PIXEL_I420, 1920, 1080));
	long before = lq__alloc_count();
	lq__buffer_unref(lq__buffer_new(pool, f, 0));
	ck_assert_int_eq(lq__alloc_count(), before);
	lq__format_unref(f);
}
END_TEST

START_TEST(references_count_and_decide_what_is_writable)
{
	lq_buffer *b = buffer(coded(LQ_MEDIA_AUDIO, LQ_CODEC_OPUS), 10);
	ck_assert_uint_eq(lq__pool_live(pool), 1);
	ck_assert(lq__buffer_is_writable(b));
	ck_assert_ptr_eq(lq__buffer_writable(b), b);
	ck_assert_ptr_eq(lq__buffer_ref(b), b);
	ck_assert(!lq__buffer_is_writable(b));
	b->planes[0][9] = 42;
	b->pts = 5, b->dts = 4, b->duration = 3, b->capture_time = 2, b->flags = LQ_BUFFER_KEY, b->layer = 0x102, b->priority = 2, b->samples = 960;
	lq_buffer *c = lq__buffer_writable(b); /* takes one of the two references */
	ck_assert_ptr_ne(c, b);
	ck_assert_ptr_eq(c->format, b->format);
	ck_assert(c->pts == 5 && c->dts == 4 && c->duration == 3 && c->capture_time == 2 && c->flags == LQ_BUFFER_KEY && c->layer == 0x102);
	ck_assert(c->priority == 2 && c->samples == 960 && c->size == 10 && c->planes[0][9] == 42);
	c->planes[0][9] = 1;
	ck_assert_uint_eq(b->planes[0][9], 42);
	ck_assert(lq__buffer_is_writable(b));
	lq__buffer_unref(b);
	lq__buffer_unref(c);
	lq__buffer_unref(NULL);
	ck_assert_uint_eq(lq__pool_live(pool), 0);
}
END_TEST

static int released;

static void count_release(void *opaque)
{
	released += *(int *)opaque;
}

START_TEST(foreign_memory_is_wrapped_and_given_back_once)
{
	static uint8_t y[100 * 8], u[50 * 4], v[50 * 4];
	int one = 1;
	released = 0;
	const lq_format *f = interned(video(LQ_PIXEL_I420, 16, 8));
	lq_buffer *b = lq__buffer_wrap(pool, f, count_release, &one);
	b->planes[0] = y, b->planes[1] = u, b->planes[2] = v;
	b->strides[0] = 100, b->strides[1] = b->strides[2] = 50;
	b->n_planes = 3;
	y[7 * 100 + 15] = 200;
	v[3 * 50 + 7] = 99;
	lq__buffer_unref(lq__buffer_ref(b));
	ck_assert_int_eq(released, 0);
	lq_buffer *c = lq__buffer_writable(b); /* a copy: a decoder may still use the memory */
	ck_assert_int_eq(released, 1);
	ck_assert_ptr_ne(c->planes[0], y);
	ck_assert_uint_eq(c->planes[0][7 * c->strides[0] + 15], 200);
	ck_assert_uint_eq(c->planes[2][3 * c->strides[2] + 7], 99);
	lq__buffer_unref(c);
	lq__format_unref(f);
}
END_TEST

START_TEST(a_leak_is_counted_and_stays_valid)
{
	lq__pool *own = lq__pool_create();
	lq_format f = coded(LQ_MEDIA_AUDIO, LQ_CODEC_OPUS);
	const lq_format *p = lq__format_new(own, &f);
	lq_buffer *b = lq__buffer_new(own, p, 10);
	lq__format_unref(p);
	ck_assert_uint_eq(lq__pool_destroy(own), 1);
	b->planes[0][0] = 1;
	ck_assert_uint_eq(b->format->codec, LQ_CODEC_OPUS);
	lq__buffer_unref(b); /* the last one frees the pool: tear_down looks */
	ck_assert_uint_eq(lq__pool_destroy(NULL), 0);
}
END_TEST

START_TEST(failing_allocations_are_answers)
{
	lq_format f = coded(LQ_MEDIA_AUDIO, LQ_CODEC_OPUS);
	const lq_format *p = interned(f), *first = p;
	lq_buffer *b = lq__buffer_new(pool, p, 10);
	lq__buffer_ref(b);
	lq__alloc_fail_at(1);
	ck_assert_ptr_null(lq__pool_create());
	ck_assert_ptr_eq(p = lq__format_new(pool, &f), first);
	f.rate = 48000;
	ck_assert_ptr_null(lq__format_new(pool, &f));
	ck_assert_ptr_null(lq__buffer_new(pool, p, 1000));
	ck_assert_ptr_null(lq__buffer_wrap(pool, p, count_release, NULL));
	ck_assert_ptr_null(lq__buffer_writable(b)); /* its reference is gone all the same */
	lq__alloc_fail_at(0);
	ck_assert(lq__buffer_is_writable(b));
	lq__buffer_unref(b);
	lq__format_unref(first);
	lq__format_unref(p);
}
END_TEST

/* Four threads pass buffers and formats through the same pool. */
enum { THREADS = 4, ROUNDS = 20000 };
static _Atomic(lq_buffer *) slots[8];

static void *churn(void *arg)
{
	uint32_t seed = (uint32_t)(uintptr_t)arg * 7919;
	for (int i = 0; i < ROUNDS; i++) {
		seed = seed * 1664525u + 1013904223u;
		lq_buffer *b = buffer(coded(LQ_MEDIA_VIDEO, LQ_CODEC_H264 + (seed >> 30)), 100 + (seed >> 24));
		b->planes[0][0] = (uint8_t)seed;
		lq_buffer *old = atomic_exchange(&slots[seed >> 16 & 7], lq__buffer_ref(b));
		lq__buffer_unref(b);
		if (old) {
			old = lq__buffer_writable(old);
			old->planes[0][0]++;
			lq__buffer_unref(old);
		}
	}
	return NULL;
}

START_TEST(threads_share_a_pool)
{
	pthread_t t[THREADS];
	for (uintptr_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, churn, (void *)(i + 1)), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < 8; i++)
		lq__buffer_unref(atomic_exchange(&slots[i], NULL));
	ck_assert_uint_eq(lq__pool_live(pool), 0);
}
END_TEST

START_TEST(patterns_match_where_they_overlap)
{
	lq_format any = {0}, raw = video(0, 0, 0), i420 = video(LQ_PIXEL_I420, 640, 360), out;
	raw.fps_num = raw.fps_den = 0;
	ck_assert_int_eq(lq__format_match(&any, &i420, &out), 0);
	ck_assert(lq__format_equal(&out, &i420));
	ck_assert_int_eq(lq__format_match(&i420, &raw, &out), 0);
	ck_assert(lq__format_equal(&out, &i420));
	lq_format sized = video(0, 640, 0), nv12 = video(LQ_PIXEL_NV12, 0, 0);
	ck_assert_int_eq(lq__format_match(&sized, &nv12, &out), 0);
	ck_assert(out.width == 640 && !out.height && out.pixel == LQ_PIXEL_NV12);
	ck_assert_int_eq(lq__format_match(&nv12, &i420, &out), LQ_EFORMAT);
	ck_assert_uint_eq(out.width, 640); /* untouched */
	lq_format slow = i420, same = i420;
	slow.fps_num = 15;
	same.fps_num = 60, same.fps_den = 2;
	ck_assert_int_eq(lq__format_match(&slow, &i420, &out), LQ_EFORMAT);
	ck_assert_int_eq(lq__format_match(&same, &i420, &same), 0);
	uint8_t x[] = {1}, y[] = {2};
	lq_format a = coded(LQ_MEDIA_VIDEO, LQ_CODEC_H264), b = a, c = a;
	a.extra = x, b.extra = y, a.extra_size = b.extra_size = 1;
	ck_assert_int_eq(lq__format_match(&a, &b, &out), LQ_EFORMAT);
	ck_assert_int_eq(lq__format_match(&c, &b, &out), 0);
	ck_assert_ptr_eq(out.extra, y);
}
END_TEST

START_TEST(completeness_depends_on_the_kind)
{
	lq_format f = video(LQ_PIXEL_I420, 640, 360);
	ck_assert(lq__format_is_complete(&f));
	f.fps_num = f.fps_den = 0;
	ck_assert(lq__format_is_complete(&f));
	f.width = 0;
	ck_assert(!lq__format_is_complete(&f));
	lq_format h264 = coded(LQ_MEDIA_VIDEO, LQ_CODEC_H264), pcm = coded(LQ_MEDIA_AUDIO, LQ_CODEC_RAW), none = {0};
	ck_assert(lq__format_is_complete(&h264));
	ck_assert(!lq__format_is_complete(&pcm));
	pcm.sample = LQ_SAMPLE_S16, pcm.rate = 48000, pcm.channels = 2;
	ck_assert(lq__format_is_complete(&pcm));
	ck_assert(!lq__format_is_complete(&none));
}
END_TEST

static const struct { lq_format f; const char *text; } texts[] = {
	{{0}, "any"},
	{{.media = 2, .codec = 1, .pixel = 1, .width = 1280, .height = 720, .fps_num = 30, .fps_den = 1}, "video/raw I420 1280x720@30"},
	{{.media = 2, .codec = 1, .pixel = 2, .width = 1280, .height = 720, .fps_num = 30000, .fps_den = 1001}, "video/raw NV12 1280x720@30000/1001"},
	{{.media = 2, .codec = 1, .pixel = 5}, "video/raw RGBA"},
	{{.media = 2, .codec = 1, .width = 640}, "video/raw 640x*"},
	{{.media = 2, .codec = 1, .height = 360}, "video/raw *x360"},
	{{.media = 2, .codec = 2}, "video/h264"},
	{{.media = 2}, "video/any"},
	{{.codec = 1}, "any/raw"},
	{{.media = 1, .codec = 16, .rate = 48000, .channels = 2}, "audio/opus 48000 Hz 2 ch"},
	{{.media = 1, .codec = 1, .sample = 1, .rate = 16000, .channels = 1}, "audio/raw S16 16000 Hz 1 ch"},
	{{.media = 9, .codec = 99, .pixel = 99, .sample = 99}, "?/? ? ?"},
};

START_TEST(formats_read_well)
{
	char text[LQ__FORMAT_TEXT_MAX], tight[8];
	ck_assert_str_eq(lq__format_text(&texts[_i].f, text, sizeof text), texts[_i].text);
	ck_assert_int_lt(strlen(lq__format_text(&texts[_i].f, tight, sizeof tight)), sizeof tight);
}
END_TEST

START_TEST(the_longest_text_fits)
{
	char text[LQ__FORMAT_TEXT_MAX];
	uint32_t m = 0xffffffff;
	lq_format f = {.media = 3, .codec = LQ_CODEC_H264, .pixel = 1, .width = m, .height = m, .fps_num = m, .fps_den = m - 1,
	               .sample = 1, .rate = m, .channels = m};
	ck_assert_int_lt(strlen(lq__format_text(&f, text, sizeof text)), sizeof text - 1);
	ck_assert_ptr_nonnull(strstr(text, " 4294967295 ch"));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("buffer");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, equal_formats_are_one_object);
	tcase_add_test(t, huge_extra_data_is_refused);
	tcase_add_loop_test(t, planes_are_laid_out_with_aligned_rows_that_do_not_overlap, 0, COUNT(layouts));
	tcase_add_loop_test(t, pictures_beyond_the_limits_are_refused, 0, 7);
	tcase_add_test(t, a_new_packet_is_clean);
	tcase_add_test(t, every_size_has_room);
	tcase_add_test(t, the_steady_state_allocates_nothing);
	tcase_add_test(t, what_is_kept_is_bounded);
	tcase_add_test(t, a_size_in_use_is_kept_when_others_fill_the_pool);
	tcase_add_test(t, references_count_and_decide_what_is_writable);
	tcase_add_test(t, foreign_memory_is_wrapped_and_given_back_once);
	tcase_add_test(t, a_leak_is_counted_and_stays_valid);
	tcase_add_test(t, failing_allocations_are_answers);
	tcase_add_test(t, threads_share_a_pool);
	tcase_add_test(t, patterns_match_where_they_overlap);
	tcase_add_test(t, completeness_depends_on_the_kind);
	tcase_add_loop_test(t, formats_read_well, 0, COUNT(texts));
	tcase_add_test(t, the_longest_text_fits);
	return run_case("buffer", t);
}
