/*
 * The oracle: pulses on both sides of each limit, grants used up, output that errs. Its library is
 * the shipped one; the numbers of the alexandrite's protocol stand here once more: type III at
 * 18 mm 10..16 J/cm2, pulse width at least 3 ms, cryogen on.
 */
#include "given.h"

#include "sim.h"

#define CASE                                                                                  \
	"{\"device_class\": \"alexandrite_755_lp\", \"indication\": \"hair_removal\", "       \
	"\"site\": \"axilla\", \"facts\": {\"skin_type\": \"%s\", \"last_sun\": \"90 d\", "   \
	"\"visible_tan\": \"no\", \"self_tanner\": \"never\", \"sunscreen\": \"daily\", "     \
	"\"melasma\": \"none\", \"pih_history\": \"no\", \"pregnancy\": \"no\", "             \
	"\"photosensitiser\": \"none\", \"isotretinoin\": \"never\", "                        \
	"\"active_implant\": \"no\", \"metal_in_field\": \"no\", \"anaesthesia\": \"no\", "   \
	"\"open_skin\": \"no\", \"infection_in_field\": \"no\", \"herpes\": \"none\", "       \
	"\"tattoo_in_field\": \"no\", \"suspicious_lesion\": \"no\", "                        \
	"\"photodermatosis\": \"no\", \"age\": \"35\", \"breast_feeding\": \"no\", "          \
	"\"hormonal_therapy\": \"no\", \"immunosuppression\": \"no\", \"epilepsy\": \"no\", " \
	"\"gold_therapy\": \"no\", \"keloid_history\": \"no\", \"vitiligo\": \"none\", "      \
	"\"koebner_in_field\": \"none\", \"filler\": \"never\", \"neurotoxin\": \"never\", "  \
	"\"peel\": \"never\", \"deep_peel\": \"never\", \"microneedling\": \"never\", "       \
	"\"surgery_in_field\": \"never\", \"dark_marking_in_field\": \"no\", "                \
	"\"eyewear\": \"worn\", \"test_area\": \"read_clear\"}}"

static struct config library;

static int setup_library(void **state)
{
	struct complaints c = {0};

	(void)state;
	bool ok = config_load_library(SOURCE_DIR "/profiles", &library, &c);
	complaints_free(&c);
	return ok ? 0 : -1;
}

static int teardown_library(void **state)
{
	(void)state;
	config_free(&library);
	return 0;
}

static int setup(void **state)
{
	struct device *d = calloc(1, sizeof *d);

	d->choices = library.library.choices;
	if (!device_open(d, SOURCE_DIR "/profiles/devices/alexandrite_755.cfg"))
		return -1;
	d->now_ms = 1000;
	d->oracle = oracle_open(&library.library);
	life_set(d, DEVICE_ARMED);
	*state = d;
	return 0;
}

static int teardown(void **state)
{
	struct device *d = *state;

	oracle_close(d->oracle);
	device_close(d);
	free(d);
	return 0;
}

static void treat(struct device *d, const char *skin_type)
{
	char line[3000], why[1000] = "";

	snprintf(line, sizeof line, CASE, skin_type);
	assert_true(oracle_case(d->oracle, d, line, why, sizeof why));
}

static void set(struct device *d, const char *line)
{
	char why[400];

	assert_true(device_set_line(d, line, why, sizeof why));
}

static void grant(struct device *d, const char *json)
{
	char why[1000] = "";

	assert_true(oracle_grant(d->oracle, d, json, why, sizeof why));
}

/* The rule and the sentence of the n-th blame. */
static void assert_blamed(const struct device *d, size_t n, const char *rule, const char *text)
{
	json_t *verdict = oracle_verdict(d->oracle);
	json_t *blame = json_array_get(json_object_get(verdict, "blames"), n);

	assert_non_null(blame);
	assert_text(json_string_value(json_object_get(blame, "rule")), rule);
	assert_contains(json_string_value(json_object_get(blame, "text")), text);
	json_decref(verdict);
}

