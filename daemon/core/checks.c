#include "core/checks.h"

static const enum verdict_kind AT_WORST[] = {
#define X(id, name, worst, sentence) [id] = (worst),
        CHECK_MAP(X)
#undef X
};

struct reason *trial_found(struct trial *t, enum check c, enum param p)
{
	struct reason *r = &t->found[t->n++];

	*r = (struct reason){.check = c, .kind = AT_WORST[c], .param = p, .limit = SPAN_ALL};
	r->approvers = r->kind == VERDICT_HELD ? 1 : 0;
	if (p != PARAM_NONE && settings_has(&t->dose, p)) {
		r->has_asked = true;
		r->asked = t->dose.value[p];
	}
	return r;
}

/* The same for a limit of the cell, which may be a rule's doing. */
static struct reason *found_limit(struct trial *t, enum check c, uint8_t at, struct span limit)
{
	struct reason *r = trial_found(t, c, t->cell->limit[at].param);

	r->has_limit = true;
	r->limit = limit;
	r->choices = t->cell->limit[at].choices;
	r->row = t->cell->row;
	return r;
}

static void weigh(struct trial *t)
{
	t->dosed = dose_complete(t->s->profile->fluence, &t->registers, &t->dose);
	t->cell = t->limits != NULL ? limits_cell(t->limits, &t->dose) : NULL;
	t->n = 0;
}

static const struct limits *limits_that_count(const struct situation *s)
{
	return s->limits != NULL && s->limits->computed ? s->limits : NULL;
}

void trial_open(struct trial *t, const struct situation *s, enum intent intent,
                const struct image *image)
{
	int row;

	t->s = s;
	t->limits = limits_that_count(s);
	t->image = image;
	t->intent = intent;
	t->state = regmap_state(s->profile, s->reported);
	t->decoded = regmap_settings(s->profile, image, &t->registers, &row);
	weigh(t);
}

void trial_of_settings(struct trial *t, const struct situation *s, const struct settings *asked)
{
	t->s = s;
	t->limits = limits_that_count(s);
	t->image = NULL;
	t->intent = INTENT_ARM;
	t->state = DEVICE_STANDBY;
	t->decoded = DECODE_OK;
	trial_instead(t, asked);
}

void trial_instead(struct trial *t, const struct settings *registers)
{
	t->registers = *registers;
	weigh(t);
}

/* --- checks: each adds what it finds ------------------------------------------------------- */

static void no_session(struct trial *t)
{
	if (t->limits == NULL)
		trial_found(t, CHECK_NO_SESSION, PARAM_NONE);
}

static void not_heard(struct trial *t)
{
	if (!t->s->heard)
		trial_found(t, CHECK_NOT_HEARD, PARAM_NONE);
}

static void outcome_unknown(struct trial *t)
{
	if (t->s->outcome_unknown)
		trial_found(t, CHECK_OUTCOME_UNKNOWN, PARAM_NONE);
}

static void latched(struct trial *t)
{
	if (t->s->latched)
		trial_found(t, CHECK_LATCHED, PARAM_NONE);
}

static void emitting(struct trial *t)
{
	if (t->state == DEVICE_EMITTING)
		trial_found(t, CHECK_EMITTING, PARAM_NONE);
}

#define STATE_BIT(s) (1u << (s))
/* Where a device may be told settings, and where it may be armed. Emitting has a check of its own
 * and is not named twice. */
#define MAY_SET                                                                                \
	(STATE_BIT(DEVICE_STANDBY) | STATE_BIT(DEVICE_READY_DELAY) | STATE_BIT(DEVICE_ARMED) | \
	 STATE_BIT(DEVICE_COOL_DOWN) | STATE_BIT(DEVICE_EMITTING))
#define MAY_ARM                                                                                \
	(STATE_BIT(DEVICE_STANDBY) | STATE_BIT(DEVICE_READY_DELAY) | STATE_BIT(DEVICE_ARMED) | \
	 STATE_BIT(DEVICE_EMITTING))

static void device_state(struct trial *t)
{
	unsigned may = t->intent == INTENT_SET ? MAY_SET : MAY_ARM;

	if ((may & STATE_BIT(t->state)) == 0)
		trial_found(t, CHECK_DEVICE_STATE, PARAM_NONE);
}

