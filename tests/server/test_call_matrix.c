/* Every cell of the state matrix, from the table that the server checks with; and the table in docs/calls.md is that one. */
#include "tests/unit/suite.h"

#include <loquat/plugin/errors.h>
#include <stdio.h>
#include <string.h>

#include "people.h"

static phone *const ann = &phones[0], *const bob = &phones[1], *const eve = &phones[2];

/* ann comes into the state, by or with bob. */
static void bring_into(lq__call_state state)
{
	log_in(ann, "ann", "");
	log_in(bob, "bob", "");
	log_in(eve, "eve", "");
	if (state == LQ__CALL_CALLED)
		ck_assert_int_eq(call(bob, "ann"), 0);
	else if (state != LQ__CALL_IDLE)
		ck_assert_int_eq(call(ann, "bob"), 0);
	if (state == LQ__CALL_IN_CALL)
		ck_assert_int_eq(do_op(bob, LQ__CALL_OP_accept), 0);
	told(ann);
	told(bob);
}

static int try(lq__call_op op)
{
	const char *user = "eve";
	lq__call_request r = {.op = op, .users = &user, .n_users = 1, .video = op == LQ__CALL_OP_type, .confirm = 1, .agree = 1};
	if (op == LQ__CALL_OP_type_reply && !ask(bob, (lq__call_request){.op = LQ__CALL_OP_type, .video = 1, .confirm = 1}))
		told(ann);
	return ask(ann, r);
}

/* What the other side is told when the operation is done: that it was this one, and no other. */
static const char *effect(lq__call_op op)
{
	switch (op) {
	case LQ__CALL_OP_call: return ""; /* eve's phone rings, not bob's */
	case LQ__CALL_OP_hangup: return "call_ended:hangup call_record:1";
	case LQ__CALL_OP_leave: return "call_left:ann call_ended:left call_record:1";
	case LQ__CALL_OP_cancel: return "call_cancelled:ann call_ended:cancelled call_record:2";
	case LQ__CALL_OP_accept: return "call_accepted:ann";
	case LQ__CALL_OP_reject: return "call_rejected:ann call_ended:rejected call_record:3";
	case LQ__CALL_OP_type: return "call_type:asked";
	case LQ__CALL_OP_type_reply: return "call_type:changed";
	default: return NULL; /* invite: by state */
	}
}

START_TEST(every_cell_does_what_the_table_says)
{
	lq__call_op op = (lq__call_op)(_i / LQ__CALL_STATES), meant;
	lq__call_state state = (lq__call_state)(_i % LQ__CALL_STATES);
	int verdict = lq__call_verdict(op, state);
	char expected[100];
	bring_into(state);
	int e = try(op);
	if (verdict >= LQ__CALL_REFUSED) {
		ck_assert_int_eq(e, LQ_ESTATE);
		ck_assert_int_eq(last_error.detail, verdict);
		snprintf(expected, sizeof expected, "%s is not possible while %s", lq__call_op_name(op), lq__call_state_name(state));
		ck_assert_str_eq(last_error.text, expected);
		ck_assert_str_eq(told(bob), "");
		ck_assert_str_eq(told(ann), "");
		ck_assert_str_eq(recorded(), "");
		return;
	}
	ck_assert_msg(!e, "%s", last_error.text);
	meant = verdict == LQ__CALL_CANCEL ? LQ__CALL_OP_cancel : verdict == LQ__CALL_REJECT ? LQ__CALL_OP_reject : op;
	const char *want = effect(meant);
	if (!want)
		want = state == LQ__CALL_IN_CALL ? "call_users:ann" : "";
	ck_assert_str_eq(told(bob), want);
	if (meant == LQ__CALL_OP_call || meant == LQ__CALL_OP_invite)
		ck_assert_str_eq(told(eve), "call_invited:ann");
}
END_TEST

START_TEST(the_document_shows_this_table)
{
	static char text[200000];
	char path[1000], row[200], cell[LQ__CALL_STATES][30];
	const char *top = getenv("top_srcdir");
	snprintf(path, sizeof path, "%s/docs/calls.md", top ? top : "..");
	FILE *f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	text[fread(text, 1, sizeof text - 1, f)] = 0;
	fclose(f);
	for (int op = 0; op < LQ__CALL_OPS; op++) {
		for (int s = 0; s < LQ__CALL_STATES; s++) {
			int v = lq__call_verdict((lq__call_op)op, (lq__call_state)s);
			snprintf(cell[s], sizeof cell[s], v == LQ__CALL_DONE ? "done" : v == LQ__CALL_CANCEL ? "= cancel" : v == LQ__CALL_REJECT ? "= reject" : "%d", v);
		}
		snprintf(row, sizeof row, "| %s | %s | %s | %s | %s |\n", lq__call_op_name((lq__call_op)op), cell[0], cell[1], cell[2], cell[3]);
		ck_assert_msg(strstr(text, row) != NULL, "docs/calls.md has no row %s", row);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("call matrix");
	tcase_add_checked_fixture(t, people_set_up, people_tear_down);
	tcase_add_loop_test(t, every_cell_does_what_the_table_says, 0, LQ__CALL_OPS * LQ__CALL_STATES);
	tcase_add_test(t, the_document_shows_this_table);
	return run_case("server/call_matrix", t);
}
