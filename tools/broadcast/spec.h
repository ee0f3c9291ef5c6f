/* What a broadcast is to be: the words of the command line, and of the command "start". */
#ifndef LQ_TOOLS_BROADCAST_SPEC_H
#define LQ_TOOLS_BROADCAST_SPEC_H

#include <jansson.h>
#include <loquat/loquat.h>

enum { TARGETS_MAX = 8, SPEC_ERROR = 400 };

/* A server, a playlist or a file. */
typedef struct target {
	const char *url; /* of the JSON */
	const char *use; /* the transport */
	char where[160]; /* for people: without key and secrets */
} target;

typedef struct spec {
	json_t *words; /* owned: what all texts here belong to */
	const char *server, *room, *token, *password, *name;
	const char *ca_file; /* certificates to trust, PEM; NULL: the system's */
	const char *size; /* NULL: the profile's */
	char fps[24];     /* "": the profile's */
	long bitrate, audio_bitrate; /* bit/s, 0: the profile's */
	long seconds, give_up;
	json_t *layout; /* an object */
	const char *user; /* this one's stream alone, as it is; NULL: a mix */
	lq_stream stream;
	target targets[TARGETS_MAX];
	int n_targets;
} spec;

/* Reads a JSON object. 0, or a negative LQ_E* with the reason, which names the word. */
int spec_read(json_t *words, spec *out, char error[SPEC_ERROR]);
void spec_finish(spec *s);

/* A layout by its name, as JSON text, or as an object: *out is a new reference to an object; or a negative LQ_E* with the reason. */
int spec_layout(const json_t *value, json_t **out, char error[SPEC_ERROR]);

#endif
