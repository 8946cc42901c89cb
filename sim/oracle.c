#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle_inside.h"

/* What a device may give more than was set: actual output within 20 % (IEC 60601-2-22, 201.12; 21
 * CFR 1040.11(a)(1)). Limits are on set values; what is measured may be above them by so much. */
#define TOLERANCE 1.2

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
