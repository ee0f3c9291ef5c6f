/* The registry's inside, shared by registry.c (taking in), scan.c (folders) and find.c (choosing, loading). */
#ifndef LQ_PLUGIN_REGISTRY_H
#define LQ_PLUGIN_REGISTRY_H

#include <loquat/registry.h>

#include "plugin/image.h"

typedef struct lq__entry {
	const lq_plugin *plugin; /* the plugin's own once it is in the program, until then the image's; NULL: not usable, see reason */
	lq__image *image;        /* lives on when the plugin is loaded: someone may hold its descriptors */
	char *file, *reason;
	int code;
	int is_loaded; /* in the program, and acquired */
} lq__entry;

struct lq_registry {
	lq__entry *entries;
	size_t n, room;
	lq_node_info *nodes; /* sorted by id, then rank (highest first), then plugin */
	size_t n_nodes;
};

/* A copy of ours of the file's full path. One that is not there keeps its name, for the message. NULL: no memory. */
char *lq__full_path(const char *file);
int lq__registry_knows(const lq_registry *reg, const char *path);

/* Takes in what was learned about a file, and owns the file's name and the image from now on. Returns 0, or the code with which it is listed as
 * broken (its own, or LQ_EEXIST: the name is taken) and the reason in text, or LQ_ENOMEM: not listed. */
int lq__registry_take(lq_registry *reg, lq__entry *found, char *text, size_t size);

/* What a wish ("codec.h264.enc", "codec.h264.enc@ffmpeg") may mean, without loading anything: the description of candidate `i`, the best first, and
 * its plugin's file (NULL: built in). LQ_END behind the last. */
int lq__registry_candidate(const lq_registry *reg, const char *use, size_t i, lq_node_info *out, const char **file);
/* The first candidate; where there is none, the message that lq_registry_find has for that. */
int lq__registry_describe(const lq_registry *reg, const char *use, const char *place, lq_diag *diag, lq_node_info *out);

/* Loads a described plugin into the program, and puts its own descriptors in the place of the description. The reason of a failure goes to text,
 * and the description stays. */
int lq__entry_load(const lq_registry *reg, lq__entry *entry, char *text, size_t size);

#endif
