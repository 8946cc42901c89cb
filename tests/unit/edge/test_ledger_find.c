#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "given.h"
#include "edge/ledger.h"
#include "../../../daemon/edge/ledger_chain.h"

/* --- a ledger in a folder of its own, with rows about two patients ------------------------ */

struct given {
	uv_loop_t loop;
	struct ledger *l;
	char dir[64], file[128], why[400];
	bool answered;
	json_t *rows;
};

static void on_done(void *owner, void *tag, bool ok, int64_t seq)
{
	(void)owner, (void)tag, (void)ok, (void)seq;
}

static void open_ledger(struct given *g)
{
	g->l = ledger_open(&g->loop, g->file, on_done, g, g->why, sizeof g->why);
}

static void close_ledger(struct given *g)
{
	ledger_close(g->l);
	g->l = NULL;
	uv_run(&g->loop, UV_RUN_DEFAULT);
}

static void put(struct given *g, enum ledger_kind kind, const char *patient, int n)
{
	assert_true(ledger_append(g->l, kind, json_pack("{s:s, s:i}", "patient", patient, "n", n),
	                          NULL));
}

/*  row 1 intent P-1, 2 treatment P-1, 3 treatment P-2, 4 session P-1, 5 stop (of nobody),
 *  6 treatment P-1 */
