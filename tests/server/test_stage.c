/* On the stage: who asks, who answers, and who hears of it; on the server's virtual clock. */
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

#include <loquat/plugin/buffer.h>

#include "base/alloc.h"
#include "server/session.h"
#include "server/stage.h"
#include "tests/server/visitors.h"

static visitor *ann, *bob, *eve;

static void set_up(void)
{
	visitors_set_up(0);
	ann = visit("r", "ann", NULL);
	eve = visit("r", "eve", "{'role':'audience'}");
}

static void tear_down(void)
{
	visitors_tear_down();
	ck_assert_int_eq(lq__alloc_live(), 0);
}

#define EVE_ASKS "{'name':'eve','on':true,'type':'stage_request','user':'eve'}\n"
#define EVE_IS_ANSWERED(by, why) "{'by':'" by "','name':'eve','on':false,'reason':'" why "','type':'stage_request','user':'eve'}\n"
#define EVE_ASKS_NO_MORE(why) "{'name':'eve','on':false,'reason':'" why "','type':'stage_request','user':'eve'}\n"

START_TEST(who_is_accepted_is_up_at_once)
{
	bob = visit("r", "bob", NULL);
	visitor *other = visit("r", "oskar", "{'role':'audience'}");
	visitor_heard(ann);
	visitor_heard(eve);
	asks(eve, "ok", "'type':'stage_request','on':true");
	heard(ann, EVE_ASKS);
	heard(bob, EVE_ASKS);
	heard(other, ""); /* who only listens hears of no wishes */
	heard(eve, "");
	asks(ann, "ok", "'type':'stage_answer','user':'eve','accept':true,'reason':'welcome'");
	heard(eve, "{'by':'ann','reason':'welcome','state':'accepted','type':'stage_answer'}\n");
	heard(ann, EVE_IS_ANSWERED("ann", "accepted") "{'name':'eve','type':'user_joined','user':'eve'}\n");
	heard(bob, EVE_IS_ANSWERED("ann", "accepted") "{'name':'eve','type':'user_joined','user':'eve'}\n");
	heard(other, "{'name':'eve','type':'user_joined','user':'eve'}\n");
	asks(bob, "ENOENT", "'type':'stage_answer','user':'eve','accept':true");
	says("another host has answered");
}
END_TEST

START_TEST(who_is_refused_may_ask_again)
{
	asks(eve, "ok", "'type':'stage_request','on':true");
	asks(ann, "ok", "'type':'stage_answer','user':'eve','accept':false,'reason':'later'");
	heard(eve, "{'by':'ann','reason':'later','state':'refused','type':'stage_answer'}\n");
	heard(ann, EVE_ASKS EVE_IS_ANSWERED("ann", "refused"));
	asks(eve, "ok", "'type':'stage_request','on':true");
	heard(ann, EVE_ASKS);
}
END_TEST

START_TEST(one_asks_once)
{
	asks(eve, "ok", "'type':'stage_request','on':true");
	asks(eve, "EEXIST", "'type':'stage_request','on':true");
	says("asked already");
	asks(ann, "ESTATE", "'type':'stage_request','on':true");
	says("up already");
	heard(ann, EVE_ASKS);
	asks(eve, "EINVAL", "'type':'stage_request'");
	says("stage_request.on: missing");
}
END_TEST

START_TEST(a_request_is_withdrawn)
{
	asks(eve, "ok", "'type':'stage_request','on':false"); /* nothing to withdraw */
	heard(ann, "");
	asks(eve, "ok", "'type':'stage_request','on':true");
	asks(eve, "ok", "'type':'stage_request','on':false");
	heard(ann, EVE_ASKS EVE_ASKS_NO_MORE("withdrawn"));
	asks(eve, "ok", "'type':'stage_request','on':true");
	asks(eve, "left", "'type':'leave'");
	heard(ann, EVE_ASKS EVE_ASKS_NO_MORE("left"));
	ck_assert_uint_eq(ann->client.member->room->n_asking, 0);
}
END_TEST

START_TEST(who_comes_up_alone_asks_no_more)
{
	asks(eve, "ok", "'type':'stage_request','on':true");
	asks(eve, "ok", "'type':'role','role':'broadcaster'");
	heard(ann, EVE_ASKS EVE_ASKS_NO_MORE("withdrawn") "{'name':'eve','type':'user_joined','user':'eve'}\n");
}
END_TEST

START_TEST(without_an_answer_a_request_ends_after_a_minute)
{
	visit_until(100);
	asks(eve, "ok", "'type':'stage_request','on':true");
	visit_until(159);
	heard(eve, "");
	visit_until(160);
	heard(eve, "{'state':'timeout','type':'stage_answer'}\n");
	heard(ann, EVE_ASKS EVE_ASKS_NO_MORE("timeout"));
	asks(ann, "ENOENT", "'type':'stage_answer','user':'eve','accept':true");
	asks(eve, "ok", "'type':'stage_request','on':true");
}
END_TEST

