/* The asking side of the control socket: which processes run, and what one of them answers. */
#include "control.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tool.h"

#define ANSWER_MAX (16 << 20)

int control_is_pid(const char *text, pid_t *pid)
{
	char *end;
	long v = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || v < 1 || v > INT_MAX)
		return 0;
	*pid = (pid_t)v;
	return 1;
}

/* One line, without its end; NULL with errno. */
static char *read_line(int fd)
{
	size_t n = 0, room = 65536;
	char *text = malloc(room);
	while (text) {
		ssize_t r = recv(fd, text + n, room - n, 0);
		if (r <= 0) {
			errno = r ? errno : EPIPE;
			break;
		}
		n += (size_t)r;
		if (text[n - 1] == '\n') {
			text[n - 1] = 0;
			return text;
		}
		if (n < room)
			continue;
		char *more = room < ANSWER_MAX ? realloc(text, room *= 2) : NULL;
		if (!more) {
			errno = EMSGSIZE;
			break;
		}
		text = more;
	}
	free(text);
	return NULL;
}

/* Takes the reference of args. NULL with errno. */
static json_t *exchange(int fd, const char *command, json_t *args)
{
	json_t *request = json_pack("{s:s}", "cmd", command);
	if (args)
		json_object_set_new(request, "args", args);
	char *text = json_dumps(request, JSON_COMPACT), *line = NULL;
	json_decref(request);
	if (text) {
		size_t n = strlen(text);
		text[n] = '\n'; /* the final 0 is not sent */
		if (send(fd, text, n + 1, MSG_NOSIGNAL) == (ssize_t)n + 1)
			line = read_line(fd);
	}
	free(text);
	json_t *answer = line ? json_loads(line, 0, NULL) : NULL;
	if (line && !answer)
		errno = EPROTO;
	free(line);
	return answer;
}

static json_t *look_at(const char *path, pid_t pid)
{
	int fd = control_connect(path);
	if (fd == -ECONNREFUSED)
		unlink(path);
	if (fd < 0)
		return NULL;
	json_t *info = exchange(fd, "info", NULL);
	close(fd);
	return info ? info : json_pack("{s:i, s:s}", "pid", (int)pid, "what", "does not answer");
}

static int by_pid(const struct dirent **a, const struct dirent **b)
{
	long x = atol((*a)->d_name), y = atol((*b)->d_name);
	return x < y ? -1 : x > y;
}

static int is_socket(const struct dirent *e)
{
	const char *dot = strchr(e->d_name, '.');
	return dot && dot != e->d_name && !strcmp(dot, ".sock");
}

json_t *control_list(void)
{
	char folder[PATH_MAX], path[PATH_MAX + 300];
	const char *why;
	json_t *all = json_array();
	struct dirent **entries;
	int n = control_folder(0, folder, sizeof folder, &why) ? 0 : scandir(folder, &entries, is_socket, by_pid);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
		json_t *one = look_at(path, (pid_t)atol(entries[i]->d_name));
		if (one)
			json_array_append_new(all, one);
		free(entries[i]);
	}
	if (n > 0)
		free(entries);
	return all;
}

static json_t *with_pid(const json_t *list, pid_t pid)
{
	json_t *one;
	size_t i;
	json_array_foreach((json_t *)list, i, one)
		if (json_integer_value(json_object_get(one, "pid")) == pid)
			return one;
	return NULL;
}

static void print_list(const json_t *list)
{
	json_t *one;
	size_t i;
	json_array_foreach((json_t *)list, i, one)
		fprintf(stderr, "%8d  %s\n", (int)json_integer_value(json_object_get(one, "pid")), json_string_value(json_object_get(one, "what")));
}

static pid_t pick(const char *name, const json_t *list, pid_t pid)
{
	json_t *one = pid ? with_pid(list, pid) : json_array_get(list, 0);
	if (!json_array_size(list))
		return tool_error(-1, name, "no `loquat run`, `join` or `demo` is running%s", pid ? " that can be asked" : "");
	if (!one) {
		tool_error(-1, name, "process %d is none of those that can be asked:", (int)pid);
	} else if (!pid && json_array_size(list) > 1) {
		tool_error(-1, name, "say which one, by its number:");
	} else {
		json_t *first = json_array_get(json_object_get(one, "participants"), 0);
		if (first)
			tool_error(0, name, "%d is a %s, which has no graph of its own: this is %s", (int)json_integer_value(json_object_get(one, "pid")),
			           json_string_value(json_object_get(one, "what")), json_string_value(json_object_get(first, "what")));
		return (pid_t)json_integer_value(json_object_get(first ? first : one, "pid"));
	}
	print_list(list);
	return -1;
}

pid_t control_pick(const char *name, pid_t pid)
{
	json_t *list = control_list();
	pid = pick(name, list, pid);
	json_decref(list);
	return pid;
}

static json_t *refused(const char *name, json_t *answer)
{
	json_t *messages = json_object_get(answer, "messages"), *one;
	size_t i;
	json_array_foreach(messages, i, one)
		tool_error(-1, name, "%s", json_string_value(one));
	if (!json_array_size(messages)) {
		const char *why = json_string_value(json_object_get(answer, "error"));
		tool_error(-1, name, "%s", why ? why : "the answer cannot be understood");
	}
	json_decref(answer);
	return NULL;
}

json_t *control_ask(const char *name, pid_t pid, const char *command, json_t *args)
{
	char folder[PATH_MAX], path[PATH_MAX + 32];
	const char *why;
	json_t *answer = NULL;
	int fd = control_folder(0, folder, sizeof folder, &why);
	if (!fd) {
		snprintf(path, sizeof path, "%s/%d.sock", folder, (int)pid);
		fd = control_connect(path);
	}
	if (fd < 0) {
		json_decref(args);
		tool_error(-1, name, "process %d cannot be asked any more: %s", (int)pid, strerror(-fd));
		return NULL;
	}
	answer = exchange(fd, command, args);
	if (!answer)
		tool_error(-1, name, "process %d did not answer: %s", (int)pid, errno == EAGAIN ? "it took longer than 5 s" : strerror(errno));
	close(fd);
	return answer && !json_is_true(json_object_get(answer, "ok")) ? refused(name, answer) : answer;
}
