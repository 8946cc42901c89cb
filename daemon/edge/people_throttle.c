/*
 * How long nothing is checked after wrong tries: never for good.
 */
#include "people_room.h"

#include <string.h>

#define FREE_TRIES 3
#define WAIT_MAX_S 300

int people_wait_s(unsigned failures)
{
	if (failures <= FREE_TRIES)
		return 0;
	unsigned doublings = failures - FREE_TRIES - 1;
	return doublings >= 9 || 1 << doublings > WAIT_MAX_S ? WAIT_MAX_S : 1 << doublings;
}

/* Names that are nobody's share a few places, found by a keyed hash: they are throttled as
 * somebody's would be, and a million of them take no more room. */
static struct strikes *secret_strikes(struct people *p, const char *name)
{
	const struct person *who = people_find(p, name);
	uint64_t hash;

	if (who != NULL)
		return &p->secret_strikes[who - p->roster.person];
	crypto_shorthash((unsigned char *)&hash, (const unsigned char *)name, strlen(name),
	                 p->stranger_key);
	return &p->stranger[hash % STRANGERS];
}

/* NULL for a claim without a code, and for a name that is nobody's. */
static struct strikes *code_strikes(struct people *p, const struct job *j)
{
	const struct person *who = people_find(p, j->name);

	return !j->wants_code || who == NULL ? NULL : &p->code_strikes[who - p->roster.person];
}

static int left_s(const struct strikes *s)
{
	uint64_t now = room_now_ms();

	return s == NULL || s->until_ms <= now ? 0 : (int)((s->until_ms - now + 999) / 1000);
}

int throttle_left_s(struct people *p, const struct job *j)
{
	int secret = left_s(secret_strikes(p, j->name)), code = left_s(code_strikes(p, j));

	return secret > code ? secret : code;
}

static int strike(struct strikes *s)
{
	if (s->failures < FREE_TRIES + 10)
		s->failures++;
	int wait_s = people_wait_s(s->failures);
	s->until_ms = room_now_ms() + (uint64_t)wait_s * 1000;
	return wait_s;
}

int throttle_count(struct people *p, const struct job *j)
{
	struct strikes *secret = secret_strikes(p, j->name), *code = code_strikes(p, j);

	if (j->proof.status == PROOF_WRONG)
		return strike(secret);
	*secret = (struct strikes){0}; /* it was right, whatever became of the code */
	if (code != NULL && j->proof.status == PROOF_CODE_WRONG)
		return strike(code);
	if (code != NULL && j->proof.status == PROOF_GOOD)
		*code = (struct strikes){0};
	return 0;
}
