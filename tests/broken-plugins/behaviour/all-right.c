/* Nothing is wrong. */
#include "node.h"
