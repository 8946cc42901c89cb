/*
 * library_life: the life of a library, from the command line: proposing, looking at what would
 * change, activating. These commands speak to the gate.
 *
 *   library_life.c    propose, activate, list, history
 *   library_fetch.c   a library of the store as a folder; copy
 *   library_rerun.c   the sessions of the past, once more; rerun
 *   library_again.c   one of them, by one library
 */
#ifndef CTL_LIBRARY_LIFE_H
#define CTL_LIBRARY_LIFE_H

#include "core/history.h"
#include "core/verdict.h"
#include "ctl.h"
#include "library.h"

#define HASH_HEX_LEN 65
#define FETCH_PATH   600

/* --- library_fetch.c: false after saying why, with the exit code */

/* Into an empty folder, and loaded. shelf_close is right anyway. */
MUST_USE bool fetch_library(struct rpc *r, const char *hash, const char *dir, struct shelf *s,
                            char whole[HASH_HEX_LEN], enum exit_code *code);

/* A library that is there for the time of a command. */
struct loan {
	struct shelf shelf;
	char hash[HASH_HEX_LEN];
};
MUST_USE bool loan_open(struct loan *l, struct rpc *r, const char *hash, enum exit_code *code);
void loan_close(struct loan *l);

/* --- library_again.c */

/* What a library says of a session of the past, and of what was set in it. */
struct again {
	const struct config *books;
	struct library lib; /* a copy: choices no protocol of it names come and go with a setting */
	uint16_t n_choices;
	struct history history;
	struct patient_case patient;
	struct limits limits;
	struct verdict verdict;
};

/* A verdict, and what decided it. */
struct said {
	enum verdict_kind kind;
	char by[64]; /* rule or row; "" when allowed */
	char text[300];
};

void again_begin(struct again *a, const struct config *books);
/* The session of this row of the ledger, with what was on record of the patient by then: a list of
 * bodies of rows. False when this library has no name for its class, indication or site; *out is
 * then a refusal that says so. */
bool again_session(struct again *a, json_t *body, json_t *past, int32_t today, struct said *out);
/* What was set in that session; of the screening, what a physician may clear is cleared. */
void again_settings(struct again *a, json_t *settings, const char *profile, struct said *out);

/* --- library_rerun.c */

struct counts {
	long long days;
	long long sessions, sessions_changed, settings, settings_changed, not_compared;
};
/* Compares the proposed library with the one in use over the rows of the ledger; each change is
 * printed when `print`, or added to `changes` when that is not NULL. */
MUST_USE bool rerun(struct rpc *r, const struct loan *in_use, const struct loan *proposed,
                    long long days, bool print, json_t *changes, struct counts *counts,
                    enum exit_code *code);
void print_counts(const struct counts *c);
json_t *counts_json(const struct counts *c);
/* --since, or what is usual; false after saying that it is no number. */
bool take_days(const struct options *o, long long *days);

/* --- library_life.c */

/* "" when none is. False after an error. */
MUST_USE bool hash_in_use(struct rpc *r, char hash[HASH_HEX_LEN], enum exit_code *code);

#endif
