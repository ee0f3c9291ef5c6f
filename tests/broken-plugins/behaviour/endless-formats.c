/* says: the end of the list is LQ_END */
#define ON_FORMATS(i) return 0
#include "node.h"
