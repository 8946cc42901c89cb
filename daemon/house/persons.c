/*
 * persons: who is on file, their secrets and second factors, and how they are let in again.
 */
#include "house/override.h"

#include "core/text.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "edge/phone.h"

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

void person_add(struct gate *g, struct control_ref who, int64_t call, json_t *params)
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

/* --- a secret of one's own ---------------------------------------------------------------------
 */

static void secret_set(void *owner, void *tag, const char *why)
{
	(void)owner;
	changed(tag, why, "secret", "a new secret was set");
}

static void secret_proved(void *owner, void *tag, const struct person *who,
                          const struct proof *proof)
{
	struct gate *g = owner;
	struct pending *p = tag;

	if (who == NULL) {
		signing_refused(p, proof);
		return;
	}
	const char *new = json_string_value(json_object_get(p->params, "new"));
	people_set_secret(g->people, p->person, new, secret_set, g, p);
}

/* Proves who asks: with the code as well, of whom has a second factor, or a secret that somebody
 * has seen could put another in its place. */
static void prove_self(struct gate *g, struct control_ref who_asks, int64_t call, json_t *params,
                       const char *secret, const char *code, people_proved_fn *proved)
{
	struct pending *p = pending_take(g, who_asks, call);

	if (p == NULL)
		return;
	p->params = json_incref(params);
	text_copy(p->person, sizeof p->person, control_person(g->control, who_asks));
	const struct person *who = people_find(g->people, p->person);
	struct claim claim =
	        signing_claim(g, p->who, p->person, secret, who->has_seed ? code : NULL);

	people_prove(g->people, &claim, proved, g, p);
}

