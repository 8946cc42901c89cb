/*
 * Calls in a row, first come, first served; of all kinds of link.
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

#endif
