/*
 * A link over one Modbus/TCP connection.
 *
 *                 connect                      anything wrong, silent or broken
 *   down, waiting --------> connecting --> up ----------------------------------> down, waiting
 *        ^                      |                                                      |
 *        +---- refused, slow ---+                                     retry_at_ms, back-off
 *
 * Nobody is called back before the link itself is in order again: reset first, tell afterwards.
 */
#include "link_tcp.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TICK_MS        20   /* how late a deadline may be noticed */
#define CONNECT_MS     2000 /* a handshake on the clinic's own network takes milliseconds */
#define BACKOFF_MIN_MS 50
#define BACKOFF_MAX_MS 2000
#define KEEPALIVE_S    1

static struct link_tcp *tcp_of(struct link *l)
{
	return CONTAINER_OF(l, struct link_tcp, link);
}

void link_trouble(struct link_tcp *l, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(l->link.stats.last_trouble, sizeof l->link.stats.last_trouble, format, args);
	va_end(args);
}

/* --- calls under way ----------------------------------------------------------------------- */

static struct link_call *take_call(struct link_tcp *l, size_t slot)
{
	struct link_call *call = l->waiting[slot];

	l->waiting[slot] = NULL;
	l->in_flight--;
	return call;
}

static struct link_call *call_named(const struct link_tcp *l, uint16_t tid)
{
	struct link_call *call = l->waiting[tid % LINK_TCP_SLOTS];

	return call != NULL && call->tid == tid ? call : NULL;
}

/* NULL when nobody waits. Ids are given in rising order, so the oldest is the farthest behind. */
static struct link_call *oldest_call(const struct link_tcp *l)
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

static void append(struct link_call ***end, struct link_call *call)
{
	call->next = NULL;
	**end = call;
	*end = &call->next;
}

/* --- telling later ------------------------------------------------------------------------- */

static void on_tell(uv_idle_t *tell);

static void tell_not_sent(struct link_tcp *l, struct link_call *call)
{
	append(&l->not_sent_end, call);
	if (!l->closing)
		uv_idle_start(&l->tell, on_tell);
}

static void tell_all_not_sent(struct link_tcp *l)
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
static void leave_queue(struct link_tcp *l, bool all)
{
	struct link_call *call = l->queue;

	l->queue = NULL;
	l->queue_end = &l->queue;
	while (call != NULL) {
		struct link_call *next = call->next;

		if (all || call->deadline_ms <= uv_now(l->loop))
			tell_not_sent(l, call);
		else
			append(&l->queue_end, call);
		call = next;
	}
}

/* --- giving a connection up ---------------------------------------------------------------- */

static void handle_gone(struct link_tcp *l)
{
	if (--l->live_handles > 0 || !l->closing)
		return;
	while (l->not_sent != NULL)
		tell_all_not_sent(l);
	l->closed(&l->link);
}

static void on_tcp_closed(uv_handle_t *h)
{
	struct link_tcp *l = h->data;

	l->tcp_live = false;
	handle_gone(l);
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

/* Ends every call under way; culprit may be NULL. */
static void end_calls(struct link_tcp *l, const struct link_call *culprit)
{
	struct link_call *ended[LINK_TCP_SLOTS];
	size_t n = 0;

	for (size_t i = 0; i < LINK_TCP_SLOTS; i++) {
		if (l->waiting[i] != NULL)
			ended[n++] = take_call(l, i);
	}
	for (size_t i = 0; i < n; i++) {
		enum link_result r = how_ended(l, ended[i], culprit);

		count_ended(&l->link.stats, r);
		ended[i]->done(ended[i], r, NULL);
	}
}

/* The connection ends, a new one is tried after the back-off. The trouble is written down before.
 */
static void reset(struct link_tcp *l, const struct link_call *culprit)
{
	bool was_up = l->link.up;

	l->generation++;
	l->link.up = false;
	l->broken = false;
	l->connecting = false;
	l->have = 0;
	l->retry_at_ms = uv_now(l->loop) + l->backoff_ms;
	l->backoff_ms = 2 * l->backoff_ms < BACKOFF_MAX_MS ? 2 * l->backoff_ms : BACKOFF_MAX_MS;
	if (l->tcp_live && !uv_is_closing((uv_handle_t *)&l->tcp))
		uv_close((uv_handle_t *)&l->tcp, on_tcp_closed);
	if (was_up)
		l->link.stats.resets++;
	if (was_up && l->link.on_state != NULL)
		l->link.on_state(&l->link, false);
	leave_queue(l, true);
	end_calls(l, culprit);
}

static void on_tell(uv_idle_t *tell)
{
	struct link_tcp *l = tell->data;

	uv_idle_stop(tell);
	if (l->broken)
		reset(l, NULL);
	tell_all_not_sent(l);
}

/* --- sending --------------------------------------------------------------------------------- */

void link_give_up(struct link_tcp *l)
{
	reset(l, NULL);
}

void link_give_up_later(struct link_tcp *l, int error)
{
	link_trouble(l, "writing failed: %s", uv_strerror(error));
	l->broken = true; /* on_tell gives it up: never a call-back inside link_send */
	uv_idle_start(&l->tell, on_tell);
}

static void on_before_poll(uv_prepare_t *h)
{
	link_flush(h->data);
}

static void on_after_poll(uv_check_t *h)
{
	link_flush(h->data);
}

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
	n = mbap_put(frame, call->tid, call->unit, frame + MBAP_LEN, n);
	if (link_write(l, call, frame, n)) {
		l->link.stats.sent++;
		return;
	}
	tell_not_sent(l, take_call(l, call->tid % LINK_TCP_SLOTS));
}

