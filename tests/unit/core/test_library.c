#include "given_faults.h"

/* No other row depends on the darkest; the lightest has no hard limit. */
#define DARKEST  "ndyag1064_10mm_VI"
#define LIGHTEST "ndyag1064_10mm_I"

#define IN_FACTS(fault)           fault, NULL, NULL, PARAM_NONE, false
#define IN_NECK(fault, param)     fault, "neck", NULL, param, true
#define TWICE                     LIBRARY_ONE_STEP_TWICE, "pregnancy", "neck", PARAM_NONE, true
#define IN_DARKEST(fault, param)  fault, DARKEST, NULL, param, false
#define IN_LIGHTEST(fault, param) fault, LIGHTEST, NULL, param, false

static void leave(struct given_library *g)
{
	(void)g;
}

static void empty(struct given_library *g)
{
	g->lib.n_rows = 0;
	g->lib.n_rules = 0;
}

/* ---- facts ---- */

static void no_skin_fact(struct given_library *g)
{
	g->lib.skin_fact = -1;
}
static void skin_fact_beyond(struct given_library *g)
{
	g->lib.skin_fact = GIVEN_FACTS;
}
static void skin_in_days(struct given_library *g)
{
	g->fact[GIVEN_SKIN_TYPE].kind = FACT_DAYS;
}
static void five_skin_types(struct given_library *g)
{
	g->fact[GIVEN_SKIN_TYPE].n_values = 5;
}
static void seven_skin_types(struct given_library *g)
{
	g->fact[GIVEN_SKIN_TYPE].n_values = 7;
}
static void skin_types_turned(struct given_library *g)
{
	memcpy(g->fact[GIVEN_SKIN_TYPE].value[4], "VI", 3);
	memcpy(g->fact[GIVEN_SKIN_TYPE].value[5], "V", 2);
}
static void skin_derived(struct given_library *g)
{
	g->fact[GIVEN_SKIN_TYPE].derive = DERIVE_FIRST;
}
static void test_fact_derived(struct given_library *g)
{
	g->fact[GIVEN_TEST_AREA].derive = DERIVE_FIRST;
}
static void no_test_fact(struct given_library *g)
{
	g->lib.test_fact = -1;
}
static void test_fact_beyond(struct given_library *g)
{
	g->lib.test_fact = GIVEN_FACTS;
}
static void test_fact_in_days(struct given_library *g)
{
	g->lib.test_fact = GIVEN_LAST_SUN;
}

/* ---- rules ---- */

