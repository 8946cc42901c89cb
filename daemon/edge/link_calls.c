/*
 * The calls of a Modbus/TCP link: which are under way, which wait for their turn, and who has not
 * been told yet how it ended. Nobody is called back inside link_send.
 */
#include "link_tcp.h"

/* --- under way --------------------------------------------------------------------------- */

struct link_call *link_take_call(struct link_tcp *l, size_t slot)
{
	struct link_call *call = l->waiting[slot];

	l->waiting[slot] = NULL;
	l->in_flight--;
	return call;
}

struct link_call *link_call_named(const struct link_tcp *l, uint16_t tid)
{
	struct link_call *call = l->waiting[tid % LINK_TCP_SLOTS];

	return call != NULL && call->tid == tid ? call : NULL;
}

/* Ids are given in rising order, so the oldest is the farthest behind. */
struct link_call *link_oldest_call(const struct link_tcp *l)
{
	struct link_call *oldest = NULL;
	uint16_t most = 0;

	for (size_t i = 0; i < LINK_TCP_SLOTS; i++) {
		struct link_call *call = l->waiting[i];

		if (call == NULL || (uint16_t)(l->next_tid - call->tid) <= most)
			continue;
		most = (uint16_t)(l->next_tid - call->tid);
		oldest = call;
	}
	return oldest;
}

static enum link_result how_ended(const struct link_tcp *l, const struct link_call *call,
                                  const struct link_call *culprit)
{
	if (call == culprit)
		return LINK_WRONG;
	if (!call->reached)
		return LINK_NOT_SENT;
	return call->deadline_ms <= uv_now(l->loop) ? LINK_SILENT : LINK_LOST;
}

static void count_ended(struct link_stats *stats, enum link_result r)
{
	if (r == LINK_SILENT)
		stats->silent++;
	if (r == LINK_WRONG)
		stats->wrong++;
}

void link_end_calls(struct link_tcp *l, const struct link_call *culprit)
{
	struct link_call *ended[LINK_TCP_SLOTS];
	size_t n = 0;

	for (size_t i = 0; i < LINK_TCP_SLOTS; i++) {
		if (l->waiting[i] != NULL)
			ended[n++] = link_take_call(l, i);
	}
	for (size_t i = 0; i < n; i++) {
		enum link_result r = how_ended(l, ended[i], culprit);

		count_ended(&l->link.stats, r);
		ended[i]->done(ended[i], r, NULL);
	}
}

/* --- telling later ----------------------------------------------------------------------- */

static void tell_not_sent(struct link_tcp *l, struct link_call *call)
{
	link_append(&l->not_sent_end, call);
	if (!l->closing)
		uv_idle_start(&l->tell, link_on_tell);
}

void link_tell_all_not_sent(struct link_tcp *l)
{
	struct link_call *call = l->not_sent;

	l->not_sent = NULL;
	l->not_sent_end = &l->not_sent;
	while (call != NULL) {
		struct link_call *next = call->next; /* done may use the call again at once */

		call->done(call, LINK_NOT_SENT, NULL);
		call = next;
	}
}

/* Ends the queued calls whose time is up; every one of them when none can be sent any more. */
void link_leave_queue(struct link_tcp *l, bool all)
{
	struct link_call *call = l->queue;

	l->queue = NULL;
	l->queue_end = &l->queue;
	while (call != NULL) {
		struct link_call *next = call->next;

		if (all || call->deadline_ms <= uv_now(l->loop))
			tell_not_sent(l, call);
		else
			link_append(&l->queue_end, call);
		call = next;
	}
}

/* --- sending ----------------------------------------------------------------------------- */

static void give_tid(struct link_tcp *l, struct link_call *call)
{
	while (l->waiting[l->next_tid % LINK_TCP_SLOTS] != NULL)
		l->next_tid++; /* one is free */
	call->tid = l->next_tid++;
	l->waiting[call->tid % LINK_TCP_SLOTS] = call;
	l->in_flight++;
}

/* There is a free slot. */
static void send_now(struct link_tcp *l, struct link_call *call)
{
	uint8_t frame[ADU_MAX];
	size_t n = request_put(call->request, frame + MBAP_LEN);

	must(n > 0);
	give_tid(l, call);
	l->used_ms = uv_now(l->loop);
	n = mbap_put(frame, call->tid, call->unit, frame + MBAP_LEN, n);
	link_hear(&l->link, RECORDED_ASKS, frame, n);
	if (link_write(l, call, frame, n)) {
		l->link.stats.sent++;
		return;
	}
	tell_not_sent(l, link_take_call(l, call->tid % LINK_TCP_SLOTS));
}

static uint64_t paced_ms(const struct link_tcp *l)
{
	return l->used_ms + (uint64_t)l->policy.spacing_ms;
}

/* Whoever may not wait keeps the spacing all the same: a device that needs it would not hear. */
static bool has_turn(const struct link_tcp *l, const struct link_call *call)
{
	return l->state == LINK_TCP_READY && !l->broken && l->in_flight < LINK_TCP_SLOTS &&
	       uv_now(l->loop) >= paced_ms(l) && (!call->may_wait || l->in_flight < l->link.window);
}

static void on_pace(uv_timer_t *pace)
{
	link_send_queued(pace->data);
}

void link_send_queued(struct link_tcp *l)
{
	if (l->queue != NULL)
		link_leave_queue(l, false); /* the clock that ends them may be late itself */
	while (l->queue != NULL && has_turn(l, l->queue)) {
		struct link_call *call = l->queue;

		l->queue = call->next;
		if (l->queue == NULL)
			l->queue_end = &l->queue;
		send_now(l, call);
	}
	if (l->queue != NULL && uv_now(l->loop) < paced_ms(l))
		uv_timer_start(&l->pace, on_pace, paced_ms(l) - uv_now(l->loop), 0);
}

static void enqueue(struct link_tcp *l, struct link_call *call)
{
	if (!call->first || l->queue == NULL) {
		link_append(&l->queue_end, call);
		return;
	}
	call->next = l->queue;
	l->queue = call;
}

void link_tcp_send(struct link *link, struct link_call *call)
{
	struct link_tcp *l = CONTAINER_OF(link, struct link_tcp, link);

	call->reached = false;
	if (!link->up || l->broken || l->in_flight >= LINK_TCP_SLOTS) {
		tell_not_sent(l, call);
		return;
	}
	if (has_turn(l, call) && (!call->may_wait || l->queue == NULL)) {
		send_now(l, call);
		return;
	}
	enqueue(l, call);
	link_send_queued(l); /* for its timer */
	if (l->state == LINK_TCP_RESTING)
		uv_idle_start(&l->tell, link_on_tell); /* connects, but not from in here */
}
