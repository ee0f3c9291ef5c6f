#include "fake_server.h"

#include <libwebsockets.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CLIENTS = 16, MAX_TRACKS = 64, MAX_TYPES = 32 };

typedef struct out {
	struct out *next;
	size_t len;
	char data[];
} out;

typedef struct client {
	struct fake_server *server;
	struct lws *wsi;
	char user[64];
	int joined, closing, offering;
	int64_t rev;
	json_int_t seq;
	out *first, **last;
	json_t *subscribed; /* array of track ids; the mid is "r" and the id */
	char *in;
	size_t n;
} client;

typedef struct track {
	char id[16], mid[16], user[64], kind[8], stream[8];
} track;

struct fake_server {
	struct lws_context *lws;
	pthread_t thread;
	atomic_int stop;
	fake_mode mode;
	char error[32], url[64];
	pthread_mutex_t lock; /* of what the test says and asks */
	char kick_user[64], kick_reason[32], refuse[32], refuse_error[32];
	struct { char name[32]; int n; } seen[MAX_TYPES];
	client *clients[MAX_CLIENTS];
	track tracks[MAX_TRACKS];
	int n_tracks, next_track;
};

/* Takes the object. */
static void send_json(client *c, json_t *obj)
{
	char *text = json_dumps(obj, JSON_COMPACT);
	size_t len = strlen(text);
	out *o = malloc(sizeof *o + LWS_PRE + len);
	o->next = NULL;
	o->len = len;
	memcpy(o->data + LWS_PRE, text, len);
	free(text);
	json_decref(obj);
	*c->last = o;
	c->last = &o->next;
	lws_callback_on_writable(c->wsi);
}

static void send_text(client *c, const char *text)
{
	size_t len = strlen(text);
	out *o = malloc(sizeof *o + LWS_PRE + len);
	o->next = NULL;
	o->len = len;
	memcpy(o->data + LWS_PRE, text, len);
	*c->last = o;
	c->last = &o->next;
}

static json_t *track_json(const track *t)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:i, s:i}", "id", t->id, "user", t->user, "kind", t->kind, "stream", t->stream, "codec",
	                 !strcmp(t->kind, "audio") ? "opus" : "VP8", "muted", 0, "width", 0, "height", 0);
}

static void tell_others(client *c, json_t *event)
{
	for (int i = 0; i < MAX_CLIENTS; i++) {
		client *o = c->server->clients[i];
		if (!o || o == c || !o->joined)
			continue;
		json_t *copy = json_copy(event);
		json_object_set_new(copy, "seq", json_integer(++o->seq));
		send_json(o, copy);
	}
	json_decref(event);
}

static json_t *members_json(client *c)
{
	fake_server *s = c->server;
	json_t *members = json_array();
	for (int i = 0; i < MAX_CLIENTS; i++) {
		client *o = s->clients[i];
		if (!o || o == c || !o->joined)
			continue;
		json_t *tracks = json_array();
		for (int j = 0; j < s->n_tracks; j++)
			if (!strcmp(s->tracks[j].user, o->user))
				json_array_append_new(tracks, track_json(&s->tracks[j]));
		json_array_append_new(members, json_pack("{s:s, s:s, s:o}", "user", o->user, "name", o->user, "tracks", tracks));
	}
	return members;
}

static void on_join(client *c, json_t *m, json_int_t id)
{
	fake_server *s = c->server;
	const char *user = json_string_value(json_object_get(m, "user"));
	if (s->mode == FAKE_SILENT)
		return;
	if (s->mode == FAKE_REFUSE) {
		send_json(c, json_pack("{s:s, s:I, s:s, s:s}", "type", "error", "id", id, "code", s->error, "message", "as the test wants it"));
		return;
	}
	snprintf(c->user, sizeof c->user, "%s", user ? user : "somebody");
	json_t *members = members_json(c);
	c->joined = 1;
	send_json(c, json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:i, s:o}", "type", "joined", "id", id, "room", "r", "room_sid", "sid1", "user", c->user,
	                       "name", c->user, "session", "x", "seq", 0, "members", members));
	tell_others(c, json_pack("{s:s, s:s, s:s}", "type", "user_joined", "user", c->user, "name", c->user));
}

