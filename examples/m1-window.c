/* The window of flow M1: room and nickname, our picture and another's, buttons for microphone, camera and hanging up. SDL draws; the pictures come by the
 * views' functions.
 *
 *     m1-window [SERVER [ROOM [NICKNAME]]] */
#include <SDL.h>
#include <loquat/loquat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/testsrc/font.h" /* the test picture's letters */

enum { WIDTH = 960, HEIGHT = 600, TEXT = 64 };
enum { IDLE, JOINING, IN_CALL };

static const SDL_Rect room_field = {20, 20, 300, 36}, nick_field = {340, 20, 300, 36}, join_button = {660, 20, 140, 36}, local_place = {20, 76, 450, 400},
                      remote_place = {490, 76, 450, 400}, mic_button = {280, 496, 120, 48}, camera_button = {420, 496, 120, 48},
                      hang_up_button = {560, 496, 120, 48};
static const SDL_Color dark = {24, 27, 31, 255}, grey = {52, 58, 66, 255}, light = {230, 233, 236, 255}, green = {46, 160, 87, 255}, red = {208, 56, 56, 255},
                       blue = {56, 110, 208, 255}, black = {0, 0, 0, 255};

/* A picture on its way from a media thread to the screen: the newest one. */
typedef struct pane {
	SDL_mutex *lock;
	uint8_t *data;
	size_t size;
	uint32_t width, height;
	int fresh, empty;
	SDL_Texture *texture;
	uint32_t texture_width, texture_height;
} pane;

typedef struct app {
	SDL_Renderer *renderer;
	const char *server;
	lq_engine *engine;
	lq_room *room;
	char opened[TEXT + 1], room_name[TEXT + 1], nickname[TEXT + 1], status[200], other[130], other_name[130];
	char *focus; /* the text that is being typed into */
	int state, microphone, camera, quit;
	pane local, remote;
} app;

/* ---- pictures ---- */

static void on_frame(const lq_frame *f, void *arg)
{
	pane *p = arg;
	size_t need = (size_t)f->width * f->height + 2 * (size_t)((f->width + 1) / 2) * ((f->height + 1) / 2);
	SDL_LockMutex(p->lock);
	uint8_t *to = p->size >= need ? p->data : realloc(p->data, need);
	if (to) {
		p->data = to;
		p->size = p->size > need ? p->size : need;
		p->width = f->width;
		p->height = f->height;
		p->fresh = 1;
		p->empty = 0;
		for (int i = 0; i < 3; i++) {
			uint32_t w = i ? (f->width + 1) / 2 : f->width, h = i ? (f->height + 1) / 2 : f->height;
			for (uint32_t y = 0; y < h; y++, to += w)
				memcpy(to, f->planes[i] + (size_t)y * f->strides[i], w);
		}
	}
	SDL_UnlockMutex(p->lock);
}

static void look(app *a, const char *user, pane *p)
{
	lq_view_params view = {.size = sizeof view, .on_frame = on_frame, .user_data = p};
	lq_view_bind(a->room, user, LQ_STREAM_MAIN, &view);
}

/* From then on no frame comes: one may have been on its way. */
static void look_away(app *a, const char *user, pane *p)
{
	lq_view_bind(a->room, user, LQ_STREAM_MAIN, NULL);
	p->empty = 1;
	p->fresh = 0;
}

static void upload(app *a, pane *p)
{
	if (p->texture && (p->texture_width != p->width || p->texture_height != p->height)) {
		SDL_DestroyTexture(p->texture);
		p->texture = NULL;
	}
	if (!p->texture)
		p->texture = SDL_CreateTexture(a->renderer, SDL_PIXELFORMAT_IYUV, SDL_TEXTUREACCESS_STREAMING, (int)p->width, (int)p->height);
	p->texture_width = p->width;
	p->texture_height = p->height;
	int pitch = (int)p->width, half = (pitch + 1) / 2;
	const uint8_t *u = p->data + (size_t)p->width * p->height, *v = u + (size_t)half * ((p->height + 1) / 2);
	SDL_UpdateYUVTexture(p->texture, NULL, p->data, pitch, u, half, v, half);
	p->fresh = 0;
}

/* ---- drawing ---- */

static void box(app *a, const SDL_Rect *r, SDL_Color c)
{
	SDL_SetRenderDrawColor(a->renderer, c.r, c.g, c.b, 255);
	SDL_RenderFillRect(a->renderer, r);
}

static void text(app *a, int x, int y, int dot, const char *s, SDL_Color c)
{
	for (; *s; s++, x += 6 * dot) {
		const uint8_t *rows = font_glyph(*s);
		for (int row = 0; rows && row < 7; row++)
			for (int bit = 0; bit < 5; bit++)
				if (rows[row] >> (4 - bit) & 1)
					box(a, &(SDL_Rect){x + bit * dot, y + row * dot, dot, dot}, c);
	}
}

static void field(app *a, const SDL_Rect *r, const char *label, const char *value)
{
	box(a, r, a->focus == value ? blue : grey);
	box(a, &(SDL_Rect){r->x + 2, r->y + 2, r->w - 4, r->h - 4}, dark);
	text(a, r->x + 10, r->y + 11, 2, *value || a->focus == value ? value : label, *value ? light : grey);
}

