/* says: returns -4711 from process, which is no LQ_E* */
#define RESULT -4711
#include "node.h"
