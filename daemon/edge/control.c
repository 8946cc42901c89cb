#include "edge/control.h"

#include "control_path.h"
#include "control_room.h"
#include "control_rpc.h"
#include "edge/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LINES_TURN 8 /* of a client, then the others and the devices have theirs */

/* --- clients -----------------------------------------------------------------------------------
 */

static struct control_ref ref_of(const struct client *k)
{
	return (struct control_ref){.slot = (uint16_t)(k - k->control->client),
	                            .generation = k->generation};
}

/* NULL when the client has gone, or when the control itself has: answers come late. */
static const struct client *seen(const struct control *c, struct control_ref who)
{
	const struct client *k;

	if (c == NULL || who.slot >= CONTROL_CLIENTS_MAX)
		return NULL;
	k = &c->client[who.slot];
	return k->state == CLIENT_HERE && k->generation == who.generation ? k : NULL;
}

struct client *control_find(struct control *c, struct control_ref who)
{
	return seen(c, who) != NULL ? &c->client[who.slot] : NULL;
}

static void all_closed(struct control *c)
{
	void (*closed)(void *owner) = c->closed;
	void *owner = c->owner;

	free(c);
	if (closed != NULL) /* NULL: it never opened */
		closed(owner);
}

static void client_closed(uv_handle_t *handle)
{
	struct client *k = CONTAINER_OF((uv_pipe_t *)(void *)handle, struct client, pipe);
	struct control *c = k->control;

	c->on_gone(c->owner, ref_of(k));
	k->state = CLIENT_FREE;
	if (--c->live == 0)
		all_closed(c);
}

void control_drop(struct client *k)
{
	if (k->state != CLIENT_HERE)
		return;
	k->state = CLIENT_GOING;
	for (size_t i = 0; i < CALLS_MAX; i++) {
		json_decref(k->owed[i].id);
		k->owed[i].id = NULL;
	}
	explicit_bzero(k->in, k->in_len);
	uv_close((uv_handle_t *)&k->pipe, client_closed);
}

/* --- in ----------------------------------------------------------------------------------------
 */

static struct owed *owe(struct client *k, int64_t call, json_t *id)
{
	for (size_t i = 0; i < CALLS_MAX; i++) {
		struct owed *o = &k->owed[i];

		if (o->id != NULL)
			continue;
		*o = (struct owed){.call = call, .id = json_incref(id)};
		return o;
	}
	return NULL;
}

static void hand_on(struct client *k, const struct rpc *r)
{
	struct control *c = k->control;
	json_t *params = r->params != NULL ? json_incref(r->params) : json_object();
	int64_t call = ++c->last_call;

	if (r->id != NULL && owe(k, call, r->id) == NULL)
		control_send_error(
		        k, json_incref(r->id), CONTROL_BUSY,
		        "sixteen requests on this connection await their answers; wait for one",
		        NULL);
	else
		c->on_call(c->owner, ref_of(k), call, r->method, params);
	json_decref(params);
}

static void take_line(struct client *k, const char *line, size_t n)
{
	struct rpc r = {0};
	enum control_error code;
	json_error_t at;
	char why[256];

	if (!rpc_shallow(line, n)) {
		control_send_error(k, json_null(), CONTROL_PARSE, "nested deeper than 16", NULL);
		return;
	}
	json_t *message = json_loadb(line, n, JSON_REJECT_DUPLICATES, &at);
	if (message == NULL) {
		snprintf(why, sizeof why, "byte %d: %s", at.position, at.text);
		control_send_error(k, json_null(), CONTROL_PARSE, why, NULL);
		return;
	}
	const char *wrong = rpc_take(message, &r, &code);
	if (wrong == NULL)
		hand_on(k, &r);
	else if (code == CONTROL_REQUEST || r.id != NULL)
		control_send_error(k, r.id != NULL ? json_incref(r.id) : json_null(), code, wrong,
		                   NULL);
	json_decref(message);
}

static void want_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct client *k = CONTAINER_OF((uv_pipe_t *)(void *)handle, struct client, pipe);

	(void)suggested;
	*buf = uv_buf_init(k->in + k->in_len, (unsigned)(sizeof k->in - k->in_len));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf);
static void on_turn(uv_idle_t *turn);

