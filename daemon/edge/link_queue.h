/*
 * Calls in a row, first come, first served; and who listens to the wire. Of all kinds of link.
 */
#ifndef EDGE_LINK_QUEUE_H
#define EDGE_LINK_QUEUE_H

#include "edge/link.h"

static inline void link_append(struct link_call ***end, struct link_call *call)
{
	call->next = NULL;
	**end = call;
	*end = &call->next;
}

static inline void link_hear(struct link *l, enum recording_event e, const uint8_t *bytes, size_t n)
{
	if (l->on_wire != NULL && n > 0)
		l->on_wire(l, e, bytes, n);
}

#endif
