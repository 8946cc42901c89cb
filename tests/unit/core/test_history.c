#include "given.h"
#include "given_library.h"

#include "core/history.h"

/* The given library with an ablative class, the four answers of a test area and what is derived. */
enum more_facts { SAME = GIVEN_FACTS, OTHER, ABLATIVE, WAIT, FIRST, SESSIONS, ALL };
#define CO2 2

static struct given_library g;

static void derived_fact(enum more_facts at, const char *name, enum derive derive)
{
	g.fact[at] = (struct fact){.kind = FACT_DAYS, .derive = derive};
	memcpy(g.fact[at].name, name, strlen(name) + 1);
}

static void the_library(void)
{
	static const char *const classes[] = {"alexandrite_755_lp", "ndyag_1064_lp",
	                                      "co2_fractional"};
	static const char *const states[] = {"read_clear", "made_not_read", "none", "reaction"};

	given_library(&g);
	given_symbols(&g.lib.classes, classes, 3);
	g.fact[GIVEN_TEST_AREA].n_values = 4;
	for (int i = 0; i < 4; i++)
		memcpy(g.fact[GIVEN_TEST_AREA].value[i], states[i], strlen(states[i]) + 1);
	derived_fact(SAME, "since_same", DERIVE_SAME_CLASS);
	derived_fact(OTHER, "since_other", DERIVE_OTHER_CLASS);
	derived_fact(ABLATIVE, "since_ablative", DERIVE_ABLATIVE);
	derived_fact(WAIT, "waited", DERIVE_TEST_WAIT);
	derived_fact(FIRST, "first", DERIVE_FIRST);
	g.fact[FIRST].kind = FACT_CHOICE;
	g.fact[FIRST].n_values = 2;
	derived_fact(SESSIONS, "sessions", DERIVE_SESSIONS);
	g.fact[SESSIONS].kind = FACT_NUMBER;
	g.lib.n_facts = ALL;
}

/* A session of today on the face with the 755 nm laser. */
static struct patient_case today(void)
{
	return (struct patient_case){.device_class = GIVEN_ALEX,
	                             .indication = GIVEN_HAIR,
	                             .site = GIVEN_FACE,
	                             .today = GIVEN_TODAY,
	                             .facts = given_facts(2)};
}

static struct history past;

/* The treatments are told, the test area is not. */
static struct history *told(uint16_t n, const struct treatment *treatment)
{
	history_forget(&past);
	past.treatments = HISTORY_TOLD;
	past.n = n;
	for (uint16_t i = 0; i < n; i++)
		past.treatment[i] = treatment[i];
	return &past;
}

static struct history *tested(struct test_area area)
{
	history_forget(&past);
	past.test = HISTORY_TOLD;
	past.test_area = area;
	return &past;
}

static int64_t risk_of(const struct patient_case *c, int fact)
{
	return fact_risk(&g.fact[fact], &c->facts.answer[fact], c->today);
}

/* ---- treatments ---- */

#define NEVER INT64_MIN

