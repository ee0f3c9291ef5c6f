/* loquat publish: a live stream or a file into a room, as if it were somebody's camera and microphone. */
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>
#include <loquat/loquat.h>

#include "control.h"
#include "participant.h"

#define SECOND INT64_C(1000000000)
#define LINGER (SECOND / 2) /* the last media is on its way */

static const char help[] =
	"usage: loquat publish URL --room ROOM [OPTIONS]\n\n"
	"Publishes what comes from URL in ROOM: rtmp, rtmps, srt, rtsp, http, https, or a file. srt://ADDRESS:PORT?mode=listener and\n"
	"rtmp://ADDRESS:PORT/APP/KEY?listen wait for somebody to call. H.264, VP8, VP9 and Opus go in as they are, H.264 that a call cannot have so\n"
	"(B-frames), and everything else, encoded anew. Until the file ends, --seconds have passed or Ctrl-C; a live source that is lost is connected again.\n\n"
	"  --room ROOM         the room\n"
	"  --server URL        the server (default: ws://127.0.0.1:7880)\n"
	"  --user ID           our user id (default: the server picks)\n"
	"  --name NAME         the name that others see (default: the user id)\n"
	"  --token TOKEN       access token (see `loquat token`)\n"
	"  --password TEXT     of a room that has one\n"
	"  --stream NAME       as which of the user's streams: main (default), sub, third to ninth\n"
	"  --loop              a file begins again at its end\n"
	"  --video-codec NAME  encode the picture anew: h264, vp8 or vp9\n"
	"  --bitrate N         encode the picture anew, with N bit/s\n"
	"  --profile P         name or file of the profile (default: live-broadcast)\n"
	"  --seconds N         stop after N seconds\n"
	"  --status-json       print the status as a JSON object a line, for programs\n\n"
	"Exit status: 0, or 1 when the source or the room cannot be had or is lost for good.\n";

typedef struct publisher {
	const char *server, *room_name, *user, *name, *token, *password;
	participant_options participant;
	lq_stream stream;
	long seconds;
	int status_json;
	lq_engine *engine;
	lq_room *room;
	int over, failed, refused;
	const char *state;
	json_t *figures;
} publisher;

/* ---- what is told ---- */

static void print(json_t *o)
{
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(o);
}

static void state(publisher *p, const char *name, int code, const char *text)
{
	if (p->status_json && (!p->state || strcmp(p->state, name) || *text))
		print(json_pack("{s:s, s:s, s:s, s:s}", "event", "state", "state", name, "code", code ? lq_error_name(code) : "", "text", text));
	p->state = name;
}

static void warn(publisher *p, int code, const char *text)
{
	if (p->status_json)
		print(json_pack("{s:s, s:s, s:s}", "event", "warning", "code", lq_error_name(code), "text", text));
	else
		fprintf(stderr, "loquat publish: %s\n", text);
}

static void fail(publisher *p, int code, const char *text)
{
	p->over = p->failed = 1;
	if (p->status_json)
		state(p, "failed", code, text);
	else
		tool_error(TOOL_FAILED, "publish", "%s", text);
}

static void on_figure(const char *owner, const char *name, double value, void *arg)
{
	json_t *all = arg, *o = json_object_get(all, owner);
	if (!o) {
		o = json_object();
		json_object_set_new(all, owner, o);
	}
	json_object_set_new(o, name, json_real(value));
}

