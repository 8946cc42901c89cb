#include "given.h"

#include "core/dose.h"

static const struct symbols given = {
        .count = 3,
        .name = {"none", "cryogen", "contact"},
};

/* --- parameters --------------------------------------------------------------------------- */

struct param_row {
	const char *name; /* in files */
	enum param p;
	const char *words;
	enum dimension dimension;
	int base_exp10;
	const char *shown_in;
	enum danger danger;
};

static const struct param_row param_rows[] = {
        {"fluence", FLUENCE_UJ_CM2, "fluence", DIM_FLUENCE, -6, "J/cm2", DANGER_UP},
        {"energy", ENERGY_UJ, "pulse energy", DIM_ENERGY, -6, "J", DANGER_UP},
        {"spot", SPOT_UM, "spot diameter", DIM_LENGTH, -6, "mm", DANGER_ANY},
        {"tip_area", TIP_AREA_UM2, "tip area", DIM_AREA, -12, "cm2", DANGER_ANY},
        {"pulse_width", WIDTH_PS, "pulse width", DIM_TIME, -12, "ms", DANGER_DOWN},
        {"wavelength", WAVELENGTH_NM, "wavelength", DIM_LENGTH, -9, "nm", DANGER_ANY},
        {"rate", RATE_MILLIHZ, "repetition rate", DIM_FREQUENCY, -3, "Hz", DANGER_UP},
        {"frequency", FREQUENCY_MILLIHZ, "RF frequency", DIM_FREQUENCY, -3, "MHz", DANGER_ANY},
        {"cooling", COOLING, "cooling", DIM_CHOICE, 0, "", DANGER_ANY},
        {"cooling_spray", SPRAY_PS, "cryogen spray", DIM_TIME, -12, "ms", DANGER_ANY},
        {"cooling_delay", DELAY_PS, "cryogen delay", DIM_TIME, -12, "ms", DANGER_ANY},
        {"tip", TIP, "tip", DIM_CHOICE, 0, "", DANGER_ANY},
        {"handpiece", HANDPIECE, "handpiece", DIM_CHOICE, 0, "", DANGER_ANY},
        {"filter", FILTER_NM, "cut-off filter", DIM_LENGTH, -9, "nm", DANGER_DOWN},
        {"density", DENSITY_PER_CM2, "density", DIM_DENSITY, 0, "/cm2", DANGER_UP},
        {"coverage", COVERAGE_PPM, "coverage", DIM_RATIO, -6, "%", DANGER_UP},
        {"depth", DEPTH_UM, "depth", DIM_LENGTH, -6, "mm", DANGER_UP},
        {"passes", PASSES, "passes", DIM_COUNT, 0, "", DANGER_UP},
        {"product", PRODUCT_UJ_CM2, "energy times density", DIM_FLUENCE, -6, "J/cm2", DANGER_UP},
        {"irradiance", IRRADIANCE_UW_CM2, "average irradiance", DIM_IRRADIANCE, -6, "W/cm2",
         DANGER_UP},
};

static void a_parameter_is_found_by_its_name(void **state)
{
	const struct param_row *row = *state;
	const struct param_info *info = param_info(row->p);

	assert_i64(param_named(row->name), row->p);
	assert_text(info->name, row->name);
	assert_text(info->words, row->words);
	assert_i64(info->measure.dimension, row->dimension);
	assert_i64(info->measure.base_exp10, row->base_exp10);
	assert_text(info->measure.shown_in, row->shown_in);
	assert_i64(info->danger, row->danger);
}

static void what_is_no_parameter_has_no_number(void **state)
{
	(void)state;
	assert_i64(ARRAY_LEN(param_rows), PARAM_COUNT);
	assert_i64(param_named("densities"), PARAM_NONE);
	assert_i64(param_named("Fluence"), PARAM_NONE);
	assert_i64(param_named("tip_"), PARAM_NONE);
	assert_i64(param_named(""), PARAM_NONE);
}

/* --- names for choices -------------------------------------------------------------------- */

