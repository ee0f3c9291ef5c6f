/* A plugin's static data as bytes and back: what the scanner sends and the cache keeps, so that a plugin can be described without being in the
 * program. */
#ifndef LQ_PLUGIN_IMAGE_H
#define LQ_PLUGIN_IMAGE_H

#include <loquat/plugin/plugin.h>

#include "plugin/bytes.h"

void lq__image_write(lq__bytes *out, const lq_plugin *plugin); /* of a checked plugin */

typedef struct lq__image lq__image;

/* Rebuilds the descriptors, without ops, init and exit. Whatever the bytes are, what comes out passes lq__plugin_check_static. LQ_EPARSE:
 * these are no image. The bytes are copied. */
int lq__image_read(const uint8_t *data, size_t size, lq__image **out);
const lq_plugin *lq__image_plugin(const lq__image *image);
void lq__image_destroy(lq__image *image); /* NULL is fine */

/* What is learned about a file: a description, or a reason. */
enum { LQ__KEEP_NO = 0, LQ__KEEP = 1, LQ__KEEP_A_DAY = 2 }; /* may the cache keep it? */
typedef struct lq__finding {
	int code;         /* 0, or LQ_E* with the reason in text */
	uint32_t keep;    /* LQ__KEEP_* */
	char text[768];   /* "" when code is 0 */
	lq__image *image; /* NULL unless code is 0; the caller's to destroy */
} lq__finding;

/* Of a failure: plugin is NULL. */
void lq__finding_write(lq__bytes *out, int code, uint32_t keep, const char *text, const lq_plugin *plugin);
/* 0, LQ_EPARSE or LQ_ENOMEM; written only on 0. */
int lq__finding_read(const uint8_t *data, size_t size, lq__finding *out);

#endif
