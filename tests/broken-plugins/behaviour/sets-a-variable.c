/* says: sets the environment variable SHADE_HOME */
#define ON_CREATE(n, params) setenv("SHADE_HOME", "/tmp", 1)
#include "node.h"
