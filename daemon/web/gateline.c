#include "gateline.h"

#include <stdlib.h>
#include <string.h>

#define OWED_MAX         15         /* the gate keeps sixteen for a client */
#define LINE_MAX_BYTES   (4u << 20) /* its longest answer has less than 1 MiB */
#define LINE_FIRST_BYTES 65536u
#define OUT_MAX          (256u << 10)

struct owed {
	json_int_t id; /* 0: free */
	gateline_answer_fn *answer;
	void *tag;
};

struct gateline {
	uv_pipe_t pipe;
	uv_connect_t connect;
	struct gateline_owner owner;
	bool up, closing;
	json_int_t last;
	struct owed owed[OWED_MAX];
	char *in;
	size_t in_len, in_room;
};

struct out {
	uv_write_t write;
	size_t len;
	char text[];
};

static void gone(uv_handle_t *handle)
{
	struct gateline *g = CONTAINER_OF((uv_pipe_t *)(void *)handle, struct gateline, pipe);

	free(g->in);
	free(g);
}

void gateline_close(struct gateline *g)
{
	if (g == NULL || g->closing)
		return;
	g->closing = true;
	g->up = false;
	uv_close((uv_handle_t *)&g->pipe, gone);
	for (size_t i = 0; i < OWED_MAX; i++)
		if (g->owed[i].id != 0)
			g->owed[i].answer(g->owed[i].tag, NULL, NULL);
}

/* The owner hears it last, and the line is closed then. */
static void lost(struct gateline *g)
{
	struct gateline_owner o = g->owner;

	if (g->closing)
		return;
	gateline_close(g);
	o.lost(o.owner);
}

/* --- out ---------------------------------------------------------------------------------------
 */

static void written(uv_write_t *write, int status)
{
	struct out *o = CONTAINER_OF(write, struct out, write);
	struct gateline *g =
	        CONTAINER_OF((uv_pipe_t *)(void *)write->handle, struct gateline, pipe);

	explicit_bzero(o->text, o->len); /* secrets pass here */
	free(o);
	if (status != 0)
		lost(g);
}

static struct owed *free_owed(struct gateline *g)
{
	for (size_t i = 0; i < OWED_MAX; i++)
		if (g->owed[i].id == 0)
			return &g->owed[i];
	return NULL;
}

static bool send_line(struct gateline *g, json_t *message)
{
	size_t n = json_dumpb(message, NULL, 0, JSON_COMPACT);
	struct out *o = n == 0 ? NULL : malloc(sizeof *o + n + 1);

	if (o == NULL || uv_stream_get_write_queue_size((uv_stream_t *)&g->pipe) + n > OUT_MAX) {
		free(o);
		return false;
	}
	json_dumpb(message, o->text, n, JSON_COMPACT);
	o->text[n] = '\n';
	o->len = n + 1;
	uv_buf_t buf = uv_buf_init(o->text, (unsigned)o->len);
	if (uv_write(&o->write, (uv_stream_t *)&g->pipe, &buf, 1, written) == 0)
		return true;
	free(o);
	return false;
}

bool gateline_call(struct gateline *g, const char *method, json_t *params,
                   gateline_answer_fn *answer, void *tag)
{
	struct owed *o = g == NULL || !g->up ? NULL : free_owed(g);

	if (o == NULL) {
		json_decref(params);
		return false;
	}
	json_int_t id = ++g->last;
	json_t *message = json_pack("{s:s, s:s, s:o, s:I}", "jsonrpc", "2.0", "method", method,
	                            "params", params, "id", id);
	bool sent = message != NULL && send_line(g, message);
	json_decref(message);
	if (sent)
		*o = (struct owed){.id = id, .answer = answer, .tag = tag};
	return sent;
}

bool gateline_is_up(const struct gateline *g)
{
	return g != NULL && g->up;
}

/* --- in ----------------------------------------------------------------------------------------
 */

static void take_answer(struct gateline *g, json_t *message)
{
	json_int_t id = json_integer_value(json_object_get(message, "id"));
	json_t *result = json_object_get(message, "result");

	for (size_t i = 0; i < OWED_MAX; i++) {
		struct owed o = g->owed[i];

		if (id == 0 || o.id != id)
			continue;
		g->owed[i].id = 0;
		o.answer(o.tag, result, result != NULL ? NULL : json_object_get(message, "error"));
		return;
	}
}

/* False: this is no gate. */
static bool take_line(struct gateline *g, const char *line, size_t n)
{
	json_t *message = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	bool fine = json_is_object(message);

	if (fine && json_object_get(message, "id") != NULL)
		take_answer(g, message);
	else if (fine && g->owner.event != NULL)
		g->owner.event(g->owner.owner, json_object_get(message, "params"));
	json_decref(message);
	return fine;
}

static void take_lines(struct gateline *g, size_t fresh_from)
{
	size_t at = 0, look = fresh_from;
	char *end;

	while (!g->closing && (end = memchr(g->in + look, '\n', g->in_len - look)) != NULL) {
		size_t next = (size_t)(end - g->in) + 1;

		if (!take_line(g, g->in + at, next - 1 - at)) {
			lost(g);
			return;
		}
		at = look = next;
	}
	if (g->closing)
		return;
	memmove(g->in, g->in + at, g->in_len - at);
	g->in_len -= at;
}

static void want_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct gateline *g = CONTAINER_OF((uv_pipe_t *)(void *)handle, struct gateline, pipe);

	(void)suggested;
	if (g->in_len == g->in_room && g->in_room < LINE_MAX_BYTES) {
		size_t room = g->in_room == 0 ? LINE_FIRST_BYTES : 2 * g->in_room;
		char *more = realloc(g->in, room);

		if (more != NULL) {
			g->in = more;
			g->in_room = room;
		}
	}
	*buf = uv_buf_init(g->in + g->in_len, (unsigned)(g->in_room - g->in_len));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct gateline *g = CONTAINER_OF((uv_pipe_t *)(void *)stream, struct gateline, pipe);
	size_t was = g->in_len;

	(void)buf;
	if (n < 0) { /* also UV_ENOBUFS: a line longer than any answer */
		lost(g);
		return;
	}
	g->in_len += (size_t)n;
	take_lines(g, was);
}

static void connected(uv_connect_t *connect, int status)
{
	struct gateline *g = CONTAINER_OF(connect, struct gateline, connect);

	if (g->closing)
		return;
	if (status != 0 || uv_read_start((uv_stream_t *)&g->pipe, want_room, on_read) != 0) {
		lost(g);
		return;
	}
	g->up = true;
	if (g->owner.up != NULL)
		g->owner.up(g->owner.owner);
}

struct gateline *gateline_open(uv_loop_t *loop, const char *path, struct gateline_owner owner)
{
	struct gateline *g = calloc(1, sizeof *g);

	must(g != NULL && uv_pipe_init(loop, &g->pipe, 0) == 0);
	g->owner = owner;
	uv_pipe_connect(&g->connect, &g->pipe, path, connected);
	return g;
}
