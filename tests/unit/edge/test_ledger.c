#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "given.h"
#include "edge/ledger.h"
#include "../../../daemon/edge/ledger_chain.h"

/* --- a ledger in a folder of its own ---------------------------------------------------- */

struct given {
	uv_loop_t loop;
	struct ledger *l;
	char dir[64], file[128], why[400];
	int done, refused;
	int64_t last_seq;
	bool in_order;
};

static void on_done(void *owner, void *tag, bool ok, int64_t seq)
{
	struct given *g = owner;

	assert_non_null(tag);
	g->done++;
	g->refused += !ok;
	if (!ok) {
		assert_i64(seq, 0);
		return;
	}
	g->in_order = g->in_order && seq > g->last_seq;
	g->last_seq = seq;
}

static void open_ledger(struct given *g)
{
	g->l = ledger_open(&g->loop, g->file, on_done, g, g->why, sizeof g->why);
	g->last_seq = 0;
}

static void close_ledger(struct given *g)
{
	ledger_close(g->l);
	g->l = NULL;
	uv_run(&g->loop, UV_RUN_DEFAULT);
}

static int setup(void **state)
{
	struct given *g = calloc(1, sizeof *g);

	uv_loop_init(&g->loop);
	strcpy(g->dir, "/tmp/test_ledger-XXXXXX");
	assert_non_null(mkdtemp(g->dir));
	snprintf(g->file, sizeof g->file, "%s/ledger", g->dir);
	g->in_order = true;
	open_ledger(g);
	assert_non_null(g->l);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	static const char *const end[] = {"", "-wal", "-shm", "-journal"};
	struct given *g = *state;
	char path[160];

	if (g->l != NULL)
		close_ledger(g);
	assert_i64(uv_loop_close(&g->loop), 0);
	for (size_t i = 0; i < ARRAY_LEN(end); i++) {
		snprintf(path, sizeof path, "%s%s", g->file, end[i]);
		unlink(path);
	}
	rmdir(g->dir);
	free(g);
	return 0;
}

static bool append(struct given *g, int n)
{
	return ledger_append(g->l, LEDGER_INTENT, json_pack("{si ss}", "n", n, "b", "text"), g);
}

static void await(struct given *g, int done)
{
	while (g->done < done)
		uv_run(&g->loop, UV_RUN_ONCE);
}

static void write_rows(struct given *g, int n)
{
	int until = g->done + n;

	for (int i = 1; i <= n; i++)
		assert_true(append(g, i));
	await(g, until);
}

