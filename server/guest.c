#include "server/guest.h"

#include <stdio.h>
#include <string.h>

#include <loquat/log.h>
#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "server/room_private.h"

/* ---- tracks ---- */

static void copy_track(lq__member *guest, lq__track *t)
{
	const lq__rooms_host *host = &guest->room->rooms->host;
	lq__track *copy;
	int e = lq__track_create(guest, t->media, t->stream, t->mid, &copy);
	if (!e) {
		copy->of = t;
		copy->codec = t->codec;
		copy->profile = t->profile;
		copy->muted = t->muted;
		lq__list_append(&t->copies, &copy->copy_link);
		e = host->track_lent ? host->track_lent(host->arg, copy) : 0;
		if (e)
			lq__track_remove(copy);
		else
			lq__track_announce(copy);
	}
	if (e)
		lq_log(LQ_LOG_ERROR, "room", "a track of %s cannot be shown in %s: %s", t->member->user, guest->room->name, lq_error_text(e));
}

void lq__guests_track_announced(lq__track *t)
{
	LQ__EACH(lq__member, g, &t->member->guests, guest_link)
		copy_track(g, t);
}

void lq__guests_track_ending(lq__track *t)
{
	LQ__EACH(lq__track, copy, &t->copies, copy_link) {
		snprintf(copy->closed_by, sizeof copy->closed_by, "%s", t->closed_by);
		lq__track_remove(copy);
	}
}

void lq__guests_track_muted(lq__track *t)
{
	LQ__EACH(lq__track, copy, &t->copies, copy_link)
		lq__track_mute(copy, t->muted);
}

/* ---- coming ---- */

static lq__member *guest_in(const lq__member *lent, const lq__room *room)
{
	LQ__EACH(lq__member, g, &lent->guests, guest_link)
		if (g->room == room)
			return g;
	return NULL;
}

/* user@room, where that is a user's name that nobody has; else user@1 and so on. */
static void name_guest(const lq__room *here, const lq__member *lent, char out[LQ_USER_ID_MAX + 1])
{
	char name[2 * LQ_USER_ID_MAX];
	int n = snprintf(name, sizeof name, "%s@%s", lent->user, lent->room->name);
	for (unsigned i = 1; lq__user_id_check(name, (size_t)n) || lq__room_member(here, name); i++)
		n = snprintf(name, sizeof name, "%.110s@%u", lent->user, i);
	snprintf(out, LQ_USER_ID_MAX + 1, "%.*s", LQ_USER_ID_MAX, name);
}

static int check(const lq__room *here, const lq__room *there, const lq__member *lent, const char *user, char *error, size_t size)
{
	if (here == there) {
		snprintf(error, size, "guest_add.room: it is this room");
		return LQ_EINVAL;
	}
	if (!lent || lent->audience) {
		snprintf(error, size, "guest_add.user: no %.128s is on the stage of that room", user);
		return LQ_ENOENT;
	}
	if (lent->guest_of) {
		snprintf(error, size, "guest_add.user: is a guest of that room itself: ask for it in its own, %.64s", lent->guest_of->room->name);
		return LQ_EINVAL;
	}
	if (guest_in(lent, here)) {
		snprintf(error, size, "guest_add.user: is a guest of this room already");
		return LQ_EEXIST;
	}
	if (here->n_guests < LQ_ROOM_GUESTS_MAX && lent->n_guests < LQ_MEMBER_LENT_MAX)
		return 0;
	snprintf(error, size, here->n_guests < LQ_ROOM_GUESTS_MAX ? "guest_add.user: is shown in %d other rooms already" : "the room has %d guests and takes no more",
	         here->n_guests < LQ_ROOM_GUESTS_MAX ? LQ_MEMBER_LENT_MAX : LQ_ROOM_GUESTS_MAX);
	return LQ_EFULL;
}

static lq__member *create(lq__room *here, lq__member *lent)
{
	lq__member *g = lq__calloc(1, sizeof *g);
	if (!g)
		return NULL;
	g->room = here;
	g->guest_of = lent;
	name_guest(here, lent, g->user);
	memcpy(g->name, lent->name, sizeof g->name);
	memcpy(g->info, lent->info, sizeof g->info);
	lq__sid(g->session);
	lq__list_init(&g->all);
	lq__list_init(&g->tracks);
	lq__list_init(&g->guests);
	lq__list_append(&here->members, &g->link);
	lq__list_append(&lent->guests, &g->guest_link);
	here->n_guests++;
	lent->n_guests++;
	return g;
}

/* The lent one hears where it is shown. */
static void tell(const lq__member *guest, int on, const char *reason)
{
	lq__member_event(guest->guest_of, json_pack("{s:s, s:s, s:s, s:b, s:s*}", "type", "guest", "room", guest->room->name, "user", guest->user, "on", on, "reason", reason));
}

int lq__guest_add(lq__room *here, const lq__room *there, const char *user, lq__member **out, char *error, size_t size)
{
	lq__member *lent = lq__room_member(there, user), *g;
	int e = check(here, there, lent, user, error, size);
	if (e)
		return e;
	if (!(g = create(here, lent))) {
		snprintf(error, size, "the server is out of memory");
		return LQ_ENOMEM;
	}
	lq_log(LQ_LOG_INFO, "room", "%s of %s is a guest of %s", user, there->name, here->name);
	tell(g, 1, NULL);
	lq__member_appears(g);
	lq__member_news(g, "member_joined", NULL);
	LQ__EACH(lq__track, t, &lent->tracks, link)
		if (t->announced)
			copy_track(g, t);
	*out = g;
	return 0;
}

/* ---- going ---- */

/* reason NULL: the lent one need not hear of it. */
static void go(lq__member *g, const char *why, const char *reason)
{
	lq__room *room = g->room;
	if (reason)
		tell(g, 0, reason);
	lq__member_drop_tracks(g);
	lq__member_disappears(g, why);
	lq__member_news(g, "member_left", why);
	lq__list_remove(&g->link);
	lq__list_remove(&g->guest_link);
	room->n_guests--;
	g->guest_of->n_guests--;
	lq__free(g);
}

void lq__guests_recall(lq__member *lent, const char *why, int tell_it)
{
	LQ__EACH(lq__member, g, &lent->guests, guest_link)
		go(g, why, tell_it ? why : NULL);
}

void lq__guests_send_home(lq__room *room)
{
	LQ__EACH(lq__member, m, &room->members, link)
		if (m->guest_of)
			go(m, "left", "room_closed");
}

int lq__guest_remove(lq__room *here, const char *guest)
{
	lq__member *g = lq__room_member(here, guest);
	if (!g || !g->guest_of)
		return LQ_ENOENT;
	go(g, "left", "removed");
	return 0;
}

int lq__guest_leave(const lq__member *lent, const char *room)
{
	LQ__EACH(lq__member, g, &lent->guests, guest_link)
		if (!strcmp(g->room->name, room)) {
			go(g, "left", "left");
			return 0;
		}
	return LQ_ENOENT;
}
