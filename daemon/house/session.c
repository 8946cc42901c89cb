/*
 * session: operator + patient + device + indication + site, under one library. What the rules and
 * rows leave for it is computed here once; holds and grants live and die with it.
 */
#include "house/override.h"

#include "core/text.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "edge/dosejson_past.h"

/* The number a physician types is drawn so that neighbours on two consoles differ. */
#define NUMBER_FIRST 10
#define NUMBER_LAST  999

const char *session_kind(const struct session *s)
{
	return s->case_.test_spot ? "test_spot" : "treatment";
}

static json_t *body_of(const struct device *d, const char *event, const char *text)
{
	const struct session *s = &d->session;

	return json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s}", "device", d->config->name,
	                 "session", (int)s->id, "patient", s->patient, "operator", s->operator_,
	                 "event", event, "text", text, "library", device_library(d)->hash_hex);
}

static void record(struct device *d, enum ledger_kind kind, const char *event, const char *text)
{
	gate_record(d->gate, kind, body_of(d, event, text), NULL);
}

static void record_hold(struct device *d, const char *event, const char *by)
{
	const struct hold *h = &d->session.hold;
	char text[200];
	json_t *body;

	snprintf(text, sizeof text, "hold %u: %s (%s)", h->id, hold_state_words(h->state), by);
	body = json_pack("{s:s, s:i, s:i, s:s, s:s, s:s, s:s}", "device", d->config->name,
	                 "session", (int)d->session.id, "hold", (int)h->id, "event", event,
	                 "patient", d->session.patient, "library", device_library(d)->hash_hex,
	                 "text", text);
	if (!h->screening)
		json_object_set_new(body, "asked", show_settings(device_library(d), &h->asked));
	gate_record(d->gate,
	            h->state == HOLD_OPEN || h->state == HOLD_WITHDRAWN ? LEDGER_HOLD
	                                                                : LEDGER_GRANT,
	            body, NULL);
}

/* --- answers --------------------------------------------------------------------------------- */

/* Not everybody may answer everything: the library says who. */
static bool may_answer(struct gate *g, const struct fact *f, const char *by)
{
	const struct person *p = people_find(g->people, by);

	return p != NULL && ((f->answered_by >> p->role) & 1u) != 0;
}

static bool take_facts(const struct device *d, const char *by, json_t *given, int32_t today,
                       struct facts *facts, char *why, size_t why_len)
{
	const struct library *lib = device_library(d);
	const char *name;
	json_t *value;

	json_object_foreach(given, name, value)
	{
		int i = 0;

		while (i < lib->n_facts && strcmp(lib->fact[i].name, name) != 0)
			i++;
		if (i == lib->n_facts) {
			snprintf(why, why_len, "the library knows no fact \"%.32s\"", name);
			return false;
		}
		if (i == lib->test_fact) {
			snprintf(why, why_len,
			         "%s is worked out of test areas: have one read (test.read), or "
			         "tell of one made elsewhere",
			         name);
			return false;
		}
		if (lib->fact[i].derive == DERIVE_NONE && !may_answer(d->gate, &lib->fact[i], by)) {
			snprintf(why, why_len, "%s is not for %s to answer; see who may: library",
			         name, by);
			return false;
		}
		const char *text = json_string_value(value);
		enum fact_status s =
		        text == NULL ? FACT_NOT_A_VALUE
		                     : fact_parse(&lib->fact[i], text, today, &facts->answer[i]);
		if (s != FACT_OK) {
			snprintf(why, why_len, "%s = \"%.40s\": %s", name, text == NULL ? "" : text,
			         fact_status_words(s));
			return false;
		}
	}
	return true;
}

bool session_index_of(const struct symbols *names, const char *what, const char *name, uint8_t *out,
                      char *why, size_t why_len)
{
	int64_t value = name == NULL ? 0 : symbols_find(names, name);

	if (value == 0) {
		size_t n = (size_t)snprintf(why, why_len, "no %s \"%.40s\"; there are:", what,
		                            name == NULL ? "" : name);
		for (int64_t i = 1; i <= names->count && n < why_len; i++)
			n += (size_t)snprintf(why + n, why_len - n, " %s", symbols_name(names, i));
		return false;
	}
	*out = (uint8_t)(value - 1);
	return true;
}

/* A token from the clinic's own system: nothing that could be a name. Letters, digits and - only,
 * with at least one digit, so that a typed name is refused. */
static bool token_is_opaque(const char *token)
{
	bool digit = false;
	size_t n = strlen(token);

	for (size_t i = 0; i < n; i++) {
		char c = token[i];

		if (c >= '0' && c <= '9')
			digit = true;
		else if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'))
			return false;
	}
	return digit && n >= 3 && n < PATIENT_LEN;
}

