/* Flow B1, a video call, in the order of the published document; beside each step stands what the known SDK calls it.
 *
 *     b1-call SERVER ROOM USER [SECONDS [nocamera] [nomic]] */
#include <loquat/loquat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct app {
	lq_engine *engine;
	lq_room *room;
	const char *server, *room_id, *user_id;
	int camera_on, mic_on, sharing; /* as chosen on the preview page */
	long seconds;
	time_t leave_at;
} app;

/* initAndJoinRTCRoom() */
static int init_and_join(app *a)
{
	char error[2000], info[200];
	if (lq_engine_create(NULL, &a->engine, error, sizeof error)) { /* createRTCVideo(app_id, this, "") */
		fprintf(stderr, "b1-call: %s\n", error);
		return -1;
	}
	/* createRTCRoom(room_id). Publishing and subscribing by itself is on, as is_auto_publish, is_auto_subscribe_audio and _video are */
	if (lq_room_open(a->engine, a->room_id, NULL, &a->room))
		return -1;

	/* startVideoCapture() and publishStream(kMediaStreamTypeVideo), or stopVideoCapture() and unpublishStream(): what is said before the join
	 * beats is_auto_publish for its kind */
	if (a->camera_on)
		lq_publish(a->room, LQ_STREAM_MAIN, LQ_VIDEO);
	else
		lq_unpublish(a->room, LQ_STREAM_MAIN, LQ_VIDEO);

	/* startAudioCapture() and publishStream(kMediaStreamTypeAudio), or the contrary */
	if (a->mic_on)
		lq_publish(a->room, LQ_STREAM_MAIN, LQ_AUDIO);
	else
		lq_unpublish(a->room, LQ_STREAM_MAIN, LQ_AUDIO);

	/* enableAudioPropertiesReport(interval = 1000) */
	lq_audio_report(a->room, &(lq_audio_report_params){.size = sizeof(lq_audio_report_params), .interval_ms = 1000});

	/* UserInfo{uid, extra_info}, joinRoom(token, user, config) */
	snprintf(info, sizeof info, "{\"user_id\":\"%s\",\"user_name\":\"%s\"}", a->user_id, a->user_id);
	lq_join_params join = {.size = sizeof join, .server = a->server, .user = a->user_id, .token = getenv("LQ_TOKEN"), .user_info = info};
	return lq_room_join(a->room, &join);
}

/* leaveRTCRoom() */
static void leave(app *a)
{
	if (a->sharing)
		lq_screen_stop(a->room); /* stopScreenAudioCapture(), stopScreenCapture() */
	lq_room_leave(a->room);      /* leaveRoom() */
}

/* What has to be known anew after a long loss: the app's own business. */
static void user_reconnect(const char *user)
{
	printf("%s is back after a long loss\n", user);
}

/* The handlers of the room's events. Returns whether the program is to go on. */
static int on_event(app *a, const lq_sdk_event *e)
{
	switch (e->type) {
	case LQ_ON_JOINED: /* onRoomStateChanged: state 0, join_type 0 first, 1 after a loss */
		if (e->code) {
			printf("the join failed: %s\n", e->text);
			return 0;
		}
		if (e->join_type == 1)
			user_reconnect(e->user);
		else
			printf("joined as %s\n", e->user);
		if (!a->leave_at)
			a->leave_at = time(NULL) + a->seconds;
		return 1;
	case LQ_ON_USER_JOINED: printf("%s joined, with %s\n", e->user, e->attachment); return 1; /* onUserJoined; after a short loss, too */
	case LQ_ON_USER_LEFT: printf("%s left: %s\n", e->user, e->text); return 1;                /* onUserLeave */
	case LQ_ON_STREAM_PUBLISHED: printf("%s has %s\n", e->user, e->kind == LQ_AUDIO ? "sound" : "a picture"); return 1; /* onUserPublishStream */
	case LQ_ON_FIRST_FRAME: printf("first %s of %s\n", e->kind == LQ_AUDIO ? "sound" : "picture", *e->user ? e->user : "ourselves"); return 1;
	case LQ_ON_AUDIO_REPORT: /* onLocalAudioPropertiesReport, onRemoteAudioPropertiesReport */
		for (uint32_t i = 0; i < e->n_volumes; i++)
			printf("volume of %s: %d\n", *e->volumes[i].user ? e->volumes[i].user : "ourselves", e->volumes[i].volume);
		return 1;
	case LQ_ON_CONNECTION: /* onConnectionStateChanged; nothing has to be done */
		if (e->state == LQ_CONN_RECONNECTING)
			printf("the connection is lost: %s\n", e->text);
		else if (e->state == LQ_CONN_CONNECTED)
			puts("connected");
		return 1;
	case LQ_ON_SCREEN: a->sharing = e->state == LQ_SCREEN_STARTED; return 1;
	case LQ_ON_LEFT: printf("left%s%s\n", e->code ? ": " : "", e->code ? e->text : ""); return 0; /* onLeaveRoom */
	default: return 1;
	}
}

static void run(app *a)
{
	const lq_sdk_event *e;
	for (int on = 1; on;) {
		if (!lq_engine_poll(a->engine, 500, &e))
			on = on_event(a, e);
		if (on && a->leave_at && time(NULL) >= a->leave_at) {
			a->leave_at = 0;
			a->seconds = 1L << 30;
			leave(a);
		}
	}
}

static int says(int argc, char **argv, const char *word)
{
	for (int i = 5; i < argc; i++)
		if (!strcmp(argv[i], word))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fputs("usage: b1-call SERVER ROOM USER [SECONDS [nocamera] [nomic]]\n", stderr);
		return 2;
	}
	app a = {.server = argv[1], .room_id = argv[2], .user_id = argv[3], .seconds = argc > 4 ? atol(argv[4]) : 10,
	         .camera_on = !says(argc, argv, "nocamera"), .mic_on = !says(argc, argv, "nomic")};
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (init_and_join(&a))
		fputs("b1-call: the server, the room or the user makes no sense\n", stderr);
	else
		run(&a);
	lq_room_close(a.room);       /* rtcRoom->destroy() */
	lq_engine_destroy(a.engine); /* destroyRTCVideo() */
	return EXIT_SUCCESS;
}
