#include <string.h>

#include "ctl.h"
#include "library.h"

/* --- the limits ------------------------------------------------------------------------------ */

/* One line a selection, one column a type: "20 J/cm2 (A)". */
static void overview(const struct pen *p, const struct sheet *s, enum param param)
{
	struct grid g = {.columns = SKIN_TYPES + 1};
	char text[400];

	grid_add(&g, "%s, at most", param_info(param)->words);
	for (uint8_t skin = 1; skin <= SKIN_TYPES; skin++)
		grid_add(&g, "%s", skin_words(s->lib, skin));
	for (size_t i = 0; i < s->n; i++) {
		sheet_label(s, s->line[i].first, text, sizeof text);
		grid_add(&g, "%s", text);
		for (uint8_t skin = 0; skin < SKIN_TYPES; skin++) {
			const struct row *r = s->line[i].of[skin];
			const struct limit *l = r == NULL ? NULL : row_limit(r, param);

			if (r == NULL || l == NULL || l->soft.hi == INT64_MAX) {
				grid_add(&g, "%s", r == NULL ? "no row" : "no ceiling");
				continue;
			}
			quantity_format(l->soft.hi, param_info(param)->measure, text, sizeof text);
			grid_add(&g, "%s (%c)", text, row_status_letter(r->status));
		}
	}
	pen_grid(p, &g);
}

static uint32_t limited_in(const struct line_of_sheet *line)
{
	uint32_t limited = 0;

	for (uint8_t skin = 0; skin < SKIN_TYPES; skin++)
		for (uint8_t i = 0; line->of[skin] != NULL && i < line->of[skin]->n_limit; i++)
			limited |= PARAM_BIT(line->of[skin]->limit[i].param);
	return limited;
}

static void put_hards(const struct row *r, struct grid *g)
{
	char text[WORDS_LEN] = "";

	for (uint8_t i = 0; i < r->n_limit; i++) {
		if (!has_hard_limit(&r->limit[i]))
			continue;
		add(text, sizeof text, "%s%s ", text[0] != '\0' ? "; " : "",
		    param_info(r->limit[i].param)->words);
		bound_words(r->limit[i].param, r->limit[i].hard, text, sizeof text);
	}
	grid_add(g, "%s", text[0] != '\0' ? text : "-");
}

static void put_row(const struct sheet *s, const struct row *r, uint32_t limited, struct grid *g)
{
	grid_add(g, "%s", skin_words(s->lib, r->skin));
	grid_add(g, "%c", row_status_letter(r->status));
	for (enum param param = 0; param < PARAM_COUNT; param++) {
		const struct limit *l = row_limit(r, param);
		char text[WORDS_LEN] = "";

		if ((limited & PARAM_BIT(param)) == 0)
			continue;
		if (l != NULL)
			limit_words(s->lib, l, text, sizeof text);
		else
			add(text, sizeof text, "%s",
			    (r->unlimited & PARAM_BIT(param)) != 0 ? "no limit" : "not in the row");
		grid_add(g, "%s", text);
	}
	put_hards(r, g);
	grid_add(g, "%s (%c)", r->source, r->confidence);
	grid_add(g, "______");
}

/* Notes of the line, each once with its types. */
static void put_notes(const struct pen *p, const struct sheet *s, const struct line_of_sheet *line)
{
	for (uint8_t skin = 0; skin < SKIN_TYPES; skin++) {
		const struct row *r = line->of[skin];
		char types[64] = "";
		bool told = false;

		for (uint8_t k = 0; r != NULL && k < SKIN_TYPES; k++) {
			if (line->of[k] == NULL || strcmp(line->of[k]->note, r->note) != 0)
				continue;
			told = told || k < skin;
			add(types, sizeof types, "%s%s", types[0] != '\0' ? ", " : "",
			    skin_words(s->lib, (uint8_t)(k + 1)));
		}
		if (r != NULL && !told && r->note[0] != '\0')
			pen_item(p, types, "%s", r->note);
	}
}

