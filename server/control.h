/* Microphones and cameras of members, opened and closed by others or by themselves. A device is open when its track is published; what is between
 * being asked for and that is kept here. A microphone is the sound of the stream main, a camera the picture of any stream but sub. */
#ifndef LQ_SERVER_CONTROL_H
#define LQ_SERVER_CONTROL_H

#include "server/room.h"

#define LQ_CONTROL_DEVICES (1 + LQ_MEMBER_STREAMS) /* the microphone, then a camera a stream */
#define LQ_CONTROL_TIMEOUT_MS 10000               /* so long a device may take to open */

typedef enum lq__device_state { LQ__DEVICE_CLOSED, LQ__DEVICE_NONE, LQ__DEVICE_OPENING, LQ__DEVICE_WAITING } lq__device_state;

/* `by` asks for it. 0; LQ_EINVAL: no such device can be; LQ_ENODEV: the member has said that it has none; LQ_EPERM: it may not publish. `error` gets
 * the reason. Where no more may be open the device waits, as OPENING to all, until somebody asks again. */
int lq__control(lq__member *m, uint32_t media, uint32_t stream, int on, const char *by, char *error, size_t size);
/* The member says of itself that a device did not open (closed), or is not there (none). */
int lq__control_report(lq__member *m, uint32_t media, uint32_t stream, int none, char *error, size_t size);
/* Whether this track may be published, which would make n_cameras of the member: LQ_EFULL. */
int lq__control_admit(const lq__member *m, uint32_t media, uint32_t stream, uint32_t n_cameras, char *error, size_t size);
void lq__member_set_cameras(lq__member *m, const json_t *cameras); /* the member says which it has: [{stream, name}] */
int lq__default_camera_set(lq__member *m, uint32_t stream, const char *by, char *error, size_t size);

#endif