static json_t *of_track(const publisher *p, const char *kind, const char *const *names)
{
	static const char *const streams[] = {"main", "sub", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"};
	char owner[40];
	snprintf(owner, sizeof owner, "local/%s/%s", streams[p->stream], kind);
	json_t *all = json_object_get(p->figures, owner), *out = json_object();
	for (; *names; names++) {
		json_t *v = json_object_get(all, *names);
		json_object_set_new(out, *names, json_integer((json_int_t)json_number_value(v)));
	}
	return out;
}

static void print_figures(publisher *p, double seconds)
{
	static const char *const video[] = {"packetsPassed", "framesEncodedAnew", "framesEncoded", "keyFramesAsked", "spells", "packetsSent", "bytesSent", NULL};
	static const char *const audio[] = {"packetsPassed", "packetsSent", "bytesSent", NULL};
	lq_room_stats(p->room, on_figure, p->figures);
	json_t *v = of_track(p, "video", video), *a = of_track(p, "audio", audio);
	if (p->status_json) {
		print(json_pack("{s:s, s:f, s:O, s:O}", "event", "figures", "seconds", seconds, "video", v, "audio", a));
	} else {
		printf("%.0f s  |  picture %.0f kB, sound %.0f kB\n", seconds, json_number_value(json_object_get(v, "bytesSent")) / 1000,
		       json_number_value(json_object_get(a, "bytesSent")) / 1000);
		fflush(stdout);
	}
	json_decref(v);
	json_decref(a);
}

/* ---- what happens ---- */

/* A source without sound or without picture is none that has failed; one with neither is. */
static void on_published(publisher *p, const lq_sdk_event *e)
{
	char text[600];
	if (!e->code) {
		state(p, "running", 0, "");
		return;
	}
	snprintf(text, sizeof text, "no %s is published: %s", e->kind == LQ_AUDIO ? "sound" : "picture", *e->text ? e->text : lq_error_text(e->code));
	if (++p->refused == 2)
		fail(p, e->code, *e->text ? e->text : lq_error_text(e->code));
	else
		warn(p, e->code, text);
}

static void on_lost(publisher *p, const lq_sdk_event *e, const char *what)
{
	char text[600];
	snprintf(text, sizeof text, "%s%s: %s%s%s", p->room_name, what, lq_error_text(e->code), *e->text ? ": " : "", e->text);
	fail(p, e->code, text);
}

static void on_event(publisher *p, const lq_sdk_event *e)
{
	switch (e->type) {
	case LQ_ON_JOINED:
		if (e->code)
			on_lost(p, e, " could not be joined");
		break;
	case LQ_ON_LEFT:
		p->over = 1;
		if (e->code)
			on_lost(p, e, " was lost");
		break;
	case LQ_ON_LOCAL_PUBLISHED: on_published(p, e); break;
	case LQ_ON_CONNECTION:
		if (e->state == LQ_CONN_RECONNECTING)
			warn(p, LQ_ECONN, "the connection to the server is lost, trying again");
		break;
	case LQ_ON_ERROR:
		if (!p->over)
			warn(p, e->code, e->text);
		break;
	case LQ_ON_WARNING:
		if (e->code == LQ_END)
			p->over = 1;
		else
			warn(p, e->code, e->text);
		break;
	default: break;
	}
}

/* ---- the whole ---- */

static void poll_until(publisher *p, int64_t until)
{
	const lq_sdk_event *e;
	for (int64_t left; (left = until - tool_now()) > 0 && !tool_interrupted();)
		if (!lq_engine_poll(p->engine, (int)(left / 1000000 < 100 ? left / 1000000 + 1 : 100), &e))
			on_event(p, e);
		else if (p->over)
			return;
}

static int finish(publisher *p, int64_t start)
{
	if (p->over && !p->failed)
		poll_until(p, tool_now() + LINGER);
	if (!p->failed) {
		print_figures(p, (double)(tool_now() - start) / 1e9);
		state(p, "ended", 0, "");
	}
	lq_room_leave(p->room);
	p->over = 0;
	for (const lq_sdk_event *e; !p->over && !p->failed && !lq_engine_poll(p->engine, 3000, &e);)
		if (e->type == LQ_ON_LEFT)
			p->over = 1;
	return p->failed ? TOOL_FAILED : TOOL_OK;
}

static int take_part(publisher *p)
{
	int64_t start = tool_now(), next = start + SECOND;
	state(p, "starting", 0, "");
	while (!p->over && !tool_interrupted() && (!p->seconds || tool_now() < start + p->seconds * SECOND)) {
		const lq_sdk_event *e;
		int64_t wait = (next - tool_now()) / 1000000;
		if (!lq_engine_poll(p->engine, wait < 0 ? 0 : (int)(wait < 100 ? wait : 100), &e))
			on_event(p, e);
		if (tool_now() < next)
			continue;
		print_figures(p, (double)(next - start) / 1e9);
		next += SECOND;
	}
	return finish(p, start);
}

static int with_graph(void *owner, control_graph_fn fn, void *arg)
{
	return lq_room_with_graph(((publisher *)owner)->room, fn, arg);
}

static int take_part_and_serve(publisher *p)
{
	char what[200];
	snprintf(what, sizeof what, "publish %.64s%s%.100s", p->room_name, p->user ? " as " : "", p->user ? p->user : "");
	control *c = control_start(&(control_config){.what = what, .with_graph = with_graph, .owner = p});
	int status = take_part(p);
	control_stop(c);
	return status;
}

static int publish(publisher *p)
{
	char error[4096] = "";
	lq_diag *diag = lq_diag_create();
	char *patch = participant_patch(&p->participant, diag);
	lq_engine_config config = {.size = sizeof config, .profile = p->participant.profile, .profile_patch = patch};
	lq_room_options options = {.size = sizeof options, .auto_publish_audio = LQ_OFF, .auto_publish_video = LQ_OFF, .auto_subscribe_audio = LQ_OFF,
	                           .auto_subscribe_video = LQ_OFF, .remote_control = LQ_OFF};
	lq_join_params params = {.size = sizeof params, .server = p->server, .user = p->user, .name = p->name, .token = p->token, .password = p->password};
	int status = TOOL_FAILED, r;
	p->figures = json_object();
	if (!patch)
		tool_diag(diag);
	else if (lq_engine_create(&config, &p->engine, error, sizeof error))
		tool_error(TOOL_FAILED, "publish", "%s", error);
	else if ((r = lq_room_open(p->engine, p->room_name, &options, &p->room)))
		tool_error(TOOL_FAILED, "publish", "room \"%.80s\": %s", p->room_name, lq_error_text(r));
	else if ((r = lq_publish(p->room, p->stream, LQ_AUDIO)) || (r = lq_publish(p->room, p->stream, LQ_VIDEO)) || (r = lq_room_join(p->room, &params)))
		tool_error(TOOL_FAILED, "publish", "%s", lq_error_text(r));
	else
		status = take_part_and_serve(p);
	lq_room_close(p->room);
	lq_engine_destroy(p->engine);
	json_decref(p->figures);
	free(patch);
	lq_diag_destroy(diag);
	return status;
}

static int stream_of(const char *name, lq_stream *out)
{
	static const char *const names[] = {"main", "sub", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"};
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(name, names[i])) {
			*out = (lq_stream)i;
			return 0;
		}
	return tool_error(TOOL_USAGE, "publish", "--stream: \"%s\" is none of main, sub, third to ninth", name);
}

int cmd_publish(int argc, char **argv)
{
	enum { SERVER = 256, ROOM, USER, NAME, TOKEN, PASSWORD, STREAM, LOOP, CODEC, BITRATE, PROFILE, SECONDS, STATUS };
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'}, {"server", required_argument, NULL, SERVER}, {"room", required_argument, NULL, ROOM},
		{"user", required_argument, NULL, USER}, {"name", required_argument, NULL, NAME}, {"token", required_argument, NULL, TOKEN},
		{"password", required_argument, NULL, PASSWORD}, {"stream", required_argument, NULL, STREAM}, {"loop", no_argument, NULL, LOOP},
		{"video-codec", required_argument, NULL, CODEC}, {"bitrate", required_argument, NULL, BITRATE}, {"profile", required_argument, NULL, PROFILE},
		{"seconds", required_argument, NULL, SECONDS}, {"status-json", no_argument, NULL, STATUS}, {0}};
	publisher p = {.participant = {.profile = "live-broadcast", .headless = 1}};
	for (int o; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;)
		switch (o) {
		case 'h': fputs(help, stdout); return TOOL_OK;
		case SERVER: p.server = optarg; break;
		case ROOM: p.room_name = optarg; break;
		case USER: p.user = optarg; break;
		case NAME: p.name = optarg; break;
		case TOKEN: p.token = optarg; break;
		case PASSWORD: p.password = optarg; break;
		case STREAM:
			if (stream_of(optarg, &p.stream))
				return TOOL_USAGE;
			break;
		case LOOP: p.participant.loop = 1; break;
		case CODEC: p.participant.codec = optarg; break;
		case BITRATE:
			if (tool_number("publish", "--bitrate", optarg, 30000, 20000000, &p.participant.bitrate))
				return TOOL_USAGE;
			break;
		case PROFILE: p.participant.profile = optarg; break;
		case SECONDS:
			if (tool_number("publish", "--seconds", optarg, 1, 86400 * 365, &p.seconds))
				return TOOL_USAGE;
			break;
		case STATUS: p.status_json = 1; break;
		default: return tool_usage("publish");
		}
	if (optind + 1 != argc || !p.room_name)
		return tool_error(TOOL_USAGE, "publish", "say what is published, and in which room with --room");
	if (p.participant.codec && !participant_knows_codec(p.participant.codec))
		return tool_error(TOOL_USAGE, "publish", "--video-codec: \"%s\" is none of h264, vp8, vp9", p.participant.codec);
	p.participant.source = argv[optind];
	tool_catch_signals();
	return publish(&p);
}
