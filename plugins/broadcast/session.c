#include "session.h"

#include <string.h>
#include <time.h>

#include "../avformat/codec_info.h"
#include "srt_link.h"

#define WRITE_TIME (10 * LQ_SEC) /* a receiver that takes nothing for so long is gone */
#define INTERLEAVE_US 300000     /* how long a packet waits for the other track's */

int64_t session_clock(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * LQ_SEC + t.tv_nsec;
}

static int interrupted(void *arg)
{
	session *s = arg;
	outlet *o = s->o;
	int64_t now = session_clock();
	if (atomic_load(&o->stopping) && (!s->begun || now > atomic_load(&o->stop_at)))
		return 1;
	if (s->deadline && now > s->deadline)
		s->late = 1;
	return s->late;
}

static int explain(session *s, int doing, int error)
{
	return why(s->o->where, doing, error, s->late, s->error);
}

/* HLS and DASH write several files, and say nothing when one of them cannot be written. */
static int open_part(AVFormatContext *av, AVIOContext **pb, const char *url, int flags, AVDictionary **options)
{
	session *s = av->opaque;
	int r = avio_open2(pb, url, flags, &av->interrupt_callback, options);
	if (r < 0 && flags & AVIO_FLAG_WRITE)
		s->io_error = r;
	return r;
}

static int close_part(AVFormatContext *av, AVIOContext *pb)
{
	session *s = av->opaque;
	if (pb->write_flag)
		avio_flush(pb);
	if (pb->write_flag && pb->error < 0)
		s->io_error = pb->error;
	return avio_close(pb);
}

static int add_streams(session *s, worker_track tracks[OUTLET_SLOTS])
{
	for (int i = 0; i < OUTLET_SLOTS; i++) {
		worker_track *t = &tracks[i];
		t->index = -1;
		if (!t->par || !atomic_load(&s->o->tracks[i].linked))
			continue;
		AVStream *stream = avformat_new_stream(s->av, NULL);
		if (!stream || avcodec_parameters_copy(stream->codecpar, t->par) < 0)
			return AVERROR(ENOMEM);
		stream->codecpar->codec_tag = 0;
		stream->time_base = t->par->codec_type == AVMEDIA_TYPE_AUDIO ? (AVRational){1, t->par->sample_rate} : (AVRational){1, 90000};
		t->index = stream->index;
		s->last[i] = INT64_MIN;
	}
	return 0;
}

static int connect_to(session *s, const char *url, AVDictionary **options)
{
	if (s->av->oformat->flags & AVFMT_NOFILE)
		return 0;
	if (s->o->kind == &outlet_srt)
		return srt_link_open(&s->o->opt, url, &s->av->interrupt_callback, &s->av->pb);
	s->deadline = s->o->opt.timeout ? session_clock() + s->o->opt.timeout : 0;
	return avio_open2(&s->av->pb, url, AVIO_FLAG_WRITE, &s->av->interrupt_callback, options);
}

static void release(session *s)
{
	if (s->av && s->o->kind == &outlet_srt)
		srt_link_close(&s->av->pb);
	else if (s->av && !(s->av->oformat->flags & AVFMT_NOFILE))
		avio_closep(&s->av->pb);
	avformat_free_context(s->av);
	av_packet_free(&s->packet);
	s->av = NULL;
	s->begun = 0;
}

int session_open(session *s, outlet *o, const char *url, int again, worker_track tracks[OUTLET_SLOTS])
{
	AVDictionary *protocol = NULL, *muxer = NULL;
	int doing = WHY_BEGIN;
	memset(s, 0, sizeof *s);
	s->o = o;
	s->origin = LQ_TIME_NONE;
	s->packet = av_packet_alloc();
	why_listen();
	int r = s->packet ? avformat_alloc_output_context2(&s->av, NULL, o->kind->container(&o->opt), url) : AVERROR(ENOMEM);
	if (r >= 0) {
		s->av->interrupt_callback = (AVIOInterruptCB){interrupted, s};
		s->av->opaque = s;
		s->av->io_open = open_part;
		s->av->io_close2 = close_part;
		s->av->max_interleave_delta = INTERLEAVE_US;
		s->av->max_delay = 200000;
		s->av->flags |= AVFMT_FLAG_FLUSH_PACKETS | (o->patient ? AVFMT_FLAG_BITEXACT : 0); /* virtual time: the same file each time */
		s->av->avoid_negative_ts = AVFMT_AVOID_NEG_TS_MAKE_NON_NEGATIVE;
		o->kind->dictionaries(&o->opt, again, &protocol, &muxer);
		r = add_streams(s, tracks);
	}
	if (r >= 0) {
		doing = WHY_CONNECT;
		r = connect_to(s, url, &protocol);
	}
	if (r >= 0) {
		doing = o->kind->network ? WHY_CONNECT : WHY_BEGIN;
		s->deadline = session_clock() + WRITE_TIME;
		r = avformat_write_header(s->av, &muxer);
	}
	av_dict_free(&protocol);
	av_dict_free(&muxer);
	if (r < 0) {
		int e = explain(s, doing, r);
		release(s);
		return e;
	}
	s->begun = 1;
	return 0;
}

static int64_t stamp(const session *s, int64_t time, const AVStream *stream)
{
	return av_rescale_q(time - s->origin, lq__av_ns, stream->time_base);
}

static int failed_silently(const session *s)
{
	return s->io_error ? s->io_error : s->av->pb && s->av->pb->error < 0 ? s->av->pb->error : 0;
}

int session_write(session *s, uint32_t slot, const worker_track *t, const lq_buffer *buf)
{
	AVStream *stream = s->av->streams[t->index];
	AVPacket *p = s->packet;
	int64_t time = outlet_time(s->o, buf);
	if (s->origin == LQ_TIME_NONE)
		s->origin = time;
	if (av_new_packet(p, (int)buf->size) < 0)
		return LQ_ENOMEM;
	memcpy(p->data, buf->planes[0], buf->size);
	p->stream_index = t->index;
	p->pts = stamp(s, time, stream);
	p->dts = buf->dts != LQ_TIME_NONE ? stamp(s, buf->dts, stream) : p->pts;
	if (p->dts <= s->last[slot]) /* times must grow */
		p->dts = s->last[slot] + 1;
	if (p->pts < p->dts)
		p->pts = p->dts;
	s->last[slot] = p->dts;
	p->duration = av_rescale_q(buf->duration, lq__av_ns, stream->time_base);
	p->flags = buf->flags & LQ_BUFFER_KEY || stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO ? AV_PKT_FLAG_KEY : 0;
	s->deadline = session_clock() + WRITE_TIME;
	int r = av_interleaved_write_frame(s->av, p);
	r = r < 0 ? r : failed_silently(s);
	return r < 0 ? explain(s, WHY_WRITE, r) : 0;
}

int session_close(session *s, int finish)
{
	int r = 0;
	if (!s->av)
		return 0;
	s->deadline = session_clock() + WRITE_TIME;
	if (s->begun && finish) {
		r = av_write_trailer(s->av);
		r = r < 0 ? r : failed_silently(s);
	}
	int e = r < 0 ? explain(s, WHY_WRITE, r) : 0;
	release(s);
	return e;
}
