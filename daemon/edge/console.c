#include "console_address.h"
#include "console_age.h"
#include "console_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS     50  /* how late an eviction may come */
#define BACKLOG     128 /* connections the kernel holds for us */
#define KEEPALIVE_S 30  /* a panel whose cable was pulled is noticed before its idle time */
/* What the kernel may hold of answers; left alone it grows to megabytes a connection. */
#define KERNEL_BUFFER (16 * 1024)
#define UNREAD_MAX    (256 * 1024)

struct console {
	struct consoles *room;
	uv_tcp_t tcp;
	uv_write_t write;
	uint32_t generation; /* moves when the connection is given up */
	bool live;           /* tcp is a handle of the loop, perhaps a closing one */
	bool open;           /* frames are taken from it and answers given to it */
	bool busy;           /* a frame of it is with the owner */
	bool taking;         /* inside take_frames: answers are written at its end */
	bool reading;
	uint64_t heard_ms;
	uint64_t asked_ms; /* since when the frame with the owner may have been there */
	struct console_age age;
	uint64_t partial_ms; /* since when a frame is unfinished; 0: none is */
	size_t have;
	uint8_t in[CONSOLE_BUFFER];
	size_t out_len, writing; /* bytes of out; how many of them uv_write has */
	uint8_t *out;            /* room->unread bytes */
	char name[CONSOLE_NAME_LEN], host[CONSOLE_HOST_LEN];
};

struct consoles {
	uv_loop_t *loop;
	uv_tcp_t listener;
	uv_timer_t tick;
	uv_idle_t turn; /* runs while a frame waits that was read earlier */
	uv_prepare_t before_wait;
	struct console_look look;
	struct console_rules rules;
	struct ip *allowed; /* rules.n_allowed of them; NULL: any address */
	console_frame_fn *on_frame;
	console_event_fn *on_event;
	console_wire_fn *on_wire; /* NULL: nobody listens */
	void *owner;
	void (*closed)(void *owner);
	bool closing, accept_pending;
	int live_handles, count;
	struct console_line *line[CONSOLES_LINES]; /* their slots lie behind those of connections */
	size_t n_lines;
	size_t slots, unread;
	uint8_t *out;                              /* of all slots */
	bool ready[CONSOLES_MAX + CONSOLES_SPARE]; /* by slot: to be looked at on the next turn */
	struct console slot[];
};

static struct console_ref ref_of(const struct console *s)
{
	return (struct console_ref){.slot = (uint16_t)(s - s->room->slot),
	                            .generation = s->generation};
}

/* NULL when the connection has gone. */
static struct console *console_of(const struct consoles *c, struct console_ref who)
{
	if (who.slot >= c->slots)
		return NULL;
	const struct console *s = &c->slot[who.slot];
	return s->open && s->generation == who.generation ? (struct console *)(uintptr_t)s : NULL;
}

static struct console_line *line_of(const struct consoles *c, struct console_ref who)
{
	size_t i = (size_t)who.slot - c->slots;

	return who.slot >= c->slots && i < c->n_lines ? c->line[i] : NULL;
}

static void room_free(struct consoles *c)
{
	free(c->allowed);
	free(c->out);
	free(c);
}

/* --- giving up ------------------------------------------------------------------------------ */

static void handle_gone(struct consoles *c)
{
	void (*closed)(void *) = c->closed;
	void *owner = c->owner;

	if (--c->live_handles > 0)
		return;
	room_free(c);
	if (closed != NULL)
		closed(owner);
}

static void on_own_handle_closed(uv_handle_t *h)
{
	handle_gone(h->data);
}

static void take_connection(struct consoles *c);

static void on_console_closed(uv_handle_t *h)
{
	struct console *s = h->data;
	struct consoles *c = s->room;

	s->live = false;
	if (c->accept_pending && !c->closing)
		take_connection(c);
	handle_gone(c);
}

static void hear(const struct console *s, enum recording_event e, const void *bytes, size_t n)
{
	const struct consoles *c = s->room;

	if (c->on_wire != NULL)
		c->on_wire(c->owner, ref_of(s), e, bytes, n);
}

static void drop(struct console *s, const char *why)
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
		drop(s, "closed: it cannot be written to");
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
		drop(s, "closed: it cannot be written to");
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
		drop(s, "closed: it does not speak Modbus/TCP");
		return;
	}
	if (!s->busy && s->have > 0 && s->partial_ms == 0)
		s->partial_ms = uv_now(c->loop);
	set_reading(s);
}

