/*
 * What link_tcp.c (the connection), link_calls.c (who is under way on it) and link_write.c (its way
 * out) have of one another.
 */
#ifndef EDGE_LINK_TCP_H
#define EDGE_LINK_TCP_H

#include "link_queue.h"

/* --- link_tcp.c */

/* Says what went wrong, for ledger and log. */
__attribute__((format(printf, 2, 3))) void link_trouble(struct link_tcp *l, const char *format,
                                                        ...);
/* The connection is given up at once; its calls end. Not from inside link_send. */
void link_give_up(struct link_tcp *l);
/* The same on the next turn of the loop. */
void link_give_up_later(struct link_tcp *l, int error);

/* Whatever was left for the next turn of the loop. */
void link_on_tell(uv_idle_t *tell);

/* --- link_calls.c */

struct link_call *link_take_call(struct link_tcp *l, size_t slot);
/* NULL when nobody waits. */
struct link_call *link_call_named(const struct link_tcp *l, uint16_t tid);
struct link_call *link_oldest_call(const struct link_tcp *l);
/* Ends every call under way; culprit may be NULL. */
void link_end_calls(struct link_tcp *l, const struct link_call *culprit);
void link_tell_all_not_sent(struct link_tcp *l);
/* Ends those in the queue whose time is up, or all of them. */
void link_leave_queue(struct link_tcp *l, bool all);
/* Whoever waits and has its turn; the next has it when its time comes, or when a call has ended. */
void link_send_queued(struct link_tcp *l);
void link_tcp_send(struct link *link, struct link_call *call);

/* --- link_write.c */

/* False: not one byte of the frame will go out. */
bool link_write(struct link_tcp *l, struct link_call *call, const uint8_t *frame, size_t n);
/* What was gathered goes out. */
void link_flush(struct link_tcp *l);

#endif
