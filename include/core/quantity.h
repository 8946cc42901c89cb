/*
 * quantity: numbers with units, exact or refused.
 *
 * Every number in a configuration file is text with a unit ("14..20 J/cm2", "3 ms") and becomes an
 * integer in a base unit, or an error that says what was wrong and what would be right. Nothing is
 * rounded: a digit the base unit cannot hold is an error.
 *
 * Pure functions over the caller's memory; any thread.
 */
#ifndef CORE_QUANTITY_H
#define CORE_QUANTITY_H

#include "core/base.h"

/*  enumerator       what people call it */
#define DIMENSION_MAP(X)                \
	X(DIM_CHOICE, "a name")         \
	X(DIM_COUNT, "a plain number")  \
	X(DIM_RATIO, "a share")         \
	X(DIM_FLUENCE, "a fluence")     \
	X(DIM_ENERGY, "an energy")      \
	X(DIM_LENGTH, "a length")       \
	X(DIM_AREA, "an area")          \
	X(DIM_TIME, "a time")           \
	X(DIM_FREQUENCY, "a frequency") \
	X(DIM_DENSITY, "a density")     \
	X(DIM_IRRADIANCE, "an irradiance")

enum dimension {
#define X(id, words) id,
	DIMENSION_MAP(X)
#undef X
	        DIMENSION_COUNT
};

/* What is measured and in which integer steps. `base_exp10` is the base unit as a power of ten of
 * the dimension's coherent unit: J/cm2, J, m, m2, s, Hz, /cm2, 1. So {DIM_LENGTH, -6, "mm"} is a
 * length kept in micrometres and shown to people in millimetres. */
struct measure {
	enum dimension dimension;
	int8_t base_exp10;
	const char *shown_in; /* a unit of the table in quantity.c; "" for DIM_COUNT */
};

/* An interval of base units, both ends included. An open end is INT64_MIN or INT64_MAX. */
struct span {
	int64_t lo;
	int64_t hi;
};

#define SPAN_ALL ((struct span){INT64_MIN, INT64_MAX})

static inline bool span_holds(struct span s, int64_t v)
{
	return s.lo <= v && v <= s.hi;
}

/*  enumerator, sentence (what was wrong) */
#define QUANTITY_STATUS_MAP(X)                                              \
	X(QUANTITY_OK, "")                                                  \
	X(QUANTITY_EMPTY, "there is nothing here")                          \
	X(QUANTITY_NOT_A_NUMBER, "this is not a plain decimal number")      \
	X(QUANTITY_COMMA, "a comma stands where a decimal point belongs")   \
	X(QUANTITY_NEGATIVE, "it is negative")                              \
	X(QUANTITY_NO_UNIT, "the unit is missing")                          \
	X(QUANTITY_UNKNOWN_UNIT, "the unit is not known")                   \
	X(QUANTITY_WRONG_DIMENSION, "the unit measures something else")     \
	X(QUANTITY_TOO_FINE, "it has more digits than the base unit holds") \
	X(QUANTITY_TOO_LARGE, "it is too large")                            \
	X(QUANTITY_REVERSED, "the range runs backwards")                    \
	X(QUANTITY_NOT_A_RANGE, "the range has no end at all")              \
	X(QUANTITY_TRAILING, "something stands behind it")                  \
	X(QUANTITY_ZERO, "it is zero where something is needed")

enum quantity_status {
#define X(id, sentence) id,
	QUANTITY_STATUS_MAP(X)
#undef X
};

/* "20 J/cm2", "0.3 ms", "12" (DIM_COUNT takes no unit). Exactly one space may stand between number
 * and unit. *out is written only on QUANTITY_OK. Units are case-sensitive; "um" and "u" for micro.
 * No sign, no exponent, no thousands separator, no leading or trailing space. For DIM_TIME also
 * "min", "h" and "d". DIM_CHOICE is never parsed here (see symbols in dose.h). */
MUST_USE enum quantity_status quantity_parse(const char *text, struct measure m, int64_t *out);

/* "14..20 J/cm2", "..20 J/cm2" (up to), "3.. ms" (from), "20 J/cm2" (exactly). */
MUST_USE enum quantity_status quantity_parse_span(const char *text, struct measure m,
                                                  struct span *out);

/* "1/10", "1000", "2/3": a ratio of two positive integers for register scales. Not reduced. "0.1"
 * is 1/10. */
MUST_USE enum quantity_status quantity_parse_ratio(const char *text, int64_t *num, int64_t *den);

/* Writes the value exactly, in the unit people read ("18 mm", "0.5 J/cm2"); values below a
 * thousandth of that unit take the largest unit in which they are at least 1 ("6 ns"). Always
 * terminates; returns the length it would have needed, as snprintf does. len may be 0. What is not
 * negative is read back by quantity_parse as the same value. A span has one unit for both ends and
 * is read back likewise; SPAN_ALL is "any". */
size_t quantity_format(int64_t value, struct measure m, char *buf, size_t len);
size_t quantity_format_span(struct span s, struct measure m, char *buf, size_t len);

/* The sentence for people: what was wrong with `text` and an example of what would be right.
 * «"20 J": the unit measures something else (an energy); a fluence is wanted, as in "20 J/cm2"» */
size_t quantity_explain(enum quantity_status why, const char *text, struct measure m, char *buf,
                        size_t len);

#endif