/* Nothing more is read while lines wait. */
static void set_more(struct client *k, bool more)
{
	if (more == k->more)
		return;
	k->more = more;
	if (!more) {
		uv_read_start((uv_stream_t *)&k->pipe, want_room, on_read);
		return;
	}
	uv_read_stop((uv_stream_t *)&k->pipe);
	uv_idle_start(&k->control->turn, on_turn);
}

/* Handles whole lines, so many a turn; a call may drop the client, or all of them. */
static void take_lines(struct client *k)
{
	size_t at = 0;
	char *end;

	for (int n = 0; k->state == CLIENT_HERE && n < LINES_TURN &&
	                (end = memchr(k->in + at, '\n', k->in_len - at)) != NULL;
	     n++) {
		size_t next = (size_t)(end - k->in) + 1;

		take_line(k, k->in + at, next - 1 - at);
		at = next;
	}
	if (k->state != CLIENT_HERE)
		return;
	memmove(k->in, k->in + at, k->in_len - at);
	explicit_bzero(k->in + k->in_len - at, at); /* there were secrets in it */
	k->in_len -= at;
	set_more(k, memchr(k->in, '\n', k->in_len) != NULL);
	if (k->in_len == sizeof k->in && !k->more) {
		control_send_error(k, json_null(), CONTROL_PARSE, "a line has at most 65536 bytes",
		                   NULL);
		control_drop(k);
	}
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct client *k = CONTAINER_OF((uv_pipe_t *)(void *)stream, struct client, pipe);

	(void)buf;
	if (n < 0) {
		control_drop(k);
		return;
	}
	k->in_len += (size_t)n;
	take_lines(k);
}

static void on_turn(uv_idle_t *turn)
{
	struct control *c = CONTAINER_OF(turn, struct control, turn);

	uv_idle_stop(turn); /* until somebody's lines wait again */
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *k = &c->client[i];

		if (k->state != CLIENT_HERE || !k->more)
			continue;
		take_lines(k);
		if (k->state == CLIENT_HERE && k->more && !c->closing)
			uv_idle_start(turn, on_turn);
	}
}

/* --- coming and going --------------------------------------------------------------------------
 */

static uid_t uid_of_peer(const uv_pipe_t *pipe)
{
	struct ucred cred = {.uid = (uid_t)-1};
	socklen_t len = sizeof cred;
	uv_os_fd_t fd;

	if (uv_fileno((const uv_handle_t *)pipe, &fd) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return (uid_t)-1;
	return cred.uid;
}

static struct client *free_client(struct control *c)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (c->client[i].state == CLIENT_FREE)
			return &c->client[i];
	return NULL;
}

static void turned_away(uv_handle_t *handle)
{
	struct control *c = handle->data;

	free(handle);
	if (--c->live == 0)
		all_closed(c);
}

/* Told why, rather than left in the queue to wonder. */
static void turn_away(struct control *c)
{
	static char full[] = "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32005,\"message\":"
	                     "\"64 clients are connected and there is no room for more\"},"
	                     "\"id\":null}\n";
	uv_pipe_t *pipe = malloc(sizeof *pipe);
	uv_buf_t buf = uv_buf_init(full, sizeof full - 1);

	must(pipe != NULL && uv_pipe_init(c->loop, pipe, 0) == 0);
	pipe->data = c;
	c->live++;
	if (uv_accept((uv_stream_t *)&c->server, (uv_stream_t *)pipe) == 0)
		(void)uv_try_write((uv_stream_t *)pipe, &buf, 1);
	uv_close((uv_handle_t *)pipe, turned_away);
	log_line(LOG_WARN, "control", "a client was turned away: 64 are connected");
}

static void on_connection(uv_stream_t *server, int status)
{
	struct control *c = CONTAINER_OF((uv_pipe_t *)(void *)server, struct control, server);
	struct client *k = free_client(c);

	if (status != 0)
		return;
	if (k == NULL) {
		turn_away(c);
		return;
	}
	k->control = c;
	k->state = CLIENT_HERE;
	k->generation++;
	k->subscribed = k->both = k->more = false;
	k->person[0] = k->source[0] = '\0';
	k->in_len = 0;
	c->live++;
	must(uv_pipe_init(c->loop, &k->pipe, 0) == 0);
	if (uv_accept(server, (uv_stream_t *)&k->pipe) != 0 ||
	    uv_read_start((uv_stream_t *)&k->pipe, want_room, on_read) != 0) {
		control_drop(k);
		return;
	}
	k->uid = uid_of_peer(&k->pipe);
}

