/* Starting the helper programs that come with the library, `loquat-scan` and `loquat-node`. [any] thread. */
#ifndef LQ_PLUGIN_SPAWN_H
#define LQ_PLUGIN_SPAWN_H

#include <stddef.h>
#include <sys/types.h>

/* What a helper's one descriptor beside stdin, stdout and stderr is: a socket. */
enum { LQ__HELPER_FD = 3 };

/* Where a helper lies: what the environment variable says, else beside the library (or in the build tree), else where it was installed. */
void lq__helper_find(const char *name, const char *variable, char *out, size_t size);

/* Starts it with `socket` as its LQ__HELPER_FD. It gets nothing else of the program's but its environment and stderr: no descriptors, no handlers,
 * no blocked signals. Returns 0 or an errno. */
int lq__helper_spawn(const char *program, int socket, pid_t *pid);

/* Waits for its end; the wait status, or -1 when someone else has taken it. */
int lq__helper_reap(pid_t pid);

#endif
