/* Requests: what is taken, and what is said about what is not. */
#include "tests/unit/suite.h"

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>
#include <stdio.h>
#include <string.h>

#include "server/message.h"

static char error[256];

static int parse(const char *text, lq__message *m)
{
	*error = 0;
	return lq__message_parse(text, strlen(text), m, error, sizeof error);
}

static void refused(const char *text, int code, const char *why)
{
	lq__message m;
	ck_assert_msg(parse(text, &m) == code, "%s: not %d: %s", text, code, error);
	ck_assert_msg(strstr(error, why) != NULL, "%s: \"%s\" has no \"%s\"", text, error, why);
	lq__message_finish(&m);
}

START_TEST(a_join_is_read_whole)
{
	lq__message m;
	ck_assert_int_eq(parse("{\"id\":7,\"type\":\"join\",\"v\":1,\"room\":\"r\",\"user\":\"u\",\"name\":\"n\",\"token\":\"t\",\"later\":{}}", &m), 0);
	ck_assert_int_eq(m.type, LQ_MSG_JOIN);
	ck_assert(m.has_id && m.id == 7);
	ck_assert_str_eq(m.room, "r");
	ck_assert_str_eq(m.user, "u");
	ck_assert_str_eq(m.name, "n");
	ck_assert_str_eq(m.token, "t");
	lq__message_finish(&m);
}
END_TEST

START_TEST(what_is_absent_is_empty)
{
	lq__message m;
	ck_assert_int_eq(parse("{\"type\":\"join\",\"v\":1,\"room\":\"r\",\"user\":null}", &m), 0);
	ck_assert(!m.has_id);
	ck_assert_str_eq(m.user, "");
	ck_assert_str_eq(m.token, "");
	lq__message_finish(&m);
}
END_TEST

START_TEST(a_publish_is_read_whole)
{
	lq__message m;
	ck_assert_int_eq(parse("{\"type\":\"publish\",\"sdp\":\"v=0\",\"tracks\":[{\"mid\":\"0\",\"kind\":\"audio\"},{\"mid\":\"1\",\"kind\":\"video\",\"stream\":\"sub\"}]}", &m), 0);
	ck_assert_uint_eq(m.n_tracks, 2);
	ck_assert_str_eq(m.tracks[0].mid, "0");
	ck_assert_uint_eq(m.tracks[0].media, LQ_MEDIA_AUDIO);
	ck_assert_uint_eq(m.tracks[0].stream, 0);
	ck_assert_uint_eq(m.tracks[1].media, LQ_MEDIA_VIDEO);
	ck_assert_uint_eq(m.tracks[1].stream, 1);
	lq__message_finish(&m);
}
END_TEST

