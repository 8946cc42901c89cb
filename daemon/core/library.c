#include "core/library.h"

#include <string.h>

#include "core/law.h"

const char *library_fault_words(enum library_fault f)
{
	static const char *const words[] = {
#define X(id, what) [id] = what,
	        LIBRARY_FAULT_MAP(X)
#undef X
	};

	return words[f];
}

char row_status_letter(enum row_status s)
{
	static const char letters[] = {[STATUS_A] = 'A',
	                               [STATUS_T] = 'T',
	                               [STATUS_M] = 'M',
	                               [STATUS_NO_ROW] = '-',
	                               [STATUS_B] = 'B'};

	return letters[s];
}

static void add_row(struct findings *f, enum library_fault fault, uint32_t row, enum param p)
{
	findings_add_rows(f, fault, row, INDEX_NONE, p);
}

/* ---- facts ---- */

static bool skin_fact_right(const struct library *lib)
{
	static const char *const types[SKIN_TYPES] = {"I", "II", "III", "IV", "V", "VI"};

	if (lib->skin_fact < 0 || lib->skin_fact >= lib->n_facts)
		return false;

	const struct fact *f = &lib->fact[lib->skin_fact];

	if (f->kind != FACT_CHOICE || f->derive != DERIVE_NONE || f->n_values != SKIN_TYPES)
		return false;
	for (size_t i = 0; i < SKIN_TYPES; i++)
		if (strcmp(f->value[i], types[i]) != 0)
			return false;
	return true;
}

static bool test_fact_right(const struct library *lib)
{
	if (lib->test_fact < 0 || lib->test_fact >= lib->n_facts)
		return false;

	const struct fact *f = &lib->fact[lib->test_fact];

	return f->kind == FACT_CHOICE && f->derive == DERIVE_NONE;
}

static void check_facts(const struct library *lib, struct findings *f)
{
	if (!skin_fact_right(lib))
		add_row(f, LIBRARY_NO_SKIN_FACT, INDEX_NONE, PARAM_NONE);
	if (!test_fact_right(lib))
		add_row(f, LIBRARY_NO_TEST_FACT, INDEX_NONE, PARAM_NONE);
}

/* ---- rules ---- */

static enum library_fault scale_fault(const struct effect *e)
{
	if (!param_in(params_up, e->param))
		return LIBRARY_DANGER;
	return e->num > 0 && e->num <= e->den ? LIBRARY_OK : LIBRARY_WIDENS;
}

/* A minimum of nothing never binds, a maximum of nothing lets nothing pass. */
static enum library_fault bound_fault(const struct effect *e, uint32_t params)
{
	if (!param_in(params, e->param))
		return LIBRARY_DANGER;
	return e->value > 0 ? LIBRARY_OK : LIBRARY_EMPTY_LIMIT;
}

static enum library_fault raise_fault(const struct effect *e)
{
	return e->value >= 1 && e->value < SKIN_TYPES ? LIBRARY_OK : LIBRARY_WIDENS;
}

static enum library_fault minimum_fault(const struct effect *e)
{
	return bound_fault(e, params_down);
}

static enum library_fault maximum_fault(const struct effect *e)
{
	return bound_fault(e, params_up);
}

static enum library_fault no_fault(const struct effect *e)
{
	(void)e; /* it only stops or tells */
	return LIBRARY_OK;
}

static enum library_fault step_fault(const struct effect *e)
{
	if (!param_in(params_up | params_down, e->param))
		return LIBRARY_NO_DIRECTION;
	return e->value > 0 ? LIBRARY_OK : LIBRARY_EMPTY_LIMIT;
}

static enum library_fault one_step_fault(const struct effect *e)
{
	uint32_t seen = 0;

	for (uint8_t i = 0; i < e->n_together; i++) {
		enum param p = e->together[i];

		if (!param_in(params_up | params_down, p))
			return LIBRARY_NO_DIRECTION;
		if (param_in(seen, p))
			return LIBRARY_TOGETHER;
		seen |= PARAM_BIT(p);
	}
	return e->n_together >= 2 ? LIBRARY_OK : LIBRARY_TOGETHER;
}

/* At least one whole: of a test area that passed, or of a site that had nothing yet, less than that
 * would be a scale. */
static enum library_fault tested_fault(const struct effect *e)
{
	if (!param_in(params_up, e->param))
		return LIBRARY_DANGER;
	return e->den > 0 && e->num >= e->den ? LIBRARY_OK : LIBRARY_SHARE;
}

static enum library_fault budget_fault(const struct effect *e)
{
	enum library_fault fault = tested_fault(e);

	if (fault != LIBRARY_OK)
		return fault;
	return e->value > 0 ? LIBRARY_OK : LIBRARY_EMPTY_LIMIT;
}

static enum library_fault pulses_fault(const struct effect *e)
{
	return e->value > 0 ? LIBRARY_OK : LIBRARY_EMPTY_LIMIT;
}

static enum library_fault total_fault(const struct effect *e)
{
	return e->param == ENERGY_UJ ? pulses_fault(e) : LIBRARY_TOTAL;
}

#define LINE_MAX_NUM 1000 /* so that two of them can be compared by their products */

static enum library_fault two_fault(const struct effect *e)
{
	if (!param_in(params_up | params_down, e->param))
		return LIBRARY_NO_DIRECTION;
	return e->den > 0 && e->num >= e->den && e->num <= LINE_MAX_NUM ? LIBRARY_OK
	                                                                : LIBRARY_SHARE;
}

static enum library_fault supervise_fault(const struct effect *e)
{
	return e->value > SUPERVISION_NONE && e->value < SUPERVISION_COUNT ? LIBRARY_OK
	                                                                   : LIBRARY_EMPTY_LIMIT;
}

