/*
 * library: facts, screening rules and limit rows together, and the law that more risk never widens.
 *
 * Values only, in memory the loader (edge/config) owns; const once library_check has passed it.
 * Any thread.
 */
#ifndef CORE_LIBRARY_H
#define CORE_LIBRARY_H

#include "core/dose.h"
#include "core/fact.h"

#define CLASSES_MAX         32
#define INDICATIONS_MAX     32
#define SITES_MAX           64
#define RULE_CONDITIONS_MAX 4
#define RULE_EFFECTS_MAX    4
#define ROW_SELECTS_MAX     6
#define ROW_LIMITS_MAX      8
#define SKIN_TYPES          6 /* Fitzpatrick I..VI are 1..6 */

/*  enumerator, name in files */
#define EFFECT_MAP(X)                                                                              \
	X(EFFECT_BLOCK, "block")         /* nobody may */                                          \
	X(EFFECT_HOLD, "hold")           /* a physician may clear it for this session */           \
	X(EFFECT_TEST_SPOT, "test_spot") /* held until a test area was read without reaction */    \
	X(EFFECT_RAISE_SKIN, "raise_skin_type") /* by value types, at most VI; several add up */   \
	X(EFFECT_SCALE, "scale")                /* ceiling of param times num/den, rounded down */ \
	X(EFFECT_MINIMUM, "minimum")            /* of param: the larger wins */                    \
	X(EFFECT_MAXIMUM, "maximum")            /* of param: the smaller wins */                   \
	X(EFFECT_NOTE, "note")                  /* said and recorded, changes nothing */           \
	X(EFFECT_STEP, "step")         /* param: at most value beyond the last dose here */        \
	X(EFFECT_ONE_STEP, "one_step") /* of together: at most one beyond the last dose here */    \
	X(EFFECT_BUDGET, "budget")     /* of param: num/den of the ceiling in so many days */      \
	X(EFFECT_TESTED, "tested")     /* of param: num/den of what the test area was made with */ \
	X(EFFECT_PULSES, "pulses")     /* in the session, at most */                               \
	X(EFFECT_TOTAL, "total")       /* of param, energy: in the session, at most */             \
	X(EFFECT_TWO, "two_approvers") /* of param: beyond num/den of its limit, two decide */     \
	X(EFFECT_SUPERVISE, "supervise") /* a physician at least so near */

/*  enumerator, name, words for people; each nearer than the one before */
#define SUPERVISION_MAP(X)                                           \
	X(SUPERVISION_NONE, "none", "nowhere")                       \
	X(SUPERVISION_ON_CALL, "on_call", "on call")                 \
	X(SUPERVISION_ON_PREMISES, "on_premises", "on the premises") \
	X(SUPERVISION_IN_ROOM, "in_the_room", "in the room")

enum supervision {
#define X(id, name, words) id,
	SUPERVISION_MAP(X)
#undef X
	        SUPERVISION_COUNT
};
const char *supervision_name(enum supervision s);
const char *supervision_words(enum supervision s);

enum effect_kind {
#define X(id, name) id,
	EFFECT_MAP(X)
#undef X
	        EFFECT_COUNT
};

#define TOGETHER_MAX 3

struct effect {
	enum effect_kind kind;
	enum param param;   /* SCALE, MINIMUM, MAXIMUM, STEP, BUDGET, TESTED, TOTAL */
	int64_t value;      /* RAISE_SKIN: types; MINIMUM, MAXIMUM, STEP, TOTAL: base units; BUDGET:
	                       days; PULSES: pulses */
	int64_t num, den;   /* SCALE: num <= den; BUDGET, TESTED: num >= den */
	uint8_t n_together; /* ONE_STEP: 2..TOGETHER_MAX */
	enum param together[TOGETHER_MAX]; /* the first of them that moved may stay moved */
};

/* Which sessions a rule is for. */
enum rule_session { RULE_ANY_SESSION, RULE_TREATMENT, RULE_TEST_SPOT };

/* Holds from a risk of at_least on, and whenever the risk is not known. */
struct condition {
	uint8_t fact; /* index in the library */
	int64_t at_least;
	int64_t below; /* FACT_NUMBER: and only below this; 0: no upper end */
};

