/* Ids that nobody can guess. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "server/room.h"

void lq__sid(char out[LQ_SID_SIZE])
{
	uint8_t b[8] = {0};
	/* So few bytes never come short, and before the pool is ready this blocks rather than fails. */
	if (getrandom(b, sizeof b, 0) != sizeof b)
		memset(b, 0, sizeof b);
	for (size_t i = 0; i < sizeof b; i++)
		snprintf(out + 2 * i, 3, "%02x", b[i]);
}