static void a_name_keeps_the_number_it_was_given(void **state)
{
	struct symbols s = {0};

	(void)state;
	assert_i64(symbols_find(&s, "cryogen"), 0);
	assert_i64(symbols_intern(&s, "cryogen"), 1);
	assert_i64(symbols_intern(&s, "contact"), 2);
	assert_i64(symbols_intern(&s, "cryogen"), 1);
	assert_i64(symbols_find(&s, "contact"), 2);
	assert_i64(symbols_find(&s, "Contact"), 0);
	assert_i64(s.count, 2);
	assert_text(symbols_name(&s, 1), "cryogen");
	assert_text(symbols_name(&s, 2), "contact");
}

static void a_value_that_is_none_has_no_name(void **state)
{
	(void)state;
	assert_text(symbols_name(&given, -1), "?");
	assert_text(symbols_name(&given, 0), "?");
	assert_text(symbols_name(&given, 1), "none");
	assert_text(symbols_name(&given, 3), "contact");
	assert_text(symbols_name(&given, 4), "?");
	assert_text(symbols_name(&given, INT64_MAX), "?");
}

static void a_name_is_neither_empty_nor_too_long(void **state)
{
	struct symbols s = {0};

	(void)state;
	assert_i64(symbols_intern(&s, ""), 0);
	assert_i64(symbols_intern(&s, "a_name_of_thirty-two_characters_"), 0);
	assert_i64(s.count, 0);
	assert_i64(symbols_intern(&s, "a_name_of_thirty-one_characters"), 1);
	assert_text(symbols_name(&s, 1), "a_name_of_thirty-one_characters");
}

static void a_full_table_takes_no_other_name(void **state)
{
	struct symbols s = {0};
	char name[3] = "a0";

	(void)state;
	for (int i = 0; i < 64; i++) {
		name[0] = (char)('a' + i / 10);
		name[1] = (char)('0' + i % 10);
		assert_i64(symbols_intern(&s, name), i + 1);
	}
	assert_i64(symbols_intern(&s, "one_more"), 0);
	assert_i64(symbols_intern(&s, "g3"), 64);
	assert_i64(s.count, 64);
}

/* --- settings ----------------------------------------------------------------------------- */

static void what_is_not_known_is_not_zero(void **state)
{
	struct settings none = {0};
	struct settings zero = {0};

	(void)state;
	settings_set(&zero, SPOT_UM, 0);
	assert_false(settings_has(&none, SPOT_UM));
	assert_true(settings_has(&zero, SPOT_UM));
	assert_false(settings_has(&zero, FLUENCE_UJ_CM2));
	assert_false(settings_equal(&none, &zero));
	assert_true(settings_equal(&none, &none));
}

static void settings_are_equal_in_what_is_known(void **state)
{
	struct settings a = {0};
	struct settings b = {0};

	(void)state;
	settings_set(&a, SPOT_UM, 18000);
	settings_set(&a, TIP, 1);
	settings_set(&b, TIP, 1);
	settings_set(&b, SPOT_UM, 15000);
	assert_false(settings_equal(&a, &b));
	settings_set(&b, SPOT_UM, 18000);
	assert_true(settings_equal(&a, &b));
	b.value[FLUENCE_UJ_CM2] = 20000000; /* a left-over that is not known says nothing */
	assert_true(settings_equal(&a, &b));
	settings_set(&b, FLUENCE_UJ_CM2, 20000000);
	assert_false(settings_equal(&a, &b));
	settings_set(&a, FLUENCE_UJ_CM2, 20000000);
	settings_set(&a, TIP, 2);
	assert_false(settings_equal(&a, &b));
}

/* --- as text ------------------------------------------------------------------------------ */

struct text_row {
	const char *name;
	enum param p;
	int64_t value;
	const char *text;
};

static const struct text_row text_rows[] = {
        {"a fluence", FLUENCE_UJ_CM2, 18000000, "18 J/cm2"},
        {"an energy", ENERGY_UJ, 15700000, "15.7 J"},
        {"a spot", SPOT_UM, 15000, "15 mm"},
        {"a tip area", TIP_AREA_UM2, 150000000, "1.5 cm2"},
        {"a width", WIDTH_PS, 3000000000, "3 ms"},
        {"a very short width", WIDTH_PS, 750, "750 ps"},
        {"a wavelength", WAVELENGTH_NM, 755, "755 nm"},
        {"a rate", RATE_MILLIHZ, 1500, "1.5 Hz"},
        {"a radio frequency", FREQUENCY_MILLIHZ, 6780000000, "6.78 MHz"},
        {"a choice", COOLING, 2, "cryogen"},
        {"another choice", TIP, 3, "contact"},
        {"a spray", SPRAY_PS, 40000000000, "40 ms"},
        {"a delay", DELAY_PS, 0, "0 ms"},
};

