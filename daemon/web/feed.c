/*
 * feed: what every page sees without asking: how the devices are, and what happened. One connection
 * to the gate for all of them, without a login, so that a hundred pages cost the gate what one
 * does. A page hears something at least every second; when it does not, what it shows is old.
 */
#include "web.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ASK_MS   UINT64_C(500) /* while somebody looks */
#define SOON_MS  UINT64_C(60)  /* after something happened */
#define TICK_MS  UINT64_C(900)
#define AGAIN_MS UINT64_C(1000)
#define LOST_MS  UINT64_C(5000) /* without an answer the connection is made anew */
#define OLD_MS   2000           /* not heard for so long: the device's own values are old */

static json_int_t unix_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (json_int_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- what is told of a device -------------------------------------------------------------------
 */

/* The keys of `from` that are there. */
static json_t *some(json_t *from, const char *const *keys)
{
	json_t *to = json_object();

	for (; *keys != NULL; keys++)
		if (json_object_get(from, *keys) != NULL)
			json_object_set(to, *keys, json_object_get(from, *keys));
	return to;
}

static json_t *hold_of(json_t *session)
{
	static const char *const keys[] = {"id",
	                                   "version",
	                                   "state",
	                                   "state_words",
	                                   "kind",
	                                   "asked",
	                                   "operator",
	                                   "approvers_needed",
	                                   "approvers",
	                                   "ask_text",
	                                   "request_code",
	                                   "granted",
	                                   "counter_offer",
	                                   NULL};
	json_t *hold = json_object_get(session, "hold");

	return json_is_object(hold) ? some(hold, keys) : json_null();
}

static json_t *session_of(json_t *device)
{
	static const char *const keys[] = {"id",   "operator",    "patient",     "indication",
	                                   "site", "kind",        "state",       "skin_type",
	                                   "demo", "pulses_left", "energy_left", NULL};
	json_t *session = json_object_get(device, "session");

	if (!json_is_object(session))
		return json_null();
	json_t *all = some(session, keys);
	json_object_set_new(all, "hold", hold_of(session));
	return all;
}

/* Who sets it; how long still changes with every look. */
static json_t *lease_of(json_t *device)
{
	static const char *const keys[] = {"state", "console", NULL};
	json_t *lease = json_object_get(device, "lease");

	return json_is_object(lease) ? some(lease, keys) : json_null();
}

static bool is_old(json_t *device)
{
	json_t *heard = json_object_get(device, "heard_ms");

	return !json_is_integer(heard) || json_integer_value(heard) > OLD_MS;
}

static json_t *device_of(json_t *device)
{
	static const char *const keys[] = {
	        "name",  "unit",           "profile",         "device_class",
	        "link",  "state",          "state_words",     "settings",
	        "alarm", "interlock_open", "handpiece",       "serial",
	        "last",  "pulses",         "outcome_unknown", NULL};
	json_t *all = some(device, keys);

	json_object_set_new(all, "old", json_boolean(is_old(device)));
	json_object_set_new(all, "session", session_of(device));
	json_object_set_new(all, "lease", lease_of(device));
	return all;
}

/* What a passer-by may see: no patient, no settings. */
static json_t *glance_of(json_t *device)
{
	static const char *const keys[] = {"name", "link", "state", "state_words", NULL};
	json_t *all = some(device, keys);

	json_object_set_new(all, "old", json_boolean(is_old(device)));
	json_object_set_new(all, "alarm",
	                    json_boolean(json_is_string(json_object_get(device, "alarm"))));
	return all;
}

static bool waits(json_t *device)
{
	json_t *hold = json_object_get(json_object_get(device, "session"), "hold");
	const char *state = json_string_value(json_object_get(hold, "state"));

	return state != NULL && strcmp(state, "open") == 0;
}

/* --- telling ------------------------------------------------------------------------------------
 */

/* Tells it when it is another than before. Takes the reference to params. */
static void tell_changed(struct web *w, enum page_kind to, char **before, json_t *params)
{
	json_t *message = json_pack("{s:s, s:o}", "method", to == PAGES_KNOWN ? "state" : "glance",
	                            "params", params);
	char *text = json_dumps(message, JSON_COMPACT);

	json_decref(message);
	must(text != NULL);
	if (*before == NULL || strcmp(*before, text) != 0)
		pages_tell(w, to, text);
	free(*before);
	*before = text;
}

/* How long what runs out still lasts; and that we are alive, and the gate is. */
static void tick(struct web *w, json_t *devices)
{
	json_t *left = json_object(), *device;
	size_t i;

	json_array_foreach(devices, i, device)
	{
		json_t *hold = json_object_get(json_object_get(device, "session"), "hold");
		json_t *seconds = json_object_get(hold, "seconds_left");

		if (json_integer_value(seconds) > 0)
			json_object_set(left, json_string_value(json_object_get(device, "name")),
			                seconds);
	}
	json_t *message = json_pack("{s:s, s:{s:I, s:o}}", "method", "tick", "params", "at",
	                            unix_ms(), "left", left);
	char *text = json_dumps(message, JSON_COMPACT);

	pages_tell(w, PAGES_ALL, text);
	free(text);
	json_decref(message);
	w->feed.ticked_ms = web_now_ms(w);
}

static void tell_all(struct web *w, json_t *devices)
{
	json_t *known = json_array(), *strange = json_array(), *device;
	int n_wait = 0;
	size_t i;

	json_array_foreach(devices, i, device)
	{
		json_array_append_new(known, device_of(device));
		json_array_append_new(strange, glance_of(device));
		n_wait += waits(device);
	}
	tell_changed(w, PAGES_KNOWN, &w->feed.state, json_pack("{s:o}", "devices", known));
	tell_changed(w, PAGES_STRANGE, &w->feed.glance,
	             json_pack("{s:o, s:i}", "devices", strange, "waiting", n_wait));
	if (web_now_ms(w) - w->feed.ticked_ms >= TICK_MS)
		tick(w, devices);
}

/* --- the connection -----------------------------------------------------------------------------
 */

static void answered(void *tag, json_t *result, json_t *error)
{
	struct web *w = tag;
	json_t *devices = json_object_get(result, "devices");

	(void)error;
	w->feed.asking = false;
	if (!json_is_array(devices))
		return;
	tell_all(w, devices);
	hook_look(w, devices);
}

static void on_event(void *owner, json_t *event)
{
	static const char *const keys[] = {"device",  "event",     "text",    "hold",
	                                   "session", "patient",   "person",  "operator",
	                                   "meaning", "exception", "outcome", NULL};
	struct web *w = owner;
	json_t *message, *brief = some(json_object_get(event, "body"), keys);
	char *text;

	message = json_pack("{s:s, s:{s:I, s:O?, s:O?, s:o}}", "method", "event", "params", "n",
	                    ++w->feed.serial, "kind", json_object_get(event, "kind"), "at",
	                    json_object_get(event, "at"), "body", brief);
	text = json_dumps(message, JSON_COMPACT);
	if (text != NULL)
		pages_tell(w, PAGES_KNOWN, text);
	free(text);
	json_decref(message);
	w->feed.soon = true;
}

static void watching(void *tag, json_t *result, json_t *error)
{
	struct web *w = tag;

	(void)error;
	w->feed.soon = result != NULL;
}

static void up(void *owner)
{
	struct web *w = owner;

	if (!gateline_call(w->feed.line, "watch", json_pack("{s:b}", "on", 1), watching, w))
		gateline_close(w->feed.line);
}

static void lost(void *owner)
{
	struct web *w = owner;

	w->feed.line = NULL;
	w->feed.asking = false;
}

void feed_open(struct web *w)
{
	w->feed.tried_ms = web_now_ms(w);
	w->feed.asking = false;
	w->feed.line = gateline_open(
	        w->loop, w->options.socket,
	        (struct gateline_owner){.up = up, .event = on_event, .lost = lost, .owner = w});
}

void feed_tick(struct web *w)
{
	struct feed *f = &w->feed;
	uint64_t now = web_now_ms(w), since = now - f->asked_ms;
	bool looked_at = w->n_pages > 0 || w->options.hook != NULL;

	if (f->line == NULL && now - f->tried_ms >= AGAIN_MS)
		feed_open(w);
	if (f->asking && since > LOST_MS) {
		gateline_close(f->line);
		f->line = NULL;
	}
	if (!gateline_is_up(f->line) || f->asking || !looked_at ||
	    since < (f->soon ? SOON_MS : ASK_MS))
		return;
	f->soon = false;
	f->asked_ms = now;
	f->asking = gateline_call(f->line, "devices", json_object(), answered, w);
}

void feed_close(struct web *w)
{
	gateline_close(w->feed.line);
	w->feed.line = NULL;
	free(w->feed.state);
	free(w->feed.glance);
	w->feed.state = w->feed.glance = NULL;
}
