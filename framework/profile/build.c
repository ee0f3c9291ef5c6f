/* lq_profile_build: from a profile's graph to nodes and links. Places of messages are paths until the end, when the files are added. */
#include "profile/profile.h"

#include "graph/graph.h"
#include "plugin/registry.h"

#define MAX_MADE 256

/* An output port of a transport that a chain has taken: one stream, which further chains may share. */
typedef struct taken {
	lq_node *node;
	uint32_t row;
	lq__port *port;
} taken;

typedef struct builder {
	const lq_profile *profile;
	lq_graph *graph;
	const lq_profile_build_config *config;
	const json_t *json;
	uint32_t media;
	lq_diag *diag;
	lq_node *made[MAX_MADE];
	size_t n_made;
	taken outs[MAX_MADE];
	size_t n_outs;
	lq_link *links[MAX_MADE];
	size_t n_links;
} builder;

static int no_memory(builder *b, const char *place)
{
	return lq_diag_add(b->diag, LQ_ENOMEM, place, "%s", lq_error_text(LQ_ENOMEM));
}

static int make_loops(builder *b)
{
	const char *name;
	json_t *loop;
	json_object_foreach(json_object_get(b->profile->json, "loops"), name, loop) {
		const char *priority = json_string_value(json_object_get(loop, "priority"));
		int r = lq_graph_loop(b->graph, name, priority && !strcmp(priority, "realtime"));
		if (r)
			return lq_diag_add(b->diag, r, "loops", "%s: %s", name, lq_error_text(r));
	}
	return 0;
}

/* The folder of the file that the parameters come from, for those that name files. */
static char *base_dir(builder *b, const char *place)
{
	char path[PATH_ROOM + 8];
	snprintf(path, sizeof path, "%s.params", place);
	const char *file = lq__profile_file_of(b->profile, path), *slash = strrchr(file, '/');
	return slash ? lq__strndup(file, slash > file ? (size_t)(slash - file) : 1) : lq__strdup(".");
}

typedef struct asking {
	const lq_format *fmt;
	uint32_t row;
	char takes[400];
} asking;

static int ask_on_loop(lq_node *node, void *arg)
{
	asking *a = arg;
	lq_format list[MAX_FORMATS], both;
	lq__port any = {.desc = &node->desc->ports[a->row], .number = a->row};
	uint32_t n;
	lq__node_enter(node);
	int r = lq__formats_list(node, &any, list, &n);
	lq__node_leave(node);
	if (r)
		return r;
	lq__formats_text(list, n, a->takes, sizeof a->takes);
	return lq__formats_match(a->fmt, list, n, &both);
}

/* What a node that was just made will send, as far as it says so before it has an input: one codec, or something raw. */
static int sent_on_loop(lq_node *node, void *arg)
{
	lq_format list[MAX_FORMATS], *out = arg;
	uint32_t n, row = 0;
	while (row < node->desc->n_ports && node->desc->ports[row].direction != LQ_OUT)
		row++;
	if (row == node->desc->n_ports)
		return LQ_ENOENT;
	lq__port any = {.desc = &node->desc->ports[row], .number = row};
	lq__node_enter(node);
	int r = lq__formats_list(node, &any, list, &n);
	lq__node_leave(node);
	for (uint32_t i = 0; i < n; i++)
		if (!list[i].media || !list[i].codec || list[i].codec != list[0].codec)
			return LQ_EAGAIN;
	if (r || !n)
		return LQ_EAGAIN;
	*out = (lq_format){.struct_size = sizeof *out, .media = list[0].media, .codec = list[0].codec};
	return 0;
}

/* What will come to a node, where that is known: one of these. */
typedef struct known {
	lq_format items[MAX_FORMATS];
	uint32_t n;
	int is_offer; /* it helps to choose; whether it fits is seen when formats are agreed on */
} known;

typedef struct offer {
	const char *port; /* NULL: the first output */
	known *out;
} offer;

/* What a source offers. Only its codecs: what else differs can be converted. */
static int offers_on_loop(lq_node *node, void *arg)
{
	offer *o = arg;
	uint32_t row = 0;
	while (row < node->desc->n_ports && (node->desc->ports[row].direction != LQ_OUT || (o->port && strcmp(node->desc->ports[row].name, o->port))))
		row++;
	if (row == node->desc->n_ports)
		return LQ_ENOENT;
	lq__port any = {.desc = &node->desc->ports[row], .number = row};
	lq__node_enter(node);
	int r = lq__formats_list(node, &any, o->out->items, &o->out->n);
	lq__node_leave(node);
	if (r)
		o->out->n = 0;
	for (uint32_t i = 0; i < o->out->n; i++)
		o->out->items[i] = (lq_format){.struct_size = sizeof(lq_format), .media = o->out->items[i].media, .codec = o->out->items[i].codec};
	return r;
}

