/* What past doses leave of a patient's limits. The 755 nm laser, type II on the leg: 18 mm up to 20
 * J/cm2, 15 mm up to 30, both from 3 ms (CAN13). Doses stand in tenths of J/cm2. */
#include "given.h"
#include "given_past.h"

#define HERE  GIVEN_ALEX, GIVEN_LEG, false
#define MM18  "alex755_18mm_II"
#define MM15  "alex755_15mm_II"
#define ROW   NULL /* who says how far: the row itself */
#define WAITS true

static struct given_library g;
static struct limits limits;
static struct history past;
static struct patient_case patient;

/* A rule that always applies; everything else the given library says is silent. */
static void given(const struct effect *then, uint8_t n_then)
{
	struct rule r = {.id = "past", .reason = "or not known", .n_then = n_then};

	given_library(&g);
	for (uint8_t i = 0; i < n_then; i++)
		r.then[i] = then[i];
	given_add_rule(&g, r);
	history_forget(&past);
	past.treatments = HISTORY_TOLD;
	patient = (struct patient_case){.device_class = GIVEN_ALEX,
	                                .indication = GIVEN_HAIR,
	                                .site = GIVEN_LEG,
	                                .today = GIVEN_TODAY,
	                                .facts = given_facts(2),
	                                .history = &past};
}

static void compute(void)
{
	assert_i64(limits_compute(&g.lib, &patient, &limits), LIMITS_OK);
}

static const struct cell *cell_of(const char *id)
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
	const struct cell *cell = cell_of(id);

	return cell->limit[index_of(cell, p)].soft;
}

static int64_t ceiling_of(const char *id)
{
	return soft_of(id, FLUENCE_UJ_CM2).hi / 100000;
}

static int64_t floor_of(const char *id)
{
	return soft_of(id, WIDTH_PS).lo / 1000000000;
}

static bool waits(const char *id)
{
	const struct cell *cell = cell_of(id);

	for (uint8_t i = 0; i < limits.n_reasons; i++)
		if (limits.reason[i].of_cells && limits.reason[i].rule != NULL &&
		    (cell->waits >> i & 1) != 0)
			return true;
	return false;
}

static const char *by_of(const char *id, enum param p)
{
	const struct cell *cell = cell_of(id);
	const struct rule *by = cell->by[index_of(cell, p)];

	return by != NULL ? by->id : NULL;
}

static void tell(const struct given_session *s, size_t n)
{
	for (size_t i = 0; i < n && s[i].days_ago != 0; i++)
		given_treatment(&past, &s[i]);
}

/* --- a step from the last dose: at most 5 J/cm2 more, 5 ms shorter ------------------------- */

#define SESSIONS 3

struct step_row {
	const char *name;
	struct given_session past[SESSIONS]; /* days_ago 0: no more */
	int64_t ceiling18, ceiling15, floor18, floor15;
	bool waits18, waits15;
};

