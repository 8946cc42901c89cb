/*
 * tool: what dosegatectl works out (the quality report, what a library changes), for a page. It
 * runs as a child of ours, on behalf of who is signed in, without a secret and without the gate's
 * socket: it gets one end of a connection whose other end is here, and what it asks there goes on
 * over that person's own connection to the gate, when it only looks.
 *
 *     page ── "tool" ──► tool ── descriptor 3 ── dosegatectl --control-fd 3
 *                          └──── gateline of the visitor ──► the gate
 */
#include "tool.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/control.h"
#include "edge/log.h"

#define PATIENCE_MS UINT64_C(60000)
#define OUT_MAX     (4u << 20) /* an answer for a page; thousands of lines */
#define ERR_MAX     1200u
#define ASK_MAX     4096u /* a line of it: a method and a few params */

/* What it may ask: nothing that changes anything. */
static const char *const looking[] = {"status", "library.list", "library.files", "library.file",
                                      "ledger.rows"};

static bool only_looks(const char *method)
{
	for (size_t i = 0; i < ARRAY_LEN(looking); i++)
		if (strcmp(looking[i], method) == 0)
			return true;
	return false;
}

/* --- one that runs -----------------------------------------------------------------------------
 */

struct text {
	char *at;
	size_t len, max;
	bool ended;
};

/* A call of it on its way to the gate; it may be over before the answer comes. */
struct crossing {
	struct tool *tool; /* NULL: over */
	json_int_t id;
};

