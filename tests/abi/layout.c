/* Where every field of the plugin ABI lies, against the record: `layout RECORD` names each field that has moved, `layout` prints a record. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <loquat/plugin/plugin.h>

#include "layout.h"

typedef struct row {
	const char *name;
	int64_t a, b; /* a field: offset and size. A struct: size and alignment. A number: itself */
	int kind;     /* of a field: KIND */
	int grows, is_struct;
} row;

/* Tells apart what has the same size. */
#define KIND(x) _Generic((x), int8_t: 1, uint8_t: 2, int16_t: 3, uint16_t: 4, int32_t: 5, uint32_t: 6, int64_t: 7, uint64_t: 8, float: 9, double: 10, \
                         char *: 11, const char *: 12, default: 13)

#define FIXED(type) {#type, sizeof(type), _Alignof(type), 0, 0, 1},
#define GROWS(type) {#type, sizeof(type), _Alignof(type), 0, 1, 1},
#define FIELD(type, field) {#type "." #field, offsetof(type, field), sizeof(((type *)0)->field), KIND(((type *)0)->field), 0, 0},
#define NUMBER(name) {#name, name, 0, 0, 0, 0},

static const row rows[] = {ABI_STRUCTS(FIXED, GROWS, FIELD) ABI_NUMBERS(NUMBER)
#define ERROR(name, number, text) {"LQ_" #name, LQ_##name, 0, 0, 0, 0},
	LQ_ERRORS(ERROR)};
enum { N_ROWS = sizeof rows / sizeof *rows };

static const row *find(const char *name)
{
	for (int i = 0; i < N_ROWS; i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

/* A struct ends where its last field does; else a field is missing in layout.h. */
static int check_ends(void)
{
	int bad = 0;
	for (int i = 0; i < N_ROWS; i++) {
		int last = i;
		if (!rows[i].is_struct)
			continue;
		while (last + 1 < N_ROWS && strchr(rows[last + 1].name, '.'))
			last++;
		int64_t end = (rows[last].a + rows[last].b + rows[i].b - 1) / rows[i].b * rows[i].b;
		if (end != rows[i].a) {
			printf("%s: has fields that tests/abi/layout.h does not list (%s ends at %" PRId64 ", the struct at %" PRId64 ")\n", rows[i].name,
			       rows[last].name, end, rows[i].a);
			bad = 1;
		}
	}
	return bad;
}

static int check_line(const char *name, int64_t a, int64_t b, int kind)
{
	const row *r = find(name);
	if (!r) {
		printf("%s: is gone\n", name);
		return 1;
	}
	if (r->grows && r->a >= a && r->b == b)
		return 0;
	if (r->a == a && r->b == b && r->kind == kind)
		return 0;
	if (r->a == a && r->b == b)
		printf("%s: has another type\n", name);
	else if (strchr(name, '.'))
		printf("%s: is at %" PRId64 " with %" PRId64 " bytes, was at %" PRId64 " with %" PRId64 "\n", name, r->a, r->b, a, b);
	else
		printf("%s: is %" PRId64 ", was %" PRId64 "\n", name, r->a, a);
	return 1;
}

static int check(FILE *record)
{
	char name[128];
	int64_t a, b;
	int n = 0, kind, bad = check_ends();
	while (fscanf(record, "%127s %" SCNd64 " %" SCNd64 " %d", name, &a, &b, &kind) == 4) {
		bad |= check_line(name, a, b, kind);
		n++;
	}
	if (!n)
		printf("the record is empty\n");
	if (bad)
		printf("The plugin ABI has changed. docs/abi.md says what may; if it is meant, raise LQ_ABI_MINOR and run `make abi-record`.\n");
	return bad || !n;
}

int main(int argc, char **argv)
{
	FILE *record = argc > 1 ? fopen(argv[1], "r") : NULL;
	if (sizeof(void *) != 8) {
		printf("skipped: the record is one of a machine with 64 bits\n");
		return 77;
	}
	if (argc > 1 && !record) {
		perror(argv[1]);
		return 1;
	}
	if (record) {
		int bad = check(record);
		fclose(record);
		return bad;
	}
	for (int i = 0; i < N_ROWS; i++)
		printf("%s %" PRId64 " %" PRId64 " %d\n", rows[i].name, rows[i].a, rows[i].b, rows[i].kind);
	return 0;
}
