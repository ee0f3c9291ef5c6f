/* Views, previews, the mirror, snapshots: with loquatd and real codecs. */
#include <arpa/inet.h>
#include <check.h>
#include <png.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "framework/media/barcode.h"

#include "fixture.h"
#include "loquatd.h"
#include "watcher.h"

static loquatd server;
static const char *url;

static void setup(void)
{
	server = loquatd_start(NULL);
	url = server.url;
}

static void teardown(void)
{
	loquatd_stop(&server, SIGTERM);
}

/* A figure of the server's /metrics. */
static double metric(const char *name)
{
	static char text[65536];
	const char request[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(strrchr(url, ':') + 1)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char line[80];
	size_t n = 0;
	ssize_t k;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	ck_assert_int_eq(write(fd, request, sizeof request - 1), sizeof request - 1);
	while (n < sizeof text - 1 && (k = read(fd, text + n, sizeof text - 1 - n)) > 0)
		n += (size_t)k;
	close(fd);
	text[n] = 0;
	snprintf(line, sizeof line, "\n%s ", name);
	const char *at = strstr(text, line);
	ck_assert_msg(at != NULL, "no %s in %s", name, text);
	return atof(at + strlen(line));
}

/* Bar codes are counted; `luma` is the left edge's less the right edge's. */
static void watch(const lq_frame *f, void *arg)
{
	watcher *w = arg;
	uint32_t number, ms;
	int64_t left = 0, right = 0;
	for (uint32_t y = 0; y < f->height; y++) {
		const uint8_t *row = f->planes[0] + (size_t)y * f->strides[0];
		for (uint32_t x = 0; x < f->width / 16; x++) {
			left += row[x];
			right += row[f->width - 1 - x];
		}
	}
	pthread_mutex_lock(&w->lock);
	w->frames++;
	w->width = f->width;
	w->height = f->height;
	w->luma = (int)((left - right) / (int64_t)(f->height * (f->width / 16)));
	if (!lq_barcode_read(f->planes[0], f->strides[0], f->width, f->height, &number, &ms)) {
		w->falls += w->codes && lq_barcode_diff(w->number, number) <= 0;
		w->number = number;
		w->codes++;
	}
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static lq_view_params view_of(watcher *w)
{
	return (lq_view_params){.size = sizeof(lq_view_params), .on_frame = watch, .user_data = w};
}

static void bind_view(lq_room *room, const char *user, lq_stream stream, watcher *w)
{
	lq_view_params p = view_of(w);
	ck_assert_int_eq(lq_view_bind(room, user, stream, &p), 0);
}

static const lq_sdk_event *first_frame(lq_engine *e, lq_room *room, const char *user, lq_stage stage)
{
	const lq_sdk_event *ev;
	do
		ev = await_stream(e, room, LQ_ON_FIRST_FRAME, user, LQ_VIDEO);
	while (ev->stage != stage);
	return ev;
}

START_TEST(a_preview_is_seen_by_us_and_sent_to_nobody)
{
	watcher v = WATCHER;
	lq_engine *e = engine_real(NULL);
	lq_room *room = room_new(e, LQ_OFF, LQ_OFF);
	bind_view(room, NULL, LQ_STREAM_MAIN, &v);
	ck_assert_int_eq(lq_preview_start(room, LQ_STREAM_MAIN), 0);
	ck_assert_int_eq(lq_preview_start(room, LQ_STREAM_MAIN), LQ_EEXIST);
	ck_assert_int_eq(lq_preview_stop(room, LQ_STREAM_SUB), LQ_ESTATE);
	const lq_sdk_event *ev = first_frame(e, room, "", LQ_STAGE_CAPTURED);
	ck_assert_int_eq(ev->width, 640);
	ck_assert_int_eq(ev->height, 480);
	frames_after(&v, 5);
	ck_assert_int_eq(watcher_now(&v).width, 640);
	ck_assert_int_eq(room_join(room, url, "alice"), 0);
	await(e, room, LQ_ON_JOINED);
	lq_room *bob = joined(e, url, "bob", LQ_OFF, LQ_DEFAULT);
	lq_member m;
	frames_after(&v, 10);
	ck_assert_int_eq(lq_room_members(bob, &m, 1), 1);
	ck_assert_uint_eq(m.tracks, 0);
	ck_assert_double_eq(metric("loquat_media_packets_received_total"), 0);
	ck_assert_int_eq(lq_preview_start(room, LQ_STREAM_MAIN), LQ_EEXIST);
	ck_assert_int_eq(lq_preview_stop(room, LQ_STREAM_MAIN), 0);
	ck_assert_int_eq(lq_preview_stop(room, LQ_STREAM_MAIN), LQ_ESTATE);
	/* The other one's preview is not touched. */
	watcher third = WATCHER;
	bind_view(room, NULL, LQ_STREAM_THIRD, &third);
	ck_assert_int_eq(lq_preview_start(room, LQ_STREAM_MAIN), 0);
	ck_assert_int_eq(lq_preview_start(room, LQ_STREAM_THIRD), 0);
	frames_after(&third, 3);
	ck_assert_int_eq(lq_preview_stop(room, LQ_STREAM_MAIN), 0);
	frames_after(&third, 3);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_preview_goes_over_into_publishing_and_back)
{
	watcher own = WATCHER, seen = WATCHER;
	lq_engine *e = engine_real(NULL);
	lq_room *alice = room_new(e, LQ_DEFAULT, LQ_OFF), *bob = joined(e, url, "bob", LQ_OFF, LQ_DEFAULT);
	bind_view(bob, "alice", LQ_STREAM_MAIN, &seen);
	lq_view_params p = view_of(&own);
	p.mirror = LQ_OFF;
	ck_assert_int_eq(lq_view_bind(alice, NULL, LQ_STREAM_MAIN, &p), 0);
	ck_assert_int_eq(lq_preview_start(alice, LQ_STREAM_MAIN), 0);
	frames_after(&own, 10);
	ck_assert_int_eq(room_join(alice, url, "alice"), 0);
	ck_assert_int_eq(await_stream(e, alice, LQ_ON_LOCAL_PUBLISHED, "", LQ_VIDEO)->code, 0);
	frames_after(&seen, 5);
	ck_assert_int_eq(watcher_now(&seen).width, 640);
	/* Stopped as a preview it is still published; unpublished it is still a preview. */
	ck_assert_int_eq(lq_preview_stop(alice, LQ_STREAM_MAIN), 0);
	frames_after(&seen, 5);
	ck_assert_int_eq(lq_preview_start(alice, LQ_STREAM_MAIN), 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(lq_unpublish(alice, LQ_STREAM_MAIN, LQ_VIDEO), 0);
		await_stream(e, bob, LQ_ON_STREAM_UNPUBLISHED, "alice", LQ_VIDEO);
		frames_after(&own, 5);
		ck_assert_int_eq(lq_publish(alice, LQ_STREAM_MAIN, LQ_VIDEO), 0);
		ck_assert_int_eq(await_stream(e, alice, LQ_ON_LOCAL_PUBLISHED, "", LQ_VIDEO)->code, 0);
		frames_after(&seen, 5);
	}
	/* A camera that is opened anew counts its frames from zero. */
	watcher w = watcher_now(&own);
	ck_assert_int_gt(w.codes, 20);
	ck_assert_int_eq(w.falls, 0);
	ck_assert_int_eq(lq_room_leave(alice), 0);
	await(e, alice, LQ_ON_LEFT);
	frames_after(&own, 5); /* it goes on after the call */
	ck_assert_int_eq(lq_preview_stop(alice, LQ_STREAM_MAIN), 0);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_preview_without_a_camera_is_told)
{
	lq_engine *e = engine_real("{\"graphs\":{\"publish\":{\"nodes\":{\"cam\":{\"use\":\"capture.file\",\"params\":{\"file\":\"/nowhere.mkv\"}}}}}}");
	lq_room *room = room_new(e, LQ_OFF, LQ_OFF);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(lq_preview_start(room, LQ_STREAM_MAIN), 0);
		const lq_sdk_event *ev = await_stream(e, room, LQ_ON_ERROR, "", LQ_VIDEO);
		ck_assert_int_ne(ev->code, 0);
		ck_assert_str_ne(ev->text, "");
	}
	lq_engine_destroy(e);
}
END_TEST

static const char bars[] = "{\"graphs\":{\"publish\":{\"nodes\":{\"cam\":{\"params\":{\"pattern\":\"bars\",\"flash\":false,\"barcode\":false}}}}}}";

/* Bright is left and dark is right, or the other way round. */
static void await_side(watcher *w, int left)
{
	do
		frames_after(w, 1);
	while (left ? watcher_now(w).luma < 40 : watcher_now(w).luma > -40);
}

START_TEST(our_own_picture_is_mirrored_for_us_alone)
{
	watcher own = WATCHER, raw = WATCHER, seen = WATCHER;
	lq_engine *e = engine_real(bars);
	lq_room *alice = room_new(e, LQ_DEFAULT, LQ_OFF), *bob = joined(e, url, "bob", LQ_OFF, LQ_DEFAULT);
	bind_view(bob, "alice", LQ_STREAM_MAIN, &seen);
	bind_view(alice, NULL, LQ_STREAM_MAIN, &own);
	ck_assert_int_eq(lq_view_frames(alice, NULL, LQ_STREAM_MAIN, LQ_VIDEO, watch, &raw), 0);
	ck_assert_int_eq(room_join(alice, url, "alice"), 0);
	frames_after(&own, 3);
	ck_assert_int_lt(watcher_now(&own).luma, -40);
	frames_after(&raw, 1);
	ck_assert_int_gt(watcher_now(&raw).luma, 40);
	await_side(&seen, 1);
	ck_assert_int_eq(lq_mirror_set(alice, LQ_MIRROR_NONE), 0);
	await_side(&own, 1);
	ck_assert_int_eq(lq_mirror_set(alice, LQ_MIRROR_RENDER_AND_ENCODE), 0);
	await_side(&seen, 0);
	await_side(&raw, 0);
	await_side(&own, 0);
	ck_assert_int_eq(lq_mirror_set(alice, LQ_MIRROR_RENDER), 0);
	await_side(&seen, 1);
	await_side(&own, 0);
	/* A view may say otherwise. */
	lq_view_params p = view_of(&own);
	p.mirror = LQ_OFF;
	ck_assert_int_eq(lq_view_bind(alice, NULL, LQ_STREAM_MAIN, &p), 0);
	await_side(&own, 1);
	p.user_data = &seen;
	p.mirror = LQ_ON;
	ck_assert_int_eq(lq_view_bind(bob, "alice", LQ_STREAM_MAIN, &p), 0);
	await_side(&seen, 0);
	ck_assert_int_eq(lq_mirror_set(alice, (lq_mirror)3), LQ_EINVAL);
	lq_engine_destroy(e);
}
END_TEST

static lq_room *by_view_room(lq_engine *e)
{
	lq_room_options o = {.size = sizeof o, .auto_publish_audio = LQ_OFF, .auto_publish_video = LQ_OFF, .auto_subscribe_audio = LQ_OFF,
	                     .auto_subscribe_video = LQ_BY_VIEW};
	lq_room *room = NULL;
	ck_assert_int_eq(lq_room_open(e, "a room", &o, &room), 0);
	return room;
}

static lq_room *by_view(lq_engine *e, const char *user)
{
	lq_room *room = by_view_room(e);
	ck_assert_int_eq(room_join(room, url, user), 0);
	ck_assert_int_eq(await(e, room, LQ_ON_JOINED)->code, 0);
	return room;
}

/* The server's count of what it sends stands still: equal over a second after it has come to rest. */
static void expect_silence(void)
{
	double before;
	int still = 0;
	for (int i = 0; i < 300 && still < 5; i++) {
		before = metric("loquat_media_packets_forwarded_total");
		usleep(200000); /* the time over which it is looked at */
		still = metric("loquat_media_packets_forwarded_total") == before ? still + 1 : 0;
	}
	ck_assert_int_eq(still, 5);
}

START_TEST(a_hidden_view_receives_nothing)
{
	watcher v = WATCHER;
	lq_engine *e = engine_real(NULL);
	lq_room *alice = joined(e, url, "alice", LQ_OFF, LQ_OFF), *bob = by_view(e, "bob");
	ck_assert_int_eq(lq_publish(alice, LQ_STREAM_MAIN, LQ_VIDEO), 0);
	await_stream(e, bob, LQ_ON_STREAM_PUBLISHED, "alice", LQ_VIDEO);
	ck_assert_double_eq(metric("loquat_media_packets_forwarded_total"), 0);
	lq_view_params p = view_of(&v);
	for (int i = 0; i < 2; i++) {
		p.hidden = 0;
		ck_assert_int_eq(lq_view_bind(bob, "alice", LQ_STREAM_MAIN, &p), 0);
		ck_assert_int_eq(await_stream(e, bob, LQ_ON_SUBSCRIBED, "alice", LQ_VIDEO)->code, 0);
		first_frame(e, bob, "alice", LQ_STAGE_DECODED);
		frames_after(&v, 5);
		p.hidden = 1;
		ck_assert_int_eq(lq_view_bind(bob, "alice", LQ_STREAM_MAIN, &p), 0);
		expect_silence();
	}
	p.hidden = 0;
	ck_assert_int_eq(lq_view_bind(bob, "alice", LQ_STREAM_MAIN, &p), 0);
	frames_after(&v, 5);
	ck_assert_int_eq(lq_view_bind(bob, "alice", LQ_STREAM_MAIN, NULL), 0);
	expect_silence();
	lq_engine_destroy(e);
}
END_TEST

START_TEST(a_view_toggled_fast_ends_as_it_was_left)
{
	watcher v = WATCHER;
	lq_engine *e = engine_real(NULL);
	lq_room *alice = joined(e, url, "alice", LQ_OFF, LQ_OFF), *bob = by_view(e, "bob");
	lq_view_params p = view_of(&v);
	ck_assert_int_eq(lq_view_bind(bob, "alice", LQ_STREAM_MAIN, &p), 0); /* before there is anything to see */
	ck_assert_int_eq(lq_publish(alice, LQ_STREAM_MAIN, LQ_VIDEO), 0);
	frames_after(&v, 1);
	for (int i = 0; i < 41; i++) {
		p.hidden = !(i & 1);
		ck_assert_int_eq(lq_view_bind(bob, "alice", LQ_STREAM_MAIN, &p), 0);
	}
	expect_silence();
	p.hidden = 0;
	ck_assert_int_eq(lq_view_bind(bob, "alice", LQ_STREAM_MAIN, &p), 0);
	frames_after(&v, 5);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(all_cameras_and_the_screen_are_seen_at_once)
{
	static const lq_stream streams[] = {LQ_STREAM_MAIN, LQ_STREAM_SUB, LQ_STREAM_CAMERA(1), LQ_STREAM_CAMERA(2)};
	watcher own[4] = {WATCHER, WATCHER, WATCHER, WATCHER}, seen[4] = {WATCHER, WATCHER, WATCHER, WATCHER};
	lq_engine *e = engine_real(NULL);
	lq_room *alice = joined(e, url, "alice", LQ_OFF, LQ_OFF), *bob = by_view(e, "bob");
	for (int i = 0; i < 4; i++) {
		bind_view(alice, NULL, streams[i], &own[i]);
		bind_view(bob, "alice", streams[i], &seen[i]);
		ck_assert_int_eq(lq_publish(alice, streams[i], LQ_VIDEO), 0);
	}
	for (int i = 0; i < 4; i++) {
		frames_after(&own[i], 3);
		frames_after(&seen[i], 3);
	}
	ck_assert_int_eq(lq_unpublish(alice, LQ_STREAM_SUB, LQ_VIDEO), 0);
	ck_assert_int_eq(await_stream(e, bob, LQ_ON_STREAM_UNPUBLISHED, "alice", LQ_VIDEO)->stream, LQ_STREAM_SUB);
	frames_after(&seen[0], 3);
	frames_after(&seen[2], 3);
	lq_engine_destroy(e);
}
END_TEST

static void check_picture(const char *path, uint32_t width, uint32_t height)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	ck_assert(png_image_begin_read_from_file(&image, path));
	ck_assert_uint_eq(image.width, width);
	ck_assert_uint_eq(image.height, height);
	image.format = PNG_FORMAT_GRAY;
	uint8_t *p = malloc((size_t)width * height);
	uint32_t number, ms;
	ck_assert(png_image_finish_read(&image, NULL, p, 0, NULL));
	ck_assert_int_eq(lq_barcode_read(p, width, width, height, &number, &ms), 0);
	free(p);
}

static const lq_sdk_event *snapshot(lq_engine *e, lq_room *room, const char *user, const char *path)
{
	ck_assert_int_eq(lq_snapshot(room, user, LQ_STREAM_MAIN, path), 0);
	const lq_sdk_event *ev = await_stream(e, room, LQ_ON_SNAPSHOT, user ? user : "", LQ_VIDEO);
	ck_assert_str_eq(ev->name, path);
	return ev;
}

START_TEST(snapshots_are_taken_of_running_streams)
{
	char dir[] = "/tmp/lq-views-XXXXXX", path[64];
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/p.png", dir);
	lq_engine *e = engine_real(NULL);
	lq_room *alice = room_new(e, LQ_DEFAULT, LQ_OFF), *bob = joined(e, url, "bob", LQ_OFF, LQ_DEFAULT);
	ck_assert_int_eq(snapshot(e, alice, NULL, path)->code, LQ_ENOENT);
	ck_assert_int_eq(lq_preview_start(alice, LQ_STREAM_MAIN), 0);
	first_frame(e, alice, "", LQ_STAGE_CAPTURED);
	const lq_sdk_event *ev = snapshot(e, alice, NULL, path);
	ck_assert_msg(ev->code == 0, "%s", ev->text);
	ck_assert_int_eq(ev->width, 640);
	check_picture(path, 640, 480);
	unlink(path);
	ck_assert_int_eq(room_join(alice, url, "alice"), 0);
	first_frame(e, bob, "alice", LQ_STAGE_DECODED);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(snapshot(e, bob, "alice", path)->code, 0);
		check_picture(path, 640, 480);
		unlink(path);
	}
	ck_assert_int_eq(snapshot(e, bob, "alice", "/nowhere/p.png")->code, LQ_EIO);
	ck_assert_int_eq(snapshot(e, bob, "nobody", path)->code, LQ_ENOENT);
	ck_assert_int_eq(lq_mute(alice, LQ_STREAM_MAIN, LQ_VIDEO, 1), 0);
	await_stream(e, bob, LQ_ON_STREAM_MUTED, "alice", LQ_VIDEO);
	do
		ev = snapshot(e, bob, "alice", path);
	while (!ev->code); /* what was under way */
	ck_assert_int_eq(ev->code, LQ_ETIMEDOUT);
	ck_assert_int_eq(snapshot(e, alice, NULL, path)->code, 0); /* ours goes on */
	for (int i = 0; i < 16; i++)
		ck_assert_int_eq(lq_snapshot(bob, "alice", LQ_STREAM_MAIN, path), 0);
	ck_assert_int_eq(lq_snapshot(bob, "alice", LQ_STREAM_MAIN, path), LQ_EFULL);
	ck_assert_int_eq(lq_room_leave(bob), 0);
	for (int i = 0; i < 16; i++)
		ck_assert_int_eq(await(e, bob, LQ_ON_SNAPSHOT)->code, LQ_ESTATE);
	lq_engine_destroy(e);
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
	watcher v = WATCHER;
	lq_engine *e = engine_real(NULL);
	lq_room *room = room_new(e, LQ_OFF, LQ_OFF);
	lq_view_params p = view_of(&v);
	ck_assert_int_eq(lq_view_bind(NULL, NULL, LQ_STREAM_MAIN, &p), LQ_EINVAL);
	ck_assert_int_eq(lq_view_bind(room, "no/body", LQ_STREAM_MAIN, &p), LQ_EINVAL);
	ck_assert_int_eq(lq_view_bind(room, NULL, (lq_stream)LQ_N_STREAMS, &p), LQ_EINVAL);
	p.scale = (lq_scale)3;
	ck_assert_int_eq(lq_view_bind(room, NULL, LQ_STREAM_MAIN, &p), LQ_EINVAL);
	p = view_of(&v);
	p.size = 8;
	ck_assert_int_eq(lq_view_bind(room, NULL, LQ_STREAM_MAIN, &p), LQ_EINVAL);
	ck_assert_int_eq(lq_view_bind(room, NULL, LQ_STREAM_MAIN, NULL), 0);
	ck_assert_int_eq(lq_preview_start(room, (lq_stream)LQ_N_STREAMS), LQ_EINVAL);
	ck_assert_int_eq(lq_snapshot(room, NULL, LQ_STREAM_MAIN, NULL), LQ_EINVAL);
	ck_assert_int_eq(lq_snapshot(room, NULL, LQ_STREAM_MAIN, ""), LQ_EINVAL);
	ck_assert_int_eq(lq_screen_stop(room), LQ_ESTATE);
	lq_engine_destroy(e);
}
END_TEST