static void effect(struct given_library *g, struct effect e)
{
	given_rule(g, "neck")->then[0] = e;
}
static void scale(struct given_library *g, enum param p, int64_t num, int64_t den)
{
	effect(g, (struct effect){EFFECT_SCALE, p, 0, num, den, 0, {0}});
}
static void scale_five_quarters(struct given_library *g)
{
	scale(g, FLUENCE_UJ_CM2, 5, 4);
}
static void scale_one(struct given_library *g)
{
	scale(g, FLUENCE_UJ_CM2, 5, 5);
}
static void scale_nothing(struct given_library *g)
{
	scale(g, FLUENCE_UJ_CM2, 0, 5);
}
static void scale_smallest(struct given_library *g)
{
	scale(g, FLUENCE_UJ_CM2, 1, 5);
}
static void scale_by_nothing(struct given_library *g)
{
	scale(g, FLUENCE_UJ_CM2, 1, 0);
}
static void scale_width(struct given_library *g)
{
	scale(g, WIDTH_PS, 4, 5);
}
static void scale_spot(struct given_library *g)
{
	scale(g, SPOT_UM, 4, 5);
}
static void scale_no_param(struct given_library *g)
{
	scale(g, PARAM_NONE, 4, 5);
}
static void raise_0(struct given_library *g)
{
	effect(g, (struct effect){EFFECT_RAISE_SKIN, PARAM_NONE, 0, 0, 0, 0, {0}});
}
static void raise_1(struct given_library *g)
{
	effect(g, (struct effect){EFFECT_RAISE_SKIN, PARAM_NONE, 1, 0, 0, 0, {0}});
}
static void raise_5(struct given_library *g)
{
	effect(g, (struct effect){EFFECT_RAISE_SKIN, PARAM_NONE, 5, 0, 0, 0, {0}});
}
static void raise_6(struct given_library *g)
{
	effect(g, (struct effect){EFFECT_RAISE_SKIN, PARAM_NONE, 6, 0, 0, 0, {0}});
}
static void minimum_width(struct given_library *g)
{
	effect(g, (struct effect){EFFECT_MINIMUM, WIDTH_PS, GIVEN_MS(10), 0, 0, 0, {0}});
}
static void minimum_nothing(struct given_library *g)
{
	effect(g, (struct effect){EFFECT_MINIMUM, WIDTH_PS, 0, 0, 0, 0, {0}});
}
static void minimum_fluence(struct given_library *g)
{
	effect(g, (struct effect){EFFECT_MINIMUM, FLUENCE_UJ_CM2, GIVEN_J(10), 0, 0, 0, {0}});
}
static void minimum_spot(struct given_library *g)
{
	effect(g, (struct effect){EFFECT_MINIMUM, SPOT_UM, GIVEN_MM(10), 0, 0, 0, {0}});
}
static void maximum_rate(struct given_library *g)
{
	effect(g, (struct effect){EFFECT_MAXIMUM, RATE_MILLIHZ, 1, 0, 0, 0, {0}});
}
static void maximum_nothing(struct given_library *g)
{
	effect(g, (struct effect){EFFECT_MAXIMUM, RATE_MILLIHZ, 0, 0, 0, 0, {0}});
}
static void maximum_width(struct given_library *g)
{
	effect(g, (struct effect){EFFECT_MAXIMUM, WIDTH_PS, GIVEN_MS(10), 0, 0, 0, {0}});
}
static void step(struct given_library *g, enum param p, int64_t value)
{
	effect(g, (struct effect){.kind = EFFECT_STEP, .param = p, .value = value});
}
static void step_fluence(struct given_library *g)
{
	step(g, FLUENCE_UJ_CM2, 1);
}
static void step_width(struct given_library *g)
{
	step(g, WIDTH_PS, 1);
}
static void step_nothing(struct given_library *g)
{
	step(g, WIDTH_PS, 0);
}
static void step_spot(struct given_library *g)
{
	step(g, SPOT_UM, 1);
}
static void share_of(struct given_library *g, enum effect_kind kind, enum param p, int64_t num,
                     int64_t den)
{
	effect(g, (struct effect){.kind = kind, .param = p, .value = 28, .num = num, .den = den});
}
static void budget(struct given_library *g)
{
	share_of(g, EFFECT_BUDGET, FLUENCE_UJ_CM2, 5, 4);
}
static void budget_of_one(struct given_library *g)
{
	share_of(g, EFFECT_BUDGET, FLUENCE_UJ_CM2, 4, 4);
}
static void budget_below_one(struct given_library *g)
{
	share_of(g, EFFECT_BUDGET, FLUENCE_UJ_CM2, 3, 4);
}
static void budget_width(struct given_library *g)
{
	share_of(g, EFFECT_BUDGET, WIDTH_PS, 5, 4);
}
static void budget_of_no_days(struct given_library *g)
{
	budget(g);
	given_rule(g, "neck")->then[0].value = 0;
}
static void tested(struct given_library *g)
{
	share_of(g, EFFECT_TESTED, FLUENCE_UJ_CM2, 6, 5);
}
static void tested_below_one(struct given_library *g)
{
	share_of(g, EFFECT_TESTED, FLUENCE_UJ_CM2, 4, 5);
}
static void tested_by_nothing(struct given_library *g)
{
	share_of(g, EFFECT_TESTED, FLUENCE_UJ_CM2, 1, 0);
}
static void tested_spot(struct given_library *g)
{
	share_of(g, EFFECT_TESTED, SPOT_UM, 6, 5);
}
static void two_width(struct given_library *g)
{
	share_of(g, EFFECT_TWO, WIDTH_PS, 6, 5);
}
static void two_of_one(struct given_library *g)
{
	share_of(g, EFFECT_TWO, FLUENCE_UJ_CM2, 1, 1);
}
static void two_below_one(struct given_library *g)
{
	share_of(g, EFFECT_TWO, FLUENCE_UJ_CM2, 4, 5);
}
static void two_by_nothing(struct given_library *g)
{
	share_of(g, EFFECT_TWO, FLUENCE_UJ_CM2, 1, 0);
}
static void two_of_1000(struct given_library *g)
{
	share_of(g, EFFECT_TWO, FLUENCE_UJ_CM2, 1000, 1);
}
static void two_of_1001(struct given_library *g)
{
	share_of(g, EFFECT_TWO, FLUENCE_UJ_CM2, 1001, 1);
}
static void two_spot(struct given_library *g)
{
	share_of(g, EFFECT_TWO, SPOT_UM, 6, 5);
}
static void supervise(struct given_library *g, int64_t level)
{
	effect(g, (struct effect){.kind = EFFECT_SUPERVISE, .param = PARAM_NONE, .value = level});
}
static void supervise_0(struct given_library *g)
{
	supervise(g, 0);
}
static void supervise_1(struct given_library *g)
{
	supervise(g, 1);
}
static void supervise_3(struct given_library *g)
{
	supervise(g, 3);
}
static void supervise_4(struct given_library *g)
{
	supervise(g, 4);
}
static void pulses_4(struct given_library *g)
{
	effect(g, (struct effect){.kind = EFFECT_PULSES, .param = PARAM_NONE, .value = 4});
}
static void pulses_0(struct given_library *g)
{
	effect(g, (struct effect){.kind = EFFECT_PULSES, .param = PARAM_NONE, .value = 0});
}
static void total_energy(struct given_library *g)
{
	effect(g, (struct effect){.kind = EFFECT_TOTAL, .param = ENERGY_UJ, .value = 1});
}
static void total_0(struct given_library *g)
{
	effect(g, (struct effect){.kind = EFFECT_TOTAL, .param = ENERGY_UJ, .value = 0});
}
static void total_fluence(struct given_library *g)
{
	effect(g, (struct effect){.kind = EFFECT_TOTAL, .param = FLUENCE_UJ_CM2, .value = 1});
}
static void together(struct given_library *g, uint8_t n, enum param a, enum param b)
{
	effect(g, (struct effect){.kind = EFFECT_ONE_STEP,
	                          .param = PARAM_NONE,
	                          .n_together = n,
	                          .together = {a, b, RATE_MILLIHZ}});
}
static void one_step(struct given_library *g)
{
	together(g, 3, FLUENCE_UJ_CM2, WIDTH_PS);
}
static void one_step_of_one(struct given_library *g)
{
	together(g, 1, FLUENCE_UJ_CM2, WIDTH_PS);
}
static void one_step_twice_the_same(struct given_library *g)
{
	together(g, 2, WIDTH_PS, WIDTH_PS);
}
static void one_step_spot(struct given_library *g)
{
	together(g, 2, FLUENCE_UJ_CM2, SPOT_UM);
}

