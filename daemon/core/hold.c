#include "core/hold.h"

#include "core/text.h"

#include <string.h>

const char *hold_state_name(enum hold_state s)
{
	static const char *const name[HOLD_STATE_COUNT + 1] = {
#define X(id, name, words) [id] = name,
	        HOLD_STATE_MAP(X)
#undef X
	                [HOLD_STATE_COUNT] = "none"};

	return name[s];
}

const char *hold_state_words(enum hold_state s)
{
	static const char *const words[HOLD_STATE_COUNT + 1] = {
#define X(id, name, words) [id] = words,
	        HOLD_STATE_MAP(X)
#undef X
	                [HOLD_STATE_COUNT] = "no such state"};

	return words[s];
}

const char *hold_status_words(enum hold_status s)
{
	static const char *const words[] = {
#define X(id, sentence) [id] = sentence,
	        HOLD_STATUS_MAP(X)
#undef X
	};

	return words[s];
}

/* --- the moves: the picture of hold.h as a table, and the only place that knows it ------------ */

struct move {
	bool drawn;
	enum hold_state to;
};

/* clang-format off */
#define TO(state) {true, HOLD_##state}
static const struct move MOVES[HOLD_STATE_COUNT][HOLD_EVENT_COUNT] = {
	[HOLD_FREE]      = {[HOLD_ASK] = TO(OPEN)},
	[HOLD_OPEN]      = {[HOLD_ASK] = TO(OPEN), [HOLD_WITHDRAW] = TO(WITHDRAWN),
	                    [HOLD_DECIDE] = TO(CHECKING), [HOLD_EXPIRE] = TO(EXPIRED),
	                    [HOLD_END] = TO(ENDED)},
	[HOLD_CHECKING]  = {[HOLD_ASK] = TO(OPEN), [HOLD_WITHDRAW] = TO(WITHDRAWN),
	                    [HOLD_REJECT] = TO(OPEN), [HOLD_APPROVE] = TO(GRANTED),
	                    [HOLD_DENY] = TO(DENIED), [HOLD_END] = TO(ENDED)},
	[HOLD_GRANTED]   = {[HOLD_ASK] = TO(OPEN), [HOLD_USE] = TO(IN_FORCE),
	                    [HOLD_EXPIRE] = TO(EXPIRED), [HOLD_REVOKE] = TO(REVOKED),
	                    [HOLD_END] = TO(ENDED)},
	[HOLD_IN_FORCE]  = {[HOLD_ASK] = TO(OPEN), [HOLD_REVOKE] = TO(REVOKED),
	                    [HOLD_END] = TO(ENDED)},
	[HOLD_DENIED]    = {[HOLD_ASK] = TO(OPEN)},
	[HOLD_WITHDRAWN] = {[HOLD_ASK] = TO(OPEN)},
	[HOLD_EXPIRED]   = {[HOLD_ASK] = TO(OPEN)},
	[HOLD_REVOKED]   = {[HOLD_ASK] = TO(OPEN)},
	[HOLD_ENDED]     = {[HOLD_ASK] = TO(OPEN)},
};
#undef TO
/* clang-format on */

enum hold_state hold_next(enum hold_state from, enum hold_event by)
{
	const struct move *m = &MOVES[from][by];

	return m->drawn ? m->to : HOLD_STATE_COUNT;
}

static bool moved(struct hold *h, enum hold_event by)
{
	enum hold_state to = hold_next(h->state, by);

	if (to == HOLD_STATE_COUNT)
		return false;
	h->state = to;
	return true;
}

/* --- time --------------------------------------------------------------------------------------
 */

/* A budget beyond the end of time is no budget, not one that wraps round to the past. */
static int64_t after(int64_t now_ms, int64_t ms)
{
	int64_t sum;

	return __builtin_add_overflow(now_ms, ms, &sum) ? INT64_MAX : sum;
}

static bool in_time(const struct hold *h, int64_t now_ms)
{
	return h->until_ms == 0 || now_ms < h->until_ms;
}

/* --- asking ------------------------------------------------------------------------------------
 */

static bool waits(const struct hold *h)
{
	return h->state == HOLD_OPEN || h->state == HOLD_CHECKING;
}

static bool stands(const struct hold *h)
{
	return h->state == HOLD_GRANTED || h->state == HOLD_IN_FORCE;
}

static bool about_settings(const struct hold *h, const struct settings *s)
{
	if (h->screening)
		return false;
	return (waits(h) && settings_equal(&h->asked, s)) ||
	       (stands(h) && settings_equal(&h->granted, s));
}

static bool about_screening(const struct hold *h, uint64_t reasons)
{
	return h->screening && h->reasons == reasons && (waits(h) || stands(h));
}

/* A hold that still waits for the same kind of thing keeps its id: a turning knob asks once. All
 * else begins anew, because what was signed, said and shown belonged to something else. */
