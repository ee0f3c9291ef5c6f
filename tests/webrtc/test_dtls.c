/* Two DTLS ends joined by a queue of datagrams on a virtual clock. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "webrtc/dtls.h"

#define MAX_QUEUE 64

typedef struct side {
	lq_dtls *dtls;
	lq_cert *cert;
	struct side *peer;
	struct {
		uint8_t data[1500];
		size_t len;
	} queue[MAX_QUEUE];
	uint32_t n, sent;
	size_t largest;
	unsigned *rand; /* NULL: no loss */
	unsigned loss;  /* percent */
} side;

static side client, server;

static void output(void *arg, const uint8_t *data, size_t len)
{
	side *s = arg, *to = s->peer;
	s->sent++;
	s->largest = len > s->largest ? len : s->largest;
	ck_assert_uint_le(len, 1500);
	if (s->rand && (unsigned)rand_r(s->rand) % 100 < s->loss)
		return;
	ck_assert_uint_lt(to->n, MAX_QUEUE);
	memcpy(to->queue[to->n].data, data, len);
	to->queue[to->n++].len = len;
}

static void open_side(side *s, side *peer, int role)
{
	*s = (side){.peer = peer};
	ck_assert_int_eq(lq_cert_create(&s->cert), 0);
	ck_assert_int_eq(lq_dtls_create(s->cert, role, output, s, &s->dtls), 0);
}

static void setup(void)
{
	open_side(&client, &server, LQ_DTLS_CLIENT);
	open_side(&server, &client, LQ_DTLS_SERVER);
}

static void teardown(void)
{
	lq_dtls_destroy(client.dtls);
	lq_dtls_destroy(server.dtls);
	lq_cert_destroy(client.cert);
	lq_cert_destroy(server.cert);
}

static void know(side *s)
{
	ck_assert_int_eq(lq_dtls_set_fingerprint(s->dtls, "sha-256", lq_cert_fingerprint(s->peer->cert), 32), 0);
}

static int deliver(side *s, int64_t now)
{
	uint32_t n = s->n;
	side copy = *s;
	s->n = 0;
	for (uint32_t i = 0; i < n; i++)
		lq_dtls_input(s->dtls, copy.queue[i].data, copy.queue[i].len, now);
	return n > 0;
}

/* Runs until nothing more happens; returns the time. */
static int64_t run(int64_t now, int64_t until)
{
	for (;;) {
		if (deliver(&server, now) | deliver(&client, now))
			continue;
		int64_t a = lq_dtls_next(client.dtls), b = lq_dtls_next(server.dtls);
		int64_t next = a == LQ_TIME_NONE ? b : b == LQ_TIME_NONE || a < b ? a : b;
		if (next == LQ_TIME_NONE || next > until)
			return now;
		ck_assert_int_ge(next, now);
		now = next;
		lq_dtls_timeout(client.dtls, now);
		lq_dtls_timeout(server.dtls, now);
	}
}

static void check_open(void)
{
	ck_assert_msg(lq_dtls_state(client.dtls) == LQ_DTLS_OPEN, "client: %d %s", lq_dtls_state(client.dtls), lq_dtls_error(client.dtls));
	ck_assert_msg(lq_dtls_state(server.dtls) == LQ_DTLS_OPEN, "server: %d %s", lq_dtls_state(server.dtls), lq_dtls_error(server.dtls));
	lq_srtp_keys c, s;
	ck_assert_int_eq(lq_dtls_keys(client.dtls, &c), 0);
	ck_assert_int_eq(lq_dtls_keys(server.dtls, &s), 0);
	ck_assert_int_eq(c.profile, LQ_SRTP_AEAD_AES_128_GCM);
	ck_assert_int_eq(s.profile, c.profile);
	ck_assert_mem_eq(c.send, s.receive, c.key_len + c.salt_len);
	ck_assert_mem_eq(c.receive, s.send, c.key_len + c.salt_len);
	ck_assert_mem_ne(c.send, c.receive, 16);
}

