/*
 * The shipped rules on doses before this one, by patients whom each alone decides, at both sides of
 * its edge. Ceilings by hand from the sources: 755 nm, II, 18 mm 20 J/cm2 and 15 mm 30, III 16 and
 * 26 (CAN13); 1064 nm, II 60 (TANZI04); 595 nm, II 7.5 (ZAVELL).
 */
#include "given_files.h"

#include "core/history.h"
#include "core/verdict.h"

#define TODAY 20604 /* 2026-05-31 */

static struct config shipped;
static struct history past;
static struct limits limits;
static struct patient_case patient;
static struct verdict v;

/* --- words to values ------------------------------------------------------------------------ */

static uint8_t index_of(const struct symbols *s, const char *name)
{
	int64_t value = symbols_find(s, name);

	must(value != 0);
	return (uint8_t)(value - 1);
}

static void add_setting(struct settings *s, char *one)
{
	char *value = strchr(one, ' ');
	int64_t base;

	must(value != NULL);
	*value++ = '\0';
	enum param p = param_named(one);

	must(p != PARAM_NONE &&
	     dose_parse(&shipped.library.choices, p, value, &base) == QUANTITY_OK);
	settings_set(s, p, base);
}

/* "fluence 18 J/cm2, spot 15 mm" over what `s` has. */
static void add_settings(struct settings *s, const char *text)
{
	char all[400], *at = all;

	snprintf(all, sizeof all, "%s", text);
	while (at != NULL) {
		char *comma = strstr(at, ", ");

		if (comma != NULL)
			*comma = '\0';
		add_setting(s, at);
		at = comma != NULL ? comma + 2 : NULL;
	}
}

/* --- a patient ------------------------------------------------------------------------------ */

struct place {
	const char *device_class, *indication, *site;
	const char *good; /* settings that pass but for the dose */
};

static const struct place alex = {
        "alexandrite_755_lp", "hair_removal", "axilla",
        "wavelength 755 nm, spot 18 mm, pulse_width 20 ms, rate 1 Hz, cooling cryogen, "
        "cooling_spray 40 ms, cooling_delay 40 ms"};
static const struct place yag = {
        "ndyag_1064_lp", "hair_removal", "axilla",
        "wavelength 1064 nm, spot 10 mm, pulse_width 30 ms, rate 1 Hz, cooling contact"};
static const struct place pdl = {
        "pdl_595", "diffuse_redness", "face",
        "wavelength 595 nm, spot 10 mm, pulse_width 10 ms, rate 1 Hz, cooling cryogen"};
static const struct place rf = {"rf_monopolar", "skin_tightening", "face",
                                "frequency 6.78 MHz, tip std_1_0_cm2, tip_area 1 cm2, cooling "
                                "cryogen"};
static const struct place nafr = {"nafr_1550", "resurfacing", "arm",
                                  "wavelength 1550 nm, cooling air, passes 2"};
static const struct place pins = {"rf_fractional_bipolar", "resurfacing", "face",
                                  "handpiece pins_160, cooling contact"};

static void answer_well(const char *skin)
{
	static const int64_t best[FACT_KIND_COUNT] = {[FACT_DAYS] = DAY_NEVER, [FACT_NUMBER] = 35};
	const struct library *lib = &shipped.library;
	struct answer *type = &patient.facts.answer[lib->skin_fact];

	for (int i = 0; i < lib->n_facts; i++)
		patient.facts.answer[i] = (struct answer){true, best[lib->fact[i].kind], TODAY};
	must(fact_parse(&lib->fact[lib->skin_fact], skin, TODAY, type) == FACT_OK);
}

static void given(const struct place *place, const char *skin)
{
	const struct library *lib = &shipped.library;

	history_forget(&past);
	past.treatments = HISTORY_TOLD;
	patient =
	        (struct patient_case){.device_class = index_of(&lib->classes, place->device_class),
	                              .indication = index_of(&lib->indications, place->indication),
	                              .site = index_of(&lib->sites, place->site),
	                              .today = TODAY,
	                              .history = &past};
	answer_well(skin);
}

static uint16_t add_dose(const struct place *place, const char *with)
{
	struct settings *dose = &past.dose[past.n_doses];

	*dose = (struct settings){.known = 0};
	add_settings(dose, place->good);
	add_settings(dose, with);
	return past.n_doses++;
}

static void compute(void)
{
	history_derive(&shipped.library, &patient);
	assert_i64(limits_compute(&shipped.library, &patient, &limits), LIMITS_OK);
}

