#include "ledger_chain.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "dose": tells our files from anybody else's SQLite file. */
#define APPLICATION_ID "1685025637"

const char *const chain_insert = "INSERT INTO ledger(seq, kind, at_unix_ms, mono_ms, boot, body, "
                                 "prev, hash) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

/* locking_mode EXCLUSIVE, before anything is read or WAL begins: a second connection is then locked
 * out, which also keeps SQLite 3.40's WAL-reset fault (two connections checkpointing at one moment)
 * out of reach. The triggers keep honest programs honest; what a dishonest one does, the chain
 * shows. */
static const char *const settings =
        "PRAGMA journal_mode = WAL;"
        "PRAGMA synchronous = FULL;"
        "PRAGMA trusted_schema = OFF;"
        "PRAGMA cell_size_check = ON;"
        "PRAGMA mmap_size = 0;"
        "PRAGMA wal_autocheckpoint = 256;"
        "PRAGMA journal_size_limit = 4194304;"
        "BEGIN IMMEDIATE;"
        "PRAGMA application_id = " APPLICATION_ID ";"
        "CREATE TABLE IF NOT EXISTS ledger("
        " seq INTEGER PRIMARY KEY,"
        " kind TEXT NOT NULL,"
        " at_unix_ms INTEGER NOT NULL,"
        " mono_ms INTEGER NOT NULL,"
        " boot TEXT NOT NULL,"
        " body TEXT NOT NULL,"
        " prev BLOB NOT NULL,"
        " hash BLOB NOT NULL) STRICT;"
        "CREATE TRIGGER IF NOT EXISTS ledger_no_update BEFORE UPDATE ON ledger"
        " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;"
        "CREATE TRIGGER IF NOT EXISTS ledger_no_delete BEFORE DELETE ON ledger"
        " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;"
        "COMMIT;";

static const char *const select_all =
        "SELECT seq, kind, at_unix_ms, mono_ms, boot, body, prev, hash FROM ledger ORDER BY seq";

/* Types of those columns; a file changed with a hammer may hold others. */
static const int column_type[8] = {SQLITE_INTEGER, SQLITE_TEXT, SQLITE_INTEGER, SQLITE_INTEGER,
                                   SQLITE_TEXT,    SQLITE_TEXT, SQLITE_BLOB,    SQLITE_BLOB};

/* --- hashing --------------------------------------------------------------------------- */

static void put_u64(crypto_generichash_state *s, uint64_t v)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(v >> (8 * i)); /* low byte first, on every machine */
	crypto_generichash_update(s, bytes, sizeof bytes);
}

static void put_bytes(crypto_generichash_state *s, const void *p, size_t n)
{
	put_u64(s, n);
	crypto_generichash_update(s, p, n);
}

static void put_int(crypto_generichash_state *s, int64_t v)
{
	put_u64(s, sizeof v);
	put_u64(s, (uint64_t)v);
}

void chain_hash(const struct chain_row *row, uint8_t out[LEDGER_HASH])
{
	crypto_generichash_state s;

	crypto_generichash_init(&s, NULL, 0, LEDGER_HASH);
	put_int(&s, row->seq);
	put_bytes(&s, row->kind, strlen(row->kind));
	put_int(&s, row->at_unix_ms);
	put_int(&s, row->mono_ms);
	put_bytes(&s, row->boot, strlen(row->boot));
	put_bytes(&s, row->body, strlen(row->body));
	put_bytes(&s, row->prev, LEDGER_HASH);
	crypto_generichash_final(&s, out, LEDGER_HASH);
}

/* --- the connection --------------------------------------------------------------------- */

static bool pragma_is(sqlite3 *db, const char *query, const char *want)
{
	sqlite3_stmt *q = NULL;
	bool same = false;

	if (sqlite3_prepare_v2(db, query, -1, &q, NULL) == SQLITE_OK &&
	    sqlite3_step(q) == SQLITE_ROW) {
		const char *got = (const char *)sqlite3_column_text(q, 0);

		same = got != NULL && strcmp(got, want) == 0;
	}
	sqlite3_finalize(q);
	return same;
}