static void a_value_is_written_and_read_back(void **state)
{
	const struct text_row *row = *state;
	char buf[64];
	int64_t value = -77;

	assert_i64(dose_format(&given, row->p, row->value, buf, sizeof(buf)), strlen(row->text));
	assert_text(buf, row->text);
	assert_i64(dose_parse(&given, row->p, buf, &value), QUANTITY_OK);
	assert_i64(value, row->value);
}

static void a_choice_that_is_not_there_is_refused(void **state)
{
	int64_t value = -77;
	char buf[8];

	(void)state;
	assert_i64(dose_parse(&given, COOLING, "ice", &value), QUANTITY_UNKNOWN_UNIT);
	assert_i64(dose_parse(&given, COOLING, "", &value), QUANTITY_UNKNOWN_UNIT);
	assert_i64(dose_parse(&given, COOLING, "2", &value), QUANTITY_UNKNOWN_UNIT);
	assert_i64(dose_parse(NULL, COOLING, "cryogen", &value), QUANTITY_UNKNOWN_UNIT);
	assert_i64(value, -77);
	assert_i64(dose_format(NULL, COOLING, 2, buf, sizeof(buf)), 1);
	assert_text(buf, "?");
	assert_i64(dose_format(&given, COOLING, 0, buf, sizeof(buf)), 1);
	assert_text(buf, "?");
}

static void a_wrong_quantity_is_refused(void **state)
{
	int64_t value = -77;

	(void)state;
	assert_i64(dose_parse(&given, FLUENCE_UJ_CM2, "20 J", &value), QUANTITY_WRONG_DIMENSION);
	assert_i64(dose_parse(NULL, FLUENCE_UJ_CM2, "", &value), QUANTITY_EMPTY);
	assert_i64(value, -77);
}

static void settings_are_one_line(void **state)
{
	struct settings s = {0};
	char buf[96];
	char small[12];

	(void)state;
	assert_i64(dose_format_settings(&given, &s, buf, sizeof(buf)), 0);
	assert_text(buf, "");
	settings_set(&s, COOLING, 2);
	assert_i64(dose_format_settings(&given, &s, buf, sizeof(buf)), 15);
	assert_text(buf, "cooling cryogen");
	settings_set(&s, SPOT_UM, 15000);
	settings_set(&s, FLUENCE_UJ_CM2, 18000000);
	assert_i64(dose_format_settings(&given, &s, buf, sizeof(buf)), 45);
	assert_text(buf, "fluence 18 J/cm2, spot 15 mm, cooling cryogen");
	assert_i64(dose_format_settings(&given, &s, small, sizeof(small)), 45);
	assert_text(small, "fluence 18 ");
	assert_i64(dose_format_settings(NULL, &s, NULL, 0), 39);
}

/* Every parameter at its longest: nothing on the line is cut. */
static void the_longest_values_are_written_whole(void **state)
{
	struct settings s = {0};
	char line[1024];
	char value[128];

	(void)state;
	for (unsigned p = 0; p < PARAM_COUNT; p++)
		settings_set(&s, (enum param)p, INT64_MIN + 1);
	assert_true(dose_format_settings(&given, &s, line, sizeof(line)) < sizeof(line));
	for (unsigned p = 0; p < PARAM_COUNT; p++) {
		dose_format(&given, (enum param)p, INT64_MIN + 1, value, sizeof(value));
		assert_contains(line, value);
	}
}

/* --- fluence ------------------------------------------------------------------------------ */

/* Numbers worked out by hand to ten digits and more; -1: cannot be computed. */
struct fluence_row {
	const char *name;
	int64_t energy_uj, diameter_um, area_um2;
	int64_t at_least, at_most;
};

