/* render.snapshot. */
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "testhost.h"

static th_env *env;
static char dir[64], file[128], params[256];

static void set_up(void)
{
	env = th_env_new();
	snprintf(dir, sizeof dir, "/tmp/lq-snapshot-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof file, "%s/p.png", dir);
	snprintf(params, sizeof params, "file=%s", file);
}

static void tear_down(void)
{
	unlink(file);
	ck_assert_int_eq(rmdir(dir), 0); /* nothing else was left there */
	th_env_free(env);
}

/* A picture of one colour. */
static lq_buffer *plain(uint8_t y, uint8_t u, uint8_t v)
{
	lq_buffer *b = th_raw(env, LQ_PIXEL_I420, 63, 47);
	for (uint32_t i = 0; i < 47 * b->strides[0]; i++)
		b->planes[0][i] = y;
	for (uint32_t i = 0; i < 24 * b->strides[1]; i++) {
		b->planes[1][i] = u;
		b->planes[2][i] = v;
	}
	return b;
}

static void check_colour(int r, int g, int b)
{
	static uint8_t rgb[3 * 63 * 47];
	png_image image = {.version = PNG_IMAGE_VERSION};
	ck_assert(png_image_begin_read_from_file(&image, file));
	ck_assert_uint_eq(image.width, 63);
	ck_assert_uint_eq(image.height, 47);
	image.format = PNG_FORMAT_RGB;
	ck_assert(png_image_finish_read(&image, NULL, rgb, 0, NULL));
	int want[3] = {r, g, b};
	for (int i = 0; i < 3 * 63 * 47; i++)
		ck_assert_int_le(abs(rgb[i] - want[i % 3]), 2);
}

static void check_none(void)
{
	ck_assert_int_ne(access(file, F_OK), 0);
}

START_TEST(the_last_picture_is_written_at_the_end)
{
	th_node *s = th_open(env, "snapshot", "render.snapshot", params);
	ck_assert_int_eq(th_start(s), 0);
	ck_assert_int_eq(th_send(s, 0, plain(16, 128, 128)), 0);
	ck_assert_int_eq(th_send(s, 0, plain(81, 90, 240)), 0);
	check_none();
	th_stop(s);
	check_colour(255, 0, 0);
	ck_assert_double_eq(th_stat(s, 0, "filesWritten"), 1);
	th_close(s);
}
END_TEST

START_TEST(the_first_picture_is_written_at_once)
{
	char first[512];
	snprintf(first, sizeof first, "%s;mode=first", params);
	th_node *s = th_open(env, "snapshot", "render.snapshot", first);
	ck_assert_int_eq(th_start(s), 0);
	ck_assert_int_eq(th_send(s, 0, plain(235, 128, 128)), 0);
	check_colour(255, 255, 255);
	ck_assert_int_eq(th_send(s, 0, plain(16, 128, 128)), 0);
	th_stop(s);
	check_colour(255, 255, 255);
	th_close(s);
}
END_TEST

START_TEST(an_interval_writes_again)
{
	char often[512];
	snprintf(often, sizeof often, "%s;interval_ms=100", params);
	th_node *s = th_open(env, "snapshot", "render.snapshot", often);
	ck_assert_int_eq(th_start(s), 0);
	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(th_send(s, 0, plain((uint8_t)(16 + i), 128, 128)), 0);
		env->now += 40 * LQ_MSEC;
	}
	ck_assert_double_eq(th_stat(s, 0, "filesWritten"), 4);
	th_stop(s);
	th_close(s);
}
END_TEST

START_TEST(no_picture_no_file)
{
	th_node *s = th_open(env, "snapshot", "render.snapshot", params);
	ck_assert_int_eq(th_start(s), 0);
	th_stop(s);
	check_none();
	th_close(s);
}
END_TEST

START_TEST(an_impossible_place_is_told_at_start)
{
	th_node *s = th_open(env, "snapshot", "render.snapshot", "file=/nowhere/p.png");
	ck_assert_int_eq(th_start(s), LQ_EIO);
	ck_assert_str_eq(s->error, "cannot write /nowhere/p.png: No such file or directory");
	th_close(s);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("snapshot");
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, the_last_picture_is_written_at_the_end);
	tcase_add_test(c, the_first_picture_is_written_at_once);
	tcase_add_test(c, an_interval_writes_again);
	tcase_add_test(c, no_picture_no_file);
	tcase_add_test(c, an_impossible_place_is_told_at_start);
	return th_main("plugins/snapshot", c, NULL);
}
