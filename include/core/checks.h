/*
 * checks: what one image can be blamed for, check by check in the order of CHECK_MAP.
 *
 * The judge (verdict.c) puts what the device reports and what it would be after a write through
 * the same checks, and compares. Any thread.
 */
#ifndef CORE_CHECKS_H
#define CORE_CHECKS_H

#include "core/verdict.h"

/* What one image can be blamed for: a handful for the session, the screening, at most four things a
 * parameter (no value or out of the device's range; no row; hard; soft or no limit), and steps. */
#define FOUND_MAX (CHECK_COUNT + SCREENING_MAX + 4 * PARAM_COUNT + TOGETHER_MAX)

/* One image under judgement: what the device reports, or what it would be after the write. */
struct trial {
	const struct situation *s;
	const struct limits *limits; /* NULL: none that count */
	const struct cell *cell;
	const struct image *image;
	enum intent intent;
	enum device_state state;
	enum decode_status decoded;
	enum dose_status dosed;
	struct settings registers; /* as regmap_settings gives them */
	struct settings dose;      /* with the fluence that counts */
	uint16_t n;
	struct reason found[FOUND_MAX];
};

/* Reads the image and finds its cell; nothing is found yet. */
void trial_open(struct trial *t, const struct situation *s, enum intent intent,
                const struct image *image);
/* Settings without registers: of a device in standby, about to be armed, whose profile has no rows
 * (so no image is looked at). */
void trial_of_settings(struct trial *t, const struct situation *s, const struct settings *asked);
/* The same situation with other settings, which no image holds. */
void trial_instead(struct trial *t, const struct settings *registers);
/* Through all checks. */
void trial_find(struct trial *t);
/* Adds one; the parameter's value is noted with it when it is known. */
struct reason *trial_found(struct trial *t, enum check c, enum param p);
/* The i-th of the parameters that may move one at a time has left the last dose, to its dangerous
 * side, or is not known. */
bool one_step_moved(const struct one_step *o, uint8_t i, const struct settings *dose);
/* Every cell selects this parameter, and none takes the value it has. There must be limits. */
bool trial_has_no_entry(const struct trial *t, enum param p);

#endif
