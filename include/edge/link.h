/*
 * link: send this request, call me with the reply, the refusal or the silence.
 *
 * The interface every way to a device has: a Modbus/TCP connection of its own, or a place on a
 * serial line (RTU, also through a device server) that it may share with others. What stands above
 * cannot tell them apart. A link never retries, never sends a call twice, never calls back inside
 * link_send. Loop thread only.
 */
#ifndef EDGE_LINK_H
#define EDGE_LINK_H

#include <uv.h>

#include "core/pdu.h"
#include "core/recording.h"
#include "core/transport.h"

/*  enumerator, the request may have reached the device, words */
#define LINK_RESULT_MAP(X)                                                      \
	X(LINK_REPLY, true, "answered")                                         \
	X(LINK_REFUSED, true, "answered with an exception")                     \
	X(LINK_NOT_SENT, false, "not sent: the line is down or taken")          \
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
	/* uv_now of the loop at which waiting ends. On a serial line the device has this time from
	 * the moment its request is out, and the turn may be waited for by link_slack_ms longer. */
	uint64_t deadline_ms;
	link_done_fn *done;
	/* Beyond the window it waits for its turn, in order (LINK_NOT_SENT when that does not come
	 * before the deadline). Not set, it goes out at once: so does a stop. */
	bool may_wait;
	/* Before all that waits, also where others share the line, and even to a device that has
	 * not answered of late: a stop. */
	bool first;
	/* private to the link */
	uint16_t tid;
	int64_t patience_ms; /* from link_send to the deadline */
	bool reached;
	struct link_call *next;
};

/* Why a stream was given up, for ledger and log; the last one stays readable. */
struct link_stats {
	uint64_t sent, answered, silent, wrong, resets, late;
	uint64_t bad_sum; /* answers on a serial line whose check sum was wrong */
	char last_trouble[120];
};

struct link;
struct link_policy;
typedef void link_state_fn(struct link *l, bool up);
/* Frames as they went and came, and bytes that are none; valid during the call only. */
typedef void link_wire_fn(struct link *l, enum recording_event e, const uint8_t *bytes, size_t n);

struct link_ops {
	void (*send)(struct link *l, struct link_call *call);
	void (*close)(struct link *l, void (*closed)(struct link *l));
	void (*set_policy)(struct link *l, const struct link_policy *policy);
	int64_t (*slack_ms)(const struct link *l);
};

struct link {
	const struct link_ops *ops;
	bool up; /* connected; a send has a chance */
	int window;
	struct link_stats stats;
	link_state_fn *on_state; /* called on each change of up */
	link_wire_fn *on_wire;   /* who listens; NULL: nobody */
	void *owner;             /* the caller's */
};

/* How a device wants to be spoken to. All 0 but the window: as it comes. */
struct link_policy {
	int window; /* requests in flight, 1..LINK_WINDOW_MAX; a serial line has one */
	int64_t connect_delay_ms; /* from the connection to the first request */
	int64_t spacing_ms;       /* from a request, and from its answer, to the next request */
	int64_t idle_close_ms;    /* a connection not used for so long is closed, and made again
	                           * when something is to be sent; 0: never. Not on a tty */
};

/* All links of a gate: those on one line find each other here. */
struct links;
struct links *links_new(uv_loop_t *loop);
/* `at`: the numeric address of the two kinds that have one. NULL with the reason; else the link is
 * down at first. The memory is the room's. */
struct link *link_open(struct links *all, const struct transport *to, const struct sockaddr *at,
                       const struct link_policy *policy, char *why, size_t why_len);
/* When every link is closed. */
void links_free(struct links *all);

/* From the next request on. */
void link_set_policy(struct link *l, const struct link_policy *policy);

/* How much longer than its own deadline a device's word may take to come without anything being
 * wrong with it: others on the line have their turns, also those that do not answer, and after an
 * answer that was lost the line is left alone. 0: it has a connection of its own. */
int64_t link_slack_ms(const struct link *l);

/* done is called later, also when the line is down (LINK_NOT_SENT). */
void link_send(struct link *l, struct link_call *call);
/* Every call under way ends first (LINK_NOT_SENT or LINK_LOST); `closed` is the last that is heard
 * of it. */
void link_close(struct link *l, void (*closed)(struct link *l));

/* --- Modbus/TCP -------------------------------------------------------------------------- */

#define LINK_TCP_SLOTS  32
#define LINK_WINDOW_MAX 16
#define LINK_TCP_OUT    (LINK_TCP_SLOTS * ADU_MAX)

enum link_tcp_state {
	LINK_TCP_DOWN,       /* until it is tried again */
	LINK_TCP_CONNECTING, /* after a rest it is up meanwhile, and calls wait */
	LINK_TCP_SETTLING,   /* the connect delay */
	LINK_TCP_READY,
	LINK_TCP_RESTING /* closed because it was idle; up: connected again when asked */
};

struct link_tcp {
	struct link link; /* first */
	/* private */
	uv_loop_t *loop;
	struct sockaddr_storage address;
	struct link_policy policy;
	uv_tcp_t tcp;
	uv_connect_t connect;
	uv_timer_t tick; /* deadlines and reconnects, one repeating timer */
	uv_timer_t pace; /* the queue's next turn, when requests are spaced */
	enum link_tcp_state state;
	bool tcp_live, closing, broken;
	uint64_t used_ms;     /* the last request or answer */
	uint64_t retry_at_ms; /* connecting: when that is given up; settling: when that is over */
	uint32_t backoff_ms;  /* 50, 100, … 2000 */
	uint16_t next_tid;
	int in_flight;
	struct link_call *waiting[LINK_TCP_SLOTS];  /* by tid % LINK_TCP_SLOTS */
	struct link_call *queue, **queue_end;       /* beyond the window, in order */
	struct link_call *not_sent, **not_sent_end; /* to be told on the next turn of the loop */
	uv_idle_t tell;
	uv_prepare_t before_poll; /* frames of one turn of the loop leave together */
	uv_check_t after_poll;
	size_t have;
	uint8_t in[4 * ADU_MAX];
	size_t out_len, writing; /* bytes of out; how many of them uv_write has */
	uint8_t out[LINK_TCP_OUT];
	uv_write_t write;
	uint64_t generation; /* of the connection; moves when it is given up */
	void (*closed)(struct link *l);
	int live_handles;
};

/* Own transaction ids; a reply must match in transaction, protocol, unit, function, length and
 * echo. Anything else: LINK_WRONG for the call it names, or for the oldest, the rest LINK_LOST, the
 * stream reset. A deadline passed: LINK_SILENT, and the stream is reset too, so that a late reply
 * meets nobody. TCP_NODELAY, keep-alive, reconnect with back-off. The window is kept by the calls
 * that may wait; LINK_TCP_SLOTS is the end for all. 0, or a negative uv error and nothing is open.
 */
int link_tcp_open(struct link_tcp *l, uv_loop_t *loop, const struct sockaddr *address,
                  const struct link_policy *policy);

#endif
