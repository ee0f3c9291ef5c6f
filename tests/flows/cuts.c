/* Five members of a room, whose links to the server are cut at random for 0.1 to 40 s (of clocks that run faster), while they publish, mute, set attributes, send messages, and others
 * come and go. What each was told is replayed: nobody may join or leave twice, no message come twice or out of order, and in the end each has the same room as one that just came.
 * LQ_CUTS: how many cuts (25), LQ_CUTS_RATE: how much faster the clocks run (20), LQ_CUTS_SEED. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "tests/sdk/relay.h"

enum { MEMBERS = 5, USERS = MEMBERS + 2, ATTRIBUTES = 4, NAME = 24 };

typedef struct person {
	char user[NAME];
	int here;
	unsigned tracks, muted; /* bits 2 * stream + kind - 1 */
	char attributes[ATTRIBUTES][NAME];
} person;

/* What somebody knows of the room. */
typedef struct model {
	lq_room *room;
	char self[NAME];
	person people[USERS];
	char attributes[ATTRIBUTES][NAME]; /* the room's */
	long last[USERS];                  /* number of the last message of each */
	long missed;                       /* messages that were lost, as may be while it was no member */
	int joined, connected, rejoined;   /* rejoined: how often */
	int resumed;
} model;

typedef struct member {
	model model;
	relay *link;
	int64_t healed_at; /* 0: it is whole */
	int frozen;
	long sent;
	unsigned published, muted;
} member;

static member members[MEMBERS];
static flow_server server;
static int failed;
static double rate = 20;

static void wrong(const model *m, const char *what, const char *who)
{
	printf("# %s: %s: %s\n", m->self, what, who);
	failed++;
}

static double chance(void)
{
	return (double)random() / ((double)RAND_MAX + 1);
}

static int pick(int n)
{
	return (int)(chance() * n);
}

/* ---- replaying ---- */

static int number_of(const char *user)
{
	for (int i = 0; i < USERS; i++) {
		char name[NAME];
		snprintf(name, sizeof name, "member-%d", i);
		if (!strcmp(name, user))
			return i;
	}
	return -1;
}

static void on_user(model *m, const lq_sdk_event *e, int joined)
{
	int i = number_of(e->user);
	if (i < 0)
		return; /* the observer */
	person *p = &m->people[i];
	if (p->here == joined)
		wrong(m, joined ? "joined twice" : "left twice", e->user);
	if (!joined && p->tracks)
		wrong(m, "left, but its streams did not go", e->user);
	memset(p, 0, sizeof *p);
	p->here = joined;
}

static void on_stream(model *m, const lq_sdk_event *e)
{
	int i = number_of(e->user);
	unsigned bit = 1u << (2 * e->stream + e->kind - 1);
	if (i < 0)
		return;
	person *p = &m->people[i];
	if (!p->here)
		wrong(m, "a stream of somebody who is not there", e->user);
	if (e->type == LQ_ON_STREAM_MUTED) {
		if (!(p->tracks & bit) || !!(p->muted & bit) == e->muted)
			wrong(m, "muted twice, or what is not there", e->user);
		p->muted = e->muted ? p->muted | bit : p->muted & ~bit;
		return;
	}
	int on = e->type == LQ_ON_STREAM_PUBLISHED;
	if (!!(p->tracks & bit) == on)
		wrong(m, on ? "published twice" : "unpublished twice", e->user);
	p->tracks = on ? p->tracks | bit : p->tracks & ~bit;
	p->muted = on && e->muted ? p->muted | bit : p->muted & ~bit;
}

static void on_attribute(model *m, const lq_sdk_event *e)
{
	int i = number_of(e->user), n = atoi(e->name);
	if (!*e->user || i >= 0)
		snprintf(*e->user ? m->people[i].attributes[n] : m->attributes[n], NAME, "%s", e->on ? e->text : "");
}

static void on_message(model *m, const lq_sdk_event *e)
{
	int i = number_of(e->user);
	long n = atol(e->text);
	if (n <= m->last[i])
		wrong(m, "a message twice or too late", e->user);
	else
		m->missed += n - m->last[i] - 1;
	m->last[i] = n;
}

