/*
 * Two libraries compared, in clinical words. Rows are the same row when they are for the same type
 * and select the same, whatever they are called; names go by name, for each library numbers its
 * own. library_diff_row.c compares two such rows.
 */
#include "library_diff.h"

#include <sodium.h>
#include <string.h>

#include "ctl.h"

bool same_names(const struct symbols *a, uint64_t in_a, const struct symbols *b, uint64_t in_b)
{
	bool whole;

	return (in_a == 0) == (in_b == 0) && names_in(a, in_a, b, &whole) == in_b && whole;
}

uint64_t names_in(const struct symbols *from, uint64_t bits, const struct symbols *to, bool *whole)
{
	uint64_t out = 0;

	*whole = true;
	for (uint16_t i = 0; i < from->count; i++) {
		int64_t there = choice_in(bits, i + 1) ? symbols_find(to, from->name[i]) : 0;

		if (there != 0)
			out |= UINT64_C(1) << (there - 1);
		else if (choice_in(bits, i + 1))
			*whole = false;
	}
	return out;
}

/* --- rows --------------------------------------------------------------------------------------
 */

static bool selects_same(const struct diff *d, const struct row *a, const struct row *b)
{
	if (a->n_select != b->n_select)
		return false;
	for (uint8_t i = 0; i < a->n_select; i++) {
		const struct select *x = &a->select[i], *y = limits_select(b, x->param);

		if (y == NULL)
			return false;
		if (param_is_choice(x->param)
		            ? !same_names(&d->a->choices, x->choices, &d->b->choices, y->choices)
		            : x->span.lo != y->span.lo || x->span.hi != y->span.hi)
			return false;
	}
	return true;
}

static bool same_place(const struct diff *d, const struct row *a, const struct row *b)
{
	return selects_same(d, a, b) &&
	       same_names(&d->a->indications, a->indications, &d->b->indications, b->indications) &&
	       same_names(&d->a->sites, a->sites, &d->b->sites, b->sites);
}

static bool same_kind(const struct diff *d, const struct row *a, const struct row *b)
{
	return a->skin == b->skin && strcmp(d->a->classes.name[a->device_class],
	                                    d->b->classes.name[b->device_class]) == 0;
}

/* Which of b's rows a's row is now, and the reverse: by what it selects, else by its name if that
 * row is nobody else's. */
static const struct row *placed_in_b(const struct diff *d, const struct row *a)
{
	for (uint32_t i = 0; i < d->b->n_rows; i++)
		if (same_kind(d, a, &d->b->row[i]) && same_place(d, a, &d->b->row[i]))
			return &d->b->row[i];
	return NULL;
}

static const struct row *placed_in_a(const struct diff *d, const struct row *b)
{
	for (uint32_t i = 0; i < d->a->n_rows; i++)
		if (same_kind(d, &d->a->row[i], b) && same_place(d, &d->a->row[i], b))
			return &d->a->row[i];
	return NULL;
}

static const struct row *now_in_b(const struct diff *d, const struct row *a)
{
	const struct row *placed = placed_in_b(d, a);

	for (uint32_t i = 0; i < d->b->n_rows && placed == NULL; i++) {
		const struct row *b = &d->b->row[i];

		if (strcmp(a->id, b->id) == 0 && same_kind(d, a, b) && placed_in_a(d, b) == NULL)
			return b;
	}
	return placed;
}

static bool is_new(const struct diff *d, const struct row *b)
{
	if (placed_in_a(d, b) != NULL)
		return false;
	for (uint32_t i = 0; i < d->a->n_rows; i++)
		if (now_in_b(d, &d->a->row[i]) == b)
			return false;
	return true;
}

static void whole_row(struct diff *d, const struct sheet *s, const struct row *r, const char *what)
{
	char limits[WORDS_LEN] = "", place[400];

	for (uint8_t i = 0; i < r->n_limit; i++) {
		add(limits, sizeof limits, "%s%s ", i > 0 ? ", " : "",
		    param_info(r->limit[i].param)->words);
		limit_words(s->lib, &r->limit[i], limits, sizeof limits);
	}
	sheet_label(s, r, place, sizeof place);
	differ(d, "type %s, %s: %s (%s): status %c; %s", skin_words(s->lib, r->skin), place, what,
	       r->id, row_status_letter(r->status), limits);
}

