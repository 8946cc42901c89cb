/*
 * Why this limit for this patient? The limits are computed again and again, with one effect of one
 * rule more each time, in the order the gate lays them on: raises of the skin type, then minima and
 * maxima, then shares of a ceiling, then what past doses leave. What changed in between is what
 * that effect did. The arithmetic is the gate's own; here is only the asking.
 */
#include "library_explain.h"

#include <stdlib.h>
#include <string.h>

#include "ctl.h"

static void compute(struct trace *t)
{
	t->before = t->now;
	if (limits_compute(&t->lib, &t->j->patient, &t->now) != LIMITS_OK)
		t->now.n_cells = 0;
}

/* A rule that only notes is told if it holds. */
static bool holds(struct trace *t, const struct rule *r)
{
	struct library alone = t->j->lib;
	struct rule note = *r;

	note.n_then = 1;
	note.then[0] = (struct effect){.kind = EFFECT_NOTE, .param = PARAM_NONE};
	alone.rule = &note;
	alone.n_rules = 1;
	(void)!limits_compute(&alone, &t->j->patient, &t->before);
	return t->before.n_reasons > 0 && t->before.reason[0].rule == &note;
}

/* --- words -------------------------------------------------------------------------------------
 */

/* "visible_tan: yes; last_sun: unknown" */
static void answers_of(const struct trace *t, const struct rule *r, char *buf, size_t len)
{
	const struct library *lib = &t->j->lib;

	for (uint8_t i = 0; i < r->n_when; i++) {
		uint8_t f = r->when[i].fact;
		char answer[120];

		fact_format(&lib->fact[f], &t->j->patient.facts.answer[f], t->j->today, answer,
		            sizeof answer);
		add(buf, len, "%s%s is %s", i > 0 ? ", " : "", lib->fact[f].name, answer);
	}
	if (r->n_when == 0)
		add(buf, len, "always");
}

/* Of the cell these settings are in. */
static void limit_now(const struct trace *t, const struct limits *l, enum param p, char *buf,
                      size_t len)
{
	const struct cell *cell = limits_cell(l, &t->j->verdict.settings);

	for (uint8_t i = 0; cell != NULL && i < cell->n_limit; i++) {
		if (cell->limit[i].param != p)
			continue;
		if (param_is_choice(p))
			value_words(&t->j->lib, p, SPAN_ALL, cell->limit[i].choices, buf, len);
		else
			bound_words(p, cell->limit[i].soft, buf, len);
		return;
	}
	add(buf, len, "%s", cell != NULL ? "no limit" : "no row");
}

/* "none", or "fluence 20 J/cm2 and pulse width 20 ms last time" */
static void one_step_now(const struct trace *t, const struct limits *l, char *buf, size_t len)
{
	const struct cell *cell = limits_cell(l, &t->j->verdict.settings);
	const struct one_step *o = cell != NULL ? &cell->one_step : NULL;

	if (o == NULL || o->by == NULL) {
		add(buf, len, "nothing to compare with");
		return;
	}
	for (uint8_t i = 0; i < o->n; i++) {
		enum param p = (enum param)o->param[i];
		char value[64];

		dose_format(&t->j->lib.choices, p, o->last[i], value, sizeof value);
		add(buf, len, "%s%s %s", i > 0 ? " and " : "", param_info(p)->words, value);
	}
	add(buf, len, " last time");
}

static void say_step(const struct trace *t, const struct rule *r, const struct effect *e)
{
	char does[WORDS_LEN] = "", why[WORDS_LEN] = "", before[200] = "", after[200] = "";

	effect_words(e, does, sizeof does);
	answers_of(t, r, why, sizeof why);
	if (e->kind == EFFECT_RAISE_SKIN) {
		add(before, sizeof before, "type %s", skin_words(&t->j->lib, t->before.skin));
		add(after, sizeof after, "type %s", skin_words(&t->j->lib, t->now.skin));
	} else if (e->kind == EFFECT_ONE_STEP) {
		one_step_now(t, &t->before, before, sizeof before);
		one_step_now(t, &t->now, after, sizeof after);
	} else {
		limit_now(t, &t->before, e->param, before, sizeof before);
		limit_now(t, &t->now, e->param, after, sizeof after);
	}
	if (strcmp(before, after) == 0)
		add(does, sizeof does, ": %s, unchanged", before);
	else
		add(does, sizeof does, ": %s becomes %s", before, after);
	pen_item(&t->p, r->id, "%s: %s (%s; %s)", why, does, r->source,
	         confidence_words(r->confidence));
}

