/* Rooms without sockets, media or a clock: what everybody is told, in which order. */
#include "tests/unit/suite.h"

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "server/room.h"

#define SECOND INT64_C(1000000000)

/* A connection that writes down what it is sent. */
typedef struct person {
	char log[4096];
	lq__member *member;
	int64_t media_seen;
} person;

static lq__rooms *rooms;
static person ann, bob, eve, old, new; /* outlive the tests: the last of them leave when the rooms end */
static int tracks_left, settled;

static void send_to(void *conn, const json_t *m)
{
	person *p = conn;
	size_t n = strlen(p->log);
	char *text = json_dumps(m, JSON_COMPACT | JSON_SORT_KEYS);
	snprintf(p->log + n, sizeof p->log - n, "%s\n", text);
	free(text);
}

static void kicked(void *conn, const char *reason)
{
	person *p = conn;
	size_t n = strlen(p->log);
	snprintf(p->log + n, sizeof p->log - n, "closed: %s\n", reason);
	p->member = NULL;
}

static void nothing(void *arg, lq__member *m) {}
static void track_leaving(void *arg, lq__track *t) { tracks_left++; }
static void on_settled(void *arg, lq__room *room) { settled++; }
static int64_t media_seen(void *arg, lq__member *m) { return ((person *)m->conn)->media_seen; }

static void set_up(void)
{
	ann = bob = eve = old = new = (person){0};
	tracks_left = settled = 0;
	const lq__rooms_host host = {send_to, kicked, nothing, nothing, track_leaving, on_settled, media_seen, NULL};
	rooms = lq__rooms_create(&host, 2, 10 * SECOND);
	ck_assert_ptr_nonnull(rooms);
}

static void tear_down(void)
{
	lq__rooms_destroy(rooms);
	ck_assert_int_eq(lq__alloc_live(), 0);
}

static int try_join(person *p, const char *room, const char *user, char *error)
{
	lq__join j = {.room = room, .user = user, .name = "", .may_publish = 1, .may_subscribe = 1};
	p->media_seen = LQ_TIME_NONE;
	return lq__rooms_join(rooms, &j, p, 0, &p->member, error, 256);
}

static void join(person *p, const char *room, const char *user)
{
	char error[256] = "";
	ck_assert_msg(!try_join(p, room, user, error), "%s", error);
}

static void said(person *p, const char *text)
{
	ck_assert_str_eq(p->log, text);
	*p->log = 0;
}

static uint64_t figure(size_t offset)
{
	lq__rooms_figures f;
	lq__rooms_figures_get(rooms, &f);
	return *(uint64_t *)(void *)((char *)&f + offset);
}
#define FIGURE(name) figure(offsetof(lq__rooms_figures, name))

START_TEST(members_hear_of_each_other)
{
	join(&ann, "r", "ann");
	join(&bob, "r", "bob");
	join(&eve, "elsewhere", "eve");
	said(&ann, "{\"name\":\"bob\",\"seq\":1,\"type\":\"user_joined\",\"user\":\"bob\"}\n");
	said(&bob, "");
	ck_assert_uint_eq(FIGURE(rooms), 2);
	ck_assert_uint_eq(FIGURE(members), 3);
	lq__member_leave(ann.member, "left");
	said(&bob, "{\"reason\":\"left\",\"seq\":1,\"type\":\"user_left\",\"user\":\"ann\"}\n");
	said(&ann, "");
	said(&eve, "");
}
END_TEST

START_TEST(a_room_lives_as_long_as_it_has_members)
{
	char sid[LQ_SID_SIZE];
	join(&ann, "r", "ann");
	strcpy(sid, ann.member->room->sid);
	lq__member_leave(ann.member, "left");
	ck_assert_uint_eq(FIGURE(rooms), 0);
	join(&ann, "r", "ann");
	ck_assert_str_ne(ann.member->room->sid, sid);
}
END_TEST

START_TEST(rooms_are_spread_over_workers)
{
	join(&ann, "one", "a");
	join(&bob, "two", "b");
	join(&eve, "one", "c");
	ck_assert_uint_ne(ann.member->room->worker, bob.member->room->worker);
	ck_assert_uint_eq(ann.member->room->worker, eve.member->room->worker);
}
END_TEST

