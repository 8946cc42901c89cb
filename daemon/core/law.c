/*
 * Where two rows of one class fit the same settings, the darker one's must be within the lighter
 * one's, in limits and in status.
 *
 * A row is compared with the next lighter type, and with the types before it until one row covers
 * it whole: the types between may have rows for other settings, and then a comparison of neighbours
 * would not see the step. What is wrong with a row is told once, with the nearest lighter type that
 * shows it.
 */
#include "core/law.h"

void findings_add(struct findings *f, struct library_finding found)
{
	if (f->n < f->max)
		f->out[f->n] = found;
	f->n++;
}

void findings_add_rows(struct findings *f, enum library_fault fault, uint32_t a, uint32_t b,
                       enum param p)
{
	findings_add(f, (struct library_finding){fault, (int32_t)a, (int32_t)b, p, false});
}

/* ---- two rows ---- */

static uint64_t sites_of(const struct row *r)
{
	return r->sites == 0 ? UINT64_MAX : r->sites;
}

static bool selects_meet(const struct select *a, const struct select *b)
{
	if (param_in(params_choice, a->param))
		return (a->choices & b->choices) != 0;
	return a->span.lo <= b->span.hi && b->span.lo <= a->span.hi;
}

/* Some settings of some patient fit both. A parameter that only one of them selects keeps nothing
 * apart. This is the inner loop of the whole check: what differs most often is asked first. */
static bool rows_meet(const struct row *a, const struct row *b)
{
	if ((a->indications & b->indications) == 0 || (sites_of(a) & sites_of(b)) == 0)
		return false;
	for (uint8_t i = 0; i < a->n_select; i++)
		for (uint8_t j = 0; j < b->n_select; j++)
			if (a->select[i].param == b->select[j].param &&
			    !selects_meet(&a->select[i], &b->select[j]))
				return false;
	return true;
}

static bool select_within(const struct select *outer, const struct row *inner)
{
	for (uint8_t i = 0; i < inner->n_select; i++) {
		const struct select *s = &inner->select[i];

		if (s->param != outer->param)
			continue;
		if (param_in(params_choice, s->param))
			return (s->choices & ~outer->choices) == 0;
		return outer->span.lo <= s->span.lo && s->span.hi <= outer->span.hi;
	}
	return false;
}

/* Whatever fits inner fits outer too. */
static bool row_within(const struct row *outer, const struct row *inner)
{
	if ((inner->indications & ~outer->indications) != 0 ||
	    (sites_of(inner) & ~sites_of(outer)) != 0)
		return false;
	for (uint8_t i = 0; i < outer->n_select; i++)
		if (!select_within(&outer->select[i], inner))
			return false;
	return true;
}

static struct span narrower(struct span a, struct span b)
{
	return (struct span){a.lo > b.lo ? a.lo : b.lo, a.hi < b.hi ? a.hi : b.hi};
}

/* How far a row lets a parameter go: by its limit, and by its selector, beyond which it does not
 * fit any more. False when it has neither. */
static bool row_reach(const struct row *r, enum param p, struct limit *out)
{
	bool bound = false;

	*out = (struct limit){p, SPAN_ALL, SPAN_ALL, UINT64_MAX};
	for (uint8_t i = 0; i < r->n_limit; i++) {
		if (r->limit[i].param != p)
			continue;
		*out = r->limit[i];
		bound = true;
	}
	for (uint8_t i = 0; i < r->n_select; i++) {
		if (r->select[i].param != p)
			continue;
		out->soft = narrower(out->soft, r->select[i].span);
		out->hard = narrower(out->hard, r->select[i].span);
		out->choices &= r->select[i].choices;
		bound = true;
	}
	return bound;
}

static void check_darker_limit(const struct limit *lighter, const struct library *lib, uint32_t a,
                               uint32_t b, struct findings *f)
{
	enum param p = lighter->param;
	struct limit darker;

	if (!row_reach(&lib->row[b], p, &darker)) {
		findings_add_rows(f, LIBRARY_UNLIMITED, a, b, p);
		return;
	}
	if (param_in(params_choice, p)) {
		if ((darker.choices & ~lighter->choices) != 0)
			findings_add_rows(f, LIBRARY_MORE_CHOICES, a, b, p);
		return;
	}
	if (!param_in(params_down, p) &&
	    (darker.soft.hi > lighter->soft.hi || darker.hard.hi > lighter->hard.hi))
		findings_add_rows(f, LIBRARY_HIGHER_CEILING, a, b, p);
	if (!param_in(params_up, p) &&
	    (darker.soft.lo < lighter->soft.lo || darker.hard.lo < lighter->hard.lo))
		findings_add_rows(f, LIBRARY_LOWER_FLOOR, a, b, p);
}

