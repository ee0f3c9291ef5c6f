/* Pictures beside the way that the profile gives them: windows of views, the mirror, snapshots. Windows and snapshots are groups of their own, "view/…" and
 * "snapshot/…", which hang on a track's raw picture and are drawn on the loop "view", so that a slow screen holds nothing up. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>

#include "media_private.h"

enum { NAME_MAX_BYTES = LQ__GROUP_MAX + 64, PARAMS = 4 };

static const char *const scales[] = {"fit", "stretch", "crop"};

/* Adds a renderer to a track's raw picture, as a group of its own, and starts it. */
static int hang(lq__media *m, const lq__media_track *t, const char *group, const char *node, const char *use, const lq_param_text *params, size_t n,
                lq_diag *diag)
{
	char name[NAME_MAX_BYTES];
	lq_node *made;
	lq_link *raw = lq__media_raw(m, t);
	if (!raw)
		return lq_diag_add(diag, LQ_ENOENT, group, "the stream has no raw picture here");
	snprintf(name, sizeof name, "%s/%s", group, node);
	int r = lq_graph_loop(m->graph, "view", 0);
	lq_node_config nc = {.name = name, .use = use, .loop = "view", .group = group, .params = params, .n_params = n};
	if (r || (r = lq_graph_add_node(m->graph, &nc, name, diag, &made)))
		return r;
	r = lq_graph_link(m->graph, lq_link_from(raw), lq__out_port_name(raw), made, "in", NULL, name, diag, NULL);
	if (!r)
		r = lq_graph_start(m->graph, group, diag);
	if (r)
		lq_graph_remove(m->graph, group);
	return r;
}

/* ---- windows ---- */

static void view_group(const lq__media_track *t, char out[NAME_MAX_BYTES])
{
	char group[LQ__GROUP_MAX];
	lq__group_name(t, group);
	snprintf(out, NAME_MAX_BYTES, LQ__VIEW_PREFIX "%s", group);
}

static const char *title_of(const lq__entry *e, const lq__binding *b, char *room, size_t size)
{
	if (*b->title)
		return b->title;
	snprintf(room, size, "%.100s, %s", lq__is_local(&e->track) ? "Myself" : e->track.user, lq__stream_label(e->track.stream));
	return room;
}

static int open_window(lq__media *m, lq__entry *e, const lq__binding *b, lq_diag *diag)
{
	char group[NAME_MAX_BYTES], title[128], window[24];
	view_group(&e->track, group);
	snprintf(window, sizeof window, "%" PRIu64, b->window);
	const lq_param_text params[PARAMS] = {
		{"scale", scales[b->scale]},
		{"mirror", b->flip ? "true" : "false"},
		b->window ? (lq_param_text){"window", window} : (lq_param_text){"title", title_of(e, b, title, sizeof title)},
	};
	int r = hang(m, &e->track, group, "window", b->window ? "render.xwindow" : "render.window", params, 3, diag);
	if (!r)
		e->shown = *b;
	return r;
}

static int change_window(lq__media *m, lq__entry *e, const lq__binding *b, lq_diag *diag)
{
	char group[NAME_MAX_BYTES], title[128];
	view_group(&e->track, group);
	strncat(group, "/window", sizeof group - strlen(group) - 1);
	lq_node *node = lq_graph_find(m->graph, group);
	int r = node ? lq_node_set_param(node, "scale", scales[b->scale], group, diag) : LQ_ENOENT;
	if (!r)
		r = lq_node_set_param(node, "mirror", b->flip ? "true" : "false", group, diag);
	if (!r && !b->window && strcmp(b->title, e->shown.title))
		r = lq_node_set_param(node, "title", title_of(e, b, title, sizeof title), group, diag);
	if (!r)
		e->shown = *b;
	return r;
}

void lq__media_unview(lq__media *m, lq__entry *e)
{
	char group[NAME_MAX_BYTES];
	if (!e->shown.drawn)
		return;
	view_group(&e->track, group);
	lq_graph_remove(m->graph, group);
	e->shown = (lq__binding){0};
}

