/* May this dose pass? The rows are the specification. Numbers by hand from the 755 nm table
 * (CAN13): type II, 18 mm 14 to 20 J/cm2, 15 mm 20 to 30, 12 mm 26 to 36; from 3 ms; cryogen, spray
 * 40 to 50 ms, delay 30 to 40 ms. The hard limit of 40 J/cm2 is the highest cell of the table. */
#include "given.h"
#include "given_device.h"

#define J(n)  ((int64_t)((n)*1e6 + 0.5))
#define MM(n) ((int64_t)((n)*1e3 + 0.5))
#define MS(n) ((int64_t)((n)*1e9 + 0.5))
#define HZ(n) ((int64_t)((n)*1e3 + 0.5))
#define UP_TO(v)               \
	{                      \
		INT64_MIN, (v) \
	}
#define FROM(v)                \
	{                      \
		(v), INT64_MAX \
	}
#define ANY_END                      \
	{                            \
		INT64_MIN, INT64_MAX \
	}

/* A patient, a device that reports good settings, and a write that is yet to come. */
struct given_case {
	struct given_library g;
	struct profile profile;
	struct patient_case patient;
	struct limits limits;
	struct image reported, result;
	struct situation s;
	uint64_t rows;
	struct verdict v;
};

static struct given_case at; /* too large for a stack frame */

static const struct given_value good[] = {
        {FLUENCE_UJ_CM2, J(18)}, {SPOT_UM, MM(18)},     {WIDTH_PS, MS(3)},
        {WAVELENGTH_NM, 755},    {RATE_MILLIHZ, HZ(1)}, {COOLING, GIVEN_CRYOGEN},
        {SPRAY_PS, MS(40)},      {DELAY_PS, MS(30)},    {PARAM_NONE, 0}};

/* 45.8 J over 18 mm (2.5447 cm2) are 17.998 J/cm2. */
static void good_settings(void)
{
	for (size_t i = 0; good[i].value != 0; i++)
		if (regmap_param_row(&at.profile, good[i].param) != NULL)
			given_put(&at.profile, &at.reported, good[i].param, good[i].value);
	if (at.profile.fluence != FLUENCE_REPORTED)
		given_put(&at.profile, &at.reported, ENERGY_UJ, J(45.8));
	given_put_state(&at.profile, &at.reported, DEVICE_STANDBY);
}

static void compute(void)
{
	assert_i64(limits_compute(&at.g.lib, &at.patient, &at.limits), LIMITS_OK);
}

static void given(enum fluence_source how, uint8_t skin)
{
	struct row twelve;

	memset(&at, 0, sizeof(at));
	given_library(&at.g);
	twelve = *given_row(&at.g, "alex755_15mm_II");
	memcpy(twelve.id, "alex755_12mm_II", 16);
	twelve.select[1].span = (struct span){MM(12), MM(12)};
	twelve.limit[0].soft = (struct span){J(26), J(36)};
	given_add_row(&at.g, twelve);
	at.patient = (struct patient_case){.device_class = GIVEN_ALEX,
	                                   .indication = GIVEN_HAIR,
	                                   .site = GIVEN_LEG,
	                                   .today = GIVEN_TODAY,
	                                   .facts = given_facts(skin)};
	compute();
	given_device_of(&at.profile, how);
	good_settings();
	at.result = at.reported;
	at.s = (struct situation){.profile = &at.profile,
	                          .limits = &at.limits,
	                          .heard = true,
	                          .reported = &at.reported};
}

static void set(const struct given_value *before, const struct given_value *write)
{
	given_put_all(&at.profile, &at.reported, before);
	at.result = at.reported;
	at.rows = given_put_all(&at.profile, &at.result, write);
	verdict_judge(&at.s, INTENT_SET, &at.result, at.rows, &at.v);
}

static void arm(void)
{
	verdict_judge(&at.s, INTENT_ARM, &at.reported, 0, &at.v);
}

static void judge(void)
{
	verdict_judge(&at.s, INTENT_SET, &at.result, at.rows, &at.v);
}

static const struct reason *tightest(void)
{
	return &at.v.reason[at.v.tightest];
}

/* --- one write to good settings -------------------------------------------------------- */

struct write_row {
	const char *name;
	struct given_value write[4];
	enum verdict_kind want;
	enum check check; /* of the tightest, when it does not pass */
	enum param param;
	struct span limit;
};

/* clang-format off */
static const struct write_row writes[] = {
	{"the ceiling itself passes", {{FLUENCE_UJ_CM2, J(20)}}, .want = VERDICT_ALLOWED},
	{"one above the ceiling is held", {{FLUENCE_UJ_CM2, J(20.1)}}, .want = VERDICT_HELD,
	 CHECK_SOFT, FLUENCE_UJ_CM2, UP_TO(J(20))},
	{"below the working range passes: less is the careful side", {{FLUENCE_UJ_CM2, J(13.9)}},
	 .want = VERDICT_ALLOWED},
	{"the hard limit itself is held", {{FLUENCE_UJ_CM2, J(40)}}, .want = VERDICT_HELD,
	 CHECK_SOFT, FLUENCE_UJ_CM2, UP_TO(J(20))},
	{"one above the hard limit is blocked", {{FLUENCE_UJ_CM2, J(40.1)}},
	 .want = VERDICT_BLOCKED, CHECK_HARD, FLUENCE_UJ_CM2, UP_TO(J(40))},
	{"the device's own end is blocked by the hard limit", {{FLUENCE_UJ_CM2, J(60)}},
	 .want = VERDICT_BLOCKED, CHECK_HARD, FLUENCE_UJ_CM2, UP_TO(J(40))},
	{"one above what the device may be told", {{FLUENCE_UJ_CM2, J(60.1)}},
	 .want = VERDICT_BLOCKED, CHECK_DEVICE_RANGE, FLUENCE_UJ_CM2, {J(1), J(60)}},
	{"the least the device may be told passes", {{FLUENCE_UJ_CM2, J(1)}},
	 .want = VERDICT_ALLOWED},
	{"one below it is blocked", {{FLUENCE_UJ_CM2, J(0.9)}}, .want = VERDICT_BLOCKED,
	 CHECK_DEVICE_RANGE, FLUENCE_UJ_CM2, {J(1), J(60)}},
	{"3.1 ms passes", {{WIDTH_PS, MS(3.1)}}, .want = VERDICT_ALLOWED},
	{"a pulse shortened at the same fluence is held", {{WIDTH_PS, MS(2.9)}},
	 .want = VERDICT_HELD, CHECK_SOFT, WIDTH_PS, FROM(MS(3))},
	{"a long pulse passes", {{WIDTH_PS, MS(100)}}, .want = VERDICT_ALLOWED},
	{"39 ms of spray are too short", {{SPRAY_PS, MS(39)}}, .want = VERDICT_HELD, CHECK_SOFT,
	 SPRAY_PS, {MS(40), MS(50)}},
	{"50 ms of spray pass", {{SPRAY_PS, MS(50)}}, .want = VERDICT_ALLOWED},
	{"51 ms of spray are too long: cold burns too", {{SPRAY_PS, MS(51)}}, .want = VERDICT_HELD,
	 CHECK_SOFT, SPRAY_PS, {MS(40), MS(50)}},
	{"29 ms of delay", {{DELAY_PS, MS(29)}}, .want = VERDICT_HELD, CHECK_SOFT, DELAY_PS,
	 {MS(30), MS(40)}},
	{"40 ms of delay pass", {{DELAY_PS, MS(40)}}, .want = VERDICT_ALLOWED},
	{"41 ms of delay", {{DELAY_PS, MS(41)}}, .want = VERDICT_HELD, CHECK_SOFT, DELAY_PS,
	 {MS(30), MS(40)}},
	{"cryogen off is held", {{COOLING, GIVEN_AIR}}, .want = VERDICT_HELD, CHECK_SOFT, COOLING,
	 ANY_END},
	{"the rate is left to the device", {{RATE_MILLIHZ, HZ(10)}}, .want = VERDICT_ALLOWED},
	{"which goes to 10 Hz", {{RATE_MILLIHZ, HZ(10.1)}}, .want = VERDICT_BLOCKED,
	 CHECK_DEVICE_RANGE, RATE_MILLIHZ, UP_TO(HZ(10))},
	{"15 mm has its own row", {{SPOT_UM, MM(15)}}, .want = VERDICT_ALLOWED},
	{"15 mm takes 30 J/cm2", {{SPOT_UM, MM(15)}, {FLUENCE_UJ_CM2, J(30)}},
	 .want = VERDICT_ALLOWED},
	{"15 mm does not take 30.1", {{SPOT_UM, MM(15)}, {FLUENCE_UJ_CM2, J(30.1)}},
	 .want = VERDICT_HELD, CHECK_SOFT, FLUENCE_UJ_CM2, UP_TO(J(30))},
	{"10 mm has no row here", {{SPOT_UM, MM(10)}}, .want = VERDICT_HELD, CHECK_NO_ROW, SPOT_UM,
	 {0, 0}},
	{"17.9 mm is not nearly 18", {{SPOT_UM, MM(17.9)}}, .want = VERDICT_HELD, CHECK_NO_ROW,
	 SPOT_UM, {0, 0}},
	{"1064 nm has no row for this class: 755 nm is the one entry", {{WAVELENGTH_NM, 1064}},
	 .want = VERDICT_HELD, CHECK_NO_ROW, WAVELENGTH_NM, {755, 755}},
	{"nothing changed passes", {{FLUENCE_UJ_CM2, J(18)}}, .want = VERDICT_ALLOWED},
};
/* clang-format on */

static void test_write(void **state)
{
	const struct write_row *row = *state;
	struct given_value none = {PARAM_NONE, 0};

	given(FLUENCE_REPORTED, 2);
	set(&none, row->write);
	assert_i64(at.v.kind, row->want);
	assert_i64(at.v.n_tolerated, 0);
	assert_i64(at.v.approvers,
	           at.v.n_reasons > 0 && at.v.reason[at.v.n_reasons - 1].kind == VERDICT_HELD);
	if (row->want == VERDICT_ALLOWED) {
		assert_i64(at.v.n_reasons, 0);
		assert_non_null(at.v.cell);
		return;
	}
	assert_i64(tightest()->check, row->check);
	assert_i64(tightest()->param, row->param);
	assert_true(tightest()->has_asked);
	assert_i64(tightest()->asked,
	           row->write[row->check == CHECK_SOFT && row->write[1].value == J(30.1)].value);
	assert_i64(tightest()->has_limit, row->limit.lo != 0);
	if (tightest()->has_limit) {
		assert_i64(tightest()->limit.lo, row->limit.lo);
		assert_i64(tightest()->limit.hi, row->limit.hi);
	}
}

