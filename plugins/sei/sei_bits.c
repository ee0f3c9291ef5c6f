#include "sei_bits.h"

#include <string.h>

enum { NAL_SLICE = 1, NAL_IDR = 5, NAL_SEI = 6, USER_DATA_UNREGISTERED = 5 };

/* Every second zero can bring an escape: three bytes for two at most. */
size_t sei_room(size_t size)
{
	size_t payload = size + SEI_UUID;
	return 5 + (1 + payload / 255 + 1 + payload + 1) * 3 / 2 + 3;
}

typedef struct escaper {
	uint8_t *out;
	size_t n;
	int zeros;
} escaper;

/* 7.4.1.1: no start code may appear inside. */
static void put(escaper *e, uint8_t byte)
{
	if (e->zeros == 2 && byte <= 3) {
		e->out[e->n++] = 3;
		e->zeros = 0;
	}
	e->out[e->n++] = byte;
	e->zeros = byte ? 0 : e->zeros + 1;
}

size_t sei_write(const uint8_t uuid[SEI_UUID], const uint8_t *data, size_t size, uint8_t *out)
{
	static const uint8_t start[] = {0, 0, 0, 1, NAL_SEI};
	size_t left = size + SEI_UUID;
	memcpy(out, start, sizeof start);
	escaper e = {out + sizeof start, 0, 0};
	put(&e, USER_DATA_UNREGISTERED);
	for (; left >= 255; left -= 255)
		put(&e, 255);
	put(&e, (uint8_t)left);
	for (size_t i = 0; i < SEI_UUID; i++)
		put(&e, uuid[i]);
	for (size_t i = 0; i < size; i++)
		put(&e, data[i]);
	put(&e, 0x80);
	return sizeof start + e.n;
}

/* Offset of the next start code 00 00 01 at or behind `i`, or size. */
static size_t start_code(const uint8_t *p, size_t i, size_t size)
{
	for (; i + 3 <= size; i++)
		if (!p[i] && !p[i + 1] && p[i + 2] == 1)
			return i;
	return size;
}

static int is_slice(uint8_t header)
{
	return (header & 31) >= NAL_SLICE && (header & 31) <= NAL_IDR;
}

size_t sei_place(const uint8_t *unit, size_t size)
{
	for (size_t at = start_code(unit, 0, size); at + 3 < size; at = start_code(unit, at + 3, size))
		if (is_slice(unit[at + 3]))
			return at && !unit[at - 1] ? at - 1 : at; /* a start code of four bytes */
	return size;
}

/* Bytes of a NAL unit without its escapes. */
typedef struct reader {
	const uint8_t *p;
	size_t n, i;
	int zeros;
} reader;

static int next(reader *r)
{
	if (r->i < r->n && r->zeros >= 2 && r->p[r->i] == 3) {
		r->i++;
		r->zeros = 0;
	}
	if (r->i >= r->n)
		return -1;
	int byte = r->p[r->i++];
	r->zeros = byte ? 0 : r->zeros + 1;
	return byte;
}

/* 7.3.2.3.1: ones of 255 and a rest. -1: cut off. */
static long coded(reader *r)
{
	long sum = 0;
	int byte;
	while ((byte = next(r)) == 255)
		sum += 255;
	return byte < 0 ? -1 : sum + byte;
}

/* One message. Returns 0 at the end of the NAL unit, -1 when it is cut off or too large. */
static int read_message(reader *r, sei_fn fn, void *arg)
{
	uint8_t data[SEI_UUID + SEI_MAX];
	reader rest = *r;
	if (next(&rest) == 0x80 && next(&rest) < 0)
		return 0;
	long type = coded(r), size = coded(r);
	if (type < 0 || size < 0)
		return -1;
	int wanted = type == USER_DATA_UNREGISTERED && size >= SEI_UUID && size <= (long)sizeof data;
	for (long i = 0; i < size; i++) {
		int byte = next(r);
		if (byte < 0)
			return -1;
		if (wanted)
			data[i] = (uint8_t)byte;
	}
	if (wanted)
		fn(arg, data, data + SEI_UUID, (size_t)size - SEI_UUID);
	return type == USER_DATA_UNREGISTERED && !wanted ? -1 : 1;
}

unsigned sei_read(const uint8_t *unit, size_t size, sei_fn fn, void *arg)
{
	unsigned bad = 0;
	for (size_t at = start_code(unit, 0, size), end; at + 3 < size && !is_slice(unit[at + 3]); at = end) {
		end = start_code(unit, at + 3, size);
		if ((unit[at + 3] & 31) != NAL_SEI)
			continue;
		size_t n = end - at - 4;
		while (n && !unit[at + 4 + n - 1]) /* zeros before the next start code */
			n--;
		reader r = {unit + at + 4, n, 0, 0};
		int more = n > 0;
		while (more > 0 && r.i < r.n)
			more = read_message(&r, fn, arg);
		bad += more < 0;
	}
	return bad;
}
