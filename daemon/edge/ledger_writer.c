#include "ledger_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "edge/log.h"

#define RETRY_NS UINT64_C(1000000000) /* between tries of rows that could not be written */

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

struct job *jobs_take(struct jobs *q)
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

void job_free(struct job *j)
{
	free(j->body);
	free(j);
}

static void searches_clear(struct searches *q)
{
	q->first = NULL;
	q->end = &q->first;
}

static void searches_add(struct searches *q, struct search *s)
{
	s->next = NULL;
	*q->end = s;
	q->end = &s->next;
}

struct search *searches_take(struct searches *q)
{
	struct search *s = q->first;

	if (s == NULL)
		return NULL;
	q->first = s->next;
	if (q->first == NULL)
		q->end = &q->first;
	return s;
}

/* Moves all of `from` to `to`, which is empty. */
static void searches_move(struct searches *to, struct searches *from)
{
	searches_clear(to);
	if (from->first == NULL)
		return;
	*to = *from;
	searches_clear(from);
}

void search_free(struct search *s)
{
	json_decref(s->rows);
	free(s);
}

static void searches_free(struct searches *q)
{
	struct search *s;

	while ((s = searches_take(q)) != NULL)
		search_free(s);
}

static void jobs_free(struct jobs *q)
{
	struct job *j;

	while ((j = jobs_take(q)) != NULL)
		job_free(j);
}

/* --- the thread -------------------------------------------------------------------------- */

static bool insert_row(struct writer *w, struct job *j, struct chain_head *head)
{
	uint8_t hash[LEDGER_HASH];
	struct chain_row row = {
	        .seq = head->seq + 1,
	        .kind = ledger_kind_name(j->kind),
	        .at_unix_ms = j->at_unix_ms,
	        .mono_ms = j->mono_ms,
	        .boot = w->boot,
	        .body = j->body,
	};
	memcpy(row.prev, head->hash, LEDGER_HASH);
	chain_hash(&row, hash);

	sqlite3_bind_int64(w->insert, 1, row.seq);
	sqlite3_bind_text(w->insert, 2, row.kind, -1, SQLITE_STATIC);
	sqlite3_bind_int64(w->insert, 3, row.at_unix_ms);
	sqlite3_bind_int64(w->insert, 4, row.mono_ms);
	sqlite3_bind_text(w->insert, 5, row.boot, -1, SQLITE_STATIC);
	sqlite3_bind_text(w->insert, 6, row.body, -1, SQLITE_STATIC);
	sqlite3_bind_blob(w->insert, 7, row.prev, LEDGER_HASH, SQLITE_STATIC);
	sqlite3_bind_blob(w->insert, 8, hash, LEDGER_HASH, SQLITE_STATIC);
	bool ok = sqlite3_step(w->insert) == SQLITE_DONE;
	sqlite3_reset(w->insert);
	sqlite3_clear_bindings(w->insert);

	j->seq = row.seq;
	head->seq = row.seq;
	memcpy(head->hash, hash, LEDGER_HASH);
	return ok;
}

static bool insert_about(struct writer *w, const struct job *j, const char *whom)
{
	if (whom[0] == '\0')
		return true;
	sqlite3_bind_text(w->insert_about, 1, whom, -1, SQLITE_STATIC);
	sqlite3_bind_int64(w->insert_about, 2, j->seq);
	bool ok = sqlite3_step(w->insert_about) == SQLITE_DONE;
	sqlite3_reset(w->insert_about);
	return ok;
}

