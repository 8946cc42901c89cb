#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_read.h"

static const struct key option_keys[] = {
        {"name", KEY_TEXT, true},   {"words", KEY_TEXT, true},      {"default", KEY_TEXT, true},
        {"source", KEY_TEXT, true}, {"confidence", KEY_TEXT, true},
};

static const struct key decision_keys[] = {
        {"adopt", KEY_TEXT, false}, {"drop", KEY_TEXT, false}, {"by", KEY_TEXT, true},
        {"on", KEY_TEXT, true},     {"why", KEY_TEXT, true},
};

static void names_of(const struct library *lib, struct words *out)
{
	for (int i = 0; i < lib->n_options; i++)
		words_add(out, lib->option[i].name);
}

/* Text that says something. */
static void take_words(const struct source *s, const config_setting_t *group, const char *key,
                       const char *what, char *out, size_t size)
{
	const config_setting_t *at = key_at(group, key, KEY_TEXT);

	take_text(s, group, key, out, size);
	if (at != NULL && key_text(group, key)[0] == '\0')
		wrong(s, at, "%s is empty; say %s", key, what);
}

/* --- what may be decided --------------------------------------------------------------------- */

static void option_take(const struct source *s, const config_setting_t *group,
                        const struct library *lib, struct director_option *o)
{
	static const struct words stands = {2, {"dropped", "adopted"}};

	KEYS_CHECK(s, group, option_keys);
	o->line = line_of(group);
	take_name(s, group, "name", o->name, sizeof o->name);
	for (int i = 0; i < lib->n_options; i++)
		if (o->name[0] != '\0' && strcmp(lib->option[i].name, o->name) == 0)
			wrong(s, group, "the option \"%s\" is there already, on line %d", o->name,
			      lib->option[i].line);
	take_words(s, group, "words", "what it means to adopt it", o->words, sizeof o->words);
	o->by_default = word_at(s, group, "default", &stands) == 1;
	o->adopted = o->by_default;
	take_origin(s, group, lib, o->source, sizeof o->source, &o->confidence);
}

void options_take(const struct source *s, const config_setting_t *list, struct config *out)
{
	struct library *lib = &out->library;

	out->option = calloc(OPTIONS_MAX, sizeof *out->option);
	must(out->option != NULL);
	lib->option = out->option;
	if (elems(list) > OPTIONS_MAX)
		wrong(s, list, "%d options; %d are the most", elems(list), OPTIONS_MAX);
	for (int i = 0; i < elems(list) && i < OPTIONS_MAX; i++) {
		option_take(s, elem(list, i), lib, &out->option[i]);
		lib->n_options++;
	}
}

void rule_option_take(const struct source *s, const config_setting_t *group,
                      const struct library *lib, struct rule *r)
{
	const config_setting_t *unless = key_at(group, "unless_adopted", KEY_TEXT);
	const config_setting_t *only = key_at(group, "only_adopted", KEY_TEXT);
	const config_setting_t *at = unless != NULL ? unless : only;
	struct words names = {0};

	if (at == NULL)
		return;
	if (unless != NULL && only != NULL)
		wrong(s, only, "unless_adopted and only_adopted; a rule hangs on one option");
	names_of(lib, &names);
	r->option = (uint8_t)(word_of(s, at, "option", config_setting_get_string(at), &names) + 1);
	r->only_adopted = unless == NULL;
}

void options_unnamed(const struct source *s, const struct library *lib, uint32_t named)
{
	for (int i = 0; i < lib->n_options; i++)
		if ((named >> i & 1) == 0)
			complain(s->complaints, s->file, lib->option[i].line,
			         "no rule hangs on the option \"%s\"; say unless_adopted or "
			         "only_adopted in one, or take the option away",
			         lib->option[i].name);
}

/* --- what was decided ------------------------------------------------------------------------ */

