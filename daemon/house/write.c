/*
 * write: the life of a write, alone at its device. Judged when its turn comes, recorded, looked at
 * once more, sent once, read back. What became of it is known, or the device's outcome is unknown
 * until it has been read; it is never sent again.
 */
#include "house/gate.h"

#include <string.h>

#define BIT(s) (1u << (s))
/* from each state, the states it may go to */
static const uint16_t moves[TXN_STATE_COUNT] = {
        [TXN_FREE] = 0,
        [TXN_QUEUED] = BIT(TXN_SWEEPING) | BIT(TXN_RESOLVING) | BIT(TXN_RECORDING),
        [TXN_SWEEPING] = BIT(TXN_RESOLVING) | BIT(TXN_RECORDING),
        [TXN_RESOLVING] = BIT(TXN_RECORDING),
        [TXN_RECORDING] = BIT(TXN_SENT),
        [TXN_SENT] = BIT(TXN_READ_BACK) | BIT(TXN_READ_AFTER),
        [TXN_READ_BACK] = BIT(TXN_READ_AFTER),
        [TXN_READ_AFTER] = 0,
        [TXN_DONE] = 0,
};

static void move(struct txn *t, enum txn_state to)
{
	must(moves[t->state] & BIT(to));
	t->state = to;
}

static struct waiver waiver_of(const struct device *d, enum intent intent)
{
	const struct hold *h = &d->session.hold;
	int64_t now = (int64_t)gate_now_ms(d->gate);
	struct waiver w = {.given = false};

	if (d->session.state != SESSION_OPEN || h->screening)
		return w;
	w.settings = h->granted;
	w.given = hold_in_force(h, &h->granted, d->pulses, now) ||
	          (intent == INTENT_SET && hold_grants(h, &h->granted, now));
	return w;
}

void judge(struct device *d, enum intent intent, const struct image *result, uint64_t rows,
           struct verdict *out)
{
	struct situation s = {
	        .profile = d->profile,
	        .limits = d->session.state == SESSION_NONE ? NULL : &d->session.limits,
	        .cleared = d->session.cleared,
	        .heard = watch_fresh(d),
	        .outcome_unknown = d->outcome_unknown,
	        .latched = d->alarm != EVENT_NONE,
	        .reported = &d->shadow,
	        .waiver = waiver_of(d, intent),
	        .taken = treatment_taken(d),
	        .nearest = presence_nearest(d),
	};

	verdict_judge(&s, intent, result, rows, out);
}

/* --- what is written down ---------------------------------------------------------------- */

static json_t *changed(const struct device *d, const struct settings *after)
{
	const struct symbols *names = &device_library(d)->choices;
	json_t *all = json_object();
	char was[48], is[48];

	for (int p = 0; p < PARAM_COUNT; p++) {
		if (!settings_has(after, (enum param)p))
			continue;
		bool known = settings_has(&d->reported, (enum param)p);
		if (known && d->reported.value[p] == after->value[p])
			continue;
		dose_format(names, (enum param)p, d->reported.value[p], was, sizeof was);
		dose_format(names, (enum param)p, after->value[p], is, sizeof is);
		json_object_set_new(all, param_info((enum param)p)->name,
		                    json_pack("[s, s]", known ? was : "?", is));
	}
	return all;
}

static json_t *body_of(const struct txn *t, const char *text)
{
	const struct device *d = t->device;
	const struct session *s = &d->session;
	json_t *body =
	        json_pack("{s:s, s:I, s:s, s:o, s:s}", "device", d->config->name, "txn",
	                  (json_int_t)t->id, "console", console_name(d->gate->consoles, t->who),
	                  "request", show_request(&t->asked), "text", text);

	if (s->state != SESSION_NONE)
		json_object_update_new(body,
		                       json_pack("{s:i, s:s, s:s, s:s}", "session", (int)s->id,
		                                 "patient", s->patient, "operator", s->operator_,
		                                 "library", device_library(d)->hash_hex));
	return body;
}

static void add_verdict(json_t *body, const struct txn *t, const struct verdict *v)
{
	const struct device *d = t->device;
	const struct library *lib = device_library(d);
	struct settings after;

	regmap_settings(d->profile, &t->result, &after, &(int){0});
	json_object_set_new(body, "changed", changed(d, &after));
	json_object_set_new(body, "settings", show_settings(lib, &v->settings));
	json_object_set_new(body, "verdict", json_string(verdict_kind_name(v->kind)));
	json_object_set_new(body, "reasons", show_reasons(lib, v));
	if (v->by_waiver)
		json_object_set_new(body, "grant", json_integer(d->session.hold.id));
}

