/*
 * The light classes as shipped: every cell a second time, from the tables of the sources, and
 * judged on both sides of each of its edges; and what has no number stays closed and says why.
 */
#include "given.h"

#include <stdlib.h>

#include "core/verdict.h"
#include "edge/config.h"

#define TODAY    20604 /* 2026-05-31 */
#define J(n)     ((int64_t)((n)*1000000.0 + 0.5))
#define MM(n)    ((int64_t)(n)*1000)
#define NS(n)    ((int64_t)(n)*1000)
#define MS(n)    ((int64_t)(n)*1000000000)
#define CM2_0_81 81000000 /* um2 */

static struct config shipped;

static bool load_shipped(void)
{
	struct complaints c = {0};
	bool ok = config_load_library(SOURCE_DIR "/profiles", &shipped, &c);

	for (size_t i = 0; i < c.count; i++)
		print_error("%s:%d: %s\n", c.list[i].file, c.list[i].line, c.list[i].text);
	complaints_free(&c);
	return ok;
}

/* --- the printed cells ----------------------------------------------------------------------- */

/* All of a row, in numbers: what it selects, what it allows. */
struct cell_row {
	const char *name; /* class, indication, type */
	const char *device_class, *indication;
	uint8_t skin;
	const char *id;
	char status, confidence;
	int64_t least_nm, most_nm;
	enum param area; /* SPOT_UM or TIP_AREA_UM2 */
	int64_t area_lo, area_hi;
	int64_t width_lo, width_hi; /* the pulses it is for; 0: no end */
	int64_t shortest;           /* the floor among these; 0: none */
	int64_t from_j, to_j;
	const char *cooling; /* the only one allowed; NULL: any */
};

