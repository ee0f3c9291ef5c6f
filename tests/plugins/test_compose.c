/* filter.compose: what is seen where, as inputs come and go and layouts change. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "testhost.h"

enum { OUT = 1, FIRST = 2, W = 640, H = 360, BACK = 16 };

static th_env *env;
static th_node *mix;

static void open_mix(const char *more)
{
	char params[512];
	snprintf(params, sizeof params, "size=%dx%d;fps=30%s%s", W, H, *more ? ";" : "", more);
	mix = th_open(env, "compose", "filter.compose", params);
	ck_assert_int_eq(th_set_format(mix, OUT, th_video(LQ_CODEC_RAW, LQ_PIXEL_I420, W, H, 30)), 0);
	ck_assert_int_eq(th_start(mix), 0);
}

static void set_up(void)
{
	env = th_env_new();
	env->now = 100 * LQ_SEC;
}

static void tear_down(void)
{
	th_close(mix);
	th_env_free(env);
}

static void come(uint32_t i)
{
	ck_assert_int_eq(mix->desc->ops->add_port(mix->self, 0, FIRST + i), 0);
}

/* A picture of one brightness. */
static void show(uint32_t i, uint32_t w, uint32_t h, uint8_t luma)
{
	lq_buffer *b = th_raw(env, LQ_PIXEL_I420, w, h);
	memset(b->planes[0], luma, (size_t)b->strides[0] * h);
	b->pts = env->now;
	ck_assert_int_eq(th_send(mix, FIRST + i, b), 0);
}

/* Input i comes and shows 16:9 of brightness 40 + 20 * i. */
static void come_and_show(uint32_t i)
{
	come(i);
	show(i, 320, 180, (uint8_t)(40 + 20 * i));
}

/* The next picture that comes out. */
static lq_buffer *next(void)
{
	th_drop(mix, OUT);
	ck_assert_int_eq(th_run_until(mix, env->now + LQ_SEC / 29), 0);
	lq_buffer *b = th_take(mix, OUT), *newer;
	ck_assert_ptr_nonnull(b);
	while ((newer = th_take(mix, OUT))) {
		th_free(env, b);
		b = newer;
	}
	return b;
}

static int luma(const lq_buffer *b, uint32_t x, uint32_t y)
{
	return b->planes[0][y * b->strides[0] + x];
}

static void sees(uint32_t x, uint32_t y, int expected)
{
	lq_buffer *b = next();
	ck_assert_msg(abs(luma(b, x, y) - expected) <= 1, "at %u,%u there is %d and not %d", x, y, luma(b, x, y), expected);
	th_free(env, b);
}

static void lay_out(const char *json)
{
	int e = th_set(mix, "layout", json);
	ck_assert_msg(e == 0, "%s: %s", json, mix->error);
}

START_TEST(a_grid_adapts_as_inputs_come_and_go)
{
	open_mix("");
	sees(320, 180, BACK);
	come_and_show(0);
	sees(5, 5, 40);
	sees(635, 355, 40);
	come_and_show(1);
	sees(160, 180, 40);
	sees(480, 180, 60);
	come_and_show(2);
	sees(160, 90, 40);
	sees(480, 90, 60);
	sees(320, 270, 80); /* the last row is in the middle */
	sees(40, 270, BACK);
	mix->desc->ops->remove_port(mix->self, FIRST);
	sees(160, 180, 60);
	sees(480, 180, 80);
	mix->desc->ops->remove_port(mix->self, FIRST + 1);
	mix->desc->ops->remove_port(mix->self, FIRST + 2);
	sees(320, 180, BACK);
}
END_TEST

START_TEST(who_has_no_picture_yet_or_has_ended_takes_no_place)
{
	open_mix("");
	come_and_show(0);
	come(1);
	sees(630, 180, 40);
	show(1, 320, 180, 60);
	sees(630, 180, 60);
	lq_buffer *end = th_raw(env, LQ_PIXEL_I420, 320, 180);
	end->n_planes = 0;
	end->flags = LQ_BUFFER_EOS;
	ck_assert_int_eq(th_send(mix, FIRST + 1, end), 0);
	sees(630, 180, 40);
}
END_TEST

