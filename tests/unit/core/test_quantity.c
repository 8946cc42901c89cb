#include "given.h"

#include "core/quantity.h"

/* The measures of the program, by hand, and a few that nobody uses, for the corners. */
static const struct measure COUNT = {DIM_COUNT, 0, ""};
static const struct measure CHOICE = {DIM_CHOICE, 0, ""};
static const struct measure PERMILLE = {DIM_RATIO, -3, "%"};
static const struct measure FLUENCE = {DIM_FLUENCE, -6, "J/cm2"};
static const struct measure ENERGY = {DIM_ENERGY, -6, "J"};
static const struct measure SPOT = {DIM_LENGTH, -6, "mm"};
static const struct measure WAVE = {DIM_LENGTH, -9, "nm"};
static const struct measure AREA = {DIM_AREA, -12, "cm2"};
static const struct measure WIDTH = {DIM_TIME, -12, "ms"};
static const struct measure RATE = {DIM_FREQUENCY, -3, "Hz"};
static const struct measure RF = {DIM_FREQUENCY, -3, "MHz"};
static const struct measure DENSITY = {DIM_DENSITY, 0, "/cm2"};
static const struct measure SECONDS = {DIM_TIME, 0, "min"};
static const struct measure TEN_SECONDS = {DIM_TIME, 1, "s"};
static const struct measure DAYS_IN_PS = {DIM_TIME, -12, "d"};
static const struct measure PICOMETRES = {DIM_LENGTH, -12, "mm"};
static const struct measure YOCTOMETRES = {DIM_LENGTH, -24, "mm"};
static const struct measure METRES = {DIM_LENGTH, 0, "mm"};
static const struct measure IN_INCHES = {DIM_LENGTH, -6, "in"};

/* --- parse -------------------------------------------------------------------------------- */

struct parse_row {
	const char *name;
	const char *text;
	const struct measure *m;
	int64_t value;
	enum quantity_status status;
};

