/* The judge without a device: settings alone. Numbers by hand from the 755 nm table (CAN13): type
 * II, 18 mm up to 20 J/cm2, hard 40; type III up to 16; from 3 ms; cryogen, spray 40 to 50 ms,
 * delay 30 to 40 ms. 18 mm are 2.5447 cm2, so 50.89 J are 19.999 J/cm2 and 50.9 J are 20.003. */
#include "given.h"
#include "given_device.h"

#define J(n)  ((int64_t)((n)*1e6 + 0.5))
#define MM(n) ((int64_t)((n)*1e3 + 0.5))
#define MS(n) ((int64_t)((n)*1e9 + 0.5))
#define SAID  200

static struct given_library g;
static struct limits limits;
static struct verdict v;

static void given(uint8_t skin, enum given_fact fact, int64_t answer)
{
	struct patient_case patient = {.device_class = GIVEN_ALEX,
	                               .indication = GIVEN_HAIR,
	                               .site = GIVEN_LEG,
	                               .today = GIVEN_TODAY,
	                               .facts = given_facts(skin)};

	given_library(&g);
	given_answer(&patient.facts, fact, answer);
	assert_i64(limits_compute(&g.lib, &patient, &limits), LIMITS_OK);
}

/* 755 nm, 18 mm, 3 ms, 1 Hz, cryogen 40 and 30 ms; no dose yet. */
static struct settings good(void)
{
	struct settings s = {.known = 0};

	settings_set(&s, SPOT_UM, MM(18));
	settings_set(&s, WIDTH_PS, MS(3));
	settings_set(&s, WAVELENGTH_NM, 755);
	settings_set(&s, RATE_MILLIHZ, 1000);
	settings_set(&s, COOLING, GIVEN_CRYOGEN);
	settings_set(&s, SPRAY_PS, MS(40));
	settings_set(&s, DELAY_PS, MS(30));
	return s;
}

static const struct reason *tightest(void)
{
	return &v.reason[v.tightest];
}

/* --- type II, one or two values instead of the good ones ------------------------------------- */

struct settings_row {
	const char *name;
	enum fluence_source how;
	struct given_value with[3];
	enum param without; /* 0, the fluence: none but what `with` leaves out */
	enum verdict_kind want;
	enum check check;
	const char *asked, *limit; /* of the tightest; NULL: it passes */
};

