#include "oracle.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/config.h"
#include "judge.h"

/* What a device may give more than was set: actual output within 20 % (IEC 60601-2-22, 201.12; 21
 * CFR 1040.11(a)(1)). Limits are on set values; what is measured may be above them by so much. */
#define TOLERANCE 1.2

#define GRANTS_MAX  8
#define BLAMES_KEPT 100

struct waived {
	struct settings settings;
	int64_t pulses;   /* still; -1: no end by them */
	int64_t time_ms;  /* from its first use; 0: no end by time */
	int64_t until_ms; /* 0: not used yet */
};

struct blame {
	int64_t pulse, at_ms;
	char rule[64], text[400];
};

struct oracle {
	struct judge j; /* library, patient, limits */
	bool has_case;
	uint64_t cleared;
	int n_grants;
	struct waived grant[GRANTS_MAX];
	int64_t grace_ms;
	int64_t judged, blamed, in_grace;
	struct blame blame[BLAMES_KEPT];
};

struct oracle *oracle_open(const struct library *lib)
{
	struct oracle *o = calloc(1, sizeof *o);

	must(o != NULL);
	judge_begin(&o->j, lib);
	return o;
}

void oracle_close(struct oracle *o)
{
	free(o);
}

void oracle_grace(struct oracle *o, int64_t ms)
{
	o->grace_ms = ms;
}

/* --- the case --------------------------------------------------------------------------------- */

/* A JSON object; NULL with the reason. */
static json_t *object_of(const char *text, char *why, size_t len)
{
	json_error_t error;
	json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (object == NULL)
		snprintf(why, len, "this is no JSON: %s (column %d)", error.text, error.column);
	return object;
}

static bool read_case(struct oracle *o, const struct device *d, json_t *line)
{
	struct judge *j = &o->j;

	/* names that only the device has are names all the same */
	j->lib.choices = d->choices;
	j->n_choices = d->choices.count;
	if (!judge_read(j, line))
		return false;
	const char *class = j->lib.classes.name[j->patient.device_class];

	if (strcmp(class, d->profile.device_class) != 0)
		return judge_wrong(j, "the case is for %s, and the device is of %s", class,
		                   d->profile.device_class[0] == '\0' ? "none"
		                                                      : d->profile.device_class);
	return j->asked.known == 0 ||
	       judge_wrong(j, "a case has no settings: those the device says itself");
}

bool oracle_case(struct oracle *o, const struct device *d, const char *text, char *why, size_t len)
{
	bool ok;

	o->has_case = false;
	o->n_grants = 0;
	o->cleared = 0;
	if (strcmp(text, "none") == 0)
		return true;
	json_t *line = object_of(text, why, len);

	if (line == NULL)
		return false;
	ok = read_case(o, d, line);
	if (ok)
		o->j.status = limits_compute(&o->j.lib, &o->j.patient, &o->j.limits);
	else
		snprintf(why, len, "%s", o->j.why);
	o->has_case = ok;
	json_decref(line);
	return ok;
}

/* --- grants -------------------------------------------------------------------------------------
 */

static bool clear_reason(struct oracle *o, const char *id)
{
	const struct limits *l = &o->j.limits;
	struct words known = {0};
	char ids[SCREENING_MAX][64];
	bool found = false;

	for (uint8_t i = 0; i < l->n_reasons; i++) {
		screening_reason_id(&l->reason[i], ids[i], sizeof ids[i]);
		words_add(&known, ids[i]);
		if (id == NULL || strcmp(ids[i], id) != 0)
			continue;
		found = true;
		o->cleared |= UINT64_C(1) << i;
	}
	if (!found)
		words_explain("reason of this case", id == NULL ? "" : id, &known, o->j.why,
		              sizeof o->j.why);
	return found;
}

static bool take_screening(struct oracle *o, json_t *list)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (!clear_reason(o, json_string_value(one)))
			return false;
	}
	return json_array_size(list) > 0 ||
	       judge_wrong(&o->j, "screening is a list of reasons, as in [\"status M\"]");
}

static bool take_budget(struct judge *j, json_t *grant, const char *key, json_int_t *out)
{
	json_t *value = json_object_get(grant, key);

	*out = value == NULL ? 0 : json_integer_value(value);
	return value == NULL || *out > 0 || judge_wrong(j, "%s is a whole number, 1 or more", key);
}

