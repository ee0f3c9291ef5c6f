/* Messages and attributes of a room. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "room.h"

enum { TEXT_MAX = 65536, NAME_MAX_BYTES = 64, VALUE_MAX = 8192 };

/* ---- what others say ---- */

void lq__on_message(lq_room *room, const lq__msg *msg)
{
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_MESSAGE, .user = msg->user, .text = msg->text, .on = msg->flag});
}

typedef struct telling {
	lq_room *room;
	const char *user;
	int existed;
} telling;

static void tell(void *arg, const char *name, const char *value)
{
	const telling *t = arg;
	lq__room_event(t->room, &(lq_sdk_event){.type = LQ_ON_ATTRIBUTE, .user = t->user, .name = name, .text = value, .on = value != NULL, .existed = t->existed});
}

/* Where the attributes of a user are kept ("": the room's); NULL: of nobody whom we know. */
static void **known_of(lq_room *room, const char *user)
{
	lq__member *m = *user && strcmp(user, room->self) ? lq__member_find(room, user) : NULL;
	return !*user ? &room->attributes : !strcmp(user, room->self) ? &room->own : m ? &m->attributes : NULL;
}

void lq__attributes_differ(lq_room *room, const char *user, void **known, void *now)
{
	lq__msg_attributes_differ(*known, now, tell, &(telling){room, user, 0});
	lq__msg_attributes_free(*known);
	*known = NULL;
	lq__msg_attributes_merge(known, now);
}

void lq__tell_attributes(lq_room *room, const char *user, void *attributes, int existed)
{
	void **known = known_of(room, user);
	if (known)
		lq__msg_attributes_merge(known, attributes);
	lq__msg_attributes(attributes, tell, &(telling){room, user, existed});
}

void lq__on_attributes(lq_room *room, const lq__msg *msg)
{
	if (room->restoring && !msg->flag && !strcmp(msg->user, room->self) && lq__msg_attributes_equal(room->own, msg->attributes)) {
		room->restoring = 0; /* they are news to others only */
		return;
	}
	lq__tell_attributes(room, msg->flag ? "" : msg->user, msg->attributes, 0);
}

void lq__message_answered(lq_room *room, const lq__request *req, int code, const char *text)
{
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_MESSAGE_SENT, .user = req->user, .code = code, .text = text});
}

/* ---- what we say ---- */

typedef struct data_task {
	lq__task task; /* first */
	lq_room *room;
	int attribute, of_room, has_value;
	char user[LQ__USER_MAX + 1], name[NAME_MAX_BYTES + 1];
	char value[]; /* or the message */
} data_task;

static void run(lq__task *task)
{
	data_task *t = (data_task *)task;
	lq_room *room = t->room;
	int64_t id = lq__room_id(room);
	int r = room->active && !room->finishing ? 0 : LQ_ESTATE;
	if (!r && t->attribute)
		r = lq__room_send(room, id, LQ__REQ_KEPT, lq__req_attribute(id, t->of_room, t->name, t->has_value ? t->value : NULL));
	else if (!r)
		r = lq__room_send_message(room, id, t->user, lq__req_message(id, t->user, t->value));
	if (r)
		lq__room_warn(room, LQ_ON_WARNING, r, t->attribute ? "an attribute was not sent" : "a message was not sent");
	atomic_fetch_sub(&room->n_api, 1);
	lq__room_unref(room);
	free(t);
}

static data_task *task_new(lq_room *room, const char *value)
{
	size_t n = value ? strlen(value) : 0;
	data_task *t = calloc(1, sizeof *t + n + 1);
	if (!t)
		return NULL;
	t->task.run = run;
	t->room = room;
	t->has_value = value != NULL;
	memcpy(t->value, value ? value : "", n);
	return t;
}

static int post(data_task *t)
{
	lq_room *room = t->room;
	pthread_mutex_lock(&room->lock);
	int r = room->state != LQ__JOINED ? LQ_ESTATE : atomic_load(&room->n_api) >= LQ__API_MAX ? LQ_EFULL : 0;
	pthread_mutex_unlock(&room->lock);
	if (r) {
		free(t);
		return r;
	}
	atomic_fetch_add(&room->n_api, 1);
	lq__room_ref(room);
	lq__control_post(room->engine->control, &t->task);
	return 0;
}

int lq_room_send(lq_room *room, const char *user, const char *text)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room || !text || (user && *user && lq__user_check(user)))
		return LQ_EINVAL;
	if (!*text || strlen(text) > TEXT_MAX)
		return LQ_ERANGE;
	data_task *t = task_new(room, text);
	if (!t)
		return LQ_ENOMEM;
	snprintf(t->user, sizeof t->user, "%s", user ? user : "");
	return post(t);
}

int lq_room_attribute_set(lq_room *room, int of_room, const char *name, const char *value)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room || !name)
		return LQ_EINVAL;
	if (!*name || strlen(name) > NAME_MAX_BYTES || (value && strlen(value) > VALUE_MAX))
		return LQ_ERANGE;
	data_task *t = task_new(room, value);
	if (!t)
		return LQ_ENOMEM;
	t->attribute = 1;
	t->of_room = of_room;
	memcpy(t->name, name, strlen(name) + 1);
	return post(t);
}
