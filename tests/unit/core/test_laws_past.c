/*
 * The laws of past doses, on histories drawn by lot (the same every time): what is told never
 * widens what nobody told of; what is not known is never better than what is; more past dose, one
 * session more on the day that counts, and less waiting never widen; a test area that passed with
 * less never widens. What a physician has cleared is left out: clearing is an answer.
 *
 * The reference of a step is the last dose, so a higher last dose does let the next go higher, up
 * to the row's own ceiling: of that the laws say only that it never passes what nobody told of.
 */
#include "given.h"
#include "given_past.h"

#include "core/verdict.h"

#define ROUNDS 2000

static struct given_library g;
static struct history past;
static struct limits limits;
static uint64_t seed;

/* xorshift */
static uint32_t lot(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

/* Two spots, five fluences, five widths around the steps from what histories say. */
#define GRID (2 * 5 * 5)

struct outcome {
	uint8_t kind[GRID];
	int64_t ceiling[2];
};

static struct settings asked(unsigned k)
{
	static const int64_t j[] = {1, 8, 14, 20, 29}, ms[] = {3, 6, 10, 15, 25};
	struct settings s = {.known = 0};

	settings_set(&s, WAVELENGTH_NM, 755);
	settings_set(&s, COOLING, GIVEN_CRYOGEN);
	settings_set(&s, SPRAY_PS, GIVEN_MS(40));
	settings_set(&s, DELAY_PS, GIVEN_MS(30));
	settings_set(&s, SPOT_UM, GIVEN_MM(k % 2 == 0 ? 18 : 15));
	settings_set(&s, FLUENCE_UJ_CM2, GIVEN_J(j[k / 2 % 5]));
	settings_set(&s, WIDTH_PS, GIVEN_MS(ms[k / 10]));
	return s;
}

static void the_rules(void)
{
	static const struct effect all[] = {
	        {.kind = EFFECT_STEP, .param = FLUENCE_UJ_CM2, .value = 5000000},
	        {.kind = EFFECT_STEP, .param = WIDTH_PS, .value = 5000000000},
	        {.kind = EFFECT_ONE_STEP, .n_together = 2, .together = {FLUENCE_UJ_CM2, WIDTH_PS}},
	        {.kind = EFFECT_BUDGET, .param = FLUENCE_UJ_CM2, .value = 28, .num = 5, .den = 4},
	        {.kind = EFFECT_TESTED, .param = FLUENCE_UJ_CM2, .num = 6, .den = 5}};

	given_library(&g);
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		given_add_rule(&g, (struct rule){.id = "past", .n_then = 1, .then = {all[i]}});
}

static void look(const struct history *h, struct outcome *o)
{
	struct patient_case c = {.device_class = GIVEN_ALEX,
	                         .site = GIVEN_LEG,
	                         .today = GIVEN_TODAY,
	                         .facts = given_facts(3),
	                         .history = h};
	struct verdict v;

	history_derive(&g.lib, &c);
	assert_i64(limits_compute(&g.lib, &c, &limits), LIMITS_OK);
	for (unsigned k = 0; k < GRID; k++) {
		struct settings s = asked(k);

		verdict_judge_settings(&limits, 0, FLUENCE_REPORTED, &s, &v);
		o->kind[k] = (uint8_t)v.kind;
	}
	for (int i = 0; i < 2; i++)
		o->ceiling[i] = limits.cell[i].limit[0].soft.hi;
}

static void not_wider(const struct outcome *less, const struct outcome *more)
{
	for (unsigned k = 0; k < GRID; k++)
		assert_true(more->kind[k] >= less->kind[k]);
}

static bool the_same(const struct outcome *a, const struct outcome *b)
{
	return memcmp(a->kind, b->kind, sizeof a->kind) == 0;
}

/* --- a history by lot ---------------------------------------------------------------------- */

static struct given_dose a_dose(void)
{
	return (struct given_dose){50 + 10 * (int64_t)lot(20), lot(2) == 0 ? 15 : 18,
	                           3 + (int64_t)lot(20), (int64_t)lot(3)};
}

static struct given_session a_session(int32_t days_ago)
{
	struct given_session s = {lot(5) == 0 ? GIVEN_NDYAG : GIVEN_ALEX,
	                          lot(5) == 0 ? GIVEN_FACE : GIVEN_LEG,
	                          lot(6) == 0,
	                          days_ago,
	                          (uint16_t)lot(3),
	                          {{0}}};

	for (uint16_t i = 0; i < s.n; i++)
		s.dose[i] = a_dose();
	return s;
}

static void draw(void)
{
	uint32_t n = lot(7);

	history_forget(&past);
	past.treatments = HISTORY_TOLD;
	for (uint32_t i = 0; i < n; i++) {
		struct given_session s = a_session(1 + (int32_t)lot(35));

		given_treatment(&past, &s);
	}
	if (lot(2) == 0) {
		struct given_dose d[2] = {a_dose(), a_dose()};

		given_test(&past, d, (uint16_t)lot(3));
	}
}

/* NULL when this site has had nothing with this class. */
static struct treatment *last_here(void)
{
	struct treatment *last = NULL;

	for (uint16_t i = 0; i < past.n; i++) {
		struct treatment *t = &past.treatment[i];

		if (t->device_class == GIVEN_ALEX && t->site == GIVEN_LEG && !t->test_spot &&
		    (last == NULL || t->days_ago < last->days_ago))
			last = t;
	}
	return last;
}

/* --- what may be done to it, and false when it cannot -------------------------------------- */

static bool nothing_told(void)
{
	history_forget(&past);
	return true;
}

static bool looked_for_in_vain(void)
{
	past.treatments = HISTORY_UNKNOWN;
	past.test = HISTORY_UNKNOWN;
	return true;
}

static struct treatment *anyone(void)
{
	return past.n > 0 ? &past.treatment[lot(past.n)] : NULL;
}

static bool a_dose_forgotten(void)
{
	struct treatment *t = anyone();

	if (t == NULL || t->n_doses == 0)
		return false;
	t->n_doses = 0;
	return true;
}

static bool a_parameter_forgotten(void)
{
	static const enum param any[] = {FLUENCE_UJ_CM2, WIDTH_PS, SPOT_UM};
	struct settings *s;

	if (past.n_doses == 0)
		return false;
	s = &past.dose[lot(past.n_doses)];
	s->known &= ~PARAM_BIT(any[lot(ARRAY_LEN(any))]);
	return true;
}

static bool a_site_forgotten(void)
{
	struct treatment *t = anyone(), *last = last_here();

	/* not of a later one, whose dose may be the higher */
	if (t == NULL || t->test_spot || (last != NULL && t->days_ago < last->days_ago))
		return false;
	t->site = NOT_NAMED;
	return true;
}

static bool a_test_forgotten(void)
{
	past.test_area.n_doses = 0;
	return past.test == HISTORY_TOLD;
}

static bool tested_with_less(void)
{
	if (past.test != HISTORY_TOLD || past.test_area.n_doses == 0)
		return false;
	past.dose[past.test_area.first_dose].value[FLUENCE_UJ_CM2] /= 2;
	return true;
}

static bool a_session_more_before(void)
{
	struct treatment *last = last_here();
	struct given_session s = a_session(last != NULL ? last->days_ago + 1 : 0);

	if (last == NULL)
		return false;
	given_treatment(&past, &s);
	return true;
}

/* Doses of each row by themselves: in these rows nothing with a direction selects. */
static bool a_session_more_on_that_day(void)
{
	struct treatment *last = last_here();
	struct given_session s = a_session(last != NULL ? last->days_ago : 0);

	if (last == NULL)
		return false;
	given_treatment(&past, &s);
	return true;
}

static bool more_passes(void)
{
	if (past.n_doses == 0)
		return false;
	settings_set(&past.dose[lot(past.n_doses)], PASSES, 4);
	return true;
}

static bool more_before_the_last(void)
{
	const struct treatment *last = last_here();
	bool any = false;

	for (uint16_t i = 0; last != NULL && i < past.n; i++) {
		const struct treatment *t = &past.treatment[i];

		for (uint16_t k = 0; t->days_ago > last->days_ago && k < t->n_doses; k++) {
			past.dose[t->first_dose + k].value[FLUENCE_UJ_CM2] *= 2;
			any = true;
		}
	}
	return any;
}

/* All of them nearer by as much, so that the last one stays the last. */
static bool less_waiting(void)
{
	for (uint16_t i = 0; i < past.n; i++)
		past.treatment[i].days_ago -= 20;
	return past.n > 0;
}

/* --- the laws ------------------------------------------------------------------------------ */

struct law {
	const char *name;
	bool (*change)(void);
	bool widens; /* the change may only widen; else only narrow */
	bool told;   /* only where the test area is told: by hand it says less */
};

static const struct law laws[] = {
        {"what is told narrows what nobody told of", nothing_told, true, false},
        {"what was looked for in vain", looked_for_in_vain, false, false},
        {"a dose that is forgotten", a_dose_forgotten, false, false},
        {"a parameter that is forgotten", a_parameter_forgotten, false, false},
        {"a site that is forgotten", a_site_forgotten, false, false},
        {"what it was tested with is forgotten", a_test_forgotten, false, true},
        {"a test area made with less", tested_with_less, false, true},
        {"a session more, before the last", a_session_more_before, false, false},
        {"a session more, on that day", a_session_more_on_that_day, false, false},
        {"more passes", more_passes, false, false},
        {"more, before the last", more_before_the_last, false, false},
        {"less waiting", less_waiting, false, false},
};

static void law_holds(void **state)
{
	const struct law *law = *state;
	unsigned tried = 0, differ = 0;

	the_rules();
	seed = UINT64_C(755) << 20;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct outcome before, after;

		draw();
		look(&past, &before);
		if (!law->change())
			continue;
		look(&past, &after);
		tried++;
		differ += !the_same(&before, &after);
		if (law->widens)
			not_wider(&after, &before);
		else
			not_wider(&before, &after);
	}
	assert_true(tried > ROUNDS / 10);
	assert_true(differ > 20); /* or the change would say nothing */
}

/* Whatever was had before, and whatever passed: never above the row. */
static void no_past_raises_a_ceiling(void **state)
{
	(void)state;
	the_rules();
	seed = 1064;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct outcome o;

		draw();
		look(&past, &o);
		assert_true(o.ceiling[0] <= GIVEN_J(16)); /* 18 mm, III */
		assert_true(o.ceiling[1] <= GIVEN_J(26));
		assert_true(o.ceiling[0] >= 0 && o.ceiling[1] >= 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(no_past_raises_a_ceiling),
	};
	int failures = RUN_ROWS("past doses", laws, law_holds);

	failures += cmocka_run_group_tests_name("ceilings", tests, NULL, NULL);
	return failures != 0;
}
