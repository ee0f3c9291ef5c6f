/* loquat join: take part in a room; show, record and measure what the others send. */
#include "tool.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <loquat/log.h>
#include <loquat/loquat.h>

#include "control.h"
#include "measure.h"
#include "participant.h"
#include "picture.h"

#define MAX_PEERS 64

static const char help[] =
	"usage: loquat join --room ROOM [OPTIONS]\n\n"
	"Joins ROOM, publishes camera and microphone (a test picture and a tone, unless --devices) and shows what the others send, until\n"
	"--seconds have passed, Ctrl-C or the end of the room. Prints a status line.\n\n"
	"  --server URL      the server (default: ws://127.0.0.1:7880)\n"
	"  --user ID         our user id (default: the server picks)\n"
	"  --name NAME       the name that others see (default: the user id)\n"
	"  --token TOKEN     access token (see `loquat token`)\n"
	"  --profile P       name or file of the profile (default: communication)\n"
	"  --seconds N       leave after N seconds\n"
	"  --devices         use camera, microphone and speaker\n"
	"  --input FILE      publish a media file, looped, instead of camera and microphone\n"
	"  --codec NAME      video codec: h264, vp8 or vp9 (default: the profile's)\n"
	"  --size WxH        size of the test picture or camera (default: 640x360)\n"
	"  --fps N           its frames a second (default: 30)\n"
	"  --layers N        publish the picture in N qualities, 1 to 3: the size, half of it, a quarter\n"
	"  --layer NAME      which quality of the others' pictures is wanted: high, mid or low (default: high)\n"
	"  --headless        open no window and play no sound\n"
	"  --no-publish      only watch\n"
	"  --role R          broadcaster (default), or audience: unseen, publishes nothing\n"
	"  --raise-hand      ask to come up, again each time that the answer is no or none\n"
	"  --welcome         let everybody up who asks (the right admin or control)\n"
	"  --rejoin N        when the connection is lost, try for N seconds to come back (default: 60)\n"
	"  --record FILE     write what arrives to a Matroska or MP4 file, as it is\n"
	"  --snapshot FILE   write the picture that arrives to a PNG file now and then\n"
	"  --graph FILE      before leaving, draw the running graph to a .svg or .dot file\n"
	"  --stats FILE      at the end, write figures to a JSON file\n"
	"  --status-json     print the status as a JSON object a line, for programs\n\n"
	"Exit status: 0, or 1 when joining failed or the connection was lost.\n";

struct peer {
	char user[129];
	measure *measure;
};

struct join {
	lq_engine *engine;
	lq_room *room;
	const char *server, *room_name, *user, *name, *token, *graph, *stats;
	participant_options participant;
	long seconds, rejoin, layers;
	int layer; /* -1: whatever comes */
	int publish, status_json;
	int audience, raise_hand, welcome; /* audience: now */
	int joined, over, failed, unpublished;
	uint32_t join_ms, first_video_ms;
	struct peer peers[MAX_PEERS];
	int n_peers;
	json_t *figures; /* owner -> name -> value; what has left keeps its last ones */
};

static void on_video(const lq_frame *frame, void *arg)
{
	measure_video(arg, frame, tool_now());
}

static void on_audio(const lq_frame *frame, void *arg)
{
	measure_audio(arg, frame, tool_now());
}

static struct peer *peer_add(struct join *j, const char *user)
{
	for (int i = 0; i < j->n_peers; i++)
		if (!strcmp(j->peers[i].user, user))
			return &j->peers[i];
	if (j->n_peers == MAX_PEERS)
		return NULL;
	struct peer *p = &j->peers[j->n_peers];
	if (!(p->measure = measure_create()))
		return NULL;
	snprintf(p->user, sizeof p->user, "%s", user);
	j->n_peers++;
	lq_view_frames(j->room, user, LQ_STREAM_MAIN, LQ_VIDEO, on_video, p->measure);
	lq_view_frames(j->room, user, LQ_STREAM_MAIN, LQ_AUDIO, on_audio, p->measure);
	return p;
}

