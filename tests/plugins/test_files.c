/* The recorder and the file source: what one writes FFmpeg and the other read. */
#include <dirent.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "media/barcode.h"
#include "testhost.h"

enum { W = 320, H = 180, AUDIO = 2, VIDEO = 3, SOURCE_VIDEO = 0, SOURCE_AUDIO = 1 };

static th_env *env;
static char dir[64], file[128], params[256];

static void name_file(const char *name)
{
	snprintf(file, sizeof file, "%s/%s", dir, name);
	snprintf(params, sizeof params, "file=%s", file);
}

static void set_up(void)
{
	env = th_env_new();
	snprintf(dir, sizeof dir, "/tmp/lq-files-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void tear_down(void)
{
	char path[400];
	DIR *d = opendir(dir);
	for (struct dirent *e; (e = readdir(d));) {
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		unlink(path);
	}
	closedir(d);
	ck_assert_int_eq(rmdir(dir), 0);
	th_env_free(env);
}

/* Sources, encoders and a recorder, driven in steps of 20 ms. */
typedef struct rig {
	th_node *pattern, *tone, *video, *audio, *recorder;
} rig;

static rig open_rig(const char *codec, int ports)
{
	rig r = {0};
	char id[32], p[64];
	snprintf(id, sizeof id, "codec.%s.enc", codec);
	snprintf(p, sizeof p, "size=%dx%d;fps=25;label=file", W, H);
	env->now = 100 * LQ_SEC;
	r.pattern = th_open(env, "testsrc", "capture.pattern", p);
	r.tone = th_open(env, "testsrc", "capture.tone", NULL);
	r.video = th_open(env, strcmp(codec, "h264") ? "vpx" : "ffmpeg", id, "bitrate=400000");
	r.audio = th_open(env, "opus", "codec.opus.enc", NULL);
	r.recorder = th_open(env, "avformat", "render.file", params);
	ck_assert_int_eq(th_start(r.pattern), 0);
	ck_assert_int_eq(th_start(r.tone), 0);
	if (ports & 1)
		ck_assert_int_eq(r.recorder->desc->ops->add_port(r.recorder->self, 0, AUDIO), 0);
	if (ports & 2)
		ck_assert_int_eq(r.recorder->desc->ops->add_port(r.recorder->self, 1, VIDEO), 0);
	ck_assert_int_eq(th_start(r.recorder), 0);
	return r;
}

static void run_rig(rig *r, int64_t duration, int ports)
{
	for (int64_t end = env->now + duration, t = env->now; t < end; t += 20 * LQ_MSEC) {
		ck_assert_int_eq(th_run_until(r->pattern, t), 0);
		ck_assert_int_eq(th_run_until(r->tone, t), 0);
		ck_assert_int_eq(th_pump(r->pattern, 0, r->video, 0), 0);
		ck_assert_int_eq(th_pump(r->tone, 0, r->audio, 0), 0);
		if (ports & 1)
			ck_assert_int_eq(th_pump(r->audio, 1, r->recorder, AUDIO), 0);
		if (ports & 2)
			ck_assert_int_eq(th_pump(r->video, 1, r->recorder, VIDEO), 0);
		th_drop(r->audio, 1);
		th_drop(r->video, 1);
	}
}

static void close_rig(rig *r)
{
	th_stop(r->recorder);
	th_close(r->pattern);
	th_close(r->tone);
	th_close(r->video);
	th_close(r->audio);
	th_close(r->recorder);
}

static void record(const char *name, const char *codec, int64_t duration)
{
	name_file(name);
	rig r = open_rig(codec, 3);
	run_rig(&r, duration, 3);
	ck_assert_uint_eq(th_saw(r.recorder, LQ_EVENT_ERROR), 0);
	close_rig(&r);
}

typedef struct found {
	int packets, keys;
	double first, last; /* s */
	enum AVCodecID codec;
} found;

/* What FFmpeg sees: times must grow within each track. Returns the number of tracks. */
static int examine(const char *name, found f[2])
{
	AVFormatContext *av = NULL;
	AVPacket *p = av_packet_alloc();
	int64_t last[2] = {INT64_MIN, INT64_MIN};
	memset(f, 0, 2 * sizeof *f);
	ck_assert_int_eq(avformat_open_input(&av, name, NULL, NULL), 0);
	ck_assert_int_ge(avformat_find_stream_info(av, NULL), 0);
	while (av_read_frame(av, p) >= 0) {
		const AVStream *s = av->streams[p->stream_index];
		int k = s->codecpar->codec_type == AVMEDIA_TYPE_VIDEO;
		double t = (double)p->pts * av_q2d(s->time_base);
		ck_assert_int_gt(p->dts, last[k]);
		last[k] = p->dts;
		f[k].first = f[k].packets++ ? f[k].first : t;
		f[k].last = t;
		f[k].keys += (p->flags & AV_PKT_FLAG_KEY) != 0;
		f[k].codec = s->codecpar->codec_id;
		if (k) {
			ck_assert_int_eq(s->codecpar->width, W);
			ck_assert_int_eq(s->codecpar->height, H);
		}
		av_packet_unref(p);
	}
	int n = (int)av->nb_streams;
	av_packet_free(&p);
	avformat_close_input(&av);
	return n;
}

static const struct { const char *codec, *name; enum AVCodecID id; } kinds[] = {
	{"h264", "a.mkv", AV_CODEC_ID_H264}, {"vp8", "a.mkv", AV_CODEC_ID_VP8}, {"vp8", "a.webm", AV_CODEC_ID_VP8},
	{"vp9", "a.webm", AV_CODEC_ID_VP9}, {"h264", "a.mp4", AV_CODEC_ID_H264}};

START_TEST(what_is_recorded_has_both_tracks_in_step)
{
	found f[2];
	record(kinds[_i].name, kinds[_i].codec, 3 * LQ_SEC);
	ck_assert_int_eq(examine(file, f), 2);
	ck_assert_int_eq(f[0].codec, AV_CODEC_ID_OPUS);
	ck_assert_int_eq(f[1].codec, kinds[_i].id);
	ck_assert_int_ge(f[0].packets, 145);
	ck_assert_int_ge(f[1].packets, 70);
	ck_assert_int_ge(f[1].keys, 1);
	ck_assert_double_eq_tol(f[0].first, f[1].first, 0.05);
	ck_assert_double_eq_tol(f[0].last, f[1].last, 0.1);
}
END_TEST

/* Everything before the first key frame is of no use; the recorder asks for one. */
START_TEST(recording_begins_at_a_key_frame)
{
	found f[2];
	name_file("late.mkv");
	rig r = open_rig("h264", 3);
	th_start(r.pattern);
	run_rig(&r, 500 * LQ_MSEC, 0); /* the first key frame is gone */
	run_rig(&r, 500 * LQ_MSEC, 3);
	ck_assert_uint_gt(th_asked(r.recorder, LQ_EVENT_KEY_FRAME), 0);
	th_event(r.video, LQ_EVENT_KEY_FRAME, 0);
	run_rig(&r, LQ_SEC, 3);
	close_rig(&r);
	ck_assert_int_eq(examine(file, f), 2);
	ck_assert_int_eq(f[1].keys, 1);
	ck_assert_double_eq_tol(f[1].first - f[0].first, 0.5, 0.1);
}
END_TEST

START_TEST(one_kind_alone_is_a_file_too)
{
	found f[2];
	name_file("one.mkv");
	rig r = open_rig("vp8", 1 << _i);
	run_rig(&r, 3 * LQ_SEC, 1 << _i);
	close_rig(&r);
	ck_assert_int_eq(examine(file, f), 1);
	ck_assert_int_gt(f[_i].packets, 60);
}
END_TEST

START_TEST(a_later_track_begins_a_new_part)
{
	found f[2];
	char part[160];
	name_file("call.mkv");
	rig r = open_rig("h264", 1);
	run_rig(&r, 2 * LQ_SEC, 1);
	ck_assert_int_eq(r.recorder->desc->ops->add_port(r.recorder->self, 1, VIDEO), 0);
	th_event(r.video, LQ_EVENT_KEY_FRAME, 0);
	run_rig(&r, 2 * LQ_SEC, 3);
	ck_assert_double_eq(th_stat(r.recorder, 0, "parts"), 2);
	close_rig(&r);
	ck_assert_int_eq(examine(file, f), 1);
	ck_assert_double_gt(f[0].last, 1.8);
	snprintf(part, sizeof part, "%s/call-2.mkv", dir);
	ck_assert_int_eq(examine(part, f), 2);
	ck_assert_int_gt(f[1].packets, 40);
}
END_TEST

START_TEST(a_new_size_begins_a_new_part)
{
	name_file("size.mkv");
	rig r = open_rig(_i ? "h264" : "vp8", 3);
	run_rig(&r, LQ_SEC, 3);
	th_node *small = th_open(env, "testsrc", "capture.pattern", "size=160x90;fps=25"), *before = r.pattern;
	ck_assert_int_eq(th_start(small), 0);
	r.pattern = small;
	run_rig(&r, LQ_SEC, 3);
	ck_assert_double_eq(th_stat(r.recorder, 0, "parts"), 2);
	ck_assert_uint_eq(th_saw(r.recorder, LQ_EVENT_ERROR), 0);
	th_close(before);
	close_rig(&r);
}
END_TEST

START_TEST(tracks_may_leave)
{
	found f[2];
	name_file("leave.mkv");
	rig r = open_rig("h264", 3);
	run_rig(&r, LQ_SEC, 3);
	r.recorder->desc->ops->remove_port(r.recorder->self, VIDEO);
	run_rig(&r, LQ_SEC, 1);
	close_rig(&r);
	ck_assert_int_eq(examine(file, f), 2);
	ck_assert_double_gt(f[0].last, 1.8);
}
END_TEST

/* A process that is killed finishes nothing; here the file is read while it is still open. */
START_TEST(an_unfinished_file_plays)
{
	found f[2];
	name_file("killed.mkv");
	rig r = open_rig("h264", 3);
	run_rig(&r, 5 * LQ_SEC, 3);
	ck_assert_int_eq(examine(file, f), 2);
	ck_assert_double_gt(f[1].last, 2.9);
	close_rig(&r);
}
END_TEST

START_TEST(nothing_recorded_leaves_no_file)
{
	name_file("none.mkv");
	rig r = open_rig("h264", 3);
	close_rig(&r);
	ck_assert_int_ne(access(file, F_OK), 0);
}
END_TEST

START_TEST(lost_markers_are_skipped)
{
	name_file("lost.mkv");
	rig r = open_rig("h264", 3);
	run_rig(&r, LQ_SEC, 3);
	lq_buffer *lost = th_packet(env, th_audio(LQ_CODEC_OPUS, 0, 48000, 1), "x", 1);
	lost->flags = LQ_BUFFER_LOST;
	lost->pts = env->now;
	ck_assert_int_eq(th_send(r.recorder, AUDIO, lost), 0);
	ck_assert_double_eq(th_stat(r.recorder, 0, "packetsSkipped"), 1);
	close_rig(&r);
}
END_TEST

START_TEST(a_container_offers_only_what_it_holds)
{
	lq_format f;
	name_file("a.webm");
	th_node *r = th_open(env, "avformat", "render.file", params);
	for (uint32_t i = 0; !r->desc->ops->formats(r->self, 1, i, &f); i++)
		ck_assert_uint_ne(f.codec, LQ_CODEC_H264);
	ck_assert_int_eq(r->desc->ops->formats(r->self, 0, 0, &f), 0);
	ck_assert_uint_eq(f.codec, LQ_CODEC_OPUS);
	th_close(r);
}
END_TEST

START_TEST(bad_places_and_names_are_told)
{
	int e;
	th_node *r = th_try_open(env, "avformat", "render.file", "file=/nowhere/a.xyz", &e);
	ck_assert_int_eq(e, LQ_ENOTSUP);
	ck_assert_str_eq(r->error, "/nowhere/a.xyz: no container is known for this name; use .mkv, .webm or .mp4");
	th_close(r);
	r = th_open(env, "avformat", "render.file", "file=/nowhere/a.mkv");
	ck_assert_int_eq(th_start(r), LQ_EIO);
	ck_assert_str_eq(r->error, "cannot write /nowhere/a.mkv: No such file or directory");
	th_close(r);
}
END_TEST

static th_node *open_source(const char *more)
{
	char p[512];
	snprintf(p, sizeof p, "%s%s", params, more);
	th_node *s = th_open(env, "avformat", "capture.file", p);
	env->now = 1000 * LQ_SEC;
	ck_assert_int_eq(th_start(s), 0);
	return s;
}

START_TEST(a_file_plays_over_and_over_in_step)
{
	record("loop.mkv", "h264", 2 * LQ_SEC);
	th_node *s = open_source("");
	ck_assert_int_eq(th_run_until(s, env->now + 7 * LQ_SEC), 0);
	int64_t last[2] = {INT64_MIN, INT64_MIN}, picture_offset = 0, longest = 0;
	uint32_t frame, ms, pictures = 0;
	for (lq_buffer *b; (b = th_take(s, SOURCE_VIDEO)); pictures++) {
		ck_assert_int_gt(b->pts, last[0]);
		if (pictures)
			longest = b->pts - last[0] > longest ? b->pts - last[0] : longest;
		ck_assert_int_eq(b->capture_time, b->pts);
		ck_assert_int_le(b->pts, env->now);
		last[0] = b->pts;
		ck_assert_int_eq(lq_barcode_read(b->planes[0], b->strides[0], W, H, &frame, &ms), 0);
		if (!pictures)
			picture_offset = b->pts - (int64_t)ms * LQ_MSEC;
		else if (pictures < 40) /* within the first lap the pace is the original's */
			ck_assert_int_le(llabs(b->pts - (int64_t)ms * LQ_MSEC - picture_offset), 2 * LQ_MSEC);
		th_free(env, b);
	}
	ck_assert_uint_ge(pictures, 160);
	ck_assert_int_le(longest, 120 * LQ_MSEC); /* at the seam */
	for (lq_buffer *b; (b = th_take(s, SOURCE_AUDIO));) {
		ck_assert_int_gt(b->pts, last[1]);
		last[1] = b->pts;
		ck_assert_uint_eq(b->format->rate, 48000);
		th_free(env, b);
	}
	ck_assert_int_le(llabs(last[0] - last[1]), 100 * LQ_MSEC);
	ck_assert_double_ge(th_stat(s, 0, "laps"), 3);
	th_close(s);
}
END_TEST

START_TEST(size_and_rate_can_be_chosen)
{
	record("small.mkv", "vp8", 2 * LQ_SEC);
	th_node *s = open_source(";size=160x90;fps=10;loop=false");
	ck_assert_int_eq(th_run_until(s, env->now + LQ_SEC), 0);
	ck_assert_uint_ge(th_count(s, SOURCE_VIDEO), 9);
	ck_assert_uint_le(th_count(s, SOURCE_VIDEO), 11);
	ck_assert_uint_eq(s->out[0].items[0]->format->width, 160);
	ck_assert_uint_eq(s->out[0].items[0]->format->fps_num, 10);
	th_close(s);
}
END_TEST

/* A file whose picture has one bright corner: which is at the top left when it is turned by `degrees`, or whose pixels are twice as wide. */
static void write_lying(const char *name, int degrees, int wide)
{
	AVFormatContext *av;
	AVPacket *p = av_packet_alloc();
	name_file(name);
	ck_assert_int_ge(avformat_alloc_output_context2(&av, NULL, "mov", file), 0);
	AVStream *s = avformat_new_stream(av, NULL);
	*s->codecpar = (AVCodecParameters){.codec_type = AVMEDIA_TYPE_VIDEO, .codec_id = AV_CODEC_ID_RAWVIDEO, .format = AV_PIX_FMT_RGB24, .width = 64, .height = 32, .codec_tag = MKTAG('r', 'a', 'w', ' ')};
	s->time_base = (AVRational){1, 25};
	s->avg_frame_rate = (AVRational){25, 1};
	if (wide)
		s->sample_aspect_ratio = s->codecpar->sample_aspect_ratio = (AVRational){2, 1};
	int32_t *matrix = (int32_t *)(void *)av_stream_new_side_data(s, AV_PKT_DATA_DISPLAYMATRIX, 9 * sizeof(int32_t));
	av_display_rotation_set(matrix, degrees); /* clockwise, in spite of what its documentation says */
	ck_assert_int_ge(avio_open(&av->pb, file, AVIO_FLAG_WRITE), 0);
	ck_assert_int_ge(avformat_write_header(av, NULL), 0);
	for (int i = 0; i < 25; i++) {
		ck_assert_int_ge(av_new_packet(p, 64 * 32 * 3), 0);
		memset(p->data, 0, (size_t)p->size);
		int x = degrees == 180 || degrees == 270 ? 48 : 0, y = degrees == 90 || degrees == 180 ? 16 : 0;
		for (int row = y; row < y + 16; row++)
			memset(p->data + (row * 64 + x) * 3, 255, 16 * 3);
		p->pts = p->dts = av_rescale_q(i, (AVRational){1, 25}, s->time_base);
		p->duration = av_rescale_q(1, (AVRational){1, 25}, s->time_base);
		p->flags = AV_PKT_FLAG_KEY;
		ck_assert_int_ge(av_write_frame(av, p), 0);
		av_packet_unref(p);
	}
	ck_assert_int_ge(av_write_trailer(av), 0);
	avio_closep(&av->pb);
	avformat_free_context(av);
	av_packet_free(&p);
}

START_TEST(what_lies_is_turned_and_pixels_become_square)
{
	int degrees = _i % 4 * 90, wide = _i / 4, across = degrees % 180 != 0;
	write_lying("lying.mov", degrees, wide);
	th_node *s = open_source("");
	ck_assert_int_eq(th_run_until(s, env->now + LQ_SEC / 2), 0);
	lq_buffer *b = th_take(s, SOURCE_VIDEO);
	ck_assert_ptr_nonnull(b);
	uint32_t w = wide ? 128 : 64, h = 32;
	ck_assert_uint_eq(b->format->width, across ? h : w);
	ck_assert_uint_eq(b->format->height, across ? w : h);
	uint32_t right = b->format->width - 3, below = b->format->height - 3;
	ck_assert_uint_gt(b->planes[0][2 * b->strides[0] + 2], 200);
	ck_assert_uint_lt(b->planes[0][2 * b->strides[0] + right], 40);
	ck_assert_uint_lt(b->planes[0][below * b->strides[0] + 2], 40);
	ck_assert_uint_lt(b->planes[0][below * b->strides[0] + right], 40);
	th_free(env, b);
	th_close(s);
}
END_TEST

START_TEST(without_loop_it_ends)
{
	record("end.mkv", "vp8", LQ_SEC);
	th_node *s = open_source(_i ? ";loop=false;realtime=false" : ";loop=false");
	ck_assert_int_eq(th_run_until(s, env->now + 10 * LQ_SEC), LQ_END);
	if (_i)
		ck_assert_int_eq(env->now, 1010 * LQ_SEC);
	for (uint32_t port = 0; port < 2; port++) {
		lq_buffer *b = NULL, *last = NULL;
		size_t n = 0;
		for (; (b = th_take(s, port)); last = b, n++)
			lq__buffer_unref(last);
		ck_assert_uint_ge(n, 24);
		ck_assert(last->flags & LQ_BUFFER_EOS);
		th_free(env, last);
	}
	th_close(s);
}
END_TEST

START_TEST(a_file_without_sound_has_no_sound_formats)
{
	lq_format f;
	name_file("mute.mkv");
	rig r = open_rig("vp8", 2);
	run_rig(&r, 3 * LQ_SEC, 2);
	close_rig(&r);
	th_node *s = open_source("");
	ck_assert_int_eq(s->desc->ops->formats(s->self, SOURCE_AUDIO, 0, &f), LQ_ENOENT);
	ck_assert_int_eq(s->desc->ops->formats(s->self, SOURCE_VIDEO, 0, &f), 0);
	ck_assert_uint_eq(f.width, W);
	ck_assert_int_eq(th_run_until(s, env->now + 5 * LQ_SEC), 0);
	ck_assert_uint_gt(th_count(s, SOURCE_VIDEO), 100);
	ck_assert_uint_eq(th_count(s, SOURCE_AUDIO), 0);
	th_close(s);
}
END_TEST

START_TEST(a_sleep_is_no_burst)
{
	record("sleep.mkv", "vp8", 2 * LQ_SEC);
	th_node *s = open_source("");
	ck_assert_int_eq(th_run_until(s, env->now + 200 * LQ_MSEC), 0);
	th_drop(s, 0);
	env->now += 60 * LQ_SEC;
	ck_assert_int_eq(th_run_until(s, env->now), 0);
	ck_assert_uint_le(th_count(s, SOURCE_VIDEO), 2);
	ck_assert_double_eq(th_stat(s, 0, "heldUp"), 1);
	th_close(s);
}
END_TEST

START_TEST(start_again_begins_at_the_beginning)
{
	uint32_t frame[2], ms;
	record("again.mkv", "vp8", 2 * LQ_SEC);
	th_node *s = open_source("");
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(th_start(s), 0);
		ck_assert_int_eq(th_run_until(s, env->now + 500 * LQ_MSEC), 0);
		lq_buffer *b = th_take(s, 0);
		ck_assert_int_eq(lq_barcode_read(b->planes[0], b->strides[0], W, H, &frame[i], &ms), 0);
		th_free(env, b);
		th_drop(s, 0);
		th_drop(s, 1);
		th_stop(s);
	}
	ck_assert_uint_eq(frame[0], frame[1]);
	th_close(s);
}
END_TEST

START_TEST(unreadable_files_are_told)
{
	int e;
	name_file("not-there.mkv");
	char text[300];
	th_node *s = th_try_open(env, "avformat", "capture.file", params, &e);
	ck_assert_int_eq(e, LQ_ENOENT);
	snprintf(text, sizeof text, "cannot open %s: No such file or directory", file);
	ck_assert_str_eq(s->error, text);
	th_close(s);
	name_file("garbage.mkv");
	FILE *f = fopen(file, "w");
	for (int i = 0; i < 5000; i++)
		fputc(i * 7919 >> 3 & 255, f);
	fclose(f);
	s = th_try_open(env, "avformat", "capture.file", params, &e);
	ck_assert_int_eq(e, LQ_EFORMAT);
	snprintf(text, sizeof text, "%s is no media file that FFmpeg knows", file);
	ck_assert_str_eq(s->error, text);
	th_close(s);
}
END_TEST

/* A file with a damaged middle and a cut end: plays on, over and over, and comes to no harm. */
START_TEST(damaged_files_do_no_harm)
{
	record("damaged.mkv", kinds[_i].codec, 2 * LQ_SEC);
	FILE *f = fopen(file, "r+");
	fseek(f, 0, SEEK_END);
	long size = ftell(f);
	for (long at = size / 3; at < size; at += 997) {
		fseek(f, at, SEEK_SET);
		fputc((int)(at % 251), f);
	}
	fclose(f);
	ck_assert_int_eq(truncate(file, size - size / 10), 0);
	th_node *s = open_source("");
	ck_assert_int_eq(th_run_until(s, env->now + 5 * LQ_SEC), 0);
	ck_assert_uint_gt(th_count(s, SOURCE_VIDEO), 0);
	th_close(s);
}
END_TEST

START_TEST(sources_come_and_go)
{
	record("many.mkv", "h264", LQ_SEC);
	for (int i = 0; i < 50; i++) {
		th_node *s = open_source("");
		ck_assert_int_eq(th_run_until(s, env->now + 100 * LQ_MSEC), 0);
		th_close(s);
	}
}
END_TEST

int main(void)
{
	TCase *r = tcase_create("recorder"), *s = tcase_create("source");
	tcase_add_checked_fixture(r, set_up, tear_down);
	tcase_add_checked_fixture(s, set_up, tear_down);
	tcase_add_loop_test(r, what_is_recorded_has_both_tracks_in_step, 0, 5);
	tcase_add_test(r, recording_begins_at_a_key_frame);
	tcase_add_loop_test(r, one_kind_alone_is_a_file_too, 0, 2);
	tcase_add_test(r, a_later_track_begins_a_new_part);
	tcase_add_loop_test(r, a_new_size_begins_a_new_part, 0, 2);
	tcase_add_test(r, tracks_may_leave);
	tcase_add_test(r, an_unfinished_file_plays);
	tcase_add_test(r, nothing_recorded_leaves_no_file);
	tcase_add_test(r, lost_markers_are_skipped);
	tcase_add_test(r, a_container_offers_only_what_it_holds);
	tcase_add_test(r, bad_places_and_names_are_told);
	tcase_add_test(s, a_file_plays_over_and_over_in_step);
	tcase_add_test(s, size_and_rate_can_be_chosen);
	tcase_add_loop_test(s, what_lies_is_turned_and_pixels_become_square, 0, 8);
	tcase_add_loop_test(s, without_loop_it_ends, 0, 2);
	tcase_add_test(s, a_file_without_sound_has_no_sound_formats);
	tcase_add_test(s, a_sleep_is_no_burst);
	tcase_add_test(s, start_again_begins_at_the_beginning);
	tcase_add_test(s, unreadable_files_are_told);
	tcase_add_loop_test(s, damaged_files_do_no_harm, 0, 2);
	tcase_add_test(s, sources_come_and_go);
	return th_main("plugins/files", r, s, NULL);
}