/* clang-format off */
static const struct step_row step_rows[] = {
	{"nothing before: the row", {{0}}, 200, 300, 3, 3, false, false},
	{"12 J/cm2 last time: 17", {{HERE, 30, 1, {{120, 18, 3, 0}}}}, 170, 300, 3, 3, false, false},
	{"14.9 last time: 19.9", {{HERE, 30, 1, {{149, 18, 3, 0}}}}, 199, 300, 3, 3, false, false},
	{"15 last time: the row's 20", {{HERE, 30, 1, {{150, 18, 3, 0}}}}, 200, 300, 3, 3, false, false},
	{"a step never raises a ceiling", {{HERE, 30, 1, {{300, 18, 3, 0}}}}, 200, 300, 3, 3, false, false},
	{"20 ms last time: 15", {{HERE, 30, 1, {{200, 18, 20, 0}}}}, 200, 300, 15, 3, false, false},
	{"9 ms last time: 4", {{HERE, 30, 1, {{200, 18, 9, 0}}}}, 200, 300, 4, 3, false, false},
	{"8 ms last time: the row's 3", {{HERE, 30, 1, {{200, 18, 8, 0}}}}, 200, 300, 3, 3, false, false},
	{"5 ms last time: no step reaches below nothing", {{HERE, 30, 1, {{200, 18, 5, 0}}}}, 200, 300, 3, 3, false, false},
	{"each spot by itself", {{HERE, 30, 2, {{120, 18, 9, 0}, {200, 15, 10, 0}}}}, 170, 250, 4, 5, false, false},
	{"another class", {{GIVEN_NDYAG, GIVEN_LEG, false, 30, 1, {{120, 18, 3, 0}}}}, 200, 300, 3, 3, false, false},
	{"another site", {{GIVEN_ALEX, GIVEN_FACE, false, 30, 1, {{120, 18, 3, 0}}}}, 200, 300, 3, 3, false, false},
	{"a site nobody knows is this one", {{GIVEN_ALEX, NOT_NAMED, false, 30, 1, {{120, 18, 3, 0}}}}, 170, 300, 3, 3, false, false},
	{"a class nobody knows is another", {{NOT_NAMED, GIVEN_LEG, false, 30, 1, {{120, 18, 3, 0}}}}, 200, 300, 3, 3, false, false},
	{"a test area is no treatment", {{GIVEN_ALEX, GIVEN_LEG, true, 30, 1, {{120, 18, 3, 0}}}}, 200, 300, 3, 3, false, false},
	{"the last one counts, wherever it stands",
	 {{HERE, 60, 1, {{100, 18, 3, 0}}}, {HERE, 30, 1, {{120, 18, 3, 0}}}, {HERE, 90, 1, {{140, 18, 3, 0}}}},
	 170, 300, 3, 3, false, false},
	{"of two on that day the stricter", {{HERE, 30, 1, {{120, 18, 9, 0}}}, {HERE, 30, 1, {{110, 18, 8, 0}}}},
	 160, 300, 4, 3, false, false},
	{"and in the other order", {{HERE, 30, 1, {{110, 18, 8, 0}}}, {HERE, 30, 1, {{120, 18, 9, 0}}}},
	 160, 300, 4, 3, false, false},
	{"a day nobody knows may be the last",
	 {{HERE, DAYS_NOT_KNOWN, 1, {{110, 18, 3, 0}}}, {HERE, 30, 1, {{120, 18, 3, 0}}}}, 160, 300, 3, 3, false, false},
	{"and leaves the one that is known", {{HERE, 30, 1, {{110, 18, 3, 0}}}, {HERE, DAYS_NOT_KNOWN, 1, {{120, 18, 3, 0}}}},
	 160, 300, 3, 3, false, false},
	{"only days nobody knows", {{HERE, DAYS_NOT_KNOWN, 1, {{110, 18, 3, 0}}}}, 160, 300, 3, 3, false, false},
	{"a dose nobody knows: every row waits", {{HERE, 30, 0, {{0}}}}, 200, 300, 3, 3, WAITS, WAITS},
	{"an earlier one is no substitute for it", {{HERE, 30, 0, {{0}}}, {HERE, 60, 1, {{120, 18, 3, 0}}}},
	 200, 300, 3, 3, WAITS, WAITS},
	{"an earlier one may be unknown", {{HERE, 60, 0, {{0}}}, {HERE, 30, 1, {{120, 18, 3, 0}}}},
	 170, 300, 3, 3, false, false},
	{"one of two on that day unknown: what is known still counts",
	 {{HERE, 30, 1, {{120, 18, 3, 0}}}, {HERE, 30, 0, {{0}}}}, 170, 300, 3, 3, WAITS, WAITS},
	{"a spot nobody knows may be any", {{HERE, 30, 1, {{120, 0, 9, 0}}}}, 170, 170, 4, 4, false, false},
	{"a pulse width nobody knows: its row waits", {{HERE, 30, 1, {{120, 18, 0, 0}}}}, 170, 300, 3, 3, WAITS, false},
	{"a fluence nobody knows: its row waits", {{HERE, 30, 1, {{0, 18, 9, 0}}}}, 200, 300, 4, 3, WAITS, false},
	{"a dose of a spot that has no row", {{HERE, 30, 1, {{120, 12, 3, 0}}}}, 200, 300, 3, 3, false, false},
};
/* clang-format on */

static void step_leaves(void **state)
{
	static const struct effect then[] = {
	        {.kind = EFFECT_STEP, .param = FLUENCE_UJ_CM2, .value = 5000000},
	        {.kind = EFFECT_STEP, .param = WIDTH_PS, .value = 5000000000}};
	const struct step_row *row = *state;

	given(then, 2);
	tell(row->past, SESSIONS);
	compute();
	assert_i64(ceiling_of(MM18), row->ceiling18);
	assert_i64(ceiling_of(MM15), row->ceiling15);
	assert_i64(floor_of(MM18), row->floor18);
	assert_i64(floor_of(MM15), row->floor15);
	assert_i64(waits(MM18), row->waits18);
	assert_i64(waits(MM15), row->waits15);
	assert_int_equal(by_of(MM18, FLUENCE_UJ_CM2) == NULL, row->ceiling18 == 200);
	assert_int_equal(by_of(MM18, WIDTH_PS) == NULL, row->floor18 == 3);
	assert_i64(limits_screening(&limits, 0),
	           row->waits18 && row->waits15 ? VERDICT_HELD : VERDICT_ALLOWED);
	assert_i64(limits_screening(&limits, UINT64_MAX), VERDICT_ALLOWED);
}

static void one_effect(struct effect e)
{
	given(&e, 1);
}

