/* What the graph says, brought from its loops to the control thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>

#include "room.h"

typedef struct graph_event {
	lq__task task; /* first */
	lq_room *room;
	uint32_t type, direction;
	int64_t value;
	char node[LQ__GROUP_MAX + 64];
	char text[];
} graph_event;

enum { TEXT_MAX = 256 }; /* of what is told to people; data is as long as it is */

/* A value means that the description has to be exchanged again. */
static void on_description(lq_room *room, uint32_t direction, int64_t value)
{
	lq__describing *d = &room->describing[direction];
	if (value && direction == LQ_SEND) {
		lq__publish_again(room);
		return;
	}
	lq__job *job = d->waiting;
	d->waiting = NULL;
	d->changed = !job;
	if (job)
		lq__job_post(job);
}

#define ROOM_NET "shared/net"

/* The name of a shared node as the profile has it. */
static const char *short_name(const char *node)
{
	size_t n = sizeof "shared/" - 1;
	return strncmp(node, "shared/", n) ? node : node + n;
}

/* A transport beside the room's own. */
static void on_other_state(lq_room *room, const graph_event *e)
{
	static const lq_connection_state states[] = {
		[LQ_STATE_CONNECTING] = LQ_CONN_CONNECTING, [LQ_STATE_CONNECTED] = LQ_CONN_CONNECTED, [LQ_STATE_DISCONNECTED] = LQ_CONN_RECONNECTING,
		[LQ_STATE_FAILED] = LQ_CONN_FAILED, [LQ_STATE_CLOSED] = LQ_CONN_DISCONNECTED};
	if (e->value < LQ_STATE_CONNECTING || e->value > LQ_STATE_CLOSED)
		return;
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_TRANSPORT, .name = short_name(e->node), .state = (int)states[e->value], .text = e->text});
}

static void on_state(lq_room *room, const graph_event *e)
{
	char text[320];
	const char *what = e->direction == LQ_SEND ? "publish" : "subscribe";
	if (e->value == LQ_STATE_CONNECTED && e->direction <= LQ_RECEIVE) {
		room->media_was_up[e->direction] = 1;
		room->renewals = 0;
	}
	if (e->value != LQ_STATE_FAILED && e->value != LQ_STATE_DISCONNECTED)
		return;
	int failed = e->value == LQ_STATE_FAILED;
	if (failed && (room->media_was_up[e->direction] || room->renewals)) {
		lq_log(LQ_LOG_INFO, "sdk", "room \"%s\": media (%s): %s", room->name, what, e->text);
		lq__room_renew(room);
		return;
	}
	snprintf(text, sizeof text, "media (%s): the connection %s%s%s", what, failed ? "failed" : "was interrupted", *e->text ? ": " : "", e->text);
	lq__room_warn(room, failed ? LQ_ON_ERROR : LQ_ON_WARNING, LQ_ECONN, text);
}

static void on_view_closed(lq_room *room, const graph_event *e)
{
	lq__media_track t = {0};
	if (lq__group_parse(e->node, &t))
		return;
	if (!strncmp(e->node, LQ__VIEW_PREFIX, sizeof LQ__VIEW_PREFIX - 1))
		lq__view_closed(room, &t);
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_VIEW_CLOSED, .user = t.user, .stream = t.stream, .kind = t.kind});
}

/* A window has its first picture. */
static void on_shown(lq_room *room, const graph_event *e)
{
	lq__media_track t = {0};
	if (!strncmp(e->node, LQ__VIEW_PREFIX, sizeof LQ__VIEW_PREFIX - 1) && !lq__group_parse(e->node, &t))
		lq__view_shown(room, &t);
}

/* What a snapshot's node says. 0: it is none. */
static int on_snapshot(lq_room *room, const graph_event *e)
{
	if (strncmp(e->node, LQ__SNAPSHOT_PREFIX, sizeof LQ__SNAPSHOT_PREFIX - 1))
		return 0;
	uint32_t id = (uint32_t)strtoul(e->node + sizeof LQ__SNAPSHOT_PREFIX - 1, NULL, 10);
	if (e->type == LQ_EVENT_FIRST_BUFFER)
		lq__snapshot_done(room, id, 0, "");
	else if (e->type == LQ_EVENT_ERROR)
		lq__snapshot_done(room, id, e->value < 0 && e->value > -1000 ? (int)e->value : LQ_EIO, e->text);
	return 1;
}

/* What came with a picture. */
static void on_data(lq_room *room, const graph_event *e)
{
	lq__media_track t = {0};
	const char *node = strrchr(e->node, '/');
	if (!lq__group_parse(e->node, &t))
		lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_STREAM_DATA, .user = t.user, .stream = t.stream, .kind = t.kind, .name = node ? node + 1 : "", .text = e->text});
}

