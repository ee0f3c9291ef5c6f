/* Which virtual devices are plugged in, and their nodes.
 *
 * Without the variable LQ_VIRTUAL_DEVICES there is a fixed set that nobody can pull out. With it, it names a folder: each file camera-ID, microphone-ID
 * or speaker-ID in it is a device for as long as it exists, and its first line is the name that is shown (empty: the ID). */
#ifndef LQ_PLUGINS_TESTSRC_VIRTUAL_H
#define LQ_PLUGINS_TESTSRC_VIRTUAL_H

#include <loquat/plugin/plugin.h>

enum { VIRTUAL_ID_MAX = 100 };
#define VIRTUAL_LOOK (100 * LQ_MSEC) /* how often a running device looks whether it is still there */

/* [any] Device i of a kind ("camera", "microphone", "speaker") in the order of their ids; LQ_END behind the last. */
int lq__virtual_device(const char *kind, uint32_t i, lq_device *out);
int lq__virtual_is_there(const char *kind, const char *id); /* [any] */

/* [loop] Finds the device for a node that is being made: `wish`, or the first where that is empty. `id` has room for VIRTUAL_ID_MAX. */
int lq__virtual_choose(const lq_host *host, const char *kind, const char *wish, char *id, char *name, size_t name_size);

/* A watch on one device, for its node. [loop] */
typedef struct virtual_watch {
	const char *kind;
	char id[VIRTUAL_ID_MAX];
	int64_t next; /* look */
	int gone;
} virtual_watch;
/* 0, or LQ_END once the device is not there any more; the app is told then. */
int lq__virtual_look(virtual_watch *w, const lq_host *host);

/* A number that is the same for one id at all times. */
uint32_t lq__virtual_hash(const char *id);

extern const lq_node_desc lq__virtual_camera, lq__virtual_microphone, lq__virtual_speaker;

#endif