static void put_unlimited(const struct pen *p, const struct line_of_sheet *line)
{
	uint32_t unlimited = 0;
	char text[WORDS_LEN] = "";

	for (uint8_t skin = 0; skin < SKIN_TYPES; skin++)
		unlimited |= line->of[skin] != NULL ? line->of[skin]->unlimited : 0;
	for (enum param param = 0; param < PARAM_COUNT; param++)
		if ((unlimited & PARAM_BIT(param)) != 0)
			add(text, sizeof text, "%s%s", text[0] != '\0' ? ", " : "",
			    param_info(param)->words);
	if (text[0] != '\0')
		pen_item(p, "No limit in the source", "%s (the device's own range holds)", text);
}

static void details(const struct pen *p, const struct sheet *s, const struct line_of_sheet *line)
{
	uint32_t limited = limited_in(line);
	struct grid g = {.columns = 5};
	char text[WORDS_LEN] = "";

	sheet_label(s, line->first, text, sizeof text);
	pen_head(p, 3, "%s", text);
	grid_add(&g, "type");
	grid_add(&g, "status");
	for (enum param param = 0; param < PARAM_COUNT; param++) {
		if ((limited & PARAM_BIT(param)) == 0)
			continue;
		grid_add(&g, "%s", param_info(param)->words);
		g.columns++;
	}
	grid_add(&g, "nobody may");
	grid_add(&g, "source");
	grid_add(&g, "yours");
	for (uint8_t skin = 0; skin < SKIN_TYPES; skin++)
		if (line->of[skin] != NULL)
			put_row(s, line->of[skin], limited, &g);
	pen_grid(p, &g);
	text[0] = '\0';
	names_words(&s->lib->sites, line->first->sites, "every site", text, sizeof text);
	if (s->by_site)
		pen_item(p, "Sites", "%s", text);
	put_notes(p, s, line);
	put_unlimited(p, line);
}

static void limits_of(const struct pen *p, const struct sheet *s)
{
	char shared[WORDS_LEN];

	sheet_shared(s, shared, sizeof shared);
	pen_head(p, 2, "Limits");
	if (shared[0] != '\0')
		pen_text(p, "All of it for %s. Anything else has no row, and is held.", shared);
	pen_text(p, "What is refused is the dangerous side only: a dose below the source's working "
	            "range passes. \"Nobody may\" is a limit no physician can override.");
	for (enum param param = 0; param < PARAM_COUNT; param++)
		if (sheet_has_ceiling(s, param))
			overview(p, s, param);
	for (enum row_status status = STATUS_A; status <= STATUS_B; status++)
		if (status != STATUS_NO_ROW)
			pen_item(p, (char[]){row_status_letter(status), '\0'}, "%s",
			         status_words(status));
	for (size_t i = 0; i < s->n; i++)
		details(p, s, &s->line[i]);
}

/* --- the rules ------------------------------------------------------------------------------- */

/* What a rule does at most; the page has one part for each. */
static const struct {
	const char *head;
	uint32_t effects;
} PARTS[] = {
        {"Not today: nobody may override", 1u << EFFECT_BLOCK},
        {"A physician decides first",
         1u << EFFECT_HOLD | 1u << EFFECT_TEST_SPOT | 1u << EFFECT_TWO},
        {"Who must be there", 1u << EFFECT_SUPERVISE},
        {"Narrower limits", 1u << EFFECT_RAISE_SKIN | 1u << EFFECT_SCALE | 1u << EFFECT_MINIMUM |
                                    1u << EFFECT_MAXIMUM | 1u << EFFECT_PULSES |
                                    1u << EFFECT_TOTAL},
        {"Narrower limits after earlier doses",
         1u << EFFECT_STEP | 1u << EFFECT_ONE_STEP | 1u << EFFECT_BUDGET | 1u << EFFECT_TESTED},
        {"Noted only", 1u << EFFECT_NOTE},
};

static size_t part_of(const struct rule *r)
{
	uint32_t effects = 0;
	size_t part = 0;

	for (uint8_t i = 0; i < r->n_then; i++)
		effects |= 1u << r->then[i].kind;
	while (part + 1 < ARRAY_LEN(PARTS) && (PARTS[part].effects & effects) == 0)
		part++;
	return part;
}

