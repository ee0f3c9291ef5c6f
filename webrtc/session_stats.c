#include "session_internal.h"

typedef struct sink {
	lq_session_stat_fn fn;
	void *arg;
	const char *mid;
} sink;

static void tell(const sink *k, const char *name, double value)
{
	k->fn(k->arg, k->mid, name, value);
}

static void sender_stats(const sink *k, const lq__track *t)
{
	const lq__sender *snd = t->send;
	tell(k, "packetsSent", (double)snd->packets_sent);
	tell(k, "bytesSent", (double)snd->bytes_sent);
	tell(k, "retransmittedPacketsSent", (double)snd->retransmitted);
	tell(k, "framesSent", (double)snd->frames_sent);
	tell(k, "framesDropped", (double)snd->frames_dropped);
	tell(k, "nackCount", (double)snd->nack_count);
	tell(k, "pliCount", (double)snd->pli_count);
	tell(k, "firCount", (double)snd->fir_count);
	tell(k, "roundTripTime", (double)snd->rtt / 1e9);
	tell(k, "fractionLost", snd->fraction_lost / 256.0);
	tell(k, "packetsLost", (double)snd->lost);
}

static void audio_stats(const sink *k, const lq__receiver *r)
{
	lq__jitter_audio_stats a;
	lq__jitter_audio_get_stats(r->audio, &a);
	tell(k, "totalSamplesReceived", (double)a.total_samples);
	tell(k, "concealedSamples", (double)a.concealed_samples);
	tell(k, "silentConcealedSamples", (double)a.silent_concealed_samples);
	tell(k, "concealmentEvents", (double)a.concealment_events);
	tell(k, "insertedSamplesForDeceleration", (double)a.inserted_samples);
	tell(k, "removedSamplesForAcceleration", (double)a.removed_samples);
	tell(k, "jitterBufferDelay", a.delay_seconds);
	tell(k, "jitterBufferEmittedCount", (double)a.emitted_samples);
	tell(k, "jitterBufferTarget", (double)a.target / 1e9); /* s, now; W3C's jitterBufferTargetDelay is its sum */
}

static void video_stats(const sink *k, const lq__receiver *r)
{
	tell(k, "framesDropped", (double)lq__jitter_video_dropped(r->video));
	tell(k, "keyFramesReceived", (double)r->sum.key_frames);
	tell(k, "jitterBufferDelay", r->sum.jitter_delay);
	tell(k, "jitterBufferEmittedCount", (double)r->sum.frames);
	tell(k, "nackCount", (double)r->sum.nack_count);
	tell(k, "pliCount", (double)r->sum.pli_count);
	tell(k, "retransmittedPacketsReceived", (double)r->sum.retransmitted);
}

static void receiver_stats(const sink *k, const lq__track *t)
{
	const lq__receiver *r = t->receive;
	int64_t expected = r->received ? r->highest - r->base_seq + 1 : 0;
	tell(k, "packetsReceived", (double)r->sum.packets);
	tell(k, "bytesReceived", (double)r->sum.bytes);
	tell(k, "packetsLost", (double)(expected - (int64_t)r->received));
	tell(k, "packetsDiscarded", (double)r->sum.discarded);
	tell(k, "jitter", t->rate ? r->jitter / t->rate : 0);
	tell(k, "framesReceived", (double)r->sum.frames);
	if (r->audio)
		audio_stats(k, r);
	else
		video_stats(k, r);
}

void lq_session_stats(lq_session *s, lq_session_stat_fn fn, void *arg)
{
	for (uint32_t i = 0; i < s->n_tracks; i++) {
		const lq__track *t = s->tracks[i];
		sink k = {fn, arg, t->name};
		if (t->send)
			sender_stats(&k, t);
		if (t->receive)
			receiver_stats(&k, t);
	}
	sink whole = {fn, arg, ""};
	tell(&whole, "badPackets", (double)s->bad_packets);
	tell(&whole, "unknownPackets", (double)s->unknown_packets);
}
