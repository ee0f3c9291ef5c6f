/* The fields of every struct of the plugin ABI in their order, and the numbers that have a meaning in it. A struct that is GROWS begins with
 * its size and may get fields at its end; a table that is FIXED never changes. Whoever adds a field to a header adds it here. */
#ifndef LQ_TESTS_ABI_LAYOUT_H
#define LQ_TESTS_ABI_LAYOUT_H

#define ABI_STRUCTS(FIXED, GROWS, F) \
	GROWS(lq_format) \
		F(lq_format, struct_size) F(lq_format, media) F(lq_format, codec) F(lq_format, pixel) F(lq_format, width) F(lq_format, height) \
		F(lq_format, fps_num) F(lq_format, fps_den) F(lq_format, sample) F(lq_format, rate) F(lq_format, channels) F(lq_format, extra_size) \
		F(lq_format, extra) \
	GROWS(lq_buffer) \
		F(lq_buffer, struct_size) F(lq_buffer, flags) F(lq_buffer, format) F(lq_buffer, pts) F(lq_buffer, dts) F(lq_buffer, duration) \
		F(lq_buffer, capture_time) F(lq_buffer, planes) F(lq_buffer, strides) F(lq_buffer, size) F(lq_buffer, samples) F(lq_buffer, n_planes) \
		F(lq_buffer, layer) F(lq_buffer, priority) \
	GROWS(lq_event) \
		F(lq_event, struct_size) F(lq_event, type) F(lq_event, port) F(lq_event, direction) F(lq_event, value) F(lq_event, text) \
	FIXED(lq_param_desc) \
		F(lq_param_desc, name) F(lq_param_desc, type) F(lq_param_desc, flags) F(lq_param_desc, unit) F(lq_param_desc, def) F(lq_param_desc, min) \
		F(lq_param_desc, max) F(lq_param_desc, choices) F(lq_param_desc, help) \
	FIXED(lq_value) \
		F(lq_value, type) F(lq_value, is_set) F(lq_value, i) F(lq_value, f) F(lq_value, s) F(lq_value, num) F(lq_value, den) \
	FIXED(lq_host) \
		F(lq_host, struct_size) F(lq_host, abi_minor) F(lq_host, host_data) F(lq_host, now) F(lq_host, log) F(lq_host, fail) \
		F(lq_host, format_new) F(lq_host, format_ref) F(lq_host, format_unref) F(lq_host, buffer_new) F(lq_host, buffer_wrap) \
		F(lq_host, buffer_ref) F(lq_host, buffer_unref) F(lq_host, buffer_writable) F(lq_host, submit) F(lq_host, event) F(lq_host, upstream) \
		F(lq_host, wake_at) F(lq_host, watch) F(lq_host, extension) \
	FIXED(lq_port_desc) \
		F(lq_port_desc, name) F(lq_port_desc, direction) F(lq_port_desc, media) F(lq_port_desc, flags) \
	FIXED(lq_stat) \
		F(lq_stat, name) F(lq_stat, value) \
	FIXED(lq_node_ops) \
		F(lq_node_ops, probe) F(lq_node_ops, create) F(lq_node_ops, destroy) F(lq_node_ops, add_port) F(lq_node_ops, remove_port) \
		F(lq_node_ops, formats) F(lq_node_ops, set_format) F(lq_node_ops, start) F(lq_node_ops, stop) F(lq_node_ops, run) \
		F(lq_node_ops, set_param) F(lq_node_ops, event) F(lq_node_ops, stats) F(lq_node_ops, extension) \
	GROWS(lq_device) \
		F(lq_device, struct_size) F(lq_device, id) F(lq_device, name) F(lq_device, is_default) \
	FIXED(lq_capture_ops) \
		F(lq_capture_ops, devices) F(lq_capture_ops, read) F(lq_capture_ops, wake) \
	FIXED(lq_codec_ops) \
		F(lq_codec_ops, send) F(lq_codec_ops, flush) \
	FIXED(lq_filter_ops) \
		F(lq_filter_ops, process) F(lq_filter_ops, flush) \
	FIXED(lq_renderer_ops) \
		F(lq_renderer_ops, render) F(lq_renderer_ops, flush) F(lq_renderer_ops, latency) F(lq_renderer_ops, devices) \
	FIXED(lq_transport_ops) \
		F(lq_transport_ops, open) F(lq_transport_ops, close) F(lq_transport_ops, bind) F(lq_transport_ops, describe) \
		F(lq_transport_ops, set_remote) F(lq_transport_ops, send) \
	FIXED(lq_node_desc) \
		F(lq_node_desc, struct_size) F(lq_node_desc, kind) F(lq_node_desc, id) F(lq_node_desc, summary) F(lq_node_desc, rank) \
		F(lq_node_desc, flags) F(lq_node_desc, ports) F(lq_node_desc, n_ports) F(lq_node_desc, n_params) F(lq_node_desc, params) \
		F(lq_node_desc, ops) F(lq_node_desc, kind_ops) \
	FIXED(lq_plugin) \
		F(lq_plugin, struct_size) F(lq_plugin, abi_minor) F(lq_plugin, name) F(lq_plugin, version) F(lq_plugin, licence) F(lq_plugin, summary) \
		F(lq_plugin, nodes) F(lq_plugin, n_nodes) F(lq_plugin, reserved) F(lq_plugin, init) F(lq_plugin, exit)

