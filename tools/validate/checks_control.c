/* The checks of what steers a node: parameters, events, failing allocations, a transport's descriptions. */
#include "validate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAILURES_MAX = 150, DEVICES_MAX = 1000 };

static void try_value(const lq_node_desc *desc, uint32_t row, const lq_value *edge)
{
	lq_value values[V_PARAMS];
	int r;
	v_defaults(desc, values);
	values[row] = *edge;
	v_instance *v = v_create(desc, values, &r);
	if (r < 0 && !v_is_expected(r) && !*v->reason && r != LQ_ENOMEM)
		v_find("refuses parameter %s without a reason (%d): host->fail tells the user which value and why", desc->params[row].name, r);
	if (r >= 0 && v_negotiate(v) >= 0 && v_start(v) >= 0)
		v_feed_all(v, 2);
	v_destroy(v);
}

static void set_runtime(const lq_node_desc *desc, uint32_t row)
{
	const lq_param_desc *d = &desc->params[row];
	lq_value values[V_PARAMS], edge;
	char text[64];
	if (!desc->ops->set_param) {
		v_find("has the runtime parameter %s, but no op set_param", d->name);
		return;
	}
	v_defaults(desc, values);
	v_instance *v = v_open(desc, values);
	for (uint32_t i = 0; v_edge(d, i, &edge, text, sizeof text); i++) {
		v_step("%s set to %s", d->name, text);
		if (V_OP(v, "set_param", desc->ops->set_param(v->self, row, &edge)) < 0 && !*v->reason)
			v_find("refuses %s set to %s, which is in its own range, without a reason", d->name, text);
		v_feed_all(v, 2);
	}
	v_destroy(v);
}

void v_check_parameters(const lq_node_desc *desc)
{
	lq_value edge;
	char text[64];
	for (uint32_t row = 0; row < desc->n_params && row < V_PARAMS; row++)
		for (uint32_t i = 0; v_edge(&desc->params[row], i, &edge, text, sizeof text); i++) {
			v_step("%s = %s", desc->params[row].name, text);
			try_value(desc, row, &edge);
		}
	v_step("%s", "");
	for (uint32_t row = 0; row < desc->n_params && row < V_PARAMS; row++)
		if (desc->params[row].flags & LQ_PARAM_RUNTIME)
			set_runtime(desc, row);
}

/* Encoders and encoded captures obey: the port that gives packets, or -1. What is given packets passes them on, and such events to the encoder. */
static int packet_port(v_instance *v)
{
	lq_format list[V_LISTED];
	for (uint32_t i = 0; i < v->desc->n_ports; i++)
		if (v->ports[i].used && v->ports[i].desc->direction == LQ_IN && v_list(v, i, list, V_LISTED) > 0 && list[0].codec > LQ_CODEC_RAW)
			return -1;
	for (uint32_t i = 0; i < v->desc->n_ports; i++) {
		if (!v->ports[i].used || v->ports[i].desc->direction != LQ_OUT || v->desc->kind == LQ_KIND_TRANSPORT)
			continue;
		int n = v_list(v, i, list, V_LISTED);
		if (n && list[0].media == LQ_MEDIA_VIDEO && list[0].codec > LQ_CODEC_RAW)
			return (int)i;
	}
	return -1;
}

/* Half a minute's bytes at a rate. */
static uint64_t bytes_at(v_instance *v, uint32_t port, int64_t rate)
{
	v_event(v, LQ_EVENT_TARGET_RATE, port, rate);
	v_feed_all(v, 25);
	uint64_t before = v->ports[port].bytes;
	v_feed_all(v, 150);
	return v->ports[port].bytes - before;
}

static void check_obedience(v_instance *v, uint32_t port)
{
	v_feed_all(v, 50);
	uint64_t keys = v->ports[port].keys;
	int r = v_event(v, LQ_EVENT_KEY_FRAME, port, 0);
	v_feed_all(v, 50);
	if (r == LQ_ENOTSUP)
		v_find("does not know LQ_EVENT_KEY_FRAME: who joins later would see nothing");
	else if (v->ports[port].count && v->ports[port].keys == keys)
		v_find("sends no key frame within 50 pictures of LQ_EVENT_KEY_FRAME");
	uint64_t many = bytes_at(v, port, 1500000), few = bytes_at(v, port, 150000);
	if (many > 3 * 150000 / 8 * 3 && few > many / 2)
		v_find("does not obey LQ_EVENT_TARGET_RATE: %llu bytes at 1500 kbit/s, %llu at 150 kbit/s", (unsigned long long)many, (unsigned long long)few);
}

void v_check_events(const lq_node_desc *desc)
{
	static const int64_t extremes[] = {0, -1, 1, INT64_MAX, INT64_MIN};
	static const uint32_t types[] = {LQ_EVENT_KEY_FRAME, LQ_EVENT_TARGET_RATE, LQ_EVENT_LOSS, LQ_EVENT_EOS, 9999};
	lq_value values[V_PARAMS];
	v_defaults(desc, values);
	v_instance *v = v_open(desc, values);
	int port = packet_port(v);
	if (port >= 0 && !v->real_time)
		check_obedience(v, (uint32_t)port);
	for (uint32_t t = 0; t < sizeof types / sizeof *types; t++)
		for (uint32_t i = 0; i < sizeof extremes / sizeof *extremes; i++) {
			v_step("event %u with %lld", types[t], (long long)extremes[i]);
			int r = v_event(v, types[t], 0, extremes[i]);
			if (types[t] == 9999 && r >= 0 && desc->ops->event && desc->kind != LQ_KIND_TRANSPORT)
				v_find("swallows an event that it cannot know: LQ_ENOTSUP lets it pass on upstream");
			v_feed_all(v, 1);
		}
	v_destroy(v);
}

