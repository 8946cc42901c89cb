/*
 * The shipped protocols of fractional lasers and radiofrequency, and of what stays closed: numbers
 * written a second time from the tables of the sources, each ceiling tried on both sides in the
 * registers of its device, and who may be treated at all.
 */
#include "given_fractional.h"

#define UJ(mj) ((int64_t)((mj)*1000))
#define J(n)   ((int64_t)(n)*1000000)
#define PC(n)  ((int64_t)(n)*10000) /* percent in millionths */

/* --- the tables, a second time --------------------------------------------------------------- */

struct cell_row {
	const char *name; /* the row's id */
	enum device device;
	char status, confidence;
	const char *pins; /* NULL: the device has no choice of handpiece */
	/* 0: not limited */
	int64_t energy_uj, density, product_uj_cm2, coverage_ppm, passes;
	const char *source;
};

/* clang-format off */
static const struct cell_row cells[] = {
	{"nafr1550_I",   N1550, 'A', 'X', NULL, UJ(40), 2000, 0,     0, 0, "WANNER"},
	{"nafr1550_II",  N1550, 'A', 'X', NULL, UJ(40), 2000, 0,     0, 0, "WANNER"},
	{"nafr1550_III", N1550, 'T', 'X', NULL, UJ(40), 1500, J(20), 0, 0, "RHO14"},
	{"nafr1550_IV",  N1550, 'M', 'X', NULL, UJ(40), 1000, J(20), 0, 0, "CHAN07"},
	{"nafr1550_V",   N1550, 'M', 'X', NULL, UJ(30),  750, J(20), 0, 0, "KAUSHIK17"},
	{"nafr1550_VI",  N1550, 'M', 'X', NULL, UJ(20),  500, J(20), 0, 0, "PRIME"},

	{"nafr1927_I",   N1927, 'A', 'X', NULL, UJ(20), 784, 0,     0, 8, "POLDER12"},
	{"nafr1927_II",  N1927, 'A', 'X', NULL, UJ(20), 784, 0,     0, 8, "POLDER12"},
	{"nafr1927_III", N1927, 'T', 'X', NULL, UJ(20), 784, J(20), 0, 8, "RHO17"},
	{"nafr1927_IV",  N1927, 'M', 'X', NULL, UJ(20), 784, J(20), 0, 8, "RHO17"},
	{"nafr1927_melasma_II",  N1927, 'M', 'P', NULL, UJ(20), 784, 0,     0, 8, "POLDER12"},
	{"nafr1927_melasma_III", N1927, 'M', 'P', NULL, UJ(20), 784, J(20), 0, 8, "RHO17"},
	{"nafr1927_melasma_IV",  N1927, 'M', 'P', NULL, UJ(20), 784, J(20), 0, 8, "RHO17"},

	{"co2_I",   CO2, 'M', 'X', NULL, UJ(20), 0, 0, PC(20), 1, "WANIT14"},
	{"co2_II",  CO2, 'M', 'X', NULL, UJ(20), 0, 0, PC(20), 1, "WANIT14"},
	{"co2_III", CO2, 'M', 'X', NULL, UJ(15), 0, 0, PC(10), 1, "WANIT14"},
	{"co2_IV",  CO2, 'M', 'P', NULL, UJ(10), 0, 0, PC(10), 1, "WANIT14"},
	{"eryag_I",   ERYAG, 'M', 'X', NULL, UJ(20), 0, 0, PC(20), 1, "WANIT14"},
	{"eryag_II",  ERYAG, 'M', 'X', NULL, UJ(20), 0, 0, PC(20), 1, "WANIT14"},
	{"eryag_III", ERYAG, 'M', 'X', NULL, UJ(15), 0, 0, PC(10), 1, "WANIT14"},
	{"eryag_IV",  ERYAG, 'M', 'X', NULL, UJ(10), 0, 0, PC(10), 1, "WANIT14"},

	/* 62, 124 and 60 mJ; times 0.8, 0.6, 0.5 */
	{"frf_160pin_I",     BIPOLAR, 'A', 'P', "pins_160", UJ(62),    0, 0, 0, 0, "EUB21"},
	{"frf_160pin_II",    BIPOLAR, 'A', 'P', "pins_160", UJ(62),    0, 0, 0, 0, "EUB21"},
	{"frf_160pin_III",   BIPOLAR, 'T', 'X', "pins_160", 49600,     0, 0, 0, 0, "KRF"},
	{"frf_160pin_IV",    BIPOLAR, 'T', 'X', "pins_160", 49600,     0, 0, 0, 0, "KRF"},
	{"frf_160pin_V",     BIPOLAR, 'M', 'X', "pins_160", 37200,     0, 0, 0, 0, "TAUB11"},
	{"frf_160pin_VI",    BIPOLAR, 'M', 'X', "pins_160", UJ(31),    0, 0, 0, 0, "OPT58"},
	{"frf_80pin_I",      BIPOLAR, 'A', 'P', "pins_80",  UJ(124),   0, 0, 0, 0, "EUB21"},
	{"frf_80pin_II",     BIPOLAR, 'A', 'P', "pins_80",  UJ(124),   0, 0, 0, 0, "EUB21"},
	{"frf_80pin_III",    BIPOLAR, 'T', 'X', "pins_80",  99200,     0, 0, 0, 0, "KRF"},
	{"frf_80pin_IV",     BIPOLAR, 'T', 'X', "pins_80",  99200,     0, 0, 0, 0, "KRF"},
	{"frf_80pin_V",      BIPOLAR, 'M', 'X', "pins_80",  74400,     0, 0, 0, 0, "TAUB11"},
	{"frf_80pin_VI",     BIPOLAR, 'M', 'X', "pins_80",  UJ(62),    0, 0, 0, 0, "OPT58"},
	{"frf_20pin_I",      BIPOLAR, 'A', 'S', "pins_20",  UJ(60),    0, 0, 0, 0, "PSKEY"},
	{"frf_60pin_I",      BIPOLAR, 'A', 'S', "pins_60",  UJ(60),    0, 0, 0, 0, "PSKEY"},
	{"frf_20pin_II",     BIPOLAR, 'A', 'S', "pins_20",  UJ(60),    0, 0, 0, 0, "PSKEY"},
	{"frf_60pin_II",     BIPOLAR, 'A', 'S', "pins_60",  UJ(60),    0, 0, 0, 0, "PSKEY"},
	{"frf_20pin_III",    BIPOLAR, 'T', 'X', "pins_20",  UJ(48),    0, 0, 0, 0, "KRF"},
	{"frf_60pin_III",    BIPOLAR, 'T', 'X', "pins_60",  UJ(48),    0, 0, 0, 0, "KRF"},
	{"frf_20pin_IV",     BIPOLAR, 'T', 'X', "pins_20",  UJ(48),    0, 0, 0, 0, "KRF"},
	{"frf_60pin_IV",     BIPOLAR, 'T', 'X', "pins_60",  UJ(48),    0, 0, 0, 0, "KRF"},
	{"frf_20pin_V",      BIPOLAR, 'M', 'X', "pins_20",  UJ(36),    0, 0, 0, 0, "TAUB11"},
	{"frf_60pin_V",      BIPOLAR, 'M', 'X', "pins_60",  UJ(36),    0, 0, 0, 0, "TAUB11"},
	{"frf_20pin_VI",     BIPOLAR, 'M', 'X', "pins_20",  UJ(30),    0, 0, 0, 0, "OPT58"},
	{"frf_60pin_VI",     BIPOLAR, 'M', 'X', "pins_60",  UJ(30),    0, 0, 0, 0, "OPT58"},
};
/* clang-format on */

