/*
 * deciding: a physician's word on a hold: shown, proved, recorded with its signature, and only then
 * in force. What is signed: override.c.
 */
#include "house/override.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "edge/dosejson.h"

#define VOID         "void: the hold ended or changed while you were signing"
#define NOT_RECORDED "the signature could not be recorded; nothing was granted"

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
	if (h->live && h->state == HOLD_GRANTED)
		live_begin(p->device, p->who, p->person);
	json_t *all = show_hold(p->device);
	json_object_set(all, "signed", p->answer);
	control_result(g->control, p->who, p->call, all);
	pending_done(p);
}

/* {"text", "signature", "key"}: the decision over what was shown, signed by this gate. */
static json_t *sign(struct pending *p, const struct person *who)
{
	const struct seal *seal = p->gate->librarian.seal;
	char text[OVERRIDE_TEXT_LEN], signature[SEAL_SIGNATURE_LEN];

	override_decision(p->device, &p->decision, who, p->entered_by, text);
	seal_sign(seal, text, signature);
	return json_pack("{s:s, s:s, s:s}", "text", text, "signature", signature, "key",
	                 seal_key(seal));
}

/* How long the one who decides had it before their eyes; null: they never looked by name. */
static json_t *looked_s(const struct pending *p)
{
	int64_t seen = override_seen_ms(p->device, p->person);
	int64_t now = (int64_t)gate_now_ms(p->gate);

	return seen < 0 ? json_null() : json_integer((now - seen) / 1000);
}

static json_t *decision_body(struct pending *p, const struct person *who)
{
	const struct decision *d = &p->decision;
	const struct session *s = &p->device->session;
	const struct hold *h = &s->hold;
	const struct library *lib = device_library(p->device);
	int64_t now = (int64_t)gate_now_ms(p->gate);
	char text[420];

	snprintf(text, sizeof text, "hold %u %s by %s: %s, %s", d->hold_id,
	         d->deny ? "denied" : "approved", who->printed, d->reason_code, d->reason_text);
	json_t *body =
	        json_pack("{s:s, s:i, s:i, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
	                  "device", p->device->config->name, "session", (int)s->id, "hold",
	                  (int)d->hold_id, "version", (int)d->version, "patient", s->patient,
	                  "operator", h->asked_by, "ask_text", h->ask_text, "person", who->name,
	                  "printed", who->printed, "role", person_role_name(who->role), "meaning",
	                  d->deny ? "override denied" : "override approved", "reason_code",
	                  d->reason_code, "reason_text", d->reason_text);
	json_object_update_new(
	        body,
	        json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:O}", "library", lib->hash_hex,
	                  "text", text, "nonce", s->override.nonce, "digest", p->shown, "rules",
	                  override_rules(p->device), "looked_s", looked_s(p), "waited_s",
	                  (json_int_t)((now - h->opened_ms) / 1000), "signed", p->answer));
	if (p->entered_by[0] != '\0')
		json_object_set_new(body, "entered_by", json_string(p->entered_by));
	if (h->screening) {
		json_object_set_new(body, "screening", show_screening(&s->limits, s->cleared));
		return body;
	}
	json_object_set_new(body, "asked", show_settings(lib, &h->asked));
	if (!d->deny)
		json_object_set_new(body, "settings",
		                    show_settings(lib, d->less ? &d->settings : &h->asked));
	return body;
}

static void begin_signing(struct pending *p, const struct person *who)
{
	if (hold_of(p) == NULL || !override_is(p->device, p->shown)) {
		decision_failed(p, CONTROL_REFUSED, VOID);
		return;
	}
	p->answer = sign(p, who);
	p->tag.done = decision_recorded;
	if (!gate_record(p->gate, LEDGER_DECISION, decision_body(p, who), &p->tag))
		decision_failed(p, CONTROL_REFUSED, NOT_RECORDED);
}

void deciding_proved(struct pending *p, const struct person *who)
{
	enum hold_status s = hold_decide(&p->device->session.hold, &p->decision);

	if (s == HOLD_OK) {
		begin_signing(p, who);
		return;
	}
	control_fail(p->gate->control, p->who, p->call, CONTROL_REFUSED, hold_status_words(s),
	             NULL);
	pending_done(p);
}

