/* A call in one page: join a room with camera and microphone, say what happens, leave after a while.
 *
 *     hello-call [SERVER [ROOM [USER [SECONDS]]]] */
#include <loquat/loquat.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* What it says of; there is more. */
static const char *const names[] = {
	[LQ_ON_ERROR] = "error", [LQ_ON_WARNING] = "warning", [LQ_ON_JOINED] = "joined", [LQ_ON_LEFT] = "left", [LQ_ON_CONNECTION] = "connection",
	[LQ_ON_USER_JOINED] = "user joined", [LQ_ON_USER_LEFT] = "user left", [LQ_ON_STREAM_PUBLISHED] = "stream published",
	[LQ_ON_STREAM_UNPUBLISHED] = "stream unpublished", [LQ_ON_STREAM_MUTED] = "stream muted", [LQ_ON_LOCAL_PUBLISHED] = "local published",
	[LQ_ON_SUBSCRIBED] = "subscribed", [LQ_ON_FIRST_FRAME] = "first frame", [LQ_ON_VIEW_CLOSED] = "view closed", [LQ_ON_MESSAGE] = "message",
};
static const char *const streams[] = {"main", "sub", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"};

/* The call ends when the time is up or the room is left; the result is the exit status. */
static int call(lq_engine *engine, lq_room *room, time_t end)
{
	const lq_sdk_event *e;
	for (int leaving = 0;;) {
		long wait = leaving ? 5 : (long)(end - time(NULL));
		int r = lq_engine_poll(engine, wait > 0 ? (int)wait * 1000 : 0, &e);
		if (r && leaving)
			return EXIT_FAILURE;
		if (r) {
			leaving = 1;
			lq_room_leave(room);
			continue;
		}
		if ((size_t)e->type >= sizeof names / sizeof *names || !names[e->type])
			continue;
		printf("%s", names[e->type]);
		if (e->kind)
			printf(" %s/%s/%s", *e->user ? e->user : "local", streams[e->stream], e->kind == LQ_AUDIO ? "audio" : "video");
		else if (*e->user)
			printf(" %s", e->user);
		if (e->width)
			printf(" %ux%u", e->width, e->height);
		printf("%s%s%s\n", e->code ? " failed: " : *e->text ? ": " : "", e->text, e->type == LQ_ON_USER_JOINED && e->existed ? " (was there)" : "");
		if (e->type == LQ_ON_LEFT || (e->type == LQ_ON_JOINED && e->code))
			return e->code ? EXIT_FAILURE : EXIT_SUCCESS;
	}
}

int main(int argc, char **argv)
{
	char error[2000];
	lq_engine *engine;
	lq_room *room;
	lq_join_params params = {.size = sizeof params, .server = argc > 1 ? argv[1] : NULL, .user = argc > 3 ? argv[3] : NULL};
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (lq_engine_create(NULL, &engine, error, sizeof error)) {
		fprintf(stderr, "hello-call: %s\n", error);
		return EXIT_FAILURE;
	}
	int status = EXIT_FAILURE;
	if (lq_room_open(engine, argc > 2 ? argv[2] : "hello", NULL, &room) || lq_room_join(room, &params))
		fprintf(stderr, "hello-call: the name of the room or the server makes no sense\n");
	else
		status = call(engine, room, time(NULL) + (argc > 4 ? atoi(argv[4]) : 10));
	lq_engine_destroy(engine);
	return status;
}