/* The formats that may come to a node behind `from`: of a track, of a codec or filter, of a source. */
static void find_known(const builder *b, lq_node *from, const char *port, known *out)
{
	out->n = 0;
	out->is_offer = from && from->desc->kind == LQ_KIND_CAPTURE;
	if (!from)
		return;
	if (from->desc->kind == LQ_KIND_TRANSPORT && b->config->in_format)
		out->items[out->n++] = *b->config->in_format;
	else if (from->desc->kind == LQ_KIND_CODEC || from->desc->kind == LQ_KIND_FILTER)
		out->n = !lq__node_call(from, sent_on_loop, out->items);
	else if (from->desc->kind == LQ_KIND_CAPTURE)
		lq__node_call(from, offers_on_loop, &(offer){port, out});
}

/* Does the first input of this media take this one? */
static int check_one(builder *b, lq_node *node, const lq_format *fmt, const char *place, lq_diag *diag)
{
	asking a = {.fmt = fmt};
	char name[LQ__FORMAT_TEXT_MAX];
	const lq_node_desc *d = node->desc;
	while (a.row < d->n_ports && (d->ports[a.row].direction != LQ_IN || (d->ports[a.row].media && d->ports[a.row].media != fmt->media)))
		a.row++;
	if (a.row < d->n_ports && d->ports[a.row].flags & LQ_PORT_MANY)
		return 0; /* its ports are made by links: seen at start */
	snprintf(a.takes, sizeof a.takes, "no %s", lq__media_name(fmt->media));
	if (a.row < d->n_ports && !lq__node_call(node, ask_on_loop, &a))
		return 0;
	return lq_diag_add(diag, LQ_EFORMAT, place, "%s does not take %s; it takes %s", d->id, lq__format_text(fmt, name, sizeof name), a.takes);
}

static int check_fit(builder *b, lq_node *node, const known *k, const char *place, lq_diag *diag)
{
	lq_diag *reasons = lq_diag_create();
	int r = reasons ? LQ_EFORMAT : LQ_ENOMEM;
	for (uint32_t i = 0; r && reasons && i < k->n; i++)
		r = check_one(b, node, &k->items[i], place, reasons);
	for (size_t i = 0; r && i < lq_diag_count(reasons); i++)
		lq_diag_add(diag, lq_diag_code(reasons, i), NULL, "%s", lq_diag_text(reasons, i));
	lq_diag_destroy(reasons);
	return r;
}

/* Override `i` when it is for this node, else NULL. */
static const lq_profile_override *override_of(const builder *b, const json_t *json, size_t i)
{
	const lq_node_desc *desc = lq__node_known(b->graph->config.registry, json);
	return desc && b->config->overrides[i].kind == desc->kind ? &b->config->overrides[i] : NULL;
}

/* The one whose `use` counts; NULL: the profile's does. */
static const lq_profile_override *other_use(const builder *b, const json_t *json)
{
	const lq_profile_override *over, *found = NULL;
	for (size_t i = 0; i < b->config->n_overrides; i++)
		if ((over = override_of(b, json, i)) && over->use)
			found = over;
	return found;
}

static int fill_params(const builder *b, const json_t *json, const lq_node_desc *desc, lq__param_list *list)
{
	const lq_profile_override *over = other_use(b, json);
	int r = over && !over->keeps ? 0 : lq__param_list_fill(b->graph->config.registry, json, desc, list);
	for (size_t i = 0; !r && i < b->config->n_overrides; i++)
		r = lq__param_list_lay(override_of(b, json, i), desc, list);
	return r;
}

/* One alternative of `use`. */
static int try_use(builder *b, const char *use, const char *name, const char *place, const char *use_place, const json_t *json, const known *fmt,
                   lq_diag *diag, lq_node **out)
{
	const lq_registry *reg = b->graph->config.registry;
	char params[PATH_ROOM + 8], full[200];
	lq_node_info info;
	int isolate = lq__node_is_isolated(json);
	int r = isolate ? lq__registry_describe(reg, use, use_place, diag, &info) : lq_registry_find(reg, use, use_place, diag, &info);
	if (r)
		return r;
	lq__param_list *list = lq__calloc(1, sizeof *list);
	char *dir = base_dir(b, place), *loop = lq__strdup(lq__node_loop(b->profile, b->config->graph_name, name));
	if (!list || !dir || !loop || fill_params(b, json, info.desc, list)) {
		r = lq_diag_add(diag, LQ_ENOMEM, place, "%s", lq_error_text(LQ_ENOMEM));
	} else {
		snprintf(params, sizeof params, "%s.params", place);
		snprintf(full, sizeof full, "%.120s/%.63s", b->config->group, name);
		lq_node_config config = {.name = full, .use = use, .loop = loop, .group = b->config->group, .base_dir = dir,
		                         .params = list->items, .n_params = list->n, .isolate = isolate};
		r = lq__params_resolve(info.desc, list->items, list->n, dir, params, diag, NULL);
		if (!r)
			r = lq_graph_add_node(b->graph, &config, use_place, diag, out);
	}
	lq__free(list);
	lq__free(dir);
	lq__free(loop);
	if (!r && fmt->n && (r = check_fit(b, *out, fmt, use_place, diag)))
		lq__graph_drop_node(*out);
	return r;
}