static int setup(void **state)
{
	struct given *g = calloc(1, sizeof *g);

	uv_loop_init(&g->loop);
	strcpy(g->dir, "/tmp/test_ledger-XXXXXX");
	assert_non_null(mkdtemp(g->dir));
	snprintf(g->file, sizeof g->file, "%s/ledger", g->dir);
	open_ledger(g);
	assert_non_null(g->l);
	put(g, LEDGER_INTENT, "P-1", 1);
	put(g, LEDGER_TREATMENT, "P-1", 2);
	put(g, LEDGER_TREATMENT, "P-2", 3);
	put(g, LEDGER_SESSION, "P-1", 4);
	assert_true(ledger_append(g->l, LEDGER_STOP, json_pack("{s:i}", "n", 5), NULL));
	put(g, LEDGER_TREATMENT, "P-1", 6);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	static const char *const end[] = {"", "-wal", "-shm", "-journal"};
	struct given *g = *state;
	char path[160];

	json_decref(g->rows);
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

static void on_found(void *owner, void *tag, json_t *rows)
{
	struct given *g = owner;

	assert_ptr_equal(tag, &g->why);
	assert_false(g->answered);
	g->answered = true;
	g->rows = rows;
}

/* The numbers of the rows found, "2 6". */
static const char *ask(struct given *g, struct ledger_query q, char *buf, size_t len)
{
	size_t i, n = 0;
	json_t *row;

	json_decref(g->rows);
	g->rows = NULL;
	g->answered = false;
	assert_true(ledger_find(g->l, &q, on_found, &g->why));
	assert_false(g->answered); /* never from inside the question */
	while (!g->answered)
		uv_run(&g->loop, UV_RUN_ONCE);
	assert_non_null(g->rows);
	buf[0] = '\0';
	json_array_foreach(g->rows, i, row)
	{
		json_int_t seq = json_integer_value(json_object_get(row, "seq"));
		json_t *body = json_object_get(row, "body");

		assert_i64(json_integer_value(json_object_get(body, "n")), seq);
		assert_true(json_integer_value(json_object_get(row, "at")) > 0);
		n += (size_t)snprintf(buf + n, len - n, "%s%lld", n > 0 ? " " : "", seq);
	}
	return buf;
}

static const struct {
	const char *name;
	struct ledger_query query;
	const char *want;
} questions[] = {
        {"no condition: every row", {.max = 100}, "1 2 3 4 5 6"},
        {"behind a row: the next ones", {.after = 4, .max = 100}, "5 6"},
        {"the first two", {.max = 2}, "1 2"},
        {"the newest two, the newest last", {.max = 2, .newest = true}, "5 6"},
        {"one kind", {.kinds = LEDGER_KIND_BIT(LEDGER_TREATMENT), .max = 100}, "2 3 6"},
        {"two kinds",
         {.kinds = LEDGER_KIND_BIT(LEDGER_STOP) | LEDGER_KIND_BIT(LEDGER_SESSION), .max = 100},
         "4 5"},
        {"one patient, every kind", {.patient = "P-1", .max = 100}, "1 2 4 6"},
        {"one patient's treatments, by the index",
         {.patient = "P-1", .kinds = LEDGER_KIND_BIT(LEDGER_TREATMENT), .max = 100},
         "2 6"},
        {"what is about a patient, by the index",
         {.patient = "P-1", .kinds = LEDGER_KINDS_ABOUT, .max = 100},
         "2 4 6"},
        {"a patient nobody knows", {.patient = "P-3", .max = 100}, ""},
        {"a token that looks like SQL", {.patient = "' OR 1=1 --", .max = 100}, ""},
};

static void rows_are_found(void **state)
{
	const size_t n = ARRAY_LEN(questions);
	struct given *g = *state;
	char found[200];

	for (size_t i = 0; i < n; i++) {
		print_message("%s\n", questions[i].name);
		assert_text(ask(g, questions[i].query, found, sizeof found), questions[i].want);
	}
}

static void a_row_put_before_the_question_is_found(void **state)
{
	struct given *g = *state;
	char found[200];

	for (int n = 7; n < 50; n++) {
		put(g, LEDGER_TREATMENT, "P-9", n);
		snprintf(found, sizeof found, "%d", n);
		char got[20];
		assert_text(ask(g,
		                (struct ledger_query){.patient = "P-9",
		                                      .kinds = LEDGER_KIND_BIT(LEDGER_TREATMENT),
		                                      .max = 1,
		                                      .newest = true},
		                got, sizeof got),
		            found);
	}
}

static void rows_of_before_a_restart_are_found(void **state)
{
	struct given *g = *state;
	char found[200];

	close_ledger(g);
	open_ledger(g);
	assert_text(ask(g,
	                (struct ledger_query){
	                        .patient = "P-1", .kinds = LEDGER_KINDS_ABOUT, .max = 100},
	                found, sizeof found),
	            "2 4 6");
}

/* Somebody who takes a treatment out of the table alone leaves the chain whole. */
static void a_table_that_was_changed_is_made_anew(void **state)
{
	struct given *g = *state;
	sqlite3 *db;
	char found[200];

	close_ledger(g);
	assert_i64(sqlite3_open(g->file, &db), SQLITE_OK);
	assert_i64(sqlite3_exec(db, "DELETE FROM about WHERE seq = 2", NULL, NULL, NULL),
	           SQLITE_OK);
	assert_i64(sqlite3_changes(db), 1);
	sqlite3_close(db);
	open_ledger(g);
	assert_non_null(g->l);
	assert_text(ask(g,
	                (struct ledger_query){
	                        .patient = "P-1", .kinds = LEDGER_KINDS_ABOUT, .max = 100},
	                found, sizeof found),
	            "2 4 6");
}

static void a_question_the_gate_no_longer_waits_for_is_let_go(void **state)
{
	struct given *g = *state;

	assert_true(ledger_find(g->l, &(struct ledger_query){.max = 1}, on_found, &g->why));
	close_ledger(g);
	assert_false(g->answered);
}

/* A table that no question uses is none: the planner is asked. */
static void plan_of(struct given *g, const struct ledger_query *query, char *steps, size_t len)
{
	sqlite3_stmt *plan;
	sqlite3 *db;

	steps[0] = '\0';
	close_ledger(g);
	assert_i64(sqlite3_open(g->file, &db), SQLITE_OK);
	sqlite3_stmt *q = chain_prepare_find(db, query);
	assert_non_null(q);
	char *text = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sqlite3_sql(q));
	assert_i64(sqlite3_prepare_v2(db, text, -1, &plan, NULL), SQLITE_OK);
	while (sqlite3_step(plan) == SQLITE_ROW) {
		size_t n = strlen(steps);

		snprintf(steps + n, len - n, "%s\n", (const char *)sqlite3_column_text(plan, 3));
	}
	sqlite3_finalize(plan);
	sqlite3_finalize(q);
	sqlite3_free(text);
	sqlite3_close(db);
}

