/*
 * charge: which console is in charge of a device. The rules are core/lease's; here is what they
 * rest on, what is written down, and what a change of hands takes with it.
 */
#include "house/gate.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

_Static_assert(LEASE_CONSOLE_LEN >= TRANSPORT_LEN && LEASE_CONSOLE_LEN >= CONSOLE_NAME_LEN,
               "a console's identity would be cut");

/* A hold or a grant for settings that the console in charge has asked for. */
static bool settings_wait(const struct session *s)
{
	const struct hold *h = &s->hold;

	return s->state != SESSION_NONE && !h->screening &&
	       (h->state == HOLD_OPEN || h->state == HOLD_CHECKING || h->state == HOLD_GRANTED ||
	        h->state == HOLD_IN_FORCE);
}

/* A request to arm that has not been judged yet arms nothing, and must not hold up a lease that is
 * not its console's. */
static bool armed(const struct device *d)
{
	const struct txn *w = d->writing;

	return state_is_armed(d->state) ||
	       (d->outcome_unknown && d->unknown_intent == INTENT_ARM) ||
	       (w != NULL && w->touch.intent == INTENT_ARM && w->state >= TXN_RECORDING);
}

static struct lease_moment now_at(const struct device *d)
{
	return (struct lease_moment){.now_ms = (int64_t)gate_now_ms(d->gate),
	                             .armed = armed(d),
	                             .waits = settings_wait(&d->session)};
}

static void record(struct device *d, const char *from, const char *to, const char *by,
                   const char *text)
{
	gate_record_often(d->gate, LEDGER_DEVICE,
	                  json_pack("{s:s, s:s, s:s, s:s, s:s*, s:s}", "device", d->config->name,
	                            "event", "lease", "from", from, "to", to, "by", by, "text",
	                            text));
}

void charge_look(struct device *d)
{
	char was[LEASE_CONSOLE_LEN], text[LEASE_CONSOLE_LEN + 80];
	struct lease_moment m = now_at(d);

	text_copy(was, sizeof was, d->lease.console);
	if (!lease_look(&d->lease, &m))
		return;
	snprintf(text, sizeof text, "console %s has set nothing for %lld s: any console may", was,
	         (long long)(d->lease.life_ms / 1000));
	record(d, was, "", NULL, text);
}

static enum lease_deed deed_of(const struct txn *t)
{
	return t->touch.intent == INTENT_PLAIN ? LEASE_WRITE : LEASE_SET;
}

bool charge_admits(struct txn *t, char *why, size_t why_len)
{
	struct device *d = t->device;
	struct lease_moment m = now_at(d);
	char text[LEASE_CONSOLE_LEN + 120];

	charge_look(d);
	if (lease_may(&d->lease, deed_of(t), t->console, &m) == LEASE_OK)
		return true;
	lease_text(&d->lease, m.now_ms, text, sizeof text);
	snprintf(why, why_len, "busy: %s", text);
	return false;
}

void charge_set(struct txn *t)
{
	struct device *d = t->device;
	struct lease_moment m = now_at(d);
	bool fresh = d->lease.state == LEASE_FREE;
	char text[LEASE_CONSOLE_LEN + 40];

	/* Nothing has happened since charge_admits. */
	must(lease_do(&d->lease, LEASE_SET, t->console, &m) == LEASE_OK);
	if (!fresh || d->lease.state == LEASE_FREE)
		return;
	snprintf(text, sizeof text, "console %s sets the device from now on", t->console);
	record(d, "", t->console, NULL, text);
}

enum lease_status charge_move(struct device *d, enum lease_deed deed, const char *to,
                              const char *by)
{
	struct lease_moment m = now_at(d);
	char from[LEASE_CONSOLE_LEN], text[3 * LEASE_CONSOLE_LEN];

	charge_look(d);
	text_copy(from, sizeof from, d->lease.console);
	enum lease_status status = lease_do(&d->lease, deed, to, &m);
	if (status != LEASE_OK || strcmp(from, d->lease.console) == 0)
		return status;
	if (deed == LEASE_RELEASE)
		snprintf(text, sizeof text, "released: console %s sets it no longer (%s)", from,
		         by);
	else
		snprintf(text, sizeof text, "taken over by console %s from %s%s (%s)", to,
		         from[0] != '\0' ? "console " : "nobody", from, by);
	record(d, from, d->lease.console, by, text);
	d->moment++;         /* what is under way from the one before is not sent any more */
	if (from[0] != '\0') /* a grant is for the console that asked for it */
		session_settings_moved(d, "another console sets the device");
	return LEASE_OK;
}

json_t *charge_show(struct device *d)
{
	const struct lease *l = &d->lease;
	int64_t now = (int64_t)gate_now_ms(d->gate);
	char text[2 * LEASE_CONSOLE_LEN];

	if (l->life_ms == 0)
		return json_null();
	charge_look(d);
	lease_text(l, now, text, sizeof text);
	bool set = l->state != LEASE_FREE;
	return json_pack("{s:s, s:s?, s:I, s:I, s:s?}", "state", lease_state_name(l->state),
	                 "console", set ? l->console : NULL, "seconds_left",
	                 (json_int_t)lease_seconds(l, now), "life_ms", (json_int_t)l->life_ms,
	                 "text", set ? text : NULL);
}

/* --- people ----------------------------------------------------------------------------------- */

/* In the clinic file, or heard of. */
static bool is_console(const struct gate *g, const char *name)
{
	const struct clinic *c = &g->config->clinic;

	for (size_t i = 0; i < c->n_console_addresses; i++)
		if (strcmp(c->console_address[i], name) == 0)
			return true;
	for (size_t i = 0; i < c->n_console_lines; i++)
		if (strcmp(c->console_line[i].place, name) == 0)
			return true;
	for (size_t i = 0; i < g->n_callers; i++)
		if (strcmp(g->caller[i].name, name) == 0)
			return true;
	return false;
}

static void say_no_console(struct gate *g, struct control_ref who, int64_t call, const char *name)
{
	char why[600];
	size_t n = (size_t)snprintf(why, sizeof why,
	                            "no console \"%.60s\"; heard of:", name == NULL ? "" : name);

	for (size_t i = 0; i < g->n_callers && n < sizeof why; i++)
		n += (size_t)snprintf(why + n, sizeof why - n, " %s", g->caller[i].name);
	control_fail(g->control, who, call, CONTROL_NOT_FOUND, why, NULL);
}

void charge_asked(struct device *d, struct control_ref who, int64_t call, enum lease_deed deed,
                  const char *console)
{
	struct gate *g = d->gate;

	if (deed == LEASE_TAKE && (console == NULL || !is_console(g, console))) {
		say_no_console(g, who, call, console);
		return;
	}
	enum lease_status s = charge_move(d, deed, deed == LEASE_TAKE ? console : "",
	                                  control_person(g->control, who));
	if (s == LEASE_OK)
		control_result(g->control, who, call, show_device(d));
	else
		control_fail(g->control, who, call, CONTROL_REFUSED, lease_status_words(s), NULL);
}
