/* What rows and rules leave for one patient. Numbers by hand from the 755 nm table (CAN13) and the
 * 1064 nm study (TANZI04). */
#include "given.h"
#include "given_library.h"

#include "core/limits.h"

struct told {
	enum given_fact fact;
	int64_t value;
};

static struct limits limits; /* too large for a stack frame of a test */

static struct patient_case patient_of(enum given_class c, enum given_site site, uint8_t skin)
{
	return (struct patient_case){.device_class = (uint8_t)c,
	                             .indication = GIVEN_HAIR,
	                             .site = (uint8_t)site,
	                             .today = GIVEN_TODAY,
	                             .facts = given_facts(skin)};
}

static const struct cell *cell_named(const char *id)
{
	for (uint16_t i = 0; i < limits.n_cells; i++)
		if (strcmp(limits.cell[i].row->id, id) == 0)
			return &limits.cell[i];
	return NULL;
}

static int index_of(const struct cell *cell, enum param p)
{
	for (uint8_t i = 0; i < cell->n_limit; i++)
		if (cell->limit[i].param == p)
			return i;
	return -1;
}

static struct span soft_of(const char *id, enum param p)
{
	const struct cell *cell = cell_named(id);

	assert_non_null(cell);
	assert_true(index_of(cell, p) >= 0);
	return cell->limit[index_of(cell, p)].soft;
}

static const struct rule *by_of(const char *id, enum param p)
{
	const struct cell *cell = cell_named(id);

	return cell->by[index_of(cell, p)];
}

static void compute(struct given_library *g, const struct patient_case *c)
{
	assert_i64(limits_compute(&g->lib, c, &limits), LIMITS_OK);
	assert_true(limits.computed);
}

/* --- the type that counts -------------------------------------------------------------- */

struct type_row {
	const char *name;
	uint8_t skin;  /* as answered, 0: not */
	int32_t asked; /* days ago */
	bool tan;
	int64_t raise; /* by one more rule that always applies */
	uint8_t counts, assessed;
};

/* clang-format off */
static const struct type_row types[] = {
	{"type I counts as I", 1, 0, false, 0, 1, 1},
	{"type VI counts as VI", 6, 0, false, 0, 6, 6},
	{"a tan makes II count as III", 2, 0, true, 0, 3, 2},
	{"a tan leaves VI at VI", 6, 0, true, 0, 6, 6},
	{"a tan makes V count as VI", 5, 0, true, 0, 6, 5},
	{"raises add up", 1, 0, true, 2, 4, 1},
	{"raises end at VI", 4, 0, true, 2, 6, 4},
	{"a raise by a hundred ends at VI", 1, 0, false, 100, 6, 1},
	{"not asked counts as VI", 0, 0, false, 0, 6, 0},
	{"365 days old still holds", 2, 365, false, 0, 2, 2},
	{"366 days old has aged out and counts as VI", 2, 366, false, 0, 6, 0},
};
/* clang-format on */

static void test_type(void **state)
{
	const struct type_row *row = *state;
	struct given_library g;
	struct patient_case c = patient_of(GIVEN_ALEX, GIVEN_FACE, row->skin);

	given_library(&g);
	c.facts.answer[GIVEN_SKIN_TYPE].answered_day = GIVEN_TODAY - row->asked;
	given_answer(&c.facts, GIVEN_TAN, row->tan);
	if (row->raise > 0)
		given_add_rule(&g, (struct rule){.id = "more",
		                                 .n_then = 1,
		                                 .then = {{.kind = EFFECT_RAISE_SKIN,
		                                           .value = row->raise}}});
	compute(&g, &c);
	assert_i64(limits.skin, row->counts);
	assert_i64(limits.skin_as_assessed, row->assessed);
	for (uint16_t i = 0; i < limits.n_cells; i++)
		assert_i64(limits.cell[i].row->skin, row->counts);
}

/* --- what is left of the table --------------------------------------------------------- */

struct left_row {
	const char *name;
	enum given_class device_class;
	enum given_site site;
	uint8_t skin;
	const char *row_id;
	enum param param;
	struct span soft;
	const char *by; /* NULL: the row itself */
};

/* clang-format off */
static const struct left_row left[] = {
	{"755 nm, II, 18 mm: 14 to 20 J/cm2", GIVEN_ALEX, GIVEN_FACE, 2, "alex755_18mm_II",
	 FLUENCE_UJ_CM2, {14000000, 20000000}, NULL},
	{"755 nm, III, 15 mm: 16 to 26 J/cm2", GIVEN_ALEX, GIVEN_LEG, 3, "alex755_15mm_III",
	 FLUENCE_UJ_CM2, {16000000, 26000000}, NULL},
	{"755 nm, III: at least 3 ms", GIVEN_ALEX, GIVEN_LEG, 3, "alex755_15mm_III", WIDTH_PS,
	 {3000000000, INT64_MAX}, NULL},
	{"1064 nm, IV: 30 to 55 J/cm2", GIVEN_NDYAG, GIVEN_LEG, 4, "ndyag1064_10mm_IV",
	 FLUENCE_UJ_CM2, {30000000, 55000000}, NULL},
	{"the neck takes four fifths: 20 becomes 16", GIVEN_ALEX, GIVEN_NECK, 2, "alex755_18mm_II",
	 FLUENCE_UJ_CM2, {14000000, 16000000}, "neck"},
	{"III on the neck, 15 mm: 26 becomes 20.8", GIVEN_ALEX, GIVEN_NECK, 3, "alex755_15mm_III",
	 FLUENCE_UJ_CM2, {16000000, 20800000}, "neck"},
	{"the neck scales fluence, not pulse width", GIVEN_ALEX, GIVEN_NECK, 3, "alex755_15mm_III",
	 WIDTH_PS, {3000000000, INT64_MAX}, NULL},
};
/* clang-format on */

