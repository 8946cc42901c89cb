/*
 * quality: how the clinic's rules and decisions did over some time, out of rows of the ledger:
 * what was refused and held, what became of it, who decided how fast, and what nearly went wrong.
 *
 * Rows are given one by one, in their order, as the gate gives them ({seq, at, kind, body}); those
 * before the period are told as well, because a hold of the period may have begun there. Only a
 * client's view: it decides nothing and nothing is decided by it. One thread; no library but
 * jansson.
 */
#ifndef CTL_QUALITY_H
#define CTL_QUALITY_H

#include <jansson.h>

#include "core/base.h"

/* What makes a figure a sign that somebody should look. None of them guards a patient: they only
 * mark lines in a report. Values of this project's own (confidence X); the director may ask with
 * others. */
struct quality_marks {
	long long often;   /* a rule approved more often than this is marked */
	long long quick_s; /* a decision in less is marked */
	long long
	        percent; /* who approves at least so many of 100, after `often` decisions, is too */
};
#define QUALITY_OFTEN   10
#define QUALITY_QUICK_S 10
#define QUALITY_PERCENT 95

#define QUALITY_MISSES_MAX 200 /* the last ones are told; all are counted */

/* The kinds of rows it looks at; others are ignored. A new array of names. */
json_t *quality_kinds(void);

struct quality;
/* From since_ms up to and without until_ms, in Unix milliseconds. */
struct quality *quality_begin(long long since_ms, long long until_ms, struct quality_marks marks);
void quality_take(struct quality *q, json_t *row);
/* The report, a new object; q is gone.
 *
 *   since, until     Unix milliseconds; marks: as they were given
 *   sessions         {open, waited, refused, test_areas}
 *   writes           {allowed, by_grant, held, blocked}: of settings and arming, as judged
 *   holds            {opened, approved, denied, withdrawn, expired, decide_s}
 *   rules            [{id, held, blocked, approved, denied, marked}], the busiest first
 *   physicians       [{person, printed, approved, denied, quick, decide_s, marked}]
 *   near_misses      {counts: {…}, last: [{at, device, what, text}]}
 *   days             [{day, allowed, held, blocked, approved, denied}], every day with a row
 *
 * decide_s is {count, median, p90, fastest} from opened to decided, in seconds; null when none. */
json_t *quality_end(struct quality *q);

#endif