/* A second one, in the rule "pregnancy", which stands before the neck's. */
static struct rule *two_one_steps(struct given_library *g)
{
	struct rule *other = given_rule(g, "pregnancy");

	one_step(g);
	other->then[other->n_then++] = given_rule(g, "neck")->then[0];
	return other;
}
static void two_for_all(struct given_library *g)
{
	(void)two_one_steps(g);
}
static void two_for_one_class(struct given_library *g)
{
	two_one_steps(g)->classes = 1u << GIVEN_ALEX;
	given_rule(g, "neck")->classes = 3;
}
static void two_for_two_classes(struct given_library *g)
{
	two_one_steps(g)->classes = 1u << GIVEN_ALEX;
	given_rule(g, "neck")->classes = 1u << GIVEN_NDYAG;
}
static void two_for_two_sites(struct given_library *g)
{
	two_one_steps(g)->sites = 1u << GIVEN_LEG;
}
static void two_for_a_site_and_all(struct given_library *g)
{
	two_one_steps(g)->sites = 1u << GIVEN_LEG;
	given_rule(g, "neck")->sites = 0;
}
static void two_for_two_indications(struct given_library *g)
{
	two_one_steps(g)->indications = 1u << GIVEN_HAIR;
	given_rule(g, "neck")->indications = 1u << GIVEN_VASCULAR;
}
static void two_for_two_sessions(struct given_library *g)
{
	two_one_steps(g)->session = RULE_TREATMENT;
	given_rule(g, "neck")->session = RULE_TEST_SPOT;
}
static void two_for_one_session(struct given_library *g)
{
	two_one_steps(g)->session = RULE_TREATMENT;
	given_rule(g, "neck")->session = RULE_TREATMENT;
}
static void two_for_a_session_and_all(struct given_library *g)
{
	two_one_steps(g)->session = RULE_TREATMENT;
}
static void two_for_all_and_a_session(struct given_library *g)
{
	(void)two_one_steps(g);
	given_rule(g, "neck")->session = RULE_TREATMENT;
}
static void second_effect_widens(struct given_library *g)
{
	given_rule(g, "tan")->then[1] =
	        (struct effect){EFFECT_RAISE_SKIN, PARAM_NONE, 6, 0, 0, 0, {0}};
}

