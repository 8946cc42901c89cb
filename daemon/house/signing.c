/*
 * signing: what waits for a secret to be checked: logins. Identity is proved to the
 * gate, never asserted. Decisions on holds: deciding.c; people: persons.c.
 */
#include "house/gate.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define LOOK_MS 200

struct pending *pending_take(struct gate *g, struct control_ref who, int64_t call)
{
	for (int i = 0; i < PENDING_MAX; i++) {
		struct pending *p = &g->pending[i];

		if (p->used)
			continue;
		memset(p, 0, sizeof *p);
		p->used = true;
		p->gate = g;
		p->who = who;
		p->call = call;
		return p;
	}
	control_fail(g->control, who, call, CONTROL_BUSY,
	             "too many requests are being looked at; try again in a moment", NULL);
	return NULL;
}

void pending_done(struct pending *p)
{
	json_decref(p->params);
	json_decref(p->answer);
	p->params = p->answer = NULL;
	p->used = false;
}

struct claim signing_claim(const struct gate *g, struct control_ref who, const char *person,
                           const char *secret, const char *code)
{
	const char *source = control_source(g->control, who);

	return (struct claim){.name = person,
	                      .secret = secret,
	                      .code = code,
	                      .unix_s = (int64_t)time(NULL),
	                      .uid = control_peer_uid(g->control, who),
	                      .source = source[0] == '\0' ? NULL : source};
}

/* Codes are of a moment, so a clock that is wrong makes all of them wrong. */
static void add_clock(const struct gate *g, char *text, size_t len)
{
	time_t now = time(NULL);
	char at[32], why[240];
	size_t n = strlen(text);
	struct tm local;

	strftime(at, sizeof at, "%Y-%m-%d %H:%M:%S", localtime_r(&now, &local));
	if (time_is_sound(g, why, sizeof why))
		snprintf(
		        text + n, len - n,
		        "; the gate's clock says %s: if that is not the time, no code can be right "
		        "until the engineer has set it",
		        at);
	else
		snprintf(text + n, len - n, "; no code can be right before the clock is: %s", why);
}

json_t *signing_not_proved(struct gate *g, const char *person, const struct proof *proof,
                           char *text, size_t len)
{
	proof_words(proof, text, len);
	if (proof->status == PROOF_CODE_WRONG)
		add_clock(g, text, len);
	if (proof->status != PROOF_CODE_WANTED) /* a question, no try */
		gate_record(g, LEDGER_PEOPLE,
		            json_pack("{s:s, s:s, s:s}", "event", "not proved", "person", person,
		                      "text", text),
		            NULL);
	return json_pack("{s:s, s:i}", "proof", proof_name(proof->status), "wait_s", proof->wait_s);
}

void signing_refused(struct pending *p, const struct proof *proof)
{
	struct gate *g = p->gate;
	char text[400];
	json_t *data = signing_not_proved(g, p->person, proof, text, sizeof text);

	control_fail(g->control, p->who, p->call, CONTROL_NOT_PROVED, text, data);
	pending_done(p);
}

/* --- login ------------------------------------------------------------------------------------ */

static void login_proved(void *owner, void *tag, const struct person *who,
                         const struct proof *proof)
{
	struct gate *g = owner;
	struct pending *p = tag;

	if (who == NULL) {
		signing_refused(p, proof);
		return;
	}
	control_set_person(g->control, p->who, who->name, p->both);
	control_result(g->control, p->who, p->call,
	               json_pack("{s:s, s:s, s:s, s:b, s:b}", "person", who->name, "printed",
	                         who->printed, "role", person_role_name(who->role), "both", p->both,
	                         "second_factor", who->has_seed));
	pending_done(p);
}

/* Why this login is over, and how long it was to last; NULL: it is not. */
static const char *over(const struct gate *g, const struct control_login *l, int64_t *after_ms)
{
	const struct clinic *c = &g->config->clinic;
	const struct person *p = people_find(g->people, l->person);
	int64_t now = (int64_t)gate_now_ms(g);

	*after_ms = c->login_ms;
	if (now - (int64_t)l->since_ms >= c->login_ms)
		return "since you logged in";
	*after_ms = p != NULL && p->has_seed ? c->signers_idle_ms : c->others_idle_ms;
	return now - (int64_t)l->touched_ms >= *after_ms ? "without anything done" : NULL;
}

/* Whoever walks away leaves nothing open behind them. A treatment goes on. */
void signing_look(struct gate *g)
{
	if (gate_now_ms(g) < g->logins_due_ms)
		return;
	g->logins_due_ms = gate_now_ms(g) + LOOK_MS;
	for (uint16_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct control_login l;
		char text[160];
		int64_t after_ms;

		if (!control_login_at(g->control, i, &l))
			continue;
		const char *why = over(g, &l, &after_ms);
		if (why == NULL)
			continue;
		snprintf(text, sizeof text, "%s is logged off, %lld s %s; log in again", l.person,
		         (long long)(after_ms / 1000), why);
		control_tell(g->control, l.who, "logged_off",
		             json_pack("{s:s, s:s}", "person", l.person, "text", text));
		control_set_person(g->control, l.who, "", false);
	}
}

void signing_login(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	const char *person, *secret, *code = NULL, *source = "";

	if (json_unpack(params, "{s:s, s:s, s?s, s?s}", "person", &person, "secret", &secret,
	                "code", &code, "source", &source) != 0 ||
	    strlen(source) >= CONTROL_SOURCE_LEN) {
		control_fail(g->control, who, call, CONTROL_PARAMS,
		             "login wants \"person\" and \"secret\", and may have the \"code\" of "
		             "the second factor and, of a program that speaks for others, the "
		             "\"source\" it speaks for",
		             NULL);
		return;
	}
	struct pending *p = pending_take(g, who, call);
	if (p == NULL)
		return;
	p->both = code != NULL;
	text_copy(p->person, sizeof p->person, person);
	if (source[0] != '\0')
		control_set_source(g->control, who, source);
	struct claim claim = signing_claim(g, who, person, secret, code);
	people_prove(g->people, &claim, login_proved, g, p);
}
