#include "measure.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "media/barcode.h"
#include "media/chirp.h"

#define MAX_LATENCIES 65536 /* the newest are kept */
#define MAX_MARKS 256       /* flashes, chirps */
#define RECENT_MARKS 5
#define RECENT 30           /* frames for the mean of the freeze rule */
#define SECOND 1000000000.0

struct measure {
	pthread_mutex_t lock;
	uint64_t frames, samples, freezes;
	int64_t first_frame, last_frame;
	uint32_t width, height;
	double recent[RECENT], recent_sum; /* intervals, s */
	uint32_t n_recent, at_recent;
	float latencies[MAX_LATENCIES]; /* ms */
	uint64_t n_latencies;
	int64_t flashes[MAX_MARKS], chirps[MAX_MARKS];
	uint64_t n_flashes, n_chirps;
	int was_flash;
	lq_chirp_detector detector;
	double longest; /* interval, s */
	double peak, last_peak;
	uint64_t peak_samples;
};

measure *measure_create(void)
{
	measure *m = calloc(1, sizeof *m);
	if (!m)
		return NULL;
	lq_chirp_detect_init(&m->detector);
	pthread_mutex_init(&m->lock, NULL);
	return m;
}

void measure_destroy(measure *m)
{
	if (!m)
		return;
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* W3C webrtc-stats, freezeCount: an interval of at least max(3 x mean, mean + 150 ms) of the last 30. */
static void note_interval(measure *m, double interval)
{
	if (m->n_recent) {
		double mean = m->recent_sum / m->n_recent;
		if (interval >= fmax(3 * mean, mean + 0.150))
			m->freezes++;
	}
	m->longest = fmax(m->longest, interval);
	if (m->n_recent == RECENT)
		m->recent_sum -= m->recent[m->at_recent];
	else
		m->n_recent++;
	m->recent[m->at_recent] = interval;
	m->recent_sum += interval;
	m->at_recent = (m->at_recent + 1) % RECENT;
}

void measure_video(measure *m, const lq_frame *f, int64_t now)
{
	int64_t shown = f->pts > now ? f->pts : now;
	uint32_t ms;
	int coded = !lq_barcode_read(f->planes[0], f->strides[0], f->width, f->height, NULL, &ms);
	int flash = lq_flash_is(f->planes[0], f->strides[0], f->width, f->height);

	pthread_mutex_lock(&m->lock);
	if (m->frames++)
		note_interval(m, (double)(shown - m->last_frame) / SECOND);
	else
		m->first_frame = now;
	m->last_frame = shown;
	m->width = f->width;
	m->height = f->height;
	if (coded)
		m->latencies[m->n_latencies++ % MAX_LATENCIES] = (float)lq_barcode_diff(ms, (uint32_t)(shown / 1000000) & LQ_BARCODE_NUMBERS);
	if (flash && !m->was_flash)
		m->flashes[m->n_flashes++ % MAX_MARKS] = shown;
	m->was_flash = flash;
	pthread_mutex_unlock(&m->lock);
}

static void on_chirp(void *arg, int64_t time, float fit)
{
	measure *m = arg;
	m->chirps[m->n_chirps++ % MAX_MARKS] = time;
}

void measure_audio(measure *m, const lq_frame *f, int64_t now)
{
	float mono[4096];
	uint32_t n = f->n_samples < 4096 ? f->n_samples : 4096;
	pthread_mutex_lock(&m->lock);
	for (uint32_t i = 0; i < n; i++) {
		mono[i] = f->samples[i * f->channels];
		m->peak = fmax(m->peak, fabsf(mono[i]));
	}
	m->samples += f->n_samples;
	m->peak_samples += n;
	if (m->peak_samples >= f->rate / 2) {
		m->last_peak = m->peak;
		m->peak = 0;
		m->peak_samples = 0;
	}
	lq_chirp_detect_push(&m->detector, mono, n, f->pts, on_chirp, m);
	pthread_mutex_unlock(&m->lock);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The value at fraction q of n values; sorts them. */
static double quantile(double *values, size_t n, double q)
{
	qsort(values, n, sizeof *values, by_value);
	return values[(size_t)(q * (double)(n - 1) + 0.5)];
}

static void report_latency(const measure *m, measure_report *out)
{
	size_t n = m->n_latencies < MAX_LATENCIES ? m->n_latencies : MAX_LATENCIES;
	double *v = n ? malloc(n * sizeof *v) : NULL;
	out->latencies = n;
	out->latency_p50 = out->latency_p95 = -1;
	if (!v)
		return;
	for (size_t i = 0; i < n; i++)
		v[i] = m->latencies[i];
	out->latency_p50 = quantile(v, n, 0.50);
	out->latency_p95 = quantile(v, n, 0.95);
	free(v);
}

/* Pairs each flash with the chirp nearest to it, less than half a second away. */
static void report_skew(const measure *m, measure_report *out)
{
	double skews[MAX_MARKS], recent[RECENT_MARKS];
	size_t n = 0, n_recent = 0, nf = m->n_flashes < MAX_MARKS ? m->n_flashes : MAX_MARKS, nc = m->n_chirps < MAX_MARKS ? m->n_chirps : MAX_MARKS;
	for (size_t k = 0; k < nf; k++) { /* the newest first */
		size_t i = (m->n_flashes - 1 - k) % MAX_MARKS;
		double best = 500;
		for (size_t c = 0; c < nc; c++) {
			double d = (double)(m->flashes[i] - m->chirps[c]) / 1e6;
			if (fabs(d) < fabs(best))
				best = d;
		}
		if (fabs(best) >= 500)
			continue;
		skews[n++] = best;
		if (n_recent < RECENT_MARKS)
			recent[n_recent++] = best;
	}
	out->skews = n;
	out->skew_ms = n ? quantile(skews, n, 0.5) : 0;
	out->recent_skew_ms = n_recent ? quantile(recent, n_recent, 0.5) : 0;
}

void measure_get(measure *m, measure_report *out)
{
	memset(out, 0, sizeof *out);
	pthread_mutex_lock(&m->lock);
	out->frames = m->frames;
	out->samples = m->samples;
	out->freezes = m->freezes;
	out->first_frame = m->first_frame;
	out->longest_gap_ms = m->longest * 1000;
	m->longest = 0;
	out->width = m->width;
	out->height = m->height;
	out->level = fmax(m->last_peak, m->peak);
	if (m->frames > 1 && m->last_frame > m->first_frame)
		out->fps = (double)(m->frames - 1) * SECOND / (double)(m->last_frame - m->first_frame);
	report_latency(m, out);
	report_skew(m, out);
	pthread_mutex_unlock(&m->lock);
}
