/*
 * treatment: what stands in the ledger of each treatment, so that the next session knows of it:
 * that energy was about to leave, with which settings, and whether any did; and the reading of
 * test areas. How such rows are read again: edge/dosejson_past.
 */
#include "house/gate.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

#include "edge/dosejson.h"
#include "edge/dosejson_past.h"

/* --- what leaves the device ---------------------------------------------------------------------
 */

static json_t *body_of(const struct device *d, const char *event, const char *text)
{
	const struct session *s = &d->session;
	const struct library *lib = device_library(d);
	char day[PAST_DAY_LEN];

	past_day_text(s->case_.today, day);
	return json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "event",
	                 event, "device", d->config->name, "session", (int)s->id, "patient",
	                 s->patient, "operator", s->operator_, "device_class",
	                 symbols_name(&lib->classes, s->case_.device_class + 1), "site",
	                 symbols_name(&lib->sites, s->case_.site + 1), "indication",
	                 symbols_name(&lib->indications, s->case_.indication + 1), "kind",
	                 session_kind(s), "day", day, "library", lib->hash_hex, "text", text);
}

/* Before the intent to arm, and of each setting made while armed: a gate that is cut off knows all
 * the same that this patient may have been treated, and with what. */
void treatment_dose(struct device *d, const struct settings *dose)
{
	const struct symbols *names = &device_library(d)->choices;
	struct session *s = &d->session;
	char with[300], text[360];

	if (s->dosed && settings_equal(&s->dose, dose))
		return;
	dose_format_settings(names, dose, with, sizeof with);
	snprintf(text, sizeof text, "energy may leave the device from now on: %s", with);
	json_t *body = body_of(d, s->dosed ? "dose" : "begins", text);
	json_object_set_new(body, "settings", dosejson_settings(names, dose));
	gate_record(d->gate, LEDGER_TREATMENT, body, NULL);
	s->dosed = true;
	s->dose = *dose;
}

/* Sure only when the device counts its pulses, was heard since it was last armed, and has not
 * counted any. */
static bool may_have_fired(const struct device *d)
{
	const struct session *s = &d->session;

	return !s->counted || !d->pulses_known || d->pulses != s->pulses_at_start ||
	       may_be_armed(d) || !watch_fresh(d);
}

/* Of one dose, or of the last that has room. */
static struct delivered *delivered_of(struct session *s, const struct settings *dose)
{
	for (uint8_t i = 0; i < s->n_delivered; i++)
		if (settings_equal(&s->delivered[i].dose, dose))
			return &s->delivered[i];
	if (s->n_delivered == DELIVERED_MAX)
		return &s->delivered[DELIVERED_MAX - 1];
	s->delivered[s->n_delivered] = (struct delivered){.dose = *dose};
	return &s->delivered[s->n_delivered++];
}

/* What it measured of the last pulse stands for those since the last report; without that, what was
 * set does. */
static void add_delivered(struct device *d, int64_t pulses, int64_t measured_uj)
{
	struct settings dose;
	int64_t energy = measured_uj, sum;

	if (dose_complete(d->profile->fluence, &d->reported, &dose) != DOSE_OK)
		dose = d->reported;
	struct delivered *to = delivered_of(&d->session, &dose);
	to->pulses += pulses;
	to->measured = measured_uj >= 0;
	if ((energy < 0 && !dose_energy(&dose, &energy)) ||
	    __builtin_mul_overflow(energy, pulses, &sum) ||
	    __builtin_add_overflow(to->energy_uj, sum, &to->energy_uj))
		d->session.energy_unknown = true;
}

struct taken treatment_taken(const struct device *d)
{
	const struct session *s = &d->session;
	struct taken taken = {.pulses = -1, .energy_uj = -1};
	int64_t energy = 0;

	if (!s->counted || !d->pulses_known)
		return taken;
	taken.pulses = d->pulses - s->pulses_at_start;
	for (uint8_t i = 0; i < s->n_delivered; i++)
		if (__builtin_add_overflow(energy, s->delivered[i].energy_uj, &energy))
			return taken;
	if (!s->energy_unknown)
		taken.energy_uj = energy;
	return taken;
}

