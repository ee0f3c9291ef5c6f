/* A guest's media: sent once, it arrives in both rooms, whether one media worker has them or two. */
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

#include <loquat/clock.h>
#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "server/guest.h"
#include "server/quality.h"
#include "server/room_private.h"
#include "tests/server/call.h"

static call c;
static person *ann, *bob, *eve, *dan; /* ann and bob are in "r", eve and dan in "s" */

/* By the loop: one worker, or one for each room. */
static void begin(int workers)
{
	call_open_workers(&c, (uint32_t)workers);
	ann = call_join_room(&c, "r", "ann");
	bob = call_join_room(&c, "r", "bob");
	eve = call_join_room(&c, "s", "eve");
	ck_assert_int_eq(ann->worker != eve->worker, workers > 1);
}

static void end(void)
{
	call_close(&c);
	ck_assert_int_eq(lq__alloc_live(), 0);
}

static void ask(person *p, const char *type, json_t *request)
{
	json_t *m = call_request(p, request);
	ck_assert_msg(!strcmp(json_string_value(json_object_get(m, "type")), type), "%s", json_dumps(m, 0));
	json_decref(m);
}

static lq__member *lend(person *to, const char *room, const char *user)
{
	char name[64];
	snprintf(name, sizeof name, "%s@%s", user, room);
	ask(to, "ok", json_pack("{s:s, s:s, s:s}", "type", "guest_add", "room", room, "user", user));
	lq__member *guest = lq__rooms_find(c.service.rooms, to->client.member->room->name, name);
	ck_assert_ptr_nonnull(guest);
	return guest;
}

static uint32_t had[CALL_PEOPLE];
static void note(void)
{
	for (uint32_t i = 0; i < c.n_people; i++)
		had[i] = c.people[i].video_frames;
}
static int more(const person *p, uint32_t n) { return p->video_frames >= had[p - c.people] + n; }
static int both_see_more(call *x) { return more(bob, 40) && more(eve, 40) && eve->audio_frames > 5; }
static int bob_sees_more(call *x) { return more(bob, 40); }
static int eve_sees_more(call *x) { return more(eve, 40); }

START_TEST(it_is_seen_in_both_rooms)
{
	begin(_i);
	call_publish(ann, LQ_CODEC_VP8);
	call_subscribe(bob, ann);
	call_run(&c, bob_sees_more);
	double received = call_counter(&c, "media_packets_received_total");
	uint32_t sent = ann->videos;
	lq__member *guest = lend(eve, "r", "ann");
	json_t *event = call_take(eve, "track_published");
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(event, "track"), "user")), "ann@r");
	json_decref(event);
	call_subscribe_member(eve, guest);
	note();
	call_run(&c, both_see_more);
	ck_assert_uint_eq(bob->gaps + bob->wrong + eve->gaps + eve->wrong, 0);
	/* One uplink: about four packets for each picture and one for every second picture's sound, however many rooms. */
	received = call_counter(&c, "media_packets_received_total") - received;
	ck_assert_msg(received < 6.0 * (ann->videos - sent), "%.0f packets for %u pictures", received, ann->videos - sent);
	ck_assert(call_counter(&c, "media_dropped_relay_total") == 0);
	ask(eve, "ok", json_pack("{s:s, s:s}", "type", "guest_remove", "user", "ann@r"));
	call_answer(eve);
	note();
	call_run(&c, bob_sees_more);
	ck_assert_uint_eq(bob->gaps, 0);
	ck_assert(!more(eve, 30)); /* what was on the way */
	call_subscribe_member(eve, lend(eve, "r", "ann")); /* once more */
	eve->last_video = -1;
	note();
	call_run(&c, eve_sees_more);
	end();
}
END_TEST

START_TEST(what_is_lost_is_made_good)
{
	begin(_i);
	call_publish(ann, LQ_CODEC_H264);
	call_subscribe(bob, ann);
	call_run(&c, bob_sees_more);
	call_subscribe_member(eve, lend(eve, "r", "ann"));
	note();
	call_run(&c, both_see_more);
	ann->sending.lose_out = 11; /* on the way in, and on both ways out */
	bob->receiving.lose_in = eve->receiving.lose_in = 13;
	note();
	call_run(&c, both_see_more);
	note();
	call_run(&c, both_see_more);
	ck_assert_uint_eq(bob->gaps + bob->wrong + eve->gaps + eve->wrong, 0);
	end();
}
END_TEST

/* A key frame is asked of the one source, and who had one already is not disturbed. */
START_TEST(who_comes_later_gets_a_key_frame)
{
	begin(_i);
	call_publish(ann, LQ_CODEC_VP8);
	call_subscribe(bob, ann);
	call_run(&c, bob_sees_more);
	int asked = ann->keys_asked;
	call_subscribe_member(eve, lend(eve, "r", "ann"));
	note();
	call_run(&c, both_see_more);
	ck_assert_int_gt(ann->keys_asked, asked);
	ck_assert_uint_ge(eve->key_frames, 1);
	ck_assert_uint_eq(bob->gaps + bob->wrong, 0);
	end();
}
END_TEST

static int eve_has_low(call *x) { return eve->width == 320; }
static int bob_has_high(call *x) { return bob->width == 1280; }

