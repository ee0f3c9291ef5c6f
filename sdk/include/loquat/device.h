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

LQ_API_END

#endif