json_t *treatment_delivered(const struct device *d)
{
	const struct symbols *names = &device_library(d)->choices;
	const struct session *s = &d->session;
	json_t *all = json_array();
	char energy[40];

	for (uint8_t i = 0; i < s->n_delivered; i++) {
		const struct delivered *one = &s->delivered[i];

		dose_format(NULL, ENERGY_UJ, one->energy_uj, energy, sizeof energy);
		json_array_append_new(all, json_pack("{s:I, s:s, s:b, s:o}", "pulses",
		                                     (json_int_t)one->pulses, "energy", energy,
		                                     "measured", one->measured, "settings",
		                                     dosejson_settings(names, &one->dose)));
	}
	return all;
}

void treatment_end(struct device *d)
{
	struct session *s = &d->session;
	bool fired = may_have_fired(d);
	long long pulses = d->pulses - s->pulses_at_start;
	const char *what = s->case_.test_spot ? "test area" : "treatment";
	char text[120];

	if (!s->dosed)
		return;
	if (!fired)
		snprintf(text, sizeof text, "no pulse left the device: this was no treatment");
	else if (s->counted)
		snprintf(text, sizeof text, "the %s is over after %lld pulses", what, pulses);
	else
		snprintf(text, sizeof text, "the %s is over; its pulses were not counted", what);
	json_t *body = body_of(d, "ended", text);
	json_object_set_new(body, "fired", json_boolean(fired));
	json_object_set_new(body, "pulses", s->counted ? json_integer(pulses) : json_null());
	json_object_set_new(body, "delivered", treatment_delivered(d));
	gate_record(d->gate, LEDGER_TREATMENT, body, NULL);
	s->dosed = false;
}

int64_t treatment_pulses_left(const struct device *d)
{
	const struct session *s = &d->session;
	int64_t left = s->limits.pulses.most - (d->pulses - s->pulses_at_start);

	return left > 0 ? left : 0;
}

void treatment_counted(struct device *d, int64_t pulses, int64_t measured_uj)
{
	const struct session *s = &d->session;

	if (s->state == SESSION_NONE)
		return;
	add_delivered(d, pulses, measured_uj);
	/* What another session may take is the judge's to keep: it is asked with each report. */
	if (!s->case_.test_spot || treatment_pulses_left(d) > 0)
		return;
	watch_stop(d, "the test area has its pulses", "gate");
	session_end(d, "the test area is made; wait, then have it read");
}

/* --- done elsewhere -----------------------------------------------------------------------------
 */

/* True when the ledger has it already: people tell the same at each session. */
static bool is_known(json_t *bodies, json_t *told)
{
	json_t *row, *value;
	const char *key;
	size_t i;

	json_array_foreach(bodies, i, row)
	{
		bool same = true;

		json_object_foreach(told, key, value)
		{
			same = same && json_equal(json_object_get(row, key), value);
		}
		if (same)
			return true;
	}
	return false;
}

bool treatment_told(const struct device *d, json_t *elsewhere, json_t *bodies, json_t *news,
                    char *why, size_t why_len)
{
	char where[40];
	json_t *one;
	size_t i;

	if (elsewhere == NULL)
		return true;
	if (!json_is_array(elsewhere)) {
		snprintf(
		        why, why_len,
		        "elsewhere is a list of treatments done elsewhere; [] when there was none");
		return false;
	}
	json_array_foreach(elsewhere, i, one)
	{
		snprintf(where, sizeof where, "elsewhere %zu", i + 1);
		json_t *row =
		        past_told(device_library(d), where, one, gate_today(d->gate), why, why_len);

		if (row == NULL)
			return false;
		if (is_known(bodies, row))
			json_decref(row);
		else
			json_array_append_new(news, row);
	}
	return true;
}

void treatment_record_told(struct device *d, const char *patient, const char *by, json_t *news)
{
	json_t *row;
	size_t i;

	json_array_foreach(news, i, row)
	{
		json_t *body = json_copy(row);

		json_object_update_new(body,
		                       json_pack("{s:s, s:s, s:s}", "patient", patient, "operator",
		                                 by, "text", "told of a treatment done elsewhere"));
		gate_record(d->gate, LEDGER_TREATMENT, body, NULL);
	}
}

