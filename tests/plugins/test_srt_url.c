/* What SRT URLs say, and what is told of those that say something wrong. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "plugins/broadcast/srt_url.h"
#include "tests/unit/suite.h"

static const struct {
	const char *url, *host, *service;
	int listener, latency;
	const char *passphrase, *stream_id;
} good[] = {
	{"srt://example.org:9000", "example.org", "9000", 0, 120, "", ""},
	{"srt://127.0.0.1:9000?mode=listener", "127.0.0.1", "9000", 1, 120, "", ""},
	{"srt://:9000?mode=listener", "", "9000", 1, 120, "", ""},
	{"srt://[::1]:9000/?mode=caller&latency=300", "::1", "9000", 0, 300, "", ""},
	{"srt://a:1?streamid=publish/show&latency=0", "a", "1", 0, 0, "", "publish/show"},
	{"srt://a:65535?passphrase=0123456789&mode=listener", "a", "65535", 1, 120, "0123456789", ""},
	{"srt://a:1?stream_id=%23!::r=live%2Cm%3Dpublish", "a", "1", 0, 120, "", "#!::r=live,m=publish"},
	{"srt://a:1?&transtype=live&&pkt_size=1316&", "a", "1", 0, 120, "", ""},
	{"srt://a:1?streamid=100%", "a", "1", 0, 120, "", "100%"},
};

START_TEST(a_url_says_what_other_programs_write)
{
	srt_target t = {.latency = 120};
	char error[SRT_URL_ERROR] = "";
	ck_assert_msg(!srt_url_read(good[_i].url, &t, error), "%s: %s", good[_i].url, error);
	ck_assert_str_eq(t.host, good[_i].host);
	ck_assert_str_eq(t.service, good[_i].service);
	ck_assert_int_eq(t.listener, good[_i].listener);
	ck_assert_int_eq(t.latency, good[_i].latency);
	ck_assert_str_eq(t.passphrase, good[_i].passphrase);
	ck_assert_str_eq(t.stream_id, good[_i].stream_id);
}
END_TEST

static const struct {
	const char *url, *error;
} bad[] = {
	{"srt://example.org", "there is no port in the URL"},
	{"srt://example.org:", "there is no port in the URL"},
	{"srt://[::1]", "there is no port in the URL"},
	{"srt://[::1:9000", "the address has no ]"},
	{"srt://a:0", "the port is a number from 1 to 65535"},
	{"srt://a:65536", "the port is a number from 1 to 65535"},
	{"srt://a:port", "the port is a number from 1 to 65535"},
	{"srt://a:1?mode=rendezvous", "mode is caller or listener"},
	{"srt://a:1?mode", "mode is caller or listener"},
	{"srt://a:1?latency=2000000", "latency is a number of milliseconds from 0 to 60000"},
	{"srt://a:1?latency=-1", "latency is a number of milliseconds"},
	{"srt://a:1?latency=1s", "latency is a number of milliseconds"},
	{"srt://a:1?passphrase=short", "a passphrase has 10 to 79 characters"},
	{"srt://a:1?passphrase=", "a passphrase has 10 to 79 characters"},
	{"srt://a:1?streamid=a%00b", "%00"},
	{"srt://a:1?transtype=file", "behind the ? there is \"transtype\""},
	{"srt://a:1?mode=listener&colour=red", "behind the ? there is \"colour\": mode, latency, passphrase and streamid are known there"},
};

START_TEST(a_wrong_url_is_told_and_no_secret_is)
{
	srt_target t = {0};
	char error[SRT_URL_ERROR] = "";
	ck_assert_int_eq(srt_url_read(bad[_i].url, &t, error), -1);
	ck_assert_msg(strstr(error, bad[_i].error) != NULL, "%s: %s", bad[_i].url, error);
	ck_assert_ptr_null(strstr(error, "short"));
}
END_TEST

START_TEST(what_is_too_long_is_refused)
{
	srt_target t = {0};
	char error[SRT_URL_ERROR], url[1200], text[1001];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = 0;
	const int most[] = {SRT_STREAM_ID_MAX, SRT_PASSPHRASE_MAX};
	static const char *const format[] = {"srt://a:1?streamid=%.*s", "srt://a:1?passphrase=%.*s"};
	for (int i = 0; i < 2; i++) {
		snprintf(url, sizeof url, format[i], most[i], text);
		ck_assert_int_eq(srt_url_read(url, &t, error), 0);
		snprintf(url, sizeof url, format[i], most[i] + 1, text);
		ck_assert_int_eq(srt_url_read(url, &t, error), -1);
	}
	ck_assert_uint_eq(strlen(t.stream_id), SRT_STREAM_ID_MAX);
	snprintf(url, sizeof url, "srt://%.*s:1", 256, text);
	ck_assert_int_eq(srt_url_read(url, &t, error), -1);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("srt url");
	tcase_add_loop_test(c, a_url_says_what_other_programs_write, 0, COUNT(good));
	tcase_add_loop_test(c, a_wrong_url_is_told_and_no_secret_is, 0, COUNT(bad));
	tcase_add_test(c, what_is_too_long_is_refused);
	return run_case("srt url", c);
}
