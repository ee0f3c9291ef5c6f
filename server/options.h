/* The command line of loquatd. */
#ifndef LQ_SERVER_OPTIONS_H
#define LQ_SERVER_OPTIONS_H

#include <stdint.h>

#define LQ_WORKERS_MAX 64
#define LQ_MEDIA_HOSTS_MAX 4

typedef struct lq__options {
	uint16_t port, media_port; /* media_port: of the first worker, the next ones follow; 0: the system picks */
	const char *host;
	char media_hosts[LQ_MEDIA_HOSTS_MAX][64]; /* addresses that clients are told; filled in when none is given */
	uint32_t n_media_hosts;
	uint32_t workers;
	int debug, allow_secret;
	const char *app_id;
	const char *secret; /* NULL: none */
	const char *web;
	double member_timeout; /* seconds */
	const char *call_records; /* file; NULL: none */
	double clock_rate;        /* of calls */
	const char *egress_dir;   /* where tasks may write; NULL: nowhere */
	char broadcast_program[4096];
	const char *webhook, *webhook_secret; /* NULL: none */
} lq__options;

/* 0: go on; 1: done (help, version); negative: wrong, stderr says why. */
int lq__options_read(int argc, char **argv, lq__options *out);

#endif
