#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_read.h"

#define RULES_MAX 1000

static const struct key rule_keys[] = {
        {"id", KEY_TEXT, true},
        {"classes", KEY_TEXTS, false},
        {"indications", KEY_TEXTS, false},
        {"not_indications", KEY_TEXTS, false},
        {"sites", KEY_TEXTS, false},
        {"unless_adopted", KEY_TEXT, false},
        {"only_adopted", KEY_TEXT, false},
        {"session", KEY_TEXT, false},
        {"when", KEY_TEXTS, false},
        {"then", KEY_TEXTS, true},
        {"reason", KEY_TEXT, true},
        {"source", KEY_TEXT, true},
        {"confidence", KEY_TEXT, true},
};

static bool choice_condition(const struct source *s, const config_setting_t *at,
                             const struct fact *f, const struct parts *p, struct condition *out)
{
	struct words values = {0};

	if (strcmp(p->part[1], ">=") != 0) {
		wrong(s, at,
		      "%s is a choice; write \"%s >= %s\" (at least so risky; the riskier answers "
		      "and "
		      "no answer count with it)",
		      f->name, f->name, f->value[f->n_values > 0 ? f->n_values - 1 : 0]);
		return false;
	}
	for (int i = 0; i < f->n_values; i++)
		words_add(&values, f->value[i]);
	int value = word_of(s, at, "value", p->part[2], &values);

	if (value == 0)
		wrong(s, at, "%s is always at least \"%s\"; leave the condition out", f->name,
		      p->part[2]);
	out->at_least = value;
	return value > 0;
}

static bool days_condition(const struct source *s, const config_setting_t *at, const struct fact *f,
                           const struct parts *p, struct condition *out)
{
	int64_t days = 0;

	if (strcmp(p->part[1], "<") != 0) {
		wrong(s, at,
		      "%s is a day; write \"%s < 14 d\" (less than so many days ago; no answer "
		      "counts "
		      "with it)",
		      f->name, f->name);
		return false;
	}
	if (!days_of(s, at, p->part[2], 1, DAYS_BACK_MAX, &days))
		return false;
	out->at_least = -(days - 1); /* risk is minus the days since; 13 days ago is < 14 d */
	return true;
}

static bool number_condition(const struct source *s, const config_setting_t *at,
                             const struct fact *f, const struct parts *p, struct condition *out)
{
	static const struct measure plain = {DIM_COUNT, 0, ""};
	bool below = strcmp(p->part[1], "<") == 0;
	int64_t number = 0;

	if (!below && strcmp(p->part[1], ">") != 0) {
		wrong(s, at,
		      "%s is a number; write \"%s < 16\" or \"%s > 75\" (no answer counts with it)",
		      f->name, f->name, f->name);
		return false;
	}
	if (!quantity_of(s, at, p->part[2], plain, &number))
		return false;
	if (number < 1 || number >= FACT_NUMBER_MOST) {
		wrong(s, at, "\"%s\" is not within 1..%d", p->part[2], FACT_NUMBER_MOST - 1);
		return false;
	}
	out->at_least = below ? 0 : number + 1;
	out->below = below ? number : 0;
	return true;
}

static bool condition_take(const struct source *s, const config_setting_t *at, const char *text,
                           const struct library *lib, struct condition *out)
{
	struct words names = {0};
	struct parts p;

	if (!parts_split(s, at, text, 3, &p))
		return false;
	for (int i = 0; i < lib->n_facts; i++)
		words_add(&names, lib->fact[i].name);
	int fact = word_of(s, at, "fact", p.part[0], &names);

	if (fact < 0)
		return false;
	out->fact = (uint8_t)fact;
	if (p.n == 2 && strcmp(p.part[1], "unknown") == 0) {
		out->at_least = RISK_UNKNOWN;
		return true;
	}
	if (p.n != 3) {
		wrong(s, at,
		      "\"%s\" is no condition; as in \"skin_type >= IV\", \"last_sun < 14 d\", "
		      "\"pregnancy unknown\"",
		      text);
		return false;
	}
	if (lib->fact[fact].kind == FACT_NUMBER)
		return number_condition(s, at, &lib->fact[fact], &p, out);
	if (lib->fact[fact].kind == FACT_DAYS)
		return days_condition(s, at, &lib->fact[fact], &p, out);
	return choice_condition(s, at, &lib->fact[fact], &p, out);
}

/* For all sessions when the key is absent; -1 of word_at is before the first. */
static enum rule_session session_take(const struct source *s, const config_setting_t *rule)
{
	static const struct words known = {2, {"treatment", "test_spot"}};

	return (enum rule_session)(word_at(s, rule, "session", &known) + 1);
}

/* Names of what protocols define, as bits; all when the key is absent. */
static uint64_t bits_take(const struct source *s, const config_setting_t *rule, const char *key,
                          const char *what, const struct symbols *table)
{
	const config_setting_t *list = key_at(rule, key, KEY_TEXTS);
	struct words known = {0};
	uint64_t bits = 0;

	for (int i = 0; i < table->count; i++)
		words_add(&known, table->name[i]);
	for (int i = 0; i < elems(list); i++) {
		int at = word_of(s, elem(list, i), what, elem_text(list, i), &known);

		bits |= at < 0 ? 0 : UINT64_C(1) << at;
	}
	if (list != NULL && elems(list) == 0)
		wrong(s, list, "%s is empty; leave the key out to mean all", key);
	return bits;
}

