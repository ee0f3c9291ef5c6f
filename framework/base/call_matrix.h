/* The state matrix of calls (call_matrix.def) as types and one function; the SDK and the server share it. */
#ifndef LQ_BASE_CALL_MATRIX_H
#define LQ_BASE_CALL_MATRIX_H

typedef enum lq__call_state { LQ__CALL_IDLE, LQ__CALL_CALLING, LQ__CALL_CALLED, LQ__CALL_IN_CALL, LQ__CALL_STATES } lq__call_state;

typedef enum lq__call_op {
#define LQ_CALL_ROW(op, idle, calling, called, in_call) LQ__CALL_OP_##op,
#include "base/call_matrix.def"
#undef LQ_CALL_ROW
	LQ__CALL_OPS
} lq__call_op;

/* What a cell says; anything else is the number of the refusal. */
enum { LQ__CALL_DONE = 0, LQ__CALL_CANCEL = 1, LQ__CALL_REJECT = 2, LQ__CALL_REFUSED = 20000 };

static inline int lq__call_verdict(lq__call_op op, lq__call_state state)
{
	enum { DONE = LQ__CALL_DONE, CANCEL = LQ__CALL_CANCEL, REJECT = LQ__CALL_REJECT };
	static const int matrix[LQ__CALL_OPS][LQ__CALL_STATES] = {
#define LQ_CALL_ROW(op, idle, calling, called, in_call) {idle, calling, called, in_call},
#include "base/call_matrix.def"
#undef LQ_CALL_ROW
	};
	return matrix[op][state];
}

static inline const char *lq__call_op_name(lq__call_op op)
{
	static const char *const names[LQ__CALL_OPS] = {
#define LQ_CALL_ROW(op, idle, calling, called, in_call) #op,
#include "base/call_matrix.def"
#undef LQ_CALL_ROW
	};
	return names[op];
}

static inline const char *lq__call_state_name(lq__call_state state)
{
	static const char *const names[LQ__CALL_STATES] = {"idle", "calling", "called", "in_call"};
	return names[state];
}

#endif