/* Four digits, two, two, and a day there is. */
static bool is_date(const char *text)
{
	static const char digits[] = "0123456789";
	int year = 0, month = 0, day = 0;
	int32_t number;

	return strlen(text) == 10 && strspn(text, digits) == 4 && text[4] == '-' &&
	       strspn(text + 5, digits) == 2 && text[7] == '-' && strspn(text + 8, digits) == 2 &&
	       sscanf(text, "%d-%d-%d", &year, &month, &day) == 3 &&
	       day_from_date(year, month, day, &number);
}

/* The file has no clock to compare with; but what stands above was decided before. */
static void date_take(const struct source *s, const config_setting_t *group, char before[DATE_LEN],
                      struct director_option *o)
{
	const config_setting_t *at = key_at(group, "on", KEY_TEXT);
	const char *text = key_text(group, "on");

	if (at == NULL)
		return;
	if (!is_date(text)) {
		wrong(s, at, "on \"%.40s\" is no day, as in \"2026-11-20\"", text);
		return;
	}
	if (strcmp(text, before) < 0)
		wrong(s, at,
		      "on \"%s\" is before \"%s\", the decision above it; decisions stand in the "
		      "order they were made",
		      text, before);
	memcpy(o->on, text, DATE_LEN);
	memcpy(before, text, DATE_LEN);
}

static void decision_take(const struct source *s, const config_setting_t *group, struct config *out,
                          char before[DATE_LEN])
{
	const config_setting_t *adopt = key_at(group, "adopt", KEY_TEXT);
	const config_setting_t *drop = key_at(group, "drop", KEY_TEXT);
	const config_setting_t *at = adopt != NULL ? adopt : drop;
	struct words names = {0};

	KEYS_CHECK(s, group, decision_keys);
	if ((adopt == NULL) == (drop == NULL))
		wrong(s, group,
		      "a decision is adopt = \"OPTION\" or drop = \"OPTION\", one of the two");
	if (at == NULL)
		return;
	names_of(&out->library, &names);
	int i = word_of(s, at, "option", config_setting_get_string(at), &names);

	if (i < 0)
		return;
	struct director_option *o = &out->option[i];

	if (o->decided_line > 0)
		wrong(s, at,
		      "%s is decided already, on line %d; an option has one decision, so change "
		      "that one",
		      o->name, o->decided_line);
	o->decided_line = line_of(group);
	o->adopted = adopt != NULL;
	take_words(s, group, "by", "who decided", o->by, sizeof o->by);
	take_words(s, group, "why", "what it was decided on", o->why, sizeof o->why);
	date_take(s, group, before, o);
}

void decisions_load(const char *file, struct config *out, struct complaints *c)
{
	static const struct key keys[] = {{"decisions", KEY_GROUPS, false}};
	char before[DATE_LEN] = "";
	struct source s;

	if (!source_open(&s, file, c))
		return;
	const config_setting_t *root = config_root_setting(&s.parsed);
	const config_setting_t *list = key_at(root, "decisions", KEY_GROUPS);

	KEYS_CHECK(&s, root, keys);
	for (int i = 0; i < elems(list); i++)
		decision_take(&s, elem(list, i), out, before);
	source_close(&s);
}

/* --- what follows from it -------------------------------------------------------------------- */

static bool is_silent(const struct library *lib, const struct rule *r)
{
	return r->option != 0 && lib->option[r->option - 1].adopted != r->only_adopted;
}

void rules_part(struct config *out)
{
	struct library *lib = &out->library;
	struct rule *all = calloc(lib->n_rules + 1, sizeof *all);
	uint32_t n = 0;

	must(all != NULL);
	for (uint32_t i = 0; i < lib->n_rules; i++)
		if (!is_silent(lib, &lib->rule[i]))
			all[n++] = lib->rule[i];
	lib->n_silent = lib->n_rules - n;
	for (uint32_t i = 0, k = n; i < lib->n_rules; i++)
		if (is_silent(lib, &lib->rule[i]))
			all[k++] = lib->rule[i];
	free(out->rule);
	out->rule = all;
	lib->rule = all;
	lib->n_rules = n;
}
