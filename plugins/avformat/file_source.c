/* capture.file: a media file as if it were camera and microphone: paced by the graph's clock, sound and picture in step, over and over.
 *
 * Each track is decoded one frame ahead, so that a frame leaves at its time and not after its decoding. */
#include <stdlib.h>

#include "convert.h"
#include "avformat_nodes.h"
#include "display.h"
#include "media.h"

enum { P_FILE, P_LOOP, P_SIZE, P_FPS, P_REALTIME };
#define LATE (500 * LQ_MSEC) /* a source that was held up for longer goes on from where it was */
#define RATE 48000

typedef struct source {
	const lq_host *host;
	media_file media;
	int loop, realtime, started, lap_frames;
	uint32_t width, height, channels;
	lq_format video;          /* complete, of the port */
	uint32_t fps_num, fps_den; /* parameter, 0: as the file */
	int64_t last_slot;        /* with the parameter fps: of the last picture */
	picture_maker picture;
	sound_maker sound;
	lq_buffer *next[N_TRACKS]; /* due next, pts in file time */
	int ended[N_TRACKS];
	int64_t base;              /* graph time of the file's beginning */
	uint64_t sent[N_TRACKS], dropped, laps, held_up;
} source;

static void drop_next(source *s)
{
	for (int i = 0; i < N_TRACKS; i++) {
		s->host->buffer_unref(s->host, s->next[i]);
		s->next[i] = NULL;
		s->ended[i] = !s->media.tracks[i].stream;
	}
	sound_restart(&s->sound);
	s->last_slot = INT64_MIN;
	s->lap_frames = 0;
}

static void destroy(void *self)
{
	source *s = self;
	drop_next(s);
	sws_freeContext(s->picture.sws);
	media_close(&s->media);
	lq__format_drop(s->host, &s->picture.out);
	lq__format_drop(s->host, &s->sound.out);
	free(s);
}

/* The size that leaves: the parameter's or the file's, even for the encoders' sake. */
static void set_video(source *s, const lq_value *size)
{
	AVStream *v = s->media.tracks[TRACK_VIDEO].stream;
	AVRational rate = v->avg_frame_rate.num > 0 ? v->avg_frame_rate : v->r_frame_rate;
	uint32_t w, h;
	display_size(v, &w, &h);
	w = size->num ? size->num : w;
	h = size->den ? size->den : h;
	s->picture.turn = display_turn(v);
	s->video = lq__video_format(LQ_CODEC_RAW, LQ_PIXEL_I420, w > 1 ? w & ~1u : 2, h > 1 ? h & ~1u : 2);
	if (s->fps_num && s->fps_den) {
		s->video.fps_num = s->fps_num;
		s->video.fps_den = s->fps_den;
	} else if (rate.num > 0 && rate.den > 0 && rate.num / rate.den <= 1000) {
		s->video.fps_num = (uint32_t)rate.num;
		s->video.fps_den = (uint32_t)rate.den;
	}
}

static int create(const lq_host *host, const lq_value *params, void **self)
{
	source *s = calloc(1, sizeof *s);
	if (!s)
		return LQ_ENOMEM;
	s->host = s->picture.host = s->sound.host = host;
	s->loop = (int)params[P_LOOP].i;
	s->realtime = (int)params[P_REALTIME].i;
	s->fps_num = params[P_FPS].num;
	s->fps_den = params[P_FPS].den;
	int r = media_open(&s->media, host, params[P_FILE].s);
	if (r) {
		free(s);
		return r;
	}
	if (s->media.tracks[TRACK_VIDEO].stream)
		set_video(s, &params[P_SIZE]);
	if (s->media.tracks[TRACK_AUDIO].stream)
		s->channels = s->media.tracks[TRACK_AUDIO].stream->codecpar->ch_layout.nb_channels == 1 ? 1 : 2;
	drop_next(s);
	*self = s;
	return 0;
}

