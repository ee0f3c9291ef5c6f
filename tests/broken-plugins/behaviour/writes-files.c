/* Nothing is wrong: what it writes by a relative name is not left behind. */
#include <stdio.h>
#define ON_START(n) \
	FILE *f = fopen("written-by-a-plugin", "w"); \
	if (f) \
	fclose(f)
#include "node.h"
