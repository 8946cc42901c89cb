/*
 * control: the Unix socket people's programs speak to: JSON-RPC 2.0, one message a line.
 *
 * The only way in for people. This room frames lines, parses JSON strictly (duplicate keys, depth
 * and length refused), answers and notifies; what a method means is the house's.
 *
 * Loop thread only.
 */
#ifndef EDGE_CONTROL_H
#define EDGE_CONTROL_H

#include <jansson.h>
#include <uv.h>

#include "core/base.h"
#include "core/hold.h"

#define CONTROL_CLIENTS_MAX 64
#define CONTROL_LINE_MAX    65536

#define CONTROL_SOURCE_LEN 64

struct control_ref {
	uint16_t slot;
	uint32_t generation;
};

/* JSON-RPC's own codes, and ours from -32000 down. */
enum control_error {
	CONTROL_PARSE = -32700,
	CONTROL_REQUEST = -32600,
	CONTROL_METHOD = -32601,
	CONTROL_PARAMS = -32602,
	CONTROL_INTERNAL = -32603,
	CONTROL_NOT_PROVED = -32001, /* who are you? */
	CONTROL_NOT_ALLOWED = -32002,
	CONTROL_REFUSED = -32003, /* understood, and no; data says why */
	CONTROL_NOT_FOUND = -32004,
	CONTROL_BUSY = -32005
};

struct control;
/* A request. params is an object (borrowed; empty when absent). Answer exactly once, now or later,
 * with control_result or control_fail. */
typedef void control_call_fn(void *owner, struct control_ref who, int64_t call, const char *method,
                             json_t *params);
/* A call has been answered; sentence: why not, NULL when it was done. */
typedef void control_answered_fn(void *owner, struct control_ref who, int64_t call,
                                 const char *sentence);
/* A client went. */
typedef void control_gone_fn(void *owner, struct control_ref who);

/* Unlinks a stale socket (one nobody listens on), binds with 0660, listens. `group` NULL: as is.
 * NULL on failure with the reason (another gate listens, path too long …). */
struct control *control_open(uv_loop_t *loop, const char *path, const char *group,
                             control_call_fn *on_call, control_gone_fn *on_gone, void *owner,
                             char *why, size_t why_len);
/* Take the reference to result / data (data may be NULL). No event when the client has gone. */
void control_result(struct control *c, struct control_ref who, int64_t call, json_t *result);
void control_fail(struct control *c, struct control_ref who, int64_t call, enum control_error code,
                  const char *sentence, json_t *data);
/* Who hears of each answer from now on; NULL: nobody. */
void control_listen(struct control *c, control_answered_fn *answered);
/* To every client that has subscribed. Takes the reference. */
void control_notify(struct control *c, const char *method, json_t *params);
/* To one client, subscribed or not. Takes the reference. */
void control_tell(struct control *c, struct control_ref who, const char *method, json_t *params);
void control_subscribe(struct control *c, struct control_ref who, bool wants);
/* Who this connection has proved to be: "" for nobody. Kept here so that it ends with it. */
const char *control_person(const struct control *c, struct control_ref who);
/* True when it was proved with the second factor as well. */
bool control_proved_both(const struct control *c, struct control_ref who);
void control_set_person(struct control *c, struct control_ref who, const char *name, bool both);
/* How long ago the person proved who they are, and did something last that only they may. */
struct control_login {
	struct control_ref who;
	const char *person; /* until the next change */
	uint64_t since_ms, touched_ms;
};
/* Of the client in this place (below CONTROL_CLIENTS_MAX), when somebody is logged in there. */
MUST_USE bool control_login_at(const struct control *c, uint16_t slot, struct control_login *out);
void control_touch(struct control *c, struct control_ref who);
/* Whom the client says to speak for: "" when it said nothing. */
const char *control_source(const struct control *c, struct control_ref who);
void control_set_source(struct control *c, struct control_ref who, const char *source);
/* The peer's user id by SO_PEERCRED; (uid_t)-1 when gone. */
uid_t control_peer_uid(const struct control *c, struct control_ref who);
void control_close(struct control *c, void (*closed)(void *owner));

#endif
