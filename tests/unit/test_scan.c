/* Scanning in a child process: what kills the child harms nobody, what was found is kept, and plugins are loaded when they are needed. */
#include <fcntl.h>
#include <ftw.h>
#include <loquat/log.h>
#include <loquat/profile.h>
#include <loquat/registry.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tests/unit/suite.h"

static char broken[256]; /* where the broken plugins lie */
static char home[64], folder[96], cache[128];
static lq_registry *reg;
static lq_diag *diag;

static void quiet(void *arg, uint32_t level, const char *area, const char *text)
{
}

static void set_up(void)
{
	const char *top = getenv("top_builddir");
	snprintf(broken, sizeof broken, "%s/tests/broken-plugins/.libs", top ? top : ".");
	snprintf(home, sizeof home, "/tmp/loquat-scan-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(home));
	snprintf(folder, sizeof folder, "%s/plugins", home);
	snprintf(cache, sizeof cache, "%s/cache/loquat/plugins.cache", home);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	char dir[96];
	snprintf(dir, sizeof dir, "%s/cache", home);
	setenv("XDG_CACHE_HOME", dir, 1);
	lq_log_set_sink(quiet, NULL);
	ck_assert_int_eq(lq_registry_create(&reg), 0);
	ck_assert_ptr_nonnull(diag = lq_diag_create());
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void tear_down(void)
{
	lq_registry_destroy(reg);
	lq_diag_destroy(diag);
	nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	ck_assert_int_eq(lq__alloc_live(), 0);
}

static void copy_file(const char *from, const char *to, size_t limit)
{
	static char data[1 << 20];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	ck_assert_msg(in && out, "%s to %s", from, to);
	size_t n = fread(data, 1, sizeof data, in);
	ck_assert_uint_lt(n, sizeof data);
	n = n < limit ? n : limit;
	ck_assert_uint_eq(fwrite(data, 1, n, out), n);
	fclose(in);
	fclose(out);
}

/* Copies broken-plugins/NAME.so to the folder that is scanned. */
static const char *put_as(const char *name, const char *as)
{
	static char to[256];
	char from[512];
	snprintf(from, sizeof from, "%s/%s.so", broken, name);
	snprintf(to, sizeof to, "%s/%s.so", folder, as);
	copy_file(from, to, SIZE_MAX);
	return to;
}

static const char *put(const char *name)
{
	return put_as(name, name);
}

static void scan(void)
{
	ck_assert_int_eq(lq_registry_scan(reg, folder), 0);
}

static void scan_anew(void)
{
	lq_registry_destroy(reg);
	ck_assert_int_eq(lq_registry_create(&reg), 0);
	scan();
}

/* From now on a file that the cache does not know gets a reason that says so. */
static void take_scanner_away(void)
{
	setenv("LQ_SCAN_PROGRAM", "/nonexistent/loquat-scan", 1);
}

static lq_plugin_info plugin(const char *file)
{
	lq_plugin_info p;
	for (size_t i = 0; !lq_registry_plugin(reg, i, &p); i++)
		if (!strcmp(strrchr(p.file, '/') + 1, file))
			return p;
	ck_abort_msg("%s is not listed", file);
}

static int is_mapped(const char *name)
{
	char line[1024];
	int found = 0;
	FILE *f = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof line, f))
		found |= strstr(line, name) != NULL;
	fclose(f);
	return found;
}

