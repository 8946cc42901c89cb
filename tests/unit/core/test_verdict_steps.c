/* One step at a time, as the judge sees it: the 755 nm laser, type II at 18 mm, up to 20 J/cm2 and
 * from 3 ms (CAN13). Last time 14 J/cm2 at 20 ms. */
#include "given.h"
#include "given_device.h"
#include "given_past.h"

#define J(n)    ((int64_t)((n)*1e6 + 0.5))
#define MM(n)   ((int64_t)((n)*1e3 + 0.5))
#define MS(n)   ((int64_t)((n)*1e9 + 0.5))
#define HERE    GIVEN_ALEX, GIVEN_LEG, false
#define ALLOWED VERDICT_ALLOWED

static struct given_library g;
static struct history past;
static struct limits limits;
static struct profile profile;
static struct image reported, result;
static struct situation s;
static struct verdict v;

static const struct given_value good[] = {
        {FLUENCE_UJ_CM2, J(14)}, {SPOT_UM, MM(18)},    {WIDTH_PS, MS(20)},
        {WAVELENGTH_NM, 755},    {RATE_MILLIHZ, 1000}, {COOLING, GIVEN_CRYOGEN},
        {SPRAY_PS, MS(40)},      {DELAY_PS, MS(30)},   {PARAM_NONE, 0}};

static void compute(const struct effect *e, const struct given_session *before)
{
	struct patient_case c = {.device_class = GIVEN_ALEX,
	                         .indication = GIVEN_HAIR,
	                         .site = GIVEN_LEG,
	                         .today = GIVEN_TODAY,
	                         .facts = given_facts(2),
	                         .history = &past};

	given_library(&g);
	given_add_rule(&g, (struct rule){.id = "one_at_a_time",
	                                 .reason = "not known what it was",
	                                 .source = "CUTERA16",
	                                 .n_then = 1,
	                                 .then = {*e}});
	history_forget(&past);
	given_treatment(&past, before);
	assert_i64(limits_compute(&g.lib, &c, &limits), LIMITS_OK);
}

static void device(enum fluence_source how)
{
	memset(&reported, 0, sizeof reported);
	given_device_of(&profile, how);
	for (size_t i = 0; good[i].value != 0; i++)
		if (regmap_param_row(&profile, good[i].param) != NULL)
			given_put(&profile, &reported, good[i].param, good[i].value);
	given_put_state(&profile, &reported, DEVICE_STANDBY);
	s = (struct situation){
	        .profile = &profile, .limits = &limits, .heard = true, .reported = &reported};
}

static const struct effect fluence_or_width = {
        .kind = EFFECT_ONE_STEP, .n_together = 2, .together = {FLUENCE_UJ_CM2, WIDTH_PS}};
static const struct given_session last_time = {HERE, 60, 1, {{140, 18, 20, 0}}};

static void given(void)
{
	compute(&fluence_or_width, &last_time);
	device(FLUENCE_REPORTED);
}

static void set(const struct given_value *before, const struct given_value *write)
{
	uint64_t rows;

	given_put_all(&profile, &reported, before);
	result = reported;
	rows = given_put_all(&profile, &result, write);
	verdict_judge(&s, INTENT_SET, &result, rows, &v);
}

/* --- both sides ---------------------------------------------------------------------------- */

struct step_row {
	const char *name;
	struct given_value write[GIVEN_VALUES];
	enum verdict_kind want;
};

/* clang-format off */
static const struct step_row step_rows[] = {
	{"as last time", {{FLUENCE_UJ_CM2, J(14)}}, ALLOWED},
	{"more fluence", {{FLUENCE_UJ_CM2, J(20)}}, ALLOWED},
	{"a shorter pulse", {{WIDTH_PS, MS(3)}}, ALLOWED},
	{"both", {{FLUENCE_UJ_CM2, J(14.1)}, {WIDTH_PS, MS(19.9)}}, VERDICT_HELD},
	{"more fluence and a longer pulse", {{FLUENCE_UJ_CM2, J(14.1)}, {WIDTH_PS, MS(20.1)}}, ALLOWED},
	{"less fluence and a shorter pulse", {{FLUENCE_UJ_CM2, J(13.9)}, {WIDTH_PS, MS(19.9)}}, ALLOWED},
	{"both to the safe side", {{FLUENCE_UJ_CM2, J(5)}, {WIDTH_PS, MS(50)}}, ALLOWED},
	{"both, at a spot not used last time", {{SPOT_UM, MM(15)}, {FLUENCE_UJ_CM2, J(20)}, {WIDTH_PS, MS(3)}}, ALLOWED},
};
/* clang-format on */

