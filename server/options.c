#include "server/options.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <loquat/log.h>
#include <loquat/plugin/errors.h>

#include "config.h"
#include "server/hooks/hooks.h"

static const char help[] =
	"usage: loquatd [option ...]\n"
	"\n"
	"The room server: rooms and signalling over WebSocket, the browser client at /, and media over one UDP port per worker.\n"
	"\n"
	"  --port N              TCP port of HTTP and WebSocket (7880; 0: any free one)\n"
	"  --host ADDRESS        address to listen on (0.0.0.0; with --debug 127.0.0.1)\n"
	"  --media-port N        UDP port of the first media worker, the next ones follow (0: any free ones)\n"
	"  --media-host ADDRESS  address that clients send media to, may be repeated (the --host address, or 127.0.0.1 and\n"
	"                        the first global address of this machine)\n"
	"  --workers N           media workers, a thread each (1)\n"
	"  --debug               let everybody in without a token\n"
	"  --app-id NAME         the app that tokens must be for (loquat)\n"
	"  --secret SECRET       what tokens are signed with; better not on the command line:\n"
	"  --secret-file FILE    likewise, from a file (or from the environment variable LQ_SECRET)\n"
	"  --allow-secret        who knows the secret may log in by its MD5, without a token, and may do everything\n"
	"  --web DIR             folder of the browser client (LQ_WEB_PATH, or the installed one)\n"
	"  --member-timeout S    seconds without a sign of life after which a member is gone (10); so long a session that lost its\n"
	"                        connection is waited for, too\n"
	"  --egress-dir DIR      folder that tasks (egress) may write recordings and lists to (none: they may not)\n"
	"  --broadcast-program P the program of tasks (loquat beside loquatd, or LQ_BROADCAST_PROGRAM)\n"
	"  --webhook URL         post what happens in rooms there: http:// or https://\n"
	"  --webhook-secret S    what these posts are signed with; better not on the command line: LQ_WEBHOOK_SECRET\n"
	"  --call-records FILE   append a line of JSON for each call that ended\n"
	"  --clock-rate N        for tests: the time-outs of calls and lost members, and the lives of rooms and tokens, pass N times as\n"
	"                        fast (1)\n"
	"  --log-level LEVEL     fatal, error, warning, info, debug or trace (info)\n"
	"  --print-ready         accepted and always done: one JSON line with the ports on stdout when ready\n"
	"  --help, --version\n"
	"\n"
	"Exit status: 0 stopped by SIGTERM or SIGINT, 1 could not start, 2 wrong command line.\n";

static int wrong(const char *fmt, ...) LQ_PRINTF(1, 2);
static int wrong(const char *fmt, ...)
{
	va_list args;
	fputs("loquatd: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputs("\n", stderr);
	return LQ_EINVAL;
}

static int read_number(const char *option, const char *text, double min, double max, double *out)
{
	char *end;
	double v = strtod(text, &end);
	if (!*text || *end || !(v >= min && v <= max))
		return wrong("--%s %s: must be a number from %g to %g", option, text, min, max);
	*out = v;
	return 0;
}

static int read_integer(const char *option, const char *text, uint32_t min, uint32_t max, uint32_t *out)
{
	double v = 0;
	int e = read_number(option, text, min, max, &v);
	if (!e && v != (uint32_t)v)
		e = wrong("--%s %s: must be a whole number", option, text);
	if (!e)
		*out = (uint32_t)v;
	return e;
}

static int is_address(const char *text)
{
	struct in_addr a;
	return inet_pton(AF_INET, text, &a) == 1;
}

static int read_secret_file(const char *path, const char **out)
{
	static char secret[1024];
	FILE *f = fopen(path, "r");
	if (!f)
		return wrong("--secret-file %s: %m", path);
	size_t n = fread(secret, 1, sizeof secret - 1, f);
	fclose(f);
	secret[n] = 0;
	secret[strcspn(secret, "\r\n")] = 0;
	if (!*secret)
		return wrong("--secret-file %s: its first line is empty", path);
	*out = secret;
	return 0;
}

static int add_media_host(lq__options *o, const char *address)
{
	if (!is_address(address) || !strcmp(address, "0.0.0.0"))
		return wrong("--media-host %s: must be an IPv4 address that clients can reach", address);
	if (o->n_media_hosts == LQ_MEDIA_HOSTS_MAX)
		return wrong("--media-host: at most %d addresses", LQ_MEDIA_HOSTS_MAX);
	snprintf(o->media_hosts[o->n_media_hosts++], sizeof o->media_hosts[0], "%s", address);
	return 0;
}

static void find_media_hosts(lq__options *o)
{
	struct ifaddrs *all = NULL;
	if (o->n_media_hosts)
		return;
	if (strcmp(o->host, "0.0.0.0")) {
		add_media_host(o, o->host);
		return;
	}
	add_media_host(o, "127.0.0.1");
	if (getifaddrs(&all))
		return;
	for (struct ifaddrs *i = all; i; i = i->ifa_next) {
		char text[INET_ADDRSTRLEN];
		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET || (i->ifa_flags & IFF_LOOPBACK) || !(i->ifa_flags & IFF_UP))
			continue;
		if (inet_ntop(AF_INET, &((struct sockaddr_in *)(void *)i->ifa_addr)->sin_addr, text, sizeof text)) {
			add_media_host(o, text);
			break;
		}
	}
	freeifaddrs(all);
}

