/* says: calls the host of another instance: what is static is shared by all instances of a node */
#include <loquat/plugin/plugin.h>
static const lq_host *the_host;
#define ON_CREATE(n, params) the_host = host
#define ON_BUFFER(n, b) the_host->log(the_host, LQ_LOG_TRACE, "a buffer")
#include "node.h"
