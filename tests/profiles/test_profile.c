/* What the reader says of profiles, good and bad. Each row is a profile and a message that it must get, word for word. */
#include "tests/graph/kit.h"

#include <unistd.h>

static kit k;
static char dir[64];

static void begin(void)
{
	kit_init(&k, 0, 0);
	snprintf(dir, sizeof dir, "/tmp/loquat-profile-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	setenv("LQ_PROFILE_PATH", dir, 1);
}

static void end(void)
{
	char command[100];
	kit_finish(&k);
	snprintf(command, sizeof command, "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static void write_file(const char *name, const char *text)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

#define NODE(rest) "{\"loquat_profile\":1,\"loops\":{\"video\":{}},\"graphs\":{\"g\":{\"nodes\":{\"cam\":{" rest "}}}}}"
#define GRAPH(rest) "{\"loquat_profile\":1,\"graphs\":{\"g\":{\"nodes\":{\"cam\":{\"use\":\"kit.source\"},\"win\":{\"use\":\"kit.sink\"}}," rest "}}}"

static const struct bad {
	const char *text, *message;
	int code;
} unread[] = {
	{"{\n  \"loquat_profile\": 1,\n  \"graphs\": }", "p.json:3:13: unexpected token near '}'", LQ_EPARSE},
	{"{\"a\": 1, \"a\": 2}", "p.json:1:12: duplicate object key near '\"a\"'", LQ_EPARSE},
	{"[]", "p.json: a profile is a JSON object", LQ_EPARSE},
	{"{}", "p.json: \"loquat_profile\": 1 is missing: is this a profile?", LQ_EINVAL},
	{"{\"loquat_profile\": 2}", "p.json: loquat_profile: this Loquat reads version 1 only", LQ_ENOTSUP},
	{"{\"loquat_profile\": 1}", "p.json: graphs: a profile needs at least one graph", LQ_EINVAL},
	{"{\"loquat_profile\": 1, \"grahps\": {}}", "p.json: grahps: unknown key; did you mean \"graphs\"?", LQ_ENOENT},
	{"{\"loquat_profile\": 1, \"zzz\": {}}",
	 "p.json: zzz: unknown key; known here: loquat_profile, name, summary, extends, loops, graphs", LQ_ENOENT},
	{"{\"loquat_profile\": 1, \"name\": 5}", "p.json: name: must be a string, not a whole number", LQ_EINVAL},
	{"{\"loquat_profile\": 1, \"name\": \"\"}", "p.json: name: must not be empty", LQ_EINVAL},
	{"{\"loquat_profile\": 1, \"loops\": []}", "p.json: loops: must be an object, not an array", LQ_EINVAL},
	{"{\"loquat_profile\": 1, \"loops\": {\"a b\": {}}}", "p.json: loops.a b: a name has 1 to 63 letters, digits, - or _", LQ_EINVAL},
	{"{\"loquat_profile\": 1, \"loops\": {\"a\": {\"priority\": \"high\"}}}",
	 "p.json: loops.a.priority: must be one of: normal, realtime", LQ_EINVAL},
	{NODE("\"loop\":\"video\""), "p.json: graphs.g.nodes.cam: \"use\" is missing: which plugin node is it?", LQ_EINVAL},
	{NODE("\"use\":5"), "p.json: graphs.g.nodes.cam.use: must be an id like \"codec.opus.enc\" or an array of ids, not a whole number", LQ_EINVAL},
	{NODE("\"use\":[]"), "p.json: graphs.g.nodes.cam.use: must name 1 to 16 ids", LQ_ERANGE},
	{NODE("\"use\":[\"a\",null]"), "p.json: graphs.g.nodes.cam.use[1]: must be a string, not null", LQ_EINVAL},
	{NODE("\"use\":\"x\",\"parms\":{}"), "p.json: graphs.g.nodes.cam.parms: unknown key; did you mean \"params\"?", LQ_ENOENT},
	{NODE("\"use\":\"x\",\"params\":{\"a\":[1]}"),
	 "p.json: graphs.g.nodes.cam.params.a: must be a string, a number, true or false, not an array", LQ_EINVAL},
	{NODE("\"use\":\"x\",\"loop\":\"vidoe\""), "p.json: graphs.g.nodes.cam.loop: unknown loop \"vidoe\"; did you mean \"video\"?", LQ_ENOENT},
	{GRAPH("\"chains\":{}"), "p.json: graphs.g.chains: must be an array of chains, not an object", LQ_EINVAL},
	{GRAPH("\"chains\":[[\"cam\"]]"), "p.json: graphs.g.chains[0]: a chain links at least two nodes", LQ_EINVAL},
	{GRAPH("\"chains\":[[\"cam\",5]]"), "p.json: graphs.g.chains[0][1]: must be a string, not a whole number", LQ_EINVAL},
	{GRAPH("\"chains\":[[\"cam\",\"win.\"]]"), "p.json: graphs.g.chains[0][1]: must be \"node\" or \"node.port\"", LQ_EINVAL},
	{GRAPH("\"chains\":[[\"cam\",\"wim\"]]"), "p.json: graphs.g.chains[0][1]: unknown node \"wim\"; did you mean \"win\"?", LQ_ENOENT},
	{GRAPH("\"chains\":[[\"cam\",\"somethingelse\"]]"), "p.json: graphs.g.chains[0][1]: unknown node \"somethingelse\"", LQ_ENOENT},
	{GRAPH("\"queues\":{\"cam\":{}}"), "p.json: graphs.g.queues.cam: a queue is named \"node->node\"", LQ_EINVAL},
	{GRAPH("\"queues\":{\"cam->win\":{}}"), "p.json: graphs.g.queues.cam->win: no chain of this graph links cam to win", LQ_ENOENT},
	{GRAPH("\"chains\":[[\"cam\",\"win\"]],\"queues\":{\"cam->win\":{\"buffers\":0}}"),
	 "p.json: graphs.g.queues.cam->win.buffers: 0 is not between 1 and 4096", LQ_ERANGE},
	{GRAPH("\"chains\":[[\"cam\",\"win\"]],\"queues\":{\"cam->win\":{\"policy\":\"newest\"}}"),
	 "p.json: graphs.g.queues.cam->win.policy: must be one of: block, drop-oldest, latest, drop-to-keyframe", LQ_EINVAL},
	{"{\"loquat_profile\": 1, \"extends\": \"nothing-there\"}", "p.json: extends: there is no profile \"nothing-there\" in ", LQ_ENOENT},
};

START_TEST(what_cannot_be_read_gets_its_message)
{
	const struct bad *b = &unread[_i];
	lq_profile *p = NULL;
	ck_assert_int_eq(lq_profile_parse(b->text, strlen(b->text), "p.json", k.diag, &p), b->code);
	ck_assert_ptr_null(p);
	kit_check_message(&k, b->message);
	ck_assert_uint_eq(lq_diag_count(k.diag), 1);
}
END_TEST

#define PAIR(cam, win, chain) "{\"loquat_profile\":1,\"graphs\":{\"g\":{\"nodes\":{\"cam\":{" cam "},\"win\":{" win "}},\"chains\":[[" chain "]]}}}"

static const struct bad unfit[] = {
	{PAIR("\"use\":\"kit.sourse\"", "\"use\":\"kit.sink\"", "\"cam\",\"win\""), "p.json: graphs.g.nodes.cam.use: ", LQ_ENOENT},
	{PAIR("\"use\":\"kit.sourse\"", "\"use\":\"kit.sink\"", "\"cam\",\"win\""), "kit.source", LQ_ENOENT},
	{PAIR("\"use\":[\"no.such\",\"nor.such\"]", "\"use\":\"kit.sink\"", "\"cam\",\"win\""), "p.json: graphs.g.nodes.cam.use[1]: ", LQ_ENOENT},
	{PAIR("\"use\":\"kit.source\",\"params\":{\"period\":90000000}", "\"use\":\"kit.sink\"", "\"cam\",\"win\""),
	 "p.json: graphs.g.nodes.cam.params.period: 90000000 exceeds maximum 10000 ms (kit.source)", LQ_ERANGE},
	{PAIR("\"use\":\"kit.source\",\"params\":{\"peroid\":9}", "\"use\":\"kit.sink\"", "\"cam\",\"win\""), "did you mean \"period\"", LQ_ENOENT},
	{PAIR("\"use\":\"kit.source\"", "\"use\":\"kit.sink\"", "\"cam.left\",\"win\""),
	 "p.json: graphs.g.chains[0][1]: kit.source has no output \"left\"; it has: out (any)", LQ_ENOENT},
	{PAIR("\"use\":\"kit.source\"", "\"use\":\"kit.pass\"", "\"win\",\"cam\""), "p.json: graphs.g.chains[0][1]: kit.source has no input", LQ_ENOENT},
	{PAIR("\"use\":\"kit.source\"", "\"use\":\"kit.sink\"", "\"cam\",\"win\"],[\"cam\",\"win\""),
	 "p.json: graphs.g.chains[1][1]: input \"in\" of win is linked twice", LQ_EBUSY},
	{PAIR("\"use\":\"kit.sink\"", "\"use\":\"kit.loop\"", "\"win\",\"cam\""),
	 "p.json: graphs.g.nodes.win: no chain feeds input \"in\" of kit.loop", LQ_EPIPE},
	{PAIR("\"use\":\"kit.source\"", "\"use\":\"kit.transport\"", "\"cam\",\"win\""),
	 "p.json: graphs.g.chains[0][1]: say which ports: kit.source has out (any); kit.transport has audio (audio), video (video)", LQ_EINVAL},
};

START_TEST(what_the_registry_does_not_offer_gets_its_message)
{
	const struct bad *b = &unfit[_i];
	lq_profile *p;
	ck_assert_msg(!lq_profile_parse(b->text, strlen(b->text), "p.json", k.diag, &p), "%s", lq_diag_text(k.diag, 0));
	ck_assert_int_eq(lq_profile_check(p, k.registry, k.diag), b->code);
	kit_check_message(&k, b->message);
	lq_profile_destroy(p);
}
END_TEST

START_TEST(all_errors_come_at_once)
{
	static const char text[] =
		"{\"loquat_profile\":1,\"nmae\":\"x\",\"loops\":{\"a\":5},\"graphs\":{\"g\":{\"nodes\":{\"n\":{\"use\":7}},\"chains\":[[1]]}}}";
	lq_profile *p;
	ck_assert_int_lt(lq_profile_parse(text, sizeof text - 1, "p.json", k.diag, &p), 0);
	ck_assert_uint_eq(lq_diag_count(k.diag), 5);
}
END_TEST

static const char base[] =
	"{\"loquat_profile\":1,\"name\":\"base\",\"loops\":{\"video\":{}},\"graphs\":{\"g\":{\"nodes\":{"
	"\"cam\":{\"use\":\"kit.source\",\"loop\":\"video\",\"params\":{\"period\":20,\"count\":7}},"
	"\"win\":{\"use\":\"kit.sink\"},\"odd\":{\"use\":\"kit.pass\"}},"
	"\"chains\":[[\"cam\",\"odd\",\"win\"]],\"queues\":{\"cam->odd\":{\"buffers\":3}}}}}";

static lq_profile *load(const char *name)
{
	lq_profile *p;
	int r = lq_profile_load(name, k.diag, &p);
	ck_assert_msg(!r, "%s", lq_diag_text(k.diag, 0));
	return p;
}

START_TEST(profile_extends_another)
{
	write_file("base.json", base);
	write_file("top.json", "{\"loquat_profile\":1,\"name\":\"top\",\"extends\":\"base\",\"graphs\":{\"g\":{\"nodes\":{\"odd\":null,"
	                       "\"cam\":{\"params\":{\"period\":30}}},\"chains\":[[\"cam\",\"win\"]],\"queues\":{\"cam->odd\":null}}}}");
	lq_profile *p = load("top");
	char *json = lq_profile_json(p);
	ck_assert_str_eq(lq_profile_name(p), "top");
	ck_assert_ptr_nonnull(strstr(json, "\"period\": 30"));
	ck_assert_ptr_nonnull(strstr(json, "\"count\": 7"));
	ck_assert_ptr_null(strstr(json, "odd"));
	ck_assert_ptr_null(strstr(json, "extends"));
	ck_assert_int_eq(lq_profile_check(p, k.registry, k.diag), 0);
	free(json);
	lq_profile_destroy(p);
}
END_TEST

START_TEST(node_that_uses_something_else_starts_with_empty_params)
{
	write_file("base.json", base);
	write_file("top.json", "{\"loquat_profile\":1,\"extends\":\"./base.json\","
	                       "\"graphs\":{\"g\":{\"nodes\":{\"cam\":{\"use\":\"kit.push\",\"params\":{\"size\":\"32x32\"}}}}}}");
	lq_profile *p = load("top");
	char *json = lq_profile_json(p);
	ck_assert_ptr_null(strstr(json, "period"));
	ck_assert_ptr_nonnull(strstr(json, "32x32"));
	ck_assert_ptr_nonnull(strstr(json, "\"loop\": \"video\""));
	free(json);
	lq_profile_destroy(p);
}
END_TEST

START_TEST(messages_name_the_file_that_a_place_comes_from)
{
	char text[200];
	write_file("base.json", base);
	write_file("top.json", "{\"loquat_profile\":1,\"extends\":\"base\",\"graphs\":{\"g\":{\"nodes\":{\"cam\":{\"params\":{\"size\":\"0x0\"}}}}}}");
	lq_profile *p = load("top");
	ck_assert_int_eq(lq_profile_patch(p, "{\"graphs\":{\"g\":{\"nodes\":{\"cam\":{\"params\":{\"count\":-1}}}}}}", "options", k.diag), 0);
	ck_assert_int_eq(lq_profile_patch(p, "{\"graphs\":{\"g\":{\"nodes\":{\"win\":{\"params\":{\"periods\":5}}}}}}", "more", k.diag), 0);
	ck_assert_int_lt(lq_profile_check(p, k.registry, k.diag), 0);
	snprintf(text, sizeof text, "%s/top.json: graphs.g.nodes.cam.params.size: ", dir);
	kit_check_message(&k, text);
	kit_check_message(&k, "options: graphs.g.nodes.cam.params.count: ");
	kit_check_message(&k, "more: graphs.g.nodes.win.params.periods: ");
	lq_profile_destroy(p);
}
END_TEST

START_TEST(patch_that_spoils_a_profile_leaves_it)
{
	write_file("base.json", base);
	lq_profile *p = load("base");
	char *before = lq_profile_json(p);
	ck_assert_int_eq(lq_profile_patch(p, "{\"graphs\":{\"g\":{\"nodes\":{\"win\":null}}}}", "options", k.diag), LQ_ENOENT);
	kit_check_message(&k, "graphs.g.chains[0][2]: unknown node \"win\"");
	ck_assert_int_eq(lq_profile_patch(p, "{\"loops\":7}", "options", k.diag), LQ_EINVAL);
	kit_check_message(&k, "options: loops: must be an object, not a whole number");
	ck_assert_int_eq(lq_profile_patch(p, "{", "options", k.diag), LQ_EPARSE);
	kit_check_message(&k, "options:1:1: ");
	ck_assert_int_eq(lq_profile_patch(p, "{\"extends\":\"base\"}", "options", k.diag), LQ_EINVAL);
	char *after = lq_profile_json(p);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
	lq_profile_destroy(p);
}
END_TEST

START_TEST(profiles_that_extend_each_other_are_refused)
{
	lq_profile *p;
	write_file("a.json", "{\"loquat_profile\":1,\"extends\":\"b\"}");
	write_file("b.json", "{\"loquat_profile\":1,\"extends\":\"a\"}");
	write_file("self.json", "{\"loquat_profile\":1,\"extends\":\"self\"}");
	ck_assert_int_eq(lq_profile_load("a", k.diag, &p), LQ_EINVAL);
	kit_check_message(&k, "/a.json extends itself by way of others");
	ck_assert_int_eq(lq_profile_load("self", k.diag, &p), LQ_EINVAL);
	kit_check_message(&k, "/self.json extends itself");
}
END_TEST

START_TEST(missing_files_are_named)
{
	lq_profile *p;
	char path[100];
	ck_assert_int_eq(lq_profile_load("comunication", k.diag, &p), LQ_ENOENT);
	kit_check_message(&k, "there is no profile \"comunication\" in /tmp/");
	snprintf(path, sizeof path, "%s/none.json", dir);
	ck_assert_int_eq(lq_profile_load(path, k.diag, &p), LQ_ENOENT);
	kit_check_message(&k, "none.json: No such file or directory");
}
END_TEST

/* The profiles that come with Loquat; what their nodes offer is tested with the plugins. */
START_TEST(shipped_profiles_are_sound)
{
	static const char *const names[] = {"communication", "live-broadcast", "preview", "test-broadcast", "test-codec", "test-pattern"};
	const char *top = getenv("top_srcdir");
	char path[300];
	lq_profile *p;
	snprintf(path, sizeof path, "%s/profiles/%s.json", top ? top : "..", names[_i]);
	ck_assert_msg(!lq_profile_load(path, k.diag, &p), "%s", lq_diag_text(k.diag, 0));
	ck_assert_str_eq(lq_profile_name(p), names[_i]);
	lq_profile_destroy(p);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("profile");
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_loop_test(t, what_cannot_be_read_gets_its_message, 0, COUNT(unread));
	tcase_add_loop_test(t, what_the_registry_does_not_offer_gets_its_message, 0, COUNT(unfit));
	tcase_add_test(t, all_errors_come_at_once);
	tcase_add_test(t, profile_extends_another);
	tcase_add_test(t, node_that_uses_something_else_starts_with_empty_params);
	tcase_add_test(t, messages_name_the_file_that_a_place_comes_from);
	tcase_add_test(t, patch_that_spoils_a_profile_leaves_it);
	tcase_add_test(t, profiles_that_extend_each_other_are_refused);
	tcase_add_test(t, missing_files_are_named);
	tcase_add_loop_test(t, shipped_profiles_are_sound, 0, 6);
	return run_case("profile", t);
}
