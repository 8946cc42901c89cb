/*
 * look: the commands that only look. None needs a login.
 */
#include "ctl.h"

#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "core/panel.h"
#include "edge/ledger.h"

enum exit_code look(const struct options *o, const char *method, json_t *params,
                    void (*print)(json_t *))
{
	struct rpc *r = rpc_open(o);
	enum exit_code code;
	json_t *result = rpc_call(r, method, params, &code);

	if (result != NULL && o->json)
		print_json(result);
	else if (result != NULL)
		print(result);
	json_decref(result);
	rpc_close(r);
	return code;
}

static void print_devices(json_t *result, bool long_form)
{
	size_t i;
	json_t *d;

	json_array_foreach(json_object_get(result, "devices"), i, d) print_device(d, long_form);
}

static void print_devices_long(json_t *result)
{
	print_devices(result, true);
}

static void print_whole(json_t *s, bool long_form)
{
	json_t *ledger = json_object_get(s, "ledger"), *in_use = json_object_get(s, "in_use");
	bool any = json_is_true(json_object_get(in_use, "any"));

	bool demo = json_is_true(json_object_get(in_use, "demo"));

	say(4, "%s%s: %s; consoles connected: %lld, rows in the ledger: %lld, library %s%s",
	    text_at(s, "clinic"),
	    json_is_true(json_object_get(s, "demo")) ? " (DEMO: not for patients)" : "",
	    json_is_true(json_object_get(s, "well"))
	            ? "well"
	            : "THE LEDGER CANNOT BE WRITTEN: nothing but stop passes",
	    number_at(s, "consoles"), number_at(ledger, "rows"),
	    any ? text_at(s, "library") : "none", demo ? " (DEMO)" : "");
	if (!any)
		say(4, "NO LIBRARY IS IN USE: %s", text_at(in_use, "why"));
	print_present(s);
	print_consoles(s, long_form);
	print_recording(json_object_get(s, "recording"));
	print_devices(s, long_form);
}

static void print_status(json_t *s)
{
	print_whole(s, false);
}

static void print_status_long(json_t *s)
{
	print_whole(s, true);
}

static void print_list(int hang, const char *label, json_t *list)
{
	const char *comma = " ";
	char line[2048] = "";
	size_t i;
	json_t *one;

	add(line, sizeof line, "%s", label);
	json_array_foreach(list, i, one)
	{
		add(line, sizeof line, "%s%s", comma, json_string_value(one));
		comma = ", ";
	}
	say(hang, "%s", line);
}

static void print_options(json_t *options)
{
	size_t i;
	json_t *one;

	if (json_array_size(options) > 0)
		puts("the director's options (decisions.cfg of the library)");
	json_array_foreach(options, i, one)
	{
		json_t *decided = json_object_get(one, "decided");

		if (json_is_null(decided))
			say(4, "  %s: %s by default, nobody has decided", text_at(one, "name"),
			    text_at(one, "stands"));
		else
			say(4, "  %s: %s by %s on %s (\"%s\")", text_at(one, "name"),
			    text_at(one, "stands"), text_at(decided, "by"), text_at(decided, "on"),
			    text_at(decided, "why"));
	}
}

static void print_library(json_t *l)
{
	size_t i;
	json_t *one;
	const char *name;
	char label[80];

	printf("library %s%s\n", text_at(l, "hash"), demo_words(l));
	puts("device classes and what each may be used for (--indication)");
	json_array_foreach(json_object_get(l, "classes"), i, one)
	{
		snprintf(label, sizeof label, "  %s:", text_at(one, "name"));
		print_list(4, label, json_object_get(one, "indications"));
		if (text_at(one, "closed")[0] != '\0')
			say(6, "    %s", text_at(one, "closed"));
	}
	puts("sites (--site)");
	print_list(2, " ", json_object_get(l, "sites"));
	json_object_foreach(json_object_get(l, "site_words"), name, one)
	{
		if (text_at(one, "within")[0] != '\0')
			say(4, "  %s: %s, within %s", name, text_at(one, "words"),
			    text_at(one, "within"));
	}
	puts("questions (--fact), answers in order of rising risk");
	json_array_foreach(json_object_get(l, "facts"), i, one)
	{
		say(22, "  %-18s  %s", text_at(one, "name"), text_at(one, "question"));
		if (strcmp(text_at(one, "kind"), "days") == 0)
			say(22, "%22sdays since as \"12 d\", a date, never", "");
		else if (strcmp(text_at(one, "kind"), "number") == 0)
			say(22, "%22sa number", "");
		else
			print_list(22, "                     ", json_object_get(one, "values"));
	}
	print_options(json_object_get(l, "options"));
}

