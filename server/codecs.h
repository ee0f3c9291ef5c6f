/* The codecs that the server forwards, and how it offers them: the same payload types for all subscribers and sections, as BUNDLE wants it. */
#ifndef LQ_SERVER_CODECS_H
#define LQ_SERVER_CODECS_H

#include "webrtc/sdp.h"

int lq__codec_forwarded(uint32_t codec, uint32_t media);
/* H.264: which profile, 0 for others. */
uint32_t lq__codec_profile(const lq_sdp_codec *c);
/* Writes the codec, its RTX and the header extensions into a section that is to be offered. */
void lq__codec_offer(uint32_t codec, uint32_t profile, lq_sdp_media *out);

#endif
