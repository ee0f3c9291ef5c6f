/* The input is an SRT URL. */
#include <string.h>

#include "fuzz.h"
#include "plugins/broadcast/srt_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[SRT_URL_ERROR] = "", *url = malloc(size + 1);
	srt_target t = {.latency = 120};
	MUST(url);
	memcpy(url, data, size);
	url[size] = 0;
	if (srt_url_read(url, &t, error)) {
		MUST(*error && strlen(error) < sizeof error);
	} else {
		MUST(strlen(t.host) < sizeof t.host && *t.service && t.latency >= 0 && t.latency <= SRT_LATENCY_MAX);
		MUST(!*t.passphrase || strlen(t.passphrase) >= SRT_PASSPHRASE_MIN);
	}
	free(url);
	return 0;
}
