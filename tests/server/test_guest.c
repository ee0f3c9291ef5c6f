/* Guests from other rooms: who may bring them, what everybody hears, and how they go. Their media is in test_media. */
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

#include <loquat/plugin/buffer.h>

#include "base/alloc.h"
#include "server/guest.h"
#include "server/rest.h"
#include "server/room_admin.h"
#include "server/room_private.h"
#include "tests/server/visitors.h"

static visitor *ann, *bob, *eve; /* ann is in "here", bob in "there", eve looks on there */

static void set_up(void)
{
	visitors_set_up(0);
	ann = visit("here", "ann", NULL);
	bob = visit("there", "bob", NULL);
	eve = visit("there", "eve", "{'role':'audience'}");
}

static void tear_down(void)
{
	visitors_tear_down();
	ck_assert_int_eq(lq__alloc_live(), 0);
}

#define BOB_COMES "{'guest':{'room':'there','user':'bob'},'name':'bob','type':'user_joined','user':'bob@there'}\n"
#define BOB_GOES(why) "{'reason':'" why "','type':'user_left','user':'bob@there'}\n"
#define LENT "{'on':true,'room':'here','type':'guest','user':'bob@there'}\n"
#define BACK(why) "{'on':false,'reason':'" why "','room':'here','type':'guest','user':'bob@there'}\n"
#define ADD_BOB "'type':'guest_add','room':'there','user':'bob'"

START_TEST(a_guest_is_a_member_for_the_others)
{
	visitor *dan;
	asks(ann, "ok", ADD_BOB);
	heard(ann, BOB_COMES);
	heard(bob, LENT);
	heard(eve, "");
	dan = visitor_new();
	json_t *joined = visit_try(dan, "here", "dan", NULL), *guest = json_array_get(json_object_get(joined, "members"), 1);
	ck_assert_str_eq(json_string_value(json_object_get(guest, "user")), "bob@there");
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(guest, "guest"), "room")), "there");
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(guest, "guest"), "user")), "bob");
	json_decref(joined);
	visitor_heard(ann);
	asks(ann, "EEXIST", ADD_BOB);
	asks(ann, "ok", "'type':'guest_remove','user':'bob@there'");
	heard(ann, BOB_GOES("left"));
	heard(bob, BACK("removed"));
	asks(ann, "ENOENT", "'type':'guest_remove','user':'bob@there'");
	asks(ann, "ENOENT", "'type':'guest_remove','user':'dan'");
	asks(ann, "ok", ADD_BOB);
	heard(ann, BOB_COMES);
}
END_TEST

START_TEST(it_goes_with_its_host)
{
	asks(ann, "ok", ADD_BOB);
	visitor_heard(ann);
	asks(bob, "left", "'type':'leave'");
	heard(ann, BOB_GOES("left"));
	bob = visit("there", "bob", NULL);
	asks(ann, "ok", ADD_BOB);
	asks(bob, "ok", "'type':'role','role':'audience'");
	heard(ann, BOB_COMES BOB_GOES("invisible"));
	heard(bob, LENT BACK("invisible"));
	asks(bob, "ok", "'type':'role','role':'broadcaster'");
	asks(ann, "ok", ADD_BOB);
	asks(eve, "ok", "'type':'kick','user':'bob'");
	heard(ann, BOB_COMES BOB_GOES("kicked"));
	bob = visit("there", "bob", NULL);
	asks(ann, "ok", ADD_BOB);
	visitor_lose(bob);
	visit_until(20);
	heard(ann, BOB_COMES BOB_GOES("timeout"));
}
END_TEST

