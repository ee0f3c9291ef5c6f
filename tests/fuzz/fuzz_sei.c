/* The input is an access unit, of which the messages are read; and a message, which is written and must be read again as it was. */
#include <string.h>

#include "fuzz.h"
#include "plugins/sei/sei_bits.h"

static const uint8_t uuid[SEI_UUID] = "0123456789abcde";

typedef struct expected {
	const uint8_t *data;
	size_t size;
	int seen;
} expected;

static void on_any(void *arg, const uint8_t *id, const uint8_t *data, size_t size)
{
	MUST(size <= SEI_MAX);
	*(size_t *)arg += size;
}

static void on_own(void *arg, const uint8_t *id, const uint8_t *data, size_t size)
{
	expected *e = arg;
	MUST(!memcmp(id, uuid, SEI_UUID) && size == e->size && !memcmp(data, e->data, size));
	e->seen++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t unit[2 * SEI_MAX];
	size_t sum = 0;
	sei_read(data, size, on_any, &sum);
	MUST(sei_place(data, size) <= size);
	expected e = {data, size < SEI_MAX ? size : SEI_MAX, 0};
	MUST(sei_room(e.size) <= sizeof unit);
	size_t n = sei_write(uuid, e.data, e.size, unit);
	MUST(n <= sei_room(e.size));
	for (size_t i = 4; i + 2 < n; i++)
		MUST(unit[i] || unit[i + 1] || unit[i + 2] > 2); /* no start code inside */
	MUST(sei_read(unit, n, on_own, &e) == 0 && e.seen == 1);
	return 0;
}
