/*
 * lease: which console sets a device. One at a time; the others read, and stop it.
 *
 *      FREE ──set, take──► HELD ◄──armed, or a hold stands──► KEPT
 *       ▲                  │ ▲ │                              │ ▲ │
 *       │                  │ └─┘ set again, or taken over     │ └─┘ set again, or taken over
 *       └─its time is over─┴─released─────────────────────────┘     (not while it may be armed)
 *
 * It begins with a setting (or an arm) that is asked for and not out of the question, is renewed by
 * each further one, and ends when none has come for its life. It stands still, and does not end,
 * while the device may be armed, and while a hold or a grant for settings that this console asked
 * for is there: who treats, or waits for a physician, is not set aside by the next one to turn a
 * knob. It changes hands by being taken over, on purpose, and not while the device may be armed.
 *
 * A gate that starts knows no lease. A console is a name, compared as text. Who may do what is the
 * table in lease.c. Times are monotonic milliseconds, given. Any thread; no clock.
 */
#ifndef CORE_LEASE_H
#define CORE_LEASE_H

#include "core/base.h"

#define LEASE_CONSOLE_LEN 160 /* the path of a serial line */

/*  enumerator, JSON name */
#define LEASE_STATE_MAP(X)    \
	X(LEASE_FREE, "free") \
	X(LEASE_HELD, "held") \
	X(LEASE_KEPT, "kept")

enum lease_state {
#define X(id, name) id,
	LEASE_STATE_MAP(X)
#undef X
	        LEASE_STATE_COUNT
};
const char *lease_state_name(enum lease_state s);

/* What a console, or a person, wants of it. */
enum lease_deed {
	LEASE_WRITE,   /* writes what has no dose meaning: neither begins a lease nor renews it */
	LEASE_SET,     /* sets, or arms */
	LEASE_TAKE,    /* takes the device over */
	LEASE_RELEASE, /* a person lets everybody have it */
	LEASE_DEED_COUNT
};

/* Who has it, as one console sees it; the numbers stand in the reason registers. */
enum lease_view { LEASE_NOBODY, LEASE_THIS, LEASE_ANOTHER, LEASE_VIEW_COUNT };

/*  enumerator, sentence for people */
#define LEASE_STATUS_MAP(X)                                                               \
	X(LEASE_OK, "")                                                                   \
	X(LEASE_BUSY, "another console sets the device")                                  \
	X(LEASE_ARMED, "the device is armed or may be: stop it first, then take it over") \
	X(LEASE_NOTHING, "no console has the device")                                     \
	X(LEASE_OFF, "the clinic file says lease = \"none\" for this device")

enum lease_status {
#define X(id, sentence) id,
	LEASE_STATUS_MAP(X)
#undef X
};
const char *lease_status_words(enum lease_status s);

struct lease {
	int64_t life_ms; /* 0: there is none, every console sets */
	enum lease_state state;
	char console[LEASE_CONSOLE_LEN]; /* who has it; FREE: "" */
	int64_t until_ms;                /* HELD */
};

/* What it rests on at this moment. */
struct lease_moment {
	int64_t now_ms;
	bool armed; /* the device is, or may be */
	bool waits; /* a hold or a grant for settings stands */
};

/* Lets time pass: to KEPT and back, and FREE when it is over. True: it has just ended. */
bool lease_look(struct lease *l, const struct lease_moment *m);
/* After lease_look; who "": nobody's eyes. */
enum lease_view lease_view(const struct lease *l, const char *who);
/* Looks, and does it, or says why not and has changed nothing. `who` is the one to have it: with
 * LEASE_TAKE perhaps not the one who asks; with LEASE_RELEASE it does not matter. */
MUST_USE enum lease_status lease_do(struct lease *l, enum lease_deed deed, const char *who,
                                    const struct lease_moment *m);
/* Whether it could be done; changes nothing but what lease_look does. */
enum lease_status lease_may(struct lease *l, enum lease_deed deed, const char *who,
                            const struct lease_moment *m);
/* Whole seconds until the others may set, if nothing more comes from its console; KEPT: from when
 * it no longer is. 0: they may. */
int64_t lease_seconds(const struct lease *l, int64_t now_ms);
/* "the device is set from console 192.0.2.11, for 40 s more"; FREE: "". */
void lease_text(const struct lease *l, int64_t now_ms, char *buf, size_t size);

#endif