static void put_rule(const struct pen *p, const struct sheet *s, const struct rule *r)
{
	char when[WORDS_LEN] = "", then[WORDS_LEN] = "", scope[WORDS_LEN] = "";

	condition_words(s->lib, r, when, sizeof when);
	effects_words(r, then, sizeof then);
	scope_words(s->lib, r, scope, sizeof scope);
	pen_item(p, r->id, "when %s%s: %s. \"%s\" Source %s (%s).", when, scope, then, r->reason,
	         r->source, confidence_words(r->confidence));
}

static void silent_rules(const struct pen *p, const struct sheet *s)
{
	const struct library *lib = s->lib;
	bool headed = false;

	for (uint32_t i = lib->n_rules; i < lib->n_rules + lib->n_silent; i++) {
		if (!rule_touches(s, &lib->rule[i]))
			continue;
		if (!headed)
			pen_head(p, 3, "Silent, as the director's options stand");
		headed = true;
		put_rule(p, s, &lib->rule[i]);
	}
}

static void rules_of(const struct pen *p, const struct sheet *s)
{
	pen_head(p, 2, "Rules of screening");
	for (size_t part = 0; part < ARRAY_LEN(PARTS); part++) {
		bool headed = false;

		for (uint32_t i = 0; i < s->lib->n_rules; i++) {
			const struct rule *r = &s->lib->rule[i];

			if (!rule_touches(s, r) || part_of(r) != part)
				continue;
			if (!headed)
				pen_head(p, 3, "%s", PARTS[part].head);
			headed = true;
			put_rule(p, s, r);
		}
	}
	silent_rules(p, s);
}

/* --- the page -------------------------------------------------------------------------------- */

static void intro(const struct pen *p, const struct shelf *shelf, const struct sheet *s,
                  const struct opening *o)
{
	const struct library *lib = s->lib;
	char indications[WORDS_LEN] = "", sites[WORDS_LEN] = "";

	names_words(&lib->indications, lib->class_indications[s->device_class], "every indication",
	            indications, sizeof indications);
	names_words(&lib->sites, s->sites, "every site", sites, sizeof sites);
	pen_head(p, 1, "%s", lib->classes.name[s->device_class]);
	pen_text(p, "%s", opening_title(o, s));
	pen_item(p, "For", "%s; %s", indications, sites);
	pen_item(p, "Library", "%s, version %s; %u rows", shelf->words, lib->hash_hex, s->n_rows);
	say_closed(p, s);
	if (o->n > 1)
		pen_head(p, 2, "What its author says");
	for (size_t i = 1; i < o->n; i++) {
		if (o->part[i].item)
			pen_item(p, "", "%s", o->part[i].text);
		else
			pen_text(p, "%s", o->part[i].text);
	}
}

static void chart_of(const struct pen *p, const struct sheet *s, const char *svg)
{
	if (!p->markdown || s->n == 0)
		return;
	pen_head(p, 2, "Ceilings");
	if (svg != NULL)
		fprintf(p->to, "![ceilings by skin type](%s)\n", svg);
	else if (!chart_write(p->to, s))
		pen_text(p, "No parameter of this class has a ceiling.");
}

static void sign(const struct pen *p, const struct sheet *s)
{
	static const char *const lines[] = {"Device, manual and its edition", "Changes I want",
	                                    "Name", "Date and signature"};

	pen_head(p, 2, "Director");
	pen_text(p,
	         "I have compared every number on this page with the manual of the device named "
	         "here (class %s, library %s). Not signed, nothing here is confirmed.",
	         s->lib->classes.name[s->device_class], s->lib->hash_hex);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		pen_item(p, lines[i], "______________________________________________");
}

void page_write(const struct pen *p, const struct shelf *shelf, const struct sheet *s,
                const char *svg)
{
	struct opening o;

	opening_read(&o, shelf->dir, s);
	intro(p, shelf, s, &o);
	chart_of(p, s, svg);
	if (s->n > 0)
		limits_of(p, s);
	rules_of(p, s);
	options_of_class(p, s);
	pen_head(p, 2, "Left to decide");
	if (left_to_decide(p, s, &o) == 0)
		pen_text(p, "Nothing is marked so.");
	sources_of_class(p, s, &o);
	sign(p, s);
}
