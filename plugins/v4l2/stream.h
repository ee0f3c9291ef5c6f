/* A running V4L2 camera: frames in memory shared with the driver, lent out without a copy. */
#ifndef LQ_V4L2_STREAM_H
#define LQ_V4L2_STREAM_H

#include <linux/videodev2.h>
#include <stddef.h>
#include <stdint.h>

#include "modes.h"

typedef struct lq__stream lq__stream;

/* One frame of the driver's. lq__frame_release gives it back; [any thread], also after the stream is closed. */
typedef struct lq__frame {
	lq__stream *stream;
	uint32_t index;
	uint8_t *data;
	size_t room;
	struct v4l2_buffer info; /* of the last fill */
} lq__frame;

/* Opens a device that captures video and streams. Returns the descriptor or a negative LQ_E*; text gets the reason. */
int lq__v4l2_open(const char *path, char *text, size_t size);

/* The first usable device behind the first `skip`: its path, card name and an open descriptor; LQ_END when there is none. */
int lq__v4l2_find(uint32_t skip, char *path, size_t path_size, char *name, size_t name_size);

/* Starts the camera in a mode. text gets the reason of a failure. */
int lq__stream_open(const char *path, const lq__mode *mode, lq__stream **out, char *text, size_t size);
void lq__stream_close(lq__stream *s); /* frames still lent out keep their memory; NULL is fine */

int lq__stream_fd(const lq__stream *s);
const struct v4l2_pix_format *lq__stream_pix(const lq__stream *s);

/* The next filled frame. LQ_EAGAIN: none yet; LQ_ENODEV: the camera has gone; LQ_EIO. */
int lq__stream_take(lq__stream *s, lq__frame **out);
void lq__frame_release(void *frame);

/* How many frames the driver has left to fill. */
uint32_t lq__stream_left(lq__stream *s);

/* Sets a control (V4L2_CID_*); drivers without it are many. */
int lq__stream_control(lq__stream *s, uint32_t id, int32_t value);

#endif