#define ABI_NUMBERS(N) \
	N(LQ_MEDIA_NONE) N(LQ_MEDIA_AUDIO) N(LQ_MEDIA_VIDEO) N(LQ_CODEC_NONE) N(LQ_CODEC_RAW) N(LQ_CODEC_H264) N(LQ_CODEC_VP8) N(LQ_CODEC_VP9) \
	N(LQ_CODEC_AV1) N(LQ_CODEC_H265) N(LQ_CODEC_OPUS) N(LQ_CODEC_AAC) N(LQ_CODEC_PCMU) N(LQ_CODEC_PCMA) N(LQ_PIXEL_NONE) N(LQ_PIXEL_I420) \
	N(LQ_PIXEL_NV12) N(LQ_PIXEL_YUYV) N(LQ_PIXEL_BGRA) N(LQ_PIXEL_RGBA) N(LQ_SAMPLE_NONE) N(LQ_SAMPLE_S16) N(LQ_SAMPLE_F32) N(LQ_BUFFER_KEY) \
	N(LQ_BUFFER_DISCONTINUITY) N(LQ_BUFFER_CORRUPT) N(LQ_BUFFER_LOST) N(LQ_BUFFER_EOS) N(LQ_EVENT_KEY_FRAME) N(LQ_EVENT_TARGET_RATE) \
	N(LQ_EVENT_LOSS) N(LQ_EVENT_STATE) N(LQ_EVENT_DESCRIPTION) N(LQ_EVENT_ERROR) N(LQ_EVENT_EOS) N(LQ_EVENT_FIRST_BUFFER) N(LQ_EVENT_DEVICE) \
	N(LQ_EVENT_CLOSED) N(LQ_EVENT_LEVEL) N(LQ_EVENT_DROPPED) N(LQ_EVENT_WARNING) N(LQ_EVENT_DATA) N(LQ_STATE_NEW) N(LQ_STATE_CONNECTING) N(LQ_STATE_CONNECTED) \
	N(LQ_STATE_DISCONNECTED) N(LQ_STATE_FAILED) N(LQ_STATE_CLOSED) N(LQ_PARAM_BOOL) N(LQ_PARAM_INT) N(LQ_PARAM_FLOAT) N(LQ_PARAM_STRING) \
	N(LQ_PARAM_CHOICE) N(LQ_PARAM_SIZE) N(LQ_PARAM_FRACTION) N(LQ_PARAM_RUNTIME) N(LQ_PARAM_SECRET) N(LQ_PARAM_REQUIRED) N(LQ_PARAM_FILE) \
	N(LQ_LOG_FATAL) N(LQ_LOG_ERROR) N(LQ_LOG_WARNING) N(LQ_LOG_INFO) N(LQ_LOG_DEBUG) N(LQ_LOG_TRACE) N(LQ_KIND_CAPTURE) N(LQ_KIND_CODEC) \
	N(LQ_KIND_FILTER) N(LQ_KIND_TRANSPORT) N(LQ_KIND_RENDERER) N(LQ_NODE_LIVE) N(LQ_NODE_BLOCKING) N(LQ_NODE_OWN_THREAD) N(LQ_NODE_GPL) N(LQ_NODE_PURE) N(LQ_IN) \
	N(LQ_OUT) N(LQ_PORT_OPTIONAL) N(LQ_PORT_MANY) N(LQ_SEND) N(LQ_RECEIVE) N(LQ_TIME_NONE) N(LQ_ABI_MAJOR) N(LQ_ABI_MINOR)

#endif
