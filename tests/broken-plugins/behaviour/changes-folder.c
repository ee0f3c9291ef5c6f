/* says: changes the working folder of the whole program, to / */
#define ON_START(n) \
	if (chdir("/")) \
	abort()
#include "node.h"
