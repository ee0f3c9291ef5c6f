/* loquat broadcast: a room as one stream, to servers, playlists and files. */
#include "../tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>
#include <loquat/loquat.h>

#include "../control.h"
#include "commands.h"
#include "graph.h"
#include "report.h"
#include "spec.h"
#include "stage.h"

enum { LEVELS_MS = 200, STEP_MS = 50 };

static const char help[] =
	"usage: loquat broadcast --room ROOM [OPTIONS]\n\n"
	"Joins ROOM, seen by nobody, puts all pictures on one canvas and all sounds into one, and sends that to servers and into files, until --seconds\n"
	"have passed, Ctrl-C or the end of the room.\n\n"
	"  --server URL         the room server (default: ws://127.0.0.1:7880)\n"
	"  --token TOKEN        access token (see `loquat token`)\n"
	"  --password TEXT      the room's password\n"
	"  --name NAME          the name that the server knows it by\n"
	"  --to URL             where it goes: rtmp://, rtmps://, srt://, https:// (WHIP), or the path of an .m3u8 or .mpd; may be given again\n"
	"  --record FILE        record it: .mp4, .mkv, .flv or .ts; may be given again\n"
	"  --layout LAYOUT      grid, speaker, side-by-side, a layout as JSON, or @FILE with one (default: grid)\n"
	"  --size WxH           of the canvas (default: 1280x720)\n"
	"  --fps N              pictures a second (default: 30)\n"
	"  --bitrate N          of the picture, bit/s (default: 2500000)\n"
	"  --audio-bitrate N    of the sound, bit/s (default: 128000)\n"
	"  --user ID            instead of a mix this user's stream alone, not encoded anew where the target carries its codecs\n"
	"  --stream NAME        which of them: main, sub (the screen), third ... ninth (default: main)\n"
	"  --give-up N          a target that cannot be reached for N seconds has failed; 0: never (default: 60)\n"
	"  --ca-file FILE       certificates to trust for rtmps:// and https://, PEM (default: the system's)\n"
	"  --seconds N          end after N seconds\n"
	"  --status-json        print what happens as a JSON object a line, for programs\n"
	"  --commands           read commands from standard input, a JSON object a line, until it ends; without --room the first one is \"start\"\n\n"
	"Exit status: 0, or 1 when it failed: the room was lost, or no target is left.\n";

typedef struct broadcast {
	spec spec;
	report report;
	stage stage;
	commands commands;
	lq_engine *engine;
	lq_room *room;
	int with_commands;
	int joined, running, over, failed;
	int64_t began;
} broadcast;

static void fail(broadcast *b, int code, const char *text)
{
	b->over = 1;
	if (b->failed++)
		return;
	report_state(&b->report, "failed", code, *text ? text : lq_error_text(code));
}

/* ---- events ---- */

/* Asks only whether there is a graph. */
static int op_nothing(lq_graph *graph, void *arg)
{
	return 0;
}

/* Without a graph nothing goes. */
static void on_error(broadcast *b, const lq_sdk_event *e)
{
	if (b->joined && lq_room_with_graph(b->room, op_nothing, NULL) == LQ_ESTATE)
		fail(b, e->code, e->text);
	else
		fprintf(stderr, "loquat broadcast: error: %s\n", e->text);
}

static void on_warning(broadcast *b, const lq_sdk_event *e)
{
	int i = broadcast_target(&b->spec, e->name);
	if (i >= 0)
		report_trouble(&b->report, i, e->code, e->text);
	fprintf(stderr, "loquat broadcast: warning: %s\n", e->text);
}

/* One that has failed does not end the others. */
static void on_transport(broadcast *b, const lq_sdk_event *e)
{
	int i = broadcast_target(&b->spec, e->name), left = b->spec.n_targets;
	if (i < 0)
		return;
	report_target(&b->report, i, (lq_connection_state)e->state);
	for (int k = 0; k < b->spec.n_targets; k++)
		left -= report_failed(&b->report, k);
	if (!left)
		fail(b, b->report.targets[i].code, b->report.targets[i].text);
}

