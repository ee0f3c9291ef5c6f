/* Views in windows, and the screen as a stream: on a virtual X server. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/devices/devhost.h"
#include "tests/devices/xlook.h"

#include "fixture.h"
#include "loquatd.h"
#include "watcher.h"

enum { RED = 0xe01020, SIDE = 160 };

static loquatd server;
static const char *url;
static xlook x;

static void setup(void)
{
	server = loquatd_start(NULL);
	url = server.url;
	xlook_open(&x);
}

static void teardown(void)
{
	xlook_close(&x);
	loquatd_stop(&server, SIGTERM);
}

/* Bars without anything else: bright left, dark right. */
static const char bars[] = "{\"graphs\":{\"publish\":{\"nodes\":{\"cam\":{\"params\":{\"pattern\":\"bars\",\"flash\":false,\"barcode\":false,\"size\":\"320x160\"}}}},"
                           "\"subscribe\":{\"nodes\":{\"window\":{\"use\":\"render.window\",\"params\":{\"title\":\"the profile's\"}}}}}}";

static int grey(uint32_t rgb)
{
	return (int)((rgb >> 16) + (rgb >> 8 & 255) + (rgb & 255)) / 3;
}

/* How bright a column is, over five places. */
static int column(int px, int top, int height)
{
	int sum = 0;
	for (int i = 1; i <= 5; i++)
		sum += grey(xlook_pixel(&x, px, top + i * height / 6));
	return sum / 5;
}

static void await_true(int (*fn)(void *arg), void *arg, const char *what)
{
	for (int i = 0; i < 3000; i++) {
		if (fn(arg))
			return;
		usleep(10000); /* between two looks at the screen */
	}
	ck_abort_msg("%s was not to be seen", what);
}

typedef struct area {
	int left, top, width, height;
} area;

static int is_bright_left(void *arg)
{
	const area *a = arg;
	return column(a->left + 4, a->top, a->height) > column(a->left + a->width - 5, a->top, a->height) + 60;
}

static int is_bright_right(void *arg)
{
	const area *a = arg;
	return column(a->left + a->width - 5, a->top, a->height) > column(a->left + 4, a->top, a->height) + 60;
}

static int has_bars(void *arg)
{
	const area *a = arg;
	return column(a->left + a->width / 4, a->top, 10) == 0 && column(a->left + a->width / 4, a->top + a->height - 12, 10) == 0;
}

static const lq_sdk_event *rendered(lq_engine *e, lq_room *room, const char *user)
{
	const lq_sdk_event *ev;
	do
		ev = await_stream(e, room, LQ_ON_FIRST_FRAME, user, LQ_VIDEO);
	while (ev->stage != LQ_STAGE_RENDERED);
	return ev;
}

START_TEST(views_are_drawn_in_the_apps_windows)
{
	area own = {10, 10, SIDE, SIDE}, other = {200, 10, SIDE, SIDE};
	xcb_window_t w[2] = {xlook_paint(&x, own.left, own.top, SIDE, SIDE, RED), xlook_paint(&x, other.left, other.top, SIDE, SIDE, RED)};
	lq_engine *e = engine_real(bars);
	lq_room *alice = room_new(e, LQ_DEFAULT, LQ_OFF), *bob = room_new(e, LQ_OFF, LQ_DEFAULT);
	lq_view_params p = {.size = sizeof p, .window = w[0]};
	ck_assert_int_eq(lq_view_bind(alice, NULL, LQ_STREAM_MAIN, &p), 0);
	ck_assert_int_eq(room_join(alice, url, "alice"), 0);
	ck_assert_str_eq(rendered(e, alice, "")->user, "");
	await_true(is_bright_right, &own, "our own picture, mirrored");
	p.window = w[1];
	ck_assert_int_eq(lq_view_bind(bob, "alice", LQ_STREAM_MAIN, &p), 0);
	ck_assert_int_eq(room_join(bob, url, "bob"), 0);
	const lq_sdk_event *ev = rendered(e, bob, "alice");
	ck_assert_int_eq(ev->width, 320);
	await_true(is_bright_left, &other, "alice, not mirrored");
	await_true(has_bars, &other, "bars above and below");
	ck_assert_uint_eq(xlook_find(&x, "the profile's"), 0);
	p.scale = LQ_SCALE_STRETCH;
	p.mirror = LQ_ON;
	ck_assert_int_eq(lq_view_bind(bob, "alice", LQ_STREAM_MAIN, &p), 0);
	await_true(is_bright_right, &other, "alice, mirrored");
	ck_assert(!has_bars(&other));
	/* Over to the other window, and away. */
	ck_assert_int_eq(lq_view_bind(alice, NULL, LQ_STREAM_MAIN, NULL), 0);
	p.window = w[0];
	p.mirror = LQ_OFF;
	ck_assert_int_eq(lq_view_bind(bob, "alice", LQ_STREAM_MAIN, &p), 0);
	await_true(is_bright_left, &own, "alice in the other window");
	xcb_destroy_window(x.c, w[0]);
	xcb_flush(x.c);
	ev = await_stream(e, bob, LQ_ON_VIEW_CLOSED, "alice", LQ_VIDEO);
	p.window = w[1];
	ck_assert_int_eq(lq_view_bind(bob, "alice", LQ_STREAM_MAIN, &p), 0);
	await_true(is_bright_left, &other, "alice once more");
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_window_that_is_not_there_is_told)
{
	lq_engine *e = engine_real(bars);
	lq_room *alice = room_new(e, LQ_OFF, LQ_OFF);
	lq_view_params p = {.size = sizeof p, .window = 0x7fffff};
	ck_assert_int_eq(lq_view_bind(alice, NULL, LQ_STREAM_MAIN, &p), 0);
	ck_assert_int_eq(lq_preview_start(alice, LQ_STREAM_MAIN), 0);
	const lq_sdk_event *ev = await_stream(e, alice, LQ_ON_ERROR, "", LQ_VIDEO);
	ck_assert_int_eq(ev->code, LQ_ENOENT);
	ck_assert_msg(strstr(ev->text, "there is no window") != NULL, "%s", ev->text);
	ck_assert_int_eq(lq_preview_stop(alice, LQ_STREAM_MAIN), 0); /* the camera runs all the same */
	lq_engine_destroy(e);
}
END_TEST