static void record_outcome(struct txn *t, const char *outcome, const char *text)
{
	json_t *body = body_of(t, text);

	json_object_set_new(body, "outcome", json_string(outcome));
	gate_record(t->device->gate, LEDGER_OUTCOME, body, NULL);
}

/* --- the ways it may end ------------------------------------------------------------------ */

static void refuse(struct txn *t, uint8_t exception, const char *text)
{
	json_t *body = body_of(t, text);

	json_object_set_new(body, "exception", json_integer(exception));
	gate_record_often(t->device->gate, LEDGER_REFUSED, body);
	txn_finish(t, exception, NULL);
}

static void refuse_judged(struct txn *t, const struct verdict *v)
{
	struct device *d = t->device;
	char text[400];
	bool unheard = v->n_reasons > 0 && v->reason[v->tightest].check == CHECK_NOT_HEARD;
	uint8_t exception = unheard ? MB_NO_ANSWER : MB_VALUE;

	say_verdict(device_library(d), v, text, sizeof text);
	json_t *body = body_of(t, text);
	add_verdict(body, t, v);
	json_object_set_new(body, "exception", json_integer(exception));
	gate_record_often(d->gate, LEDGER_REFUSED, body);
	if (v->kind == VERDICT_HELD && t->touch.intent == INTENT_SET &&
	    d->session.state == SESSION_OPEN) { /* else its screening hold is what waits */
		charge_set(t);
		session_held(d, v, &t->judged);
	}
	txn_finish(t, exception, NULL);
}

/* Recorded as intended, but not sent after all. */
static void abandon(struct txn *t, const char *text)
{
	record_outcome(t, "not sent", text);
	txn_finish(t, MB_VALUE, NULL);
}

static void outcome_unknown(struct txn *t, const char *text)
{
	struct device *d = t->device;

	if (t->touch.intent != INTENT_PLAIN) {
		d->outcome_unknown = true;
		d->unknown_txn = t->id;
		d->unknown_intent = t->touch.intent;
		d->unknown_before = d->reported;
		d->unknown_asked = t->judged;
		d->moment++;
		d->poll_due_ms = 0; /* find out soon */
	}
	record_outcome(t, "unknown", text);
	txn_finish(t, MB_DEVICE_FAILURE, NULL);
}

/* --- read back ------------------------------------------------------------------------------ */

static void read_after_done(struct link_call *call, enum link_result result,
                            const struct reply *reply)
{
	struct txn *t = CONTAINER_OF(call, struct txn, call);

	if (result == LINK_REPLY)
		txn_finish(t, 0, reply);
	else
		txn_finish(t, result == LINK_REFUSED ? reply->exception : MB_DEVICE_FAILURE, NULL);
}

/* Good so far; function 17 still wants what it came to read. */
static void finish_well(struct txn *t)
{
	if (t->asked.function != FC_READ_WRITE) {
		txn_finish(t, 0, NULL);
		return;
	}
	move(t, TXN_READ_AFTER);
	t->wire = (struct request){.function = FC_READ_HOLDING,
	                           .address = t->asked.read_address,
	                           .count = t->asked.read_count};
	t->call.deadline_ms =
	        gate_now_ms(t->device->gate) + (uint64_t)t->device->timing.deadline_ms;
	t->call.done = read_after_done;
	link_send(t->device->link, &t->call);
}

static void read_back(struct txn *t)
{
	struct device *d = t->device;
	struct settings now;
	int row;
	bool whole = regmap_settings(d->profile, &d->sweep.image, &now, &row) == DECODE_OK;
	bool as_judged = whole && settings_equal(&now, &t->judged);

	if (t->device_exception != 0) {
		watch_heard(d, &d->sweep.image,
		            false); /* it said no: what moved, moved by itself */
		record_outcome(t, "refused by the device", mb_exception_words(t->device_exception));
		txn_finish(t, t->device_exception, NULL);
		return;
	}
	if (!as_judged) {
		watch_heard(d, &d->sweep.image, true);
		record_outcome(t, "differs",
		               "the device reports other settings than were judged; stopped");
		event_happened(d, EVENT_DIFFERS, NULL);
		txn_finish(t, MB_DEVICE_FAILURE, NULL);
		return;
	}
	/* A stop that came while the arm was under way is newer than it. */
	if (t->touch.intent == INTENT_ARM && t->stops_seen == d->stops) {
		d->armed_by_gate = true;
		d->stop_tries = 0;
	}
	watch_heard(d, &d->sweep.image, true);
	record_outcome(t, "applied", "read back as judged");
	/* Only now: until then the device stood under what was granted. */
	if (t->touch.intent == INTENT_SET && !t->by_grant)
		session_went_inside(d);
	finish_well(t);
}