START_TEST(both_ends_open_with_the_same_keys)
{
	lq_srtp_keys keys;
	ck_assert_int_eq(lq_dtls_keys(client.dtls, &keys), LQ_ESTATE);
	know(&client);
	know(&server);
	ck_assert_int_eq(lq_dtls_start(client.dtls, 0), 0);
	ck_assert_int_eq(run(0, LQ_SEC), 0); /* without loss no time-out is needed */
	check_open();
	ck_assert_uint_le(client.largest, 1200);
	ck_assert_uint_le(server.largest, 1200);
	ck_assert_uint_eq(client.sent, 2);
	ck_assert_uint_eq(server.sent, 2);
}
END_TEST

START_TEST(fingerprint_may_come_after_the_handshake)
{
	know(&client);
	lq_dtls_start(client.dtls, 0);
	run(0, LQ_SEC);
	ck_assert_int_eq(lq_dtls_state(client.dtls), LQ_DTLS_OPEN);
	ck_assert_int_eq(lq_dtls_state(server.dtls), LQ_DTLS_HANDSHAKE);
	ck_assert_int_eq(lq_dtls_next(server.dtls), LQ_TIME_NONE);
	know(&server);
	check_open();
}
END_TEST

START_TEST(wrong_fingerprint_fails)
{
	know(&client);
	ck_assert_int_eq(lq_dtls_set_fingerprint(server.dtls, "sha-256", lq_cert_fingerprint(server.cert), 32), 0);
	lq_dtls_start(client.dtls, 0);
	run(0, 20 * LQ_SEC);
	ck_assert_int_eq(lq_dtls_state(server.dtls), LQ_DTLS_FAILED);
	ck_assert_str_eq(lq_dtls_error(server.dtls), "the peer's certificate does not have the fingerprint of its description");
	lq_srtp_keys keys;
	ck_assert_int_eq(lq_dtls_keys(server.dtls, &keys), LQ_ESTATE);
}
END_TEST

START_TEST(wrong_fingerprint_after_the_handshake_fails)
{
	know(&client);
	lq_dtls_start(client.dtls, 0);
	run(0, LQ_SEC);
	ck_assert_int_eq(lq_dtls_set_fingerprint(server.dtls, "sha-256", lq_cert_fingerprint(server.cert), 32), LQ_ECRYPTO);
	ck_assert_int_eq(lq_dtls_state(server.dtls), LQ_DTLS_FAILED);
}
END_TEST

START_TEST(fingerprints_of_all_hashes_are_taken)
{
	static const struct {
		const char *name;
		size_t len;
	} hashes[] = {{"SHA-1", 20}, {"sha-224", 28}, {"sha-256", 32}, {"sha-384", 48}, {"sha-512", 64}};
	uint8_t digest[64] = {0};
	for (size_t i = 0; i < 5; i++) {
		ck_assert_int_eq(lq_dtls_set_fingerprint(client.dtls, hashes[i].name, digest, hashes[i].len), 0);
		ck_assert_int_eq(lq_dtls_set_fingerprint(client.dtls, hashes[i].name, digest, hashes[i].len - 1), LQ_EINVAL);
	}
	ck_assert_int_eq(lq_dtls_set_fingerprint(client.dtls, "md5", digest, 16), LQ_ENOTSUP);
}
END_TEST

START_TEST(handshake_survives_loss)
{
	unsigned seed = (unsigned)_i + 1;
	client.rand = server.rand = &seed;
	client.loss = server.loss = 30;
	know(&client);
	know(&server);
	lq_dtls_start(client.dtls, 0);
	int64_t end = run(0, 30 * LQ_SEC);
	check_open();
	ck_assert_int_lt(end, 10 * LQ_SEC);
}
END_TEST

START_TEST(no_answer_fails_after_some_seconds)
{
	lq_cert *cert;
	ck_assert_int_eq(lq_cert_create(&cert), 0);
	unsigned seed = 1;
	client.rand = &seed;
	client.loss = 100;
	lq_dtls_start(client.dtls, 0);
	ck_assert_int_eq(lq_dtls_next(client.dtls), 50 * LQ_MSEC);
	int64_t end = run(0, 60 * LQ_SEC);
	ck_assert_int_eq(lq_dtls_state(client.dtls), LQ_DTLS_FAILED);
	ck_assert_int_gt(end, 5 * LQ_SEC);
	ck_assert_int_lt(end, 30 * LQ_SEC);
	lq_cert_destroy(cert);
}
END_TEST

