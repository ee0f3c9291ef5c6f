/* The whole of it: loquatd, WebRTC over 127.0.0.1, real codecs, and two and more rooms of the SDK. */
#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "framework/media/barcode.h"

#include "fixture.h"
#include "loquatd.h"
#include "watcher.h"

#define SECRET "a secret for tests, 32 bytes long"

static loquatd server;

static void teardown(void)
{
	loquatd_stop(&server, SIGTERM);
}

static const char *serve(const char *secret)
{
	server = loquatd_start(secret);
	return server.url;
}

static void watch(const lq_frame *f, void *arg)
{
	watcher *w = arg;
	uint32_t number, ms;
	pthread_mutex_lock(&w->lock);
	w->frames++;
	w->width = f->width;
	if (f->kind == LQ_VIDEO && !lq_barcode_read(f->planes[0], f->strides[0], f->width, f->height, &number, &ms)) {
		w->falls += w->codes && lq_barcode_diff(w->number, number) <= 0;
		w->number = number;
		w->codes++;
	}
	for (uint32_t i = 0; i < f->n_samples * f->channels; i++)
		w->energy += (double)f->samples[i] * (double)f->samples[i];
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static const char *const codecs[] = {"codec.h264.enc", "codec.vp8.enc"};
static const char *const codec_names[] = {"H264", "VP8"};

START_TEST(two_participants_see_and_hear_each_other)
{
	watcher v[2] = {WATCHER, WATCHER}, a[2] = {WATCHER, WATCHER};
	static const char *const names[] = {"alice", "bob"};
	char patch[200];
	lq_room *room[2];
	const char *url = serve(NULL);
	snprintf(patch, sizeof patch, "{\"graphs\":{\"publish\":{\"nodes\":{\"venc\":{\"use\":\"%s\",\"params\":{\"bitrate\":400000}}}}}}", codecs[_i]);
	lq_engine *e = engine_real(patch);
	for (int i = 0; i < 2; i++) {
		room[i] = room_new(e, LQ_DEFAULT, LQ_DEFAULT);
		lq_view_frames(room[i], names[!i], LQ_STREAM_MAIN, LQ_VIDEO, watch, &v[i]);
		lq_view_frames(room[i], names[!i], LQ_STREAM_MAIN, LQ_AUDIO, watch, &a[i]);
		ck_assert_int_eq(room_join(room[i], url, names[i]), 0);
	}
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(await_stream(e, room[i], LQ_ON_LOCAL_PUBLISHED, "", LQ_AUDIO)->code, 0);
		ck_assert_int_eq(await_stream(e, room[i], LQ_ON_LOCAL_PUBLISHED, "", LQ_VIDEO)->code, 0);
		ck_assert_str_eq(await_stream(e, room[i], LQ_ON_STREAM_PUBLISHED, names[!i], LQ_VIDEO)->text, codec_names[_i]);
		frames_after(&v[i], 30);
		frames_after(&a[i], 30);
		watcher seen = watcher_now(&v[i]);
		ck_assert_int_eq(seen.width, 320);
		ck_assert_msg(seen.codes >= seen.frames - 2, "%d of %d bar codes were read", seen.codes, seen.frames);
		ck_assert_int_eq(seen.falls, 0);
		ck_assert(watcher_now(&a[i]).energy > 1);
	}
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_third_sees_both_at_once)
{
	const char *url = serve(NULL);
	lq_engine *e = engine_real(NULL);
	lq_room *alice = joined(e, url, "alice", LQ_DEFAULT, LQ_DEFAULT);
	lq_room *bob = joined(e, url, "bob", LQ_DEFAULT, LQ_DEFAULT);
	await_stream(e, alice, LQ_ON_FIRST_FRAME, "bob", LQ_VIDEO);
	await_stream(e, bob, LQ_ON_FIRST_FRAME, "alice", LQ_VIDEO);
	lq_room *carol = joined(e, url, "carol", LQ_OFF, LQ_DEFAULT);
	await_stream(e, carol, LQ_ON_FIRST_FRAME, "alice", LQ_VIDEO);
	await_stream(e, carol, LQ_ON_FIRST_FRAME, "bob", LQ_VIDEO);
	await_stream(e, carol, LQ_ON_FIRST_FRAME, "alice", LQ_AUDIO);
	await_stream(e, carol, LQ_ON_FIRST_FRAME, "bob", LQ_AUDIO);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_member_has_nine_streams_each_with_sound_and_picture)
{
	static const lq_track_kind kinds[] = {LQ_AUDIO, LQ_VIDEO};
	unsigned seen = 0;
	const char *url = serve(NULL);
	lq_engine *e = engine_real("{\"graphs\":{\"publish\":{\"nodes\":{\"cam\":{\"params\":{\"size\":\"64x64\",\"fps\":\"5/1\"}},\"venc\":{\"params\":{\"bitrate\":50000}}}}}}");
	lq_room *bob = joined(e, url, "bob", LQ_OFF, LQ_DEFAULT);
	lq_room *alice = room_new(e, LQ_OFF, LQ_OFF);
	for (int i = 0; i < 2 * LQ_N_STREAMS; i++)
		ck_assert_int_eq(lq_publish(alice, (lq_stream)(i / 2), kinds[i % 2]), 0);
	ck_assert_int_eq(lq_publish(alice, (lq_stream)LQ_N_STREAMS, LQ_VIDEO), LQ_EINVAL);
	ck_assert_int_eq(room_join(alice, url, "alice"), 0);
	for (int i = 0; i < 2 * LQ_N_STREAMS; i++)
		ck_assert_int_eq(await(e, alice, LQ_ON_LOCAL_PUBLISHED)->code, 0);
	for (int i = 0; i < 2 * LQ_N_STREAMS; i++) {
		const lq_sdk_event *ev = await_stream(e, bob, LQ_ON_FIRST_FRAME, "alice", 0);
		seen |= 1u << (ev->stream * 2 + ev->kind - 1);
	}
	ck_assert_uint_eq(seen, (1u << 2 * LQ_N_STREAMS) - 1);
	ck_assert_int_eq(LQ_STREAM_CAMERA(0), LQ_STREAM_MAIN);
	ck_assert_int_eq(LQ_STREAM_CAMERA(1), LQ_STREAM_THIRD);
	ck_assert_int_eq(LQ_STREAM_CAMERA(7), LQ_STREAM_NINTH);
	lq_engine_destroy(e);
}
END_TEST

