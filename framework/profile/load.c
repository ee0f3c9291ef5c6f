/* Reading profiles: files, `extends`, patches. */
#include "profile/profile.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

static int syntax_error(const json_error_t *e, const char *file, lq_diag *diag)
{
	char place[PATH_ROOM];
	snprintf(place, sizeof place, "%s:%d:%d", file, e->line, e->column);
	return lq_diag_add(diag, LQ_EPARSE, place, "%s", e->text);
}

static int parse_text(const char *text, size_t size, const char *file, lq_diag *diag, json_t **out)
{
	json_error_t e;
	if (size > MAX_FILE)
		return lq_diag_add(diag, LQ_ERANGE, file, "longer than %d bytes", MAX_FILE);
	json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &e);
	if (!json)
		return syntax_error(&e, file, diag);
	if (!json_is_object(json)) {
		json_decref(json);
		return lq_diag_add(diag, LQ_EPARSE, file, "a profile is a JSON object");
	}
	*out = json;
	return 0;
}

static int read_file(const char *file, lq_diag *diag, json_t **out)
{
	FILE *f = fopen(file, "rb");
	if (!f)
		return lq_diag_add(diag, errno == ENOENT ? LQ_ENOENT : LQ_EIO, file, "%s", strerror(errno));
	char *text = lq__malloc(MAX_FILE + 1);
	size_t n = text ? fread(text, 1, MAX_FILE + 1, f) : 0;
	int failed = ferror(f), why = errno;
	fclose(f);
	int r;
	if (!text)
		r = lq_diag_add(diag, LQ_ENOMEM, file, "%s", lq_error_text(LQ_ENOMEM));
	else if (failed)
		r = lq_diag_add(diag, LQ_EIO, file, "%s", strerror(why));
	else
		r = parse_text(text, n, file, diag, out);
	lq__free(text);
	return r;
}

static int is_path(const char *name)
{
	size_t n = strlen(name);
	return strchr(name, '/') || (n > 5 && !strcmp(name + n - 5, ".json"));
}

static int try_folder(const char *dir, size_t dir_len, const char *name, char *out)
{
	if (!dir_len)
		return 0;
	int n = snprintf(out, PATH_MAX, "%.*s/%s.json", (int)dir_len, dir, name);
	return n < PATH_MAX && !access(out, R_OK);
}

/* A path is taken as it is, from `dir` where it is relative; a bare name is looked for in `dir`, LQ_PROFILE_PATH and the installation. */
static int find_file(const char *name, const char *dir, char *out, lq_diag *diag, const char *place)
{
	size_t dir_len = dir ? strlen(dir) : 0;
	if (is_path(name)) {
		int n = dir_len && name[0] != '/' ? snprintf(out, PATH_MAX, "%s/%s", dir, name) : snprintf(out, PATH_MAX, "%s", name);
		return n < PATH_MAX ? 0 : lq_diag_add(diag, LQ_ENOENT, place, "the path is too long");
	}
	const char *paths = getenv("LQ_PROFILE_PATH");
	if (dir && try_folder(dir_len ? dir : ".", dir_len ? dir_len : 1, name, out))
		return 0;
	for (const char *p = paths; p && *p; p += strcspn(p, ":"), p += *p == ':')
		if (try_folder(p, strcspn(p, ":"), name, out))
			return 0;
	if (try_folder(LQ_PROFILE_DIR, strlen(LQ_PROFILE_DIR), name, out))
		return 0;
	return lq_diag_add(diag, LQ_ENOENT, place, "there is no profile \"%s\" in %s%s%s; LQ_PROFILE_PATH names other folders", name, paths ? paths : "", paths ? ":" : "", LQ_PROFILE_DIR);
}

static void folder_of(const char *file, char *out)
{
	const char *slash = strrchr(file, '/');
	snprintf(out, PATH_MAX, "%.*s", slash ? (int)(slash - file) : 0, file);
}

static int is_same_file(const char *a, const char *b)
{
	char ra[PATH_MAX], rb[PATH_MAX];
	return realpath(a, ra) && realpath(b, rb) && !strcmp(ra, rb);
}

static int add_layer(lq_profile *p, const char *file, json_t *json)
{
	char *copy = lq__strdup(file);
	if (!copy)
		return LQ_ENOMEM;
	p->layers[p->n_layers++] = (lq__layer){copy, json};
	return 0;
}

/* The file that layer `i` extends becomes layer `i + 1`. */
static int add_base(lq_profile *p, size_t i, lq_diag *diag)
{
	char dir[PATH_MAX], file[PATH_MAX], place[PATH_ROOM];
	const char *from = p->layers[i].file, *name = json_string_value(json_object_get(p->layers[i].json, "extends"));
	json_t *json;
	snprintf(place, sizeof place, "%s: extends", from);
	folder_of(from, dir);
	int r = find_file(name, dir, file, diag, place);
	if (r)
		return r;
	for (size_t k = 0; k <= i; k++)
		if (is_same_file(p->layers[k].file, file))
			return lq_diag_add(diag, LQ_EINVAL, place, "%s extends itself%s", file, k < i ? " by way of others" : "");
	if (p->n_layers + 1 >= MAX_LAYERS) /* one is left for a patch */
		return lq_diag_add(diag, LQ_ERANGE, place, "more than %d files one upon the other", MAX_LAYERS - 2);
	r = read_file(file, diag, &json);
	if (r)
		return r;
	r = add_layer(p, file, json);
	if (r)
		json_decref(json);
	return r;
}

