/* capture.screen on a virtual X server: colours, region, rate, and what it says when there is no screen. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devhost.h"
#include "xlook.h"

#define RED 0xe01020u
#define BLUE 0x1020e0u

static uint32_t pixel(const lq_buffer *b, uint32_t x, uint32_t y)
{
	const uint8_t *p = b->planes[0] + (size_t)y * b->strides[0] + x * 4;
	return (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static lq_buffer *frame(dev_host *h, const char *params)
{
	ck_assert_int_eq(dev_open(h, "x11", "capture.screen", params), 0);
	ck_assert_int_eq(dev_start(h, NULL), 0);
	lq_buffer *b = dev_take(h, 5000);
	ck_assert_ptr_nonnull(b);
	return b;
}

START_TEST(screen_is_seen_as_it_is)
{
	dev_host h;
	xlook x;
	xlook_open(&x);
	xlook_paint(&x, 100, 50, 60, 40, RED);
	xlook_paint(&x, 300, 200, 60, 40, BLUE);
	lq_buffer *b = frame(&h, "cursor=false");
	ck_assert_uint_eq(b->format->width, 800);
	ck_assert_uint_eq(b->format->height, 600);
	ck_assert_uint_eq(b->format->pixel, LQ_PIXEL_BGRA);
	ck_assert(xlook_like(pixel(b, 130, 70), RED, 2));
	ck_assert(xlook_like(pixel(b, 330, 220), BLUE, 2));
	ck_assert(!xlook_like(pixel(b, 200, 120), RED, 60));
	h.host.buffer_unref(&h.host, b);
	dev_close(&h);
	xlook_close(&x);
}
END_TEST

START_TEST(region_is_cut_out)
{
	dev_host h;
	xlook x;
	xlook_open(&x);
	xlook_paint(&x, 100, 50, 60, 40, RED);
	lq_buffer *b = frame(&h, "x=100;y=50;size=60x40;cursor=false");
	ck_assert_uint_eq(b->format->width, 60);
	ck_assert_uint_eq(b->format->height, 40);
	ck_assert(xlook_like(pixel(b, 0, 0), RED, 2));
	ck_assert(xlook_like(pixel(b, 59, 39), RED, 2));
	h.host.buffer_unref(&h.host, b);
	dev_close(&h);
	xlook_close(&x);
}
END_TEST

START_TEST(frames_are_paced_and_held_ones_are_not_overwritten)
{
	dev_host h;
	lq_buffer *held[6];
	held[0] = frame(&h, "fps=50");
	for (int i = 1; i < 6; i++) {
		held[i] = dev_take(&h, 5000);
		ck_assert_ptr_nonnull(held[i]);
		ck_assert_int_gt(held[i]->pts, held[i - 1]->pts);
		for (int k = 0; k < i; k++)
			ck_assert_ptr_ne(held[i]->planes[0], held[k]->planes[0]);
	}
	ck_assert_int_ge(held[5]->pts - held[0]->pts, 4 * 20 * LQ_MSEC);
	ck_assert_ptr_null(dev_take(&h, 200)); /* all segments are held */
	ck_assert_double_ge(dev_stat(&h, "framesDropped"), 1);
	for (int i = 0; i < 6; i++)
		h.host.buffer_unref(&h.host, held[i]);
	lq_buffer *b = dev_take(&h, 5000);
	ck_assert_ptr_nonnull(b);
	h.host.buffer_unref(&h.host, b);
	dev_close(&h);
}
END_TEST

START_TEST(region_outside_is_refused)
{
	dev_host h;
	ck_assert_int_eq(dev_open(&h, "x11", "capture.screen", "x=700;size=200x100"), 0);
	ck_assert_int_eq(dev_start(&h, NULL), LQ_ERANGE);
	ck_assert_ptr_nonnull(strstr(h.fail, "200x100 at 700,0 is not within the screen of 800x600"));
	dev_close(&h);
}
END_TEST

START_TEST(missing_display_is_named)
{
	dev_host h;
	char text[200] = "";
	ck_assert_int_eq(dev_open(&h, "x11", "capture.screen", "display=:4711"), 0);
	ck_assert_int_eq(dev_start(&h, NULL), LQ_ENODEV);
	ck_assert_ptr_nonnull(strstr(h.fail, ":4711"));
	dev_close(&h);
	const lq_node_desc *d = dev_find("x11", "capture.screen");
	ck_assert_int_eq(d->ops->probe(text, sizeof text), 0);
	unsetenv("DISPLAY");
	ck_assert_int_eq(d->ops->probe(text, sizeof text), LQ_ENODEV);
	ck_assert_ptr_nonnull(strstr(text, "DISPLAY is not set"));
}
END_TEST