static const struct past_row {
	const char *name;
	uint16_t n;
	struct treatment treatment[3];
	int64_t same, other, ablative, first; /* as risks */
} past_rows[] = {
        {"nothing before: never, and the first", 0, {{0}}, NEVER, NEVER, NEVER, 1},
        {"ten days ago", 1, {{GIVEN_ALEX, GIVEN_FACE, false, 10, 0, 0}}, -10, NEVER, NEVER, 0},
        {"today already", 1, {{GIVEN_ALEX, GIVEN_FACE, false, 0, 0, 0}}, 0, NEVER, NEVER, 0},
        {"another site: not this skin, but not the first",
         1,
         {{GIVEN_ALEX, GIVEN_NECK, false, 10, 0, 0}},
         NEVER,
         NEVER,
         NEVER,
         0},
        {"another class here",
         1,
         {{GIVEN_NDYAG, GIVEN_FACE, false, 10, 0, 0}},
         NEVER,
         -10,
         NEVER,
         1},
        {"another class elsewhere",
         1,
         {{GIVEN_NDYAG, GIVEN_NECK, false, 10, 0, 0}},
         NEVER,
         NEVER,
         NEVER,
         1},
        {"an ablative one is another too",
         1,
         {{CO2, GIVEN_FACE, false, 50, 0, 0}},
         NEVER,
         -50,
         -50,
         1},
        {"a test area is no treatment",
         2,
         {{GIVEN_ALEX, GIVEN_FACE, true, 5, 0, 0}, {CO2, GIVEN_FACE, true, 5, 0, 0}},
         NEVER,
         NEVER,
         NEVER,
         1},
        {"the last one counts, wherever it stands",
         3,
         {{GIVEN_ALEX, GIVEN_FACE, false, 80, 0, 0},
          {GIVEN_ALEX, GIVEN_FACE, false, 40, 0, 0},
          {GIVEN_ALEX, GIVEN_FACE, false, 60, 0, 0}},
         -40,
         NEVER,
         NEVER,
         0},
        {"each by itself",
         3,
         {{GIVEN_ALEX, GIVEN_FACE, false, 30, 0, 0},
          {GIVEN_NDYAG, GIVEN_FACE, false, 20, 0, 0},
          {CO2, GIVEN_FACE, false, 90, 0, 0}},
         -30,
         -20,
         -90,
         0},
        {"a day to come is not known: the riskiest",
         1,
         {{GIVEN_ALEX, GIVEN_FACE, false, -1, 0, 0}},
         RISK_UNKNOWN,
         NEVER,
         NEVER,
         0},
        {"on a day nobody knows: likewise",
         2,
         {{GIVEN_ALEX, GIVEN_FACE, false, DAYS_NOT_KNOWN, 0, 0},
          {GIVEN_ALEX, GIVEN_FACE, false, 9, 0, 0}},
         RISK_UNKNOWN,
         NEVER,
         NEVER,
         0},
        {"a class that is not named is another, and ablative",
         1,
         {{NOT_NAMED, GIVEN_FACE, false, 3, 0, 0}},
         NEVER,
         -3,
         -3,
         1},
        {"so is one this library does not have",
         1,
         {{3, GIVEN_FACE, false, 3, 0, 0}},
         NEVER,
         -3,
         -3,
         1},
        {"a site that is not named is this one",
         1,
         {{GIVEN_ALEX, NOT_NAMED, false, 3, 0, 0}},
         -3,
         NEVER,
         NEVER,
         0},
};

static void past_is(void **state)
{
	const struct past_row *r = *state;
	struct history *h = told(r->n, r->treatment);
	struct patient_case c = today();

	the_library();
	c.history = h;
	history_derive(&g.lib, &c);
	assert_i64(risk_of(&c, SAME), r->same);
	assert_i64(risk_of(&c, OTHER), r->other);
	assert_i64(risk_of(&c, ABLATIVE), r->ablative);
	assert_i64(risk_of(&c, FIRST), r->first);
	assert_i64(risk_of(&c, GIVEN_TEST_AREA), 0);
	assert_false(c.facts.answer[WAIT].given);
}

static int64_t since_same(uint8_t then, uint8_t now)
{
	struct treatment t = {GIVEN_ALEX, then, false, 10, 0, 0};
	struct patient_case c = today();

	c.history = told(1, &t);
	c.site = now;
	history_derive(&g.lib, &c);
	return risk_of(&c, SAME);
}

static void a_site_is_met_by_what_lies_in_it_and_what_it_lies_in(void **state)
{
	(void)state;
	the_library();
	g.lib.site[GIVEN_FACE].inside = UINT64_C(1) << GIVEN_NECK;
	assert_i64(since_same(GIVEN_NECK, GIVEN_FACE), -10);
	assert_i64(since_same(GIVEN_FACE, GIVEN_NECK), -10);
	assert_i64(since_same(GIVEN_LEG, GIVEN_FACE), NEVER);
	assert_i64(since_same(GIVEN_NECK, GIVEN_LEG), NEVER);
	assert_i64(since_same(SITES_MAX, GIVEN_FACE), -10); /* one the library does not have */
	assert_i64(since_same(GIVEN_FACE, NOT_NAMED), -10);
}

