#include "core/checks.h"

/* Whether a violation may stay in standby, for a later write to mend. */
enum stay {
	NEVER,      /* it lies in the session, not in the settings */
	IF_THERE,   /* when the reported settings have the same, at least as far beyond */
	IF_UNKNOWN, /* likewise, or when they had no row, which is worse than any limit */
	IF_NO_ROW   /* when they had no row either */
};

static const enum stay STAYS[CHECK_COUNT] = {
        [CHECK_NO_SESSION] = NEVER,      [CHECK_NOT_HEARD] = NEVER,
        [CHECK_OUTCOME_UNKNOWN] = NEVER, [CHECK_LATCHED] = NEVER,
        [CHECK_EMITTING] = NEVER,        [CHECK_DEVICE_STATE] = NEVER,
        [CHECK_NOT_DECODED] = IF_THERE,  [CHECK_HALF_KNOWN] = IF_THERE,
        [CHECK_DISAGREES] = IF_THERE,    [CHECK_DEVICE_RANGE] = IF_THERE,
        [CHECK_SCREENING] = NEVER,       [CHECK_HARD] = IF_UNKNOWN,
        [CHECK_NO_ROW] = IF_NO_ROW,      [CHECK_NO_LIMIT] = IF_UNKNOWN,
        [CHECK_SOFT] = IF_UNKNOWN,       [CHECK_STATUS] = NEVER,
        [CHECK_ONE_STEP] = IF_UNKNOWN,   [CHECK_SPENT] = NEVER,
        [CHECK_UNSUPERVISED] = NEVER,
};

/* How far beyond, in base units; what has no distance (a choice) is as far as itself. */
static uint64_t excess(const struct reason *r)
{
	if (!r->has_asked || !r->has_limit || param_is_choice(r->param))
		return 0;
	if (r->asked > r->limit.hi)
		return (uint64_t)r->asked - (uint64_t)r->limit.hi;
	return (uint64_t)r->limit.lo - (uint64_t)r->asked;
}

/* Toward its dangerous side, or from not known to known, which may be the same. */
static bool moved_to_danger(const struct trial *before, const struct trial *after, enum param p)
{
	enum danger danger = param_info(p)->danger;

	if (danger == DANGER_ANY || !settings_has(&after->dose, p))
		return false;
	if (!settings_has(&before->dose, p))
		return true;
	if (danger == DANGER_UP)
		return after->dose.value[p] > before->dose.value[p];
	return after->dose.value[p] < before->dose.value[p];
}

/* Parameters this write touches; what is computed, with what it is computed from. */
static uint32_t touched(const struct profile *p, uint64_t rows)
{
	uint32_t bits = 0;

	for (uint16_t i = 0; i < p->n_regs; i++)
		if ((rows >> i & 1) != 0 && p->reg[i].role == ROLE_PARAMETER)
			bits |= PARAM_BIT(p->reg[i].param);
	if ((bits & (PARAM_BIT(ENERGY_UJ) | PARAM_BIT(SPOT_UM) | PARAM_BIT(TIP_AREA_UM2))) != 0)
		bits |= PARAM_BIT(FLUENCE_UJ_CM2);
	if ((bits & (PARAM_BIT(ENERGY_UJ) | PARAM_BIT(DENSITY_PER_CM2))) != 0)
		bits |= PARAM_BIT(PRODUCT_UJ_CM2);
	if ((bits & (PARAM_BIT(FLUENCE_UJ_CM2) | PARAM_BIT(RATE_MILLIHZ))) != 0)
		bits |= PARAM_BIT(IRRADIANCE_UW_CM2);
	return bits;
}

/* Not moved, or to its safe side; what is not known on both sides must be untouched. */
static bool left_alone(const struct trial *before, const struct trial *after, uint64_t rows,
                       enum param p)
{
	if (!settings_has(&before->dose, p) || !settings_has(&after->dose, p))
		return (touched(after->s->profile, rows) & PARAM_BIT(p)) == 0;
	if (param_info(p)->danger == DANGER_ANY)
		return after->dose.value[p] == before->dose.value[p];
	return !moved_to_danger(before, after, p);
}

/* What the reason is about, and what moved with it. */
static bool all_left_alone(const struct trial *before, const struct trial *after, uint64_t rows,
                           const struct reason *r)
{
	for (enum param p = 0; r->moved >> p != 0; p++)
		if ((r->moved & PARAM_BIT(p)) != 0 && !left_alone(before, after, rows, p))
			return false;
	return left_alone(before, after, rows, r->param);
}

static bool was_there(const struct trial *before, const struct reason *r)
{
	for (uint16_t i = 0; i < before->n; i++) {
		const struct reason *b = &before->found[i];

		if (b->check == r->check && b->param == r->param)
			return excess(b) >= excess(r);
	}
	return false;
}