static void await_change(lq_engine *e, lq_room *room, const char *node, int code)
{
	const lq_sdk_event *ev = await_stream(e, room, LQ_ON_CHANGED, "", LQ_VIDEO);
	ck_assert_str_eq(ev->name, node);
	ck_assert_msg(ev->code == code, "%s: %s", ev->name, ev->text);
}

START_TEST(nodes_of_a_call_change_while_it_runs)
{
	watcher v = WATCHER;
	const char *url = serve(NULL);
	lq_engine *e = engine_real(NULL);
	lq_room *alice = joined(e, url, "alice", LQ_DEFAULT, LQ_DEFAULT), *bob = room_new(e, LQ_OFF, LQ_DEFAULT);
	lq_view_frames(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO, watch, &v);
	ck_assert_int_eq(room_join(bob, url, "bob"), 0);
	frames_after(&v, 10);

	const lq_setting size = {"size", "160x96"}, rate = {"bitrate", "200000"};
	ck_assert_int_eq(lq_stream_swap(alice, NULL, LQ_STREAM_MAIN, LQ_VIDEO, "cam", "capture.pattern", &size, 1), 0);
	await_change(e, alice, "cam", 0);
	ck_assert_int_eq(lq_stream_swap(alice, NULL, LQ_STREAM_MAIN, LQ_VIDEO, "venc", NULL, &rate, 1), 0);
	await_change(e, alice, "venc", 0);
	ck_assert_int_eq(lq_stream_insert(alice, NULL, LQ_STREAM_MAIN, LQ_VIDEO, "cam", "mark", "filter.barcode", NULL, 0), 0);
	await_change(e, alice, "mark", 0);
	frames_after(&v, 5);
	ck_assert_int_eq(watcher_now(&v).width, 160);
	ck_assert_int_eq(lq_stream_take_out(alice, NULL, LQ_STREAM_MAIN, LQ_VIDEO, "mark"), 0);
	await_change(e, alice, "mark", 0);
	ck_assert_int_eq(lq_stream_swap(alice, NULL, LQ_STREAM_MAIN, LQ_VIDEO, "cam", "capture.nothing", NULL, 0), 0);
	await_change(e, alice, "cam", LQ_ENOENT);
	frames_after(&v, 5);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(data_comes_with_the_picture)
{
	char data[4097] = "";
	const char *url = serve(NULL);
	lq_engine *e = engine_real("{\"graphs\":{\"subscribe\":{\"nodes\":{\"data\":{\"use\":[\"filter.sei.read\",\"filter.pass\"]}},"
	                           "\"chains\":[[\"net.audio\",\"adec\",\"mix\"],[\"net.video\",\"data\",\"vdec\",\"window\"]]}}}");
	lq_room *alice = joined(e, url, "alice", LQ_DEFAULT, LQ_DEFAULT), *bob = joined(e, url, "bob", LQ_OFF, LQ_DEFAULT);
	await_stream(e, bob, LQ_ON_FIRST_FRAME, "alice", LQ_VIDEO);
	ck_assert_int_eq(lq_stream_insert(alice, NULL, LQ_STREAM_MAIN, LQ_VIDEO, "venc", "data", "filter.sei.write", NULL, 0), 0);
	await_change(e, alice, "data", 0);
	for (int i = 0; i < 2; i++) { /* the same twice is sent twice */
		memset(data, 'x', sizeof data - 1);
		const lq_setting send = {"send", data};
		ck_assert_int_eq(lq_stream_swap(alice, NULL, LQ_STREAM_MAIN, LQ_VIDEO, "data", NULL, &send, 1), 0);
		await_change(e, alice, "data", 0);
		const lq_sdk_event *ev = await_stream(e, bob, LQ_ON_STREAM_DATA, "alice", LQ_VIDEO);
		ck_assert_str_eq(ev->text, data);
		ck_assert_str_eq(ev->name, "data");
		ck_assert_int_eq(ev->stream, LQ_STREAM_MAIN);
	}
	char more[4200];
	memset(more, 'x', sizeof more - 1);
	more[sizeof more - 1] = 0;
	const lq_setting send = {"send", more};
	ck_assert_int_eq(lq_stream_swap(alice, NULL, LQ_STREAM_MAIN, LQ_VIDEO, "data", NULL, &send, 1), 0);
	const lq_sdk_event *ev = await_stream(e, alice, LQ_ON_CHANGED, "", LQ_VIDEO);
	ck_assert_msg(ev->code && strstr(ev->text, "4096"), "%d %s", ev->code, ev->text);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(codec_of_a_published_stream_changes)
{
	watcher v = WATCHER;
	const char *url = serve(NULL);
	lq_engine *e = engine_real(NULL);
	lq_room *alice = joined(e, url, "alice", LQ_DEFAULT, LQ_DEFAULT), *bob = room_new(e, LQ_OFF, LQ_DEFAULT);
	lq_view_frames(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO, watch, &v);
	ck_assert_int_eq(room_join(bob, url, "bob"), 0);
	ck_assert_str_eq(await_stream(e, bob, LQ_ON_STREAM_PUBLISHED, "alice", LQ_VIDEO)->text, "H264");
	frames_after(&v, 10);
	for (int i = 0; i < 3; i++) {
		const char *use = i % 2 ? "codec.h264.enc" : "codec.vp8.enc";
		ck_assert_int_eq(lq_stream_swap(alice, NULL, LQ_STREAM_MAIN, LQ_VIDEO, "venc", use, NULL, 0), 0);
		await_change(e, alice, "venc", 0);
		ck_assert_int_eq(await_stream(e, alice, LQ_ON_LOCAL_PUBLISHED, "", LQ_VIDEO)->code, 0);
		await_stream(e, bob, LQ_ON_STREAM_UNPUBLISHED, "alice", LQ_VIDEO);
		ck_assert_str_eq(await_stream(e, bob, LQ_ON_STREAM_PUBLISHED, "alice", LQ_VIDEO)->text, i % 2 ? "H264" : "VP8");
		await_stream(e, bob, LQ_ON_FIRST_FRAME, "alice", LQ_VIDEO);
		frames_after(&v, 10);
	}
	lq_engine_destroy(e);
}
END_TEST

START_TEST(streams_go_and_come_back)
{
	const char *url = serve(NULL);
	lq_engine *e = engine_real(NULL);
	lq_room *alice = joined(e, url, "alice", LQ_DEFAULT, LQ_DEFAULT);
	lq_room *bob = joined(e, url, "bob", LQ_OFF, LQ_DEFAULT);
	await_stream(e, bob, LQ_ON_FIRST_FRAME, "alice", LQ_VIDEO);
	await_stream(e, bob, LQ_ON_FIRST_FRAME, "alice", LQ_AUDIO);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(lq_unpublish(alice, LQ_STREAM_MAIN, LQ_VIDEO), 0);
		await_stream(e, bob, LQ_ON_STREAM_UNPUBLISHED, "alice", LQ_VIDEO);
		ck_assert_int_eq(lq_publish(alice, LQ_STREAM_MAIN, LQ_VIDEO), 0);
		await_stream(e, bob, LQ_ON_FIRST_FRAME, "alice", LQ_VIDEO);
		ck_assert_int_eq(lq_unsubscribe(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO), 0);
		ck_assert_int_eq(lq_subscribe(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO), 0);
		await_stream(e, bob, LQ_ON_FIRST_FRAME, "alice", LQ_VIDEO);
	}
	ck_assert_int_eq(lq_publish(alice, LQ_STREAM_SUB, LQ_VIDEO), 0);
	const lq_sdk_event *ev;
	do
		ev = await_stream(e, bob, LQ_ON_FIRST_FRAME, "alice", LQ_VIDEO);
	while (ev->stream != LQ_STREAM_SUB);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(muting_stops_the_picture_and_unmuting_brings_it_back)
{
	watcher v = WATCHER, a = WATCHER;
	const char *url = serve(NULL);
	lq_engine *e = engine_real(NULL);
	lq_room *alice = joined(e, url, "alice", LQ_DEFAULT, LQ_OFF);
	lq_room *bob = room_new(e, LQ_OFF, LQ_DEFAULT);
	lq_view_frames(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO, watch, &v);
	lq_view_frames(bob, "alice", LQ_STREAM_MAIN, LQ_AUDIO, watch, &a);
	ck_assert_int_eq(room_join(bob, url, "bob"), 0);
	frames_after(&v, 5);
	ck_assert_int_eq(lq_mute(alice, LQ_STREAM_MAIN, LQ_VIDEO, 1), 0);
	ck_assert_int_eq(await_stream(e, bob, LQ_ON_STREAM_MUTED, "alice", LQ_VIDEO)->muted, 1);
	frames_after(&a, 25);
	int before = watcher_now(&v).frames;
	frames_after(&a, 25); /* half a second of sound */
	ck_assert_int_eq(watcher_now(&v).frames, before);
	ck_assert_int_eq(lq_mute(alice, LQ_STREAM_MAIN, LQ_VIDEO, 0), 0);
	frames_after(&v, 5);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_killed_server_is_reported_by_all)
{
	const char *url = serve(NULL);
	lq_engine *e = engine_fast(60); /* and given up after a second */
	lq_room *alice = joined(e, url, "alice", LQ_DEFAULT, LQ_DEFAULT);
	lq_room *bob = joined(e, url, "bob", LQ_DEFAULT, LQ_DEFAULT);
	await_stream(e, alice, LQ_ON_FIRST_FRAME, "bob", LQ_VIDEO);
	loquatd_stop(&server, SIGKILL);
	ck_assert_int_eq(await(e, alice, LQ_ON_LEFT)->code, LQ_ECONN);
	ck_assert_int_eq(await(e, bob, LQ_ON_LEFT)->code, LQ_ECONN);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_killed_participant_leaves_for_the_others)
{
	const char *url = serve(NULL);
	pid_t bob = fork();
	if (!bob) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		lq_engine *e = engine_real(NULL);
		joined(e, url, "bob", LQ_DEFAULT, LQ_DEFAULT);
		for (;;)
			pause();
	}
	lq_engine *e = engine_real(NULL);
	lq_room *alice = joined(e, url, "alice", LQ_DEFAULT, LQ_DEFAULT);
	await_stream(e, alice, LQ_ON_FIRST_FRAME, "bob", LQ_VIDEO);
	kill(bob, SIGKILL);
	waitpid(bob, NULL, 0);
	await_stream(e, alice, LQ_ON_STREAM_UNPUBLISHED, "bob", LQ_VIDEO);
	ck_assert_str_eq(await(e, alice, LQ_ON_USER_LEFT)->user, "bob");
	lq_engine_destroy(e);
}
END_TEST

START_TEST(the_same_user_wins_elsewhere)
{
	const char *url = serve(NULL);
	lq_engine *e = engine_real(NULL);
	lq_room *first = joined(e, url, "alice", LQ_OFF, LQ_OFF);
	lq_room *second = joined(e, url, "alice", LQ_OFF, LQ_OFF);
	ck_assert_int_eq(await(e, first, LQ_ON_LEFT)->code, LQ_EDUPLICATE);
	ck_assert_int_eq(lq_room_members(second, NULL, 0), 0);
	lq_engine_destroy(e);
}
END_TEST

#define JWT "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
static const struct { const char *what, *token; int code; } tokens[] = {
	{"good", JWT "eyJhcHAiOiJsb3F1YXQiLCJyb29tIjoiKiIsImV4cCI6NDEwMjQ0NDgwMH0.dHoWdzdmHB7AttforaNwOCjIp5IMLsEsdUeNBD_vnxk", 0},
	{"missing", NULL, LQ_ETOKEN},
	{"expired", JWT "eyJhcHAiOiJsb3F1YXQiLCJyb29tIjoiKiIsImV4cCI6MTYwMDAwMDAwMH0.2JoaUpXyO68qvT_vmqRYs_vydMl4rQ7T5WeRgpUtKh4", LQ_ETOKEN},
	{"signed by another", JWT "eyJhcHAiOiJsb3F1YXQiLCJyb29tIjoiKiIsImV4cCI6NDEwMjQ0NDgwMH0.dPrIzUpDdW8cRd5xr58hkPPZamHX7tRjv8NjPYvXLLE", LQ_ETOKEN},
	{"for another room",
	 JWT "eyJhcHAiOiJsb3F1YXQiLCJyb29tIjoiZWxzZXdoZXJlIiwiZXhwIjo0MTAyNDQ0ODAwfQ.cyFz--rM5SGOHJmmMMb-zkwNBCgTUrEAiaUKDn5rJcM", LQ_ETOKEN},
	{"no token at all", "hello", LQ_ETOKEN},
};

START_TEST(tokens_open_and_close_the_door)
{
	const char *url = serve(SECRET);
	lq_engine *e = engine_real(NULL);
	for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
		lq_room *room = room_new(e, LQ_OFF, LQ_OFF);
		lq_join_params p = {.size = sizeof p, .server = url, .user = "alice", .token = tokens[i].token};
		ck_assert_int_eq(lq_room_join(room, &p), 0);
		const lq_sdk_event *ev = await(e, room, LQ_ON_JOINED);
		ck_assert_msg(ev->code == tokens[i].code, "%s: %d %s", tokens[i].what, ev->code, ev->text);
		ck_assert_msg(!ev->code == !*ev->text, "%s: %s", tokens[i].what, ev->text);
		lq_room_close(room);
	}
	lq_engine_destroy(e);
}
END_TEST

