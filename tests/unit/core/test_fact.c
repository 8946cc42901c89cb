#include "given.h"

#include "core/fact.h"

#define TODAY 20604 /* 2026-05-31 */

static const struct fact skin = {.name = "skin_type",
                                 .kind = FACT_CHOICE,
                                 .n_values = 6,
                                 .value = {"I", "II", "III", "IV", "V", "VI"},
                                 .valid_days = 365};
static const struct fact tanned = {.name = "visible_tan",
                                   .kind = FACT_CHOICE,
                                   .n_values = 2,
                                   .value = {"no", "yes"},
                                   .valid_days = 0};
static const struct fact sun = {.name = "last_sun", .kind = FACT_DAYS, .valid_days = 1};
static const struct fact since = {.name = "since", .kind = FACT_DAYS, .derive = DERIVE_SAME_CLASS};
static const struct fact first = {.name = "first",
                                  .kind = FACT_CHOICE,
                                  .n_values = 2,
                                  .value = {"no", "yes"},
                                  .derive = DERIVE_FIRST};
static const struct fact filler = {.name = "last_filler", .kind = FACT_DAYS, .valid_days = 90};
static const struct fact age = {.name = "age", .kind = FACT_NUMBER, .valid_days = 30};

/* ---- answers become risks ---- */

static const struct risk_row {
	const char *name;
	const struct fact *fact;
	struct answer answer;
	int64_t risk;
	bool expired;
	const char *shown;
} risk_rows[] = {
        {"not asked is unknown", &skin, {false, 2, TODAY}, RISK_UNKNOWN, false, "unknown"},
        {"not asked does not age", &skin, {false, 2, 0}, RISK_UNKNOWN, false, "unknown"},
        {"the first choice is no risk", &skin, {true, 0, TODAY}, 0, false, "I"},
        {"a choice is its place", &skin, {true, 2, TODAY}, 2, false, "III"},
        {"the last choice", &skin, {true, 5, TODAY}, 5, false, "VI"},
        {"one beyond the last choice", &skin, {true, 6, TODAY}, RISK_UNKNOWN, false, "unknown"},
        {"below the first choice", &skin, {true, -1, TODAY}, RISK_UNKNOWN, false, "unknown"},
        {"valid on the last day", &skin, {true, 2, TODAY - 365}, 2, false, "III"},
        {"aged out a day later",
         &skin,
         {true, 2, TODAY - 366},
         RISK_UNKNOWN,
         true,
         "aged out (III, 366 days ago)"},
        {"answered tomorrow", &skin, {true, 2, TODAY + 1}, RISK_UNKNOWN, false, "unknown"},
        {"answered at the end of days",
         &skin,
         {true, 2, INT32_MAX},
         RISK_UNKNOWN,
         false,
         "unknown"},
        {"answered at the beginning of days",
         &skin,
         {true, 2, INT32_MIN},
         RISK_UNKNOWN,
         true,
         "aged out (III, 2147504252 days ago)"},
        {"valid 0 days: the same day", &tanned, {true, 1, TODAY}, 1, false, "yes"},
        {"valid 0 days: yesterday",
         &tanned,
         {true, 1, TODAY - 1},
         RISK_UNKNOWN,
         true,
         "aged out (yes, 1 day ago)"},
        {"sun today", &sun, {true, TODAY, TODAY}, 0, false, "0 days"},
        {"sun yesterday", &sun, {true, TODAY - 1, TODAY}, -1, false, "1 day"},
        {"sun twelve days ago", &sun, {true, TODAY - 12, TODAY}, -12, false, "12 days"},
        {"days go on counting after the answer",
         &sun,
         {true, TODAY - 12, TODAY - 1},
         -12,
         false,
         "12 days"},
        {"an aged-out day is shown as it was answered",
         &sun,
         {true, TODAY - 14, TODAY - 2},
         RISK_UNKNOWN,
         true,
         "aged out (12 days, 2 days ago)"},
        {"never is the smallest risk", &sun, {true, DAY_NEVER, TODAY}, INT64_MIN, false, "never"},
        {"never ages too",
         &sun,
         {true, DAY_NEVER, TODAY - 2},
         RISK_UNKNOWN,
         true,
         "aged out (never, 2 days ago)"},
        {"sun tomorrow", &sun, {true, TODAY + 1, TODAY}, RISK_UNKNOWN, false, "unknown"},
        {"foretold, and the day has come",
         &sun,
         {true, TODAY, TODAY - 1},
         RISK_UNKNOWN,
         false,
         "unknown"},
        {"foretold and aged out",
         &filler,
         {true, TODAY, TODAY - 91},
         RISK_UNKNOWN,
         true,
         "aged out (unknown, 91 days ago)"},
        {"the earliest day there is",
         &sun,
         {true, INT32_MIN, TODAY},
         -INT64_C(2147504252),
         false,
         "2147504252 days"},
        {"a day before all days",
         &sun,
         {true, (int64_t)INT32_MIN - 1, TODAY},
         RISK_UNKNOWN,
         false,
         "unknown"},
        {"next to never is no day",
         &sun,
         {true, DAY_NEVER + 1, TODAY},
         RISK_UNKNOWN,
         false,
         "unknown"},
        {"a number stands for itself", &age, {true, 67, TODAY}, 67, false, "67"},
        {"the smallest number", &age, {true, 0, TODAY}, 0, false, "0"},
        {"below the smallest number", &age, {true, -1, TODAY}, RISK_UNKNOWN, false, "unknown"},
        {"the largest number", &age, {true, 999, TODAY}, 999, false, "999"},
        {"beyond the largest number", &age, {true, 1000, TODAY}, RISK_UNKNOWN, false, "unknown"},
        {"a number ages too",
         &age,
         {true, 67, TODAY - 31},
         RISK_UNKNOWN,
         true,
         "aged out (67, 31 days ago)"},
        {"derived days count like others",
         &since,
         {true, TODAY - 12, TODAY},
         -12,
         false,
         "12 days"},
        {"days not derived are no risk", &since, {false, 0, 0}, INT64_MIN, false, "unknown"},
        {"a derived choice counts like others", &first, {true, 1, TODAY}, 1, false, "yes"},
        {"a choice not derived is no risk", &first, {false, 0, 0}, INT64_MIN, false, "unknown"},
};