static const struct row *row_named(const char *id)
{
	for (uint32_t i = 0; i < shipped.library.n_rows; i++)
		if (strcmp(shipped.library.row[i].id, id) == 0)
			return &shipped.library.row[i];
	return NULL;
}

/* The ceiling of p in this row; 0 when there is none. */
static int64_t ceiling(const struct row *r, enum param p)
{
	for (int i = 0; i < r->n_limit; i++)
		if (r->limit[i].param == p)
			return r->limit[i].soft.hi;
	return 0;
}

static void cell_is_as_written(void **state)
{
	const struct cell_row *want = *state;
	const struct row *r = row_named(want->name);

	assert_non_null(r);
	assert_i64(r->device_class, class_of(want->device));
	assert_i64(row_status_letter(r->status), want->status);
	assert_i64(r->confidence, want->confidence);
	assert_i64(ceiling(r, ENERGY_UJ), want->energy_uj);
	assert_i64(ceiling(r, DENSITY_PER_CM2), want->density);
	assert_i64(ceiling(r, PRODUCT_UJ_CM2), want->product_uj_cm2);
	assert_i64(ceiling(r, COVERAGE_PPM), want->coverage_ppm);
	assert_i64(ceiling(r, PASSES), want->passes);
	assert_contains(r->source, want->source);
}

