/* Engines: their logs, their handles, how many there are, and that nothing of them stays. */
#include <check.h>
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"

static char dir[200];
static lq_engine *engine;

static void setup(void)
{
	snprintf(dir, sizeof dir, "/tmp/loquat-engine-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	strcat(dir, "/\xe6\x97\xa5\xe5\xbf\x97"); /* "日志" */
	ck_assert_int_eq(mkdir(dir, 0700), 0);
}

static void teardown(void)
{
	char command[300];
	lq_engine_destroy(engine);
	engine = NULL;
	*strrchr(dir, '/') = 0;
	snprintf(command, sizeof command, "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static int create(lq_engine_config c, char *error)
{
	char profile[1000], plugins[1000];
	const char *src = getenv("top_srcdir"), *build = getenv("top_builddir");
	snprintf(profile, sizeof profile, "%s/tests/sdk/test.json", src ? src : "..");
	snprintf(plugins, sizeof plugins, "%s/tests/sdk/.libs", build ? build : ".");
	c.size = sizeof c;
	c.profile = profile;
	c.plugin_path = plugins;
	return lq_engine_create(&c, &engine, error, 500);
}

static char *read_log(const char *name)
{
	static char text[200000];
	char path[300];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
	text[n] = 0;
	if (f)
		fclose(f);
	return text;
}

static size_t log_bytes(void)
{
	size_t n = 0;
	DIR *d = opendir(dir);
	struct dirent *e;
	while (d && (e = readdir(d))) {
		char path[600];
		struct stat s;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		if (!stat(path, &s) && S_ISREG(s.st_mode))
			n += (size_t)s.st_size;
	}
	if (d)
		closedir(d);
	return n;
}

START_TEST(wrong_settings_are_told)
{
	char error[500];
	ck_assert_int_eq(create((lq_engine_config){.app_id = ""}, error), LQ_EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "app_id"));
	ck_assert_int_eq(create((lq_engine_config){.clock_rate = -1}, error), LQ_EINVAL);
	ck_assert_int_eq(create((lq_engine_config){.log_level = (lq_log_level)99}, error), LQ_EINVAL);
	ck_assert_int_eq(create((lq_engine_config){.log_dir = "/does/not/exist"}, error), LQ_EIO);
	ck_assert_msg(strstr(error, "log_dir /does/not/exist: No such file"), "%s", error);
	ck_assert_int_eq(create((lq_engine_config){.log_dir = "/proc/version"}, error), LQ_EIO);
	ck_assert_int_eq(create((lq_engine_config){.log_dir = "/proc"}, error), LQ_EIO); /* nobody can write there */
	ck_assert_ptr_null(engine);
	ck_assert_int_eq(create((lq_engine_config){.app_id = "mine"}, error), 0);
}
END_TEST

START_TEST(the_log_is_a_file_of_levels)
{
	char error[500];
	ck_assert_msg(!create((lq_engine_config){.log_dir = dir}, error), "%s", error);
	lq_log(LQ_LOG_INFO, "test", "an information");
	lq_log(LQ_LOG_DEBUG, "test", "a detail");
	ck_assert_ptr_nonnull(strstr(read_log("loquat.log"), "Z info test: an information\n"));
	ck_assert_ptr_null(strstr(read_log("loquat.log"), "a detail"));
	lq_engine_destroy(engine);
	lq_log(LQ_LOG_INFO, "test", "too late");
	ck_assert_int_eq(create((lq_engine_config){.log_dir = dir, .log_level = LQ_LOG_LEVEL_DEBUG}, error), 0);
	lq_log(LQ_LOG_DEBUG, "test", "a second detail");
	ck_assert_ptr_nonnull(strstr(read_log("loquat.log"), "an information"));
	ck_assert_ptr_nonnull(strstr(read_log("loquat.log"), "debug test: a second detail"));
	ck_assert_ptr_null(strstr(read_log("loquat.log"), "too late"));
	lq_engine_destroy(engine);
	ck_assert_int_eq(create((lq_engine_config){.log_dir = dir, .log_level = LQ_LOG_LEVEL_ERROR}, error), 0);
	lq_log(LQ_LOG_WARNING, "test", "a warning");
	lq_log(LQ_LOG_ERROR, "test", "an error");
	ck_assert_ptr_null(strstr(read_log("loquat.log"), "a warning"));
	ck_assert_ptr_nonnull(strstr(read_log("loquat.log"), "an error"));
	lq_engine_destroy(engine);
	ck_assert_int_eq(create((lq_engine_config){.log_dir = dir, .log_level = LQ_LOG_LEVEL_OFF}, error), 0);
	lq_log(LQ_LOG_FATAL, "test", "unheard");
	ck_assert_ptr_null(strstr(read_log("loquat.log"), "unheard"));
}
END_TEST

START_TEST(all_files_of_the_log_stay_within_its_size)
{
	char error[500], long_text[3000];
	static const uint32_t sizes[] = {1, 4, 64};
	memset(long_text, 'x', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = 0;
	for (int k = 0; k < 3; k++) {
		ck_assert_int_eq(create((lq_engine_config){.log_dir = dir, .log_max_kb = sizes[k]}, error), 0);
		for (int i = 0; i < 3000; i++) {
			lq_log(LQ_LOG_INFO, "test", i % 10 ? "line %d" : "line %d %s", i, long_text);
			ck_assert_uint_le(log_bytes(), sizes[k] * 1024u);
		}
		ck_assert_uint_ge(log_bytes(), sizes[k] * 1024u / 4);
		ck_assert_ptr_nonnull(strstr(read_log("loquat.log"), "line 2999\n"));
		lq_engine_destroy(engine);
		engine = NULL;
	}
	ck_assert_int_eq(create((lq_engine_config){.log_dir = dir, .log_max_kb = 1}, error), 0); /* what is there is too much now */
	ck_assert_uint_le(log_bytes(), 1024);
}
END_TEST

START_TEST(there_may_be_one_engine_only_where_it_is_wanted)
{
	char error[500];
	lq_engine *first;
	ck_assert_int_eq(create((lq_engine_config){.single = LQ_ON}, error), 0);
	first = engine;
	ck_assert_int_eq(create((lq_engine_config){.single = LQ_ON}, error), LQ_ESTATE);
	ck_assert_str_eq(error, "this process has an engine already");
	ck_assert_int_eq(create((lq_engine_config){0}, error), 0);
	lq_engine_destroy(first);
	ck_assert_int_eq(create((lq_engine_config){.single = LQ_ON}, error), LQ_ESTATE);
	lq_engine_destroy(engine);
	ck_assert_int_eq(create((lq_engine_config){.single = LQ_ON}, error), 0);
}
END_TEST

START_TEST(what_is_gone_is_an_error)
{
	char error[500];
	const lq_sdk_event *ev;
	lq_room *room;
	lq_session *session;
	ck_assert_int_eq(create((lq_engine_config){0}, error), 0);
	ck_assert_int_eq(lq_room_open(engine, "r", NULL, &room), 0);
	ck_assert_int_eq(lq_session_open(engine, &session), 0);
	lq_room_close(room);
	lq_room_close(room);
	lq_session_close(session);
	lq_session_close(session);
	ck_assert_int_eq(lq_room_join(room, NULL), LQ_ESTATE);
	ck_assert_int_eq(lq_room_leave(room), LQ_ESTATE);
	ck_assert_int_eq(lq_publish(room, LQ_STREAM_MAIN, LQ_VIDEO), LQ_ESTATE);
	ck_assert_int_eq(lq_unpublish(room, LQ_STREAM_MAIN, LQ_VIDEO), LQ_ESTATE);
	ck_assert_int_eq(lq_mute(room, LQ_STREAM_MAIN, LQ_VIDEO, 1), LQ_ESTATE);
	ck_assert_int_eq(lq_subscribe(room, "x", LQ_STREAM_MAIN, LQ_VIDEO), LQ_ESTATE);
	ck_assert_int_eq(lq_unsubscribe(room, "x", LQ_STREAM_MAIN, LQ_VIDEO), LQ_ESTATE);
	ck_assert_int_eq(lq_room_members(room, NULL, 0), LQ_ESTATE);
	ck_assert_int_eq(lq_room_send(room, NULL, "x"), LQ_ESTATE);
	ck_assert_int_eq(lq_room_attribute_set(room, 1, "x", "y"), LQ_ESTATE);
	ck_assert_int_eq(lq_view_frames(room, NULL, LQ_STREAM_MAIN, LQ_VIDEO, NULL, NULL), LQ_ESTATE);
	ck_assert_int_eq(lq_room_stats(room, NULL, NULL), LQ_ESTATE);
	ck_assert_ptr_null(lq_room_graph(room));
	ck_assert_int_eq(lq_session_login(session, NULL), LQ_ESTATE);
	ck_assert_int_eq(lq_session_logout(session), LQ_ESTATE);
	ck_assert_int_eq(lq_session_send(session, "x", "y"), LQ_ESTATE);
	lq_engine *gone = engine;
	ck_assert_int_eq(lq_room_open(engine, "r", NULL, &room), 0);
	ck_assert_int_eq(lq_engine_destroy(engine), 0);
	engine = NULL;
	ck_assert_int_eq(lq_room_leave(room), LQ_ESTATE); /* went with its engine */
	ck_assert_int_eq(lq_engine_destroy(gone), LQ_ESTATE);
	ck_assert_int_eq(lq_engine_poll(gone, 0, &ev), LQ_ESTATE);
	ck_assert_int_eq(lq_room_open(gone, "r", NULL, &room), LQ_ESTATE);
	ck_assert_int_eq(lq_session_open(gone, &session), LQ_ESTATE);
	ck_assert_int_eq(lq_engine_feature(gone, "rooms"), LQ_ESTATE);
}
END_TEST

START_TEST(features_are_asked_by_name)
{
	char error[500];
	ck_assert_int_eq(create((lq_engine_config){0}, error), 0);
	ck_assert_int_eq(lq_engine_feature(engine, "calls"), 0);
	ck_assert_int_eq(lq_engine_feature(engine, "devices"), 0);
	ck_assert_int_eq(lq_engine_feature(engine, "screen"), LQ_ENOTSUP); /* none of the test's plugins has it */
	ck_assert_int_eq(lq_engine_feature(engine, "telepathy"), LQ_ENOTSUP);
	ck_assert_int_eq(lq_engine_feature(engine, ""), LQ_ENOTSUP);
	ck_assert_int_eq(lq_engine_feature(engine, NULL), LQ_EINVAL);
	ck_assert_int_eq(lq_engine_feature(NULL, "calls"), LQ_EINVAL);
}
END_TEST

/* ---- a hundred times ---- */

static int count_in(const char *path)
{
	int n = 0;
	DIR *d = opendir(path);
	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static void use(void *lib)
{
	int (*engine_create)(const lq_engine_config *, lq_engine **, char *, size_t) = (int (*)(const lq_engine_config *, lq_engine **, char *, size_t))dlsym(lib, "lq_engine_create");
	int (*engine_destroy)(lq_engine *) = (int (*)(lq_engine *))dlsym(lib, "lq_engine_destroy");
	int (*room_open)(lq_engine *, const char *, const lq_room_options *, lq_room **) = (int (*)(lq_engine *, const char *, const lq_room_options *, lq_room **))dlsym(lib, "lq_room_open");
	char profile[1000], plugins[1000], error[500];
	const char *src = getenv("top_srcdir"), *build = getenv("top_builddir");
	lq_engine *e = NULL;
	lq_room *room;
	snprintf(profile, sizeof profile, "%s/tests/sdk/call.json", src ? src : "..");
	snprintf(plugins, sizeof plugins, "%s/plugins/.libs", build ? build : ".");
	lq_engine_config c = {.size = sizeof c, .profile = profile, .plugin_path = plugins, .log_dir = dir};
	ck_assert_ptr_nonnull(engine_create);
	ck_assert_msg(!engine_create(&c, &e, error, sizeof error), "%s", error);
	ck_assert_int_eq(room_open(e, "r", NULL, &room), 0);
	ck_assert_int_eq(engine_destroy(e), 0);
}

START_TEST(the_library_can_be_loaded_and_unloaded_a_hundred_times)
{
	char path[1000];
	const char *build = getenv("top_builddir");
	int files = 0, threads = 0;
	snprintf(path, sizeof path, "%s/.libs/libloquat.so.0", build ? build : ".");
	for (int i = 0; i < 100; i++) {
		void *lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		ck_assert_msg(lib != NULL, "%s", dlerror());
		use(lib);
		ck_assert_int_eq(dlclose(lib), 0);
		if (i == 4) { /* by then libraries have what they open once and keep */
			files = count_in("/proc/self/fd");
			threads = count_in("/proc/self/task");
		}
	}
	ck_assert_int_eq(count_in("/proc/self/fd"), files);
	ck_assert_int_eq(count_in("/proc/self/task"), threads);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine");
	TCase *t = tcase_create("engine");
	tcase_set_timeout(t, 240);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, wrong_settings_are_told);
	tcase_add_test(t, the_log_is_a_file_of_levels);
	tcase_add_test(t, all_files_of_the_log_stay_within_its_size);
	tcase_add_test(t, there_may_be_one_engine_only_where_it_is_wanted);
	tcase_add_test(t, what_is_gone_is_an_error);
	tcase_add_test(t, features_are_asked_by_name);
	tcase_add_test(t, the_library_can_be_loaded_and_unloaded_a_hundred_times);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
