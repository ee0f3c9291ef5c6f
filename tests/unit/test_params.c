#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "plugin/check.h"
#include "plugin/param.h"
#include "tests/unit/suite.h"
#include "tests/broken-plugins/nodes.h"

static const char *const tunes[] = {"zerolatency", "film", "animation", NULL};

static const lq_param_desc table[] = {
	{"bitrate", LQ_PARAM_INT, LQ_PARAM_RUNTIME, "bit/s", "1500000", 10000, 20000000, NULL, "How much to send."},
	{"gain", LQ_PARAM_FLOAT, 0, NULL, "1.0", 0, 4, NULL, "Louder."},
	{"fec", LQ_PARAM_BOOL, 0, NULL, "true", 0, 0, NULL, "Repair."},
	{"tune", LQ_PARAM_CHOICE, 0, NULL, "zerolatency", 0, 0, tunes, "What for."},
	{"size", LQ_PARAM_SIZE, 0, NULL, "1280x720", 16, 4096, NULL, "The picture."},
	{"fps", LQ_PARAM_FRACTION, 0, NULL, "30/1", 1, 240, NULL, "Pictures a second."},
	{"title", LQ_PARAM_STRING, LQ_PARAM_RUNTIME, NULL, "", 0, 0, NULL, "A name."},
	{"file", LQ_PARAM_STRING, LQ_PARAM_FILE, NULL, "", 0, 0, NULL, "What to read."},
	{"offset", LQ_PARAM_INT, 0, NULL, "0", 0, 0, NULL, "Without bounds."},
	{"crop", LQ_PARAM_SIZE, 0, NULL, "0x0", 0, 0, NULL, "As it comes."},
};
static const lq_param_desc strict_table[] = {
	{"url", LQ_PARAM_STRING, LQ_PARAM_REQUIRED, NULL, NULL, 0, 0, NULL, "Where to send."},
	{"pin", LQ_PARAM_INT, LQ_PARAM_SECRET, NULL, "0", 0, 9999, NULL, "A secret."},
};
enum { BITRATE, GAIN, FEC, TUNE, SIZE, FPS, TITLE, FILE_, OFFSET, CROP };

static const lq_node_desc encoder = {.id = "codec.h264.enc", .params = table, .n_params = COUNT(table)};
static const lq_node_desc strict = {.id = "transport.test", .params = strict_table, .n_params = COUNT(strict_table)};
static const lq_node_desc bare = {.id = "filter.bare"};

static lq_diag *diag;
static lq__params *params;

static void set_up(void)
{
	params = NULL;
	ck_assert_ptr_nonnull(diag = lq_diag_create());
}

static void tear_down(void)
{
	lq__params_destroy(params);
	lq_diag_destroy(diag);
	ck_assert_int_eq(lq__alloc_live(), 0);
}

static int resolve(const lq_node_desc *desc, const char *name, const char *value)
{
	lq_param_text t = {name, value};
	return lq__params_resolve(desc, &t, 1, "/profiles", "p.params", diag, &params);
}

START_TEST(what_is_not_said_has_its_default)
{
	ck_assert_int_eq(lq__params_resolve(&encoder, NULL, 0, NULL, "p", diag, &params), 0);
	const lq_value *v = params->values;
	ck_assert_uint_eq(params->n, COUNT(table));
	ck_assert_int_eq(v[BITRATE].i, 1500000);
	ck_assert_double_eq(v[GAIN].f, 1);
	ck_assert_int_eq(v[FEC].i, 1);
	ck_assert_str_eq(v[TUNE].s, "zerolatency");
	ck_assert(v[SIZE].num == 1280 && v[SIZE].den == 720);
	ck_assert(v[FPS].num == 30 && v[FPS].den == 1);
	ck_assert_str_eq(v[TITLE].s, "");
	ck_assert(v[CROP].num == 0 && v[CROP].den == 0);
	ck_assert_str_eq(v[FILE_].s, "");
	for (uint32_t i = 0; i < params->n; i++) {
		ck_assert_uint_eq(v[i].is_set, 0);
		ck_assert_uint_eq(v[i].type, table[i].type);
		ck_assert_ptr_nonnull(v[i].s);
	}
}
END_TEST