static void not_decoded(struct trial *t)
{
	const struct profile *p = t->s->profile;

	if (t->decoded == DECODE_OK)
		return;
	for (uint16_t i = 0; i < p->n_regs; i++) {
		const struct reg *reg = &p->reg[i];
		struct reason *r;
		int64_t ignored;

		if (reg->role != ROLE_PARAMETER || settings_has(&t->registers, reg->param))
			continue;
		r = trial_found(t, CHECK_NOT_DECODED, reg->param);
		r->decode = DECODE_NOT_KNOWN;
		if ((t->image->known >> i & 1) != 0)
			r->decode = reg_decode(reg, &t->image->word[reg->at], &ignored);
	}
}

static void half_known(struct trial *t)
{
	if (t->dosed == DOSE_HALF_KNOWN || t->dosed == DOSE_NOT_COMPUTABLE)
		trial_found(t, CHECK_HALF_KNOWN, FLUENCE_UJ_CM2);
}

static void disagrees(struct trial *t)
{
	if (t->dosed == DOSE_DISAGREES)
		trial_found(t, CHECK_DISAGREES, FLUENCE_UJ_CM2);
}

/* Registers, not the dose: a derived fluence is rounded up and no register was told it. */
static void device_range(struct trial *t)
{
	const struct profile *p = t->s->profile;

	for (uint16_t i = 0; i < p->n_regs; i++) {
		const struct reg *reg = &p->reg[i];
		struct reason *r;

		if (reg->role != ROLE_PARAMETER || !settings_has(&t->registers, reg->param) ||
		    span_holds(reg->hard, t->registers.value[reg->param]))
			continue;
		r = trial_found(t, CHECK_DEVICE_RANGE, reg->param);
		r->asked = t->registers.value[reg->param];
		r->has_limit = true;
		r->limit = reg->hard;
	}
}

static bool is_cleared(const struct trial *t, unsigned reason)
{
	return (t->s->cleared >> reason & 1) != 0;
}

static bool cell_waits(const struct trial *t, unsigned reason)
{
	return t->cell != NULL && (t->cell->waits >> reason & 1) != 0;
}

/* Rules only; a row's status belongs to its cell and is checked later. */
static void screening(struct trial *t)
{
	for (uint8_t i = 0; t->limits != NULL && i < t->limits->n_reasons; i++) {
		const struct screening_reason *why = &t->limits->reason[i];
		struct reason *r;

		if (why->rule == NULL || why->kind == VERDICT_ALLOWED)
			continue;
		if (why->of_cells && !cell_waits(t, i))
			continue;
		if (why->kind == VERDICT_HELD && is_cleared(t, i))
			continue;
		r = trial_found(t, CHECK_SCREENING, PARAM_NONE);
		r->kind = why->kind;
		r->rule = why->rule;
		r->approvers = why->approvers;
	}
}

/* The other end is the working range: it is shown and refuses nothing. */
static struct span dangerous_side(enum param p, struct span s)
{
	enum danger danger = param_info(p)->danger;

	if (danger == DANGER_UP)
		s.lo = INT64_MIN;
	if (danger == DANGER_DOWN)
		s.hi = INT64_MAX;
	return s;
}

static void hard_limit(struct trial *t)
{
	for (uint8_t i = 0; t->cell != NULL && i < t->cell->n_limit; i++) {
		const struct limit *l = &t->cell->limit[i];
		struct span hard;

		if (!settings_has(&t->dose, l->param) ||
		    span_holds(l->hard, t->dose.value[l->param]))
			continue;
		hard = dangerous_side(l->param, l->hard);
		if (!span_holds(hard, t->dose.value[l->param]))
			found_limit(t, CHECK_HARD, i, hard);
	}
}

bool trial_has_no_entry(const struct trial *t, enum param p)
{
	for (uint16_t i = 0; i < t->limits->n_cells; i++) {
		const struct select *sel = limits_select(t->limits->cell[i].row, p);

		if (sel == NULL || limits_select_holds(sel, &t->dose))
			return false;
	}
	return true;
}

