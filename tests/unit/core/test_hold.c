#include "given.h"

#include "core/hold.h"

#include <stdlib.h>

/* must() of the room under test, caught instead of ending the program. */
static jmp_buf must_caught;
static bool must_awaited;

_Noreturn void must_failed(const char *file, int line, const char *what)
{
	if (must_awaited)
		longjmp(must_caught, 1);
	print_error("%s:%d: %s\n", file, line, what);
	abort();
}

/* --- given -------------------------------------------------------------------------------------
 */

#define NOW        INT64_C(1000000)
#define NUMBER     77
#define NUMBER_TOO 78

static struct settings given_settings(int64_t fluence_uj_cm2)
{
	struct settings s = {0};

	settings_set(&s, FLUENCE_UJ_CM2, fluence_uj_cm2);
	settings_set(&s, WIDTH_PS, INT64_C(3000000000));
	settings_set(&s, SPOT_UM, 15000);
	return s;
}

#define SETTINGS_A given_settings(24000000)
#define SETTINGS_B given_settings(26000000)

static enum hold_status ask(struct hold *h, struct settings s, uint8_t approvers, int64_t now_ms)
{
	struct verdict v = {.kind = VERDICT_HELD, .approvers = approvers};

	return hold_ask(h, &v, &s, "olga", NUMBER, now_ms);
}

static struct decision decision_by(const struct hold *h, const char *person, bool deny)
{
	struct decision d = {.hold_id = h->id,
	                     .version = h->version,
	                     .deny = deny,
	                     .number = h->number,
	                     .reason_code = "clinical_judgement",
	                     .reason_text = "test area read after 48 h, no reaction"};

	snprintf(d.person, sizeof d.person, "%s", person);
	return d;
}

static void approve_by(struct hold *h, const char *person, struct budget budget)
{
	struct decision d = decision_by(h, person, false);

	d.budget = budget;
	assert_i64(hold_decide(h, &d), HOLD_OK);
	assert_i64(hold_approve(h, &d, NOW), HOLD_OK);
}

static const struct budget NO_BUDGET = {0};

/* A hold that came to this state by the way the picture draws. */
static struct hold given_hold(enum hold_state state)
{
	struct hold h = {0};
	struct decision d;

	if (state == HOLD_FREE)
		return h;
	assert_i64(ask(&h, SETTINGS_A, 1, NOW), HOLD_OK);
	if (state == HOLD_WITHDRAWN)
		assert_i64(hold_event(&h, HOLD_WITHDRAW), HOLD_OK);
	if (state == HOLD_EXPIRED)
		assert_i64(hold_event(&h, HOLD_EXPIRE), HOLD_OK);
	if (state == HOLD_ENDED)
		assert_i64(hold_event(&h, HOLD_END), HOLD_OK);
	if (state == HOLD_CHECKING || state == HOLD_DENIED) {
		d = decision_by(&h, "petra", state == HOLD_DENIED);
		assert_i64(hold_decide(&h, &d), HOLD_OK);
		if (state == HOLD_DENIED)
			assert_i64(hold_deny(&h, &d), HOLD_OK);
	}
	if (state == HOLD_GRANTED || state == HOLD_IN_FORCE || state == HOLD_REVOKED)
		approve_by(&h, "petra", NO_BUDGET);
	if (state == HOLD_IN_FORCE)
		hold_use(&h, 0, NOW);
	if (state == HOLD_REVOKED)
		assert_i64(hold_event(&h, HOLD_REVOKE), HOLD_OK);
	assert_i64(h.state, state);
	return h;
}

/* --- every state, every event ------------------------------------------------------------------
 */

struct picture_row {
	const char *name;
	enum hold_state from;
	/* where each event leads, "-" nowhere:
	   ask  withdraw  decide   reject approve deny   use      expire  revoke  end */
	const char *to[HOLD_EVENT_COUNT];
};

/* clang-format off */
static const struct picture_row picture[] = {
{"a free hold can only be asked for", HOLD_FREE,
 {"open", "-", "-", "-", "-", "-", "-", "-", "-", "-"}},
{"an open hold waits, and can go in four ways", HOLD_OPEN,
 {"open", "withdrawn", "checking", "-", "-", "-", "-", "expired", "-", "ended"}},
{"while a physician signs it may change, go back, or end", HOLD_CHECKING,
 {"open", "withdrawn", "-", "open", "granted", "denied", "-", "-", "-", "ended"}},
{"a grant is used, or ends unused", HOLD_GRANTED,
 {"open", "-", "-", "-", "-", "-", "in_force", "expired", "revoked", "ended"}},
{"what is in force is not used again", HOLD_IN_FORCE,
 {"open", "-", "-", "-", "-", "-", "-", "-", "revoked", "ended"}},
{"denied stays denied until asked anew", HOLD_DENIED,
 {"open", "-", "-", "-", "-", "-", "-", "-", "-", "-"}},
{"withdrawn stays withdrawn until asked anew", HOLD_WITHDRAWN,
 {"open", "-", "-", "-", "-", "-", "-", "-", "-", "-"}},
{"expired stays expired until asked anew", HOLD_EXPIRED,
 {"open", "-", "-", "-", "-", "-", "-", "-", "-", "-"}},
{"revoked stays revoked until asked anew", HOLD_REVOKED,
 {"open", "-", "-", "-", "-", "-", "-", "-", "-", "-"}},
{"ended stays ended until asked anew", HOLD_ENDED,
 {"open", "-", "-", "-", "-", "-", "-", "-", "-", "-"}},
};
/* clang-format on */