/* The clinic may be quicker than the core's own lives of holds and grants, never slower. */
void session_shorten(struct device *d, int64_t ms)
{
	struct hold *h = &d->session.hold;
	int64_t end = (int64_t)gate_now_ms(d->gate) + ms;

	if (h->until_ms > end)
		h->until_ms = end;
}

/* --- screening -------------------------------------------------------------------------------- */

static void ask_screening(struct device *d)
{
	struct session *s = &d->session;
	struct gate *g = d->gate;
	uint64_t standing = limits_standing(&s->limits, s->cleared);
	uint16_t number =
	        (uint16_t)(NUMBER_FIRST + randombytes_uniform(NUMBER_LAST - NUMBER_FIRST + 1));

	s->hold.id = g->last_hold;
	if (hold_ask_screening(&s->hold, standing, limits_approvers(&s->limits, s->cleared),
	                       s->operator_, number, (int64_t)gate_now_ms(g)) != HOLD_OK)
		return;
	g->last_hold = s->hold.id;
	override_begin(d);
	session_shorten(d, g->config->clinic.hold_ms);
	record_hold(d, "opened", "screening");
}

/* Computes the limits for s->case_; false when nothing may be treated. */
static bool compute(struct device *d, struct session *s, json_t **refused, char *why,
                    size_t why_len)
{
	const struct library *lib = device_library(d);
	enum limits_status status = limits_compute(lib, &s->case_, &s->limits);

	if (status != LIMITS_OK) {
		text_copy(why, why_len, limits_why(lib, s->case_.device_class, status));
		return false;
	}
	if (s->case_.test_spot && s->limits.pulses.most == 0) {
		text_copy(why, why_len,
		          "the library does not say how many pulses a test area may have");
		return false;
	}
	s->cleared = 0;
	enum verdict_kind kind = limits_screening(&s->limits, 0);
	if (kind == VERDICT_BLOCKED) {
		*refused = show_screening(&s->limits, 0);
		snprintf(why, why_len, "screening of this patient says no");
		return false;
	}
	s->state = kind == VERDICT_HELD ? SESSION_WAITING : SESSION_OPEN;
	return true;
}

static json_t *answers(const struct library *lib, const struct patient_case *c)
{
	json_t *all = json_object();
	char text[96];

	for (int i = 0; i < lib->n_facts; i++) {
		fact_format(&lib->fact[i], &c->facts.answer[i], c->today, text, sizeof text);
		json_object_set_new(all, lib->fact[i].name, json_string(text));
	}
	return all;
}

/* All it rests on, by names: another library can be asked later what it would have said. */
static void add_case(json_t *body, const struct device *d, const struct session *s, const char *by)
{
	const struct library *lib = device_library(d);
	const struct patient_case *c = &s->case_;

	json_object_update_new(
	        body, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:b}", "kind", session_kind(s),
	                        "device_class", symbols_name(&lib->classes, c->device_class + 1),
	                        "profile", d->profile->name, "indication",
	                        symbols_name(&lib->indications, c->indication + 1), "site",
	                        symbols_name(&lib->sites, c->site + 1), "answered_by", by, "facts",
	                        answers(lib, c), "elsewhere_told", s->elsewhere_told));
}

/* With all it rests on: who answered what, and what the rules made of it. */
static void opened(struct device *d, const char *by)
{
	const struct session *s = &d->session;
	bool open = s->state == SESSION_OPEN;

	d->moment++;
	if (!open)
		ask_screening(d);
	json_t *body = body_of(d, open ? "open" : "waits",
	                       open ? "session open" : "session waits for a physician");
	add_case(body, d, s, by);
	json_object_set_new(body, "screening", show_screening(&s->limits, 0));
	gate_record(d->gate, LEDGER_SESSION, body, NULL);
	watch_armed(d);
}

/* A test area is a few pulses, so it is made only where they are counted. */
static bool take_kind(const struct device *d, const char *kind, struct patient_case *c, char *why,
                      size_t why_len)
{
	c->test_spot = kind != NULL && strcmp(kind, "test_spot") == 0;
	if (!c->test_spot && kind != NULL && strcmp(kind, "treatment") != 0) {
		snprintf(why, why_len, "kind is \"treatment\" or \"test_spot\", not \"%.20s\"",
		         kind);
		return false;
	}
	if (c->test_spot && !d->pulses_known)
		snprintf(why, why_len,
		         "%s does not tell its pulses, so a test area cannot be kept to a few",
		         d->config->name);
	return !c->test_spot || d->pulses_known;
}

