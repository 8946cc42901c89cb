/*
 * The port that is a tty. libmodbus opens and sets it, a worker of libuv calls libmodbus: a driver
 * may take seconds to open or to close (a USB adapter that does not answer its set-up, output that
 * nobody takes), and the loop has devices to stop meanwhile. Reading and writing never wait.
 *
 * Only one program has a line: the port is locked, and opened by nobody else while we have it.
 */
#include "serial_port.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/major.h>
#include <linux/serial.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

static struct serial *serial_of(uv_work_t *work)
{
	return CONTAINER_OF(work, struct serial, tty.work);
}

/* --- in the worker ----------------------------------------------------------------------- */

static bool say_why(struct tty_port *p, const char *what, const char *reason)
{
	snprintf(p->why, sizeof p->why, "%s: %s", what, reason);
	return false;
}

static bool lock(struct tty_port *p)
{
	if (flock(p->fd, LOCK_EX | LOCK_NB) != 0)
		return say_why(p, "it is taken", "another program, or another line of the gate");
	ioctl(p->fd, TIOCEXCL); /* for those who do not ask for a lock */
	return true;
}

/* A pseudo terminal has no wire: it takes a rate, and no parity. */
static bool has_a_wire(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 &&
	       (major(st.st_rdev) < UNIX98_PTY_SLAVE_MAJOR ||
	        major(st.st_rdev) >= UNIX98_PTY_SLAVE_MAJOR + UNIX98_PTY_MAJOR_COUNT);
}

static bool format_is(const struct termios *t, const struct transport *to)
{
	bool parity = ((t->c_cflag & PARENB) != 0) == (to->parity != 'N') &&
	              ((t->c_cflag & PARODD) != 0) == (to->parity == 'O');
	bool stop = ((t->c_cflag & CSTOPB) != 0) == (to->stop_bits == 2);

	return parity && stop && (t->c_cflag & CSIZE) == CS8;
}

/* libmodbus falls back to 9600 for a rate it does not know, and a driver to what it likes better.
 */
static bool is_set_as_asked(struct tty_port *p, const struct transport *to)
{
	struct termios is, asked = {0};

	if (tcgetattr(p->fd, &is) != 0 || cfsetspeed(&asked, (speed_t)to->baud) != 0)
		return say_why(p, "it is no serial line", strerror(errno));
	if (cfgetospeed(&is) == cfgetospeed(&asked) && (!has_a_wire(p->fd) || format_is(&is, to)))
		return true;
	return say_why(p, "it cannot be set", "its driver has no such rate or format");
}

static bool set_direction(struct tty_port *p, enum line_drive drive)
{
	int rts = TIOCM_RTS;

	if (drive == DRIVE_RS485 && modbus_rtu_set_serial_mode(p->modbus, MODBUS_RTU_RS485) != 0)
		return say_why(p, "its driver does not switch the direction (rs485)",
		               strerror(errno));
	if (drive == DRIVE_RTS_ON && ioctl(p->fd, TIOCMBIC, &rts) != 0)
		return say_why(p, "its RTS cannot be switched", strerror(errno));
	if (drive == DRIVE_RTS_OFF && ioctl(p->fd, TIOCMBIS, &rts) != 0)
		return say_why(p, "its RTS cannot be switched", strerror(errno));
	return true;
}

/* An adapter that gathers bytes for 16 ms is asked not to; who does not know the question says no,
 * and nothing is lost. */
static void ask_for_low_latency(int fd)
{
	struct serial_struct line;

	if (ioctl(fd, TIOCGSERIAL, &line) != 0)
		return;
	line.flags = (int)((unsigned)line.flags | ASYNC_LOW_LATENCY);
	ioctl(fd, TIOCSSERIAL, &line);
}

