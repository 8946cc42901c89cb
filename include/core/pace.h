/*
 * pace: how many reads a second a console may ask for, and how many at once before that counts.
 *
 * A bucket that fills while nothing is asked; each read takes a drop. Exact in integers, no timer.
 * Times are monotonic milliseconds, given. Any thread; no clock.
 */
#ifndef CORE_PACE_H
#define CORE_PACE_H

#include "core/base.h"

#define PACE_RATE_MAX  1000000
#define PACE_BURST_MAX 1000000

struct pace {
	int64_t rate;  /* a second; 0: as many as come */
	int64_t burst; /* at once, at least 1 */
};

struct bucket {
	bool begun;     /* {0} is a full one */
	int64_t drops;  /* thousandths of a read */
	int64_t was_ms; /* when that was so */
};

/* True: one more may pass, and is counted. */
MUST_USE bool pace_take(struct bucket *b, const struct pace *p, int64_t now_ms);

#endif