/* Three kinds of row: 18 mm from 10 ms (a), 18 mm below 10 ms (b), 15 mm. */
static void a_pulse_width_of_another_row_is_a_step_as_well(void **state)
{
	static const struct given_session thirty_ms = {HERE, 30, 1, {{100, 18, 30, 0}}};
	static const struct given_session both = {HERE, 30, 2, {{100, 18, 30, 0}, {160, 18, 5, 0}}};
	struct row *a, *b;

	(void)state;
	for (int twice = 0; twice < 2; twice++) {
		one_effect((struct effect){
		        .kind = EFFECT_STEP, .param = WIDTH_PS, .value = GIVEN_MS(5)});
		given_add_rule(&g, (struct rule){.id = "fluence",
		                                 .n_then = 1,
		                                 .then = {{.kind = EFFECT_STEP,
		                                           .param = FLUENCE_UJ_CM2,
		                                           .value = GIVEN_J(5)}}});
		a = given_row(&g, MM18);
		b = given_add_row(&g, *a);
		memcpy(b->id, "short", 6);
		b->select[b->n_select++] =
		        (struct select){.param = WIDTH_PS, .span = {INT64_MIN, GIVEN_MS(10) - 1}};
		a = given_row(&g, MM18);
		a->select[a->n_select++] =
		        (struct select){.param = WIDTH_PS, .span = {GIVEN_MS(10), INT64_MAX}};
		given_treatment(&past, twice == 0 ? &thirty_ms : &both);
		compute();
		assert_i64(floor_of(MM18), 25);
		assert_i64(ceiling_of(MM18), 150);
		/* 30 ms were its nearest; once it had a dose of its own, that one */
		assert_i64(floor_of("short"), twice == 0 ? 25 : 3);
		assert_i64(ceiling_of("short"), twice == 0 ? 150 : 200);
		assert_i64(ceiling_of(MM15), 300);
	}
}

static void what_only_selects_a_row_takes_a_step_too(void **state)
{
	struct row *r;

	(void)state;
	for (int known = 0; known < 2; known++) {
		one_effect((struct effect){
		        .kind = EFFECT_STEP, .param = WIDTH_PS, .value = GIVEN_MS(5)});
		r = given_row(&g, MM18);
		r->select[r->n_select++] =
		        (struct select){.param = WIDTH_PS, .span = {GIVEN_MS(10), INT64_MAX}};
		r->limit[1] = r->limit[--r->n_limit]; /* without the pulse width */
		given_treatment(&past, &(struct given_session){HERE, 30, 1, {{100, 18, 30, 0}}});
		if (known == 0)
			past.dose[0].known &= ~PARAM_BIT(WIDTH_PS);
		compute();
		assert_i64(waits(MM18), known == 0);
		if (known == 0)
			assert_i64(index_of(cell_of(MM18), WIDTH_PS), -1);
		else
			assert_i64(floor_of(MM18), 25);
	}
}

static void what_the_row_leaves_to_the_device_takes_a_step_too(void **state)
{
	static const struct effect hz = {.kind = EFFECT_STEP, .param = RATE_MILLIHZ, .value = 500};
	static const struct given_session before = {HERE, 30, 1, {{100, 18, 3, 0}}};

	(void)state;
	one_effect(hz);
	given_treatment(&past, &before);
	settings_set(&past.dose[0], RATE_MILLIHZ, 1000);
	compute();
	assert_i64(soft_of(MM18, RATE_MILLIHZ).hi, 1500);
	assert_i64(index_of(cell_of(MM15), RATE_MILLIHZ), -1);

	/* not known, and not the row's affair either: nobody waits */
	one_effect(hz);
	given_treatment(&past, &before);
	compute();
	assert_i64(index_of(cell_of(MM18), RATE_MILLIHZ), -1);
	assert_false(waits(MM18));
}

/* Else it would be spoken of, and what is not spoken of is held. */
static void what_the_row_does_not_name_gets_no_limit(void **state)
{
	static const struct given_session before = {HERE, 30, 1, {{100, 18, 3, 0}}};

	(void)state;
	one_effect((struct effect){.kind = EFFECT_STEP, .param = DEPTH_UM, .value = 100});
	given_treatment(&past, &before);
	settings_set(&past.dose[0], DEPTH_UM, 500);
	compute();
	assert_i64(index_of(cell_of(MM18), DEPTH_UM), -1);
	/* what a rule limits there takes its steps */
	given_add_rule(
	        &g,
	        (struct rule){.n_then = 1,
	                      .then = {{.kind = EFFECT_MAXIMUM, .param = DEPTH_UM, .value = 900}}});
	compute();
	assert_i64(soft_of(MM18, DEPTH_UM).hi, 600);
}

static void a_step_beyond_64_bits_is_none(void **state)
{
	static const struct given_session before = {HERE, 30, 1, {{120, 18, 3, 0}}};

	(void)state;
	one_effect((struct effect){
	        .kind = EFFECT_STEP, .param = FLUENCE_UJ_CM2, .value = INT64_MAX - 12000000});
	given_treatment(&past, &before);
	compute();
	assert_i64(ceiling_of(MM18), 200);
	one_effect(
	        (struct effect){.kind = EFFECT_STEP, .param = FLUENCE_UJ_CM2, .value = INT64_MAX});
	given_treatment(&past, &before);
	compute();
	assert_i64(ceiling_of(MM18), 200);
}

