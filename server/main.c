/* loquatd: start, run, stop. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <loquat/clock.h>
#include <loquat/log.h>
#include <loquat/plugin/errors.h>

#include "config.h"
#include "server/hooks/hooks.h"
#include "server/media/media.h"
#include "server/server.h"
#include "server/session.h"

#define SHUTDOWN_LIMIT INT64_C(2000000000) /* ns for the last messages to be taken */

static volatile sig_atomic_t stopping, child_ended;
static struct lws_context *signalled;

int64_t lq__server_now(void)
{
	return lq_clock_now(lq_clock_real());
}

static void on_signal(int number)
{
	int saved = errno;
	stopping = 1;
	lws_cancel_service(signalled); /* writes to a pipe */
	errno = saved;
}

/* A task's process has ended: the loop turns once and sees to it. */
static void on_child(int number)
{
	int saved = errno;
	child_ended = 1;
	lws_cancel_service(signalled);
	errno = saved;
}

static void handle_signals(struct lws_context *context)
{
	struct sigaction stop = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
	struct sigaction child = {.sa_handler = on_child, .sa_flags = SA_RESTART | SA_NOCLDSTOP};
	signalled = context;
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGCHLD, &child, NULL);
}

static void lws_log(int level, const char *line)
{
	lq_log(level & LLL_ERR ? LQ_LOG_WARNING : LQ_LOG_DEBUG, "lws", "%.*s", (int)strcspn(line, "\n"), line);
}

static void on_calls(lws_sorted_usec_list_t *sul)
{
	lq__server *s = lws_container_of(sul, lq__server, calls);
	s->now = lq__server_now();
	lq__calls_tick(s->service.calls, lq__session_call_time(&s->service, s->now));
	lq__server_schedule_calls(s);
}

void lq__server_schedule_calls(lq__server *s)
{
	int64_t left = s->service.calls ? lq__session_next(&s->service, s->now) : LQ_CALL_TIME_NEVER;
	if (left == LQ_CALL_TIME_NEVER)
		lws_sul_cancel(&s->calls);
	else
		lws_sul_schedule(s->context, 0, &s->calls, on_calls, left / 1000 + 1);
}

/* Some times per member time-out, and in the moment when a token has to be told of. */
static lws_usec_t next_tick(const lq__server *s, int64_t unix_ms, int64_t due)
{
	lws_usec_t period = (lws_usec_t)(s->options->member_timeout * 1e6 / 10 / s->options->clock_rate);
	period = period > 1000000 ? 1000000 : period < 20000 ? 20000 : period;
	int64_t left = due == INT64_MAX ? INT64_MAX : (int64_t)((double)(due - unix_ms) * 1000 / s->options->clock_rate) + 1;
	return left < period ? (left < 1000 ? 1000 : left) : period;
}

static void on_tick(lws_sorted_usec_list_t *sul)
{
	lq__server *s = lws_container_of(sul, lq__server, tick);
	s->now = lq__server_now();
	lq__ws_tick(s);
	int64_t unix_ms = lq__service_unix_ms(&s->service, s->now);
	int64_t due = lq__rooms_tick(s->service.rooms, s->now, unix_ms);
	int64_t other = lq__calls_reap(s->service.calls, s->now - (int64_t)(s->options->member_timeout * 1e9), unix_ms, lq__session_call_time(&s->service, s->now));
	lq__server_schedule_calls(s);
	lq__media_reap(s->service.media);
	lws_sul_schedule(s->context, 0, &s->tick, on_tick, next_tick(s, unix_ms, due < other ? due : other));
}

/* In its turn, however late one is. */
static void on_quality(lws_sorted_usec_list_t *sul)
{
	lq__server *s = lws_container_of(sul, lq__server, quality);
	s->now = lq__server_now();
	lq__quality_tick(s->service.rooms, s->now);
	s->next_quality += LQ_QUALITY_PERIOD;
	if (s->next_quality < s->now)
		s->next_quality = s->now;
	lws_sul_schedule(s->context, 0, &s->quality, on_quality, (s->next_quality - s->now) / 1000 + 1);
}

/* lws_service returns, and what the workers have to say is heard. */
static void wake(void *arg)
{
	lws_cancel_service(((lq__server *)arg)->context);
}

static int start_media(lq__server *s)
{
	const char *hosts[LQ_MEDIA_HOSTS_MAX];
	char error[256];
	const lq__options *o = s->options;
	for (uint32_t i = 0; i < o->n_media_hosts; i++)
		hosts[i] = o->media_hosts[i];
	lq__media_config config = {o->host, o->media_port, o->workers, hosts, o->n_media_hosts, wake, s};
	if (lq__media_create(&config, &s->service.media, error, sizeof error)) {
		fprintf(stderr, "loquatd: %s\n", error);
		return -1;
	}
	lq__rooms_host host = lq__client_rooms_host(&s->service);
	s->service.rooms = lq__rooms_create(&host, o->workers, (int64_t)(o->member_timeout * 1e9));
	if (!s->service.rooms)
		return -1;
	lq__rooms_set_grace(s->service.rooms, (int64_t)(o->member_timeout * 1e9 / o->clock_rate));
	return 0;
}

