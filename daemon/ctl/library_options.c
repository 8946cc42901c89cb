/*
 * What the evidence leaves to the director: how each option stands, who decided it, and which rules
 * speak or are silent for it.
 */
#include <string.h>

#include "ctl.h"
#include "library.h"
#include "library_diff.h"

const struct director_option *rule_option(const struct library *lib, const struct rule *r)
{
	return r->option == 0 ? NULL : &lib->option[r->option - 1];
}

static const char *stands(bool adopted)
{
	return adopted ? "adopted" : "dropped";
}

void standing_words(const struct director_option *o, char *buf, size_t len)
{
	if (o->by[0] == '\0')
		add(buf, len, "%s by default, nobody has decided", stands(o->adopted));
	else
		add(buf, len, "%s by %s on %s (\"%s\")", stands(o->adopted), o->by, o->on, o->why);
}

void while_words(const struct library *lib, const struct rule *r, char *buf, size_t len)
{
	const struct director_option *o = rule_option(lib, r);

	if (o != NULL)
		add(buf, len, "; only while %s is %s", o->name, stands(r->only_adopted));
}

static bool hangs_on(const struct library *lib, const struct rule *r,
                     const struct director_option *o)
{
	return rule_option(lib, r) == o;
}

/* The ids of its rules, speaking or silent; how many. */
static size_t rules_of(const struct library *lib, const struct director_option *o, bool silent,
                       char *buf, size_t len)
{
	uint32_t from = silent ? lib->n_rules : 0, n = silent ? lib->n_silent : lib->n_rules;
	size_t found = 0;

	for (uint32_t i = from; i < from + n; i++)
		if (hangs_on(lib, &lib->rule[i], o))
			add(buf, len, "%s%s", found++ > 0 ? ", " : "", lib->rule[i].id);
	return found;
}

/* "; silent: a, b; in force: c" */
static void rules_words(const struct library *lib, const struct director_option *o, char *buf,
                        size_t len)
{
	char speak[400] = "", silent[400] = "";

	if (rules_of(lib, o, false, speak, sizeof speak) > 0)
		add(buf, len, "; in force: %s", speak);
	if (rules_of(lib, o, true, silent, sizeof silent) > 0)
		add(buf, len, "; silent: %s", silent);
}

static void put_option(const struct pen *p, const struct library *lib,
                       const struct director_option *o)
{
	char text[WORDS_LEN] = "";

	standing_words(o, text, sizeof text);
	rules_words(lib, o, text, sizeof text);
	pen_item(p, o->name, "%s. %s (%s; %s)", text, o->words, o->source,
	         confidence_words(o->confidence));
}

void say_options(const struct pen *p, const struct library *lib)
{
	if (lib->n_options > 0)
		pen_head(p, 2, "the director's options (%u)", lib->n_options);
	for (uint16_t i = 0; i < lib->n_options; i++)
		put_option(p, lib, &lib->option[i]);
}

/* --- of a class ------------------------------------------------------------------------------ */

static bool concerns(const struct sheet *s, const struct director_option *o)
{
	const struct library *lib = s->lib;

	for (uint32_t i = 0; i < lib->n_rules + lib->n_silent; i++)
		if (hangs_on(lib, &lib->rule[i], o) && rule_touches(s, &lib->rule[i]))
			return true;
	return false;
}

void options_of_class(const struct pen *p, const struct sheet *s)
{
	bool headed = false;

	for (uint16_t i = 0; i < s->lib->n_options; i++) {
		if (!concerns(s, &s->lib->option[i]))
			continue;
		if (!headed)
			pen_head(p, 2, "The director's options");
		headed = true;
		put_option(p, s->lib, &s->lib->option[i]);
	}
}

size_t options_to_decide(const struct pen *p, const struct sheet *s)
{
	size_t n = 0;

	for (uint16_t i = 0; i < s->lib->n_options; i++) {
		const struct director_option *o = &s->lib->option[i];

		if (o->by[0] != '\0' || !concerns(s, o))
			continue;
		n++;
		if (p != NULL)
			pen_open_item(p, o->name, "%s Now %s by default (%s; %s).", o->words,
			              stands(o->adopted), o->source,
			              confidence_words(o->confidence));
	}
	return n;
}

/* --- compared -------------------------------------------------------------------------------- */

static const struct director_option *option_named(const struct library *lib, const char *name)
{
	for (uint16_t i = 0; i < lib->n_options; i++)
		if (strcmp(lib->option[i].name, name) == 0)
			return &lib->option[i];
	return NULL;
}

static void diff_option(struct diff *d, const struct director_option *a,
                        const struct director_option *b)
{
	char was[2] = {a->confidence}, is[2] = {b->confidence};
	char before[WORDS_LEN] = "", after[WORDS_LEN] = "";

	if (a->adopted != b->adopted) {
		standing_words(b, after, sizeof after);
		rules_words(d->b, b, after, sizeof after);
		differ(d, "%s: %s becomes %s", a->name, stands(a->adopted), after);
	} else {
		standing_words(a, before, sizeof before);
		standing_words(b, after, sizeof after);
		diff_text(d, a->name, "decision", before, after);
	}
	diff_text(d, a->name, "default", stands(a->by_default), stands(b->by_default));
	diff_text(d, a->name, "words", a->words, b->words);
	diff_text(d, a->name, "source", a->source, b->source);
	diff_text(d, a->name, "confidence", was, is);
}

void diff_options(struct diff *d)
{
	diff_under(d, "options", "the director's options");
	for (uint16_t i = 0; i < d->a->n_options; i++) {
		const struct director_option *a = &d->a->option[i],
		                             *b = option_named(d->b, a->name);

		if (b == NULL)
			differ(d, "%s removed: nobody can decide it any more", a->name);
		else
			diff_option(d, a, b);
	}
	for (uint16_t i = 0; i < d->b->n_options; i++) {
		const struct director_option *b = &d->b->option[i];
		char text[WORDS_LEN] = "";

		if (option_named(d->a, b->name) != NULL)
			continue;
		standing_words(b, text, sizeof text);
		differ(d, "%s added, %s. %s", b->name, text, b->words);
	}
}
