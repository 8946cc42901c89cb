/*
 * A link over one Modbus/TCP connection.
 *
 *                 connect                         anything wrong, silent or broken
 *   down, waiting --------> connecting --> ready ---------------------------------> down, waiting
 *        ^                      |  ^         | idle                                      |
 *        +---- refused, slow ---+  +-resting-+                      retry_at_ms, back-off
 *                                asked
 *
 * Nobody is called back before the link itself is in order again: reset first, tell afterwards.
 */
#include "link_tcp.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "edge/serial.h"

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

/* --- giving a connection up -------------------------------------------------------------- */

static void handle_gone(struct link_tcp *l)
{
	if (--l->live_handles > 0 || !l->closing)
		return;
	while (l->not_sent != NULL)
		link_tell_all_not_sent(l);
	l->closed(&l->link);
}

static void wake(struct link_tcp *l);

static void on_tcp_closed(uv_handle_t *h)
{
	struct link_tcp *l = h->data;

	l->tcp_live = false;
	wake(l);
	handle_gone(l);
}

/* What is under way must not reach the device later: the kernel would go on sending what it holds
 * of a connection that was closed, for minutes, and a write would be carried out after it was said
 * not to have been. */
static void close_tcp(struct link_tcp *l)
{
	if (l->in_flight == 0 || uv_tcp_close_reset(&l->tcp, on_tcp_closed) != 0)
		uv_close((uv_handle_t *)&l->tcp, on_tcp_closed);
}

static void close_stream(struct link_tcp *l, enum link_tcp_state then)
{
	l->generation++;
	l->state = then;
	l->broken = false;
	l->have = 0;
	if (l->tcp_live && !uv_is_closing((uv_handle_t *)&l->tcp))
		close_tcp(l);
}

/* The connection ends, a new one is tried after the back-off. The trouble is written down before.
 */
static void reset(struct link_tcp *l, const struct link_call *culprit)
{
	bool was_up = l->link.up;

	l->link.up = false;
	close_stream(l, LINK_TCP_DOWN);
	l->retry_at_ms = uv_now(l->loop) + l->backoff_ms;
	l->backoff_ms = 2 * l->backoff_ms < BACKOFF_MAX_MS ? 2 * l->backoff_ms : BACKOFF_MAX_MS;
	if (was_up)
		l->link.stats.resets++;
	if (was_up && l->link.on_state != NULL)
		l->link.on_state(&l->link, false);
	link_leave_queue(l, true);
	link_end_calls(l, culprit);
}

void link_on_tell(uv_idle_t *tell)
{
	struct link_tcp *l = tell->data;

	uv_idle_stop(tell);
	if (l->broken)
		reset(l, NULL);
	wake(l);
	link_tell_all_not_sent(l);
}

void link_give_up(struct link_tcp *l)
{
	reset(l, NULL);
}

void link_give_up_later(struct link_tcp *l, int error)
{
	link_trouble(l, "writing failed: %s", uv_strerror(error));
	l->broken = true; /* link_on_tell gives it up: never a call-back inside link_send */
	uv_idle_start(&l->tell, link_on_tell);
}

static void on_before_poll(uv_prepare_t *h)
{
	link_flush(h->data);
}

static void on_after_poll(uv_check_t *h)
{
	link_flush(h->data);
}

/* --- reading ----------------------------------------------------------------------------- */

static void on_frame(struct link_tcp *l, const struct frame *f)
{
	struct link_call *call = link_call_named(l, f->tid);
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
		reset(l, call != NULL ? call : link_oldest_call(l));
		return;
	}
	enum reply_status status = reply_take(call->request, f->pdu, f->pdu_len, &reply);
	if (status != REPLY_OK && status != REPLY_EXCEPTION) {
		link_trouble(l, "%s: %s", mb_function_words(call->request->function),
		             reply_status_words(status));
		reset(l, call);
		return;
	}
	link_take_call(l, f->tid % LINK_TCP_SLOTS);
	l->backoff_ms = BACKOFF_MIN_MS; /* a device that answers is worth a quick return */
	l->link.stats.answered++;
	l->used_ms = uv_now(l->loop);
	link_send_queued(l); /* before the call-back: who has waited longer goes first */
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
		link_hear(&l->link, RECORDED_ANSWERS, l->in + at, used);
		at += used;
		on_frame(l, &f);
		if (l->generation != generation)
			return;
	}
	if (status == MBAP_FOREIGN) {
		link_hear(&l->link, RECORDED_NOISE_BACK, l->in + at, l->have - at);
		link_trouble(l, "what the device sent is not Modbus/TCP");
		reset(l, link_oldest_call(l));
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
		link_hear(&l->link, RECORDED_NOISE_BACK, l->in, l->have);
		link_trouble(l, "the connection broke: %s", uv_strerror((int)n));
		reset(l, NULL);
		return;
	}
	l->have += (size_t)n;
	take_frames(l);
}

/* --- connecting -------------------------------------------------------------------------- */

static void become_ready(struct link_tcp *l)
{
	bool was_up = l->link.up;

	l->state = LINK_TCP_READY;
	l->link.up = true;
	l->used_ms = uv_now(l->loop) - (uint64_t)l->policy.spacing_ms; /* the first goes at once */
	if (!was_up && l->link.on_state != NULL)
		l->link.on_state(&l->link, true);
	link_send_queued(l);
}

