/*
 * factor: a second factor as a telephone has it.
 */
#ifndef SIM_FACTOR_H
#define SIM_FACTOR_H

#include <time.h>

#include "core/base.h"

#define FACTOR_CODE_LEN 7

struct factor {
	char seed[64];
	size_t n;
	time_t step; /* of the next code */
};

/* From a seed in base 32. */
bool factor_take(const char *text, struct factor *f);
/* The next code is one of those that are good now. */
bool factor_has_code(const struct factor *f);
/* It; waits while it is still to come. */
bool factor_code(struct factor *f, char code[FACTOR_CODE_LEN]);

#endif
