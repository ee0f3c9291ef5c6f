/* Members of rooms by real protocol messages, without sockets: requests go in, what each is sent is kept, the time is set by hand. */
#ifndef LQ_TESTS_SERVER_VISITORS_H
#define LQ_TESTS_SERVER_VISITORS_H

#include "server/client.h"

#define VISITORS 24
#define VISITORS_SECRET "correct horse battery staple"

typedef struct visitor {
	lq__client client;
	json_t *inbox; /* messages not yet taken */
	uint64_t seq;  /* of the last event that came */
	char user[64], session[20], room[65]; /* of its last join */
	int closed;
} visitor;

extern lq__service visited;
extern int64_t visit_now; /* ns; Unix time is the same from 0 on */

void visitors_set_up(int with_tokens);
void visitors_tear_down(void);
visitor *visit(const char *room, const char *user, const char *more); /* more: further fields of the join, as JSON; NULL none */
json_t *visit_try(visitor *v, const char *room, const char *user, const char *more); /* the answer; v: a fresh one */
visitor *visitor_new(void);
void visitor_fresh(visitor *v); /* on another socket, with an empty inbox */
const char *visit_token(const char *room, const char *claims); /* claims: as JSON; valid until the next call */
/* "ok" or the code of the error; request: without braces, as "'type':'ping'". */
const char *visitor_asks(visitor *v, const char *request, ...);
const char *visitor_error(void); /* the last one's text */
/* All events since the last look, one a line, without their seq, which are checked to count up. Quotes are ' and keys are sorted. */
const char *visitor_heard(visitor *v);
void visitor_lose(visitor *v);
void visitor_resume(visitor *v, const char *room);
void visit_until(int64_t seconds);

/* What a test expects: events, the code of an answer, a piece of the last error's text. */
#define heard(v, text) ck_assert_str_eq(visitor_heard(v), text)
#define asks(v, code, ...) ck_assert_msg(!strcmp(visitor_asks(v, __VA_ARGS__), code), "not %s: %s", code, visitor_error())
#define says(text) ck_assert_msg(strstr(visitor_error(), text) != NULL, "\"%s\" has no \"%s\"", visitor_error(), text)

#endif