static void test_left(void **state)
{
	const struct left_row *row = *state;
	struct given_library g;
	struct patient_case c = patient_of(row->device_class, row->site, row->skin);
	const struct rule *by;

	given_library(&g);
	compute(&g, &c);
	assert_i64(soft_of(row->row_id, row->param).lo, row->soft.lo);
	assert_i64(soft_of(row->row_id, row->param).hi, row->soft.hi);
	by = by_of(row->row_id, row->param);
	assert_int_equal(by == NULL, row->by == NULL);
	if (by != NULL)
		assert_text(by->id, row->by);
}

/* --- one rule more --------------------------------------------------------------------- */

struct effect_row {
	const char *name;
	struct effect then[2]; /* kind EFFECT_COUNT: none */
	enum param param;      /* looked at, in 755 nm, II, 18 mm: 14..20 J/cm2, from 3 ms */
	struct span want;
	int by; /* index of `then`'s rule, -1: the row */
};

#define UP_TO(v)               \
	{                      \
		INT64_MIN, (v) \
	}
#define FROM(v)                \
	{                      \
		(v), INT64_MAX \
	}
#define NO_EFFECT                                     \
	{                                             \
		EFFECT_COUNT, PARAM_NONE, 0, 0, 0, 0, \
		{                                     \
			0                             \
		}                                     \
	}

/* clang-format off */
static const struct effect_row effects[] = {
	{"a half of 20 is 10, and the range ends there", {{EFFECT_SCALE, FLUENCE_UJ_CM2, 0, 1, 2, 0, {0}},
	 NO_EFFECT}, FLUENCE_UJ_CM2, {10000000, 10000000}, 0},
	{"a third of 20 is rounded down", {{EFFECT_SCALE, FLUENCE_UJ_CM2, 0, 1, 3, 0, {0}}, NO_EFFECT},
	 FLUENCE_UJ_CM2, {6666666, 6666666}, 0},
	{"nine tenths of nine tenths", {{EFFECT_SCALE, FLUENCE_UJ_CM2, 0, 9, 10, 0, {0}},
	 {EFFECT_SCALE, FLUENCE_UJ_CM2, 0, 9, 10, 0, {0}}}, FLUENCE_UJ_CM2, {14000000, 16200000}, 1},
	{"a scale of one narrows nothing", {{EFFECT_SCALE, FLUENCE_UJ_CM2, 0, 7, 7, 0, {0}}, NO_EFFECT},
	 FLUENCE_UJ_CM2, {14000000, 20000000}, -1},
	{"a scale beyond 64 bits is lower than exact, never higher",
	 {{EFFECT_SCALE, FLUENCE_UJ_CM2, 0, INT64_MAX / 2, INT64_MAX, 0, {0}}, NO_EFFECT}, FLUENCE_UJ_CM2,
	 {0, 0}, 0},
	{"a maximum below the ceiling wins", {{EFFECT_MAXIMUM, FLUENCE_UJ_CM2, 18000000, 0, 0, 0, {0}},
	 NO_EFFECT}, FLUENCE_UJ_CM2, {14000000, 18000000}, 0},
	{"a maximum at the ceiling changes nothing",
	 {{EFFECT_MAXIMUM, FLUENCE_UJ_CM2, 20000000, 0, 0, 0, {0}}, NO_EFFECT}, FLUENCE_UJ_CM2,
	 {14000000, 20000000}, -1},
	{"a maximum above the ceiling never widens",
	 {{EFFECT_MAXIMUM, FLUENCE_UJ_CM2, 30000000, 0, 0, 0, {0}}, NO_EFFECT}, FLUENCE_UJ_CM2,
	 {14000000, 20000000}, -1},
	{"the smaller maximum wins, whichever comes first",
	 {{EFFECT_MAXIMUM, FLUENCE_UJ_CM2, 15000000, 0, 0, 0, {0}},
	 {EFFECT_MAXIMUM, FLUENCE_UJ_CM2, 18000000, 0, 0, 0, {0}}}, FLUENCE_UJ_CM2, {14000000, 15000000}, 0}
	 ,
	{"a share is taken of what a maximum left, in either order",
	 {{EFFECT_SCALE, FLUENCE_UJ_CM2, 0, 1, 2, 0, {0}},
	 {EFFECT_MAXIMUM, FLUENCE_UJ_CM2, 18000000, 0, 0, 0, {0}}}, FLUENCE_UJ_CM2, {9000000, 9000000}, 0},
	{"a minimum above the floor wins", {{EFFECT_MINIMUM, WIDTH_PS, 10000000000, 0, 0, 0, {0}}, NO_EFFECT
	 }, WIDTH_PS, FROM(10000000000), 0},
	{"a minimum at the floor changes nothing", {{EFFECT_MINIMUM, WIDTH_PS, 3000000000, 0, 0, 0, {0}},
	 NO_EFFECT}, WIDTH_PS, FROM(3000000000), -1},
	{"a minimum below the floor never widens", {{EFFECT_MINIMUM, WIDTH_PS, 1000000000, 0, 0, 0, {0}},
	 NO_EFFECT}, WIDTH_PS, FROM(3000000000), -1},
	{"a maximum gives a limit to what the row left to the device",
	 {{EFFECT_MAXIMUM, RATE_MILLIHZ, 1500, 0, 0, 0, {0}}, NO_EFFECT}, RATE_MILLIHZ, UP_TO(1500), 0},
	{"a maximum gives a limit to what the row does not name",
	 {{EFFECT_MAXIMUM, ENERGY_UJ, 50000000, 0, 0, 0, {0}}, NO_EFFECT}, ENERGY_UJ, UP_TO(50000000), 0},
	{"and a share is taken of that limit too", {{EFFECT_SCALE, RATE_MILLIHZ, 0, 1, 3, 0, {0}},
	 {EFFECT_MAXIMUM, RATE_MILLIHZ, 2000, 0, 0, 0, {0}}}, RATE_MILLIHZ, UP_TO(666), 0},
};
/* clang-format on */

