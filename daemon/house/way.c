/*
 * way: how a console's request travels. Decoded, given a transaction, queued at its device; reads
 * go out side by side, a write when its turn comes and alone. Nothing undecoded gets further than
 * the first function here.
 */
#include "house/gate.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

#define TOO_OLD "waited longer than the device's deadline"

static void answer_exception(struct gate *g, struct console_ref who, const struct frame *f,
                             uint8_t code)
{
	uint8_t pdu[PDU_MAX];
	size_t n = exception_put(f->pdu[0], code, pdu);

	traffic_refused(g, who);
	console_answer(g->consoles, who, f->tid, f->unit, pdu, n);
}

/* Never 06 when it is refused: a console that repeats by itself would have the device the moment it
 * is stopped. */
static bool take_over(struct device *d, struct console_ref who)
{
	struct gate *g = d->gate;
	const char *me = console_identity(g->consoles, who);
	enum lease_status status = charge_move(d, LEASE_TAKE, me, "asked for at its panel");

	if (status != LEASE_OK)
		gate_record_often(g, LEDGER_REFUSED,
		                  json_pack("{s:s, s:s, s:i, s:s}", "device", d->config->name,
		                            "console", console_name(g->consoles, who), "exception",
		                            MB_VALUE, "text", lease_status_words(status)));
	return status == LEASE_OK;
}

static void answer_own_unit(struct gate *g, struct console_ref who, const struct frame *f,
                            const struct request *r)
{
	struct panel panel;
	uint8_t pdu[PDU_MAX];
	enum panel_act act;
	int index;

	show_panel(g, who, &panel);
	size_t n = panel_answer(&panel, r, pdu, &act, &index);
	if (act == PANEL_STOP)
		watch_stop(&g->device[index], "asked for at the console's panel", "console");
	if (act == PANEL_ASK && g->device[index].session.hold.state == HOLD_OPEN)
		gate_record(g, LEDGER_HOLD,
		            json_pack("{s:s, s:i, s:s, s:s}", "device",
		                      g->device[index].config->name, "hold",
		                      (int)g->device[index].session.hold.id, "library",
		                      device_library(&g->device[index])->hash_hex, "text",
		                      "the console asks for an override"),
		            NULL);
	if (act == PANEL_TAKE && !take_over(&g->device[index], who))
		n = exception_put(f->pdu[0], MB_VALUE, pdu);
	if (pdu[0] != f->pdu[0]) /* an exception */
		traffic_refused(g, who);
	console_answer(g->consoles, who, f->tid, f->unit, pdu, n);
}

static struct txn *txn_take(struct gate *g)
{
	struct txn *t = g->txn_free;

	if (t != NULL) {
		g->txn_free = t->next;
		t->next = NULL;
	}
	return t;
}

static void txn_free(struct gate *g, struct txn *t)
{
	t->state = TXN_FREE;
	t->next = g->txn_free;
	g->txn_free = t;
}

/* Refusals that need no judge: recorded when a write was asked for, because every asked-for change
 * stands in the ledger. */
static void record_refusal(struct device *d, struct console_ref who, const struct request *r,
                           uint8_t code)
{
	struct gate *g = d->gate;

	if (!request_writes(r))
		return;
	d->last_exception = code;
	gate_record_often(g, LEDGER_REFUSED,
	                  json_pack("{s:s, s:s, s:o, s:i, s:s}", "device", d->config->name,
	                            "console", console_name(g->consoles, who), "request",
	                            show_request(r), "exception", code, "text",
	                            mb_exception_words(code)));
}

/* What could not even be taken apart, or is for nobody: as it came. */
static void record_foreign(struct gate *g, struct console_ref who, const struct frame *f,
                           uint8_t code)
{
	char hex[2 * PDU_MAX + 1];

	if (f->pdu[0] >= FC_READ_COILS && f->pdu[0] <= FC_READ_INPUT)
		return; /* a read changes nothing, however malformed */
	for (size_t i = 0; i < f->pdu_len; i++)
		snprintf(hex + 2 * i, 3, "%02x", f->pdu[i]);
	gate_record_often(g, LEDGER_REFUSED,
	                  json_pack("{s:s, s:i, s:s, s:i, s:s}", "console",
	                            console_name(g->consoles, who), "unit", f->unit, "hex", hex,
	                            "exception", code, "text", mb_exception_words(code)));
}

static struct lane *lane_of(struct device *d, const struct txn *t)
{
	return &d->lane[t->touch.intent == INTENT_READ ? LANE_READS : LANE_WRITES];
}

static bool same_read(const struct request *a, const struct request *b)
{
	return a->function == b->function && a->address == b->address && a->count == b->count;
}

/* The very same read is on its way: its answer is this one's too. No write can lie between the two,
 * because a write waits until no read is in flight. */
static bool share_flight(struct device *d, struct txn *t)
{
	if (t->touch.intent != INTENT_READ || d->lane[LANE_WRITES].first != NULL)
		return false;
	for (int i = 0; i < WINDOW_MAX; i++) {
		struct txn *flying = d->flying[i];

		if (flying == NULL || !same_read(&flying->asked, &t->asked))
			continue;
		t->state = TXN_SENT;
		t->same = flying->same;
		flying->same = t;
		return true;
	}
	return false;
}

