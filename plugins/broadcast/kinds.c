/* What the five kinds of outlet have of their own: containers, codecs, URLs and options. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <libavutil/avstring.h>

#include "srt_link.h"

/* What the kernel may hold back: so little that the queue, whose drops are whole groups of pictures, is the first to fill up. */
#define SEND_BUFFER (256 << 10)

static const struct { const char *container; uint32_t video[OUTLET_CODECS], audio[OUTLET_CODECS]; } carries[] = {
	{"flv", {LQ_CODEC_H264}, {LQ_CODEC_AAC}},
	{"mpegts", {LQ_CODEC_H264}, {LQ_CODEC_AAC, LQ_CODEC_OPUS}},
	{"hls", {LQ_CODEC_H264}, {LQ_CODEC_AAC, LQ_CODEC_OPUS}},
	{"dash", {LQ_CODEC_H264}, {LQ_CODEC_AAC, LQ_CODEC_OPUS}},
	{"mp4", {LQ_CODEC_H264, LQ_CODEC_VP9}, {LQ_CODEC_AAC, LQ_CODEC_OPUS}},
	{"matroska", {LQ_CODEC_H264, LQ_CODEC_VP8, LQ_CODEC_VP9}, {LQ_CODEC_OPUS, LQ_CODEC_AAC}},
	{"webm", {LQ_CODEC_VP8, LQ_CODEC_VP9}, {LQ_CODEC_OPUS}},
};

const uint32_t *outlet_codecs(const char *container, uint32_t media)
{
	static const uint32_t none[1] = {0};
	for (size_t i = 0; i < LQ__COUNT(carries); i++)
		if (container && !strcmp(carries[i].container, container))
			return media == LQ_MEDIA_AUDIO ? carries[i].audio : carries[i].video;
	return none;
}

/* ---- URLs ---- */

/* Whether `word` is one of the words of a list separated by blanks. */
static int listed(const char *list, const char *word, size_t n)
{
	for (const char *at = list; *at; at += strcspn(at, " "), at += *at == ' ') {
		size_t k = strcspn(at, " ");
		if (k == n && !strncasecmp(at, word, n))
			return 1;
	}
	return 0;
}

static const char *ending(const char *url)
{
	const char *slash = strrchr(url, '/'), *dot = strrchr(slash ? slash : url, '.');
	return dot ? dot : "";
}

static int check_folder(const lq_host *host, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	int e = !folder ? LQ_ENOMEM : access(folder, F_OK) ? LQ_ENOENT : access(folder, W_OK | X_OK) ? LQ_EPERM : 0;
	if (e && folder)
		host->fail(host, e, "%s: the folder %s %s", path, folder, e == LQ_ENOENT ? "does not exist" : "cannot be written to");
	free(folder);
	return e;
}

int outlet_check_url(const lq_host *host, const outlet_kind *kind, const outlet_options *o)
{
	const char *scheme = strstr(o->url, "://");
	char where[WHERE_TEXT];
	why_where(o->url, where);
	if (kind->endings) {
		const char *dot = ending(o->url);
		if (scheme)
			return host->fail(host, LQ_EINVAL, "%s: %s writes files: give a path, not a URL", where, kind->name);
		if (!*dot || !listed(kind->endings, dot, strlen(dot)))
			return host->fail(host, LQ_ENOTSUP, "%s: for %s the name ends in %s", where, kind->name, kind->endings);
		return check_folder(host, o->url);
	}
	if (!scheme || !listed(kind->schemes, o->url, (size_t)(scheme - o->url)) || !scheme[3] || scheme[3] == '/')
		return host->fail(host, LQ_EINVAL, "%s: no URL for %s, which looks like %s", where, kind->name,
		                  kind == &outlet_srt ? "srt://host:port" : "rtmp://host/application/key");
	char error[SRT_URL_ERROR];
	srt_target target;
	if (kind == &outlet_srt && srt_link_check(o, o->url, &target, error))
		return host->fail(host, LQ_EINVAL, "%s: %s", where, error);
	return 0;
}

/* ---- RTMP ---- */

static const char *flv_container(const outlet_options *o)
{
	return "flv";
}

static void rtmp_dictionaries(const outlet_options *o, int again, AVDictionary **protocol, AVDictionary **muxer)
{
	av_dict_set_int(protocol, "send_buffer_size", SEND_BUFFER, 0);
	av_dict_set(protocol, "tcp_nodelay", "1", 0);
	if (!strncasecmp(o->url, "rtmps", 5)) {
		av_dict_set_int(protocol, "tls_verify", o->tls_verify, 0);
		if (*o->ca_file)
			av_dict_set(protocol, "ca_file", o->ca_file, 0);
	}
	av_dict_set(muxer, "flvflags", "no_duration_filesize", 0);
}

const outlet_kind outlet_rtmp = {.name = "RTMP", .network = 1, .max_audio = 1, .max_video = 1, .schemes = "rtmp rtmps",
                                 .container = flv_container, .dictionaries = rtmp_dictionaries};

/* ---- SRT ---- */

static const char *ts_container(const outlet_options *o)
{
	return "mpegts";
}

static void srt_dictionaries(const outlet_options *o, int again, AVDictionary **protocol, AVDictionary **muxer)
{
	av_dict_set(muxer, "mpegts_flags", "resend_headers", 0);
}

const outlet_kind outlet_srt = {.name = "SRT", .network = 1, .max_audio = 8, .max_video = 8, .schemes = "srt", .container = ts_container,
                                .dictionaries = srt_dictionaries};

