/* says: ends the whole program in process with status 5 */
#define ON_PROCESS(n, buf) exit(5)
#include "node.h"
