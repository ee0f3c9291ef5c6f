/* render.window on a virtual X server: what is shown, where, when, and how it closes. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devhost.h"
#include "xlook.h"

#define RED 0xff0000u
#define GREEN 0x00ff00u
#define BLUE 0x0000ffu
#define WHITE 0xffffffu
#define BLACK 0x000000u

static void plane(uint8_t *p, uint32_t stride, int x, int y, int w, int h, int step, uint8_t v)
{
	for (int j = y; j < y + h; j++)
		for (int i = x; i < x + w; i++)
			p[(size_t)j * stride + (size_t)(i * step)] = v;
}

/* A rectangle of one colour. Coordinates are even. */
static void fill(lq_buffer *b, int x, int y, int w, int h, uint32_t rgb)
{
	int r = rgb >> 16 & 255, g = rgb >> 8 & 255, bl = rgb & 255;
	uint8_t yy = (uint8_t)(16 + (66 * r + 129 * g + 25 * bl + 128) / 256), u = (uint8_t)((-38 * r - 74 * g + 112 * bl + 128 * 256 + 128) / 256),
	        v = (uint8_t)((112 * r - 94 * g - 18 * bl + 128 * 256 + 128) / 256);
	if (b->format->pixel == LQ_PIXEL_BGRA) {
		const uint8_t c[4] = {(uint8_t)bl, (uint8_t)g, (uint8_t)r, 255};
		for (int i = 0; i < 4; i++)
			plane(b->planes[0] + i, b->strides[0], x, y, w, h, 4, c[i]);
		return;
	}
	plane(b->planes[0], b->strides[0], x, y, w, h, 1, yy);
	if (b->format->pixel == LQ_PIXEL_I420) {
		plane(b->planes[1], b->strides[1], x / 2, y / 2, w / 2, h / 2, 1, u);
		plane(b->planes[2], b->strides[2], x / 2, y / 2, w / 2, h / 2, 1, v);
	} else {
		plane(b->planes[1], b->strides[1], x / 2, y / 2, w / 2, h / 2, 2, u);
		plane(b->planes[1] + 1, b->strides[1], x / 2, y / 2, w / 2, h / 2, 2, v);
	}
}

/* Four quarters: red green / blue white. */
static lq_buffer *quarters(dev_host *h, uint32_t pixel, int w, int ht)
{
	lq_format f = dev_video(pixel, (uint32_t)w, (uint32_t)ht);
	lq_buffer *b = dev_buffer(h, &f, 0);
	fill(b, 0, 0, w / 2, ht / 2, RED);
	fill(b, w / 2, 0, w / 2, ht / 2, GREEN);
	fill(b, 0, ht / 2, w / 2, ht / 2, BLUE);
	fill(b, w / 2, ht / 2, w / 2, ht / 2, WHITE);
	return b;
}

static lq_buffer *plain(dev_host *h, uint32_t rgb, int64_t pts)
{
	lq_format f = dev_video(LQ_PIXEL_I420, 64, 64);
	lq_buffer *b = dev_buffer(h, &f, 0);
	fill(b, 0, 0, 64, 64, rgb);
	b->pts = pts;
	return b;
}

typedef struct spot {
	xlook *x;
	int px, py;
	uint32_t rgb;
} spot;

static int spot_shows(dev_host *h, void *arg)
{
	spot *s = arg;
	return xlook_like(xlook_pixel(s->x, s->px, s->py), s->rgb, 6);
}

static void expect(dev_host *h, xlook *x, int px, int py, uint32_t rgb)
{
	spot s = {x, px, py, rgb};
	if (!dev_wait(h, spot_shows, &s, 20000))
		ck_abort_msg("at %d,%d: %06x, not %06x", px, py, xlook_pixel(x, px, py), rgb);
}

static void open_window(dev_host *h, const char *params, uint32_t pixel, uint32_t w, uint32_t ht)
{
	ck_assert_int_eq(dev_open(h, "sdl", "render.window", params), 0);
	lq_format f = dev_video(pixel, w, ht);
	ck_assert_msg(dev_start(h, &f) == 0, "%s", h->fail);
}

static const uint32_t pixel_formats[] = {LQ_PIXEL_I420, LQ_PIXEL_NV12, LQ_PIXEL_BGRA};