START_TEST(hosts_that_come_later_hear_who_waits)
{
	asks(eve, "ok", "'type':'stage_request','on':true");
	visitor *v = visitor_new();
	json_t *joined = visit_try(v, "r", "bob", NULL), *waiting = json_array_get(json_object_get(joined, "waiting"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(waiting, "user")), "eve");
	json_decref(joined);
	v = visitor_new();
	joined = visit_try(v, "r", "dan", "{'role':'audience'}");
	ck_assert_ptr_null(json_object_get(joined, "waiting"));
	json_decref(joined);
	asks(v, "ok", "'type':'role','role':'broadcaster'"); /* and who becomes one */
	heard(v, EVE_ASKS);
	asks(v, "ok", "'type':'role','role':'audience'"); /* and who is one no more */
	heard(v, EVE_ASKS_NO_MORE("no_host"));
}
END_TEST

START_TEST(a_lost_socket_loses_nothing)
{
	asks(eve, "ok", "'type':'stage_request','on':true");
	visitor_lose(eve);
	visitor_lose(ann);
	visit_until(5);
	visitor_resume(ann, "r");
	heard(ann, EVE_ASKS);
	asks(ann, "ok", "'type':'stage_answer','user':'eve','accept':true");
	heard(ann, EVE_IS_ANSWERED("ann", "accepted") "{'name':'eve','type':'user_joined','user':'eve'}\n");
	visitor_resume(eve, "r");
	heard(eve, "{'by':'ann','state':'accepted','type':'stage_answer'}\n");
	asks(ann, "ok", "'type':'stage_remove','user':'eve','reason':'thank you'");
	asks(eve, "ok", "'type':'stage_request','on':true");
	visitor_lose(eve);
	visitor_heard(ann);
	visit_until(30); /* a lost member goes, and its wish with it */
	heard(ann, EVE_ASKS_NO_MORE("left"));
}
END_TEST

START_TEST(who_is_sent_down_is_told_by_whom)
{
	asks(eve, "ok", "'type':'stage_request','on':true");
	asks(ann, "ok", "'type':'stage_answer','user':'eve','accept':true");
	visitor_heard(eve);
	visitor_heard(ann);
	asks(ann, "ok", "'type':'stage_remove','user':'eve','reason':'thank you'");
	heard(eve, "{'by':'ann','reason':'thank you','state':'removed','type':'stage_answer'}\n");
	heard(ann, "{'reason':'invisible','type':'user_left','user':'eve'}\n");
	asks(ann, "ENOENT", "'type':'stage_remove','user':'eve'");
	asks(ann, "ENOENT", "'type':'stage_remove','user':'nobody'");
	asks(ann, "ERANGE", "'type':'stage_remove','user':'eve','reason':'%0300d'", 0);
	says("stage_remove.reason: at most 256 bytes");
	asks(eve, "ok", "'type':'stage_request','on':true"); /* once more */
	heard(ann, EVE_ASKS);
}
END_TEST

static void only_with_tokens(void)
{
	visitors_tear_down();
	visitors_set_up(1);
}

static visitor *with_token(const char *user, const char *claims, const char *role)
{
	char more[2400];
	snprintf(more, sizeof more, "{'role':'%s','token':'%s'}", role, visit_token("r", claims));
	return visit("r", user, more);
}

START_TEST(hosts_are_those_with_the_right_to)
{
	only_with_tokens();
	ann = with_token("ann", "{\"admin\":true}", "audience"); /* an unseen one, too */
	bob = with_token("bob", "{}", "broadcaster");
	visitor *dan = with_token("dan", "{\"control\":true}", "broadcaster");
	eve = with_token("eve", "{\"pub\":false}", "audience");
	visitor_heard(ann);
	visitor_heard(bob);
	asks(eve, "ok", "'type':'stage_request','on':true");
	heard(ann, EVE_ASKS);
	heard(dan, EVE_ASKS);
	heard(bob, "");
	asks(bob, "EPERM", "'type':'stage_answer','user':'eve','accept':true");
	says("admin or control");
	asks(bob, "EPERM", "'type':'stage_remove','user':'dan'");
	char token[2048];
	snprintf(token, sizeof token, "%s", visit_token("r", "{\"control\":true}"));
	asks(bob, "ok", "'type':'token_update','token':'%s'", token); /* a right that comes later */
	heard(bob, EVE_ASKS);
	asks(dan, "ok", "'type':'stage_answer','user':'eve','accept':true");
}
END_TEST