static void test_effect(void **state)
{
	const struct effect_row *row = *state;
	struct given_library g;
	struct patient_case c = patient_of(GIVEN_ALEX, GIVEN_FACE, 2);
	const struct rule *rules[2] = {NULL, NULL};

	given_library(&g);
	for (int i = 0; i < 2 && row->then[i].kind != EFFECT_COUNT; i++)
		rules[i] = given_add_rule(
		        &g, (struct rule){.id = "added", .n_then = 1, .then = {row->then[i]}});
	compute(&g, &c);
	assert_i64(soft_of("alex755_18mm_II", row->param).lo, row->want.lo);
	assert_i64(soft_of("alex755_18mm_II", row->param).hi, row->want.hi);
	assert_ptr_equal(by_of("alex755_18mm_II", row->param), row->by < 0 ? NULL : rules[row->by]);
}

static void a_share_of_no_ceiling_is_no_ceiling(void **state)
{
	struct given_library g;
	struct patient_case c = patient_of(GIVEN_ALEX, GIVEN_FACE, 2);
	struct limit *width;

	(void)state;
	given_library(&g);
	given_add_rule(&g, (struct rule){.n_then = 1,
	                                 .then = {{EFFECT_SCALE, RATE_MILLIHZ, 0, 1, 2, 0, {0}}}});
	width = given_limit(given_row(&g, "alex755_18mm_II"), FLUENCE_UJ_CM2);
	width->soft.hi = INT64_MAX;
	given_add_rule(&g,
	               (struct rule){.n_then = 1,
	                             .then = {{EFFECT_SCALE, FLUENCE_UJ_CM2, 0, 1, 2, 0, {0}}}});
	compute(&g, &c);
	assert_i64(index_of(cell_named("alex755_18mm_II"), RATE_MILLIHZ), -1);
	assert_i64(soft_of("alex755_18mm_II", FLUENCE_UJ_CM2).hi, INT64_MAX);
	assert_i64(soft_of("alex755_15mm_II", FLUENCE_UJ_CM2).hi, 15000000);
}

static void a_floor_inside_a_closed_range_leaves_its_end(void **state)
{
	struct given_library g;
	struct patient_case c = patient_of(GIVEN_ALEX, GIVEN_FACE, 2);

	(void)state;
	given_library(&g);
	given_limit(given_row(&g, "alex755_18mm_II"), WIDTH_PS)->soft.hi = GIVEN_MS(5);
	given_add_rule(
	        &g, (struct rule){.n_then = 1,
	                          .then = {{EFFECT_MINIMUM, WIDTH_PS, GIVEN_MS(4), 0, 0, 0, {0}}}});
	compute(&g, &c);
	assert_i64(soft_of("alex755_18mm_II", WIDTH_PS).lo, 4000000000);
	assert_i64(soft_of("alex755_18mm_II", WIDTH_PS).hi, 5000000000);
}

