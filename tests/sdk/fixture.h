/* What tests of the SDK share: engines on the test profile, and waiting for events. */
#ifndef SDK_FIXTURE_H
#define SDK_FIXTURE_H

#include <loquat/loquat.h>
#include <loquat/log.h>

/* Polling engine on tests/sdk/test.json with the test plugin; ends the test on failure. patch may be NULL. */
lq_engine *engine_new(const char *patch);
lq_engine *engine_real(const char *patch); /* tests/sdk/call.json with the plugins of the build */
lq_engine *engine_fast(double clock_rate); /* as engine_real */
lq_engine *engine_with(lq_event_cb cb, void *user_data);

lq_room *room_new(lq_engine *e, lq_switch publish, lq_switch subscribe);
int room_join(lq_room *room, const char *server, const char *user);

/* Fetches events until one of this type comes (of the room, unless NULL), which it returns; others are kept for later calls. Ends
 * the test after half a minute. */
const lq_sdk_event *await(lq_engine *e, const lq_room *room, lq_sdk_event_type type);
/* The same, for a stream event of a user and kind. */
const lq_sdk_event *await_stream(lq_engine *e, const lq_room *room, lq_sdk_event_type type, const char *user, lq_track_kind kind);
/* One that has come, or NULL. */
const lq_sdk_event *await_or_none(lq_engine *e, const lq_room *room, lq_sdk_event_type type);
void fetch_events(lq_engine *e, int ms); /* for so long, and keeps them */
lq_room *joined(lq_engine *e, const char *server, const char *user, lq_switch publish, lq_switch subscribe);

#endif
