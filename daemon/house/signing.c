/*
 * signing: everything that waits for a secret to be checked, and for its record to be durable:
 * logins, approvals, denials, new people. Identity is proved to the gate, never asserted.
 */
#include "house/gate.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "edge/dosejson.h"

#define VOID         "void: the hold ended or changed while you were signing"
#define NOT_RECORDED "the signature could not be recorded; nothing was granted"

struct pending *pending_take(struct gate *g, struct control_ref who, int64_t call)
{
	for (int i = 0; i < PENDING_MAX; i++) {
		struct pending *p = &g->pending[i];

		if (p->used)
			continue;
		memset(p, 0, sizeof *p);
		p->used = true;
		p->gate = g;
		p->who = who;
		p->call = call;
		return p;
	}
	control_fail(g->control, who, call, CONTROL_BUSY,
	             "too many requests are being looked at; try again in a moment", NULL);
	return NULL;
}

void pending_done(struct pending *p)
{
	json_decref(p->params);
	json_decref(p->answer);
	p->params = p->answer = NULL;
	p->used = false;
}

void signing_not_proved(struct gate *g, const char *person, int wait_s, char *text, size_t len)
{
	if (wait_s > 0)
		snprintf(text, len, "too many wrong secrets; try again in %d s", wait_s);
	else
		snprintf(text, len, "name or secret is wrong");
	gate_record(
	        g, LEDGER_PEOPLE,
	        json_pack("{s:s, s:s, s:s}", "event", "not proved", "person", person, "text", text),
	        NULL);
}

static void not_proved(struct pending *p, int wait_s)
{
	struct gate *g = p->gate;
	char text[120];

	signing_not_proved(g, p->person, wait_s, text, sizeof text);
	control_fail(g->control, p->who, p->call, CONTROL_NOT_PROVED, text,
	             json_pack("{s:i}", "wait_s", wait_s));
	pending_done(p);
}

/* --- login ------------------------------------------------------------------------------------ */

static void login_checked(void *owner, void *tag, const struct person *who, int wait_s)
{
	struct gate *g = owner;
	struct pending *p = tag;

	if (who == NULL) {
		not_proved(p, wait_s);
		return;
	}
	control_set_person(g->control, p->who, who->name);
	control_result(g->control, p->who, p->call,
	               json_pack("{s:s, s:s, s:s}", "person", who->name, "printed", who->printed,
	                         "role", person_role_name(who->role)));
	pending_done(p);
}

void signing_login(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	const char *person, *secret;

	if (json_unpack(params, "{s:s, s:s}", "person", &person, "secret", &secret) != 0) {
		control_fail(g->control, who, call, CONTROL_PARAMS,
		             "login wants \"person\" and \"secret\"", NULL);
		return;
	}
	struct pending *p = pending_take(g, who, call);
	if (p == NULL)
		return;
	text_copy(p->person, sizeof p->person, person);
	people_check(g->people, person, secret, login_checked, g, p);
}

/* --- decisions ---------------------------------------------------------------------------------
 */

static struct hold *hold_of(struct pending *p)
{
	struct session *s = &p->device->session;

	/* The session may have gone, or another hold stand here, while the secret was checked. */
	if (s->state == SESSION_NONE || s->hold.id != p->decision.hold_id ||
	    s->hold.version != p->decision.version || s->hold.state != HOLD_CHECKING)
		return NULL;
	return &s->hold;
}

static void decision_failed(struct pending *p, enum control_error code, const char *why)
{
	struct hold *h = hold_of(p);

	if (h != NULL) {
		must(hold_event(h, HOLD_REJECT) == HOLD_OK);
		p->device->moment++;
	}
	control_fail(p->gate->control, p->who, p->call, code, why, NULL);
	pending_done(p);
}

/* The signature stands in the ledger and comes to nothing: that has to stand there too. */
static void record_void(struct pending *p, const char *why)
{
	gate_record(p->gate, LEDGER_DECISION,
	            json_pack("{s:s, s:i, s:s, s:s, s:s}", "device", p->device->config->name,
	                      "hold", (int)p->decision.hold_id, "person", p->person, "meaning",
	                      "void", "text", why),
	            NULL);
}

