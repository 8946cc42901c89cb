/*
 * clock: whether the wall clock can be trusted, from readings that are given.
 *
 * The wall clock says which day it is, and a day too far ahead makes every "days since" too large:
 * sun, the last treatment, a test area. So it is held against two witnesses: the time that passed
 * by a clock nobody can set, and the last row of the ledger. The day that counts is the more
 * careful of the two. This room has no clock: readings are arguments, in milliseconds. Any thread.
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include "core/base.h"

/* Wall: Unix time. Running: since boot, without the time asleep. Boot: since boot, with it. */
struct clock_reading {
	int64_t wall_ms, running_ms, boot_ms;
};

/* What a jump must have at least to be one: above what setting by network time moves at once, below
 * what could hide a day. */
#define CLOCK_JUMP_MS INT64_C(5000)
/* Asleep for so long, and nothing the machine knew of its devices holds any more. */
#define CLOCK_SLEEP_MS INT64_C(1000)

struct clock {
	struct clock_reading last;
	int64_t trusted_ms; /* wall time by the first reading and the time passed since: nobody set
	                       it */
	int64_t newest_ms;  /* the latest wall time there is a row of, or may be */
};

struct clock_news {
	int64_t jumped_ms; /* the wall clock was set by so much; 0: it was not */
	int64_t slept_ms;  /* 0: the machine did not sleep */
};

/* Of a gate that begins, with the time of the ledger's last row (0: it has none): the wall clock is
 * believed, as long as it is not behind the ledger. */
struct clock clock_begin(const struct clock_reading *now, int64_t ledger_ms);
/* A person has looked: what the wall clock says now is right. */
void clock_accept(struct clock *c);
struct clock_news clock_look(struct clock *c, const struct clock_reading *now);
/* True when it is earlier than what the ledger knows to have been. */
bool clock_behind_ledger(const struct clock *c);
/* The earlier of what the wall clock says and what it would say had nobody set it: no event is
 * further back than this makes it. */
int64_t clock_careful_ms(const struct clock *c);

#endif
