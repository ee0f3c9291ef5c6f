/* Diagnostics: a list of messages, each with the place it speaks of, so that a reader can report all that is wrong at once.
 * "communication.json: graphs.publish.nodes.venc.params.bitrate: 90000000 exceeds maximum 20000000 (codec.h264.enc)" */
#ifndef LOQUAT_DIAG_H
#define LOQUAT_DIAG_H

#include <loquat/api.h>
#include <stddef.h>
#include <stdint.h>

#include <loquat/plugin/host.h>

LQ_API_BEGIN

typedef struct lq_diag lq_diag;

lq_diag *lq_diag_create(void);
void lq_diag_destroy(lq_diag *diag); /* NULL is fine */

/* Adds "place: text"; place may be NULL. Returns code, for `return lq_diag_add(…)`. A NULL diag is fine. At most 1,000 are kept. */
int lq_diag_add(lq_diag *diag, int code, const char *place, const char *fmt, ...) LQ_PRINTF(4, 5);
size_t lq_diag_count(const lq_diag *diag);
const char *lq_diag_text(const lq_diag *diag, size_t i); /* NULL out of range */
int lq_diag_code(const lq_diag *diag, size_t i);
void lq_diag_clear(lq_diag *diag);

LQ_API_END
#endif
