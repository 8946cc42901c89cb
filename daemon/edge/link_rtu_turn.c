/*
 * Whose turn it is on a serial line, and when the next one comes.
 *
 * A stop first; then one request a station in a round, a dead station's probe counting as one. A
 * station that must not be spoken to yet is passed over, but with a stop of its own nobody gets in
 * before it.
 */
#include "link_rtu.h"

static struct link_call *take_head(struct link_call **head, struct link_call ***end)
{
	struct link_call *call = *head;

	*head = call->next;
	if (*head == NULL)
		*end = head;
	return call;
}

/* --- turns ------------------------------------------------------------------------------- */

static bool spaced(const struct station *s)
{
	return uv_now(s->line->loop) >= s->spaced_ms;
}

/* When its queue, or its probe, may go out; UINT64_MAX: it wants nothing. */
static uint64_t wants_at(const struct station *s)
{
	uint64_t at = UINT64_MAX;

	if (s->queue != NULL)
		at = s->late_ms;
	else if (s->connected && !s->link.up && s->probe_unit != 0)
		at = s->probe_at_ms > s->late_ms ? s->probe_at_ms : s->late_ms;
	return at < s->spaced_ms ? s->spaced_ms : at;
}

static bool may_go(const struct station *s)
{
	return !s->closing && uv_now(s->line->loop) >= wants_at(s);
}

/* From whose turn it is on; NULL: nobody. */
struct station *line_find(const struct line *l, bool (*is)(const struct station *s))
{
	struct station *s = l->round;

	if (s == NULL)
		return NULL;
	do {
		if (is(s))
			return s;
		s = s->next;
	} while (s != l->round);
	return NULL;
}

static bool is_urgent(const struct station *s)
{
	return s->urgent != NULL;
}

/* The last read once more: it changes nothing at the device. */
static void probe(struct station *s)
{
	s->probe_call.request = &s->probe;
	s->probe_call.unit = s->probe_unit;
	s->probe_call.deadline_ms = uv_now(s->line->loop) + (uint64_t)s->probe_call.patience_ms;
	wire_send(s->line, s, &s->probe_call);
}

static void give_turn(struct line *l)
{
	struct station *s = line_find(l, is_urgent);

	if (s != NULL) {
		/* Nobody gets in before it, also while its device must not be spoken to. */
		if (spaced(s))
			wire_send(l, s, take_head(&s->urgent, &s->urgent_end));
		return;
	}
	s = line_find(l, may_go);
	if (s == NULL)
		return;
	if (s->queue != NULL && wire_must_learn(l, s->queue)) {
		wire_learn(l, s, s->queue);
		return;
	}
	l->round = s->next;
	if (s->queue != NULL)
		wire_send(l, s, take_head(&s->queue, &s->queue_end));
	else
		probe(s);
}

/* --- the clock --------------------------------------------------------------------------- */

static void sooner(uint64_t *due, uint64_t at)
{
	if (at < *due)
		*due = at;
}

static void queue_due(const struct link_call *call, uint64_t slack_ms, uint64_t *due)
{
	for (; call != NULL; call = call->next)
		sooner(due, call->deadline_ms + slack_ms);
}

/* What ends by itself; and, while the line is free, whose turn it will be. */
static void station_due(const struct station *s, bool may_turn, uint64_t *due)
{
	const uint64_t slack = (uint64_t)station_slack_ms(s);

	queue_due(s->urgent, slack, due);
	queue_due(s->queue, slack, due);
	if (s->closing)
		*due = 0;
	else if (!s->connected)
		sooner(due, serial_up(s->line->serial) ? s->spaced_ms : UINT64_MAX);
	else if (may_turn)
		sooner(due, wants_at(s));
}

static uint64_t line_due(const struct line *l)
{
	uint64_t due = l->not_sent != NULL ? 0 : UINT64_MAX;
	const struct station *s = l->round, *urgent = line_find(l, is_urgent);

	if (l->call != NULL)
		sooner(&due, l->due_ms);
	else if (urgent != NULL)
		sooner(&due, urgent->spaced_ms);
	if (s == NULL)
		return due;
	do {
		station_due(s, l->call == NULL && urgent == NULL, &due);
		s = s->next;
	} while (s != l->round);
	return due;
}

static void set_timer(struct line *l)
{
	uint64_t now = uv_now(l->loop), due = line_due(l);

	if (l->closing)
		return;
	if (due == UINT64_MAX)
		uv_timer_stop(&l->timer);
	else if (l->call == NULL && due <= now && !serial_free(l->serial) && l->not_sent == NULL)
		uv_timer_start(&l->timer, line_on_timer, 1,
		               0); /* our own last bits are still leaving */
	else
		uv_timer_start(&l->timer, line_on_timer, due > now ? due - now : 0, 0);
}

void line_turn(struct line *l)
{
	line_leave_queues(l); /* the clock that ends them may be late itself */
	if (l->call == NULL && serial_free(l->serial))
		give_turn(l);
	set_timer(l);
}
