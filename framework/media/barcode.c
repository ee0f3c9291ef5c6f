#include "media/barcode.h"

#include <stddef.h>
#include <string.h>

enum { COLUMNS = 34, ROWS = 22, CELLS = 32, ZERO = 40, ONE = 215, WHITE = 235, FLASH = 200, CONTRAST = 40, MIN_W = 2 * COLUMNS, MIN_H = 2 * ROWS };

uint32_t lq_barcode_height(uint32_t h)
{
	return 3 * h / ROWS;
}

static int fits(uint32_t w, uint32_t h)
{
	return w >= MIN_W && h >= MIN_H;
}

/* Edges of cells: column 0 … 32, and row 0 … 2 (half a cell below the picture's top). */
static uint32_t edge_x(uint32_t w, uint32_t column)
{
	return (uint32_t)(((uint64_t)(column + 1) * w + COLUMNS / 2) / COLUMNS);
}

static uint32_t edge_y(uint32_t h, uint32_t row)
{
	return (uint32_t)(((uint64_t)(2 * row + 1) * h + ROWS) / (2 * ROWS));
}

static uint16_t crc16(const uint8_t *p, size_t n)
{
	uint16_t crc = 0xffff;
	while (n--) {
		crc ^= (uint16_t)(*p++ << 8);
		for (int i = 0; i < 8; i++)
			crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
	}
	return crc;
}

static uint16_t crc_of(uint64_t bits)
{
	uint8_t bytes[6];
	for (int i = 0; i < 6; i++)
		bytes[i] = (uint8_t)(bits >> (56 - 8 * i));
	return crc16(bytes, sizeof bytes);
}

int lq_barcode_write(uint8_t *y, uint32_t stride, uint32_t w, uint32_t h, uint32_t frame, uint32_t ms)
{
	if (!fits(w, h))
		return LQ_EINVAL;
	uint64_t bits = (uint64_t)(frame & LQ_BARCODE_NUMBERS) << 40 | (uint64_t)(ms & LQ_BARCODE_NUMBERS) << 16;
	bits = (bits | crc_of(bits)) ^ LQ_BARCODE_MASK;
	for (uint32_t r = 0; r < lq_barcode_height(h); r++)
		memset(y + (size_t)r * stride, ZERO, w);
	for (uint32_t i = 0; i < 2 * CELLS; i++) {
		uint32_t row = i / CELLS, x = edge_x(w, i % CELLS);
		if (!(bits >> (63 - i) & 1))
			continue;
		for (uint32_t r = edge_y(h, row); r < edge_y(h, row + 1); r++)
			memset(y + (size_t)r * stride + x, ONE, edge_x(w, i % CELLS + 1) - x);
	}
	return 0;
}

/* The mean of the middle half of a cell: what scaling and compression smear is at the edges. */
static uint32_t cell_mean(const uint8_t *y, uint32_t stride, uint32_t w, uint32_t h, uint32_t column, uint32_t row)
{
	uint32_t x0 = edge_x(w, column), x1 = edge_x(w, column + 1), y0 = edge_y(h, row), y1 = edge_y(h, row + 1);
	uint32_t mx = (x1 - x0) / 4, my = (y1 - y0) / 4, sum = 0, n = 0;
	for (uint32_t r = y0 + my; r < y1 - my; r++)
		for (uint32_t x = x0 + mx; x < x1 - mx; x++, n++)
			sum += y[(size_t)r * stride + x];
	return sum / n;
}

int lq_barcode_read(const uint8_t *y, uint32_t stride, uint32_t w, uint32_t h, uint32_t *frame, uint32_t *ms)
{
	uint32_t means[2 * CELLS], low = 255, high = 0;
	if (!fits(w, h))
		return LQ_ENOENT;
	for (uint32_t i = 0; i < 2 * CELLS; i++) {
		means[i] = cell_mean(y, stride, w, h, i % CELLS, i / CELLS);
		low = means[i] < low ? means[i] : low;
		high = means[i] > high ? means[i] : high;
	}
	if (high - low < CONTRAST)
		return LQ_ENOENT;
	uint64_t bits = 0;
	for (uint32_t i = 0; i < 2 * CELLS; i++)
		bits = bits << 1 | (2 * means[i] > low + high);
	bits ^= LQ_BARCODE_MASK;
	if (crc_of(bits) != (bits & 0xffff))
		return LQ_ENOENT;
	if (frame)
		*frame = (uint32_t)(bits >> 40);
	if (ms)
		*ms = (uint32_t)(bits >> 16) & LQ_BARCODE_NUMBERS;
	return 0;
}

int32_t lq_barcode_diff(uint32_t a, uint32_t b)
{
	uint32_t d = (b - a) & LQ_BARCODE_NUMBERS;
	return d & 0x800000 ? (int32_t)d - 0x1000000 : (int32_t)d;
}

void lq_flash_write(uint8_t *y, uint32_t stride, uint32_t w, uint32_t h)
{
	for (uint32_t r = lq_barcode_height(h); r < h; r++)
		memset(y + (size_t)r * stride, WHITE, w);
}

uint32_t lq_luma_mean(const uint8_t *y, uint32_t stride, uint32_t w, uint32_t h)
{
	uint64_t sum = 0, n = 0;
	for (uint32_t r = lq_barcode_height(h); r < h; r += 4)
		for (uint32_t x = 0; x < w; x += 4, n++)
			sum += y[(size_t)r * stride + x];
	return n ? (uint32_t)(sum / n) : 0;
}

int lq_flash_is(const uint8_t *y, uint32_t stride, uint32_t w, uint32_t h)
{
	return lq_luma_mean(y, stride, w, h) >= FLASH;
}