/* clang-format off */
static const struct settings_row rows[] = {
	{"the ceiling passes", FLUENCE_REPORTED, {{FLUENCE_UJ_CM2, J(20)}}, .want = VERDICT_ALLOWED},
	{"one above it is held", FLUENCE_REPORTED, {{FLUENCE_UJ_CM2, J(20.000001)}}, 0,
	 VERDICT_HELD, CHECK_SOFT, "20.000001 J/cm2", "..20 J/cm2"},
	{"the hard limit is held", FLUENCE_REPORTED, {{FLUENCE_UJ_CM2, J(40)}}, 0,
	 VERDICT_HELD, CHECK_SOFT, "40 J/cm2", "..20 J/cm2"},
	{"one above it is blocked", FLUENCE_REPORTED, {{FLUENCE_UJ_CM2, J(40.000001)}}, 0,
	 VERDICT_BLOCKED, CHECK_HARD, "40.000001 J/cm2", "..40 J/cm2"},
	{"no device, no range of a device", FLUENCE_REPORTED, {{FLUENCE_UJ_CM2, 1}},
	 .want = VERDICT_ALLOWED},
	{"a short pulse is held", FLUENCE_REPORTED, {{FLUENCE_UJ_CM2, J(20)}, {WIDTH_PS, MS(2.9)}}, 0,
	 VERDICT_HELD, CHECK_SOFT, "2.9 ms", "3.. ms"},
	{"spray has two ends", FLUENCE_REPORTED, {{FLUENCE_UJ_CM2, J(20)}, {SPRAY_PS, MS(51)}}, 0,
	 VERDICT_HELD, CHECK_SOFT, "51 ms", "40..50 ms"},
	{"air is not cryogen", FLUENCE_REPORTED, {{FLUENCE_UJ_CM2, J(20)}, {COOLING, GIVEN_AIR}}, 0,
	 VERDICT_HELD, CHECK_SOFT, "air", "cryogen"},
	{"another spot has no row", FLUENCE_REPORTED, {{FLUENCE_UJ_CM2, J(6)}, {SPOT_UM, MM(24)}}, 0,
	 VERDICT_HELD, CHECK_NO_ROW, "24 mm", ""},
	{"a setting that the row needs and nobody gave is held", FLUENCE_REPORTED,
	 {{FLUENCE_UJ_CM2, J(20)}}, WIDTH_PS, VERDICT_HELD, CHECK_SOFT, "", "3.. ms"},
	{"a selector nobody gave has no row", FLUENCE_REPORTED, {{FLUENCE_UJ_CM2, J(20)}}, SPOT_UM,
	 VERDICT_HELD, CHECK_NO_ROW, "", ""},
	{"no fluence at all is blocked", FLUENCE_REPORTED, {{RATE_MILLIHZ, 1000}}, 0,
	 VERDICT_BLOCKED, CHECK_HALF_KNOWN, "", ""},
	{"what the protocol says nothing about is held", FLUENCE_REPORTED,
	 {{FLUENCE_UJ_CM2, J(20)}, {TIP, GIVEN_AIR}}, 0, VERDICT_HELD, CHECK_NO_LIMIT, "air", ""},
	{"energy over the spot just within", FLUENCE_DERIVED, {{ENERGY_UJ, J(50.89)}},
	 .want = VERDICT_ALLOWED},
	{"energy over the spot just beyond", FLUENCE_DERIVED, {{ENERGY_UJ, J(50.9)}}, 0,
	 VERDICT_HELD, CHECK_SOFT, "20.002", "..20 J/cm2"},
	{"energy without a spot is blocked", FLUENCE_DERIVED, {{ENERGY_UJ, J(50)}}, SPOT_UM,
	 VERDICT_BLOCKED, CHECK_HALF_KNOWN, "", ""},
	{"fluence and energy agree", FLUENCE_BOTH, {{FLUENCE_UJ_CM2, J(19)}, {ENERGY_UJ, J(50)}},
	 .want = VERDICT_ALLOWED},
	{"of two that agree the larger counts", FLUENCE_BOTH,
	 {{FLUENCE_UJ_CM2, J(20)}, {ENERGY_UJ, J(52)}}, 0,
	 VERDICT_HELD, CHECK_SOFT, "20.43", "..20 J/cm2"},
	{"fluence and energy contradict each other", FLUENCE_BOTH,
	 {{FLUENCE_UJ_CM2, J(10)}, {ENERGY_UJ, J(50)}}, 0,
	 VERDICT_BLOCKED, CHECK_DISAGREES, "19.64", ""},
};
/* clang-format on */

static struct settings settings_of(const struct settings_row *row)
{
	struct settings s = good();

	for (size_t i = 0; i < ARRAY_LEN(row->with) && row->with[i].value != 0; i++)
		settings_set(&s, row->with[i].param, row->with[i].value);
	if (row->without != 0)
		s.known &= ~PARAM_BIT(row->without);
	return s;
}

static void test_settings(void **state)
{
	const struct settings_row *row = *state;
	struct settings s = settings_of(row);
	char asked[SAID], limit[SAID];
	size_t n_asked, n_limit;

	given(2, GIVEN_MELASMA, 0);
	verdict_judge_settings(&limits, 0, row->how, &s, &v);
	assert_i64(v.kind, row->want);
	assert_false(v.by_waiver);
	assert_i64(v.n_tolerated, 0);
	if (row->want == VERDICT_ALLOWED) {
		assert_i64(v.n_reasons, 0);
		assert_false(v.has_offer);
		return;
	}
	assert_i64(tightest()->check, row->check);
	n_asked = reason_asked(&g.lib, tightest(), asked, sizeof(asked));
	n_limit = reason_limit(&g.lib, tightest(), limit, sizeof(limit));
	assert_i64(n_asked, strlen(asked));
	assert_i64(n_limit, strlen(limit));
	if (row->asked[0] == '\0')
		assert_text(asked, "");
	assert_contains(asked, row->asked);
	assert_text(limit, row->limit);
}

/* --- this patient ----------------------------------------------------------------------------- */

struct who_row {
	const char *name;
	uint8_t skin;
	enum given_fact fact;
	int64_t answer;
	uint64_t cleared;
	enum verdict_kind want;
	enum check check;
	uint8_t approvers;
};

