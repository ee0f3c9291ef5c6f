/* Descriptions for tests: from files and from texts. */
#ifndef LQ_TESTS_WEBRTC_SDP_KIT_H
#define LQ_TESTS_WEBRTC_SDP_KIT_H

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>
#include <string.h>

#include "base/alloc.h"
#include "test.h"
#include "webrtc/sdp.h"
#include "webrtc/sdp_answer.h"

#define HEAD "v=0\r\no=- 1 2 IN IP4 0\r\ns=-\r\nt=0 0\r\n"
#define VIDEO "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"

extern char sdp_text[64 * 1024];
extern char sdp_error[300];

size_t load(const char *name); /* a file of tests/webrtc/sdp, into sdp_text */
lq_sdp parse_file(const char *name);
lq_sdp parse(const char *text);
void assert_same(const lq_sdp *a, const lq_sdp *b);
void assert_layers(const lq_sdp_media *m, uint32_t direction, const char *want); /* "b;~a": a is paused */

#endif
