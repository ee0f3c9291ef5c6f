#include "sync.h"

#include <loquat/plugin/buffer.h>

#define AUDIO_MAY_LEAD (15 * LQ_MSEC)
#define MAX_EXTRA (200 * LQ_MSEC) /* better out of step than a conversation with long pauses */
#define MAX_STEP (40 * LQ_MSEC)

int64_t lq__ntp_to_ns(uint64_t ntp)
{
	return (int64_t)(ntp >> 32) * LQ_SEC + (int64_t)(((ntp & 0xffffffff) * (uint64_t)LQ_SEC) >> 32);
}

uint64_t lq__ns_to_ntp(int64_t ns)
{
	return ((uint64_t)(ns / LQ_SEC) << 32) + (((uint64_t)(ns % LQ_SEC) << 32) + LQ_SEC / 2) / (uint64_t)LQ_SEC;
}

int64_t lq__sr_ntp(const lq__sr_map *m, int64_t rtp, uint32_t rate)
{
	int64_t since = rtp - m->rtp, r = rate;
	return m->ntp + since / r * LQ_SEC + since % r * LQ_SEC / r;
}

static int64_t towards(int64_t from, int64_t to)
{
	to = to < 0 ? 0 : to > MAX_EXTRA ? MAX_EXTRA : to;
	if (to > from + MAX_STEP)
		return from + MAX_STEP;
	return to < from - MAX_STEP ? from - MAX_STEP : to;
}

void lq__sync_step(int64_t audio, int64_t heard, int64_t video, int64_t may_lag, int64_t *audio_extra, int64_t *video_extra)
{
	*audio_extra = towards(*audio_extra, video - audio - AUDIO_MAY_LEAD);
	*video_extra = towards(*video_extra, heard - video - may_lag);
}