/* News for the reader: a line, or a JSON object with "event". */
static void tell(const struct join *j, const char *event, const char *user, const char *reason)
{
	if (j->status_json) {
		json_t *o = json_pack("{s:s, s:s, s:s}", "event", event, "user", user, "reason", reason);
		json_dumpf(o, stdout, JSON_COMPACT);
		json_decref(o);
	} else {
		printf("%s%s %s%s%s", isatty(1) ? "\r\033[K" : "", user, event, *reason ? ": " : "", reason);
	}
	putchar('\n');
	fflush(stdout);
}

static void on_left(struct join *j, const lq_sdk_event *e)
{
	j->over = 1;
	if (e->code) {
		j->failed = 1;
		tool_error(TOOL_FAILED, "join", "the room was lost: %s%s%s", lq_error_text(e->code), *e->text ? ": " : "", e->text);
	}
}

/* What we are told as a host, or as one who has asked. */
static void on_stage(struct join *j, const lq_sdk_event *e)
{
	static const char *const states[] = {[LQ_STAGE_REFUSED] = "refused", [LQ_STAGE_ACCEPTED] = "accepted", [LQ_STAGE_TIMEOUT] = "timeout", [LQ_STAGE_REMOVED] = "removed"};
	if (e->code) {
		fprintf(stderr, "loquat join: on the stage: %s\n", *e->text ? e->text : lq_error_text(e->code));
	} else if (e->type == LQ_ON_STAGE_REQUEST && *e->user) {
		tell(j, e->on ? "asks" : "asks no more", e->user, e->text);
		if (e->on && j->welcome)
			lq_stage_answer(j->room, e->user, 1, NULL);
	} else if (e->type == LQ_ON_STAGE_ANSWER && !*e->user) {
		tell(j, states[e->state], e->name, e->text);
		if (j->raise_hand && (e->state == LQ_STAGE_TIMEOUT || e->state == LQ_STAGE_REFUSED))
			lq_stage_request(j->room, 1);
	}
}

static void on_event(struct join *j, const lq_sdk_event *e)
{
	switch (e->type) {
	case LQ_ON_JOINED:
		if (e->code) {
			j->over = j->failed = 1;
			tool_error(TOOL_FAILED, "join", "%s could not be joined: %s%s%s", j->room_name, lq_error_text(e->code), *e->text ? ": " : "", e->text);
			break;
		}
		if (!j->joined)
			j->join_ms = e->elapsed_ms;
		if (!j->joined && j->raise_hand)
			lq_stage_request(j->room, 1);
		j->joined = 1;
		break;
	case LQ_ON_CONNECTION:
		if (j->joined && e->state == LQ_CONN_RECONNECTING)
			tell(j, "reconnecting", "", e->text);
		else if (j->joined && e->state == LQ_CONN_CONNECTED)
			tell(j, "connected", "", "");
		break;
	case LQ_ON_LEFT: on_left(j, e); break;
	case LQ_ON_USER_JOINED:
		tell(j, "joined", e->user, "");
		peer_add(j, e->user);
		if (j->layer >= 0)
			lq_layer_set(j->room, e->user, LQ_STREAM_MAIN, (lq_layer)j->layer);
		break;
	case LQ_ON_ROOM_PROFILE:
		if (!e->code)
			tell(j, e->profile == LQ_PROFILE_LIVE ? "profile_live" : "profile_communication", "", "");
		break;
	case LQ_ON_STREAM_UNPUBLISHED: tell(j, "unpublished", e->user, e->kind == LQ_AUDIO ? "audio" : "video"); break;
	case LQ_ON_ROLE: j->audience = e->code ? j->audience : e->role == LQ_ROLE_AUDIENCE; break;
	case LQ_ON_STAGE_REQUEST:
	case LQ_ON_STAGE_ANSWER: on_stage(j, e); break;
	case LQ_ON_USER_LEFT: tell(j, "left", e->user, e->text); break;
	case LQ_ON_FIRST_FRAME:
		if (*e->user && e->kind == LQ_VIDEO && !j->first_video_ms)
			j->first_video_ms = e->elapsed_ms;
		break;
	case LQ_ON_LOCAL_PUBLISHED:
		/* A file without sound is no failure; to have neither sound nor picture is one. */
		if (e->code && ++j->unpublished == 2)
			j->over = j->failed = 1;
		/* fall through */
	case LQ_ON_SUBSCRIBED:
		if (e->code)
			tool_error(TOOL_FAILED, "join", "%s%s%s: %s", *e->user ? e->user : "our", *e->user ? "'s " : " ", e->kind == LQ_AUDIO ? "sound" : "picture",
			           *e->text ? e->text : lq_error_text(e->code));
		break;
	case LQ_ON_ERROR:
	case LQ_ON_WARNING: fprintf(stderr, "loquat join: %s: %s\n", e->type == LQ_ON_ERROR ? "error" : "warning", e->text); break;
	default: break;
	}
}

