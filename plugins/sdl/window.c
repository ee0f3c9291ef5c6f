#include "window.h"

#include <SDL.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fit.h"
#include "sdl_thread.h"

struct lq__sdl_window {
	lq__sdl_client client; /* first */
	const lq_host *host;

	pthread_mutex_t lock; /* what both threads touch: */
	lq__sdl_look look;
	int look_changed;
	lq_buffer *next;
	int64_t next_time;
	lq__sdl_counts counts;

	/* the SDL thread's: */
	lq__sdl_look drawn; /* the look now on the screen */
	uint32_t first_w, first_h;
	SDL_Window *window;
	SDL_Renderer *renderer;
	SDL_Texture *texture;
	uint32_t pixel, width, height; /* of the texture */
	int filled, first_shown, closed;
	char error[256];
};

static Uint32 texture_format(uint32_t pixel)
{
	switch (pixel) {
	case LQ_PIXEL_I420:
		return SDL_PIXELFORMAT_IYUV;
	case LQ_PIXEL_NV12:
		return SDL_PIXELFORMAT_NV12;
	case LQ_PIXEL_BGRA:
		return SDL_PIXELFORMAT_BGRA32;
	default:
		return SDL_PIXELFORMAT_UNKNOWN;
	}
}

/* A texture of the frame's kind; a changed format makes a new one. */
static int fit_texture(lq__sdl_window *w, const lq_format *f)
{
	if (w->texture && w->pixel == f->pixel && w->width == f->width && w->height == f->height)
		return 0;
	if (w->texture)
		SDL_DestroyTexture(w->texture);
	w->filled = 0;
	w->texture = SDL_CreateTexture(w->renderer, texture_format(f->pixel), SDL_TEXTUREACCESS_STREAMING, (int)f->width, (int)f->height);
	if (!w->texture)
		return -1;
	SDL_SetTextureScaleMode(w->texture, SDL_ScaleModeLinear);
	SDL_SetTextureBlendMode(w->texture, SDL_BLENDMODE_NONE);
	w->pixel = f->pixel;
	w->width = f->width;
	w->height = f->height;
	return 0;
}

static int upload(lq__sdl_window *w, const lq_buffer *b)
{
	if (fit_texture(w, b->format) < 0)
		return -1;
	int rc;
	if (w->pixel == LQ_PIXEL_I420)
		rc = SDL_UpdateYUVTexture(w->texture, NULL, b->planes[0], (int)b->strides[0], b->planes[1], (int)b->strides[1], b->planes[2],
		                          (int)b->strides[2]);
	else if (w->pixel == LQ_PIXEL_NV12)
		rc = SDL_UpdateNVTexture(w->texture, NULL, b->planes[0], (int)b->strides[0], b->planes[1], (int)b->strides[1]);
	else
		rc = SDL_UpdateTexture(w->texture, NULL, b->planes[0], (int)b->strides[0]);
	w->filled = rc == 0;
	return rc;
}

static int draw(lq__sdl_window *w)
{
	int ww, wh;
	if (SDL_GetRendererOutputSize(w->renderer, &ww, &wh) < 0 || ww < 1 || wh < 1)
		return -1;
	SDL_SetRenderDrawColor(w->renderer, 0, 0, 0, 255);
	SDL_RenderClear(w->renderer);
	int rc = 0;
	if (w->filled) {
		SDL_Rect src, dst;
		lq__sdl_fit(w->drawn.scale, (int)w->width, (int)w->height, ww, wh, &src, &dst);
		SDL_RendererFlip flip = w->drawn.mirror ? SDL_FLIP_HORIZONTAL : SDL_FLIP_NONE;
		rc = flip ? SDL_RenderCopyEx(w->renderer, w->texture, &src, &dst, 0, NULL, flip) : SDL_RenderCopy(w->renderer, w->texture, &src, &dst);
	}
	SDL_RenderPresent(w->renderer);
	return rc;
}

static void count_shown(lq__sdl_window *w, int rc, int64_t handed_over)
{
	int64_t now = w->host->now(w->host);
	pthread_mutex_lock(&w->lock);
	if (rc < 0) {
		w->counts.undrawn++;
	} else {
		w->counts.shown++;
		w->counts.cost += (now - handed_over - w->counts.cost) / (w->counts.shown == 1 ? 1 : 8);
	}
	pthread_mutex_unlock(&w->lock);
	if (rc < 0) {
		w->host->log(w->host, LQ_LOG_WARNING, "a frame could not be drawn: %s", SDL_GetError());
	} else if (!w->first_shown) {
		w->first_shown = 1;
		lq_event ev = {.struct_size = sizeof ev, .type = LQ_EVENT_FIRST_BUFFER, .value = now};
		w->host->event(w->host, &ev);
	}
}

