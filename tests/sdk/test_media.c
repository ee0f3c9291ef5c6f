/* Media of rooms: the SDK's graphs with nodes of a test plugin, carried within this process, and a scripted server. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_server.h"
#include "fixture.h"
#include "watcher.h"

static fake_server *server;
static const char *url;

static void setup(void)
{
	server = fake_server_start(FAKE_NORMAL, NULL);
	url = fake_server_url(server);
}

static void teardown(void)
{
	fake_server_stop(server);
	server = NULL;
}

static void no_stat(const char *owner, const char *name, double value, void *arg)
{
}

static void watch(const lq_frame *f, void *arg)
{
	watcher *w = arg;
	pthread_mutex_lock(&w->lock);
	w->frames++;
	if (f->kind == LQ_VIDEO) {
		w->width = f->width;
		w->height = f->height;
		w->luma = f->planes[0][f->strides[0] * (f->height - 1) + f->width - 1];
		w->wrong += f->planes[0][0] != w->luma;
	} else {
		w->sample = f->samples[f->n_samples / 2];
		w->wrong += f->rate != 48000 || f->channels != 1;
	}
	if (w->room) {
		w->stats_result = lq_room_stats(w->room, no_stat, NULL);
		w->graph_is_null = !lq_room_graph(w->room);
		if (w->remove_self)
			lq_view_frames(w->room, f->user, f->stream, f->kind, NULL, NULL);
	}
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

START_TEST(two_rooms_see_and_hear_each_other)
{
	watcher v = WATCHER, a = WATCHER, own = WATCHER;
	lq_engine *e = engine_new(NULL);
	lq_room *alice = joined(e, url, "alice", LQ_DEFAULT, LQ_DEFAULT);
	ck_assert_int_eq(await_stream(e, alice, LQ_ON_LOCAL_PUBLISHED, "", LQ_AUDIO)->code, 0);
	ck_assert_int_eq(await_stream(e, alice, LQ_ON_LOCAL_PUBLISHED, "", LQ_VIDEO)->code, 0);
	ck_assert_int_eq(fake_server_count(server, "publish"), 1); /* one offer for both */
	lq_room *bob = room_new(e, LQ_DEFAULT, LQ_DEFAULT);
	ck_assert_int_eq(lq_view_frames(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO, watch, &v), 0);
	ck_assert_int_eq(lq_view_frames(bob, "alice", LQ_STREAM_MAIN, LQ_AUDIO, watch, &a), 0);
	ck_assert_int_eq(lq_view_frames(bob, NULL, LQ_STREAM_MAIN, LQ_VIDEO, watch, &own), 0);
	ck_assert_int_eq(room_join(bob, url, "bob"), 0);
	frames_after(&v, 3);
	frames_after(&a, 3);
	frames_after(&own, 3);
	watcher seen = watcher_now(&v), heard = watcher_now(&a);
	ck_assert_int_eq(seen.wrong + heard.wrong + watcher_now(&own).wrong, 0);
	ck_assert_int_eq(seen.width, 32);
	ck_assert(heard.sample > 0.4f);
	const lq_sdk_event *ev = await_stream(e, alice, LQ_ON_FIRST_FRAME, "bob", LQ_VIDEO);
	ck_assert_int_eq(ev->width, 32);
	ck_assert_int_eq(ev->height, 16);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(streams_are_told_before_they_are_subscribed)
{
	lq_engine *e = engine_new(NULL);
	lq_room *alice = joined(e, url, "alice", LQ_DEFAULT, LQ_DEFAULT);
	await_stream(e, alice, LQ_ON_LOCAL_PUBLISHED, "", LQ_VIDEO);
	lq_room *bob = joined(e, url, "bob", LQ_OFF, LQ_DEFAULT);
	lq_member m;
	ck_assert_int_eq(lq_room_members(bob, &m, 1), 1);
	ck_assert_int_eq(m.tracks, 3);
	const lq_sdk_event *ev = await_stream(e, bob, LQ_ON_STREAM_PUBLISHED, "alice", LQ_VIDEO);
	ck_assert_str_eq(ev->text, "VP8");
	ck_assert_int_eq(await_stream(e, bob, LQ_ON_SUBSCRIBED, "alice", LQ_VIDEO)->code, 0);
	ck_assert_int_eq(fake_server_count(server, "subscribe"), 1); /* one request for both */
	ck_assert_int_eq(lq_room_leave(alice), 0);
	await_stream(e, bob, LQ_ON_STREAM_UNPUBLISHED, "alice", LQ_VIDEO);
	await(e, bob, LQ_ON_USER_LEFT);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_missing_camera_leaves_the_microphone)
{
	lq_engine *e = engine_new("{\"graphs\":{\"publish\":{\"nodes\":{\"cam\":{\"params\":{\"fail\":true}}}}}}");
	lq_room *alice = joined(e, url, "alice", LQ_DEFAULT, LQ_DEFAULT);
	const lq_sdk_event *ev = await(e, alice, LQ_ON_LOCAL_PUBLISHED);
	int seen_audio = 0;
	if (ev->kind == LQ_AUDIO) {
		seen_audio = 1;
		ev = await(e, alice, LQ_ON_LOCAL_PUBLISHED);
	}
	ck_assert_int_eq(ev->kind, LQ_VIDEO);
	ck_assert_int_eq(ev->code, LQ_ENODEV);
	ck_assert_msg(strstr(ev->text, "the test device is not there") != NULL, "%s", ev->text);
	if (!seen_audio)
		ck_assert_int_eq(await_stream(e, alice, LQ_ON_LOCAL_PUBLISHED, "", LQ_AUDIO)->code, 0);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_description_may_come_later)
{
	lq_engine *e = engine_new("{\"graphs\":{\"shared\":{\"nodes\":{\"net\":{\"params\":{\"describe_later\":true}}}}}}");
	lq_room *alice = joined(e, url, "alice", LQ_DEFAULT, LQ_DEFAULT);
	ck_assert_int_eq(await_stream(e, alice, LQ_ON_LOCAL_PUBLISHED, "", LQ_VIDEO)->code, 0);
	lq_room *bob = joined(e, url, "bob", LQ_OFF, LQ_DEFAULT);
	await_stream(e, bob, LQ_ON_FIRST_FRAME, "alice", LQ_VIDEO);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(muting_silences_sound_and_stops_the_picture)
{
	watcher v = WATCHER, a = WATCHER;
	lq_engine *e = engine_new(NULL);
	lq_room *alice = joined(e, url, "alice", LQ_DEFAULT, LQ_OFF);
	await_stream(e, alice, LQ_ON_LOCAL_PUBLISHED, "", LQ_VIDEO);
	lq_room *bob = room_new(e, LQ_OFF, LQ_DEFAULT);
	lq_view_frames(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO, watch, &v);
	lq_view_frames(bob, "alice", LQ_STREAM_MAIN, LQ_AUDIO, watch, &a);
	room_join(bob, url, "bob");
	frames_after(&v, 2);
	frames_after(&a, 2);
	ck_assert_int_eq(lq_mute(alice, LQ_STREAM_MAIN, LQ_VIDEO, 1), 0);
	ck_assert_int_eq(lq_mute(alice, LQ_STREAM_MAIN, LQ_AUDIO, 1), 0);
	ck_assert_int_eq(await_stream(e, bob, LQ_ON_STREAM_MUTED, "alice", LQ_AUDIO)->muted, 1);
	do
		frames_after(&a, 1);
	while (watcher_now(&a).sample != 0.0f);
	int before = watcher_now(&v).frames;
	frames_after(&a, 20); /* 200 ms of sound without a picture */
	ck_assert_int_le(watcher_now(&v).frames - before, 2);
	ck_assert_int_eq(lq_mute(alice, LQ_STREAM_MAIN, LQ_VIDEO, 0), 0);
	ck_assert_int_eq(lq_mute(alice, LQ_STREAM_MAIN, LQ_AUDIO, 0), 0);
	frames_after(&v, 2);
	do
		frames_after(&a, 1);
	while (watcher_now(&a).sample == 0.0f);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(streams_can_go_and_come_back)
{
	lq_engine *e = engine_new(NULL);
	lq_room *alice = joined(e, url, "alice", LQ_OFF, LQ_OFF);
	lq_room *bob = joined(e, url, "bob", LQ_OFF, LQ_DEFAULT);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(lq_publish(alice, LQ_STREAM_SUB, LQ_VIDEO), 0);
		const lq_sdk_event *ev = await_stream(e, bob, LQ_ON_FIRST_FRAME, "alice", LQ_VIDEO);
		ck_assert_int_eq(ev->stream, LQ_STREAM_SUB);
		ck_assert_int_eq(lq_unpublish(alice, LQ_STREAM_SUB, LQ_VIDEO), 0);
		await_stream(e, bob, LQ_ON_STREAM_UNPUBLISHED, "alice", LQ_VIDEO);
	}
	lq_engine_destroy(e);
}
END_TEST

START_TEST(subscribing_by_hand)
{
	lq_engine *e = engine_new(NULL);
	lq_room *alice = joined(e, url, "alice", LQ_DEFAULT, LQ_OFF);
	lq_room *bob = joined(e, url, "bob", LQ_OFF, LQ_OFF);
	await_stream(e, bob, LQ_ON_STREAM_PUBLISHED, "alice", LQ_VIDEO);
	ck_assert_int_eq(lq_subscribe(bob, "nobody", LQ_STREAM_MAIN, LQ_VIDEO), LQ_ENOENT);
	ck_assert_int_eq(lq_subscribe(bob, "alice", LQ_STREAM_THIRD, LQ_VIDEO), LQ_ENOENT);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(lq_subscribe(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO), 0);
		ck_assert_int_eq(await_stream(e, bob, LQ_ON_SUBSCRIBED, "alice", LQ_VIDEO)->code, 0);
		await_stream(e, bob, LQ_ON_FIRST_FRAME, "alice", LQ_VIDEO);
		ck_assert_int_eq(lq_unsubscribe(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO), 0);
	}
	fake_server_refuse(server, "subscribe", "EPERM");
	ck_assert_int_eq(lq_subscribe(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO), 0);
	ck_assert_int_eq(await_stream(e, bob, LQ_ON_SUBSCRIBED, "alice", LQ_VIDEO)->code, LQ_EPERM);
	ck_assert_int_eq(lq_room_leave(alice), 0);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_refused_publish_is_told_for_each_stream)
{
	lq_engine *e = engine_new(NULL);
	fake_server_refuse(server, "publish", "EPERM");
	lq_room *alice = joined(e, url, "alice", LQ_DEFAULT, LQ_OFF);
	ck_assert_int_eq(await_stream(e, alice, LQ_ON_LOCAL_PUBLISHED, "", LQ_AUDIO)->code, LQ_EPERM);
	ck_assert_int_eq(await_stream(e, alice, LQ_ON_LOCAL_PUBLISHED, "", LQ_VIDEO)->code, LQ_EPERM);
	fake_server_refuse(server, "", "");
	ck_assert_int_eq(lq_publish(alice, LQ_STREAM_MAIN, LQ_AUDIO), 0);
	ck_assert_int_eq(await_stream(e, alice, LQ_ON_LOCAL_PUBLISHED, "", LQ_AUDIO)->code, 0);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_profile_without_a_decoder_gives_the_stream_back)
{
	lq_engine *e = engine_new("{\"graphs\":{\"subscribe\":{\"nodes\":{\"vdec\":null,\"window\":null},"
	                          "\"chains\":[[\"net.audio\",\"adec\",\"speaker\"]]}}}");
	joined(e, url, "alice", LQ_DEFAULT, LQ_OFF);
	lq_room *bob = joined(e, url, "bob", LQ_OFF, LQ_DEFAULT);
	const lq_sdk_event *ev = await_stream(e, bob, LQ_ON_SUBSCRIBED, "alice", LQ_VIDEO);
	ck_assert_int_eq(ev->code, LQ_ENOENT);
	ck_assert_msg(strstr(ev->text, "graphs.subscribe: no chain for video") != NULL, "%s", ev->text);
	await_stream(e, bob, LQ_ON_FIRST_FRAME, "alice", LQ_AUDIO);
	lq_engine_destroy(e);
}
END_TEST

