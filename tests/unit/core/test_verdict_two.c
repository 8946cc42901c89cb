/* The second line: how far beyond a limit one approver is no longer enough. The 755 nm laser, type
 * II at 18 mm: at most 20 J/cm2, and a pulse of 3 ms or more. */
#include "given.h"
#include "given_device.h"

#include "core/hold.h"

#define J(n)  ((int64_t)((n)*1e6 + 0.5))
#define MM(n) ((int64_t)((n)*1e3 + 0.5))
#define MS(n) ((int64_t)((n)*1e9 + 0.5))

static struct given_library g;
static struct limits limits;
static struct profile profile;
static struct image reported, result;
static struct verdict v;

static const struct given_value good[] = {
        {FLUENCE_UJ_CM2, J(14)}, {SPOT_UM, MM(18)},    {WIDTH_PS, MS(20)},
        {WAVELENGTH_NM, 755},    {RATE_MILLIHZ, 1000}, {COOLING, GIVEN_CRYOGEN},
        {SPRAY_PS, MS(40)},      {DELAY_PS, MS(30)},   {PARAM_NONE, 0}};

static void begin(void)
{
	given_library(&g);
	memset(&reported, 0, sizeof reported);
	given_device_of(&profile, FLUENCE_REPORTED);
	for (size_t i = 0; good[i].value != 0; i++)
		if (regmap_param_row(&profile, good[i].param) != NULL)
			given_put(&profile, &reported, good[i].param, good[i].value);
	given_put_state(&profile, &reported, DEVICE_STANDBY);
}

static void rule_says(enum param p, int64_t num, int64_t den)
{
	struct rule rule = {.id = "second_line", .reason = "far beyond", .source = "X"};

	rule.then[rule.n_then++] =
	        (struct effect){.kind = EFFECT_TWO, .param = p, .num = num, .den = den};
	given_add_rule(&g, rule);
}

static void set(enum param p, int64_t value)
{
	struct patient_case c = {.device_class = GIVEN_ALEX,
	                         .indication = GIVEN_HAIR,
	                         .site = GIVEN_LEG,
	                         .today = GIVEN_TODAY,
	                         .facts = given_facts(2)};
	struct situation s = {
	        .profile = &profile, .limits = &limits, .heard = true, .reported = &reported};
	const struct given_value write[] = {{p, value}, {PARAM_NONE, 0}};

	assert_i64(limits_compute(&g.lib, &c, &limits), LIMITS_OK);
	result = reported;
	uint64_t rows = given_put_all(&profile, &result, write);
	verdict_judge(&s, INTENT_SET, &result, rows, &v);
}

struct line_row {
	const char *name;
	enum param param;
	int64_t num, den; /* 0: no rule */
	int64_t asked;
	enum verdict_kind want;
	uint8_t approvers;
};

/* clang-format off */
static const struct line_row line_rows[] = {
	{"at the ceiling", FLUENCE_UJ_CM2, 6, 5, J(20), VERDICT_ALLOWED, 0},
	{"a step above it", FLUENCE_UJ_CM2, 6, 5, J(20.1), VERDICT_HELD, 1},
	{"six fifths of it", FLUENCE_UJ_CM2, 6, 5, J(24), VERDICT_HELD, 1},
	{"a step above six fifths", FLUENCE_UJ_CM2, 6, 5, J(24.1), VERDICT_HELD, 2},
	{"ten times", FLUENCE_UJ_CM2, 6, 5, J(40), VERDICT_HELD, 2},
	{"no rule", FLUENCE_UJ_CM2, 0, 0, J(40), VERDICT_HELD, 1},
	{"a line at the ceiling itself", FLUENCE_UJ_CM2, 1, 1, J(20.1), VERDICT_HELD, 2},
	{"at the floor", WIDTH_PS, 6, 5, MS(3), VERDICT_ALLOWED, 0},
	{"five sixths of it", WIDTH_PS, 6, 5, MS(2.5), VERDICT_HELD, 1},
	{"a step below five sixths", WIDTH_PS, 6, 5, MS(2.4), VERDICT_HELD, 2},
	{"another parameter has the line", WIDTH_PS, 0, 0, MS(1), VERDICT_HELD, 1},
};
/* clang-format on */

static bool wants(size_t i)
{
	const struct line_row *row = &line_rows[i];

	begin();
	if (row->num != 0)
		rule_says(row->param, row->num, row->den);
	else if (row->param == WIDTH_PS)
		rule_says(FLUENCE_UJ_CM2, 6, 5);
	set(row->param, row->asked);
	bool as_wanted = v.kind == row->want && v.approvers == row->approvers;
	if (!as_wanted)
		print_error("%s: kind %d, approvers %d\n", row->name, (int)v.kind, v.approvers);
	return as_wanted;
}

static void two_beyond_the_second_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof line_rows / sizeof line_rows[0]; i++)
		assert_true(wants(i));
}

static void of_two_lines_the_nearer_counts_whatever_the_order(void **state)
{
	(void)state;
	for (int order = 0; order < 2; order++) {
		begin();
		rule_says(FLUENCE_UJ_CM2, order == 0 ? 3 : 11, order == 0 ? 2 : 10);
		rule_says(FLUENCE_UJ_CM2, order == 0 ? 11 : 3, order == 0 ? 10 : 2);
		set(FLUENCE_UJ_CM2, J(22));
		assert_i64(v.approvers, 1);
		set(FLUENCE_UJ_CM2, J(22.1));
		assert_i64(v.approvers, 2);
	}
}

static void it_is_said_and_asked_of_two(void **state)
{
	struct hold h = {.id = 0};
	char way[200];

	(void)state;
	begin();
	rule_says(FLUENCE_UJ_CM2, 6, 5);
	set(FLUENCE_UJ_CM2, J(25));
	reason_way(&g.lib, &v.reason[v.tightest], way, sizeof way);
	assert_string_equal(way,
	                    "ask for at most 20 J/cm2, or ask two physicians: this is far beyond");
	assert_i64(hold_ask(&h, &v, &v.settings, "olga", 417, 0), HOLD_OK);
	assert_i64(h.approvers_needed, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(two_beyond_the_second_line),
	        cmocka_unit_test(of_two_lines_the_nearer_counts_whatever_the_order),
	        cmocka_unit_test(it_is_said_and_asked_of_two),
	};

	return cmocka_run_group_tests_name("verdict: two approvers", tests, NULL, NULL);
}