static void enqueue(struct device *d, struct txn *t)
{
	struct lane *lane = lane_of(d, t);

	if (share_flight(d, t))
		return;
	t->state = TXN_QUEUED;
	*lane->end = t;
	lane->end = &t->next;
	way_turn(d);
}

static struct txn *txn_open(struct device *d, struct console_ref who, const struct frame *f,
                            const struct request *r, const struct touch *touch)
{
	struct gate *g = d->gate;
	struct txn *t = txn_take(g);

	if (t == NULL)
		return NULL;
	t->device = d;
	t->who = who;
	t->tid = f->tid;
	t->unit = f->unit;
	t->touch = *touch;
	t->asked = *r;
	if (touch->intent != INTENT_READ)
		text_copy(t->console, sizeof t->console, console_identity(g->consoles, who));
	t->id = ++g->last_txn;
	t->arrived_ms = console_asked_ms(g->consoles, who);
	t->deadline_ms = t->arrived_ms + (uint64_t)(d->timing.deadline_ms + link_slack_ms(d->link));
	t->stops_seen = d->stops;
	t->call.may_wait = false;
	t->same = NULL;
	t->by_grant = false;
	t->device_exception = 0;
	return t;
}

/* Stop overtakes everything; its console is answered when the device has acknowledged. */
static void take_stop(struct device *d, struct console_ref who, const struct frame *f,
                      const struct request *r, const struct touch *touch)
{
	struct txn *t = txn_open(d, who, f, r, touch);

	if (t != NULL) {
		t->state = TXN_SENT;
		t->next = d->stop_waiters;
		d->stop_waiters = t;
	} else {
		answer_exception(d->gate, who, f, MB_ACKNOWLEDGE);
	}
	watch_stop(d, "asked for at the console", console_name(d->gate->consoles, who));
}

static void take_request(struct device *d, struct console_ref who, const struct frame *f,
                         const struct request *r)
{
	struct gate *g = d->gate;
	struct touch touch;
	enum mb_exception e = regmap_intent(d->profile, r, &touch);

	if (e == MB_OK && touch.intent == INTENT_STOP) {
		take_stop(d, who, f, r, &touch);
		return;
	}
	if (e == MB_OK && touch.intent == INTENT_READ && !traffic_may_read(g, who))
		e = MB_BUSY;
	if (e == MB_OK && !d->link->up)
		e = MB_NO_ANSWER; /* a dead device delays nobody */
	struct txn *t = e == MB_OK ? txn_open(d, who, f, r, &touch) : NULL;
	if (t != NULL) {
		enqueue(d, t);
		return;
	}
	if (e == MB_OK)
		e = MB_BUSY;
	record_refusal(d, who, r, (uint8_t)e);
	answer_exception(g, who, f, (uint8_t)e);
}

void way_frame(void *owner, struct console_ref who, const struct frame *f)
{
	struct gate *g = owner;
	struct device *d = g->by_unit[f->unit];
	struct request r;

	traffic_asked(g, who);
	enum mb_exception e = d == NULL && f->unit != g->config->clinic.gate_unit
	                              ? MB_NO_PATH
	                              : request_take(f->pdu, f->pdu_len, &r);
	if (e != MB_OK) {
		record_foreign(g, who, f, (uint8_t)e);
		answer_exception(g, who, f, (uint8_t)e);
		return;
	}
	if (d == NULL)
		answer_own_unit(g, who, f, &r);
	else
		take_request(d, who, f, &r);
}

void txn_finish(struct txn *t, uint8_t exception, const struct reply *reply)
{
	struct device *d = t->device;
	struct gate *g = d->gate;
	uint8_t pdu[PDU_MAX];
	struct reply echo = {.function = t->asked.function};
	size_t n;

	if (exception != 0)
		n = exception_put(t->asked.function, exception, pdu);
	else
		n = reply_put(&t->asked, reply != NULL ? reply : &echo, pdu);
	t->state = TXN_DONE;
	if (d->writing == t) {
		d->writing = NULL;
		d->last_exception = exception;
	}
	struct console_ref who = t->who;
	uint16_t tid = t->tid;
	uint8_t unit = t->unit;
	txn_free(g, t);
	if (exception != 0)
		traffic_refused(g, who);
	/* Last, because an answer lets the console's next request in at once. */
	console_answer(g->consoles, who, tid, unit, pdu, n);
	way_turn(d);
}

static bool too_old(const struct txn *t)
{
	return gate_now_ms(t->device->gate) >= t->deadline_ms;
}

/* Before its turn, or when that comes too late. */
static void turn_away(struct txn *t, uint8_t exception, const char *text)
{
	struct device *d = t->device;

	if (t->touch.intent != INTENT_READ)
		gate_record_often(d->gate, LEDGER_REFUSED,
		                  json_pack("{s:s, s:I, s:o, s:i, s:s}", "device", d->config->name,
		                            "txn", (json_int_t)t->id, "request",
		                            show_request(&t->asked), "exception", exception, "text",
		                            text));
	txn_finish(t, exception, NULL);
}