typedef struct found {
	double rendered, fps;
	int local;
} found;

static void look(const char *owner, const char *name, double value, void *arg)
{
	found *f = arg;
	if (!strcmp(owner, "alice/main/video") && !strcmp(name, "framesRendered"))
		f->rendered = value;
	if (!strcmp(owner, "alice/main/video") && !strcmp(name, "framesPerSecond"))
		f->fps = value;
	f->local |= !strncmp(owner, "local/", 6);
}

START_TEST(figures_and_the_drawing)
{
	watcher v = WATCHER;
	found f = {0};
	lq_engine *e = engine_new(NULL);
	lq_room *alice = joined(e, url, "alice", LQ_DEFAULT, LQ_OFF);
	lq_room *bob = joined(e, url, "bob", LQ_OFF, LQ_DEFAULT);
	lq_view_frames(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO, watch, &v);
	frames_after(&v, 5);
	ck_assert_int_eq(lq_room_stats(bob, look, &f), 0);
	ck_assert(f.rendered >= 5);
	ck_assert(f.fps > 0);
	ck_assert(!f.local);
	ck_assert_int_eq(lq_room_stats(alice, look, &f), 0);
	ck_assert(f.local);
	char *dot = lq_room_graph(bob);
	ck_assert_ptr_nonnull(dot);
	ck_assert_ptr_nonnull(strstr(dot, "digraph"));
	ck_assert_ptr_nonnull(strstr(dot, "subscribe/alice/main/video/vdec"));
	free(dot);
	lq_room *idle = room_new(e, LQ_OFF, LQ_OFF);
	ck_assert_int_eq(lq_room_stats(idle, look, &f), LQ_ESTATE);
	ck_assert_ptr_null(lq_room_graph(idle));
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_frame_callback_cannot_wait_for_itself)
{
	watcher v = WATCHER;
	lq_engine *e = engine_new(NULL);
	lq_room *alice = room_new(e, LQ_DEFAULT, LQ_OFF);
	v.room = alice;
	ck_assert_int_eq(lq_view_frames(alice, NULL, LQ_STREAM_MAIN, LQ_VIDEO, watch, &v), 0);
	ck_assert_int_eq(room_join(alice, url, "alice"), 0);
	frames_after(&v, 2);
	pthread_mutex_lock(&v.lock);
	ck_assert_int_eq(v.stats_result, LQ_EREENTRANT);
	ck_assert_int_eq(v.graph_is_null, 1);
	v.remove_self = 1;
	int last = v.frames;
	pthread_cond_wait(&v.changed, &v.lock);
	pthread_mutex_unlock(&v.lock);
	ck_assert_int_eq(lq_view_frames(alice, NULL, LQ_STREAM_MAIN, LQ_VIDEO, NULL, NULL), 0);
	ck_assert_int_eq(watcher_now(&v).frames, last + 1);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_source_that_ends_is_told)
{
	lq_engine *e = engine_new("{\"graphs\":{\"publish\":{\"nodes\":{\"cam\":{\"params\":{\"end_after\":3}}}}}}");
	lq_room *alice = joined(e, url, "alice", LQ_DEFAULT, LQ_OFF);
	const lq_sdk_event *ev;
	do
		ev = await(e, alice, LQ_ON_WARNING);
	while (ev->code != LQ_END);
	ck_assert_msg(strstr(ev->text, "publish/main/video/cam") != NULL, "%s", ev->text);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(engines_with_media_come_and_go)
{
	for (int i = 0; i < 20; i++) {
		lq_engine *e = engine_new(NULL);
		lq_room *alice = room_new(e, LQ_DEFAULT, LQ_DEFAULT), *bob = room_new(e, LQ_DEFAULT, LQ_DEFAULT);
		ck_assert_int_eq(room_join(alice, url, "alice"), 0);
		ck_assert_int_eq(room_join(bob, url, "bob"), 0);
		if (i % 3 == 1)
			await(e, alice, LQ_ON_JOINED);
		if (i % 3 == 2)
			await(e, alice, LQ_ON_FIRST_FRAME);
		if (i % 2)
			lq_room_leave(alice);
		lq_engine_destroy(e);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("media");
	TCase *t = tcase_create("media");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, two_rooms_see_and_hear_each_other);
	tcase_add_test(t, streams_are_told_before_they_are_subscribed);
	tcase_add_test(t, a_missing_camera_leaves_the_microphone);
	tcase_add_test(t, a_description_may_come_later);
	tcase_add_test(t, muting_silences_sound_and_stops_the_picture);
	tcase_add_test(t, streams_can_go_and_come_back);
	tcase_add_test(t, subscribing_by_hand);
	tcase_add_test(t, a_refused_publish_is_told_for_each_stream);
	tcase_add_test(t, a_profile_without_a_decoder_gives_the_stream_back);
	tcase_add_test(t, figures_and_the_drawing);
	tcase_add_test(t, a_frame_callback_cannot_wait_for_itself);
	tcase_add_test(t, a_source_that_ends_is_told);
	tcase_add_test(t, engines_with_media_come_and_go);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
