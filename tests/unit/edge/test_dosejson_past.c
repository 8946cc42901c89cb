#include <stdlib.h>

#include "given.h"
#include "edge/dosejson_past.h"

#define TODAY 20000 /* 2024-10-04 */

/*  classes alex 0, yag 1; sites face 0, cheek 1 (in the face), back 2 */
static void names(struct library *lib)
{
	*lib = (struct library){.n_facts = 0};
	symbols_intern(&lib->classes, "alex");
	symbols_intern(&lib->classes, "yag");
	symbols_intern(&lib->sites, "face");
	symbols_intern(&lib->sites, "cheek");
	symbols_intern(&lib->sites, "back");
	symbols_intern(&lib->choices, "cryogen");
	lib->site[0].inside = 1u << 1;
}

static struct history read_of(const char *text, uint8_t site, bool told_all)
{
	static struct library lib;
	struct patient_case c = {.device_class = 0, .site = site, .today = TODAY};
	struct history h;
	json_t *bodies = json_loads(text, 0, NULL);

	assert_non_null(bodies);
	names(&lib);
	past_read(&lib, bodies, &c, told_all, &h);
	json_decref(bodies);
	return h;
}

#define BEGINS(session, day, settings)                           \
	"{\"event\":\"begins\",\"session\":" session             \
	",\"device_class\":\"alex\",\"site\":\"face\",\"kind\":" \
	"\"treatment\",\"day\":\"" day "\",\"settings\":{" settings "}}"
#define DOSE(session, settings) \
	"{\"event\":\"dose\",\"session\":" session ",\"settings\":{" settings "}}"
#define ENDED(session, fired) "{\"event\":\"ended\",\"session\":" session ",\"fired\":" fired "}"
#define TEST(day)                                                                               \
	"{\"event\":\"elsewhere\",\"device_class\":\"alex\",\"site\":\"face\",\"kind\":\"test_" \
	"spot\","                                                                               \
	"\"day\":\"" day "\"}"
#define READ(day, result)                                                                \
	"{\"event\":\"read\",\"device_class\":\"alex\",\"site\":\"face\",\"day\":\"" day \
	"\",\"result\":\"" result "\"}"
#define MM18 "\"spot\":\"18 mm\",\"cooling\":\"cryogen\","

static void nothing_told_and_nothing_known(void **state)
{
	struct history h = read_of("[]", 0, false);

	(void)state;
	assert_i64(h.treatments, HISTORY_UNKNOWN);
	assert_i64(h.test, HISTORY_UNKNOWN);
	h = read_of("[]", 0, true);
	assert_i64(h.treatments, HISTORY_TOLD);
	assert_i64(h.test, HISTORY_TOLD);
	assert_i64(h.n, 0);
	assert_false(h.test_area.made);
}

static void days_are_counted_to_today(void **state)
{
	struct history h = read_of(
	        "[" BEGINS("1", "2024-10-04", "") "," BEGINS("2", "2024-09-04", "") "," BEGINS(
	                "3", "2024-10-05", "") "," BEGINS("4", "2024-02-30", "") "]",
	        0, true);

	(void)state;
	assert_i64(h.n, 4);
	assert_i64(h.treatment[0].days_ago, 0);
	assert_i64(h.treatment[1].days_ago, 30);
	assert_i64(h.treatment[2].days_ago, 0); /* a day to come */
	assert_i64(h.treatment[3].days_ago, DAYS_NOT_KNOWN);
}

static void a_session_that_never_fired_is_none_and_one_without_an_end_is(void **state)
{
	struct history h =
	        read_of("[" BEGINS("1", "2024-09-01", "") "," ENDED("1", "false") "," BEGINS(
	                        "2", "2024-09-02",
	                        "") "," ENDED("2", "true") "," BEGINS("3", "2024-09-03", "") "]",
	                0, true);

	(void)state;
	assert_i64(h.n, 2);
	assert_i64(h.treatment[0].days_ago, 32);
	assert_i64(h.treatment[1].days_ago, 31);
}

static void the_highest_dose_of_each_spot_is_kept(void **state)
{
	struct history h = read_of(
	        "[" BEGINS("1", "2024-09-01", MM18 "\"fluence\":\"12 J/cm2\"") "," DOSE("1", MM18 "\"fluence\":\"16 J/cm2\"") "," DOSE(
	                "1", MM18
	                "\"fluence\":\"14 J/cm2\"") "," DOSE("1",
	                                                     "\"spot\":\"12 "
	                                                     "mm\",\"cooling\":"
	                                                     "\"cryogen\",\"fluence\":"
	                                                     "\"20 J/cm2\"") "," DOSE("2", MM18
	                                                                              "\""
	                                                                              "fl"
	                                                                              "ue"
	                                                                              "nc"
	                                                                              "e"
	                                                                              "\""
	                                                                              ":"
	                                                                              "\""
	                                                                              "40"
	                                                                              " J"
	                                                                              "/c"
	                                                                              "m2"
	                                                                              "\"") "]",
	        0, true);

	(void)state;
	assert_i64(h.n, 1);
	assert_i64(h.treatment[0].n_doses, 2);
	assert_i64(h.dose[0].value[FLUENCE_UJ_CM2], 16000000);
	assert_i64(h.dose[0].value[SPOT_UM], 18000);
	assert_i64(h.dose[1].value[FLUENCE_UJ_CM2], 20000000);
}

