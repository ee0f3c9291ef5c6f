/* Flow E1, an audio and video call on a desktop, in the order of the published document; beside each step stands what the known SDK calls it.
 *
 *     e1-call SERVER CHANNEL UID [SECONDS [TOKEN]]   stays for so long (10) after the other's picture has come */
#include <loquat/loquat.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct app {
	lq_engine *engine;
	lq_room *room;
	long seconds;
	time_t leave_at; /* 0: not yet */
	int leaving;
} app;

/* 2. new NERtcEngine(), initialize(context) */
static int initialize(app *a)
{
	char error[1000];
	lq_engine_config context = {
		.size = sizeof context,
		.app_id = "e1-call",            /* app_key */
		.log_dir = getenv("E1_LOG_DIR"),/* log_dir_path; NULL: none is written */
		.log_level = LQ_LOG_LEVEL_INFO, /* log_level */
		.log_max_kb = 0,                /* log_file_max_size_KBytes: 20 MB */
	};
	int r = lq_engine_create(&context, &a->engine, error, sizeof error);
	if (r)
		fprintf(stderr, "%s\n", error);
	return r;
}

/* 3. setupLocalVideoCanvas(canvas), startVideoPreview() and stopVideoPreview(): before the room. The window is the SDK's own here. */
static int preview(app *a, int on)
{
	lq_view_params canvas = {.size = sizeof canvas, .scale = LQ_SCALE_FIT, .title = "local"};
	if (!on)
		return lq_preview_stop(a->room, LQ_STREAM_MAIN);
	int r = lq_view_bind(a->room, NULL, LQ_STREAM_MAIN, &canvas);
	return r ? r : lq_preview_start(a->room, LQ_STREAM_MAIN);
}

/* Until the camera's first picture is on the screen, or there is none. */
static void look(app *a)
{
	const lq_sdk_event *e;
	while (!lq_engine_poll(a->engine, 5000, &e))
		if (e->type == LQ_ON_FIRST_FRAME || e->type == LQ_ON_ERROR) {
			puts(e->type == LQ_ON_ERROR ? e->text : "preview");
			return;
		}
}

/* 4. joinChannel(token, channel_name, uid) */
static int join_channel(app *a, const char *server, const char *uid, const char *token)
{
	return lq_room_join(a->room, &(lq_join_params){.size = sizeof(lq_join_params), .server = server, .user = uid, .token = token});
}

/* 5. setupRemoteVideoCanvas(uid, canvas), subscribeRemoteVideoStream(uid, 0, true) */
static void show(app *a, const char *uid)
{
	lq_view_params canvas = {.size = sizeof canvas, .scale = LQ_SCALE_FIT, .title = uid};
	lq_view_bind(a->room, uid, LQ_STREAM_MAIN, &canvas);
	lq_layer_set(a->room, uid, LQ_STREAM_MAIN, LQ_LAYER_HIGH);
	lq_subscribe(a->room, uid, LQ_STREAM_MAIN, LQ_VIDEO);
}

/* What nertcEngine.on(name, …) binds. Returns whether the program is to go on. */
static int on_event(app *a, const lq_sdk_event *e)
{
	switch (e->type) {
	case LQ_ON_ERROR: printf("error %d: %s\n", e->code, e->text); return 1; /* onError */
	case LQ_ON_JOINED: /* onJoinChannel */
		if (e->code) {
			printf("not joined: %s\n", e->text);
			return 0;
		}
		printf("joined channel %s after %u ms\n", e->room_sid, e->elapsed_ms);
		return !lq_publish(a->room, LQ_STREAM_MAIN, LQ_VIDEO); /* 3. enableLocalVideo(true) */
	case LQ_ON_USER_JOINED: printf("%s is %s\n", e->user, e->existed ? "here" : "joining"); return 1; /* onUserJoined */
	case LQ_ON_USER_LEFT: printf("%s has left: %s\n", e->user, e->text); return 1;                  /* onUserLeave */
	case LQ_ON_STREAM_PUBLISHED: /* onUserVideoStart; 6. sound needs nothing */
		printf("%s has %s\n", e->user, e->kind == LQ_AUDIO ? "sound" : "a picture");
		if (e->kind == LQ_VIDEO)
			show(a, e->user);
		return 1;
	case LQ_ON_FIRST_FRAME:
		if (*e->user && e->stage == LQ_STAGE_DECODED)
			printf("first %s of %s\n", e->kind == LQ_AUDIO ? "sound" : "picture", e->user);
		if (*e->user && e->kind == LQ_VIDEO && !a->leave_at && !a->leaving)
			a->leave_at = time(NULL) + a->seconds;
		return 1;
	case LQ_ON_LEFT: puts("left"); return 0; /* 7. onLeaveChannel: only now are we out */
	default: return 1;
	}
}

static void run(app *a)
{
	const lq_sdk_event *e;
	for (int on = 1; on;) {
		if (!lq_engine_poll(a->engine, 200, &e))
			on = on_event(a, e);
		if (a->leave_at && time(NULL) >= a->leave_at) {
			lq_room_leave(a->room); /* 7. leaveChannel() */
			a->leave_at = 0;
			a->leaving = 1;
		}
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	app a = {.seconds = argc > 4 ? atol(argv[4]) : 10};
	lq_room_options options = {.size = sizeof options, .auto_publish_video = LQ_OFF, .auto_subscribe_video = LQ_OFF}; /* sound alone goes by itself */
	if (argc < 4) {
		fprintf(stderr, "usage: e1-call SERVER CHANNEL UID [SECONDS [TOKEN]]\n");
		return 2;
	}
	int r = initialize(&a);
	if (!r)
		r = lq_room_open(a.engine, argv[2], &options, &a.room);
	if (!r)
		r = preview(&a, 1);
	if (!r) {
		look(&a);
		r = preview(&a, 0); /* about to join */
	}
	if (!r)
		r = join_channel(&a, argv[1], argv[3], argc > 5 ? argv[5] : NULL);
	if (!r)
		run(&a);
	lq_engine_destroy(a.engine); /* 8. release() */
	return r != 0;
}
