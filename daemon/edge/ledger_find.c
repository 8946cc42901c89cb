#include "ledger_chain.h"

#include <stdio.h>

/* JSON functions may not stand in a schema that is not trusted, so what is about whom is a table of
 * our own and no index on an expression. The kinds are those of LEDGER_KINDS_ABOUT. */
static const char *const make_about =
        "BEGIN IMMEDIATE;"
        "DROP TABLE IF EXISTS about;"
        "CREATE TABLE about(patient TEXT NOT NULL, seq INTEGER NOT NULL,"
        " PRIMARY KEY(patient, seq)) STRICT, WITHOUT ROWID;"
        "INSERT INTO about SELECT json_extract(body, '$.patient'), seq FROM ledger"
        " WHERE kind IN ('session', 'treatment', 'hold', 'decision', 'grant', 'library')"
        " AND json_type(body, '$.patient') = 'text' AND json_extract(body, '$.patient') <> '';"
        "INSERT INTO about SELECT '#' || json_extract(body, '$.session'), seq FROM ledger"
        " WHERE kind IN ('session', 'treatment', 'hold', 'decision', 'grant', 'library')"
        " AND json_type(body, '$.session') = 'integer';"
        /* Of the few rows about libraries, and decisions, among very many others. */
        "DROP INDEX IF EXISTS of_library;"
        "CREATE INDEX of_library ON ledger(kind) WHERE kind = 'library';"
        "DROP INDEX IF EXISTS of_decision;"
        "CREATE INDEX of_decision ON ledger(kind) WHERE kind = 'decision';"
        "COMMIT;";

const char *const chain_insert_about = "INSERT INTO about(patient, seq) VALUES(?1, ?2)";

bool chain_index(sqlite3 *db)
{
	return sqlite3_exec(db, make_about, NULL, NULL, NULL) == SQLITE_OK;
}

/* "" is for every row: a bit for each of its kinds as a list of names. One alone is said with "=",
 * or an index of one kind would not be found to fit. */
static void kinds_clause(uint32_t kinds, char *buf, size_t len)
{
	size_t n = 0;

	buf[0] = '\0';
	if (kinds == 0)
		return;
	bool one = (kinds & (kinds - 1)) == 0;
	n = (size_t)snprintf(buf, len, one ? " AND kind = (" : " AND kind IN (");
	for (enum ledger_kind k = 0; k < LEDGER_KIND_COUNT && n < len; k++)
		if ((kinds & LEDGER_KIND_BIT(k)) != 0)
			n += (size_t)snprintf(buf + n, len - n, "'%s',", ledger_kind_name(k));
	must(n < len);
	buf[n - 1] = ')'; /* over the last comma */
}

/* One patient's rows: by the table when it has all kinds asked for, else by looking at each row. */
static const char *about_clause(const struct ledger_query *q)
{
	if (q->patient[0] == '\0')
		return "";
	if (q->kinds != 0 && (q->kinds & ~LEDGER_KINDS_ABOUT) == 0)
		return " AND seq IN (SELECT seq FROM about WHERE patient = ?3)";
	return " AND json_extract(body, '$.patient') = ?3";
}

/* From the first row that names it to its end; rows of others lie between. */
static const char *session_clause(const struct ledger_query *q)
{
	if (q->session == 0)
		return "";
	return " AND seq >= (SELECT min(seq) FROM about WHERE patient = ?4)"
	       " AND seq <= coalesce((SELECT max(a.seq) FROM about a JOIN ledger e ON e.seq = a.seq"
	       " WHERE a.patient = ?4 AND e.kind = 'session'"
	       " AND json_extract(e.body, '$.event') = 'end'), 9223372036854775807)"
	       " AND json_extract(body, '$.session') = ?5";
}

sqlite3_stmt *chain_prepare_find(sqlite3 *db, const struct ledger_query *q)
{
	char kinds[400], text[1600], session[32];
	sqlite3_stmt *found = NULL;

	kinds_clause(q->kinds, kinds, sizeof kinds);
	snprintf(text, sizeof text,
	         "SELECT seq, at_unix_ms, kind, body FROM ledger WHERE seq > ?1%s%s%s "
	         "ORDER BY seq %s LIMIT ?2",
	         kinds, about_clause(q), session_clause(q), q->newest ? "DESC" : "ASC");
	if (sqlite3_prepare_v2(db, text, -1, &found, NULL) != SQLITE_OK)
		return NULL;
	sqlite3_bind_int64(found, 1, q->after);
	sqlite3_bind_int(found, 2, q->max);
	if (q->patient[0] != '\0')
		sqlite3_bind_text(found, 3, q->patient, -1, SQLITE_STATIC);
	if (q->session != 0) {
		snprintf(session, sizeof session, "#%lld", (long long)q->session);
		sqlite3_bind_text(found, 4, session, -1, SQLITE_TRANSIENT);
		sqlite3_bind_int64(found, 5, q->session);
	}
	return found;
}

static json_t *row_of(sqlite3_stmt *q)
{
	return json_pack("{s:I, s:I, s:s, s:o*}", "seq", (json_int_t)sqlite3_column_int64(q, 0),
	                 "at", (json_int_t)sqlite3_column_int64(q, 1), "kind",
	                 (const char *)sqlite3_column_text(q, 2), "body",
	                 json_loads((const char *)sqlite3_column_text(q, 3), 0, NULL));
}

json_t *chain_find(sqlite3 *db, const struct ledger_query *q)
{
	sqlite3_stmt *found = chain_prepare_find(db, q);
	json_t *rows = json_array();
	int rc = SQLITE_ERROR;

	while (found != NULL && (rc = sqlite3_step(found)) == SQLITE_ROW) {
		if (q->newest)
			json_array_insert_new(rows, 0, row_of(found));
		else
			json_array_append_new(rows, row_of(found));
	}
	sqlite3_finalize(found);
	if (rc == SQLITE_DONE)
		return rows;
	json_decref(rows);
	return NULL;
}