static const struct fluence_row fluence_rows[] = {
        {"15.7 J through 10 mm are 20 J/cm2", 15700000, 10000, 0, 19989860, 19989861},
        {"the same through 8 mm are 31.2", 15700000, 8000, 0, 31234157, 31234158},
        {"the same through 15 mm are 8.9", 15700000, 15000, 0, 8884382, 8884383},
        {"the same through 18 mm are 6.2", 15700000, 18000, 0, 6169710, 6169711},
        {"124 J on 1 cm2", 124000000, 0, 100000000, 124000000, 124000000},
        {"195 J on 1.5 cm2", 195000000, 0, 150000000, 130000000, 130000000},
        {"a third of a microjoule is rounded", 1, 0, 300000000, 0, 1},
        {"a spot goes before a tip", 15700000, 10000, 100000000, 19989860, 19989861},
        {"hardly anything on a large spot", 1, 1000000, 0, 0, 1},
        {"no energy", 0, 10000, 0, -1, -1},
        {"negative energy", -1, 10000, 0, -1, -1},
        {"no area at all", 15700000, 0, 0, -1, -1},
        {"a negative tip", 15700000, 0, -1, -1, -1},
        {"a negative spot", 15700000, -10000, 100000000, -1, -1},
        {"the most energy 64 bits hold", 23058430092, 10000, 0, 29358905029, 29358905039},
        {"a microjoule more", 23058430093, 10000, 0, -1, -1},
        {"the widest spot 64 bits hold", 1, 3037000499, 0, 0, 1},
        {"a micrometre more", 1, 3037000500, 0, -1, -1},
        {"the most on a micrometre that is never understated", 696587, 1, 0, -1, 88692211491159},
        {"a microjoule more on it", 696588, 1, 0, -1, -1},
        {"the most on a micrometre that is never overstated", 694217, 1, 0, 88390453693410,
         88390453719001},
        {"the most energy over a tip", 92233720368, 0, 1, 9223372036800000000, 9223372036800000000},
        {"a microjoule more over a tip", 92233720369, 0, 1, -1, -1},
};

static void fluence_is_energy_over_area(void **state)
{
	const struct fluence_row *row = *state;
	int64_t least = -1;
	int64_t most = -1;
	bool has_least, has_most;

	has_least = dose_fluence_at_least(row->energy_uj, row->diameter_um, row->area_um2, &least);
	has_most = dose_fluence_at_most(row->energy_uj, row->diameter_um, row->area_um2, &most);
	assert_i64(has_least, row->at_least != -1);
	assert_i64(has_most, row->at_most != -1);
	assert_i64(least, row->at_least);
	assert_i64(most, row->at_most);
}

/* pi is between 314159265358979323 and 314159265358979324 times 1e-17. */
#define PI_LOW  ((__int128)314159265358979323)
#define PI_HIGH ((__int128)314159265358979324)

/* Neither side is flattered, and by no more than 2 uJ/cm2: for energies from a microjoule to
 * hundreds of joules through spots from half a millimetre to 4 cm, below 3 kJ/cm2. */
static void the_true_fluence_is_between_the_two(void **state)
{
	const __int128 scale = (__int128)400000000 * 100000000000000000;
	int checked = 0;

	(void)state;
	for (int64_t d = 500; d <= 40000; d += 237) {
		for (int64_t e = 1; e < 500000000; e += e / 7 + 1) {
			__int128 square = (__int128)d * d;
			int64_t least, most;

			assert_true(dose_fluence_at_least(e, d, 0, &least));
			assert_true(dose_fluence_at_most(e, d, 0, &most));
			if (most > INT64_C(3000000000))
				break;
			assert_true(most * square * PI_LOW >= e * scale);
			assert_true((most - 2) * square * PI_HIGH < e * scale);
			assert_true(least * square * PI_HIGH <= e * scale);
			assert_true((least + 2) * square * PI_LOW > e * scale);
			checked++;
		}
	}
	assert_true(checked > 15000);
}

static void the_true_fluence_of_a_tip_is_between_the_two(void **state)
{
	(void)state;
	for (int64_t area = 1000; area < 1000000000; area += area / 3 + 1) {
		for (int64_t e = 1; e < 500000000; e += e / 3 + 1) {
			__int128 exact = (__int128)e * 100000000;
			int64_t least, most;

			assert_true(dose_fluence_at_least(e, 0, area, &least));
			assert_true(dose_fluence_at_most(e, 0, area, &most));
			assert_true((__int128)most * area >= exact);
			assert_true((__int128)(most - 1) * area < exact);
			assert_true((__int128)least * area <= exact);
			assert_true((__int128)(least + 1) * area > exact);
		}
	}
}

/* --- the fluence that counts -------------------------------------------------------------- */