START_TEST(window_shows_the_picture)
{
	dev_host h;
	xlook x;
	xlook_open(&x);
	open_window(&h, "renderer=software;x=40;y=20", pixel_formats[_i], 320, 240);
	ck_assert_int_eq(dev_render(&h, quarters(&h, pixel_formats[_i], 320, 240)), 0);
	expect(&h, &x, 40 + 80, 20 + 60, RED);
	expect(&h, &x, 40 + 240, 20 + 60, GREEN);
	expect(&h, &x, 40 + 80, 20 + 180, BLUE);
	expect(&h, &x, 40 + 240, 20 + 180, WHITE);
	ck_assert_int_ge(dev_wait_event(&h, LQ_EVENT_FIRST_BUFFER, 20000), 0);
	ck_assert_double_eq(dev_stat(&h, "framesRendered"), 1);
	ck_assert_double_eq(dev_stat(&h, "framesDropped"), 0);
	dev_close(&h);
	xlook_close(&x);
}
END_TEST

START_TEST(mirror_swaps_left_and_right_at_run_time)
{
	dev_host h;
	xlook x;
	xlook_open(&x);
	open_window(&h, "renderer=software;x=0;y=0", LQ_PIXEL_I420, 320, 240);
	dev_render(&h, quarters(&h, LQ_PIXEL_I420, 320, 240));
	expect(&h, &x, 80, 60, RED);
	ck_assert_int_eq(dev_set_param(&h, "mirror", "true"), 0);
	expect(&h, &x, 80, 60, GREEN);
	expect(&h, &x, 240, 60, RED);
	ck_assert_int_eq(dev_set_param(&h, "title", "another name"), 0);
	while (!xlook_find(&x, "another name"))
		dev_wait(&h, spot_shows, &(spot){&x, 0, 0, 0x123456}, 10);
	dev_close(&h);
	xlook_close(&x);
}
END_TEST

/* A picture of 2:1 in a window of 1:1. */
START_TEST(scale_fits_stretches_or_crops)
{
	dev_host h;
	xlook x;
	xlook_open(&x);
	open_window(&h, "renderer=software;x=0;y=0;size=200x200", LQ_PIXEL_BGRA, 400, 200);
	dev_render(&h, quarters(&h, LQ_PIXEL_BGRA, 400, 200));
	expect(&h, &x, 50, 80, RED); /* fit: 200x100 in the middle, bars above and below */
	expect(&h, &x, 150, 120, WHITE);
	expect(&h, &x, 50, 40, BLACK);
	expect(&h, &x, 150, 160, BLACK);
	dev_set_param(&h, "scale", "stretch");
	expect(&h, &x, 50, 5, RED);
	expect(&h, &x, 150, 195, WHITE);
	dev_close(&h);

	open_window(&h, "renderer=software;x=0;y=0;size=200x200;scale=crop", LQ_PIXEL_BGRA, 400, 200);
	lq_buffer *b = quarters(&h, LQ_PIXEL_BGRA, 400, 200);
	fill(b, 0, 0, 96, 200, BLACK); /* a quarter of the width on either side is cut off */
	fill(b, 304, 0, 96, 200, BLACK);
	dev_render(&h, b);
	expect(&h, &x, 5, 50, RED);
	expect(&h, &x, 195, 50, GREEN);
	expect(&h, &x, 5, 150, BLUE);
	expect(&h, &x, 195, 195, WHITE);
	dev_close(&h);
	xlook_close(&x);
}
END_TEST

START_TEST(early_frames_wait_and_the_newest_due_wins)
{
	dev_host h;
	xlook x;
	xlook_open(&x);
	open_window(&h, "renderer=software;x=0;y=0", LQ_PIXEL_I420, 64, 64);
	int64_t t = h.frozen = dev_now();
	dev_render(&h, plain(&h, GREEN, t + 400 * LQ_MSEC));
	dev_render(&h, plain(&h, BLUE, t + 401 * LQ_MSEC));
	dev_render(&h, plain(&h, WHITE, t + 900 * LQ_MSEC));
	int64_t wake = h.wake;
	ck_assert_int_eq(wake, t + 400 * LQ_MSEC);
	/* the loop is late: two are due, the older one is dropped */
	h.frozen = t + 500 * LQ_MSEC;
	expect(&h, &x, 32, 32, BLUE);
	ck_assert_double_eq(dev_stat(&h, "framesDropped"), 1);
	h.frozen = t + 899 * LQ_MSEC;
	ck_assert(!dev_wait(&h, spot_shows, &(spot){&x, 32, 32, WHITE}, 100));
	h.frozen = t + 900 * LQ_MSEC;
	expect(&h, &x, 32, 32, WHITE);
	/* late: at once. No time: at once. A broken time: at once */
	dev_render(&h, plain(&h, RED, t));
	expect(&h, &x, 32, 32, RED);
	ck_assert_double_eq(dev_stat(&h, "framesLate"), 1);
	dev_render(&h, plain(&h, GREEN, LQ_TIME_NONE));
	expect(&h, &x, 32, 32, GREEN);
	dev_render(&h, plain(&h, BLUE, t + 3600 * LQ_SEC));
	expect(&h, &x, 32, 32, BLUE);
	dev_close(&h);
	xlook_close(&x);
}
END_TEST

