#include "webrtc/stun.h"

#include <loquat/plugin/errors.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

int lq_addr_equal(const lq_addr *a, const lq_addr *b)
{
	if (!a->len || !b->len || a->sa.sa_family != b->sa.sa_family)
		return 0;
	if (a->sa.sa_family == AF_INET)
		return a->in4.sin_port == b->in4.sin_port && a->in4.sin_addr.s_addr == b->in4.sin_addr.s_addr;
	if (a->sa.sa_family == AF_INET6)
		return a->in6.sin6_port == b->in6.sin6_port && a->in6.sin6_scope_id == b->in6.sin6_scope_id &&
		       !memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, 16);
	return 0;
}

static uint32_t fnv1a(uint32_t h, const void *data, size_t len)
{
	const uint8_t *p = data;
	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 16777619u;
	return h;
}

uint32_t lq_addr_hash(const lq_addr *a)
{
	uint32_t h = 2166136261u;
	if (!a->len)
		return 0;
	if (a->sa.sa_family == AF_INET) {
		h = fnv1a(h, &a->in4.sin_addr, 4);
		h = fnv1a(h, &a->in4.sin_port, 2);
	} else if (a->sa.sa_family == AF_INET6) {
		h = fnv1a(h, &a->in6.sin6_addr, 16);
		h = fnv1a(h, &a->in6.sin6_port, 2);
	}
	return h ^ h >> 15; /* tables index by the low bits, where FNV is weak */
}

void lq_addr_format(const lq_addr *a, char *out, size_t size)
{
	char host[INET6_ADDRSTRLEN] = "";
	if (a->len && a->sa.sa_family == AF_INET && inet_ntop(AF_INET, &a->in4.sin_addr, host, sizeof host))
		snprintf(out, size, "%s:%u", host, ntohs(a->in4.sin_port));
	else if (a->len && a->sa.sa_family == AF_INET6 && inet_ntop(AF_INET6, &a->in6.sin6_addr, host, sizeof host))
		snprintf(out, size, "[%s]:%u", host, ntohs(a->in6.sin6_port));
	else
		snprintf(out, size, "none");
}

int lq_addr_parse(const char *host, uint16_t port, lq_addr *out)
{
	lq_addr a;
	memset(&a, 0, sizeof a);
	if (inet_pton(AF_INET, host, &a.in4.sin_addr) == 1) {
		a.in4.sin_family = AF_INET;
		a.in4.sin_port = htons(port);
		a.len = sizeof a.in4;
	} else if (inet_pton(AF_INET6, host, &a.in6.sin6_addr) == 1) {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = htons(port);
		a.len = sizeof a.in6;
	} else {
		return LQ_EPARSE;
	}
	*out = a;
	return 0;
}