static bool use_goes_through(struct hold *h)
{
	bool through = false;

	must_awaited = true;
	if (setjmp(must_caught) == 0) {
		hold_use(h, 0, NOW);
		through = true;
	}
	must_awaited = false;
	return through;
}

/* Makes the event happen by the function that is for it. */
static bool happens(struct hold *h, enum hold_event e)
{
	struct decision d = decision_by(h, "petra", e == HOLD_DENY);

	if (e == HOLD_ASK)
		return ask(h, SETTINGS_B, 1, NOW) == HOLD_OK;
	if (e == HOLD_DECIDE)
		return hold_decide(h, &d) == HOLD_OK;
	if (e == HOLD_APPROVE)
		return hold_approve(h, &d, NOW) == HOLD_OK;
	if (e == HOLD_DENY)
		return hold_deny(h, &d) == HOLD_OK;
	if (e == HOLD_USE)
		return use_goes_through(h);
	return hold_event(h, e) == HOLD_OK;
}

static void moves_as_drawn(void **state)
{
	const struct picture_row *row = *state;

	for (enum hold_event e = 0; e < HOLD_EVENT_COUNT; e++) {
		bool drawn = strcmp(row->to[e], "-") != 0;
		enum hold_state next = hold_next(row->from, e);

		assert_text(hold_state_name(next), drawn ? row->to[e] : "none");
		struct hold h = given_hold(row->from);
		assert_i64(happens(&h, e), drawn);
		assert_text(hold_state_name(h.state),
		            drawn ? row->to[e] : hold_state_name(row->from));
	}
}

static void events_with_a_function_of_their_own_do_not_slip_past_it(void **state)
{
	struct hold open = given_hold(HOLD_OPEN), checking = given_hold(HOLD_CHECKING);
	struct hold granted = given_hold(HOLD_GRANTED);

	(void)state;
	assert_i64(hold_event(&open, HOLD_ASK), HOLD_NOT_NOW);
	assert_i64(hold_event(&open, HOLD_DECIDE), HOLD_NOT_NOW);
	assert_i64(hold_event(&checking, HOLD_APPROVE), HOLD_NOT_NOW);
	assert_i64(hold_event(&checking, HOLD_DENY), HOLD_NOT_NOW);
	assert_i64(hold_event(&granted, HOLD_USE), HOLD_NOT_NOW);
	assert_i64(granted.state, HOLD_GRANTED);
}

static void every_state_and_status_has_words(void **state)
{
	(void)state;
	assert_text(hold_state_name(HOLD_IN_FORCE), "in_force");
	assert_text(hold_state_words(HOLD_GRANTED), "granted: press again");
	assert_text(hold_state_words(HOLD_STATE_COUNT), "no such state");
	assert_text(hold_status_words(HOLD_OK), "");
	assert_text(hold_status_words(HOLD_OWN_REQUEST), "nobody approves their own request");
	for (enum hold_state s = 0; s < HOLD_STATE_COUNT; s++)
		assert_true(hold_state_words(s)[0] != '\0');
}

/* --- a decision, and what refuses it -----------------------------------------------------------
 */

struct decision_row {
	const char *name;
	enum hold_state state; /* HOLD_FREE: as if it said open */
	bool screening;
	uint8_t approvers;
	const char *first; /* who has approved already */
	int64_t first_fluence;
	int id_off, version_off, number_off;
	const char *person, *code, *text; /* NULL: good ones */
	bool deny;
	int64_t fluence, width, spot; /* not 0: less, with this in it */
	bool less_adds, less_lacks;   /* the rate is in it; the width is not */
	bool less_junk;               /* a number stands where nothing is known */
	struct budget budget;
	bool live;
	enum hold_status want;
};