static bool tolerated(const struct trial *before, const struct trial *after, uint64_t rows,
                      const struct reason *r)
{
	enum stay stay = STAYS[r->check];

	if (stay == NEVER)
		return false;
	/* a value that some row takes is a step on the way to that row */
	if (stay == IF_NO_ROW && !trial_has_no_entry(after, r->param))
		return before->cell == NULL;
	if (!all_left_alone(before, after, rows, r))
		return false;
	if (stay != IF_THERE && before->cell == NULL)
		return true;
	return stay != IF_NO_ROW && was_there(before, r);
}

/* While no row says how far, nothing rises. */
static void found_rising(const struct trial *before, struct trial *after)
{
	if (after->limits == NULL || after->cell != NULL)
		return;
	for (enum param p = 0; p < PARAM_COUNT; p++)
		if (moved_to_danger(before, after, p))
			trial_found(after, CHECK_NO_ROW, p);
}

/* Takes the tolerated ones out of `after`; returns how many they were. */
static uint8_t tolerate(const struct trial *before, struct trial *after, uint64_t rows)
{
	uint16_t kept = 0;
	uint16_t all = after->n;

	for (uint16_t i = 0; i < all; i++)
		if (!tolerated(before, after, rows, &after->found[i]))
			after->found[kept++] = after->found[i];
	after->n = kept;
	found_rising(before, after);
	return (uint8_t)(all - kept);
}

/* --- from what was found to a verdict ------------------------------------------------------ */

struct product {
	uint64_t hi, lo;
};

static struct product multiply(uint64_t a, uint64_t b)
{
	uint64_t al = a & UINT32_MAX, ah = a >> 32, bl = b & UINT32_MAX, bh = b >> 32;
	uint64_t mid = ah * bl + (al * bl >> 32);
	uint64_t low = al * bh + (mid & UINT32_MAX);

	return (struct product){ah * bh + (mid >> 32) + (low >> 32), a * b};
}

/* How many times too much, or too little, as a ratio. */
struct ratio {
	uint64_t num, den;
};

static uint64_t not_negative(int64_t v)
{
	return v > 0 ? (uint64_t)v : 0;
}

static struct ratio times_beyond(const struct reason *r)
{
	if (excess(r) == 0)
		return (struct ratio){0, 1};
	if (r->asked > r->limit.hi)
		return (struct ratio){not_negative(r->asked), not_negative(r->limit.hi)};
	return (struct ratio){not_negative(r->limit.lo), not_negative(r->asked)};
}

static bool is_more(struct ratio x, struct ratio y)
{
	struct product left = multiply(x.num, y.den), right = multiply(y.num, x.den);

	return left.hi > right.hi || (left.hi == right.hi && left.lo > right.lo);
}

static bool further_beyond(const struct reason *a, const struct reason *b)
{
	return is_more(times_beyond(a), times_beyond(b));
}

/* So far beyond its limit that one approver is not enough. */
static bool beyond_second_line(const struct trial *t, const struct reason *r)
{
	if (r->kind != VERDICT_HELD || excess(r) == 0)
		return false;
	const struct second_line *s = &t->limits->second[r->param];
	return s->by != NULL &&
	       is_more(times_beyond(r), (struct ratio){(uint64_t)s->num, (uint64_t)s->den});
}

/* `large` is `small` with the decimal point moved by one to three places, within 2 %. */
static bool point_slipped(int64_t large, int64_t small)
{
	int64_t moved = small;

	if (small <= 0)
		return false;
	for (int places = 1; places <= 3; places++) {
		if (__builtin_mul_overflow(moved, 10, &moved) || large < moved - moved / 50)
			return false;
		if (large - moved <= moved / 50)
			return true;
	}
	return false;
}

static bool is_tenfold(const struct reason *r, const struct settings *before)
{
	bool below = r->has_limit && r->asked < r->limit.lo;

	if (!r->has_asked || param_is_choice(r->param))
		return false;
	if (r->has_limit && !below && point_slipped(r->asked, r->limit.hi))
		return true;
	if (below && point_slipped(r->limit.lo, r->asked))
		return true;
	if (!settings_has(before, r->param))
		return false;
	return below ? point_slipped(before->value[r->param], r->asked)
	             : point_slipped(r->asked, before->value[r->param]);
}

/* Said with every reason about this value, whichever of them shows it. */
static bool slipped(const struct trial *t, const struct settings *before, enum param p)
{
	for (uint16_t i = 0; i < t->n; i++)
		if (t->found[i].param == p && is_tenfold(&t->found[i], before))
			return true;
	return false;
}

