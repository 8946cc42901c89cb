#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 10000

static const char *const event_names[EVENT_COUNT] = {
#define X(id, name, words) [id] = name,
        EVENT_MAP(X)
#undef X
};

static bool free_one(struct sim *s, struct trigger **out, char *why, size_t len)
{
	for (int i = 0; i < TRIGGERS_MAX; i++) {
		if (s->triggers.of[i].used)
			continue;
		*out = &s->triggers.of[i];
		**out = (struct trigger){.device = s->chosen,
		                         .unit = FAULT_ANY,
		                         .function = FAULT_ANY,
		                         .address = FAULT_ANY,
		                         .count = 1,
		                         .at_ms = INT64_MAX};
		return true;
	}
	snprintf(why, len, "%d things are to happen already", TRIGGERS_MAX);
	return false;
}

/* --- "write 2 address=16": which event
 * ------------------------------------------------------------ */

static bool event_named(const char *name, struct trigger *t)
{
	for (int i = 0; i < EVENT_COUNT; i++) {
		t->what = (enum event)i;
		if (i != EVENT_STATE && strcmp(event_names[i], name) == 0)
			return true;
	}
	t->what = EVENT_STATE;
	for (t->state = DEVICE_BOOT; t->state < DEVICE_STATE_COUNT; t->state++) {
		if (strcmp(device_state_name(t->state), name) == 0)
			return true;
	}
	return false;
}

static void event_unknown(const char *name, char *why, size_t len)
{
	struct words known = {0};

	for (enum device_state i = DEVICE_BOOT; i < DEVICE_STATE_COUNT; i++)
		words_add(&known, device_state_name(i));
	for (int i = EVENT_STATE + 1; i < EVENT_COUNT; i++)
		words_add(&known, event_names[i]);
	words_explain("event", name, &known, why, len);
}

/* A count, or "address=16". False: it is neither, and belongs to what follows. */
static bool condition_take(const char *word, struct trigger *t)
{
	const struct {
		const char *name;
		int *value;
	} aims[] = {{"unit=", &t->unit}, {"function=", &t->function}, {"address=", &t->address}};
	char *end;
	long count = strtol(word, &end, 10);

	if (end != word && *end == '\0' && count > 0) {
		t->count = count;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(aims); i++) {
		size_t n = strlen(aims[i].name);

		if (strncmp(word, aims[i].name, n) != 0)
			continue;
		*aims[i].value = (int)strtol(word + n, &end, 0);
		return *end == '\0' && end != word + n;
	}
	return false;
}

/* What stands behind the event, or NULL with the reason. */
static const char *event_take(const char *rest, struct trigger *t, char *why, size_t len)
{
	char word[64];
	const char *next = words_first(rest, word, sizeof word);

	if (!event_named(word, t)) {
		event_unknown(word, why, len);
		return NULL;
	}
	for (rest = next; *rest != '\0'; rest = next) {
		next = words_first(rest, word, sizeof word);
		if (!condition_take(word, t))
			break;
	}
	return rest;
}

/* --- the commands
 * ----------------------------------------------------------------------------------- */

static bool command_put(struct trigger *t, const char *command, char *why, size_t len)
{
	if (!command_known(command, why, len))
		return false;
	t->command = strdup(command);
	must(t->command != NULL);
	t->used = true;
	return true;
}

bool trigger_at(struct sim *s, const char *rest, char *why, size_t len)
{
	struct trigger *t;
	int64_t ms;
	const char *command = words_time(rest, &ms);

	if (command == NULL) {
		snprintf(why, len, "at TIME COMMAND, as in at 500 ms pedal down");
		return false;
	}
	if (!free_one(s, &t, why, len))
		return false;
	t->timed = true;
	t->at_ms = s->chosen->now_ms + ms;
	return command_put(t, command, why, len);
}

bool trigger_when(struct sim *s, const char *rest, char *why, size_t len)
{
	struct trigger *t;
	const char *command;

	return free_one(s, &t, why, len) && (command = event_take(rest, t, why, len)) != NULL &&
	       command_put(t, command, why, len);
}

/* " [within TIME] [after COMMAND]": the patience, and the command or "". False: it is neither. */
static bool await_rest(const char *rest, int64_t *ms, const char **command)
{
	if (strncmp(rest, "within ", 7) == 0)
		rest = words_time(rest + 7, ms);
	if (rest == NULL)
		return false;
	*command = strncmp(rest, "after ", 6) == 0 ? rest + 6 : rest;
	return *rest == '\0' || *command != rest;
}

