/*
 * narrow: which rules hold for one patient, and what they leave of the cells.
 *
 * The part of limits that lays rules over rows. Nobody else calls it.
 *
 * Pure; any thread.
 */
#ifndef CORE_NARROW_H
#define CORE_NARROW_H

#include "core/limits.h"

/* What they do depends on the last dose, or on the test area's. */
#define EFFECTS_LOOKING_BACK (1u << EFFECT_STEP | 1u << EFFECT_ONE_STEP | 1u << EFFECT_TESTED)

/* Who this patient is, as risks. */
struct bearing {
	const struct library *lib;
	const struct patient_case *c;
	bool tested; /* a test area was read without reaction, or this session makes it */
	int64_t risk[FACTS_MAX];
	/* gathered from the rules that apply */
	bool asks_test;    /* one asks for a test area */
	bool looks_back;   /* one speaks of past doses or of the test area's */
	uint32_t budgeted; /* PARAM_BIT: of which one keeps a budget */
};

void bear(struct bearing *b, const struct library *lib, const struct patient_case *c);
/* The first rule from index *at on that applies, and *at behind it; NULL when there is none. */
const struct rule *bearing_rule(const struct bearing *b, uint32_t *at);

/* Adds the reason; false when there is no room for it. */
MUST_USE bool limits_add_reason(struct limits *out, struct screening_reason r);

/* Lays the rules over the cells; what it cannot know makes them wait. False when there is no room
 * for a reason to wait. */
MUST_USE bool narrow(const struct bearing *b, struct limits *out);

#endif
