/* Plain HTTP: the browser client's files, /healthz, /metrics and /v1/calls. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "server/server.h"
#include "server/session.h"

#define METRICS_MAX 16384

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

static int serve_calls(struct lws *wsi, const lq__server *s)
{
	char header[8300] = "", why[300] = "";
	int status;
	if (lws_hdr_copy(wsi, header, sizeof header, WSI_TOKEN_HTTP_AUTHORIZATION) < 0)
		return respond_text(wsi, 401, "calls.token: too long\n");
	char *text = lq__session_records(&s->service, strncmp(header, "Bearer ", 7) ? "" : header + 7, lq__service_unix_ms(&s->service, lq__server_now()), &status, why, sizeof why);
	if (!text)
		return respond_text(wsi, (unsigned)status, strcat(why, "\n"));
	int r = respond(wsi, 200, "application/json", text, strlen(text));
	free(text);
	return r;
}

static int on_request(struct lws *wsi, const lq__server *s, const char *path)
{
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
		return on_request(wsi, lws_context_user(lws_get_context(wsi)), in);
	case LWS_CALLBACK_HTTP_FILE_COMPLETION:
		return done(wsi);
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return -1; /* a WebSocket without our subprotocol */
	default:
		return lws_callback_http_dummy(wsi, reason, user, in, len);
	}
}
