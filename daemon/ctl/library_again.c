/*
 * library_again: a session of the past, and what was set in it, judged by one library as of that
 * day. The judge is the gate's own.
 */
#include "library_life.h"

#include <string.h>

#include "core/text.h"
#include "edge/dosejson.h"
#include "edge/dosejson_past.h"
#include "judge.h"

void again_begin(struct again *a, const struct config *books)
{
	*a = (struct again){
	        .books = books, .lib = books->library, .n_choices = books->library.choices.count};
}

/* --- the session -------------------------------------------------------------------------------
 */

static bool index_of(const struct symbols *names, json_t *body, const char *key, uint8_t *out)
{
	int64_t symbol = symbols_find(names, text_at(body, key));

	if (symbol == 0)
		return false;
	*out = (uint8_t)(symbol - 1);
	return true;
}

/* As they were answered; what was not asked then, or is no answer now, is not known. What is worked
 * out of the past is worked out again. */
static void take_facts(struct again *a, json_t *facts)
{
	const struct library *lib = &a->lib;

	for (int i = 0; i < lib->n_facts; i++) {
		struct answer *answer = &a->patient.facts.answer[i];

		if (lib->fact[i].derive != DERIVE_NONE || i == lib->test_fact ||
		    fact_parse(&lib->fact[i], text_at(facts, lib->fact[i].name), a->patient.today,
		               answer) != FACT_OK)
			*answer = (struct answer){.given = false};
	}
}

/* The reason that decides: a block before a hold. */
static void screening_said(const struct again *a, struct said *out)
{
	enum verdict_kind kind = limits_screening(&a->limits, 0);
	const struct limits *l = &a->limits;

	*out = (struct said){.kind = kind};
	for (int i = 0; i < l->n_reasons && kind != VERDICT_ALLOWED; i++) {
		if (l->reason[i].kind != kind)
			continue;
		screening_reason_id(&l->reason[i], out->by, sizeof out->by);
		screening_reason_text(&l->reason[i], out->text, sizeof out->text);
		return;
	}
}

static void no_protocol(struct said *out, const char *text)
{
	*out = (struct said){.kind = VERDICT_BLOCKED};
	text_copy(out->by, sizeof out->by, "no_protocol");
	text_copy(out->text, sizeof out->text, text);
}

bool again_session(struct again *a, json_t *body, json_t *past, int32_t today, struct said *out)
{
	struct patient_case *c = &a->patient;

	memset(c, 0, sizeof *c);
	a->limits.computed = false;
	a->lib.choices.count = a->n_choices;
	if (!index_of(&a->lib.classes, body, "device_class", &c->device_class) ||
	    !index_of(&a->lib.indications, body, "indication", &c->indication) ||
	    !index_of(&a->lib.sites, body, "site", &c->site)) {
		no_protocol(out, "the library has no name for this class, indication or site");
		return false;
	}
	c->test_spot = strcmp(text_at(body, "kind"), "test_spot") == 0;
	c->today = today;
	take_facts(a, json_object_get(body, "facts"));
	past_read(&a->lib, past, c, json_is_true(json_object_get(body, "elsewhere_told")),
	          &a->history);
	c->history = &a->history;
	history_derive(&a->lib, c);
	enum limits_status status = limits_compute(&a->lib, c, &a->limits);
	if (status == LIMITS_OK)
		screening_said(a, out);
	else
		no_protocol(out, limits_why(&a->lib, c->device_class, status));
	return true;
}

/* --- what was set -------------------------------------------------------------------------------
 */

/* A device may offer what no protocol names ("air"): a name all the same, and never within. */
static void take_settings(struct again *a, json_t *settings, struct settings *out)
{
	const char *name;
	json_t *value;

	a->lib.choices.count = a->n_choices;
	json_object_foreach(settings, name, value)
	{
		enum param p = param_named(name);

		if (p != PARAM_NONE && param_is_choice(p))
			(void)symbols_intern(&a->lib.choices, json_string_value(value));
	}
	if (!dosejson_known(&a->lib.choices, settings, out))
		*out = (struct settings){.known = 0};
}

/* Beyond what the device may be told, by its profile in this library: nobody may. */
static const struct reg *beyond_device(const struct again *a, const char *profile,
                                       const struct settings *s)
{
	const struct profile *p = config_profile(a->books, profile);

	for (int i = 0; p != NULL && i < p->n_regs; i++) {
		const struct reg *r = &p->reg[i];

		if (r->role == ROLE_PARAMETER && settings_has(s, r->param) &&
		    (s->value[r->param] < r->hard.lo || s->value[r->param] > r->hard.hi))
			return r;
	}
	return NULL;
}

static void judged(const struct again *a, struct said *out)
{
	const struct verdict *v = &a->verdict;

	*out = (struct said){.kind = v->kind};
	if (v->n_reasons == 0)
		return;
	text_copy(out->by, sizeof out->by, reason_id(&v->reason[v->tightest]));
	reason_text(&a->lib, &v->reason[v->tightest], out->text, sizeof out->text);
}

void again_settings(struct again *a, json_t *settings, const char *profile, struct said *out)
{
	struct settings asked;
	const struct reg *beyond;

	take_settings(a, settings, &asked);
	verdict_judge_settings(&a->limits, a->limits.computed ? limits_standing(&a->limits, 0) : 0,
	                       judge_fluence_source(&a->limits, &asked), &asked, &a->verdict);
	judged(a, out);
	beyond = beyond_device(a, profile, &asked);
	if (out->kind == VERDICT_BLOCKED || beyond == NULL)
		return;
	*out = (struct said){.kind = VERDICT_BLOCKED};
	text_copy(out->by, sizeof out->by, check_name(CHECK_DEVICE_RANGE));
	snprintf(out->text, sizeof out->text, "%s is outside what the device may be told",
	         param_info(beyond->param)->words);
}
