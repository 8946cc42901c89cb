/*
 * The simulated device by its control socket, and the gate by its own, with the people who use it.
 */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define UNTIL_MS 10000
#define ASK_MS   20

/* --- what came of it
 * --------------------------------------------------------------------------------- */

/* Nobody has looked yet at what was refused. */
bool story_said(struct player *p, enum outcome how, const char *text)
{
	p->what = &p->said;
	p->said = (struct last){.how = how};
	snprintf(p->said.text, sizeof p->said.text, "%s", text);
	p->unlooked = how == OUT_REFUSED;
	return true;
}

bool story_cannot(char *why, size_t len, const char *words)
{
	snprintf(why, len, "%s", words);
	return false;
}

/* --- the device
 * ---------------------------------------------------------------------------------------- */

static bool story_tell(struct player *p, const char *command, char *why, size_t len)
{
	const char *answer;

	if (p->device.both == NULL)
		return story_cannot(why, len,
		                    "this step wants --device SOCKET, the device's --control");
	answer = talk_ask(&p->device, command);
	if (answer == NULL)
		return story_cannot(why, len, "the simulator has broken off");
	if (strncmp(answer, "error: ", 7) == 0)
		return story_said(p, OUT_REFUSED, answer + 7);
	return story_said(p, OUT_OK, strcmp(answer, "ok") == 0 ? "" : answer);
}

/* It has to be done; what is refused is an error. */
bool story_must_tell(struct player *p, const char *command, char *why, size_t len)
{
	if (!story_tell(p, command, why, len))
		return false;
	if (!p->unlooked)
		return true;
	p->unlooked = false;
	snprintf(why, len, "%s: %.400s", command, p->said.text);
	return false;
}

bool do_device(struct player *p, const struct step *s, char *why, size_t len)
{
	return s->n > 0 ? story_tell(p, s->rest, why, len)
	                : step_wrong(why, len, "device COMMAND, as in device pedal down");
}

bool do_await(struct player *p, const struct step *s, char *why, size_t len)
{
	char command[300];

	snprintf(command, sizeof command, "await %s", s->rest);
	return story_must_tell(p, command, why, len);
}

/* --- the gate
 * ------------------------------------------------------------------------------------------- */

bool gate_secret(const struct player *p, enum person who, int line, char *out, int len)
{
	FILE *f = fopen(p->secret_file[who], "r");
	bool ok = f != NULL;

	for (int i = 0; i <= line && ok; i++)
		ok = fgets(out, len, f) != NULL;

	if (f != NULL)
		fclose(f);
	out[ok ? strcspn(out, "\r\n") : 0] = '\0';
	return ok;
}

static bool log_in(struct player *p, enum person who, char *why, size_t len)
{
	char secret[256];
	json_t *error, *result;
	bool ok;

	if (!gate_secret(p, who, 0, secret, sizeof secret)) {
		snprintf(why, len, "%s: no secret is to be read there", p->secret_file[who]);
		return false;
	}
	result =
	        talk_call(&p->gate[who], "login",
	                  json_pack("{ss ss}", "person", p->person[who], "secret", secret), &error);
	ok = result != NULL;
	if (!ok)
		snprintf(why, len, "%s cannot log in: %s", p->person[who],
		         error == NULL ? "the gate broke off"
		                       : json_string_value(json_object_get(error, "message")));
	json_decref(error);
	json_decref(result);
	return ok;
}

bool gate_reach(struct player *p, enum person who, char *why, size_t len)
{
	static const char *const option[] = {"", "--operator NAME=SECRET_FILE",
	                                     "--physician NAME=SECRET_FILE"};

	if (p->gate[who].both != NULL)
		return true;
	if (p->gate_path == NULL)
		return story_cannot(why, len,
		                    "this step wants --gate SOCKET, the gate's control socket");
	if (who != NOBODY && p->secret_file[who] == NULL) {
		snprintf(why, len, "this step wants %s", option[who]);
		return false;
	}
	if (!talk_open(&p->gate[who], p->gate_path)) {
		snprintf(why, len, "no gate answers at %s", p->gate_path);
		return false;
	}
	return who == NOBODY || log_in(p, who, why, len);
}

bool gate_said(struct player *p, json_t *result, json_t *error, char *why, size_t len)
{
	if (result == NULL && error == NULL)
		return story_cannot(why, len, "the gate has broken off");
	if (result == NULL)
		story_said(p, OUT_REFUSED, json_string_value(json_object_get(error, "message")));
	else
		story_said(p, OUT_OK, "");
	json_decref(error);
	return true;
}

/* True with *result (a new reference), or NULL after a refusal, which is noted. */
bool gate_ask(struct player *p, enum person who, const char *method, json_t *params,
              json_t **result, char *why, size_t len)
{
	json_t *error = NULL;

	*result = NULL;
	if (!gate_reach(p, who, why, len)) {
		json_decref(params);
		return false;
	}
	*result = talk_call(&p->gate[who], method, params, &error);
	return gate_said(p, *result, error, why, len);
}

/* Our device as the gate shows it; a new reference, NULL with the reason. */
json_t *gate_shows(struct player *p, char *why, size_t len)
{
	json_t *all, *one, *found = NULL;
	size_t i;

	if (!gate_ask(p, NOBODY, "devices", json_object(), &all, why, len))
		return NULL;
	json_array_foreach(json_object_get(all, "devices"), i, one)
	{
		if (strcmp(json_string_value(json_object_get(one, "name")), p->name) == 0)
			found = json_incref(one);
	}
	json_decref(all);
	if (found == NULL)
		snprintf(why, len, "the gate has no device %s; say which one with --name", p->name);
	return found;
}

