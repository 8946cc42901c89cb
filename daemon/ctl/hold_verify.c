/*
 * hold_verify: the signatures of a ledger, checked without the gate: is each decision what was
 * signed, over what was shown, by this gate's key?
 */
#include "ctl.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "edge/ledger.h"
#include "edge/seal.h"

struct check {
	const char *key; /* that must have signed; NULL: the one the ledger names at its start */
	char of_start[SEAL_KEY_LEN];
	json_t *found; /* what is said of each */
	size_t bad;
};

/* Whether the signed text has this line. */
static bool says(const char *text, const char *key, const char *value)
{
	char line[600];

	snprintf(line, sizeof line, "\n%-11s%s\n", key, value);
	return strstr(text, line) != NULL;
}

/* What was shown stands below the decision, and the decision names its digest. */
static bool is_over_what_was_shown(const char *text, const char *digest)
{
	const char *shown = strstr(text, "\n\n");
	unsigned char hash[32];
	char hex[65];

	if (shown == NULL || !says(text, "shown", digest))
		return false;
	shown += 2;
	crypto_generichash(hash, sizeof hash, (const unsigned char *)shown, strlen(shown), NULL, 0);
	sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
	return strcmp(hex, digest) == 0;
}

/* A row that says another thing than was signed is as bad as a forged signature. */
static bool is_as_signed(json_t *body, const char *text)
{
	static const char *const keys[][2] = {
	        {"person", "person"},    {"printed", "printed"},    {"role", "role"},
	        {"code", "reason_code"}, {"reason", "reason_text"}, {"nonce", "nonce"},
	        {"patient", "patient"},
	};
	char hold[64], value[200];
	const char *name;
	json_t *one;

	json_object_foreach(json_object_get(body, "settings"), name, one)
	{
		snprintf(value, sizeof value, "%s %s", name, json_string_value(one));
		if (!says(text, "grants", value))
			return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (!says(text, keys[i][0], text_at(body, keys[i][1])))
			return false;
	snprintf(hold, sizeof hold, "%lld, version %lld", number_at(body, "hold"),
	         number_at(body, "version"));
	return says(text, "hold", hold);
}

static const char *what_is_wrong(const struct check *c, json_t *body)
{
	json_t *sealed = json_object_get(body, "signed");
	const char *text = text_at(sealed, "text"), *key = c->key != NULL ? c->key : c->of_start;

	if (!json_is_object(sealed))
		return "is not signed";
	if (strcmp(text_at(sealed, "key"), key) != 0)
		return "was signed with another key";
	if (!seal_holds(key, text, text_at(sealed, "signature")))
		return "its signature does not hold";
	if (!is_over_what_was_shown(text, text_at(body, "digest")))
		return "was not signed over what the row says was shown";
	if (!is_as_signed(body, text))
		return "says another thing than was signed";
	return NULL;
}

static void take_row(void *owner, int64_t seq, int64_t at_unix_ms, const char *kind,
                     const char *body_text)
{
	struct check *c = owner;
	json_t *body = json_loads(body_text, 0, NULL);
	bool start = strcmp(kind, ledger_kind_name(LEDGER_START)) == 0;

	if (start)
		snprintf(c->of_start, sizeof c->of_start, "%s", text_at(body, "key"));
	if (strcmp(kind, ledger_kind_name(LEDGER_DECISION)) == 0 &&
	    strcmp(text_at(body, "meaning"), "void") != 0) {
		const char *wrong = what_is_wrong(c, body);

		c->bad += wrong != NULL;
		json_array_append_new(c->found,
		                      json_pack("{s:I, s:I, s:I, s:s, s:s, s:s, s:b, s:s*}", "seq",
		                                (json_int_t)seq, "at", (json_int_t)at_unix_ms,
		                                "hold", (json_int_t)number_at(body, "hold"),
		                                "patient", text_at(body, "patient"), "meaning",
		                                text_at(body, "meaning"), "printed",
		                                text_at(body, "printed"), "holds", wrong == NULL,
		                                "wrong", wrong));
	}
	json_decref(body);
}

static void print_found(json_t *found)
{
	char at[32];
	size_t i;
	json_t *one;

	json_array_foreach(found, i, one)
	{
		bool holds = json_is_true(json_object_get(one, "holds"));

		say(8, "%6lld  %s  hold %lld, %s: %s by %s: %s%s%s", number_at(one, "seq"),
		    when(one, at, sizeof at), number_at(one, "hold"), text_at(one, "patient"),
		    text_at(one, "meaning"), text_at(one, "printed"), holds ? "" : ink("BLOCKED"),
		    holds ? "its signature holds" : text_at(one, "wrong"), holds ? "" : ink_off());
	}
}

static enum exit_code say_verdict(const char *file, const struct check *c, bool readable,
                                  const struct ledger_verdict *v)
{
	if (!readable) {
		say_to(stderr, 2, "%s: %s", file, v->what);
		return EXIT_NOT_FOUND;
	}
	if (!v->whole)
		say_to(stderr, 2, "the chain is BROKEN at row %lld: %s", (long long)v->first_bad,
		       v->what);
	if (c->bad > 0)
		say_to(stderr, 2, "%zu of %zu signatures do not hold", c->bad,
		       json_array_size(c->found));
	return v->whole && c->bad == 0 ? EXIT_DONE : EXIT_BROKEN;
}

enum exit_code cmd_hold_verify(const struct options *o)
{
	struct check c = {.key = o->key, .found = json_array()};
	const struct ledger_reader reader = {.row = take_row, .owner = &c};
	struct ledger_verdict v = {0};
	bool readable = ledger_read(o->word[0], &v, &reader);

	if (o->json)
		print_json(c.found);
	else
		print_found(c.found);
	enum exit_code code = say_verdict(o->word[0], &c, readable, &v);
	if (code == EXIT_DONE && !o->json)
		printf("%zu decisions, every signature holds, key %s\n", json_array_size(c.found),
		       o->key != NULL ? o->key : c.of_start);
	json_decref(c.found);
	return code;
}
