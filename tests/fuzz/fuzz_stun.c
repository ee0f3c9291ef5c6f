/* STUN and the ICE-lite agent. The first byte says whether the rest is a datagram, or attributes that we wrap and sign as an authentic peer would. */
#include <string.h>

#include "fuzz.h"
#include "webrtc/bytes.h"
#include "webrtc/ice_lite.h"
#include "webrtc/stun_wire.h"

static void agent(const uint8_t *data, size_t size)
{
	lq_ice_lite ice = {.ufrag = "ufrag", .pwd = "password", .remote_ufrag = "peer"};
	uint8_t reply[256];
	size_t reply_len;
	int changed;
	lq_addr from;
	lq_stun answer;
	MUST(!lq_addr_parse("127.0.0.1", 5000, &from));
	for (int64_t now = 1; now < 3; now++) {
		int e = lq_ice_lite_input(&ice, data, size, &from, now, reply, sizeof reply, &reply_len, &changed);
		MUST(reply_len <= sizeof reply);
		MUST(!reply_len || !lq_stun_parse(reply, reply_len, &answer));
		MUST(e || (reply_len && answer.type == LQ_STUN_BINDING_SUCCESS && lq_addr_equal(&answer.mapped, &from) && ice.last_check == now));
	}
}

static void datagram(const uint8_t *data, size_t size)
{
	lq_stun m;
	const char *ufrag;
	size_t n;
	char text[64];
	if (!lq_stun_parse(data, size, &m)) {
		lq_stun_check(data, size, &m, "password");
		lq_addr_format(&m.mapped, text, sizeof text);
		lq_addr_hash(&m.mapped);
		MUST(!m.username || ((const uint8_t *)m.username >= data && (const uint8_t *)m.username + m.username_len <= data + size));
	}
	if (!lq_stun_local_ufrag(data, size, &ufrag, &n))
		MUST(n && (const uint8_t *)ufrag + n <= data + size);
	agent(data, size);
}

static void sign(const uint8_t *attributes, size_t size)
{
	uint8_t b[STUN_MAX];
	static const uint8_t username[] = {0, 6, 0, 10, 'u', 'f', 'r', 'a', 'g', ':', 'p', 'e', 'e', 'r', 0, 0};
	size_t n = STUN_HEADER;
	size &= ~(size_t)3;
	if (size > 1000)
		return;
	memset(b, 0, sizeof b);
	lq__put16(b, LQ_STUN_BINDING_REQUEST);
	lq__put32(b + 4, STUN_COOKIE);
	memcpy(b + n, username, sizeof username);
	n += sizeof username;
	memcpy(b + n, attributes, size);
	n += size;
	MUST(!lq__stun_integrity(b, n, "password", b + n + 4));
	lq__put16(b + n, STUN_MESSAGE_INTEGRITY);
	lq__put16(b + n + 2, 20);
	n += 24;
	lq__put16(b + 2, (uint16_t)(n - STUN_HEADER));
	datagram(b, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & 1)
		sign(data + 1, size - 1);
	else
		datagram(data + 1, size - 1);
	return 0;
}