static int is_there(void *title)
{
	return xlook_find(&x, title) != 0;
}

static int is_not_there(void *title)
{
	return !is_there(title);
}

START_TEST(a_window_of_its_own_comes_and_goes)
{
	char mine[] = "my view", profiles[] = "the profile's";
	lq_engine *e = engine_real(bars);
	lq_room *alice = joined(e, url, "alice", LQ_DEFAULT, LQ_OFF);
	lq_room *bob = joined(e, url, "bob", LQ_OFF, LQ_DEFAULT);
	await_true(is_there, profiles, "the profile's own window");
	lq_view_params p = {.size = sizeof p, .title = mine};
	ck_assert_int_eq(lq_view_bind(bob, "alice", LQ_STREAM_MAIN, &p), 0);
	await_true(is_there, mine, "the view's window");
	await_true(is_not_there, profiles, "a screen without the profile's window");
	p.hidden = 1;
	ck_assert_int_eq(lq_view_bind(bob, "alice", LQ_STREAM_MAIN, &p), 0);
	await_true(is_not_there, mine, "a hidden view");
	p.hidden = 0;
	ck_assert_int_eq(lq_view_bind(bob, "alice", LQ_STREAM_MAIN, &p), 0);
	await_true(is_there, mine, "the view again");
	xlook_ask_close(&x, xlook_find(&x, mine));
	ck_assert_str_eq(await_stream(e, bob, LQ_ON_VIEW_CLOSED, "alice", LQ_VIDEO)->user, "alice");
	await_true(is_not_there, mine, "a closed view");
	ck_assert_int_eq(lq_room_leave(alice), 0);
	lq_engine_destroy(e);
}
END_TEST