static void the_first_rule_of_the_file_counts_too(void **state)
{
	struct given_library g;
	struct patient_case c = patient_of(GIVEN_ALEX, GIVEN_FACE, 1);

	(void)state;
	given_library(&g);
	g.lib.n_rules = 0;
	given_add_rule(
	        &g,
	        (struct rule){.n_then = 3,
	                      .then = {{.kind = EFFECT_RAISE_SKIN, .value = 1},
	                               {EFFECT_MAXIMUM, FLUENCE_UJ_CM2, GIVEN_J(18), 0, 0, 0, {0}},
	                               {.kind = EFFECT_NOTE}}});
	compute(&g, &c);
	assert_i64(limits.skin, 2);
	assert_i64(limits.n_reasons, 1);
	assert_i64(soft_of("alex755_18mm_II", FLUENCE_UJ_CM2).hi, 18000000);
}

static void a_floor_above_a_closed_range_moves_its_end(void **state)
{
	struct given_library g;
	struct patient_case c = patient_of(GIVEN_ALEX, GIVEN_FACE, 2);

	(void)state;
	given_library(&g);
	given_limit(given_row(&g, "alex755_18mm_II"), WIDTH_PS)->soft.hi = GIVEN_MS(5);
	given_add_rule(
	        &g,
	        (struct rule){.n_then = 1,
	                      .then = {{EFFECT_MINIMUM, WIDTH_PS, GIVEN_MS(10), 0, 0, 0, {0}}}});
	compute(&g, &c);
	assert_i64(soft_of("alex755_18mm_II", WIDTH_PS).lo, 10000000000);
	assert_i64(soft_of("alex755_18mm_II", WIDTH_PS).hi, 10000000000);
}

/* --- what the screening says ----------------------------------------------------------- */

struct says_row {
	const char *name;
	enum given_class device_class;
	uint8_t skin;
	struct told told[3]; /* over the least risky answers; value -1: none */
	bool test_spot;
	uint64_t cleared;
	enum verdict_kind want;
	uint64_t standing;
	uint8_t approvers;
	const char *reasons; /* ids, in order */
};

#define NOTHING                \
	{                      \
		GIVEN_FACTS, 0 \
	}
#define SUN(days)                                    \
	{                                            \
		GIVEN_LAST_SUN, GIVEN_TODAY - (days) \
	}
#define TAN                  \
	{                    \
		GIVEN_TAN, 1 \
	}
#define NOT_READ                   \
	{                          \
		GIVEN_TEST_AREA, 1 \
	}
#define REACTION                   \
	{                          \
		GIVEN_TEST_AREA, 2 \
	}
#define NOT_ASKED(f)           \
	{                      \
		(f), INT64_MAX \
	}

