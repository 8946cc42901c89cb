#include "core/pace.h"

#define DROPS_A_READ 1000 /* so that a millisecond at one read a second is one drop */

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Longer than it takes to fill it changes nothing, and would overflow some day. */
static int64_t gained(const struct pace *p, int64_t full, int64_t ms)
{
	return least(ms, full) * p->rate;
}

bool pace_take(struct bucket *b, const struct pace *p, int64_t now_ms)
{
	const int64_t full = p->burst * DROPS_A_READ;

	if (p->rate == 0)
		return true;
	if (!b->begun)
		*b = (struct bucket){.begun = true, .drops = full, .was_ms = now_ms};
	b->drops = least(full, b->drops + gained(p, full, now_ms - b->was_ms));
	b->was_ms = now_ms;
	if (b->drops < DROPS_A_READ)
		return false;
	b->drops -= DROPS_A_READ;
	return true;
}