static void on_connected(uv_connect_t *c, int status)
{
	struct link_tcp *l = CONTAINER_OF(c, struct link_tcp, connect);

	if (status == UV_ECANCELED)
		return;
	if (status == 0 && serial_tcp_is_itself(&l->tcp))
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
	l->state = LINK_TCP_SETTLING;
	l->retry_at_ms = uv_now(l->loop) + (uint64_t)l->policy.connect_delay_ms;
	if (l->policy.connect_delay_ms == 0)
		become_ready(l);
}

static void start_connecting(struct link_tcp *l)
{
	int e = uv_tcp_init(l->loop, &l->tcp);

	must(e == 0); /* no socket is made yet: it cannot fail */
	l->tcp.data = l;
	l->tcp_live = true;
	l->live_handles++;
	l->out_len = l->writing = 0;
	l->state = LINK_TCP_CONNECTING;
	e = uv_tcp_connect(&l->connect, &l->tcp, (const struct sockaddr *)&l->address,
	                   on_connected);
	if (e < 0) {
		link_trouble(l, "no connection: %s", uv_strerror(e));
		reset(l, NULL);
		return;
	}
	l->retry_at_ms = uv_now(l->loop) + CONNECT_MS;
}

/* Asked while it rests. */
static void wake(struct link_tcp *l)
{
	if (l->state == LINK_TCP_RESTING && l->queue != NULL && !l->tcp_live && !l->closing)
		start_connecting(l);
}

/* --- the clock --------------------------------------------------------------------------- */

static bool deadline_passed(const struct link_tcp *l)
{
	uint64_t now = uv_now(l->loop);

	for (size_t i = 0; i < LINK_TCP_SLOTS; i++) {
		if (l->waiting[i] != NULL && l->waiting[i]->deadline_ms <= now)
			return true;
	}
	return false;
}

/* Not used for long: closed, and nobody is told, for a send has a chance as before. */
static void rest_if_idle(struct link_tcp *l)
{
	if (l->policy.idle_close_ms > 0 && l->in_flight == 0 && l->queue == NULL &&
	    uv_now(l->loop) - l->used_ms >= (uint64_t)l->policy.idle_close_ms)
		close_stream(l, LINK_TCP_RESTING);
}

static void go_on(struct link_tcp *l)
{
	switch (l->state) {
	case LINK_TCP_DOWN:
		if (!l->tcp_live)
			start_connecting(l);
		break;
	case LINK_TCP_CONNECTING:
		link_trouble(l, "no connection: no answer within %d ms", CONNECT_MS);
		reset(l, NULL);
		break;
	case LINK_TCP_SETTLING:
		become_ready(l);
		break;
	case LINK_TCP_READY:
		rest_if_idle(l);
		break;
	case LINK_TCP_RESTING:
		break;
	}
}

static void on_tick(uv_timer_t *t)
{
	struct link_tcp *l = t->data;

	if (l->in_flight > 0 && deadline_passed(l)) {
		link_hear(&l->link, RECORDED_NOISE_BACK, l->in, l->have);
		link_trouble(l, "no answer before the deadline");
		reset(l, NULL);
		return;
	}
	link_leave_queue(l, false);
	if (l->state == LINK_TCP_READY || uv_now(l->loop) >= l->retry_at_ms)
		go_on(l);
}

/* --- open, close ------------------------------------------------------------------------- */

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
	uv_close((uv_handle_t *)&l->pace, on_handle_closed);
	uv_close((uv_handle_t *)&l->tell, on_handle_closed);
	uv_close((uv_handle_t *)&l->before_poll, on_handle_closed);
	uv_close((uv_handle_t *)&l->after_poll, on_handle_closed);
}

static void tcp_set_policy(struct link *link, const struct link_policy *policy)
{
	tcp_of(link)->policy = *policy;
	link->window = policy->window;
}

static int64_t tcp_slack_ms(const struct link *link)
{
	(void)link;
	return 0;
}

static const struct link_ops TCP_OPS = {.send = link_tcp_send,
                                        .close = tcp_close,
                                        .set_policy = tcp_set_policy,
                                        .slack_ms = tcp_slack_ms};

static size_t address_len(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET)
		return sizeof(struct sockaddr_in);
	return a->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : 0;
}

int link_tcp_open(struct link_tcp *l, uv_loop_t *loop, const struct sockaddr *address,
                  const struct link_policy *policy)
{
	size_t n = address_len(address);

	if (n == 0 || policy->window < 1 || policy->window > LINK_WINDOW_MAX)
		return UV_EINVAL;
	*l = (struct link_tcp){.link = {.ops = &TCP_OPS, .window = policy->window},
	                       .loop = loop,
	                       .policy = *policy};
	memcpy(&l->address, address, n);
	l->backoff_ms = BACKOFF_MIN_MS;
	l->not_sent_end = &l->not_sent;
	l->queue_end = &l->queue;
	uv_timer_init(loop, &l->tick);
	uv_timer_init(loop, &l->pace);
	uv_idle_init(loop, &l->tell);
	uv_prepare_init(loop, &l->before_poll);
	uv_check_init(loop, &l->after_poll);
	l->tick.data = l->pace.data = l->tell.data = l->before_poll.data = l->after_poll.data = l;
	l->live_handles = 5;
	uv_prepare_start(&l->before_poll, on_before_poll);
	uv_check_start(&l->after_poll, on_after_poll);
	uv_timer_start(&l->tick, on_tick, TICK_MS, TICK_MS);
	start_connecting(l);
	return 0;
}
