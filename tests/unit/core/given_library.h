/*
 * given_library: a small library in memory, for the tests of core.
 *
 * Two classes, hair removal at three sites, six facts, eight rules. Numbers are written by hand
 * from the manufacturer's 755 nm table (CAN13) and the all-types 1064 nm study (TANZI04); cells
 * marked X in the notes are extrapolated. given_library() gives one that library_check passes;
 * tests then change a row or a rule of their copy.
 */
#ifndef TESTS_GIVEN_LIBRARY_H
#define TESTS_GIVEN_LIBRARY_H

#include "core/library.h"

#define GIVEN_J(n)     ((int64_t)(n)*1000000)    /* J/cm2 or J, in micro */
#define GIVEN_MM(n)    ((int64_t)(n)*1000)       /* mm in um */
#define GIVEN_MS(n)    ((int64_t)(n)*1000000000) /* ms in ps */
#define GIVEN_TODAY    20604                     /* 2026-05-31 */
#define GIVEN_ROWS_MAX 128

enum given_class { GIVEN_ALEX, GIVEN_NDYAG };
enum given_indication { GIVEN_HAIR, GIVEN_VASCULAR }; /* nothing has a vascular row */
enum given_site { GIVEN_FACE, GIVEN_NECK, GIVEN_LEG };
enum given_choice { GIVEN_AIR = 1, GIVEN_CRYOGEN, GIVEN_CONTACT };
enum given_fact {
	GIVEN_SKIN_TYPE,
	GIVEN_LAST_SUN,
	GIVEN_TAN,
	GIVEN_MELASMA,
	GIVEN_PREGNANCY,
	GIVEN_TEST_AREA,
	GIVEN_FACTS
};

/* The library points into the arrays beside it: one of these is not copied but made again. */
struct given_library {
	struct library lib;
	struct fact fact[FACTS_MAX];
	struct rule rule[32];
	struct row row[GIVEN_ROWS_MAX];
};

static inline void given_symbols(struct symbols *s, const char *const *names, uint16_t n)
{
	memset(s, 0, sizeof(*s));
	s->count = n;
	for (uint16_t i = 0; i < n; i++)
		memcpy(s->name[i], names[i], strlen(names[i]) + 1);
}

static inline void given_facts_of_library(struct given_library *g)
{
	static const struct fact facts[GIVEN_FACTS] = {
	        [GIVEN_SKIN_TYPE] = {"skin_type",
	                             "Which Fitzpatrick skin type?",
	                             FACT_CHOICE,
	                             6,
	                             {"I", "II", "III", "IV", "V", "VI"},
	                             3,
	                             365,
	                             "EILERS13",
	                             'P',
	                             1},
	        [GIVEN_LAST_SUN] = {.name = "last_sun",
	                            .question = "When was this skin last in the sun?",
	                            .kind = FACT_DAYS,
	                            .answered_by = 3,
	                            .valid_days = 1,
	                            .source = "OPT58",
	                            .confidence = 'P',
	                            .line = 2},
	        [GIVEN_TAN] = {"visible_tan",
	                       "Is there a visible tan?",
	                       FACT_CHOICE,
	                       2,
	                       {"no", "yes"},
	                       3,
	                       1,
	                       "CAN13",
	                       'P',
	                       3},
	        [GIVEN_MELASMA] = {"melasma",
	                           "Melasma, now or ever?",
	                           FACT_CHOICE,
	                           3,
	                           {"no", "history", "active"},
	                           3,
	                           90,
	                           "OPT54",
	                           'P',
	                           4},
	        [GIVEN_PREGNANCY] = {"pregnancy",
	                             "Pregnant?",
	                             FACT_CHOICE,
	                             2,
	                             {"no", "yes"},
	                             3,
	                             1,
	                             "OPT58",
	                             'P',
	                             5},
	        [GIVEN_TEST_AREA] = {"test_area",
	                             "The test area of this site?",
	                             FACT_CHOICE,
	                             3,
	                             {"read_clear", "not_read", "reaction"},
	                             3,
	                             180,
	                             "CAN13",
	                             'P',
	                             6},
	};

	memcpy(g->fact, facts, sizeof(facts));
	g->lib.n_facts = GIVEN_FACTS;
	g->lib.fact = g->fact;
	g->lib.skin_fact = GIVEN_SKIN_TYPE;
	g->lib.test_fact = GIVEN_TEST_AREA;
}

