#include "console_room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEPALIVE_S 30 /* a panel whose cable was pulled is noticed before its idle time */
/* What the kernel may hold of answers; left alone it grows to megabytes a connection. */
#define KERNEL_BUFFER (16 * 1024)

void room_free(struct consoles *c)
{
	free(c->allowed);
	free(c->out);
	free(c);
}

/* --- giving up ------------------------------------------------------------------------------ */

void room_handle_gone(struct consoles *c)
{
	void (*closed)(void *) = c->closed;
	void *owner = c->owner;

	if (--c->live_handles > 0)
		return;
	room_free(c);
	if (closed != NULL)
		closed(owner);
}

void room_handle_closed(uv_handle_t *h)
{
	room_handle_gone(h->data);
}

static void take_connection(struct consoles *c);

static void on_console_closed(uv_handle_t *h)
{
	struct console *s = h->data;
	struct consoles *c = s->room;

	s->live = false;
	if (c->accept_pending && !c->closing)
		take_connection(c);
	room_handle_gone(c);
}

static void hear(const struct console *s, enum recording_event e, const void *bytes, size_t n)
{
	const struct consoles *c = s->room;

	if (c->on_wire != NULL)
		c->on_wire(c->owner, ref_of(s), e, bytes, n);
}

void room_drop(struct console *s, const char *why)
{
	struct consoles *c = s->room;

	hear(s, RECORDED_ENDS, why, strlen(why));
	s->open = false;
	s->generation++;
	c->ready[s - c->slot] = false;
	c->count--;
	uv_close((uv_handle_t *)&s->tcp, on_console_closed);
	c->on_event(c->owner, s->name, why);
}

/* --- answers -------------------------------------------------------------------------------- */

static void flush(struct console *s);

static void on_written(uv_write_t *w, int status)
{
	struct console *s = CONTAINER_OF(w, struct console, write);

	s->out_len -= s->writing;
	memmove(s->out, s->out + s->writing, s->out_len);
	s->writing = 0;
	if (!s->open)
		return;
	if (status < 0) {
		room_drop(s, "closed: it cannot be written to");
		return;
	}
	flush(s);
}

/* What the kernel takes goes out at once; only the rest is left to the loop. */
static void flush(struct console *s)
{
	if (s->writing > 0 || s->out_len == 0)
		return;
	uv_buf_t buf = uv_buf_init((char *)s->out, (unsigned)s->out_len);
	int taken = uv_try_write((uv_stream_t *)&s->tcp, &buf, 1);
	if (taken > 0) {
		s->out_len -= (size_t)taken;
		memmove(s->out, s->out + taken, s->out_len);
	}
	if (s->out_len == 0)
		return;
	buf.len = s->out_len;
	if ((taken < 0 && taken != UV_EAGAIN) ||
	    uv_write(&s->write, (uv_stream_t *)&s->tcp, &buf, 1, on_written) < 0) {
		room_drop(s, "closed: it cannot be written to");
		return;
	}
	s->writing = s->out_len;
}

/* --- frames --------------------------------------------------------------------------------- */

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct console *s = h->data;

	(void)suggested; /* reading stops when there is no room */
	*buf = uv_buf_init((char *)s->in + s->have, (unsigned)(sizeof s->in - s->have));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf);

/* Reads on while there is room: the rest waits in the kernel, and then at the panel. */
static void set_reading(struct console *s)
{
	bool room = s->have < sizeof s->in;

	if (room == s->reading)
		return;
	s->reading = room;
	if (room)
		uv_read_start((uv_stream_t *)&s->tcp, on_alloc, on_read);
	else
		uv_read_stop((uv_stream_t *)&s->tcp);
}

/* Gives the owner one frame after the other for as long as it answers at once. The owner may drop
 * the console, or close the room, in the midst of it. */
static void take_frames(struct console *s)
{
	struct consoles *c = s->room;
	const struct console_ref who = ref_of(s);
	enum mbap_status status = MBAP_MORE;
	struct frame f;
	size_t at = 0, used;

	s->taking = true;
	while (!s->busy && (status = mbap_take(s->in + at, s->have - at, &f, &used)) == MBAP_OK) {
		hear(s, RECORDED_ASKS, s->in + at, used);
		at += used;
		s->busy = true;
		s->partial_ms = 0;
		s->asked_ms = age_at(&s->age, at);
		c->on_frame(c->owner, who, &f);
		if (console_of(c, who) == NULL)
			return;
	}
	s->taking = false;
	s->have -= at;
	memmove(s->in, s->in + at, s->have);
	age_taken(&s->age, at, s->have);
	flush(s);
	if (console_of(c, who) == NULL)
		return;
	if (!s->busy && status == MBAP_FOREIGN) {
		hear(s, RECORDED_NOISE, s->in, s->have);
		room_drop(s, "closed: it does not speak Modbus/TCP");
		return;
	}
	if (!s->busy && s->have > 0 && s->partial_ms == 0)
		s->partial_ms = uv_now(c->loop);
	set_reading(s);
}

void room_on_turn(uv_idle_t *turn)
{
	struct consoles *c = turn->data;

	uv_idle_stop(turn);
	for (size_t i = 0; i < c->slots; i++) {
		if (!c->ready[i])
			continue;
		c->ready[i] = false;
		take_frames(&c->slot[i]);
	}
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct console *s = stream->data;

	if (n == 0)
		return;
	if (n < 0) {
		room_drop(s, n == UV_EOF ? "closed: it went away" : "closed: the connection broke");
		return;
	}
	age_read(&s->age, &s->room->look, s->have, (size_t)n, buf->len);
	s->have += (size_t)n;
	s->heard_ms = uv_now(s->room->loop);
	take_frames(s);
}

