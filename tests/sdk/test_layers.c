/* One camera in several qualities, and how a picture is encoded: with loquatd and real codecs. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "loquatd.h"
#include "watcher.h"

#define VP8 "{\"graphs\":{\"publish\":{\"nodes\":{\"venc\":{\"use\":\"codec.vp8.enc\"}}}}}"

static loquatd server;
static const char *url;
static const char *const codecs[] = {NULL, VP8};

static void setup(void)
{
	server = loquatd_start(NULL);
	url = server.url;
}

static void teardown(void)
{
	loquatd_stop(&server, SIGTERM);
}

static void watch(const lq_frame *f, void *arg)
{
	watcher *w = arg;
	pthread_mutex_lock(&w->lock);
	w->frames++;
	w->width = f->width;
	w->height = f->height;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

/* The next pictures have this size. */
static void sees(watcher *w, uint32_t width, uint32_t height)
{
	pthread_mutex_lock(&w->lock);
	while (w->width != width || w->height != height)
		pthread_cond_wait(&w->changed, &w->lock);
	pthread_mutex_unlock(&w->lock);
	frames_after(w, 5);
	watcher now = watcher_now(w);
	ck_assert_msg(now.width == width && now.height == height, "%ux%u", now.width, now.height);
}

/* Where a layer begins late, another one stands in for it, which is told before. */
static void hears(lq_engine *e, lq_room *room, lq_layer layer, uint32_t width, uint32_t height)
{
	const lq_sdk_event *ev = await(e, room, LQ_ON_LAYER);
	while (ev->layer != layer)
		ev = await(e, room, LQ_ON_LAYER);
	ck_assert_str_eq(ev->user, "alice");
	ck_assert_int_eq(ev->stream, LQ_STREAM_MAIN);
	ck_assert_msg(ev->layer == layer && ev->width == width && ev->height == height, "layer %d, %ux%u", ev->layer, ev->width, ev->height);
}

static lq_video_layer layer(uint32_t width, uint32_t height, uint32_t fps, uint32_t bitrate)
{
	return (lq_video_layer){.size = sizeof(lq_video_layer), .width = width, .height = height, .fps = fps, .bitrate = bitrate};
}

/* alice publishes n layers from 320x240 down; bob is in the room and gets frames. */
static lq_room *publish(lq_engine *e, unsigned n)
{
	const lq_video_layer layers[3] = {layer(320, 240, 0, 0), layer(0, 0, 0, 0), layer(0, 0, 0, 0)};
	lq_room *alice = room_new(e, LQ_OFF, LQ_OFF);
	ck_assert_int_eq(lq_video_encode_set(alice, LQ_STREAM_MAIN, layers, n), 0);
	ck_assert_int_eq(lq_publish(alice, LQ_STREAM_MAIN, LQ_VIDEO), 0);
	ck_assert_int_eq(room_join(alice, url, "alice"), 0);
	const lq_sdk_event *ev = await(e, alice, LQ_ON_LOCAL_PUBLISHED);
	ck_assert_msg(!ev->code, "%s", ev->text);
	return alice;
}