START_TEST(every_type_is_parsed)
{
	static const lq_param_text t[] = {{"bitrate", "20000000"}, {"gain", "2.5e-1"}, {"fec", "off"}, {"tune", "film"}, {"size", "16x4096"},
	                                  {"fps", "30000/1001"}, {"title", "h\xc3\xa9llo \xf0\x9f\x8e\xa5"}, {"file", "clips/a.mkv"},
	                                  {"offset", "-9223372036854775808"}, {"crop", "7x9"}};
	ck_assert_int_eq(lq__params_resolve(&encoder, t, COUNT(t), "/profiles", "p", diag, &params), 0);
	const lq_value *v = params->values;
	ck_assert_int_eq(v[BITRATE].i, 20000000);
	ck_assert_double_eq(v[GAIN].f, 0.25);
	ck_assert_int_eq(v[FEC].i, 0);
	ck_assert_int_eq(v[TUNE].i, 1);
	ck_assert_str_eq(v[TUNE].s, "film");
	ck_assert(v[SIZE].num == 16 && v[SIZE].den == 4096);
	ck_assert(v[FPS].num == 30000 && v[FPS].den == 1001);
	ck_assert_str_eq(v[TITLE].s, t[6].value);
	ck_assert_ptr_ne(v[TITLE].s, t[6].value);
	ck_assert_str_eq(v[FILE_].s, "/profiles/clips/a.mkv");
	ck_assert_int_eq(v[OFFSET].i, INT64_MIN);
	for (uint32_t i = 0; i < params->n; i++)
		ck_assert_uint_eq(v[i].is_set, 1);
}
END_TEST

static const struct { const char *base, *given, *path; } files[] = {
	{"/a", "b.mkv", "/a/b.mkv"}, {"/a/", "b.mkv", "/a/b.mkv"}, {"/a", "/b.mkv", "/b.mkv"}, {"/a", "rtmp://host/x", "rtmp://host/x"},
	{NULL, "b.mkv", "b.mkv"}, {"", "b.mkv", "b.mkv"}, {"/a", "", ""},
};

START_TEST(files_are_relative_to_the_profile)
{
	lq_param_text t = {"file", files[_i].given};
	ck_assert_int_eq(lq__params_resolve(&encoder, &t, 1, files[_i].base, "p", diag, &params), 0);
	ck_assert_str_eq(params->values[FILE_].s, files[_i].path);
}
END_TEST