void console_answer(struct consoles *c, struct console_ref who, uint16_t tid, uint8_t unit,
                    const uint8_t *pdu, size_t pdu_len)
{
	struct console *s = console_of(c, who);
	struct console_line *l = line_of(c, who);
	uint8_t adu[ADU_MAX];

	if (l != NULL)
		console_line_answer(l, who, unit, pdu, pdu_len);
	if (s == NULL)
		return;
	must(s->busy); /* exactly one answer to each frame */
	size_t n = mbap_put(adu, tid, unit, pdu, pdu_len);
	must(n > 0);
	s->busy = false;
	if (n > c->unread - s->out_len) {
		room_drop(s, "closed: it does not read its answers");
		return;
	}
	hear(s, RECORDED_ANSWERS, adu, n);
	memcpy(s->out + s->out_len, adu, n);
	s->out_len += n;
	if (s->taking)
		return;
	if (s->have > 0) {
		c->ready[who.slot] = true;
		uv_idle_start(&c->turn, room_on_turn);
	}
	flush(s);
}

void console_drop(struct consoles *c, struct console_ref who, const char *why)
{
	struct console *s = console_of(c, who);
	struct console_line *l = line_of(c, who);

	if (s != NULL)
		room_drop(s, why);
	else if (l != NULL && console_line_has(l, who))
		console_line_drop(l, why);
}

uint64_t console_asked_ms(const struct consoles *c, struct console_ref who)
{
	const struct console *s = console_of(c, who);
	uint64_t now = uv_now(c->loop);
	uint64_t asked = now;

	if (s != NULL)
		asked = s->asked_ms;
	else if (line_of(c, who) != NULL)
		asked = look_line_ms(&c->look, now, c->silence_ms[who.slot - c->slots]);

	return now - asked < AGE_LEAST_MS ? now : asked;
}

/* --- the clock ------------------------------------------------------------------------------ */

void room_on_before_wait(uv_prepare_t *before_wait)
{
	struct consoles *c = before_wait->data;

	look_again(&c->look, uv_now(c->loop));
}

static bool passed(uint64_t now_ms, uint64_t since_ms, int64_t most_ms)
{
	return now_ms - since_ms >= (uint64_t)most_ms;
}

void room_on_tick(uv_timer_t *tick)
{
	struct consoles *c = tick->data;
	uint64_t now = uv_now(c->loop);

	for (size_t i = 0; i < c->slots; i++) {
		struct console *s = &c->slot[i];

		if (!s->open)
			continue;
		if (s->partial_ms != 0 && passed(now, s->partial_ms, c->rules.partial_ms))
			room_drop(s, "closed: it left a frame unfinished");
		else if (passed(now, s->heard_ms, c->rules.idle_ms))
			room_drop(s, "closed: nothing heard from it");
	}
}

/* --- connections ------------------------------------------------------------------------------ */

static struct console *free_slot(struct consoles *c)
{
	for (size_t i = 0; i < c->slots; i++) {
		if (!c->slot[i].live)
			return &c->slot[i];
	}
	return NULL;
}

static void clear_slot(struct consoles *c, struct console *s)
{
	uint32_t generation = s->generation + 1; /* never 0, and never one given out before */
	size_t i = (size_t)(s - c->slot);

	*s = (struct console){.room = c, .generation = generation, .live = true, .open = true};
	s->out = c->out + i * c->unread;
	s->heard_ms = uv_now(c->loop);
	s->age = age_begin(&c->look);
}

/* Why the console may not stay; NULL when it may. */
static const char *refusal(struct consoles *c, struct console *s)
{
	struct sockaddr_storage peer = {0};
	int n = sizeof peer;
	int buffer = KERNEL_BUFFER;

	snprintf(s->name, sizeof s->name, "unknown");
	if (uv_accept((uv_stream_t *)&c->listener, (uv_stream_t *)&s->tcp) < 0 ||
	    uv_tcp_getpeername(&s->tcp, (struct sockaddr *)&peer, &n) < 0)
		return "refused: it had gone before it was taken";
	address_plain(&peer);
	address_name(&peer, s->name);
	address_host(&peer, s->host);
	if (c->allowed != NULL && !address_among(&peer, c->allowed, c->rules.n_allowed))
		return "refused: its address is not among those that may connect";
	if (c->count > c->rules.max)
		return "refused: as many consoles as may be are connected";
	uv_tcp_nodelay(&s->tcp, 1);
	uv_tcp_keepalive(&s->tcp, 1, KEEPALIVE_S);
	uv_send_buffer_size((uv_handle_t *)&s->tcp, &buffer);
	return NULL;
}

static void take_connection(struct consoles *c)
{
	struct console *s = free_slot(c);

	c->accept_pending = s == NULL; /* the kernel holds it until a slot is free */
	if (s == NULL)
		return;
	clear_slot(c, s);
	int e = uv_tcp_init(c->loop, &s->tcp);
	must(e == 0); /* no socket is made: it cannot fail */
	s->tcp.data = s;
	c->live_handles++;
	c->count++;
	const char *no = refusal(c, s);
	if (no != NULL) {
		room_drop(s, no);
		return;
	}
	set_reading(s);
	c->on_event(c->owner, s->name, "connected");
}

void room_on_connection(uv_stream_t *listener, int status)
{
	struct consoles *c = listener->data;

	if (status < 0) {
		c->on_event(c->owner, "unknown", uv_strerror(status));
		return;
	}
	take_connection(c);
}
