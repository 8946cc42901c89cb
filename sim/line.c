#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHAR_BITS 11
#define NS_IN_S   INT64_C(1000000000)

/*
 * Answers go out at once, or in pieces with time between them: late, byte by byte. Each such answer
 * is a `slow`, with a timer of its own, and belongs to its channel.
 */
struct slow {
	uv_timer_t timer; /* first */
	struct slow *next;
	struct channel *to;
	size_t n, sent, piece;
	uint8_t bytes[SEND_MAX];
};

const char *line_option(enum line_kind k)
{
	static const char *const option[] = {
#define X(id, option) [id] = option,
	        LINE_KIND_MAP(X)
#undef X
	};

	return option[k];
}

/* --- closing --------------------------------------------------------------------------------- */

static void free_handle(uv_handle_t *h)
{
	free(h); /* slow and sent begin with their handle */
}

static void on_handle_closed(uv_handle_t *h)
{
	struct channel *c = h->data;

	if (--c->handles == 0)
		free(c);
}

bool channel_gone(const struct channel *c)
{
	return uv_is_closing(&c->uv.handle) != 0;
}

void channel_drop(struct channel *c)
{
	struct channel **at = &c->line->channels;

	if (channel_gone(c))
		return;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	wire_note(c, RECORDED_ENDS, NULL, 0);
	for (struct slow *s = c->slow; s != NULL; s = s->next)
		uv_close((uv_handle_t *)&s->timer, free_handle);
	if (c->line->kind != LINE_TCP)
		serial_close(c, on_handle_closed);
	uv_close(&c->uv.handle, on_handle_closed);
	if (c->other_side >= 0)
		close(c->other_side);
}

static void drop_all(struct line *l)
{
	while (l->channels != NULL)
		channel_drop(l->channels);
}

void lines_drop(struct sim *s)
{
	for (int i = 0; i < s->n_lines; i++) {
		if (s->line[i].kind != LINE_RTU)
			drop_all(&s->line[i]);
	}
}

/* --- sending ---------------------------------------------------------------------------------- */

struct sent {
	uv_write_t req; /* first */
	uint8_t bytes[UART_OUT];
};

static void on_sent(uv_write_t *req, int status)
{
	(void)status;
	free(req);
}

void channel_write(struct channel *c, const uint8_t *bytes, size_t n)
{
	uv_buf_t buf = uv_buf_init((char *)bytes, (unsigned)n);
	int took = uv_try_write(&c->uv.stream, &buf, 1);

	if (took == (int)n)
		return;
	if (took < 0)
		took = 0;
	struct sent *w = malloc(sizeof *w);
	must(w != NULL && n <= sizeof w->bytes);
	n -= (size_t)took;
	memcpy(w->bytes, bytes + took, n);
	buf = uv_buf_init((char *)w->bytes, (unsigned)n);
	if (uv_write(&w->req, &c->uv.stream, &buf, 1, on_sent) != 0)
		free(w);
}

void channel_send(struct channel *c, const uint8_t *bytes, size_t n)
{
	if (c->line->kind == LINE_TCP)
		channel_write(c, bytes, n);
	else
		serial_send(c, bytes, n);
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

	if (s->sent == 0)
		wire_note(s->to, RECORDED_ANSWERS, s->bytes, s->n);
	channel_send(s->to, s->bytes + s->sent, n);
	s->sent += n;
	if (s->sent == s->n)
		slow_end(s);
}

void channel_send_slowly(struct channel *c, const uint8_t *bytes, size_t n, size_t piece,
                         int first_ms, int then_ms)
{
	struct slow *s = calloc(1, sizeof *s);

	must(s != NULL && n <= sizeof s->bytes);
	uv_timer_init(&c->line->sim->loop, &s->timer);
	s->to = c;
	s->n = n;
	s->piece = piece;
	memcpy(s->bytes, bytes, n);
	s->next = c->slow;
	c->slow = s;
	uv_timer_start(&s->timer, on_slow, (uint64_t)first_ms, (uint64_t)then_ms);
}

void lines_chatter(struct sim *s, const uint8_t *bytes, size_t n)
{
	for (int i = 0; i < s->n_lines; i++) {
		for (struct channel *c = s->line[i].channels; c != NULL; c = c->next) {
			if (s->line[i].kind == LINE_TCP)
				continue;
			wire_note(c, RECORDED_ANSWERS, bytes, n);
			channel_send(c, bytes, n);
		}
	}
}

/* --- receiving -------------------------------------------------------------------------------- */

static void tcp_received(struct channel *c)
{
	enum mbap_status status = MBAP_OK;
	size_t at = 0, used;
	struct frame f;

	while (!channel_gone(c)) {
		status = mbap_take(c->in + at, c->filled - at, &f, &used);
		if (status != MBAP_OK)
			break;
		wire_note(c, RECORDED_ASKS, c->in + at, used);
		answer_frame(c, &f);
		at += used;
	}
	c->filled -= at;
	memmove(c->in, c->in + at, c->filled);
	if (status == MBAP_FOREIGN)
		channel_drop(c);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct channel *c = handle->data;

	(void)suggested;
	*buf = uv_buf_init((char *)c->in + c->filled, (unsigned)(CHANNEL_IN - c->filled));
}

