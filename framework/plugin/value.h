/* One parameter's text to its value. */
#ifndef LQ_PLUGIN_VALUE_H
#define LQ_PLUGIN_VALUE_H

#include <loquat/plugin/errors.h>
#include <loquat/plugin/param.h>
#include <stddef.h>

/* The reason of a failure goes to `why`, without name or place, and without the value of a SECRET. A string's out->s is `text` itself. */
int lq__value_parse(const lq_param_desc *desc, const char *text, lq_value *out, char *why, size_t size);

#endif
