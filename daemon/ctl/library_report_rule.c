#include "ctl.h"
#include "library_report.h"

static bool is_for(const struct rule *r, const struct row *row)
{
	return (r->classes == 0 || (r->classes >> row->device_class & 1) != 0) &&
	       meets(r->indications, row->indications) && meets(r->sites, row->sites);
}

static bool narrows(const struct effect *e, const struct row *row)
{
	const struct limit *l = row_limit(row, e->param);

	if (e->kind == EFFECT_SCALE)
		return l != NULL && l->soft.hi != INT64_MAX && e->num < e->den;
	if (e->kind == EFFECT_BUDGET) /* a share of a ceiling, as above; more than all of it */
		return l != NULL && l->soft.hi != INT64_MAX;
	if (e->kind == EFFECT_MINIMUM)
		return l == NULL || l->soft.lo < e->value;
	if (e->kind == EFFECT_MAXIMUM)
		return l == NULL || l->soft.hi > e->value;
	return true;
}

static void report_effects(struct reports *all, const struct rule *r)
{
	for (uint8_t e = 0; e < r->n_then; e++) {
		char does[WORDS_LEN] = "", text[WORDS_LEN + 80];
		bool any = false;

		for (uint32_t i = 0; i < all->lib->n_rows && !any; i++)
			any = is_for(r, &all->lib->row[i]) &&
			      narrows(&r->then[e], &all->lib->row[i]);
		if (any)
			continue;
		effect_words(&r->then[e], does, sizeof does);
		snprintf(text, sizeof text, "\"%s\" never binds: it narrows no row it is for",
		         does);
		report_rule(all, r, text);
	}
}

/* Two ends of a number that leave nothing between: then it speaks of no known answer. */
static void report_conditions(struct reports *all, const struct rule *r)
{
	for (uint8_t i = 0; i < r->n_when; i++)
		for (uint8_t k = 0; k < r->n_when; k++) {
			const struct condition *a = &r->when[i], *b = &r->when[k];
			const struct fact *f = &all->lib->fact[a->fact];
			char text[200];

			if (a->fact != b->fact || f->kind != FACT_NUMBER || a->below == 0 ||
			    b->at_least < a->below || b->at_least == RISK_UNKNOWN)
				continue;
			snprintf(text, sizeof text,
			         "it never speaks of a known answer: no %s is below %lld and at "
			         "least %lld",
			         f->name, (long long)a->below, (long long)b->at_least);
			report_rule(all, r, text);
		}
}

void report_of_rule(struct reports *all, const struct rule *r)
{
	bool open = false, meets_one = false;

	for (uint32_t i = 0; i < all->lib->n_rows; i++) {
		open = open || r->classes == 0 ||
		       (r->classes >> all->lib->row[i].device_class & 1) != 0;
		meets_one = meets_one || is_for(r, &all->lib->row[i]);
	}
	report_conditions(all, r);
	if (meets_one)
		report_effects(all, r);
	else if (open)
		report_rule(all, r,
		            "it never speaks: no row of its classes is for its sites and "
		            "indications");
}
