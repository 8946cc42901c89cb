/*
 * watch: what the devices report, and what follows. What is heard can only take permission away.
 */
#include "house/gate.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

/* Three polls and a deadline without a word: the device is no longer known. */
#define POLLS_MISSED 3
/* A stop is repeated until the device reports that it obeyed; after so many it is an alarm. */
#define STOP_TRIES_ALARM 5
/* The counter may be read after the state: its last pulses are seen one report late. With one more
 * they belong to no arming that was seen. */
#define REPORTS_UNARMED 3

const char *alarm_words(enum alarm a)
{
	switch (a) {
#define X(id, code, words) \
	case id:           \
		return words;
		ALARM_MAP(X)
#undef X
	}
	return "";
}

bool state_is_armed(enum device_state s)
{
	return s == DEVICE_READY_DELAY || s == DEVICE_ARMED || s == DEVICE_EMITTING;
}

bool watch_fresh(const struct device *d)
{
	const struct device_timing *t = &d->timing;
	uint64_t limit = (uint64_t)(POLLS_MISSED * t->poll_ms + t->deadline_ms);

	return d->heard_once && d->link->up && gate_now_ms(d->gate) - d->heard_ms <= limit;
}

static void record(struct device *d, enum ledger_kind kind, const char *event, const char *text)
{
	json_t *body = json_pack("{s:s, s:s, s:s}", "device", d->config->name, "event", event,
	                         "text", text);

	if (d->session.state != SESSION_NONE)
		json_object_update_new(body, json_pack("{s:i, s:s}", "session", (int)d->session.id,
		                                       "patient", d->session.patient));
	gate_record(d->gate, kind, body, NULL);
}

void watch_alarm(struct device *d, enum alarm a, const char *text)
{
	if (d->alarm != ALARM_NONE)
		return; /* the first one stays until a person clears it */
	d->alarm = a;
	text_copy(d->alarm_text, sizeof d->alarm_text, text);
	d->moment++;
	record(d, LEDGER_DEVICE, "alarm", text);
}

/* --- stop ----------------------------------------------------------------------------------- */

static void answer_waiters(struct device *d, enum link_result result, const struct reply *reply)
{
	struct txn *t = d->stop_waiters;

	d->stop_waiters = NULL;
	while (t != NULL) {
		struct txn *next = t->next;

		t->next = NULL;
		if (result == LINK_REPLY) /* 17 also wanted to read, and was not read for */
			txn_finish(t, t->asked.function == FC_READ_WRITE ? MB_ACKNOWLEDGE : 0,
			           NULL);
		else
			txn_finish(t, result == LINK_REFUSED ? reply->exception : MB_NO_ANSWER,
			           NULL);
		t = next;
	}
}

static void stop_done(struct link_call *call, enum link_result result, const struct reply *reply)
{
	struct device *d = CONTAINER_OF(call, struct device, stop_call);

	d->stop_in_flight = false;
	record(d, LEDGER_STOP, result == LINK_REPLY ? "acknowledged" : "not acknowledged",
	       result == LINK_REFUSED ? mb_exception_words(reply->exception)
	                              : link_result_words(result));
	if (result == LINK_REPLY)
		d->stop_wanted = false; /* asked for again if the next sweep still sees it armed */
	d->stop_again_ms = gate_now_ms(d->gate) + (uint64_t)d->timing.poll_ms;
	d->poll_due_ms = 0;
	answer_waiters(d, result, reply);
	way_turn(d);
}

void watch_send_stop(struct device *d)
{
	if (!d->link->up) {
		answer_waiters(d, LINK_NOT_SENT, NULL);
		return; /* still wanted: first thing when the line is back */
	}
	d->stop_in_flight = true;
	d->stop_tries++;
	d->stop_call.request = &d->stop_request;
	d->stop_call.unit = d->config->device_unit;
	d->stop_call.deadline_ms = gate_now_ms(d->gate) + (uint64_t)d->timing.deadline_ms;
	d->stop_call.done = stop_done;
	link_send(d->link, &d->stop_call);
}

