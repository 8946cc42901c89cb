/*
 * What a library may contain and is not refused for, but a director should know: rows nobody can
 * reach, limits that never bind, rules that never speak, gaps. Each with its file and line.
 */
#include "library_report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "ctl.h"

static struct report *report_new(struct reports *all)
{
	if (all->n == all->room) {
		all->room = all->room == 0 ? 32 : 2 * all->room;
		all->list = realloc(all->list, all->room * sizeof *all->list);
		must(all->list != NULL);
	}
	all->list[all->n] = (struct report){.types = 0};
	return &all->list[all->n++];
}

#define FORMATTED(text, format)                        \
	va_list args;                                  \
	va_start(args, format);                        \
	vsnprintf((text), sizeof(text), format, args); \
	va_end(args)

void report(struct reports *all, const char *file, int line, const char *id, const char *format,
            ...)
{
	struct report *r = report_new(all);

	FORMATTED(r->text, format);
	if (line > 0)
		snprintf(r->where, sizeof r->where, "%s:%d", file, line);
	else
		snprintf(r->where, sizeof r->where, "%s", file);
	snprintf(r->id, sizeof r->id, "%s", id);
}

void report_rule(struct reports *all, const struct rule *r, const char *text)
{
	char id[80];

	snprintf(id, sizeof id, "rule %s", r->id);
	report(all, "screening.cfg", r->line, id, "%s", text);
}

void report_row(struct reports *all, const struct row *row, const char *format, ...)
{
	const char *skin = skin_words(all->lib, row->skin);
	char text[500], where[140], id[80];

	FORMATTED(text, format);
	snprintf(where, sizeof where, "%s:%d", all->lib->files[row->file], row->line);
	snprintf(id, sizeof id, "row %.*s", (int)(strlen(row->id) - strlen(skin) - 1), row->id);
	for (size_t i = 0; i < all->n; i++) {
		struct report *r = &all->list[i];

		if (strcmp(r->where, where) == 0 && strcmp(r->id, id) == 0 &&
		    strcmp(r->text, text) == 0) {
			r->types |= (uint8_t)(1u << (row->skin - 1));
			return;
		}
	}
	report(all, all->lib->files[row->file], row->line, id, "%s", text);
	all->list[all->n - 1].types = (uint8_t)(1u << (row->skin - 1));
}

const struct profile *next_profile(const struct reports *all, uint8_t device_class, size_t *at)
{
	const struct config *c = &all->shelf->config;

	while (*at < c->n_profiles) {
		const struct profile *p = &c->profile[(*at)++];

		if (strcmp(p->device_class, all->lib->classes.name[device_class]) == 0)
			return p;
	}
	return NULL;
}

bool has_profile(const struct reports *all, uint8_t device_class)
{
	size_t at = 0;

	return next_profile(all, device_class, &at) != NULL;
}

/* --- a class --------------------------------------------------------------------------------- */

/* Could some settings fit both, for somebody? */
static bool rows_meet(const struct row *a, const struct row *b)
{
	for (uint8_t i = 0; i < a->n_select; i++) {
		const struct select *x = &a->select[i], *y = limits_select(b, x->param);

		if (y == NULL)
			continue;
		if (param_is_choice(x->param) ? (x->choices & y->choices) == 0
		                              : x->span.lo > y->span.hi || y->span.lo > x->span.hi)
			return false;
	}
	return meets(a->indications, b->indications) && meets(a->sites, b->sites);
}

static bool type_has(const struct sheet *s, uint8_t skin, const struct row *like)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->line[i].of[skin] != NULL && rows_meet(like, s->line[i].of[skin]))
			return true;
	return false;
}

/* What some types have a row for and others have nothing for. */
static void report_gaps(struct reports *all, const struct sheet *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct row *first = s->line[i].first;
		char types[64] = "", label[400];

		for (uint8_t skin = 0; skin < SKIN_TYPES; skin++)
			if (!type_has(s, skin, first))
				add(types, sizeof types, "%s%s", types[0] != '\0' ? ", " : "",
				    skin_words(s->lib, (uint8_t)(skin + 1)));
		if (types[0] == '\0')
			continue;
		sheet_label(s, first, label, sizeof label);
		report(all, s->lib->files[first->file], first->line,
		       s->lib->classes.name[s->device_class],
		       "a gap: no row of type %s for %s, which other types have", types, label);
	}
}

