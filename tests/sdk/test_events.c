/* The queue of events. */
#include <check.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/events.h"

static lq_room *const ROOM = (lq_room *)(void *)0x1000, *const OTHER = (lq_room *)(void *)0x2000;

static void push(lq__events *ev, lq_sdk_event_type type, lq_room *room, const char *text)
{
	lq__events_push(ev, &(lq_sdk_event){.type = type, .room = room, .text = text});
}

START_TEST(strings_are_copied_and_never_null)
{
	lq__events *ev;
	const lq_sdk_event *e;
	char text[] = "hello";
	ck_assert_int_eq(lq__events_create(NULL, NULL, NULL, &ev), 0);
	push(ev, LQ_ON_WARNING, ROOM, text);
	memset(text, 'x', 5);
	ck_assert_int_eq(lq__events_poll(ev, 0, &e), 0);
	ck_assert_str_eq(e->text, "hello");
	ck_assert_str_eq(e->user, "");
	ck_assert_str_eq(e->name, "");
	ck_assert_str_eq(e->room_sid, "");
	ck_assert_int_eq(lq__events_poll(ev, 1, &e), LQ_ETIMEDOUT);
	lq__events_destroy(ev);
	lq__events_destroy(NULL);
}
END_TEST

START_TEST(lists_are_copied)
{
	lq__events *ev;
	const lq_sdk_event *e;
	char ann[] = "ann";
	lq_volume v[] = {{.user = ann, .volume = 7}, {.user = "", .volume = 9}};
	lq_quality q[] = {{.user = ann, .up = 1, .down = 6}};
	ck_assert_int_eq(lq__events_create(NULL, NULL, NULL, &ev), 0);
	lq__events_push(ev, &(lq_sdk_event){.type = LQ_ON_AUDIO_REPORT, .volumes = v, .n_volumes = 2, .qualities = q, .n_qualities = 1, .text = "t"});
	memset(v, 0, sizeof v);
	memset(q, 0, sizeof q);
	*ann = 'x';
	ck_assert_int_eq(lq__events_poll(ev, 0, &e), 0);
	ck_assert_uint_eq(e->n_volumes, 2);
	ck_assert_str_eq(e->volumes[0].user, "ann");
	ck_assert_int_eq(e->volumes[1].volume, 9);
	ck_assert_str_eq(e->qualities[0].user, "ann");
	ck_assert_int_eq(e->qualities[0].down, 6);
	ck_assert_str_eq(e->text, "t");
	lq__events_destroy(ev);
}
END_TEST

START_TEST(reports_leave_room_for_other_events)
{
	lq__events *ev;
	const lq_sdk_event *e;
	int muted = 0, reports = 0, lost = 0;
	ck_assert_int_eq(lq__events_create(NULL, NULL, NULL, &ev), 0);
	for (int i = 0; i < LQ__EVENTS_MAX; i++)
		push(ev, LQ_ON_AUDIO_REPORT, ROOM, "");
	push(ev, LQ_ON_STREAM_MUTED, ROOM, "");
	while (!lq__events_poll(ev, 0, &e)) {
		reports += e->type == LQ_ON_AUDIO_REPORT;
		muted += e->type == LQ_ON_STREAM_MUTED;
		lost += e->type == LQ_ON_WARNING;
	}
	ck_assert_int_eq(reports, LQ__EVENTS_MAX / 4);
	ck_assert_int_eq(muted, 1);
	ck_assert_int_eq(lost, 1); /* and is told */
	lq__events_destroy(ev);
}
END_TEST