static const struct parse_row parse_rows[] = {
        {"a fluence", "20 J/cm2", &FLUENCE, 20000000, QUANTITY_OK},
        {"no space is needed", "20J/cm2", &FLUENCE, 20000000, QUANTITY_OK},
        {"a fluence in thousandths", "35 mJ/cm2", &FLUENCE, 35000, QUANTITY_OK},
        {"a fluence in millionths", "35 uJ/cm2", &FLUENCE, 35, QUANTITY_OK},
        {"a decimal", "0.5 J/cm2", &FLUENCE, 500000, QUANTITY_OK},
        {"every digit the base unit holds", "1.234567 J/cm2", &FLUENCE, 1234567, QUANTITY_OK},
        {"one digit more", "1.2345678 J/cm2", &FLUENCE, 0, QUANTITY_TOO_FINE},
        {"zeros behind the last digit are no digits", "1.2000000000000000000000000 J/cm2", &FLUENCE,
         1200000, QUANTITY_OK},
        {"zeros before the first digit are no digits",
         "000000000000000000000000000000000000001 J/cm2", &FLUENCE, 1000000, QUANTITY_OK},
        {"zero", "0 J/cm2", &FLUENCE, 0, QUANTITY_OK},
        {"zero with decimals", "0.000000000000000000000000000000 J/cm2", &FLUENCE, 0, QUANTITY_OK},
        {"energy in joules", "15.7 J", &ENERGY, 15700000, QUANTITY_OK},
        {"energy in millijoules", "35 mJ", &ENERGY, 35000, QUANTITY_OK},
        {"energy in microjoules", "1 uJ", &ENERGY, 1, QUANTITY_OK},
        {"half a microjoule", "0.5 uJ", &ENERGY, 0, QUANTITY_TOO_FINE},
        {"length in metres", "2 m", &SPOT, 2000000, QUANTITY_OK},
        {"length in centimetres", "1.8 cm", &SPOT, 18000, QUANTITY_OK},
        {"length in millimetres", "18 mm", &SPOT, 18000, QUANTITY_OK},
        {"length in micrometres", "120 um", &SPOT, 120, QUANTITY_OK},
        {"nanometres that are whole micrometres", "3000 nm", &SPOT, 3, QUANTITY_OK},
        {"nanometres that are not", "755 nm", &SPOT, 0, QUANTITY_TOO_FINE},
        {"wavelength", "755 nm", &WAVE, 755, QUANTITY_OK},
        {"wavelength in micrometres", "10.6 um", &WAVE, 10600, QUANTITY_OK},
        {"area in square metres", "2 m2", &AREA, 2000000000000, QUANTITY_OK},
        {"area in square centimetres", "1.5 cm2", &AREA, 150000000, QUANTITY_OK},
        {"area in square millimetres", "81 mm2", &AREA, 81000000, QUANTITY_OK},
        {"area in square micrometres", "7 um2", &AREA, 7, QUANTITY_OK},
        {"days", "1 d", &WIDTH, 86400000000000000, QUANTITY_OK},
        {"hours", "1 h", &WIDTH, 3600000000000000, QUANTITY_OK},
        {"minutes", "1 min", &WIDTH, 60000000000000, QUANTITY_OK},
        {"seconds", "1 s", &WIDTH, 1000000000000, QUANTITY_OK},
        {"milliseconds", "3 ms", &WIDTH, 3000000000, QUANTITY_OK},
        {"a fraction of a millisecond", "0.3 ms", &WIDTH, 300000000, QUANTITY_OK},
        {"microseconds", "450 us", &WIDTH, 450000000, QUANTITY_OK},
        {"nanoseconds", "6 ns", &WIDTH, 6000, QUANTITY_OK},
        {"picoseconds", "750 ps", &WIDTH, 750, QUANTITY_OK},
        {"half a minute in seconds", "0.5 min", &SECONDS, 30, QUANTITY_OK},
        {"a quarter of an hour in seconds", "0.25 h", &SECONDS, 900, QUANTITY_OK},
        {"a thirtieth day that is whole seconds", "0.03125 d", &SECONDS, 2700, QUANTITY_OK},
        {"a tenth of a second of an hour", "0.00003 h", &SECONDS, 0, QUANTITY_TOO_FINE},
        {"a millisecond in seconds", "1 ms", &SECONDS, 0, QUANTITY_TOO_FINE},
        {"thousand milliseconds in seconds", "1000 ms", &SECONDS, 1, QUANTITY_OK},
        {"rate in hertz", "1.5 Hz", &RATE, 1500, QUANTITY_OK},
        {"rate in millihertz", "1 mHz", &RATE, 1, QUANTITY_OK},
        {"frequency in kilohertz", "400 kHz", &RF, 400000000, QUANTITY_OK},
        {"frequency in megahertz", "6.78 MHz", &RF, 6780000000, QUANTITY_OK},
        {"density", "1000 /cm2", &DENSITY, 1000, QUANTITY_OK},
        {"density without a space", "1000/cm2", &DENSITY, 1000, QUANTITY_OK},
        {"share", "5 %", &PERMILLE, 50, QUANTITY_OK},
        {"share in tenths", "0.1%", &PERMILLE, 1, QUANTITY_OK},
        {"count", "12", &COUNT, 12, QUANTITY_OK},
        {"count of no thing", "0", &COUNT, 0, QUANTITY_OK},
        {"half a count", "0.5", &COUNT, 0, QUANTITY_TOO_FINE},
        {"a count written with decimals that say nothing", "12.00", &COUNT, 12, QUANTITY_OK},

        {"the largest count", "9223372036854775807", &COUNT, INT64_MAX, QUANTITY_OK},
        {"one above the largest count", "9223372036854775808", &COUNT, 0, QUANTITY_TOO_LARGE},
        {"the largest number of 64 bits", "18446744073709551615", &COUNT, 0, QUANTITY_TOO_LARGE},
        {"one above 64 bits", "18446744073709551616", &COUNT, 0, QUANTITY_TOO_LARGE},
        {"ten times 64 bits and a digit", "184467440737095516151", &COUNT, 0, QUANTITY_TOO_LARGE},
        {"a one behind twenty zeros", "100000000000000000001", &COUNT, 0, QUANTITY_TOO_LARGE},
        {"a one with twenty zeros", "100000000000000000000", &COUNT, 0, QUANTITY_TOO_LARGE},
        {"the largest fluence", "9223372036854.775807 J/cm2", &FLUENCE, INT64_MAX, QUANTITY_OK},
        {"one above the largest fluence", "9223372036854.775808 J/cm2", &FLUENCE, 0,
         QUANTITY_TOO_LARGE},
        {"many zeros that a small unit takes back", "20000000000000000000 nm", &SPOT,
         20000000000000000, QUANTITY_OK},
        {"days beyond 64 bits", "9223372036854775807 d", &SECONDS, 0, QUANTITY_TOO_LARGE},
        {"more decimals than 64 bits hold", "1.18446744073709551616 J/cm2", &FLUENCE, 0,
         QUANTITY_TOO_FINE},
        {"nineteen decimals", "0.0000000000000000001", &COUNT, 0, QUANTITY_TOO_FINE},
        {"twenty decimals", "0.00000000000000000001", &COUNT, 0, QUANTITY_TOO_FINE},

        {"nothing", "", &FLUENCE, 0, QUANTITY_EMPTY},
        {"a unit alone", "J/cm2", &FLUENCE, 0, QUANTITY_NOT_A_NUMBER},
        {"words", "high", &FLUENCE, 0, QUANTITY_NOT_A_NUMBER},
        {"a space before the number", " 20 J/cm2", &FLUENCE, 0, QUANTITY_NOT_A_NUMBER},
        {"a plus", "+20 J/cm2", &FLUENCE, 0, QUANTITY_NOT_A_NUMBER},
        {"a point without a digit before it", ".5 J/cm2", &FLUENCE, 0, QUANTITY_NOT_A_NUMBER},
        {"a point without a digit behind it", "5. J/cm2", &FLUENCE, 0, QUANTITY_NOT_A_NUMBER},
        {"two points", "1.2.3 J/cm2", &FLUENCE, 0, QUANTITY_NOT_A_NUMBER},
        {"a range where a value belongs", "14..20 J/cm2", &FLUENCE, 0, QUANTITY_NOT_A_NUMBER},
        {"a minus and no number", "- 20 J/cm2", &FLUENCE, 0, QUANTITY_NOT_A_NUMBER},
        {"a minus", "-20 J/cm2", &FLUENCE, 0, QUANTITY_NEGATIVE},
        {"minus nothing", "-0 J/cm2", &FLUENCE, 0, QUANTITY_NEGATIVE},
        {"a decimal comma", "2,5 J/cm2", &FLUENCE, 0, QUANTITY_COMMA},
        {"a comma between thousands", "1,000 J/cm2", &FLUENCE, 0, QUANTITY_COMMA},
        {"a comma behind a point", "1.000,5 J/cm2", &FLUENCE, 0, QUANTITY_COMMA},
        {"no unit", "20", &FLUENCE, 0, QUANTITY_NO_UNIT},
        {"no unit, a space", "20 ", &FLUENCE, 0, QUANTITY_NO_UNIT},
        {"two spaces", "20  J/cm2", &FLUENCE, 0, QUANTITY_NO_UNIT},
        {"a tab", "20\tJ/cm2", &FLUENCE, 0, QUANTITY_UNKNOWN_UNIT},
        {"a thousands separator", "1'000 J/cm2", &FLUENCE, 0, QUANTITY_UNKNOWN_UNIT},
        {"an exponent", "2e3 J/cm2", &FLUENCE, 0, QUANTITY_UNKNOWN_UNIT},
        {"a small letter", "20 j/cm2", &FLUENCE, 0, QUANTITY_UNKNOWN_UNIT},
        {"a large letter", "3 Ms", &WIDTH, 0, QUANTITY_UNKNOWN_UNIT},
        {"the beginning of a unit", "20 J/cm", &FLUENCE, 0, QUANTITY_UNKNOWN_UNIT},
        {"a unit and a letter", "20 J/cm2x", &FLUENCE, 0, QUANTITY_UNKNOWN_UNIT},
        {"a small two, raised", "20 J/cm²", &FLUENCE, 0, QUANTITY_UNKNOWN_UNIT},
        {"mega is not milli", "1 MHz", &RATE, 1000000000, QUANTITY_OK},
        {"energy for a fluence", "20 J", &FLUENCE, 0, QUANTITY_WRONG_DIMENSION},
        {"an area for a length", "18 mm2", &SPOT, 0, QUANTITY_WRONG_DIMENSION},
        {"time for a frequency", "2 s", &RATE, 0, QUANTITY_WRONG_DIMENSION},
        {"a unit for a count", "12J", &COUNT, 0, QUANTITY_WRONG_DIMENSION},
        {"a choice is never a number", "12", &CHOICE, 0, QUANTITY_NO_UNIT},
        {"a choice is never a quantity", "12 J", &CHOICE, 0, QUANTITY_WRONG_DIMENSION},
        {"a space at the end", "20 J/cm2 ", &FLUENCE, 0, QUANTITY_TRAILING},
        {"words behind the unit", "20 J/cm2 per pulse", &FLUENCE, 0, QUANTITY_TRAILING},
        {"a space behind a count", "12 ", &COUNT, 0, QUANTITY_TRAILING},
        {"words behind a count", "12 pulses", &COUNT, 0, QUANTITY_TRAILING},
};