struct tool {
	struct tool *next;
	struct web *web;
	struct visitor *visitor; /* NULL: they left */
	gateline_answer_fn *answer;
	void *tag;
	uv_process_t process;
	uv_pipe_t control, out, err;
	uv_timer_t timer;
	int open_handles;
	bool exited, ending;
	int64_t code;
	const char *trouble; /* why it was ended; NULL: it ended by itself */
	struct crossing *crossing;
	struct text ask, said, complaint;
	char folder[64];
};

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static void tool_free(struct tool *t)
{
	if (t->folder[0] != '\0')
		nftw(t->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	if (t->crossing != NULL)
		t->crossing->tool = NULL;
	free(t->ask.at);
	free(t->said.at);
	free(t->complaint.at);
	free(t);
}

static void handle_closed(uv_handle_t *handle)
{
	struct tool *t = handle->data;

	if (--t->open_handles == 0)
		tool_free(t);
}

static void unlink_tool(struct tool *t)
{
	struct tool **at = &t->web->tools;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	t->web->n_tools--;
}

static void close_all(struct tool *t)
{
	uv_handle_t *all[] = {(uv_handle_t *)&t->process, (uv_handle_t *)&t->control,
	                      (uv_handle_t *)&t->out, (uv_handle_t *)&t->err,
	                      (uv_handle_t *)&t->timer};

	t->ending = true;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		uv_close(all[i], handle_closed);
}

/* --- what comes of it --------------------------------------------------------------------------
 */

#define EXIT_WHO 4 /* of dosegatectl: not logged in, or not allowed for this role */

static json_t *complaint_of(const struct tool *t)
{
	json_t *words;

	if (t->trouble != NULL)
		return json_pack("{s:i, s:s}", "code", CONTROL_REFUSED, "message", t->trouble);
	size_t n = t->complaint.len;
	while (n > 0 && t->complaint.at[n - 1] == '\n')
		n--;
	words = n == 0 ? NULL : json_stringn(t->complaint.at, n);
	if (words == NULL)
		words = json_string("dosegatectl ended without an answer");
	return json_pack("{s:i, s:o}", "code",
	                 t->code == EXIT_WHO ? CONTROL_NOT_ALLOWED : CONTROL_REFUSED, "message",
	                 words);
}

static void hand_over(struct tool *t)
{
	json_t *result = NULL, *error = NULL;

	if (t->answer == NULL)
		return; /* it never ran */
	if (t->trouble == NULL && t->code == 0)
		result = json_loadb(t->said.at, t->said.len, JSON_REJECT_DUPLICATES, NULL);
	if (result == NULL)
		error = complaint_of(t);
	t->answer(t->tag, result, error);
	t->answer = NULL;
	json_decref(result);
	json_decref(error);
}

static void perhaps_over(struct tool *t)
{
	if (t->ending || !t->exited || !t->said.ended || !t->complaint.ended)
		return;
	hand_over(t);
	unlink_tool(t);
	close_all(t);
}

/* It is ended; what came of it is told when it has gone. */
static void end(struct tool *t, const char *trouble)
{
	if (t->trouble == NULL)
		t->trouble = trouble;
	if (!t->exited) {
		(void)uv_process_kill(&t->process, SIGKILL);
		return;
	}
	t->said.ended = t->complaint.ended = true;
	perhaps_over(t);
}

static void ended(uv_process_t *process, int64_t code, int signal)
{
	struct tool *t = process->data;

	t->exited = true;
	t->code = signal != 0 ? -1 : code;
	perhaps_over(t);
}

static void impatient(uv_timer_t *timer)
{
	end(timer->data, "this takes too long; ask for fewer days");
}

/* --- its connection to the gate ----------------------------------------------------------------
 */

struct saying {
	uv_write_t write;
	char *text;
};

static void saying_done(uv_write_t *write, int status)
{
	struct saying *s = CONTAINER_OF(write, struct saying, write);

	(void)status; /* when it has gone, its end says so */
	free(s->text);
	free(s);
}

/* Takes the reference. */
static void say_to_tool(struct tool *t, json_t *message)
{
	struct saying *s = calloc(1, sizeof *s);
	size_t n = json_dumpb(message, NULL, 0, JSON_COMPACT);

	must(s != NULL && n > 0);
	s->text = malloc(n + 1);
	must(s->text != NULL);
	json_dumpb(message, s->text, n, JSON_COMPACT);
	s->text[n] = '\n';
	json_decref(message);
	uv_buf_t buf = uv_buf_init(s->text, (unsigned)n + 1);
	if (t->ending || uv_write(&s->write, (uv_stream_t *)&t->control, &buf, 1, saying_done) != 0)
		saying_done(&s->write, 0);
}

static void gate_said(void *tag, json_t *result, json_t *error)
{
	struct crossing *c = tag;
	struct tool *t = c->tool;
	json_int_t id = c->id;

	free(c);
	if (t == NULL)
		return;
	t->crossing = NULL;
	if (result == NULL && error == NULL)
		end(t, "the gate does not answer");
	else
		say_to_tool(t, json_pack("{s:s, s:I, s:O}", "jsonrpc", "2.0", "id", id,
		                         result != NULL ? "result" : "error",
		                         result != NULL ? result : error));
}

static void cross(struct tool *t, json_int_t id, const char *method, json_t *params)
{
	if (!only_looks(method)) {
		say_to_tool(t, json_pack("{s:s, s:I, s:{s:i, s:s}}", "jsonrpc", "2.0", "id", id,
		                         "error", "code", CONTROL_METHOD, "message",
		                         "for a page it may only look"));
		return;
	}
	struct crossing *c = calloc(1, sizeof *c);
	must(c != NULL);
	*c = (struct crossing){.tool = t, .id = id};
	t->crossing = c;
	if (gateline_call(t->visitor->line, method, json_incref(params), gate_said, c))
		return;
	t->crossing = NULL;
	free(c);
	end(t, "the gate does not answer");
}

/* False: it is no dosegatectl. It asks one thing at a time. */
static bool take_ask(struct tool *t, const char *line, size_t n)
{
	json_t *message = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	json_t *params = NULL;
	json_int_t id;
	const char *method;
	bool fine = t->crossing == NULL && t->visitor != NULL &&
	            json_unpack(message, "{s:I, s:s, s:o}", "id", &id, "method", &method, "params",
	                        &params) == 0;

	if (fine)
		cross(t, id, method, params);
	json_decref(message);
	return fine;
}

static void take_asks(struct tool *t)
{
	char *line_end;

	while (t->trouble == NULL && (line_end = memchr(t->ask.at, '\n', t->ask.len)) != NULL) {
		size_t n = (size_t)(line_end - t->ask.at);

		if (!take_ask(t, t->ask.at, n))
			end(t, "dosegatectl said what is no question");
		t->ask.len -= n + 1;
		memmove(t->ask.at, line_end + 1, t->ask.len);
	}
}

/* --- bytes of it -------------------------------------------------------------------------------
 */

static struct text *text_of(struct tool *t, const uv_stream_t *stream)
{
	return stream == (uv_stream_t *)&t->control ? &t->ask
	       : stream == (uv_stream_t *)&t->out   ? &t->said
	                                            : &t->complaint;
}

/* Room for what comes next; none when it has said enough. */
static void want_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct tool *t = handle->data;
	struct text *text = text_of(t, (uv_stream_t *)handle);
	size_t room = text->len + suggested;

	if (room > text->max)
		room = text->max;
	char *more = room == text->len ? NULL : realloc(text->at, room);
	if (more != NULL)
		text->at = more;
	*buf = uv_buf_init(more == NULL ? NULL : text->at + text->len,
	                   more == NULL ? 0 : (unsigned)(room - text->len));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct tool *t = stream->data;
	struct text *text = text_of(t, stream);

	(void)buf;
	if (n == UV_ENOBUFS)
		end(t, "there is too much of it to be shown; ask for fewer days");
	if (n < 0) {
		uv_read_stop(stream);
		text->ended = true;
		perhaps_over(t);
		return;
	}
	text->len += (size_t)n;
	if (text == &t->ask)
		take_asks(t);
}