static void on_bytes(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct channel *c = stream->data;

	(void)buf;
	if (n < 0) {
		channel_drop(c);
		return;
	}
	c->filled += (size_t)n;
	if (c->line->kind == LINE_TCP)
		tcp_received(c);
	else if (n > 0)
		serial_received(c, (size_t)n);
}

/* --- channels -----------------------------------------------------------------------------------
 */

struct channel *channel_new(struct line *l)
{
	struct channel *c = calloc(1, sizeof *c);

	must(c != NULL);
	c->line = l;
	c->number = ++l->n_channels;
	c->other_side = -1;
	return c;
}

void channel_start(struct channel *c)
{
	c->uv.handle.data = c;
	c->handles = 1;
	c->next = c->line->channels;
	c->line->channels = c;
	if (c->line->kind != LINE_TCP) {
		serial_open(c);
		c->silence.poll.data = c->uart.poll.data = c;
	}
	wire_note(c, RECORDED_BEGINS, NULL, 0);
	uv_read_start(&c->uv.stream, on_room, on_bytes);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct line *l = CONTAINER_OF(listener, struct line, listener);
	struct channel *c;

	if (status != 0)
		return;
	c = channel_new(l);
	uv_tcp_init(&l->sim->loop, &c->uv.tcp);
	int rc = uv_accept(listener, &c->uv.stream);
	uv_tcp_nodelay(&c->uv.tcp, 1);
	channel_start(c);
	if (rc != 0)
		channel_drop(c);
}

/* --- listening ----------------------------------------------------------------------------------
 */

static int listen_now(struct line *l)
{
	int rc = uv_tcp_init(&l->sim->loop, &l->listener);

	if (rc == 0)
		rc = uv_tcp_bind(&l->listener, (struct sockaddr *)&l->address, 0);
	if (rc == 0)
		rc = uv_listen((uv_stream_t *)&l->listener, 128, on_connection);
	l->listening = true; /* the handle lives, whatever rc is */
	return rc;
}

static void on_deaf(uv_handle_t *h)
{
	CONTAINER_OF(h, struct line, listener)->listening = false;
}

static void port_wanted(struct line *l, bool wanted)
{
	bool closing = l->listening && uv_is_closing((uv_handle_t *)&l->listener);

	if (wanted && !l->listening && listen_now(l) != 0)
		uv_close((uv_handle_t *)&l->listener, on_deaf); /* tried again at the next tick */
	if (!wanted && l->listening && !closing)
		uv_close((uv_handle_t *)&l->listener, on_deaf);
}

static void line_wanted(struct line *l, bool wanted)
{
	char why[200];

	if (!wanted)
		drop_all(l);
	if (l->kind != LINE_RTU)
		port_wanted(l, wanted);
	else if (wanted && l->channels == NULL)
		(void)pty_open(l, why, sizeof why); /* likewise */
}

void lines_listen(struct sim *s, bool wanted)
{
	for (int i = 0; i < s->n_lines; i++)
		line_wanted(&s->line[i], wanted);
}

void lines_close(struct sim *s)
{
	lines_listen(s, false);
	for (int i = 0; i < s->n_lines; i++) {
		if (s->line[i].kind == LINE_RTU)
			pty_unlink(&s->line[i]);
	}
}

static bool port_open(struct line *l, const char *where, char *why, size_t why_len)
{
	int len = sizeof l->address, rc;

	if (!config_address(where, &l->address)) {
		snprintf(why, why_len, "\"%s\" is no address and port, as 127.0.0.1:1601", where);
		return false;
	}
	rc = listen_now(l);
	if (rc == 0)
		rc = uv_tcp_getsockname(&l->listener, (struct sockaddr *)&l->address, &len);
	if (rc != 0)
		snprintf(why, why_len, "%s: %s", where, uv_strerror(rc));
	return rc == 0;
}

bool line_open(struct sim *s, enum line_kind kind, const char *where, long baud, char *why,
               size_t why_len)
{
	struct line *l = &s->line[s->n_lines];

	if (s->n_lines == LINES_MAX) {
		snprintf(why, why_len, "there are %d lines already", LINES_MAX);
		return false;
	}
	*l = (struct line){.sim = s, .kind = kind};
	for (int i = 0; i < s->n_devices; i++)
		s->device[i]->wires |= 1u << (kind == LINE_TCP ? TCP_WIRE : RTU_WIRE);
	if (baud > 0 && kind != LINE_TCP)
		l->char_ns = CHAR_BITS * NS_IN_S / baud;
	s->n_lines++;
	if (kind != LINE_RTU)
		return port_open(l, where, why, why_len);
	snprintf(l->link, sizeof l->link, "%s", where);
	return pty_open(l, why, why_len);
}

void line_name(const struct line *l, char *buf, size_t len)
{
	char host[INET6_ADDRSTRLEN] = "";
	const struct sockaddr_in *in = (const struct sockaddr_in *)&l->address;

	if (l->kind == LINE_RTU) {
		snprintf(buf, len, "%s", l->path);
		return;
	}
	uv_ip_name((const struct sockaddr *)&l->address, host, sizeof host);
	snprintf(buf, len, in->sin_family == AF_INET6 ? "[%s]:%d" : "%s:%d", host,
	         ntohs(in->sin_port)); /* stands at the same place for IPv6 */
}
