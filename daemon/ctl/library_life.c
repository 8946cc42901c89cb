/*
 * library_life: proposing a library, activating one, and who did when.
 */
#include "library_life.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool hash_in_use(struct rpc *r, char hash[HASH_HEX_LEN], enum exit_code *code)
{
	json_t *list = rpc_call(r, "library.list", json_object(), code);

	snprintf(hash, HASH_HEX_LEN, "%s", text_at(json_object_get(list, "in_use"), "hash"));
	json_decref(list);
	return list != NULL;
}

/* --- propose ------------------------------------------------------------------------------------
 */

static void print_proposed(json_t *s)
{
	const char *hash = text_at(s, "library");

	say(2,
	    "library %.16s is in the store, proposed by %s; nothing is judged by it yet. What "
	    "would "
	    "change: dosegatectl library rerun %.8s. A director who is not %s takes it into use: "
	    "dosegatectl library activate %.8s --reason \"...\"",
	    hash, text_at(s, "printed"), hash, text_at(s, "person"), hash);
}

enum exit_code cmd_library_propose(const struct options *o)
{
	char *dir = realpath(o->word[0], NULL); /* the gate is at home elsewhere */
	enum exit_code code = EXIT_NOT_FOUND;

	if (dir != NULL)
		code = signed_call(
		        o, "library.propose",
		        json_pack("{s:s, s:s}", "dir", dir, "note", o->note != NULL ? o->note : ""),
		        print_proposed);
	else
		fprintf(stderr, "%s: %s\n", o->word[0], strerror(errno));
	free(dir);
	return code;
}

/* --- list
 * ----------------------------------------------------------------------------------------- */

static void print_stored(json_t *one, const char *in_use)
{
	const char *hash = text_at(one, "hash"), *note = text_at(one, "reason");
	char at[32];

	if (text_at(one, "wrong")[0] != '\0')
		say(4, "%.16s  NOT TO BE BELIEVED: %s", hash, text_at(one, "wrong"));
	else
		say(20, "%.16s  %s  proposed by %s%s%s%s%s", hash, when(one, at, sizeof at),
		    text_at(one, "printed"), demo_words(one), note[0] != '\0' ? ": " : "", note,
		    strcmp(hash, in_use) == 0 ? "  [IN USE]" : "");
}

static void print_list(json_t *result)
{
	json_t *in_use = json_object_get(result, "in_use"), *one;
	char at[32];
	size_t i;

	json_array_foreach(json_object_get(result, "libraries"), i, one)
	        print_stored(one, text_at(in_use, "hash"));
	if (json_is_true(json_object_get(in_use, "any")))
		say(2, "in use: %.16s, since %s, activated by %s%s: %s", text_at(in_use, "hash"),
		    when(in_use, at, sizeof at), text_at(in_use, "printed"), demo_words(in_use),
		    text_at(in_use, "reason"));
	else
		say(2, "NO LIBRARY IS IN USE: %s", text_at(in_use, "why"));
}

enum exit_code cmd_library_list(const struct options *o)
{
	return look(o, "library.list", json_object(), print_list);
}

/* --- history
 * --------------------------------------------------------------------------------------- */

static void print_step(json_t *row)
{
	json_t *body = json_object_get(row, "body");
	const char *event = text_at(body, "event");
	char at[32];

	if (strcmp(event, "stored") == 0)
		return; /* the proposal says it already */
	say(36, "%6lld  %s  %-10s  %s%s", number_at(row, "seq"), when(row, at, sizeof at), event,
	    text_at(body, "text"), demo_words(body));
}

static bool take_history(struct rpc *r, json_t *all, enum exit_code *code)
{
	json_int_t after = 0;
	bool more = true;
	json_t *page = NULL;

	while (more) {
		page = rpc_call(r, "library.history", json_pack("{s:I}", "after", after), code);
		json_array_extend(all, json_object_get(page, "rows"));
		after = number_at(page, "next");
		more = json_is_true(json_object_get(page, "more"));
		json_decref(page);
	}
	return page != NULL;
}

enum exit_code cmd_library_history(const struct options *o)
{
	struct rpc *r = rpc_open(o);
	json_t *all = json_array(), *row;
	enum exit_code code;
	size_t i;

	if (take_history(r, all, &code) && o->json) {
		json_t *told = json_pack("{s:O}", "rows", all);

		print_json(told);
		json_decref(told);
	} else {
		json_array_foreach(all, i, row) print_step(row);
	}
	if (code == EXIT_DONE && json_array_size(all) == 0 && !o->json)
		puts("nobody has proposed a library yet");
	json_decref(all);
	rpc_close(r);
	return code;
}

