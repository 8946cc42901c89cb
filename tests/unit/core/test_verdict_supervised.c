/* How near a physician must be, as the judge sees it. */
#include "given.h"
#include "given_device.h"

#define J(n)  ((int64_t)((n)*1e6 + 0.5))
#define MM(n) ((int64_t)((n)*1e3 + 0.5))
#define MS(n) ((int64_t)((n)*1e9 + 0.5))

static const struct given_value good[] = {
        {FLUENCE_UJ_CM2, J(14)}, {SPOT_UM, MM(18)},    {WIDTH_PS, MS(20)},
        {WAVELENGTH_NM, 755},    {RATE_MILLIHZ, 1000}, {COOLING, GIVEN_CRYOGEN},
        {SPRAY_PS, MS(40)},      {DELAY_PS, MS(30)},   {PARAM_NONE, 0}};

static struct given_library g;
static struct limits limits;

static void wants(enum supervision level, const char *id)
{
	struct rule rule = {.id = "", .reason = "somebody looks on", .source = "X", .n_then = 1};

	snprintf(rule.id, sizeof rule.id, "%s", id);
	rule.then[0] =
	        (struct effect){.kind = EFFECT_SUPERVISE, .param = PARAM_NONE, .value = level};
	if (level != SUPERVISION_NONE)
		given_add_rule(&g, rule);
}

static void given(enum supervision first, enum supervision second)
{
	struct patient_case c = {.device_class = GIVEN_ALEX,
	                         .indication = GIVEN_HAIR,
	                         .site = GIVEN_LEG,
	                         .today = GIVEN_TODAY,
	                         .facts = given_facts(2)};

	given_library(&g);
	wants(first, "first");
	wants(second, "second");
	assert_i64(limits_compute(&g.lib, &c, &limits), LIMITS_OK);
}

static void judge(enum supervision nearest, struct verdict *v)
{
	static struct profile profile;
	static struct image reported;

	memset(&reported, 0, sizeof reported);
	given_device_of(&profile, FLUENCE_REPORTED);
	for (size_t i = 0; good[i].value != 0; i++)
		if (regmap_param_row(&profile, good[i].param) != NULL)
			given_put(&profile, &reported, good[i].param, good[i].value);
	given_put_state(&profile, &reported, DEVICE_STANDBY);
	struct situation s = {.profile = &profile,
	                      .limits = &limits,
	                      .heard = true,
	                      .reported = &reported,
	                      .nearest = nearest};
	verdict_judge(&s, INTENT_ARM, &reported, 0, v);
}

struct near_row {
	const char *name;
	enum supervision first, second, nearest;
	const char *by; /* the rule that blocks; NULL: it passes */
};

/* clang-format off */
static const struct near_row rows[] = {
	{"no rule, nobody there", SUPERVISION_NONE, SUPERVISION_NONE, SUPERVISION_NONE, NULL},
	{"on call is wanted, nobody there", SUPERVISION_ON_CALL, SUPERVISION_NONE, SUPERVISION_NONE, "first"},
	{"on call is wanted, on call", SUPERVISION_ON_CALL, SUPERVISION_NONE, SUPERVISION_ON_CALL, NULL},
	{"premises are wanted, on call", SUPERVISION_ON_PREMISES, SUPERVISION_NONE, SUPERVISION_ON_CALL, "first"},
	{"premises are wanted, on them", SUPERVISION_ON_PREMISES, SUPERVISION_NONE, SUPERVISION_ON_PREMISES, NULL},
	{"the room is wanted, on the premises", SUPERVISION_IN_ROOM, SUPERVISION_NONE, SUPERVISION_ON_PREMISES, "first"},
	{"the room is wanted, in it", SUPERVISION_IN_ROOM, SUPERVISION_NONE, SUPERVISION_IN_ROOM, NULL},
	{"nearer than wanted", SUPERVISION_ON_CALL, SUPERVISION_NONE, SUPERVISION_IN_ROOM, NULL},
	{"of two rules the nearer counts", SUPERVISION_ON_CALL, SUPERVISION_IN_ROOM, SUPERVISION_ON_PREMISES, "second"},
	{"in whatever order", SUPERVISION_IN_ROOM, SUPERVISION_ON_CALL, SUPERVISION_ON_PREMISES, "first"},
};
/* clang-format on */

static void near_enough_or_not(void **state)
{
	const struct near_row *row = *state;
	struct verdict v;

	given(row->first, row->second);
	judge(row->nearest, &v);
	assert_i64(v.kind, row->by == NULL ? VERDICT_ALLOWED : VERDICT_BLOCKED);
	if (row->by == NULL)
		return;
	assert_i64(v.n_reasons, 1);
	assert_i64(v.reason[0].check, CHECK_UNSUPERVISED);
	assert_text(v.reason[0].rule->id, row->by);
}

static void it_is_told_with_the_rules_reason(void **state)
{
	struct verdict v;
	char text[300];

	(void)state;
	given(SUPERVISION_ON_PREMISES, SUPERVISION_NONE);
	judge(SUPERVISION_ON_CALL, &v);
	reason_text(&g.lib, &v.reason[0], text, sizeof text);
	assert_text(text, "no physician is as near as this treatment wants one: somebody looks on");
	reason_way(&g.lib, &v.reason[0], text, sizeof text);
	assert_text(text, "have a physician check in (presence in), then ask again");
}

static void without_a_device_nobody_is_missed(void **state)
{
	struct settings asked = {.known = 0};
	struct verdict v;

	(void)state;
	given(SUPERVISION_IN_ROOM, SUPERVISION_NONE);
	verdict_judge_settings(&limits, 0, FLUENCE_REPORTED, &asked, &v);
	for (uint8_t i = 0; i < v.n_reasons; i++)
		assert_true(v.reason[i].check != CHECK_UNSUPERVISED);
}

static void each_has_its_name_and_words(void **state)
{
	(void)state;
	assert_text(supervision_name(SUPERVISION_ON_PREMISES), "on_premises");
	assert_text(supervision_words(SUPERVISION_IN_ROOM), "in the room");
	assert_text(supervision_words(SUPERVISION_NONE), "nowhere");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(it_is_told_with_the_rules_reason),
	        cmocka_unit_test(without_a_device_nobody_is_missed),
	        cmocka_unit_test(each_has_its_name_and_words),
	};
	int failures = cmocka_run_group_tests_name("supervised", tests, NULL, NULL);

	failures += RUN_ROWS("near enough", rows, near_enough_or_not);
	return failures != 0;
}
