#include "source.h"

#include <string.h>
#include <time.h>

#define PROBE_US 2000000 /* how much of a live source is looked at before it begins */
#define LIVE_WAIT (700 * LQ_MSEC) /* MPEG-TS brings sound in pieces of half a second */
#define FILE_WAIT (5 * LQ_SEC)

static int64_t clock_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * LQ_SEC + t.tv_nsec;
}

static int interrupted(void *arg)
{
	source *s = arg;
	if (atomic_load(s->stopping))
		return 1;
	if (s->deadline && clock_ns() > s->deadline)
		s->late = 1;
	return s->late;
}

static uint32_t our_codec(enum AVCodecID id)
{
	switch (id) {
	case AV_CODEC_ID_H264: return LQ_CODEC_H264;
	case AV_CODEC_ID_VP8: return LQ_CODEC_VP8;
	case AV_CODEC_ID_VP9: return LQ_CODEC_VP9;
	case AV_CODEC_ID_OPUS: return LQ_CODEC_OPUS;
	case AV_CODEC_ID_AAC: return LQ_CODEC_AAC;
	default: return LQ_CODEC_NONE;
	}
}

int64_t source_age(const source *s)
{
	return clock_ns() - s->opened_at;
}

void source_close(source *s)
{
	for (int i = 0; i < SOURCE_TRACKS; i++) {
		av_bsf_free(&s->tracks[i].bsf);
		avcodec_free_context(&s->tracks[i].av);
		for (source_track *t = &s->tracks[i]; t->n_waiting; t->n_waiting--)
			av_packet_free(&t->waiting[(t->first + t->n_waiting - 1) % SOURCE_WAITING]);
		s->tracks[i].stream = NULL;
	}
	avformat_close_input(&s->av);
}

/* ---- opening ---- */

static int open_filter(source_track *t)
{
	const char *name = t->codec == LQ_CODEC_H264 ? "h264_mp4toannexb" : t->codec == LQ_CODEC_AAC && !t->stream->codecpar->extradata_size ? "aac_adtstoasc" : NULL;
	if (!name)
		return 0;
	int r = av_bsf_alloc(av_bsf_get_by_name(name), &t->bsf);
	r = r < 0 ? r : avcodec_parameters_copy(t->bsf->par_in, t->stream->codecpar);
	if (r >= 0)
		t->bsf->time_base_in = t->stream->time_base;
	return r < 0 ? r : av_bsf_init(t->bsf);
}

static int open_tracks(source *s)
{
	int r = 0, found = 0;
	for (int i = 0; i < SOURCE_TRACKS && r >= 0; i++) {
		source_track *t = &s->tracks[i];
		int n = av_find_best_stream(s->av, i == SOURCE_VIDEO ? AVMEDIA_TYPE_VIDEO : AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
		if (n < 0 || s->av->streams[n]->disposition & AV_DISPOSITION_ATTACHED_PIC)
			continue;
		const AVCodecParameters *par = s->av->streams[n]->codecpar;
		if (i == SOURCE_VIDEO ? par->width <= 0 || par->height <= 0 : par->sample_rate <= 0)
			continue;
		t->stream = s->av->streams[n];
		t->codec = our_codec(par->codec_id);
		found++;
		r = open_filter(t);
	}
	for (unsigned i = 0; i < s->av->nb_streams; i++)
		if (s->av->streams[i] != s->tracks[0].stream && s->av->streams[i] != s->tracks[1].stream)
			s->av->streams[i]->discard = AVDISCARD_ALL;
	if (s->tracks[SOURCE_VIDEO].stream)
		s->b_frames = s->tracks[SOURCE_VIDEO].stream->codecpar->video_delay > 0;
	return r < 0 ? r : found ? 0 : AVERROR_STREAM_NOT_FOUND;
}

static void set_options(AVDictionary **d, const source_options *o)
{
	if (!strncmp(o->url, "srt:", 4)) {
		av_dict_set(d, "mode", o->listener ? "listener" : "caller", 0);
		av_dict_set(d, "transtype", "live", 0);
		if (*o->passphrase)
			av_dict_set(d, "passphrase", o->passphrase, 0);
	} else if (o->listener) {
		av_dict_set(d, "listen", "1", 0);
	} else if (!strncmp(o->url, "rtsp", 4)) {
		av_dict_set(d, "rtsp_transport", o->rtsp_udp ? "udp" : "tcp", 0);
	} else if (!o->live) {
		av_dict_set(d, "protocol_whitelist", "file", 0);
	}
}

static void begin_wait(source *s)
{
	s->late = 0;
	s->deadline = s->timeout ? clock_ns() + s->timeout : 0;
}

/* One of the words between "?" and the end, which "&" parts. */
static int says(const char *url, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = strchr(url, '?'); p; p = strchr(p, '&'))
		if (!strncmp(++p, word, n) && (!p[n] || p[n] == '&'))
			return 1;
	return 0;
}

