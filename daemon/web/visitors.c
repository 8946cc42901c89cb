/*
 * visitors: who signed in. The proof is the gate's; a cookie only leads back to the connection on
 * which it was given.
 */
#include "web.h"

#include <sodium.h>
#include <string.h>

#define KNOCK_MS UINT64_C(20000)
#define DAY_MS   (UINT64_C(12) * 3600 * 1000) /* then everybody signs in anew */

static struct visitor *free_visitor(struct web *w)
{
	for (size_t i = 0; i < VISITORS_MAX; i++)
		if (w->visitor[i].state == VISITOR_FREE)
			return &w->visitor[i];
	return NULL;
}

static void forget(struct visitor *v)
{
	gateline_close(v->line);
	json_decref(v->params);
	json_decref(v->who);
	sodium_memzero(v, sizeof *v);
}

/* Takes the reference to body. */
static void answer(struct visitor *v, int status, json_t *body)
{
	struct fetch *asker = v->asker;

	v->asker = NULL;
	if (asker != NULL)
		http_answer(asker, status, body, v->state == VISITOR_IN ? v->cookie : NULL);
	json_decref(body);
}

static void turn_away(struct visitor *v, int status, json_t *error)
{
	answer(v, status, json_pack("{s:O}", "error", error));
	forget(v);
}

static void no_gate(struct visitor *v)
{
	json_t *error =
	        json_pack("{s:i, s:s}", "code", -32000, "message", "the gate does not answer");

	turn_away(v, 503, error);
	json_decref(error);
}

static void make_cookie(char text[COOKIE_LEN + 1])
{
	unsigned char random[COOKIE_LEN / 2];

	randombytes_buf(random, sizeof random);
	sodium_bin2hex(text, COOKIE_LEN + 1, random, sizeof random);
	sodium_memzero(random, sizeof random);
}

static void proved(void *tag, json_t *result, json_t *error)
{
	struct visitor *v = tag;

	if (result == NULL && error == NULL)
		return; /* `lost` follows */
	if (error != NULL) {
		turn_away(v, 401, error);
		return;
	}
	if (v->asker == NULL) { /* they did not wait */
		forget(v);
		return;
	}
	v->who = json_incref(result);
	v->state = VISITOR_IN;
	v->since_ms = v->touched_ms = web_now_ms(v->web);
	make_cookie(v->cookie);
	answer(v, 200, json_pack("{s:O}", "result", result));
}

static void line_up(void *owner)
{
	struct visitor *v = owner;
	json_t *params = v->params;

	v->params = NULL;
	if (!gateline_call(v->line, "login", params, proved, v))
		no_gate(v);
}

static void line_lost(void *owner)
{
	struct visitor *v = owner;

	v->line = NULL; /* closed already */
	if (v->state == VISITOR_IN)
		visitor_leave(v, "gate");
	else
		no_gate(v);
}

/* This line has asked for no events: what comes by itself is that the gate has logged them off. */
static void line_event(void *owner, json_t *event)
{
	(void)event;
	visitor_leave(owner, "quiet");
}

struct visitor *visitor_knock(struct web *w, json_t *params, struct fetch *asker)
{
	struct visitor *v = free_visitor(w);

	if (v == NULL)
		return NULL;
	v->web = w;
	v->state = VISITOR_KNOCKING;
	v->params = json_incref(params);
	v->asker = asker;
	v->since_ms = web_now_ms(w);
	v->line = gateline_open(
	        w->loop, w->options.socket,
	        (struct gateline_owner){
	                .up = line_up, .event = line_event, .lost = line_lost, .owner = v});
	return v;
}

/* Every one is compared, and each in the same time. */
struct visitor *visitor_of(struct web *w, const char *cookie)
{
	struct visitor *found = NULL;

	if (strlen(cookie) != COOKIE_LEN)
		return NULL;
	for (size_t i = 0; i < VISITORS_MAX; i++) {
		struct visitor *v = &w->visitor[i];

		if (v->state == VISITOR_IN && sodium_memcmp(v->cookie, cookie, COOKIE_LEN) == 0)
			found = v;
	}
	return found;
}

void visitor_touch(struct visitor *v)
{
	v->touched_ms = web_now_ms(v->web);
}

void visitor_leave(struct visitor *v, const char *why)
{
	tools_leave(v);
	pages_leave(v->web, v, why);
	forget(v);
}

void visitors_tick(struct web *w)
{
	uint64_t now = web_now_ms(w), idle = (uint64_t)w->options.idle_ms;

	for (size_t i = 0; i < VISITORS_MAX; i++) {
		struct visitor *v = &w->visitor[i];

		if (v->state == VISITOR_KNOCKING && now - v->since_ms > KNOCK_MS)
			no_gate(v);
		else if (v->state == VISITOR_IN && now - v->since_ms > DAY_MS)
			visitor_leave(v, "day");
		else if (v->state == VISITOR_IN && now - v->touched_ms > idle)
			visitor_leave(v, "idle");
	}
}
