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

/*  enumerator, what a person proves to do something */
#define FACTOR_MAP(X)                                                                            \
	X(FACTOR_SECRET, "secret")        /* logged in */                                        \
	X(FACTOR_BOTH, "secret and code") /* logged in with the second factor as well */         \
	X(FACTOR_SIGNED, "signed: secret and code again") /* both once more, with what is signed \
	                                                   */

enum factor {
#define X(id, words) id,
	FACTOR_MAP(X)
#undef X
	        FACTOR_COUNT
};
const char *factor_words(enum factor f);

/* The one table of who may do what: role × action. Whoever may do something may do it with every
 * method of the control socket that wants this right. What stands in no row (looking, explaining,
 * stop) wants no login. */
#define MAY(role) (1u << ROLE_##role)
/* clang-format off */
/*  enumerator, words, bits of the roles that may, how they prove who they are. What takes permission
 *  away, or only lets the judge speak again, wants no second factor; nor does what is needed while the
 *  clock is wrong and no code can be right. */
#define RIGHT_MAP(X) \
	X(RIGHT_SESSION, "start sessions and correct facts", \
	  MAY(OPERATOR) | MAY(PHYSICIAN), FACTOR_SECRET) \
	X(RIGHT_ASK, "ask for an override", \
	  MAY(OPERATOR) | MAY(PHYSICIAN), FACTOR_SECRET) \
	X(RIGHT_APPROVE, "approve a hold", \
	  MAY(PHYSICIAN) | MAY(DIRECTOR), FACTOR_SIGNED) \
	X(RIGHT_DENY, "deny a hold", \
	  MAY(PHYSICIAN) | MAY(DIRECTOR), FACTOR_SECRET) \
	X(RIGHT_REVOKE, "revoke a grant, end a session", \
	  MAY(OPERATOR) | MAY(PHYSICIAN) | MAY(DIRECTOR) | MAY(OFFICER), FACTOR_SECRET) \
	X(RIGHT_LEASE, "say which console sets a device", \
	  MAY(OPERATOR) | MAY(PHYSICIAN), FACTOR_SECRET) \
	X(RIGHT_CLEAR, "clear an alarm", \
	  MAY(PHYSICIAN) | MAY(DIRECTOR) | MAY(ENGINEER) | MAY(OFFICER), FACTOR_SECRET) \
	X(RIGHT_READ, "record the reading of a test area", \
	  MAY(PHYSICIAN) | MAY(DIRECTOR), FACTOR_BOTH) \
	X(RIGHT_LOOK, "look at a patient's history, logs and ledger rows", \
	  MAY(OPERATOR) | MAY(PHYSICIAN) | MAY(DIRECTOR) | MAY(OFFICER) | MAY(AUDITOR), FACTOR_SECRET) \
	X(RIGHT_PROPOSE, "propose a library", \
	  MAY(PHYSICIAN) | MAY(DIRECTOR) | MAY(ENGINEER) | MAY(OFFICER), FACTOR_SECRET) \
	X(RIGHT_ACTIVATE, "activate a library that another person proposed", \
	  MAY(DIRECTOR), FACTOR_SIGNED) \
	X(RIGHT_CLOCK, "say that the clock is right", \
	  MAY(DIRECTOR), FACTOR_SECRET) \
	X(RIGHT_RECORD, "record the wire", \
	  MAY(DIRECTOR) | MAY(ENGINEER), FACTOR_SECRET) \
	X(RIGHT_PEOPLE, "add people", \
	  MAY(DIRECTOR), FACTOR_BOTH) \
	X(RIGHT_PRESENCE, "check in as the physician who supervises", \
	  MAY(PHYSICIAN) | MAY(DIRECTOR), FACTOR_BOTH) \
	X(RIGHT_TRAIN, "record training", \
	  MAY(DIRECTOR) | MAY(OFFICER), FACTOR_BOTH) \
	X(RIGHT_SELF, "change one's own secret and second factor", \
	  MAY(OPERATOR) | MAY(PHYSICIAN) | MAY(DIRECTOR) | MAY(ENGINEER) | MAY(OFFICER) | MAY(AUDITOR), \
	  FACTOR_SECRET) \
	X(RIGHT_RECOVER, "let somebody in again, two together", \
	  MAY(OPERATOR) | MAY(PHYSICIAN) | MAY(DIRECTOR) | MAY(ENGINEER) | MAY(OFFICER), FACTOR_SECRET)