static void a_quantity_is_parsed(void **state)
{
	const struct parse_row *row = *state;
	int64_t value = -77; /* what failed must not have moved */

	assert_i64(quantity_parse(row->text, *row->m, &value), row->status);
	assert_i64(value, row->status == QUANTITY_OK ? row->value : -77);
}

/* --- spans -------------------------------------------------------------------------------- */

struct span_row {
	const char *name;
	const char *text;
	const struct measure *m;
	int64_t lo, hi;
	enum quantity_status status;
};

static const struct span_row span_rows[] = {
        {"both ends", "14..20 J/cm2", &FLUENCE, 14000000, 20000000, QUANTITY_OK},
        {"up to", "..20 J/cm2", &FLUENCE, INT64_MIN, 20000000, QUANTITY_OK},
        {"from", "3.. ms", &WIDTH, 3000000000, INT64_MAX, QUANTITY_OK},
        {"from, without a space", "3..ms", &WIDTH, 3000000000, INT64_MAX, QUANTITY_OK},
        {"exactly", "20 J/cm2", &FLUENCE, 20000000, 20000000, QUANTITY_OK},
        {"decimals", "0.45..40.5 ms", &WIDTH, 450000000, 40500000000, QUANTITY_OK},
        {"from nothing", "0..20 J/cm2", &FLUENCE, 0, 20000000, QUANTITY_OK},
        {"both ends the same", "20..20 J/cm2", &FLUENCE, 20000000, 20000000, QUANTITY_OK},
        {"counts", "2..5", &COUNT, 2, 5, QUANTITY_OK},
        {"counts up to", "..5", &COUNT, INT64_MIN, 5, QUANTITY_OK},
        {"counts from", "2..", &COUNT, 2, INT64_MAX, QUANTITY_OK},
        {"backwards", "20..14 J/cm2", &FLUENCE, 0, 0, QUANTITY_REVERSED},
        {"backwards by one step", "20.000001..20 J/cm2", &FLUENCE, 0, 0, QUANTITY_REVERSED},
        {"nothing", "", &FLUENCE, 0, 0, QUANTITY_EMPTY},
        {"no end at all", "..", &FLUENCE, 0, 0, QUANTITY_NOT_A_RANGE},
        {"no end at all, with a unit", ".. J/cm2", &FLUENCE, 0, 0, QUANTITY_NOT_A_RANGE},
        {"words", "low..high", &FLUENCE, 0, 0, QUANTITY_NOT_A_NUMBER},
        {"one point", "14.20..16 J/cm2", &FLUENCE, 14200000, 16000000, QUANTITY_OK},
        {"three points", "14...20 J/cm2", &FLUENCE, 0, 0, QUANTITY_NOT_A_NUMBER},
        {"three ends", "1..2..3 J/cm2", &FLUENCE, 0, 0, QUANTITY_NOT_A_NUMBER},
        {"a comma in the first", "1,4..20 J/cm2", &FLUENCE, 0, 0, QUANTITY_COMMA},
        {"a comma in the second", "14..20,5 J/cm2", &FLUENCE, 0, 0, QUANTITY_COMMA},
        {"the first negative", "-1..20 J/cm2", &FLUENCE, 0, 0, QUANTITY_NEGATIVE},
        {"the second negative", "1..-20 J/cm2", &FLUENCE, 0, 0, QUANTITY_NEGATIVE},
        {"no unit", "14..20", &FLUENCE, 0, 0, QUANTITY_NO_UNIT},
        {"a unit at the first", "14 J/cm2..20 J/cm2", &FLUENCE, 0, 0, QUANTITY_UNKNOWN_UNIT},
        {"a hyphen", "14-20 J/cm2", &FLUENCE, 0, 0, QUANTITY_UNKNOWN_UNIT},
        {"another dimension", "14..20 J", &FLUENCE, 0, 0, QUANTITY_WRONG_DIMENSION},
        {"something behind it", "14..20 J/cm2 ", &FLUENCE, 0, 0, QUANTITY_TRAILING},
        {"the first too fine", "0.0000001..20 J/cm2", &FLUENCE, 0, 0, QUANTITY_TOO_FINE},
        {"the second too fine", "14..20.0000001 J/cm2", &FLUENCE, 0, 0, QUANTITY_TOO_FINE},
        {"the second too large", "14..9223372036854.775808 J/cm2", &FLUENCE, 0, 0,
         QUANTITY_TOO_LARGE},
};

