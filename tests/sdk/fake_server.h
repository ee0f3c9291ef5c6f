/* A room server for tests, in this process on a thread of its own: speaks the room protocol for one room, with descriptions that the plugin
 * transport.test understands, and can be told to misbehave. */
#ifndef FAKE_SERVER_H
#define FAKE_SERVER_H

typedef struct fake_server fake_server;

typedef enum fake_mode {
	FAKE_NORMAL = 0,
	FAKE_SILENT,  /* never answers a join */
	FAKE_REFUSE,  /* answers a join with `error` */
	FAKE_GARBAGE, /* sends nonsense before each answer */
	FAKE_DEAF     /* joins, but never answers a leave */
} fake_mode;

fake_server *fake_server_start(fake_mode mode, const char *error);
void fake_server_stop(fake_server *s); /* closes all sockets without a word */
const char *fake_server_url(const fake_server *s);
void fake_server_kick(fake_server *s, const char *user, const char *reason);
void fake_server_refuse(fake_server *s, const char *request, const char *error); /* from now on; one at a time */
int fake_server_count(fake_server *s, const char *request); /* how many of a type came */

#endif