static void risk_is(void **state)
{
	const struct risk_row *row = *state;
	char shown[64];

	assert_i64(fact_risk(row->fact, &row->answer, TODAY), row->risk);
	assert_i64(fact_expired(row->fact, &row->answer, TODAY), row->expired);
	assert_i64(fact_format(row->fact, &row->answer, TODAY, shown, sizeof(shown)),
	           strlen(row->shown));
	assert_text(shown, row->shown);
}

/* ---- what people type ---- */

static const struct parse_row {
	const char *name;
	const struct fact *fact;
	const char *text;
	enum fact_status status;
	int64_t value;
	bool not_given;
} parse_rows[] = {
        {.name = "in doubt the darker type", .fact = &skin, .text = "III or IV", .value = 3},
        {.name = "whichever is named first", .fact = &skin, .text = "IV or III", .value = 3},
        {.name = "in doubt whether it is known, it is not",
         .fact = &skin,
         .text = "III or unknown",
         .not_given = true},
        {.name = "in doubt the more recent day",
         .fact = &sun,
         .text = "20 d or 12 d",
         .value = TODAY - 12},
        {.name = "in doubt whether ever",
         .fact = &sun,
         .text = "never or 12 d",
         .value = TODAY - 12},
        {.name = "an age in doubt is not known: both ends are risks",
         .fact = &age,
         .text = "15 or 80",
         .not_given = true},
        {.name = "one of two is none",
         .fact = &skin,
         .text = "III or VII",
         .status = FACT_NOT_A_VALUE},
        {.name = "the other of two is none",
         .fact = &skin,
         .text = "VII or III",
         .status = FACT_NOT_A_VALUE},
        {.name = "three are too many",
         .fact = &skin,
         .text = "I or II or III",
         .status = FACT_NOT_A_VALUE},
        {.name = "a doubt longer than any answer",
         .fact = &skin,
         .text = "0123456789012345678901234567890123456789012345678901234567890123 or III",
         .status = FACT_NOT_A_VALUE},
        {.name = "a value by name", .fact = &skin, .text = "III", .value = 2},
        {.name = "the first value", .fact = &skin, .text = "I", .value = 0},
        {.name = "the last value", .fact = &skin, .text = "VI", .value = 5},
        {.name = "yes", .fact = &tanned, .text = "yes", .value = 1},
        {.name = "a choice may be unknown", .fact = &skin, .text = "unknown", .not_given = true},
        {.name = "no such value", .fact = &skin, .text = "VII", .status = FACT_NOT_A_VALUE},
        {.name = "values are case-sensitive",
         .fact = &skin,
         .text = "iii",
         .status = FACT_NOT_A_VALUE},
        {.name = "no value at all", .fact = &skin, .text = "", .status = FACT_NOT_A_VALUE},
        {.name = "never is no skin type",
         .fact = &skin,
         .text = "never",
         .status = FACT_NOT_A_VALUE},
        {.name = "nobody answers what is derived",
         .fact = &since,
         .text = "12 d",
         .status = FACT_DERIVED},
        {.name = "not even with unknown",
         .fact = &first,
         .text = "unknown",
         .status = FACT_DERIVED},
        {.name = "days with d", .fact = &sun, .text = "12 d", .value = TODAY - 12},
        {.name = "days without a unit", .fact = &sun, .text = "12", .value = TODAY - 12},
        {.name = "days in words", .fact = &sun, .text = "12 days", .value = TODAY - 12},
        {.name = "one day", .fact = &sun, .text = "1 day", .value = TODAY - 1},
        {.name = "today", .fact = &sun, .text = "0", .value = TODAY},
        {.name = "leading zeroes", .fact = &sun, .text = "0012 d", .value = TODAY - 12},
        {.name = "never", .fact = &sun, .text = "never", .value = DAY_NEVER},
        {.name = "a day may be unknown", .fact = &sun, .text = "unknown", .not_given = true},
        {.name = "a date", .fact = &sun, .text = "2026-05-19", .value = TODAY - 12},
        {.name = "the date of today", .fact = &sun, .text = "2026-05-31", .value = TODAY},
        {.name = "the date of tomorrow", .fact = &sun, .text = "2026-06-01", .status = FACT_FUTURE},
        {.name = "120 years ago", .fact = &sun, .text = "43830 d", .value = TODAY - 43830},
        {.name = "a day more than 120 years ago",
         .fact = &sun,
         .text = "43831 d",
         .status = FACT_TOO_LONG_AGO},
        {.name = "the date 120 years ago",
         .fact = &sun,
         .text = "1906-05-31",
         .value = TODAY - 43830},
        {.name = "the date before that",
         .fact = &sun,
         .text = "1906-05-30",
         .status = FACT_TOO_LONG_AGO},
        {.name = "a number without end",
         .fact = &sun,
         .text = "99999999999999999999999999 d",
         .status = FACT_TOO_LONG_AGO},
        {.name = "nothing", .fact = &sun, .text = "", .status = FACT_NOT_A_DAY},
        {.name = "words", .fact = &sun, .text = "yesterday", .status = FACT_NOT_A_DAY},
        {.name = "a sign", .fact = &sun, .text = "-3 d", .status = FACT_NOT_A_DAY},
        {.name = "weeks", .fact = &sun, .text = "2 weeks", .status = FACT_NOT_A_DAY},
        {.name = "no space before d", .fact = &sun, .text = "12d", .status = FACT_NOT_A_DAY},
        {.name = "a space behind", .fact = &sun, .text = "12 d ", .status = FACT_NOT_A_DAY},
        {.name = "a space before", .fact = &sun, .text = " 12 d", .status = FACT_NOT_A_DAY},
        {.name = "half a day", .fact = &sun, .text = "1.5 d", .status = FACT_NOT_A_DAY},
        {.name = "a short year", .fact = &sun, .text = "26-05-31", .status = FACT_NOT_A_DAY},
        {.name = "a date with dots", .fact = &sun, .text = "2026.05.31", .status = FACT_NOT_A_DAY},
        {.name = "a short month", .fact = &sun, .text = "2026-5-31", .status = FACT_NOT_A_DAY},
        {.name = "a month that ends in a dot",
         .fact = &sun,
         .text = "2026-05.31",
         .status = FACT_NOT_A_DAY},
        {.name = "a short day", .fact = &sun, .text = "2026-05-3", .status = FACT_NOT_A_DAY},
        {.name = "a date and more", .fact = &sun, .text = "2026-05-31T", .status = FACT_NOT_A_DAY},
        {.name = "a number", .fact = &age, .text = "67", .value = 67},
        {.name = "nought", .fact = &age, .text = "0", .value = 0},
        {.name = "the largest number", .fact = &age, .text = "999", .value = 999},
        {.name = "beyond it", .fact = &age, .text = "1000", .status = FACT_NOT_A_NUMBER},
        {.name = "a number may be unknown", .fact = &age, .text = "unknown", .not_given = true},
        {.name = "no number", .fact = &age, .text = "", .status = FACT_NOT_A_NUMBER},
        {.name = "a number in words", .fact = &age, .text = "old", .status = FACT_NOT_A_NUMBER},
        {.name = "half a year", .fact = &age, .text = "67.5", .status = FACT_NOT_A_NUMBER},
        {.name = "less than nothing", .fact = &age, .text = "-1", .status = FACT_NOT_A_NUMBER},
        {.name = "never is no number", .fact = &age, .text = "never", .status = FACT_NOT_A_NUMBER},
        {.name = "a day the month does not have",
         .fact = &sun,
         .text = "2026-02-29",
         .status = FACT_NOT_A_DAY},
};