static void on_figure(const char *owner, const char *name, double value, void *arg)
{
	json_t *all = arg, *o = json_object_get(all, owner);
	if (!o) {
		o = json_object();
		json_object_set_new(all, owner, o);
	}
	json_object_set_new(o, name, value == floor(value) && fabs(value) < 1e15 ? json_integer((json_int_t)value) : json_real(value));
}

static json_t *figure(const struct join *j, const char *user, const char *kind, const char *name)
{
	char owner[160];
	snprintf(owner, sizeof owner, "%s/main/%s", user, kind);
	json_t *v = json_object_get(json_object_get(j->figures, owner), name);
	return v ? json_incref(v) : json_integer(0);
}

/* A figure rounded to 0.01. */
static json_t *rounded(double v)
{
	return json_real(round(v * 100) / 100);
}

static json_t *latency_json(const measure_report *r)
{
	return r->latencies ? json_pack("{s:o, s:o}", "p50", rounded(r->latency_p50), "p95", rounded(r->latency_p95)) : json_null();
}

static json_t *peer_json(const struct join *j, const struct peer *p)
{
	measure_report r;
	measure_get(p->measure, &r);
	json_t *out = json_pack("{s:s, s:{s:o, s:o, s:o, s:I, s:o, s:o, s:i, s:i}, s:{s:o, s:o, s:o}, s:o, s:o, s:o}", "user", p->user, "video", "framesReceived",
	                 figure(j, p->user, "video", "framesReceived"), "framesDecoded", figure(j, p->user, "video", "framesDecoded"), "framesPerSecond", rounded(r.fps), "freezeCount",
	                 (json_int_t)r.freezes, "longestGap_ms", rounded(r.longest_gap_ms), "packetsLost", figure(j, p->user, "video", "packetsLost"), "frameWidth", (int)r.width, "frameHeight", (int)r.height,
	                 "audio", "totalSamplesReceived", json_integer((json_int_t)r.samples), "concealedSamples", figure(j, p->user, "audio", "concealedSamples"),
	                 "audioLevel", rounded(r.level), "latency_ms", latency_json(&r), "av_skew_ms", r.skews ? rounded(r.skew_ms) : json_null(),
	                 "recent_av_skew_ms", r.skews ? rounded(r.recent_skew_ms) : json_null());
	json_t *video = json_object_get(out, "video");
	json_object_set_new(video, "bytesReceived", figure(j, p->user, "video", "bytesReceived"));
	json_object_set_new(video, "keyFramesReceived", figure(j, p->user, "video", "keyFramesReceived"));
	json_object_set_new(json_object_get(out, "audio"), "bytesReceived", figure(j, p->user, "audio", "bytesReceived"));
	return out;
}

