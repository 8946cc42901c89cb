/*
 * speakers: who says commands. Standard input, connections of the control socket, a file.
 *
 * Each says a line and is answered by a line, in order; while one waits for its answer, its next
 * lines wait too.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct speaker {
	uv_pipe_t pipe; /* first; of a file it is never opened */
	struct speaker *next;
	struct sim *sim;
	enum { FROM_STDIN, FROM_SOCKET, FROM_FILE } from;
	FILE *file;
	int file_line;
	bool waiting, gone, ended, stopped;
	size_t filled;
	char line[LINE_MAX_LEN];
};

struct speakers {
	uv_pipe_t listener; /* first */
	struct speaker *list;
	bool listening;
};

/* --- leaving
 * --------------------------------------------------------------------------------------- */

static void free_handle(uv_handle_t *h)
{
	struct speaker *sp = CONTAINER_OF(h, struct speaker, pipe);

	if (sp->file != NULL)
		fclose(sp->file);
	free(sp);
}

static void leave(struct speaker *sp)
{
	struct speaker **at = &sp->sim->speakers->list;

	if (sp->gone)
		return;
	sp->gone = true;
	while (*at != sp)
		at = &(*at)->next;
	*at = sp->next;
	triggers_forget(sp->sim, sp);
	uv_close((uv_handle_t *)&sp->pipe, free_handle);
}

/* --- answering
 * -------------------------------------------------------------------------------------- */

struct said {
	uv_write_t req; /* first */
	char *text;
};

static void on_said(uv_write_t *req, int status)
{
	struct said *w = CONTAINER_OF(req, struct said, req);

	(void)status;
	free(w->text);
	free(w);
}

static void say_to_socket(struct speaker *sp, const char *answer)
{
	struct said *w = malloc(sizeof *w);

	must(w != NULL && asprintf(&w->text, "%s\n", answer) >= 0);
	uv_buf_t buf = uv_buf_init(w->text, (unsigned)strlen(w->text));
	if (uv_write(&w->req, (uv_stream_t *)&sp->pipe, &buf, 1, on_said) != 0)
		on_said(&w->req, -1);
}

/* What a file asked for is shown; what it got wrong ends the run in failure. */
static void say_of_file(struct speaker *sp, const char *answer)
{
	char where[PATH_LEN + 20];

	if (strncmp(answer, "error", 5) == 0) {
		snprintf(where, sizeof where, "%s:%d", sp->sim->play, sp->file_line);
		sim_complain(sp->sim, where, answer);
	} else if (strcmp(answer, "ok") != 0) {
		printf("%s\n", answer);
		fflush(stdout);
	}
}

/* Takes the answer. */
static void say(struct speaker *sp, char *answer)
{
	if (sp->from == FROM_SOCKET) {
		say_to_socket(sp, answer);
	} else if (sp->from == FROM_FILE) {
		say_of_file(sp, answer);
	} else {
		printf("%s\n", answer);
		fflush(stdout);
	}
	free(answer);
}

/* --- lines
 * ------------------------------------------------------------------------------------------- */

static void take_line(struct speaker *sp, char *line)
{
	char *answer;

	line[strcspn(line, "\r\n")] = '\0';
	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#')
		return;
	answer = command_answer(sp->sim, sp, sp->sim->device[0], line);
	sp->waiting = answer == NULL;
	if (answer != NULL)
		say(sp, answer);
}

static void take_from_file(struct speaker *sp)
{
	char line[LINE_MAX_LEN];

	while (!sp->waiting && !sp->sim->quitting) {
		if (fgets(line, sizeof line, sp->file) == NULL) {
			leave(sp);
			return;
		}
		sp->file_line++;
		take_line(sp, line);
	}
}

static void take_lines(struct speaker *sp)
{
	char *from = sp->line, *end;

	while (!sp->waiting &&
	       (end = memchr(from, '\n', sp->filled - (size_t)(from - sp->line))) != NULL) {
		*end = '\0';
		take_line(sp, from);
		from = end + 1;
	}
	sp->filled -= (size_t)(from - sp->line);
	memmove(sp->line, from, sp->filled);
	if (sp->filled == sizeof sp->line && !sp->waiting)
		sp->filled = 0; /* no command is as long as this */
}

static void go_on(struct speaker *sp)
{
	struct sim *s = sp->sim;

	if (sp->from == FROM_FILE)
		take_from_file(sp);
	else
		take_lines(sp);
	if (s->quitting)
		sim_quit(s);
	else if (sp->ended && !sp->waiting)
		leave(sp);
}

