/* The fields that messages of the room protocol are made of. All return 0, LQ_EPROTO with the reason in `fault`, or LQ_ENOMEM. [any] */
#ifndef LQ_SDK_PROTOCOL_FIELDS_H
#define LQ_SDK_PROTOCOL_FIELDS_H

#include "json_text.h"
#include "protocol.h"

typedef struct lq__parser {
	lq__msg *msg;
	lq__fault fault;
} lq__parser;

static inline int lq__field_wrong(lq__parser *p, const char *what, const char *field)
{
	return lq__fault_field(&p->fault, what, field);
}

static inline int lq__field_string(lq__parser *p, const json_t *obj, const char *key, int required, const char **out)
{
	return lq__json_string(&p->fault, obj, key, required, out);
}

int lq__field_int(lq__parser *p, json_t *obj, const char *key, int required, int64_t *out); /* not negative; absent: 0 */
int lq__field_attributes(lq__parser *p, json_t *obj, void **out);
int lq__field_info(lq__parser *p, json_t *obj, const char **out);

/* Into the message. */
int lq__field_track(lq__parser *p, json_t *obj, const char *id_key); /* its only one */
int lq__field_tracks(lq__parser *p, json_t *array, const char *id_key);
int lq__field_member_room(lq__parser *p, const json_t *array); /* for as many members as the array has */
int lq__field_members(lq__parser *p, json_t *array);
int lq__field_guest(lq__parser *p, json_t *obj, lq__msg_member *m);
int lq__field_user(lq__parser *p, json_t *obj); /* and its name */
int lq__field_by(lq__parser *p, json_t *obj);
int lq__field_place(lq__parser *p, json_t *obj, lq__msg_device *d); /* of a device, and who did it */

#endif
