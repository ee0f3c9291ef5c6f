/* Tokens: who is let in, and what the others are told. */
#include "tests/unit/suite.h"

#include <jwt.h>
#include <loquat/plugin/errors.h>
#include <stdio.h>
#include <string.h>

#include "server/token.h"

static char error[256];

static char *make(jwt_alg_t alg, const char *secret, const char *claims)
{
	jwt_t *jwt;
	ck_assert_int_eq(jwt_new(&jwt), 0);
	ck_assert_int_eq(jwt_add_grants_json(jwt, claims), 0);
	ck_assert_int_eq(jwt_set_alg(jwt, alg, (const unsigned char *)secret, secret ? (int)strlen(secret) : 0), 0);
	char *token = jwt_encode_str(jwt);
	jwt_free(jwt);
	return token;
}

static int check(const char *token, lq__grant *grant)
{
	lq__token_want want = {"secret", "loquat", "kitchen", "ann", 1000};
	*error = 0;
	return lq__token_check(token, &want, grant, error, sizeof error);
}

static int check_claims(const char *claims, lq__grant *grant)
{
	char *token = make(JWT_ALG_HS256, "secret", claims);
	int e = check(token, grant);
	free(token);
	return e;
}

static void refused(const char *claims, const char *why)
{
	lq__grant g;
	ck_assert_int_eq(check_claims(claims, &g), LQ_ETOKEN);
	ck_assert_msg(strstr(error, why) != NULL, "\"%s\" has no \"%s\"", error, why);
}

START_TEST(a_good_token_lets_in)
{
	lq__grant g;
	ck_assert_int_eq(check_claims("{\"app\":\"loquat\",\"room\":\"kitchen\",\"sub\":\"ann\",\"exp\":1001}", &g), 0);
	ck_assert(g.expires == 1001 && g.publish && g.subscribe && !g.admin);
	ck_assert_int_eq(check_claims("{\"app\":\"loquat\",\"room\":\"*\",\"exp\":1001}", &g), 0);
}
END_TEST

START_TEST(rights_can_be_taken_and_given)
{
	lq__grant g;
	ck_assert_int_eq(check_claims("{\"app\":\"loquat\",\"room\":\"*\",\"exp\":1001,\"pub\":false,\"sub_media\":false,\"admin\":true}", &g), 0);
	ck_assert(!g.publish && !g.subscribe && g.admin);
	ck_assert_int_eq(check_claims("{\"app\":\"loquat\",\"room\":\"*\",\"exp\":1001,\"pub\":\"yes\"}", &g), 0);
	ck_assert(!g.publish);
}
END_TEST

START_TEST(claims_must_fit)
{
	refused("{\"app\":\"loquat\",\"room\":\"kitchen\",\"exp\":1000}", "expired");
	refused("{\"app\":\"loquat\",\"room\":\"kitchen\"}", "no exp");
	refused("{\"app\":\"other\",\"room\":\"kitchen\",\"exp\":2000}", "another app");
	refused("{\"room\":\"kitchen\",\"exp\":2000}", "another app");
	refused("{\"app\":\"loquat\",\"room\":\"cellar\",\"exp\":2000}", "another room");
	refused("{\"app\":\"loquat\",\"room\":\"kitchen\",\"sub\":\"bob\",\"exp\":2000}", "another user");
	refused("{\"app\":\"loquat\",\"room\":\"kitchen\",\"sub\":5,\"exp\":2000}", "another user");
}
END_TEST

START_TEST(what_is_not_signed_so_is_refused)
{
	static const char claims[] = "{\"app\":\"loquat\",\"room\":\"kitchen\",\"exp\":2000}";
	lq__grant g;
	char *others[] = {make(JWT_ALG_HS256, "wrong", claims), make(JWT_ALG_HS512, "secret", claims), make(JWT_ALG_NONE, NULL, claims)};
	for (size_t i = 0; i < COUNT(others); i++) {
		ck_assert_int_eq(check(others[i], &g), LQ_ETOKEN);
		ck_assert_ptr_nonnull(strstr(error, "signed (HS256)"));
		free(others[i]);
	}
	ck_assert_int_eq(check("", &g), LQ_ETOKEN);
	ck_assert_ptr_nonnull(strstr(error, "missing"));
	ck_assert_int_eq(check("a.b.c", &g), LQ_ETOKEN);
	ck_assert_int_eq(check("no token at all", &g), LQ_ETOKEN);
	char *huge = malloc(20001);
	memset(huge, 'a', 20000);
	huge[20000] = 0;
	ck_assert_int_eq(check(huge, &g), LQ_ETOKEN);
	free(huge);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("token");
	tcase_add_test(t, a_good_token_lets_in);
	tcase_add_test(t, rights_can_be_taken_and_given);
	tcase_add_test(t, claims_must_fit);
	tcase_add_test(t, what_is_not_signed_so_is_refused);
	return run_case("server/token", t);
}