/* What is known now; the peer with the most pictures stands at the top level, all are in `peers`. */
static json_t *report(struct join *j)
{
	json_t *peers = json_array(), *best = NULL, *out;
	lq_room_stats(j->room, on_figure, j->figures);
	for (int i = 0; i < j->n_peers; i++) {
		json_t *p = peer_json(j, &j->peers[i]);
		json_int_t frames = json_integer_value(json_object_get(json_object_get(p, "video"), "framesDecoded"));
		if (!best || frames > json_integer_value(json_object_get(json_object_get(best, "video"), "framesDecoded")))
			best = p;
		json_array_append_new(peers, p);
	}
	out = best ? json_copy(best) : json_object();
	json_object_del(out, "user");
	json_object_set_new(out, "from", best ? json_incref(json_object_get(best, "user")) : json_null());
	json_object_set_new(out, "joined", json_boolean(j->joined));
	json_object_set_new(out, "role", json_string(j->audience ? "audience" : "broadcaster"));
	json_object_set_new(out, "join_ms", json_integer(j->join_ms));
	json_object_set_new(out, "first_video_frame_ms", j->first_video_ms ? json_integer(j->first_video_ms) : json_null());
	json_object_set_new(out, "peers", peers);
	return out;
}

static void print_status(struct join *j, double seconds)
{
	json_t *r = report(j);
	if (j->status_json) {
		json_dumpf(r, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		json_t *p, *latency;
		size_t i;
		printf("%s%.0f s, %s%d other%s", isatty(1) ? "\r\033[K" : "", seconds, j->audience ? "audience, " : "", j->n_peers, j->n_peers == 1 ? "" : "s");
		json_array_foreach(json_object_get(r, "peers"), i, p) {
			json_t *v = json_object_get(p, "video");
			printf("  |  %s %dx%d %.1f fps", json_string_value(json_object_get(p, "user")), (int)json_integer_value(json_object_get(v, "frameWidth")),
			       (int)json_integer_value(json_object_get(v, "frameHeight")), json_number_value(json_object_get(v, "framesPerSecond")));
			latency = json_object_get(p, "latency_ms");
			if (json_is_object(latency))
				printf(" %.0f ms", json_number_value(json_object_get(latency, "p50")));
		}
		if (!isatty(1))
			putchar('\n');
	}
	fflush(stdout);
	json_decref(r);
}

static int write_stats(struct join *j)
{
	json_t *r = report(j);
	json_object_set(r, "figures", j->figures);
	int bad = json_dump_file(r, j->stats, JSON_INDENT(2));
	json_decref(r);
	return bad ? tool_error(TOOL_FAILED, "join", "%s could not be written", j->stats) : TOOL_OK;
}

static int finish(struct join *j)
{
	int status = j->failed ? TOOL_FAILED : TOOL_OK;
	if (j->joined && j->graph) {
		char *dot = lq_room_graph(j->room);
		if (dot && picture_write("join", dot, j->graph))
			status = TOOL_FAILED;
		free(dot);
	}
	if (j->stats && write_stats(j))
		status = TOOL_FAILED;
	if (!j->over)
		lq_room_leave(j->room);
	for (const lq_sdk_event *e; !j->over && !lq_engine_poll(j->engine, 3000, &e);)
		on_event(j, e);
	return status;
}

static int take_part(struct join *j)
{
	int64_t start = tool_now(), next = start + 1000000000;
	while (!j->over && !tool_interrupted() && (!j->seconds || tool_now() < start + j->seconds * 1000000000)) {
		const lq_sdk_event *e;
		int64_t wait = (next - tool_now()) / 1000000;
		if (!lq_engine_poll(j->engine, wait < 0 ? 0 : (int)(wait < 100 ? wait : 100), &e))
			on_event(j, e);
		if (tool_now() < next)
			continue;
		print_status(j, (double)(next - start) / 1e9);
		next += 1000000000;
	}
	if (!j->status_json && isatty(1))
		putchar('\n');
	return finish(j);
}

static int with_graph(void *owner, control_graph_fn fn, void *arg)
{
	struct join *j = owner;
	return lq_room_with_graph(j->room, fn, arg);
}

static int take_part_and_serve(struct join *j)
{
	char what[200];
	snprintf(what, sizeof what, "join %.64s%s%.100s", j->room_name, j->user ? " as " : "", j->user ? j->user : "");
	control *c = control_start(&(control_config){.what = what, .with_graph = with_graph, .owner = j});
	int status = take_part(j);
	control_stop(c);
	return status;
}

static int join(struct join *j)
{
	char error[4096] = "";
	lq_diag *diag = lq_diag_create();
	char *patch = participant_patch(&j->participant, diag);
	lq_engine_config config = {.size = sizeof config, .profile = j->participant.profile, .profile_patch = patch};
	lq_room_options options = {.size = sizeof options, .auto_publish_audio = j->publish ? LQ_ON : LQ_OFF, .auto_publish_video = j->publish ? LQ_ON : LQ_OFF,
	                           .rejoin_ms = (uint32_t)j->rejoin * 1000};
	lq_join_params params = {.size = sizeof params, .server = j->server, .user = j->user, .name = j->name, .token = j->token};
	const lq_video_layer layers[3] = {LQ_INIT(lq_video_layer), LQ_INIT(lq_video_layer), LQ_INIT(lq_video_layer)};
	int status = TOOL_FAILED, r;

	j->figures = json_object();
	if (!patch)
		tool_diag(diag);
	else if (lq_engine_create(&config, &j->engine, error, sizeof error))
		tool_error(TOOL_FAILED, "join", "%s", error);
	else if ((r = lq_room_open(j->engine, j->room_name, &options, &j->room)))
		tool_error(TOOL_FAILED, "join", "room \"%.80s\": %s: a name has 1 to 64 bytes of letters, digits, space and punctuation (no quotes, *, / or \\)",
		           j->room_name, lq_error_text(r));
	else if (j->layers && (r = lq_video_encode_set(j->room, LQ_STREAM_MAIN, layers, (unsigned)j->layers)))
		tool_error(TOOL_FAILED, "join", "--layers: %s", lq_error_text(r));
	else if ((r = lq_room_role_set(j->room, j->audience ? LQ_ROLE_AUDIENCE : LQ_ROLE_BROADCASTER)) || (r = lq_room_join(j->room, &params)))
		tool_error(TOOL_FAILED, "join", "%s", lq_error_text(r));
	else
		status = take_part_and_serve(j);

	lq_room_close(j->room);
	lq_engine_destroy(j->engine);
	for (int i = 0; i < j->n_peers; i++)
		measure_destroy(j->peers[i].measure);
	json_decref(j->figures);
	free(patch);
	lq_diag_destroy(diag);
	return status;
}

static int layer_of(const char *name)
{
	static const char *const names[] = {"high", "mid", "low"};
	for (int i = 0; i < 3; i++)
		if (!strcmp(name, names[i]))
			return i;
	return -1;
}

int cmd_join(int argc, char **argv)
{
	enum { SERVER = 256, ROOM, USER, NAME, TOKEN, PROFILE, SECONDS, DEVICES, INPUT, CODEC, SIZE, FPS, HEADLESS, LAYERS, LAYER, NO_PUBLISH, REJOIN, RECORD, SNAPSHOT, GRAPH, STATS, STATUS, ROLE, RAISE_HAND, WELCOME };
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'}, {"server", required_argument, NULL, SERVER}, {"room", required_argument, NULL, ROOM},
		{"user", required_argument, NULL, USER}, {"name", required_argument, NULL, NAME}, {"token", required_argument, NULL, TOKEN},
		{"profile", required_argument, NULL, PROFILE}, {"seconds", required_argument, NULL, SECONDS}, {"devices", no_argument, NULL, DEVICES},
		{"input", required_argument, NULL, INPUT}, {"codec", required_argument, NULL, CODEC}, {"size", required_argument, NULL, SIZE},
		{"fps", required_argument, NULL, FPS}, {"headless", no_argument, NULL, HEADLESS}, {"layers", required_argument, NULL, LAYERS},
		{"layer", required_argument, NULL, LAYER}, {"no-publish", no_argument, NULL, NO_PUBLISH},
		{"rejoin", required_argument, NULL, REJOIN}, {"role", required_argument, NULL, ROLE}, {"raise-hand", no_argument, NULL, RAISE_HAND},
		{"welcome", no_argument, NULL, WELCOME},
		{"record", required_argument, NULL, RECORD}, {"snapshot", required_argument, NULL, SNAPSHOT}, {"graph", required_argument, NULL, GRAPH},
		{"stats", required_argument, NULL, STATS}, {"status-json", no_argument, NULL, STATUS}, {0}};
	struct join j = {.publish = 1, .layer = -1, .participant = {.profile = "communication"}};
	for (int o; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;)
		switch (o) {
		case 'h': fputs(help, stdout); return TOOL_OK;
		case SERVER: j.server = optarg; break;
		case ROOM: j.room_name = optarg; break;
		case USER: j.user = optarg; break;
		case NAME: j.name = optarg; break;
		case TOKEN: j.token = optarg; break;
		case PROFILE: j.participant.profile = optarg; break;
		case SECONDS:
			if (tool_number("join", "--seconds", optarg, 1, 86400 * 365, &j.seconds))
				return TOOL_USAGE;
			break;
		case DEVICES: j.participant.devices = 1; break;
		case INPUT: j.participant.input = optarg; break;
		case CODEC: j.participant.codec = optarg; break;
		case SIZE: j.participant.size = optarg; break;
		case FPS: j.participant.fps = optarg; break;
		case LAYERS:
			if (tool_number("join", "--layers", optarg, 1, 3, &j.layers))
				return TOOL_USAGE;
			break;
		case LAYER:
			if ((j.layer = layer_of(optarg)) < 0)
				return tool_error(TOOL_USAGE, "join", "--layer: \"%s\" is none of high, mid, low", optarg);
			break;
		case HEADLESS: j.participant.headless = 1; break;
		case NO_PUBLISH: j.publish = 0; break;
		case ROLE:
			if (strcmp(optarg, "audience") && strcmp(optarg, "broadcaster"))
				return tool_error(TOOL_USAGE, "join", "--role: \"%s\" is neither broadcaster nor audience", optarg);
			j.audience = !strcmp(optarg, "audience");
			break;
		case RAISE_HAND: j.raise_hand = 1; break;
		case WELCOME: j.welcome = 1; break;
		case REJOIN:
			if (tool_number("join", "--rejoin", optarg, 1, 86400, &j.rejoin))
				return TOOL_USAGE;
			break;
		case RECORD: j.participant.record = optarg; break;
		case SNAPSHOT: j.participant.snapshot = optarg; break;
		case GRAPH: j.graph = optarg; break;
		case STATS: j.stats = optarg; break;
		case STATUS: j.status_json = 1; break;
		default: return tool_usage("join");
		}
	if (optind != argc || !j.room_name)
		return tool_error(TOOL_USAGE, "join", "say which room with --room");
	if (j.participant.codec && !participant_knows_codec(j.participant.codec))
		return tool_error(TOOL_USAGE, "join", "--codec: \"%s\" is none of h264, vp8, vp9", j.participant.codec);
	if (j.raise_hand && !j.audience)
		return tool_error(TOOL_USAGE, "join", "--raise-hand: only the audience asks; say --role audience");
	j.participant.label = j.name ? j.name : j.user;
	tool_catch_signals();
	return join(&j);
}
