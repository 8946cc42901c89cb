/*
 * The tables of roles and rights, looked up.
 */
#include "edge/people.h"

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
} rights[] = {
#define X(id, words, may) [id] = {words, may},
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