START_TEST(one_is_big_and_the_others_are_beside)
{
	open_mix("");
	for (uint32_t i = 0; i < 4; i++)
		come_and_show(i);
	lay_out("{\"layout\":\"speaker\",\"names\":[\"ann\",\"bob\",\"cem\",\"dan\"],\"speaker\":\"cem\"}");
	sees(100, 180, 80);
	sees(500, 180, 80);
	sees(600, 180, 60);
	sees(600, 110, 40);
	sees(600, 250, 100);
	lay_out("{\"layout\":\"speaker\",\"speaker\":0}");
	sees(100, 180, 40);
	lay_out("{\"layout\":\"speaker\"}");
	sees(100, 180, 40);
	mix->desc->ops->remove_port(mix->self, FIRST);
	sees(100, 180, 60);
}
END_TEST

START_TEST(side_by_side_has_a_column_each)
{
	open_mix("");
	for (uint32_t i = 0; i < 4; i++)
		come_and_show(i);
	lay_out("{\"layout\":\"side-by-side\",\"gap\":8}");
	for (uint32_t i = 0; i < 4; i++)
		sees(80 + i * 160, 350, (int)(40 + 20 * i));
	sees(156, 180, BACK); /* the gap */
}
END_TEST

START_TEST(regions_have_place_order_and_crop)
{
	open_mix("");
	come_and_show(0);
	come(1);
	lq_buffer *b = th_raw(env, LQ_PIXEL_I420, 320, 180); /* left half 60, right half 200 */
	for (uint32_t y = 0; y < 180; y++) {
		memset(b->planes[0] + y * b->strides[0], 60, 160);
		memset(b->planes[0] + y * b->strides[0] + 160, 200, 160);
	}
	b->pts = env->now;
	th_send(mix, FIRST + 1, b);
	lay_out("{\"regions\":[{\"input\":1,\"x\":400,\"y\":200,\"w\":160,\"h\":90,\"z\":2,\"crop\":{\"x\":160,\"y\":0,\"w\":160,\"h\":90}},"
	        "{\"input\":0,\"x\":0,\"y\":0,\"w\":640,\"h\":360,\"z\":1}]}");
	sees(10, 10, 40);
	sees(404, 204, 200);
	sees(556, 286, 200);
	sees(562, 286, 40);
	lay_out("{\"regions\":[{\"input\":1,\"x\":400,\"y\":200,\"w\":160,\"h\":90},{\"input\":0,\"x\":0,\"y\":0,\"w\":640,\"h\":360}]}");
	sees(404, 204, 40); /* the list's order: the last lies above */
}
END_TEST

static const struct { const char *scale; } modes[] = {{"fit"}, {"crop"}, {"stretch"}};

/* A picture of 4:1 in a place of 1:1: the outer quarters are 200, the middle is 40. */
START_TEST(a_picture_fits_is_cropped_or_stretched)
{
	char json[200];
	open_mix("");
	come(0);
	lq_buffer *b = th_raw(env, LQ_PIXEL_I420, 400, 100);
	for (uint32_t y = 0; y < 100; y++) {
		memset(b->planes[0] + y * b->strides[0], 200, 400);
		memset(b->planes[0] + y * b->strides[0] + 150, 40, 100);
	}
	b->pts = env->now;
	th_send(mix, FIRST, b);
	snprintf(json, sizeof json, "{\"scale\":\"%s\",\"regions\":[{\"input\":0,\"x\":0,\"y\":0,\"w\":200,\"h\":200}]}", modes[_i].scale);
	lay_out(json);
	b = next();
	ck_assert_int_eq(luma(b, 100, 100), 40);
	if (_i == 0) {
		ck_assert_int_eq(luma(b, 100, 60), BACK); /* above the strip of 200x50 */
		ck_assert_int_eq(luma(b, 10, 100), 200);
		ck_assert_int_eq(luma(b, 100, 84), 40);
	} else if (_i == 1) {
		ck_assert_int_eq(luma(b, 10, 10), 40); /* only the middle 100x100 is seen */
		ck_assert_int_eq(luma(b, 190, 190), 40);
	} else {
		ck_assert_int_eq(luma(b, 10, 10), 200);
		ck_assert_int_eq(luma(b, 190, 190), 200);
	}
	th_free(env, b);
}
END_TEST