/* --- the fluence that counts ----------------------------------------------------------- */

struct fluence_row {
	const char *name;
	enum fluence_source how;
	struct given_value before[3], write[4];
	enum verdict_kind want;
	enum check check;
	enum param param;
};

/* 18 mm: 2.544690 cm2, so 20 J/cm2 are 50.893801 J. 15 mm: 1.767146, 12 mm: 1.130973 cm2. */
/* clang-format off */
static const struct fluence_row fluences[] = {
	{"50.893 J over 18 mm pass", FLUENCE_DERIVED, {{0}}, {{ENERGY_UJ, J(50.893)}},
	 .want = VERDICT_ALLOWED},
	{"50.894 J are above 20 J/cm2", FLUENCE_DERIVED, {{0}}, {{ENERGY_UJ, J(50.894)}},
	 .want = VERDICT_HELD, CHECK_SOFT, FLUENCE_UJ_CM2},
	{"45.8 J through 15 mm are 25.9 J/cm2 and pass there", FLUENCE_DERIVED, {{0}},
	 {{SPOT_UM, MM(15)}}, .want = VERDICT_ALLOWED},
	{"45.8 J through 12 mm are 40.5 J/cm2: beyond the hard limit", FLUENCE_DERIVED, {{0}},
	 {{SPOT_UM, MM(12)}}, .want = VERDICT_BLOCKED, CHECK_HARD, FLUENCE_UJ_CM2},
	{"42 J through 12 mm are 37.1 J/cm2: held", FLUENCE_DERIVED, {{0}}, {{SPOT_UM, MM(12)},
	 {ENERGY_UJ, J(42)}}, .want = VERDICT_HELD, CHECK_SOFT, FLUENCE_UJ_CM2},
	{"the same fluence kept from 12 to 18 mm is held: the ceiling fell", FLUENCE_REPORTED,
	 {{SPOT_UM, MM(12)}, {FLUENCE_UJ_CM2, J(30)}}, {{SPOT_UM, MM(18)}}, .want = VERDICT_HELD,
	 CHECK_SOFT, FLUENCE_UJ_CM2},
	{"and from 18 to 12 mm it passes", FLUENCE_REPORTED, {{0}}, {{SPOT_UM, MM(12)}},
	 .want = VERDICT_ALLOWED},
	{"fluence, energy and spot agree", FLUENCE_BOTH, {{0}}, {{FLUENCE_UJ_CM2, J(15)},
	 {ENERGY_UJ, J(38.2)}}, .want = VERDICT_ALLOWED},
	{"fluence lowered alone contradicts the energy", FLUENCE_BOTH, {{0}},
	 {{FLUENCE_UJ_CM2, J(15)}}, .want = VERDICT_BLOCKED, CHECK_DISAGREES, FLUENCE_UJ_CM2},
	{"a smaller spot alone contradicts the fluence", FLUENCE_BOTH, {{0}}, {{SPOT_UM, MM(15)}},
	 .want = VERDICT_BLOCKED, CHECK_DISAGREES, FLUENCE_UJ_CM2},
	{"within a tenth the larger counts: 21.2 J/cm2 by energy", FLUENCE_BOTH, {{0}},
	 {{FLUENCE_UJ_CM2, J(20)}, {ENERGY_UJ, J(54)}}, .want = VERDICT_HELD, CHECK_SOFT,
	 FLUENCE_UJ_CM2},
	{"within a tenth the larger counts: 20.5 J/cm2 as told", FLUENCE_BOTH, {{0}},
	 {{FLUENCE_UJ_CM2, J(20.5)}, {ENERGY_UJ, J(50)}}, .want = VERDICT_HELD, CHECK_SOFT,
	 FLUENCE_UJ_CM2},
	{"no energy, no fluence", FLUENCE_DERIVED, {{0}}, {{ENERGY_UJ, J(0.001)}, {SPOT_UM, -1}},
	 .want = VERDICT_BLOCKED, CHECK_NOT_DECODED, SPOT_UM},
};
/* clang-format on */

static void test_fluence(void **state)
{
	const struct fluence_row *row = *state;
	struct given_value write[4];
	bool forgets = row->write[1].value < 0;

	given(row->how, 2);
	memcpy(write, row->write, sizeof(write));
	if (forgets)
		write[1].value = 0;
	set(row->before, write);
	if (forgets) {
		at.result.known &= ~given_row_of_param(&at.profile, row->write[1].param);
		judge();
		assert_i64(at.v.n_reasons, 3); /* no spot, so no fluence and no row */
		assert_i64(at.v.reason[1].check, CHECK_HALF_KNOWN);
		assert_i64(at.v.reason[2].check, CHECK_NO_ROW);
	}
	assert_i64(at.v.kind, row->want);
	if (row->want == VERDICT_ALLOWED)
		return;
	assert_i64(tightest()->check, row->check);
	assert_i64(tightest()->param, row->param);
}

static void a_product_beyond_64_bits_is_not_a_fluence(void **state)
{
	struct given_value none = {PARAM_NONE, 0};

	(void)state;
	given(FLUENCE_DERIVED, 2);
	((struct reg *)(uintptr_t)regmap_param_row(&at.profile, SPOT_UM))->num = 1;
	set(&none, &none);
	given_put(&at.profile, &at.result, SPOT_UM, 1);
	given_put(&at.profile, &at.result, ENERGY_UJ, INT64_C(4000000000000));
	judge();
	assert_i64(at.v.kind, VERDICT_BLOCKED);
	assert_i64(tightest()->check, CHECK_HALF_KNOWN);
}

static void no_energy_is_no_fluence_and_is_said_once(void **state)
{
	(void)state;
	given(FLUENCE_DERIVED, 2);
	given_put(&at.profile, &at.result, ENERGY_UJ, 0);
	judge();
	assert_i64(at.v.kind, VERDICT_BLOCKED);
	assert_i64(at.v.n_reasons, 1);
	assert_i64(tightest()->check, CHECK_HALF_KNOWN);
}

/* --- what is not a value --------------------------------------------------------------- */

static void a_choice_without_meaning_is_blocked(void **state)
{
	const struct reg *cooling;

	(void)state;
	given(FLUENCE_REPORTED, 2);
	cooling = regmap_param_row(&at.profile, COOLING);
	at.result.word[cooling->at] = 3;
	at.rows = given_row_of_param(&at.profile, COOLING);
	judge();
	assert_i64(at.v.kind, VERDICT_BLOCKED);
	assert_i64(at.v.n_reasons, 1);
	assert_i64(tightest()->check, CHECK_NOT_DECODED);
	assert_i64(tightest()->param, COOLING);
	assert_i64(tightest()->decode, DECODE_NO_CHOICE);
	assert_false(tightest()->has_asked);
}

static void what_was_never_reported_is_blocked(void **state)
{
	(void)state;
	given(FLUENCE_REPORTED, 2);
	at.reported.known &= ~(given_row_of_param(&at.profile, WIDTH_PS) |
	                       given_row_of_param(&at.profile, SPRAY_PS));
	arm();
	assert_i64(at.v.kind, VERDICT_BLOCKED);
	assert_i64(at.v.n_reasons, 2);
	assert_i64(at.v.reason[0].param, WIDTH_PS);
	assert_i64(at.v.reason[0].decode, DECODE_NOT_KNOWN);
	assert_i64(at.v.reason[1].param, SPRAY_PS);
}

static void a_fluence_never_reported_is_blocked(void **state)
{
	(void)state;
	given(FLUENCE_REPORTED, 2);
	at.reported.known &= ~given_row_of_param(&at.profile, FLUENCE_UJ_CM2);
	arm();
	assert_i64(at.v.n_reasons, 2);
	assert_i64(at.v.reason[0].check, CHECK_NOT_DECODED);
	assert_i64(at.v.reason[1].check, CHECK_HALF_KNOWN);
}

/* --- a slip of the decimal point ------------------------------------------------------- */

struct slip_row {
	const char *name;
	struct given_value write[2];
	bool want;
};

/* Before: 18 J/cm2, 3 ms, 1 Hz, 18 mm. */
/* clang-format off */
static const struct slip_row slips[] = {
	{"200 for 20.0 J/cm2", {{FLUENCE_UJ_CM2, J(200)}}, true},
	{"180 for 18.0 J/cm2", {{FLUENCE_UJ_CM2, J(180)}}, true},
	{"2 % above ten times what was set", {{FLUENCE_UJ_CM2, J(183.6)}}, true},
	{"more than 2 % above it", {{FLUENCE_UJ_CM2, J(183.7)}}, false},
	{"2 % below ten times what was set", {{FLUENCE_UJ_CM2, J(176.4)}}, true},
	{"more than 2 % below it", {{FLUENCE_UJ_CM2, J(176.3)}}, false},
	{"2 % above ten times the limit", {{FLUENCE_UJ_CM2, J(204)}}, true},
	{"more than 2 % above it ", {{FLUENCE_UJ_CM2, J(204.1)}}, false},
	{"2 % below ten times the limit", {{FLUENCE_UJ_CM2, J(196)}}, true},
	{"more than 2 % below it ", {{FLUENCE_UJ_CM2, J(195.9)}}, false},
	{"a hundred times", {{FLUENCE_UJ_CM2, J(2000)}}, true},
	{"a thousand times what was set", {{RATE_MILLIHZ, HZ(1000)}}, true},
	{"ten times the device's 10 Hz", {{RATE_MILLIHZ, HZ(100)}}, true},
	{"five times is no slip", {{FLUENCE_UJ_CM2, J(90)}}, false},
	{"0.3 for 3.0 ms", {{WIDTH_PS, MS(0.3)}}, true},
	{"1.5 for 3.0 ms is no slip", {{WIDTH_PS, MS(1.5)}}, false},
	{"120 for 12 mm: a tenth more is no slip", {{SPOT_UM, MM(120)}}, false},
	{"180 for 18 mm", {{SPOT_UM, MM(180)}}, true},
	{"a choice has no decimal point", {{COOLING, GIVEN_AIR}}, false},
};
/* clang-format on */

