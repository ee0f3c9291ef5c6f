/* transport.webrtc: two nodes talk over 127.0.0.1, on the machine's clock. Deadlines are generous and nothing sleeps: poll waits for the sockets. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "plugins/common/util.h"
#include "testhost.h"

enum { AUDIO_IN, VIDEO_IN, AUDIO_OUT, VIDEO_OUT };
enum { PORT_A = 4, PORT_V = 5, PORT_A_OUT = 6, PORT_V_OUT = 7 };
#define DEADLINE (30 * LQ_SEC)
#define MAX_FDS 64

typedef struct party {
	th_node *node;
	struct pollfd fds[MAX_FDS];
	uint32_t n_fds;
	int state[2]; /* by direction */
	char reason[2][100];
	int described[2];
} party;

static th_env *env;
static party alice, bob;

static int64_t real_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * LQ_SEC + t.tv_nsec;
}

static party *party_of(const lq_host *host)
{
	return host->host_data == alice.node ? &alice : &bob;
}

static int on_watch(const lq_host *host, const int *fds, const short *events, uint32_t n)
{
	party *p = party_of(host);
	ck_assert_uint_le(n, MAX_FDS);
	p->n_fds = n;
	for (uint32_t i = 0; i < n; i++)
		p->fds[i] = (struct pollfd){.fd = fds[i], .events = events[i]};
	return 0;
}

static void on_event(const lq_host *host, const lq_event *e)
{
	party *p = party_of(host);
	if (e->type == LQ_EVENT_STATE) {
		p->state[e->direction] = (int)e->value;
		snprintf(p->reason[e->direction], sizeof p->reason[0], "%s", e->text ? e->text : "");
	} else if (e->type == LQ_EVENT_DESCRIPTION) {
		p->described[e->direction] = 1;
	}
}

static int64_t on_now(const lq_host *host)
{
	return env->now = real_now();
}

static void open_party(party *p, const char *params)
{
	memset(p, 0, sizeof *p);
	p->node = th_open(env, "webrtc", "transport.webrtc", params);
	p->node->host.watch = on_watch;
	p->node->host.event = on_event;
	p->node->host.now = on_now;
}

static void setup(void)
{
	env = th_env_new();
	open_party(&alice, "local_address=127.0.0.1");
	open_party(&bob, "local_address=127.0.0.1");
}

static void teardown(void)
{
	th_close(alice.node);
	th_close(bob.node);
	th_env_free(env);
}

static const lq_transport_ops *transport(const party *p)
{
	return p->node->desc->kind_ops;
}

static int fill(const party *p, struct pollfd *fds, int64_t *wake)
{
	memcpy(fds, p->fds, p->n_fds * sizeof *fds);
	if (p->node->wake != LQ_TIME_NONE && p->node->wake < *wake)
		*wake = p->node->wake;
	return (int)p->n_fds;
}

static void run_if_due(party *p, const struct pollfd *fds, int n)
{
	int due = p->node->wake != LQ_TIME_NONE && p->node->wake <= real_now();
	for (int i = 0; i < n; i++)
		due |= fds[i].revents;
	if (!due)
		return;
	p->node->wake = LQ_TIME_NONE;
	ck_assert_int_eq(p->node->desc->ops->run(p->node->self, on_now(&p->node->host)), 0);
}

/* One wait for whatever comes first, `until` at the latest. */
static void step(int64_t until)
{
	struct pollfd fds[2 * MAX_FDS];
	int64_t wake = until, now = real_now();
	int a = fill(&alice, fds, &wake), b = fill(&bob, fds + a, &wake);
	int64_t ms = wake <= now ? 0 : (wake - now + LQ_MSEC - 1) / LQ_MSEC;
	ck_assert_int_ge(poll(fds, (nfds_t)(a + b), (int)ms), 0);
	run_if_due(&alice, fds, a);
	run_if_due(&bob, fds + a, b);
}

