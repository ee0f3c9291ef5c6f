/* says: returns 3 from process: an op returns 0 or a negative LQ_E* */
#define RESULT 3
#include "node.h"