START_TEST(rooms_with_previews_come_and_go)
{
	watcher v = WATCHER;
	lq_engine *e = engine_real(NULL);
	for (int i = 0; i < 20; i++) {
		lq_room *room = room_new(e, LQ_DEFAULT, LQ_DEFAULT);
		bind_view(room, NULL, LQ_STREAM_MAIN, &v);
		ck_assert_int_eq(lq_preview_start(room, LQ_STREAM_MAIN), 0);
		if (i % 4 == 1)
			frames_after(&v, 1);
		if (i % 4 == 2)
			ck_assert_int_eq(lq_preview_stop(room, LQ_STREAM_MAIN), 0);
		if (i % 4 == 3)
			ck_assert_int_eq(room_join(room, url, "alice"), 0);
		lq_room_close(room);
	}
	lq_room *last = room_new(e, LQ_OFF, LQ_OFF);
	bind_view(last, NULL, LQ_STREAM_MAIN, &v);
	ck_assert_int_eq(lq_preview_start(last, LQ_STREAM_MAIN), 0);
	frames_after(&v, 1);
	lq_engine_destroy(e); /* while it runs */
}
END_TEST

static uint32_t dice(uint32_t *state, uint32_t sides)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 8) % sides;
}

static void any_call(lq_room *room, uint32_t *state, watcher *w, const char *path)
{
	static const lq_stream streams[] = {LQ_STREAM_MAIN, LQ_STREAM_SUB, LQ_STREAM_THIRD};
	lq_stream stream = streams[dice(state, 3)];
	lq_view_params p = view_of(w);
	p.hidden = (int)dice(state, 2);
	p.mirror = (lq_switch)dice(state, 3);
	switch (dice(state, 14)) {
	case 0: lq_preview_start(room, stream); break;
	case 1: lq_preview_stop(room, stream); break;
	case 2: lq_publish(room, stream, LQ_VIDEO); break;
	case 3: lq_unpublish(room, stream, LQ_VIDEO); break;
	case 4: lq_view_bind(room, NULL, stream, &p); break;
	case 5: lq_view_bind(room, NULL, stream, NULL); break;
	case 6: lq_view_bind(room, "bob", stream, &p); break;
	case 7: lq_view_bind(room, "bob", stream, NULL); break;
	case 8: lq_mirror_set(room, (lq_mirror)dice(state, 3)); break;
	case 9: lq_snapshot(room, dice(state, 2) ? NULL : "bob", stream, path); break;
	case 10: lq_screen_start(room, NULL); break; /* there is none here */
	case 11: lq_screen_stop(room); break;
	case 12: lq_mute(room, stream, LQ_VIDEO, (int)dice(state, 2)); break;
	default: dice(state, 4) ? room_join(room, url, "alice") : lq_room_leave(room); break;
	}
}