static void two_sessions_side_by_side_keep_their_doses(void **state)
{
	struct history h = read_of(
	        "[" BEGINS("1", "2024-09-01", MM18 "\"fluence\":\"12 J/cm2\"") "," BEGINS(
	                "2", "2024-09-01",
	                MM18
	                "\"fluence\":\"10 J/cm2\"") "," DOSE("1",
	                                                     "\"spot\":\"12 mm\",\"fluence\":\"20 "
	                                                     "J/cm2\"") "]",
	        0, true);

	(void)state;
	assert_i64(h.n, 2);
	assert_i64(h.treatment[0].first_dose, 0);
	assert_i64(h.treatment[0].n_doses, 2);
	assert_i64(h.dose[1].value[FLUENCE_UJ_CM2], 20000000);
	assert_i64(h.treatment[1].first_dose, 2);
	assert_i64(h.treatment[1].n_doses, 1);
	assert_i64(h.dose[2].value[FLUENCE_UJ_CM2], 10000000);
}

static void what_the_library_has_no_name_for_is_not_named(void **state)
{
	struct history h =
	        read_of("[{\"event\":\"elsewhere\",\"device_class\":\"co2\",\"site\":\"leg\","
	                "\"kind\":\"treatment\",\"day\":\"2024-10-03\",\"settings\":"
	                "{\"cooling\":\"ice\",\"fluence\":\"3 J/cm2\",\"colour\":\"red\"}}]",
	                0, true);

	(void)state;
	assert_i64(h.n, 1);
	assert_i64(h.treatment[0].device_class, NOT_NAMED);
	assert_i64(h.treatment[0].site, NOT_NAMED);
	assert_i64(h.dose[0].known, PARAM_BIT(FLUENCE_UJ_CM2));
}

static void the_newest_area_counts_with_its_reading(void **state)
{
	struct history h = read_of(
	        "[" TEST("2024-08-01") "," READ("2024-08-20", "clear") "," TEST("2024-09-04") "]",
	        0, true);

	(void)state;
	assert_true(h.test_area.made);
	assert_i64(h.test_area.made_days_ago, 30);
	assert_false(h.test_area.read);
	h = read_of("[" TEST("2024-09-04") "," READ("2024-09-20", "clear") "]", 0, false);
	assert_i64(h.treatments, HISTORY_UNKNOWN);
	assert_i64(h.test, HISTORY_TOLD); /* an area is known, whatever else is not */
	assert_true(h.test_area.read);
	assert_i64(h.test_area.read_days_ago, 14);
	assert_i64(h.test_area.result, TEST_RESULT_CLEAR);
}

static void a_reaction_is_not_read_away(void **state)
{
	struct history h =
	        read_of("[" TEST("2024-09-04") "," READ("2024-09-20", "reaction") "," READ(
	                        "2024-09-21", "clear") "]",
	                0, true);

	(void)state;
	assert_i64(h.test_area.result, TEST_RESULT_REACTION);
	assert_i64(h.test_area.read_days_ago, 14);
}

static void an_area_of_another_site_is_none_of_this_one(void **state)
{
	(void)state;
	assert_true(
	        read_of("[" TEST("2024-09-04") "]", 1, true).test_area.made); /* within the face */
	assert_false(read_of("[" TEST("2024-09-04") "]", 2, true).test_area.made);
}

static void the_oldest_go_when_there_are_too_many(void **state)
{
	char *text = calloc(300, 200);
	size_t n = 1;
	struct history h;

	(void)state;
	text[0] = '[';
	for (int i = 0; i < 300; i++)
		n += (size_t)sprintf(
		        text + n,
		        "%s{\"event\":\"begins\",\"session\":%d,\"device_class\":\"alex\","
		        "\"site\":\"face\",\"kind\":\"treatment\",\"day\":\"2024-%02d-01\"}",
		        i > 0 ? "," : "", i, 1 + i / 30);
	strcpy(text + n, "]");
	h = read_of(text, 0, true);
	free(text);
	assert_i64(h.n, HISTORY_MAX);
	assert_i64(h.treatment[HISTORY_MAX - 1].days_ago, 3); /* 2024-10-01 */
	assert_i64(h.treatment[0].days_ago, 246); /* 300 - 256 = 44: of 2024-02-01 … */
}

static void a_day_is_written_as_people_write_it(void **state)
{
	char text[PAST_DAY_LEN];

	(void)state;
	past_day_text(TODAY, text);
	assert_text(text, "2024-10-04");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nothing_told_and_nothing_known),
	        cmocka_unit_test(days_are_counted_to_today),
	        cmocka_unit_test(a_session_that_never_fired_is_none_and_one_without_an_end_is),
	        cmocka_unit_test(the_highest_dose_of_each_spot_is_kept),
	        cmocka_unit_test(two_sessions_side_by_side_keep_their_doses),
	        cmocka_unit_test(what_the_library_has_no_name_for_is_not_named),
	        cmocka_unit_test(the_newest_area_counts_with_its_reading),
	        cmocka_unit_test(a_reaction_is_not_read_away),
	        cmocka_unit_test(an_area_of_another_site_is_none_of_this_one),
	        cmocka_unit_test(the_oldest_go_when_there_are_too_many),
	        cmocka_unit_test(a_day_is_written_as_people_write_it),
	};

	return cmocka_run_group_tests_name("dosejson: past treatments", tests, NULL, NULL);
}
