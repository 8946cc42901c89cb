/*
 * methods: what people may ask for on the control socket. The table at the end is the index.
 */
#include "house/override.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

struct ask {
	struct gate *gate;
	struct control_ref who;
	int64_t call;
	json_t *params;
};

static void result(const struct ask *a, json_t *value)
{
	control_result(a->gate->control, a->who, a->call, value);
}

static void fail(const struct ask *a, enum control_error code, const char *sentence, json_t *data)
{
	control_fail(a->gate->control, a->who, a->call, code, sentence, data);
}

static const char *text_of(const struct ask *a, const char *key)
{
	return json_string_value(json_object_get(a->params, key));
}

/* The device named in params; NULL after saying so. */
static struct device *device_of(const struct ask *a)
{
	const char *name = text_of(a, "device");
	struct device *d = name == NULL ? NULL : gate_device_named(a->gate, name);
	char why[400];
	size_t n;

	if (d != NULL)
		return d;
	n = (size_t)snprintf(why, sizeof why,
	                     "no device \"%.32s\"; there are:", name == NULL ? "" : name);
	for (size_t i = 0; i < a->gate->n_devices && n < sizeof why; i++)
		n += (size_t)snprintf(why + n, sizeof why - n, " %s",
		                      a->gate->device[i].config->name);
	fail(a, CONTROL_NOT_FOUND, why, NULL);
	return NULL;
}

static struct device *hold_device_of(const struct ask *a)
{
	json_t *id = json_object_get(a->params, "hold");
	struct device *d =
	        json_is_integer(id) ? session_hold_device(a->gate, json_integer_value(id)) : NULL;

	if (d == NULL)
		fail(a, CONTROL_NOT_FOUND, HOLD_GONE, NULL);
	return d;
}

/* What is signed brings its own code, looked at with the secret. */
static bool has_factor(struct gate *g, struct control_ref who, int64_t call, const struct person *p,
                       enum right r)
{
	struct proof wants = {.status = p->has_seed ? PROOF_CODE_WANTED : PROOF_NOT_ENROLLED};
	char text[240];

	if (right_factor(r) != FACTOR_BOTH || control_proved_both(g->control, who))
		return true;
	proof_words(&wants, text, sizeof text);
	control_fail(g->control, who, call, CONTROL_NOT_PROVED, text,
	             json_pack("{s:s, s:s}", "proof", proof_name(wants.status), "with", "login"));
	return false;
}

bool may(struct gate *g, struct control_ref who, int64_t call, enum right r)
{
	const char *name = control_person(g->control, who);
	const struct person *p = name[0] == '\0' ? NULL : people_find(g->people, name);
	char why[160];

	if (p == NULL) {
		control_fail(g->control, who, call, CONTROL_NOT_PROVED,
		             "log in first: who are you?", NULL);
		return false;
	}
	control_touch(g->control, who);
	if (person_may(p, r))
		return has_factor(g, who, call, p, r);
	snprintf(why, sizeof why, "%s is %s and may not %s", p->printed, person_role_words(p->role),
	         right_words(r));
	control_fail(g->control, who, call, CONTROL_NOT_ALLOWED, why, NULL);
	return false;
}

/* --- looking ---------------------------------------------------------------------------------- */

static void hello(const struct ask *a)
{
	const struct config *c = a->gate->config;

	const struct library *lib = gate_library(a->gate);
	const struct seal *seal = a->gate->librarian.seal;
	json_t *codes = json_array();

	for (size_t i = 0; i < c->clinic.n_reason_codes; i++)
		json_array_append_new(codes, json_string(c->clinic.reason_code[i]));
	result(a, json_pack("{s:s, s:s, s:s, s:b, s:s, s:i, s:s, s:o}", "program", "dosegated",
	                    "version", DOSEGATE_VERSION, "clinic", c->clinic.name, "demo",
	                    c->clinic.demo, "library", lib == NULL ? "" : lib->hash_hex,
	                    "gate_unit", c->clinic.gate_unit, "key",
	                    seal == NULL ? "" : seal_key(seal), "reason_codes", codes));
}

static void status(const struct ask *a)
{
	result(a, show_status(a->gate));
}

static void devices(const struct ask *a)
{
	json_t *all = json_array();

	for (size_t i = 0; i < a->gate->n_devices; i++)
		json_array_append_new(all, show_device(&a->gate->device[i]));
	result(a, json_pack("{s:o}", "devices", all));
}