/* "less than N days ago" is a risk of at least -(N - 1). */
static inline void given_rules_of_library(struct given_library *g)
{
	static const struct rule rules[] = {
	        {.id = "sun_under_14_days_755",
	         .reason = "sun within 14 days: come back when two weeks have passed",
	         .source = "OPT58, VENUS19",
	         .confidence = 'P',
	         .classes = 1u << GIVEN_ALEX,
	         .n_when = 1,
	         .when = {{GIVEN_LAST_SUN, -13, 0}},
	         .n_then = 1,
	         .then = {{.kind = EFFECT_BLOCK, .param = PARAM_NONE}}},
	        {.id = "sun_under_14_days_1064",
	         .reason = "sun within 14 days: a physician decides",
	         .source = "OPT58, VENUS19",
	         .confidence = 'P',
	         .classes = 1u << GIVEN_NDYAG,
	         .n_when = 1,
	         .when = {{GIVEN_LAST_SUN, -13, 0}},
	         .n_then = 1,
	         .then = {{.kind = EFFECT_HOLD, .param = PARAM_NONE}}},
	        {.id = "sun_under_28_days",
	         .reason = "sun within 28 days: a physician decides",
	         .source = "SHIZ",
	         .confidence = 'X',
	         .n_when = 1,
	         .when = {{GIVEN_LAST_SUN, -27, 0}},
	         .n_then = 1,
	         .then = {{.kind = EFFECT_HOLD, .param = PARAM_NONE}}},
	        {.id = "tan",
	         .reason = "tanned skin counts as one type darker; a physician decides",
	         .source = "CAN13",
	         .confidence = 'X',
	         .n_when = 1,
	         .when = {{GIVEN_TAN, 1, 0}},
	         .n_then = 2,
	         .then = {{.kind = EFFECT_RAISE_SKIN, .param = PARAM_NONE, .value = 1},
	                  {.kind = EFFECT_HOLD, .param = PARAM_NONE}}},
	        {.id = "tan_test_area",
	         .reason = "tanned skin: read a test area first",
	         .source = "CAN13",
	         .confidence = 'P',
	         .n_when = 1,
	         .when = {{GIVEN_TAN, 1, 0}},
	         .n_then = 1,
	         .then = {{.kind = EFFECT_TEST_SPOT, .param = PARAM_NONE}}},
	        {.id = "melasma",
	         .reason = "melasma may darken; say so to the patient",
	         .source = "OPT54",
	         .confidence = 'X',
	         .indications = 1u << GIVEN_HAIR,
	         .n_when = 1,
	         .when = {{GIVEN_MELASMA, 1, 0}},
	         .n_then = 1,
	         .then = {{.kind = EFFECT_NOTE, .param = PARAM_NONE}}},
	        {.id = "pregnancy",
	         .reason = "no treatment during pregnancy",
	         .source = "OPT58",
	         .confidence = 'P',
	         .n_when = 1,
	         .when = {{GIVEN_PREGNANCY, 1, 0}},
	         .n_then = 1,
	         .then = {{.kind = EFFECT_BLOCK, .param = PARAM_NONE}}},
	        {.id = "neck",
	         .reason = "the neck takes four fifths",
	         .source = "OPT54",
	         .confidence = 'P',
	         .sites = UINT64_C(1) << GIVEN_NECK,
	         .n_then = 1,
	         .then = {{.kind = EFFECT_SCALE, .param = FLUENCE_UJ_CM2, .num = 4, .den = 5}}},
	};

	memcpy(g->rule, rules, sizeof(rules));
	g->lib.n_rules = (uint32_t)ARRAY_LEN(rules);
	g->lib.rule = g->rule;
}

/* One line of a printed table. */
struct given_line {
	const char *id;
	enum given_class device_class;
	uint8_t skin;
	enum row_status status;
	int64_t wavelength_nm, spot_mm, lo_j, hi_j, width_ms;
};

static inline struct limit given_range(enum param p, int64_t lo, int64_t hi)
{
	return (struct limit){.param = p, .soft = {lo, hi}, .hard = SPAN_ALL};
}