static void button(app *a, const SDL_Rect *r, const char *label, SDL_Color c)
{
	box(a, r, c);
	text(a, r->x + (r->w - (int)strlen(label) * 12) / 2, r->y + (r->h - 14) / 2, 2, label, light);
}

static void draw_pane(app *a, pane *p, const SDL_Rect *place, const char *label)
{
	box(a, place, black);
	SDL_LockMutex(p->lock);
	if (p->fresh)
		upload(a, p);
	int empty = p->empty || !p->texture;
	SDL_UnlockMutex(p->lock);
	if (!empty) {
		SDL_Rect to = *place;
		if (p->texture_width * (uint32_t)place->h > (uint32_t)place->w * p->texture_height)
			to.h = (int)((uint32_t)place->w * p->texture_height / p->texture_width);
		else
			to.w = (int)((uint32_t)place->h * p->texture_width / p->texture_height);
		to.x += (place->w - to.w) / 2;
		to.y += (place->h - to.h) / 2;
		SDL_RenderCopy(a->renderer, p->texture, NULL, &to);
	}
	text(a, place->x + 8, place->y + place->h - 20, 2, label, light);
}

static void draw(app *a)
{
	box(a, &(SDL_Rect){0, 0, WIDTH, HEIGHT}, dark);
	field(a, &room_field, "room", a->room_name);
	field(a, &nick_field, "nickname", a->nickname);
	button(a, &join_button, a->state == IDLE ? "join" : a->state == JOINING ? "joining" : "in call", a->state == IDLE ? green : grey);
	draw_pane(a, &a->local, &local_place, "myself");
	draw_pane(a, &a->remote, &remote_place, *a->other ? a->other_name : "nobody is here");
	button(a, &mic_button, a->microphone ? "mic" : "mic off", a->microphone ? green : red);
	button(a, &camera_button, a->camera ? "camera" : "cam off", a->camera ? green : red);
	button(a, &hang_up_button, "hang up", a->state == IDLE ? grey : red);
	text(a, 20, 566, 2, a->status, light);
	SDL_RenderPresent(a->renderer);
}

/* ---- the call ---- */

static void say(app *a, const char *what, const char *more)
{
	snprintf(a->status, sizeof a->status, "%s%s%s", what, *more ? ": " : "", more);
	printf("%s\n", a->status);
}

static void set_camera(app *a, int on)
{
	a->camera = on;
	if (on) {
		look(a, NULL, &a->local);
		lq_preview_start(a->room, LQ_STREAM_MAIN);
		lq_publish(a->room, LQ_STREAM_MAIN, LQ_VIDEO);
	} else {
		lq_unpublish(a->room, LQ_STREAM_MAIN, LQ_VIDEO);
		lq_preview_stop(a->room, LQ_STREAM_MAIN);
		look_away(a, NULL, &a->local);
	}
}

/* Views subscribe: who has none is not received. */
static int open_room(app *a)
{
	lq_room_options o = {.size = sizeof o, .auto_publish_video = LQ_OFF, .auto_subscribe_video = LQ_BY_VIEW};
	if (a->room && !strcmp(a->opened, a->room_name))
		return 0;
	lq_room_close(a->room);
	a->room = NULL;
	int r = lq_room_open(a->engine, a->room_name, &o, &a->room);
	if (r) {
		say(a, "no room can be called so", r == LQ_ERANGE ? "1 to 64 bytes" : "letters, digits and most marks");
		*a->opened = 0;
		return r;
	}
	strcpy(a->opened, a->room_name);
	lq_mute(a->room, LQ_STREAM_MAIN, LQ_AUDIO, !a->microphone);
	set_camera(a, a->camera);
	return 0;
}

static void join(app *a)
{
	lq_join_params p = {.size = sizeof p, .server = a->server, .name = a->nickname, .token = getenv("LQ_TOKEN")};
	if (a->state != IDLE || open_room(a))
		return;
	a->focus = NULL;
	if (lq_room_join(a->room, &p))
		say(a, "the server or the nickname makes no sense", "");
	else
		a->state = JOINING;
}

static void show(app *a, const char *user, const char *name)
{
	if (*a->other)
		look_away(a, a->other, &a->remote);
	snprintf(a->other, sizeof a->other, "%s", user);
	snprintf(a->other_name, sizeof a->other_name, "%s", name);
	if (*user)
		look(a, user, &a->remote);
}

static void show_next(app *a)
{
	lq_member m;
	int any = lq_room_members(a->room, &m, 1) > 0;
	show(a, any ? m.user : "", any ? m.name : "");
}

