#include "core/past.h"

struct doses {
	const struct settings *dose;
	uint16_t n; /* 0: not known */
};

/* A place outside the history's doses is no dose. */
static struct doses doses_at(const struct history *h, uint16_t first, uint16_t n)
{
	bool inside = first <= h->n_doses && n <= h->n_doses - first;

	return (struct doses){&h->dose[inside ? first : 0], inside ? n : 0};
}

static bool counts(const struct library *lib, const struct patient_case *c,
                   const struct treatment *t)
{
	return !t->test_spot && history_same_class(lib, t, c->device_class) &&
	       history_same_site(lib, t, c->site);
}

/* What nobody told of is nothing; what was looked for in vain is not known. */
static bool told(const struct patient_case *c, unsigned *answer)
{
	enum history_said said = c->history != NULL ? c->history->treatments : HISTORY_SILENT;

	*answer = said == HISTORY_UNKNOWN ? PAST_NOT_KNOWN : 0;
	return said == HISTORY_TOLD;
}

/* --- the last dose ---------------------------------------------------------------------------- */

/* A value that selects only among rows of one kind of treatment: it may be shortened or raised from
 * row to row. */
static bool has_direction(enum param p)
{
	return param_info(p)->danger != DANGER_ANY;
}

static bool may_fit(const struct row *row, const struct settings *dose, bool loosely)
{
	for (uint8_t i = 0; i < row->n_select; i++) {
		const struct select *sel = &row->select[i];

		if ((loosely && has_direction(sel->param)) || !settings_has(dose, sel->param))
			continue;
		if (!limits_select_holds(sel, dose))
			return false;
	}
	return true;
}

static int64_t safer(enum param p, int64_t a, int64_t b)
{
	return (a < b) == (param_info(p)->danger == DANGER_UP) ? a : b;
}

static void take_safer(enum param p, int64_t v, unsigned *answer, int64_t *out)
{
	*out = (*answer & PAST_KNOWN) != 0 ? safer(p, *out, v) : v;
	*answer |= PAST_KNOWN;
}

/* False when none of them may fit. */
static bool take_doses(const struct doses *d, const struct row *row, enum param p, bool loosely,
                       unsigned *answer, int64_t *last)
{
	bool any = false;

	for (uint16_t i = 0; i < d->n; i++) {
		if (!may_fit(row, &d->dose[i], loosely))
			continue;
		any = true;
		if (settings_has(&d->dose[i], p))
			take_safer(p, d->dose[i].value[p], answer, last);
		else
			*answer |= PAST_NOT_KNOWN;
	}
	return any;
}

/* How many days ago the last one was whose day is known; DAYS_NOT_KNOWN when there is none. */
static int32_t last_day(const struct library *lib, const struct patient_case *c)
{
	int32_t last = DAYS_NOT_KNOWN;

	for (uint16_t i = 0; i < c->history->n; i++) {
		const struct treatment *t = &c->history->treatment[i];

		if (counts(lib, c, t) && t->days_ago != DAYS_NOT_KNOWN &&
		    (last == DAYS_NOT_KNOWN || t->days_ago < last))
			last = t->days_ago;
	}
	return last;
}

/* False when nothing of that day may fit the row. */
static bool look_back(const struct library *lib, const struct patient_case *c,
                      const struct row *row, enum param p, bool loosely, unsigned *answer,
                      int64_t *out)
{
	int32_t last = last_day(lib, c);
	bool any = false;

	for (uint16_t i = 0; i < c->history->n; i++) {
		const struct treatment *t = &c->history->treatment[i];
		struct doses d = doses_at(c->history, t->first_dose, t->n_doses);

		if (!counts(lib, c, t) || (t->days_ago != last && t->days_ago != DAYS_NOT_KNOWN))
			continue;
		if (d.n == 0)
			*answer |= PAST_NOT_KNOWN;
		if (take_doses(&d, row, p, loosely, answer, out))
			any = true;
	}
	return any;
}

unsigned past_last(const struct library *lib, const struct patient_case *c, const struct row *row,
                   enum param p, int64_t *last)
{
	unsigned answer;

	if (told(c, &answer) && !look_back(lib, c, row, p, false, &answer, last))
		(void)look_back(lib, c, row, p, true, &answer, last);
	return answer;
}

/* --- sums --------------------------------------------------------------------------------------
 */

static int64_t times_passes(const struct settings *dose, enum param p)
{
	int64_t passes = settings_has(dose, PASSES) ? dose->value[PASSES] : 1;
	int64_t all;

	if (passes < 1)
		passes = 1;
	return __builtin_mul_overflow(dose->value[p], passes, &all) ? INT64_MAX : all;
}

static int64_t highest(const struct doses *d, enum param p, unsigned *answer)
{
	int64_t most = 0;

	if (d->n == 0)
		*answer |= PAST_NOT_KNOWN;
	for (uint16_t i = 0; i < d->n; i++) {
		if (!settings_has(&d->dose[i], p)) {
			*answer |= PAST_NOT_KNOWN;
			continue;
		}
		int64_t had = times_passes(&d->dose[i], p);

		most = had > most ? had : most;
		*answer |= PAST_KNOWN;
	}
	return most;
}

unsigned past_sum(const struct library *lib, const struct patient_case *c, enum param p,
                  int64_t days, int64_t *sum)
{
	unsigned answer;
	bool any = told(c, &answer);

	*sum = 0;
	for (uint16_t i = 0; any && i < c->history->n; i++) {
		const struct treatment *t = &c->history->treatment[i];
		struct doses d = doses_at(c->history, t->first_dose, t->n_doses);

		if (!counts(lib, c, t) || t->days_ago >= days)
			continue;
		if (__builtin_add_overflow(*sum, highest(&d, p, &answer), sum))
			*sum = INT64_MAX;
	}
	return answer;
}

/* --- the test area ----------------------------------------------------------------------------
 */

unsigned past_tested(const struct patient_case *c, const struct row *row, enum param p,
                     int64_t *tested)
{
	const struct test_area *t = &c->history->test_area;
	struct doses d = doses_at(c->history, t->first_dose, t->n_doses);
	unsigned answer = 0;
	bool here = false;

	(void)take_doses(&d, row, p, false, &answer, tested);
	for (uint16_t i = 0; i < d.n; i++)
		if (limits_row_holds(row, &d.dose[i]))
			here = true;
	return here ? answer : PAST_NOT_KNOWN;
}