static const struct { const lq_node_desc *desc; const char *name, *value; int code; const char *text; } faults[] = {
	{&encoder, "bitrate", "90000000", LQ_ERANGE, "p.params.bitrate: 90000000 exceeds maximum 20000000 bit/s (codec.h264.enc)"},
	{&encoder, "bitrate", "5", LQ_ERANGE, "p.params.bitrate: 5 is below minimum 10000 bit/s (codec.h264.enc)"},
	{&encoder, "bitrate", "fast", LQ_EINVAL, "p.params.bitrate: \"fast\" is not a whole number (codec.h264.enc)"},
	{&encoder, "bitrate", "1.5", LQ_EINVAL, "p.params.bitrate: \"1.5\" is not a whole number (codec.h264.enc)"},
	{&encoder, "bitrate", "", LQ_EINVAL, "p.params.bitrate: \"\" is not a whole number (codec.h264.enc)"},
	{&encoder, "bitrate", " 20000", LQ_EINVAL, "p.params.bitrate: \" 20000\" is not a whole number (codec.h264.enc)"},
	{&encoder, "offset", "9223372036854775808", LQ_ERANGE, "p.params.offset: 9223372036854775808 has too many digits (codec.h264.enc)"},
	{&encoder, "gain", "4.01", LQ_ERANGE, "p.params.gain: 4.01 exceeds maximum 4 (codec.h264.enc)"},
	{&encoder, "gain", "-0.5", LQ_ERANGE, "p.params.gain: -0.5 is below minimum 0 (codec.h264.enc)"},
	{&encoder, "gain", "nan", LQ_EINVAL, "p.params.gain: \"nan\" is not a number (codec.h264.enc)"},
	{&encoder, "gain", "0x10", LQ_EINVAL, "p.params.gain: \"0x10\" is not a number (codec.h264.enc)"},
	{&encoder, "gain", "1,5", LQ_EINVAL, "p.params.gain: \"1,5\" is not a number (codec.h264.enc)"},
	{&encoder, "gain", "e", LQ_EINVAL, "p.params.gain: \"e\" is not a number (codec.h264.enc)"},
	{&encoder, "gain", "1e999", LQ_ERANGE, "p.params.gain: 1e999 is too large (codec.h264.enc)"},
	{&encoder, "fec", "maybe", LQ_EINVAL, "p.params.fec: \"maybe\" is not true or false (codec.h264.enc)"},
	{&encoder, "tune", "flim", LQ_EINVAL, "p.params.tune: \"flim\" is none of zerolatency, film, animation; did you mean \"film\"? (codec.h264.enc)"},
	{&encoder, "tune", "x", LQ_EINVAL, "p.params.tune: \"x\" is none of zerolatency, film, animation (codec.h264.enc)"},
	{&encoder, "size", "1280*720", LQ_EINVAL, "p.params.size: \"1280*720\" is not a size such as 1280x720 (codec.h264.enc)"},
	{&encoder, "size", "0x720", LQ_EINVAL, "p.params.size: \"0x720\" is not a size such as 1280x720 (codec.h264.enc)"},
	{&encoder, "size", "1280x", LQ_EINVAL, "p.params.size: \"1280x\" is not a size such as 1280x720 (codec.h264.enc)"},
	{&encoder, "size", "99999999999x1", LQ_EINVAL, "p.params.size: \"99999999999x1\" is not a size such as 1280x720 (codec.h264.enc)"},
	{&encoder, "size", "8192x720", LQ_ERANGE, "p.params.size: 8192x720 exceeds maximum 4096 (codec.h264.enc)"},
	{&encoder, "size", "640x8", LQ_ERANGE, "p.params.size: 640x8 is below minimum 16 (codec.h264.enc)"},
	{&encoder, "size", "0x0", LQ_ERANGE, "p.params.size: 0x0 is below minimum 16 (codec.h264.enc)"},
	{&encoder, "fps", "30/0", LQ_EINVAL, "p.params.fps: \"30/0\" is not a fraction such as 30/1 (codec.h264.enc)"},
	{&encoder, "fps", "29.97", LQ_EINVAL, "p.params.fps: \"29.97\" is not a fraction such as 30/1 (codec.h264.enc)"},
	{&encoder, "fps", "241", LQ_ERANGE, "p.params.fps: 241 exceeds maximum 240 (codec.h264.enc)"},
	{&encoder, "fps", "1/2", LQ_ERANGE, "p.params.fps: 1/2 is below minimum 1 (codec.h264.enc)"},
	{&encoder, "title", "ab\xc3(", LQ_EINVAL, "p.params.title: is not valid UTF-8 (byte 2) (codec.h264.enc)"},
	{&encoder, "title", "\xed\xa0\x80", LQ_EINVAL, "p.params.title: is not valid UTF-8 (byte 0) (codec.h264.enc)"},
	{&encoder, "title", "\xf0\x9f\x8e", LQ_EINVAL, "p.params.title: is not valid UTF-8 (byte 0) (codec.h264.enc)"},
	{&encoder, "bitrat", "1", LQ_ENOENT, "p.params.bitrat: unknown parameter; did you mean \"bitrate\"? (codec.h264.enc)"},
	{&encoder, "preset", "1", LQ_ENOENT,
	 "p.params.preset: unknown parameter; there are bitrate, gain, fec, tune, size, fps, title, file, offset, crop (codec.h264.enc)"},
	{&bare, "speed", "1", LQ_ENOENT, "p.params.speed: unknown parameter; this node has none (filter.bare)"},
	{&strict, "pin", "123", LQ_EINVAL, "p.params.url: is required: Where to send. (transport.test)"},
};

