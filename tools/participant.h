/* A participant's profile: a call's profile with what the command line asks for laid over it. */
#ifndef LQ_TOOLS_PARTICIPANT_H
#define LQ_TOOLS_PARTICIPANT_H

#include <loquat/diag.h>

typedef struct participant_options {
	const char *profile;    /* name or path */
	const char *input;      /* media file instead of camera and microphone; NULL none */
	const char *source;     /* URL or file that is published as it is, where a call can have it so; NULL none */
	int loop;               /* the source, a file, begins again at its end */
	long bitrate;           /* the source's picture is encoded anew with so much; 0: only if need be */
	const char *codec;      /* "h264", "vp8", "vp9"; NULL: the profile's */
	const char *record;     /* file for what arrives; NULL none */
	const char *snapshot;   /* PNG of the last picture; NULL none */
	const char *size, *fps; /* of the picture; NULL: the profile's */
	const char *label;      /* drawn into the test picture */
	const char *plugin_path;
	int headless; /* no windows, no sound */
	int devices;  /* camera, microphone and speaker instead of test picture and tone */
} participant_options;

/* The JSON Merge Patch for lq_engine_config.profile_patch; free() it. NULL after messages in diag. */
char *participant_patch(const participant_options *o, lq_diag *diag);

/* Whether a picture can be published in this codec. */
int participant_knows_codec(const char *codec);

#endif