/* Indications a rule is not for, taken from those it is for (0: all). What no protocol is for needs
 * no taking away. False when none is left. */
static bool indications_left(const struct source *s, const config_setting_t *rule,
                             const struct symbols *table, uint32_t *bits)
{
	const config_setting_t *list = key_at(rule, "not_indications", KEY_TEXTS);
	uint32_t all = (uint32_t)((UINT64_C(1) << table->count) - 1);
	uint32_t left = *bits != 0 ? *bits : all;

	for (int i = 0; i < elems(list); i++) {
		int64_t value = symbols_find(table, elem_text(list, i));

		left &= value == 0 ? all : ~(UINT32_C(1) << (value - 1));
	}
	if (list != NULL && elems(list) == 0)
		wrong(s, list, "not_indications is empty; leave the key out to mean none");
	*bits = list == NULL ? *bits : left;
	return list == NULL || left != 0;
}

static void rule_lists_take(const struct source *s, const config_setting_t *group,
                            const struct library *lib, struct rule *r)
{
	const config_setting_t *when = key_at(group, "when", KEY_TEXTS);
	const config_setting_t *then = key_at(group, "then", KEY_TEXTS);

	if (elems(when) > RULE_CONDITIONS_MAX)
		wrong(s, when, "more than %d conditions", RULE_CONDITIONS_MAX);
	if (elems(then) > RULE_EFFECTS_MAX || (then != NULL && elems(then) == 0))
		wrong(s, then, "then has %d effects; 1 to %d make a rule", elems(then),
		      RULE_EFFECTS_MAX);
	for (int i = 0; i < elems(when) && r->n_when < RULE_CONDITIONS_MAX; i++)
		if (condition_take(s, elem(when, i), elem_text(when, i), lib, &r->when[r->n_when]))
			r->n_when++;
	for (int i = 0; i < elems(then) && r->n_then < RULE_EFFECTS_MAX; i++)
		if (effect_take(s, elem(then, i), elem_text(then, i), &r->then[r->n_then]))
			r->n_then++;
}

/* False for a rule that is for nothing the library has a protocol for. */
static bool rule_take(const struct source *s, const config_setting_t *group,
                      const struct groups *groups, const struct library *lib, struct rule *r)
{
	KEYS_CHECK(s, group, rule_keys);
	r->line = line_of(group);
	take_name(s, group, "id", r->id, sizeof r->id);
	take_text(s, group, "reason", r->reason, sizeof r->reason);
	take_origin(s, group, lib, r->source, sizeof r->source, &r->confidence);
	bool any = classes_take(s, group, groups, lib, &r->classes);
	r->indications =
	        (uint32_t)bits_take(s, group, "indications", "indication", &lib->indications);
	r->sites = sites_covered(lib, bits_take(s, group, "sites", "site", &lib->sites));
	rule_option_take(s, group, lib, r);
	r->session = session_take(s, group);
	rule_lists_take(s, group, lib, r);
	return indications_left(s, group, &lib->indications, &r->indications) && any;
}

static void rules_take(const struct source *s, const config_setting_t *list,
                       const struct groups *groups, struct config *out)
{
	uint32_t n = (uint32_t)elems(list);
	uint32_t kept = 0, named = 0;

	if (n > RULES_MAX) {
		wrong(s, list, "%u rules; %d are the most", n, RULES_MAX);
		return;
	}
	out->rule = calloc(n + 1, sizeof *out->rule);
	must(out->rule != NULL);
	for (uint32_t i = 0; i < n; i++) {
		struct rule r = {0};
		bool needed = rule_take(s, elem(list, (int)i), groups, &out->library, &r);

		for (uint32_t j = 0; j < kept; j++)
			if (r.id[0] != '\0' && strcmp(out->rule[j].id, r.id) == 0)
				wrong(s, elem(list, (int)i),
				      "the rule \"%s\" is there already, on line %d", r.id,
				      out->rule[j].line);
		named |= r.option == 0 ? 0 : UINT32_C(1) << (r.option - 1);
		if (needed)
			out->rule[kept++] = r;
	}
	options_unnamed(s, &out->library, named);
	out->library.rule = out->rule;
	out->library.n_rules = kept;
}

void rules_load(const char *file, struct config *out, struct complaints *c)
{
	static const struct key keys[] = {{"groups", KEY_GROUPS, false},
	                                  {"options", KEY_GROUPS, false},
	                                  {"rules", KEY_GROUPS, true}};
	struct groups groups = {0};
	struct source s;

	if (!source_open(&s, file, c))
		return;
	const config_setting_t *root = config_root_setting(&s.parsed);

	KEYS_CHECK(&s, root, keys);
	groups_take(&s, key_at(root, "groups", KEY_GROUPS), &out->library, &groups);
	options_take(&s, key_at(root, "options", KEY_GROUPS), out);
	rules_take(&s, key_at(root, "rules", KEY_GROUPS), &groups, out);
	source_close(&s);
}
