/*
 * methods: what people may ask for on the control socket. The table at the end is the index.
 */
#include "methods.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

/* --- pieces, for the other files of the room too ------------------------------------------------
 */

void ask_result(const struct ask *a, json_t *value)
{
	control_result(a->gate->control, a->who, a->call, value);
}

void ask_fail(const struct ask *a, enum control_error code, const char *sentence, json_t *data)
{
	control_fail(a->gate->control, a->who, a->call, code, sentence, data);
}

const char *ask_text(const struct ask *a, const char *key)
{
	return json_string_value(json_object_get(a->params, key));
}

/* The device named in params; NULL after saying so. */
struct device *ask_device(const struct ask *a)
{
	const char *name = ask_text(a, "device");
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
	ask_fail(a, CONTROL_NOT_FOUND, why, NULL);
	return NULL;
}

struct device *ask_hold_device(const struct ask *a)
{
	json_t *id = json_object_get(a->params, "hold");
	struct device *d =
	        json_is_integer(id) ? session_hold_device(a->gate, json_integer_value(id)) : NULL;

	if (d == NULL)
		ask_fail(a, CONTROL_NOT_FOUND, HOLD_GONE, NULL);
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
	ask_result(a, json_pack("{s:s, s:s, s:s, s:b, s:s, s:i, s:s, s:o}", "program", "dosegated",
	                        "version", DOSEGATE_VERSION, "clinic", c->clinic.name, "demo",
	                        c->clinic.demo, "library", lib == NULL ? "" : lib->hash_hex,
	                        "gate_unit", c->clinic.gate_unit, "key",
	                        seal == NULL ? "" : seal_key(seal), "reason_codes", codes));
}

static void status(const struct ask *a)
{
	ask_result(a, show_status(a->gate));
}

static void devices(const struct ask *a)
{
	json_t *all = json_array();

	for (size_t i = 0; i < a->gate->n_devices; i++)
		json_array_append_new(all, show_device(&a->gate->device[i]));
	ask_result(a, json_pack("{s:o}", "devices", all));
}

/* Of the session on a device, when one is named that has one; else of the next session. */
static void library(const struct ask *a)
{
	const struct edition *e = a->gate->edition_in_use;
	const struct device *d = ask_text(a, "device") == NULL ? NULL : ask_device(a);

	if (ask_text(a, "device") != NULL && d == NULL)
		return;
	if (d != NULL && d->session.state != SESSION_NONE)
		e = d->edition;
	if (e == NULL)
		ask_fail(a, CONTROL_REFUSED, librarian_trouble(a->gate), NULL);
	else
		ask_result(a, show_library(e));
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
	ask_result(a, json_object());
}

static void tail(const struct ask *a)
{
	json_t *count = json_object_get(a->params, "count");
	json_int_t n = json_is_integer(count) ? json_integer_value(count) : 20;

	if (n < 1 || n > 1000) {
		ask_fail(a, CONTROL_PARAMS, "count is 1 to 1000", NULL);
		return;
	}
	ask_result(a, json_pack("{s:o}", "rows", ledger_tail(a->gate->ledger, n)));
}

static void explain_frame(const struct ask *a)
{
	const char *hex = ask_text(a, "hex"), *name = ask_text(a, "device");
	struct device *d = NULL;
	char why[240];

	if (name != NULL && (d = ask_device(a)) == NULL)
		return;
	json_t *all = hex == NULL ? NULL : explain(a->gate, d, hex, why, sizeof why);
	if (all == NULL)
		ask_fail(a, CONTROL_PARAMS, hex == NULL ? "explain wants \"hex\"" : why, NULL);
	else
		ask_result(a, all);
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
	const char *reason = ask_text(a, "reason");

	if (reason == NULL || reason[0] == '\0') {
		ask_fail(a, CONTROL_PARAMS, "the clock is accepted with a \"reason\"", NULL);
		return;
	}
	time_accept(a->gate, control_person(a->gate->control, a->who), reason);
	ask_result(a, json_object());
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
	ask_result(a, json_pack("{s:o}", "present", presence_show(a->gate)));
}

static void list_people(const struct ask *a)
{
	ask_result(a, json_pack("{s:o}", "people", people_list(a->gate->people)));
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
        {"session.start", ask_session_start, RIGHT_SESSION},
        {"session.show", ask_session_show, ANYBODY},
        {"session.fact", ask_session_fact, RIGHT_SESSION},
        {"session.end", ask_session_end, RIGHT_REVOKE},
        {"session.log", session_log, RIGHT_LOOK},
        {"test.read", read_test, RIGHT_READ},
        {"patient.history", patient_history, RIGHT_LOOK},
        {"hold.list", ask_hold_list, ANYBODY},
        {"hold.show", ask_hold_show, ANYBODY},
        {"hold.ask", ask_hold_ask, RIGHT_ASK},
        {"hold.approve", ask_hold_approve, RIGHT_APPROVE},
        {"hold.deny", ask_hold_deny, RIGHT_DENY},
        {"hold.live", ask_hold_live, RIGHT_APPROVE},
        {"hold.answer", ask_hold_answer, RIGHT_ASK},
        {"hold.history", ask_hold_history, RIGHT_LOOK},
        {"grant.revoke", ask_grant_revoke, RIGHT_REVOKE},
        {"stop", ask_stop, ANYBODY},
        {"alarm.clear", ask_alarm_clear, RIGHT_CLEAR},
        {"lease.take", ask_lease_take, RIGHT_LEASE},
        {"lease.release", ask_lease_release, RIGHT_LEASE},
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
        {"people.phone", ask_people_phone, RIGHT_APPROVE},
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
	ask_fail(&a, CONTROL_METHOD, "there is no such method; README lists them", NULL);
}