static void two_classes_without_a_name_are_not_the_same(void **state)
{
	struct treatment t = {NOT_NAMED, GIVEN_FACE, false, 10, 0, 0};
	struct patient_case c = today();

	(void)state;
	the_library();
	c.device_class = NOT_NAMED;
	c.history = told(1, &t);
	history_derive(&g.lib, &c);
	assert_i64(risk_of(&c, SAME), NEVER);
	assert_i64(risk_of(&c, OTHER), -10);
}

static void every_ablative_class_is_one(void **state)
{
	static const char *const names[] = {"co2_fractional", "eryag_fractional",
	                                    "ablative_full_field"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct treatment t = {CO2, GIVEN_FACE, false, 7, 0, 0};
		struct patient_case c = today();

		the_library();
		memcpy(g.lib.classes.name[CO2], names[i], strlen(names[i]) + 1);
		c.history = told(1, &t);
		history_derive(&g.lib, &c);
		assert_i64(risk_of(&c, ABLATIVE), -7);
	}
}

static void sessions_of_twelve_months_are_counted(void **state)
{
	static const struct treatment all[] = {{GIVEN_ALEX, GIVEN_FACE, false, 365, 0, 0},
	                                       {GIVEN_ALEX, GIVEN_FACE, false, 366, 0, 0},
	                                       {GIVEN_ALEX, GIVEN_FACE, false, 28, 0, 0},
	                                       {GIVEN_ALEX, GIVEN_FACE, true, 28, 0, 0},
	                                       {GIVEN_ALEX, GIVEN_NECK, false, 28, 0, 0},
	                                       {GIVEN_NDYAG, GIVEN_FACE, false, 28, 0, 0},
	                                       {GIVEN_ALEX, GIVEN_FACE, false, -1, 0, 0}};
	struct patient_case c = today();

	(void)state;
	the_library();
	c.history = told(ARRAY_LEN(all), all);
	history_derive(&g.lib, &c);
	assert_i64(risk_of(&c, SESSIONS), 3);
	c.history = told(0, NULL);
	history_derive(&g.lib, &c);
	assert_i64(risk_of(&c, SESSIONS), 0);
}

/* ---- the test area ---- */