static void test_slip(void **state)
{
	const struct slip_row *row = *state;
	struct given_value none = {PARAM_NONE, 0};

	given(FLUENCE_REPORTED, 2);
	set(&none, row->write);
	assert_int_equal(at.v.kind == VERDICT_ALLOWED, false);
	assert_int_equal(tightest()->tenfold, row->want);
}

struct before_row {
	const char *name;
	struct given_value before[2], write[2];
	bool want;
};

/* clang-format off */
static const struct before_row befores[] = {
	{"2.5 for 25 ms: ten times less than what was set", {{WIDTH_PS, MS(25)}},
	 {{WIDTH_PS, MS(2.5)}}, true},
	{"2.5 for 20 ms is no slip", {{WIDTH_PS, MS(20)}}, {{WIDTH_PS, MS(2.5)}}, false},
	{"0.3 ms is ten times less than the limit", {{WIDTH_PS, MS(5)}}, {{WIDTH_PS, MS(0.3)}},
	 true},
	{"a thousand times what was set", {{RATE_MILLIHZ, HZ(2)}}, {{RATE_MILLIHZ, HZ(2000)}},
	 true},
	{"ten thousand times is something else", {{RATE_MILLIHZ, HZ(0.5)}},
	 {{RATE_MILLIHZ, HZ(5000)}}, false},
	{"what was not known before tells nothing", {{WIDTH_PS, 0}}, {{WIDTH_PS, MS(2.5)}}, false},
};
/* clang-format on */

static void test_before(void **state)
{
	const struct before_row *row = *state;

	given(FLUENCE_REPORTED, 2);
	if (row->before[0].value == 0)
		at.reported.known &= ~given_row_of_param(&at.profile, row->before[0].param);
	set(row->before, row->write);
	assert_true(at.v.kind != VERDICT_ALLOWED);
	assert_int_equal(tightest()->tenfold, row->want);
}

static void the_twentieth_choice_is_not_ten_times_the_second(void **state)
{
	const struct reg *cooling;

	(void)state;
	given(FLUENCE_REPORTED, 2);
	cooling = regmap_param_row(&at.profile, COOLING);
	((struct reg *)(uintptr_t)cooling)->choice[2].value = 10 * GIVEN_CRYOGEN;
	at.result.word[cooling->at] = 2;
	judge();
	assert_i64(at.v.kind, VERDICT_HELD);
	assert_i64(tightest()->asked, 20);
	assert_false(tightest()->tenfold);
}

/* --- what stands outside the settings -------------------------------------------------- */

struct outside_row {
	const char *name;
	enum device_state state;
	bool silent, unknown, latched, no_session;
	enum check check; /* CHECK_COUNT: both pass */
	bool set, arm;    /* pass */
};

/* clang-format off */
static const struct outside_row outsides[] = {
	{"in standby", DEVICE_STANDBY, .check = CHECK_COUNT, .set = true, .arm = true},
	{"getting ready", DEVICE_READY_DELAY, .check = CHECK_COUNT, .set = true, .arm = true},
	{"armed", DEVICE_ARMED, .check = CHECK_COUNT, .set = true, .arm = true},
	{"cooling down takes settings, not arming", DEVICE_COOL_DOWN, .check = CHECK_DEVICE_STATE,
	 .set = true, .arm = false},
	{"emitting refuses both", DEVICE_EMITTING, .check = CHECK_EMITTING},
	{"starting refuses both", DEVICE_BOOT, .check = CHECK_DEVICE_STATE},
	{"testing itself refuses both", DEVICE_SELF_TEST, .check = CHECK_DEVICE_STATE},
	{"in fault refuses both", DEVICE_FAULT, .check = CHECK_DEVICE_STATE},
	{"a state not known refuses both", DEVICE_UNKNOWN, .check = CHECK_DEVICE_STATE},
	{"not heard", DEVICE_STANDBY, .silent = true, .check = CHECK_NOT_HEARD},
	{"outcome unknown", DEVICE_STANDBY, .unknown = true, .check = CHECK_OUTCOME_UNKNOWN},
	{"latched", DEVICE_STANDBY, .latched = true, .check = CHECK_LATCHED},
	{"no session", DEVICE_STANDBY, .no_session = true, .check = CHECK_NO_SESSION},
};
/* clang-format on */

static void stands(bool passes, const struct outside_row *row)
{
	assert_i64(at.v.kind, passes ? VERDICT_ALLOWED : VERDICT_BLOCKED);
	if (passes)
		return;
	assert_i64(at.v.n_reasons, 1);
	assert_i64(tightest()->check, row->check);
	assert_false(at.v.has_offer);
}

static void test_outside(void **state)
{
	const struct outside_row *row = *state;

	given(FLUENCE_REPORTED, 2);
	if (row->state == DEVICE_UNKNOWN)
		at.reported.known &=
		        ~(UINT64_C(1) << (regmap_row(&at.profile, ROLE_STATE) - at.profile.reg));
	else
		given_put_state(&at.profile, &at.reported, row->state);
	at.result = at.reported;
	at.s.heard = !row->silent;
	at.s.outcome_unknown = row->unknown;
	at.s.latched = row->latched;
	at.s.limits = row->no_session ? NULL : &at.limits;
	judge();
	stands(row->set, row);
	arm();
	stands(row->arm, row);
}

static void limits_that_were_not_computed_are_no_session(void **state)
{
	(void)state;
	given(FLUENCE_REPORTED, 2);
	at.patient.indication = GIVEN_VASCULAR;
	assert_i64(limits_compute(&at.g.lib, &at.patient, &at.limits), LIMITS_NO_ROWS);
	judge();
	assert_i64(at.v.kind, VERDICT_BLOCKED);
	assert_i64(tightest()->check, CHECK_NO_SESSION);
}

/* Whatever is wrong with the session is never left for later, even when it was so before. */
static void in_standby_nothing_of_the_session_is_tolerated(void **state)
{
	(void)state;
	given(FLUENCE_REPORTED, 2);
	at.s.heard = false;
	at.s.latched = at.s.outcome_unknown = true;
	judge();
	assert_i64(at.v.n_reasons, 3);
	assert_i64(at.v.n_tolerated, 0);
	assert_i64(at.v.reason[0].check, CHECK_NOT_HEARD);
	assert_i64(at.v.reason[1].check, CHECK_OUTCOME_UNKNOWN);
	assert_i64(at.v.reason[2].check, CHECK_LATCHED);
}

/* --- this patient ---------------------------------------------------------------------- */

struct patient_row {
	const char *name;
	uint8_t skin;
	enum given_fact fact;
	int64_t answer; /* -1: not asked */
	uint64_t cleared;
	enum verdict_kind want;
	enum check check;
	uint8_t approvers;
	const char *id;
};

/* clang-format off */
static const struct patient_row patients[] = {
	{"type II passes", 2, GIVEN_MELASMA, 0, 0, VERDICT_ALLOWED, CHECK_COUNT, 0, NULL},
	{"a note does not stand in the way", 2, GIVEN_MELASMA, 2, 0, VERDICT_ALLOWED, CHECK_COUNT,
	 0, NULL},
	{"a tan is held", 1, GIVEN_TAN, 1, 0, VERDICT_HELD, CHECK_SCREENING, 1, "tan"},
	{"a tan cleared passes", 1, GIVEN_TAN, 1, 1, VERDICT_ALLOWED, CHECK_COUNT, 0, NULL},
	{"pregnancy blocks", 2, GIVEN_PREGNANCY, 1, 0, VERDICT_BLOCKED, CHECK_SCREENING, 0,
	 "pregnancy"},
	{"pregnancy cannot be cleared", 2, GIVEN_PREGNANCY, 1, UINT32_MAX, VERDICT_BLOCKED,
	 CHECK_SCREENING, 0, "pregnancy"},
	{"pregnancy not asked is pregnancy", 2, GIVEN_PREGNANCY, -1, UINT32_MAX, VERDICT_BLOCKED,
	 CHECK_SCREENING, 0, "pregnancy"},
	{"sun 13 days ago blocks 755 nm", 2, GIVEN_LAST_SUN, GIVEN_TODAY - 13, UINT32_MAX,
	 VERDICT_BLOCKED, CHECK_SCREENING, 0, "sun_under_14_days_755"},
	{"sun 14 days ago is held", 2, GIVEN_LAST_SUN, GIVEN_TODAY - 14, 0, VERDICT_HELD,
	 CHECK_SCREENING, 1, "sun_under_28_days"},
	{"sun 28 days ago passes", 2, GIVEN_LAST_SUN, GIVEN_TODAY - 28, 0, VERDICT_ALLOWED,
	 CHECK_COUNT, 0, NULL},
	{"type V waits for a physician", 5, GIVEN_MELASMA, 0, 0, VERDICT_HELD, CHECK_STATUS, 1,
	 "alex755_18mm_V"},
	{"type V cleared passes", 5, GIVEN_MELASMA, 0, 1, VERDICT_ALLOWED, CHECK_COUNT, 0, NULL},
	{"type VI waits for two", 6, GIVEN_MELASMA, 0, 0, VERDICT_HELD, CHECK_STATUS, 2,
	 "alex755_18mm_VI"},
	{"type III without a test area", 3, GIVEN_TEST_AREA, 1, 0, VERDICT_HELD, CHECK_STATUS, 1,
	 "alex755_18mm_III"},
	{"type III with a test area passes", 3, GIVEN_TEST_AREA, 0, 0, VERDICT_ALLOWED, CHECK_COUNT,
	 0, NULL},
	{"a skin type not known is VI", 0, GIVEN_MELASMA, 0, 0, VERDICT_HELD, CHECK_STATUS, 2,
	 "alex755_18mm_VI"},
};
/* clang-format on */

static void test_patient(void **state)
{
	const struct patient_row *row = *state;
	struct given_value write[] = {{FLUENCE_UJ_CM2, J(10)}, {PARAM_NONE, 0}};

	given(FLUENCE_REPORTED, row->skin);
	given_answer(&at.patient.facts, row->fact, row->answer);
	at.patient.facts.answer[row->fact].given = row->answer != -1;
	compute();
	at.s.cleared = row->cleared;
	set(write, write);
	assert_i64(at.v.kind, row->want);
	assert_i64(at.v.approvers, row->approvers);
	assert_i64(at.v.n_tolerated, 0);
	if (row->want != VERDICT_ALLOWED) {
		assert_i64(tightest()->check, row->check);
		assert_text(reason_id(tightest()), row->id);
	}
	arm();
	assert_i64(at.v.kind, row->want);
}