void watch_stop(struct device *d, const char *why, const char *by)
{
	char text[3 * ALARM_LEN];

	if (!regmap_stop_request(d->profile, &d->stop_request)) {
		answer_waiters(d, LINK_NOT_SENT, NULL); /* a unit without dose has no stop */
		return;
	}
	d->stops++;
	d->moment++;
	d->stop_wanted = true;
	d->stop_again_ms = 0;
	d->armed_by_gate = false;
	if (!d->stop_in_flight)
		watch_send_stop(d); /* first the wire */
	snprintf(text, sizeof text, "stop: %s (%s)", why, by);
	record(d, LEDGER_STOP, "stop", text);
	way_stopped(d);
}

/* --- sweeps --------------------------------------------------------------------------------- */

static bool read_has_parameter(const struct profile *p, const struct profile_read *r)
{
	for (int i = 0; i < p->n_regs; i++) {
		const struct reg *row = &p->reg[i];

		if (row->role == ROLE_PARAMETER && row->table == r->table &&
		    row->address >= r->address && row->address - r->address < r->count)
			return true;
	}
	return false;
}

static void sweep_next(struct device *d);

static void sweep_end(struct device *d, bool ok)
{
	d->sweep.under_way = false;
	if (ok && !d->sweep.settings_only)
		d->heard_ms = gate_now_ms(d->gate);
	d->sweep.done(d, ok);
	way_turn(d);
}

static void sweep_done(struct link_call *call, enum link_result result, const struct reply *reply)
{
	struct sweep *s = CONTAINER_OF(call, struct sweep, call);
	struct device *d = CONTAINER_OF(s, struct device, sweep);
	static const enum table table_of[] = {
	        [FC_READ_COILS] = TABLE_COIL,
	        [FC_READ_DISCRETE] = TABLE_DISCRETE,
	        [FC_READ_HOLDING] = TABLE_HOLDING,
	        [FC_READ_INPUT] = TABLE_INPUT,
	};

	if (result != LINK_REPLY) {
		sweep_end(d, false);
		return;
	}
	regmap_take(d->profile, table_of[s->request.function], s->request.address, s->request.count,
	            reply, &s->image);
	s->next++;
	sweep_next(d);
}

static void sweep_next(struct device *d)
{
	struct sweep *s = &d->sweep;
	const struct profile *p = d->profile;

	while (s->settings_only && s->next < p->n_reads &&
	       !read_has_parameter(p, &p->read[s->next]))
		s->next++;
	if (s->next >= p->n_reads) {
		sweep_end(d, true);
		return;
	}
	regmap_read_request(p, s->next, &s->request);
	s->call.request = &s->request;
	s->call.unit = d->config->device_unit;
	s->call.deadline_ms = gate_now_ms(d->gate) + (uint64_t)d->timing.deadline_ms;
	s->call.done = sweep_done;
	s->call.may_wait = true;
	link_send(d->link, &s->call);
}

void watch_sweep(struct device *d, bool settings_only, void (*done)(struct device *d, bool ok))
{
	must(!d->sweep.under_way);
	d->sweep.under_way = true;
	d->sweep.settings_only = settings_only;
	d->sweep.next = 0;
	d->sweep.image = d->shadow;
	if (!settings_only)
		d->sweep.image.known = 0; /* everything must be heard again */
	d->sweep.done = done;
	sweep_next(d);
}

/* --- what follows from a report ------------------------------------------------------------ */

void watch_armed(struct device *d)
{
	struct verdict v;
	char text[400];

	if (!state_is_armed(d->state) || d->stop_wanted)
		return;
	judge(d, INTENT_ARM, &d->shadow, 0, &v);
	int worst = -1;
	for (int i = v.n_reasons - 1; i >= 0; i--)
		if (v.reason[i].check != CHECK_EMITTING && v.reason[i].check != CHECK_DEVICE_STATE)
			worst = i;
	if (worst < 0)
		return;
	reason_text(device_library(d), &v.reason[worst], text, sizeof text);
	/* Armed through here and not moved since: its authority has ended, which is no alarm. */
	if (!d->armed_by_gate && v.reason[worst].check != CHECK_NO_SESSION &&
	    v.reason[worst].check != CHECK_LATCHED)
		watch_alarm(d, ALARM_ARMED_OUTSIDE, text);
	watch_stop(d, text, "gate");
}

