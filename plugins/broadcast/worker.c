/* The worker: learns what the tracks are, connects, writes, and connects again when that fails. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <libavutil/avstring.h>

#include "../avformat/codec_info.h"
#include "session.h"

#define WAIT_READY (5 * LQ_SEC) /* for a linked track's first packet from which decoding can start */
#define LINGER LQ_SEC           /* for a network to take what is still queued */
#define FIRST_RETRY (LQ_SEC / 2)
#define REFUSAL (2 * LQ_SEC) /* a connection that is lost before this never was one */
#define FLV_DAYS 24             /* its times are 31 bits of milliseconds: 24.8 days */
#define STEADY (10 * LQ_SEC)    /* a connection that has held for so long was a good one: the next failure begins with the first wait again */

typedef struct worker {
	outlet *o;
	worker_track tracks[OUTLET_SLOTS];
	session session;
	int sessions, failed;
	int code;          /* of the session's last failure */
	int64_t retry;     /* how long to wait next time */
	int64_t lost_at;   /* since when there is no connection; 0: there is one, or it is the first try */
} worker;

enum { ENDED, LOST, CHANGED }; /* why writing is over */

void outlet_tell_state(outlet *o, int state, const char *reason)
{
	if (atomic_exchange(&o->state, state) != state)
		lq__tell(o->host, LQ_EVENT_STATE, PORT_AUDIO, state, reason);
}

/* Until somebody puts something in or stops us, or `ns` are over. */
static void rest(outlet *o, int64_t ns)
{
	struct pollfd p = {.fd = o->wake, .events = POLLIN};
	eventfd_t n;
	if (poll(&p, 1, (int)(ns / LQ_MSEC) + 1) == 1)
		eventfd_read(o->wake, &n);
}

static void pause_for(outlet *o, int64_t ns)
{
	for (int64_t end = session_clock() + ns, left; !atomic_load(&o->stopping) && (left = end - session_clock()) > 0;)
		rest(o, left);
}

/* ---- tracks ---- */

static uint32_t slot_of(const ring_item *item)
{
	return item->port & 0xff;
}

static void forget(worker_track *t)
{
	avcodec_parameters_free(&t->par);
	t->index = -1;
}

/* The track of a packet; NULL: it was unlinked since. */
static worker_track *track_of(worker *w, const ring_item *item)
{
	const outlet_track *known = &w->o->tracks[slot_of(item)];
	worker_track *t = &w->tracks[slot_of(item)];
	uint32_t generation = item->port >> 8;
	if (!atomic_load(&known->linked) || atomic_load(&known->generation) != generation)
		return NULL;
	if (t->generation != generation && t->index < 0) /* else it goes on with what the one before it has begun, where it fits */
		forget(t);
	t->generation = generation;
	return t;
}

static int starts(const lq_buffer *buf)
{
	return buf->format->media == LQ_MEDIA_AUDIO || buf->flags & LQ_BUFFER_KEY;
}

static void learn_from(worker *w, const ring_item *item)
{
	worker_track *t = track_of(w, item);
	if (!t || t->par || !starts(item->buf))
		return;
	AVCodecParameters *par = avcodec_parameters_alloc();
	if (par && lq__codec_parameters(item->buf, par))
		avcodec_parameters_free(&par);
	t->par = par;
}

/* How many tracks there are, or are waited for, and how many of them are known. */
static void count_tracks(const worker *w, int *linked, int *known)
{
	int has[2] = {0};
	*linked = *known = 0;
	for (int i = 0; i < OUTLET_SLOTS; i++) {
		const outlet_track *t = &w->o->tracks[i];
		if (!atomic_load(&t->linked))
			continue;
		++*linked;
		has[atomic_load(&t->media) == LQ_MEDIA_VIDEO] = 1;
		*known += w->tracks[i].par && w->tracks[i].generation == atomic_load(&t->generation);
	}
	if (w->o->opt.tracks == TRACKS_BOTH)
		*linked += !has[0] + !has[1];
}

/* Waits until the tracks are known, without taking anything out of the ring. Returns 0 when stopped before that. */
static int learn(worker *w)
{
	int64_t began = 0;
	uint32_t seen = 0;
	int linked, known;
	while (!atomic_load(&w->o->stopping)) {
		for (const ring_item *item; (item = ring_peek(&w->o->ring, seen)); seen++)
			learn_from(w, item);
		count_tracks(w, &linked, &known);
		if (known && !began)
			began = session_clock();
		if (known && (known == linked || session_clock() - began > WAIT_READY || seen > RING_SLOTS / 2))
			return 1;
		rest(w->o, 200 * LQ_MSEC);
	}
	count_tracks(w, &linked, &known);
	return known > 0 && !w->o->kind->network; /* a short file is one, too */
}

