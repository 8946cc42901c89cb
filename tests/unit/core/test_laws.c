/*
 * Laws of limits and verdicts over the whole small library: every combination of answers, each
 * compared with the ones that are one step more risky.
 */
#include "given.h"
#include "given_device.h"

/* Answers to each question in order of rising risk; the last is always "not asked". */
static const int64_t suns[] = {DAY_NEVER,        GIVEN_TODAY - 28, GIVEN_TODAY - 27,
                               GIVEN_TODAY - 14, GIVEN_TODAY - 13, GIVEN_TODAY,
                               INT64_MAX};
static const int64_t types[] = {0, 1, 2, 3, 4, 5, INT64_MAX};
static const int64_t two[] = {0, 1, INT64_MAX};
static const int64_t three[] = {0, 1, 2, INT64_MAX};

static const struct {
	const int64_t *answer;
	unsigned n;
} questions[GIVEN_FACTS] = {
        [GIVEN_SKIN_TYPE] = {types, ARRAY_LEN(types)},
        [GIVEN_LAST_SUN] = {suns, ARRAY_LEN(suns)},
        [GIVEN_TAN] = {two, ARRAY_LEN(two)},
        [GIVEN_MELASMA] = {three, ARRAY_LEN(three)},
        [GIVEN_PREGNANCY] = {two, ARRAY_LEN(two)},
        [GIVEN_TEST_AREA] = {three, ARRAY_LEN(three)},
};

#define COMBINATIONS (7 * 7 * 3 * 4 * 3 * 4)

/* Where in the product of answers a combination stands when question q alone moves by one. */
static unsigned stride_of(unsigned q)
{
	unsigned stride = 1;

	for (unsigned i = 0; i < q; i++)
		stride *= questions[i].n;
	return stride;
}

static unsigned step_of(unsigned combination, unsigned q)
{
	return combination / stride_of(q) % questions[q].n;
}

static void answer_all(struct facts *f, unsigned combination)
{
	for (unsigned q = 0; q < GIVEN_FACTS; q++) {
		int64_t value = questions[q].answer[step_of(combination, q)];

		given_answer(f, q, value);
		f->answer[q].given = value != INT64_MAX;
	}
}

/* Settings from far inside to far outside; over good ones. */
static const struct given_value grid[][GIVEN_VALUES] = {
        {{FLUENCE_UJ_CM2, 5000000}},
        {{FLUENCE_UJ_CM2, 12800000}},
        {{FLUENCE_UJ_CM2, 12900000}},
        {{FLUENCE_UJ_CM2, 16000000}},
        {{FLUENCE_UJ_CM2, 20000000}},
        {{FLUENCE_UJ_CM2, 20100000}},
        {{FLUENCE_UJ_CM2, 40100000}},
        {{SPOT_UM, 15000}, {FLUENCE_UJ_CM2, 24000000}},
        {{SPOT_UM, 15000}, {FLUENCE_UJ_CM2, 30000000}},
        {{WAVELENGTH_NM, 1064},
         {SPOT_UM, 10000},
         {COOLING, GIVEN_CONTACT},
         {FLUENCE_UJ_CM2, 45000000},
         {WIDTH_PS, 20000000000}},
        {{WAVELENGTH_NM, 1064},
         {SPOT_UM, 10000},
         {COOLING, GIVEN_CONTACT},
         {FLUENCE_UJ_CM2, 36000000},
         {WIDTH_PS, 30000000000}},
};
#define GRID ARRAY_LEN(grid)

static const struct given_value good[GIVEN_VALUES] = {
        {FLUENCE_UJ_CM2, 5000000}, {SPOT_UM, 18000},        {WIDTH_PS, 3000000000},
        {WAVELENGTH_NM, 755},      {RATE_MILLIHZ, 1000},    {COOLING, GIVEN_CRYOGEN},
        {SPRAY_PS, 40000000000},   {DELAY_PS, 30000000000}, {PARAM_NONE, 0}};

/* What one combination comes to. */
struct outcome {
	uint8_t screening, verdict[GRID], approvers;
	unsigned standing; /* how many reasons a physician would have to clear */
	bool any;
	int64_t ceiling[2], floor[2]; /* of the first two cells */
};

static struct given_library g;
static struct profile profile;
static struct limits limits;
static struct image images[GRID];
static struct outcome outcomes[COMBINATIONS];

static void given_everything(void)
{
	given_library(&g);
	given_device_of(&profile, FLUENCE_REPORTED);
	for (uint32_t i = 0; i < g.lib.n_rows; i++)
		if (g.row[i].device_class == GIVEN_NDYAG) /* one device for both classes */
			g.row[i].unlimited |= PARAM_BIT(SPRAY_PS) | PARAM_BIT(DELAY_PS);
	for (size_t i = 0; i < GRID; i++) {
		memset(&images[i], 0, sizeof(images[i]));
		given_put_all(&profile, &images[i], good);
		given_put_all(&profile, &images[i], grid[i]);
		given_put_state(&profile, &images[i], DEVICE_STANDBY);
	}
}

