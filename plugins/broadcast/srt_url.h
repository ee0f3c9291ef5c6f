/* What an SRT URL says: srt://host:port?mode=listener&latency=200&passphrase=…&streamid=…, as other programs write it. */
#ifndef LQ_PLUGINS_BROADCAST_SRT_URL_H
#define LQ_PLUGINS_BROADCAST_SRT_URL_H

#include <stddef.h>

enum { SRT_URL_ERROR = 200, SRT_LATENCY_MAX = 60000, SRT_PASSPHRASE_MIN = 10, SRT_PASSPHRASE_MAX = 79, SRT_STREAM_ID_MAX = 512 };

typedef struct srt_target {
	char host[256], service[8]; /* host "": any address of this machine */
	char passphrase[SRT_PASSPHRASE_MAX + 1], stream_id[SRT_STREAM_ID_MAX + 1];
	int listener, latency; /* ms */
} srt_target;

/* What the URL does not say stays as it is in `t`. Values may have %XX. Returns 0, or -1 with the reason; nothing secret is in it. */
int srt_url_read(const char *url, srt_target *t, char error[SRT_URL_ERROR]);

#endif