/* ---- a row by itself ---- */

static struct row *lightest(struct given_library *g)
{
	return given_row(g, LIGHTEST);
}
static void hard_below_soft(struct given_library *g)
{
	given_row(g, DARKEST)->limit[0].hard = (struct span){INT64_MIN, GIVEN_J(45) - 1};
}
static void hard_is_soft(struct given_library *g)
{
	given_row(g, DARKEST)->limit[0].hard = (struct span){GIVEN_J(30), GIVEN_J(45)};
}
static void hard_above_soft(struct given_library *g)
{
	given_row(g, DARKEST)->limit[1].hard = (struct span){GIVEN_MS(30) + 1, INT64_MAX};
}
static void limit_twice(struct given_library *g)
{
	struct row *r = given_row(g, DARKEST);

	r->limit[r->n_limit++] = r->limit[1];
}
static void limited_and_unlimited(struct given_library *g)
{
	given_row(g, DARKEST)->unlimited |= PARAM_BIT(WIDTH_PS);
}
static void select_twice(struct given_library *g)
{
	struct row *r = given_row(g, DARKEST);

	r->select[r->n_select++] = r->select[1];
}
static void limit_reversed(struct given_library *g)
{
	given_row(g, DARKEST)->limit[0].soft = (struct span){GIVEN_J(45) + 1, GIVEN_J(45)};
}
static void limit_of_one_value(struct given_library *g)
{
	given_row(g, DARKEST)->limit[0].soft = (struct span){GIVEN_J(45), GIVEN_J(45)};
}
static void fluence_without_ceiling(struct given_library *g)
{
	lightest(g)->limit[0].soft = (struct span){GIVEN_J(30), INT64_MAX};
}
static void fluence_without_floor(struct given_library *g)
{
	lightest(g)->limit[0].soft = (struct span){INT64_MIN, GIVEN_J(60)};
}
static void width_from_nothing(struct given_library *g)
{
	lightest(g)->limit[1].soft = (struct span){0, GIVEN_MS(100)};
}
static void width_from_least(struct given_library *g)
{
	lightest(g)->limit[1].soft = (struct span){1, INT64_MAX};
}
static void spray(struct given_library *g, int64_t lo, int64_t hi)
{
	struct row *r = lightest(g);

	r->limit[r->n_limit++] = given_range(SPRAY_PS, lo, hi);
	for (int skin = 2; skin <= SKIN_TYPES; skin++) {
		r++;
		r->limit[r->n_limit++] = given_range(SPRAY_PS, GIVEN_MS(40), GIVEN_MS(40));
	}
}
static void spray_without_ends(struct given_library *g)
{
	spray(g, 0, INT64_MAX);
}
static void spray_with_floor(struct given_library *g)
{
	spray(g, GIVEN_MS(40), INT64_MAX);
}
static void spray_with_ceiling(struct given_library *g)
{
	spray(g, INT64_MIN, GIVEN_MS(50));
}
static void no_choices(struct given_library *g)
{
	given_limit(given_row(g, DARKEST), COOLING)->choices = 0;
}
static void choice_with_spans(struct given_library *g)
{
	struct limit *l = given_limit(given_row(g, DARKEST), COOLING);

	l->soft = (struct span){5, 1};
	l->hard = (struct span){9, 0};
}
static void select_reversed(struct given_library *g)
{
	given_row(g, DARKEST)->select[1].span.lo = GIVEN_MM(10) + 1;
}
static void select_no_choices(struct given_library *g)
{
	struct row *r = given_row(g, DARKEST);

	r->select[r->n_select++] = (struct select){.param = COOLING, .span = SPAN_ALL};
}
static void select_a_choice(struct given_library *g)
{
	struct row *r = given_row(g, DARKEST);

	r->select[r->n_select++] =
	        (struct select){COOLING, {1, 0}, UINT64_C(1) << (GIVEN_CONTACT - 1)};
}

