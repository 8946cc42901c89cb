#include "edge/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "edge/log.h"
#include "ledger_chain.h"

#define TAIL_MAX  1000
#define RETRY_NS  UINT64_C(1000000000) /* between tries of rows that could not be written */
#define BOOT_LEN  40
#define BODY_JSON (JSON_COMPACT | JSON_SORT_KEYS)

/* A row on its way: made by the loop, the thread's until it is done, then the loop's again. */
struct job {
	struct job *next;
	enum ledger_kind kind;
	int64_t at_unix_ms, mono_ms;
	char *body;
	void *tag;
	bool ok;
	int64_t seq;
};

struct jobs {
	struct job *first, **end;
};

/* What ledger_tail answers from, so that nobody waits for the disk. Loop thread only. */
struct tail_row {
	int64_t seq, at_unix_ms;
	char kind[16];
	char *body;
};

struct ledger {
	uv_async_t wake; /* first: freed as one with the handle */
	ledger_done_fn *done;
	void *owner;
	uv_thread_t thread;
	char boot[BOOT_LEN];

	/* loop thread only */
	size_t outstanding; /* taken down and not yet answered for; at most LEDGER_QUEUE */
	int64_t rows;
	struct tail_row tail[TAIL_MAX]; /* row seq stands at seq % TAIL_MAX */

	/* under the lock */
	uv_mutex_t lock;
	uv_cond_t work;
	struct jobs waiting, finished;
	int64_t taken_since; /* mono_ms of the oldest row the thread holds; 0: none */
	int64_t commits;
	bool well, broken, closing;

	/* the ledger thread only, from ledger_open's return on */
	sqlite3 *db;
	sqlite3_stmt *insert;
	struct chain_head head;
};

const char *ledger_kind_name(enum ledger_kind k)
{
	static const char *const name[] = {
#define X(id, text) [id] = text,
	        LEDGER_KIND_MAP(X)
#undef X
	};

	return name[k];
}

static int64_t clock_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- lists ------------------------------------------------------------------------------ */

static void jobs_clear(struct jobs *q)
{
	q->first = NULL;
	q->end = &q->first;
}

static void jobs_add(struct jobs *q, struct job *j)
{
	j->next = NULL;
	*q->end = j;
	q->end = &j->next;
}

static struct job *jobs_take(struct jobs *q)
{
	struct job *j = q->first;

	if (j == NULL)
		return NULL;
	q->first = j->next;
	if (q->first == NULL)
		q->end = &q->first;
	return j;
}

/* Moves all of `from` behind `to`. */
static void jobs_join(struct jobs *to, struct jobs *from)
{
	if (from->first == NULL)
		return;
	*to->end = from->first;
	to->end = from->end;
	jobs_clear(from);
}

static void job_free(struct job *j)
{
	free(j->body);
	free(j);
}

/* --- the ledger thread ------------------------------------------------------------------- */

static bool insert_row(struct ledger *l, struct job *j, struct chain_head *head)
{
	uint8_t hash[LEDGER_HASH];
	struct chain_row row = {
	        .seq = head->seq + 1,
	        .kind = ledger_kind_name(j->kind),
	        .at_unix_ms = j->at_unix_ms,
	        .mono_ms = j->mono_ms,
	        .boot = l->boot,
	        .body = j->body,
	};
	memcpy(row.prev, head->hash, LEDGER_HASH);
	chain_hash(&row, hash);

	sqlite3_bind_int64(l->insert, 1, row.seq);
	sqlite3_bind_text(l->insert, 2, row.kind, -1, SQLITE_STATIC);
	sqlite3_bind_int64(l->insert, 3, row.at_unix_ms);
	sqlite3_bind_int64(l->insert, 4, row.mono_ms);
	sqlite3_bind_text(l->insert, 5, row.boot, -1, SQLITE_STATIC);
	sqlite3_bind_text(l->insert, 6, row.body, -1, SQLITE_STATIC);
	sqlite3_bind_blob(l->insert, 7, row.prev, LEDGER_HASH, SQLITE_STATIC);
	sqlite3_bind_blob(l->insert, 8, hash, LEDGER_HASH, SQLITE_STATIC);
	bool ok = sqlite3_step(l->insert) == SQLITE_DONE;
	sqlite3_reset(l->insert);
	sqlite3_clear_bindings(l->insert);

	j->seq = row.seq;
	head->seq = row.seq;
	memcpy(head->hash, hash, LEDGER_HASH);
	return ok;
}

