#include "core/clock.h"

struct clock clock_begin(const struct clock_reading *now, int64_t ledger_ms)
{
	return (struct clock){.last = *now, .trusted_ms = now->wall_ms, .newest_ms = ledger_ms};
}

void clock_accept(struct clock *c)
{
	c->trusted_ms = c->newest_ms = c->last.wall_ms;
}

static int64_t beyond(int64_t value, int64_t least)
{
	return value >= least || value <= -least ? value : 0;
}

struct clock_news clock_look(struct clock *c, const struct clock_reading *now)
{
	int64_t passed = now->boot_ms - c->last.boot_ms;
	int64_t ran = now->running_ms - c->last.running_ms;
	int64_t set = now->wall_ms - c->last.wall_ms - passed;
	struct clock_news news = {.jumped_ms = beyond(set, CLOCK_JUMP_MS),
	                          .slept_ms = beyond(passed - ran, CLOCK_SLEEP_MS)};

	if (c->newest_ms < c->last.wall_ms)
		c->newest_ms = c->last.wall_ms;
	/* What is no jump is the wall clock being kept right, little by little: the trusted time
	 * follows it. */
	c->trusted_ms += passed + (news.jumped_ms == 0 ? set : 0);
	c->last = *now;
	return news;
}

bool clock_behind_ledger(const struct clock *c)
{
	return c->last.wall_ms < c->newest_ms;
}

int64_t clock_careful_ms(const struct clock *c)
{
	return c->last.wall_ms < c->trusted_ms ? c->last.wall_ms : c->trusted_ms;
}