int source_listens(const char *url)
{
	return (!strncmp(url, "srt:", 4) && says(url, "mode=listener")) || (!strncmp(url, "rtmp:", 5) && (says(url, "listen") || says(url, "listen=1")));
}

/* A path is a file, whatever it looks like. To an RTMP server "?listen" would be part of the key. */
static char *full_url(const source_options *o)
{
	size_t n = strlen(o->url) + sizeof "file:", length = o->listener && !strncmp(o->url, "rtmp:", 5) ? strcspn(o->url, "?") : n;
	char *url = av_malloc(n);
	if (url)
		snprintf(url, n, "%s%.*s", o->live ? "" : "file:", (int)length, o->url);
	return url;
}

int source_open(source *s, const source_options *o, atomic_int *stopping)
{
	AVDictionary *options = NULL;
	memset(s, 0, sizeof *s);
	s->stopping = stopping;
	s->timeout = o->timeout;
	s->wait = o->live ? LIVE_WAIT : FILE_WAIT;
	why_where(o->url, s->where);
	why_listen();
	char *url = full_url(o);
	s->av = avformat_alloc_context();
	int r = url && s->av ? 0 : AVERROR(ENOMEM);
	if (!r) {
		s->av->interrupt_callback = (AVIOInterruptCB){interrupted, s};
		if (o->live)
			s->av->max_analyze_duration = PROBE_US;
		if (o->live && !o->listener) /* a caller begins with a key frame; elsewhere what was looked at is only old */
			s->av->flags |= AVFMT_FLAG_NOBUFFER;
		set_options(&options, o);
		begin_wait(s);
		if (o->listener)
			s->deadline = 0;
		r = avformat_open_input(&s->av, url, NULL, &options);
		if (r >= 0 && why_wrong_key())
			r = AVERROR_INPUT_CHANGED;
	}
	s->opened_at = clock_ns();
	if (r >= 0) {
		begin_wait(s);
		r = avformat_find_stream_info(s->av, NULL);
	}
	r = r < 0 ? r : open_tracks(s);
	av_dict_free(&options);
	av_free(url);
	if (r >= 0)
		return 0;
	int e = LQ_EFORMAT;
	if (r == AVERROR_INPUT_CHANGED) {
		snprintf(s->error, sizeof s->error, "%.150s: somebody has called with another stream key", s->where);
		e = LQ_EPERM;
	} else if (r == AVERROR_INVALIDDATA || r == AVERROR_STREAM_NOT_FOUND) {
		snprintf(s->error, sizeof s->error, "%.150s: there is neither sound nor picture in it", s->where);
	} else {
		e = why(s->where, WHY_CONNECT, r, s->late, s->error);
	}
	source_close(s);
	return e;
}

/* ---- reading ---- */

static int64_t decoding_time(const source_track *t, uint32_t i)
{
	const AVPacket *p = t->waiting[(t->first + i) % SOURCE_WAITING];
	int64_t time = p->dts != AV_NOPTS_VALUE ? p->dts : p->pts;
	return time == AV_NOPTS_VALUE ? INT64_MIN : av_rescale_q(time, t->stream->time_base, lq__av_ns);
}

/* Has waited long enough for the other track's. */
static int waited(const source *s, const source_track *t, const source_track *other)
{
	if (!t->n_waiting)
		return 0;
	return s->over || !other->stream || other->unwanted || t->n_waiting == SOURCE_WAITING || decoding_time(t, t->n_waiting - 1) - s->wait > decoding_time(t, 0);
}

/* The track whose packet is the next one, -1: not known yet. */
static int next_track(const source *s)
{
	const source_track *v = &s->tracks[SOURCE_VIDEO], *a = &s->tracks[SOURCE_AUDIO];
	if (v->n_waiting && a->n_waiting)
		return decoding_time(a, 0) <= decoding_time(v, 0) ? SOURCE_AUDIO : SOURCE_VIDEO;
	return waited(s, v, a) ? SOURCE_VIDEO : waited(s, a, v) ? SOURCE_AUDIO : -1;
}

