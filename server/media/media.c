#include "server/media/media.h"
int lq__media_create(const lq__media_config *config, lq__media **out, char *error, size_t error_size) { return 0; }
void lq__media_destroy(lq__media *media) {}
void lq__media_reap(lq__media *media) {}
uint16_t lq__media_port(const lq__media *media, uint32_t worker) { return 0; }
void lq__media_counters(const lq__media *media, lq__media_counter_fn fn, void *arg) {}