START_TEST(a_member_has_nine_streams)
{
	static const char *const names[] = {"main", "sub", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"};
	lq__message m;
	for (size_t i = 0; i < COUNT(names); i++) {
		char text[120];
		snprintf(text, sizeof text, "{\"type\":\"publish\",\"sdp\":\"v=0\",\"tracks\":[{\"mid\":\"0\",\"kind\":\"video\",\"stream\":\"%s\"}]}", names[i]);
		ck_assert_int_eq(parse(text, &m), 0);
		ck_assert_uint_eq(m.tracks[0].stream, i);
		ck_assert_str_eq(lq__stream_name(m.tracks[0].stream), names[i]);
		lq__message_finish(&m);
	}
	refused("{\"type\":\"publish\",\"sdp\":\"\",\"tracks\":[{\"mid\":\"0\",\"kind\":\"video\",\"stream\":\"tenth\"}]}", LQ_EINVAL, "must be main, sub or third to ninth");
}
END_TEST

START_TEST(the_others_are_read)
{
	lq__message m;
	ck_assert_int_eq(parse("{\"type\":\"subscribe\",\"tracks\":[\"a\",\"b\"]}", &m), 0);
	ck_assert(m.type == LQ_MSG_SUBSCRIBE && m.n_ids == 2 && !strcmp(m.ids[1], "b"));
	lq__message_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"mute\",\"track\":\"a\",\"muted\":true}", &m), 0);
	ck_assert(m.type == LQ_MSG_MUTE && m.muted && !strcmp(m.track, "a"));
	lq__message_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"layer\",\"track\":\"a\",\"layer\":\"low\"}", &m), 0);
	ck_assert(m.type == LQ_MSG_LAYER && m.layer == 2 && !strcmp(lq__layer_name(m.layer), "low"));
	lq__message_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"subscribe\",\"tracks\":[],\"layer\":\"mid\"}", &m), 0);
	ck_assert(m.type == LQ_MSG_SUBSCRIBE && m.layer == 1);
	lq__message_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"publish\",\"sdp\":\"\",\"tracks\":[{\"mid\":\"0\",\"kind\":\"video\",\"width\":64,\"height\":48,"
	                       "\"layers\":[{\"rid\":\"h\",\"width\":64,\"height\":48},{\"rid\":\"l\"}]}]}", &m), 0);
	ck_assert(m.tracks[0].width == 64 && m.tracks[0].n_layers == 2 && m.tracks[0].layers[0].height == 48 && !strcmp(m.tracks[0].layers[1].rid, "l"));
	lq__message_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"answer\",\"sdp\":\"x\",\"rev\":3}", &m), 0);
	ck_assert(m.type == LQ_MSG_ANSWER && m.rev == 3);
	lq__message_finish(&m);
	static const char *const plain[] = {"leave", "ping", "stats"};
	for (size_t i = 0; i < COUNT(plain); i++) {
		char text[40];
		snprintf(text, sizeof text, "{\"type\":\"%s\"}", plain[i]);
		ck_assert_int_eq(parse(text, &m), 0);
		lq__message_finish(&m);
	}
}
END_TEST

START_TEST(what_is_no_request_is_a_protocol_error)
{
	refused("", LQ_EPROTO, "no JSON: line 1");
	refused("{\n\"type\":", LQ_EPROTO, "no JSON: line 2");
	refused("[1]", LQ_EPROTO, "must be a JSON object, is an array");
	refused("{}", LQ_EPROTO, "type: missing");
	refused("{\"type\":5}", LQ_EPROTO, "type: must be a string, is an integer");
	refused("{\"type\":\"ping\",\"id\":\"x\"}", LQ_EPROTO, "id: must be an integer, is a string");
	refused("{\"type\":\"ping\",\"id\":1.5}", LQ_EPROTO, "a number with a fraction");
	refused("{\"type\":\"ping\",\"type\":\"join\"}", LQ_EPROTO, "duplicate");
	refused("{\"type\":\"p\\u0000\"}", LQ_EPROTO, "no JSON");
	refused("{\"type\":\"\xff\"}", LQ_EPROTO, "no JSON");
	refused("{\"type\":\"ping\"} x", LQ_EPROTO, "end of file expected");
}
END_TEST