/* ---- HLS ---- */

static const char *hls_container(const outlet_options *o)
{
	return "hls";
}

/* "dir/show.m3u8" and "-%d.ts": "dir/show-%d.ts". */
static void set_beside(AVDictionary **d, const char *key, const char *url, const char *tail)
{
	char *name = av_asprintf("%.*s%s", (int)(ending(url) - url), url, tail);
	av_dict_set(d, key, name, AV_DICT_DONT_STRDUP_VAL);
}

static const char *base_name(const char *url)
{
	const char *slash = strrchr(url, '/');
	return slash ? slash + 1 : url;
}

static void hls_dictionaries(const outlet_options *o, int again, AVDictionary **protocol, AVDictionary **muxer)
{
	const char *name = base_name(o->url);
	char text[24];
	/* A segment ends at the first key frame after this: a little less, so that key frames that come as often as segments are not missed. */
	snprintf(text, sizeof text, "%.3f", (double)(o->segment - o->segment / 20) / 1e9);
	av_dict_set(muxer, "hls_time", text, 0);
	av_dict_set_int(muxer, "hls_list_size", o->window, 0);
	if (!o->window)
		av_dict_set(muxer, "hls_playlist_type", "event", 0);
	av_dict_set(muxer, "hls_segment_type", o->segment_type == HLS_TS ? "mpegts" : "fmp4", 0);
	set_beside(muxer, "hls_segment_filename", o->url, o->segment_type == HLS_TS ? "-%05d.ts" : "-%05d.m4s");
	if (o->segment_type == HLS_FMP4) /* this one is taken from the playlist's folder */
		set_beside(muxer, "hls_fmp4_init_filename", name, "-init.mp4");
	av_dict_set(muxer, "hls_flags", "independent_segments+temp_file", 0);
	if (o->window) { /* RFC 8216, 6.2.2: what has left the list stays for as long as the list is, for who has read an older one */
		av_dict_set(muxer, "hls_flags", "+delete_segments", AV_DICT_APPEND);
		av_dict_set_int(muxer, "hls_delete_threshold", o->window + 1, 0);
	}
	if (again)
		av_dict_set(muxer, "hls_flags", "+append_list+discont_start", AV_DICT_APPEND);
}

/* A list without an end, of segments of the same kind: its writer was killed, and its players wait. */
static int hls_unfinished(const outlet_options *o)
{
	FILE *f = fopen(o->url, "r");
	char line[512];
	int segments = 0, fmp4 = 0, ended = 0;
	while (f && fgets(line, sizeof line, f)) {
		segments |= !strncmp(line, "#EXTINF:", 8);
		fmp4 |= !strncmp(line, "#EXT-X-MAP:", 11);
		ended |= !strncmp(line, "#EXT-X-ENDLIST", 14);
	}
	if (f)
		fclose(f);
	return segments && !ended && fmp4 == (o->segment_type == HLS_FMP4);
}

const outlet_kind outlet_hls = {.name = "HLS", .max_audio = 1, .max_video = 1, .endings = ".m3u8", .container = hls_container,
                                .dictionaries = hls_dictionaries, .unfinished = hls_unfinished};

/* ---- DASH ---- */

static const char *dash_container(const outlet_options *o)
{
	return "dash";
}

static void dash_dictionaries(const outlet_options *o, int again, AVDictionary **protocol, AVDictionary **muxer)
{
	const char *name = base_name(o->url);
	char text[24];
	snprintf(text, sizeof text, "%.3f", (double)(o->segment - o->segment / 20) / 1e9);
	av_dict_set(muxer, "seg_duration", text, 0);
	av_dict_set_int(muxer, "window_size", o->window, 0);
	av_dict_set_int(muxer, "extra_window_size", o->window ? o->window + 1 : 0, 0);
	set_beside(muxer, "init_seg_name", name, "-init-$RepresentationID$.m4s");
	set_beside(muxer, "media_seg_name", name, "-$RepresentationID$-$Number%05d$.m4s");
}

const outlet_kind outlet_dash = {.name = "DASH", .max_audio = 1, .max_video = 1, .endings = ".mpd", .container = dash_container,
                                 .dictionaries = dash_dictionaries};

/* ---- files ---- */

static const char *file_container(const outlet_options *o)
{
	static const char *const table[][2] = {{".mp4", "mp4"}, {".mkv", "matroska"}, {".webm", "webm"}, {".flv", "flv"}, {".ts", "mpegts"}};
	for (size_t i = 0; i < LQ__COUNT(table); i++)
		if (!strcasecmp(ending(o->url), table[i][0]))
			return table[i][1];
	return NULL;
}

/* A killed process loses what is not written yet: half a second. */
static void file_dictionaries(const outlet_options *o, int again, AVDictionary **protocol, AVDictionary **muxer)
{
	const char *container = file_container(o);
	if (!strcmp(container, "mp4")) {
		av_dict_set(muxer, "movflags", "frag_keyframe+empty_moov+delay_moov+default_base_moof", 0);
		av_dict_set_int(muxer, "frag_duration", 400000, 0);
	} else if (!strcmp(container, "flv")) {
		av_dict_set(muxer, "flvflags", "no_duration_filesize", 0);
	} else {
		av_dict_set_int(muxer, "cluster_time_limit", 400, 0); /* unused where it is not known */
	}
}

const outlet_kind outlet_file = {.name = "a file", .max_audio = 8, .max_video = 8, .endings = ".mp4 .mkv .webm .flv .ts",
                                 .container = file_container, .dictionaries = file_dictionaries};