static void darker_skin_lowers_the_ceiling(void **state)
{
	struct given_value none = {PARAM_NONE, 0};
	struct given_value sixteen[] = {{FLUENCE_UJ_CM2, J(16)}, {PARAM_NONE, 0}};
	struct given_value more[] = {{FLUENCE_UJ_CM2, J(16.1)}, {PARAM_NONE, 0}};

	(void)state;
	given(FLUENCE_REPORTED, 3);
	given_put(&at.profile, &at.reported, FLUENCE_UJ_CM2, J(10));
	set(&none, sixteen);
	assert_i64(at.v.kind, VERDICT_ALLOWED);
	set(&none, more);
	assert_i64(at.v.kind, VERDICT_HELD);
	assert_text(reason_id(tightest()), "alex755_18mm_III");
	at.patient.facts = given_facts(2);
	compute();
	set(&none, more);
	assert_i64(at.v.kind, VERDICT_ALLOWED);
	at.patient.site = GIVEN_NECK; /* four fifths of 20 */
	compute();
	set(&none, more);
	assert_i64(at.v.kind, VERDICT_HELD);
	assert_text(reason_id(tightest()), "neck");
	assert_i64(tightest()->limit.hi, J(16));
	set(&none, sixteen);
	assert_i64(at.v.kind, VERDICT_ALLOWED);
}

/* --- what the protocol does not say ---------------------------------------------------- */

static void a_parameter_without_limit_is_held(void **state)
{
	(void)state;
	given(FLUENCE_REPORTED, 2);
	given_row(&at.g, "alex755_18mm_II")->unlimited = 0;
	arm();
	assert_i64(at.v.kind, VERDICT_HELD);
	assert_i64(at.v.n_reasons, 1);
	assert_i64(tightest()->check, CHECK_NO_LIMIT);
	assert_i64(tightest()->param, RATE_MILLIHZ);
	assert_i64(tightest()->asked, HZ(1));
}

static void energy_and_spot_are_covered_by_the_fluence_computed_from_them(void **state)
{
	(void)state;
	given(FLUENCE_DERIVED, 2);
	arm();
	assert_i64(at.v.kind, VERDICT_ALLOWED);
	given(FLUENCE_BOTH, 2);
	arm();
	assert_i64(at.v.kind, VERDICT_ALLOWED);
	/* an energy beside a reported fluence is another matter */
	at.profile.fluence = FLUENCE_REPORTED;
	arm();
	assert_i64(at.v.kind, VERDICT_HELD);
	assert_i64(tightest()->check, CHECK_NO_LIMIT);
	assert_i64(tightest()->param, ENERGY_UJ);
	/* and nothing is covered by a fluence that has no limit */
	given(FLUENCE_DERIVED, 2);
	for (uint16_t i = 0; i < at.limits.n_cells; i++)
		at.limits.cell[i].limit[0].param = TIP_AREA_UM2;
	arm();
	assert_i64(at.v.reason[0].check, CHECK_NO_LIMIT);
	assert_i64(at.v.reason[0].param, FLUENCE_UJ_CM2);
	assert_i64(at.v.reason[1].param, ENERGY_UJ);
	assert_i64(at.v.reason[2].check, CHECK_SOFT);
	assert_i64(at.v.n_reasons, 3);
}

static void the_safe_end_of_a_hard_limit_refuses_nothing(void **state)
{
	struct given_value ten[] = {{FLUENCE_UJ_CM2, J(10)}, {PARAM_NONE, 0}};

	(void)state;
	given(FLUENCE_REPORTED, 2);
	given_limit(given_row(&at.g, "alex755_18mm_II"), FLUENCE_UJ_CM2)->hard.lo = J(12);
	compute();
	set(ten + 1, ten);
	assert_i64(at.v.kind, VERDICT_ALLOWED);
}

static void a_limit_the_device_cannot_show_is_held(void **state)
{
	struct row *row;

	(void)state;
	given(FLUENCE_REPORTED, 2);
	row = given_row(&at.g, "alex755_18mm_II");
	row->limit[row->n_limit++] = (struct limit){
	        .param = TIP, .soft = SPAN_ALL, .hard = {INT64_MIN, 3}, .choices = 1};
	compute();
	arm();
	assert_i64(at.v.kind, VERDICT_HELD);
	assert_i64(at.v.n_reasons, 1);
	assert_i64(tightest()->check, CHECK_SOFT);
	assert_i64(tightest()->param, TIP);
	assert_false(tightest()->has_asked);
	assert_false(at.v.has_offer);
}

static void every_selector_at_fault_is_named(void **state)
{
	struct given_value before[] = {{SPOT_UM, MM(7)}, {WAVELENGTH_NM, 1064}, {PARAM_NONE, 0}};

	(void)state;
	given(FLUENCE_REPORTED, 2);
	given_put_all(&at.profile, &at.reported, before);
	arm();
	assert_i64(at.v.kind, VERDICT_HELD);
	assert_i64(at.v.n_reasons, 2);
	assert_i64(at.v.reason[0].param, SPOT_UM);
	assert_false(at.v.reason[0].has_limit);
	assert_i64(at.v.reason[1].param, WAVELENGTH_NM);
	assert_true(at.v.reason[1].has_limit);
	assert_null(at.v.cell);
}

static void entries_that_differ_are_no_single_span(void **state)
{
	struct given_value before[] = {{WAVELENGTH_NM, 1064}, {PARAM_NONE, 0}};

	(void)state;
	given(FLUENCE_REPORTED, 2);
	given_put_all(&at.profile, &at.reported, before);
	arm();
	assert_true(tightest()->has_limit);
	given_row(&at.g, "alex755_15mm_II")->select[0].span.hi = 760;
	compute();
	arm();
	assert_i64(tightest()->param, WAVELENGTH_NM);
	assert_false(tightest()->has_limit);
}

static void choices_of_all_entries_would_pass(void **state)
{
	(void)state;
	given(FLUENCE_REPORTED, 2);
	for (uint32_t i = 0; i < at.g.lib.n_rows; i++) {
		struct row *r = &at.g.row[i];
		unsigned which = i % 2 == 0 ? GIVEN_AIR : GIVEN_CONTACT;

		r->select[r->n_select++] = (struct select){
		        .param = COOLING, .span = SPAN_ALL, .choices = 1u << (which - 1)};
	}
	compute();
	arm();
	assert_i64(at.v.n_reasons, 1);
	assert_i64(tightest()->param, COOLING);
	assert_i64(tightest()->choices, 5);
	assert_true(tightest()->has_limit);
}

static void a_dose_may_select_too(void **state)
{
	(void)state;
	given(FLUENCE_REPORTED, 2);
	for (uint32_t i = 0; i < at.g.lib.n_rows; i++) {
		struct row *r = &at.g.row[i];

		r->select[r->n_select++] =
		        (struct select){.param = FLUENCE_UJ_CM2, .span = {J(19), J(25)}};
	}
	compute();
	arm();
	assert_i64(at.v.n_reasons, 1);
	assert_i64(tightest()->param, FLUENCE_UJ_CM2);
	assert_true(tightest()->has_limit);
	assert_i64(tightest()->limit.lo, J(19));
	assert_i64(tightest()->limit.hi, J(25));
}

/* Rows: 755 nm at 18, 15, 12 mm without more; 1064 nm at 10 mm only with contact. */
static void given_a_second_wavelength(void)
{
	struct row ten;

	given(FLUENCE_REPORTED, 2);
	ten = *given_row(&at.g, "alex755_15mm_II");
	memcpy(ten.id, "second_10mm_II", 15);
	ten.select[0].span = (struct span){1064, 1064};
	ten.select[1].span = (struct span){MM(10), MM(10)};
	ten.select[2] = (struct select){
	        .param = COOLING, .span = SPAN_ALL, .choices = 1u << (GIVEN_CONTACT - 1)};
	ten.n_select = 3;
	given_add_row(&at.g, ten);
	compute();
}

struct nearest_row {
	const char *name;
	int64_t wavelength, spot, cooling;
	enum param param;
	struct span limit;
	uint64_t choices;
	const char *row;
};

/* clang-format off */
static const struct nearest_row nearests[] = {
	{"755 nm at 10 mm: the first row lacks the spot", 755, MM(10), GIVEN_CRYOGEN, SPOT_UM,
	 {MM(18), MM(18)}, 0, "alex755_18mm_II"},
	{"755 nm at 10 mm with contact: nearest is the second wavelength", 755, MM(10),
	 GIVEN_CONTACT, WAVELENGTH_NM, {1064, 1064}, 0, "second_10mm_II"},
	{"1064 nm at 10 mm with cryogen: it lacks the cooling", 1064, MM(10), GIVEN_CRYOGEN,
	 COOLING, {INT64_MIN, INT64_MAX}, 4, "second_10mm_II"},
	{"1064 nm at 15 mm with cryogen: it lacks the wavelength", 1064, MM(15), GIVEN_CRYOGEN,
	 WAVELENGTH_NM, {755, 755}, 0, "alex755_15mm_II"},
};
/* clang-format on */

static void test_nearest(void **state)
{
	const struct nearest_row *row = *state;
	struct given_value before[] = {{WAVELENGTH_NM, row->wavelength},
	                               {SPOT_UM, row->spot},
	                               {COOLING, row->cooling},
	                               {PARAM_NONE, 0}};

	given_a_second_wavelength();
	given_put_all(&at.profile, &at.reported, before);
	arm();
	assert_i64(at.v.kind, VERDICT_HELD);
	assert_i64(at.v.n_reasons, 1);
	assert_i64(tightest()->check, CHECK_NO_ROW);
	assert_i64(tightest()->param, row->param);
	assert_true(tightest()->has_limit);
	assert_i64(tightest()->limit.lo, row->limit.lo);
	assert_i64(tightest()->limit.hi, row->limit.hi);
	assert_i64(tightest()->choices, row->choices);
	assert_text(tightest()->row->id, row->row);
}

/* --- mending bad settings, one write after another ------------------------------------- */

struct mend_row {
	const char *name;
	enum fluence_source how;
	struct given_value before[5], write[4];
	enum verdict_kind want;
	uint8_t tolerated;
	enum check check;
	enum param param;
	enum device_state state; /* 0: standby */
};

