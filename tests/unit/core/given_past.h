/*
 * given_past: past sessions with the 755 nm laser of the given library, for the tests of core.
 *
 * A dose is written in tenths of J/cm2 and ms, as people would say it; 0 is not known. Type II has
 * two rows: 18 mm up to 20 J/cm2, 15 mm up to 30, both from 3 ms.
 */
#ifndef TESTS_GIVEN_PAST_H
#define TESTS_GIVEN_PAST_H

#include "core/history.h"
#include "given_library.h"

struct given_dose {
	int64_t j10, spot_mm, ms, passes; /* 0: not known */
};

#define GIVEN_DOSES 3

struct given_session {
	uint8_t device_class, site;
	bool test_spot;
	int32_t days_ago;
	uint16_t n;
	struct given_dose dose[GIVEN_DOSES];
};

static inline void given_known(struct settings *s, enum param p, int64_t value)
{
	if (value != 0)
		settings_set(s, p, value);
}

static inline struct settings given_settings_of(const struct given_dose *d)
{
	struct settings s = {.known = 0};

	given_known(&s, WAVELENGTH_NM, 755);
	given_known(&s, FLUENCE_UJ_CM2, d->j10 * 100000);
	given_known(&s, SPOT_UM, GIVEN_MM(d->spot_mm));
	given_known(&s, WIDTH_PS, GIVEN_MS(d->ms));
	given_known(&s, PASSES, d->passes);
	return s;
}

static inline uint16_t given_doses(struct history *h, const struct given_dose *d, uint16_t n)
{
	uint16_t first = h->n_doses;

	for (uint16_t i = 0; i < n; i++)
		h->dose[h->n_doses++] = given_settings_of(&d[i]);
	return first;
}

static inline struct treatment *given_treatment(struct history *h, const struct given_session *s)
{
	struct treatment *t = &h->treatment[h->n++];

	h->treatments = HISTORY_TOLD;
	*t = (struct treatment){s->device_class, s->site, s->test_spot, s->days_ago, 0, s->n};
	t->first_dose = given_doses(h, s->dose, s->n);
	return t;
}

/* A test area, read without reaction. */
static inline void given_test(struct history *h, const struct given_dose *d, uint16_t n)
{
	h->test = HISTORY_TOLD;
	h->test_area = (struct test_area){true, true, 20, 6, TEST_RESULT_CLEAR, 0, n};
	h->test_area.first_dose = given_doses(h, d, n);
}

#endif