static enum library_fault (*const effect_fault[EFFECT_COUNT])(const struct effect *) = {
        [EFFECT_BLOCK] = no_fault,        [EFFECT_HOLD] = no_fault,
        [EFFECT_TEST_SPOT] = no_fault,    [EFFECT_RAISE_SKIN] = raise_fault,
        [EFFECT_SCALE] = scale_fault,     [EFFECT_MINIMUM] = minimum_fault,
        [EFFECT_MAXIMUM] = maximum_fault, [EFFECT_NOTE] = no_fault,
        [EFFECT_STEP] = step_fault,       [EFFECT_ONE_STEP] = one_step_fault,
        [EFFECT_BUDGET] = budget_fault,   [EFFECT_TESTED] = tested_fault,
        [EFFECT_PULSES] = pulses_fault,   [EFFECT_TOTAL] = total_fault,
        [EFFECT_TWO] = two_fault,         [EFFECT_SUPERVISE] = supervise_fault,
};

static bool has_one_step(const struct rule *r)
{
	for (uint8_t n = 0; n < r->n_then; n++)
		if (r->then[n].kind == EFFECT_ONE_STEP)
			return true;
	return false;
}

/* 0 stands for all. */
static bool sets_meet(uint64_t a, uint64_t b)
{
	return a == 0 || b == 0 || (a & b) != 0;
}

/* Some session is one of both. */
static bool rules_meet(const struct rule *a, const struct rule *b)
{
	return sets_meet(a->classes, b->classes) && sets_meet(a->indications, b->indications) &&
	       sets_meet(a->sites, b->sites) &&
	       (a->session == b->session || a->session == RULE_ANY_SESSION ||
	        b->session == RULE_ANY_SESSION);
}

/* A cell keeps what one of them says. */
static void check_one_steps(const struct library *lib, uint32_t b, struct findings *f)
{
	if (!has_one_step(&lib->rule[b]))
		return;
	for (uint32_t a = 0; a < b; a++)
		if (has_one_step(&lib->rule[a]) && rules_meet(&lib->rule[a], &lib->rule[b]))
			findings_add(f, (struct library_finding){LIBRARY_ONE_STEP_TWICE, (int32_t)a,
			                                         (int32_t)b, PARAM_NONE, true});
}

static void check_rule(const struct library *lib, uint32_t i, struct findings *f)
{
	const struct rule *r = &lib->rule[i];

	for (uint8_t n = 0; n < r->n_then; n++) {
		const struct effect *e = &r->then[n];
		enum library_fault fault = effect_fault[e->kind](e);

		if (fault != LIBRARY_OK)
			findings_add(
			        f, (struct library_finding){fault, (int32_t)i, -1, e->param, true});
	}
	check_one_steps(lib, i, f);
}

/* ---- a row by itself ---- */

static bool select_fits_nothing(const struct select *s)
{
	return param_in(params_choice, s->param) ? s->choices == 0 : s->span.lo > s->span.hi;
}

/* Only the dangerous side binds: "14.. J/cm2" is no limit to a fluence. */
static bool limit_binds(const struct limit *l)
{
	bool ceiling = !param_in(params_down, l->param) && l->soft.hi != INT64_MAX;
	bool floor = !param_in(params_up, l->param) && l->soft.lo > 0;

	if (param_in(params_choice, l->param))
		return l->choices != 0;
	return l->soft.lo <= l->soft.hi && (ceiling || floor);
}

static bool hard_encloses_soft(const struct limit *l)
{
	return param_in(params_choice, l->param) ||
	       (l->hard.lo <= l->soft.lo && l->hard.hi >= l->soft.hi);
}

static void check_selects(const struct row *r, uint32_t i, struct findings *f)
{
	uint32_t seen = 0;

	for (uint8_t n = 0; n < r->n_select; n++) {
		enum param p = r->select[n].param;

		if (param_in(seen, p))
			add_row(f, LIBRARY_SELECT_TWICE, i, p);
		if (select_fits_nothing(&r->select[n]))
			add_row(f, LIBRARY_EMPTY_LIMIT, i, p);
		seen |= PARAM_BIT(p);
	}
}

static void check_limits(const struct row *r, uint32_t i, struct findings *f)
{
	uint32_t seen = r->unlimited;

	for (uint8_t n = 0; n < r->n_limit; n++) {
		enum param p = r->limit[n].param;

		if (param_in(seen, p))
			add_row(f, LIBRARY_LIMIT_TWICE, i, p);
		if (!limit_binds(&r->limit[n]))
			add_row(f, LIBRARY_EMPTY_LIMIT, i, p);
		if (!hard_encloses_soft(&r->limit[n]))
			add_row(f, LIBRARY_HARD_INSIDE, i, p);
		seen |= PARAM_BIT(p);
	}
}

size_t library_check(const struct library *lib, struct library_finding *out, size_t max)
{
	struct findings f = {out, max, 0};

	check_facts(lib, &f);
	for (uint32_t i = 0; i < lib->n_rules; i++)
		check_rule(lib, i, &f);
	for (uint32_t i = 0; i < lib->n_rows; i++) {
		check_selects(&lib->row[i], i, &f);
		check_limits(&lib->row[i], i, &f);
	}

	law_check(lib, &f);
	return f.n;
}

static const struct {
	const char *name, *words;
} SUPERVISIONS[SUPERVISION_COUNT] = {
#define X(id, name, words) [id] = {name, words},
        SUPERVISION_MAP(X)
#undef X
};

const char *supervision_name(enum supervision s)
{
	return SUPERVISIONS[s].name;
}

const char *supervision_words(enum supervision s)
{
	return SUPERVISIONS[s].words;
}
