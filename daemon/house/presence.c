/*
 * presence: which physicians have said to be where, and until when. Nobody after a start: each says
 * so again. Durations are the loop's, which nobody can set.
 */
#include "house/gate.h"

#include "core/quantity.h"
#include "core/text.h"

#include <stdio.h>
#include <string.h>

#define FOR_MS     (INT64_C(4) * 3600000) /* when nothing else is said */
#define FOR_MAX_MS (INT64_C(12) * 3600000)
#define FOR_MIN_MS (INT64_C(60) * 1000)

static bool is_there(const struct gate *g, const struct presence *p)
{
	return p->person[0] != '\0' && gate_now_ms(g) < p->until_ms;
}

/* In another room is on the premises. */
static enum supervision as_seen_from(const struct presence *p, const struct device *d)
{
	return p->level == SUPERVISION_IN_ROOM && p->room != d ? SUPERVISION_ON_PREMISES : p->level;
}

enum supervision presence_nearest(const struct device *d)
{
	enum supervision nearest = SUPERVISION_NONE;

	for (size_t i = 0; i < PRESENT_MAX; i++) {
		const struct presence *p = &d->gate->present[i];

		if (is_there(d->gate, p) && as_seen_from(p, d) > nearest)
			nearest = as_seen_from(p, d);
	}
	return nearest;
}

bool presence_suffices(const struct device *d, const struct limits *l, char *why, size_t why_len)
{
	enum supervision nearest = presence_nearest(d);

	if (nearest >= l->supervision)
		return true;
	snprintf(
	        why, why_len,
	        "this treatment wants a physician %s (%s), and %s%s%s: a physician checks in first "
	        "(presence in)",
	        supervision_words(l->supervision), l->supervised_by->id,
	        nearest == SUPERVISION_NONE ? "none has checked in" : "the nearest is ",
	        nearest == SUPERVISION_NONE ? "" : supervision_words(nearest),
	        l->supervision == SUPERVISION_IN_ROOM ? ", not here" : "");
	return false;
}

/* Whoever stands armed because somebody was there is looked at again. */
static void moved(struct gate *g)
{
	for (size_t i = 0; i < g->n_devices; i++) {
		g->device[i].moment++;
		watch_armed(&g->device[i]);
	}
}

static bool record(struct gate *g, const struct presence *p, const char *event, const char *text)
{
	return gate_record(g, LEDGER_PEOPLE,
	                   json_pack("{s:s, s:s, s:s, s:s, s:s}", "event", event, "person",
	                             p->person, "where", supervision_name(p->level), "device",
	                             p->room == NULL ? "" : p->room->config->name, "text", text),
	                   NULL);
}

static void leave(struct gate *g, struct presence *p, const char *text)
{
	struct presence was = *p;

	*p = (struct presence){.person = ""};
	(void)record(g, &was, "left", text); /* they are gone, written down or not */
	moved(g);
}

void presence_tick(struct gate *g)
{
	for (size_t i = 0; i < PRESENT_MAX; i++)
		if (g->present[i].person[0] != '\0' && !is_there(g, &g->present[i]))
			leave(g, &g->present[i], "the time they said to be there is over");
}

/* Of this person, else a free one; NULL: there is none. */
static struct presence *place_of(struct gate *g, const char *person)
{
	struct presence *free_one = NULL;

	for (size_t i = 0; i < PRESENT_MAX; i++) {
		if (strcmp(g->present[i].person, person) == 0)
			return &g->present[i];
		if (g->present[i].person[0] == '\0')
			free_one = &g->present[i];
	}
	return free_one;
}

static json_t *show_one(const struct gate *g, const struct presence *p)
{
	return json_pack("{s:s, s:s, s:s, s:I}", "person", p->person, "where",
	                 supervision_name(p->level), "device",
	                 p->room == NULL ? "" : p->room->config->name, "left_s",
	                 (json_int_t)((p->until_ms - gate_now_ms(g)) / 1000));
}

json_t *presence_show(const struct gate *g)
{
	json_t *all = json_array();

	for (size_t i = 0; i < PRESENT_MAX; i++)
		if (is_there(g, &g->present[i]))
			json_array_append_new(all, show_one(g, &g->present[i]));
	return all;
}

static bool take_for(const char *text, int64_t *ms, char *why, size_t why_len)
{
	static const struct measure milliseconds = {DIM_TIME, -3, "ms"};

	*ms = FOR_MS;
	if (text == NULL)
		return true;
	if (quantity_parse(text, milliseconds, ms) == QUANTITY_OK && *ms >= FOR_MIN_MS &&
	    *ms <= FOR_MAX_MS)
		return true;
	snprintf(why, why_len, "for \"%.20s\" is no time from 1 min to 12 h, as in \"4 h\"", text);
	return false;
}

static bool take_place(struct gate *g, const char *where, const char *room, struct presence *p,
                       char *why, size_t why_len)
{
	bool on_call = where != NULL && strcmp(where, "on_call") == 0;

	p->level = on_call ? SUPERVISION_ON_CALL : SUPERVISION_ON_PREMISES;
	if (where != NULL && !on_call && strcmp(where, "on_premises") != 0) {
		snprintf(why, why_len,
		         "where is on_call or on_premises; a room is that of a device");
		return false;
	}
	if (room == NULL)
		return true;
	p->room = gate_device_named(g, room);
	p->level = SUPERVISION_IN_ROOM;
	if (p->room != NULL && !on_call)
		return true;
	snprintf(why, why_len,
	         on_call ? "on call is not in a room" : "there is no device \"%.32s\"", room);
	return false;
}

void presence_in(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	struct presence now = {.person = ""};
	char why[160];
	int64_t ms;

	text_copy(now.person, sizeof now.person, control_person(g->control, who));
	if (!take_place(g, json_string_value(json_object_get(params, "where")),
	                json_string_value(json_object_get(params, "room")), &now, why,
	                sizeof why) ||
	    !take_for(json_string_value(json_object_get(params, "for")), &ms, why, sizeof why)) {
		control_fail(g->control, who, call, CONTROL_PARAMS, why, NULL);
		return;
	}
	struct presence *place = place_of(g, now.person);
	if (place == NULL) {
		control_fail(g->control, who, call, CONTROL_BUSY,
		             "sixteen people have checked in, and there is room for no more", NULL);
		return;
	}
	now.until_ms = gate_now_ms(g) + (uint64_t)ms;
	if (!record(g, &now, "checked in", "said to be there")) {
		control_fail(g->control, who, call, CONTROL_REFUSED,
		             "it could not be recorded, so it does not count", NULL);
		return;
	}
	*place = now;
	moved(g);
	control_result(g->control, who, call, show_one(g, &now));
}

void presence_out(struct gate *g, struct control_ref who, int64_t call)
{
	struct presence *p = place_of(g, control_person(g->control, who));

	if (p == NULL || p->person[0] == '\0') {
		control_fail(g->control, who, call, CONTROL_REFUSED, "you had not checked in",
		             NULL);
		return;
	}
	leave(g, p, "checked out");
	control_result(g->control, who, call, json_object());
}