static void print_people(json_t *result)
{
	size_t i;
	json_t *p;

	if (json_array_size(json_object_get(result, "people")) == 0)
		say(0, "nobody yet: the first one is a director, added without --as from the "
		       "account the gate runs as");
	json_array_foreach(json_object_get(result, "people"), i, p)
	        printf("%-16s  %-9s  since %s  %s\n", text_at(p, "name"), text_at(p, "role"),
	               text_at(p, "added"), text_at(p, "printed"));
}

static void print_rows(json_t *result)
{
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(result, "rows"), i, row)
	{
		print_event(row, true);
	}
}

static void print_explained(json_t *result)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(result, "text"), i, one)
	        say(2, "%s", json_string_value(one));
}

enum exit_code cmd_status(const struct options *o)
{
	return look(o, "status", json_object(), o->long_form ? print_status_long : print_status);
}

enum exit_code cmd_devices(const struct options *o)
{
	return look(o, "devices", json_object(), print_devices_long);
}

enum exit_code cmd_library(const struct options *o)
{
	return look(o, "library", json_object(), print_library);
}

enum exit_code cmd_people(const struct options *o)
{
	return look(o, "people.list", json_object(), print_people);
}

enum exit_code cmd_show(const struct options *o)
{
	return look(o, "session.show", json_pack("{s:s}", "device", o->word[0]), print_session);
}

static void print_holds(json_t *result)
{
	json_t *holds = json_object_get(result, "holds"), *h;
	size_t i;

	if (json_array_size(holds) == 0)
		puts("nothing waits for a physician, and no grant is in force");
	json_array_foreach(holds, i, h)
	{
		if (i > 0)
			putchar('\n');
		print_hold(h);
	}
}

enum exit_code cmd_holds(const struct options *o)
{
	return look(o, "hold.list", json_object(), print_holds);
}

/* Byte for byte: what is signed. */
static void print_text(json_t *h)
{
	fputs(text_at(h, "text"), stdout);
}

enum exit_code cmd_hold(const struct options *o)
{
	json_int_t id;

	if (!take_number("a hold", o->word[0], 1, &id))
		return EXIT_USAGE;
	json_t *params = json_pack("{s:I}", "hold", id);
	if (o->as != NULL) /* then it is known who has looked */
		return signed_call(o, "hold.show", params, o->text ? print_text : print_hold);
	return look(o, "hold.show", params, o->text ? print_text : print_hold);
}

enum exit_code cmd_tail(const struct options *o)
{
	json_int_t n = 20;

	if (o->n_words > 0 && !take_number("ledger tail", o->word[0], 1, &n))
		return EXIT_USAGE;
	return look(o, "ledger.tail", json_pack("{s:I}", "count", n), print_rows);
}

enum exit_code cmd_explain(const struct options *o)
{
	json_t *params = json_pack("{s:s, s:s*}", "hex", o->word[0], "device", o->device);

	return look(o, "explain", params, print_explained);
}

enum exit_code cmd_watch(const struct options *o)
{
	struct rpc *r = rpc_open(o);
	enum exit_code code;
	json_t *message;

	json_decref(rpc_call(r, "watch", json_pack("{s:b}", "on", 1), &code));
	if (code == EXIT_DONE && !o->json)
		puts("watching; end with Ctrl-C");
	fflush(stdout);
	while (code == EXIT_DONE && (message = rpc_next(r)) != NULL) {
		json_t *params = json_object_get(message, "params");

		if (o->json) {
			json_dumpf(params, stdout, JSON_COMPACT);
			putchar('\n');
			fflush(stdout);
		} else {
			print_event(params, false);
		}
		json_decref(message);
	}
	rpc_close(r);
	if (code != EXIT_DONE)
		return code;
	fputs("dosegatectl: the gate went\n", stderr); /* it ends only so */
	return EXIT_NO_GATE;
}

