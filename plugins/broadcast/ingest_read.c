/* capture.url's thread: reads the source, gives each track as its port's other end takes it, and comes back when the source was lost.
 *
 * It keeps the source's times: they are mapped to the graph's clock with the smallest delay seen, the same for sound and picture. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "ingest.h"

#define LATE (1500 * LQ_MSEC) /* behind its time by more: the clocks have parted, or the source was held up. MPEG-TS brings its tracks half a second apart */
#define FIRST_RETRY (LQ_SEC / 2)
#define STEADY (10 * LQ_SEC)
#define LISTENERS_WAIT LQ_SEC
#define LINK_TRIES 100

/* ---- formats ---- */

static int take_over(ingest *in, int track, const lq_format *fmt)
{
	int e = fmt == in->out[track] ? 0 : lq__format_replace(in->host, &in->out[track], fmt);
	lq__format_drop(in->host, &in->sent[track]);
	if (!e && fmt->codec == LQ_CODEC_RAW)
		e = lq__format_replace(in->host, track == SOURCE_AUDIO ? &in->sound.out : &in->picture.out, fmt);
	return e;
}

/* What the loop has agreed on since. */
static int settle(ingest *in)
{
	int e = 0;
	if (!atomic_exchange(&in->fresh, 0))
		return 0;
	pthread_mutex_lock(&in->lock);
	for (int i = 0; !e && i < SOURCE_TRACKS; i++)
		if (in->agreed[i])
			e = take_over(in, i, in->agreed[i]);
	pthread_mutex_unlock(&in->lock);
	return e;
}

static int is_agreed(ingest *in, int track)
{
	pthread_mutex_lock(&in->lock);
	int agreed = in->agreed[track] != NULL;
	pthread_mutex_unlock(&in->lock);
	return agreed;
}

static void rest(ingest *in, int64_t ns)
{
	struct pollfd p = {.fd = in->wake, .events = POLLIN};
	eventfd_t n;
	if (ns > 0 && poll(&p, 1, (int)((ns + LQ_MSEC - 1) / LQ_MSEC)) > 0)
		eventfd_read(in->wake, &n);
}

/* In a room those who listen come one after the other; what comes meanwhile would be lost, a first key frame with it. */
static void await_listeners(ingest *in)
{
	int64_t first = LQ_TIME_NONE;
	while (!in->whole && !atomic_load(&in->stopping)) {
		int missing = 0, there = 0;
		for (int i = 0; i < SOURCE_TRACKS; i++) {
			there += is_agreed(in, i);
			missing += !is_agreed(in, i) && (in->opt.listener || in->src.tracks[i].stream);
		}
		first = there && first == LQ_TIME_NONE ? in->host->now(in->host) : first;
		if (there && (!missing || in->host->now(in->host) - first >= LISTENERS_WAIT))
			return;
		rest(in, there ? LISTENERS_WAIT : LQ_SEC);
	}
}

/* Formats are agreed on a moment before the way is open. Takes the reference. */
static int submit(ingest *in, int track, lq_buffer *buf)
{
	int e, tries = 0;
	while (!in->linked[track] && !atomic_load(&in->stopping)) {
		e = in->host->submit(in->host, (uint32_t)track, in->host->buffer_ref(in->host, buf));
		in->linked[track] = e != LQ_EPIPE || ++tries == LINK_TRIES;
		if (e != LQ_EPIPE) {
			in->host->buffer_unref(in->host, buf);
			return e;
		}
		rest(in, 10 * LQ_MSEC);
	}
	return lq__submit(in->host, (uint32_t)track, buf);
}

/* ---- times ---- */

static int64_t source_time(const AVStream *s, int64_t t)
{
	return t == AV_NOPTS_VALUE ? LQ_TIME_NONE : av_rescale_q(t, s->time_base, lq__av_ns);
}

/* Where on the graph's clock this moment of the source is. A live source gives the time; a file waits for its own. */
static void follow(ingest *in, int64_t time)
{
	int64_t now = in->host->now(in->host);
	if (in->offset == LQ_TIME_NONE) {
		in->offset = now - time - (in->opt.live ? source_age(&in->src) : 0);
		in->catching_up = 1;
	}
	in->catching_up = in->catching_up && now - (time + in->offset) > LATE;
	if (!in->catching_up && now - (time + in->offset) > LATE) {
		in->offset = now - time;
		atomic_fetch_add(&in->jumps, 1);
	} else if (in->opt.live && now - time < in->offset) {
		in->offset = now - time;
	}
	for (int64_t left; !in->opt.live && !atomic_load(&in->stopping) && (left = time + in->offset - in->host->now(in->host)) > 0;)
		rest(in, left);
}

