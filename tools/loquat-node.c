/* loquat-node: runs one node of a plugin for a graph of another process, which it hears over the socket LQ__HELPER_FD. See framework/isolate/. */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "isolate/child.h"
#include "plugin/spawn.h"
#include "sandbox.h"

/* A crash is to be seen as what it is, by the parent: no core file, no handler that makes something else of it (a sanitizer's). That the parent is gone
 * is seen at the socket: the signal for it would come as soon as the thread ends that started us. */
static void prepare(void)
{
	static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
	for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
		signal(deadly[i], SIG_DFL);
	signal(SIGINT, SIG_IGN); /* ^C is the program's matter: it ends us when it has seen to it */
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int confine(char *text, size_t size)
{
	return lq_sandbox_enter(LQ__HELPER_FD, text, size);
}

int main(void)
{
	int type;
	if (getsockopt(LQ__HELPER_FD, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){sizeof type}) || type != SOCK_SEQPACKET) {
		fputs("loquat-node is run by Loquat, for nodes that a profile isolates.\n", stderr);
		return 2;
	}
	prepare();
	return lq__child_main(LQ__HELPER_FD, confine);
}
