/*
 * verdict: limits to what is computed. Energy times density, and fluence times rate, are nobody's
 * register; who writes a factor writes them, and the counter-offer lowers a factor.
 */
#include "given.h"
#include "given_device.h"

#define MJ(n)  ((int64_t)(n)*1000)
#define J(n)   ((int64_t)(n)*1000000)
#define MM(n)  ((int64_t)(n)*1000)
#define HZ(n)  ((int64_t)(n)*1000)
#define ALL    ((struct span){INT64_MIN, INT64_MAX})
#define TO(hi) ((struct span){INT64_MIN, (hi)})

/* One row, at 10 mm: up to 40 mJ, 2000 /cm2 and 20 J/cm2 of both; up to 30 J/cm2 and 40 W/cm2. */
static const struct row row = {.id = "at_10mm",
                               .n_select = 1,
                               .select = {{SPOT_UM, {MM(10), MM(10)}, 0}},
                               .unlimited = PARAM_BIT(RATE_MILLIHZ)};
static const struct limit row_limits[] = {{ENERGY_UJ, TO(MJ(40)), ALL, 0},
                                          {DENSITY_PER_CM2, TO(2000), ALL, 0},
                                          {PRODUCT_UJ_CM2, TO(J(20)), ALL, 0},
                                          {FLUENCE_UJ_CM2, TO(J(30)), ALL, 0},
                                          {IRRADIANCE_UW_CM2, TO(J(40)), ALL, 0}};

static struct {
	struct profile profile;
	struct limits limits;
	struct image reported;
	struct verdict v;
} at;

/* Everything well inside: 10 mJ x 500 /cm2 are 5 J/cm2, 10 J/cm2 x 1 Hz are 10 W/cm2. */
static const struct given_value usual[] = {
        {ENERGY_UJ, MJ(10)},   {DENSITY_PER_CM2, 500}, {FLUENCE_UJ_CM2, J(10)},
        {RATE_MILLIHZ, HZ(1)}, {SPOT_UM, MM(10)},      {PARAM_NONE, 0},
};

static void given(void)
{
	int fault;

	memset(&at, 0, sizeof at);
	memcpy(at.profile.device_class, "given", 6);
	at.profile.fluence = FLUENCE_REPORTED;
	given_reg(&at.profile, ENERGY_UJ, ENC_U16, 100);
	given_reg(&at.profile, DENSITY_PER_CM2, ENC_U16, 1)->hard = (struct span){10, 4000};
	given_reg(&at.profile, FLUENCE_UJ_CM2, ENC_U16, 100000);
	given_reg(&at.profile, RATE_MILLIHZ, ENC_U16, 100);
	given_reg(&at.profile, SPOT_UM, ENC_U16, 100);
	given_state(&at.profile);
	must(regmap_prepare(&at.profile, &fault) == REGMAP_OK);
	at.limits.computed = true;
	at.limits.n_cells = 1;
	at.limits.cell[0] = (struct cell){.row = &row};
	for (size_t i = 0; i < ARRAY_LEN(row_limits); i++)
		at.limits.cell[0].limit[at.limits.cell[0].n_limit++] = row_limits[i];
	given_put_all(&at.profile, &at.reported, usual);
	given_put_state(&at.profile, &at.reported, DEVICE_STANDBY);
}

static void write_in_standby(const struct given_value *before, const struct given_value *write,
                             enum param not_known)
{
	struct situation s = {.profile = &at.profile,
	                      .limits = &at.limits,
	                      .heard = true,
	                      .reported = &at.reported};
	struct image result;
	uint64_t rows;

	given_put_all(&at.profile, &at.reported, before);
	if (not_known != PARAM_NONE)
		at.reported.known &= ~given_row_of_param(&at.profile, not_known);
	result = at.reported;
	rows = given_put_all(&at.profile, &result, write);
	verdict_judge(&s, INTENT_SET, &result, rows, &at.v);
}

struct write_row {
	const char *name;
	struct given_value before[4], write[4];
	enum param not_known; /* before */
	enum verdict_kind want;
	enum param about;
	uint8_t tolerated;
};

#define OK(n)   PARAM_NONE, VERDICT_ALLOWED, PARAM_NONE, n
#define HELD(p) PARAM_NONE, VERDICT_HELD, p, 0