static void judge(const struct place *place, const char *with)
{
	struct settings s = {.known = 0};

	add_settings(&s, place->good);
	add_settings(&s, with);
	verdict_judge_settings(
	        &limits, 0, settings_has(&s, ENERGY_UJ) ? FLUENCE_NONE : FLUENCE_REPORTED, &s, &v);
}

/* --- by what was done before ----------------------------------------------------------------- */

struct decided {
	const char *name; /* the rule */
	const struct place *place;
	int32_t days_ago;
	const char *last;        /* with what; NULL: not known */
	const char *at, *beyond; /* the edge, and the first step over it */
};

/* clang-format off */
static const struct decided decided[] = {
	{"step_1064", &yag, 60, "fluence 40 J/cm2", "fluence 45 J/cm2", "fluence 45.000001 J/cm2"},
	{"step_1064", &yag, 60, "fluence 40 J/cm2", "fluence 40 J/cm2, pulse_width 25 ms", "fluence 40 J/cm2, pulse_width 24.999 ms"},
	{"step_long_pulsed", &alex, 60, "fluence 12 J/cm2", "fluence 17 J/cm2", "fluence 17.1 J/cm2"},
	{"step_long_pulsed", &alex, 60, "fluence 12 J/cm2", "fluence 12 J/cm2, pulse_width 15 ms", "fluence 12 J/cm2, pulse_width 14.9 ms"},
	{"step_long_pulsed", &pdl, 60, "fluence 1 J/cm2, pulse_width 30 ms", "fluence 6 J/cm2, pulse_width 30 ms", "fluence 6.25 J/cm2, pulse_width 30 ms"},
	{"one_step_1064", &yag, 60, "fluence 40 J/cm2", "fluence 45 J/cm2, pulse_width 30 ms", "fluence 41 J/cm2, pulse_width 29 ms"},
	{"one_step_1064", &yag, 60, "fluence 40 J/cm2", "fluence 40 J/cm2, pulse_width 25 ms", "fluence 40.1 J/cm2, pulse_width 25 ms"},
	{"one_step_long_pulsed", &alex, 60, "fluence 12 J/cm2", "fluence 17 J/cm2, pulse_width 20 ms", "fluence 17 J/cm2, pulse_width 19.9 ms"},
	{"one_step_long_pulsed", &pdl, 60, "fluence 6 J/cm2, pulse_width 20 ms", "fluence 6 J/cm2, pulse_width 15 ms", "fluence 6.25 J/cm2, pulse_width 15 ms"},
	// five quarters of 20 J/cm2 are 25, of 7.5 9.375, of 124 155
	{"budget_site", &pdl, 27, "fluence 4 J/cm2", "fluence 5.375 J/cm2", "fluence 5.376 J/cm2"},
	{"budget_site", &rf, 27, "fluence 100 J/cm2", "fluence 55 J/cm2", "fluence 55.1 J/cm2"},
};
/* clang-format on */

static void rule_decides_alone(void **state)
{
	const struct decided *row = *state;
	struct treatment *t = &past.treatment[0];

	given(row->place, "II");
	*t = (struct treatment){patient.device_class, patient.site, false, row->days_ago, 0, 1};
	t->first_dose = add_dose(row->place, row->last);
	past.n = 1;
	compute();
	judge(row->place, row->at);
	assert_i64(v.kind, VERDICT_ALLOWED);
	judge(row->place, row->beyond);
	assert_i64(v.kind, VERDICT_HELD);
	assert_i64(v.n_reasons, 1);
	assert_text(reason_id(&v.reason[0]), row->name);
	assert_true(v.has_offer);
}

/* 28 days ago a session is out of the budget. */
static void a_budget_ends_after_28_days(void **state)
{
	(void)state;
	for (int32_t days = 27; days <= 28; days++) {
		given(&rf, "II");
		past.treatment[0] =
		        (struct treatment){patient.device_class, patient.site, false, days, 0, 1};
		past.n = 1;
		(void)add_dose(&rf, "fluence 100 J/cm2");
		compute();
		judge(&rf, "fluence 124 J/cm2");
		assert_i64(v.kind, days == 27 ? VERDICT_HELD : VERDICT_ALLOWED);
	}
}

/* --- where it is not known -------------------------------------------------------------------- */

struct unknown_row {
	const char *name; /* the rules that wait, in the order of the file */
	const struct place *place;
	int32_t days_ago;
	const char *with; /* of the last session; NULL: nothing known */
	const char *asked;
	const char *second; /* NULL: none */
};

