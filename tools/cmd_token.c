/* loquat token: a JWT for loquatd (docs/protocol.md, "Tokens"). */
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jwt.h>

static const char help[] =
	"usage: loquat token --room ROOM [--user USER] [OPTIONS]\n\n"
	"Prints a token that lets USER (anybody, when not said) join ROOM (\"*\": any room).\n\n"
	"  --secret TEXT   the server's secret; better in the environment variable LQ_SECRET\n"
	"  --app-id ID     the server's app id (default: loquat)\n"
	"  --ttl SECONDS   life time (default: 3600); negative makes an expired one, for tests\n"
	"  --no-publish    may not publish\n"
	"  --no-subscribe  may not subscribe\n"
	"  --call          may log in as USER, call and be called (docs/calls.md)\n"
	"  --control       may open and close others' microphones and cameras\n"
	"  --admin         may make, lock and destroy rooms, kick and control others, and see the records of calls\n"
	"  --publish-ttl SECONDS, --subscribe-ttl SECONDS\n"
	"                  these rights end earlier than the token\n";

struct claims {
	const char *room, *user, *secret, *app;
	long ttl, publish_ttl, subscribe_ttl; /* the latter 0: with the token */
	int publish, subscribe, admin, call, control;
};

static int print_token(const struct claims *c)
{
	jwt_t *jwt = NULL;
	char *text = NULL;
	int bad = jwt_new(&jwt) || jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)c->secret, (int)strlen(c->secret)) ||
	          jwt_add_grant(jwt, "app", c->app) || jwt_add_grant(jwt, "room", c->room) || (c->user && jwt_add_grant(jwt, "sub", c->user)) ||
	          jwt_add_grant_int(jwt, "exp", (long)time(NULL) + c->ttl) || jwt_add_grant_bool(jwt, "pub", c->publish) ||
	          jwt_add_grant_bool(jwt, "sub_media", c->subscribe) || (c->admin && jwt_add_grant_bool(jwt, "admin", 1)) ||
	          (c->call && jwt_add_grant_bool(jwt, "call", 1)) || (c->control && jwt_add_grant_bool(jwt, "control", 1)) ||
	          (c->publish_ttl && jwt_add_grant_int(jwt, "pub_exp", (long)time(NULL) + c->publish_ttl)) ||
	          (c->subscribe_ttl && jwt_add_grant_int(jwt, "sub_exp", (long)time(NULL) + c->subscribe_ttl));
	if (!bad)
		text = jwt_encode_str(jwt);
	jwt_free(jwt);
	if (!text)
		return tool_error(TOOL_FAILED, "token", "the token could not be made");
	puts(text);
	free(text);
	return TOOL_OK;
}

int cmd_token(int argc, char **argv)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'}, {"room", required_argument, NULL, 'r'}, {"user", required_argument, NULL, 'u'},
		{"secret", required_argument, NULL, 's'}, {"app-id", required_argument, NULL, 'a'}, {"ttl", required_argument, NULL, 't'},
		{"no-publish", no_argument, NULL, 'P'}, {"no-subscribe", no_argument, NULL, 'S'}, {"admin", no_argument, NULL, 'A'},
		{"call", no_argument, NULL, 'C'}, {"control", no_argument, NULL, 'O'}, {"publish-ttl", required_argument, NULL, 'p'},
		{"subscribe-ttl", required_argument, NULL, 'b'}, {0}};
	struct claims c = {.secret = getenv("LQ_SECRET"), .app = "loquat", .ttl = 3600, .publish = 1, .subscribe = 1};
	for (int o; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;)
		switch (o) {
		case 'h': fputs(help, stdout); return TOOL_OK;
		case 'r': c.room = optarg; break;
		case 'u': c.user = optarg; break;
		case 's': c.secret = optarg; break;
		case 'a': c.app = optarg; break;
		case 't':
			if (tool_number("token", "--ttl", optarg, -86400L * 365, 86400L * 365 * 10, &c.ttl))
				return TOOL_USAGE;
			break;
		case 'P': c.publish = 0; break;
		case 'S': c.subscribe = 0; break;
		case 'A': c.admin = 1; break;
		case 'C': c.call = 1; break;
		case 'O': c.control = 1; break;
		case 'p':
			if (tool_number("token", "--publish-ttl", optarg, 1, 86400L * 365 * 10, &c.publish_ttl))
				return TOOL_USAGE;
			break;
		case 'b':
			if (tool_number("token", "--subscribe-ttl", optarg, 1, 86400L * 365 * 10, &c.subscribe_ttl))
				return TOOL_USAGE;
			break;
		default: return tool_usage("token");
		}
	if (optind != argc || !c.room)
		return tool_error(TOOL_USAGE, "token", "say for which room with --room");
	if (c.call && !c.user)
		return tool_error(TOOL_USAGE, "token", "say who may log in with --user");
	if (!c.secret || !*c.secret)
		return tool_error(TOOL_USAGE, "token", "say the server's secret with --secret or in the environment variable LQ_SECRET");
	return print_token(&c);
}
