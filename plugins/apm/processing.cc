#include "processing.h"

#include <memory>
#include <new>

#include <webrtc/common.h>
#include <webrtc/modules/audio_processing/include/audio_processing.h>

using webrtc::AudioProcessing;

struct apm_processing {
	std::unique_ptr<AudioProcessing> library;
	bool echo;
};

apm_processing *apm_create(void)
{
	webrtc::Config config;
	/* Sound servers say little of their delays, so the library looks for the echo itself, with a long filter. */
	config.Set<webrtc::ExtendedFilter>(new webrtc::ExtendedFilter(true));
	config.Set<webrtc::DelayAgnostic>(new webrtc::DelayAgnostic(true));
	std::unique_ptr<AudioProcessing> library(AudioProcessing::Create(config));
	return library ? new (std::nothrow) apm_processing{std::move(library), false} : nullptr;
}

void apm_destroy(apm_processing *p)
{
	delete p;
}

int apm_configure(apm_processing *p, const apm_settings *s)
{
	static const webrtc::NoiseSuppression::Level levels[] = {webrtc::NoiseSuppression::kLow, webrtc::NoiseSuppression::kLow, webrtc::NoiseSuppression::kModerate,
	                                                         webrtc::NoiseSuppression::kHigh};
	AudioProcessing *a = p->library.get();
	p->echo = s->echo;
	int r = a->high_pass_filter()->Enable(s->echo || s->noise);
	r = r ? r : a->echo_cancellation()->set_suppression_level(webrtc::EchoCancellation::kModerateSuppression);
	r = r ? r : a->echo_cancellation()->enable_metrics(true);
	r = r ? r : a->echo_cancellation()->Enable(s->echo);
	r = r ? r : a->noise_suppression()->set_level(levels[s->noise]);
	r = r ? r : a->noise_suppression()->Enable(s->noise);
	r = r ? r : a->gain_control()->set_mode(webrtc::GainControl::kAdaptiveDigital);
	return r ? r : a->gain_control()->Enable(s->gain);
}

int apm_far(apm_processing *p, float (*planes)[APM_CHUNK], uint32_t channels)
{
	float *at[APM_CHANNELS] = {planes[0], planes[1]};
	webrtc::StreamConfig config(APM_RATE, static_cast<int>(channels));
	return p->library->ProcessReverseStream(at, config, config, at);
}

int apm_near(apm_processing *p, float (*planes)[APM_CHUNK], uint32_t channels, int delay_ms)
{
	float *at[APM_CHANNELS] = {planes[0], planes[1]};
	webrtc::StreamConfig config(APM_RATE, static_cast<int>(channels));
	if (p->echo)
		p->library->set_stream_delay_ms(delay_ms);
	return p->library->ProcessStream(at, config, config, at);
}

int apm_echo_reduction(const apm_processing *p)
{
	webrtc::EchoCancellation::Metrics m;
	if (!p->echo || p->library->echo_cancellation()->GetMetrics(&m))
		return 0;
	return m.echo_return_loss_enhancement.instant;
}