/* Every row selects wavelength and spot, limits fluence (limit 0), pulse width (1), cooling (2),
 * for 755 also spray and delay (3, 4), and leaves the rate to the device. */
static inline struct row given_row_of(const struct given_line *l)
{
	bool alex = l->device_class == GIVEN_ALEX;
	struct row r = {
	        .device_class = (uint8_t)l->device_class,
	        .indications = 1u << GIVEN_HAIR,
	        .skin = l->skin,
	        .status = l->status,
	        .n_select = 2,
	        .select = {{.param = WAVELENGTH_NM, .span = {l->wavelength_nm, l->wavelength_nm}},
	                   {.param = SPOT_UM,
	                    .span = {GIVEN_MM(l->spot_mm), GIVEN_MM(l->spot_mm)}}},
	        .unlimited = PARAM_BIT(RATE_MILLIHZ),
	        .confidence = 'P',
	};

	memcpy(r.id, l->id, strlen(l->id) + 1);
	memcpy(r.source, alex ? "CAN13" : "TANZI04", alex ? 6 : 8);
	r.limit[r.n_limit++] = given_range(FLUENCE_UJ_CM2, GIVEN_J(l->lo_j), GIVEN_J(l->hi_j));
	r.limit[r.n_limit++] = given_range(WIDTH_PS, GIVEN_MS(l->width_ms), INT64_MAX);
	r.limit[r.n_limit++] = (struct limit){
	        .param = COOLING,
	        .soft = SPAN_ALL,
	        .hard = SPAN_ALL,
	        .choices = UINT64_C(1) << ((alex ? GIVEN_CRYOGEN : GIVEN_CONTACT) - 1)};
	if (!alex)
		return r;
	/* nobody goes beyond 40 J/cm2, the highest cell of the whole table (8 mm, type I); X */
	r.limit[0].hard = (struct span){INT64_MIN, GIVEN_J(40)};
	r.limit[r.n_limit++] = given_range(SPRAY_PS, GIVEN_MS(40), GIVEN_MS(50));
	r.limit[r.n_limit++] = given_range(DELAY_PS, GIVEN_MS(30), GIVEN_MS(40));
	return r;
}

