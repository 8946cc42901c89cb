/*
 * library_rerun: the sessions of the past, judged once more: by the library in use, and by a
 * proposed one. What would come out otherwise is told.
 */
#include "library_life.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAYS_USUAL 90
#define DAY_MS     INT64_C(86400000)

struct run {
	struct again before, after;
	json_t *past;     /* {patient: [bodies of treatments]}, up to the row that is looked at */
	json_t *sessions; /* {id: {body, past}} of this start of the gate */
	char judged[24];  /* the session both have at hand; "": none */
	long long since_ms;
	bool print;
	json_t *changes;
	struct counts *counts;
};

/* --- what comes out otherwise --------------------------------------------------------------------
 */

static json_t *said_json(const struct said *s)
{
	return json_pack("{s:s, s:s, s:s}", "verdict", verdict_kind_name(s->kind), "by", s->by,
	                 "text", s->text);
}

static void print_change(json_t *c)
{
	json_t *before = json_object_get(c, "before"), *after = json_object_get(c, "after");
	bool opens = text_at(after, "by")[0] == '\0';
	json_t *why = opens ? before : after;
	char at[32];

	say(4, "%s  %s  %s  %s: %s%s%s -> %s%s%s", when(c, at, sizeof at), text_at(c, "patient"),
	    text_at(c, "device"), text_at(c, "what"), ink(text_at(before, "verdict")),
	    text_at(before, "verdict"), ink_off(), ink(text_at(after, "verdict")),
	    text_at(after, "verdict"), ink_off());
	say(8, "    %s%s: %s", opens ? "no longer: " : "", text_at(why, "by"),
	    text_at(why, "text"));
}

static void changed(struct run *run, json_t *row, json_t *body, const char *what,
                    const struct said *before, const struct said *after)
{
	json_t *c =
	        json_pack("{s:O, s:O, s:s, s:s, s:s, s:o, s:o}", "seq", json_object_get(row, "seq"),
	                  "at", json_object_get(row, "at"), "patient", text_at(body, "patient"),
	                  "device", text_at(body, "device"), "what", what, "before",
	                  said_json(before), "after", said_json(after));

	if (run->print)
		print_change(c);
	if (run->changes != NULL)
		json_array_append(run->changes, c);
	json_decref(c);
}

/* --- rows ----------------------------------------------------------------------------------------
 */

static int32_t day_of(json_t *row)
{
	time_t at = (time_t)(number_at(row, "at") / 1000);
	struct tm local;
	int32_t day = 0;

	localtime_r(&at, &local);
	must(day_from_date(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday, &day));
	return day;
}

static bool is_recent(const struct run *run, json_t *row)
{
	return number_at(row, "at") >= run->since_ms;
}

static json_t *past_of(struct run *run, const char *patient)
{
	json_t *past = json_object_get(run->past, patient);

	if (past == NULL) {
		past = json_array();
		json_object_set_new(run->past, patient, past);
	}
	return past;
}

static const char *id_of(json_t *body, char id[24])
{
	snprintf(id, 24, "%lld", number_at(body, "session"));
	return id;
}

/* The session as it stands: what its row says, and the past as it was when it began: what it did
 * itself is no past. */
static json_t *session_of(struct run *run, json_t *row, json_t *body)
{
	char id[24];
	json_t *known = json_object_get(run->sessions, id_of(body, id));
	json_t *past = known != NULL ? json_incref(json_object_get(known, "past"))
	                             : json_copy(past_of(run, text_at(body, "patient")));
	json_t *now = json_pack("{s:O, s:O, s:o}", "row", row, "body", body, "past", past);

	if (json_object_get(body, "session") != NULL)
		json_object_set(run->sessions, id, now);
	run->judged[0] = '\0';
	return now;
}

/* Both libraries have this session at hand. */
static void take_up(struct run *run, json_t *session, struct said said[2])
{
	json_t *body = json_object_get(session, "body"), *past = json_object_get(session, "past");
	int32_t day = day_of(json_object_get(session, "row"));

	/* A library that has no name for it has said so. */
	(void)!again_session(&run->before, body, past, day, &said[0]);
	(void)!again_session(&run->after, body, past, day, &said[1]);
}

