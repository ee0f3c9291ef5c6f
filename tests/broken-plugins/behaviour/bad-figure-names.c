/* says: names a figure "frames sent" */
#define ON_STATS(fn, arg) fn(arg, 0, &(lq_stat){"frames sent", 1})
#include "node.h"
