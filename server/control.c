#include "server/control.h"

#include <stdio.h>
#include <string.h>

#include <loquat/log.h>
#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "server/message.h"
#include "server/room_private.h"

typedef struct device {
	uint8_t state;  /* lq__device_state */
	int64_t since;  /* OPENING: Unix ms, 0: nobody has looked yet */
	char by[LQ_USER_ID_MAX + 1];
} device;

struct lq__devices {
	device list[LQ_CONTROL_DEVICES];
};

/* The place in the list; -1: neither a microphone nor a camera. */
static int place(uint32_t media, uint32_t stream)
{
	if (media == LQ_MEDIA_AUDIO)
		return stream == 0 ? 0 : -1;
	return media == LQ_MEDIA_VIDEO && stream != 1 && stream < LQ_MEMBER_STREAMS ? 1 + (int)stream : -1;
}

static uint32_t media_of(int i)
{
	return i ? LQ_MEDIA_VIDEO : LQ_MEDIA_AUDIO;
}

static uint32_t stream_of(int i)
{
	return i ? (uint32_t)i - 1 : 0;
}

static device *find(const lq__member *m, int i)
{
	return m->devices && i >= 0 ? &m->devices->list[i] : NULL;
}

static lq__device_state state_of(const lq__member *m, int i)
{
	const device *d = find(m, i);
	return d ? (lq__device_state)d->state : LQ__DEVICE_CLOSED;
}

static const char *word(lq__device_state state)
{
	return state == LQ__DEVICE_NONE ? "none" : state == LQ__DEVICE_CLOSED ? "closed" : "opening";
}

static lq__track *track_of(const lq__member *m, int i)
{
	LQ__EACH(lq__track, t, &m->tracks, link)
		if (place(t->media, t->stream) == i)
			return t;
	return NULL;
}

/* ---- telling ---- */

static void tell(lq__member *m, int i, lq__device_state state, const char *by)
{
	lq__room_event(m->room, NULL, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*}", "type", "device", "user", m->user, "kind", lq__kind_name(media_of(i)), "stream",
	                                        lq__stream_name(stream_of(i)), "state", word(state), "by", *by ? by : NULL));
}

static void command(lq__member *m, int i, int on, const char *by)
{
	lq__member_event(m, json_pack("{s:s, s:s, s:s, s:b, s:s*}", "type", "control", "kind", lq__kind_name(media_of(i)), "stream", lq__stream_name(stream_of(i)),
	                              "on", on, "by", *by ? by : NULL));
}

static int set(lq__member *m, int i, lq__device_state state, const char *by)
{
	if (!m->devices && !(m->devices = lq__calloc(1, sizeof *m->devices)))
		return LQ_ENOMEM;
	device *d = &m->devices->list[i];
	int news = strcmp(word((lq__device_state)d->state), word(state)) != 0;
	char from[LQ_USER_ID_MAX + 1];
	snprintf(from, sizeof from, "%s", by); /* may be ours */
	d->state = (uint8_t)state;
	d->since = 0;
	snprintf(d->by, sizeof d->by, "%s", state == LQ__DEVICE_CLOSED || state == LQ__DEVICE_NONE ? "" : from);
	if (news)
		tell(m, i, state, from);
	return 0;
}

/* ---- limits ---- */

/* Open, or on its way, of all but the one device that is asked about. */
static uint32_t mics_but(const lq__member *except)
{
	uint32_t n = 0;
	LQ__EACH(lq__member, m, &except->room->members, link)
		n += m != except && !m->guest_of && (track_of(m, 0) || state_of(m, 0) == LQ__DEVICE_OPENING);
	return n;
}

static uint32_t cameras_but(const lq__member *m, int except)
{
	uint32_t n = 0;
	for (int i = 1; i < LQ_CONTROL_DEVICES; i++)
		n += i != except && (track_of(m, i) || state_of(m, i) == LQ__DEVICE_OPENING);
	return n;
}

static int has_room(const lq__member *m, int i)
{
	const lq__room *room = m->room;
	return i ? !room->max_cameras || cameras_but(m, i) < room->max_cameras : !room->max_mics || mics_but(m) < room->max_mics;
}

int lq__control_admit(const lq__member *m, uint32_t media, uint32_t stream, uint32_t n_cameras, char *error, size_t size)
{
	int i = place(media, stream);
	uint32_t max = m->room->max_cameras;
	if (i < 0 || (i ? !max || n_cameras <= max : has_room(m, 0)))
		return 0;
	if (i)
		snprintf(error, size, "a member may have %u cameras open here: close one first", m->room->max_cameras);
	else
		snprintf(error, size, "%u microphones are open, more may not be in this room: somebody has to close one first", m->room->max_mics);
	return LQ_EFULL;
}

/* ---- asking ---- */

static int check(const lq__member *m, uint32_t media, uint32_t stream, int on, char *error, size_t size)
{
	int i = place(media, stream);
	if (i < 0) {
		snprintf(error, size, "control.stream: neither a microphone (audio of main) nor a camera (video of any but sub)");
		return LQ_EINVAL;
	}
	if (on && (!lq__member_may_publish(m) || m->audience)) {
		snprintf(error, size, "control.user: %s may not publish", m->user);
		return LQ_EPERM;
	}
	if (on && state_of(m, i) == LQ__DEVICE_NONE) {
		snprintf(error, size, "control.user: %s has no such device", m->user);
		return LQ_ENODEV;
	}
	return 0;
}

