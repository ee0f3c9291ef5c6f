/* The nodes of the plugin. */
#ifndef LQ_PLUGINS_TESTSRC_H
#define LQ_PLUGINS_TESTSRC_H

#include <loquat/plugin/plugin.h>

extern const lq_node_desc lq__pattern, lq__tone, lq__barcode_filter;

/* "Neutral" colour under the bar code's strip. */
void lq__grey_strip(lq_buffer *buf, uint32_t rows);

#endif
