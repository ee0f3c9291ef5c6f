/* says: submits a format that is not in the list of port "out": media 2, codec 1 NV12 */
#define ON_PROCESS(n, buf) \
	lq_format f = *buf->format; \
	f.pixel = LQ_PIXEL_NV12; \
	const lq_format *other = n->host->format_new(n->host, &f); \
	lq_buffer *picture = other ? n->host->buffer_new(n->host, other, 0) : NULL; \
	if (other) \
		n->host->format_unref(n->host, other); \
	if (!picture) \
		return LQ_ENOMEM; \
	picture->pts = buf->pts == LQ_TIME_NONE ? 0 : buf->pts; \
	return n->host->submit(n->host, 1, picture) ? 0 : 0
#include "node.h"
