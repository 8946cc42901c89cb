/*
 * beat: may this device be fed its heartbeat now, with what, and do the times its profile names
 * fit?
 *
 * A device with a heartbeat register falls to standby when it is not fed for so long. So it is fed
 * only while the gate is there to watch it: whatever is in doubt withholds the beat. Feeding arms
 * nothing and restores nothing.
 *
 * Values only; any thread.
 */
#ifndef CORE_BEAT_H
#define CORE_BEAT_H

#include "core/progress.h"
#include "core/quantity.h"

/*  enumerator, it is trouble of the gate or the line to it (an event), what keeps it from being fed
 */
#define BEAT_MAP(X)                                                                            \
	X(BEAT_FED, false, "it is fed")                                                        \
	X(BEAT_CLOSING, false, "the gate shuts down")                                          \
	X(BEAT_UNSIGNED, false, "no library is in use: nobody has signed its profile")         \
	X(BEAT_LINE_DOWN, false, "the line to the device is down")                             \
	X(BEAT_UNREAD, false, "the device was not read and judged yet")                        \
	X(BEAT_NOT_ITSELF, false, "the device is starting, in fault, or in a state not known") \
	X(BEAT_STOPPING, false, "a stop is under way, or not obeyed yet")                      \
	X(BEAT_LOOP, true, "the gate stood still, and has not read the device since")          \
	X(BEAT_POLL, false, "the device's last poll did not end well, or is too old")          \
	X(BEAT_REFUSED, true, "the ledger cannot be written")                                  \
	X(BEAT_LEDGER, true,                                                                   \
	  "the ledger has not shown since the last beat that it can be "                       \
	  "written")                                                                           \
	X(BEAT_NOT_TAKEN, true, "the device refused it, or answered something else")           \
	X(BEAT_LATE, true, "its turn on the line did not come, or the device did not answer it")

enum beat {
#define X(id, trouble, words) id,
	BEAT_MAP(X)
#undef X
};
const char *beat_words(enum beat b);
bool beat_is_trouble(enum beat b);

/* What is known of the gate and of the device at this moment. */
struct beat_view {
	bool closing;
	bool is_signed; /* the profile: of a library that was activated */
	bool up;
	bool read;     /* since the line came, or the device began anew */
	bool itself;   /* its state is known, and one to work in */
	bool stopping; /* a stop is wanted, under way, or was not obeyed */
	enum progress_of missing;
};
/* BEAT_FED, or the first that keeps it from being fed. */
enum beat beat_decide(const struct beat_view *v);

/* The next value: one more, and from the highest to the lowest. */
int64_t beat_next(struct span counts, int64_t last);

/* How old the ledger's last proof may be for the next beat: younger than the last beat, and never
 * older than the device waits. */
int64_t beat_proof_within(int64_t now_ms, int64_t sent_ms, int64_t standby_after_ms);

/* Each beat rests on a poll, so it cannot be due more often than those. And one beat may be lost on
 * the line, or be withheld for a moment, and the next one be answered at the last moment, without
 * the device falling to standby. */
bool beat_after_a_poll(int64_t every_ms, int64_t poll_ms);
int64_t beat_standby_least(int64_t every_ms, int64_t deadline_ms);

#endif
