/* The plugin of nodes for tests of the SDK. */
#ifndef SDK_PLUGIN_TEST_H
#define SDK_PLUGIN_TEST_H

#include <loquat/plugin/plugin.h>

enum { WIDTH = 32, HEIGHT = 16, SAMPLES = 480, PICTURE = WIDTH * HEIGHT * 3 / 2 };

lq_format video_raw(void);
lq_format audio_raw(void);
lq_format packet_of(uint32_t media);

extern const lq_node_desc transport_test;

#endif
