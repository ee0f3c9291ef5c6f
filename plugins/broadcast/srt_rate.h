/* How much an SRT connection may send: all there is, until the link is full; then what arrives, and a little more each time to see whether there is more.
 * A link that is full loses much and, where there is a router, makes packets wait; a bad radio only loses. [any] */
#ifndef LQ_PLUGINS_BROADCAST_SRT_RATE_H
#define LQ_PLUGINS_BROADCAST_SRT_RATE_H

#include <stdint.h>

/* What SRT says of a stretch of time: packets and bytes sent, how many of them once more since they got lost, the round trip in ms. */
typedef struct srt_report {
	int64_t sent, again, bytes;
	double rtt;
} srt_report;

typedef struct srt_rate {
	double limit;         /* bytes/s; 0: none */
	double least_rtt;     /* ms; 0: none seen yet */
	double again;         /* share of what is sent that is sent once more, of late */
	double hold;          /* s, until the figures say what the last change has done */
} srt_rate;

/* After `seconds` with this report: the new limit. */
double srt_rate_follow(srt_rate *r, const srt_report *report, double seconds);

#endif