START_TEST(a_full_queue_drops_the_new_and_says_so_but_keeps_what_must_arrive)
{
	lq__events *ev;
	const lq_sdk_event *e;
	int left = 0, warnings = 0, n = 0;
	ck_assert_int_eq(lq__events_create(NULL, NULL, NULL, &ev), 0);
	for (int i = 0; i < LQ__EVENTS_MAX + 10; i++)
		push(ev, LQ_ON_STREAM_MUTED, ROOM, "");
	push(ev, LQ_ON_LEFT, ROOM, "");
	while (!lq__events_poll(ev, 0, &e)) {
		n++;
		left += e->type == LQ_ON_LEFT;
		if (e->type == LQ_ON_WARNING) {
			warnings++;
			ck_assert_int_eq(e->code, LQ_EFULL);
			ck_assert_str_eq(e->text, "74 events were lost: they were not fetched in time");
		}
	}
	ck_assert_int_eq(left, 1);
	ck_assert_int_eq(warnings, 1);
	ck_assert_int_eq(n, LQ__EVENTS_MAX - LQ__EVENTS_RESERVED + 2);
	lq__events_destroy(ev);
}
END_TEST

START_TEST(purging_takes_one_rooms_events)
{
	lq__events *ev;
	const lq_sdk_event *e;
	ck_assert_int_eq(lq__events_create(NULL, NULL, NULL, &ev), 0);
	push(ev, LQ_ON_WARNING, ROOM, "1");
	push(ev, LQ_ON_WARNING, OTHER, "2");
	push(ev, LQ_ON_WARNING, ROOM, "3");
	lq__events_purge(ev, ROOM);
	push(ev, LQ_ON_WARNING, OTHER, "4");
	ck_assert_int_eq(lq__events_poll(ev, 0, &e), 0);
	ck_assert_str_eq(e->text, "2");
	ck_assert_int_eq(lq__events_poll(ev, 0, &e), 0);
	ck_assert_str_eq(e->text, "4");
	ck_assert_int_eq(lq__events_poll(ev, 0, &e), LQ_ETIMEDOUT);
	lq__events_destroy(ev);
}
END_TEST

typedef struct gate {
	sem_t entered, go;
	const void *owner;
	int inside;
} gate;

static void hold(const lq_sdk_event *e, void *arg)
{
	gate *g = arg;
	g->inside = lq__inside_of(g->owner);
	sem_post(&g->entered);
	sem_wait(&g->go);
}

typedef struct purge_call {
	lq__events *ev;
	int done;
	pthread_mutex_t lock;
} purge_call;

static void *purge(void *arg)
{
	purge_call *c = arg;
	lq__events_purge(c->ev, ROOM);
	pthread_mutex_lock(&c->lock);
	c->done = 1;
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

START_TEST(purging_waits_for_the_callback_that_runs)
{
	gate g = {.owner = &g};
	purge_call c = {.lock = PTHREAD_MUTEX_INITIALIZER};
	pthread_t thread;
	sem_init(&g.entered, 0, 0);
	sem_init(&g.go, 0, 0);
	ck_assert_int_eq(lq__events_create(hold, &g, &g, &c.ev), 0);
	push(c.ev, LQ_ON_WARNING, ROOM, "");
	sem_wait(&g.entered);
	ck_assert_int_eq(g.inside, LQ__INSIDE_EVENT);
	pthread_create(&thread, NULL, purge, &c);
	pthread_mutex_lock(&c.lock);
	ck_assert_int_eq(c.done, 0);
	pthread_mutex_unlock(&c.lock);
	lq__events_purge(c.ev, OTHER); /* another room's does not wait */
	sem_post(&g.go);
	pthread_join(thread, NULL);
	ck_assert_int_eq(c.done, 1);
	lq__events_destroy(c.ev);
	ck_assert_int_eq(lq__inside_of(&g), LQ__INSIDE_NONE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("events");
	TCase *t = tcase_create("events");
	tcase_set_timeout(t, 60);
	tcase_add_test(t, strings_are_copied_and_never_null);
	tcase_add_test(t, lists_are_copied);
	tcase_add_test(t, reports_leave_room_for_other_events);
	tcase_add_test(t, a_full_queue_drops_the_new_and_says_so_but_keeps_what_must_arrive);
	tcase_add_test(t, purging_takes_one_rooms_events);
	tcase_add_test(t, purging_waits_for_the_callback_that_runs);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
