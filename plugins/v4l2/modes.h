/* What a camera can deliver, and which of it comes nearest to a wish. */
#ifndef LQ_V4L2_MODES_H
#define LQ_V4L2_MODES_H

#include <loquat/plugin/buffer.h>
#include <stdint.h>

#define LQ__MODES_MAX 32 /* entries offered to negotiation */

typedef struct lq__mode {
	uint32_t fourcc; /* V4L2_PIX_FMT_* */
	uint32_t width, height;
	uint32_t fps_num, fps_den; /* 0/0: the camera does not say */
} lq__mode;

typedef struct lq__modes {
	lq__mode wish; /* fourcc is not used */
	lq__mode mode[LQ__MODES_MAX];
	uint32_t n;
} lq__modes;

/* Keeps the mode in order: raw before encoded, nearest to the wish first. The worst goes when there are too many. */
void lq__modes_add(lq__modes *m, const lq__mode *mode);

/* Adds all that the device offers in formats that we know. */
void lq__modes_read(lq__modes *m, int fd);

/* A mode as a format, and back: the first mode that a format fits. LQ_EFORMAT when there is none. */
int lq__mode_format(const lq__mode *mode, lq_format *out);
int lq__modes_find(const lq__modes *m, const lq_format *fmt, lq__mode *out);

#endif