static void replay(model *m, const lq_sdk_event *e)
{
	switch (e->type) {
	case LQ_ON_JOINED:
		if (e->code || e->join_type != m->joined)
			wrong(m, "joined", e->text);
		m->rejoined += m->joined;
		m->joined = 1;
		break;
	case LQ_ON_LEFT: wrong(m, "the room was left", e->text); break;
	case LQ_ON_CONNECTION:
		m->resumed += m->joined && e->state == LQ_CONN_CONNECTED;
		m->connected = e->state == LQ_CONN_CONNECTED;
		break;
	case LQ_ON_USER_JOINED: on_user(m, e, 1); break;
	case LQ_ON_USER_LEFT: on_user(m, e, 0); break;
	case LQ_ON_STREAM_PUBLISHED:
	case LQ_ON_STREAM_UNPUBLISHED:
	case LQ_ON_STREAM_MUTED: on_stream(m, e); break;
	case LQ_ON_ATTRIBUTE: on_attribute(m, e); break;
	case LQ_ON_MESSAGE: on_message(m, e); break;
	case LQ_ON_WARNING:
		if (e->code == LQ_EFULL)
			wrong(m, "events were lost", e->text);
		break;
	default: break;
	}
}

static model *others[2]; /* the visitor and the observer, while they are there */

static void fetch(int ms)
{
	const lq_sdk_event *e;
	int r = lq_engine_poll(flow_engine, ms, &e);
	for (; !r; r = lq_engine_poll(flow_engine, 0, &e)) {
		for (int i = 0; i < MEMBERS; i++)
			if (e->room == members[i].model.room)
				replay(&members[i].model, e);
		for (int i = 0; i < 2; i++)
			if (others[i] && e->room == others[i]->room)
				replay(others[i], e);
	}
}

static int until(int (*is)(void *), void *arg)
{
	int64_t limit = flow_now_ms() + 60000;
	while (!is(arg) && flow_now_ms() < limit)
		fetch(20);
	return is(arg);
}

static int is_in(void *arg)
{
	const model *m = arg;
	return m->joined && m->connected;
}

static void join(model *m, const char *url, const char *user)
{
	lq_room_options o = {.size = sizeof o, .auto_publish_audio = LQ_OFF, .auto_publish_video = LQ_OFF, .auto_subscribe_audio = LQ_OFF,
	                     .auto_subscribe_video = LQ_OFF, .rejoin_ms = 1200000}; /* a busy machine heals late */
	memset(m, 0, sizeof *m);
	snprintf(m->self, sizeof m->self, "%s", user);
	lq_room_open(flow_engine, "r", &o, &m->room);
	lq_room_join(m->room, &(lq_join_params){.size = sizeof(lq_join_params), .server = url, .user = user});
	if (!until(is_in, m))
		wrong(m, "could not join", "");
}

/* ---- what happens ---- */

static model visitor;

static void visit(void)
{
	if (others[0]) {
		lq_room_close(visitor.room);
		others[0] = NULL;
		return;
	}
	others[0] = &visitor;
	join(&visitor, server.url, "member-5");
}

static void act(void)
{
	member *m = &members[pick(MEMBERS)];
	char text[NAME], name[2] = {(char)('0' + pick(ATTRIBUTES)), 0};
	switch (pick(6)) {
	case 0:
	case 1:
		snprintf(text, sizeof text, "%ld", m->sent + 1);
		if (!lq_room_send(m->model.room, NULL, text))
			m->sent++;
		break;
	case 2:
		snprintf(text, sizeof text, "%d", pick(1000));
		lq_room_attribute_set(m->model.room, pick(2), name, chance() < 0.3 ? NULL : text);
		break;
	case 3:
		m->published ^= 1;
		if (m->published & 1)
			lq_publish(m->model.room, LQ_STREAM_MAIN, LQ_AUDIO);
		else
			lq_unpublish(m->model.room, LQ_STREAM_MAIN, LQ_AUDIO);
		break;
	case 4:
		m->muted ^= 1;
		lq_mute(m->model.room, LQ_STREAM_MAIN, LQ_AUDIO, (int)m->muted);
		break;
	default: visit(); break;
	}
}

static void cut(member *m)
{
	double seconds = 0.1 * pow(400, chance()); /* 0.1 to 40, short ones as often as long ones */
	m->healed_at = flow_now_ms() + 1 + (int64_t)(seconds * 1000 / rate);
	m->frozen = pick(3) == 0;
	if (m->frozen) {
		relay_freeze(m->link, 1);
	} else {
		relay_refuse(m->link, 1);
		relay_cut(m->link);
	}
}

static void heal(member *m)
{
	m->healed_at = 0;
	if (m->frozen)
		relay_freeze(m->link, 0);
	else
		relay_refuse(m->link, 0);
}