static void decision_recorded(struct gate *g, struct record_tag *tag, bool ok)
{
	struct pending *p = CONTAINER_OF(tag, struct pending, tag);
	struct hold *h = hold_of(p);
	int64_t now = (int64_t)gate_now_ms(g);

	if (ok && h == NULL)
		record_void(p, VOID);
	if (!ok || h == NULL) {
		decision_failed(p, CONTROL_REFUSED, ok ? VOID : NOT_RECORDED);
		return;
	}
	enum hold_status s =
	        p->decision.deny ? hold_deny(h, &p->decision) : hold_approve(h, &p->decision, now);
	if (s != HOLD_OK) {
		record_void(p, hold_status_words(s));
		decision_failed(p, CONTROL_REFUSED, hold_status_words(s));
		return;
	}
	p->device->moment++;
	if (h->state == HOLD_GRANTED)
		session_shorten(p->device, g->config->clinic.grant_ms);
	if (h->screening && h->state == HOLD_IN_FORCE)
		session_cleared(p->device);
	control_result(g->control, p->who, p->call, show_hold(p->device));
	pending_done(p);
}

static json_t *signature(struct pending *p, const struct person *who)
{
	const struct decision *d = &p->decision;
	struct hold *h = hold_of(p);
	const struct library *lib = device_library(p->device);
	char text[420];

	snprintf(text, sizeof text, "hold %u %s by %s: %s, %s", d->hold_id,
	         d->deny ? "denied" : "approved", who->printed, d->reason_code, d->reason_text);
	json_t *body = json_pack(
	        "{s:s, s:i, s:i, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "device",
	        p->device->config->name, "session", (int)p->device->session.id, "hold",
	        (int)d->hold_id, "version", (int)d->version, "patient", p->device->session.patient,
	        "person", who->name, "printed", who->printed, "meaning",
	        d->deny ? "override denied" : "override approved", "reason_code", d->reason_code,
	        "reason_text", d->reason_text, "library", lib->hash_hex, "text", text);
	if (h != NULL && h->screening)
		json_object_set_new(
		        body, "screening",
		        show_screening(&p->device->session.limits, p->device->session.cleared));
	else if (h != NULL)
		json_object_set_new(body, "settings",
		                    show_settings(lib, d->less ? &d->settings : &h->asked));
	return body;
}

static void decision_checked(void *owner, void *tag, const struct person *who, int wait_s)
{
	struct gate *g = owner;
	struct pending *p = tag;

	if (who == NULL) {
		struct hold *h = hold_of(p);
		if (h != NULL)
			must(hold_event(h, HOLD_REJECT) == HOLD_OK);
		not_proved(p, wait_s);
		return;
	}
	if (hold_of(p) == NULL) {
		decision_failed(p, CONTROL_REFUSED, VOID);
		return;
	}
	p->tag.done = decision_recorded;
	if (!gate_record(g, LEDGER_DECISION, signature(p, who), &p->tag))
		decision_failed(p, CONTROL_REFUSED, NOT_RECORDED);
}

static bool known_code(const struct clinic *c, const char *code)
{
	for (size_t i = 0; i < c->n_reason_codes; i++)
		if (strcmp(c->reason_code[i], code) == 0)
			return true;
	return false;
}

/* "less": what the physician grants instead, laid over what was asked. */
static bool take_less(const struct device *of, json_t *given, struct decision *d, char *why,
                      size_t why_len)
{
	struct settings less;

	if (given == NULL)
		return true;
	if (!dosejson_take(&device_library(of)->choices, given, &less, why, why_len))
		return false;
	d->less = true;
	d->settings = of->session.hold.asked;
	for (enum param p = 0; p < PARAM_COUNT; p++)
		if (settings_has(&less, p))
			settings_set(&d->settings, p, less.value[p]);
	return true;
}