#define UNKNOWN INT64_MIN

struct complete_row {
	const char *name;
	enum fluence_source how;
	int64_t fluence, energy, spot, area; /* UNKNOWN: not known */
	enum dose_status status;
	int64_t counts; /* the fluence afterwards */
};

static const struct complete_row complete_rows[] = {
        {"reported is what counts", FLUENCE_REPORTED, 20000000, UNKNOWN, UNKNOWN, UNKNOWN, DOSE_OK,
         20000000},
        {"reported zero is known", FLUENCE_REPORTED, 0, UNKNOWN, UNKNOWN, UNKNOWN, DOSE_OK, 0},
        {"not reported is not known", FLUENCE_REPORTED, UNKNOWN, 15700000, 10000, UNKNOWN,
         DOSE_HALF_KNOWN, UNKNOWN},
        {"reported does not look at the energy", FLUENCE_REPORTED, 20000000, 99000000, 10000,
         UNKNOWN, DOSE_OK, 20000000},

        {"derived over a spot, rounded up", FLUENCE_DERIVED, UNKNOWN, 15700000, 10000, UNKNOWN,
         DOSE_OK, 19989861},
        {"derived over a tip", FLUENCE_DERIVED, UNKNOWN, 195000000, UNKNOWN, 150000000, DOSE_OK,
         130000000},
        {"derived over a tip when the spot is zero", FLUENCE_DERIVED, UNKNOWN, 195000000, 0,
         150000000, DOSE_OK, 130000000},
        {"derived replaces a higher fluence left over", FLUENCE_DERIVED, 31000000, 15700000, 10000,
         UNKNOWN, DOSE_OK, 19989861},
        {"derived replaces a lower fluence left over", FLUENCE_DERIVED, 5000000, 15700000, 10000,
         UNKNOWN, DOSE_OK, 19989861},
        {"derived without energy", FLUENCE_DERIVED, UNKNOWN, UNKNOWN, 10000, UNKNOWN,
         DOSE_HALF_KNOWN, UNKNOWN},
        {"derived without an area", FLUENCE_DERIVED, UNKNOWN, 15700000, UNKNOWN, UNKNOWN,
         DOSE_HALF_KNOWN, UNKNOWN},
        {"derived from no energy", FLUENCE_DERIVED, UNKNOWN, 0, 10000, UNKNOWN, DOSE_NOT_COMPUTABLE,
         UNKNOWN},
        {"derived over a spot of nothing", FLUENCE_DERIVED, UNKNOWN, 15700000, 0, UNKNOWN,
         DOSE_NOT_COMPUTABLE, UNKNOWN},
        {"derived beyond 64 bits", FLUENCE_DERIVED, 1, INT64_MAX, 10000, UNKNOWN,
         DOSE_NOT_COMPUTABLE, 1},

        {"both agree", FLUENCE_BOTH, 20000000, 20000000, UNKNOWN, 100000000, DOSE_OK, 20000000},
        {"both near, the reported larger", FLUENCE_BOTH, 21000000, 20000000, UNKNOWN, 100000000,
         DOSE_OK, 21000000},
        {"both near, the derived larger", FLUENCE_BOTH, 19000000, 20000000, UNKNOWN, 100000000,
         DOSE_OK, 20000000},
        {"a tenth below the larger", FLUENCE_BOTH, 18000000, 20000000, UNKNOWN, 100000000, DOSE_OK,
         20000000},
        {"one step more below", FLUENCE_BOTH, 17999999, 20000000, UNKNOWN, 100000000,
         DOSE_DISAGREES, 20000000},
        {"reported a tenth above, of the larger", FLUENCE_BOTH, 22222222, 20000000, UNKNOWN,
         100000000, DOSE_OK, 22222222},
        {"one step more above", FLUENCE_BOTH, 22222223, 20000000, UNKNOWN, 100000000,
         DOSE_DISAGREES, 22222223},
        {"reported for 18 mm, delivered through 15 mm", FLUENCE_BOTH, 6170000, 15700000, 15000,
         UNKNOWN, DOSE_DISAGREES, 8884383},
        /* 6836243.92, rounded up twice */
        {"a spot 5 % narrower than reported is just within", FLUENCE_BOTH, 6169711, 15700000, 17100,
         UNKNOWN, DOSE_OK, 6836245},
        {"a spot 6 % narrower is not", FLUENCE_BOTH, 6169711, 15700000, 16920, UNKNOWN,
         DOSE_DISAGREES, 6982470},
        {"joules taken for millijoules", FLUENCE_BOTH, 20000, 20000000, UNKNOWN, 100000000,
         DOSE_DISAGREES, 20000000},
        {"reported as nothing", FLUENCE_BOTH, 0, 20000000, UNKNOWN, 100000000, DOSE_DISAGREES,
         20000000},
        {"reported as less than nothing", FLUENCE_BOTH, INT64_MIN + 1, 20000000, UNKNOWN, 100000000,
         DOSE_DISAGREES, 20000000},
        {"reported beyond all measure", FLUENCE_BOTH, INT64_MAX, 20000000, UNKNOWN, 100000000,
         DOSE_DISAGREES, INT64_MAX},
        {"both, one not reported", FLUENCE_BOTH, UNKNOWN, 20000000, UNKNOWN, 100000000,
         DOSE_HALF_KNOWN, UNKNOWN},
        {"both, without energy", FLUENCE_BOTH, 20000000, UNKNOWN, UNKNOWN, 100000000,
         DOSE_HALF_KNOWN, 20000000},
        {"both, without an area", FLUENCE_BOTH, 20000000, 20000000, UNKNOWN, UNKNOWN,
         DOSE_HALF_KNOWN, 20000000},
        {"both, on an area of nothing", FLUENCE_BOTH, 20000000, 20000000, UNKNOWN, 0,
         DOSE_NOT_COMPUTABLE, 20000000},

        {"none knows no fluence", FLUENCE_NONE, UNKNOWN, 15700000, 10000, UNKNOWN, DOSE_OK,
         UNKNOWN},
        {"none leaves a fluence as it is", FLUENCE_NONE, 5, 15700000, 10000, UNKNOWN, DOSE_OK, 5},
};