/* clang-format off */
static const struct mend_row mends[] = {
	{"another parameter may be set while the fluence is too high", FLUENCE_REPORTED,
	 {{FLUENCE_UJ_CM2, J(25)}}, {{WIDTH_PS, MS(5)}}, .want = VERDICT_ALLOWED, 1},
	{"not while getting ready", FLUENCE_REPORTED, {{FLUENCE_UJ_CM2, J(25)}},
	 {{WIDTH_PS, MS(5)}}, .want = VERDICT_HELD, 0, CHECK_SOFT, FLUENCE_UJ_CM2,
	 DEVICE_READY_DELAY},
	{"not while armed", FLUENCE_REPORTED, {{FLUENCE_UJ_CM2, J(25)}}, {{WIDTH_PS, MS(5)}},
	 .want = VERDICT_HELD, 0, CHECK_SOFT, FLUENCE_UJ_CM2, DEVICE_ARMED},
	{"not while cooling down", FLUENCE_REPORTED, {{FLUENCE_UJ_CM2, J(25)}}, {{WIDTH_PS, MS(5)}},
	 .want = VERDICT_HELD, 0, CHECK_SOFT, FLUENCE_UJ_CM2, DEVICE_COOL_DOWN},
	{"a little less of too much", FLUENCE_REPORTED, {{FLUENCE_UJ_CM2, J(25)}},
	 {{FLUENCE_UJ_CM2, J(24.9)}}, .want = VERDICT_ALLOWED, 1},
	{"the same too much again", FLUENCE_REPORTED, {{FLUENCE_UJ_CM2, J(25)}},
	 {{FLUENCE_UJ_CM2, J(25)}}, .want = VERDICT_ALLOWED, 1},
	{"a little more of too much is held", FLUENCE_REPORTED, {{FLUENCE_UJ_CM2, J(25)}},
	 {{FLUENCE_UJ_CM2, J(25.1)}}, .want = VERDICT_HELD, 0, CHECK_SOFT, FLUENCE_UJ_CM2},
	{"enough less is simply allowed", FLUENCE_REPORTED, {{FLUENCE_UJ_CM2, J(25)}},
	 {{FLUENCE_UJ_CM2, J(20)}}, .want = VERDICT_ALLOWED, 0},
	{"a hard limit may be left standing too", FLUENCE_REPORTED, {{FLUENCE_UJ_CM2, J(45)}},
	 {{WIDTH_PS, MS(5)}}, .want = VERDICT_ALLOWED, 2},
	{"and the device's range", FLUENCE_REPORTED, {{FLUENCE_UJ_CM2, J(65)}}, {{WIDTH_PS, MS(5)}},
	 .want = VERDICT_ALLOWED, 3},
	{"a longer pulse, still too short", FLUENCE_REPORTED, {{WIDTH_PS, MS(1)}},
	 {{WIDTH_PS, MS(2)}}, .want = VERDICT_ALLOWED, 1},
	{"a shorter one is held", FLUENCE_REPORTED, {{WIDTH_PS, MS(2)}}, {{WIDTH_PS, MS(1.9)}},
	 .want = VERDICT_HELD, 0, CHECK_SOFT, WIDTH_PS},
	{"the spray left too long", FLUENCE_REPORTED, {{SPRAY_PS, MS(60)}}, {{WIDTH_PS, MS(5)}},
	 .want = VERDICT_ALLOWED, 1},
	{"the spray moved from wrong to wrong is held", FLUENCE_REPORTED, {{SPRAY_PS, MS(60)}},
	 {{SPRAY_PS, MS(55)}}, .want = VERDICT_HELD, 0, CHECK_SOFT, SPRAY_PS},
	{"the wrong cooling left", FLUENCE_REPORTED, {{COOLING, GIVEN_AIR}}, {{WIDTH_PS, MS(5)}},
	 .want = VERDICT_ALLOWED, 1},
	{"the wrong cooling changed for another wrong one", FLUENCE_REPORTED,
	 {{COOLING, GIVEN_AIR}}, {{COOLING, GIVEN_CONTACT}}, .want = VERDICT_HELD, 0, CHECK_SOFT,
	 COOLING},
	{"mending one thing and breaking another is held", FLUENCE_REPORTED,
	 {{FLUENCE_UJ_CM2, J(25)}}, {{FLUENCE_UJ_CM2, J(24)}, {WIDTH_PS, MS(2)}},
	 .want = VERDICT_HELD, 1, CHECK_SOFT, WIDTH_PS},
	{"a larger spot makes the same excess larger: held", FLUENCE_REPORTED, {{SPOT_UM, MM(15)},
	 {FLUENCE_UJ_CM2, J(35)}}, {{SPOT_UM, MM(18)}}, .want = VERDICT_HELD, 0, CHECK_SOFT,
	 FLUENCE_UJ_CM2},
	{"a smaller spot makes it smaller: left", FLUENCE_REPORTED, {{SPOT_UM, MM(18)},
	 {FLUENCE_UJ_CM2, J(35)}}, {{SPOT_UM, MM(15)}}, .want = VERDICT_ALLOWED, 1},
	{"but computed from energy the smaller spot is more", FLUENCE_DERIVED, {{ENERGY_UJ, J(60)}},
	 {{SPOT_UM, MM(15)}}, .want = VERDICT_HELD, 0, CHECK_SOFT, FLUENCE_UJ_CM2},
	{"less energy, still too much", FLUENCE_DERIVED, {{ENERGY_UJ, J(60)}}, {{ENERGY_UJ, J(55)}},
	 .want = VERDICT_ALLOWED, 1},
	{"with no row, what does not rise may be set", FLUENCE_REPORTED, {{SPOT_UM, MM(10)}},
	 {{WIDTH_PS, MS(5)}}, .want = VERDICT_ALLOWED, 1},
	{"with no row, the fluence may fall", FLUENCE_REPORTED, {{SPOT_UM, MM(10)},
	 {FLUENCE_UJ_CM2, J(45)}}, {{FLUENCE_UJ_CM2, J(30)}}, .want = VERDICT_ALLOWED, 1},
	{"with no row, the fluence may not rise: no limit is known", FLUENCE_REPORTED,
	 {{SPOT_UM, MM(10)}}, {{FLUENCE_UJ_CM2, J(18.1)}}, .want = VERDICT_HELD, 1, CHECK_NO_ROW,
	 FLUENCE_UJ_CM2},
	{"with no row, the pulse may not shorten", FLUENCE_REPORTED, {{SPOT_UM, MM(10)}},
	 {{WIDTH_PS, MS(2.9)}}, .want = VERDICT_HELD, 1, CHECK_NO_ROW, WIDTH_PS},
	{"with no row, an energy that rises makes the fluence rise", FLUENCE_DERIVED,
	 {{SPOT_UM, MM(30)}}, {{ENERGY_UJ, J(46)}}, .want = VERDICT_HELD, 1, CHECK_NO_ROW,
	 FLUENCE_UJ_CM2},
	{"with no row, the spot may go where there is one", FLUENCE_REPORTED, {{SPOT_UM, MM(10)}},
	 {{SPOT_UM, MM(15)}}, .want = VERDICT_ALLOWED, 0},
	{"even where the old fluence is too high", FLUENCE_REPORTED, {{SPOT_UM, MM(10)},
	 {FLUENCE_UJ_CM2, J(45)}}, {{SPOT_UM, MM(15)}}, .want = VERDICT_ALLOWED, 2},
	{"not with a fluence raised beside it", FLUENCE_REPORTED, {{SPOT_UM, MM(10)},
	 {FLUENCE_UJ_CM2, J(35)}}, {{SPOT_UM, MM(15)}, {FLUENCE_UJ_CM2, J(36)}},
	 .want = VERDICT_HELD, 0, CHECK_SOFT, FLUENCE_UJ_CM2},
	{"nor from one spot without a row to another", FLUENCE_REPORTED, {{SPOT_UM, MM(10)}},
	 {{SPOT_UM, MM(11)}}, .want = VERDICT_HELD, 0, CHECK_NO_ROW, SPOT_UM},
	{"from good settings the spot never goes where there is none", FLUENCE_REPORTED, {{0}},
	 {{SPOT_UM, MM(11)}}, .want = VERDICT_HELD, 0, CHECK_NO_ROW, SPOT_UM},
	{"two selectors wrong, one mended", FLUENCE_REPORTED, {{SPOT_UM, MM(10)},
	 {WAVELENGTH_NM, 1064}}, {{WAVELENGTH_NM, 755}}, .want = VERDICT_ALLOWED, 1},
	{"a contradiction is left as it was", FLUENCE_BOTH, {{FLUENCE_UJ_CM2, J(15)}},
	 {{WIDTH_PS, MS(5)}}, .want = VERDICT_ALLOWED, 1},
	{"or with less energy, still too much for the fluence told", FLUENCE_BOTH,
	 {{FLUENCE_UJ_CM2, J(15)}}, {{ENERGY_UJ, J(45)}}, .want = VERDICT_ALLOWED, 1},
	{"the contradiction with more fluence is not", FLUENCE_BOTH, {{FLUENCE_UJ_CM2, J(15)}},
	 {{ENERGY_UJ, J(48)}}, .want = VERDICT_BLOCKED, 0, CHECK_DISAGREES, FLUENCE_UJ_CM2},
};
/* clang-format on */

static void test_mend(void **state)
{
	const struct mend_row *row = *state;

	given(row->how, 2);
	if (row->state != DEVICE_UNKNOWN)
		given_put_state(&at.profile, &at.reported, row->state);
	set(row->before, row->write);
	assert_i64(at.v.kind, row->want);
	assert_i64(at.v.n_tolerated, row->tolerated);
	if (row->want != VERDICT_ALLOWED) {
		assert_i64(tightest()->check, row->check);
		assert_i64(tightest()->param, row->param);
	}
	if (at.v.n_tolerated == 0 || row->want != VERDICT_ALLOWED)
		return;
	at.reported = at.result; /* what may stay in standby may not be armed */
	arm();
	assert_int_equal(at.v.kind == VERDICT_ALLOWED, false);
	assert_i64(at.v.n_tolerated, 0);
}

