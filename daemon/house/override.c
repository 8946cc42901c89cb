#include "house/override.h"

#include "core/text.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "edge/store.h"

#define LINE_LEN 900

/* --- lines ---------------------------------------------------------------------------------------
 */

/* "device     alex": a line each, so that nothing can pretend to be another line. */
static void put_line(struct text *t, const char *key, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static void put_line(struct text *t, const char *key, const char *format, ...)
{
	char line[LINE_LEN];
	va_list args;

	va_start(args, format);
	int n = snprintf(line, sizeof line, "%-11s", key);
	vsnprintf(line + n, sizeof line - (size_t)n, format, args);
	va_end(args);
	for (char *c = line; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	text_put(t, line);
	text_put(t, "\n");
}

static void put_settings(struct text *t, const char *key, const struct library *lib,
                         const struct settings *s)
{
	char value[64];

	for (enum param p = 0; p < PARAM_COUNT; p++) {
		if (!settings_has(s, p))
			continue;
		dose_format(&lib->choices, p, s->value[p], value, sizeof value);
		put_line(t, key, "%s %s", param_info(p)->name, value);
	}
}

static void put_budget(struct text *t, const struct budget *b)
{
	if (b->pulses > 0)
		put_line(t, "pulses", "at most %lld", (long long)b->pulses);
	if (b->time_ms > 0)
		put_line(t, "seconds", "at most %lld", (long long)(b->time_ms / 1000));
}

static const char *or_none(const char *text)
{
	return text[0] == '\0' ? "(none)" : text;
}

static const char *printed_name(const struct gate *g, const char *name)
{
	const struct person *p = people_find(g->people, name);

	return p == NULL ? name : p->printed;
}

/* --- the request ---------------------------------------------------------------------------------
 */

/* Which device it is, so that a grant for one cannot be taken for one of its like. */
static void put_device(struct text *t, const struct device *d)
{
	char text[600], digest[DIGEST_LEN];

	snprintf(text, sizeof text, "%s\n%s\n%s\n%s\n%u\n%s\n%s\n%s\n", d->config->name,
	         d->profile->name, d->profile->device_class, d->config->address,
	         d->config->device_unit, d->serial, d->firmware, d->handpiece);
	override_digest(text, digest);
	put_line(t, "device", "%s, %s", d->config->name, d->profile->device_class);
	put_line(t, "identity", "serial %s, firmware %s, handpiece %s", or_none(d->serial),
	         or_none(d->firmware), or_none(d->handpiece));
	put_line(t, "identified", "%s", digest);
}

static void put_session(struct text *t, const struct device *d)
{
	const struct session *s = &d->session;
	const struct library *lib = device_library(d);

	put_line(t, "session", "%u", s->id);
	put_line(t, "patient", "%s", s->patient);
	put_line(t, "treatment", "%s, %s, %s", session_kind(s),
	         symbols_name(&lib->indications, s->case_.indication + 1),
	         symbols_name(&lib->sites, s->case_.site + 1));
	put_line(t, "operator", "%s, %s", s->hold.asked_by,
	         printed_name(d->gate, s->hold.asked_by));
	put_line(t, "because", "%s", or_none(s->hold.ask_text));
}

static void put_reason(struct text *t, const struct library *lib, const struct reason *r)
{
	char text[300], limit[128];
	const char confidence[2] = {r->row != NULL    ? r->row->confidence
	                            : r->rule != NULL ? r->rule->confidence
	                                              : '\0'};

	reason_text(lib, r, text, sizeof text);
	reason_limit(lib, r, limit, sizeof limit);
	put_line(t, "held", "%s [%s; limit %s; source %s; confidence %s]", text, reason_id(r),
	         or_none(limit), or_none(reason_source(r)), or_none(confidence));
}

static void put_cleared(struct text *t, const struct screening_reason *r)
{
	char id[64], text[300];

	screening_reason_id(r, id, sizeof id);
	screening_reason_text(r, text, sizeof text);
	put_line(t, "held", "%s [%s; source %s]", text, id,
	         r->rule == NULL ? "(none)" : or_none(r->rule->source));
}

static void put_asked(struct text *t, const struct device *d)
{
	const struct hold *h = &d->session.hold;
	const struct library *lib = device_library(d);
	const struct limits *l = &d->session.limits;
	char id[64];

	put_line(t, "asks", "%s",
	         h->screening ? "that these reasons of screening be cleared for this session"
	                      : "that exactly these settings be allowed once");
	if (!h->screening) {
		put_settings(t, "asked", lib, &h->asked);
		for (uint8_t i = 0; i < h->verdict.n_reasons; i++)
			put_reason(t, lib, &h->verdict.reason[i]);
		return;
	}
	for (uint8_t i = 0; i < l->n_reasons; i++) {
		if ((h->reasons >> i & 1) == 0)
			continue;
		screening_reason_id(&l->reason[i], id, sizeof id);
		put_line(t, "asked", "%s", id);
		put_cleared(t, &l->reason[i]);
	}
}

/* The first of two: the second signs the same, and sees whom it signs with. */
static void put_first(struct text *t, const struct device *d)
{
	const struct hold *h = &d->session.hold;

	put_line(t, "approvers", "%u", h->approvers_needed);
	if (h->state != HOLD_OPEN && h->state != HOLD_CHECKING)
		return;
	for (uint8_t i = 0; i < h->n_approvers; i++) {
		put_line(t, "approved", "by %s, %s", h->approver[i],
		         printed_name(d->gate, h->approver[i]));
		if (!h->screening)
			put_settings(t, "first", device_library(d), &h->granted);
		put_budget(t, &h->budget);
		if (h->live)
			put_line(t, "present", "good only while the last approver stays present");
	}
}

static void put_facts(struct text *t, const struct device *d)
{
	const struct library *lib = device_library(d);
	const struct patient_case *c = &d->session.case_;
	char text[96];

	for (int i = 0; i < lib->n_facts; i++) {
		fact_format(&lib->fact[i], &c->facts.answer[i], c->today, text, sizeof text);
		put_line(t, "fact", "%s: %s%s", lib->fact[i].name, text,
		         fact_risk(&lib->fact[i], &c->facts.answer[i], c->today) == RISK_UNKNOWN
		                 ? " (counts as the riskiest answer)"
		                 : "");
	}
}

void override_request(const struct device *d, char *buf)
{
	const struct session *s = &d->session;
	const struct seal *seal = d->gate->librarian.seal;
	struct text t = text_in(buf, OVERRIDE_TEXT_LEN);

	text_put(&t, "dosegate override request 1\n");
	put_line(&t, "hold", "%u, version %u", s->hold.id, s->hold.version);
	put_line(&t, "nonce", "%s", s->override.nonce);
	put_line(&t, "gate", "%s", seal == NULL ? "(no key)" : seal_key(seal));
	put_device(&t, d);
	put_session(&t, d);
	put_asked(&t, d);
	put_first(&t, d);
	put_facts(&t, d);
	put_line(&t, "library", "%s", d->edition->hash);
	must(t.needed < OVERRIDE_TEXT_LEN);
}

void override_digest(const char *text, char digest[DIGEST_LEN])
{
	unsigned char hash[(DIGEST_LEN - 1) / 2];

	crypto_generichash(hash, sizeof hash, (const unsigned char *)text, strlen(text), NULL, 0);
	sodium_bin2hex(digest, DIGEST_LEN, hash, sizeof hash);
}

bool override_is(const struct device *d, const char *digest)
{
	char text[OVERRIDE_TEXT_LEN], now[DIGEST_LEN];

	override_request(d, text);
	override_digest(text, now);
	return strcmp(now, digest) == 0;
}

/* --- the decision --------------------------------------------------------------------------------
 */

static const char *meaning(const struct hold *h, const struct decision *what)
{
	if (what->deny)
		return "override denied";
	if (h->screening)
		return "override approved: these reasons of screening are cleared for this "
		       "session, "
		       "and for no other";
	return "override approved: these settings exactly, on this device, for this patient; one "
	       "use, in the time the clinic gives to press again; then in force until the next "
	       "setting, the end of its budget or of the session, or its revocation";
}

static const char *verb(const struct decision *what)
{
	return what->deny ? "denied" : what->less ? "approved, less than asked" : "approved";
}

void override_decision(const struct device *d, const struct decision *what,
                       const struct person *who, const char *entered_by, char *buf)
{
	const struct hold *h = &d->session.hold;
	struct text t = text_in(buf, OVERRIDE_TEXT_LEN);
	char request[OVERRIDE_TEXT_LEN], digest[DIGEST_LEN], at[48];

	override_request(d, request);
	override_digest(request, digest);
	statement_time(time_unix_ms(), at, sizeof at);
	text_put(&t, "dosegate override decision 1\n");
	put_line(&t, "decision", "%s", verb(what));
	if (entered_by[0] != '\0')
		put_line(&t, "telephone", "answered by telephone, entered by %s", entered_by);
	put_line(&t, "person", "%s", who->name);
	put_line(&t, "printed", "%s", who->printed);
	put_line(&t, "role", "%s", person_role_name(who->role));
	put_line(&t, "at", "%s", at);
	put_line(&t, "code", "%s", what->reason_code);
	put_line(&t, "reason", "%s", what->reason_text);
	if (!what->deny && !h->screening)
		put_settings(&t, "grants", device_library(d),
		             what->less ? &what->settings : &h->asked);
	put_budget(&t, &what->budget);
	if (what->live)
		put_line(&t, "present", "good only while the approver stays present");
	put_line(&t, "meaning", "%s", meaning(h, what));
	put_line(&t, "shown", "%s", digest);
	text_put(&t, "\n");
	text_put(&t, request);
	must(t.needed < OVERRIDE_TEXT_LEN);
}

json_t *override_rules(const struct device *d)
{
	const struct hold *h = &d->session.hold;
	const struct limits *l = &d->session.limits;
	json_t *all = json_array();
	char id[64];

	for (uint8_t i = 0; i < h->verdict.n_reasons && !h->screening; i++)
		json_array_append_new(all, json_string(reason_id(&h->verdict.reason[i])));
	for (uint8_t i = 0; i < l->n_reasons && h->screening; i++) {
		if ((h->reasons >> i & 1) == 0)
			continue;
		screening_reason_id(&l->reason[i], id, sizeof id);
		json_array_append_new(all, json_string(id));
	}
	return all;
}

bool override_is_line(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	return strlen(text) < HOLD_TEXT_LEN;
}

/* --- who has looked ------------------------------------------------------------------------------
 */

void override_begin(struct device *d)
{
	struct override *o = &d->session.override;
	unsigned char nonce[(sizeof o->nonce - 1) / 2];
	size_t reminded = o->hold == d->session.hold.id ? o->reminded : 0;

	memset(o, 0, sizeof *o);
	o->hold = d->session.hold.id;
	o->reminded = reminded;
	randombytes_buf(nonce, sizeof nonce);
	sodium_bin2hex(o->nonce, sizeof o->nonce, nonce, sizeof nonce);
}

static int place_of(const struct override *o, const char *person)
{
	int i = 0;

	while (i < o->n_seen && strcmp(o->seen[i].person, person) != 0)
		i++;
	return i;
}

void override_seen(struct device *d, const char *person)
{
	struct session *s = &d->session;
	struct override *o = &s->override;
	int at = place_of(o, person);
	char text[160];

	if (at < o->n_seen || at == SEEN_MAX)
		return;
	text_copy(o->seen[at].person, sizeof o->seen[at].person, person);
	o->seen[at].at_ms = (int64_t)gate_now_ms(d->gate);
	o->n_seen++;
	snprintf(text, sizeof text, "hold %u: seen by %s", s->hold.id,
	         printed_name(d->gate, person));
	gate_record(d->gate, LEDGER_HOLD,
	            json_pack("{s:s, s:i, s:i, s:s, s:s, s:s, s:s}", "device", d->config->name,
	                      "session", (int)s->id, "hold", (int)s->hold.id, "event", "seen",
	                      "patient", s->patient, "seen_by", person, "text", text),
	            NULL);
}

int64_t override_seen_ms(const struct device *d, const char *person)
{
	const struct override *o = &d->session.override;
	int at = place_of(o, person);

	return at < o->n_seen ? o->seen[at].at_ms : -1;
}

json_t *override_seen_by(const struct device *d)
{
	const struct override *o = &d->session.override;
	int64_t now = (int64_t)gate_now_ms(d->gate);
	json_t *all = json_array();

	for (int i = 0; i < o->n_seen; i++)
		json_array_append_new(
		        all, json_pack("{s:s, s:s, s:I}", "person", o->seen[i].person, "printed",
		                       printed_name(d->gate, o->seen[i].person), "s_ago",
		                       (json_int_t)((now - o->seen[i].at_ms) / 1000)));
	return all;
}

/* --- who is to look ------------------------------------------------------------------------------
 */

void override_remind(struct device *d)
{
	const struct clinic *c = &d->gate->config->clinic;
	struct session *s = &d->session;
	struct override *o = &s->override;
	int64_t waited = (int64_t)gate_now_ms(d->gate) - s->hold.opened_ms;
	char text[160];

	while (s->hold.state == HOLD_OPEN && o->reminded < c->n_escalation &&
	       waited >= c->escalation[o->reminded].after_ms) {
		const char *person = c->escalation[o->reminded++].person;

		snprintf(text, sizeof text, "hold %u waits since %lld s: %s is to look", s->hold.id,
		         (long long)(waited / 1000), printed_name(d->gate, person));
		gate_record(d->gate, LEDGER_HOLD,
		            json_pack("{s:s, s:i, s:i, s:s, s:s, s:s, s:s}", "device",
		                      d->config->name, "session", (int)s->id, "hold",
		                      (int)s->hold.id, "event", "remind", "patient", s->patient,
		                      "to", person, "text", text),
		            NULL);
	}
}

json_t *override_reminders(const struct device *d)
{
	const struct clinic *c = &d->gate->config->clinic;
	const struct session *s = &d->session;
	int64_t waited = (int64_t)gate_now_ms(d->gate) - s->hold.opened_ms;
	json_t *all = json_array();

	for (size_t i = 0; i < c->n_escalation && s->hold.state == HOLD_OPEN; i++) {
		int64_t left = c->escalation[i].after_ms - waited;

		json_array_append_new(
		        all, json_pack("{s:s, s:s, s:I, s:b}", "person", c->escalation[i].person,
		                       "printed", printed_name(d->gate, c->escalation[i].person),
		                       "in_s", (json_int_t)(left > 0 ? (left + 999) / 1000 : 0),
		                       "asked", (int)(i < s->override.reminded)));
	}
	return all;
}
