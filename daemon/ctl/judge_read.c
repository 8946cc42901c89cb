/*
 * judge_read: a line of JSON to a patient and settings, or what is wrong with it.
 */
#include "judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

bool judge_wrong(struct judge *j, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(j->why, sizeof j->why, format, args);
	va_end(args);
	return false;
}

/* --- a line: each key by itself; value NULL: it is not there --------------------------------- */

static bool take_id(struct judge *j, const char *key, json_t *value)
{
	if (value != NULL && !json_is_string(value) && !json_is_integer(value))
		return judge_wrong(j, "%s is a text or a whole number", key);
	j->id = value;
	return true;
}

/* "face, neck, axilla" */
static const char *names_of(const struct symbols *s, char *buf, size_t len)
{
	struct text t = text_in(buf, len);

	for (int64_t i = 1; i <= s->count; i++) {
		text_put(&t, i > 1 ? ", " : "");
		text_put(&t, symbols_name(s, i));
	}
	return buf;
}

bool judge_take_listed(struct judge *j, const char *key, json_t *value, const struct symbols *list,
                       uint8_t *out)
{
	const char *name = json_string_value(value);
	int64_t symbol = name == NULL ? 0 : symbols_find(list, name);
	char known[600];

	if (symbol == 0) {
		names_of(list, known, sizeof known);
		if (value == NULL)
			return judge_wrong(j, "%s is missing; this library knows %s", key, known);
		if (name == NULL)
			return judge_wrong(j, "%s is a text; this library knows %s", key, known);
		return judge_wrong(j, "%s \"%.60s\" is not known; this library knows %s", key, name,
		                   known);
	}
	*out = (uint8_t)(symbol - 1);
	return true;
}

static bool take_class(struct judge *j, const char *key, json_t *value)
{
	return judge_take_listed(j, key, value, &j->lib.classes, &j->patient.device_class);
}

static bool take_indication(struct judge *j, const char *key, json_t *value)
{
	return judge_take_listed(j, key, value, &j->lib.indications, &j->patient.indication);
}

static bool take_site(struct judge *j, const char *key, json_t *value)
{
	return judge_take_listed(j, key, value, &j->lib.sites, &j->patient.site);
}

static bool take_session(struct judge *j, const char *key, json_t *value)
{
	const char *kind = value == NULL ? "treatment" : json_string_value(value);

	j->patient.test_spot = kind != NULL && strcmp(kind, "test_spot") == 0;
	return j->patient.test_spot || (kind != NULL && strcmp(kind, "treatment") == 0) ||
	       judge_wrong(j, "%s is \"treatment\" (or left out) or \"test_spot\"", key);
}

static bool no_such_fact(struct judge *j, const char *name)
{
	char list[700];
	struct text known = text_in(list, sizeof list);

	for (uint16_t i = 0; i < j->lib.n_facts; i++) {
		text_put(&known, i > 0 ? ", " : "");
		text_put(&known, j->lib.fact[i].name);
	}
	return judge_wrong(j, "facts: there is no fact \"%.60s\"; this library knows %s", name,
	                   list);
}

static bool take_fact(struct judge *j, const char *name, const char *text)
{
	uint16_t i = 0;
	enum fact_status status;

	while (i < j->lib.n_facts && strcmp(j->lib.fact[i].name, name) != 0)
		i++;
	if (i == j->lib.n_facts)
		return no_such_fact(j, name);
	if (text == NULL)
		return judge_wrong(j, "fact %s: the answer is a text, as people type it", name);
	status = fact_parse(&j->lib.fact[i], text, j->today, &j->patient.facts.answer[i]);
	return status == FACT_OK ||
	       judge_wrong(j, "fact %s: \"%.60s\": %s", name, text, fact_status_words(status));
}

static bool take_facts(struct judge *j, const char *key, json_t *value)
{
	const char *name;
	json_t *answer;

	if (value != NULL && !json_is_object(value))
		return judge_wrong(j, "%s is an object, as in {\"skin_type\": \"III\"}", key);
	json_object_foreach(value, name, answer)
	{
		if (!take_fact(j, name, json_string_value(answer)))
			return false;
	}
	return true;
}

