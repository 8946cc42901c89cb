/*
 * librarian_start: which library is in use when the gate starts. Before the loop runs for others.
 *
 * active.json is believed when this gate signed it, when it is the newest activation the ledger
 * knows of (so that an old one put back is noticed), and when the library in the store is the one
 * it names, byte for byte. Else no library is in use, and it is said why.
 */
#include "librarian_steps.h"

#include "core/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/log.h"

#define NONE_YET                                                                                   \
	"no library has been activated yet, so no session can begin: dosegatectl library propose " \
	"DIR, then, by another person, a director: dosegatectl library activate HASH --reason "    \
	"\"...\""
#define WAY_BACK                                                                                \
	"; put back what was there and start again, or let a director activate a library (see " \
	"dosegatectl library list)"

const char *librarian_trouble(const struct gate *g)
{
	return g->edition_in_use != NULL ? NULL : g->librarian.trouble;
}

void take_into_use(struct gate *g, struct errand *e)
{
	g->librarian.activation = e->statement;
	g->librarian.trouble[0] = '\0';
	edition_begin(g, e->edition);
	e->edition = NULL;
}

static void no_library(struct gate *g, const char *why, const char *way)
{
	struct librarian *l = &g->librarian;
	struct text t = text_in(l->trouble, sizeof l->trouble);

	text_put(&t, why);
	text_put(&t, way);
}

/* --- what the ledger knows -----------------------------------------------------------------------
 */

struct last_activation {
	bool done;
	json_t *in_use,
	        *pending; /* rows; pending: recorded after it, and not known what came of it */
	json_t *rows;
};

/* Which of the rows said last which library is in use. */
static void read_rows(struct last_activation *last)
{
	size_t i;
	json_t *row;

	json_array_foreach(last->rows, i, row)
	{
		const char *event =
		        json_string_value(json_object_get(json_object_get(row, "body"), "event"));

		if (event == NULL)
			continue;
		if (strcmp(event, "activated") == 0)
			last->pending = row;
		if (strcmp(event, "in use") == 0) {
			last->in_use = row;
			last->pending = NULL;
		}
	}
}

static void rows_found(void *owner, void *tag, json_t *rows)
{
	struct last_activation *last = tag;

	(void)owner;
	last->rows = rows;
	read_rows(last);
	last->done = true;
}

static void wait_for(struct gate *g, const bool *done)
{
	while (!*done)
		uv_run(g->loop, UV_RUN_ONCE);
}

static bool ask_ledger(struct gate *g, struct last_activation *last)
{
	struct ledger_query q = {
	        .kinds = LEDGER_KIND_BIT(LEDGER_LIBRARY), .max = LEDGER_FOUND_MAX, .newest = true};

	if (ledger_find(g->ledger, &q, rows_found, last))
		wait_for(g, &last->done);
	return last->rows != NULL;
}

static bool row_is(json_t *row, const struct statement *s)
{
	const char *signature =
	        json_string_value(json_object_get(json_object_get(row, "body"), "signature"));

	return signature != NULL && strcmp(signature, s->signature) == 0;
}

/* The ledger knows of another one, or of none; always false. */
static bool say_newest(struct errand *e, json_t *newest)
{
	const char *hash =
	        json_string_value(json_object_get(json_object_get(newest, "body"), "hash"));

	if (newest == NULL)
		return errand_wrong(e, CONTROL_REFUSED, "the ledger knows of no activation");
	return errand_wrong(e, CONTROL_REFUSED,
	                    "the newest activation is another one, of %.16s, row %lld of the "
	                    "ledger",
	                    hash != NULL ? hash : "?",
	                    (long long)json_integer_value(json_object_get(newest, "seq")));
}

/* *unsaid: it came into use, and the gate ended before it could be recorded. */
static bool ledger_agrees(struct errand *e, const struct statement *s, bool *unsaid)
{
	struct last_activation last = {0};
	bool asked = ask_ledger(e->gate, &last);
	bool agrees = row_is(last.in_use, s) || row_is(last.pending, s);

	*unsaid = row_is(last.pending, s);
	if (!asked)
		errand_wrong(e, CONTROL_REFUSED, "the ledger could not be asked for it");
	else if (!agrees)
		say_newest(e, last.pending != NULL ? last.pending : last.in_use);
	json_decref(last.rows);
	return agrees;
}

/* Nothing is written down: so it is at the first start, and only then. */
static bool nothing_yet(struct errand *e)
{
	struct last_activation last = {0};
	bool none = ask_ledger(e->gate, &last) && last.in_use == NULL;

	if (none)
		errand_wrong(e, CONTROL_NOT_FOUND, NONE_YET);
	else
		errand_wrong(e, CONTROL_REFUSED,
		             "%s/libraries/active.json is missing, and by the ledger a library was "
		             "in use",
		             e->gate->config->clinic.state_dir);
	json_decref(last.rows);
	return false;
}

/* --- the one in use before -----------------------------------------------------------------------
 */

static bool believe(struct errand *e, struct statement *s, bool *unsaid)
{
	const struct gate *g = e->gate;
	char why[500];

	if (s->kind != STATEMENT_ACTIVATION)
		return errand_wrong(e, CONTROL_REFUSED, "it is no activation");
	if (!paper_holds(&g->librarian, s->library, s, why, sizeof why))
		return errand_wrong(e, CONTROL_REFUSED, "%s", why);
	if (s->demo && !g->config->clinic.demo)
		return errand_wrong(e, CONTROL_REFUSED,
		                    "it was activated by a demo, by nobody; a director must "
		                    "activate one");
	return ledger_agrees(e, s, unsaid);
}

