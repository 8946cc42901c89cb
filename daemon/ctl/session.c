/*
 * session: starting one, with the questions of the library asked in plain words.
 */
#include "ctl.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/fact.h"

/* The --fact options as an object; NULL after saying which is none. */
static json_t *given_facts(const struct options *o)
{
	json_t *facts = json_object();

	for (size_t i = 0; i < o->n_facts; i++) {
		const char *equals = strchr(o->fact[i], '=');
		char name[64];

		if (equals == NULL || (size_t)(equals - o->fact[i]) >= sizeof name) {
			fprintf(stderr,
			        "--fact wants NAME=ANSWER, as in skin_type=III; not \"%s\"\n",
			        o->fact[i]);
			json_decref(facts);
			return NULL;
		}
		snprintf(name, sizeof name, "%.*s", (int)(equals - o->fact[i]), o->fact[i]);
		json_object_set_new(facts, name, json_string(equals + 1));
	}
	return facts;
}

/* The library's question as core reads it; false for one with more answers than it may have. */
static bool take_fact(json_t *given, struct fact *out)
{
	json_t *values = json_object_get(given, "values"), *v;
	size_t i;

	*out = (struct fact){.kind = FACT_CHOICE};
	for (int k = 0; k < FACT_KIND_COUNT; k++)
		if (strcmp(text_at(given, "kind"), fact_kind_name((enum fact_kind)k)) == 0)
			out->kind = (enum fact_kind)k;
	json_array_foreach(values, i, v)
	{
		if (i == FACT_VALUES_MAX)
			return false;
		snprintf(out->value[i], sizeof out->value[i], "%s", json_string_value(v));
	}
	out->n_values = (uint8_t)json_array_size(values);
	return true;
}

static int32_t today(void)
{
	time_t now = time(NULL);
	struct tm local;
	int32_t day = 0;

	localtime_r(&now, &local);
	return day_from_date(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday, &day) ? day : 0;
}

/* "I, II, III, unknown" */
static const char *choices(json_t *fact, char *buf, size_t len)
{
	json_t *v;
	size_t i;

	buf[0] = '\0';
	if (strcmp(text_at(fact, "kind"), "days") == 0)
		add(buf, len, "days since as \"12 d\", a date as 2026-05-31, never, ");
	if (strcmp(text_at(fact, "kind"), "number") == 0)
		add(buf, len, "a number, ");
	json_array_foreach(json_object_get(fact, "values"), i, v)
	        add(buf, len, "%s, ", json_string_value(v));
	add(buf, len, "unknown");
	return buf;
}

/* The gate judges answers too; here so that a slip is said before the other ten are asked. */
static bool answer_fits(json_t *given, const char *text)
{
	struct answer answer;
	struct fact fact;
	char all[400];
	enum fact_status status;

	if (!take_fact(given, &fact))
		return true;
	status = fact_parse(&fact, text, today(), &answer);
	if (status == FACT_OK)
		return true;
	say_to(stderr, 4, "%s = \"%s\": %s; answers: %s", text_at(given, "name"), text,
	       fact_status_words(status), choices(given, all, sizeof all));
	return false;
}

static json_t *fact_named(json_t *library, const char *name)
{
	json_t *fact;
	size_t i;

	json_array_foreach(json_object_get(library, "facts"), i, fact)
	{
		if (strcmp(text_at(fact, "name"), name) == 0)
			return fact;
	}
	return NULL;
}

static bool facts_fit(json_t *library, json_t *facts)
{
	const char *name, *comma = "";
	char all[1024] = "";
	json_t *value, *fact;
	size_t i;

	json_object_foreach(facts, name, value)
	{
		json_t *known = fact_named(library, name);

		if (known != NULL && !answer_fits(known, json_string_value(value)))
			return false;
		if (known != NULL)
			continue;
		json_array_foreach(json_object_get(library, "facts"), i, fact)
		{
			add(all, sizeof all, "%s%s", comma, text_at(fact, "name"));
			comma = ", ";
		}
		say_to(stderr, 4, "the library knows no fact \"%s\"; there are: %s", name, all);
		return false;
	}
	return true;
}

/* Asks until the answer fits. False: the person gave up. */
static bool ask_one(json_t *fact, json_t *facts, size_t number, size_t of)
{
	char line[128], all[400];

	say(2, "%zu of %zu: %s", number, of, text_at(fact, "question"));
	do {
		printf("  [%s]: ", choices(fact, all, sizeof all));
		fflush(stdout);
		if (fgets(line, sizeof line, stdin) == NULL)
			return false;
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '\0')
			strcpy(line, "unknown");
	} while (!answer_fits(fact, line));
	json_object_set_new(facts, text_at(fact, "name"), json_string(line));
	return true;
}

/* Asks what was not given. Without a terminal nobody can answer: it counts as unknown. */
static bool ask_rest(json_t *library, json_t *facts)
{
	bool asks = isatty(STDIN_FILENO);
	char missing[1024] = "";
	json_t *fact;
	size_t i;

	json_array_foreach(json_object_get(library, "facts"), i, fact)
	{
		const char *name = text_at(fact, "name");

		if (json_object_get(facts, name) != NULL)
			continue;
		if (!asks)
			add(missing, sizeof missing, "%s%s", missing[0] == '\0' ? "" : ", ", name);
		else if (!ask_one(fact, facts, i + 1,
		                  json_array_size(json_object_get(library, "facts")))) {
			fputs("\ngiven up; no session was started\n", stderr);
			return false;
		}
	}
	if (missing[0] != '\0')
		say_to(stderr, 4, "not given, so they count as the riskiest answer: %s", missing);
	return true;
}

