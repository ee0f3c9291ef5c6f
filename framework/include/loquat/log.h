/* Logging: one process-wide sink, lines of level, area and text. */
#ifndef LOQUAT_LOG_H
#define LOQUAT_LOG_H

#include <loquat/api.h>
#include <stdarg.h>
#include <stdint.h>

#include <loquat/plugin/host.h> /* LQ_LOG_*, LQ_PRINTF */

LQ_API_BEGIN

/* [any] `area` is short ("graph", "webrtc", a node's name); `text` has no line end. */
typedef void (*lq_log_fn)(void *arg, uint32_t level, const char *area, const char *text);

/* [control] NULL restores the default: warnings and worse to stderr, more as the environment variable LQ_LOG says
 * ("info", "debug", or by area: "info,webrtc=debug"). Not while other threads log. */
void lq_log_set_sink(lq_log_fn fn, void *arg);
/* [any] One more place for lines of up to this level, beside the sink; at most 8. fn is called by one thread at a time, and must not log. LQ_EFULL. After
 * removing it, it is not called any more. */
int lq_log_add_sink(lq_log_fn fn, void *arg, uint32_t level);
void lq_log_remove_sink(lq_log_fn fn, void *arg);
void lq_log_set_level(uint32_t level);
int lq_log_level_parse(const char *name, uint32_t *out);

void lq_log(uint32_t level, const char *area, const char *fmt, ...) LQ_PRINTF(3, 4);
void lq_logv(uint32_t level, const char *area, const char *fmt, va_list args);

/* [any] "EINVAL" and "invalid argument" for a negative LQ_E*; never NULL. */
const char *lq_error_name(int code);
const char *lq_error_text(int code);

LQ_API_END
#endif
