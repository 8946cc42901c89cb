/*
 * http: the callbacks libwebsockets calls, and what fetching and pages share. Included where
 * libwebsockets is spoken, nowhere else.
 */
#ifndef WEB_HTTP_H
#define WEB_HTTP_H

#include "web.h"

#include <libwebsockets.h>

#define COOKIE_NAME "__Host-dosegate"

/* One fetch at a time on a connection: libwebsockets keeps it, zeroed, beside the connection. */
struct fetch {
	struct lws *wsi;
	struct web *web;
	struct visitor *visitor; /* who is being asked about */
	int status;              /* 0: no answer yet */
	const unsigned char *data;
	size_t len, sent;
	char *owned; /* the answer, when it was made for this request */
	bool takes_body;
	size_t body_len;
	char body[BODY_MAX];
};

#define QUEUE_MAX 512 /* notes; a page so far behind is closed, and asks anew when it is back */

/* An open page. The same: zeroed, beside its connection. */
struct page {
	struct page *next;
	struct web *web;
	struct lws *wsi;
	struct visitor *visitor; /* NULL: nobody signed in */
	struct errand *errands;  /* answers owed */
	struct bucket calls;
	struct note *queue[QUEUE_MAX];
	size_t first, count;
	bool closing;
	char *in; /* a message, as far as it has come */
	size_t in_len;
};

int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t len);
int page_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t len);

bool http_header(struct lws *wsi, enum lws_token_indexes token, char *text, size_t len);
/* It was called by one of our names; it comes from one of our pages. */
bool http_is_for_us(const struct web *w, struct lws *wsi);
bool http_is_ours(const struct web *w, struct lws *wsi);

#endif