static uint32_t rows_of(enum device d)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < shipped.library.n_rows; i++)
		n += shipped.library.row[i].device_class == class_of(d);
	return n;
}

static void there_are_no_other_rows(void **state)
{
	static const uint32_t want[DEVICES] = {
	        [N1550] = 6,    [N1927] = 7,      [CO2] = 4,    [ERYAG] = 4,
	        [BIPOLAR] = 24, [FULL_FIELD] = 0, [NEEDLES] = 0};

	(void)state;
	for (int d = 0; d < DEVICES; d++)
		assert_i64(rows_of((enum device)d), want[d]);
}

/* What no row speaks of would be held for ever. */
static void rows_speak_of_all_parameters(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
		const struct row *r = row_named(cells[i].name);
		const struct profile *p = profiles[cells[i].device];
		uint32_t says = r->unlimited, has = 0;

		for (int n = 0; n < p->n_regs; n++)
			if (p->reg[n].role == ROLE_PARAMETER)
				has |= PARAM_BIT(p->reg[n].param);
		for (int k = 0; k < r->n_select; k++)
			says |= PARAM_BIT(r->select[k].param);
		for (int k = 0; k < r->n_limit; k++)
			says |= PARAM_BIT(r->limit[k].param);
		assert_i64(says & ~PARAMS_COMPUTED, has);
	}
}

static void fluence_is_not_what_doses_them(void **state)
{
	(void)state;
	for (int d = 0; d < DEVICES; d++)
		assert_i64(profiles[d]->fluence, d == FULL_FIELD ? FLUENCE_DERIVED : FLUENCE_NONE);
}

