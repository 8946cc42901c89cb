/*
 * control_rpc: what a line of the control socket asks for: a request of JSON-RPC 2.0, and nothing
 * beside it. Private to control*.c.
 */
#ifndef EDGE_CONTROL_RPC_H
#define EDGE_CONTROL_RPC_H

#include "edge/control.h"

struct rpc {
	const char *method; /* all borrowed from the message */
	json_t *params;     /* NULL: absent */
	json_t *id;         /* NULL: a notification, nothing is answered */
};

/* Before the parser sees it: jansson would go 2048 deep. */
bool rpc_shallow(const char *line, size_t n);
/* What is wrong with the message, or NULL. *code says which kind of wrong. */
const char *rpc_take(json_t *message, struct rpc *r, enum control_error *code);

#endif
