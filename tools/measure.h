/* What one participant sees and hears of another: latency from the bar code, freezes, and sound against picture from flash and chirp. */
#ifndef LQ_TOOLS_MEASURE_H
#define LQ_TOOLS_MEASURE_H

#include <jansson.h>
#include <loquat/loquat.h>

typedef struct measure measure;

measure *measure_create(void);
void measure_destroy(measure *m);

/* Media threads; `now` is when the frame was handed over. */
void measure_video(measure *m, const lq_frame *frame, int64_t now);
void measure_audio(measure *m, const lq_frame *frame, int64_t now);

typedef struct measure_report {
	uint64_t frames, samples, freezes;
	double fps;                       /* over all frames */
	int64_t first_frame;              /* ns, 0: none yet */
	uint32_t width, height;
	double level;                     /* loudest sample of the last half second, of full scale */
	double latency_p50, latency_p95;  /* ms; negative: no bar code was read */
	uint64_t latencies;
	double skew_ms;                   /* picture behind sound: positive; median */
	uint64_t skews;                   /* pairs of flash and chirp that it rests on */
	double recent_skew_ms;            /* the same of the last five */
	double longest_gap_ms;            /* between two pictures, since it was asked for last */
} measure_report;
void measure_get(measure *m, measure_report *out);

#endif
