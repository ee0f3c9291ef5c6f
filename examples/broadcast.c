/* A room as one stream, by an app: the profile `broadcast` with a target laid over it. What `loquat broadcast` does, in one page.
 *
 *     broadcast SERVER ROOM TARGET [SECONDS]        TARGET: rtmp://host/application/key, or the path of an .mp4 or .mkv */
#include <loquat/loquat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Pictures side by side, with names. A target is one transport more, behind the two encoders. */
static const char patch[] =
	"{\"graphs\": {\"shared\": {"
	"\"nodes\": {\"compose\": {\"params\": {\"size\": \"640x360\", \"layout\": \"{\\\"layout\\\": \\\"side-by-side\\\", \\\"show_names\\\": true}\"}},"
	"            \"target\": {\"use\": \"%s\", \"loop\": \"out\", \"params\": {\"url\": \"%s\"}}},"
	"\"chains\": [[\"mix\", \"aenc\", \"target.audio\"], [\"compose\", \"venc\", \"target.video\"]]}}}";

static const char *const states[] = {"", "ended", "connecting", "running", "waiting for its server", "failed"};

/* Until the time is up, the target has failed, or the room is left; the result is the exit status. */
static int broadcast(lq_engine *engine, lq_room *room, time_t end)
{
	const lq_sdk_event *e;
	int status = EXIT_SUCCESS;
	for (int leaving = 0;;) {
		int r = lq_engine_poll(engine, leaving ? 15000 : 200, &e), over = time(NULL) >= end;
		if (!r && e->type == LQ_ON_TRANSPORT) {
			printf("%s: %s%s%s\n", e->name, states[e->state], *e->text ? ": " : "", e->text);
			over |= e->state == LQ_CONN_FAILED;
			status = e->state == LQ_CONN_FAILED ? EXIT_FAILURE : status;
		} else if (!r && (e->type == LQ_ON_ERROR || (e->type == LQ_ON_JOINED && e->code))) {
			fprintf(stderr, "broadcast: %s\n", e->text);
			return EXIT_FAILURE;
		} else if (!r && e->type == LQ_ON_LEFT) {
			return e->code ? EXIT_FAILURE : status;
		}
		if (r && leaving)
			return EXIT_FAILURE;
		if (over && !leaving) { /* what is queued is written before LQ_ON_LEFT */
			leaving = 1;
			lq_room_leave(room);
		}
	}
}

int main(int argc, char **argv)
{
	char error[2000], json[2000];
	lq_engine *engine;
	lq_room *room;
	if (argc < 4 || strpbrk(argv[3], "\"\\")) {
		fprintf(stderr, "usage: broadcast SERVER ROOM TARGET [SECONDS]\n");
		return EXIT_FAILURE;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	snprintf(json, sizeof json, patch, strstr(argv[3], "rtmp") == argv[3] ? "transport.rtmp" : "transport.file", argv[3]);
	lq_engine_config config = {.size = sizeof config, .profile = "broadcast", .profile_patch = json};
	if (lq_engine_create(&config, &engine, error, sizeof error)) {
		fprintf(stderr, "broadcast: %s\n", error);
		return EXIT_FAILURE;
	}
	lq_room_options options = {.size = sizeof options, .auto_publish_audio = LQ_OFF, .auto_publish_video = LQ_OFF, .media_at_join = LQ_ON};
	lq_join_params params = {.size = sizeof params, .server = argv[1]};
	int status = EXIT_FAILURE;
	if (lq_room_open(engine, argv[2], &options, &room) || lq_room_role_set(room, LQ_ROLE_AUDIENCE) || lq_room_join(room, &params))
		fprintf(stderr, "broadcast: the name of the room or the server makes no sense\n");
	else
		status = broadcast(engine, room, time(NULL) + (argc > 4 ? atoi(argv[4]) : 10));
	lq_engine_destroy(engine);
	return status;
}
