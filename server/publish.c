#include "server/publish.h"
#include <loquat/plugin/errors.h>
#include <stdio.h>
#include <loquat/plugin/buffer.h>
#include "server/media/media.h"
int lq__publish(struct lq__media *media, lq__member *m, const lq__message *request, json_t **answer, char *error, size_t error_size) { snprintf(error, error_size, "not yet"); return LQ_ENOTSUP; }
void lq__publish_announce(lq__member *m) {}
void lq__publish_close(lq__member *m) {}
void lq__publish_track_leaving(lq__track *t) {}
int64_t lq__publish_seen(const lq__member *m) {return LQ_TIME_NONE;}
json_t *lq__publish_stats(const lq__member *m) {return json_object();}
json_t *lq__publish_ice_json(const struct lq__media *media, uint32_t worker) { return json_pack("{s:s,s:i}", "host", "127.0.0.1", "port", 1); }