/* clang-format off */
#define STAMP "diode_810_stamping", "hair_removal"
#define DYE   "pdl_595", "diffuse_redness"
#define TONE  "qs_1064", "toning"
#define INK   "qs_1064", "tattoo_removal"
#define SPOTS "qs_532", "pigmented_lesion"
#define RED   "qs_532", "tattoo_removal"
#define TILE  800, 810, TIP_AREA_UM2, CM2_0_81, CM2_0_81
#define NANO  NS(1), NS(1000) - 1
static const struct cell_row cells[] = {
	/* LOU00, CAMPOS00, ADRIAN00: 40, 40, 35, 30, 20 or 30, 20; 5, 5, 30, 30, 30 or 100, 100 ms */
	{"diode I",          STAMP, 1, "diode810_stamp_I",         'A', 'X', TILE, 0, 0, MS(5), J(10), J(40), "contact"},
	{"diode II",         STAMP, 2, "diode810_stamp_II",        'A', 'P', TILE, 0, 0, MS(5), J(10), J(40), "contact"},
	{"diode III",        STAMP, 3, "diode810_stamp_III",       'T', 'X', TILE, 0, 0, MS(30), J(10), J(35), "contact"},
	{"diode IV",         STAMP, 4, "diode810_stamp_IV",        'T', 'X', TILE, 0, 0, MS(30), J(10), J(30), "contact"},
	{"diode V, 30 ms",   STAMP, 5, "diode810_stamp_30ms_V",    'M', 'X', TILE, 0, MS(100) - 1, MS(30), J(15), J(20), "contact"},
	{"diode V, 100 ms",  STAMP, 5, "diode810_stamp_100ms_V",   'M', 'X', TILE, MS(100), 0, 0, J(15), J(30), "contact"},
	{"diode VI",         STAMP, 6, "diode810_stamp_VI",        'M', 'X', TILE, 0, 0, MS(100), J(15), J(20), "contact"},
	/* ZAVELL: 7.5, 7, 6.5 at 10 mm, 10 ms, cryogen */
	{"dye I",   DYE, 1, "pdl595_10mm_I",   'A', 'X', 595, 595, SPOT_UM, MM(10), MM(10), 0, 0, MS(10), J(6), J(7.5), "cryogen"},
	{"dye II",  DYE, 2, "pdl595_10mm_II",  'A', 'X', 595, 595, SPOT_UM, MM(10), MM(10), 0, 0, MS(10), J(6), J(7.5), "cryogen"},
	{"dye III", DYE, 3, "pdl595_10mm_III", 'T', 'X', 595, 595, SPOT_UM, MM(10), MM(10), 0, 0, MS(10), J(6), J(7), "cryogen"},
	{"dye IV",  DYE, 4, "pdl595_10mm_IV",  'M', 'X', 595, 595, SPOT_UM, MM(10), MM(10), 0, 0, MS(10), J(6), J(6.5), "cryogen"},
	/* KAUVAR12: 1.6-2.0 at 5-6 mm, ns */
	{"toning I",   TONE, 1, "qs1064_toning_I",   'A', 'X', 1064, 1064, SPOT_UM, MM(5), MM(6), NANO, 0, J(1.6), J(2), NULL},
	{"toning II",  TONE, 2, "qs1064_toning_II",  'A', 'P', 1064, 1064, SPOT_UM, MM(5), MM(6), NANO, 0, J(1.6), J(2), NULL},
	{"toning III", TONE, 3, "qs1064_toning_III", 'A', 'P', 1064, 1064, SPOT_UM, MM(5), MM(6), NANO, 0, J(1.6), J(2), NULL},
	{"toning IV",  TONE, 4, "qs1064_toning_IV",  'A', 'P', 1064, 1064, SPOT_UM, MM(5), MM(6), NANO, 0, J(1.6), J(2), NULL},
	{"toning V",   TONE, 5, "qs1064_toning_V",   'A', 'P', 1064, 1064, SPOT_UM, MM(5), MM(6), NANO, 0, J(1.6), J(2), NULL},
	{"toning VI",  TONE, 6, "qs1064_toning_VI",  'M', 'X', 1064, 1064, SPOT_UM, MM(5), MM(6), NANO, 0, J(1.6), J(2), NULL},
	/* CANN21: 10 at 6 ns; 6 from type IV on; from 3 mm */
	{"tattoo I",   INK, 1, "qs1064_tattoo_I",   'A', 'X', 1064, 1064, SPOT_UM, MM(3), 0, 0, NS(1000) - 1, NS(6), 0, J(10), NULL},
	{"tattoo II",  INK, 2, "qs1064_tattoo_II",  'A', 'X', 1064, 1064, SPOT_UM, MM(3), 0, 0, NS(1000) - 1, NS(6), 0, J(10), NULL},
	{"tattoo III", INK, 3, "qs1064_tattoo_III", 'A', 'X', 1064, 1064, SPOT_UM, MM(3), 0, 0, NS(1000) - 1, NS(6), 0, J(10), NULL},
	{"tattoo IV",  INK, 4, "qs1064_tattoo_IV",  'M', 'X', 1064, 1064, SPOT_UM, MM(3), 0, 0, NS(1000) - 1, NS(6), 0, J(6), NULL},
	{"tattoo V",   INK, 5, "qs1064_tattoo_V",   'M', 'X', 1064, 1064, SPOT_UM, MM(3), 0, 0, NS(1000) - 1, NS(6), 0, J(6), NULL},
	{"tattoo VI",  INK, 6, "qs1064_tattoo_VI",  'M', 'X', 1064, 1064, SPOT_UM, MM(3), 0, 0, NS(1000) - 1, NS(6), 0, J(6), NULL},
	/* 3 at 2-5 mm, ns */
	{"532 nm I",     SPOTS, 1, "qs532_I",   'A', 'X', 532, 532, SPOT_UM, MM(2), MM(5), NANO, 0, 0, J(3), NULL},
	{"532 nm II",    SPOTS, 2, "qs532_II",  'A', 'X', 532, 532, SPOT_UM, MM(2), MM(5), NANO, 0, 0, J(3), NULL},
	{"532 nm III",   SPOTS, 3, "qs532_III", 'T', 'X', 532, 532, SPOT_UM, MM(2), MM(5), NANO, 0, 0, J(3), NULL},
	{"red ink III",  RED,   3, "qs532_III", 'T', 'X', 532, 532, SPOT_UM, MM(2), MM(5), NANO, 0, 0, J(3), NULL},
};
/* clang-format on */

static const struct row *row_named(const char *id)
{
	for (uint32_t i = 0; i < shipped.library.n_rows; i++)
		if (strcmp(shipped.library.row[i].id, id) == 0)
			return &shipped.library.row[i];
	return NULL;
}

