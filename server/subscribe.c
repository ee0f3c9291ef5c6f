#include "server/subscribe.h"
#include <loquat/plugin/errors.h>
#include <stdio.h>
#include <loquat/plugin/buffer.h>
int lq__subscribe(struct lq__media *media, lq__member *m, lq__track *const *tracks, uint32_t n, char *error, size_t error_size) { snprintf(error, error_size, "not yet"); return LQ_ENOTSUP; }
void lq__unsubscribe(lq__member *m, lq__track *const *tracks, uint32_t n) {}
void lq__subscribe_offer(lq__member *m) {}
int lq__subscribe_answer(lq__member *m, const lq__message *request, char *error, size_t error_size) { return LQ_ENOTSUP; }
void lq__subscribe_close(lq__member *m) {}
void lq__subscribe_track_leaving(lq__track *t) {}
int64_t lq__subscribe_seen(const lq__member *m) {return LQ_TIME_NONE;}
json_t *lq__subscribe_stats(const lq__member *m) {return json_object();}