static int has_base(const lq__layer *l)
{
	return json_is_string(json_object_get(l->json, "extends"));
}

static int merge_layers(lq_profile *p)
{
	json_t *merged = json_object();
	for (size_t i = p->n_layers; merged && i-- > 0; )
		if (lq__profile_merge(merged, p->layers[i].json)) {
			json_decref(merged);
			merged = NULL;
		}
	if (!merged)
		return LQ_ENOMEM;
	json_object_del(merged, "extends");
	json_decref(p->json);
	p->json = merged;
	return 0;
}

/* Checks the structure of all layers, merges them and checks what the parts say of each other. */
static int finish(lq_profile *p, lq_diag *diag)
{
	lq_diag *own = lq_diag_create(), *places = lq_diag_create();
	int r = own && places ? 0 : LQ_ENOMEM;
	for (size_t i = 0; !r && i < p->n_layers; i++)
		lq__profile_structure(p->layers[i].json, p->layers[i].file, i + 1 < p->n_layers, own);
	if (!r && !lq_diag_count(own) && !(r = merge_layers(p))) {
		lq__profile_refer(p, places);
		lq__profile_name_files(p, places, own);
	}
	for (size_t i = 0; own && i < lq_diag_count(own); i++)
		lq_diag_add(diag, lq_diag_code(own, i), NULL, "%s", lq_diag_text(own, i));
	if (!r && lq_diag_count(own))
		r = lq_diag_code(own, 0);
	lq_diag_destroy(own);
	lq_diag_destroy(places);
	return r;
}

static int set_name(lq_profile *p)
{
	const char *name = json_string_value(json_object_get(p->json, "name"));
	const char *file = p->layers[0].file, *slash = strrchr(file, '/');
	char *copy = lq__strdup(name ? name : slash ? slash + 1 : file);
	if (!copy)
		return LQ_ENOMEM;
	lq__free(p->name);
	p->name = copy;
	return 0;
}

/* Takes json over. */
static int make(const char *file, json_t *json, lq_diag *diag, lq_profile **out)
{
	lq_profile *p = lq__calloc(1, sizeof *p);
	int r = p ? add_layer(p, file, json) : LQ_ENOMEM;
	if (r)
		json_decref(json);
	for (size_t i = 0; !r && has_base(&p->layers[i]); i++)
		r = add_base(p, i, diag);
	if (!r)
		r = finish(p, diag);
	if (!r)
		r = set_name(p);
	if (r) {
		lq_profile_destroy(p);
		return r == LQ_ENOMEM ? lq_diag_add(diag, r, file, "%s", lq_error_text(r)) : r;
	}
	*out = p;
	return 0;
}

int lq_profile_load(const char *name, lq_diag *diag, lq_profile **out)
{
	char file[PATH_MAX];
	json_t *json;
	if (!name || !*name || !out)
		return lq_diag_add(diag, LQ_EINVAL, NULL, "a profile's name is missing");
	int r = find_file(name, NULL, file, diag, NULL);
	if (!r)
		r = read_file(file, diag, &json);
	return r ? r : make(file, json, diag, out);
}

int lq_profile_parse(const char *text, size_t size, const char *origin, lq_diag *diag, lq_profile **out)
{
	json_t *json;
	int r = parse_text(text, size, origin, diag, &json);
	return r ? r : make(origin, json, diag, out);
}

static void drop_first_layer(lq_profile *p)
{
	lq__free(p->layers[0].file);
	json_decref(p->layers[0].json);
	memmove(p->layers, p->layers + 1, --p->n_layers * sizeof *p->layers);
}

/* The patch becomes the first layer; a profile that it would spoil stays as it was. */
int lq_profile_patch(lq_profile *profile, const char *text, const char *origin, lq_diag *diag)
{
	json_t *json;
	int r = parse_text(text, strlen(text), origin, diag, &json);
	if (r)
		return r;
	if (profile->n_layers == MAX_LAYERS) {
		json_decref(json);
		return lq_diag_add(diag, LQ_EFULL, origin, "no more than %d patches", MAX_LAYERS);
	}
	if (json_object_get(json, "extends")) {
		json_decref(json);
		return lq_diag_add(diag, LQ_EINVAL, origin, "extends: a patch cannot extend");
	}
	char *file = lq__strdup(origin);
	if (!file) {
		json_decref(json);
		return LQ_ENOMEM;
	}
	memmove(profile->layers + 1, profile->layers, profile->n_layers++ * sizeof *profile->layers);
	profile->layers[0] = (lq__layer){file, json};
	json_t *before = json_incref(profile->json);
	r = finish(profile, diag);
	if (r) {
		drop_first_layer(profile);
		json_decref(profile->json);
		profile->json = before;
		return r;
	}
	json_decref(before);
	return 0;
}

void lq_profile_destroy(lq_profile *profile)
{
	if (!profile)
		return;
	while (profile->n_layers)
		drop_first_layer(profile);
	json_decref(profile->json);
	lq__free(profile->name);
	lq__free(profile);
}

const char *lq_profile_name(const lq_profile *profile)
{
	return profile->name;
}

char *lq_profile_json(const lq_profile *profile)
{
	return json_dumps(profile->json, JSON_INDENT(2));
}