/* Of the session on a device, when one is named that has one; else of the next session. */
static void library(const struct ask *a)
{
	const struct edition *e = a->gate->edition_in_use;
	const struct device *d = text_of(a, "device") == NULL ? NULL : device_of(a);

	if (text_of(a, "device") != NULL && d == NULL)
		return;
	if (d != NULL && d->session.state != SESSION_NONE)
		e = d->edition;
	if (e == NULL)
		fail(a, CONTROL_REFUSED, librarian_trouble(a->gate), NULL);
	else
		result(a, show_library(e));
}

static void propose(const struct ask *a)
{
	librarian_propose(a->gate, a->who, a->call, a->params);
}

static void activate(const struct ask *a)
{
	librarian_activate(a->gate, a->who, a->call, a->params);
}

static void list_libraries(const struct ask *a)
{
	shelves_list(a->gate, a->who, a->call);
}

static void library_files(const struct ask *a)
{
	shelves_files(a->gate, a->who, a->call, a->params);
}

static void library_file(const struct ask *a)
{
	shelves_file(a->gate, a->who, a->call, a->params);
}

static void library_history(const struct ask *a)
{
	shelves_history(a->gate, a->who, a->call, a->params);
}

static void ledger_rows(const struct ask *a)
{
	shelves_rows(a->gate, a->who, a->call, a->params);
}

static void watch(const struct ask *a)
{
	json_t *on = json_object_get(a->params, "on");

	control_subscribe(a->gate->control, a->who, on == NULL || json_is_true(on));
	result(a, json_object());
}

static void tail(const struct ask *a)
{
	json_t *count = json_object_get(a->params, "count");
	json_int_t n = json_is_integer(count) ? json_integer_value(count) : 20;

	if (n < 1 || n > 1000) {
		fail(a, CONTROL_PARAMS, "count is 1 to 1000", NULL);
		return;
	}
	result(a, json_pack("{s:o}", "rows", ledger_tail(a->gate->ledger, n)));
}

static void explain_frame(const struct ask *a)
{
	const char *hex = text_of(a, "hex"), *name = text_of(a, "device");
	struct device *d = NULL;
	char why[240];

	if (name != NULL && (d = device_of(a)) == NULL)
		return;
	json_t *all = hex == NULL ? NULL : explain(a->gate, d, hex, why, sizeof why);
	if (all == NULL)
		fail(a, CONTROL_PARAMS, hex == NULL ? "explain wants \"hex\"" : why, NULL);
	else
		result(a, all);
}

/* --- sessions -----------------------------------------------------------------------------------
 */