/* clang-format off */
static const struct says_row says[] = {
	{"nothing is said of type II without risk", GIVEN_ALEX, 2, {NOTHING, NOTHING, NOTHING},
	 false, 0, VERDICT_ALLOWED, 0, 0, ""},
	{"sun 13 days ago blocks 755 nm", GIVEN_ALEX, 2, {SUN(13), NOTHING, NOTHING}, false, 0,
	 VERDICT_BLOCKED, 2, 1, "sun_under_14_days_755 sun_under_28_days "},
	{"sun 14 days ago waits", GIVEN_ALEX, 2, {SUN(14), NOTHING, NOTHING}, false, 0,
	 VERDICT_HELD, 1, 1, "sun_under_28_days "},
	{"sun 27 days ago waits", GIVEN_ALEX, 2, {SUN(27), NOTHING, NOTHING}, false, 0,
	 VERDICT_HELD, 1, 1, "sun_under_28_days "},
	{"sun 28 days ago is long enough", GIVEN_ALEX, 2, {SUN(28), NOTHING, NOTHING}, false, 0,
	 VERDICT_ALLOWED, 0, 0, ""},
	{"sun not asked is the worst", GIVEN_ALEX, 2, {NOT_ASKED(GIVEN_LAST_SUN), NOTHING, NOTHING},
	 false, 0, VERDICT_BLOCKED, 2, 1, "sun_under_14_days_755 sun_under_28_days "},
	{"a block is never cleared", GIVEN_ALEX, 2, {SUN(0), NOTHING, NOTHING}, false, UINT32_MAX,
	 VERDICT_BLOCKED, 0, 0, "sun_under_14_days_755 sun_under_28_days "},
	{"1064 nm has the same sun held", GIVEN_NDYAG, 2, {SUN(13), NOTHING, NOTHING}, false, 0,
	 VERDICT_HELD, 3, 1, "sun_under_14_days_1064 sun_under_28_days "},
	{"one of two cleared still waits", GIVEN_NDYAG, 2, {SUN(13), NOTHING, NOTHING}, false, 1,
	 VERDICT_HELD, 2, 1, "sun_under_14_days_1064 sun_under_28_days "},
	{"both cleared", GIVEN_NDYAG, 2, {SUN(13), NOTHING, NOTHING}, false, 3, VERDICT_ALLOWED, 0,
	 0, "sun_under_14_days_1064 sun_under_28_days "},
	{"a note is said and changes nothing", GIVEN_ALEX, 2, {{GIVEN_MELASMA, 1}, NOTHING, NOTHING}
	 , false, 0, VERDICT_ALLOWED, 0, 0, "melasma "},
	{"pregnancy not asked blocks", GIVEN_NDYAG, 1,
	 {NOT_ASKED(GIVEN_PREGNANCY), NOTHING, NOTHING}, false, 0, VERDICT_BLOCKED, 0, 0,
	 "pregnancy "},
	{"type III with a read test area may go on", GIVEN_ALEX, 3, {NOTHING, NOTHING, NOTHING},
	 false, 0, VERDICT_ALLOWED, 0, 0, ""},
	{"type III without one waits", GIVEN_ALEX, 3, {NOT_READ, NOTHING, NOTHING}, false, 0,
	 VERDICT_HELD, 1, 1, "status T "},
	{"a reaction is no better than not read", GIVEN_ALEX, 3, {REACTION, NOTHING, NOTHING},
	 false, 0, VERDICT_HELD, 1, 1, "status T "},
	{"the session that makes the test area need not wait for it", GIVEN_ALEX, 3,
	 {NOT_READ, NOTHING, NOTHING}, true, 0, VERDICT_ALLOWED, 0, 0, ""},
	{"type III cleared by a physician", GIVEN_ALEX, 3, {NOT_READ, NOTHING, NOTHING}, false, 1,
	 VERDICT_ALLOWED, 0, 0, "status T "},
	{"type V waits for a physician, test area or not", GIVEN_ALEX, 5,
	 {NOTHING, NOTHING, NOTHING}, false, 0, VERDICT_HELD, 1, 1, "status M "},
	{"a test spot on type V waits too", GIVEN_ALEX, 5, {NOTHING, NOTHING, NOTHING}, true, 0,
	 VERDICT_HELD, 1, 1, "status M "},
	{"type VI waits for two", GIVEN_ALEX, 6, {NOTHING, NOTHING, NOTHING}, false, 0,
	 VERDICT_HELD, 1, 2, "status B "},
	{"a tan holds, wants a test area, and darkens", GIVEN_ALEX, 2, {TAN, NOT_READ, NOTHING},
	 false, 0, VERDICT_HELD, 7, 1, "tan tan_test_area status T "},
	{"with the test area read the tan alone holds", GIVEN_ALEX, 2, {TAN, NOTHING, NOTHING},
	 false, 0, VERDICT_HELD, 1, 1, "tan "},
	{"in the test session the tan alone holds", GIVEN_ALEX, 2, {TAN, NOT_READ, NOTHING}, true,
	 0, VERDICT_HELD, 1, 1, "tan "},
	{"a tan on type V makes two approvers", GIVEN_ALEX, 5, {TAN, NOTHING, NOTHING}, false, 0,
	 VERDICT_HELD, 3, 2, "tan status B "},
	{"the tan cleared, the status still waits", GIVEN_ALEX, 5, {TAN, NOTHING, NOTHING}, false,
	 1, VERDICT_HELD, 2, 2, "tan status B "},
	{"the status cleared, the tan still waits", GIVEN_ALEX, 5, {TAN, NOTHING, NOTHING}, false,
	 2, VERDICT_HELD, 1, 1, "tan status B "},
};
/* clang-format on */

static void tell(struct patient_case *c, const struct told *told, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (told[i].fact == GIVEN_FACTS)
			continue;
		given_answer(&c->facts, told[i].fact, told[i].value);
		if (told[i].value == INT64_MAX)
			c->facts.answer[told[i].fact].given = false;
	}
}

static void test_says(void **state)
{
	const struct says_row *row = *state;
	struct given_library g;
	struct patient_case c = patient_of(row->device_class, GIVEN_FACE, row->skin);
	char ids[256] = "";

	given_library(&g);
	c.test_spot = row->test_spot;
	tell(&c, row->told, ARRAY_LEN(row->told));
	compute(&g, &c);
	for (uint8_t i = 0; i < limits.n_reasons; i++) {
		size_t at = strlen(ids);

		at += screening_reason_id(&limits.reason[i], ids + at, sizeof(ids) - at);
		memcpy(ids + at, " ", 2);
	}
	assert_text(ids, row->reasons);
	assert_i64(limits_screening(&limits, row->cleared), row->want);
	assert_i64(limits_standing(&limits, row->cleared), row->standing);
	assert_i64(limits_approvers(&limits, row->cleared), row->approvers);
}

static void one_open_cell_lets_the_session_begin(void **state)
{
	struct given_library g;
	struct patient_case c = patient_of(GIVEN_ALEX, GIVEN_FACE, 5);

	(void)state;
	given_library(&g);
	given_row(&g, "alex755_15mm_V")->status = STATUS_A;
	compute(&g, &c);
	assert_i64(limits.n_reasons, 1);
	assert_i64((int64_t)limits.cell[0].waits, 1);
	assert_i64((int64_t)limits.cell[1].waits, 0);
	assert_i64(limits_screening(&limits, 0), VERDICT_ALLOWED);
	assert_i64(limits_standing(&limits, 0), 1);
}

