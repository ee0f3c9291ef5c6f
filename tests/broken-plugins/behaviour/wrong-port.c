/* says: submits on port 7, which is no output of it */
#define OUT_PORT 7
#include "node.h"
