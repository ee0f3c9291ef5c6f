/* Which handles of the API live, so that a call with one that is gone is an error and not an accident. [any] */
#ifndef LQ_SDK_HANDLES_H
#define LQ_SDK_HANDLES_H

int lq__handle_born(const void *handle); /* 0, LQ_ENOMEM */
void lq__handle_gone(const void *handle);
/* Not NULL, and not alive (any more). */
int lq__is_dead(const void *handle);

#endif
