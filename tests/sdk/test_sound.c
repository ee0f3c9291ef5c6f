/* How loud it is: levels, who speaks, the report, volumes. The rules alone, and in rooms with the real server and virtual devices. */
#include <check.h>
#include <pthread.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sdk/meters.h"
#include "sdk/speaker.h"

#include "fixture.h"
#include "loquatd.h"

static loquatd server;

static void teardown(void)
{
	loquatd_stop(&server, SIGTERM);
}

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- the rules ---- */

START_TEST(a_sine_of_full_scale_is_255_and_silence_0)
{
	lq__meters m;
	lq_volume v[4];
	float s[480];
	lq__meters_init(&m);
	lq__meter *a = lq__meter_ref(&m, "ann", LQ_STREAM_MAIN), *again = lq__meter_ref(&m, "ann", LQ_STREAM_MAIN);
	ck_assert_ptr_eq(a, again);
	lq__meter *b = lq__meter_ref(&m, "", LQ_STREAM_SUB);
	for (int i = 0; i < 480; i++)
		s[i] = sinf((float)i * 6.2831853f / 48);
	lq__meter_add(a, s, 480); /* nobody wants to know yet */
	atomic_store(&m.on, 1);
	ck_assert_uint_eq(lq__meters_take(&m, 1, v, 4), 2);
	lq__meters_release(&m);
	ck_assert_int_eq(v[0].volume + v[1].volume, 0);
	ck_assert_float_eq(v[0].db, -127);
	lq__meter_add(a, s, 480);
	for (int i = 0; i < 480; i++)
		s[i] *= 0.1f;
	lq__meter_add(b, s, 480);
	ck_assert_uint_eq(lq__meters_take(&m, 1, v, 4), 2);
	const lq_volume *ann = *v[0].user ? &v[0] : &v[1], *own = *v[0].user ? &v[1] : &v[0];
	ck_assert_str_eq(ann->user, "ann");
	ck_assert_int_eq(ann->volume, 255);
	ck_assert_float_eq_tol(ann->db, 0, 0.01f);
	ck_assert_int_eq(own->stream, LQ_STREAM_SUB);
	ck_assert_int_eq(own->volume, 26);
	ck_assert_float_eq_tol(own->db, -20, 0.01f);
	lq__meters_release(&m);
	lq__meters_take(&m, 0.25, v, 4); /* silence, smoothed */
	ck_assert_int_eq((*v[0].user ? &v[0] : &v[1])->volume, 191);
	lq__meters_release(&m);
	lq__meter_unref(a);
	lq__meter_unref(b);
	ck_assert_uint_eq(lq__meters_take(&m, 1, v, 4), 1);
	lq__meters_release(&m);
	lq__meter_unref(again);
	lq__meters_finish(&m);
}
END_TEST

static int speak(lq__speaker *s, int64_t now, float ann, float ben)
{
	const lq_volume v[] = {{.user = "ann", .db = ann}, {.user = "ben", .db = ben}};
	return lq__speaker_update(s, v, 2, now, 300);
}

START_TEST(a_speaker_keeps_the_floor_until_another_is_louder_for_a_while)
{
	lq__speaker s = {0};
	ck_assert_int_eq(speak(&s, 0, -60, -60), 0); /* noise */
	ck_assert_int_eq(speak(&s, 100, -30, -60), 1);
	ck_assert_str_eq(s.user, "ann");
	ck_assert_int_eq(speak(&s, 200, -30, -28), 0); /* hardly louder */
	ck_assert_int_eq(speak(&s, 300, -30, -20), 0);
	ck_assert_int_eq(speak(&s, 400, -30, -29), 0); /* a cough */
	ck_assert_int_eq(speak(&s, 500, -30, -20), 0);
	ck_assert_int_eq(speak(&s, 700, -30, -20), 0);
	ck_assert_int_eq(speak(&s, 800, -30, -20), 1);
	ck_assert_str_eq(s.user, "ben");
	ck_assert_int_eq(speak(&s, 900, -60, -60), 0); /* draws breath */
	ck_assert_int_eq(speak(&s, 2700, -60, -60), 0);
	ck_assert_int_eq(speak(&s, 2800, -60, -60), 1);
	ck_assert_int_eq(s.anybody, 0);
	ck_assert_int_eq(speak(&s, 4800, -60, -60), 0);
	ck_assert_int_eq(lq__speaker_update(&s, NULL, 0, 9000, 300), 0);
}
END_TEST