static void on_joined(broadcast *b, const lq_sdk_event *e)
{
	char error[SPEC_ERROR] = "";
	if (e->code) {
		char text[SPEC_ERROR];
		snprintf(text, sizeof text, "%.64s could not be joined: %s%s%s", b->spec.room, lq_error_text(e->code), *e->text ? ": " : "", e->text);
		fail(b, e->code, text);
		return;
	}
	if (b->joined)
		return;
	b->joined = 1;
	b->began = tool_now();
	if (lq_room_with_graph(b->room, op_nothing, NULL)) /* it could not be made, which LQ_ON_ERROR tells */
		return;
	int r = b->spec.user ? stage_check_user(b->room, b->spec.user, error) : b->spec.layout ? stage_check(b->room, b->spec.layout, error) : 0; /* they may still come */
	report_state(&b->report, "running", r, error);
}

static void on_connection(broadcast *b, const lq_sdk_event *e)
{
	if (b->joined && e->state == LQ_CONN_RECONNECTING)
		report_state(&b->report, "running", LQ_ECONN, *e->text ? e->text : "the connection to the room is lost; trying to come back");
	else if (b->joined && e->state == LQ_CONN_CONNECTED)
		report_state(&b->report, "running", 0, "");
}

static void on_stage(broadcast *b, const lq_sdk_event *e)
{
	if (!b->spec.user)
		stage_event(&b->stage, b->room, e);
}

static void on_published(broadcast *b, const lq_sdk_event *e)
{
	on_stage(b, e);
	if (b->spec.user && !strcmp(e->user, b->spec.user) && e->stream == b->spec.stream)
		lq_subscribe(b->room, e->user, e->stream, e->kind);
}

static void on_event(broadcast *b, const lq_sdk_event *e)
{
	switch (e->type) {
	case LQ_ON_JOINED: on_joined(b, e); break;
	case LQ_ON_LEFT:
		b->over = 1;
		if (e->code)
			fail(b, e->code, e->text);
		break;
	case LQ_ON_CONNECTION: on_connection(b, e); break;
	case LQ_ON_TRANSPORT: on_transport(b, e); break;
	case LQ_ON_ERROR: on_error(b, e); break;
	case LQ_ON_WARNING: on_warning(b, e); break;
	case LQ_ON_SUBSCRIBED:
		if (e->code)
			fprintf(stderr, "loquat broadcast: %s's %s: %s\n", e->user, e->kind == LQ_AUDIO ? "sound" : "picture", *e->text ? e->text : lq_error_text(e->code));
		break;
	case LQ_ON_STREAM_PUBLISHED: on_published(b, e); break;
	default: on_stage(b, e); break;
	}
}

/* ---- commands ---- */

static int set_layout(broadcast *b, const json_t *command, char error[SPEC_ERROR])
{
	json_t *layout = NULL;
	int r = spec_layout(json_object_get(command, "layout"), &layout, error);
	r = r ? r : stage_layout(b->room, layout, error);
	json_decref(layout);
	return r;
}

static void obey(broadcast *b, const json_t *command)
{
	const char *name = json_string_value(json_object_get(command, "command"));
	char error[SPEC_ERROR] = "";
	int r = 0;
	if (name && !strcmp(name, "layout")) {
		r = set_layout(b, command, error);
	} else if (name && !strcmp(name, "stop")) {
		b->over = 1;
	} else {
		r = LQ_EINVAL;
		snprintf(error, sizeof error, "there is no command \"%.60s\": there are layout, stop", name ? name : "");
	}
	report_answer(&b->report, json_object_get(command, "id"), r, r && !*error ? lq_error_text(r) : error);
}

