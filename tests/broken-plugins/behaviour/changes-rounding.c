/* says: leaves another rounding mode for floating point behind */
#include <fenv.h>
#define ON_START(n) fesetround(FE_UPWARD)
#include "node.h"