/* Times never go back. */
static void stamp(ingest *in, int track, lq_buffer *buf, int64_t pts, int64_t duration)
{
	int ordered = buf->dts == LQ_TIME_NONE;
	buf->pts = pts + in->offset;
	if (ordered && in->last[track] != LQ_TIME_NONE && buf->pts <= in->last[track])
		buf->pts = in->last[track] + 1;
	in->last[track] = ordered ? buf->pts : in->last[track];
	buf->duration = duration;
	buf->capture_time = buf->pts;
	if (pts + duration > in->end)
		in->end = pts + duration;
}

/* ---- encoded ---- */

static int set_sent(ingest *in, int track)
{
	lq_format f = *in->out[track];
	f.extra = source_extra(&in->src, track, &f.extra_size);
	return lq__format_replace(in->host, &in->sent[track], &f);
}

/* A picture that is to be shown before one that came earlier: what follows cannot tell, so it must not get it. */
static int is_reordered(ingest *in, int track, const AVPacket *p)
{
	if (track != SOURCE_VIDEO || in->b_frames == B_PASS)
		return 0;
	int64_t pts = source_time(in->src.tracks[track].stream, p->pts), before = in->shown;
	in->shown = pts;
	if (before == LQ_TIME_NONE || pts >= before || before - pts > LQ_SEC)
		return 0;
	if (!atomic_fetch_add(&in->reordered, 1)) {
		char text[WHY_TEXT];
		snprintf(text, sizeof text, "%.120s: B-frames have come, which calls cannot carry; let the source send none, or decode it", in->src.where);
		in->broken[track] = 1;
		lq__tell(in->host, LQ_EVENT_ERROR, SOURCE_VIDEO, LQ_ENOTSUP, text);
	}
	return 1;
}

static int give_packet(ingest *in, int track, const AVPacket *p)
{
	const AVStream *s = in->src.tracks[track].stream;
	int64_t pts = source_time(s, p->pts), dts = source_time(s, p->dts);
	if (track == SOURCE_VIDEO && in->need_key && !(p->flags & AV_PKT_FLAG_KEY))
		return 0;
	if (is_reordered(in, track, p) || in->broken[track])
		return 0;
	in->need_key = track == SOURCE_VIDEO ? 0 : in->need_key;
	int e = in->sent[track] && (track == SOURCE_VIDEO || in->sent[track]->extra_size) ? 0 : set_sent(in, track);
	lq_buffer *buf = e ? NULL : in->host->buffer_new(in->host, in->sent[track], (uint32_t)p->size);
	if (!buf)
		return LQ_ENOMEM;
	memcpy(buf->planes[0], p->data, (size_t)p->size);
	if (track == SOURCE_VIDEO && in->b_frames == B_PASS && dts != LQ_TIME_NONE)
		buf->dts = dts + in->offset;
	buf->flags = track == SOURCE_AUDIO || p->flags & AV_PKT_FLAG_KEY ? LQ_BUFFER_KEY : 0;
	buf->priority = buf->flags & LQ_BUFFER_KEY ? 2 : 1;
	stamp(in, track, buf, pts, p->duration > 0 ? source_time(s, p->duration) : 0);
	return submit(in, track, buf);
}

static int give_encoded(ingest *in, int track, AVPacket *p)
{
	int e = 0;
	if (!in->src.tracks[track].bsf)
		return give_packet(in, track, p);
	if ((e = source_filter(&in->src, track, p)))
		return e;
	while (!e && !(e = source_encoded(&in->src, track, in->filtered))) {
		e = give_packet(in, track, in->filtered);
		av_packet_unref(in->filtered);
	}
	return e == LQ_EAGAIN ? 0 : e;
}

/* ---- decoded ---- */