/* ---- the ring ---- */

static ring_item take(outlet *o)
{
	ring_item item = ring_take(&o->ring, outlet_time(o, ring_peek(&o->ring, 0)->buf));
	if (o->patient)
		eventfd_write(o->room, 1);
	return item;
}

static void drop(worker *w)
{
	ring_item item = take(w->o);
	w->o->host->buffer_unref(w->o->host, item.buf);
	atomic_fetch_add(&w->o->skipped, 1);
}

static void drop_all(worker *w)
{
	while (ring_peek(&w->o->ring, 0))
		drop(w);
}

/* ---- writing ---- */

/* A track that came later, or whose parameters have changed, cannot go into what was begun without it. MPEG-TS carries them in-band. */
static int fits(const worker *w, const worker_track *t, const lq_buffer *buf)
{
	if (!starts(buf) || !t->par)
		return t->par != NULL || !starts(buf);
	if (t->index < 0)
		return 0;
	return (!strcmp(w->session.av->oformat->name, "mpegts") && lq__av_codec(buf->format->codec) == t->par->codec_id) || lq__codec_fits(buf, t->par);
}

/* FLV's times end; a new connection begins at 0, with a picture that needs no other. */
static int too_long(const worker *w, const ring_item *next)
{
	const session *s = &w->session;
	if (s->origin == LQ_TIME_NONE || strcmp(s->av->oformat->name, "flv") || outlet_time(w->o, next->buf) - s->origin < FLV_DAYS * 24 * 3600 * LQ_SEC)
		return 0;
	if (next->buf->format->media == LQ_MEDIA_AUDIO)
		return s->av->nb_streams == 1;
	if (!starts(next->buf))
		lq__ask_key_frame(w->o->host, atomic_load(&w->o->tracks[slot_of(next)].port));
	return starts(next->buf);
}

static int write_next(worker *w, const ring_item *next)
{
	outlet *o = w->o;
	worker_track *t = track_of(w, next);
	if (t && too_long(w, next))
		return CHANGED;
	if (t && !fits(w, t, next->buf)) {
		forget(t);
		learn_from(w, next);
		if (t->par)
			return CHANGED;
	}
	if (!t || t->index < 0) {
		drop(w);
		return -1;
	}
	ring_item item = take(o);
	int e = w->code = session_write(&w->session, slot_of(&item), t, item.buf);
	if (!e) {
		atomic_fetch_add(&o->packets, 1);
		atomic_fetch_add(&o->bytes, item.buf->size);
	}
	o->host->buffer_unref(o->host, item.buf);
	return e ? LOST : -1;
}

static int write_all(worker *w)
{
	outlet *o = w->o;
	for (;;) {
		const ring_item *next = ring_peek(&o->ring, 0);
		if (!next && atomic_load(&o->stopping))
			return ENDED;
		if (next) {
			int over = write_next(w, next);
			if (over == LOST && atomic_load(&o->stopping) && o->kind->network)
				return ENDED; /* it did not take the rest in time */
			if (over >= 0)
				return over;
		} else {
			rest(o, LQ_SEC);
		}
	}
}

/* ---- connecting again ---- */

static void fail_for_good(worker *w, int code, const char *what)
{
	outlet *o = w->o;
	char text[WHY_TEXT + 64];
	snprintf(text, sizeof text, "%s%s", w->session.error, what);
	w->failed = 1;
	atomic_store(&o->phase, PHASE_IDLE);
	drop_all(w);
	lq__tell(o->host, LQ_EVENT_ERROR, PORT_AUDIO, code, text); /* first: it says why */
	outlet_tell_state(o, LQ_STATE_FAILED, text);
}

static void retry_later(worker *w, int code)
{
	outlet *o = w->o;
	char text[WHY_TEXT + 64];
	int64_t now = session_clock();
	atomic_fetch_add(&o->failures, 1);
	if (atomic_load(&o->stopping))
		return;
	w->lost_at = w->lost_at ? w->lost_at : now;
	if (o->kind == &outlet_file || (o->opt.give_up && now - w->lost_at >= o->opt.give_up)) {
		fail_for_good(w, code, o->kind == &outlet_file ? ": recording has stopped; what was written so far can be played" : "; given up");
		return;
	}
	atomic_store(&o->phase, PHASE_CLOSED);
	drop_all(w);
	snprintf(text, sizeof text, "%s; trying again in %.1f s", w->session.error, (double)w->retry / 1e9);
	lq__tell(o->host, LQ_EVENT_WARNING, PORT_AUDIO, code, text);
	outlet_tell_state(o, LQ_STATE_DISCONNECTED, text);
	pause_for(o, w->retry);
	w->retry = w->retry * 2 < o->opt.retry ? w->retry * 2 : o->opt.retry;
}

