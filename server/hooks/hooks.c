#include "server/hooks/hooks.h"

#include <libwebsockets.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/clock.h>
#include <loquat/log.h>
#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "server/hooks/queue.h"
#include "server/room.h"

#define ANSWER_SECONDS 10
#define SIGNATURE_SIZE 72 /* "sha256=" and 64 hexadecimal digits */

struct lq__hooks {
	pthread_t thread;
	struct lws_context *context;
	lws_sorted_usec_list_t due;
	char *address; /* the URL, cut into the parts that follow */
	const char *scheme, *host;
	char path[2050], name[300]; /* name: the header Host */
	int port;
	const char *secret;
	atomic_int stop;
	pthread_mutex_t lock; /* for what follows */
	lq__hook_queue queue;
	int full; /* it has been said */
	int64_t end; /* when to stop, whatever waits; 0: not yet */
};

/* One event on its way: of one connection. */
typedef struct post {
	lq__hooks *hooks;
	lq__hook_room *room;
	unsigned char *body; /* after LWS_PRE bytes */
	size_t len;
	char signature[SIGNATURE_SIZE];
	int over;
} post;

static int64_t clock_now(void)
{
	return lq_clock_now(lq_clock_real());
}

int lq__hooks_url_check(const char *url)
{
	const char *scheme, *host, *path;
	int port = 0;
	char *copy = strncmp(url, "http://", 7) && strncmp(url, "https://", 8) ? NULL : strdup(url);
	int r = copy && strlen(url) < 2048 && !strpbrk(url, " \t\r\n") && !lws_parse_uri(copy, &scheme, &host, &port, &path) && *host && port > 0 && port < 65536 ? 0 : LQ_EINVAL;
	free(copy);
	return r;
}

/* ---- one event ---- */

static void sign(const char *secret, const char *body, size_t len, char out[SIGNATURE_SIZE])
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)body, len, mac, &n);
	int used = snprintf(out, SIGNATURE_SIZE, "sha256=");
	for (unsigned i = 0; i < n && i < 32; i++)
		used += snprintf(out + used, SIGNATURE_SIZE - (size_t)used, "%02x", mac[i]);
}

static void over(post *p, int status, const char *why)
{
	lq__hooks *h = p->hooks;
	int ok = status >= 200 && status < 300;
	if (p->over)
		return;
	p->over = 1;
	pthread_mutex_lock(&h->lock);
	uint32_t tries = p->room->tries;
	int dropped = lq__hooks_done(&h->queue, p->room, ok, clock_now());
	pthread_mutex_unlock(&h->lock);
	if (!ok && (!tries || dropped) && !atomic_load(&h->stop))
		lq_log(LQ_LOG_WARNING, "webhook", "%s %s: %s; %s", h->host, dropped ? "could not be told for an hour" : "could not be told", why, dropped ? "given up" : "it is tried again");
	p->room = NULL;
}

static void post_free(post *p)
{
	over(p, 0, "the connection was lost");
	lq__free(p->body);
	lq__free(p);
}

static int add(struct lws *wsi, const char *name, const char *value, unsigned char **at, unsigned char *end)
{
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value, (int)strlen(value), at, end);
}

static int add_headers(struct lws *wsi, const post *p, unsigned char **at, size_t room)
{
	char length[24];
	unsigned char *end = *at + room - 1;
	snprintf(length, sizeof length, "%zu", p->len);
	if (add(wsi, "content-type:", "application/json", at, end) || add(wsi, "content-length:", length, at, end) || add(wsi, "user-agent:", "loquatd", at, end) ||
	    add(wsi, "x-loquat-signature:", p->signature, at, end))
		return -1;
	lws_client_http_body_pending(wsi, 1);
	lws_callback_on_writable(wsi);
	return 0;
}

static int write_body(struct lws *wsi, post *p)
{
	if (!p->body)
		return 0;
	lws_client_http_body_pending(wsi, 0);
	int n = lws_write(wsi, p->body + LWS_PRE, p->len, LWS_WRITE_HTTP_FINAL);
	lq__free(p->body);
	p->body = NULL;
	return n < 0 ? -1 : 0;
}

/* What is said beside the status does not matter. */
static int on_answer(struct lws *wsi, post *p)
{
	char why[40];
	int status = (int)lws_http_client_http_response(wsi);
	snprintf(why, sizeof why, "the answer is %d", status);
	over(p, status, why);
	return -1;
}

static int on_client(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	post *p = lws_get_opaque_user_data(wsi);
	if (!p)
		return 0;
	switch (reason) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: return add_headers(wsi, p, in, len);
	case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE: return write_body(wsi, p);
	case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP: return on_answer(wsi, p);
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		over(p, 0, in ? (const char *)in : "no connection");
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		lws_set_opaque_user_data(wsi, NULL);
		post_free(p);
		return 0;
	default: return 0;
	}
}

/* With the lock held: a post of a room's first event. NULL: no memory. */
static post *post_new(lq__hooks *h, lq__hook_room *room)
{
	const lq__hook *hook = lq__hooks_first(room);
	post *p = lq__calloc(1, sizeof *p);
	unsigned char *body = lq__malloc(LWS_PRE + hook->len);
	if (!p || !body) {
		lq__free(p);
		lq__free(body);
		lq__hooks_done(&h->queue, room, 0, clock_now());
		return NULL;
	}
	memcpy(body + LWS_PRE, hook->body, hook->len);
	*p = (post){.hooks = h, .room = room, .body = body, .len = hook->len};
	sign(h->secret, hook->body, hook->len, p->signature);
	return p;
}