static void rows_of_class(struct diff *d, const struct sheet *a, const struct sheet *b)
{
	for (uint32_t i = 0; i < d->a->n_rows; i++) {
		const struct row *r = &d->a->row[i], *now;
		char place[400];

		if (r->device_class != a->device_class)
			continue;
		now = now_in_b(d, r);
		if (now == NULL) {
			whole_row(d, a, r, "row removed, nothing is in protocol there");
			continue;
		}
		sheet_label(a, r, place, sizeof place);
		if (!same_place(d, r, now)) {
			char then[400];
			sheet_label(b, now, then, sizeof then);
			differ(d, "type %s: row %s was for %s and is for %s",
			       skin_words(d->a, r->skin), r->id, place, then);
		}
		diff_rows(d, r, now, place);
	}
	for (uint32_t i = 0; i < d->b->n_rows; i++)
		if (d->b->row[i].device_class == b->device_class && is_new(d, &d->b->row[i]))
			whole_row(d, b, &d->b->row[i], "row added");
}

/* --- classes -----------------------------------------------------------------------------------
 */

static void diff_class(struct diff *d, uint8_t at_a, uint8_t at_b)
{
	struct sheet a, b;

	sheet_make(&a, d->a, at_a);
	sheet_make(&b, d->b, at_b);
	diff_under(d, "class", d->a->classes.name[at_a]);
	if (!same_names(&d->a->indications, d->a->class_indications[at_a], &d->b->indications,
	                d->b->class_indications[at_b]))
		differ(d, "is for other indications now");
	diff_text(d, "class", "why it is closed", d->a->closed[at_a], d->b->closed[at_b]);
	rows_of_class(d, &a, &b);
	sheet_free(&a);
	sheet_free(&b);
}

static void diff_classes(struct diff *d)
{
	const struct symbols *a = &d->a->classes, *b = &d->b->classes;

	for (uint16_t i = 0; i < a->count; i++) {
		int64_t there = symbols_find(b, a->name[i]);

		diff_under(d, "class", a->name[i]);
		if (there == 0)
			differ(d, "class removed");
		else
			diff_class(d, (uint8_t)i, (uint8_t)(there - 1));
	}
	for (uint16_t i = 0; i < b->count; i++) {
		struct sheet s;

		if (symbols_find(a, b->name[i]) != 0)
			continue;
		diff_under(d, "class", b->name[i]);
		sheet_make(&s, d->b, (uint8_t)i);
		differ(d, "class added, with %u rows", s.n_rows);
		sheet_free(&s);
	}
}

/* --- rules and questions -----------------------------------------------------------------------
 */

/* Speaking or silent: which of the two is the options' difference, not the rule's. */
static uint32_t n_rules(const struct library *lib)
{
	return lib->n_rules + lib->n_silent;
}

static const struct rule *rule_named(const struct library *lib, const char *id)
{
	for (uint32_t i = 0; i < n_rules(lib); i++)
		if (strcmp(lib->rule[i].id, id) == 0)
			return &lib->rule[i];
	return NULL;
}

static void whole_rule(struct diff *d, const struct library *lib, const struct rule *r,
                       const char *what)
{
	char when[WORDS_LEN] = "", then[WORDS_LEN] = "", scope[WORDS_LEN] = "";

	condition_words(lib, r, when, sizeof when);
	effects_words(r, then, sizeof then);
	scope_words(lib, r, scope, sizeof scope);
	differ(d, "%s %s: when %s%s: %s (%s, %c)", r->id, what, when, scope, then, r->source,
	       r->confidence);
}

static void names_changed(struct diff *d, const char *id, const char *what, const struct symbols *a,
                          uint64_t in_a, const struct symbols *b, uint64_t in_b)
{
	char before[WORDS_LEN] = "", after[WORDS_LEN] = "";

	if (same_names(a, in_a, b, in_b))
		return;
	names_words(a, in_a, "all", before, sizeof before);
	names_words(b, in_b, "all", after, sizeof after);
	differ(d, "%s: %s %s becomes %s", id, what, before, after);
}

