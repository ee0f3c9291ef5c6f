/* says: cannot be loaded: node filter.shade: default of parameter shade: 99 exceeds maximum 10 */
#define SHADE_DEFAULT "99"
#include "node.h"
