/* The profile reader's insides. A profile is its merged JSON and the layers that it was merged from, which say what file a place comes from. */
#ifndef LQ_PROFILE_PROFILE_H
#define LQ_PROFILE_PROFILE_H

#include <loquat/log.h>
#include <loquat/profile.h>

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/nearest.h"

#define MAX_LAYERS 16          /* of `extends` and patches */
#define MAX_FILE (1024 * 1024) /* bytes */
#define MAX_ALTERNATIVES 16    /* entries of `use` */
#define MAX_PARAMS 128         /* of one node */
#define PATH_ROOM 512
#define SHARED "shared"

typedef struct lq__layer {
	char *file;
	json_t *json;
} lq__layer;

struct lq_profile {
	char *name;
	json_t *json;
	lq__layer layers[MAX_LAYERS]; /* the file itself first, what it extends behind it */
	size_t n_layers;
};

/* load.c */
int lq__profile_read(const char *file, lq_diag *diag, json_t **out);

/* merge.c */
int lq__profile_merge(json_t *target, json_t *patch);

/* structure.c: keys and types of one layer; nulls are allowed where it lies upon another one */
void lq__profile_structure(const json_t *root, const char *file, int is_patch, lq_diag *diag);

/* refer.c: what the merged profile's parts say of each other */
void lq__profile_refer(const lq_profile *profile, lq_diag *diag);

/* place.c */
const char *lq__profile_file_of(const lq_profile *profile, const char *path);
void lq__profile_name_files(const lq_profile *profile, const lq_diag *from, lq_diag *to);

/* look.c: reading the merged profile */
typedef struct lq__element {
	char node[64];
	char port[64]; /* empty: not said */
} lq__element;
int lq__element_parse(const char *text, lq__element *out);
const json_t *lq__profile_graph(const lq_profile *profile, const char *graph);
const json_t *lq__profile_node(const lq_profile *profile, const char *graph, const char *node, const char **home);
size_t lq__node_uses(const json_t *node, const char *uses[MAX_ALTERNATIVES]);
int lq__node_is_isolated(const json_t *node);
const char *lq__node_loop(const lq_profile *profile, const char *graph, const char *node);
int lq__queue_find(const json_t *graph, const lq__element *from, const lq__element *to, lq_queue_config *out);
int lq__queue_key_parse(const char *key, lq__element *from, lq__element *to);
uint32_t lq__queue_policy_parse(const char *name);
int lq__registry_by_id(const lq_registry *registry, const char *use, lq_node_info *out);
const lq_node_desc *lq__node_known(const lq_registry *registry, const json_t *node);
uint32_t lq__chain_media(const lq_profile *profile, const lq_registry *registry, const char *graph, const json_t *chain);

const char *lq__out_name(const lq_node_desc *desc, const lq__element *e, int is_first);

/* params.c: the parameters of a node for one of its alternatives, as text */
typedef struct lq__param_list {
	lq_param_text items[MAX_PARAMS];
	char numbers[MAX_PARAMS][32];
	size_t n;
} lq__param_list;
int lq__param_list_fill(const lq_registry *registry, const json_t *node, const lq_node_desc *desc, lq__param_list *out);
/* Lays an override's parameters over them; `over` NULL: none. */
int lq__param_list_lay(const lq_profile_override *over, const lq_node_desc *desc, lq__param_list *list);

#endif