static void one_reason_for_each_distinct_status(void **state)
{
	struct given_library g;
	struct patient_case c = patient_of(GIVEN_ALEX, GIVEN_FACE, 5);

	(void)state;
	given_library(&g);
	given_row(&g, "alex755_15mm_V")->status = STATUS_B;
	compute(&g, &c);
	assert_i64(limits.n_reasons, 2);
	assert_i64((int64_t)limits.cell[0].waits, 1);
	assert_i64((int64_t)limits.cell[1].waits, 2);
	assert_i64(limits_approvers(&limits, 0), 2);
	assert_i64(limits_approvers(&limits, 2), 1);
	assert_i64(limits_screening(&limits, 1), VERDICT_ALLOWED);
}

static void a_rule_with_two_words_says_the_stricter_once(void **state)
{
	struct given_library g;
	struct patient_case c = patient_of(GIVEN_ALEX, GIVEN_FACE, 2);

	(void)state;
	given_library(&g);
	given_add_rule(&g, (struct rule){.id = "both",
	                                 .n_then = 3,
	                                 .then = {{.kind = EFFECT_NOTE},
	                                          {.kind = EFFECT_BLOCK},
	                                          {.kind = EFFECT_HOLD}}});
	compute(&g, &c);
	assert_i64(limits.n_reasons, 1);
	assert_i64(limits.reason[0].kind, VERDICT_BLOCKED);
	assert_i64(limits.reason[0].approvers, 0);
}

/* --- which rules and rows are meant ---------------------------------------------------- */

struct meant_row {
	const char *name;
	struct rule rule;
	bool want;
};

/* clang-format off */
static const struct meant_row meant[] = {
	{"a rule for everyone", {.n_then = 1}, true},
	{"a rule for this class", {.classes = 1, .n_then = 1}, true},
	{"a rule for another class", {.classes = 2, .n_then = 1}, false},
	{"a rule for this indication", {.indications = 1, .n_then = 1}, true},
	{"a rule for another indication", {.indications = 2, .n_then = 1}, false},
	{"a rule for this site", {.sites = 4, .n_then = 1}, true},
	{"a rule for other sites", {.sites = 3, .n_then = 1}, false},
	{"all conditions hold", {.n_when = 2, .when = {{GIVEN_SKIN_TYPE, 1, 0}, {GIVEN_LAST_SUN, -20, 0}},
	 .n_then = 1}, true},
	{"one condition does not hold", {.n_when = 2, .when = {{GIVEN_SKIN_TYPE, 2, 0},
	 {GIVEN_LAST_SUN, -20, 0}}, .n_then = 1}, false},
	{"just below the upper end", {.n_when = 1, .when = {{GIVEN_SKIN_TYPE, 0, 2}}, .n_then = 1}, true},
	{"at the upper end", {.n_when = 1, .when = {{GIVEN_SKIN_TYPE, 0, 1}}, .n_then = 1}, false},
	{"not known is beyond no end", {.n_when = 1, .when = {{GIVEN_MELASMA, 0, 1}}, .n_then = 1}, true},
};
/* clang-format on */

static void test_meant(void **state)
{
	const struct meant_row *row = *state;
	struct given_library g;
	struct patient_case c = patient_of(GIVEN_ALEX, GIVEN_LEG, 2);
	struct rule r = row->rule;

	given_library(&g);
	r.then[0].kind = EFFECT_NOTE;
	given_answer(&c.facts, GIVEN_LAST_SUN, GIVEN_TODAY - 20);
	c.facts.answer[GIVEN_MELASMA].given = false;
	g.lib.n_rules = 0;
	given_add_rule(&g, r);
	compute(&g, &c);
	assert_i64(limits.n_reasons, row->want ? 1 : 0);
}

static void rows_for_other_sites_and_indications_stay_out(void **state)
{
	struct given_library g;
	struct patient_case c = patient_of(GIVEN_ALEX, GIVEN_LEG, 2);

	(void)state;
	given_library(&g);
	compute(&g, &c);
	assert_i64(limits.n_cells, 2);
	given_row(&g, "alex755_15mm_II")->sites = 1u << GIVEN_FACE;
	compute(&g, &c);
	assert_i64(limits.n_cells, 1);
	given_row(&g, "alex755_18mm_II")->sites = 1u << GIVEN_LEG;
	compute(&g, &c);
	assert_text(limits.cell[0].row->id, "alex755_18mm_II");
	given_row(&g, "alex755_18mm_II")->indications = 1u << GIVEN_VASCULAR;
	assert_i64(limits_compute(&g.lib, &c, &limits), LIMITS_NO_ROWS);
}

static void every_class_and_type_finds_its_own_rows(void **state)
{
	struct given_library g;

	(void)state;
	given_library(&g);
	for (uint8_t skin = 1; skin <= 6; skin++) {
		struct patient_case alex = patient_of(GIVEN_ALEX, GIVEN_FACE, skin);
		struct patient_case ndyag = patient_of(GIVEN_NDYAG, GIVEN_FACE, skin);

		compute(&g, &alex);
		assert_i64(limits.n_cells, 2);
		assert_i64(limits.cell[0].row->skin, skin);
		assert_i64(limits.cell[1].row->device_class, GIVEN_ALEX);
		compute(&g, &ndyag);
		assert_i64(limits.n_cells, 1);
		assert_i64(limits.cell[0].row->skin, skin);
		assert_i64(limits.cell[0].row->device_class, GIVEN_NDYAG);
	}
}