static int open_device(lq__member *m, int i, const char *by)
{
	lq__device_state before = state_of(m, i), next = has_room(m, i) ? LQ__DEVICE_OPENING : LQ__DEVICE_WAITING;
	if (track_of(m, i) || before == LQ__DEVICE_OPENING)
		return 0;
	int e = set(m, i, next, by);
	if (!e && next == LQ__DEVICE_OPENING)
		command(m, i, 1, by);
	return e;
}

static int close_device(lq__member *m, int i, const char *by)
{
	lq__track *t = track_of(m, i);
	lq__device_state before = state_of(m, i);
	if (t) {
		snprintf(t->closed_by, sizeof t->closed_by, "%s", by);
		lq__track_remove(t);
	} else if (before == LQ__DEVICE_OPENING || before == LQ__DEVICE_WAITING) {
		int e = set(m, i, LQ__DEVICE_CLOSED, by);
		if (e)
			return e;
	} else {
		return 0;
	}
	command(m, i, 0, by);
	return 0;
}

int lq__control(lq__member *m, uint32_t media, uint32_t stream, int on, const char *by, char *error, size_t size)
{
	int e = check(m, media, stream, on, error, size), i = place(media, stream);
	if (!e)
		e = on ? open_device(m, i, by) : close_device(m, i, by);
	if (e == LQ_ENOMEM)
		snprintf(error, size, "the server is out of memory");
	return e;
}

int lq__control_report(lq__member *m, uint32_t media, uint32_t stream, int none, char *error, size_t size)
{
	int i = place(media, stream);
	if (i < 0) {
		snprintf(error, size, "device.stream: neither a microphone (audio of main) nor a camera (video of any but sub)");
		return LQ_EINVAL;
	}
	lq__device_state next = none ? LQ__DEVICE_NONE : LQ__DEVICE_CLOSED;
	return state_of(m, i) == next ? 0 : set(m, i, next, m->user);
}

int lq__default_camera_set(lq__member *m, uint32_t stream, const char *by, char *error, size_t size)
{
	if (place(LQ_MEDIA_VIDEO, stream) < 0) {
		snprintf(error, size, "default_camera.stream: sub is a screen, not a camera");
		return LQ_EINVAL;
	}
	if (m->default_camera == stream)
		return 0;
	m->default_camera = stream;
	lq__room_event(m->room, NULL, json_pack("{s:s, s:s, s:s, s:s}", "type", "default_camera", "user", m->user, "stream", lq__stream_name(stream), "by", by));
	return 0;
}

void lq__member_set_cameras(lq__member *m, const json_t *cameras)
{
	if (m->cameras && json_equal(m->cameras, cameras))
		return;
	json_decref(m->cameras);
	m->cameras = json_deep_copy(cameras);
	json_t *event = json_pack("{s:s, s:s, s:O*}", "type", "cameras", "user", m->user, "cameras", m->cameras);
	if (m->audience)
		json_decref(event); /* the others do not know of it */
	else
		lq__room_event(m->room, m, event);
}

/* ---- what happens to tracks, members and time ---- */

void lq__control_opened(lq__track *t, json_t *event)
{
	device *d = find(t->member, place(t->media, t->stream));
	if (!d)
		return;
	if (*d->by && event)
		json_object_set_new(event, "by", json_string(d->by));
	d->state = LQ__DEVICE_CLOSED; /* the track says that it is open */
	*d->by = 0;
}

int64_t lq__control_tick(lq__member *m, int64_t unix_ms)
{
	int64_t due = INT64_MAX;
	for (int i = 0; m->devices && i < LQ_CONTROL_DEVICES; i++) {
		device *d = &m->devices->list[i];
		if (d->state != LQ__DEVICE_OPENING)
			continue;
		if (!d->since)
			d->since = unix_ms;
		if (unix_ms - d->since >= LQ_CONTROL_TIMEOUT_MS) {
			set(m, i, LQ__DEVICE_CLOSED, "");
			command(m, i, 0, "");
		} else if (d->since + LQ_CONTROL_TIMEOUT_MS < due) {
			due = d->since + LQ_CONTROL_TIMEOUT_MS;
		}
	}
	return due;
}

json_t *lq__control_json(const lq__member *m)
{
	json_t *list = NULL;
	for (int i = 0; m->devices && i < LQ_CONTROL_DEVICES; i++) {
		const device *d = &m->devices->list[i];
		if (d->state == LQ__DEVICE_CLOSED || track_of(m, i))
			continue;
		list = list ? list : json_array();
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s*}", "kind", lq__kind_name(media_of(i)), "stream", lq__stream_name(stream_of(i)), "state",
		                                      word((lq__device_state)d->state), "by", *d->by ? d->by : NULL));
	}
	return list;
}

void lq__control_forget(lq__member *m)
{
	lq__free(m->devices);
	m->devices = NULL;
}
