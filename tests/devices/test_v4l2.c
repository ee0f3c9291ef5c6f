/* capture.camera. Which mode of a camera is taken is tested everywhere; frames only from the camera that LQ_TEST_CAMERA names (a
 * device), since a test has no business with the reader's own. v4l2-qemu.sh runs it in a virtual machine that has one. */
#include <check.h>
#include <glob.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devhost.h"
#include "plugins/v4l2/modes.h"

static lq__modes wish(uint32_t w, uint32_t h, uint32_t fps)
{
	return (lq__modes){.wish = {.width = w, .height = h, .fps_num = fps, .fps_den = 1}};
}

static void add(lq__modes *m, uint32_t fourcc, uint32_t w, uint32_t h, uint32_t fps)
{
	lq__modes_add(m, &(lq__mode){fourcc, w, h, fps, 1});
}

static void expect_mode(const lq__modes *m, uint32_t i, uint32_t fourcc, uint32_t w, uint32_t fps)
{
	ck_assert_uint_lt(i, m->n);
	ck_assert_uint_eq(m->mode[i].fourcc, fourcc);
	ck_assert_uint_eq(m->mode[i].width, w);
	ck_assert_uint_eq(m->mode[i].fps_num, fps);
}

START_TEST(the_wish_itself_comes_first_and_raw_before_encoded)
{
	lq__modes m = wish(1280, 720, 30);
	add(&m, V4L2_PIX_FMT_H264, 1280, 720, 30);
	add(&m, V4L2_PIX_FMT_YUYV, 640, 480, 30);
	add(&m, V4L2_PIX_FMT_YUYV, 1280, 720, 30);
	add(&m, V4L2_PIX_FMT_NV12, 1280, 720, 30);
	add(&m, V4L2_PIX_FMT_MJPEG, 1280, 720, 30); /* not known: left out */
	ck_assert_uint_eq(m.n, 4);
	expect_mode(&m, 0, V4L2_PIX_FMT_NV12, 1280, 30);
	expect_mode(&m, 1, V4L2_PIX_FMT_YUYV, 1280, 30);
	expect_mode(&m, 2, V4L2_PIX_FMT_YUYV, 640, 30);
	expect_mode(&m, 3, V4L2_PIX_FMT_H264, 1280, 30);
}
END_TEST

/* A webcam on USB 2: raw 720p comes at 10 frames a second only. */
START_TEST(a_smaller_picture_is_better_than_a_slow_one)
{
	lq__modes m = wish(1280, 720, 30);
	add(&m, V4L2_PIX_FMT_YUYV, 1280, 720, 10);
	add(&m, V4L2_PIX_FMT_YUYV, 640, 360, 30);
	add(&m, V4L2_PIX_FMT_YUYV, 848, 480, 30);
	add(&m, V4L2_PIX_FMT_YUYV, 160, 90, 30);
	expect_mode(&m, 0, V4L2_PIX_FMT_YUYV, 848, 30);
	expect_mode(&m, 1, V4L2_PIX_FMT_YUYV, 1280, 10);
	expect_mode(&m, 2, V4L2_PIX_FMT_YUYV, 640, 30);
	expect_mode(&m, 3, V4L2_PIX_FMT_YUYV, 160, 30);
}
END_TEST

START_TEST(the_list_is_bounded_and_keeps_the_best)
{
	lq__modes m = wish(640, 360, 30);
	for (uint32_t i = 1; i <= 100; i++)
		add(&m, V4L2_PIX_FMT_YUYV, 16 * i, 9 * i, 30);
	for (uint32_t i = 1; i <= 100; i++)
		add(&m, V4L2_PIX_FMT_H264, 16 * i, 9 * i, 30);
	ck_assert_uint_eq(m.n, LQ__MODES_MAX);
	expect_mode(&m, 0, V4L2_PIX_FMT_YUYV, 640, 30);
	uint32_t encoded = 0, first = 0;
	for (uint32_t i = 0; i < m.n; i++)
		if (m.mode[i].fourcc == V4L2_PIX_FMT_H264 && encoded++ == 0)
			first = i;
	ck_assert_uint_eq(encoded, 8);
	expect_mode(&m, first, V4L2_PIX_FMT_H264, 640, 30);
}
END_TEST