json_t *treatment_bodies(json_t *rows)
{
	json_t *bodies = json_array(), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_array_append(bodies, json_object_get(row, "body"));
	}
	return bodies;
}

/* --- reading a test area ------------------------------------------------------------------------
 */

struct read_ask {
	const char *patient, *device_class, *site, *result, *text;
};

static bool take_read(json_t *params, struct read_ask *out)
{
	out->text = "";
	return json_unpack(params, "{s:s, s:s, s:s, s:s, s?s}", "patient", &out->patient,
	                   "device_class", &out->device_class, "site", &out->site, "result",
	                   &out->result, "text", &out->text) == 0 &&
	       (strcmp(out->result, "clear") == 0 || strcmp(out->result, "reaction") == 0);
}

static void read_recorded(struct gate *g, struct record_tag *tag, bool ok)
{
	struct pending *p = CONTAINER_OF(tag, struct pending, tag);

	if (ok)
		control_result(g->control, p->who, p->call, json_incref(p->answer));
	else
		control_fail(g->control, p->who, p->call, CONTROL_REFUSED,
		             "the reading could not be recorded; record it again", NULL);
	pending_done(p);
}

static void read_fail(struct pending *p, enum control_error code, const char *why)
{
	control_fail(p->gate->control, p->who, p->call, code, why, NULL);
	pending_done(p);
}

static void record_read(struct pending *p, const struct read_ask *ask, const struct test_area *area)
{
	struct gate *g = p->gate;
	char day[PAST_DAY_LEN], text[200];

	past_day_text(gate_today(g), day);
	snprintf(text, sizeof text, "test area read after %d days: %s", area->made_days_ago,
	         ask->result);
	p->answer = json_pack("{s:s, s:s, s:s, s:s, s:i}", "patient", ask->patient, "device_class",
	                      ask->device_class, "site", ask->site, "result", ask->result,
	                      "waited_days", area->made_days_ago);
	p->tag.done = read_recorded;
	if (!gate_record(g, LEDGER_TREATMENT,
	                 json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "event", "read",
	                           "patient", ask->patient, "device_class", ask->device_class,
	                           "site", ask->site, "result", ask->result, "day", day, "person",
	                           p->person, "note", ask->text, "text", text),
	                 &p->tag))
		read_fail(p, CONTROL_REFUSED,
		          "the ledger cannot be written: no record, no reading");
}

static void read_found(void *owner, void *tag, json_t *rows)
{
	struct gate *g = owner;
	struct pending *p = tag;
	struct session *draft = &g->draft; /* its history is too large for the stack */
	const struct library *lib = gate_library(g);
	struct read_ask ask;

	if (rows == NULL) {
		read_fail(p, CONTROL_REFUSED, "the ledger cannot be read: no history, no reading");
		return;
	}
	must(take_read(p->params, &ask));
	struct patient_case c = {
	        .device_class = (uint8_t)(symbols_find(&lib->classes, ask.device_class) - 1),
	        .site = (uint8_t)(symbols_find(&lib->sites, ask.site) - 1),
	        .today = gate_today(g)};
	json_t *bodies = treatment_bodies(rows);
	json_decref(rows);
	past_read(lib, bodies, &c, true, &draft->history);
	json_decref(bodies);
	const struct test_area *area = &draft->history.test_area;
	if (!area->made)
		read_fail(p, CONTROL_NOT_FOUND,
		          "no test area of this class at this site is on record for this patient");
	else if (area->result == TEST_RESULT_REACTION && strcmp(ask.result, "clear") == 0)
		read_fail(p, CONTROL_REFUSED,
		          "a reaction of this test area is on record, and stays; make another one");
	else
		record_read(p, &ask, area);
}

static bool named(const struct symbols *names, const char *what, const char *name, char *why,
                  size_t why_len)
{
	uint8_t ignored;

	return session_index_of(names, what, name, &ignored, why, why_len);
}