static const struct test_row {
	const char *name;
	struct test_area test;
	bool test_spot; /* the session makes a test area */
	bool sound;
	int64_t state, waited; /* as risks; waited NEVER: not derived */
} test_rows[] = {
        {"none was made", {false, false, 0, 0, TEST_RESULT_NONE, 0, 0}, false, true, 2, NEVER},
        {"made, not read", {true, false, 20, 0, TEST_RESULT_NONE, 0, 0}, false, true, 1, NEVER},
        {"read clear after fourteen days",
         {true, true, 20, 6, TEST_RESULT_CLEAR, 0, 0},
         false,
         true,
         0,
         -14},
        {"read on the same day", {true, true, 6, 6, TEST_RESULT_CLEAR, 0, 0}, false, true, 0, 0},
        {"made and read today", {true, true, 0, 0, TEST_RESULT_CLEAR, 0, 0}, false, true, 0, 0},
        {"read with a reaction",
         {true, true, 20, 6, TEST_RESULT_REACTION, 0, 0},
         false,
         true,
         3,
         -14},
        {"a reaction counts before the reading",
         {true, false, 2, 0, TEST_RESULT_REACTION, 0, 0},
         false,
         true,
         3,
         NEVER},
        {"read without a result is not read",
         {true, true, 20, 6, TEST_RESULT_NONE, 0, 0},
         false,
         true,
         1,
         -14},
        {"clear without reading",
         {true, false, 20, 0, TEST_RESULT_CLEAR, 0, 0},
         false,
         false,
         RISK_UNKNOWN,
         RISK_UNKNOWN},
        {"read before it was made",
         {true, true, 6, 7, TEST_RESULT_CLEAR, 0, 0},
         false,
         false,
         RISK_UNKNOWN,
         RISK_UNKNOWN},
        {"to be read tomorrow",
         {true, true, 6, -1, TEST_RESULT_CLEAR, 0, 0},
         false,
         false,
         RISK_UNKNOWN,
         RISK_UNKNOWN},
        {"to be made tomorrow",
         {true, false, -1, 0, TEST_RESULT_NONE, 0, 0},
         false,
         false,
         RISK_UNKNOWN,
         RISK_UNKNOWN},
        {"read and never made",
         {false, true, 0, 0, TEST_RESULT_NONE, 0, 0},
         false,
         false,
         RISK_UNKNOWN,
         RISK_UNKNOWN},
        {"a result and never made",
         {false, false, 0, 0, TEST_RESULT_CLEAR, 0, 0},
         false,
         false,
         RISK_UNKNOWN,
         RISK_UNKNOWN},
        {"said to be read clear, on a day nobody knows",
         {true, true, DAYS_NOT_KNOWN, DAYS_NOT_KNOWN, TEST_RESULT_CLEAR, 0, 0},
         false,
         true,
         0,
         RISK_UNKNOWN},
        {"made on a day nobody knows, read six days ago",
         {true, true, DAYS_NOT_KNOWN, 6, TEST_RESULT_CLEAR, 0, 0},
         false,
         true,
         0,
         RISK_UNKNOWN},
        {"made twenty days ago, read on a day nobody knows",
         {true, true, 20, DAYS_NOT_KNOWN, TEST_RESULT_CLEAR, 0, 0},
         false,
         true,
         0,
         RISK_UNKNOWN},
        {"made on a day nobody knows, to be read tomorrow",
         {true, true, DAYS_NOT_KNOWN, -1, TEST_RESULT_CLEAR, 0, 0},
         false,
         false,
         RISK_UNKNOWN,
         RISK_UNKNOWN},
        {"a session that makes one does not wait for the last",
         {true, true, 20, 19, TEST_RESULT_CLEAR, 0, 0},
         true,
         true,
         0,
         NEVER},
};

static void test_is(void **state)
{
	const struct test_row *r = *state;
	struct patient_case c = today();

	the_library();
	c.test_spot = r->test_spot;
	c.history = tested(r->test);
	assert_int_equal(test_area_sound(&r->test), r->sound);
	history_derive(&g.lib, &c);
	assert_i64(risk_of(&c, GIVEN_TEST_AREA), r->state);
	assert_i64(risk_of(&c, WAIT), r->waited);
	assert_int_equal(c.facts.answer[WAIT].given, r->waited != NEVER);
	assert_false(c.facts.answer[SAME].given);
}

static void what_the_library_has_no_word_for_is_not_known(void **state)
{
	struct patient_case c = today();

	(void)state;
	the_library();
	memcpy(g.fact[GIVEN_TEST_AREA].value[1], "waiting", 8);
	c.history = tested((struct test_area){.made = true, .made_days_ago = 3});
	history_derive(&g.lib, &c);
	assert_i64(risk_of(&c, GIVEN_TEST_AREA), RISK_UNKNOWN);
}

/* ---- nothing told, and nothing known ---- */

static void nothing_is_derived_from(const struct history *h)
{
	struct patient_case c = today();

	the_library();
	c.history = h;
	history_derive(&g.lib, &c);
	for (int i = SAME; i < ALL; i++) {
		assert_false(c.facts.answer[i].given);
		assert_i64(risk_of(&c, i), NEVER);
	}
	assert_i64(risk_of(&c, GIVEN_TEST_AREA), 0);
	assert_i64(risk_of(&c, GIVEN_SKIN_TYPE), 1);
}

static void when_nobody_told_nothing_is_derived_and_no_answer_touched(void **state)
{
	(void)state;
	nothing_is_derived_from(NULL);
	history_forget(&past);
	nothing_is_derived_from(&past);
}

