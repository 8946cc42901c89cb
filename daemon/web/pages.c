/*
 * pages: the open ones. Each has a WebSocket on which it asks (allowed.c) and is told what happens.
 * A page that signed in speaks over the connection of its visitor; one that did not may only stop
 * and look at what a passer-by may see.
 */
#include "http.h"

#include <stdlib.h>
#include <string.h>

#include "edge/control.h"

/* A text on its way to one page or to many. */
struct note {
	int refs;
	size_t len;
	unsigned char text[]; /* LWS_PRE bytes for libwebsockets, then the text */
};

/* A call whose answer is owed. */
struct errand {
	struct page *page; /* NULL: it has gone */
	struct errand *next;
	json_int_t id;
};

/* --- out ---------------------------------------------------------------------------------------
 */

static struct note *note_of(const char *text)
{
	size_t len = strlen(text);
	struct note *n = malloc(sizeof *n + LWS_PRE + len);

	must(n != NULL);
	n->refs = 1;
	n->len = len;
	memcpy(n->text + LWS_PRE, text, len);
	return n;
}

static void note_drop(struct note *n)
{
	if (--n->refs == 0)
		free(n);
}

static void shut(struct page *p, enum lws_close_status code, const char *why)
{
	if (p->closing)
		return;
	p->closing = true;
	lws_close_reason(p->wsi, code, (unsigned char *)(uintptr_t)why, strlen(why));
	lws_callback_on_writable(p->wsi); /* it ends from within its own callback */
}

static void page_queue(struct page *p, struct note *n)
{
	if (p->closing)
		return;
	if (p->count == QUEUE_MAX) {
		shut(p, LWS_CLOSE_STATUS_POLICY_VIOLATION, "slow");
		return;
	}
	n->refs++;
	p->queue[(p->first + p->count++) % QUEUE_MAX] = n;
	lws_callback_on_writable(p->wsi);
}

/* Takes the reference. */
static void page_say(struct page *p, json_t *message)
{
	char *text = json_dumps(message, JSON_COMPACT);

	must(text != NULL);
	struct note *n = note_of(text);
	page_queue(p, n);
	note_drop(n);
	free(text);
	json_decref(message);
}

static int write_one(struct page *p)
{
	struct note *n;

	if (p->count == 0)
		return p->closing ? -1 : 0;
	n = p->queue[p->first];
	p->first = (p->first + 1) % QUEUE_MAX;
	p->count--;
	int wrote = lws_write(p->wsi, n->text + LWS_PRE, n->len, LWS_WRITE_TEXT);
	bool whole = wrote >= (int)n->len;
	note_drop(n);
	if (p->count > 0 || p->closing)
		lws_callback_on_writable(p->wsi);
	return whole ? 0 : -1;
}

void pages_tell(struct web *w, enum page_kind to, const char *text)
{
	struct note *n = note_of(text);

	for (struct page *p = w->pages; p != NULL; p = p->next)
		if (to == PAGES_ALL || (to == PAGES_KNOWN) == (p->visitor != NULL))
			page_queue(p, n);
	note_drop(n);
}

void pages_leave(struct web *w, const struct visitor *v, const char *why)
{
	for (struct page *p = w->pages; p != NULL; p = p->next) {
		if (p->visitor != v)
			continue;
		p->visitor = NULL;
		page_say(p, json_pack("{s:s, s:{s:s}}", "method", "over", "params", "why", why));
		shut(p, LWS_CLOSE_STATUS_NORMAL, why);
	}
}

/* --- in ----------------------------------------------------------------------------------------
 */

static void fail(struct page *p, json_int_t id, int code, const char *why)
{
	page_say(p,
	         json_pack("{s:I, s:{s:i, s:s}}", "id", id, "error", "code", code, "message", why));
}

static void answered(void *tag, json_t *result, json_t *error)
{
	struct errand *e = tag;
	struct page *p = e->page;

	if (p != NULL) {
		struct errand **at = &p->errands;

		while (*at != e)
			at = &(*at)->next;
		*at = e->next;
		if (result != NULL || error != NULL)
			page_say(p, json_pack("{s:I, s:O}", "id", e->id,
			                      result != NULL ? "result" : "error",
			                      result != NULL ? result : error));
		else
			fail(p, e->id, -32000, "the gate does not answer");
	}
	free(e);
}

static struct errand *owe(struct page *p, json_int_t id)
{
	struct errand *e = calloc(1, sizeof *e);

	must(e != NULL);
	*e = (struct errand){.page = p, .next = p->errands, .id = id};
	p->errands = e;
	return e;
}

/* It will not be answered later: this is the answer. Only of the last one owed. */
static void owe_no_more(struct errand *e, int code, const char *why)
{
	e->page->errands = e->next;
	fail(e->page, e->id, code, why);
	free(e);
}

static void hand_on(struct page *p, json_int_t id, const char *method, json_t *params)
{
	struct gateline *line = p->visitor != NULL ? p->visitor->line : p->web->feed.line;
	struct errand *e = owe(p, id);

	if (!gateline_is_up(line))
		owe_no_more(e, -32000, "the gate does not answer");
	else if (!gateline_call(line, method, json_incref(params), answered, e))
		owe_no_more(e, CONTROL_BUSY, "too much at once; try again");
}

static void run_tool(struct page *p, json_int_t id, json_t *params)
{
	struct errand *e = owe(p, id);
	const char *why;
	int code = tool_run(p->visitor, params, answered, e, &why);

	if (code != 0)
		owe_no_more(e, code, why);
}