static void on_trouble(lq_room *room, const graph_event *e)
{
	char text[sizeof e->node + TEXT_MAX + 8];
	int code = e->type == LQ_EVENT_EOS ? LQ_END : e->value < 0 && e->value > -1000 ? (int)e->value : LQ_EIO;
	lq__media_track t = {0};
	if (e->type == LQ_EVENT_EOS && !lq__group_parse(e->node, &t) && !*t.user)
		lq__screen_state(room, t.stream, t.kind, LQ_SCREEN_STOPPED, LQ_END, "what was shared is gone");
	const char *what = *e->text ? e->text : e->type == LQ_EVENT_EOS ? "the source has ended" : lq_error_text(code), *name = short_name(e->node);
	snprintf(text, sizeof text, "%s: %s", e->node, what);
	lq_log(LQ_LOG_INFO, "sdk", "room \"%s\": %s", room->name, text);
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_WARNING, .code = code, .text = text, .name = name == e->node ? "" : name});
}

static void run(lq__task *task)
{
	graph_event *e = (graph_event *)task;
	lq_room *room = e->room;
	atomic_fetch_sub(&room->n_events, 1);
	if (!room->finishing && !on_snapshot(room, e)) {
		int is_net = !strcmp(e->node, ROOM_NET);
		if (e->type == LQ_EVENT_DESCRIPTION && is_net)
			on_description(room, e->direction, e->value);
		else if (e->type == LQ_EVENT_STATE && is_net)
			on_state(room, e);
		else if (e->type == LQ_EVENT_STATE)
			on_other_state(room, e);
		else if (e->type == LQ_EVENT_CLOSED)
			on_view_closed(room, e);
		else if (e->type == LQ_EVENT_FIRST_BUFFER)
			on_shown(room, e);
		else if (e->type == LQ_EVENT_DATA)
			on_data(room, e);
		else
			on_trouble(room, e);
	}
	lq__room_unref(room);
	free(e);
}

/* The end of a stream is told where it begins; the nodes behind it tell it, too. */
static int interesting(const lq_node *node, const lq_event *event)
{
	switch (event->type) {
	case LQ_EVENT_STATE:
	case LQ_EVENT_DESCRIPTION:
		return lq_node_descriptor(node)->kind == LQ_KIND_TRANSPORT && (event->direction == LQ_SEND || event->direction == LQ_RECEIVE);
	case LQ_EVENT_EOS:
		return lq_node_descriptor(node)->kind == LQ_KIND_CAPTURE;
	case LQ_EVENT_FIRST_BUFFER:
		return strncmp(lq_node_name(node), LQ__VIEW_PREFIX, sizeof LQ__VIEW_PREFIX - 1) == 0 ||
		       strncmp(lq_node_name(node), LQ__SNAPSHOT_PREFIX, sizeof LQ__SNAPSHOT_PREFIX - 1) == 0;
	case LQ_EVENT_ERROR:
	case LQ_EVENT_WARNING:
	case LQ_EVENT_CLOSED:
	case LQ_EVENT_DATA:
		return 1;
	default:
		return 0;
	}
}

void lq__room_graph_event(void *arg, lq_node *node, const lq_event *event)
{
	lq_room *room = arg;
	if (!interesting(node, event))
		return;
	const char *text = event->text ? event->text : "";
	size_t length = event->type == LQ_EVENT_DATA ? strlen(text) : strnlen(text, TEXT_MAX - 1);
	graph_event *e = atomic_fetch_add(&room->n_events, 1) < LQ__GRAPH_EVENTS_MAX ? calloc(1, sizeof *e + length + 1) : NULL;
	if (!e) {
		atomic_fetch_sub(&room->n_events, 1);
		lq_log(LQ_LOG_WARNING, "sdk", "room \"%s\": too many events of the graph: one of %s is lost", room->name, lq_node_name(node));
		return;
	}
	e->task.run = run;
	e->room = room;
	e->type = event->type;
	e->direction = event->direction;
	e->value = event->value;
	snprintf(e->node, sizeof e->node, "%s", lq_node_name(node));
	memcpy(e->text, text, length);
	lq__room_ref(room);
	lq__control_post(room->engine->control, &e->task);
}

void lq__room_first_frame(void *arg, const char *user, lq_stream stream, lq_track_kind kind, uint32_t width, uint32_t height)
{
	lq_room *room = arg;
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_FIRST_FRAME, .user = user, .stream = stream, .kind = kind, .width = width, .height = height,
	                                     .stage = *user ? LQ_STAGE_DECODED : LQ_STAGE_CAPTURED, .elapsed_ms = lq__room_elapsed(room)});
}
