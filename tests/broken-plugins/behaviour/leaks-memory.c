/* says: leaks about */
#define ON_DESTROY(n) n->text = NULL
#include "node.h"
