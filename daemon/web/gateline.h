/*
 * gateline: one connection to the gate's control socket. Calls go out, answers come back to whom
 * they belong, events to the one who opened it.
 *
 * Loop thread only. A line belongs to whoever opened it; gateline_close returns
 * nobody is called back.
 */
#ifndef WEB_GATELINE_H
#define WEB_GATELINE_H

#include <jansson.h>
#include <uv.h>

#include "core/base.h"

struct gateline;

/* Exactly one of result and error is there, borrowed; both NULL: the line was lost before an
 * answer. */
typedef void gateline_answer_fn(void *tag, json_t *result, json_t *error);

struct gateline_owner {
	void (*up)(void *owner);                   /* it is connected */
	void (*event)(void *owner, json_t *event); /* params, borrowed */
	void (*lost)(void *owner);                 /* it is gone, and closed already */
	void *owner;
};

/* Connects; `up` or `lost` says what came of it. */
struct gateline *gateline_open(uv_loop_t *loop, const char *path, struct gateline_owner owner);
/* Takes params. False when the line is down or owes too much: then nobody is answered. */
MUST_USE bool gateline_call(struct gateline *g, const char *method, json_t *params,
                            gateline_answer_fn *answer, void *tag);
bool gateline_is_up(const struct gateline *g);
/* Every answer still owed is told that the line was lost. */
void gateline_close(struct gateline *g);

#endif