static const struct { const char *name; int code; const char *reason; } deadly[] = {
	{"crash-at-load", LQ_ECRASH, "crashed while it was loaded (SIGSEGV)"},
	{"abort-at-load", LQ_ECRASH, "crashed while it was loaded (SIGABRT)"},
	{"crash-in-init", LQ_ECRASH, "crashed while it was loaded (SIGILL)"},
	{"exit-at-load", LQ_ECRASH, "ended the process that loaded it (exit status 7)"},
	{"huge-count", LQ_EINVAL, "claims 2147483647 nodes, 1 to 64 are allowed"},
	{"huge-params", LQ_EINVAL, "node filter.params: claims 4294967295 parameters, at most 256 are allowed"},
	{"no-entry", LQ_EINVAL, "is no Loquat plugin: it exports no lq_plugin_abi0"},
	{"wrong-major", LQ_EABI, "built for plugin ABI 1, this is 0: rebuild it"},
	{"wrong-minor", LQ_EABI, "built for plugin ABI 0.3, this is 0.2: rebuild it"},
	{"undefined-symbol", LQ_ENOLIB, "undefined symbol: loquat_test_nobody_has_this"},
	{"missing-library", LQ_ENOLIB, "absent.so: cannot open shared object file: No such file or directory"},
	{"init-fails", LQ_ENODEV, "its init failed: no such device"},
};

START_TEST(a_bad_plugin_is_listed_with_its_reason_and_the_others_work)
{
	char name[64];
	lq_node_info n;
	snprintf(name, sizeof name, "%s.so", deadly[_i].name);
	put_as("other", "a-first");
	put(deadly[_i].name);
	put_as("good", "z-last");
	scan();
	lq_plugin_info p = plugin(name);
	ck_assert_ptr_null(p.plugin);
	ck_assert_str_eq(p.reason, deadly[_i].reason);
	ck_assert_int_eq(p.code, deadly[_i].code);
	ck_assert_int_eq(lq_registry_find(reg, "filter.pass@other", "x", diag, &n), 0);
	ck_assert_int_eq(lq_registry_find(reg, "filter.spare", "x", diag, &n), 0);
	ck_assert_ptr_nonnull(n.desc->ops->create);
}
END_TEST

START_TEST(a_plugin_that_hangs_is_given_up)
{
	setenv("LQ_SCAN_TIMEOUT_MS", "1500", 1);
	put("loop-at-load");
	put_as("good", "z-last");
	scan();
	lq_plugin_info p = plugin("loop-at-load.so");
	ck_assert_str_eq(p.reason, "timed out: not loaded within 1500 ms");
	ck_assert_int_eq(p.code, LQ_ETIMEDOUT);
	ck_assert_ptr_nonnull(plugin("z-last.so").plugin);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}
END_TEST

START_TEST(files_that_are_no_objects_never_reach_the_linker)
{
	char from[300], to[300];
	snprintf(from, sizeof from, "%s/good.so", broken);
	snprintf(to, sizeof to, "%s/torn.so", folder);
	copy_file(from, to, 5000);
	snprintf(from, sizeof from, "%s/script.so", folder);
	FILE *f = fopen(from, "w");
	fprintf(f, "#!/bin/sh\n%200s\n", "");
	fclose(f);
	scan();
	ck_assert_ptr_nonnull(strstr(plugin("torn.so").reason, "is truncated: "));
	ck_assert_str_eq(plugin("script.so").reason, "is not a shared object: no ELF header");
}
END_TEST

START_TEST(two_plugins_of_one_name_leave_the_first)
{
	char text[512];
	char *first = realpath(put("good"), NULL);
	put("twin");
	scan();
	snprintf(text, sizeof text, "there is a plugin \"good\" already, from %s", first);
	ck_assert_str_eq(plugin("twin.so").reason, text);
	ck_assert_int_eq(plugin("twin.so").code, LQ_EEXIST);
	ck_assert_ptr_nonnull(plugin("good.so").plugin);
	free(first);
}
END_TEST

