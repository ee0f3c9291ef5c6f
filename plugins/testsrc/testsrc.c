/* Picture and sound for tests and for computers without a camera: a moving pattern and a tone, both carrying marks that are read back. The
 * same as devices that can be listed, chosen and pulled out. */
#include "testsrc_nodes.h"
#include "virtual.h"

static const lq_node_desc *const nodes[] = {&lq__pattern, &lq__tone, &lq__barcode_filter, &lq__virtual_camera, &lq__virtual_microphone,
                                            &lq__virtual_speaker};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin),
	.abi_minor = LQ_ABI_MINOR,
	.name = "testsrc",
	.version = "0.1",
	.licence = "Apache-2.0",
	.summary = "Test pattern, test tone, frame bar code and virtual devices",
	.nodes = nodes,
	.n_nodes = sizeof nodes / sizeof *nodes,
};
