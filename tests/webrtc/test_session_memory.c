/* Two sessions whose allocations fail, one later each time: an error or a dropped packet is the answer, and nothing is left behind. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/plugin/errors.h>
#include <loquat/plugin/node.h>

#include "base/alloc.h"
#include "webrtc/session.h"

#define QUEUE 256

typedef struct side {
	lq_session *session;
	struct side *peer;
	uint32_t n, frames;
	size_t lens[QUEUE];
	uint8_t data[QUEUE][1500];
} side;

static side a, b;
static int64_t now;
static lq_cert *cert;

static void on_send(void *arg, const uint8_t *data, size_t len)
{
	side *to = ((side *)arg)->peer;
	if (to->n == QUEUE || len > sizeof *to->data)
		return;
	memcpy(to->data[to->n], data, len);
	to->lens[to->n++] = len;
}

static void on_frame(void *arg, const lq_session_frame *f)
{
	((side *)arg)->frames++;
}

static int open_side(side *s, side *peer, int direction)
{
	s->session = NULL;
	s->peer = peer;
	s->n = s->frames = 0;
	lq_session_config c = {.direction = direction, .cert = cert, .arg = s, .callbacks = {.send = on_send, .frame = on_frame}};
	int e = lq_session_create(&c, &s->session);
	return e ? e : lq_session_set_local_ice(s->session, "abcd", "abcdabcdabcdabcdabcdabcd", NULL, 0);
}

static int negotiate(void)
{
	static char text[32768];
	static const uint32_t opus = LQ_CODEC_OPUS, vp8 = LQ_CODEC_VP8;
	int e = lq_session_add_track(a.session, "0", LQ_MEDIA_AUDIO, &opus, 1, "s a");
	if (!e)
		e = lq_session_add_track(a.session, "1", LQ_MEDIA_VIDEO, &vp8, 1, "s v");
	if (!e && (e = lq_session_describe(a.session, text, sizeof text)) > 0)
		e = lq_session_set_remote(b.session, text, NULL, 0);
	if (!e && (e = lq_session_describe(b.session, text, sizeof text)) > 0)
		e = lq_session_set_remote(a.session, text, NULL, 0);
	return e;
}

static void deliver(side *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		uint8_t copy[1500];
		size_t len = s->lens[i];
		memcpy(copy, s->data[i], len);
		lq_session_input(s->session, copy, len, now);
	}
	s->n = 0;
}

static void call(void)
{
	uint8_t video[5000] = {0x10, 2, 3, 0x9d, 1, 0x2a, 1, 2, 3, 4}, audio[80] = {31 << 3};
	lq_session_connected(a.session, now);
	lq_session_connected(b.session, now);
	for (int i = 0; i < 40; i++, now += 20 * LQ_MSEC) {
		lq_session_send(a.session, "1", video, sizeof video, LQ_BUFFER_KEY, now, now, now);
		lq_session_send(a.session, "0", audio, sizeof audio, 0, now, now, now);
		while (a.n || b.n) {
			deliver(&a);
			deliver(&b);
		}
		lq_session_timeout(a.session, now);
		lq_session_timeout(b.session, now);
	}
}

static int scenario(void)
{
	int e = open_side(&a, &b, LQ_SEND);
	if (!e)
		e = open_side(&b, &a, LQ_RECEIVE);
	if (!e)
		e = negotiate();
	if (!e)
		call();
	return e;
}

START_TEST(every_failure_is_survived)
{
	now = LQ_SEC;
	ck_assert_int_eq(lq_cert_create(&cert), 0);
	long live = lq__alloc_live(), count = lq__alloc_count();
	int clean = 0;
	for (long n = 1; !clean; n = n < 40 ? n + 1 : n + 37) {
		b.session = NULL;
		count = lq__alloc_count();
		lq__alloc_fail_at(n);
		int e = scenario();
		lq__alloc_fail_at(0);
		clean = lq__alloc_count() - count < n;
		ck_assert_msg(e == 0 || e == LQ_ENOMEM, "allocation %ld: %d", n, e);
		ck_assert_msg(!clean || (!e && b.frames > 70), "%u frames", b.frames);
		lq_session_destroy(a.session);
		lq_session_destroy(b.session);
		a.session = b.session = NULL;
		ck_assert_int_eq(lq__alloc_live(), live);
	}
	lq_cert_destroy(cert);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session memory");
	TCase *t = tcase_create("memory");
	tcase_set_timeout(t, 120);
	tcase_add_test(t, every_failure_is_survived);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
