/* What an SRT connection sends into a link of a given rate, with a router's queue before it, by figures alone. */
#include <check.h>

#include "plugins/broadcast/srt_rate.h"
#include "tests/unit/suite.h"

enum { PACKET = 1316 };
#define STEP 0.25   /* s */
#define QUEUE 0.2   /* s */
#define MEDIA 500e3 /* bytes/s */

typedef struct link_model {
	srt_rate rate;
	double waiting, backlog; /* bytes before the link, and such that must be sent again */
} link_model;

/* A quarter of a second; `loss` is a radio's. Returns what was sent, bytes/s. */
static double step(link_model *l, double capacity, double loss)
{
	double wanted = MEDIA + l->backlog / STEP, sent = l->rate.limit && l->rate.limit < wanted ? l->rate.limit : wanted;
	double again = l->backlog < sent * STEP ? l->backlog : sent * STEP;
	l->waiting += (sent - capacity) * STEP;
	double over = l->waiting > QUEUE * capacity ? l->waiting - QUEUE * capacity : 0;
	l->waiting = l->waiting < 0 ? 0 : l->waiting - over;
	l->backlog += over + loss * sent * STEP - again;
	l->backlog = l->backlog < 0.4 * MEDIA ? l->backlog : 0.4 * MEDIA; /* older than the latency */
	srt_report report = {(int64_t)(sent * STEP / PACKET), (int64_t)(again / PACKET), (int64_t)(sent * STEP), 40 + 1000 * l->waiting / capacity};
	srt_rate_follow(&l->rate, &report, STEP);
	return sent;
}

START_TEST(a_link_that_is_wide_enough_has_no_limit_however_much_a_radio_loses)
{
	static const double losses[] = {0, 0.05, 0.1, 0.15};
	link_model l = {0};
	for (int i = 0; i < 400; i++) {
		step(&l, 4 * MEDIA, losses[_i]);
		ck_assert(l.rate.limit == 0);
	}
}
END_TEST

START_TEST(a_narrow_link_is_filled_and_not_flooded)
{
	link_model l = {0};
	double sum = 0;
	for (int i = 0; i < 40; i++)
		step(&l, 4 * MEDIA, 0.01);
	for (int i = 0; i < 120; i++) {
		double sent = step(&l, MEDIA / 2, 0.01);
		if (i < 40) /* ten seconds to find out */
			continue;
		sum += sent;
		ck_assert(sent < 0.75 * MEDIA);
	}
	ck_assert(sum / 80 > 0.35 * MEDIA && sum / 80 < 0.55 * MEDIA);
	for (int i = 0; i < 80 && l.rate.limit; i++)
		step(&l, 4 * MEDIA, 0.01);
	ck_assert(l.rate.limit == 0); /* and forgotten when the link is wide again */
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("srt rate");
	tcase_add_loop_test(c, a_link_that_is_wide_enough_has_no_limit_however_much_a_radio_loses, 0, 4);
	tcase_add_test(c, a_narrow_link_is_filled_and_not_flooded);
	return run_case("srt rate", c);
}