/* How far a publish gets: without the right to it nobody looks at its description. */
#define PUBLISH "'type':'publish','sdp':'v=0','tracks':[]"

START_TEST(a_hosts_word_gives_the_right_to_publish_while_one_is_up)
{
	only_with_tokens();
	ann = with_token("ann", "{\"admin\":true}", "broadcaster");
	eve = with_token("eve", "{\"pub\":false}", "audience");
	asks(eve, "EPERM", PUBLISH);
	asks(eve, "ok", "'type':'stage_request','on':true");
	asks(ann, "ok", "'type':'stage_answer','user':'eve','accept':true");
	asks(eve, "EINVAL", PUBLISH);
	says("publish.sdp");
	asks(ann, "ok", "'type':'control','user':'eve','kind':'audio','on':true");
	asks(ann, "ok", "'type':'stage_remove','user':'eve'");
	asks(eve, "EPERM", PUBLISH);
	asks(eve, "ok", "'type':'role','role':'broadcaster'"); /* seen, but silent */
	asks(eve, "EPERM", PUBLISH);
	says("the token does not give the right to publish");
}
END_TEST

START_TEST(a_right_that_ends_does_not_undo_a_hosts_word)
{
	only_with_tokens();
	ann = with_token("ann", "{\"admin\":true}", "broadcaster");
	eve = with_token("eve", "{\"pub_exp\":50}", "audience");
	asks(eve, "ok", "'type':'stage_request','on':true");
	asks(ann, "ok", "'type':'stage_answer','user':'eve','accept':true");
	visit_until(60);
	asks(eve, "EINVAL", PUBLISH);
	asks(ann, "ok", "'type':'stage_remove','user':'eve'");
	asks(eve, "ok", "'type':'role','role':'broadcaster'");
	asks(eve, "EPERM", PUBLISH);
}
END_TEST

static void make_room(const char *fields)
{
	char request[300];
	visitor *v = visitor_new();
	snprintf(request, sizeof request, "'type':'room_create','room':'small'%s", fields);
	asks(v, "logged_in", "'type':'login','v':1,'user':'boss'");
	asks(v, "room_created", "%s", request);
}

START_TEST(a_stage_may_have_a_limit)
{
	ck_assert_int_eq(lq__session_start(&visited, 1, 10 * LQ_SEC, visit_now, visit_now / 1000000), 0);
	make_room(",'max_broadcasters':2");
	ann = visit("small", "ann", NULL);
	bob = visit("small", "bob", NULL);
	visitor *v = visitor_new();
	json_t *m = visit_try(v, "small", "eve", NULL);
	ck_assert_str_eq(json_string_value(json_object_get(m, "code")), "EFULL");
	json_decref(m);
	eve = visit("small", "eve", "{'role':'audience'}");
	asks(eve, "EFULL", "'type':'role','role':'broadcaster'");
	says("2 are on the stage, and it takes no more");
	asks(eve, "ok", "'type':'stage_request','on':true");
	asks(ann, "EFULL", "'type':'stage_answer','user':'eve','accept':true");
	asks(ann, "ok", "'type':'stage_remove','user':'bob'");
	asks(ann, "ok", "'type':'stage_answer','user':'eve','accept':true"); /* it still waits */
	visitor_lose(ann);
	visit("small", "ann", NULL); /* who takes its own place again needs no other */
	lq__calls_destroy(visited.calls);
}
END_TEST

START_TEST(so_many_wait_and_no_more)
{
	eve->client.member->room->n_asking = LQ_STAGE_WAITING_MAX;
	asks(eve, "EFULL", "'type':'stage_request','on':true");
	says("500 are waiting already");
	eve->client.member->room->n_asking = 0;
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("stage");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, who_is_accepted_is_up_at_once);
	tcase_add_test(t, who_is_refused_may_ask_again);
	tcase_add_test(t, one_asks_once);
	tcase_add_test(t, a_request_is_withdrawn);
	tcase_add_test(t, who_comes_up_alone_asks_no_more);
	tcase_add_test(t, without_an_answer_a_request_ends_after_a_minute);
	tcase_add_test(t, hosts_that_come_later_hear_who_waits);
	tcase_add_test(t, a_lost_socket_loses_nothing);
	tcase_add_test(t, who_is_sent_down_is_told_by_whom);
	tcase_add_test(t, hosts_are_those_with_the_right_to);
	tcase_add_test(t, a_hosts_word_gives_the_right_to_publish_while_one_is_up);
	tcase_add_test(t, a_right_that_ends_does_not_undo_a_hosts_word);
	tcase_add_test(t, a_stage_may_have_a_limit);
	tcase_add_test(t, so_many_wait_and_no_more);
	return run_case("server/stage", t);
}