void person_secret(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	const char *secret, *new, *code = "";

	if (json_unpack(params, "{s:s, s:s, s?s}", "secret", &secret, "new", &new, "code", &code) !=
	    0) {
		control_fail(g->control, who, call, CONTROL_PARAMS,
		             "people.secret wants \"secret\", the \"new\" one, and the \"code\" of "
		             "the second factor there is",
		             NULL);
		return;
	}
	if (strcmp(secret, new) == 0) {
		control_fail(g->control, who, call, CONTROL_REFUSED,
		             "the new secret is the old one; take another", NULL);
		return;
	}
	prove_self(g, who, call, params, secret, code, secret_proved);
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

/* The key leaves the gate once, for the physician's own device, and stands nowhere. */
static void phone_proved(void *owner, void *tag, const struct person *who,
                         const struct proof *proof)
{
	unsigned char key[PHONE_KEY_BYTES];
	char hex[2 * PHONE_KEY_BYTES + 1];
	struct gate *g = owner;
	struct pending *p = tag;

	if (who == NULL) {
		signing_refused(p, proof);
		return;
	}
	phoning_key(g, who, key);
	sodium_bin2hex(hex, sizeof hex, key, sizeof key);
	gate_record(g, LEDGER_PEOPLE,
	            json_pack("{s:s, s:s, s:s}", "event", "telephone", "person", who->name, "text",
	                      "the key for approvals by telephone was given out"),
	            NULL);
	control_result(g->control, p->who, p->call,
	               json_pack("{s:s, s:s, s:s}", "person", who->name, "key", hex, "gate",
	                         g->config->clinic.name));
	explicit_bzero(key, sizeof key);
	explicit_bzero(hex, sizeof hex);
	pending_done(p);
}

void person_phone(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	const char *secret, *code = "";

	if (g->librarian.seal == NULL ||
	    json_unpack(params, "{s:s, s?s}", "secret", &secret, "code", &code) != 0) {
		control_fail(g->control, who, call, CONTROL_PARAMS,
		             "people.phone wants \"secret\" and the \"code\" of the second factor",
		             NULL);
		return;
	}
	prove_self(g, who, call, params, secret, code, phone_proved);
}

void person_enrol(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	const char *secret, *code = "";

	if (json_unpack(params, "{s:s, s?s}", "secret", &secret, "code", &code) != 0) {
		control_fail(g->control, who, call, CONTROL_PARAMS,
		             "people.enrol wants \"secret\", and the \"code\" of the second factor "
		             "there is",
		             NULL);
		return;
	}
	prove_self(g, who, call, params, secret, code, enrol_proved);
}

static void enrolled(void *owner, void *tag, const char *why)
{
	(void)owner;
	changed(tag, why, "second factor", "a second factor was enrolled");
}

void person_enrol_end(struct gate *g, struct control_ref who, int64_t call, json_t *params)
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

/* --- let in again ------------------------------------------------------------------------------
 */

static void recovery_recorded(struct gate *g, struct record_tag *tag, bool ok)
{
	struct pending *p = CONTAINER_OF(tag, struct pending, tag);

	if (ok)
		control_result(g->control, p->who, p->call, json_incref(p->answer));
	else
		control_fail(g->control, p->who, p->call, CONTROL_REFUSED,
		             "it could not be recorded; begin again", NULL);
	pending_done(p);
}

/* The half is told once it is recorded who has it. */
static void recover_proved(void *owner, void *tag, const struct person *who,
                           const struct proof *proof)
{
	struct gate *g = owner;
	struct pending *p = tag;
	const char *name = json_string_value(json_object_get(p->params, "person"));
	const char *reason = json_string_value(json_object_get(p->params, "reason"));
	char half[HALF_LEN] = "";
	bool ready = false;

	if (who == NULL) {
		signing_refused(p, proof);
		return;
	}
	const char *no =
	        people_recover(g->people, name, p->person, (int64_t)time(NULL), half, &ready);
	if (no != NULL) {
		control_fail(g->control, p->who, p->call, CONTROL_REFUSED, no, NULL);
		pending_done(p);
		return;
	}
	p->answer = json_pack("{s:s, s:s, s:b}", "person", name, "half", half, "ready", ready);
	p->tag.done = recovery_recorded;
	if (!gate_record(g, LEDGER_PEOPLE,
	                 json_pack("{s:s, s:s, s:s, s:s, s:s}", "event",
	                           ready ? "recovery by two" : "recovery asked for", "person", name,
	                           "by", p->person, "reason", reason, "text",
	                           ready ? "two others let somebody in again"
	                                 : "one of two wants to let somebody in again"),
	                 &p->tag))
		recovery_recorded(g, &p->tag, false);
}

void person_recover(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	const char *person, *secret, *reason;

	if (json_unpack(params, "{s:s, s:s, s:s}", "person", &person, "secret", &secret, "reason",
	                &reason) != 0 ||
	    strspn(reason, " ") == strlen(reason) || strlen(reason) > 200) {
		control_fail(g->control, who, call, CONTROL_PARAMS,
		             "people.recover wants \"person\", whom to let in again, your own "
		             "\"secret\", and a \"reason\" of at most 200 bytes",
		             NULL);
		return;
	}
	struct pending *p = pending_take(g, who, call);
	if (p == NULL)
		return;
	p->params = json_incref(params);
	text_copy(p->person, sizeof p->person, control_person(g->control, who));
	struct claim claim = signing_claim(g, who, p->person, secret, NULL);
	people_prove(g->people, &claim, recover_proved, g, p);
}

static void renewed(void *owner, void *tag, const char *why)
{
	(void)owner;
	changed(tag, why, "recovered", "let in again by two others; the second factor is gone");
}

/* No login: who has lost what they log in with has the two halves. */
void person_renew(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	struct renewal r = {.unix_s = (int64_t)time(NULL)};

	if (json_unpack(params, "{s:s, s:[s, s!], s:s}", "person", &r.name, "halves", &r.half[0],
	                &r.half[1], "new", &r.secret) != 0) {
		control_fail(
		        g->control, who, call, CONTROL_PARAMS,
		        "people.renew wants \"person\", the two \"halves\" that were given to the "
		        "two others, and the \"new\" secret",
		        NULL);
		return;
	}
	struct pending *p = pending_take(g, who, call);
	if (p == NULL)
		return;
	text_copy(p->person, sizeof p->person, r.name);
	people_renew(g->people, &r, renewed, g, p);
}