/* A short life in which the n-th allocation fails. Whether one did. */
static int life_with_failure(const lq_node_desc *desc, const lq_value *values, uint32_t n)
{
	int r, set = 0;
	v_fail_allocation(n);
	v_instance *v = v_create(desc, values, &r);
	if (r >= 0)
		set = v_negotiate(v) >= 0;
	if (set && v_start(v) >= 0) {
		for (int k = 0; k < 5; k++)
			v_feed_all(v, 1);
		v_end_inputs(v);
		v_stop(v);
	}
	v_destroy(v);
	return v_fail_allocation(0);
}

void v_check_memory(const lq_node_desc *desc)
{
	lq_value values[V_PARAMS];
	v_defaults(desc, values);
	for (uint32_t n = 1; n <= FAILURES_MAX; n++) {
		v_step("allocation %u fails", n);
		if (!life_with_failure(desc, values, n))
			break;
	}
}

static void look_at_devices(int (*devices)(uint32_t i, lq_device *out))
{
	for (uint32_t i = 0; i < DEVICES_MAX; i++) {
		lq_device d;
		memset(&d, 0xa5, sizeof d);
		d.struct_size = sizeof d;
		int r = devices(i, &d);
		if (r < 0)
			return; /* none here, or no way to know */
		if (!memchr(d.id, 0, sizeof d.id) || !memchr(d.name, 0, sizeof d.name))
			v_find("lists a device whose id or name does not end within its room");
		else if (!*d.id)
			v_find("lists a device without an id");
	}
	v_find("lists more than %d devices: the end of the list is LQ_END", DEVICES_MAX);
}

/* What can be asked without media: devices, latency, extensions. */
void v_check_questions(const lq_node_desc *desc)
{
	lq_value values[V_PARAMS];
	const lq_renderer_ops *renderer = desc->kind == LQ_KIND_RENDERER ? desc->kind_ops : NULL;
	const lq_capture_ops *capture = desc->kind == LQ_KIND_CAPTURE ? desc->kind_ops : NULL;
	if (renderer && renderer->devices)
		look_at_devices(renderer->devices);
	if (capture && capture->devices)
		look_at_devices(capture->devices);
	if (desc->ops->extension && desc->ops->extension("loquat.nobody-has-this"))
		v_find("answers to an extension that nobody has defined: the answer is NULL");
	if (!renderer || !renderer->latency)
		return;
	v_defaults(desc, values);
	v_instance *v = v_open(desc, values);
	v_feed_all(v, 3);
	v_enter(v, "latency");
	int64_t latency = renderer->latency(v->self);
	v_leave(v, 0);
	if (latency < 0 || latency > 60 * LQ_SEC)
		v_find("says that its latency is %lld ns", (long long)latency);
	v_destroy(v);
}

/* ---- transports ---- */

static void try_remote(v_instance *v, const lq_transport_ops *ops, uint32_t direction, const char *what, const char *text)
{
	v_step("set_remote with %s", what);
	if (V_OP(v, "set_remote", ops->set_remote(v->self, direction, text)) >= 0)
		v_find("takes %s for a description", what);
}

void v_check_transport(const lq_node_desc *desc)
{
	lq_value values[V_PARAMS];
	char text[16384], longer[40000];
	const lq_transport_ops *ops = desc->kind_ops;
	if (desc->kind != LQ_KIND_TRANSPORT)
		return;
	v_defaults(desc, values);
	memset(longer, 'v', sizeof longer - 1);
	longer[sizeof longer - 1] = 0;
	v_instance *v = v_open(desc, values);
	for (uint32_t direction = LQ_SEND; direction <= LQ_RECEIVE; direction++) {
		int r = ops->open ? V_OP(v, "open", ops->open(v->self, direction, NULL)) : 0;
		for (uint32_t i = 0; i < V_PORTS && r >= 0 && ops->bind; i++)
			if (v->ports[i].used && v->ports[i].desc->direction == (direction == LQ_SEND ? LQ_IN : LQ_OUT))
				V_OP(v, "bind", ops->bind(v->self, i, "0"));
		if (r >= 0 && ops->set_remote) {
			try_remote(v, ops, direction, "an empty text", "");
			try_remote(v, ops, direction, "a text that is no description", "hello\r\n");
			try_remote(v, ops, direction, "a very long text", longer);
		}
		if (r >= 0 && ops->describe) {
			v_step("describe into one byte");
			if (V_OP(v, "describe", ops->describe(v->self, direction, text, 1)) >= 0)
				v_find("writes a description into one byte");
			v_step("%s", "");
			V_OP(v, "describe", ops->describe(v->self, direction, text, sizeof text));
		}
		v_feed_all(v, 5);
		if (ops->close) {
			v_enter(v, "close");
			ops->close(v->self, direction);
			v_leave(v, 0);
		}
	}
	v_destroy(v);
}
