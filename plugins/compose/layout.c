/* Layouts from JSON. Everything unknown is an error that names its place. */
#include "layout.h"

#include <jansson.h>
#include <loquat/plugin/errors.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/util.h"

typedef struct reader {
	layout *l;
	uint32_t w, h;
	char *error;
	char place[64];
	int code;
} reader;

static int wrong(reader *r, int code, const char *fmt, ...) LQ_PRINTF(3, 4);
static int wrong(reader *r, int code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int n = snprintf(r->error, LAYOUT_ERROR, "layout%s%s: ", *r->place ? "." : "", r->place);
	vsnprintf(r->error + n, LAYOUT_ERROR - (size_t)n, fmt, args);
	va_end(args);
	return r->code = code;
}

static int one_of(reader *r, const json_t *v, const char *key, const char *const *names, int *out)
{
	const char *text = json_string_value(v);
	char list[160] = "";
	for (int i = 0; names[i]; i++) {
		if (text && !strcmp(text, names[i])) {
			*out = i;
			return 0;
		}
		snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", names[i]);
	}
	return wrong(r, LQ_EINVAL, "\"%s\" is one of %s", key, list);
}

static int whole(reader *r, const json_t *v, const char *key, int64_t low, int64_t high, int64_t *out)
{
	if (!json_is_integer(v) || json_integer_value(v) < low || json_integer_value(v) > high)
		return wrong(r, LQ_ERANGE, "\"%s\" is a whole number from %lld to %lld", key, (long long)low, (long long)high);
	*out = json_integer_value(v);
	return 0;
}

static int flag(reader *r, const json_t *v, const char *key, int *out)
{
	if (!json_is_boolean(v))
		return wrong(r, LQ_EINVAL, "\"%s\" is true or false", key);
	*out = json_is_true(v);
	return 0;
}

static int short_text(reader *r, const json_t *v, const char *key, char out[NAME_SIZE])
{
	const char *text = json_string_value(v);
	if (!text || !*text || strlen(text) >= NAME_SIZE)
		return wrong(r, LQ_EINVAL, "\"%s\" is a text of 1 to %d bytes", key, NAME_SIZE - 1);
	strcpy(out, text);
	return 0;
}

static int someone(reader *r, const json_t *v, const char *key, who *out)
{
	if (json_is_integer(v)) {
		int64_t i = 0;
		if (whole(r, v, key, 0, MAX_INPUTS - 1, &i))
			return r->code;
		*out = (who){.index = (int)i};
		return 0;
	}
	if (!json_is_string(v))
		return wrong(r, LQ_EINVAL, "\"%s\" is the name of an input, or its number in the order of coming, from 0", key);
	out->index = -1;
	return short_text(r, v, key, out->name);
}

/* "#rrggbb", BT.601. */
static int colour(reader *r, const json_t *v, uint8_t out[3])
{
	const char *s = json_string_value(v);
	unsigned c[3];
	int end = 0;
	if (!s || sscanf(s, "#%2x%2x%2x%n", &c[0], &c[1], &c[2], &end) != 3 || end != 7 || strlen(s) != 7)
		return wrong(r, LQ_EINVAL, "\"background\" is a colour, \"#rrggbb\"");
	out[0] = (uint8_t)(16 + (66 * c[0] + 129 * c[1] + 25 * c[2] + 128) / 256);
	out[1] = (uint8_t)(128 + (-38 * (int)c[0] - 74 * (int)c[1] + 112 * (int)c[2]) / 256);
	out[2] = (uint8_t)(128 + (112 * (int)c[0] - 94 * (int)c[1] - 18 * (int)c[2]) / 256);
	return 0;
}

static int area(reader *r, const json_t *v, const char *key, uint32_t *out)
{
	int64_t n = 0;
	int e = whole(r, v, key, 0, 16384, &n);
	*out = (uint32_t)n;
	return e;
}

static int read_rect(reader *r, const json_t *o, const char *name, rect *out)
{
	const char *key;
	json_t *v;
	if (!json_is_object(o))
		return wrong(r, LQ_EINVAL, "\"%s\" is an object with x, y, w, h", name);
	json_object_foreach((json_t *)o, key, v) {
		uint32_t *to = !strcmp(key, "x") ? &out->x : !strcmp(key, "y") ? &out->y : !strcmp(key, "w") ? &out->w : !strcmp(key, "h") ? &out->h : NULL;
		if (!to)
			return wrong(r, LQ_EINVAL, "\"%s\" does not have \"%s\": it has x, y, w, h", name, key);
		if (area(r, v, key, to))
			return r->code;
	}
	return out->w > 1 && out->h > 1 ? 0 : wrong(r, LQ_ERANGE, "\"%s\" needs w and h of 2 at least", name);
}

static const char *const scales[] = {"fit", "crop", "stretch", NULL};

static int region_key(reader *r, region *g, const char *key, const json_t *v)
{
	int64_t n = 0;
	if (!strcmp(key, "input"))
		return someone(r, v, key, &g->input);
	if (!strcmp(key, "x"))
		return area(r, v, key, &g->at.x);
	if (!strcmp(key, "y"))
		return area(r, v, key, &g->at.y);
	if (!strcmp(key, "w"))
		return area(r, v, key, &g->at.w);
	if (!strcmp(key, "h"))
		return area(r, v, key, &g->at.h);
	if (!strcmp(key, "crop"))
		return read_rect(r, v, key, &g->crop);
	if (!strcmp(key, "scale"))
		return one_of(r, v, key, scales, &g->scale);
	if (!strcmp(key, "show_name"))
		return flag(r, v, key, &g->show_name);
	if (!strcmp(key, "z")) {
		whole(r, v, key, -1000, 1000, &n);
		g->z = (int)n;
		return r->code;
	}
	return wrong(r, LQ_EINVAL, "there is no \"%s\": a region has input, x, y, w, h, z, crop, scale, show_name", key);
}

