/* The requests of the room protocol, as texts. */
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "media.h"
#include "names.h"
#include "protocol.h"

char *lq__req_join(int64_t id, const lq__join_request *j)
{
	json_t *o = json_pack("{s:s, s:I, s:i, s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*}", "type", "join", "id", (json_int_t)id, "v", 1, "room", j->room,
	                      "user", lq__given(j->user), "name", lq__given(j->name), "token", lq__given(j->token), "password", lq__given(j->password), "info", lq__given(j->info),
	                      "create", j->must_exist ? "must_exist" : NULL, "device", lq__given(j->device), "session", lq__given(j->session), "role",
	                      j->audience ? "audience" : NULL, "profile", j->live ? "live" : NULL, "login", lq__given(j->login));
	if (o && j->nth)
		json_object_set_new(o, "nth", json_integer((json_int_t)j->nth));
	if (o && lq__given(j->session)) {
		json_object_set_new(o, "seq", json_integer((json_int_t)j->seq));
		if (j->only_resume)
			json_object_set_new(o, "only_resume", json_true());
	}
	return lq__json_dump(o);
}

char *lq__req_profile(int64_t id, int live)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s}", "type", "room_profile", "id", (json_int_t)id, "profile", live ? "live" : "communication"));
}

char *lq__req_role(int64_t id, int audience)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s}", "type", "role", "id", (json_int_t)id, "role", audience ? "audience" : "broadcaster"));
}

char *lq__req_token(int64_t id, const char *token)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s}", "type", "token_update", "id", (json_int_t)id, "token", token));
}

char *lq__req_control(int64_t id, const char *user, lq_stream stream, lq_track_kind kind, int on)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s*, s:s, s:s, s:b}", "type", "control", "id", (json_int_t)id, "user", lq__given(user), "kind", lq__kind_label(kind), "stream",
	                               lq__stream_label(stream), "on", on));
}

char *lq__req_device(int64_t id, lq_stream stream, lq_track_kind kind, int none)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s, s:s, s:s}", "type", "device", "id", (json_int_t)id, "kind", lq__kind_label(kind), "stream", lq__stream_label(stream),
	                               "state", none ? "none" : "closed"));
}

char *lq__req_cameras(int64_t id, const lq__has_camera *cameras, uint32_t n)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "stream", lq__stream_label(cameras[i].stream), "name", cameras[i].name));
	return lq__json_dump(json_pack("{s:s, s:I, s:o}", "type", "cameras", "id", (json_int_t)id, "cameras", list));
}

char *lq__req_default_camera(int64_t id, const char *user, lq_stream stream)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s*, s:s}", "type", "default_camera", "id", (json_int_t)id, "user", lq__given(user), "stream", lq__stream_label(stream)));
}

char *lq__req_kick(int64_t id, const char *user, const char *reason)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s, s:s*}", "type", "kick", "id", (json_int_t)id, "user", user, "reason", lq__given(reason)));
}

char *lq__req_stage_request(int64_t id, int on)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:b}", "type", "stage_request", "id", (json_int_t)id, "on", on));
}

char *lq__req_stage_answer(int64_t id, const char *user, int accept, const char *reason)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s, s:b, s:s*}", "type", "stage_answer", "id", (json_int_t)id, "user", user, "accept", accept, "reason", lq__given(reason)));
}

char *lq__req_stage_remove(int64_t id, const char *user, const char *reason)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s, s:s*}", "type", "stage_remove", "id", (json_int_t)id, "user", user, "reason", lq__given(reason)));
}

char *lq__req_guest_add(int64_t id, const char *room, const char *user, const char *token)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s, s:s, s:s*}", "type", "guest_add", "id", (json_int_t)id, "room", room, "user", user, "token", lq__given(token)));
}

char *lq__req_guest_remove(int64_t id, const char *user, const char *room)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s*, s:s*}", "type", "guest_remove", "id", (json_int_t)id, "user", lq__given(user), "room", lq__given(room)));
}