static int read_program(const char *option, const char *path, lq__options *o)
{
	if (snprintf(o->broadcast_program, sizeof o->broadcast_program, "%s", path) >= (int)sizeof o->broadcast_program)
		return wrong("%s: the path is too long", option);
	return 0;
}

/* The program of tasks is the one that was installed with us. */
static int find_program(lq__options *o)
{
	const char *given = getenv("LQ_BROADCAST_PROGRAM");
	char self[3072];
	if (*o->broadcast_program)
		return 0;
	if (given && *given)
		return read_program("LQ_BROADCAST_PROGRAM", given, o);
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	self[n > 0 ? n : 0] = 0;
	char *slash = strrchr(self, '/');
	snprintf(o->broadcast_program, sizeof o->broadcast_program, "%.*s/loquat", slash ? (int)(slash - self) : 0, self);
	return 0;
}

/* What follows from the options that were given. */
static int complete(lq__options *o)
{
	if (!o->secret && getenv("LQ_SECRET") && *getenv("LQ_SECRET"))
		o->secret = getenv("LQ_SECRET");
	if (!o->secret && !o->debug)
		return wrong("no secret is given, so no token could be checked: either let everybody in with --debug (on this machine only, unless --host says\n"
		             "otherwise), or give the secret that tokens are signed with: --secret-file FILE, or the environment variable LQ_SECRET");
	if (o->allow_secret && !o->secret)
		return wrong("--allow-secret: there is no secret: give one with --secret-file FILE, or in the environment variable LQ_SECRET");
	if (!o->webhook_secret && getenv("LQ_WEBHOOK_SECRET") && *getenv("LQ_WEBHOOK_SECRET"))
		o->webhook_secret = getenv("LQ_WEBHOOK_SECRET");
	if (o->webhook && !o->webhook_secret)
		return wrong("--webhook: its posts are signed: give a secret in the environment variable LQ_WEBHOOK_SECRET, or with --webhook-secret");
	if (!o->host)
		o->host = o->debug ? "127.0.0.1" : "0.0.0.0";
	if (!is_address(o->host))
		return wrong("--host %s: must be an IPv4 address", o->host);
	if (!o->web)
		o->web = getenv("LQ_WEB_PATH") && *getenv("LQ_WEB_PATH") ? getenv("LQ_WEB_PATH") : LQ_WEB_DIR;
	if (o->media_port && o->media_port + o->workers - 1 > 65535)
		return wrong("--media-port %u: there are not %u ports from there on", o->media_port, o->workers);
	find_media_hosts(o);
	return find_program(o);
}

enum {
	PORT = 256, HOST, MEDIA_PORT, MEDIA_HOST, WORKERS, DEBUG, APP_ID, SECRET, SECRET_FILE, WEB, MEMBER_TIMEOUT, CALL_RECORDS, CLOCK_RATE, LOG_LEVEL, ALLOW_SECRET, PRINT_READY, HELP, VERSION_, EGRESS_DIR, BROADCAST_PROGRAM, WEBHOOK, WEBHOOK_SECRET
};