static void note_settings(struct device *d, const struct settings *now, bool own_write)
{
	const struct symbols *names = &device_library(d)->choices;
	char text[ALARM_LEN], was[40], is[40];

	for (int p = 0; p < PARAM_COUNT && !own_write && d->heard_once; p++) {
		if (!settings_has(&d->reported, (enum param)p) ||
		    !settings_has(now, (enum param)p) || d->reported.value[p] == now->value[p])
			continue;
		dose_format(names, (enum param)p, d->reported.value[p], was, sizeof was);
		dose_format(names, (enum param)p, now->value[p], is, sizeof is);
		snprintf(text, sizeof text, "%s moved without the gate: %s, was %s",
		         param_info((enum param)p)->words, is, was);
		record(d, LEDGER_DEVICE, "drift", text);
		if (state_is_armed(d->state)) {
			watch_alarm(d, ALARM_DRIFT, text);
			watch_stop(d, text, "gate");
		}
	}
	if (!own_write && d->heard_once && !settings_equal(&d->reported, now))
		session_settings_moved(d, "a setting moved without the gate");
	d->reported = *now;
}

static void note_state(struct device *d, enum device_state now)
{
	char text[ALARM_LEN];

	if (now == d->state)
		return;
	snprintf(text, sizeof text, "%s, was %s", device_state_words(now),
	         device_state_words(d->state));
	d->state = now;
	d->moment++;
	record(d, LEDGER_DEVICE, "state", text);
	if (now == DEVICE_BOOT || now == DEVICE_SELF_TEST) {
		d->session.counted = false;
		session_end(d, "the device restarted");
	}
	if (!state_is_armed(now)) {
		d->armed_by_gate = false;
		d->stop_tries = 0;
	}
}

static void note_pulses(struct device *d, const struct image *image)
{
	int64_t now;

	if (regmap_role(d->profile, image, ROLE_PULSE_COUNTER, &now) != DECODE_OK)
		return;
	if (d->pulses_known && now < d->pulses) {
		record(d, LEDGER_DEVICE, "counter", "the pulse counter went back");
		d->session.counted = false;
		session_end(d, "the device's pulse counter went back: it restarted");
	}
	if (d->pulses_known && now > d->pulses && d->unarmed >= REPORTS_UNARMED) {
		watch_alarm(d, ALARM_FIRED, alarm_words(ALARM_FIRED));
		watch_stop(d, alarm_words(ALARM_FIRED), "gate");
	}
	if (d->pulses_known && now != d->pulses)
		d->session.touched_ms = (int64_t)gate_now_ms(d->gate);
	d->pulses = now;
	d->pulses_known = true;
	treatment_counted(d);
}

static void note_text(struct device *d, const struct image *image, enum role role, char *known,
                      size_t len, const char *what)
{
	char now[48], text[ALARM_LEN];
	int64_t number;

	regmap_role_text(d->profile, image, role, now, sizeof now);
	if (regmap_role(d->profile, image, role, &number) == DECODE_OK)
		snprintf(now, sizeof now, "%lld", (long long)number); /* a code, not a text */
	if (strcmp(now, known) == 0)
		return;
	snprintf(text, sizeof text, "%s is \"%s\", was \"%s\"", what, now, known);
	text_copy(known, len, now);
	if (!d->heard_once)
		return;
	record(d, LEDGER_DEVICE, "identity", text);
	session_end(d, text);
}

static void note_identity(struct device *d, const struct image *image)
{
	char text[ALARM_LEN];
	const char *want = d->config->serial;

	note_text(d, image, ROLE_SERIAL, d->serial, sizeof d->serial, "the serial number");
	note_text(d, image, ROLE_FIRMWARE, d->firmware, sizeof d->firmware, "the firmware");
	note_text(d, image, ROLE_HANDPIECE, d->handpiece, sizeof d->handpiece, "the handpiece");
	if (want[0] != '\0' && strcmp(want, d->serial) != 0 && d->alarm == ALARM_NONE) {
		snprintf(text, sizeof text, "serial number \"%s\" answers where \"%s\" is expected",
		         d->serial, want);
		watch_alarm(d, ALARM_IDENTITY, text);
	}
}

