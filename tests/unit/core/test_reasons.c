/* What a refusal says to people, and what to do about it. */
#include "given.h"
#include "given_device.h"

static struct given_library g;

struct said_row {
	const char *name;
	struct reason r;
	const char *of_row, *of_rule; /* ids in the library; NULL: none */
	const char *text, *way;
};

#define ASKED(v)      .has_asked = true, .asked = (v)
#define LIMIT(lo, hi) .has_limit = true, .limit = {(lo), (hi)}
#define UP_TO(v)      LIMIT(INT64_MIN, v)
#define FROM(v)       LIMIT(v, INT64_MAX)
#define ALL           .limit = {INT64_MIN, INT64_MAX}

/* clang-format off */
static const struct said_row said[] = {
	{"no session", {CHECK_NO_SESSION, .param = PARAM_NONE}, NULL, NULL,
	 "no session is open on this device", "start a session for this patient on this device"},
	{"not heard", {CHECK_NOT_HEARD, .param = PARAM_NONE}, NULL, NULL,
	 "the device has not been heard for too long",
	 "wait until the device answers; look at cable and power"},
	{"outcome unknown", {CHECK_OUTCOME_UNKNOWN, .param = PARAM_NONE}, NULL, NULL,
	 "the outcome of an earlier write is not known yet",
	 "wait until the settings have been read back, then ask again"},
	{"latched", {CHECK_LATCHED, .param = PARAM_NONE}, NULL, NULL,
	 "an alarm on this device has not been cleared", "find out why, then clear the alarm"},
	{"emitting", {CHECK_EMITTING, .param = PARAM_NONE}, NULL, NULL,
	 "the device is emitting", "release the pedal, then ask again"},
	{"state", {CHECK_DEVICE_STATE, .param = PARAM_NONE}, NULL, NULL,
	 "the device is in no state for this", "bring the device to standby, then ask again"},
	{"not a value", {CHECK_NOT_DECODED, .param = WIDTH_PS, .decode = DECODE_NOT_A_NUMBER},
	 NULL, NULL, "pulse width: it is not a number", "write it a value of its kind"},
	{"half known", {CHECK_HALF_KNOWN, .param = FLUENCE_UJ_CM2}, NULL, NULL,
	 "the fluence cannot be known: energy, area or fluence is missing",
	 "set energy and spot, or the fluence"},
	{"disagrees", {CHECK_DISAGREES, .param = FLUENCE_UJ_CM2, ASKED(26000000)}, NULL, NULL,
	 "fluence, energy and spot contradict each other",
	 "look at the handpiece; write fluence, energy and spot together, so that they agree"},
	{"above the device's range",
	 {CHECK_DEVICE_RANGE, .param = FLUENCE_UJ_CM2, ASKED(61000000), LIMIT(1000000, 60000000)},
	 NULL, NULL, "fluence 61 J/cm2 is above what the device may be told, 60 J/cm2",
	 "ask for 1 J/cm2 to 60 J/cm2"},
	{"below the device's range",
	 {CHECK_DEVICE_RANGE, .param = FLUENCE_UJ_CM2, ASKED(500000), LIMIT(1000000, 60000000)},
	 NULL, NULL, "fluence 0.5 J/cm2 is below what the device may be told, 1 J/cm2",
	 "ask for 1 J/cm2 to 60 J/cm2"},
	{"a rule holds", {CHECK_SCREENING, .kind = VERDICT_HELD, .param = PARAM_NONE},
	 NULL, "tan", "tanned skin counts as one type darker; a physician decides (tan)",
	 "ask the physician to clear this for the session"},
	{"a rule blocks", {CHECK_SCREENING, .kind = VERDICT_BLOCKED, .param = PARAM_NONE},
	 NULL, "pregnancy", "no treatment during pregnancy (pregnancy)",
	 "do not treat now; nobody may override this"},
	{"beyond the hard limit",
	 {CHECK_HARD, .param = FLUENCE_UJ_CM2, ASKED(41000000), UP_TO(40000000)},
	 "alex755_18mm_III", NULL,
	 "fluence 41 J/cm2 is above the hard limit 40 J/cm2 (alex755_18mm_III)",
	 "ask for at most 40 J/cm2"},
	{"above the soft limit",
	 {CHECK_SOFT, .param = FLUENCE_UJ_CM2, ASKED(30000000), UP_TO(16000000)},
	 "alex755_18mm_III", NULL, "fluence 30 J/cm2 is above 16 J/cm2 (alex755_18mm_III)",
	 "ask for at most 16 J/cm2, or ask the physician"},
	{"above what a rule left",
	 {CHECK_SOFT, .param = FLUENCE_UJ_CM2, ASKED(13000000), UP_TO(12800000)},
	 "alex755_18mm_III", "neck", "fluence 13 J/cm2 is above 12.8 J/cm2 (neck)",
	 "ask for at most 12.8 J/cm2, or ask the physician"},
	{"below the soft limit",
	 {CHECK_SOFT, .param = WIDTH_PS, ASKED(2000000000), FROM(3000000000)},
	 "alex755_18mm_III", NULL, "pulse width 2 ms is below 3 ms (alex755_18mm_III)",
	 "ask for at least 3 ms, or ask the physician"},
	{"outside a range",
	 {CHECK_SOFT, .param = SPRAY_PS, ASKED(51000000000), LIMIT(40000000000, 50000000000)},
	 "alex755_18mm_III", NULL, "cryogen spray 51 ms is above 50 ms (alex755_18mm_III)",
	 "ask for 40 ms to 50 ms, or ask the physician"},
	{"not exactly",
	 {CHECK_SOFT, .param = SPRAY_PS, ASKED(51000000000), LIMIT(40000000000, 40000000000)},
	 "alex755_18mm_III", NULL, "cryogen spray 51 ms is above 40 ms (alex755_18mm_III)",
	 "ask for 40 ms, or ask the physician"},
	{"a slip of the decimal point",
	 {CHECK_SOFT, .param = FLUENCE_UJ_CM2, ASKED(160000000), UP_TO(16000000), .tenfold = true},
	 "alex755_18mm_III", NULL,
	 "fluence 160 J/cm2 is above 16 J/cm2, as if the decimal point had slipped "
	 "(alex755_18mm_III)",
	 "ask for at most 16 J/cm2, or ask the physician"},
	{"not one of the choices",
	 {CHECK_SOFT, .param = COOLING, ASKED(GIVEN_AIR), .has_limit = true, .choices = 6},
	 "alex755_18mm_III", NULL, "cooling air is none of cryogen, contact (alex755_18mm_III)",
	 "choose cryogen, contact, or ask the physician"},
	{"a limit the device cannot show",
	 {CHECK_SOFT, .param = COOLING, .has_limit = true, .choices = 2}, "alex755_18mm_III", NULL,
	 "cooling is not known to this device; the protocol asks for cryogen (alex755_18mm_III)",
	 "use a device that has this parameter, or ask the physician"},
	{"no entry for a spot", {CHECK_NO_ROW, .param = SPOT_UM, ASKED(10000), ALL},
	 "alex755_18mm_III", NULL, "no protocol for spot diameter 10 mm; entries: 18 mm, 15 mm",
	 "choose one of the entries, or ask the physician"},
	{"no entry, from the middle of the table",
	 {CHECK_NO_ROW, .param = SPOT_UM, ASKED(10000), ALL}, "alex755_15mm_III", NULL,
	 "no protocol for spot diameter 10 mm; entries: 18 mm, 15 mm",
	 "choose one of the entries, or ask the physician"},
	{"each entry is named once",
	 {CHECK_NO_ROW, .param = WAVELENGTH_NM, ASKED(1064), LIMIT(755, 755)},
	 "alex755_15mm_I", NULL, "no protocol for wavelength 1064 nm; entries: 755 nm",
	 "choose 755 nm, or ask the physician"},
	{"no entry in the last table of a class",
	 {CHECK_NO_ROW, .param = SPOT_UM, ASKED(12000), ALL}, "alex755_18mm_VI", NULL,
	 "no protocol for spot diameter 12 mm; entries: 18 mm, 15 mm",
	 "choose one of the entries, or ask the physician"},
	{"no entry in the last table", {CHECK_NO_ROW, .param = SPOT_UM, ASKED(12000), ALL},
	 "ndyag1064_10mm_VI", NULL, "no protocol for spot diameter 12 mm; entries: 10 mm",
	 "choose one of the entries, or ask the physician"},
	{"no entry, and the value is not known",
	 {CHECK_NO_ROW, .param = SPOT_UM, ALL}, "alex755_18mm_III", NULL,
	 "no protocol for spot diameter; entries: 18 mm, 15 mm",
	 "choose one of the entries, or ask the physician"},
	{"no entry for a choice",
	 {CHECK_NO_ROW, .param = COOLING, ASKED(GIVEN_AIR), .has_limit = true, .choices = 2},
	 "alex755_18mm_III", NULL, "no protocol for cooling air; entries: cryogen",
	 "choose cryogen, or ask the physician"},
	{"rising without a row", {CHECK_NO_ROW, .param = FLUENCE_UJ_CM2, ASKED(30000000), ALL},
	 NULL, NULL,
	 "no limit is known for fluence 30 J/cm2 while no row fits the other settings",
	 "set what selects the row first, then this"},
	{"no limit", {CHECK_NO_LIMIT, .param = RATE_MILLIHZ, ASKED(1500)}, "alex755_18mm_III", NULL,
	 "the protocol says nothing about repetition rate 1.5 Hz (alex755_18mm_III)",
	 "ask the physician; the director may add it to the protocol"},
	{"status M", {CHECK_STATUS, .param = PARAM_NONE, .approvers = 1}, "alex755_18mm_V", NULL,
	 "a physician decides on this patient first: status M (alex755_18mm_V)",
	 "ask the physician to decide on this patient"},
	{"status B", {CHECK_STATUS, .param = PARAM_NONE, .approvers = 2}, "alex755_18mm_VI", NULL,
	 "a physician decides on this patient first: status B (alex755_18mm_VI)",
	 "ask two physicians to decide on this patient"},
};
/* clang-format on */