START_TEST(it_goes_with_either_room)
{
	asks(ann, "ok", ADD_BOB);
	asks(ann, "left", "'type':'leave'");
	heard(bob, LENT BACK("room_closed"));
	ck_assert_ptr_null(lq__rooms_find(visited.rooms, "here", "bob@there")); /* the room has ended: a guest does not keep it */
	ann = visit("here", "ann", NULL);
	asks(ann, "ok", ADD_BOB);
	visitor_heard(ann);
	ck_assert_int_eq(lq__room_end(visited.rooms, "there"), 0);
	heard(ann, BOB_GOES("kicked"));
	bob = visit("there", "bob", NULL);
	asks(ann, "ok", ADD_BOB);
	ck_assert_int_eq(lq__room_end(visited.rooms, "here"), 0);
	heard(bob, LENT BACK("room_closed"));
}
END_TEST

START_TEST(who_is_lent_may_end_it)
{
	asks(ann, "ok", ADD_BOB);
	visitor_heard(ann);
	asks(eve, "ENOENT", "'type':'guest_remove','room':'here'");
	says("you are no guest of that room");
	asks(bob, "ok", "'type':'guest_remove','room':'here'");
	heard(bob, LENT BACK("left"));
	heard(ann, BOB_GOES("left"));
	asks(bob, "EINVAL", "'type':'guest_remove'");
	asks(bob, "EINVAL", "'type':'guest_remove','room':'here','user':'x'");
}
END_TEST

START_TEST(both_may_show_each_other)
{
	asks(ann, "ok", ADD_BOB);
	asks(bob, "ok", "'type':'guest_add','room':'here','user':'ann'");
	heard(ann, BOB_COMES "{'on':true,'room':'there','type':'guest','user':'ann@here'}\n");
	heard(bob, LENT "{'guest':{'room':'here','user':'ann'},'name':'ann','type':'user_joined','user':'ann@here'}\n");
	/* No chains: who is a guest is lent out by its own room alone. */
	visitor *dan = visit("third", "dan", NULL);
	asks(dan, "EINVAL", "'type':'guest_add','room':'here','user':'bob@there'");
	says("ask for it in its own, there");
	asks(dan, "ok", ADD_BOB);
	heard(dan, BOB_COMES);
	asks(bob, "left", "'type':'leave'"); /* and with it the room, for eve only looks on, and the guest is no member */
	heard(dan, BOB_GOES("left"));
	heard(ann, BOB_GOES("left"));
	asks(eve, "left", "'type':'leave'");
	heard(ann, "{'on':false,'reason':'room_closed','room':'there','type':'guest','user':'ann@here'}\n");
}
END_TEST

START_TEST(a_guest_is_controlled_in_its_own_room)
{
	asks(ann, "ok", ADD_BOB);
	asks(ann, "EPERM", "'type':'kick','user':'bob@there'");
	says("guest_remove sends it back");
	asks(ann, "EPERM", "'type':'control','user':'bob@there','kind':'audio','on':true");
	says("where alone it can be controlled");
	asks(ann, "EPERM", "'type':'default_camera','user':'bob@there','stream':'third'");
	asks(ann, "EPERM", "'type':'stage_remove','user':'bob@there'");
	asks(ann, "ENOENT", "'type':'message','to':'bob@there','text':'x'");
	asks(ann, "ENOENT", "'type':'stage_answer','user':'bob@there','accept':true");
	asks(ann, "ok", "'type':'message','text':'x'");
	visitor_heard(bob);
	heard(bob, "");
}
END_TEST

START_TEST(nobody_takes_its_name)
{
	asks(ann, "ok", ADD_BOB);
	visitor *v = visitor_new();
	json_t *m = visit_try(v, "here", "bob@there", NULL);
	ck_assert_str_eq(json_string_value(json_object_get(m, "code")), "EEXIST");
	json_decref(m);
	char session[100];
	snprintf(session, sizeof session, "{'session':'%s','seq':0}", lq__rooms_find(visited.rooms, "here", "bob@there")->session);
	m = visit_try(v, "here", "bob@there", session); /* by whoever learnt its session, either */
	ck_assert_str_eq(json_string_value(json_object_get(m, "code")), "EEXIST");
	json_decref(m);
}
END_TEST

