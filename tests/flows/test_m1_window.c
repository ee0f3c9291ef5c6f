/* The window of flow M1 as a user has it: a virtual screen is looked at, mouse and keys are moved, and somebody is on the other side. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/devices/devhost.h"
#include "tests/devices/xlook.h"
#include "tests/sdk/fixture.h"
#include "tests/sdk/loquatd.h"

static loquatd server;
static xlook x;
static pid_t program;
static int left, top; /* of its window */
static char dir[] = "/tmp/lq-m1-window-XXXXXX", profile[100];

/* The example loads the profile by its name; here it has bars for a camera: bright left, dark right. */
static const char camera[] = "{\"graphs\":{\"publish\":{\"nodes\":{\"cam\":{\"params\":{\"pattern\":\"bars\",\"flash\":false,\"barcode\":false}}}}}}";

static void write_profile(void)
{
	const char *src = getenv("top_srcdir");
	char full[1000];
	ck_assert_ptr_nonnull(realpath(src ? src : "..", full));
	snprintf(profile, sizeof profile, "%s/communication.json", dir);
	FILE *f = fopen(profile, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "{\"loquat_profile\":1,\"name\":\"communication\",\"extends\":\"%s/tests/sdk/call.json\",%s", full, camera + 1);
	ck_assert_int_eq(fclose(f), 0);
}

static void start_program(void)
{
	char path[1000], plugins[1000];
	const char *build = getenv("top_builddir");
	snprintf(path, sizeof path, "%s/examples/m1-window", build ? build : ".");
	snprintf(plugins, sizeof plugins, "%s/plugins/.libs", build ? build : ".");
	program = fork();
	ck_assert_int_ge(program, 0);
	if (program)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setenv("LQ_PROFILE_PATH", dir, 1);
	setenv("LQ_PLUGIN_PATH", plugins, 1);
	setenv("SDL_RENDER_DRIVER", "software", 1);
	setenv("LSAN_OPTIONS", "detect_leaks=0", 1); /* SDL unloads libdbus, whose own leaks have no name then */
	execl(path, path, server.url, (char *)NULL);
	_exit(127);
}

static void setup(void)
{
	server = loquatd_start(NULL);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	write_profile();
	xlook_open(&x);
	start_program();
}

static void teardown(void)
{
	if (program > 0) {
		kill(program, SIGKILL);
		waitpid(program, NULL, 0);
	}
	xlook_close(&x);
	unlink(profile);
	rmdir(dir);
	loquatd_stop(&server, SIGTERM);
}

/* ---- eyes and hands ---- */

static xcb_window_t find_window(void)
{
	xcb_window_t w = 0;
	xcb_translate_coordinates_reply_t *t = NULL;
	for (int i = 0; i < 3000 && !t; i++) {
		w = xlook_find(&x, "Loquat");
		if (w) /* or it is gone again, since SDL makes it anew for its renderer */
			t = xcb_translate_coordinates_reply(x.c, xcb_translate_coordinates(x.c, w, x.screen->root, 0, 0), NULL);
		if (!t)
			usleep(10000);
	}
	ck_assert_ptr_nonnull(t);
	left = t->dst_x;
	top = t->dst_y;
	free(t);
	return w;
}

static int grey(int px, int py)
{
	uint32_t rgb = xlook_pixel(&x, left + px, top + py);
	return (int)((rgb >> 16 & 255) + (rgb >> 8 & 255) + (rgb & 255)) / 3;
}

/* How much brighter the left edge of a pane is than its right one; what is in a pane is 450 wide and 337 high. */
static int slope(int pane_left)
{
	int sum = 0;
	for (int y = 180; y < 420; y += 30)
		sum += grey(pane_left + 4, y) - grey(pane_left + 445, y);
	return sum / 8;
}

enum { LOCAL = 20, REMOTE = 490, BRIGHT_LEFT = 1, DARK_LEFT, EMPTY };

static void expect_pane(int pane, int what)
{
	int s = 0, sum = 0;
	for (int i = 0; i < 3000; i++) {
		s = slope(pane);
		sum = grey(pane + 100, 200) + grey(pane + 225, 300) + grey(pane + 350, 250);
		if (what == BRIGHT_LEFT ? s > 50 : what == DARK_LEFT ? s < -50 : sum == 0)
			return;
		usleep(10000);
	}
	ck_abort_msg("the pane at %d shows slope %d, sum %d, not %d", pane, s, sum, what);
}

static void expect_colour(int px, int py, uint32_t rgb)
{
	uint32_t is = 0;
	for (int i = 0; i < 3000; i++) {
		if (xlook_like(is = xlook_pixel(&x, left + px, top + py), rgb, 8))
			return;
		usleep(10000);
	}
	ck_abort_msg("at %d,%d: %06x, not %06x", px, py, is, rgb);
}

