/*
 * history: what past treatments and a test area say of today's session.
 *
 * Turns them into answers to the derived facts of the library (enum derive), and a test area into
 * the answer to test_area. Rules then judge these like any other answer. What the sessions were
 * made with is read by limits, for rules that speak of the last dose, of a sum or of a test.
 *
 * Days before today are whole days. Pure; any thread.
 */
#ifndef CORE_HISTORY_H
#define CORE_HISTORY_H

#include "core/limits.h"

#define HISTORY_MAX 256
#define DOSES_MAX   512

/* SILENT: nobody told, and no rule speaks on it. UNKNOWN: it was looked for and is not known, which
 * is the riskiest answer to everything derived from it. TOLD: it is all there was. */
enum history_said { HISTORY_SILENT, HISTORY_UNKNOWN, HISTORY_TOLD };

/* A class or site the library has no name for, or the teller did not know: another class than the
 * one in use, and an ablative one; every site. So is every index the library does not have. */
#define NOT_NAMED 0xff
/* In place of days ago: on a day nobody knows. Counts as the riskiest. */
#define DAYS_NOT_KNOWN INT32_MIN

struct treatment {
	uint8_t device_class, site; /* indices in the library's symbols, or NOT_NAMED */
	bool test_spot;             /* only a test area was made: no treatment */
	int32_t days_ago;
	/* What it was made with, in history.dose: for each selection (spot, handpiece ...) the
	 * highest, with the fluence that counts (dose_complete). None: it is not known. */
	uint16_t first_dose, n_doses;
};

enum test_result { TEST_RESULT_NONE, TEST_RESULT_CLEAR, TEST_RESULT_REACTION };

/* Of this site with this class. */
struct test_area {
	bool made, read;
	int32_t made_days_ago, read_days_ago;
	enum test_result result;
	uint16_t first_dose, n_doses; /* as of a treatment */
};

struct history {
	enum history_said treatments;
	uint16_t n;
	struct treatment treatment[HISTORY_MAX];
	uint16_t n_doses;
	struct settings dose[DOSES_MAX];
	enum history_said test;
	struct test_area test_area;
};

/* Nobody told of anything; what the arrays held is of no account. */
static inline void history_forget(struct history *h)
{
	h->treatments = HISTORY_SILENT;
	h->test = HISTORY_SILENT;
	h->n = 0;
	h->n_doses = 0;
	h->test_area = (struct test_area){.made = false};
}

/* Reading before making, or a reading on a day to come, is no reading. A day that is not known
 * may be any. */
bool test_area_sound(const struct test_area *t);

bool history_same_class(const struct library *lib, const struct treatment *t, uint8_t device_class);
/* A treatment of a site that lies in this one, or that this one lies in, is one of this site. */
bool history_same_site(const struct library *lib, const struct treatment *t, uint8_t site);

/* Writes the answers to what can be derived from c->history into c->facts, as given today; leaves
 * the others. Of a history that is NULL or SILENT nothing is derived, and no rule speaks on it. A
 * test area that was told of, or is UNKNOWN, wins over the answer of a person; one that is not
 * sound is answered "unknown". How long one waited for the reading is not derived in a session
 * that makes a test area. */
void history_derive(const struct library *lib, struct patient_case *c);

#endif
