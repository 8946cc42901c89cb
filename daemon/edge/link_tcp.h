/*
 * What link_tcp.c (the connection) and link_write.c (its way out) have of one another.
 */
#ifndef EDGE_LINK_TCP_H
#define EDGE_LINK_TCP_H

#include "edge/link.h"

/* --- link_tcp.c */

/* Says what went wrong, for ledger and log. */
__attribute__((format(printf, 2, 3))) void link_trouble(struct link_tcp *l, const char *format,
                                                        ...);
/* The connection is given up at once; its calls end. Not from inside link_send. */
void link_give_up(struct link_tcp *l);
/* The same on the next turn of the loop. */
void link_give_up_later(struct link_tcp *l, int error);

/* --- link_write.c */

/* False: not one byte of the frame will go out. */
bool link_write(struct link_tcp *l, struct link_call *call, const uint8_t *frame, size_t n);
/* What was gathered goes out. */
void link_flush(struct link_tcp *l);

#endif