static void hand(const char *what)
{
	char command[300];
	snprintf(command, sizeof command, "xdotool %s", what);
	ck_assert_msg(system(command) == 0, "%s failed", command);
}

static void click(int px, int py)
{
	char what[80];
	snprintf(what, sizeof what, "mousemove %d %d click 1", left + px, top + py);
	hand(what);
}

/* Into the field that has been clicked. */
static void type(const char *text)
{
	char what[200];
	hand("key --repeat 20 --delay 5 BackSpace");
	snprintf(what, sizeof what, "type --delay 10 '%s'", text);
	hand(what);
}

enum { GREEN = 0x2ea057, RED = 0xd03838, MIC = 285, CAMERA = 425, BUTTONS = 500, JOIN_X = 664, JOIN_Y = 24 };

/* ---- the flow ---- */

START_TEST(two_see_and_hear_each_other_through_the_window)
{
	char focus[80];
	lq_engine *e = engine_real(camera);
	lq_room_options o = {.size = sizeof o};
	lq_room *bob = NULL;
	ck_assert_int_eq(lq_room_open(e, "kitchen 2", &o, &bob), 0);
	ck_assert_int_eq(room_join(bob, server.url, "bob"), 0);
	ck_assert_int_eq(await(e, bob, LQ_ON_JOINED)->code, 0);

	find_window();
	expect_pane(LOCAL, DARK_LEFT); /* before the join, and mirrored */
	xcb_window_t w = find_window(); /* now that it shows something, it stays */
	snprintf(focus, sizeof focus, "windowfocus %u", w);
	hand(focus);
	expect_pane(REMOTE, EMPTY);
	expect_colour(JOIN_X, JOIN_Y, GREEN);
	click(100, 38);
	type("kitchen 2");
	click(420, 38);
	type("Ann");
	click(JOIN_X, JOIN_Y);
	const lq_sdk_event *ev = await(e, bob, LQ_ON_USER_JOINED);
	char ann[130];
	snprintf(ann, sizeof ann, "%s", ev->user);
	ck_assert_str_eq(ev->name, "Ann");
	await_stream(e, bob, LQ_ON_FIRST_FRAME, ann, LQ_AUDIO);
	await_stream(e, bob, LQ_ON_FIRST_FRAME, ann, LQ_VIDEO);
	expect_pane(REMOTE, BRIGHT_LEFT);
	expect_pane(LOCAL, DARK_LEFT);

	expect_colour(MIC, BUTTONS, GREEN);
	click(MIC, BUTTONS);
	ck_assert_int_eq(await_stream(e, bob, LQ_ON_STREAM_MUTED, ann, LQ_AUDIO)->muted, 1);
	expect_colour(MIC, BUTTONS, RED);
	click(MIC, BUTTONS);
	ck_assert_int_eq(await_stream(e, bob, LQ_ON_STREAM_MUTED, ann, LQ_AUDIO)->muted, 0);
	click(CAMERA, BUTTONS);
	await_stream(e, bob, LQ_ON_STREAM_UNPUBLISHED, ann, LQ_VIDEO);
	expect_colour(CAMERA, BUTTONS, RED);
	expect_pane(LOCAL, EMPTY);
	expect_pane(REMOTE, BRIGHT_LEFT); /* the other one is not touched */
	click(CAMERA, BUTTONS);
	await_stream(e, bob, LQ_ON_FIRST_FRAME, ann, LQ_VIDEO);
	expect_pane(LOCAL, DARK_LEFT);
	ck_assert_int_eq(lq_unpublish(bob, LQ_STREAM_MAIN, LQ_VIDEO), 0);
	expect_pane(REMOTE, EMPTY);

	click(580, BUTTONS); /* hang up */
	ck_assert_str_eq(await(e, bob, LQ_ON_USER_LEFT)->text, "left");
	expect_colour(JOIN_X, JOIN_Y, GREEN);
	expect_pane(LOCAL, DARK_LEFT); /* one sees oneself again, or still */
	xlook_ask_close(&x, w);
	int status = 0;
	ck_assert_int_eq(waitpid(program, &status, 0), program);
	program = 0;
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	lq_engine_destroy(e);
}
END_TEST

int main(void)
{
	unsetenv("SDL_VIDEODRIVER");
	if (!dev_has_program("xdotool")) {
		printf("SKIP: there is no xdotool\n");
		return 77;
	}
	int xvfb = dev_xvfb("1000x640x24");
	TCase *t = tcase_create("window");
	tcase_set_timeout(t, 180);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, two_see_and_hear_each_other_through_the_window);
	Suite *s = suite_create("m1 window");
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	dev_kill(xvfb);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
