/*
 * ledger_writer: the one thread that writes, and the lists to it and back. Private to the ledger
 * room.
 *
 * A job goes loop → waiting → the thread's batch → finished → loop, and belongs to whoever has it.
 * What waits is committed together. writer_start to writer_stop: every function from the loop
 * thread; the connection belongs to the thread.
 */
#ifndef EDGE_LEDGER_WRITER_H
#define EDGE_LEDGER_WRITER_H

#include "ledger_chain.h"

#define BOOT_LEN 40

/* A row on its way. */
struct job {
	struct job *next;
	enum ledger_kind kind;
	int64_t at_unix_ms, mono_ms;
	char *body;
	char about[LEDGER_ABOUT_LEN];      /* the patient it is found by; "": none */
	char of_session[LEDGER_ABOUT_LEN]; /* "#7", the session it is found by; "": none */
	void *tag;
	bool ok;
	int64_t seq;
};

struct jobs {
	struct job *first, **end;
};

/* NULL when it is empty. */
struct job *jobs_take(struct jobs *q);
void job_free(struct job *j);

/* A question on its way. */
struct search {
	struct search *next;
	struct ledger_query query;
	ledger_found_fn *found;
	void *tag;
	json_t *rows;
};

struct searches {
	struct search *first, **end;
};

/* NULL when it is empty. */
struct search *searches_take(struct searches *q);
void search_free(struct search *s);

struct writer {
	uv_thread_t thread;
	uv_async_t *wake; /* the loop's; sent when something is finished */
	char boot[BOOT_LEN];

	/* under the lock */
	uv_mutex_t lock;
	uv_cond_t work;
	struct jobs waiting, finished;
	struct searches asked, found;
	int64_t taken_since; /* mono_ms of the oldest row the thread holds; 0: none */
	int64_t commits, proofs;
	bool prove; /* asked for, and not yet begun */
	bool well, broken, closing;

	/* the thread's only */
	sqlite3 *db;
	sqlite3_stmt *insert, *insert_about;
	struct chain_head head;
};

int64_t clock_ms(clockid_t clock);

struct writer_view {
	bool well;
	int64_t commits, proofs;
	int64_t oldest_ms; /* mono_ms of the oldest row not yet durable; 0: none */
};

/* w->db, the statements and w->head are in place; the rest is zero. */
void writer_start(struct writer *w, uv_async_t *wake);
/* Takes the job when true; false when nothing can be written any more. */
MUST_USE bool writer_put(struct writer *w, struct job *j);
/* Takes the question; answered after all rows put before it. */
void writer_ask(struct writer *w, struct search *s);
/* Something is to become durable soon: the rows that wait, or else a proof. */
void writer_prove(struct writer *w);
/* All that is finished since the last time, in order. */
void writer_finished(struct writer *w, struct jobs *out, struct searches *found);
struct writer_view writer_view(const struct writer *w);
/* Ends the thread when all that waits is written, or was tried and failed; frees all but the
 * connection and its statement. True when all was written. */
bool writer_stop(struct writer *w);

#endif
