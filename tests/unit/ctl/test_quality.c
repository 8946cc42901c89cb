/* The quality report, of rows as the gate writes them. The counts were made by hand. */
#include "given.h"

#include "quality_told.h"

#define DAY     (86400000LL)
#define MORNING (20000 * DAY + DAY / 2) /* of some day, noon in UTC */
#define ALEX    "\"device\": \"alex\", "
#define S1      ALEX "\"session\": 1, "
#define RULE(id, kind, check, slip)                                                      \
	"\"reasons\": [{\"id\": \"" id "\", \"kind\": \"" kind "\", \"check\": \"" check \
	"\", \"tenfold\": " slip "}], "
#define HELD(id) "\"verdict\": \"HELD\", " RULE(id, "HELD", "soft_limit", "false")
#define SIGNED   "\"person\": \"phil\", \"printed\": \"Dr. Phil Sage\", "

static struct quality *q;
static json_t *report;

static void row(long long at_s, const char *kind, const char *body)
{
	char text[900];
	json_t *given;

	snprintf(text, sizeof text,
	         "{\"seq\": 1, \"at\": %lld, \"kind\": \"%s\", \"body\": {%s\"text\": \"t\"}}",
	         MORNING + at_s * 1000, kind, body);
	given = json_loads(text, 0, NULL);
	assert_non_null(given);
	quality_take(q, given);
	json_decref(given);
}

static int begin(void **state)
{
	(void)state;
	q = quality_begin(MORNING, MORNING + DAY, (struct quality_marks){1, 10, 95});
	report = NULL;
	return 0;
}

static int end(void **state)
{
	(void)state;
	json_decref(report);
	return 0;
}

static long long at(const char *a, const char *b)
{
	json_t *found = json_object_get(json_object_get(report, a), b);

	assert_non_null(found);
	return json_integer_value(found);
}

static json_t *named(const char *list, const char *key, const char *name)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(report, list), i, one)
	{
		if (strcmp(json_string_value(json_object_get(one, key)), name) == 0)
			return one;
	}
	fail_msg("no %s in %s", name, list);
	return NULL;
}

static long long of(json_t *one, const char *key)
{
	return json_integer_value(json_object_get(one, key));
}

static void a_hold(long long asked_s, const char *id, const char *rule, long long decided_s,
                   const char *meaning)
{
	char body[600];

	snprintf(body, sizeof body,
	         S1 "\"verdict\": \"HELD\", " RULE("%s", "HELD", "soft_limit", "false"), rule);
	row(asked_s, "refused", body);
	snprintf(body, sizeof body, S1 "\"hold\": %s, \"event\": \"opened\", ", id);
	row(asked_s, "hold", body);
	snprintf(body, sizeof body, S1 "\"hold\": %s, " SIGNED "\"meaning\": \"%s\", ", id,
	         meaning);
	row(decided_s, "decision", body);
}

static void of_nothing_all_is_nought(void **state)
{
	(void)state;
	report = quality_end(q);
	assert_i64(at("sessions", "open"), 0);
	assert_i64(at("writes", "allowed"), 0);
	assert_i64(at("holds", "opened"), 0);
	assert_true(json_is_null(json_object_get(json_object_get(report, "holds"), "decide_s")));
	assert_i64(json_array_size(json_object_get(report, "rules")), 0);
	assert_i64(json_array_size(json_object_get(report, "days")), 0);
}