/* The colour in the middle of what is shared. */
static void watch(const lq_frame *f, void *arg)
{
	watcher *w = arg;
	pthread_mutex_lock(&w->lock);
	w->frames++;
	w->width = f->width;
	w->height = f->height;
	w->luma = f->planes[0][(size_t)(f->height / 2) * f->strides[0] + f->width / 2];
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static void await_luma(watcher *w, int luma)
{
	do
		frames_after(w, 1);
	while (abs(watcher_now(w).luma - luma) > 12);
}

static void await_size(watcher *w, uint32_t width)
{
	do
		frames_after(w, 1);
	while (watcher_now(w).width != width);
}

static const lq_sdk_event *await_screen(lq_engine *e, lq_room *room, lq_screen_state state)
{
	const lq_sdk_event *ev = await(e, room, LQ_ON_SCREEN);
	ck_assert_msg(ev->state == (int)state, "state %d, not %d: %s", ev->state, (int)state, ev->text);
	return ev;
}

START_TEST(the_screen_is_shared_beside_the_camera)
{
	watcher sub = WATCHER, cam = WATCHER;
	lq_engine *e = engine_real(bars);
	lq_room *alice = joined(e, url, "alice", LQ_DEFAULT, LQ_OFF), *bob = joined(e, url, "bob", LQ_OFF, LQ_DEFAULT);
	lq_view_params p = {.size = sizeof p, .on_frame = watch, .user_data = &sub};
	lq_screen_params s = {.size = sizeof s, .x = 100, .y = 100, .width = 200, .height = 100, .cursor = LQ_OFF};
	ck_assert_int_eq(lq_view_bind(bob, "alice", LQ_STREAM_SUB, &p), 0);
	p.user_data = &cam;
	ck_assert_int_eq(lq_view_bind(bob, "alice", LQ_STREAM_MAIN, &p), 0);
	ck_assert_int_eq(lq_screen_stop(alice), LQ_ESTATE);
	ck_assert_int_eq(lq_screen_start(alice, &s), 0);
	ck_assert_int_eq(lq_screen_start(alice, &s), LQ_EEXIST);
	await_screen(e, alice, LQ_SCREEN_STARTED);
	await_size(&sub, 200);
	ck_assert_int_eq(watcher_now(&sub).height, 100);
	xcb_window_t w = xlook_paint(&x, 150, 120, 120, 60, 0xffffff);
	await_luma(&sub, 235);
	ck_assert_int_eq(lq_mute(alice, LQ_STREAM_SUB, LQ_VIDEO, 1), 0);
	await_screen(e, alice, LQ_SCREEN_PAUSED);
	ck_assert_int_eq(lq_mute(alice, LQ_STREAM_SUB, LQ_VIDEO, 0), 0);
	await_screen(e, alice, LQ_SCREEN_RESUMED);
	ck_assert_int_eq(lq_screen_stop(alice), 0);
	await_screen(e, alice, LQ_SCREEN_STOPPED);
	ck_assert_int_eq(await_stream(e, bob, LQ_ON_STREAM_UNPUBLISHED, "alice", LQ_VIDEO)->stream, LQ_STREAM_SUB);
	frames_after(&cam, 5); /* the camera is not touched */
	/* A window, wherever it is. */
	s = (lq_screen_params){.size = sizeof s, .window = w, .cursor = LQ_OFF};
	ck_assert_int_eq(lq_screen_start(alice, &s), 0);
	await_screen(e, alice, LQ_SCREEN_STARTED);
	await_size(&sub, 120);
	xcb_destroy_window(x.c, w);
	xcb_flush(x.c);
	ck_assert_int_eq(await_screen(e, alice, LQ_SCREEN_STOPPED)->code, LQ_END);
	ck_assert_int_eq(await_stream(e, bob, LQ_ON_STREAM_UNPUBLISHED, "alice", LQ_VIDEO)->stream, LQ_STREAM_SUB);
	/* What is not there, and what is stopped by leaving. */
	ck_assert_int_eq(lq_screen_start(alice, &s), 0);
	ck_assert_int_eq(await_screen(e, alice, LQ_SCREEN_STOPPED)->code, LQ_ENOENT);
	ck_assert_int_eq(lq_screen_start(alice, NULL), 0);
	await_screen(e, alice, LQ_SCREEN_STARTED);
	await_size(&sub, 800);
	ck_assert_int_eq(lq_room_leave(alice), 0);
	ck_assert_int_eq(await_screen(e, alice, LQ_SCREEN_STOPPED)->code, 0);
	await(e, alice, LQ_ON_LEFT);
	ck_assert_int_eq(lq_screen_stop(alice), LQ_ESTATE);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_share_begun_anew_is_the_new_one)
{
	watcher sub = WATCHER;
	lq_engine *e = engine_real(bars);
	lq_room *alice = joined(e, url, "alice", LQ_OFF, LQ_OFF), *bob = joined(e, url, "bob", LQ_OFF, LQ_DEFAULT);
	lq_view_params p = {.size = sizeof p, .on_frame = watch, .user_data = &sub};
	ck_assert_int_eq(lq_view_bind(bob, "alice", LQ_STREAM_SUB, &p), 0);
	for (uint32_t i = 1; i <= 6; i++) {
		lq_screen_params s = {.size = sizeof s, .width = 50 * i, .height = 60};
		ck_assert_int_eq(lq_screen_start(alice, &s), 0);
		if (i < 6)
			ck_assert_int_eq(lq_screen_stop(alice), 0);
	}
	await_size(&sub, 300);
	ck_assert_int_eq(lq_screen_stop(alice), 0);
	lq_engine_destroy(e);
}
END_TEST

#ifdef WITH_PULSE
/* ---- with a sound server ---- */

static char sound_dir[] = "/tmp/lq-views-XXXXXX";

static int answers(void *sock)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	snprintf(a.sun_path, sizeof a.sun_path, "%s", (const char *)sock);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), ok = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
	close(fd);
	return ok;
}

