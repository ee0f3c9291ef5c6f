/* Plain HTTP: the browser client's files, /healthz, /metrics, /v1/calls and /v1/rooms. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "server/egress/service.h"
#include "server/rest.h"
#include "server/server.h"
#include "server/session.h"

#define METRICS_MAX 16384
#define LATER_SECONDS 30 /* longer than any answer takes */

static const struct {
	const char *suffix, *type;
} types[] = {
	{".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"}, {".css", "text/css; charset=utf-8"},
	{".json", "application/json"}, {".svg", "image/svg+xml"}, {".png", "image/png"}, {".ico", "image/x-icon"}, {".txt", "text/plain; charset=utf-8"},
};

static const char *type_of(const char *path)
{
	size_t n = strlen(path);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		size_t k = strlen(types[i].suffix);
		if (n > k && !strcmp(path + n - k, types[i].suffix))
			return types[i].type;
	}
	return NULL;
}

/* Slashes, letters, digits and -_. ; no part begins with a dot, so there is no way out of the folder. */
static int path_is_plain(const char *path)
{
	if (*path != '/')
		return 0;
	for (const char *p = path; *p; p++) {
		int plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("-_./", *p);
		if (!plain || (*p == '/' && (p[1] == '.' || p[1] == '/')))
			return 0;
	}
	return 1;
}

static int done(struct lws *wsi)
{
	return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int respond(struct lws *wsi, unsigned int status, const char *type, const char *body, size_t len)
{
	unsigned char head[LWS_PRE + 1024], *start = head + LWS_PRE, *p = start, *end = head + sizeof head;
	if (lws_add_http_common_headers(wsi, status, type, len, &p, end) ||
	    lws_add_http_header_by_name(wsi, (const unsigned char *)"cache-control:", (const unsigned char *)"no-store", 8, &p, end) ||
	    lws_finalize_write_http_header(wsi, start, &p, end))
		return -1;
	unsigned char *content = lq__malloc(LWS_PRE + len);
	if (!content)
		return -1;
	memcpy(content + LWS_PRE, body, len);
	int n = lws_write(wsi, content + LWS_PRE, len, LWS_WRITE_HTTP_FINAL); /* what the socket does not take now is copied */
	lq__free(content);
	return n < 0 ? -1 : done(wsi);
}

static int respond_text(struct lws *wsi, unsigned int status, const char *text)
{
	return respond(wsi, status, "text/plain; charset=utf-8", text, strlen(text));
}

static int serve_file(struct lws *wsi, const lq__server *s, const char *path)
{
	static const char headers[] = "cache-control: no-cache\r\nx-content-type-options: nosniff\r\n";
	char file[1024];
	const char *type = type_of(path);
	if (!path_is_plain(path) || !type || snprintf(file, sizeof file, "%s%s", s->options->web, path) >= (int)sizeof file)
		return respond_text(wsi, 404, "not found\n");
	int n = lws_serve_http_file(wsi, file, type, headers, sizeof headers - 1);
	if (n < 0)
		return -1;
	return n > 0 ? done(wsi) : 0;
}

/* ---- rooms ---- */

enum { TOKEN_ROOM = 8300 };

typedef struct body {
	char *text; /* of a POST that is being received */
	size_t len;
	char path[512], token[TOKEN_ROOM];
	int collecting;
	struct lws *wsi; /* of an answer that comes later */
	char *answer;
	unsigned status; /* of that answer, once it is there */
} body;

const size_t lq__http_session_size = sizeof(body);

/* The request's token, "" where it has none; -1: it is too long. */
static int bearer(struct lws *wsi, char token[TOKEN_ROOM])
{
	char header[TOKEN_ROOM] = "";
	if (lws_hdr_copy(wsi, header, sizeof header, WSI_TOKEN_HTTP_AUTHORIZATION) < 0)
		return -1;
	snprintf(token, TOKEN_ROOM, "%s", strncmp(header, "Bearer ", 7) ? "" : header + 7);
	return 0;
}

static int respond_json(struct lws *wsi, unsigned status, char *text)
{
	int r = respond(wsi, status, "application/json", text ? text : "", text ? strlen(text) : 0);
	free(text);
	return r;
}

static void on_later(void *who, int64_t id, int code, const char *text)
{
	body *b = who;
	b->answer = lq__rest_later(code, text, &b->status);
	lws_callback_on_writable(b->wsi);
}

static int on_writable(struct lws *wsi, body *b)
{
	unsigned status = b->status;
	char *text = b->answer;
	b->status = 0;
	b->answer = NULL;
	return status ? respond_json(wsi, status, text) : 0;
}

/* An answer at once may be the end of b, too. */
static int answer_rest(struct lws *wsi, lq__server *s, const char *method, body *b, const char *text, size_t len)
{
	lq__rest_request request = {method, b->path, b->token, text, len, on_later, b};
	unsigned status;
	b->wsi = wsi;
	char *answer = lq__rest(&s->service, &request, lq__service_unix_ms(&s->service, lq__server_now()), &status);
	if (status)
		return respond_json(wsi, status, answer);
	lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, LATER_SECONDS);
	return 0;
}

