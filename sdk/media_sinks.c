/* What a remote track feeds that is not its own: the mixers of its room. They are told who it is, how loud, and whether to show it. */
#include <stdio.h>

#include "media_private.h"

enum { DEPTH = 8 };

/* All nodes of other groups that are fed by what begins here. */
static void tell(lq_node *from, const char *group, const lq_event *event, int depth)
{
	lq_link *l;
	for (uint32_t i = 0; depth && (l = lq_node_link(from, LQ_OUT, i)); i++) {
		lq_node *to = lq_link_to(l);
		lq_event one = *event;
		one.struct_size = sizeof one;
		one.port = lq_link_to_port(l);
		if (lq__in_group(to, group))
			tell(to, group, event, depth - 1);
		else if (lq_node_descriptor(to)->kind != LQ_KIND_TRANSPORT)
			lq_node_send_event(to, &one);
	}
}

void lq__media_tell_sinks(lq__media *m, const lq__media_track *t, const lq_event *event)
{
	char group[LQ__GROUP_MAX];
	lq_link *l;
	lq__group_name(t, group);
	for (uint32_t i = 0; (l = lq_node_link(m->net, LQ_OUT, i)); i++)
		if (lq__in_group(lq_link_to(l), group))
			tell(lq_link_to(l), group, event, DEPTH);
}

void lq__media_say_name(lq__media *m, const lq__media_track *t)
{
	char name[LQ__USER_MAX + 16], label[LQ__USER_MAX + 16];
	const char *stream = lq__stream_label(t->stream), *shown = *t->name ? t->name : t->user;
	if (t->kind != LQ_VIDEO)
		return;
	snprintf(name, sizeof name, t->stream == LQ_STREAM_MAIN ? "%s" : "%s/%s", t->user, stream);
	snprintf(label, sizeof label, "%s", shown);
	lq__media_tell_sinks(m, t, &(lq_event){.type = LQ_EVENT_INPUT_NAME, .text = name});
	lq__media_tell_sinks(m, t, &(lq_event){.type = LQ_EVENT_INPUT_LABEL, .text = label});
	if (t->muted)
		lq__media_tell_sinks(m, t, &(lq_event){.type = LQ_EVENT_INPUT_GAIN, .value = 0});
}