static const struct decision_row decisions[] = {
        {.name = "a physician approves", .want = HOLD_OK},
        {.name = "a physician denies", .deny = true, .want = HOLD_OK},
        {.name = "not now: nobody asked", .state = HOLD_ENDED, .want = HOLD_NOT_NOW},
        {.name = "not now: another is signing", .state = HOLD_CHECKING, .want = HOLD_NOT_NOW},
        {.name = "not now: it is granted", .state = HOLD_GRANTED, .want = HOLD_NOT_NOW},
        {.name = "another: an older hold", .id_off = -1, .want = HOLD_OTHER},
        {.name = "another: a hold that is not yet", .id_off = 1, .want = HOLD_OTHER},
        {.name = "another: an older version", .version_off = -1, .want = HOLD_OTHER},
        {.name = "another: to deny an older version",
         .version_off = -1,
         .deny = true,
         .want = HOLD_OTHER},
        {.name = "own request: who asked does not approve",
         .person = "olga",
         .want = HOLD_OWN_REQUEST},
        {.name = "own request: who asked does not deny",
         .person = "olga",
         .deny = true,
         .want = HOLD_OWN_REQUEST},
        {.name = "own request: nobody is not another person",
         .person = "",
         .want = HOLD_OWN_REQUEST},
        {.name = "same person: twice does not make two",
         .approvers = 2,
         .first = "petra",
         .want = HOLD_SAME_PERSON},
        {.name = "a second person is another", .approvers = 2, .first = "quinn", .want = HOLD_OK},
        {.name = "a second person may deny what the first approved",
         .approvers = 2,
         .first = "quinn",
         .deny = true,
         .want = HOLD_OK},
        {.name = "the second approves the same, not what the first made less",
         .approvers = 2,
         .first = "quinn",
         .first_fluence = 22000000,
         .want = HOLD_OTHER},
        {.name = "the second approves the same lessened",
         .approvers = 2,
         .first = "quinn",
         .first_fluence = 22000000,
         .fluence = 22000000,
         .want = HOLD_OK},
        {.name = "the second approves the same, not still less",
         .approvers = 2,
         .first = "quinn",
         .first_fluence = 22000000,
         .fluence = 21000000,
         .want = HOLD_OTHER},
        {.name = "the second gives the same pulses",
         .approvers = 2,
         .first = "quinn",
         .budget = {.pulses = 5},
         .want = HOLD_OTHER},
        {.name = "the second gives the same time",
         .approvers = 2,
         .first = "quinn",
         .budget = {.time_ms = 5000},
         .want = HOLD_OTHER},
        {.name = "the second wants to stay present, the first did not",
         .approvers = 2,
         .first = "quinn",
         .live = true,
         .want = HOLD_OTHER},
        {.name = "no reason: without a code", .code = "", .want = HOLD_NO_REASON},
        {.name = "no reason: without a text", .text = "", .want = HOLD_NO_REASON},
        {.name = "no reason: a text of spaces", .text = "   ", .want = HOLD_NO_REASON},
        {.name = "no reason: to deny needs one too",
         .text = "",
         .deny = true,
         .want = HOLD_NO_REASON},
        {.name = "wrong number: one above", .number_off = 1, .want = HOLD_WRONG_NUMBER},
        {.name = "wrong number: one below", .number_off = -1, .want = HOLD_WRONG_NUMBER},
        {.name = "to deny needs no number", .number_off = -77, .deny = true, .want = HOLD_OK},
        {.name = "less: a lower fluence", .fluence = 23999999, .want = HOLD_OK},
        {.name = "less: the same again", .fluence = 24000000, .want = HOLD_OK},
        {.name = "wider: a higher fluence", .fluence = 24000001, .want = HOLD_WIDER},
        {.name = "less: a longer pulse", .width = 3000000001, .want = HOLD_OK},
        {.name = "wider: a shorter pulse", .width = 2999999999, .want = HOLD_WIDER},
        {.name = "wider: a smaller spot is another table", .spot = 14999, .want = HOLD_WIDER},
        {.name = "wider: a larger spot is another table", .spot = 15001, .want = HOLD_WIDER},
        {.name = "wider: a parameter nobody asked for", .less_adds = true, .want = HOLD_WIDER},
        {.name = "wider: a parameter left out", .less_lacks = true, .want = HOLD_WIDER},
        {.name = "less: what is not known is not looked at", .less_junk = true, .want = HOLD_OK},
        {.name = "while the approver stays present", .live = true, .want = HOLD_OK},
        {.name = "with a budget of pulses and time",
         .budget = {.pulses = 1, .time_ms = 1},
         .want = HOLD_OK},
        {.name = "wider: fewer pulses than none", .budget = {.pulses = -1}, .want = HOLD_WIDER},
        {.name = "wider: less time than none", .budget = {.time_ms = -1}, .want = HOLD_WIDER},
        {.name = "screening: signed as a whole", .screening = true, .want = HOLD_OK},
        {.name = "screening: nothing less", .screening = true, .fluence = 1, .want = HOLD_WIDER},
        {.name = "screening: no pulses to count",
         .screening = true,
         .budget = {.pulses = 1},
         .want = HOLD_WIDER},
        {.name = "screening: nobody to stay present",
         .screening = true,
         .live = true,
         .want = HOLD_WIDER},
        {.name = "screening: no clock to run",
         .screening = true,
         .budget = {.time_ms = 1},
         .want = HOLD_WIDER},
};

static struct hold given_hold_of(const struct decision_row *row)
{
	struct hold h = {0};

	if (row->state != HOLD_FREE)
		return given_hold(row->state);
	if (row->screening)
		assert_i64(hold_ask_screening(&h, 0x5, row->approvers, "olga", NUMBER, NOW),
		           HOLD_OK);
	else
		assert_i64(ask(&h, SETTINGS_A, row->approvers, NOW), HOLD_OK);
	if (row->first != NULL) {
		struct decision d = decision_by(&h, row->first, false);

		d.less = row->first_fluence != 0;
		d.settings = given_settings(row->first_fluence);
		assert_i64(hold_decide(&h, &d), HOLD_OK);
		assert_i64(hold_approve(&h, &d, NOW), HOLD_OK);
	}
	return h;
}

static struct decision decision_of(const struct decision_row *row, const struct hold *h)
{
	struct decision d = decision_by(h, row->person ? row->person : "petra", row->deny);

