#include "media.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void drop_packets(media_track *t)
{
	for (; t->n; t->n--, t->head++)
		av_packet_free(&t->packets[t->head % MAX_PACKETS]);
}

void media_close(media_file *m)
{
	for (int i = 0; i < N_TRACKS; i++) {
		drop_packets(&m->tracks[i]);
		avcodec_free_context(&m->tracks[i].av);
		av_frame_free(&m->tracks[i].frame);
	}
	av_packet_free(&m->packet);
	avformat_close_input(&m->av);
	memset(m, 0, sizeof *m);
}

static int open_track(media_file *m, int i)
{
	const AVCodec *codec = NULL;
	media_track *t = &m->tracks[i];
	int s = av_find_best_stream(m->av, i == TRACK_VIDEO ? AVMEDIA_TYPE_VIDEO : AVMEDIA_TYPE_AUDIO, -1, -1, &codec, 0);
	if (s < 0 || m->av->streams[s]->disposition & AV_DISPOSITION_ATTACHED_PIC) /* the cover of a song is no picture */
		return 0;
	t->av = avcodec_alloc_context3(codec);
	t->frame = av_frame_alloc();
	if (!t->av || !t->frame)
		return LQ_ENOMEM;
	t->av->pkt_timebase = m->av->streams[s]->time_base;
	t->av->thread_count = 0; /* nothing is in a hurry here: frames are decoded ahead */
	if (avcodec_parameters_to_context(t->av, m->av->streams[s]->codecpar) < 0 || avcodec_open2(t->av, codec, NULL) < 0) {
		avcodec_free_context(&t->av);
		return 0;
	}
	t->stream = m->av->streams[s];
	return 0;
}

static int has_size(const media_track *t)
{
	return t->stream->codecpar->width > 0 && t->stream->codecpar->height > 0;
}

static int open_tracks(media_file *m, const char *file)
{
	for (int i = 0; i < N_TRACKS; i++) {
		int r = open_track(m, i);
		if (r)
			return r;
	}
	if (m->tracks[TRACK_VIDEO].stream && !has_size(&m->tracks[TRACK_VIDEO]))
		m->tracks[TRACK_VIDEO].stream = NULL;
	for (unsigned i = 0; i < m->av->nb_streams; i++)
		if (m->av->streams[i] != m->tracks[TRACK_VIDEO].stream && m->av->streams[i] != m->tracks[TRACK_AUDIO].stream)
			m->av->streams[i]->discard = AVDISCARD_ALL;
	if (!m->tracks[TRACK_VIDEO].stream && !m->tracks[TRACK_AUDIO].stream)
		return m->host->fail(m->host, LQ_EFORMAT, "%s holds neither sound nor pictures that can be decoded", file);
	return 0;
}

static int open_file(media_file *m, const char *file)
{
	AVDictionary *options = NULL;
	size_t n = strlen(file) + sizeof "file:";
	char *url = malloc(n);
	if (!url)
		return LQ_ENOMEM;
	snprintf(url, n, "file:%s", file); /* so that no name is taken for a protocol */
	av_dict_set(&options, "protocol_whitelist", "file", 0);
	int r = avformat_open_input(&m->av, url, NULL, &options);
	av_dict_free(&options);
	free(url);
	if (r >= 0)
		r = avformat_find_stream_info(m->av, NULL);
	if (r == AVERROR_INVALIDDATA)
		return m->host->fail(m->host, LQ_EFORMAT, "%s is no media file that FFmpeg knows", file);
	if (r < 0)
		return m->host->fail(m->host, r == AVERROR(ENOENT) ? LQ_ENOENT : LQ_EIO, "cannot open %s: %s", file, lq__av_error(r).s);
	m->start = m->av->start_time == AV_NOPTS_VALUE ? 0 : av_rescale_q(m->av->start_time, AV_TIME_BASE_Q, lq__av_ns);
	return 0;
}