/* One packet more waits, or there are no more. */
static void read_one(source *s, AVPacket *packet)
{
	begin_wait(s);
	int r = av_read_frame(s->av, packet);
	if (r < 0) {
		s->over = r == AVERROR_EOF && !s->late ? LQ_END : why(s->where, WHY_READ, r, s->late, s->error);
		return;
	}
	for (int i = 0; i < SOURCE_TRACKS; i++) {
		source_track *t = &s->tracks[i];
		if (!t->stream || t->stream->index != packet->stream_index || t->unwanted || t->n_waiting == SOURCE_WAITING)
			continue;
		AVPacket *own = av_packet_alloc();
		if (!own) {
			s->over = LQ_ENOMEM;
			break;
		}
		av_packet_move_ref(own, packet);
		t->waiting[(t->first + t->n_waiting++) % SOURCE_WAITING] = own;
		return;
	}
	av_packet_unref(packet);
}

int source_read(source *s, AVPacket *packet, int *track)
{
	while ((*track = next_track(s)) < 0 && !s->over)
		read_one(s, packet);
	if (*track < 0)
		return s->over;
	source_track *t = &s->tracks[*track];
	AVPacket *own = t->waiting[t->first];
	t->first = (t->first + 1) % SOURCE_WAITING;
	t->n_waiting--;
	av_packet_move_ref(packet, own);
	av_packet_free(&own);
	return 0;
}

int source_filter(source *s, int track, AVPacket *packet)
{
	source_track *t = &s->tracks[track];
	return !t->bsf ? 0 : av_bsf_send_packet(t->bsf, packet) < 0 ? LQ_EIO : 0;
}

static int has_sets(const AVPacket *p)
{
	int seen = 0;
	for (int i = 0; i + 3 < p->size; i++)
		if (!p->data[i] && !p->data[i + 1] && p->data[i + 2] == 1)
			seen |= (p->data[i + 3] & 31) == 7 ? 1 : (p->data[i + 3] & 31) == 8 ? 2 : 0;
	return seen == 3;
}

/* Whoever joins late needs the parameter sets with each key frame; many sources send them once. */
static int add_sets(const source_track *t, AVPacket *p)
{
	const AVCodecParameters *par = t->bsf->par_out;
	if (!(p->flags & AV_PKT_FLAG_KEY) || has_sets(p) || par->extradata_size < 4 || par->extradata[0])
		return 0;
	int size = p->size;
	if (av_grow_packet(p, par->extradata_size) < 0)
		return LQ_ENOMEM;
	memmove(p->data + par->extradata_size, p->data, (size_t)size);
	memcpy(p->data, par->extradata, (size_t)par->extradata_size);
	return 0;
}

int source_encoded(source *s, int track, AVPacket *packet)
{
	source_track *t = &s->tracks[track];
	int r = av_bsf_receive_packet(t->bsf, packet);
	if (r < 0)
		return LQ_EAGAIN;
	if (t->codec == LQ_CODEC_H264)
		return add_sets(t, packet);
	size_t n = 0;
	const uint8_t *extra = av_packet_get_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, &n);
	if (extra && n && n < 64) { /* ADTS has told its AudioSpecificConfig */
		AVCodecParameters *par = t->bsf->par_out;
		av_freep(&par->extradata);
		par->extradata_size = 0;
		if (!(par->extradata = av_mallocz(n + AV_INPUT_BUFFER_PADDING_SIZE)))
			return LQ_ENOMEM;
		memcpy(par->extradata, extra, n);
		par->extradata_size = (int)n;
	}
	return 0;
}

const uint8_t *source_extra(const source *s, int track, uint32_t *size)
{
	const source_track *t = &s->tracks[track];
	const AVCodecParameters *par = t->bsf ? t->bsf->par_out : t->stream->codecpar;
	*size = t->codec == LQ_CODEC_AAC ? (uint32_t)par->extradata_size : 0;
	return *size ? par->extradata : NULL;
}

static int open_decoder(source_track *t)
{
	const AVCodec *codec = avcodec_find_decoder(t->stream->codecpar->codec_id);
	t->av = codec ? avcodec_alloc_context3(codec) : NULL;
	if (!t->av)
		return LQ_ENOLIB;
	t->av->pkt_timebase = t->stream->time_base;
	t->av->thread_count = 2;
	t->av->thread_type = FF_THREAD_SLICE;
	if (avcodec_parameters_to_context(t->av, t->stream->codecpar) < 0 || avcodec_open2(t->av, codec, NULL) < 0) {
		avcodec_free_context(&t->av);
		return LQ_EFORMAT;
	}
	return 0;
}

int source_decode(source *s, int track, const AVPacket *packet)
{
	source_track *t = &s->tracks[track];
	int e = t->av ? 0 : open_decoder(t);
	return e ? e : avcodec_send_packet(t->av, packet) < 0 ? LQ_EIO : 0;
}

int source_decoded(source *s, int track, AVFrame *frame)
{
	source_track *t = &s->tracks[track];
	return t->av && avcodec_receive_frame(t->av, frame) >= 0 ? 0 : LQ_EAGAIN;
}
