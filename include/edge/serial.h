/*
 * serial: a line that carries RTU frames: a tty, or a TCP stream to a serial device server.
 *
 * It cuts what comes by silence and gives it on a piece at a time; it sends one frame at a time,
 * after a silence. What a piece means is for those above to say: link (it asks) and console (it
 * answers). A frame of ours that the line repeats to us (two wires, an adapter that hears itself)
 * is taken out, so that nobody takes it for an answer.
 *
 * libmodbus opens and sets the tty; its own reading and writing are not used. Lost lines are opened
 * again with back-off. Loop thread only, but that opening and closing a tty, which can take a
 * driver seconds, is done by a worker of libuv.
 */
#ifndef EDGE_SERIAL_H
#define EDGE_SERIAL_H

#include <uv.h>

#include "core/rtu.h"
#include "core/transport.h"

enum serial_heard {
	SERIAL_GOOD, /* what was awaited */
	SERIAL_BAD,  /* anything else: dropped */
	SERIAL_MORE  /* perhaps only the beginning: kept for a moment and given again with the rest
	              */
};

/* Never called from inside a function of this room that the user called. */
struct serial_user {
	void (*on_state)(void *owner, bool up);
	/* All that came between two silences; more than RTU_MAX is no frame and is cut there. */
	enum serial_heard (*on_piece)(void *owner, const uint8_t *bytes, size_t n);
	/* The frame has been handed to the port whole; its last bit leaves in `line_ms`. */
	void (*on_sent)(void *owner, int64_t line_ms);
	void *owner;
	bool answers; /* it hears first and sends then; not set: it asks */
};

struct serial;

/* `at` is the address of a device server; not looked at for a tty. Both are copied. NULL: no
 * memory, or no timer. The line itself is opened later, and again whenever it is lost. */
struct serial *serial_open(uv_loop_t *loop, const struct transport *to, const struct sockaddr *at,
                           const struct serial_user *user);
bool serial_up(const struct serial *s);
/* Why the line was lost or cannot be opened; "" while all is well. */
const char *serial_trouble(const struct serial *s);
/* How long n bytes take on the line, rounded up; 0 behind a device server. */
int64_t serial_line_ms(const struct serial *s, size_t n);
/* The line is up and the last frame is out. */
bool serial_free(const struct serial *s);
/* Whether the line repeats to us what we send has been seen. Until then the answer to a function
 * 05, 06 or 16, which is the request once more, is not believed. */
bool serial_knows_echo(struct serial *s);
/* Goes out once the line is silent; what was heard before is dropped. Only when serial_free. */
void serial_send(struct serial *s, const uint8_t *frame, size_t n);
/* Takes a frame back: true when not one byte of it has gone out. One that is half out, and does not
 * go on, takes the line with it. */
bool serial_withdraw(struct serial *s);
/* A frame that was not answered in time, and that a network may still bring to the line: then the
 * line is given up, and what is held with it. */
void serial_take_back(struct serial *s);
/* Frees s; `closed` is called later, last. */
void serial_close(struct serial *s, void (*closed)(void *owner));

/* The kernel may join a connection with itself, when a free local port was given the very number
 * that is connected to; every byte would be its own echo. For all who connect. */
bool serial_tcp_is_itself(const uv_tcp_t *tcp);

#endif
