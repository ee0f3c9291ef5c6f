/* Reading fields of a request, with errors that name the place. */
#ifndef LQ_SERVER_READER_H
#define LQ_SERVER_READER_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include <loquat/plugin/host.h>

#include "server/message.h"

/* Where an error is put. */
typedef struct lq__reader {
	char *error;
	size_t size;
	const char *type; /* of the message, for the place in an error */
} lq__reader;

enum { LQ_OPTIONAL = 0, LQ_REQUIRED = 1 };

int lq__read_fail(lq__reader *r, int code, const char *fmt, ...) LQ_PRINTF(3, 4); /* returns code */
const char *lq__json_type_name(const json_t *v);
int lq__is_boolean(const json_t *v);
int lq__is_array(const json_t *v);
int lq__is_object(const json_t *v);

/* null counts as absent. *out becomes NULL when the field is absent. */
int lq__read_field(lq__reader *r, const json_t *o, const char *key, int required, int (*is)(const json_t *), const char *what, json_t **out);
/* *out stays as it is when the field is absent. */
int lq__read_string(lq__reader *r, const json_t *o, const char *key, int required, const char **out);
int lq__read_integer(lq__reader *r, const json_t *o, const char *key, int required, int64_t *out);
int lq__read_boolean(lq__reader *r, const json_t *o, const char *key, int required, int *out);
int lq__read_ids(lq__reader *r, const json_t *o, const char *key, lq__message *m); /* an array of strings, required */
int lq__read_version(lq__reader *r, const json_t *o);

/* ---- message_call.c: requests of sessions, and what members tell each other ---- */
int lq__read_resume(lq__reader *r, const json_t *o, lq__message *m); /* device, session, seq */
int lq__read_login(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_ring(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_users(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_call(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_text(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_attributes(lq__reader *r, const json_t *o, lq__message *m);

/* ---- message_room.c: rooms, and what members do to each other ---- */
int lq__read_join_options(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_room_create(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_room_destroy(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_room_lock(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_room_profile(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_role(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_token(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_control(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_device(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_cameras(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_default_camera(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_secret(lq__reader *r, const json_t *o, lq__message *m); /* of login */
int lq__read_kick(lq__reader *r, const json_t *o, lq__message *m);

/* ---- message_stage.c ---- */
int lq__read_stage_request(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_stage_answer(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_stage_remove(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_guest_add(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_guest_remove(lq__reader *r, const json_t *o, lq__message *m);

/* ---- message_egress.c ---- */
int lq__read_egress_start(lq__reader *r, const json_t *o, lq__message *m);
int lq__read_egress_task(lq__reader *r, const json_t *o, lq__message *m); /* egress_stop */
int lq__read_egress_layout(lq__reader *r, const json_t *o, lq__message *m);

#endif
