#include "plugin/value.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <loquat/plugin/host.h> /* LQ_PRINTF */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"

typedef struct parser {
	const lq_param_desc *desc;
	const char *text; /* as given */
	const char *shown; /* for messages */
	char *why;
	size_t size;
} parser;

static int fail(const parser *p, int code, const char *fmt, ...) LQ_PRINTF(3, 4);

static int fail(const parser *p, int code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(p->why, p->size, fmt, args);
	va_end(args);
	return code;
}

static int in_range(const parser *p, double value)
{
	const lq_param_desc *d = p->desc;
	if (d->min == 0 && d->max == 0)
		return 0;
	const char *unit = d->unit ? d->unit : "", *space = d->unit ? " " : "";
	if (value > d->max)
		return fail(p, LQ_ERANGE, "%s exceeds maximum %.15g%s%s", p->shown, d->max, space, unit);
	if (value < d->min)
		return fail(p, LQ_ERANGE, "%s is below minimum %.15g%s%s", p->shown, d->min, space, unit);
	return 0;
}

static int parse_bool(const parser *p, lq_value *out)
{
	static const char *const words[] = {"false", "true", "0", "1", "no", "yes", "off", "on"};
	for (int i = 0; i < 8; i++)
		if (!strcmp(p->text, words[i])) {
			out->i = i & 1;
			return 0;
		}
	return fail(p, LQ_EINVAL, "\"%s\" is not true or false", p->shown);
}

static int parse_int(const parser *p, lq_value *out)
{
	char *end;
	const char *digits = p->text + (*p->text == '-' || *p->text == '+');
	if (!isdigit((unsigned char)*digits))
		return fail(p, LQ_EINVAL, "\"%s\" is not a whole number", p->shown);
	errno = 0;
	out->i = strtoll(p->text, &end, 10);
	if (*end)
		return fail(p, LQ_EINVAL, "\"%s\" is not a whole number", p->shown);
	if (errno == ERANGE)
		return fail(p, LQ_ERANGE, "%s has too many digits", p->shown);
	out->f = (double)out->i;
	return in_range(p, out->f);
}

/* In the C locale, whatever the program has set. */
static int parse_float(const parser *p, lq_value *out)
{
	char *end = NULL;
	locale_t c = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
	if (!c)
		return fail(p, LQ_ENOMEM, "out of memory");
	int plain = *p->text && !p->text[strspn(p->text, "0123456789+-.eE")];
	double f = plain ? strtod_l(p->text, &end, c) : 0;
	freelocale(c);
	if (!plain || *end || end == p->text)
		return fail(p, LQ_EINVAL, "\"%s\" is not a number", p->shown);
	if (!isfinite(f))
		return fail(p, LQ_ERANGE, "%s is too large", p->shown);
	out->f = f;
	return in_range(p, f);
}

/* Digits only, at most 9 of them, so that the sum cannot overflow. */
static const char *number(const char *s, uint32_t *out)
{
	const char *start = s;
	for (*out = 0; isdigit((unsigned char)*s) && s - start < 9; s++)
		*out = *out * 10 + (uint32_t)(*s - '0');
	return s > start ? s : NULL;
}

static int parse_size(const parser *p, lq_value *out)
{
	const char *s = number(p->text, &out->num);
	s = s && *s == 'x' ? number(s + 1, &out->den) : NULL;
	if (!s || *s || !out->num != !out->den)
		return fail(p, LQ_EINVAL, "\"%s\" is not a size such as 1280x720", p->shown);
	int err = in_range(p, out->num);
	return err ? err : in_range(p, out->den);
}

static int parse_fraction(const parser *p, lq_value *out)
{
	const char *s = number(p->text, &out->num);
	out->den = 1;
	if (s && *s == '/')
		s = number(s + 1, &out->den);
	if (!s || *s || !out->den)
		return fail(p, LQ_EINVAL, "\"%s\" is not a fraction such as 30/1", p->shown);
	out->f = (double)out->num / out->den;
	return in_range(p, out->f);
}

static int parse_choice(const parser *p, lq_value *out)
{
	lq__nearest near = {0};
	char list[256] = "";
	size_t n = 0;
	for (int i = 0; p->desc->choices[i]; i++) {
		const char *c = p->desc->choices[i];
		if (!strcmp(c, p->text)) {
			out->i = i;
			out->s = c;
			return 0;
		}
		lq__nearest_try(&near, p->text, c);
		if (n < sizeof list)
			n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", c);
	}
	if (near.best)
		return fail(p, LQ_EINVAL, "\"%s\" is none of %s; did you mean \"%s\"?", p->shown, list, near.best);
	return fail(p, LQ_EINVAL, "\"%s\" is none of %s", p->shown, list);
}

/* The length of the UTF-8 sequence at s, 0 when it is wrong (RFC 3629: no surrogates, shortest form, up to U+10FFFF). */
static int sequence(const unsigned char *s)
{
	if (s[0] < 0x80)
		return 1;
	int n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	unsigned low = s[0] == 0xe0 ? 0xa0 : s[0] == 0xf0 ? 0x90 : 0x80, high = s[0] == 0xed ? 0x9f : s[0] == 0xf4 ? 0x8f : 0xbf;
	if (s[0] < 0xc2 || s[0] > 0xf4 || s[1] < low || s[1] > high)
		return 0;
	for (int i = 2; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static int parse_string(const parser *p, lq_value *out)
{
	for (const unsigned char *s = (const unsigned char *)p->text; *s;) {
		int n = sequence(s);
		if (!n)
			return fail(p, LQ_EINVAL, "is not valid UTF-8 (byte %zu)", (size_t)((const char *)s - p->text));
		s += n;
	}
	out->s = p->text;
	return 0;
}

int lq__value_parse(const lq_param_desc *desc, const char *text, lq_value *out, char *why, size_t size)
{
	parser p = {desc, text, desc->flags & LQ_PARAM_SECRET ? "(hidden)" : text, why, size};
	lq_value v = {.type = desc->type, .s = ""};
	int err = LQ_EINVAL;
	switch (desc->type) {
	case LQ_PARAM_BOOL: err = parse_bool(&p, &v); break;
	case LQ_PARAM_INT: err = parse_int(&p, &v); break;
	case LQ_PARAM_FLOAT: err = parse_float(&p, &v); break;
	case LQ_PARAM_STRING: err = parse_string(&p, &v); break;
	case LQ_PARAM_CHOICE: err = parse_choice(&p, &v); break;
	case LQ_PARAM_SIZE: err = parse_size(&p, &v); break;
	case LQ_PARAM_FRACTION: err = parse_fraction(&p, &v); break;
	}
	if (!err)
		*out = v;
	return err;
}
