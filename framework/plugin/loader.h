/* Loading of shared objects. Any thread; one at a time inside. */
#ifndef LQ_PLUGIN_LOADER_H
#define LQ_PLUGIN_LOADER_H

#include <loquat/plugin/plugin.h>

/* Opens a file (absolute path) with all symbols bound and finds its descriptor, unchecked. The file stays mapped for good. The reason of a
 * failure goes to text: LQ_ENOENT no such file, LQ_EINVAL no plugin, LQ_ENOLIB a library or symbol is missing, LQ_EABI another major. */
int lq__loader_open(const char *file, const lq_plugin **out, char *text, size_t size);

/* Looks whether a file is a whole shared object for this machine: the dynamic linker dies of a truncated one. */
int lq__elf_check(const char *file, char *text, size_t size);

/* Counts users of a plugin in this process: the first acquire calls init, the last release calls exit. */
int lq__plugin_acquire(const lq_plugin *plugin);
void lq__plugin_release(const lq_plugin *plugin);

#endif
