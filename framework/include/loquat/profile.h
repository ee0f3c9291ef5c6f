/* Profiles: a JSON file that says which nodes make up a call and how they are linked. docs/profiles.md is the format.
 * All functions are [control]. */
#ifndef LOQUAT_PROFILE_H
#define LOQUAT_PROFILE_H

#include <loquat/api.h>
#include <loquat/graph.h>

LQ_API_BEGIN

typedef struct lq_profile lq_profile;

/* Reads and merges (`extends`, RFC 7386). `name` is a path, or a bare name looked for in LQ_PROFILE_PATH and the installation's
 * folder ("communication"). All syntax and structure errors go to diag. */
int lq_profile_load(const char *name, lq_diag *diag, lq_profile **out);
/* The same from memory; `origin` stands for the file in messages. */
int lq_profile_parse(const char *text, size_t size, const char *origin, lq_diag *diag, lq_profile **out);
void lq_profile_destroy(lq_profile *profile); /* NULL is fine */
const char *lq_profile_name(const lq_profile *profile);

/* Lays a JSON Merge Patch over the profile ("{"graphs":{"publish":{…}}}"), as `extends` does. */
int lq_profile_patch(lq_profile *profile, const char *json, const char *origin, lq_diag *diag);

/* Checks everything against a registry: nodes known, parameters known and in range, ports known, chains complete. No device is
 * opened. Reports all errors; returns the first one's code. */
int lq_profile_check(const lq_profile *profile, const lq_registry *registry, lq_diag *diag);

/* Loads the plugins that the profile names now, so that the first build need not. That one cannot be loaded is told then. */
void lq_profile_load_plugins(const lq_profile *profile, lq_registry *registry);

/* What a node of a graph has for a parameter, as text. LQ_ENOENT: nothing is said; LQ_ENOSPACE. */
int lq_profile_param(const lq_profile *profile, const char *graph, const char *node, const char *param, char *out, size_t size);
/* The queue between two nodes of a graph's chain. LQ_ENOENT: none is said. */
int lq_profile_queue(const lq_profile *profile, const char *graph, const char *from, const char *to, lq_queue_config *out);

/* The merged profile as JSON; free() it. */
char *lq_profile_json(const lq_profile *profile);

/* A JSON Schema (draft 2020-12) of profiles as the registry's plugins make them: the nodes' ids, their parameters with types and ranges. free() it.
 * NULL: no memory. */
char *lq_profile_schema(const lq_registry *registry);

/* Adds one of the profile's graphs ("shared", "publish", "subscribe", or any other name) to a graph as group `group`. Its nodes are named
 * "group/node"; nodes that it does not define itself are looked up in group "shared". `media` (LQ_MEDIA_*) keeps only the chains for that
 * media, LQ_MEDIA_NONE all. Does not start it. A list in `use` is tried in order until one can be made and takes the format. */
typedef struct lq_profile_override lq_profile_override;
typedef struct lq_profile_build_config {
	const char *graph_name;
	const char *group;
	uint32_t media;
	const lq_format *in_format; /* for chains that start at a transport: the format that will come; NULL unknown */
	const lq_profile_override *overrides;
	size_t n_overrides;
} lq_profile_build_config;

/* What is laid over the profile for one build, for all nodes of one kind that it makes: parameters, which those nodes get that have them. With `use` that
 * one takes the place of the profile's, and has these parameters alone (with `keeps`, those of the profile's that it knows as well). Of several for a kind all
 * count in their order, and the last `use`. */
struct lq_profile_override {
	uint32_t kind;   /* LQ_KIND_* */
	const char *use; /* NULL: as the profile says */
	const lq_param_text *params;
	size_t n_params;
	int keeps;
};
int lq_profile_build(const lq_profile *profile, lq_graph *graph, const lq_profile_build_config *config, lq_diag *diag);

/* What would be negotiated here: makes the nodes of all graphs, starts none, and tells the format of each link. Uses no device and no network. LQ_EFORMAT
 * with the reason in diag where two ends have no format in common. What cannot be made here (no such device, a file that is not there) is left out,
 * and its reason goes to notes. */
int lq_profile_negotiate(const lq_profile *profile, lq_registry *registry, lq_graph_link_fn fn, void *arg, lq_diag *notes, lq_diag *diag);

LQ_API_END
#endif