static void test_said(void **state)
{
	const struct said_row *row = *state;
	struct reason r = row->r;
	char text[200], way[200], cut[8];

	given_library(&g);
	r.row = row->of_row != NULL ? given_row(&g, row->of_row) : NULL;
	r.rule = row->of_rule != NULL ? given_rule(&g, row->of_rule) : NULL;
	assert_i64(reason_text(&g.lib, &r, text, sizeof(text)), strlen(row->text));
	assert_text(text, row->text);
	assert_i64(reason_way(&g.lib, &r, way, sizeof(way)), strlen(row->way));
	assert_text(way, row->way);
	assert_i64(reason_text(&g.lib, &r, cut, sizeof(cut)), strlen(row->text));
	assert_i64(strlen(cut), 7);
}

/* Rows of other sites, other indications, or without such a selector, are not entries. */
static void only_rows_for_the_same_patient_are_entries(void **state)
{
	struct reason r = {CHECK_NO_ROW, .param = SPOT_UM, ASKED(10000), ALL};
	struct row more;
	char text[200];

	(void)state;
	given_library(&g);
	given_row(&g, "alex755_18mm_III")->sites = 1u << GIVEN_FACE;
	more = *given_row(&g, "alex755_15mm_III");
	more.select[1].span = (struct span){8000, 8000};
	more.sites = 1u << GIVEN_LEG;
	given_add_row(&g, more);
	more.select[1].span = (struct span){6000, 6000};
	more.sites = 0;
	more.indications = 1u << GIVEN_VASCULAR;
	given_add_row(&g, more);
	more.indications = 1u << GIVEN_HAIR;
	more.n_select = 1;
	given_add_row(&g, more);
	more.n_select = 2;
	more.sites = 3u << GIVEN_FACE;
	more.select[1].span = (struct span){6000, 7000};
	given_add_row(&g, more);
	more.select[1].span = (struct span){6000, 7500};
	given_add_row(&g, more);
	more.select[1].span = (struct span){6000, 7000};
	given_add_row(&g, more);
	r.row = given_row(&g, "alex755_18mm_III");
	reason_text(&g.lib, &r, text, sizeof(text));
	assert_text(text, "no protocol for spot diameter 10 mm; entries: 18 mm, 15 mm, 6..7 mm, "
	                  "6..7.5 mm");
}

