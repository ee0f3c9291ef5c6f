/* Parameters: a static table in the node's descriptor. The host parses, checks and completes what a profile or an app says
 * and hands typed values over by index, so that a node never meets an unknown name or a value out of range. */
#ifndef LOQUAT_PLUGIN_PARAM_H
#define LOQUAT_PLUGIN_PARAM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	LQ_PARAM_BOOL = 1,     /* i: 0 or 1 */
	LQ_PARAM_INT = 2,      /* i */
	LQ_PARAM_FLOAT = 3,    /* f */
	LQ_PARAM_STRING = 4,   /* s, never NULL, UTF-8 */
	LQ_PARAM_CHOICE = 5,   /* i: index into choices, s: its name */
	LQ_PARAM_SIZE = 6,     /* "1280x720": num x den. "0x0", where no bound forbids it, leaves it to the node */
	LQ_PARAM_FRACTION = 7  /* "30/1" or 30: num / den */
};

/* lq_param_desc.flags */
enum {
	LQ_PARAM_RUNTIME = 1u << 0,  /* may change while the node runs (set_param) */
	LQ_PARAM_SECRET = 1u << 1,   /* never logged or drawn */
	LQ_PARAM_REQUIRED = 1u << 2, /* there is no default */
	LQ_PARAM_FILE = 1u << 3      /* a string that names a file: relative to the profile's folder */
};

/* One row. `def` is the default as a profile would write it ("1500000", "true", "1280x720"); NULL only where REQUIRED.
 * min and max bound INT and FLOAT, both numbers of a SIZE and the quotient of a FRACTION; min == max == 0 means no bounds. */
typedef struct lq_param_desc {
	const char *name;
	uint32_t type;
	uint32_t flags;
	const char *unit; /* "bit/s", "ms"; NULL none */
	const char *def;
	double min, max;
	const char *const *choices; /* NULL terminated, CHOICE only */
	const char *help;           /* one sentence */
} lq_param_desc;

typedef struct lq_value {
	uint32_t type;
	uint32_t is_set; /* 1 when the profile or the app said it, 0 when it is the default */
	int64_t i;
	double f;
	const char *s; /* owned by the host, valid during the call */
	uint32_t num, den;
} lq_value;

#ifdef __cplusplus
}
#endif
#endif