static void a_span_is_parsed(void **state)
{
	const struct span_row *row = *state;
	struct span span = {-77, -78};

	assert_i64(quantity_parse_span(row->text, *row->m, &span), row->status);
	assert_i64(span.lo, row->status == QUANTITY_OK ? row->lo : -77);
	assert_i64(span.hi, row->status == QUANTITY_OK ? row->hi : -78);
}

static void a_span_holds_both_its_ends(void **state)
{
	struct span s = {14, 20};

	(void)state;
	assert_false(span_holds(s, 13));
	assert_true(span_holds(s, 14));
	assert_true(span_holds(s, 20));
	assert_false(span_holds(s, 21));
	assert_true(span_holds(SPAN_ALL, INT64_MIN));
	assert_true(span_holds(SPAN_ALL, INT64_MAX));
}

/* --- ratios ------------------------------------------------------------------------------- */

struct ratio_row {
	const char *name;
	const char *text;
	int64_t num, den;
	enum quantity_status status;
};

static const struct ratio_row ratio_rows[] = {
        {"a tenth", "1/10", 1, 10, QUANTITY_OK},
        {"a whole number", "1000", 1000, 1, QUANTITY_OK},
        {"two thirds", "2/3", 2, 3, QUANTITY_OK},
        {"it is not reduced", "4/10", 4, 10, QUANTITY_OK},
        {"a tenth as a decimal", "0.1", 1, 10, QUANTITY_OK},
        {"a quarter as a decimal", "0.25", 25, 100, QUANTITY_OK},
        {"a half over two", "0.5/2", 5, 20, QUANTITY_OK},
        {"the largest", "9223372036854775807/9223372036854775807", INT64_MAX, INT64_MAX,
         QUANTITY_OK},
        {"one above the largest", "9223372036854775808/1", 0, 0, QUANTITY_TOO_LARGE},
        {"over one above the largest", "1/9223372036854775808", 0, 0, QUANTITY_TOO_LARGE},
        {"over a broken number", "1/0.3", 0, 0, QUANTITY_TOO_FINE},
        {"nothing", "", 0, 0, QUANTITY_EMPTY},
        {"over nothing", "1/", 0, 0, QUANTITY_EMPTY},
        {"zero", "0", 0, 0, QUANTITY_ZERO},
        {"zero tenths", "0/10", 0, 0, QUANTITY_ZERO},
        {"over zero", "1/0", 0, 0, QUANTITY_ZERO},
        {"negative", "-1/10", 0, 0, QUANTITY_NEGATIVE},
        {"over a negative", "1/-10", 0, 0, QUANTITY_NEGATIVE},
        {"words", "a tenth", 0, 0, QUANTITY_NOT_A_NUMBER},
        {"over words", "1/ten", 0, 0, QUANTITY_NOT_A_NUMBER},
        {"a comma", "0,1", 0, 0, QUANTITY_COMMA},
        {"a third part", "1/2/3", 0, 0, QUANTITY_TRAILING},
        {"a unit", "1/10 J", 0, 0, QUANTITY_TRAILING},
};

