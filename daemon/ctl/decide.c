/*
 * decide: holds, grants, stop, alarms: what changes something.
 */
#include "ctl.h"

#include <stdlib.h>
#include <string.h>

enum exit_code print_result(const struct options *o, json_t *result, enum exit_code code,
                            void (*print)(json_t *))
{
	if (result != NULL && o->json)
		print_json(result);
	else if (result != NULL && print != NULL)
		print(result);
	json_decref(result);
	return code;
}

enum exit_code signed_call(const struct options *o, const char *method, json_t *params,
                           void (*print)(json_t *))
{
	struct rpc *r = rpc_open(o);
	enum exit_code code = rpc_login(r, o);

	if (code == EXIT_DONE) {
		json_t *result = rpc_call(r, method, json_incref(params), &code);

		code = print_result(o, result, code, print);
	}
	json_decref(params);
	rpc_close(r);
	return code;
}

bool has_reason(const struct options *o, const char *command)
{
	if (o->reason != NULL && o->reason[0] != '\0')
		return true;
	fprintf(stderr, "%s wants --reason \"...\", in your own words\n", command);
	return false;
}

static void print_accepted(json_t *result)
{
	(void)result;
	puts("accepted; days are counted by the gate's clock as it is now");
}

enum exit_code cmd_clock_accept(const struct options *o)
{
	if (!has_reason(o, "clock accept"))
		return EXIT_USAGE;
	return signed_call(o, "clock.accept", json_pack("{s:s}", "reason", o->reason),
	                   print_accepted);
}

static void print_asked(json_t *h)
{
	print_decided(h);
	print_reasons(json_object_get(h, "reasons"), 2);
	say(2, "give the physician hold %lld and the number %lld", number_at(h, "id"),
	    number_at(h, "number"));
	if (text_at(h, "request_code")[0] != '\0')
		say(2, "or, by telephone, read aloud: %s", text_at(h, "request_code"));
}

enum exit_code cmd_ask(const struct options *o)
{
	if (!has_reason(o, "hold ask"))
		return EXIT_USAGE;
	return signed_call(o, "hold.ask",
	                   json_pack("{s:s, s:s}", "device", o->word[0], "text", o->reason),
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

/* The numbers of a decision: what was typed and is none is never taken for nothing. */
static bool take_numbers(const struct options *o, json_t *params)
{
	const struct {
		const char *key, *option, *text;
	} numbers[] = {
	        {"number", "--number", o->number},
	        {"pulses", "--pulses", o->pulses},
	        {"seconds", "--seconds", o->seconds},
	};
	json_int_t n;

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		if (numbers[i].text == NULL)
			continue;
		if (!take_number(numbers[i].option, numbers[i].text, 1, &n))
			return false;
		json_object_set_new(params, numbers[i].key, json_integer(n));
	}
	return true;
}

static bool is_complete(const struct options *o, bool deny)
{
	if (!has_reason(o, deny ? "hold deny" : "hold approve"))
		return false;
	if (o->code == NULL) {
		fputs("a decision wants --code, one of the reason codes of the clinic file\n",
		      stderr);
		return false;
	}
	if (o->number != NULL || deny)
		return true;
	fputs("hold approve wants --number: the one shown at the console; ask the operator\n",
	      stderr);
	return false;
}

/* What is signed is what was read: the text itself, here, or the one whose digest was noted when it
 * was looked at. */
static bool as_shown(const struct options *o, json_t *hold)
{
	const char *digest = text_at(hold, "digest");

	if (o->shown == NULL) {
		if (!o->json)
			printf("%s\n", text_at(hold, "text"));
		return true;
	}
	if (strlen(o->shown) >= 8 && strncmp(digest, o->shown, strlen(o->shown)) == 0)
		return true;
	say_to(stderr, 2,
	       "what waits now is %.16s, not what you looked at (--shown %s; 8 digits or more): "
	       "look at it again with hold show",
	       digest, o->shown);
	return false;
}

/* A decision names the hold by the digest of what was looked at. */
static enum exit_code decide(const struct options *o, const char *method, bool deny)
{
	struct rpc *r;
	json_int_t id;
	enum exit_code code;
	json_t *hold = NULL, *params;

	if (!is_complete(o, deny) || !take_number("a hold", o->word[0], 1, &id))
		return EXIT_USAGE;
	params = json_pack("{s:I}", "hold", id);
	if (o->live && !deny)
		json_object_set_new(params, "live", json_true());
	if (!take_sets(o, params) || !take_numbers(o, params)) {
		json_decref(params);
		return EXIT_USAGE;
	}
	r = rpc_open(o);
	if ((code = rpc_login(r, o)) != EXIT_DONE)
		goto out;
	hold = rpc_call(r, "hold.show", json_pack("{s:I}", "hold", id), &code);
	if (hold == NULL)
		goto out;
	if (!as_shown(o, hold)) {
		code = EXIT_REFUSED;
		goto out;
	}
	json_object_update_new(params,
	                       json_pack("{s:O, s:O, s:s, s:s, s:s}", "version",
	                                 json_object_get(hold, "version"), "digest",
	                                 json_object_get(hold, "digest"), "secret", rpc_secret(r),
	                                 "reason_code", o->code, "reason_text", o->reason));
	json_t *result = rpc_call(r, method, json_incref(params), &code);
	bool stays = o->live && !deny && strcmp(text_at(result, "state"), "granted") == 0;
	code = print_result(o, result, code, print_decided);
	if (stays)
		code = stay_present(r, id);
out:
	json_decref(hold);
	json_decref(params);
	rpc_close(r);
	return code;
}

enum exit_code cmd_approve(const struct options *o)
{
	return decide(o, "hold.approve", false);
}

enum exit_code cmd_deny(const struct options *o)
{
	return decide(o, "hold.deny", true);
}

enum exit_code cmd_revoke(const struct options *o)
{
	json_int_t id;

	if (!take_number("a hold", o->word[0], 1, &id))
		return EXIT_USAGE;
	return signed_call(o, "grant.revoke", json_pack("{s:I}", "hold", id), print_decided);
}

static void print_stopped(json_t *result)
{
	say(2, "%s", text_at(result, "text"));
}

/* Never with a login, whoever asks: stop is always open, and a secret takes time. */
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
	if (!has_reason(o, "alarm clear"))
		return EXIT_USAGE;
	return signed_call(o, "alarm.clear",
	                   json_pack("{s:s, s:s}", "device", o->word[0], "reason", o->reason),
	                   print_cleared);
}
