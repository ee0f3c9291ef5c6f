#include "plugin/image.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "plugin/check.h"

enum { CHOICES_MAX = 1024 };

static void write_double(lq__bytes *b, double v)
{
	lq__bytes_add(b, &v, sizeof v);
}

static void write_param(lq__bytes *b, const lq_param_desc *p)
{
	uint32_t n = 0;
	while (p->type == LQ_PARAM_CHOICE && p->choices[n])
		n++;
	lq__bytes_string(b, p->name);
	lq__bytes_u32(b, p->type);
	lq__bytes_u32(b, p->flags);
	lq__bytes_string(b, p->unit);
	lq__bytes_string(b, p->def);
	write_double(b, p->min);
	write_double(b, p->max);
	lq__bytes_string(b, p->help);
	lq__bytes_u32(b, n);
	for (uint32_t i = 0; i < n; i++)
		lq__bytes_string(b, p->choices[i]);
}

static void write_node(lq__bytes *b, const lq_node_desc *d)
{
	lq__bytes_u32(b, d->kind);
	lq__bytes_string(b, d->id);
	lq__bytes_string(b, d->summary);
	lq__bytes_u32(b, (uint32_t)d->rank);
	lq__bytes_u32(b, d->flags);
	lq__bytes_u32(b, d->n_ports);
	for (uint32_t i = 0; i < d->n_ports; i++) {
		lq__bytes_string(b, d->ports[i].name);
		lq__bytes_u32(b, d->ports[i].direction);
		lq__bytes_u32(b, d->ports[i].media);
		lq__bytes_u32(b, d->ports[i].flags);
	}
	lq__bytes_u32(b, d->n_params);
	for (uint32_t i = 0; i < d->n_params; i++)
		write_param(b, &d->params[i]);
}

void lq__image_write(lq__bytes *b, const lq_plugin *p)
{
	lq__bytes_string(b, p->name);
	lq__bytes_string(b, p->version);
	lq__bytes_string(b, p->licence);
	lq__bytes_string(b, p->summary);
	lq__bytes_u32(b, p->n_nodes);
	for (uint32_t i = 0; i < p->n_nodes; i++)
		write_node(b, p->nodes[i]);
}

/* The tables; strings lie in `bytes`. */
typedef struct table {
	struct table *next;
	_Alignas(max_align_t) uint8_t data[];
} table;

struct lq__image {
	lq_plugin plugin;
	uint8_t *bytes;
	table *tables;
};

typedef struct parser {
	lq__reader r;
	lq__image *image;
	int no_memory;
} parser;

/* A zeroed table for `n` rows of `size` bytes, and one more for who ends it with NULL. Each row takes at least four bytes of the input: so nobody
 * makes us allocate much. */
static void *new_table(parser *p, uint32_t n, uint32_t max, size_t size)
{
	if (n > max || n > (size_t)(p->r.end - p->r.at) / 4)
		p->r.bad = 1;
	if (p->r.bad || !n)
		return NULL;
	table *t = lq__calloc(1, sizeof *t + (n + 1) * size);
	if (!t) {
		p->r.bad = p->no_memory = 1;
		return NULL;
	}
	t->next = p->image->tables;
	p->image->tables = t;
	return t->data;
}

static double read_double(parser *p)
{
	double v = 0;
	const uint8_t *data = lq__read_bytes(&p->r, sizeof v);
	if (data)
		memcpy(&v, data, sizeof v);
	return v;
}

static const char *const *read_choices(parser *p)
{
	uint32_t n = lq__read_u32(&p->r);
	if (!n)
		return NULL;
	const char **list = new_table(p, n, CHOICES_MAX, sizeof *list);
	for (uint32_t i = 0; list && i < n; i++)
		if (!(list[i] = lq__read_chars(&p->r)))
			list = NULL;
	if (!list)
		p->r.bad = 1;
	return list;
}

static void read_param(parser *p, lq_param_desc *d)
{
	d->name = lq__read_chars(&p->r);
	d->type = lq__read_u32(&p->r);
	d->flags = lq__read_u32(&p->r);
	d->unit = lq__read_chars(&p->r);
	d->def = lq__read_chars(&p->r);
	d->min = read_double(p);
	d->max = read_double(p);
	d->help = lq__read_chars(&p->r);
	d->choices = read_choices(p);
}