static void parses_to(void **state)
{
	const struct parse_row *row = *state;
	struct answer a = {true, 77, 77};

	assert_i64(fact_parse(row->fact, row->text, TODAY, &a), row->status);
	if (row->status != FACT_OK) {
		assert_i64(a.value, 77);
		assert_i64(a.answered_day, 77);
		return;
	}
	assert_i64(a.given, !row->not_given);
	assert_i64(a.value, row->value);
	assert_i64(a.answered_day, TODAY);
}

/* ---- thresholds ---- */

static const struct threshold_row {
	const char *name;
	const struct fact *fact;
	int64_t at_least;
	const char *shown;
} threshold_rows[] = {
        {"a choice below all", &skin, -1, "any answer"},
        {"the first choice", &skin, 0, "at least I"},
        {"a choice", &skin, 3, "at least IV"},
        {"the last choice", &skin, 5, "at least VI"},
        {"a choice beyond all", &skin, 6, "unknown"},
        {"an unknown choice", &skin, RISK_UNKNOWN, "unknown"},
        {"four weeks", &sun, -27, "less than 28 days ago"},
        {"today", &sun, 0, "less than 1 day ago"},
        {"days beyond today", &sun, 1, "unknown"},
        {"an unknown day", &sun, RISK_UNKNOWN, "unknown"},
        {"120 years", &sun, -43830, "less than 43831 days ago"},
        {"at any time", &sun, -43831, "ever"},
        {"ever is more than never", &sun, INT64_MIN + 1, "ever"},
        {"even never", &sun, INT64_MIN, "any answer"},
        {"any number", &age, 0, "any answer"},
        {"a number", &age, 76, "at least 76"},
        {"the largest number", &age, 999, "at least 999"},
        {"a number beyond all", &age, 1000, "unknown"},
        {"an unknown number", &age, RISK_UNKNOWN, "unknown"},
};

