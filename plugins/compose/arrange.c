/* From a layout and the inputs that are there to tiles on the canvas. */
#include <loquat/plugin/errors.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"

static const char *given_name(const layout *l, const seen_input *inputs, uint32_t i)
{
	for (uint32_t k = 0; k < l->n_names; k++)
		if (l->names[k].index == (int)i || (l->names[k].index < 0 && l->names[k].port == inputs[i].port))
			return l->names[k].name;
	return NULL;
}

const char *layout_name(const layout *l, const seen_input *inputs, uint32_t i)
{
	const char *name = given_name(l, inputs, i);
	return name ? name : inputs[i].name;
}

const char *layout_label(const layout *l, const seen_input *inputs, uint32_t i)
{
	const char *name = given_name(l, inputs, i);
	return name ? name : *inputs[i].label ? inputs[i].label : inputs[i].name;
}

int layout_find(const layout *l, const who *w, const seen_input *inputs, uint32_t n)
{
	if (w->index >= 0)
		return (uint32_t)w->index < n ? w->index : -1;
	for (uint32_t i = 0; w->index == -1 && i < n; i++)
		if (!strcmp(layout_name(l, inputs, i), w->name))
			return (int)i;
	return -1;
}

static int nobody(const layout *l, const char *place, const who *w, const seen_input *inputs, uint32_t n, char error[LAYOUT_ERROR])
{
	char list[150] = "";
	if (layout_find(l, w, inputs, n) >= 0)
		return 0;
	for (uint32_t i = 0; i < n && strlen(list) < 100; i++) {
		const char *name = layout_name(l, inputs, i);
		snprintf(list + strlen(list), sizeof list - strlen(list), *name ? "%s\"%.40s\"" : "%s%.0s%u", i ? ", " : "", name, i);
	}
	if (w->index >= 0)
		snprintf(error, LAYOUT_ERROR, "layout.%s: there is no input %d; there %s%s", place, w->index, n ? "are: " : "is none", list);
	else
		snprintf(error, LAYOUT_ERROR, "layout.%s: there is no input called \"%.80s\"; there %s%s", place, w->name, n ? "are: " : "is none", list);
	return LQ_ENOENT;
}

int layout_check(const layout *l, const seen_input *inputs, uint32_t n, char error[LAYOUT_ERROR])
{
	char place[40];
	if (l->may_be_absent)
		return 0;
	int e = l->kind == LAYOUT_SPEAKER && l->speaker.index != -2 ? nobody(l, "speaker", &l->speaker, inputs, n, error) : 0;
	for (uint32_t i = 0; i < l->n_regions && !e; i++) {
		snprintf(place, sizeof place, "regions[%u].input", i);
		e = nobody(l, place, &l->regions[i].input, inputs, n, error);
	}
	return e;
}

static uint32_t even(uint32_t v)
{
	return v & ~1u;
}

/* Part of `from`, or of the cell, so that the picture keeps its shape. */
static void shape(tile *t, int scale)
{
	uint64_t fw = t->from.w, fh = t->from.h, tw = t->to.w, th = t->to.h;
	rect *cut = scale == SCALE_CROP ? &t->from : &t->to;
	if (scale == SCALE_STRETCH || fw * th == fh * tw)
		return;
	int wide = fw * th > fh * tw; /* the picture is wider than the cell */
	uint32_t w = cut->w, h = cut->h;
	if (scale == SCALE_CROP ? wide : !wide)
		w = (uint32_t)(scale == SCALE_CROP ? fh * tw / th : fw * th / fh);
	else
		h = (uint32_t)(scale == SCALE_CROP ? fw * th / tw : fh * tw / fw);
	w = even(w) < 2 ? 2 : even(w);
	h = even(h) < 2 ? 2 : even(h);
	if (cut->w - w <= 2 && cut->h - h <= 2)
		return; /* what rounding has taken away is not worth a border */
	cut->x += even((cut->w - w) / 2);
	cut->y += even((cut->h - h) / 2);
	cut->w = w;
	cut->h = h;
}

typedef struct arrangement {
	const layout *l;
	const seen_input *inputs;
	tile *tiles;
	uint32_t n;
} arrangement;

