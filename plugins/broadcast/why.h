/* Why something of libavformat has failed, in words that a user can act on. */
#ifndef LQ_PLUGINS_BROADCAST_WHY_H
#define LQ_PLUGINS_BROADCAST_WHY_H

#include <stddef.h>

enum { WHY_TEXT = 256, WHERE_TEXT = 160 };

/* libavformat says much only in its log: from why_listen on, what this thread's calls log as an error is kept. [control] once, before any of it. */
void why_install(void);
void why_remove(void);
void why_listen(void);
void why_note(const char *text); /* the same for what another library says */

/* Whether an RTMP caller has come with another stream key than that of the URL, since then. */
int why_wrong_key(void);

/* A URL without what is secret in it: the stream key, user and password, everything behind "?". */
void why_where(const char *url, char out[WHERE_TEXT]);

/* What was being done. */
enum { WHY_CONNECT, WHY_BEGIN, WHY_WRITE, WHY_READ };

/* Writes one line about the AVERROR `error` and returns the LQ_E* for it. `late`: our own time limit ended it. */
int why(const char *where, int doing, int error, int late, char out[WHY_TEXT]);

#endif
