/*
 * people: who may do what, and how they prove who they are.
 *
 * A file of names, roles and argon2id hashes in the state folder, written whole and renamed into
 * place. Checking a secret takes a tenth of a second by design, so it runs in a worker, at most two
 * at once; everything else is the loop thread's.
 */
#ifndef EDGE_PEOPLE_H
#define EDGE_PEOPLE_H

#include <jansson.h>
#include <uv.h>

#include "core/base.h"
#include "core/hold.h" /* PERSON_LEN */

/*  enumerator, name, as people say it */
#define PERSON_ROLE_MAP(X)                                  \
	X(ROLE_OPERATOR, "operator", "operator")            \
	X(ROLE_PHYSICIAN, "physician", "physician")         \
	X(ROLE_DIRECTOR, "director", "director")            \
	X(ROLE_ENGINEER, "engineer", "engineer")            \
	X(ROLE_OFFICER, "safety_officer", "safety officer") \
	X(ROLE_AUDITOR, "auditor", "auditor")

enum person_role {
#define X(id, name, words) id,
	PERSON_ROLE_MAP(X)
#undef X
	        PERSON_ROLE_COUNT
};
const char *person_role_name(enum person_role r);
const char *person_role_words(enum person_role r);
/* PERSON_ROLE_COUNT when there is none of that name. */
enum person_role person_role_named(const char *name);
/* "operator, physician, …" */
const char *person_role_names(void);

/* The one table of who may do what: role × action. Whoever may do something may do it with every
 * method of the control socket that wants this right. What stands in no row (looking, explaining,
 * stop) wants no login. */
#define MAY(role) (1u << ROLE_##role)
/* clang-format off */
/*  enumerator, words, bits of the roles that may */
#define RIGHT_MAP(X) \
	X(RIGHT_SESSION, "start sessions and correct facts", \
	  MAY(OPERATOR) | MAY(PHYSICIAN)) \
	X(RIGHT_ASK, "ask for an override", \
	  MAY(OPERATOR) | MAY(PHYSICIAN)) \
	X(RIGHT_APPROVE, "approve a hold", \
	  MAY(PHYSICIAN) | MAY(DIRECTOR)) \
	X(RIGHT_DENY, "deny a hold", \
	  MAY(PHYSICIAN) | MAY(DIRECTOR)) \
	X(RIGHT_REVOKE, "revoke a grant, end a session", \
	  MAY(OPERATOR) | MAY(PHYSICIAN) | MAY(DIRECTOR) | MAY(OFFICER)) \
	X(RIGHT_LEASE, "say which console sets a device", \
	  MAY(OPERATOR) | MAY(PHYSICIAN)) \
	X(RIGHT_CLEAR, "clear an alarm", \
	  MAY(PHYSICIAN) | MAY(DIRECTOR) | MAY(ENGINEER) | MAY(OFFICER)) \
	X(RIGHT_READ, "record the reading of a test area", \
	  MAY(PHYSICIAN) | MAY(DIRECTOR)) \
	X(RIGHT_LOOK, "look at a patient's history, logs and ledger rows", \
	  MAY(OPERATOR) | MAY(PHYSICIAN) | MAY(DIRECTOR) | MAY(OFFICER) | MAY(AUDITOR)) \
	X(RIGHT_PROPOSE, "propose a library", \
	  MAY(PHYSICIAN) | MAY(DIRECTOR) | MAY(ENGINEER) | MAY(OFFICER)) \
	X(RIGHT_ACTIVATE, "activate a library that another person proposed", \
	  MAY(DIRECTOR)) \
	X(RIGHT_CLOCK, "say that the clock is right", \
	  MAY(DIRECTOR)) \
	X(RIGHT_RECORD, "record the wire", \
	  MAY(DIRECTOR) | MAY(ENGINEER)) \
	X(RIGHT_PEOPLE, "add people", \
	  MAY(DIRECTOR))
/* clang-format on */

enum right {
#define X(id, words, roles) id,
	RIGHT_MAP(X)
#undef X
	        RIGHT_COUNT
};
const char *right_words(enum right r);
bool role_may(enum person_role role, enum right r);

struct person {
	char name[PERSON_LEN]; /* login: lower case, digits, . _ - */
	char printed[64];      /* as it is to stand under a signature */
	enum person_role role;
	char hash[128]; /* crypto_pwhash_STRBYTES */
	int32_t added_day;
};

bool person_may(const struct person *p, enum right r);

#define PEOPLE_MAX 200
#define SECRET_MIN 8
#define SECRET_MAX 128

/* How long nothing is checked for a person after so many failures in a row. */
int people_wait_s(unsigned failures);

struct people;

/* Reads `file`, or begins with nobody when it does not exist. NULL with the reason otherwise. */
struct people *people_open(uv_loop_t *loop, const char *file, char *why, size_t why_len);
size_t people_count(const struct people *p);
/* NULL when there is none. Valid until the next people_add. */
const struct person *people_find(const struct people *p, const char *name);
/* [{"name", "printed", "role", "added"}], a new array without hashes. */
json_t *people_list(const struct people *p);

/* On the loop, later, exactly once. who: NULL when name or secret is wrong, or when the person is
 * throttled (wait_s > 0: try again in so many seconds). Unknown names take as long as known ones.
 * After 3 failures in a row each further one doubles the wait from 1 s, at most 300 s; never for
 * good. */
typedef void people_checked_fn(void *owner, void *tag, const struct person *who, int wait_s);
void people_check(struct people *p, const char *name, const char *secret, people_checked_fn *done,
                  void *owner, void *tag);

/* Hashes in a worker, then writes the file; done later on the loop: why is NULL when it is there,
 * else a sentence (name taken, secret too short, disk …). */
typedef void people_added_fn(void *owner, void *tag, const char *why);
void people_add(struct people *p, const char *name, const char *printed, enum person_role role,
                const char *secret, people_added_fn *done, void *owner, void *tag);
/* Waits until no worker is under way, then calls closed and frees. */
void people_close(struct people *p, void (*closed)(void *owner), void *owner);

#endif
