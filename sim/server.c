#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Answers go out at once, or in pieces with time between them: late, byte by byte, two times. Each
 * such answer is a `slow`, with a timer of its own, and belongs to its connection.
 */
#define BUFFER (4 * ADU_MAX)

struct slow {
	uv_timer_t timer; /* first */
	struct slow *next;
	struct connection *to;
	size_t n, sent, piece;
	uint8_t bytes[2 * ADU_MAX + 2];
};

struct connection {
	uv_tcp_t tcp; /* first */
	struct connection *next;
	struct server *server;
	struct slow *slow;
	size_t filled;
	uint8_t buffer[BUFFER];
};

struct server {
	uv_tcp_t listener; /* first */
	uv_loop_t *loop;
	struct device *device;
	struct sockaddr_storage address;
	struct connection *connections;
	bool listening;
};

/* --- closing --------------------------------------------------------------------------------- */

static void free_handle(uv_handle_t *h)
{
	free(h); /* slow and connection begin with their handle */
}

static void drop(struct connection *c)
{
	struct connection **at = &c->server->connections;

	if (uv_is_closing((uv_handle_t *)&c->tcp))
		return;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	for (struct slow *s = c->slow; s != NULL; s = s->next)
		uv_close((uv_handle_t *)&s->timer, free_handle);
	uv_close((uv_handle_t *)&c->tcp, free_handle);
}

void server_drop_all(struct server *s)
{
	while (s->connections != NULL)
		drop(s->connections);
}

/* --- answering -------------------------------------------------------------------------------- */

struct written {
	uv_write_t req; /* first */
	uint8_t bytes[2 * ADU_MAX + 2];
};

static void on_written(uv_write_t *req, int status)
{
	(void)status;
	free(req);
}

static void send_now(struct connection *c, const uint8_t *bytes, size_t n)
{
	uv_buf_t buf = uv_buf_init((char *)bytes, (unsigned)n);
	int took = uv_try_write((uv_stream_t *)&c->tcp, &buf, 1);

	if (took == (int)n)
		return;
	if (took < 0)
		took = 0;
	struct written *w = malloc(sizeof *w);
	must(w != NULL);
	n -= (size_t)took;
	memcpy(w->bytes, bytes + took, n);
	buf = uv_buf_init((char *)w->bytes, (unsigned)n);
	if (uv_write(&w->req, (uv_stream_t *)&c->tcp, &buf, 1, on_written) != 0)
		free(w);
}

static void slow_end(struct slow *s)
{
	struct slow **at = &s->to->slow;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	uv_close((uv_handle_t *)&s->timer, free_handle);
}

static void on_slow(uv_timer_t *timer)
{
	struct slow *s = CONTAINER_OF(timer, struct slow, timer);
	size_t n = s->n - s->sent < s->piece ? s->n - s->sent : s->piece;

	send_now(s->to, s->bytes + s->sent, n);
	s->sent += n;
	if (s->sent == s->n)
		slow_end(s);
}

static void send_slowly(struct connection *c, const uint8_t *bytes, size_t n, size_t piece,
                        int first_ms, int then_ms)
{
	struct slow *s = calloc(1, sizeof *s);

	must(s != NULL);
	uv_timer_init(c->server->loop, &s->timer);
	s->to = c;
	s->n = n;
	s->piece = piece;
	memcpy(s->bytes, bytes, n);
	s->next = c->slow;
	c->slow = s;
	uv_timer_start(&s->timer, on_slow, (uint64_t)first_ms, (uint64_t)then_ms);
}

static void send_answer(struct connection *c, const struct hits *h, uint8_t *bytes, size_t n)
{
	const struct fault *late = h->of[FAULT_LATE], *dribble = h->of[FAULT_DRIBBLE];

	n = faults_bend(h, bytes, n);
	if (h->of[FAULT_TWICE] != NULL) {
		memcpy(bytes + n, bytes, n);
		n *= 2;
	}
	if (h->of[FAULT_CUT] != NULL) {
		send_now(c, bytes, n / 2);
		drop(c);
	} else if (late != NULL || dribble != NULL) {
		send_slowly(c, bytes, n, dribble != NULL ? 1 : n, late != NULL ? late->ms : 0,
		            dribble != NULL && dribble->ms > 0 ? dribble->ms : 1);
	} else {
		send_now(c, bytes, n);
	}
}