static int64_t index_of(const struct symbols *s, const char *name)
{
	int64_t value = symbols_find(s, name);

	must(value != 0);
	return value - 1;
}

/* The smallest risk of every question; nobody is asked what past treatments say. */
static void answer_best(const struct library *lib, struct facts *facts)
{
	static const char *const best[FACT_KIND_COUNT] = {
	        [FACT_DAYS] = "never", [FACT_NUMBER] = "30"};

	for (int i = 0; i < lib->n_facts; i++) {
		const struct fact *f = &lib->fact[i];
		const char *text = f->kind == FACT_CHOICE ? f->value[0] : best[f->kind];

		if (f->derive == DERIVE_NONE)
			must(fact_parse(f, text, TODAY, &facts->answer[i]) == FACT_OK);
	}
}

/* A patient of this type who has answered everything well, to be treated in the face. */
static enum limits_status limits_of(const char *class, const char *indication, uint8_t skin,
                                    struct limits *out)
{
	const struct library *lib = &shipped.library;
	struct patient_case c = {
	        .device_class = (uint8_t)index_of(&lib->classes, class),
	        .indication = (uint8_t)index_of(&lib->indications, indication),
	        .site = (uint8_t)index_of(&lib->sites, "face"),
	        .today = TODAY,
	};

	answer_best(lib, &c.facts);
	c.facts.answer[lib->skin_fact].value = skin - 1;
	return limits_compute(lib, &c, out);
}

/* Well inside the cell: at its ceiling, at its floor. */
static struct settings inside(const struct cell_row *c)
{
	struct settings s = {0};
	int64_t cooling =
	        symbols_find(&shipped.library.choices, c->cooling != NULL ? c->cooling : "none");
	int64_t width = c->shortest > 0 ? c->shortest : c->width_lo;

	settings_set(&s, FLUENCE_UJ_CM2, c->to_j);
	settings_set(&s, WIDTH_PS, width);
	settings_set(&s, c->area, c->area_lo);
	settings_set(&s, WAVELENGTH_NM, c->most_nm);
	settings_set(&s, COOLING, cooling);
	settings_set(&s, RATE_MILLIHZ, 1000);
	return s;
}

static void judged(const struct limits *l, struct settings s, enum param p, int64_t value,
                   enum verdict_kind want, enum check check)
{
	struct verdict v;

	settings_set(&s, p, value);
	verdict_judge_settings(l, UINT64_MAX, FLUENCE_REPORTED, &s, &v);
	assert_text(verdict_kind_name(v.kind), verdict_kind_name(want));
	if (want == VERDICT_ALLOWED)
		return;
	assert_text(check_name(v.reason[v.tightest].check), check_name(check));
	if (check == CHECK_SOFT)
		assert_i64(v.reason[v.tightest].param, p);
}

static void pulse_is_judged(const struct cell_row *c, const struct limits *l, struct settings s)
{
	/* type V has two bands: beyond the end of one the other judges, see the bands below */
	bool two = strcmp(c->device_class, "diode_810_stamping") == 0;

	if (c->shortest > 0)
		judged(l, s, WIDTH_PS, c->shortest - 1, VERDICT_HELD, CHECK_SOFT);
	if (c->width_lo > 0 && !two)
		judged(l, s, WIDTH_PS, c->width_lo - 1, VERDICT_HELD, CHECK_NO_ROW);
	if (c->width_hi > 0)
		judged(l, s, WIDTH_PS, c->width_hi, VERDICT_ALLOWED, CHECK_COUNT);
	if (c->width_hi > 0 && !two)
		judged(l, s, WIDTH_PS, c->width_hi + 1, VERDICT_HELD, CHECK_NO_ROW);
}

