/*
 * librarian_papers: what is signed about a library, and what is recorded of it.
 */
#include "librarian_steps.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

/* Says when, and signs. False when it cannot be one line of text each. */
static bool sign(const struct seal *seal, struct statement *s)
{
	char text[STATEMENT_LEN];

	s->at_unix_ms = time_unix_ms();
	if (!statement_text(s, text))
		return false;
	text_copy(s->key, sizeof s->key, seal_key(seal));
	seal_sign(seal, text, s->signature);
	return true;
}

/* Signed by this gate, and about the library it is kept as. */
bool paper_holds(const struct librarian *l, const char *hash, const struct statement *s, char *why,
                 size_t why_len)
{
	char text[STATEMENT_LEN];
	const char *key = seal_key(l->seal);

	if (strcmp(s->library, hash) != 0)
		snprintf(why, why_len, "it speaks of another library, %.16s", s->library);
	else if (strcmp(s->key, key) != 0)
		snprintf(why, why_len,
		         "it was signed with the key %.16s…, and this gate's is %.16s…", s->key,
		         key);
	else if (!statement_text(s, text) || !seal_holds(key, text, s->signature))
		snprintf(why, why_len, "its signature does not hold: it was changed or forged");
	else
		return true;
	return false;
}

static json_t *body_of(const char *event, const struct statement *s, const char *text)
{
	json_t *body = statement_json(s);
	char library[17];

	must(body != NULL); /* it was signed, so it is text */
	text_copy(library, sizeof library, s->library);
	json_object_set_new(body, "statement", json_incref(json_object_get(body, "text")));
	json_object_update_new(body, json_pack("{s:s, s:s, s:s, s:s}", "event", event, "hash",
	                                       s->library, "library", library, "text", text));
	json_object_del(body, "version");
	return body;
}

json_t *proposal_body(const struct errand *e)
{
	char text[700];

	snprintf(text, sizeof text, "library %.16s proposed by %s: %s", e->hash, e->printed,
	         e->reason[0] != '\0' ? e->reason : "(no note)");
	return body_of("proposed", &e->statement, text);
}

/* False when it cannot be signed. */
bool state_proposal(struct errand *e)
{
	struct statement *s = &e->statement;

	s->kind = STATEMENT_PROPOSAL;
	text_copy(s->library, sizeof s->library, e->hash);
	text_copy(s->person, sizeof s->person, e->person);
	text_copy(s->printed, sizeof s->printed, e->printed);
	text_copy(s->reason, sizeof s->reason, e->reason);
	return sign(e->gate->librarian.seal, s) ||
	       errand_wrong(e, CONTROL_PARAMS, "a note is one line of text");
}

json_t *activation_body(const struct errand *e)
{
	char text[700];

	snprintf(text, sizeof text, "library %.16s activated by %s (proposed by %s): %s", e->hash,
	         e->printed, e->proposal.printed, e->reason);
	json_t *body = body_of("activated", &e->statement, text);
	if (e->given != NULL)
		json_object_set(body, "rerun", e->given);
	return body;
}

bool state_activation(struct errand *e)
{
	struct statement *s = &e->statement;
	const struct edition *now = e->gate->edition_in_use;

	s->kind = STATEMENT_ACTIVATION;
	s->demo = e->proposal.demo;
	text_copy(s->library, sizeof s->library, e->hash);
	text_copy(s->files, sizeof s->files, e->proposal.files);
	text_copy(s->before, sizeof s->before, now != NULL ? now->hash : "");
	text_copy(s->person, sizeof s->person, e->person);
	text_copy(s->printed, sizeof s->printed, e->printed);
	text_copy(s->proposer, sizeof s->proposer, e->proposal.person);
	text_copy(s->reason, sizeof s->reason, e->reason);
	return sign(e->gate->librarian.seal, s) ||
	       errand_wrong(e, CONTROL_PARAMS, "a reason is one line of text");
}

void record_in_use(struct gate *g, const struct statement *s, bool well, const char *why)
{
	char text[160];

	snprintf(text, sizeof text, "library %.16s is in use: new sessions are judged by it",
	         s->library);
	gate_record(g, LEDGER_LIBRARY,
	            json_pack("{s:s, s:s, s:s, s:b, s:s}", "event", well ? "in use" : "not in use",
	                      "hash", s->library, "signature", s->signature, "demo", s->demo,
	                      "text", well ? text : why),
	            NULL);
}
