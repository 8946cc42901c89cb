/*
 * talk: one line out, one line in, over a Unix socket; blocks. To a simulator's control socket, and
 * to the gate's (JSON-RPC 2.0).
 */
#ifndef SIM_TALK_H
#define SIM_TALK_H

#include <jansson.h>
#include <stdio.h>

#include "core/base.h"

struct talk {
	FILE *both; /* NULL: not connected */
	char *line; /* the last that was heard; owned */
	size_t room;
	json_int_t last_id;
};

/* False when nobody answers there. */
bool talk_open(struct talk *t, const char *path);
void talk_close(struct talk *t);
/* Says a line; the answer without its end, good until the next; NULL when the other side broke off.
 */
const char *talk_ask(struct talk *t, const char *line);
/* A call to the gate. The result, a new reference; NULL: *error is a new reference, or NULL when
 * the gate broke off. Takes params. */
json_t *talk_call(struct talk *t, const char *method, json_t *params, json_t **error);

#endif
