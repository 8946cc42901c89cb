#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_read.h"

/* The canonical text: what the files mean, without blanks, comments and the order in which names
 * were first met. Two libraries with one hash decide alike; whoever changes a number, a reason or
 * a scale changes the hash. Version 1; a change of this text is a change of every hash. */

/* With its length, so that no text can pretend to be two. */
static void put_text(FILE *f, const char *text)
{
	fprintf(f, " %zu:%s", strlen(text), text);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_bits(FILE *f, const char *key, uint64_t bits, const struct symbols *names)
{
	const char *sorted[SYMBOLS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < names->count; i++)
		if ((bits >> i & 1) != 0)
			sorted[n++] = names->name[i];
	qsort(sorted, n, sizeof *sorted, by_name);
	fprintf(f, " %s=", key);
	for (size_t i = 0; i < n; i++)
		put_text(f, sorted[i]);
}

static void put_span(FILE *f, struct span s)
{
	fprintf(f, " %" PRId64 "..%" PRId64, s.lo, s.hi);
}

static void put_fact(FILE *f, const struct fact *fact)
{
	fputs("fact", f);
	put_text(f, fact->name);
	put_text(f, fact->question);
	put_text(f, fact->source);
	fprintf(f, " %c %d %" PRIx32 " %d", fact->confidence, (int)fact->kind, fact->answered_by,
	        fact->valid_days);
	for (int i = 0; i < fact->n_values; i++)
		put_text(f, fact->value[i]);
	if (fact->derive != DERIVE_NONE)
		fprintf(f, " derive %d", (int)fact->derive);
	fputc('\n', f);
}

static int reference_by_key(const void *a, const void *b)
{
	const struct reference *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

static void put_references(FILE *f, const struct library *lib)
{
	const struct reference *sorted[REFERENCES_MAX];

	for (size_t i = 0; i < lib->n_references; i++)
		sorted[i] = &lib->reference[i];
	qsort(sorted, lib->n_references, sizeof(struct reference *), reference_by_key);
	for (size_t i = 0; i < lib->n_references; i++) {
		fputs("source", f);
		put_text(f, sorted[i]->key);
		put_text(f, sorted[i]->title);
		put_text(f, sorted[i]->read);
		fputc('\n', f);
	}
}

static void put_option(FILE *f, const struct director_option *o)
{
	fputs("option", f);
	put_text(f, o->name);
	put_text(f, o->words);
	put_text(f, o->source);
	fprintf(f, " %c %d%d", o->confidence, o->by_default, o->adopted);
	put_text(f, o->by);
	put_text(f, o->on);
	put_text(f, o->why);
	fputc('\n', f);
}

static void put_rule(FILE *f, const struct library *lib, const struct rule *r)
{
	fputs("rule", f);
	put_text(f, r->id);
	put_text(f, r->reason);
	put_text(f, r->source);
	fprintf(f, " %c", r->confidence);
	put_bits(f, "classes", r->classes, &lib->classes);
	put_bits(f, "indications", r->indications, &lib->indications);
	put_bits(f, "sites", r->sites, &lib->sites);
	if (r->session != RULE_ANY_SESSION)
		fprintf(f, " session %d", (int)r->session);
	for (int i = 0; i < r->n_when; i++)
		fprintf(f, " when %s %" PRId64 " %" PRId64, lib->fact[r->when[i].fact].name,
		        r->when[i].at_least, r->when[i].below);
	if (r->option != 0)
		fprintf(f, " %s %s", r->only_adopted ? "only" : "unless",
		        lib->option[r->option - 1].name);
	for (int i = 0; i < r->n_then; i++) {
		const struct effect *e = &r->then[i];

		fprintf(f, " then %d %d %" PRId64 " %" PRId64 "/%" PRId64, (int)e->kind,
		        (int)e->param, e->value, e->num, e->den);
		for (int k = 0; k < e->n_together; k++)
			fprintf(f, " with %d", (int)e->together[k]);
	}
	fputc('\n', f);
}

static void put_row(FILE *f, const struct library *lib, const struct row *r)
{
	fputs("row", f);
	put_text(f, r->id);
	put_text(f, lib->classes.name[r->device_class]);
	put_text(f, r->source);
	put_text(f, r->note);
	fprintf(f, " %d %c %c", r->skin, row_status_letter(r->status), r->confidence);
	put_bits(f, "indications", r->indications, &lib->indications);
	put_bits(f, "sites", r->sites, &lib->sites);
	for (int i = 0; i < r->n_select; i++) {
		fprintf(f, " select %s", param_info(r->select[i].param)->name);
		put_span(f, r->select[i].span);
		put_bits(f, "", r->select[i].choices, &lib->choices);
	}
	for (int i = 0; i < r->n_limit; i++) {
		fprintf(f, " limit %s", param_info(r->limit[i].param)->name);
		put_span(f, r->limit[i].soft);
		put_span(f, r->limit[i].hard);
		put_bits(f, "", r->limit[i].choices, &lib->choices);
	}
	fprintf(f, " unlimited %" PRIx32 "\n", r->unlimited);
}

static void put_closed(FILE *f, const struct library *lib)
{
	const char *sorted[SYMBOLS_MAX];

	for (size_t i = 0; i < lib->classes.count; i++)
		sorted[i] = lib->classes.name[i];
	qsort(sorted, lib->classes.count, sizeof *sorted, by_name);
	for (size_t i = 0; i < lib->classes.count; i++) {
		const char *text = lib->closed[symbols_find(&lib->classes, sorted[i]) - 1];

		if (text[0] == '\0')
			continue;
		fputs("closed", f);
		put_text(f, sorted[i]);
		put_text(f, text);
		fputc('\n', f);
	}
}

/* A choice's number means its name, a state's its state. */
static void put_choice(FILE *f, const struct library *lib, const struct reg *r,
                       const struct reg_choice *c)
{
	fprintf(f, " %d", c->raw);
	put_text(f, r->role == ROLE_STATE ? device_state_name((enum device_state)c->value)
	                                  : symbols_name(&lib->choices, c->value));
}

/* Without `initial`: that is the simulator's. */
static void put_register(FILE *f, const struct library *lib, const struct reg *r)
{
	fputs("register", f);
	put_text(f, r->name);
	fprintf(f, " table %d at %d words %d of %d%d%d bits %d %d", (int)r->table, r->address,
	        r->words, (int)r->encoding, r->low_word_first, r->low_byte_first, r->bit_first,
	        r->bit_count);
	fprintf(f, " role %d %d access %d%d scale %" PRId64 "/%" PRId64 " hard", (int)r->role,
	        (int)r->param, r->readable, r->writable, r->num, r->den);
	put_span(f, r->hard);
	fprintf(f, " on %d %d off %d %d", r->has_on, r->on, r->has_off, r->off);
	for (int i = 0; i < r->n_choices; i++)
		put_choice(f, lib, r, &r->choice[i]);
	if (r->role == ROLE_HEARTBEAT)
		fprintf(f, " fed %" PRId64 " standby %" PRId64, r->fed_every_ms,
		        r->standby_after_ms);
	fputc('\n', f);
}

static void put_profile(FILE *f, const struct library *lib, const struct profile *p)
{
	fputs("profile", f);
	put_text(f, p->name);
	put_text(f, p->model);
	put_text(f, p->device_class);
	fprintf(f, " %d %d%d%d\n", (int)p->fluence, p->mask_write, p->read_write, p->diagnostics);
	for (int i = 0; i < p->n_regs; i++)
		put_register(f, lib, &p->reg[i]);
	for (int i = 0; i < p->n_open; i++)
		fprintf(f, "open %d %d..%d %d%d\n", (int)p->open[i].table, p->open[i].first,
		        p->open[i].last, p->open[i].readable, p->open[i].writable);
}

static int profile_by_name(const void *a, const void *b)
{
	const struct profile *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void put_profiles(FILE *f, const struct config *c)
{
	const struct profile *sorted[PROFILES_MAX];

	for (size_t i = 0; i < c->n_profiles; i++)
		sorted[i] = &c->profile[i];
	if (c->n_profiles > 1)
		qsort(sorted, c->n_profiles, sizeof(struct profile *), profile_by_name);
	for (size_t i = 0; i < c->n_profiles; i++)
		put_profile(f, &c->library, sorted[i]);
}

static void put_site(FILE *f, const struct library *lib, const char *name)
{
	const struct body_site *site = &lib->site[symbols_find(&lib->sites, name) - 1];

	if (site->words[0] == '\0')
		return;
	fputs("site", f);
	put_text(f, name);
	put_text(f, site->words);
	put_bits(f, "inside", site->inside, &lib->sites);
	fputc('\n', f);
}

static void put_all(FILE *f, const struct config *c)
{
	const struct library *lib = &c->library;

	fputs("dosegate library 1\n", f);
	put_references(f, lib);
	for (uint32_t i = 0; i < lib->n_facts; i++)
		put_fact(f, &lib->fact[i]);
	for (int i = 0; i < lib->sites.count; i++)
		put_site(f, lib, lib->sites.name[i]);
	for (int i = 0; i < lib->n_options; i++)
		put_option(f, &lib->option[i]);
	for (uint32_t i = 0; i < lib->n_rules + lib->n_silent; i++)
		put_rule(f, lib, &lib->rule[i]);
	put_closed(f, lib);
	for (uint32_t i = 0; i < lib->n_rows; i++)
		put_row(f, lib, &lib->row[i]);
	put_profiles(f, c);
}

void library_hash(struct config *c)
{
	struct library *lib = &c->library;
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	must(f != NULL && sodium_init() >= 0);
	put_all(f, c);
	must(fclose(f) == 0);
	must(crypto_generichash(lib->hash, sizeof lib->hash, (const unsigned char *)text, len, NULL,
	                        0) == 0);
	sodium_bin2hex(lib->hash_hex, sizeof lib->hash_hex, lib->hash, 8);
	free(text);
}