static void run(int cuts)
{
	int64_t next_cut = 0, next_act = 0;
	for (int whole = 0; cuts || whole < MEMBERS;) {
		int64_t now = flow_now_ms();
		member *m = &members[pick(MEMBERS)];
		if (cuts && now >= next_cut && !m->healed_at) {
			cut(m);
			cuts--;
			next_cut = now + (int64_t)(chance() * 8000 / rate);
		}
		if (now >= next_act) {
			act();
			next_act = now + 5 + pick(30);
		}
		whole = 0;
		for (int i = 0; i < MEMBERS; i++) {
			if (members[i].healed_at && now >= members[i].healed_at)
				heal(&members[i]);
			whole += !members[i].healed_at;
		}
		fetch(5);
	}
}

/* ---- the end ---- */

static int same_person(const person *a, const person *b)
{
	if (a->here != b->here || a->tracks != b->tracks || a->muted != b->muted)
		return 0;
	for (int i = 0; i < ATTRIBUTES; i++)
		if (strcmp(a->attributes[i], b->attributes[i]))
			return 0;
	return 1;
}

static int differs(const model *m, const model *truth)
{
	for (int i = 0; i < ATTRIBUTES; i++)
		if (strcmp(m->attributes[i], truth->attributes[i]))
			return -1;
	for (int i = 0; i < USERS; i++)
		if (i != number_of(m->self) && !same_person(&m->people[i], &truth->people[i]))
			return i + 1;
	return 0;
}

static int all_agree(void *arg)
{
	const model *truth = arg;
	for (int i = 0; i < MEMBERS; i++)
		if (!members[i].model.connected || differs(&members[i].model, truth))
			return 0;
	/* and it is what each of them does */
	for (int i = 0; i < MEMBERS; i++)
		if (!truth->people[i].here || truth->people[i].tracks != members[i].published ||
		    (members[i].published && truth->people[i].muted != members[i].muted))
			return 0;
	return 1;
}

static void compare(const model *truth)
{
	for (int i = 0; i < MEMBERS; i++) {
		const model *m = &members[i].model;
		int d = differs(m, truth);
		if (!m->connected)
			wrong(m, "is not connected", "");
		if (d) {
			const person *p = d > 0 ? &m->people[d - 1] : NULL, *t = d > 0 ? &truth->people[d - 1] : NULL;
			wrong(m, "knows another room than the server", p ? "somebody differs" : "the room's attributes differ");
			for (int k = 0; !p && k < ATTRIBUTES; k++)
				if (strcmp(m->attributes[k], truth->attributes[k]))
					printf("#   attribute %d: \"%s\" instead of \"%s\"\n", k, m->attributes[k], truth->attributes[k]);
			if (p)
				printf("#   member-%d: here %d %d tracks %x %x muted %x %x\n", d - 1, p->here, t->here, p->tracks, t->tracks, p->muted, t->muted);
		}
		if (truth->people[i].tracks != members[i].published)
			wrong(m, "does not publish what it should", "");
		/* What came while it was no member is lost; else nothing is. */
		if (m->missed && !m->rejoined)
			wrong(m, "missed messages without having been away", "");
	}
}

static double setting(const char *name, double otherwise)
{
	const char *text = getenv(name);
	return text ? atof(text) : otherwise;
}

int main(void)
{
	char text[20], name[NAME];
	static model truth;
	int cuts = (int)setting("LQ_CUTS", 25), resumed = 0, rejoined = 0;
	unsigned seed = (unsigned)setting("LQ_CUTS_SEED", (double)(flow_now_ms() % 100000));
	rate = setting("LQ_CUTS_RATE", 20);
	srandom(seed);
	snprintf(text, sizeof text, "%g", rate);
	server = flow_server_start((const char *const[]){"--debug", "--clock-rate", text, NULL});
	flow_engine_start_fast(rate);
	int64_t began = flow_now_ms();
	for (int i = 0; i < MEMBERS; i++) {
		members[i].link = relay_start(server.url);
		snprintf(name, sizeof name, "member-%d", i);
		join(&members[i].model, relay_url(members[i].link), name);
	}
	run(cuts);
	if (others[0])
		visit();
	others[1] = &truth;
	join(&truth, server.url, "observer");
	until(all_agree, &truth);
	compare(&truth);
	for (int i = 0; i < MEMBERS; i++) {
		resumed += members[i].model.resumed - members[i].model.rejoined;
		rejoined += members[i].model.rejoined;
	}
	printf("%s: %d cuts in %.1f s, %d gone on, %d rejoined; seed %u\n", failed ? "FAILED" : "ok", cuts, (double)(flow_now_ms() - began) / 1000, resumed, rejoined, seed);
	lq_engine_destroy(flow_engine);
	for (int i = 0; i < MEMBERS; i++)
		relay_stop(members[i].link);
	flow_server_stop(&server, SIGTERM);
	return failed != 0 || resumed + rejoined == 0;
}
