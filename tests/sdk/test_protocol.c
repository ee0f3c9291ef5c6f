/* The protocol's reader and writer. */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/protocol.h"

static int parse(const char *text, lq__msg *m, char *error)
{
	return lq__msg_parse(text, strlen(text), m, error, 256);
}

START_TEST(joined_is_read_with_members_and_tracks)
{
	char error[256];
	lq__msg m;
	ck_assert_int_eq(parse("{\"type\":\"joined\",\"id\":1,\"room\":\"r\",\"room_sid\":\"s\",\"user\":\"me\",\"name\":\"Me\",\"seq\":4,\"members\":["
	                       "{\"user\":\"a\",\"name\":\"A\",\"tracks\":[{\"id\":\"T1\",\"user\":\"a\",\"kind\":\"audio\",\"codec\":\"opus\"},"
	                       "{\"id\":\"T2\",\"user\":\"a\",\"kind\":\"video\",\"stream\":\"sub\","
	                       "\"codec\":\"VP8\",\"muted\":true,\"width\":640,\"height\":360}]},"
	                       "{\"user\":\"b\",\"tracks\":[]}]}", &m, error), 0);
	ck_assert_int_eq(m.type, LQ__MSG_JOINED);
	ck_assert_str_eq(m.user, "me");
	ck_assert_str_eq(m.room_sid, "s");
	ck_assert_int_eq(m.n_members, 2);
	ck_assert_int_eq(m.members[0].n_tracks, 2);
	ck_assert_int_eq(m.members[1].n_tracks, 0);
	ck_assert_str_eq(m.members[1].name, "");
	ck_assert_int_eq(m.tracks[1].kind, LQ_VIDEO);
	ck_assert_int_eq(m.tracks[1].stream, LQ_STREAM_SUB);
	ck_assert_int_eq(m.tracks[1].muted, 1);
	ck_assert_int_eq(m.tracks[1].width, 640);
	lq__msg_finish(&m);
}
END_TEST