static void one_patient_is_found_without_going_through_all_rows(void **state)
{
	struct given *g = *state;
	char steps[600];

	plan_of(g,
	        &(struct ledger_query){
	                .patient = "P-1", .kinds = LEDGER_KIND_BIT(LEDGER_TREATMENT), .max = 10},
	        steps, sizeof steps);
	assert_contains(steps, "SEARCH ledger USING INTEGER PRIMARY KEY");
	assert_contains(steps, "PRIMARY KEY (patient=?)");
	assert_null(strstr(steps, "SCAN ledger"));
}

static void plan_of_kind(struct given *g, enum ledger_kind kind, const char *step)
{
	char steps[600];

	plan_of(g,
	        &(struct ledger_query){.kinds = LEDGER_KIND_BIT(kind), .max = 10, .newest = true},
	        steps, sizeof steps);
	assert_contains(steps, step);
}

static void rows_about_libraries_are_found_without_going_through_all_rows(void **state)
{
	plan_of_kind(*state, LEDGER_LIBRARY,
	             "SEARCH ledger USING INDEX of_library (kind=? AND rowid>?)");
}

static void decisions_are_found_without_going_through_all_rows(void **state)
{
	plan_of_kind(*state, LEDGER_DECISION,
	             "SEARCH ledger USING INDEX of_decision (kind=? AND rowid>?)");
}

static void put_of(struct given *g, enum ledger_kind kind, int session, const char *event, int n)
{
	assert_true(ledger_append(
	        g->l, kind,
	        json_pack("{s:i, s:s, s:i}", "session", session, "event", event, "n", n), NULL));
}

/* Rows of two sessions side by side; what names one after its end (an alarm) is not of it. */
static void a_session_is_found_from_its_first_row_to_its_end(void **state)
{
	struct given *g = *state;
	char found[200];

	put_of(g, LEDGER_SESSION, 41, "open", 7);
	put_of(g, LEDGER_SESSION, 42, "open", 8);
	put_of(g, LEDGER_INTENT, 41, "", 9);
	put_of(g, LEDGER_INTENT, 42, "", 10);
	put_of(g, LEDGER_SESSION, 41, "end", 11);
	put_of(g, LEDGER_INTENT, 42, "", 12);
	put_of(g, LEDGER_DEVICE, 41, "alarm", 13);
	for (int again = 0; again < 2; again++) {
		assert_text(ask(g, (struct ledger_query){.session = 41, .max = 100}, found,
		                sizeof found),
		            "7 9 11");
		assert_text(ask(g, (struct ledger_query){.session = 42, .max = 100}, found,
		                sizeof found),
		            "8 10 12");
		assert_text(ask(g, (struct ledger_query){.session = 42, .max = 100, .after = 8},
		                found, sizeof found),
		            "10 12");
		assert_text(ask(g, (struct ledger_query){.session = 43, .max = 100}, found,
		                sizeof found),
		            "");
		close_ledger(g);
		open_ledger(g);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(rows_are_found),
	        T(a_row_put_before_the_question_is_found),
	        T(rows_of_before_a_restart_are_found),
	        T(a_table_that_was_changed_is_made_anew),
	        T(a_session_is_found_from_its_first_row_to_its_end),
	        T(a_question_the_gate_no_longer_waits_for_is_let_go),
	        T(one_patient_is_found_without_going_through_all_rows),
	        T(rows_about_libraries_are_found_without_going_through_all_rows),
	        T(decisions_are_found_without_going_through_all_rows),
	};

	return cmocka_run_group_tests_name("ledger: finding rows", tests, NULL, NULL);
}