/* clang-format off */
static const struct who_row whos[] = {
	{"type III with a clear test area passes", 3, GIVEN_TEST_AREA, 0, 0, .want = VERDICT_ALLOWED},
	{"type III without a test area waits", 3, GIVEN_TEST_AREA, 1, 0, VERDICT_HELD, CHECK_STATUS, 1},
	{"a cleared status does not", 3, GIVEN_TEST_AREA, 1, 1, .want = VERDICT_ALLOWED},
	{"type V waits for a physician", 5, GIVEN_TEST_AREA, 0, 0, VERDICT_HELD, CHECK_STATUS, 1},
	{"type VI for two", 6, GIVEN_TEST_AREA, 0, 0, VERDICT_HELD, CHECK_STATUS, 2},
	{"nobody asked for the type: as VI", 0, GIVEN_TEST_AREA, 0, 0, VERDICT_HELD, CHECK_STATUS, 2},
	{"a tan waits", 1, GIVEN_TAN, 1, 0, VERDICT_HELD, CHECK_SCREENING, 1},
	{"a tan that was cleared does not", 1, GIVEN_TAN, 1, 1, .want = VERDICT_ALLOWED},
	{"sun 13 days ago is blocked", 2, GIVEN_LAST_SUN, GIVEN_TODAY - 13, 0, VERDICT_BLOCKED,
	 CHECK_SCREENING, 1}, /* the rule of 28 days holds, beside the one that blocks */
	{"and stays so when cleared", 2, GIVEN_LAST_SUN, GIVEN_TODAY - 13, 3, VERDICT_BLOCKED,
	 CHECK_SCREENING, 0},
	{"sun 14 days ago waits", 2, GIVEN_LAST_SUN, GIVEN_TODAY - 14, 0, VERDICT_HELD,
	 CHECK_SCREENING, 1},
};
/* clang-format on */

/* 16 J/cm2: inside every type's limits. */
static void test_who(void **state)
{
	const struct who_row *row = *state;
	struct settings s = good();

	settings_set(&s, FLUENCE_UJ_CM2, J(16));
	given(row->skin, row->fact, row->answer);
	verdict_judge_settings(&limits, row->cleared, FLUENCE_REPORTED, &s, &v);
	assert_i64(v.kind, row->want);
	assert_i64(v.approvers, row->approvers);
	if (row->want != VERDICT_ALLOWED)
		assert_i64(tightest()->check, row->check);
	assert_false(v.has_offer);
}

/* --- one at a time ---------------------------------------------------------------------------- */

static void every_reason_counts_and_the_offer_mends_them(void **state)
{
	struct settings s = good();

	(void)state;
	given(2, GIVEN_MELASMA, 0);
	settings_set(&s, FLUENCE_UJ_CM2, J(30));
	settings_set(&s, WIDTH_PS, MS(1));
	verdict_judge_settings(&limits, 0, FLUENCE_REPORTED, &s, &v);
	assert_i64(v.kind, VERDICT_HELD);
	assert_i64(v.n_reasons, 2);
	assert_i64(tightest()->param,
	           WIDTH_PS); /* three times too short, one and a half too much */
	assert_true(v.has_offer);
	assert_i64(v.offer.value[FLUENCE_UJ_CM2], J(20));
	assert_i64(v.offer.value[WIDTH_PS], MS(3));
	assert_i64(v.offer.value[SPOT_UM], MM(18));
	verdict_judge_settings(&limits, 0, FLUENCE_REPORTED, &v.offer, &v);
	assert_i64(v.kind, VERDICT_ALLOWED);
}

/* With no register there are no steps: the last microjoule whose fluence is not above. */
static void an_offer_of_energy_is_exact(void **state)
{
	struct settings s = good();

	(void)state;
	given(2, GIVEN_MELASMA, 0);
	settings_set(&s, ENERGY_UJ, J(60));
	verdict_judge_settings(&limits, 0, FLUENCE_DERIVED, &s, &v);
	assert_true(v.has_offer);
	assert_true(v.offer.value[ENERGY_UJ] > 50893000 && v.offer.value[ENERGY_UJ] < 50894000);
	s = v.offer;
	verdict_judge_settings(&limits, 0, FLUENCE_DERIVED, &s, &v);
	assert_i64(v.kind, VERDICT_ALLOWED);
	s.value[ENERGY_UJ] += 6; /* 1 uJ/cm2 is 2.5 uJ here, and the fluence is rounded up by 2 */
	verdict_judge_settings(&limits, 0, FLUENCE_DERIVED, &s, &v);
	assert_i64(v.kind, VERDICT_HELD);
}