void write_swept(struct device *d, bool ok)
{
	struct txn *t = d->writing;

	must(t != NULL);
	if (t->state == TXN_READ_BACK) {
		if (ok)
			read_back(t);
		else
			outcome_unknown(t, "sent, but the settings could not be read back");
		return;
	}
	must(t->state == TXN_SWEEPING);
	if (!ok) {
		refuse(t, MB_NO_ANSWER, "the device could not be read before arming");
		return;
	}
	watch_heard(d, &d->sweep.image, false);
	write_begin(t);
}

static void sent_done(struct link_call *call, enum link_result result, const struct reply *reply)
{
	struct txn *t = CONTAINER_OF(call, struct txn, call);
	bool final = result == LINK_REPLY ||
	             (result == LINK_REFUSED && reply->exception != MB_ACKNOWLEDGE &&
	              reply->exception != MB_BUSY);

	if (result == LINK_NOT_SENT) {
		record_outcome(t, "not sent", link_result_words(result));
		txn_finish(t, MB_NO_ANSWER, NULL);
		return;
	}
	if (!final) {
		outcome_unknown(t, result == LINK_REFUSED ? mb_exception_words(reply->exception)
		                                          : link_result_words(result));
		return;
	}
	if (result == LINK_REFUSED)
		t->device_exception = reply->exception;
	if (t->touch.intent != INTENT_PLAIN) {
		move(t, TXN_READ_BACK);
		watch_sweep(t->device, t->touch.intent == INTENT_SET, write_swept);
		return;
	}
	if (t->device_exception != 0) {
		record_outcome(t, "refused by the device", mb_exception_words(t->device_exception));
		txn_finish(t, t->device_exception, NULL);
		return;
	}
	record_outcome(t, "applied", "acknowledged by the device");
	finish_well(t);
}

/* --- record, then act ------------------------------------------------------------------------ */

static bool still_allowed(struct txn *t)
{
	struct device *d = t->device;
	struct verdict v;

	if (t->touch.intent == INTENT_PLAIN || t->judged_moment == d->moment)
		return true;
	/* The record names this grant: one of the same settings that came after it is another. */
	if (t->by_grant &&
	    (d->session.hold.id != t->grant || d->session.hold.version != t->grant_version))
		return false;
	if (t->touch.intent == INTENT_ARM)
		t->result = d->shadow;
	else
		regmap_apply(d->profile, &t->wire, &d->shadow, &t->result);
	judge(d, t->touch.intent, &t->result, t->touch.rows, &v);
	struct settings now;
	return v.kind == VERDICT_ALLOWED &&
	       regmap_settings(d->profile, &t->result, &now, &(int){0}) == DECODE_OK &&
	       settings_equal(&now, &t->judged);
}

static const char *why_not_now(struct txn *t, char *busy, size_t busy_len)
{
	struct device *d = t->device;
	const struct clinic *c = &d->gate->config->clinic;
	uint64_t now = gate_now_ms(d->gate);

	if (t->stops_seen != d->stops)
		return "the device was stopped meanwhile";
	if (now - t->recorded_at_ms > (uint64_t)c->ledger_deadline_ms)
		return "the record took too long to be written";
	if (now >= t->deadline_ms)
		return "waited longer than the device's deadline";
	if (d->gate->closing)
		return "the gate is shutting down";
	if (!charge_admits(t, busy, busy_len))
		return busy;
	return still_allowed(t) ? NULL : "something moved meanwhile; press again";
}

static void intent_recorded(struct gate *g, struct record_tag *tag, bool ok)
{
	struct txn *t = CONTAINER_OF(tag, struct txn, tag);
	struct device *d = t->device;
	char busy[2 * LEASE_CONSOLE_LEN];
	const char *no = ok ? why_not_now(t, busy, sizeof busy)
	                    : "the record could not be written: no record, no write";

	if (no != NULL) {
		abandon(t, no);
		return;
	}
	if (t->touch.intent == INTENT_SET && t->by_grant && d->session.hold.state == HOLD_GRANTED) {
		hold_use(&d->session.hold, d->pulses, (int64_t)gate_now_ms(g));
		gate_record(g, LEDGER_GRANT,
		            json_pack("{s:s, s:i, s:I, s:s, s:s}", "device", d->config->name,
		                      "hold", (int)d->session.hold.id, "txn", (json_int_t)t->id,
		                      "library", device_library(d)->hash_hex, "text",
		                      "the grant is used and in force for these settings"),
		            NULL);
	}
	must(regmap_may_send(d->profile, &t->wire, false));
	move(t, TXN_SENT);
	d->session.touched_ms = (int64_t)gate_now_ms(g);
	t->call.request = &t->wire;
	t->call.unit = d->config->device_unit;
	t->call.deadline_ms = gate_now_ms(g) + (uint64_t)d->timing.deadline_ms;
	t->call.done = sent_done;
	link_send(d->link, &t->call);
}

