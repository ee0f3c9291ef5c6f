/* Edits of a graph of the kit's nodes, on a virtual clock, over several loops. */
#ifndef TEST_GRAPH_EDIT_KIT_H
#define TEST_GRAPH_EDIT_KIT_H

#include "tests/graph/kit.h"

extern kit k;

void edit_begin(void);
void edit_end(void);

void start(void);
void run(int64_t ms);
/* source -> enc -> dec -> sink, each on a loop of its own or all on one; runs for 100 ms. */
void build_chain(int loops, const char *source);

lq_edit *edit(void);
lq_node *replace(lq_edit *e, const char *name, const char *use, const char *tag, const char *param, const char *value);
void commit(lq_edit *e);                               /* it succeeds */
void fails(lq_edit *e, int code, const char *words);   /* it does not; words: of the message */
void swap(const char *name, const char *use, const char *tag, const char *param, const char *value);
const char *last_message(void);

/* Everything came, once, in order, and in its rhythm. */
void check_whole(const char *tag);

#endif