static void threshold_is(void **state)
{
	const struct threshold_row *row = *state;
	char shown[64];

	assert_i64(fact_format_risk(row->fact, row->at_least, shown, sizeof(shown)),
	           strlen(row->shown));
	assert_text(shown, row->shown);
}

/* ---- the calendar ---- */

static const struct day_row {
	const char *name;
	int year, month, day;
	int32_t number;
} day_rows[] = {
        {"the day of the count", 1970, 1, 1, 0},
        {"the day before", 1969, 12, 31, -1},
        {"a leap day by 400", 2000, 2, 29, 11016},
        {"the day after a leap day", 2000, 3, 1, 11017},
        {"a leap day by 4", 2024, 2, 29, 19782},
        {"the end of a year", 2024, 12, 31, 20088},
        {"the first of the next", 2025, 1, 1, 20089},
        {"the last day of May", 2026, 5, 31, 20604},
        {"no leap day in 1900", 1900, 3, 1, -25508},
        {"the day before that", 1900, 2, 28, -25509},
        {"the first day of year 1", 1, 1, 1, -719162},
        {"an era begins", 0, 3, 1, -719468},
        {"an era ends", 0, 2, 29, -719469},
        {"a year before the years", -1, 12, 31, -719529},
        {"the last day there is", 5881580, 7, 11, INT32_MAX},
        {"the first day there is", -5877641, 6, 23, INT32_MIN},
};

static void day_and_date_agree(void **state)
{
	const struct day_row *row = *state;
	int32_t number = 77;
	int year, month, day;

	assert_true(day_from_date(row->year, row->month, row->day, &number));
	assert_i64(number, row->number);
	date_from_day(row->number, &year, &month, &day);
	assert_i64(year, row->year);
	assert_i64(month, row->month);
	assert_i64(day, row->day);
}

static const struct no_day_row {
	const char *name;
	int year, month, day;
} no_day_rows[] = {
        {"month 0", 2026, 0, 1},
        {"month 13", 2026, 13, 1},
        {"a month far out", 2026, INT32_MAX, 1},
        {"day 0", 2026, 5, 0},
        {"32 May", 2026, 5, 32},
        {"31 April", 2026, 4, 31},
        {"29 February of no leap year", 2026, 2, 29},
        {"30 February of a leap year", 2024, 2, 30},
        {"29 February 1900", 1900, 2, 29},
        {"29 February 2100", 2100, 2, 29},
        {"the day after the last", 5881580, 7, 12},
        {"the day before the first", -5877641, 6, 22},
        {"the year after all years", INT32_MAX, 12, 31},
        {"the year before all years", INT32_MIN, 1, 1},
};

