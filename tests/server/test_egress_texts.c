/* What processes of egress tasks may say, how tasks look to others, and what may be asked for. */
#include "tests/server/egress_rig.h"

/* ---- what processes may say ---- */

START_TEST(nonsense_is_counted_and_passed_over)
{
	static const char *const lines[] = {
		"", "nonsense", "[]", "{}", "{\"event\":\"gossip\"}", "{\"event\":\"state\"}", "{\"event\":\"state\",\"state\":\"waiting\"}", "{\"event\":\"state\",\"state\":7}",
		"{\"event\":\"target\",\"state\":\"running\"}", "{\"event\":\"target\",\"index\":-1,\"state\":\"running\"}", "{\"event\":\"target\",\"index\":8,\"state\":\"running\"}",
		"{\"event\":\"answer\",\"code\":\"OK\"}", "{\"event\":\"answer\",\"id\":1}", "{\"event\":\"answer\",\"id\":\"1\",\"code\":\"OK\"}", "\xff\xfe",
	};
	lq__egress_task *t = start("r");
	*log_text = 0;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		says(t, lines[i]);
		says(t, "\n");
		ck_assert_uint_eq(egress.figures.refused_lines, i + 1);
	}
	did("");
	says(t, "{\"event\":\"state\",\"state\":\"running\",\"more\":[1]}\n");
	did("running - \n");
}
END_TEST

START_TEST(a_process_that_says_nothing_but_nonsense_is_killed)
{
	lq__egress_task *t = running("r");
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < LQ_EGRESS_REFUSED_MAX; i++)
			says(t, "nonsense\n");
		did("");
		says(t, "nonsense\nnonsense\n");
		says(t, "nonsense\n");
		did("kill\n"); /* once */
		lq__egress_exited(t, KILLED, now, 3000);
		pass(1000 * MS);
		ck_assert_int_eq(t->state, LQ_EGRESS_STARTING); /* and the next one begins anew */
		*log_text = 0;
	}
}
END_TEST

START_TEST(a_line_without_an_end_is_not_kept)
{
	static char much[LQ_EGRESS_LINE_MAX];
	lq__egress_task *t = start("r");
	*log_text = 0;
	memset(much, ' ', sizeof much);
	lq__egress_received(t, much, sizeof much, now);
	for (int i = 0; i < 100; i++)
		lq__egress_received(t, much, sizeof much, now);
	says(t, "{\"event\":\"state\",\"state\":\"running\"}\n"); /* the end of that line */
	did("");
	ck_assert_uint_eq(egress.figures.refused_lines, 1);
	says(t, "{\"event\":\"state\",\"state\":\"running\"}\n");
	did("running - \n");
}
END_TEST

START_TEST(codes_and_texts_are_kept_within_bounds)
{
	char line[2000] = "{\"event\":\"target\",\"index\":0,\"state\":\"waiting\",\"code\":\"EWHATEVER\",\"text\":\"";
	lq__egress_task *t = running("r");
	for (int i = 0; i < 300; i++)
		strcat(line, "ä");
	strcat(line, "\"}\n");
	says(t, line);
	ck_assert_int_eq(t->code, LQ_EPROTO);
	ck_assert_uint_eq(strlen(t->text), LQ_EGRESS_TEXT_MAX);
	json_t *o = lq__egress_event_json(t);
	ck_assert_ptr_nonnull(o); /* it is UTF-8 still */
	json_decref(o);
}
END_TEST

/* ---- how it looks ---- */

static void shows(const char *url, const char *expected)
{
	char out[LQ_EGRESS_URL_MAX + 8];
	lq__egress_url_public(url, out, sizeof out);
	ck_assert_str_eq(out, expected);
}

START_TEST(no_key_is_shown)
{
	shows("rtmp://host/app/key", "rtmp://host/app/…");
	shows("rtmp://user:pass@host:1935/app/deep/key?x=y", "rtmp://host:1935/app/deep/…");
	shows("rtmp://host/key", "rtmp://host/…");
	shows("rtmp://a@b@host", "rtmp://host");
	shows("srt://host:1?passphrase=secret", "srt://host:1…");
	shows("https://host/whip/endpoint", "https://host/whip/…");
	shows("https://user@host/live/show.m3u8?sig=1", "https://host/live/…");
	shows("https://host/live/show.m3u8", "https://host/live/show.m3u8");
	shows("live/show.m3u8", "live/show.m3u8");
	char out[100];
	lq__egress_text_public("to rtmp://h/a/key: no; \"srt://h:1?p=q\", and http://u:p@h", out, sizeof out);
	ck_assert_str_eq(out, "to rtmp://h/a/…: no; \"srt://h:1…\", and http://h");
	lq__egress_text_public("://", out, sizeof out);
	ck_assert_str_eq(out, "://");
	lq__egress_text_public("rtmp://host/application/key is much too long for this", out, 20);
	ck_assert_str_eq(out, "rtmp://host/applica");
}
END_TEST