static void a_ratio_is_parsed(void **state)
{
	const struct ratio_row *row = *state;
	int64_t num = -77;
	int64_t den = -78;

	assert_i64(quantity_parse_ratio(row->text, &num, &den), row->status);
	assert_i64(num, row->status == QUANTITY_OK ? row->num : -77);
	assert_i64(den, row->status == QUANTITY_OK ? row->den : -78);
}

/* --- format ------------------------------------------------------------------------------- */

struct format_row {
	const char *name;
	int64_t value;
	const struct measure *m;
	const char *text;
};

static const struct format_row format_rows[] = {
        {"a fluence in joules", 18000000, &FLUENCE, "18 J/cm2"},
        {"half a joule", 500000, &FLUENCE, "0.5 J/cm2"},
        {"every digit", 1234567, &FLUENCE, "1.234567 J/cm2"},
        {"a zero between digits", 1000200, &FLUENCE, "1.0002 J/cm2"},
        {"zero is in the unit people read", 0, &FLUENCE, "0 J/cm2"},
        {"a thousandth", 1000, &FLUENCE, "0.001 J/cm2"},
        {"just below a thousandth", 999, &FLUENCE, "999 uJ/cm2"},
        {"the smallest step", 1, &FLUENCE, "1 uJ/cm2"},
        {"the largest fluence", INT64_MAX, &FLUENCE, "9223372036854.775807 J/cm2"},
        {"a negative fluence", -500000, &FLUENCE, "-0.5 J/cm2"},
        {"the most negative fluence", INT64_MIN, &FLUENCE, "-9223372036854.775808 J/cm2"},
        {"an energy", 15700000, &ENERGY, "15.7 J"},
        {"a spot", 18000, &SPOT, "18 mm"},
        {"a wavelength", 755, &WAVE, "755 nm"},
        {"a tip", 150000000, &AREA, "1.5 cm2"},
        {"less than a thousandth of a tip, in the next unit", 99999, &AREA, "99999 um2"},
        {"a width", 3000000000, &WIDTH, "3 ms"},
        {"a long width stays in milliseconds", 1500000000000, &WIDTH, "1500 ms"},
        {"a microsecond", 1000000, &WIDTH, "0.001 ms"},
        {"just below a microsecond", 999999, &WIDTH, "999.999 ns"},
        {"nanoseconds", 6000, &WIDTH, "6 ns"},
        {"a nanosecond", 1000, &WIDTH, "1 ns"},
        {"picoseconds", 750, &WIDTH, "750 ps"},
        {"a rate", 1500, &RATE, "1.5 Hz"},
        {"a radio frequency", 6780000000, &RF, "6.78 MHz"},
        {"a radio frequency hardly there", 1, &RF, "1 mHz"},
        {"a density", 1000, &DENSITY, "1000 /cm2"},
        {"a share", 55, &PERMILLE, "5.5 %"},
        {"a count", 12, &COUNT, "12"},
        {"no count", 0, &COUNT, "0"},
        {"a choice, as a number", 3, &CHOICE, "3"},
        {"whole minutes", 1800, &SECONDS, "30 min"},
        {"seconds that are no minutes stay exact", 90 + 1, &SECONDS, "91 s"},
        {"a base unit above the shown one", 3, &METRES, "3000 mm"},
        {"no zeros behind zero", 0, &METRES, "0 mm"},
        {"tens of seconds", 7, &TEN_SECONDS, "70 s"},
        {"below the smallest unit there is", 1, &PICOMETRES, "0.001 nm"},
        {"far below the smallest unit there is", 1, &YOCTOMETRES, "0.000000000000001 nm"},
        {"a unit nobody knows gives way to the largest", 2500000, &IN_INCHES, "2.5 m"},
};