START_TEST(the_second_of_a_name_wins)
{
	join(&old, "r", "ann");
	join(&bob, "r", "bob");
	*old.log = 0;
	join(&new, "r", "ann");
	said(&old, "{\"reason\":\"duplicate\",\"seq\":2,\"type\":\"kicked\"}\nclosed: duplicate\n");
	said(&bob, "{\"reason\":\"duplicate\",\"seq\":1,\"type\":\"user_left\",\"user\":\"ann\"}\n{\"name\":\"ann\",\"seq\":2,\"type\":\"user_joined\",\"user\":\"ann\"}\n");
	said(&new, "");
	ck_assert_ptr_null(old.member);
	ck_assert_uint_eq(new.member->seq, 0);
	ck_assert_uint_eq(FIGURE(members), 2);
}
END_TEST

START_TEST(a_lonely_member_that_comes_again_stays_in_its_room)
{
	char sid[LQ_SID_SIZE];
	join(&old, "r", "ann");
	strcpy(sid, old.member->room->sid);
	join(&new, "r", "ann");
	ck_assert_str_eq(new.member->room->sid, sid);
}
END_TEST

START_TEST(a_user_without_a_name_gets_one)
{
	join(&ann, "r", "");
	join(&bob, "r", "");
	ck_assert_int_eq(strncmp(ann.member->user, "user-", 5), 0);
	ck_assert_str_ne(ann.member->user, bob.member->user);
	ck_assert_str_eq(ann.member->name, ann.member->user);
}
END_TEST

START_TEST(bad_names_are_refused_with_the_reason)
{
	char error[256], long_name[66];
	memset(long_name, 'x', 65);
	long_name[65] = 0;
	ck_assert_int_eq(try_join(&ann, "", "ann", error), LQ_ERANGE);
	ck_assert_str_eq(error, "join.room: a room name has 1 to 64 bytes, this one has 0");
	ck_assert_int_eq(try_join(&ann, long_name, "ann", error), LQ_ERANGE);
	ck_assert_str_eq(error, "join.room: a room name has 1 to 64 bytes, this one has 65");
	ck_assert_int_eq(try_join(&ann, "a/b", "ann", error), LQ_EINVAL);
	ck_assert_int_eq(try_join(&ann, "r", "ann b", error), LQ_EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "join.user: a user id has letters"));
	ck_assert_uint_eq(FIGURE(rooms), 0);
	join(&ann, long_name + 1, "ann");
}
END_TEST

START_TEST(a_full_room_takes_no_more)
{
	static person crowd[LQ_ROOM_MEMBERS_MAX + 1];
	char user[16], error[256];
	for (int i = 0; i < LQ_ROOM_MEMBERS_MAX; i++) {
		snprintf(user, sizeof user, "u%d", i);
		join(&crowd[i], "r", user);
	}
	ck_assert_int_eq(try_join(&crowd[LQ_ROOM_MEMBERS_MAX], "r", "late", error), LQ_EFULL);
	ck_assert_int_eq(try_join(&crowd[LQ_ROOM_MEMBERS_MAX], "r", "u5", error), 0); /* takes its own place */
}
END_TEST

START_TEST(tracks_are_told_and_taken_back)
{
	lq__track *t, *other;
	char expected[300];
	join(&ann, "r", "ann");
	join(&bob, "r", "bob");
	*ann.log = 0;
	ck_assert_int_eq(lq__track_create(ann.member, LQ_MEDIA_VIDEO, 1, "0", &t), 0);
	ck_assert_int_eq(lq__track_create(ann.member, LQ_MEDIA_VIDEO, 1, "1", &other), LQ_EEXIST);
	t->codec = LQ_CODEC_VP8;
	said(&bob, "");
	lq__track_announce(t);
	snprintf(expected, sizeof expected,
	         "{\"seq\":2,\"track\":{\"codec\":\"VP8\",\"height\":0,\"id\":\"%s\",\"kind\":\"video\",\"muted\":false,\"stream\":\"sub\",\"user\":\"ann\",\"width\":0},"
	         "\"type\":\"track_published\"}\n", t->id);
	*strchr(expected, '2') = '1';
	said(&bob, expected);
	ck_assert_ptr_eq(lq__room_find_track(bob.member->room, t->id), t);
	ck_assert_ptr_eq(lq__track_by_mid(ann.member, "0"), t);
	lq__track_mute(t, 1);
	lq__track_mute(t, 1);
	snprintf(expected, sizeof expected, "{\"muted\":true,\"seq\":2,\"track\":\"%s\",\"type\":\"track_muted\",\"user\":\"ann\"}\n", t->id);
	said(&bob, expected);
	snprintf(expected, sizeof expected, "{\"seq\":3,\"track\":\"%s\",\"type\":\"track_unpublished\",\"user\":\"ann\"}\n", t->id);
	lq__track_remove(t);
	said(&bob, expected);
	said(&ann, "");
	ck_assert(tracks_left == 1 && settled == 1);
}
END_TEST