/* --- beginning ---------------------------------------------------------------------------------
 */

static void init_handles(struct tool *t, uv_loop_t *loop)
{
	must(uv_pipe_init(loop, &t->control, 0) == 0 && uv_pipe_init(loop, &t->out, 0) == 0 &&
	     uv_pipe_init(loop, &t->err, 0) == 0 && uv_timer_init(loop, &t->timer) == 0);
	t->process.data = t->control.data = t->out.data = t->err.data = t->timer.data = t;
	t->open_handles = 5;
	t->ask.max = ASK_MAX;
	t->said.max = OUT_MAX;
	t->complaint.max = ERR_MAX;
}

/* A folder of its own, which goes with it however it ends. */
static bool make_folder(struct tool *t)
{
	const char *tmp = getenv("TMPDIR");

	if (snprintf(t->folder, sizeof t->folder, "%s/dosegate-tool.XXXXXX",
	             tmp != NULL ? tmp : "/tmp") < (int)sizeof t->folder &&
	    mkdtemp(t->folder) != NULL)
		return true;
	t->folder[0] = '\0';
	return false;
}

static int spawn(struct tool *t, const char **word)
{
	const char *tz = getenv("TZ");
	char folder[80], zone[80];
	char *env[] = {folder, tz != NULL ? zone : NULL, NULL};
	uv_stdio_container_t stdio[] = {
	        {.flags = UV_IGNORE},
	        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&t->out},
	        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&t->err},
	        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE | UV_WRITABLE_PIPE,
	         .data.stream = (uv_stream_t *)&t->control}};
	uv_process_options_t o = {.file = t->web->options.ctl,
	                          .args = (char **)(uintptr_t)word,
	                          .env = env,
	                          .flags = UV_PROCESS_DETACHED, /* asks nothing on our terminal */
	                          .exit_cb = ended,
	                          .stdio = stdio,
	                          .stdio_count = ARRAY_LEN(stdio)};

	snprintf(folder, sizeof folder, "TMPDIR=%s", t->folder);
	snprintf(zone, sizeof zone, "TZ=%s", tz != NULL && strlen(tz) < 70 ? tz : "");
	return uv_spawn(t->web->loop, &t->process, &o);
}

static bool begin(struct tool *t, const char **word)
{
	struct web *w = t->web;
	int error;

	init_handles(t, w->loop);
	t->next = w->tools;
	w->tools = t;
	w->n_tools++;
	error = make_folder(t) ? spawn(t, word) : UV_EIO;
	if (error == 0) {
		must(uv_read_start((uv_stream_t *)&t->control, want_room, on_read) == 0 &&
		     uv_read_start((uv_stream_t *)&t->out, want_room, on_read) == 0 &&
		     uv_read_start((uv_stream_t *)&t->err, want_room, on_read) == 0 &&
		     uv_timer_start(&t->timer, impatient, PATIENCE_MS, 0) == 0);
		return true;
	}
	log_line(LOG_ERROR, "tool", "%s: %s", w->options.ctl, uv_strerror(error));
	unlink_tool(t);
	close_all(t);
	return false;
}

int tool_run(struct visitor *v, json_t *params, gateline_answer_fn *answer, void *tag,
             const char **why)
{
	const char *name = json_string_value(json_object_get(params, "name"));
	const struct tool_row *row = name == NULL ? NULL : tool_row_of(name);
	struct tool_line line;
	struct tool *t;

	*why = "there is no such tool";
	if (row == NULL)
		return CONTROL_METHOD;
	*why = "these are not the arguments of this tool";
	if (!tool_line_of(&line, row, json_object_get(params, "args")))
		return CONTROL_PARAMS;
	*why = "others have something worked out just now; try again in a moment";
	if (v->web->n_tools == TOOLS_MAX)
		return CONTROL_BUSY;
	t = calloc(1, sizeof *t);
	must(t != NULL);
	t->web = v->web;
	t->visitor = v;
	*why = "dosegatectl cannot be run; the log says why";
	if (!begin(t, line.word))
		return CONTROL_INTERNAL;
	t->answer = answer;
	t->tag = tag;
	return 0;
}

/* --- whoever asked has gone --------------------------------------------------------------------
 */

void tool_forget(struct web *w, const void *tag)
{
	for (struct tool *t = w->tools; t != NULL; t = t->next)
		if (t->tag == tag)
			end(t, "nobody waits for it");
}

void tools_leave(const struct visitor *v)
{
	for (struct tool *t = v->web->tools; t != NULL; t = t->next) {
		if (t->visitor != v)
			continue;
		t->visitor = NULL;
		end(t, "signed out");
	}
}