static int give_picture(ingest *in, int64_t pts)
{
	int64_t duration = in->frame->pkt_duration > 0 ? source_time(in->src.tracks[SOURCE_VIDEO].stream, in->frame->pkt_duration) : 0;
	lq_buffer *buf = make_picture(&in->picture, in->frame);
	if (!buf)
		return LQ_ENOMEM;
	buf->flags = LQ_BUFFER_KEY;
	buf->priority = 1;
	stamp(in, SOURCE_VIDEO, buf, pts, duration);
	return submit(in, SOURCE_VIDEO, buf);
}

static int give_sound(ingest *in, int64_t pts)
{
	lq_buffer *buf;
	int e = make_sound(&in->sound, in->frame, pts, &buf);
	if (e || !buf)
		return e;
	buf->priority = 2;
	stamp(in, SOURCE_AUDIO, buf, buf->pts, buf->duration);
	return submit(in, SOURCE_AUDIO, buf);
}

static int give_decoded(ingest *in, int track, const AVPacket *p)
{
	int e = source_decode(&in->src, track, p);
	if (e == LQ_EIO) /* damaged: the next one may do */
		atomic_fetch_add(&in->errors, 1);
	e = e == LQ_EIO ? 0 : e;
	while (!e && !source_decoded(&in->src, track, in->frame)) {
		int64_t pts = source_time(in->src.tracks[track].stream, in->frame->best_effort_timestamp);
		atomic_fetch_add(&in->frames[track], 1);
		e = pts == LQ_TIME_NONE ? 0 : track == SOURCE_VIDEO ? give_picture(in, pts) : give_sound(in, pts);
		av_frame_unref(in->frame);
	}
	return e;
}

/* ---- the thread ---- */

static int take(ingest *in, int track)
{
	const AVStream *s = in->src.tracks[track].stream;
	AVPacket *p = in->packet;
	int64_t time = source_time(s, p->dts != AV_NOPTS_VALUE ? p->dts : p->pts);
	atomic_fetch_add(&in->packets[track], 1);
	if (time == LQ_TIME_NONE || !in->out[track] || in->broken[track])
		return 0;
	if (p->pts == AV_NOPTS_VALUE)
		p->pts = p->dts;
	follow(in, time);
	return in->out[track]->codec == LQ_CODEC_RAW ? give_decoded(in, track, p) : give_encoded(in, track, p);
}

/* Reads until the source ends or fails. */
static int read_all(ingest *in)
{
	int e = 0, track;
	while (!e && !atomic_load(&in->stopping)) {
		if ((e = settle(in)))
			break;
		for (int i = 0; i < SOURCE_TRACKS; i++)
			in->src.tracks[i].unwanted = !in->out[i];
		if ((e = source_read(&in->src, in->packet, &track)))
			break;
		e = take(in, track);
		if (e)
			snprintf(in->src.error, sizeof in->src.error, "%.150s: cannot be taken on (error %d)", in->src.where, e);
		av_packet_unref(in->packet);
	}
	return atomic_load(&in->stopping) ? 0 : e;
}

static void finish(ingest *in)
{
	for (uint32_t i = 0; i < SOURCE_TRACKS; i++)
		if (in->out[i])
			lq__submit_eos(in->host, i, in->sent[i] && in->out[i]->codec != LQ_CODEC_RAW ? in->sent[i] : in->out[i],
			               in->offset == LQ_TIME_NONE ? in->host->now(in->host) : in->end + in->offset);
	lq__tell(in->host, LQ_EVENT_EOS, SOURCE_VIDEO, 0, NULL);
}

/* The same tracks as before, or those who listen would get what they have not agreed on. */
static int same_tracks(ingest *in, const uint32_t codecs[SOURCE_TRACKS])
{
	for (int i = 0; i < SOURCE_TRACKS && !in->opt.listener; i++)
		if (in->out[i] && (!in->src.tracks[i].stream || (in->out[i]->codec != LQ_CODEC_RAW && in->src.tracks[i].codec != codecs[i])))
			return 0;
	return 1;
}