static void cell_is_judged(const struct cell_row *c, const struct limits *l)
{
	struct settings s = inside(c);
	int64_t none = symbols_find(&shipped.library.choices, "none");

	judged(l, s, FLUENCE_UJ_CM2, c->to_j, VERDICT_ALLOWED, CHECK_COUNT);
	judged(l, s, FLUENCE_UJ_CM2, c->to_j + 1, VERDICT_HELD, CHECK_SOFT);
	judged(l, s, WAVELENGTH_NM, c->least_nm, VERDICT_ALLOWED, CHECK_COUNT);
	judged(l, s, WAVELENGTH_NM, c->least_nm - 1, VERDICT_HELD, CHECK_NO_ROW);
	judged(l, s, WAVELENGTH_NM, c->most_nm + 1, VERDICT_HELD, CHECK_NO_ROW);
	judged(l, s, c->area, c->area_lo - 1, VERDICT_HELD, CHECK_NO_ROW);
	if (c->area_hi > 0) {
		judged(l, s, c->area, c->area_hi, VERDICT_ALLOWED, CHECK_COUNT);
		judged(l, s, c->area, c->area_hi + 1, VERDICT_HELD, CHECK_NO_ROW);
	}
	if (c->cooling != NULL)
		judged(l, s, COOLING, none, VERDICT_HELD, CHECK_SOFT);
	pulse_is_judged(c, l, s);
}

static void cell_is_as_printed(void **state)
{
	const struct cell_row *c = *state;
	const struct row *r = row_named(c->id);
	static struct limits l;

	assert_non_null(r);
	assert_i64(r->skin, c->skin);
	assert_i64(row_status_letter(r->status), c->status);
	assert_i64(r->confidence, c->confidence);
	assert_i64(r->limit[0].param, FLUENCE_UJ_CM2);
	assert_i64(r->limit[0].soft.lo, c->from_j == 0 ? INT64_MIN : c->from_j);
	assert_i64(limits_of(c->device_class, c->indication, c->skin, &l), LIMITS_OK);
	assert_text(verdict_kind_name(limits_screening(&l, 0)),
	            c->status == 'M' ? "HELD" : "ALLOWED");
	cell_is_judged(c, &l);
}

/* --- the two bands of type V ------------------------------------------------------------------ */

struct band {
	const char *name;
	int64_t width_ps, fluence;
	enum verdict_kind want;
};

static void band_is_judged(void **state)
{
	const struct band *b = *state;
	static struct limits l;
	struct settings s = inside(&cells[4]);

	assert_i64(limits_of("diode_810_stamping", "hair_removal", 5, &l), LIMITS_OK);
	settings_set(&s, FLUENCE_UJ_CM2, b->fluence);
	judged(&l, s, WIDTH_PS, b->width_ps, b->want, CHECK_SOFT);
}

static void fluence_of_a_band_is_held(void **state)
{
	const struct band *b = *state;
	static struct limits l;
	struct settings s = inside(&cells[4]);

	assert_i64(limits_of("diode_810_stamping", "hair_removal", 5, &l), LIMITS_OK);
	settings_set(&s, WIDTH_PS, b->width_ps);
	judged(&l, s, FLUENCE_UJ_CM2, b->fluence, b->want, CHECK_SOFT);
}

static const struct band widths[] = {
        {"20 J/cm2 just under 30 ms is held", MS(30) - 1, J(20), VERDICT_HELD},
        {"20 J/cm2 at 30 ms passes", MS(30), J(20), VERDICT_ALLOWED},
        {"20 J/cm2 just under 100 ms passes", MS(100) - 1, J(20), VERDICT_ALLOWED},
        {"30 J/cm2 at 100 ms passes", MS(100), J(30), VERDICT_ALLOWED},
        {"30 J/cm2 at 400 ms passes", MS(400), J(30), VERDICT_ALLOWED},
};

static const struct band fluences[] = {
        {"more than 20 J/cm2 at 30 ms is held", MS(30), J(20) + 1, VERDICT_HELD},
        {"more than 20 J/cm2 just under 100 ms is held", MS(100) - 1, J(20) + 1, VERDICT_HELD},
        {"30 J/cm2 just under 100 ms is held", MS(100) - 1, J(30), VERDICT_HELD},
        {"more than 30 J/cm2 at 100 ms is held", MS(100), J(30) + 1, VERDICT_HELD},
        {"more than 30 J/cm2 at 400 ms is held", MS(400), J(30) + 1, VERDICT_HELD},
};

/* --- what is closed --------------------------------------------------------------------------- */

struct closed_row {
	const char *name;
	const char *device_class, *indication;
	uint8_t from, to;  /* skin types */
	const char *words; /* of the sentence people get */
};