static bool take_grant(struct oracle *o, const struct device *d, json_t *grant)
{
	struct waived w = {.pulses = -1};
	struct judge *j = &o->j;
	json_int_t pulses, seconds;

	if (o->n_grants == GRANTS_MAX)
		return judge_wrong(j, "there are %d grants already", GRANTS_MAX);
	device_settings(d, &j->asked);
	if (!judge_take_settings(j, "settings", json_object_get(grant, "settings"), &j->asked) ||
	    !take_budget(j, grant, "pulses", &pulses) ||
	    !take_budget(j, grant, "seconds", &seconds))
		return false;
	w.settings = j->asked;
	if (pulses > 0)
		w.pulses = pulses;
	w.time_ms = 1000 * seconds;
	o->grant[o->n_grants++] = w;
	return true;
}

static bool grant_keys_known(struct judge *j, json_t *grant)
{
	static const char *const keys[] = {"settings", "pulses", "seconds", "screening"};
	struct words known = {0};
	const char *name;
	json_t *value;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		words_add(&known, keys[i]);
	json_object_foreach(grant, name, value)
	{
		size_t i = 0;

		while (i < ARRAY_LEN(keys) && strcmp(keys[i], name) != 0)
			i++;
		if (i < ARRAY_LEN(keys))
			continue;
		words_explain("key of a grant", name, &known, j->why, sizeof j->why);
		return false;
	}
	return json_object_get(grant, "settings") != NULL ||
	       json_object_get(grant, "screening") != NULL ||
	       judge_wrong(j, "a grant has settings, or screening");
}

bool oracle_grant(struct oracle *o, const struct device *d, const char *text, char *why, size_t len)
{
	json_t *grant, *screening;
	bool ok;

	if (strcmp(text, "none") == 0) {
		o->n_grants = 0;
		o->cleared = 0;
		return true;
	}
	if (!o->has_case) {
		snprintf(why, len, "a grant is for a case, and there is none");
		return false;
	}
	if ((grant = object_of(text, why, len)) == NULL)
		return false;
	screening = json_object_get(grant, "screening");
	ok = grant_keys_known(&o->j, grant) &&
	     (screening == NULL || take_screening(o, screening)) &&
	     (json_object_get(grant, "settings") == NULL || take_grant(o, d, grant));
	if (!ok)
		snprintf(why, len, "%s", o->j.why);
	json_decref(grant);
	return ok;
}

void oracle_written(struct oracle *o, const struct device *d)
{
	struct settings now;

	device_settings(d, &now);
	for (int i = 0; i < o->n_grants; i++) {
		struct waived *w = &o->grant[i];

		if (w->time_ms > 0 && w->until_ms == 0 && settings_equal(&w->settings, &now))
			w->until_ms = d->now_ms + w->time_ms;
	}
}

/* Uses up what it allows. */
static bool is_granted(struct oracle *o, const struct pulse *p)
{
	for (int i = 0; i < o->n_grants; i++) {
		struct waived *w = &o->grant[i];

		if (!settings_equal(&w->settings, &p->set) || w->pulses == 0 ||
		    (w->until_ms != 0 && p->at_ms > w->until_ms))
			continue;
		w->pulses -= w->pulses > 0;
		return true;
	}
	return false;
}

/* --- judging -----------------------------------------------------------------------------------
 */

/* Somebody turned something at the device itself, just now. */
static bool in_grace(const struct oracle *o, const struct device *d, const struct pulse *p)
{
	return d->turned_ms >= 0 && p->at_ms - d->turned_ms < o->grace_ms;
}

static void blame(struct oracle *o, struct device *d, const struct pulse *p, const char *rule,
                  const char *what)
{
	struct blame *b = &o->blame[o->blamed < BLAMES_KEPT ? o->blamed : BLAMES_KEPT - 1];
	int64_t at = p->at_ms - d->began_ms;

	if (in_grace(o, d, p)) {
		o->in_grace++;
		return;
	}
	*b = (struct blame){.pulse = p->n, .at_ms = at};
	snprintf(b->rule, sizeof b->rule, "%s", rule);
	snprintf(b->text, sizeof b->text, "pulse %lld at %lld.%03lld s: %s", (long long)p->n,
	         (long long)(at / 1000), (long long)(at % 1000), what);
	o->blamed++;
	device_told(d, (struct happening){.what = EVENT_BLAMED});
}

static void judge_settings(struct oracle *o, const struct device *d, const struct settings *s)
{
	verdict_judge_settings(&o->j.limits, o->cleared, d->profile.fluence, s, &o->j.verdict);
}

