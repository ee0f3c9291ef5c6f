/* Runs a fuzz target over files and folders instead of under libFuzzer: all seeds, and whatever a fuzzer has found. */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

static long n_files;

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f) {
		perror(path);
		return 1;
	}
	fseek(f, 0, SEEK_END);
	long n = ftell(f);
	rewind(f);
	/* A copy of the exact size, so that a sanitizer sees the first byte read behind it. */
	uint8_t *data = malloc(n > 0 ? (size_t)n : 1);
	int ok = data && n >= 0 && fread(data, 1, (size_t)n, f) == (size_t)n;
	fclose(f);
	if (ok) {
		LLVMFuzzerTestOneInput(data, (size_t)n);
		n_files++;
	} else {
		fprintf(stderr, "%s: cannot be read\n", path);
	}
	free(data);
	return !ok;
}

static int replay(const char *path)
{
	struct stat st;
	if (stat(path, &st)) {
		perror(path);
		return 1;
	}
	if (!S_ISDIR(st.st_mode))
		return replay_file(path);
	int failed = 0;
	DIR *dir = opendir(path);
	for (struct dirent *e; dir && (e = readdir(dir));) {
		char child[4096];
		if (e->d_name[0] == '.')
			continue;
		snprintf(child, sizeof child, "%s/%s", path, e->d_name);
		failed |= replay(child);
	}
	if (dir)
		closedir(dir);
	return failed || !dir;
}

/* Without arguments: the seeds of the target that the program is named after. */
int main(int argc, char **argv)
{
	char seeds[4096];
	int failed = 0;
	if (argc < 2) {
		const char *top = getenv("top_srcdir"), *name = strstr(argv[0], "fuzz_");
		for (const char *next; name && (next = strstr(name + 1, "fuzz_"));)
			name = next;
		snprintf(seeds, sizeof seeds, "%s/tests/fuzz/corpus/%s", top ? top : ".", name ? name + 5 : "");
		failed = replay(seeds);
	}
	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	printf("%ld inputs\n", n_files);
	return failed || !n_files;
}
