/* Flow M1, a call between computers, in the order of the published document; beside each step stands what the known SDK calls it.
 *
 *     m1-call SERVER ROOM NICKNAME [SECONDS]     sees and is seen, for so long (10) */
#include <loquat/loquat.h> /* step 2 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct app {
	lq_engine *engine;
	lq_room *room;
} app;

/* Step 3: createNERtcEngine(), initialize(). All zero is a valid context. */
static int initialize(app *a, const char *room_name)
{
	char error[2000];
	lq_engine_config context = {.size = sizeof context, .app_id = "m1-call", .log_dir = getenv("M1_LOG"), .log_level = LQ_LOG_LEVEL_INFO};
	lq_room_options options = {.size = sizeof options, .auto_publish_video = LQ_OFF, .auto_subscribe_video = LQ_OFF}; /* as this flow has it */
	if (lq_engine_create(&context, &a->engine, error, sizeof error)) {
		fprintf(stderr, "m1-call: %s\n", error);
		return -1;
	}
	int r = lq_room_open(a->engine, room_name, &options, &a->room);
	if (!r)
		r = lq_room_profile_set(a->room, LQ_PROFILE_COMMUNICATION); /* setChannelProfile(kNERtcChannelProfileCommunication) */
	return r ? r : lq_room_role_set(a->room, LQ_ROLE_BROADCASTER);      /* setClientRole(kNERtcClientRoleBroadcaster) */
}

/* enumerateCaptureDevices(), setDevice(id) */
static void choose_camera(app *a)
{
	lq_device_info first;
	if (lq_devices(a->engine, LQ_DEVICE_CAMERA, &first, 1) < 1)
		return;
	printf("camera: %s\n", first.name);
	lq_device_select(a->room, LQ_DEVICE_CAMERA, LQ_STREAM_MAIN, first.id);
}

/* A window of its own; `window` would be one of the app's, `on_frame` a function that gets the frames. */
static void set_canvas(app *a, const char *user, lq_stream stream)
{
	lq_view_params canvas = {.size = sizeof canvas, .window = 0, .on_frame = NULL, .scale = LQ_SCALE_FIT};
	lq_view_bind(a->room, user, stream, &canvas);
}

/* Step 4: setupLocalVideoCanvas(), startVideoPreview(kNERTCVideoStreamMain): 640x480, before the join. */
static void preview(app *a)
{
	set_canvas(a, NULL, LQ_STREAM_MAIN);
	lq_preview_start(a->room, LQ_STREAM_MAIN);
}

static const char *who(const lq_sdk_event *e)
{
	return *e->user ? e->user : "ourselves";
}

/* The events of IRtcEngineEventHandlerEx. Returns whether the program is to go on. */
static int on_event(app *a, const lq_sdk_event *e)
{
	switch (e->type) {
	case LQ_ON_JOINED: /* onJoinChannel */
		printf(e->code ? "the join failed: %s\n" : "joined as %s\n", e->code ? e->text : e->user);
		if (e->code)
			return 0;
		lq_publish(a->room, LQ_STREAM_MAIN, LQ_VIDEO);      /* enableLocalVideo(kNERTCVideoStreamMain, true): the preview's camera runs on */
		return !lq_preview_stop(a->room, LQ_STREAM_MAIN); /* stopVideoPreview(kNERTCVideoStreamMain) */
	case LQ_ON_USER_JOINED: /* onUserJoined; setupRemoteVideoCanvas() */
		printf("%s is here\n", e->name);
		set_canvas(a, e->user, LQ_STREAM_MAIN);
		return 1;
	case LQ_ON_STREAM_PUBLISHED: /* onUserVideoStart, onUserAudioStart, onUserSubStreamVideoStart */
		printf("%s has %s\n", e->user, e->kind == LQ_AUDIO ? "sound" : e->stream == LQ_STREAM_SUB ? "a screen" : "a picture");
		if (e->kind == LQ_VIDEO && e->stream == LQ_STREAM_SUB)
			set_canvas(a, e->user, LQ_STREAM_SUB); /* setupRemoteSubStreamVideoCanvas() */
		if (e->kind == LQ_VIDEO)
			lq_subscribe(a->room, e->user, e->stream, LQ_VIDEO); /* subscribeRemoteVideoStream(), subscribeRemoteVideoSubStream() */
		return 1;
	case LQ_ON_STREAM_UNPUBLISHED: /* onUserVideoStop, onUserAudioStop, onUserSubStreamVideoStop: it is unsubscribed */
		if (e->kind == LQ_VIDEO && e->stream == LQ_STREAM_SUB)
			lq_view_bind(a->room, e->user, LQ_STREAM_SUB, NULL);
		return 1;
	case LQ_ON_STREAM_MUTED: printf("%s: %s\n", e->user, e->muted ? "muted" : "not muted"); return 1; /* onUserAudioMute, onUserVideoMute */
	case LQ_ON_FIRST_FRAME: /* onFirstVideoFrameDecoded; sound comes by itself (step 6) */
		if (e->stage != LQ_STAGE_RENDERED)
			printf("first %s of %s\n", e->kind == LQ_AUDIO ? "sound" : "picture", who(e));
		return 1;
	case LQ_ON_USER_LEFT: printf("%s is gone: %s\n", e->user, e->text); return 1;                      /* onUserLeft */
	case LQ_ON_CONNECTION: printf("connection: state %d %s\n", e->state, e->text); return 1;           /* onConnectionStateChange */
	case LQ_ON_SCREEN: printf("our screen: state %d\n", e->state); return 1;                           /* onScreenCaptureStatus */
	case LQ_ON_NETWORK_QUALITY: printf("quality: up %d\n", e->qualities[0].up); return 1;              /* onNetworkQuality */
	case LQ_ON_ERROR: fprintf(stderr, "error %d: %s\n", e->code, e->text); return 1;                   /* onError */
	case LQ_ON_WARNING: fprintf(stderr, "warning %d: %s\n", e->code, e->text); return 1;               /* onWarning */
	case LQ_ON_LEFT: printf("left: %s\n", e->code ? e->text : "as asked for"); return 0;               /* onLeaveChannel */
	default: return 1;
	}
}

static void run(app *a, time_t end)
{
	const lq_sdk_event *e;
	for (int on = 1; on;) {
		if (!lq_engine_poll(a->engine, 500, &e))
			on = on_event(a, e);
		if (end && time(NULL) >= end) {
			end = 0;
			lq_room_leave(a->room); /* step 7: leaveChannel() */
		}
	}
}

int main(int argc, char **argv)
{
	app a = {0};
	if (argc < 4) {
		fputs("usage: m1-call SERVER ROOM NICKNAME [SECONDS]\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (initialize(&a, argv[2])) {
		lq_engine_destroy(a.engine);
		return EXIT_FAILURE;
	}
	choose_camera(&a);
	preview(&a);
	/* Step 5: joinChannel(token, channel_name, uid). uid "0": the server picks. */
	lq_join_params params = {.size = sizeof params, .server = argv[1], .user = "0", .name = argv[3], .token = getenv("LQ_TOKEN")};
	if (lq_room_join(a.room, &params))
		fputs("m1-call: the server or the nickname makes no sense\n", stderr);
	else
		run(&a, time(NULL) + (argc > 4 ? atol(argv[4]) : 10));
	return lq_engine_destroy(a.engine) ? EXIT_FAILURE : EXIT_SUCCESS; /* step 8: release(true), destroyNERtcEngine() */
}