static void send_post(lq__hooks *h, post *p)
{
	struct lws *wsi = NULL;
	struct lws_client_connect_info info = {.context = h->context, .address = h->host, .port = h->port, .path = h->path, .host = h->name, .origin = h->name, .method = "POST",
	                                       .protocol = "hook", .alpn = "http/1.1", .opaque_user_data = p, .pwsi = &wsi};
	info.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT | (!strcmp(h->scheme, "https") ? LCCSCF_USE_SSL : 0);
	lws_client_connect_via_info(&info); /* if it fails, the post has been told so and is gone */
	if (wsi)
		lws_set_timeout(wsi, PENDING_TIMEOUT_AWAITING_SERVER_RESPONSE, ANSWER_SECONDS);
}

/* ---- the thread ---- */

static void on_due(lws_sorted_usec_list_t *sul)
{
}

/* Whether it is to go on. */
static int turn(lq__hooks *h)
{
	int64_t due = INT64_MAX, now = clock_now();
	lq__hook_room *room;
	do {
		pthread_mutex_lock(&h->lock);
		room = lq__hooks_next(&h->queue, now, &due);
		post *p = room ? post_new(h, room) : NULL;
		int over = atomic_load(&h->stop) && (!h->queue.n || now >= h->end);
		due = atomic_load(&h->stop) && h->end < due ? h->end : due;
		pthread_mutex_unlock(&h->lock);
		if (over && !p)
			return 0;
		if (p)
			send_post(h, p);
	} while (room);
	if (due == INT64_MAX)
		lws_sul_cancel(&h->due);
	else
		lws_sul_schedule(h->context, 0, &h->due, on_due, due > now ? (due - now) / 1000 + 1 : 1);
	return 1;
}

static void *run(void *arg)
{
	lq__hooks *h = arg;
	while (turn(h) && lws_service(h->context, 0) >= 0)
		;
	return NULL;
}

/* Signals are for the main thread. */
static int start_thread(lq__hooks *h)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int e = pthread_create(&h->thread, NULL, run, h);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return e;
}

static void hooks_free(lq__hooks *h)
{
	if (h->context)
		lws_context_destroy(h->context); /* what is on its way is told so */
	lq__hooks_finish(&h->queue);
	pthread_mutex_destroy(&h->lock);
	lq__free(h->address);
	lq__free(h);
}

int lq__hooks_create(const char *url, const char *secret, lq__hooks **out, char *error, size_t size)
{
	static const struct lws_protocols protocols[] = {{.name = "hook", .callback = on_client}, {0}};
	struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN, .protocols = protocols, .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT, .timeout_secs = ANSWER_SECONDS};
	lq__hooks *h = lq__calloc(1, sizeof *h);
	if (!h)
		return LQ_ENOMEM;
	pthread_mutex_init(&h->lock, NULL);
	lq__hooks_init(&h->queue);
	h->secret = secret;
	h->address = lq__malloc(strlen(url) + 2);
	if (h->address)
		strcpy(h->address, url);
	const char *path = "";
	if (!h->address || lws_parse_uri(h->address, &h->scheme, &h->host, &h->port, &path) || !(h->context = lws_create_context(&info))) {
		snprintf(error, size, "--webhook: libwebsockets does not start");
		hooks_free(h);
		return LQ_ENOMEM;
	}
	int usual = h->port == (strcmp(h->scheme, "https") ? 80 : 443);
	snprintf(h->name, sizeof h->name, usual ? "%.256s" : "%.256s:%d", h->host, h->port);
	snprintf(h->path, sizeof h->path, "/%s", path + (*path == '/')); /* lws_parse_uri takes the slash away */
	if (start_thread(h)) {
		snprintf(error, size, "--webhook: no thread for it");
		hooks_free(h);
		return LQ_ENOMEM;
	}
	*out = h;
	return 0;
}

void lq__hooks_destroy(lq__hooks *h, int64_t ns)
{
	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	h->end = clock_now() + ns;
	atomic_store(&h->stop, 1);
	pthread_mutex_unlock(&h->lock);
	lws_cancel_service(h->context);
	pthread_join(h->thread, NULL);
	if (h->queue.n)
		lq_log(LQ_LOG_WARNING, "webhook", "%u events have not been told", h->queue.n);
	hooks_free(h);
}

void lq__hooks_tell(lq__hooks *h, const char *event, const char *room, const char *room_sid, json_t *details, int64_t unix_ms)
{
	char id[LQ_SID_SIZE];
	lq__sid(id);
	json_t *o = json_pack("{s:s, s:I, s:s, s:s, s:s, s:o*}", "id", id, "time_ms", (json_int_t)unix_ms, "event", event, "room", room, "room_sid", room_sid, "details", details);
	size_t n = o ? json_dumpb(o, NULL, 0, JSON_COMPACT) : 0;
	char *body = n ? lq__malloc(n + 1) : NULL;
	if (body) {
		json_dumpb(o, body, n, JSON_COMPACT);
		body[n] = 0;
	}
	json_decref(o);
	pthread_mutex_lock(&h->lock);
	int e = lq__hooks_put(&h->queue, room, body, clock_now());
	int say = e == LQ_EFULL && !h->full;
	h->full = e == LQ_EFULL;
	pthread_mutex_unlock(&h->lock);
	if (say)
		lq_log(LQ_LOG_WARNING, "webhook", "%d events wait, more are dropped", LQ_HOOKS_MAX);
	lws_cancel_service(h->context);
}

void lq__hooks_figures_get(lq__hooks *h, lq__hooks_figures *out)
{
	pthread_mutex_lock(&h->lock);
	*out = (lq__hooks_figures){h->queue.sent, h->queue.retries, h->queue.dropped, h->queue.n};
	pthread_mutex_unlock(&h->lock);
}