START_TEST(who_leaves_takes_its_tracks_along)
{
	lq__track *t;
	char expected[300];
	join(&ann, "r", "ann");
	join(&bob, "r", "bob");
	ck_assert_int_eq(lq__track_create(ann.member, LQ_MEDIA_AUDIO, 0, "0", &t), 0);
	lq__track_announce(t);
	snprintf(expected, sizeof expected, "{\"seq\":2,\"track\":\"%s\",\"type\":\"track_unpublished\",\"user\":\"ann\"}\n"
	         "{\"reason\":\"left\",\"seq\":3,\"type\":\"user_left\",\"user\":\"ann\"}\n", t->id);
	*bob.log = 0;
	lq__member_leave(ann.member, "left");
	said(&bob, expected);
	ck_assert_uint_eq(FIGURE(tracks), 0);
}
END_TEST

START_TEST(a_newcomer_gets_a_picture_of_the_room)
{
	lq__track *t;
	join(&ann, "r", "ann");
	join(&bob, "r", "bob");
	ck_assert_int_eq(lq__track_create(ann.member, LQ_MEDIA_AUDIO, 0, "0", &t), 0);
	json_t *s = lq__member_snapshot(bob.member);
	ck_assert_uint_eq(json_array_size(s), 1);
	const json_t *m = json_array_get(s, 0);
	ck_assert_str_eq(json_string_value(json_object_get(m, "user")), "ann");
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(json_object_get(m, "tracks"), 0), "id")), t->id);
	json_decref(s);
}
END_TEST

START_TEST(a_silent_member_times_out)
{
	join(&ann, "r", "ann");
	join(&bob, "r", "bob");
	join(&eve, "r", "eve");
	*ann.log = *bob.log = *eve.log = 0;
	bob.media_seen = 5 * SECOND; /* no pong, but packets */
	eve.member->seen = 6 * SECOND;
	lq__rooms_tick(rooms, 10 * SECOND, 0);
	said(&bob, "");
	lq__rooms_tick(rooms, 10 * SECOND + 1, 0);
	said(&ann, "{\"reason\":\"timeout\",\"seq\":3,\"type\":\"kicked\"}\nclosed: timeout\n");
	said(&bob, "{\"reason\":\"timeout\",\"seq\":2,\"type\":\"user_left\",\"user\":\"ann\"}\n");
	ck_assert_uint_eq(FIGURE(members), 2);
	ck_assert_uint_eq(FIGURE(timeouts), 1);
}
END_TEST

START_TEST(a_token_ends)
{
	join(&ann, "r", "ann");
	ann.member->expires = 1000;
	ck_assert_int_eq(lq__rooms_tick(rooms, 0, 969999), 970000);
	said(&ann, "");
	ck_assert_int_eq(lq__rooms_tick(rooms, 0, 970000), 1000000);
	said(&ann, "{\"ms_left\":30000,\"scope\":\"room\",\"seq\":1,\"type\":\"token_will_expire\"}\n");
	ck_assert_int_eq(lq__rooms_tick(rooms, 0, 999999), 1000000);
	said(&ann, "");
	lq__rooms_tick(rooms, 0, 1000000);
	said(&ann, "{\"reason\":\"token_expired\",\"seq\":2,\"type\":\"kicked\"}\nclosed: token_expired\n");
}
END_TEST

/* ---- lost sockets ---- */

static int back(person *p, const char *user, const char *device, const char *session, uint64_t seq, int64_t now, char *error)
{
	lq__join j = {.room = "r", .user = user, .name = "", .device = device, .session = session, .seq = seq, .may_publish = 1, .may_subscribe = 1};
	p->media_seen = LQ_TIME_NONE;
	return lq__rooms_resume(rooms, &j, p, now, &p->member, error, 256);
}

static void lose(person *p, int64_t now, char session[LQ_SID_SIZE])
{
	strcpy(session, p->member->session);
	lq__member_lost(p->member, now);
	*p->log = 0;
}