	d.hold_id += (uint32_t)row->id_off;
	d.version += (uint32_t)row->version_off;
	d.number = (uint16_t)(d.number + row->number_off);
	d.budget = row->budget;
	d.live = row->live;
	if (row->code != NULL)
		snprintf(d.reason_code, sizeof d.reason_code, "%s", row->code);
	if (row->text != NULL)
		snprintf(d.reason_text, sizeof d.reason_text, "%s", row->text);
	d.settings = h->asked;
	if (row->fluence != 0)
		settings_set(&d.settings, FLUENCE_UJ_CM2, row->fluence);
	if (row->width != 0)
		settings_set(&d.settings, WIDTH_PS, row->width);
	if (row->spot != 0)
		settings_set(&d.settings, SPOT_UM, row->spot);
	if (row->less_adds)
		settings_set(&d.settings, RATE_MILLIHZ, 1000);
	if (row->less_lacks)
		d.settings.known &= ~PARAM_BIT(WIDTH_PS);
	if (row->less_junk)
		d.settings.value[RATE_MILLIHZ] = 1000;
	d.less = row->less_junk || row->fluence != 0 || row->width != 0 || row->spot != 0 ||
	         row->less_adds || row->less_lacks;
	return d;
}

static void decides(void **state)
{
	const struct decision_row *row = *state;
	struct hold h = given_hold_of(row);
	enum hold_state before = h.state;
	struct decision d = decision_of(row, &h);

	assert_i64(hold_decide(&h, &d), row->want);
	assert_i64(h.state, row->want == HOLD_OK ? HOLD_CHECKING : before);
}

/* What a signing finds when it comes back from the worker is asked again, all of it. */
static void signs(void **state)
{
	const struct decision_row *row = *state;
	struct hold h = given_hold_of(row);

	if (h.state != HOLD_OPEN)
		return;
	struct decision good = decision_by(&h, "rosa", true);
	assert_i64(hold_decide(&h, &good), HOLD_OK);
	struct decision d = decision_of(row, &h);
	enum hold_status s = row->deny ? hold_deny(&h, &d) : hold_approve(&h, &d, NOW);
	assert_i64(s, row->want);
	if (s != HOLD_OK)
		assert_i64(h.state, HOLD_CHECKING);
	else
		assert_i64(h.state, row->deny ? HOLD_DENIED
		                              : (row->screening ? HOLD_IN_FORCE : HOLD_GRANTED));
}

static void a_denial_does_not_approve_nor_an_approval_deny(void **state)
{
	struct hold h = given_hold(HOLD_CHECKING);
	struct decision denial = decision_by(&h, "petra", true);
	struct decision approval = decision_by(&h, "petra", false);

	(void)state;
	assert_i64(hold_approve(&h, &denial, NOW), HOLD_NOT_NOW);
	assert_i64(hold_deny(&h, &approval), HOLD_NOT_NOW);
	assert_i64(h.state, HOLD_CHECKING);
}

static void the_signature_is_kept(void **state)
{
	struct hold h = given_hold(HOLD_GRANTED), no = given_hold(HOLD_DENIED);

	(void)state;
	assert_i64(h.n_approvers, 1);
	assert_text(h.approver[0], "petra");
	assert_text(h.reason_code, "clinical_judgement");
	assert_text(h.reason_text, "test area read after 48 h, no reaction");
	assert_i64(no.n_approvers, 0);
	assert_text(no.reason_code, "clinical_judgement");
}

static void the_first_of_two_grants_nothing(void **state)
{
	struct hold h = {0};
	struct settings a = SETTINGS_A;

	(void)state;
	assert_i64(ask(&h, a, 2, NOW), HOLD_OK);
	approve_by(&h, "petra", NO_BUDGET);
	assert_i64(h.state, HOLD_OPEN);
	assert_i64(h.until_ms, NOW + 900000);
	assert_false(hold_grants(&h, &a, NOW));
	approve_by(&h, "quinn", NO_BUDGET);
	assert_i64(h.state, HOLD_GRANTED);
	assert_text(h.approver[1], "quinn");
	assert_true(hold_grants(&h, &a, NOW));
}

static void a_wrong_secret_leaves_the_first_approval_standing(void **state)
{
	struct hold h = {0};

	(void)state;
	assert_i64(ask(&h, SETTINGS_A, 2, NOW), HOLD_OK);
	approve_by(&h, "petra", NO_BUDGET);
	struct decision d = decision_by(&h, "quinn", false);
	assert_i64(hold_decide(&h, &d), HOLD_OK);
	assert_i64(hold_event(&h, HOLD_REJECT), HOLD_OK);
	assert_i64(h.state, HOLD_OPEN);
	assert_i64(h.n_approvers, 1);
}

static void a_change_voids_what_is_being_signed_and_was_signed(void **state)
{
	struct hold h = {0};

	(void)state;
	assert_i64(ask(&h, SETTINGS_A, 2, NOW), HOLD_OK);
	approve_by(&h, "petra", NO_BUDGET);
	struct decision d = decision_by(&h, "quinn", false);
	assert_i64(hold_decide(&h, &d), HOLD_OK);
	assert_i64(ask(&h, SETTINGS_B, 2, NOW), HOLD_OK);
	assert_i64(hold_approve(&h, &d, NOW), HOLD_NOT_NOW);
	assert_i64(h.n_approvers, 0);
	/* even when by chance another is signing the new version now */
	struct decision e = decision_by(&h, "petra", false);
	assert_i64(hold_decide(&h, &e), HOLD_OK);
	assert_i64(hold_approve(&h, &d, NOW), HOLD_OTHER);
	assert_i64(h.state, HOLD_CHECKING);
}