/* A track that the file lacks has no formats. */
static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	static const uint32_t samples[] = {LQ_SAMPLE_F32, LQ_SAMPLE_S16};
	source *s = self;
	if (!s->media.tracks[port].stream)
		return s->host->fail(s->host, LQ_ENOENT, "the file has no %s", port == TRACK_AUDIO ? "sound" : "picture");
	if (i >= (port == TRACK_AUDIO ? 2u : 1u))
		return LQ_END;
	*out = port == TRACK_AUDIO ? lq__audio_format(LQ_CODEC_RAW, samples[i], RATE, s->channels) : s->video;
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	source *s = self;
	if (port == TRACK_AUDIO)
		sound_restart(&s->sound);
	return lq__format_replace(s->host, port == TRACK_AUDIO ? &s->sound.out : &s->picture.out, fmt);
}

/* Where nobody listens the formats are our own. */
static int settle_formats(source *s)
{
	for (uint32_t i = 0; i < N_TRACKS; i++) {
		lq_format f;
		int set = i == TRACK_AUDIO ? s->sound.out != NULL : s->picture.out != NULL;
		int r = set || formats(s, i, 0, &f) ? 0 : set_format(s, i, &f);
		if (r)
			return r;
	}
	return 0;
}

static int start(void *self)
{
	source *s = self;
	int r = s->started ? media_rewind(&s->media) : 0;
	drop_next(s);
	s->started = 1;
	s->base = s->host->now(s->host);
	return r ? r : settle_formats(s);
}

static void stop(void *self)
{
	drop_next(self);
}

/* With the parameter fps: whether this picture is the first in its slot. */
static int keeps(source *s, int64_t time)
{
	if (!s->fps_num || !s->fps_den)
		return 1;
	int64_t slot = av_rescale(time + LQ_MSEC, s->fps_num, (int64_t)s->fps_den * LQ_SEC); /* containers round to ms */
	if (slot == s->last_slot)
		return 0;
	s->last_slot = slot;
	return 1;
}

static int take_picture(source *s)
{
	media_track *t = &s->media.tracks[TRACK_VIDEO];
	if (!keeps(s, t->time)) {
		av_frame_unref(t->frame);
		return 0;
	}
	lq_buffer *buf = make_picture(&s->picture, t->frame);
	if (!buf)
		return LQ_ENOMEM;
	buf->pts = t->time;
	buf->duration = t->duration;
	buf->flags = LQ_BUFFER_KEY;
	s->next[TRACK_VIDEO] = buf;
	return 0;
}

/* Makes sure that a track's next buffer is there, unless the track is at its end. */
static int refill(source *s, int i)
{
	while (!s->next[i] && !s->ended[i]) {
		int r = media_next(&s->media, i);
		if (r == LQ_END) {
			s->ended[i] = 1;
			break;
		}
		s->lap_frames = 1;
		r = i == TRACK_VIDEO ? take_picture(s) : make_sound(&s->sound, s->media.tracks[i].frame, s->media.tracks[i].time, &s->next[i]);
		if (r)
			return r;
	}
	return 0;
}

static int submit_next(source *s, int i)
{
	lq_buffer *buf = s->next[i];
	s->next[i] = NULL;
	buf->pts += s->base;
	buf->capture_time = buf->pts;
	buf->priority = i == TRACK_AUDIO ? 2 : 1;
	s->sent[i]++;
	return lq__submit(s->host, (uint32_t)i, buf);
}

/* Index of the buffer that is due first, or -1. */
static int earliest(const source *s)
{
	int best = -1;
	for (int i = 0; i < N_TRACKS; i++)
		if (s->next[i] && (best < 0 || s->next[i]->pts < s->next[best]->pts))
			best = i;
	return best;
}

static int finish(source *s)
{
	for (uint32_t i = 0; i < N_TRACKS; i++)
		if (s->media.tracks[i].stream)
			lq__submit_eos(s->host, i, i == TRACK_AUDIO ? s->sound.out : s->picture.out, s->base + s->media.end);
	return LQ_END;
}

/* All tracks are at their end: once more from the beginning, right behind the longest of them. */
static int next_lap(source *s)
{
	int64_t end = s->media.end;
	if (!s->loop)
		return finish(s);
	if (!s->lap_frames)
		return s->host->fail(s->host, LQ_EIO, "nothing in the file can be decoded");
	int r = media_rewind(&s->media);
	if (r)
		return r;
	drop_next(s);
	s->base += end;
	s->laps++;
	return 0;
}

