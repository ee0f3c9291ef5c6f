#include "plugin/param.h"

#include <loquat/log.h> /* lq_error_text */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/nearest.h"
#include "plugin/value.h"

/* "graphs.publish.nodes.venc.params" and "bitrate" make the place of a message. */
typedef struct place {
	char text[512];
} place_text;

static place_text join(const char *place, const char *name)
{
	place_text p;
	snprintf(p.text, sizeof p.text, "%s%s%.64s", place ? place : "", place && *place ? "." : "", name);
	return p;
}

static void list_names(const lq_node_desc *desc, char *out, size_t size)
{
	size_t n = 0;
	for (uint32_t i = 0; i < desc->n_params && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s", i ? ", " : "", desc->params[i].name);
}

int lq__param_find(const lq_node_desc *desc, const char *name, const char *place, lq_diag *diag, uint32_t *index)
{
	lq__nearest near = {0};
	char names[512] = "";
	for (uint32_t i = 0; i < desc->n_params; i++) {
		if (!strcmp(desc->params[i].name, name)) {
			*index = i;
			return 0;
		}
		lq__nearest_try(&near, name, desc->params[i].name);
	}
	place_text at = join(place, name);
	if (near.best)
		return lq_diag_add(diag, LQ_ENOENT, at.text, "unknown parameter; did you mean \"%s\"? (%s)", near.best, desc->id);
	if (!desc->n_params)
		return lq_diag_add(diag, LQ_ENOENT, at.text, "unknown parameter; this node has none (%s)", desc->id);
	list_names(desc, names, sizeof names);
	return lq_diag_add(diag, LQ_ENOENT, at.text, "unknown parameter; there are %s (%s)", names, desc->id);
}

static int is_relative_path(const char *s)
{
	return *s && *s != '/' && !strstr(s, "://");
}

/* A copy of a string value, with the folder before it where it names a file. */
static char *own_string(const lq_param_desc *d, const char *s, const char *base_dir)
{
	if (!(d->flags & LQ_PARAM_FILE) || !base_dir || !*base_dir || !is_relative_path(s))
		return lq__strdup(s);
	size_t size = strlen(base_dir) + strlen(s) + 2;
	char *path = lq__malloc(size);
	if (path)
		snprintf(path, size, "%s%s%s", base_dir, base_dir[strlen(base_dir) - 1] == '/' ? "" : "/", s);
	return path;
}

static int no_memory(const char *place, const char *name, lq_diag *diag)
{
	return lq_diag_add(diag, LQ_ENOMEM, join(place, name).text, "%s", lq_error_text(LQ_ENOMEM));
}

/* Puts a text into row i; the old value stays on failure. */
static int put(lq__params *p, uint32_t i, const char *text, const char *base_dir, const char *place, lq_diag *diag)
{
	const lq_param_desc *d = &p->desc->params[i];
	char why[512], *own = NULL;
	lq_value v;
	int err = lq__value_parse(d, text, &v, why, sizeof why);
	if (err)
		return lq_diag_add(diag, err, join(place, d->name).text, "%s (%s)", why, p->desc->id);
	if (d->type == LQ_PARAM_STRING) {
		own = own_string(d, text, base_dir);
		if (!own)
			return no_memory(place, d->name, diag);
		v.s = own;
	}
	lq__free(p->strings[i]);
	p->strings[i] = own;
	p->values[i] = v;
	return 0;
}

/* The same of a text that was given, which is kept. */
static int put_text(lq__params *p, uint32_t i, const char *text, const char *base_dir, const char *place, lq_diag *diag)
{
	char *copy = lq__strdup(text);
	int err = copy ? put(p, i, text, base_dir, place, diag) : no_memory(place, p->desc->params[i].name, diag);
	if (err) {
		lq__free(copy);
		return err;
	}
	lq__free(p->texts[i]);
	p->texts[i] = copy;
	p->values[i].is_set = 1;
	return 0;
}

void lq__params_destroy(lq__params *p)
{
	if (!p)
		return;
	for (uint32_t i = 0; p->strings && i < p->n; i++)
		lq__free(p->strings[i]);
	for (uint32_t i = 0; p->texts && i < p->n; i++)
		lq__free(p->texts[i]);
	lq__free(p->texts);
	lq__free(p->strings);
	lq__free(p->values);
	lq__free(p);
}

static lq__params *create(const lq_node_desc *desc)
{
	lq__params *p = lq__calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->desc = desc;
	p->n = desc->n_params;
	p->values = lq__calloc(p->n, sizeof *p->values);
	p->strings = lq__calloc(p->n, sizeof *p->strings);
	p->texts = lq__calloc(p->n, sizeof *p->texts);
	if (p->values && p->strings && p->texts)
		return p;
	lq__params_destroy(p);
	return NULL;
}

static int put_given(lq__params *p, const lq_param_text *text, const char *base_dir, const char *place, lq_diag *diag)
{
	uint32_t i;
	int err = lq__param_find(p->desc, text->name, place, diag, &i);
	if (err)
		return err;
	int twice = p->values[i].is_set != 0;
	p->values[i].is_set = 1; /* even when it is wrong: then "is required" would be one message too many */
	if (twice)
		return lq_diag_add(diag, LQ_EEXIST, join(place, text->name).text, "is given twice (%s)", p->desc->id);
	return put_text(p, i, text->value, base_dir, place, diag);
}

static int put_default(lq__params *p, uint32_t i, const char *base_dir, const char *place, lq_diag *diag)
{
	const lq_param_desc *d = &p->desc->params[i];
	if (d->flags & LQ_PARAM_REQUIRED)
		return lq_diag_add(diag, LQ_EINVAL, join(place, d->name).text, "is required: %s (%s)", d->help, p->desc->id);
	return put(p, i, d->def, base_dir, place, diag);
}

int lq__params_resolve(const lq_node_desc *desc, const lq_param_text *texts, size_t n, const char *base_dir, const char *place, lq_diag *diag,
                       lq__params **out)
{
	int first = 0;
	lq__params *p = create(desc);
	if (!p)
		return lq_diag_add(diag, LQ_ENOMEM, place, "%s", lq_error_text(LQ_ENOMEM));
	for (size_t i = 0; i < n; i++) {
		int err = put_given(p, &texts[i], base_dir, place, diag);
		first = first ? first : err;
	}
	for (uint32_t i = 0; i < p->n; i++) {
		int err = p->values[i].is_set ? 0 : put_default(p, i, base_dir, place, diag);
		first = first ? first : err;
	}
	if (first || !out)
		lq__params_destroy(p);
	else
		*out = p;
	return first;
}

int lq__params_set(lq__params *p, const char *name, const char *text, int runtime, const char *base_dir, const char *place, lq_diag *diag,
                   uint32_t *index)
{
	uint32_t i;
	int err = lq__param_find(p->desc, name, place, diag, &i);
	if (err)
		return err;
	if (runtime && !(p->desc->params[i].flags & LQ_PARAM_RUNTIME))
		return lq_diag_add(diag, LQ_ESTATE, join(place, name).text, "cannot change while the node runs (%s)", p->desc->id);
	err = put_text(p, i, text, base_dir, place, diag);
	if (!err)
		*index = i;
	return err;
}
