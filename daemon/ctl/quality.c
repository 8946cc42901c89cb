#include "quality.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "quality_told.h"

/* --- pieces -------------------------------------------------------------------------------------
 */

static const char *text_in(json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text != NULL ? text : "";
}

static bool is(json_t *o, const char *key, const char *value)
{
	return strcmp(text_in(o, key), value) == 0;
}

void quality_more(json_t *counts, const char *key)
{
	json_object_set_new(counts, key,
	                    json_integer(json_integer_value(json_object_get(counts, key)) + 1));
}

/* The object behind a name, made when it is not there. */
static json_t *of(json_t *all, const char *name)
{
	json_t *one = json_object_get(all, name);

	if (one != NULL)
		return one;
	one = json_object();
	json_object_set_new(all, name, one);
	return one;
}

static json_t *key_of(json_t *body, const char *key, char buf[24])
{
	json_t *number = json_object_get(body, key);

	snprintf(buf, 24, "%lld", (long long)json_integer_value(number));
	return number;
}

static bool within(const struct quality *q, json_t *row)
{
	json_int_t at = json_integer_value(json_object_get(row, "at"));

	return at >= q->since_ms && at < q->until_ms;
}

/* "2026-11-25", in the reader's own time. */
static json_t *day_of(struct quality *q, json_t *row)
{
	time_t at = (time_t)(json_integer_value(json_object_get(row, "at")) / 1000);
	struct tm local;
	char day[16];

	localtime_r(&at, &local);
	strftime(day, sizeof day, "%Y-%m-%d", &local);
	return of(q->days, day);
}

/* text: of what is in the row, the object that says it best. */
static void near_miss(struct quality *q, json_t *row, const char *what, json_t *text)
{
	json_t *body = json_object_get(row, "body");

	quality_more(q->miss_counts, what);
	json_array_append_new(q->misses,
	                      json_pack("{s:O, s:s, s:s, s:s}", "at", json_object_get(row, "at"),
	                                "device", text_in(body, "device"), "what", what, "text",
	                                text_in(text, "text")));
	if (json_array_size(q->misses) > QUALITY_MISSES_MAX)
		json_array_remove(q->misses, 0);
}

/* --- rows ---------------------------------------------------------------------------------------
 */

/* Sessions and holds are numbered from each start on. */
static void start_row(struct quality *q, json_t *row, json_t *body)
{
	(void)row;
	(void)body;
	json_object_clear(q->held_by);
	json_object_clear(q->open);
}

static void blocked_at_start(struct quality *q, json_t *row, json_t *body)
{
	json_t *reason, *says = body;
	size_t i;

	quality_more(q->sessions, "refused");
	json_array_foreach(json_object_get(body, "reasons"), i, reason)
	{
		if (!is(reason, "kind", "BLOCKED"))
			continue;
		quality_more(of(q->rules, text_in(reason, "id")), "blocked");
		if (says == body)
			says = reason;
	}
	near_miss(q, row, "screening", says);
}

static void session_row(struct quality *q, json_t *row, json_t *body)
{
	if (!within(q, row) || json_object_get(body, "facts") == NULL)
		return; /* said of a session later; it was counted when it began */
	if (is(body, "event", "refused")) {
		blocked_at_start(q, row, body);
		return;
	}
	quality_more(q->sessions, is(body, "event", "waits") ? "waited" : "open");
	if (is(body, "kind", "test_spot"))
		quality_more(q->sessions, "test_areas");
}

/* What a session's hold will be about: the last write of it that was held. */
static void remember_rule(struct quality *q, json_t *body, json_t *reason)
{
	char id[24];

	if (key_of(body, "session", id) != NULL && reason != NULL)
		json_object_set_new(q->held_by, id, json_string(text_in(reason, "id")));
}

static void refused_row(struct quality *q, json_t *row, json_t *body)
{
	json_t *reason = json_array_get(json_object_get(body, "reasons"), 0);
	bool held = is(body, "verdict", "HELD");
	const char *how = held ? "held" : "blocked";

	if (held)
		remember_rule(q, body, reason);
	if (text_in(body, "verdict")[0] == '\0' || !within(q, row))
		return;
	quality_more(q->writes, how);
	quality_more(day_of(q, row), how);
	quality_more(of(q->rules, text_in(reason, "id")), how);
	if (json_is_true(json_object_get(reason, "tenfold")))
		near_miss(q, row, "decimal_slip", body);
	else if (is(reason, "check", "hard_limit") || is(reason, "check", "device_range"))
		near_miss(q, row, "hard_limit", body);
}