/* It waits already while this is done. */
static bool do_first(struct sim *s, struct trigger *t, const char *command, char *why, size_t len)
{
	char *answer = command_answer(s, NULL, s->chosen, command);
	bool ok = answer == NULL || strncmp(answer, "error", 5) != 0;

	if (!ok) {
		snprintf(why, len, "%s", answer + strlen("error: "));
		t->used = false;
	}
	free(answer);
	return ok;
}

bool trigger_await(struct sim *s, struct speaker *sp, const char *rest, bool *now, char *why,
                   size_t len)
{
	int64_t ms = PATIENCE_MS;
	struct trigger *t;
	const char *command;

	*now = false;
	if (!free_one(s, &t, why, len) || (rest = event_take(rest, t, why, len)) == NULL)
		return false;
	if (!await_rest(rest, &ms, &command)) {
		snprintf(why, len,
		         "await EVENT [within TIME] [after COMMAND], as in await pulse 3 "
		         "within 5 s after pedal down");
		return false;
	}
	t->speaker = sp;
	t->at_ms = s->chosen->now_ms + ms;
	*now = *command == '\0' && t->what == EVENT_STATE && t->state == s->chosen->state;
	t->used = !*now;
	return *command == '\0' || do_first(s, t, command, why, len);
}

bool trigger_wait(struct sim *s, struct speaker *sp, const char *rest, char *why, size_t len)
{
	struct trigger *t;
	int64_t ms;

	rest = words_time(rest, &ms);
	if (rest == NULL || *rest != '\0') {
		snprintf(why, len, "wait TIME, as in wait 500 ms");
		return false;
	}
	if (!free_one(s, &t, why, len))
		return false;
	t->used = t->timed = true;
	t->speaker = sp;
	t->at_ms = s->chosen->now_ms + ms;
	return true;
}

/* --- as time goes on
 * ---------------------------------------------------------------------------------- */

static bool meets(const struct trigger *t, const struct device *d, const struct happening *h)
{
	if (!t->used || t->due || t->timed || t->device != d || t->what != h->what)
		return false;
	if (h->what == EVENT_STATE)
		return t->state == h->state;
	if (h->asked == NULL)
		return true;
	return (t->unit == FAULT_ANY || t->unit == h->unit) &&
	       (t->function == FAULT_ANY || t->function == h->asked->function) &&
	       (t->address == FAULT_ANY || (t->address >= h->asked->address &&
	                                    t->address < h->asked->address + h->asked->count));
}

void triggers_told(struct sim *s, const struct device *d, const struct happening *h)
{
	for (int i = 0; i < TRIGGERS_MAX; i++) {
		struct trigger *t = &s->triggers.of[i];

		if (meets(t, d, h) && --t->count == 0)
			t->due = true;
	}
}

static void carry_out(struct sim *s, struct trigger *t)
{
	struct trigger now = *t;
	char *answer;

	*t = (struct trigger){.used = false}; /* its command may set another one */
	if (now.command == NULL) {
		speaker_answered(now.speaker,
		                 strdup(now.due || now.timed ? "ok" : "error: it did not happen"));
		return;
	}
	answer = command_answer(s, NULL, now.device, now.command);
	if (answer != NULL && strncmp(answer, "error", 5) == 0)
		sim_complain(s, now.command, answer);
	free(answer);
	free(now.command);
}

void triggers_run(struct sim *s)
{
	for (int i = 0; i < TRIGGERS_MAX; i++) {
		struct trigger *t = &s->triggers.of[i];

		if (t->used && (t->due || (int64_t)uv_now(&s->loop) >= t->at_ms))
			carry_out(s, t);
	}
}

void triggers_forget(struct sim *s, const struct speaker *sp)
{
	for (int i = 0; i < TRIGGERS_MAX; i++) {
		struct trigger *t = &s->triggers.of[i];

		if (!t->used || (sp != NULL && t->speaker != sp))
			continue;
		free(t->command);
		*t = (struct trigger){.used = false};
	}
}

void events_print(void)
{
	static const char *const words[EVENT_COUNT] = {
#define X(id, name, words) [id] = words,
	        EVENT_MAP(X)
#undef X
	};
	char states[200] = "";

	for (enum device_state i = DEVICE_BOOT; i < DEVICE_STATE_COUNT; i++) {
		size_t n = strlen(states);

		snprintf(states + n, sizeof states - n, "%s%s", n > 0 ? ", " : "",
		         device_state_name(i));
	}
	help_row("a state", "", states);
	for (int i = EVENT_STATE + 1; i < EVENT_COUNT; i++)
		help_row(event_names[i], "", words[i]);
}
