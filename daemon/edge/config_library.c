#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_read.h"

#define FINDINGS_MAX 64

/* These are first in library.files; the others follow. */
enum { FILE_FACTS, FILE_SCREENING, FILE_SOURCES };

/* The name within the library folder is what is kept and hashed: a library may move. */
static int file_add(struct library *lib, const char *name)
{
	if (lib->n_files == LIBRARY_FILES_MAX || strlen(name) >= sizeof lib->files[0])
		return -1;
	memcpy(lib->files[lib->n_files], name, strlen(name) + 1);
	return lib->n_files++;
}

static void protocol_load(const char *dir, const char *name, struct config *out,
                          struct complaints *c)
{
	char path[512], kept[300];
	struct source s;

	snprintf(kept, sizeof kept, "protocols/%s", name);
	int file = file_add(&out->library, kept);

	if (file < 0 || !path_join(path, sizeof path, dir, kept)) {
		complain(c, kept, 0, "too long a path, or more than %d files in the library",
		         LIBRARY_FILES_MAX);
		return;
	}
	if (!source_open(&s, path, c))
		return;
	protocol_take(&s, out, (uint8_t)file);
	source_close(&s);
}

static void protocols_load(const char *dir, struct config *out, struct complaints *c)
{
	struct dirent **list = NULL;
	int n = folder_files(dir, "protocols", &list);

	if (n <= 0)
		complain(c, dir, 0, "has no folder protocols with a file CLASS.cfg in it");
	for (int i = 0; i < n; i++) {
		protocol_load(dir, list[i]->d_name, out, c);
		free(list[i]);
	}
	free(list);
}

/* --- its files, without reading them ---------------------------------------------------------- */

