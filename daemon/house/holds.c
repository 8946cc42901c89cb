/*
 * holds: a hold with all a physician wants to see before deciding: what was done to this patient,
 * and what was decided before about this patient, and about the same rules for others. Both come
 * from the ledger, however long ago.
 */
#include "house/override.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

#define ROWS_SHOWN_MAX 60  /* rows of this patient, the newest */
#define EARLIER_MAX    40  /* decisions shown of each kind, the newest */
#define DECISIONS_MAX  500 /* of anybody, the newest, looked through for the same rules */

/* What is known of an earlier decision, without what was signed. */
static json_t *earlier(json_t *row)
{
	static const char *const kept[] = {"hold",    "device",   "patient",     "person",
	                                   "printed", "meaning",  "reason_code", "reason_text",
	                                   "asked",   "settings", "ask_text",    "rules"};
	json_t *body = json_object_get(row, "body");
	json_t *one = json_pack("{s:O}", "at", json_object_get(row, "at"));

	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (json_object_get(body, kept[i]) != NULL)
			json_object_set(one, kept[i], json_object_get(body, kept[i]));
	return one;
}

static bool is_of(json_t *row, const char *key, const char *value)
{
	const char *is = json_string_value(json_object_get(json_object_get(row, "body"), key));

	return is != NULL && strcmp(is, value) == 0;
}

static bool is_decision(json_t *row)
{
	const char *kind = json_string_value(json_object_get(row, "kind"));

	return kind != NULL && strcmp(kind, ledger_kind_name(LEDGER_DECISION)) == 0;
}

static bool shares_a_rule(json_t *row, json_t *rules)
{
	json_t *of = json_object_get(json_object_get(row, "body"), "rules"), *a, *b;
	size_t i, j;

	json_array_foreach(of, i, a)
	{
		json_array_foreach(rules, j, b)
		{
			if (json_equal(a, b))
				return true;
		}
	}
	return false;
}

static void keep(json_t *list, json_t *one)
{
	if (json_array_size(list) == EARLIER_MAX)
		json_array_remove(list, 0);
	json_array_append_new(list, one);
}

/* Splits the patient's rows into what happened and what was decided. */
static void add_patient(json_t *all, json_t *rows)
{
	json_t *history = json_array(), *overrides = json_array(), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t *text = json_object_get(json_object_get(row, "body"), "text");

		if (is_decision(row))
			keep(overrides, earlier(row));
		if (json_is_string(text))
			json_array_append_new(history, json_pack("{s:O, s:O, s:O}", "at",
			                                         json_object_get(row, "at"), "kind",
			                                         json_object_get(row, "kind"),
			                                         "text", text));
	}
	json_object_set_new(all, "history", history);
	json_object_set_new(all, "overrides", overrides);
}

static void add_others(json_t *all, const struct device *d, json_t *rows)
{
	json_t *rules = override_rules(d), *same = json_array(), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (!is_of(row, "patient", d->session.patient) && shares_a_rule(row, rules))
			keep(same, earlier(row));
	}
	json_decref(rules);
	json_object_set_new(all, "same_rules", same);
}

static void fail(struct pending *p, enum control_error code, const char *why)
{
	control_fail(p->gate->control, p->who, p->call, code, why, NULL);
	pending_done(p);
}

/* Whoever looked by name and may decide has seen it: the operator is told. */
static void note_seen(struct pending *p, struct device *d)
{
	const struct person *who = people_find(p->gate->people, p->person);

	if (who != NULL && person_may(who, RIGHT_APPROVE) &&
	    strcmp(p->person, d->session.hold.asked_by) != 0)
		override_seen(d, p->person);
}

static void decisions_found(void *owner, void *tag, json_t *rows)
{
	struct pending *p = tag;
	struct device *d = session_hold_device(owner, p->decision.hold_id);

	if (d == NULL) {
		fail(p, CONTROL_NOT_FOUND, HOLD_GONE);
	} else if (rows == NULL) {
		fail(p, CONTROL_REFUSED, "the ledger cannot be read: no history, no decision");
	} else {
		note_seen(p, d);
		json_t *all = show_hold(d);
		char text[OVERRIDE_TEXT_LEN];

		override_request(d, text);
		json_object_set_new(all, "text", json_string(text));
		add_patient(all, p->answer);
		add_others(all, d, rows);
		control_result(p->gate->control, p->who, p->call, all);
		pending_done(p);
	}
	json_decref(rows);
}

static void history_found(void *owner, void *tag, json_t *rows)
{
	struct gate *g = owner;
	struct pending *p = tag;
	struct ledger_query q = {
	        .kinds = LEDGER_KIND_BIT(LEDGER_DECISION), .max = DECISIONS_MAX, .newest = true};

	if (rows == NULL) {
		fail(p, CONTROL_REFUSED, "the ledger cannot be read: no history, no decision");
		return;
	}
	p->answer = rows;
	if (!ledger_find(g->ledger, &q, decisions_found, p))
		fail(p, CONTROL_BUSY, "the ledger is busy; try again in a moment");
}

void holds_show(struct gate *g, struct control_ref who, int64_t call, struct device *d)
{
	struct ledger_query q = {
	        .kinds = LEDGER_KINDS_ABOUT, .max = ROWS_SHOWN_MAX, .newest = true};
	struct pending *p = pending_take(g, who, call);

	if (p == NULL)
		return;
	p->decision.hold_id = d->session.hold.id;
	text_copy(p->person, sizeof p->person, control_person(g->control, who));
	text_copy(q.patient, sizeof q.patient, d->session.patient);
	if (!ledger_find(g->ledger, &q, history_found, p))
		fail(p, CONTROL_BUSY, "the ledger is busy; try again in a moment");
}

/* --- all that was ever decided ------------------------------------------------------------------
 */

static void search_found(void *owner, void *tag, json_t *rows)
{
	struct pending *p = tag;
	json_t *all = json_array(), *row;
	size_t i;

	(void)owner;
	json_array_foreach(rows, i, row)
	{
		json_t *one = earlier(row);

		json_object_set(one, "seq", json_object_get(row, "seq"));
		json_array_append_new(all, one);
	}
	if (rows == NULL) {
		json_decref(all);
		fail(p, CONTROL_REFUSED, "the ledger cannot be read");
		return;
	}
	control_result(p->gate->control, p->who, p->call,
	               json_pack("{s:o, s:b}", "decisions", all, "more",
	                         (int)(json_array_size(rows) == EARLIER_MAX)));
	json_decref(rows);
	pending_done(p);
}

void holds_history(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	struct ledger_query q = {.kinds = LEDGER_KIND_BIT(LEDGER_DECISION), .max = EARLIER_MAX};
	const char *patient = "";
	json_int_t after = 0;

	if (json_unpack(params, "{s?s, s?I}", "patient", &patient, "after", &after) != 0 ||
	    after < 0 || strlen(patient) >= PATIENT_LEN) {
		control_fail(
		        g->control, who, call, CONTROL_PARAMS,
		        "hold.history may have \"patient\", a token, and \"after\", the seq of "
		        "the last decision of the part before",
		        NULL);
		return;
	}
	struct pending *p = pending_take(g, who, call);
	if (p == NULL)
		return;
	q.after = after;
	text_copy(q.patient, sizeof q.patient, patient);
	if (!ledger_find(g->ledger, &q, search_found, p))
		fail(p, CONTROL_BUSY, "the ledger is busy; try again in a moment");
}