static void closed_says_why(void **state)
{
	static const struct {
		enum device device;
		const char *part;
	} want[] = {
	        {N1927, "types V and VI, for melasma in type I, and off the face"},
	        {CO2, "no row for types V and VI"},
	        {CO2, "nor off the face"},
	        {ERYAG, "is treated as CO2"},
	        {FULL_FIELD, "no source gives a number"},
	        {NEEDLES, "no source gives an energy for a depth"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		assert_contains(shipped.library.closed[class_of(want[i].device)], want[i].part);
}

/* --- patients -------------------------------------------------------------------------------- */

struct patient {
	const char *name;
	enum device device;
	const char *skin, *indication, *site;
	const char *test_area; /* NULL: read and clear */
	enum limits_status status;
	enum verdict_kind want; /* of the screening */
	const char *reason;     /* the id of one that stands, or NULL */
};

static bool has_reason(const struct limits *l, const char *id)
{
	char is[64];

	for (int i = 0; i < l->n_reasons; i++) {
		screening_reason_id(&l->reason[i], is, sizeof is);
		if (strcmp(is, id) == 0)
			return true;
	}
	return false;
}

static void patient_is_screened(void **state)
{
	const struct patient *p = *state;
	struct patient_case c = case_of(p->device, p->skin, p->indication, p->site, p->test_area);
	enum limits_status status;
	struct limits *l = limits_of(&c, &status);
	enum verdict_kind kind = limits_screening(l, 0);
	bool told = p->reason == NULL || has_reason(l, p->reason);

	free(l);
	assert_i64(status, p->status);
	assert_text(verdict_kind_name(kind), verdict_kind_name(p->want));
	assert_true(told);
}

#define FACE    "resurfacing", "face"
#define MELASMA "melasma", "face"
#define PASS    LIMITS_OK, VERDICT_ALLOWED, NULL
#define TEST    LIMITS_OK, VERDICT_HELD, "status T"
#define MD      LIMITS_OK, VERDICT_HELD, "status M"
#define NO_ROW  LIMITS_NO_ROWS, VERDICT_BLOCKED, NULL

/* clang-format off */
static const struct patient patients[] = {
	{"1550 nm: type II passes without a test area", N1550, "II", FACE, "none", PASS},
	{"1550 nm: type III waits for a test area", N1550, "III", FACE, "none", TEST},
	{"1550 nm: type III passes with a test area", N1550, "III", FACE, NULL, PASS},
	{"1550 nm: type IV is a physician's decision", N1550, "IV", FACE, NULL, MD},
	{"1550 nm: type V is a physician's decision", N1550, "V", FACE, NULL, MD},
	{"1550 nm: type VI is a physician's decision", N1550, "VI", FACE, NULL, MD},
	{"1550 nm: it treats off the face too", N1550, "I", "resurfacing", "back", NULL, PASS},
	{"1927 nm: type I passes without melasma", N1927, "I", FACE, NULL, PASS},
	{"1927 nm: type III waits for a test area", N1927, "III", FACE, "none", TEST},
	{"1927 nm: type IV is a physician's decision", N1927, "IV", FACE, NULL, MD},
	{"1927 nm: type V has no row", N1927, "V", FACE, NULL, NO_ROW},
	{"1927 nm: type VI has no row", N1927, "VI", FACE, NULL, NO_ROW},
	{"1927 nm: the back has no row", N1927, "II", "resurfacing", "back", NULL, NO_ROW},
	{"1927 nm: melasma in type I has no row", N1927, "I", MELASMA, NULL, NO_ROW},
	{"1927 nm: melasma in type II is a physician's decision", N1927, "II", MELASMA, NULL, MD},
	{"1927 nm: melasma in type III is a physician's decision", N1927, "III", MELASMA, NULL, MD},
	{"1927 nm: melasma in type IV is a physician's decision", N1927, "IV", MELASMA, NULL, MD},
	{"1927 nm: melasma in type V has no row", N1927, "V", MELASMA, NULL, NO_ROW},
	{"CO2: type I is a physician's decision", CO2, "I", FACE, NULL, MD},
	{"CO2: type IV is a physician's decision", CO2, "IV", FACE, NULL, MD},
	{"CO2: type V has no row", CO2, "V", FACE, NULL, NO_ROW},
	{"CO2: type VI has no row", CO2, "VI", FACE, NULL, NO_ROW},
	{"CO2: the neck has no row", CO2, "I", "resurfacing", "neck", NULL, NO_ROW},
	{"CO2: the chest has no row", CO2, "I", "resurfacing", "chest", NULL, NO_ROW},
	{"CO2: the back of the hand has no row", CO2, "I", "resurfacing", "hand_dorsum", NULL, NO_ROW},
	{"CO2: melasma has no row", CO2, "II", MELASMA, NULL, NO_ROW},
	{"Er:YAG: type II is a physician's decision", ERYAG, "II", FACE, NULL, MD},
	{"Er:YAG: type V has no row", ERYAG, "V", FACE, NULL, NO_ROW},
	{"Er:YAG: type VI has no row", ERYAG, "VI", FACE, NULL, NO_ROW},
	{"Er:YAG: the neck has no row", ERYAG, "I", "resurfacing", "neck", NULL, NO_ROW},
	{"full field: type I has no row", FULL_FIELD, "I", FACE, NULL, NO_ROW},
	{"full field: type VI has no row", FULL_FIELD, "VI", FACE, NULL, NO_ROW},
	{"bipolar RF: type II passes without a test area", BIPOLAR, "II", FACE, "none", PASS},
	{"bipolar RF: type III waits for a test area", BIPOLAR, "III", FACE, "none", TEST},
	{"bipolar RF: type IV waits for a test area", BIPOLAR, "IV", FACE, "made_not_read", TEST},
	{"bipolar RF: type IV passes with a test area", BIPOLAR, "IV", FACE, NULL, PASS},
	{"bipolar RF: type V is a physician's decision", BIPOLAR, "V", FACE, NULL, MD},
	{"bipolar RF: type VI is a physician's decision", BIPOLAR, "VI", FACE, NULL, MD},
	{"microneedling: type I has no row", NEEDLES, "I", "resurfacing", "cheek", NULL, NO_ROW},
	{"microneedling: type VI has no row", NEEDLES, "VI", "resurfacing", "forehead", NULL, NO_ROW},
};
/* clang-format on */

/* --- settings -------------------------------------------------------------------------------- */

static const char *const types[] = {"I", "II", "III", "IV", "V", "VI"};

static struct patient_case patient_of(const struct cell_row *cell)
{
	const struct row *r = row_named(cell->name);
	bool melasma = strstr(cell->name, "melasma") != NULL;

	return case_of(cell->device, types[r->skin - 1], melasma ? "melasma" : "resurfacing",
	               "face", NULL);
}

static struct settings usual_of(const struct cell_row *cell)
{
	struct settings s = usual(cell->device);

	if (cell->pins != NULL)
		set(&s, "handpiece", cell->pins);
	return s;
}

/* As far as the ceiling it passes; one step of the register further it is held. */
static void both_sides(const struct cell_row *cell, enum param p, int64_t most)
{
	const struct reg *r = regmap_param_row(profiles[cell->device], p);
	struct patient_case c = patient_of(cell);
	struct settings s = usual_of(cell);

	settings_set(&s, p, most);
	assert_text(verdict_kind_name(judge(cell->device, &c, &s).kind), "ALLOWED");
	settings_set(&s, p, most + (r->encoding == ENC_F32 ? 1 : r->num));
	struct judged beyond = judge(cell->device, &c, &s);

	assert_text(verdict_kind_name(beyond.kind), "HELD");
	assert_i64(beyond.check, CHECK_SOFT);
	assert_i64(beyond.about, p);
}

static void ceilings_hold_on_both_sides(void **state)
{
	const struct cell_row *cell = *state;

	both_sides(cell, ENERGY_UJ, cell->energy_uj);
	if (cell->density != 0)
		both_sides(cell, DENSITY_PER_CM2, cell->density);
	if (cell->coverage_ppm != 0)
		both_sides(cell, COVERAGE_PPM, cell->coverage_ppm);
	if (cell->passes != 0)
		both_sides(cell, PASSES, cell->passes);
}

static void without_cooling_it_is_held(void **state)
{
	const struct cell_row *cell = *state;
	struct patient_case c = patient_of(cell);
	struct settings s = usual_of(cell);

	set(&s, "cooling", "none");
	struct judged bare = judge(cell->device, &c, &s);

	assert_text(verdict_kind_name(bare.kind), "HELD");
	assert_i64(bare.about, COOLING);
}

struct asked {
	const char *name;
	enum device device;
	const char *skin, *indication, *site;
	struct said set[3];
	enum verdict_kind want;
	enum param about;
};

static void setting_is_judged(void **state)
{
	const struct asked *a = *state;
	struct patient_case c = case_of(a->device, a->skin, a->indication, a->site, NULL);
	struct settings s = usual(a->device);

	for (size_t i = 0; i < ARRAY_LEN(a->set) && a->set[i].param != NULL; i++)
		set(&s, a->set[i].param, a->set[i].text);
	struct judged said = judge(a->device, &c, &s);

	assert_text(verdict_kind_name(said.kind), verdict_kind_name(a->want));
	assert_i64(said.about, a->about);
}

#define DOSE(e, n)                   \
	{                            \
		{"energy", e},       \
		{                    \
			"density", n \
		}                    \
	}
#define OK      VERDICT_ALLOWED, PARAM_NONE
#define HELD(p) VERDICT_HELD, p

/* clang-format off */
static const struct asked settings[] = {
	{"1550 nm: type II may have 40 mJ and 2000 /cm2", N1550, "II", FACE, DOSE("40 mJ", "2000 /cm2"), OK},
	{"1550 nm: type III, 40 mJ and 500 /cm2 are 20 J/cm2", N1550, "III", FACE, DOSE("40 mJ", "500 /cm2"), OK},
	{"1550 nm: type III, 40 mJ and 501 /cm2 are too much", N1550, "III", FACE, DOSE("40 mJ", "501 /cm2"), HELD(PRODUCT_UJ_CM2)},
	{"1550 nm: type III, 40 mJ and 1000 /cm2 are never both reached", N1550, "III", FACE, DOSE("40 mJ", "1000 /cm2"), HELD(PRODUCT_UJ_CM2)},
	{"1550 nm: type III, 13.3 mJ and 1500 /cm2 are 19.95 J/cm2", N1550, "III", FACE, DOSE("13.3 mJ", "1500 /cm2"), OK},
	{"1550 nm: type III, 13.4 mJ and 1500 /cm2 are 20.1 J/cm2", N1550, "III", FACE, DOSE("13.4 mJ", "1500 /cm2"), HELD(PRODUCT_UJ_CM2)},
	{"1550 nm: type IV, 20 mJ and 1000 /cm2 are 20 J/cm2", N1550, "IV", FACE, DOSE("20 mJ", "1000 /cm2"), OK},
	{"1550 nm: type IV, 20.1 mJ and 1000 /cm2 are too much", N1550, "IV", FACE, DOSE("20.1 mJ", "1000 /cm2"), HELD(PRODUCT_UJ_CM2)},
	{"1550 nm: type IV, 40 mJ and 1000 /cm2 are never both reached", N1550, "IV", FACE, DOSE("40 mJ", "1000 /cm2"), HELD(PRODUCT_UJ_CM2)},
	{"1550 nm: type IV, the denser pattern is held though its product is small", N1550, "IV", FACE, DOSE("8.2 mJ", "2000 /cm2"), HELD(DENSITY_PER_CM2)},
	{"1550 nm: type V, 26.6 mJ and 750 /cm2 are 19.95 J/cm2", N1550, "V", FACE, DOSE("26.6 mJ", "750 /cm2"), OK},
	{"1550 nm: type V, 26.7 mJ and 750 /cm2 are 20.025 J/cm2", N1550, "V", FACE, DOSE("26.7 mJ", "750 /cm2"), HELD(PRODUCT_UJ_CM2)},
	{"1550 nm: type V, 30 mJ and 666 /cm2 are 19.98 J/cm2", N1550, "V", FACE, DOSE("30 mJ", "666 /cm2"), OK},
	{"1550 nm: type V, 30 mJ and 667 /cm2 are 20.01 J/cm2", N1550, "V", FACE, DOSE("30 mJ", "667 /cm2"), HELD(PRODUCT_UJ_CM2)},
	{"1550 nm: type VI, 20 mJ and 500 /cm2 are 10 J/cm2", N1550, "VI", FACE, DOSE("20 mJ", "500 /cm2"), OK},
	{"1550 nm: the most passes of the device are no matter", N1550, "VI", FACE, {{"passes", "16"}}, OK},
	{"1927 nm: type IV, 20 mJ and 784 /cm2 are 15.68 J/cm2", N1927, "IV", FACE, DOSE("20 mJ", "784 /cm2"), OK},
	{"1927 nm: less than the published range is conservative", N1927, "IV", MELASMA, DOSE("2 mJ", "50 /cm2"), OK},
	{"CO2: type II may have 20 mJ and 20 %", CO2, "II", FACE, {{"energy", "20 mJ"}, {"coverage", "20 %"}}, OK},
	{"CO2: type III may have 15 mJ and 10 %", CO2, "III", FACE, {{"energy", "15 mJ"}, {"coverage", "10 %"}}, OK},
	{"CO2: type IV may have 10 mJ and 10 %", CO2, "IV", FACE, {{"energy", "10 mJ"}, {"coverage", "10 %"}}, OK},
	{"CO2: type V has no row at any dose", CO2, "V", FACE, {{"energy", "1 mJ"}}, VERDICT_BLOCKED, PARAM_NONE},
	{"CO2: the neck has no row at any dose", CO2, "I", "resurfacing", "neck", {{"energy", "1 mJ"}}, VERDICT_BLOCKED, PARAM_NONE},
	{"Er:YAG: contact cooling is not air", ERYAG, "I", FACE, {{"cooling", "contact"}}, HELD(COOLING)},
	{"full field: the least the device gives is not let through", FULL_FIELD, "I", FACE, {{0}}, VERDICT_BLOCKED, PARAM_NONE},
	{"bipolar RF: what 80 pins may give is too much for 160", BIPOLAR, "I", FACE, {{"handpiece", "pins_160"}, {"energy", "124 mJ"}}, HELD(ENERGY_UJ)},
	{"bipolar RF: 20 pins are as 60 pins", BIPOLAR, "I", FACE, {{"handpiece", "pins_20"}, {"energy", "60.1 mJ"}}, HELD(ENERGY_UJ)},
	{"microneedling: the least the device gives is not let through", NEEDLES, "I", "resurfacing", "forehead", {{0}}, VERDICT_BLOCKED, PARAM_NONE},
};
/* clang-format on */

/* A row that limits the fluence is not kept by a device that has none. */
static void a_limited_fluence_that_is_not_there_is_held(void **state)
{
	struct patient_case c = case_of(N1550, "II", "resurfacing", "face", NULL);
	enum limits_status status;
	struct settings s = {0};
	struct verdict v;

	(void)state;
	c.device_class = index_of(&shipped.library.classes, "alexandrite_755_lp");
	c.indication = index_of(&shipped.library.indications, "hair_removal");
	set(&s, "wavelength", "755 nm");
	set(&s, "spot", "18 mm");
	set(&s, "pulse_width", "3 ms");
	set(&s, "cooling", "cryogen");
	set(&s, "cooling_spray", "40 ms");
	set(&s, "cooling_delay", "40 ms");
	struct limits *l = limits_of(&c, &status);

	verdict_judge_settings(l, 0, FLUENCE_NONE, &s, &v);
	free(l);
	assert_text(verdict_kind_name(v.kind), "HELD");
	assert_i64(v.reason[v.tightest].param, FLUENCE_UJ_CM2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(there_are_no_other_rows),
	        cmocka_unit_test(rows_speak_of_all_parameters),
	        cmocka_unit_test(fluence_is_not_what_doses_them),
	        cmocka_unit_test(closed_says_why),
	        cmocka_unit_test(a_limited_fluence_that_is_not_there_is_held),
	};
	int failures = 0;

	if (!load_shipped())
		return 1;
	failures += cmocka_run_group_tests_name("fractional", tests, NULL, NULL);
	failures += RUN_ROWS("cells", cells, cell_is_as_written);
	failures += RUN_ROWS("ceilings", cells, ceilings_hold_on_both_sides);
	failures += RUN_ROWS("cooling", cells, without_cooling_it_is_held);
	failures += RUN_ROWS("patients", patients, patient_is_screened);
	failures += RUN_ROWS("settings", settings, setting_is_judged);
	config_free(&shipped);
	return failures != 0;
}