static void answer_here(struct page *p, json_int_t id, const char *method, json_t *params)
{
	struct visitor *v = p->visitor;

	if (strcmp(method, "tool") == 0) {
		run_tool(p, id, params);
		return;
	}
	if (strcmp(method, "qr") == 0) {
		const char *text = json_string_value(json_object_get(params, "text"));
		page_say(p, json_pack("{s:I, s:o}", "id", id, "result",
		                      qr_of(text == NULL ? "" : text)));
		return;
	}
	page_say(p, json_pack("{s:I, s:{}}", "id", id, "result"));
	if (v != NULL && strcmp(method, "leave") == 0)
		visitor_leave(v, "left");
	else if (v != NULL)
		visitor_touch(v);
}

/* Stop is never too often. */
static bool may_call(struct page *p, const struct allowed *a)
{
	return bucket_take(&p->calls, web_now_ms(p->web), 20, 60) || strcmp(a->method, "stop") == 0;
}

static void call(struct page *p, json_int_t id, const char *method, json_t *params)
{
	const struct allowed *a = allowed_method(method);

	if (a == NULL)
		fail(p, id, CONTROL_METHOD, "pages may not ask this");
	else if (!a->anyone && p->visitor == NULL)
		fail(p, id, CONTROL_NOT_PROVED, "sign in first");
	else if (json_dumpb(params, NULL, 0, JSON_COMPACT) > a->params_max)
		fail(p, id, CONTROL_PARAMS, "that is too long");
	else if (!may_call(p, a))
		fail(p, id, CONTROL_BUSY, "too fast; wait a moment");
	else if (a->own)
		answer_here(p, id, method, params);
	else
		hand_on(p, id, method, params);
}

/* False: this is none of our pages, and is closed. */
static bool take_message(struct page *p)
{
	json_t *message = json_loadb(p->in, p->in_len, JSON_REJECT_DUPLICATES, NULL);
	json_t *params = NULL;
	json_int_t id;
	const char *method;
	bool fine = json_unpack(message, "{s:I, s:s, s:o !}", "id", &id, "method", &method,
	                        "params", &params) == 0 &&
	            json_is_object(params);

	explicit_bzero(p->in, p->in_len);
	p->in_len = 0;
	if (fine)
		call(p, id, method, params);
	json_decref(message);
	return fine;
}

static int take(struct page *p, const void *in, size_t len)
{
	if (p->closing)
		return 0;
	if (lws_frame_is_binary(p->wsi) || p->in_len + len > MESSAGE_MAX) {
		shut(p, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "too long, or not text");
		return 0;
	}
	memcpy(p->in + p->in_len, in, len);
	p->in_len += len;
	if (!lws_is_final_fragment(p->wsi) || lws_remaining_packet_payload(p->wsi) > 0)
		return 0;
	if (!take_message(p))
		shut(p, LWS_CLOSE_STATUS_PROTOCOL_ERR, "not understood");
	return 0;
}

/* --- coming and going ---------------------------------------------------------------------------
 */

static struct visitor *visitor_by_cookie(struct web *w, struct lws *wsi)
{
	char all[1024], value[COOKIE_LEN + 1];
	const char *at;

	if (!http_header(wsi, WSI_TOKEN_HTTP_COOKIE, all, sizeof all))
		return NULL;
	at = strstr(all, COOKIE_NAME "=");
	if (at == NULL || (at != all && at[-1] != ' ' && at[-1] != ';'))
		return NULL;
	snprintf(value, sizeof value, "%s", at + strlen(COOKIE_NAME "="));
	return visitor_of(w, value);
}

/* Before anything is upgraded: a name of ours, and a page of ours. */
static int may_open(struct web *w, struct lws *wsi)
{
	if (!http_is_for_us(w, wsi) || !http_is_ours(w, wsi) || w->n_pages >= PAGES_MAX)
		return -1;
	return 0;
}

static int open_page(struct page *p, struct web *w, struct lws *wsi)
{
	p->web = w;
	p->wsi = wsi;
	p->visitor = visitor_by_cookie(w, wsi);
	p->in = malloc(MESSAGE_MAX);
	must(p->in != NULL);
	p->next = w->pages;
	w->pages = p;
	w->n_pages++;
	page_say(p, json_pack("{s:s, s:{s:O?, s:I}}", "method", "you", "params", "who",
	                      p->visitor == NULL ? NULL : p->visitor->who, "idle_s",
	                      w->options.idle_ms / 1000));
	const char *now = p->visitor == NULL ? w->feed.glance : w->feed.state;
	if (now != NULL) {
		struct note *n = note_of(now);
		page_queue(p, n);
		note_drop(n);
	}
	w->feed.soon = true;
	return 0;
}

static void close_page(struct page *p)
{
	struct page **at;

	if (p->web == NULL)
		return; /* it was never opened */
	at = &p->web->pages;
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	p->web->n_pages--;
	for (struct errand *e = p->errands; e != NULL; e = e->next)
		e->page = NULL; /* the answer comes, and goes to nobody */
	for (struct errand *e = p->errands, *after; e != NULL; e = after) {
		after = e->next;
		tool_forget(p->web, e);
	}
	for (; p->count > 0; p->count--, p->first = (p->first + 1) % QUEUE_MAX)
		note_drop(p->queue[p->first]);
	explicit_bzero(p->in, MESSAGE_MAX);
	free(p->in);
}

int page_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t len)
{
	struct web *w = lws_context_user(lws_get_context(wsi));

	switch ((int)reason) {
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return may_open(w, wsi);
	case LWS_CALLBACK_ESTABLISHED:
		return open_page(user, w, wsi);
	case LWS_CALLBACK_RECEIVE:
		return take(user, in, len);
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return write_one(user);
	case LWS_CALLBACK_CLOSED:
		close_page(user);
		return 0;
	default:
		return 0;
	}
}
