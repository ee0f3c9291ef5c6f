/* Loquat: devices and sound. Included by loquat.h, whose rules hold here, too. */
#ifndef LOQUAT_DEVICE_H
#define LOQUAT_DEVICE_H

#include <loquat/loquat.h>

LQ_API_BEGIN

/* ---- devices ---- */

typedef struct lq_device_info {
	size_t size;
	char id[256];   /* stable: the same device has the same id in every list, and while it is plugged in */
	char name[256]; /* for people */
	int is_default; /* what is taken when nothing is chosen */
	int is_virtual; /* a test picture, a tone, a speaker that nobody hears */
} lq_device_info;

/* Copies at most `max` devices and returns how many there are, or a negative LQ_E*. Looks anew each time, which may take some tenths of a second. From the first
 * call for a kind on, LQ_ON_DEVICE_CHANGED tells what is plugged in and pulled out (looked for once a second). Virtual devices are listed where there is no real one of the kind,
 * or as lq_engine_config.virtual_devices says. LQ_EREENTRANT: inside a frame callback. */
int lq_devices(lq_engine *engine, lq_device_kind kind, lq_device_info *out, size_t max);

/* The device that a stream is taken from (`stream`; a camera's or a screen's picture, a microphone's sound), or that the room is heard by (LQ_DEVICE_SPEAKER, stream is
 * 0). Before the stream runs and while it runs: then it changes over between two buffers, and stays with the old device where the new one fails. Remembered
 * until the room is closed. id NULL: back to the default one. LQ_ENODEV: there is no such device; else LQ_ON_CHANGED (name: the id) follows, exactly one. */
int lq_device_select(lq_room *room, lq_device_kind kind, lq_stream stream, const char *id);

/* The id that was chosen; "" when none was. LQ_ENOSPACE. */
int lq_device_selected(lq_room *room, lq_device_kind kind, lq_stream stream, char *id, size_t size);

/* How loud a device is, where it can be set: percent 0 to 400 of its own (LQ_ERANGE): a stream's microphone, or the speaker (stream 0). Remembered for whatever device is chosen; a
 * device that has no volume: LQ_ON_WARNING (LQ_ENOTSUP). get: 100 when nothing was set. */
int lq_device_volume_set(lq_room *room, lq_device_kind kind, lq_stream stream, int percent);
int lq_device_volume_get(lq_room *room, lq_device_kind kind, lq_stream stream);

/* Tries a device outside of a room (id NULL: the default one), until stopped or the engine ends. A microphone: LQ_ON_AUDIO_REPORT (room NULL, name: the id; one volume, user "") each
 * interval_ms (0 or less: 200; 1 to 100: 100). A speaker: a tone. One test of each kind at a time (LQ_EEXIST); LQ_ENODEV, or what the device said, when it cannot be
 * used; stop: LQ_ESTATE when none runs. Both wait until it is done. LQ_EREENTRANT: inside a frame callback. */
int lq_device_test_start(lq_engine *engine, lq_device_kind kind, const char *id, int interval_ms);
int lq_device_test_stop(lq_engine *engine, lq_device_kind kind);

/* ---- what our sound is like ---- */

/* Bit rate, channels, frame and protection of what is sent: 0 is what the profile says. */
typedef enum lq_audio_profile {
	LQ_AUDIO_SPEECH = 1,  /* 24 kbit/s, mono, protected against loss, silence is not sent */
	LQ_AUDIO_STANDARD,    /* 48 kbit/s, mono, protected against loss */
	LQ_AUDIO_MUSIC,       /* 96 kbit/s, mono, tuned for music */
	LQ_AUDIO_MUSIC_STEREO /* 160 kbit/s, stereo, tuned for music */
} lq_audio_profile;

/* Of all our sounds. Before it runs, and while it runs: then it changes over between two packets. LQ_ON_CHANGED (name "audio_profile") follows, exactly one. */
int lq_audio_profile_set(lq_room *room, lq_audio_profile profile);

/* LQ_ENOTSUP: computers have no such routes; choose a speaker. */
typedef enum lq_audio_route { LQ_ROUTE_SPEAKER = 1, LQ_ROUTE_EARPIECE, LQ_ROUTE_HEADSET, LQ_ROUTE_BLUETOOTH } lq_audio_route;
int lq_audio_route_set(lq_room *room, lq_audio_route route);

typedef struct lq_audio_config {
	size_t size;
	lq_switch echo_cancel, noise_suppression, gain_control; /* default: as it is */
} lq_audio_config;
/* What is done to the sound of all our microphones, before and while they run. At first it is what the profile says (its node "aec") for real microphones, and nothing for test sources,
 * files and plugins of the app's own. LQ_ENOTSUP when something is to be on and this build has no filter.aec; nothing is changed then. */
int lq_audio_config_set(lq_room *room, const lq_audio_config *config);

/* ---- volumes ---- */

typedef struct lq_audio_report_params {
	size_t size;
	int interval_ms; /* 0 or less: no report; 1 to 100: 100; at most an hour (LQ_ERANGE) */
	double smooth;   /* 0 to 1: the part of the newest level in what is told; 0 is 1, not smoothed */
	lq_switch vad;   /* default off: `speaking` is 0 */
} lq_audio_report_params;

/* LQ_ON_AUDIO_REPORT at each interval while the room is joined, and LQ_ON_ACTIVE_SPEAKER when it changes. Before joining and in the room; again: the new interval holds. Levels
 * of others are as they come, before lq_volume_set; our own is as it is sent: 0 while muted. A level is the mean over the interval. */
int lq_audio_report(lq_room *room, const lq_audio_report_params *params);

/* How loud a sound is played here (user), or sent (NULL): percent 0 to 400 of what it is (LQ_ERANGE). Before it is there, and while it is; remembered for
 * up to 1,024 sounds (LQ_EFULL) until the room is closed. Louder than full scale is bent, or cut where it is sent. Changes without a click. */
int lq_volume_set(lq_room *room, const char *user, lq_stream stream, int percent);
int lq_volume_get(lq_room *room, const char *user, lq_stream stream); /* 100 when nothing was set, or a negative LQ_E* */

LQ_API_END

#endif
