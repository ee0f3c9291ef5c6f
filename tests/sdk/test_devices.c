/* Devices: lists, choosing one before and while it runs, plugging in and pulling out. With the real server and the virtual devices of testsrc. */
#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "loquatd.h"
#include "watcher.h"

static loquatd server;
static char folder[] = "/tmp/loquat-devices-XXXXXX";

static void teardown(void)
{
	loquatd_stop(&server, SIGTERM);
}

static const char *serve(void)
{
	server = loquatd_start(NULL);
	return server.url;
}

/* ---- a folder of devices ---- */

static void plug_in(const char *device, const char *name)
{
	char path[200];
	snprintf(path, sizeof path, "%s/%s", folder, device);
	FILE *f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(name, f);
	fclose(f);
}

static void pull_out(const char *device)
{
	char path[200];
	snprintf(path, sizeof path, "%s/%s", folder, device);
	ck_assert_int_eq(unlink(path), 0);
}

static void use_folder(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	setenv("LQ_VIRTUAL_DEVICES", folder, 1);
}

static void forget_folder(void)
{
	char command[200];
	snprintf(command, sizeof command, "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
	unsetenv("LQ_VIRTUAL_DEVICES");
}

static lq_engine *engine_virtual(void)
{
	return engine_real(NULL);
}

enum { MAX = 16 };
static int list(lq_engine *e, lq_device_kind kind, lq_device_info out[MAX])
{
	int n = lq_devices(e, kind, out, MAX);
	ck_assert_int_ge(n, 0);
	ck_assert_int_le(n, MAX);
	return n;
}

/* ---- what a picture and a sound are of ---- */

/* The second of the seven bars is yellow; where there are none, the mean is in the middle. */
static int shows_bars(const lq_frame *f)
{
	double sum = 0;
	int n = 0;
	for (uint32_t y = f->height / 4; y < f->height / 2; y++, n++)
		sum += f->planes[1][y * f->strides[1] + f->width / 2 * 3 / 14];
	return sum / n < 75;
}

static int crossings(const lq_frame *f)
{
	int n = 0;
	for (uint32_t i = 1; i < f->n_samples; i++)
		n += (f->samples[(i - 1) * f->channels] < 0) != (f->samples[i * f->channels] < 0);
	return n;
}

static void watch(const lq_frame *f, void *arg)
{
	watcher *w = arg;
	pthread_mutex_lock(&w->lock);
	w->frames++;
	w->width = f->width;
	w->height = f->height;
	if (f->kind == LQ_VIDEO)
		w->luma = shows_bars(f);
	else
		w->sample = (float)((double)crossings(f) * f->rate / f->n_samples / 2); /* Hz */
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static void until_bars(watcher *w, int bars)
{
	do
		frames_after(w, 1);
	while (watcher_now(w).luma != bars);
}

static void until_pitch(watcher *w, double hz)
{
	do
		frames_after(w, 1);
	while (fabs((double)watcher_now(w).sample - hz) > 60);
}

static void changed(lq_engine *e, lq_room *room, lq_track_kind kind, const char *id)
{
	const lq_sdk_event *ev = await_stream(e, room, LQ_ON_CHANGED, "", kind);
	ck_assert_msg(!ev->code, "%s: %s", ev->name, ev->text);
	if (id)
		ck_assert_str_eq(ev->name, id);
}

/* ---- lists ---- */

START_TEST(each_kind_has_a_list_with_stable_ids_and_one_default)
{
	lq_engine *e = engine_virtual();
	lq_device_info a[MAX], b[MAX];
	for (int kind = LQ_DEVICE_CAMERA; kind <= LQ_DEVICE_SPEAKER; kind++) {
		int n = list(e, (lq_device_kind)kind, a), defaults = 0;
		ck_assert_int_ge(n, 2);
		ck_assert_int_eq(list(e, (lq_device_kind)kind, b), n);
		for (int i = 0; i < n; i++) {
			ck_assert_str_eq(a[i].id, b[i].id);
			ck_assert(*a[i].id && *a[i].name);
			for (int k = 0; k < i; k++)
				ck_assert_str_ne(a[i].id, a[k].id);
			defaults += a[i].is_default;
		}
		ck_assert_int_eq(defaults, 1);
	}
	ck_assert_int_ge(lq_devices(e, LQ_DEVICE_SCREEN, NULL, 0), 0);
	ck_assert_int_eq(lq_devices(e, 0, a, MAX), LQ_EINVAL);
	ck_assert_int_eq(lq_devices(e, LQ_DEVICE_CAMERA, NULL, MAX), LQ_EINVAL);
	ck_assert_int_eq(lq_devices(NULL, LQ_DEVICE_CAMERA, a, MAX), LQ_EINVAL);
	ck_assert_int_ge(lq_devices(e, LQ_DEVICE_CAMERA, a, 1), 2); /* how many there are, not how many fit */
	lq_engine_destroy(e);
}
END_TEST

START_TEST(virtual_devices_can_be_switched_off)
{
	char profile[1000], plugins[1000], error[1000];
	const char *src = getenv("top_srcdir"), *build = getenv("top_builddir");
	lq_engine *e;
	lq_device_info all[MAX];
	snprintf(profile, sizeof profile, "%s/tests/sdk/call.json", src ? src : "..");
	snprintf(plugins, sizeof plugins, "%s/plugins/.libs", build ? build : ".");
	lq_engine_config c = {.size = sizeof c, .profile = profile, .plugin_path = plugins, .virtual_devices = LQ_OFF};
	ck_assert_msg(!lq_engine_create(&c, &e, error, sizeof error), "%s", error);
	for (int i = 0, n = list(e, LQ_DEVICE_CAMERA, all); i < n; i++)
		ck_assert(!all[i].is_virtual);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(lists_follow_what_is_plugged_in)
{
	use_folder();
	plug_in("camera-one", "The first one\nmore");
	plug_in("camera-not allowed", "");
	plug_in("elephant-one", "");
	lq_engine *e = engine_virtual();
	lq_device_info all[MAX];
	ck_assert_int_eq(list(e, LQ_DEVICE_CAMERA, all), 1);
	ck_assert_str_eq(all[0].id, "testsrc:one");
	ck_assert_str_eq(all[0].name, "The first one");
	ck_assert_int_eq(list(e, LQ_DEVICE_MICROPHONE, all), 0);

	plug_in("camera-two", "");
	const lq_sdk_event *ev = await(e, NULL, LQ_ON_DEVICE_CHANGED);
	ck_assert_int_eq(ev->device, LQ_DEVICE_CAMERA);
	ck_assert_int_eq(ev->on, 1);
	ck_assert_str_eq(ev->name, "testsrc:two");
	ck_assert_str_eq(ev->text, "two");
	ck_assert_ptr_null(ev->room);
	ck_assert_int_eq(list(e, LQ_DEVICE_CAMERA, all), 2);

	pull_out("camera-one");
	ev = await(e, NULL, LQ_ON_DEVICE_CHANGED);
	ck_assert_int_eq(ev->on, 0);
	ck_assert_str_eq(ev->name, "testsrc:one");
	plug_in("microphone-one", "");
	ev = await(e, NULL, LQ_ON_DEVICE_CHANGED);
	ck_assert_int_eq(ev->device, LQ_DEVICE_MICROPHONE);
	ck_assert_int_eq(list(e, LQ_DEVICE_CAMERA, all), 1);
	ck_assert(all[0].is_default);
	lq_engine_destroy(e);
	forget_folder();
}
END_TEST

/* ---- choosing ---- */

START_TEST(what_is_no_device_is_refused)
{
	lq_engine *e = engine_virtual();
	lq_room *room = room_new(e, LQ_OFF, LQ_OFF);
	char id[256] = "x";
	ck_assert_int_eq(lq_device_select(room, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, "testsrc:nothing"), LQ_ENODEV);
	ck_assert_int_eq(lq_device_select(room, LQ_DEVICE_MICROPHONE, LQ_STREAM_MAIN, "testsrc:front"), LQ_ENODEV); /* a camera */
	ck_assert_int_eq(lq_device_select(room, 0, LQ_STREAM_MAIN, "testsrc:front"), LQ_EINVAL);
	ck_assert_int_eq(lq_device_select(room, LQ_DEVICE_CAMERA, (lq_stream)77, "testsrc:front"), LQ_EINVAL);
	ck_assert_int_eq(lq_device_select(NULL, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, "testsrc:front"), LQ_EINVAL);
	ck_assert_int_eq(lq_device_selected(room, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, id, sizeof id), 0);
	ck_assert_str_eq(id, "");
	ck_assert_int_eq(lq_device_select(room, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, "testsrc:front"), 0);
	ck_assert_int_eq(lq_device_selected(room, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, id, sizeof id), 0);
	ck_assert_str_eq(id, "testsrc:front");
	ck_assert_int_eq(lq_device_selected(room, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, id, 3), LQ_ENOSPACE);
	changed(e, room, LQ_VIDEO, "testsrc:front");
	lq_engine_destroy(e);
}
END_TEST

START_TEST(devices_change_before_and_while_they_run)
{
	watcher v = WATCHER, a = WATCHER;
	const char *url = serve();
	lq_engine *e = engine_virtual();
	lq_room *alice = room_new(e, LQ_DEFAULT, LQ_OFF), *bob = room_new(e, LQ_OFF, LQ_DEFAULT);
	ck_assert_int_eq(lq_device_select(alice, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, "testsrc:table"), 0);
	ck_assert_int_eq(lq_device_select(alice, LQ_DEVICE_MICROPHONE, LQ_STREAM_MAIN, "testsrc:head"), 0);
	ck_assert_int_eq(lq_device_select(bob, LQ_DEVICE_SPEAKER, LQ_STREAM_MAIN, "testsrc:desk"), 0);
	ck_assert_int_eq(room_join(alice, url, "alice"), 0);
	lq_view_frames(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO, watch, &v);
	lq_view_frames(bob, "alice", LQ_STREAM_MAIN, LQ_AUDIO, watch, &a);
	ck_assert_int_eq(room_join(bob, url, "bob"), 0);
	until_bars(&v, 1);
	ck_assert_int_eq(watcher_now(&v).width, 320); /* the profile's size holds for any camera */
	until_pitch(&a, 950);
	changed(e, alice, LQ_VIDEO, "testsrc:table");
	changed(e, alice, LQ_AUDIO, "testsrc:head");
	changed(e, bob, LQ_AUDIO, "testsrc:desk");
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(lq_device_select(alice, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, "testsrc:front"), 0);
		changed(e, alice, LQ_VIDEO, "testsrc:front");
		until_bars(&v, 0);
		ck_assert_int_eq(lq_device_select(alice, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, "testsrc:table"), 0);
		changed(e, alice, LQ_VIDEO, "testsrc:table");
		until_bars(&v, 1);
		ck_assert_int_eq(lq_device_select(alice, LQ_DEVICE_MICROPHONE, LQ_STREAM_MAIN, "testsrc:room"), 0);
		changed(e, alice, LQ_AUDIO, "testsrc:room");
		until_pitch(&a, 700);
		ck_assert_int_eq(lq_device_select(alice, LQ_DEVICE_MICROPHONE, LQ_STREAM_MAIN, "testsrc:head"), 0);
		changed(e, alice, LQ_AUDIO, "testsrc:head");
		until_pitch(&a, 950);
		ck_assert_int_eq(lq_device_select(bob, LQ_DEVICE_SPEAKER, LQ_STREAM_MAIN, i ? "testsrc:desk" : "testsrc:head"), 0);
		changed(e, bob, LQ_AUDIO, NULL);
	}
	ck_assert_int_eq(watcher_now(&v).width, 320);
	/* Nothing was published anew. */
	await_stream(e, bob, LQ_ON_STREAM_PUBLISHED, "alice", LQ_VIDEO);
	ck_assert_int_eq(lq_room_leave(alice), 0);
	await_stream(e, bob, LQ_ON_STREAM_UNPUBLISHED, "alice", LQ_VIDEO);
	await(e, bob, LQ_ON_USER_LEFT);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_preview_shows_the_device_that_is_chosen)
{
	watcher v = WATCHER;
	lq_engine *e = engine_virtual();
	lq_room *alice = room_new(e, LQ_OFF, LQ_OFF);
	lq_view_frames(alice, NULL, LQ_STREAM_MAIN, LQ_VIDEO, watch, &v);
	ck_assert_int_eq(lq_device_select(alice, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, "testsrc:table"), 0);
	changed(e, alice, LQ_VIDEO, "testsrc:table");
	ck_assert_int_eq(lq_preview_start(alice, LQ_STREAM_MAIN), 0);
	until_bars(&v, 1);
	ck_assert_int_eq(lq_device_select(alice, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, "testsrc:front"), 0); /* no room is joined */
	changed(e, alice, LQ_VIDEO, "testsrc:front");
	until_bars(&v, 0);
	ck_assert_int_eq(watcher_now(&v).width, 640);
	ck_assert_int_eq(lq_preview_stop(alice, LQ_STREAM_MAIN), 0);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(another_device_takes_over_from_one_that_was_pulled_out)
{
	watcher v = WATCHER;
	use_folder();
	plug_in("camera-table", "");
	plug_in("camera-front", "");
	const char *url = serve();
	lq_engine *e = engine_virtual();
	lq_room *alice = room_new(e, LQ_OFF, LQ_OFF), *bob = room_new(e, LQ_OFF, LQ_DEFAULT);
	ck_assert_int_eq(lq_device_select(alice, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, "testsrc:table"), 0);
	ck_assert_int_eq(lq_publish(alice, LQ_STREAM_MAIN, LQ_VIDEO), 0);
	ck_assert_int_eq(room_join(alice, url, "alice"), 0);
	lq_view_frames(bob, "alice", LQ_STREAM_MAIN, LQ_VIDEO, watch, &v);
	ck_assert_int_eq(room_join(bob, url, "bob"), 0);
	until_bars(&v, 1);
	changed(e, alice, LQ_VIDEO, "testsrc:table");
	pull_out("camera-table");
	const lq_sdk_event *ev = await(e, alice, LQ_ON_WARNING);
	ck_assert_msg(strstr(ev->text, "has gone") != NULL, "%s", ev->text);
	ck_assert_int_eq(ev->code, LQ_ENODEV);
	ck_assert_int_eq(lq_device_select(alice, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, "testsrc:table"), LQ_ENODEV);
	ck_assert_int_eq(lq_device_select(alice, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, NULL), 0); /* the default one */
	changed(e, alice, LQ_VIDEO, "testsrc:front");
	until_bars(&v, 0);
	plug_in("camera-table", "");
	ck_assert_int_eq(lq_device_select(alice, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, "testsrc:table"), 0);
	changed(e, alice, LQ_VIDEO, "testsrc:table");
	until_bars(&v, 1);
	lq_engine_destroy(e);
	forget_folder();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("devices");
	TCase *t = tcase_create("lists");
	tcase_set_timeout(t, 120);
	tcase_add_test(t, each_kind_has_a_list_with_stable_ids_and_one_default);
	tcase_add_test(t, virtual_devices_can_be_switched_off);
	tcase_add_test(t, lists_follow_what_is_plugged_in);
	suite_add_tcase(s, t);
	t = tcase_create("choosing");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, what_is_no_device_is_refused);
	tcase_add_test(t, devices_change_before_and_while_they_run);
	tcase_add_test(t, a_preview_shows_the_device_that_is_chosen);
	tcase_add_test(t, another_device_takes_over_from_one_that_was_pulled_out);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
