/* What an app chooses over the profile for a room's nodes: kept with the room, put into each build, and exchanged while it runs. */
#ifndef LQ_SDK_CHOICES_H
#define LQ_SDK_CHOICES_H

#include "devices.h"
#include "media.h"

enum { LQ__VOICE = 3 }; /* echo, noise, gain */

/* Under the room's lock. */
typedef struct lq__choices {
	lq__chosen tracks[LQ__STREAMS][2]; /* [stream][kind - 1]: where a local track comes from */
	lq__chosen speaker;
	lq_audio_profile audio_profile; /* 0: the profile's own settings */
	lq_switch voice[LQ__VOICE];     /* echo, noise, gain; default: as the profile says */
	int volumes[LQ__STREAMS + 1];    /* of devices, in percent more than 100: of each stream's microphone, then the speaker's */
} lq__choices;

enum { LQ__CHOICES_MAX = 4, LQ__CHOICE_PARAMS_MAX = 8 };

/* Choices as a build takes them, with the texts that they point to. */
typedef struct lq__choice_list {
	lq_profile_override at[LQ__CHOICES_MAX];
	size_t n;
	lq_param_text params[LQ__CHOICES_MAX][LQ__CHOICE_PARAMS_MAX];
	char texts[LQ__CHOICE_PARAMS_MAX][256];
	char bitrate[16];
	lq__chosen device;
	lq_param_text channels;
} lq__choice_list;

/* [media thread] What was chosen for a local track, or (track NULL) for what all tracks share; of a remote one, that a view shows it. */
void lq__choices_of(lq_room *room, const lq__media_track *track, lq__choice_list *out);

/* A parameter of the first choice. */
void lq__choice_param(lq__choice_list *list, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* [media thread] The node that a local track begins with. */
lq_node *lq__media_source(lq__media *m, const lq__media_track *t);

/* audio_profile.c. [media thread] */
void lq__audio_profile_overrides(lq_audio_profile profile, lq__choice_list *out);
int lq__media_audio_profile(lq__media *m, const lq__media_track *t, lq_audio_profile profile, lq_diag *diag);

/* device_volume.c. [media thread] Puts the volume that was set for a track's device, or (t NULL) the speaker's, into the graph. */
void lq__device_volume_apply(lq_room *room, lq__media *m, const lq__media_track *t);

/* voice.c. [media thread] What was chosen for echo, noise and level of one of our microphones goes into the graph. */
void lq__voice_apply(lq_room *room, lq__media *m, const lq__media_track *t);

/* [media thread] Changes a running source, or (kind of the change) the speaker, over to a device. Nothing to do: 0. */
int lq__media_select(lq__media *m, const lq__media_track *t, const lq__change *c, lq_diag *diag);

/* [media thread] Puts the volume that was set for a track's sound, if one was, into the graph. */
void lq__volume_apply(lq_room *room, lq__media *m, const lq__media_track *t);

/* [media thread] A change has made new nodes: they get the volumes of the old ones. */
void lq__volumes_again(lq_room *room, lq__media *m, const lq__media_track *t, const lq__change *c);

/* [control thread] The device cannot be used: what was chosen before is chosen again. */
void lq__choice_failed(lq_room *room, const lq__media_track *track, const lq__change *c);

#endif
