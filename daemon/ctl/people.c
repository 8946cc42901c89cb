/*
 * people: who is on file, and how they prove who they are.
 */
#include "ctl.h"

#include <sodium.h>
#include <string.h>

#include "edge/people.h"

/* Typed without echo, so typed twice. */
bool read_new_secret(const struct options *o, const char *whose, char *out, size_t len)
{
	char again[256] = "", prompt[80];
	bool same = true;

	snprintf(prompt, sizeof prompt, "secret %s: ", whose);
	if (!read_secret(o->new_secret_file, prompt, out, len)) {
		fputs("no new secret: give --new-secret-file FILE, or type it on a terminal\n",
		      stderr);
		return false;
	}
	if (o->new_secret_file == NULL)
		same = read_secret(NULL, "the same once more: ", again, sizeof again) &&
		       strcmp(out, again) == 0;
	sodium_memzero(again, sizeof again);
	if (!same)
		fputs("the two were not the same; nothing was changed\n", stderr);
	return same;
}

/* The first person (a director, from the gate's own account) needs no login: there is nobody yet
 * to prove anything. */
enum exit_code cmd_add_person(const struct options *o)
{
	struct rpc *r;
	char secret[256] = "";
	enum exit_code code;

	if (o->printed == NULL || o->role == NULL) {
		say_to(stderr, 2, "people add wants NAME --printed \"Full Name\" --role, one of %s",
		       person_role_names());
		return EXIT_USAGE;
	}
	r = rpc_open(o);
	if (o->as != NULL && (code = rpc_login(r, o)) != EXIT_DONE)
		goto out;
	if (!read_new_secret(o, "of the new person", secret, sizeof secret)) {
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

/* --- the second factor -------------------------------------------------------------------------
 */

static void print_enrolment(json_t *enrolled)
{
	qr_print(stdout, text_at(enrolled, "uri"));
	say(2,
	    "scan it with the telephone's program for one-time codes, or type its seed there: %s",
	    text_at(enrolled, "seed"));
	say(2, "%s", text_at(enrolled, "uri"));
	fflush(stdout);
}

/* The first code shows that the telephone has it; before, nothing is changed. */
static enum exit_code confirm(const struct options *o, struct rpc *r)
{
	enum exit_code code;
	char digits[32] = "";

	if (!read_secret(NULL, "the first code it shows: ", digits, sizeof digits)) {
		puts("then confirm it within ten minutes: people confirm CODE");
		return EXIT_DONE;
	}
	json_t *result = rpc_call(r, "people.confirm", json_pack("{s:s}", "code", digits), &code);

	if (result != NULL && !o->json)
		puts("it counts from now on; keep the telephone with you");
	return print_result(o, result, code, NULL);
}

enum exit_code cmd_enrol(const struct options *o)
{
	struct rpc *r = rpc_open(o);
	enum exit_code code = rpc_login(r, o);
	json_t *result = NULL;

	if (code == EXIT_DONE)
		result = rpc_call(r, "people.enrol", json_pack("{s:s}", "secret", rpc_secret(r)),
		                  &code);
	bool shown = result != NULL;
	code = print_result(o, result, code, print_enrolment);
	if (shown && !o->json)
		code = confirm(o, r);
	rpc_close(r);
	return code;
}

/* --- a secret of one's own, and being let in again ---------------------------------------------
 */

static void print_set(json_t *result)
{
	printf("the new secret of %s counts from now on\n", text_at(result, "name"));
}

enum exit_code cmd_secret(const struct options *o)
{
	struct rpc *r = rpc_open(o);
	enum exit_code code = rpc_login(r, o);
	json_t *result = NULL;
	char secret[256] = "";

	if (code == EXIT_DONE && !read_new_secret(o, "from now on", secret, sizeof secret))
		code = EXIT_USAGE;
	if (code == EXIT_DONE)
		result = rpc_call(r, "people.secret",
		                  json_pack("{s:s, s:s}", "secret", rpc_secret(r), "new", secret),
		                  &code);
	sodium_memzero(secret, sizeof secret);
	rpc_close(r);
	return print_result(o, result, code, print_set);
}

static void print_half(json_t *result)
{
	const char *half = text_at(result, "half"), *name = text_at(result, "person");

	printf("tell %s in person, and nobody else: %.4s-%s\n", name, half, half + 4);
	if (json_is_true(json_object_get(result, "ready")))
		say(2,
		    "it is the second of two halves; within a quarter of an hour %s types both: "
		    "dosegatectl people renew %s",
		    name, name);
	else
		say(2,
		    "another person says the same within a quarter of an hour: people recover %s; "
		    "one of you two is a director or a safety officer",
		    name);
}

enum exit_code cmd_recover(const struct options *o)
{
	struct rpc *r;
	enum exit_code code;
	json_t *result = NULL;

	if (!has_reason(o, "people recover"))
		return EXIT_USAGE;
	r = rpc_open(o);
	if ((code = rpc_login(r, o)) == EXIT_DONE)
		result = rpc_call(r, "people.recover",
		                  json_pack("{s:s, s:s, s:s}", "person", o->word[0], "secret",
		                            rpc_secret(r), "reason", o->reason),
		                  &code);
	rpc_close(r);
	return print_result(o, result, code, print_half);
}

static bool read_half(const struct options *o, size_t which, char *out, size_t len)
{
	if (o->n_halves > which) {
		snprintf(out, len, "%s", o->half[which]);
		return true;
	}
	return read_secret(
	        NULL, which == 0 ? "the half from the one: " : "the half from the other: ", out,
	        len);
}

enum exit_code cmd_renew(const struct options *o)
{
	char one[64] = "", two[64] = "", secret[256] = "";
	enum exit_code code = EXIT_USAGE;
	json_t *result = NULL;
	struct rpc *r = rpc_open(o);

	if (!read_half(o, 0, one, sizeof one) || !read_half(o, 1, two, sizeof two)) {
		fputs("people renew wants NAME and the two halves (--half) that two others were "
		      "shown\n",
		      stderr);
		goto out;
	}
	if (read_new_secret(o, "from now on", secret, sizeof secret))
		result = rpc_call(r, "people.renew",
		                  json_pack("{s:s, s:[s, s], s:s}", "person", o->word[0], "halves",
		                            one, two, "new", secret),
		                  &code);
out:
	sodium_memzero(secret, sizeof secret);
	rpc_close(r);
	return print_result(o, result, code, print_set);
}

static void print_confirmed(json_t *result)
{
	printf("the second factor of %s counts from now on\n", text_at(result, "name"));
}

enum exit_code cmd_confirm(const struct options *o)
{
	return signed_call(o, "people.confirm", json_pack("{s:s}", "code", o->word[0]),
	                   print_confirmed);
}
