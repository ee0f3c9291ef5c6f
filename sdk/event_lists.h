/* Lists that events carry, copied with them. */
#ifndef LQ_SDK_EVENT_LISTS_H
#define LQ_SDK_EVENT_LISTS_H

#include <stddef.h>

#include <loquat/loquat.h>

/* Bytes for the lists of an event and their strings. */
size_t lq__lists_size(const lq_sdk_event *e);

/* Copies them to `to` (aligned for any type), lets the event point there, and returns the place behind. */
char *lq__lists_copy(lq_sdk_event *e, char *to);

#endif
