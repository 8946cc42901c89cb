/*
 * The way out of a Modbus/TCP link: at once where it must be, together where it may be, and what
 * the kernel does not take at once is the loop's to write.
 */
#include "link_tcp.h"

#include <string.h>

static void on_written(uv_write_t *w, int status);

/* Hands all of out to the loop; from now on every call waiting may have reached the device. */
static int write_rest(struct link_tcp *l)
{
	uv_buf_t buf = uv_buf_init((char *)l->out, (unsigned)l->out_len);
	int e = uv_write(&l->write, (uv_stream_t *)&l->tcp, &buf, 1, on_written);

	if (e < 0)
		return e;
	l->writing = l->out_len;
	for (size_t i = 0; i < LINK_TCP_SLOTS; i++) {
		if (l->waiting[i] != NULL)
			l->waiting[i]->reached = true;
	}
	return 0;
}

static void on_written(uv_write_t *w, int status)
{
	struct link_tcp *l = CONTAINER_OF(w, struct link_tcp, write);

	l->out_len -= l->writing;
	memmove(l->out, l->out + l->writing, l->out_len);
	l->writing = 0;
	if (status == UV_ECANCELED || l->state != LINK_TCP_READY)
		return;
	if (status == 0 && l->out_len > 0)
		status = write_rest(l);
	if (status == 0)
		return;
	link_trouble(l, "writing failed: %s", uv_strerror(status));
	link_give_up(l);
}

/* Bytes taken by the kernel at once; negative when the connection is broken. */
static int try_write(struct link_tcp *l, const uint8_t *frame, size_t n)
{
	uv_buf_t buf = uv_buf_init((char *)(uintptr_t)frame, (unsigned)n);

	if (l->writing > 0)
		return 0;
	int taken = uv_try_write((uv_stream_t *)&l->tcp, &buf, 1);
	return taken == UV_EAGAIN ? 0 : taken;
}

/* What was gathered goes out. Whichever of its calls the kernel took, all may have reached the
 * device from now on. */
void link_flush(struct link_tcp *l)
{
	if (l->out_len == 0 || l->writing > 0 || l->broken || l->state != LINK_TCP_READY)
		return;
	int taken = try_write(l, l->out, l->out_len);
	if (taken < 0) {
		link_give_up_later(l, taken);
		return;
	}
	for (size_t i = 0; i < LINK_TCP_SLOTS && taken > 0; i++)
		if (l->waiting[i] != NULL)
			l->waiting[i]->reached = true;
	l->out_len -= (size_t)taken;
	memmove(l->out, l->out + taken, l->out_len);
	int e = l->out_len > 0 ? write_rest(l) : 0;
	if (e < 0)
		link_give_up_later(l, e);
}

/* Reads side by side leave in one write a turn of the loop: one system call for many. What may not
 * wait (a write, a stop) pushes them out and follows at once. */
static bool gather(struct link_tcp *l, struct link_call *call, const uint8_t *frame, size_t n)
{
	if (!call->may_wait || l->link.window == 1 || l->writing > 0 ||
	    n > sizeof l->out - l->out_len) {
		link_flush(l);
		return false;
	}
	memcpy(l->out + l->out_len, frame, n);
	l->out_len += n;
	return true;
}

/* False: not one byte of the frame will go out. */
bool link_write(struct link_tcp *l, struct link_call *call, const uint8_t *frame, size_t n)
{
	if (gather(l, call, frame, n))
		return true;
	int taken = n > sizeof l->out - l->out_len ? UV_ENOBUFS : try_write(l, frame, n);

	if (taken < 0) {
		link_trouble(l, "writing failed: %s", uv_strerror(taken));
		l->broken = true;
		return false;
	}
	call->reached = taken > 0;
	if ((size_t)taken == n)
		return true;
	memcpy(l->out + l->out_len, frame + taken, n - (size_t)taken);
	l->out_len += n - (size_t)taken;
	int e = l->writing > 0 ? 0 : write_rest(l);
	if (e < 0)
		link_give_up_later(l, e);
	return true;
}