static bool is_listed(json_t *list, const char *what, const char *name)
{
	char all[1024] = "";
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (strcmp(json_string_value(one), name) == 0)
			return true;
		add(all, sizeof all, "%s%s", i == 0 ? "" : ", ", json_string_value(one));
	}
	say_to(stderr, 4, "no %s \"%s\"; there are: %s", what, name, all);
	return false;
}

/* Every indication of every class, once. */
static json_t *indications_of(json_t *library)
{
	json_t *seen = json_object(), *all = json_array(), *class, *one;
	size_t i, j;

	json_array_foreach(json_object_get(library, "classes"), i, class)
	{
		json_array_foreach(json_object_get(class, "indications"), j, one)
		{
			if (json_object_get(seen, json_string_value(one)) != NULL)
				continue;
			json_object_set_new(seen, json_string_value(one), json_true());
			json_array_append(all, one);
		}
	}
	json_decref(seen);
	return all;
}

/* What can be seen to be wrong before anybody answers a question. The gate judges it all again. */
static bool start_fits(const struct options *o, json_t *library)
{
	json_t *all = indications_of(library);
	bool fits;

	fits = is_listed(all, "indication", o->indication) &&
	       is_listed(json_object_get(library, "sites"), "site", o->site);
	json_decref(all);
	if (fits && strpbrk(o->patient, "0123456789") == NULL) {
		say_to(stderr, 4,
		       "patient is a token with a digit in it, as in P-4711; never a name");
		fits = false;
	}
	return fits;
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

/* The library, when it and everything given fit; NULL with the exit code otherwise. */
static json_t *ready_to_ask(struct rpc *r, const struct options *o, json_t *facts,
                            enum exit_code *code)
{
	json_t *session, *library;

	if ((*code = rpc_login(r, o)) != EXIT_DONE)
		return NULL;
	session = rpc_call(r, "session.show", json_pack("{s:s}", "device", o->word[0]), code);
	library = *code != EXIT_DONE ? NULL : rpc_call(r, "library", json_object(), code);
	if (library != NULL && !(start_fits(o, library) && facts_fit(library, facts))) {
		*code = EXIT_USAGE;
		json_decref(library);
		library = NULL;
	}
	if (library != NULL && json_is_object(session))
		say_to(stderr, 2, "%s has session %lld of patient %s; it ends when this one begins",
		       o->word[0], number_at(session, "id"), text_at(session, "patient"));
	json_decref(session);
	return library;
}

/* Asks what is left, and starts. */
static enum exit_code start(struct rpc *r, const struct options *o, json_t *library, json_t *facts)
{
	json_t *params, *elsewhere;

	if (!ask_rest(library, facts) || (elsewhere = told_elsewhere(o)) == NULL)
		return EXIT_USAGE;
	params = json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "device", o->word[0], "patient",
	                   o->patient, "indication", o->indication, "site", o->site, "kind",
	                   o->test_spot ? "test_spot" : "treatment", "facts", facts);
	if (!json_is_null(elsewhere))
		json_object_set(params, "elsewhere", elsewhere);
	json_decref(elsewhere);
	return shown(r, o, "session.start", params);
}

enum exit_code cmd_start(const struct options *o)
{
	struct rpc *r;
	json_t *facts, *library;
	enum exit_code code = EXIT_USAGE;

	if (o->patient == NULL || o->indication == NULL || o->site == NULL) {
		say_to(stderr, 2,
		       "session start wants --patient TOKEN --indication I --site S; dosegatectl "
		       "library lists indications and sites");
		return EXIT_USAGE;
	}
	if ((facts = given_facts(o)) == NULL)
		return EXIT_USAGE;
	r = rpc_open(o);
	library = ready_to_ask(r, o, facts, &code);
	if (library != NULL)
		code = start(r, o, library, facts);
	json_decref(library);
	json_decref(facts);
	rpc_close(r);
	return code;
}

enum exit_code cmd_fact(const struct options *o)
{
	struct rpc *r;
	json_t *facts, *library = NULL;
	enum exit_code code;

	if (o->n_facts == 0)
		fputs("session fact wants --fact NAME=ANSWER, as in visible_tan=yes\n", stderr);
	if (o->n_facts == 0 || (facts = given_facts(o)) == NULL)
		return EXIT_USAGE;
	r = rpc_open(o);
	if ((code = rpc_login(r, o)) == EXIT_DONE)
		library = rpc_call(r, "library", json_pack("{s:s}", "device", o->word[0]), &code);
	if (library != NULL)
		code = facts_fit(library, facts) ? shown(r, o, "session.fact",
		                                         json_pack("{s:s, s:O}", "device",
		                                                   o->word[0], "facts", facts))
		                                 : EXIT_USAGE;
	json_decref(library);
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
	if (code == EXIT_DONE && o->json)
		puts("{}");
	else if (code == EXIT_DONE)
		printf("session on %s ended\n", o->word[0]);
	rpc_close(r);
	return code;
}
