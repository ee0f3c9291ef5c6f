#include "server/quality.h"

#include <loquat/plugin/buffer.h>

#include "server/media/media.h"
#include "server/publish.h"
#include "server/room_private.h"
#include "server/subscribe.h"

enum { PATIENCE = 3 }; /* looks without a packet until a way is down */

int lq__quality_grade(double loss, double round_trip_ms, double jitter_ms)
{
	static const struct { double loss, round_trip, jitter; } limits[] = {{0.01, 150, 30}, {0.04, 250, 60}, {0.10, 400, 100}, {0.20, 800, 200}};
	for (int i = 0; i < 4; i++)
		if (loss <= limits[i].loss && round_trip_ms <= limits[i].round_trip && jitter_ms <= limits[i].jitter)
			return LQ_QUALITY_EXCELLENT + i;
	return LQ_QUALITY_VERY_BAD;
}

/* A stream that is muted sends nothing, and that is no fault. */
static int sends(const lq__member *m)
{
	LQ__EACH(lq__track, t, &m->tracks, link)
		if (t->announced && !t->muted)
			return 1;
	return 0;
}

static int grade_up(lq__member *m, const lq__peer_stats *s, double round_trip)
{
	lq__quality *q = &m->quality;
	uint64_t expected = s->packets_expected - q->expected, missed = s->packets_missed - q->missed;
	int first = !q->expected;
	q->expected = s->packets_expected;
	q->missed = s->packets_missed;
	if (!sends(m)) {
		q->silent_up = 0;
		return LQ_QUALITY_UNKNOWN;
	}
	if (!expected || first) {
		q->silent_up += q->silent_up < PATIENCE;
		return q->silent_up < PATIENCE || !s->open ? q->up : LQ_QUALITY_DOWN;
	}
	q->silent_up = 0;
	return lq__quality_grade((double)missed / (double)expected, round_trip, s->jitter_in_us / 1000.0);
}

static int grade_down(lq__member *m, const lq__peer_stats *s, double round_trip, int64_t now)
{
	lq__quality *q = &m->quality;
	uint64_t reports = s->reports - q->reports, reported = s->packets_reported - q->reported, unreceived = s->packets_unreceived - q->unreceived;
	q->reports = s->reports;
	q->reported = s->packets_reported;
	q->unreceived = s->packets_unreceived;
	if (!reports) {
		int gone = s->open && s->seen != LQ_TIME_NONE && now - s->seen > PATIENCE * LQ_QUALITY_PERIOD;
		q->silent_down += q->silent_down < PATIENCE;
		return q->silent_down < PATIENCE ? q->down : gone && q->down ? LQ_QUALITY_DOWN : LQ_QUALITY_UNKNOWN;
	}
	q->silent_down = 0;
	return reported ? lq__quality_grade((double)unreceived / (double)reported, round_trip, s->jitter_out_us / 1000.0) : q->down;
}

static void look(lq__member *m, int64_t now)
{
	lq__peer_stats up = {.seen = LQ_TIME_NONE}, down = {.seen = LQ_TIME_NONE};
	lq__quality *q = &m->quality;
	lq__publish_figures(m, &up);
	lq__subscribe_figures(m, &down);
	double round_trip = down.round_trip_us / 1000.0;
	int before_up = q->up, before_down = q->down;
	q->up = (uint8_t)grade_up(m, &up, round_trip);
	q->down = (uint8_t)grade_down(m, &down, round_trip, now);
	q->changed = q->up != before_up || q->down != before_down || q->audience != m->audience;
	q->audience = (uint8_t)m->audience;
}

/* A guest's way to us is that of whom it stands for; it receives nothing. */
static const lq__quality *quality_of(const lq__member *m)
{
	return m->guest_of ? &m->guest_of->quality : &m->quality;
}

static void add(json_t *members, const lq__member *m, int all)
{
	const lq__quality *q = quality_of(m);
	int down = m->guest_of ? LQ_QUALITY_UNKNOWN : q->down;
	if (all ? q->up || down : q->changed)
		json_array_append_new(members, json_pack("{s:s, s:i, s:i}", "user", m->user, "up", q->up, "down", down));
}

/* The audience is not seen, but by itself. NULL: nothing to tell. */
static json_t *list(const lq__room *room, int all, const lq__member *self)
{
	json_t *members = json_array();
	LQ__EACH(lq__member, m, &room->members, link)
		if (!m->audience || m == self)
			add(members, m, all);
	if (json_array_size(members))
		return json_pack("{s:s, s:o}", "type", "quality", "members", members);
	json_decref(members);
	return NULL;
}

static void tell_audience(lq__member *m, int is_new)
{
	json_t *text = list(m->room, is_new, m);
	if (text)
		m->room->rooms->host.send(m->conn, text);
	json_decref(text);
}

/* Who came, or came back, since the last time gets it all; the others what has changed. What is the same for all is made once. */
static void tell(lq__room *room)
{
	json_t *text[2] = {NULL, NULL};
	int any = 0;
	LQ__EACH(lq__member, m, &room->members, link)
		any |= quality_of(m)->changed;
	LQ__EACH(lq__member, m, &room->members, link) {
		int is_new = m->quality.told != m->conn;
		if (!m->conn || !m->entered || (!is_new && !any))
			continue;
		m->quality.told = m->conn;
		if (m->audience) {
			tell_audience(m, is_new);
			continue;
		}
		if (!text[is_new])
			text[is_new] = list(room, is_new, NULL);
		if (text[is_new])
			room->rooms->host.send(m->conn, text[is_new]);
	}
	json_decref(text[0]);
	json_decref(text[1]);
}

void lq__quality_tick(lq__rooms *rooms, int64_t now)
{
	LQ__EACH(lq__member, m, &rooms->members, all)
		look(m, now);
	LQ__EACH(lq__member, m, &rooms->hidden, all)
		look(m, now);
	for (int i = 0; i < LQ_ROOM_BUCKETS; i++)
		LQ__EACH(lq__room, room, &rooms->buckets[i], link)
			tell(room);
}