#define UNTIL(condition) \
	do { \
		int64_t deadline_ = real_now() + DEADLINE; \
		while (!(condition)) { \
			ck_assert_msg(real_now() < deadline_, "still not: %s", #condition); \
			step(real_now() + 100 * LQ_MSEC); \
		} \
	} while (0)

static void describe(party *p, uint32_t direction, char *out, size_t size)
{
	int e = transport(p)->describe(p->node->self, direction, out, size);
	if (e == LQ_EAGAIN) {
		UNTIL(p->described[direction]);
		e = transport(p)->describe(p->node->self, direction, out, size);
	}
	ck_assert_msg(!e, "describe: %d %s", e, p->node->error);
}

static void negotiate(party *from, party *to)
{
	static char text[65536];
	describe(from, LQ_SEND, text, sizeof text);
	ck_assert_int_eq(transport(to)->set_remote(to->node->self, LQ_RECEIVE, text), 0);
	describe(to, LQ_RECEIVE, text, sizeof text);
	ck_assert_int_eq(transport(from)->set_remote(from->node->self, LQ_SEND, text), 0);
}

static void add(party *p, uint32_t tmpl, uint32_t port, const char *mid)
{
	ck_assert_int_eq(p->node->desc->ops->add_port(p->node->self, tmpl, port), 0);
	if (mid)
		ck_assert_int_eq(transport(p)->bind(p->node->self, port, mid), 0);
}

static void open_send(party *p, uint32_t video)
{
	ck_assert_int_eq(transport(p)->open(p->node->self, LQ_SEND, NULL), 0);
	add(p, AUDIO_IN, PORT_A, "0");
	add(p, VIDEO_IN, PORT_V, "1");
	ck_assert_int_eq(th_set_format(p->node, PORT_A, lq__audio_format(LQ_CODEC_OPUS, 0, 48000, 2)), 0);
	ck_assert_int_eq(th_set_format(p->node, PORT_V, lq__video_format(video, 0, 640, 360)), 0);
}

static void open_receive(party *p)
{
	ck_assert_int_eq(transport(p)->open(p->node->self, LQ_RECEIVE, NULL), 0);
	add(p, AUDIO_OUT, PORT_A_OUT, "0");
	add(p, VIDEO_OUT, PORT_V_OUT, "1");
}

/* ---- media ---- */

static void send_packet(party *p, uint32_t port, lq_format fmt, const uint8_t *data, uint32_t size, int key)
{
	const lq_format *f = lq__format_new(env->pool, &fmt);
	lq_buffer *buf = lq__buffer_new(env->pool, f, size);
	lq__format_unref(f);
	memcpy(buf->planes[0], data, size);
	buf->flags = key ? LQ_BUFFER_KEY : 0;
	buf->pts = buf->capture_time = real_now();
	ck_assert_int_eq(transport(p)->send(p->node->self, port, buf), 0);
	lq__buffer_unref(buf);
}

static void send_video(party *p, int n)
{
	uint8_t data[9000] = {n ? 0x11 : 0x10, 2, 3, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01};
	memset(data + 10, n, sizeof data - 10);
	send_packet(p, PORT_V, lq__video_format(LQ_CODEC_VP8, 0, 640, 360), data, sizeof data, !n);
}

static void send_audio(party *p, int n)
{
	uint8_t data[80] = {31 << 3};
	memset(data + 1, n, sizeof data - 1);
	send_packet(p, PORT_A, lq__audio_format(LQ_CODEC_OPUS, 0, 48000, 2), data, sizeof data, 1);
}

/* Both ways at once, 25 pictures and 50 sounds a second. */
static void talk(int n)
{
	int64_t start = real_now();
	for (int i = 0; i < n; i++) {
		for (int64_t at = start + i * 20 * LQ_MSEC; real_now() < at;)
			step(at);
		send_audio(&alice, i);
		send_audio(&bob, i);
		if (i % 2 == 0) {
			send_video(&alice, i / 2);
			send_video(&bob, i / 2);
		}
	}
}

static void check_video(party *p, int n)
{
	for (int i = 0; i < n; i++) {
		lq_buffer *buf = th_take(p->node, PORT_V_OUT);
		ck_assert_ptr_nonnull(buf);
		ck_assert_uint_eq(buf->format->codec, LQ_CODEC_VP8);
		ck_assert_uint_eq(buf->size, 9000);
		ck_assert_int_eq(buf->planes[0][100], i);
		ck_assert_int_eq(!!(buf->flags & LQ_BUFFER_KEY), !i);
		ck_assert_int_gt(buf->pts, buf->capture_time);
		th_free(env, buf);
	}
}

START_TEST(two_nodes_talk_both_ways)
{
	open_send(&alice, LQ_CODEC_VP8);
	open_send(&bob, LQ_CODEC_VP8);
	open_receive(&alice);
	open_receive(&bob);
	negotiate(&alice, &bob);
	negotiate(&bob, &alice);
	UNTIL(alice.state[LQ_SEND] == LQ_STATE_CONNECTED && bob.state[LQ_SEND] == LQ_STATE_CONNECTED);
	UNTIL(alice.state[LQ_RECEIVE] == LQ_STATE_CONNECTED && bob.state[LQ_RECEIVE] == LQ_STATE_CONNECTED);
	ck_assert_uint_ge(th_asked(alice.node, LQ_EVENT_KEY_FRAME), 1); /* the first frame is to be a key frame */
	talk(50);
	UNTIL(th_count(alice.node, PORT_V_OUT) == 25 && th_count(bob.node, PORT_V_OUT) == 25);
	UNTIL(th_count(alice.node, PORT_A_OUT) >= 50 && th_count(bob.node, PORT_A_OUT) >= 50);
	check_video(&alice, 25);
	check_video(&bob, 25);
	ck_assert_double_eq(th_stat(alice.node, PORT_V, "framesSent"), 25);
	ck_assert_double_eq(th_stat(alice.node, PORT_V_OUT, "framesReceived"), 25);
	ck_assert_double_ge(th_stat(alice.node, PORT_A_OUT, "packetsReceived"), 50);
	transport(&alice)->close(alice.node->self, LQ_SEND);
	UNTIL(bob.state[LQ_RECEIVE] == LQ_STATE_CLOSED);
	ck_assert_int_eq(bob.state[LQ_SEND], LQ_STATE_CONNECTED); /* the directions are independent */
}
END_TEST

START_TEST(directions_open_again)
{
	open_send(&alice, LQ_CODEC_VP8);
	open_receive(&bob);
	for (int i = 0; i < 3; i++) {
		negotiate(&alice, &bob);
		UNTIL(alice.state[LQ_SEND] == LQ_STATE_CONNECTED && bob.state[LQ_RECEIVE] == LQ_STATE_CONNECTED);
		send_video(&alice, 0);
		UNTIL(th_count(bob.node, PORT_V_OUT) == (size_t)i + 1);
		transport(&alice)->close(alice.node->self, LQ_SEND);
		transport(&bob)->close(bob.node->self, LQ_RECEIVE);
		send_video(&alice, 0); /* into the void */
		alice.state[LQ_SEND] = bob.state[LQ_RECEIVE] = LQ_STATE_NEW;
		alice.described[LQ_SEND] = bob.described[LQ_RECEIVE] = 0;
		ck_assert_int_eq(transport(&alice)->open(alice.node->self, LQ_SEND, NULL), 0);
		ck_assert_int_eq(transport(&bob)->open(bob.node->self, LQ_RECEIVE, NULL), 0);
	}
	ck_assert_double_ge(th_stat(alice.node, PORT_V, "portDropped"), 3);
}
END_TEST

START_TEST(receiver_asks_for_a_key_frame)
{
	open_send(&alice, LQ_CODEC_VP8);
	open_receive(&bob);
	negotiate(&alice, &bob);
	UNTIL(alice.state[LQ_SEND] == LQ_STATE_CONNECTED && bob.state[LQ_RECEIVE] == LQ_STATE_CONNECTED);
	send_video(&alice, 0);
	UNTIL(th_count(bob.node, PORT_V_OUT) == 1);
	size_t before = th_asked(alice.node, LQ_EVENT_KEY_FRAME);
	lq_event e = {.struct_size = sizeof e, .type = LQ_EVENT_KEY_FRAME, .port = PORT_V_OUT};
	int64_t asked = real_now();
	ck_assert_int_eq(bob.node->desc->ops->event(bob.node->self, &e), 0);
	while (th_asked(alice.node, LQ_EVENT_KEY_FRAME) == before && real_now() - asked < DEADLINE) {
		step(real_now() + 50 * LQ_MSEC);
		ck_assert_int_eq(bob.node->desc->ops->event(bob.node->self, &e), 0); /* one too soon after the last is not passed on */
	}
	ck_assert_uint_gt(th_asked(alice.node, LQ_EVENT_KEY_FRAME), before);
}
END_TEST

START_TEST(tracks_without_a_port_are_counted)
{
	open_send(&alice, LQ_CODEC_VP8);
	ck_assert_int_eq(transport(&bob)->open(bob.node->self, LQ_RECEIVE, NULL), 0);
	negotiate(&alice, &bob);
	UNTIL(alice.state[LQ_SEND] == LQ_STATE_CONNECTED && bob.state[LQ_RECEIVE] == LQ_STATE_CONNECTED);
	send_video(&alice, 0);
	UNTIL(th_stat(bob.node, AUDIO_OUT, "unboundFrames") == 1);
}
END_TEST

START_TEST(later_offer_brings_a_track)
{
	ck_assert_int_eq(transport(&alice)->open(alice.node->self, LQ_SEND, NULL), 0);
	add(&alice, AUDIO_IN, PORT_A, "0");
	ck_assert_int_eq(transport(&bob)->open(bob.node->self, LQ_RECEIVE, NULL), 0);
	add(&bob, AUDIO_OUT, PORT_A_OUT, "0");
	negotiate(&alice, &bob);
	UNTIL(alice.state[LQ_SEND] == LQ_STATE_CONNECTED && bob.state[LQ_RECEIVE] == LQ_STATE_CONNECTED);
	add(&alice, VIDEO_IN, PORT_V, "1");
	ck_assert_int_eq(th_set_format(alice.node, PORT_V, lq__video_format(LQ_CODEC_VP8, 0, 0, 0)), 0);
	add(&bob, VIDEO_OUT, PORT_V_OUT, "1");
	negotiate(&alice, &bob);
	lq_format f;
	ck_assert_int_eq(bob.node->desc->ops->formats(bob.node->self, PORT_V_OUT, 0, &f), 0);
	ck_assert_uint_eq(f.codec, LQ_CODEC_VP8);
	ck_assert_int_eq(bob.node->desc->ops->formats(bob.node->self, PORT_V_OUT, 1, &f), LQ_END);
	send_video(&alice, 0);
	UNTIL(th_count(bob.node, PORT_V_OUT) == 1);
	alice.node->desc->ops->remove_port(alice.node->self, PORT_V);
	negotiate(&alice, &bob);
	ck_assert_int_eq(bob.state[LQ_RECEIVE], LQ_STATE_CONNECTED);
}
END_TEST

START_TEST(mistakes_are_answered)
{
	char text[20000];
	void *self = alice.node->self;
	const lq_transport_ops *t = transport(&alice);
	ck_assert_int_eq(t->describe(self, LQ_SEND, text, sizeof text), LQ_ESTATE);
	ck_assert_int_eq(t->set_remote(self, LQ_RECEIVE, "v=0"), LQ_ESTATE);
	ck_assert_int_eq(t->open(self, LQ_RECEIVE, NULL), 0);
	ck_assert_int_eq(t->open(self, LQ_RECEIVE, NULL), LQ_ESTATE);
	ck_assert_int_eq(t->describe(self, LQ_RECEIVE, text, sizeof text), LQ_ESTATE);
	ck_assert_int_eq(t->set_remote(self, LQ_RECEIVE, "hello"), LQ_EPARSE);
	ck_assert_int_gt((int)strlen(alice.node->error), 5);
	ck_assert_int_eq(t->bind(self, 99, "0"), LQ_ENOENT);
	add(&alice, AUDIO_OUT, 4, "a");
	add(&alice, AUDIO_OUT, 5, NULL);
	ck_assert_int_eq(t->bind(self, 5, "a"), LQ_EEXIST);
	ck_assert_str_eq(alice.node->error, "track a is bound to port 4");
	ck_assert_int_eq(t->bind(self, 4, ""), 0); /* it lets go of the name */
	ck_assert_int_eq(t->bind(self, 5, "a"), 0);
	th_close(bob.node);
	open_party(&bob, "local_address=nonsense");
	ck_assert_int_eq(transport(&bob)->open(bob.node->self, LQ_SEND, NULL), LQ_EIO);
	ck_assert_str_eq(bob.node->error, "local_address: \"nonsense\" is no IP address");
	th_close(bob.node);
	open_party(&bob, "interface=nosuch0");
	ck_assert_int_eq(transport(&bob)->open(bob.node->self, LQ_SEND, NULL), LQ_EIO);
	ck_assert_str_eq(bob.node->error, "interface: \"nosuch0\" has no address or does not exist");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("webrtc");
	TCase *t = tcase_create("webrtc");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, two_nodes_talk_both_ways);
	tcase_add_test(t, directions_open_again);
	tcase_add_test(t, receiver_asks_for_a_key_frame);
	tcase_add_test(t, tracks_without_a_port_are_counted);
	tcase_add_test(t, later_offer_brings_a_track);
	tcase_add_test(t, mistakes_are_answered);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