static void step_is(void **state)
{
	const struct step_row *row = *state;

	given();
	result = reported;
	given_put_all(&profile, &result, row->write);
	s.reported = &result;
	verdict_judge(&s, INTENT_ARM, &result, 0, &v);
	assert_i64(v.kind, row->want);
	if (row->want == ALLOWED)
		return;
	assert_i64(v.n_reasons, 1);
	assert_i64(v.reason[0].check, CHECK_ONE_STEP);
	assert_i64(v.reason[0].param, WIDTH_PS);
	assert_i64(v.reason[0].asked, MS(19.9));
	assert_i64(v.reason[0].limit.lo, MS(20));
	assert_i64(v.reason[0].limit.hi, INT64_MAX);
	assert_i64(v.reason[0].moved, PARAM_BIT(FLUENCE_UJ_CM2));
	assert_i64(v.reason[0].approvers, 1);
	assert_text(reason_id(&v.reason[0]), "one_at_a_time");
	assert_text(reason_source(&v.reason[0]), "CUTERA16");
	/* the more aggressive one, the shorter pulse, goes back */
	assert_true(v.has_offer);
	assert_i64(v.offer.value[FLUENCE_UJ_CM2], J(14.1));
	assert_i64(v.offer.value[WIDTH_PS], MS(20));
}

static void it_says_what_moved_and_the_way(void **state)
{
	static const struct given_value both[GIVEN_VALUES] = {{FLUENCE_UJ_CM2, J(16)},
	                                                      {WIDTH_PS, MS(15)}};
	static const struct effect width_or_fluence = {
	        .kind = EFFECT_ONE_STEP, .n_together = 2, .together = {WIDTH_PS, FLUENCE_UJ_CM2}};
	char text[200], way[100];

	(void)state;
	given();
	set(good, both);
	assert_i64(v.kind, VERDICT_HELD);
	reason_text(&g.lib, &v.reason[0], text, sizeof text);
	assert_text(text, "pulse width 15 ms is below last time's 20 ms, and fluence moved too: "
	                  "only one at a time (one_at_a_time)");
	reason_way(&g.lib, &v.reason[0], way, sizeof way);
	assert_text(way, "ask for at least 20 ms, or ask the physician");

	compute(&width_or_fluence, &last_time); /* the first may stay */
	set(good, both);
	reason_text(&g.lib, &v.reason[0], text, sizeof text);
	assert_text(text, "fluence 16 J/cm2 is above last time's 14 J/cm2, and pulse width moved "
	                  "too: only one at a time (one_at_a_time)");
	assert_i64(v.offer.value[FLUENCE_UJ_CM2], J(14));
	assert_i64(v.offer.value[WIDTH_PS], MS(15));
}

static void of_three_two_go_back(void **state)
{
	static const struct effect three = {.kind = EFFECT_ONE_STEP,
	                                    .n_together = 3,
	                                    .together = {FLUENCE_UJ_CM2, WIDTH_PS, RATE_MILLIHZ}};
	static const struct given_value all[GIVEN_VALUES] = {
	        {FLUENCE_UJ_CM2, J(16)}, {WIDTH_PS, MS(15)}, {RATE_MILLIHZ, 2000}};
	struct given_session before = last_time;
	struct patient_case c;
	char text[200];

	(void)state;
	compute(&three, &before);
	settings_set(&past.dose[0], RATE_MILLIHZ, 1000);
	c = (struct patient_case){.device_class = GIVEN_ALEX,
	                          .site = GIVEN_LEG,
	                          .today = GIVEN_TODAY,
	                          .facts = given_facts(2),
	                          .history = &past};
	assert_i64(limits_compute(&g.lib, &c, &limits), LIMITS_OK);
	device(FLUENCE_REPORTED);
	set(good, all);
	assert_i64(v.n_reasons, 2);
	assert_i64(v.reason[0].param, WIDTH_PS);
	assert_i64(v.reason[1].param, RATE_MILLIHZ);
	reason_text(&g.lib, &v.reason[1], text, sizeof text);
	assert_text(text, "repetition rate 2 Hz is above last time's 1 Hz, and fluence, and pulse "
	                  "width moved too: only one at a time (one_at_a_time)");
	assert_true(v.has_offer);
	assert_i64(v.offer.value[FLUENCE_UJ_CM2], J(16));
	assert_i64(v.offer.value[WIDTH_PS], MS(20));
	assert_i64(v.offer.value[RATE_MILLIHZ], 1000);
}

