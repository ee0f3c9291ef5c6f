/* Compares what was received with what was sent.
 *
 *   compare video SOURCE.yuv RECEIVED.yuv WIDTH HEIGHT   raw I420; pairs pictures by their bar code, prints "pairs N ssim S worst W"
 *   compare audio SOURCE.f32 RECEIVED.f32 RATE           raw mono floats; prints "pieces N correlation R lag_ms L", of the median piece
 *
 * The bar code's rows are left out of SSIM: the source has none. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media/barcode.h"

#define WINDOW 3   /* pictures to either side of where the count says: a source may skip one, or many when the machine stood still */
#define ALIKE 0.95 /* less: it may be another one */

static uint8_t *slurp(const char *file, size_t *size)
{
	FILE *f = fopen(file, "rb");
	if (!f || fseek(f, 0, SEEK_END)) {
		perror(file);
		exit(2);
	}
	long n = ftell(f);
	uint8_t *data = malloc((size_t)n + 1);
	rewind(f);
	*size = data ? fread(data, 1, (size_t)n, f) : 0;
	fclose(f);
	return data;
}

/* SSIM of luma over 8x8 windows, from row `top` down. */
static double ssim(const uint8_t *a, const uint8_t *b, int w, int h, int top)
{
	double sum = 0;
	long n = 0;
	for (int y = top; y + 8 <= h; y += 4)
		for (int x = 0; x + 8 <= w; x += 4) {
			double sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
			for (int i = 0; i < 64; i++) {
				double p = a[(y + i / 8) * w + x + i % 8], q = b[(y + i / 8) * w + x + i % 8];
				sa += p, sb += q, saa += p * p, sbb += q * q, sab += p * q;
			}
			double ma = sa / 64, mb = sb / 64, va = saa / 64 - ma * ma, vb = sbb / 64 - mb * mb, cov = sab / 64 - ma * mb;
			sum += (2 * ma * mb + 6.5025) * (2 * cov + 58.5225) / ((ma * ma + mb * mb + 6.5025) * (va + vb + 58.5225));
			n++;
		}
	return n ? sum / (double)n : 0;
}

static int video(char **argv)
{
	size_t ns, nr;
	int w = atoi(argv[4]), h = atoi(argv[5]);
	size_t frame = (size_t)w * (size_t)h * 3 / 2;
	uint8_t *source = slurp(argv[2], &ns), *received = slurp(argv[3], &nr);
	long sources = (long)(ns / frame), pairs = 0, offset = 0;
	double sum = 0, worst = 1;
	int top = (int)lq_barcode_height((uint32_t)h);
	for (size_t i = 0; sources && (i + 1) * frame <= nr; i++) {
		const uint8_t *r = received + i * frame;
		uint32_t number;
		if (lq_barcode_read(r, (uint32_t)w, (uint32_t)w, (uint32_t)h, &number, NULL))
			continue;
		double best = -1;
		long best_at = 0;
		for (long k = 0; k < sources && (k <= 2 * WINDOW || best < ALIKE); k++) {
			long by = k % 2 ? -(k + 1) / 2 : k / 2, at = (((long)number + offset + by) % sources + sources) % sources;
			double s = ssim(source + (size_t)at * frame, r, w, h, top);
			if (s > best)
				best = s, best_at = by;
		}
		offset += best_at;
		sum += best;
		worst = best < worst ? best : worst;
		pairs++;
	}
	printf("pairs %ld ssim %.4f worst %.4f\n", pairs, pairs ? sum / (double)pairs : 0, worst);
	free(source);
	free(received);
	return pairs == 0;
}

static double energy(const float *a, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += (double)a[i] * a[i];
	return sum;
}

typedef struct match {
	double correlation, lag;
} match;

/* Looks for a piece of what was received in the whole source. */
static match find_sound(const float *source, size_t n, const float *piece, size_t len, size_t at)
{
	match best = {0, 0};
	double mine = energy(piece, len), its = energy(source, len);
	for (size_t i = 0; i + len < n; i++) {
		double ab = 0;
		for (size_t k = 0; k < len; k++)
			ab += (double)source[i + k] * piece[k];
		double c = ab / sqrt(mine * its + 1e-9);
		if (fabs(c) > fabs(best.correlation))
			best = (match){c, (double)at - (double)i};
		its += (double)source[i + len] * source[i + len] - (double)source[i] * source[i];
		its = its > 0 ? its : 0;
	}
	return best;
}

static int by_correlation(const void *a, const void *b)
{
	double x = fabs(((const match *)a)->correlation), y = fabs(((const match *)b)->correlation);
	return (x > y) - (x < y);
}

/* Half a second of each second with sound, each looked for by itself: where sound was lost, only one of them is spoilt. The median counts. */
static int audio(char **argv)
{
	enum { PIECES = 60 };
	size_t ns, nr, n = 0, rate = (size_t)atoi(argv[4]), len = rate / 2;
	float *s = (float *)(void *)slurp(argv[2], &ns), *r = (float *)(void *)slurp(argv[3], &nr);
	match found[PIECES];
	double loudest = 0;
	ns /= sizeof *s;
	nr /= sizeof *r;
	for (size_t i = rate; i + len <= nr; i += rate)
		loudest = fmax(loudest, energy(r + i, len));
	for (size_t i = rate; i + len <= nr && n < PIECES && loudest > 0; i += rate)
		if (energy(r + i, len) >= loudest / 4)
			found[n++] = find_sound(s, ns, r + i, len, i);
	qsort(found, n, sizeof *found, by_correlation);
	match m = n ? found[n / 2] : (match){0, 0};
	printf("pieces %zu correlation %.4f lag_ms %.1f\n", n, m.correlation, m.lag * 1000 / (double)rate);
	free(s);
	free(r);
	return !n;
}

int main(int argc, char **argv)
{
	if (argc == 6 && !strcmp(argv[1], "video"))
		return video(argv);
	if (argc == 5 && !strcmp(argv[1], "audio"))
		return audio(argv);
	fprintf(stderr, "usage: compare video SOURCE RECEIVED WIDTH HEIGHT | compare audio SOURCE RECEIVED RATE\n");
	return 2;
}
