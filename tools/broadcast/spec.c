#include "spec.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static int wrong(char error[SPEC_ERROR], int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static int wrong(char error[SPEC_ERROR], int code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(error, SPEC_ERROR, fmt, args);
	va_end(args);
	return code;
}

/* ---- targets ---- */

static int starts(const char *url, const char *scheme)
{
	return !strncasecmp(url, scheme, strlen(scheme));
}

static int ends(const char *url, const char *ending)
{
	size_t n = strlen(ending), length = strcspn(url, "?");
	return length > n && !strncasecmp(url + length - n, ending, n);
}

static const char *transport_of(const char *url)
{
	return starts(url, "rtmp://") || starts(url, "rtmps://") ? "transport.rtmp" : starts(url, "srt://") ? "transport.srt" : ends(url, ".m3u8") ? "transport.hls" :
	       ends(url, ".mpd") ? "transport.dash" : starts(url, "http://") || starts(url, "https://") ? "transport.whip" : NULL;
}

/* Without user, password, all behind "?", of RTMP the last part, which is the key, and of WHIP the path, which often has one in it. */
static void show(const char *url, char *out, size_t size)
{
	const char *scheme = strstr(url, "://"), *host = scheme ? scheme + 3 : url;
	int n = (int)strcspn(url, "?");
	const char *slash = scheme ? strchr(host, '/') : NULL, *at = scheme ? strchr(host, '@') : NULL;
	if (at && (!slash || at < slash))
		host = at + 1;
	if (!scheme)
		snprintf(out, size, "%.*s", n, url);
	else
		snprintf(out, size, "%.*s%.*s", (int)(scheme + 3 - url), url, (int)(url + n - host), host);
	const char *use = transport_of(url);
	char *path = slash && use ? strchr(out + (scheme + 3 - url), '/') : NULL;
	char *cut = !path ? NULL : !strcmp(use, "transport.whip") ? path : !strcmp(use, "transport.rtmp") ? strrchr(path, '/') : NULL;
	if (cut)
		snprintf(cut, size - (size_t)(cut - out), "/…");
}

static int add_target(spec *s, const json_t *value, const char *key, char error[SPEC_ERROR])
{
	const char *url = json_string_value(value);
	target *t = &s->targets[s->n_targets];
	if (!url || !*url)
		return wrong(error, LQ_EINVAL, "%s: a target is a URL or the path of a file", key);
	if (s->n_targets == TARGETS_MAX)
		return wrong(error, LQ_EFULL, "%s: at most %d targets", key, TARGETS_MAX);
	show(url, t->where, sizeof t->where);
	t->url = url;
	t->use = strcmp(key, "record") ? transport_of(url) : "transport.file";
	if (!t->use)
		return wrong(error, LQ_ENOTSUP, "to: %s: a target begins with rtmp://, rtmps://, srt:// or https://, or ends in .m3u8 or .mpd; files are for record", t->where);
	if (!s->user && !strcmp(t->use, "transport.file") && ends(url, ".webm"))
		return wrong(error, LQ_EFORMAT, "record: %s: WebM holds no H.264: use .mkv or .mp4", t->where);
	s->n_targets++;
	return 0;
}

static int read_targets(spec *s, const json_t *list, const char *key, char error[SPEC_ERROR])
{
	size_t i;
	json_t *value;
	if (!json_is_array(list))
		return add_target(s, list, key, error);
	json_array_foreach(list, i, value) {
		int r = add_target(s, value, key, error);
		if (r)
			return r;
	}
	return 0;
}

/* ---- words ---- */

typedef struct word {
	const char *name;
	const char **text;
	long *number, least, most;
} word;

static int read_text(const word *w, const json_t *v, char error[SPEC_ERROR])
{
	*w->text = json_string_value(v);
	return *w->text ? 0 : wrong(error, LQ_EINVAL, "%s: it is a text", w->name);
}

/* "30" is as good as 30: the command line has only texts. */
static int read_number(const word *w, const json_t *v, char error[SPEC_ERROR])
{
	const char *text = json_string_value(v);
	long n = (long)json_integer_value(v);
	int end = 0;
	if (text && (sscanf(text, "%ld%n", &n, &end) != 1 || text[end]))
		n = LONG_MIN;
	if ((!text && !json_is_integer(v)) || n < w->least || n > w->most)
		return wrong(error, LQ_ERANGE, "%s: it is a whole number from %ld to %ld", w->name, w->least, w->most);
	*w->number = n;
	return 0;
}

