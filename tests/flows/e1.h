/* What the files of flow E1's program share. */
#ifndef E1_H
#define E1_H

#include <loquat/loquat.h>

void e1_08(void);
extern const char *const e1_profile, *const e1_plugins; /* paths */

#endif
