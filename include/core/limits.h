/*
 * limits: what rows and rules leave for this patient on this device, as a flat table.
 *
 * Computed once at session start, and again when a fact changes; then const. Judging a write is a
 * walk over a few cells, whatever the size of the library.
 *
 * Pure; the library must outlive the limits made from it. Any thread.
 */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

#include "core/library.h"

/*  enumerator, JSON name; in order of rising strictness */
#define VERDICT_KIND_MAP(X)           \
	X(VERDICT_ALLOWED, "ALLOWED") \
	X(VERDICT_HELD, "HELD")       \
	X(VERDICT_BLOCKED, "BLOCKED")

enum verdict_kind {
#define X(id, name) id,
	VERDICT_KIND_MAP(X)
#undef X
};
const char *verdict_kind_name(enum verdict_kind k);

struct history;

/* Who is to be treated, where, with what. */
struct patient_case {
	uint8_t device_class; /* indices in the library's symbols */
	uint8_t indication;
	uint8_t site;
	bool test_spot; /* a session that only makes a test area */
	int32_t today;
	struct facts facts;
	const struct history *history; /* borrowed; NULL: nobody told of past treatments */
};

/* A reason that concerns the session as a whole, or only the cells that wait for it: a row's
 * status, and a rule on past doses that are not known. */
struct screening_reason {
	enum verdict_kind kind;  /* HELD, BLOCKED; ALLOWED for a note */
	const struct rule *rule; /* NULL: a row's status */
	enum row_status status;  /* with rule NULL */
	bool of_cells;
	uint8_t approvers; /* 0 for a note, 1, or 2 for status B */
};

#define CELLS_MAX     128
#define SCREENING_MAX 64

/* Of these parameters at most one may lie beyond what it was last time. */
struct one_step {
	const struct rule *by; /* NULL: no rule says so, or there is no last time */
	uint8_t n;
	uint8_t param[TOGETHER_MAX]; /* enum param; the first that moved may stay */
	int64_t last[TOGETHER_MAX];
};

/* One row with the rules laid over it. */
struct cell {
	const struct row *row;
	uint64_t waits; /* bits: the reasons it waits for, until they are cleared */
	uint8_t n_limit;
	struct limit limit[PARAM_COUNT];    /* each limited once */
	const struct rule *by[PARAM_COUNT]; /* the rule that narrowed it, or NULL */
	struct one_step one_step;
};

/* What a session may take in all, whatever the doses. */
struct allowance {
	int64_t most;          /* 0: no rule says so */
	const struct rule *by; /* NULL with 0 */
};

/* How far beyond the limit of a parameter one approver is no longer enough. */
struct second_line {
	const struct rule *by; /* NULL: no rule says so */
	int64_t num, den;      /* times the limit; for what is dangerous when small, of it */
};

struct limits {
	bool computed;
	uint8_t skin;             /* effective type, 1..6 */
	uint8_t skin_as_assessed; /* 0: unknown */
	uint16_t n_cells;
	struct cell cell[CELLS_MAX];
	uint8_t n_reasons;
	struct screening_reason reason[SCREENING_MAX];
	struct second_line second[PARAM_COUNT];
	struct allowance pulses, energy_uj;
	enum supervision supervision;     /* how near a physician must be */
	const struct rule *supervised_by; /* NULL: no rule says so */
};

/*  enumerator, sentence */
#define LIMITS_STATUS_MAP(X)                                                            \
	X(LIMITS_OK, "")                                                                \
	X(LIMITS_NO_ROWS, "no protocol for this class, indication, site and skin type") \
	X(LIMITS_TOO_MANY, "more rows fit this patient than a session can hold")        \
	X(LIMITS_TOO_MANY_REASONS, "more screening reasons than a session can hold")

enum limits_status {
#define X(id, sentence) id,
	LIMITS_STATUS_MAP(X)
#undef X
};
const char *limits_status_words(enum limits_status s);
/* The same of one class: why there is no row, when its protocol says why. */
const char *limits_why(const struct library *lib, uint8_t device_class, enum limits_status s);

/* Skin type unknown counts as VI. Rules on past doses look at c->history; what is derived from it
 * stands in c->facts before (history_derive). Any status but OK: *out has computed = false and no
 * cells, and a judge given it refuses everything. */
MUST_USE enum limits_status limits_compute(const struct library *lib, const struct patient_case *c,
                                           struct limits *out);

/* What the screening alone says, with the reasons in `cleared` (bit per reason) taken away:
 * BLOCKED if any reason blocks (cleared or not), HELD if a hold of the whole session is not cleared
 * or if every cell waits for a reason that is not cleared, else ALLOWED. */
enum verdict_kind limits_screening(const struct limits *l, uint64_t cleared);
/* The approvers the reasons still standing ask for: 0, 1 or 2. */
uint8_t limits_approvers(const struct limits *l, uint64_t cleared);
/* Reasons that a physician may clear and has not: bits. */
uint64_t limits_standing(const struct limits *l, uint64_t cleared);

/* Id for people and JSON: the rule's id, or "status M". */
size_t screening_reason_id(const struct screening_reason *r, char *buf, size_t len);
size_t screening_reason_text(const struct screening_reason *r, char *buf, size_t len);

static inline bool param_is_choice(enum param p)
{
	return param_info(p)->measure.dimension == DIM_CHOICE;
}

/* True when the symbol `value` (1..64) is in the set. */
static inline bool choice_in(uint64_t choices, int64_t value)
{
	return value >= 1 && value <= 64 && ((choices >> (value - 1)) & 1) != 0;
}

/* The row's selector of this parameter, or NULL. */
const struct select *limits_select(const struct row *row, enum param p);
/* True when these settings fit this one selector; what is not known does not. */
bool limits_select_holds(const struct select *sel, const struct settings *s);
/* True when they fit all selectors of the row. */
bool limits_row_holds(const struct row *row, const struct settings *s);

/* The cell whose selectors hold these settings, or NULL. A selected parameter that is not known
 * does not match. */
const struct cell *limits_cell(const struct limits *l, const struct settings *s);

#endif