static void session_row(struct run *run, json_t *row, json_t *body)
{
	struct said said[2];
	char what[200], id[24];

	if (strcmp(text_at(body, "event"), "end") == 0)
		json_object_del(run->sessions, id_of(body, id));
	if (json_object_get(body, "facts") == NULL)
		return; /* what is said of it later; its case stands in another row */
	if (text_at(body, "device_class")[0] == '\0') {
		run->counts->not_compared += is_recent(run, row);
		return;
	}
	json_t *session = session_of(run, row, body);
	if (is_recent(run, row)) {
		take_up(run, session, said);
		run->counts->sessions++;
		if (said[0].kind != said[1].kind) {
			run->counts->sessions_changed++;
			snprintf(what, sizeof what, "session: %s, %s", text_at(body, "indication"),
			         text_at(body, "site"));
			changed(run, row, body, what, &said[0], &said[1]);
		}
	}
	json_decref(session);
}

static void settings_words(json_t *settings, char *buf, size_t len)
{
	const char *name, *comma = "";
	json_t *value;

	buf[0] = '\0';
	json_object_foreach(settings, name, value)
	{
		add(buf, len, "%s%s %s", comma, name, json_string_value(value));
		comma = ", ";
	}
}

static void settings_row(struct run *run, json_t *row, json_t *body)
{
	json_t *settings = json_object_get(body, "settings"), *session;
	struct said said[2], before, after;
	char id[24], what[600];

	if (!is_recent(run, row) || text_at(body, "verdict")[0] == '\0' ||
	    json_object_get(body, "session") == NULL)
		return; /* not judged, or without a session: no library had a part in it */
	session = json_object_get(run->sessions, id_of(body, id));
	if (session == NULL) {
		run->counts->not_compared++;
		return;
	}
	if (strcmp(run->judged, id) != 0)
		take_up(run, session, said);
	snprintf(run->judged, sizeof run->judged, "%s", id);
	const char *profile = text_at(json_object_get(session, "body"), "profile");
	again_settings(&run->before, settings, profile, &before);
	again_settings(&run->after, settings, profile, &after);
	run->counts->settings++;
	if (before.kind == after.kind)
		return;
	run->counts->settings_changed++;
	settings_words(settings, what, sizeof what);
	changed(run, row, body, what, &before, &after);
}

static void treatment_row(struct run *run, json_t *row, json_t *body)
{
	(void)row;
	json_array_append(past_of(run, text_at(body, "patient")), body);
}

/* Sessions are numbered from each start on. */
static void start_row(struct run *run, json_t *row, json_t *body)
{
	(void)row;
	(void)body;
	json_object_clear(run->sessions);
	run->judged[0] = '\0';
}

static const struct {
	const char *kind;
	void (*take)(struct run *run, json_t *row, json_t *body);
} kinds[] = {
        {"start", start_row},     {"session", session_row},  {"treatment", treatment_row},
        {"intent", settings_row}, {"refused", settings_row},
};

static void take_row(struct run *run, json_t *row)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].kind, text_at(row, "kind")) == 0)
			kinds[i].take(run, row, json_object_get(row, "body"));
}

/* From the first row on: what happened long ago is the past of what happened since. */
static bool take_rows(struct rpc *r, struct run *run, enum exit_code *code)
{
	json_t *wanted = json_array(), *page = NULL, *row;
	json_int_t after = 0;
	bool more = true;
	size_t i;

	for (i = 0; i < ARRAY_LEN(kinds); i++)
		json_array_append_new(wanted, json_string(kinds[i].kind));
	while (more) {
		page = rpc_call(r, "ledger.rows",
		                json_pack("{s:I, s:O}", "after", after, "kinds", wanted), code);
		json_array_foreach(json_object_get(page, "rows"), i, row) take_row(run, row);
		after = number_at(page, "next");
		more = json_is_true(json_object_get(page, "more"));
		json_decref(page);
	}
	json_decref(wanted);
	return page != NULL;
}

