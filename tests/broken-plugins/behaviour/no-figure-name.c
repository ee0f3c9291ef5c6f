/* says: gives a figure without a name */
#define ON_STATS(fn, arg) fn(arg, 0, &(lq_stat){NULL, 1})
#include "node.h"
