#include <stdlib.h>
#include <string.h>

#include "media/barcode.h"
#include "tests/unit/suite.h"

static uint32_t seed;

static uint32_t noise(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

static uint8_t *picture(uint32_t w, uint32_t h)
{
	uint8_t *y = malloc((size_t)w * h);
	for (size_t i = 0; i < (size_t)w * h; i++)
		y[i] = (uint8_t)noise();
	return y;
}

/* The mean of the source pixels under each target pixel, or the nearest one when enlarging. */
static uint8_t *scaled(const uint8_t *y, uint32_t w, uint32_t h, uint32_t tw, uint32_t th)
{
	uint8_t *out = malloc((size_t)tw * th);
	for (uint32_t ty = 0; ty < th; ty++)
		for (uint32_t tx = 0; tx < tw; tx++) {
			uint32_t x0 = tx * w / tw, x1 = (tx + 1) * w / tw, y0 = ty * h / th, y1 = (ty + 1) * h / th, sum = 0, n = 0;
			for (uint32_t r = y0; r < (y1 > y0 ? y1 : y0 + 1); r++)
				for (uint32_t c = x0; c < (x1 > x0 ? x1 : x0 + 1); c++, n++)
					sum += y[(size_t)r * w + c];
			out[(size_t)ty * tw + tx] = (uint8_t)(sum / n);
		}
	return out;
}

static const uint32_t sizes[][2] = {{68, 44}, {160, 90}, {161, 91}, {320, 180}, {320, 240}, {360, 640}, {640, 360},
                                   {854, 480}, {1280, 720}, {1920, 1080}};

START_TEST(what_is_written_is_read_at_every_size)
{
	const uint32_t *s = sizes[_i];
	uint8_t *y = picture(s[0], s[1]);
	for (uint32_t k = 0; k < 200; k++) {
		uint32_t frame = k < 2 ? k * 0xffffff : noise(), ms = k < 2 ? frame : noise(), f, m;
		ck_assert_int_eq(lq_barcode_write(y, s[0], s[0], s[1], frame, ms), 0);
		ck_assert_int_eq(lq_barcode_read(y, s[0], s[0], s[1], &f, &m), 0);
		ck_assert_uint_eq(f, frame & 0xffffff);
		ck_assert_uint_eq(m, ms & 0xffffff);
	}
	free(y);
}
END_TEST

START_TEST(scaling_either_way_keeps_it)
{
	static const uint32_t to[][2] = {{320, 180}, {426, 240}, {160, 90}, {400, 300}, {1280, 720}, {1023, 577}};
	uint32_t f, m;
	uint8_t *y = picture(640, 360);
	lq_barcode_write(y, 640, 640, 360, 123456, 7654321);
	uint8_t *t = scaled(y, 640, 360, to[_i][0], to[_i][1]);
	ck_assert_int_eq(lq_barcode_read(t, to[_i][0], to[_i][0], to[_i][1], &f, &m), 0);
	ck_assert_uint_eq(f, 123456);
	ck_assert_uint_eq(m, 7654321);
	free(t);
	free(y);
}
END_TEST

START_TEST(noise_and_poor_contrast_keep_it)
{
	uint32_t f, m, w = 320, h = 180;
	uint8_t *y = picture(w, h);
	for (uint32_t k = 0; k < 50; k++) {
		lq_barcode_write(y, w, w, h, k, 1000 * k);
		for (uint32_t i = 0; i < w * lq_barcode_height(h); i++) {
			int v = y[i] / 3 + 60 + (int)(noise() % 81) - 40;
			y[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
		}
		ck_assert_int_eq(lq_barcode_read(y, w, w, h, &f, &m), 0);
		ck_assert_uint_eq(f, k);
		ck_assert_uint_eq(m, 1000 * k);
	}
	free(y);
}
END_TEST

START_TEST(pictures_without_one_have_none)
{
	uint32_t w = 640, h = 360;
	for (uint32_t k = 0; k < 300; k++) {
		uint8_t *y = picture(w, h);
		if (k % 3 == 1)
			memset(y, (int)k, (size_t)w * h);
		for (uint32_t i = 0; k % 3 == 2 && i < w * h; i++)
			y[i] = (uint8_t)(i % w * 255 / w);
		ck_assert_int_eq(lq_barcode_read(y, w, w, h, NULL, NULL), LQ_ENOENT);
		free(y);
	}
}
END_TEST

START_TEST(one_wrong_cell_spoils_it)
{
	uint32_t w = 340, h = 220;
	uint8_t *y = picture(w, h);
	lq_barcode_write(y, w, w, h, 5, 6);
	for (uint32_t r = 5; r < 15; r++)
		for (uint32_t x = 10 * (1 + (uint32_t)_i); x < 10 * (2 + (uint32_t)_i); x++)
			y[r * w + x] = (uint8_t)(255 - y[r * w + x]);
	ck_assert_int_eq(lq_barcode_read(y, w, w, h, NULL, NULL), LQ_ENOENT);
	free(y);
}
END_TEST

START_TEST(too_small_a_picture_is_left_alone)
{
	uint8_t y[67 * 44], before[67 * 44];
	memset(y, 7, sizeof y);
	memcpy(before, y, sizeof y);
	ck_assert_int_eq(lq_barcode_write(y, 67, 67, 44, 1, 1), LQ_EINVAL);
	ck_assert_mem_eq(y, before, sizeof y);
	ck_assert_int_eq(lq_barcode_read(y, 67, 67, 44, NULL, NULL), LQ_ENOENT);
	ck_assert_int_eq(lq_barcode_read(y, 67, 0, 0, NULL, NULL), LQ_ENOENT);
}
END_TEST

START_TEST(writing_stays_within_width_and_strip)
{
	enum { W = 100, H = 60, STRIDE = 128 };
	uint8_t y[STRIDE * H];
	memset(y, 7, sizeof y);
	lq_barcode_write(y, STRIDE, W, H, 0xaaaaaa, 0x555555);
	for (uint32_t i = 0; i < sizeof y; i++)
		if (i % STRIDE >= W || i / STRIDE >= lq_barcode_height(H))
			ck_assert_uint_eq(y[i], 7);
}
END_TEST

START_TEST(numbers_wrap)
{
	ck_assert_int_eq(lq_barcode_diff(0xfffffe, 3), 5);
	ck_assert_int_eq(lq_barcode_diff(3, 0xfffffe), -5);
	ck_assert_int_eq(lq_barcode_diff(10, 10), 0);
}
END_TEST

START_TEST(a_flash_is_seen_and_keeps_the_bar_code)
{
	uint32_t w = 320, h = 180, f;
	uint8_t *y = picture(w, h);
	lq_barcode_write(y, w, w, h, 42, 0);
	ck_assert(!lq_flash_is(y, w, w, h));
	lq_flash_write(y, w, w, h);
	ck_assert(lq_flash_is(y, w, w, h));
	ck_assert_uint_eq(lq_luma_mean(y, w, w, h), 235);
	ck_assert_int_eq(lq_barcode_read(y, w, w, h, &f, NULL), 0);
	ck_assert_uint_eq(f, 42);
	free(y);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("barcode");
	tcase_add_loop_test(t, what_is_written_is_read_at_every_size, 0, sizeof sizes / sizeof *sizes);
	tcase_add_loop_test(t, scaling_either_way_keeps_it, 0, 6);
	tcase_add_test(t, noise_and_poor_contrast_keep_it);
	tcase_add_test(t, pictures_without_one_have_none);
	tcase_add_loop_test(t, one_wrong_cell_spoils_it, 0, 32);
	tcase_add_test(t, too_small_a_picture_is_left_alone);
	tcase_add_test(t, writing_stays_within_width_and_strip);
	tcase_add_test(t, numbers_wrap);
	tcase_add_test(t, a_flash_is_seen_and_keeps_the_bar_code);
	return run_case("barcode", t);
}