static bool fill_decision(struct gate *g, struct pending *p, json_t *params, const char **secret,
                          char *why, size_t why_len)
{
	struct decision *d = &p->decision;
	const char *code, *text;
	json_int_t hold, version, number = 0, pulses = 0, seconds = 0;
	json_t *less = NULL;

	if (json_unpack(params, "{s:I, s:I, s:s, s:s, s:s, s?I, s?I, s?I, s?o}", "hold", &hold,
	                "version", &version, "secret", secret, "reason_code", &code, "reason_text",
	                &text, "number", &number, "pulses", &pulses, "seconds", &seconds,
	                "settings", &less) != 0) {
		snprintf(why, why_len,
		         "a decision wants hold, version, secret, reason_code and reason_text (and "
		         "number, to approve)");
		return false;
	}
	p->device = session_hold_device(g, hold);
	if (p->device == NULL) {
		snprintf(why, why_len, "there is no hold %lld", (long long)hold);
		return false;
	}
	if (!known_code(&g->config->clinic, code)) {
		snprintf(why, why_len, "\"%.32s\" is none of the clinic's reason codes", code);
		return false;
	}
	if (number < 0 || number > UINT16_MAX || pulses < 0 || seconds < 0 || seconds > INT32_MAX) {
		snprintf(why, why_len, "number, pulses and seconds are not negative, and small");
		return false;
	}
	if (pulses > 0 && regmap_row(p->device->profile, ROLE_PULSE_COUNTER) == NULL) {
		snprintf(why, why_len, "%s counts no pulses: give seconds instead",
		         p->device->config->name);
		return false;
	}
	d->hold_id = (uint32_t)hold;
	d->version = (uint32_t)version;
	d->number = (uint16_t)number;
	d->budget = (struct budget){.pulses = pulses, .time_ms = seconds * 1000};
	text_copy(d->person, sizeof d->person, p->person);
	text_copy(d->reason_code, sizeof d->reason_code, code);
	text_copy(d->reason_text, sizeof d->reason_text, text);
	return take_less(p->device, less, d, why, why_len);
}

void signing_decide(struct gate *g, struct control_ref who, int64_t call, json_t *params, bool deny)
{
	const char *secret;
	char why[240];

	struct pending *p = pending_take(g, who, call);
	if (p == NULL)
		return;
	text_copy(p->person, sizeof p->person, control_person(g->control, who));
	p->decision.deny = deny;
	if (!fill_decision(g, p, params, &secret, why, sizeof why)) {
		control_fail(g->control, who, call,
		             p->device == NULL ? CONTROL_NOT_FOUND : CONTROL_PARAMS, why, NULL);
		pending_done(p);
		return;
	}
	enum hold_status s = hold_decide(&p->device->session.hold, &p->decision);
	if (s != HOLD_OK) {
		control_fail(g->control, who, call, CONTROL_REFUSED, hold_status_words(s), NULL);
		pending_done(p);
		return;
	}
	people_check(g->people, p->person, secret, decision_checked, g, p);
}

/* --- people -------------------------------------------------------------------------------------
 */

static void person_added(void *owner, void *tag, const char *why)
{
	struct gate *g = owner;
	struct pending *p = tag;

	if (why != NULL) {
		control_fail(g->control, p->who, p->call, CONTROL_REFUSED, why, NULL);
	} else {
		gate_record(g, LEDGER_PEOPLE,
		            json_pack("{s:s, s:s, s:s}", "event", "added", "person", p->person,
		                      "text", "a person was added"),
		            NULL);
		control_result(g->control, p->who, p->call, json_pack("{s:s}", "name", p->person));
	}
	pending_done(p);
}

/* With nobody on file there is nobody to prove anything: then the account the gate runs as, or
 * root, may add the first person, who must be a director. */
static bool may_begin(struct gate *g, struct control_ref who, enum person_role role)
{
	uid_t uid = control_peer_uid(g->control, who);

	return people_count(g->people) == 0 && role == ROLE_DIRECTOR &&
	       (uid == 0 || uid == getuid());
}

void signing_add_person(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	const char *name, *printed, *role_name, *secret;
	char why[160];

	if (json_unpack(params, "{s:s, s:s, s:s, s:s}", "name", &name, "printed", &printed, "role",
	                &role_name, "secret", &secret) != 0) {
		control_fail(g->control, who, call, CONTROL_PARAMS,
		             "people.add wants name, printed, role and secret", NULL);
		return;
	}
	enum person_role role = person_role_named(role_name);
	if (role == PERSON_ROLE_COUNT) {
		snprintf(why, sizeof why, "role is one of %s", person_role_names());
		control_fail(g->control, who, call, CONTROL_PARAMS, why, NULL);
		return;
	}
	if (people_count(g->people) == 0 && !may_begin(g, who, role)) {
		control_fail(g->control, who, call, CONTROL_NOT_ALLOWED,
		             "the first person is a director, added from the gate's own account",
		             NULL);
		return;
	}
	if (people_count(g->people) > 0 && !may(g, who, call, RIGHT_PEOPLE))
		return;
	struct pending *p = pending_take(g, who, call);
	if (p == NULL)
		return;
	text_copy(p->person, sizeof p->person, name);
	people_add(g->people, name, printed, role, secret, person_added, g, p);
}
