#include <ctype.h>
#include <string.h>

#include "ctl.h"
#include "library.h"

/* --- what the protocol file says before its rows -----------------------------------------------
 */

/* The file of its rows; of a class without rows the one that bears its name. */
static const char *file_of_class(const struct sheet *s)
{
	const struct library *lib = s->lib;
	char name[SYMBOL_LEN + 24];

	if (s->n > 0)
		return lib->files[s->line[0].first->file];
	snprintf(name, sizeof name, "protocols/%s.cfg", lib->classes.name[s->device_class]);
	for (uint16_t i = 0; i < lib->n_files; i++)
		if (strcmp(lib->files[i], name) == 0)
			return lib->files[i];
	return "";
}

/* One line behind its "//". */
static void take_comment(struct opening *o, const char *text, bool *fresh)
{
	const char *words = text + strspn(text, " \t");
	bool item = strncmp(words, "- ", 2) == 0;

	if (words[0] == '\0') {
		*fresh = true;
		return;
	}
	if (*fresh || item || o->n == 0) {
		if (o->n == ARRAY_LEN(o->part))
			return;
		o->part[o->n].item = item;
		o->part[o->n++].text[0] = '\0';
		words += item ? 2 : 0;
	}
	*fresh = false;
	add(o->part[o->n - 1].text, sizeof o->part[0].text, "%s%s",
	    o->part[o->n - 1].text[0] != '\0' ? " " : "", words);
}

void opening_read(struct opening *o, const char *dir, const struct sheet *s)
{
	char path[600], line[1000];
	bool fresh = true;
	FILE *from;

	o->n = 0;
	snprintf(path, sizeof path, "%s/%s", dir, file_of_class(s));
	from = fopen(path, "r");
	while (from != NULL && fgets(line, sizeof line, from) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (strncmp(line, "//", 2) != 0)
			break;
		take_comment(o, line + 2, &fresh);
	}
	if (from != NULL)
		fclose(from);
}

const char *opening_title(const struct opening *o, const struct sheet *s)
{
	return o->n > 0 && !o->part[0].item ? o->part[0].text
	                                    : s->lib->classes.name[s->device_class];
}

/* --- what is left to decide --------------------------------------------------------------------
 */

/* "X" as a word: "status M is X", "(X)", "X [MD?]". */
static bool says_x(const char *text)
{
	for (const char *at = strchr(text, 'X'); at != NULL; at = strchr(at + 1, 'X'))
		if ((at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '-')) &&
		    !isalnum((unsigned char)at[1]) && at[1] != '-')
			return true;
	return false;
}

static bool undecided(const char *text)
{
	static const char *const marks[] = {"MD?",           "MD decides", "director decides",
	                                    "director must", "to settle",  "to be settled",
	                                    "not decided",   "undecided"};

	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (strstr(text, marks[i]) != NULL)
			return true;
	return says_x(text);
}

static bool unsure(char confidence)
{
	return confidence != 'P' && confidence != 'S';
}

static bool same_doubt(const struct row *a, const struct row *b)
{
	return a->confidence == b->confidence && strcmp(a->note, b->note) == 0 &&
	       strcmp(a->source, b->source) == 0;
}

/* The row in the order of the sheet; NULL where a type has none. */
static const struct row *row_at(const struct sheet *s, size_t i)
{
	return s->line[i / SKIN_TYPES].of[i % SKIN_TYPES];
}

static bool in_doubt(const struct row *r)
{
	return r != NULL && (unsure(r->confidence) || undecided(r->note));
}

static bool told_before(const struct sheet *s, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (in_doubt(row_at(s, i)) && same_doubt(row_at(s, i), row_at(s, at)))
			return true;
	return false;
}

/* "8 mm, type V; 10 mm, types V, VI": all rows that share this row's doubt. */
static void rows_in_doubt(const struct sheet *s, const struct row *like, char *buf, size_t len)
{
	for (size_t i = 0; i < s->n; i++) {
		char label[300];
		const char *comma = "";

		for (uint8_t skin = 0; skin < SKIN_TYPES; skin++) {
			const struct row *r = s->line[i].of[skin];

			if (!in_doubt(r) || !same_doubt(r, like))
				continue;
			sheet_label(s, r, label, sizeof label);
			if (comma[0] == '\0')
				add(buf, len, "%s%s, type ", buf[0] != '\0' ? "; " : "", label);
			add(buf, len, "%s%s", comma, skin_words(s->lib, r->skin));
			comma = ", ";
		}
	}
}

static size_t rows_to_decide(const struct pen *p, const struct sheet *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n * SKIN_TYPES; i++) {
		const struct row *r = row_at(s, i);
		char which[WORDS_LEN] = "";

		if (!in_doubt(r) || told_before(s, i))
			continue;
		n++;
		if (p == NULL)
			continue;
		rows_in_doubt(s, r, which, sizeof which);
		pen_open_item(p, which, "%s%s(%s; %s).", r->note, r->note[0] != '\0' ? " " : "",
		              r->source, confidence_words(r->confidence));
	}
	return n;
}

/* What hangs on an option is decided with it. */
static size_t rules_to_decide(const struct pen *p, const struct sheet *s)
{
	size_t n = 0;

	for (uint32_t i = 0; i < s->lib->n_rules; i++) {
		const struct rule *r = &s->lib->rule[i];
		char when[WORDS_LEN] = "", then[WORDS_LEN] = "";

		if (r->option != 0 || !rule_touches(s, r) ||
		    !(unsure(r->confidence) || undecided(r->reason)))
			continue;
		n++;
		if (p == NULL)
			continue;
		condition_words(s->lib, r, when, sizeof when);
		effects_words(r, then, sizeof then);
		pen_open_item(p, r->id, "%s: %s (%s; %s).", when, then, r->source,
		              confidence_words(r->confidence));
	}
	return n;
}

static size_t opening_to_decide(const struct pen *p, const struct opening *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n; i++) {
		if (!undecided(o->part[i].text))
			continue;
		n++;
		if (p != NULL)
			pen_open_item(p, "", "%s", o->part[i].text);
	}
	return n;
}

/* A head only over what is there. */
static void head(const struct pen *p, size_t n, const char *words)
{
	if (p != NULL && n > 0)
		pen_head(p, 3, "%s", words);
}

size_t left_to_decide(const struct pen *p, const struct sheet *s, const struct opening *o)
{
	size_t options = options_to_decide(NULL, s);
	size_t said = opening_to_decide(NULL, o);
	size_t rows = rows_to_decide(NULL, s);
	size_t rules = rules_to_decide(NULL, s);

	if (p != NULL) {
		head(p, options, "Options nobody has decided");
		options_to_decide(p, s);
		head(p, said, "Said in the protocol file");
		opening_to_decide(p, o);
		head(p, rows, "Rows that are not read from a source alone");
		rows_to_decide(p, s);
		head(p, rules, "Rules that are not read from a source alone");
		rules_to_decide(p, s);
	}
	return options + said + rows + rules;
}
