#include "core/limits.h"

#include <string.h>

#include "core/text.h"

_Static_assert(SCREENING_MAX <= 64, "a reason is a bit of uint64_t");

const char *verdict_kind_name(enum verdict_kind k)
{
	static const char *const name[] = {
#define X(id, name) [id] = (name),
	        VERDICT_KIND_MAP(X)
#undef X
	};

	return name[k];
}

const char *limits_status_words(enum limits_status s)
{
	static const char *const words[] = {
#define X(id, sentence) [id] = (sentence),
	        LIMITS_STATUS_MAP(X)
#undef X
	};

	return words[s];
}

const char *limits_why(const struct library *lib, uint8_t device_class, enum limits_status s)
{
	if (s == LIMITS_NO_ROWS && device_class < CLASSES_MAX &&
	    lib->closed[device_class][0] != '\0')
		return lib->closed[device_class];
	return limits_status_words(s);
}

/* --- who this patient is, as risks ------------------------------------------------------- */

struct bearing {
	const struct library *lib;
	const struct patient_case *c;
	bool tested; /* a test area was read without reaction, or this session makes it */
	int64_t risk[FACTS_MAX];
};

static void bear(struct bearing *b, const struct library *lib, const struct patient_case *c)
{
	b->lib = lib;
	b->c = c;
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

static bool rule_applies(const struct bearing *b, const struct rule *r)
{
	if (r->classes != 0 && !in_set(r->classes, b->c->device_class))
		return false;
	if (r->indications != 0 && !in_set(r->indications, b->c->indication))
		return false;
	if (r->sites != 0 && !in_set(r->sites, b->c->site))
		return false;
	for (uint8_t i = 0; i < r->n_when; i++)
		if (!condition_holds(&r->when[i], b->risk[r->when[i].fact]))
			return false;
	return true;
}

/* The first rule from index *at on that applies, and *at behind it; NULL when there is none. */
static const struct rule *next_rule(const struct bearing *b, uint32_t *at)
{
	while (*at < b->lib->n_rules) {
		const struct rule *r = &b->lib->rule[(*at)++];

		if (rule_applies(b, r))
			return r;
	}
	return NULL;
}

/* 1..6, or 0 when it is not known (not asked, aged out). */
static uint8_t assessed_skin(const struct bearing *b)
{
	int64_t risk = b->risk[b->lib->skin_fact];

	return (uint64_t)risk < SKIN_TYPES ? (uint8_t)(risk + 1) : 0;
}

static uint8_t effective_skin(const struct bearing *b, uint8_t assessed)
{
	int64_t skin = assessed != 0 ? assessed : SKIN_TYPES;
	uint32_t at = 0;

	for (const struct rule *r = next_rule(b, &at); r != NULL; r = next_rule(b, &at))
		for (uint8_t i = 0; i < r->n_then; i++) {
			if (r->then[i].kind != EFFECT_RAISE_SKIN)
				continue;
			if (r->then[i].value >= SKIN_TYPES - skin)
				return SKIN_TYPES;
			skin += r->then[i].value;
		}
	return (uint8_t)skin;
}

/* --- reasons for the session as a whole ---------------------------------------------------- */

/* What an effect says of the whole session; the others narrow cells or raise the type. */
static const struct {
	bool speaks;
	enum verdict_kind kind;
} SAYS[EFFECT_COUNT] = {
        [EFFECT_BLOCK] = {true, VERDICT_BLOCKED},
        [EFFECT_HOLD] = {true, VERDICT_HELD},
        [EFFECT_TEST_SPOT] = {true, VERDICT_HELD},
        [EFFECT_NOTE] = {true, VERDICT_ALLOWED},
};

/* STATUS_NO_ROW never stands in a row; should it, it waits like M. */
static const uint8_t STATUS_APPROVERS[] = {
        [STATUS_A] = 0, [STATUS_T] = 1, [STATUS_M] = 1, [STATUS_NO_ROW] = 1, [STATUS_B] = 2};

static const char *const STATUS_TEXT[] = {
        [STATUS_A] = "",
        [STATUS_T] = "allowed only after a test area has been read without reaction",
        [STATUS_M] = "a physician decides on this patient first",
        [STATUS_NO_ROW] = "no protocol for this",
        [STATUS_B] = "blocked by default for this skin type; two physicians must decide",
};

static bool add_reason(struct limits *out, struct screening_reason r)
{
	if (out->n_reasons == SCREENING_MAX)
		return false;
	out->reason[out->n_reasons++] = r;
	return true;
}

/* One reason a rule: the strictest of what its effects say. False when they say nothing. */
static bool rule_says(const struct bearing *b, const struct rule *r, enum verdict_kind *kind)
{
	bool speaks = false;

	*kind = VERDICT_ALLOWED;
	for (uint8_t i = 0; i < r->n_then; i++) {
		enum effect_kind e = r->then[i].kind;

		if (!SAYS[e].speaks || (e == EFFECT_TEST_SPOT && b->tested))
			continue;
		speaks = true;
		if (SAYS[e].kind > *kind)
			*kind = SAYS[e].kind;
	}
	return speaks;
}

static enum limits_status gather_reasons(const struct bearing *b, struct limits *out)
{
	uint32_t at = 0;

	for (const struct rule *r = next_rule(b, &at); r != NULL; r = next_rule(b, &at)) {
		enum verdict_kind kind;

		if (!rule_says(b, r, &kind))
			continue;
		if (!add_reason(out, (struct screening_reason){
		                             .kind = kind,
		                             .rule = r,
		                             .approvers = kind == VERDICT_HELD ? 1 : 0}))
			return LIMITS_TOO_MANY_REASONS;
	}
	return LIMITS_OK;
}

/* Index of the reason for this status, which the first cell that needs it adds. */
static uint8_t status_reason(struct limits *out, enum row_status status)
{
	for (uint8_t i = 0; i < out->n_reasons; i++)
		if (out->reason[i].rule == NULL && out->reason[i].status == status)
			return i;
	if (!add_reason(out, (struct screening_reason){.kind = VERDICT_HELD,
	                                               .status = status,
	                                               .approvers = STATUS_APPROVERS[status]}))
		return CELL_OPEN;
	return (uint8_t)(out->n_reasons - 1);
}

static enum limits_status gather_statuses(const struct bearing *b, struct limits *out)
{
	for (uint16_t i = 0; i < out->n_cells; i++) {
		struct cell *cell = &out->cell[i];
		enum row_status status = cell->row->status;

		cell->status_reason = CELL_OPEN;
		if (STATUS_APPROVERS[status] == 0 || (status == STATUS_T && b->tested))
			continue;
		cell->status_reason = status_reason(out, status);
		if (cell->status_reason == CELL_OPEN)
			return LIMITS_TOO_MANY_REASONS;
	}
	return LIMITS_OK;
}

/* --- cells ---------------------------------------------------------------------------------- */

/* n_limit when the cell has no limit to this parameter. */
static uint8_t limit_at(const struct cell *cell, enum param p)
{
	uint8_t i = 0;

	while (i < cell->n_limit && cell->limit[i].param != p)
		i++;
	return i;
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

/* value * num / den, rounded down, num <= den. Where the product of the remainder would pass 64
 * bits it is left out: lower than exact, never higher. */
static int64_t scaled(int64_t value, int64_t num, int64_t den)
{
	int64_t rest;

	if (__builtin_mul_overflow(value % den, num, &rest))
		rest = 0;
	return value / den * num + rest / den;
}

static void apply_absolute(struct cell *cell, const struct rule *r, const struct effect *e)
{
	if (e->kind == EFFECT_MINIMUM)
		tighten(cell, r, e->param, (struct span){e->value, INT64_MAX});
	if (e->kind == EFFECT_MAXIMUM)
		tighten(cell, r, e->param, (struct span){INT64_MIN, e->value});
}

static void apply_scale(struct cell *cell, const struct rule *r, const struct effect *e)
{
	uint8_t i = limit_at(cell, e->param);

	/* a share of no ceiling is no ceiling */
	if (e->kind != EFFECT_SCALE || i == cell->n_limit || cell->limit[i].soft.hi == INT64_MAX)
		return;
	tighten(cell, r, e->param,
	        (struct span){INT64_MIN, scaled(cell->limit[i].soft.hi, e->num, e->den)});
}

/* Absolute ends first, shares of what they left afterwards: the strictest reading, and the order
 * of the file does not matter. */
static void narrow(const struct bearing *b, struct limits *out,
                   void (*apply)(struct cell *, const struct rule *, const struct effect *))
{
	uint32_t at = 0;

	for (const struct rule *r = next_rule(b, &at); r != NULL; r = next_rule(b, &at))
		for (uint8_t e = 0; e < r->n_then; e++)
			for (uint16_t i = 0; i < out->n_cells; i++)
				apply(&out->cell[i], r, &r->then[e]);
}

static unsigned row_key(unsigned device_class, unsigned skin)
{
	return device_class * (SKIN_TYPES + 1) + skin;
}

/* Index of the first row at or behind class and skin; rows are sorted so. */
static uint32_t first_row(const struct library *lib, unsigned key)
{
	uint32_t lo = 0, hi = lib->n_rows;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (row_key(lib->row[mid].device_class, lib->row[mid].skin) < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void cell_from(struct cell *cell, const struct row *row)
{
	cell->row = row;
	cell->n_limit = row->n_limit;
	memcpy(cell->limit, row->limit, row->n_limit * sizeof(row->limit[0]));
}

static enum limits_status gather_cells(const struct bearing *b, struct limits *out)
{
	const struct library *lib = b->lib;
	unsigned key = row_key(b->c->device_class, out->skin);

	for (uint32_t i = first_row(lib, key); i < lib->n_rows; i++) {
		const struct row *row = &lib->row[i];

		if (row_key(row->device_class, row->skin) != key)
			break;
		if (!in_set(row->indications, b->c->indication))
			continue;
		if (row->sites != 0 && !in_set(row->sites, b->c->site))
			continue;
		if (out->n_cells == CELLS_MAX)
			return LIMITS_TOO_MANY;
		cell_from(&out->cell[out->n_cells++], row);
	}
	return out->n_cells > 0 ? LIMITS_OK : LIMITS_NO_ROWS;
}

/* The reasons found so far stay readable when it fails: they are why the answer is no. */
enum limits_status limits_compute(const struct library *lib, const struct patient_case *c,
                                  struct limits *out)
{
	struct bearing b;
	enum limits_status status;

	bear(&b, lib, c);
	memset(out, 0, sizeof(*out));
	out->skin_as_assessed = assessed_skin(&b);
	out->skin = effective_skin(&b, out->skin_as_assessed);
	status = gather_reasons(&b, out);
	if (status == LIMITS_OK)
		status = gather_cells(&b, out);
	if (status == LIMITS_OK)
		status = gather_statuses(&b, out);
	if (status != LIMITS_OK) {
		out->n_cells = 0;
		return status;
	}
	narrow(&b, out, apply_absolute);
	narrow(&b, out, apply_scale);
	out->computed = true;
	return LIMITS_OK;
}

/* --- asking --------------------------------------------------------------------------------- */

uint64_t limits_standing(const struct limits *l, uint64_t cleared)
{
	uint64_t bits = 0;

	if (!l->computed)
		return 0;
	for (uint8_t i = 0; i < l->n_reasons; i++)
		if (l->reason[i].kind == VERDICT_HELD)
			bits |= UINT64_C(1) << i;
	return bits & ~cleared;
}

uint8_t limits_approvers(const struct limits *l, uint64_t cleared)
{
	uint64_t standing = limits_standing(l, cleared);
	uint8_t most = 0;

	for (uint8_t i = 0; i < l->n_reasons; i++)
		if (in_set(standing, i) && l->reason[i].approvers > most)
			most = l->reason[i].approvers;
	return most;
}

static bool every_cell_waits(const struct limits *l, uint64_t standing)
{
	for (uint16_t i = 0; i < l->n_cells; i++)
		if (!in_set(standing, l->cell[i].status_reason))
			return false;
	return true;
}

enum verdict_kind limits_screening(const struct limits *l, uint64_t cleared)
{
	uint64_t standing = limits_standing(l, cleared);
	enum verdict_kind kind = VERDICT_ALLOWED;

	if (!l->computed)
		return VERDICT_BLOCKED;
	for (uint8_t i = 0; i < l->n_reasons; i++) {
		if (l->reason[i].kind == VERDICT_BLOCKED)
			return VERDICT_BLOCKED;
		if (in_set(standing, i) && l->reason[i].rule != NULL)
			kind = VERDICT_HELD;
	}
	return every_cell_waits(l, standing) ? VERDICT_HELD : kind;
}

size_t screening_reason_id(const struct screening_reason *r, char *buf, size_t len)
{
	char letter = row_status_letter(r->status);
	struct text t = text_in(buf, len);

	if (r->rule != NULL) {
		text_put(&t, r->rule->id);
		return t.needed;
	}
	text_put(&t, "status ");
	text_put_n(&t, &letter, 1);
	return t.needed;
}

size_t screening_reason_text(const struct screening_reason *r, char *buf, size_t len)
{
	struct text t = text_in(buf, len);

	text_put(&t, r->rule != NULL ? r->rule->reason : STATUS_TEXT[r->status]);
	return t.needed;
}

const struct select *limits_select(const struct row *row, enum param p)
{
	for (uint8_t i = 0; i < row->n_select; i++)
		if (row->select[i].param == p)
			return &row->select[i];
	return NULL;
}

bool limits_select_holds(const struct select *sel, const struct settings *s)
{
	if (!settings_has(s, sel->param))
		return false;
	if (param_is_choice(sel->param))
		return choice_in(sel->choices, s->value[sel->param]);
	return span_holds(sel->span, s->value[sel->param]);
}

static bool cell_holds(const struct cell *cell, const struct settings *s)
{
	for (uint8_t i = 0; i < cell->row->n_select; i++)
		if (!limits_select_holds(&cell->row->select[i], s))
			return false;
	return true;
}

const struct cell *limits_cell(const struct limits *l, const struct settings *s)
{
	for (uint16_t i = 0; i < l->n_cells; i++)
		if (cell_holds(&l->cell[i], s))
			return &l->cell[i];
	return NULL;
}