/* clang-format off */
static const struct unknown_row unknown_rows[] = {
	{"step_1064", &yag, 60, NULL, "fluence 30 J/cm2", "one_step_1064"},
	{"step_long_pulsed", &alex, 60, NULL, "fluence 12 J/cm2", "one_step_long_pulsed"},
	{"budget_site", &rf, 27, NULL, "fluence 62 J/cm2", NULL},
};
/* clang-format on */

static void rule_waits(void **state)
{
	const struct unknown_row *row = *state;
	const char *second = row->second;

	given(row->place, "II");
	past.treatment[0] =
	        (struct treatment){patient.device_class, patient.site, false, row->days_ago, 0, 0};
	past.n = 1;
	compute();
	judge(row->place, row->asked);
	assert_i64(v.kind, VERDICT_HELD);
	assert_i64(v.n_reasons, second != NULL ? 2 : 1);
	assert_text(reason_id(&v.reason[0]), row->name);
	if (second != NULL)
		assert_text(reason_id(&v.reason[1]), second);
	assert_i64(limits_screening(&limits, 0), VERDICT_HELD);
	assert_i64(limits_screening(&limits, UINT64_MAX), VERDICT_ALLOWED);
}

/* A history that nobody could find: intervals block, whoever clears whatever. */
static void a_past_nobody_knows_is_the_worst(void **state)
{
	static const struct place *const all[] = {&alex, &yag, &pdl, &rf, &nafr, &pins};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		given(all[i], "II");
		past.treatments = HISTORY_UNKNOWN;
		past.test = HISTORY_UNKNOWN;
		compute();
		assert_i64(limits_screening(&limits, UINT64_MAX), VERDICT_BLOCKED);
	}
}

/* --- by the test area ------------------------------------------------------------------------- */

struct tested_row {
	const char *name;
	const struct place *place;
	const char *with; /* it was made; NULL: not known */
	const char *at, *beyond;
};

/* Type III: T. The first session takes four fifths: 12.8 of 16 J/cm2, 32 of 40 mJ, 1200 of 1500
 * /cm2 (its product 20 J/cm2), 39.68 of 49.6 mJ a pin. */
/* clang-format off */
static const struct tested_row tested_rows[] = {
	{"755 nm at 10 J/cm2: 12", &alex, "fluence 10 J/cm2", "fluence 12 J/cm2", "fluence 12.1 J/cm2"},
	{"1550 nm at 10 mJ: 12", &nafr, "energy 10 mJ, density 1000 /cm2", "energy 12 mJ, density 1000 /cm2", "energy 12.001 mJ, density 1000 /cm2"},
	{"and at 1000 /cm2: 1200", &nafr, "energy 10 mJ, density 1000 /cm2", "energy 10 mJ, density 1200 /cm2", "energy 10 mJ, density 1201 /cm2"},
	{"a pin of 160 at 20 mJ: 24", &pins, "energy 20 mJ", "energy 24 mJ", "energy 24.001 mJ"},
};
/* clang-format on */

static void given_test(const struct place *place, const char *with)
{
	given(place, "III");
	past.test = HISTORY_TOLD;
	past.test_area = (struct test_area){true, true, 30, 2, TEST_RESULT_CLEAR, 0, 0};
	if (with == NULL)
		return;
	past.test_area.first_dose = add_dose(place, with);
	past.test_area.n_doses = 1;
}

static void tested_decides_alone(void **state)
{
	const struct tested_row *row = *state;

	given_test(row->place, row->with);
	compute();
	judge(row->place, row->at);
	assert_i64(v.kind, VERDICT_ALLOWED);
	judge(row->place, row->beyond);
	assert_i64(v.kind, VERDICT_HELD);
	assert_i64(v.n_reasons, 1);
	assert_text(reason_id(&v.reason[0]), "tested_dose");
}

static void waits_for_its_own_test(const struct place *place, const char *asked)
{
	judge(place, asked);
	assert_i64(v.kind, VERDICT_HELD);
	assert_i64(v.n_reasons, 1);
	assert_i64(v.reason[0].check, CHECK_SCREENING);
	assert_text(reason_id(&v.reason[0]), "tested_dose");
}

static void another_spot_and_a_dose_nobody_knows_want_their_own_test(void **state)
{
	(void)state;
	given_test(&alex, "fluence 10 J/cm2");
	compute();
	waits_for_its_own_test(&alex, "spot 15 mm, fluence 16 J/cm2");
	given_test(&alex, NULL);
	compute();
	waits_for_its_own_test(&alex, "fluence 8 J/cm2");
	given_test(&pins, "energy 20 mJ");
	compute();
	waits_for_its_own_test(&pins, "handpiece pins_80, energy 20 mJ");
}

