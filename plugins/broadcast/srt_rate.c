#include "srt_rate.h"

#define FULL 0.20       /* more lost than that while packets wait: full */
#define BROKEN 0.35     /* more lost than that: full, even if nothing waits */
#define WAITING 60      /* ms by which the round trip is longer when packets wait before a narrow link */
#define HALF 0.5        /* what is sent at once when packets get lost: nobody knows how much arrives, and what is lost has to be sent again, too */
#define LEAVE 0.85      /* what is sent when they only wait: those must get away first */
#define HOLD 1.2        /* s until a lower rate is seen in the figures */
#define GROW 0.30       /* a second */
#define LEAST 16000     /* bytes/s */
#define WIDE 3          /* a limit so many times what is sent limits nothing */

static void set_limit(srt_rate *r, double rate)
{
	r->limit = rate > LEAST ? rate : LEAST;
	r->hold = HOLD;
	r->again = 0;
}

static void grow(srt_rate *r, double rate, double seconds)
{
	r->limit *= 1 + GROW * seconds;
	if (r->limit > WIDE * rate)
		r->limit = 0;
}

double srt_rate_follow(srt_rate *r, const srt_report *report, double seconds)
{
	if (report->sent < 10)
		return r->limit;
	r->again += 0.3 * ((double)report->again / (double)report->sent - r->again);
	if (!r->least_rtt || report->rtt < r->least_rtt)
		r->least_rtt = report->rtt;
	int waits = report->rtt > r->least_rtt + WAITING;
	r->hold -= seconds;
	if (r->hold > 0)
		return r->limit;
	double rate = (double)report->bytes / seconds, most = r->limit && r->limit < rate ? r->limit : rate;
	if ((waits && r->again > FULL) || r->again > BROKEN)
		set_limit(r, HALF * most);
	else if (waits && r->limit)
		set_limit(r, LEAVE * r->limit);
	else if (r->limit)
		grow(r, rate, seconds);
	return r->limit;
}
