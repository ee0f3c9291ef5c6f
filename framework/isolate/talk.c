/* The proxy's talk with its helper: requests and their answers, and what comes by itself. */
#include "isolate/proxy.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

int64_t lq__proxy_limit(const char *variable, int ms)
{
	const char *text = getenv(variable);
	int given = text ? atoi(text) : 0;
	return (given > 0 ? given : ms) * LQ_MSEC;
}

int64_t lq__proxy_now(void)
{
	return lq_clock_now(lq_clock_real());
}

lq__bytes *lq__proxy_begin(lq__proxy *p, uint32_t type, size_t *begin)
{
	lq__bytes *b = &p->helper->out.bytes;
	*begin = lq__record_begin(b, type);
	if (!++p->last_request)
		++p->last_request;
	lq__bytes_u32(b, p->last_request);
	return b;
}

/* Sends it, or lets it wait behind what waits already. */
void lq__proxy_end(lq__proxy *p, size_t begin)
{
	lq__record_end(&p->helper->out.bytes, begin);
	lq__helper_flush(p->helper);
}

/* A result goes on its way, where the node has such an output. */
static int submit(lq__proxy *p, uint32_t number, lq_buffer *buf)
{
	const lq__port *port = p->node ? lq__node_port(p->node, number) : NULL;
	if (!p->node || (number < p->desc.n_ports && p->desc.ports[number].flags & LQ_PORT_MANY) ||
	    (port ? port->desc->direction != LQ_OUT : number < p->desc.n_ports)) {
		lq__buffer_unref(buf);
		p->helper->fault = "a buffer for a port that is no output";
		return LQ_EPROTO;
	}
	if (!port) { /* it was taken away meanwhile */
		p->dropped++;
		lq__buffer_unref(buf);
		return 0;
	}
	if (number < 64 && p->mark_out & UINT64_C(1) << number) {
		p->mark_out &= ~(UINT64_C(1) << number);
		buf->flags |= LQ_BUFFER_DISCONTINUITY;
	}
	p->host->submit(p->host, number, buf);
	return 0;
}

static int wrong(lq__proxy *p)
{
	p->helper->fault = "a record that is none";
	return LQ_EPROTO;
}

static int take_event(lq__proxy *p, uint32_t type, lq__reader *r)
{
	lq_event e = {.struct_size = sizeof e};
	lq__wire_read_event(r, &e);
	if (r->bad || !p->node)
		return wrong(p);
	if (type == LQ__SAY_PASS)
		lq__node_pass_on(p->node, &e);
	else if (type == LQ__SAY_UPSTREAM)
		p->host->upstream(p->host, e.port, &e);
	else if (e.type == LQ_EVENT_EOS && p->desc.kind == LQ_KIND_CAPTURE && !p->node->ended)
		lq__node_ended(p->node);
	else
		p->host->event(p->host, &e);
	return 0;
}

static int reply(lq__proxy *p, lq__reader *r)
{
	uint32_t request = lq__read_u32(r);
	int code = (int)lq__read_u32(r);
	const char *text = lq__read_chars(r);
	if (r->bad || !request || code > 0 || code < -1000)
		return wrong(p);
	if (request == p->ping)
		p->ping = 0;
	if (request == p->awaited || code < 0)
		snprintf(p->reply_text, sizeof p->reply_text, "%s", text ? text : "");
	if (request == p->awaited) {
		p->awaited = 0;
		p->has_reply = 1;
		p->reply_code = code;
		p->reply.n = 0;
		lq__bytes_add(&p->reply, r->at, (size_t)(r->end - r->at));
	}
	return lq__proxy_replied(p, request, code);
}

static int log_line(lq__proxy *p, lq__reader *r)
{
	uint32_t level = lq__read_u32(r);
	const char *text = lq__read_chars(r);
	if (!text || level > LQ_LOG_TRACE)
		return wrong(p);
	lq_log(level, p->name, "%s", text);
	return 0;
}

/* The node over there has been stopped after nothing but errors, so it is stopped here. */
static int gave_up(lq__proxy *p, lq__reader *r)
{
	const char *text = lq__read_chars(r);
	if (!text || !p->node)
		return wrong(p);
	const char *reason = strstr(text, ": ");
	snprintf(p->node->fail_text, sizeof p->node->fail_text, "%s", reason ? reason + 2 : text);
	p->node->give_up = 1;
	return 0;
}