/* --- refused --------------------------------------------------------------------------- */

static void refused(struct given_library *g, const struct patient_case *c, enum limits_status why)
{
	assert_i64(limits_compute(&g->lib, c, &limits), why);
	assert_false(limits.computed);
	assert_i64(limits.n_cells, 0);
	assert_i64(limits_screening(&limits, UINT32_MAX), VERDICT_BLOCKED);
	assert_i64(limits_standing(&limits, 0), 0);
	assert_i64(limits_approvers(&limits, 0), 0);
}

static void no_protocol_no_session(void **state)
{
	struct given_library g;
	struct patient_case c = patient_of(GIVEN_ALEX, GIVEN_FACE, 2);

	(void)state;
	given_library(&g);
	c.indication = GIVEN_VASCULAR;
	refused(&g, &c, LIMITS_NO_ROWS);
	c = patient_of(GIVEN_ALEX, GIVEN_FACE, 2);
	c.device_class = 2;
	refused(&g, &c, LIMITS_NO_ROWS);
	c = patient_of(GIVEN_ALEX, GIVEN_FACE, 2);
	c.indication = 255;
	refused(&g, &c, LIMITS_NO_ROWS);
}

/* Only what has no row, and only of its own class. */
static void a_closed_class_says_why(void **state)
{
	struct given_library g;

	(void)state;
	given_library(&g);
	memcpy(g.lib.closed[GIVEN_ALEX], "closed: why", 12);
	assert_text(limits_why(&g.lib, GIVEN_ALEX, LIMITS_NO_ROWS), "closed: why");
	assert_text(limits_why(&g.lib, GIVEN_ALEX, LIMITS_TOO_MANY),
	            limits_status_words(LIMITS_TOO_MANY));
	assert_text(limits_why(&g.lib, 2, LIMITS_NO_ROWS), limits_status_words(LIMITS_NO_ROWS));
	assert_text(limits_why(&g.lib, 255, LIMITS_NO_ROWS), limits_status_words(LIMITS_NO_ROWS));
}

static void too_many_rows_are_refused_and_not_cut(void **state)
{
	static struct row rows[CELLS_MAX + 1];
	struct given_library g;
	struct patient_case c = patient_of(GIVEN_ALEX, GIVEN_FACE, 2);

	(void)state;
	given_library(&g);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		rows[i] = *given_row(&g, "alex755_18mm_II");
	g.lib.row = rows;
	g.lib.n_rows = CELLS_MAX;
	compute(&g, &c);
	assert_i64(limits.n_cells, 128);
	g.lib.n_rows = CELLS_MAX + 1;
	refused(&g, &c, LIMITS_TOO_MANY);
}

static void too_many_reasons_are_refused_and_not_cut(void **state)
{
	static struct rule rules[SCREENING_MAX + 1];
	struct given_library g;
	struct patient_case c = patient_of(GIVEN_ALEX, GIVEN_FACE, 2);

	(void)state;
	given_library(&g);
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		rules[i] = (struct rule){.n_then = 1, .then = {{.kind = EFFECT_HOLD}}};
	g.lib.rule = rules;
	g.lib.n_rules = SCREENING_MAX;
	compute(&g, &c);
	assert_i64(limits.n_reasons, 64);
	assert_true(limits_standing(&limits, 0) == UINT64_MAX);
	g.lib.n_rules = SCREENING_MAX + 1;
	refused(&g, &c, LIMITS_TOO_MANY_REASONS);
	c = patient_of(GIVEN_ALEX, GIVEN_FACE, 5);
	g.lib.n_rules = SCREENING_MAX;
	refused(&g, &c, LIMITS_TOO_MANY_REASONS);
}

static void a_refused_patient_still_hears_why(void **state)
{
	struct given_library g;
	struct patient_case c = patient_of(GIVEN_ALEX, GIVEN_FACE, 2);

	(void)state;
	given_library(&g);
	c.indication = GIVEN_VASCULAR;
	given_answer(&c.facts, GIVEN_PREGNANCY, 1);
	refused(&g, &c, LIMITS_NO_ROWS);
	assert_i64(limits.n_reasons, 1);
	assert_text(limits.reason[0].rule->id, "pregnancy");
}

/* --- the cell of some settings --------------------------------------------------------- */

struct cell_row {
	const char *name;
	int64_t wavelength_nm, spot_um, cooling; /* 0: not known */
	const char *want;
};