static enum verdict_kind verdict_of(const struct image *image, uint64_t cleared, struct verdict *v)
{
	struct situation s = {.profile = &profile,
	                      .limits = &limits,
	                      .cleared = cleared,
	                      .heard = true,
	                      .reported = image};

	verdict_judge(&s, INTENT_ARM, image, 0, v);
	return v->kind;
}

static void ends_of(const struct cell *cell, int64_t *ceiling, int64_t *floor)
{
	*ceiling = INT64_MAX;
	*floor = INT64_MIN;
	for (uint8_t i = 0; i < cell->n_limit; i++) {
		if (cell->limit[i].param == FLUENCE_UJ_CM2)
			*ceiling = cell->limit[i].soft.hi;
		if (cell->limit[i].param == WIDTH_PS)
			*floor = cell->limit[i].soft.lo;
	}
}

static void look_at(struct patient_case *c, unsigned combination, struct outcome *o)
{
	struct verdict v;

	memset(o, 0, sizeof(*o));
	answer_all(&c->facts, combination);
	o->any = limits_compute(&g.lib, c, &limits) == LIMITS_OK;
	o->screening = (uint8_t)limits_screening(&limits, 0);
	o->approvers = limits_approvers(&limits, 0);
	for (uint64_t bits = limits_standing(&limits, 0); bits != 0; bits &= bits - 1)
		o->standing++;
	for (uint16_t i = 0; i < 2 && i < limits.n_cells; i++)
		ends_of(&limits.cell[i], &o->ceiling[i], &o->floor[i]);
	/* cleared reasons too: what a physician may open is no wider either */
	for (size_t i = 0; i < GRID; i++)
		o->verdict[i] = (uint8_t)(3 * verdict_of(&images[i], 0, &v) +
		                          verdict_of(&images[i], UINT32_MAX, &v));
}

static void not_wider(const struct outcome *less, const struct outcome *more)
{
	assert_true(more->any <= less->any);
	assert_true(more->screening >= less->screening);
	for (int i = 0; i < 2 && more->any; i++) {
		assert_true(more->ceiling[i] <= less->ceiling[i]);
		assert_true(more->floor[i] >= less->floor[i]);
	}
	for (size_t i = 0; i < GRID; i++) {
		assert_true(more->verdict[i] / 3 >= less->verdict[i] / 3);
		assert_true(more->verdict[i] % 3 >= less->verdict[i] % 3);
	}
}

struct place {
	const char *name;
	enum given_class device_class;
	enum given_site site;
	bool test_spot;
};

static const struct place places[] = {
        {"more risk never widens: 755 nm, leg", GIVEN_ALEX, GIVEN_LEG, false},
        {"more risk never widens: 755 nm, neck", GIVEN_ALEX, GIVEN_NECK, false},
        {"more risk never widens: 755 nm, neck, test spot", GIVEN_ALEX, GIVEN_NECK, true},
        {"more risk never widens: 1064 nm, leg", GIVEN_NDYAG, GIVEN_LEG, false},
        {"more risk never widens: 1064 nm, neck", GIVEN_NDYAG, GIVEN_NECK, false},
        {"more risk never widens: 1064 nm, neck, test spot", GIVEN_NDYAG, GIVEN_NECK, true},
};

static void test_place(void **state)
{
	const struct place *place = *state;
	struct patient_case c = {.device_class = (uint8_t)place->device_class,
	                         .indication = GIVEN_HAIR,
	                         .site = (uint8_t)place->site,
	                         .test_spot = place->test_spot,
	                         .today = GIVEN_TODAY};
	unsigned steps = 0;

	given_everything();
	for (unsigned k = 0; k < COMBINATIONS; k++)
		look_at(&c, k, &outcomes[k]);
	for (unsigned k = 0; k < COMBINATIONS; k++)
		for (unsigned q = 0; q < GIVEN_FACTS; q++) {
			if (step_of(k, q) + 1 == questions[q].n)
				continue;
			not_wider(&outcomes[k], &outcomes[k + stride_of(q)]);
			steps++;
		}
	assert_i64(steps, COMBINATIONS * 6 - COMBINATIONS / 7 * 2 - COMBINATIONS / 3 * 2 -
	                          COMBINATIONS / 4 * 2);
}

/* A rule that could be left out without anybody noticing would be none: there is a patient it alone
 * refuses, once whatever else holds is cleared, or whose ceiling it lowers. */