START_TEST(a_description_has_all_static_data)
{
	lq_node_info n;
	put("good");
	scan();
	lq_plugin_info p = plugin("good.so");
	ck_assert_int_eq(p.is_loaded, 0);
	ck_assert_str_eq(p.plugin->version, "1.0");
	ck_assert_str_eq(p.plugin->licence, "Apache-2.0");
	ck_assert_str_eq(p.plugin->summary, "a plugin of the tests");
	ck_assert_int_eq(lq_registry_node(reg, 0, &n), 0);
	ck_assert_ptr_eq(n.plugin, p.plugin);
	ck_assert_str_eq(n.desc->id, "filter.pass");
	ck_assert_str_eq(n.desc->summary, "passes on");
	ck_assert_int_eq(n.desc->rank, 100);
	ck_assert_uint_eq(n.desc->n_ports, 2);
	ck_assert_str_eq(n.desc->ports[1].name, "out");
	ck_assert_uint_eq(n.desc->ports[1].direction, LQ_OUT);
	ck_assert_ptr_null(n.desc->ops);
}
END_TEST

START_TEST(only_what_is_needed_is_loaded)
{
	lq_node_info n, listed;
	put_as("good", "needed-one");
	put_as("other", "spare-one");
	scan();
	ck_assert(!is_mapped("needed-one.so") && !is_mapped("spare-one.so"));
	ck_assert_int_eq(lq_registry_find(reg, "filter.spare", "x", diag, &n), 0);
	ck_assert(is_mapped("needed-one.so") && !is_mapped("spare-one.so"));
	ck_assert_ptr_nonnull(n.desc->ops);
	ck_assert_int_eq(plugin("needed-one.so").is_loaded, 1);
	ck_assert_int_eq(plugin("spare-one.so").is_loaded, 0);
	for (size_t i = 0; !lq_registry_node(reg, i, &listed); i++)
		if (!strcmp(listed.desc->id, "filter.spare"))
			ck_assert_ptr_eq(listed.desc, n.desc);
}
END_TEST

START_TEST(a_profile_loads_what_its_graphs_name)
{
	static const char text[] = "{\"loquat_profile\":1,\"graphs\":{\"a\":{\"nodes\":{\"x\":{\"use\":\"filter.spare\"}}},"
				   "\"b\":{\"nodes\":{\"y\":{\"use\":[\"filter.absent\",\"filter.pass@other\"]}}}}}";
	lq_profile *profile;
	put_as("good", "one");
	put_as("other", "two");
	scan();
	ck_assert_int_eq(lq_profile_parse(text, sizeof text - 1, "it", diag, &profile), 0);
	ck_assert(!plugin("one.so").is_loaded && !plugin("two.so").is_loaded);
	lq_profile_load_plugins(profile, reg);
	ck_assert(plugin("one.so").is_loaded && plugin("two.so").is_loaded);
	lq_profile_destroy(profile);
}
END_TEST

START_TEST(what_was_found_is_kept)
{
	put("good");
	put("crash-at-load");
	put("wrong-minor");
	scan();
	ck_assert_int_eq(access(cache, R_OK), 0);
	take_scanner_away();
	scan_anew();
	ck_assert_ptr_nonnull(plugin("good.so").plugin);
	ck_assert_str_eq(plugin("crash-at-load.so").reason, "crashed while it was loaded (SIGSEGV)");
	ck_assert_int_eq(plugin("wrong-minor.so").code, LQ_EABI);
}
END_TEST

START_TEST(what_may_change_without_the_file_is_looked_at_again)
{
	put("missing-library");
	put("init-fails");
	scan();
	take_scanner_away();
	scan_anew();
	ck_assert_str_eq(plugin("missing-library.so").reason, "cannot be looked at: /nonexistent/loquat-scan: No such file or directory");
	ck_assert_ptr_nonnull(strstr(plugin("init-fails.so").reason, "cannot be looked at: "));
}
END_TEST

START_TEST(a_changed_file_is_looked_at_again)
{
	static const struct timespec then[2] = {{1000000000, 0}, {1000000000, 1}};
	const char *file = put("good");
	scan();
	ck_assert_int_eq(utimensat(AT_FDCWD, file, then, 0), 0);
	take_scanner_away();
	scan_anew();
	ck_assert_ptr_null(plugin("good.so").plugin);
	unsetenv("LQ_SCAN_PROGRAM");
}
END_TEST

