/*
 * people_room: what the files of the people's room share. Nobody else's.
 *
 *   people.c           from outside: opening, asking, closing
 *   people_change.c    what changes the roster
 *   people_training.c  who was trained on what
 *   people_recover.c   two others let somebody in again
 *   people_policy.c    which secrets are taken
 *   people_jobs.c      who is next, the two workers, what comes back
 *   people_throttle.c  how long nothing is checked after wrong tries
 *   people_code.c      the second factor: codes and seeds
 *   people_file.c      the people on disk
 *   people_rights.c    roles and rights
 *
 * A job is one question to the room: a proof (a secret, perhaps a code with it) or a change (the
 * roster with something new in it). What writes the roster does so alone, on a copy, and the copy
 * takes the place of the roster when it is on the disk. Between start and return a job is the
 * worker's.
 */
#ifndef EDGE_PEOPLE_ROOM_H
#define EDGE_PEOPLE_ROOM_H

#include "edge/people.h"
#include "people_file.h"

#include <limits.h>
#include <sodium.h>

#define WORKERS_MAX     2
#define WAITING_MAX     32
#define STRANGERS       64
#define SOURCES         128
#define RECOVERIES_MAX  4
#define RECOVERY_FOR_MS UINT64_C(900000)
#define RECOVERY_TRIES  5
#define CODE_LEN        16

/* Failures in a row, and until when nothing is checked because of them. */
struct strikes {
	unsigned failures;
	uint64_t until_ms;
};

/* Failures of one source, of which some are forgiven with time. */
struct source {
	struct strikes strikes;
	uint64_t last_ms;
};

/* Two others are about to let somebody in again. */
struct recovery {
	char person[PERSON_LEN]; /* "": a free place */
	char by[2][PERSON_LEN];
	char half[2][HALF_LEN];
	bool ready; /* both have said so */
	int tries;
	uint64_t until_ms;
};

struct job {
	uv_work_t work;
	struct people *people;
	struct job *next;
	char name[PERSON_LEN];       /* "" for a name that cannot be anybody's */
	char secret[SECRET_MAX + 1]; /* to be checked, or a new one; "": none is new */
	void *owner, *tag;
	struct roster *after;        /* to be written, and then the roster; NULL: nothing is */
	struct person *person_after; /* whom it is about, in there */

	people_proved_fn *proved;          /* NULL: this one changes */
	char hash[crypto_pwhash_STRBYTES]; /* to check against */
	bool known, wants_code;
	char code[CODE_LEN];
	int64_t unix_s;
	struct source *user, *given; /* where it comes from; given NULL: the client names nothing */
	struct proof proof;

	people_changed_fn *changed;
	/* On the loop, when its turn has come: makes the change in `after`. NULL or why it cannot.
	 */
	const char *(*change)(struct job *j);
	struct person person; /* what is new */
	char why[PATH_MAX + 128];
};

struct line {
	struct job *first, **last;
	size_t count;
};

/* A seed that waits for its first code. */
struct enrolling {
	uint8_t seed[SEED_BYTES];
	uint64_t until_ms; /* 0: none waits */
};

struct people {
	uv_loop_t *loop;
	uv_timer_t soon; /* answers what needed no worker, on the loop's next turn */
	char file[PATH_MAX];
	struct roster roster;
	struct strikes secret_strikes[PEOPLE_MAX];
	struct strikes
	        code_strikes[PEOPLE_MAX]; /* apart: who has the secret could clear the others */
	struct strikes stranger[STRANGERS];
	struct source user[SOURCES], given[SOURCES];
	unsigned char stranger_key[crypto_shorthash_KEYBYTES];
	struct recovery recovery[RECOVERIES_MAX];
	struct enrolling enrolling[PEOPLE_MAX];
	struct line waiting, answered;
	struct job *working[WORKERS_MAX];
	bool closing;
	void (*closed)(void *owner);
	void *owner;
};

#define NOBODY "there is nobody of this name"

/* --- people_change.c */

/* False after the answer was given: this is no new secret for anybody, or not for this person. */
bool secret_fits(struct people *p, struct job *j, const char *name, const char *secret);

/* --- people_jobs.c */

struct job *job_new(struct people *p, const char *name, const char *secret, void *owner, void *tag);
/* Answered in its turn, later on the loop. */
void job_wait(struct job *j);
/* Answered on the loop's next turn. */
void job_refuse_change(struct job *j, const char *why);
/* Whoever waits is told that the gate closes; what is under way is seen through. */
void jobs_close(struct people *p);
uint64_t room_now_ms(void);

/* --- people_throttle.c */

/* Seconds until something is checked for this claim; 0: now. */
int throttle_left_s(struct people *p, const struct job *j);
/* Where a claim comes from, for what follows. */
void source_note(struct people *p, struct job *j, const struct claim *claim);
/* Nothing is held against this person any more. */
void throttle_forget(struct people *p, const struct person *who);
/* Counts what came of it; the wait that begins with it, in seconds. */
int throttle_count(struct people *p, const struct job *j);

/* --- people_policy.c */

/* NULL, or why this cannot be a secret of this person, and what could. */
const char *secret_refused(const char *secret, const char *name, const char *printed);

/* --- people_code.c */

/* What this code is at this time, after the step that was accepted last. *step: which one. */
enum proof_status code_look(const struct person *p, int64_t unix_s, const char *code,
                            uint64_t *step);

#endif