/* --- one pulse ----------------------------------------------------------------------------------
 */

struct pulse_row {
	const char *name, *skin, *set[3];
	enum device_state state;
	const char *rule, *text; /* NULL: it was allowed */
};

#define ARMED .state = DEVICE_ARMED
#define ROW3  "alex755_18mm_III"

static const struct pulse_row pulse_rows[] = {
        {"at the ceiling it is allowed", "III", {"fluence=16 J/cm2"}, ARMED, NULL, NULL},
        {"one step above the ceiling it is not",
         "III",
         {"fluence=16.1 J/cm2"},
         ARMED,
         ROW3,
         "fluence 16.1 J/cm2 is above 16 J/cm2 (alex755_18mm_III) [CAN13]"},
        {"another skin type has another ceiling", "II", {"fluence=16.1 J/cm2"}, ARMED, NULL, NULL},
        {"a pulse shorter than the floor",
         "III",
         {"pulse_width=2.9 ms"},
         ARMED,
         ROW3,
         "pulse width 2.9 ms is below 3 ms"},
        {"without cooling", "III", {"cooling=none"}, ARMED, ROW3, "cooling none"},
        {"another spot has another ceiling",
         "III",
         {"spot=8 mm", "fluence=40 J/cm2"},
         ARMED,
         NULL,
         NULL},
        {"a spot that no row knows",
         "III",
         {"spot=24 mm"},
         ARMED,
         "alex755_8mm_III",
         "no protocol for spot diameter 24 mm"},
        {"nobody armed it",
         "III",
         {NULL},
         DEVICE_STANDBY,
         "emission_without_ready",
         "it left in the state \"standby\""},
        {"nor while it gets ready",
         "III",
         {NULL},
         DEVICE_READY_DELAY,
         "emission_without_ready",
         "it left in the state \"getting ready\""},
        {"while it emits it may", "III", {NULL}, DEVICE_EMITTING, NULL, NULL},
        {"what comes out may be a fifth more",
         "III",
         {"fluence=16 J/cm2", "output=120 %"},
         ARMED,
         NULL,
         NULL},
        {"and not more than that",
         "III",
         {"fluence=16 J/cm2", "output=121 %"},
         ARMED,
         ROW3,
         "fluence 19.36 J/cm2 came out, 121 % of what was set"},
        {"far below the ceiling it may",
         "III",
         {"fluence=10 J/cm2", "output=150 %"},
         ARMED,
         NULL,
         NULL},
        {"a type that a physician decides on waits for one",
         "V",
         {"spot=10 mm", "fluence=16 J/cm2"},
         ARMED,
         "alex755_10mm_V",
         "a physician decides on this patient first: status M"},
};

static void a_pulse_is_allowed_or_blamed(void **state)
{
	const struct pulse_row *row = *state;
	void *made;

	assert_i64(setup(&made), 0);
	struct device *d = made;
	treat(d, row->skin);
	for (int i = 0; i < 3 && row->set[i] != NULL; i++)
		set(d, row->set[i]);
	life_set(d, row->state);
	life_fire(d);
	assert_i64(oracle_blamed(d->oracle), row->rule != NULL);
	if (row->rule != NULL)
		assert_blamed(d, 0, row->rule, row->text);
	teardown(&made);
}

static void without_a_case_nothing_may_leave(void **state)
{
	struct device *d = *state;
	char why[100] = "";

	life_fire(d);
	treat(d, "III");
	life_fire(d);
	assert_true(oracle_case(d->oracle, d, "none", why, sizeof why));
	life_fire(d);
	assert_i64(oracle_blamed(d->oracle), 2);
	assert_blamed(d, 1, "no_case",
	              "pulse 3 at 1.000 s: it left while nobody was to be treated");
}

static void a_case_that_is_wrong_is_no_case(void **state)
{
	struct device *d = *state;
	char why[1000] = "";

	treat(d, "III");
	assert_false(oracle_case(d->oracle, d, "{\"device_class\": \"ipl\"", why, sizeof why));
	assert_contains(why, "this is no JSON");
	life_fire(d);
	assert_blamed(d, 0, "no_case", "nobody");
}

