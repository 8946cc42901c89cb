/*
 * live: a grant that is good only while its approver stays present. Their program gives a sign of
 * life every second on the connection they approved on; when that ends, for whatever reason, the
 * grant is revoked and the device stopped in the same turn of the loop. Taking it back is the same.
 */
#include "house/override.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

static bool is_live(const struct device *d)
{
	const struct hold *h = &d->session.hold;

	return d->session.state != SESSION_NONE && h->live &&
	       (h->state == HOLD_GRANTED || h->state == HOLD_IN_FORCE);
}

static bool is_same(struct control_ref a, struct control_ref b)
{
	return a.slot == b.slot && a.generation == b.generation;
}

static void cut(struct device *d, const char *why)
{
	char by[120];

	snprintf(by, sizeof by, "%s: %s", d->session.override.live_person, why);
	(void)session_hold_event(d, HOLD_REVOKE, by); /* it stands, so it can be revoked */
}

void live_begin(struct device *d, struct control_ref who, const char *person)
{
	struct override *o = &d->session.override;

	o->live_who = who;
	o->live_ms = (int64_t)gate_now_ms(d->gate);
	text_copy(o->live_person, sizeof o->live_person, person);
	if (control_peer_uid(d->gate->control, who) == (uid_t)-1)
		cut(d, "the connection went while it was being signed");
}

bool live_sign(struct device *d, struct control_ref who, char *why, size_t why_len)
{
	struct override *o = &d->session.override;

	if (!is_live(d)) {
		snprintf(why, why_len, "no grant stands here that wants its approver present");
		return false;
	}
	if (!is_same(who, o->live_who)) {
		snprintf(why, why_len,
		         "%s approved it on another connection, and stays present there",
		         o->live_person);
		return false;
	}
	o->live_ms = (int64_t)gate_now_ms(d->gate);
	return true;
}

void live_tick(struct device *d)
{
	const struct override *o = &d->session.override;
	struct gate *g = d->gate;

	if (!is_live(d))
		return;
	if (strcmp(control_person(g->control, o->live_who), o->live_person) != 0)
		cut(d, "no longer logged in where it was approved");
	else if ((int64_t)gate_now_ms(g) - o->live_ms > g->config->clinic.live_ms)
		cut(d, "no sign of life for too long");
}

void live_gone(struct gate *g, struct control_ref who)
{
	for (size_t i = 0; i < g->n_devices; i++) {
		struct device *d = &g->device[i];

		if (is_live(d) && is_same(who, d->session.override.live_who))
			cut(d, "the connection is gone");
	}
}
