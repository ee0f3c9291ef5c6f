/* A graph without threads: everything is worked off in order of time on the virtual clock, so that a run is the same each time. */
#include "graph/graph.h"

#define MAX_ROUNDS 100000 /* at one moment: more is a node that never comes to rest */

/* Works off all that is due now. */
int lq__graph_settle(lq_graph *g)
{
	for (int round = 0; round < MAX_ROUNDS; round++) {
		int did = 0;
		for (lq__loop *l = g->loops; l; l = l->next)
			did |= lq__loop_step(l);
		if (!did)
			return 0;
	}
	lq_log(LQ_LOG_ERROR, AREA, "a node wants to run again and again without time going on");
	return LQ_ESTATE;
}

/* Moves the clock on to what is due next, at most to `until`. Returns whether something is due then. */
int lq__graph_advance(lq_graph *graph, int64_t until)
{
	int64_t next = INT64_MAX, t;
	for (lq__loop *l = graph->loops; l; l = l->next)
		if (lq__loop_next_time(l, &t) && t < next)
			next = t;
	t = next < until ? next : until;
	if (t > lq_clock_now(graph->clock))
		lq_clock_set(graph->clock, t);
	return next <= until;
}

int lq_graph_run_until(lq_graph *graph, int64_t time)
{
	int r;
	if (graph->config.threads)
		return LQ_ESTATE;
	if (lq__loop_is_any())
		return LQ_EREENTRANT;
	do
		r = lq__graph_settle(graph);
	while (!r && lq__graph_advance(graph, time));
	return r;
}
