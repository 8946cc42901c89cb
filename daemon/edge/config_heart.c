/*
 * The times of a heartbeat: what its row says, and whether they fit how the device is spoken to.
 */
#include <stdio.h>

#include "config_read.h"
#include "core/beat.h"

void heart_take(const struct source *s, const config_setting_t *group, struct reg *r)
{
	const config_setting_t *every = key_at(group, "fed_every", KEY_TEXT);
	const config_setting_t *after = key_at(group, "standby_after", KEY_TEXT);

	if (r->role != ROLE_HEARTBEAT) {
		if (every != NULL || after != NULL)
			wrong(s, every != NULL ? every : after,
			      "fed_every and standby_after belong to the role heartbeat alone");
		return;
	}
	if (every == NULL || after == NULL)
		wrong(s, group,
		      "a heartbeat says how often it must be fed and after how long without it the "
		      "device falls to standby, as in fed_every = \"500 ms\"; standby_after = \"2 "
		      "s\"");
	take_ms(s, group, "fed_every", 20, 60000, &r->fed_every_ms);
	take_ms(s, group, "standby_after", 100, 600000, &r->standby_after_ms);
}

bool heart_fits(const struct profile *p, const struct device_timing *t, char *why, size_t len)
{
	const struct reg *r = regmap_row(p, ROLE_HEARTBEAT);

	if (r == NULL)
		return true;
	int64_t least = beat_standby_least(r->fed_every_ms, t->deadline_ms);
	if (!beat_after_a_poll(r->fed_every_ms, t->poll_ms)) {
		snprintf(why, len,
		         "it is to be fed every %lld ms and polled every %lld ms, and each beat "
		         "rests on a poll; fed_every must be the poll or longer",
		         (long long)r->fed_every_ms, (long long)t->poll_ms);
		return false;
	}
	if (r->standby_after_ms >= least)
		return true;
	snprintf(why, len,
	         "it falls to standby after %lld ms, and when one beat is lost the next may be "
	         "answered after %lld ms (twice fed_every and the deadline); standby_after must be "
	         "that or longer, or the deadline shorter",
	         (long long)r->standby_after_ms, (long long)least);
	return false;
}
