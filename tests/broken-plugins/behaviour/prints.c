/* says: writes to standard output, which is the program's: host->log takes messages */
#include <stdio.h>
#define ON_START(n) puts("shade is here")
#include "node.h"