START_TEST(lists_and_events_have_no_secrets)
{
	lq__egress_task *t = running("r");
	says(t, "{\"event\":\"target\",\"index\":0,\"state\":\"waiting\",\"code\":\"ECONN\",\"text\":\"rtmp://host/app/key: nobody listens there\"}\n");
	says(t, "{\"event\":\"figures\",\"seconds\":1.5}\n");
	json_t *list = lq__egress_list_json(&egress, "r"), *event = lq__egress_event_json(t);
	char expected[1000], *text = json_dumps(list, JSON_COMPACT);
	snprintf(expected, sizeof expected,
	         "[{\"task\":\"%s\",\"room\":\"r\",\"room_sid\":\"r\",\"state\":\"waiting\",\"code\":\"ECONN\",\"text\":\"rtmp://host/app/…: nobody listens there\","
	         "\"restarts\":0,\"started_ms\":1000,\"targets\":[{\"url\":\"rtmp://host/app/…\",\"state\":\"waiting\",\"code\":\"ECONN\",\"text\":\"rtmp://host/app/…: nobody listens there\"},"
	         "{\"url\":\"srt://host:1\",\"state\":\"starting\"},{\"url\":\"a.mp4\",\"state\":\"starting\"}],\"figures\":{\"seconds\":1.5}}]", t->id);
	ck_assert_str_eq(text, expected);
	free(text);
	text = json_dumps(event, JSON_COMPACT);
	snprintf(expected, sizeof expected, "{\"type\":\"egress\",\"task\":\"%s\",\"state\":\"waiting\",\"code\":\"ECONN\",\"text\":\"… nobody listens there\"}", t->id);
	ck_assert_str_eq(text, expected);
	free(text);
	json_decref(list);
	json_decref(event);
}
END_TEST

/* ---- what may be asked for ---- */

static void refused(const char *spec, int code, const char *expected)
{
	char why[256] = "";
	lq__reader r = {why, sizeof why, "egress"};
	json_error_t je;
	json_t *o = json_loads(spec, 0, &je);
	ck_assert_msg(o != NULL, "%s: %s", spec, je.text);
	ck_assert_msg(lq__egress_spec_check(&r, o) == code, "%s: %s", spec, why);
	ck_assert_msg(!strcmp(why, expected), "%s: %s", spec, why);
	json_decref(o);
}

