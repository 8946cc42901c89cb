/*
 * librarian: what people ask for: a proposal, an activation. Each goes from step to step: proved,
 * looked at, signed, recorded, done.
 */
#include "librarian_steps.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

/* --- proposing ---------------------------------------------------------------------------------
 */

static void perform_write_proposal(struct errand *e)
{
	e->error = CONTROL_REFUSED;
	e->well = store_write(e->gate->librarian.store, e->hash, &e->statement, e->why,
	                      sizeof e->why);
}

static void proposal_written(struct errand *e)
{
	char text[120];

	if (e->well)
		e->answer = statement_json(&e->statement);
	snprintf(text, sizeof text, "library %.16s is in the store; nothing is judged by it yet",
	         e->hash);
	gate_record(e->gate, LEDGER_LIBRARY,
	            json_pack("{s:s, s:s, s:s}", "event", e->well ? "stored" : "not stored", "hash",
	                      e->hash, "text", e->well ? text : e->why),
	            NULL);
	errand_answer(e);
}

static void proposal_recorded(struct gate *g, struct record_tag *tag, bool ok)
{
	struct errand *e = CONTAINER_OF(tag, struct errand, tag);

	(void)g;
	if (ok) {
		errand_run(e, perform_write_proposal, proposal_written);
		return;
	}
	e->well = errand_wrong(e, CONTROL_REFUSED, STEP_NOT_RECORDED);
	errand_answer(e);
}

static void looked(struct errand *e)
{
	bool again = e->well && e->proposal.library[0] != '\0';

	if (again && strcmp(e->proposal.person, e->person) == 0 && !e->proposal.demo)
		e->well = errand_wrong(e, CONTROL_REFUSED,
		                       "you have proposed this library (%.16s) already; a director "
		                       "may activate it",
		                       e->hash);
	e->well = e->well && state_proposal(e);
	e->tag.done = proposal_recorded;
	if (e->well && gate_record(e->gate, LEDGER_LIBRARY, proposal_body(e), &e->tag))
		return;
	if (e->well)
		e->well = errand_wrong(e, CONTROL_REFUSED, STEP_NOT_RECORDED);
	errand_answer(e);
}

/* What both want: a key to sign with, and who it is, in one line of text. */
static struct errand *begin(struct gate *g, struct control_ref who, int64_t call)
{
	struct errand *e;

	if (g->librarian.seal == NULL || g->librarian.store == NULL) {
		control_fail(g->control, who, call, CONTROL_REFUSED, g->librarian.trouble, NULL);
		return NULL;
	}
	e = errand_take(g, who, call, true);
	if (e == NULL)
		return NULL;
	const struct person *p = people_find(g->people, control_person(g->control, who));
	text_copy(e->person, sizeof e->person, p->name);
	text_copy(e->printed, sizeof e->printed, p->printed);
	e->edition = edition_take(g);
	return e;
}

/* Copies a text that must fit. */
static bool fit(struct errand *e, char *to, size_t size, const char *from, const char *what)
{
	if (strlen(from) < size) {
		memcpy(to, from, strlen(from) + 1);
		return true;
	}
	return errand_wrong(e, CONTROL_PARAMS, "%s has at most %zu bytes", what, size - 1);
}

void librarian_propose(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	struct errand *e = begin(g, who, call);
	const char *dir, *note = "";

	if (e == NULL)
		return;
	if (json_unpack(params, "{s:s, s?s}", "dir", &dir, "note", &note) != 0 || dir[0] != '/')
		e->well = errand_wrong(e, CONTROL_PARAMS,
		                       "library.propose wants \"dir\", the whole path of a folder, "
		                       "and may have a \"note\"");
	else
		e->well = fit(e, e->dir, sizeof e->dir, dir, "dir") &&
		          fit(e, e->reason, sizeof e->reason, note, "note");
	if (e->well)
		errand_run(e, perform_look, looked);
	else
		errand_answer(e);
}

/* --- activating ---------------------------------------------------------------------------------
 */

bool find_whole(struct errand *e)
{
	char found[2][STORE_HASH_LEN];
	size_t n = store_find(e->gate->librarian.store, e->hash, found, 2);

	if (n == 1 && strlen(e->hash) >= 8) {
		text_copy(e->hash, sizeof e->hash, found[0]);
		return true;
	}
	return errand_wrong(e, n == 0 ? CONTROL_NOT_FOUND : CONTROL_PARAMS,
	                    n == 0 ? "no library in the store has a hash that begins with \"%s\"; "
	                             "see library list"
	                           : "\"%s\" is too short: give 8 digits of the hash or more, as "
	                             "library list shows it",
	                    e->hash);
}

