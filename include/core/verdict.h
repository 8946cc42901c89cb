/*
 * verdict: may this dose pass? The heart.
 *
 * One pure function over everything it may know. It judges the *resulting settings*, not the
 * write; gives every reason, names the tightest, and says what would be allowed instead. The
 * checks and their order are the table CHECK_MAP.
 *
 * Any thread.
 */
#ifndef CORE_VERDICT_H
#define CORE_VERDICT_H

#include "core/limits.h"
#include "core/regmap.h"

/*  enumerator, JSON name, at worst, sentence for people. In order of precedence: the first that
 *  blocks, else the first that holds, is the tightest; within one check the largest excess. */
#define CHECK_MAP(X)                                                                               \
	X(CHECK_NO_SESSION, "no_session", VERDICT_BLOCKED, "no session is open on this device")    \
	X(CHECK_NOT_HEARD, "not_heard", VERDICT_BLOCKED,                                           \
	  "the device has not been heard for too long")                                            \
	X(CHECK_OUTCOME_UNKNOWN, "outcome_unknown", VERDICT_BLOCKED,                               \
	  "the outcome of an earlier write is not known yet")                                      \
	X(CHECK_LATCHED, "latched", VERDICT_BLOCKED,                                               \
	  "an alarm on this device has not been cleared")                                          \
	X(CHECK_EMITTING, "emitting", VERDICT_BLOCKED, "the device is emitting")                   \
	X(CHECK_DEVICE_STATE, "device_state", VERDICT_BLOCKED,                                     \
	  "the device is in no state for this")                                                    \
	X(CHECK_NOT_DECODED, "not_decoded", VERDICT_BLOCKED,                                       \
	  "the register does not hold a value of its kind")                                        \
	X(CHECK_HALF_KNOWN, "half_known", VERDICT_BLOCKED,                                         \
	  "the fluence cannot be known: energy, area or fluence is missing")                       \
	X(CHECK_DISAGREES, "disagrees", VERDICT_BLOCKED,                                           \
	  "fluence, energy and spot contradict each other")                                        \
	X(CHECK_DEVICE_RANGE, "device_range", VERDICT_BLOCKED,                                     \
	  "outside what the device may be told")                                                   \
	X(CHECK_SCREENING, "screening", VERDICT_BLOCKED, "screening of this patient")              \
	X(CHECK_HARD, "hard_limit", VERDICT_BLOCKED, "beyond the hard limit; nobody may override") \
	X(CHECK_NO_ROW, "no_row", VERDICT_HELD, "no protocol for this")                            \
	X(CHECK_NO_LIMIT, "no_limit", VERDICT_HELD,                                                \
	  "the protocol says nothing about this parameter")                                        \
	X(CHECK_SOFT, "soft_limit", VERDICT_HELD, "beyond the protocol's limit")                   \
	X(CHECK_STATUS, "status", VERDICT_HELD, "a physician decides on this patient first")       \
	X(CHECK_ONE_STEP, "one_step", VERDICT_HELD,                                                \
	  "more than one step at a time from the last dose")                                       \
	X(CHECK_SPENT, "session_budget", VERDICT_HELD, "what this session may take is used up")    \
	X(CHECK_UNSUPERVISED, "unsupervised", VERDICT_BLOCKED,                                     \
	  "no physician is as near as this treatment wants one")

enum check {
#define X(id, name, worst, sentence) id,
	CHECK_MAP(X)
#undef X
	        CHECK_COUNT
};
const char *check_name(enum check c);
const char *check_words(enum check c);

/* A grant for exactly these settings, as the judge needs it. */
struct waiver {
	bool given;
	struct settings settings; /* as regmap_settings gives them */
};

/* What has left the device in this session. */
struct taken {
	int64_t pulses;    /* -1: the device does not tell */
	int64_t energy_uj; /* -1: nor can it be computed for all of them */
};

/* Everything the judge may know. */
struct situation {
	const struct profile *profile;
	const struct limits *limits; /* NULL: no session */
	uint64_t cleared; /* screening reasons a physician has cleared for this session */
	bool heard;       /* the image is fresh enough to judge on */
	bool outcome_unknown;
	bool latched;
	const struct image *reported;
	struct waiver waiver;
	struct taken taken;
	enum supervision nearest; /* a physician who has said to be there */
};