/* As somebody with a SQLite shell would; the ledger must be closed. */
static void tamper(struct given *g, const char *sql)
{
	sqlite3 *db;

	assert_i64(sqlite3_open(g->file, &db), SQLITE_OK);
	assert_i64(sqlite3_exec(db, "DROP TRIGGER ledger_no_update; DROP TRIGGER ledger_no_delete",
	                        NULL, NULL, NULL),
	           SQLITE_OK);
	assert_i64(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* --- writing ------------------------------------------------------------------------------ */

static void rows_are_numbered_from_one_and_answered_in_order(void **state)
{
	struct given *g = *state;

	write_rows(g, 100);
	assert_true(g->in_order);
	assert_i64(g->last_seq, 100);
	assert_i64(g->refused, 0);
	assert_i64(ledger_count(g->l), 100);
	assert_true(ledger_well(g->l));
	assert_i64(ledger_lag_ms(g->l), 0);
}

static void rows_that_wait_together_are_committed_together(void **state)
{
	struct given *g = *state;

	write_rows(g, 2000);
	assert_i64(ledger_count(g->l), 2000);
	/* the thread may begin at any row; one commit a row would be 2000 */
	assert_in_range(ledger_commits(g->l), 1, 500);
}

static void a_row_without_a_tag_is_written_and_not_answered(void **state)
{
	struct given *g = *state;

	assert_true(ledger_append(g->l, LEDGER_STOP, json_object(), NULL));
	write_rows(g, 1);
	assert_i64(g->done, 1);
	assert_i64(g->last_seq, 2);
	assert_i64(ledger_count(g->l), 2);
}

static void the_queue_is_bounded(void **state)
{
	struct given *g = *state;

	for (int i = 0; i < LEDGER_QUEUE; i++)
		assert_true(append(g, i));
	assert_false(append(g, LEDGER_QUEUE));
	await(g, LEDGER_QUEUE);
	assert_true(append(g, LEDGER_QUEUE + 1));
	await(g, LEDGER_QUEUE + 1);
	assert_i64(ledger_count(g->l), LEDGER_QUEUE + 1);
}

static void what_is_no_object_is_not_taken_down(void **state)
{
	struct given *g = *state;

	assert_false(ledger_append(g->l, LEDGER_START, json_array(), g));
	assert_false(ledger_append(g->l, LEDGER_START, NULL, g));
	write_rows(g, 1);
	assert_i64(g->last_seq, 1);
}

static void the_row_is_what_was_said_at_the_time(void **state)
{
	struct given *g = *state;
	json_t *body = json_pack("{ss}", "said", "before");

	json_incref(body);
	assert_true(ledger_append(g->l, LEDGER_HOLD, body, g));
	json_object_set_new(body, "said", json_string("after"));
	json_decref(body);
	await(g, 1);
	json_t *rows = ledger_tail(g->l, 1);
	json_t *row = json_array_get(rows, 0);
	assert_text(json_string_value(json_object_get(row, "kind")), "hold");
	assert_text(json_string_value(json_object_get(json_object_get(row, "body"), "said")),
	            "before");
	assert_i64(json_integer_value(json_object_get(row, "seq")), 1);
	assert_true(json_integer_value(json_object_get(row, "at")) > INT64_C(1600000000000));
	json_decref(rows);
}

static void keys_stand_sorted_and_compact_in_the_file(void **state)
{
	struct given *g = *state;
	sqlite3_stmt *q;
	sqlite3 *db;

	write_rows(g, 1);
	close_ledger(g);
	assert_i64(sqlite3_open(g->file, &db), SQLITE_OK);
	sqlite3_prepare_v2(db, "SELECT body, kind, length(boot) FROM ledger", -1, &q, NULL);
	assert_i64(sqlite3_step(q), SQLITE_ROW);
	assert_text((const char *)sqlite3_column_text(q, 0), "{\"b\":\"text\",\"n\":1}");
	assert_text((const char *)sqlite3_column_text(q, 1), "intent");
	assert_i64(sqlite3_column_int(q, 2), 36); /* a UUID */
	sqlite3_finalize(q);
	sqlite3_close(db);
}

static void the_file_is_for_its_owner_only(void **state)
{
	struct given *g = *state;
	struct stat st;

	assert_i64(stat(g->file, &st), 0);
	assert_i64(st.st_mode & 0777, 0600);
}

static void closing_writes_what_still_waits(void **state)
{
	struct given *g = *state;

	for (int i = 0; i < 50; i++)
		assert_true(append(g, i));
	close_ledger(g);
	assert_i64(g->done, 0); /* nobody is called any more */
	open_ledger(g);
	assert_i64(ledger_count(g->l), 50);
}

/* --- the tail ------------------------------------------------------------------------------ */

static int64_t tail_edge(struct given *g, int64_t max, bool last)
{
	json_t *rows = ledger_tail(g->l, max);
	size_t n = json_array_size(rows);
	json_t *row = json_array_get(rows, last && n > 0 ? n - 1 : 0);
	int64_t seq = json_integer_value(json_object_get(row, "seq"));

	json_decref(rows);
	return seq;
}

static void the_tail_is_the_last_thousand_rows(void **state)
{
	struct given *g = *state;

	assert_i64(tail_edge(g, 10, false), 0); /* none */
	write_rows(g, 5);
	assert_i64(tail_edge(g, 10, false), 1);
	assert_i64(tail_edge(g, 2, false), 4);
	assert_i64(tail_edge(g, 2, true), 5);
	assert_i64(tail_edge(g, 0, false), 0);
	assert_i64(tail_edge(g, -1, false), 0);
	write_rows(g, 1100);
	assert_i64(tail_edge(g, 5000, false), 106);
	assert_i64(tail_edge(g, 5000, true), 1105);
	close_ledger(g);
	open_ledger(g);
	assert_i64(tail_edge(g, 5000, false), 106);
	assert_i64(tail_edge(g, 5000, true), 1105);
}

/* --- opening again -------------------------------------------------------------------------- */

static void an_opened_file_goes_on_where_it_ended(void **state)
{
	struct given *g = *state;
	struct ledger_verdict v;

	write_rows(g, 3);
	close_ledger(g);
	open_ledger(g);
	assert_i64(ledger_count(g->l), 3);
	write_rows(g, 1);
	assert_i64(g->last_seq, 4);
	close_ledger(g);
	assert_true(ledger_verify(g->file, &v));
	assert_true(v.whole);
	assert_i64(v.rows, 4);
}

static void a_second_gate_is_locked_out(void **state)
{
	struct given *g = *state;
	struct ledger *second;

	second = ledger_open(&g->loop, g->file, on_done, g, g->why, sizeof g->why);
	assert_null(second);
	assert_contains(g->why, "another gate has this ledger open");
	write_rows(g, 1);
}

static void anothers_file_is_refused_and_left_alone(void **state)
{
	struct given *g = *state;
	struct ledger_verdict v;
	sqlite3 *db;

	close_ledger(g);
	unlink(g->file);
	assert_i64(sqlite3_open(g->file, &db), SQLITE_OK);
	sqlite3_exec(db, "CREATE TABLE mine(x)", NULL, NULL, NULL);
	sqlite3_close(db);
	open_ledger(g);
	assert_null(g->l);
	assert_contains(g->why, "another program");
	assert_false(ledger_verify(g->file, &v));
	assert_contains(v.what, "is no ledger");

	FILE *f = fopen(g->file, "w");
	for (int i = 0; i < 400; i++)
		fputs("this is no database at all\n", f);
	fclose(f);
	open_ledger(g);
	assert_null(g->l);
	assert_contains(g->why, "not a database");
}

static void a_folder_that_is_not_there_is_said(void **state)
{
	struct given *g = *state;
	struct ledger_verdict v;
	struct ledger *l;

	l = ledger_open(&g->loop, "/nowhere/ledger", on_done, g, g->why, sizeof g->why);
	assert_null(l);
	assert_contains(g->why, "/nowhere/ledger: No such file or directory");
	assert_false(ledger_verify("/nowhere/ledger", &v));
	assert_contains(v.what, "cannot be opened: No such file or directory");
}

static void honest_programs_cannot_change_a_row(void **state)
{
	struct given *g = *state;
	char *error = NULL;
	sqlite3 *db;

	write_rows(g, 2);
	close_ledger(g);
	assert_i64(sqlite3_open(g->file, &db), SQLITE_OK);
	assert_i64(sqlite3_exec(db, "UPDATE ledger SET body = '{}'", NULL, NULL, &error),
	           SQLITE_CONSTRAINT);
	assert_contains(error, "append-only");
	sqlite3_free(error);
	assert_i64(sqlite3_exec(db, "DELETE FROM ledger", NULL, NULL, NULL), SQLITE_CONSTRAINT);
	sqlite3_close(db);
}

/* --- tampering -------------------------------------------------------------------------------- */

struct tampering {
	const char *name;
	int64_t first_bad;
	const char *what;
	const char *sql;
};

static const struct tampering tamperings[] = {
        {"a kind changed is named", 5, "row 5 was changed",
         "UPDATE ledger SET kind = 'stop' WHERE seq = 5"},
        {"a time changed is named", 5, "row 5 was changed",
         "UPDATE ledger SET at_unix_ms = at_unix_ms + 1 WHERE seq = 5"},
        {"a monotonic time changed is named", 1, "row 1 was changed",
         "UPDATE ledger SET mono_ms = mono_ms - 1 WHERE seq = 1"},
        {"a boot changed is named", 10, "row 10 was changed",
         "UPDATE ledger SET boot = boot || ' ' WHERE seq = 10"},
        {"a body changed is named", 5, "row 5 was changed",
         "UPDATE ledger SET body = replace(body, 'text', 'Text') WHERE seq = 5"},
        {"characters behind a NUL are seen", 5, "row 5 has a field of another type or length",
         "UPDATE ledger SET body = body || char(0) || 'more' WHERE seq = 5"},
        {"a link changed is named", 5, "row 5 was changed",
         "UPDATE ledger SET prev = zeroblob(32) WHERE seq = 5"},
        {"a link cut short is named", 5, "row 5 has a field of another type or length",
         "UPDATE ledger SET prev = x'00' WHERE seq = 5"},
        {"a hash changed is named", 5, "row 5 was changed",
         "UPDATE ledger SET hash = zeroblob(32) WHERE seq = 5"},
        {"a number changed is named", 5, "row 5 is missing",
         "UPDATE ledger SET seq = 50 WHERE seq = 5"},
        {"a row taken out is named", 5, "row 5 is missing", "DELETE FROM ledger WHERE seq = 5"},
        {"the first row taken out is named", 1, "row 1 is missing",
         "DELETE FROM ledger WHERE seq = 1"},
        {"a row put before the first is named", 0, "row 0 has no place",
         "UPDATE ledger SET seq = 0 WHERE seq = 5"},
        {"two rows exchanged are named", 5, "row 5 was changed",
         "UPDATE ledger SET seq = 99 WHERE seq = 5; UPDATE ledger SET seq = 5 WHERE seq = 6;"
         "UPDATE ledger SET seq = 6 WHERE seq = 99"},
        {"a row taken out and the rest moved up is named", 5, "row 5 was changed",
         "DELETE FROM ledger WHERE seq = 5; UPDATE ledger SET seq = seq - 1 WHERE seq > 5"},
        {"a row added with a hash of nothing is named", 11, "row 11 was changed",
         "INSERT INTO ledger SELECT 11, kind, at_unix_ms, mono_ms, boot, body, hash, zeroblob(32) "
         "FROM ledger WHERE seq = 10"},
};

static void tampering_is_named(void **state)
{
	const struct tampering *t = *state;
	void *given = NULL;
	struct ledger_verdict v;

	setup(&given);
	struct given *g = given;
	write_rows(g, 10);
	close_ledger(g);
	tamper(g, t->sql);
	assert_true(ledger_verify(g->file, &v));
	assert_false(v.whole);
	assert_i64(v.first_bad, t->first_bad);
	assert_contains(v.what, t->what);
	open_ledger(g);
	assert_null(g->l);
	assert_contains(g->why, t->what);
	teardown(&given);
}

static void a_row_forged_with_its_own_hash_breaks_at_the_next(void **state)
{
	struct given *g = *state;
	struct ledger_verdict v;
	struct chain_row row = {.seq = 2, .kind = "stop", .boot = "b", .body = "{}"};
	uint8_t hash[LEDGER_HASH];
	sqlite3_stmt *q;
	sqlite3 *db;

	write_rows(g, 3);
	close_ledger(g);
	tamper(g, "UPDATE ledger SET kind = 'stop', at_unix_ms = 0, mono_ms = 0, boot = 'b', "
	          "body = '{}' WHERE seq = 2");
	assert_i64(sqlite3_open(g->file, &db), SQLITE_OK);
	sqlite3_prepare_v2(db, "SELECT prev FROM ledger WHERE seq = 2", -1, &q, NULL);
	assert_i64(sqlite3_step(q), SQLITE_ROW);
	memcpy(row.prev, sqlite3_column_blob(q, 0), LEDGER_HASH);
	sqlite3_finalize(q);
	chain_hash(&row, hash);
	sqlite3_prepare_v2(db, "UPDATE ledger SET hash = ?1 WHERE seq = 2", -1, &q, NULL);
	sqlite3_bind_blob(q, 1, hash, LEDGER_HASH, SQLITE_STATIC);
	assert_i64(sqlite3_step(q), SQLITE_DONE);
	sqlite3_finalize(q);
	sqlite3_close(db);
	assert_true(ledger_verify(g->file, &v));
	assert_i64(v.first_bad, 3);
	assert_contains(v.what, "row 3 does not continue the row before it");
}

static void a_tail_cut_off_shows_only_in_the_head(void **state)
{
	struct given *g = *state;
	struct ledger_verdict before, after;

	write_rows(g, 3);
	close_ledger(g);
	assert_true(ledger_verify(g->file, &before));
	tamper(g, "DELETE FROM ledger WHERE seq = 3");
	assert_true(ledger_verify(g->file, &after));
	assert_true(after.whole);
	assert_i64(after.rows, 2);
	assert_string_not_equal(before.head, after.head);
}

/* --- after a crash, and without room -------------------------------------------------------- */

static int64_t file_size(const char *file, const char *end)
{
	struct stat st;
	char path[160];

	snprintf(path, sizeof path, "%s%s", file, end);
	return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

static void what_a_killed_gate_left_is_read_without_changing_it(void **state)
{
	struct given *g = *state;
	struct ledger_verdict v;
	int status;

	close_ledger(g);
	pid_t child = fork();
	if (child == 0) { /* a gate that is killed once its rows are durable */
		struct given own = {.in_order = true};

		memcpy(own.file, g->file, sizeof own.file);
		uv_loop_init(&own.loop);
		open_ledger(&own);
		write_rows(&own, 20);
		raise(SIGKILL);
	}
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status));
	int64_t size = file_size(g->file, ""), wal = file_size(g->file, "-wal");
	assert_true(wal > 0);
	assert_true(ledger_verify(g->file, &v));
	assert_true(v.whole);
	assert_i64(v.rows, 20);
	assert_i64(v.first_bad, 0);
	assert_i64(strlen(v.head), 64);
	assert_i64(file_size(g->file, ""), size);
	assert_i64(file_size(g->file, "-wal"), wal);
	assert_i64(file_size(g->file, "-shm"), -1);
	open_ledger(g);
	assert_i64(ledger_count(g->l), 20);
}

static void a_ledger_in_use_is_not_verified_from_outside(void **state)
{
	struct given *g = *state;
	int status;

	pid_t child = fork();
	if (child == 0) {
		struct ledger_verdict v;
		bool read = ledger_verify(g->file, &v);

		_exit(!read && strstr(v.what, "a gate has this ledger open") != NULL ? 0 : 1);
	}
	waitpid(child, &status, 0);
	assert_i64(status, 0);
}

static void limit_files(rlim_t size)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = size;
	assert_i64(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* What the log says meanwhile is not for here; returns what ends it. */
static int disk_full_begins(void)
{
	int stderr_was = dup(2), nowhere = open("/dev/null", O_WRONLY);

	dup2(nowhere, 2);
	close(nowhere);
	signal(SIGXFSZ, SIG_IGN);
	limit_files(4096);
	return stderr_was;
}

static void log_is_heard_again(int stderr_was)
{
	dup2(stderr_was, 2);
	close(stderr_was);
}

static void a_full_disk_refuses_who_waits_and_keeps_what_has_happened(void **state)
{
	struct given *g = *state;
	struct ledger_verdict v;

	write_rows(g, 2);
	int stderr_was = disk_full_begins();
	assert_true(append(g, 3));
	await(g, 3);
	assert_i64(g->refused, 1);
	assert_false(ledger_well(g->l));
	assert_true(ledger_append(g->l, LEDGER_STOP, json_object(), NULL));
	assert_true(append(g, 4));
	await(g, 4);
	assert_i64(g->refused, 2);
	assert_i64(ledger_count(g->l), 2);

	limit_files(RLIM_INFINITY);
	assert_true(append(g, 5));
	await(g, 5);
	log_is_heard_again(stderr_was);
	assert_i64(g->refused, 2);
	assert_true(ledger_well(g->l));
	assert_i64(g->last_seq, 4); /* 1, 2, the stop that was kept, and this one */
	close_ledger(g);
	assert_true(ledger_verify(g->file, &v));
	assert_true(v.whole);
	assert_i64(v.rows, 4);
}

/* --- proofs ------------------------------------------------------------------------------- */

/* While `hold` is set a sync does not come back, as on a disk that hangs. */
static struct {
	uv_mutex_t lock;
	uv_cond_t change;
	bool hold, held;
	int syncs;
} disk;

/* SQLite's way to the disk; found here before the library's. */
int fdatasync(int fd)
{
	uv_mutex_lock(&disk.lock);
	disk.syncs++;
	while (disk.hold) {
		disk.held = true;
		uv_cond_signal(&disk.change);
		uv_cond_wait(&disk.change, &disk.lock);
	}
	uv_mutex_unlock(&disk.lock);
	return (int)syscall(SYS_fdatasync, fd);
}

/* The disk lets go, or holds what comes to it; waits until it does. */
static void disk_holds(bool hold)
{
	uv_mutex_lock(&disk.lock);
	disk.hold = hold;
	uv_cond_signal(&disk.change);
	uv_mutex_unlock(&disk.lock);
}

static void await_held(void)
{
	uv_mutex_lock(&disk.lock);
	while (!disk.held)
		uv_cond_wait(&disk.change, &disk.lock);
	disk.held = false;
	uv_mutex_unlock(&disk.lock);
}

static int syncs(void)
{
	uv_mutex_lock(&disk.lock);
	int n = disk.syncs;
	uv_mutex_unlock(&disk.lock);
	return n;
}

/* The thread says that it has tried something. */
static void await_proofs(struct given *g, int64_t proofs)
{
	while (ledger_proofs(g->l) < proofs)
		uv_run(&g->loop, UV_RUN_ONCE);
}

static void a_proof_reaches_the_disk_and_leaves_no_row(void **state)
{
	struct given *g = *state;
	struct ledger_verdict v;

	write_rows(g, 3);
	int64_t before = ledger_proofs(g->l);
	int synced = syncs();
	assert_true(before >= 1); /* rows are proof */
	for (int i = 1; i <= 5; i++) {
		ledger_prove(g->l);
		await_proofs(g, before + i);
	}
	assert_true(syncs() >= synced + 5);
	assert_i64(ledger_count(g->l), 3);
	write_rows(g, 1);
	assert_i64(g->last_seq, 4);
	close_ledger(g);
	assert_true(ledger_verify(g->file, &v));
	assert_true(v.whole);
	assert_i64(v.rows, 4);
}

static void a_disk_that_hangs_proves_nothing_until_it_comes_back(void **state)
{
	struct given *g = *state;

	write_rows(g, 1);
	int64_t before = ledger_proofs(g->l);
	disk_holds(true);
	ledger_prove(g->l);
	await_held();
	ledger_prove(g->l); /* asked again while it hangs: nobody waits, and it is one more */
	assert_i64(ledger_proofs(g->l), before);
	disk_holds(false);
	await_proofs(g, before + 2);
	assert_true(ledger_well(g->l));
}

static void rows_that_hang_are_no_proof(void **state)
{
	struct given *g = *state;

	write_rows(g, 1);
	int64_t before = ledger_proofs(g->l);
	disk_holds(true);
	assert_true(append(g, 2));
	await_held();
	assert_i64(ledger_proofs(g->l), before);
	assert_true(ledger_lag_ms(g->l) >= 0);
	disk_holds(false);
	await(g, 2);
	assert_i64(ledger_proofs(g->l), before + 1);
}

static void a_full_disk_refuses_the_proof_and_a_later_one_is_well_again(void **state)
{
	struct given *g = *state;

	write_rows(g, 1);
	int64_t before = ledger_proofs(g->l);
	int stderr_was = disk_full_begins();
	ledger_prove(g->l);
	while (ledger_well(g->l))
		uv_run(&g->loop, UV_RUN_ONCE);
	assert_i64(ledger_proofs(g->l), before);
	limit_files(RLIM_INFINITY);
	ledger_prove(g->l);
	await_proofs(g, before + 1);
	log_is_heard_again(stderr_was);
	assert_true(ledger_well(g->l));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(rows_are_numbered_from_one_and_answered_in_order),
	        T(rows_that_wait_together_are_committed_together),
	        T(a_row_without_a_tag_is_written_and_not_answered),
	        T(the_queue_is_bounded),
	        T(what_is_no_object_is_not_taken_down),
	        T(the_row_is_what_was_said_at_the_time),
	        T(keys_stand_sorted_and_compact_in_the_file),
	        T(the_file_is_for_its_owner_only),
	        T(closing_writes_what_still_waits),
	        T(the_tail_is_the_last_thousand_rows),
	        T(an_opened_file_goes_on_where_it_ended),
	        T(a_second_gate_is_locked_out),
	        T(anothers_file_is_refused_and_left_alone),
	        T(a_folder_that_is_not_there_is_said),
	        T(honest_programs_cannot_change_a_row),
	        T(a_row_forged_with_its_own_hash_breaks_at_the_next),
	        T(a_tail_cut_off_shows_only_in_the_head),
	        T(what_a_killed_gate_left_is_read_without_changing_it),
	        T(a_ledger_in_use_is_not_verified_from_outside),
	        T(a_full_disk_refuses_who_waits_and_keeps_what_has_happened),
	        T(a_proof_reaches_the_disk_and_leaves_no_row),
	        T(a_disk_that_hangs_proves_nothing_until_it_comes_back),
	        T(rows_that_hang_are_no_proof),
	        T(a_full_disk_refuses_the_proof_and_a_later_one_is_well_again),
	};

	must(uv_mutex_init(&disk.lock) == 0 && uv_cond_init(&disk.change) == 0);
	int failures = cmocka_run_group_tests_name("ledger", tests, NULL, NULL);

	failures += RUN_ROWS("ledger: tampering", tamperings, tampering_is_named);
	return failures != 0;
}
