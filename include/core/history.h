/*
 * history: what past treatments and a test area say of today's session.
 *
 * Turns them into answers to the derived facts of the library (enum derive), and a test area into
 * the answer to test_area. Rules then judge these like any other answer. Where nothing was given
 * there is nothing to derive, and the derived facts stay without answer.
 *
 * Days before today are whole days. Pure; any thread.
 */
#ifndef CORE_HISTORY_H
#define CORE_HISTORY_H

#include "core/limits.h"

#define HISTORY_MAX 256

struct treatment {
	uint8_t device_class, site; /* indices in the library's symbols */
	bool test_spot;             /* only a test area was made: no treatment */
	int32_t days_ago;
};

enum test_result { TEST_RESULT_NONE, TEST_RESULT_CLEAR, TEST_RESULT_REACTION };

/* Of this site with this class. */
struct test_area {
	bool made, read;
	int32_t made_days_ago, read_days_ago;
	enum test_result result;
};

struct history {
	bool given; /* the treatments are all there were; false: they are not known */
	uint16_t n;
	struct treatment treatment[HISTORY_MAX];
	bool test_given;
	struct test_area test;
};

/* Reading before making, or a reading on a day to come, is no reading. */
bool test_area_sound(const struct test_area *t);

/* A treatment of a site that lies in this one, or that this one lies in, is one of this site.
 *
 * Writes the answers to what can be derived into c->facts, as given today; leaves the others. A
 * test area that is not sound is answered "unknown". How long one waited for the reading is not
 * derived in a session that makes a test area. */
void history_derive(const struct library *lib, const struct history *h, struct patient_case *c);

#endif
