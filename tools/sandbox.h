/* The sandbox of a helper whose node only computes (LQ_NODE_PURE). */
#ifndef LOQUAT_TOOLS_SANDBOX_H
#define LOQUAT_TOOLS_SANDBOX_H

#include <stddef.h>

/* From here on no thread of this process can open a file or a socket, start a process or look into another one: memory, threads, clocks and the
 * descriptors that there are is all. What is tried all the same ends the process with SIGSYS, after its name has been sent over `fd`. LQ_ENOTSUP or LQ_EIO
 * with the reason in text: there is no sandbox. */
int lq_sandbox_enter(int fd, char *text, size_t size);

#endif