static void is_no_day(void **state)
{
	const struct no_day_row *row = *state;
	int32_t number = 77;

	assert_false(day_from_date(row->year, row->month, row->day, &number));
	assert_i64(number, 77);
}

/* ---- laws ---- */

/* Two eras, a day at a time: dates follow each other, and each is its number again. */
static void every_day_is_its_date(void **state)
{
	int32_t number;
	int year, month, day;
	int y = 0, m = 0, d = 0;

	(void)state;
	for (int32_t n = -150000; n < 150000; n++) {
		date_from_day(n, &year, &month, &day);
		assert_true(day_from_date(year, month, day, &number));
		assert_i64(number, n);
		if (n > -150000)
			assert_true((year == y && month == m && day == d + 1) ||
			            (year == y && month == m + 1 && day == 1) ||
			            (year == y + 1 && month == 1 && m == 12 && day == 1));
		y = year;
		m = month;
		d = day;
	}
}

/* As time goes by an event becomes less risky, until the answer is unknown for good. */
static void time_only_calms_until_it_ages_out(void **state)
{
	const struct answer a = {true, 100, 110};
	int64_t last = INT64_MAX;

	(void)state;
	for (int32_t today = 100; today < 110; today++)
		assert_i64(fact_risk(&filler, &a, today), RISK_UNKNOWN);
	for (int32_t today = 110; today <= 200; today++) {
		assert_true(fact_risk(&filler, &a, today) < last);
		last = fact_risk(&filler, &a, today);
	}
	for (int32_t today = 201; today < 500; today++)
		assert_i64(fact_risk(&filler, &a, today), RISK_UNKNOWN);
}

static void what_is_shown_can_be_typed_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(risk_rows); i++) {
		const struct risk_row *row = &risk_rows[i];
		struct answer a;

		if (row->expired || row->fact->derive != DERIVE_NONE ||
		    strstr(row->name, "earliest") != NULL)
			continue;
		assert_i64(fact_parse(row->fact, row->shown, TODAY, &a), FACT_OK);
		assert_i64(fact_risk(row->fact, &a, TODAY), row->risk);
	}
}

static void a_small_buffer_is_cut_and_the_length_told(void **state)
{
	const struct answer a = {true, 2, TODAY - 366};
	char buf[9] = "xxxxxxxx";

	(void)state;
	assert_i64(fact_format(&skin, &a, TODAY, buf, sizeof(buf)), 28);
	assert_text(buf, "aged out");
	assert_i64(fact_format_risk(&skin, 3, buf, 4), 11);
	assert_text(buf, "at ");
	assert_i64(fact_format(&skin, &a, TODAY, NULL, 0), 28);
}

static void every_status_has_its_sentence(void **state)
{
	(void)state;
	assert_text(fact_status_words(FACT_OK), "");
	assert_text(fact_kind_name(FACT_NUMBER), "number");
	assert_text(fact_status_words(FACT_NOT_A_VALUE), "this is not one of the answers");
	assert_contains(fact_status_words(FACT_NOT_A_DAY), "\"12 d\"");
	assert_contains(fact_status_words(FACT_DERIVED), "nobody answers it");
	assert_text(fact_status_words(FACT_FUTURE), "this lies in the future");
	assert_text(fact_status_words(FACT_TOO_LONG_AGO), "this is more than 120 years ago");
}

static void kinds_have_names(void **state)
{
	(void)state;
	assert_text(fact_kind_name(FACT_CHOICE), "choice");
	assert_text(fact_kind_name(FACT_DAYS), "days");
	assert_text(fact_kind_name(FACT_NUMBER), "number");
}

int main(void)
{
	const struct CMUnitTest laws[] = {
	        cmocka_unit_test(kinds_have_names),
	        cmocka_unit_test(every_day_is_its_date),
	        cmocka_unit_test(time_only_calms_until_it_ages_out),
	        cmocka_unit_test(what_is_shown_can_be_typed_again),
	        cmocka_unit_test(a_small_buffer_is_cut_and_the_length_told),
	        cmocka_unit_test(every_status_has_its_sentence),
	};
	int failures = 0;

	failures += RUN_ROWS("answers become risks", risk_rows, risk_is);
	failures += RUN_ROWS("what people type", parse_rows, parses_to);
	failures += RUN_ROWS("thresholds", threshold_rows, threshold_is);
	failures += RUN_ROWS("days and dates", day_rows, day_and_date_agree);
	failures += RUN_ROWS("what is no day", no_day_rows, is_no_day);
	failures += cmocka_run_group_tests(laws, NULL, NULL);
	return failures != 0;
}