/* "session.state": a member of a member, as people write JSON; text without its quotation marks. */
void gate_member(json_t *object, const char *path, char *buf, size_t len)
{
	char *text;
	char name[64];

	for (; *path != '\0'; path += *path == '.') {
		size_t n = strcspn(path, ".");

		snprintf(name, sizeof name, "%.*s", (int)n, path);
		object = json_object_get(object, name);
		path += n;
	}
	text = json_is_string(object) ? strdup(json_string_value(object))
	                              : json_dumps(object, JSON_ENCODE_ANY | JSON_COMPACT);
	snprintf(buf, len, "%s", text == NULL ? "null" : text);
	free(text);
}

/* Asks until it is so, UNTIL_MS at most. */
bool gate_until(struct player *p, const char *path, const char *want, char *why, size_t len)
{
	char is[600] = "";

	for (int64_t waited = 0; waited < UNTIL_MS; waited += ASK_MS) {
		json_t *device = gate_shows(p, why, len);

		if (device == NULL)
			return false;
		gate_member(device, path, is, sizeof is);
		json_decref(device);
		if (strcmp(is, want) == 0)
			return story_said(p, OUT_OK, is);
		sleep_ms(ASK_MS);
	}
	snprintf(why, len, "%s of %s at the gate was never %s; last it was %.200s", path, p->name,
	         want, is);
	return false;
}

/* 1: the gate shows what the device has; 0: not yet; -1: with the reason. */
static int gate_agrees(struct player *p, char *why, size_t len)
{
	static const char *const both[] = {"state", "settings", "pulses"};
	json_t *shown, *real;
	int agrees = 1;

	if (!story_must_tell(p, "now", why, len) || (shown = gate_shows(p, why, len)) == NULL)
		return -1;
	/* asked before the gate was: what was seen meanwhile is newer */
	real = json_loads(p->device.line, 0, NULL);
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		if (!json_equal(json_object_get(shown, both[i]), json_object_get(real, both[i])))
			agrees = 0;
	}
	json_decref(shown);
	json_decref(real);
	return agrees;
}

bool gate_until_agreed(struct player *p, char *why, size_t len)
{
	for (int64_t waited = 0; waited < UNTIL_MS; waited += ASK_MS) {
		int agrees = gate_agrees(p, why, len);

		if (agrees != 0)
			return agrees > 0;
		sleep_ms(ASK_MS);
	}
	snprintf(why, len, "the gate does not see %s as it is: %.200s", p->name, p->device.line);
	return false;
}

static bool gate_call(struct player *p, const char *rest, char *why, size_t len)
{
	char method[64];
	json_error_t error;
	json_t *params, *result;

	rest = words_first(rest, method, sizeof method);
	params = *rest == '\0' ? json_object() : json_loads(rest, JSON_REJECT_DUPLICATES, &error);
	if (params == NULL) {
		snprintf(why, len, "this is no JSON: %s (column %d)", error.text, error.column);
		return false;
	}
	enum person who = p->secret_file[OPERATOR] != NULL ? OPERATOR : NOBODY;

	if (!gate_ask(p, who, method, params, &result, why, len))
		return false;
	json_decref(result);
	return true;
}

/* Whose control socket it is, says the kernel. */
static pid_t gate_process(struct player *p)
{
	struct ucred who = {.pid = 0};
	socklen_t n = sizeof who;

	getsockopt(fileno(p->gate[NOBODY].both), SOL_SOCKET, SO_PEERCRED, &who, &n);
	return who.pid;
}

/* Another process waits for our end, also for one that nobody planned: no gate is left standing. */
static bool guard_begin(struct player *p, pid_t gate)
{
	char never;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	p->leash = ends[1];
	p->guard = fork();
	if (p->guard == 0) {
		close(ends[1]);
		setsid(); /* what ends us from the keyboard does not end it */
		while (read(ends[0], &never, 1) < 0 && errno == EINTR)
			;
		kill(gate, SIGCONT);
		_exit(0);
	}
	close(ends[0]);
	return p->guard > 0;
}

/* As a machine that hangs: its connections stay, and nobody is there. */
static bool gate_freeze(struct player *p, char *why, size_t len)
{
	if (!gate_reach(p, NOBODY, why, len))
		return false;
	pid_t gate = gate_process(p);

	if (p->guard == 0 && gate > 0 && guard_begin(p, gate) && kill(gate, SIGSTOP) == 0)
		return story_said(p, OUT_OK, "");
	gate_thaw(p);
	return story_cannot(why, len,
	                    "the gate cannot be made to stand still: it stands already, is another "
	                    "user's, or on another machine");
}

void gate_thaw(struct player *p)
{
	if (p->guard <= 0)
		return;
	close(p->leash);
	waitpid(p->guard, NULL, 0);
	p->guard = 0;
}

bool do_gate(struct player *p, const struct step *s, char *why, size_t len)
{
	char word[64];
	const char *rest = words_first(s->rest, word, sizeof word), *want;

	if (strcmp(word, "call") == 0 && *rest != '\0')
		return gate_call(p, rest, why, len);
	if (strcmp(s->rest, "freeze") == 0)
		return gate_freeze(p, why, len);
	if (strcmp(s->rest, "thaw") == 0) {
		gate_thaw(p);
		return story_said(p, OUT_OK, "");
	}
	want = words_first(rest, s->n > 1 ? word : (char[64]){0}, sizeof word);
	if (s->n > 2 && strcmp(s->word[0], "until") == 0)
		return gate_until(p, word, want, why, len);
	return step_wrong(why, len,
	                  "gate until FIELD VALUE, as in gate until state standby, or gate "
	                  "call METHOD {JSON}, gate freeze, gate thaw");
}
