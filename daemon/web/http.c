/*
 * http: what is fetched, and signing in. GET gives what is compiled in; POST /login asks the gate.
 * Nothing else exists.
 */
#include "http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEADERS_MAX 2048
#define CHUNK       4096

/* The page may load what comes from here and nothing else; no script and no style within a page. */
static const struct {
	const char *name, *value;
} always[] = {
        {"content-security-policy:",
         "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
         "connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
         "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"},
        {"x-content-type-options:", "nosniff"},
        {"x-frame-options:", "DENY"},
        {"referrer-policy:", "no-referrer"},
        {"cross-origin-opener-policy:", "same-origin"},
        {"cross-origin-resource-policy:", "same-origin"},
        {"permissions-policy:", "camera=(), microphone=(), geolocation=(), usb=(), serial=()"},
        {"cache-control:", "no-store"},
};

/* Also when it is over, for the next one on this connection. */
static void end(struct fetch *r)
{
	if (r->visitor != NULL)
		r->visitor->asker = NULL;
	free(r->owned);
	explicit_bzero(r, sizeof *r);
}

static bool put(struct lws *wsi, const char *name, const char *value, unsigned char **at,
                unsigned char *end)
{
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
	                                   (const unsigned char *)value, (int)strlen(value), at,
	                                   end) == 0;
}

/* False: there was no room, or the browser has gone. */
static bool put_headers(struct fetch *r, const char *type, const char *cookie)
{
	unsigned char buffer[LWS_PRE + HEADERS_MAX], *start = buffer + LWS_PRE, *at = start,
	                                             *end = buffer + sizeof buffer;
	bool fine = lws_add_http_header_status(r->wsi, (unsigned)r->status, &at, end) == 0 &&
	            put(r->wsi, "content-type:", type, &at, end);
	char set[COOKIE_LEN + 80];

	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		fine = fine && put(r->wsi, always[i].name, always[i].value, &at, end);
	if (r->web->options.certificate != NULL) /* not for one we made: nobody could go back */
		fine = fine &&
		       put(r->wsi, "strict-transport-security:", "max-age=31536000", &at, end);
	if (cookie != NULL) {
		snprintf(set, sizeof set,
		         COOKIE_NAME "=%s; Path=/; Secure; HttpOnly; SameSite=Strict", cookie);
		fine = fine && put(r->wsi, "set-cookie:", set, &at, end);
	}
	return fine &&
	       lws_add_http_header_content_length(r->wsi, (lws_filepos_t)r->len, &at, end) == 0 &&
	       lws_finalize_write_http_header(r->wsi, start, &at, end) == 0;
}

static int answer(struct fetch *r, int status, const char *type, const void *data, size_t len,
                  const char *cookie)
{
	r->status = status;
	r->data = data;
	r->len = len;
	r->sent = 0;
	if (!put_headers(r, type, cookie))
		return -1;
	lws_callback_on_writable(r->wsi);
	return 0;
}

static int answer_text(struct fetch *r, int status, const char *text)
{
	return answer(r, status, "text/plain; charset=utf-8", text, strlen(text), NULL);
}

void http_answer(struct fetch *r, int status, json_t *body, const char *cookie)
{
	r->visitor = NULL;
	r->owned = json_dumps(body, JSON_COMPACT);
	if (r->owned == NULL ||
	    answer(r, status, "application/json", r->owned, strlen(r->owned), cookie) != 0)
		lws_set_timeout(r->wsi, PENDING_TIMEOUT_HTTP_CONTENT, LWS_TO_KILL_ASYNC);
}

