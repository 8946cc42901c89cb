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

/* Known to be asked, and not known: the riskiest. */
static struct answer not_known(const struct past *p)
{
	return answer_of(p, ANSWER_NOT_KNOWN);
}

/* ---- treatments ---- */

static bool named(const struct symbols *s, uint8_t index)
{
	return index < s->count;
}

bool history_same_class(const struct library *lib, const struct treatment *t, uint8_t device_class)
{
	return t->device_class == device_class && named(&lib->classes, device_class);
}

static bool same_class(const struct past *p, const struct treatment *t)
{
	return history_same_class(p->lib, t, p->c->device_class);
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
	return !named(&p->lib->classes, t->device_class);
}

static bool lies_in(const struct library *lib, uint8_t inner, uint8_t outer)
{
	return ((lib->site[outer].inside >> inner) & 1) != 0;
}

/* The cheek is part of the face, whichever of them is treated now. */
bool history_same_site(const struct library *lib, const struct treatment *t, uint8_t site)
{
	if (!named(&lib->sites, t->site) || !named(&lib->sites, site))
		return true;
	return t->site == site || lies_in(lib, t->site, site) || lies_in(lib, site, t->site);
}

static bool treated_here(const struct past *p, const struct treatment *t)
{
	return !t->test_spot && history_same_site(p->lib, t, p->c->site);
}

/* The day of the last treatment of this site that counts. One that is not known is a day to come,
 * and that is no answer. */
static struct answer last_day(const struct past *p,
                              bool (*counts)(const struct past *, const struct treatment *))
{
	int64_t last = DAY_NEVER;

	for (uint16_t i = 0; i < p->h->n; i++) {
		const struct treatment *t = &p->h->treatment[i];
		int64_t day = (int64_t)p->c->today - t->days_ago;

		if (treated_here(p, t) && counts(p, t) && day > last)
			last = day;
	}
	return answer_of(p, last);
}

static struct answer derive_same(const struct past *p)
{
	return last_day(p, same_class);
}

static struct answer derive_other(const struct past *p)
{
	return last_day(p, other_class);
}

static struct answer derive_ablative(const struct past *p)
{
	return last_day(p, ablative);
}

/* Of any site: it is the patient's skin that this class has not met yet. */
static struct answer derive_first(const struct past *p)
{
	for (uint16_t i = 0; i < p->h->n; i++)
		if (!p->h->treatment[i].test_spot && same_class(p, &p->h->treatment[i]))
			return answer_of(p, 0);
	return answer_of(p, 1);
}

/* A day to come, or not known, counts too: a count that may be too small would be the wider one. */
static struct answer derive_sessions(const struct past *p)
{
	int64_t n = 0;

	for (uint16_t i = 0; i < p->h->n; i++) {
		const struct treatment *t = &p->h->treatment[i];

		if (treated_here(p, t) && same_class(p, t) && t->days_ago <= TWELVE_MONTHS)
			n++;
	}
	return answer_of(p, n);
}

/* ---- the test area ---- */

static bool day_known(int32_t days_ago)
{
	return days_ago != DAYS_NOT_KNOWN;
}

static bool to_come(int32_t days_ago)
{
	return days_ago < 0 && day_known(days_ago);
}

bool test_area_sound(const struct test_area *t)
{
	if (!t->made)
		return !t->read && t->result == TEST_RESULT_NONE;
	if (to_come(t->made_days_ago))
		return false;
	if (!t->read)
		return t->result != TEST_RESULT_CLEAR;
	return !to_come(t->read_days_ago) &&
	       (t->read_days_ago <= t->made_days_ago || !day_known(t->made_days_ago));
}

static const char *test_state(const struct test_area *t)
{
	if (!t->made)
		return NEVER_MADE;
	if (t->result == TEST_RESULT_REACTION)
		return REACTION;
	return t->result == TEST_RESULT_CLEAR ? READ_CLEAR : MADE_NOT_READ;
}

static bool test_known(const struct past *p)
{
	return p->h->test == HISTORY_TOLD && test_area_sound(&p->h->test_area);
}

/* What the library has no word for is not known, and so the riskiest. */
static struct answer test_answer(const struct past *p)
{
	const struct fact *f = &p->lib->fact[p->lib->test_fact];

	for (uint8_t i = 0; test_known(p) && i < f->n_values; i++)
		if (strcmp(f->value[i], test_state(&p->h->test_area)) == 0)
			return answer_of(p, i);
	return not_known(p);
}

/* As an event so many days ago, so that less waiting is more risk. Where nothing was read nothing
 * was waited for: test_area itself says so. */
static struct answer derive_wait(const struct past *p)
{
	const struct test_area *t = &p->h->test_area;

	if (p->c->test_spot)
		return (struct answer){.given = false};
	if (!test_known(p))
		return not_known(p);
	if (!t->read)
		return (struct answer){.given = false};
	if (!day_known(t->made_days_ago) || !day_known(t->read_days_ago))
		return not_known(p);
	return answer_of(p, (int64_t)p->c->today - (t->made_days_ago - t->read_days_ago));
}

/* None of them for what people answer. */
static struct answer (*const derived[DERIVE_COUNT])(const struct past *) = {
        [DERIVE_SAME_CLASS] = derive_same,   [DERIVE_OTHER_CLASS] = derive_other,
        [DERIVE_ABLATIVE] = derive_ablative, [DERIVE_TEST_WAIT] = derive_wait,
        [DERIVE_FIRST] = derive_first,       [DERIVE_SESSIONS] = derive_sessions,
};

static enum history_said said_of(const struct history *h, enum derive what)
{
	if (h == NULL)
		return HISTORY_SILENT;
	return what == DERIVE_TEST_WAIT ? h->test : h->treatments;
}

static struct answer derive(const struct past *p, enum derive what)
{
	enum history_said said = said_of(p->h, what);

	if (said == HISTORY_SILENT)
		return (struct answer){.given = false};
	if (said == HISTORY_UNKNOWN && what != DERIVE_TEST_WAIT)
		return not_known(p);
	return derived[what](p);
}

void history_derive(const struct library *lib, struct patient_case *c)
{
	const struct past p = {lib, c->history, c};

	for (uint16_t i = 0; i < lib->n_facts; i++)
		if (lib->fact[i].derive != DERIVE_NONE)
			c->facts.answer[i] = derive(&p, lib->fact[i].derive);
	if (said_of(p.h, DERIVE_TEST_WAIT) != HISTORY_SILENT)
		c->facts.answer[lib->test_fact] = test_answer(&p);
}