/* False with the reason in e->why. */
static bool resume(struct errand *e, bool *unsaid)
{
	char why[1000] = "";
	enum store_found found =
	        store_read(e->gate->librarian.store, STORE_ACTIVE, &e->statement, why, sizeof why);

	if (found == STORE_NONE)
		return nothing_yet(e);
	if (found == STORE_WRONG)
		return errand_wrong(e, CONTROL_REFUSED, "%s", why);
	if (!believe(e, &e->statement, unsaid)) {
		snprintf(why, sizeof why, "%s/libraries/active.json: %s",
		         e->gate->config->clinic.state_dir, e->why);
		return errand_wrong(e, CONTROL_REFUSED, "%s", why);
	}
	return load_stored(e, &e->statement);
}

static void begin_again(struct gate *g)
{
	struct errand *e = errand_take(g, (struct control_ref){0}, 0, true);

	e->edition = edition_take(g);
	if (resume(e, &g->librarian.unsaid))
		take_into_use(g, e);
	else
		no_library(g, e->why, e->error == CONTROL_NOT_FOUND ? "" : WAY_BACK);
	errand_answer(e);
}

/* --- a demo
 * ---------------------------------------------------------------------------------------- */

struct waiting {
	struct record_tag tag; /* first */
	bool done, ok;
};

static void waited(struct gate *g, struct record_tag *tag, bool ok)
{
	struct waiting *w = CONTAINER_OF(tag, struct waiting, tag);

	(void)g;
	w->done = true;
	w->ok = ok;
}

static bool record_and_wait(struct gate *g, json_t *body)
{
	struct waiting w = {.tag = {.done = waited}};

	if (!gate_record(g, LEDGER_LIBRARY, body, &w.tag))
		return false;
	wait_for(g, &w.done);
	return w.ok;
}

/* What a person would have proposed, and another one activated. */
static bool demo_steps(struct errand *e)
{
	struct gate *g = e->gate;
	struct librarian *l = &g->librarian;

	e->statement.demo = true;
	if (!state_proposal(e))
		return false;
	if (!record_and_wait(g, proposal_body(e)))
		return errand_wrong(e, CONTROL_REFUSED, STEP_NOT_RECORDED);
	if (!store_write(l->store, e->hash, &e->statement, e->why, sizeof e->why))
		return false;
	e->proposal = e->statement;
	if (!state_activation(e))
		return false;
	if (!record_and_wait(g, activation_body(e)))
		return errand_wrong(e, CONTROL_REFUSED, STEP_NOT_RECORDED);
	return store_write(l->store, STORE_ACTIVE, &e->statement, e->why, sizeof e->why);
}

/* The folder of the clinic file, as it is now. False when it is wrong. */
static bool demo_takes(struct errand *e)
{
	struct gate *g = e->gate;
	const struct edition *now = g->edition_in_use;

	perform_look(e);
	if (!e->well)
		return false;
	if (now != NULL && strcmp(now->hash, e->hash) == 0)
		return true;
	if (demo_steps(e)) {
		e->edition->demo = true;
		take_into_use(g, e);
		record_in_use(g, &g->librarian.activation, true, "");
	} else {
		no_library(g, e->why, "");
	}
	return true;
}

/* The demo has no one to propose and no one to activate: it does both itself, and says so. */
static bool begin_demo(struct gate *g)
{
	struct errand *e = errand_take(g, (struct control_ref){0}, 0, true);

	text_copy(e->person, sizeof e->person, "demo");
	text_copy(e->printed, sizeof e->printed, "demo director");
	text_copy(e->reason, sizeof e->reason, "a demo begins with the folder of its clinic file");
	text_copy(e->dir, sizeof e->dir, g->config->clinic.library_dir);
	e->edition = edition_take(g);
	bool well = demo_takes(e);
	if (!well && e->complaints.count == 0)
		log_line(LOG_ERROR, "library", "%s", e->why);
	else if (!well)
		complaints_say(&e->complaints, "nothing was started");
	errand_answer(e);
	return well;
}

/* --- opening
 * --------------------------------------------------------------------------------------- */

void librarian_open(struct gate *g)
{
	struct librarian *l = &g->librarian;
	const char *state = g->config->clinic.state_dir;
	char path[PATH_LEN + 32], why[500];

	snprintf(path, sizeof path, "%s/gate.key", state);
	l->seal = seal_open(path, why, sizeof why);
	if (l->seal == NULL) {
		no_library(g, why, "");
		return;
	}
	snprintf(path, sizeof path, "%s/libraries", state);
	l->store = store_open(path, why, sizeof why);
	if (l->store == NULL)
		no_library(g, why, "");
	else
		begin_again(g);
}

bool librarian_begin(struct gate *g)
{
	struct librarian *l = &g->librarian;
	struct complaints complaints = {0};
	bool well = true;

	if (l->unsaid && g->edition_in_use != NULL)
		record_in_use(g, &l->activation, true, "");
	if (g->config->clinic.demo && l->seal != NULL && l->store != NULL)
		well = begin_demo(g);
	if (well && !edition_open(g, &complaints)) {
		complaints_say(&complaints, "nothing was started");
		well = false;
	}
	complaints_free(&complaints);
	if (well && g->edition_in_use == NULL)
		log_line(LOG_ERROR, "library", "%s", l->trouble);
	return well;
}

void librarian_close(struct gate *g)
{
	struct librarian *l = &g->librarian;

	for (size_t i = 0; i < ERRANDS_MAX; i++)
		if (l->errand[i].used)
			errand_end(&l->errand[i]);
	edition_close(g);
	store_close(l->store);
	seal_close(l->seal);
}