static size_t add_files(const char *dir, const char *folder, char (*name)[CONFIG_FILE_LEN],
                        size_t n, size_t max)
{
	struct dirent **list = NULL;
	int found = folder_files(dir, folder, &list);

	for (int i = 0; i < found; i++) {
		if (n++ < max)
			snprintf(name[n - 1], CONFIG_FILE_LEN, "%s/%.80s", folder, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return n;
}

size_t config_library_files(const char *dir, char (*name)[CONFIG_FILE_LEN], size_t max)
{
	static const char *const single[] = {"facts.cfg", "screening.cfg", "sources.cfg",
	                                     "sites.cfg", "decisions.cfg"};
	char path[512];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(single); i++)
		if (path_join(path, sizeof path, dir, single[i]) && access(path, F_OK) == 0 &&
		    n++ < max)
			snprintf(name[n - 1], CONFIG_FILE_LEN, "%s", single[i]);
	n = add_files(dir, "protocols", name, n, max);
	return add_files(dir, "devices", name, n, max);
}

/* --- all of them ------------------------------------------------------------------------------ */

static int in_order(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int by_class = x->device_class - y->device_class;
	int by_skin = x->skin - y->skin;
	int by_file = x->file - y->file;
	int by_line = (x->line > y->line) - (x->line < y->line);

	return by_class != 0 ? by_class : by_skin != 0 ? by_skin : by_file != 0 ? by_file : by_line;
}

static int by_id(const void *a, const void *b)
{
	const struct row *const *x = a, *const *y = b;
	int order = strcmp((*x)->id, (*y)->id);

	return order != 0 ? order : (*x > *y) - (*x < *y);
}

/* "protocols/x.cfg:12" of the library, as a path that can be opened. */
static void file_of(const char *dir, const struct library *lib, int i, char *out, size_t size)
{
	if (!path_join(out, size, dir, lib->files[i]))
		snprintf(out, size, "%s", lib->files[i]);
}

static void row_twins(const char *dir, const struct library *lib, struct complaints *c)
{
	const struct row **sorted = calloc(lib->n_rows + 1, sizeof(struct row *));
	char file[512];

	must(sorted != NULL);
	for (uint32_t i = 0; i < lib->n_rows; i++)
		sorted[i] = &lib->row[i];
	qsort(sorted, lib->n_rows, sizeof(struct row *), by_id);
	for (uint32_t i = 1; i < lib->n_rows; i++) {
		const struct row *a = sorted[i - 1], *b = sorted[i];

		if (strcmp(a->id, b->id) != 0)
			continue;
		file_of(dir, lib, b->file, file, sizeof file);
		complain(c, file, b->line, "the row \"%s\" is there already, at %s:%d", b->id,
		         lib->files[a->file], a->line);
	}
	free(sorted);
}

static void finding_say(const char *dir, const struct library *lib, const struct library_finding *f,
                        struct complaints *c)
{
	const char *param = f->param == PARAM_NONE ? "" : param_info(f->param)->name;
	const char *why = library_fault_words(f->fault);
	const char *comma = param[0] == '\0' ? "" : ": ";
	char file[512];

	if (f->a < 0 && f->b < 0) {
		complain(c, dir, 0, "%s%s%s", param, comma, why);
	} else if (f->rule) {
		const struct rule *r = &lib->rule[f->a];

		file_of(dir, lib, FILE_SCREENING, file, sizeof file);
		if (f->b >= 0)
			complain(c, file, r->line, "rules %s and %s (line %d): %s", r->id,
			         lib->rule[f->b].id, lib->rule[f->b].line, why);
		else
			complain(c, file, r->line, "rule %s: %s%s%s", r->id, param, comma, why);
	} else if (f->a < 0 || f->b < 0) {
		const struct row *r = &lib->row[f->a < 0 ? f->b : f->a];

		file_of(dir, lib, r->file, file, sizeof file);
		complain(c, file, r->line, "row %s: %s%s%s", r->id, param, comma, why);
	} else {
		const struct row *a = &lib->row[f->a], *b = &lib->row[f->b];

		file_of(dir, lib, a->file, file, sizeof file);
		complain(c, file, a->line, "rows %s and %s (%s:%d): %s%s%s", a->id, b->id,
		         lib->files[b->file], b->line, param, comma, why);
	}
}

/* The silent rules too: a decision may make them speak. */
static void library_judge(const char *dir, const struct library *lib, struct complaints *c)
{
	struct library_finding found[FINDINGS_MAX];
	struct library all = *lib;

	all.n_rules += lib->n_silent;
	size_t n = library_check(&all, found, FINDINGS_MAX);

	for (size_t i = 0; i < n && i < FINDINGS_MAX; i++)
		finding_say(dir, &all, &found[i], c);
	if (n > FINDINGS_MAX)
		complain(c, dir, 0, "and %zu more of this kind", n - FINDINGS_MAX);
}

void library_load(const char *dir, struct config *out, struct complaints *c)
{
	struct library *lib = &out->library;
	char path[512];
	size_t before = c->count;

	(void)file_add(lib, "facts.cfg");
	(void)file_add(lib, "screening.cfg");
	(void)file_add(lib, "sources.cfg");
	file_of(dir, lib, FILE_SOURCES, path, sizeof path);
	sources_load(path, out, c); /* before all that name them */
	file_of(dir, lib, FILE_FACTS, path, sizeof path);
	facts_load(path, out, c);
	if (path_join(path, sizeof path, dir, "sites.cfg") && access(path, F_OK) == 0) {
		(void)file_add(lib, "sites.cfg");
		sites_load(path, out, c); /* before the protocols, which name sites */
	}
	protocols_load(dir, out, c);
	file_of(dir, lib, FILE_SCREENING, path, sizeof path);
	rules_load(path, out, c); /* after the protocols: they say which classes and sites exist */
	if (path_join(path, sizeof path, dir, "decisions.cfg") && access(path, F_OK) == 0) {
		(void)file_add(lib, "decisions.cfg");
		decisions_load(path, out, c);
	}
	rules_part(out);
	if (lib->n_rows > 0)
		qsort(out->row, lib->n_rows, sizeof *out->row, in_order);
	row_twins(dir, lib, c);
	profiles_load(dir, out, c);
	if (c->count == before) /* what is broken already would only be found broken again */
		library_judge(dir, lib, c);
}
