/* What a player gets of a recording or a stream: `examine FILE [SECONDS [X,Y,W,H ...]]` prints one JSON object a file.
 *
 * codecs, size, packets, keys, seconds between key frames, whether a timestamp goes back, the longest gap in each track, and how far picture and sound are apart
 * (flash against chirp, ms; picture behind sound: positive): median, least and most, and the mean of the first and the last SECONDS. A file that cannot be opened is an error; a damaged end is not.
 * Of a mix, places X,Y,W,H (parts of the picture, 0 to 1) are looked at by themselves, too: `places` has their flashes, each against the nearest chirp. */
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "media/barcode.h"
#include "media/chirp.h"

enum { MAX_EVENTS = 8192, MAX_PLACES = 9, VIDEO = 0, AUDIO = 1 };

typedef struct track {
	AVStream *stream;
	AVCodecContext *av;
	int packets, keys, back, frames;
	int64_t last_dts;
	double first, last, gap, last_key, key_gap;
} track;

static track tracks[2];
/* A part of the picture; the first is the whole. */
typedef struct place {
	double x, y, w, h, flashes[MAX_EVENTS];
	int n;
} place;

static place places[MAX_PLACES] = {{0, 0, 1, 1, {0}, 0}};
static int n_places = 1, n_chirps;
static double chirps[MAX_EVENTS];
static lq_chirp_detector detector;

static void on_chirp(void *arg, int64_t time, float fit)
{
	if (fit > 0.6f && n_chirps < MAX_EVENTS)
		chirps[n_chirps++] = (double)time / 1e9;
}

static void see(const AVFrame *f, double t)
{
	for (place *p = places; p < places + n_places; p++) {
		const uint8_t *corner = f->data[0] + (ptrdiff_t)(p->y * f->height) * f->linesize[0] + (ptrdiff_t)(p->x * f->width);
		if (p->n < MAX_EVENTS && lq_flash_is(corner, (uint32_t)f->linesize[0], (uint32_t)(p->w * f->width), (uint32_t)(p->h * f->height)))
			p->flashes[p->n++] = t;
	}
}

static void hear(const AVFrame *f, double t)
{
	if (f->sample_rate != LQ_CHIRP_RATE || (f->format != AV_SAMPLE_FMT_FLTP && f->format != AV_SAMPLE_FMT_FLT))
		return;
	int step = f->format == AV_SAMPLE_FMT_FLT ? f->ch_layout.nb_channels : 1;
	float mono[8192];
	int n = f->nb_samples < 8192 ? f->nb_samples : 8192;
	for (int i = 0; i < n; i++)
		mono[i] = ((const float *)(const void *)f->data[0])[i * step];
	lq_chirp_detect_push(&detector, mono, (size_t)n, (int64_t)(t * 1e9), on_chirp, NULL);
}

/* What lacks a piece, and all that builds on it, may show the last flash once more. */
static int broken;

static int is_whole(const AVFrame *f)
{
	if (f->flags & AV_FRAME_FLAG_CORRUPT || f->decode_error_flags)
		broken = 1;
	else if (f->key_frame)
		broken = 0;
	return !broken;
}

static void decode(track *t, const AVPacket *p, AVFrame *f)
{
	if (avcodec_send_packet(t->av, p) < 0) {
		broken |= t == &tracks[VIDEO];
		return;
	}
	if (t == &tracks[VIDEO] && p && p->flags & AV_PKT_FLAG_CORRUPT)
		broken = 1;
	while (avcodec_receive_frame(t->av, f) >= 0) {
		double at = (double)f->best_effort_timestamp * av_q2d(t->stream->time_base);
		t->frames++;
		if (t == &tracks[AUDIO])
			hear(f, at);
		else if (is_whole(f))
			see(f, at);
		av_frame_unref(f);
	}
}

static void count(track *t, const AVPacket *p)
{
	double at = (double)p->pts * av_q2d(t->stream->time_base);
	if (t->packets++ == 0)
		t->first = at;
	else {
		t->gap = fmax(t->gap, at - t->last);
		t->back += p->dts <= t->last_dts;
	}
	t->last = at;
	t->last_dts = p->dts;
	if (p->flags & AV_PKT_FLAG_KEY) {
		if (t->keys++)
			t->key_gap = fmax(t->key_gap, at - t->last_key);
		t->last_key = at;
	}
}

static int open_track(AVFormatContext *av, int k)
{
	const AVCodec *codec = NULL;
	int i = av_find_best_stream(av, k == VIDEO ? AVMEDIA_TYPE_VIDEO : AVMEDIA_TYPE_AUDIO, -1, -1, &codec, 0);
	if (i < 0)
		return 0;
	tracks[k].stream = av->streams[i];
	tracks[k].av = avcodec_alloc_context3(codec);
	return avcodec_parameters_to_context(tracks[k].av, av->streams[i]->codecpar) < 0 || avcodec_open2(tracks[k].av, codec, NULL) < 0;
}