static int read_region(reader *r, const json_t *o, region *g)
{
	const char *key;
	json_t *v;
	*g = (region){.input = {.index = -2}, .scale = r->l->scale, .show_name = r->l->show_names};
	if (!json_is_object(o))
		return wrong(r, LQ_EINVAL, "a region is an object");
	json_object_foreach((json_t *)o, key, v) {
		if (region_key(r, g, key, v))
			return r->code;
	}
	if (g->input.index == -2)
		return wrong(r, LQ_EINVAL, "\"input\" is missing");
	if (g->at.w < 2 || g->at.h < 2)
		return wrong(r, LQ_ERANGE, "\"w\" and \"h\" are 2 at least");
	if (g->at.x + g->at.w > r->w || g->at.y + g->at.h > r->h)
		return wrong(r, LQ_ERANGE, "it reaches to %u,%u, outside of the canvas of %ux%u", g->at.x + g->at.w, g->at.y + g->at.h, r->w, r->h);
	return 0;
}

static int read_regions(reader *r, const json_t *list)
{
	if (!json_is_array(list) || !json_array_size(list) || json_array_size(list) > MAX_REGIONS)
		return wrong(r, LQ_EINVAL, "\"regions\" is an array of 1 to %d regions", MAX_REGIONS);
	for (size_t i = 0; i < json_array_size(list); i++) {
		snprintf(r->place, sizeof r->place, "regions[%zu]", i);
		if (read_region(r, json_array_get(list, i), &r->l->regions[r->l->n_regions++]))
			return r->code;
	}
	*r->place = 0;
	return 0;
}

/* An array in the order of coming, or an object by port number, as an app knows it. */
static int read_names(reader *r, const json_t *names)
{
	layout *l = r->l;
	size_t n = json_is_array(names) ? json_array_size(names) : json_object_size(names), i;
	const char *key;
	json_t *v;
	if ((!json_is_array(names) && !json_is_object(names)) || n > MAX_INPUTS)
		return wrong(r, LQ_EINVAL, "\"names\" is an array in the order of coming, or an object by port number, of %d at most", MAX_INPUTS);
	if (json_is_array(names)) {
		json_array_foreach((json_t *)names, i, v) {
			l->names[l->n_names].index = (int)i;
			if (short_text(r, v, "names", l->names[l->n_names++].name))
				return r->code;
		}
		return 0;
	}
	json_object_foreach((json_t *)names, key, v) {
		char *end;
		unsigned long port = strtoul(key, &end, 10);
		if (!*key || *end || port > UINT32_MAX)
			return wrong(r, LQ_EINVAL, "\"names\": \"%s\" is no port number", key);
		l->names[l->n_names].index = -1;
		l->names[l->n_names].port = (uint32_t)port;
		if (short_text(r, v, "names", l->names[l->n_names++].name))
			return r->code;
	}
	return 0;
}

static int read_key(reader *r, const char *key, const json_t *v)
{
	static const char *const kinds[] = {"grid", "speaker", "side-by-side", "regions", NULL};
	layout *l = r->l;
	if (!strcmp(key, "layout"))
		return one_of(r, v, key, kinds, &l->kind);
	if (!strcmp(key, "scale"))
		return one_of(r, v, key, scales, &l->scale);
	if (!strcmp(key, "gap"))
		return area(r, v, key, &l->gap);
	if (!strcmp(key, "show_names"))
		return flag(r, v, key, &l->show_names);
	if (!strcmp(key, "absent"))
		return flag(r, v, key, &l->may_be_absent);
	if (!strcmp(key, "background"))
		return colour(r, v, l->background);
	if (!strcmp(key, "speaker"))
		return someone(r, v, key, &l->speaker);
	if (!strcmp(key, "names"))
		return read_names(r, v);
	if (!strcmp(key, "regions"))
		return 0; /* when all that it takes its defaults from is known */
	return wrong(r, LQ_EINVAL, "there is no \"%s\": a layout has layout, scale, gap, show_names, absent, background, speaker, names, regions", key);
}

static int read_layout(reader *r, const json_t *o)
{
	const char *key;
	json_t *v;
	if (!json_is_object(o))
		return wrong(r, LQ_EINVAL, "it is an object, {\"layout\": \"grid\"}");
	json_object_foreach((json_t *)o, key, v) {
		if (read_key(r, key, v))
			return r->code;
	}
	v = json_object_get(o, "regions");
	if (v && !json_object_get(o, "layout"))
		r->l->kind = LAYOUT_REGIONS;
	if ((v != NULL) != (r->l->kind == LAYOUT_REGIONS))
		return wrong(r, LQ_EINVAL, v ? "\"regions\" go with \"layout\": \"regions\"" : "\"regions\" are missing");
	return v ? read_regions(r, v) : 0;
}

int layout_parse(const char *json, uint32_t w, uint32_t h, layout *out, char error[LAYOUT_ERROR])
{
	json_error_t where;
	reader r = {.l = out, .w = w, .h = h, .error = error};
	memset(out, 0, sizeof *out);
	*error = 0;
	out->scale = SCALE_CROP;
	out->speaker.index = -2;
	out->background[0] = 16;
	out->background[1] = out->background[2] = 128;
	if (!*json)
		return 0;
	json_t *o = json_loads(json, JSON_REJECT_DUPLICATES, &where);
	if (!o)
		return wrong(&r, LQ_EPARSE, "line %d, column %d: %.150s", where.line, where.column, where.text);
	read_layout(&r, o);
	json_decref(o);
	return r.code;
}
