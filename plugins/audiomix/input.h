/* One input of the mixer: a bounded ring of stereo samples and the rules of when they are played. All in the mixer's 48 kHz. */
#ifndef LQ_PLUGINS_AUDIOMIX_INPUT_H
#define LQ_PLUGINS_AUDIOMIX_INPUT_H

#include <loquat/plugin/buffer.h>
#include <stdint.h>

enum { MIX_RATE = 48000, MIX_TICK = MIX_RATE / 100, MIX_RING = MIX_RATE * 2 / 5 };

typedef struct mix_input {
	float ring[MIX_RING][2];
	uint32_t head, n;
	int64_t due;          /* when the sample at head is to be heard; LQ_TIME_NONE: at once */
	int64_t capture_time; /* of the sample at head */
	int playing;          /* has begun, and has not run dry since */
	int ended;
	uint32_t low;         /* fewest samples left behind since `ticks` was 0 */
	uint32_t ticks;
	uint32_t surplus;     /* samples to be cut out bit by bit */
	float gain, wanted;   /* factor of this input; it moves to the wanted one within a tick */
	float peak;           /* since it was last asked for */
	uint64_t buffers, received, played, silence, underruns, overflow, removed;
} mix_input;

void mix_input_init(mix_input *in);

/* Appends a raw buffer, F32 or S16 of 1 or 2 channels and 48 kHz. */
void mix_input_push(mix_input *in, const lq_buffer *buf);

/* Adds the input's part of the tick that begins at `time` to out, times gain. Returns the number of samples that it gave; *capture_time is
 * that of the tick's first sample, or LQ_TIME_NONE. */
uint32_t mix_input_pull(mix_input *in, int64_t time, float gain, float out[MIX_TICK][2], int64_t *capture_time);

#endif