static void on_event(app *a, const lq_sdk_event *e)
{
	switch (e->type) {
	case LQ_ON_JOINED:
		a->state = e->code ? IDLE : IN_CALL;
		say(a, e->code ? "the join failed" : "joined", e->code ? e->text : a->opened);
		return;
	case LQ_ON_USER_JOINED:
		say(a, "here", e->name);
		if (!*a->other)
			show(a, e->user, e->name);
		return;
	case LQ_ON_USER_LEFT:
		say(a, "gone", e->name);
		if (!strcmp(e->user, a->other))
			show_next(a);
		return;
	case LQ_ON_STREAM_PUBLISHED:
	case LQ_ON_STREAM_UNPUBLISHED:
		if (e->kind == LQ_VIDEO && e->stream == LQ_STREAM_MAIN && !strcmp(e->user, a->other))
			(e->type == LQ_ON_STREAM_PUBLISHED ? look : look_away)(a, a->other, &a->remote);
		return;
	case LQ_ON_CONNECTION:
		if (e->state == LQ_CONN_RECONNECTING)
			say(a, "connecting again", e->text);
		return;
	case LQ_ON_LEFT:
		a->state = IDLE;
		show(a, "", "");
		say(a, "left", e->text);
		return;
	case LQ_ON_ERROR:
		say(a, "error", e->text);
		return;
	default:
		return;
	}
}

/* ---- the user ---- */

static void on_click(app *a, int x, int y)
{
	SDL_Point at = {x, y};
	a->focus = a->state != IDLE ? NULL : SDL_PointInRect(&at, &room_field) ? a->room_name : SDL_PointInRect(&at, &nick_field) ? a->nickname : NULL;
	if (SDL_PointInRect(&at, &join_button))
		join(a);
	if (SDL_PointInRect(&at, &hang_up_button) && a->state != IDLE)
		lq_room_leave(a->room);
	if (SDL_PointInRect(&at, &mic_button)) {
		a->microphone = !a->microphone;
		lq_mute(a->room, LQ_STREAM_MAIN, LQ_AUDIO, !a->microphone);
		say(a, a->microphone ? "microphone on" : "microphone off", "");
	}
	if (SDL_PointInRect(&at, &camera_button)) {
		set_camera(a, !a->camera);
		say(a, a->camera ? "camera on" : "camera off", "");
	}
}

static void on_key(app *a, SDL_Keycode key)
{
	if (key == SDLK_TAB)
		a->focus = a->focus == a->room_name ? a->nickname : a->room_name;
	if (key == SDLK_RETURN)
		join(a);
	if (key == SDLK_BACKSPACE && a->focus && *a->focus)
		a->focus[strlen(a->focus) - 1] = 0;
}

static void on_sdl(app *a, const SDL_Event *e)
{
	if (e->type == SDL_QUIT)
		a->quit = 1;
	else if (e->type == SDL_MOUSEBUTTONDOWN)
		on_click(a, e->button.x, e->button.y);
	else if (e->type == SDL_KEYDOWN)
		on_key(a, e->key.keysym.sym);
	else if (e->type == SDL_TEXTINPUT && a->focus && strlen(a->focus) + strlen(e->text.text) <= TEXT)
		strcat(a->focus, e->text.text);
}

static void run(app *a)
{
	const lq_sdk_event *event;
	SDL_Event e;
	puts("ready");
	while (!a->quit) {
		if (SDL_WaitEventTimeout(&e, 15))
			do
				on_sdl(a, &e);
			while (SDL_PollEvent(&e));
		while (!lq_engine_poll(a->engine, 0, &event))
			on_event(a, event);
		draw(a);
	}
}

int main(int argc, char **argv)
{
	/* Only one thread may use SDL's video, and that is this one: the profile's own windows stay away. */
	static const char no_window[] = "{\"graphs\":{\"subscribe\":{\"nodes\":{\"window\":{\"use\":\"render.null\",\"params\":null}}}}}";
	static app a = {.microphone = 1, .camera = 1, .local.empty = 1, .remote.empty = 1};
	char error[2000];
	lq_engine_config config = {.size = sizeof config, .app_id = "m1-window", .profile_patch = no_window};
	a.server = argc > 1 ? argv[1] : NULL;
	snprintf(a.room_name, sizeof a.room_name, "%s", argc > 2 ? argv[2] : "lobby");
	snprintf(a.nickname, sizeof a.nickname, "%s", argc > 3 ? argv[3] : "");
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (SDL_Init(SDL_INIT_VIDEO)) {
		fprintf(stderr, "m1-window: %s\n", SDL_GetError());
		return EXIT_FAILURE;
	}
	SDL_Window *window = SDL_CreateWindow("Loquat", SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, WIDTH, HEIGHT, 0);
	a.renderer = window ? SDL_CreateRenderer(window, -1, 0) : NULL;
	a.local.lock = SDL_CreateMutex();
	a.remote.lock = SDL_CreateMutex();
	int failed = !a.renderer || lq_engine_create(&config, &a.engine, error, sizeof error);
	if (failed)
		fprintf(stderr, "m1-window: %s\n", a.renderer ? error : SDL_GetError());
	else if (!open_room(&a))
		run(&a);
	lq_engine_destroy(a.engine); /* no frame comes any more */
	free(a.local.data);
	free(a.remote.data);
	SDL_DestroyMutex(a.local.lock);
	SDL_DestroyMutex(a.remote.lock);
	SDL_Quit();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
