#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "library.h"

/* --- what is closed ----------------------------------------------------------------------------
 */

static bool takes(const struct row *r, unsigned indication, unsigned site)
{
	return r != NULL && (r->indications >> indication & 1) != 0 &&
	       (r->sites == 0 || (r->sites >> site & 1) != 0);
}

/* The sites of this class at which this type has no row for the indication. */
static uint64_t sites_closed(const struct sheet *s, unsigned indication, uint8_t skin)
{
	uint64_t closed = 0;

	for (unsigned site = 0; site < s->lib->sites.count; site++) {
		bool open = s->sites != 0 && (s->sites >> site & 1) == 0;

		for (size_t i = 0; i < s->n && !open; i++)
			open = takes(s->line[i].of[skin], indication, site);
		closed |= open ? 0 : UINT64_C(1) << site;
	}
	return closed;
}

static uint64_t sites_of_sheet(const struct sheet *s)
{
	unsigned n = s->lib->sites.count;

	return s->sites != 0 ? s->sites : n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

/* Types that lack the same sites are one line. */
static size_t say_indication(const struct pen *p, const struct sheet *s, unsigned indication)
{
	uint64_t whole = sites_of_sheet(s), closed[SKIN_TYPES];
	size_t n = 0;

	for (uint8_t skin = 0; skin < SKIN_TYPES; skin++)
		closed[skin] = sites_closed(s, indication, skin);
	for (uint8_t skin = 0; skin < SKIN_TYPES; skin++) {
		char types[64] = "", sites[WORDS_LEN] = "";

		if (closed[skin] == 0)
			continue;
		for (uint8_t k = skin + 1; k < SKIN_TYPES; k++) {
			if (closed[k] != closed[skin])
				continue;
			add(types, sizeof types, ", %s", skin_words(s->lib, (uint8_t)(k + 1)));
			closed[k] = 0;
		}
		n++;
		if (p == NULL)
			continue;
		names_words(&s->lib->sites, closed[skin] == whole ? 0 : closed[skin], "every site",
		            sites, sizeof sites);
		pen_item(p, "", "type %s%s: no row for %s (%s), so no session starts",
		         skin_words(s->lib, (uint8_t)(skin + 1)), types,
		         s->lib->indications.name[indication], sites);
	}
	return n;
}

/* The loader wants the reason of a class without rows; of the others it may be absent. */
size_t say_closed(const struct pen *p, const struct sheet *s)
{
	const char *why = s->lib->closed[s->device_class];
	size_t n = 0;

	if (s->n == 0)
		n++;
	if (s->n == 0 && p != NULL)
		pen_item(p, "", "closed: its protocol has no row, so no session starts");
	for (unsigned i = 0; i < s->lib->indications.count && s->n > 0; i++)
		if ((s->lib->class_indications[s->device_class] >> i & 1) != 0)
			n += say_indication(p, s, i);
	if (p != NULL && n > 0)
		pen_item(p, "", "why: %s", why[0] != '\0' ? why : "the protocol does not say");
	return n;
}

static void check_class(const struct pen *p, const struct shelf *shelf, uint8_t device_class)
{
	struct sheet s;
	struct opening o;
	char statuses[32];

	sheet_make(&s, &shelf->config.library, device_class);
	opening_read(&o, shelf->dir, &s);
	sheet_statuses(&s, statuses, sizeof statuses);
	pen_head(p, 2, "%s", s.lib->classes.name[device_class]);
	pen_item(p, "", "%u rows; best status of types I to VI: %s", s.n_rows, statuses);
	say_closed(p, &s);
	pen_item(p, "", "%zu left to decide (dosegatectl library show %s --library %s)",
	         left_to_decide(NULL, &s, &o), s.lib->classes.name[device_class], shelf->dir);
	sheet_free(&s);
}

/* --- the library as a whole --------------------------------------------------------------------
 */

static void say_confidence(const struct pen *p, const struct library *lib)
{
	static const char letters[] = "PSXR";

	pen_head(p, 2, "confidence");
	for (size_t c = 0; c < sizeof letters - 1; c++) {
		unsigned rows = 0, rules = 0, facts = 0;

		for (uint32_t i = 0; i < lib->n_rows; i++)
			rows += lib->row[i].confidence == letters[c];
		for (uint32_t i = 0; i < lib->n_rules; i++)
			rules += lib->rule[i].confidence == letters[c];
		for (uint16_t i = 0; i < lib->n_facts; i++)
			facts += lib->fact[i].confidence == letters[c];
		pen_item(p, "", "%s: %u rows, %u rules, %u questions", confidence_words(letters[c]),
		         rows, rules, facts);
	}
}

enum exit_code cmd_library_check(const struct options *o)
{
	struct pen p = {stdout, o->markdown};
	struct shelf shelf = {0};
	const struct library *lib = &shelf.config.library;
	bool well = shelf_open(&shelf, o->word[0],
	                       "this library is refused; nothing else was looked at");

	if (well) {
		pen_head(&p, 1, "%s: nothing to complain of", o->word[0]);
		pen_text(&p, "%u classes, %u rows, %u rules, %u questions; library %s",
		         lib->classes.count, lib->n_rows, lib->n_rules, lib->n_facts,
		         lib->hash_hex);
		for (uint16_t i = 0; i < lib->classes.count; i++)
			check_class(&p, &shelf, (uint8_t)i);
		say_reports(&p, &shelf);
		say_options(&p, lib);
		say_sources(&p, &shelf);
		say_confidence(&p, lib);
	}
	shelf_close(&shelf);
	return (enum exit_code)printed(well ? EXIT_DONE : EXIT_NOT_FOUND);
}
