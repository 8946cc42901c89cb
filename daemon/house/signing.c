/*
 * signing: what waits for a secret to be checked: logins and new people. Identity is proved to the
 * gate, never asserted. Decisions on holds: deciding.c.
 */
#include "house/gate.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

struct claim signing_claim(const char *person, const char *secret, const char *code)
{
	return (struct claim){
	        .name = person, .secret = secret, .code = code, .unix_s = (int64_t)time(NULL)};
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

void signing_login(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	const char *person, *secret, *code = NULL;

	if (json_unpack(params, "{s:s, s:s, s?s}", "person", &person, "secret", &secret, "code",
	                &code) != 0) {
		control_fail(g->control, who, call, CONTROL_PARAMS,
		             "login wants \"person\" and \"secret\", and may have the \"code\" of "
		             "the second factor",
		             NULL);
		return;
	}
	struct pending *p = pending_take(g, who, call);
	if (p == NULL)
		return;
	struct claim claim = signing_claim(person, secret, code);
	p->both = code != NULL;
	text_copy(p->person, sizeof p->person, person);
	people_prove(g->people, &claim, login_proved, g, p);
}

/* --- people -------------------------------------------------------------------------------------
 */

/* Of a change to a person: recorded as this event, answered with the person's name. */
static void changed(struct pending *p, const char *why, const char *event, const char *text)
{
	struct gate *g = p->gate;

	if (why != NULL) {
		control_fail(g->control, p->who, p->call, CONTROL_REFUSED, why, NULL);
	} else {
		gate_record(g, LEDGER_PEOPLE,
		            json_pack("{s:s, s:s, s:s, s:s}", "event", event, "person", p->person,
		                      "by", control_person(g->control, p->who), "text", text),
		            NULL);
		control_result(g->control, p->who, p->call, json_pack("{s:s}", "name", p->person));
	}
	pending_done(p);
}

static void person_added(void *owner, void *tag, const char *why)
{
	(void)owner;
	changed(tag, why, "added", "a person was added");
}

/* With nobody on file there is nobody to prove anything: then the account the gate runs as, or
 * root, may add the first person, who must be a director. */
static bool may_begin(struct gate *g, struct control_ref who, enum person_role role)
{
	uid_t uid = control_peer_uid(g->control, who);

	return people_count(g->people) == 0 && role == ROLE_DIRECTOR &&
	       (uid == 0 || uid == getuid());
}

void signing_add_person(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	const char *name, *printed, *role_name, *secret;
	char why[160];

	if (json_unpack(params, "{s:s, s:s, s:s, s:s}", "name", &name, "printed", &printed, "role",
	                &role_name, "secret", &secret) != 0) {
		control_fail(g->control, who, call, CONTROL_PARAMS,
		             "people.add wants name, printed, role and secret", NULL);
		return;
	}
	enum person_role role = person_role_named(role_name);
	if (role == PERSON_ROLE_COUNT) {
		snprintf(why, sizeof why, "role is one of %s", person_role_names());
		control_fail(g->control, who, call, CONTROL_PARAMS, why, NULL);
		return;
	}
	if (people_count(g->people) == 0 && !may_begin(g, who, role)) {
		control_fail(g->control, who, call, CONTROL_NOT_ALLOWED,
		             "the first person is a director, added from the gate's own account",
		             NULL);
		return;
	}
	if (people_count(g->people) > 0 && !may(g, who, call, RIGHT_PEOPLE))
		return;
	struct pending *p = pending_take(g, who, call);
	if (p == NULL)
		return;
	text_copy(p->person, sizeof p->person, name);
	people_add(g->people, name, printed, role, secret, person_added, g, p);
}

/* --- the second factor -------------------------------------------------------------------------
 */

static void enrol_proved(void *owner, void *tag, const struct person *who,
                         const struct proof *proof)
{
	char seed[SEED_TEXT_LEN], uri[URI_LEN];
	struct gate *g = owner;
	struct pending *p = tag;

	if (who == NULL) {
		signing_refused(p, proof);
		return;
	}
	must(people_enrol(g->people, who->name, seed)); /* just proved to be somebody */
	people_uri(g->config->clinic.name, who->name, seed, uri);
	control_result(g->control, p->who, p->call,
	               json_pack("{s:s, s:s, s:s}", "person", who->name, "seed", seed, "uri", uri));
	explicit_bzero(seed, sizeof seed);
	explicit_bzero(uri, sizeof uri);
	pending_done(p);
}

/* Whoever has a second factor gives its code, or a secret alone could put another in its place. */
void signing_enrol(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	const char *secret, *code = "", *name = control_person(g->control, who);

	if (json_unpack(params, "{s:s, s?s}", "secret", &secret, "code", &code) != 0) {
		control_fail(g->control, who, call, CONTROL_PARAMS,
		             "people.enrol wants \"secret\", and the \"code\" of the second factor "
		             "there is",
		             NULL);
		return;
	}
	struct pending *p = pending_take(g, who, call);
	if (p == NULL)
		return;
	text_copy(p->person, sizeof p->person, name);
	struct claim claim = signing_claim(p->person, secret,
	                                   people_find(g->people, name)->has_seed ? code : NULL);
	people_prove(g->people, &claim, enrol_proved, g, p);
}

static void enrolled(void *owner, void *tag, const char *why)
{
	(void)owner;
	changed(tag, why, "second factor", "a second factor was enrolled");
}

void signing_enrol_end(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	const char *code = json_string_value(json_object_get(params, "code"));

	if (code == NULL) {
		control_fail(
		        g->control, who, call, CONTROL_PARAMS,
		        "people.confirm wants \"code\", the first one of the new second factor",
		        NULL);
		return;
	}
	struct pending *p = pending_take(g, who, call);
	if (p == NULL)
		return;
	text_copy(p->person, sizeof p->person, control_person(g->control, who));
	people_enrol_end(g->people, p->person, code, (int64_t)time(NULL), enrolled, g, p);
}