/* --- who told what ------------------------------------------------------------------------- */

static void nobody_told_and_no_rule_speaks(const struct history *h)
{
	patient.history = h;
	compute();
	assert_i64(ceiling_of(MM18), 200);
	assert_i64(limits.n_reasons, 0);
	assert_null(cell_of(MM18)->one_step.by);
}

static void without_history_rules_on_it_are_silent(void **state)
{
	static const struct effect then[] = {
	        {.kind = EFFECT_STEP, .param = FLUENCE_UJ_CM2, .value = 5000000},
	        {.kind = EFFECT_BUDGET, .param = FLUENCE_UJ_CM2, .value = 28, .num = 5, .den = 4},
	        {.kind = EFFECT_TESTED, .param = FLUENCE_UJ_CM2, .num = 6, .den = 5},
	        {.kind = EFFECT_ONE_STEP, .n_together = 2, .together = {FLUENCE_UJ_CM2, WIDTH_PS}}};

	(void)state;
	given(then, 4);
	past.treatments = HISTORY_SILENT;
	nobody_told_and_no_rule_speaks(NULL);
	nobody_told_and_no_rule_speaks(&past);
}

static void a_history_that_is_not_known_makes_every_row_wait(void **state)
{
	static const struct effect each[] = {
	        {.kind = EFFECT_STEP, .param = FLUENCE_UJ_CM2, .value = 5000000},
	        {.kind = EFFECT_BUDGET, .param = FLUENCE_UJ_CM2, .value = 28, .num = 5, .den = 4},
	        {.kind = EFFECT_ONE_STEP, .n_together = 2, .together = {FLUENCE_UJ_CM2, WIDTH_PS}}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(each); i++) {
		given(&each[i], 1);
		past.treatments = HISTORY_UNKNOWN;
		compute();
		assert_i64(ceiling_of(MM18), 200);
		assert_true(waits(MM18) && waits(MM15));
		assert_i64(limits.n_reasons, 1);
		assert_i64(limits.reason[0].approvers, 1);
		assert_i64(limits_screening(&limits, 0), VERDICT_HELD);
		assert_i64(limits_screening(&limits, 1), VERDICT_ALLOWED);
	}
}

/* A slip of whoever filled the history. */
static void a_dose_at_no_place_is_not_known(void **state)
{
	static const struct given_session before = {HERE, 30, 1, {{120, 18, 3, 0}}};
	static const struct {
		uint16_t first, n;
	} places[] = {{2, 1}, {1, 1}, {0, 2}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		one_effect((struct effect){
		        .kind = EFFECT_STEP, .param = FLUENCE_UJ_CM2, .value = GIVEN_J(5)});
		given_treatment(&past, &before);
		past.treatment[0].first_dose = places[i].first;
		past.treatment[0].n_doses = places[i].n;
		compute();
		assert_true(waits(MM18));
		assert_i64(ceiling_of(MM18), 200);
	}
}

/* --- one step at a time -------------------------------------------------------------------- */

static const struct effect fluence_or_width = {
        .kind = EFFECT_ONE_STEP, .n_together = 2, .together = {FLUENCE_UJ_CM2, WIDTH_PS}};

static void one_step_keeps_the_last_dose_of_each_row(void **state)
{
	static const struct given_session before = {
	        HERE, 30, 2, {{120, 18, 20, 0}, {200, 15, 10, 0}}};
	const struct one_step *o;

	(void)state;
	one_effect(fluence_or_width);
	given_treatment(&past, &before);
	compute();
	o = &cell_of(MM18)->one_step;
	assert_text(o->by->id, "past");
	assert_i64(o->n, 2);
	assert_i64(o->param[0], FLUENCE_UJ_CM2);
	assert_i64(o->param[1], WIDTH_PS);
	assert_i64(o->last[0], 12000000);
	assert_i64(o->last[1], 20000000000);
	assert_i64(cell_of(MM15)->one_step.last[0], 20000000);
	assert_i64(limits.n_reasons, 0);
	assert_i64(ceiling_of(MM18), 200); /* it is no limit */
}

static void what_cannot_be_compared_waits(void **state)
{
	static const struct given_session no_width = {HERE, 30, 1, {{120, 18, 0, 0}}};
	static const struct given_session no_dose = {HERE, 30, 0, {{0}}};

	(void)state;
	one_effect(fluence_or_width);
	given_treatment(&past, &no_width);
	compute();
	assert_null(cell_of(MM18)->one_step.by);
	assert_true(waits(MM18));
	assert_false(waits(MM15));

	one_effect(fluence_or_width);
	given_treatment(&past, &no_dose);
	compute();
	assert_true(waits(MM18) && waits(MM15));

	/* depth is not this laser's: it is not missed */
	one_effect((struct effect){.kind = EFFECT_ONE_STEP,
	                           .n_together = 3,
	                           .together = {DEPTH_UM, FLUENCE_UJ_CM2, WIDTH_PS}});
	given_treatment(&past, &(struct given_session){HERE, 30, 1, {{120, 18, 20, 0}}});
	compute();
	assert_null(cell_of(MM18)->one_step.by);
	assert_false(waits(MM18));
}