static void on_turn(uv_idle_t *turn)
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
		drop(s, n == UV_EOF ? "closed: it went away" : "closed: the connection broke");
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
		drop(s, "closed: it does not read its answers");
		return;
	}
	hear(s, RECORDED_ANSWERS, adu, n);
	memcpy(s->out + s->out_len, adu, n);
	s->out_len += n;
	if (s->taking)
		return;
	if (s->have > 0) {
		c->ready[who.slot] = true;
		uv_idle_start(&c->turn, on_turn);
	}
	flush(s);
}

void console_drop(struct consoles *c, struct console_ref who, const char *why)
{
	struct console *s = console_of(c, who);
	struct console_line *l = line_of(c, who);

	if (s != NULL)
		drop(s, why);
	else if (l != NULL && console_line_has(l, who))
		console_line_drop(l, why);
}

uint64_t console_asked_ms(const struct consoles *c, struct console_ref who)
{
	const struct console *s = console_of(c, who);
	uint64_t now = uv_now(c->loop);
	uint64_t asked = s != NULL ? s->asked_ms : look_line_ms(&c->look, now);

	return now - asked < AGE_LEAST_MS ? now : asked;
}

/* --- the clock ------------------------------------------------------------------------------ */

static void on_before_wait(uv_prepare_t *before_wait)
{
	struct consoles *c = before_wait->data;

	look_again(&c->look, uv_now(c->loop));
}

static bool passed(uint64_t now_ms, uint64_t since_ms, int64_t most_ms)
{
	return now_ms - since_ms >= (uint64_t)most_ms;
}

static void on_tick(uv_timer_t *tick)
{
	struct consoles *c = tick->data;
	uint64_t now = uv_now(c->loop);

	for (size_t i = 0; i < c->slots; i++) {
		struct console *s = &c->slot[i];

		if (!s->open)
			continue;
		if (s->partial_ms != 0 && passed(now, s->partial_ms, c->rules.partial_ms))
			drop(s, "closed: it left a frame unfinished");
		else if (passed(now, s->heard_ms, c->rules.idle_ms))
			drop(s, "closed: nothing heard from it");
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
		drop(s, no);
		return;
	}
	set_reading(s);
	c->on_event(c->owner, s->name, "connected");
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct consoles *c = listener->data;

	if (status < 0) {
		c->on_event(c->owner, "unknown", uv_strerror(status));
		return;
	}
	take_connection(c);
}

/* --- open, close ---------------------------------------------------------------------------- */

static size_t unread_room(int64_t asked)
{
	if (asked < ADU_MAX)
		return ADU_MAX; /* one answer has to fit */
	return asked > UNREAD_MAX ? UNREAD_MAX : (size_t)asked;
}

static struct consoles *room_new(uv_loop_t *loop, const struct console_rules *rules)
{
	size_t slots = (size_t)rules->max + CONSOLES_SPARE;
	struct consoles *c = calloc(1, sizeof *c + slots * sizeof c->slot[0]);

	if (c == NULL)
		return NULL;
	c->loop = loop;
	c->rules = *rules;
	c->slots = slots;
	c->unread = unread_room(rules->unread_bytes);
	c->out = calloc(slots, c->unread);
	if (rules->allowed != NULL)
		c->allowed = calloc(rules->n_allowed + 1, sizeof *c->allowed); /* also for none */
	if (c->out != NULL && (rules->allowed == NULL || c->allowed != NULL))
		return c;
	room_free(c);
	return NULL;
}

static int start(struct consoles *c, const struct sockaddr *address)
{
	int e = uv_tcp_init(c->loop, &c->listener);

	must(e == 0); /* no socket is made yet */
	uv_timer_init(c->loop, &c->tick);
	uv_idle_init(c->loop, &c->turn);
	uv_prepare_init(c->loop, &c->before_wait);
	c->listener.data = c->tick.data = c->turn.data = c->before_wait.data = c;
	c->live_handles = 4;
	c->look.now_ms = c->look.before_ms = uv_now(c->loop);
	uv_prepare_start(&c->before_wait, on_before_wait);
	e = uv_tcp_bind(&c->listener, address, 0);
	if (e == 0)
		e = uv_listen((uv_stream_t *)&c->listener, BACKLOG, on_connection);
	if (e == 0)
		e = uv_timer_start(&c->tick, on_tick, TICK_MS, TICK_MS);
	return e;
}

