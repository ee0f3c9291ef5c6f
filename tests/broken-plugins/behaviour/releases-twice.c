/* says: releases a buffer twice */
#define AFTER_SUBMIT(n, b) n->host->buffer_unref(n->host, b)
#include "node.h"
