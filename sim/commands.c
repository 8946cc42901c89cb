#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_LEN 1024

/* --- what the words do ------------------------------------------------------------------------ */

/* Each takes what stands behind its word and gives an answer to be freed. */
typedef char *command_fn(struct sim *s, const char *rest);

static char *answered(bool ok, const char *why)
{
	char *answer = NULL;

	must(asprintf(&answer, "%s%s", ok ? "ok" : "error: ", ok ? "" : why) >= 0);
	return answer;
}

static char *do_pedal(struct sim *s, const char *rest)
{
	bool down = strcmp(rest, "down") == 0;

	if (!down && strcmp(rest, "up") != 0)
		return answered(false, "pedal down, or pedal up");
	s->chosen->pedal = down;
	life_tick(s->chosen);
	return answered(true, "");
}

static char *do_panel(struct sim *s, const char *rest)
{
	char name[64], why[200] = "";
	const char *equals = strchr(rest, '=');

	if (equals == NULL || (size_t)(equals - rest) >= sizeof name)
		return answered(false, "panel NAME=VALUE, as panel fluence=12 J/cm2");
	snprintf(name, sizeof name, "%.*s", (int)(equals - rest), rest);
	bool ok = device_set(s->chosen, name, equals + 1, why, sizeof why);
	life_tick(s->chosen);
	return answered(ok, why);
}

static char *do_reboot(struct sim *s, const char *rest)
{
	if (strcmp(rest, "defaults") == 0)
		device_defaults(s->chosen);
	else if (*rest != '\0')
		return answered(false, "reboot, or reboot defaults");
	life_boot(s->chosen);
	lines_drop(s);
	return answered(true, "");
}

static char *do_get(struct sim *s, const char *rest)
{
	char text[128];

	if (!device_get(s->chosen, rest, text, sizeof text))
		return answered(false, "no register has this name");
	return strdup(text);
}

static char *do_state(struct sim *s, const char *rest)
{
	(void)rest;
	return strdup(device_state_name(s->chosen->state));
}

static char *json_line(json_t *j)
{
	char *line = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);

	json_decref(j);
	return line;
}

static char *do_log(struct sim *s, const char *rest)
{
	(void)rest;
	return json_line(record_log(&s->chosen->record));
}

static char *do_counts(struct sim *s, const char *rest)
{
	json_t *counts = record_counts(&s->chosen->record);
	json_int_t bad_crc = 0, no_silence = 0;

	(void)rest;
	for (int i = 0; i < s->n_lines; i++) {
		bad_crc += s->line[i].bad_crc;
		no_silence += s->line[i].no_silence;
	}
	json_object_set_new(counts, "bad_crc", json_integer(bad_crc));
	json_object_set_new(counts, "no_silence", json_integer(no_silence));
	return json_line(counts);
}

static char *do_emitted(struct sim *s, const char *rest)
{
	(void)rest;
	return json_line(record_emitted(&s->chosen->record, &s->chosen->choices));
}

static char *do_fault(struct sim *s, const char *rest)
{
	char why[200] = "";
	bool ok = faults_add(s->chosen, rest, why, sizeof why);

	sim_listen(s);
	return answered(ok, why);
}

static char *do_faults(struct sim *s, const char *rest)
{
	if (strcmp(rest, "clear") != 0)
		return answered(false, "faults clear");
	faults_clear(s->chosen);
	sim_listen(s);
	return answered(true, "");
}

static char *do_quit(struct sim *s, const char *rest)
{
	(void)rest;
	s->quitting = true;
	return answered(true, "");
}

static const struct {
	const char *word;
	command_fn *run;
} command[] = {
        {"pedal", do_pedal}, {"panel", do_panel},   {"reboot", do_reboot}, {"get", do_get},
        {"state", do_state}, {"counts", do_counts}, {"log", do_log},       {"emitted", do_emitted},
        {"fault", do_fault}, {"faults", do_faults}, {"quit", do_quit},
};

/* "on 2 pedal down": the words behind it, for the device of that unit; NULL: there is none. */
static const char *addressed(struct sim *s, const char *line)
{
	char *end;
	long unit;

	s->chosen = s->device[0];
	if (strncmp(line, "on ", 3) != 0)
		return line;
	unit = strtol(line + 3, &end, 0);
	s->chosen = end == line + 3 || *end != ' ' ? NULL : sim_device(s, (int)unit);
	return s->chosen == NULL ? NULL : end + strspn(end, " ");
}

char *command_answer(struct sim *s, const char *line)
{
	if ((line = addressed(s, line)) == NULL)
		return answered(false, "on UNIT COMMAND, and a device has to have this unit");
	size_t n = strcspn(line, " ");
	const char *rest = line + n + strspn(line + n, " ");

	s->chosen->now_ms = (int64_t)uv_now(&s->loop);
	for (size_t i = 0; i < ARRAY_LEN(command); i++) {
		if (strlen(command[i].word) == n && strncmp(command[i].word, line, n) == 0)
			return command[i].run(s, rest);
	}
	return answered(false,
	                "pedal, panel, reboot, get, state, log, counts, emitted, fault, faults "
	                "or quit; see dosegate-sim --help");
}