/* clang-format on */

enum right {
#define X(id, words, roles, factor) id,
	RIGHT_MAP(X)
#undef X
	        RIGHT_COUNT
};
const char *right_words(enum right r);
bool role_may(enum person_role role, enum right r);
enum factor right_factor(enum right r);

#define SEED_BYTES    20 /* 160 bits, RFC 4226's own advice */
#define SEED_TEXT_LEN 33 /* in base 32, and its end */
#define URI_LEN       512

/* Trained on this device ("": any) of this class ("": any), from a day to a day. */
#define TRAINING_MAX       32
#define TRAINING_SOON_DAYS 30 /* so long before its end people are told */
struct training {
	char device[32], device_class[32];
	int32_t on_day, until_day;
	char by[PERSON_LEN];
};

struct person {
	char name[PERSON_LEN]; /* login: lower case, digits, . _ - */
	char printed[64];      /* as it is to stand under a signature */
	enum person_role role;
	char hash[128]; /* crypto_pwhash_STRBYTES */
	int32_t added_day;
	bool has_seed; /* a second factor … */
	uint8_t seed[SEED_BYTES];
	uint64_t last_step;  /* … and its last code that counted: none up to it counts again */
	int64_t recovered_s; /* Unix time when two others let them in again; 0: never */
	char recovered_by[2][PERSON_LEN];
	uint8_t n_training;
	struct training training[TRAINING_MAX];
};

bool person_may(const struct person *p, enum right r);

#define PEOPLE_MAX 200
#define SECRET_MIN 8
#define SECRET_MAX 128

/*  enumerator, name for programs, sentence */
#define PROOF_MAP(X)                                                                           \
	X(PROOF_GOOD, "proved", "proved")                                                      \
	X(PROOF_WRONG, "wrong", "name or secret is wrong")                                     \
	X(PROOF_WAIT, "wait", "too many wrong secrets or codes")                               \
	X(PROOF_BUSY, "busy", "too many secrets are being checked; try again in a second")     \
	X(PROOF_CODE_WANTED, "code_wanted",                                                    \
	  "this wants the code of your second factor as well: the six digits your telephone "  \
	  "shows")                                                                             \
	X(PROOF_NOT_ENROLLED, "not_enrolled",                                                  \
	  "this wants a second factor and you have none yet: dosegatectl people enrol")        \
	X(PROOF_CODE_WRONG, "code_wrong", "the code is wrong")                                 \
	X(PROOF_CODE_USED, "code_used",                                                        \
	  "this code, or a later one, has been used: wait for the next one, half a minute at " \
	  "most")                                                                              \
	X(PROOF_NOT_KEPT, "not_kept",                                                          \
	  "that the code is used could not be written down, so it does not count")

enum proof_status {
#define X(id, name, words) id,
	PROOF_MAP(X)
#undef X
	        PROOF_COUNT
};
struct proof {
	enum proof_status status;
	int wait_s; /* before this many seconds nothing is checked; 0: at once */
};
const char *proof_name(enum proof_status s);
void proof_words(const struct proof *p, char *buf, size_t len);

/* How long nothing is checked for a person after so many failures in a row. */
int people_wait_s(unsigned failures);
/* The same for a source, of which so many are free and some are forgiven with time. */
int people_source_wait_s(unsigned failures, unsigned free_tries);

struct people;

/* Reads `file`, or begins with nobody when it does not exist. NULL with the reason otherwise. */
struct people *people_open(uv_loop_t *loop, const char *file, char *why, size_t why_len);
size_t people_count(const struct people *p);
/* NULL when there is none. Its place is kept; what stands there changes with each change. */
const struct person *people_find(const struct people *p, const char *name);
/* The i-th of people_count, in the order they came. */
const struct person *people_at(const struct people *p, size_t i);
/* [{"name", "printed", "role", "added", "second_factor"}], a new array without secrets. */
json_t *people_list(const struct people *p);

