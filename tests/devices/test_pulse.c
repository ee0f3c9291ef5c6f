/* capture.microphone and render.speaker on a PulseAudio server of the test's own, whose null sink is both loudspeaker and microphone. */
#include <check.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "devhost.h"

#define LONG 30000 /* ms: how long anything may take on a busy machine */

static char dir[64], sock[96];

static int answers(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	snprintf(a.sun_path, sizeof a.sun_path, "%s", sock);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), ok = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
	close(fd);
	return ok;
}

static int start_server(void)
{
	char load[200];
	snprintf(load, sizeof load, "module-native-protocol-unix socket=%s auth-anonymous=1", sock);
	char *argv[] = {"pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes", "--log-level=error", "-L",
	                load, "-L", "module-null-sink sink_name=spk rate=48000", NULL};
	unlink(sock);
	int pid = dev_spawn(argv, NULL);
	for (int64_t end = dev_now() + LONG * LQ_MSEC; !answers(); poll(NULL, 0, 5))
		if (dev_now() > end) {
			fprintf(stderr, "pulseaudio does not start\n");
			exit(1);
		}
	return pid;
}

static void open_node(dev_host *h, const char *id, const char *params)
{
	ck_assert_int_eq(dev_open(h, "pulse", id, params), 0);
	lq_format f = dev_audio(1);
	ck_assert_msg(dev_start(h, &f) == 0, "%s", h->fail);
}

/* Ten milliseconds of a tone that follow on what was played before. */
static void play(dev_host *h, double hz, int64_t pts, uint64_t *at)
{
	lq_format f = dev_audio(1);
	lq_buffer *b = dev_buffer(h, &f, 480 * 4);
	for (uint32_t i = 0; i < 480; i++)
		((float *)(void *)b->planes[0])[i] = (float)(0.5 * sin(2 * M_PI * hz * (double)(*at + i) / 48000));
	*at += 480;
	b->samples = 480;
	b->pts = pts;
	ck_assert_int_eq(dev_render(h, b), 0);
}

/* Amplitude of a frequency (Goertzel). */
static double power(const float *s, uint32_t n, double hz)
{
	double w = 2 * M_PI * hz / 48000, c = 2 * cos(w), a = 0, b = 0;
	for (uint32_t i = 0; i < n; i++) {
		double t = s[i] + c * a - b;
		b = a;
		a = t;
	}
	return 2 * sqrt(fmax(0, a * a + b * b - c * a * b)) / n;
}

/* Plays a tone as time goes by until `want` buffers of it in a row were heard. Returns the time of the first one. The null sink works in
 * steps of two seconds until somebody wants less: what is heard before that is over does not count. */
static int64_t hear(dev_host *spk, dev_host *mic, double hz, uint64_t *at, int want)
{
	static int64_t begin, last;
	int64_t end = dev_now() + LONG * LQ_MSEC, first = 0;
	int settling = last == 0;
	begin = begin ? begin : dev_now();
	for (int good = 0; good < want;) {
		ck_assert_int_lt(dev_now(), end);
		while (begin + (int64_t)*at * LQ_SEC / 48000 <= dev_now())
			play(spk, hz, dev_now(), at);
		lq_buffer *b = dev_take(mic, 10);
		if (!b)
			continue;
		const float *s = (const float *)(const void *)b->planes[0];
		ck_assert_uint_eq(b->samples, 480);
		ck_assert_int_eq(b->pts, b->capture_time);
		ck_assert(settling || b->pts < dev_now() + 20 * LQ_MSEC);
		ck_assert(settling || b->flags & LQ_BUFFER_DISCONTINUITY || llabs(b->pts - last - 10 * LQ_MSEC) < 20 * LQ_MSEC);
		last = b->pts;
		int is_it = dev_stat(mic, "captureDelayMs") < 100 && fabs(power(s, 480, hz) - 0.5) < 0.03 && power(s, 480, hz + 500) < 0.03;
		good = is_it ? good + 1 : 0;
		first = good == 1 ? b->pts : first;
		mic->host.buffer_unref(&mic->host, b);
	}
	return first;
}

