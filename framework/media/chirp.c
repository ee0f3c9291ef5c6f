#include "media/chirp.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846
#define SECOND INT64_C(1000000000)

/* The detector works at a third of the rate, which still holds all of the chirp. */
enum { DECIMATE = 3, RAMP = 48, HOLD = 800, TAPS = LQ__CHIRP_TAPS, WINDOW = LQ__CHIRP_WINDOW };

static const double LOW = 500, HIGH = 6000, SECONDS = (double)LQ_CHIRP_SAMPLES / LQ_CHIRP_RATE;
static const float AMPLITUDE = 0.5f;
static const float FIT_MIN = 0.4f; /* noise reaches this less than once in half an hour */
static const float ENERGY_MIN = WINDOW * 1e-6f; /* -60 dB: nothing to hear, nothing to find */
static const int64_t JUMP = 5000000;

static double phase_at(double t)
{
	return 2 * PI * (LOW * t + (HIGH - LOW) * t * t / (2 * SECONDS));
}

/* Ramps of 1 ms at both ends: no click. */
static double envelope_at(double i)
{
	double edge = i < LQ_CHIRP_SAMPLES - i ? i : LQ_CHIRP_SAMPLES - i;
	return edge >= RAMP ? 1 : 0.5 - 0.5 * cos(PI * edge / RAMP);
}

float lq_chirp_sample(int64_t i)
{
	if (i < 0 || i >= LQ_CHIRP_SAMPLES)
		return 0;
	return AMPLITUDE * (float)(envelope_at((double)i) * sin(phase_at((double)i / LQ_CHIRP_RATE)));
}

size_t lq_chirp_add(float *mono, size_t n, uint64_t index)
{
	size_t touched = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t at = (index + i) % LQ_CHIRP_PERIOD;
		if (at < LQ_CHIRP_SAMPLES) {
			mono[i] += lq_chirp_sample((int64_t)at);
			touched++;
		}
	}
	return touched;
}

void lq_chirp_fill(float *mono, size_t n, uint64_t index)
{
	memset(mono, 0, n * sizeof *mono);
	lq_chirp_add(mono, n, index);
}

static void make_low_pass(lq_chirp_detector *d)
{
	const double cutoff = 0.5 / DECIMATE; /* of the sample rate */
	double sum = 0;
	for (int i = 0; i < TAPS; i++) {
		double x = i - TAPS / 2, sinc = x == 0 ? 2 * cutoff : sin(2 * PI * cutoff * x) / (PI * x);
		d->low_pass[i] = (float)(sinc * (0.54 - 0.46 * cos(2 * PI * i / (TAPS - 1))));
		sum += d->low_pass[i];
	}
	for (int i = 0; i < TAPS; i++)
		d->low_pass[i] /= (float)sum;
}

static void reset(lq_chirp_detector *d)
{
	memset(d->input, 0, sizeof d->input);
	memset(d->window, 0, sizeof d->window);
	memset(d->fits, 0, sizeof d->fits);
	memset(d->magnitudes, 0, sizeof d->magnitudes);
	d->input_at = d->window_at = d->phase = d->filled = d->hold = 0;
	d->best_fit = 0;
}

void lq_chirp_detect_init(lq_chirp_detector *d)
{
	memset(d, 0, sizeof *d);
	d->next_time = INT64_MIN;
	make_low_pass(d);
	for (int i = 0; i < WINDOW; i++) {
		double at = (double)i * DECIMATE, e = envelope_at(at), phase = phase_at(at / LQ_CHIRP_RATE);
		d->real[i] = (float)(e * cos(phase));
		d->imaginary[i] = (float)(e * sin(phase));
		d->template_energy += (float)(e * e);
	}
}

/* Four sums at a time: a single one would wait for each addition before the next. */
static float dot(const float *a, const float *b, int n)
{
	float s[4] = {0};
	int i = 0;
	for (; i + 4 <= n; i += 4)
		for (int k = 0; k < 4; k++)
			s[k] += a[i + k] * b[i + k];
	for (; i < n; i++)
		s[0] += a[i] * b[i];
	return s[0] + s[1] + (s[2] + s[3]);
}

/* The complex correlation does not care for the phase, so its magnitude has one smooth peak. */
static void correlate(const lq_chirp_detector *d, float *magnitude, float *fit)
{
	const float *x = d->window + d->window_at;
	float energy = dot(x, x, WINDOW);
	*magnitude = *fit = 0;
	if (d->filled < WINDOW || energy < ENERGY_MIN)
		return;
	float re = dot(x, d->real, WINDOW), im = dot(x, d->imaginary, WINDOW), square = re * re + im * im;
	*magnitude = sqrtf(square);
	*fit = sqrtf(2 * square / (energy * d->template_energy));
}

static void tell(lq_chirp_detector *d, lq_chirp_fn fn, void *arg)
{
	if (d->hold)
		fn(arg, d->best_time, d->best_fit > 1 ? 1 : d->best_fit);
	d->hold = 0;
	d->best_fit = 0;
}

/* A peak lies in the middle of the last three; `time` is that of the newest input sample. */
static void weigh(lq_chirp_detector *d, int64_t time)
{
	const float *m = d->magnitudes;
	if (d->fits[1] < FIT_MIN || d->fits[1] <= d->best_fit || m[1] < m[0] || m[1] <= m[2])
		return;
	double curve = m[0] - 2.0 * m[1] + m[2], off = curve < 0 ? 0.5 * (m[0] - m[2]) / curve : 0;
	double back = TAPS / 2 + DECIMATE * (WINDOW - 1 + 1 - off); /* from now to the chirp's first sample; 1: the middle of three */
	d->best_fit = d->fits[1];
	d->best_time = time - (int64_t)(back * SECOND / LQ_CHIRP_RATE);
	d->hold = HOLD;
}

static void push_decimated(lq_chirp_detector *d, float x, int64_t time, lq_chirp_fn fn, void *arg)
{
	d->window[d->window_at] = d->window[d->window_at + WINDOW] = x;
	d->window_at = (d->window_at + 1) % WINDOW;
	d->filled += d->filled < WINDOW;
	for (int i = 0; i < 2; i++) {
		d->magnitudes[i] = d->magnitudes[i + 1];
		d->fits[i] = d->fits[i + 1];
	}
	correlate(d, &d->magnitudes[2], &d->fits[2]);
	if (d->hold == 1)
		tell(d, fn, arg);
	else if (d->hold)
		d->hold--;
	weigh(d, time);
}

void lq_chirp_detect_push(lq_chirp_detector *d, const float *mono, size_t n, int64_t time, lq_chirp_fn fn, void *arg)
{
	if (d->next_time == INT64_MIN || time - d->next_time > JUMP || d->next_time - time > JUMP) {
		tell(d, fn, arg);
		reset(d);
	}
	for (size_t i = 0; i < n; i++) {
		d->input[d->input_at] = d->input[d->input_at + TAPS] = mono[i];
		d->input_at = (d->input_at + 1) % TAPS;
		if (++d->phase < DECIMATE)
			continue;
		d->phase = 0;
		push_decimated(d, dot(d->input + d->input_at, d->low_pass, TAPS), time + (int64_t)i * SECOND / LQ_CHIRP_RATE, fn, arg);
	}
	d->next_time = time + (int64_t)n * SECOND / LQ_CHIRP_RATE;
}

void lq_chirp_detect_flush(lq_chirp_detector *d, lq_chirp_fn fn, void *arg)
{
	tell(d, fn, arg);
}