static int forbidden(lq__proxy *p, lq__reader *r)
{
	const char *text = lq__read_chars(r);
	if (!text)
		return wrong(p);
	snprintf(p->last_words, sizeof p->last_words, "%s", text);
	return 0;
}

static int take_record(lq__proxy *p, uint32_t type, lq__reader *r)
{
	lq_buffer *buf = NULL;
	uint32_t port = 0;
	switch (type) {
	case LQ__SAY_REPLY: return reply(p, r);
	case LQ__SAY_TAKEN: return lq__helper_taken(p->helper, lq__read_u32(r));
	case LQ__SAY_EVENT: case LQ__SAY_UPSTREAM: case LQ__SAY_PASS: return take_event(p, type, r);
	case LQ__SAY_LOG: return log_line(p, r);
	case LQ__SAY_GAVE_UP: return gave_up(p, r);
	case LQ__SAY_FORBIDDEN: return forbidden(p, r);
	}
	if (!p->node)
		return wrong(p); /* there is nothing yet that buffers could belong to */
	int code = lq__helper_record(p->helper, p->node->graph->pool, type, r, &buf, &port);
	if (code == LQ_ENOTSUP)
		return wrong(p);
	if (code == LQ_EAGAIN) {
		p->dropped++;
		return 0;
	}
	if (code < 0)
		return code;
	p->copied += (uint64_t)(code > 0);
	return buf ? submit(p, port, buf) : 0;
}

static int take_message(lq__proxy *p, lq__reader *message)
{
	lq__reader body;
	uint32_t type;
	int r = 0;
	while (!r && lq__record_next(message, &type, &body))
		r = take_record(p, type, &body);
	return !r && message->bad ? wrong(p) : r;
}

/* Works off what has come. A negative result: the helper is no more, and that has been seen to. */
int lq__proxy_dispatch(lq__proxy *p)
{
	char why[160];
	for (int i = 0; i < 256 && p->helper; i++) {
		lq__reader message;
		int r = lq__helper_receive(p->helper, &message);
		if (r == LQ_EAGAIN)
			return 0;
		if (!r)
			r = take_message(p, &message);
		if (!r)
			continue;
		if (r == LQ_EPROTO)
			snprintf(why, sizeof why, "was ended: it sent %s", p->helper->fault);
		else if (r == LQ_ESTATE)
			snprintf(why, sizeof why, "could not begin where the last one ended: %.100s", p->reply_text);
		else
			snprintf(why, sizeof why, "was ended: %s", lq_error_text(r));
		lq__proxy_died(p, r == LQ_EPIPE ? NULL : why);
		return LQ_ECRASH;
	}
	return p->helper ? 0 : LQ_ECRASH;
}

int lq__proxy_wait(lq__proxy *p, uint32_t request, const char *what)
{
	int64_t limit = lq__proxy_limit("LQ_ISOLATE_TIMEOUT_MS", 5000), end = lq__proxy_now() + limit;
	char why[160];
	p->awaited = request;
	p->has_reply = 0;
	while (!p->has_reply) {
		int64_t left = end - lq__proxy_now();
		if (left <= 0) {
			snprintf(why, sizeof why, "did not answer within %lld ms (%s)", (long long)(limit / LQ_MSEC), what);
			p->awaited = 0;
			lq__proxy_died(p, why);
			return LQ_ETIMEDOUT;
		}
		int waits = lq__helper_flush(p->helper) == LQ_EAGAIN;
		struct pollfd fd = {p->helper->fd, (short)(POLLIN | (waits ? POLLOUT : 0)), 0};
		struct timespec t = {.tv_sec = (time_t)(left / LQ_SEC), .tv_nsec = (long)(left % LQ_SEC)};
		if (ppoll(&fd, 1, &t, NULL) < 0 && errno != EINTR)
			return LQ_EIO;
		if (lq__proxy_dispatch(p) < 0 && !p->has_reply) {
			p->awaited = 0;
			return LQ_ECRASH;
		}
	}
	if (!p->helper && p->reply_code >= 0) { /* its last word: nothing follows from it any more */
		p->has_reply = 0;
		return LQ_ECRASH;
	}
	return p->reply_code;
}

int lq__proxy_fail(lq__proxy *p, int code)
{
	if (code >= 0)
		return code;
	if (!p->has_reply)
		return p->host->fail(p->host, code, "its helper process %s", p->death);
	return p->reply_text[0] ? p->host->fail(p->host, code, "%s", p->reply_text) : code;
}