/* Adds all effects of these kinds, one at a time; how many there were. */
static size_t lay_on(struct trace *t, uint32_t kinds)
{
	size_t n = 0;

	for (uint32_t i = 0; i < t->j->lib.n_rules; i++) {
		const struct rule *r = &t->j->lib.rule[i];

		for (uint8_t e = 0; e < r->n_then && t->applies[i]; e++) {
			if ((kinds >> r->then[e].kind & 1) == 0)
				continue;
			t->step[t->lib.n_rules] = *r;
			t->step[t->lib.n_rules].n_then = 1;
			t->step[t->lib.n_rules++].then[0] = r->then[e];
			compute(t);
			say_step(t, r, &r->then[e]);
			n++;
		}
	}
	return n;
}

/* --- the steps ---------------------------------------------------------------------------------
 */

static void say_skin(struct trace *t)
{
	const struct library *lib = &t->j->lib;

	pen_head(&t->p, 2, "1. Skin type");
	if (t->j->limits.skin_as_assessed == 0)
		pen_item(&t->p, "", "not known, or too old: counts as the darkest");
	else
		pen_item(&t->p, "", "assessed as %s",
		         skin_words(lib, t->j->limits.skin_as_assessed));
	lay_on(t, 1u << EFFECT_RAISE_SKIN);
	pen_item(&t->p, "", "counts as %s", skin_words(lib, t->now.skin));
}

static void say_no_row(struct trace *t, const struct sheet *s)
{
	if (t->now.n_cells == 0) {
		pen_item(&t->p, "", "%s", limits_status_words(t->j->status));
		say_closed(&t->p, s);
		return;
	}
	pen_item(&t->p, "", "no row selects these settings; for this patient there are:");
	for (uint16_t i = 0; i < t->now.n_cells; i++) {
		char label[400];

		sheet_label(s, t->now.cell[i].row, label, sizeof label);
		pen_item(&t->p, t->now.cell[i].row->id, "%s", label);
	}
}

static void say_row(struct trace *t)
{
	const struct library *lib = &t->j->lib;
	const struct cell *cell = limits_cell(&t->now, &t->j->verdict.settings);
	struct sheet s;
	char label[400];

	sheet_make(&s, lib, t->j->patient.device_class);
	pen_head(&t->p, 2, "2. Row of the protocol");
	if (cell == NULL) {
		say_no_row(t, &s);
		sheet_free(&s);
		return;
	}
	sheet_label(&s, cell->row, label, sizeof label);
	sheet_free(&s);
	pen_item(&t->p, cell->row->id, "%s; status %c: %s (%s, %s; %s:%d)", label,
	         row_status_letter(cell->row->status), status_words(cell->row->status),
	         cell->row->source, confidence_words(cell->row->confidence),
	         lib->files[cell->row->file], cell->row->line);
	for (uint8_t i = 0; i < cell->row->n_limit; i++) {
		const struct limit *l = &cell->row->limit[i];
		char text[WORDS_LEN] = "";

		limit_words(lib, l, text, sizeof text);
		if (has_hard_limit(l)) {
			add(text, sizeof text, "; nobody may pass: ");
			bound_words(l->param, l->hard, text, sizeof text);
		}
		pen_item(&t->p, param_info(l->param)->words, "%s", text);
	}
}

static void say_screening(struct trace *t)
{
	const struct limits *l = &t->j->limits;

	pen_head(&t->p, 2, "4. The session as a whole");
	for (uint8_t i = 0; i < l->n_reasons; i++) {
		const struct screening_reason *r = &l->reason[i];
		char id[64], text[300], why[WORDS_LEN] = "";

		screening_reason_id(r, id, sizeof id);
		screening_reason_text(r, text, sizeof text);
		if (r->rule != NULL)
			answers_of(t, r->rule, why, sizeof why);
		pen_item(&t->p, id, "%s%s%s%s: %s",
		         r->kind == VERDICT_ALLOWED ? "noted" : verdict_kind_name(r->kind),
		         r->of_cells ? " where it is needed" : "", why[0] != '\0' ? ", " : "", why,
		         text);
	}
	if (l->pulses.most > 0)
		pen_item(&t->p, l->pulses.by->id, "at most %lld pulses in this session: %s",
		         (long long)l->pulses.most, l->pulses.by->reason);
	if (l->energy_uj.most > 0) {
		char most[64];

		dose_format(NULL, ENERGY_UJ, l->energy_uj.most, most, sizeof most);
		pen_item(&t->p, l->energy_uj.by->id, "at most %s together in this session: %s",
		         most, l->energy_uj.by->reason);
	}
	if (l->n_reasons == 0)
		pen_item(&t->p, "", "nothing to hold or to note");
}

