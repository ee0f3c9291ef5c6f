/* The bar code that test pictures carry, so that a reader at the other end knows which frame it got and when that one was made.
 *
 * A strip across the top of the picture, 3/22 of its height: a quiet border of half a cell above and below and of one cell (1/34 of the
 * width) at either side, and in it 2 rows of 32 cells, each 1/34 of the width and 1/22 of the height (16 pixels and more from 544x352 up).
 * A cell is luma 215 for 1 and 40 for 0; borders are 40. All is relative to the picture's sides, so it survives scaling, and a
 * compressor must spoil half a cell before a bit is lost.
 *
 * The 64 bits, most significant first, row by row, are XORed with LQ_BARCODE_MASK and hold frame number (24 bits), milliseconds (24 bits),
 * and a CRC-16/CCITT (polynomial 0x1021, start 0xffff) of those six bytes. Whoever draws it into a colour picture makes the strip's
 * chroma neutral (128).
 *
 * All functions are [any]. Pictures narrower than 68 or lower than 44 pixels have no room: LQ_EINVAL when written, LQ_ENOENT when read. */
#ifndef LQ_MEDIA_BARCODE_H
#define LQ_MEDIA_BARCODE_H

#include <loquat/plugin/errors.h>
#include <stdint.h>

#define LQ_BARCODE_MASK UINT64_C(0x5a5a3c3ca5a5c3c3)
#define LQ_BARCODE_NUMBERS 0xffffffu /* frame and ms count modulo 2^24 */

/* Rows of luma that the strip takes. */
uint32_t lq_barcode_height(uint32_t h);

int lq_barcode_write(uint8_t *y, uint32_t stride, uint32_t w, uint32_t h, uint32_t frame, uint32_t ms);

/* LQ_ENOENT: there is none, or it is spoilt. frame and ms may be NULL. */
int lq_barcode_read(const uint8_t *y, uint32_t stride, uint32_t w, uint32_t h, uint32_t *frame, uint32_t *ms);

/* b - a, of two readings of `ms` or of `frame`, with the wrap taken care of: -2^23 … 2^23-1. */
int32_t lq_barcode_diff(uint32_t a, uint32_t b);

/* The flash that goes with a chirp (chirp.h): everything below the strip is white. */
void lq_flash_write(uint8_t *y, uint32_t stride, uint32_t w, uint32_t h);
int lq_flash_is(const uint8_t *y, uint32_t stride, uint32_t w, uint32_t h);

/* Mean luma of the picture below the strip, of every fourth pixel of every fourth row. */
uint32_t lq_luma_mean(const uint8_t *y, uint32_t stride, uint32_t w, uint32_t h);

#endif
