/*
 * librarian_load: reading libraries, in a worker (or before the loop runs).
 */
#include "librarian_steps.h"

#include "core/text.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool load(struct errand *e, const char *folder)
{
	struct config *books = &e->edition->books;
	bool well = config_load_library(folder, books, &e->complaints);

	sodium_bin2hex(e->edition->hash, HASH_LEN, books->library.hash, 32);
	return well;
}

static bool fits(struct errand *e)
{
	return config_fits(&e->gate->config->clinic, &e->edition->books, &e->complaints);
}

bool fits_clinic(struct errand *e)
{
	return fits(e) || errand_wrong(e, CONTROL_REFUSED,
	                               "the library %.16s does not fit this clinic", e->hash);
}

/* A library of the store, as what was signed about it says it must be. */
bool load_stored(struct errand *e, const struct statement *s)
{
	const struct librarian *l = &e->gate->librarian;
	char folder[4096];

	if (!store_check(l->store, s->library, s->files, e->why, sizeof e->why)) {
		e->error = CONTROL_REFUSED;
		return false;
	}
	store_folder(l->store, s->library, folder, sizeof folder);
	if (!load(e, folder))
		return errand_wrong(e, CONTROL_REFUSED,
		                    "%s does not load: %zu complaint%s, the first: %s:%d: %s",
		                    folder, e->complaints.count,
		                    e->complaints.count == 1 ? "" : "s", e->complaints.list[0].file,
		                    e->complaints.list[0].line, e->complaints.list[0].text);
	if (strcmp(e->edition->hash, s->library) != 0)
		return errand_wrong(e, CONTROL_REFUSED, "%s has the hash %.16s, not %.16s", folder,
		                    e->edition->hash, s->library);
	e->edition->demo = s->demo;
	return true;
}

/* The proposal of a library in the store. */
bool read_proposal(struct errand *e)
{
	const struct librarian *l = &e->gate->librarian;
	char why[500] = "";
	enum store_found found = store_read(l->store, e->hash, &e->proposal, why, sizeof why);

	if (found == STORE_NONE)
		return errand_wrong(e, CONTROL_NOT_FOUND,
		                    "there is no library %.16s in the store; see library list",
		                    e->hash);
	if (found == STORE_READ && !paper_holds(l, e->hash, &e->proposal, why, sizeof why))
		found = STORE_WRONG;
	return found == STORE_READ ||
	       errand_wrong(e, CONTROL_REFUSED,
	                    "the proposal of %.16s cannot be believed: %s; propose it again",
	                    e->hash, why);
}

/* --- a folder, brought into the store -------------------------------------------------------- */

/* Complaints name the files people changed, not the copies that were read. */
static void name_originals(struct errand *e, const char *staged)
{
	const char *last = strrchr(staged, '/');
	size_t n = strlen(last);

	for (size_t i = 0; i < e->complaints.count; i++) {
		struct complaint *c = &e->complaints.list[i];
		char *at = strstr(c->file, last), file[sizeof c->file];

		if (at == NULL || (at[n] != '/' && at[n] != '\0'))
			continue;
		struct text t = text_in(file, sizeof file);

		text_put_n(&t, e->dir, strnlen(e->dir, sizeof file - 1 - strlen(at + n)));
		text_put(&t, at + n);
		memcpy(c->file, file, sizeof file);
	}
}

/* Brought into the store's own folder and loaded from there, so that what is judged and what is
 * kept are the same bytes. */
static bool bring(struct errand *e, struct store_names *names)
{
	struct store *store = e->gate->librarian.store;
	char staged[4096];

	names->n = config_library_files(e->dir, names->name, STORE_FILES_MAX);
	if (names->n > STORE_FILES_MAX)
		return errand_wrong(e, CONTROL_REFUSED, "%s has %zu files; %d are the most", e->dir,
		                    names->n, STORE_FILES_MAX);
	e->error = CONTROL_REFUSED;
	if (!store_bring(store, e->dir, names, e->why, sizeof e->why))
		return false;
	store_folder(store, "", staged, sizeof staged);
	bool well = load(e, staged) && fits(e);
	name_originals(e, staged);
	text_copy(e->hash, sizeof e->hash, e->edition->hash);
	return well ||
	       errand_wrong(e, CONTROL_REFUSED,
	                    "the library in %s is wrong or does not fit this clinic; nothing was "
	                    "stored",
	                    e->dir);
}

/* Not in the store yet, or not whole any more: then it is kept now. It is there when its proposal
 * is. */
static bool keep(struct errand *e)
{
	struct librarian *l = &e->gate->librarian;
	char ignored[500];
	struct statement s;

	if (store_read(l->store, e->hash, &s, ignored, sizeof ignored) == STORE_READ &&
	    paper_holds(l, e->hash, &s, ignored, sizeof ignored) &&
	    store_check(l->store, e->hash, s.files, ignored, sizeof ignored)) {
		store_drop(l->store);
		e->proposal = s;
		text_copy(e->statement.files, sizeof e->statement.files, s.files);
		return true;
	}
	e->error = CONTROL_REFUSED;
	return store_forget(l->store, e->hash, e->why, sizeof e->why) &&
	       store_keep(l->store, e->hash, e->statement.files, e->why, sizeof e->why);
}

void perform_look(struct errand *e)
{
	struct store_names *names = calloc(1, sizeof *names);

	must(names != NULL);
	e->well = bring(e, names) && keep(e);
	if (!e->well)
		store_drop(e->gate->librarian.store);
	free(names);
}