static void without_a_library_choices_have_no_names(void **state)
{
	struct reason r = {CHECK_DEVICE_RANGE, .param = COOLING, ASKED(1), .has_limit = true};
	char text[200];

	(void)state;
	r.choices = 2;
	reason_text(NULL, &r, text, sizeof(text));
	assert_text(text, "cooling ? is none of what the device may be told, ?");
}

static void who_says_so(void **state)
{
	struct reason r = {.check = CHECK_LATCHED};

	(void)state;
	given_library(&g);
	assert_text(reason_id(&r), "latched");
	assert_text(reason_source(&r), "");
	r.row = given_row(&g, "alex755_18mm_III");
	assert_text(reason_id(&r), "alex755_18mm_III");
	assert_text(reason_source(&r), "CAN13");
	r.rule = given_rule(&g, "neck");
	assert_text(reason_id(&r), "neck");
	assert_text(reason_source(&r), "OPT54");
}

static void checks_have_names_and_sentences(void **state)
{
	(void)state;
	assert_text(check_name(CHECK_NO_SESSION), "no_session");
	assert_text(check_name(CHECK_STATUS), "status");
	assert_text(check_words(CHECK_HARD), "beyond the hard limit; nobody may override");
	for (enum check c = 0; c < CHECK_COUNT; c++) {
		assert_true(strlen(check_name(c)) > 0);
		assert_true(strlen(check_words(c)) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(only_rows_for_the_same_patient_are_entries),
	        cmocka_unit_test(without_a_library_choices_have_no_names),
	        cmocka_unit_test(who_says_so),
	        cmocka_unit_test(checks_have_names_and_sentences),
	};
	int failures = RUN_ROWS("what is said", said, test_said);

	failures += cmocka_run_group_tests_name("reasons", tests, NULL, NULL);
	return failures != 0;
}