static void take_commands(broadcast *b)
{
	json_t *command;
	char error[SPEC_ERROR];
	int r;
	while (b->with_commands && !b->over && (r = commands_next(&b->commands, 0, &command, error, sizeof error))) {
		if (r < 0)
			b->over = 1;
		else if (command)
			obey(b, command);
		else
			report_answer(&b->report, NULL, LQ_EPARSE, error);
		json_decref(r > 0 ? command : NULL);
	}
}

/* ---- the run ---- */

static void run(broadcast *b)
{
	int64_t next = tool_now() + LQ_SEC, start = tool_now();
	const lq_sdk_event *e;
	while (!b->over && !tool_interrupted() && (!b->spec.seconds || tool_now() < (b->began ? b->began : start) + b->spec.seconds * LQ_SEC)) {
		if (!lq_engine_poll(b->engine, STEP_MS, &e))
			on_event(b, e);
		take_commands(b);
		if (tool_now() < next)
			continue;
		next += LQ_SEC;
		if (b->joined)
			report_figures(&b->report, b->room, (double)(tool_now() - b->began) / LQ_SEC);
	}
	if (b->joined && !b->failed)
		report_figures(&b->report, b->room, (double)(tool_now() - b->began) / LQ_SEC);
	if (b->joined && !lq_room_leave(b->room)) /* what is queued is written meanwhile */
		while (!lq_engine_poll(b->engine, 15000, &e) && e->type != LQ_ON_LEFT)
			;
	report_ended(&b->report);
	if (!b->failed)
		report_state(&b->report, "ended", 0, "");
}

static int with_graph(void *owner, control_graph_fn fn, void *arg)
{
	return lq_room_with_graph(((broadcast *)owner)->room, fn, arg);
}

static void run_and_serve(broadcast *b)
{
	char what[120];
	snprintf(what, sizeof what, "broadcast %.64s", b->spec.room);
	control *c = control_start(&(control_config){.what = what, .with_graph = with_graph, .owner = b});
	run(b);
	control_stop(c);
}

static int enter(broadcast *b)
{
	const spec *s = &b->spec;
	lq_room_options options = {.size = sizeof options, .auto_publish_audio = LQ_OFF, .auto_publish_video = LQ_OFF, .media_at_join = LQ_ON};
	options.auto_subscribe_audio = options.auto_subscribe_video = s->user ? LQ_OFF : LQ_ON;
	lq_join_params params = {.size = sizeof params, .server = s->server, .name = s->name, .token = s->token, .password = s->password};
	lq_audio_report_params levels = {.size = sizeof levels, .interval_ms = LEVELS_MS};
	int r = lq_room_open(b->engine, s->room, &options, &b->room);
	r = r ? r : lq_room_role_set(b->room, LQ_ROLE_AUDIENCE);
	r = r ? r : lq_audio_report(b->room, &levels);
	return r ? r : lq_room_join(b->room, &params);
}

static int broadcast_room(broadcast *b)
{
	char error[4096] = "";
	lq_diag *diag = lq_diag_create();
	char *patch = broadcast_patch(&b->spec, diag);
	lq_engine_config config = {.size = sizeof config, .profile = BROADCAST_PROFILE, .profile_patch = patch};
	int r;
	b->report.spec = &b->spec;
	report_state(&b->report, "starting", 0, "");
	if (!patch)
		fail(b, lq_diag_code(diag, 0), lq_diag_text(diag, 0));
	else if ((r = lq_engine_create(&config, &b->engine, error, sizeof error)))
		fail(b, r, error);
	else if ((r = enter(b)))
		fail(b, r, "");
	else
		run_and_serve(b);
	lq_room_close(b->room);
	lq_engine_destroy(b->engine);
	free(patch);
	lq_diag_destroy(diag);
	return b->failed ? TOOL_FAILED : TOOL_OK;
}

/* ---- the command line ---- */