static void on_frame(struct connection *c, const struct frame *f)
{
	struct device *d = c->server->device;
	uint8_t bytes[2 * ADU_MAX + 2], pdu[PDU_MAX];
	struct request q = {0};
	struct reply reply;
	struct hits h;
	size_t n;

	d->now_ms = (int64_t)uv_now(c->server->loop);
	enum mb_exception e = request_take(f->pdu, f->pdu_len, &q);
	q.function = f->pdu[0];
	faults_match(d, f->unit, &q, &h);
	if (h.of[FAULT_DEAF] != NULL)
		return;
	if (d->unit != FAULT_ANY && d->unit != f->unit)
		e = MB_NO_ANSWER;
	if (e == MB_OK)
		e = device_request(d, f->unit, &q, &h, &reply);
	if (h.of[FAULT_SILENT] != NULL)
		return;
	if (e == MB_OK)
		n = reply_put(&q, &reply, pdu);
	else
		n = exception_put(f->pdu[0], (uint8_t)e, pdu);
	send_answer(c, &h, bytes, mbap_put(bytes, f->tid, f->unit, pdu, n));
}

/* --- receiving ----------------------------------------------------------------------------------
 */

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct connection *c = CONTAINER_OF(handle, struct connection, tcp);

	(void)suggested;
	*buf = uv_buf_init((char *)c->buffer + c->filled, (unsigned)(BUFFER - c->filled));
}

static void on_bytes(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct connection *c = CONTAINER_OF(stream, struct connection, tcp);
	enum mbap_status status = MBAP_OK;
	size_t at = 0, used;
	struct frame f;

	(void)buf;
	if (n < 0) {
		drop(c);
		return;
	}
	c->filled += (size_t)n;
	while (!uv_is_closing((uv_handle_t *)stream)) {
		status = mbap_take(c->buffer + at, c->filled - at, &f, &used);
		if (status != MBAP_OK)
			break;
		on_frame(c, &f);
		at += used;
	}
	memmove(c->buffer, c->buffer + at, c->filled - at);
	c->filled -= at;
	if (status == MBAP_FOREIGN)
		drop(c);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct server *s = CONTAINER_OF(listener, struct server, listener);
	struct connection *c;

	if (status != 0)
		return;
	c = calloc(1, sizeof *c);
	must(c != NULL);
	c->server = s;
	c->next = s->connections;
	s->connections = c;
	uv_tcp_init(s->loop, &c->tcp);
	if (uv_accept(listener, (uv_stream_t *)&c->tcp) != 0) {
		drop(c);
		return;
	}
	uv_tcp_nodelay(&c->tcp, 1);
	uv_read_start((uv_stream_t *)&c->tcp, on_room, on_bytes);
}

/* --- listening -----------------------------------------------------------------------------------
 */

static int listen_now(struct server *s)
{
	int rc = uv_tcp_init(s->loop, &s->listener);

	if (rc == 0)
		rc = uv_tcp_bind(&s->listener, (struct sockaddr *)&s->address, 0);
	if (rc == 0)
		rc = uv_listen((uv_stream_t *)&s->listener, 128, on_connection);
	s->listening = true; /* the handle lives, whatever rc is */
	return rc;
}

static void on_deaf(uv_handle_t *h)
{
	CONTAINER_OF(h, struct server, listener)->listening = false;
}

void server_listen(struct server *s, bool wanted)
{
	bool closing = s->listening && uv_is_closing((uv_handle_t *)&s->listener);

	if (wanted && !s->listening && listen_now(s) != 0)
		uv_close((uv_handle_t *)&s->listener, on_deaf); /* tried again at the next tick */
	if (!wanted)
		server_drop_all(s);
	if (!wanted && s->listening && !closing)
		uv_close((uv_handle_t *)&s->listener, on_deaf);
}

int server_port(const struct server *s)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&s->address;

	return ntohs(in->sin_port); /* stands at the same place for IPv6 */
}

struct server *server_open(uv_loop_t *loop, const char *address, struct device *d, char *why,
                           size_t why_len)
{
	struct server *s = calloc(1, sizeof *s);
	int len = sizeof s->address, rc;

	must(s != NULL);
	s->loop = loop;
	s->device = d;
	if (!config_address(address, &s->address)) {
		snprintf(why, why_len, "\"%s\" is no address and port, as 127.0.0.1:1601", address);
		free(s);
		return NULL;
	}
	rc = listen_now(s);
	if (rc == 0)
		rc = uv_tcp_getsockname(&s->listener, (struct sockaddr *)&s->address, &len);
	if (rc == 0)
		return s;
	snprintf(why, why_len, "%s: %s", address, uv_strerror(rc));
	uv_close((uv_handle_t *)&s->listener, free_handle);
	uv_run(loop, UV_RUN_DEFAULT);
	return NULL;
}

void server_free(struct server *s)
{
	free(s);
}