static void land(struct device *d, const struct txn *t)
{
	for (int i = 0; i < WINDOW_MAX; i++)
		if (d->flying[i] == t)
			d->flying[i] = NULL;
	d->reads_in_flight--;
}

static void take_off(struct device *d, struct txn *t)
{
	int i = 0;

	while (i < WINDOW_MAX && d->flying[i] != NULL)
		i++;
	must(i < WINDOW_MAX);
	d->flying[i] = t;
	d->reads_in_flight++;
}

static void read_done(struct link_call *call, enum link_result result, const struct reply *reply)
{
	struct txn *t = CONTAINER_OF(call, struct txn, call);
	uint8_t exception = result == LINK_REPLY     ? 0
	                    : result == LINK_REFUSED ? reply->exception
	                                             : MB_NO_ANSWER;

	land(t->device, t);
	while (t != NULL) {
		struct txn *next = t->same;

		t->same = NULL;
		txn_finish(t, exception, exception == 0 ? reply : NULL);
		t = next;
	}
}

static void read_send(struct txn *t)
{
	struct device *d = t->device;

	take_off(d, t);
	t->state = TXN_SENT;
	t->wire = t->asked;
	t->call.request = &t->wire;
	t->call.unit = d->config->device_unit;
	/* The device has its whole time from here: a line is not given up because a read waited. */
	t->call.deadline_ms = gate_now_ms(d->gate) + (uint64_t)d->timing.deadline_ms;
	t->call.done = read_done;
	t->call.may_wait = true; /* the device's window is the link's to keep */
	link_send(d->link, &t->call);
}

static struct txn *dequeue(struct lane *lane)
{
	struct txn *t = lane->first;

	lane->first = t->next;
	t->next = NULL;
	if (lane->first == NULL)
		lane->end = &lane->first;
	return t;
}

/* Whose turn it is; NULL: nobody's yet. A write goes before reads, and alone: reads that are back
 * make room for it, and none goes out meanwhile. */
static struct lane *next_lane(struct device *d)
{
	struct lane *writes = &d->lane[LANE_WRITES], *reads = &d->lane[LANE_READS];

	if (d->writing != NULL)
		return NULL;
	if (writes->first != NULL)
		return d->reads_in_flight == 0 && !d->sweep.under_way && !d->heart.in_flight &&
		                       !d->stop_wanted && !d->stop_in_flight
		               ? writes
		               : NULL;
	return reads->first != NULL && d->reads_in_flight < d->timing.window ? reads : NULL;
}

void way_turn(struct device *d)
{
	if (d->turning)
		return; /* the loop below, further up the stack, sees to it */
	d->turning = true;
	if (d->stop_wanted && !d->stop_in_flight && gate_now_ms(d->gate) >= d->stop_again_ms)
		watch_send_stop(d);
	watch_poll(d); /* before the next write: however many there are, the device is looked at */
	beat_turn(d);  /* likewise */
	for (struct lane *lane = next_lane(d); lane != NULL; lane = next_lane(d)) {
		struct txn *t = dequeue(lane);

		if (t->touch.intent == INTENT_READ) {
			read_send(t);
		} else if (too_old(t)) {
			turn_away(t, MB_NO_ANSWER, TOO_OLD);
		} else {
			d->writing = t;
			write_begin(t);
		}
	}
	d->turning = false;
}

/* Takes out of the lane whatever `over` says is over, and answers it. */
static void sift(struct lane *lane, bool (*over)(const struct txn *t), uint8_t exception,
                 const char *text)
{
	struct txn *over_list = NULL, **over_end = &over_list;
	struct txn **at = &lane->first;

	while (*at != NULL) {
		struct txn *t = *at;

		if (!over(t)) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		t->next = NULL;
		*over_end = t;
		over_end = &t->next;
	}
	lane->end = at;
	while (over_list != NULL) {
		struct txn *t = over_list;

		over_list = t->next;
		turn_away(t, exception, text);
	}
}

void way_expire(struct device *d)
{
	for (int i = 0; i < LANE_COUNT; i++)
		sift(&d->lane[i], too_old, MB_NO_ANSWER, TOO_OLD);
}

/* A read is one under any profile that lets it pass; what writes was looked at by the one before.
 */
static bool means_another_thing(const struct txn *t)
{
	struct touch touch;

	return t->touch.intent != INTENT_READ ||
	       regmap_intent(t->device->profile, &t->asked, &touch) != MB_OK;
}

void way_went_over(struct device *d)
{
	for (int i = 0; i < LANE_COUNT; i++)
		sift(&d->lane[i], means_another_thing, MB_BUSY,
		     "another library came into use; again");
}

static bool before_the_stop(const struct txn *t)
{
	return t->stops_seen != t->device->stops;
}

void way_stopped(struct device *d)
{
	sift(&d->lane[LANE_WRITES], before_the_stop, MB_VALUE, "the device was stopped meanwhile");
}