/* ---- in a room ---- */

static lq_room *enter(lq_engine *e, const char *user, lq_switch publish, const char *microphone)
{
	lq_room *room = NULL;
	lq_room_options o = {.size = sizeof o, .auto_publish_audio = publish, .auto_publish_video = LQ_OFF};
	ck_assert_int_eq(lq_room_open(e, "sound", &o, &room), 0);
	if (microphone)
		ck_assert_int_eq(lq_device_select(room, LQ_DEVICE_MICROPHONE, LQ_STREAM_MAIN, microphone), 0);
	ck_assert_int_eq(lq_device_select(room, LQ_DEVICE_SPEAKER, LQ_STREAM_MAIN, "testsrc:desk"), 0);
	ck_assert_int_eq(room_join(room, server.url, user), 0);
	return room;
}

static void report(lq_room *room, int interval_ms, lq_switch vad)
{
	ck_assert_int_eq(lq_audio_report(room, &(lq_audio_report_params){.size = sizeof(lq_audio_report_params), .interval_ms = interval_ms, .vad = vad}), 0);
}

/* The volume of a user in the room's next report; -1: not in it. */
static int volume_of(lq_engine *e, lq_room *room, const char *user, int *speaking)
{
	const lq_sdk_event *ev;
	for (;;) {
		ck_assert_int_eq(lq_engine_poll(e, 30000, &ev), 0);
		if (ev->type != LQ_ON_AUDIO_REPORT || ev->room != room)
			continue;
		for (uint32_t i = 0; i < ev->n_volumes; i++)
			if (!strcmp(ev->volumes[i].user, user)) {
				*speaking = ev->volumes[i].speaking;
				ck_assert_int_eq(ev->volumes[i].stream, LQ_STREAM_MAIN);
				return ev->volumes[i].volume;
			}
		return -1;
	}
}

static void until_volume(lq_engine *e, lq_room *room, const char *user, int low, int high)
{
	int speaking, v;
	int64_t limit = now_ms() + 60000;
	do {
		ck_assert_msg(now_ms() < limit, "%s did not get as loud as %d to %d", user, low, high);
		v = volume_of(e, room, user, &speaking);
	} while (v < low || v > high);
}

START_TEST(the_report_tells_how_loud_everybody_is)
{
	int speaking = 0;
	server = loquatd_start(NULL);
	lq_engine *e = engine_real(NULL);
	lq_room *alice = enter(e, "alice", LQ_ON, "testsrc:head"), *bob = enter(e, "bob", LQ_ON, "testsrc:room");
	report(alice, 100, LQ_DEFAULT);
	until_volume(e, alice, "", 48, 54); /* 0.2 of full scale */
	until_volume(e, alice, "bob", 46, 56);
	volume_of(e, alice, "bob", &speaking);
	ck_assert_int_eq(speaking, 0);
	report(alice, 100, LQ_ON);
	while (volume_of(e, alice, "bob", &speaking) < 40 || !speaking)
		;
	lq_mute(bob, LQ_STREAM_MAIN, LQ_AUDIO, 1);
	until_volume(e, alice, "bob", 0, 0);
	report(bob, 100, LQ_DEFAULT);
	report(alice, 0, LQ_DEFAULT);
	until_volume(e, bob, "", 0, 0); /* as others hear it */
	lq_mute(bob, LQ_STREAM_MAIN, LQ_AUDIO, 0);
	until_volume(e, bob, "", 48, 54);
	lq_engine_destroy(e);
}
END_TEST

