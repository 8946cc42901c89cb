/*
 * beat: the heartbeat of devices that fall to standby without it. Whether one may be fed now is
 * core's to say (core/beat); here it is looked at, sent and written down.
 *
 * A beat goes where the poll goes: behind a stop, before the next write, one transaction, never
 * beside a write. There is no row of a beat: of when feeding begins, when it ends, and why.
 */
#include "house/gate.h"

#include <stdio.h>

static int64_t now_of(const struct device *d)
{
	return (int64_t)gate_now_ms(d->gate);
}

static bool itself(enum device_state s)
{
	return s == DEVICE_STANDBY || s == DEVICE_COOL_DOWN || state_is_armed(s);
}

/* A stop that was sent to it while it was armed, and it is armed still. */
static bool disobeys(const struct device *d)
{
	return state_is_armed(d->state) && d->stop_tries > 0;
}

static enum beat beat_now(const struct device *d)
{
	const struct heart *h = &d->heart;
	const struct progress_within within = {
	        .turn_ms = h->row->fed_every_ms,
	        .poll_ms = watch_patience_ms(d),
	        .ledger_ms = beat_proof_within(now_of(d), h->sent_ms, h->row->standby_after_ms)};
	const struct beat_view view = {
	        .closing = d->gate->closing,
	        .is_signed = d->edition->activated,
	        .up = d->link->up,
	        .read = d->polled.at_ms != 0,
	        .itself = itself(d->state),
	        .stopping = d->stop_wanted || d->stop_in_flight || disobeys(d),
	        .missing = progress_missing(&d->gate->progress, &d->polled, &within, now_of(d))};

	return beat_decide(&view);
}

/* --- what is written down ------------------------------------------------------------------- */

static void fed_no_more(struct device *d, enum beat why)
{
	char text[ALARM_LEN];

	d->heart.fed = false;
	d->heart.why = why;
	snprintf(text, sizeof text, "the heartbeat is withheld: %s", beat_words(why));
	if (beat_is_trouble(why))
		event_happened(d, EVENT_HEARTBEAT, text);
	else
		event_record(d, LEDGER_DEVICE, "heartbeat withheld", text);
}

static void taken(struct device *d)
{
	struct heart *h = &d->heart;
	char text[ALARM_LEN];

	h->taken_ms = h->sent_ms;
	h->beats++;
	h->refused = false;
	if (h->fed)
		return;
	h->fed = true;
	h->why = BEAT_FED;
	snprintf(text, sizeof text,
	         "fed every %lld ms; without it the device falls to standby after %lld ms",
	         (long long)h->row->fed_every_ms, (long long)h->row->standby_after_ms);
	event_record(d, LEDGER_DEVICE, "heartbeat fed", text);
}

/* Said once, and tried again: a device that is busy for a moment comes back. */
static void not_taken(struct device *d, const char *answer)
{
	char text[ALARM_LEN];

	d->heart.fed = false;
	d->heart.why = BEAT_NOT_TAKEN;
	if (d->heart.refused)
		return;
	d->heart.refused = true;
	snprintf(text, sizeof text, "%s: %s", event_words(EVENT_HEARTBEAT_REFUSED), answer);
	event_happened(d, EVENT_HEARTBEAT_REFUSED, text);
}

/* --- on the wire -------------------------------------------------------------------------------
 */

/* Silence is no answer to judge by: the line says that itself, and the next beat is due before the
 * device has waited too long. */
static void beaten(struct link_call *call, enum link_result result, const struct reply *reply)
{
	struct heart *h = CONTAINER_OF(call, struct heart, call);
	struct device *d = CONTAINER_OF(h, struct device, heart);

	h->in_flight = false;
	if (h->by == d->profile && result == LINK_REPLY)
		taken(d);
	if (h->by == d->profile && (result == LINK_REFUSED || result == LINK_WRONG))
		not_taken(d, result == LINK_REFUSED ? mb_exception_words(reply->exception)
		                                    : link_result_words(result));
	way_turn(d);
}

