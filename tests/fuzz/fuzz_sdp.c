#include <string.h>

#include <loquat/plugin/buffer.h>

#include "fuzz.h"
#include "webrtc/sdp.h"
#include "webrtc/sdp_answer.h"

static char text[2][1 << 20];

/* Writes and reads again. */
static void pass(lq_sdp *s, char *out)
{
	char error[200];
	int n = lq_sdp_write(s, out, sizeof text[0]);
	lq_sdp_free(s);
	MUST(n > 0 && strlen(out) == (size_t)n);
	MUST(!lq_sdp_parse(out, (size_t)n, s, error, sizeof error));
}

static void answer(const lq_sdp *offer)
{
	static const uint32_t codecs[] = {LQ_CODEC_VP8, LQ_CODEC_H264, LQ_CODEC_VP9, LQ_CODEC_OPUS};
	static const char *const exts[] = {LQ_EXT_MID, LQ_EXT_TWCC, LQ_EXT_RID};
	const lq_sdp_answer_options options = {.codecs = codecs, .n_codecs = 4, .rtx = 1, .direction = LQ_SDP_SENDRECV, .feedback = LQ_FB_NACK,
	                                       .exts = exts, .n_exts = 3, .max_layers = 3, .setup = LQ_SETUP_PASSIVE};
	lq_sdp a;
	MUST(!lq_sdp_answer(offer, &options, &a));
	MUST(a.n_media == offer->n_media);
	for (uint32_t i = 0; i < a.n_media; i++)
		MUST(!strcmp(a.media[i].mid, offer->media[i].mid) && (lq_sdp_media_alive(&offer->media[i]) || !lq_sdp_media_alive(&a.media[i])));
	pass(&a, text[0]);
	lq_sdp_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	lq_sdp s;
	char error[200];
	if (!lq_sdp_parse((const char *)data, size, &s, error, sizeof error)) {
		answer(&s);
		pass(&s, text[0]);
		/* Once in our own order, it stays as it is. */
		pass(&s, text[0]);
		pass(&s, text[1]);
		MUST(!strcmp(text[0], text[1]));
	} else {
		MUST(error[0]);
	}
	lq_sdp_free(&s);
	return 0;
}
