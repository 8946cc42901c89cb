/*
 * shelves: what can be looked up: libraries of the store, their files, who proposed and activated
 * which, and rows of the ledger. Long answers come in parts: what is left off is asked for again
 * from where it ended.
 */
#include "librarian_steps.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTED_MAX   200    /* libraries in one answer */
#define PART_BYTES   32768  /* of a file in one answer */
#define ROWS_MAX     500    /* of the ledger, looked at for one answer … */
#define ANSWER_BYTES 300000 /* … which has no more of them once it is as large as this */

/* --- the libraries of the store ----------------------------------------------------------------
 */

static json_t *show_stored(const struct errand *e, const char *hash)
{
	const struct librarian *l = &e->gate->librarian;
	struct statement s;
	char why[500] = "";
	json_t *one;

	if (store_read(l->store, hash, &s, why, sizeof why) != STORE_READ ||
	    !paper_holds(l, hash, &s, why, sizeof why))
		return json_pack("{s:s, s:s}", "hash", hash, "wrong", why);
	one = statement_json(&s);
	if (one != NULL)
		json_object_set_new(one, "hash", json_string(hash));
	return one;
}

static int by_time(const void *a, const void *b)
{
	json_int_t x = json_integer_value(json_object_get(*(json_t *const *)a, "at"));
	json_int_t y = json_integer_value(json_object_get(*(json_t *const *)b, "at"));

	return (x > y) - (x < y);
}

static void perform_list(struct errand *e)
{
	char(*hash)[STORE_HASH_LEN] = calloc(LISTED_MAX, STORE_HASH_LEN);
	json_t *one[LISTED_MAX], *all = json_array();

	must(hash != NULL);
	size_t there = store_find(e->gate->librarian.store, "", hash, LISTED_MAX);
	size_t n = there < LISTED_MAX ? there : LISTED_MAX;
	for (size_t i = 0; i < n; i++)
		one[i] = show_stored(e, hash[i]);
	qsort(one, n, sizeof one[0], by_time);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(all, one[i]);
	free(hash);
	e->answer = json_pack("{s:o, s:I}", "libraries", all, "count", (json_int_t)there);
	e->well = true;
}

static void listed(struct errand *e)
{
	json_object_set_new(e->answer, "in_use", show_in_use(e->gate));
	errand_answer(e);
}

/* NULL after saying that there is no store, or that too many ask. */
static struct errand *look(struct gate *g, struct control_ref who, int64_t call)
{
	if (g->librarian.store != NULL && g->librarian.seal != NULL)
		return errand_take(g, who, call, false);
	control_fail(g->control, who, call, CONTROL_REFUSED, g->librarian.trouble, NULL);
	return NULL;
}

void shelves_list(struct gate *g, struct control_ref who, int64_t call)
{
	struct errand *e = look(g, who, call);

	if (e != NULL)
		errand_run(e, perform_list, listed);
}

/* --- files --------------------------------------------------------------------------------------
 */

static void perform_files(struct errand *e)
{
	struct store_names *names = calloc(1, sizeof *names);
	json_t *all = json_array();

	must(names != NULL);
	e->well = find_whole(e) &&
	          (store_names(e->gate->librarian.store, e->hash, names) ||
	           errand_wrong(e, CONTROL_REFUSED, "the list of the files of %.16s is missing",
	                        e->hash));
	for (size_t i = 0; i < names->n; i++)
		json_array_append_new(all, json_string(names->name[i]));
	free(names);
	e->answer = json_pack("{s:s, s:o}", "hash", e->hash, "files", all);
}

/* As it is, byte for byte, whatever it is. */
static json_t *base64_of(const char *bytes, size_t n)
{
	size_t len = sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_ORIGINAL);
	char *text = malloc(len);

	must(text != NULL);
	sodium_bin2base64(text, len, (const unsigned char *)bytes, n,
	                  sodium_base64_VARIANT_ORIGINAL);
	json_t *all = json_string(text);
	free(text);
	return all;
}

static void perform_file(struct errand *e)
{
	char *buf = malloc(PART_BYTES);
	int64_t whole = 0;
	ssize_t n = -1;

	must(buf != NULL);
	if (find_whole(e)) {
		n = store_part(e->gate->librarian.store, e->hash, e->name, e->offset, buf,
		               PART_BYTES, &whole);
		if (n < 0)
			errand_wrong(e, CONTROL_NOT_FOUND, "%.16s has no file \"%s\"", e->hash,
			             e->name);
	}
	if (n >= 0)
		e->answer =
		        json_pack("{s:o, s:I, s:I}", "base64", base64_of(buf, (size_t)n), "next",
		                  (json_int_t)(e->offset + n), "size", (json_int_t)whole);
	e->well = n >= 0;
	free(buf);
}