/* All of the batch or nothing of it. */
static bool commit_batch(struct writer *w, const struct jobs *batch)
{
	struct chain_head head = w->head;
	bool ok = sqlite3_exec(w->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;

	for (struct job *j = batch->first; j != NULL && ok; j = j->next)
		ok = insert_row(w, j, &head) && insert_about(w, j, j->about) &&
		     insert_about(w, j, j->of_session);
	if (ok && sqlite3_exec(w->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK) {
		w->head = head;
		return true;
	}
	log_line(LOG_ERROR, "ledger", "rows not written: %s", sqlite3_errmsg(w->db));
	return false;
}

/* Shows that rows would become durable, and leaves none: a number in the file's header goes the
 * whole way they go, through the write-ahead log and onto the disk. Said once while it fails. */
static bool write_proof(struct writer *w, bool was_well)
{
	char text[120];

	snprintf(text, sizeof text, "BEGIN IMMEDIATE; PRAGMA user_version = %d; COMMIT",
	         (int)(w->proofs & INT32_MAX));
	if (sqlite3_exec(w->db, text, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	if (was_well)
		log_line(LOG_ERROR, "ledger", "rows could not be written: %s",
		         sqlite3_errmsg(w->db));
	return false;
}

/* After a failed fsync the kernel may have dropped what it could not write, and a later one would
 * lie; and a transaction that cannot be undone leaves us not knowing what is in the file. Only a
 * new start, which reads it all again, helps then. */
static bool undo_batch(struct writer *w)
{
	int why = sqlite3_extended_errcode(w->db);

	if (!sqlite3_get_autocommit(w->db))
		sqlite3_exec(w->db, "ROLLBACK", NULL, NULL, NULL);
	return why != SQLITE_IOERR_FSYNC && why != SQLITE_IOERR_DIR_FSYNC &&
	       sqlite3_get_autocommit(w->db);
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

/* After the rows that were put before them. */
static void answer_searches(struct writer *w, struct searches *asked)
{
	struct search *s;

	while ((s = searches_take(asked)) != NULL) {
		s->rows = chain_find(w->db, &s->query);
		uv_mutex_lock(&w->lock);
		searches_add(&w->found, s);
		uv_mutex_unlock(&w->lock);
	}
}

/* Waits until there is something to do; takes it all behind what was kept. False at the end. */
static bool next_batch(struct writer *w, struct jobs *batch, struct searches *asked, bool *prove)
{
	bool kept = batch->first != NULL;

	uv_mutex_lock(&w->lock);
	while (w->waiting.first == NULL && w->asked.first == NULL && !w->prove && !w->closing) {
		if (!kept)
			uv_cond_wait(&w->work, &w->lock);
		else if (uv_cond_timedwait(&w->work, &w->lock, RETRY_NS) != 0)
			break;
	}
	bool last = w->closing && w->waiting.first == NULL && !kept;
	jobs_join(batch, &w->waiting);
	searches_move(asked, &w->asked);
	*prove = w->prove;
	w->prove = false;
	w->taken_since = batch->first != NULL ? batch->first->mono_ms : 0;
	uv_mutex_unlock(&w->lock);
	return !last;
}

static void write_on(void *arg)
{
	struct writer *w = arg;
	struct jobs batch, finished, kept;
	struct searches asked = {NULL, NULL};
	bool ok = true, broken = false, prove;

	jobs_clear(&batch);
	jobs_clear(&finished);
	jobs_clear(&kept);
	while (next_batch(w, &batch, &asked, &prove)) {
		bool any = batch.first != NULL;

		if (any)
			ok = !broken && commit_batch(w, &batch);
		else if (prove)
			ok = !broken && write_proof(w, ok);
		if (!ok && !broken)
			broken = !undo_batch(w);
		answer_batch(&batch, ok, &finished, &kept);
		answer_searches(w, &asked);

		uv_mutex_lock(&w->lock);
		jobs_join(&w->finished, &finished);
		w->taken_since = kept.first != NULL ? kept.first->mono_ms : 0;
		w->well = ok;
		w->broken = broken;
		w->commits += any && ok;
		w->proofs += (any || prove) && ok;
		bool closing = w->closing;
		uv_mutex_unlock(&w->lock);
		uv_async_send(w->wake);
		if (closing && !ok)
			break; /* it was tried to the last */
		jobs_join(&batch, &kept);
	}
	searches_free(&asked); /* nobody is left to answer */
	uv_mutex_lock(&w->lock);
	jobs_join(&w->waiting, &kept);
	uv_mutex_unlock(&w->lock);
}

/* --- from the loop -------------------------------------------------------------------------- */

int64_t clock_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void read_boot(char boot[BOOT_LEN])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, boot, BOOT_LEN - 1);

	boot[n < 0 ? 0 : n] = '\0';
	boot[strcspn(boot, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

void writer_start(struct writer *w, uv_async_t *wake)
{
	must(uv_mutex_init(&w->lock) == 0 && uv_cond_init(&w->work) == 0);
	jobs_clear(&w->waiting);
	jobs_clear(&w->finished);
	searches_clear(&w->asked);
	searches_clear(&w->found);
	read_boot(w->boot);
	w->wake = wake;
	w->well = true;
	must(uv_thread_create(&w->thread, write_on, w) == 0);
}

bool writer_put(struct writer *w, struct job *j)
{
	uv_mutex_lock(&w->lock);
	bool takes = !w->broken;
	if (takes)
		jobs_add(&w->waiting, j);
	uv_cond_signal(&w->work);
	uv_mutex_unlock(&w->lock);
	return takes;
}

void writer_ask(struct writer *w, struct search *s)
{
	uv_mutex_lock(&w->lock);
	searches_add(&w->asked, s);
	uv_cond_signal(&w->work);
	uv_mutex_unlock(&w->lock);
}

void writer_prove(struct writer *w)
{
	uv_mutex_lock(&w->lock);
	w->prove = true;
	uv_cond_signal(&w->work);
	uv_mutex_unlock(&w->lock);
}

void writer_finished(struct writer *w, struct jobs *out, struct searches *found)
{
	jobs_clear(out);
	uv_mutex_lock(&w->lock);
	jobs_join(out, &w->finished);
	searches_move(found, &w->found);
	uv_mutex_unlock(&w->lock);
}

/* const for the caller; the lock is no part of what it sees. */
struct writer_view writer_view(const struct writer *w)
{
	uv_mutex_t *lock = (uv_mutex_t *)&w->lock;
	struct writer_view v;

	uv_mutex_lock(lock);
	v = (struct writer_view){.well = w->well,
	                         .commits = w->commits,
	                         .proofs = w->proofs,
	                         .oldest_ms = w->taken_since};
	if (v.oldest_ms == 0 && w->waiting.first != NULL)
		v.oldest_ms = w->waiting.first->mono_ms;
	uv_mutex_unlock(lock);
	return v;
}

bool writer_stop(struct writer *w)
{
	uv_mutex_lock(&w->lock);
	w->closing = true;
	uv_cond_signal(&w->work);
	uv_mutex_unlock(&w->lock);
	uv_thread_join(&w->thread);

	bool all = w->waiting.first == NULL;
	jobs_free(&w->waiting);
	jobs_free(&w->finished);
	searches_free(&w->asked);
	searches_free(&w->found);
	uv_cond_destroy(&w->work);
	uv_mutex_destroy(&w->lock);
	return all;
}
