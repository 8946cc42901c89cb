/*
 * phoning: approvals by telephone. The request's code, a physician's key, and what becomes of an
 * answer that the operator enters for them.
 *
 * A physician's key is worked out of the gate's own key, the person's secret as it is on file, and
 * their second factor: nothing more is kept, and whoever changes either has a new one.
 */
#include "house/override.h"

#include "core/text.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/phone.h"

void phoning_key(const struct gate *g, const struct person *who, unsigned char *key)
{
	char label[400];
	char seed[2 * SEED_BYTES + 1];

	sodium_bin2hex(seed, sizeof seed, who->seed, SEED_BYTES);
	snprintf(label, sizeof label, "dosegate telephone key 1\n%s\n%s\n%s\n", who->name,
	         who->hash, seed);
	seal_derive(g->librarian.seal, label, key, PHONE_KEY_BYTES);
	sodium_memzero(label, sizeof label);
	sodium_memzero(seed, sizeof seed);
}

/* What the code says besides the digest: the tightest of what it was held for. */
static void put_asked(const struct hold *h, struct phone_request *r)
{
	const struct reason *why = &h->verdict.reason[h->verdict.tightest];

	if (h->screening || h->verdict.n_reasons == 0 || why->param == PARAM_NONE)
		return;
	r->param = (uint8_t)(why->param + 1);
	r->asked = why->has_asked && why->asked > 0 ? why->asked : 0;
}

void phoning_code(const struct device *d, const char *digest, char *code)
{
	const struct session *s = &d->session;
	char first[14]; /* 52 bits as hex; the last two are let go */
	struct phone_request r = {
	        .number = s->hold.number, .unit = d->config->unit, .skin = s->limits.skin};

	text_copy(first, sizeof first, digest);
	r.digest = strtoull(first, NULL, 16) >> (4 * (sizeof first - 1) - PHONE_DIGEST_BITS);
	put_asked(&s->hold, &r);
	phone_code(&r, code);
}

/* NULL, or why this answer counts for nothing. */
static const char *why_not(struct pending *p, const struct person *who, const char *answer)
{
	struct override *o = &p->device->session.override;
	char code[PHONE_CODE_LEN], right[PHONE_ANSWER_LEN];
	unsigned char key[PHONE_KEY_BYTES];

	if (who == NULL || !person_may(who, RIGHT_APPROVE) || !who->has_seed)
		return "nobody of this name may approve by telephone";
	if (o->wrong_answers >= PHONE_TRIES)
		return "too many wrong answers: this request is no longer taken by telephone; "
		       "press the setting again for a new one, or have it approved at the gate";
	phoning_key(p->gate, who, key);
	phoning_code(p->device, p->shown, code);
	phone_answer(key, who->name, code, p->decision.reason_code, right);
	sodium_memzero(key, sizeof key);
	bool is_right = phone_is(right, answer);
	sodium_memzero(right, sizeof right);
	if (is_right)
		return NULL;
	o->wrong_answers++;
	return "this is not the answer to this request: is it this hold's code, this person, and "
	       "this reason code?";
}

/* It stands in the record: how often somebody guessed. */
static void record_wrong(struct pending *p, const char *why)
{
	gate_record(p->gate, LEDGER_PEOPLE,
	            json_pack("{s:s, s:s, s:s, s:i, s:s, s:s}", "event", "wrong telephone answer",
	                      "person", p->person, "device", p->device->config->name, "hold",
	                      (int)p->decision.hold_id, "entered_by", p->entered_by, "text", why),
	            NULL);
}

void phoning_answer(struct gate *g, struct control_ref who, int64_t call, struct device *d,
                    json_t *params)
{
	const char *person, *answer, *code, *text;
	char why[240] = "hold.answer wants hold, person (who answered), answer, reason_code and "
	                "reason_text (in the physician's words)";

	if (json_unpack(params, "{s:s, s:s, s:s, s:s}", "person", &person, "answer", &answer,
	                "reason_code", &code, "reason_text", &text) != 0 ||
	    !deciding_words_fit(g, code, text, why, sizeof why)) {
		control_fail(g->control, who, call, CONTROL_PARAMS, why, NULL);
		return;
	}
	struct pending *p = pending_take(g, who, call);
	if (p == NULL)
		return;
	const struct hold *h = &d->session.hold;
	const struct person *by = people_find(g->people, person);
	char request[OVERRIDE_TEXT_LEN];

	override_request(d, request);
	override_digest(request, p->shown);
	p->device = d;
	text_copy(p->person, sizeof p->person, person);
	text_copy(p->entered_by, sizeof p->entered_by, control_person(g->control, who));
	p->decision =
	        (struct decision){.hold_id = h->id, .version = h->version, .number = h->number};
	text_copy(p->decision.person, sizeof p->decision.person, person);
	text_copy(p->decision.reason_code, sizeof p->decision.reason_code, code);
	text_copy(p->decision.reason_text, sizeof p->decision.reason_text, text);
	const char *no =
	        h->state != HOLD_OPEN ? hold_status_words(HOLD_NOT_NOW) : why_not(p, by, answer);
	if (no != NULL) {
		record_wrong(p, no);
		control_fail(g->control, who, call, CONTROL_REFUSED, no, NULL);
		pending_done(p);
		return;
	}
	deciding_proved(p, by);
}