/* The hash, or how it begins. */
static bool take_hash(struct errand *e, const char *hash)
{
	if (hash == NULL || strlen(hash) >= sizeof e->hash)
		return errand_wrong(e, CONTROL_PARAMS,
		                    "\"hash\" is that of a library in the store, or how it begins");
	snprintf(e->hash, sizeof e->hash, "%s", hash);
	return true;
}

void shelves_files(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	struct errand *e = look(g, who, call);

	if (e == NULL)
		return;
	if (take_hash(e, json_string_value(json_object_get(params, "hash"))))
		errand_run(e, perform_files, errand_answer);
	else
		errand_answer(e);
}

void shelves_file(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	struct errand *e = look(g, who, call);
	const char *hash, *name;
	json_int_t offset = 0;

	if (e == NULL)
		return;
	if (json_unpack(params, "{s:s, s:s, s?I}", "hash", &hash, "name", &name, "offset",
	                &offset) != 0 ||
	    strlen(name) >= sizeof e->name || offset < 0)
		errand_wrong(e, CONTROL_PARAMS,
		             "library.file wants hash, name, and from where on: offset");
	else if (take_hash(e, hash)) {
		snprintf(e->name, sizeof e->name, "%s", name);
		e->offset = offset;
		errand_run(e, perform_file, errand_answer);
		return;
	}
	errand_answer(e);
}

/* --- rows of the ledger -------------------------------------------------------------------------
 */

static bool is_wanted(json_t *row, json_t *kinds)
{
	json_t *one;
	size_t i;

	json_array_foreach(kinds, i, one)
	{
		if (json_equal(one, json_object_get(row, "kind")))
			return true;
	}
	return kinds == NULL;
}

/* Those of the kinds wanted, as many as fit into an answer, at least one; *next is the last one
 * that was looked at. True when all were. */
static bool cut(json_t *rows, json_t *kinds, json_t *into, json_int_t *next)
{
	size_t bytes = 0, i;
	json_t *row;

	json_array_foreach(rows, i, row)
	{
		if (is_wanted(row, kinds)) {
			bytes += json_dumpb(row, NULL, 0, JSON_COMPACT);
			if (json_array_size(into) > 0 && bytes > ANSWER_BYTES)
				return false;
			json_array_append(into, row);
		}
		*next = json_integer_value(json_object_get(row, "seq"));
	}
	return true;
}

static void rows_found(void *owner, void *tag, json_t *rows)
{
	struct errand *e = tag;
	json_t *some = json_array();
	json_int_t next = e->offset;

	(void)owner;
	e->well = rows != NULL;
	bool all = cut(rows, e->given, some, &next);
	bool more = !all || json_array_size(rows) == ROWS_MAX;
	e->answer = json_pack("{s:o, s:I, s:b}", "rows", some, "next", next, "more", more);
	json_decref(rows);
	if (!e->well)
		errand_wrong(e, CONTROL_REFUSED, "the ledger cannot be read");
	errand_answer(e);
}

static void find_rows(struct gate *g, struct control_ref who, int64_t call, json_t *params,
                      uint32_t in_ledger)
{
	struct ledger_query q = {.kinds = in_ledger, .max = ROWS_MAX};
	json_int_t after = 0;
	json_t *kinds = NULL;

	if (json_unpack(params, "{s?I, s?o}", "after", &after, "kinds", &kinds) != 0 || after < 0 ||
	    (kinds != NULL && !json_is_array(kinds))) {
		control_fail(g->control, who, call, CONTROL_PARAMS,
		             "\"after\" is the number of the row before the first wanted, "
		             "\"kinds\" a list of kinds",
		             NULL);
		return;
	}
	struct errand *e = errand_take(g, who, call, false);
	if (e == NULL)
		return;
	q.after = e->offset = after;
	e->given = json_incref(kinds);
	if (ledger_find(g->ledger, &q, rows_found, e))
		return;
	errand_wrong(e, CONTROL_BUSY, "the ledger is busy; try again in a moment");
	errand_answer(e);
}

void shelves_history(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	find_rows(g, who, call, params, LEDGER_KIND_BIT(LEDGER_LIBRARY));
}

/* Patients are in them, so the caller has looked whether the person may look. */
void shelves_rows(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	find_rows(g, who, call, params, 0);
}