START_TEST(names_are_drawn_into_their_places)
{
	open_mix("");
	come_and_show(0);
	come_and_show(1);
	lay_out("{\"names\":{\"2\":\"ann\",\"3\":\"bob\"},\"show_names\":true}");
	lq_buffer *b = next();
	int light[2] = {0}, elsewhere = 0;
	for (uint32_t y = 0; y < H; y++)
		for (uint32_t x = 0; x < W; x++) {
			int v = luma(b, x, y), low = y > H - 40;
			light[x / 320] += low && v > 180;
			elsewhere += !low && v != 40 && v != 60;
		}
	ck_assert_int_gt(light[0], 20);
	ck_assert_int_gt(light[1], 20);
	ck_assert_int_eq(elsewhere, 0);
	th_free(env, b);
}
END_TEST

START_TEST(the_background_is_a_colour_or_a_picture)
{
	char file[] = "/tmp/lq-compose-XXXXXX", params[100];
	open_mix("layout={\"background\":\"#ffffff\"}");
	sees(320, 180, 235);
	lay_out("{\"background\":\"#000000\"}");
	sees(320, 180, 16);
	th_close(mix);
	FILE *f = fdopen(mkstemp(file), "w"); /* 4x2, left black, right white */
	fwrite("P6\n4 2\n255\n\0\0\0\0\0\0\377\377\377\377\377\377\0\0\0\0\0\0\377\377\377\377\377\377", 1, 11 + 24, f);
	fclose(f);
	snprintf(params, sizeof params, "image=%s", file);
	open_mix(params);
	lq_buffer *b = next();
	ck_assert_int_le(luma(b, 20, 180), 20);
	ck_assert_int_ge(luma(b, 620, 180), 230);
	th_free(env, b);
	unlink(file);
}
END_TEST

START_TEST(an_image_that_is_none_is_told)
{
	int e;
	mix = th_try_open(env, "compose", "filter.compose", "image=/nowhere/a.png", &e);
	ck_assert_int_eq(e, LQ_ENOENT);
	ck_assert_str_eq(mix->error, "cannot use /nowhere/a.png as background: No such file or directory");
}
END_TEST

static const struct { const char *json; int code; const char *text; } bad[] = {
	{"{\"layout\":", LQ_EPARSE, "layout: line 1, column 10: unexpected token near end of file"},
	{"[]", LQ_EINVAL, "layout: it is an object, {\"layout\": \"grid\"}"},
	{"{\"layout\":\"circle\"}", LQ_EINVAL, "layout: \"layout\" is one of grid, speaker, side-by-side, regions"},
	{"{\"colour\":1}", LQ_EINVAL, "layout: there is no \"colour\": a layout has layout, scale, gap, show_names, absent, background, speaker, names, regions"},
	{"{\"gap\":-1}", LQ_ERANGE, "layout: \"gap\" is a whole number from 0 to 16384"},
	{"{\"background\":\"red\"}", LQ_EINVAL, "layout: \"background\" is a colour, \"#rrggbb\""},
	{"{\"show_names\":1}", LQ_EINVAL, "layout: \"show_names\" is true or false"},
	{"{\"names\":{\"x\":\"a\"}}", LQ_EINVAL, "layout: \"names\": \"x\" is no port number"},
	{"{\"layout\":\"regions\"}", LQ_EINVAL, "layout: \"regions\" are missing"},
	{"{\"layout\":\"grid\",\"regions\":[{}]}", LQ_EINVAL, "layout: \"regions\" go with \"layout\": \"regions\""},
	{"{\"regions\":[]}", LQ_EINVAL, "layout: \"regions\" is an array of 1 to 64 regions"},
	{"{\"regions\":[{\"w\":2,\"h\":2}]}", LQ_EINVAL, "layout.regions[0]: \"input\" is missing"},
	{"{\"regions\":[{\"input\":0}]}", LQ_ERANGE, "layout.regions[0]: \"w\" and \"h\" are 2 at least"},
	{"{\"regions\":[{\"input\":0,\"w\":2,\"h\":2,\"q\":1}]}", LQ_EINVAL,
	 "layout.regions[0]: there is no \"q\": a region has input, x, y, w, h, z, crop, scale, show_name"},
	{"{\"regions\":[{\"input\":0,\"x\":400,\"y\":0,\"w\":320,\"h\":180}]}", LQ_ERANGE,
	 "layout.regions[0]: it reaches to 720,180, outside of the canvas of 640x360"},
	{"{\"regions\":[{\"input\":0,\"x\":0,\"y\":0,\"w\":32,\"h\":18},{\"input\":7,\"x\":0,\"y\":0,\"w\":32,\"h\":18}]}", LQ_ENOENT,
	 "layout.regions[1].input: there is no input 7; there are: 0, 1"},
	{"{\"layout\":\"speaker\",\"names\":[\"ann\",\"bob\"],\"speaker\":\"cem\"}", LQ_ENOENT,
	 "layout.speaker: there is no input called \"cem\"; there are: \"ann\", \"bob\""},
};

