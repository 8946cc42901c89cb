/*
 * ledger_chain: how rows hang together, and whether they still do. Private to the ledger room.
 *
 * A row's hash is BLAKE2b-256 over its fields, each with its length before it, so that no two
 * different rows give the same bytes, and over the hash of the row before. A changed field, a
 * missing, added or reordered row breaks the chain at a row that can be named. What a chain alone
 * cannot show is a tail cut off cleanly: for that the head printed by an earlier verification, or
 * the number of rows, must be compared by whoever kept it.
 *
 * Any thread; a connection belongs to one thread at a time.
 */
#ifndef EDGE_LEDGER_CHAIN_H
#define EDGE_LEDGER_CHAIN_H

#include <sqlite3.h>

#include "edge/ledger.h"

struct chain_row {
	int64_t seq; /* 1, 2, 3 … without gaps */
	const char *kind;
	int64_t at_unix_ms;
	int64_t mono_ms;
	const char *boot;
	const char *body;
	uint8_t prev[LEDGER_HASH]; /* zeros before the first row */
};

struct chain_head {
	int64_t seq; /* 0: no row yet */
	uint8_t hash[LEDGER_HASH];
};

void chain_hash(const struct chain_row *row, uint8_t out[LEDGER_HASH]);

/* Settings of a connection, table and triggers. False with the reason, also when another gate has
 * the file or it is another program's. */
MUST_USE bool chain_prepare(sqlite3 *db, char *why, size_t why_len);
/* Goes through every row, and shows each that is right to `reader` (NULL: nobody). False when the
 * table could not be read to its end; v says what is wrong either way, *head is the last row that
 * is right. */
MUST_USE bool chain_walk(sqlite3 *db, struct ledger_verdict *v, struct chain_head *head,
                         const struct ledger_reader *reader);
/* INSERT with eight places, in the order of chain_row and then the hash. */
extern const char *const chain_insert;

/* The table of what is about whom, made anew from the chain: whoever changed it alone would
 * otherwise hide a treatment while the chain is whole. */
MUST_USE bool chain_index(sqlite3 *db);
/* INSERT with two places: patient, seq. */
extern const char *const chain_insert_about;
/* The question as a statement, bound; NULL when it cannot be asked. */
sqlite3_stmt *chain_prepare_find(sqlite3 *db, const struct ledger_query *q);
/* A new array of {seq, at, kind, body}; NULL when the table cannot be read. */
json_t *chain_find(sqlite3 *db, const struct ledger_query *q);

/* Transactions committed since the file was opened; fewer than rows when they were grouped. */
int64_t ledger_commits(const struct ledger *l);

#endif
