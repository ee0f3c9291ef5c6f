#include "server/secret.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include <loquat/plugin/errors.h>

int lq__secret_check(const char *secret, const char *app_id, const char *given_app, const char *md5, char *error, size_t size)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	int differs = strlen(md5) != 32;
	if (strcmp(given_app, app_id)) {
		snprintf(error, size, "login.app_id: this server is for another app");
		return LQ_ETOKEN;
	}
	if (!EVP_Digest(secret, strlen(secret), digest, &n, EVP_md5(), NULL) || n != 16) {
		snprintf(error, size, "login.secret_md5: this server cannot make an MD5");
		return LQ_ETOKEN;
	}
	for (unsigned int i = 0; strlen(md5) == 32 && i < n; i++) { /* takes as long for any */
		char hex[3];
		snprintf(hex, sizeof hex, "%02x", digest[i]);
		differs |= (hex[0] ^ tolower((unsigned char)md5[2 * i])) | (hex[1] ^ tolower((unsigned char)md5[2 * i + 1]));
	}
	if (!differs)
		return 0;
	snprintf(error, size, "login.secret_md5: it is not the MD5 (32 hexadecimal digits) of this server's secret");
	return LQ_ETOKEN;
}
