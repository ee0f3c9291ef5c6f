#include "webrtc/ice_lite.h"

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>
#include <openssl/rand.h>
#include <string.h>

static int random_text(char *out, size_t n)
{
	static const char ice_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t bytes[64];
	if (RAND_bytes(bytes, (int)n) != 1)
		return LQ_ECRYPTO;
	for (size_t i = 0; i < n; i++)
		out[i] = ice_chars[bytes[i] & 63];
	out[n] = 0;
	return 0;
}

int lq_ice_credentials(char ufrag[LQ_ICE_UFRAG_SIZE], char pwd[LQ_ICE_PWD_SIZE])
{
	int e = random_text(ufrag, LQ_ICE_UFRAG_SIZE - 1);
	return e ? e : random_text(pwd, LQ_ICE_PWD_SIZE - 1);
}

int lq_ice_lite_init(lq_ice_lite *ice)
{
	memset(ice, 0, sizeof *ice);
	ice->last_check = LQ_TIME_NONE;
	return lq_ice_credentials(ice->ufrag, ice->pwd);
}

int lq_ice_lite_set_remote(lq_ice_lite *ice, const char *ufrag)
{
	size_t n = strlen(ufrag);
	if (n >= sizeof ice->remote_ufrag)
		return LQ_ERANGE;
	memcpy(ice->remote_ufrag, ufrag, n + 1);
	return 0;
}

static int username_is_ours(const lq_ice_lite *ice, const lq_stun *msg)
{
	size_t local = strlen(ice->ufrag), remote = strlen(ice->remote_ufrag), n = msg->username_len;
	if (n < local + 1 || memcmp(msg->username, ice->ufrag, local) || msg->username[local] != ':')
		return 0;
	return !remote || (n == local + 1 + remote && !memcmp(msg->username + local + 1, ice->remote_ufrag, remote));
}

static int select_pair(lq_ice_lite *ice, const lq_addr *from, uint32_t priority, int nominated)
{
	int changed = !lq_addr_equal(&ice->selected, from);
	ice->selected = *from;
	ice->priority = priority;
	ice->nominated = nominated;
	ice->rival.len = 0;
	return changed;
}

/* A peer that nominates aggressively nominates every pair once: the highest priority wins. One that has moved to another path nominates
 * the new one again and again, whatever its priority, and the old one no more: the second time, it is believed. */
static int follow(lq_ice_lite *ice, const lq_stun *msg, const lq_addr *from)
{
	int same = lq_addr_equal(&ice->selected, from);
	if (!msg->use_candidate)
		return ice->selected.len ? 0 : select_pair(ice, from, msg->priority, 0);
	if (!ice->nominated || same || msg->priority >= ice->priority || lq_addr_equal(&ice->rival, from))
		return select_pair(ice, from, msg->priority, 1);
	ice->rival = *from;
	return 0;
}

/* The error to answer with (RFC 8489 9.1.3, RFC 8445 7.3), 0: none. *authentic tells whether the answer may carry integrity. */
static uint16_t verdict(const lq_ice_lite *ice, const uint8_t *data, size_t len, const lq_stun *msg, const char **reason, int *authentic)
{
	*authentic = 0;
	*reason = "Bad Request";
	if (!msg->has_integrity || !msg->username)
		return 400;
	*reason = "Unauthorized";
	if (!username_is_ours(ice, msg) || lq_stun_check(data, len, msg, ice->pwd))
		return 401;
	*authentic = 1;
	*reason = "Unknown Attribute";
	if (msg->n_unknown)
		return 420;
	*reason = "Role Conflict"; /* a lite agent cannot control: the peer has to */
	return msg->controlled ? 487 : 0;
}

int lq_ice_lite_input(lq_ice_lite *ice, const uint8_t *data, size_t len, const lq_addr *from, int64_t now, uint8_t *reply, size_t reply_size,
                      size_t *reply_len, int *selected_changed)
{
	lq_stun msg;
	const char *reason;
	int authentic;
	*reply_len = 0;
	*selected_changed = 0;
	if (lq_stun_parse(data, len, &msg) || msg.type != LQ_STUN_BINDING_REQUEST)
		return LQ_EPARSE;
	uint16_t code = verdict(ice, data, len, &msg, &reason, &authentic);
	if (code) {
		ice->refused++;
		*reply_len = lq_stun_build_error(reply, reply_size, &msg, code, reason, authentic ? ice->pwd : NULL);
		return code == 401 ? LQ_ECRYPTO : LQ_EPROTO;
	}
	*reply_len = lq_stun_build_success(reply, reply_size, &msg, from, ice->pwd);
	*selected_changed = follow(ice, &msg, from);
	ice->last_check = now;
	ice->checks++;
	return 0;
}

int64_t lq_ice_lite_expires(const lq_ice_lite *ice)
{
	return ice->last_check == LQ_TIME_NONE ? LQ_TIME_NONE : ice->last_check + LQ_ICE_CONSENT;
}

int lq_ice_lite_alive(const lq_ice_lite *ice, int64_t now)
{
	return ice->last_check != LQ_TIME_NONE && now < ice->last_check + LQ_ICE_CONSENT;
}