static int reports_for(lq_engine *e, int64_t ms)
{
	const lq_sdk_event *ev;
	int n = 0;
	for (int64_t until = now_ms() + ms, now; (now = now_ms()) < until;)
		n += !lq_engine_poll(e, (int)(until - now), &ev) && ev->type == LQ_ON_AUDIO_REPORT;
	return n;
}

/* How long n reports take, in ms, from one on. */
static int64_t time_of(lq_engine *e, int n)
{
	const lq_sdk_event *ev;
	int64_t start = 0;
	for (int seen = 0; seen <= n;) {
		ck_assert_int_eq(lq_engine_poll(e, 30000, &ev), 0);
		if (ev->type == LQ_ON_AUDIO_REPORT && !seen++)
			start = now_ms();
	}
	return now_ms() - start;
}

START_TEST(the_interval_is_100_ms_at_least_or_as_given_or_off)
{
	server = loquatd_start(NULL);
	lq_engine *e = engine_real(NULL);
	lq_audio_report_params bad = {.size = sizeof bad, .smooth = 2};
	lq_room *alice = room_new(e, LQ_OFF, LQ_OFF);
	ck_assert_int_eq(lq_audio_report(alice, &bad), LQ_EINVAL);
	bad = (lq_audio_report_params){.size = sizeof bad, .smooth = (double)NAN};
	ck_assert_int_eq(lq_audio_report(alice, &bad), LQ_EINVAL);
	bad = (lq_audio_report_params){.size = sizeof bad, .interval_ms = 3600001};
	ck_assert_int_eq(lq_audio_report(alice, &bad), LQ_ERANGE);
	ck_assert_int_eq(lq_audio_report(alice, &(lq_audio_report_params){0}), LQ_EINVAL);
	ck_assert_int_eq(lq_audio_report(NULL, &bad), LQ_EINVAL);
	report(alice, 50, LQ_DEFAULT); /* before joining */
	ck_assert_int_eq(room_join(alice, server.url, "alice"), 0);
	int64_t t = time_of(e, 20);
	ck_assert_msg(t >= 1850 && t < 20000, "20 reports took %d ms", (int)t);
	report(alice, 250, LQ_DEFAULT);
	time_of(e, 1); /* those under way */
	t = time_of(e, 4);
	ck_assert_msg(t >= 850 && t < 20000, "4 reports took %d ms", (int)t);
	report(alice, -1, LQ_DEFAULT);
	lq_room_send(alice, NULL, "done"); /* whose answer comes after */
	await(e, alice, LQ_ON_MESSAGE_SENT);
	ck_assert_int_eq(reports_for(e, 400), 0);
	report(alice, 100, LQ_DEFAULT);
	time_of(e, 1);
	lq_room_leave(alice);
	await(e, alice, LQ_ON_LEFT);
	ck_assert_int_eq(reports_for(e, 300), 0);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(who_speaks_is_told_when_it_changes)
{
	server = loquatd_start(NULL);
	lq_engine *e = engine_real(NULL);
	lq_room *alice = enter(e, "alice", LQ_ON, "testsrc:head"), *bob = enter(e, "bob", LQ_OFF, NULL);
	report(bob, 100, LQ_DEFAULT);
	const lq_sdk_event *ev = await(e, bob, LQ_ON_ACTIVE_SPEAKER);
	ck_assert_str_eq(ev->user, "alice");
	ck_assert_int_eq(ev->on, 1);
	lq_mute(alice, LQ_STREAM_MAIN, LQ_AUDIO, 1);
	ev = await(e, bob, LQ_ON_ACTIVE_SPEAKER);
	ck_assert_str_eq(ev->user, "");
	ck_assert_int_eq(ev->on, 0);
	report(alice, 100, LQ_DEFAULT);
	lq_mute(alice, LQ_STREAM_MAIN, LQ_AUDIO, 0);
	ev = await(e, alice, LQ_ON_ACTIVE_SPEAKER);
	ck_assert_str_eq(ev->user, ""); /* ourselves */
	ck_assert_int_eq(ev->on, 1);
	lq_engine_destroy(e);
}
END_TEST

static void find_level(const char *owner, const char *name, double value, void *arg)
{
	if (!strcmp(owner, "node/shared/speaker") && !strcmp(name, "audioLevel"))
		*(double *)arg = value;
}

static void until_played(lq_room *room, double low, double high)
{
	double level = -1;
	int64_t limit = now_ms() + 60000;
	do {
		ck_assert_msg(now_ms() < limit, "the speaker is at %.3f, not between %.3f and %.3f", level, low, high);
		int r = lq_room_stats(room, find_level, &level);
		ck_assert(!r || r == LQ_ESTATE); /* not there yet */
		nanosleep(&(struct timespec){0, 20000000}, NULL);
	} while (level < low || level > high);
}

START_TEST(each_user_has_a_volume)
{
	server = loquatd_start(NULL);
	lq_engine *e = engine_real(NULL);
	lq_room *bob = NULL;
	lq_room_options o = {.size = sizeof o, .auto_publish_audio = LQ_OFF, .auto_publish_video = LQ_OFF};
	ck_assert_int_eq(lq_room_open(e, "sound", &o, &bob), 0);
	ck_assert_int_eq(lq_volume_get(bob, "alice", LQ_STREAM_MAIN), 100);
	ck_assert_int_eq(lq_volume_set(bob, "alice", LQ_STREAM_MAIN, 401), LQ_ERANGE);
	ck_assert_int_eq(lq_volume_set(bob, "alice", LQ_STREAM_MAIN, -1), LQ_ERANGE);
	ck_assert_int_eq(lq_volume_set(bob, "no such/name", LQ_STREAM_MAIN, 100), LQ_EINVAL);
	ck_assert_int_eq(lq_volume_set(NULL, "alice", LQ_STREAM_MAIN, 100), LQ_EINVAL);
	ck_assert_int_eq(lq_volume_set(bob, "alice", LQ_STREAM_MAIN, 50), 0); /* before she is there */
	ck_assert_int_eq(lq_volume_get(bob, "alice", LQ_STREAM_MAIN), 50);
	ck_assert_int_eq(lq_volume_get(bob, "carol", LQ_STREAM_MAIN), 100);
	ck_assert_int_eq(lq_device_select(bob, LQ_DEVICE_SPEAKER, LQ_STREAM_MAIN, "testsrc:desk"), 0);
	ck_assert_int_eq(room_join(bob, server.url, "bob"), 0);
	lq_room *alice = enter(e, "alice", LQ_ON, "testsrc:head");
	await_stream(e, bob, LQ_ON_FIRST_FRAME, "alice", LQ_AUDIO);
	until_played(bob, 0.08, 0.12);
	ck_assert_int_eq(lq_volume_set(bob, "alice", LQ_STREAM_MAIN, 300), 0);
	until_played(bob, 0.54, 0.68);
	ck_assert_int_eq(lq_volume_set(bob, "alice", LQ_STREAM_MAIN, 0), 0);
	until_played(bob, 0, 0.001);
	ck_assert_int_eq(lq_volume_set(bob, "alice", LQ_STREAM_MAIN, 100), 0);
	until_played(bob, 0.18, 0.23);
	ck_assert_int_eq(lq_volume_set(alice, NULL, LQ_STREAM_MAIN, 200), 0); /* what she sends */
	until_played(bob, 0.36, 0.44);
	report(alice, 100, LQ_DEFAULT);
	until_volume(e, alice, "", 98, 106);
	/* Bob's wish holds for what she publishes anew. */
	ck_assert_int_eq(lq_volume_set(bob, "alice", LQ_STREAM_MAIN, 25), 0);
	ck_assert_int_eq(lq_unpublish(alice, LQ_STREAM_MAIN, LQ_AUDIO), 0);
	until_played(bob, 0, 0.001);
	ck_assert_int_eq(lq_publish(alice, LQ_STREAM_MAIN, LQ_AUDIO), 0);
	until_played(bob, 0.08, 0.12);
	lq_engine_destroy(e);
}
END_TEST

/* ---- profiles ---- */

typedef struct local_sound {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint32_t channels, frames;
	int64_t next;    /* when the next sample is due, ns */
	int64_t gap;     /* the largest since it was set to 0, either way, ns */
} local_sound;

static void listen_in(const lq_frame *f, void *arg)
{
	local_sound *l = arg;
	pthread_mutex_lock(&l->lock);
	int64_t off = l->frames ? f->pts - l->next : 0;
	off = off < 0 ? -off : off;
	l->gap = off > l->gap ? off : l->gap;
	l->next = f->pts + (int64_t)f->n_samples * 1000000000 / f->rate;
	l->channels = f->channels;
	l->frames++;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

static int64_t gap_and_reset(local_sound *l, uint32_t frames, uint32_t channels)
{
	pthread_mutex_lock(&l->lock);
	for (uint32_t until = l->frames + frames; l->frames < until || l->channels != channels;)
		pthread_cond_wait(&l->changed, &l->lock);
	int64_t gap = l->gap;
	l->gap = 0;
	pthread_mutex_unlock(&l->lock);
	return gap;
}

static void find_bitrate(const char *owner, const char *name, double value, void *arg)
{
	if (!strcmp(owner, "local/main/audio") && !strcmp(name, "targetBitrate"))
		*(double *)arg = value;
}

static void profile(lq_engine *e, lq_room *room, lq_audio_profile p)
{
	ck_assert_int_eq(lq_audio_profile_set(room, p), 0);
	const lq_sdk_event *ev = await_stream(e, room, LQ_ON_CHANGED, "", LQ_AUDIO);
	ck_assert_str_eq(ev->name, "audio_profile");
	ck_assert_msg(!ev->code, "%s", ev->text);
}

START_TEST(audio_profiles_hold_before_and_change_while_it_runs)
{
	static const struct { lq_audio_profile profile; double bitrate; uint32_t channels; } to[] = {
		{LQ_AUDIO_MUSIC_STEREO, 160000, 2}, {LQ_AUDIO_MUSIC, 96000, 1}, {LQ_AUDIO_STANDARD, 48000, 1}, {LQ_AUDIO_MUSIC_STEREO, 160000, 2},
		{LQ_AUDIO_SPEECH, 24000, 1}, {LQ_AUDIO_STANDARD, 48000, 1}};
	local_sound l = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	int seamless = 0;
	double bitrate = 0;
	server = loquatd_start(NULL);
	lq_engine *e = engine_real(NULL);
	lq_room *alice = NULL;
	lq_room_options o = {.size = sizeof o, .auto_publish_video = LQ_OFF};
	ck_assert_int_eq(lq_room_open(e, "sound", &o, &alice), 0);
	ck_assert_int_eq(lq_audio_profile_set(alice, 0), LQ_EINVAL);
	ck_assert_int_eq(lq_audio_profile_set(alice, (lq_audio_profile)5), LQ_EINVAL);
	ck_assert_int_eq(lq_audio_profile_set(NULL, LQ_AUDIO_MUSIC), LQ_EINVAL);
	profile(e, alice, LQ_AUDIO_MUSIC);
	lq_view_frames(alice, NULL, LQ_STREAM_MAIN, LQ_AUDIO, listen_in, &l);
	ck_assert_int_eq(room_join(alice, server.url, "alice"), 0);
	lq_room *bob = enter(e, "bob", LQ_OFF, NULL);
	await_stream(e, bob, LQ_ON_FIRST_FRAME, "alice", LQ_AUDIO);
	ck_assert_int_eq(lq_room_stats(alice, find_bitrate, &bitrate), 0);
	ck_assert_double_eq(bitrate, 96000);
	for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
		gap_and_reset(&l, 3, i ? to[i - 1].channels : 1);
		profile(e, alice, to[i].profile);
		int64_t gap = gap_and_reset(&l, 5, to[i].channels);
		seamless += gap < 1000000;
		ck_assert_msg(gap < 500000000, "the sound was away for %d ms", (int)(gap / 1000000));
		ck_assert_int_eq(lq_room_stats(alice, find_bitrate, &bitrate), 0);
		ck_assert_double_le(bitrate, to[i].bitrate); /* the network may say less */
		until_played(bob, 0.1, 0.6);
	}
	ck_assert_int_ge(seamless, 3); /* a machine that stalls loses sound of its own */
	lq_room_leave(alice);
	await(e, bob, LQ_ON_STREAM_UNPUBLISHED); /* and it never went before */
	lq_engine_destroy(e);
}
END_TEST

START_TEST(what_a_computer_has_not_is_said_so)
{
	lq_engine *e = engine_real(NULL);
	lq_room *room = room_new(e, LQ_OFF, LQ_OFF);
	ck_assert_int_eq(lq_audio_route_set(room, LQ_ROUTE_EARPIECE), LQ_ENOTSUP);
	ck_assert_int_eq(lq_audio_route_set(room, 0), LQ_EINVAL);
	ck_assert_int_eq(lq_audio_config_set(room, &(lq_audio_config){.size = sizeof(lq_audio_config), .echo_cancel = LQ_OFF}), 0);
	ck_assert_int_eq(lq_audio_config_set(room, &(lq_audio_config){0}), LQ_EINVAL);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(devices_have_volumes)
{
	server = loquatd_start(NULL);
	lq_engine *e = engine_real(NULL);
	lq_room *bob = enter(e, "bob", LQ_OFF, NULL), *alice = NULL;
	lq_room_options o = {.size = sizeof o, .auto_publish_video = LQ_OFF};
	ck_assert_int_eq(lq_room_open(e, "sound", &o, &alice), 0);
	ck_assert_int_eq(lq_device_volume_set(alice, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, 100), LQ_EINVAL);
	ck_assert_int_eq(lq_device_volume_set(alice, LQ_DEVICE_MICROPHONE, LQ_STREAM_MAIN, 401), LQ_ERANGE);
	ck_assert_int_eq(lq_device_volume_set(alice, LQ_DEVICE_MICROPHONE, LQ_STREAM_MAIN, -1), LQ_ERANGE);
	ck_assert_int_eq(lq_device_volume_get(alice, LQ_DEVICE_MICROPHONE, LQ_STREAM_MAIN), 100);
	ck_assert_int_eq(lq_device_volume_set(alice, LQ_DEVICE_MICROPHONE, LQ_STREAM_MAIN, 50), 0);
	ck_assert_int_eq(lq_device_volume_get(alice, LQ_DEVICE_MICROPHONE, LQ_STREAM_MAIN), 50);
	ck_assert_int_eq(lq_device_select(alice, LQ_DEVICE_MICROPHONE, LQ_STREAM_MAIN, "testsrc:head"), 0);
	ck_assert_int_eq(room_join(alice, server.url, "alice"), 0);
	until_played(bob, 0.08, 0.12);
	ck_assert_int_eq(lq_device_volume_set(bob, LQ_DEVICE_SPEAKER, 0, 300), 0);
	until_played(bob, 0.26, 0.34);
	ck_assert_int_eq(lq_device_select(bob, LQ_DEVICE_SPEAKER, LQ_STREAM_MAIN, "testsrc:head"), 0);
	ck_assert_int_eq(lq_device_select(alice, LQ_DEVICE_MICROPHONE, LQ_STREAM_MAIN, "testsrc:room"), 0);
	await_stream(e, alice, LQ_ON_CHANGED, "", LQ_AUDIO);
	until_played(bob, 0.26, 0.34); /* the volumes stay with other devices */
	ck_assert_int_eq(lq_device_volume_set(alice, LQ_DEVICE_MICROPHONE, LQ_STREAM_MAIN, 0), 0);
	until_played(bob, 0, 0.001);
	/* A tone has an amplitude, which is no volume. */
	ck_assert_int_eq(lq_stream_swap(alice, NULL, LQ_STREAM_MAIN, LQ_AUDIO, "mic", "capture.tone", NULL, 0), 0);
	ck_assert_int_eq(await(e, alice, LQ_ON_WARNING)->code, LQ_ENOTSUP);
	lq_engine_destroy(e);
}
END_TEST

/* ---- tests of devices ---- */

START_TEST(a_microphone_and_a_speaker_can_be_tried)
{
	const lq_sdk_event *ev;
	lq_engine *e = engine_real(NULL);
	ck_assert_int_eq(lq_device_test_start(e, LQ_DEVICE_MICROPHONE, "testsrc:head", 100), 0);
	ck_assert_int_eq(lq_device_test_start(e, LQ_DEVICE_MICROPHONE, "testsrc:room", 100), LQ_EEXIST);
	do {
		ck_assert_int_eq(lq_engine_poll(e, 30000, &ev), 0);
		ck_assert_int_eq(ev->type, LQ_ON_AUDIO_REPORT);
		ck_assert_ptr_null(ev->room);
		ck_assert_str_eq(ev->name, "testsrc:head");
		ck_assert_uint_eq(ev->n_volumes, 1);
	} while (ev->volumes[0].volume < 48 || ev->volumes[0].volume > 54);
	ck_assert_int_eq(ev->volumes[0].speaking, 1);
	ck_assert_int_eq(lq_device_test_start(e, LQ_DEVICE_SPEAKER, NULL, 0), 0);
	ck_assert_int_eq(lq_device_test_stop(e, LQ_DEVICE_MICROPHONE), 0);
	ck_assert_int_eq(lq_device_test_stop(e, LQ_DEVICE_MICROPHONE), LQ_ESTATE);
	while (!lq_engine_poll(e, 0, &ev))
		;
	ck_assert_int_eq(reports_for(e, 300), 0);
	ck_assert_int_eq(lq_device_test_stop(e, LQ_DEVICE_SPEAKER), 0);
	ck_assert_int_eq(lq_device_test_start(e, LQ_DEVICE_SPEAKER, "testsrc:nothing", 0), LQ_ENODEV);
	ck_assert_int_eq(lq_device_test_start(e, LQ_DEVICE_CAMERA, NULL, 0), LQ_EINVAL);
	ck_assert_int_eq(lq_device_test_start(NULL, LQ_DEVICE_SPEAKER, NULL, 0), LQ_EINVAL);
	ck_assert_int_eq(lq_device_test_stop(e, LQ_DEVICE_CAMERA), LQ_EINVAL);
	ck_assert_int_eq(lq_device_test_start(e, LQ_DEVICE_MICROPHONE, NULL, 1), 0);
	lq_engine_destroy(e); /* ends it */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sound");
	TCase *t = tcase_create("rules");
	tcase_add_test(t, a_sine_of_full_scale_is_255_and_silence_0);
	tcase_add_test(t, a_speaker_keeps_the_floor_until_another_is_louder_for_a_while);
	suite_add_tcase(s, t);
	t = tcase_create("room");
	tcase_set_timeout(t, 180);
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, the_report_tells_how_loud_everybody_is);
	tcase_add_test(t, the_interval_is_100_ms_at_least_or_as_given_or_off);
	tcase_add_test(t, who_speaks_is_told_when_it_changes);
	tcase_add_test(t, each_user_has_a_volume);
	tcase_add_test(t, audio_profiles_hold_before_and_change_while_it_runs);
	tcase_add_test(t, what_a_computer_has_not_is_said_so);
	tcase_add_test(t, devices_have_volumes);
	tcase_add_test(t, a_microphone_and_a_speaker_can_be_tried);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
