/* Who a patient is, as risks, and which rules hold for them. */
#include "core/narrow.h"

void bear(struct bearing *b, const struct library *lib, const struct patient_case *c)
{
	b->lib = lib;
	b->c = c;
	b->asks_test = false;
	b->looks_back = false;
	b->budgeted = 0;
	for (uint16_t i = 0; i < lib->n_facts; i++)
		b->risk[i] = fact_risk(&lib->fact[i], &c->facts.answer[i], c->today);
	b->tested = c->test_spot || b->risk[lib->test_fact] == 0;
}

static bool in_set(uint64_t set, unsigned index)
{
	return index < 64 && ((set >> index) & 1) != 0;
}

static bool condition_holds(const struct condition *c, int64_t risk)
{
	if (risk == RISK_UNKNOWN)
		return true;
	return risk >= c->at_least && (c->below == 0 || risk < c->below);
}

static bool rule_is_for(const struct rule *r, const struct patient_case *c)
{
	if (r->classes != 0 && !in_set(r->classes, c->device_class))
		return false;
	if (r->indications != 0 && !in_set(r->indications, c->indication))
		return false;
	if (r->sites != 0 && !in_set(r->sites, c->site))
		return false;
	return r->session == RULE_ANY_SESSION || (r->session == RULE_TEST_SPOT) == c->test_spot;
}

static bool rule_applies(const struct bearing *b, const struct rule *r)
{
	if (!rule_is_for(r, b->c))
		return false;
	for (uint8_t i = 0; i < r->n_when; i++)
		if (!condition_holds(&r->when[i], b->risk[r->when[i].fact]))
			return false;
	return true;
}

const struct rule *bearing_rule(const struct bearing *b, uint32_t *at)
{
	while (*at < b->lib->n_rules) {
		const struct rule *r = &b->lib->rule[(*at)++];

		if (rule_applies(b, r))
			return r;
	}
	return NULL;
}
