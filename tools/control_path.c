/* Where control sockets are: a folder that only its owner can enter. */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define FOLDER_MAX 80 /* bytes: what follows, and the final 0, must fit into sun_path, too */

/* Server and client must come to the same answer. */
static void choose(char *out, size_t size)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	struct stat st;
	if (runtime && *runtime == '/' && !stat(runtime, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid()) {
		int n = snprintf(out, size, "%s/loquat", runtime);
		if (n > 0 && (size_t)n < size && n <= FOLDER_MAX)
			return;
	}
	snprintf(out, size, "/tmp/loquat-%u", (unsigned)geteuid());
}

int control_folder(int make, char *out, size_t size, const char **why)
{
	struct stat st;
	choose(out, size);
	if (make && mkdir(out, 0700) && errno != EEXIST) {
		int error = errno;
		*why = strerror(error);
		return -error;
	}
	if (lstat(out, &st)) {
		*why = strerror(errno);
		return -errno;
	}
	/* In /tmp anyone may have been there first. */
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || st.st_mode & 077) {
		*why = "it is no folder of ours alone (mode 0700)";
		return -EPERM;
	}
	return 0;
}

int control_connect(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = 5};
	if (strlen(path) >= sizeof addr.sun_path)
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (connect(fd, (struct sockaddr *)&addr, sizeof addr)) {
		int error = errno;
		close(fd);
		return -error;
	}
	return fd;
}