bool chain_prepare(sqlite3 *db, char *why, size_t why_len)
{
	sqlite3_exec(db, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL);
	/* Ask before anything is changed: a wrong path must not cost somebody else their file. */
	if (!pragma_is(db, "PRAGMA application_id", APPLICATION_ID) &&
	    pragma_is(db, "SELECT count(*) > 0 FROM sqlite_schema", "1")) {
		snprintf(why, why_len, "is the database of another program, not a ledger");
		return false;
	}
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (sqlite3_exec(db, settings, NULL, NULL, NULL) != SQLITE_OK) {
		bool locked = (sqlite3_errcode(db) & 0xff) == SQLITE_BUSY;

		snprintf(why, why_len, "%s",
		         locked ? "another gate has this ledger open" : sqlite3_errmsg(db));
		return false;
	}
	/* A setting that did not take says nothing; so each that matters is asked for. */
	if (!pragma_is(db, "PRAGMA locking_mode", "exclusive") ||
	    !pragma_is(db, "PRAGMA journal_mode", "wal") ||
	    !pragma_is(db, "PRAGMA synchronous", "2") ||
	    !pragma_is(db, "PRAGMA trusted_schema", "0")) {
		snprintf(why, why_len, "the file system does not allow a durable write-ahead log");
		return false;
	}
	return true;
}

/* --- going through the chain ------------------------------------------------------------ */

static void bad_row(struct ledger_verdict *v, int64_t seq, const char *what)
{
	v->whole = false;
	v->first_bad = seq;
	snprintf(v->what, sizeof v->what, "row %lld %s", (long long)seq, what);
}

/* The pointers of *row live until the next step. A text with a NUL inside is no text of ours: its
 * end would be outside the hash. */
static bool take_row(sqlite3_stmt *q, struct chain_row *row, const void **hash)
{
	for (int i = 0; i < 8; i++) {
		if (sqlite3_column_type(q, i) != column_type[i])
			return false;
	}
	row->seq = sqlite3_column_int64(q, 0);
	row->kind = (const char *)sqlite3_column_text(q, 1);
	row->at_unix_ms = sqlite3_column_int64(q, 2);
	row->mono_ms = sqlite3_column_int64(q, 3);
	row->boot = (const char *)sqlite3_column_text(q, 4);
	row->body = (const char *)sqlite3_column_text(q, 5);
	if (row->kind == NULL || row->boot == NULL || row->body == NULL ||
	    strlen(row->kind) != (size_t)sqlite3_column_bytes(q, 1) ||
	    strlen(row->boot) != (size_t)sqlite3_column_bytes(q, 4) ||
	    strlen(row->body) != (size_t)sqlite3_column_bytes(q, 5) ||
	    sqlite3_column_bytes(q, 6) != LEDGER_HASH || sqlite3_column_bytes(q, 7) != LEDGER_HASH)
		return false;
	memcpy(row->prev, sqlite3_column_blob(q, 6), LEDGER_HASH);
	*hash = sqlite3_column_blob(q, 7);
	return true;
}

/* When this row follows *head, it becomes it. */
static void follow(sqlite3_stmt *q, struct ledger_verdict *v, struct chain_head *head,
                   const struct ledger_reader *reader)
{
	int64_t seq = sqlite3_column_int64(q, 0);
	uint8_t computed[LEDGER_HASH];
	struct chain_row row;
	const void *hash;

	if (seq <= head->seq) {
		bad_row(v, seq, "has no place: the first row is row 1");
		return;
	}
	if (seq != head->seq + 1) {
		bad_row(v, head->seq + 1, "is missing");
		return;
	}
	if (!take_row(q, &row, &hash)) {
		bad_row(v, seq, "has a field of another type or length than the gate writes");
		return;
	}
	chain_hash(&row, computed);
	if (memcmp(computed, hash, LEDGER_HASH) != 0) {
		bad_row(v, seq, "was changed: its hash is not that of its fields");
		return;
	}
	if (memcmp(row.prev, head->hash, LEDGER_HASH) != 0) {
		bad_row(v, seq, "does not continue the row before it: one of the two was replaced");
		return;
	}
	head->seq = seq;
	memcpy(head->hash, computed, LEDGER_HASH);
	if (reader != NULL)
		reader->row(reader->owner, row.seq, row.at_unix_ms, row.kind, row.body);
}