static void apply_look(lq__sdl_window *w, const lq__sdl_look *look)
{
	if (strcmp(w->drawn.title, look->title))
		SDL_SetWindowTitle(w->window, look->title);
	if (w->drawn.fullscreen != look->fullscreen)
		SDL_SetWindowFullscreen(w->window, look->fullscreen ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
	w->drawn = *look;
}

/* SDL thread: takes what the node has left for it. */
static void window_update(lq__sdl_client *client)
{
	lq__sdl_window *w = (lq__sdl_window *)client;
	pthread_mutex_lock(&w->lock);
	lq_buffer *buf = w->next;
	w->next = NULL;
	int64_t handed_over = w->next_time;
	int changed = w->look_changed;
	w->look_changed = 0;
	lq__sdl_look look = w->look;
	pthread_mutex_unlock(&w->lock);
	if (changed)
		apply_look(w, &look);
	if (buf) {
		int rc = w->closed ? -1 : upload(w, buf);
		w->host->buffer_unref(w->host, buf);
		if (w->closed) {
			pthread_mutex_lock(&w->lock);
			w->counts.undrawn++;
			pthread_mutex_unlock(&w->lock);
			return;
		}
		if (rc == 0)
			rc = draw(w);
		count_shown(w, rc, handed_over);
	} else if (changed && !w->closed) {
		draw(w);
	}
}

/* The user closed it: it goes at once, and the app is told so that it can remove the node. */
static void user_closed(lq__sdl_window *w)
{
	w->closed = 1;
	SDL_HideWindow(w->window);
	lq_event ev = {.struct_size = sizeof ev, .type = LQ_EVENT_CLOSED};
	w->host->event(w->host, &ev);
}

static void window_event(lq__sdl_client *client, const void *sdl_event)
{
	lq__sdl_window *w = (lq__sdl_window *)client;
	const SDL_Event *e = sdl_event;
	if (e->type == SDL_RENDER_DEVICE_RESET && w->texture) {
		SDL_DestroyTexture(w->texture); /* its contents are gone: the next frame makes another */
		w->texture = NULL;
		w->filled = 0;
	}
	if (e->type != SDL_WINDOWEVENT || e->window.windowID != SDL_GetWindowID(w->window) || w->closed)
		return;
	if (e->window.event == SDL_WINDOWEVENT_CLOSE)
		user_closed(w);
	else if (e->window.event == SDL_WINDOWEVENT_EXPOSED || e->window.event == SDL_WINDOWEVENT_SIZE_CHANGED)
		draw(w);
}

static SDL_Renderer *make_renderer(lq__sdl_window *w)
{
	SDL_Renderer *r = w->drawn.software ? NULL : SDL_CreateRenderer(w->window, -1, SDL_RENDERER_ACCELERATED);
	return r ? r : SDL_CreateRenderer(w->window, -1, SDL_RENDERER_SOFTWARE);
}

static int keep_error(lq__sdl_window *w, const char *what)
{
	snprintf(w->error, sizeof w->error, "%s: %s", what, SDL_GetError());
	return LQ_EIO;
}

static int open_job(void *arg)
{
	lq__sdl_window *w = arg;
	const lq__sdl_look *look = &w->drawn;
	int x = look->x < 0 ? (int)SDL_WINDOWPOS_UNDEFINED : look->x, y = look->y < 0 ? (int)SDL_WINDOWPOS_UNDEFINED : look->y;
	Uint32 flags = SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI | (look->fullscreen ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
	w->window = SDL_CreateWindow(look->title, x, y, (int)w->first_w, (int)w->first_h, flags);
	if (!w->window)
		return keep_error(w, "cannot make a window");
	w->renderer = make_renderer(w);
	if (!w->renderer) {
		SDL_DestroyWindow(w->window);
		return keep_error(w, "cannot draw in the window");
	}
	draw(w);
	lq__sdl_add(&w->client);
	return 0;
}

static int close_job(void *arg)
{
	lq__sdl_window *w = arg;
	lq__sdl_remove(&w->client);
	if (w->texture)
		SDL_DestroyTexture(w->texture);
	SDL_DestroyRenderer(w->renderer);
	SDL_DestroyWindow(w->window);
	return 0;
}

static void window_free(lq__sdl_window *w)
{
	w->host->buffer_unref(w->host, w->next);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

int lq__sdl_window_open(const lq_host *host, const lq__sdl_look *look, uint32_t pw, uint32_t ph, lq__sdl_window **out)
{
	char text[320];
	int rc = lq__sdl_enter(text, sizeof text);
	if (rc < 0)
		return host->fail(host, rc, "%s", text);
	lq__sdl_window *w = calloc(1, sizeof *w);
	if (!w) {
		lq__sdl_leave();
		return LQ_ENOMEM;
	}
	pthread_mutex_init(&w->lock, NULL);
	w->host = host;
	w->look = w->drawn = *look;
	w->first_w = look->width ? look->width : pw ? pw : 640;
	w->first_h = look->height ? look->height : ph ? ph : 360;
	w->client.update = window_update;
	w->client.event = window_event;
	rc = lq__sdl_call(open_job, w);
	if (rc < 0) {
		host->fail(host, rc, "%s", w->error);
		window_free(w);
		lq__sdl_leave();
		return rc;
	}
	*out = w;
	return 0;
}

void lq__sdl_window_close(lq__sdl_window *w)
{
	if (!w)
		return;
	lq__sdl_call(close_job, w);
	window_free(w);
	lq__sdl_leave();
}

void lq__sdl_window_show(lq__sdl_window *w, lq_buffer *buf)
{
	int64_t now = w->host->now(w->host);
	pthread_mutex_lock(&w->lock);
	lq_buffer *old = w->next;
	w->next = buf;
	w->next_time = now;
	w->counts.replaced += old != NULL;
	pthread_mutex_unlock(&w->lock);
	w->host->buffer_unref(w->host, old);
	lq__sdl_kick();
}

void lq__sdl_window_set_look(lq__sdl_window *w, const lq__sdl_look *look)
{
	pthread_mutex_lock(&w->lock);
	w->look = *look;
	w->look_changed = 1;
	pthread_mutex_unlock(&w->lock);
	lq__sdl_kick();
}

void lq__sdl_window_counts(lq__sdl_window *w, lq__sdl_counts *out)
{
	pthread_mutex_lock(&w->lock);
	*out = w->counts;
	pthread_mutex_unlock(&w->lock);
}