START_TEST(screens_are_listed)
{
	lq_device device = {.struct_size = sizeof device};
	const lq_capture_ops *ops = dev_find("x11", "capture.screen")->kind_ops;
	ck_assert_int_eq(ops->devices(0, &device), 0);
	ck_assert_ptr_nonnull(strstr(device.name, "800x600"));
	ck_assert_int_eq(ops->devices(1, &device), LQ_END);
}
END_TEST

/* Four quarters, each darker than the one before. */
static lq_buffer *quarters(dev_host *h, int w, int ht)
{
	static const uint8_t greys[] = {235, 180, 126, 71};
	lq_format f = dev_video(LQ_PIXEL_I420, (uint32_t)w, (uint32_t)ht);
	lq_buffer *b = dev_buffer(h, &f, 0);
	for (int y = 0; y < ht; y++)
		for (int x = 0; x < w; x++)
			b->planes[0][(size_t)y * b->strides[0] + (size_t)x] = greys[(y >= ht / 2) * 2 + (x >= w / 2)];
	for (int i = 1; i < 3; i++)
		for (int y = 0; y < (ht + 1) / 2; y++)
			memset(b->planes[i] + (size_t)y * b->strides[i], 128, (size_t)(w + 1) / 2);
	return b;
}

typedef struct spot {
	xlook *x;
	int px, py;
	uint32_t grey;
} spot;

static int spot_shows(dev_host *h, void *arg)
{
	spot *s = arg;
	return xlook_like(xlook_pixel(s->x, s->px, s->py), s->grey * 0x010101u, 3);
}

static void expect(dev_host *h, xlook *x, int px, int py, uint32_t grey)
{
	spot s = {x, px, py, grey};
	if (!dev_wait(h, spot_shows, &s, 20000))
		ck_abort_msg("at %d,%d: %06x, not %02x", px, py, xlook_pixel(x, px, py), grey);
}

enum { WHITE = 0xff, LIGHT = 0xbf, MIDDLE = 0x80, DARK = 0x40, BLACK = 0 };

/* A picture of 2:1 in a window of 1:1 at 20,30. */
START_TEST(a_window_of_the_apps_is_drawn)
{
	dev_host h;
	xlook x;
	char params[80];
	xlook_open(&x);
	xcb_window_t w = xlook_paint(&x, 20, 30, 200, 200, RED);
	snprintf(params, sizeof params, "window=%u", w);
	ck_assert_int_eq(dev_open(&h, "x11", "render.xwindow", params), 0);
	lq_format f = dev_video(LQ_PIXEL_I420, 400, 200);
	ck_assert_msg(dev_start(&h, &f) == 0, "%s", h.fail);
	ck_assert_int_eq(dev_render(&h, quarters(&h, 400, 200)), 0);
	ck_assert_int_ge(dev_wait_event(&h, LQ_EVENT_FIRST_BUFFER, 20000), 0);
	expect(&h, &x, 20 + 50, 30 + 75, WHITE); /* fit: 200x100 in the middle, bars above and below */
	expect(&h, &x, 20 + 150, 30 + 75, LIGHT);
	expect(&h, &x, 20 + 50, 30 + 125, MIDDLE);
	expect(&h, &x, 20 + 150, 30 + 125, DARK);
	expect(&h, &x, 20 + 2, 30 + 52, WHITE);
	expect(&h, &x, 20 + 197, 30 + 147, DARK);
	expect(&h, &x, 20 + 50, 30 + 47, BLACK);
	expect(&h, &x, 20 + 150, 30 + 152, BLACK);
	ck_assert_int_eq(dev_set_param(&h, "scale", "stretch"), 0);
	expect(&h, &x, 20 + 2, 30 + 2, WHITE);
	expect(&h, &x, 20 + 197, 30 + 2, LIGHT);
	expect(&h, &x, 20 + 2, 30 + 197, MIDDLE);
	expect(&h, &x, 20 + 95, 30 + 95, WHITE);
	expect(&h, &x, 20 + 105, 30 + 105, DARK);
	ck_assert_int_eq(dev_set_param(&h, "mirror", "true"), 0);
	expect(&h, &x, 20 + 2, 30 + 2, LIGHT);
	expect(&h, &x, 20 + 197, 30 + 2, WHITE);
	ck_assert_int_eq(dev_set_param(&h, "mirror", "false"), 0);
	ck_assert_int_eq(dev_set_param(&h, "scale", "crop"), 0);
	lq_buffer *b = quarters(&h, 400, 200);
	for (int y = 0; y < 200; y++) { /* a quarter of the width on either side is cut off */
		memset(b->planes[0] + (size_t)y * b->strides[0], 16, 96);
		memset(b->planes[0] + (size_t)y * b->strides[0] + 304, 16, 96);
	}
	ck_assert_int_eq(dev_render(&h, b), 0);
	expect(&h, &x, 20 + 5, 30 + 5, WHITE);
	expect(&h, &x, 20 + 195, 30 + 195, DARK);
	/* Another size, and nothing new to draw. */
	const uint32_t size[] = {100, 50};
	xcb_configure_window(x.c, w, XCB_CONFIG_WINDOW_WIDTH | XCB_CONFIG_WINDOW_HEIGHT, size);
	xcb_flush(x.c);
	expect(&h, &x, 20 + 97, 30 + 2, BLACK); /* what was cut off before */
	expect(&h, &x, 20 + 40, 30 + 10, WHITE);
	xcb_destroy_window(x.c, w);
	xcb_flush(x.c);
	ck_assert_int_ge(dev_wait_event(&h, LQ_EVENT_CLOSED, 20000), 0);
	ck_assert_int_eq(dev_render(&h, quarters(&h, 400, 200)), 0);
	ck_assert_int_eq(dev_count_events(&h, LQ_EVENT_CLOSED), 1);
	dev_close(&h);
	ck_assert_int_eq(dev_open(&h, "x11", "render.xwindow", params), 0);
	ck_assert_int_eq(dev_start(&h, &f), LQ_ENOENT);
	ck_assert_ptr_nonnull(strstr(h.fail, "there is no window"));
	dev_close(&h);
	xlook_close(&x);
}
END_TEST

