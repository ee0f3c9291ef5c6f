#include "server/egress/spec.h"

#include <stdio.h>
#include <string.h>

#include <loquat/plugin/errors.h>

#include "base/names.h"

static int ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);
	return n > k && !strcmp(s + n - k, end);
}

static int ends_with_any(const char *s, const char *const *ends)
{
	for (; *ends; ends++)
		if (ends_with(s, *ends))
			return 1;
	return 0;
}

static const char *const schemes[] = {"rtmp://", "rtmps://", "srt://", "http://", "https://", NULL};
static const char *const lists[] = {".m3u8", ".mpd", NULL};
static const char *const files[] = {".mp4", ".mkv", ".webm", ".flv", ".ts", NULL};

/* ---- targets ---- */

/* Below the folder for files there is no way out: no part of the name is empty or begins with a dot. */
static int check_name(lq__reader *r, const char *field, size_t i, const char *name)
{
	int wrong = !*name || *name == '/';
	if (strlen(name) > LQ_EGRESS_FILE_MAX)
		return lq__read_fail(r, LQ_ERANGE, "%s.%s[%zu]: a file name has at most %d bytes, this one has %zu", r->type, field, i, LQ_EGRESS_FILE_MAX, strlen(name));
	for (const char *p = name; *p; p++) {
		int plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("-_./ ", *p);
		wrong |= !plain || ((p == name || p[-1] == '/') && (*p == '.' || *p == '/'));
	}
	return wrong ? lq__read_fail(r, LQ_EINVAL, "%s.%s[%zu]: must be a relative name of letters, digits, space and -_. whose parts do not begin with a dot", r->type, field, i) : 0;
}

int lq__egress_is_file(const char *target)
{
	return !strstr(target, "://");
}

static int check_url(lq__reader *r, size_t i, const char *url)
{
	if (strlen(url) > LQ_EGRESS_URL_MAX)
		return lq__read_fail(r, LQ_ERANGE, "%s.to[%zu]: at most %d bytes, this one has %zu", r->type, i, LQ_EGRESS_URL_MAX, strlen(url));
	if (lq__egress_is_file(url))
		return ends_with_any(url, lists) ? check_name(r, "to", i, url)
		                                 : lq__read_fail(r, LQ_EINVAL, "%s.to[%zu]: must be an address of rtmp, rtmps, srt, http or https, or a name that ends in .m3u8 or .mpd", r->type, i);
	for (const char *const *s = schemes; *s; s++)
		if (!strncmp(url, *s, strlen(*s)))
			for (const char *p = url + strlen(*s);; p++) {
				if ((unsigned char)*p <= ' ' || *p == 0x7f)
					return *p || p == url + strlen(*s) ? lq__read_fail(r, LQ_EINVAL, "%s.to[%zu]: this is no address: %s", r->type, i, *p ? "it has spaces or control characters" : "it names no host") : 0;
			}
	return lq__read_fail(r, LQ_EINVAL, "%s.to[%zu]: must be an address of rtmp, rtmps, srt, http or https", r->type, i);
}

static int check_record(lq__reader *r, size_t i, const char *name)
{
	if (!ends_with_any(name, files))
		return lq__read_fail(r, LQ_EINVAL, "%s.record[%zu]: must end in .mp4, .mkv, .webm, .flv or .ts", r->type, i);
	return check_name(r, "record", i, name);
}

static int check_targets(lq__reader *r, const json_t *o, const char *field, int (*check)(lq__reader *, size_t, const char *), size_t *n)
{
	json_t *list, *v;
	size_t i;
	int e = lq__read_field(r, o, field, LQ_OPTIONAL, lq__is_array, "an array of strings", &list);
	*n = json_array_size(list);
	if (e)
		return e;
	if (*n > LQ_EGRESS_TARGETS_MAX)
		return lq__read_fail(r, LQ_EFULL, "%s.%s: %zu of them, at most %d are taken", r->type, field, *n, LQ_EGRESS_TARGETS_MAX);
	json_array_foreach(list, i, v) {
		if (!json_is_string(v))
			return lq__read_fail(r, LQ_EINVAL, "%s.%s[%zu]: must be a string, is %s", r->type, field, i, lq__json_type_name(v));
		if ((e = check(r, i, json_string_value(v))))
			return e;
		for (size_t j = 0; j < i; j++)
			if (json_equal(v, json_array_get(list, j)))
				return lq__read_fail(r, LQ_EEXIST, "%s.%s[%zu]: the same as %s[%zu]", r->type, field, i, field, j);
	}
	return 0;
}

