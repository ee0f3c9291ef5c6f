/* What the files of this plugin share. */
#ifndef LQ_PULSE_PULSE_H
#define LQ_PULSE_PULSE_H

#include <loquat/plugin/plugin.h>

#define LQ__PULSE_RATE 48000

extern const lq_node_desc lq__pulse_microphone;
extern const lq_node_desc lq__pulse_speaker;

/* [control] Is there a server? Answers within a fifth of a second and starts none. */
int lq__pulse_probe(char *text, size_t size);

/* [control] Entry i of the server's sinks or sources, a sink's monitor behind the real sources; LQ_END behind the last. */
int lq__pulse_device(int sinks, uint32_t i, lq_device *out);

#endif