START_TEST(what_is_wrong_is_named)
{
	refused("{}", LQ_EINVAL, "egress.to: missing: say where it is sent (to), or recorded (record)");
	refused("{\"to\":[]}", LQ_EINVAL, "egress.to: missing: say where it is sent (to), or recorded (record)");
	refused("{\"to\":\"rtmp://h/a/k\"}", LQ_EINVAL, "egress.to: must be an array of strings, is a string");
	refused("{\"to\":[7]}", LQ_EINVAL, "egress.to[0]: must be a string, is an integer");
	refused("{\"to\":[\"srt://h:1\",\"ftp://h/f\"]}", LQ_EINVAL, "egress.to[1]: must be an address of rtmp, rtmps, srt, http or https");
	refused("{\"to\":[\"show.mp4\"]}", LQ_EINVAL, "egress.to[0]: must be an address of rtmp, rtmps, srt, http or https, or a name that ends in .m3u8 or .mpd");
	refused("{\"to\":[\"../show.m3u8\"]}", LQ_EINVAL, "egress.to[0]: must be a relative name of letters, digits, space and -_. whose parts do not begin with a dot");
	refused("{\"to\":[\"rtmp://\"]}", LQ_EINVAL, "egress.to[0]: this is no address: it names no host");
	refused("{\"to\":[\"rtmp://h/a b\"]}", LQ_EINVAL, "egress.to[0]: this is no address: it has spaces or control characters");
	refused("{\"to\":[\"srt://h:1\",\"srt://h:1\"]}", LQ_EEXIST, "egress.to[1]: the same as to[0]");
	refused("{\"to\":[\"a://b\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\"]}", LQ_EFULL, "egress.to: 9 of them, at most 8 are taken");
	refused("{\"to\":[\"srt://1\",\"srt://2\",\"srt://3\",\"srt://4\"],\"record\":[\"1.ts\",\"2.ts\",\"3.ts\",\"4.ts\",\"5.ts\"]}", LQ_EFULL,
	        "egress.record: 9 targets with those in to, at most 8 are taken");
	refused("{\"record\":[\"/etc/a.mp4\"]}", LQ_EINVAL, "egress.record[0]: must be a relative name of letters, digits, space and -_. whose parts do not begin with a dot");
	refused("{\"record\":[\"a//b.mp4\"]}", LQ_EINVAL, "egress.record[0]: must be a relative name of letters, digits, space and -_. whose parts do not begin with a dot");
	refused("{\"record\":[\"a.exe\"]}", LQ_EINVAL, "egress.record[0]: must end in .mp4, .mkv, .webm, .flv or .ts");
	refused("{\"record\":[\"a.webm\"]}", LQ_EFORMAT, "egress.record[0]: WebM holds no H.264: use .mkv or .mp4");
	refused("{\"record\":[\"a.webm\"],\"user\":\"ann\"}", 0, "");
	refused("{\"record\":[\"a.mp4\"],\"give_up\":-1}", LQ_ERANGE, "egress.give_up: must be 0 to 86400, is -1");
	refused("{\"record\":[\".mp4\"]}", LQ_EINVAL, "egress.record[0]: must end in .mp4, .mkv, .webm, .flv or .ts");
	refused("{\"record\":[\"a.ts\"],\"layout\":\"pile\"}", LQ_EINVAL, "egress.layout: must be grid, speaker, side-by-side or an object, is \"pile\"");
	refused("{\"record\":[\"a.ts\"],\"layout\":[]}", LQ_EINVAL, "egress.layout: must be an object or a name, is an array");
	refused("{\"record\":[\"a.ts\"],\"size\":\"720p\"}", LQ_EINVAL, "egress.size: must be as 1280x720, each even and from 64 to 4096, is \"720p\"");
	refused("{\"record\":[\"a.ts\"],\"size\":\"1281x720\"}", LQ_EINVAL, "egress.size: must be as 1280x720, each even and from 64 to 4096, is \"1281x720\"");
	refused("{\"record\":[\"a.ts\"],\"size\":\"1280x720x\"}", LQ_EINVAL, "egress.size: must be as 1280x720, each even and from 64 to 4096, is \"1280x720x\"");
	refused("{\"record\":[\"a.ts\"],\"fps\":61}", LQ_ERANGE, "egress.fps: must be 1 to 60, is 61");
	refused("{\"record\":[\"a.ts\"],\"fps\":29.97}", LQ_EINVAL, "egress.fps: must be an integer, is a number with a fraction");
	refused("{\"record\":[\"a.ts\"],\"bitrate\":1}", LQ_ERANGE, "egress.bitrate: must be 50000 to 20000000, is 1");
	refused("{\"record\":[\"a.ts\"],\"audio_bitrate\":1}", LQ_ERANGE, "egress.audio_bitrate: must be 16000 to 320000, is 1");
	refused("{\"record\":[\"a.ts\"],\"user\":\"a b\"}", LQ_EINVAL, "egress.user: this is no user id");
	refused("{\"record\":[\"a.ts\"],\"stream\":\"main\"}", LQ_EINVAL, "egress.stream: whose? user is missing");
	refused("{\"record\":[\"a.ts\"],\"user\":\"ann\",\"stream\":\"tenth\"}", LQ_EINVAL, "egress.stream: must be main, sub or third to ninth, is \"tenth\"");
	refused("{\"to\":[\"rtmps://h/a/k\",\"https://h/whip\",\"a/b-c.m3u8\"],\"record\":[\"my show.mp4\"],\"layout\":{\"layout\":\"grid\"},\"size\":\"1280x720\",\"fps\":30,"
	        "\"bitrate\":2500000,\"audio_bitrate\":128000,\"user\":\"ann\",\"stream\":\"sub\",\"more\":1}", 0, "");
}
END_TEST

START_TEST(layouts_and_names_have_a_length)
{
	char why[256];
	lq__reader r = {why, sizeof why, "layout"};
	char *much = malloc(LQ_EGRESS_LAYOUT_MAX + 1);
	memset(much, 'x', LQ_EGRESS_LAYOUT_MAX);
	much[LQ_EGRESS_LAYOUT_MAX] = 0;
	json_t *o = json_pack("{s:s}", "title", much);
	ck_assert_int_eq(lq__egress_layout_check(&r, o), LQ_ERANGE);
	ck_assert_str_eq(why, "layout.layout: at most 16384 bytes, this one has 16396");
	json_decref(o);
	much[LQ_EGRESS_FILE_MAX + 1] = 0;
	memcpy(much + LQ_EGRESS_FILE_MAX - 3, ".mp4", 4);
	o = json_pack("{s:[s]}", "record", much);
	ck_assert_int_eq(lq__egress_spec_check(&r, o), LQ_ERANGE);
	ck_assert_str_eq(why, "layout.record[0]: a file name has at most 200 bytes, this one has 201");
	json_decref(o);
	ck_assert_int_eq(lq__egress_layout_check(&r, NULL), LQ_EINVAL);
	ck_assert_str_eq(why, "layout.layout: missing");
	free(much);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("egress_texts");
	tcase_add_checked_fixture(t, egress_set_up, egress_tear_down);
	tcase_add_test(t, nonsense_is_counted_and_passed_over);
	tcase_add_test(t, a_process_that_says_nothing_but_nonsense_is_killed);
	tcase_add_test(t, a_line_without_an_end_is_not_kept);
	tcase_add_test(t, codes_and_texts_are_kept_within_bounds);
	tcase_add_test(t, no_key_is_shown);
	tcase_add_test(t, lists_and_events_have_no_secrets);
	tcase_add_test(t, what_is_wrong_is_named);
	tcase_add_test(t, layouts_and_names_have_a_length);
	return run_case("server/egress_texts", t);
}
