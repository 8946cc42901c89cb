/*
 * link: send this request, call me with the reply, the refusal or the silence.
 *
 * The interface every way to a device has (TCP here; serial lines behind the same face). What
 * stands above cannot tell them apart. A link never retries, never sends a request twice, never
 * calls back inside link_send. Loop thread only.
 */
#ifndef EDGE_LINK_H
#define EDGE_LINK_H

#include <uv.h>

#include "core/pdu.h"

/*  enumerator, the request may have reached the device, words */
#define LINK_RESULT_MAP(X)                                                      \
	X(LINK_REPLY, true, "answered")                                         \
	X(LINK_REFUSED, true, "answered with an exception")                     \
	X(LINK_NOT_SENT, false, "not sent: the line is down")                   \
	X(LINK_SILENT, true, "no answer before the deadline")                   \
	X(LINK_LOST, true, "the connection broke while the answer was awaited") \
	X(LINK_WRONG, true, "the answer was not to this request")

enum link_result {
#define X(id, reached, words) id,
	LINK_RESULT_MAP(X)
#undef X
};
const char *link_result_words(enum link_result r);

struct link_call;
typedef void link_done_fn(struct link_call *call, enum link_result result,
                          const struct reply *reply /* on REPLY and REFUSED; else NULL */);

/* One request under way. The caller's memory; the link's from link_send until done is called, and
 * done is always called exactly once. */
struct link_call {
	const struct request *request; /* borrowed for the same time */
	uint8_t unit;
	uint64_t deadline_ms; /* uv_now of the loop at which waiting ends */
	link_done_fn *done;
	/* private to the link */
	uint16_t tid;
	bool reached;
	struct link_call *next;
};

/* Why a stream was given up, for ledger and log; the last one stays readable. */
struct link_stats {
	uint64_t sent, answered, silent, wrong, resets, late;
	char last_trouble[120];
};

struct link;
typedef void link_state_fn(struct link *l, bool up);

struct link_ops {
	void (*send)(struct link *l, struct link_call *call);
	void (*close)(struct link *l, void (*closed)(struct link *l));
};

struct link {
	const struct link_ops *ops;
	bool up; /* connected; a send has a chance */
	int window;
	struct link_stats stats;
	link_state_fn *on_state; /* called on each change of up */
	void *owner;             /* the caller's */
};

/* done is called later, also when the line is down (LINK_NOT_SENT). */
void link_send(struct link *l, struct link_call *call);
/* Every call under way ends first (LINK_NOT_SENT or LINK_LOST); `closed` frees. */
void link_close(struct link *l, void (*closed)(struct link *l));

/* --- Modbus/TCP -------------------------------------------------------------------------- */

#define LINK_TCP_SLOTS 32

struct link_tcp {
	struct link link; /* first */
	/* private */
	uv_loop_t *loop;
	struct sockaddr_storage address;
	uv_tcp_t tcp;
	uv_connect_t connect;
	uv_timer_t tick; /* deadlines and reconnects, one repeating timer */
	bool tcp_live, connecting, closing, tick_live;
	uint64_t retry_at_ms;
	uint32_t backoff_ms; /* 50, 100, … 2000 */
	uint16_t next_tid;
	struct link_call *waiting[LINK_TCP_SLOTS]; /* by tid % LINK_TCP_SLOTS */
	struct link_call *not_sent;                /* to be told on the next tick of the loop */
	uv_idle_t tell;
	bool tell_live;
	size_t have;
	uint8_t in[4 * ADU_MAX];
	uint64_t generation;
	void (*closed)(struct link *l);
	int live_handles;
};

/* Own transaction ids; a reply must match in transaction, protocol, unit, function, length and
 * echo. Anything else: LINK_WRONG for the oldest call, the rest LINK_LOST, the stream reset. A
 * deadline passed: LINK_SILENT, and the stream is reset too, so that a late reply meets nobody.
 * TCP_NODELAY, keep-alive, reconnect with back-off. window: requests in flight, 1..16.
 * 0 or a negative uv error. */
int link_tcp_open(struct link_tcp *l, uv_loop_t *loop, const struct sockaddr *address, int window);

#endif
