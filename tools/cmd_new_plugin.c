/* loquat new-plugin: a plugin that compiles and passes, to begin from. */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
	"usage: loquat new-plugin --kind KIND --name NAME DIR\n\n"
	"Writes a plugin to begin from into the new folder DIR: NAME.c, a Makefile, NAME.json (a profile that runs it) and test.sh. It compiles and\n"
	"passes: `make -C DIR check`.\n\n"
	"  --kind KIND  capture, filter, codec or renderer\n"
	"  --name NAME  of the plugin; lower-case letters, digits, - and _, a letter first. Its node is capture.NAME, filter.NAME, codec.NAME or\n"
	"               render.NAME\n\n"
	"Environment: LQ_TEMPLATE_PATH, the folder of the templates.\n";

struct plugin {
	const char *kind, *name, *dir, *templates;
	char id[96];
};

/* A file's text, which the caller frees. */
static char *read_text(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;
	if (!f)
		return NULL;
	if (getdelim(&text, &size, '\0', f) < 0) {
		free(text);
		text = NULL;
	}
	fclose(f);
	return text;
}

/* Writes text with @NAME@ and @ID@ replaced. */
static void fill_in(FILE *f, const struct plugin *p, const char *text)
{
	for (const char *at; (at = strchr(text, '@')); ) {
		fwrite(text, 1, (size_t)(at - text), f);
		if (!strncmp(at, "@NAME@", 6)) {
			fputs(p->name, f);
			text = at + 6;
		} else if (!strncmp(at, "@ID@", 4)) {
			fputs(p->id, f);
			text = at + 4;
		} else {
			fputc('@', f);
			text = at + 1;
		}
	}
	fputs(text, f);
}

/* Never over a file that is there. */
static int write_file(const struct plugin *p, const char *template, const char *name, int mode)
{
	char from[4096], to[4096];
	snprintf(from, sizeof from, "%s/%s", p->templates, template);
	snprintf(to, sizeof to, "%s/%s", p->dir, name);
	char *text = read_text(from);
	if (!text)
		return tool_error(TOOL_FAILED, "new-plugin", "%s cannot be read: install Loquat, or set LQ_TEMPLATE_PATH", from);
	int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (f)
		fill_in(f, p, text);
	free(text);
	if (!f || fclose(f))
		return tool_error(TOOL_FAILED, "new-plugin", "%s cannot be written: %s", to, strerror(errno));
	printf("%s\n", to);
	return 0;
}

static int write_all(const struct plugin *p)
{
	char source[32], profile[32], c[80], json[80];
	snprintf(source, sizeof source, "%s.c", p->kind);
	snprintf(profile, sizeof profile, "%s.json", p->kind);
	snprintf(c, sizeof c, "%s.c", p->name);
	snprintf(json, sizeof json, "%s.json", p->name);
	if (mkdir(p->dir, 0777) && errno != EEXIST)
		return tool_error(TOOL_FAILED, "new-plugin", "%s cannot be made: %s", p->dir, strerror(errno));
	int bad = write_file(p, source, c, 0666);
	bad = bad ? bad : write_file(p, "Makefile.txt", "Makefile", 0666);
	bad = bad ? bad : write_file(p, profile, json, 0666);
	return bad ? bad : write_file(p, "test.txt", "test.sh", 0777);
}

static int check_kind(struct plugin *p)
{
	static const char *const kinds[] = {"capture", "filter", "codec", "renderer"};
	for (size_t i = 0; p->kind && i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(kinds[i], p->kind)) {
			snprintf(p->id, sizeof p->id, "%s.%s", i == 3 ? "render" : p->kind, p->name);
			return 0;
		}
	return tool_error(TOOL_USAGE, "new-plugin", "--kind: capture, filter, codec or renderer");
}

static int check_name(const char *name)
{
	size_t n = name ? strlen(name) : 0;
	if (n && n <= 40 && *name >= 'a' && *name <= 'z' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n)
		return 0;
	return tool_error(TOOL_USAGE, "new-plugin", "--name: 1 to 40 lower-case letters, digits, - and _, a letter first");
}

int cmd_new_plugin(int argc, char **argv)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'}, {"kind", required_argument, NULL, 'k'}, {"name", required_argument, NULL, 'n'}, {0}};
	const char *templates = getenv("LQ_TEMPLATE_PATH");
	struct plugin p = {.templates = templates && *templates ? templates : LQ_TEMPLATE_DIR};
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;)
		switch (c) {
		case 'h': fputs(help, stdout); return TOOL_OK;
		case 'k': p.kind = optarg; break;
		case 'n': p.name = optarg; break;
		default: return tool_usage("new-plugin");
		}
	if (optind + 1 != argc)
		return tool_error(TOOL_USAGE, "new-plugin", "which folder? See `loquat new-plugin --help`");
	p.dir = argv[optind];
	int bad = check_name(p.name);
	bad = bad ? bad : check_kind(&p);
	return bad ? bad : write_all(&p);
}
