#include "http.h"

#include <curl/curl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "link.h"

#define ANSWER_MAX (256 * 1024)
#define MAX_REDIRECTS 5L
#define RETRY_AFTER_MAX 600 /* s */
#define LINE 80             /* of an answer's text, for messages */

struct http_client {
	http_options options;
	CURL *curl;
};

typedef struct performing {
	http_client *client;
	http_exchange *x;
	int (*give_up)(void *arg);
	void *arg;
	char *location; /* as it came */
} performing;

http_exchange *http_new(int what, const char *method, const char *url, const char *type, const char *body)
{
	http_exchange *x = lq__calloc(1, sizeof *x);
	if (!x)
		return NULL;
	x->what = what;
	x->method = method;
	x->type = type;
	x->url = lq__strdup(url);
	x->body = body ? lq__strdup(body) : NULL;
	if (x->url && (x->body || !body))
		return x;
	http_free(x);
	return NULL;
}

void http_free(http_exchange *x)
{
	if (!x)
		return;
	lq__free(x->url);
	lq__free(x->body);
	lq__free(x->answer);
	lq__free(x->location);
	lq__free(x);
}

http_client *http_client_new(const http_options *o)
{
	http_client *c = lq__calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->options = *o;
	c->curl = curl_easy_init();
	if (c->curl)
		return c;
	lq__free(c);
	return NULL;
}

void http_client_free(http_client *c)
{
	if (!c)
		return;
	curl_easy_cleanup(c->curl);
	lq__free(c);
}

/* ---- what comes in ---- */

static size_t on_data(char *data, size_t size, size_t n, void *arg)
{
	http_exchange *x = ((performing *)arg)->x;
	size_t len = size * n;
	char *answer = x->answer_len + len < ANSWER_MAX ? lq__realloc(x->answer, x->answer_len + len + 1) : NULL;
	if (!answer)
		return 0;
	memcpy(answer + x->answer_len, data, len);
	x->answer = answer;
	x->answer_len += len;
	answer[x->answer_len] = 0;
	return len;
}

/* The value of a header line called `name`, without blanks around it; NULL: another one. */
static const char *value_of(const char *line, size_t len, const char *name, size_t *value_len)
{
	size_t n = strlen(name);
	if (len <= n || strncasecmp(line, name, n) || line[n] != ':')
		return NULL;
	const char *v = line + n + 1, *end = line + len;
	while (v < end && (*v == ' ' || *v == '\t'))
		v++;
	while (end > v && strchr(" \t\r\n", end[-1]))
		end--;
	*value_len = (size_t)(end - v);
	return v;
}

/* A redirect's headers are not the answer's. */
static void begin_answer(performing *p)
{
	p->x->n_servers = 0;
	p->x->is_sdp = 0;
	p->x->retry_after = 0;
	*p->x->answer_etag = 0;
	lq__free(p->location);
	p->location = NULL;
}

static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
	performing *p = arg;
	http_exchange *x = p->x;
	size_t len = size * n, k;
	const char *v;
	if (len > 5 && !memcmp(line, "HTTP/", 5)) {
		begin_answer(p);
	} else if ((v = value_of(line, len, "Location", &k))) {
		lq__free(p->location);
		p->location = lq__strndup(v, k);
	} else if ((v = value_of(line, len, "ETag", &k))) {
		snprintf(x->answer_etag, sizeof x->answer_etag, "%.*s", k < HTTP_ETAG ? (int)k : 0, v);
	} else if ((v = value_of(line, len, "Content-Type", &k))) {
		x->is_sdp = k >= 15 && !strncasecmp(v, "application/sdp", 15);
	} else if ((v = value_of(line, len, "Link", &k))) {
		x->n_servers += link_ice_servers(v, k, x->servers + x->n_servers, LQ__ICE_SERVERS - x->n_servers);
	} else if ((v = value_of(line, len, "Retry-After", &k))) {
		char text[16];
		snprintf(text, sizeof text, "%.*s", k < sizeof text ? (int)k : 0, v);
		long s = strtol(text, NULL, 10); /* a date is no number: not said */
		x->retry_after = (s < 0 ? 0 : s > RETRY_AFTER_MAX ? RETRY_AFTER_MAX : s) * LQ_SEC;
	}
	return len;
}

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	performing *p = arg;
	return p->give_up && p->give_up(p->arg);
}

