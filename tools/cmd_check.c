/* loquat check: are these profiles right? */
#include "tool.h"

#include <stdio.h>

#include <loquat/profile.h>

static const char help[] =
	"usage: loquat check PROFILE…\n\n"
	"Checks profiles (files, or names of installed ones) against the plugins of this installation: syntax, nodes, parameters and their ranges,\n"
	"chains, queues. Opens no device and no network. Prints every error with its place; exit status 1 when there is one.\n";

static int check_one(const char *name, const lq_registry *reg)
{
	lq_diag *diag = lq_diag_create();
	lq_profile *profile = NULL;
	int r = lq_profile_load(name, diag, &profile);
	if (!r)
		r = lq_profile_check(profile, reg, diag);
	if (r)
		tool_diag(diag);
	else
		printf("%s: ok\n", name);
	lq_profile_destroy(profile);
	lq_diag_destroy(diag);
	return r ? TOOL_FAILED : TOOL_OK;
}

int cmd_check(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (c != 'h')
			return tool_usage("check");
		fputs(help, stdout);
		return TOOL_OK;
	}
	if (optind == argc)
		return tool_error(TOOL_USAGE, "check", "which profile? See `loquat check --help`");
	lq_registry *reg = tool_registry("check");
	if (!reg)
		return TOOL_FAILED;
	int status = TOOL_OK;
	for (int i = optind; i < argc; i++)
		if (check_one(argv[i], reg))
			status = TOOL_FAILED;
	lq_registry_destroy(reg);
	return status;
}