/* 18 mm wants cryogen or air by a selector, for this test. */
/* clang-format off */
static const struct cell_row cells[] = {
	{"755 nm, 18 mm, cryogen", 755, 18000, GIVEN_CRYOGEN, "alex755_18mm_II"},
	{"755 nm, 18 mm, air", 755, 18000, GIVEN_AIR, "alex755_18mm_II"},
	{"contact is not in the set", 755, 18000, GIVEN_CONTACT, NULL},
	{"the 15 mm row does not ask", 755, 15000, GIVEN_CONTACT, "alex755_15mm_II"},
	{"nor need it be known there", 755, 15000, 0, "alex755_15mm_II"},
	{"a selected choice that is not known does not fit", 755, 18000, 0, NULL},
	{"a selected spot that is not known does not fit", 755, 0, GIVEN_CRYOGEN, NULL},
	{"17.999 mm is another spot", 755, 17999, GIVEN_CRYOGEN, NULL},
	{"18.001 mm is another spot", 755, 18001, GIVEN_CRYOGEN, NULL},
	{"1064 nm has no entry", 1064, 18000, GIVEN_CRYOGEN, NULL},
	{"a choice beyond the table fits nothing", 755, 18000, 65, NULL},
	{"a choice below the table fits nothing", 755, 18000, -1, NULL},
};
/* clang-format on */

static void test_cell(void **state)
{
	const struct cell_row *row = *state;
	struct given_library g;
	struct patient_case c = patient_of(GIVEN_ALEX, GIVEN_FACE, 2);
	struct settings s = {0};
	const struct cell *cell;
	struct row *r;

	given_library(&g);
	r = given_row(&g, "alex755_18mm_II");
	r->select[r->n_select++] = (struct select){.param = COOLING, .choices = 3};
	compute(&g, &c);
	if (row->wavelength_nm != 0)
		settings_set(&s, WAVELENGTH_NM, row->wavelength_nm);
	if (row->spot_um != 0)
		settings_set(&s, SPOT_UM, row->spot_um);
	if (row->cooling != 0)
		settings_set(&s, COOLING, row->cooling);
	cell = limits_cell(&limits, &s);
	assert_int_equal(cell == NULL, row->want == NULL);
	if (cell != NULL)
		assert_text(cell->row->id, row->want);
}

/* --- words ----------------------------------------------------------------------------- */

static void words(void **state)
{
	static const struct rule rule = {.id = "pregnancy", .reason = "not during pregnancy"};
	struct screening_reason of_rule = {.kind = VERDICT_BLOCKED, .rule = &rule};
	struct screening_reason of_status = {.kind = VERDICT_HELD, .status = STATUS_M};
	char buf[80], small[4];

	(void)state;
	assert_text(verdict_kind_name(VERDICT_ALLOWED), "ALLOWED");
	assert_text(verdict_kind_name(VERDICT_HELD), "HELD");
	assert_text(verdict_kind_name(VERDICT_BLOCKED), "BLOCKED");
	assert_text(limits_status_words(LIMITS_OK), "");
	assert_contains(limits_status_words(LIMITS_NO_ROWS), "no protocol");
	assert_i64(screening_reason_id(&of_rule, buf, sizeof(buf)), 9);
	assert_text(buf, "pregnancy");
	assert_i64(screening_reason_text(&of_rule, buf, sizeof(buf)), 20);
	assert_text(buf, "not during pregnancy");
	assert_i64(screening_reason_id(&of_status, buf, sizeof(buf)), 8);
	assert_text(buf, "status M");
	screening_reason_text(&of_status, buf, sizeof(buf));
	assert_text(buf, "a physician decides on this patient first");
	assert_i64(screening_reason_id(&of_rule, small, sizeof(small)), 9);
	assert_text(small, "pre");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_share_of_no_ceiling_is_no_ceiling),
	        cmocka_unit_test(a_floor_inside_a_closed_range_leaves_its_end),
	        cmocka_unit_test(the_first_rule_of_the_file_counts_too),
	        cmocka_unit_test(a_floor_above_a_closed_range_moves_its_end),
	        cmocka_unit_test(one_open_cell_lets_the_session_begin),
	        cmocka_unit_test(one_reason_for_each_distinct_status),
	        cmocka_unit_test(a_rule_with_two_words_says_the_stricter_once),
	        cmocka_unit_test(rows_for_other_sites_and_indications_stay_out),
	        cmocka_unit_test(every_class_and_type_finds_its_own_rows),
	        cmocka_unit_test(no_protocol_no_session),
	        cmocka_unit_test(a_closed_class_says_why),
	        cmocka_unit_test(too_many_rows_are_refused_and_not_cut),
	        cmocka_unit_test(too_many_reasons_are_refused_and_not_cut),
	        cmocka_unit_test(a_refused_patient_still_hears_why),
	        cmocka_unit_test(words),
	};
	int failures = 0;

	failures += RUN_ROWS("the type that counts", types, test_type);
	failures += RUN_ROWS("what is left of the table", left, test_left);
	failures += RUN_ROWS("one rule more", effects, test_effect);
	failures += RUN_ROWS("what the screening says", says, test_says);
	failures += RUN_ROWS("which rules are meant", meant, test_meant);
	failures += RUN_ROWS("the cell of some settings", cells, test_cell);
	failures += cmocka_run_group_tests_name("limits", tests, NULL, NULL);
	return failures != 0;
}