START_TEST(names_are_made_of_what_is_allowed)
{
	visitor *odd = visit("a & b", "zoe", NULL);
	visit("here", "zoe@1", NULL);
	asks(ann, "ok", "'type':'guest_add','room':'a & b','user':'zoe'");
	ck_assert_ptr_nonnull(strstr(visitor_heard(odd), "'user':'zoe@2'"));
	visit("here", "bob@there", NULL);
	asks(ann, "ok", ADD_BOB);
	ck_assert_ptr_nonnull(strstr(visitor_heard(bob), "'user':'bob@1'"));
	char longest[129], request[300];
	memset(longest, 'x', 128);
	longest[128] = 0;
	json_t *m = visit_try(visitor_new(), "there", "y", NULL);
	json_decref(m);
	lq__join j = {.room = "there", .user = longest, .name = "", .may_publish = 1, .may_subscribe = 1};
	lq__member *member;
	char error[256];
	ck_assert_int_eq(lq__rooms_join(visited.rooms, &j, NULL, visit_now, &member, error, sizeof error), 0);
	snprintf(request, sizeof request, "'type':'guest_add','room':'there','user':'%s'", longest);
	asks(ann, "ok", "%s", request);
	longest[110] = 0;
	snprintf(request, sizeof request, "%s@1", longest);
	ck_assert_ptr_nonnull(lq__rooms_find(visited.rooms, "here", request));
}
END_TEST

START_TEST(what_cannot_be_says_why)
{
	asks(ann, "ENOENT", "'type':'guest_add','room':'nowhere','user':'bob'");
	says("there is no such room");
	asks(ann, "ENOENT", "'type':'guest_add','room':'there','user':'nobody'");
	says("no nobody is on the stage of that room");
	asks(ann, "ENOENT", "'type':'guest_add','room':'there','user':'eve'"); /* who is not seen there */
	asks(ann, "EINVAL", "'type':'guest_add','room':'here','user':'ann'");
	says("it is this room");
	asks(ann, "EINVAL", "'type':'guest_add','room':'there'");
	says("guest_add.user: missing");
}
END_TEST

START_TEST(so_many_guests_and_no_more)
{
	char room[16];
	visitor *hosts[LQ_MEMBER_LENT_MAX + 1];
	for (int i = 0; i <= LQ_MEMBER_LENT_MAX; i++) {
		snprintf(room, sizeof room, "r%d", i);
		hosts[i] = visit(room, "host", NULL);
		asks(hosts[i], i < LQ_MEMBER_LENT_MAX ? "ok" : "EFULL", ADD_BOB);
	}
	says("is shown in 8 other rooms already");
	ann->client.member->room->n_guests = LQ_ROOM_GUESTS_MAX;
	asks(ann, "EFULL", "'type':'guest_add','room':'r0','user':'host'");
	says("the room has 16 guests and takes no more");
	ann->client.member->room->n_guests = 0;
}
END_TEST

static visitor *with_token(const char *room, const char *user, const char *claims)
{
	char more[2400];
	snprintf(more, sizeof more, "{'token':'%s'}", visit_token(room, claims));
	return visit(room, user, more);
}

static const char *rest(const char *method, const char *path, const char *body, const char *token, unsigned *status)
{
	static char text[2048];
	const lq__rest_request request = {method, path, token, body, strlen(body)};
	char *answer = lq__rest(&visited, &request, visit_now / 1000000, status);
	snprintf(text, sizeof text, "%s", answer ? answer : "");
	free(answer);
	return text;
}