static void decision_checked(void *owner, void *tag, const struct person *who,
                             const struct proof *proof)
{
	struct pending *p = tag;

	(void)owner;
	if (who == NULL) {
		struct hold *h = hold_of(p);
		if (h != NULL)
			must(hold_event(h, HOLD_REJECT) == HOLD_OK);
		signing_refused(p, proof);
		return;
	}
	begin_signing(p, who);
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

bool deciding_words_fit(const struct gate *g, const char *code, const char *text, char *why,
                        size_t why_len)
{
	if (!known_code(&g->config->clinic, code))
		snprintf(why, why_len, "\"%.32s\" is none of the clinic's reason codes", code);
	else if (!override_is_line(text))
		snprintf(why, why_len, "a reason is one line of at most %d bytes",
		         HOLD_TEXT_LEN - 1);
	else
		return true;
	return false;
}

static bool limits_fit(const struct pending *p, json_int_t number, json_int_t pulses,
                       json_int_t seconds, char *why, size_t why_len)
{
	if (number < 0 || number > UINT16_MAX || pulses < 0 || seconds < 0 || seconds > INT32_MAX)
		snprintf(why, why_len, "number, pulses and seconds are not negative, and small");
	else if (pulses > 0 && regmap_row(p->device->profile, ROLE_PULSE_COUNTER) == NULL)
		snprintf(why, why_len, "%s counts no pulses: give seconds instead",
		         p->device->config->name);
	else
		return true;
	return false;
}

static bool fill_decision(struct gate *g, struct pending *p, json_t *params, struct claim *claim,
                          enum control_error *error, char *why, size_t why_len)
{
	struct decision *d = &p->decision;
	const char *code, *text, *digest;
	json_int_t hold, version, number = 0, pulses = 0, seconds = 0;
	json_t *less = NULL;
	int live = 0;

	if (json_unpack(params, "{s:I, s:I, s:s, s:s, s?s, s:s, s:s, s?I, s?I, s?I, s?o, s?b}",
	                "hold", &hold, "version", &version, "digest", &digest, "secret",
	                &claim->secret, "code", &claim->code, "reason_code", &code, "reason_text",
	                &text, "number", &number, "pulses", &pulses, "seconds", &seconds,
	                "settings", &less, "live", &live) != 0) {
		snprintf(
		        why, why_len,
		        "a decision wants hold, version, digest (of what hold.show showed), "
		        "secret, reason_code and reason_text (and, to approve, number and the code "
		        "of the second factor)");
		return false;
	}
	p->device = session_hold_device(g, hold);
	if (p->device == NULL) {
		*error = CONTROL_NOT_FOUND;
		snprintf(why, why_len, "there is no hold %lld", (long long)hold);
		return false;
	}
	if (!deciding_words_fit(g, code, text, why, why_len) ||
	    !limits_fit(p, number, pulses, seconds, why, why_len))
		return false;
	d->hold_id = (uint32_t)hold;
	d->version = (uint32_t)version;
	d->number = (uint16_t)number;
	d->live = live != 0;
	d->budget = (struct budget){.pulses = pulses, .time_ms = seconds * 1000};
	text_copy(p->shown, sizeof p->shown, digest);
	text_copy(d->person, sizeof d->person, p->person);
	text_copy(d->reason_code, sizeof d->reason_code, code);
	text_copy(d->reason_text, sizeof d->reason_text, text);
	return take_less(p->device, less, d, why, why_len);
}

/* NULL, or why nothing can be signed now. What was looked at must be what stands. */
static const char *why_not(struct pending *p)
{
	struct hold *h = &p->device->session.hold;

	if (p->gate->librarian.seal == NULL)
		return "the gate's key cannot be read, so nothing can be signed";
	if (hold_next(h->state, HOLD_DECIDE) != HOLD_STATE_COUNT &&
	    !override_is(p->device, p->shown))
		return hold_status_words(HOLD_OTHER);
	if (people_recovered_by(people_find(p->gate->people, p->person), h->asked_by,
	                        (int64_t)time(NULL)))
		return "who asks for this has let you in again less than a day ago; another "
		       "physician decides";
	enum hold_status s = hold_decide(h, &p->decision);
	return s == HOLD_OK ? NULL : hold_status_words(s);
}

void deciding(struct gate *g, struct control_ref who, int64_t call, json_t *params, bool deny)
{
	enum control_error error = CONTROL_PARAMS;
	char why[240];

	struct pending *p = pending_take(g, who, call);
	if (p == NULL)
		return;
	text_copy(p->person, sizeof p->person, control_person(g->control, who));
	p->decision.deny = deny;
	struct claim claim = signing_claim(g, who, p->person, "", "");
	if (!fill_decision(g, p, params, &claim, &error, why, sizeof why)) {
		control_fail(g->control, who, call, error, why, NULL);
		pending_done(p);
		return;
	}
	const char *no = why_not(p);
	if (no != NULL) {
		control_fail(g->control, who, call, CONTROL_REFUSED, no, NULL);
		pending_done(p);
		return;
	}
	if (deny)
		claim.code = NULL; /* it takes permission away */
	people_prove(g->people, &claim, decision_checked, g, p);
}
