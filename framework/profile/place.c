/* Which file a place of the merged profile comes from. */
#include "profile/profile.h"

static int ends_key(char c)
{
	return c == 0 || c == '.' || c == '[' || c == ':';
}

/* The member that a path begins with; the longest one, since names of queues have dots in them. */
static const json_t *step(const json_t *object, const char **path)
{
	const json_t *best = NULL;
	size_t best_len = 0;
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)object, key, value) {
		size_t n = strlen(key);
		if (n >= best_len && !strncmp(*path, key, n) && ends_key((*path)[n])) {
			best = value;
			best_len = n;
		}
	}
	*path += best_len;
	return best;
}

/* How many characters of the path a layer has. An array is one piece: merging replaces it. */
static size_t depth(const json_t *json, const char *path)
{
	const char *p = path;
	while (json_is_object(json)) {
		const char *before = p;
		json = step(json, &p);
		if (!json)
			return (size_t)(before - path);
		if (*p != '.')
			break;
		p++;
	}
	return (size_t)(p - path);
}

/* The layer that knows most of the place, of equals the one on top. */
const char *lq__profile_file_of(const lq_profile *profile, const char *path)
{
	size_t best = 0, best_depth = 0;
	for (size_t i = 0; i < profile->n_layers; i++) {
		size_t d = depth(profile->layers[i].json, path);
		if (d > best_depth) {
			best_depth = d;
			best = i;
		}
	}
	return profile->layers[best].file;
}

/* Messages that begin with a path get the file before it. */
void lq__profile_name_files(const lq_profile *profile, const lq_diag *from, lq_diag *to)
{
	for (size_t i = 0; i < lq_diag_count(from); i++) {
		const char *text = lq_diag_text(from, i);
		lq_diag_add(to, lq_diag_code(from, i), lq__profile_file_of(profile, text), "%s", text);
	}
}