static int start_calls(lq__server *s)
{
	const lq__options *o = s->options;
	struct timespec wall;
	clock_gettime(CLOCK_REALTIME, &wall);
	if (o->call_records && !(s->service.call_records = fopen(o->call_records, "a"))) {
		fprintf(stderr, "loquatd: --call-records %s: %m\n", o->call_records);
		return -1;
	}
	return lq__session_start(&s->service, o->clock_rate, (int64_t)(o->member_timeout * 1e9), lq__server_now(), wall.tv_sec * 1000 + wall.tv_nsec / 1000000);
}

static int start_hooks(lq__server *s)
{
	char error[256] = "out of memory";
	const lq__options *o = s->options;
	if (!o->webhook || !lq__hooks_create(o->webhook, o->webhook_secret, &s->service.hooks, error, sizeof error))
		return 0;
	fprintf(stderr, "loquatd: %s\n", error);
	return -1;
}

static int start_web(lq__server *s)
{
	static struct lws_protocols protocols[] = {
		{.name = "http", .callback = lq__http_callback},
		{.name = "loquat.v1", .callback = lq__ws_callback, .rx_buffer_size = 16384},
		{.name = LQ_PROCESS_PROTOCOL, .callback = lq__process_callback},
		{0},
	};
	protocols[0].per_session_data_size = lq__http_session_size;
	protocols[1].per_session_data_size = lq__ws_session_size;
	const lq__options *o = s->options;
	struct lws_context_creation_info info = {0};
	lws_set_log_level(LLL_ERR | LLL_WARN, lws_log);
	info.port = CONTEXT_PORT_NO_LISTEN;
	info.protocols = protocols;
	info.user = s;
	info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_IPV6 | LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
	info.pt_serv_buf_size = 16384;
	s->context = lws_create_context(&info);
	if (!s->context) {
		fputs("loquatd: libwebsockets does not start\n", stderr);
		return -1;
	}
	info.port = o->port;
	info.iface = strcmp(o->host, "0.0.0.0") ? o->host : NULL;
	info.timeout_secs = 10;
	info.keepalive_timeout = 30;
	info.server_string = "loquatd";
	s->vhost = lws_create_vhost(s->context, &info);
	if (!s->vhost || lws_get_vhost_listen_port(s->vhost) <= 0) {
		fprintf(stderr, "loquatd: cannot listen on %s port %u: is it in use? choose another with --port, or --port 0 for any free one\n", o->host, o->port);
		return -1;
	}
	lq__egress_service_init(&s->egress, &s->service, s->vhost, o->host, lws_get_vhost_listen_port(s->vhost), o->broadcast_program, o->egress_dir);
	s->service.egress = &s->egress;
	return 0;
}

/* The loop turns when something is due. */
static void on_due(lws_sorted_usec_list_t *sul)
{
}

static void turn(lq__server *s)
{
	int ended = child_ended;
	child_ended = 0;
	lq__media_reap(s->service.media);
	int64_t left = lq__egress_service_turn(&s->egress, ended);
	if (left == INT64_MAX)
		lws_sul_cancel(&s->egress_due);
	else
		lws_sul_schedule(s->context, 0, &s->egress_due, on_due, left / 1000 + 1);
}

static void run(lq__server *s)
{
	printf("{\"port\":%d,\"media_port\":%u}\n", lws_get_vhost_listen_port(s->vhost), lq__media_port(s->service.media, 0));
	fflush(stdout);
	s->started = s->now = lq__server_now();
	s->next_quality = s->now;
	on_tick(&s->tick);
	on_quality(&s->quality);
	while (!stopping && lws_service(s->context, 0) >= 0)
		turn(s);
}

/* Everybody is told, and gets a moment to take it; tasks get the time to close their files. */
static void shut_down(lq__server *s)
{
	int64_t limit = lq__server_now() + SHUTDOWN_LIMIT;
	lq__egress_stop_all(&s->egress.tasks, lq__server_now());
	lws_sul_cancel(&s->tick);
	lws_sul_cancel(&s->calls);
	lws_sul_cancel(&s->quality);
	lq__calls_destroy(s->service.calls);
	s->service.calls = NULL;
	lq__rooms_destroy(s->service.rooms);
	s->service.rooms = NULL;
	lq__ws_close_all(s);
	while (((!lq__list_empty(&s->connections) && lq__server_now() < limit) || lq__egress_service_busy(&s->egress)) && lws_service(s->context, 0) >= 0)
		turn(s);
}

int main(int argc, char **argv)
{
	lq__options options;
	lq__server server = {.options = &options};
	lq_log_set_level(LQ_LOG_INFO);
	int e = lq__options_read(argc, argv, &options);
	if (e)
		return e > 0 ? 0 : 2;
	server.service = (lq__service){.app_id = options.app_id, .secret = options.secret, .debug = options.debug, .allow_secret = options.allow_secret};
	lq__list_init(&server.connections);
	e = start_media(&server) || start_calls(&server) || start_web(&server) || start_hooks(&server);
	if (!e) {
		handle_signals(server.context);
		run(&server);
		shut_down(&server);
	}
	if (server.context)
		lws_context_destroy(server.context);
	lq__egress_service_finish(&server.egress);
	lq__calls_destroy(server.service.calls);
	if (server.service.call_records)
		fclose(server.service.call_records);
	lq__rooms_destroy(server.service.rooms);
	lq__media_destroy(server.service.media);
	lq__hooks_destroy(server.service.hooks, SHUTDOWN_LIMIT);
	return e ? 1 : 0;
}
