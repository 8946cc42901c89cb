/*
 * librarian: the life of a library, from a folder somebody changed to the one patients are judged
 * by, and what can be looked up about it.
 *
 *   propose     a folder is copied into the store; the copy is loaded, checked, recorded, signed
 *   activate    by the director, who is not the one who proposed it, with the secret proved again:
 *               looked at once more, signed, recorded, written down, taken into use
 *   at start    what was written down is believed only as far as signature, ledger and files agree
 *
 * What reads or writes files, or hashes secrets, is done by a worker; everything else is the loop
 * thread's. A request on its way is an errand; one at a time may change the store.
 */
#ifndef HOUSE_LIBRARIAN_H
#define HOUSE_LIBRARIAN_H

#include "edge/control.h"
#include "edge/ledger.h"
#include "edge/people.h"
#include "edge/seal.h"
#include "edge/store.h"
#include "house/edition.h"

#define ERRANDS_MAX 8

struct gate;

/* Something that waits for a ledger row to be durable. First member of what waits. */
struct record_tag {
	void (*done)(struct gate *g, struct record_tag *tag, bool ok);
};

struct errand {
	struct record_tag tag; /* first */
	uv_work_t work;
	struct gate *gate;
	bool used, writes; /* writes: this one changes the store */
	struct control_ref who;
	int64_t call;
	void (*perform)(
	        struct errand *e); /* in a worker: this errand, store, seal, clinic; const */
	void (*performed)(struct errand *e);

	/* what was asked */
	char person[PERSON_LEN], printed[64];
	char dir[4096];
	char hash[HASH_LEN]; /* or how it begins */
	char name[STORE_NAME_LEN];
	char reason[STORE_REASON_LEN];
	int64_t offset;
	json_t *given; /* a part of the params that is needed later, or NULL */

	/* what came of it */
	bool well;
	enum control_error error;
	char why[800];
	struct complaints complaints;
	struct edition *edition;
	struct statement proposal, statement;
	json_t *answer; /* of one that went well; else what programs may want to know, or NULL */
};

struct librarian {
	struct seal *seal;
	struct store *store;
	char trouble[900];           /* why no library is in use */
	struct statement activation; /* of the one in use */
	bool unsaid;                 /* that it came into use is not recorded yet */
	struct errand errand[ERRANDS_MAX];
};

/* --- errand.c */

/* NULL after the caller was told that there are too many. `writes`: one at a time. */
struct errand *errand_take(struct gate *g, struct control_ref who, int64_t call, bool writes);
/* Does `perform` in a worker, then `performed` on the loop; not any more once the gate closes. */
void errand_run(struct errand *e, void (*perform)(struct errand *e),
                void (*performed)(struct errand *e));
/* Ends it with its answer, or with its error and why (complaints go along). */
void errand_answer(struct errand *e);
/* Ends it with none. */
void errand_end(struct errand *e);
/* Notes what is wrong; always false. */
bool errand_wrong(struct errand *e, enum control_error error, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* --- librarian.c, librarian_start.c */

/* Key, store, and the library that was in use before, if it can be believed. */
void librarian_open(struct gate *g);
/* After the start is recorded: a demo takes its folder into use; each device has its profile from
 * now on. False, with what is wrong said, when that cannot be. */
MUST_USE bool librarian_begin(struct gate *g);
void librarian_close(struct gate *g);
/* Why no library is in use, and what to do; NULL: one is. */
const char *librarian_trouble(const struct gate *g);
void librarian_propose(struct gate *g, struct control_ref who, int64_t call, json_t *params);
void librarian_activate(struct gate *g, struct control_ref who, int64_t call, json_t *params);

/* --- shelves.c: what can be looked up */

void shelves_list(struct gate *g, struct control_ref who, int64_t call);
void shelves_files(struct gate *g, struct control_ref who, int64_t call, json_t *params);
void shelves_file(struct gate *g, struct control_ref who, int64_t call, json_t *params);
void shelves_history(struct gate *g, struct control_ref who, int64_t call, json_t *params);
void shelves_rows(struct gate *g, struct control_ref who, int64_t call, json_t *params);

#endif