static void drop_body(body *b)
{
	lq__free(b->text);
	b->text = NULL;
	b->len = 0;
	b->collecting = 0;
}

static int on_rest(struct lws *wsi, lq__server *s, body *b, const char *path)
{
	char length[24] = "";
	int post = lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0;
	const char *method = lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) ? "GET" : post ? "POST" : lws_hdr_total_length(wsi, WSI_TOKEN_DELETE_URI) ? "DELETE" : "OTHER";
	drop_body(b);
	if (snprintf(b->path, sizeof b->path, "%s", path) >= (int)sizeof b->path)
		return respond_text(wsi, 414, "the address is too long\n");
	if (bearer(wsi, b->token))
		return respond_text(wsi, 401, "rooms.token: too long\n");
	lws_hdr_copy(wsi, length, sizeof length, WSI_TOKEN_HTTP_CONTENT_LENGTH);
	if (!post || !strcmp(length, "0") || !*length)
		return answer_rest(wsi, s, method, b, NULL, 0);
	b->collecting = 1;
	return 0;
}

static int on_body(struct lws *wsi, body *b, const void *in, size_t len)
{
	if (!b->collecting)
		return 0;
	char *text = b->len + len <= LQ_REST_BODY_MAX ? lq__realloc(b->text, b->len + len + 1) : NULL;
	if (!text) {
		drop_body(b);
		respond_text(wsi, 413, "the body is too long\n");
		return -1;
	}
	b->text = text;
	memcpy(text + b->len, in, len);
	b->len += len;
	return 0;
}

static int on_body_end(struct lws *wsi, lq__server *s, body *b)
{
	if (!b->collecting)
		return 0;
	char *text = b->text;
	size_t len = b->len;
	b->text = NULL;
	b->len = 0;
	b->collecting = 0;
	int r = answer_rest(wsi, s, "POST", b, text, len);
	lq__free(text);
	return r;
}

static void on_closed(lq__server *s, body *b)
{
	lq__egress_request_forget(s->service.egress, b);
	free(b->answer);
	b->answer = NULL;
	b->status = 0;
	drop_body(b);
}

static int serve_calls(struct lws *wsi, const lq__server *s)
{
	char token[TOKEN_ROOM], why[300] = "";
	int status;
	if (bearer(wsi, token))
		return respond_text(wsi, 401, "calls.token: too long\n");
	char *text = lq__session_records(&s->service, token, lq__service_unix_ms(&s->service, lq__server_now()), &status, why, sizeof why);
	if (!text)
		return respond_text(wsi, (unsigned)status, strcat(why, "\n"));
	int r = respond(wsi, 200, "application/json", text, strlen(text));
	free(text);
	return r;
}

static int on_request(struct lws *wsi, lq__server *s, body *b, const char *path)
{
	if (!s->service.rooms)
		return respond_text(wsi, 503, "the server is stopping\n");
	if (b && lq__rest_is(path))
		return on_rest(wsi, s, b, path);
	if (!lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI))
		return respond_text(wsi, 405, "only GET is served here\n");
	if (!strcmp(path, "/healthz"))
		return respond_text(wsi, 200, "ok\n");
	if (!strcmp(path, "/v1"))
		return respond_text(wsi, 426, "a WebSocket with subprotocol loquat.v1 is spoken here\n");
	if (!strcmp(path, "/v1/calls"))
		return serve_calls(wsi, s);
	if (!strcmp(path, "/metrics")) {
		char text[METRICS_MAX];
		return respond(wsi, 200, "text/plain; version=0.0.4", text, lq__metrics(s, text, sizeof text));
	}
	return serve_file(wsi, s, strcmp(path, "/") ? path : "/index.html");
}

int lq__http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return on_request(wsi, lws_context_user(lws_get_context(wsi)), user, in);
	case LWS_CALLBACK_HTTP_BODY:
		return on_body(wsi, user, in, len);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return on_body_end(wsi, lws_context_user(lws_get_context(wsi)), user);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return user ? on_writable(wsi, user) : 0;
	case LWS_CALLBACK_CLOSED_HTTP:
		if (user)
			on_closed(lws_context_user(lws_get_context(wsi)), user);
		return 0;
	case LWS_CALLBACK_HTTP_FILE_COMPLETION:
		return done(wsi);
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return -1; /* a WebSocket without our subprotocol */
	default:
		return lws_callback_http_dummy(wsi, reason, user, in, len);
	}
}
