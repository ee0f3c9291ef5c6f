/* The input is the header Link of an answer to WHIP, and a list of ICE servers. */
#include <string.h>

#include "fuzz.h"
#include "plugins/whip/link.h"

static void check(const lq__ice_server *s)
{
	MUST(*s->host && strlen(s->host) < sizeof s->host && strlen(s->user) < sizeof s->user && strlen(s->secret) < sizeof s->secret);
	MUST(s->port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	lq__ice_server servers[LQ__ICE_SERVERS];
	char *copy = malloc(size + 1);
	const char *bad = copy;
	MUST(copy);
	memcpy(copy, data, size);
	copy[size] = 0;
	uint32_t n = link_ice_servers((const char *)data, size, servers, LQ__ICE_SERVERS);
	MUST(n <= LQ__ICE_SERVERS);
	for (uint32_t i = 0; i < n; i++)
		check(&servers[i]);
	int listed = lq__ice_servers_parse(copy, servers, LQ__ICE_SERVERS, &bad);
	MUST(listed <= LQ__ICE_SERVERS && bad >= copy && bad <= copy + size);
	for (int i = 0; i < listed; i++)
		check(&servers[i]);
	free(copy);
	return 0;
}