static void tcp_send(struct link *link, struct link_call *call)
{
	struct link_tcp *l = tcp_of(link);

	call->reached = false;
	if (!link->up || l->broken || l->in_flight >= LINK_TCP_SLOTS)
		tell_not_sent(l, call);
	else if (call->may_wait && (l->in_flight >= link->window || l->queue != NULL))
		append(&l->queue_end, call);
	else
		send_now(l, call);
}

/* A call has ended: the next in the queue has its turn. */
static void send_queued(struct link_tcp *l)
{
	while (l->queue != NULL && l->in_flight < l->link.window && !l->broken) {
		struct link_call *call = l->queue;

		l->queue = call->next;
		if (l->queue == NULL)
			l->queue_end = &l->queue;
		send_now(l, call);
	}
}

/* --- reading ------------------------------------------------------------------------------- */

static void on_frame(struct link_tcp *l, const struct frame *f)
{
	struct link_call *call = call_named(l, f->tid);
	struct reply reply;

	if (call == NULL && l->in_flight == 0) {
		l->link.stats.late++;
		link_trouble(l, "an answer came that nobody waits for (transaction %u)", f->tid);
		reset(l, NULL);
		return;
	}
	if (call == NULL || f->unit != call->unit) {
		link_trouble(l, "the answer is for transaction %u unit %u, which nobody waits for",
		             f->tid, f->unit);
		reset(l, call != NULL ? call : oldest_call(l));
		return;
	}
	enum reply_status status = reply_take(call->request, f->pdu, f->pdu_len, &reply);
	if (status != REPLY_OK && status != REPLY_EXCEPTION) {
		link_trouble(l, "%s: %s", mb_function_words(call->request->function),
		             reply_status_words(status));
		reset(l, call);
		return;
	}
	take_call(l, f->tid % LINK_TCP_SLOTS);
	l->backoff_ms = BACKOFF_MIN_MS; /* a device that answers is worth a quick return */
	l->link.stats.answered++;
	send_queued(l); /* before the call-back: who has waited longer goes first */
	call->done(call, status == REPLY_OK ? LINK_REPLY : LINK_REFUSED, &reply);
}

/* Every whole frame that has come. A call-back may give the connection up under our feet. */
static void take_frames(struct link_tcp *l)
{
	const uint64_t generation = l->generation;
	enum mbap_status status;
	struct frame f;
	size_t at = 0, used;

	while ((status = mbap_take(l->in + at, l->have - at, &f, &used)) == MBAP_OK) {
		at += used;
		on_frame(l, &f);
		if (l->generation != generation)
			return;
	}
	if (status == MBAP_FOREIGN) {
		link_trouble(l, "what the device sent is not Modbus/TCP");
		reset(l, oldest_call(l));
		return;
	}
	memmove(l->in, l->in + at, l->have - at);
	l->have -= at;
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct link_tcp *l = h->data;

	(void)suggested; /* less than one frame is ever left over, so there is room */
	*buf = uv_buf_init((char *)l->in + l->have, (unsigned)(sizeof l->in - l->have));
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	struct link_tcp *l = s->data;

	(void)buf;
	if (n == 0)
		return;
	if (n < 0) {
		link_trouble(l, "the connection broke: %s", uv_strerror((int)n));
		reset(l, NULL);
		return;
	}
	l->have += (size_t)n;
	take_frames(l);
}

/* --- connecting ---------------------------------------------------------------------------- */

/* A free local port may be given the very number that is being connected to; the kernel then joins
 * the socket with itself, and every write would be its own echo. */
static bool is_itself(const uv_tcp_t *tcp)
{
	struct sockaddr_storage here = {0}, there = {0};
	int n = sizeof here, m = sizeof there;

	return uv_tcp_getsockname(tcp, (struct sockaddr *)&here, &n) == 0 &&
	       uv_tcp_getpeername(tcp, (struct sockaddr *)&there, &m) == 0 && n == m &&
	       memcmp(&here, &there, (size_t)n) == 0;
}

