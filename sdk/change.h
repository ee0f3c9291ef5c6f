/* Changes of a stream's graph while it runs: one request, from the API to the media thread. */
#ifndef LQ_SDK_CHANGE_H
#define LQ_SDK_CHANGE_H

#include <loquat/graph.h>
#include <loquat/loquat.h>

enum { LQ__SETTINGS_MAX = 64 };

typedef enum lq__change_type { LQ__CHANGE_SWAP, LQ__CHANGE_INSERT, LQ__CHANGE_TAKE_OUT, LQ__CHANGE_SOURCE, LQ__CHANGE_SPEAKER } lq__change_type;

/* Copies of the app's texts. */
typedef struct lq__change {
	lq__change_type type;
	char *node, *use, *name; /* use: NULL where it stays; name: of an inserted node, or a device's id */
	lq_param_text settings[LQ__SETTINGS_MAX];
	uint32_t n_settings;
	struct lq__chosen *before; /* of a device: what was chosen until then */
} lq__change;

void lq__change_free(lq__change *c); /* NULL is fine */

#endif