struct reason {
	enum check check;
	enum verdict_kind kind; /* HELD or BLOCKED */
	enum param param;       /* PARAM_NONE: none in particular */
	bool has_asked, has_limit;
	int64_t asked;
	struct span limit; /* what would pass; one end is open on the safe side */
	uint64_t choices;  /* for a choice: what would pass */
	const struct row *row;
	const struct rule *rule;
	enum decode_status decode; /* CHECK_NOT_DECODED */
	bool tenfold; /* asked is within 2 % of ten (or a hundred, a thousand) times the limit, or
	                 of what was set before: a slip of the decimal point */
	uint8_t approvers; /* HELD: 1 or 2 */
	uint32_t moved;    /* CHECK_ONE_STEP: PARAM_BIT of what else moved since the last dose */
	bool counts;       /* CHECK_SPENT: `asked` and limit.hi are of the session, in pulses, or in
	                      base units of param, one pulse more included; asked -1: not known */
};

#define REASONS_MAX 24

struct verdict {
	enum verdict_kind kind;
	bool by_waiver; /* ALLOWED only because of the grant */
	uint8_t n_reasons;
	struct reason reason[REASONS_MAX];
	uint8_t tightest;    /* index; meaningless when n_reasons is 0 */
	uint8_t approvers;   /* HELD: how many a grant needs */
	uint8_t n_tolerated; /* violations in standby which this write did not cause nor widen */
	bool has_offer;
	struct settings offer;    /* the counter-offer: asked, brought inside; never widened */
	struct settings settings; /* what was judged, with the fluence that counts */
	const struct cell *cell;  /* that limited it, or NULL */
};

/* SET: `result` is the image the device would have after the write, `rows` what it touches.
 * ARM: `result` is what the device reports; rows is 0.
 *
 * SET in standby tolerates a violation that the reported settings have already, provided this
 * write neither caused it (its parameter is untouched, or moved to the safe side) nor widens it,
 * and no parameter moves to its dangerous side while no cell limits it. ARM tolerates none.
 * A waiver takes away HELD reasons when the result equals its settings exactly; never BLOCKED. */
void verdict_judge(const struct situation *s, enum intent intent, const struct image *result,
                   uint64_t rows, struct verdict *out);

/* The same judge without a device: as if one that has exactly these parameters, and none else, were
 * armed from standby with them. So everything counts and nothing is tolerated; there is no waiver
 * and no range of a device. Limits that are NULL or not computed: BLOCKED, as without a session. */
void verdict_judge_settings(const struct limits *l, uint64_t cleared, enum fluence_source how,
                            const struct settings *asked, struct verdict *out);

/* Brings `asked` (as regmap_settings gives it) inside the soft limits of the cell and the device's
 * range, only ever to the safe side; what that cannot mend stays. Of parameters that may move one
 * at a time the first stays where it was asked, the others go back to the last dose. A derived
 * fluence is brought down by the energy, the product of energy and density by the density. Values
 * land on steps the registers can hold. verdict_judge makes its offer so. */
void verdict_bring_inside(const struct profile *p, const struct cell *cell,
                          const struct settings *asked, struct settings *out);

/* "fluence 30 J/cm2 is above 20 J/cm2 (alex755_III_18mm)". As snprintf. */
size_t reason_text(const struct library *lib, const struct reason *r, char *buf, size_t len);
/* The way forward: "ask for at most 20 J/cm2, or ask the physician". */
size_t reason_way(const struct library *lib, const struct reason *r, char *buf, size_t len);
/* What was asked ("30 J/cm2", "air") and what would pass ("..20 J/cm2", "cryogen or contact"), as
 * files write it; "" when the reason has none. */
size_t reason_asked(const struct library *lib, const struct reason *r, char *buf, size_t len);
size_t reason_limit(const struct library *lib, const struct reason *r, char *buf, size_t len);
/* The row's or rule's id, or the check's name. */
const char *reason_id(const struct reason *r);
const char *reason_source(const struct reason *r); /* "" when none */

#endif