static int by_value(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;
	return d < 0 ? -1 : d > 0;
}

/* Of the flashes between two times. */
static double mean(const double *times, const double *skew, int n, double from, double to)
{
	double sum = 0;
	int count = 0;
	for (int i = 0; i < n; i++)
		if (times[i] >= from && times[i] < to) {
			sum += skew[i];
			count++;
		}
	return count ? sum / count : NAN;
}

static void print_skew(const place *p, double window)
{
	static double skew[MAX_EVENTS], times[MAX_EVENTS];
	double end = tracks[VIDEO].last;
	int n = 0;
	for (int i = 0; i < p->n; i++) {
		double best = 1e9;
		for (int k = 0; k < n_chirps; k++)
			if (fabs(p->flashes[i] - chirps[k]) < fabs(best))
				best = p->flashes[i] - chirps[k];
		if (fabs(best) < 0.45) {
			times[n] = p->flashes[i];
			skew[n++] = best * 1000;
		}
	}
	printf("\"flashes\":%d,\"chirps\":%d,\"skew_first_ms\":%.1f,\"skew_last_ms\":%.1f", p->n, n_chirps, mean(times, skew, n, 0, window),
	       mean(times, skew, n, end - window, end + 1));
	qsort(skew, (size_t)n, sizeof *skew, by_value);
	printf(",\"pairs\":%d,\"skew_ms\":%.1f,\"skew_min_ms\":%.1f,\"skew_max_ms\":%.1f", n, n ? skew[n / 2] : NAN, n ? skew[0] : NAN, n ? skew[n - 1] : NAN);
}

static void print_track(const char *name, const track *t)
{
	printf(",\"%s\":{\"codec\":\"%s\",\"width\":%d,\"height\":%d,\"rate\":%d,\"channels\":%d,\"packets\":%d,\"frames\":%d,\"keys\":%d,\"first\":%.3f,\"last\":%.3f,"
	       "\"gap\":%.3f,\"key_gap\":%.3f,\"back\":%d}",
	       name, avcodec_get_name(t->stream->codecpar->codec_id), t->stream->codecpar->width, t->stream->codecpar->height, t->stream->codecpar->sample_rate,
	       t->stream->codecpar->ch_layout.nb_channels, t->packets, t->frames, t->keys, t->first, t->last, t->gap, t->key_gap, t->back);
}

static void print_places(double window)
{
	printf(",");
	print_skew(&places[0], window);
	for (int i = 1; i < n_places; i++) {
		printf(i == 1 ? ",\"places\":[{" : "},{");
		print_skew(&places[i], window);
	}
	printf(n_places > 1 ? "}]" : "");
}

static int add_place(const char *text)
{
	place *p = &places[n_places++];
	char end;
	return sscanf(text, "%lf,%lf,%lf,%lf%c", &p->x, &p->y, &p->w, &p->h, &end) != 4 || p->x < 0 || p->y < 0 || p->w <= 0 || p->h <= 0 || p->x + p->w > 1 || p->y + p->h > 1;
}

int main(int argc, char **argv)
{
	AVFormatContext *av = NULL;
	AVPacket *p = av_packet_alloc();
	AVFrame *f = av_frame_alloc();
	av_log_set_level(AV_LOG_FATAL);
	lq_chirp_detect_init(&detector);
	int bad = argc < 2 || argc > 2 + MAX_PLACES;
	for (int i = 3; i < argc && !bad; i++)
		bad = add_place(argv[i]);
	if (bad || avformat_open_input(&av, argv[1], NULL, NULL) < 0 || avformat_find_stream_info(av, NULL) < 0 || open_track(av, VIDEO) || open_track(av, AUDIO)) {
		fprintf(stderr, "usage: examine FILE [SECONDS [X,Y,W,H ...]], which can be opened and decoded\n");
		return 1;
	}
	while (av_read_frame(av, p) >= 0) {
		for (int k = 0; k < 2; k++)
			if (tracks[k].stream && p->stream_index == tracks[k].stream->index) {
				count(&tracks[k], p);
				decode(&tracks[k], p, f);
			}
		av_packet_unref(p);
	}
	for (int k = 0; k < 2; k++)
		if (tracks[k].av)
			decode(&tracks[k], NULL, f);
	lq_chirp_detect_flush(&detector, on_chirp, NULL);
	printf("{\"format\":\"%s\"", av->iformat->name);
	if (tracks[VIDEO].stream)
		print_track("video", &tracks[VIDEO]);
	if (tracks[AUDIO].stream)
		print_track("audio", &tracks[AUDIO]);
	if (tracks[VIDEO].stream && tracks[AUDIO].stream)
		print_places(argc > 2 ? atof(argv[2]) : 60);
	printf("}\n");
	av_frame_free(&f);
	av_packet_free(&p);
	for (int k = 0; k < 2; k++)
		avcodec_free_context(&tracks[k].av);
	avformat_close_input(&av);
	return 0;
}
