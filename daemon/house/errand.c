/*
 * errand: what people ask of the librarian and cannot be answered at once.
 */
#include "house/gate.h"

#include "core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define COMPLAINTS_TOLD 200 /* nobody mends more at once, and the answer stays small */

void errand_end(struct errand *e)
{
	complaints_free(&e->complaints);
	edition_drop(e->edition);
	json_decref(e->given);
	json_decref(e->answer);
	e->used = false;
}

struct errand *errand_take(struct gate *g, struct control_ref who, int64_t call, bool writes)
{
	struct errand *free_one = NULL;
	bool writing = false;

	for (size_t i = 0; i < ERRANDS_MAX; i++) {
		struct errand *e = &g->librarian.errand[i];

		writing = writing || (e->used && e->writes);
		if (!e->used)
			free_one = e;
	}
	if (free_one == NULL || (writes && writing)) {
		control_fail(g->control, who, call, CONTROL_BUSY,
		             writes && writing
		                     ? "another library is being proposed or activated just now; "
		                       "try again in a moment"
		                     : "too many people look at libraries just now; try again in "
		                       "a moment",
		             NULL);
		return NULL;
	}
	memset(free_one, 0, sizeof *free_one);
	free_one->used = true;
	free_one->writes = writes;
	free_one->gate = g;
	free_one->who = who;
	free_one->call = call;
	return free_one;
}

bool errand_wrong(struct errand *e, enum control_error error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(e->why, sizeof e->why, format, args);
	va_end(args);
	e->error = error;
	return false;
}

/* Complaints quote files, which may hold what is no text; then only ASCII is kept. */
static json_t *plain_json(const char *text)
{
	char plain[sizeof((struct complaint *)NULL)->text];
	json_t *whole = json_string(text);

	if (whole != NULL)
		return whole;
	text_copy(plain, sizeof plain, text);
	for (char *c = plain; *c != '\0'; c++)
		if ((unsigned char)*c > 0x7e)
			*c = '?';
	return json_string(plain);
}

static json_t *show_complaints(const struct complaints *c)
{
	json_t *all = json_array();

	for (size_t i = 0; i < c->count && i < COMPLAINTS_TOLD; i++)
		json_array_append_new(all, json_pack("{s:o, s:i, s:o}", "file",
		                                     plain_json(c->list[i].file), "line",
		                                     c->list[i].line, "text",
		                                     plain_json(c->list[i].text)));
	return json_pack("{s:o, s:I}", "complaints", all, "count", (json_int_t)c->count);
}

void errand_answer(struct errand *e)
{
	struct control *c = e->gate->control;

	if (e->well)
		control_result(c, e->who, e->call, json_incref(e->answer));
	else
		control_fail(c, e->who, e->call, e->error, e->why,
		             e->complaints.count > 0 ? show_complaints(&e->complaints)
		                                     : json_incref(e->answer));
	errand_end(e);
}

static void in_worker(uv_work_t *work)
{
	struct errand *e = CONTAINER_OF(work, struct errand, work);

	e->perform(e);
}

static void back_on_loop(uv_work_t *work, int status)
{
	struct errand *e = CONTAINER_OF(work, struct errand, work);

	(void)status; /* never cancelled: what was begun is seen through */
	if (e->gate->closing)
		errand_end(e); /* nobody is there to be answered, nor is the ledger */
	else
		e->performed(e);
}

void errand_run(struct errand *e, void (*perform)(struct errand *e),
                void (*performed)(struct errand *e))
{
	e->perform = perform;
	e->performed = performed;
	must(uv_queue_work(e->gate->loop, &e->work, in_worker, back_on_loop) == 0);
}
