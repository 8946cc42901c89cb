/*
 * What rules leave of a cell. Absolute ends first, shares of what they left afterwards, then what
 * past doses leave of that: the strictest reading, and the order of the file does not matter.
 */
#include "core/narrow.h"

#include "core/past.h"

/* n_limit when the cell has no limit to this parameter. */
static uint8_t limit_at(const struct cell *cell, enum param p)
{
	uint8_t i = 0;

	while (i < cell->n_limit && cell->limit[i].param != p)
		i++;
	return i;
}

/* INT64_MAX when it has none. */
static int64_t ceiling_of(const struct cell *cell, enum param p)
{
	uint8_t i = limit_at(cell, p);

	return i < cell->n_limit ? cell->limit[i].soft.hi : INT64_MAX;
}

/* Lays `to` over the limit and never widens it. A working range that would turn inside out gives
 * way at the end that refuses nothing. */
static void tighten(struct cell *cell, const struct rule *r, enum param p, struct span to)
{
	uint8_t i = limit_at(cell, p);
	struct span *soft = &cell->limit[i].soft;

	if (i == cell->n_limit) {
		cell->limit[i] = (struct limit){.param = p, .soft = SPAN_ALL, .hard = SPAN_ALL};
		cell->by[i] = NULL;
		cell->n_limit++;
	}
	if (to.lo > soft->lo) {
		soft->lo = to.lo;
		soft->hi = soft->hi < to.lo ? to.lo : soft->hi;
		cell->by[i] = r;
	}
	if (to.hi < soft->hi) {
		soft->hi = to.hi;
		soft->lo = soft->lo > to.hi ? to.hi : soft->lo;
		cell->by[i] = r;
	}
}

static void lower(struct cell *cell, const struct rule *r, enum param p, int64_t ceiling)
{
	tighten(cell, r, p, (struct span){INT64_MIN, ceiling});
}

/* value * num / den, rounded down. What would pass 64 bits is left out: lower than exact, never
 * higher. */
static int64_t share_of(int64_t value, int64_t num, int64_t den)
{
	int64_t whole, rest;

	if (__builtin_mul_overflow(value / den, num, &whole))
		return value; /* only where num is above den */
	if (__builtin_mul_overflow(value % den, num, &rest))
		rest = 0;
	return __builtin_add_overflow(whole, rest / den, &rest) ? whole : rest;
}

/* --- ends and shares -------------------------------------------------------------------------- */

static void apply_absolute(struct cell *cell, const struct rule *r, const struct effect *e)
{
	if (e->kind == EFFECT_MINIMUM)
		tighten(cell, r, e->param, (struct span){e->value, INT64_MAX});
	if (e->kind == EFFECT_MAXIMUM)
		lower(cell, r, e->param, e->value);
}

/* A share of no ceiling is no ceiling. */
static void apply_scale(struct cell *cell, const struct rule *r, const struct effect *e)
{
	int64_t ceiling = e->kind == EFFECT_SCALE ? ceiling_of(cell, e->param) : INT64_MAX;

	if (ceiling != INT64_MAX)
		lower(cell, r, e->param, share_of(ceiling, e->num, e->den));
}

static void every_cell(const struct bearing *b, struct limits *out,
                       void (*apply)(struct cell *, const struct rule *, const struct effect *))
{
	uint32_t at = 0;

	for (const struct rule *r = bearing_rule(b, &at); r != NULL; r = bearing_rule(b, &at))
		for (uint8_t e = 0; e < r->n_then; e++)
			for (uint16_t i = 0; i < out->n_cells; i++)
				apply(&out->cell[i], r, &r->then[e]);
}

/* --- past doses ------------------------------------------------------------------------------- */

/* The cell waits until a physician has cleared this rule for the session. */
static bool wait_for(struct limits *out, struct cell *cell, const struct rule *r)
{
	uint8_t i = 0;

	while (i < out->n_reasons && !(out->reason[i].rule == r && out->reason[i].of_cells))
		i++;
	if (i == out->n_reasons &&
	    !limits_add_reason(out, (struct screening_reason){.kind = VERDICT_HELD,
	                                                      .rule = r,
	                                                      .of_cells = true,
	                                                      .approvers = 1}))
		return false;
	cell->waits |= UINT64_C(1) << i;
	return true;
}

/* The row says how far this parameter may go, or selects by it: of it a past dose must be known. */
static bool is_spoken_of(const struct row *row, enum param p)
{
	for (uint8_t i = 0; i < row->n_limit; i++)
		if (row->limit[i].param == p)
			return true;
	return limits_select(row, p) != NULL;
}

/* One cell under one effect of one rule. */
struct laying {
	const struct bearing *b;
	struct limits *out;
	struct cell *cell;
	const struct rule *r;
	const struct effect *e;
};

static bool wait_if(const struct laying *l, bool not_known)
{
	return !not_known || wait_for(l->out, l->cell, l->r);
}

static unsigned last_of(const struct laying *l, enum param p, int64_t *last)
{
	return past_last(l->b->lib, l->b->c, l->cell->row, p, last);
}

/* As far as one step goes from there; where that is everywhere, SPAN_ALL. */
static struct span one_step_from(int64_t last, const struct effect *e)
{
	struct span to = SPAN_ALL;

	if (param_info(e->param)->danger == DANGER_DOWN)
		to.lo = last > e->value ? last - e->value : INT64_MIN;
	else if (__builtin_add_overflow(last, e->value, &to.hi))
		to.hi = INT64_MAX;
	return to;
}

/* What neither the row nor a rule names, nor the row leaves to the device, is held already: it gets
 * no limit here, by which it would be spoken of. */