static void put(arrangement *a, uint32_t input, rect cell, const region *g)
{
	const seen_input *in = &a->inputs[input];
	tile t = {.input = input, .z = g ? g->z : 0, .show_name = g ? g->show_name : a->l->show_names};
	t.to = (rect){even(cell.x), even(cell.y), even(cell.w), even(cell.h)};
	t.from = (rect){0, 0, even(in->width), even(in->height)};
	if (g && g->crop.w && g->crop.x < in->width && g->crop.y < in->height) {
		uint32_t right = in->width - even(g->crop.x), bottom = in->height - even(g->crop.y);
		t.from = (rect){even(g->crop.x), even(g->crop.y), even(g->crop.w < right ? g->crop.w : right), even(g->crop.h < bottom ? g->crop.h : bottom)};
	}
	if (t.to.w < 2 || t.to.h < 2 || t.from.w < 2 || t.from.h < 2 || a->n == MAX_REGIONS)
		return;
	shape(&t, g ? g->scale : a->l->scale);
	a->tiles[a->n++] = t;
}

/* `n` inputs in rows of `columns`, the last row in the middle. */
static void rows(arrangement *a, const uint32_t *list, uint32_t n, uint32_t columns, rect in)
{
	uint32_t lines = (n + columns - 1) / columns, gap = a->l->gap;
	if (!n || in.w < (columns - 1) * gap + 2 * columns || in.h < (lines - 1) * gap + 2 * lines)
		return;
	uint32_t w = even((in.w - (columns - 1) * gap) / columns), h = even((in.h - (lines - 1) * gap) / lines);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t line = i / columns, k = line == lines - 1 ? n - line * columns : columns;
		uint32_t left = (in.w - k * w - (k - 1) * gap) / 2;
		put(a, list[i], (rect){in.x + left + i % columns * (w + gap), in.y + line * (h + gap), w, h}, NULL);
	}
}

static uint32_t columns_for(uint32_t n)
{
	uint32_t c = 1;
	while (c * c < n)
		c++;
	return c;
}

/* One big, the others in a column beside it. */
static void speaker(arrangement *a, const uint32_t *list, uint32_t n, uint32_t w, uint32_t h, int chosen)
{
	uint32_t rest[MAX_INPUTS], k = 0, side = even(w / 5), gap = a->l->gap;
	uint32_t big = chosen >= 0 && a->inputs[chosen].width ? (uint32_t)chosen : list[0];
	for (uint32_t i = 0; i < n; i++)
		if (list[i] != big)
			rest[k++] = list[i];
	if (!k || w < side + gap + 2) {
		put(a, big, (rect){0, 0, w, h}, NULL);
		return;
	}
	uint32_t each = even(side * 9 / 16), lines = each + gap ? (h + gap) / (each + gap) : 1, columns = lines && k > lines ? (k + lines - 1) / lines : 1;
	uint32_t used = (k + columns - 1) / columns, height = used * each + (used - 1) * gap;
	put(a, big, (rect){0, 0, w - side - gap, h}, NULL);
	rows(a, rest, k, columns, (rect){w - side, height < h ? (h - height) / 2 : 0, side, height < h && columns == 1 ? height : h});
}

static int by_z(const void *x, const void *y)
{
	return ((const tile *)x)->z - ((const tile *)y)->z;
}

/* Stable: the list's order counts among equals. */
static void sort_tiles(tile *t, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		for (uint32_t k = i; k && by_z(&t[k - 1], &t[k]) > 0; k--) {
			tile swap = t[k];
			t[k] = t[k - 1];
			t[k - 1] = swap;
		}
}

/* Who is big: as the layout says, else as it was said since. */
static int big_one(const layout *l, const seen_input *inputs, uint32_t n, const char *speaker)
{
	who now = {.index = -1};
	if (l->speaker.index != -2)
		return layout_find(l, &l->speaker, inputs, n);
	snprintf(now.name, sizeof now.name, "%s", speaker);
	return *speaker ? layout_find(l, &now, inputs, n) : -1;
}

uint32_t layout_arrange(const layout *l, uint32_t w, uint32_t h, const seen_input *inputs, uint32_t n, const char *speaker_name, tile tiles[MAX_REGIONS])
{
	arrangement a = {l, inputs, tiles, 0};
	uint32_t list[MAX_INPUTS], k = 0;
	for (uint32_t i = 0; i < n; i++)
		if (inputs[i].width && inputs[i].height)
			list[k++] = i;
	if (l->kind == LAYOUT_REGIONS) {
		for (uint32_t i = 0; i < l->n_regions; i++) {
			int input = layout_find(l, &l->regions[i].input, inputs, n);
			if (input >= 0 && inputs[input].width && inputs[input].height)
				put(&a, (uint32_t)input, l->regions[i].at, &l->regions[i]);
		}
		sort_tiles(tiles, a.n);
	} else if (k && l->kind == LAYOUT_SPEAKER) {
		speaker(&a, list, k, w, h, big_one(l, inputs, n, speaker_name));
	} else if (k) {
		rows(&a, list, k, l->kind == LAYOUT_GRID ? columns_for(k) : k, (rect){0, 0, w, h});
	}
	return a.n;
}