START_TEST(offers_events_and_errors_are_read)
{
	char error[256];
	lq__msg m;
	ck_assert_int_eq(parse("{\"type\":\"offer\",\"sdp\":\"v=0\",\"rev\":3,\"tracks\":[{\"mid\":\"0\",\"track\":\"T1\"}]}", &m, error), 0);
	ck_assert_int_eq(m.rev, 3);
	ck_assert_str_eq(m.tracks[0].mid, "0");
	ck_assert_int_eq(m.tracks[0].kind, 0);
	lq__msg_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"error\",\"id\":9,\"code\":\"ETOKEN\",\"message\":\"expired\"}", &m, error), 0);
	ck_assert_int_eq(m.code, LQ_ETOKEN);
	ck_assert_int_eq(m.id, 9);
	ck_assert_str_eq(m.text, "expired");
	lq__msg_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"quality\",\"members\":[{\"user\":\"a\",\"up\":1,\"down\":6},{\"user\":\"b\",\"up\":0,\"down\":0}]}", &m, error), 0);
	ck_assert_uint_eq(m.n_members, 2);
	ck_assert_str_eq(m.members[0].user, "a");
	ck_assert_int_eq(m.members[0].up, 1);
	ck_assert_int_eq(m.members[0].down, 6);
	lq__msg_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"quality\",\"members\":[{\"user\":\"a\",\"up\":7,\"down\":6}]}", &m, error), LQ_EPROTO);
	ck_assert_str_eq(error, "not a number from 0 to 6: \"up\"");
	ck_assert_int_eq(parse("{\"type\":\"quality\",\"members\":[{\"up\":1,\"down\":6}]}", &m, error), LQ_EPROTO);
	ck_assert_int_eq(parse("{\"type\":\"quality\"}", &m, error), LQ_EPROTO);
	ck_assert_int_eq(parse("{\"type\":\"track_muted\",\"seq\":1,\"track\":\"T1\",\"user\":\"a\",\"muted\":true}", &m, error), 0);
	ck_assert_str_eq(m.tracks[0].id, "T1");
	ck_assert_int_eq(m.tracks[0].muted, 1);
	lq__msg_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"layer\",\"seq\":2,\"track\":\"T1\",\"user\":\"a\",\"layer\":\"low\",\"width\":160,\"height\":120}", &m, error), 0);
	ck_assert(m.type == LQ__MSG_LAYER && m.layer == LQ_LAYER_LOW && m.tracks[0].width == 160 && m.tracks[0].height == 120);
	lq__msg_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"layer\",\"track\":\"T1\",\"layer\":\"top\"}", &m, error), LQ_EPROTO);
	ck_assert_int_eq(parse("{\"type\":\"layer\",\"track\":\"T1\"}", &m, error), LQ_EPROTO);
	ck_assert_int_eq(parse("{\"type\":\"stage_request\",\"seq\":3,\"user\":\"u\",\"name\":\"U\",\"on\":false,\"reason\":\"refused\",\"by\":\"h\"}", &m, error), 0);
	ck_assert(m.type == LQ__MSG_STAGE_REQUEST && !m.flag && !strcmp(m.user, "u") && !strcmp(m.name, "U") && !strcmp(m.reason, "refused") && !strcmp(m.text, "h"));
	lq__msg_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"stage_answer\",\"seq\":4,\"state\":\"removed\",\"by\":\"h\",\"reason\":\"why\"}", &m, error), 0);
	ck_assert(m.type == LQ__MSG_STAGE_ANSWER && m.flag == LQ_STAGE_REMOVED && !strcmp(m.text, "h") && !strcmp(m.reason, "why"));
	lq__msg_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"guest\",\"seq\":5,\"room\":\"r\",\"user\":\"u@q\",\"on\":true}", &m, error), 0);
	ck_assert(m.type == LQ__MSG_GUEST && m.flag && !strcmp(m.guest_room, "r") && !strcmp(m.user, "u@q"));
	lq__msg_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"user_joined\",\"seq\":6,\"user\":\"u@q\",\"name\":\"U\",\"guest\":{\"room\":\"q\",\"user\":\"u\"}}", &m, error), 0);
	ck_assert(m.n_members == 1 && !strcmp(m.members->user, "u@q") && !strcmp(m.members->guest_room, "q") && !strcmp(m.members->guest_user, "u"));
	lq__msg_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"user_joined\",\"user\":\"u@q\",\"guest\":{\"room\":\"q\"}}", &m, error), LQ_EPROTO);
	ck_assert_str_eq(error, "missing field \"user\"");
	ck_assert_int_eq(parse("{\"type\":\"ok\",\"id\":7,\"user\":\"u@q\"}", &m, error), 0);
	ck_assert(m.type == LQ__MSG_OK && !strcmp(m.user, "u@q"));
	lq__msg_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"egress\",\"seq\":4,\"task\":\"t\",\"state\":\"waiting\",\"code\":\"ECONN\",\"text\":\"why\"}", &m, error), 0);
	ck_assert(m.type == LQ__MSG_EGRESS && !strcmp(m.name, "t") && m.flag == LQ_EGRESS_WAITING && m.code == LQ_ECONN && !strcmp(m.text, "why"));
	lq__msg_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"egress\",\"task\":\"t\",\"state\":\"failed\"}", &m, error), 0);
	ck_assert(m.flag == LQ_EGRESS_FAILED && !m.code);
	lq__msg_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"egress\",\"task\":\"t\",\"state\":\"tired\"}", &m, error), LQ_EPROTO);
	ck_assert_int_eq(parse("{\"type\":\"egress_list\",\"id\":1}", &m, error), LQ_EPROTO);
	ck_assert_int_eq(parse("{\"type\":\"stage_answer\",\"state\":\"perhaps\"}", &m, error), LQ_EPROTO);
	ck_assert_str_eq(error, "unknown state \"perhaps\"");
	ck_assert_int_eq(parse("{\"type\":\"brand_new\",\"x\":[]}", &m, error), 0);
	ck_assert_int_eq(m.type, LQ__MSG_OTHER);
	lq__msg_finish(&m);
}
END_TEST

