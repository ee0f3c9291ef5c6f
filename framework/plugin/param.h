/* Parameters: from the text of a profile to the checked and completed values that a node gets. [control] */
#ifndef LQ_PLUGIN_PARAM_H
#define LQ_PLUGIN_PARAM_H

#include <loquat/diag.h>
#include <loquat/graph.h> /* lq_param_text */
#include <loquat/plugin/node.h>

/* values[i] belongs to row i of desc->params. Strings live as long as this. */
typedef struct lq__params {
	const lq_node_desc *desc;
	lq_value *values;
	uint32_t n;
	char **strings; /* copies that values point to */
	char **texts;   /* what was given, NULL where the default holds */
} lq__params;

/* Parses and checks `texts` and fills in defaults. Every error is reported as "<place>.<name>: reason (id)"; returns the first one's code.
 * base_dir (NULL: the working folder) is where relative FILE parameters are. out may be NULL to check only. */
int lq__params_resolve(const lq_node_desc *desc, const lq_param_text *texts, size_t n, const char *base_dir, const char *place, lq_diag *diag,
                       lq__params **out);
void lq__params_destroy(lq__params *params); /* NULL is fine */

/* Changes one value by name; the old one stays on failure. With `runtime` set only RUNTIME parameters are allowed, else LQ_ESTATE.
 * *index is the row. */
int lq__params_set(lq__params *params, const char *name, const char *text, int runtime, const char *base_dir, const char *place, lq_diag *diag,
                   uint32_t *index);

/* The row of a name; LQ_ENOENT with the nearest known name in diag. */
int lq__param_find(const lq_node_desc *desc, const char *name, const char *place, lq_diag *diag, uint32_t *index);

/* 0 when the table is sound: names, types, choices, bounds, and defaults that parse and lie in range. Else the reason goes to text. */
int lq__param_table_check(const lq_node_desc *desc, char *text, size_t size);

#endif
