/* says: refuses shade set to 10, which is in its own range, without a reason */
#define ON_SET_PARAM(n, value) \
	if (value->i > 9) \
	return LQ_ERANGE
#include "node.h"