static track *put_track(client *c, const char *mid, const char *kind, const char *stream)
{
	fake_server *s = c->server;
	for (int i = 0; i < s->n_tracks; i++)
		if (!strcmp(s->tracks[i].user, c->user) && !strcmp(s->tracks[i].mid, mid))
			return &s->tracks[i];
	track *t = &s->tracks[s->n_tracks++];
	snprintf(t->id, sizeof t->id, "T%d", ++s->next_track);
	snprintf(t->mid, sizeof t->mid, "%s", mid);
	snprintf(t->user, sizeof t->user, "%s", c->user);
	snprintf(t->kind, sizeof t->kind, "%s", kind);
	snprintf(t->stream, sizeof t->stream, "%s", stream);
	tell_others(c, json_pack("{s:s, s:o}", "type", "track_published", "track", track_json(t)));
	return t;
}

/* The answer's text names the track of each mid, which is what transport.test wants to know. */
static void on_publish(client *c, json_t *m, json_int_t id)
{
	char sdp[1024] = "answer\n";
	json_t *tracks = json_array(), *in;
	size_t i;
	json_array_foreach(json_object_get(m, "tracks"), i, in) {
		const track *t = put_track(c, json_string_value(json_object_get(in, "mid")), json_string_value(json_object_get(in, "kind")),
		                           json_string_value(json_object_get(in, "stream")));
		json_array_append_new(tracks, json_pack("{s:s, s:s}", "mid", t->mid, "track", t->id));
		snprintf(sdp + strlen(sdp), sizeof sdp - strlen(sdp), "%s %s\n", t->mid, t->id);
	}
	send_json(c, json_pack("{s:s, s:I, s:s, s:o}", "type", "published", "id", id, "sdp", sdp, "tracks", tracks));
}

static void drop_track(client *c, int i)
{
	fake_server *s = c->server;
	tell_others(c, json_pack("{s:s, s:s, s:s}", "type", "track_unpublished", "track", s->tracks[i].id, "user", s->tracks[i].user));
	s->tracks[i] = s->tracks[--s->n_tracks];
}

static void on_unpublish(client *c, json_t *m)
{
	json_t *id;
	size_t i;
	json_array_foreach(json_object_get(m, "tracks"), i, id)
		for (int j = 0; j < c->server->n_tracks; j++)
			if (!strcmp(c->server->tracks[j].id, json_string_value(id))) {
				drop_track(c, j);
				break;
			}
}

static const track *find_track(fake_server *s, const char *id)
{
	for (int i = 0; i < s->n_tracks; i++)
		if (!strcmp(s->tracks[i].id, id))
			return &s->tracks[i];
	return NULL;
}

static void offer(client *c)
{
	char sdp[1024] = "offer\n";
	json_t *tracks, *id;
	size_t i;
	if (c->offering++)
		return;
	tracks = json_array();
	json_array_foreach(c->subscribed, i, id) {
		const track *t = find_track(c->server, json_string_value(id));
		if (!t)
			continue;
		char mid[32];
		snprintf(mid, sizeof mid, "r%s", t->id);
		json_array_append_new(tracks, json_pack("{s:s, s:s, s:s, s:s, s:s}", "mid", mid, "track", t->id, "user", t->user, "kind", t->kind, "stream",
		                                        t->stream));
		snprintf(sdp + strlen(sdp), sizeof sdp - strlen(sdp), "%s %s\n", mid, t->id);
	}
	send_json(c, json_pack("{s:s, s:s, s:I, s:o}", "type", "offer", "sdp", sdp, "rev", (json_int_t)++c->rev, "tracks", tracks));
}

static void on_subscribe(client *c, json_t *m, int add)
{
	json_t *id, *have;
	size_t i, j;
	json_array_foreach(json_object_get(m, "tracks"), i, id) {
		json_array_foreach(c->subscribed, j, have)
			if (json_equal(have, id)) {
				json_array_remove(c->subscribed, j);
				break;
			}
		if (add)
			json_array_append(c->subscribed, id);
	}
	offer(c);
}