START_TEST(a_wrong_layout_is_refused_and_the_one_before_stays)
{
	open_mix("");
	come_and_show(0);
	come_and_show(1);
	lay_out("{\"layout\":\"regions\",\"regions\":[{\"input\":1,\"x\":0,\"y\":0,\"w\":320,\"h\":180}]}");
	sees(10, 10, 60);
	ck_assert_int_eq(th_set(mix, "layout", bad[_i].json), bad[_i].code);
	ck_assert_str_eq(mix->error, bad[_i].text);
	sees(10, 10, 60);
	sees(400, 10, BACK);
}
END_TEST

static int tell(uint32_t i, uint32_t type, const char *text, int64_t value)
{
	return mix->desc->ops->event(mix->self, &(lq_event){.struct_size = sizeof(lq_event), .type = type, .port = FIRST + i, .text = text, .value = value});
}

/* A member that goes and comes back has another port, and the same name. */
START_TEST(a_source_says_its_name_and_layouts_know_it)
{
	open_mix("");
	come_and_show(0);
	come_and_show(1);
	ck_assert_int_eq(tell(0, LQ_EVENT_INPUT_NAME, "ann", 0), 0);
	ck_assert_int_eq(tell(1, LQ_EVENT_INPUT_NAME, "bob", 0), 0);
	lay_out("{\"regions\":[{\"input\":\"bob\",\"x\":0,\"y\":0,\"w\":320,\"h\":180}]}");
	sees(10, 10, 60);
	mix->desc->ops->remove_port(mix->self, FIRST + 1);
	sees(10, 10, BACK);
	come_and_show(2);
	sees(10, 10, BACK);
	ck_assert_int_eq(tell(2, LQ_EVENT_INPUT_NAME, "bob", 0), 0);
	sees(10, 10, 80);
	ck_assert_int_eq(tell(9, LQ_EVENT_INPUT_NAME, "cem", 0), LQ_ENOTSUP);
}
END_TEST

START_TEST(who_is_named_may_be_absent_where_the_layout_says_so)
{
	open_mix("");
	come_and_show(0);
	lay_out("{\"absent\":true,\"regions\":[{\"input\":\"ann\",\"x\":0,\"y\":0,\"w\":320,\"h\":180}]}");
	sees(10, 10, BACK);
	ck_assert_int_eq(tell(0, LQ_EVENT_INPUT_NAME, "ann", 0), 0);
	sees(10, 10, 40);
}
END_TEST

START_TEST(the_speaker_is_said_apart_where_the_layout_names_nobody)
{
	open_mix("");
	for (uint32_t i = 0; i < 3; i++) {
		const char *const names[] = {"ann", "bob", "cem"};
		come_and_show(i);
		ck_assert_int_eq(tell(i, LQ_EVENT_INPUT_NAME, names[i], 0), 0);
	}
	lay_out("{\"layout\":\"speaker\"}");
	sees(100, 180, 40);
	ck_assert_int_eq(th_set(mix, "speaker", "cem"), 0);
	sees(100, 180, 80);
	ck_assert_int_eq(th_set(mix, "speaker", "nobody"), 0);
	sees(100, 180, 40);
	lay_out("{\"layout\":\"speaker\",\"speaker\":\"bob\"}");
	ck_assert_int_eq(th_set(mix, "speaker", "cem"), 0);
	sees(100, 180, 60);
}
END_TEST

