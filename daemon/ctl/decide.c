/*
 * decide: holds, grants, stop, alarms, people: what changes something.
 */
#include "ctl.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static enum exit_code print_result(const struct options *o, json_t *result, enum exit_code code,
                                   void (*print)(json_t *))
{
	if (result != NULL && o->json)
		print_json(result);
	else if (result != NULL && print != NULL)
		print(result);
	json_decref(result);
	return code;
}

/* Logs in, calls, prints. Takes params. */
static enum exit_code signed_call(const struct options *o, const char *method, json_t *params,
                                  void (*print)(json_t *))
{
	struct rpc *r = rpc_open(o);
	enum exit_code code = rpc_login(r, o);

	if (code == EXIT_DONE)
		code = print_result(o, rpc_call(r, method, json_incref(params), &code), code,
		                    print);
	json_decref(params);
	rpc_close(r);
	return code;
}

static void print_asked(json_t *h)
{
	print_hold(h);
	printf("\ngive the physician hold %lld and the number %lld\n",
	       (long long)json_integer_value(json_object_get(h, "id")),
	       (long long)json_integer_value(json_object_get(h, "number")));
}

enum exit_code cmd_ask(const struct options *o)
{
	return signed_call(o, "hold.ask",
	                   json_pack("{s:s, s:s}", "device", o->word[0], "text",
	                             o->reason == NULL ? "" : o->reason),
	                   print_asked);
}

static bool take_sets(const struct options *o, json_t *params)
{
	json_t *settings = json_object();

	for (size_t i = 0; i < o->n_sets; i++) {
		const char *equals = strchr(o->set[i], '=');
		char name[64];

		if (equals == NULL || (size_t)(equals - o->set[i]) >= sizeof name) {
			fprintf(stderr,
			        "--set wants PARAMETER=VALUE, as in fluence=\"18 J/cm2\"; not "
			        "\"%s\"\n",
			        o->set[i]);
			json_decref(settings);
			return false;
		}
		snprintf(name, sizeof name, "%.*s", (int)(equals - o->set[i]), o->set[i]);
		json_object_set_new(settings, name, json_string(equals + 1));
	}
	if (o->n_sets > 0)
		json_object_set_new(params, "settings", settings);
	else
		json_decref(settings);
	return true;
}

static void set_number(json_t *params, const char *key, const char *text)
{
	if (text != NULL)
		json_object_set_new(params, key, json_integer(atoll(text)));
}

/* A decision names the hold at the version that was looked at just before signing. */
static enum exit_code decide(const struct options *o, const char *method)
{
	struct rpc *r = rpc_open(o);
	json_int_t id = atoll(o->word[0]);
	enum exit_code code = EXIT_USAGE;
	json_t *hold = NULL, *params = json_pack("{s:I}", "hold", id);

	if (o->code == NULL || o->reason == NULL) {
		fputs("a decision wants --code (one of the clinic's reason codes) and --reason\n",
		      stderr);
		goto out;
	}
	if (!take_sets(o, params))
		goto out;
	if ((code = rpc_login(r, o)) != EXIT_DONE)
		goto out;
	hold = rpc_call(r, "hold.show", json_pack("{s:I}", "hold", id), &code);
	if (hold == NULL)
		goto out;
	set_number(params, "number", o->number);
	set_number(params, "pulses", o->pulses);
	set_number(params, "seconds", o->seconds);
	json_object_update_new(params,
	                       json_pack("{s:O, s:s, s:s, s:s}", "version",
	                                 json_object_get(hold, "version"), "secret", rpc_secret(r),
	                                 "reason_code", o->code, "reason_text", o->reason));
	json_t *result = rpc_call(r, method, json_incref(params), &code);
	code = print_result(o, result, code, print_hold);
out:
	json_decref(hold);
	json_decref(params);
	rpc_close(r);
	return code;
}

enum exit_code cmd_approve(const struct options *o)
{
	return decide(o, "hold.approve");
}

enum exit_code cmd_deny(const struct options *o)
{
	return decide(o, "hold.deny");
}

enum exit_code cmd_revoke(const struct options *o)
{
	return signed_call(o, "grant.revoke",
	                   json_pack("{s:I}", "hold", (json_int_t)atoll(o->word[0])), print_hold);
}

static void print_stopped(json_t *result)
{
	puts(text_at(result, "text"));
}

/* Without a login, because stop is always open; with one where --as is given, for the record. */
enum exit_code cmd_stop(const struct options *o)
{
	struct rpc *r = rpc_open(o);
	enum exit_code code;
	json_t *result = rpc_call(r, "stop", json_pack("{s:s}", "device", o->word[0]), &code);

	if (result != NULL && !json_is_true(json_object_get(result, "stopped")))
		code = EXIT_REFUSED;
	code = print_result(o, result, code, print_stopped);
	rpc_close(r);
	return code;
}

static void print_cleared(json_t *device)
{
	print_device(device, false);
}

enum exit_code cmd_clear(const struct options *o)
{
	return signed_call(o, "alarm.clear",
	                   json_pack("{s:s, s:s}", "device", o->word[0], "reason",
	                             o->reason == NULL ? "" : o->reason),
	                   print_cleared);
}

/* The first person (a director, from the gate's own account) needs no login: there is nobody yet
 * to prove anything. */
enum exit_code cmd_add_person(const struct options *o)
{
	struct rpc *r = rpc_open(o);
	char secret[256] = "";
	enum exit_code code = EXIT_USAGE;

	if (o->printed == NULL || o->role == NULL) {
		fputs("people add wants NAME --printed \"Full Name\" --role ROLE\n", stderr);
		goto out;
	}
	if (o->as != NULL && (code = rpc_login(r, o)) != EXIT_DONE)
		goto out;
	if (!read_secret(o->new_secret_file, "secret of the new person: ", secret, sizeof secret)) {
		fputs("no secret: give --new-secret-file, or type it on a terminal\n", stderr);
		code = EXIT_USAGE;
		goto out;
	}
	json_t *result = rpc_call(r, "people.add",
	                          json_pack("{s:s, s:s, s:s, s:s}", "name", o->word[0], "printed",
	                                    o->printed, "role", o->role, "secret", secret),
	                          &code);
	if (result != NULL && !o->json)
		printf("%s is on file as %s\n", o->word[0], o->role);
	code = print_result(o, result, code, NULL);
out:
	sodium_memzero(secret, sizeof secret);
	rpc_close(r);
	return code;
}
