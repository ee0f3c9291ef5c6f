/* says: changes the umask of the whole program */
#include <sys/stat.h>
#define ON_START(n) umask(0)
#include "node.h"
