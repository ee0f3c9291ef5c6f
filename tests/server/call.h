/* A room of loquatd without its WebSocket: people with real protocol messages and real UDP sockets, on a media worker of its own thread. */
#ifndef LQ_TESTS_SERVER_CALL_H
#define LQ_TESTS_SERVER_CALL_H

#include "server/client.h"
#include "server/media/media.h"
#include "webrtc/session.h"
#include "webrtc/srtp.h"
#include "webrtc/stun.h"

#define CALL_PEOPLE 6
#define CALL_TRACKS 4 /* of one person */
#define CALL_LAYERS 3

struct call;

/* One peer connection of a person. */
typedef struct leg {
	struct call *call;
	struct person *person;
	lq_session *session; /* NULL: not there */
	int socket, state, connected;
	char ufrag[17], pwd[33];
	uint32_t lose_out, lose_in; /* of so many RTP packets one is lost; 0: none */
	uint32_t rtp_out, rtp_in;
	int64_t next_check;
} leg;

typedef struct person {
	lq__client client;
	const char *user;
	uint32_t worker; /* of its room */
	json_t *inbox; /* messages not yet taken */
	leg sending, receiving;
	int closed;
	int lies; /* about its fingerprint */
	/* What is sent. */
	int publishing, key_wanted, keys_asked;
	uint32_t n_layers;      /* 0: one encoding */
	uint32_t layer_keys;    /* a bit for each layer that a key frame is wanted of */
	uint32_t layers_silent; /* a bit for each that is not sent */
	int64_t next_video, next_audio;
	uint32_t videos, audios;
	/* What is received, of one other person. */
	uint32_t video_frames, audio_frames, key_frames, wrong, gaps, audio_lost;
	int64_t last_video;
	uint32_t blind_gaps; /* of gaps, those not behind a key frame's beginning */
	uint32_t width, height, changes; /* of the last key frame; how often they changed */
	/* Of the packets of the picture as they come in. */
	lq_srtp *srtp; /* NULL: nobody looks at them */
	uint32_t packets, seq_gaps, ts_back, id_gaps;
	uint16_t last_seq, last_id;
	uint32_t last_ts;
} person;

typedef struct call {
	lq__service service;
	person people[CALL_PEOPLE];
	uint32_t n_people;
} call;

void call_open(call *c);
void call_open_workers(call *c, uint32_t workers);
void call_close(call *c);
person *call_join(call *c, const char *user); /* the room "r" */
person *call_join_room(call *c, const char *room, const char *user);
/* Sends a request and returns the answer; the caller gets the reference. */
json_t *call_request(person *p, json_t *request);
/* The first message of this type, taken out of the inbox; NULL: there is none. */
json_t *call_take(person *p, const char *type);
void call_publish(person *p, uint32_t video_codec); /* and a microphone */
/* A camera in n encodings of 1280x720, 640x360 and 320x180, without a microphone. by_ssrc: as a SIM group, without RIDs. */
void call_publish_layers(person *p, uint32_t codec, uint32_t n, int by_ssrc);
json_t *call_layers_request(person *p, uint32_t codec, uint32_t n, int by_ssrc); /* the request alone */
void call_watch_packets(person *p); /* once its DTLS is open */
void call_subscribe(person *p, const person *to);
void call_subscribe_member(person *p, const lq__member *to);
void call_answer(person *p);                        /* the offer that is in the inbox */
void call_hush(person *p); /* it publishes no more, and its connection is gone */
void call_leave(person *p);

/* Runs until `done` says so; fails after 30 seconds. */
void call_run(call *c, int (*done)(call *c));
double call_counter(call *c, const char *name); /* of /metrics */
void call_send_raw(leg *l, const void *data, size_t len);

#endif
