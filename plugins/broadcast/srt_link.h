/* A connection by SRT to write MPEG-TS to. SRT sends what it is given, whatever the network takes, and the other side leaves out what comes too late: half a picture.
 * So this one watches what is sent again and how the round trip grows, and takes only what arrives. What does not fit stays in the outlet's queue, which drops whole groups.
 *
 * All on the worker's thread. Errors are AVERROR, with their reason noted for why(). */
#ifndef LQ_PLUGINS_BROADCAST_SRT_LINK_H
#define LQ_PLUGINS_BROADCAST_SRT_LINK_H

#include "outlet.h"
#include "srt_url.h"

/* What the options and the URL say together. Returns 0, or -1 with the reason. */
int srt_link_check(const outlet_options *o, const char *url, srt_target *t, char error[SRT_URL_ERROR]);

/* Calls, or waits for a call. Opens *pb; `interrupt` ends waiting, in here and in each write. */
int srt_link_open(const outlet_options *o, const char *url, const AVIOInterruptCB *interrupt, AVIOContext **pb);
void srt_link_close(AVIOContext **pb);

#endif