static bool fill_case(struct device *d, const struct session_ask *ask, struct session *s, char *why,
                      size_t why_len)
{
	const struct library *lib = device_library(d);
	struct patient_case *c = &s->case_;

	if (d->profile->device_class[0] == '\0') {
		snprintf(why, why_len, "%s treats nobody: its profile has no device class",
		         d->config->name);
		return false;
	}
	if (!ledger_well(d->gate->ledger)) {
		text_copy(why, why_len, "the ledger cannot be written: no record, no session");
		return false;
	}
	if (!time_is_sound(d->gate, why, why_len))
		return false;
	if (ask->patient == NULL || !token_is_opaque(ask->patient)) {
		snprintf(why, why_len,
		         "patient is a token of letters, digits and -, with a digit in it, as in "
		         "P-4711; never a name");
		return false;
	}
	if (!take_kind(d, ask->kind, c, why, why_len))
		return false;
	c->today = gate_today(d->gate);
	return session_index_of(&lib->classes, "device class", d->profile->device_class,
	                        &c->device_class, why, why_len) &&
	       session_index_of(&lib->indications, "indication", ask->indication, &c->indication,
	                        why, why_len) &&
	       session_index_of(&lib->sites, "site", ask->site, &c->site, why, why_len) &&
	       take_facts(d, ask->operator_, ask->facts, c->today, &c->facts, why, why_len);
}

bool session_check(struct device *d, const struct session_ask *ask, char *why, size_t why_len)
{
	struct session *s = &d->gate->draft; /* too large for the stack */
	json_t *news = json_array();

	memset(s, 0, sizeof *s);
	bool fine = fill_case(d, ask, s, why, why_len) &&
	            treatment_told(d, ask->elsewhere, NULL, news, why, why_len);
	json_decref(news);
	return fine;
}

/* What the ledger knows and what was told, as answers to the questions nobody is asked. */
static bool take_past(struct device *d, const struct session_ask *ask, json_t *bodies,
                      struct session *s, char *why, size_t why_len)
{
	json_t *news = json_array(), *all = json_copy(bodies);
	bool fine = treatment_told(d, ask->elsewhere, bodies, news, why, why_len);

	if (fine) {
		treatment_record_told(d, s->patient, s->operator_, news);
		json_array_extend(all, news);
		past_read(device_library(d), all, &s->case_, ask->elsewhere != NULL, &s->history);
		s->case_.history = &s->history;
		history_derive(device_library(d), &s->case_);
	}
	json_decref(news);
	json_decref(all);
	return fine;
}

static void record_refused(struct device *d, const struct session *s, const char *why,
                           json_t *refused)
{
	json_t *body =
	        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:O?}", "device", d->config->name,
	                  "patient", s->patient, "operator", s->operator_, "event", "refused",
	                  "text", why, "library", device_library(d)->hash_hex, "reasons", refused);

	add_case(body, d, s, s->operator_);
	gate_record(d->gate, LEDGER_SESSION, body, NULL);
}

bool session_start(struct device *d, const struct session_ask *ask, json_t *bodies,
                   json_t **refused, char *why, size_t why_len)
{
	struct session *s = &d->gate->draft; /* too large for the stack */

	memset(s, 0, sizeof *s);
	*refused = NULL;
	if (!fill_case(d, ask, s, why, why_len))
		return false;
	text_copy(s->operator_, sizeof s->operator_, ask->operator_);
	text_copy(s->patient, sizeof s->patient, ask->patient);
	s->elsewhere_told = ask->elsewhere != NULL;
	if (!take_past(d, ask, bodies, s, why, why_len))
		return false;
	bool fits = compute(d, s, refused, why, why_len);
	if (fits && !presence_suffices(d, &s->limits, why, why_len)) {
		*refused = json_array(); /* nothing is wrong with the patient */
		fits = false;
	}
	if (!fits) {
		record_refused(d, s, why, *refused);
		return false;
	}
	session_end(d, "another session begins on this device");
	s->id = ++d->gate->last_session;
	s->started_ms = s->touched_ms = (int64_t)gate_now_ms(d->gate);
	s->pulses_at_start = d->pulses;
	s->counted = d->pulses_known;
	d->session = *s;
	d->session.case_.history = &d->session.history;
	opened(d, s->operator_);
	return true;
}

bool session_facts(struct device *d, const char *by, json_t *facts, json_t **refused, char *why,
                   size_t why_len)
{
	struct session *s = &d->session;
	struct facts before = s->case_.facts;
	int32_t today = gate_today(d->gate);

	*refused = NULL;
	if (!take_facts(d, by, facts, today, &s->case_.facts, why, why_len)) {
		s->case_.facts = before; /* all or nothing */
		return false;
	}
	s->case_.today = today;
	history_derive(device_library(d), &s->case_);
	session_hold_event(d, HOLD_END, "a fact about the patient changed");
	if (!compute(d, s, refused, why, why_len)) {
		record_refused(d, s, why, *refused);
		session_end(d, why);
		return false;
	}
	opened(d, by);
	return true;
}