/* clang-format off */
static const struct fault_row fault_rows[] = {
	{"the given library may be used", leave, PASSES},
	{"a library without rules and rows may be used", empty, PASSES},

	{"skin_type is missing", no_skin_fact, IN_FACTS(LIBRARY_NO_SKIN_FACT)},
	{"skin_type is beyond the facts", skin_fact_beyond, IN_FACTS(LIBRARY_NO_SKIN_FACT)},
	{"skin_type is a day", skin_in_days, IN_FACTS(LIBRARY_NO_SKIN_FACT)},
	{"skin_type has five values", five_skin_types, IN_FACTS(LIBRARY_NO_SKIN_FACT)},
	{"skin_type has seven values", seven_skin_types, IN_FACTS(LIBRARY_NO_SKIN_FACT)},
	{"skin types out of order", skin_types_turned, IN_FACTS(LIBRARY_NO_SKIN_FACT)},
	{"skin_type is derived", skin_derived, IN_FACTS(LIBRARY_NO_SKIN_FACT)},
	{"test_area is derived", test_fact_derived, IN_FACTS(LIBRARY_NO_TEST_FACT)},
	{"test_area is missing", no_test_fact, IN_FACTS(LIBRARY_NO_TEST_FACT)},
	{"test_area is beyond the facts", test_fact_beyond, IN_FACTS(LIBRARY_NO_TEST_FACT)},
	{"test_area is a day", test_fact_in_days, IN_FACTS(LIBRARY_NO_TEST_FACT)},

	{"a scale above 1 widens", scale_five_quarters, IN_NECK(LIBRARY_WIDENS, FLUENCE_UJ_CM2)},
	{"a scale of 1 does not", scale_one, PASSES},
	{"a scale of 0 is no scale", scale_nothing, IN_NECK(LIBRARY_WIDENS, FLUENCE_UJ_CM2)},
	{"a small scale passes", scale_smallest, PASSES},
	{"a scale over 0 widens without end", scale_by_nothing,
	 IN_NECK(LIBRARY_WIDENS, FLUENCE_UJ_CM2)},
	{"a scaled pulse width would be shorter", scale_width, IN_NECK(LIBRARY_DANGER, WIDTH_PS)},
	{"a spot is not scaled", scale_spot, IN_NECK(LIBRARY_DANGER, SPOT_UM)},
	{"a scale of no parameter", scale_no_param, IN_NECK(LIBRARY_DANGER, PARAM_NONE)},
	{"a raise by nothing", raise_0, IN_NECK(LIBRARY_WIDENS, PARAM_NONE)},
	{"a raise by one", raise_1, PASSES},
	{"a raise by five, from I to VI", raise_5, PASSES},
	{"a raise by six", raise_6, IN_NECK(LIBRARY_WIDENS, PARAM_NONE)},
	{"a minimum pulse width", minimum_width, PASSES},
	{"a minimum of nothing", minimum_nothing, IN_NECK(LIBRARY_EMPTY_LIMIT, WIDTH_PS)},
	{"a minimum fluence", minimum_fluence, IN_NECK(LIBRARY_DANGER, FLUENCE_UJ_CM2)},
	{"a minimum spot", minimum_spot, IN_NECK(LIBRARY_DANGER, SPOT_UM)},
	{"a maximum rate", maximum_rate, PASSES},
	{"a maximum of nothing", maximum_nothing, IN_NECK(LIBRARY_EMPTY_LIMIT, RATE_MILLIHZ)},
	{"a maximum pulse width", maximum_width, IN_NECK(LIBRARY_DANGER, WIDTH_PS)},
	{"a step of fluence", step_fluence, PASSES},
	{"a step of pulse width", step_width, PASSES},
	{"a step of nothing", step_nothing, IN_NECK(LIBRARY_EMPTY_LIMIT, WIDTH_PS)},
	{"a step of a spot", step_spot, IN_NECK(LIBRARY_NO_DIRECTION, SPOT_UM)},
	{"a budget of five quarters", budget, PASSES},
	{"a budget of one ceiling", budget_of_one, PASSES},
	{"a budget of less", budget_below_one, IN_NECK(LIBRARY_SHARE, FLUENCE_UJ_CM2)},
	{"a budget of pulse width", budget_width, IN_NECK(LIBRARY_DANGER, WIDTH_PS)},
	{"a budget of no days", budget_of_no_days, IN_NECK(LIBRARY_EMPTY_LIMIT, FLUENCE_UJ_CM2)},
	{"six fifths of what was tested", tested, PASSES},
	{"less than what was tested", tested_below_one, IN_NECK(LIBRARY_SHARE, FLUENCE_UJ_CM2)},
	{"a share by nothing of what was tested", tested_by_nothing,
	 IN_NECK(LIBRARY_SHARE, FLUENCE_UJ_CM2)},
	{"a tested spot", tested_spot, IN_NECK(LIBRARY_DANGER, SPOT_UM)},
	{"two beyond six fifths of a pulse width", two_width, PASSES},
	{"two beyond the limit itself", two_of_one, PASSES},
	{"two before the limit", two_below_one, IN_NECK(LIBRARY_SHARE, FLUENCE_UJ_CM2)},
	{"two beyond a share by nothing", two_by_nothing, IN_NECK(LIBRARY_SHARE, FLUENCE_UJ_CM2)},
	{"two beyond a thousand times", two_of_1000, PASSES},
	{"two beyond more than that", two_of_1001, IN_NECK(LIBRARY_SHARE, FLUENCE_UJ_CM2)},
	{"two beyond a spot", two_spot, IN_NECK(LIBRARY_NO_DIRECTION, SPOT_UM)},
	{"supervised from nowhere", supervise_0, IN_NECK(LIBRARY_EMPTY_LIMIT, PARAM_NONE)},
	{"supervised on call", supervise_1, PASSES},
	{"supervised in the room", supervise_3, PASSES},
	{"supervised from nearer than that", supervise_4, IN_NECK(LIBRARY_EMPTY_LIMIT, PARAM_NONE)},
	{"four pulses", pulses_4, PASSES},
	{"a total of energy", total_energy, PASSES},
	{"a total of nothing", total_0, IN_NECK(LIBRARY_EMPTY_LIMIT, ENERGY_UJ)},
	{"a total of fluence", total_fluence, IN_NECK(LIBRARY_TOTAL, FLUENCE_UJ_CM2)},
	{"no pulses", pulses_0, IN_NECK(LIBRARY_EMPTY_LIMIT, PARAM_NONE)},
	{"one step of three", one_step, PASSES},
	{"one step of one", one_step_of_one, IN_NECK(LIBRARY_TOGETHER, PARAM_NONE)},
	{"one step of the same", one_step_twice_the_same, IN_NECK(LIBRARY_TOGETHER, PARAM_NONE)},
	{"one step of a spot", one_step_spot, IN_NECK(LIBRARY_NO_DIRECTION, PARAM_NONE)},
	{"two rules of one step", two_for_all, TWICE},
	{"two of one step for one class", two_for_one_class, TWICE},
	{"two of one step for two classes", two_for_two_classes, PASSES},
	{"two of one step for two sites", two_for_two_sites, PASSES},
	{"two of one step for a site and for all", two_for_a_site_and_all, TWICE},
	{"two of one step for two indications", two_for_two_indications, PASSES},
	{"two of one step for two kinds of session", two_for_two_sessions, PASSES},
	{"two of one step for one kind of session", two_for_one_session, TWICE},
	{"one for all sessions after one for some", two_for_a_session_and_all, TWICE},
	{"one for all sessions before one for some", two_for_all_and_a_session, TWICE},
	{"a rule's second effect", second_effect_widens,
	 LIBRARY_WIDENS, "tan", NULL, PARAM_NONE, true},

	{"a hard ceiling below the soft one", hard_below_soft,
	 IN_DARKEST(LIBRARY_HARD_INSIDE, FLUENCE_UJ_CM2)},
	{"a hard floor above the soft one", hard_above_soft,
	 IN_DARKEST(LIBRARY_HARD_INSIDE, WIDTH_PS)},
	{"a hard limit that is the soft one", hard_is_soft, PASSES},
	{"a parameter limited twice", limit_twice, IN_DARKEST(LIBRARY_LIMIT_TWICE, WIDTH_PS)},
	{"a parameter limited and unlimited", limited_and_unlimited,
	 IN_DARKEST(LIBRARY_LIMIT_TWICE, WIDTH_PS)},
	{"a parameter selected twice", select_twice, IN_DARKEST(LIBRARY_SELECT_TWICE, SPOT_UM)},
	{"a limit that runs backwards", limit_reversed,
	 IN_DARKEST(LIBRARY_EMPTY_LIMIT, FLUENCE_UJ_CM2)},
	{"a limit of one value", limit_of_one_value, PASSES},
	{"a fluence without ceiling", fluence_without_ceiling,
	 IN_LIGHTEST(LIBRARY_EMPTY_LIMIT, FLUENCE_UJ_CM2)},
	{"a fluence needs no floor", fluence_without_floor, PASSES},
	{"a pulse width from 0", width_from_nothing, IN_LIGHTEST(LIBRARY_EMPTY_LIMIT, WIDTH_PS)},
	{"a pulse width needs no ceiling", width_from_least, PASSES},
	{"a spray without ends", spray_without_ends, IN_LIGHTEST(LIBRARY_EMPTY_LIMIT, SPRAY_PS)},
	{"a spray with a floor", spray_with_floor, PASSES},
	{"a spray with a ceiling", spray_with_ceiling, PASSES},
	{"a choice of nothing", no_choices, IN_DARKEST(LIBRARY_EMPTY_LIMIT, COOLING)},
	{"a choice's spans are not looked at", choice_with_spans, PASSES},
	{"a selector that runs backwards", select_reversed,
	 IN_DARKEST(LIBRARY_EMPTY_LIMIT, SPOT_UM)},
	{"a selector of no choice", select_no_choices, IN_DARKEST(LIBRARY_EMPTY_LIMIT, COOLING)},
	{"a selector of a choice", select_a_choice, PASSES},
};
/* clang-format on */