static int start_sound_server(void)
{
	char sock[64], address[80], load[200];
	ck_assert_ptr_nonnull(mkdtemp(sound_dir));
	snprintf(sock, sizeof sock, "%s/pulse.sock", sound_dir);
	snprintf(address, sizeof address, "unix:%s", sock);
	snprintf(load, sizeof load, "module-native-protocol-unix socket=%s auth-anonymous=1", sock);
	setenv("XDG_RUNTIME_DIR", sound_dir, 1);
	setenv("HOME", sound_dir, 1);
	setenv("PULSE_SERVER", address, 1);
	char *argv[] = {"pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes", "--log-level=error", "-L",
	                load, "-L", "module-null-sink sink_name=spk rate=48000", NULL};
	int pid = dev_spawn(argv, NULL);
	await_true(answers, sock, "the sound server");
	return pid;
}

static void hear(const lq_frame *f, void *arg)
{
	watcher *w = arg;
	pthread_mutex_lock(&w->lock);
	w->frames++;
	for (uint32_t i = 0; i < f->n_samples * f->channels; i++)
		w->energy += (double)f->samples[i] * (double)f->samples[i];
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

/* Carol's tone is what alice's machine plays; alice shares that with her screen, and sends nothing else. */
START_TEST(the_screen_comes_with_what_the_machine_plays)
{
	watcher w = WATCHER;
	char command[100];
	int pulse = start_sound_server();
	lq_engine *e = engine_real("{\"graphs\":{\"shared\":{\"nodes\":{\"speaker\":{\"use\":\"render.speaker@pulse\"}}}}}");
	lq_room *alice = joined(e, url, "alice", LQ_OFF, LQ_DEFAULT), *bob = joined(e, url, "bob", LQ_OFF, LQ_OFF), *carol = joined(e, url, "carol", LQ_OFF, LQ_OFF);
	ck_assert_int_eq(lq_view_frames(bob, "alice", LQ_STREAM_SUB, LQ_AUDIO, hear, &w), 0);
	lq_screen_params p = {.size = sizeof p, .sound = LQ_ON};
	ck_assert_int_eq(lq_screen_start(alice, &p), 0);
	ck_assert_int_eq(await_stream(e, alice, LQ_ON_LOCAL_PUBLISHED, "", LQ_AUDIO)->stream, LQ_STREAM_SUB);
	await_stream(e, bob, LQ_ON_STREAM_PUBLISHED, "alice", LQ_AUDIO);
	ck_assert_int_eq(lq_subscribe(bob, "alice", LQ_STREAM_SUB, LQ_AUDIO), 0);
	frames_after(&w, 20);
	ck_assert(watcher_now(&w).energy < 0.001);
	ck_assert_int_eq(lq_publish(carol, LQ_STREAM_MAIN, LQ_AUDIO), 0);
	do
		frames_after(&w, 5);
	while (watcher_now(&w).energy < 1);
	ck_assert_int_eq(lq_screen_stop(alice), 0);
	ck_assert_int_eq(await_stream(e, bob, LQ_ON_STREAM_UNPUBLISHED, "alice", LQ_AUDIO)->stream, LQ_STREAM_SUB);
	lq_engine_destroy(e);
	dev_kill(pulse);
	snprintf(command, sizeof command, "rm -rf '%s'", sound_dir);
	ck_assert_int_eq(system(command), 0);
}
END_TEST
#endif

static void add_test(Suite *s, const char *name, const TTest *test)
{
	TCase *t = tcase_create(name);
	tcase_set_timeout(t, 90);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test);
	suite_add_tcase(s, t);
}
#define ADD(s, name) add_test(s, #name, name)

int main(void)
{
	unsetenv("SDL_VIDEODRIVER");
	setenv("SDL_RENDER_DRIVER", "software", 1); /* not what a graphics driver keeps to itself */
	int xvfb = dev_xvfb("800x600x24");
	Suite *s = suite_create("view windows");
	ADD(s, views_are_drawn_in_the_apps_windows);
	ADD(s, a_window_that_is_not_there_is_told);
	ADD(s, a_window_of_its_own_comes_and_goes);
	ADD(s, the_screen_is_shared_beside_the_camera);
	ADD(s, a_share_begun_anew_is_the_new_one);
#ifdef WITH_PULSE
	if (dev_has_program("pulseaudio"))
		ADD(s, the_screen_comes_with_what_the_machine_plays);
#endif
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	dev_kill(xvfb);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