static bool open_lines(struct consoles *c, const struct console_rules *rules)
{
	const struct console_line_user user = {.on_frame = c->on_frame,
	                                       .on_event = c->on_event,
	                                       .has_unit = rules->has_unit,
	                                       .owner = c->owner};

	must(rules->n_lines <= CONSOLES_LINES);
	for (size_t i = 0; i < rules->n_lines; i++) {
		c->line[i] = console_line_open(c->loop, &rules->lines[i], (uint16_t)(c->slots + i),
		                               &user);
		if (c->line[i] == NULL)
			return false;
		c->n_lines++;
		c->live_handles++;
	}
	return true;
}

struct consoles *consoles_open(uv_loop_t *loop, const struct sockaddr *address,
                               const struct console_rules *rules, console_frame_fn *on_frame,
                               console_event_fn *on_event, void *owner, char *why, size_t why_len)
{
	if (rules->max < 1 || rules->max > CONSOLES_MAX) {
		snprintf(why, why_len, "%d consoles: between 1 and %d can be served", rules->max,
		         CONSOLES_MAX);
		return NULL;
	}
	struct consoles *c = room_new(loop, rules);
	if (c == NULL) {
		snprintf(why, why_len, "no memory for %d consoles", rules->max);
		return NULL;
	}
	c->on_frame = on_frame;
	c->on_event = on_event;
	c->owner = owner;
	const char *bad = c->allowed == NULL
	                          ? NULL
	                          : address_keep(c->allowed, rules->allowed, rules->n_allowed);
	if (bad != NULL) {
		snprintf(why, why_len,
		         "\"%s\" is not the address of a console: write 192.0.2.7 or 2001:db8::7",
		         bad);
		room_free(c);
		return NULL;
	}
	int e = start(c, address);
	if (e == 0 && !open_lines(c, rules))
		e = UV_ENOMEM;
	if (e < 0) {
		snprintf(why, why_len, "cannot listen for consoles: %s", uv_strerror(e));
		consoles_close(c, NULL);
		return NULL;
	}
	return c;
}

int consoles_port(const struct consoles *c)
{
	struct sockaddr_storage here = {0};
	int n = sizeof here;

	uv_tcp_getsockname(&c->listener, (struct sockaddr *)&here, &n);
	return ntohs(((const struct sockaddr_in *)&here)->sin_port);
}

void consoles_listen(struct consoles *c, console_wire_fn *on_wire)
{
	c->on_wire = on_wire;
	for (size_t i = 0; i < c->n_lines; i++)
		console_line_listen(c->line[i], on_wire);
}

bool consoles_line(const struct consoles *c, size_t i, struct console_line_state *out)
{
	if (i >= c->n_lines)
		return false;
	console_line_look(c->line[i], out);
	return true;
}

int consoles_count(const struct consoles *c)
{
	struct console_line_state line;
	int n = c->count;

	for (size_t i = 0; consoles_line(c, i, &line); i++)
		n += line.up;
	return n;
}

const char *console_name(const struct consoles *c, struct console_ref who)
{
	const struct console *s = console_of(c, who);
	const struct console_line *l = line_of(c, who);

	if (l != NULL && console_line_has(l, who))
		return console_line_name(l);
	return s == NULL ? "gone" : s->name;
}

const char *console_identity(const struct consoles *c, struct console_ref who)
{
	const struct console *s = console_of(c, who);
	const struct console_line *l = line_of(c, who);

	if (l != NULL && console_line_has(l, who))
		return console_line_name(l);
	return s == NULL ? "" : s->host;
}

static void on_line_closed(void *room)
{
	handle_gone(room);
}

void consoles_close(struct consoles *c, void (*closed)(void *owner))
{
	must(!c->closing);
	c->closing = true;
	c->closed = closed;
	for (size_t i = 0; i < c->slots; i++) {
		if (c->slot[i].open)
			drop(&c->slot[i], "closed: the gate ends");
	}
	for (size_t i = 0; i < c->n_lines; i++)
		console_line_close(c->line[i], on_line_closed, c);
	uv_close((uv_handle_t *)&c->listener, on_own_handle_closed);
	uv_close((uv_handle_t *)&c->tick, on_own_handle_closed);
	uv_close((uv_handle_t *)&c->turn, on_own_handle_closed);
	uv_close((uv_handle_t *)&c->before_wait, on_own_handle_closed);
}