static void refused_or_shown(const struct ask *a, struct device *d, bool ok, const char *why,
                             json_t *refused)
{
	if (ok) {
		result(a, show_session(d));
		return;
	}
	fail(a, refused != NULL ? CONTROL_REFUSED : CONTROL_PARAMS, why,
	     refused == NULL ? NULL
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
		fail(a, soon ? CONTROL_BUSY : CONTROL_REFUSED, why, NULL);
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

static void start(const struct ask *a)
{
	struct ledger_query q = {.kinds = LEDGER_KIND_BIT(LEDGER_TREATMENT),
	                         .max = LEDGER_FOUND_MAX,
	                         .newest = true};
	struct device *d = device_of(a);
	char why[400];

	if (d == NULL || !has_library(a, d))
		return;
	struct session_ask ask = session_asked(control_person(a->gate->control, a->who), a->params);
	if (d->profile->device_class[0] != '\0' &&
	    !training_allows(d, ask.operator_, why, sizeof why)) {
		fail(a, CONTROL_REFUSED, why, NULL);
		return;
	}
	if (!session_check(d, &ask, why, sizeof why)) {
		fail(a, CONTROL_PARAMS, why, NULL);
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
	fail(a, CONTROL_BUSY, "the ledger is busy; try again in a moment", NULL);
	pending_done(p);
}

static void show(const struct ask *a)
{
	struct device *d = device_of(a);

	if (d != NULL)
		result(a, show_session(d));
}

static bool has_session(const struct ask *a, struct device *d)
{
	if (d->session.state != SESSION_NONE)
		return true;
	fail(a, CONTROL_NOT_FOUND, "no session is open on this device", NULL);
	return false;
}

static void end(const struct ask *a)
{
	struct device *d = device_of(a);
	char why[80];

	/* ending takes permission away, as revoking does */
	if (d == NULL || !has_session(a, d))
		return;
	snprintf(why, sizeof why, "ended by %s", control_person(a->gate->control, a->who));
	session_end(d, why);
	result(a, json_object());
}

static void fact(const struct ask *a)
{
	struct device *d = device_of(a);
	json_t *refused;
	char why[400];

	if (d == NULL || !has_session(a, d))
		return;
	bool ok = session_facts(d, control_person(a->gate->control, a->who),
	                        json_object_get(a->params, "facts"), &refused, why, sizeof why);
	refused_or_shown(a, d, ok, why, refused);
}

/* --- holds, grants, alarms -----------------------------------------------------------------------
 */

static void list_holds(const struct ask *a)
{
	json_t *all = json_array();

	for (size_t i = 0; i < a->gate->n_devices; i++) {
		struct device *d = &a->gate->device[i];

		if (d->session.state != SESSION_NONE && d->session.hold.state != HOLD_FREE)
			json_array_append_new(all, show_hold(d));
	}
	result(a, json_pack("{s:o}", "holds", all));
}

static void show_one_hold(const struct ask *a)
{
	struct device *d = hold_device_of(a);

	if (d != NULL)
		holds_show(a->gate, a->who, a->call, d);
}

/* The number is shown to the one who asks and typed by the one who decides: who may decide this
 * hold has it from there and not from here. */
static bool may_know_number(const struct ask *a, const struct hold *h)
{
	const char *name = control_person(a->gate->control, a->who);
	const struct person *p = people_find(a->gate->people, name);

	return strcmp(name, h->asked_by) == 0 || (p != NULL && !person_may(p, RIGHT_APPROVE));
}

/* The operator says why; the console's number comes with the answer. */
static void ask_override(const struct ask *a)
{
	struct device *d = device_of(a);
	const char *text = text_of(a, "text");

	if (d == NULL || !has_session(a, d))
		return;
	if (text == NULL || text[strspn(text, " ")] == '\0' || !override_is_line(text)) {
		fail(a, CONTROL_PARAMS,
		     "hold.ask wants \"text\": why an override is wanted, in one line", NULL);
		return;
	}
	struct hold *h = &d->session.hold;
	if (h->state != HOLD_OPEN) {
		fail(a, CONTROL_REFUSED,
		     "nothing waits for a physician; press the setting first, then ask", NULL);
		return;
	}
	text_copy(h->ask_text, sizeof h->ask_text, text);
	gate_record(a->gate, LEDGER_HOLD,
	            json_pack("{s:s, s:i, s:i, s:s, s:s, s:s, s:s, s:s}", "device", d->config->name,
	                      "session", (int)d->session.id, "hold", (int)h->id, "event", "asked",
	                      "patient", d->session.patient, "person",
	                      control_person(a->gate->control, a->who), "library",
	                      device_library(d)->hash_hex, "text", h->ask_text),
	            NULL);
	json_t *all = show_hold(d);
	if (may_know_number(a, h))
		json_object_set_new(all, "number", json_integer(h->number));
	result(a, all);
}

static void approve(const struct ask *a)
{
	deciding(a->gate, a->who, a->call, a->params, false);
}

static void deny(const struct ask *a)
{
	deciding(a->gate, a->who, a->call, a->params, true);
}

static void search_holds(const struct ask *a)
{
	holds_history(a->gate, a->who, a->call, a->params);
}

static void answer(const struct ask *a)
{
	struct device *d = hold_device_of(a);

	if (d != NULL)
		phoning_answer(a->gate, a->who, a->call, d, a->params);
}

static void phone(const struct ask *a)
{
	person_phone(a->gate, a->who, a->call, a->params);
}

/* A sign of life of the approver; what became of the grant comes with the answer. */
static void live(const struct ask *a)
{
	struct device *d = hold_device_of(a);
	const struct hold *h = d == NULL ? NULL : &d->session.hold;
	char why[160];

	if (d == NULL)
		return;
	if (!live_sign(d, a->who, why, sizeof why)) {
		fail(a, CONTROL_REFUSED, why, NULL);
		return;
	}
	result(a, json_pack("{s:i, s:s, s:s, s:s}", "id", (int)h->id, "state",
	                    hold_state_name(h->state), "state_words", hold_state_words(h->state),
	                    "device_state", device_state_words(d->state)));
}

static void revoke_grant(const struct ask *a)
{
	struct device *d = hold_device_of(a);

	if (d == NULL)
		return;
	enum hold_status s =
	        session_hold_event(d, HOLD_REVOKE, control_person(a->gate->control, a->who));
	if (s == HOLD_OK)
		result(a, show_hold(d));
	else
		fail(a, CONTROL_REFUSED, hold_status_words(s), NULL);
}

/* No login: stop is always open. */
static void stop(const struct ask *a)
{
	struct device *d = device_of(a);
	const char *by = control_person(a->gate->control, a->who);

	if (d == NULL)
		return;
	watch_stop(d, "asked for at the control socket", by[0] == '\0' ? "nobody logged in" : by);
	bool has_stop = d->profile->device_class[0] != '\0';
	const char *text = !has_stop     ? "this unit has no dose and no stop"
	                   : d->link->up ? "stop is on the wire"
	                                 : "the device does not answer: use its own stop button; "
	                                   "the gate sends stop first when the line is back";
	result(a, json_pack("{s:b, s:s}", "stopped", has_stop && d->link->up, "text", text));
}

static void clear(const struct ask *a)
{
	struct device *d = device_of(a);
	const char *reason = text_of(a, "reason");

	if (d == NULL)
		return;
	if (d->alarm == EVENT_NONE || reason == NULL || reason[0] == '\0') {
		fail(a, CONTROL_REFUSED,
		     d->alarm == EVENT_NONE ? "there is no alarm on this device"
		                            : "an alarm is cleared with a reason",
		     NULL);
		return;
	}
	gate_record(a->gate, LEDGER_DEVICE,
	            json_pack("{s:s, s:s, s:s, s:s, s:s}", "device", d->config->name, "event",
	                      "alarm cleared", "person", control_person(a->gate->control, a->who),
	                      "alarm", d->alarm_text, "text", reason),
	            NULL);
	d->alarm = EVENT_NONE;
	d->alarm_text[0] = '\0';
	d->moment++;
	result(a, show_device(d));
}

static void move_lease(const struct ask *a, enum lease_deed deed)
{
	struct device *d = device_of(a);

	if (d != NULL)
		charge_asked(d, a->who, a->call, deed, text_of(a, "console"));
}

static void take_lease(const struct ask *a)
{
	move_lease(a, LEASE_TAKE);
}

static void release_lease(const struct ask *a)
{
	move_lease(a, LEASE_RELEASE);
}

/* --- past treatments ----------------------------------------------------------------------------
 */

static void read_test(const struct ask *a)
{
	treatment_read(a->gate, a->who, a->call, a->params);
}

static void session_log(const struct ask *a)
{
	treatment_log(a->gate, a->who, a->call, a->params);
}

static void patient_history(const struct ask *a)
{
	treatment_history(a->gate, a->who, a->call, a->params);
}

static void accept_clock(const struct ask *a)
{
	const char *reason = text_of(a, "reason");

	if (reason == NULL || reason[0] == '\0') {
		fail(a, CONTROL_PARAMS, "the clock is accepted with a \"reason\"", NULL);
		return;
	}
	time_accept(a->gate, control_person(a->gate->control, a->who), reason);
	result(a, json_object());
}

/* --- the wire, recorded
 * ---------------------------------------------------------------------------------- */

static void record_start(const struct ask *a)
{
	recording_start(a->gate, a->who, a->call, a->params);
}

static void record_stop(const struct ask *a)
{
	recording_stop(a->gate, a->who, a->call);
}

/* --- people -------------------------------------------------------------------------------------
 */

static void login(const struct ask *a)
{
	signing_login(a->gate, a->who, a->call, a->params);
}

static void add_person(const struct ask *a)
{
	person_add(a->gate, a->who, a->call, a->params);
}

static void enrol(const struct ask *a)
{
	person_enrol(a->gate, a->who, a->call, a->params);
}

static void enrol_end(const struct ask *a)
{
	person_enrol_end(a->gate, a->who, a->call, a->params);
}

static void set_secret(const struct ask *a)
{
	person_secret(a->gate, a->who, a->call, a->params);
}

static void recover(const struct ask *a)
{
	person_recover(a->gate, a->who, a->call, a->params);
}

static void renew(const struct ask *a)
{
	person_renew(a->gate, a->who, a->call, a->params);
}

static void add_training(const struct ask *a)
{
	training_add(a->gate, a->who, a->call, a->params);
}

static void list_training(const struct ask *a)
{
	training_list(a->gate, a->who, a->call, a->params);
}

static void check_in(const struct ask *a)
{
	presence_in(a->gate, a->who, a->call, a->params);
}

static void check_out(const struct ask *a)
{
	presence_out(a->gate, a->who, a->call);
}

static void list_present(const struct ask *a)
{
	result(a, json_pack("{s:o}", "present", presence_show(a->gate)));
}

static void list_people(const struct ask *a)
{
	result(a, json_pack("{s:o}", "people", people_list(a->gate->people)));
}

/* Whoever asks; people.add looks for itself, because the first person is added by nobody. */
#define ANYBODY RIGHT_COUNT

static const struct {
	const char *name;
	void (*call)(const struct ask *a);
	enum right right;
} methods[] = {
        {"hello", hello, ANYBODY},
        {"login", login, ANYBODY},
        {"status", status, ANYBODY},
        {"devices", devices, ANYBODY},
        {"library", library, ANYBODY},
        {"library.propose", propose, RIGHT_PROPOSE},
        {"library.activate", activate, RIGHT_ACTIVATE},
        {"library.list", list_libraries, ANYBODY},
        {"library.files", library_files, ANYBODY},
        {"library.file", library_file, ANYBODY},
        {"library.history", library_history, ANYBODY},
        {"watch", watch, ANYBODY},
        {"explain", explain_frame, ANYBODY},
        {"session.start", start, RIGHT_SESSION},
        {"session.show", show, ANYBODY},
        {"session.fact", fact, RIGHT_SESSION},
        {"session.end", end, RIGHT_REVOKE},
        {"session.log", session_log, RIGHT_LOOK},
        {"test.read", read_test, RIGHT_READ},
        {"patient.history", patient_history, RIGHT_LOOK},
        {"hold.list", list_holds, ANYBODY},
        {"hold.show", show_one_hold, ANYBODY},
        {"hold.ask", ask_override, RIGHT_ASK},
        {"hold.approve", approve, RIGHT_APPROVE},
        {"hold.deny", deny, RIGHT_DENY},
        {"hold.live", live, RIGHT_APPROVE},
        {"hold.answer", answer, RIGHT_ASK},
        {"hold.history", search_holds, RIGHT_LOOK},
        {"grant.revoke", revoke_grant, RIGHT_REVOKE},
        {"stop", stop, ANYBODY},
        {"alarm.clear", clear, RIGHT_CLEAR},
        {"lease.take", take_lease, RIGHT_LEASE},
        {"lease.release", release_lease, RIGHT_LEASE},
        {"clock.accept", accept_clock, RIGHT_CLOCK},
        {"record.start", record_start, RIGHT_RECORD},
        {"record.stop", record_stop, RIGHT_RECORD},
        {"people.add", add_person, ANYBODY},
        {"people.list", list_people, ANYBODY},
        {"presence.in", check_in, RIGHT_PRESENCE},
        {"presence.out", check_out, RIGHT_PRESENCE},
        {"presence.list", list_present, ANYBODY},
        {"training.add", add_training, RIGHT_TRAIN},
        {"training.list", list_training, ANYBODY},
        {"people.enrol", enrol, RIGHT_SELF},
        {"people.phone", phone, RIGHT_APPROVE},
        {"people.confirm", enrol_end, RIGHT_SELF},
        {"people.secret", set_secret, RIGHT_SELF},
        {"people.recover", recover, RIGHT_RECOVER},
        {"people.renew", renew, ANYBODY},
        {"ledger.tail", tail, ANYBODY},
        {"ledger.rows", ledger_rows, RIGHT_LOOK},
};

void methods_call(void *owner, struct control_ref who, int64_t call, const char *method,
                  json_t *params)
{
	struct ask a = {.gate = owner, .who = who, .call = call, .params = params};

	recording_act(a.gate, who, call, method, params);
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		if (strcmp(methods[i].name, method) != 0)
			continue;
		if (methods[i].right == ANYBODY || may(a.gate, who, call, methods[i].right))
			methods[i].call(&a);
		return;
	}
	fail(&a, CONTROL_METHOD, "there is no such method; README lists them", NULL);
}
