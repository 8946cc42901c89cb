/*
 * hold: what waits for a physician, and the grant that may come of it.
 *
 * One hold per session: either its screening or one set of settings. Authority is spent by use.
 *
 *                    ┌────────── not yet enough approvers, or wrong secret ─────────┐
 *                    ▼                                                              │
 *      FREE ──ask──► OPEN ──decide──► CHECKING ──approved──► GRANTED ──use──► IN FORCE
 *                    │ ▲                │                      │                 │
 *                    │ └─ask (changed)──┘ (void: decide again) │                 │
 *                    ├─withdraw─────────┼──► WITHDRAWN         │                 │
 *                    │                  ├─denied──► DENIED     │                 │
 *                    ├─expire─────────────────────────────────┴──► EXPIRED       │
 *                    ├─end──────────────┼──────────────────────┼────────────────►ENDED
 *                    │                  │                      ├─revoke──► REVOKED ◄──revoke─┘
 *
 * From every state an ask for something else leads to OPEN. For a screening hold the use is
 * immediate, and a decision about it carries no budget and nothing less. States that end stay
 * readable until the next ask. Every move not in the table of hold.c is refused. Times are
 * monotonic milliseconds, given. Any thread; no clock.
 */
#ifndef CORE_HOLD_H
#define CORE_HOLD_H

#include "core/verdict.h"

/*  enumerator, JSON name, for people */
#define HOLD_STATE_MAP(X)                                                                     \
	X(HOLD_FREE, "free", "nothing waits")                                                 \
	X(HOLD_OPEN, "open", "waits for a physician")                                         \
	X(HOLD_CHECKING, "checking", "a physician is signing")                                \
	X(HOLD_GRANTED, "granted", "granted: press again")                                    \
	X(HOLD_IN_FORCE, "in_force", "in force for these settings")                           \
	X(HOLD_DENIED, "denied", "denied by the physician")                                   \
	X(HOLD_WITHDRAWN, "withdrawn", "withdrawn: the settings went back inside the limits") \
	X(HOLD_EXPIRED, "expired", "expired")                                                 \
	X(HOLD_REVOKED, "revoked", "revoked")                                                 \
	X(HOLD_ENDED, "ended", "ended")

enum hold_state {
#define X(id, name, words) id,
	HOLD_STATE_MAP(X)
#undef X
	        HOLD_STATE_COUNT
};
const char *hold_state_name(enum hold_state s);
const char *hold_state_words(enum hold_state s);

/*  enumerator, JSON name */
#define HOLD_EVENT_MAP(X)                                                                 \
	X(HOLD_ASK, "ask")           /* a HELD write, or a HELD session */                \
	X(HOLD_WITHDRAW, "withdraw") /* settings went back inside */                      \
	X(HOLD_DECIDE, "decide")     /* a physician begins to sign */                     \
	X(HOLD_REJECT, "reject")     /* the secret was wrong, or the physician may not */ \
	X(HOLD_APPROVE, "approve")   /* signed and recorded */                            \
	X(HOLD_DENY, "deny")                                                              \
	X(HOLD_USE, "use") /* the operator pressed again */                               \
	X(HOLD_EXPIRE, "expire")                                                          \
	X(HOLD_REVOKE, "revoke")                                                          \
	X(HOLD_END, "end") /* session, patient, handpiece or library went; or next set */

enum hold_event {
#define X(id, name) id,
	HOLD_EVENT_MAP(X)
#undef X
	        HOLD_EVENT_COUNT
};

#define HOLD_LIFE_MS   INT64_C(900000) /* an unanswered hold; the clinic may shorten it */
#define GRANT_PRESS_MS INT64_C(120000) /* to press again; design section 9 */
#define PERSON_LEN     32
#define HOLD_TEXT_LEN  200

struct budget {
	int64_t pulses;  /* in force for so many; 0: no pulse budget */
	int64_t time_ms; /* in force for so long; 0: no time budget */
};

