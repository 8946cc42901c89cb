/* methods_hold: holds, grants, stop, alarms and leases, as people ask for them. */
#include "methods.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"

void ask_hold_list(const struct ask *a)
{
	json_t *all = json_array();

	for (size_t i = 0; i < a->gate->n_devices; i++) {
		struct device *d = &a->gate->device[i];

		if (d->session.state != SESSION_NONE && d->session.hold.state != HOLD_FREE)
			json_array_append_new(all, show_hold(d));
	}
	ask_result(a, json_pack("{s:o}", "holds", all));
}

void ask_hold_show(const struct ask *a)
{
	struct device *d = ask_hold_device(a);

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
void ask_hold_ask(const struct ask *a)
{
	struct device *d = ask_device(a);
	const char *text = ask_text(a, "text");

	if (d == NULL || !ask_has_session(a, d))
		return;
	if (text == NULL || text[strspn(text, " ")] == '\0' || !override_is_line(text)) {
		ask_fail(a, CONTROL_PARAMS,
		         "hold.ask wants \"text\": why an override is wanted, in one line", NULL);
		return;
	}
	struct hold *h = &d->session.hold;
	if (h->state != HOLD_OPEN) {
		ask_fail(a, CONTROL_REFUSED,
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
	ask_result(a, all);
}

void ask_hold_approve(const struct ask *a)
{
	deciding(a->gate, a->who, a->call, a->params, false);
}

void ask_hold_deny(const struct ask *a)
{
	deciding(a->gate, a->who, a->call, a->params, true);
}

void ask_hold_history(const struct ask *a)
{
	holds_history(a->gate, a->who, a->call, a->params);
}

void ask_hold_answer(const struct ask *a)
{
	struct device *d = ask_hold_device(a);

	if (d != NULL)
		phoning_answer(a->gate, a->who, a->call, d, a->params);
}

void ask_people_phone(const struct ask *a)
{
	person_phone(a->gate, a->who, a->call, a->params);
}

/* A sign of life of the approver; what became of the grant comes with the answer. */
void ask_hold_live(const struct ask *a)
{
	struct device *d = ask_hold_device(a);
	const struct hold *h = d == NULL ? NULL : &d->session.hold;
	char why[160];

	if (d == NULL)
		return;
	if (!live_sign(d, a->who, why, sizeof why)) {
		ask_fail(a, CONTROL_REFUSED, why, NULL);
		return;
	}
	ask_result(a,
	           json_pack("{s:i, s:s, s:s, s:s}", "id", (int)h->id, "state",
	                     hold_state_name(h->state), "state_words", hold_state_words(h->state),
	                     "device_state", device_state_words(d->state)));
}

void ask_grant_revoke(const struct ask *a)
{
	struct device *d = ask_hold_device(a);

	if (d == NULL)
		return;
	enum hold_status s =
	        session_hold_event(d, HOLD_REVOKE, control_person(a->gate->control, a->who));
	if (s == HOLD_OK)
		ask_result(a, show_hold(d));
	else
		ask_fail(a, CONTROL_REFUSED, hold_status_words(s), NULL);
}

/* No login: stop is always open. */
void ask_stop(const struct ask *a)
{
	struct device *d = ask_device(a);
	const char *by = control_person(a->gate->control, a->who);

	if (d == NULL)
		return;
	watch_stop(d, "asked for at the control socket", by[0] == '\0' ? "nobody logged in" : by);
	bool has_stop = d->profile->device_class[0] != '\0';
	const char *text = !has_stop     ? "this unit has no dose and no stop"
	                   : d->link->up ? "stop is on the wire"
	                                 : "the device does not answer: use its own stop button; "
	                                   "the gate sends stop first when the line is back";
	ask_result(a, json_pack("{s:b, s:s}", "stopped", has_stop && d->link->up, "text", text));
}

void ask_alarm_clear(const struct ask *a)
{
	struct device *d = ask_device(a);
	const char *reason = ask_text(a, "reason");

	if (d == NULL)
		return;
	if (d->alarm == EVENT_NONE || reason == NULL || reason[0] == '\0') {
		ask_fail(a, CONTROL_REFUSED,
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
	ask_result(a, show_device(d));
}

static void move_lease(const struct ask *a, enum lease_deed deed)
{
	struct device *d = ask_device(a);

	if (d != NULL)
		charge_asked(d, a->who, a->call, deed, ask_text(a, "console"));
}

void ask_lease_take(const struct ask *a)
{
	move_lease(a, LEASE_TAKE);
}

void ask_lease_release(const struct ask *a)
{
	move_lease(a, LEASE_RELEASE);
}
