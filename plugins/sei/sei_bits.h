/* Supplemental enhancement information of H.264 (ITU-T H.264 annex D): "user data unregistered" in Annex B access units. Bytes in, bytes out. */
#ifndef LQ_PLUGINS_SEI_BITS_H
#define LQ_PLUGINS_SEI_BITS_H

#include <stddef.h>
#include <stdint.h>

enum { SEI_UUID = 16, SEI_MAX = 4096 };

/* Room that a message of `size` bytes takes at most, with its start code. */
size_t sei_room(size_t size);

/* Writes a NAL unit with one message to `out`, which has sei_room(size) bytes. Returns how many bytes it took. */
size_t sei_write(const uint8_t uuid[SEI_UUID], const uint8_t *data, size_t size, uint8_t *out);

/* Where a NAL unit of SEI goes in an access unit: before the first slice. */
size_t sei_place(const uint8_t *unit, size_t size);

/* Calls fn for each such message of the access unit with at most SEI_MAX bytes. Returns how many were larger, or cut off. */
typedef void (*sei_fn)(void *arg, const uint8_t uuid[SEI_UUID], const uint8_t *data, size_t size);
unsigned sei_read(const uint8_t *unit, size_t size, sei_fn fn, void *arg);

#endif