/* ---- why not ---- */

static const struct { CURLcode curl; int code; const char *text; } causes[] = {
	{CURLE_UNSUPPORTED_PROTOCOL, LQ_EINVAL, "only http and https are spoken"},
	{CURLE_URL_MALFORMAT, LQ_EINVAL, "this is no URL"},
	{CURLE_COULDNT_RESOLVE_HOST, LQ_ENOENT, "there is no host of this name"},
	{CURLE_COULDNT_CONNECT, LQ_ECONN, "nobody listens there"},
	{CURLE_OPERATION_TIMEDOUT, LQ_ETIMEDOUT, "nobody answers"},
	{CURLE_PEER_FAILED_VERIFICATION, LQ_ECRYPTO, "the server's certificate cannot be trusted"},
	{CURLE_SSL_CONNECT_ERROR, LQ_ECRYPTO, "no TLS connection comes about; is it https?"},
	{CURLE_SSL_CACERT_BADFILE, LQ_ENOENT, "the certificates in ca_file cannot be read"},
	{CURLE_GOT_NOTHING, LQ_ECONN, "the server has closed the connection without an answer"},
	{CURLE_RECV_ERROR, LQ_ECONN, "the server has closed the connection"},
	{CURLE_SEND_ERROR, LQ_ECONN, "the server has closed the connection"},
	{CURLE_TOO_MANY_REDIRECTS, LQ_EPROTO, "the server redirects without end"},
	{CURLE_WRITE_ERROR, LQ_EFULL, "the answer is too long"},
	{CURLE_ABORTED_BY_CALLBACK, LQ_END, "given up"},
	{CURLE_OUT_OF_MEMORY, LQ_ENOMEM, "out of memory"},
};

static void explain(http_exchange *x, CURLcode r)
{
	x->code = LQ_EIO;
	snprintf(x->why, sizeof x->why, "%s", curl_easy_strerror(r));
	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
		if (causes[i].curl == r) {
			x->code = causes[i].code;
			snprintf(x->why, sizeof x->why, "%s", causes[i].text);
		}
}

static const struct { long status; const char *text; } statuses[] = {
	{301, "Moved Permanently"}, {400, "Bad Request"}, {401, "Unauthorized; check the token"}, {403, "Forbidden; check the token"},
	{404, "Not Found; check the URL"}, {405, "Method Not Allowed; check the URL"}, {406, "Not Acceptable"}, {409, "Conflict"},
	{413, "Content Too Large"}, {415, "Unsupported Media Type; check the URL"}, {422, "Unprocessable Content"}, {429, "Too Many Requests"},
	{500, "Internal Server Error"}, {501, "Not Implemented"}, {502, "Bad Gateway"}, {503, "Service Unavailable"}, {504, "Gateway Timeout"},
};

/* What the server says about it: the first line, unless it is made for programs. */
static void first_line(const http_exchange *x, char out[LINE])
{
	size_t n = 0;
	const char *s = x->answer && !x->is_sdp ? x->answer + strspn(x->answer, " \t\r\n") : "";
	for (; *s != '<' && n + 1 < LINE && s[n] && !strchr("\r\n", s[n]); n++)
		out[n] = (unsigned char)s[n] < ' ' || s[n] == 127 ? ' ' : s[n];
	out[n] = 0;
}

static void explain_status(http_exchange *x)
{
	char line[LINE];
	const char *text = "";
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		text = statuses[i].status == x->status ? statuses[i].text : text;
	first_line(x, line);
	snprintf(x->why, sizeof x->why, "%ld%s%s%s%s", x->status, *text ? " " : "", text, *line ? ": " : "", line);
}

