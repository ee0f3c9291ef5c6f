/* The plugin "pulse": a microphone and a speaker on PulseAudio, or on PipeWire's server of the same protocol. */
#include "../common/util.h"
#include "pulse.h"

static const lq_node_desc *const nodes[] = {&lq__pulse_microphone, &lq__pulse_speaker};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin),
	.abi_minor = LQ_ABI_MINOR,
	.name = "pulse",
	.version = "0.1",
	.licence = "Apache-2.0",
	.summary = "Microphone and speaker on PulseAudio",
	.nodes = nodes,
	.n_nodes = LQ__COUNT(nodes),
};