static void tell_all(builder *b, const char *place, const lq_diag *reasons, size_t n)
{
	if (n > 1)
		lq_diag_add(b->diag, lq_diag_code(reasons, 0), place, "none of the %zu alternatives can be used here", n);
	for (size_t i = 0; i < lq_diag_count(reasons); i++)
		lq_diag_add(b->diag, lq_diag_code(reasons, i), NULL, "%s", lq_diag_text(reasons, i));
}

/* Tries the alternatives in their order. All reasons are told when none can be used. */
static int make_node(builder *b, const char *name, const json_t *json, const known *fmt, lq_node **out)
{
	char place[PATH_ROOM], use[PATH_ROOM + 24];
	const char *uses[MAX_ALTERNATIVES];
	size_t n = lq__node_uses(json, uses);
	const lq_profile_override *over = other_use(b, json);
	lq_diag *reasons = lq_diag_create();
	const known nothing = {.n = 0};
	int r = LQ_ENOENT;
	snprintf(place, sizeof place, "graphs.%s.nodes.%s", b->config->graph_name, name);
	if (!reasons)
		return no_memory(b, place);
	if (over) {
		uses[0] = over->use;
		n = 1;
	}
	if (b->n_made == MAX_MADE)
		r = lq_diag_add(reasons, LQ_EFULL, place, "more than %d nodes", MAX_MADE);
	for (size_t i = 0; r && i < n && b->n_made < MAX_MADE; i++) {
		fmt = n == 1 && fmt->is_offer ? &nothing : fmt;
		snprintf(use, sizeof use, n > 1 ? "%s.use[%zu]" : "%s.use", place, i);
		r = try_use(b, uses[i], name, place, use, json, fmt, reasons, out);
		if (r && i + 1 < n)
			lq_log(LQ_LOG_DEBUG, "profile", "%s is not used: %s", uses[i], lq_diag_text(reasons, lq_diag_count(reasons) - 1));
		if (r == LQ_ENOMEM)
			break;
	}
	if (r)
		tell_all(b, place, reasons, n);
	else
		b->made[b->n_made++] = *out;
	lq_diag_destroy(reasons);
	return r;
}

/* The node of a chain's element: this group's, made when it comes first; else that of the group "shared". */
static int get_node(builder *b, const char *place, const char *name, const known *fmt, lq_node **out)
{
	char full[200];
	const char *home;
	const json_t *json = lq__profile_node(b->profile, b->config->graph_name, name, &home);
	int is_own = !strcmp(home, b->config->graph_name);
	snprintf(full, sizeof full, "%.120s/%.63s", is_own ? b->config->group : SHARED, name);
	*out = lq_graph_find(b->graph, full);
	if (*out)
		return 0;
	if (!is_own)
		return lq_diag_add(b->diag, LQ_ESTATE, place, "node \"%s\" is in graph \"%s\", which is not built yet", name, SHARED);
	return make_node(b, name, json, fmt, out);
}

/* Chains that begin at one track of a transport share its port. */
static lq__port *shared_port(const builder *b, const lq_node *node, uint32_t row)
{
	for (size_t i = 0; i < b->n_outs; i++)
		if (b->outs[i].node == node && b->outs[i].row == row)
			return b->outs[i].port;
	return NULL;
}

static int link_nodes(builder *b, const char *place, lq_node *from, const lq__element *a, int is_first, lq_node *to, const lq__element *e)
{
	uint32_t out, in;
	lq_link *link;
	lq_queue_config queue;
	int has_queue = !lq__queue_find(b->json, a, e, &queue), is_track = from->desc->kind == LQ_KIND_TRANSPORT;
	int r = lq__connect_rows(from->desc, lq__out_name(from->desc, a, is_first), to->desc, *e->port ? e->port : NULL, place, b->diag, &out, &in);
	if (r)
		return r;
	if (b->n_links == MAX_MADE)
		return lq_diag_add(b->diag, LQ_EFULL, place, "more than %d links", MAX_MADE);
	lq__port *port = is_track ? shared_port(b, from, out) : NULL;
	r = lq__graph_link_rows(b->graph, from, out, port, to, in, has_queue ? &queue : NULL, place, b->diag, &link);
	if (r)
		return r;
	b->links[b->n_links++] = link;
	if (strcmp(from->group, b->config->group) && strcmp(to->group, b->config->group) && !(link->bridge = lq__strdup(b->config->group)))
		return no_memory(b, place);
	if (!is_track || port)
		return 0;
	b->outs[b->n_outs++] = (taken){from, out, link->out};
	return b->config->in_format ? lq__link_fix_format(link, b->config->in_format, b->diag) : 0;
}