void control_subscribe(struct control *c, struct control_ref who, bool wants)
{
	struct client *k = control_find(c, who);

	if (k != NULL)
		k->subscribed = wants;
}

const char *control_person(const struct control *c, struct control_ref who)
{
	const struct client *k = seen(c, who);

	return k != NULL ? k->person : "";
}

bool control_proved_both(const struct control *c, struct control_ref who)
{
	const struct client *k = seen(c, who);

	return k != NULL && k->both;
}

void control_set_person(struct control *c, struct control_ref who, const char *name, bool both)
{
	struct client *k = control_find(c, who);

	if (k == NULL)
		return;
	snprintf(k->person, sizeof k->person, "%s", name);
	k->both = both;
	k->since_ms = k->touched_ms = uv_now(c->loop);
}

bool control_login_at(const struct control *c, uint16_t slot, struct control_login *out)
{
	const struct client *k = &c->client[slot];

	if (k->state != CLIENT_HERE || k->person[0] == '\0')
		return false;
	*out = (struct control_login){.who = ref_of(k),
	                              .person = k->person,
	                              .since_ms = k->since_ms,
	                              .touched_ms = k->touched_ms};
	return true;
}

void control_touch(struct control *c, struct control_ref who)
{
	struct client *k = control_find(c, who);

	if (k != NULL)
		k->touched_ms = uv_now(c->loop);
}

const char *control_source(const struct control *c, struct control_ref who)
{
	const struct client *k = seen(c, who);

	return k != NULL ? k->source : "";
}

void control_set_source(struct control *c, struct control_ref who, const char *source)
{
	struct client *k = control_find(c, who);

	if (k != NULL)
		snprintf(k->source, sizeof k->source, "%s", source);
}

uid_t control_peer_uid(const struct control *c, struct control_ref who)
{
	const struct client *k = seen(c, who);

	return k != NULL ? k->uid : (uid_t)-1;
}

/* --- opening -----------------------------------------------------------------------------------
 */

/* Nobody can connect between bind and listen, so the rights are right from the first client on. */
static bool start_listening(struct control *c, const char *path, const char *group, char *why,
                            size_t why_len)
{
	int error = uv_pipe_bind(&c->server, path);

	if (error == 0) {
		if (!control_path_give(path, group, why, why_len))
			return false;
		error = uv_listen((uv_stream_t *)&c->server, CONTROL_CLIENTS_MAX, on_connection);
	}
	if (error != 0)
		snprintf(why, why_len, "%s: %s", path, uv_strerror(error));
	return error == 0;
}

static void own_closed(uv_handle_t *handle)
{
	struct control *c = handle->data;

	if (--c->live == 0)
		all_closed(c);
}

struct control *control_open(uv_loop_t *loop, const char *path, const char *group,
                             control_call_fn *on_call, control_gone_fn *on_gone, void *owner,
                             char *why, size_t why_len)
{
	struct control *c;

	if (!control_path_clear(path, why, why_len))
		return NULL;
	c = calloc(1, sizeof *c); /* 4 MiB of lines, touched only where clients are */
	must(c != NULL);
	c->loop = loop;
	c->on_call = on_call;
	c->on_gone = on_gone;
	c->owner = owner;
	c->live = 2;
	c->server.data = c->turn.data = c;
	must(uv_pipe_init(loop, &c->server, 0) == 0 && uv_idle_init(loop, &c->turn) == 0);
	if (!start_listening(c, path, group, why, why_len)) {
		uv_close((uv_handle_t *)&c->server, own_closed);
		uv_close((uv_handle_t *)&c->turn, own_closed);
		return NULL;
	}
	return c;
}

void control_close(struct control *c, void (*closed)(void *owner))
{
	must(!c->closing);
	c->closing = true;
	c->closed = closed;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		control_drop(&c->client[i]);
	uv_close((uv_handle_t *)&c->turn, own_closed);
	uv_close((uv_handle_t *)&c->server, own_closed); /* which also unlinks the path */
}
