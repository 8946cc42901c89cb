/*
 * log: the treatment log of a session, out of its rows in the ledger: what was asked, what was
 * accepted, what was delivered. As text, CSV or JSON.
 */
#include "ctl.h"

#include <string.h>
#include <time.h>

#define LINE 600

/* --- the rows -----------------------------------------------------------------------------------
 */

/* All rows of a method that gives them in parts; NULL with the exit code after the error was said.
 */
static json_t *all_rows(struct rpc *r, const char *method, json_t *params, enum exit_code *code)
{
	json_t *all = json_array(), *part = NULL;
	json_int_t after = 0;

	do {
		json_decref(part);
		json_object_set_new(params, "after", json_integer(after));
		part = rpc_call(r, method, json_incref(params), code);
		if (part == NULL)
			break;
		json_t *rows = json_object_get(part, "rows");
		json_array_extend(all, rows);
		after = number_at(json_array_get(rows, json_array_size(rows) - 1), "seq");
	} while (json_is_true(json_object_get(part, "more")));
	json_decref(params);
	if (part != NULL) {
		json_decref(part);
		return all;
	}
	json_decref(all);
	return NULL;
}

static bool is(json_t *row, const char *kind, const char *event)
{
	return strcmp(text_at(row, "kind"), kind) == 0 &&
	       (event == NULL ||
	        strcmp(text_at(json_object_get(row, "body"), "event"), event) == 0);
}

static json_t *first(json_t *rows, const char *kind, const char *event)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (is(row, kind, event))
			return json_object_get(row, "body");
	}
	return NULL;
}

/* --- lines: {"at", "what", "asked", "accepted", "outcome", "text"}
 * --------------------------------- */

/* "fluence 12 J/cm2, spot 18 mm": what would be different. */
static void changed_words(json_t *body, char *buf, size_t len)
{
	const char *name, *comma = "";
	json_t *change;

	buf[0] = '\0';
	json_object_foreach(json_object_get(body, "changed"), name, change)
	{
		add(buf, len, "%s%s %s", comma, name, json_string_value(json_array_get(change, 1)));
		comma = ", ";
	}
}

/* What became of a transaction, in the row that says so. */
static const char *outcome_of(json_t *rows, json_t *txn)
{
	const char *said = "";
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t *body = json_object_get(row, "body");

		if (is(row, "outcome", NULL) && json_equal(json_object_get(body, "txn"), txn))
			said = text_at(body, "outcome");
	}
	return said;
}

static const char *rule_of(json_t *body)
{
	return text_at(json_array_get(json_object_get(body, "reasons"), 0), "id");
}

/* A write that was judged. NULL for one without dose meaning. */
static json_t *asked_line(json_t *rows, json_t *row)
{
	json_t *body = json_object_get(row, "body"), *verdict = json_object_get(body, "verdict");
	bool sent = is(row, "intent", NULL);
	char asked[LINE];

	if (verdict == NULL)
		return NULL;
	changed_words(body, asked, sizeof asked);
	return json_pack("{s:O, s:s, s:s, s:s, s:s, s:s, s:s}", "at", json_object_get(row, "at"),
	                 "what", asked[0] == '\0' ? "arm" : "set", "asked", asked, "accepted",
	                 sent ? "yes" : "no", "outcome",
	                 sent ? outcome_of(rows, json_object_get(body, "txn"))
	                      : json_string_value(verdict),
	                 "rule", sent ? "" : rule_of(body), "text", text_at(body, "text"));
}

static json_t *line_of(json_t *rows, json_t *row)
{
	static const char *const told[] = {"session", "treatment", "hold",
	                                   "grant",   "decision",  "stop"};

	if (is(row, "intent", NULL) || is(row, "refused", NULL))
		return asked_line(rows, row);
	for (size_t i = 0; i < ARRAY_LEN(told); i++)
		if (is(row, told[i], NULL))
			return json_pack("{s:O, s:s, s:s, s:s, s:s, s:s, s:s}", "at",
			                 json_object_get(row, "at"), "what", told[i], "asked", "",
			                 "accepted", "", "outcome", "", "rule", "", "text",
			                 text_at(json_object_get(row, "body"), "text"));
	return NULL;
}

static json_t *lines_of(json_t *rows)
{
	json_t *all = json_array(), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t *line = line_of(rows, row);

		if (line != NULL)
			json_array_append_new(all, line);
	}
	return all;
}

/* What this site has had with this class so far, this session among it: treatments and pulses. */
static json_t *site_totals(json_t *history, json_t *session)
{
	json_int_t treatments = 0, pulses = 0;
	json_t *row;
	size_t i;

	json_array_foreach(history, i, row)
	{
		json_t *body = json_object_get(row, "body");

		if (!is(row, "treatment", "ended") ||
		    !json_is_true(json_object_get(body, "fired")) ||
		    strcmp(text_at(body, "kind"), "treatment") != 0 ||
		    !json_equal(json_object_get(body, "site"), json_object_get(session, "site")) ||
		    !json_equal(json_object_get(body, "device_class"),
		                json_object_get(session, "device_class")))
			continue;
		treatments++;
		pulses += number_at(body, "pulses");
	}
	return json_pack("{s:I, s:I}", "treatments", treatments, "pulses", pulses);
}

/* --- three ways to print it
 * ------------------------------------------------------------------------ */

static const char *time_words(json_t *line, char *buf, size_t len)
{
	time_t at = (time_t)(number_at(line, "at") / 1000);
	struct tm local;

	localtime_r(&at, &local);
	strftime(buf, len, "%Y-%m-%d %H:%M:%S", &local);
	return buf;
}