/* A device may offer what no protocol names ("air"): a name all the same, and never within. */
static bool take_choice(struct judge *j, const char *name, const char *text, int64_t *out)
{
	bool is_name = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-.") == strlen(text);

	*out = is_name ? symbols_intern(&j->lib.choices, text) : 0;
	return *out != 0 ||
	       judge_wrong(j,
	                   "setting %s: \"%.60s\" is no name; 1 to %d lower case letters, "
	                   "digits, \"_\", \"-\" and \".\" make one",
	                   name, text, SYMBOL_LEN - 1);
}

static bool take_value(struct judge *j, enum param p, const char *text, int64_t *out)
{
	enum quantity_status status;
	char why[600];

	if (param_is_choice(p))
		return take_choice(j, param_info(p)->name, text, out);
	status = dose_parse(&j->lib.choices, p, text, out);
	if (status == QUANTITY_OK)
		return true;
	quantity_explain(status, text, param_info(p)->measure, why, sizeof why);
	return judge_wrong(j, "setting %s: %s", param_info(p)->name, why);
}

static bool no_such_parameter(struct judge *j, const char *name)
{
	char list[300];
	struct text known = text_in(list, sizeof list);

	for (enum param p = 0; p < PARAM_COUNT; p++) {
		text_put(&known, p > 0 ? ", " : "");
		text_put(&known, param_info(p)->name);
	}
	return judge_wrong(j, "settings: there is no parameter \"%.60s\"; known are %s", name,
	                   list);
}

static bool take_setting(struct judge *j, const char *name, const char *text, struct settings *out)
{
	enum param p = param_named(name);
	int64_t value;

	if (p == PARAM_NONE)
		return no_such_parameter(j, name);
	if (text == NULL)
		return judge_wrong(j, "setting %s: the value is a text with its unit", name);
	if (!take_value(j, p, text, &value))
		return false;
	settings_set(out, p, value);
	return true;
}

bool judge_take_settings(struct judge *j, const char *key, json_t *value, struct settings *out)
{
	const char *name;
	json_t *text;

	if (value != NULL && !json_is_object(value))
		return judge_wrong(j, "%s is an object, as in {\"fluence\": \"18 J/cm2\"}", key);
	json_object_foreach(value, name, text)
	{
		if (!take_setting(j, name, json_string_value(text), out))
			return false;
	}
	return true;
}

static bool take_asked(struct judge *j, const char *key, json_t *value)
{
	return judge_take_settings(j, key, value, &j->asked);
}

/* Short for the setting of that name. */
static bool take_handpiece(struct judge *j, const char *key, json_t *value)
{
	if (value == NULL)
		return true;
	if (settings_has(&j->asked, HANDPIECE))
		return judge_wrong(j, "%s stands in the settings too; give one of them", key);
	return take_setting(j, key, json_string_value(value), &j->asked);
}

static const struct {
	const char *key;
	bool (*take)(struct judge *j, const char *key, json_t *value);
} KEYS[] = {
        {"id", take_id},
        {"device_class", take_class},
        {"indication", take_indication},
        {"site", take_site},
        {"session", take_session},
        {"facts", take_facts},
        {"settings", take_asked},
        {"history", judge_take_history},
        {"handpiece", take_handpiece},
        {"test_area", judge_take_test_area},
};

static bool is_key(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(KEYS); i++)
		if (strcmp(KEYS[i].key, name) == 0)
			return true;
	return false;
}

bool judge_read(struct judge *j, json_t *line)
{
	const char *name;
	json_t *ignored;

	j->patient = (struct patient_case){.today = j->today, .history = &j->history};
	history_forget(&j->history);
	j->asked = (struct settings){.known = 0};
	j->lib.choices.count = j->n_choices;
	if (!json_is_object(line))
		return judge_wrong(j,
		                   "a line is one JSON object, as in {\"id\": 1, \"device_class\": "
		                   "..., \"facts\": {...}, \"settings\": {...}}");
	for (size_t i = 0; i < ARRAY_LEN(KEYS); i++)
		if (!KEYS[i].take(j, KEYS[i].key, json_object_get(line, KEYS[i].key)))
			return false;
	json_object_foreach(line, name, ignored)
	{
		if (!is_key(name))
			return judge_wrong(j, "there is no key \"%.60s\"", name);
	}
	history_derive(&j->lib, &j->patient);
	return true;
}