/* ---- the request ---- */

static struct curl_slist *headers_of(const http_exchange *x)
{
	char line[HTTP_ETAG + 32];
	struct curl_slist *list = curl_slist_append(NULL, "Accept: application/sdp");
	list = curl_slist_append(list, "Expect:");
	if (x->type) {
		snprintf(line, sizeof line, "Content-Type: %s", x->type);
		list = curl_slist_append(list, line);
	}
	if (*x->etag) {
		snprintf(line, sizeof line, "If-Match: %s", x->etag);
		list = curl_slist_append(list, line);
	}
	return list;
}

static void set_options(performing *p, struct curl_slist *headers)
{
	const http_options *o = &p->client->options;
	const http_exchange *x = p->x;
	CURL *c = p->client->curl;
	curl_easy_reset(c); /* connections are kept */
	curl_easy_setopt(c, CURLOPT_URL, x->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, strncasecmp(x->url, "https:", 6) ? "http,https" : "https");
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, x->method);
	if (x->body) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, x->body);
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)strlen(x->body));
	}
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_POSTREDIR, (long)CURL_REDIR_POST_ALL);
	curl_easy_setopt(c, CURLOPT_MAXREDIRS, MAX_REDIRECTS);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	if (*o->token) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, o->token);
	}
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, o->tls_verify ? 1L : 0L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, o->tls_verify ? 2L : 0L);
	if (*o->ca_file)
		curl_easy_setopt(c, CURLOPT_CAINFO, o->ca_file);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)(o->timeout / LQ_MSEC));
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, p);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, p);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, p);
}

/* The answer's Location may be relative to where it came from. What began with TLS must go on with it. */
static char *absolute(CURL *c, const char *location)
{
	char *from = NULL, *text = NULL, *out = NULL;
	CURLU *u = curl_url();
	if (u && !curl_easy_getinfo(c, CURLINFO_EFFECTIVE_URL, &from) && from && !curl_url_set(u, CURLUPART_URL, from, 0) &&
	    !curl_url_set(u, CURLUPART_URL, location, 0) && !curl_url_get(u, CURLUPART_URL, &text, 0) &&
	    (!strncasecmp(text, "https:", 6) || strncasecmp(from, "https:", 6)))
		out = lq__strdup(text);
	curl_free(text);
	curl_url_cleanup(u);
	return out;
}

/* The host's address in the place of its name, IPv4 first; a name that has none stays. */
static void look_up(lq__ice_server *s)
{
	struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM}, *found = NULL;
	char address[NI_MAXHOST];
	if (!s->relay)
		return;
	if (getaddrinfo(s->host, NULL, &hints, &found)) {
		hints.ai_family = AF_UNSPEC;
		if (getaddrinfo(s->host, NULL, &hints, &found))
			return;
	}
	if (!getnameinfo(found->ai_addr, found->ai_addrlen, address, sizeof address, NULL, 0, NI_NUMERICHOST) && strlen(address) < sizeof s->host)
		strcpy(s->host, address);
	freeaddrinfo(found);
}

static void exchange(http_client *client, http_exchange *x, int (*give_up)(void *arg), void *arg)
{
	performing p = {.client = client, .x = x, .give_up = give_up, .arg = arg};
	struct curl_slist *headers = headers_of(x);
	set_options(&p, headers);
	CURLcode r = curl_easy_perform(client->curl);
	if (r) {
		explain(x, r);
	} else {
		curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &x->status);
		if (p.location)
			x->location = absolute(client->curl, p.location);
		if (x->status > 299)
			explain_status(x);
	}
	lq__free(p.location);
	curl_slist_free_all(headers);
}

void http_perform(http_client *client, http_exchange *x, int (*give_up)(void *arg), void *arg)
{
	if (*x->url)
		exchange(client, x, give_up, arg);
	for (uint32_t i = 0; i < x->n_servers; i++)
		look_up(&x->servers[i]);
}