START_TEST(each_fault_is_told_with_place_and_reason)
{
	ck_assert_int_eq(resolve(faults[_i].desc, faults[_i].name, faults[_i].value), faults[_i].code);
	ck_assert_uint_eq(lq_diag_count(diag), 1);
	ck_assert_str_eq(lq_diag_text(diag, 0), faults[_i].text);
	ck_assert_ptr_null(params);
}
END_TEST

START_TEST(secrets_are_not_shown)
{
	ck_assert_int_eq(resolve(&strict, "pin", "hunter2"), LQ_EINVAL);
	ck_assert_str_eq(lq_diag_text(diag, 0), "p.params.pin: \"(hidden)\" is not a whole number (transport.test)");
}
END_TEST

START_TEST(all_faults_are_told_at_once)
{
	static const lq_param_text t[] = {{"bitrate", "1"}, {"tuna", "film"}, {"fec", "false"}, {"fec", "true"}, {"gain", "9"}};
	ck_assert_int_eq(lq__params_resolve(&encoder, t, COUNT(t), NULL, NULL, diag, &params), LQ_ERANGE);
	ck_assert_uint_eq(lq_diag_count(diag), 4);
	ck_assert_str_eq(lq_diag_text(diag, 1), "tuna: unknown parameter; did you mean \"tune\"? (codec.h264.enc)");
	ck_assert_str_eq(lq_diag_text(diag, 2), "fec: is given twice (codec.h264.enc)");
	ck_assert_int_eq(lq_diag_code(diag, 2), LQ_EEXIST);
	ck_assert_str_eq(lq_diag_text(diag, 3), "gain: 9 exceeds maximum 4 (codec.h264.enc)");
}
END_TEST

START_TEST(a_check_needs_no_result)
{
	ck_assert_int_eq(lq__params_resolve(&encoder, NULL, 0, NULL, "p", NULL, NULL), 0);
	ck_assert_int_eq(lq__params_resolve(&strict, NULL, 0, NULL, "p", NULL, NULL), LQ_EINVAL);
}
END_TEST