static void writes_and_sessions_are_counted_as_judged(void **state)
{
	(void)state;
	row(1, "session", S1 "\"event\": \"open\", \"kind\": \"treatment\", \"facts\": {}, ");
	row(2, "session", S1 "\"event\": \"waits\", \"kind\": \"test_spot\", \"facts\": {}, ");
	row(3, "session", S1 "\"event\": \"end\", ");
	row(4, "intent", S1 "\"verdict\": \"ALLOWED\", ");
	row(5, "intent", S1 "\"verdict\": \"ALLOWED\", \"grant\": 3, ");
	row(6, "intent", S1); /* no dose meaning */
	row(7, "refused",
	    S1 "\"verdict\": \"BLOCKED\", " RULE("row_18mm", "BLOCKED", "hard_limit", "false"));
	row(8, "refused",
	    S1 "\"verdict\": \"HELD\", " RULE("row_18mm", "HELD", "soft_limit", "true"));
	row(9, "refused", ALEX); /* not judged: not even a register */
	report = quality_end(q);
	assert_i64(at("sessions", "open"), 1);
	assert_i64(at("sessions", "waited"), 1);
	assert_i64(at("sessions", "test_areas"), 1);
	assert_i64(at("writes", "allowed"), 2);
	assert_i64(at("writes", "by_grant"), 1);
	assert_i64(at("writes", "held"), 1);
	assert_i64(at("writes", "blocked"), 1);
	assert_i64(of(named("rules", "id", "row_18mm"), "held"), 1);
	assert_i64(of(named("rules", "id", "row_18mm"), "blocked"), 1);
	json_t *counts = json_object_get(json_object_get(report, "near_misses"), "counts");
	assert_i64(of(counts, "hard_limit"), 1);
	assert_i64(of(counts, "decimal_slip"), 1);
}

static void what_screening_refused_is_a_near_miss_of_its_rules(void **state)
{
	(void)state;
	row(1, "session",
	    ALEX "\"event\": \"refused\", \"facts\": {}, \"reasons\": [{\"id\": \"pregnancy\", "
	         "\"kind\": \"BLOCKED\", \"text\": \"not today\"}, "
	         "{\"id\": \"tan\", \"kind\": \"HELD\"}], ");
	row(2, "device", ALEX "\"event\": \"alarm\", ");
	row(3, "device", ALEX "\"event\": \"state\", ");
	report = quality_end(q);
	assert_i64(at("sessions", "refused"), 1);
	assert_i64(json_array_size(json_object_get(report, "rules")), 1);
	assert_i64(of(named("rules", "id", "pregnancy"), "blocked"), 1);
	json_t *misses = json_object_get(report, "near_misses");
	assert_i64(of(json_object_get(misses, "counts"), "screening"), 1);
	assert_i64(of(json_object_get(misses, "counts"), "device"), 1);
	assert_i64(json_array_size(json_object_get(misses, "last")), 2);
	json_t *first = json_array_get(json_object_get(misses, "last"), 0);
	assert_text(json_string_value(json_object_get(first, "text")), "not today");
}

static void decisions_count_for_rule_and_person_with_their_time(void **state)
{
	(void)state;
	a_hold(0, "1", "row_a", 9, "override approved"); /* quick */
	a_hold(100, "2", "row_a", 110, "override approved: exactly this");
	a_hold(200, "3", "row_b", 300, "override denied");
	a_hold(400, "4", "row_b", 401, "void"); /* came to nothing */
	report = quality_end(q);
	assert_i64(at("holds", "opened"), 4);
	assert_i64(at("holds", "approved"), 2);
	assert_i64(at("holds", "denied"), 1);
	assert_i64(of(named("rules", "id", "row_a"), "approved"), 2);
	assert_true(json_is_true(
	        json_object_get(named("rules", "id", "row_a"), "marked"))); /* more than 1 */
	assert_i64(of(named("rules", "id", "row_b"), "denied"), 1);
	assert_false(json_is_true(json_object_get(named("rules", "id", "row_b"), "marked")));
	json_t *phil = named("physicians", "person", "phil");
	assert_i64(of(phil, "approved"), 2);
	assert_i64(of(phil, "denied"), 1);
	assert_i64(of(phil, "quick"), 1);
	assert_false(json_is_true(json_object_get(phil, "marked"))); /* 2 of 3 */
	json_t *times = json_object_get(json_object_get(report, "holds"), "decide_s");
	assert_i64(of(times, "count"), 3);
	assert_true(json_real_value(json_object_get(times, "median")) == 10.0);
	assert_true(json_real_value(json_object_get(times, "p90")) == 100.0);
	assert_true(json_real_value(json_object_get(times, "fastest")) == 9.0);
}

static void who_approves_nearly_all_is_marked(void **state)
{
	(void)state;
	a_hold(0, "1", "row_a", 50, "override approved");
	a_hold(100, "2", "row_a", 150, "override approved");
	report = quality_end(q);
	assert_true(json_is_true(json_object_get(named("physicians", "person", "phil"), "marked")));
}

