/*
 * console: operators' panels: Modbus/TCP connections, and serial lines (RTU) on which we answer.
 *
 * On TCP: strict framing; a frame cut anywhere, two in one segment or one byte at a time are all
 * the same. One request in flight per console: the next is taken when the last is answered, and
 * until then no more than one buffer is read. A protocol that is not Modbus closes the connection.
 * Idle and half-open consoles are evicted; a console that does not read its answers is closed.
 *
 * On a line: silence ends a frame; a request is taken when its length, by its function, its check
 * sum and the silence agree. Units that are not ours are not answered, and what is said to all is
 * obeyed by none here. A console that asks anew before it was answered is told 06; the first answer
 * is not sent any more.
 *
 * Loop thread only. The room knows frames, not registers.
 */
#ifndef EDGE_CONSOLE_H
#define EDGE_CONSOLE_H

#include <uv.h>

#include "core/pdu.h"
#include "core/recording.h"
#include "core/transport.h"

#define CONSOLES_MAX     512
#define CONSOLES_LINES   4
#define CONSOLE_BUFFER   (4 * ADU_MAX)
#define CONSOLE_NAME_LEN 64
#define CONSOLES_SPARE   4 /* slots for connections that are told to go at once */
/* console_ref.slot is below */
#define CONSOLES_SLOTS (CONSOLES_MAX + CONSOLES_SPARE + CONSOLES_LINES)

/* Stays valid when the connection has gone: answering it is then no event. */
struct console_ref {
	uint16_t slot;
	uint32_t generation;
};

struct consoles;
/* One whole frame; its bytes are valid during the call only. Answer with console_answer, now or
 * later, exactly once. */
typedef void console_frame_fn(void *owner, struct console_ref who, const struct frame *f);
/* A connection came or went, or was refused; for the ledger. */
typedef void console_event_fn(void *owner, const char *address, const char *what);
/* Who listens to the wire: frames as they came and went, bytes that were none, and at its end why a
 * console went (words). Valid during the call only. */
typedef void console_wire_fn(void *owner, struct console_ref who, enum recording_event e,
                             const uint8_t *bytes, size_t n);
/* Whether a unit is one we answer for. */
typedef bool console_unit_fn(void *owner, uint8_t unit);

struct console_rules {
	int max;                    /* connections; at most CONSOLES_MAX */
	int64_t idle_ms;            /* no byte for so long: evicted */
	int64_t partial_ms;         /* an unfinished frame for so long: closed */
	int64_t unread_bytes;       /* answers not taken: closed */
	const char *const *allowed; /* addresses that may connect; NULL: any. copied */
	size_t n_allowed;
	const struct transport *lines; /* at most CONSOLES_LINES. copied */
	size_t n_lines;
	console_unit_fn *has_unit; /* asked for lines, where other units may live */
};

/* How a line does, for people. */
struct console_line_state {
	char name[TRANSPORT_LEN]; /* "/dev/ttyUSB1" */
	bool up;
	char trouble[120]; /* why it is not up; else "" */
	uint64_t requests, answered;
	uint64_t dropped;    /* pieces that are no frame: noise */
	uint64_t foreign;    /* frames of and for other units */
	uint64_t broadcasts; /* to all; never obeyed */
};

/* Listens at once. NULL on failure, with the reason in `why`. */
struct consoles *consoles_open(uv_loop_t *loop, const struct sockaddr *address,
                               const struct console_rules *rules, console_frame_fn *on_frame,
                               console_event_fn *on_event, void *owner, char *why, size_t why_len);
/* The port listened on (for port 0). */
int consoles_port(const struct consoles *c);
/* From now on; NULL: nobody listens. */
void consoles_listen(struct consoles *c, console_wire_fn *on_wire);
int consoles_count(const struct consoles *c); /* connections, and lines that are open */
/* False: there is no such line. */
bool consoles_line(const struct consoles *c, size_t i, struct console_line_state *out);
/* "192.0.2.7:51000", "/dev/ttyUSB1"; "gone" when it is. */
const char *console_name(const struct consoles *c, struct console_ref who);
/* The same however often it connects: "192.0.2.7", "/dev/ttyUSB1"; "" when it is gone. What is at
 * one address, or on one line, is one console. */
const char *console_identity(const struct consoles *c, struct console_ref who);
/* Inside on_frame: since when, by the loop's clock, its bytes may have been there; now, unless the
 * loop hung or the console asked long before it was its turn. */
uint64_t console_asked_ms(const struct consoles *c, struct console_ref who);
void console_answer(struct consoles *c, struct console_ref who, uint16_t tid, uint8_t unit,
                    const uint8_t *pdu, size_t pdu_len);
/* Closes without an answer; on a line the answer is not sent. */
void console_drop(struct consoles *c, struct console_ref who, const char *why);
/* Closes all; calls closed when nothing is left. Frees c. */
void consoles_close(struct consoles *c, void (*closed)(void *owner));

#endif
