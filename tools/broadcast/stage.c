#include "stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/diag.h>
#include <loquat/graph.h>

enum { MEMBERS_MAX = 64 };

/* ---- the canvas ---- */

typedef struct setting {
	const char *name, *value;
	char *error;
} setting;

static int set_on_canvas(lq_graph *graph, void *arg)
{
	setting *s = arg;
	lq_node *canvas = lq_graph_find(graph, "shared/compose");
	lq_diag *diag = lq_diag_create();
	int r = canvas ? lq_node_set_param(canvas, s->name, s->value, s->name, diag) : LQ_ENOTSUP;
	if (r && s->error) {
		const char *text = !canvas ? "this broadcast has no canvas: it sends one member's stream as it is" : lq_diag_count(diag) ? lq_diag_text(diag, 0) : "";
		const char *own = strstr(text, "layout: layout"); /* behind who says it */
		snprintf(s->error, SPEC_ERROR, "%s", own ? own + sizeof "layout: " - 1 : text);
	}
	lq_diag_destroy(diag);
	return r;
}

/* ---- names ---- */

static int members_of(lq_room *room, lq_member **out)
{
	lq_member *list = calloc(MEMBERS_MAX, sizeof *list);
	int n = list ? lq_room_members(room, list, MEMBERS_MAX) : 0;
	*out = list;
	return n < MEMBERS_MAX ? n : MEMBERS_MAX;
}

/* "alice", or one of her streams: "alice/sub". */
static int is_there(const lq_member *list, int n, const char *name)
{
	size_t length = strcspn(name, "/");
	for (int i = 0; i < n; i++)
		if (strlen(list[i].user) == length && !strncmp(list[i].user, name, length))
			return 1;
	return 0;
}

static int check_name(const lq_member *list, int n, const char *place, const char *text, char error[SPEC_ERROR])
{
	if (!text || is_there(list, n, text))
		return 0;
	int used = snprintf(error, SPEC_ERROR, "%s: there is nobody called \"%.60s\" in the room; there %s", place, text, n ? "are: " : "is nobody");
	for (int i = 0; i < n && used < SPEC_ERROR - 80; i++)
		used += snprintf(error + used, SPEC_ERROR - (size_t)used, "%s\"%.60s\"", i ? ", " : "", list[i].user);
	return LQ_ENOENT;
}

int stage_check(lq_room *room, const json_t *layout, char error[SPEC_ERROR])
{
	lq_member *list;
	size_t i;
	json_t *region;
	int n = members_of(room, &list), r = check_name(list, n, "layout.speaker", json_string_value(json_object_get(layout, "speaker")), error);
	json_array_foreach(json_object_get(layout, "regions"), i, region) {
		char place[60];
		snprintf(place, sizeof place, "layout.regions[%zu].input", i);
		r = r ? r : check_name(list, n, place, json_string_value(json_object_get(region, "input")), error);
	}
	free(list);
	return r;
}

int stage_check_user(lq_room *room, const char *user, char error[SPEC_ERROR])
{
	lq_member *list;
	int n = members_of(room, &list), r = check_name(list, n, "user", user, error);
	free(list);
	return r;
}

int stage_layout(lq_room *room, const json_t *layout, char error[SPEC_ERROR])
{
	int r = json_object_get(layout, "names") ? 0 : stage_check(room, layout, error);
	if (r)
		return r;
	char *text = json_dumps(layout, JSON_COMPACT);
	r = text ? lq_room_with_graph(room, set_on_canvas, &(setting){"layout", text, error}) : LQ_ENOMEM;
	free(text);
	return r;
}

/* ---- who is big ---- */

static int has_picture(const lq_member *m, lq_stream stream)
{
	return m->tracks >> (2 * stream + 1) & 1;
}

/* A screen that is shared, else who spoke last. */
static void choose(const stage *s, lq_room *room, char out[160])
{
	lq_member *list;
	int n = members_of(room, &list);
	*out = 0;
	for (int i = 0; i < n && !*out; i++)
		if (has_picture(&list[i], LQ_STREAM_SUB))
			snprintf(out, 160, "%s/sub", list[i].user);
	for (int i = 0; i < n && !*out; i++)
		if (!strcmp(list[i].user, s->speaker) && has_picture(&list[i], LQ_STREAM_MAIN))
			snprintf(out, 160, "%s", list[i].user);
	free(list);
}

static int has_camera(lq_room *room, const char *user)
{
	lq_member *list;
	int n = members_of(room, &list), found = 0;
	for (int i = 0; i < n; i++)
		found |= !strcmp(list[i].user, user) && has_picture(&list[i], LQ_STREAM_MAIN);
	free(list);
	return found;
}

void stage_event(stage *s, lq_room *room, const lq_sdk_event *e)
{
	char big[160];
	if (e->type == LQ_ON_ACTIVE_SPEAKER && e->on && has_camera(room, e->user)) /* who has none cannot be shown big: the one before stays */
		snprintf(s->speaker, sizeof s->speaker, "%s", e->user);
	else if (e->type != LQ_ON_STREAM_PUBLISHED && e->type != LQ_ON_STREAM_UNPUBLISHED && e->type != LQ_ON_USER_LEFT)
		return;
	choose(s, room, big);
	if (strcmp(big, s->big) && !lq_room_with_graph(room, set_on_canvas, &(setting){"speaker", big, NULL}))
		memcpy(s->big, big, sizeof s->big);
}