/* --- asking ------------------------------------------------------------------------------------
 */

static void what_is_blocked_or_allowed_opens_nothing(void **state)
{
	struct hold h = {0};
	struct settings a = SETTINGS_A;
	struct verdict blocked = {.kind = VERDICT_BLOCKED}, allowed = {.kind = VERDICT_ALLOWED};

	(void)state;
	assert_i64(hold_ask(&h, &blocked, &a, "olga", NUMBER, NOW), HOLD_BLOCKED);
	assert_i64(hold_ask(&h, &allowed, &a, "olga", NUMBER, NOW), HOLD_NOT_NOW);
	assert_i64(hold_ask_screening(&h, 0, 1, "olga", NUMBER, NOW), HOLD_NOT_NOW);
	assert_i64(h.state, HOLD_FREE);
	assert_i64(h.id, 0);
}

static void an_ask_says_who_what_and_until_when(void **state)
{
	struct hold h = {0};
	struct settings a = SETTINGS_A;

	(void)state;
	assert_i64(ask(&h, a, 0, NOW), HOLD_OK);
	assert_i64(h.id, 1);
	assert_i64(h.version, 1);
	assert_i64(h.number, NUMBER);
	assert_i64(h.approvers_needed, 1); /* never fewer than one */
	assert_text(h.asked_by, "olga");
	assert_true(settings_equal(&h.asked, &a));
	assert_i64(h.verdict.kind, VERDICT_HELD);
	assert_i64(h.opened_ms, 1000000);
	assert_i64(h.until_ms, 1900000);
	assert_false(h.screening);
	struct hold three = {0};
	assert_i64(ask(&three, a, 3, NOW), HOLD_OK);
	assert_i64(three.approvers_needed, 2); /* nor more than a hold has places for */
}

static void a_turning_knob_asks_once(void **state)
{
	struct hold h = given_hold(HOLD_OPEN);
	struct verdict v = {.kind = VERDICT_HELD, .approvers = 1};
	struct settings b = SETTINGS_B;

	(void)state;
	snprintf(h.ask_text, sizeof h.ask_text, "coarse hair, tolerated well");
	assert_i64(ask(&h, SETTINGS_A, 1, NOW + 10), HOLD_OK);
	assert_i64(h.version, 1);
	assert_i64(h.until_ms, NOW + 900000);
	assert_text(h.ask_text, "coarse hair, tolerated well");
	assert_i64(hold_ask(&h, &v, &b, "olga", NUMBER_TOO, NOW + 10), HOLD_OK);
	assert_i64(h.id, 1);
	assert_i64(h.version, 2);
	assert_i64(h.number, NUMBER_TOO);
	assert_i64(h.opened_ms, NOW);
	assert_i64(h.until_ms, NOW + 900010);
	assert_text(h.ask_text, ""); /* it was said of other settings */
}

static void the_same_ask_disturbs_no_signing(void **state)
{
	struct hold h = given_hold(HOLD_CHECKING);

	(void)state;
	assert_i64(ask(&h, SETTINGS_A, 1, NOW + 10), HOLD_OK);
	assert_i64(h.state, HOLD_CHECKING);
	assert_i64(h.version, 1);
}

static void a_grant_outlives_the_same_ask_but_no_other(void **state)
{
	static const enum hold_state standing[] = {HOLD_GRANTED, HOLD_IN_FORCE};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(standing); i++) {
		struct hold h = given_hold(standing[i]);

		assert_i64(ask(&h, SETTINGS_A, 1, NOW), HOLD_OK);
		assert_i64(h.state, standing[i]);
		assert_i64(h.id, 1);
		assert_i64(ask(&h, SETTINGS_B, 1, NOW), HOLD_OK);
		assert_i64(h.state, HOLD_OPEN);
		assert_i64(h.id, 2);
		assert_i64(h.n_approvers, 0);
	}
}

static void asked_again_after_its_end_it_is_a_new_hold(void **state)
{
	static const enum hold_state over[] = {HOLD_DENIED, HOLD_WITHDRAWN, HOLD_EXPIRED,
	                                       HOLD_REVOKED, HOLD_ENDED};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(over); i++) {
		struct hold h = given_hold(over[i]);

		assert_i64(ask(&h, SETTINGS_A, 1, NOW), HOLD_OK);
		assert_i64(h.state, HOLD_OPEN);
		assert_i64(h.id, 2);
		assert_i64(h.version, 2);
	}
}

static void too_late_is_a_new_hold_even_before_anybody_ticked(void **state)
{
	struct hold open = given_hold(HOLD_OPEN), granted = given_hold(HOLD_GRANTED);
	struct hold screening = {0};

	(void)state;
	assert_i64(ask(&open, SETTINGS_A, 1, NOW + 899999), HOLD_OK);
	assert_i64(open.id, 1);
	assert_i64(ask(&open, SETTINGS_A, 1, NOW + 900000), HOLD_OK);
	assert_i64(open.id, 2);
	assert_i64(ask(&granted, SETTINGS_A, 1, NOW + 120000), HOLD_OK);
	assert_i64(granted.id, 2);
	assert_i64(granted.state, HOLD_OPEN);
	assert_i64(hold_ask_screening(&screening, 1, 1, "olga", NUMBER, NOW), HOLD_OK);
	assert_i64(hold_ask_screening(&screening, 1, 1, "olga", NUMBER, NOW + 900000), HOLD_OK);
	assert_i64(screening.id, 2);
}