/* Whatever is asked for, in any order and state: what is asked for last is there, and all of it goes away. */
START_TEST(calls_in_any_order_end_well)
{
	char dir[] = "/tmp/lq-views-XXXXXX", path[64];
	uint32_t state = 77u + (uint32_t)_i;
	const lq_sdk_event *ev;
	watcher w = WATCHER, own = WATCHER, seen = WATCHER;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/p.png", dir);
	unsetenv("DISPLAY");
	lq_engine *e = engine_real("{\"graphs\":{\"publish\":{\"nodes\":{\"cam\":{\"params\":{\"size\":\"160x120\"}}}}}}");
	lq_room *bob = joined(e, url, "bob", LQ_DEFAULT, LQ_DEFAULT), *alice = by_view_room(e);
	ck_assert_int_eq(room_join(alice, url, "alice"), 0);
	for (int i = 0; i < 150; i++) {
		any_call(alice, &state, &w, path);
		while (!lq_engine_poll(e, (int)dice(&state, 30), &ev))
			;
	}
	lq_room_leave(alice);
	while (room_join(alice, url, "alice")) /* until it has left */
		lq_engine_poll(e, 100, &ev);
	lq_mute(alice, LQ_STREAM_MAIN, LQ_VIDEO, 0);
	bind_view(alice, NULL, LQ_STREAM_MAIN, &own);
	bind_view(bob, "alice", LQ_STREAM_MAIN, &seen);
	ck_assert_int_eq(lq_publish(alice, LQ_STREAM_MAIN, LQ_VIDEO), 0);
	frames_after(&own, 5);
	frames_after(&seen, 5);
	lq_engine_destroy(e);
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

/* Each is a case of its own: CK_RUN_CASE runs one. */
static void add_test(Suite *s, const char *name, const TTest *test, int times)
{
	TCase *t = tcase_create(name);
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test, 0, times);
	suite_add_tcase(s, t);
}
#define ADD(s, name) add_test(s, #name, name, 1)

int main(void)
{
	Suite *s = suite_create("views");
	ADD(s, a_preview_is_seen_by_us_and_sent_to_nobody);
	ADD(s, a_preview_goes_over_into_publishing_and_back);
	ADD(s, a_preview_without_a_camera_is_told);
	ADD(s, our_own_picture_is_mirrored_for_us_alone);
	ADD(s, a_hidden_view_receives_nothing);
	ADD(s, a_view_toggled_fast_ends_as_it_was_left);
	ADD(s, all_cameras_and_the_screen_are_seen_at_once);
	ADD(s, snapshots_are_taken_of_running_streams);
	ADD(s, what_makes_no_sense_is_refused);
	ADD(s, rooms_with_previews_come_and_go);
	add_test(s, "calls_in_any_order_end_well", calls_in_any_order_end_well, 3);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