static void a_quantity_is_formatted(void **state)
{
	const struct format_row *row = *state;
	char buf[64];

	assert_i64(quantity_format(row->value, *row->m, buf, sizeof(buf)), strlen(row->text));
	assert_text(buf, row->text);
}

struct format_span_row {
	const char *name;
	struct span span;
	const struct measure *m;
	const char *text;
};

static const struct format_span_row format_span_rows[] = {
        {"both ends", {14000000, 20000000}, &FLUENCE, "14..20 J/cm2"},
        {"up to", {INT64_MIN, 20000000}, &FLUENCE, "..20 J/cm2"},
        {"from", {3000000000, INT64_MAX}, &WIDTH, "3.. ms"},
        {"exactly", {20000000, 20000000}, &FLUENCE, "20 J/cm2"},
        {"no end", {INT64_MIN, INT64_MAX}, &FLUENCE, "any"},
        {"from zero", {0, 20000000}, &FLUENCE, "0..20 J/cm2"},
        {"from zero up", {0, INT64_MAX}, &FLUENCE, "0.. J/cm2"},
        {"the larger end chooses the unit", {300, 20000000000}, &WIDTH, "0.0000003..20 ms"},
        {"both small", {5000, 20000}, &WIDTH, "5..20 ns"},
        {"a negative end may be the larger", {-3000, 5}, &SPOT, "-3..0.005 mm"},
        {"whole minutes at both ends", {300, 1800}, &SECONDS, "5..30 min"},
        {"one end that is no minute", {301, 1800}, &SECONDS, "301..1800 s"},
        {"another end that is no minute", {300, 1801}, &SECONDS, "300..1801 s"},
        {"counts", {2, 5}, &COUNT, "2..5"},
};

static void a_span_is_formatted(void **state)
{
	const struct format_span_row *row = *state;
	char buf[64];

	assert_i64(quantity_format_span(row->span, *row->m, buf, sizeof(buf)), strlen(row->text));
	assert_text(buf, row->text);
}

static void a_format_that_is_cut_says_what_it_needs(void **state)
{
	char buf[5];

	(void)state;
	assert_i64(quantity_format(18000000, FLUENCE, buf, sizeof(buf)), 8);
	assert_text(buf, "18 J");
	assert_i64(quantity_format(18000000, FLUENCE, NULL, 0), 8);
	assert_i64(quantity_format_span((struct span){1, 2}, COUNT, NULL, 0), 4);
}

/* --- the law: what is written is read back as the same ------------------------------------ */

static const struct measure *const all_measures[] = {
        &COUNT, &PERMILLE, &FLUENCE, &ENERGY,  &SPOT,        &WAVE,       &AREA,       &WIDTH,
        &RATE,  &RF,       &DENSITY, &SECONDS, &TEN_SECONDS, &DAYS_IN_PS, &PICOMETRES, &METRES,
};

