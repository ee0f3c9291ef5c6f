#include "tests/server/wire.h"

#include <check.h>
#include <string.h>

#include "webrtc/session_internal.h"

int wire_keys(const lq_session *s, lq_srtp_keys *out)
{
	return lq_dtls_keys(s->dtls, out);
}

void wire_group_by_ssrc(const lq_session *s, char *text, size_t size)
{
	lq_sdp sdp;
	char error[200];
	ck_assert_int_eq(lq_sdp_parse(text, strlen(text), &sdp, error, sizeof error), 0);
	lq_sdp_media *m = &sdp.media[0];
	m->n_rids = 0;
	m->n_exts = 3;
	for (uint32_t i = s->n_tracks; i-- > 0;) {
		m->sims[m->n_sims++] = s->tracks[i]->ssrc;
		m->ssrcs[m->n_ssrcs].ssrc = s->tracks[i]->ssrc;
		m->ssrcs[m->n_ssrcs++].rtx = s->tracks[i]->rtx_ssrc;
	}
	ck_assert_int_gt(lq_sdp_write(&sdp, text, size), 0);
	lq_sdp_free(&sdp);
}

void wire_send_all(lq_session *s)
{
	const lq__track *first = s->tracks[0];
	for (uint32_t i = 1; i < s->n_tracks; i++) {
		lq__track *t = s->tracks[i];
		t->active = 1;
		t->codec = first->codec;
		t->rate = first->rate;
		t->feedback = first->feedback;
		t->pt = first->pt;
		t->rtx_pt = first->rtx_pt;
		t->ext_send_time = first->ext_send_time;
	}
}
