/* Application data as text: as it is, or in base64 (RFC 4648). */
#ifndef LQ_PLUGINS_SEI_TEXT_H
#define LQ_PLUGINS_SEI_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Returns the size, or -1 where it is no base64 or does not fit. */
long text_decode(const char *text, uint8_t *out, size_t room);

/* With its NUL; `out` has 4 * (size / 3 + 1) + 1 bytes. */
void text_encode(const uint8_t *data, size_t size, char *out);

/* Whether bytes are UTF-8 without control characters but tab and line ends. */
int text_is(const uint8_t *data, size_t size);

#endif