START_TEST(a_format_finds_its_mode)
{
	lq__modes m = wish(640, 480, 30);
	lq__mode found;
	add(&m, V4L2_PIX_FMT_YUV420, 640, 480, 30);
	add(&m, V4L2_PIX_FMT_YUV420, 640, 480, 15);
	lq_format f = dev_video(LQ_PIXEL_I420, 640, 480);
	f.fps_num = 45;
	f.fps_den = 3;
	ck_assert_int_eq(lq__modes_find(&m, &f, &found), 0);
	ck_assert_uint_eq(found.fps_num, 15);
	f.fps_num = 7;
	ck_assert_int_eq(lq__modes_find(&m, &f, &found), LQ_EFORMAT);
	f = dev_video(LQ_PIXEL_NV12, 640, 480);
	ck_assert_int_eq(lq__modes_find(&m, &f, &found), LQ_EFORMAT);
}
END_TEST

START_TEST(a_missing_camera_is_named)
{
	glob_t g;
	char text[200] = "";
	const lq_node_desc *d = dev_find("v4l2", "capture.camera");
	if (glob("/dev/video*", 0, NULL, &g) == GLOB_NOMATCH) {
		lq_device device;
		ck_assert_int_eq(d->ops->probe(text, sizeof text), LQ_ENODEV);
		ck_assert_str_eq(text, "no camera: there is no /dev/video*");
		ck_assert_int_eq(((const lq_capture_ops *)d->kind_ops)->devices(0, &device), LQ_END);
	}
	globfree(&g);
	dev_host h;
	ck_assert_int_eq(dev_open(&h, "v4l2", "capture.camera", "device=/dev/video-none"), LQ_ENODEV);
	ck_assert_str_eq(h.fail, "cannot open the camera /dev/video-none: No such file or directory");
	dev_close(&h);
	ck_assert_int_eq(dev_open(&h, "v4l2", "capture.camera", "device=/dev/null"), LQ_ENODEV);
	ck_assert_str_eq(h.fail, "/dev/null is not a camera: it captures no video");
	dev_close(&h);
}
END_TEST

static void open_camera(dev_host *h, const char *more)
{
	char params[300];
	snprintf(params, sizeof params, "device=%s;%s", getenv("LQ_TEST_CAMERA"), more);
	int r = dev_open(h, "v4l2", "capture.camera", params);
	ck_assert_msg(r == 0, "%s", h->fail);
}

/* The first format offered with this pixel format. */
static lq_format offered(dev_host *h, uint32_t pixel)
{
	lq_format f;
	for (uint32_t i = 0; h->desc->ops->formats(h->self, 0, i, &f) == 0; i++)
		if (f.pixel == pixel)
			return f;
	ck_abort_msg("pixel format %u is not offered", pixel);
	return f;
}

/* Is there a picture at all, not one plain colour? */
static int has_contents(const lq_buffer *b)
{
	const uint8_t *row = b->planes[0] + (size_t)b->format->height / 4 * b->strides[0];
	for (uint32_t x = 1; x < b->format->width; x++)
		if (row[x] != row[0])
			return 1;
	return 0;
}

static const uint32_t pixel_formats[] = {LQ_PIXEL_I420, LQ_PIXEL_NV12, LQ_PIXEL_YUYV};

START_TEST(camera_delivers_frames_with_their_time)
{
	dev_host h;
	open_camera(&h, "size=640x360;fps=30");
	lq_format f = offered(&h, pixel_formats[_i]);
	ck_assert_msg(dev_start(&h, &f) == 0, "%s", h.fail);
	int64_t before = dev_now() - LQ_SEC, last = 0, first = 0;
	for (int i = 0; i < 20; i++) {
		lq_buffer *b = dev_take(&h, 30000);
		ck_assert_ptr_nonnull(b);
		ck_assert_uint_eq(b->format->width, f.width);
		ck_assert_uint_eq(b->format->pixel, f.pixel);
		ck_assert_uint_eq(b->n_planes, f.pixel == LQ_PIXEL_I420 ? 3 : f.pixel == LQ_PIXEL_NV12 ? 2 : 1);
		ck_assert(has_contents(b));
		ck_assert_int_gt(b->capture_time, last);
		ck_assert_int_gt(b->capture_time, before);
		ck_assert_int_le(b->capture_time, dev_now());
		last = b->capture_time;
		first = first ? first : last;
		h.host.buffer_unref(&h.host, b);
	}
	printf("%ux%u pixel %u, asked for %u/%u: %.1f frames/s, dropped %.0f, copied %.0f\n", f.width, f.height, f.pixel, f.fps_num, f.fps_den,
	       19e9 / (double)(last - first), dev_stat(&h, "framesDropped"), dev_stat(&h, "framesCopied"));
	ck_assert_double_ge(dev_stat(&h, "frames"), 20);
	dev_close(&h);
}
END_TEST

