#include "core/narrow.h"

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

static bool in_set(uint64_t set, unsigned index)
{
	return index < 64 && ((set >> index) & 1) != 0;
}

/* --- the skin type that counts ------------------------------------------------------------- */

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

	for (const struct rule *r = bearing_rule(b, &at); r != NULL; r = bearing_rule(b, &at))
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

bool limits_add_reason(struct limits *out, struct screening_reason r)
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

/* Of several the least counts, and of equal ones the first is named. */
static void allow_at_most(struct allowance *a, const struct rule *by, int64_t most)
{
	if (a->most == 0 || most < a->most)
		*a = (struct allowance){most, by};
}

/* Of several the nearest counts. */
static void draw_second_line(struct second_line *s, const struct rule *by, const struct effect *e)
{
	if (s->by == NULL || e->num * s->den < s->num * e->den)
		*s = (struct second_line){by, e->num, e->den};
}

/* What is looked for in the cells, and what the session may take in all. */
static void note_effects(struct bearing *b, const struct rule *r, struct limits *out)
{
	for (uint8_t i = 0; i < r->n_then; i++) {
		const struct effect *e = &r->then[i];

		b->asks_test = b->asks_test || e->kind == EFFECT_TEST_SPOT;
		b->looks_back = b->looks_back || (EFFECTS_LOOKING_BACK >> e->kind & 1) != 0;
		if (e->kind == EFFECT_BUDGET)
			b->budgeted |= PARAM_BIT(e->param);
		if (e->kind == EFFECT_PULSES)
			allow_at_most(&out->pulses, r, e->value);
		if (e->kind == EFFECT_TOTAL)
			allow_at_most(&out->energy_uj, r, e->value);
		if (e->kind == EFFECT_SUPERVISE && e->value > (int64_t)out->supervision) {
			out->supervision = (enum supervision)e->value;
			out->supervised_by = r;
		}
		if (e->kind == EFFECT_TWO)
			draw_second_line(&out->second[e->param], r, e);
	}
}

static enum limits_status gather_reasons(struct bearing *b, struct limits *out)
{
	uint32_t at = 0;

	for (const struct rule *r = bearing_rule(b, &at); r != NULL; r = bearing_rule(b, &at)) {
		enum verdict_kind kind;

		note_effects(b, r, out);
		if (!rule_says(b, r, &kind))
			continue;
		if (!limits_add_reason(out, (struct screening_reason){
		                                    .kind = kind,
		                                    .rule = r,
		                                    .approvers = kind == VERDICT_HELD ? 1 : 0}))
			return LIMITS_TOO_MANY_REASONS;
	}
	return LIMITS_OK;
}

/* Index of the reason for this status, which the first cell that needs it adds. */
static bool wait_for_status(struct limits *out, struct cell *cell, enum row_status status)
{
	uint8_t i = 0;

	while (i < out->n_reasons &&
	       !(out->reason[i].rule == NULL && out->reason[i].status == status))
		i++;
	if (i == out->n_reasons &&
	    !limits_add_reason(out,
	                       (struct screening_reason){.kind = VERDICT_HELD,
	                                                 .status = status,
	                                                 .of_cells = true,
	                                                 .approvers = STATUS_APPROVERS[status]}))
		return false;
	cell->waits |= UINT64_C(1) << i;
	return true;
}

static enum limits_status gather_statuses(const struct bearing *b, struct limits *out)
{
	for (uint16_t i = 0; i < out->n_cells; i++) {
		struct cell *cell = &out->cell[i];
		enum row_status status = cell->row->status;

		if (STATUS_APPROVERS[status] == 0 || (status == STATUS_T && b->tested))
			continue;
		if (!wait_for_status(out, cell, status))
			return LIMITS_TOO_MANY_REASONS;
	}
	return LIMITS_OK;
}

/* --- cells ---------------------------------------------------------------------------------- */

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
	if (status == LIMITS_OK && !narrow(&b, out))
		status = LIMITS_TOO_MANY_REASONS;
	if (status != LIMITS_OK) {
		out->n_cells = 0;
		return status;
	}
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
		if ((standing & l->cell[i].waits) == 0)
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
		if (in_set(standing, i) && !l->reason[i].of_cells)
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

bool limits_row_holds(const struct row *row, const struct settings *s)
{
	for (uint8_t i = 0; i < row->n_select; i++)
		if (!limits_select_holds(&row->select[i], s))
			return false;
	return true;
}

const struct cell *limits_cell(const struct limits *l, const struct settings *s)
{
	for (uint16_t i = 0; i < l->n_cells; i++)
		if (limits_row_holds(l->cell[i].row, s))
			return &l->cell[i];
	return NULL;
}
