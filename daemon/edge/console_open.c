/*
 * Opening and closing the room of the consoles, and looking into it.
 */
#include "console_room.h"

#include <stdio.h>
#include <stdlib.h>

#define TICK_MS    50  /* how late an eviction may come */
#define BACKLOG    128 /* connections the kernel holds for us */
#define UNREAD_MAX (256 * 1024)

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
	uv_prepare_start(&c->before_wait, room_on_before_wait);
	e = uv_tcp_bind(&c->listener, address, 0);
	if (e == 0)
		e = uv_listen((uv_stream_t *)&c->listener, BACKLOG, room_on_connection);
	if (e == 0)
		e = uv_timer_start(&c->tick, room_on_tick, TICK_MS, TICK_MS);
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
		c->silence_ms[i] = (uint64_t)transport_silence_ns(&rules->lines[i]) / 1000000 + 1;
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
	room_handle_gone(room);
}

void consoles_close(struct consoles *c, void (*closed)(void *owner))
{
	must(!c->closing);
	c->closing = true;
	c->closed = closed;
	for (size_t i = 0; i < c->slots; i++) {
		if (c->slot[i].open)
			room_drop(&c->slot[i], "closed: the gate ends");
	}
	for (size_t i = 0; i < c->n_lines; i++)
		console_line_close(c->line[i], on_line_closed, c);
	uv_close((uv_handle_t *)&c->listener, room_handle_closed);
	uv_close((uv_handle_t *)&c->tick, room_handle_closed);
	uv_close((uv_handle_t *)&c->turn, room_handle_closed);
	uv_close((uv_handle_t *)&c->before_wait, room_handle_closed);
}