static void energy_goes_back_for_the_fluence_it_makes(void **state)
{
	static const struct effect width_or_fluence = {
	        .kind = EFFECT_ONE_STEP, .n_together = 2, .together = {WIDTH_PS, FLUENCE_UJ_CM2}};
	static const struct given_value both[GIVEN_VALUES] = {{ENERGY_UJ, J(45.8)},
	                                                      {WIDTH_PS, MS(15)}};

	(void)state;
	compute(&width_or_fluence, &last_time);
	device(FLUENCE_DERIVED);
	given_put(&profile, &reported, ENERGY_UJ, J(35));
	set(good + 1, both); /* 18 J/cm2 over 2.5447 cm2 */
	assert_i64(v.kind, VERDICT_HELD);
	assert_true(v.has_offer);
	assert_i64(v.offer.value[ENERGY_UJ],
	           J(35.625)); /* 13.9999 J/cm2; a step of 1 mJ more is 14.0001 */
	assert_i64(v.offer.value[WIDTH_PS], MS(15));
}

/* A device that lacks what the last one had: whatever it does there may be a step. */
static void what_this_device_does_not_tell_counts_as_moved(void **state)
{
	struct settings asked = {.known = 0};
	char text[200];

	(void)state;
	given();
	for (size_t i = 0; good[i].value != 0; i++)
		if (good[i].param != WIDTH_PS)
			settings_set(&asked, good[i].param, good[i].value);
	settings_set(&asked, FLUENCE_UJ_CM2, J(14.1));
	verdict_judge_settings(&limits, 0, FLUENCE_REPORTED, &asked, &v);
	assert_i64(v.kind, VERDICT_HELD);
	assert_i64(v.n_reasons, 2);
	assert_i64(v.reason[0].check, CHECK_SOFT);
	assert_i64(v.reason[1].check, CHECK_ONE_STEP);
	assert_false(v.has_offer);
	reason_text(&g.lib, &v.reason[1], text, sizeof text);
	assert_text(text,
	            "pulse width is not known to this device and was 20 ms, and fluence moved "
	            "too: only one at a time (one_at_a_time)");
}

/* --- in standby ---------------------------------------------------------------------------- */

struct stand_row {
	const char *name;
	struct given_value before[GIVEN_VALUES], write[GIVEN_VALUES];
	bool passes;
};

/* clang-format off */
static const struct stand_row stand_rows[] = {
	{"what has two steps may come nearer in the first", {{FLUENCE_UJ_CM2, J(16)}, {WIDTH_PS, MS(15)}},
	 {{FLUENCE_UJ_CM2, J(15)}}, true},
	{"or in the second", {{FLUENCE_UJ_CM2, J(16)}, {WIDTH_PS, MS(15)}}, {{WIDTH_PS, MS(16)}}, true},
	{"or leave both for another", {{FLUENCE_UJ_CM2, J(16)}, {WIDTH_PS, MS(15)}}, {{RATE_MILLIHZ, 2000}}, true},
	{"not go further in the first", {{FLUENCE_UJ_CM2, J(16)}, {WIDTH_PS, MS(15)}}, {{FLUENCE_UJ_CM2, J(16.1)}}, false},
	{"nor in the second", {{FLUENCE_UJ_CM2, J(16)}, {WIDTH_PS, MS(15)}}, {{WIDTH_PS, MS(14.9)}}, false},
	{"the second step is refused as it is made", {{WIDTH_PS, MS(15)}}, {{FLUENCE_UJ_CM2, J(14.1)}}, false},
	{"in either order", {{FLUENCE_UJ_CM2, J(14.1)}}, {{WIDTH_PS, MS(15)}}, false},
	{"the way to a row that fits", {{SPOT_UM, MM(10)}, {FLUENCE_UJ_CM2, J(16)}, {WIDTH_PS, MS(15)}}, {{SPOT_UM, MM(18)}}, true},
	{"not with more fluence on that way", {{SPOT_UM, MM(10)}, {FLUENCE_UJ_CM2, J(16)}, {WIDTH_PS, MS(15)}},
	 {{SPOT_UM, MM(18)}, {FLUENCE_UJ_CM2, J(16.1)}}, false},
	{"nor with a shorter pulse", {{SPOT_UM, MM(10)}, {FLUENCE_UJ_CM2, J(16)}, {WIDTH_PS, MS(15)}},
	 {{SPOT_UM, MM(18)}, {WIDTH_PS, MS(14.9)}}, false},
};
/* clang-format on */

