/*
 * Links on a serial line, which they share: one request at a time, fair turns, a stop first.
 *
 *   link_send ──► urgent ──┐
 *              ──► queue ──┴─ its turn ──► on the wire ──► answered, refused, wrong or silent
 *
 * A frame on a line has no number that would tell a late answer from the next one. So after a
 * deadline the device is left alone for as long again, and what comes meanwhile is dropped; only a
 * stop does not wait, and no answer to a read looks like the answer to a stop. The others on the
 * line go on.
 *
 * A device that has not answered several times is down: whoever asks it hears so at once, and it
 * costs the line one read now and then (the last that was sent to it) until it answers again.
 */
#include "link_queue.h"
#include "link_rtu.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A frame lost to noise is no dead device; three in a row are as good as one. */
#define FAILURES_DOWN  3
#define PROBE_FIRST_MS 500
/* A dead device's share of the line: its deadline in so long a time. */
#define PROBE_LAST_MS 5000

static struct station *station_of(struct link *l)
{
	return CONTAINER_OF(l, struct station, link);
}

void station_trouble(struct station *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(s->link.stats.last_trouble, sizeof s->link.stats.last_trouble, format, args);
	va_end(args);
}

/* --- telling later ----------------------------------------------------------------------- */

static void tell_all_not_sent(struct line *l)
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

int64_t station_slack_ms(const struct station *self)
{
	int64_t sum = self->longest_ms;

	for (const struct station *s = self->next; s != self && !self->closing; s = s->next)
		sum += s->longest_ms;
	return sum;
}

/* Those whose time is up; every one of them when none can be sent any more. */
static void leave_queue(struct station *s, struct link_call **head, struct link_call ***end,
                        bool all)
{
	struct line *l = s->line;
	const uint64_t now = uv_now(l->loop), slack = (uint64_t)station_slack_ms(s);
	struct link_call *call = *head;

	*head = NULL;
	*end = head;
	while (call != NULL) {
		struct link_call *next = call->next;

		if (all || call->deadline_ms + slack <= now)
			link_append(&l->not_sent_end, call);
		else
			link_append(end, call);
		call = next;
	}
}

static void leave_queues(struct station *s, bool all)
{
	leave_queue(s, &s->urgent, &s->urgent_end, all);
	leave_queue(s, &s->queue, &s->queue_end, all);
}

/* The round is not changed by what is called meanwhile: stations leave it by the timer. */
static void for_all(struct line *l, void (*what)(struct station *s))
{
	struct station *first = l->round, *s = first;

	if (s == NULL)
		return;
	do {
		struct station *next = s->next;

		what(s);
		s = next;
	} while (s != first);
}

static void leave_in_time(struct station *s)
{
	leave_queues(s, false);
}

void line_leave_queues(struct line *l)
{
	for_all(l, leave_in_time);
}

/* --- up and down ------------------------------------------------------------------------- */

static void station_up(struct station *s)
{
	s->failures = 0;
	s->backoff_ms = PROBE_FIRST_MS;
	if (s->link.up || s->closing)
		return;
	s->link.up = true;
	if (s->link.on_state != NULL)
		s->link.on_state(&s->link, true);
}

static void station_down(struct station *s)
{
	bool was_up = s->link.up;

	s->link.up = false;
	s->probe_at_ms = uv_now(s->line->loop) + s->backoff_ms;
	if (was_up)
		s->link.stats.resets++;
	if (was_up && s->link.on_state != NULL)
		s->link.on_state(&s->link, false);
	leave_queue(s, &s->queue, &s->queue_end, true);
}

static void station_connect(struct station *s)
{
	if (s->connected || s->closing || !serial_up(s->line->serial) ||
	    uv_now(s->line->loop) < s->spaced_ms)
		return;
	s->connected = true;
	s->link.stats.last_trouble[0] = '\0';
	station_up(s);
}

static void line_is_up(struct station *s)
{
	s->late_ms = 0;
	s->spaced_ms = uv_now(s->line->loop) + (uint64_t)s->policy.connect_delay_ms;
	station_connect(s);
}

static void line_is_down(struct station *s)
{
	s->connected = false;
	station_trouble(s, "%s", serial_trouble(s->line->serial));
	leave_queues(s, true);
	station_down(s);
}

static void lose_call(struct line *l)
{
	if (l->call == NULL)
		return;
	bool not_sent = !l->on_wire && serial_withdraw(l->serial);
	line_end_call(l, not_sent ? LINK_NOT_SENT : LINK_LOST, NULL);
}

static void on_line_state(void *line, bool up)
{
	struct line *l = line;

	l->taught = NULL;
	for_all(l, up ? line_is_up : line_is_down);
	if (!up)
		lose_call(l);
	line_turn(l);
}

/* --- the clock --------------------------------------------------------------------------- */

static void expire(struct station *s)
{
	leave_queues(s, false);
	station_connect(s);
}

/* --- leaving ----------------------------------------------------------------------------- */

static void on_timer_closed(uv_handle_t *h)
{
	struct line *l = h->data;
	struct station *s = l->last;

	l->last = NULL;
	s->closed(&s->link);
}

static void on_serial_closed(void *line)
{
	struct line *l = line;

	uv_close((uv_handle_t *)&l->timer, on_timer_closed);
}

