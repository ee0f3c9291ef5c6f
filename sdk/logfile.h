/* The log of an engine: files in a folder that together never exceed a size. Engines of one process that name the same folder share them. */
#ifndef LQ_SDK_LOGFILE_H
#define LQ_SDK_LOGFILE_H

#include <stddef.h>
#include <stdint.h>

typedef struct lq__logfile lq__logfile;

/* LQ_EIO with the reason in `error`: no folder, or not writable. */
int lq__logfile_open(const char *dir, uint32_t level, uint32_t max_kb, lq__logfile **out, char *error, size_t error_size);
void lq__logfile_close(lq__logfile *log); /* NULL is fine */

#endif
