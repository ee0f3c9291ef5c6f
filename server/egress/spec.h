/* What a task is to do, as an administrator asks for it: checked here, so that what is started can rely on it. Pure. */
#ifndef LQ_SERVER_EGRESS_SPEC_H
#define LQ_SERVER_EGRESS_SPEC_H

#include <jansson.h>
#include <stddef.h>

#include "server/reader.h"

#define LQ_EGRESS_TARGETS_MAX 8  /* URLs, and as many files */
#define LQ_EGRESS_URL_MAX 2048
#define LQ_EGRESS_FILE_MAX 200
#define LQ_EGRESS_LAYOUT_MAX 16384 /* bytes as JSON */

/* Each error names the field. */
int lq__egress_spec_check(lq__reader *r, const json_t *o);
int lq__egress_layout_check(lq__reader *r, const json_t *layout); /* NULL: missing */
/* A copy of what was checked, with the known fields only. New reference; NULL: no memory. */
json_t *lq__egress_spec_copy(const json_t *o);
int lq__egress_spec_has_files(const json_t *spec);
int lq__egress_is_file(const char *target); /* one of `to` that is a list on the disk, not a URL */

/* What may be shown of a target: no key, no password, nothing of what stands behind "?". */
void lq__egress_url_public(const char *url, char *out, size_t size);
/* Likewise of a text that may have URLs in it. */
void lq__egress_text_public(const char *text, char *out, size_t size);

#endif