static void open(struct hold *h, bool screening, const char *asker, uint16_t number,
                 uint8_t approvers, int64_t now_ms)
{
	bool same_hold = waits(h) && h->screening == screening;
	struct hold fresh = {
	        .id = same_hold ? h->id : h->id + 1,
	        .version = h->version + 1,
	        .state = hold_next(h->state, HOLD_ASK),
	        .screening = screening,
	        .approvers_needed = approvers < 2 ? 1 : 2,
	        .number = number,
	        .opened_ms = same_hold ? h->opened_ms : now_ms,
	        .until_ms = after(now_ms, HOLD_LIFE_MS),
	};

	text_copy(fresh.asked_by, sizeof fresh.asked_by, asker);
	*h = fresh;
}

/* What ran out before anybody looked is over before it can be asked for again. */
static void expire_late(struct hold *h, int64_t now_ms)
{
	if (!in_time(h, now_ms))
		(void)moved(h, HOLD_EXPIRE);
}

enum hold_status hold_ask(struct hold *h, const struct verdict *v, const struct settings *asked,
                          const char *operator_, uint16_t number, int64_t now_ms)
{
	if (v->kind == VERDICT_BLOCKED)
		return HOLD_BLOCKED;
	if (v->kind == VERDICT_ALLOWED)
		return HOLD_NOT_NOW; /* nothing needs a physician */
	expire_late(h, now_ms);
	if (about_settings(h, asked))
		return HOLD_OK;
	open(h, false, operator_, number, v->approvers, now_ms);
	h->asked = *asked;
	h->verdict = *v;
	return HOLD_OK;
}

enum hold_status hold_ask_screening(struct hold *h, uint64_t reasons, uint8_t approvers,
                                    const char *operator_, uint16_t number, int64_t now_ms)
{
	if (reasons == 0)
		return HOLD_NOT_NOW; /* nothing a physician could clear */
	expire_late(h, now_ms);
	if (about_screening(h, reasons))
		return HOLD_OK;
	open(h, true, operator_, number, approvers, now_ms);
	h->reasons = reasons;
	return HOLD_OK;
}

/* --- deciding ----------------------------------------------------------------------------------
 */

static bool blank(const char *text)
{
	while (*text == ' ')
		text++;
	return *text == '\0';
}

static bool not_more(enum param p, int64_t granted, int64_t asked)
{
	enum danger towards = param_info(p)->danger;

	if (towards == DANGER_UP)
		return granted <= asked;
	if (towards == DANGER_DOWN)
		return granted >= asked;
	return granted == asked;
}

/* A parameter more or fewer is another setting, so the same ones must be known. */
static bool not_wider(const struct settings *granted, const struct settings *asked)
{
	if (granted->known != asked->known)
		return false;
	for (enum param p = 0; p < PARAM_COUNT; p++)
		if (settings_has(asked, p) && !not_more(p, granted->value[p], asked->value[p]))
			return false;
	return true;
}

/* What clears a patient's screening has no smaller half, no pulses and no clock: it is signed as a
 * whole and dies with the session. A limit that could not be kept is refused, not dropped. */
static bool screening_as_asked(const struct decision *d)
{
	return !d->less && !d->live && d->budget.pulses == 0 && d->budget.time_ms == 0;
}

static bool settings_as_asked(const struct hold *h, const struct decision *d)
{
	if (d->budget.pulses < 0 || d->budget.time_ms < 0)
		return false;
	return !d->less || not_wider(&d->settings, &h->asked);
}

/* Two names under two different grants are not two approvals of one. */
static bool as_first_approver(const struct hold *h, const struct decision *d)
{
	return h->n_approvers == 0 ||
	       (settings_equal(&h->granted, d->less ? &d->settings : &h->asked) &&
	        h->budget.pulses == d->budget.pulses && h->budget.time_ms == d->budget.time_ms &&
	        h->live == d->live);
}

/* What lifts the budget of a session has one of its own. */
static bool bounded(const struct hold *h, const struct decision *d)
{
	if (d->budget.pulses > 0 || d->budget.time_ms > 0)
		return true;
	for (uint8_t i = 0; !h->screening && i < h->verdict.n_reasons; i++)
		if (h->verdict.reason[i].check == CHECK_SPENT)
			return false;
	return true;
}

static enum hold_status may_approve(const struct hold *h, const struct decision *d)
{
	if (d->number != h->number)
		return HOLD_WRONG_NUMBER;
	if (!(h->screening ? screening_as_asked(d) : settings_as_asked(h, d)))
		return HOLD_WIDER;
	if (!as_first_approver(h, d))
		return HOLD_OTHER;
	return bounded(h, d) ? HOLD_OK : HOLD_UNBOUNDED;
}

/* Asked twice, when the signing begins and when it is done: between the two lie a worker and the
 * ledger, and the hold may have changed meanwhile. An unnamed person cannot be shown to be
 * another than the one who asked. */