static bool open_line(struct tty_port *p, const struct transport *to)
{
	p->modbus = modbus_new_rtu(to->place, to->baud, to->parity, 8, to->stop_bits);
	if (p->modbus == NULL || modbus_connect(p->modbus) != 0)
		return say_why(p, "it cannot be opened", modbus_strerror(errno));
	p->fd = modbus_get_socket(p->modbus);
	int flags = fcntl(p->fd, F_GETFL);
	if (flags < 0 || fcntl(p->fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return say_why(p, "it cannot be read without waiting", strerror(errno));
	if (!lock(p) || !is_set_as_asked(p, to) || !set_direction(p, to->drive))
		return false;
	ask_for_low_latency(p->fd);
	tcflush(p->fd, TCIOFLUSH);
	return true;
}

/* Without its output, or closing would wait until somebody takes it. */
static void close_line(struct tty_port *p)
{
	if (p->fd >= 0) {
		tcflush(p->fd, TCIOFLUSH);
		ioctl(p->fd, TIOCNXCL);
		modbus_close(p->modbus);
	}
	modbus_free(p->modbus);
	p->modbus = NULL;
	p->fd = -1;
}

static void open_in_worker(uv_work_t *work)
{
	struct serial *s = serial_of(work);

	s->tty.why[0] = '\0';
	s->tty.fd = -1;
	if (!open_line(&s->tty, &s->to))
		close_line(&s->tty);
}

static void close_in_worker(uv_work_t *work)
{
	close_line(&serial_of(work)->tty);
}

/* --- on the loop ------------------------------------------------------------------------- */

static void closed(uv_work_t *work, int status)
{
	(void)status;
	port_is_down(serial_of(work));
}

static void start_closing(struct serial *s)
{
	int e = uv_queue_work(s->loop, &s->tty.work, close_in_worker, closed);

	must(e == 0); /* it fails only without a function to call */
}

static void on_poll_closed(uv_handle_t *h)
{
	start_closing(h->data);
}

/* The poll first: nobody may look at a number that has become another file's. */
static void tty_close(struct serial *s)
{
	s->tty.wanted = false;
	if (s->port == PORT_UP)
		uv_close((uv_handle_t *)&s->tty.poll, on_poll_closed);
}

static bool has_gone(int fd)
{
	struct pollfd p = {.fd = fd};

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

static void lost(struct serial *s, const char *why)
{
	serial_say(s, "the line was lost: %s", why);
	serial_give_up(s);
}

static void read_all(struct serial *s)
{
	uint8_t bytes[512];
	ssize_t n = read(s->tty.fd, bytes, sizeof bytes);

	if (n > 0)
		port_heard(s, bytes, (size_t)n);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		lost(s, strerror(errno));
	else if (n == 0 && has_gone(s->tty.fd)) /* a tty without a byte also says 0 */
		lost(s, "it was pulled out");
}

static void listen_for(struct serial *s, int events);

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct serial *s = poll->data;

	if (status < 0) {
		lost(s, "it was pulled out"); /* uv has stopped looking */
		return;
	}
	if (events & UV_READABLE)
		read_all(s);
	if ((events & UV_WRITABLE) && s->port == PORT_UP) {
		listen_for(s, UV_READABLE);
		port_writable(s);
	}
}

static void listen_for(struct serial *s, int events)
{
	uv_poll_start(&s->tty.poll, events, on_poll);
}

static void opened(uv_work_t *work, int status)
{
	struct serial *s = serial_of(work);

	(void)status;
	if (s->tty.fd < 0) {
		serial_say(s, "%s", s->tty.why);
		port_is_down(s);
		return;
	}
	if (!s->tty.wanted || uv_poll_init(s->loop, &s->tty.poll, s->tty.fd) < 0) {
		start_closing(s);
		return;
	}
	s->tty.poll.data = s;
	listen_for(s, UV_READABLE);
	port_is_up(s);
}

static void tty_open(struct serial *s)
{
	s->tty.wanted = true;
	int e = uv_queue_work(s->loop, &s->tty.work, open_in_worker, opened);
	must(e == 0);
}

static ssize_t tty_write(struct serial *s, const uint8_t *bytes, size_t n)
{
	ssize_t took = write(s->tty.fd, bytes, n);

	if (took < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : uv_translate_sys_error(errno);
	return took;
}

static void tty_await(struct serial *s)
{
	listen_for(s, UV_READABLE | UV_WRITABLE);
}

static bool tty_has_more(const struct serial *s)
{
	int waiting = 0;

	return ioctl(s->tty.fd, FIONREAD, &waiting) == 0 && waiting > 0;
}

static void tty_talk(struct serial *s, bool on)
{
	int rts = TIOCM_RTS;

	ioctl(s->tty.fd, on == (s->to.drive == DRIVE_RTS_ON) ? TIOCMBIS : TIOCMBIC, &rts);
}

/* The driver's queue is empty, and so is the chip, if it says so. */
/* What it was given goes out at the line's own pace. */
static bool tty_holds(const struct serial *s)
{
	(void)s;
	return false;
}

static bool tty_drained(const struct serial *s)
{
	int left = 0;
	unsigned chip = 0;

	if (ioctl(s->tty.fd, TIOCOUTQ, &left) == 0 && left > 0)
		return false;
	return ioctl(s->tty.fd, TIOCSERGETLSR, &chip) != 0 || (chip & TIOCSER_TEMT) != 0;
}

const struct serial_ops serial_tty_ops = {
        .open = tty_open,
        .close = tty_close,
        .write = tty_write,
        .await = tty_await,
        .has_more = tty_has_more,
        .talk = tty_talk,
        .drained = tty_drained,
        .holds = tty_holds,
};
