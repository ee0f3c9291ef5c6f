/* Formats as values: equality, the intersection of two patterns, and text for messages. Nothing here allocates. */
#ifndef LQ_MEDIA_FORMAT_H
#define LQ_MEDIA_FORMAT_H

#include <loquat/plugin/buffer.h>
#include <stddef.h>

enum { LQ__FORMAT_TEXT_MAX = 96 }; /* room that always fits lq__format_text */

/* Field by field; 30/1 equals 60/2. */
int lq__format_equal(const lq_format *a, const lq_format *b);

/* What both allow, a field of 0 being "any"; LQ_EFORMAT when there is nothing, *out is then untouched. out->extra is borrowed from a or b.
 * out may be a or b. */
int lq__format_match(const lq_format *a, const lq_format *b, lq_format *out);

/* Raw video needs pixel and size, raw audio sample, rate and channels; encoded media needs its codec only, since a transport may not
 * know more before the first packet. A frame rate of 0/0 (variable) is complete. */
int lq__format_is_complete(const lq_format *f);

/* "video/raw I420 1280x720@30", "audio/opus 48000 Hz 2 ch", "video/h264", "any". Returns out. */
const char *lq__format_text(const lq_format *f, char *out, size_t size);

/* Lower-case names ("audio", "h264", "raw"), "any" for 0 and "?" for what is unknown; pixels and samples as "I420", "S16". */
const char *lq__media_name(uint32_t media);
const char *lq__codec_name(uint32_t codec);
const char *lq__pixel_name(uint32_t pixel);
const char *lq__sample_name(uint32_t sample);
uint32_t lq__sample_bytes(uint32_t sample); /* of one sample, 0 unknown */

#endif