START_TEST(closing_the_window_tells_the_app)
{
	dev_host h;
	xlook x;
	xlook_open(&x);
	open_window(&h, "renderer=software;title=close me;x=0;y=0", LQ_PIXEL_I420, 64, 64);
	dev_render(&h, plain(&h, GREEN, LQ_TIME_NONE));
	expect(&h, &x, 32, 32, GREEN);
	xcb_window_t w = xlook_find(&x, "close me");
	ck_assert_uint_ne(w, 0);
	xlook_ask_close(&x, w);
	ck_assert_int_ge(dev_wait_event(&h, LQ_EVENT_CLOSED, 20000), 0);
	expect(&h, &x, 32, 32, BLACK);
	dev_render(&h, plain(&h, RED, LQ_TIME_NONE)); /* goes nowhere, harms nothing */
	dev_close(&h);
	xlook_close(&x);
}
END_TEST

static void *use_a_window(void *arg)
{
	int i = (int)(intptr_t)arg;
	char params[80];
	snprintf(params, sizeof params, "renderer=software;x=%d;y=300;title=w%d", i * 100, i);
	for (int round = 0; round < 5; round++) {
		dev_host h;
		open_window(&h, params, LQ_PIXEL_I420, 64, 64);
		for (int k = 0; k < 20; k++)
			dev_render(&h, plain(&h, k & 1 ? GREEN : BLUE, LQ_TIME_NONE));
		ck_assert_int_ge(dev_wait_event(&h, LQ_EVENT_FIRST_BUFFER, 20000), 0);
		dev_close(&h);
	}
	return NULL;
}

START_TEST(windows_of_several_threads_share_sdl)
{
	pthread_t t[3];
	for (intptr_t i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, use_a_window, (void *)i), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
}
END_TEST

START_TEST(window_follows_a_new_picture_size)
{
	dev_host h;
	xlook x;
	xlook_open(&x);
	open_window(&h, "renderer=software;x=0;y=0;size=200x200;scale=stretch", LQ_PIXEL_I420, 64, 64);
	dev_render(&h, plain(&h, GREEN, LQ_TIME_NONE));
	expect(&h, &x, 190, 190, GREEN);
	dev_render(&h, quarters(&h, LQ_PIXEL_NV12, 640, 480));
	expect(&h, &x, 10, 190, BLUE);
	expect(&h, &x, 190, 10, GREEN);
	lq_format bad = dev_video(LQ_PIXEL_YUYV, 64, 64);
	ck_assert_int_eq(dev_render(&h, dev_buffer(&h, &bad, 0)), LQ_EFORMAT);
	ck_assert_str_ne(h.fail, "");
	dev_close(&h);
	xlook_close(&x);
}
END_TEST

START_TEST(without_a_display_the_probe_says_why)
{
	char text[200] = "";
	const lq_node_desc *d = dev_find("sdl", "render.window");
	ck_assert_int_eq(d->ops->probe(text, sizeof text), 0);
	unsetenv("DISPLAY");
	ck_assert_int_eq(d->ops->probe(text, sizeof text), LQ_ENODEV);
	ck_assert_str_eq(text, "no display: neither DISPLAY nor WAYLAND_DISPLAY is set");
	setenv("DISPLAY", ":9999", 1);
	ck_assert_int_eq(d->ops->probe(text, sizeof text), LQ_ENODEV);
	ck_assert_str_eq(text, "no display: no X server answers at DISPLAY=:9999");
	dev_host h;
	ck_assert_int_eq(dev_open(&h, "sdl", "render.window", NULL), 0);
	lq_format f = dev_video(LQ_PIXEL_I420, 64, 64);
	ck_assert_int_eq(dev_start(&h, &f), LQ_ENODEV);
	ck_assert_ptr_nonnull(strstr(h.fail, "cannot open the display"));
	dev_close(&h);
}
END_TEST

int main(void)
{
	unsetenv("SDL_VIDEODRIVER");
	int xvfb = dev_xvfb("800x600x24");
	TCase *t = tcase_create("window");
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, window_shows_the_picture, 0, 3);
	tcase_add_test(t, mirror_swaps_left_and_right_at_run_time);
	tcase_add_test(t, scale_fits_stretches_or_crops);
	tcase_add_test(t, early_frames_wait_and_the_newest_due_wins);
	tcase_add_test(t, closing_the_window_tells_the_app);
	tcase_add_test(t, windows_of_several_threads_share_sdl);
	tcase_add_test(t, window_follows_a_new_picture_size);
	tcase_add_test(t, without_a_display_the_probe_says_why);
	Suite *s = suite_create("sdl window");
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	dev_kill(xvfb);
	return failed != 0;
}
