/* Members of three rooms ask, answer, go up and down, are lent, leave, lose their sockets and come back, in any order. After each step all of them know what is so: who is there, who waits and where
 * they are lent. LQ_STAGE_SEED, LQ_STAGE_STEPS. */
#include "tests/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/plugin/buffer.h>

#include "base/alloc.h"
#include "server/stage.h"
#include "server/room_private.h"
#include "tests/server/visitors.h"

enum { PEOPLE = 9, ROOMS = 3, STEPS = 3000 };

/* What somebody was told; as objects, whose keys are the names. */
typedef struct knows {
	visitor *v;
	json_t *members, *waiting, *lent;
	int lost;
} knows;

static knows all[PEOPLE];
static const char *const rooms[ROOMS] = {"here", "there", "a & b"};

static int pick(int n)
{
	return (int)(random() % n);
}

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static void put(json_t *set, const char *name, int on)
{
	ck_assert_msg((json_object_get(set, name) == NULL) == on, "%s is told twice", name);
	if (on)
		json_object_set_new(set, name, json_true());
	else
		json_object_del(set, name);
}

static void hear(knows *k)
{
	const json_t *m;
	size_t i;
	json_array_foreach(k->v->inbox, i, m) {
		const char *type = text(m, "type");
		int on = json_is_true(json_object_get(m, "on"));
		ck_assert_int_eq(json_integer_value(json_object_get(m, "seq")), (json_int_t)++k->v->seq);
		if (!strcmp(type, "user_joined") || !strcmp(type, "user_left"))
			put(k->members, text(m, "user"), !strcmp(type, "user_joined"));
		else if (!strcmp(type, "stage_request"))
			put(k->waiting, text(m, "user"), on);
		else if (!strcmp(type, "guest"))
			put(k->lent, text(m, "room"), on);
	}
	json_array_clear(k->v->inbox);
}

static json_t *names(json_t *list)
{
	json_t *set = json_object(), *m;
	size_t i;
	json_array_foreach(list, i, m)
		json_object_set_new(set, text(m, "user"), json_true());
	json_decref(list);
	return set;
}

static json_t *lent_to(const lq__member *m)
{
	json_t *set = json_object();
	LQ__EACH(lq__member, g, &m->guests, guest_link)
		json_object_set_new(set, g->room->name, json_true());
	return set;
}

static void same(const json_t *told, json_t *truth, const char *what, const char *who)
{
	if (!json_equal(told, truth))
		ck_abort_msg("%s: %s: told %s, is %s", who, what, json_dumps(told, 0), json_dumps(truth, 0));
	json_decref(truth);
}

static void look(void)
{
	for (int i = 0; i < PEOPLE; i++) {
		const lq__member *m = all[i].v->client.member;
		if (!m)
			continue;
		hear(&all[i]);
		same(all[i].members, names(lq__member_snapshot(m)), "members", m->user);
		same(all[i].waiting, names(lq__stage_json(m)), "waiting", m->user);
		same(all[i].lent, lent_to(m), "lent", m->user);
	}
	for (int r = 0; r < ROOMS; r++) {
		const lq__room *room = lq__room_find(visited.rooms, rooms[r]);
		uint32_t asking = 0, guests = 0;
		if (!room)
			continue;
		LQ__EACH(lq__member, m, &room->members, link) {
			asking += m->asks != 0;
			guests += m->guest_of != NULL;
		}
		ck_assert_uint_eq(asking, room->n_asking);
		ck_assert_uint_eq(guests, room->n_guests);
	}
}

/* ---- what they do ---- */

static void forget(knows *k)
{
	json_decref(k->members);
	json_decref(k->waiting);
	json_decref(k->lent);
	k->members = k->waiting = k->lent = NULL;
}

static void come(knows *k)
{
	char user[16];
	snprintf(user, sizeof user, "u%d", (int)(k - all));
	visitor_fresh(k->v);
	forget(k);
	json_t *m = visit_try(k->v, rooms[pick(ROOMS)], user, pick(2) ? "{'role':'audience'}" : NULL);
	ck_assert_str_eq(text(m, "type"), "joined");
	k->members = names(json_incref(json_object_get(m, "members")));
	k->waiting = names(json_incref(json_object_get(m, "waiting")));
	k->lent = json_object();
	k->lost = 0;
	json_decref(m);
}

/* The name of anybody, here or not. */
static const char *somebody(void)
{
	static char name[64];
	int guest = pick(3);
	snprintf(name, sizeof name, guest ? "u%d" : "u%d@%s", pick(PEOPLE), rooms[pick(2)]);
	return name;
}

static void act(knows *k)
{
	visitor *v = k->v;
	switch (pick(12)) {
	case 0: case 1: visitor_asks(v, "'type':'stage_request','on':true"); break;
	case 2: visitor_asks(v, "'type':'stage_request','on':false"); break;
	case 3: case 4: visitor_asks(v, "'type':'stage_answer','user':'%s','accept':%s", somebody(), pick(2) ? "true" : "false"); break;
	case 5: visitor_asks(v, "'type':'stage_remove','user':'%s'", somebody()); break;
	case 6: visitor_asks(v, "'type':'role','role':'%s'", pick(2) ? "audience" : "broadcaster"); break;
	case 7: case 8: visitor_asks(v, "'type':'guest_add','room':'%s','user':'%s'", rooms[pick(ROOMS)], somebody()); break;
	case 9: visitor_asks(v, "'type':'guest_remove','%s':'%s'", pick(2) ? "user" : "room", pick(2) ? somebody() : rooms[pick(ROOMS)]); break;
	case 10: visitor_asks(v, "'type':'kick','user':'%s'", somebody()); break;
	default: visitor_asks(v, "'type':'leave'"); break;
	}
}

static void step(knows *k)
{
	if (k->lost) {
		lq__member *m = lq__rooms_find(visited.rooms, k->v->room, k->v->user);
		if (m && !strcmp(m->session, k->v->session) && pick(4))
			visitor_resume(k->v, k->v->room);
		else if (!m)
			come(k);
		k->lost = k->v->client.member == NULL;
	} else if (!k->v->client.member) {
		come(k);
	} else if (!pick(12)) {
		hear(k);
		visitor_lose(k->v);
		k->lost = 1;
	} else {
		act(k);
	}
}

static void set_up(void)
{
	visitors_set_up(0);
	memset(all, 0, sizeof all);
	for (int i = 0; i < PEOPLE; i++)
		all[i].v = visitor_new();
}

static void tear_down(void)
{
	visitors_tear_down();
	for (int i = 0; i < PEOPLE; i++)
		forget(&all[i]);
	ck_assert_int_eq(lq__alloc_live(), 0);
}

START_TEST(everybody_knows_what_is_so)
{
	const char *seed = getenv("LQ_STAGE_SEED"), *steps = getenv("LQ_STAGE_STEPS");
	srandom(seed ? (unsigned)atoi(seed) : 4711);
	for (int i = 0, n = steps ? atoi(steps) : STEPS; i < n; i++) {
		step(&all[pick(PEOPLE)]);
		if (!pick(20))
			visit_until(visit_now / LQ_SEC + pick(30));
		look();
	}
	ck_assert_uint_gt(visited.rooms->figures.resumes, 0);
	ck_assert_uint_gt(visited.rooms->figures.timeouts, 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("stage_random");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, everybody_knows_what_is_so);
	return run_case("server/stage_random", t);
}
