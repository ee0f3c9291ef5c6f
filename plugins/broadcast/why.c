#include "why.h"

#include <ctype.h>
#include <errno.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <stdio.h>
#include <string.h>

#include "../common/av.h"

static _Thread_local int listening;
static _Thread_local char heard[4 * WHY_TEXT]; /* lines, the first nearest to the cause */
static _Thread_local int wrong_key; /* libavformat takes any caller's stream, and only warns */

static void keep(const char *fmt, va_list args)
{
	size_t used = strlen(heard);
	if (used > sizeof heard - WHY_TEXT)
		used = 0; /* what was said long ago has nothing to do with it */
	vsnprintf(heard + used, WHY_TEXT, fmt, args);
}

void why_note(const char *text)
{
	size_t used = strlen(heard);
	snprintf(heard + used, sizeof heard - used, "%s\n", text);
}

static void on_log(void *av, int level, const char *fmt, va_list args)
{
	if (listening && level <= AV_LOG_ERROR)
		keep(fmt, args);
	else if (listening && level == AV_LOG_WARNING && strstr(fmt, "Unexpected stream"))
		wrong_key = 1;
	if (!listening)
		av_log_default_callback(av, level, fmt, args);
}

void why_install(void)
{
	av_log_set_callback(on_log);
}

void why_remove(void)
{
	av_log_set_callback(av_log_default_callback);
}

void why_listen(void)
{
	listening = 1;
	*heard = 0;
	wrong_key = 0;
}

/* Length of "rtmp://host:port/app/" of "rtmp://host:port/app/key": the key is the last part, however deep. */
static size_t without_key(const char *s, size_t n)
{
	const char *host = strstr(s, "://");
	size_t last = n;
	for (size_t i = host ? (size_t)(host - s) + 3 : 0; i < n; i++)
		if (s[i] == '/')
			last = i + 1;
	return last;
}

int why_wrong_key(void)
{
	return wrong_key;
}

void why_where(const char *url, char out[WHERE_TEXT])
{
	const char *scheme = strstr(url, "://"), *at = scheme ? strchr(scheme, '@') : NULL;
	size_t n = strcspn(url, "?"), start = scheme ? (size_t)(scheme - url) + 3 : 0;
	const char *slash = scheme ? strchr(scheme + 3, '/') : NULL;
	if (!strncmp(url, "rtmp", 4) && without_key(url, n) < n)
		n = without_key(url, n);
	if (scheme && at && (!slash || at < slash) && (size_t)(at - url) < n)
		snprintf(out, WHERE_TEXT, "%.*s%.*s", (int)start, url, (int)(url + n - at - 1), at + 1);
	else
		snprintf(out, WHERE_TEXT, "%.*s", (int)n, url);
}

/* ---- causes ---- */

typedef struct cause {
	const char *says; /* part of what the library logged */
	int code;
	const char *text;
} cause;

static const cause causes[] = {
	{"Failed to resolve", LQ_ENOENT, "there is no host of this name"},
	{"resolve hostname", LQ_ENOENT, "there is no host of this name"},
	{"BADSECRET", LQ_EPERM, "the other side has another passphrase"},
	{"Password required or unexpected", LQ_EPERM, "one side has a passphrase and the other has none"},
	{"ncorrect passphrase", LQ_EPERM, "the other side has another passphrase"},
	{"onnection rejected", LQ_EPERM, "the other side has rejected the connection"},
	{"onnection was broken", LQ_ECONN, "the connection was lost"},
	{"onnection setup failure: connection timed out", LQ_ETIMEDOUT, "nobody answers"},
	{"onnection timeout", LQ_ETIMEDOUT, "nobody answers"},
	{"eer rejected", LQ_EPERM, "the other side has rejected the connection; check the stream id"},
	{"acklog exceeded", LQ_EBUSY, "the other side takes no further connection"},
	{"no port in the URL", LQ_EINVAL, "there is no port in the URL, which looks like srt://host:port"},
	{"certificate", LQ_ECRYPTO, "the server's certificate cannot be trusted"},
};