static void read_node(parser *p, lq_node_desc *d)
{
	d->struct_size = sizeof *d;
	d->kind = lq__read_u32(&p->r);
	d->id = lq__read_chars(&p->r);
	d->summary = lq__read_chars(&p->r);
	d->rank = (int32_t)lq__read_u32(&p->r);
	d->flags = lq__read_u32(&p->r);
	d->n_ports = lq__read_u32(&p->r);
	lq_port_desc *ports = new_table(p, d->n_ports, LQ__PORTS_MAX, sizeof *ports);
	for (uint32_t i = 0; ports && i < d->n_ports; i++) {
		ports[i].name = lq__read_chars(&p->r);
		ports[i].direction = lq__read_u32(&p->r);
		ports[i].media = lq__read_u32(&p->r);
		ports[i].flags = lq__read_u32(&p->r);
	}
	d->ports = ports;
	d->n_params = lq__read_u32(&p->r);
	lq_param_desc *params = new_table(p, d->n_params, LQ__PARAMS_MAX, sizeof *params);
	for (uint32_t i = 0; params && i < d->n_params; i++)
		read_param(p, &params[i]);
	d->params = params;
}

static void read_plugin(parser *p)
{
	lq_plugin *out = &p->image->plugin;
	*out = (lq_plugin){.struct_size = sizeof *out, .abi_minor = LQ_ABI_MINOR};
	out->name = lq__read_chars(&p->r);
	out->version = lq__read_chars(&p->r);
	out->licence = lq__read_chars(&p->r);
	out->summary = lq__read_chars(&p->r);
	out->n_nodes = lq__read_u32(&p->r);
	lq_node_desc *nodes = new_table(p, out->n_nodes, LQ__NODES_MAX, sizeof *nodes);
	const lq_node_desc **list = new_table(p, nodes ? out->n_nodes : 0, LQ__NODES_MAX, sizeof *list);
	for (uint32_t i = 0; list && i < out->n_nodes; i++) {
		read_node(p, &nodes[i]);
		list[i] = &nodes[i];
	}
	out->nodes = list;
}

int lq__image_read(const uint8_t *data, size_t size, lq__image **out)
{
	char why[768];
	lq__image *image = lq__calloc(1, sizeof *image);
	if (!image || !(image->bytes = lq__malloc(size))) {
		lq__free(image);
		return LQ_ENOMEM;
	}
	if (size)
		memcpy(image->bytes, data, size);
	parser p = {{image->bytes, image->bytes + size, 0}, image, 0};
	read_plugin(&p);
	int err = p.no_memory ? LQ_ENOMEM : p.r.bad || p.r.at != p.r.end || lq__plugin_check_static(&image->plugin, why, sizeof why) ? LQ_EPARSE : 0;
	if (err)
		lq__image_destroy(image);
	else
		*out = image;
	return err;
}

const lq_plugin *lq__image_plugin(const lq__image *image)
{
	return &image->plugin;
}

void lq__image_destroy(lq__image *image)
{
	if (!image)
		return;
	for (table *t = image->tables, *next; t; t = next) {
		next = t->next;
		lq__free(t);
	}
	lq__free(image->bytes);
	lq__free(image);
}

void lq__finding_write(lq__bytes *b, int code, uint32_t keep, const char *text, const lq_plugin *plugin)
{
	lq__bytes_u32(b, (uint32_t)code);
	lq__bytes_u32(b, keep);
	lq__bytes_string(b, text);
	if (plugin)
		lq__image_write(b, plugin);
}

int lq__finding_read(const uint8_t *data, size_t size, lq__finding *out)
{
	lq__reader r = {data, data + size, 0};
	lq__finding f = {.code = (int)lq__read_u32(&r), .keep = lq__read_u32(&r)};
	const char *text = lq__read_chars(&r);
	if (r.bad || !text || f.code > 0 || f.code < -1000 || f.keep > LQ__KEEP_A_DAY || (f.code && (r.at != r.end || !*text)))
		return LQ_EPARSE;
	snprintf(f.text, sizeof f.text, "%s", f.code ? text : "");
	int err = f.code ? 0 : lq__image_read(r.at, (size_t)(r.end - r.at), &f.image);
	if (!err)
		*out = f;
	return err;
}
