/* says: gives a figure "level" that is no number */
#define ON_STATS(fn, arg) fn(arg, 0, &(lq_stat){"level", NAN})
#include "node.h"
