/* says: changes what the program does on signal SIGTERM */
#include <signal.h>
#define ON_CREATE(n, params) signal(SIGTERM, SIG_IGN)
#include "node.h"