/* --- grants
 * ------------------------------------------------------------------------------------------ */

static void a_grant_is_for_so_many_pulses_with_exactly_these_settings(void **state)
{
	struct device *d = *state;

	treat(d, "III");
	grant(d, "{\"settings\": {\"fluence\": \"18 J/cm2\"}, \"pulses\": 2}");
	set(d, "fluence=18 J/cm2");
	life_fire(d);
	life_fire(d);
	assert_i64(oracle_blamed(d->oracle), 0);
	life_fire(d);
	assert_i64(oracle_blamed(d->oracle), 1);
	assert_blamed(d, 0, ROW3, "fluence 18 J/cm2 is above 16 J/cm2");
	grant(d, "{\"settings\": {\"fluence\": \"18 J/cm2\"}}");
	set(d, "pulse_width=4 ms"); /* was 3 when it was granted */
	life_fire(d);
	assert_i64(oracle_blamed(d->oracle), 2);
	set(d, "pulse_width=3 ms");
	life_fire(d);
	assert_i64(oracle_blamed(d->oracle), 2);
	grant(d, "none");
	life_fire(d);
	assert_i64(oracle_blamed(d->oracle), 3);
}

static void a_grant_lasts_so_long_from_its_first_use(void **state)
{
	struct device *d = *state;

	treat(d, "III");
	grant(d, "{\"settings\": {\"fluence\": \"18 J/cm2\"}, \"seconds\": 10}");
	d->now_ms += 60000; /* not used yet */
	set(d, "fluence=18 J/cm2");
	oracle_written(d->oracle, d);
	d->now_ms += 10000;
	life_fire(d);
	assert_i64(oracle_blamed(d->oracle), 0);
	d->now_ms += 1;
	life_fire(d);
	assert_i64(oracle_blamed(d->oracle), 1);
}

static void a_grant_does_not_open_a_hard_limit(void **state)
{
	struct device *d = *state;

	treat(d, "III");
	grant(d, "{\"settings\": {\"fluence\": \"51 J/cm2\"}}");
	set(d, "fluence=51 J/cm2");
	life_fire(d);
	assert_blamed(d, 0, ROW3, "51 J/cm2");
}

static void a_grant_is_for_what_was_set_and_a_fifth(void **state)
{
	struct device *d = *state;

	treat(d, "III");
	grant(d, "{\"settings\": {\"fluence\": \"18 J/cm2\"}}");
	set(d, "fluence=18 J/cm2");
	set(d, "output=120 %");
	life_fire(d);
	assert_i64(oracle_blamed(d->oracle), 0);
	set(d, "output=125 %");
	life_fire(d);
	assert_blamed(d, 0, "output_tolerance", "fluence 22.5 J/cm2 came out, 125 %");
}

static void a_screening_reason_may_be_cleared(void **state)
{
	struct device *d = *state;

	treat(d, "V");
	set(d, "spot=10 mm");
	set(d, "fluence=16 J/cm2");
	grant(d, "{\"screening\": [\"status M\"]}");
	life_fire(d);
	assert_i64(oracle_blamed(d->oracle), 0);
}

/* --- what the gate cannot prevent
 * ------------------------------------------------------------------- */

static void soon_after_a_knob_was_turned_a_pulse_is_counted_apart(void **state)
{
	struct device *d = *state;
	json_t *verdict;

	treat(d, "III");
	oracle_grace(d->oracle, 300);
	set(d, "fluence=25 J/cm2");
	d->now_ms += 299;
	life_fire(d);
	assert_i64(oracle_blamed(d->oracle), 0);
	d->now_ms += 1;
	life_fire(d);
	assert_i64(oracle_blamed(d->oracle), 1);
	verdict = oracle_verdict(d->oracle);
	assert_text(json_string_value(json_object_get(verdict, "verdict")), "blamed");
	assert_i64(json_integer_value(json_object_get(verdict, "pulses")), 2);
	assert_i64(json_integer_value(json_object_get(verdict, "in_grace")), 1);
	json_decref(verdict);
}

