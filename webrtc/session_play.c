/* When a received access unit is due: RTP time to local time, smooth, and in step with the sender's other media. */
#include <string.h>

#include <loquat/plugin/errors.h>

#include "session_internal.h"

#define SMALL_JITTER (10 * LQ_MSEC) /* below a display's period: smoothing it would only cost latency */
#define DECODE_TIME (2 * LQ_MSEC)
#define MAX_AHEAD (2 * LQ_SEC) /* a stream time that says more has jumped */
#define OLDEST_CAPTURE (5 * LQ_SEC)

static int64_t rtp_to_ns(int64_t ts, int64_t rate)
{
	return ts / rate * LQ_SEC + ts % rate * LQ_SEC / rate;
}

/* The sender's clock says when it was captured. That is on our clock when both machines keep time; else the fastest packet has to do as one without
 * any delay. */
static int64_t capture_time(const lq__track *t, uint64_t ntp, int64_t ts, int64_t base, int64_t now)
{
	const lq__receiver *r = t->receive;
	int64_t at = LQ_TIME_NONE;
	if (ntp)
		at = lq__ntp_to_ns(ntp);
	else if (r->sr.known)
		at = lq__sr_ntp(&r->sr, ts, t->rate);
	if (at != LQ_TIME_NONE) {
		at -= t->session->config.wall_offset + NTP_UNIX;
		if (at <= now && now - at < OLDEST_CAPTURE)
			return at;
	}
	return rtp_to_ns(ts, t->rate) + base;
}

/* Play-out time minus stream time, without the synchronisation's extra. */
static int64_t video_latency(const lq__track *t)
{
	const lq__delay *d = &t->receive->delay;
	int64_t jitter = lq__delay_jitter(d), least = t->session->config.min_delay_ms * LQ_MSEC, most = t->session->config.max_video_delay_ms * LQ_MSEC;
	jitter = jitter < SMALL_JITTER ? 0 : jitter > most ? most : jitter;
	return d->base + (jitter < least ? least : jitter) + DECODE_TIME;
}

void lq__play_video(lq__track *t, const lq__video_frame *f, int64_t now)
{
	lq__receiver *r = t->receive;
	int64_t ts = lq__stream_time(r, f->timestamp), stream = rtp_to_ns(ts, t->rate), delay = f->complete - stream;
	if (r->delay.n && (delay > r->delay.base + MAX_AHEAD || delay < r->delay.base - MAX_AHEAD))
		r->delay.n = r->delay.head = r->delay.fresh = 0;
	lq__delay_add(&r->delay, delay);
	int64_t due = stream + video_latency(t) + r->extra, soon = now + DECODE_TIME;
	lq_session_frame out = {.mid = t->mid, .codec = f->codec, .due = due > soon ? due : soon, .data = f->data, .len = f->len};
	out.flags = (f->key ? LQ_BUFFER_KEY : 0u) | (f->discontinuity ? LQ_BUFFER_DISCONTINUITY : 0u);
	out.capture_time = capture_time(t, f->capture_ntp, ts, r->delay.base, now);
	r->sum.frames++;
	r->sum.key_frames += f->key;
	r->sum.jitter_delay += (double)(now - f->first_arrival) / 1e9;
	t->session->config.callbacks.frame(t->session->config.arg, &out);
}

void lq__play_audio(lq__track *t, const lq__audio_frame *f, int64_t now)
{
	lq__receiver *r = t->receive;
	lq_session_frame out = {.mid = t->mid, .codec = f->codec, .due = f->due, .duration = f->duration, .data = f->data, .len = f->len};
	out.flags = (f->lost ? LQ_BUFFER_LOST : LQ_BUFFER_KEY) | (f->discontinuity ? LQ_BUFFER_DISCONTINUITY : 0u);
	out.capture_time = capture_time(t, f->capture_ntp, f->timestamp, lq__jitter_audio_base(r->audio), now);
	r->sum.frames += !f->lost;
	t->session->config.callbacks.frame(t->session->config.arg, &out);
}

/* ---- sound and picture in step ---- */

/* Media of one sender: the same stream in their msid, or the same CNAME where no stream is named. */
static int same_source(const lq__track *a, const lq__track *b)
{
	size_t n = strcspn(a->msid, " "), m = strcspn(b->msid, " ");
	if (n && !(n == 1 && *a->msid == '-'))
		return n == m && !memcmp(a->msid, b->msid, n);
	return a->remote && b->remote && *a->remote->cname && !strcmp(a->remote->cname, b->remote->cname);
}

/* When the track plays a moment of the sender's clock, minus that moment. */
static int64_t against_sender(const lq__track *t, int64_t latency)
{
	const lq__sr_map *m = &t->receive->sr;
	return rtp_to_ns(m->rtp, t->rate) + latency - m->ntp;
}

static int can_sync(const lq__track *t, uint32_t media)
{
	return t->active && t->media == media && t->receive && t->receive->sr.known && (media == LQ_MEDIA_AUDIO || t->receive->delay.n);
}

/* Nobody notices sound that is so much late, and holding the picture back for it would only cost latency. (ITU-R BT.1359: +45 to -125 ms.) Decoder and mixer add to it
 * what is not seen here, about 15 ms. Where there is a delay in any case, latency is not what counts, and the picture follows what is heard. */
#define AUDIO_MAY_LAG (10 * LQ_MSEC)

static void sync_audio(lq_session *s, lq__track *audio)
{
	lq__receiver *a = audio->receive;
	int exact = s->config.min_delay_ms > 0;
	int64_t extra = a->extra, earliest = against_sender(audio, lq__jitter_audio_latency(a->audio)), heard = exact ? against_sender(audio, lq__jitter_audio_now(a->audio)) : earliest;
	int followed = 0;
	for (uint32_t i = 0; i < s->n_tracks; i++) {
		lq__track *video = s->tracks[i];
		if (!can_sync(video, LQ_MEDIA_VIDEO) || !same_source(audio, video))
			continue;
		int64_t unused = a->extra; /* sound follows one picture only, the first */
		lq__sync_step(earliest, heard, against_sender(video, video_latency(video)), exact ? 0 : AUDIO_MAY_LAG, followed ? &unused : &extra, &video->receive->extra);
		followed = 1;
	}
	a->extra = followed ? extra : 0;
	lq__jitter_audio_set_extra(a->audio, a->extra);
}

void lq__sync_tracks(lq_session *s)
{
	for (uint32_t i = 0; i < s->n_tracks; i++)
		if (can_sync(s->tracks[i], LQ_MEDIA_AUDIO))
			sync_audio(s, s->tracks[i]);
}
