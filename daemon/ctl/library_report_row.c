#include "ctl.h"
#include "library_reach.h"
#include "library_report.h"

#define EACH_PROFILE(all, device_class, p) \
	size_t at = 0;                     \
	for (const struct profile *p; (p = next_profile(all, device_class, &at)) != NULL;)

static uint64_t bits_below(unsigned n)
{
	return n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

/* The sites where some rule without a condition blocks this class and indication. */
static uint64_t sites_blocked(const struct library *lib, uint8_t device_class, unsigned indication)
{
	uint64_t blocked = 0;

	for (uint32_t i = 0; i < lib->n_rules; i++) {
		const struct rule *r = &lib->rule[i];
		bool blocks = false;

		for (uint8_t e = 0; e < r->n_then; e++)
			blocks = blocks || r->then[e].kind == EFFECT_BLOCK;
		if (blocks && r->n_when == 0 && r->session == RULE_ANY_SESSION &&
		    (r->classes == 0 || (r->classes >> device_class & 1) != 0) &&
		    (r->indications == 0 || (r->indications >> indication & 1) != 0))
			blocked |= r->sites != 0 ? r->sites : UINT64_MAX;
	}
	return blocked;
}

static bool blocked_everywhere(const struct library *lib, const struct row *row)
{
	uint64_t sites = row->sites != 0 ? row->sites : bits_below(lib->sites.count);

	for (unsigned i = 0; i < lib->indications.count; i++)
		if ((row->indications >> i & 1) != 0 &&
		    (sites & ~sites_blocked(lib, row->device_class, i)) != 0)
			return false;
	return true;
}

/* Why no device fits: the first selector none can meet; else there are two that none meets both. */
static void report_unfit(struct reports *all, const struct row *row)
{
	for (uint8_t i = 0; i < row->n_select; i++) {
		const struct select *sel = &row->select[i];
		const char *param = param_info(sel->param)->words;
		char value[200] = "";
		bool reports = false, selects = false;

		EACH_PROFILE(all, row->device_class, p)
		{
			reports = reports || regmap_param_row(p, sel->param) != NULL;
			selects = selects || reach_selects(p, sel);
		}
		value_words(all->lib, sel->param, sel->span, sel->choices, value, sizeof value);
		if (!reports)
			report_row(all, row,
			           "nobody can reach it: no device profile of its class reports "
			           "its %s, and it is for %s",
			           param, value);
		else if (!selects)
			report_row(all, row,
			           "nobody can reach it: no device profile of its class can be "
			           "set to %s %s",
			           param, value);
		if (!selects)
			return;
	}
	report_row(all, row,
	           "nobody can reach it: no device profile of its class can be set to "
	           "all it selects at once");
}

/* Does the device reach beyond what the limit allows? */
static bool goes_beyond(const struct reach *can, const struct limit *l, struct span allowed)
{
	enum danger danger = param_info(l->param)->danger;

	if (param_is_choice(l->param))
		return (can->choices & ~l->choices) != 0;
	return (danger != DANGER_DOWN && can->span.hi > allowed.hi) ||
	       (danger != DANGER_UP && can->span.lo < allowed.lo);
}

static void report_limit(struct reports *all, const struct row *row, const struct limit *l)
{
	const char *param = param_info(l->param)->words;
	bool reported = false, soft = false, hard = false;
	char text[WORDS_LEN] = "", top[200] = "";

	EACH_PROFILE(all, row->device_class, p)
	{
		struct reach can = reach_of(p, row, l->param);

		if (!reach_fits(p, row) || !can.known)
			continue;
		reported = true;
		soft = soft || goes_beyond(&can, l, l->soft);
		hard = hard || goes_beyond(&can, l, l->hard);
		add(top, sizeof top, "%s%s: ", top[0] != '\0' ? "; " : "", p->name);
		value_words(all->lib, l->param, can.span, can.choices, top, sizeof top);
	}
	limit_words(all->lib, l, text, sizeof text);
	if (!reported)
		report_row(all, row,
		           "its limit to %s always holds: no device profile that fits the row "
		           "reports it",
		           param);
	else if (!soft)
		report_row(all, row,
		           "its limit to %s, %s, never binds: no device goes beyond it (%s)", param,
		           text, top);
	else if (has_hard_limit(l) && !hard)
		report_row(all, row,
		           "its hard limit to %s never binds: no device goes beyond it (%s)", param,
		           top);
}

void report_of_row(struct reports *all, const struct row *row)
{
	bool fits = false;

	if (blocked_everywhere(all->lib, row))
		report_row(all, row,
		           "nobody can reach it: rules without a condition block all its "
		           "sites and indications");
	if (!has_profile(all, row->device_class))
		return; /* said of the class */
	EACH_PROFILE(all, row->device_class, p)
	{
		fits = fits || reach_fits(p, row);
	}
	if (!fits) {
		report_unfit(all, row);
		return;
	}
	for (uint8_t i = 0; i < row->n_limit; i++)
		report_limit(all, row, &row->limit[i]);
}
