#include "base/names.h"

#include <string.h>

#include <loquat/plugin/errors.h>

static int alphanumeric(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Letters, digits and the bytes of `others`. */
static int check(const char *s, size_t len, size_t max, const char *others)
{
	if (len < 1 || len > max)
		return LQ_ERANGE;
	for (size_t i = 0; i < len; i++)
		if (!s[i] || (!alphanumeric((unsigned char)s[i]) && !strchr(others, s[i])))
			return LQ_EINVAL;
	return 0;
}

int lq__room_name_check(const char *name, size_t len)
{
	return check(name, len, LQ_ROOM_NAME_MAX, " !#$%&()+-:;<=.>?@[]^_{}|~,");
}

int lq__user_id_check(const char *user, size_t len)
{
	return check(user, len, LQ_USER_ID_MAX, "_@-.");
}

int lq__nickname_check(const char *name, size_t len)
{
	if (len > LQ_NICKNAME_MAX)
		return LQ_ERANGE;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return LQ_EINVAL;
	return 0;
}
