#include <ctype.h>
#include <string.h>

#include "core/text.h"
#include "ctl.h"
#include "library.h"

/* Is it one of "OPT58, VENUS19"? */
static bool names(const char *sources, const char *key)
{
	const char *item;

	for (size_t n; (n = text_item(&sources, &item)) > 0;)
		if (strlen(key) == n && strncmp(item, key, n) == 0)
			return true;
	return false;
}

/* Does a sentence speak of it? */
static bool mentions(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *at = strstr(text, key); at != NULL; at = strstr(at + 1, key))
		if ((at == text || !isalnum((unsigned char)at[-1])) &&
		    !isalnum((unsigned char)at[n]))
			return true;
	return false;
}

static bool opening_mentions(const struct opening *o, const char *key)
{
	for (size_t i = 0; i < o->n; i++)
		if (mentions(o->part[i].text, key))
			return true;
	return false;
}

/* --- of a class ------------------------------------------------------------------------------ */

static bool class_names(const struct sheet *s, const struct opening *o, const char *key)
{
	for (size_t i = 0; i < s->n; i++)
		for (uint8_t skin = 0; skin < SKIN_TYPES; skin++) {
			const struct row *r = s->line[i].of[skin];

			if (r != NULL && (names(r->source, key) || mentions(r->note, key)))
				return true;
		}
	for (uint32_t i = 0; i < s->lib->n_rules; i++)
		if (rule_touches(s, &s->lib->rule[i]) && names(s->lib->rule[i].source, key))
			return true;
	return opening_mentions(o, key);
}

static void list_head(const struct pen *p, struct grid *g)
{
	pen_head(p, 2, "Sources");
	grid_add(g, "key");
	grid_add(g, "what it is");
	grid_add(g, "read");
}

static void list_one(struct grid *g, const struct reference *r)
{
	grid_add(g, "%s", r->key);
	grid_add(g, "%s", r->title);
	grid_add(g, "%s", r->read);
}

void sources_of_class(const struct pen *p, const struct sheet *s, const struct opening *o)
{
	struct grid g = {.columns = 3};

	list_head(p, &g);
	for (uint16_t i = 0; i < s->lib->n_references; i++)
		if (class_names(s, o, s->lib->reference[i].key))
			list_one(&g, &s->lib->reference[i]);
	pen_grid(p, &g);
}

/* --- of the library -------------------------------------------------------------------------- */

void sources_of_library(const struct pen *p, const struct library *lib)
{
	struct grid g = {.columns = 3};

	list_head(p, &g);
	for (uint16_t i = 0; i < lib->n_references; i++)
		list_one(&g, &lib->reference[i]);
	pen_grid(p, &g);
}

static bool some_class_mentions(const struct shelf *shelf, const char *key)
{
	const struct library *lib = &shelf->config.library;
	bool found = false;

	for (uint16_t i = 0; i < lib->classes.count && !found; i++) {
		struct opening o;
		struct sheet s;

		sheet_make(&s, lib, (uint8_t)i);
		opening_read(&o, shelf->dir, &s);
		found = class_names(&s, &o, key) || mentions(lib->closed[i], key);
		sheet_free(&s);
	}
	return found;
}

/* False when no row, rule or question names it. */
static bool count_one(const struct library *lib, const struct reference *r, struct grid *g)
{
	unsigned rows = 0, rules = 0, facts = 0;

	for (uint32_t i = 0; i < lib->n_rows; i++)
		rows += names(lib->row[i].source, r->key);
	for (uint32_t i = 0; i < lib->n_rules; i++)
		rules += names(lib->rule[i].source, r->key);
	for (uint16_t i = 0; i < lib->n_facts; i++)
		facts += names(lib->fact[i].source, r->key);
	if (rows + rules + facts == 0)
		return false;
	grid_add(g, "%s", r->key);
	grid_add(g, "%u", rows);
	grid_add(g, "%u", rules);
	grid_add(g, "%u", facts);
	grid_add(g, "%s", r->read);
	return true;
}

void say_sources(const struct pen *p, const struct shelf *shelf)
{
	static const char *const head[] = {"key", "rows", "rules", "questions", "read"};
	const struct library *lib = &shelf->config.library;
	struct grid g = {.columns = ARRAY_LEN(head)};
	char unused[WORDS_LEN] = "";

	for (size_t i = 0; i < ARRAY_LEN(head); i++)
		grid_add(&g, "%s", head[i]);
	for (uint16_t i = 0; i < lib->n_references; i++) {
		const struct reference *r = &lib->reference[i];

		if (!count_one(lib, r, &g) && !some_class_mentions(shelf, r->key))
			add(unused, sizeof unused, "%s%s", unused[0] != '\0' ? ", " : "", r->key);
	}
	pen_head(p, 2, "sources (%zu named, of %u)", g.n / g.columns - 1, lib->n_references);
	pen_grid(p, &g);
	if (unused[0] != '\0')
		pen_item(p, "", "in sources.cfg, and nobody names it: %s", unused);
}
