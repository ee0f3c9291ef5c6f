/* A profile with what a command line asks for laid over it. */
#ifndef LQ_TOOLS_OVERLAY_H
#define LQ_TOOLS_OVERLAY_H

#include <jansson.h>
#include <loquat/diag.h>

typedef struct overlay {
	json_t *before, *now; /* the profile as it was, and as it is to be */
} overlay;

/* A profile by name or path. 0, or a negative LQ_E* after messages in diag. */
int overlay_open(overlay *o, const char *profile, lq_diag *diag);
/* The JSON Merge Patch that makes the one of the other; free() it. NULL: no memory. */
char *overlay_patch(overlay *o);
void overlay_close(overlay *o);

json_t *overlay_graph(const overlay *o, const char *name); /* NULL: there is none */

/* These take the reference to a value. */
void overlay_node(json_t *graph, const char *name, json_t *node);
void overlay_param(json_t *graph, const char *node, const char *param, json_t *value);
void overlay_chain(json_t *graph, json_t *chain);

/* Files in a profile are relative to the profile; on the command line they are relative to where one is. */
json_t *overlay_path(const char *file);

#endif
