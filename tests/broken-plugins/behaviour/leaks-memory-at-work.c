/* says: of memory each time that it works */
#define ON_START(n) n->text = calloc(1, 5000)
#include "node.h"
