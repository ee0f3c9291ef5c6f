#include "muxer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long a packet waits for the other tracks', and how much a killed process loses at most. */
#define INTERLEAVE_US 1000000
#define CLUSTER_MS 1000

const AVOutputFormat *mux_container(const char *file)
{
	const char *name = strrchr(file, '/');
	const AVOutputFormat *f = av_guess_format(NULL, name ? name + 1 : file, NULL);
	return f && !(f->flags & AVFMT_NOFILE) ? f : NULL;
}

static char *url_of(const char *file)
{
	size_t n = strlen(file) + sizeof "file:";
	char *url = malloc(n);
	if (url)
		snprintf(url, n, "file:%s", file);
	return url;
}

int mux_open(muxer *m, const lq_host *host, const char *file)
{
	char *url = url_of(file);
	memset(m, 0, sizeof *m);
	m->host = host;
	m->packet = av_packet_alloc();
	int r = url && m->packet ? avformat_alloc_output_context2(&m->av, mux_container(file), NULL, url) : AVERROR(ENOMEM);
	if (r >= 0)
		r = avio_open(&m->av->pb, url, AVIO_FLAG_WRITE);
	free(url);
	if (r >= 0) {
		m->av->max_interleave_delta = INTERLEAVE_US;
		m->av->flags |= AVFMT_FLAG_FLUSH_PACKETS | AVFMT_FLAG_BITEXACT; /* without random ids the same packets make the same file */
		return 0;
	}
	avformat_free_context(m->av);
	av_packet_free(&m->packet);
	m->av = NULL;
	return host->fail(host, LQ_EIO, "cannot write %s: %s", file, lq__av_error(r).s);
}

int mux_add_track(muxer *m, const AVCodecParameters *par)
{
	AVStream *s = m->av->nb_streams < MUX_TRACKS ? avformat_new_stream(m->av, NULL) : NULL;
	if (!s)
		return LQ_EFULL;
	if (avcodec_parameters_copy(s->codecpar, par) < 0)
		return LQ_ENOMEM;
	s->codecpar->codec_tag = 0;
	s->time_base = par->codec_type == AVMEDIA_TYPE_AUDIO ? (AVRational){1, par->sample_rate} : (AVRational){1, 90000};
	m->last[s->index] = INT64_MIN;
	return s->index;
}

int mux_begin(muxer *m, int64_t origin)
{
	AVDictionary *options = NULL;
	av_dict_set_int(&options, "cluster_time_limit", CLUSTER_MS, 0); /* what a container does not know stays unused */
	int r = avformat_write_header(m->av, &options);
	av_dict_free(&options);
	if (r < 0)
		return m->host->fail(m->host, LQ_EIO, "cannot begin the file: %s", lq__av_error(r).s);
	m->origin = origin;
	m->begun = 1;
	return 0;
}

int mux_write(muxer *m, int track, const lq_buffer *buf)
{
	AVStream *s = m->av->streams[track];
	AVPacket *p = m->packet;
	if (av_new_packet(p, (int)buf->size) < 0)
		return LQ_ENOMEM;
	memcpy(p->data, buf->planes[0], buf->size);
	p->stream_index = track;
	p->pts = av_rescale_q(mux_pts(buf) - m->origin, lq__av_ns, s->time_base);
	p->dts = av_rescale_q(mux_dts(buf) - m->origin, lq__av_ns, s->time_base);
	if (p->dts <= m->last[track]) /* times must grow */
		p->dts = m->last[track] + 1;
	if (p->pts < p->dts)
		p->pts = p->dts;
	m->last[track] = p->dts;
	p->duration = av_rescale_q(buf->duration, lq__av_ns, s->time_base);
	p->flags = buf->flags & LQ_BUFFER_KEY || s->codecpar->codec_type == AVMEDIA_TYPE_AUDIO ? AV_PKT_FLAG_KEY : 0;
	int r = av_interleaved_write_frame(m->av, p);
	return r < 0 ? m->host->fail(m->host, LQ_EIO, "cannot write: %s", lq__av_error(r).s) : 0;
}

int mux_close(muxer *m, const char *file)
{
	int r = 0;
	if (!m->av)
		return 0;
	if (m->begun)
		r = av_write_trailer(m->av);
	int closed = avio_closep(&m->av->pb);
	if (!m->begun)
		unlink(file);
	avformat_free_context(m->av);
	av_packet_free(&m->packet);
	m->av = NULL;
	r = r < 0 ? r : closed;
	return r < 0 ? m->host->fail(m->host, LQ_EIO, "cannot finish %s: %s", file, lq__av_error(r).s) : 0;
}