bool rerun(struct rpc *r, const struct loan *in_use, const struct loan *proposed, long long days,
           bool print, json_t *changes, struct counts *counts, enum exit_code *code)
{
	struct run *run = calloc(1, sizeof *run);

	must(run != NULL);
	*counts = (struct counts){.days = days};
	again_begin(&run->before, &in_use->shelf.config);
	again_begin(&run->after, &proposed->shelf.config);
	run->past = json_object();
	run->sessions = json_object();
	run->since_ms = (long long)time(NULL) * 1000 - days * DAY_MS;
	run->print = print;
	run->changes = changes;
	run->counts = counts;
	bool well = take_rows(r, run, code);
	json_decref(run->past);
	json_decref(run->sessions);
	free(run);
	return well;
}

/* --- the command ---------------------------------------------------------------------------------
 */

void print_counts(const struct counts *c)
{
	say(2,
	    "%lld days: %lld session%s, of which %lld would begin otherwise; %lld setting%s "
	    "judged, "
	    "of which %lld would be judged otherwise",
	    c->days, c->sessions, c->sessions == 1 ? "" : "s", c->sessions_changed, c->settings,
	    c->settings == 1 ? "" : "s", c->settings_changed);
	if (c->not_compared > 0)
		say(2, "%lld could not be judged again: the ledger does not have all of them",
		    c->not_compared);
}

json_t *counts_json(const struct counts *c)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "days", (json_int_t)c->days, "sessions",
	                 (json_int_t)c->sessions, "sessions_changed",
	                 (json_int_t)c->sessions_changed, "settings", (json_int_t)c->settings,
	                 "settings_changed", (json_int_t)c->settings_changed, "not_compared",
	                 (json_int_t)c->not_compared);
}

bool take_days(const struct options *o, long long *days)
{
	json_int_t n = DAYS_USUAL;

	if (o->since != NULL && !take_number("--since", o->since, 1, &n))
		return false;
	*days = n;
	return true;
}

static enum exit_code compare(const struct options *o, struct rpc *r, const struct loan *in_use,
                              const struct loan *proposed, long long days)
{
	json_t *changes = json_array(), *all;
	enum exit_code code = EXIT_DONE;
	struct counts counts;

	if (!o->json)
		say(2, "library %.16s, proposed, beside %.16s, in use", proposed->hash,
		    in_use->hash);
	if (rerun(r, in_use, proposed, days, !o->json, changes, &counts, &code) && o->json) {
		all = json_pack("{s:s, s:s, s:o, s:O}", "in_use", in_use->hash, "proposed",
		                proposed->hash, "counts", counts_json(&counts), "changes", changes);
		print_json(all);
		json_decref(all);
	} else if (code == EXIT_DONE) {
		print_counts(&counts);
	}
	json_decref(changes);
	return code;
}

enum exit_code cmd_library_rerun(const struct options *o)
{
	struct loan in_use = {.hash = ""}, proposed = {.hash = ""};
	char hash[HASH_HEX_LEN];
	enum exit_code code;
	long long days;
	struct rpc *r;

	if (!take_days(o, &days))
		return EXIT_USAGE;
	r = rpc_open(o);
	code = rpc_login(r, o);
	if (code == EXIT_DONE && hash_in_use(r, hash, &code) && hash[0] == '\0') {
		say_to(stderr, 2,
		       "no library is in use, so nothing was judged by one; there is "
		       "nothing to compare with");
		code = EXIT_NOT_FOUND;
	}
	if (code == EXIT_DONE && loan_open(&in_use, r, hash, &code) &&
	    loan_open(&proposed, r, o->word[0], &code))
		code = compare(o, r, &in_use, &proposed, days);
	loan_close(&in_use);
	loan_close(&proposed);
	rpc_close(r);
	return code;
}
