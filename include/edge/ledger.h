/*
 * ledger: the append-only, hash-chained record of everything asked, decided and done.
 *
 * One thread of its own holds the one SQLite connection; rows that wait are committed together
 * (WAL, synchronous FULL), and each completion comes back to the loop in order. The chain: hash =
 * BLAKE2b-256 over the length-prefixed fields of the row and the hash of its predecessor. A row
 * changed, added, moved or taken out is named when the chain is verified; a tail cut off cleanly is
 * only seen by comparing the head (or the number of rows) with one written down before.
 *
 * When rows cannot be written (disk full), those with a tag are answered ok = false and forgotten:
 * who waits for one does not act. Those without have happened already: they are kept, and tried
 * again every second and with the next append, until they are written or the gate ends.
 *
 * ledger_append from the loop thread only; ledger_verify and ledger_read anywhere, on a file no
 * gate has open or on the open one through its own functions.
 */
#ifndef EDGE_LEDGER_H
#define EDGE_LEDGER_H

#include <jansson.h>
#include <uv.h>

#include "core/base.h"

#define LEDGER_QUEUE 4096
#define LEDGER_HASH  32

/*  enumerator, name in the file */
#define LEDGER_KIND_MAP(X)                                                                        \
	X(LEDGER_START, "start")                                                                  \
	X(LEDGER_END, "end")                                                                      \
	X(LEDGER_LIBRARY, "library")                                                              \
	X(LEDGER_CONSOLE, "console")                                                              \
	X(LEDGER_SESSION, "session")     /* started, opened, ended */                             \
	X(LEDGER_TREATMENT, "treatment") /* energy about to leave, its end; test areas read */    \
	X(LEDGER_REFUSED, "refused")     /* a write that was not sent, with its verdict */        \
	X(LEDGER_INTENT, "intent")       /* a write that is about to be sent, with its verdict */ \
	X(LEDGER_OUTCOME, "outcome")     /* what came of it */                                    \
	X(LEDGER_STOP, "stop")                                                                    \
	X(LEDGER_HOLD, "hold")           /* opened, withdrawn, expired … */                     \
	X(LEDGER_DECISION, "decision")   /* approved or denied, by whom, why */                   \
	X(LEDGER_GRANT, "grant")         /* used, ended, revoked */                               \
	X(LEDGER_DEVICE, "device")       /* link, state, drift, reboot, alarm */                  \
	X(LEDGER_CLOCK, "clock")         /* set, asleep, accepted */                              \
	X(LEDGER_RECORDING, "recording") /* of the wire: begun, ended, by whom */                 \
	X(LEDGER_PEOPLE, "people")

enum ledger_kind {
#define X(id, name) id,
	LEDGER_KIND_MAP(X)
#undef X
	        LEDGER_KIND_COUNT
};
const char *ledger_kind_name(enum ledger_kind k);

struct ledger;
/* On the loop. ok: durable. seq: the row's number (0 when not ok). */
typedef void ledger_done_fn(void *owner, void *tag, bool ok, int64_t seq);

/* Opens or creates, verifies the whole chain, starts the thread. NULL on failure with the reason,
 * naming the first bad row. */
struct ledger *ledger_open(uv_loop_t *loop, const char *file, ledger_done_fn *done, void *owner,
                           char *why, size_t why_len);
/* Takes the reference to body (an object). tag NULL: no completion is wanted. False when the queue
 * is full or the ledger is broken: nothing was taken down, body is released, done is not called. */
MUST_USE bool ledger_append(struct ledger *l, enum ledger_kind kind, json_t *body, void *tag);
/* False after any failed commit, until a later one succeeds. After a failed fsync never again: what
 * reached the disk is then unknown, and only a new start, which verifies it all, helps. */
bool ledger_well(const struct ledger *l);
/* Milliseconds the oldest waiting row has waited; 0 when none waits. */
int64_t ledger_lag_ms(const struct ledger *l);
/* Asks the thread to show that rows can still be written. When none waits, it writes and syncs a
 * number in the file's header, by the way that rows go, and leaves no row; a failure counts as one
 * of a commit. Asked many times before it does, it is done once. */
void ledger_prove(struct ledger *l);
/* How many times something became durable since it was opened: rows, or such a number. */
int64_t ledger_proofs(const struct ledger *l);
/* The last rows, newest last, at most max and at most 1000: a new array of {seq, at, kind, body},
 * `at` in Unix milliseconds. From memory; never waits for the disk. */
json_t *ledger_tail(struct ledger *l, int64_t max);
int64_t ledger_count(const struct ledger *l);
/* When the last row was written, in Unix milliseconds; 0: there is none. */
int64_t ledger_last_ms(const struct ledger *l);

#define LEDGER_FOUND_MAX 1000
#define LEDGER_ABOUT_LEN 64

/* Which rows; each member that is given must hold. What is about one patient is found by an index
 * and takes the same time however long the ledger is, for the kinds of LEDGER_KINDS_ABOUT. */
struct ledger_query {
	char patient[LEDGER_ABOUT_LEN]; /* the token the rows name; "": any */
	uint32_t kinds;                 /* bit per kind; 0: every kind */
	int64_t session; /* of this session, from its first row to its last; 0: any */
	int64_t after;   /* rows behind this one */
	int max;         /* 1..LEDGER_FOUND_MAX */
	bool newest;     /* the last ones that fit, else the first; rising either way */
};
#define LEDGER_KIND_BIT(kind) (UINT32_C(1) << (kind))
#define LEDGER_KINDS_ABOUT                                                     \
	(LEDGER_KIND_BIT(LEDGER_SESSION) | LEDGER_KIND_BIT(LEDGER_TREATMENT) | \
	 LEDGER_KIND_BIT(LEDGER_HOLD) | LEDGER_KIND_BIT(LEDGER_DECISION) |     \
	 LEDGER_KIND_BIT(LEDGER_GRANT) | LEDGER_KIND_BIT(LEDGER_LIBRARY))

/* On the loop, later, once: a new array of {seq, at, kind, body} that the receiver releases; NULL
 * when the ledger could not be read. Rows appended before the question are among them when they
 * are durable. Not called any more once the ledger is closed. */
typedef void ledger_found_fn(void *owner, void *tag, json_t *rows);
/* Read by the ledger's own thread. False: nothing more is read (the gate closes). */
MUST_USE bool ledger_find(struct ledger *l, const struct ledger_query *q, ledger_found_fn *found,
                          void *tag);
/* Waits for the queue to be written, ends the thread, closes the file; the rest is freed when the
 * loop next runs. done is not called any more. Not from inside done. */
void ledger_close(struct ledger *l);

/* --- offline ----------------------------------------------------------------------------- */

struct ledger_verdict {
	bool whole;
	int64_t rows;
	int64_t first_bad; /* seq; 0: none */
	char what[200];    /* what is wrong, in words */
	char head[2 * LEDGER_HASH + 1];
};

/* Reads a ledger file (also one a gate has left behind after a crash, rows in its -wal included)
 * without changing it: a copy in TMPDIR is read. False when it cannot be read at all, or a gate has
 * it open; v->what says why. Not in the process that has it open: that would lose its lock. */
MUST_USE bool ledger_verify(const char *file, struct ledger_verdict *v);

/* Is shown each row whose place in the chain is right, in order; kind and body until it returns. */
struct ledger_reader {
	void (*row)(void *owner, int64_t seq, int64_t at_unix_ms, const char *kind,
	            const char *body);
	void *owner;
};
/* The same, and every row is shown to `reader`. */
MUST_USE bool ledger_read(const char *file, struct ledger_verdict *v,
                          const struct ledger_reader *reader);

#endif