int media_open(media_file *m, const lq_host *host, const char *file)
{
	memset(m, 0, sizeof *m);
	m->host = host;
	m->packet = av_packet_alloc();
	int r = m->packet ? open_file(m, file) : LQ_ENOMEM;
	r = r ? r : open_tracks(m, file);
	if (r)
		media_close(m);
	return r;
}

int media_rewind(media_file *m)
{
	int64_t start = m->av->start_time == AV_NOPTS_VALUE ? 0 : m->av->start_time;
	int r = avformat_seek_file(m->av, -1, INT64_MIN, start, INT64_MAX, 0);
	if (r < 0)
		r = av_seek_frame(m->av, -1, start, AVSEEK_FLAG_BYTE);
	if (r < 0)
		return m->host->fail(m->host, LQ_EIO, "cannot go back to the beginning of the file: %s", lq__av_error(r).s);
	for (int i = 0; i < N_TRACKS; i++) {
		media_track *t = &m->tracks[i];
		drop_packets(t);
		t->draining = 0;
		t->time = t->duration = 0;
		if (t->av)
			avcodec_flush_buffers(t->av);
	}
	m->at_end = 0;
	m->end = 0;
	return 0;
}

static void keep_packet(media_file *m)
{
	for (int i = 0; i < N_TRACKS; i++) {
		media_track *t = &m->tracks[i];
		if (!t->stream || m->packet->stream_index != t->stream->index)
			continue;
		if (t->n == MAX_PACKETS) {
			av_packet_free(&t->packets[t->head++ % MAX_PACKETS]);
			t->n--;
			m->dropped++;
		}
		AVPacket *own = av_packet_clone(m->packet);
		if (own)
			t->packets[(t->head + t->n++) % MAX_PACKETS] = own;
		else
			m->dropped++;
		break;
	}
	av_packet_unref(m->packet);
}

/* The next packet of a track; NULL at the end of the file. The caller frees it. */
static AVPacket *next_packet(media_file *m, media_track *t)
{
	while (!t->n && !m->at_end) {
		if (av_read_frame(m->av, m->packet) < 0) /* a damaged end is an end */
			m->at_end = 1;
		else
			keep_packet(m);
	}
	if (!t->n)
		return NULL;
	t->n--;
	return t->packets[t->head++ % MAX_PACKETS];
}

static void feed(media_file *m, media_track *t)
{
	AVPacket *p = next_packet(m, t);
	if (!p)
		t->draining = 1;
	int r = avcodec_send_packet(t->av, p);
	if (r < 0 && r != AVERROR_EOF)
		m->errors++;
	av_packet_free(&p);
}

static void set_time(media_file *m, media_track *t)
{
	AVFrame *f = t->frame;
	AVRational rate = t->stream->avg_frame_rate, tb = t->stream->time_base;
	int64_t pts = f->best_effort_timestamp, before = t->time + t->duration;
	t->time = pts == AV_NOPTS_VALUE ? before : av_rescale_q(pts, tb, lq__av_ns) - m->start;
	if (f->nb_samples && f->sample_rate)
		t->duration = lq__samples_to_ns(f->nb_samples, (uint32_t)f->sample_rate);
	else if (f->pkt_duration > 0)
		t->duration = av_rescale_q(f->pkt_duration, tb, lq__av_ns);
	else
		t->duration = rate.num > 0 && rate.den > 0 ? av_rescale_q(1, av_inv_q(rate), lq__av_ns) : LQ_SEC / 25;
	if (t->time + t->duration > m->end)
		m->end = t->time + t->duration;
}

int media_next(media_file *m, int track)
{
	media_track *t = &m->tracks[track];
	if (!t->stream)
		return LQ_END;
	for (;;) {
		int r = avcodec_receive_frame(t->av, t->frame);
		if (r >= 0) {
			set_time(m, t);
			return 0;
		}
		if (r == AVERROR_EOF || (r < 0 && t->draining))
			return LQ_END;
		if (r != AVERROR(EAGAIN))
			m->errors++;
		feed(m, t);
	}
}
