/*
 * People at a gate's control socket, none of whom keeps the others waiting.
 */
#include "replay.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CALL_MS 20000
#define CODE_MS 40000 /* each half a minute brings one */

int voice_connect(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof at.sun_path)
		return -1;
	strcpy(at.sun_path, path);
	if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
		return fd;
	close(fd);
	return -1;
}

void voice_close(struct voice *v)
{
	if (v->fd >= 0)
		close(v->fd);
	v->fd = -1;
	for (size_t i = 0; i < ARRAY_LEN(v->waits); i++) {
		json_decref(v->waits[i].answer);
		v->waits[i].answer = NULL;
	}
}

bool voice_ask(struct voice *v, const char *method, json_t *params, int64_t call)
{
	size_t i = 0;

	while (i < ARRAY_LEN(v->waits) && v->waits[i].id != 0)
		i++;
	if (i == ARRAY_LEN(v->waits) || v->fd < 0) {
		json_decref(params);
		return false;
	}
	v->waits[i].id = ++v->last_id;
	v->waits[i].call = call;
	json_t *ask = json_pack("{s:s, s:I, s:s, s:o}", "jsonrpc", "2.0", "id",
	                        (json_int_t)v->last_id, "method", method, "params", params);
	char *line = json_dumps(ask, JSON_COMPACT);
	size_t n = strlen(line);

	line[n] = '\n'; /* in the place of its end */
	bool sent = send(v->fd, line, n + 1, MSG_NOSIGNAL) == (ssize_t)(n + 1);
	free(line);
	json_decref(ask);
	return sent;
}

static void take_line(struct voice *v, const char *line)
{
	json_t *answer = json_loads(line, 0, NULL);
	json_int_t id = json_integer_value(json_object_get(answer, "id"));

	for (size_t i = 0; i < ARRAY_LEN(v->waits) && id != 0; i++)
		if (v->waits[i].id == id)
			v->waits[i].answer = json_incref(answer);
	json_decref(answer);
}

void voice_serve(struct voice *v)
{
	ssize_t n = recv(v->fd, v->in + v->have, sizeof v->in - 1 - v->have, 0);
	char *end;

	if (n <= 0) {
		close(v->fd);
		v->fd = -1;
		return;
	}
	v->have += (size_t)n;
	v->in[v->have] = '\0';
	while ((end = strchr(v->in, '\n')) != NULL) {
		*end = '\0';
		take_line(v, v->in);
		v->have -= (size_t)(end + 1 - v->in);
		memmove(v->in, end + 1, v->have + 1);
	}
	if (v->have == sizeof v->in - 1)
		v->have = 0; /* no answer of ours is so long */
}

bool voice_waits(const struct voice *v, int64_t call)
{
	for (size_t i = 0; i < ARRAY_LEN(v->waits); i++)
		if (v->waits[i].id != 0 && v->waits[i].call == call)
			return true;
	return false;
}

json_t *voice_answer(struct voice *v, int64_t call)
{
	for (size_t i = 0; i < ARRAY_LEN(v->waits); i++) {
		json_t *answer = v->waits[i].answer;

		if (v->waits[i].id == 0 || v->waits[i].call != call || answer == NULL)
			continue;
		v->waits[i].id = 0;
		v->waits[i].answer = NULL;
		return answer;
	}
	return NULL;
}

static bool code_has_come(struct replay *r, void *what)
{
	(void)r;
	return factor_has_code(&((struct voice *)what)->factor);
}

void voice_code(struct replay *r, struct voice *v, char code[FACTOR_CODE_LEN])
{
	play_pump(r, code_has_come, v, CODE_MS);
	must(factor_code(&v->factor, code));
}

struct pair {
	struct voice *voice;
	int64_t call;
	json_t *answer;
};

static bool is_answered(struct replay *r, void *what)
{
	struct pair *p = what;

	(void)r;
	p->answer = voice_answer(p->voice, p->call);
	return p->answer != NULL || p->voice->fd < 0;
}

json_t *voice_call(struct replay *r, struct voice *v, const char *method, json_t *params, char *why,
                   size_t len)
{
	struct pair p = {.voice = v, .call = -1 - v->last_id};

	if (!voice_ask(v, method, params, p.call) || !play_pump(r, is_answered, &p, CALL_MS) ||
	    p.answer == NULL) {
		snprintf(why, len, "%s: the gate does not answer", method);
		return NULL;
	}
	json_t *result = json_incref(json_object_get(p.answer, "result"));
	const char *message =
	        json_string_value(json_object_get(json_object_get(p.answer, "error"), "message"));

	if (result == NULL)
		snprintf(why, len, "%s: %s", method, message == NULL ? "no answer" : message);
	json_decref(p.answer);
	return result;
}
