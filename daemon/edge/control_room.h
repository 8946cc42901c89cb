/*
 * control_room: what the files of this room share.
 *
 *   control.c       clients, their lines, opening and closing
 *   control_out.c   what goes out to them
 *   control_path.c  the socket's place; control_rpc.c  a line as a call
 *
 * Loop thread; all of it is the control's.
 */
#ifndef EDGE_CONTROL_ROOM_H
#define EDGE_CONTROL_ROOM_H

#include "edge/control.h"

#define CALLS_MAX 16 /* answers a client may await at once */

/* An answer still owed. */
struct owed {
	int64_t call;
	json_t *id; /* NULL: the place is free */
};

enum client_state {
	CLIENT_FREE,
	CLIENT_HERE,
	CLIENT_GOING /* closed; the slot is free again when libuv says so */
};

struct client {
	uv_pipe_t pipe;
	struct control *control;
	enum client_state state;
	uint32_t generation;
	uid_t uid;
	bool subscribed, more; /* lines of it wait for the next turn, and no more are read */
	char person[PERSON_LEN];
	bool both; /* proved with the second factor as well */
	char source[CONTROL_SOURCE_LEN];
	uint64_t since_ms, touched_ms; /* of whoever is logged in */
	struct owed owed[CALLS_MAX];
	size_t in_len;
	char in[CONTROL_LINE_MAX + 1]; /* a line and its newline */
};

struct control {
	uv_loop_t *loop;
	uv_pipe_t server;
	uv_idle_t turn; /* runs while lines wait */
	control_call_fn *on_call;
	control_gone_fn *on_gone;
	control_answered_fn *answered; /* NULL: nobody hears of answers */
	void *owner;
	int64_t last_call;
	size_t live; /* handles not yet closed */
	bool closing;
	void (*closed)(void *owner);
	struct client client[CONTROL_CLIENTS_MAX];
};

/* NULL when the client has gone, or when the control itself has: answers come late. */
struct client *control_find(struct control *c, struct control_ref who);
/* Closed; its slot is free again when libuv says so. */
void control_drop(struct client *k);
/* n bytes and a newline; who is too far behind is dropped. */
void control_send_text(struct client *k, const char *text, size_t n);
/* Takes the references to id and data. */
void control_send_error(struct client *k, json_t *id, int code, const char *sentence, json_t *data);

#endif