/* What would pass: the union of choices, or the one span that all cells name. */
static void found_no_entry(struct trial *t, enum param p)
{
	struct reason *r = trial_found(t, CHECK_NO_ROW, p);

	r->row = t->limits->cell[0].row;
	r->limit = limits_select(r->row, p)->span;
	r->has_limit = true;
	for (uint16_t i = 0; i < t->limits->n_cells; i++) {
		const struct select *sel = limits_select(t->limits->cell[i].row, p);

		r->choices |= sel->choices;
		if (sel->span.lo != r->limit.lo || sel->span.hi != r->limit.hi)
			r->has_limit = false;
	}
}

/* How many selectors of the row hold; *miss is the first that does not. */
static uint8_t selects_held(const struct row *row, const struct settings *s,
                            const struct select **miss)
{
	uint8_t held = 0;

	*miss = NULL;
	for (uint8_t i = 0; i < row->n_select; i++) {
		if (limits_select_holds(&row->select[i], s))
			held++;
		else if (*miss == NULL)
			*miss = &row->select[i];
	}
	return held;
}

/* Each value has an entry somewhere, but no row has them all: the nearest row says what it lacks.
 */
static void found_no_combination(struct trial *t)
{
	const struct row *nearest = NULL;
	const struct select *lacks = NULL;
	uint8_t most = 0;
	struct reason *r;

	for (uint16_t i = 0; i < t->limits->n_cells; i++) {
		const struct select *miss;
		uint8_t held = selects_held(t->limits->cell[i].row, &t->dose, &miss);

		if (nearest != NULL && held <= most)
			continue;
		nearest = t->limits->cell[i].row;
		most = held;
		lacks = miss;
	}
	r = trial_found(t, CHECK_NO_ROW, lacks->param);
	r->row = nearest;
	r->has_limit = true;
	r->limit = lacks->span;
	r->choices = lacks->choices;
}

static void no_row(struct trial *t)
{
	uint16_t before = t->n;

	if (t->limits == NULL || t->cell != NULL)
		return;
	for (enum param p = 0; p < PARAM_COUNT; p++)
		if (trial_has_no_entry(t, p))
			found_no_entry(t, p);
	if (t->n == before)
		found_no_combination(t);
}

/* What the cell selects, limits or leaves to the device. A limited fluence that is computed from
 * energy and area covers these. */
static uint32_t covered(const struct trial *t)
{
	enum fluence_source how = t->s->profile->fluence;
	uint32_t bits = PARAMS_COMPUTED;

	for (uint8_t i = 0; i < t->cell->n_limit; i++)
		bits |= PARAM_BIT(t->cell->limit[i].param);
	if ((bits & PARAM_BIT(FLUENCE_UJ_CM2)) != 0 &&
	    (how == FLUENCE_DERIVED || how == FLUENCE_BOTH))
		bits |= PARAM_BIT(ENERGY_UJ) | PARAM_BIT(SPOT_UM) | PARAM_BIT(TIP_AREA_UM2);
	for (uint8_t i = 0; i < t->cell->row->n_select; i++)
		bits |= PARAM_BIT(t->cell->row->select[i].param);
	return bits | t->cell->row->unlimited;
}

static void no_limit(struct trial *t)
{
	uint32_t open = t->cell != NULL ? t->dose.known & ~covered(t) : 0;

	for (enum param p = 0; open >> p != 0; p++)
		if ((open & PARAM_BIT(p)) != 0)
			trial_found(t, CHECK_NO_LIMIT, p)->row = t->cell->row;
}

/* A limited parameter which this device does not have cannot be seen to keep its limit. What it
 * has and does not tell was found before, and is not said twice. */
static bool within_soft(const struct trial *t, const struct limit *l, struct span soft)
{
	int64_t v = t->dose.value[l->param];

	if (!settings_has(&t->dose, l->param))
		return t->decoded != DECODE_OK || t->dosed != DOSE_OK;
	return param_is_choice(l->param) ? choice_in(l->choices, v) : span_holds(soft, v);
}

static void soft_limit(struct trial *t)
{
	for (uint8_t i = 0; t->cell != NULL && i < t->cell->n_limit; i++) {
		const struct limit *l = &t->cell->limit[i];
		struct span soft = dangerous_side(l->param, l->soft);

		if (!within_soft(t, l, soft))
			found_limit(t, CHECK_SOFT, i, soft)->rule = t->cell->by[i];
	}
}

