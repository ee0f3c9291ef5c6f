#include "xlook.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

void xlook_open(xlook *x)
{
	x->c = xcb_connect(NULL, NULL);
	ck_assert_int_eq(xcb_connection_has_error(x->c), 0);
	x->screen = xcb_setup_roots_iterator(xcb_get_setup(x->c)).data;
}

void xlook_close(xlook *x)
{
	xcb_disconnect(x->c);
}

uint32_t xlook_pixel(xlook *x, int px, int py)
{
	xcb_get_image_cookie_t q = xcb_get_image(x->c, XCB_IMAGE_FORMAT_Z_PIXMAP, x->screen->root, (int16_t)px, (int16_t)py, 1, 1, ~0u);
	xcb_get_image_reply_t *r = xcb_get_image_reply(x->c, q, NULL);
	ck_assert_ptr_nonnull(r);
	const uint8_t *d = xcb_get_image_data(r);
	uint32_t rgb = (uint32_t)d[2] << 16 | (uint32_t)d[1] << 8 | d[0];
	free(r);
	return rgb;
}

static int has_title(xlook *x, xcb_window_t w, const char *title)
{
	xcb_get_property_cookie_t q = xcb_get_property(x->c, 0, w, XCB_ATOM_WM_NAME, XCB_ATOM_ANY, 0, 64);
	xcb_get_property_reply_t *r = xcb_get_property_reply(x->c, q, NULL);
	size_t n = r ? (size_t)xcb_get_property_value_length(r) : 0;
	int same = n == strlen(title) && !memcmp(xcb_get_property_value(r), title, n);
	free(r);
	return same;
}

xcb_window_t xlook_find(xlook *x, const char *title)
{
	xcb_query_tree_reply_t *t = xcb_query_tree_reply(x->c, xcb_query_tree(x->c, x->screen->root), NULL);
	ck_assert_ptr_nonnull(t);
	xcb_window_t *w = xcb_query_tree_children(t), found = 0;
	for (int i = 0; i < xcb_query_tree_children_length(t) && !found; i++)
		if (has_title(x, w[i], title))
			found = w[i];
	free(t);
	return found;
}

static xcb_atom_t atom(xlook *x, const char *name)
{
	xcb_intern_atom_reply_t *r = xcb_intern_atom_reply(x->c, xcb_intern_atom(x->c, 0, (uint16_t)strlen(name), name), NULL);
	ck_assert_ptr_nonnull(r);
	xcb_atom_t a = r->atom;
	free(r);
	return a;
}

void xlook_ask_close(xlook *x, xcb_window_t w)
{
	union {
		xcb_client_message_event_t e;
		char room[32];
	} m = {.e = {.response_type = XCB_CLIENT_MESSAGE, .format = 32, .window = w, .type = atom(x, "WM_PROTOCOLS")}};
	m.e.data.data32[0] = atom(x, "WM_DELETE_WINDOW");
	xcb_send_event(x->c, 0, w, 0, m.room);
	xcb_flush(x->c);
}

xcb_window_t xlook_paint(xlook *x, int px, int py, int w, int h, uint32_t rgb)
{
	xcb_window_t id = xcb_generate_id(x->c);
	const uint32_t values[] = {rgb, 1};
	xcb_create_window(x->c, XCB_COPY_FROM_PARENT, id, x->screen->root, (int16_t)px, (int16_t)py, (uint16_t)w, (uint16_t)h, 0,
	                  XCB_WINDOW_CLASS_INPUT_OUTPUT, x->screen->root_visual, XCB_CW_BACK_PIXEL | XCB_CW_OVERRIDE_REDIRECT, values);
	xcb_map_window(x->c, id);
	xcb_clear_area(x->c, 0, id, 0, 0, 0, 0);
	xlook_pixel(x, 0, 0); /* a round trip: it is on the screen now */
	return id;
}

int xlook_like(uint32_t a, uint32_t b, int d)
{
	for (int s = 0; s < 24; s += 8)
		if (abs((int)(a >> s & 255) - (int)(b >> s & 255)) > d)
			return 0;
	return 1;
}
