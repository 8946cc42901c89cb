/*
 * How long nothing is checked after wrong tries: never for good.
 */
#include "people_room.h"

#include <string.h>

#define FREE_TRIES 3
#define WAIT_MAX_S 300
/* A user of this machine may be the pages of the whole clinic, so it takes many; a source that such
 * a program names is one browser. Ten slips in a row are a bad day, two hundred are none. */
#define SOURCE_WAIT_MAX_S 60
#define USER_FREE         200
#define USER_FORGIVES_MS  UINT64_C(3000)
#define GIVEN_FREE        10
#define GIVEN_FORGIVES_MS UINT64_C(30000)

static int doubled_s(unsigned failures, unsigned free_tries, int most_s)
{
	if (failures <= free_tries)
		return 0;
	unsigned doublings = failures - free_tries - 1;
	return doublings >= 9 || 1 << doublings > most_s ? most_s : 1 << doublings;
}

int people_wait_s(unsigned failures)
{
	return doubled_s(failures, FREE_TRIES, WAIT_MAX_S);
}

int people_source_wait_s(unsigned failures, unsigned free_tries)
{
	return doubled_s(failures, free_tries, SOURCE_WAIT_MAX_S);
}

static struct source *source_at(struct people *p, struct source *all, const void *bytes, size_t n)
{
	uint64_t hash;

	crypto_shorthash((unsigned char *)&hash, bytes, n, p->stranger_key);
	return &all[hash % SOURCES];
}

void source_note(struct people *p, struct job *j, const struct claim *claim)
{
	j->user = source_at(p, p->user, &claim->uid, sizeof claim->uid);
	if (claim->source != NULL)
		j->given = source_at(p, p->given, claim->source, strlen(claim->source));
}

static void source_strike(struct source *s, unsigned free_tries, uint64_t forgives_ms)
{
	if (s == NULL)
		return;
	uint64_t forgiven = (room_now_ms() - s->last_ms) / forgives_ms;
	unsigned *failures = &s->strikes.failures;

	*failures -= forgiven < *failures ? (unsigned)forgiven : *failures;
	s->last_ms = room_now_ms();
	if (*failures < free_tries + 10)
		++*failures;
	s->strikes.until_ms =
	        s->last_ms + (uint64_t)people_source_wait_s(*failures, free_tries) * 1000;
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
	const int left[] = {left_s(secret_strikes(p, j->name)), left_s(code_strikes(p, j)),
	                    left_s(&j->user->strikes),
	                    left_s(j->given == NULL ? NULL : &j->given->strikes)};
	int most = 0;

	for (size_t i = 0; i < ARRAY_LEN(left); i++)
		most = left[i] > most ? left[i] : most;
	return most;
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

	if (j->proof.status == PROOF_WRONG || j->proof.status == PROOF_CODE_WRONG) {
		source_strike(j->user, USER_FREE, USER_FORGIVES_MS);
		source_strike(j->given, GIVEN_FREE, GIVEN_FORGIVES_MS);
	}
	if (j->proof.status == PROOF_WRONG)
		return strike(secret);
	*secret = (struct strikes){0}; /* it was right, whatever became of the code */
	if (code != NULL && j->proof.status == PROOF_CODE_WRONG)
		return strike(code);
	if (code != NULL && j->proof.status == PROOF_GOOD)
		*code = (struct strikes){0};
	return 0;
}

void throttle_forget(struct people *p, const struct person *who)
{
	p->secret_strikes[who - p->roster.person] = (struct strikes){0};
	p->code_strikes[who - p->roster.person] = (struct strikes){0};
}