struct rule {
	char id[48];
	char reason[200]; /* for people, in their words, with the way forward */
	char source[96];
	char confidence;
	uint32_t classes;     /* bit per index in library.classes; 0: all */
	uint32_t indications; /* likewise */
	uint64_t sites;       /* likewise */
	enum rule_session session;
	uint8_t n_when; /* a conjunction; 0: always */
	struct condition when[RULE_CONDITIONS_MAX];
	uint8_t n_then;
	struct effect then[RULE_EFFECTS_MAX];
	/* 1 + index in library.option; 0: it holds whatever the director decides. Silent unless the
	 * option is adopted, or else once it is. */
	uint8_t option;
	bool only_adopted;
	int line;
};

#define OPTIONS_MAX 32
#define DATE_LEN    sizeof("2026-11-20")

/* What the evidence leaves to the medical director: screening.cfg offers it, decisions.cfg decides
 * it. The loader has sorted the rules by it, so nothing else in core looks at this. */
struct director_option {
	char name[32];
	char words[200];   /* for people: what it means to adopt it */
	bool by_default;   /* adopted while nobody has decided */
	bool adopted;      /* as it stands */
	char by[64];       /* who decided; "": nobody, the default stands */
	char on[DATE_LEN]; /* when */
	char why[200];
	char source[96];
	char confidence;
	int line, decided_line; /* in screening.cfg; in decisions.cfg, 0: not decided */
};

/* In order of rising strictness. NO_ROW: what has no row, for comparison only. */
enum row_status { STATUS_A, STATUS_T, STATUS_M, STATUS_NO_ROW, STATUS_B };
char row_status_letter(enum row_status s);

/* One condition on or limit to one parameter. For DIM_CHOICE parameters `choices` is a set, bit
 * (value - 1) per symbol, and the spans are not used. */
struct select {
	enum param param;
	struct span span;
	uint64_t choices;
};

/* soft: a physician may go beyond; hard: nobody may. What counts is the dangerous side
 * (param_info danger): the ceiling for DANGER_UP, the floor for DANGER_DOWN, both for DANGER_ANY.
 * The other end of `soft` is the working range the source gives; it is shown and refuses nothing,
 * because a lower dose is the conservative one. hard is SPAN_ALL or encloses soft. */
struct limit {
	enum param param;
	struct span soft;
	struct span hard;
	uint64_t choices; /* DIM_CHOICE: the allowed ones; anything else is beyond the soft limit */
};

struct row {
	char id[48];
	uint8_t device_class; /* index in library.classes */
	uint32_t indications; /* bit per index; never 0 */
	uint64_t sites;       /* 0: all */
	uint8_t skin;         /* 1..6; the loader makes a row for each type of a range */
	enum row_status status;
	uint8_t n_select;
	struct select select[ROW_SELECTS_MAX];
	uint8_t n_limit;
	struct limit limit[ROW_LIMITS_MAX];
	uint32_t unlimited; /* PARAM_BIT: the source sets no limit; the device's own range holds */
	char source[64];
	char confidence;
	char note[128];
	int line;
	uint8_t file; /* index in library.files */
};

#define LIBRARY_FILES_MAX 40
#define CLOSED_LEN        240

/* A site of the body, as sites.cfg tells of it. The loader has widened every set of sites to what
 * lies in them, so nothing else in core looks at this. */
struct body_site {
	char words[48];  /* for people; "" for one the file does not tell of */
	int8_t outer;    /* index of the site it lies in; -1: none */
	uint64_t inside; /* bit per index of what lies in it */
};

#define REFERENCES_MAX 250

/* A source that facts, rules and rows may name, as sources.cfg tells of it. */
struct reference {
	char key[16];
	char title[120];
	char read[20]; /* how far it was read: "abstract", "first page" */
	int line;
};

