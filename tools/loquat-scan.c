/* loquat-scan: loads plugins and says what they are, for the registry, which asks over the socket LQ__SCAN_FD. See scanner.h. */
#include <errno.h>
#include <loquat/log.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugin/check.h"
#include "plugin/loader.h"
#include "plugin/scanner.h"

/* A crash is to be seen as what it is, by the parent: no core file, no handler that makes something else of it (a sanitizer's). An endless loop
 * ends with the parent. */
static void prepare(void)
{
	static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
	for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
		signal(deadly[i], SIG_DFL);
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static int receive_all(void *data, size_t n)
{
	ssize_t r;
	while ((r = recv(LQ__SCAN_FD, data, n, MSG_WAITALL)) < 0 && errno == EINTR)
		;
	return r == (ssize_t)n ? 0 : -1;
}

static int send_all(const void *data, size_t n)
{
	while (n) {
		ssize_t r = send(LQ__SCAN_FD, data, n, MSG_NOSIGNAL);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		data = (const char *)data + r;
		n -= (size_t)r;
	}
	return 0;
}

/* What may be different tomorrow with the same file is not kept: a library that is missing, an init that finds no hardware. */
static void look(const char *file, lq__bytes *out)
{
	char text[768];
	const lq_plugin *plugin = NULL;
	int err = lq__loader_open(file, &plugin, text, sizeof text);
	if (!err)
		err = lq__plugin_check(plugin, text, sizeof text);
	if (err) {
		lq__finding_write(out, err, err == LQ_EINVAL || err == LQ_EABI ? LQ__KEEP : LQ__KEEP_NO, text, NULL);
		return;
	}
	if ((err = lq__plugin_acquire(plugin))) {
		snprintf(text, sizeof text, "its init failed: %s", lq_error_text(err));
		lq__finding_write(out, err < -1000 || err > 0 ? LQ_EINVAL : err, LQ__KEEP_NO, text, NULL);
		return;
	}
	lq__finding_write(out, 0, LQ__KEEP, "", plugin);
}

int main(void)
{
	char path[LQ__SCAN_PATH_MAX + 1];
	uint32_t n;
	int type;
	if (getsockopt(LQ__SCAN_FD, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){sizeof type})) {
		fputs("loquat-scan is run by Loquat, to look at plugins. You may want `loquat inspect`.\n", stderr);
		return 2;
	}
	prepare();
	while (!receive_all(&n, sizeof n) && n <= LQ__SCAN_PATH_MAX && !receive_all(path, n)) {
		lq__bytes out = {0};
		path[n] = 0;
		look(path, &out);
		n = (uint32_t)out.n;
		if (out.failed || send_all(&n, sizeof n) || send_all(out.data, out.n))
			break;
		lq__bytes_finish(&out);
	}
	_exit(0); /* a plugin's destructors are not what is asked about */
}