/* Flips each byte in turn, and cuts the file at each length: the result is always that of a scan. */
START_TEST(a_damaged_cache_is_made_anew)
{
	char whole[64 << 10];
	put("good");
	scan();
	FILE *f = fopen(cache, "rb");
	size_t n = fread(whole, 1, sizeof whole, f);
	fclose(f);
	ck_assert_uint_gt(n, 100);
	take_scanner_away();
	for (size_t i = 0; i < 2 * n; i++) {
		f = fopen(cache, "wb");
		whole[i % n] ^= i < n;
		fwrite(whole, 1, i < n ? n : i - n, f);
		whole[i % n] ^= i < n;
		fclose(f);
		scan_anew();
		ck_assert_ptr_null(plugin("good.so").plugin);
	}
}
END_TEST

START_TEST(without_a_place_for_a_cache_all_works)
{
	setenv("XDG_CACHE_HOME", "/dev/null", 1);
	put("good");
	scan();
	ck_assert_ptr_nonnull(plugin("good.so").plugin);
	unsetenv("HOME");
	unsetenv("XDG_CACHE_HOME");
	scan_anew();
	ck_assert_ptr_nonnull(plugin("good.so").plugin);
}
END_TEST

/* Between the scan and the first use the file became another plugin. */
START_TEST(a_plugin_that_changed_since_is_not_taken_for_the_old_one)
{
	lq_node_info n;
	char to[256];
	put("good");
	scan();
	snprintf(to, sizeof to, "%s/good.so", folder);
	unlink(to);
	put_as("other", "good");
	ck_assert_int_eq(lq_registry_find(reg, "filter.spare", "x", diag, &n), LQ_ESTATE);
	ck_assert_str_eq(lq_diag_text(diag, 0), "x: \"filter.spare\" cannot work here: good: has changed since it was looked at");
}
END_TEST

static int scan_with_failure(long at)
{
	lq_registry *r = NULL;
	lq_node_info n;
	lq__alloc_fail_at(at);
	int err = lq_registry_create(&r);
	if (!err)
		err = lq_registry_scan(r, folder);
	if (!err)
		err = lq_registry_find(r, "filter.pass@good", NULL, NULL, &n);
	lq__alloc_fail_at(0);
	lq_registry_destroy(r);
	return err;
}

START_TEST(failing_allocations_are_survived)
{
	int err = -1;
	put("good");
	put("wrong-minor");
	long live = lq__alloc_live(), n = 1;
	for (; err; n++) {
		if (_i == 0)
			unlink(cache);
		err = scan_with_failure(n);
		ck_assert_int_eq(lq__alloc_live(), live);
		ck_assert_msg(!err || err == LQ_ENOMEM || err == LQ_ENOENT, "%d", err);
	}
	ck_assert_int_gt(n, 10);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("scan");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, a_bad_plugin_is_listed_with_its_reason_and_the_others_work, 0, COUNT(deadly));
	tcase_add_test(t, a_plugin_that_hangs_is_given_up);
	tcase_add_test(t, files_that_are_no_objects_never_reach_the_linker);
	tcase_add_test(t, two_plugins_of_one_name_leave_the_first);
	tcase_add_test(t, a_description_has_all_static_data);
	tcase_add_test(t, only_what_is_needed_is_loaded);
	tcase_add_test(t, a_profile_loads_what_its_graphs_name);
	tcase_add_test(t, what_was_found_is_kept);
	tcase_add_test(t, what_may_change_without_the_file_is_looked_at_again);
	tcase_add_test(t, a_changed_file_is_looked_at_again);
	tcase_add_test(t, a_damaged_cache_is_made_anew);
	tcase_add_test(t, without_a_place_for_a_cache_all_works);
	tcase_add_test(t, a_plugin_that_changed_since_is_not_taken_for_the_old_one);
	tcase_add_loop_test(t, failing_allocations_are_survived, 0, 2); /* with and without a cache */
	return run_case("scan", t);
}