struct hold {
	uint32_t id;      /* rises by one with each ask that opens a hold; what people name */
	uint32_t version; /* rises with each change of what is asked: an approval names it */
	enum hold_state state;
	bool screening;               /* clears screening reasons instead of settings */
	uint64_t reasons;             /* screening: the bits asked to be cleared */
	struct settings asked;        /* else: exactly these */
	struct settings granted;      /* what the physician approved: asked, or less */
	struct verdict verdict;       /* why it was held */
	char asked_by[PERSON_LEN];    /* the session's operator */
	char ask_text[HOLD_TEXT_LEN]; /* the operator's reason, "" until given */
	uint8_t approvers_needed;
	uint8_t n_approvers;
	char approver[2][PERSON_LEN];
	char reason_code[PERSON_LEN];
	char reason_text[HOLD_TEXT_LEN];
	uint16_t number; /* two to three digits, shown at the console, typed by the physician */
	struct budget budget;
	bool live; /* good only while the approver stays present; the house watches over that */
	int64_t opened_ms;
	int64_t until_ms;      /* end of OPEN, GRANTED, or of the time budget in force; 0: none */
	int64_t pulses_at_use; /* the device's counter when it came into force */
};

/* The state this event leads to, or HOLD_STATE_COUNT when the table has no such move. */
enum hold_state hold_next(enum hold_state from, enum hold_event by);

/*  enumerator, sentence for people */
#define HOLD_STATUS_MAP(X)                                                                    \
	X(HOLD_OK, "")                                                                        \
	X(HOLD_NOT_NOW, "the hold is not in a state for this")                                \
	X(HOLD_OTHER, "the hold has changed meanwhile; look at it again")                     \
	X(HOLD_OWN_REQUEST, "nobody approves their own request")                              \
	X(HOLD_SAME_PERSON, "the second approver must be another person")                     \
	X(HOLD_WIDER, "this is not what was asked, nor less")                                 \
	X(HOLD_WRONG_NUMBER, "the number is not the one shown at the console")                \
	X(HOLD_UNBOUNDED,                                                                     \
	  "what this session may take is used up: say for how many pulses, or seconds, more") \
	X(HOLD_BLOCKED, "a hard limit: nobody may override")                                  \
	X(HOLD_NO_REASON, "reason code and text are both required")

enum hold_status {
#define X(id, sentence) id,
	HOLD_STATUS_MAP(X)
#undef X
};
const char *hold_status_words(enum hold_status s);

/* Opens the session's hold for settings, or updates the open one (one hold per session: a turning
 * knob asks once). The same settings again change nothing. `v` must be HELD. A hold GRANTED or IN
 * FORCE for other settings ends and a new one opens. `number` is drawn by the caller, 10..999. */
enum hold_status hold_ask(struct hold *h, const struct verdict *v, const struct settings *asked,
                          const char *operator_, uint16_t number, int64_t now_ms);
/* The same for reasons of screening. */
enum hold_status hold_ask_screening(struct hold *h, uint64_t reasons, uint8_t approvers,
                                    const char *operator_, uint16_t number, int64_t now_ms);

struct decision {
	uint32_t hold_id, version;
	char person[PERSON_LEN];
	bool deny;
	uint16_t number; /* not needed to deny */
	char reason_code[PERSON_LEN];
	char reason_text[HOLD_TEXT_LEN];
	bool less; /* grant `settings` instead of what was asked */
	struct settings settings;
	struct budget budget;
	bool live;
};

/* OPEN → CHECKING, after checking all a decision must be: it names this hold at this version, is
 * not by the operator who asked nor by the first approver, has code and text (and, to approve, the
 * number), and is not
 * wider than asked (each dangerous-up value at most, dangerous-down at least, others equal). */
MUST_USE enum hold_status hold_decide(struct hold *h, const struct decision *d);
/* CHECKING → GRANTED when that was the last approver needed, else → OPEN for the second; a
 * screening hold goes → IN_FORCE. The second approver must approve what the first did. */
MUST_USE enum hold_status hold_approve(struct hold *h, const struct decision *d, int64_t now_ms);
MUST_USE enum hold_status hold_deny(struct hold *h, const struct decision *d);

/* Any other event; HOLD_NOT_NOW when the table has no such move. */
enum hold_status hold_event(struct hold *h, enum hold_event e);

/* GRANTED for exactly these settings and in time. */
bool hold_grants(const struct hold *h, const struct settings *s, int64_t now_ms);
/* IN FORCE for exactly these settings, within its budgets. */
bool hold_in_force(const struct hold *h, const struct settings *s, int64_t pulses, int64_t now_ms);
/* GRANTED → IN_FORCE; the budgets begin. must() not be called unless hold_grants. */
void hold_use(struct hold *h, int64_t pulses, int64_t now_ms);
/* Moves what is over: OPEN and GRANTED past until_ms, IN FORCE past a budget. True when it moved.
 */
bool hold_tick(struct hold *h, int64_t pulses, int64_t now_ms);

#endif