static void diff_rule(struct diff *d, const struct rule *a, const struct rule *b)
{
	char before[WORDS_LEN] = "", after[WORDS_LEN] = "";
	char was[2] = {a->confidence}, is[2] = {b->confidence};

	condition_words(d->a, a, before, sizeof before);
	condition_words(d->b, b, after, sizeof after);
	diff_text(d, a->id, "when", before, after);
	before[0] = after[0] = '\0';
	effects_words(a, before, sizeof before);
	effects_words(b, after, sizeof after);
	diff_text(d, a->id, "then", before, after);
	names_changed(d, a->id, "for class", &d->a->classes, a->classes, &d->b->classes,
	              b->classes);
	names_changed(d, a->id, "for", &d->a->indications, a->indications, &d->b->indications,
	              b->indications);
	names_changed(d, a->id, "at", &d->a->sites, a->sites, &d->b->sites, b->sites);
	before[0] = after[0] = '\0';
	while_words(d->a, a, before, sizeof before);
	while_words(d->b, b, after, sizeof after);
	diff_text(d, a->id, "hangs on", before, after);
	diff_text(d, a->id, "for", session_words(a->session), session_words(b->session));
	diff_text(d, a->id, "reason", a->reason, b->reason);
	diff_text(d, a->id, "source", a->source, b->source);
	diff_text(d, a->id, "confidence", was, is);
}

static void diff_rules(struct diff *d)
{
	diff_under(d, "rules", "rules of screening");
	for (uint32_t i = 0; i < n_rules(d->a); i++) {
		const struct rule *a = &d->a->rule[i], *b = rule_named(d->b, a->id);

		if (b == NULL)
			whole_rule(d, d->a, a, "removed");
		else
			diff_rule(d, a, b);
	}
	for (uint32_t i = 0; i < n_rules(d->b); i++)
		if (rule_named(d->a, d->b->rule[i].id) == NULL)
			whole_rule(d, d->b, &d->b->rule[i], "added");
}

static void end_of_diff(const struct diff *d)
{
	bool same = strcmp(d->a->hash_hex, d->b->hash_hex) == 0;

	pen_gap(&d->p);
	if (d->n > 0)
		pen_text(&d->p, "%zu difference%s", d->n, d->n == 1 ? "" : "s");
	else
		pen_text(&d->p, "%s",
		         same ? "no difference"
		              : "no difference in what is decided; names, notes or order differ");
}

static void compare(struct diff *d, const struct shelf *a, const struct shelf *b)
{
	diff_options(d);
	diff_classes(d);
	diff_rules(d);
	diff_facts(d);
	diff_profiles(d, &a->config, &b->config);
	diff_references(d);
}

static json_t *hash_json(const struct library *lib)
{
	char hex[2 * sizeof lib->hash + 1];

	return json_string(sodium_bin2hex(hex, sizeof hex, lib->hash, sizeof lib->hash));
}

static void tell_all(struct diff *d, const struct shelf *a, const struct shelf *b)
{
	d->told = json_array();
	compare(d, a, b);
	json_t *all = json_pack("{s:o, s:o, s:I, s:o}", "from", hash_json(d->a), "to",
	                        hash_json(d->b), "count", (json_int_t)d->n, "sections", d->told);
	print_json(all);
	json_decref(all);
}

enum exit_code cmd_library_diff(const struct options *o)
{
	struct shelf a = {0}, b = {0};
	bool well = shelf_take(o, &a, o->word[0], "nothing was compared");

	well = shelf_take(o, &b, o->word[1], "nothing was compared") && well;
	struct diff d = {
	        .a = &a.config.library, .b = &b.config.library, .p = {stdout, o->markdown}};
	if (well && o->json) {
		tell_all(&d, &a, &b);
	} else if (well) {
		pen_head(&d.p, 1, "%s (%s) becomes %s (%s)", o->word[0], d.a->hash_hex, o->word[1],
		         d.b->hash_hex);
		compare(&d, &a, &b);
		end_of_diff(&d);
	}
	shelf_close(&a);
	shelf_close(&b);
	return (enum exit_code)printed(well ? EXIT_DONE : EXIT_NOT_FOUND);
}
