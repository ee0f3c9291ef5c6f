/* A layout: who is seen where. Read from JSON (README.md), then arranged for the inputs that are there. */
#ifndef LQ_PLUGINS_COMPOSE_LAYOUT_H
#define LQ_PLUGINS_COMPOSE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

enum { MAX_INPUTS = 64, MAX_REGIONS = 64, NAME_SIZE = 160, LAYOUT_ERROR = 300 };
enum { LAYOUT_GRID, LAYOUT_SPEAKER, LAYOUT_SIDE_BY_SIDE, LAYOUT_REGIONS };
enum { SCALE_FIT, SCALE_CROP, SCALE_STRETCH };

typedef struct rect {
	uint32_t x, y, w, h;
} rect;

/* An input, by name or by its place in the order of coming. */
typedef struct who {
	int index; /* -1: by name; -2: nobody is meant */
	char name[NAME_SIZE];
} who;

typedef struct region {
	who input;
	rect at, crop; /* crop in the input's pixels; w 0: all of it */
	int z, scale, show_name;
} region;

typedef struct layout {
	int kind, scale, show_names;
	int may_be_absent; /* who is named need not be there */
	uint32_t gap;
	uint8_t background[3]; /* Y, U, V */
	who speaker;
	struct {
		int index; /* place in the order of coming, or -1 */
		uint32_t port;
		char name[NAME_SIZE];
	} names[MAX_INPUTS];
	uint32_t n_names;
	region regions[MAX_REGIONS];
	uint32_t n_regions;
} layout;

/* "" is a grid. w, h: the canvas. Returns 0 or LQ_EPARSE, LQ_EINVAL, LQ_ERANGE with a reason that names the place. */
int layout_parse(const char *json, uint32_t w, uint32_t h, layout *out, char error[LAYOUT_ERROR]);

typedef struct seen_input {
	uint32_t port;
	uint32_t width, height; /* of its picture, 0: there is none yet */
	const char *name, *label; /* as its source says; "" it does not */
} seen_input;

/* The name of input `i`: the layout's, else its own; "" none. */
const char *layout_name(const layout *l, const seen_input *inputs, uint32_t i);
/* What is drawn into its picture. */
const char *layout_label(const layout *l, const seen_input *inputs, uint32_t i);

/* The number of the input that is meant, or -1. */
int layout_find(const layout *l, const who *w, const seen_input *inputs, uint32_t n);

/* Whether all inputs that the layout names are there. LQ_ENOENT with a reason that lists who is. */
int layout_check(const layout *l, const seen_input *inputs, uint32_t n, char error[LAYOUT_ERROR]);

typedef struct tile {
	uint32_t input;
	rect to, from; /* on the canvas, and in the input's picture; all even */
	int z, show_name;
} tile;

/* Returns how many tiles there are, the lowest first. speaker_name: who is big where the layout names nobody; "" who came first. */
uint32_t layout_arrange(const layout *l, uint32_t w, uint32_t h, const seen_input *inputs, uint32_t n, const char *speaker_name, tile tiles[MAX_REGIONS]);

#endif