static void standby_is(void **state)
{
	const struct stand_row *row = *state;

	given();
	set(row->before, row->write);
	assert_i64(v.kind, row->passes ? ALLOWED : VERDICT_HELD);
	assert_i64(v.n_tolerated, row->passes);
	if (!row->passes)
		assert_i64(v.reason[v.tightest].check, CHECK_ONE_STEP);
	verdict_judge(&s, INTENT_ARM, &result, 0, &v);
	assert_i64(v.kind, VERDICT_HELD); /* armed, it counts all the same */
}

static void a_grant_takes_it_away(void **state)
{
	static const struct given_value both[GIVEN_VALUES] = {{FLUENCE_UJ_CM2, J(16)},
	                                                      {WIDTH_PS, MS(15)}};

	(void)state;
	given();
	set(good, both);
	s.waiver.given = true;
	s.waiver.settings = v.settings;
	s.waiver.settings.known &= ~PARAMS_COMPUTED;
	set(good, both);
	assert_i64(v.kind, ALLOWED);
	assert_true(v.by_waiver);
}

/* --- rows that wait, and what is spent ------------------------------------------------------ */

static void a_row_that_waits_is_held_and_the_others_are_not(void **state)
{
	static const struct given_session no_width = {HERE, 60, 1, {{140, 18, 0, 0}}};
	static const struct given_value mm15[GIVEN_VALUES] = {{SPOT_UM, MM(15)}};
	static const struct given_value mm10[GIVEN_VALUES] = {{SPOT_UM, MM(10)}};
	char text[100];

	(void)state;
	compute(&fluence_or_width, &no_width);
	device(FLUENCE_REPORTED);
	set(good, good);
	assert_i64(v.kind, VERDICT_HELD);
	assert_i64(v.n_reasons, 1);
	assert_i64(v.reason[0].check, CHECK_SCREENING);
	assert_i64(v.reason[0].approvers, 1);
	reason_text(&g.lib, &v.reason[0], text, sizeof text);
	assert_text(text, "not known what it was (one_at_a_time)");
	s.cleared = 1;
	set(good, good);
	assert_i64(v.kind, ALLOWED);
	s.cleared = 0;
	set(good, mm15);
	assert_i64(v.kind, ALLOWED);
	set(good, mm10); /* no row, so none that waits */
	assert_i64(v.n_reasons, 1);
	assert_i64(v.reason[0].check, CHECK_NO_ROW);
}

static void of_a_budget_that_is_spent_nothing_is_offered(void **state)
{
	static const struct effect budget = {
	        .kind = EFFECT_BUDGET, .param = FLUENCE_UJ_CM2, .value = 28, .num = 5, .den = 4};
	static const struct given_session half = {HERE, 20, 1, {{150, 18, 20, 0}}};
	static const struct given_session full = {HERE, 20, 1, {{250, 18, 20, 0}}};
	struct settings asked = {.known = 0};

	(void)state;
	for (size_t i = 0; good[i].value != 0; i++)
		settings_set(&asked, good[i].param, good[i].value);
	compute(&budget, &half);
	verdict_judge_settings(&limits, 0, FLUENCE_REPORTED, &asked, &v);
	assert_i64(v.kind, VERDICT_HELD);
	assert_i64(v.reason[0].limit.hi, J(10));
	assert_text(reason_id(&v.reason[0]), "one_at_a_time");
	assert_true(v.has_offer);
	assert_i64(v.offer.value[FLUENCE_UJ_CM2], J(10));

	compute(&budget, &full);
	verdict_judge_settings(&limits, 0, FLUENCE_REPORTED, &asked, &v);
	assert_i64(v.kind, VERDICT_HELD);
	assert_i64(v.reason[0].limit.hi, 0);
	assert_false(v.has_offer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(it_says_what_moved_and_the_way),
	        cmocka_unit_test(of_three_two_go_back),
	        cmocka_unit_test(energy_goes_back_for_the_fluence_it_makes),
	        cmocka_unit_test(what_this_device_does_not_tell_counts_as_moved),
	        cmocka_unit_test(a_grant_takes_it_away),
	        cmocka_unit_test(a_row_that_waits_is_held_and_the_others_are_not),
	        cmocka_unit_test(of_a_budget_that_is_spent_nothing_is_offered),
	};
	int failures = 0;

	failures += RUN_ROWS("one step at a time", step_rows, step_is);
	failures += RUN_ROWS("in standby", stand_rows, standby_is);
	failures += cmocka_run_group_tests_name("steps", tests, NULL, NULL);
	return failures != 0;
}
