#include "server/token.h"

#include <jansson.h>
#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/plugin/errors.h>

#define TOKEN_MAX 8192

static int refuse(const lq__token_want *want, char *error, size_t size, const char *why)
{
	snprintf(error, size, "%s.token: %s", want->request ? want->request : "join", why);
	return LQ_ETOKEN;
}

/* Verifies the signature and returns the claims, or NULL. */
static json_t *claims_of(const char *token, const char *secret)
{
	jwt_t *jwt = NULL;
	json_t *claims = NULL;
	if (jwt_decode(&jwt, token, (const unsigned char *)secret, (int)strlen(secret)) || !jwt)
		return NULL;
	/* "none" is an algorithm, too. */
	if (jwt_get_alg(jwt) == JWT_ALG_HS256) {
		char *text = jwt_get_grants_json(jwt, NULL);
		claims = text ? json_loads(text, 0, NULL) : NULL;
		free(text);
	}
	jwt_free(jwt);
	return claims;
}

static int flag(const json_t *claims, const char *name, int absent)
{
	const json_t *v = json_object_get(claims, name);
	return v ? json_is_true(v) : absent;
}

static int is_time_or_absent(const json_t *v)
{
	return !v || (json_is_number(v) && json_number_value(v) > 0);
}

static int check_claims(const json_t *claims, const lq__token_want *want, char *error, size_t size)
{
	const char *app = json_string_value(json_object_get(claims, "app"));
	const char *room = json_string_value(json_object_get(claims, "room"));
	const json_t *sub = json_object_get(claims, "sub"), *exp = json_object_get(claims, "exp");
	if (!json_is_number(exp))
		return refuse(want, error, size, "it has no exp: a token must end some time");
	if (!is_time_or_absent(json_object_get(claims, "pub_exp")) || !is_time_or_absent(json_object_get(claims, "sub_exp")))
		return refuse(want, error, size, "pub_exp and sub_exp are times, numbers of seconds");
	if ((int64_t)json_number_value(exp) <= want->unix_now)
		return refuse(want, error, size, "it has expired: get a new one");
	if (!app || strcmp(app, want->app_id))
		return refuse(want, error, size, "it is for another app");
	if (want->room && (!room || (strcmp(room, "*") && strcmp(room, want->room))))
		return refuse(want, error, size, "it is for another room");
	if (!want->user)
		return 0;
	if (!want->room && !json_is_string(sub))
		return refuse(want, error, size, "it names no user (sub), so nobody can log in with it");
	if (sub && (!json_is_string(sub) || strcmp(json_string_value(sub), want->user)))
		return refuse(want, error, size, "it is for another user");
	return 0;
}

int lq__token_check(const char *token, const lq__token_want *want, lq__grant *out, char *error, size_t error_size)
{
	if (!*token)
		return refuse(want, error, error_size, "missing: this server lets nobody in without one");
	if (strlen(token) > TOKEN_MAX)
		return refuse(want, error, error_size, "too long");
	json_t *claims = claims_of(token, want->secret);
	if (!claims)
		return refuse(want, error, error_size, "it is no JWT that was signed (HS256) with this server's secret");
	int e = check_claims(claims, want, error, error_size);
	if (!e) {
		out->expires = (int64_t)json_number_value(json_object_get(claims, "exp"));
		out->pub_expires = (int64_t)json_number_value(json_object_get(claims, "pub_exp"));
		out->sub_expires = (int64_t)json_number_value(json_object_get(claims, "sub_exp"));
		out->publish = flag(claims, "pub", 1);
		out->subscribe = flag(claims, "sub_media", 1);
		out->admin = flag(claims, "admin", 0);
		const char *room = json_string_value(json_object_get(claims, "room"));
		snprintf(out->room, sizeof out->room, "%s", room && strcmp(room, "*") ? room : "");
		out->call = flag(claims, "call", 0);
		out->control = flag(claims, "control", 0);
		const char *task = json_string_value(json_object_get(claims, "egress"));
		snprintf(out->egress, sizeof out->egress, "%s", task ? task : "");
	}
	json_decref(claims);
	return e;
}

char *lq__token_make(const char *secret, const char *app_id, const char *room, const char *user, int64_t expires)
{
	return lq__token_make_egress(secret, app_id, room, user, expires, NULL);
}

char *lq__token_make_egress(const char *secret, const char *app_id, const char *room, const char *user, int64_t expires, const char *task)
{
	jwt_t *jwt = NULL;
	char *text = NULL;
	if (jwt_new(&jwt))
		return NULL;
	if (!jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)secret, (int)strlen(secret)) && !jwt_add_grant(jwt, "app", app_id) &&
	    !jwt_add_grant(jwt, "room", room) && !jwt_add_grant(jwt, "sub", user) && !jwt_add_grant_int(jwt, "exp", (long)expires) && (!task || !jwt_add_grant(jwt, "egress", task)))
		text = jwt_encode_str(jwt);
	jwt_free(jwt);
	return text;
}
