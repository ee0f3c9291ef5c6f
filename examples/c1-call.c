/* Flow C1, calls, in the order of the published document; beside each step stands what the known call component calls it.
 *
 *     c1-call SERVER ACCOUNT              waits to be called, and accepts
 *     c1-call SERVER ACCOUNT CALLEE [S]   calls, and hangs up after S seconds (10) */
#include <loquat/loquat.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct app {
	lq_engine *engine;
	lq_session *session;
	lq_call *call;
	const char *callee;
	long seconds;
	time_t hang_up_at; /* 0: not yet in a call */
} app;

/* call({userId, type: 2, attachment}) */
static int start_call(app *a)
{
	const char *users[] = {a->callee};
	lq_call_params params = {.size = sizeof params, .users = users, .n_users = 1, .type = LQ_CALL_VIDEO, .attachment = "{\"call\":\"testValue\"}"};
	return lq_call_invite(a->session, &params, &a->call);
}

static const char *status_text(int status, int called)
{
	switch (status) {
	case LQ_CALL_COMPLETE: return "completed";
	case LQ_CALL_CANCELLED: return called ? "the other cancelled" : "cancelled";
	case LQ_CALL_REJECTED: return called ? "rejected" : "the other rejected";
	case LQ_CALL_TIMED_OUT: return "not answered";
	default: return called ? "not answered" : "the other is busy";
	}
}

/* The events that bindEvent() binds. Returns whether the program is to go on. */
static int on_event(app *a, const lq_sdk_event *e)
{
	switch (e->type) {
	case LQ_ON_LOGGED_IN: /* login() */
		printf(e->code ? "login failed: %s\n" : "logged in\n", e->text);
		lq_call_timeout_set(a->session, 30000); /* setCallTimeout(30000) */
		return !e->code && !(a->callee && start_call(a));
	case LQ_ON_CALL_INVITED: /* INVITED */
		printf("%s calls, with \"%s\"\n", e->user, e->attachment);
		a->call = e->call;
		return !lq_call_accept(a->call, NULL); /* accept() */
	case LQ_ON_CALL_ACCEPTED: /* USER_ACCEPT */
		printf("%s accepted\n", e->user);
		a->hang_up_at = time(NULL) + a->seconds;
		return 1;
	case LQ_ON_CALL_REJECTED: printf("%s rejected\n", e->user); return 1;       /* USER_REJECT */
	case LQ_ON_CALL_BUSY: printf("%s is busy\n", e->user); return 1;            /* USER_BUSY */
	case LQ_ON_CALL_TIMEOUT: puts("call timeout"); return 1;                    /* CALLING_TIMEOUT */
	case LQ_ON_CALL_CANCELLED: printf("%s cancelled\n", e->user); return 1;     /* USER_CANCEL */
	case LQ_ON_CALL_ELSEWHERE: puts("answered on another device"); return 1;    /* OTHER_CLIENT_ACCEPT, OTHER_CLIENT_REJECT */
	case LQ_ON_STREAM_PUBLISHED: printf("%s has %s\n", e->user, e->kind == LQ_AUDIO ? "sound" : "a picture"); return 1; /* AUDIO_, VIDEO_AVAILABLE */
	case LQ_ON_FIRST_FRAME: printf("first %s of %s\n", e->kind == LQ_AUDIO ? "sound" : "picture", *e->user ? e->user : "ourselves"); return 1;
	case LQ_ON_CALL_TYPE: /* CALL_TYPE_CHANGE */
		if (e->change == LQ_CALL_CHANGE_ASKED)
			lq_call_type_reply(e->call, 1);
		return 1;
	case LQ_ON_CALL_ENDED: /* CALL_END */
		printf("the call has ended after %u s\n", e->duration_s);
		lq_call_close(a->call);
		a->call = NULL;
		a->hang_up_at = 0;
		return 1;
	case LQ_ON_CALL_RECORD: /* MESSAGE_SENT */
		puts(status_text(e->status, !a->callee));
		lq_session_logout(a->session); /* logout() */
		return 1;
	case LQ_ON_CONNECTION: /* onDisconnect */
		if (e->session && e->state == LQ_CONN_RECONNECTING)
			puts("disconnected");
		return 1;
	case LQ_ON_LOGGED_OUT: puts("logged out"); return 0;
	default: return 1;
	}
}

static void run(app *a)
{
	const lq_sdk_event *e;
	for (int on = 1; on;) {
		if (!lq_engine_poll(a->engine, 500, &e))
			on = on_event(a, e);
		if (a->callee && a->hang_up_at && time(NULL) >= a->hang_up_at) {
			a->hang_up_at = 0;
			lq_call_hangup(a->call); /* hangup() */
		}
	}
}

int main(int argc, char **argv)
{
	char error[2000];
	app a = {.callee = argc > 3 ? argv[3] : NULL, .seconds = argc > 4 ? atol(argv[4]) : 10};
	if (argc < 3) {
		fputs("usage: c1-call SERVER ACCOUNT [CALLEE [SECONDS]]\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (lq_engine_create(NULL, &a.engine, error, sizeof error)) {
		fprintf(stderr, "c1-call: %s\n", error);
		return EXIT_FAILURE;
	}
	lq_login_params login = {.size = sizeof login, .server = argv[1], .user = argv[2], .token = getenv("LQ_TOKEN")};
	if (lq_session_open(a.engine, &a.session) || lq_session_login(a.session, &login))
		fputs("c1-call: the account or the server makes no sense\n", stderr);
	else
		run(&a);
	lq_engine_destroy(a.engine);
	return EXIT_SUCCESS;
}
