/* The parameter sets of H.264 (ITU-T H.264 7.3.2) in Annex B access units. */
#ifndef LQ_PLUGINS_COMMON_PARAMETER_SETS_H
#define LQ_PLUGINS_COMMON_PARAMETER_SETS_H

#include <stddef.h>
#include <stdint.h>

enum { SETS_MAX = 4096 };

/* The last ones that came, with their start codes. */
typedef struct parameter_sets {
	uint8_t data[SETS_MAX];
	size_t size;
} parameter_sets;

/* Looks at an access unit. 1: it has a sequence and a picture parameter set, which are kept (unless they are larger than SETS_MAX together); 0: it has not. */
int parameter_sets_see(parameter_sets *p, const uint8_t *unit, size_t size);

#endif