enum exit_code cmd_verify(const struct options *o)
{
	struct ledger_verdict v = {0};
	bool readable = ledger_verify(o->word[0], &v);

	if (o->json)
		printf("{\"whole\": %s, \"rows\": %lld, \"first_bad\": %lld, \"head\": \"%s\"}\n",
		       readable && v.whole ? "true" : "false", (long long)v.rows,
		       (long long)v.first_bad, v.head);
	else if (readable && v.whole)
		printf("whole: %lld rows, head %s\n", (long long)v.rows, v.head);
	if (!readable)
		say_to(stderr, 2, "%s: %s", o->word[0], v.what);
	else if (!v.whole)
		say_to(stderr, 2, "BROKEN at row %lld: %s", (long long)v.first_bad, v.what);
	return !readable ? EXIT_NOT_FOUND : v.whole ? EXIT_DONE : EXIT_BROKEN;
}

static void print_map_rows(const struct panel_row *rows, size_t n, const char *base)
{
	for (size_t i = 0; i < n; i++)
		printf("| %s%u | %u | %s | %s |\n", base, rows[i].address, rows[i].words,
		       rows[i].name, rows[i].note);
}

static json_t *map_rows(const struct panel_row *rows, size_t n)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(all, json_pack("{s:i, s:i, s:s, s:s}", "address",
		                                     rows[i].address, "words", rows[i].words,
		                                     "name", rows[i].name, "note", rows[i].note));
	return all;
}

static void print_map_json(void)
{
	size_t gate, device, coils;
	const struct panel_row *of_gate = panel_gate_rows(&gate);
	const struct panel_row *of_device = panel_device_rows(&device);
	const struct panel_row *of_coils = panel_coil_rows(&coils);
	json_t *map = json_pack("{s:o, s:o, s:o, s:i}", "gate", map_rows(of_gate, gate), "device",
	                        map_rows(of_device, device), "coils", map_rows(of_coils, coils),
	                        "device_base", PANEL_DEVICE_BASE);

	print_json(map);
	json_decref(map);
}

/* README's table is this output. */
enum exit_code cmd_map(const struct options *o)
{
	size_t n;
	const struct panel_row *rows = panel_gate_rows(&n);

	if (o->json) {
		print_map_json();
		return EXIT_DONE;
	}
	puts("| register | words | name | meaning |\n|---|---|---|---|");
	print_map_rows(rows, n, "");
	rows = panel_device_rows(&n);
	print_map_rows(rows, n, "B+");
	puts("\n| coil | count | name | meaning |\n|---|---|---|---|");
	rows = panel_coil_rows(&n);
	print_map_rows(rows, n, "B+");
	printf("\nB = %d for the first device of the clinic file, %d for the second, and so on.\n",
	       PANEL_DEVICE_BASE, 2 * PANEL_DEVICE_BASE);
	return EXIT_DONE;
}

/* README's table is this output. */
enum exit_code cmd_events(const struct options *o)
{
	char standby[80], armed[80];
	json_t *all = json_array();

	for (enum event e = EVENT_NONE + 1; e < EVENT_COUNT; e++) {
		event_follows_words(event_follows(e, false), standby, sizeof standby);
		event_follows_words(event_follows(e, true), armed, sizeof armed);
		json_array_append_new(all, json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "number",
		                                     (int)e, "name", event_name(e), "what",
		                                     event_words(e), "standby", standby, "armed",
		                                     armed, "way", event_way(e)));
	}
	if (o->json) {
		print_json(all);
	} else {
		json_t *row;
		size_t i;

		puts("| no. | event | what happened | in standby | armed | what to do |\n"
		     "|---|---|---|---|---|---|");
		json_array_foreach(all, i, row)
		        printf("| %lld | %s | %s | %s | %s | %s |\n", number_at(row, "number"),
		               text_at(row, "name"), text_at(row, "what"), text_at(row, "standby"),
		               text_at(row, "armed"), text_at(row, "way"));
	}
	json_decref(all);
	return EXIT_DONE;
}