static enum hold_status may_decide(const struct hold *h, const struct decision *d)
{
	if (d->hold_id != h->id || d->version != h->version)
		return HOLD_OTHER;
	if (d->person[0] == '\0' || strcmp(d->person, h->asked_by) == 0)
		return HOLD_OWN_REQUEST;
	if (strcmp(d->person, h->approver[0]) == 0) /* "" until there is one */
		return HOLD_SAME_PERSON;
	if (blank(d->reason_code) || blank(d->reason_text))
		return HOLD_NO_REASON;
	return d->deny ? HOLD_OK : may_approve(h, d);
}

enum hold_status hold_decide(struct hold *h, const struct decision *d)
{
	if (hold_next(h->state, HOLD_DECIDE) == HOLD_STATE_COUNT)
		return HOLD_NOT_NOW;
	enum hold_status s = may_decide(h, d);
	if (s == HOLD_OK)
		(void)moved(h, HOLD_DECIDE);
	return s;
}

static enum hold_status may_sign(const struct hold *h, const struct decision *d, enum hold_event by)
{
	if (hold_next(h->state, by) == HOLD_STATE_COUNT || d->deny != (by == HOLD_DENY))
		return HOLD_NOT_NOW;
	return may_decide(h, d);
}

static void sign(struct hold *h, const struct decision *d)
{
	text_copy(h->reason_code, sizeof h->reason_code, d->reason_code);
	text_copy(h->reason_text, sizeof h->reason_text, d->reason_text);
}

enum hold_status hold_approve(struct hold *h, const struct decision *d, int64_t now_ms)
{
	enum hold_status s = may_sign(h, d, HOLD_APPROVE);

	if (s != HOLD_OK)
		return s;
	sign(h, d);
	text_copy(h->approver[h->n_approvers], sizeof h->approver[0], d->person);
	h->n_approvers++;
	h->granted = d->less ? d->settings : h->asked;
	h->budget = d->budget;
	h->live = d->live;
	if (h->n_approvers < h->approvers_needed) {
		(void)moved(h, HOLD_REJECT); /* the way back to OPEN, for the second */
		return HOLD_OK;
	}
	(void)moved(h, HOLD_APPROVE);
	h->until_ms = after(now_ms, GRANT_PRESS_MS);
	if (h->screening) {
		(void)moved(h, HOLD_USE);
		h->until_ms = 0;
	}
	return HOLD_OK;
}

enum hold_status hold_deny(struct hold *h, const struct decision *d)
{
	enum hold_status s = may_sign(h, d, HOLD_DENY);

	if (s != HOLD_OK)
		return s;
	sign(h, d);
	(void)moved(h, HOLD_DENY);
	return HOLD_OK;
}

/* --- the rest of its life ----------------------------------------------------------------------
 */

/* The others have functions of their own, which ask first; here they would slip past. */
#define EVENT_BIT(e) (UINT32_C(1) << (e))
#define PLAIN_EVENTS                                                                  \
	(EVENT_BIT(HOLD_WITHDRAW) | EVENT_BIT(HOLD_REJECT) | EVENT_BIT(HOLD_EXPIRE) | \
	 EVENT_BIT(HOLD_REVOKE) | EVENT_BIT(HOLD_END))

enum hold_status hold_event(struct hold *h, enum hold_event e)
{
	if ((PLAIN_EVENTS & EVENT_BIT(e)) == 0)
		return HOLD_NOT_NOW;
	return moved(h, e) ? HOLD_OK : HOLD_NOT_NOW;
}

bool hold_grants(const struct hold *h, const struct settings *s, int64_t now_ms)
{
	return h->state == HOLD_GRANTED && in_time(h, now_ms) && settings_equal(&h->granted, s);
}

/* A counter that runs backwards is another device or another handpiece: nothing is left of a
 * budget counted on it. Unsigned, going back is further than any budget goes. */
static bool budget_left(const struct hold *h, int64_t pulses)
{
	uint64_t fired = (uint64_t)pulses - (uint64_t)h->pulses_at_use;

	return h->budget.pulses == 0 || fired < (uint64_t)h->budget.pulses;
}

bool hold_in_force(const struct hold *h, const struct settings *s, int64_t pulses, int64_t now_ms)
{
	return h->state == HOLD_IN_FORCE && !h->screening && in_time(h, now_ms) &&
	       budget_left(h, pulses) && settings_equal(&h->granted, s);
}

void hold_use(struct hold *h, int64_t pulses, int64_t now_ms)
{
	/* Not the time as well: the press was judged in time, and the record came in between. */
	must(h->state == HOLD_GRANTED);
	(void)moved(h, HOLD_USE);
	h->pulses_at_use = pulses;
	h->until_ms = h->budget.time_ms == 0 ? 0 : after(now_ms, h->budget.time_ms);
}

bool hold_tick(struct hold *h, int64_t pulses, int64_t now_ms)
{
	bool used = h->state == HOLD_IN_FORCE;
	bool over = !in_time(h, now_ms) || (used && !budget_left(h, pulses));

	return over && moved(h, used ? HOLD_END : HOLD_EXPIRE);
}