/* --- a budget: five quarters of the ceiling in 28 days ------------------------------------- */

struct budget_row {
	const char *name;
	struct given_session past[SESSIONS];
	int64_t ceiling18, ceiling15; /* of 20 and 30: what 25 and 37.5 leave */
	bool waits;
};

/* clang-format off */
static const struct budget_row budget_rows[] = {
	{"nothing before", {{0}}, 200, 300, false},
	{"5 J/cm2 leave a whole ceiling", {{HERE, 20, 1, {{50, 18, 3, 0}}}}, 200, 300, false},
	{"5.1 do not", {{HERE, 20, 1, {{51, 18, 3, 0}}}}, 199, 300, false},
	{"a full session leaves a quarter", {{HERE, 20, 1, {{200, 18, 3, 0}}}}, 50, 175, false},
	{"27 days ago counts", {{HERE, 27, 1, {{200, 18, 3, 0}}}}, 50, 175, false},
	{"28 days ago does not", {{HERE, 28, 1, {{200, 18, 3, 0}}}}, 200, 300, false},
	{"on a day nobody knows it does", {{HERE, DAYS_NOT_KNOWN, 1, {{200, 18, 3, 0}}}}, 50, 175, false},
	{"sessions add up", {{HERE, 27, 1, {{100, 18, 3, 0}}}, {HERE, 14, 1, {{60, 18, 3, 0}}}}, 90, 215, false},
	{"of a session the highest", {{HERE, 20, 2, {{200, 15, 3, 0}, {100, 18, 3, 0}}}}, 50, 175, false},
	{"times its passes", {{HERE, 20, 1, {{60, 18, 3, 3}}}}, 70, 195, false},
	{"the highest with them", {{HERE, 20, 2, {{100, 18, 3, 0}, {60, 18, 3, 3}}}}, 70, 195, false},
	{"no passes are one", {{HERE, 20, 1, {{200, 18, 3, -2}}}}, 50, 175, false},
	{"what is spent leaves nothing, and not less", {{HERE, 20, 1, {{300, 18, 3, 0}}}}, 0, 75, false},
	{"just spent", {{HERE, 20, 1, {{250, 18, 3, 0}}}}, 0, 125, false},
	{"another class", {{GIVEN_NDYAG, GIVEN_LEG, false, 20, 1, {{200, 18, 3, 0}}}}, 200, 300, false},
	{"another site", {{GIVEN_ALEX, GIVEN_FACE, false, 20, 1, {{200, 18, 3, 0}}}}, 200, 300, false},
	{"a test area", {{GIVEN_ALEX, GIVEN_LEG, true, 20, 1, {{200, 18, 3, 0}}}}, 200, 300, false},
	{"a dose nobody knows", {{HERE, 20, 0, {{0}}}}, 200, 300, WAITS},
	{"beside one that is known", {{HERE, 20, 0, {{0}}}, {HERE, 20, 1, {{200, 18, 3, 0}}}}, 50, 175, WAITS},
	{"a fluence nobody knows", {{HERE, 20, 2, {{0, 18, 3, 0}, {200, 18, 3, 0}}}}, 50, 175, WAITS},
	{"not known, but long ago", {{HERE, 28, 0, {{0}}}}, 200, 300, false},
};
/* clang-format on */

static const struct effect five_quarters = {
        .kind = EFFECT_BUDGET, .param = FLUENCE_UJ_CM2, .value = 28, .num = 5, .den = 4};

static void budget_leaves(void **state)
{
	const struct budget_row *row = *state;

	one_effect(five_quarters);
	tell(row->past, SESSIONS);
	compute();
	assert_i64(ceiling_of(MM18), row->ceiling18);
	assert_i64(ceiling_of(MM15), row->ceiling15);
	assert_i64(waits(MM18), row->waits);
	assert_i64(waits(MM15), row->waits);
	assert_int_equal(by_of(MM18, FLUENCE_UJ_CM2) == NULL, row->ceiling18 == 200);
}

/* 20 J/cm2; a maximum of 18, of which four fifths are 14.4; five quarters of that are 18. A step
 * from 6 is 11, which is less. */
static void a_budget_is_of_what_ends_and_shares_left_but_not_of_a_step(void **state)
{
	static const struct effect then[] = {
	        {.kind = EFFECT_STEP, .param = FLUENCE_UJ_CM2, .value = 5000000},
	        five_quarters,
	        {.kind = EFFECT_SCALE, .param = FLUENCE_UJ_CM2, .num = 4, .den = 5},
	        {.kind = EFFECT_MAXIMUM, .param = FLUENCE_UJ_CM2, .value = 18000000}};

	(void)state;
	given(then, 4);
	given_treatment(&past, &(struct given_session){HERE, 20, 1, {{60, 18, 3, 0}}});
	compute();
	assert_i64(ceiling_of(MM18), 110);
	given(&then[1], 3);
	given_treatment(&past, &(struct given_session){HERE, 20, 1, {{60, 18, 3, 0}}});
	compute();
	assert_i64(ceiling_of(MM18), 120);
	assert_i64(ceiling_of(MM15), 120);
}

