/* The control socket of a running `loquat run`, `join` or `demo`: other `loquat` commands look into its graph and change it.
 *
 * A UNIX stream socket, mode 0600, named PID.sock, in $XDG_RUNTIME_DIR/loquat or else /tmp/loquat-UID (mode 0700). JSON lines: one object
 * {"cmd": "set", "args": ["cam", "bitrate", "100000"]} asks, one answers, {"ok": true, …} or {"ok": false, "error": "why"}. At most
 * CONTROL_CLIENTS are served at a time, a request has at most CONTROL_REQUEST_MAX bytes, and who is silent for CONTROL_IDLE_MS is cut off.
 *
 * control.c serves, control_commands.c is the table of commands (a new one is one line there), control_client.c asks, control_path.c
 * knows where the sockets are. */
#ifndef LQ_TOOLS_CONTROL_H
#define LQ_TOOLS_CONTROL_H

#include <stddef.h>
#include <sys/types.h>

#include <jansson.h>
#include <loquat/graph.h>

enum { CONTROL_CLIENTS = 8, CONTROL_REQUEST_MAX = 65536, CONTROL_IDLE_MS = 30000 };

/* ---- for who serves ---- */

typedef struct control control;

/* Runs fn with the process's graph where [control] functions of the graph are allowed, and returns its result; LQ_ESTATE when there is no
 * graph at the moment. Called on the control's thread. */
typedef int (*control_graph_fn)(lq_graph *graph, void *arg);
typedef int (*control_with_graph)(void *owner, control_graph_fn fn, void *arg);

typedef struct control_config {
	const char *what;              /* for people: "run preview" */
	control_with_graph with_graph; /* NULL: this process has no graph of its own */
	void *owner;
	json_t *participants;          /* what a process without a graph has instead: [{"pid": 12, "what": "alice"}]; borrowed. NULL none */
} control_config;

/* Serves on a thread of its own. NULL, after a warning to the log, when it cannot: the program goes on without. */
control *control_start(const control_config *config);
void control_stop(control *c); /* no call of with_graph runs after it returned. NULL is fine */

/* Answers one request (control_commands.c). Never NULL but for want of memory. */
json_t *control_answer(const control_config *config, json_t *request);

/* The folder of the sockets, made where `make` says so. 0, or a negative errno with the reason in `why`. */
int control_folder(int make, char *out, size_t size, const char **why);
/* A connected socket, or a negative errno. */
int control_connect(const char *path);

/* ---- for who asks: messages go to stderr for command `name` ---- */

/* All that run: [{"pid": 12, "what": "run preview", …}], sorted by pid. Sockets that nobody serves any more are removed. */
json_t *control_list(void);
/* The process to speak to: `pid`, or the only one where it is 0. A process without a graph stands for its first participant. -1 after a message. */
pid_t control_pick(const char *name, pid_t pid);
/* What the process answered, "ok" being true; NULL after a message. `args` may be NULL; its reference is taken. */
json_t *control_ask(const char *name, pid_t pid, const char *command, json_t *args);
/* 1 when the text is a process's number, which it stores. */
int control_is_pid(const char *text, pid_t *pid);

#endif