static void intent_row(struct quality *q, json_t *row, json_t *body)
{
	if (text_in(body, "verdict")[0] == '\0' || !within(q, row))
		return; /* no dose meaning */
	quality_more(q->writes, "allowed");
	quality_more(day_of(q, row), "allowed");
	if (json_object_get(body, "grant") != NULL)
		quality_more(q->writes, "by_grant");
}

/* Holds end in rows of two kinds, by the state they are in. */
static void hold_row(struct quality *q, json_t *row, json_t *body)
{
	char id[24];

	if (key_of(body, "hold", id) == NULL)
		return;
	if (is(body, "event", "opened")) {
		json_object_set(q->open, id, json_object_get(row, "at"));
		if (within(q, row))
			quality_more(q->holds, "opened");
	}
	if (is(body, "event", "withdraw") && within(q, row))
		quality_more(q->holds, "withdrawn");
	if (is(body, "event", "expire") && json_object_get(q->open, id) != NULL && within(q, row))
		quality_more(q->holds, "expired");
}

/* Each reason of a screening hold is a rule of its own. */
static void decided_on(struct quality *q, json_t *body, const char *how)
{
	json_t *screening = json_object_get(body, "screening"), *reason;
	char session[24];
	size_t i;

	json_array_foreach(screening, i, reason)
	{
		if (is(reason, "kind", "HELD"))
			quality_more(of(q->rules, text_in(reason, "id")), how);
	}
	key_of(body, "session", session);
	json_t *rule = json_object_get(q->held_by, session);
	if (screening == NULL && rule != NULL)
		quality_more(of(q->rules, json_string_value(rule)), how);
}

static void add_time(struct quality *q, json_t *who, json_t *row, json_t *body)
{
	char id[24];

	if (key_of(body, "hold", id) == NULL)
		return;
	json_t *opened = json_object_get(q->open, id);
	if (opened == NULL)
		return;
	json_int_t ms = json_integer_value(json_object_get(row, "at")) - json_integer_value(opened);
	if (ms < 0)
		return; /* the clock was set back between the two */
	json_array_append_new(q->times, json_integer(ms));
	json_t *own = json_object_get(who, "times");
	if (own == NULL) {
		own = json_array();
		json_object_set_new(who, "times", own);
	}
	json_array_append_new(own, json_integer(ms));
	if (ms < q->marks.quick_s * 1000)
		quality_more(who, "quick");
}

static void decision_row(struct quality *q, json_t *row, json_t *body)
{
	bool denied = is(body, "meaning", "override denied");
	const char *how = denied ? "denied" : "approved";

	if (!within(q, row) || (!denied && strncmp(text_in(body, "meaning"), "override approved",
	                                           strlen("override approved")) != 0))
		return; /* "void": signed, and came to nothing */
	json_t *who = of(q->physicians, text_in(body, "person"));
	json_object_set(who, "printed", json_object_get(body, "printed"));
	quality_more(who, how);
	quality_more(q->holds, how);
	quality_more(day_of(q, row), how);
	decided_on(q, body, how);
	add_time(q, who, row, body);
}

static void device_row(struct quality *q, json_t *row, json_t *body)
{
	if (is(body, "event", "alarm") && within(q, row))
		near_miss(q, row, "device", body);
}

static const struct {
	const char *kind;
	void (*take)(struct quality *q, json_t *row, json_t *body);
} kinds[] = {
        {"start", start_row},       {"session", session_row}, {"refused", refused_row},
        {"intent", intent_row},     {"hold", hold_row},       {"grant", hold_row},
        {"decision", decision_row}, {"device", device_row},
};

json_t *quality_kinds(void)
{
	json_t *names = json_array();

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		json_array_append_new(names, json_string(kinds[i].kind));
	return names;
}

struct quality *quality_begin(long long since_ms, long long until_ms, struct quality_marks marks)
{
	struct quality *q = calloc(1, sizeof *q);

	must(q != NULL);
	q->since_ms = since_ms;
	q->until_ms = until_ms;
	q->marks = marks;
	for (size_t i = 0; i < ARRAY_LEN(q->object); i++)
		q->object[i] = json_object();
	q->misses = json_array();
	q->times = json_array();
	return q;
}

void quality_take(struct quality *q, json_t *row)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (is(row, "kind", kinds[i].kind))
			kinds[i].take(q, row, json_object_get(row, "body"));
}