/* It comes back with a new picture, not with the one that was there when it went. */
START_TEST(a_muted_picture_gives_its_place_to_others)
{
	open_mix("");
	come_and_show(0);
	come_and_show(1);
	sees(100, 180, 40);
	ck_assert_int_eq(tell(0, LQ_EVENT_INPUT_GAIN, NULL, 0), 0);
	sees(100, 180, 60);
	show(0, 320, 180, 100);
	sees(100, 180, 60);
	ck_assert_int_eq(tell(0, LQ_EVENT_INPUT_GAIN, NULL, 1000), 0);
	sees(100, 180, 60);
	show(0, 320, 180, 100);
	sees(100, 180, 100);
}
END_TEST

START_TEST(a_wrong_layout_at_the_start_is_refused)
{
	int e;
	mix = th_try_open(env, "compose", "filter.compose", "size=640x360;layout={\"regions\":[{\"input\":0,\"x\":600,\"y\":0,\"w\":64,\"h\":64}]}", &e);
	ck_assert_int_eq(e, LQ_ERANGE);
	ck_assert_str_eq(mix->error, "layout.regions[0]: it reaches to 664,64, outside of the canvas of 640x360");
}
END_TEST

/* The sources have 10 and 50 pictures a second, the output 30. */
START_TEST(the_output_is_steady_whatever_comes_in)
{
	open_mix("");
	come(0);
	come(1);
	int64_t begin = env->now, last = LQ_TIME_NONE;
	for (int ms = 0; ms < 3000; ms += 20) {
		show(1, 320, 180, 60);
		if (ms % 100 == 0)
			show(0, 320, 180, 40);
		ck_assert_int_eq(th_run_until(mix, begin + (ms + 20) * LQ_MSEC), 0);
	}
	size_t n = 0;
	for (lq_buffer *b; (b = th_take(mix, OUT)); n++) {
		ck_assert_int_eq(b->pts, begin + (int64_t)n * LQ_SEC / 30);
		ck_assert(last == LQ_TIME_NONE || b->pts > last);
		last = b->pts;
		th_free(env, b);
	}
	ck_assert_uint_eq(n, 91);
	ck_assert_double_eq(th_stat(mix, FIRST + 1, "framesDropped"), 0);
}
END_TEST

START_TEST(a_picture_is_shown_when_it_is_due)
{
	open_mix("");
	come_and_show(0);
	sees(320, 180, 40);
	lq_buffer *b = th_raw(env, LQ_PIXEL_I420, 320, 180);
	memset(b->planes[0], 200, (size_t)b->strides[0] * 180);
	b->pts = env->now + 200 * LQ_MSEC;
	int64_t due = b->pts;
	th_send(mix, FIRST, b);
	while (env->now < due + 100 * LQ_MSEC) {
		b = next();
		ck_assert_int_eq(luma(b, 320, 180), b->pts < due ? 40 : 200);
		th_free(env, b);
	}
}
END_TEST

/* A decoder on a busy machine: the picture comes 80 ms after it was due. */
START_TEST(with_slack_what_comes_late_is_shown_when_it_was_due)
{
	open_mix("slack=100");
	come_and_show(0);
	int64_t begin = env->now, due = begin + 200 * LQ_MSEC;
	ck_assert_int_eq(th_run_until(mix, due + 80 * LQ_MSEC), 0);
	lq_buffer *b = th_raw(env, LQ_PIXEL_I420, 320, 180);
	memset(b->planes[0], 200, (size_t)b->strides[0] * 180);
	b->pts = due;
	ck_assert_int_eq(th_send(mix, FIRST, b), 0);
	ck_assert_int_eq(th_run_until(mix, due + 300 * LQ_MSEC), 0);
	int n = 0;
	while ((b = th_take(mix, OUT))) {
		ck_assert_int_eq(luma(b, 320, 180), b->pts < due ? 40 : 200);
		n++;
		th_free(env, b);
	}
	ck_assert_int_ge(n, 11);
}
END_TEST

START_TEST(what_waits_too_long_is_dropped_and_counted)
{
	open_mix("");
	come(0);
	for (int i = 0; i < 30; i++)
		show(0, 320, 180, (uint8_t)(40 + i));
	ck_assert_double_eq(th_stat(mix, FIRST, "framesDropped"), 6);
	sees(320, 180, 69);
}
END_TEST