START_TEST(each_room_chooses_its_layer)
{
	begin(_i);
	call_publish_layers(ann, LQ_CODEC_VP8, 3, 0);
	call_subscribe(bob, ann);
	lq__member *guest = lend(eve, "r", "ann");
	call_subscribe_member(eve, guest);
	call_run(&c, bob_has_high);
	LQ__EACH(lq__track, t, &guest->tracks, link)
		ask(eve, "ok", json_pack("{s:s, s:s, s:s}", "type", "layer", "track", t->id, "layer", "low"));
	call_run(&c, eve_has_low);
	json_t *m, *last = NULL;
	while ((m = call_take(eve, "layer"))) {
		json_decref(last);
		last = m;
	}
	ck_assert_str_eq(json_string_value(json_object_get(last, "layer")), "low");
	ck_assert_int_eq(json_integer_value(json_object_get(last, "width")), 320);
	json_decref(last);
	ck_assert_uint_eq(bob->width, 1280);
	ck_assert_uint_eq(bob->wrong + eve->wrong + eve->blind_gaps, 0);
	ann->layers_silent = 1 << 2; /* the lowest goes: the next one stands in */
	for (int i = 0; eve->width == 320; i++) {
		ck_assert_int_lt(i, 20);
		note();
		call_run(&c, bob_sees_more);
	}
	ck_assert_uint_eq(eve->width, 640);
	end();
}
END_TEST

START_TEST(it_is_muted_and_unpublished_in_both)
{
	begin(_i);
	call_publish(ann, LQ_CODEC_VP8);
	lend(eve, "r", "ann");
	json_decref(call_take(eve, "track_published"));
	json_decref(call_take(eve, "track_published"));
	const lq__track *t = LQ__ENTRY(ann->client.member->tracks.next, lq__track, link);
	ask(ann, "ok", json_pack("{s:s, s:s, s:b}", "type", "mute", "track", t->id, "muted", 1));
	json_t *m = call_take(eve, "track_muted");
	ck_assert_str_eq(json_string_value(json_object_get(m, "user")), "ann@r");
	ck_assert(json_is_true(json_object_get(m, "muted")));
	json_decref(m);
	ask(ann, "ok", json_pack("{s:s, s:[s]}", "type", "unpublish", "tracks", t->id));
	m = call_take(eve, "track_unpublished");
	ck_assert_str_eq(json_string_value(json_object_get(m, "user")), "ann@r");
	json_decref(m);
	ask(ann, "ok", json_pack("{s:s}", "type", "renew"));
	json_decref(call_take(eve, "track_unpublished"));
	call_hush(ann);
	call_publish(ann, LQ_CODEC_H264); /* as it comes again */
	m = call_take(eve, "track_published");
	ck_assert_ptr_nonnull(m);
	json_decref(m);
	call_subscribe_member(eve, lq__rooms_find(c.service.rooms, "s", "ann@r"));
	note();
	call_run(&c, eve_sees_more);
	call_leave(ann); /* in the midst of it */
	ck_assert_ptr_null(lq__rooms_find(c.service.rooms, "s", "ann@r"));
	json_decref(call_take(eve, "user_left"));
	end();
}
END_TEST

static int all_see_more(call *x) { return more(bob, 40) && more(eve, 40); }

/* Both hosts are lent, and nobody gets anything twice. */
START_TEST(both_rooms_show_both)
{
	begin(_i);
	call_publish(ann, LQ_CODEC_VP8);
	dan = call_join_room(&c, "s", "dan");
	call_publish(dan, LQ_CODEC_VP8);
	lq__member *ann_there = lend(eve, "r", "ann"), *dan_here = lend(bob, "s", "dan");
	ck_assert_uint_eq(ann_there->n_tracks, 2);
	ck_assert_uint_eq(dan_here->n_tracks, 2);
	call_subscribe_member(bob, dan_here);
	call_subscribe_member(eve, ann_there);
	note();
	call_run(&c, all_see_more);
	ck_assert_uint_eq(bob->gaps + bob->wrong + eve->gaps + eve->wrong, 0);
	lq__rooms_figures f;
	lq__rooms_figures_get(c.service.rooms, &f);
	ck_assert_uint_eq(f.tracks, 8);
	end();
}
END_TEST

static int64_t next_look;
static int up; /* of ann, as eve is told */

static int eve_knows(call *x)
{
	json_t *m, *member;
	size_t i;
	int64_t t = lq_clock_now(lq_clock_real());
	if (t < next_look)
		return 0;
	next_look = t + 1500 * LQ_MSEC;
	lq__quality_tick(c.service.rooms, t);
	while ((m = call_take(eve, "quality"))) {
		json_array_foreach(json_object_get(m, "members"), i, member)
			if (!strcmp(json_string_value(json_object_get(member, "user")), "ann@r"))
				up = (int)json_integer_value(json_object_get(member, "up"));
		json_decref(m);
	}
	return up == LQ_QUALITY_EXCELLENT;
}

START_TEST(its_quality_is_known)
{
	begin(_i);
	call_publish(ann, LQ_CODEC_VP8);
	lend(eve, "r", "ann");
	call_run(&c, eve_knows);
	end();
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("guest_media");
	tcase_add_loop_test(t, it_is_seen_in_both_rooms, 1, 3);
	tcase_add_loop_test(t, what_is_lost_is_made_good, 1, 3);
	tcase_add_loop_test(t, who_comes_later_gets_a_key_frame, 1, 3);
	tcase_add_loop_test(t, each_room_chooses_its_layer, 1, 3);
	tcase_add_loop_test(t, it_is_muted_and_unpublished_in_both, 1, 3);
	tcase_add_loop_test(t, both_rooms_show_both, 1, 3);
	tcase_add_loop_test(t, its_quality_is_known, 1, 3);
	return run_case("server/guest_media", t);
}