START_TEST(a_lost_member_goes_on_where_it_was)
{
	char session[LQ_SID_SIZE], error[256];
	join(&ann, "r", "ann");
	join(&bob, "r", "bob");
	lose(&ann, SECOND, session);
	join(&eve, "r", "eve");
	ck_assert_int_eq(lq__member_message(bob.member, "ann", "hi"), 0);
	said(&ann, "");
	lq__rooms_tick(rooms, 10 * SECOND, 0); /* ten seconds after the last sign of life, nine after the loss */
	ck_assert_int_eq(back(&new, "ann", "", session, 1, 10 * SECOND, error), 0);
	ck_assert_ptr_eq(new.member, ann.member);
	lq__member_resend(new.member, 1);
	said(&new, "{\"name\":\"eve\",\"seq\":2,\"type\":\"user_joined\",\"user\":\"eve\"}\n"
	           "{\"from\":\"bob\",\"private\":true,\"seq\":3,\"text\":\"hi\",\"type\":\"message\"}\n");
	join(&old, "r", "dan");
	said(&new, "{\"name\":\"dan\",\"seq\":4,\"type\":\"user_joined\",\"user\":\"dan\"}\n");
	said(&bob, "{\"name\":\"eve\",\"seq\":1,\"type\":\"user_joined\",\"user\":\"eve\"}\n{\"name\":\"dan\",\"seq\":2,\"type\":\"user_joined\",\"user\":\"dan\"}\n");
	ck_assert_uint_eq(FIGURE(resumes), 1);
	lq__rooms_tick(rooms, 12 * SECOND, 0);
	ck_assert_ptr_nonnull(new.member);
}
END_TEST

START_TEST(a_member_that_is_lost_for_too_long_has_timed_out)
{
	char session[LQ_SID_SIZE], error[256];
	join(&ann, "r", "ann");
	join(&bob, "r", "bob");
	bob.member->seen = 20 * SECOND;
	lose(&ann, SECOND, session);
	ann.media_seen = 10 * SECOND; /* its media does not help */
	lq__rooms_tick(rooms, 11 * SECOND - 1, 0);
	said(&bob, "");
	lq__rooms_tick(rooms, 11 * SECOND, 0);
	said(&bob, "{\"reason\":\"timeout\",\"seq\":1,\"type\":\"user_left\",\"user\":\"ann\"}\n");
	said(&ann, "");
	ck_assert_int_eq(back(&ann, "ann", "", session, 1, 12 * SECOND, error), LQ_ENOENT);
	ck_assert_ptr_nonnull(strstr(error, "join.session"));
}
END_TEST

START_TEST(a_socket_that_nobody_knows_to_be_lost_is_replaced)
{
	char session[LQ_SID_SIZE], error[256];
	join(&old, "r", "ann");
	join(&bob, "r", "bob");
	strcpy(session, old.member->session);
	*old.log = *bob.log = 0;
	ck_assert_int_eq(back(&new, "ann", "", session, 0, 0, error), 0);
	said(&old, "closed: replaced\n");
	said(&bob, "");
	lq__member_resend(new.member, 0);
	said(&new, "{\"name\":\"bob\",\"seq\":1,\"type\":\"user_joined\",\"user\":\"bob\"}\n");
}
END_TEST

START_TEST(nobody_goes_on_with_what_is_not_theirs)
{
	char session[LQ_SID_SIZE], error[256];
	join(&ann, "r", "ann");
	join(&bob, "r", "bob");
	lose(&ann, 0, session);
	ck_assert_int_eq(back(&new, "ann", "", "0123456789abcdef", 0, 0, error), LQ_ENOENT);
	ck_assert_int_eq(back(&new, "bob", "", session, 0, 0, error), LQ_ENOENT);
	ck_assert_int_eq(back(&new, "ann", "", session, 2, 0, error), LQ_ENOENT); /* of the future */
	ck_assert_int_eq(back(&new, "ann", "", "", 0, 0, error), LQ_ENOENT);
	ck_assert_int_eq(back(&new, "ann", "", session, 1, 0, error), 0);
}
END_TEST