static void what_was_looked_for_and_is_not_known_is_the_riskiest(void **state)
{
	struct patient_case c = today();
	char words[40];

	(void)state;
	the_library();
	history_forget(&past);
	past.treatments = HISTORY_UNKNOWN;
	past.test = HISTORY_UNKNOWN;
	c.history = &past;
	history_derive(&g.lib, &c);
	for (int i = SAME; i < ALL; i++) {
		assert_i64(risk_of(&c, i), RISK_UNKNOWN);
		fact_format(&g.fact[i], &c.facts.answer[i], c.today, words, sizeof words);
		assert_string_equal(words, "unknown");
	}
	assert_i64(risk_of(&c, GIVEN_TEST_AREA), RISK_UNKNOWN); /* whatever a person answered */
	assert_i64(risk_of(&c, GIVEN_SKIN_TYPE), 1);

	c = today();
	c.test_spot = true;
	c.history = &past;
	history_derive(&g.lib, &c);
	assert_i64(risk_of(&c, WAIT), NEVER);
	assert_i64(risk_of(&c, FIRST), RISK_UNKNOWN);
}

static void treatments_and_the_test_area_are_told_each_by_itself(void **state)
{
	struct patient_case c = today();

	(void)state;
	the_library();
	c.history = told(0, NULL);
	past.test = HISTORY_UNKNOWN;
	history_derive(&g.lib, &c);
	assert_i64(risk_of(&c, FIRST), 1);
	assert_i64(risk_of(&c, WAIT), RISK_UNKNOWN);
	past.treatments = HISTORY_UNKNOWN;
	past.test = HISTORY_SILENT;
	history_derive(&g.lib, &c);
	assert_i64(risk_of(&c, FIRST), RISK_UNKNOWN);
	assert_i64(risk_of(&c, WAIT), NEVER);
}

/* A rule on it: silent without history, applied with it. */
static void a_rule_speaks_only_with_history(void **state)
{
	static struct limits l;
	struct treatment t = {GIVEN_ALEX, GIVEN_FACE, false, 28, 0, 0};
	struct patient_case c = today();

	(void)state;
	the_library();
	given_add_rule(&g, (struct rule){.id = "interval",
	                                 .reason = "too soon",
	                                 .n_when = 1,
	                                 .when = {{SAME, -27}},
	                                 .n_then = 1,
	                                 .then = {{.kind = EFFECT_BLOCK}}});
	history_derive(&g.lib, &c);
	assert_i64(limits_compute(&g.lib, &c, &l), LIMITS_OK);
	assert_i64(limits_screening(&l, 0), VERDICT_ALLOWED);

	c.history = told(1, &t);
	history_derive(&g.lib, &c);
	assert_i64(limits_compute(&g.lib, &c, &l), LIMITS_OK);
	assert_i64(limits_screening(&l, 0), VERDICT_ALLOWED);

	past.treatment[0].days_ago = 27;
	history_derive(&g.lib, &c);
	assert_i64(limits_compute(&g.lib, &c, &l), LIMITS_OK);
	assert_i64(limits_screening(&l, 0), VERDICT_BLOCKED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_ablative_class_is_one),
	        cmocka_unit_test(two_classes_without_a_name_are_not_the_same),
	        cmocka_unit_test(a_site_is_met_by_what_lies_in_it_and_what_it_lies_in),
	        cmocka_unit_test(sessions_of_twelve_months_are_counted),
	        cmocka_unit_test(what_the_library_has_no_word_for_is_not_known),
	        cmocka_unit_test(when_nobody_told_nothing_is_derived_and_no_answer_touched),
	        cmocka_unit_test(what_was_looked_for_and_is_not_known_is_the_riskiest),
	        cmocka_unit_test(treatments_and_the_test_area_are_told_each_by_itself),
	        cmocka_unit_test(a_rule_speaks_only_with_history),
	};
	int failures = 0;

	failures += RUN_ROWS("treatments", past_rows, past_is);
	failures += RUN_ROWS("the test area", test_rows, test_is);
	failures += cmocka_run_group_tests_name("history", tests, NULL, NULL);
	return failures != 0;
}