static void note_interlock(struct device *d, const struct image *image)
{
	int64_t open;

	if (regmap_role(d->profile, image, ROLE_INTERLOCK, &open) != DECODE_OK || open == 0)
		return;
	if (state_is_armed(d->state) && !d->stop_wanted)
		watch_stop(d, "the interlock is open", "gate");
}

/* A write whose outcome was unknown: the device has now said what became of it. */
static void resolve_unknown(struct device *d)
{
	if (!d->outcome_unknown)
		return;
	bool arm = d->unknown_intent == INTENT_ARM;
	bool applied = settings_equal(&d->reported, &d->unknown_asked);
	bool not_applied = settings_equal(&d->reported, &d->unknown_before);
	const char *what =
	        arm ? state_is_armed(d->state) ? "the device is armed" : "the device is not armed"
	        : applied     ? "it was applied"
	        : not_applied ? "it was not applied"
	                      : "the device has settings of its own";

	d->outcome_unknown = false;
	d->moment++;
	gate_record(d->gate, LEDGER_OUTCOME,
	            json_pack("{s:s, s:I, s:s, s:s}", "device", d->config->name, "txn",
	                      (json_int_t)d->unknown_txn, "outcome", "resolved", "text", what),
	            NULL);
}

void watch_heard(struct device *d, const struct image *image, bool own_write)
{
	struct settings now;
	int row;

	if (memcmp(image, &d->shadow, sizeof *image) != 0)
		d->moment++;
	if (regmap_settings(d->profile, image, &now, &row) != DECODE_OK && d->heard_once &&
	    !own_write && settings_has(&d->reported, d->profile->reg[row].param))
		record(d, LEDGER_DEVICE, "not decoded", d->profile->reg[row].name);
	if (d->outcome_unknown && settings_equal(&now, &d->unknown_asked))
		own_write = true; /* ours after all */
	d->shadow = *image;
	/* Identity and state first: what follows is said of the device as it is now. */
	note_state(d, regmap_state(d->profile, image));
	if (state_is_armed(d->state))
		d->unarmed = 0;
	else if (!own_write && d->unarmed < REPORTS_UNARMED)
		d->unarmed++;
	note_settings(d, &now, own_write);
	note_identity(d, image);
	note_pulses(d, image);
	note_interlock(d, image);
	d->heard_once = true;
	resolve_unknown(d);
	session_tick(d);
	watch_armed(d);
}

static void polled(struct device *d, bool ok)
{
	d->poll_due_ms = gate_now_ms(d->gate) + (uint64_t)d->timing.poll_ms;
	if (!ok)
		return;
	watch_heard(d, &d->sweep.image, false);
	if (!state_is_armed(d->state) || d->stop_tries == 0 || d->armed_by_gate)
		return;
	/* It said yes, or no, and is armed all the same. */
	if (d->stop_tries >= STOP_TRIES_ALARM)
		watch_alarm(d, ALARM_NOT_STOPPING, alarm_words(ALARM_NOT_STOPPING));
	d->stop_wanted = true;
}

void watch_poll(struct device *d)
{
	if (!d->link->up || d->profile->n_reads == 0 || d->sweep.under_way || d->writing != NULL)
		return;
	if (gate_now_ms(d->gate) >= d->poll_due_ms)
		watch_sweep(d, false, polled);
}

void watch_tick(struct device *d)
{
	way_expire(d);
	if (d->link->up)
		way_turn(d);
}

void watch_link_state(struct link *l, bool up)
{
	struct device *d = l->owner;

	d->moment++;
	if (!up) {
		d->unarmed = 0;  /* what it does now is not seen */
		d->heard_ms = 0; /* not fresh until everything has been read again */
		session_settings_moved(d, "the line to the device was lost");
	}
	d->poll_due_ms = 0;
	record(d, LEDGER_DEVICE, up ? "link up" : "link down",
	       up ? "connected" : l->stats.last_trouble);
	if (up)
		way_turn(d);
}