START_TEST(fields_are_checked_with_their_place)
{
	refused("{\"type\":\"dance\"}", LQ_ENOTSUP, "\"dance\" is not known");
	refused("{\"type\":\"join\",\"room\":\"r\"}", LQ_EINVAL, "join.v: missing");
	refused("{\"type\":\"join\",\"v\":2,\"room\":\"r\"}", LQ_ENOTSUP, "version 2");
	refused("{\"type\":\"join\",\"v\":1}", LQ_EINVAL, "join.room: missing");
	refused("{\"type\":\"join\",\"v\":1,\"room\":[]}", LQ_EINVAL, "join.room: must be a string, is an array");
	refused("{\"type\":\"publish\",\"sdp\":\"\",\"tracks\":{}}", LQ_EINVAL, "publish.tracks: must be an array, is an object");
	refused("{\"type\":\"publish\",\"sdp\":\"\",\"tracks\":[1]}", LQ_EINVAL, "publish.tracks[0]: must be an object");
	refused("{\"type\":\"publish\",\"sdp\":\"\",\"tracks\":[{\"mid\":\"0\",\"kind\":\"smell\"}]}", LQ_EINVAL, "publish.tracks[0].kind: must be audio or video, is \"smell\"");
	refused("{\"type\":\"publish\",\"sdp\":\"\",\"tracks\":[{\"mid\":\"0\",\"kind\":\"audio\",\"stream\":\"x\"}]}", LQ_EINVAL, "tracks[0].stream");
	refused("{\"type\":\"subscribe\",\"tracks\":[\"a\",{}]}", LQ_EINVAL, "subscribe.tracks[1]: must be a string, is an object");
	refused("{\"type\":\"layer\",\"track\":\"a\"}", LQ_EINVAL, "layer.layer: missing");
	refused("{\"type\":\"layer\",\"track\":\"a\",\"layer\":\"x\"}", LQ_EINVAL, "layer.layer: must be high, mid or low, is \"x\"");
	refused("{\"type\":\"publish\",\"sdp\":\"\",\"tracks\":[{\"mid\":\"0\",\"kind\":\"video\",\"height\":20000}]}", LQ_EINVAL,
	        "publish.tracks[0].height: must be 0 to 16384, is 20000");
	refused("{\"type\":\"publish\",\"sdp\":\"\",\"tracks\":[{\"mid\":\"0\",\"kind\":\"video\",\"layers\":[1]}]}", LQ_EINVAL,
	        "publish.tracks[0].layers[0]: must be an object, is an integer");
	refused("{\"type\":\"publish\",\"sdp\":\"\",\"tracks\":[{\"mid\":\"0\",\"kind\":\"video\",\"layers\":[{}]}]}", LQ_EINVAL,
	        "publish.tracks[0].layers[0].rid: missing");
	refused("{\"type\":\"mute\",\"track\":\"a\",\"muted\":1}", LQ_EINVAL, "mute.muted: must be a boolean, is an integer");
	refused("{\"type\":\"answer\",\"sdp\":\"\"}", LQ_EINVAL, "answer.rev: missing");
}
END_TEST

START_TEST(requests_about_rooms_are_read_whole)
{
	lq__message m;
	ck_assert_int_eq(parse("{\"type\":\"join\",\"v\":1,\"room\":\"r\",\"user\":\"0\",\"password\":\"p\",\"info\":\"i\",\"create\":\"must_exist\",\"role\":\"audience\","
	                       "\"profile\":\"live\",\"login\":\"l\"}", &m), 0);
	ck_assert(m.must_exist && m.audience && m.live && !*m.user && !strcmp(m.password, "p") && !strcmp(m.info, "i") && !strcmp(m.login, "l"));
	lq__message_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"room_create\",\"password\":\"p\",\"max_members\":3,\"locked\":true,\"keep\":true,\"max_open_mics\":2,\"max_cameras\":1}", &m), 0);
	ck_assert(m.type == LQ_MSG_ROOM_CREATE && !*m.room && m.max_members == 3 && m.locked && m.keep && m.max_mics == 2 && m.max_cameras == 1 && !m.live);
	lq__message_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"room_profile\",\"profile\":\"live\"}", &m), 0);
	ck_assert(m.type == LQ_MSG_ROOM_PROFILE && m.live);
	lq__message_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"control\",\"user\":\"u\",\"kind\":\"video\",\"stream\":\"ninth\",\"on\":true}", &m), 0);
	ck_assert(m.type == LQ_MSG_CONTROL && m.media == LQ_MEDIA_VIDEO && m.stream == 8 && m.on);
	lq__message_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"device\",\"kind\":\"audio\",\"state\":\"none\"}", &m), 0);
	ck_assert(m.type == LQ_MSG_DEVICE && m.media == LQ_MEDIA_AUDIO && m.stream == 0 && m.none);
	lq__message_finish(&m);
	refused("{\"type\":\"control\",\"kind\":\"audio\",\"stream\":\"tenth\",\"on\":true}", LQ_EINVAL, "control.stream: must be main, sub or third to ninth, is \"tenth\"");
	ck_assert_int_eq(parse("{\"type\":\"stage_request\",\"on\":true}", &m), 0);
	ck_assert(m.type == LQ_MSG_STAGE_REQUEST && m.on);
	lq__message_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"stage_answer\",\"user\":\"u\",\"accept\":true,\"reason\":\"why\"}", &m), 0);
	ck_assert(m.type == LQ_MSG_STAGE_ANSWER && m.on && !strcmp(m.user, "u") && !strcmp(m.reason, "why"));
	lq__message_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"stage_remove\",\"user\":\"u\"}", &m), 0);
	ck_assert(m.type == LQ_MSG_STAGE_REMOVE && !strcmp(m.user, "u") && !*m.reason);
	lq__message_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"guest_add\",\"room\":\"r\",\"user\":\"u\",\"token\":\"t\"}", &m), 0);
	ck_assert(m.type == LQ_MSG_GUEST_ADD && !strcmp(m.room, "r") && !strcmp(m.user, "u") && !strcmp(m.token, "t"));
	lq__message_finish(&m);
	ck_assert_int_eq(parse("{\"type\":\"guest_remove\",\"user\":\"u@r\"}", &m), 0);
	ck_assert(m.type == LQ_MSG_GUEST_REMOVE && !strcmp(m.user, "u@r") && !*m.room);
	lq__message_finish(&m);
	refused("{\"type\":\"guest_add\",\"user\":\"u\"}", LQ_EINVAL, "guest_add.room: missing");
	refused("{\"type\":\"guest_remove\"}", LQ_EINVAL, "guest_remove: either user, a guest of this room, or room, where we are one");
	refused("{\"type\":\"stage_request\",\"on\":1}", LQ_EINVAL, "stage_request.on: must be a boolean, is an integer");
	refused("{\"type\":\"stage_answer\",\"user\":\"u\"}", LQ_EINVAL, "stage_answer.accept: missing");
	refused("{\"type\":\"stage_remove\"}", LQ_EINVAL, "stage_remove.user: missing");
	refused("{\"type\":\"room_lock\",\"room\":\"r\"}", LQ_EINVAL, "room_lock.locked: missing");
	refused("{\"type\":\"cameras\",\"cameras\":[{}]}", LQ_EINVAL, "cameras.cameras[0].stream: must be main or third to ninth");
	refused("{\"type\":\"token_update\"}", LQ_EINVAL, "token_update.token: missing");
}
END_TEST

