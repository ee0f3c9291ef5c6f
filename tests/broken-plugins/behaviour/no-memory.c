/* says: crashes in process with Segmentation fault (check memory, allocation */
#define CHECK_MEMORY(b)
#include "node.h"