/* clang-format off */
static const struct write_row writes[] = {
	{"energy up to the product", {{0}}, {{ENERGY_UJ, MJ(40)}}, OK(0)},
	{"energy up to its ceiling and density beyond the product", {{0}}, {{ENERGY_UJ, MJ(40)}, {DENSITY_PER_CM2, 501}}, HELD(PRODUCT_UJ_CM2)},
	{"fluence times rate, at the ceiling", {{0}}, {{FLUENCE_UJ_CM2, J(20)}, {RATE_MILLIHZ, HZ(2)}}, OK(0)},
	{"fluence times rate, above", {{0}}, {{FLUENCE_UJ_CM2, J(20)}, {RATE_MILLIHZ, 2100}}, HELD(IRRADIANCE_UW_CM2)},
	{"a product too large already may fall on the way", {{ENERGY_UJ, MJ(40)}, {DENSITY_PER_CM2, 1000}}, {{ENERGY_UJ, MJ(30)}}, OK(1)},
	{"it may not rise", {{ENERGY_UJ, MJ(30)}, {DENSITY_PER_CM2, 1000}}, {{ENERGY_UJ, MJ(31)}}, HELD(PRODUCT_UJ_CM2)},
	{"another parameter does not make it worse", {{ENERGY_UJ, MJ(30)}, {DENSITY_PER_CM2, 1000}}, {{RATE_MILLIHZ, HZ(2)}}, OK(1)},
	{"a density that was not known, and with the spot a row that holds it", {{ENERGY_UJ, MJ(30)}, {SPOT_UM, MM(12)}},
	 {{DENSITY_PER_CM2, 1000}, {SPOT_UM, MM(10)}}, DENSITY_PER_CM2, VERDICT_HELD, PRODUCT_UJ_CM2, 0},
	{"a rate that was not known, and with the spot a row that holds it", {{FLUENCE_UJ_CM2, J(30)}, {SPOT_UM, MM(12)}},
	 {{RATE_MILLIHZ, HZ(2)}, {SPOT_UM, MM(10)}}, RATE_MILLIHZ, VERDICT_HELD, IRRADIANCE_UW_CM2, 0},
};
/* clang-format on */

static void is_judged(void **state)
{
	const struct write_row *w = *state;

	given();
	write_in_standby(w->before, w->write, w->not_known);
	assert_i64(at.v.kind, w->want);
	assert_i64(at.v.n_tolerated, w->tolerated);
	if (w->want != VERDICT_ALLOWED)
		assert_i64(at.v.reason[at.v.tightest].param, w->about);
}

/* --- what would be allowed instead ----------------------------------------------------- */

struct offer_row {
	const char *name;
	struct given_value write[4];
	int64_t energy, density; /* 0: no offer */
};

/* clang-format off */
static const struct offer_row offers[] = {
	{"the density gives way, not the energy", {{ENERGY_UJ, MJ(40)}, {DENSITY_PER_CM2, 1000}}, MJ(40), 500},
	{"rounded down: 30 mJ leave 666 /cm2", {{ENERGY_UJ, MJ(30)}, {DENSITY_PER_CM2, 1000}}, MJ(30), 666},
	{"after the energy has come down to its own ceiling", {{ENERGY_UJ, MJ(60)}, {DENSITY_PER_CM2, 1000}}, MJ(40), 500},
	{"a density low enough stays as asked", {{ENERGY_UJ, MJ(60)}, {DENSITY_PER_CM2, 100}}, MJ(40), 100},
	{"a product of fluence and rate is not mended", {{FLUENCE_UJ_CM2, J(30)}, {RATE_MILLIHZ, HZ(2)}}, 0, 0},
};
/* clang-format on */

static void is_offered(void **state)
{
	static const struct given_value none = {PARAM_NONE, 0};
	const struct offer_row *o = *state;

	given();
	write_in_standby(&none, o->write, PARAM_NONE);
	assert_i64(at.v.kind, VERDICT_HELD);
	assert_i64(at.v.has_offer, o->energy != 0);
	if (!at.v.has_offer)
		return;
	assert_i64(at.v.offer.value[ENERGY_UJ], o->energy);
	assert_i64(at.v.offer.value[DENSITY_PER_CM2], o->density);
}

static void without_an_energy_the_density_stays(void **state)
{
	struct settings asked = {0}, out;

	(void)state;
	given();
	settings_set(&asked, DENSITY_PER_CM2, 1500);
	verdict_bring_inside(&at.profile, &at.limits.cell[0], &asked, &out);
	assert_i64(out.value[DENSITY_PER_CM2], 1500);
	settings_set(&asked, ENERGY_UJ, 0);
	verdict_bring_inside(&at.profile, &at.limits.cell[0], &asked, &out);
	assert_i64(out.value[DENSITY_PER_CM2], 1500);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(without_an_energy_the_density_stays),
	};
	int failures = 0;

	failures += RUN_ROWS("writes", writes, is_judged);
	failures += RUN_ROWS("offers", offers, is_offered);
	failures += cmocka_run_group_tests_name("computed", tests, NULL, NULL);
	return failures != 0;
}