static void comes_back(int64_t value, struct measure m)
{
	char buf[64];
	int64_t again = -77;

	assert_true(quantity_format(value, m, buf, sizeof(buf)) < sizeof(buf));
	assert_i64(quantity_parse(buf, m, &again), QUANTITY_OK);
	assert_i64(again, value);
}

static void span_comes_back(struct span s, struct measure m)
{
	char buf[96];
	struct span again = {-77, -78};

	assert_true(quantity_format_span(s, m, buf, sizeof(buf)) < sizeof(buf));
	assert_i64(quantity_parse_span(buf, m, &again), QUANTITY_OK);
	assert_i64(again.lo, s.lo);
	assert_i64(again.hi, s.hi);
}

/* Numbers of every length, by a generator that gives the same ones each time. */
static int64_t some_value(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (int64_t)((*seed ^ (*seed >> 29)) >> (1 + *seed % 63));
}

static void what_is_written_is_read_back_as_the_same(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all_measures); i++) {
		const struct measure m = *all_measures[i];

		for (int64_t v = 0; v <= 1100; v++)
			comes_back(v, m);
		for (int64_t v = 1; v <= INT64_MAX / 10; v *= 10) {
			comes_back(v - 1, m);
			comes_back(v + 1, m);
			comes_back(v * 6, m);
		}
		for (int n = 0; n < 2000; n++)
			comes_back(some_value(&seed), m);
		comes_back(INT64_MAX - 1, m);
		comes_back(INT64_MAX, m);
	}
}

static void a_span_that_is_written_is_read_back_as_the_same(void **state)
{
	uint64_t seed = 2;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all_measures); i++) {
		for (int n = 0; n < 1000; n++) {
			int64_t a = some_value(&seed);
			int64_t b = some_value(&seed);
			struct span s = {a < b ? a : b, a < b ? b : a};

			span_comes_back(s, *all_measures[i]);
			span_comes_back((struct span){a, INT64_MAX}, *all_measures[i]);
			span_comes_back((struct span){INT64_MIN, b}, *all_measures[i]);
		}
	}
}

/* --- explain ------------------------------------------------------------------------------ */

struct explain_row {
	const char *name;
	enum quantity_status why;
	const char *text;
	const struct measure *m;
	const char *sentence;
};

static const struct explain_row explain_rows[] = {
        {"nothing to say of what is right", QUANTITY_OK, "20 J/cm2", &FLUENCE, ""},
        {"nothing", QUANTITY_EMPTY, "", &SPOT,
         "\"\": there is nothing here; a length is wanted, as in \"18 mm\""},
        {"words", QUANTITY_NOT_A_NUMBER, "high", &FLUENCE,
         "\"high\": this is not a plain decimal number; a fluence is wanted, as in \"20 J/cm2\""},
        {"a range where one number belongs is answered with one number", QUANTITY_NOT_A_NUMBER,
         "14..20 J/cm2", &FLUENCE,
         "\"14..20 J/cm2\": this is not a plain decimal number; a fluence is wanted, as in "
         "\"20 J/cm2\""},
        {"a comma", QUANTITY_COMMA, "2,5 J", &ENERGY,
         "\"2,5 J\": a comma stands where a decimal point belongs; two and a half is \"2.5\", a "
         "thousand is \"1000\""},
        {"a minus", QUANTITY_NEGATIVE, "-1 Hz", &RATE,
         "\"-1 Hz\": it is negative; a frequency is wanted, as in \"2 Hz\""},
        {"no unit", QUANTITY_NO_UNIT, "20", &WIDTH,
         "\"20\": the unit is missing; a time is wanted, as in \"20 ms\""},
        {"no unit in a range", QUANTITY_NO_UNIT, "3..20", &WIDTH,
         "\"3..20\": the unit is missing; a time is wanted, as in \"3..20 ms\""},
        {"an unknown unit is answered with those there are", QUANTITY_UNKNOWN_UNIT, "20 j", &ENERGY,
         "\"20 j\": the unit is not known; an energy is wanted, as in \"15 J\" (units: J, mJ, uJ)"},
        {"another dimension is named", QUANTITY_WRONG_DIMENSION, "20 J", &FLUENCE,
         "\"20 J\": the unit measures something else (an energy); a fluence is wanted, as in "
         "\"20 J/cm2\""},
        {"another dimension, without a space", QUANTITY_WRONG_DIMENSION, "18mm2", &SPOT,
         "\"18mm2\": the unit measures something else (an area); a length is wanted, as in "
         "\"18 mm\""},
        {"another dimension in a range", QUANTITY_WRONG_DIMENSION, "1..2 mm", &AREA,
         "\"1..2 mm\": the unit measures something else (a length); an area is wanted, as in "
         "\"1..4 cm2\""},
        {"a count has no unit", QUANTITY_WRONG_DIMENSION, "12J", &COUNT,
         "\"12J\": the unit measures something else (an energy); a plain number is wanted, as in "
         "\"12\""},
        {"another dimension that cannot be found again", QUANTITY_WRONG_DIMENSION, "20 x", &FLUENCE,
         "\"20 x\": the unit measures something else; a fluence is wanted, as in \"20 J/cm2\""},
        {"too fine", QUANTITY_TOO_FINE, "0.0000001 J/cm2", &FLUENCE,
         "\"0.0000001 J/cm2\": it has more digits than the base unit holds; the finest step is "
         "1 uJ/cm2"},
        {"too fine a count", QUANTITY_TOO_FINE, "0.5", &COUNT,
         "\"0.5\": it has more digits than the base unit holds; the finest step is 1"},
        {"too large", QUANTITY_TOO_LARGE, "99999999999999 J/cm2", &FLUENCE,
         "\"99999999999999 J/cm2\": it is too large; a fluence is wanted, as in \"20 J/cm2\""},
        {"backwards", QUANTITY_REVERSED, "20..14 J/cm2", &FLUENCE,
         "\"20..14 J/cm2\": the range runs backwards; the smaller end stands first, as in "
         "\"14..20 J/cm2\""},
        {"no end", QUANTITY_NOT_A_RANGE, ".. nm", &WAVE,
         "\".. nm\": the range has no end at all; a length is wanted, as in \"755..1064 nm\""},
        {"something behind it", QUANTITY_TRAILING, "12 pulses", &COUNT,
         "\"12 pulses\": something stands behind it; a plain number is wanted, as in \"12\""},
        {"zero", QUANTITY_ZERO, "1/0", &COUNT,
         "\"1/0\": it is zero where something is needed; a plain number is wanted, as in \"12\""},
        {"a choice", QUANTITY_UNKNOWN_UNIT, "ice", &CHOICE,
         "\"ice\": it is not one of the names known here"},
        {"a share", QUANTITY_NO_UNIT, "5", &PERMILLE,
         "\"5\": the unit is missing; a share is wanted, as in \"10 %\""},
        {"a density", QUANTITY_NO_UNIT, "5", &DENSITY,
         "\"5\": the unit is missing; a density is wanted, as in \"1000 /cm2\""},
};