START_TEST(what_the_speaker_plays_the_microphone_hears)
{
	dev_host spk, mic;
	uint64_t at = 0;
	open_node(&mic, "capture.microphone", "device=spk.monitor");
	open_node(&spk, "render.speaker", "device=spk");
	hear(&spk, &mic, 1000, &at, 30);
	int64_t begin = dev_now(), delay = hear(&spk, &mic, 2000, &at, 3) - begin;
	ck_assert_int_gt(delay, -20 * LQ_MSEC);
	ck_assert_int_lt(delay, 1000 * LQ_MSEC); /* some 40 ms on an idle machine */
	ck_assert_double_gt(dev_stat(&mic, "totalSamplesCaptured"), 30 * 480);
	ck_assert_int_gt(dev_wait_event(&spk, LQ_EVENT_FIRST_BUFFER, LONG), -1);
	int64_t latency = ((const lq_renderer_ops *)spk.desc->kind_ops)->latency(spk.self);
	ck_assert_int_ge(latency, 20 * LQ_MSEC);
	ck_assert_int_le(latency, 500 * LQ_MSEC);
	printf("delay %.1f ms, latency %.1f ms; speaker: %.0f underruns, %.0f dropped, %.1f ms; microphone: %.1f ms, %.0f dropped\n",
	       (double)delay / 1e6, (double)latency / 1e6, dev_stat(&spk, "synthesizedSamplesEvents"), dev_stat(&spk, "droppedSamples"),
	       dev_stat(&spk, "latencyMs"), dev_stat(&mic, "captureDelayMs"), dev_stat(&mic, "droppedSamples"));
	dev_close(&spk);
	dev_close(&mic);
}
END_TEST

static int all_taken(dev_host *h, void *arg)
{
	return dev_stat(h, "totalSamplesCount") + dev_stat(h, "droppedSamples") >= *(double *)arg;
}

START_TEST(sound_waits_for_its_time_and_what_piles_up_is_counted)
{
	dev_host spk;
	open_node(&spk, "render.speaker", "volume=0.5");
	uint64_t at = 0;
	int64_t t = dev_now();
	for (int i = 0; i < 30; i++)
		play(&spk, 1000, t + (200 + i * 10) * LQ_MSEC, &at);
	double all = 30 * 480;
	ck_assert_int_eq(dev_wait(&spk, all_taken, &all, LONG), 1);
	ck_assert_int_ge(dev_now() - t, 300 * LQ_MSEC);
	for (int i = 0; i < 200; i++)
		play(&spk, 1000, LQ_TIME_NONE, &at);
	all += 200 * 480;
	ck_assert_int_eq(dev_wait(&spk, all_taken, &all, LONG), 1);
	ck_assert_double_gt(dev_stat(&spk, "droppedSamples"), 100 * 480);
	ck_assert_int_eq(dev_set_param(&spk, "volume", "1"), 0);
	lq_format stereo = dev_audio(2);
	lq_buffer *b = dev_buffer(&spk, &stereo, 64);
	b->samples = 8;
	ck_assert_int_eq(dev_render(&spk, b), LQ_EFORMAT);
	dev_close(&spk);
}
END_TEST

START_TEST(a_held_up_loop_loses_sound_and_says_so)
{
	dev_host mic;
	open_node(&mic, "capture.microphone", "");
	lq_buffer *b = dev_take(&mic, LONG);
	ck_assert_ptr_nonnull(b);
	mic.host.buffer_unref(&mic.host, b);
	for (int64_t end = dev_now() + LONG * LQ_MSEC; dev_stat(&mic, "droppedSamplesEvents") < 1; poll(NULL, 0, 5))
		ck_assert_int_lt(dev_now(), end);
	int gap = 0;
	for (int i = 0; i < 100 && !gap; i++) {
		ck_assert_ptr_nonnull(b = dev_take(&mic, LONG));
		gap = (b->flags & LQ_BUFFER_DISCONTINUITY) != 0;
		mic.host.buffer_unref(&mic.host, b);
	}
	ck_assert_int_eq(gap, 1);
	ck_assert_double_gt(dev_stat(&mic, "droppedSamples"), 0);
	dev_close(&mic);
}
END_TEST

static int device(int kind, uint32_t i, lq_device *d)
{
	const lq_node_desc *n = dev_find("pulse", kind ? "render.speaker" : "capture.microphone");
	return kind ? ((const lq_renderer_ops *)n->kind_ops)->devices(i, d) : ((const lq_capture_ops *)n->kind_ops)->devices(i, d);
}

