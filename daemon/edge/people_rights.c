/*
 * The tables of roles, rights and proofs, looked up.
 */
#include "edge/people.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *words;
} roles[PERSON_ROLE_COUNT + 1] = {
#define X(id, name, words) [id] = {name, words},
        PERSON_ROLE_MAP(X)
#undef X
                [PERSON_ROLE_COUNT] = {"none", "nobody"}};

static const struct {
	const char *words;
	unsigned may;
	enum factor factor;
} rights[] = {
#define X(id, words, may, factor) [id] = {words, may, factor},
        RIGHT_MAP(X)
#undef X
};

const char *person_role_name(enum person_role r)
{
	return roles[r].name;
}

const char *person_role_words(enum person_role r)
{
	return roles[r].words;
}

enum person_role person_role_named(const char *name)
{
	enum person_role r = 0;

	while (r < PERSON_ROLE_COUNT && strcmp(roles[r].name, name) != 0)
		r++;
	return r;
}

const char *person_role_names(void)
{
#define X(id, name, words) ", " name
	static const char all[] = PERSON_ROLE_MAP(X);
#undef X

	return all + 2;
}

const char *right_words(enum right r)
{
	return rights[r].words;
}

bool role_may(enum person_role role, enum right r)
{
	return (rights[r].may >> role & 1) != 0;
}

bool person_may(const struct person *p, enum right r)
{
	return role_may(p->role, r);
}

enum factor right_factor(enum right r)
{
	return rights[r].factor;
}

const char *factor_words(enum factor f)
{
	static const char *const words[] = {
#define X(id, words) [id] = words,
	        FACTOR_MAP(X)
#undef X
	};

	return words[f];
}

static const struct {
	const char *name, *words;
} proofs[] = {
#define X(id, name, words) [id] = {name, words},
        PROOF_MAP(X)
#undef X
};

const char *proof_name(enum proof_status s)
{
	return proofs[s].name;
}

void proof_words(const struct proof *p, char *buf, size_t len)
{
	if (p->status == PROOF_WAIT)
		snprintf(buf, len, "%s; try again in %d s", proofs[p->status].words, p->wait_s);
	else
		snprintf(buf, len, "%s", proofs[p->status].words);
}
