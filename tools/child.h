/* Child processes whose standard output is read line by line. */
#ifndef LQ_TOOLS_CHILD_H
#define LQ_TOOLS_CHILD_H

#include <stddef.h>
#include <sys/types.h>

typedef struct child {
	pid_t pid;  /* 0: not running */
	int out;    /* read end of its standard output, -1 closed */
	int status; /* as waitpid gave it, once pid is 0 */
	char line[65536];
	size_t used;
} child;

/* Path of a program of this installation: beside our own, else as found in PATH. */
void child_program(const char *name, char *out, size_t size);

/* argv[0] is the program. 0 or -1 (errno). */
int child_start(child *c, char *const argv[]);

/* Reads what is there without waiting and calls fn for each whole line (without its end). A line that is too long is dropped. */
void child_read(child *c, void (*fn)(void *arg, char *line), void *arg);

/* Takes the exit status when it has ended; 1 while it is running. */
int child_running(child *c);

/* SIGTERM, then waits for its end up to `ms`, then SIGKILL. */
void child_stop(child *c, int ms);

#endif