/* What a test area of type II is made with binds nobody: its rows ask for none. */
static void where_no_test_is_asked_for_it_binds_nobody(void **state)
{
	(void)state;
	given_test(&alex, "fluence 10 J/cm2");
	answer_well("II");
	compute();
	judge(&alex, "fluence 16 J/cm2");
	assert_i64(v.kind, VERDICT_ALLOWED);
}

/* --- sessions that make a test area ------------------------------------------------------------
 */

static void a_test_area_has_four_pulses_and_the_whole_ceiling(void **state)
{
	static const struct {
		const struct place *place;
		const char *by, *ceiling;
	} rows[] = {{&yag, "test_spot_pulses_1064", "fluence 60 J/cm2"},
	            {&alex, "test_spot_pulses", "fluence 20 J/cm2"},
	            {&rf, "test_spot_pulses", "fluence 124 J/cm2"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		given(rows[i].place, "II");
		compute();
		assert_i64(limits.pulses.most, 0);
		judge(rows[i].place, rows[i].ceiling); /* the first session: four fifths */
		assert_i64(v.kind, VERDICT_HELD);
		assert_text(reason_id(&v.reason[0]), "first_session");
		patient.test_spot = true;
		compute();
		assert_i64(limits.pulses.most, 4);
		assert_text(limits.pulses.by->id, rows[i].by);
		judge(rows[i].place, rows[i].ceiling);
		assert_i64(v.kind, VERDICT_ALLOWED);
	}
}

/* --- who must be there -------------------------------------------------------------------------
 */

static void a_physician_is_on_the_premises(void **state)
{
	(void)state;
	given(&rf, "II");
	compute();
	assert_i64(limits.supervision, SUPERVISION_ON_PREMISES);
	assert_text(limits.supervised_by->id, "supervision_on_premises");
}

/* --- none is left out --------------------------------------------------------------------------
 */

static bool is_tried(const char *id)
{
	static const char *const here[] = {"tested_dose", "test_spot_pulses_1064",
	                                   "test_spot_pulses", "supervision_on_premises",
	                                   "supervision_on_call"};

	for (size_t i = 0; i < ARRAY_LEN(decided); i++)
		if (strcmp(decided[i].name, id) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_LEN(here); i++)
		if (strcmp(here[i], id) == 0)
			return true;
	return false;
}

static void every_rule_on_past_doses_is_tried(void **state)
{
	unsigned n = 0;

	(void)state;
	for (uint32_t i = 0; i < shipped.library.n_rules; i++) {
		const struct rule *r = &shipped.library.rule[i];

		if (r->then[0].kind < EFFECT_STEP || r->then[0].kind == EFFECT_TWO)
			continue; /* not on past doses; how many decide is tried in test_verdict_two
			           */
		if (!is_tried(r->id))
			fail_msg("nobody is decided by %s", r->id);
		n++;
	}
	assert_i64(n, 9);
}

static bool load_shipped(void)
{
	struct complaints c = {0};
	bool ok = config_load_library(SOURCE_DIR "/profiles", &shipped, &c);

	for (size_t i = 0; i < c.count; i++)
		print_error("%s:%d: %s\n", c.list[i].file, c.list[i].line, c.list[i].text);
	complaints_free(&c);
	return ok;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_budget_ends_after_28_days),
	        cmocka_unit_test(a_past_nobody_knows_is_the_worst),
	        cmocka_unit_test(another_spot_and_a_dose_nobody_knows_want_their_own_test),
	        cmocka_unit_test(where_no_test_is_asked_for_it_binds_nobody),
	        cmocka_unit_test(a_test_area_has_four_pulses_and_the_whole_ceiling),
	        cmocka_unit_test(a_physician_is_on_the_premises),
	        cmocka_unit_test(every_rule_on_past_doses_is_tried),
	};
	int failures = 0;

	if (!load_shipped())
		return 1;
	failures += RUN_ROWS("rules on past doses", decided, rule_decides_alone);
	failures += RUN_ROWS("what is not known", unknown_rows, rule_waits);
	failures += RUN_ROWS("the test area", tested_rows, tested_decides_alone);
	failures += cmocka_run_group_tests_name("shipped", tests, NULL, NULL);
	config_free(&shipped);
	return failures != 0;
}
