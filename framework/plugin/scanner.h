/* Looks at plugins in a child process (`loquat-scan`), so that one that crashes or hangs does so there. [control] */
#ifndef LQ_PLUGIN_SCANNER_H
#define LQ_PLUGIN_SCANNER_H

#include <sys/types.h>

#include "plugin/image.h"
#include "plugin/spawn.h"

/* Starts as {0}; the child is started by the first question and again after each file that it did not survive. */
typedef struct lq__scanner {
	pid_t pid;
	int fd; /* a stream socket to the child's LQ__SCAN_FD */
} lq__scanner;

/* Appends the finding about a file (absolute path) to `out`; of a file that kills the child or takes longer than five seconds, too. LQ_ENOMEM;
 * LQ_EIO: there is no scanner, the reason is in text. */
int lq__scanner_ask(lq__scanner *s, const char *file, lq__bytes *out, char *text, size_t size);
void lq__scanner_close(lq__scanner *s);

/* Both directions of the socket carry a length of 32 bits and as many bytes: a path that way, a finding this way. */
enum { LQ__SCAN_FD = LQ__HELPER_FD, LQ__SCAN_PATH_MAX = 4096, LQ__SCAN_FINDING_MAX = 4 << 20 };

#endif
