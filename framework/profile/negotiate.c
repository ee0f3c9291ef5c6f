/* lq_profile_negotiate: which formats a profile's links would get, found by nodes that are made and not started. */
#include "profile/profile.h"

typedef struct trial {
	const lq_profile *profile;
	lq_graph *graph;
	lq_diag *notes, *diag;
	int result;
} trial;

/* Formats that do not meet are the profile's fault; all else is this machine's. */
static void tell(trial *t, int code, const lq_diag *own, const char *graph)
{
	char place[PATH_ROOM];
	lq_diag *to = code == LQ_EFORMAT ? t->diag : t->notes;
	if (code == LQ_EFORMAT || code == LQ_ENOMEM)
		t->result = t->result ? t->result : code;
	snprintf(place, sizeof place, "%s: graphs.%s", t->profile->layers[0].file, graph);
	for (size_t i = 0; i < lq_diag_count(own); i++) {
		const char *text = lq_diag_text(own, i);
		const char *file = t->profile->layers[0].file;
		int is_placed = !strncmp(text, file, strlen(file)) || strstr(text, ".json: ");
		lq_diag_add(to, lq_diag_code(own, i), is_placed ? NULL : place, "%s", text);
	}
}

static int build(trial *t, const char *graph, uint32_t media)
{
	lq_diag *own = lq_diag_create();
	int r = lq_profile_build(t->profile, t->graph, &(lq_profile_build_config){.graph_name = graph, .group = graph, .media = media}, own);
	if (r && (!media || r == LQ_EFORMAT))
		tell(t, r, own, graph);
	lq_diag_destroy(own);
	return r;
}

/* Where all cannot be made, sound may be without pictures and pictures without sound. */
static void try_graph(trial *t, const char *graph)
{
	int whole = build(t, graph, LQ_MEDIA_NONE);
	if (whole && whole != LQ_EFORMAT) {
		build(t, graph, LQ_MEDIA_AUDIO);
		build(t, graph, LQ_MEDIA_VIDEO);
	}
	lq_diag *own = lq_diag_create();
	int r = lq_graph_negotiate(t->graph, graph, own);
	if (r)
		tell(t, r, own, graph);
	lq_diag_destroy(own);
}

int lq_profile_negotiate(const lq_profile *profile, lq_registry *registry, lq_graph_link_fn fn, void *arg, lq_diag *notes, lq_diag *diag)
{
	trial t = {.profile = profile, .notes = notes, .diag = diag};
	lq_clock *clock = lq_clock_virtual(0); /* nothing runs */
	const char *name;
	json_t *graph, *graphs = json_object_get(profile->json, "graphs");
	int r = clock ? lq_graph_create(&(lq_graph_config){.registry = registry, .clock = clock}, &t.graph) : LQ_ENOMEM;
	if (!r) {
		if (json_object_get(graphs, SHARED))
			try_graph(&t, SHARED);
		json_object_foreach(graphs, name, graph)
			if (strcmp(name, SHARED))
				try_graph(&t, name);
		lq_graph_links(t.graph, fn, arg);
		r = t.result;
	}
	lq_graph_destroy(t.graph);
	lq_clock_destroy(clock);
	return r;
}
