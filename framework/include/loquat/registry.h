/* The registry: which plugins there are and which nodes they offer. All calls are [control], one thread at a time.
 *
 * Folders are scanned by a child process, and what it finds is kept in a cache ($XDG_CACHE_HOME/loquat), so a plugin that crashes or hangs when it
 * is loaded is listed with that as its reason, and harms nobody. The registry then holds descriptions: all static data of a plugin, without
 * ops. A plugin is loaded into the program when lq_registry_find first chooses a node of it. */
#ifndef LOQUAT_REGISTRY_H
#define LOQUAT_REGISTRY_H

#include <loquat/api.h>
#include <loquat/diag.h>
#include <loquat/plugin/plugin.h>

LQ_API_BEGIN

typedef struct lq_registry lq_registry;

int lq_registry_create(lq_registry **out);
void lq_registry_destroy(lq_registry *reg); /* NULL is fine. Plugins stay mapped, as libltdl's users learn to prefer */

/* Looks at every plugin (*.so) of a folder, in name order, and loads none. One that cannot be used is kept in the list with its reason. Returns
 * 0, or LQ_ENOENT when the folder is not there. Environment: LQ_SCAN_TIMEOUT_MS is the time that a plugin may take (5000), LQ_SCAN_PROGRAM
 * another scanner. */
int lq_registry_scan(lq_registry *reg, const char *dir);

/* The folders of the variable LQ_PLUGIN_PATH (colon separated), else the installation's plugin folder. */
int lq_registry_scan_default(lq_registry *reg);

/* The next scans look at every file anew: for who has mended what made a plugin crash, without changing its file. */
void lq_registry_forget_scans(void);

/* Loads one file into the program at once: for who trusts it. The reason of a failure goes to diag, too. */
int lq_registry_load(lq_registry *reg, const char *file, lq_diag *diag);

/* A plugin that is part of the program. `plugin` must outlive the registry. */
int lq_registry_add(lq_registry *reg, const lq_plugin *plugin, lq_diag *diag);

typedef struct lq_plugin_info {
	const lq_plugin *plugin; /* NULL when it cannot be used */
	const char *file;        /* NULL when built in */
	const char *reason;      /* why it cannot be used; NULL when it can */
	int code;                /* LQ_E* of that reason */
	int is_loaded;           /* in this program. Before that init, exit and the nodes' ops are NULL */
} lq_plugin_info;
size_t lq_registry_plugin_count(const lq_registry *reg);
int lq_registry_plugin(const lq_registry *reg, size_t i, lq_plugin_info *out); /* LQ_END behind the last */

/* Node `i` of all nodes, sorted by id, then rank. Of a plugin that is not loaded, desc has no ops. Descriptors stay valid as long as the
 * registry. */
typedef struct lq_node_info {
	const lq_node_desc *desc;
	const lq_plugin *plugin;
} lq_node_info;
int lq_registry_node(const lq_registry *reg, size_t i, lq_node_info *out); /* LQ_END behind the last */

/* The same with ops: its plugin is loaded, if it is not yet. The node is not asked whether it works here, so it may be one whose device comes later. */
int lq_registry_node_loaded(lq_registry *reg, size_t i, lq_diag *diag, lq_node_info *out);

/* The node for "codec.h264.enc" or "codec.h264.enc@ffmpeg", with ops: the highest rank whose plugin loads and whose probe succeeds. The message of a failure names the
 * nearest known id, or the reasons of those that could not work. `place` is the message's place. */
int lq_registry_find(const lq_registry *reg, const char *use, const char *place, lq_diag *diag, lq_node_info *out);

LQ_API_END
#endif