static void unlink_station(struct line *l, struct station *s)
{
	struct station *before = s;

	while (before->next != s)
		before = before->next;
	before->next = s->next;
	l->round = before == s ? NULL : before;
}

static bool is_closing(const struct station *s)
{
	return s->closing;
}

/* The last one takes the line with it. */
static void let_go(struct line *l)
{
	struct station *s;

	while (!l->closing && (s = line_find(l, is_closing)) != NULL) {
		while (l->not_sent != NULL)
			tell_all_not_sent(l);
		unlink_station(l, s);
		if (l->round != NULL) {
			s->closed(&s->link);
			continue;
		}
		l->closing = true;
		l->last = s;
		uv_timer_stop(&l->timer);
		serial_close(l->serial, on_serial_closed);
	}
}

void line_on_timer(uv_timer_t *timer)
{
	struct line *l = timer->data;

	for_all(l, expire);
	if (l->call != NULL && uv_now(l->loop) >= l->due_ms)
		wire_overdue(l);
	tell_all_not_sent(l);
	let_go(l);
	if (!l->closing)
		line_turn(l);
}

/* --- calls ------------------------------------------------------------------------------- */

static void count(struct link_stats *stats, enum link_result r)
{
	stats->answered += r == LINK_REPLY || r == LINK_REFUSED;
	stats->silent += r == LINK_SILENT;
	stats->wrong += r == LINK_WRONG;
}

static void note_failure(struct station *s, int64_t patience_ms)
{
	uint64_t now = uv_now(s->line->loop);

	s->late_ms = now + (uint64_t)patience_ms;
	if (++s->failures >= FAILURES_DOWN && s->link.up) {
		station_down(s);
		return;
	}
	if (s->link.up)
		return;
	s->backoff_ms = 2 * s->backoff_ms < PROBE_LAST_MS ? 2 * s->backoff_ms : PROBE_LAST_MS;
	s->probe_at_ms = now + s->backoff_ms;
}

static void note_health(struct station *s, enum link_result result, int64_t patience_ms)
{
	s->spaced_ms = uv_now(s->line->loop) + (uint64_t)s->policy.spacing_ms;
	if (result == LINK_REPLY || result == LINK_REFUSED)
		station_up(s);
	if (result == LINK_SILENT || result == LINK_WRONG)
		note_failure(s, patience_ms);
}

void line_end_call(struct line *l, enum link_result result, const struct reply *reply)
{
	struct link_call *call = l->call;
	struct station *s = l->asked;

	l->call = NULL;
	count(&s->link.stats, result);
	if (serial_up(l->serial))
		note_health(s, result, l->patience_ms);
	line_turn(l); /* before the call-back: who has waited longer goes first */
	if (call != &s->probe_call && call != &l->lesson_call)
		call->done(call, result, reply);
}

static void rtu_send(struct link *link, struct link_call *call)
{
	struct station *s = station_of(link);
	struct line *l = s->line;
	uint64_t now = uv_now(l->loop);

	call->reached = false;
	call->patience_ms = call->deadline_ms > now ? (int64_t)(call->deadline_ms - now) : 0;
	if (!s->connected || s->closing || !(link->up || call->first))
		link_append(&l->not_sent_end, call);
	else if (call->first)
		link_append(&s->urgent_end, call);
	else
		link_append(&s->queue_end, call);
	line_turn(l);
}

static void rtu_close(struct link *link, void (*closed)(struct link *l))
{
	struct station *s = station_of(link);
	struct line *l = s->line;

	must(!s->closing);
	s->closing = true;
	s->closed = closed;
	leave_queues(s, true);
	station_down(s);
	if (l->call != NULL && l->asked == s)
		lose_call(l);
	line_turn(l);
}

static void rtu_set_policy(struct link *link, const struct link_policy *policy)
{
	station_of(link)->policy = *policy;
}

static int64_t rtu_slack_ms(const struct link *link)
{
	return station_slack_ms(CONTAINER_OF(link, const struct station, link));
}

static const struct link_ops RTU_OPS = {.send = rtu_send,
                                        .close = rtu_close,
                                        .set_policy = rtu_set_policy,
                                        .slack_ms = rtu_slack_ms};

/* --- open -------------------------------------------------------------------------------- */

struct station *station_new(struct line *l, const struct link_policy *policy)
{
	struct station *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->link.ops = &RTU_OPS;
	s->link.window = 1;
	s->line = l;
	s->policy = *policy;
	s->urgent_end = &s->urgent;
	s->queue_end = &s->queue;
	s->backoff_ms = PROBE_FIRST_MS;
	s->older = l->newest;
	l->newest = s;
	s->next = s;
	if (l->round != NULL) {
		s->next = l->round->next;
		l->round->next = s;
	}
	l->round = s;
	return s;
}

struct line *line_new(uv_loop_t *loop, const struct transport *to, const struct sockaddr *at)
{
	struct line *l = calloc(1, sizeof *l);
	struct serial_user user = {.on_state = on_line_state,
	                           .on_piece = wire_heard,
	                           .on_sent = wire_sent,
	                           .owner = l};

	if (l == NULL)
		return NULL;
	l->loop = loop;
	l->transport = *to;
	l->not_sent_end = &l->not_sent;
	l->serial = serial_open(loop, to, at, &user);
	if (l->serial == NULL) {
		free(l);
		return NULL;
	}
	uv_timer_init(loop, &l->timer);
	l->timer.data = l;
	return l;
}
