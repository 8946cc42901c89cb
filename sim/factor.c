/*
 * factor: the telephone of the physician in a scenario. Its seed stands below the secret in the
 * file.
 */
#include "console.h"

#include <liboath/oath.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STEP_S  30 /* as everywhere: half a minute, six digits */
#define DIGITS  6
#define SPARE_S 10 /* a code is still good for so long, however slow the machine is */

bool factor_take(const char *text, struct factor *f)
{
	size_t n = 0;
	char *seed = NULL;

	*f = (struct factor){.step = (time(NULL) + SPARE_S) / STEP_S - 1};
	if (oath_base32_decode(text, strlen(text), &seed, &n) != OATH_OK || n > sizeof f->seed) {
		free(seed);
		return false;
	}
	memcpy(f->seed, seed, n);
	f->n = n;
	free(seed);
	return true;
}

bool factor_has_code(const struct factor *f)
{
	return f->step <= time(NULL) / STEP_S + 1;
}

/* The gate takes those of the step before and after as well, each once. */
bool factor_code(struct factor *f, char code[FACTOR_CODE_LEN])
{
	while (!factor_has_code(f))
		sleep_ms(200);
	return oath_totp_generate(f->seed, f->n, f->step++ * STEP_S, STEP_S, 0, DIGITS, code) ==
	       OATH_OK;
}