START_TEST(a_window_is_captured_wherever_it_is)
{
	dev_host h;
	xlook x;
	char params[80];
	xlook_open(&x);
	xcb_window_t w = xlook_paint(&x, 200, 100, 60, 40, RED);
	snprintf(params, sizeof params, "window=%u;cursor=false", w);
	lq_buffer *b = frame(&h, params);
	ck_assert_uint_eq(b->format->width, 60);
	ck_assert_uint_eq(b->format->height, 40);
	ck_assert(xlook_like(pixel(b, 0, 0), RED, 2));
	ck_assert(xlook_like(pixel(b, 59, 39), RED, 2));
	h.host.buffer_unref(&h.host, b);
	const uint32_t place[] = {300, 300, 80, 80};
	xcb_configure_window(x.c, w, XCB_CONFIG_WINDOW_X | XCB_CONFIG_WINDOW_Y | XCB_CONFIG_WINDOW_WIDTH | XCB_CONFIG_WINDOW_HEIGHT, place);
	xcb_flush(x.c);
	uint32_t width;
	do {
		ck_assert_ptr_nonnull(b = dev_take(&h, 5000));
		width = b->format->width;
		ck_assert(width != 80 || xlook_like(pixel(b, 79, 79), RED, 2));
		h.host.buffer_unref(&h.host, b);
	} while (width != 80);
	dev_close(&h);
	ck_assert_int_eq(dev_open(&h, "x11", "capture.screen", "window=3"), 0);
	ck_assert_int_eq(dev_start(&h, NULL), LQ_ENOENT);
	dev_close(&h);
	xlook_close(&x);
}
END_TEST

int main(void)
{
	int xvfb = dev_xvfb("800x600x24");
	Suite *s = suite_create("x11");
	TCase *t = tcase_create("x11");
	tcase_set_timeout(t, 60);
	tcase_add_test(t, screen_is_seen_as_it_is);
	tcase_add_test(t, region_is_cut_out);
	tcase_add_test(t, frames_are_paced_and_held_ones_are_not_overwritten);
	tcase_add_test(t, region_outside_is_refused);
	tcase_add_test(t, screens_are_listed);
	tcase_add_test(t, a_window_of_the_apps_is_drawn);
	tcase_add_test(t, a_window_is_captured_wherever_it_is);
	tcase_add_test(t, missing_display_is_named);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	dev_kill(xvfb);
	return failed != 0;
}