static void status(struct trial *t)
{
	uint64_t waits = t->cell != NULL ? t->cell->waits & ~t->s->cleared : 0;

	for (; waits != 0; waits &= waits - 1) {
		const struct screening_reason *why = &t->limits->reason[__builtin_ctzll(waits)];
		struct reason *r;

		if (why->rule != NULL)
			continue;
		r = trial_found(t, CHECK_STATUS, PARAM_NONE);
		r->row = t->cell->row;
		r->approvers = why->approvers;
	}
}

bool one_step_moved(const struct one_step *o, uint8_t i, const struct settings *dose)
{
	enum param p = (enum param)o->param[i];

	if (!settings_has(dose, p))
		return true;
	return param_info(p)->danger == DANGER_UP ? dose->value[p] > o->last[i]
	                                          : dose->value[p] < o->last[i];
}

/* The first that moved may; of each other one, what it may not pass while the first has moved. */
static void one_step(struct trial *t)
{
	const struct one_step *o = t->cell != NULL ? &t->cell->one_step : NULL;
	uint32_t moved = 0;

	for (uint8_t i = 0; o != NULL && i < o->n; i++) {
		enum param p = (enum param)o->param[i];
		struct reason *r;

		if (!one_step_moved(o, i, &t->dose))
			continue;
		if (moved != 0) {
			r = trial_found(t, CHECK_ONE_STEP, p);
			r->has_limit = true;
			r->limit = dangerous_side(p, (struct span){o->last[i], o->last[i]});
			r->row = t->cell->row;
			r->rule = o->by;
			r->moved = moved;
		}
		moved |= PARAM_BIT(p);
	}
}

/* The pulse that would come next is counted in: what is left must take it. */
static void found_spent(struct trial *t, enum param p, const struct allowance *a, int64_t taken,
                        int64_t next)
{
	int64_t then = -1;

	if (a->most == 0)
		return;
	if (taken >= 0 && next >= 0 && __builtin_add_overflow(taken, next, &then))
		then = -1;
	if (then >= 0 && then <= a->most)
		return;
	struct reason *r = trial_found(t, CHECK_SPENT, p);
	r->has_asked = false;
	r->counts = true;
	r->asked = then;
	r->limit.hi = a->most;
	r->rule = a->by;
}

static void spent(struct trial *t)
{
	const struct taken *taken = &t->s->taken;
	int64_t next;

	if (t->limits == NULL)
		return;
	found_spent(t, PARAM_NONE, &t->limits->pulses, taken->pulses, 1);
	if (!dose_energy(&t->dose, &next))
		next = -1;
	found_spent(t, ENERGY_UJ, &t->limits->energy_uj, taken->energy_uj, next);
}

static void unsupervised(struct trial *t)
{
	if (t->limits != NULL && t->s->nearest < t->limits->supervision)
		trial_found(t, CHECK_UNSUPERVISED, PARAM_NONE)->rule = t->limits->supervised_by;
}

/* In the order of CHECK_MAP. */
static void (*const CHECKS[CHECK_COUNT])(struct trial *t) = {
        [CHECK_NO_SESSION] = no_session,
        [CHECK_NOT_HEARD] = not_heard,
        [CHECK_OUTCOME_UNKNOWN] = outcome_unknown,
        [CHECK_LATCHED] = latched,
        [CHECK_EMITTING] = emitting,
        [CHECK_DEVICE_STATE] = device_state,
        [CHECK_NOT_DECODED] = not_decoded,
        [CHECK_HALF_KNOWN] = half_known,
        [CHECK_DISAGREES] = disagrees,
        [CHECK_DEVICE_RANGE] = device_range,
        [CHECK_SCREENING] = screening,
        [CHECK_HARD] = hard_limit,
        [CHECK_NO_ROW] = no_row,
        [CHECK_NO_LIMIT] = no_limit,
        [CHECK_SOFT] = soft_limit,
        [CHECK_STATUS] = status,
        [CHECK_ONE_STEP] = one_step,
        [CHECK_SPENT] = spent,
        [CHECK_UNSUPERVISED] = unsupervised,
};

void trial_find(struct trial *t)
{
	for (enum check c = 0; c < CHECK_COUNT; c++)
		CHECKS[c](t);
}