/* In either order: 25 - 12 = 13, and twice 20 in 90 days less 12 and 16 = 12. */
static void two_budgets_are_each_of_the_whole_ceiling(void **state)
{
	static const struct effect then[2][2] = {
	        {five_quarters,
	         {.kind = EFFECT_BUDGET, .param = FLUENCE_UJ_CM2, .value = 90, .num = 2, .den = 1}},
	        {{.kind = EFFECT_BUDGET, .param = FLUENCE_UJ_CM2, .value = 90, .num = 2, .den = 1},
	         five_quarters}};

	(void)state;
	for (int order = 0; order < 2; order++) {
		given(then[order], 2);
		given_treatment(&past, &(struct given_session){HERE, 20, 1, {{120, 18, 3, 0}}});
		given_treatment(&past, &(struct given_session){HERE, 60, 1, {{160, 18, 3, 0}}});
		compute();
		assert_i64(ceiling_of(MM18), 120);
	}
}

static void a_budget_of_what_has_no_ceiling_says_nothing(void **state)
{
	struct effect rate = five_quarters;

	(void)state;
	rate.param = RATE_MILLIHZ;
	one_effect(rate);
	given_treatment(&past, &(struct given_session){HERE, 20, 0, {{0}}});
	compute();
	assert_i64(index_of(cell_of(MM18), RATE_MILLIHZ), -1);
	assert_false(waits(MM18));
}

static void budgets_of_two_parameters_are_kept_each(void **state)
{
	struct effect then[] = {five_quarters, five_quarters};

	(void)state;
	then[1].param = RATE_MILLIHZ;
	then[1].num = 2;
	then[1].den = 1;
	given(then, 2);
	given_add_rule(&g, (struct rule){.n_then = 1,
	                                 .then = {{.kind = EFFECT_MAXIMUM,
	                                           .param = RATE_MILLIHZ,
	                                           .value = 3000}}});
	given_treatment(&past, &(struct given_session){HERE, 20, 1, {{200, 18, 3, 0}}});
	settings_set(&past.dose[0], RATE_MILLIHZ, 4000);
	compute();
	assert_i64(ceiling_of(MM18), 50);
	assert_i64(soft_of(MM18, RATE_MILLIHZ).hi, 2000);
}

static void a_budget_does_not_overflow(void **state)
{
	struct effect huge = five_quarters;

	(void)state;
	huge.num = INT64_MAX;
	huge.den = 1;
	one_effect(huge);
	given_treatment(&past, &(struct given_session){HERE, 20, 1, {{10, 18, 3, 0}}});
	compute(); /* as if it were one ceiling: 20 - 1 */
	assert_i64(ceiling_of(MM18), 190);

	huge.num = INT64_MAX / 20000000; /* twenty million times that just fits, the rest not */
	huge.den = 1;
	one_effect(huge);
	given_treatment(&past, &(struct given_session){HERE, 20, 1, {{10, 18, 3, 0}}});
	compute();
	assert_i64(ceiling_of(MM18), 200);

	huge.num =
	        INT64_MAX / 6666666; /* a third of twenty million times that, and two thirds more */
	huge.den = 3;
	one_effect(huge);
	given_treatment(&past, &(struct given_session){HERE, 20, 1, {{10, 18, 3, 0}}});
	compute();
	assert_i64(ceiling_of(MM18), 200);

	one_effect(five_quarters);
	given_treatment(&past, &(struct given_session){HERE, 20, 1, {{10, 18, 3, 0}}});
	settings_set(&past.dose[0], PASSES, INT64_MAX);
	given_treatment(&past, &(struct given_session){HERE, 20, 1, {{10, 18, 3, 0}}});
	compute();
	assert_i64(ceiling_of(MM18), 0);
}

/* --- what was tested ----------------------------------------------------------------------- */

struct tested_row {
	const char *name;
	uint8_t skin; /* III waits for a test area, II does not; V waits for a physician */
	bool told, test_spot, tan_rule;
	int64_t answer; /* by hand, where it is not told: 0 is read, without reaction */
	uint16_t n;
	struct given_dose dose[2];
	int64_t ceiling18, ceiling15; /* of 16 and 26 in type III */
	bool waits18, waits15;
};