static void on_connected(uv_connect_t *c, int status)
{
	struct link_tcp *l = CONTAINER_OF(c, struct link_tcp, connect);

	if (status == UV_ECANCELED)
		return;
	if (status == 0 && is_itself(&l->tcp))
		status = UV_ECONNREFUSED;
	if (status == 0)
		status = uv_read_start((uv_stream_t *)&l->tcp, on_alloc, on_read);
	if (status < 0) {
		link_trouble(l, "no connection: %s", uv_strerror(status));
		reset(l, NULL);
		return;
	}
	uv_tcp_nodelay(&l->tcp, 1);
	uv_tcp_keepalive(&l->tcp, 1, KEEPALIVE_S);
	l->connecting = false;
	l->link.up = true;
	if (l->link.on_state != NULL)
		l->link.on_state(&l->link, true);
}

static void start_connecting(struct link_tcp *l)
{
	int e = uv_tcp_init(l->loop, &l->tcp);

	must(e == 0); /* no socket is made yet: it cannot fail */
	l->tcp.data = l;
	l->tcp_live = true;
	l->live_handles++;
	l->out_len = l->writing = 0;
	l->connecting = true;
	e = uv_tcp_connect(&l->connect, &l->tcp, (const struct sockaddr *)&l->address,
	                   on_connected);
	if (e < 0) {
		link_trouble(l, "no connection: %s", uv_strerror(e));
		reset(l, NULL);
		return;
	}
	l->retry_at_ms = uv_now(l->loop) + CONNECT_MS;
}

/* --- the clock ----------------------------------------------------------------------------- */

static bool deadline_passed(const struct link_tcp *l)
{
	uint64_t now = uv_now(l->loop);

	for (size_t i = 0; i < LINK_TCP_SLOTS; i++) {
		if (l->waiting[i] != NULL && l->waiting[i]->deadline_ms <= now)
			return true;
	}
	return false;
}

static void on_tick(uv_timer_t *t)
{
	struct link_tcp *l = t->data;

	if (l->in_flight > 0 && deadline_passed(l)) {
		link_trouble(l, "no answer before the deadline");
		reset(l, NULL);
		return;
	}
	leave_queue(l, false);
	if (l->link.up || uv_now(l->loop) < l->retry_at_ms)
		return;
	if (l->connecting) {
		link_trouble(l, "no connection: no answer within %d ms", CONNECT_MS);
		reset(l, NULL);
		return;
	}
	if (!l->tcp_live)
		start_connecting(l);
}

/* --- open, close ----------------------------------------------------------------------------- */

static void on_handle_closed(uv_handle_t *h)
{
	handle_gone(h->data);
}

static void tcp_close(struct link *link, void (*closed)(struct link *l))
{
	struct link_tcp *l = tcp_of(link);

	must(!l->closing);
	l->closing = true;
	l->closed = closed;
	reset(l, NULL);
	uv_close((uv_handle_t *)&l->tick, on_handle_closed);
	uv_close((uv_handle_t *)&l->tell, on_handle_closed);
	uv_close((uv_handle_t *)&l->before_poll, on_handle_closed);
	uv_close((uv_handle_t *)&l->after_poll, on_handle_closed);
}

static const struct link_ops TCP_OPS = {.send = tcp_send, .close = tcp_close};

static size_t address_len(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET)
		return sizeof(struct sockaddr_in);
	return a->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : 0;
}

int link_tcp_open(struct link_tcp *l, uv_loop_t *loop, const struct sockaddr *address, int window)
{
	size_t n = address_len(address);

	if (n == 0 || window < 1 || window > LINK_WINDOW_MAX)
		return UV_EINVAL;
	*l = (struct link_tcp){.link = {.ops = &TCP_OPS, .window = window}, .loop = loop};
	memcpy(&l->address, address, n);
	l->backoff_ms = BACKOFF_MIN_MS;
	l->not_sent_end = &l->not_sent;
	l->queue_end = &l->queue;
	uv_timer_init(loop, &l->tick);
	uv_idle_init(loop, &l->tell);
	uv_prepare_init(loop, &l->before_poll);
	uv_check_init(loop, &l->after_poll);
	l->tick.data = l->tell.data = l->before_poll.data = l->after_poll.data = l;
	l->live_handles = 4;
	uv_prepare_start(&l->before_poll, on_before_poll);
	uv_check_start(&l->after_poll, on_after_poll);
	uv_timer_start(&l->tick, on_tick, TICK_MS, TICK_MS);
	start_connecting(l);
	return 0;
}
