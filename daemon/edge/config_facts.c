#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_read.h"

/* Bit i is role i of enum person_role in edge/people.h; a test compares the two. */
static const char *const person_roles[] = {"operator", "physician",      "director",
                                           "engineer", "safety_officer", "auditor"};

static const struct key fact_keys[] = {
        {"name", KEY_TEXT, true},     {"question", KEY_TEXT, true},     {"kind", KEY_TEXT, true},
        {"values", KEY_TEXTS, false}, {"answered_by", KEY_TEXTS, true}, {"valid", KEY_TEXT, true},
        {"source", KEY_TEXT, true},   {"confidence", KEY_TEXT, true},
};

/* What is worked out of past treatments: nobody answers it, and it is never old. */
static const struct key derived_keys[] = {
        {"name", KEY_TEXT, true},   {"question", KEY_TEXT, true}, {"kind", KEY_TEXT, true},
        {"derive", KEY_TEXT, true}, {"source", KEY_TEXT, true},   {"confidence", KEY_TEXT, true},
};

static void fact_value_add(const struct source *s, const config_setting_t *at, const char *value,
                           struct fact *f)
{
	if (f->n_values == FACT_VALUES_MAX) {
		wrong(s, at, "more than %d values", FACT_VALUES_MAX);
		return;
	}
	if (value[0] == '\0' || strlen(value) >= sizeof f->value[0]) {
		wrong(s, at, "the value \"%.60s\" must have 1 to %zu characters", value,
		      sizeof f->value[0] - 1);
		return;
	}
	if (strcmp(value, "unknown") == 0)
		wrong(s, at, "\"unknown\" is understood without being listed, and is not a value");
	for (int i = 0; i < f->n_values; i++)
		if (strcmp(f->value[i], value) == 0)
			wrong(s, at, "the value \"%s\" is there twice", value);
	memcpy(f->value[f->n_values++], value, strlen(value) + 1);
}

static void fact_kind_take(const struct source *s, const config_setting_t *group, struct fact *f)
{
	static const enum fact_kind means[] = {FACT_CHOICE, FACT_CHOICE, FACT_DAYS, FACT_NUMBER};
	static const struct words kinds = {4, {"choice", "yes_no", "days", "number"}};
	const config_setting_t *at = key_at(group, "kind", KEY_TEXT);
	const config_setting_t *values = key_at(group, "values", KEY_TEXTS);
	int kind = at == NULL ? -1 : word_of(s, at, "kind", key_text(group, "kind"), &kinds);

	f->kind = means[kind < 0 ? 0 : kind];
	if (kind == 1) {
		fact_value_add(s, at, "no", f);
		fact_value_add(s, at, "yes", f);
	}
	if (kind == 0) {
		for (int i = 0; i < elems(values); i++)
			fact_value_add(s, elem(values, i), elem_text(values, i), f);
		if (f->n_values < 2)
			wrong(s, at, "a choice has values, two at least, in order of rising risk");
	}
	if (kind > 0 && values != NULL)
		wrong(s, values, "values belong to the kind choice alone");
}

static void answered_by_take(const struct source *s, const config_setting_t *group, struct fact *f)
{
	const config_setting_t *list = key_at(group, "answered_by", KEY_TEXTS);
	struct words roles = {0};

	for (size_t i = 0; i < ARRAY_LEN(person_roles); i++)
		words_add(&roles, person_roles[i]);
	for (int i = 0; i < elems(list); i++) {
		int role = word_of(s, elem(list, i), "role", elem_text(list, i), &roles);

		if (role >= 0)
			f->answered_by |= UINT32_C(1) << role;
	}
	if (list != NULL && elems(list) == 0)
		wrong(s, list, "nobody may answer this; name a role at least");
}

/* Days, a number, or yes and no, as core/history counts it. */
static void derive_take(const struct source *s, const config_setting_t *group, struct fact *f)
{
	static const char *const names[] = {
#define X(id, name) [id] = (name),
	        DERIVE_MAP(X)
#undef X
	};
	static const enum fact_kind kinds[DERIVE_COUNT] = {
	        [DERIVE_SAME_CLASS] = FACT_DAYS, [DERIVE_OTHER_CLASS] = FACT_DAYS,
	        [DERIVE_ABLATIVE] = FACT_DAYS,   [DERIVE_TEST_WAIT] = FACT_DAYS,
	        [DERIVE_FIRST] = FACT_CHOICE,    [DERIVE_SESSIONS] = FACT_NUMBER};
	const config_setting_t *at = key_at(group, "derive", KEY_TEXT);
	struct words known = {0};

	for (int i = DERIVE_NONE + 1; i < DERIVE_COUNT; i++)
		words_add(&known, names[i]);
	int derive = at == NULL ? -1 : word_of(s, at, "derive", key_text(group, "derive"), &known);

	f->derive = (enum derive)(derive + 1);
	if (derive >= 0 && f->kind != kinds[f->derive])
		wrong(s, at, "%s is of the kind %s", names[f->derive],
		      f->derive == DERIVE_FIRST ? "yes_no" : fact_kind_name(kinds[f->derive]));
}

static void fact_take(const struct source *s, const config_setting_t *group,
                      const struct library *lib, struct fact *f)
{
	const config_setting_t *valid = key_at(group, "valid", KEY_TEXT);
	int64_t days = 0;

	if (config_setting_get_member(group, "derive") != NULL)
		KEYS_CHECK(s, group, derived_keys);
	else
		KEYS_CHECK(s, group, fact_keys);
	f->line = line_of(group);
	take_name(s, group, "name", f->name, sizeof f->name);
	take_text(s, group, "question", f->question, sizeof f->question);
	fact_kind_take(s, group, f);
	derive_take(s, group, f);
	answered_by_take(s, group, f);
	if (valid != NULL && days_of(s, valid, key_text(group, "valid"), 0, 3650, &days))
		f->valid_days = (int32_t)days;
	take_origin(s, group, lib, f->source, sizeof f->source, &f->confidence);
}

static int fact_find(const struct library *lib, const char *name)
{
	for (int i = 0; i < lib->n_facts; i++)
		if (name[0] != '\0' && strcmp(lib->fact[i].name, name) == 0)
			return i;
	return -1;
}

static void facts_take(const struct source *s, const config_setting_t *list, struct config *out)
{
	struct library *lib = &out->library;

	for (int i = 0; i < elems(list); i++) {
		struct fact f = {0};

		fact_take(s, elem(list, i), lib, &f);
		int twin = fact_find(lib, f.name);

		if (twin >= 0) {
			wrong(s, elem(list, i), "the fact \"%s\" is there already, on line %d",
			      f.name, lib->fact[twin].line);
			continue;
		}
		if (lib->n_facts == FACTS_MAX) {
			wrong(s, elem(list, i), "more than %d facts", FACTS_MAX);
			return;
		}
		out->fact[lib->n_facts++] = f;
	}
}

void facts_load(const char *file, struct config *out, struct complaints *c)
{
	struct source s;

	out->fact = calloc(FACTS_MAX, sizeof *out->fact);
	must(out->fact != NULL);
	out->library.fact = out->fact;
	if (source_open(&s, file, c)) {
		facts_take(&s, source_root(&s, "facts", CONFIG_TYPE_LIST), out);
		source_close(&s);
	}
	out->library.skin_fact = fact_find(&out->library, "skin_type");
	out->library.test_fact = fact_find(&out->library, "test_area");
}
