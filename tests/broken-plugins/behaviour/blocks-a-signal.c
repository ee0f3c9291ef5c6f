/* says: leaves signal SIGUSR1 blocked on the host's thread */
#include <signal.h>
#define ON_START(n) \
	sigset_t set; \
	sigemptyset(&set); \
	sigaddset(&set, SIGUSR1); \
	pthread_sigmask(SIG_BLOCK, &set, NULL)
#include "node.h"
