/* Several encodings of one track: a=rid (RFC 8851), a=simulcast (RFC 8853), and the groups of sources that came before them. */
#include <ctype.h>
#include <loquat/plugin/errors.h>
#include <stdio.h>
#include <string.h>

#include "webrtc/sdp_attr.h"

int lq_sdp_rid_valid(const char *id, size_t len)
{
	if (!len || len >= LQ_SDP_RID_SIZE)
		return 0;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)id[i]) && id[i] != '-' && id[i] != '_')
			return 0;
	return 1;
}

int lq_sdp_rid_allows(const lq_sdp_rid *rid, uint8_t pt)
{
	static const uint8_t any[sizeof rid->pts];
	return !memcmp(rid->pts, any, sizeof any) || (pt < 128 && rid->pts[pt / 8] & 1 << pt % 8);
}

uint32_t lq_sdp_layers(const lq_sdp_media *m, uint32_t direction, const lq_sdp_rid **out, uint32_t max)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < m->n_rids; i++)
		if (m->rids[i].simulcast && m->rids[i].direction == direction) {
			if (n < max)
				out[n] = &m->rids[i];
			n++;
		}
	return n;
}

int lq_sdp_add_layer(lq_sdp_media *m, const char *id, uint32_t direction)
{
	if (!lq_sdp_rid_valid(id, strlen(id)))
		return LQ_EINVAL;
	if (m->n_rids == LQ_SDP_MAX_RIDS)
		return LQ_ENOSPACE;
	lq_sdp_rid *rid = &m->rids[m->n_rids++];
	*rid = (lq_sdp_rid){.direction = (uint8_t)direction, .simulcast = (uint8_t)m->n_rids};
	snprintf(rid->id, sizeof rid->id, "%s", id);
	return 0;
}

/* The entry of a RID, made when it is new; NULL with the error told. */
static lq_sdp_rid *rid_of(sdp_reader *r, const char *id, size_t len)
{
	lq_sdp_media *m = r->media;
	if (!lq_sdp_rid_valid(id, len)) {
		lq__sdp_fail(r, "a RID is 1 to %d letters, digits, '-' or '_'", LQ_SDP_RID_SIZE - 1);
		return NULL;
	}
	for (uint32_t i = 0; i < m->n_rids; i++)
		if (strlen(m->rids[i].id) == len && !memcmp(m->rids[i].id, id, len))
			return &m->rids[i];
	if (m->n_rids == LQ_SDP_MAX_RIDS) {
		lq__sdp_fail(r, "more than %d RIDs", LQ_SDP_MAX_RIDS);
		return NULL;
	}
	lq_sdp_rid *rid = &m->rids[m->n_rids++];
	memset(rid, 0, sizeof *rid);
	memcpy(rid->id, id, len);
	return rid;
}

/* "pt=96,97;max-width=640": payload types count, the rest is the sender's business. */
static int read_restrictions(sdp_reader *r, lq_sdp_rid *rid, const char *v)
{
	uint64_t pt;
	for (; *v; v += *v == ';') {
		if (strncmp(v, "pt=", 3)) {
			v += strcspn(v, ";");
			continue;
		}
		for (v += 3;; v++) {
			if (lq__sdp_number(&v, 127, &pt) || (*v && *v != ',' && *v != ';'))
				return lq__sdp_fail(r, "pt= wants payload types with commas between");
			rid->pts[pt / 8] |= (uint8_t)(1 << pt % 8);
			if (*v != ',')
				break;
		}
	}
	return 0;
}

int lq__sdp_rid(sdp_reader *r, const char *v)
{
	const char *id, *direction;
	if (!r->media)
		return 0;
	size_t len = lq__sdp_word(&v, &id), n = lq__sdp_word(&v, &direction);
	lq_sdp_rid *rid = rid_of(r, id, len);
	if (!rid)
		return LQ_EPARSE;
	if (rid->direction)
		return lq__sdp_fail(r, "'%s' is there twice", rid->id);
	rid->direction = n == 4 && !memcmp(direction, "send", 4) ? LQ_SDP_SENDONLY : n == 4 && !memcmp(direction, "recv", 4) ? LQ_SDP_RECVONLY : 0;
	if (!rid->direction)
		return lq__sdp_fail(r, "wants a RID and send or recv");
	return read_restrictions(r, rid, v + strspn(v, " "));
}

