/* Camera and microphone for other programs, on standard output until nobody reads: who reads too slowly misses nothing, but gets it late.
 *
 *   timed_source picture WIDTH HEIGHT FPS   raw I420, each picture at its time, with the bar code that tells when that was (framework/media/barcode.h)
 *   timed_source sound                      mono floats at 48 kHz, 20 ms at a time, when the last of them has sounded, as capture.tone gives them */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "media/barcode.h"
#include "media/chirp.h"

enum { BLOCK = LQ_CHIRP_RATE / 50 };

static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void wait_until(int64_t time)
{
	struct timespec t = {.tv_sec = time / 1000000000, .tv_nsec = time % 1000000000};
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL))
		;
}

/* Slanted waves that slide, so that there is something to encode in every picture. */
static void draw(uint8_t *picture, uint32_t w, uint32_t h, uint32_t n)
{
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++) {
			uint32_t at = (x + y + 3 * n) % 256;
			picture[(size_t)y * w + x] = (uint8_t)(40 + (at < 128 ? at : 255 - at));
		}
	memset(picture + (size_t)w * h, 128, (size_t)w * h / 2);
}

static int give(const void *data, size_t size)
{
	return fwrite(data, 1, size, stdout) != size || fflush(stdout);
}

static int pictures(uint32_t w, uint32_t h, uint32_t fps)
{
	size_t size = (size_t)w * h * 3 / 2;
	uint8_t *picture = malloc(size);
	int64_t begin = now();
	if (!picture)
		return 1;
	for (uint32_t n = 0;; n++) {
		int64_t time = begin + (int64_t)n * 1000000000 / fps;
		draw(picture, w, h, n);
		wait_until(time);
		lq_barcode_write(picture, w, w, h, n, (uint32_t)(time / 1000000));
		if (give(picture, size))
			break;
	}
	free(picture);
	return 0;
}

static int sound(void)
{
	float block[BLOCK];
	int64_t begin = now();
	for (uint64_t n = 0;; n++) {
		lq_chirp_fill(block, BLOCK, n * BLOCK);
		wait_until(begin + (int64_t)(n + 1) * 20000000);
		if (give(block, sizeof block))
			return 0;
	}
}

static uint32_t number(const char *text, uint32_t most)
{
	unsigned long v = strtoul(text, NULL, 10);
	return v > most ? 0 : (uint32_t)v;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "sound"))
		return sound();
	uint32_t w = argc == 5 ? number(argv[2], 8192) & ~1u : 0, h = argc == 5 ? number(argv[3], 8192) & ~1u : 0, fps = argc == 5 ? number(argv[4], 240) : 0;
	if (w && h && fps && !strcmp(argv[1], "picture"))
		return pictures(w, h, fps);
	fprintf(stderr, "usage: timed_source picture WIDTH HEIGHT FPS, or timed_source sound\n");
	return 2;
}
