/*
 * progress: does the gate go on?
 *
 * Three things must, or nobody watches a device: the loop turns, the device's polls end well, the
 * ledger gets onto the disk. Each leaves a time here, and what is away for too long is named. A
 * device's heartbeat is fed by this; whoever else must know whether the gate lives asks the same.
 *
 * Times are milliseconds of one clock that nobody can set; 0: never. Values only; any thread.
 */
#ifndef CORE_PROGRESS_H
#define CORE_PROGRESS_H

#include "core/base.h"

/* A turn of the loop that took so long was a standstill: what was read before is of before it. Some
 * twenty-five of its ordinary turns. */
#define PROGRESS_STOOD_MS 250

/* Of the gate as a whole. */
struct progress {
	int64_t turned_ms; /* the loop's last turn */
	int64_t stood_ms;  /* when it last turned again after a standstill */
	int64_t wrote_ms;  /* when something was last seen to have become durable */
	bool writes;       /* the ledger's last try went well */
};

/* Of one device: when the last poll that ended well, and was judged, began; whether none has failed
 * since. */
struct polled {
	int64_t at_ms;
	bool well;
};

/* How long ago each may be. */
struct progress_within {
	int64_t turn_ms, poll_ms, ledger_ms;
};

enum progress_of {
	PROGRESS_WHOLE,   /* all of it goes on */
	PROGRESS_LOOP,    /* the loop stands, or stood still and the device was not read since */
	PROGRESS_POLL,    /* the device's last poll did not end well, or is too old */
	PROGRESS_REFUSED, /* the ledger's last try failed */
	PROGRESS_LEDGER   /* nothing became durable for too long: the disk hangs */
};

/* With each turn of the loop. */
void progress_turned(struct progress *p, int64_t now_ms);
/* The first, in this order, that does not go on. */
enum progress_of progress_missing(const struct progress *p, const struct polled *d,
                                  const struct progress_within *within, int64_t now_ms);

#endif
