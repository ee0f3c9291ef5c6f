/* What of WebRTC's audio processing module this plugin uses, for C. 48 kHz in chunks of 10 ms, one plane a channel. */
#ifndef LQ_PLUGINS_APM_PROCESSING_H
#define LQ_PLUGINS_APM_PROCESSING_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { APM_RATE = 48000, APM_CHUNK = APM_RATE / 100, APM_CHANNELS = 2 };

typedef struct apm_processing apm_processing;

typedef struct apm_settings {
	int echo, noise, gain; /* noise: 0 off to 3 high */
} apm_settings;

apm_processing *apm_create(void); /* NULL: no memory */
void apm_destroy(apm_processing *p);
int apm_configure(apm_processing *p, const apm_settings *settings); /* 0, or the library's negative code */

/* What is played. */
int apm_far(apm_processing *p, float (*planes)[APM_CHUNK], uint32_t channels);
/* What the microphone hears, in place. delay_ms: from then on that a far chunk is given until its echo is given. */
int apm_near(apm_processing *p, float (*planes)[APM_CHUNK], uint32_t channels, int delay_ms);

/* By how many dB the echo is lower than it came; 0 unknown. */
int apm_echo_reduction(const apm_processing *p);

#ifdef __cplusplus
}
#endif
#endif