/* A file from the beginning, or a live source that was lost. Returns 0 when it is there again. */
static int reopen(ingest *in)
{
	uint32_t codecs[SOURCE_TRACKS] = {in->src.tracks[0].codec, in->src.tracks[1].codec};
	const source_track *picture = &in->src.tracks[SOURCE_VIDEO];
	source_close(&in->src);
	sound_restart(&in->sound);
	int e = source_open(&in->src, &in->opt, &in->stopping);
	if (e)
		return e;
	atomic_fetch_add(&in->connects, 1);
	in->offset = in->shown = LQ_TIME_NONE;
	for (int i = 0; i < SOURCE_TRACKS; i++)
		lq__format_drop(in->host, &in->sent[i]);
	in->need_key = 1;
	if (in->opt.listener && picture->stream && picture->codec != LQ_CODEC_H264) {
		snprintf(in->src.error, sizeof in->src.error, "%.120s: a picture that is not H.264 has come; let the source send that", in->src.where);
		return LQ_EFORMAT;
	}
	if (same_tracks(in, codecs))
		return 0;
	snprintf(in->src.error, sizeof in->src.error, "%.120s: it has come back with other tracks", in->src.where);
	return LQ_EFORMAT;
}

/* Until it is there again or we are stopped. */
static void come_back(ingest *in, int e, int64_t *wait)
{
	char text[WHY_TEXT + 40];
	if (in->opt.listener && e == LQ_END) { /* the next caller must find us */
		snprintf(text, sizeof text, "%.150s: the caller has gone; waiting for the next call", in->src.where);
		lq__tell(in->host, LQ_EVENT_STATE, SOURCE_VIDEO, LQ_STATE_DISCONNECTED, text);
		lq__tell(in->host, LQ_EVENT_WARNING, SOURCE_VIDEO, LQ_ECONN, text);
		e = reopen(in);
	}
	while (e && !atomic_load(&in->stopping)) {
		snprintf(text, sizeof text, "%.200s; trying again in %.1f s", in->src.error, (double)*wait / 1e9);
		lq__tell(in->host, LQ_EVENT_STATE, SOURCE_VIDEO, LQ_STATE_DISCONNECTED, text);
		lq__tell(in->host, LQ_EVENT_WARNING, SOURCE_VIDEO, e, text);
		rest(in, in->opt.listener && e == LQ_EPERM ? 0 : *wait);
		*wait = *wait * 2 < in->retry ? *wait * 2 : in->retry;
		e = atomic_load(&in->stopping) ? 0 : reopen(in);
	}
	if (!atomic_load(&in->stopping))
		lq__tell(in->host, LQ_EVENT_STATE, SOURCE_VIDEO, LQ_STATE_CONNECTED, in->src.where);
}

static void fail(ingest *in, int e)
{
	lq__tell(in->host, LQ_EVENT_ERROR, SOURCE_VIDEO, e, in->src.error);
	finish(in);
}

/* A file's end: once more from the beginning, or over. Returns 0 to go on. */
static int next_lap(ingest *in)
{
	int64_t end = in->end + in->offset;
	int e = in->loop && in->offset != LQ_TIME_NONE ? reopen(in) : LQ_END;
	if (e == LQ_END)
		finish(in);
	else if (e)
		fail(in, e);
	else
		atomic_fetch_add(&in->laps, 1);
	for (int64_t left; !e && !atomic_load(&in->stopping) && (left = end - in->host->now(in->host)) > 0;)
		rest(in, left);
	in->end = 0;
	return e;
}

/* The first call. That it takes long is no trouble. */
static void await_call(ingest *in, int64_t *wait)
{
	int e = reopen(in);
	if (e)
		come_back(in, e, wait);
	else
		lq__tell(in->host, LQ_EVENT_STATE, SOURCE_VIDEO, LQ_STATE_CONNECTED, in->src.where);
}

void *ingest_work(void *arg)
{
	ingest *in = arg;
	int64_t wait = FIRST_RETRY;
	why_listen();
	await_listeners(in);
	if (in->opt.listener && !atomic_load(&in->stopping))
		await_call(in, &wait);
	while (!atomic_load(&in->stopping)) {
		int64_t began = in->host->now(in->host);
		int e = in->src.av ? read_all(in) : LQ_ECONN;
		if (atomic_load(&in->stopping))
			break;
		if (!in->opt.live) {
			if (e != LQ_END) {
				fail(in, e);
				break;
			}
			if (next_lap(in))
				break;
			continue;
		}
		if (in->host->now(in->host) - began > STEADY)
			wait = FIRST_RETRY;
		if (e == LQ_END)
			snprintf(in->src.error, sizeof in->src.error, "%.150s: the stream has ended", in->src.where);
		come_back(in, in->opt.listener && in->src.av ? LQ_END : e == LQ_END ? LQ_ECONN : e, &wait);
	}
	return NULL;
}