static void record_intent(struct txn *t, const struct verdict *v)
{
	struct device *d = t->device;
	json_t *body = body_of(t, v == NULL      ? "no dose meaning: passed"
	                          : v->by_waiver ? "allowed by a physician's grant"
	                                         : "allowed");

	if (v != NULL)
		add_verdict(body, t, v);
	t->tag.done = intent_recorded;
	t->recorded_at_ms = gate_now_ms(d->gate);
	t->judged_moment = d->moment;
	move(t, TXN_RECORDING);
	if (t->touch.intent == INTENT_ARM ||
	    (t->touch.intent == INTENT_SET && state_is_armed(d->state)))
		treatment_dose(d, &v->settings);
	if (!gate_record(d->gate, LEDGER_INTENT, body, &t->tag))
		txn_finish(t, MB_VALUE, NULL);
}

/* Not while another console sets the device. 06: nothing was judged, nothing was sent. */
static bool admitted(struct txn *t)
{
	char busy[2 * LEASE_CONSOLE_LEN];

	if (charge_admits(t, busy, sizeof busy))
		return true;
	refuse(t, MB_BUSY, busy);
	return false;
}

static void judge_and_record(struct txn *t)
{
	struct device *d = t->device;
	int row;

	if (!admitted(t))
		return;
	if (t->touch.intent == INTENT_PLAIN) {
		record_intent(t, NULL);
		return;
	}
	if (t->touch.intent == INTENT_ARM)
		t->result = d->shadow;
	else
		regmap_apply(d->profile, &t->wire, &d->shadow, &t->result);
	regmap_settings(d->profile, &t->result, &t->judged, &row);
	judge(d, t->touch.intent, &t->result, t->touch.rows, &d->last);
	d->last_any = true;
	if (d->last.kind != VERDICT_ALLOWED) {
		refuse_judged(t, &d->last);
		return;
	}
	charge_set(t);
	t->by_grant = d->last.by_waiver;
	t->grant = d->session.hold.id;
	t->grant_version = d->session.hold.version;
	record_intent(t, &d->last);
}

static void resolved(struct link_call *call, enum link_result result, const struct reply *reply)
{
	struct txn *t = CONTAINER_OF(call, struct txn, call);

	if (result == LINK_REFUSED) {
		refuse(t, reply->exception, "the register could not be read to resolve the mask");
		return;
	}
	if (result != LINK_REPLY) {
		refuse(t, MB_NO_ANSWER, "the register could not be read to resolve the mask");
		return;
	}
	must(regmap_resolve(&t->asked, reply->value[0], &t->wire));
	judge_and_record(t);
}

void write_begin(struct txn *t)
{
	struct device *d = t->device;

	if (t->stops_seen != d->stops) {
		refuse(t, MB_VALUE, "the device was stopped meanwhile");
		return;
	}
	if (t->touch.intent == INTENT_PLAIN && !d->edition->activated) {
		/* That it has no dose meaning, nobody has signed. */
		refuse(t, MB_VALUE, "no library is in use: nothing passes but reads and stop");
		return;
	}
	if (!admitted(t))
		return;
	if (t->touch.intent == INTENT_ARM && t->state == TXN_QUEUED) {
		move(t, TXN_SWEEPING); /* arming judges what the device reports, now */
		watch_sweep(d, false, write_swept);
		return;
	}
	if (t->asked.function == FC_MASK_WRITE) {
		move(t, TXN_RESOLVING);
		t->wire = (struct request){
		        .function = FC_READ_HOLDING, .address = t->asked.address, .count = 1};
		t->call.request = &t->wire;
		t->call.unit = d->config->device_unit;
		t->call.deadline_ms = gate_now_ms(d->gate) + (uint64_t)d->timing.deadline_ms;
		t->call.done = resolved;
		link_send(d->link, &t->call);
		return;
	}
	t->wire = t->asked;
	if (t->asked.function == FC_READ_WRITE)
		must(regmap_resolve(&t->asked, 0, &t->wire));
	judge_and_record(t);
}
