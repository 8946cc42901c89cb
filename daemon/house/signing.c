/*
 * signing: what waits for a secret to be checked: logins and new people. Identity is proved to the
 * gate, never asserted. Decisions on holds: deciding.c.
 */
#include "house/gate.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>
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

void signing_not_proved(struct gate *g, const char *person, int wait_s, char *text, size_t len)
{
	if (wait_s > 0)
		snprintf(text, len, "too many wrong secrets; try again in %d s", wait_s);
	else
		snprintf(text, len, "name or secret is wrong");
	gate_record(
	        g, LEDGER_PEOPLE,
	        json_pack("{s:s, s:s, s:s}", "event", "not proved", "person", person, "text", text),
	        NULL);
}

void signing_refused(struct pending *p, int wait_s)
{
	struct gate *g = p->gate;
	char text[120];

	signing_not_proved(g, p->person, wait_s, text, sizeof text);
	control_fail(g->control, p->who, p->call, CONTROL_NOT_PROVED, text,
	             json_pack("{s:i}", "wait_s", wait_s));
	pending_done(p);
}

/* --- login ------------------------------------------------------------------------------------ */

static void login_checked(void *owner, void *tag, const struct person *who, int wait_s)
{
	struct gate *g = owner;
	struct pending *p = tag;

	if (who == NULL) {
		signing_refused(p, wait_s);
		return;
	}
	control_set_person(g->control, p->who, who->name);
	control_result(g->control, p->who, p->call,
	               json_pack("{s:s, s:s, s:s}", "person", who->name, "printed", who->printed,
	                         "role", person_role_name(who->role)));
	pending_done(p);
}

void signing_login(struct gate *g, struct control_ref who, int64_t call, json_t *params)
{
	const char *person, *secret;

	if (json_unpack(params, "{s:s, s:s}", "person", &person, "secret", &secret) != 0) {
		control_fail(g->control, who, call, CONTROL_PARAMS,
		             "login wants \"person\" and \"secret\"", NULL);
		return;
	}
	struct pending *p = pending_take(g, who, call);
	if (p == NULL)
		return;
	text_copy(p->person, sizeof p->person, person);
	people_check(g->people, person, secret, login_checked, g, p);
}

/* --- people -------------------------------------------------------------------------------------
 */

static void person_added(void *owner, void *tag, const char *why)
{
	struct gate *g = owner;
	struct pending *p = tag;

	if (why != NULL) {
		control_fail(g->control, p->who, p->call, CONTROL_REFUSED, why, NULL);
	} else {
		gate_record(g, LEDGER_PEOPLE,
		            json_pack("{s:s, s:s, s:s}", "event", "added", "person", p->person,
		                      "text", "a person was added"),
		            NULL);
		control_result(g->control, p->who, p->call, json_pack("{s:s}", "name", p->person));
	}
	pending_done(p);
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
