/*
 * hook: a command of the clinic's own is run when something waits for people who look at no page.
 * It is given an environment, no shell and no input, one at a time, half a minute each. No patient
 * is in it: messages leave the house.
 */
#include "web.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/log.h"

#define PATIENCE_MS 30000
#define WAITING_MAX 16

static void next(struct web *w);

static void process_closed(uv_handle_t *handle)
{
	struct web *w = handle->data;

	w->hook.running = false;
	next(w);
}

static void ended(uv_process_t *process, int64_t code, int signal)
{
	struct web *w = process->data;

	if (code != 0 || signal != 0)
		log_line(LOG_WARN, "hook", "%s ended with %d, signal %d", w->options.hook,
		         (int)code, signal);
	uv_timer_stop(&w->hook.patience);
	uv_close((uv_handle_t *)process, process_closed);
}

static void impatient(uv_timer_t *timer)
{
	struct web *w = timer->data;

	(void)uv_process_kill(&w->hook.process, SIGKILL);
}

/* "DOSEGATE_HOLD=3" */
static char *variable(json_t *ring, const char *key, const char *name)
{
	json_t *value = json_object_get(ring, key);
	char text[400];

	if (json_is_integer(value))
		snprintf(text, sizeof text, "%s=%lld", name, (long long)json_integer_value(value));
	else
		snprintf(text, sizeof text, "%s=%s", name,
		         json_is_string(value) ? json_string_value(value) : "");
	return strdup(text);
}

static bool run(struct web *w, json_t *ring)
{
	char *args[] = {(char *)(uintptr_t)w->options.hook, NULL}, url[240];
	char *env[] = {variable(ring, "event", "DOSEGATE_EVENT"),
	               variable(ring, "device", "DOSEGATE_DEVICE"),
	               variable(ring, "hold", "DOSEGATE_HOLD"),
	               variable(ring, "text", "DOSEGATE_TEXT"),
	               url,
	               (char *)(uintptr_t) "PATH=/usr/local/bin:/usr/bin:/bin",
	               NULL};
	uv_process_options_t o = {
	        .file = w->options.hook, .args = args, .env = env, .exit_cb = ended};

	snprintf(url, sizeof url, "DOSEGATE_URL=%s", w->url);
	w->hook.process.data = w->hook.patience.data = w;
	int error = uv_spawn(w->loop, &w->hook.process, &o);
	for (size_t i = 0; i < 4; i++)
		free(env[i]);
	w->hook.running = true;
	if (error == 0)
		return uv_timer_start(&w->hook.patience, impatient, PATIENCE_MS, 0) == 0;
	log_line(LOG_WARN, "hook", "%s: %s", w->options.hook, uv_strerror(error));
	uv_close((uv_handle_t *)&w->hook.process, process_closed);
	return false;
}

static void next(struct web *w)
{
	json_t *ring = json_array_get(w->hook.waiting, 0);

	if (ring == NULL || w->hook.running || w->ending)
		return;
	json_incref(ring);
	json_array_remove(w->hook.waiting, 0);
	(void)run(w, ring);
	json_decref(ring);
}

/* Takes the reference. */
static void ring(struct web *w, json_t *one)
{
	if (json_array_size(w->hook.waiting) < WAITING_MAX)
		json_array_append(w->hook.waiting, one);
	else
		log_line(LOG_WARN, "hook", "too much waits for %s; one is not told",
		         w->options.hook);
	json_decref(one);
	next(w);
}

/* What there is to tell of a device: {key: ring}, so that each is told once. */
static json_t *rings_of(json_t *device)
{
	json_t *all = json_object(), *name = json_object_get(device, "name");
	json_t *hold = json_object_get(json_object_get(device, "session"), "hold");
	json_t *id = json_object_get(hold, "id"), *alarm = json_object_get(device, "alarm");
	const char *state = json_string_value(json_object_get(hold, "state"));
	const char *asked = json_string_value(json_object_get(hold, "ask_text"));
	char key[40];

	if (state != NULL && (strcmp(state, "open") == 0 || strcmp(state, "checking") == 0)) {
		snprintf(key, sizeof key, "hold %lld", (long long)json_integer_value(id));
		json_object_set_new(all, key,
		                    json_pack("{s:s, s:O, s:O, s:s}", "event", "hold", "device",
		                              name, "hold", id, "text",
		                              "a hold waits for a physician"));
		snprintf(key, sizeof key, "asked %lld", (long long)json_integer_value(id));
		if (asked != NULL && asked[0] != '\0')
			json_object_set_new(all, key,
			                    json_pack("{s:s, s:O, s:O, s:s}", "event", "asked",
			                              "device", name, "hold", id, "text",
			                              "the operator asks for an override"));
	}
	if (json_is_string(alarm))
		json_object_set_new(all, "alarm",
		                    json_pack("{s:s, s:O, s:O}", "event", "alarm", "device", name,
		                              "text", alarm));
	return all;
}

void hook_look(struct web *w, json_t *devices)
{
	json_t *device;
	size_t i;

	if (w->options.hook == NULL)
		return;
	if (w->hook.told == NULL) {
		w->hook.told = json_object();
		w->hook.waiting = json_array();
		must(uv_timer_init(w->loop, &w->hook.patience) == 0);
	}
	json_array_foreach(devices, i, device)
	{
		const char *name = json_string_value(json_object_get(device, "name")), *key;
		json_t *now = rings_of(device), *before = json_object_get(w->hook.told, name), *one;

		json_object_foreach(now, key, one)
		{
			if (json_object_get(before, key) == NULL)
				ring(w, json_incref(one));
		}
		json_object_set_new(w->hook.told, name, now);
	}
}

void hook_close(struct web *w)
{
	if (w->hook.told == NULL)
		return;
	if (w->hook.running)
		(void)uv_process_kill(&w->hook.process, SIGKILL);
	uv_close((uv_handle_t *)&w->hook.patience, NULL);
	json_decref(w->hook.told);
	json_decref(w->hook.waiting);
	w->hook.told = w->hook.waiting = NULL;
}