static int build_chain(builder *b, size_t index, const json_t *chain)
{
	char place[PATH_ROOM];
	lq_node *from = NULL, *to;
	lq__element before, e;
	known fmt;
	for (size_t i = 0; i < json_array_size(chain); i++) {
		snprintf(place, sizeof place, "graphs.%s.chains[%zu][%zu]", b->config->graph_name, index, i);
		lq__element_parse(json_string_value(json_array_get(chain, i)), &e);
		find_known(b, from, from ? lq__out_name(from->desc, &before, i == 1) : NULL, &fmt);
		int r = get_node(b, place, e.node, &fmt, &to);
		if (!r && i)
			r = link_nodes(b, place, from, &before, i == 1, to, &e);
		if (r)
			return r;
		from = to;
		before = e;
	}
	return 0;
}

/* Nothing of a build that failed stays. */
static void take_back(builder *b)
{
	while (b->n_links)
		lq__link_destroy(b->links[--b->n_links]);
	while (b->n_made)
		lq__graph_drop_node(b->made[--b->n_made]);
}

static int is_in_a_chain(const builder *b, const char *name)
{
	size_t i, k;
	json_t *chain, *item;
	lq__element e;
	json_array_foreach(json_object_get(b->json, "chains"), i, chain)
		json_array_foreach(chain, k, item)
			if (!lq__element_parse(json_string_value(item), &e) && !strcmp(e.node, name))
				return 1;
	return 0;
}

/* Nodes that only chains of other graphs mention, like the transport among the shared ones. */
static int build_loose_nodes(builder *b, size_t *kept)
{
	const char *name;
	json_t *node;
	json_object_foreach(json_object_get(b->json, "nodes"), name, node) {
		lq_node *made;
		if (is_in_a_chain(b, name))
			continue;
		++*kept;
		int r = get_node(b, "", name, &(known){.n = 0}, &made);
		if (r)
			return r;
	}
	return 0;
}

static int build(builder *b)
{
	size_t i, kept = 0;
	json_t *chain;
	int r = make_loops(b);
	if (!r)
		r = build_loose_nodes(b, &kept);
	json_array_foreach(json_object_get(b->json, "chains"), i, chain) {
		uint32_t media = lq__chain_media(b->profile, b->graph->config.registry, b->config->graph_name, chain);
		if (r || (b->media && media && media != b->media))
			continue;
		kept++;
		r = build_chain(b, i, chain);
	}
	if (!r && !kept) {
		char place[PATH_ROOM];
		snprintf(place, sizeof place, "graphs.%s", b->config->graph_name);
		r = lq_diag_add(b->diag, LQ_ENOENT, place, "no chain for %s", lq__media_name(b->media));
	}
	if (r)
		take_back(b);
	return r;
}

static int no_graph(const lq_profile *p, const char *name, lq_diag *diag)
{
	lq__nearest near = {0};
	const char *key;
	json_t *value;
	json_object_foreach(json_object_get(p->json, "graphs"), key, value)
		lq__nearest_try(&near, name, key);
	if (near.best)
		return lq_diag_add(diag, LQ_ENOENT, p->layers[0].file, "there is no graph \"%s\"; did you mean \"%s\"?", name, near.best);
	return lq_diag_add(diag, LQ_ENOENT, p->layers[0].file, "there is no graph \"%s\"", name);
}

int lq_profile_build(const lq_profile *profile, lq_graph *graph, const lq_profile_build_config *config, lq_diag *diag)
{
	if (!profile || !graph || !config || !config->graph_name || !config->group)
		return lq_diag_add(diag, LQ_EINVAL, NULL, "a graph's name and a group are needed");
	const json_t *json = lq__profile_graph(profile, config->graph_name);
	if (!json)
		return no_graph(profile, config->graph_name, diag);
	builder *b = lq__calloc(1, sizeof *b);
	lq_diag *own = lq_diag_create();
	int r = LQ_ENOMEM;
	if (b && own) {
		*b = (builder){.profile = profile, .graph = graph, .config = config, .json = json, .diag = own,
		               .media = config->media ? config->media : config->in_format ? config->in_format->media : 0};
		r = build(b);
		lq__profile_name_files(profile, own, diag);
	}
	lq_diag_destroy(own);
	lq__free(b);
	return r;
}
