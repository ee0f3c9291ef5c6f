/* Flow R1, a room by its number, in the order of the published document; beside each step stands what the known SDK calls it.
 *
 *     r1-meeting SERVER APPID SECRET_MD5 USER [ROOM [SECONDS]]
 *
 * Without ROOM it makes one, says its number, stays until somebody else has come and gone, and destroys it. With ROOM it enters, opens the other's
 * microphone and camera besides its own, watches for SECONDS (10), and goes. */
#include <loquat/loquat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct app {
	lq_engine *engine;
	lq_session *session;
	lq_room *room;
	const char *user;
	char number[65];
	int made;
	long seconds;
	time_t leave_at; /* 0: when the other goes */
} app;

/* 4. CRVideo_EnterMeeting3(meetID) */
static int enter(app *a)
{
	lq_room_options o = {.size = sizeof o, .create = LQ_ROOM_MUST_EXIST, .auto_publish_audio = LQ_OFF, .auto_publish_video = LQ_OFF, .auto_subscribe_video = LQ_BY_VIEW,
	                     .auto_rejoin = LQ_OFF};
	lq_join_params p = {.size = sizeof p, .session = a->session};
	return lq_room_open(a->engine, a->number, &o, &a->room) || lq_room_join(a->room, &p);
}

/* 5., 6. creatVideoObj().setVideo(UID): a window; what is watched is received */
static void watch(app *a, const char *user)
{
	lq_view_params view = {.size = sizeof view, .title = user ? user : a->user};
	lq_view_bind(a->room, user, LQ_STREAM_MAIN, &view);
}

static const char *state_text(lq_device_state state)
{
	static const char *const texts[] = {"unknown", "not there", "closed", "open", "opening"};
	return texts[state];
}

static int on_session(app *a, const lq_sdk_event *e)
{
	switch (e->type) {
	case LQ_ON_LOGGED_IN: /* LoginSuccess, LoginFail */
		printf(e->code ? "login failed: %s\n" : "logged in\n", e->text);
		if (e->code)
			return 0;
		if (!a->made)
			return !enter(a);
		return !lq_room_create(a->session, &(lq_room_spec){.size = sizeof(lq_room_spec), .keep = LQ_ON}, NULL); /* 3. CRVideo_CreateMeeting() */
	case LQ_ON_ROOM_CREATED: /* CreateMeetingSuccess, CreateMeetingFail */
		printf(e->code ? "no room: %s\n" : "room %s\n", e->code ? e->text : e->name);
		snprintf(a->number, sizeof a->number, "%s", e->name);
		return !e->code && !enter(a);
	case LQ_ON_ROOM_DESTROYED: /* DestroyMeeting is done */
		puts("destroyed");
		return !lq_session_logout(a->session); /* 8. CRVideo_Logout() */
	case LQ_ON_TOKEN_WILL_EXPIRE: puts("a new token is needed: lq_session_token_update"); return 1; /* NotifyTokenWillExpire */
	case LQ_ON_LOGGED_OUT: /* LineOff, when it has a code */
		printf(e->code ? "logged out: %s\n" : "logged out\n", e->text);
		return 0;
	default: return 1;
	}
}

static int on_room(app *a, const lq_sdk_event *e)
{
	switch (e->type) {
	case LQ_ON_JOINED: /* EnterMeetingRslt */
		printf(e->code ? "cannot enter: %s\n" : "entered\n", e->text);
		if (e->code)
			return 0;
		lq_member_mic_set(a->room, NULL, 1);                     /* 5. CRVideo_OpenMic(UID) */
		lq_member_camera_set(a->room, NULL, LQ_STREAM_MAIN, 1);  /* CRVideo_OpenVideo(UID) */
		watch(a, NULL);
		if (!a->made)
			a->leave_at = time(NULL) + a->seconds;
		return 1;
	case LQ_ON_USER_JOINED: /* UserEnterMeeting */
		printf("%s is here\n", e->user);
		watch(a, e->user); /* 6. watching others */
		if (!a->made) {
			lq_member_mic_set(a->room, e->user, 1); /* of any member */
			lq_member_camera_set(a->room, e->user, LQ_STREAM_DEFAULT_CAMERA, 1);
		}
		return 1;
	case LQ_ON_MEMBER_DEVICE: /* AudioStatusChanged, VideoStatusChanged */
		printf("%s of %s is %s\n", e->kind == LQ_AUDIO ? "microphone" : "camera", e->user, state_text(e->device_state));
		return 1;
	case LQ_ON_FIRST_FRAME:
		if (*e->user && e->kind == LQ_VIDEO)
			printf("first picture of %s\n", e->user);
		return 1;
	case LQ_ON_USER_LEFT: /* UserLeftMeeting */
		printf("%s has gone\n", e->user);
		return !a->made || !lq_room_leave(a->room); /* 7. CRVideo_ExitMeeting() */
	case LQ_ON_LEFT: /* MeetingDropped, MeetingStopped when it has a code */
		printf(e->code ? "left: %s\n" : "left\n", e->text);
		if (a->made)
			return !lq_room_destroy(a->session, a->number, NULL); /* CRVideo_DestroyMeeting(meetID) */
		return !lq_session_logout(a->session);
	default: return 1;
	}
}

static void run(app *a)
{
	const lq_sdk_event *e;
	for (int on = 1; on;) {
		if (!lq_engine_poll(a->engine, 500, &e))
			on = e->room ? on_room(a, e) : on_session(a, e);
		if (a->leave_at && time(NULL) >= a->leave_at) {
			a->leave_at = 0;
			lq_room_leave(a->room);
		}
	}
}

int main(int argc, char **argv)
{
	char error[2000];
	app a = {.made = argc < 6, .seconds = argc > 6 ? atol(argv[6]) : 10};
	if (argc < 5) {
		fputs("usage: r1-meeting SERVER APPID SECRET_MD5 USER [ROOM [SECONDS]]\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	a.user = argv[4];
	if (!a.made)
		snprintf(a.number, sizeof a.number, "%s", argv[5]);
	if (lq_engine_create(NULL, &a.engine, error, sizeof error)) { /* 1. CRVideo_Init() */
		fprintf(stderr, "r1-meeting: %s\n", error);
		return EXIT_FAILURE;
	}
	/* 2. CRVideo_SetServerAddr(), CRVideo_Login(appID, md5(appSecret), nickName, UID, userAuthCode, cookie) */
	lq_login_params login = {.size = sizeof login, .server = argv[1], .mode = LQ_LOGIN_SECRET, .app_id = argv[2], .secret_md5 = argv[3], .user = a.user};
	if (lq_session_open(a.engine, &a.session) || lq_session_login(a.session, &login))
		fputs("r1-meeting: the account, the secret or the server makes no sense\n", stderr);
	else
		run(&a);
	lq_engine_destroy(a.engine); /* 9. CRVideo_Uninit() */
	return EXIT_SUCCESS;
}
