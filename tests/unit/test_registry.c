#include <fcntl.h>
#include <ftw.h>
#include <loquat/log.h>
#include <loquat/registry.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tests/unit/suite.h"
#include "tests/broken-plugins/nodes.h"

static char folder[256]; /* where the test plugins lie */
static lq_registry *reg;
static lq_diag *diag;

enum { PLUGINS = 17 }; /* in all */

static void quiet(void *arg, uint32_t level, const char *area, const char *text)
{
}

static void set_up(void)
{
	const char *top = getenv("top_builddir");
	snprintf(folder, sizeof folder, "%s/tests/broken-plugins/.libs", top ? top : ".");
	setenv("LQ_SCAN_TIMEOUT_MS", "2000", 1);
	lq_log_set_sink(quiet, NULL);
	ck_assert_int_eq(lq_registry_create(&reg), 0);
	ck_assert_ptr_nonnull(diag = lq_diag_create());
}

/* A cache for all tests of a run: one of the plugins takes as long as it may. */
static char cache[] = "/tmp/loquat-registry-XXXXXX";

static void make_cache(void)
{
	if (mkdtemp(cache))
		setenv("XDG_CACHE_HOME", cache, 1);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void tear_down(void)
{
	lq_registry_destroy(reg);
	lq_diag_destroy(diag);
	ck_assert_int_eq(lq__alloc_live(), 0);
}

static const char *file(const char *name)
{
	static char path[512];
	snprintf(path, sizeof path, "%s/%s.so", folder, name);
	return path;
}

static void load(const char *name)
{
	ck_assert_msg(!lq_registry_load(reg, file(name), diag), "%s", lq_diag_text(diag, 0));
}

static const char *last(void)
{
	return lq_diag_text(diag, lq_diag_count(diag) - 1);
}

START_TEST(a_good_plugin_is_loaded_and_its_nodes_listed)
{
	lq_plugin_info p;
	lq_node_info n;
	load("good");
	ck_assert_uint_eq(lq_registry_plugin_count(reg), 1);
	ck_assert_int_eq(lq_registry_plugin(reg, 0, &p), 0);
	ck_assert_str_eq(p.plugin->name, "good");
	ck_assert_ptr_null(p.reason);
	ck_assert_int_eq(p.code, 0);
	ck_assert_ptr_nonnull(strstr(p.file, "/good.so"));
	ck_assert_int_eq(lq_registry_plugin(reg, 1, &p), LQ_END);
	ck_assert_int_eq(lq_registry_node(reg, 0, &n), 0);
	ck_assert_str_eq(n.desc->id, "filter.pass");
	ck_assert_int_eq(lq_registry_node(reg, 1, &n), 0);
	ck_assert_str_eq(n.desc->id, "filter.spare");
	ck_assert_int_eq(lq_registry_node(reg, 2, &n), LQ_END);
	ck_assert_int_eq(lq_registry_find(reg, "filter.spare", "x", diag, &n), 0);
	ck_assert_uint_eq(lq_diag_count(diag), 0);
}
END_TEST

static const struct { const char *name; int code; const char *reason; } broken[] = {
	{"undefined-symbol", LQ_ENOLIB, "undefined symbol: loquat_test_nobody_has_this"},
	{"missing-library", LQ_ENOLIB, "absent.so: cannot open shared object file: No such file or directory"},
	{"wrong-minor", LQ_EABI, "built for plugin ABI 0.3, this is 0.2: rebuild it"},
	{"wrong-major", LQ_EABI, "built for plugin ABI 1, this is 0: rebuild it"},
	{"no-entry", LQ_EINVAL, "is no Loquat plugin: it exports no lq_plugin_abi0"},
	{"init-fails", LQ_ENODEV, "its init failed: no such device"},
	{"huge-count", LQ_EINVAL, "claims 2147483647 nodes, 1 to 64 are allowed"},
	{"null-table", LQ_EINVAL, "node filter.null: has no table of its 2 ports"},
	{"nowhere", LQ_ENOENT, "cannot be opened: No such file or directory"},
};

START_TEST(a_broken_plugin_is_kept_with_its_reason)
{
	char text[1024];
	lq_plugin_info p;
	ck_assert_int_eq(lq_registry_load(reg, file(broken[_i].name), diag), broken[_i].code);
	snprintf(text, sizeof text, "%s: %s", file(broken[_i].name), broken[_i].reason);
	ck_assert_str_eq(last(), text);
	ck_assert_int_eq(lq_diag_code(diag, 0), broken[_i].code);
	ck_assert_int_eq(lq_registry_plugin(reg, 0, &p), 0);
	ck_assert_ptr_null(p.plugin);
	ck_assert_int_eq(p.code, broken[_i].code);
	ck_assert_str_eq(p.reason, broken[_i].reason);
	load("good"); /* and the next one is not disturbed */
}
END_TEST

/* Writes the first `n` bytes of good.so, or `text`, to a new file. */
static const char *made_file(const char *name, const char *text, size_t n)
{
	static char path[600], data[1 << 20];
	if (!text) {
		FILE *in = fopen(file("good"), "rb");
		size_t have = fread(data, 1, sizeof data, in);
		fclose(in);
		ck_assert_uint_gt(have, n);
		text = data;
	}
	snprintf(path, sizeof path, "%s/../%s", folder, name);
	FILE *out = fopen(path, "wb");
	ck_assert_ptr_nonnull(out);
	fwrite(text, 1, n, out);
	fclose(out);
	return path;
}

START_TEST(a_truncated_file_is_refused_before_the_linker_sees_it)
{
	static const size_t sizes[] = {0, 10, 63, 64, 100, 1000, 4096, 8192, 12000};
	const char *path = made_file("truncated.so", NULL, sizes[_i]);
	ck_assert_int_eq(lq_registry_load(reg, path, diag), LQ_EINVAL);
	ck_assert_ptr_nonnull(strstr(last(), sizes[_i] < 64 ? "is not a shared object: only" : "is truncated: "));
	unlink(path);
}
END_TEST

START_TEST(a_file_that_is_no_object_is_refused)
{
	static const char text[] = "#!/bin/sh\necho this is a script and not a shared object, and long enough for a header\n";
	const char *path = made_file("script.so", text, sizeof text);
	ck_assert_int_eq(lq_registry_load(reg, path, diag), LQ_EINVAL);
	ck_assert_ptr_nonnull(strstr(last(), "is not a shared object: no ELF header"));
	unlink(path);
	ck_assert_int_eq(lq_registry_load(reg, folder, diag), LQ_EINVAL);
	ck_assert_ptr_nonnull(strstr(last(), "is not a file"));
}
END_TEST

START_TEST(a_program_is_no_plugin)
{
	ck_assert_int_lt(lq_registry_load(reg, "/proc/self/exe", diag), 0);
	ck_assert_uint_eq(lq_diag_count(diag), 1);
}
END_TEST

START_TEST(a_folder_is_scanned_whole_with_good_and_bad)
{
	lq_node_info n;
	size_t good = 0;
	ck_assert_int_eq(lq_registry_scan(reg, folder), 0);
	ck_assert_uint_eq(lq_registry_plugin_count(reg), PLUGINS);
	for (size_t i = 0; i < PLUGINS; i++) {
		lq_plugin_info p;
		ck_assert_int_eq(lq_registry_plugin(reg, i, &p), 0);
		good += p.plugin != NULL;
		ck_assert_int_eq(!p.plugin, p.reason != NULL);
	}
	ck_assert_uint_eq(good, 2);
	ck_assert_int_eq(lq_registry_find(reg, "filter.twin", "x", diag, &n), LQ_ENOENT);
	ck_assert_str_eq(last(), "x: unknown node \"filter.twin\" (14 plugins could not be loaded: \"loquat inspect\" tells why)");
	ck_assert_int_eq(lq_registry_find(reg, "filter.pass@wrong-minor", "x", diag, &n), LQ_EABI);
	ck_assert_str_eq(last(), "x: plugin \"wrong-minor\" could not be loaded: built for plugin ABI 0.3, this is 0.2: rebuild it");
	ck_assert_int_eq(lq_registry_scan(reg, folder), 0); /* once more changes nothing */
	ck_assert_uint_eq(lq_registry_plugin_count(reg), PLUGINS);
	ck_assert_int_eq(lq_registry_scan(reg, "/nonexistent"), LQ_ENOENT);
}
END_TEST

START_TEST(the_environment_names_folders)
{
	char path[600];
	snprintf(path, sizeof path, "/nonexistent::%s:", folder);
	setenv("LQ_PLUGIN_PATH", path, 1);
	ck_assert_int_eq(lq_registry_scan_default(reg), 0);
	ck_assert_uint_eq(lq_registry_plugin_count(reg), PLUGINS);
	setenv("LQ_PLUGIN_PATH", "/nonexistent:/neither", 1);
	ck_assert_int_eq(lq_registry_scan_default(reg), LQ_ENOENT);
}
END_TEST

START_TEST(a_second_plugin_of_one_name_is_refused)
{
	char text[1024];
	lq_node_info n;
	load("good");
	ck_assert_int_eq(lq_registry_load(reg, file("twin"), diag), LQ_EEXIST);
	char *real = realpath(file("good"), NULL);
	snprintf(text, sizeof text, "%s: there is a plugin \"good\" already, from %s", file("twin"), real);
	free(real);
	ck_assert_str_eq(last(), text);
	ck_assert_int_eq(lq_registry_find(reg, "filter.twin", NULL, NULL, &n), LQ_ENOENT);
	ck_assert_int_eq(lq_registry_load(reg, file("good"), diag), LQ_EEXIST);
	snprintf(text, sizeof text, "%s: is in the registry already", file("good"));
	ck_assert_str_eq(last(), text);
}
END_TEST

START_TEST(the_highest_rank_wins_and_a_plugin_can_be_pinned)
{
	lq_node_info n;
	load("good");
	load("other");
	ck_assert_int_eq(lq_registry_find(reg, "filter.pass", "x", diag, &n), 0);
	ck_assert_str_eq(n.plugin->name, "other");
	ck_assert_int_eq(lq_registry_find(reg, "filter.pass@good", "x", diag, &n), 0);
	ck_assert_str_eq(n.plugin->name, "good");
	lq_registry_node(reg, 0, &n);
	ck_assert_str_eq(n.plugin->name, "other"); /* listed by id, then rank */
}
END_TEST

static const struct { const char *use; int code; const char *text; } misses[] = {
	{"filter.psas", LQ_ENOENT, "p.use: unknown node \"filter.psas\"; did you mean \"filter.pass\"?"},
	{"codec.h264.enc", LQ_ENOENT, "p.use: unknown node \"codec.h264.enc\""},
	{"filter.pass@goood", LQ_ENOENT, "p.use: unknown plugin \"goood\"; did you mean \"good\"?"},
	{"filter.pass@ffmpeg", LQ_ENOENT, "p.use: unknown plugin \"ffmpeg\""},
	{"filter.spare@other", LQ_ENOENT, "p.use: plugin \"other\" has no node \"filter.spare\", but these have: good"},
	{"", LQ_EINVAL, "p.use: \"\" is not a node's name such as codec.h264.enc or codec.h264.enc@ffmpeg"},
	{"@good", LQ_EINVAL, "p.use: \"@good\" is not a node's name such as codec.h264.enc or codec.h264.enc@ffmpeg"},
	{"filter.pass@", LQ_EINVAL, "p.use: \"filter.pass@\" is not a node's name such as codec.h264.enc or codec.h264.enc@ffmpeg"},
};

START_TEST(what_is_not_there_is_told_with_the_nearest_name)
{
	lq_node_info n;
	load("good");
	load("other");
	ck_assert_int_eq(lq_registry_find(reg, misses[_i].use, "p.use", diag, &n), misses[_i].code);
	ck_assert_str_eq(last(), misses[_i].text);
}
END_TEST

static int no_camera(char *text, size_t size)
{
	snprintf(text, size, "no camera is plugged in");
	return LQ_ENODEV;
}

static int silent_no(char *text, size_t size)
{
	return LQ_EBUSY;
}

static int inits, exits;

static int count_init(void)
{
	inits++;
	return 0;
}

static void count_exit(void)
{
	exits++;
}

static const lq_node_ops ops_no_camera = {.create = create, .destroy = destroy, .probe = no_camera};
static const lq_node_ops ops_silent = {.create = create, .destroy = destroy, .probe = silent_no};
static const lq_node_desc high = {.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_FILTER, .id = "filter.pass", .summary = "", .rank = 500,
                                  .ports = ports, .n_ports = 2, .ops = &ops_no_camera, .kind_ops = &filter_ops};
static const lq_node_desc low = {.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_FILTER, .id = "filter.pass", .summary = "", .rank = 10,
                                 .ports = ports, .n_ports = 2, .ops = &ops_silent, .kind_ops = &filter_ops};
static const lq_node_desc *const high_nodes[] = {&high}, *const low_nodes[] = {&low};
static const lq_plugin high_plugin = {TEST_PLUGIN("high", high_nodes), .init = count_init, .exit = count_exit};
static const lq_plugin low_plugin = {TEST_PLUGIN("low", low_nodes)};

START_TEST(a_node_that_cannot_work_here_gives_way)
{
	lq_node_info n;
	ck_assert_int_eq(lq_registry_add(reg, &high_plugin, diag), 0);
	ck_assert_int_eq(lq_registry_add(reg, &low_plugin, diag), 0);
	ck_assert_int_eq(lq_registry_find(reg, "filter.pass", "p", diag, &n), LQ_ENODEV);
	ck_assert_str_eq(last(), "p: \"filter.pass\" cannot work here: high: no camera is plugged in; low: in use");
	load("good");
	ck_assert_int_eq(lq_registry_find(reg, "filter.pass", "p", diag, &n), 0);
	ck_assert_str_eq(n.plugin->name, "good");
	ck_assert_int_eq(lq_registry_find(reg, "filter.pass@high", "p", diag, &n), LQ_ENODEV);
}
END_TEST

START_TEST(init_and_exit_come_once_however_many_registries_there_are)
{
	lq_registry *second;
	inits = exits = 0;
	ck_assert_int_eq(lq_registry_create(&second), 0);
	ck_assert_int_eq(lq_registry_add(reg, &high_plugin, diag), 0);
	ck_assert_int_eq(lq_registry_add(second, &high_plugin, diag), 0);
	ck_assert_int_eq(inits, 1);
	lq_registry_destroy(second);
	ck_assert_int_eq(exits, 0);
	lq_registry_destroy(reg);
	reg = NULL;
	ck_assert_int_eq(exits, 1);
}
END_TEST

START_TEST(built_in_plugins_are_checked_too)
{
	static const lq_plugin empty = {.struct_size = sizeof empty, .abi_minor = LQ_ABI_MINOR, .name = "empty", .version = "1",
	                                .licence = "MIT", .summary = ""};
	ck_assert_int_eq(lq_registry_add(reg, &empty, diag), LQ_EINVAL);
	ck_assert_str_eq(last(), "built-in plugin: claims 0 nodes, 1 to 64 are allowed");
	ck_assert_uint_eq(lq_registry_plugin_count(reg), 0);
	ck_assert_int_eq(lq_registry_add(reg, &low_plugin, diag), 0);
	ck_assert_int_eq(lq_registry_add(reg, &low_plugin, diag), LQ_EEXIST);
	ck_assert_str_eq(last(), "built-in plugin: there is a plugin \"low\" already, from this program");
}
END_TEST

/* Every allocation fails in turn: nothing leaks, nothing is half taken in. */
START_TEST(failing_allocations_are_survived)
{
	for (long n = 1;; n++) {
		lq_registry *r = NULL;
		lq_node_info info;
		long live = lq__alloc_live();
		lq__alloc_fail_at(n);
		int err = lq_registry_create(&r);
		if (!err)
			err = lq_registry_add(r, &low_plugin, diag);
		if (!err)
			err = lq_registry_load(r, file("other"), diag);
		lq__alloc_fail_at(0);
		if (r && !err)
			ck_assert_int_eq(lq_registry_find(r, "filter.pass@other", NULL, NULL, &info), 0);
		ck_assert(err == 0 || err == LQ_ENOMEM);
		lq_registry_destroy(r);
		lq_diag_clear(diag);
		ck_assert_int_le(lq__alloc_live(), live + 1); /* the list in diag itself */
		if (!err) {
			ck_assert_int_gt(n, 5);
			break;
		}
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("registry");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_good_plugin_is_loaded_and_its_nodes_listed);
	tcase_add_loop_test(t, a_broken_plugin_is_kept_with_its_reason, 0, COUNT(broken));
	tcase_add_loop_test(t, a_truncated_file_is_refused_before_the_linker_sees_it, 0, 9);
	tcase_add_test(t, a_file_that_is_no_object_is_refused);
	tcase_add_test(t, a_program_is_no_plugin);
	tcase_add_test(t, a_folder_is_scanned_whole_with_good_and_bad);
	tcase_add_test(t, the_environment_names_folders);
	tcase_add_test(t, a_second_plugin_of_one_name_is_refused);
	tcase_add_test(t, the_highest_rank_wins_and_a_plugin_can_be_pinned);
	tcase_add_loop_test(t, what_is_not_there_is_told_with_the_nearest_name, 0, COUNT(misses));
	tcase_add_test(t, a_node_that_cannot_work_here_gives_way);
	tcase_add_test(t, init_and_exit_come_once_however_many_registries_there_are);
	tcase_add_test(t, built_in_plugins_are_checked_too);
	tcase_add_test(t, failing_allocations_are_survived);
	make_cache();
	int failed = run_case("registry", t);
	nftw(cache, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return failed;
}