START_TEST(only_so_many_events_are_kept)
{
	char session[LQ_SID_SIZE], error[256], big[65537];
	join(&ann, "r", "ann");
	join(&bob, "r", "bob");
	lose(&ann, 0, session);
	for (int i = 0; i < LQ_MEMBER_EVENTS - 1; i++)
		ck_assert_int_eq(lq__member_message(bob.member, "", "hi"), 0);
	ck_assert_int_eq(back(&new, "ann", "", session, 0, 0, error), 0);
	lq__member_lost(new.member, 0);
	ck_assert_int_eq(lq__member_message(bob.member, "", "one more"), 0);
	ck_assert_int_eq(back(&new, "ann", "", session, 0, 0, error), LQ_ENOENT);
	ck_assert_int_eq(back(&new, "ann", "", session, 1, 0, error), 0);
	lq__member_lost(new.member, 0);
	memset(big, 'x', 65536);
	big[65536] = 0;
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(lq__member_message(bob.member, "", big), 0);
	ck_assert_int_eq(back(&new, "ann", "", session, new.member->seq - 4, 0, error), LQ_ENOENT);
	ck_assert_int_eq(back(&new, "ann", "", session, new.member->seq - 3, 0, error), 0);
}
END_TEST

START_TEST(who_was_put_out_does_not_come_back_by_itself)
{
	char session[LQ_SID_SIZE], error[256];
	join(&ann, "r", "ann");
	lose(&ann, 0, session);
	lq__member_kick(ann.member, "kicked", "kicked");
	ck_assert_int_eq(back(&ann, "ann", "", session, 0, 0, error), LQ_EPERM);
	ck_assert_str_eq(error, "kicked");
	join(&old, "r", "ann");
	lose(&old, 0, session);
	join(&new, "r", "ann");
	ck_assert_int_eq(back(&old, "ann", "", session, 0, 0, error), LQ_EDUPLICATE);
}
END_TEST

START_TEST(a_join_that_comes_late_takes_no_place_from_the_next_of_its_device)
{
	char error[256];
	lq__join j = {.room = "r", .user = "ann", .name = "", .device = "laptop", .nth = 2};
	ck_assert_int_eq(lq__rooms_join(rooms, &j, &new, 0, &new.member, error, sizeof error), 0);
	join(&bob, "r", "bob");
	j.nth = 1;
	ck_assert_int_eq(lq__rooms_join(rooms, &j, &old, 0, &old.member, error, sizeof error), LQ_EDUPLICATE);
	j.session = "0123456789abcdef";
	ck_assert_int_eq(lq__rooms_resume(rooms, &j, &old, 0, &old.member, error, sizeof error), LQ_EDUPLICATE);
	said(&bob, "");
	j.nth = 0; /* does not say: taken for the later one */
	j.session = NULL;
	ck_assert_int_eq(lq__rooms_join(rooms, &j, &old, 0, &old.member, error, sizeof error), 0);
}
END_TEST

START_TEST(a_rejoin_takes_no_place_from_a_later_device)
{
	char error[256];
	lq__join j = {.room = "r", .user = "ann", .name = "", .device = "laptop"};
	ck_assert_int_eq(lq__rooms_join(rooms, &j, &new, 0, &new.member, error, sizeof error), 0);
	join(&bob, "r", "bob");
	ck_assert_int_eq(back(&old, "ann", "phone", "0123456789abcdef", 0, 0, error), LQ_EDUPLICATE);
	ck_assert_int_eq(back(&old, "ann", "laptop", "0123456789abcdef", 0, 0, error), LQ_ENOENT);
	j.session = "0123456789abcdef";
	ck_assert_int_eq(lq__rooms_join(rooms, &j, &old, 0, &old.member, error, sizeof error), 0);
	said(&bob, "{\"reason\":\"timeout\",\"seq\":1,\"type\":\"user_left\",\"user\":\"ann\"}\n{\"name\":\"ann\",\"seq\":2,\"type\":\"user_joined\",\"user\":\"ann\"}\n");
}
END_TEST

START_TEST(answers_are_kept_for_requests_that_come_again)
{
	join(&ann, "r", "ann");
	for (int i = 1; i <= LQ_MEMBER_ANSWERS + 1; i++) {
		json_t *answer = json_pack("{s:s, s:i}", "type", "ok", "id", i);
		lq__member_answered(ann.member, answer);
		json_decref(answer);
	}
	ck_assert_ptr_null(lq__member_find_answer(ann.member, 1));
	ck_assert_ptr_nonnull(lq__member_find_answer(ann.member, 2));
	ck_assert_ptr_nonnull(lq__member_find_answer(ann.member, LQ_MEMBER_ANSWERS + 1));
}
END_TEST

static void enter_as_task(person *p, const char *room, const char *user, int code)
{
	char error[256] = "";
	lq__join j = {.room = room, .user = user, .name = "", .may_subscribe = 1, .audience = 1, .must_exist = 1, .egress = 1};
	p->media_seen = LQ_TIME_NONE;
	ck_assert_int_eq(lq__rooms_join(rooms, &j, p, 0, &p->member, error, 256), code);
}

