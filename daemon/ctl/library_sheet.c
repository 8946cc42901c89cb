#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "library.h"

static bool same_select(const struct select *a, const struct select *b)
{
	if (b == NULL)
		return false;
	if (param_is_choice(a->param))
		return a->choices == b->choices;
	return a->span.lo == b->span.lo && a->span.hi == b->span.hi;
}

static bool same_selects(const struct row *a, const struct row *b)
{
	if (a->n_select != b->n_select || a->indications != b->indications || a->sites != b->sites)
		return false;
	for (uint8_t i = 0; i < a->n_select; i++)
		if (!same_select(&a->select[i], limits_select(b, a->select[i].param)))
			return false;
	return true;
}

static void take_row(struct sheet *s, const struct row *r)
{
	size_t i = 0;

	while (i < s->n &&
	       (s->line[i].of[r->skin - 1] != NULL || !same_selects(s->line[i].first, r)))
		i++;
	if (i == s->n) {
		s->line[i] = (struct line_of_sheet){.first = r};
		s->n++;
	}
	s->line[i].of[r->skin - 1] = r;
	for (uint8_t l = 0; l < r->n_limit; l++)
		s->limited |= PARAM_BIT(r->limit[l].param);
	for (uint8_t l = 0; l < r->n_select; l++)
		s->selects |= PARAM_BIT(r->select[l].param);
	s->indications |= r->indications;
	s->sites |= r->sites;
}

/* What differs between lines: that is what a line is called by. */
static void find_varying(struct sheet *s)
{
	for (size_t i = 1; i < s->n; i++) {
		const struct row *a = s->line[0].first, *b = s->line[i].first;

		for (enum param p = 0; p < PARAM_COUNT; p++) {
			const struct select *x = limits_select(a, p), *y = limits_select(b, p);

			if (x == NULL ? y != NULL : !same_select(x, y))
				s->varying |= PARAM_BIT(p);
		}
		s->by_indication = s->by_indication || a->indications != b->indications;
		s->by_site = s->by_site || a->sites != b->sites;
		if (b->sites == 0)
			s->sites = 0;
	}
	if (s->n > 0 && s->line[0].first->sites == 0)
		s->sites = 0;
}

void sheet_make(struct sheet *s, const struct library *lib, uint8_t device_class)
{
	*s = (struct sheet){.lib = lib, .device_class = device_class};
	for (uint32_t i = 0; i < lib->n_rows; i++)
		s->n_rows += lib->row[i].device_class == device_class;
	s->line = calloc(s->n_rows + 1, sizeof *s->line);
	must(s->line != NULL);
	for (uint32_t i = 0; i < lib->n_rows; i++)
		if (lib->row[i].device_class == device_class)
			take_row(s, &lib->row[i]);
	find_varying(s);
}

void sheet_free(struct sheet *s)
{
	free(s->line);
	s->line = NULL;
}

static void put_select(const struct sheet *s, const struct select *sel, bool named, char *buf,
                       size_t len)
{
	add(buf, len, "%s", buf[0] != '\0' ? ", " : "");
	if (named)
		add(buf, len, "%s ", param_info(sel->param)->words);
	value_words(s->lib, sel->param, sel->span, sel->choices, buf, len);
}

/* A few by name; of many the first, the page has them all. */
static void put_sites(const struct sheet *s, uint64_t sites, char *buf, size_t len)
{
	int n = __builtin_popcountll(sites), first = 0;

	if (sites == 0 || sites == s->sites)
		add(buf, len, "every site");
	else if (n <= 3)
		names_words(&s->lib->sites, sites, "", buf, len);
	if (sites == 0 || sites == s->sites || n <= 3)
		return;
	while ((sites >> first & 1) == 0)
		first++;
	add(buf, len, "%s and %d more sites", s->lib->sites.name[first], n - 1);
}

void sheet_label(const struct sheet *s, const struct row *r, char *buf, size_t len)
{
	buf[0] = '\0';
	for (uint8_t i = 0; i < r->n_select; i++)
		if ((s->varying & PARAM_BIT(r->select[i].param)) != 0)
			put_select(s, &r->select[i],
			           r->select[i].param != SPOT_UM && r->select[i].param != TIP, buf,
			           len);
	if (s->by_indication) {
		add(buf, len, "%s", buf[0] != '\0' ? ", " : "");
		names_words(&s->lib->indications, r->indications, "every indication", buf, len);
	}
	if (s->by_site) {
		add(buf, len, "%s", buf[0] != '\0' ? ", " : "");
		put_sites(s, r->sites, buf, len);
	}
	/* a single line: by its spot or tip all the same */
	for (uint8_t i = 0; i < r->n_select && s->varying == 0; i++)
		if (r->select[i].param == SPOT_UM || r->select[i].param == TIP)
			put_select(s, &r->select[i], false, buf, len);
	if (buf[0] == '\0')
		add(buf, len, "all settings");
}

void sheet_shared(const struct sheet *s, char *buf, size_t len)
{
	buf[0] = '\0';
	for (uint8_t i = 0; s->n > 0 && i < s->line[0].first->n_select; i++) {
		const struct select *sel = &s->line[0].first->select[i];

		if ((s->varying & PARAM_BIT(sel->param)) == 0)
			put_select(s, sel, true, buf, len);
	}
}

void sheet_statuses(const struct sheet *s, char *buf, size_t len)
{
	buf[0] = '\0';
	for (uint8_t skin = 0; skin < SKIN_TYPES; skin++) {
		const struct row *best = NULL;

		for (size_t i = 0; i < s->n; i++) {
			const struct row *r = s->line[i].of[skin];

			if (r != NULL && (best == NULL || r->status < best->status))
				best = r;
		}
		add(buf, len, "%s%c", skin > 0 ? " " : "",
		    best == NULL ? '-' : row_status_letter(best->status));
	}
}

bool rule_touches(const struct sheet *s, const struct rule *r)
{
	if (r->classes != 0 && (r->classes >> s->device_class & 1) == 0)
		return false;
	if (s->n == 0) /* which indications and sites it would have is not known */
		return true;
	return (r->indications == 0 || (r->indications & s->indications) != 0) &&
	       (r->sites == 0 || s->sites == 0 || (r->sites & s->sites) != 0);
}

bool sheet_has_ceiling(const struct sheet *s, enum param p)
{
	if (param_info(p)->danger != DANGER_UP || (s->limited & PARAM_BIT(p)) == 0)
		return false;
	for (size_t i = 0; i < s->n; i++)
		for (uint8_t skin = 0; skin < SKIN_TYPES; skin++) {
			const struct row *r = s->line[i].of[skin];
			const struct limit *l = r == NULL ? NULL : row_limit(r, p);

			if (l != NULL && l->soft.hi != INT64_MAX)
				return true;
		}
	return false;
}