/* Two persons: one who proposes, and the director. */
static bool another_proposed(struct errand *e)
{
	if (e->proposal.demo)
		return errand_wrong(e, CONTROL_REFUSED,
		                    "nobody has proposed this library but the demo; let a person "
		                    "propose it");
	return strcmp(e->proposal.person, e->person) != 0 ||
	       errand_wrong(e, CONTROL_REFUSED,
	                    "you have proposed this library yourself; nobody activates their own "
	                    "proposal: let another person propose it");
}

static void perform_fetch(struct errand *e)
{
	e->well = find_whole(e) && read_proposal(e) && another_proposed(e) &&
	          load_stored(e, &e->proposal) && fits_clinic(e);
}

static void perform_write_activation(struct errand *e)
{
	e->error = CONTROL_REFUSED;
	e->well = store_write(e->gate->librarian.store, STORE_ACTIVE, &e->statement, e->why,
	                      sizeof e->why);
}

static void activation_written(struct errand *e)
{
	if (e->well) {
		take_into_use(e->gate, e);
		e->answer = statement_json(&e->statement);
	}
	record_in_use(e->gate, &e->statement, e->well, e->why);
	errand_answer(e);
}

static void activation_recorded(struct gate *g, struct record_tag *tag, bool ok)
{
	struct errand *e = CONTAINER_OF(tag, struct errand, tag);

	(void)g;
	if (ok) {
		errand_run(e, perform_write_activation, activation_written);
		return;
	}
	e->well = errand_wrong(e, CONTROL_REFUSED, STEP_NOT_RECORDED);
	errand_answer(e);
}

static void fetched(struct errand *e)
{
	const struct edition *now = e->gate->edition_in_use;

	if (e->well && now != NULL && strcmp(now->hash, e->hash) == 0)
		e->well = errand_wrong(e, CONTROL_REFUSED, "this library is in use already");
	e->well = e->well && state_activation(e);
	e->tag.done = activation_recorded;
	if (e->well && gate_record(e->gate, LEDGER_LIBRARY, activation_body(e), &e->tag))
		return;
	if (e->well)
		e->well = errand_wrong(e, CONTROL_REFUSED, STEP_NOT_RECORDED);
	errand_answer(e);
}

static void activation_proved(void *owner, void *tag, const struct person *who,
                              const struct proof *proof)
{
	struct gate *g = owner;
	struct errand *e = tag;

	if (who != NULL) {
		errand_run(e, perform_fetch, fetched);
		return;
	}
	e->answer = signing_not_proved(g, e->person, proof, e->why, sizeof e->why);
	e->error = CONTROL_NOT_PROVED;
	errand_answer(e);
}

/* A director who looked at what changes must not activate over something else. */
static bool as_looked_at(struct errand *e, const char *before)
{
	const struct edition *now = e->gate->edition_in_use;
	const char *hash = now != NULL ? now->hash : "";
	bool same = before[0] == '\0'
	                    ? now == NULL
	                    : strlen(before) >= 8 && strncmp(hash, before, strlen(before)) == 0;

	return same ||
	       errand_wrong(e, CONTROL_REFUSED,
	                    "the library in use is %.16s, not the one you compared with (%.16s); "
	                    "look again",
	                    now != NULL ? hash : "none", before[0] != '\0' ? before : "none");
}

static bool take_activation(struct errand *e, json_t *params, const char **secret,
                            const char **code)
{
	const char *hash, *reason, *before;
	json_t *shown = NULL;

	if (json_unpack(params, "{s:s, s:s, s?s, s:s, s:s, s?o}", "hash", &hash, "secret", secret,
	                "code", code, "reason", &reason, "before", &before, "rerun", &shown) != 0 ||
	    (shown != NULL && (!json_is_object(shown) || json_object_size(shown) > 8)))
		return errand_wrong(
		        e, CONTROL_PARAMS,
		        "library.activate wants hash, secret, code, reason and before, the "
		        "hash of the library in use (\"\" when none is); rerun, what "
		        "was shown, may be there");
	if (strspn(reason, " ") == strlen(reason))
		return errand_wrong(e, CONTROL_REFUSED, "a library is activated with a reason");
	e->given = json_incref(shown);
	return fit(e, e->hash, sizeof e->hash, hash, "hash") &&
	       fit(e, e->reason, sizeof e->reason, reason, "reason") && as_looked_at(e, before);
}

void librarian_activate(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	struct errand *e = begin(g, who, call);
	const char *secret = "", *code = "";

	if (e == NULL)
		return;
	bool well = take_activation(e, params, &secret, &code);
	struct claim claim = signing_claim(g, who, e->person, secret, code);
	if (well)
		people_prove(g->people, &claim, activation_proved, g, e);
	else
		errand_answer(e);
}