static void what_was_wrong_is_explained(void **state)
{
	const struct explain_row *row = *state;
	char buf[256];

	assert_i64(quantity_explain(row->why, row->text, *row->m, buf, sizeof(buf)),
	           strlen(row->sentence));
	assert_text(buf, row->sentence);
}

/* Whatever people are shown as right had better be right: the part behind `as in`. */
static void the_example_is_itself_accepted(void **state)
{
	static const char *const wrong[] = {"x", "..x"};
	char buf[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all_measures); i++) {
		for (size_t n = 0; n < ARRAY_LEN(wrong); n++) {
			struct span span;
			char *from, *to;

			quantity_explain(QUANTITY_NO_UNIT, wrong[n], *all_measures[i], buf,
			                 sizeof(buf));
			from = strstr(buf, "as in \"") + strlen("as in \"");
			to = strchr(from, '"');
			*to = '\0';
			if (all_measures[i] == &TEN_SECONDS || all_measures[i] == &METRES)
				continue; /* coarser than what they are shown in */
			assert_i64(quantity_parse_span(from, *all_measures[i], &span), QUANTITY_OK);
			assert_i64(span.lo == span.hi, n == 0);
		}
	}
}

static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_span_holds_both_its_ends),
        cmocka_unit_test(a_format_that_is_cut_says_what_it_needs),
        cmocka_unit_test(what_is_written_is_read_back_as_the_same),
        cmocka_unit_test(a_span_that_is_written_is_read_back_as_the_same),
        cmocka_unit_test(the_example_is_itself_accepted),
};

int main(void)
{
	int failures = RUN_ROWS("quantity: parse", parse_rows, a_quantity_is_parsed);

	failures += RUN_ROWS("quantity: spans", span_rows, a_span_is_parsed);
	failures += RUN_ROWS("quantity: ratios", ratio_rows, a_ratio_is_parsed);
	failures += RUN_ROWS("quantity: format", format_rows, a_quantity_is_formatted);
	failures += RUN_ROWS("quantity: format spans", format_span_rows, a_span_is_formatted);
	failures += RUN_ROWS("quantity: explain", explain_rows, what_was_wrong_is_explained);
	failures += cmocka_run_group_tests_name("quantity", tests, NULL, NULL);
	return failures != 0;
}
