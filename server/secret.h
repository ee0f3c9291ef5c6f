/* Login of an app that knows the server's secret: its MD5, as other systems do it. */
#ifndef LQ_SERVER_SECRET_H
#define LQ_SERVER_SECRET_H

#include <stddef.h>

#define LQ_AUTH_CODE_MAX 1024

/* 0 or LQ_ETOKEN; md5: 32 hexadecimal digits of either case. */
int lq__secret_check(const char *secret, const char *app_id, const char *given_app, const char *md5, char *error, size_t size);

#endif