START_TEST(devices_are_listed)
{
	static const char *const ids[] = {"spk.monitor", "spk"};
	for (int kind = 0; kind < 2; kind++) {
		lq_device d = {0};
		ck_assert_int_eq(device(kind, 0, &d), 0);
		ck_assert_str_eq(d.id, ids[kind]);
		ck_assert_uint_gt(strlen(d.name), 0);
		ck_assert_uint_eq(d.is_default, 1);
		ck_assert_int_eq(device(kind, 1, &d), LQ_END);
	}
}
END_TEST

START_TEST(an_unknown_device_is_an_error)
{
	static const char *const ids[] = {"capture.microphone", "render.speaker"};
	for (int i = 0; i < 2; i++) {
		dev_host h;
		ck_assert_int_eq(dev_open(&h, "pulse", ids[i], "device=nosuch"), 0);
		lq_format f = dev_audio(1);
		ck_assert_int_eq(dev_start(&h, &f), LQ_ENODEV);
		ck_assert_msg(strstr(h.fail, " nosuch: No such entity") != NULL, "%s", h.fail);
		dev_close(&h);
	}
}
END_TEST

START_TEST(without_a_server_the_probe_says_so)
{
	char text[200];
	const lq_node_desc *n = dev_find("pulse", "capture.microphone");
	ck_assert_int_eq(n->ops->probe(text, sizeof text), 0);
	setenv("PULSE_SERVER", "unix:/nonexistent/pulse.sock", 1);
	ck_assert_int_eq(n->ops->probe(text, sizeof text), LQ_ENODEV);
	ck_assert_str_eq(text, "no PulseAudio server: Connection refused");
	lq_device d;
	ck_assert_int_eq(device(0, 0, &d), LQ_END);
	dev_host h;
	ck_assert_int_eq(dev_open(&h, "pulse", "render.speaker", NULL), 0);
	lq_format f = dev_audio(1);
	ck_assert_int_eq(dev_start(&h, &f), LQ_ENODEV);
	ck_assert_str_eq(h.fail, "no PulseAudio server: Connection refused");
	dev_close(&h);
}
END_TEST

static int start_second_server(void)
{
	char server[128];
	snprintf(sock, sizeof sock, "%s/second.sock", dir);
	snprintf(server, sizeof server, "unix:%s", sock);
	setenv("PULSE_SERVER", server, 1);
	return start_server();
}

START_TEST(a_server_that_goes_is_told_and_found_again)
{
	dev_host mic, spk;
	int pid = start_second_server();
	open_node(&mic, "capture.microphone", NULL);
	open_node(&spk, "render.speaker", NULL);
	dev_kill(pid);
	dev_host *both[] = {&mic, &spk};
	for (int i = 0; i < 2; i++) {
		int e = dev_wait_event(both[i], LQ_EVENT_ERROR, LONG);
		ck_assert_int_ge(e, 0);
		ck_assert_int_eq(both[i]->events[e].value, LQ_ECONN);
		ck_assert_str_eq(both[i]->events[e].text, "the PulseAudio server has gone: Connection terminated; trying again");
	}
	uint64_t at = 0;
	play(&spk, 1000, LQ_TIME_NONE, &at); /* nobody is there: no harm */
	pid = start_server();
	for (int i = 0; i < 2; i++)
		ck_assert_int_ge(dev_wait_event(both[i], LQ_EVENT_DEVICE, LONG), 0);
	ck_assert_double_eq(dev_stat(&mic, "reconnects"), 1);
	double before = dev_stat(&mic, "totalSamplesCaptured");
	while (mic.n_out) {
		lq_buffer *b = dev_take(&mic, 0);
		mic.host.buffer_unref(&mic.host, b);
	}
	lq_buffer *b = dev_take(&mic, LONG);
	ck_assert_ptr_nonnull(b);
	mic.host.buffer_unref(&mic.host, b);
	ck_assert_double_gt(dev_stat(&mic, "totalSamplesCaptured"), before);
	dev_kill(pid);
	dev_close(&mic);
	dev_close(&spk);
}
END_TEST

