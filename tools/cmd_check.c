/* loquat check: are these profiles right? */
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>

#include <loquat/profile.h>

static const char help[] =
	"usage: loquat check [--quiet] PROFILE…\n\n"
	"Checks profiles (files, or names of installed ones) against the plugins of this installation: syntax, nodes, parameters and their ranges,\n"
	"chains, queues, formats. Prints every error with its place, exit status 1 when there is one; of a profile that is right, the format that each\n"
	"link would get here. Opens no device and no network: what cannot be made without is told as a note.\n\n"
	"  --quiet  no formats and notes\n";

static void print_link(void *arg, const lq_link_info *l)
{
	FILE *f = arg;
	fprintf(f, "  %s.%s -> %s.%s: %s", l->from, l->from_port, l->to, l->to_port, *l->format ? l->format : "not known here");
	if (l->converter)
		fprintf(f, ", by %s %s", l->converter, l->converted);
	fputc('\n', f);
}

static void print_right(const char *name, const char *links, const lq_diag *notes)
{
	printf("%s: ok\n%s", name, links);
	for (size_t i = 0; i < lq_diag_count(notes); i++)
		printf("  note: %s\n", lq_diag_text(notes, i));
}

static int check_one(const char *name, lq_registry *reg, int quiet)
{
	lq_diag *diag = lq_diag_create(), *notes = lq_diag_create();
	lq_profile *profile = NULL;
	char *links = NULL;
	size_t size;
	FILE *f = open_memstream(&links, &size);
	int r = f ? lq_profile_load(name, diag, &profile) : lq_diag_add(diag, LQ_ENOMEM, "check", "out of memory");
	if (!r)
		r = lq_profile_check(profile, reg, diag);
	if (!r)
		r = lq_profile_negotiate(profile, reg, print_link, f, notes, diag);
	if (f)
		fclose(f);
	if (r)
		tool_diag(diag);
	else if (quiet)
		printf("%s: ok\n", name);
	else
		print_right(name, links, notes);
	free(links);
	lq_profile_destroy(profile);
	lq_diag_destroy(diag);
	lq_diag_destroy(notes);
	return r ? TOOL_FAILED : TOOL_OK;
}

int cmd_check(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {"quiet", no_argument, NULL, 'q'}, {0}};
	int quiet = 0;
	for (int c; (c = getopt_long(argc, argv, "hq", options, NULL)) != -1;)
		switch (c) {
		case 'h': fputs(help, stdout); return TOOL_OK;
		case 'q': quiet = 1; break;
		default: return tool_usage("check");
		}
	if (optind == argc)
		return tool_error(TOOL_USAGE, "check", "which profile? See `loquat check --help`");
	lq_registry *reg = tool_registry("check");
	if (!reg)
		return TOOL_FAILED;
	int status = TOOL_OK;
	for (int i = optind; i < argc; i++)
		if (check_one(argv[i], reg, quiet))
			status = TOOL_FAILED;
	lq_registry_destroy(reg);
	return status;
}
