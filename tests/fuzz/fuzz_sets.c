/* The input is an access unit, of which the parameter sets are kept; put before another one they are found again. */
#include <string.h>

#include "fuzz.h"
#include "plugins/common/parameter_sets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t slice[] = {0, 0, 0, 1, 0x65, 1};
	uint8_t unit[SETS_MAX + sizeof slice];
	parameter_sets p = {.size = 0}, again = {.size = 0};
	int has = parameter_sets_see(&p, data, size);
	MUST(p.size <= SETS_MAX && (has || !p.size));
	memcpy(unit, p.data, p.size);
	memcpy(unit + p.size, slice, sizeof slice);
	MUST(parameter_sets_see(&again, unit, p.size + sizeof slice) == (p.size > 0));
	MUST(again.size == p.size && !memcmp(again.data, p.data, p.size));
	return 0;
}
