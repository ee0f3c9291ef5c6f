/* Letters from one thread to another: lock-free, in order, without a limit of its own, for each letter lives in the object that it is about or in
 * memory that its sender has allocated, and objects are limited. */
#ifndef LQ_SERVER_MAILBOX_H
#define LQ_SERVER_MAILBOX_H

#include <stdatomic.h>
#include <stddef.h>

struct lq__worker;

typedef struct lq__letter {
	struct lq__letter *next;
	void (*run)(struct lq__worker *w, struct lq__letter *letter); /* [media] */
	void (*done)(struct lq__letter *letter);                      /* [control] afterwards; NULL: nothing to do */
} lq__letter;

typedef struct lq__mailbox {
	_Atomic(lq__letter *) head; /* latest first */
} lq__mailbox;

/* Whether the box was empty: then its reader has to be woken. */
static inline int lq__mailbox_put(lq__mailbox *box, lq__letter *letter)
{
	lq__letter *head = atomic_load_explicit(&box->head, memory_order_relaxed);
	do
		letter->next = head;
	while (!atomic_compare_exchange_weak_explicit(&box->head, &head, letter, memory_order_release, memory_order_relaxed));
	return !head;
}

/* All letters, oldest first. */
static inline lq__letter *lq__mailbox_take(lq__mailbox *box)
{
	lq__letter *l = atomic_exchange_explicit(&box->head, NULL, memory_order_acquire), *first = NULL;
	while (l) {
		lq__letter *next = l->next;
		l->next = first;
		first = l;
		l = next;
	}
	return first;
}

#endif