START_TEST(an_error_keeps_the_id)
{
	lq__message m;
	ck_assert_int_eq(parse("{\"id\":12,\"type\":\"join\"}", &m), LQ_EINVAL);
	ck_assert(m.has_id && m.id == 12);
	lq__message_finish(&m);
}
END_TEST

/* `n` copies of `item` between `head` and `tail`. */
static char *repeated(const char *head, const char *item, size_t n, const char *tail)
{
	char *text = malloc(strlen(head) + n * strlen(item) + strlen(tail) + 1), *p = text;
	p += sprintf(p, "%s", head);
	for (size_t i = 0; i < n; i++)
		p += sprintf(p, "%s", item);
	strcpy(p, tail);
	return text;
}

START_TEST(what_is_too_much_is_refused)
{
	char *deep = repeated("{\"type\":", "[", 100000, "");
	refused(deep, LQ_EPROTO, "depth");
	free(deep);
	char *longest = repeated("{\"type\":\"", "a", LQ_MESSAGE_MAX, "\"}");
	refused(longest, LQ_EPROTO, "more than 262144 bytes");
	free(longest);
	char *ids = repeated("{\"type\":\"subscribe\",\"tracks\":[\"a\"", ",\"a\"", LQ_MESSAGE_IDS, "]}");
	refused(ids, LQ_EFULL, "257 ids, at most 256");
	free(ids);
	char *tracks = repeated("{\"type\":\"publish\",\"sdp\":\"\",\"tracks\":[{}", ",{}", LQ_MESSAGE_TRACKS, "]}");
	refused(tracks, LQ_EFULL, "33 tracks, at most 32");
	free(tracks);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("message");
	tcase_add_test(t, a_join_is_read_whole);
	tcase_add_test(t, what_is_absent_is_empty);
	tcase_add_test(t, a_publish_is_read_whole);
	tcase_add_test(t, a_member_has_nine_streams);
	tcase_add_test(t, the_others_are_read);
	tcase_add_test(t, what_is_no_request_is_a_protocol_error);
	tcase_add_test(t, fields_are_checked_with_their_place);
	tcase_add_test(t, requests_about_rooms_are_read_whole);
	tcase_add_test(t, an_error_keeps_the_id);
	tcase_add_test(t, what_is_too_much_is_refused);
	return run_case("server/message", t);
}
