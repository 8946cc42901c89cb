/*
 * law: a darker skin type never gets more.
 *
 * The part of library_check that compares rows with each other, and what it shares with the part
 * that looks at one thing at a time. Nobody but the library calls it.
 *
 * Pure; any thread.
 */
#ifndef CORE_LAW_H
#define CORE_LAW_H

#include "core/library.h"

#define INDEX_NONE UINT32_MAX /* becomes -1 in a finding */

struct findings {
	struct library_finding *out; /* borrowed */
	size_t max;
	size_t n; /* above max: the rest was only counted */
};

void findings_add(struct findings *f, struct library_finding found);
void findings_add_rows(struct findings *f, enum library_fault fault, uint32_t a, uint32_t b,
                       enum param p);

static inline bool param_in(uint32_t params, enum param p)
{
	return (params & PARAM_BIT(p)) != 0;
}

#define X(id, name, words, dim, exp, unit, danger) | ((dim) == DIM_CHOICE ? PARAM_BIT(id) : 0u)
static const uint32_t params_choice = 0u PARAM_MAP(X);
#undef X
/* DANGER_ANY has neither bit: both its ends count. */
#define X(id, name, words, dim, exp, unit, danger) | ((danger) == DANGER_UP ? PARAM_BIT(id) : 0u)
static const uint32_t params_up = 0u PARAM_MAP(X);
#undef X
#define X(id, name, words, dim, exp, unit, danger) | ((danger) == DANGER_DOWN ? PARAM_BIT(id) : 0u)
static const uint32_t params_down = 0u PARAM_MAP(X);
#undef X

/* Order, overlap, darker against lighter. The rows have passed the checks of a single row or not;
 * the comparison holds for either. */
void law_check(const struct library *lib, struct findings *f);

#endif