START_TEST(what_is_wrong_is_named)
{
	static const struct { const char *text, *error; } t[] = {
		{"", "JSON, byte"}, {"{", "JSON, byte"}, {"[]", "not a JSON object"}, {"{}", "missing field \"type\""}, {"{\"type\":5}", "not a string: \"type\""},
		{"{\"type\":\"ok\",\"id\":\"1\"}", "not an integer: \"id\""}, {"{\"type\":\"ok\",\"id\":-1}", "negative: \"id\""},
		{"{\"type\":\"joined\"}", "missing field \"user\""}, {"{\"type\":\"joined\",\"user\":\"a\"}", "not an array: \"members\""},
		{"{\"type\":\"joined\",\"user\":\"a\",\"members\":[1]}", "not an object: \"members\""},
		{"{\"type\":\"joined\",\"user\":\"a\",\"members\":[{\"user\":\"b\",\"tracks\":{}}]}", "not an array: \"tracks\""},
		{"{\"type\":\"joined\",\"user\":\"a\",\"members\":[{\"user\":\"b\",\"tracks\":[{\"id\":\"x\",\"kind\":\"smell\"}]}]}", "unknown kind \"smell\""},
		{"{\"type\":\"offer\",\"rev\":1}", "missing field \"sdp\""}, {"{\"type\":\"offer\",\"sdp\":\"x\"}", "missing field \"rev\""},
		{"{\"type\":\"offer\",\"rev\":1,\"sdp\":\"x\",\"tracks\":[{}]}", "missing field \"track\""},
		{"{\"type\":\"track_published\"}", "not an object: \"track\""},
		{"{\"type\":\"track_published\",\"track\":{\"id\":\"x\",\"user\":\"a\"}}", "incomplete \"track\""},
		{"{\"type\":\"user_joined\",\"user\":\"\"}", "empty field \"user\""}, {"{\"type\":\"x\",\"type\":\"y\"}", "JSON, byte"},
		{"{\"type\":\"\\u0000\"}", "JSON, byte"},
	};
	char error[256];
	lq__msg m;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		ck_assert_msg(parse(t[i].text, &m, error) == LQ_EPROTO, "%s", t[i].text);
		ck_assert_msg(strstr(error, t[i].error) != NULL, "%s: %s", t[i].text, error);
	}
	char *big = calloc(1, LQ__MESSAGE_MAX + 2);
	memset(big, ' ', LQ__MESSAGE_MAX + 1);
	ck_assert_int_eq(parse(big, &m, error), LQ_EPROTO);
	ck_assert_msg(strstr(error, "exceeds") != NULL, "%s", error);
	free(big);
}
END_TEST

/* Every beginning of a good message, and every single wrong byte in it, is read without harm. */
START_TEST(broken_messages_do_no_harm)
{
	static const char good[] = "{\"type\":\"joined\",\"id\":1,\"user\":\"me\","
	                           "\"members\":[{\"user\":\"a\",\"tracks\":[{\"id\":\"T1\",\"kind\":\"audio\"}]}]}";
	char copy[sizeof good], error[256];
	lq__msg m;
	for (size_t n = 0; n < sizeof good; n++)
		if (!lq__msg_parse(good, n, &m, error, sizeof error))
			lq__msg_finish(&m);
	for (size_t i = 0; i < sizeof good - 1; i++)
		for (int b = 0; b < 256; b += 5) {
			memcpy(copy, good, sizeof good);
			copy[i] = (char)b;
			if (!lq__msg_parse(copy, sizeof good - 1, &m, error, sizeof error))
				lq__msg_finish(&m);
		}
}
END_TEST

static void expect(char *text, const char *want)
{
	json_t *a = json_loads(text, 0, NULL), *b = json_loads(want, 0, NULL);
	ck_assert_msg(a && json_equal(a, b), "%s", text);
	json_decref(a);
	json_decref(b);
	free(text);
}

