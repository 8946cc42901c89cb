/*
 * session: starting one, with the questions of the library asked in plain words.
 */
#include "ctl.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool take_given(const struct options *o, json_t *facts)
{
	for (size_t i = 0; i < o->n_facts; i++) {
		const char *equals = strchr(o->fact[i], '=');
		char name[64];

		if (equals == NULL || (size_t)(equals - o->fact[i]) >= sizeof name) {
			fprintf(stderr,
			        "--fact wants NAME=ANSWER, as in skin_type=III; not \"%s\"\n",
			        o->fact[i]);
			return false;
		}
		snprintf(name, sizeof name, "%.*s", (int)(equals - o->fact[i]), o->fact[i]);
		json_object_set_new(facts, name, json_string(equals + 1));
	}
	return true;
}

static void say_choices(json_t *fact)
{
	json_t *values = json_object_get(fact, "values"), *v;
	size_t i;

	if (strcmp(text_at(fact, "kind"), "days") == 0) {
		fputs("  [days ago as \"12 d\", a date as 2026-05-31, never, unknown]: ", stdout);
		return;
	}
	fputs("  [", stdout);
	json_array_foreach(values, i, v) printf("%s, ", json_string_value(v));
	fputs("unknown]: ", stdout);
}

/* Asks what was not given. Without a terminal nobody can answer: it counts as unknown. */
static void ask_rest(json_t *library, json_t *facts)
{
	json_t *fact;
	size_t i;
	char line[128];

	json_array_foreach(json_object_get(library, "facts"), i, fact)
	{
		const char *name = text_at(fact, "name");

		if (json_object_get(facts, name) != NULL)
			continue;
		if (!isatty(STDIN_FILENO)) {
			fprintf(stderr, "%s was not given: it counts as its riskiest answer\n",
			        name);
			continue;
		}
		printf("%s\n", text_at(fact, "question"));
		say_choices(fact);
		fflush(stdout);
		if (fgets(line, sizeof line, stdin) == NULL)
			return;
		line[strcspn(line, "\r\n")] = '\0';
		json_object_set_new(facts, name, json_string(line[0] == '\0' ? "unknown" : line));
	}
}

static enum exit_code shown(struct rpc *r, const struct options *o, const char *method,
                            json_t *params)
{
	enum exit_code code;
	json_t *session = rpc_call(r, method, params, &code);

	if (session != NULL && o->json)
		print_json(session);
	else if (session != NULL)
		print_session(session);
	json_decref(session);
	return code;
}

enum exit_code cmd_start(const struct options *o)
{
	struct rpc *r = rpc_open(o);
	json_t *facts = json_object();
	enum exit_code code = EXIT_USAGE;

	if (o->patient == NULL || o->indication == NULL || o->site == NULL) {
		fputs("session start wants --patient TOKEN --indication I --site S (see "
		      "dosegatectl "
		      "library)\n",
		      stderr);
		goto out;
	}
	if (!take_given(o, facts))
		goto out;
	code = rpc_login(r, o);
	if (code != EXIT_DONE)
		goto out;
	json_t *library = rpc_call(r, "library", json_object(), &code);
	ask_rest(library, facts);
	json_decref(library);
	code = shown(r, o, "session.start",
	             json_pack("{s:s, s:s, s:s, s:s, s:O}", "device", o->word[0], "patient",
	                       o->patient, "indication", o->indication, "site", o->site, "facts",
	                       facts));
out:
	json_decref(facts);
	rpc_close(r);
	return code;
}

enum exit_code cmd_fact(const struct options *o)
{
	struct rpc *r = rpc_open(o);
	json_t *facts = json_object();
	enum exit_code code = EXIT_USAGE;

	if (take_given(o, facts) && (code = rpc_login(r, o)) == EXIT_DONE)
		code = shown(r, o, "session.fact",
		             json_pack("{s:s, s:O}", "device", o->word[0], "facts", facts));
	json_decref(facts);
	rpc_close(r);
	return code;
}

enum exit_code cmd_end(const struct options *o)
{
	struct rpc *r = rpc_open(o);
	enum exit_code code = rpc_login(r, o);

	if (code == EXIT_DONE)
		json_decref(rpc_call(r, "session.end", json_pack("{s:s}", "device", o->word[0]),
		                     &code));
	if (code == EXIT_DONE)
		printf("session on %s ended\n", o->word[0]);
	rpc_close(r);
	return code;
}