static void on_mute(client *c, json_t *m)
{
	tell_others(c, json_pack("{s:s, s:O, s:s, s:O}", "type", "track_muted", "track", json_object_get(m, "track"), "user", c->user, "muted",
	                         json_object_get(m, "muted")));
}

static void count(fake_server *s, const char *type, int *refused, char *error, size_t size)
{
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < MAX_TYPES; i++)
		if (!*s->seen[i].name || !strcmp(s->seen[i].name, type)) {
			snprintf(s->seen[i].name, sizeof s->seen[i].name, "%s", type);
			s->seen[i].n++;
			break;
		}
	*refused = !strcmp(s->refuse, type);
	snprintf(error, size, "%s", s->refuse_error);
	pthread_mutex_unlock(&s->lock);
}

static void handle(client *c, json_t *m)
{
	const char *type = json_string_value(json_object_get(m, "type"));
	json_int_t id = json_integer_value(json_object_get(m, "id"));
	char error[32];
	int refused;
	count(c->server, type, &refused, error, sizeof error);
	if (c->server->mode == FAKE_GARBAGE) {
		send_text(c, "{\"type\":");
		send_text(c, "[1,2]");
		send_text(c, "{\"type\":\"offer\",\"rev\":-1}");
		send_text(c, "{\"type\":\"something_new\",\"seq\":7}");
	}
	if (refused) {
		send_json(c, json_pack("{s:s, s:I, s:s, s:s}", "type", "error", "id", id, "code", error, "message", "refused by the test"));
		return;
	}
	if (!strcmp(type, "join")) {
		on_join(c, m, id);
		return;
	}
	if (!strcmp(type, "publish")) {
		on_publish(c, m, id);
		return;
	}
	if (!strcmp(type, "leave")) {
		if (c->server->mode == FAKE_DEAF)
			return;
		c->closing = 1;
		send_json(c, json_pack("{s:s, s:I}", "type", "left", "id", id));
		return;
	}
	send_json(c, json_pack("{s:s, s:I}", "type", "ok", "id", id));
	if (!strcmp(type, "subscribe") || !strcmp(type, "unsubscribe"))
		on_subscribe(c, m, !strcmp(type, "subscribe"));
	else if (!strcmp(type, "unpublish"))
		on_unpublish(c, m);
	else if (!strcmp(type, "mute"))
		on_mute(c, m);
	else if (!strcmp(type, "answer") && c->offering) {
		int more = c->offering > 1;
		c->offering = 0;
		if (more)
			offer(c);
	}
}

static client *client_new(fake_server *s, struct lws *wsi)
{
	client *c = calloc(1, sizeof *c);
	c->server = s;
	c->wsi = wsi;
	c->last = &c->first;
	c->subscribed = json_array();
	for (int i = 0; i < MAX_CLIENTS; i++)
		if (!s->clients[i]) {
			s->clients[i] = c;
			break;
		}
	return c;
}

static void client_gone(client *c)
{
	fake_server *s = c->server;
	for (int i = 0; i < MAX_CLIENTS; i++)
		if (s->clients[i] == c)
			s->clients[i] = NULL;
	for (int i = s->n_tracks; i-- > 0; )
		if (!strcmp(s->tracks[i].user, c->user))
			s->tracks[i] = s->tracks[--s->n_tracks];
	if (c->joined && !atomic_load(&s->stop))
		tell_others(c, json_pack("{s:s, s:s, s:s}", "type", "user_left", "user", c->user, "reason", "left"));
	for (out *o = c->first, *next; o; o = next) {
		next = o->next;
		free(o);
	}
	json_decref(c->subscribed);
	free(c->in);
	free(c);
}

static int write_one(client *c)
{
	out *o = c->first;
	if (o) {
		c->first = o->next;
		if (!c->first)
			c->last = &c->first;
		lws_write(c->wsi, (unsigned char *)o->data + LWS_PRE, o->len, LWS_WRITE_TEXT);
		free(o);
	}
	if (c->first)
		lws_callback_on_writable(c->wsi);
	return !c->first && c->closing ? -1 : 0;
}