static bool apply_step(const struct laying *l)
{
	enum param p = l->e->param;
	bool spoken = is_spoken_of(l->cell->row, p);
	bool left = (l->cell->row->unlimited & PARAM_BIT(p)) != 0;
	int64_t last = 0;
	unsigned answer = last_of(l, p, &last);

	if (!spoken && !left && limit_at(l->cell, p) == l->cell->n_limit)
		return true;
	if ((answer & PAST_KNOWN) != 0)
		tighten(l->cell, l->r, p, one_step_from(last, l->e));
	return wait_if(l, spoken && (answer & PAST_NOT_KNOWN) != 0);
}

/* All of them must be known to be compared. A library has one such rule for a session. */
static bool apply_one_step(const struct laying *l)
{
	struct one_step o = {.by = l->r, .n = l->e->n_together};
	bool comparable = true, not_known = false;

	for (uint8_t i = 0; i < o.n; i++) {
		enum param p = l->e->together[i];
		unsigned answer = last_of(l, p, &o.last[i]);

		o.param[i] = (uint8_t)p;
		comparable = comparable && (answer & PAST_KNOWN) != 0;
		not_known = not_known ||
		            ((answer & PAST_NOT_KNOWN) != 0 && is_spoken_of(l->cell->row, p));
	}
	if (comparable)
		l->cell->one_step = o;
	return wait_if(l, not_known);
}

/* Only a treatment rests on a test area, where the row or a rule asks for one; and what it was made
 * with must have been asked for. */
static bool rests_on_test(const struct bearing *b, const struct cell *cell)
{
	const struct history *h = b->c->history;

	return b->tested && !b->c->test_spot && h != NULL && h->test == HISTORY_TOLD &&
	       (b->asks_test || cell->row->status == STATUS_T);
}

static bool apply_tested(const struct laying *l)
{
	int64_t tested = 0;
	unsigned answer;

	if (!rests_on_test(l->b, l->cell) || ceiling_of(l->cell, l->e->param) == INT64_MAX)
		return true;
	answer = past_tested(l->b->c, l->cell->row, l->e->param, &tested);
	if ((answer & PAST_KNOWN) != 0)
		lower(l->cell, l->r, l->e->param, share_of(tested, l->e->num, l->e->den));
	return wait_if(l, (answer & PAST_NOT_KNOWN) != 0);
}

static bool (*const LOOKS_BACK[EFFECT_COUNT])(const struct laying *) = {
        [EFFECT_STEP] = apply_step,
        [EFFECT_ONE_STEP] = apply_one_step,
        [EFFECT_TESTED] = apply_tested,
};

static bool look_back(struct laying *l)
{
	for (uint16_t i = 0; i < l->out->n_cells; i++) {
		l->cell = &l->out->cell[i];
		if (!LOOKS_BACK[l->e->kind](l))
			return false;
	}
	return true;
}

static bool lay_past(const struct bearing *b, struct limits *out)
{
	struct laying l = {.b = b, .out = out};
	uint32_t at = 0;

	for (l.r = bearing_rule(b, &at); l.r != NULL; l.r = bearing_rule(b, &at))
		for (uint8_t e = 0; e < l.r->n_then; e++) {
			l.e = &l.r->then[e];
			if (LOOKS_BACK[l.e->kind] != NULL && !look_back(&l))
				return false;
		}
	return true;
}

/* --- budgets ---------------------------------------------------------------------------------- */

/* What is left of so many ceilings; of one that is spent, nothing. */
static int64_t left_of(const struct effect *e, int64_t ceiling, int64_t had)
{
	int64_t left = share_of(ceiling, e->num, e->den) - had;

	return left > 0 ? left : 0;
}

static bool apply_budget(struct laying *l, const int64_t ceiling[CELLS_MAX])
{
	int64_t had;
	unsigned answer = past_sum(l->b->lib, l->b->c, l->e->param, l->e->value, &had);

	for (uint16_t i = 0; i < l->out->n_cells; i++) {
		l->cell = &l->out->cell[i];
		if (ceiling[i] == INT64_MAX)
			continue;
		if ((answer & PAST_KNOWN) != 0)
			lower(l->cell, l->r, l->e->param, left_of(l->e, ceiling[i], had));
		if (!wait_if(l, (answer & PAST_NOT_KNOWN) != 0))
			return false;
	}
	return true;
}

/* Each of the ceiling before any budget, so that two are not one of the other. */
static bool lay_budgets(const struct bearing *b, struct limits *out, enum param p)
{
	struct laying l = {.b = b, .out = out};
	int64_t ceiling[CELLS_MAX];
	uint32_t at = 0;

	for (uint16_t i = 0; i < out->n_cells; i++)
		ceiling[i] = ceiling_of(&out->cell[i], p);
	for (l.r = bearing_rule(b, &at); l.r != NULL; l.r = bearing_rule(b, &at))
		for (uint8_t e = 0; e < l.r->n_then; e++) {
			l.e = &l.r->then[e];
			if (l.e->kind == EFFECT_BUDGET && l.e->param == p &&
			    !apply_budget(&l, ceiling))
				return false;
		}
	return true;
}

/* --- all ---------------------------------------------------------------------------------------
 */

bool narrow(const struct bearing *b, struct limits *out)
{
	every_cell(b, out, apply_absolute);
	every_cell(b, out, apply_scale);
	for (enum param p = 0; b->budgeted >> p != 0; p++)
		if ((b->budgeted & PARAM_BIT(p)) != 0 && !lay_budgets(b, out, p))
			return false;
	return !b->looks_back || lay_past(b, out);
}
