/*
 * What serial.c (frames and silence) and the two ports (serial_tty.c, serial_tcp.c: bytes) have of
 * one another.
 */
#ifndef EDGE_SERIAL_PORT_H
#define EDGE_SERIAL_PORT_H

#include <modbus.h>

#include "edge/serial.h"

/* A port is down, opening, up or closing; opening and closing end by port_is_up, port_is_down. */
struct serial_ops {
	void (*open)(struct serial *s);
	/* While it is up, or still opening. */
	void (*close)(struct serial *s);
	/* How many bytes the port took, or a negative uv error. */
	ssize_t (*write)(struct serial *s, const uint8_t *bytes, size_t n);
	/* Once it takes bytes again port_writable is called, or port_took_rest when it has taken
	 * what was left. */
	void (*await)(struct serial *s);
	/* Bytes that have come and were not read yet. */
	bool (*has_more)(const struct serial *s);
	/* Turns a line round that nobody else turns. */
	void (*talk)(struct serial *s, bool on);
	/* The last bit of what was written has left. */
	bool (*drained)(const struct serial *s);
	/* Bytes that were written lie on this side of a network. */
	bool (*holds)(const struct serial *s);
};

extern const struct serial_ops serial_tty_ops, serial_tcp_ops;

struct tty_port {
	uv_poll_t poll;
	uv_work_t work; /* opening or closing */
	modbus_t *modbus;
	int fd;
	bool wanted; /* else what the worker opened is closed again */
	char why[120];
};

struct tcp_port {
	uv_tcp_t tcp;
	uv_connect_t connect;
	uv_write_t request;
	uint8_t in[RTU_MAX];
};

enum port_state { PORT_DOWN, PORT_OPENING, PORT_UP, PORT_CLOSING };

/* WAITING for silence, GOING into the port, LEAVING it while we hold the line. */
enum out_state { OUT_NONE, OUT_WAITING, OUT_GOING, OUT_LEAVING };

/* Whether the line repeats to us what we send; learnt where it cannot be mistaken. */
enum echo_state { ECHO_UNKNOWN, ECHO_NO, ECHO_YES };

struct serial {
	uv_loop_t *loop;
	struct transport to;
	struct sockaddr_storage at;
	struct serial_user user;
	const struct serial_ops *ops;
	union {
		struct tty_port tty;
		struct tcp_port tcp;
	};
	enum port_state port;
	int64_t char_ns, silence_ns;
	bool turns; /* we turn the line round */
	int clock;  /* a timerfd */
	uv_poll_t tick;
	uv_timer_t retry;
	uint32_t backoff_ms;
	bool broken; /* to be given up on the next turn of the loop */
	bool closing;
	int live_handles;
	void (*closed)(void *owner);
	char trouble[120];
	/* in */
	int64_t quiet_since_ns; /* the last byte came, or our last bit leaves */
	size_t have;
	uint8_t in[RTU_MAX + 1];
	/* out */
	enum out_state out_state;
	size_t out_len, out_at;
	uint8_t out[RTU_MAX];
	/* what of ours may still be heard */
	enum echo_state echo;
	size_t sent_len; /* of out; 0: nothing */
	int64_t left_ns; /* its last bit leaves */
	bool heard;      /* anything since */
};

/* Words for `trouble`; before port_is_down or serial_give_up. */
__attribute__((format(printf, 2, 3))) void serial_say(struct serial *s, const char *format, ...);
void port_is_up(struct serial *s);
void port_is_down(struct serial *s);
void port_heard(struct serial *s, const uint8_t *bytes, size_t n);
void port_writable(struct serial *s);
void port_took_rest(struct serial *s);
/* The line is lost; it is opened again after the back-off. */
void serial_give_up(struct serial *s);

#endif