static void receive(client *c, const char *in, size_t len)
{
	c->in = realloc(c->in, c->n + len + 1);
	memcpy(c->in + c->n, in, len);
	c->n += len;
	if (!lws_is_final_fragment(c->wsi))
		return;
	json_t *m = json_loadb(c->in, c->n, 0, NULL);
	c->n = 0;
	if (m)
		handle(c, m);
	json_decref(m);
}

static void do_kick(fake_server *s)
{
	char user[64], reason[32];
	pthread_mutex_lock(&s->lock);
	memcpy(user, s->kick_user, sizeof user);
	memcpy(reason, s->kick_reason, sizeof reason);
	*s->kick_user = 0;
	pthread_mutex_unlock(&s->lock);
	for (int i = 0; *user && i < MAX_CLIENTS; i++)
		if (s->clients[i] && !strcmp(s->clients[i]->user, user)) {
			send_json(s->clients[i], json_pack("{s:s, s:s, s:I}", "type", "kicked", "reason", reason, "seq", ++s->clients[i]->seq));
			s->clients[i]->closing = 1;
		}
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	client **slot = user;
	fake_server *s = lws_context_user(lws_get_context(wsi));
	switch (reason) {
	case LWS_CALLBACK_ESTABLISHED:
		*slot = client_new(s, wsi);
		return 0;
	case LWS_CALLBACK_RECEIVE:
		receive(*slot, in, len);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return write_one(*slot);
	case LWS_CALLBACK_CLOSED:
		client_gone(*slot);
		return 0;
	default:
		return 0;
	}
}

static const struct lws_protocols protocols[] = {{"loquat.v1", callback, sizeof(client *), 0, 0, NULL, 0}, {NULL, NULL, 0, 0, 0, NULL, 0}};

static void *run(void *arg)
{
	fake_server *s = arg;
	while (!atomic_load(&s->stop)) {
		lws_service(s->lws, 0);
		do_kick(s);
	}
	return NULL;
}

fake_server *fake_server_start(fake_mode mode, const char *error)
{
	fake_server *s = calloc(1, sizeof *s);
	struct lws_context_creation_info info = {.port = 0, .iface = "127.0.0.1", .protocols = protocols, .user = s, .gid = (gid_t)-1, .uid = (uid_t)-1,
	                                         .fd_limit_per_thread = 128, .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS};
	s->mode = mode;
	snprintf(s->error, sizeof s->error, "%s", error ? error : "");
	pthread_mutex_init(&s->lock, NULL);
	lws_set_log_level(LLL_ERR, NULL);
	s->lws = lws_create_context(&info);
	struct lws_vhost *vh = lws_create_vhost(s->lws, &info);
	snprintf(s->url, sizeof s->url, "ws://127.0.0.1:%d", lws_get_vhost_listen_port(vh));
	pthread_create(&s->thread, NULL, run, s);
	return s;
}

void fake_server_stop(fake_server *s)
{
	if (!s)
		return;
	atomic_store(&s->stop, 1);
	lws_cancel_service(s->lws);
	pthread_join(s->thread, NULL);
	lws_context_destroy(s->lws);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

const char *fake_server_url(const fake_server *s)
{
	return s->url;
}

void fake_server_kick(fake_server *s, const char *user, const char *reason)
{
	pthread_mutex_lock(&s->lock);
	snprintf(s->kick_user, sizeof s->kick_user, "%s", user);
	snprintf(s->kick_reason, sizeof s->kick_reason, "%s", reason);
	pthread_mutex_unlock(&s->lock);
	lws_cancel_service(s->lws);
}

void fake_server_refuse(fake_server *s, const char *request, const char *error)
{
	pthread_mutex_lock(&s->lock);
	snprintf(s->refuse, sizeof s->refuse, "%s", request);
	snprintf(s->refuse_error, sizeof s->refuse_error, "%s", error);
	pthread_mutex_unlock(&s->lock);
}

int fake_server_count(fake_server *s, const char *request)
{
	int n = 0;
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < MAX_TYPES; i++)
		if (!strcmp(s->seen[i].name, request))
			n = s->seen[i].n;
	pthread_mutex_unlock(&s->lock);
	return n;
}
