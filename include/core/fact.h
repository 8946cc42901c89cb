/*
 * fact: one answered question about a patient, as an integer that rises with risk.
 *
 * Every kind of answer becomes a *risk*: the index in the list of values for a choice (the files
 * give values in order of rising risk), minus the days since for a date. So "at least this risky"
 * is one comparison, and what is unknown or has aged out is the largest integer there is. A number
 * (an age) stands for itself: too small and too large may both be the risk, so a rule says below or
 * above which number it holds, and not knowing is still the riskiest.
 *
 * Days are whole days since 1970-01-01 and are arguments: this room has no clock. Any thread.
 */
#ifndef CORE_FACT_H
#define CORE_FACT_H

#include "core/base.h"

#define FACTS_MAX       64
#define FACT_VALUES_MAX 8
#define FACT_NAME_LEN   32

/*  enumerator, JSON name (and, but for yes/no, the name in files) */
#define FACT_KIND_MAP(X)         \
	X(FACT_CHOICE, "choice") \
	X(FACT_DAYS, "days")     \
	X(FACT_NUMBER, "number")

enum fact_kind {
#define X(id, name) id,
	FACT_KIND_MAP(X)
#undef X
	        FACT_KIND_COUNT
};
const char *fact_kind_name(enum fact_kind k);

#define FACT_NUMBER_MOST 999 /* 0..this */

/*  enumerator, name in files. What core/history works out of past treatments; nobody is asked it.
 *  Days: since the last treatment of this site with this class, with another, with an ablative one;
 *  between making and reading the test area. A choice no, yes: no treatment with this class yet. A
 *  number: treatments of this site with this class in the last twelve months. */
#define DERIVE_MAP(X)                                   \
	X(DERIVE_NONE, "")                              \
	X(DERIVE_SAME_CLASS, "days_since_same_class")   \
	X(DERIVE_OTHER_CLASS, "days_since_other_class") \
	X(DERIVE_ABLATIVE, "days_since_ablative")       \
	X(DERIVE_TEST_WAIT, "test_area_wait")           \
	X(DERIVE_FIRST, "first_session")                \
	X(DERIVE_SESSIONS, "sessions_12_months")

enum derive {
#define X(id, name) id,
	DERIVE_MAP(X)
#undef X
	        DERIVE_COUNT
};

struct fact {
	char name[FACT_NAME_LEN];
	char question[160];
	enum fact_kind kind;
	uint8_t n_values; /* FACT_CHOICE; yes/no is the choice "no", "yes" in order of risk */
	char value[FACT_VALUES_MAX][24];
	uint32_t answered_by; /* bits of enum person_role in edge/people.h */
	int32_t valid_days;   /* an answer holds so long; 0: for the day it was given */
	char source[64];
	char confidence; /* P S X R; see README */
	int line;
	enum derive derive; /* DERIVE_NONE: people answer it */
};

#define RISK_UNKNOWN INT64_MAX
#define DAY_NEVER    INT64_MIN
/* The value of a derived answer that was looked for and not found: no kind of fact has it. */
#define ANSWER_NOT_KNOWN INT64_MAX

struct answer {
	bool given;    /* false: not asked, or "unknown" */
	int64_t value; /* index of the choice; the day of the event or DAY_NEVER; the number */
	int32_t answered_day; /* the day the answer was given */
};

struct facts {
	struct answer answer[FACTS_MAX]; /* by index of the library's facts */
};

/* Unknown, aged out, answered in the future or about the future: RISK_UNKNOWN. "Never" is the
 * smallest risk there is. What is derived but was not (no history was at hand) is the smallest too:
 * a rule on it says nothing, which is not the same as having passed. */
int64_t fact_risk(const struct fact *f, const struct answer *a, int32_t today);
/* True when the answer was given once but its validity has ended. */
bool fact_expired(const struct fact *f, const struct answer *a, int32_t today);

/*  enumerator, sentence */
#define FACT_STATUS_MAP(X)                                                                         \
	X(FACT_OK, "")                                                                             \
	X(FACT_NOT_A_VALUE, "this is not one of the answers")                                      \
	X(FACT_NOT_A_DAY,                                                                          \
	  "this is neither days since (\"12 d\"), a date (2026-05-31), \"never\" nor \"unknown\"") \
	X(FACT_NOT_A_NUMBER, "this is neither a whole number up to 999 nor \"unknown\"")           \
	X(FACT_DERIVED, "this is worked out of past treatments; nobody answers it")                \
	X(FACT_FUTURE, "this lies in the future")                                                  \
	X(FACT_TOO_LONG_AGO, "this is more than 120 years ago")

enum fact_status {
#define X(id, sentence) id,
	FACT_STATUS_MAP(X)
#undef X
};
const char *fact_status_words(enum fact_status s);

/* An answer as people type it: a value's name, "12 d" (also "12", "12 days"), "2026-05-31",
 * "never", "67", "unknown"; in doubt two of them, "III or IV": the riskier one counts. *out is
 * written on FACT_OK. */
MUST_USE enum fact_status fact_parse(const struct fact *f, const char *text, int32_t today,
                                     struct answer *out);
/* "III", "12 days", "never", "67", "unknown", "aged out (III, 40 days ago)". As snprintf. */
size_t fact_format(const struct fact *f, const struct answer *a, int32_t today, char *buf,
                   size_t len);
/* A condition's threshold as people read it: "at least IV", "less than 28 days ago". */
size_t fact_format_risk(const struct fact *f, int64_t at_least, char *buf, size_t len);

/* The proleptic Gregorian calendar. False for a day that is none. */
MUST_USE bool day_from_date(int year, int month, int day, int32_t *out);
void date_from_day(int32_t day_number, int *year, int *month, int *day);

#endif