static void screening_is_decided_rule_by_rule(void **state)
{
	(void)state;
	row(1, "hold", S1 "\"hold\": 1, \"event\": \"opened\", ");
	row(2, "decision",
	    S1 "\"hold\": 1, " SIGNED "\"meaning\": \"override approved\", "
	       "\"screening\": [{\"id\": \"tan\", \"kind\": \"HELD\"}, {\"id\": \"note\", "
	       "\"kind\": \"ALLOWED\"}], ");
	report = quality_end(q);
	assert_i64(json_array_size(json_object_get(report, "rules")), 1);
	assert_i64(of(named("rules", "id", "tan"), "approved"), 1);
}

static void a_period_has_a_first_and_no_last_millisecond(void **state)
{
	(void)state;
	row(-1, "intent", S1 "\"verdict\": \"ALLOWED\", ");
	row(0, "intent", S1 "\"verdict\": \"ALLOWED\", ");
	row(86399, "intent", S1 "\"verdict\": \"ALLOWED\", ");
	row(86400, "intent", S1 "\"verdict\": \"ALLOWED\", ");
	report = quality_end(q);
	assert_i64(at("writes", "allowed"), 2);
}

static void a_hold_of_before_is_timed_and_one_of_another_start_is_not(void **state)
{
	(void)state;
	row(-60, "hold", S1 "\"hold\": 1, \"event\": \"opened\", ");
	row(40, "decision", S1 "\"hold\": 1, " SIGNED "\"meaning\": \"override denied\", ");
	row(50, "start", "");
	row(60, "decision", S1 "\"hold\": 1, " SIGNED "\"meaning\": \"override denied\", ");
	report = quality_end(q);
	assert_i64(at("holds", "opened"), 0);
	assert_i64(at("holds", "denied"), 2);
	json_t *times = json_object_get(json_object_get(report, "holds"), "decide_s");
	assert_i64(of(times, "count"), 1);
	assert_true(json_real_value(json_object_get(times, "fastest")) == 100.0);
}

static void only_the_last_near_misses_are_told_and_all_counted(void **state)
{
	(void)state;
	for (int i = 0; i < QUALITY_MISSES_MAX + 1; i++)
		row(i, "device", ALEX "\"event\": \"alarm\", ");
	report = quality_end(q);
	json_t *misses = json_object_get(report, "near_misses");
	assert_i64(of(json_object_get(misses, "counts"), "device"), QUALITY_MISSES_MAX + 1);
	assert_i64(json_array_size(json_object_get(misses, "last")), QUALITY_MISSES_MAX);
	assert_i64(of(json_array_get(json_object_get(misses, "last"), 0), "at"), MORNING + 1000);
}

static void days_stand_in_order(void **state)
{
	json_t *days;

	(void)state;
	q->until_ms += DAY; /* two days */
	row(86400, "intent", S1 "\"verdict\": \"ALLOWED\", ");
	row(0, "refused", S1 HELD("row_a"));
	report = quality_end(q);
	days = json_object_get(report, "days");
	assert_i64(json_array_size(days), 2);
	assert_i64(of(json_array_get(days, 0), "held"), 1);
	assert_i64(of(json_array_get(days, 1), "allowed"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(of_nothing_all_is_nought, begin, end),
	        cmocka_unit_test_setup_teardown(writes_and_sessions_are_counted_as_judged, begin,
	                                        end),
	        cmocka_unit_test_setup_teardown(what_screening_refused_is_a_near_miss_of_its_rules,
	                                        begin, end),
	        cmocka_unit_test_setup_teardown(decisions_count_for_rule_and_person_with_their_time,
	                                        begin, end),
	        cmocka_unit_test_setup_teardown(who_approves_nearly_all_is_marked, begin, end),
	        cmocka_unit_test_setup_teardown(screening_is_decided_rule_by_rule, begin, end),
	        cmocka_unit_test_setup_teardown(a_period_has_a_first_and_no_last_millisecond, begin,
	                                        end),
	        cmocka_unit_test_setup_teardown(
	                a_hold_of_before_is_timed_and_one_of_another_start_is_not, begin, end),
	        cmocka_unit_test_setup_teardown(only_the_last_near_misses_are_told_and_all_counted,
	                                        begin, end),
	        cmocka_unit_test_setup_teardown(days_stand_in_order, begin, end),
	};

	return cmocka_run_group_tests_name("quality", tests, NULL, NULL);
}
