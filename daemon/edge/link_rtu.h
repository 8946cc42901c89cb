/*
 * What link_rtu.c (a line and its stations), link_rtu_turn.c (whose turn it is), link_rtu_wire.c
 * (one request on it) and link_open.c have of one another.
 */
#ifndef EDGE_LINK_RTU_H
#define EDGE_LINK_RTU_H

#include "edge/link.h"
#include "edge/serial.h"

struct line;

/* One device on a line. */
struct station {
	struct link link; /* first */
	struct line *line;
	struct station *next;  /* in the round of turns */
	struct station *older; /* all there ever were on this line; whoever owns them */
	struct link_policy policy;
	struct link_call *urgent, **urgent_end; /* go first */
	struct link_call *queue, **queue_end;
	uint64_t spaced_ms; /* nothing goes out before */
	int64_t longest_ms; /* that a turn of its own has kept the line, or might have */
	uint64_t late_ms;   /* until then an answer to the last request might still come */
	/* health */
	bool connected; /* the line is open and the device has had its connect delay */
	int failures;   /* requests in a row without an answer */
	uint64_t probe_at_ms;
	uint32_t backoff_ms;
	uint8_t probe_unit; /* 0: nothing has been read yet that could be asked again */
	struct request probe;
	struct link_call probe_call;
	bool closing;
	void (*closed)(struct link *l);
};

/* One line, and the one request that is on it. */
struct line {
	struct line *next;
	struct station *newest;
	uv_loop_t *loop;
	struct transport transport;
	struct serial *serial;
	uv_timer_t timer;      /* whatever is due next */
	struct station *round; /* whose turn is next; NULL: none is left */
	struct link_call *not_sent, **not_sent_end;
	/* under way */
	struct link_call *call; /* NULL: nothing is */
	struct station *asked;  /* whose call it is */
	int64_t patience_ms;    /* what it may take from the last bit of the request on */
	bool on_wire;
	uint64_t due_ms; /* when waiting ends: for silence, then for the answer */
	bool heard_wrong;
	bool closing; /* the last station has gone */
	int live_handles;
	struct station *last; /* told when the line is closed */
	/* a read before the first write, so that the write's answer can be believed */
	struct request lesson;
	struct link_call lesson_call;
	const struct link_call *taught; /* the call it was for: once is enough */
};

/* --- link_rtu.c */

/* A station on this line, which is shared; NULL: no memory. */
struct station *station_new(struct line *l, const struct link_policy *policy);
/* NULL: no memory, or no clock. */
struct line *line_new(uv_loop_t *loop, const struct transport *to, const struct sockaddr *at);
/* What is due has come. */
void line_on_timer(uv_timer_t *timer);
/* The call under way has ended, and is told so. Not from inside link_send. */
void line_end_call(struct line *l, enum link_result result, const struct reply *reply);
/* Ends the queued calls whose time is up. */
void line_leave_queues(struct line *l);
/* Others have their turns, and after its own failures the line is left alone. */
int64_t station_slack_ms(const struct station *s);
__attribute__((format(printf, 2, 3))) void station_trouble(struct station *s, const char *format,
                                                           ...);

/* --- link_rtu_turn.c */

/* Whatever may go out now, goes; and the timer is set for what comes next. */
void line_turn(struct line *l);
/* The first from whose turn it is on; NULL: nobody is. */
struct station *line_find(const struct line *l, bool (*is)(const struct station *s));

/* --- link_rtu_wire.c */

/* The line is free. */
bool wire_must_learn(const struct line *l, const struct link_call *call);
void wire_learn(struct line *l, struct station *s, const struct link_call *call);
void wire_send(struct line *l, struct station *s, struct link_call *call);
enum serial_heard wire_heard(void *line, const uint8_t *bytes, size_t n);
void wire_sent(void *line, int64_t line_ms);
/* Its time is up. */
void wire_overdue(struct line *l);

#endif