/* The first command says all that the command line does not, which others could see. */
static int await_start(broadcast *b, json_t *words, char error[SPEC_ERROR])
{
	json_t *command = NULL;
	int r = 0;
	while (!r && !tool_interrupted())
		r = commands_next(&b->commands, STEP_MS, &command, error, SPEC_ERROR);
	const char *name = json_string_value(json_object_get(command, "command"));
	if (r == 1 && command && (!name || strcmp(name, "start")))
		snprintf(error, SPEC_ERROR, "the first command is \"start\"");
	else if (r == 1 && command) {
		json_object_del(command, "command");
		json_object_del(command, "id");
		json_object_update(words, command);
		*error = 0;
	} else if (r != 1)
		snprintf(error, SPEC_ERROR, "standard input ended before the command \"start\"");
	json_decref(command);
	return *error ? LQ_EINVAL : 0;
}

static void add_to_list(json_t *words, const char *key, const char *value)
{
	json_t *list = json_object_get(words, key);
	if (!list)
		json_object_set_new(words, key, list = json_array());
	json_array_append_new(list, json_string(value));
}

/* "--audio-bitrate" is the word "audio_bitrate". */
static void add_word(json_t *words, const char *option, const char *value)
{
	char key[40];
	snprintf(key, sizeof key, "%s", option);
	for (char *at = key; *at; at++)
		*at = *at == '-' ? '_' : *at;
	if (!strcmp(key, "to") || !strcmp(key, "record"))
		add_to_list(words, key, value);
	else
		json_object_set_new(words, key, json_string(value));
}

static int read_options(int argc, char **argv, broadcast *b, json_t *words)
{
	enum { WORD = 256, STATUS, COMMANDS };
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'}, {"status-json", no_argument, NULL, STATUS}, {"commands", no_argument, NULL, COMMANDS},
		{"server", required_argument, NULL, WORD}, {"room", required_argument, NULL, WORD}, {"token", required_argument, NULL, WORD},
		{"password", required_argument, NULL, WORD}, {"name", required_argument, NULL, WORD}, {"to", required_argument, NULL, WORD},
		{"record", required_argument, NULL, WORD}, {"layout", required_argument, NULL, WORD}, {"size", required_argument, NULL, WORD},
		{"fps", required_argument, NULL, WORD}, {"bitrate", required_argument, NULL, WORD}, {"audio-bitrate", required_argument, NULL, WORD},
		{"user", required_argument, NULL, WORD}, {"stream", required_argument, NULL, WORD}, {"give-up", required_argument, NULL, WORD}, {"seconds", required_argument, NULL, WORD},
		{"ca-file", required_argument, NULL, WORD}, {0}};
	int at = 0;
	for (int o; (o = getopt_long(argc, argv, "h", options, &at)) != -1;)
		switch (o) {
		case 'h': fputs(help, stdout); return -1;
		case STATUS: b->report.json = 1; break;
		case COMMANDS: b->with_commands = 1; break;
		case WORD: add_word(words, options[at].name, optarg); break;
		default: return tool_usage("broadcast");
		}
	return optind == argc ? TOOL_OK : tool_error(TOOL_USAGE, "broadcast", "\"%s\" is no option", argv[optind]);
}

int cmd_broadcast(int argc, char **argv)
{
	char error[SPEC_ERROR] = "";
	broadcast *b = calloc(1, sizeof *b);
	json_t *words = json_object();
	if (!b || !words)
		return tool_error(TOOL_FAILED, "broadcast", "out of memory");
	int status = read_options(argc, argv, b, words), r = 0;
	if (status == TOOL_OK) {
		tool_catch_signals();
		if (b->with_commands && !json_object_get(words, "room"))
			r = await_start(b, words, error);
		r = r ? r : spec_read(words, &b->spec, error);
		if (r && b->report.json)
			report_state(&b->report, "failed", r, error);
		status = r ? tool_error(TOOL_USAGE, "broadcast", "%s", error) : broadcast_room(b);
	}
	spec_finish(&b->spec);
	json_decref(words);
	free(b);
	return status < 0 ? TOOL_OK : status;
}