START_TEST(who_may_not_publish_is_told)
{
	static const char token[] =
		JWT "eyJhcHAiOiJsb3F1YXQiLCJyb29tIjoiKiIsImV4cCI6NDEwMjQ0NDgwMCwicHViIjpmYWxzZX0.TVwdtBJk15C4mWEcX0klJUeEwDLJf1T-_bgm_j06Y6o";
	const char *url = serve(SECRET);
	lq_engine *e = engine_real(NULL);
	lq_room *room = room_new(e, LQ_DEFAULT, LQ_DEFAULT);
	ck_assert_int_eq(lq_room_join(room, &(lq_join_params){.size = sizeof(lq_join_params), .server = url, .token = token}), 0);
	ck_assert_int_eq(await(e, room, LQ_ON_JOINED)->code, 0);
	ck_assert_int_eq(await_stream(e, room, LQ_ON_LOCAL_PUBLISHED, "", LQ_VIDEO)->code, LQ_EPERM);
	ck_assert_int_eq(await_stream(e, room, LQ_ON_LOCAL_PUBLISHED, "", LQ_AUDIO)->code, LQ_EPERM);
	lq_engine_destroy(e);
}
END_TEST

static int have_plugins(void)
{
	static const char *const needed[] = {"webrtc", "opus", "ffmpeg", "vpx", "testsrc", "null", "audiomix"};
	const char *build = getenv("top_builddir");
	char path[1000];
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
		snprintf(path, sizeof path, "%s/plugins/.libs/%s.so", build ? build : ".", needed[i]);
		if (access(path, R_OK)) {
			printf("skipped: the plugin %s was not built\n", needed[i]);
			return 0;
		}
	}
	return 1;
}

int main(void)
{
	if (!have_plugins())
		return 77;
	Suite *s = suite_create("call");
	TCase *t = tcase_create("call");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_loop_test(t, two_participants_see_and_hear_each_other, 0, 2);
	tcase_add_test(t, a_third_sees_both_at_once);
	tcase_add_test(t, a_member_has_nine_streams_each_with_sound_and_picture);
	tcase_add_test(t, nodes_of_a_call_change_while_it_runs);
	tcase_add_test(t, data_comes_with_the_picture);
	tcase_add_test(t, codec_of_a_published_stream_changes);
	tcase_add_test(t, streams_go_and_come_back);
	tcase_add_test(t, muting_stops_the_picture_and_unmuting_brings_it_back);
	tcase_add_test(t, a_killed_server_is_reported_by_all);
	tcase_add_test(t, a_killed_participant_leaves_for_the_others);
	tcase_add_test(t, the_same_user_wins_elsewhere);
	tcase_add_test(t, tokens_open_and_close_the_door);
	tcase_add_test(t, who_may_not_publish_is_told);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