START_TEST(a_decimal_comma_of_the_locale_does_not_matter)
{
	if (!setlocale(LC_ALL, "de_DE.UTF-8"))
		setlocale(LC_ALL, "");
	ck_assert_int_eq(resolve(&encoder, "gain", "0.5"), 0);
	ck_assert_double_eq(params->values[GAIN].f, 0.5);
	setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(a_running_node_takes_only_what_may_change)
{
	uint32_t i = 99;
	ck_assert_int_eq(lq__params_resolve(&encoder, NULL, 0, NULL, "p", diag, &params), 0);
	ck_assert_int_eq(lq__params_set(params, "bitrate", "300000", 1, NULL, "n", diag, &i), 0);
	ck_assert_uint_eq(i, BITRATE);
	ck_assert_int_eq(params->values[BITRATE].i, 300000);
	ck_assert_uint_eq(params->values[BITRATE].is_set, 1);
	ck_assert_int_eq(lq__params_set(params, "bitrate", "3", 1, NULL, "n", diag, &i), LQ_ERANGE);
	ck_assert_int_eq(params->values[BITRATE].i, 300000);
	ck_assert_int_eq(lq__params_set(params, "title", "one", 1, NULL, "n", diag, &i), 0);
	ck_assert_int_eq(lq__params_set(params, "title", "two", 1, NULL, "n", diag, &i), 0);
	ck_assert_str_eq(params->values[TITLE].s, "two");
	ck_assert_int_eq(lq__params_set(params, "fec", "false", 1, NULL, "n", diag, &i), LQ_ESTATE);
	ck_assert_str_eq(lq_diag_text(diag, 1), "n.fec: cannot change while the node runs (codec.h264.enc)");
	ck_assert_int_eq(lq__params_set(params, "fec", "false", 0, NULL, "n", diag, &i), 0);
	ck_assert_int_eq(lq__params_set(params, "bitrte", "1", 1, NULL, "n", diag, &i), LQ_ENOENT);
}
END_TEST

START_TEST(failing_allocations_are_survived)
{
	static const lq_param_text t[] = {{"title", "a"}, {"file", "b"}};
	for (long n = 1;; n++) {
		uint32_t i;
		lq__alloc_fail_at(n);
		int err = lq__params_resolve(&encoder, t, 2, "/profiles", "p", NULL, &params);
		if (!err)
			err = lq__params_set(params, "title", "other", 1, NULL, "p", NULL, &i);
		lq__alloc_fail_at(0);
		ck_assert(err == 0 || err == LQ_ENOMEM);
		if (err && params)
			ck_assert_str_eq(params->values[TITLE].s, "a");
		lq__params_destroy(params);
		params = NULL;
		if (!err) {
			ck_assert_int_ge(n, 6);
			break;
		}
	}
}
END_TEST

/* Tables that a plugin's author got wrong. */
static const char *const nothing[] = {NULL};
static const struct { lq_param_desc rows[2]; uint32_t n; const char *text; } tables[] = {
	{{{"Big", 2, 0, NULL, "1", 0, 0, NULL, ""}}, 1, "parameter 0 has the bad name \"Big\""},
	{{{NULL, 2, 0, NULL, "1", 0, 0, NULL, ""}}, 1, "parameter 0 has the bad name \"(none)\""},
	{{{"a", 2, 0, NULL, "1", 0, 0, NULL, ""}, {"a", 2, 0, NULL, "1", 0, 0, NULL, ""}}, 2, "has two parameters a"},
	{{{"a", 0, 0, NULL, "1", 0, 0, NULL, ""}}, 1, "parameter a has the unknown type 0"},
	{{{"a", 8, 0, NULL, "1", 0, 0, NULL, ""}}, 1, "parameter a has the unknown type 8"},
	{{{"a", 2, 0, NULL, "1", 0, 0, NULL, NULL}}, 1, "parameter a has no help"},
	{{{"a", 5, 0, NULL, "x", 0, 0, NULL, ""}}, 1, "parameter a is a choice of nothing"},
	{{{"a", 5, 0, NULL, "x", 0, 0, nothing, ""}}, 1, "parameter a is a choice of nothing"},
	{{{"a", 5, 0, NULL, "x", 0, 0, tunes, ""}}, 1, "default of parameter a: \"x\" is none of zerolatency, film, animation"},
	{{{"a", 2, LQ_PARAM_FILE, NULL, "1", 0, 0, NULL, ""}}, 1, "parameter a is a file, but not a string"},
	{{{"a", 2, 0, NULL, "1", 5, 4, NULL, ""}}, 1, "parameter a has a minimum above its maximum"},
	{{{"a", 2, LQ_PARAM_REQUIRED, NULL, "1", 0, 0, NULL, ""}}, 1, "parameter a is required, but has a default"},
	{{{"a", 2, 0, NULL, NULL, 0, 0, NULL, ""}}, 1, "parameter a has no default and is not required"},
	{{{"a", 2, 0, NULL, "11", 1, 10, NULL, ""}}, 1, "default of parameter a: 11 exceeds maximum 10"},
	{{{"a", 6, 0, NULL, "big", 0, 0, NULL, ""}}, 1, "default of parameter a: \"big\" is not a size such as 1280x720"},
	{{{"a", 2, 0, NULL, "1", 0, 0, NULL, ""}}, 0xffffffff, "claims 4294967295 parameters, at most 256 are allowed"},
};

START_TEST(a_wrong_table_is_told_with_its_row)
{
	char text[256] = "";
	lq_node_desc d = {.id = "x", .params = tables[_i].rows, .n_params = tables[_i].n};
	ck_assert_int_eq(lq__param_table_check(&d, text, sizeof text), LQ_EINVAL);
	ck_assert_str_eq(text, tables[_i].text);
}
END_TEST

START_TEST(sound_tables_pass)
{
	char text[256];
	ck_assert_int_eq(lq__param_table_check(&encoder, text, sizeof text), 0);
	ck_assert_int_eq(lq__param_table_check(&strict, text, sizeof text), 0);
	ck_assert_int_eq(lq__param_table_check(&bare, text, sizeof text), 0);
	lq_node_desc d = {.id = "x", .n_params = 3};
	ck_assert_int_eq(lq__param_table_check(&d, text, sizeof text), LQ_EINVAL);
	ck_assert_str_eq(text, "has no table of its 3 parameters");
}
END_TEST

/* Descriptors, each wrong in one field. */
static lq_node_desc node;
static lq_plugin plugin;
static lq_port_desc two[2];
static const lq_node_desc *one[2];

static void sound(void)
{
	static const lq_node_desc n = TEST_FILTER("filter.pass", 1);
	static const lq_plugin p = {TEST_PLUGIN("pass", one)};
	node = n;
	plugin = p;
	plugin.n_nodes = 1;
	memcpy(two, ports, sizeof two);
	node.ports = two;
	one[0] = one[1] = &node;
}

static const lq_node_ops ops_none, ops_create = {.create = create}, ops_destroy = {.destroy = destroy};
static const void *const kind_none[8] = {NULL}; /* the ops of any kind, all NULL */

static void spoil(int how)
{
	switch (how) {
	case 0: plugin.struct_size = 8; break;
	case 1: plugin.abi_minor = 77; break;
	case 2: plugin.name = NULL; break;
	case 3: plugin.name = "Two Words"; break;
	case 4: plugin.version = NULL; break;
	case 5: plugin.licence = NULL; break;
	case 6: plugin.summary = NULL; break;
	case 7: plugin.nodes = NULL; break;
	case 8: plugin.n_nodes = 65; break;
	case 9: one[0] = NULL; break;
	case 10: node.id = NULL; break;
	case 11: node.id = "a@b"; break;
	case 12: plugin.n_nodes = 2; break;
	case 13: node.struct_size = 1; break;
	case 14: node.kind = 9; break;
	case 15: node.summary = NULL; break;
	case 16: node.ops = NULL; break;
	case 17: node.ops = &ops_none; break;
	case 18: node.ops = &ops_create; break;
	case 19: node.ops = &ops_destroy; break;
	case 20: node.kind_ops = NULL; break;
	case 21: node.kind_ops = kind_none; break;
	case 22: node.n_ports = 1000; break;
	case 23: node.ports = NULL; break;
	case 24: two[1].name = ""; break;
	case 25: two[1].direction = 3; break;
	case 26: two[1].media = 3; break;
	case 27: two[1] = two[0]; break;
	case 28: node.kind = LQ_KIND_RENDERER; break;
	case 29: node.kind = LQ_KIND_CODEC; two[0].direction = LQ_OUT; break;
	case 30: node.kind = LQ_KIND_CAPTURE; node.kind_ops = NULL; break;
	case 31: node.kind = LQ_KIND_CAPTURE; node.flags = LQ_NODE_OWN_THREAD; break;
	case 32: node.n_params = 1; break;
	}
}

static const struct { int code; const char *text; } verdicts[] = {
	{LQ_EABI, "descriptor has 8 bytes, not 80"},
	{LQ_EABI, "built for plugin ABI 0.77, this is 0.2: rebuild it"},
	{LQ_EINVAL, "has the bad name \"(none)\""},
	{LQ_EINVAL, "has the bad name \"Two Words\""},
	{LQ_EINVAL, "has no version"},
	{LQ_EINVAL, "has no licence"},
	{LQ_EINVAL, "has no summary"},
	{LQ_EINVAL, "has no table of its 1 nodes"},
	{LQ_EINVAL, "claims 65 nodes, 1 to 64 are allowed"},
	{LQ_EINVAL, "node 0 is NULL"},
	{LQ_EINVAL, "node 0 has the bad id \"(none)\""},
	{LQ_EINVAL, "node 0 has the bad id \"a@b\""},
	{LQ_EINVAL, "has two nodes filter.pass"},
	{LQ_EABI, "node filter.pass: descriptor has 1 bytes, not 80"},
	{LQ_EINVAL, "node filter.pass: has the unknown kind 9"},
	{LQ_EINVAL, "node filter.pass: has no summary"},
	{LQ_EINVAL, "node filter.pass: lacks ops"},
	{LQ_EINVAL, "node filter.pass: lacks create"},
	{LQ_EINVAL, "node filter.pass: lacks destroy"},
	{LQ_EINVAL, "node filter.pass: lacks create"},
	{LQ_EINVAL, "node filter.pass: lacks kind_ops"},
	{LQ_EINVAL, "node filter.pass: lacks process"},
	{LQ_EINVAL, "node filter.pass: claims 1000 ports, 1 to 64 are allowed"},
	{LQ_EINVAL, "node filter.pass: has no table of its 2 ports"},
	{LQ_EINVAL, "node filter.pass: port 1 has the bad name \"\""},
	{LQ_EINVAL, "node filter.pass: port out has the unknown direction 3"},
	{LQ_EINVAL, "node filter.pass: port out has the unknown media 3"},
	{LQ_EINVAL, "node filter.pass: has two ports in of one direction"},
	{LQ_EINVAL, "node filter.pass: is a renderer with the output out"},
	{LQ_EINVAL, "node filter.pass: is a codec, whose ports must be one input and then one output"},
	{LQ_EINVAL, "node filter.pass: lacks read"},
	{LQ_EINVAL, "node filter.pass: is a capture with the input in"},
	{LQ_EINVAL, "node filter.pass: has no table of its 1 parameters"},
};

START_TEST(a_wrong_descriptor_is_told_with_its_field)
{
	char text[512] = "", want[512];
	sound();
	ck_assert_int_eq(lq__plugin_check(&plugin, text, sizeof text), 0);
	spoil(_i);
	ck_assert_int_eq(lq__plugin_check(&plugin, text, sizeof text), verdicts[_i].code);
	snprintf(want, sizeof want, "%s", verdicts[_i].text);
	if (strstr(want, "bytes, not"))
		snprintf(strstr(want, "not "), 16, "not %zu", _i ? sizeof node : sizeof plugin);
	ck_assert_str_eq(text, want);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("params");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, what_is_not_said_has_its_default);
	tcase_add_test(t, every_type_is_parsed);
	tcase_add_loop_test(t, files_are_relative_to_the_profile, 0, COUNT(files));
	tcase_add_loop_test(t, each_fault_is_told_with_place_and_reason, 0, COUNT(faults));
	tcase_add_test(t, secrets_are_not_shown);
	tcase_add_test(t, all_faults_are_told_at_once);
	tcase_add_test(t, a_check_needs_no_result);
	tcase_add_test(t, a_decimal_comma_of_the_locale_does_not_matter);
	tcase_add_test(t, a_running_node_takes_only_what_may_change);
	tcase_add_test(t, failing_allocations_are_survived);
	tcase_add_loop_test(t, a_wrong_table_is_told_with_its_row, 0, COUNT(tables));
	tcase_add_test(t, sound_tables_pass);
	tcase_add_loop_test(t, a_wrong_descriptor_is_told_with_its_field, 0, COUNT(verdicts));
	return run_case("params", t);
}