/* --- screening ---------------------------------------------------------------------------------
 */

static void a_screening_hold_is_in_force_at_once(void **state)
{
	struct hold h = {0};
	struct settings none = {0};

	(void)state;
	assert_i64(hold_ask_screening(&h, 0x5, 2, "olga", NUMBER, NOW), HOLD_OK);
	assert_true(h.screening);
	assert_i64(h.reasons, 0x5);
	assert_i64(h.approvers_needed, 2);
	approve_by(&h, "petra", NO_BUDGET);
	assert_i64(h.state, HOLD_OPEN);
	approve_by(&h, "quinn", NO_BUDGET);
	assert_i64(h.state, HOLD_IN_FORCE);
	assert_i64(h.until_ms, 0);
	assert_false(hold_tick(&h, 1000000, INT64_MAX)); /* it dies with the session */
	assert_false(hold_in_force(&h, &none, 0, NOW));  /* and grants no settings */
	assert_false(hold_grants(&h, &none, NOW));
}

static void screening_asked_again_changes_nothing_but_other_reasons_do(void **state)
{
	struct hold h = {0};

	(void)state;
	assert_i64(hold_ask_screening(&h, 0x5, 1, "olga", NUMBER, NOW), HOLD_OK);
	assert_i64(hold_ask_screening(&h, 0x5, 1, "olga", NUMBER_TOO, NOW), HOLD_OK);
	assert_i64(h.version, 1);
	assert_i64(hold_ask_screening(&h, 0x7, 1, "olga", NUMBER_TOO, NOW), HOLD_OK);
	assert_i64(h.version, 2);
	assert_i64(h.id, 1);
	approve_by(&h, "petra", NO_BUDGET);
	assert_i64(hold_ask_screening(&h, 0x7, 1, "olga", NUMBER, NOW), HOLD_OK);
	assert_i64(h.state, HOLD_IN_FORCE);
	assert_i64(hold_event(&h, HOLD_REVOKE), HOLD_OK);
	assert_i64(hold_ask_screening(&h, 0x7, 1, "olga", NUMBER, NOW), HOLD_OK);
	assert_i64(h.state, HOLD_OPEN);
	assert_i64(h.id, 2);
}

static void screening_and_settings_do_not_stand_for_one_another(void **state)
{
	struct hold h = {0};
	struct settings nothing = {0};

	(void)state;
	assert_i64(hold_ask_screening(&h, 0x1, 1, "olga", NUMBER, NOW), HOLD_OK);
	assert_i64(ask(&h, nothing, 1, NOW), HOLD_OK);
	assert_i64(h.id, 2);
	assert_false(h.screening);
	assert_i64(hold_ask_screening(&h, 0x1, 1, "olga", NUMBER, NOW), HOLD_OK);
	assert_i64(h.id, 3);
	assert_true(h.screening);
}

/* --- time and budgets --------------------------------------------------------------------------
 */

static void an_unanswered_hold_lives_fifteen_minutes(void **state)
{
	struct hold h = given_hold(HOLD_OPEN);

	(void)state;
	assert_false(hold_tick(&h, 0, NOW + 899999));
	assert_true(hold_tick(&h, 0, NOW + 900000));
	assert_i64(h.state, HOLD_EXPIRED);
	assert_false(hold_tick(&h, 0, NOW + 900001)); /* moves once */
}

static void a_signing_is_seen_through(void **state)
{
	struct hold h = given_hold(HOLD_CHECKING);

	(void)state;
	assert_false(hold_tick(&h, 0, INT64_MAX));
	assert_i64(h.state, HOLD_CHECKING);
}

static void a_grant_is_pressed_within_two_minutes(void **state)
{
	struct hold h = given_hold(HOLD_GRANTED);
	struct settings a = SETTINGS_A, b = SETTINGS_B;

	(void)state;
	assert_true(hold_grants(&h, &a, NOW + 119999));
	assert_false(hold_grants(&h, &a, NOW + 120000));
	assert_false(hold_grants(&h, &b, NOW));
	assert_false(hold_in_force(&h, &a, 0, NOW)); /* not yet */
	assert_false(hold_tick(&h, 0, NOW + 119999));
	assert_true(hold_tick(&h, 0, NOW + 120000));
	assert_i64(h.state, HOLD_EXPIRED);
}

static void less_is_granted_and_nothing_else(void **state)
{
	struct hold h = given_hold(HOLD_OPEN);
	struct decision d = decision_by(&h, "petra", false);
	struct settings a = SETTINGS_A, less = given_settings(22000000);

	(void)state;
	d.less = true;
	d.settings = less;
	assert_i64(hold_decide(&h, &d), HOLD_OK);
	assert_i64(hold_approve(&h, &d, NOW), HOLD_OK);
	assert_true(hold_grants(&h, &less, NOW));
	assert_false(hold_grants(&h, &a, NOW));
}

static void without_a_budget_it_is_in_force_until_it_ends(void **state)
{
	struct hold h = given_hold(HOLD_IN_FORCE);
	struct settings a = SETTINGS_A, b = SETTINGS_B;

	(void)state;
	assert_true(hold_in_force(&h, &a, 1000000, INT64_MAX));
	assert_false(hold_in_force(&h, &b, 0, NOW));
	assert_false(hold_grants(&h, &a, NOW)); /* used is used */
	assert_false(hold_tick(&h, 1000000, INT64_MAX));
}