bool chain_walk(sqlite3 *db, struct ledger_verdict *v, struct chain_head *head,
                const struct ledger_reader *reader)
{
	sqlite3_stmt *q = NULL;
	int rc;

	*v = (struct ledger_verdict){.whole = true};
	*head = (struct chain_head){0};
	sqlite3_prepare_v2(db, select_all, -1, &q, NULL);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) { /* of nothing: an error */
		v->rows++;
		if (v->whole) /* after the first bad row, rows are only counted */
			follow(q, v, head, reader);
	}
	if (rc != SQLITE_DONE) {
		if (v->whole)
			bad_row(v, head->seq + 1, "cannot be read");
		size_t at = strlen(v->what);
		snprintf(v->what + at, sizeof v->what - at, " (%s)", sqlite3_errmsg(db));
	}
	sqlite3_finalize(q);
	sodium_bin2hex(v->head, sizeof v->head, head->hash, LEDGER_HASH);
	return rc == SQLITE_DONE;
}

/* --- offline ------------------------------------------------------------------------------ */

/* What a program may have left beside the file: rows that are committed and not yet in it. */
static const char *const parts[] = {"", "-wal"};

static bool copy_file(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	char block[65536];
	ssize_t n = -1;

	if (in < 0)
		return errno == ENOENT;
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out >= 0) {
		while ((n = read(in, block, sizeof block)) > 0) {
			if (write(out, block, (size_t)n) != n) {
				n = -1;
				break;
			}
		}
		close(out);
	}
	close(in);
	return n == 0;
}

/* An open gate holds a write lock on SQLite's lock bytes, from 0x40000000 on, 512 of them. */
static bool in_use(int fd)
{
	struct flock lock = {
	        .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0x40000000, .l_len = 512};

	return fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static bool readable(const char *file, struct ledger_verdict *v)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		snprintf(v->what, sizeof v->what, "cannot be opened: %s", strerror(errno));
		return false;
	}
	bool used = in_use(fd);
	close(fd);
	if (used)
		snprintf(v->what, sizeof v->what, "a gate has this ledger open: stop it first");
	return !used;
}

static bool verify_copy(const char *copy, struct ledger_verdict *v,
                        const struct ledger_reader *reader)
{
	struct chain_head head;
	sqlite3 *db = NULL;
	bool read;

	if (sqlite3_open_v2(copy, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
	    !pragma_is(db, "PRAGMA application_id", APPLICATION_ID)) {
		snprintf(v->what, sizeof v->what, "is no ledger (%s)", sqlite3_errmsg(db));
		sqlite3_close(db);
		return false;
	}
	sqlite3_exec(db, "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON", NULL, NULL,
	             NULL);
	read = chain_walk(db, v, &head, reader);
	sqlite3_close(db);
	return read;
}

/* Reading rows that only the -wal holds means writing at least its index, and the folder may not be
 * ours to write in; so both files are copied to a folder of our own and the copy is read. */
bool ledger_read(const char *file, struct ledger_verdict *v, const struct ledger_reader *reader)
{
	static const char *const leftover[] = {"", "-wal", "-shm", "-journal"};
	const char *tmp = getenv("TMPDIR");
	char dir[200], from[4096], to[256];
	bool ok = true;

	*v = (struct ledger_verdict){0};
	must(sodium_init() >= 0);
	if (!readable(file, v))
		return false;
	snprintf(dir, sizeof dir, "%.180s/dosegate-XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(dir) == NULL) {
		snprintf(v->what, sizeof v->what, "no folder for a copy: %s", strerror(errno));
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(parts) && ok; i++) {
		snprintf(from, sizeof from, "%s%s", file, parts[i]);
		snprintf(to, sizeof to, "%s/ledger%s", dir, parts[i]);
		ok = copy_file(from, to);
	}
	snprintf(to, sizeof to, "%s/ledger", dir);
	if (ok)
		ok = verify_copy(to, v, reader);
	else
		snprintf(v->what, sizeof v->what, "cannot be copied to %.100s: %s", dir,
		         strerror(errno));
	for (size_t i = 0; i < ARRAY_LEN(leftover); i++) {
		snprintf(to, sizeof to, "%s/ledger%s", dir, leftover[i]);
		unlink(to);
	}
	rmdir(dir);
	return ok;
}

bool ledger_verify(const char *file, struct ledger_verdict *v)
{
	return ledger_read(file, v, NULL);
}