static void check_darker(const struct library *lib, uint32_t a, uint32_t b, struct findings *f)
{
	const struct row *lighter = &lib->row[a];

	if (lib->row[b].status < lighter->status)
		findings_add_rows(f, LIBRARY_BETTER_STATUS, a, b, PARAM_NONE);
	for (uint8_t i = 0; i < lighter->n_limit; i++)
		check_darker_limit(&lighter->limit[i], lib, a, b, f);
}

/* ---- all rows ---- */

static int row_key(uint8_t device_class, uint8_t skin)
{
	return device_class << 8 | skin;
}

static int key_of(const struct row *r)
{
	return row_key(r->device_class, r->skin);
}

/* The first row whose key is not below; n_rows when there is none. */
static uint32_t first_row(const struct library *lib, int key)
{
	uint32_t lo = 0;
	uint32_t hi = lib->n_rows;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (key_of(&lib->row[mid]) < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void check_overlap(const struct library *lib, uint32_t a, struct findings *f)
{
	int key = key_of(&lib->row[a]);

	for (uint32_t b = a + 1; b < lib->n_rows && key_of(&lib->row[b]) == key; b++)
		if (rows_meet(&lib->row[a], &lib->row[b]))
			findings_add_rows(f, LIBRARY_OVERLAP, a, b, PARAM_NONE);
}

/* True when one row of that lighter type fits whatever the darker row fits. */
static bool check_against(const struct library *lib, uint32_t b, uint8_t skin, struct findings *f)
{
	const struct row *darker = &lib->row[b];
	uint32_t end = first_row(lib, row_key(darker->device_class, skin) + 1);
	bool covered = false;

	for (uint32_t a = first_row(lib, row_key(darker->device_class, skin)); a < end; a++) {
		if (!rows_meet(&lib->row[a], darker))
			continue;
		check_darker(lib, a, b, f);
		if (row_within(&lib->row[a], darker))
			covered = true;
	}
	return covered;
}

/* What covers the row has been compared with the types before it in its turn, so that is where the
 * way back may end. */
static void check_lighter(const struct library *lib, uint32_t b, struct findings *f)
{
	const struct row *r = &lib->row[b];
	size_t before = f->n;

	for (uint8_t skin = r->skin; skin > 1; skin--) {
		bool covered = check_against(lib, b, (uint8_t)(skin - 1), f);

		if (!covered && skin == r->skin && r->status <= STATUS_T)
			findings_add_rows(f, LIBRARY_WIDER_SELECT, INDEX_NONE, b, PARAM_NONE);
		if (covered || f->n != before)
			return;
	}
}

static bool has_hard(const struct limit *l)
{
	return !param_in(params_choice, l->param) &&
	       (l->hard.lo != INT64_MIN || l->hard.hi != INT64_MAX);
}

static bool covered_by_darker(const struct library *lib, const struct row *r)
{
	uint32_t end = first_row(lib, row_key(r->device_class, r->skin) + 2);

	for (uint32_t n = first_row(lib, row_key(r->device_class, r->skin) + 1); n < end; n++)
		if (row_within(&lib->row[n], r))
			return true;
	return false;
}

static bool stricter_than_no_row(const struct row *r)
{
	for (uint8_t n = 0; n < r->n_limit; n++)
		if (has_hard(&r->limit[n]))
			return true;
	return r->status == STATUS_B;
}

/* What has no row is held for one physician. That is stricter than A or T, so the lighter type may
 * not lack what the darker one has; but it is milder than B or a hard limit, so there the darker
 * one may not lack what the lighter one has. */
static void check_next_darker(const struct library *lib, uint32_t a, struct findings *f)
{
	const struct row *r = &lib->row[a];

	if (r->skin == SKIN_TYPES || !stricter_than_no_row(r) || covered_by_darker(lib, r))
		return;
	if (r->status == STATUS_B)
		findings_add_rows(f, LIBRARY_BETTER_STATUS, a, INDEX_NONE, PARAM_NONE);
	for (uint8_t n = 0; n < r->n_limit; n++)
		if (has_hard(&r->limit[n]))
			findings_add_rows(f, LIBRARY_UNLIMITED, a, INDEX_NONE, r->limit[n].param);
}

static bool check_order(const struct library *lib, struct findings *f)
{
	bool ordered = true;

	for (uint32_t b = 1; b < lib->n_rows; b++) {
		if (key_of(&lib->row[b - 1]) <= key_of(&lib->row[b]))
			continue;
		findings_add_rows(f, LIBRARY_ORDER, b - 1, b, PARAM_NONE);
		ordered = false;
	}
	return ordered;
}

void law_check(const struct library *lib, struct findings *f)
{
	if (!check_order(lib, f))
		return; /* without order there are no ranges to compare */
	for (uint32_t i = 0; i < lib->n_rows; i++) {
		check_overlap(lib, i, f);
		check_lighter(lib, i, f);
		check_next_darker(lib, i, f);
	}
}
