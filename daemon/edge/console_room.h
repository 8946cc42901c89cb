/*
 * console_room: what console.c (frames, answers, connections) and console_open.c (opening, closing,
 * looking) have of one another. Private to console*.c.
 */
#ifndef EDGE_CONSOLE_ROOM_H
#define EDGE_CONSOLE_ROOM_H

#include "console_address.h"
#include "console_age.h"
#include "console_line.h"

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
	uint64_t silence_ms[CONSOLES_LINES];
	size_t n_lines;
	size_t slots, unread;
	uint8_t *out;                              /* of all slots */
	bool ready[CONSOLES_MAX + CONSOLES_SPARE]; /* by slot: to be looked at on the next turn */
	struct console slot[];
};

static inline struct console_ref ref_of(const struct console *s)
{
	return (struct console_ref){.slot = (uint16_t)(s - s->room->slot),
	                            .generation = s->generation};
}

/* NULL when the connection has gone. */
static inline struct console *console_of(const struct consoles *c, struct console_ref who)
{
	if (who.slot >= c->slots)
		return NULL;
	const struct console *s = &c->slot[who.slot];
	return s->open && s->generation == who.generation ? (struct console *)(uintptr_t)s : NULL;
}

static inline struct console_line *line_of(const struct consoles *c, struct console_ref who)
{
	size_t i = (size_t)who.slot - c->slots;

	return who.slot >= c->slots && i < c->n_lines ? c->line[i] : NULL;
}

/* --- console.c */

void room_free(struct consoles *c);
/* One of the room's handles has gone; with the last one the room goes. */
void room_handle_gone(struct consoles *c);
void room_handle_closed(uv_handle_t *h);
void room_drop(struct console *s, const char *why);
void room_on_connection(uv_stream_t *listener, int status);
void room_on_tick(uv_timer_t *tick);
void room_on_turn(uv_idle_t *turn);
void room_on_before_wait(uv_prepare_t *before_wait);

#endif
