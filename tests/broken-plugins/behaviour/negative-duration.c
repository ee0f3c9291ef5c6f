/* says: submits a buffer with the duration -5 */
#define ON_BUFFER(n, b) b->duration = -5
#include "node.h"