struct budget_row {
	const char *name;
	struct budget budget;
	int64_t pulses_at_use, pulses, later_ms;
	bool want;
};

static const struct budget_row budgets[] = {
        {"the last pulse but one", {.pulses = 10}, 500, 509, 0, true},
        {"the last pulse is spent", {.pulses = 10}, 500, 510, 0, false},
        {"no pulse yet", {.pulses = 10}, 500, 500, 0, true},
        {"a counter that ran backwards", {.pulses = 10}, 500, 499, 0, false},
        {"a counter that jumped round the world",
         {.pulses = 10},
         -INT64_C(9000000000000000000),
         INT64_C(9000000000000000000),
         0,
         false},
        {"the last millisecond", {.time_ms = 60000}, 0, 0, 59999, true},
        {"the time is over", {.time_ms = 60000}, 0, 0, 60000, false},
        {"time left, pulses spent", {.pulses = 1, .time_ms = 60000}, 0, 1, 1, false},
        {"pulses left, time over", {.pulses = 2, .time_ms = 60000}, 0, 1, 60000, false},
        {"both left", {.pulses = 2, .time_ms = 60000}, 0, 1, 59999, true},
        {"a budget beyond the end of time does not wrap",
         {.time_ms = INT64_MAX},
         0,
         0,
         INT64_C(1000000000),
         true},
};

static void spends(void **state)
{
	const struct budget_row *row = *state;
	struct hold h = given_hold(HOLD_OPEN);
	struct settings a = SETTINGS_A;

	approve_by(&h, "petra", row->budget);
	hold_use(&h, row->pulses_at_use, NOW + 5);
	assert_i64(hold_in_force(&h, &a, row->pulses, NOW + 5 + row->later_ms), row->want);
	assert_i64(hold_tick(&h, row->pulses, NOW + 5 + row->later_ms), !row->want);
	assert_i64(h.state, row->want ? HOLD_IN_FORCE : HOLD_ENDED);
}

/* --- the law, by enumeration -------------------------------------------------------------------
 */

/* Every sequence of these to a depth of nine, by two physicians, with one approver needed and
 * with two. An event that moves nothing leads to nothing new and is not followed further. */
enum deed {
	ASK_A,
	ASK_B,
	WITHDRAW,
	PETRA_BEGINS,
	QUINN_BEGINS,
	OLGA_BEGINS,
	PETRA_SIGNS,
	QUINN_SIGNS,
	OLGA_SIGNS,
	PETRA_DENIES,
	WRONG_SECRET,
	PRESS_A,
	PRESS_B,
	TIME_PASSES,
	REVOKE,
	END,
	DEED_COUNT
};

#define PEOPLE 3
static const char *const person[PEOPLE] = {"petra", "quinn", "olga"};
#define OLGA_BIT (1u << 2)

/* What a careful witness writes down, who knows nothing of the hold's inside. */
struct witness {
	enum deed asked;    /* ASK_A, ASK_B */
	int version;        /* how often something else was asked */
	unsigned signed_by; /* bits of person[], of this version */
	bool over;          /* withdrawn, denied, expired, revoked, ended; or nothing yet */
	bool used;
	int begun_at[PEOPLE]; /* the version each began to sign */
};

struct world {
	struct hold hold;
	struct decision decision[PEOPLE];
	struct witness seen;
};

static uint8_t world_approvers;
static long worlds, grants_used;

static void witness_ask(struct world *w, enum deed what)
{
	if (!w->seen.over && w->seen.asked == what)
		return;
	w->seen = (struct witness){.asked = what, .version = w->seen.version + 1};
}

static bool begins(struct world *w, int who, bool deny)
{
	struct decision d = decision_by(&w->hold, person[who], deny);

	if (hold_decide(&w->hold, &d) != HOLD_OK)
		return false;
	w->decision[who] = d;
	w->seen.begun_at[who] = w->seen.version;
	return true;
}

static bool signs_now(struct world *w, int who)
{
	if (hold_approve(&w->hold, &w->decision[who], NOW) != HOLD_OK)
		return false;
	assert_i64(w->seen.begun_at[who], w->seen.version); /* of this version */
	assert_false(w->seen.over);
	assert_true((w->seen.signed_by & 1u << who) == 0);
	w->seen.signed_by |= 1u << who;
	return true;
}

static void lawful_grant(const struct world *w, enum deed of, bool used)
{
	const struct witness *s = &w->seen;

	assert_i64(s->asked, of);
	assert_false(s->over);
	assert_i64(s->used, used);
	assert_true((s->signed_by & OLGA_BIT) == 0);
	assert_true(__builtin_popcount(s->signed_by) >= world_approvers);
}

static bool presses(struct world *w, enum deed what, struct settings s)
{
	if (!hold_grants(&w->hold, &s, NOW))
		return false;
	lawful_grant(w, what, false);
	hold_use(&w->hold, 0, NOW);
	w->seen.used = true;
	grants_used++;
	return true;
}

static bool plain(struct world *w, enum hold_event e)
{
	if (hold_event(&w->hold, e) != HOLD_OK)
		return false;
	w->seen.over = true;
	return true;
}