void session_end(struct device *d, const char *why)
{
	if (d->session.state == SESSION_NONE)
		return;
	session_hold_event(d, HOLD_END, why);
	treatment_end(d);
	record(d, LEDGER_SESSION, "end", why);
	d->session.state = SESSION_NONE;
	d->session.limits.computed = false;
	d->moment++;
	watch_armed(d);
}

void session_cleared(struct device *d)
{
	struct session *s = &d->session;

	s->cleared |= s->hold.reasons;
	d->moment++;
	if (limits_screening(&s->limits, s->cleared) == VERDICT_ALLOWED)
		s->state = SESSION_OPEN;
	record(d, LEDGER_SESSION, "open", "a physician cleared the screening; session open");
}

/* --- holds and grants --------------------------------------------------------------------------
 */

void session_held(struct device *d, const struct verdict *v, const struct settings *asked)
{
	struct session *s = &d->session;
	struct gate *g = d->gate;
	uint32_t version = s->hold.version, id = s->hold.id;

	uint16_t number =
	        (uint16_t)(NUMBER_FIRST + randombytes_uniform(NUMBER_LAST - NUMBER_FIRST + 1));
	if (hold_ask(&s->hold, v, asked, s->operator_, number, (int64_t)gate_now_ms(g)) != HOLD_OK)
		return;
	if (s->hold.id != id) /* a new one: ids are the gate's, not the session's */
		s->hold.id = ++g->last_hold;
	if (s->hold.id != id || s->hold.version != version) {
		d->moment++;
		override_begin(d);
		session_shorten(d, g->config->clinic.hold_ms);
		record_hold(d, s->hold.id != id ? "opened" : "changed", s->operator_);
	}
}

void session_settings_moved(struct device *d, const char *why)
{
	if (!d->session.hold.screening)
		session_hold_event(d, HOLD_END, why);
}

void session_went_inside(struct device *d)
{
	if (d->session.hold.screening)
		return; /* it asks about the patient, not about settings */
	session_hold_event(d, HOLD_WITHDRAW, "the settings went back inside the limits");
	if (d->session.hold.state == HOLD_IN_FORCE)
		session_hold_event(d, HOLD_END, "the next setting was made");
}

enum hold_status session_hold_event(struct device *d, enum hold_event e, const char *by)
{
	struct hold *h = &d->session.hold;
	enum hold_status s;

	if (d->session.state == SESSION_NONE)
		return HOLD_NOT_NOW;
	s = hold_event(h, e);
	if (s != HOLD_OK)
		return s;
	d->moment++;
	static const char *const name[HOLD_EVENT_COUNT] = {
#define X(id, words) [id] = words,
	        HOLD_EVENT_MAP(X)
#undef X
	};
	record_hold(d, name[e], by);
	if (h->screening && e == HOLD_REVOKE) {
		d->session.cleared &= ~h->reasons;
		if (limits_screening(&d->session.limits, d->session.cleared) != VERDICT_ALLOWED)
			d->session.state = SESSION_WAITING;
	}
	if (e == HOLD_REVOKE || e == HOLD_END)
		watch_armed(d);
	return s;
}

void session_tick(struct device *d)
{
	struct session *s = &d->session;
	int64_t now = (int64_t)gate_now_ms(d->gate);

	if (s->state == SESSION_NONE)
		return;
	live_tick(d);
	override_remind(d);
	if (hold_tick(&s->hold, d->pulses, now)) {
		d->moment++;
		record_hold(d, "expire", "its time or its budget is over");
		watch_armed(d);
	}
	if (d->state == DEVICE_EMITTING)
		s->touched_ms = now; /* somebody is being treated, also where no pulse is counted */
	/* Armed and left alone it ends as well, and the device with it: the next to step on the
	 * pedal may stand at another patient. */
	if (now - s->touched_ms > d->gate->config->clinic.session_idle_ms)
		session_end(d, "idle for too long");
	else if (!state_is_armed(d->state) && gate_today(d->gate) != s->case_.today)
		session_end(d, "a new day: the answers must be asked again");
}

struct device *session_hold_device(struct gate *g, int64_t hold_id)
{
	for (size_t i = 0; i < g->n_devices; i++) {
		struct session *s = &g->device[i].session;

		if (s->state != SESSION_NONE && s->hold.state != HOLD_FREE && s->hold.id == hold_id)
			return &g->device[i];
	}
	return NULL;
}
