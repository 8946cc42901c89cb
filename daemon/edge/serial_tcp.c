/*
 * The port that is a TCP stream to a serial device server, which has the line and passes bytes on.
 */
#include "serial_port.h"

#include <string.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#define CONNECT_MS  2000 /* a handshake on the clinic's own network takes milliseconds */
#define KEEPALIVE_S 1

bool serial_tcp_is_itself(const uv_tcp_t *tcp)
{
	struct sockaddr_storage here = {0}, there = {0};
	int n = sizeof here, m = sizeof there;

	return uv_tcp_getsockname(tcp, (struct sockaddr *)&here, &n) == 0 &&
	       uv_tcp_getpeername(tcp, (struct sockaddr *)&there, &m) == 0 && n == m &&
	       memcmp(&here, &there, (size_t)n) == 0;
}

static void on_closed(uv_handle_t *h)
{
	port_is_down(h->data);
}

static void tcp_close(struct serial *s)
{
	uv_timer_stop(&s->retry);
	/* What the kernel still holds must not reach the line later. */
	if (uv_tcp_close_reset(&s->tcp.tcp, on_closed) != 0)
		uv_close((uv_handle_t *)&s->tcp.tcp, on_closed);
}

static void cannot_connect(struct serial *s, int error)
{
	serial_say(s, "no connection: %s", uv_strerror(error));
	tcp_close(s);
}

static void on_slow(uv_timer_t *retry)
{
	cannot_connect(retry->data, UV_ETIMEDOUT);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct serial *s = h->data;

	(void)suggested;
	*buf = uv_buf_init((char *)s->tcp.in, sizeof s->tcp.in);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct serial *s = stream->data;

	(void)buf;
	if (n > 0)
		port_heard(s, s->tcp.in, (size_t)n);
	if (n >= 0)
		return;
	serial_say(s, "the connection broke: %s", uv_strerror((int)n));
	serial_give_up(s);
}

static void on_connected(uv_connect_t *c, int status)
{
	struct serial *s = CONTAINER_OF(c, struct serial, tcp.connect);

	if (status == UV_ECANCELED)
		return;
	if (status == 0 && serial_tcp_is_itself(&s->tcp.tcp))
		status = UV_ECONNREFUSED;
	if (status == 0)
		status = uv_read_start((uv_stream_t *)&s->tcp.tcp, on_alloc, on_read);
	if (status < 0) {
		cannot_connect(s, status);
		return;
	}
	uv_timer_stop(&s->retry);
	uv_tcp_nodelay(&s->tcp.tcp, 1);
	uv_tcp_keepalive(&s->tcp.tcp, 1, KEEPALIVE_S);
	port_is_up(s);
}

static void tcp_open(struct serial *s)
{
	int e = uv_tcp_init(s->loop, &s->tcp.tcp);

	must(e == 0); /* no socket is made yet: it cannot fail */
	s->tcp.tcp.data = s;
	uv_timer_start(&s->retry, on_slow, CONNECT_MS, 0);
	e = uv_tcp_connect(&s->tcp.connect, &s->tcp.tcp, (const struct sockaddr *)&s->at,
	                   on_connected);
	if (e < 0)
		cannot_connect(s, e);
}

static ssize_t tcp_write(struct serial *s, const uint8_t *bytes, size_t n)
{
	uv_buf_t buf = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)n);
	int took = uv_try_write((uv_stream_t *)&s->tcp.tcp, &buf, 1);

	return took == UV_EAGAIN ? 0 : took;
}

static void on_written(uv_write_t *request, int status)
{
	struct serial *s = CONTAINER_OF(request, struct serial, tcp.request);

	if (status == UV_ECANCELED)
		return;
	if (status == 0) {
		port_took_rest(s);
		return;
	}
	serial_say(s, "writing failed: %s", uv_strerror(status));
	serial_give_up(s);
}

static void tcp_await(struct serial *s)
{
	uv_buf_t rest = uv_buf_init((char *)s->out + s->out_at, (unsigned)(s->out_len - s->out_at));
	int e = uv_write(&s->tcp.request, (uv_stream_t *)&s->tcp.tcp, &rest, 1, on_written);

	(void)e; /* the stream is open: it fails only without memory, and then at its deadline */
}

static bool tcp_has_more(const struct serial *s)
{
	uv_os_fd_t fd;
	int waiting = 0;

	return uv_fileno((const uv_handle_t *)&s->tcp.tcp, &fd) == 0 &&
	       ioctl(fd, FIONREAD, &waiting) == 0 && waiting > 0;
}

/* The device server turns its line itself. */
static void tcp_talk(struct serial *s, bool on)
{
	(void)s;
	(void)on;
}

/* The server has not said that it has them. */
static bool tcp_holds(const struct serial *s)
{
	uv_os_fd_t fd;
	int held = 0;

	return uv_fileno((const uv_handle_t *)&s->tcp.tcp, &fd) == 0 &&
	       ioctl(fd, SIOCOUTQ, &held) == 0 && held > 0;
}

static bool tcp_drained(const struct serial *s)
{
	(void)s;
	return true;
}

const struct serial_ops serial_tcp_ops = {
        .open = tcp_open,
        .close = tcp_close,
        .write = tcp_write,
        .await = tcp_await,
        .has_more = tcp_has_more,
        .talk = tcp_talk,
        .drained = tcp_drained,
        .holds = tcp_holds,
};