char *lq__req_again(const char *text)
{
	static const char more[] = ",\"again\":true}";
	size_t n = strlen(text);
	char *again = malloc(n + sizeof more);
	if (!again)
		return NULL;
	memcpy(again, text, n - 1); /* without its last brace */
	memcpy(again + n - 1, more, sizeof more);
	return again;
}

/* NULL: there is nothing to say of them. */
static json_t *layers_json(const lq__media_track *made)
{
	json_t *array = made && made->n_layers > 1 ? json_array() : NULL;
	for (unsigned i = 0; array && i < made->n_layers; i++)
		json_array_append_new(array, json_pack("{s:s, s:i, s:i}", "rid", made->layers[i].rid, "width", (int)made->layers[i].width, "height",
		                                       (int)made->layers[i].height));
	return array;
}

static json_t *published_json(const lq__msg_track *t)
{
	const lq__media_track *made = t->made;
	int layered = made && made->n_layers && made->layers[0].width;
	uint32_t width = layered ? made->layers[0].width : made ? made->width : 0, height = layered ? made->layers[0].height : made ? made->height : 0;
	json_t *size = width && height ? json_pack("{s:i, s:i}", "width", (int)width, "height", (int)height) : NULL;
	json_t *track = json_pack("{s:s, s:s, s:s, s:o*}", "mid", t->mid, "kind", lq__kind_label(t->kind), "stream", lq__stream_label(t->stream), "layers",
	                          layers_json(t->made));
	if (track && size)
		json_object_update(track, size);
	json_decref(size);
	return track;
}

char *lq__req_publish(int64_t id, const char *sdp, const lq__msg_track *tracks, uint32_t n)
{
	json_t *array = json_array();
	for (uint32_t i = 0; i < n; i++)
		if (json_array_append_new(array, published_json(&tracks[i]))) {
			json_decref(array);
			return NULL;
		}
	return lq__json_dump(json_pack("{s:s, s:I, s:s, s:o}", "type", "publish", "id", (json_int_t)id, "sdp", sdp, "tracks", array));
}

char *lq__req_layer(int64_t id, const char *track, lq_layer layer)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s, s:s}", "type", "layer", "id", (json_int_t)id, "track", track, "layer", lq__layer_label(layer)));
}

char *lq__req_tracks(int64_t id, const char *type, const char *const *ids, uint32_t n)
{
	json_t *array = json_array();
	for (uint32_t i = 0; i < n; i++)
		if (json_array_append_new(array, json_string(ids[i]))) {
			json_decref(array);
			return NULL;
		}
	return lq__json_dump(json_pack("{s:s, s:I, s:o}", "type", type, "id", (json_int_t)id, "tracks", array));
}

char *lq__req_mute(int64_t id, const char *track, int muted)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s, s:b}", "type", "mute", "id", (json_int_t)id, "track", track, "muted", muted));
}

char *lq__req_answer(int64_t id, const char *sdp, int64_t rev)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s, s:I}", "type", "answer", "id", (json_int_t)id, "sdp", sdp, "rev", (json_int_t)rev));
}

char *lq__req_message(int64_t id, const char *to, const char *text)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s, s:s}", "type", "message", "id", (json_int_t)id, "to", to, "text", text));
}

char *lq__req_attribute(int64_t id, int of_room, const char *name, const char *value)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s, s:{s:s?}}", "type", "attributes", "id", (json_int_t)id, "of", of_room ? "room" : "user", "attributes", name, value));
}

char *lq__req_attributes(int64_t id, int of_room, void *attributes)
{
	return lq__json_dump(json_pack("{s:s, s:I, s:s, s:O}", "type", "attributes", "id", (json_int_t)id, "of", of_room ? "room" : "user", "attributes", attributes));
}

char *lq__req_plain(int64_t id, const char *type)
{
	return lq__json_dump(json_pack("{s:s, s:I}", "type", type, "id", (json_int_t)id));
}