static void give(struct settings *s, enum param p, int64_t value)
{
	if (value != UNKNOWN)
		settings_set(s, p, value);
}

static struct settings given_settings(const struct complete_row *row)
{
	struct settings s = {0};

	give(&s, FLUENCE_UJ_CM2, row->fluence);
	give(&s, ENERGY_UJ, row->energy);
	give(&s, SPOT_UM, row->spot);
	give(&s, TIP_AREA_UM2, row->area);
	give(&s, WIDTH_PS, 3000000000);
	return s;
}

static void the_fluence_that_counts_is_laid_over(void **state)
{
	const struct complete_row *row = *state;
	struct settings in = given_settings(row);
	struct settings want = in;
	struct settings out = {.known = UINT32_MAX};

	give(&want, FLUENCE_UJ_CM2, row->counts);
	assert_i64(dose_complete(row->how, &in, &out), row->status);
	assert_true(settings_equal(&out, &want));
	assert_i64(dose_complete(row->how, &in, &in), row->status); /* also in place */
	assert_true(settings_equal(&in, &want));
}

static int64_t computed(enum param p, enum param a, int64_t av, enum param b, int64_t bv)
{
	struct settings in = {0}, out;

	settings_set(&in, p, 12345); /* left over from before */
	settings_set(&in, a, av);
	settings_set(&in, b, bv);
	assert_i64(dose_complete(FLUENCE_NONE, &in, &out), DOSE_OK);
	return settings_has(&out, p) ? out.value[p] : -1;
}

/* clinical text, section 3: 10 mJ x 1000 /cm2 = 10 J/cm2; 20 J/cm2 at 2 Hz = 40 W/cm2. */
static void energy_times_density_and_fluence_times_rate_are_computed(void **state)
{
	(void)state;
	assert_i64(computed(PRODUCT_UJ_CM2, ENERGY_UJ, 10000, DENSITY_PER_CM2, 1000), 10000000);
	assert_i64(computed(IRRADIANCE_UW_CM2, FLUENCE_UJ_CM2, 20000000, RATE_MILLIHZ, 2000),
	           40000000);
	assert_i64(computed(IRRADIANCE_UW_CM2, FLUENCE_UJ_CM2, 1, RATE_MILLIHZ, 1), 1); /* up */
	assert_i64(computed(IRRADIANCE_UW_CM2, FLUENCE_UJ_CM2, 1000, RATE_MILLIHZ, 1), 1);
}