/* clang-format off */
static const struct tested_row tested_rows[] = {
	{"10 J/cm2 at 18 mm: 12 there, and 15 mm wait", 3, true, false, false, 0, 1, {{100, 18, 3, 0}}, 120, 260, false, WAITS},
	{"13.3: 15.96", 3, true, false, false, 0, 1, {{133, 18, 3, 0}}, 159, 260, false, WAITS},
	{"13.4: never above the row's 16", 3, true, false, false, 0, 1, {{134, 18, 3, 0}}, 160, 260, false, WAITS},
	{"at both spots", 3, true, false, false, 0, 2, {{100, 18, 3, 0}, {200, 15, 3, 0}}, 120, 240, false, false},
	{"twice in one row: the lower", 3, true, false, false, 0, 2, {{120, 18, 3, 0}, {100, 18, 9, 0}}, 120, 260, false, WAITS},
	{"a spot nobody knows is no spot", 3, true, false, false, 0, 1, {{100, 0, 3, 0}}, 160, 260, WAITS, WAITS},
	{"but it may be this one, made with less", 3, true, false, false, 0, 2, {{100, 0, 3, 0}, {130, 18, 3, 0}}, 120, 260, false, WAITS},
	{"a fluence nobody knows", 3, true, false, false, 0, 1, {{0, 18, 3, 0}}, 160, 260, WAITS, WAITS},
	{"and one that is known beside it", 3, true, false, false, 0, 2, {{0, 18, 3, 0}, {100, 18, 3, 0}}, 120, 260, WAITS, WAITS},
	{"a dose nobody knows", 3, true, false, false, 0, 0, {{0}}, 160, 260, WAITS, WAITS},
	{"nobody told of the test area", 3, false, false, false, 0, 0, {{0}}, 160, 260, false, false},
	{"type II needs no test area", 2, true, false, false, 0, 1, {{100, 18, 3, 0}}, 200, 300, false, false},
	{"but where a rule asks for one", 2, true, false, true, 0, 1, {{100, 18, 3, 0}}, 120, 300, false, WAITS},
	{"type V does not rest on it", 5, true, false, false, 0, 1, {{100, 18, 3, 0}}, 160, 200, false, false},
	{"nor a session that makes one", 3, true, true, false, 0, 1, {{100, 18, 3, 0}}, 160, 260, false, false},
};
/* clang-format on */

static const struct effect six_fifths = {
        .kind = EFFECT_TESTED, .param = FLUENCE_UJ_CM2, .num = 6, .den = 5};

static void row_id(char id[48], int spot, uint8_t skin)
{
	static const char *const type[] = {"", "I", "II", "III", "IV", "V", "VI"};

	snprintf(id, 48, "alex755_%dmm_%s", spot, type[skin]);
}

static void tested_leaves(void **state)
{
	const struct tested_row *row = *state;
	char mm18[48], mm15[48];

	one_effect(six_fifths);
	patient.facts = given_facts(row->skin);
	patient.test_spot = row->test_spot;
	if (row->told)
		given_test(&past, row->dose, row->n);
	if (row->tan_rule)
		given_add_rule(&g, (struct rule){.id = "asks",
		                                 .n_then = 1,
		                                 .then = {{.kind = EFFECT_TEST_SPOT}}});
	history_derive(&g.lib, &patient);
	compute();
	row_id(mm18, 18, row->skin);
	row_id(mm15, 15, row->skin);
	assert_i64(ceiling_of(mm18), row->ceiling18);
	assert_i64(ceiling_of(mm15), row->ceiling15);
	assert_i64(waits(mm18), row->waits18);
	assert_i64(waits(mm15), row->waits15);
}

static void without_a_read_test_area_the_status_waits_and_nothing_else(void **state)
{
	(void)state;
	one_effect(six_fifths);
	patient.facts = given_facts(3);
	given_test(&past, &(struct given_dose){100, 18, 3, 0}, 1);
	past.test_area.result = TEST_RESULT_REACTION;
	history_derive(&g.lib, &patient);
	compute();
	assert_i64(limits.n_reasons, 1);
	assert_null(limits.reason[0].rule);
	assert_i64(ceiling_of("alex755_18mm_III"), 160);
}

static void what_has_no_ceiling_was_not_tested_for_one(void **state)
{
	struct effect energy = six_fifths;

	(void)state;
	energy.param = ENERGY_UJ;
	one_effect(energy);
	patient.facts = given_facts(3);
	given_test(&past, &(struct given_dose){100, 18, 3, 0}, 1);
	compute();
	assert_false(waits("alex755_18mm_III"));
}

/* --- room ---------------------------------------------------------------------------------- */

static void every_reason_is_taken(struct effect e)
{
	static struct rule rules[SCREENING_MAX + 1];

	one_effect(e);
	for (size_t i = 0; i < SCREENING_MAX; i++)
		rules[i] = (struct rule){.n_then = 1, .then = {{.kind = EFFECT_HOLD}}};
	rules[SCREENING_MAX] = (struct rule){.n_then = 1, .then = {e}};
	g.lib.rule = rules;
	g.lib.n_rules = SCREENING_MAX + 1;
	given_treatment(&past, &(struct given_session){HERE, 20, 0, {{0}}});
	assert_i64(limits_compute(&g.lib, &patient, &limits), LIMITS_TOO_MANY_REASONS);
	assert_false(limits.computed);
	g.lib.rule = rules + 1;
	g.lib.n_rules = SCREENING_MAX;
	compute();
	assert_i64(limits.n_reasons, 64);
	assert_true(waits(MM18));
}