static void report_class(struct reports *all, uint8_t device_class)
{
	struct sheet s;

	sheet_make(&s, all->lib, device_class);
	if (!has_profile(all, device_class) && s.n > 0)
		report(all, all->lib->files[s.line[0].first->file], s.line[0].first->line,
		       all->lib->classes.name[device_class],
		       "nobody can reach its %u rows: devices/ has no profile of this class",
		       s.n_rows);
	report_gaps(all, &s);
	sheet_free(&s);
}

/* --- all of it ------------------------------------------------------------------------------- */

static void report_profiles(struct reports *all)
{
	const struct config *c = &all->shelf->config;

	for (size_t i = 0; i < c->n_profiles; i++) {
		const struct profile *p = &c->profile[i];
		char file[80];

		if (p->device_class[0] == '\0' ||
		    symbols_find(&all->lib->classes, p->device_class) != 0)
			continue;
		snprintf(file, sizeof file, "devices/%s.cfg", p->name);
		report(all, file, 0, p->name,
		       "no protocol is for its class \"%s\", so a clinic with it is refused",
		       p->device_class);
	}
}

/* P says that a primary source was read. */
static bool read_itself(const struct library *lib, const char *sources)
{
	const char *item;

	for (size_t n; (n = text_item(&sources, &item)) > 0;)
		for (uint16_t i = 0; i < lib->n_references; i++)
			if (strlen(lib->reference[i].key) == n &&
			    strncmp(item, lib->reference[i].key, n) == 0 &&
			    strcmp(lib->reference[i].read, "secondary") != 0)
				return true;
	return false;
}

static void report_confidence(struct reports *all)
{
	static const char text[] = "confidence P, and none of its sources was read itself";
	const struct library *lib = all->lib;

	for (uint32_t i = 0; i < lib->n_rows; i++)
		if (lib->row[i].confidence == 'P' && !read_itself(lib, lib->row[i].source))
			report_row(all, &lib->row[i], text);
	for (uint32_t i = 0; i < lib->n_rules + lib->n_silent; i++)
		if (lib->rule[i].confidence == 'P' && !read_itself(lib, lib->rule[i].source))
			report_rule(all, &lib->rule[i], text);
	for (uint16_t i = 0; i < lib->n_facts; i++)
		if (lib->fact[i].confidence == 'P' && !read_itself(lib, lib->fact[i].source))
			report(all, "facts.cfg", lib->fact[i].line, lib->fact[i].name, text);
}

static void gather(struct reports *all)
{
	for (uint16_t i = 0; i < all->lib->classes.count; i++)
		report_class(all, (uint8_t)i);
	for (uint32_t i = 0; i < all->lib->n_rows; i++)
		report_of_row(all, &all->lib->row[i]);
	for (uint32_t i = 0; i < all->lib->n_rules + all->lib->n_silent; i++)
		report_of_rule(all, &all->lib->rule[i]);
	report_profiles(all);
	report_confidence(all);
}

static void put_report(const struct pen *p, const struct reports *all, const struct report *r)
{
	char types[64] = "";

	for (uint8_t skin = 0; skin < SKIN_TYPES; skin++)
		if ((r->types >> skin & 1) != 0)
			add(types, sizeof types, "%s%s", types[0] != '\0' ? ", " : " of ",
			    skin_words(all->lib, (uint8_t)(skin + 1)));
	pen_item(p, r->where, "%s%s: %s", r->id, types, r->text);
}

void say_reports(const struct pen *p, const struct shelf *shelf)
{
	struct reports all = {.shelf = shelf, .lib = &shelf->config.library};

	gather(&all);
	pen_head(p, 2, "to look at (%zu)", all.n);
	if (all.n == 0)
		pen_text(p,
		         "Every row can be reached, every limit binds, every rule speaks, and no "
		         "type lacks a row others have.");
	for (size_t i = 0; i < all.n; i++)
		put_report(p, &all, &all.list[i]);
	free(all.list);
}