/* True when a stands before b: the stricter kind first, then in the order of the checks. */
static bool comes_before(const struct reason *a, const struct reason *b)
{
	return a->kind != b->kind ? a->kind > b->kind : a->check < b->check;
}

/* Keeps the order; what falls off the end was the least of all. */
static void put_reason(struct verdict *out, const struct reason *r)
{
	uint8_t at = out->n_reasons;

	while (at > 0 && comes_before(r, &out->reason[at - 1]))
		at--;
	if (at == REASONS_MAX)
		return;
	if (out->n_reasons < REASONS_MAX)
		out->n_reasons++;
	for (uint8_t i = (uint8_t)(out->n_reasons - 1); i > at; i--)
		out->reason[i] = out->reason[i - 1];
	out->reason[at] = *r;
}

static void conclude(struct trial *t, const struct settings *before, bool waived,
                     struct verdict *out)
{
	for (uint16_t i = 0; i < t->n; i++) {
		struct reason *r = &t->found[i];

		if (waived && r->kind == VERDICT_HELD)
			continue;
		r->tenfold = slipped(t, before, r->param);
		if (beyond_second_line(t, r))
			r->approvers = 2;
		put_reason(out, r);
		if (r->approvers > out->approvers)
			out->approvers = r->approvers;
	}
	out->by_waiver = waived && out->n_reasons == 0;
	if (out->n_reasons == 0)
		return;
	out->kind = out->reason[0].kind;
	for (uint8_t i = 1; i < out->n_reasons; i++)
		if (out->reason[i].kind == out->kind &&
		    out->reason[i].check == out->reason[0].check &&
		    further_beyond(&out->reason[i], &out->reason[out->tightest]))
			out->tightest = i;
}

#define CHECK_BIT(c) (1u << (c))
/* What other numbers would mend. */
#define OF_NUMBERS                                                                       \
	(CHECK_BIT(CHECK_DEVICE_RANGE) | CHECK_BIT(CHECK_HARD) | CHECK_BIT(CHECK_SOFT) | \
	 CHECK_BIT(CHECK_ONE_STEP))

/* A ceiling of nothing, as a budget leaves that is spent: an offer of nothing is none. */
static bool leaves_nothing(const struct reason *r)
{
	return r->check == CHECK_SOFT && r->limit.hi <= 0;
}

/* The numbers alone must be in the way, and within them the offer must pass. */
static void offer(struct trial *t, struct verdict *out)
{
	if (t->cell == NULL || out->n_reasons == 0)
		return;
	for (uint8_t i = 0; i < out->n_reasons; i++)
		if ((OF_NUMBERS >> out->reason[i].check & 1) == 0 ||
		    leaves_nothing(&out->reason[i]))
			return;
	verdict_bring_inside(t->s->profile, t->cell, &t->registers, &out->offer);
	trial_instead(t, &out->offer);
	trial_find(t);
	out->has_offer = t->n == 0;
}

/* Nothing found yet: allowed. */
static void begin(const struct trial *t, struct verdict *out)
{
	out->kind = VERDICT_ALLOWED;
	out->by_waiver = false;
	out->n_reasons = 0;
	out->tightest = 0;
	out->approvers = 0;
	out->n_tolerated = 0;
	out->has_offer = false;
	out->offer = t->registers;
	out->settings = t->dose;
	out->cell = t->cell;
}

void verdict_judge_settings(const struct limits *l, uint64_t cleared, enum fluence_source how,
                            const struct settings *asked, struct verdict *out)
{
	const struct profile without_registers = {.fluence = how};
	const struct situation s = {.profile = &without_registers,
	                            .limits = l,
	                            .cleared = cleared,
	                            .heard = true,
	                            .nearest = SUPERVISION_IN_ROOM}; /* nobody is treated */
	const struct settings before = {.known = 0};
	struct trial t;

	trial_of_settings(&t, &s, asked);
	begin(&t, out);
	trial_find(&t);
	conclude(&t, &before, false, out);
	offer(&t, out);
}

void verdict_judge(const struct situation *s, enum intent intent, const struct image *result,
                   uint64_t rows, struct verdict *out)
{
	struct trial after, before;
	bool waived;

	trial_open(&after, s, intent, result);
	begin(&after, out);
	trial_find(&after);
	if (after.n == 0)
		return;

	trial_open(&before, s, intent, s->reported);
	if (intent == INTENT_SET && after.state == DEVICE_STANDBY) {
		trial_find(&before);
		out->n_tolerated = tolerate(&before, &after, rows);
	}
	waived = s->waiver.given && after.n > 0 &&
	         settings_equal(&after.registers, &s->waiver.settings);
	conclude(&after, &before.dose, waived, out);
	offer(&after, out);
}