/* --- activate
 * -------------------------------------------------------------------------------------- */

static void print_activated(json_t *s)
{
	fputs(text_at(s, "text"), stdout);
	say(2, "signed by the gate's key %.16s...; library %.16s is in use", text_at(s, "key"),
	    text_at(s, "library"));
}

/* The whole hash, and who proposed it when; NULL after saying that there is none. */
static json_t *proposal_of(struct rpc *r, const char *begin, enum exit_code *code)
{
	json_t *list = rpc_call(r, "library.list", json_object(), code), *one, *found = NULL;
	size_t i, n = 0;

	json_array_foreach(json_object_get(list, "libraries"), i, one)
	{
		if (strncmp(text_at(one, "hash"), begin, strlen(begin)) != 0)
			continue;
		found = one;
		n++;
	}
	json_incref(n == 1 ? found : NULL);
	json_decref(list);
	if (list == NULL || n == 1)
		return n == 1 ? found : NULL;
	say_to(stderr, 2,
	       n == 0 ? "no library in the store has a hash that begins with \"%s\"; see "
	                "dosegatectl library list"
	              : "more than one library in the store begins with \"%s\"; give more digits",
	       begin);
	*code = n == 0 ? EXIT_NOT_FOUND : EXIT_USAGE;
	return NULL;
}

/* What it would have changed; NULL when nothing was judged so far, or after an error. */
static json_t *shown(struct rpc *r, const char *in_use, const char *hash, long long days,
                     bool quiet, enum exit_code *code)
{
	struct loan before = {.hash = ""}, after = {.hash = ""};
	struct counts counts;
	json_t *told = NULL;

	if (in_use[0] != '\0' && loan_open(&before, r, in_use, code) &&
	    loan_open(&after, r, hash, code) &&
	    rerun(r, &before, &after, days, false, NULL, &counts, code)) {
		if (!quiet)
			print_counts(&counts);
		told = counts_json(&counts);
	}
	loan_close(&before);
	loan_close(&after);
	return told;
}

/* A person at a terminal says once more which one; a script has said so. */
static bool is_meant(const char *hash)
{
	char line[80] = "";

	if (!isatty(STDIN_FILENO))
		return true;
	fflush(stdout); /* what is to be signed stands before the question */
	fputs("to sign, type the first eight digits of its hash: ", stderr);
	if (fgets(line, sizeof line, stdin) != NULL && strncmp(line, hash, 8) == 0)
		return true;
	fputs("not signed; the library in use stays\n", stderr);
	return false;
}

static enum exit_code sign(const struct options *o, struct rpc *r, json_t *proposal, long long days)
{
	const char *hash = text_at(proposal, "hash"), *note = text_at(proposal, "reason");
	char in_use[HASH_HEX_LEN], at[32];
	enum exit_code code;
	json_t *told, *result = NULL;

	if (!o->json)
		say(2, "library %.16s, proposed by %s on %s: %s", hash,
		    text_at(proposal, "printed"), when(proposal, at, sizeof at),
		    note[0] != '\0' ? note : "(no note)");
	if (!hash_in_use(r, in_use, &code))
		return code;
	told = shown(r, in_use, hash, days, o->json, &code);
	if (code == EXIT_DONE && !is_meant(hash))
		code = EXIT_REFUSED;
	else if (code == EXIT_DONE)
		result = rpc_call(r, "library.activate",
		                  json_pack("{s:s, s:s, s:s, s:s, s:O*}", "hash", hash, "before",
		                            in_use, "reason", o->reason, "secret", rpc_secret(r),
		                            "rerun", told),
		                  &code);
	if (result != NULL && o->json)
		print_json(result);
	else if (result != NULL)
		print_activated(result);
	json_decref(result);
	json_decref(told);
	return code;
}

enum exit_code cmd_library_activate(const struct options *o)
{
	enum exit_code code;
	json_t *proposal = NULL;
	long long days;
	struct rpc *r;

	if (!take_days(o, &days) || !has_reason(o, "library activate"))
		return EXIT_USAGE;
	r = rpc_open(o);
	code = rpc_login(r, o);
	if (code == EXIT_DONE)
		proposal = proposal_of(r, o->word[0], &code);
	if (proposal != NULL)
		code = sign(o, r, proposal, days);
	json_decref(proposal);
	rpc_close(r);
	return code;
}

/* --- the gate's key
 * -------------------------------------------------------------------------------- */

static void print_key(json_t *h)
{
	if (text_at(h, "key")[0] == '\0')
		puts("the gate has no key; its log says why");
	else
		puts(text_at(h, "key"));
}

enum exit_code cmd_key(const struct options *o)
{
	return look(o, "hello", json_object(), print_key);
}
