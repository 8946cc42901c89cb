#include "core/history.h"

#include <string.h>

/* OPT58 asks for a longer pause after these; the names are those of protocols. */
static const char *const ABLATIVE[] = {"co2_fractional", "eryag_fractional", "ablative_full_field"};

#define TWELVE_MONTHS 365

/* test_area's answers, by name: a library may leave some out, and orders them by risk. */
#define READ_CLEAR    "read_clear"
#define MADE_NOT_READ "made_not_read"
#define NEVER_MADE    "none"
#define REACTION      "reaction"

struct past {
	const struct library *lib;
	const struct history *h;
	const struct patient_case *c;
};

static struct answer answer_of(const struct past *p, int64_t value)
{
	return (struct answer){.given = true, .value = value, .answered_day = p->c->today};
}

/* ---- treatments ---- */

static bool same_class(const struct past *p, const struct treatment *t)
{
	return t->device_class == p->c->device_class;
}

static bool other_class(const struct past *p, const struct treatment *t)
{
	return !same_class(p, t);
}

static bool ablative(const struct past *p, const struct treatment *t)
{
	const char *name = symbols_name(&p->lib->classes, t->device_class + 1);

	for (size_t i = 0; i < ARRAY_LEN(ABLATIVE); i++)
		if (strcmp(name, ABLATIVE[i]) == 0)
			return true;
	return false;
}

static bool lies_in(const struct library *lib, uint8_t inner, uint8_t outer)
{
	return inner < SITES_MAX && outer < SITES_MAX &&
	       ((lib->site[outer].inside >> inner) & 1) != 0;
}

/* The cheek is part of the face, whichever of them is treated now. */
static bool same_site(const struct past *p, const struct treatment *t)
{
	return t->site == p->c->site || lies_in(p->lib, t->site, p->c->site) ||
	       lies_in(p->lib, p->c->site, t->site);
}

/* The day of the last treatment of this site that counts. */
static struct answer last_day(const struct past *p,
                              bool (*counts)(const struct past *, const struct treatment *))
{
	int64_t last = DAY_NEVER;

	for (uint16_t i = 0; i < p->h->n; i++) {
		const struct treatment *t = &p->h->treatment[i];
		int64_t day = (int64_t)p->c->today - t->days_ago;

		if (!t->test_spot && same_site(p, t) && counts(p, t) && day > last)
			last = day;
	}
	return answer_of(p, last);
}

static struct answer derive_same(const struct past *p)
{
	return p->h->given ? last_day(p, same_class) : (struct answer){.given = false};
}

static struct answer derive_other(const struct past *p)
{
	return p->h->given ? last_day(p, other_class) : (struct answer){.given = false};
}

static struct answer derive_ablative(const struct past *p)
{
	return p->h->given ? last_day(p, ablative) : (struct answer){.given = false};
}

/* Of any site: it is the patient's skin that this class has not met yet. */
static struct answer derive_first(const struct past *p)
{
	if (!p->h->given)
		return (struct answer){.given = false};
	for (uint16_t i = 0; i < p->h->n; i++)
		if (!p->h->treatment[i].test_spot && same_class(p, &p->h->treatment[i]))
			return answer_of(p, 0);
	return answer_of(p, 1);
}

/* A day to come counts too: a count that may be too small would be the wider one. */
static struct answer derive_sessions(const struct past *p)
{
	int64_t n = 0;

	if (!p->h->given)
		return (struct answer){.given = false};
	for (uint16_t i = 0; i < p->h->n; i++) {
		const struct treatment *t = &p->h->treatment[i];

		if (!t->test_spot && same_site(p, t) && same_class(p, t) &&
		    t->days_ago <= TWELVE_MONTHS)
			n++;
	}
	return answer_of(p, n);
}

/* ---- the test area ---- */

bool test_area_sound(const struct test_area *t)
{
	if (!t->made)
		return !t->read && t->result == TEST_RESULT_NONE;
	if (t->made_days_ago < 0)
		return false;
	if (!t->read)
		return t->result != TEST_RESULT_CLEAR;
	return t->read_days_ago >= 0 && t->read_days_ago <= t->made_days_ago;
}

static const char *test_state(const struct test_area *t)
{
	if (!t->made)
		return NEVER_MADE;
	if (t->result == TEST_RESULT_REACTION)
		return REACTION;
	return t->result == TEST_RESULT_CLEAR ? READ_CLEAR : MADE_NOT_READ;
}

/* What the library has no word for is not known, and so the riskiest. */
static struct answer test_answer(const struct past *p)
{
	const struct fact *f = &p->lib->fact[p->lib->test_fact];

	if (!test_area_sound(&p->h->test))
		return (struct answer){.given = false};
	for (uint8_t i = 0; i < f->n_values; i++)
		if (strcmp(f->value[i], test_state(&p->h->test)) == 0)
			return answer_of(p, i);
	return (struct answer){.given = false};
}

/* As an event so many days ago, so that less waiting is more risk. */
static struct answer derive_wait(const struct past *p)
{
	const struct test_area *t = &p->h->test;

	if (!p->h->test_given || p->c->test_spot || !t->read || !test_area_sound(t))
		return (struct answer){.given = false};
	return answer_of(p, (int64_t)p->c->today - (t->made_days_ago - t->read_days_ago));
}

/* None of them for what people answer. */
static struct answer (*const derived[DERIVE_COUNT])(const struct past *) = {
        [DERIVE_SAME_CLASS] = derive_same,   [DERIVE_OTHER_CLASS] = derive_other,
        [DERIVE_ABLATIVE] = derive_ablative, [DERIVE_TEST_WAIT] = derive_wait,
        [DERIVE_FIRST] = derive_first,       [DERIVE_SESSIONS] = derive_sessions,
};

void history_derive(const struct library *lib, const struct history *h, struct patient_case *c)
{
	const struct past p = {lib, h, c};

	for (uint16_t i = 0; i < lib->n_facts; i++)
		if (derived[lib->fact[i].derive] != NULL)
			c->facts.answer[i] = derived[lib->fact[i].derive](&p);
	if (h->test_given)
		c->facts.answer[lib->test_fact] = test_answer(&p);
}