/* --- hearing
 * ------------------------------------------------------------------------------------------ */

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct speaker *sp = CONTAINER_OF(handle, struct speaker, pipe);

	(void)suggested;
	*buf = uv_buf_init(sp->line + sp->filled, (unsigned)(sizeof sp->line - sp->filled));
}

static void on_text(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct speaker *sp = CONTAINER_OF(stream, struct speaker, pipe);

	(void)buf;
	if (n < 0) { /* also the end of standard input: the device lives on */
		uv_read_stop(stream);
		sp->ended = true;
	} else {
		sp->filled += (size_t)n;
	}
	if (!sp->waiting)
		go_on(sp);
	else if (sp->ended && sp->from == FROM_SOCKET)
		leave(sp);
	else if (!sp->ended && sp->filled == sizeof sp->line) {
		uv_read_stop(stream); /* it has said much meanwhile */
		sp->stopped = true;
	}
}

void speaker_answered(struct speaker *sp, char *answer)
{
	sp->waiting = false;
	say(sp, answer);
	if (sp->stopped)
		uv_read_start((uv_stream_t *)&sp->pipe, on_room, on_text);
	sp->stopped = false;
	go_on(sp);
}

static struct speaker *speaker_new(struct sim *s)
{
	struct speaker *sp = calloc(1, sizeof *sp);

	must(sp != NULL);
	uv_pipe_init(&s->loop, &sp->pipe, 0);
	sp->sim = s;
	sp->next = s->speakers->list;
	s->speakers->list = sp;
	return sp;
}

static void on_speaker(uv_stream_t *listener, int status)
{
	struct sim *s = listener->data;
	struct speaker *sp;

	if (status != 0)
		return;
	sp = speaker_new(s);
	sp->from = FROM_SOCKET;
	if (uv_accept(listener, (uv_stream_t *)&sp->pipe) != 0 ||
	    uv_read_start((uv_stream_t *)&sp->pipe, on_room, on_text) != 0)
		leave(sp);
}

/* --- opening
 * ------------------------------------------------------------------------------------------ */

/* A terminal reads as a pipe does, line by line. A file or /dev/null says nothing. */
static void hear_stdin(struct sim *s)
{
	uv_handle_type t = uv_guess_handle(STDIN_FILENO);
	struct speaker *sp;

	if (t != UV_NAMED_PIPE && t != UV_TTY)
		return;
	sp = speaker_new(s);
	if (uv_pipe_open(&sp->pipe, STDIN_FILENO) != 0 ||
	    uv_read_start((uv_stream_t *)&sp->pipe, on_room, on_text) != 0)
		leave(sp);
}

static bool hear_socket(struct sim *s, char *why, size_t why_len)
{
	struct speakers *all = s->speakers;
	int rc;

	if (s->control == NULL)
		return true;
	unlink(s->control); /* what an earlier run left */
	uv_pipe_init(&s->loop, &all->listener, 0);
	all->listener.data = s;
	all->listening = true;
	rc = uv_pipe_bind(&all->listener, s->control);
	if (rc == 0)
		rc = uv_listen((uv_stream_t *)&all->listener, 16, on_speaker);
	if (rc != 0)
		snprintf(why, why_len, "%s: %s", s->control, uv_strerror(rc));
	return rc == 0;
}

static bool hear_file(struct sim *s, char *why, size_t why_len)
{
	struct speaker *sp;
	FILE *f;

	if (s->play == NULL)
		return true;
	f = fopen(s->play, "r");
	if (f == NULL) {
		snprintf(why, why_len, "%s cannot be read", s->play);
		return false;
	}
	sp = speaker_new(s);
	sp->from = FROM_FILE;
	sp->file = f;
	return true;
}

void speakers_play(struct sim *s)
{
	for (struct speaker *sp = s->speakers->list; sp != NULL; sp = sp->next) {
		if (sp->from == FROM_FILE) {
			go_on(sp);
			return;
		}
	}
}

bool speakers_open(struct sim *s, char *why, size_t why_len)
{
	s->speakers = calloc(1, sizeof *s->speakers);
	must(s->speakers != NULL);
	hear_stdin(s);
	return hear_socket(s, why, why_len) && hear_file(s, why, why_len);
}

void speakers_close(struct sim *s)
{
	struct speakers *all = s->speakers;

	while (all->list != NULL)
		leave(all->list);
	if (!all->listening)
		return;
	uv_close((uv_handle_t *)&all->listener, NULL);
	unlink(s->control);
}