static void every_fault_of_one_thing_has_its_library(void **state)
{
	(void)state;
	for (enum library_fault f = LIBRARY_HARD_INSIDE; f <= LIBRARY_NO_TEST_FACT; f++)
		assert_true(some_row_finds(fault_rows, ARRAY_LEN(fault_rows), f));
}

static void what_does_not_fit_is_counted(void **state)
{
	static struct given_library g;
	struct library_finding found[2] = {{.a = 77}, {.a = 77}};

	(void)state;
	given_library(&g);
	no_skin_fact(&g);
	no_test_fact(&g);
	raise_6(&g);
	assert_i64(library_check(&g.lib, NULL, 0), 3);
	assert_i64(library_check(&g.lib, found, 1), 3);
	assert_i64(found[0].fault, LIBRARY_NO_SKIN_FACT);
	assert_i64(found[1].a, 77);
}

/* Every kind of effect but the bounded ones may stand anywhere. */
static void what_only_stops_or_tells_is_never_wrong(void **state)
{
	static const enum effect_kind kinds[] = {EFFECT_BLOCK, EFFECT_HOLD, EFFECT_TEST_SPOT,
	                                         EFFECT_NOTE};
	static struct given_library g;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		given_library(&g);
		effect(&g, (struct effect){.kind = kinds[i], .param = PARAM_NONE});
		assert_i64(library_check(&g.lib, NULL, 0), 0);
	}
}

static void words_and_letters(void **state)
{
	(void)state;
	assert_text(library_fault_words(LIBRARY_OK), "");
	assert_text(library_fault_words(LIBRARY_OVERLAP), "two rows fit the same settings");
	assert_text(library_fault_words(LIBRARY_NO_TEST_FACT), "facts lack the choice test_area");
	assert_i64(row_status_letter(STATUS_A), 'A');
	assert_i64(row_status_letter(STATUS_T), 'T');
	assert_i64(row_status_letter(STATUS_M), 'M');
	assert_i64(row_status_letter(STATUS_NO_ROW), '-');
	assert_i64(row_status_letter(STATUS_B), 'B');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_fault_of_one_thing_has_its_library),
	        cmocka_unit_test(what_does_not_fit_is_counted),
	        cmocka_unit_test(what_only_stops_or_tells_is_never_wrong),
	        cmocka_unit_test(words_and_letters),
	};
	int failures = 0;

	failures +=
	        RUN_ROWS("facts, rules and rows by themselves", fault_rows, exactly_that_is_found);
	failures += cmocka_run_group_tests(tests, NULL, NULL);
	return failures != 0;
}
