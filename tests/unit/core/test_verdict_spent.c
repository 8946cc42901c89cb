/* What a session may take in all, as the judge sees it: the 755 nm laser, type II at 18 mm and
 * 14 J/cm2, so 35.625661 J a pulse (14 J/cm2 on pi x 0.81 cm2, rounded up). */
#include "given.h"
#include "given_device.h"

#include "core/hold.h"

#define J(n)  ((int64_t)((n)*1e6 + 0.5))
#define MM(n) ((int64_t)((n)*1e3 + 0.5))
#define MS(n) ((int64_t)((n)*1e9 + 0.5))

#define A_PULSE INT64_C(35625661)

static struct given_library g;
static struct limits limits;
static struct profile profile;
static struct image reported, result;
static struct situation s;
static struct verdict v;

static const struct given_value good[] = {
        {FLUENCE_UJ_CM2, J(14)}, {SPOT_UM, MM(18)},    {WIDTH_PS, MS(20)},
        {WAVELENGTH_NM, 755},    {RATE_MILLIHZ, 1000}, {COOLING, GIVEN_CRYOGEN},
        {SPRAY_PS, MS(40)},      {DELAY_PS, MS(30)},   {PARAM_NONE, 0}};

/* 0: no rule says so */
static void given(int64_t pulses, int64_t energy_uj)
{
	struct patient_case c = {.device_class = GIVEN_ALEX,
	                         .indication = GIVEN_HAIR,
	                         .site = GIVEN_LEG,
	                         .today = GIVEN_TODAY,
	                         .facts = given_facts(2)};
	struct rule rule = {.id = "session_total", .reason = "enough for a day", .source = "X"};

	if (pulses != 0)
		rule.then[rule.n_then++] = (struct effect){
		        .kind = EFFECT_PULSES, .param = PARAM_NONE, .value = pulses};
	if (energy_uj != 0)
		rule.then[rule.n_then++] = (struct effect){
		        .kind = EFFECT_TOTAL, .param = ENERGY_UJ, .value = energy_uj};
	given_library(&g);
	if (rule.n_then > 0)
		given_add_rule(&g, rule);
	assert_i64(limits_compute(&g.lib, &c, &limits), LIMITS_OK);
	memset(&reported, 0, sizeof reported);
	given_device_of(&profile, FLUENCE_REPORTED);
	for (size_t i = 0; good[i].value != 0; i++)
		if (regmap_param_row(&profile, good[i].param) != NULL)
			given_put(&profile, &reported, good[i].param, good[i].value);
	given_put_state(&profile, &reported, DEVICE_STANDBY);
	s = (struct situation){
	        .profile = &profile, .limits = &limits, .heard = true, .reported = &reported};
}

static void arm(void)
{
	verdict_judge(&s, INTENT_ARM, &reported, 0, &v);
}

static void set(int64_t uj_cm2)
{
	const struct given_value fluence[] = {{FLUENCE_UJ_CM2, uj_cm2}, {PARAM_NONE, 0}};
	uint64_t rows;

	result = reported;
	rows = given_put_all(&profile, &result, fluence);
	verdict_judge(&s, INTENT_SET, &result, rows, &v);
}

struct spent_row {
	const char *name;
	int64_t pulses, energy; /* what the session may take; 0: no rule */
	struct taken taken;     /* what it has had */
	enum verdict_kind want;
	const char *text; /* of the first reason */
};

#define AND " (session_total)"

/* clang-format off */
static const struct spent_row spent_rows[] = {
	{"no rule, however many", 0, 0, {1000000, J(1e6)}, VERDICT_ALLOWED, NULL},
	{"no rule, not counted", 0, 0, {-1, -1}, VERDICT_ALLOWED, NULL},
	{"none of three pulses yet", 3, 0, {0, 0}, VERDICT_ALLOWED, NULL},
	{"the third of three pulses", 3, 0, {2, -1}, VERDICT_ALLOWED, NULL},
	{"the fourth of three pulses", 3, 0, {3, -1}, VERDICT_HELD,
	 "with one pulse more this session has had 4 pulses, and it may have 3 pulses" AND},
	{"pulses nobody counted", 3, 0, {-1, -1}, VERDICT_HELD,
	 "how much this session has had cannot be known; it may have 3 pulses" AND},
	{"pulses beyond 64 bits", 3, 0, {INT64_MAX, -1}, VERDICT_HELD,
	 "how much this session has had cannot be known; it may have 3 pulses" AND},
	{"energy for this pulse, just", 0, 2 * A_PULSE, {1, A_PULSE}, VERDICT_ALLOWED, NULL},
	{"a microjoule too little", 0, 2 * A_PULSE - 1, {1, A_PULSE}, VERDICT_HELD,
	 "with one pulse more this session has had 71.251322 J, and it may have 71.251321 J" AND},
	{"energy nobody measured nor set", 0, J(300), {7, -1}, VERDICT_HELD,
	 "how much this session has had cannot be known; it may have 300 J" AND},
	{"both, and pulses are left only", 9, A_PULSE, {1, A_PULSE}, VERDICT_HELD,
	 "with one pulse more this session has had 71.251322 J, and it may have 35.625661 J" AND},
	{"both, and energy is left only", 1, J(300), {1, A_PULSE}, VERDICT_HELD,
	 "with one pulse more this session has had 2 pulses, and it may have 1 pulse" AND},
};
/* clang-format on */

