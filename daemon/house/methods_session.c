/* methods_session: sessions, as people ask for them. */
#include "methods.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"

static void refused_or_shown(const struct ask *a, struct device *d, bool ok, const char *why,
                             json_t *refused)
{
	if (ok) {
		ask_result(a, show_session(d));
		return;
	}
	ask_fail(a, refused != NULL ? CONTROL_REFUSED : CONTROL_PARAMS, why,
	         refused == NULL
	                 ? NULL
	                 : json_pack("{s:s, s:o}", "verdict", "BLOCKED", "reasons", refused));
}

static struct session_ask session_asked(const char *operator_, json_t *params)
{
	return (struct session_ask){
	        .operator_ = operator_,
	        .patient = json_string_value(json_object_get(params, "patient")),
	        .indication = json_string_value(json_object_get(params, "indication")),
	        .site = json_string_value(json_object_get(params, "site")),
	        .kind = json_string_value(json_object_get(params, "kind")),
	        .facts = json_object_get(params, "facts"),
	        .elsewhere = json_object_get(params, "elsewhere"),
	};
}

/* False after saying why not, when it is for want of a library. */
static bool has_library(const struct ask *a, struct device *d)
{
	bool soon;
	const char *why = edition_why_not(d, &soon);

	if (why != NULL)
		ask_fail(a, soon ? CONTROL_BUSY : CONTROL_REFUSED, why, NULL);
	return why == NULL;
}

/* The patient's past is at hand. */
static void start_found(void *owner, void *tag, json_t *rows)
{
	struct pending *p = tag;
	struct ask a = {.gate = owner, .who = p->who, .call = p->call, .params = p->params};
	struct session_ask ask = session_asked(p->person, p->params);
	json_t *refused = NULL;
	char why[400] = "the ledger cannot be read: no history, no session";
	json_t *bodies = treatment_bodies(rows);

	recording_past(a.gate, ask.patient, bodies);
	if (has_library(&a, p->device)) { /* another one may have come into use meanwhile */
		bool ok = rows != NULL &&
		          session_start(p->device, &ask, bodies, &refused, why, sizeof why);
		refused_or_shown(&a, p->device, ok, why, refused);
	}
	json_decref(bodies);
	json_decref(rows);
	pending_done(p);
}

void ask_session_start(const struct ask *a)
{
	struct ledger_query q = {.kinds = LEDGER_KIND_BIT(LEDGER_TREATMENT),
	                         .max = LEDGER_FOUND_MAX,
	                         .newest = true};
	struct device *d = ask_device(a);
	char why[400];

	if (d == NULL || !has_library(a, d))
		return;
	struct session_ask ask = session_asked(control_person(a->gate->control, a->who), a->params);
	if (d->profile->device_class[0] != '\0' &&
	    !training_allows(d, ask.operator_, why, sizeof why)) {
		ask_fail(a, CONTROL_REFUSED, why, NULL);
		return;
	}
	if (!session_check(d, &ask, why, sizeof why)) {
		ask_fail(a, CONTROL_PARAMS, why, NULL);
		return;
	}
	struct pending *p = pending_take(a->gate, a->who, a->call);
	if (p == NULL)
		return;
	p->device = d;
	p->params = json_incref(a->params);
	text_copy(p->person, sizeof p->person, ask.operator_);
	text_copy(q.patient, sizeof q.patient, ask.patient);
	if (ledger_find(a->gate->ledger, &q, start_found, p))
		return;
	ask_fail(a, CONTROL_BUSY, "the ledger is busy; try again in a moment", NULL);
	pending_done(p);
}

void ask_session_show(const struct ask *a)
{
	struct device *d = ask_device(a);

	if (d != NULL)
		ask_result(a, show_session(d));
}

bool ask_has_session(const struct ask *a, struct device *d)
{
	if (d->session.state != SESSION_NONE)
		return true;
	ask_fail(a, CONTROL_NOT_FOUND, "no session is open on this device", NULL);
	return false;
}

void ask_session_end(const struct ask *a)
{
	struct device *d = ask_device(a);
	char why[80];

	/* ending takes permission away, as revoking does */
	if (d == NULL || !ask_has_session(a, d))
		return;
	snprintf(why, sizeof why, "ended by %s", control_person(a->gate->control, a->who));
	session_end(d, why);
	ask_result(a, json_object());
}

void ask_session_fact(const struct ask *a)
{
	struct device *d = ask_device(a);
	json_t *refused;
	char why[400];

	if (d == NULL || !ask_has_session(a, d))
		return;
	bool ok = session_facts(d, control_person(a->gate->control, a->who),
	                        json_object_get(a->params, "facts"), &refused, why, sizeof why);
	refused_or_shown(a, d, ok, why, refused);
}