/* The profile's own renderers of this track, behind the decoder and what may lie between. */
static void quiet(lq__media *m, lq_node *node, const char *group, int depth, lq_diag *diag)
{
	lq_link *l;
	for (uint32_t i = 0; depth < 4 && (l = lq_node_link(node, LQ_OUT, i)); i++) {
		lq_node *to = lq_link_to(l);
		const lq_node_desc *d = lq_node_descriptor(to);
		if (!lq__in_group(to, group) || !strcmp(d->id, LQ__TAP_ID))
			continue;
		if (d->kind != LQ_KIND_RENDERER) {
			quiet(m, to, group, depth + 1, diag);
			continue;
		}
		if (lq_node_change(to, &(lq_node_config){.use = LQ__TAP_ID}, lq_node_name(to), diag))
			lq_log(LQ_LOG_WARNING, "sdk", "%s goes on beside the view", lq_node_name(to));
		lq_diag_clear(diag);
		return quiet(m, node, group, depth, diag); /* the links have changed */
	}
}

int lq__media_view(lq__media *m, const lq__media_track *t, lq_diag *diag)
{
	char group[LQ__GROUP_MAX];
	lq__binding b;
	lq__entry *e = lq__media_find(m, t);
	if (!e || t->kind != LQ_VIDEO)
		return 0;
	lq__views_binding(m->config.views, t->user, t->stream, &b);
	lq__group_name(t, group);
	lq_node *decoder = b.bound && !lq__is_local(t) ? lq__media_codec(m, group, 0) : NULL;
	if (decoder)
		quiet(m, decoder, group, 0, diag);
	if (e->shown.drawn && (!b.drawn || b.hidden || b.window != e->shown.window))
		lq__media_unview(m, e);
	if (!b.drawn || b.hidden)
		return 0;
	return e->shown.drawn ? change_window(m, e, &b, diag) : open_window(m, e, &b, diag);
}

/* ---- the mirror ---- */

static lq_node *capture_of(lq__media *m, const char *group)
{
	lq_node *n = lq__media_codec(m, group, 1);
	lq_link *l;
	while (n && lq_node_descriptor(n)->kind != LQ_KIND_CAPTURE)
		n = (l = lq_node_link(n, LQ_IN, 0)) ? lq_link_from(l) : NULL;
	return n;
}

int lq__media_mirror_entry(lq__media *m, lq__entry *e, lq_diag *diag)
{
	char group[LQ__GROUP_MAX], name[NAME_MAX_BYTES];
	lq__group_name(&e->track, group);
	snprintf(name, sizeof name, "%s/mirror", group);
	lq_node *there = lq_graph_find(m->graph, name);
	int wanted = e->track.stream != LQ_STREAM_SUB && lq__views_mirror(m->config.views) == LQ_MIRROR_RENDER_AND_ENCODE;
	if (wanted == (there != NULL))
		return 0;
	if (there)
		return lq_node_take_out(there, "mirror", diag);
	lq_node *capture = capture_of(m, group);
	if (!capture)
		return lq_diag_add(diag, LQ_ENOTSUP, group, "the source brings no raw picture that could be mirrored");
	return lq_node_insert_behind(capture, NULL, &(lq_node_config){.name = name, .use = LQ__MIRROR_ID, .group = group}, "mirror", diag);
}

int lq__media_mirror(lq__media *m, const lq__media_track *t, lq_diag *diag)
{
	lq__entry *e = lq__media_find(m, t);
	if (!e || t->kind != LQ_VIDEO || !lq__is_local(t))
		return 0;
	int r = lq__media_mirror_entry(m, e, diag);
	return r ? r : lq__media_view(m, t, diag); /* it is turned the other way */
}

/* ---- snapshots ---- */

static void snapshot_group(uint32_t id, char out[NAME_MAX_BYTES])
{
	snprintf(out, NAME_MAX_BYTES, LQ__SNAPSHOT_PREFIX "%" PRIu32, id);
}

int lq__media_snapshot(lq__media *m, const lq__media_track *t, uint32_t id, const char *path, lq_diag *diag)
{
	char group[NAME_MAX_BYTES];
	const lq_param_text params[] = {{"file", path}, {"mode", "first"}};
	if (!lq__media_find(m, t))
		return lq_diag_add(diag, LQ_ENOENT, NULL, "the stream does not run: it is neither published, previewed nor subscribed");
	snapshot_group(id, group);
	return hang(m, t, group, "file", "render.snapshot", params, 2, diag);
}

void lq__media_snapshot_end(lq__media *m, uint32_t id)
{
	char group[NAME_MAX_BYTES];
	snapshot_group(id, group);
	lq_graph_remove(m->graph, group);
}