static void what_cannot_be_computed_is_not_known(void **state)
{
	(void)state;
	assert_i64(computed(PRODUCT_UJ_CM2, ENERGY_UJ, 1, SPOT_UM, 1), -1);
	assert_i64(computed(PRODUCT_UJ_CM2, DENSITY_PER_CM2, 1, SPOT_UM, 1), -1);
	assert_i64(computed(PRODUCT_UJ_CM2, ENERGY_UJ, INT64_MAX, DENSITY_PER_CM2, 2), -1);
	assert_i64(computed(IRRADIANCE_UW_CM2, FLUENCE_UJ_CM2, 1, SPOT_UM, 1), -1);
	assert_i64(computed(IRRADIANCE_UW_CM2, RATE_MILLIHZ, 1, SPOT_UM, 1), -1);
	assert_i64(computed(IRRADIANCE_UW_CM2, FLUENCE_UJ_CM2, INT64_MAX, RATE_MILLIHZ, 2), -1);
}

/* --- told, without a profile --------------------------------------------------------------------
 */

static void what_is_told_is_completed_by_what_is_there(void **state)
{
	struct settings s = {.known = 0}, out;

	(void)state;
	settings_set(&s, FLUENCE_UJ_CM2, 20000000);
	settings_set(&s, RATE_MILLIHZ, 2000);
	assert_i64(dose_complete_told(&s, &out), DOSE_OK);
	assert_i64(out.value[IRRADIANCE_UW_CM2], 40000000);
	s = (struct settings){.known = 0};
	settings_set(&s, ENERGY_UJ, 195000000);
	assert_i64(dose_complete_told(&s, &out), DOSE_OK); /* a microbeam's: no fluence */
	assert_false(settings_has(&out, FLUENCE_UJ_CM2));
	settings_set(&s, TIP_AREA_UM2, 150000000);
	assert_i64(dose_complete_told(&s, &out), DOSE_OK);
	assert_i64(out.value[FLUENCE_UJ_CM2], 130000000);
	settings_set(&s, FLUENCE_UJ_CM2, 130000000);
	assert_i64(dose_complete_told(&s, &out), DOSE_OK);
	settings_set(&s, FLUENCE_UJ_CM2, 10000000);
	assert_i64(dose_complete_told(&s, &out), DOSE_DISAGREES);
}

static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_is_completed_by_what_is_there),
        cmocka_unit_test(energy_times_density_and_fluence_times_rate_are_computed),
        cmocka_unit_test(what_cannot_be_computed_is_not_known),
        cmocka_unit_test(what_is_no_parameter_has_no_number),
        cmocka_unit_test(a_name_keeps_the_number_it_was_given),
        cmocka_unit_test(a_value_that_is_none_has_no_name),
        cmocka_unit_test(a_name_is_neither_empty_nor_too_long),
        cmocka_unit_test(a_full_table_takes_no_other_name),
        cmocka_unit_test(what_is_not_known_is_not_zero),
        cmocka_unit_test(settings_are_equal_in_what_is_known),
        cmocka_unit_test(a_choice_that_is_not_there_is_refused),
        cmocka_unit_test(a_wrong_quantity_is_refused),
        cmocka_unit_test(settings_are_one_line),
        cmocka_unit_test(the_longest_values_are_written_whole),
        cmocka_unit_test(the_true_fluence_is_between_the_two),
        cmocka_unit_test(the_true_fluence_of_a_tip_is_between_the_two),
};

/* --- measured against set: a fifth either way ------------------------------------------------- */

static const struct {
	const char *name;
	int64_t energy, fluence, spot, tip; /* 0: not known */
	int64_t delivered;
	bool within;
} outputs[] = {
        {"80 % of the energy set is within", 100000, 0, 0, 0, 80000, true},
        {"one less is not", 100000, 0, 0, 0, 79999, false},
        {"120 % is within", 100000, 0, 0, 0, 120000, true},
        {"one more is not", 100000, 0, 0, 0, 120001, false},
        {"nothing measured is not", 100000, 0, 0, 0, 0, false},
        {"the energy counts before the fluence", 100000, 1000000, 10000, 0, 100000, true},
        /* 10 J/cm2 on 18 mm is 25.447 J; a fifth more is 30.536, a fifth less 20.358 */
        {"a fluence on a spot, just within above", 0, 10000000, 18000, 0, 30536000, true},
        {"and just beyond", 0, 10000000, 18000, 0, 30537000, false},
        {"just within below", 0, 10000000, 18000, 0, 20358000, true},
        {"and just beyond below", 0, 10000000, 18000, 0, 20357000, false},
        {"a fluence on a tip of 1 cm2, 120 %", 0, 100000000, 0, 100000000, 120000000, true},
        {"and one more", 0, 100000000, 0, 100000000, 120000100, false},
        {"a fluence and nothing measured", 0, 10000000, 18000, 0, 0, false},
        {"a fluence without an area cannot be compared", 0, 10000000, 0, 0, 5, true},
        {"nor can nothing", 0, 0, 0, 0, 5, true},
};