static void a_floor_that_rises_with_the_spot_makes_the_pulse_worse(void **state)
{
	struct given_value before[] = {{WIDTH_PS, MS(2)}, {PARAM_NONE, 0}};
	struct given_value spot[] = {{SPOT_UM, MM(15)}, {PARAM_NONE, 0}};

	(void)state;
	given(FLUENCE_REPORTED, 2);
	set(before, spot);
	assert_i64(at.v.kind, VERDICT_ALLOWED);
	assert_i64(at.v.n_tolerated, 1);
	given(FLUENCE_REPORTED, 2);
	given_limit(given_row(&at.g, "alex755_15mm_II"), WIDTH_PS)->soft.lo = MS(5);
	compute();
	set(before, spot);
	assert_i64(at.v.kind, VERDICT_HELD);
	assert_i64(tightest()->param, WIDTH_PS);
}

static void a_parameter_without_limit_may_wait_when_there_was_no_row(void **state)
{
	struct given_value before[] = {{SPOT_UM, MM(10)}, {PARAM_NONE, 0}};
	struct given_value spot[] = {{SPOT_UM, MM(15)}, {PARAM_NONE, 0}};

	(void)state;
	given(FLUENCE_REPORTED, 2);
	given_row(&at.g, "alex755_15mm_II")->unlimited = 0;
	set(before, spot);
	assert_i64(at.v.kind, VERDICT_ALLOWED);
	assert_i64(at.v.n_tolerated, 1);
	set(spot + 1, spot + 1);
	given_put(&at.profile, &at.reported, SPOT_UM, MM(18));
	set(spot + 1, spot); /* from good settings it is new */
	assert_i64(at.v.kind, VERDICT_HELD);
	assert_i64(tightest()->check, CHECK_NO_LIMIT);
}

static void a_pulse_width_known_at_last_has_risen_for_all_one_knows(void **state)
{
	struct given_value write[] = {{WIDTH_PS, MS(5)}, {PARAM_NONE, 0}};

	(void)state;
	given(FLUENCE_REPORTED, 2);
	given_put(&at.profile, &at.reported, SPOT_UM, MM(10));
	at.reported.known &= ~given_row_of_param(&at.profile, WIDTH_PS);
	set(write + 1, write);
	assert_i64(at.v.kind, VERDICT_HELD);
	assert_i64(tightest()->check, CHECK_NO_ROW);
	assert_i64(tightest()->param, WIDTH_PS);
}

static void a_step_towards_a_row_is_taken_one_write_at_a_time(void **state)
{
	struct given_value before[] = {{WAVELENGTH_NM, 900}, {SPOT_UM, MM(10)}, {PARAM_NONE, 0}};
	struct given_value first[] = {{WAVELENGTH_NM, 755}, {PARAM_NONE, 0}};
	struct given_value back[] = {{SPOT_UM, MM(10)}, {PARAM_NONE, 0}};

	(void)state;
	given_a_second_wavelength();
	set(before, first); /* 755 nm exists, 10 mm exists, not together */
	assert_i64(at.v.kind, VERDICT_ALLOWED);
	assert_i64(at.v.n_tolerated, 1);
	given_a_second_wavelength();
	set(back + 1, back);
	assert_i64(at.v.kind, VERDICT_HELD);
	assert_i64(tightest()->check, CHECK_NO_ROW);
}

static void what_is_no_value_may_wait_but_not_be_written(void **state)
{
	struct given_value write[] = {{WIDTH_PS, MS(5)}, {PARAM_NONE, 0}};
	struct given_value cryogen[] = {{COOLING, GIVEN_CRYOGEN}, {PARAM_NONE, 0}};
	uint16_t where;

	(void)state;
	given(FLUENCE_REPORTED, 2);
	where = regmap_param_row(&at.profile, COOLING)->at;
	at.reported.word[where] = 3;
	set(write + 1, write);
	assert_i64(at.v.kind, VERDICT_ALLOWED);
	assert_i64(at.v.n_tolerated, 1);
	at.rows |= given_row_of_param(&at.profile, COOLING) |
	           given_row_of_param(&at.profile, DELAY_PS);
	at.result.word[where] = 4;
	judge();
	assert_i64(at.v.kind, VERDICT_BLOCKED);
	assert_i64(tightest()->check, CHECK_NOT_DECODED);
	set(write + 1, cryogen);
	assert_i64(at.v.kind, VERDICT_ALLOWED);
	assert_i64(at.v.n_tolerated, 0);
}

static void a_fluence_that_was_not_known_may_wait_untouched(void **state)
{
	struct given_value width[] = {{WIDTH_PS, MS(5)}, {PARAM_NONE, 0}};
	struct given_value energy[] = {{ENERGY_UJ, J(1)}, {PARAM_NONE, 0}};

	(void)state;
	given(FLUENCE_DERIVED, 2);
	at.reported.known &= ~given_row_of_param(&at.profile, SPOT_UM);
	set(width + 1, width);
	assert_i64(at.v.kind, VERDICT_ALLOWED); /* no spot, no fluence, no row */
	assert_i64(at.v.n_tolerated, 3);
	set(width + 1, energy);
	assert_i64(at.v.kind, VERDICT_BLOCKED);
	assert_i64(tightest()->check, CHECK_HALF_KNOWN);
	at.rows |= given_row_of_param(&at.profile, SPOT_UM);
	judge();
	assert_i64(tightest()->check, CHECK_NOT_DECODED);
	given(FLUENCE_DERIVED, 2);
	at.reported.known &= ~given_row_of_param(&at.profile, ENERGY_UJ);
	given_put(&at.profile, &at.reported, SPOT_UM, MM(10));
	set(width + 1, energy); /* known at last, where no row says how much */
	assert_i64(at.v.kind, VERDICT_HELD);
	assert_i64(at.v.reason[0].check, CHECK_NO_ROW);
	assert_i64(at.v.reason[0].param, FLUENCE_UJ_CM2);
	assert_null(at.v.reason[0].row);
	assert_i64(at.v.reason[1].param, ENERGY_UJ);
}

/* A row outside the parameters in the same write changes nothing about tolerance. */
static void a_plain_row_in_the_write_is_no_parameter(void **state)
{
	struct given_value write[] = {{WIDTH_PS, MS(5)}, {PARAM_NONE, 0}};

	(void)state;
	given(FLUENCE_REPORTED, 2);
	at.reported.word[regmap_param_row(&at.profile, COOLING)->at] = 3;
	set(write + 1, write);
	at.rows |= UINT64_C(1) << (regmap_row(&at.profile, ROLE_ARM) - at.profile.reg);
	judge();
	assert_i64(at.v.kind, VERDICT_ALLOWED);
}

/* Power-on: 7 mm at 50 J/cm2, 1 ms, 1064 nm, air, spray and delay of 1 ms; wanted: the good ones.
 */
static const struct given_value power_on[] = {
        {FLUENCE_UJ_CM2, J(50)}, {SPOT_UM, MM(7)},  {WIDTH_PS, MS(1)}, {WAVELENGTH_NM, 1064},
        {COOLING, GIVEN_AIR},    {SPRAY_PS, MS(1)}, {DELAY_PS, MS(1)}, {PARAM_NONE, 0}};
static const struct given_value wanted[] = {
        {FLUENCE_UJ_CM2, J(18)},  {SPOT_UM, MM(18)},  {WIDTH_PS, MS(3)}, {WAVELENGTH_NM, 755},
        {COOLING, GIVEN_CRYOGEN}, {SPRAY_PS, MS(40)}, {DELAY_PS, MS(30)}};

/* The k-th of the orders of n things, by the factorial number system. */
static void order_of(unsigned k, unsigned n, unsigned *order)
{
	unsigned left[8];

	for (unsigned i = 0; i < n; i++)
		left[i] = i;
	for (unsigned i = 0; i < n; i++) {
		unsigned pick = k % (n - i);

		k /= n - i;
		order[i] = left[pick];
		memmove(left + pick, left + pick + 1, (n - i - pick - 1) * sizeof(left[0]));
	}
}

static void bad_defaults_are_mended_in_any_order(void **state)
{
	unsigned order[ARRAY_LEN(wanted)];

	(void)state;
	given(FLUENCE_REPORTED, 2);
	for (unsigned k = 0; k < 5040; k++) { /* 7! */
		given_put_all(&at.profile, &at.reported, power_on);
		arm();
		assert_int_equal(at.v.kind == VERDICT_ALLOWED, false);
		order_of(k, ARRAY_LEN(wanted), order);
		for (unsigned i = 0; i < ARRAY_LEN(wanted); i++) {
			struct given_value one[] = {wanted[order[i]], {PARAM_NONE, 0}};

			set(one + 1, one);
			assert_i64(at.v.kind, VERDICT_ALLOWED);
			at.reported = at.result;
		}
		assert_i64(at.v.n_tolerated, 0);
		arm();
		assert_i64(at.v.kind, VERDICT_ALLOWED);
	}
}

/* --- a grant --------------------------------------------------------------------------- */

static void given_a_grant(const struct given_value *write)
{
	struct given_value none = {PARAM_NONE, 0};
	int row;

	set(&none, write);
	at.s.waiver.given = true;
	assert_i64(regmap_settings(&at.profile, &at.result, &at.s.waiver.settings, &row),
	           DECODE_OK);
}

static void a_grant_fits_exactly(void **state)
{
	struct given_value write[] = {{FLUENCE_UJ_CM2, J(24)}, {WIDTH_PS, MS(2)}, {PARAM_NONE, 0}};

	(void)state;
	given(FLUENCE_REPORTED, 2);
	given_a_grant(write);
	assert_i64(at.v.kind, VERDICT_HELD);
	assert_i64(at.v.n_reasons, 2);
	judge();
	assert_i64(at.v.kind, VERDICT_ALLOWED);
	assert_true(at.v.by_waiver);
	assert_i64(at.v.n_reasons, 0);
	assert_false(at.v.has_offer);
	at.reported = at.result;
	arm();
	assert_i64(at.v.kind, VERDICT_ALLOWED);
	assert_true(at.v.by_waiver);
	at.s.waiver.given = false;
	arm();
	assert_i64(at.v.kind, VERDICT_HELD);
	assert_false(at.v.by_waiver);
}