struct library {
	struct symbols classes, indications, sites, choices; /* value - 1 is the index above */
	struct body_site site[SITES_MAX];
	uint32_t class_indications[CLASSES_MAX]; /* what its protocols are for, rows or none */
	/* per class, for people: why there is no row for what has none, and the way forward; ""
	 * when the protocol says nothing of it */
	char closed[CLASSES_MAX][CLOSED_LEN];
	uint16_t n_facts;
	const struct fact *fact; /* [n_facts], at most FACTS_MAX */
	uint32_t n_rules;
	uint32_t
	        n_silent; /* of them no patient hears, as the options stand: rule[n_rules] and on */
	const struct rule *rule;
	uint16_t n_options;
	const struct director_option *option;
	uint32_t n_rows;
	const struct row *row; /* sorted by device_class, skin (library_check refuses otherwise) */
	uint16_t n_references;
	const struct reference *reference;
	/* facts the engine itself must know; the loader finds them by name, -1 is refused */
	int skin_fact;     /* "skin_type": its values are exactly I..VI */
	int test_fact;     /* "test_area": risk 0 is "read, without reaction" */
	uint8_t hash[32];  /* BLAKE2b-256 over the canonical text; given by the loader */
	char hash_hex[17]; /* the first 8 bytes, for people */
	uint16_t n_files;
	char files[LIBRARY_FILES_MAX][96];
};

/*  enumerator, what is wrong; rows a and b (or rule a) are named with it */
#define LIBRARY_FAULT_MAP(X)                                                                       \
	X(LIBRARY_OK, "")                                                                          \
	X(LIBRARY_ORDER, "rows are not sorted by class and skin type")                             \
	X(LIBRARY_OVERLAP, "two rows fit the same settings")                                       \
	X(LIBRARY_HIGHER_CEILING, "the darker skin type has a higher ceiling")                     \
	X(LIBRARY_LOWER_FLOOR, "the darker skin type has a lower floor")                           \
	X(LIBRARY_MORE_CHOICES, "the darker skin type is allowed a choice the lighter one is not") \
	X(LIBRARY_BETTER_STATUS, "the darker skin type has a better status")                       \
	X(LIBRARY_UNLIMITED, "the darker skin type is unlimited where the lighter one is not")     \
	X(LIBRARY_WIDER_SELECT,                                                                    \
	  "the darker skin type has a row (of status A or T) where the lighter one has none")      \
	X(LIBRARY_HARD_INSIDE, "the hard limit lies inside the soft one")                          \
	X(LIBRARY_LIMIT_TWICE, "one parameter is limited twice, or both limited and unlimited")    \
	X(LIBRARY_SELECT_TWICE, "one parameter is selected twice")                                 \
	X(LIBRARY_EMPTY_LIMIT, "a limit that lets nothing pass or never binds")                    \
	X(LIBRARY_WIDENS, "the rule would widen: a scale above 1, or a raise below 1")             \
	X(LIBRARY_DANGER, "minimum is for parameters dangerous when small; maximum, scale, "       \
	                  "budget and tested for those dangerous when large")                      \
	X(LIBRARY_NO_DIRECTION, "step, one_step and two_approvers are for parameters that are "    \
	                        "dangerous one way")                                               \
	X(LIBRARY_TOGETHER, "one_step names the same parameter twice, or fewer than two")          \
	X(LIBRARY_ONE_STEP_TWICE,                                                                  \
	  "two rules say for the same sessions what may move one at a time")                       \
	X(LIBRARY_TOTAL, "a total of a session is of energy")                                      \
	X(LIBRARY_SHARE, "a budget, a tested dose or a second line of less than one whole (a "     \
	                 "scale does that), or of numbers nobody means")                           \
	X(LIBRARY_NO_SKIN_FACT,                                                                    \
	  "facts lack skin_type with the values I, II, III, IV, V, VI in this order")              \
	X(LIBRARY_NO_TEST_FACT, "facts lack the choice test_area")

enum library_fault {
#define X(id, words) id,
	LIBRARY_FAULT_MAP(X)
#undef X
};
const char *library_fault_words(enum library_fault f);

struct library_finding {
	enum library_fault fault;
	int32_t a, b;     /* rows, or rules; -1: none */
	enum param param; /* PARAM_NONE: none */
	bool rule;        /* a is a rule, and so is b */
};

/* Every fault, up to max; returns how many there are. 0: this library may be used. Compares each
 * row with the rows of the next lighter types of its class; up to 100,000 rows in a second.
 *
 * What has no row is only held for one physician, so a row of status B, or with a hard limit, must
 * be covered by one row of the next darker type (BETTER_STATUS, UNLIMITED; b is -1). With
 * WIDER_SELECT, b is the row and a is -1. A rule's minimum, maximum, step, days or pulses of 0 are
 * EMPTY_LIMIT. */
size_t library_check(const struct library *lib, struct library_finding *out, size_t max);

#endif