static void output_is_compared(void **state)
{
	const size_t i = (size_t)((const char *)*state - (const char *)outputs) / sizeof outputs[0];
	const enum param of[] = {ENERGY_UJ, FLUENCE_UJ_CM2, SPOT_UM, TIP_AREA_UM2};
	const int64_t value[] = {outputs[i].energy, outputs[i].fluence, outputs[i].spot,
	                         outputs[i].tip};
	struct settings s = {.known = 0};

	for (size_t k = 0; k < 4; k++)
		if (value[k] != 0)
			settings_set(&s, of[k], value[k]);
	assert_i64(dose_output_within(&s, outputs[i].delivered), outputs[i].within);
}

/* --- the energy of a pulse, in uJ ------------------------------------------------------------- */

static const struct {
	const char *name;
	int64_t energy, fluence, spot, tip; /* -1: not known */
	int64_t want;                       /* -1: not known */
} energies[] = {
        {"as set", 8200, -1, -1, -1, 8200},
        {"as set, whatever the fluence", 8200, 10000000, 18000, -1, 8200},
        /* 10 J/cm2 on pi * 0.9^2 cm2 = 2.544690049 cm2, rounded up */
        {"10 J/cm2 on 18 mm", -1, 10000000, 18000, -1, 25446901},
        {"124 J/cm2 on a tip of 1 cm2", -1, 124000000, -1, 100000000, 124000000},
        {"130 J/cm2 on 1.5 cm2", -1, 130000000, -1, 150000000, 195000000},
        {"a fluence without an area", -1, 10000000, -1, -1, -1},
        {"nothing", -1, -1, 18000, -1, -1},
        {"a fluence below nothing", -1, -5, 18000, -1, -1},
        {"a tip below nothing", -1, 5, -1, -5, -1},
        {"a tip and a fluence beyond 64 bits", -1, INT64_MAX, -1, INT64_MAX, -1},
        {"a spot beyond 64 bits", -1, 5, INT64_MAX, -1, -1},
        {"a product beyond 64 bits", -1, INT64_MAX, 18000, -1, -1},
};

static void a_pulse_has_its_energy(void **state)
{
	const size_t i =
	        (size_t)((const char *)*state - (const char *)energies) / sizeof energies[0];
	const enum param of[] = {ENERGY_UJ, FLUENCE_UJ_CM2, SPOT_UM, TIP_AREA_UM2};
	const int64_t value[] = {energies[i].energy, energies[i].fluence, energies[i].spot,
	                         energies[i].tip};
	struct settings s = {.known = 0};
	int64_t got;

	for (size_t k = 0; k < 4; k++)
		if (value[k] != -1)
			settings_set(&s, of[k], value[k]);
	if (dose_energy(&s, &got))
		assert_i64(got, energies[i].want);
	else
		assert_i64(-1, energies[i].want);
}

int main(void)
{
	int failures = RUN_ROWS("dose: parameters", param_rows, a_parameter_is_found_by_its_name);

	failures += RUN_ROWS("dose: text", text_rows, a_value_is_written_and_read_back);
	failures += RUN_ROWS("dose: fluence", fluence_rows, fluence_is_energy_over_area);
	failures += RUN_ROWS("dose: complete", complete_rows, the_fluence_that_counts_is_laid_over);
	failures += cmocka_run_group_tests_name("dose", tests, NULL, NULL);
	failures += RUN_ROWS("dose: energy", energies, a_pulse_has_its_energy);
	failures += RUN_ROWS("dose: output", outputs, output_is_compared);
	return failures != 0;
}