static void a_grant_fits_nothing_beside_it(void **state)
{
	struct given_value write[] = {{FLUENCE_UJ_CM2, J(24)}, {PARAM_NONE, 0}};

	(void)state;
	given(FLUENCE_REPORTED, 2);
	given_a_grant(write);
	for (enum param p = 0; p < PARAM_COUNT; p++) {
		if (!settings_has(&at.s.waiver.settings, p))
			continue;
		for (int64_t off = -1; off <= 1; off += 2) {
			at.s.waiver.settings.value[p] += off;
			judge();
			assert_i64(at.v.kind, VERDICT_HELD);
			assert_false(at.v.by_waiver);
			at.s.waiver.settings.value[p] -= off;
		}
		at.s.waiver.settings.known &= ~PARAM_BIT(p);
		judge();
		assert_i64(at.v.kind, VERDICT_HELD);
		at.s.waiver.settings.known |= PARAM_BIT(p);
	}
	judge();
	assert_i64(at.v.kind, VERDICT_ALLOWED);
}

static void a_grant_that_is_not_needed_is_not_used(void **state)
{
	struct given_value write[] = {{FLUENCE_UJ_CM2, J(19)}, {PARAM_NONE, 0}};

	(void)state;
	given(FLUENCE_REPORTED, 2);
	given_a_grant(write);
	judge();
	assert_i64(at.v.kind, VERDICT_ALLOWED);
	assert_false(at.v.by_waiver);
}

static void a_grant_where_all_is_tolerated_is_not_used(void **state)
{
	struct given_value before[] = {{FLUENCE_UJ_CM2, J(24)}, {PARAM_NONE, 0}};

	(void)state;
	given(FLUENCE_REPORTED, 2);
	given_put_all(&at.profile, &at.reported, before);
	given_a_grant(before + 1);
	judge();
	assert_i64(at.v.kind, VERDICT_ALLOWED);
	assert_i64(at.v.n_tolerated, 1);
	assert_false(at.v.by_waiver);
}

static void a_grant_opens_no_hard_limit(void **state)
{
	struct given_value hard[] = {{FLUENCE_UJ_CM2, J(40.1)}, {PARAM_NONE, 0}};
	struct given_value range[] = {{RATE_MILLIHZ, HZ(11)}, {PARAM_NONE, 0}};

	(void)state;
	given(FLUENCE_REPORTED, 2);
	given_a_grant(hard);
	judge();
	assert_i64(at.v.kind, VERDICT_BLOCKED);
	assert_i64(at.v.n_reasons, 1);
	assert_i64(tightest()->check, CHECK_HARD);
	assert_false(at.v.by_waiver);
	given_a_grant(range);
	judge();
	assert_i64(at.v.kind, VERDICT_BLOCKED);
}

static void a_grant_opens_no_blocked_screening(void **state)
{
	struct given_value write[] = {{FLUENCE_UJ_CM2, J(24)}, {PARAM_NONE, 0}};

	(void)state;
	given(FLUENCE_REPORTED, 2);
	given_answer(&at.patient.facts, GIVEN_PREGNANCY, 1);
	compute();
	given_a_grant(write);
	judge();
	assert_i64(at.v.kind, VERDICT_BLOCKED);
	assert_text(reason_id(tightest()), "pregnancy");
}

static void a_grant_covers_a_missing_row_and_a_computed_fluence(void **state)
{
	struct given_value spot[] = {{SPOT_UM, MM(24)}, {PARAM_NONE, 0}};
	struct given_value energy[] = {{ENERGY_UJ, J(52)}, {PARAM_NONE, 0}};

	(void)state;
	given(FLUENCE_REPORTED, 2);
	given_a_grant(spot);
	judge();
	assert_true(at.v.by_waiver);
	given(FLUENCE_DERIVED, 2);
	given_a_grant(energy);
	judge();
	assert_true(at.v.by_waiver);
}

/* --- which reason is the tightest ------------------------------------------------------ */

struct tight_row {
	const char *name;
	struct given_value write[5];
	uint8_t n;
	enum check check;
	enum param param;
};

/* clang-format off */
static const struct tight_row tights[] = {
	{"1.5 times the fluence outdoes 1.2 times too short a pulse", {{FLUENCE_UJ_CM2, J(30)},
	 {WIDTH_PS, MS(2.5)}}, 2, CHECK_SOFT, FLUENCE_UJ_CM2},
	{"three times too short a pulse outdoes 1.5 times the fluence", {{FLUENCE_UJ_CM2, J(30)},
	 {WIDTH_PS, MS(1)}}, 2, CHECK_SOFT, WIDTH_PS},
	{"a pulse of nothing outdoes everything", {{WIDTH_PS, MS(0.1)}, {FLUENCE_UJ_CM2, J(39)}}, 2,
	 CHECK_SOFT, WIDTH_PS},
	{"equal excess: the first of the row", {{SPRAY_PS, MS(60)}, {DELAY_PS, MS(48)}}, 2,
	 CHECK_SOFT, SPRAY_PS},
	{"1.6 times the spray outdoes 1.2 times the delay", {{SPRAY_PS, MS(80)},
	 {DELAY_PS, MS(48)}}, 2, CHECK_SOFT, SPRAY_PS},
	{"twice the delay outdoes 1.2 times the spray", {{SPRAY_PS, MS(60)}, {DELAY_PS, MS(80)}}, 2,
	 CHECK_SOFT, DELAY_PS},
	{"a choice has no distance: any number outdoes it", {{COOLING, GIVEN_AIR},
	 {DELAY_PS, MS(41)}}, 2, CHECK_SOFT, DELAY_PS},
	{"the hard limit outdoes any soft one", {{FLUENCE_UJ_CM2, J(41)}, {WIDTH_PS, MS(0.1)}}, 3,
	 CHECK_HARD, FLUENCE_UJ_CM2},
	{"the device's range outdoes the hard limit", {{FLUENCE_UJ_CM2, J(59)},
	 {RATE_MILLIHZ, HZ(11)}}, 3, CHECK_DEVICE_RANGE, RATE_MILLIHZ},
};
/* clang-format on */

static void test_tight(void **state)
{
	const struct tight_row *row = *state;
	struct given_value none = {PARAM_NONE, 0};

	given(FLUENCE_REPORTED, 2);
	set(&none, row->write);
	assert_i64(at.v.n_reasons, row->n);
	assert_i64(tightest()->check, row->check);
	assert_i64(tightest()->param, row->param);
	for (uint8_t i = 1; i < at.v.n_reasons; i++) {
		const struct reason *a = &at.v.reason[i - 1], *b = &at.v.reason[i];

		assert_true(a->kind > b->kind || (a->kind == b->kind && a->check <= b->check));
	}
}

static void nothing_at_all_is_infinitely_too_short(void **state)
{
	(void)state;
	given(FLUENCE_REPORTED, 2);
	given_put(&at.profile, &at.result, FLUENCE_UJ_CM2, J(39));
	given_put(&at.profile, &at.result, WIDTH_PS, 0);
	judge();
	assert_i64(tightest()->param, WIDTH_PS);
	assert_false(tightest()->tenfold);
	given_put(&at.profile, &at.result, SPRAY_PS, 0); /* both: the first */
	judge();
	assert_i64(tightest()->param, WIDTH_PS);
}

static void values_at_the_end_of_64_bits_are_compared_too(void **state)
{
	struct reg *width;

	(void)state;
	given(FLUENCE_REPORTED, 2);
	width = (struct reg *)(uintptr_t)regmap_param_row(&at.profile, WIDTH_PS);
	width->num = INT64_C(1000000000000000000);
	width->hard = (struct span){INT64_C(5000000000000000000), INT64_MAX};
	at.reported.word[width->at] = 3;
	arm();
	assert_i64(at.v.kind, VERDICT_BLOCKED);
	assert_i64(tightest()->check, CHECK_DEVICE_RANGE);
	assert_false(tightest()->tenfold);
}

static void more_reasons_than_fit_lose_only_the_least(void **state)
{
	static struct rule rules[30];

	(void)state;
	given(FLUENCE_REPORTED, 2);
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		rules[i] = (struct rule){.n_then = 1, .then = {{.kind = EFFECT_HOLD}}};
	rules[29].then[0].kind = EFFECT_BLOCK;
	at.g.lib.rule = rules;
	at.g.lib.n_rules = ARRAY_LEN(rules);
	compute();
	given_put(&at.profile, &at.result, FLUENCE_UJ_CM2, J(41));
	judge();
	assert_i64(at.v.n_reasons, 24);
	assert_i64(at.v.kind, VERDICT_BLOCKED);
	assert_i64(at.v.reason[0].check, CHECK_SCREENING);
	assert_ptr_equal(at.v.reason[0].rule, &rules[29]);
	assert_i64(at.v.reason[1].check, CHECK_HARD);
	assert_i64(at.v.reason[2].kind, VERDICT_HELD);
	assert_ptr_equal(at.v.reason[2].rule, &rules[0]);
	assert_ptr_equal(at.v.reason[23].rule, &rules[21]);
}

static void the_most_approvers_asked_for_by_any_reason(void **state)
{
	(void)state;
	given(FLUENCE_REPORTED, 5);
	given_answer(&at.patient.facts, GIVEN_TAN, 1);
	compute();
	arm();
	assert_i64(at.v.kind, VERDICT_HELD);
	assert_i64(at.v.reason[0].approvers, 1); /* the tan */
	assert_i64(at.v.approvers, 2);           /* status B of type VI */
}

/* --- what would be allowed instead ----------------------------------------------------- */

struct offer_row {
	const char *name;
	enum fluence_source how;
	struct given_value before[2], write[4];
	struct given_value offer[4]; /* none: no offer */
};

