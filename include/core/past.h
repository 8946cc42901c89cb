/*
 * past: what this site had before with this class, for one row and one parameter.
 *
 * The questions that limits asks of a history, when it lays rules on past doses over a row. Nobody
 * else asks them.
 *
 * Pure; any thread.
 */
#ifndef CORE_PAST_H
#define CORE_PAST_H

#include "core/history.h"

/* The answers, as bits: both, where some of what counts is known and some is not. None: there was
 * nothing before that speaks of it, or nobody told. */
#define PAST_KNOWN     1u
#define PAST_NOT_KNOWN 2u

/* The last dose of this site with this class that fits the row: of all made on that day (and on a
 * day nobody knows) the one on the safe side. A parameter the dose does not name may have had any
 * value. Where none fits the row, those count that fit it but for its selectors of parameters with
 * a dangerous side: a pulse width of another row is a step as well. */
unsigned past_last(const struct library *lib, const struct patient_case *c, const struct row *row,
                   enum param p, int64_t *last);

/* What the sessions on this site with this class had in less than so many days: of each the
 * highest, times its passes where they are known. Not beyond INT64_MAX. Test areas are left out:
 * they are small, and a treatment follows each. */
unsigned past_sum(const struct library *lib, const struct patient_case *c, enum param p,
                  int64_t days, int64_t *sum);

/* The lowest dose the test area was made with in this row: of those that may have been made in it,
 * one of which was for certain. Of a test area without such a one: not known. */
unsigned past_tested(const struct patient_case *c, const struct row *row, enum param p,
                     int64_t *tested);

#endif