START_TEST(close_notify_closes_the_other_end)
{
	know(&client);
	know(&server);
	lq_dtls_start(client.dtls, 0);
	run(0, LQ_SEC);
	lq_dtls_close(client.dtls);
	ck_assert_int_eq(lq_dtls_state(client.dtls), LQ_DTLS_CLOSED);
	run(0, LQ_SEC);
	ck_assert_int_eq(lq_dtls_state(server.dtls), LQ_DTLS_CLOSED);
}
END_TEST

START_TEST(garbage_does_not_disturb_an_open_connection)
{
	know(&client);
	know(&server);
	lq_dtls_start(client.dtls, 0);
	run(0, LQ_SEC);
	unsigned seed = 7;
	for (int i = 0; i < 2000; i++) {
		uint8_t junk[1500];
		size_t len = (size_t)rand_r(&seed) % sizeof junk;
		for (size_t k = 0; k < len; k++)
			junk[k] = (uint8_t)rand_r(&seed);
		if (len > 13 && i % 2) { /* half of it looks like a record */
			junk[0] = (uint8_t)(20 + i / 2 % 5);
			junk[1] = 0xfe;
			junk[2] = 0xfd;
			junk[3] = 0;
			junk[4] = (uint8_t)(i / 4 % 2);
			junk[11] = (uint8_t)((len - 13) >> 8);
			junk[12] = (uint8_t)(len - 13);
		}
		lq_dtls_input(server.dtls, junk, len, 0);
	}
	check_open();
	lq_dtls_close(client.dtls);
	run(0, LQ_SEC);
	ck_assert_int_eq(lq_dtls_state(server.dtls), LQ_DTLS_CLOSED);
}
END_TEST

START_TEST(hello_in_two_fragments_is_joined)
{
	know(&client);
	know(&server);
	lq_dtls_start(client.dtls, 0);
	ck_assert_uint_eq(server.n, 1);
	/* One record with one handshake message becomes two, as Chromium sends it. */
	uint8_t *r = server.queue[0].data;
	size_t body = server.queue[0].len - 25, first = body / 2;
	uint8_t a[1500], b[1500];
	memcpy(a, r, 25 + first);
	memcpy(b, r, 25);
	memcpy(b + 25, r + 25 + first, body - first);
	size_t lens[2] = {first, body - first}, offset[2] = {0, first};
	uint8_t *p[2] = {a, b};
	for (int i = 0; i < 2; i++) {
		p[i][10] = (uint8_t)(p[i][10] + i); /* record number */
		p[i][11] = (uint8_t)((lens[i] + 12) >> 8);
		p[i][12] = (uint8_t)(lens[i] + 12);
		p[i][19] = 0;
		p[i][20] = (uint8_t)(offset[i] >> 8);
		p[i][21] = (uint8_t)offset[i];
		p[i][22] = 0;
		p[i][23] = (uint8_t)(lens[i] >> 8);
		p[i][24] = (uint8_t)lens[i];
	}
	server.n = 0;
	lq_dtls_input(server.dtls, a, 25 + first, 0);
	ck_assert_uint_eq(client.n, 0);
	lq_dtls_input(server.dtls, b, 25 + body - first, 0);
	run(0, 10 * LQ_SEC);
	check_open();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dtls");
	TCase *t = tcase_create("dtls");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, both_ends_open_with_the_same_keys);
	tcase_add_test(t, fingerprint_may_come_after_the_handshake);
	tcase_add_test(t, wrong_fingerprint_fails);
	tcase_add_test(t, wrong_fingerprint_after_the_handshake_fails);
	tcase_add_test(t, fingerprints_of_all_hashes_are_taken);
	tcase_add_loop_test(t, handshake_survives_loss, 0, 40);
	tcase_add_test(t, no_answer_fails_after_some_seconds);
	tcase_add_test(t, close_notify_closes_the_other_end);
	tcase_add_test(t, garbage_does_not_disturb_an_open_connection);
	tcase_add_test(t, hello_in_two_fragments_is_joined);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