/* What somebody says to be. */
struct claim {
	const char *name, *secret;
	const char *code;   /* of the second factor, "" when they gave none; NULL: none is wanted */
	int64_t unix_s;     /* what the wall clock says: codes are of a moment */
	uid_t uid;          /* of the program that says so */
	const char *source; /* whom that program says to speak for; NULL: nobody. Believed only so
	                       far as it makes waits longer. */
};

/* On the loop, later, exactly once. who: NULL unless all that was wanted is proved. Unknown names
 * take as long as known ones. A code counts once, and not before that is on the disk; none counts
 * that is as old as the last one or older. After 3 failures in a row each further one doubles the
 * wait from 1 s, at most 300 s; never for good. Codes are counted apart from secrets. Where
 * claims come from is counted as well: whoever tries many names waits too, a minute at most. */
typedef void people_proved_fn(void *owner, void *tag, const struct person *who,
                              const struct proof *proof);
void people_prove(struct people *p, const struct claim *claim, people_proved_fn *done, void *owner,
                  void *tag);

/* Changes: what is new is hashed and written by a worker; done later on the loop: why is NULL when
 * it is there, else a sentence (name taken, secret too short, disk …). */
typedef void people_changed_fn(void *owner, void *tag, const char *why);
void people_add(struct people *p, const char *name, const char *printed, enum person_role role,
                const char *secret, people_changed_fn *done, void *owner, void *tag);

/* A new seed for the person's second factor, in base 32. It counts once people_enrol_end has had
 * its first code, within ten minutes; until then the one before does. False: nobody of that name.
 */
MUST_USE bool people_enrol(struct people *p, const char *name, char seed[SEED_TEXT_LEN]);
void people_enrol_end(struct people *p, const char *name, const char *code, int64_t unix_s,
                      people_changed_fn *done, void *owner, void *tag);
/* What a QR code of it says, for telephones. */
void people_uri(const char *issuer, const char *name, const char *seed, char uri[URI_LEN]);

void people_set_secret(struct people *p, const char *name, const char *secret,
                       people_changed_fn *done, void *owner, void *tag);

/* A record takes the place of the one on the same device and class. */
void people_train(struct people *p, const char *name, const struct training *t,
                  people_changed_fn *done, void *owner, void *tag);
/* The record that holds today and does so longest; NULL: there is none. who may be NULL. */
const struct training *training_valid(const struct person *who, const char *device,
                                      const char *device_class, int32_t today);
/* The last day of the last record on it; 0: there never was one. */
int32_t training_ended(const struct person *who, const char *device, const char *device_class);

/* Two others let somebody in again who has lost secret or telephone. Each, proved just before, is
 * given one half of a word; one of them is a director or a safety officer. With both halves, within
 * a quarter of an hour, the person sets a new secret, and has no second factor until they enrol
 * one. No code is wanted of anybody, so that it works while the clock is wrong; that neither of the
 * two has the whole word, and that it is recorded, stands against abuse. Who was let in again takes
 * no part in letting in others for a day, and decides nothing that one of those two asks for. NULL,
 * or why not; ready: it was the second of them. */
#define HALF_LEN        9 /* eight letters, and the end */
#define RECOVERED_FOR_S INT64_C(86400)
const char *people_recover(struct people *p, const char *name, const char *by, int64_t unix_s,
                           char half[HALF_LEN], bool *ready);
struct renewal {
	const char *name, *half[2], *secret;
	int64_t unix_s;
};
void people_renew(struct people *p, const struct renewal *renewal, people_changed_fn *done,
                  void *owner, void *tag);
/* True when `other` was one of the two, less than a day ago. */
bool people_recovered_by(const struct person *who, const char *other, int64_t unix_s);

/* Waits until no worker is under way, then calls closed and frees. */
void people_close(struct people *p, void (*closed)(void *owner), void *owner);

#endif
