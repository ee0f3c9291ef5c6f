/* A fuzz target is one file with one function, which must return 0 whatever the input is, and abort where a promise is broken. It is linked with
 * libFuzzer by `make fuzz`, and with replay.c by `make check`. */
#ifndef LQ_TESTS_FUZZ_H
#define LQ_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: must hold: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

#endif
