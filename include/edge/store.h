/*
 * store: the libraries a gate keeps, and what was signed about them.
 *
 *   HASH/         a copy of exactly the files a library is made of; nobody may write there
 *   HASH.files    a line a file, as b2sum -l 256 prints it: its BLAKE2b-256 and its name
 *   HASH.json     the statement of who proposed it
 *   active.json   the statement of who activated which
 *   .new          one on its way in; what a gate left there is removed when the store is opened
 *
 * HASH is the library's whole hash, 64 digits. A library is in the store when HASH.json is, which
 * is written last. What a library means is the loader's to say (config), whether a signature holds,
 * seal's.
 *
 * Plain files. Blocks (fsync): before the loop runs, or in a worker; what writes, one at a time.
 */
#ifndef EDGE_STORE_H
#define EDGE_STORE_H

#include <jansson.h>

#include "core/base.h"
#include "core/hold.h" /* PERSON_LEN */

#define STORE_HASH_LEN   65 /* 64 digits and their end */
#define STORE_NAME_LEN   96 /* "protocols/NAME.cfg" */
#define STORE_FILES_MAX  256
#define STORE_REASON_LEN 400
#define STATEMENT_LEN    2048
#define STORE_ACTIVE     "active"

/*  enumerator, name in files, what whoever signs it says */
#define STATEMENT_MAP(X)                                                                          \
	X(STATEMENT_PROPOSAL, "proposal", "I propose this library. Nothing is judged by it yet.") \
	X(STATEMENT_ACTIVATION, "activation",                                                     \
	  "I activate this library: from now on every new session is judged by it.")

enum statement_kind {
#define X(id, name, words) id,
	STATEMENT_MAP(X)
#undef X
};
const char *statement_kind_name(enum statement_kind k);

/* "2026-11-25T03:50:00.123Z": of every millisecond its own, and the same wherever it is read. */
void statement_time(int64_t unix_ms, char *buf, size_t len);

/* What somebody said of a library, and the gate's signature over it. */
struct statement {
	enum statement_kind kind;
	bool demo; /* by nobody: a demo's own */
	char library[STORE_HASH_LEN];
	char files[STORE_HASH_LEN];  /* the hash of HASH.files */
	char before[STORE_HASH_LEN]; /* ACTIVATION: in use until then; "": none was */
	char person[PERSON_LEN], printed[64];
	char proposer[PERSON_LEN]; /* ACTIVATION: whose proposal it is */
	int64_t at_unix_ms;
	char reason[STORE_REASON_LEN]; /* a note, for a proposal */
	char key[65], signature[129];  /* of the gate, over the statement's text */
};

/* The canonical text, which is what is shown, signed and kept: every member but key and signature
 * has its place in it. False when a member has a control character, a quote's end or an end of line
 * in it, which could pretend to be another member. */
MUST_USE bool statement_text(const struct statement *s, char text[STATEMENT_LEN]);
/* With the text; a new reference, NULL when something in it is no UTF-8. */
json_t *statement_json(const struct statement *s);

/* A name in a library's folder, as in HASH.files. */
struct store_names {
	size_t n;
	char name[STORE_FILES_MAX][STORE_NAME_LEN];
};

struct store;

/* Makes the folder when it is not there, and takes away what a gate left half done. NULL with the
 * reason. */
struct store *store_open(const char *dir, char *why, size_t why_len);
void store_close(struct store *s); /* may be NULL */
/* Where a library lies; for hash "" where one on its way in does. */
void store_folder(const struct store *s, const char *hash, char *path, size_t len);

/* Copies these files of a folder to .new, read only, on the disk. */
MUST_USE bool store_bring(struct store *s, const char *from, const struct store_names *names,
                          char *why, size_t why_len);
/* What was brought is kept under its hash, and *files is the hash over its list of files. It is in
 * the store when its proposal has been written. */
MUST_USE bool store_keep(struct store *s, const char *hash, char files[STORE_HASH_LEN], char *why,
                         size_t why_len);
/* What was brought is not kept. */
void store_drop(struct store *s);
/* A library whose files are no longer what they were is in the store no more, so that it can be
 * kept anew; false with the reason. */
MUST_USE bool store_forget(struct store *s, const char *hash, char *why, size_t why_len);
/* False when a file of a stored library is not what the list says, or the list is not the one whose
 * hash was signed; `why` names the file, and what would be right. */
MUST_USE bool store_check(const struct store *s, const char *hash, const char *files, char *why,
                          size_t why_len);

enum store_found { STORE_NONE, STORE_READ, STORE_WRONG };
/* name: a hash for its proposal, or STORE_ACTIVE. WRONG with the reason: not as statements are
 * written, or its text is not what its members say. Says nothing of the signature. */
MUST_USE enum store_found store_read(const struct store *s, const char *name, struct statement *out,
                                     char *why, size_t why_len);
/* Takes the place of the one before, whole or not at all. */
MUST_USE bool store_write(struct store *s, const char *name, const struct statement *what,
                          char *why, size_t why_len);

/* The hashes in the store that begin so, at most max; returns how many there are. */
size_t store_find(const struct store *s, const char *begin, char (*hash)[STORE_HASH_LEN],
                  size_t max);
/* What the list of a stored library names; false when there is none of that hash. */
MUST_USE bool store_names(const struct store *s, const char *hash, struct store_names *out);
/* A part of one of its files, from `offset` on; *whole is the length of all of it. -1: there is no
 * such file. */
ssize_t store_part(const struct store *s, const char *hash, const char *name, int64_t offset,
                   char *buf, size_t max, int64_t *whole);

#endif