START_TEST(three_layers_are_chosen_from)
{
	watcher seen = WATCHER;
	lq_engine *e = engine_real(codecs[_i]);
	publish(e, 3);
	lq_room *bob = room_new(e, LQ_OFF, LQ_DEFAULT);
	ck_assert_int_eq(lq_view_frames(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO, watch, &seen), 0);
	ck_assert_int_eq(room_join(bob, url, "bob"), 0);
	const lq_sdk_event *ev = await_stream(e, bob, LQ_ON_STREAM_PUBLISHED, "alice", LQ_VIDEO);
	ck_assert(ev->width == 320 && ev->height == 240);
	hears(e, bob, LQ_LAYER_HIGH, 320, 240);
	sees(&seen, 320, 240);
	ck_assert_int_eq(lq_layer_set(bob, "alice", LQ_STREAM_MAIN, LQ_LAYER_LOW), 0);
	hears(e, bob, LQ_LAYER_LOW, 80, 60);
	sees(&seen, 80, 60);
	ck_assert_int_eq(lq_layer_set(bob, "alice", LQ_STREAM_MAIN, LQ_LAYER_LOW), 0); /* again: told again */
	hears(e, bob, LQ_LAYER_LOW, 80, 60);
	ck_assert_int_eq(lq_layer_set(bob, "alice", LQ_STREAM_MAIN, LQ_LAYER_MID), 0);
	hears(e, bob, LQ_LAYER_MID, 160, 120);
	sees(&seen, 160, 120);
	ck_assert_int_eq(lq_layer_set(bob, "alice", LQ_STREAM_MAIN, LQ_LAYER_HIGH), 0);
	hears(e, bob, LQ_LAYER_HIGH, 320, 240);
	sees(&seen, 320, 240);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_layer_may_be_chosen_before_there_is_anything)
{
	watcher seen = WATCHER;
	lq_engine *e = engine_real(codecs[_i]);
	lq_room *bob = room_new(e, LQ_OFF, LQ_DEFAULT);
	ck_assert_int_eq(lq_layer_set(bob, "alice", LQ_STREAM_MAIN, LQ_LAYER_LOW), 0);
	ck_assert_int_eq(lq_view_frames(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO, watch, &seen), 0);
	ck_assert_int_eq(room_join(bob, url, "bob"), 0);
	await(e, bob, LQ_ON_JOINED);
	publish(e, 2);
	hears(e, bob, LQ_LAYER_LOW, 160, 120);
	sees(&seen, 160, 120);
	/* From one subscription to the next. */
	ck_assert_int_eq(lq_unsubscribe(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO), 0);
	ck_assert_int_eq(lq_subscribe(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO), 0);
	hears(e, bob, LQ_LAYER_LOW, 160, 120);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(size_and_rate_can_be_set_before_and_while_it_runs)
{
	watcher seen = WATCHER;
	lq_engine *e = engine_real(codecs[_i]);
	lq_video_layer l = layer(160, 120, 15, 200000);
	lq_room *alice = room_new(e, LQ_OFF, LQ_OFF), *bob = room_new(e, LQ_OFF, LQ_DEFAULT);
	ck_assert_int_eq(lq_video_encode_set(alice, LQ_STREAM_MAIN, &l, 1), 0);
	ck_assert_int_eq(lq_publish(alice, LQ_STREAM_MAIN, LQ_VIDEO), 0);
	ck_assert_int_eq(room_join(alice, url, "alice"), 0);
	ck_assert_int_eq(await(e, alice, LQ_ON_LOCAL_PUBLISHED)->code, 0);
	ck_assert_int_eq(lq_view_frames(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO, watch, &seen), 0);
	ck_assert_int_eq(room_join(bob, url, "bob"), 0);
	const lq_sdk_event *ev = await_stream(e, bob, LQ_ON_STREAM_PUBLISHED, "alice", LQ_VIDEO);
	ck_assert(ev->width == 160 && ev->height == 120);
	sees(&seen, 160, 120);
	/* The rate alone, then all. */
	l.bitrate = 300000;
	ck_assert_int_eq(lq_video_encode_set(alice, LQ_STREAM_MAIN, &l, 1), 0);
	ev = await(e, alice, LQ_ON_CHANGED);
	ck_assert_str_eq(ev->name, "encode");
	ck_assert_int_eq(ev->code, 0);
	sees(&seen, 160, 120);
	l = layer(352, 288, 25, 500000);
	ck_assert_int_eq(lq_video_encode_set(alice, LQ_STREAM_MAIN, &l, 1), 0);
	ck_assert_int_eq(await(e, alice, LQ_ON_CHANGED)->code, 0);
	sees(&seen, 352, 288);
	ck_assert_int_eq(lq_video_encode_set(alice, LQ_STREAM_MAIN, NULL, 0), 0); /* as the profile says */
	ck_assert_int_eq(await(e, alice, LQ_ON_CHANGED)->code, 0);
	sees(&seen, 320, 240);
	lq_engine_destroy(e);
}
END_TEST

static void find_left_out(const char *owner, const char *name, double value, void *arg)
{
	if (!strcmp(owner, "node/publish/main/video/layer1.scale") && !strcmp(name, "framesLeftOut"))
		*(double *)arg = value;
}

START_TEST(layers_come_and_change_while_it_runs)
{
	double left_out = 0;
	watcher seen = WATCHER;
	lq_engine *e = engine_real(codecs[_i]);
	lq_room *alice = publish(e, 1), *bob = room_new(e, LQ_OFF, LQ_DEFAULT);
	lq_video_layer layers[2] = {layer(320, 240, 0, 0), layer(160, 120, 10, 0)};
	ck_assert_int_eq(lq_view_frames(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO, watch, &seen), 0);
	ck_assert_int_eq(lq_layer_set(bob, "alice", LQ_STREAM_MAIN, LQ_LAYER_LOW), 0);
	ck_assert_int_eq(room_join(bob, url, "bob"), 0);
	hears(e, bob, LQ_LAYER_HIGH, 320, 240); /* there is one only */
	ck_assert_int_eq(lq_video_encode_set(alice, LQ_STREAM_MAIN, layers, 2), 0);
	await_stream(e, bob, LQ_ON_STREAM_UNPUBLISHED, "alice", LQ_VIDEO);
	hears(e, bob, LQ_LAYER_LOW, 160, 120);
	sees(&seen, 160, 120);
	layers[1] = layer(96, 80, 10, 0);
	ck_assert_int_eq(lq_video_encode_set(alice, LQ_STREAM_MAIN, layers, 2), 0);
	sees(&seen, 96, 80);
	ck_assert_int_eq(lq_room_stats(alice, find_left_out, &left_out), 0);
	ck_assert_double_ge(left_out, 2); /* 10 of 30 pictures a second are its */
	ck_assert_int_eq(lq_layer_set(bob, "alice", LQ_STREAM_MAIN, LQ_LAYER_HIGH), 0);
	sees(&seen, 320, 240);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_preview_has_the_size_that_was_said)
{
	watcher own = WATCHER, seen = WATCHER;
	const lq_video_layer layers[2] = {layer(240, 180, 0, 0), layer(0, 0, 0, 0)};
	lq_engine *e = engine_real(NULL);
	lq_room *alice = room_new(e, LQ_OFF, LQ_OFF);
	ck_assert_int_eq(lq_video_encode_set(alice, LQ_STREAM_MAIN, layers, 2), 0);
	ck_assert_int_eq(lq_view_frames(alice, NULL, LQ_STREAM_MAIN, LQ_VIDEO, watch, &own), 0);
	ck_assert_int_eq(lq_preview_start(alice, LQ_STREAM_MAIN), 0);
	sees(&own, 240, 180);
	/* It goes over into publishing with its layers. */
	ck_assert_int_eq(room_join(alice, url, "alice"), 0);
	await(e, alice, LQ_ON_JOINED);
	ck_assert_int_eq(lq_publish(alice, LQ_STREAM_MAIN, LQ_VIDEO), 0);
	ck_assert_int_eq(await(e, alice, LQ_ON_LOCAL_PUBLISHED)->code, 0);
	lq_room *bob = room_new(e, LQ_OFF, LQ_DEFAULT);
	ck_assert_int_eq(lq_view_frames(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO, watch, &seen), 0);
	ck_assert_int_eq(lq_layer_set(bob, "alice", LQ_STREAM_MAIN, LQ_LAYER_LOW), 0);
	ck_assert_int_eq(room_join(bob, url, "bob"), 0);
	sees(&seen, 120, 90);
	/* A muted picture sends none of its layers. */
	ck_assert_int_eq(lq_mute(alice, LQ_STREAM_MAIN, LQ_VIDEO, 1), 0);
	await(e, bob, LQ_ON_STREAM_MUTED);
	ck_assert_int_eq(lq_mute(alice, LQ_STREAM_MAIN, LQ_VIDEO, 0), 0);
	frames_after(&seen, 5);
	sees(&seen, 120, 90);
	lq_engine_destroy(e);
}
END_TEST

typedef struct targets {
	double high, mid, low;
} targets;

static void find_targets(const char *owner, const char *name, double value, void *arg)
{
	targets *t = arg;
	if (strcmp(name, "targetBitrate"))
		return;
	if (!strcmp(owner, "node/publish/main/video/venc"))
		t->high = value;
	else if (!strcmp(owner, "node/publish/main/video/layer1.enc"))
		t->mid = value;
	else if (!strcmp(owner, "node/publish/main/video/layer2.enc"))
		t->low = value;
}

/* The server takes 4.5 Mbit/s of a picture with layers: the lower ones have what they want, the best has the rest. */
START_TEST(what_the_network_takes_is_shared_by_the_layers)
{
	watcher seen = WATCHER;
	targets t = {0};
	const lq_video_layer layers[3] = {layer(320, 240, 0, 4000000), layer(0, 0, 0, 2000000), layer(0, 0, 0, 1000000)};
	lq_engine *e = engine_real(NULL);
	lq_room *alice = room_new(e, LQ_OFF, LQ_OFF), *bob = room_new(e, LQ_OFF, LQ_DEFAULT);
	ck_assert_int_eq(lq_video_encode_set(alice, LQ_STREAM_MAIN, layers, 3), 0);
	ck_assert_int_eq(lq_publish(alice, LQ_STREAM_MAIN, LQ_VIDEO), 0);
	ck_assert_int_eq(room_join(alice, url, "alice"), 0);
	ck_assert_int_eq(await(e, alice, LQ_ON_LOCAL_PUBLISHED)->code, 0);
	ck_assert_int_eq(lq_view_frames(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO, watch, &seen), 0);
	ck_assert_int_eq(room_join(bob, url, "bob"), 0);
	while (t.high != 1500000) {
		frames_after(&seen, 5);
		ck_assert_int_eq(lq_room_stats(alice, find_targets, &t), 0);
	}
	ck_assert_double_eq(t.mid, 2000000);
	ck_assert_double_eq(t.low, 1000000);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
	lq_engine *e = engine_real(NULL);
	lq_room *room = room_new(e, LQ_OFF, LQ_OFF);
	const struct {
		lq_video_layer layers[2];
		unsigned n;
		int code;
	} cases[] = {
		{{layer(640, 0, 0, 0)}, 1, LQ_EINVAL}, {{layer(8, 8, 0, 0)}, 1, LQ_ERANGE}, {{layer(640, 9000, 0, 0)}, 1, LQ_ERANGE},
		{{layer(640, 480, 241, 0)}, 1, LQ_ERANGE}, {{layer(640, 480, 0, 1000)}, 1, LQ_ERANGE}, {{layer(640, 480, 0, 90000000)}, 1, LQ_ERANGE},
		{{layer(320, 240, 0, 0), layer(640, 480, 0, 0)}, 2, LQ_EINVAL}, {{{0}}, 1, LQ_EINVAL}, {{layer(0, 0, 0, 0)}, 4, LQ_EINVAL},
		{{layer(0, 0, 0, 0)}, 1, 0}, {{layer(641, 481, 30, 30000), layer(16, 16, 1, 0)}, 2, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_msg(lq_video_encode_set(room, LQ_STREAM_MAIN, cases[i].layers, cases[i].n) == cases[i].code, "case %zu", i);
	ck_assert_int_eq(lq_video_encode_set(NULL, LQ_STREAM_MAIN, NULL, 0), LQ_EINVAL);
	ck_assert_int_eq(lq_video_encode_set(room, LQ_STREAM_MAIN, NULL, 1), LQ_EINVAL);
	ck_assert_int_eq(lq_video_encode_set(room, (lq_stream)9, NULL, 0), LQ_EINVAL);
	ck_assert_int_eq(lq_layer_set(room, "alice", LQ_STREAM_MAIN, (lq_layer)3), LQ_EINVAL);
	ck_assert_int_eq(lq_layer_set(room, NULL, LQ_STREAM_MAIN, LQ_LAYER_LOW), LQ_EINVAL);
	ck_assert_int_eq(lq_layer_set(room, "no user", LQ_STREAM_MAIN, LQ_LAYER_LOW), LQ_EINVAL);
	lq_engine_destroy(e);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("layers");
	TCase *t = tcase_create("layers");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, three_layers_are_chosen_from, 0, 2);
	tcase_add_loop_test(t, a_layer_may_be_chosen_before_there_is_anything, 0, 2);
	tcase_add_loop_test(t, size_and_rate_can_be_set_before_and_while_it_runs, 0, 2);
	tcase_add_loop_test(t, layers_come_and_change_while_it_runs, 0, 2);
	tcase_add_test(t, a_preview_has_the_size_that_was_said);
	tcase_add_test(t, what_the_network_takes_is_shared_by_the_layers);
	tcase_add_test(t, what_makes_no_sense_is_refused);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