/* --- who says them ------------------------------------------------------------------------------
 */

/* Standard input, or one connection of the control socket. */
struct speaker {
	uv_pipe_t pipe; /* first */
	struct speaker *next;
	struct sim *sim;
	bool is_stdin;
	size_t filled;
	char line[LINE_MAX_LEN];
};

struct commands {
	uv_pipe_t listener; /* first */
	struct sim *sim;
	struct speaker *speakers;
	bool listening;
	char path[PATH_LEN];
};

static void free_handle(uv_handle_t *h)
{
	free(h);
}

static void leave(struct speaker *sp)
{
	struct speaker **at = &sp->sim->commands->speakers;

	if (uv_is_closing((uv_handle_t *)&sp->pipe))
		return;
	while (*at != sp)
		at = &(*at)->next;
	*at = sp->next;
	uv_close((uv_handle_t *)&sp->pipe, free_handle);
}

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

/* Takes the answer. */
static void say(struct speaker *sp, char *answer)
{
	if (sp->is_stdin) {
		printf("%s\n", answer);
		fflush(stdout);
		free(answer);
		return;
	}
	struct said *w = malloc(sizeof *w);
	must(w != NULL && asprintf(&w->text, "%s\n", answer) >= 0);
	free(answer);
	uv_buf_t buf = uv_buf_init(w->text, (unsigned)strlen(w->text));
	if (uv_write(&w->req, (uv_stream_t *)&sp->pipe, &buf, 1, on_said) != 0)
		on_said(&w->req, -1);
}

static void take_lines(struct speaker *sp)
{
	char *from = sp->line, *end;

	while ((end = memchr(from, '\n', sp->filled - (size_t)(from - sp->line))) != NULL) {
		*end = '\0';
		if (end > from && end[-1] == '\r')
			end[-1] = '\0';
		if (*from != '\0' && *from != '#')
			say(sp, command_answer(sp->sim, from));
		from = end + 1;
	}
	sp->filled -= (size_t)(from - sp->line);
	memmove(sp->line, from, sp->filled);
	if (sp->filled == sizeof sp->line)
		sp->filled = 0; /* no command is as long as this */
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct speaker *sp = CONTAINER_OF(handle, struct speaker, pipe);

	(void)suggested;
	*buf = uv_buf_init(sp->line + sp->filled, (unsigned)(sizeof sp->line - sp->filled));
}

static void on_text(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct speaker *sp = CONTAINER_OF(stream, struct speaker, pipe);
	struct sim *s = sp->sim;

	(void)buf;
	if (n < 0) { /* also the end of standard input: the device lives on */
		leave(sp);
		return;
	}
	sp->filled += (size_t)n;
	take_lines(sp);
	if (s->quitting)
		sim_quit(s);
}

static struct speaker *speaker_new(struct sim *s)
{
	struct speaker *sp = calloc(1, sizeof *sp);

	must(sp != NULL);
	uv_pipe_init(&s->loop, &sp->pipe, 0);
	sp->sim = s;
	sp->next = s->commands->speakers;
	s->commands->speakers = sp;
	return sp;
}

static void on_speaker(uv_stream_t *listener, int status)
{
	struct commands *c = CONTAINER_OF(listener, struct commands, listener);
	struct speaker *sp;

	if (status != 0)
		return;
	sp = speaker_new(c->sim);
	if (uv_accept(listener, (uv_stream_t *)&sp->pipe) != 0 ||
	    uv_read_start((uv_stream_t *)&sp->pipe, on_room, on_text) != 0)
		leave(sp);
}

/* A terminal reads as a pipe does, line by line. A file or /dev/null says nothing. */
static void hear_stdin(struct sim *s)
{
	uv_handle_type t = uv_guess_handle(STDIN_FILENO);
	struct speaker *sp;

	if (t != UV_NAMED_PIPE && t != UV_TTY)
		return;
	sp = speaker_new(s);
	sp->is_stdin = true;
	if (uv_pipe_open(&sp->pipe, STDIN_FILENO) != 0 ||
	    uv_read_start((uv_stream_t *)&sp->pipe, on_room, on_text) != 0)
		leave(sp);
}

bool commands_open(struct sim *s, const char *socket_path, char *why, size_t why_len)
{
	struct commands *c = calloc(1, sizeof *c);
	int rc = 0;

	must(c != NULL);
	c->sim = s;
	s->commands = c;
	hear_stdin(s);
	if (socket_path == NULL)
		return true;
	snprintf(c->path, sizeof c->path, "%s", socket_path);
	unlink(c->path); /* what an earlier run left */
	uv_pipe_init(&s->loop, &c->listener, 0);
	c->listening = true;
	rc = uv_pipe_bind(&c->listener, c->path);
	if (rc == 0)
		rc = uv_listen((uv_stream_t *)&c->listener, 16, on_speaker);
	if (rc != 0)
		snprintf(why, why_len, "%s: %s", socket_path, uv_strerror(rc));
	return rc == 0;
}

void commands_close(struct commands *c)
{
	while (c->speakers != NULL)
		leave(c->speakers);
	if (!c->listening)
		return;
	uv_close((uv_handle_t *)&c->listener, NULL);
	unlink(c->path);
}