static inline void given_rows_of_library(struct given_library *g)
{
	/* clang-format off */
	static const struct given_line lines[] = {
		{"alex755_18mm_I",    GIVEN_ALEX,  1, STATUS_A,  755, 18, 14, 20,  3},
		{"alex755_15mm_I",    GIVEN_ALEX,  1, STATUS_A,  755, 15, 20, 30,  3},
		{"alex755_18mm_II",   GIVEN_ALEX,  2, STATUS_A,  755, 18, 14, 20,  3},
		{"alex755_15mm_II",   GIVEN_ALEX,  2, STATUS_A,  755, 15, 20, 30,  3},
		{"alex755_18mm_III",  GIVEN_ALEX,  3, STATUS_T,  755, 18, 10, 16,  3},
		{"alex755_15mm_III",  GIVEN_ALEX,  3, STATUS_T,  755, 15, 16, 26,  3},
		{"alex755_18mm_IV",   GIVEN_ALEX,  4, STATUS_T,  755, 18,  8, 16,  3},
		{"alex755_15mm_IV",   GIVEN_ALEX,  4, STATUS_T,  755, 15, 10, 20,  3},
		{"alex755_18mm_V",    GIVEN_ALEX,  5, STATUS_M,  755, 18,  6, 16,  3},
		{"alex755_15mm_V",    GIVEN_ALEX,  5, STATUS_M,  755, 15, 10, 20,  3},
		{"alex755_18mm_VI",   GIVEN_ALEX,  6, STATUS_B,  755, 18,  6, 16,  3},
		{"alex755_15mm_VI",   GIVEN_ALEX,  6, STATUS_B,  755, 15,  7, 20,  3},
		{"ndyag1064_10mm_I",  GIVEN_NDYAG, 1, STATUS_A, 1064, 10, 30, 60, 10},
		{"ndyag1064_10mm_II", GIVEN_NDYAG, 2, STATUS_A, 1064, 10, 30, 60, 10},
		{"ndyag1064_10mm_III",GIVEN_NDYAG, 3, STATUS_A, 1064, 10, 30, 60, 20},
		{"ndyag1064_10mm_IV", GIVEN_NDYAG, 4, STATUS_T, 1064, 10, 30, 55, 20}, /* 55 X */
		{"ndyag1064_10mm_V",  GIVEN_NDYAG, 5, STATUS_T, 1064, 10, 30, 50, 30}, /* 50 X */
		{"ndyag1064_10mm_VI", GIVEN_NDYAG, 6, STATUS_M, 1064, 10, 30, 45, 30}, /* 45 X */
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		g->row[i] = given_row_of(&lines[i]);
	g->lib.n_rows = (uint32_t)ARRAY_LEN(lines);
	g->lib.row = g->row;
}

static inline void given_library(struct given_library *g)
{
	static const char *const classes[] = {"alexandrite_755_lp", "ndyag_1064_lp"};
	static const char *const indications[] = {"hair_removal", "vascular"};
	static const char *const sites[] = {"face", "neck", "leg"};
	static const char *const choices[] = {"air", "cryogen", "contact"};

	memset(g, 0, sizeof(*g));
	given_symbols(&g->lib.classes, classes, ARRAY_LEN(classes));
	given_symbols(&g->lib.indications, indications, ARRAY_LEN(indications));
	given_symbols(&g->lib.sites, sites, ARRAY_LEN(sites));
	given_symbols(&g->lib.choices, choices, ARRAY_LEN(choices));
	given_facts_of_library(g);
	given_rules_of_library(g);
	given_rows_of_library(g);
	memset(g->lib.hash, 0xab, sizeof(g->lib.hash));
	memcpy(g->lib.hash_hex, "abababababababab", 17);
	g->lib.n_files = 1;
	memcpy(g->lib.files[0], "given.cfg", 10);
}

/* Ends the test when there is none of that id. */
static inline struct row *given_row(struct given_library *g, const char *id)
{
	uint32_t i = 0;

	while (i < g->lib.n_rows && strcmp(g->row[i].id, id) != 0)
		i++;
	must(i < g->lib.n_rows);
	return &g->row[i];
}

static inline struct rule *given_rule(struct given_library *g, const char *id)
{
	uint32_t i = 0;

	while (i < g->lib.n_rules && strcmp(g->rule[i].id, id) != 0)
		i++;
	must(i < g->lib.n_rules);
	return &g->rule[i];
}

/* Puts the row behind those of its class and skin type; pointers to later rows move. */
static inline struct row *given_add_row(struct given_library *g, struct row r)
{
	uint32_t at = g->lib.n_rows;

	must(g->lib.n_rows < GIVEN_ROWS_MAX);
	for (; at > 0 &&
	       g->row[at - 1].device_class * 8 + g->row[at - 1].skin > r.device_class * 8 + r.skin;
	     at--)
		g->row[at] = g->row[at - 1];
	g->row[at] = r;
	g->lib.n_rows++;
	return &g->row[at];
}

static inline struct rule *given_add_rule(struct given_library *g, struct rule r)
{
	must(g->lib.n_rules < ARRAY_LEN(g->rule));
	g->rule[g->lib.n_rules] = r;
	return &g->rule[g->lib.n_rules++];
}

/* The limit of a row to one parameter; ends the test when there is none. */
static inline struct limit *given_limit(struct row *r, enum param p)
{
	uint8_t i = 0;

	while (i < r->n_limit && r->limit[i].param != p)
		i++;
	must(i < r->n_limit);
	return &r->limit[i];
}

static inline void given_answer(struct facts *f, enum given_fact fact, int64_t value)
{
	f->answer[fact] =
	        (struct answer){.given = true, .value = value, .answered_day = GIVEN_TODAY};
}

/* Every question answered today with the least risk, for a skin type 1..6 (0: not asked). */
static inline struct facts given_facts(uint8_t skin)
{
	struct facts f = {0};

	given_answer(&f, GIVEN_LAST_SUN, DAY_NEVER);
	given_answer(&f, GIVEN_TAN, 0);
	given_answer(&f, GIVEN_MELASMA, 0);
	given_answer(&f, GIVEN_PREGNANCY, 0);
	given_answer(&f, GIVEN_TEST_AREA, 0);
	if (skin > 0)
		given_answer(&f, GIVEN_SKIN_TYPE, skin - 1);
	return f;
}

#endif