/* The register may hold what a gate before this one wrote: the same again would be no change. */
static void count_on(struct device *d)
{
	struct heart *h = &d->heart;
	int64_t holds;

	if (!h->counted && regmap_role(d->profile, &d->shadow, ROLE_HEARTBEAT, &holds) == DECODE_OK)
		h->value = holds;
	h->counted = true;
	h->value = beat_next(h->row->hard, h->value);
}

static void beat_send(struct device *d)
{
	struct heart *h = &d->heart;

	count_on(d);
	must(regmap_beat_request(d->profile, h->value, &h->request) &&
	     regmap_may_send(d->profile, &h->request, true));
	h->by = d->profile;
	h->in_flight = true;
	h->sent_ms = now_of(d);
	h->call.request = &h->request;
	h->call.unit = d->config->device_unit;
	h->call.deadline_ms = gate_now_ms(d->gate) + (uint64_t)d->timing.deadline_ms;
	h->call.done = beaten;
	h->call.may_wait = true;
	link_send(d->link, &h->call);
}

static bool is_due(const struct device *d)
{
	return now_of(d) >= d->heart.sent_ms + d->heart.row->fed_every_ms;
}

void beat_turn(struct device *d)
{
	if (d->heart.row == NULL || d->heart.in_flight || d->sweep.under_way ||
	    d->writing != NULL || !is_due(d))
		return;
	if (beat_now(d) == BEAT_FED)
		beat_send(d);
}

/* --- with time ---------------------------------------------------------------------------------
 */

/* Half-way to the next beat, when nothing was written since the last one. */
static void ask_for_proof(struct device *d)
{
	struct gate *g = d->gate;
	int64_t now = now_of(d), half = d->heart.row->fed_every_ms / 2;
	int64_t within = beat_proof_within(now, d->heart.sent_ms, d->heart.row->standby_after_ms);

	if (now < d->heart.sent_ms + half || now < g->prove_again_ms ||
	    (g->progress.writes && now - g->progress.wrote_ms <= within))
		return;
	g->prove_again_ms = now + half;
	ledger_prove(g->ledger);
}

/* A standstill that has just ended is why, whatever else is wrong by now: nobody saw it come. */
static enum beat why_lost(const struct device *d, enum beat may)
{
	if (d->gate->progress.stood_ms == now_of(d))
		return BEAT_LOOP;
	return may == BEAT_FED ? BEAT_LATE : may;
}

void beat_tick(struct device *d)
{
	struct heart *h = &d->heart;

	if (h->row == NULL)
		return;
	enum beat may = beat_now(d);
	if (may == BEAT_FED || may == BEAT_LEDGER || may == BEAT_REFUSED)
		ask_for_proof(d);
	if (!h->refused)
		h->why = is_due(d) || !h->fed ? may : BEAT_FED;
	if (h->fed && (may == BEAT_CLOSING || now_of(d) - h->taken_ms >= h->row->standby_after_ms))
		fed_no_more(d, why_lost(d, may));
}

/* The loop's clock slept too, so it tells nothing of how long the device waited; what is under way
 * is of before. */
void beat_slept(struct device *d)
{
	d->heart.by = NULL;
	if (d->heart.fed)
		fed_no_more(d, BEAT_UNREAD);
}

void beat_begin(struct device *d)
{
	struct heart *h = &d->heart;

	if (h->fed)
		fed_no_more(d, BEAT_UNREAD);
	h->row = regmap_row(d->profile, ROLE_HEARTBEAT);
	h->counted = h->refused = false;
}

void beat_progress(struct gate *g)
{
	struct progress *p = &g->progress;
	int64_t now = (int64_t)gate_now_ms(g), proofs = ledger_proofs(g->ledger);

	progress_turned(p, now);
	if (proofs != g->proofs)
		p->wrote_ms = now;
	g->proofs = proofs;
	p->writes = ledger_well(g->ledger);
}