START_TEST(a_busy_machine_makes_no_burst)
{
	open_mix("");
	come_and_show(0);
	sees(320, 180, 40);
	env->now += 10 * LQ_SEC;
	th_drop(mix, OUT);
	ck_assert_int_eq(th_run_until(mix, env->now), 0);
	ck_assert_uint_le(th_count(mix, OUT), 3);
	ck_assert_double_ge(th_stat(mix, OUT, "framesSkipped"), 295);
}
END_TEST

static const struct { uint32_t pixel, w, h; } inputs[] = {{LQ_PIXEL_I420, 321, 181}, {LQ_PIXEL_NV12, 320, 180}, {LQ_PIXEL_YUYV, 320, 180},
                                                         {LQ_PIXEL_BGRA, 320, 180}, {LQ_PIXEL_RGBA, 17, 33}, {LQ_PIXEL_I420, 1920, 1080}};

/* Bright all over, in any format and size, and no pixel beside its place is touched. */
START_TEST(any_format_and_size_stays_in_its_place)
{
	open_mix("");
	come(0);
	lq_buffer *b = th_raw(env, inputs[_i].pixel, inputs[_i].w, inputs[_i].h);
	memset(b->planes[0], 255, (size_t)b->strides[0] * inputs[_i].h);
	b->pts = env->now;
	th_send(mix, FIRST, b);
	lay_out("{\"scale\":\"stretch\",\"regions\":[{\"input\":0,\"x\":102,\"y\":50,\"w\":226,\"h\":114}]}");
	b = next();
	for (uint32_t y = 0; y < H; y++)
		for (uint32_t x = 0; x < W; x++) {
			int inside = x >= 102 && x < 328 && y >= 50 && y < 164;
			ck_assert_msg(inside ? luma(b, x, y) >= 230 : luma(b, x, y) == BACK, "%u,%u: %d", x, y, luma(b, x, y));
		}
	th_free(env, b);
}
END_TEST

START_TEST(at_most_64_inputs)
{
	open_mix("");
	for (uint32_t i = 0; i < 64; i++)
		come(i);
	ck_assert_int_eq(mix->desc->ops->add_port(mix->self, 0, 99), LQ_EFULL);
	ck_assert_str_eq(mix->error, "at most 64 pictures can be composed");
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("compose");
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, a_grid_adapts_as_inputs_come_and_go);
	tcase_add_test(c, who_has_no_picture_yet_or_has_ended_takes_no_place);
	tcase_add_test(c, one_is_big_and_the_others_are_beside);
	tcase_add_test(c, side_by_side_has_a_column_each);
	tcase_add_test(c, regions_have_place_order_and_crop);
	tcase_add_loop_test(c, a_picture_fits_is_cropped_or_stretched, 0, sizeof modes / sizeof *modes);
	tcase_add_test(c, names_are_drawn_into_their_places);
	tcase_add_test(c, a_source_says_its_name_and_layouts_know_it);
	tcase_add_test(c, who_is_named_may_be_absent_where_the_layout_says_so);
	tcase_add_test(c, the_speaker_is_said_apart_where_the_layout_names_nobody);
	tcase_add_test(c, a_muted_picture_gives_its_place_to_others);
	tcase_add_test(c, the_background_is_a_colour_or_a_picture);
	tcase_add_test(c, an_image_that_is_none_is_told);
	tcase_add_loop_test(c, a_wrong_layout_is_refused_and_the_one_before_stays, 0, sizeof bad / sizeof *bad);
	tcase_add_test(c, a_wrong_layout_at_the_start_is_refused);
	tcase_add_test(c, the_output_is_steady_whatever_comes_in);
	tcase_add_test(c, a_picture_is_shown_when_it_is_due);
	tcase_add_test(c, with_slack_what_comes_late_is_shown_when_it_was_due);
	tcase_add_test(c, what_waits_too_long_is_dropped_and_counted);
	tcase_add_test(c, a_busy_machine_makes_no_burst);
	tcase_add_loop_test(c, any_format_and_size_stays_in_its_place, 0, sizeof inputs / sizeof *inputs);
	tcase_add_test(c, at_most_64_inputs);
	return th_main("plugins/compose", c, NULL);
}
