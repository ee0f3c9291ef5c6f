/* What the scanner's child sends, and the file that keeps it. The first byte says which; a cache gets its checksum, so that what follows is read. */
#include <string.h>
#include <sys/stat.h>

#include <loquat/plugin/errors.h>

#include "fuzz.h"
#include "plugin/cache.h"

static void finding(const uint8_t *data, size_t size)
{
	lq__finding f, again;
	lq__bytes b = {0};
	if (lq__finding_read(data, size, &f))
		return;
	MUST(!f.code == !!f.image && !f.code == !*f.text);
	lq__finding_write(&b, f.code, f.keep, f.text, f.image ? lq__image_plugin(f.image) : NULL);
	MUST(!b.failed && !lq__finding_read(b.data, b.n, &again)); /* what was understood can be said */
	lq__image_destroy(f.image);
	lq__image_destroy(again.image);
	lq__bytes_finish(&b);
}

static void cache_file(const uint8_t *body, size_t size)
{
	static const uint32_t head[] = {1, LQ_ABI_MINOR, sizeof(void *)};
	uint64_t sum = UINT64_C(14695981039346656037);
	lq__bytes b = {0};
	lq__cache *c;
	lq__finding f;
	for (size_t i = 0; i < size; i++)
		sum = (sum ^ body[i]) * UINT64_C(1099511628211);
	lq__bytes_add(&b, "LQSCAN\r\n", 8);
	lq__bytes_add(&b, head, sizeof head);
	lq__bytes_u64(&b, sum);
	lq__bytes_add(&b, body, size);
	MUST(!lq__cache_open(&c));
	lq__cache_parse(c, b.data, b.n);
	if (!lq__cache_find(c, "/a.so", &(struct stat){.st_size = 1}, &f))
		lq__image_destroy(f.image);
	lq__cache_close(c);
	lq__bytes_finish(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	setenv("XDG_CACHE_HOME", "/nonexistent", 1);
	if (!size)
		return 0;
	if (data[0] & 1)
		cache_file(data + 1, size - 1);
	else
		finding(data + 1, size - 1);
	return 0;
}