static int fill_all(source *s)
{
	int r = 0;
	for (int i = 0; i < N_TRACKS && !r; i++)
		r = refill(s, i);
	return r;
}

/* The machine slept or was overloaded: no burst, the file waits for us. */
static void catch_up(source *s, int64_t now)
{
	int i = earliest(s);
	int64_t late = i < 0 ? 0 : now - (s->base + s->next[i]->pts);
	if (s->realtime && late > LATE) {
		s->base += late;
		s->held_up++;
	}
}

static int read(void *self, int64_t deadline, int64_t *next)
{
	source *s = self;
	int64_t now = s->host->now(s->host);
	for (int first = 1;; first = 0) {
		int r = fill_all(s);
		if (r)
			return r;
		int i = earliest(s);
		if (i < 0) {
			if ((r = next_lap(s)))
				return r;
			continue;
		}
		if (first)
			catch_up(s, now);
		int64_t due = s->base + s->next[i]->pts;
		if (s->realtime ? due > now : !first) {
			*next = s->realtime ? due : now;
			return 0;
		}
		if (s->realtime && i == TRACK_VIDEO && due + s->next[i]->duration <= now && !first) { /* another is due already */
			s->host->buffer_unref(s->host, s->next[i]);
			s->next[i] = NULL;
			s->dropped++;
			continue;
		}
		if ((r = submit_next(s, i)))
			return r;
	}
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const source *s = self;
	lq__stat(fn, arg, TRACK_VIDEO, "frames", (double)s->sent[TRACK_VIDEO]);
	lq__stat(fn, arg, TRACK_VIDEO, "framesDropped", (double)s->dropped);
	lq__stat(fn, arg, TRACK_AUDIO, "buffers", (double)s->sent[TRACK_AUDIO]);
	lq__stat(fn, arg, TRACK_VIDEO, "laps", (double)s->laps);
	lq__stat(fn, arg, TRACK_VIDEO, "heldUp", (double)s->held_up);
	lq__stat(fn, arg, TRACK_VIDEO, "decodeErrors", (double)s->media.errors);
	lq__stat(fn, arg, TRACK_VIDEO, "packetsDropped", (double)s->media.dropped);
}

static const lq_param_desc params[] = {
	[P_FILE] = {"file", LQ_PARAM_STRING, LQ_PARAM_REQUIRED | LQ_PARAM_FILE, NULL, NULL, 0, 0, NULL, "Any media file that FFmpeg can read."},
	[P_LOOP] = {"loop", LQ_PARAM_BOOL, 0, NULL, "true", 0, 0, NULL, "Begin again at the end."},
	[P_SIZE] = {"size", LQ_PARAM_SIZE, 0, "pixels", "0x0", 0, 8192, NULL, "Size of the picture; 0x0: the file's."},
	[P_FPS] = {"fps", LQ_PARAM_FRACTION, 0, "1/s", "0/1", 0, 0, NULL, "Highest frame rate, others are left out; 0: the file's."},
	[P_REALTIME] = {"realtime", LQ_PARAM_BOOL, 0, NULL, "true", 0, 0, NULL, "Paced by the clock; else as fast as it can be read."},
};
static const lq_port_desc ports[] = {[TRACK_VIDEO] = {"video", LQ_OUT, LQ_MEDIA_VIDEO, LQ_PORT_OPTIONAL},
                                     [TRACK_AUDIO] = {"audio", LQ_OUT, LQ_MEDIA_AUDIO, LQ_PORT_OPTIONAL}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .start = start,
                                .stop = stop, .stats = stats};
static const lq_capture_ops capture_ops = {.read = read};

const lq_node_desc lq__file_source = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_CAPTURE, .id = "capture.file", .summary = "A media file as a live source", .rank = 100,
	.flags = LQ_NODE_LIVE | LQ_NODE_GPL, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params),
	.ops = &ops, .kind_ops = &capture_ops};
