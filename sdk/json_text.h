/* JSON from texts and to texts, as both protocols do it. [any] */
#ifndef LQ_SDK_JSON_TEXT_H
#define LQ_SDK_JSON_TEXT_H

#include <stddef.h>

#include <jansson.h>

/* Where the reason is written when a message makes no sense. */
typedef struct lq__fault {
	char *text;
	size_t size;
} lq__fault;

/* Writes what is wrong with a field. Returns LQ_EPROTO. */
int lq__fault_field(const lq__fault *f, const char *what, const char *field);

/* An object of at most LQ__MESSAGE_MAX bytes; 0 or LQ_EPROTO. */
int lq__json_load(const lq__fault *f, const char *text, size_t len, json_t **out);

/* An absent string is "". 0 or LQ_EPROTO. */
int lq__json_string(const lq__fault *f, const json_t *obj, const char *key, int required, const char **out);

/* Takes the object, which may be NULL. A text to free(), or NULL. */
char *lq__json_dump(json_t *obj);

/* NULL for "". */
static inline const char *lq__given(const char *s)
{
	return s && *s ? s : NULL;
}

#endif
