/*
 * watch: the devices are polled, read whole, and stopped. What follows from a report: heard.c.
 */
#include "house/gate.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

/* A stop is repeated until the device reports that it obeyed; after so many it is an alarm. */
#define STOP_TRIES_ALARM 5

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
	if (result != LINK_NOT_SENT)
		d->stop_tries++; /* else still wanted: first thing when the line is back */
	event_record(d, LEDGER_STOP, result == LINK_REPLY ? "acknowledged" : "not acknowledged",
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
	regmap_stop_request(d->profile, &d->stop_request); /* by the profile of now */
	d->stop_in_flight = true;
	d->stop_call.request = &d->stop_request;
	d->stop_call.unit = d->config->device_unit;
	d->stop_call.deadline_ms = gate_now_ms(d->gate) + (uint64_t)d->timing.deadline_ms;
	d->stop_call.done = stop_done;
	d->stop_call.first = true;
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
	event_record(d, LEDGER_STOP, "stop", text);
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
		d->heard_ms = d->word_ms = gate_now_ms(d->gate);
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

	if (result != LINK_REPLY || s->by != d->profile) {
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
	d->sweep.by = d->profile;
	d->sweep.began_ms = (int64_t)gate_now_ms(d->gate);
	d->sweep.image = d->shadow;
	if (!settings_only)
		d->sweep.image.known = 0; /* everything must be heard again */
	d->sweep.done = done;
	sweep_next(d);
}

/* --- polls ---------------------------------------------------------------------------------- */

static void insist_on_stop(struct device *d)
{
	if (!state_is_armed(d->state) || d->stop_tries == 0 || d->armed_by_gate)
		return;
	/* It said yes, or no, and is armed all the same. */
	if (d->stop_tries >= STOP_TRIES_ALARM)
		event_happened(d, EVENT_NOT_STOPPING, NULL);
	d->stop_wanted = true;
}

static void polled(struct device *d, bool ok)
{
	d->poll_due_ms = gate_now_ms(d->gate) + (uint64_t)d->timing.poll_ms;
	if (!ok && d->sweep.by != d->profile)
		d->poll_due_ms = 0; /* it went over to another library meanwhile */
	d->polled.well = ok;
	if (!ok)
		return;
	watch_heard(d, &d->sweep.image, false);
	insist_on_stop(d);
	d->polled.at_ms = d->sweep.began_ms;
}

void watch_poll(struct device *d)
{
	if (!d->link->up || d->profile->n_reads == 0 || d->sweep.under_way || d->heart.in_flight ||
	    d->writing != NULL)
		return;
	if (gate_now_ms(d->gate) >= d->poll_due_ms)
		watch_sweep(d, false, polled);
}

void watch_tick(struct device *d)
{
	way_expire(d);
	watch_silence(d);
	beat_tick(d);
	if (d->link->up)
		way_turn(d);
}

void watch_link_state(struct link *l, bool up)
{
	struct device *d = l->owner;

	recording_link(d, up);
	d->moment++;
	d->poll_due_ms = 0;
	if (!up) {
		d->unarmed = 0;  /* what it does now is not seen */
		d->heard_ms = 0; /* not fresh until everything has been read again */
		d->polled = (struct polled){0};
		event_happened(d, EVENT_LINK_DOWN, l->stats.last_trouble);
		return;
	}
	event_record(d, LEDGER_DEVICE, "link up", "connected");
	way_turn(d);
}
