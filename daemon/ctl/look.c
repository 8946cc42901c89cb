/*
 * look: the commands that only look. None needs a login.
 */
#include "ctl.h"

#include <stdlib.h>
#include <string.h>

#include "core/panel.h"
#include "edge/ledger.h"

/* Calls one method and hands the result to `print`, or prints it as JSON. */
static enum exit_code look(const struct options *o, const char *method, json_t *params,
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

static void print_status(json_t *s)
{
	json_t *ledger = json_object_get(s, "ledger");

	printf("%s%s: %s, library %s, %lld consoles, ledger %lld rows\n", text_at(s, "clinic"),
	       json_is_true(json_object_get(s, "demo")) ? " (DEMO: not for patients)" : "",
	       json_is_true(json_object_get(s, "well"))
	               ? "well"
	               : "THE LEDGER CANNOT BE WRITTEN: nothing but stop passes",
	       text_at(s, "library"), (long long)json_integer_value(json_object_get(s, "consoles")),
	       (long long)json_integer_value(json_object_get(ledger, "rows")));
	print_devices(s, false);
}

static void print_list(const char *label, json_t *list)
{
	size_t i;
	json_t *one;

	printf("%s", label);
	json_array_foreach(list, i, one) printf(" %s", json_string_value(one));
	putchar('\n');
}

static void print_library(json_t *l)
{
	size_t i;
	json_t *one;

	printf("library %s\n", text_at(l, "hash"));
	json_array_foreach(json_object_get(l, "classes"), i, one)
	{
		printf("  %s:", text_at(one, "name"));
		print_list("", json_object_get(one, "indications"));
	}
	print_list("sites:", json_object_get(l, "sites"));
	puts("questions, answers in order of rising risk:");
	json_array_foreach(json_object_get(l, "facts"), i, one)
	{
		printf("  %-16s %s\n", text_at(one, "name"), text_at(one, "question"));
		if (strcmp(text_at(one, "kind"), "days") == 0)
			puts("                   \"12 d\", a date, never, unknown");
		else
			print_list("                  ", json_object_get(one, "values"));
	}
}

static void print_people(json_t *result)
{
	size_t i;
	json_t *p;

	json_array_foreach(json_object_get(result, "people"), i, p) printf(
	        "%-16s %-10s %s\n", text_at(p, "name"), text_at(p, "role"), text_at(p, "printed"));
}

static void print_rows(json_t *result)
{
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(result, "rows"), i, row)
	{
		printf("%6lld  ", (long long)json_integer_value(json_object_get(row, "seq")));
		print_event(row);
	}
}

static void print_explained(json_t *result)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(result, "text"), i, one) puts(json_string_value(one));
}

enum exit_code cmd_status(const struct options *o)
{
	return look(o, "status", json_object(), print_status);
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
		puts("nothing waits for a physician");
	json_array_foreach(holds, i, h) print_hold(h);
}

enum exit_code cmd_holds(const struct options *o)
{
	return look(o, "hold.list", json_object(), print_holds);
}

enum exit_code cmd_hold(const struct options *o)
{
	return look(o, "hold.show", json_pack("{s:I}", "hold", (json_int_t)atoll(o->word[0])),
	            print_hold);
}

enum exit_code cmd_tail(const struct options *o)
{
	json_int_t n = o->n_words > 0 ? atoll(o->word[0]) : 20;

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
			print_event(params);
		}
		json_decref(message);
	}
	rpc_close(r);
	return code == EXIT_DONE ? EXIT_NO_GATE : code; /* it ends only when the gate goes */
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
		fprintf(stderr, "%s: %s\n", o->word[0], v.what);
	else if (!v.whole)
		fprintf(stderr, "BROKEN at row %lld: %s\n", (long long)v.first_bad, v.what);
	return !readable ? EXIT_NOT_FOUND : v.whole ? EXIT_DONE : EXIT_BROKEN;
}

static void print_map_rows(const struct panel_row *rows, size_t n, const char *base)
{
	for (size_t i = 0; i < n; i++)
		printf("| %s%u | %u | %s | %s |\n", base, rows[i].address, rows[i].words,
		       rows[i].name, rows[i].note);
}

/* README's table is this output. */
enum exit_code cmd_map(const struct options *o)
{
	size_t n;
	const struct panel_row *rows = panel_gate_rows(&n);

	(void)o;
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
