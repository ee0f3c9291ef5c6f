/* E1-08: how a picture is fitted into a window of the app's. A window of 160x160 shows a picture of 320x160 that is bars: the first white, the second yellow, the
 * last blue; so what is where tells how it was fitted. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <xcb/xcb.h>

#include "tests/devices/devhost.h"

#include "e1.h"
#include "flow.h"

enum { SIDE = 160, LEFT = 20, TOP = 20 };

static xcb_connection_t *x;
static xcb_screen_t *screen;

/* Of a place in the window, as it is on the screen: 0xRRGGBB. */
static uint32_t colour(int px, int py)
{
	xcb_get_image_cookie_t q = xcb_get_image(x, XCB_IMAGE_FORMAT_Z_PIXMAP, screen->root, (int16_t)(LEFT + px), (int16_t)(TOP + py), 1, 1, ~0u);
	xcb_get_image_reply_t *r = xcb_get_image_reply(x, q, NULL);
	if (!r) {
		flow_fail(__FILE__, __LINE__, "the X server does not answer");
		return 0;
	}
	const uint8_t *d = xcb_get_image_data(r);
	uint32_t rgb = (uint32_t)d[2] << 16 | (uint32_t)d[1] << 8 | d[0];
	free(r);
	return rgb;
}

static xcb_window_t new_window(void)
{
	xcb_window_t id = xcb_generate_id(x);
	const uint32_t values[] = {0x800080, 1};
	xcb_create_window(x, XCB_COPY_FROM_PARENT, id, screen->root, LEFT, TOP, SIDE, SIDE, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, screen->root_visual,
	                  XCB_CW_BACK_PIXEL | XCB_CW_OVERRIDE_REDIRECT, values);
	xcb_map_window(x, id);
	colour(0, 0); /* a round trip: it is there now */
	return id;
}

static int is_black(uint32_t rgb)
{
	return (rgb >> 16) < 40 && (rgb >> 8 & 255) < 40 && (rgb & 255) < 40;
}

/* Yellow has no blue in it, white has. Balls move before the bars: looked at in several places, the most decide. */
static int share(int px, int (*is)(uint32_t))
{
	int n = 0;
	for (int i = 0; i < 9; i++)
		n += is(colour(px, 45 + i * 9));
	return n;
}

static int is_white(uint32_t rgb)
{
	return (rgb & 255) > 120 && (rgb >> 16) > 120;
}

static int is_yellow(uint32_t rgb)
{
	return (rgb & 255) < 90 && (rgb >> 16) > 120;
}

/* Bars of black above and below, all of the picture between them. */
static int fits(void)
{
	return is_black(colour(SIDE / 2, 4)) && is_black(colour(SIDE / 2, SIDE - 5)) && is_black(colour(4, 20)) && share(4, is_white) >= 5;
}

/* No black, all of the picture. */
static int is_stretched(void)
{
	return !is_black(colour(4, 4)) && is_white(colour(4, SIDE / 2)) && share(4, is_white) >= 5;
}

/* No black, and what is left of the middle half is cut: the window begins within the second bar. */
static int is_cropped(void)
{
	return !is_black(colour(4, 4)) && share(4, is_yellow) >= 5 && share(4, is_white) == 0;
}

static void until_seen(int (*seen)(void), const char *what)
{
	int64_t limit = flow_now_ms() + 20000;
	while (!seen() && !flow_failed()) {
		if (flow_now_ms() > limit)
			flow_fail(__FILE__, __LINE__, what);
		usleep(10000); /* between two looks at the screen */
	}
}

static void three_modes(lq_room *room)
{
	lq_view_params p = {.size = sizeof p, .window = new_window(), .mirror = LQ_OFF, .scale = LQ_SCALE_FIT};
	EXPECT(!lq_view_bind(room, NULL, LQ_STREAM_MAIN, &p));
	EXPECT(!lq_preview_start(room, LQ_STREAM_MAIN));
	until_seen(fits, "fit");
	p.scale = LQ_SCALE_STRETCH;
	EXPECT(!lq_view_bind(room, NULL, LQ_STREAM_MAIN, &p));
	until_seen(is_stretched, "stretch");
	p.scale = LQ_SCALE_CROP;
	EXPECT(!lq_view_bind(room, NULL, LQ_STREAM_MAIN, &p));
	until_seen(is_cropped, "crop");
	EXPECT(!lq_view_bind(room, NULL, LQ_STREAM_MAIN, NULL)); /* no view unbinds */
	EXPECT(!lq_preview_stop(room, LQ_STREAM_MAIN));
}

void e1_08(void)
{
	static const char bars[] = "{\"graphs\":{\"publish\":{\"nodes\":{\"cam\":{\"params\":{\"pattern\":\"bars\",\"flash\":false,\"barcode\":false,\"size\":\"320x160\"}}}}}}";
	const lq_video_layer size = {.size = sizeof size, .width = 320, .height = 160};
	char error[1000];
	lq_engine *e = NULL;
	lq_room *room = NULL;
	lq_engine_config c = {.size = sizeof c, .profile = e1_profile, .plugin_path = e1_plugins, .profile_patch = bars};
	unsetenv("SDL_VIDEODRIVER");
	if (!dev_has_program("Xvfb")) {
		printf("# E1-08: there is no Xvfb, so no window was looked at\n");
		return;
	}
	int xvfb = dev_xvfb("400x300x24");
	x = xcb_connect(NULL, NULL);
	EXPECT(!xcb_connection_has_error(x));
	screen = xcb_setup_roots_iterator(xcb_get_setup(x)).data;
	if (lq_engine_create(&c, &e, error, sizeof error) || lq_room_open(e, "views", NULL, &room) || lq_video_encode_set(room, LQ_STREAM_MAIN, &size, 1))
		flow_fail(__FILE__, __LINE__, "no engine");
	else
		three_modes(room);
	lq_engine_destroy(e);
	xcb_disconnect(x);
	dev_kill(xvfb);
}
