/* Requests about egress tasks. */
#include "server/egress/spec.h"

int lq__read_egress_start(lq__reader *r, const json_t *o, lq__message *m)
{
	m->egress = o;
	return lq__egress_spec_check(r, o);
}

int lq__read_egress_task(lq__reader *r, const json_t *o, lq__message *m)
{
	return lq__read_string(r, o, "task", LQ_REQUIRED, &m->task);
}

int lq__read_egress_layout(lq__reader *r, const json_t *o, lq__message *m)
{
	int e = lq__read_egress_task(r, o, m);
	m->layout_json = json_object_get(o, "layout");
	return e ? e : lq__egress_layout_check(r, m->layout_json);
}