static int write_more(struct fetch *r)
{
	unsigned char buffer[LWS_PRE + CHUNK];
	size_t n = r->len - r->sent < CHUNK ? r->len - r->sent : CHUNK;
	bool last = r->sent + n == r->len;

	if (r->status == 0)
		return 0; /* still awaiting its answer */
	memcpy(buffer + LWS_PRE, r->data + r->sent, n);
	if (lws_write(r->wsi, buffer + LWS_PRE, n, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) <
	    (int)n)
		return -1;
	r->sent += n;
	if (!last) {
		lws_callback_on_writable(r->wsi);
		return 0;
	}
	struct lws *wsi = r->wsi;
	end(r);
	return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

/* --- what is asked ------------------------------------------------------------------------------
 */

bool http_header(struct lws *wsi, enum lws_token_indexes token, char *text, size_t len)
{
	text[0] = '\0';
	return lws_hdr_copy(wsi, text, (int)len, token) > 0;
}

bool http_is_for_us(const struct web *w, struct lws *wsi)
{
	char host[200];

	return http_header(wsi, WSI_TOKEN_HOST, host, sizeof host) && web_knows_host(w, host);
}

bool http_is_ours(const struct web *w, struct lws *wsi)
{
	char origin[200];

	return http_header(wsi, WSI_TOKEN_ORIGIN, origin, sizeof origin) &&
	       web_knows_origin(w, origin);
}

/* Another site's name for this address, or another site's page: neither gets anything. */
static int begin_login(struct fetch *r)
{
	char type[40], length[16];

	if (!http_is_ours(r->web, r->wsi))
		return answer_text(r, 403, "this comes from another site\n");
	if (!http_header(r->wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, type, sizeof type) ||
	    strcmp(type, "application/json") != 0)
		return answer_text(r, 415, "application/json is wanted\n");
	if (!http_header(r->wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, length, sizeof length) ||
	    strspn(length, "0123456789") != strlen(length))
		return answer_text(r, 411, "a length is wanted\n");
	if (strlen(length) > 6 || atoi(length) > BODY_MAX)
		return answer_text(r, 413, "that is too long\n");
	r->takes_body = true;
	return 0;
}

static int begin(struct fetch *r, const char *path)
{
	const struct asset *a = asset_of(path);

	if (!http_is_for_us(r->web, r->wsi))
		return answer_text(r, 421, "this machine does not answer to that name\n");
	if (lws_hdr_total_length(r->wsi, WSI_TOKEN_POST_URI) > 0)
		return strcmp(path, "/login") == 0 ? begin_login(r)
		                                   : answer_text(r, 404, "there is nothing here\n");
	if (lws_hdr_total_length(r->wsi, WSI_TOKEN_GET_URI) == 0)
		return answer_text(r, 405, "GET and POST are all there is\n");
	if (a == NULL)
		return answer_text(r, 404, "there is nothing here\n");
	return answer(r, 200, a->type, a->start, a->len, NULL);
}

/* --- signing in -------------------------------------------------------------------------------
 */

static int refuse_login(struct fetch *r, int status, const char *why)
{
	json_t *body =
	        json_pack("{s:{s:i, s:s}}", "error", "code", -32000 - status, "message", why);

	http_answer(r, status, body, NULL);
	json_decref(body);
	return 0;
}

/* The place of this address, or the one that was quiet for longest. */
static struct knocker *knocker_of(struct web *w, const char *address)
{
	struct knocker *quiet = &w->knocker[0];

	for (size_t i = 0; i < KNOCKERS_MAX; i++) {
		struct knocker *k = &w->knocker[i];

		if (strcmp(k->address, address) == 0)
			return k;
		if (k->tries.at_ms < quiet->tries.at_ms)
			quiet = k;
	}
	*quiet = (struct knocker){0};
	snprintf(quiet->address, sizeof quiet->address, "%s", address);
	return quiet;
}

static bool may_knock(struct fetch *r)
{
	char address[48];

	lws_get_peer_simple(r->wsi, address, sizeof address);
	return bucket_take(&knocker_of(r->web, address)->tries, web_now_ms(r->web), 1, 12);
}

static int login(struct fetch *r)
{
	json_t *params = json_loadb(r->body, r->body_len, JSON_REJECT_DUPLICATES, NULL);

	explicit_bzero(r->body, sizeof r->body);
	if (!json_is_object(params)) {
		json_decref(params);
		return refuse_login(r, 400, "this is no JSON object");
	}
	if (!may_knock(r)) {
		json_decref(params);
		return refuse_login(r, 429, "too many tries from this address; wait a moment");
	}
	r->visitor = visitor_knock(r->web, params, r);
	json_decref(params);
	if (r->visitor == NULL)
		return refuse_login(r, 503, "too many people are signed in");
	return 0;
}

static int take_body(struct fetch *r, const void *in, size_t len)
{
	if (!r->takes_body)
		return 0; /* it was refused already */
	if (r->body_len + len > sizeof r->body)
		return -1;
	memcpy(r->body + r->body_len, in, len);
	r->body_len += len;
	return 0;
}

int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t len)
{
	struct web *w = lws_context_user(lws_get_context(wsi));
	struct fetch *r = user;

	switch ((int)reason) {
	case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
		return w->connections >= CONNECTIONS_MAX || w->ending;
	case LWS_CALLBACK_WSI_CREATE:
		w->connections++;
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		w->connections--;
		return 0;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: /* looks, and touches nothing: CVE-2025-11677 */
		return strcasecmp(in, "websocket") == 0 ? 0 : -1; /* no HTTP/2 by the back door */
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return -1; /* a WebSocket that is not spoken here */
	case LWS_CALLBACK_HTTP:
		end(r);
		r->wsi = wsi;
		r->web = w;
		return begin(r, in);
	case LWS_CALLBACK_HTTP_BODY:
		return take_body(r, in, len);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return r->takes_body ? login(r) : 0;
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return r->wsi == NULL ? 0 : write_more(r);
	case LWS_CALLBACK_CLOSED_HTTP:
		if (r != NULL && r->wsi != NULL)
			end(r);
		return 0;
	default:
		return 0;
	}
}