static const struct option table[] = {
	{"port", 1, NULL, PORT}, {"host", 1, NULL, HOST}, {"media-port", 1, NULL, MEDIA_PORT}, {"media-host", 1, NULL, MEDIA_HOST},
	{"workers", 1, NULL, WORKERS}, {"debug", 0, NULL, DEBUG}, {"app-id", 1, NULL, APP_ID}, {"secret", 1, NULL, SECRET},
	{"secret-file", 1, NULL, SECRET_FILE}, {"web", 1, NULL, WEB}, {"member-timeout", 1, NULL, MEMBER_TIMEOUT},
	{"call-records", 1, NULL, CALL_RECORDS}, {"clock-rate", 1, NULL, CLOCK_RATE},
	{"egress-dir", 1, NULL, EGRESS_DIR}, {"broadcast-program", 1, NULL, BROADCAST_PROGRAM},
	{"webhook", 1, NULL, WEBHOOK}, {"webhook-secret", 1, NULL, WEBHOOK_SECRET},
	{"log-level", 1, NULL, LOG_LEVEL}, {"allow-secret", 0, NULL, ALLOW_SECRET}, {"print-ready", 0, NULL, PRINT_READY}, {"help", 0, NULL, HELP}, {"version", 0, NULL, VERSION_}, {0},
};

static int read_port(const char *option, uint16_t *out)
{
	uint32_t v = 0;
	int e = read_integer(option, optarg, 0, 65535, &v);
	*out = (uint16_t)v;
	return e;
}

static int read_log_level(void)
{
	uint32_t level;
	if (lq_log_level_parse(optarg, &level))
		return wrong("--log-level %s: must be fatal, error, warning, info, debug or trace", optarg);
	lq_log_set_level(level);
	return 0;
}

static int read_egress_dir(lq__options *o)
{
	struct stat s;
	o->egress_dir = optarg;
	if (stat(optarg, &s))
		return wrong("--egress-dir %s: %m", optarg);
	return S_ISDIR(s.st_mode) && !access(optarg, W_OK | X_OK) ? 0 : wrong("--egress-dir %s: must be a folder that can be written to", optarg);
}

static int read_option(int c, lq__options *o)
{
	switch (c) {
	case PORT: return read_port("port", &o->port);
	case HOST: o->host = optarg; return 0;
	case MEDIA_PORT: return read_port("media-port", &o->media_port);
	case MEDIA_HOST: return add_media_host(o, optarg);
	case WORKERS: return read_integer("workers", optarg, 1, LQ_WORKERS_MAX, &o->workers);
	case DEBUG: o->debug = 1; return 0;
	case APP_ID: o->app_id = optarg; return 0;
	case SECRET: o->secret = optarg; return *optarg ? 0 : wrong("--secret: must not be empty");
	case SECRET_FILE: return read_secret_file(optarg, &o->secret);
	case WEB: o->web = optarg; return 0;
	case MEMBER_TIMEOUT: return read_number("member-timeout", optarg, 0.5, 86400, &o->member_timeout);
	case CALL_RECORDS: o->call_records = optarg; return 0;
	case CLOCK_RATE: return read_number("clock-rate", optarg, 1, 1000, &o->clock_rate);
	case LOG_LEVEL: return read_log_level();
	case ALLOW_SECRET: o->allow_secret = 1; return 0;
	case EGRESS_DIR: return read_egress_dir(o);
	case BROADCAST_PROGRAM: return read_program("--broadcast-program", optarg, o);
	case WEBHOOK: o->webhook = optarg; return lq__hooks_url_check(optarg) ? wrong("--webhook %s: must be an address of http:// or https://", optarg) : 0;
	case WEBHOOK_SECRET: o->webhook_secret = optarg; return *optarg ? 0 : wrong("--webhook-secret: must not be empty");
	case PRINT_READY: return 0;
	case HELP: fputs(help, stdout); return 1;
	case VERSION_: puts("loquatd " PACKAGE_VERSION); return 1;
	default: return wrong("try loquatd --help"); /* getopt has said what is wrong */
	}
}

int lq__options_read(int argc, char **argv, lq__options *out)
{
	int c, e;
	*out = (lq__options){.port = 7880, .workers = 1, .app_id = "loquat", .member_timeout = 10, .clock_rate = 1};
	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1)
		if ((e = read_option(c, out)))
			return e;
	if (optind < argc)
		return wrong("%s: no such argument; try loquatd --help", argv[optind]);
	return complete(out);
}