/* A slip is one against the limit; nothing was set before. */
static void a_slip_of_the_decimal_point_is_said(void **state)
{
	struct settings s = good();

	(void)state;
	given(2, GIVEN_MELASMA, 0);
	settings_set(&s, FLUENCE_UJ_CM2, J(200));
	verdict_judge_settings(&limits, 0, FLUENCE_REPORTED, &s, &v);
	assert_i64(v.kind, VERDICT_BLOCKED);
	assert_true(tightest()->tenfold);
}

static void no_limits_no_treatment(void **state)
{
	struct settings s = good();

	(void)state;
	given(2, GIVEN_MELASMA, 0);
	settings_set(&s, FLUENCE_UJ_CM2, J(1));
	verdict_judge_settings(NULL, 0, FLUENCE_REPORTED, &s, &v);
	assert_i64(v.kind, VERDICT_BLOCKED);
	assert_i64(v.n_reasons, 1);
	assert_i64(tightest()->check, CHECK_NO_SESSION);
	limits.computed = false;
	verdict_judge_settings(&limits, 0, FLUENCE_REPORTED, &s, &v);
	assert_i64(v.kind, VERDICT_BLOCKED);
	assert_i64(tightest()->check, CHECK_NO_SESSION);
}

static void one_of_two_choices_would_pass(void **state)
{
	struct settings s = good();
	char limit[SAID];

	(void)state;
	given(2, GIVEN_MELASMA, 0);
	limits.cell[0].limit[2].choices = 6;
	limits.cell[1].limit[2].choices = 6;
	settings_set(&s, FLUENCE_UJ_CM2, J(16));
	settings_set(&s, COOLING, GIVEN_AIR);
	verdict_judge_settings(&limits, 0, FLUENCE_REPORTED, &s, &v);
	reason_limit(&g.lib, tightest(), limit, sizeof(limit));
	assert_text(limit, "cryogen or contact");
}

/* Not a second judge: a device in standby with these registers, armed, hears the same. */
static void the_same_as_arming_a_device(void **state)
{
	static struct profile profile;
	struct image image = {0};
	struct situation s = {
	        .profile = &profile, .limits = &limits, .heard = true, .reported = &image};
	struct verdict armed;

	(void)state;
	given_device_of(&profile, FLUENCE_REPORTED);
	given_put_state(&profile, &image, DEVICE_STANDBY);
	for (uint8_t skin = 0; skin <= SKIN_TYPES; skin++)
		for (int64_t j = 1; j <= 60; j++) {
			struct settings asked = good();

			given(skin, GIVEN_TEST_AREA, j % 2);
			settings_set(&asked, FLUENCE_UJ_CM2, GIVEN_J(j));
			settings_set(&asked, WIDTH_PS, GIVEN_MS(j % 4 + 1));
			for (enum param p = 0; p < PARAM_COUNT; p++)
				if (settings_has(&asked, p))
					given_put(&profile, &image, p, asked.value[p]);
			verdict_judge(&s, INTENT_ARM, &image, 0, &armed);
			verdict_judge_settings(&limits, 0, FLUENCE_REPORTED, &asked, &v);
			assert_i64(v.kind, armed.kind);
			assert_i64(v.n_reasons, armed.n_reasons);
			assert_i64(v.approvers, armed.approvers);
			assert_i64(v.tightest, armed.tightest);
			assert_i64(v.has_offer, armed.has_offer);
			for (uint8_t i = 0; i < v.n_reasons; i++) {
				assert_i64(v.reason[i].check, armed.reason[i].check);
				assert_i64(v.reason[i].param, armed.reason[i].param);
			}
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_reason_counts_and_the_offer_mends_them),
	        cmocka_unit_test(an_offer_of_energy_is_exact),
	        cmocka_unit_test(a_slip_of_the_decimal_point_is_said),
	        cmocka_unit_test(no_limits_no_treatment),
	        cmocka_unit_test(one_of_two_choices_would_pass),
	        cmocka_unit_test(the_same_as_arming_a_device),
	};
	int failures = 0;

	failures += RUN_ROWS("settings of a patient of type II", rows, test_settings);
	failures += RUN_ROWS("this patient", whos, test_who);
	failures += cmocka_run_group_tests_name("settings", tests, NULL, NULL);
	return failures != 0;
}