static void every_rule_is_the_reason_for_somebody(void **state)
{
	(void)state;
	given_everything();
	for (uint32_t i = 0; i < g.lib.n_rules; i++) {
		struct rule kept = g.rule[i];
		struct patient_case c = {.device_class = (kept.classes >> GIVEN_NDYAG) & 1,
		                         .site = GIVEN_NECK,
		                         .today = GIVEN_TODAY};
		bool needed = kept.then[0].kind == EFFECT_NOTE;

		for (unsigned k = 0; k < COMBINATIONS && !needed; k++) {
			struct outcome with, without;

			look_at(&c, k, &with);
			g.rule[i].n_then = 0;
			look_at(&c, k, &without);
			g.rule[i] = kept;
			not_wider(&without, &with);
			needed = with.screening > without.screening ||
			         with.ceiling[0] < without.ceiling[0] ||
			         with.standing > without.standing;
		}
		if (!needed)
			print_error("%s\n", kept.id);
		assert_true(needed);
	}
}

/* --- each limit of each row ------------------------------------------------------------- */

static int64_t just_inside(const struct limit *l)
{
	if (l->param == COOLING)
		return (l->choices & 1) != 0   ? GIVEN_AIR
		       : (l->choices & 2) != 0 ? GIVEN_CRYOGEN
		                               : GIVEN_CONTACT;
	return param_info(l->param)->danger == DANGER_UP ? l->soft.hi : l->soft.lo;
}

/* One step of the register beyond, on each side that counts; 0: this side does not. */
static int64_t just_outside(const struct limit *l, bool above)
{
	enum danger danger = param_info(l->param)->danger;
	int64_t step = regmap_param_row(&profile, l->param)->num;

	if (l->param == COOLING)
		return above ? GIVEN_AIR : 0;
	if (above)
		return danger == DANGER_DOWN ? 0 : l->soft.hi + step;
	return danger == DANGER_UP ? 0 : l->soft.lo - step;
}

static void given_inside(const struct row *row, struct image *image)
{
	memset(image, 0, sizeof(*image));
	given_put_all(&profile, image, good);
	given_put_state(&profile, image, DEVICE_STANDBY);
	for (uint8_t i = 0; i < row->n_select; i++)
		given_put(&profile, image, row->select[i].param, row->select[i].span.lo);
	for (uint8_t i = 0; i < row->n_limit; i++)
		given_put(&profile, image, row->limit[i].param, just_inside(&row->limit[i]));
}

static void refuses_alone(const struct limit *l, bool above, struct image image)
{
	int64_t outside = just_outside(l, above);
	struct verdict v;

	if (outside == 0)
		return;
	given_put(&profile, &image, l->param, outside);
	assert_i64(verdict_of(&image, UINT32_MAX, &v), VERDICT_HELD);
	assert_i64(v.n_reasons, 1);
	assert_i64(v.reason[0].check, CHECK_SOFT);
	assert_i64(v.reason[0].param, l->param);
	assert_i64(v.reason[0].asked, outside);
}

static void hard_blocks(const struct limit *l, struct image image)
{
	struct verdict v;

	if (l->hard.hi == INT64_MAX)
		return;
	given_put(&profile, &image, l->param, l->hard.hi);
	assert_i64(verdict_of(&image, UINT32_MAX, &v), VERDICT_HELD);
	given_put(&profile, &image, l->param,
	          l->hard.hi + regmap_param_row(&profile, l->param)->num);
	assert_i64(verdict_of(&image, UINT32_MAX, &v), VERDICT_BLOCKED);
	assert_i64(v.reason[0].check, CHECK_HARD);
	assert_i64(v.reason[0].param, l->param);
}

/* At all its ends a row passes; one step beyond any one of them that one alone refuses. */
static void every_limit_refuses_something_alone(void **state)
{
	unsigned looked = 0;

	(void)state;
	given_everything();
	for (uint16_t i = 0; i < profile.n_regs; i++)
		profile.reg[i].hard = SPAN_ALL;
	for (uint32_t r = 0; r < g.lib.n_rows; r++) {
		const struct row *row = &g.row[r];
		struct patient_case c = {.device_class = row->device_class,
		                         .site = GIVEN_LEG,
		                         .today = GIVEN_TODAY,
		                         .facts = given_facts(row->skin)};
		struct image image;
		struct verdict v;

		assert_i64(limits_compute(&g.lib, &c, &limits), LIMITS_OK);
		given_inside(row, &image);
		assert_i64(verdict_of(&image, UINT32_MAX, &v), VERDICT_ALLOWED);
		assert_ptr_equal(v.cell->row, row);
		for (uint8_t i = 0; i < row->n_limit; i++, looked++) {
			refuses_alone(&row->limit[i], true, image);
			refuses_alone(&row->limit[i], false, image);
			hard_blocks(&row->limit[i], image);
		}
	}
	assert_i64(looked, 12 * 5 + 6 * 3);
}