static void a_reason_to_wait_that_has_no_room_is_refused(void **state)
{
	(void)state;
	every_reason_is_taken(five_quarters);
	every_reason_is_taken(fluence_or_width);
}

/* Held as a whole and waiting for the same rule are two things. */
static void a_rule_that_holds_may_be_waited_for_as_well(void **state)
{
	static const struct effect then[] = {
	        {.kind = EFFECT_HOLD},
	        {.kind = EFFECT_STEP, .param = FLUENCE_UJ_CM2, .value = 5000000}};

	(void)state;
	given(then, 2);
	given_treatment(&past, &(struct given_session){HERE, 20, 0, {{0}}});
	compute();
	assert_i64(limits.n_reasons, 2);
	assert_i64((int64_t)cell_of(MM18)->waits, 2);
	assert_i64(limits_screening(&limits, 1), VERDICT_HELD);
	assert_i64(limits_screening(&limits, 2), VERDICT_HELD);
	assert_i64(limits_screening(&limits, 3), VERDICT_ALLOWED);
}

/* --- sessions of their own kind ------------------------------------------------------------ */

struct kind_row {
	const char *name;
	enum rule_session session;
	bool test_spot, applies;
};

static const struct kind_row kind_rows[] = {
        {"a rule for all, at a treatment", RULE_ANY_SESSION, false, true},
        {"a rule for all, at a test area", RULE_ANY_SESSION, true, true},
        {"for treatments, at a treatment", RULE_TREATMENT, false, true},
        {"for treatments, at a test area", RULE_TREATMENT, true, false},
        {"for test areas, at a treatment", RULE_TEST_SPOT, false, false},
        {"for test areas, at a test area", RULE_TEST_SPOT, true, true},
};

static void rule_is_for(void **state)
{
	const struct kind_row *row = *state;
	struct effect pulses = {.kind = EFFECT_PULSES, .value = 4};

	one_effect(pulses);
	given_rule(&g, "past")->session = row->session;
	patient.test_spot = row->test_spot;
	compute();
	assert_i64(limits.pulses.most, row->applies ? 4 : 0);
	if (row->applies)
		assert_text(limits.pulses.by->id, "past");
	else
		assert_null(limits.pulses.by);
}

static void the_fewest_pulses_count(void **state)
{
	static const struct effect then[] = {{.kind = EFFECT_PULSES, .value = 5},
	                                     {.kind = EFFECT_PULSES, .value = 3},
	                                     {.kind = EFFECT_PULSES, .value = 4},
	                                     {.kind = EFFECT_PULSES, .value = 3}};

	(void)state;
	given(then, 4);
	compute();
	assert_i64(limits.pulses.most, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_pulse_width_of_another_row_is_a_step_as_well),
	        cmocka_unit_test(what_only_selects_a_row_takes_a_step_too),
	        cmocka_unit_test(what_the_row_leaves_to_the_device_takes_a_step_too),
	        cmocka_unit_test(what_the_row_does_not_name_gets_no_limit),
	        cmocka_unit_test(a_step_beyond_64_bits_is_none),
	        cmocka_unit_test(without_history_rules_on_it_are_silent),
	        cmocka_unit_test(a_history_that_is_not_known_makes_every_row_wait),
	        cmocka_unit_test(a_dose_at_no_place_is_not_known),
	        cmocka_unit_test(one_step_keeps_the_last_dose_of_each_row),
	        cmocka_unit_test(what_cannot_be_compared_waits),
	        cmocka_unit_test(a_budget_is_of_what_ends_and_shares_left_but_not_of_a_step),
	        cmocka_unit_test(two_budgets_are_each_of_the_whole_ceiling),
	        cmocka_unit_test(a_budget_of_what_has_no_ceiling_says_nothing),
	        cmocka_unit_test(budgets_of_two_parameters_are_kept_each),
	        cmocka_unit_test(a_budget_does_not_overflow),
	        cmocka_unit_test(without_a_read_test_area_the_status_waits_and_nothing_else),
	        cmocka_unit_test(what_has_no_ceiling_was_not_tested_for_one),
	        cmocka_unit_test(a_reason_to_wait_that_has_no_room_is_refused),
	        cmocka_unit_test(a_rule_that_holds_may_be_waited_for_as_well),
	        cmocka_unit_test(the_fewest_pulses_count),
	};
	int failures = 0;

	failures += RUN_ROWS("a step", step_rows, step_leaves);
	failures += RUN_ROWS("a budget", budget_rows, budget_leaves);
	failures += RUN_ROWS("what was tested", tested_rows, tested_leaves);
	failures += RUN_ROWS("kinds of session", kind_rows, rule_is_for);
	failures += cmocka_run_group_tests_name("past", tests, NULL, NULL);
	return failures != 0;
}