/* ---- the rest ---- */

int lq__egress_layout_check(lq__reader *r, const json_t *layout)
{
	const char *name = json_string_value(layout);
	if (!layout || json_is_null(layout))
		return lq__read_fail(r, LQ_EINVAL, "%s.layout: missing", r->type);
	if (name && strcmp(name, "grid") && strcmp(name, "speaker") && strcmp(name, "side-by-side"))
		return lq__read_fail(r, LQ_EINVAL, "%s.layout: must be grid, speaker, side-by-side or an object, is \"%.32s\"", r->type, name);
	if (!name && !json_is_object(layout))
		return lq__read_fail(r, LQ_EINVAL, "%s.layout: must be an object or a name, is %s", r->type, lq__json_type_name(layout));
	size_t n = json_dumpb(layout, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
	return n <= LQ_EGRESS_LAYOUT_MAX ? 0 : lq__read_fail(r, LQ_ERANGE, "%s.layout: at most %d bytes, this one has %zu", r->type, LQ_EGRESS_LAYOUT_MAX, n);
}

static int check_number(lq__reader *r, const json_t *o, const char *field, int64_t min, int64_t max)
{
	int64_t n = min;
	int e = lq__read_integer(r, o, field, LQ_OPTIONAL, &n);
	if (!e && (n < min || n > max))
		e = lq__read_fail(r, LQ_ERANGE, "%s.%s: must be %lld to %lld, is %lld", r->type, field, (long long)min, (long long)max, (long long)n);
	return e;
}

static int check_size(lq__reader *r, const json_t *o)
{
	const char *text = NULL;
	unsigned w = 0, h = 0;
	int end = 0, e = lq__read_string(r, o, "size", LQ_OPTIONAL, &text);
	if (e || !text)
		return e;
	if (strspn(text, "0123456789x") != strlen(text) || strlen(text) > 9 || sscanf(text, "%ux%u%n", &w, &h, &end) != 2 || text[end] || w < 64 || h < 64 || w > 4096 || h > 4096 || (w | h) & 1)
		return lq__read_fail(r, LQ_EINVAL, "%s.size: must be as 1280x720, each even and from 64 to 4096, is \"%.32s\"", r->type, text);
	return 0;
}

static int check_user(lq__reader *r, const json_t *o)
{
	const char *user = NULL, *stream = NULL;
	uint32_t number;
	int e = lq__read_string(r, o, "user", LQ_OPTIONAL, &user);
	if (!e)
		e = lq__read_string(r, o, "stream", LQ_OPTIONAL, &stream);
	if (e)
		return e;
	if (user && lq__user_id_check(user, strlen(user)))
		return lq__read_fail(r, LQ_EINVAL, "%s.user: this is no user id", r->type);
	if (stream && !user)
		return lq__read_fail(r, LQ_EINVAL, "%s.stream: whose? user is missing", r->type);
	if (stream && lq__stream_parse(stream, &number))
		return lq__read_fail(r, LQ_EINVAL, "%s.stream: must be main, sub or third to ninth, is \"%.32s\"", r->type, stream);
	return 0;
}

/* A mix is H.264. */
static int check_containers(lq__reader *r, const json_t *o)
{
	size_t i;
	json_t *v;
	json_array_foreach(json_object_get(o, "record"), i, v)
		if (!json_string_value(json_object_get(o, "user")) && ends_with(json_string_value(v), ".webm"))
			return lq__read_fail(r, LQ_EFORMAT, "%s.record[%zu]: WebM holds no H.264: use .mkv or .mp4", r->type, i);
	return 0;
}

int lq__egress_spec_check(lq__reader *r, const json_t *o)
{
	size_t urls, names;
	const json_t *layout = json_object_get(o, "layout");
	int e = check_targets(r, o, "to", check_url, &urls);
	if (!e)
		e = check_targets(r, o, "record", check_record, &names);
	if (!e && !urls && !names)
		e = lq__read_fail(r, LQ_EINVAL, "%s.to: missing: say where it is sent (to), or recorded (record)", r->type);
	if (!e && urls + names > LQ_EGRESS_TARGETS_MAX)
		e = lq__read_fail(r, LQ_EFULL, "%s.record: %zu targets with those in to, at most %d are taken", r->type, urls + names, LQ_EGRESS_TARGETS_MAX);
	if (!e && layout && !json_is_null(layout))
		e = lq__egress_layout_check(r, layout);
	if (!e)
		e = check_size(r, o);
	if (!e)
		e = check_number(r, o, "fps", 1, 60);
	if (!e)
		e = check_number(r, o, "bitrate", 50000, 20000000);
	if (!e)
		e = check_number(r, o, "audio_bitrate", 16000, 320000);
	if (!e)
		e = check_number(r, o, "give_up", 0, 86400);
	if (!e)
		e = check_user(r, o);
	return e ? e : check_containers(r, o);
}

json_t *lq__egress_spec_copy(const json_t *o)
{
	static const char *const fields[] = {"to", "record", "layout", "size", "fps", "bitrate", "audio_bitrate", "give_up", "user", "stream"};
	json_t *copy = json_object();
	for (size_t i = 0; copy && i < sizeof fields / sizeof *fields; i++) {
		json_t *v = json_object_get(o, fields[i]);
		if (v && !json_is_null(v) && json_object_set_new(copy, fields[i], json_deep_copy(v))) {
			json_decref(copy);
			return NULL;
		}
	}
	return copy;
}

int lq__egress_spec_has_files(const json_t *spec)
{
	size_t i;
	json_t *v;
	json_array_foreach(json_object_get(spec, "to"), i, v)
		if (lq__egress_is_file(json_string_value(v)))
			return 1;
	return json_array_size(json_object_get(spec, "record")) > 0;
}

/* ---- what may be shown ---- */

/* scheme://user:password@host/app/key?query: the user goes, the query goes, and of RTMP the last part of the path; of HTTP, too, which may be a WHIP address with a key. */
void lq__egress_url_public(const char *url, char *out, size_t size)
{
	const char *scheme = strstr(url, "://");
	if (!scheme) {
		snprintf(out, size, "%s", url);
		return;
	}
	const char *host = scheme + 3;
	size_t n = strcspn(host, "?#"), authority = strcspn(host, "/?#");
	for (size_t i = 0; i < authority; i++)
		if (host[i] == '@') {
			host += i + 1;
			n -= i + 1;
			authority -= i + 1;
			i = (size_t)-1;
		}
	size_t keep = n;
	if (keep > authority && !ends_with_any(url, lists))
		while (keep > authority && host[keep - 1] != '/')
			keep--;
	if (keep == authority && n > authority)
		keep++;
	snprintf(out, size, "%.*s%.*s%s", (int)(scheme + 3 - url), url, (int)keep, host, keep < n || host[n] ? "…" : "");
}

static int is_scheme(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Copies as much of n bytes as has room, and no half character. */
static void put(char *out, size_t size, size_t *used, const char *s, size_t n)
{
	if (n > size - 1 - *used) {
		n = size - 1 - *used;
		while (n && ((unsigned char)s[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(out + *used, s, n);
	*used += n;
	out[*used] = 0;
}

void lq__egress_text_public(const char *text, char *out, size_t size)
{
	size_t used = 0;
	const char *at;
	out[0] = 0;
	while ((at = strstr(text, "://"))) {
		char url[LQ_EGRESS_URL_MAX + 1], shown[LQ_EGRESS_URL_MAX + 8];
		const char *begin = at;
		while (begin > text && is_scheme(begin[-1]))
			begin--;
		size_t n = strcspn(begin, " \t\r\n\"'<>|");
		while (n > (size_t)(at + 3 - begin) && strchr(":,;.)", begin[n - 1]))
			n--;
		snprintf(url, sizeof url, "%.*s", (int)n, begin);
		lq__egress_url_public(url, shown, sizeof shown);
		put(out, size, &used, text, (size_t)(begin - text));
		put(out, size, &used, shown, strlen(shown));
		text = begin + n;
	}
	put(out, size, &used, text, strlen(text));
}