/* clang-format off */
static const struct offer_row offers[] = {
	{"the fluence lowered to the ceiling", FLUENCE_REPORTED, {{0}}, {{FLUENCE_UJ_CM2, J(24)}},
	 {{FLUENCE_UJ_CM2, J(20)}}},
	{"the pulse lengthened to the floor", FLUENCE_REPORTED, {{0}}, {{WIDTH_PS, MS(1)}},
	 {{WIDTH_PS, MS(3)}}},
	{"both", FLUENCE_REPORTED, {{0}}, {{FLUENCE_UJ_CM2, J(45)}, {WIDTH_PS, MS(1)}},
	 {{FLUENCE_UJ_CM2, J(20)}, {WIDTH_PS, MS(3)}}},
	{"what was asked below its limit stays as asked", FLUENCE_REPORTED, {{0}},
	 {{FLUENCE_UJ_CM2, J(12)}, {WIDTH_PS, MS(1)}}, {{FLUENCE_UJ_CM2, J(12)},
	 {WIDTH_PS, MS(3)}}},
	{"the rate lowered to what the device may be told", FLUENCE_REPORTED, {{0}},
	 {{RATE_MILLIHZ, HZ(12)}}, {{RATE_MILLIHZ, HZ(10)}}},
	{"at the other spot its own ceiling", FLUENCE_REPORTED, {{0}}, {{SPOT_UM, MM(15)},
	 {FLUENCE_UJ_CM2, J(39)}}, {{SPOT_UM, MM(15)}, {FLUENCE_UJ_CM2, J(30)}}},
	{"a computed fluence is lowered by the energy: 50.893 J", FLUENCE_DERIVED, {{0}},
	 {{ENERGY_UJ, J(60)}}, {{ENERGY_UJ, J(50.893)}}},
	{"told and computed, both are lowered", FLUENCE_BOTH, {{0}}, {{FLUENCE_UJ_CM2, J(24)},
	 {ENERGY_UJ, J(60)}}, {{FLUENCE_UJ_CM2, J(20)}, {ENERGY_UJ, J(50.893)}}},
	{"told and computed, the energy is low enough", FLUENCE_BOTH, {{0}},
	 {{FLUENCE_UJ_CM2, J(20.5)}, {ENERGY_UJ, J(50)}}, {{FLUENCE_UJ_CM2, J(20)},
	 {ENERGY_UJ, J(50)}}},
	{"a dose below the device's least is never raised", FLUENCE_REPORTED, {{0}},
	 {{FLUENCE_UJ_CM2, J(0.5)}}, {{0}}},
	{"a spray has no safe side to move to", FLUENCE_REPORTED, {{0}}, {{SPRAY_PS, MS(60)}},
	 {{0}}},
	{"a choice is not chosen for anybody", FLUENCE_REPORTED, {{0}}, {{COOLING, GIVEN_AIR}},
	 {{0}}},
	{"no row, no offer", FLUENCE_REPORTED, {{0}}, {{SPOT_UM, MM(10)}}, {{0}}},
	{"a contradiction, no offer", FLUENCE_BOTH, {{0}}, {{FLUENCE_UJ_CM2, J(30)}}, {{0}}},
};
/* clang-format on */

static void test_offer(void **state)
{
	const struct offer_row *row = *state;
	struct given_value none = {PARAM_NONE, 0};
	struct image offered;

	given(row->how, 2);
	set(row->before, row->write);
	assert_int_equal(at.v.kind == VERDICT_ALLOWED, false);
	assert_int_equal(at.v.has_offer, row->offer[0].value != 0);
	if (!at.v.has_offer)
		return;
	for (size_t i = 0; row->offer[i].value != 0; i++)
		assert_i64(at.v.offer.value[row->offer[i].param], row->offer[i].value);
	/* and it is what it says: written as offered, it passes, by the same registers */
	offered = at.reported;
	for (enum param p = 0; p < PARAM_COUNT; p++)
		if (settings_has(&at.v.offer, p))
			given_put(&at.profile, &offered, p, at.v.offer.value[p]);
	at.result = offered;
	judge();
	assert_i64(at.v.kind, VERDICT_ALLOWED);
	set(&none, &none);
}

static void an_offer_lands_on_a_step_of_the_register(void **state)
{
	struct given_value write[] = {{FLUENCE_UJ_CM2, J(21)}, {WIDTH_PS, MS(1)}, {PARAM_NONE, 0}};
	struct row *row;
	struct reg *reg;

	(void)state;
	given(FLUENCE_REPORTED, 2);
	row = given_row(&at.g, "alex755_18mm_II");
	given_limit(row, FLUENCE_UJ_CM2)->soft.hi = 19654321;
	given_limit(row, WIDTH_PS)->soft.lo = 3000000001;
	compute();
	set(write + 2, write);
	assert_true(at.v.has_offer);
	assert_i64(at.v.offer.value[FLUENCE_UJ_CM2], J(19.6));
	assert_i64(at.v.offer.value[WIDTH_PS], MS(3.1));
	/* 3/2 of 0.1 J/cm2: 131 of them */
	reg = (struct reg *)(uintptr_t)regmap_param_row(&at.profile, FLUENCE_UJ_CM2);
	reg->num = 300000;
	reg->den = 2;
	verdict_bring_inside(&at.profile, at.v.cell, &at.v.settings, &at.v.offer);
	assert_i64(at.v.offer.value[FLUENCE_UJ_CM2], J(19.65));
	/* a float holds (nearly) any */
	reg->encoding = ENC_F32;
	verdict_bring_inside(&at.profile, at.v.cell, &at.v.settings, &at.v.offer);
	assert_i64(at.v.offer.value[FLUENCE_UJ_CM2], 19654321);
}

static void an_offer_that_would_still_leave_something_is_none(void **state)
{
	struct given_value before[] = {{SPRAY_PS, MS(60)}, {PARAM_NONE, 0}};
	struct given_value write[] = {{FLUENCE_UJ_CM2, J(24)}, {PARAM_NONE, 0}};

	(void)state;
	given(FLUENCE_REPORTED, 2);
	set(before, write);
	assert_i64(at.v.kind, VERDICT_HELD);
	assert_i64(at.v.n_tolerated, 1);
	assert_false(at.v.has_offer);
}

/* A cell may limit the energy, or the fluence of a device that computes none. */
static void an_offer_lowers_what_there_is(void **state)
{
	struct settings out;

	(void)state;
	given(FLUENCE_DERIVED, 2);
	arm();
	at.v.settings.known &= ~PARAM_BIT(ENERGY_UJ);
	verdict_bring_inside(&at.profile, at.v.cell, &at.v.settings, &out);
	assert_false(settings_has(&out, ENERGY_UJ));
	given(FLUENCE_DERIVED, 2);
	arm();
	at.v.settings.known &= ~PARAM_BIT(SPOT_UM); /* no energy is known to be little enough */
	verdict_bring_inside(&at.profile, at.v.cell, &at.v.settings, &out);
	assert_i64(out.value[ENERGY_UJ], 0);
	given(FLUENCE_DERIVED, 2);
	at.profile.fluence = FLUENCE_NONE;
	arm();
	assert_i64(at.v.kind, VERDICT_HELD);
	verdict_bring_inside(&at.profile, at.v.cell, &at.v.settings, &out);
	assert_i64(out.value[ENERGY_UJ], J(45.8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_product_beyond_64_bits_is_not_a_fluence),
	        cmocka_unit_test(no_energy_is_no_fluence_and_is_said_once),
	        cmocka_unit_test(a_choice_without_meaning_is_blocked),
	        cmocka_unit_test(a_fluence_never_reported_is_blocked),
	        cmocka_unit_test(what_was_never_reported_is_blocked),
	        cmocka_unit_test(the_twentieth_choice_is_not_ten_times_the_second),
	        cmocka_unit_test(limits_that_were_not_computed_are_no_session),
	        cmocka_unit_test(in_standby_nothing_of_the_session_is_tolerated),
	        cmocka_unit_test(darker_skin_lowers_the_ceiling),
	        cmocka_unit_test(a_parameter_without_limit_is_held),
	        cmocka_unit_test(energy_and_spot_are_covered_by_the_fluence_computed_from_them),
	        cmocka_unit_test(the_safe_end_of_a_hard_limit_refuses_nothing),
	        cmocka_unit_test(a_limit_the_device_cannot_show_is_held),
	        cmocka_unit_test(every_selector_at_fault_is_named),
	        cmocka_unit_test(entries_that_differ_are_no_single_span),
	        cmocka_unit_test(choices_of_all_entries_would_pass),
	        cmocka_unit_test(a_dose_may_select_too),
	        cmocka_unit_test(a_floor_that_rises_with_the_spot_makes_the_pulse_worse),
	        cmocka_unit_test(a_parameter_without_limit_may_wait_when_there_was_no_row),
	        cmocka_unit_test(a_pulse_width_known_at_last_has_risen_for_all_one_knows),
	        cmocka_unit_test(a_step_towards_a_row_is_taken_one_write_at_a_time),
	        cmocka_unit_test(what_is_no_value_may_wait_but_not_be_written),
	        cmocka_unit_test(a_fluence_that_was_not_known_may_wait_untouched),
	        cmocka_unit_test(a_plain_row_in_the_write_is_no_parameter),
	        cmocka_unit_test(bad_defaults_are_mended_in_any_order),
	        cmocka_unit_test(a_grant_fits_exactly),
	        cmocka_unit_test(a_grant_fits_nothing_beside_it),
	        cmocka_unit_test(a_grant_that_is_not_needed_is_not_used),
	        cmocka_unit_test(a_grant_where_all_is_tolerated_is_not_used),
	        cmocka_unit_test(a_grant_opens_no_hard_limit),
	        cmocka_unit_test(a_grant_opens_no_blocked_screening),
	        cmocka_unit_test(a_grant_covers_a_missing_row_and_a_computed_fluence),
	        cmocka_unit_test(nothing_at_all_is_infinitely_too_short),
	        cmocka_unit_test(values_at_the_end_of_64_bits_are_compared_too),
	        cmocka_unit_test(more_reasons_than_fit_lose_only_the_least),
	        cmocka_unit_test(the_most_approvers_asked_for_by_any_reason),
	        cmocka_unit_test(an_offer_lands_on_a_step_of_the_register),
	        cmocka_unit_test(an_offer_that_would_still_leave_something_is_none),
	        cmocka_unit_test(an_offer_lowers_what_there_is),
	};
	int failures = 0;

	failures += RUN_ROWS("one write to good settings", writes, test_write);
	failures += RUN_ROWS("the fluence that counts", fluences, test_fluence);
	failures += RUN_ROWS("a slip of the decimal point", slips, test_slip);
	failures += RUN_ROWS("a slip against what was set before", befores, test_before);
	failures += RUN_ROWS("what stands outside the settings", outsides, test_outside);
	failures += RUN_ROWS("this patient", patients, test_patient);
	failures += RUN_ROWS("the nearest row", nearests, test_nearest);
	failures += RUN_ROWS("mending bad settings", mends, test_mend);
	failures += RUN_ROWS("the tightest reason", tights, test_tight);
	failures += RUN_ROWS("what would be allowed instead", offers, test_offer);
	failures += cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
	return failures != 0;
}