static void blame_reason(struct oracle *o, struct device *d, const struct pulse *p,
                         const char *before)
{
	const struct reason *r = &o->j.verdict.reason[o->j.verdict.tightest];
	const char *source = reason_source(r);
	char text[300], what[380];

	reason_text(&o->j.lib, r, text, sizeof text);
	if (r->check == CHECK_NO_SESSION)
		snprintf(text, sizeof text, "%s",
		         limits_why(&o->j.lib, o->j.patient.device_class, o->j.status));
	snprintf(what, sizeof what, "%s%s%s%s%s", before, text, source[0] != '\0' ? " [" : "",
	         source, source[0] != '\0' ? "]" : "");
	blame(o, d, p, r->check == CHECK_NO_SESSION ? "no_protocol" : reason_id(r), what);
}

/* What came out, less the tolerance, is judged like what was set. A grant is for what was set. */
static void judge_output(struct oracle *o, struct device *d, const struct pulse *p, bool granted)
{
	enum param shown = settings_has(&p->set, FLUENCE_UJ_CM2) ? FLUENCE_UJ_CM2 : ENERGY_UJ;
	struct settings measured;
	struct pulse less = *p;
	char text[80], what[200];

	less.factor = p->factor / TOLERANCE;
	if (less.factor <= 1.0)
		return; /* not more than what was set, which has passed */
	pulse_measured(p, &measured);
	dose_format(NULL, shown, measured.value[shown], text, sizeof text);
	snprintf(what, sizeof what,
	         "%s %s came out, %.0f %% of what was set; a device may err by 20 %%",
	         param_info(shown)->words, text, 100 * p->factor);
	if (granted) {
		blame(o, d, p, "output_tolerance", what);
		return;
	}
	pulse_measured(&less, &measured);
	judge_settings(o, d, &measured);
	strncat(what, ", and then ", sizeof what - strlen(what) - 1);
	if (o->j.verdict.kind != VERDICT_ALLOWED)
		blame_reason(o, d, p, what);
}

static void judge_pulse(struct oracle *o, struct device *d, const struct pulse *p)
{
	bool granted;
	char what[120];

	if (p->state != DEVICE_ARMED && p->state != DEVICE_EMITTING) {
		snprintf(what, sizeof what,
		         "it left in the state \"%s\", and nobody had armed the device",
		         device_state_words(p->state));
		blame(o, d, p, "emission_without_ready", what);
		return;
	}
	if (!o->has_case) {
		blame(o, d, p, "no_case", "it left while nobody was to be treated");
		return;
	}
	judge_settings(o, d, &p->set);
	granted = o->j.verdict.kind == VERDICT_HELD && is_granted(o, p);
	if (o->j.verdict.kind != VERDICT_ALLOWED && !granted)
		blame_reason(o, d, p, "");
	else
		judge_output(o, d, p, granted);
}

void oracle_pulse(struct oracle *o, struct device *d, const struct pulse *p)
{
	o->judged++;
	judge_pulse(o, d, p);
}

/* --- what it says -------------------------------------------------------------------------------
 */

int64_t oracle_blamed(const struct oracle *o)
{
	return o->blamed;
}

static int kept(const struct oracle *o)
{
	return o->blamed < BLAMES_KEPT ? (int)o->blamed : BLAMES_KEPT;
}

json_t *oracle_verdict(const struct oracle *o)
{
	json_t *blames = json_array();

	for (int i = 0; i < kept(o); i++) {
		const struct blame *b = &o->blame[i];

		json_array_append_new(
		        blames, json_pack("{sI sI ss ss}", "pulse", (json_int_t)b->pulse, "at_ms",
		                          (json_int_t)b->at_ms, "rule", b->rule, "text", b->text));
	}
	return json_pack("{ss sI sI sI so}", "verdict", o->blamed > 0 ? "blamed" : "clean",
	                 "pulses", (json_int_t)o->judged, "blamed", (json_int_t)o->blamed,
	                 "in_grace", (json_int_t)o->in_grace, "blames", blames);
}

void oracle_say(const struct oracle *o)
{
	for (int i = 0; i < kept(o); i++)
		fprintf(stderr, "dosegate-sim: %s\n", o->blame[i].text);
	if (o->blamed > 0)
		fprintf(stderr,
		        "dosegate-sim: %lld of %lld pulses were outside of what was allowed\n",
		        (long long)o->blamed, (long long)o->judged);
}