START_TEST(kept_frames_are_copied_before_the_driver_starves)
{
	dev_host h;
	lq_buffer *kept[20];
	open_camera(&h, "size=320x180");
	lq_format f = offered(&h, LQ_PIXEL_YUYV);
	ck_assert_msg(dev_start(&h, &f) == 0, "%s", h.fail);
	for (int i = 0; i < 20; i++) {
		kept[i] = dev_take(&h, 30000);
		ck_assert_ptr_nonnull(kept[i]);
	}
	ck_assert_double_gt(dev_stat(&h, "framesCopied"), 0);
	h.desc->ops->stop(h.self); /* lent frames stay readable */
	for (int i = 0; i < 20; i++) {
		ck_assert(has_contents(kept[i]));
		h.host.buffer_unref(&h.host, kept[i]);
	}
	ck_assert_msg(h.desc->ops->start(h.self) == 0, "%s", h.fail); /* and again */
	lq_buffer *b = dev_take(&h, 30000);
	ck_assert_ptr_nonnull(b);
	h.host.buffer_unref(&h.host, b);
	dev_close(&h);
}
END_TEST

START_TEST(camera_in_use_is_an_error)
{
	dev_host a, b;
	open_camera(&a, "size=640x360");
	open_camera(&b, "size=640x360");
	lq_format f = offered(&a, LQ_PIXEL_YUYV);
	ck_assert_msg(dev_start(&a, &f) == 0, "%s", a.fail);
	ck_assert_int_eq(dev_start(&b, &f), LQ_EBUSY);
	ck_assert_ptr_nonnull(strstr(b.fail, "another program uses it"));
	dev_close(&b);
	lq_buffer *frame = dev_take(&a, 30000);
	ck_assert_ptr_nonnull(frame);
	a.host.buffer_unref(&a.host, frame);
	dev_close(&a);
}
END_TEST

START_TEST(wake_ends_a_read)
{
	dev_host h;
	open_camera(&h, "size=640x360;fps=1");
	lq_format f = offered(&h, LQ_PIXEL_YUYV);
	ck_assert_msg(dev_start(&h, &f) == 0, "%s", h.fail);
	const lq_capture_ops *ops = h.desc->kind_ops;
	int64_t next, t = dev_now();
	ops->wake(h.self);
	ck_assert_int_eq(ops->read(h.self, t + 3600 * LQ_SEC, &next), 0);
	dev_close(&h);
}
END_TEST

START_TEST(camera_is_listed)
{
	lq_device d;
	char text[200];
	const lq_node_desc *n = dev_find("v4l2", "capture.camera");
	ck_assert_msg(n->ops->probe(text, sizeof text) == 0, "%s", text);
	ck_assert_int_eq(((const lq_capture_ops *)n->kind_ops)->devices(0, &d), 0);
	printf("device %s: %s\n", d.id, d.name);
	ck_assert_str_ne(d.name, "");
	ck_assert_uint_eq(d.is_default, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("v4l2");
	TCase *t = tcase_create("modes");
	tcase_add_test(t, the_wish_itself_comes_first_and_raw_before_encoded);
	tcase_add_test(t, a_smaller_picture_is_better_than_a_slow_one);
	tcase_add_test(t, the_list_is_bounded_and_keeps_the_best);
	tcase_add_test(t, a_format_finds_its_mode);
	tcase_add_test(t, a_missing_camera_is_named);
	suite_add_tcase(s, t);
	if (getenv("LQ_TEST_CAMERA")) {
		TCase *c = tcase_create("camera");
		tcase_set_timeout(c, 300);
		tcase_add_test(c, camera_is_listed);
		tcase_add_loop_test(c, camera_delivers_frames_with_their_time, 0, 3);
		tcase_add_test(c, kept_frames_are_copied_before_the_driver_starves);
		tcase_add_test(c, camera_in_use_is_an_error);
		tcase_add_test(c, wake_ends_a_read);
		suite_add_tcase(s, c);
	}
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