/* --- the judge has no memory ------------------------------------------------------------ */

static void same(const struct verdict *a, const struct verdict *b)
{
	assert_i64(a->kind, b->kind);
	assert_i64(a->n_reasons, b->n_reasons);
	assert_i64(a->tightest, b->tightest);
	assert_i64(a->approvers, b->approvers);
	assert_i64(a->n_tolerated, b->n_tolerated);
	assert_i64(a->has_offer, b->has_offer);
	assert_true(settings_equal(&a->settings, &b->settings));
	assert_true(settings_equal(&a->offer, &b->offer));
	assert_ptr_equal(a->cell, b->cell);
	for (uint8_t i = 0; i < a->n_reasons; i++) {
		assert_i64(a->reason[i].check, b->reason[i].check);
		assert_i64(a->reason[i].kind, b->reason[i].kind);
		assert_i64(a->reason[i].param, b->reason[i].param);
		assert_i64(a->reason[i].asked, b->reason[i].asked);
		assert_i64(a->reason[i].limit.hi, b->reason[i].limit.hi);
		assert_i64(a->reason[i].tenfold, b->reason[i].tenfold);
	}
}

static void judging_twice_is_the_same(void **state)
{
	static struct verdict first, second;

	(void)state;
	given_everything();
	for (uint8_t skin = 0; skin <= 6; skin++) {
		struct patient_case c = {
		        .site = GIVEN_LEG, .today = GIVEN_TODAY, .facts = given_facts(skin)};

		assert_i64(limits_compute(&g.lib, &c, &limits), LIMITS_OK);
		for (size_t from = 0; from < GRID; from++)
			for (size_t to = 0; to < GRID; to++) {
				struct situation s = {.profile = &profile,
				                      .limits = &limits,
				                      .heard = true,
				                      .reported = &images[from]};

				memset(&first, 0xa5, sizeof(first));
				memset(&second, 0x5a, sizeof(second));
				verdict_judge(&s, INTENT_SET, &images[to], UINT64_MAX, &first);
				verdict_judge(&s, INTENT_SET, &images[to], UINT64_MAX, &second);
				same(&first, &second);
			}
	}
}

static bool no_further(const struct reason *r, int64_t before)
{
	enum danger danger = param_info(r->param)->danger;

	if (danger == DANGER_ANY)
		return r->asked == before;
	return danger == DANGER_UP ? r->asked <= before : r->asked >= before;
}

/* Fluence, spot (10 mm has no row) and pulse width, each inside and out; the k-th of 45. */
static struct image mixed(unsigned k)
{
	static const int64_t fluence[] = {16000000, 20100000, 24000000, 35000000, 41000000};
	static const int64_t spot[] = {10000, 15000, 18000};
	static const int64_t width[] = {1000000000, 2000000000, 5000000000};
	struct image image = images[0];

	given_put(&profile, &image, FLUENCE_UJ_CM2, fluence[k % 5]);
	given_put(&profile, &image, SPOT_UM, spot[k / 5 % 3]);
	given_put(&profile, &image, WIDTH_PS, width[k / 15]);
	return image;
}

/* What a write in standby leaves beyond its limit, it found there, as far out or further. */
static void standby_never_widens(void **state)
{
	struct patient_case c = {.site = GIVEN_LEG, .today = GIVEN_TODAY, .facts = given_facts(2)};
	unsigned tolerated = 0;

	(void)state;
	given_everything();
	assert_i64(limits_compute(&g.lib, &c, &limits), LIMITS_OK);
	for (unsigned k = 0; k < 45 * 45; k++) {
		struct image from = mixed(k / 45), to = mixed(k % 45);
		struct situation s = {
		        .profile = &profile, .limits = &limits, .heard = true, .reported = &from};
		struct verdict before, left;

		verdict_judge(&s, INTENT_SET, &to, UINT64_MAX, &left);
		if (left.kind != VERDICT_ALLOWED || left.n_tolerated == 0)
			continue;
		tolerated++;
		assert_true(verdict_of(&to, 0, &left) != VERDICT_ALLOWED);
		assert_true(verdict_of(&from, 0, &before) != VERDICT_ALLOWED);
		for (uint8_t i = 0; i < left.n_reasons; i++)
			if (left.reason[i].check != CHECK_NO_ROW)
				assert_true(
				        no_further(&left.reason[i],
				                   before.settings.value[left.reason[i].param]));
	}
	assert_true(tolerated > 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_rule_is_the_reason_for_somebody),
	        cmocka_unit_test(every_limit_refuses_something_alone),
	        cmocka_unit_test(judging_twice_is_the_same),
	        cmocka_unit_test(standby_never_widens),
	};
	int failures = RUN_ROWS("more risk", places, test_place);

	failures += cmocka_run_group_tests_name("laws", tests, NULL, NULL);
	return failures != 0;
}
