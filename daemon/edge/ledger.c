#include "edge/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/text.h"
#include "edge/log.h"
#include "ledger_writer.h"

#define TAIL_MAX  1000
#define BODY_JSON (JSON_COMPACT | JSON_SORT_KEYS)

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
	size_t outstanding; /* taken down and not yet answered for; at most LEDGER_QUEUE */
	int64_t rows;
	struct tail_row tail[TAIL_MAX]; /* row seq stands at seq % TAIL_MAX */
	struct writer writer;
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

/* --- rows, there and back
 * ----------------------------------------------------------------------------- */

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
	struct searches found;
	struct search *s;
	struct job *j;

	writer_finished(&l->writer, &finished, &found);
	while ((j = jobs_take(&finished)) != NULL)
		deliver(l, j);
	while ((s = searches_take(&found)) != NULL) {
		s->found(l->owner, s->tag, json_incref(s->rows));
		search_free(s);
	}
}

/* Whom, and which session, the row will be found by. */
static void take_about(struct job *j, json_t *body)
{
	const char *patient = json_string_value(json_object_get(body, "patient"));
	json_t *session = json_object_get(body, "session");

	if ((LEDGER_KINDS_ABOUT & LEDGER_KIND_BIT(j->kind)) == 0)
		return;
	if (patient != NULL)
		text_copy(j->about, sizeof j->about, patient);
	if (json_is_integer(session))
		snprintf(j->of_session, sizeof j->of_session, "#%lld",
		         (long long)json_integer_value(session));
}

bool ledger_append(struct ledger *l, enum ledger_kind kind, json_t *body, void *tag)
{
	/* As text at once: the caller may go on changing what it still refers to. */
	char *text = json_is_object(body) ? json_dumps(body, BODY_JSON) : NULL;
	struct job *j = NULL;

	if (text != NULL && l->outstanding < LEDGER_QUEUE)
		j = calloc(1, sizeof *j);
	if (j == NULL) {
		json_decref(body);
		free(text);
		return false;
	}
	*j = (struct job){.kind = kind, .body = text, .tag = tag};
	take_about(j, body);
	json_decref(body);
	j->at_unix_ms = clock_ms(CLOCK_REALTIME);
	j->mono_ms = clock_ms(CLOCK_BOOTTIME);

	if (!writer_put(&l->writer, j)) {
		job_free(j);
		return false;
	}
	l->outstanding++;
	return true;
}

bool ledger_find(struct ledger *l, const struct ledger_query *q, ledger_found_fn *found, void *tag)
{
	struct search *s = calloc(1, sizeof *s);

	must(q->max >= 1 && q->max <= LEDGER_FOUND_MAX);
	if (s == NULL)
		return false;
	*s = (struct search){.query = *q, .found = found, .tag = tag};
	writer_ask(&l->writer, s);
	return true;
}

bool ledger_well(const struct ledger *l)
{
	return writer_view(&l->writer).well;
}

int64_t ledger_lag_ms(const struct ledger *l)
{
	int64_t oldest = writer_view(&l->writer).oldest_ms;

	return oldest == 0 ? 0 : clock_ms(CLOCK_BOOTTIME) - oldest;
}

int64_t ledger_commits(const struct ledger *l)
{
	return writer_view(&l->writer).commits;
}

void ledger_prove(struct ledger *l)
{
	writer_prove(&l->writer);
}

int64_t ledger_proofs(const struct ledger *l)
{
	return writer_view(&l->writer).proofs;
}

int64_t ledger_count(const struct ledger *l)
{
	return l->rows;
}

int64_t ledger_last_ms(const struct ledger *l)
{
	return l->rows == 0 ? 0 : l->tail[l->rows % TAIL_MAX].at_unix_ms;
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

static bool fill_tail(struct ledger *l)
{
	static const char *const select =
	        "SELECT seq, at_unix_ms, kind, body FROM ledger WHERE seq > ?1 ORDER BY seq";
	sqlite3_stmt *q = NULL;
	bool ok = true;

	if (sqlite3_prepare_v2(l->writer.db, select, -1, &q, NULL) != SQLITE_OK)
		return false;
	sqlite3_bind_int64(q, 1, l->writer.head.seq - TAIL_MAX);
	while (ok && sqlite3_step(q) == SQLITE_ROW) {
		char *body = strdup((const char *)sqlite3_column_text(q, 3));

		ok = body != NULL;
		if (ok)
			tail_put(l, sqlite3_column_int64(q, 0), sqlite3_column_int64(q, 1),
			         (const char *)sqlite3_column_text(q, 2), body);
	}
	sqlite3_finalize(q);
	l->rows = l->writer.head.seq;
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
	if (sqlite3_open_v2(file, &l->writer.db, flags, NULL) != SQLITE_OK) {
		snprintf(why, why_len, "%s",
		         l->writer.db != NULL ? sqlite3_errmsg(l->writer.db) : "no memory");
		return false;
	}
	return chain_prepare(l->writer.db, why, why_len);
}

static bool open_chain(struct ledger *l, const char *file, char *why, size_t why_len)
{
	struct ledger_verdict v;

	if (!open_file(l, file, why, why_len))
		return false;
	if (!chain_walk(l->writer.db, &v, &l->writer.head, NULL) || !v.whole) {
		snprintf(why, why_len, "%s", v.what);
		return false;
	}
	if (!chain_index(l->writer.db) || !fill_tail(l) ||
	    sqlite3_prepare_v3(l->writer.db, chain_insert, -1, SQLITE_PREPARE_PERSISTENT,
	                       &l->writer.insert, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v3(l->writer.db, chain_insert_about, -1, SQLITE_PREPARE_PERSISTENT,
	                       &l->writer.insert_about, NULL) != SQLITE_OK) {
		snprintf(why, why_len, "%s", sqlite3_errmsg(l->writer.db));
		return false;
	}
	return true;
}

/* All but *l itself, in which the handle may still be closing. */
static void release(struct ledger *l)
{
	for (size_t i = 0; i < TAIL_MAX; i++)
		free(l->tail[i].body);
	sqlite3_finalize(l->writer.insert);
	sqlite3_finalize(l->writer.insert_about);
	sqlite3_close(l->writer.db);
}

struct ledger *ledger_open(uv_loop_t *loop, const char *file, ledger_done_fn *done, void *owner,
                           char *why, size_t why_len)
{
	struct ledger *l = calloc(1, sizeof *l);
	char reason[220] = "";

	must(l != NULL && sodium_init() >= 0);
	l->done = done;
	l->owner = owner;
	if (!open_chain(l, file, reason, sizeof reason)) {
		snprintf(why, why_len, "%s: %s", file, reason);
		release(l);
		free(l);
		return NULL;
	}
	must(uv_async_init(loop, &l->wake, on_wake) == 0);
	writer_start(&l->writer, &l->wake);
	return l;
}

static void on_closed(uv_handle_t *wake)
{
	free(CONTAINER_OF(wake, struct ledger, wake));
}

void ledger_close(struct ledger *l)
{
	if (!writer_stop(&l->writer))
		log_line(LOG_ERROR, "ledger", "closed with rows that could not be written");
	release(l);
	uv_close((uv_handle_t *)&l->wake, on_closed);
}