static void it_is_closed(void **state)
{
	const struct closed_row *c = *state;
	uint8_t class = (uint8_t)index_of(&shipped.library.classes, c->device_class);
	static struct limits l;

	for (uint8_t skin = c->from; skin <= c->to; skin++) {
		enum limits_status status = limits_of(c->device_class, c->indication, skin, &l);

		assert_i64(status, LIMITS_NO_ROWS);
		assert_contains(limits_why(&shipped.library, class, status), c->words);
	}
}

/* clang-format off */
static const struct closed_row closed[] = {
	{"a diode in motion, all types", "diode_810_sweeping", "hair_removal", 1, 6, "until the medical director loads a patch rule"},
	{"intense pulsed light, hair, all types", "ipl", "hair_removal", 1, 6, "No honest class-level table exists"},
	{"intense pulsed light, skin, all types", "ipl", "photorejuvenation", 1, 6, "type VI cannot be treated"},
	{"pulsed dye, types V and VI", "pdl_595", "diffuse_redness", 5, 6, "For types V and VI no dose was found"},
	{"Q-switched 755 nm, pigment, all types", "qs_755", "pigmented_lesion", 1, 6, "No published dose by skin type was found"},
	{"Q-switched 755 nm, tattoos, all types", "qs_755", "tattoo_removal", 1, 6, "types V and VI are contraindicated"},
	{"532 nm, pigment, types IV to VI", "qs_532", "pigmented_lesion", 4, 6, "lowest entry and give no number"},
	{"532 nm, red ink, types IV to VI", "qs_532", "tattoo_removal", 4, 6, "types V and VI are contraindicated"},
	{"picosecond 755 nm, skin, all types", "ps_755_array", "photorejuvenation", 1, 6, "device preset only"},
	{"picosecond 755 nm, pigment, all types", "ps_755_array", "pigmented_lesion", 1, 6, "device preset only"},
};
/* clang-format on */

/* --- the devices ------------------------------------------------------------------------------ */

struct model {
	const char *name; /* of class, profile and file */
	uint32_t rows;
};

/* What one row says of: limited, selected, or named as unlimited. */
static uint32_t row_says(const struct row *r)
{
	uint32_t says = r->unlimited;

	for (int k = 0; k < r->n_select; k++)
		says |= PARAM_BIT(r->select[k].param);
	for (int k = 0; k < r->n_limit; k++)
		says |= PARAM_BIT(r->limit[k].param);
	return says;
}

/* Each row of the class speaks of every parameter the device has, or it would be held for ever. */
static void model_fits_its_protocol(void **state)
{
	const struct model *m = *state;
	const struct library *lib = &shipped.library;
	int64_t class = index_of(&lib->classes, m->name);
	const struct profile *p = config_profile(&shipped, m->name);
	uint32_t has = PARAM_BIT(FLUENCE_UJ_CM2), rows = 0, unlike = 0;

	assert_true(p != NULL);
	assert_text(p->device_class, m->name);
	for (int n = 0; n < p->n_regs; n++)
		if (p->reg[n].role == ROLE_PARAMETER)
			has |= PARAM_BIT(p->reg[n].param);
	for (uint32_t n = 0; n < lib->n_rows; n++) {
		if (lib->row[n].device_class != class)
			continue;
		rows++;
		unlike += row_says(&lib->row[n]) != has;
	}
	assert_i64(rows, m->rows);
	assert_i64(unlike, 0);
}

static const struct model models[] = {
        {"diode_810_stamping", 7},
        {"diode_810_sweeping", 0},
        {"ipl", 0},
        {"pdl_595", 4},
        {"qs_1064", 6 + 6},
        {"qs_755", 0},
        {"qs_532", 3},
        {"ps_755_array", 0},
};

int main(void)
{
	int failures = 0;

	if (!load_shipped())
		return 1;
	failures += RUN_ROWS("cells", cells, cell_is_as_printed);
	failures += RUN_ROWS("widths", widths, band_is_judged);
	failures += RUN_ROWS("fluences", fluences, fluence_of_a_band_is_held);
	failures += RUN_ROWS("closed", closed, it_is_closed);
	failures += RUN_ROWS("models", models, model_fits_its_protocol);
	config_free(&shipped);
	return failures != 0;
}