void treatment_read(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	struct ledger_query q = {.kinds = LEDGER_KIND_BIT(LEDGER_TREATMENT),
	                         .max = LEDGER_FOUND_MAX,
	                         .newest = true};
	const struct library *lib = gate_library(g);
	struct read_ask ask;
	char why[400] =
	        "test.read wants patient, device_class, site, and result: clear or reaction";

	if (lib == NULL) {
		control_fail(g->control, who, call, CONTROL_REFUSED, librarian_trouble(g), NULL);
		return;
	}
	if (!take_read(params, &ask) ||
	    !named(&lib->classes, "device class", ask.device_class, why, sizeof why) ||
	    !named(&lib->sites, "site", ask.site, why, sizeof why)) {
		control_fail(g->control, who, call, CONTROL_PARAMS, why, NULL);
		return;
	}
	struct pending *p = pending_take(g, who, call);
	if (p == NULL)
		return;
	text_copy(p->person, sizeof p->person, control_person(g->control, who));
	p->params = json_incref(params);
	text_copy(q.patient, sizeof q.patient, ask.patient);
	if (!ledger_find(g->ledger, &q, read_found, p))
		read_fail(p, CONTROL_BUSY, "the ledger is busy; try again in a moment");
}

/* --- what is known of a patient ------------------------------------------------------------------
 */

static void history_found(void *owner, void *tag, json_t *rows)
{
	struct gate *g = owner;
	struct pending *p = tag;

	if (rows == NULL) {
		read_fail(p, CONTROL_REFUSED, "the ledger cannot be read");
		return;
	}
	control_result(g->control, p->who, p->call,
	               json_pack("{s:O, s:b, s:o}", "patient",
	                         json_object_get(p->params, "patient"), "more",
	                         (int)(json_array_size(rows) == HISTORY_ROWS_MAX), "rows", rows));
	pending_done(p);
}

static void log_found(void *owner, void *tag, json_t *rows)
{
	struct gate *g = owner;
	struct pending *p = tag;

	if (rows == NULL) {
		read_fail(p, CONTROL_REFUSED, "the ledger cannot be read");
		return;
	}
	control_result(g->control, p->who, p->call,
	               json_pack("{s:b, s:o}", "more",
	                         (int)(json_array_size(rows) == HISTORY_ROWS_MAX), "rows", rows));
	pending_done(p);
}

void treatment_log(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	struct ledger_query q = {.max = HISTORY_ROWS_MAX};
	json_t *session = json_object_get(params, "session");

	q.session = json_integer_value(session);
	q.after = json_integer_value(json_object_get(params, "after"));
	if (q.session <= 0 || q.after < 0) {
		control_fail(
		        g->control, who, call, CONTROL_PARAMS,
		        "session.log wants \"session\", its number, and \"after\", the row the "
		        "last part ended with (0 to begin)",
		        NULL);
		return;
	}
	struct pending *p = pending_take(g, who, call);
	if (p != NULL && !ledger_find(g->ledger, &q, log_found, p))
		read_fail(p, CONTROL_BUSY, "the ledger is busy; try again in a moment");
}

void treatment_history(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	json_t *after = json_object_get(params, "after");
	struct ledger_query q = {.kinds = LEDGER_KINDS_ABOUT,
	                         .max = HISTORY_ROWS_MAX,
	                         .after = json_integer_value(after),
	                         .newest = after == NULL}; /* the newest, or page by page */
	const char *patient = json_string_value(json_object_get(params, "patient"));

	if (patient == NULL || patient[0] == '\0' || strlen(patient) >= PATIENT_LEN) {
		control_fail(g->control, who, call, CONTROL_PARAMS,
		             "patient.history wants \"patient\", the token", NULL);
		return;
	}
	struct pending *p = pending_take(g, who, call);
	if (p == NULL)
		return;
	p->params = json_incref(params);
	text_copy(q.patient, sizeof q.patient, patient);
	if (!ledger_find(g->ledger, &q, history_found, p))
		read_fail(p, CONTROL_BUSY, "the ledger is busy; try again in a moment");
}
