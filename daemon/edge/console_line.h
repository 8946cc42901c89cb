/*
 * console_line: a serial line on which a console asks and we answer. Private to console*.c.
 */
#ifndef EDGE_CONSOLE_LINE_H
#define EDGE_CONSOLE_LINE_H

#include "edge/console.h"

struct console_line;

/* What of the room a line needs. */
struct console_line_user {
	console_frame_fn *on_frame;
	console_event_fn *on_event;
	console_unit_fn *has_unit;
	console_wire_fn *on_wire; /* NULL: nobody listens */
	void *owner;
};

/* `slot` goes into its console_ref. NULL: no memory, or no clock. */
struct console_line *console_line_open(uv_loop_t *loop, const struct transport *to, uint16_t slot,
                                       const struct console_line_user *user);
/* The one who asked last is still there. */
bool console_line_has(const struct console_line *l, struct console_ref who);
void console_line_listen(struct console_line *l, console_wire_fn *on_wire);
void console_line_look(const struct console_line *l, struct console_line_state *out);
const char *console_line_name(const struct console_line *l);
void console_line_answer(struct console_line *l, struct console_ref who, uint8_t unit,
                         const uint8_t *pdu, size_t pdu_len);
/* Whoever asked is not answered. */
void console_line_drop(struct console_line *l, const char *why);
/* Frees l; closed is called last. */
void console_line_close(struct console_line *l, void (*closed)(void *room), void *room);

#endif