/* Rules that would speak, had the director decided otherwise. */
static void say_silent(struct trace *t)
{
	const struct library *lib = &t->j->lib;
	bool headed = false;

	for (uint32_t i = lib->n_rules; i < lib->n_rules + lib->n_silent; i++) {
		const struct rule *r = &lib->rule[i];
		char then[WORDS_LEN] = "", how[WORDS_LEN] = "", why[WORDS_LEN] = "";

		if (!holds(t, r))
			continue;
		if (!headed)
			pen_head(&t->p, 2, "Silent, as the director's options stand");
		headed = true;
		answers_of(t, r, why, sizeof why);
		effects_words(r, then, sizeof then);
		standing_words(rule_option(lib, r), how, sizeof how);
		pen_item(&t->p, r->id, "%s: it would be: %s. %s is %s", why, then,
		         rule_option(lib, r)->name, how);
	}
}

static void say_limits(struct trace *t)
{
	const struct cell *cell = limits_cell(&t->j->limits, &t->j->verdict.settings);

	pen_head(&t->p, 2, "5. What holds for this patient, and for these settings");
	for (uint8_t i = 0; cell != NULL && i < cell->n_limit; i++) {
		char text[WORDS_LEN] = "";

		limit_now(t, &t->j->limits, cell->limit[i].param, text, sizeof text);
		pen_item(&t->p, param_info(cell->limit[i].param)->words, "%s, by %s", text,
		         cell->by[i] != NULL ? cell->by[i]->id : cell->row->id);
	}
	if (cell == NULL)
		pen_item(&t->p, "", "no row, so no limit");
}

static void say_verdict(struct trace *t)
{
	const struct verdict *v = &t->j->verdict;
	const struct library *lib = &t->j->lib;
	unsigned screened = 0;
	char offer[600];

	pen_head(&t->p, 2, "6. %s", verdict_kind_name(v->kind));
	for (uint8_t i = 0; i < v->n_reasons; i++) {
		const struct reason *r = &v->reason[i];
		char text[700], way[300];

		if (r->check == CHECK_SCREENING) {
			screened++;
			continue;
		}
		reason_text(lib, r, text, sizeof text);
		reason_way(lib, r, way, sizeof way);
		if (r->check == CHECK_NO_SESSION)
			snprintf(text, sizeof text, "%s", limits_status_words(t->j->status));
		else if (way[0] != '\0')
			add(text, sizeof text, "; %s", way);
		pen_item(&t->p, "", "%s", text);
	}
	if (screened > 0)
		pen_item(&t->p, "", "%u reason%s of screening (4.)", screened,
		         screened == 1 ? "" : "s");
	if (v->n_reasons > 0)
		pen_item(&t->p, "first of them", "%s", reason_id(&v->reason[v->tightest]));
	dose_format_settings(&lib->choices, &v->offer, offer, sizeof offer);
	if (v->has_offer)
		pen_item(&t->p, "would be offered", "%s", offer);
}

/* Of what nobody told, no rule speaks. */
static uint32_t past_effects(const struct history *h)
{
	uint32_t kinds = 0;

	if (h->treatments != HISTORY_SILENT)
		kinds |= 1u << EFFECT_BUDGET | 1u << EFFECT_STEP | 1u << EFFECT_ONE_STEP;
	if (h->test != HISTORY_SILENT)
		kinds |= 1u << EFFECT_TESTED;
	return kinds;
}

void explain(struct trace *t)
{
	const struct library *lib = &t->j->lib;
	const struct patient_case *c = &t->j->patient;
	char *id = t->j->id == NULL ? NULL : json_dumps(t->j->id, JSON_ENCODE_ANY);
	char asked[600];
	size_t n;

	dose_format_settings(&lib->choices, &t->j->verdict.settings, asked, sizeof asked);
	pen_head(&t->p, 1, "%s%s%s, %s, %s: %s", id != NULL ? id : "", id != NULL ? ": " : "",
	         lib->classes.name[c->device_class], lib->indications.name[c->indication],
	         lib->sites.name[c->site], verdict_kind_name(t->j->verdict.kind));
	free(id);
	pen_text(&t->p, "asked: %s", asked[0] != '\0' ? asked : "no setting");
	for (uint32_t i = 0; i < lib->n_rules; i++)
		t->applies[i] = holds(t, &lib->rule[i]);
	t->lib = *lib;
	t->lib.rule = t->step;
	t->lib.n_rules = 0;
	compute(t);
	say_skin(t);
	say_row(t);
	pen_head(&t->p, 2, "3. Rules laid over it");
	n = lay_on(t, 1u << EFFECT_MINIMUM | 1u << EFFECT_MAXIMUM);
	n += lay_on(t, 1u << EFFECT_SCALE);
	n += lay_on(t, past_effects(&t->j->history) & 1u << EFFECT_BUDGET);
	n += lay_on(t, past_effects(&t->j->history) & ~(1u << EFFECT_BUDGET));
	if (n == 0)
		pen_item(&t->p, "", "none narrows it");
	say_screening(t);
	say_limits(t);
	say_verdict(t);
	say_silent(t);
	pen_gap(&t->p);
}
