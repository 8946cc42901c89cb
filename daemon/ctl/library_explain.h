/*
 * library_explain: one line of judge's input, explained step by step.
 */
#ifndef CTL_LIBRARY_EXPLAIN_H
#define CTL_LIBRARY_EXPLAIN_H

#include "judge.h"
#include "library.h"

struct trace {
	struct judge *j; /* of a line that was judged */
	struct pen p;
	struct library lib;        /* with the steps so far as its rules */
	struct rule *step;         /* [n_rules * RULE_EFFECTS_MAX] */
	bool *applies;             /* [n_rules] */
	struct limits before, now; /* of the steps so far */
};

void explain(struct trace *t);

#endif