/* --- what is refused
 * --------------------------------------------------------------------------------- */

struct refused_row {
	const char *name, *skin, *grant, *why;
};

static const struct refused_row refused_rows[] = {
        {"a grant without a case", NULL, "{\"settings\": {}}", "a grant is for a case"},
        {"a grant that is no JSON", "III", "{", "this is no JSON"},
        {"a grant of nothing", "III", "{\"pulses\": 3}", "a grant has settings, or screening"},
        {"a slip in its keys", "III", "{\"settigs\": {}}", "did you mean \"settings\"?"},
        {"a slip in a parameter", "III", "{\"settings\": {\"flunce\": \"1 J/cm2\"}}",
         "there is no parameter \"flunce\""},
        {"a value without its unit", "III", "{\"settings\": {\"fluence\": \"18\"}}",
         "the unit is missing"},
        {"no pulses", "III", "{\"settings\": {}, \"pulses\": 0}", "pulses is a whole number"},
        {"a reason this case does not have", "III", "{\"screening\": [\"status M\"]}",
         "unknown reason of this case \"status M\""},
};

static void a_grant_not_understood_is_refused(void **state)
{
	const struct refused_row *row = *state;
	char why[1000] = "";
	void *made;

	assert_i64(setup(&made), 0);
	struct device *d = made;
	if (row->skin != NULL)
		treat(d, row->skin);
	assert_false(oracle_grant(d->oracle, d, row->grant, why, sizeof why));
	assert_contains(why, row->why);
	teardown(&made);
}

struct case_row {
	const char *name, *line, *why;
};

static const struct case_row case_rows[] = {
        {"a class of another device",
         "{\"device_class\": \"ipl\", \"indication\": \"hair_removal\", \"site\": \"axilla\"}",
         "the case is for ipl, and the device is of alexandrite_755_lp"},
        {"a site the library does not know",
         "{\"device_class\": \"alexandrite_755_lp\", \"indication\": \"hair_removal\", \"site\": "
         "\"axila\"}",
         "site \"axila\" is not known"},
        {"settings, which the device says itself",
         "{\"device_class\": \"alexandrite_755_lp\", \"indication\": \"hair_removal\", \"site\": "
         "\"axilla\", \"settings\": {\"fluence\": \"10 J/cm2\"}}",
         "a case has no settings"},
};

static void a_case_not_understood_is_refused(void **state)
{
	const struct case_row *row = *state;
	char why[1000] = "";
	void *made;

	assert_i64(setup(&made), 0);
	struct device *d = made;
	assert_false(oracle_case(d->oracle, d, row->line, why, sizeof why));
	assert_contains(why, row->why);
	teardown(&made);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(without_a_case_nothing_may_leave),
	        T(a_case_that_is_wrong_is_no_case),
	        T(a_grant_is_for_so_many_pulses_with_exactly_these_settings),
	        T(a_grant_lasts_so_long_from_its_first_use),
	        T(a_grant_does_not_open_a_hard_limit),
	        T(a_grant_is_for_what_was_set_and_a_fifth),
	        T(a_screening_reason_may_be_cleared),
	        T(soon_after_a_knob_was_turned_a_pulse_is_counted_apart),
	};
	int failures;

	if (setup_library(NULL) != 0)
		return 1;
	failures = cmocka_run_group_tests_name("oracle", tests, NULL, NULL);
	failures += RUN_ROWS("oracle: pulses", pulse_rows, a_pulse_is_allowed_or_blamed);
	failures +=
	        RUN_ROWS("oracle: grants refused", refused_rows, a_grant_not_understood_is_refused);
	failures += RUN_ROWS("oracle: cases refused", case_rows, a_case_not_understood_is_refused);
	teardown_library(NULL);
	return failures != 0;
}