static bool denies(struct world *w)
{
	struct decision d = w->decision[0];

	d.deny = true;
	if (hold_deny(&w->hold, &d) != HOLD_OK)
		return false;
	w->seen.over = true;
	return true;
}

static bool time_passes(struct world *w)
{
	if (w->hold.until_ms == 0 || !hold_tick(&w->hold, 0, w->hold.until_ms))
		return false;
	w->seen.over = true;
	return true;
}

static bool asks(struct world *w, enum deed what, struct settings s)
{
	uint32_t version = w->hold.version;

	assert_i64(ask(&w->hold, s, world_approvers, NOW), HOLD_OK);
	witness_ask(w, what);
	return w->hold.version != version;
}

static bool does(struct world *w, enum deed e)
{
	switch (e) {
	case ASK_A:
		return asks(w, ASK_A, SETTINGS_A);
	case ASK_B:
		return asks(w, ASK_B, SETTINGS_B);
	case WITHDRAW:
		return plain(w, HOLD_WITHDRAW);
	case PETRA_BEGINS:
	case QUINN_BEGINS:
	case OLGA_BEGINS:
		return begins(w, (int)e - PETRA_BEGINS, false);
	case PETRA_SIGNS:
	case QUINN_SIGNS:
	case OLGA_SIGNS:
		return signs_now(w, (int)e - PETRA_SIGNS);
	case PETRA_DENIES:
		return denies(w);
	case WRONG_SECRET:
		return hold_event(&w->hold, HOLD_REJECT) == HOLD_OK;
	case PRESS_A:
		return presses(w, ASK_A, SETTINGS_A);
	case PRESS_B:
		return presses(w, ASK_B, SETTINGS_B);
	case TIME_PASSES:
		return time_passes(w);
	case REVOKE:
		return plain(w, HOLD_REVOKE);
	case END:
		return plain(w, HOLD_END);
	case DEED_COUNT:
		break;
	}
	return false;
}

static void lawful(const struct world *w)
{
	struct settings a = SETTINGS_A, b = SETTINGS_B;

	if (hold_grants(&w->hold, &a, NOW))
		lawful_grant(w, ASK_A, false);
	if (hold_grants(&w->hold, &b, NOW))
		lawful_grant(w, ASK_B, false);
	if (hold_in_force(&w->hold, &a, 0, NOW))
		lawful_grant(w, ASK_A, true);
	if (hold_in_force(&w->hold, &b, 0, NOW))
		lawful_grant(w, ASK_B, true);
}

static void explore(const struct world *w, int depth)
{
	worlds++;
	lawful(w);
	if (depth == 0)
		return;
	for (enum deed e = 0; e < DEED_COUNT; e++) {
		struct world next = *w;

		if (does(&next, e))
			explore(&next, depth - 1);
	}
}

static void law_a_grant_is_approved_by_others_and_used_once(void **state)
{
	struct world nothing = {.seen = {.over = true}};

	(void)state;
	for (world_approvers = 1; world_approvers <= 2; world_approvers++) {
		worlds = grants_used = 0;
		explore(&nothing, 9);
		assert_true(worlds > 1000); /* the law was not kept by doing nothing */
		assert_true(grants_used > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(events_with_a_function_of_their_own_do_not_slip_past_it),
	        cmocka_unit_test(every_state_and_status_has_words),
	        cmocka_unit_test(a_denial_does_not_approve_nor_an_approval_deny),
	        cmocka_unit_test(the_signature_is_kept),
	        cmocka_unit_test(the_first_of_two_grants_nothing),
	        cmocka_unit_test(a_wrong_secret_leaves_the_first_approval_standing),
	        cmocka_unit_test(a_change_voids_what_is_being_signed_and_was_signed),
	        cmocka_unit_test(what_is_blocked_or_allowed_opens_nothing),
	        cmocka_unit_test(an_ask_says_who_what_and_until_when),
	        cmocka_unit_test(a_turning_knob_asks_once),
	        cmocka_unit_test(the_same_ask_disturbs_no_signing),
	        cmocka_unit_test(a_grant_outlives_the_same_ask_but_no_other),
	        cmocka_unit_test(asked_again_after_its_end_it_is_a_new_hold),
	        cmocka_unit_test(too_late_is_a_new_hold_even_before_anybody_ticked),
	        cmocka_unit_test(a_screening_hold_is_in_force_at_once),
	        cmocka_unit_test(screening_asked_again_changes_nothing_but_other_reasons_do),
	        cmocka_unit_test(screening_and_settings_do_not_stand_for_one_another),
	        cmocka_unit_test(an_unanswered_hold_lives_fifteen_minutes),
	        cmocka_unit_test(a_signing_is_seen_through),
	        cmocka_unit_test(a_grant_is_pressed_within_two_minutes),
	        cmocka_unit_test(less_is_granted_and_nothing_else),
	        cmocka_unit_test(without_a_budget_it_is_in_force_until_it_ends),
	        cmocka_unit_test(law_a_grant_is_approved_by_others_and_used_once),
	};
	int failures = cmocka_run_group_tests_name("hold", tests, NULL, NULL);

	failures += RUN_ROWS("hold moves", picture, moves_as_drawn);
	failures += RUN_ROWS("hold decides", decisions, decides);
	failures += RUN_ROWS("hold signs", decisions, signs);
	failures += RUN_ROWS("hold spends", budgets, spends);
	return failures != 0;
}