/* "show.mp4", then "show-2.mp4": for what cannot go on in the same file. One that is there already is left alone. */
static char *url_for(const worker *w)
{
	const outlet *o = w->o;
	const char *dot = strrchr(o->opt.url, '.');
	if ((o->kind != &outlet_file && o->kind != &outlet_dash) || !w->sessions)
		return av_strdup(o->opt.url);
	char *url = NULL;
	for (int i = w->sessions + 1;; i++) {
		av_free(url);
		url = av_asprintf("%.*s-%d%s", (int)(dot - o->opt.url), o->opt.url, i, dot);
		if (!url || access(url, F_OK))
			return url;
	}
}

static void connected(worker *w)
{
	outlet *o = w->o;
	int first = atomic_load(&o->phase) == PHASE_FIRST;
	w->sessions++;
	atomic_fetch_add(&o->connects, 1);
	atomic_store(&o->phase, PHASE_OPEN);
	for (int i = 0; !first && i < OUTLET_SLOTS; i++)
		if (atomic_load(&o->tracks[i].linked) && atomic_load(&o->tracks[i].media) == LQ_MEDIA_VIDEO)
			lq__ask_key_frame(o->host, atomic_load(&o->tracks[i].port));
	outlet_tell_state(o, LQ_STATE_CONNECTED, o->where);
}

/* There are RTMP servers that take a stream, look at its key and close the connection. */
static void close_lost(worker *w, int64_t lasted)
{
	outlet *o = w->o;
	char text[WHY_TEXT];
	int refused = o->kind == &outlet_rtmp && w->code == LQ_ECONN && lasted < REFUSAL;
	snprintf(text, sizeof text, "%.170s%s", w->session.error, refused ? " at once; check the application and the stream key" : "");
	session_close(&w->session, !o->kind->network);
	memcpy(w->session.error, text, sizeof text);
	retry_later(w, refused ? LQ_EPERM : w->code);
}

/* One connection, from its beginning to its end. */
static void attempt(worker *w)
{
	outlet *o = w->o;
	char *url = url_for(w);
	outlet_tell_state(o, LQ_STATE_CONNECTING, o->where);
	if (o->kind->network && atomic_load(&o->phase) == PHASE_FIRST) { /* what waits meanwhile would be late */
		atomic_store(&o->phase, PHASE_EARLY);
		drop_all(w);
	}
	int again = w->sessions > 0 || (o->kind->unfinished && o->kind->unfinished(&o->opt));
	int e = url ? session_open(&w->session, o, url, again, w->tracks) : LQ_ENOMEM;
	av_free(url);
	if (e) {
		retry_later(w, e);
		return;
	}
	int64_t began = session_clock();
	connected(w);
	int over = write_all(w);
	if (session_clock() - began > REFUSAL)
		w->lost_at = 0;
	if (session_clock() - began > STEADY)
		w->retry = FIRST_RETRY;
	if (over == LOST) {
		close_lost(w, session_clock() - began);
		return;
	}
	if ((e = session_close(&w->session, 1)) && !o->kind->network) {
		w->lost_at = session_clock();
		fail_for_good(w, e, "");
	}
}

static void *work(void *arg)
{
	outlet *o = arg;
	worker *w = calloc(1, sizeof *w);
	if (!w) {
		lq__tell(o->host, LQ_EVENT_ERROR, PORT_AUDIO, LQ_ENOMEM, "out of memory");
		return NULL;
	}
	w->o = o;
	w->retry = FIRST_RETRY;
	for (int i = 0; i < OUTLET_SLOTS; i++)
		w->tracks[i].index = -1;
	while (!w->failed && learn(w)) {
		attempt(w);
		if (atomic_load(&o->stopping))
			break;
	}
	drop_all(w);
	for (int i = 0; i < OUTLET_SLOTS; i++)
		forget(&w->tracks[i]);
	free(w);
	return NULL;
}

int outlet_start(outlet *o)
{
	if (o->has_thread)
		return 0;
	atomic_store(&o->stopping, 0);
	atomic_store(&o->phase, PHASE_FIRST);
	o->has_thread = !pthread_create(&o->thread, NULL, work, o);
	return o->has_thread ? 0 : o->host->fail(o->host, LQ_ENOMEM, "no thread can be made");
}

void outlet_stop(outlet *o)
{
	if (!o->has_thread)
		return;
	atomic_store(&o->stop_at, session_clock() + (o->kind->network ? LINGER : 10 * LINGER));
	atomic_store(&o->stopping, 1);
	eventfd_write(o->wake, 1);
	pthread_join(o->thread, NULL);
	o->has_thread = 0;
	atomic_store(&o->phase, PHASE_IDLE);
	outlet_tell_state(o, LQ_STATE_CLOSED, NULL);
}
