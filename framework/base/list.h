/* Intrusive doubly linked lists. A list head is a link of its own; an element that is in no list points at itself. */
#ifndef LQ_BASE_LIST_H
#define LQ_BASE_LIST_H

#include <stddef.h>

typedef struct lq__link {
	struct lq__link *next, *prev;
} lq__link;

static inline void lq__list_init(lq__link *l)
{
	l->next = l->prev = l;
}

static inline int lq__list_empty(const lq__link *l)
{
	return l->next == l;
}

static inline void lq__list_append(lq__link *head, lq__link *l)
{
	l->prev = head->prev;
	l->next = head;
	head->prev->next = l;
	head->prev = l;
}

static inline void lq__list_remove(lq__link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	lq__list_init(l);
}

#define LQ__ENTRY(link, type, member) ((type *)(void *)((char *)(link) - offsetof(type, member)))

/* The element may be removed inside the loop; its successor may not. */
#define LQ__EACH(type, var, head, member) \
	for (lq__link *var##_link = (head)->next, *var##_next; var##_next = var##_link->next, var##_link != (head); var##_link = var##_next) \
		for (type *var = LQ__ENTRY(var##_link, type, member); var; var = NULL)

#endif