START_TEST(a_task_is_not_seen_and_keeps_no_room)
{
	char error[256];
	enter_as_task(&eve, "r", "egress-1", LQ_ENOENT); /* it makes no room */
	join(&ann, "r", "ann");
	enter_as_task(&eve, "r", "egress-1", 0);
	enter_as_task(&new, "r", "egress-2", 0);
	join(&bob, "r", "bob");
	ck_assert_uint_eq(FIGURE(members), 2);
	ck_assert_uint_eq(FIGURE(joins), 2);
	ck_assert_uint_eq(lq__room_people(ann.member->room), 2);
	said(&ann, "{\"name\":\"bob\",\"seq\":1,\"type\":\"user_joined\",\"user\":\"bob\"}\n");
	ck_assert_int_eq(try_join(&old, "r", "egress-1", error), LQ_EPERM); /* nobody takes its place */
	ck_assert_str_eq(error, "join.user: a task has this name");
	*eve.log = *new.log = 0;
	lq__member_leave(ann.member, "left");
	ck_assert_uint_eq(FIGURE(rooms), 1);
	lq__member_leave(bob.member, "left");
	ck_assert_uint_eq(FIGURE(rooms), 0);
	ck_assert_ptr_nonnull(strstr(eve.log, "room_closed"));
	ck_assert_ptr_nonnull(strstr(new.log, "room_closed"));
	ck_assert_uint_eq(FIGURE(members), 0);
}
END_TEST

START_TEST(tasks_go_with_whoever_times_out_or_is_put_out)
{
	join(&ann, "r", "ann");
	enter_as_task(&eve, "r", "egress-1", 0);
	lq__rooms_tick(rooms, 11 * SECOND, 0);
	ck_assert_uint_eq(FIGURE(rooms), 0);
	join(&ann, "r", "ann");
	enter_as_task(&eve, "r", "egress-1", 0); /* and at the end of all, which the fixture tries */
}
END_TEST

START_TEST(memory_that_is_missing_is_an_answer)
{
	char error[256] = "";
	int e;
	long n = 1;
	do {
		lq__alloc_fail_at(n++);
		e = try_join(&ann, "r", "ann", error);
		lq__alloc_fail_at(0);
		ck_assert(!e || e == LQ_ENOMEM);
	} while (e);
	ck_assert_int_gt(n, 2);
	ck_assert_uint_eq(FIGURE(rooms), 1);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("room");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, members_hear_of_each_other);
	tcase_add_test(t, a_room_lives_as_long_as_it_has_members);
	tcase_add_test(t, rooms_are_spread_over_workers);
	tcase_add_test(t, the_second_of_a_name_wins);
	tcase_add_test(t, a_lonely_member_that_comes_again_stays_in_its_room);
	tcase_add_test(t, a_user_without_a_name_gets_one);
	tcase_add_test(t, bad_names_are_refused_with_the_reason);
	tcase_add_test(t, a_full_room_takes_no_more);
	tcase_add_test(t, tracks_are_told_and_taken_back);
	tcase_add_test(t, who_leaves_takes_its_tracks_along);
	tcase_add_test(t, a_newcomer_gets_a_picture_of_the_room);
	tcase_add_test(t, a_silent_member_times_out);
	tcase_add_test(t, a_token_ends);
	tcase_add_test(t, a_lost_member_goes_on_where_it_was);
	tcase_add_test(t, a_member_that_is_lost_for_too_long_has_timed_out);
	tcase_add_test(t, a_socket_that_nobody_knows_to_be_lost_is_replaced);
	tcase_add_test(t, nobody_goes_on_with_what_is_not_theirs);
	tcase_add_test(t, only_so_many_events_are_kept);
	tcase_add_test(t, who_was_put_out_does_not_come_back_by_itself);
	tcase_add_test(t, a_join_that_comes_late_takes_no_place_from_the_next_of_its_device);
	tcase_add_test(t, a_rejoin_takes_no_place_from_a_later_device);
	tcase_add_test(t, answers_are_kept_for_requests_that_come_again);
	tcase_add_test(t, a_task_is_not_seen_and_keeps_no_room);
	tcase_add_test(t, tasks_go_with_whoever_times_out_or_is_put_out);
	tcase_add_test(t, memory_that_is_missing_is_an_answer);
	return run_case("server/room", t);
}