START_TEST(a_server_that_hangs_holds_nobody_up)
{
	dev_host mic, spk;
	char text[200];
	int pid = start_second_server();
	open_node(&mic, "capture.microphone", NULL);
	open_node(&spk, "render.speaker", NULL);
	kill(pid, SIGSTOP);
	uint64_t at = 0;
	for (int i = 0; i < 200; i++)
		play(&spk, 1000, LQ_TIME_NONE, &at);
	ck_assert_int_eq(mic.desc->ops->probe(text, sizeof text), LQ_ENODEV);
	ck_assert_str_eq(text, "no PulseAudio server: it does not answer");
	mic.desc->ops->stop(mic.self);
	lq_format f = dev_audio(1);
	ck_assert_int_eq(dev_start(&mic, &f), LQ_ENODEV);
	ck_assert_str_eq(mic.fail, "the PulseAudio server does not answer");
	dev_close(&mic);
	dev_close(&spk);
	dev_kill(pid);
}
END_TEST

/* Runs pactl and gives the number that it prints. */
static int pactl(const char *a, const char *b, const char *c)
{
	char text[32] = "";
	int fd, pid = dev_spawn((char *[]){"pactl", (char *)(uintptr_t)a, (char *)(uintptr_t)b, (char *)(uintptr_t)c, NULL}, &fd), status;
	for (size_t n = 0; n < sizeof text - 1;) {
		ssize_t got = read(fd, text + n, sizeof text - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	close(fd);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	return atoi(text);
}

static int has_played(dev_host *h, void *arg)
{
	return dev_stat(h, "totalSamplesCount") > *(double *)arg;
}

START_TEST(devices_that_come_and_go_are_told)
{
	dev_host mic, spk;
	char number[16];
	if (!dev_has_program("pactl"))
		return;
	open_node(&mic, "capture.microphone", NULL);
	snprintf(number, sizeof number, "%d", pactl("load-module", "module-null-sink", "sink_name=usb"));
	ck_assert_int_ge(dev_wait_event(&mic, LQ_EVENT_DEVICE, LONG), 0);
	open_node(&spk, "render.speaker", "device=usb");
	pactl("unload-module", number, NULL);
	ck_assert_int_ge(dev_wait_event(&spk, LQ_EVENT_DEVICE, LONG), 0); /* the server moves the sound to another sink */
	ck_assert_int_eq(dev_count_events(&spk, LQ_EVENT_ERROR), 0);
	uint64_t at = 0;
	double before = dev_stat(&spk, "totalSamplesCount");
	play(&spk, 1000, LQ_TIME_NONE, &at);
	play(&spk, 1000, LQ_TIME_NONE, &at);
	ck_assert_int_eq(dev_wait(&spk, has_played, &before, LONG), 1);
	dev_close(&mic);
	dev_close(&spk);
}
END_TEST

static void clean_up(void)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	if (system(command))
		perror(command);
}

int main(void)
{
	if (!dev_has_program("pulseaudio")) {
		printf("SKIP: there is no pulseaudio (install pulseaudio)\n");
		return 77;
	}
	snprintf(dir, sizeof dir, "/tmp/lq-pulse-XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	char server[128];
	snprintf(sock, sizeof sock, "%s/pulse.sock", dir);
	snprintf(server, sizeof server, "unix:%s", sock);
	setenv("XDG_RUNTIME_DIR", dir, 1);
	setenv("HOME", dir, 1);
	setenv("PULSE_SERVER", server, 1);
	unsetenv("PULSE_SINK");
	unsetenv("PULSE_SOURCE");
	int pid = start_server();
	TCase *t = tcase_create("pulse");
	tcase_set_timeout(t, 240);
	tcase_add_test(t, what_the_speaker_plays_the_microphone_hears);
	tcase_add_test(t, sound_waits_for_its_time_and_what_piles_up_is_counted);
	tcase_add_test(t, a_held_up_loop_loses_sound_and_says_so);
	tcase_add_test(t, devices_are_listed);
	tcase_add_test(t, an_unknown_device_is_an_error);
	tcase_add_test(t, without_a_server_the_probe_says_so);
	tcase_add_test(t, a_server_that_goes_is_told_and_found_again);
	tcase_add_test(t, a_server_that_hangs_holds_nobody_up);
	tcase_add_test(t, devices_that_come_and_go_are_told);
	Suite *s = suite_create("pulse");
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	dev_kill(pid);
	clean_up();
	return failed != 0;
}
