/* capture.screen on a virtual X server: colours, region, rate, and what it says when there is no screen. */
#include <check.h>
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
	tcase_add_test(t, missing_display_is_named);
	tcase_add_test(t, screens_are_listed);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	dev_kill(xvfb);
	return failed != 0;
}
