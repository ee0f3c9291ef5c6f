#include "sandbox.h"

#include <loquat/plugin/errors.h>
#include <stdio.h>

#ifdef LQ_SECCOMP

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "isolate/wire.h"

enum { NAMES = 512, NAME_MAX_BYTES = 32 };

/* All that computing needs: memory (the arena's too), threads, time, and reading and writing what is open. */
static const int allowed[] = {
	SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mprotect), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(mlock), SCMP_SYS(munlock),
	SCMP_SYS(membarrier), SCMP_SYS(memfd_create), SCMP_SYS(ftruncate), SCMP_SYS(fcntl), SCMP_SYS(fstat), SCMP_SYS(lseek),
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(close),
	SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recvmmsg), SCMP_SYS(shutdown),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(eventfd2), SCMP_SYS(pipe2),
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list), SCMP_SYS(rseq), SCMP_SYS(set_tid_address), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_setaffinity),
	SCMP_SYS(sched_getparam), SCMP_SYS(sched_setparam), SCMP_SYS(sched_getscheduler), SCMP_SYS(sched_setscheduler), SCMP_SYS(sched_get_priority_max),
	SCMP_SYS(sched_get_priority_min), SCMP_SYS(setpriority), SCMP_SYS(getpriority), SCMP_SYS(getcpu),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_gettime),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall),
	SCMP_SYS(getrandom), SCMP_SYS(getrusage), SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(arch_prctl)};

static char names[NAMES][NAME_MAX_BYTES]; /* of system calls: looked up before, since a handler may not */
static int report_fd;

static void learn_names(void)
{
	for (int i = 0; i < NAMES; i++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, i);
		snprintf(names[i], sizeof names[i], "%s", name ? name : "?");
		free(name);
	}
}

/* The call was not made. Says which it was, and ends as by the signal. */
static void on_violation(int signal_number, siginfo_t *info, void *context)
{
	uint8_t room[128];
	lq__bytes b = {room, 0, sizeof room, 0};
	int nr = info->si_syscall;
	size_t begin = lq__record_begin(&b, LQ__SAY_FORBIDDEN);
	lq__bytes_string(&b, nr >= 0 && nr < NAMES ? names[nr] : "?");
	lq__record_end(&b, begin);
	lq__wire_send(report_fd, &b, NULL, 0);
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	sigset_t set;
	sigaction(SIGSYS, &dfl, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(SIGSYS);
}

static int add_rules(scmp_filter_ctx f)
{
	int r = 0;
	for (size_t i = 0; !r && i < sizeof allowed / sizeof *allowed; i++)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0);
	/* threads, but no processes; clone3 hides its flags in memory, so that the C library is sent back to clone */
	if (!r)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	if (!r)
		r = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	/* a signal to oneself, for abort() */
	if (!r)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	/* the C library's fstat; with a path it says only that there is one */
	if (!r)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1, SCMP_A3(SCMP_CMP_MASKED_EQ, 0x1000, 0x1000));
	/* names of threads; limits are read, not set */
	if (!r)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, 15));
	if (!r)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A2(SCMP_CMP_EQ, 0));
	return r;
}

int lq_sandbox_enter(int fd, char *text, size_t size)
{
	struct sigaction act = {.sa_sigaction = on_violation, .sa_flags = SA_SIGINFO};
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_TRAP);
	if (!f) {
		snprintf(text, size, "libseccomp cannot be set up");
		return LQ_EIO;
	}
	report_fd = fd;
	learn_names();
	sigaction(SIGSYS, &act, NULL);
	int r = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!r)
		r = add_rules(f);
	if (!r)
		r = seccomp_load(f);
	seccomp_release(f);
	if (r)
		snprintf(text, size, "seccomp: %s", strerror(-r));
	return r ? LQ_EIO : 0;
}

#else

int lq_sandbox_enter(int fd, char *text, size_t size)
{
	snprintf(text, size, "built without libseccomp");
	return LQ_ENOTSUP;
}

#endif