static void held_when_spent(void)
{
	const char *way = "end the session; or set what is still needed, and ask the physician for "
	                  "so many pulses more";
	char buf[200];

	assert_i64(v.n_reasons, 1);
	assert_i64(v.reason[0].check, CHECK_SPENT);
	assert_i64(v.reason[0].approvers, 1);
	assert_false(v.has_offer); /* other numbers do not mend it */
	assert_text(reason_id(&v.reason[0]), "session_total");
	reason_way(&g.lib, &v.reason[0], buf, sizeof buf);
	assert_text(buf, way);
}

static void spent_is(void **state)
{
	const struct spent_row *row = *state;
	char text[200];

	given(row->pulses, row->energy);
	s.taken = row->taken;
	arm();
	assert_i64(v.kind, row->want);
	if (row->want != VERDICT_ALLOWED) {
		held_when_spent();
		reason_text(&g.lib, &v.reason[0], text, sizeof text);
		assert_text(text, row->text);
	}
	set(J(14)); /* in standby too: so the hold opens that a grant can lift */
	assert_i64(v.kind, row->want);
}

static void without_a_session_there_is_no_budget(void **state)
{
	(void)state;
	given(3, 0);
	s.taken = (struct taken){3, -1};
	s.limits = NULL;
	arm();
	assert_i64(v.n_reasons, 1);
	assert_i64(v.reason[0].check, CHECK_NO_SESSION);
}

static void a_dose_without_energy_cannot_be_counted(void **state)
{
	(void)state;
	given(0, J(300));
	reported.known &= ~(UINT64_C(1) << (regmap_param_row(&profile, SPOT_UM) - profile.reg));
	arm();
	assert_i64(v.reason[v.n_reasons - 1].check, CHECK_SPENT);
	assert_i64(v.reason[v.n_reasons - 1].asked, -1);
}

static void a_grant_takes_it_away(void **state)
{
	(void)state;
	given(3, 0);
	s.taken = (struct taken){3, -1};
	set(J(14));
	s.waiver.given = true;
	s.waiver.settings = v.settings;
	s.waiver.settings.known &= ~PARAMS_COMPUTED;
	set(J(14));
	assert_i64(v.kind, VERDICT_ALLOWED);
	assert_true(v.by_waiver);
	arm();
	assert_i64(v.kind, VERDICT_ALLOWED);
}

/* A grant of it is for so many pulses, or seconds, and not for ever. */
static void a_grant_of_it_ends(void **state)
{
	static const struct {
		int64_t fluence, taken;
		struct budget budget;
		enum hold_status want;
	} rows[] = {{J(14), 3, {0, 0}, HOLD_UNBOUNDED},
	            {J(14), 3, {1, 0}, HOLD_OK},
	            {J(14), 3, {0, 1}, HOLD_OK},
	            {J(21), 3, {0, 0}, HOLD_UNBOUNDED}, /* beyond the soft limit as well */
	            {J(21), 2, {0, 0}, HOLD_OK}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct hold h = {0};
		struct decision d = {.person = "petra",
		                     .number = 77,
		                     .reason_code = "clinical_judgement",
		                     .reason_text = "a second pass on the left",
		                     .budget = rows[i].budget};

		given(3, 0);
		s.taken = (struct taken){rows[i].taken, -1};
		set(rows[i].fluence);
		assert_i64(hold_ask(&h, &v, &v.settings, "olga", 77, 0), HOLD_OK);
		d.hold_id = h.id;
		d.version = h.version;
		assert_i64(hold_decide(&h, &d), rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(without_a_session_there_is_no_budget),
	        cmocka_unit_test(a_dose_without_energy_cannot_be_counted),
	        cmocka_unit_test(a_grant_takes_it_away),
	        cmocka_unit_test(a_grant_of_it_ends),
	};
	int failures = RUN_ROWS("what a session may take", spent_rows, spent_is);

	failures += cmocka_run_group_tests_name("spent", tests, NULL, NULL);
	return failures != 0;
}