START_TEST(both_rooms_have_to_agree)
{
	char token[2048];
	unsigned status;
	visitors_tear_down();
	visitors_set_up(1);
	bob = with_token("there", "bob", "{\"admin\":true}");
	ann = with_token("here", "ann", "{\"admin\":true}");
	visitor *dan = with_token("here", "dan", "{\"control\":true}");
	asks(dan, "EPERM", ADD_BOB);
	says("no right to bring guests here (admin)");
	asks(ann, "EPERM", ADD_BOB);
	says("guest_add.token: missing");
	snprintf(token, sizeof token, "%s", visit_token("there", "{}"));
	asks(ann, "EPERM", ADD_BOB ",'token':'%s'", token);
	says("no right to lend out users of that room");
	snprintf(token, sizeof token, "%s", visit_token("elsewhere", "{\"admin\":true}"));
	asks(ann, "ETOKEN", ADD_BOB ",'token':'%s'", token);
	says("it is for another room");
	snprintf(token, sizeof token, "%s", visit_token("there", "{\"admin\":true}"));
	asks(ann, "ok", ADD_BOB ",'token':'%s'", token);
	asks(dan, "EPERM", "'type':'guest_remove','user':'bob@there'");
	asks(ann, "ok", "'type':'guest_remove','user':'bob@there'");
	rest("POST", "/v1/rooms/here/guests", "{\"room\":\"there\",\"user\":\"bob\"}", visit_token("here", "{\"admin\":true}"), &status);
	ck_assert_uint_eq(status, 403);
	snprintf(token, sizeof token, "%s", visit_token("*", "{\"admin\":true}"));
	ck_assert_str_eq(rest("POST", "/v1/rooms/here/guests", "{\"room\":\"there\",\"user\":\"bob\"}", token, &status), "{\"guest\":\"bob@there\",\"room\":\"there\",\"user\":\"bob\"}");
	ck_assert_uint_eq(status, 201);
	ck_assert_ptr_nonnull(strstr(rest("GET", "/v1/rooms/here/members", "", token, &status), "\"guest\":{\"room\":\"there\",\"user\":\"bob\"}"));
	ck_assert_ptr_nonnull(strstr(rest("GET", "/v1/rooms/here", "", token, &status), "\"members\":2"));
	ck_assert_ptr_nonnull(strstr(rest("DELETE", "/v1/rooms/here/members/bob@there", "", token, &status), "is a guest of another room"));
	ck_assert_uint_eq(status, 403);
	ck_assert_ptr_nonnull(strstr(rest("POST", "/v1/rooms/here/members/bob@there/mute", "{\"kind\":\"audio\",\"muted\":true}", token, &status), "where alone it can be muted"));
	ck_assert_uint_eq(status, 403);
	rest("DELETE", "/v1/rooms/here/guests/bob@there", "", token, &status);
	ck_assert_uint_eq(status, 204);
	rest("DELETE", "/v1/rooms/here/guests/bob@there", "", token, &status);
	ck_assert_uint_eq(status, 404);
	ck_assert_ptr_nonnull(strstr(rest("POST", "/v1/rooms/here/guests", "{\"room\":\"nowhere\",\"user\":\"bob\"}", token, &status), "there is no such room"));
	ck_assert_uint_eq(status, 404);
	rest("POST", "/v1/rooms/here/guests", "", token, &status);
	ck_assert_uint_eq(status, 400);
	rest("GET", "/v1/rooms/here/guests", "", token, &status);
	ck_assert_uint_eq(status, 405);
}
END_TEST

START_TEST(a_lost_socket_misses_nothing)
{
	visitor_lose(bob);
	visitor_lose(ann);
	visitor_resume(ann, "here");
	asks(ann, "ok", ADD_BOB);
	visitor_resume(bob, "there");
	heard(bob, LENT);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("guest");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_guest_is_a_member_for_the_others);
	tcase_add_test(t, it_goes_with_its_host);
	tcase_add_test(t, it_goes_with_either_room);
	tcase_add_test(t, who_is_lent_may_end_it);
	tcase_add_test(t, both_may_show_each_other);
	tcase_add_test(t, a_guest_is_controlled_in_its_own_room);
	tcase_add_test(t, nobody_takes_its_name);
	tcase_add_test(t, names_are_made_of_what_is_allowed);
	tcase_add_test(t, what_cannot_be_says_why);
	tcase_add_test(t, so_many_guests_and_no_more);
	tcase_add_test(t, both_rooms_have_to_agree);
	tcase_add_test(t, a_lost_socket_misses_nothing);
	return run_case("server/guest", t);
}