static int read_stream(spec *s, const json_t *v, char error[SPEC_ERROR])
{
	static const char *const names[] = {"main", "sub", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"};
	const char *text = json_string_value(v);
	for (int i = 0; text && i < LQ_N_STREAMS; i++)
		if (!strcmp(text, names[i])) {
			s->stream = (lq_stream)i;
			return 0;
		}
	return wrong(error, LQ_EINVAL, "stream: it is main, sub (the screen), third … ninth");
}

static int read_fps(spec *s, const json_t *v, char error[SPEC_ERROR])
{
	json_int_t n = json_integer_value(v);
	if (json_is_string(v))
		snprintf(s->fps, sizeof s->fps, "%s", json_string_value(v));
	else if (n >= 1 && n <= 240)
		snprintf(s->fps, sizeof s->fps, "%d/1", (int)n);
	else
		return wrong(error, LQ_ERANGE, "fps: it is a number from 1 to 240, or a text like \"30000/1001\"");
	return 0;
}

static int read_word(spec *s, const char *key, json_t *v, char error[SPEC_ERROR])
{
	const word words[] = {
		{"server", &s->server}, {"room", &s->room}, {"token", &s->token}, {"password", &s->password}, {"name", &s->name}, {"size", &s->size}, {"user", &s->user}, {"ca_file", &s->ca_file},
		{"bitrate", NULL, &s->bitrate, 50000, 50000000}, {"audio_bitrate", NULL, &s->audio_bitrate, 16000, 320000},
		{"seconds", NULL, &s->seconds, 1, 86400 * 365}, {"give_up", NULL, &s->give_up, 0, 86400},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i].name, key))
			return words[i].text ? read_text(&words[i], v, error) : read_number(&words[i], v, error);
	if (!strcmp(key, "to") || !strcmp(key, "record"))
		return 0; /* when it is known whether this is a mix */
	if (!strcmp(key, "stream"))
		return read_stream(s, v, error);
	if (!strcmp(key, "fps"))
		return read_fps(s, v, error);
	if (!strcmp(key, "layout"))
		return spec_layout(v, &s->layout, error);
	return wrong(error, LQ_EINVAL, "there is no \"%.60s\": a broadcast has server, room, token, password, name, to, record, layout, size, fps, bitrate, "
	             "audio_bitrate, user, stream, seconds, give_up, ca_file", key);
}

int spec_read(json_t *words, spec *out, char error[SPEC_ERROR])
{
	const char *key;
	json_t *v;
	int r = 0;
	*out = (spec){.words = json_incref(words), .give_up = 60};
	json_object_foreach(words, key, v) {
		if (!json_is_null(v) && (r = read_word(out, key, v, error)))
			return r;
	}
	if (!out->room)
		return wrong(error, LQ_EINVAL, "say which room");
	if ((v = json_object_get(words, "to")) && !json_is_null(v) && (r = read_targets(out, v, "to", error)))
		return r;
	if ((v = json_object_get(words, "record")) && !json_is_null(v) && (r = read_targets(out, v, "record", error)))
		return r;
	return out->n_targets ? 0 : wrong(error, LQ_EINVAL, "say where it goes: to (a URL), record (a file), or both");
}

void spec_finish(spec *s)
{
	json_decref(s->layout);
	json_decref(s->words);
}

static json_t *parse_layout(const json_t *value, json_error_t *where)
{
	const char *text = json_string_value(value);
	if (!text)
		return value ? json_deep_copy(value) : json_null();
	if (*text == '@')
		return json_load_file(text + 1, JSON_REJECT_DUPLICATES, where);
	return *text == '{' ? json_loads(text, JSON_REJECT_DUPLICATES, where) : json_pack("{s:s}", "layout", text);
}

int spec_layout(const json_t *value, json_t **out, char error[SPEC_ERROR])
{
	json_error_t where;
	json_t *o = parse_layout(value, &where);
	if (!o)
		return wrong(error, LQ_EPARSE, "layout: line %d, column %d: %.200s", where.line, where.column, where.text);
	if (!json_is_object(o)) {
		json_decref(o);
		return wrong(error, LQ_EINVAL, "layout: it is grid, speaker, side-by-side, or an object");
	}
	if (!json_object_get(o, "absent")) /* members come and go, and who is in the room need not have a picture */
		json_object_set_new(o, "absent", json_true());
	*out = o;
	return 0;
}