static void print_text(json_t *log)
{
	json_t *line, *one, *site = json_object_get(log, "site_so_far");
	char when[32];
	size_t i;

	say(2, "session %lld on %s: patient %s, %s, %s, operator %s, %s, library %s",
	    number_at(log, "session"), text_at(log, "device"), text_at(log, "patient"),
	    text_at(log, "indication"), text_at(log, "site"), text_at(log, "operator"),
	    text_at(log, "kind"), text_at(log, "library"));
	json_array_foreach(json_object_get(log, "lines"), i, line)
	{
		const char *asked = text_at(line, "asked"), *outcome = text_at(line, "outcome");

		say(32, "  %s  %-9s %s%s%s%s%s", time_words(line, when, sizeof when),
		    text_at(line, "what"), asked, asked[0] == '\0' ? "" : ": ", outcome,
		    outcome[0] == '\0' || text_at(line, "text")[0] == '\0' ? "" : "; ",
		    text_at(line, "text"));
	}
	json_array_foreach(json_object_get(log, "delivered"), i, one)
	{
		json_t *settings = json_object_get(one, "settings");

		say(4, "  delivered: %lld pulses, %s together (%s), at %s %s",
		    number_at(one, "pulses"), text_at(one, "energy"),
		    json_is_true(json_object_get(one, "measured")) ? "measured by the device"
		                                                   : "as set",
		    text_at(settings, "fluence")[0] != '\0' ? "fluence" : "energy",
		    text_at(settings, "fluence")[0] != '\0' ? text_at(settings, "fluence")
		                                            : text_at(settings, "energy"));
	}
	say(4, "  this site so far with this class: %lld treatments, %lld pulses",
	    number_at(site, "treatments"), number_at(site, "pulses"));
}

/* In quotes, with those inside doubled (RFC 4180). */
static void put_cell(const char *text, const char *end)
{
	putchar('"');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	printf("\"%s", end);
}

static void csv_row(json_t *log, const char *when, const char *const cell[7])
{
	char session[24];

	snprintf(session, sizeof session, "%lld", number_at(log, "session"));
	put_cell(session, ",");
	put_cell(text_at(log, "patient"), ",");
	put_cell(text_at(log, "device"), ",");
	put_cell(when, ",");
	for (size_t i = 0; i < 7; i++)
		put_cell(cell[i], i < 6 ? "," : "\r\n");
}

static void print_csv(json_t *log)
{
	json_t *line, *one;
	char when[32], pulses[24], settings[LINE];
	size_t i;

	fputs("session,patient,device,time,what,asked,accepted,outcome,rule,pulses,energy\r\n",
	      stdout);
	json_array_foreach(json_object_get(log, "lines"), i, line)
	        csv_row(log, time_words(line, when, sizeof when),
	                (const char *const[7]){text_at(line, "what"), text_at(line, "asked"),
	                                       text_at(line, "accepted"), text_at(line, "outcome"),
	                                       text_at(line, "rule"), "", ""});
	json_array_foreach(json_object_get(log, "delivered"), i, one)
	{
		const char *name, *comma = "";
		json_t *value;

		settings[0] = '\0';
		json_object_foreach(json_object_get(one, "settings"), name, value)
		{
			add(settings, sizeof settings, "%s%s %s", comma, name,
			    json_string_value(value));
			comma = ", ";
		}
		snprintf(pulses, sizeof pulses, "%lld", number_at(one, "pulses"));
		csv_row(log, "",
		        (const char *const[7]){"delivered", settings, "", "", "", pulses,
		                               text_at(one, "energy")});
	}
}

/* --- the command -------------------------------------------------------------------------------
 */

static json_t *log_of(struct rpc *r, json_int_t number, enum exit_code *code)
{
	json_t *rows = all_rows(r, "session.log", json_pack("{s:I}", "session", number), code);
	json_t *session = first(rows, "session", NULL), *ended = first(rows, "treatment", "ended");
	json_t *begun = first(rows, "treatment", "begins"), *history = NULL, *log = NULL;

	if (rows != NULL && session == NULL) {
		say_to(stderr, 2, "there is no session %lld in the ledger", (long long)number);
		*code = EXIT_NOT_FOUND;
	}
	if (session != NULL)
		history =
		        all_rows(r, "patient.history",
		                 json_pack("{s:s}", "patient", text_at(session, "patient")), code);
	if (history != NULL) {
		log = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "session", number,
		                "device", text_at(session, "device"), "patient",
		                text_at(session, "patient"), "operator",
		                text_at(session, "operator"), "indication",
		                text_at(session, "indication"), "site", text_at(session, "site"),
		                "kind", text_at(session, "kind"), "library",
		                text_at(session, "library"), "lines", lines_of(rows));
		json_t *delivered = json_object_get(ended, "delivered");
		json_object_set_new(log, "delivered",
		                    delivered != NULL ? json_incref(delivered) : json_array());
		json_object_set_new(log, "site_so_far",
		                    site_totals(history, begun != NULL ? begun : session));
	}
	json_decref(history);
	json_decref(rows);
	return log;
}

enum exit_code cmd_session_log(const struct options *o)
{
	json_int_t number;
	enum exit_code code;
	json_t *log = NULL;

	if (!take_number("session log", o->word[0], 1, &number))
		return EXIT_USAGE;
	struct rpc *r = rpc_open(o);
	if ((code = rpc_login(r, o)) == EXIT_DONE)
		log = log_of(r, number, &code);
	if (log != NULL && o->json)
		print_json(log);
	else if (log != NULL && o->csv)
		print_csv(log);
	else if (log != NULL)
		print_text(log);
	json_decref(log);
	rpc_close(r);
	return code;
}