static int by_log(char out[WHY_TEXT])
{
	for (size_t i = 0; i < LQ__COUNT(causes); i++)
		if (strstr(heard, causes[i].says)) {
			snprintf(out, WHY_TEXT, "%s", causes[i].text);
			return causes[i].code;
		}
	return 0;
}

static int by_errno(int error, char out[WHY_TEXT])
{
	static const struct { int error, code; const char *text; } table[] = {
		{ECONNREFUSED, LQ_ECONN, "nobody listens there"},
		{EHOSTUNREACH, LQ_ECONN, "there is no way to this host"},
		{ENETUNREACH, LQ_ECONN, "there is no way to this network"},
		{ETIMEDOUT, LQ_ETIMEDOUT, "nobody answers"},
		{ECONNRESET, LQ_ECONN, "the other side has closed the connection"},
		{EPIPE, LQ_ECONN, "the other side has closed the connection"},
		{ENOSPC, LQ_EIO, "no space is left on the disk"},
		{EDQUOT, LQ_EIO, "the disk quota is used up"},
		{ENOENT, LQ_ENOENT, "there is no such folder or file"},
		{EACCES, LQ_EPERM, "permission denied"},
		{EROFS, LQ_EPERM, "the file system is read-only"},
		{EISDIR, LQ_EINVAL, "this is a folder"},
		{EADDRINUSE, LQ_EBUSY, "the port is in use"},
		{ENOMEM, LQ_ENOMEM, "out of memory"},
		{AVUNERROR(AVERROR_HTTP_UNAUTHORIZED), LQ_EPERM, "user and password are wanted, or are wrong"},
		{AVUNERROR(AVERROR_HTTP_FORBIDDEN), LQ_EPERM, "the server does not let us have it"},
		{AVUNERROR(AVERROR_HTTP_NOT_FOUND), LQ_ENOENT, "the server has no such stream"},
	};
	for (size_t i = 0; i < LQ__COUNT(table); i++)
		if (error == AVERROR(table[i].error)) {
			snprintf(out, WHY_TEXT, "%s", table[i].text);
			return table[i].code;
		}
	return 0;
}

/* An RTMP server that closes or answers with an error between the TCP connection and "publishing" does not want this stream. */
static int refused(char out[WHY_TEXT])
{
	const char *said = strstr(heard, "Server error: ");
	said = said ? said + strlen("Server error: ") : "";
	snprintf(out, WHY_TEXT, "the server has refused the stream%s%.*s; check the application and the stream key", *said ? ": " : "",
	         (int)strcspn(said, "\r\n"), said);
	return LQ_EPERM;
}

int why(const char *where, int doing, int error, int late, char out[WHY_TEXT])
{
	char text[WHY_TEXT];
	int code = late ? 0 : by_log(text);
	if (late) {
		snprintf(text, sizeof text, "%s", doing == WHY_CONNECT ? "nobody answers" : doing == WHY_READ ? "nothing comes any more" : "the other side takes nothing any more");
		code = LQ_ETIMEDOUT;
	}
	code = code ? code : by_errno(error, text);
	int reached = !late && !strstr(heard, "Cannot open connection") && !strstr(heard, "resolve");
	if ((!code || error == AVERROR(ECONNRESET) || error == AVERROR(EPIPE)) && reached && doing == WHY_CONNECT && !strncmp(where, "rtmp", 4))
		code = refused(text);
	if (!code && error == AVERROR_EOF) {
		snprintf(text, sizeof text, "the other side has closed the connection");
		code = LQ_ECONN;
	}
	if (!code) {
		if (*heard)
			snprintf(text, sizeof text, "%.*s", (int)strcspn(heard, "\r\n"), heard);
		else
			snprintf(text, sizeof text, "%s", lq__av_error(error).s);
		code = LQ_EIO;
	}
	snprintf(out, WHY_TEXT, "%.150s: %.100s", where, text);
	*heard = 0;
	return code;
}