START_TEST(requests_are_written)
{
	lq__msg_track t = {.mid = "0", .kind = LQ_VIDEO, .stream = LQ_STREAM_SUB};
	expect(lq__req_join(1, &(lq__join_request){.room = "r", .name = ""}), "{\"type\":\"join\",\"id\":1,\"v\":1,\"room\":\"r\"}");
	expect(lq__req_join(2, &(lq__join_request){.room = "r", .password = "p", .info = "i", .must_exist = 1}),
	       "{\"type\":\"join\",\"id\":2,\"v\":1,\"room\":\"r\",\"password\":\"p\",\"info\":\"i\",\"create\":\"must_exist\"}");
	expect(lq__req_guest_add(3, "r", "u", "t"), "{\"type\":\"guest_add\",\"id\":3,\"room\":\"r\",\"user\":\"u\",\"token\":\"t\"}");
	expect(lq__req_guest_add(3, "r", "u", NULL), "{\"type\":\"guest_add\",\"id\":3,\"room\":\"r\",\"user\":\"u\"}");
	expect(lq__req_guest_remove(3, "u@r", ""), "{\"type\":\"guest_remove\",\"id\":3,\"user\":\"u@r\"}");
	expect(lq__req_guest_remove(3, "", "r"), "{\"type\":\"guest_remove\",\"id\":3,\"room\":\"r\"}");
	char *fields = NULL;
	ck_assert_int_eq(lq__egress_start_fields(&(lq_egress_spec){.to = (const char *const[]){"srt://h:1"}, .n_to = 1, .layout = " {\"layout\": \"grid\"}", .width = 640, .height = 360, .fps = 25,
	                                                           .user = "u", .stream = LQ_STREAM_SUB}, &fields), 0);
	expect(lq__req_egress(3, "egress_start", fields), "{\"to\":[\"srt://h:1\"],\"layout\":{\"layout\":\"grid\"},\"size\":\"640x360\",\"fps\":25,\"user\":\"u\",\"stream\":\"sub\","
	       "\"type\":\"egress_start\",\"id\":3}");
	free(fields);
	expect(lq__req_stage_request(3, 1), "{\"type\":\"stage_request\",\"id\":3,\"on\":true}");
	expect(lq__req_stage_answer(3, "u", 0, "why"), "{\"type\":\"stage_answer\",\"id\":3,\"user\":\"u\",\"accept\":false,\"reason\":\"why\"}");
	expect(lq__req_stage_remove(3, "u", NULL), "{\"type\":\"stage_remove\",\"id\":3,\"user\":\"u\"}");
	expect(lq__req_kick(3, "u", ""), "{\"type\":\"kick\",\"id\":3,\"user\":\"u\"}");
	expect(lq__req_join(2, &(lq__join_request){.room = "r", .user = "u", .device = "d", .nth = 3, .session = "s", .seq = 7, .only_resume = 1}),
	       "{\"type\":\"join\",\"id\":2,\"v\":1,\"room\":\"r\",\"user\":\"u\",\"device\":\"d\",\"session\":\"s\",\"nth\":3,\"seq\":7,\"only_resume\":true}");
	expect(lq__req_again("{\"type\":\"leave\",\"id\":3}"), "{\"type\":\"leave\",\"id\":3,\"again\":true}");
	expect(lq__req_join(1, &(lq__join_request){.room = "r", .user = "u", .name = "n", .token = "t"}), "{\"type\":\"join\",\"id\":1,\"v\":1,\"room\":\"r\",\"user\":\"u\",\"name\":\"n\",\"token\":\"t\"}");
	expect(lq__req_publish(2, "v=0", &t, 1),
	       "{\"type\":\"publish\",\"id\":2,\"sdp\":\"v=0\",\"tracks\":[{\"mid\":\"0\",\"kind\":\"video\",\"stream\":\"sub\"}]}");
	expect(lq__req_tracks(3, "subscribe", (const char *const[]){"T1", "T2"}, 2), "{\"type\":\"subscribe\",\"id\":3,\"tracks\":[\"T1\",\"T2\"]}");
	expect(lq__req_layer(3, "T1", LQ_LAYER_MID), "{\"type\":\"layer\",\"id\":3,\"track\":\"T1\",\"layer\":\"mid\"}");
	expect(lq__req_mute(4, "T1", 1), "{\"type\":\"mute\",\"id\":4,\"track\":\"T1\",\"muted\":true}");
	expect(lq__req_answer(5, "v=0", 7), "{\"type\":\"answer\",\"id\":5,\"sdp\":\"v=0\",\"rev\":7}");
	expect(lq__req_plain(6, "leave"), "{\"type\":\"leave\",\"id\":6}");
	ck_assert_ptr_null(lq__req_join(1, &(lq__join_request){.room = "r", .user = "u", .name = "\xff"}));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("protocol");
	TCase *t = tcase_create("protocol");
	tcase_set_timeout(t, 60);
	tcase_add_test(t, joined_is_read_with_members_and_tracks);
	tcase_add_test(t, offers_events_and_errors_are_read);
	tcase_add_test(t, what_is_wrong_is_named);
	tcase_add_test(t, broken_messages_do_no_harm);
	tcase_add_test(t, requests_are_written);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