static uint8_t places(const lq_sdp_media *m)
{
	uint8_t n = 0;
	for (uint32_t i = 0; i < m->n_rids; i++)
		n = m->rids[i].simulcast > n ? m->rids[i].simulcast : n;
	return n;
}

#define LISTED_RECV 2 /* in paused, until all is read */

/* "q;~h,h2;f" */
static int read_list(sdp_reader *r, const char *v, size_t len, int received)
{
	int alternative = 0;
	for (const char *end = v + len;;) {
		int paused = v < end && *v == '~';
		v += paused;
		size_t n = strcspn(v, " ;,");
		lq_sdp_rid *rid = rid_of(r, v, n);
		if (!rid)
			return LQ_EPARSE;
		if (!alternative && rid->simulcast)
			return lq__sdp_fail(r, "'%s' is there twice", rid->id);
		if (!alternative) {
			rid->simulcast = (uint8_t)(places(r->media) + 1);
			rid->paused = (uint8_t)(paused | (received ? LISTED_RECV : 0));
		}
		v += n;
		if (v == end)
			return 0;
		alternative = *v++ == ',';
	}
}

int lq__sdp_simulcast(sdp_reader *r, const char *v)
{
	const char *word, *list;
	int seen[2] = {0};
	if (!r->media)
		return 0;
	if (places(r->media))
		return lq__sdp_fail(r, "is there twice");
	for (size_t n; (n = lq__sdp_word(&v, &word));) {
		size_t len = lq__sdp_word(&v, &list);
		int received = n == 4 && !memcmp(word, "recv", 4);
		if ((!received && (n != 4 || memcmp(word, "send", 4))) || !len || seen[received]++)
			return lq__sdp_fail(r, "wants send or recv, each with a list of RIDs");
		if (read_list(r, list, len, received))
			return LQ_EPARSE;
	}
	return seen[0] || seen[1] ? 0 : lq__sdp_fail(r, "wants send or recv, each with a list of RIDs");
}

int lq__sdp_sim_group(sdp_reader *r, const char *v)
{
	lq_sdp_media *m = r->media;
	uint64_t ssrc;
	m->n_sims = 0;
	while (*(v += strspn(v, " "))) {
		if (lq__sdp_number(&v, UINT32_MAX, &ssrc) || !ssrc || (*v && *v != ' '))
			return lq__sdp_fail(r, "SIM wants sources");
		if (m->n_sims == LQ_SDP_MAX_SSRCS)
			return lq__sdp_fail(r, "more than %d sources", LQ_SDP_MAX_SSRCS);
		m->sims[m->n_sims++] = (uint32_t)ssrc;
	}
	return m->n_sims ? 0 : lq__sdp_fail(r, "SIM wants sources");
}

static int before(const lq_sdp_rid *a, const lq_sdp_rid *b)
{
	return a->simulcast && (!b->simulcast || a->simulcast < b->simulcast);
}

/* RFC 8853 5.2: what a=simulcast names without an a=rid of that direction is left out of it. */
void lq__sdp_complete_rids(lq_sdp_media *m)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < m->n_rids; i++) {
		lq_sdp_rid rid = m->rids[i];
		if (!rid.direction)
			continue;
		if (rid.direction != (rid.paused & LISTED_RECV ? LQ_SDP_RECVONLY : LQ_SDP_SENDONLY))
			rid.simulcast = 0;
		rid.paused = rid.simulcast && rid.paused & 1;
		uint32_t at = n++;
		for (; at > 0 && before(&rid, &m->rids[at - 1]); at--)
			m->rids[at] = m->rids[at - 1];
		m->rids[at] = rid;
	}
	memset(&m->rids[n], 0, (m->n_rids - n) * sizeof *m->rids);
	m->n_rids = n;
	for (uint32_t i = 0, place = 0; i < n; i++)
		if (m->rids[i].simulcast)
			m->rids[i].simulcast = (uint8_t)++place;
}