/* All of the batch or nothing of it. */
static bool commit_batch(struct ledger *l, const struct jobs *batch)
{
	struct chain_head head = l->head;
	bool ok = sqlite3_exec(l->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;

	for (struct job *j = batch->first; j != NULL && ok; j = j->next)
		ok = insert_row(l, j, &head);
	if (ok && sqlite3_exec(l->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK) {
		l->head = head;
		return true;
	}
	log_line(LOG_ERROR, "ledger", "rows not written: %s", sqlite3_errmsg(l->db));
	return false;
}

/* After a failed fsync the kernel may have dropped what it could not write, and a later one would
 * lie; and a transaction that cannot be undone leaves us not knowing what is in the file. Only a
 * new start, which reads it all again, helps then. */
static bool undo_batch(struct ledger *l)
{
	int why = sqlite3_extended_errcode(l->db);

	if (!sqlite3_get_autocommit(l->db))
		sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
	return why != SQLITE_IOERR_FSYNC && why != SQLITE_IOERR_DIR_FSYNC &&
	       sqlite3_get_autocommit(l->db);
}

/* What somebody waits for is answered: they will not act. What nobody waits for has happened
 * already, so it is kept and tried again until it is written. */
static void answer_batch(struct jobs *batch, bool ok, struct jobs *finished, struct jobs *kept)
{
	struct job *j;

	while ((j = jobs_take(batch)) != NULL) {
		j->ok = ok;
		jobs_add(ok || j->tag != NULL ? finished : kept, j);
	}
}

/* Waits until there is something to do; takes it all behind what was kept. False at the end. */
static bool next_batch(struct ledger *l, struct jobs *batch)
{
	bool kept = batch->first != NULL;

	uv_mutex_lock(&l->lock);
	while (l->waiting.first == NULL && !l->closing) {
		if (!kept)
			uv_cond_wait(&l->work, &l->lock);
		else if (uv_cond_timedwait(&l->work, &l->lock, RETRY_NS) != 0)
			break;
	}
	bool last = l->closing && l->waiting.first == NULL && !kept;
	jobs_join(batch, &l->waiting);
	l->taken_since = batch->first != NULL ? batch->first->mono_ms : 0;
	uv_mutex_unlock(&l->lock);
	return !last;
}

static void ledger_thread(void *arg)
{
	struct ledger *l = arg;
	struct jobs batch, finished, kept;
	bool ok, broken = false;

	jobs_clear(&batch);
	jobs_clear(&finished);
	jobs_clear(&kept);
	while (next_batch(l, &batch)) {
		ok = !broken && commit_batch(l, &batch);
		if (!ok && !broken)
			broken = !undo_batch(l);
		answer_batch(&batch, ok, &finished, &kept);

		uv_mutex_lock(&l->lock);
		jobs_join(&l->finished, &finished);
		l->taken_since = kept.first != NULL ? kept.first->mono_ms : 0;
		l->well = ok;
		l->broken = broken;
		l->commits += ok;
		bool closing = l->closing;
		uv_mutex_unlock(&l->lock);
		uv_async_send(&l->wake);
		if (closing && !ok)
			break; /* it was tried to the last */
		jobs_join(&batch, &kept);
	}
	uv_mutex_lock(&l->lock);
	jobs_join(&l->waiting, &kept);
	uv_mutex_unlock(&l->lock);
}

/* --- the loop ----------------------------------------------------------------------------- */

/* Takes body. */
static void tail_put(struct ledger *l, int64_t seq, int64_t at, const char *kind, char *body)
{
	struct tail_row *r = &l->tail[seq % TAIL_MAX];

	free(r->body);
	*r = (struct tail_row){.seq = seq, .at_unix_ms = at, .body = body};
	snprintf(r->kind, sizeof r->kind, "%s", kind);
}

static void deliver(struct ledger *l, struct job *j)
{
	l->outstanding--;
	if (j->ok) {
		l->rows = j->seq;
		tail_put(l, j->seq, j->at_unix_ms, ledger_kind_name(j->kind), j->body);
		j->body = NULL;
	}
	if (j->tag != NULL)
		l->done(l->owner, j->tag, j->ok, j->ok ? j->seq : 0);
	job_free(j);
}

static void on_wake(uv_async_t *wake)
{
	struct ledger *l = CONTAINER_OF(wake, struct ledger, wake);
	struct jobs finished;
	struct job *j;

	jobs_clear(&finished);
	uv_mutex_lock(&l->lock);
	jobs_join(&finished, &l->finished);
	uv_mutex_unlock(&l->lock);
	while ((j = jobs_take(&finished)) != NULL)
		deliver(l, j);
}

bool ledger_append(struct ledger *l, enum ledger_kind kind, json_t *body, void *tag)
{
	/* As text at once: the caller may go on changing what it still refers to. */
	char *text = json_is_object(body) ? json_dumps(body, BODY_JSON) : NULL;
	struct job *j = NULL;

	json_decref(body);
	if (text != NULL && l->outstanding < LEDGER_QUEUE)
		j = calloc(1, sizeof *j);
	if (j == NULL) {
		free(text);
		return false;
	}
	*j = (struct job){.kind = kind, .body = text, .tag = tag};
	j->at_unix_ms = clock_ms(CLOCK_REALTIME);
	j->mono_ms = clock_ms(CLOCK_BOOTTIME);

	uv_mutex_lock(&l->lock);
	bool broken = l->broken;
	if (!broken)
		jobs_add(&l->waiting, j);
	uv_cond_signal(&l->work);
	uv_mutex_unlock(&l->lock);
	if (broken)
		job_free(j);
	else
		l->outstanding++;
	return !broken;
}

/* const for the caller; the lock is no part of what it sees. */
bool ledger_well(const struct ledger *l)
{
	uv_mutex_t *lock = (uv_mutex_t *)&l->lock;

	uv_mutex_lock(lock);
	bool well = l->well;
	uv_mutex_unlock(lock);
	return well;
}

int64_t ledger_lag_ms(const struct ledger *l)
{
	uv_mutex_t *lock = (uv_mutex_t *)&l->lock;
	int64_t now = clock_ms(CLOCK_BOOTTIME);

	uv_mutex_lock(lock);
	int64_t since = l->taken_since;
	if (since == 0 && l->waiting.first != NULL)
		since = l->waiting.first->mono_ms;
	uv_mutex_unlock(lock);
	return since == 0 ? 0 : now - since;
}

int64_t ledger_commits(const struct ledger *l)
{
	uv_mutex_t *lock = (uv_mutex_t *)&l->lock;

	uv_mutex_lock(lock);
	int64_t commits = l->commits;
	uv_mutex_unlock(lock);
	return commits;
}

int64_t ledger_count(const struct ledger *l)
{
	return l->rows;
}

json_t *ledger_tail(struct ledger *l, int64_t max)
{
	json_t *rows = json_array();
	int64_t n = max < TAIL_MAX ? max : TAIL_MAX;

	if (n > l->rows)
		n = l->rows;
	for (int64_t seq = l->rows - n + 1; seq <= l->rows; seq++) {
		const struct tail_row *r = &l->tail[seq % TAIL_MAX];

		json_array_append_new(rows,
		                      json_pack("{sI sI ss so*}", "seq", (json_int_t)r->seq, "at",
		                                (json_int_t)r->at_unix_ms, "kind", r->kind, "body",
		                                json_loads(r->body, 0, NULL)));
	}
	return rows;
}

/* --- opening and closing ------------------------------------------------------------------ */

static void read_boot(char boot[BOOT_LEN])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, boot, BOOT_LEN - 1);

	boot[n < 0 ? 0 : n] = '\0';
	boot[strcspn(boot, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

static bool fill_tail(struct ledger *l)
{
	static const char *const select =
	        "SELECT seq, at_unix_ms, kind, body FROM ledger WHERE seq > ?1 ORDER BY seq";
	sqlite3_stmt *q = NULL;
	bool ok = true;

	if (sqlite3_prepare_v2(l->db, select, -1, &q, NULL) != SQLITE_OK)
		return false;
	sqlite3_bind_int64(q, 1, l->head.seq - TAIL_MAX);
	while (ok && sqlite3_step(q) == SQLITE_ROW) {
		char *body = strdup((const char *)sqlite3_column_text(q, 3));

		ok = body != NULL;
		if (ok)
			tail_put(l, sqlite3_column_int64(q, 0), sqlite3_column_int64(q, 1),
			         (const char *)sqlite3_column_text(q, 2), body);
	}
	sqlite3_finalize(q);
	l->rows = l->head.seq;
	return ok;
}

/* Created here and not by SQLite, which would let the whole group read patients' tokens. */
static bool open_file(struct ledger *l, const char *file, char *why, size_t why_len)
{
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE;

	if (fd < 0) {
		snprintf(why, why_len, "%s", strerror(errno));
		return false;
	}
	close(fd);
	if (sqlite3_open_v2(file, &l->db, flags, NULL) != SQLITE_OK) {
		snprintf(why, why_len, "%s", l->db != NULL ? sqlite3_errmsg(l->db) : "no memory");
		return false;
	}
	return chain_prepare(l->db, why, why_len);
}

static bool open_chain(struct ledger *l, const char *file, char *why, size_t why_len)
{
	struct ledger_verdict v;

	if (!open_file(l, file, why, why_len))
		return false;
	if (!chain_walk(l->db, &v, &l->head) || !v.whole) {
		snprintf(why, why_len, "%s", v.what);
		return false;
	}
	if (!fill_tail(l) || sqlite3_prepare_v3(l->db, chain_insert, -1, SQLITE_PREPARE_PERSISTENT,
	                                        &l->insert, NULL) != SQLITE_OK) {
		snprintf(why, why_len, "%s", sqlite3_errmsg(l->db));
		return false;
	}
	return true;
}

/* All but *l itself, in which the handle may still be closing. */
static void release(struct ledger *l)
{
	struct job *j;

	while ((j = jobs_take(&l->waiting)) != NULL)
		job_free(j);
	while ((j = jobs_take(&l->finished)) != NULL)
		job_free(j);
	for (size_t i = 0; i < TAIL_MAX; i++)
		free(l->tail[i].body);
	sqlite3_finalize(l->insert);
	sqlite3_close(l->db);
	uv_cond_destroy(&l->work);
	uv_mutex_destroy(&l->lock);
}

struct ledger *ledger_open(uv_loop_t *loop, const char *file, ledger_done_fn *done, void *owner,
                           char *why, size_t why_len)
{
	struct ledger *l = calloc(1, sizeof *l);
	char reason[220] = "";

	must(l != NULL && sodium_init() >= 0);
	must(uv_mutex_init(&l->lock) == 0 && uv_cond_init(&l->work) == 0);
	l->done = done;
	l->owner = owner;
	l->well = true;
	jobs_clear(&l->waiting);
	jobs_clear(&l->finished);
	read_boot(l->boot);
	if (!open_chain(l, file, reason, sizeof reason)) {
		snprintf(why, why_len, "%s: %s", file, reason);
		release(l);
		free(l);
		return NULL;
	}
	must(uv_async_init(loop, &l->wake, on_wake) == 0);
	must(uv_thread_create(&l->thread, ledger_thread, l) == 0);
	return l;
}

static void on_closed(uv_handle_t *wake)
{
	free(CONTAINER_OF(wake, struct ledger, wake));
}

void ledger_close(struct ledger *l)
{
	uv_mutex_lock(&l->lock);
	l->closing = true;
	uv_cond_signal(&l->work);
	uv_mutex_unlock(&l->lock);
	uv_thread_join(&l->thread);
	if (l->waiting.first != NULL)
		log_line(LOG_ERROR, "ledger", "closed with rows that could not be written");
	release(l);
	uv_close((uv_handle_t *)&l->wake, on_closed);
}
