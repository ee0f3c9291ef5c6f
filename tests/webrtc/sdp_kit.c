#include "sdp_kit.h"

#include <stdio.h>

char sdp_text[64 * 1024];
char sdp_error[300];

size_t load(const char *name)
{
	char path[1000];
	const char *top = getenv("top_srcdir");
	snprintf(path, sizeof path, "%s/tests/webrtc/sdp/%s.sdp", top ? top : "..", name);
	FILE *f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "%s", path);
	size_t n = fread(sdp_text, 1, sizeof sdp_text - 1, f);
	fclose(f);
	sdp_text[n] = 0;
	return n;
}

lq_sdp parse_file(const char *name)
{
	lq_sdp s;
	size_t n = load(name);
	int e = lq_sdp_parse(sdp_text, n, &s, sdp_error, sizeof sdp_error);
	ck_assert_msg(!e, "%s: %s", name, sdp_error);
	return s;
}

lq_sdp parse(const char *t)
{
	lq_sdp s;
	int e = lq_sdp_parse(t, strlen(t), &s, sdp_error, sizeof sdp_error);
	ck_assert_msg(!e, "%s", sdp_error);
	return s;
}

void assert_same(const lq_sdp *a, const lq_sdp *b)
{
	lq_sdp x = *a, y = *b;
	ck_assert_uint_eq(a->n_media, b->n_media);
	for (uint32_t i = 0; i < a->n_media; i++)
		ck_assert_msg(!memcmp(&a->media[i], &b->media[i], sizeof a->media[i]), "section %u", i);
	x.media = y.media = NULL;
	ck_assert(!memcmp(&x, &y, sizeof x));
}

void assert_layers(const lq_sdp_media *m, uint32_t direction, const char *want)
{
	const lq_sdp_rid *layers[LQ_SDP_MAX_RIDS];
	char got[200] = "";
	uint32_t n = lq_sdp_layers(m, direction, layers, LQ_SDP_MAX_RIDS);
	for (uint32_t i = 0; i < n; i++)
		snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s%s", i ? ";" : "", layers[i]->paused ? "~" : "", layers[i]->id);
	ck_assert_str_eq(got, want);
}
