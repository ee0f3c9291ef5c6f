/* says: changes the locale of the whole program */
#include <locale.h>
#define ON_CREATE(n, params) setlocale(LC_NUMERIC, "C.UTF-8")
#include "node.h"
