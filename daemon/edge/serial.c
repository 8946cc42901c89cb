/*
 * Frames on a line: cut by silence, sent after silence.
 *
 *   bytes ──► in ──silence──► less our own echo ──► on_piece ──► dropped, or kept for MORE_NS
 *   serial_send ──► WAITING ──silence──► GOING ──port took all──► (LEAVING) ──► NONE
 *
 * Silence counts from the last byte heard and from the last bit that left; the clock is a timerfd,
 * for the loop's own timers are too coarse (three and a half characters are 1.75 ms and less than
 * two ticks of them).
 */
#include "serial_port.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define BACKOFF_MIN_MS 50
#define BACKOFF_MAX_MS 2000
/* A frame whose bytes an adapter hands over in portions (16 ms and more, as USB chips do) is kept
 * whole for so long after each, where the rest is known to be due. */
#define MORE_NS INT64_C(150000000)
/* Who answers hears its own frame within such a time, or has not; after it the same bytes are the
 * other side's. */
#define ECHO_NS INT64_C(50000000)

static int64_t now_ns(void)
{
	return (int64_t)uv_hrtime();
}

void serial_say(struct serial *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(s->trouble, sizeof s->trouble, format, args);
	va_end(args);
}

/* --- the clock --------------------------------------------------------------------------- */

static void wake_at(struct serial *s, int64_t at_ns)
{
	struct itimerspec when = {
	        .it_value = {.tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000}};

	must(timerfd_settime(s->clock, TFD_TIMER_ABSTIME, &when, NULL) == 0);
}

/* On the next turn of the loop. */
static void wake_now(struct serial *s)
{
	wake_at(s, 1); /* long past, and 0 would put the clock off */
}

static int64_t silent_at(const struct serial *s)
{
	return s->quiet_since_ns + s->silence_ns;
}

/* --- sending ----------------------------------------------------------------------------- */

static void finish_sending(struct serial *s)
{
	s->out_state = OUT_NONE;
	s->ops->talk(s, false);
	wake_at(s, silent_at(s));
}

/* We hold the line until the last bit has left: released too early, the frame is cut. */
static void leave(struct serial *s)
{
	if (now_ns() < s->quiet_since_ns)
		wake_at(s, s->quiet_since_ns);
	else if (!s->ops->drained(s))
		wake_at(s, now_ns() + s->char_ns);
	else
		finish_sending(s);
}

static void sent(struct serial *s)
{
	int64_t line_ns = (int64_t)s->out_len * s->char_ns;

	s->left_ns = s->quiet_since_ns = now_ns() + line_ns;
	s->sent_len = s->out_len;
	s->heard = false;
	s->out_state = s->turns ? OUT_LEAVING : OUT_NONE;
	wake_at(s, s->turns ? s->left_ns : silent_at(s));
	s->user.on_sent(s->user.owner, serial_line_ms(s, s->out_len));
}

static void go_on(struct serial *s)
{
	ssize_t took = s->ops->write(s, s->out + s->out_at, s->out_len - s->out_at);

	if (took < 0) {
		serial_say(s, "writing failed: %s", uv_strerror((int)took));
		s->broken = true; /* never a call-back inside serial_send */
		wake_now(s);
		return;
	}
	s->out_at += (size_t)took;
	if (s->out_at == s->out_len)
		sent(s);
	else
		s->ops->await(s);
}

static void begin_sending(struct serial *s)
{
	s->have = 0;
	s->out_at = 0;
	s->out_state = OUT_GOING;
	if (s->turns)
		s->ops->talk(s, true);
	go_on(s);
}

void port_writable(struct serial *s)
{
	if (s->out_state == OUT_GOING)
		go_on(s);
}

void port_took_rest(struct serial *s)
{
	s->out_at = s->out_len;
	if (s->out_state == OUT_GOING)
		sent(s);
}

bool serial_free(const struct serial *s)
{
	return serial_up(s) && s->out_state == OUT_NONE;
}

/* A frame and then nothing at all: nor an echo. */
static void learn_from_silence(struct serial *s)
{
	if (s->echo == ECHO_UNKNOWN && s->sent_len > 0 && !s->heard &&
	    now_ns() > s->left_ns + ECHO_NS && !s->ops->has_more(s))
		s->echo = ECHO_NO;
}

bool serial_knows_echo(struct serial *s)
{
	learn_from_silence(s);
	return s->echo != ECHO_UNKNOWN;
}

void serial_send(struct serial *s, const uint8_t *frame, size_t n)
{
	must(serial_free(s) && n >= RTU_MIN && n <= RTU_MAX);
	learn_from_silence(s);
	memcpy(s->out, frame, n);
	s->out_len = n;
	s->sent_len = 0;
	s->out_state = OUT_WAITING;
	/* It begins from the clock: on_sent is a call-back. */
	if (now_ns() >= silent_at(s))
		wake_now(s);
	else
		wake_at(s, silent_at(s));
}

bool serial_withdraw(struct serial *s)
{
	bool whole = s->out_state == OUT_WAITING || (s->out_state == OUT_GOING && s->out_at == 0);

	if (s->out_state == OUT_WAITING)
		s->out_state = OUT_NONE;
	if (s->out_state == OUT_GOING && serial_up(s)) {
		serial_say(s, "the port takes no bytes");
		s->broken = true;
		wake_now(s);
	}
	return whole;
}

void serial_take_back(struct serial *s)
{
	if (!serial_up(s) || !s->ops->holds(s))
		return;
	serial_say(s, "the network has not taken what was sent");
	s->broken = true;
	wake_now(s);
}

/* --- hearing ----------------------------------------------------------------------------- */

/* A device that obeys a 05, 06 or 16 says the same bytes as the request: there an echo cannot be
 * told from an answer, so that it must be known whether the line has one. Everywhere else it is
 * seen, and remembered until the line is opened again. */
static bool may_be_echo(const struct serial *s)
{
	if (s->sent_len == 0 || (s->user.answers && now_ns() > s->left_ns + ECHO_NS))
		return false;
	return s->echo != ECHO_NO || !rtu_answer_is_echo(s->out[1]);
}

static void take_out_echo(struct serial *s)
{
	if (!may_be_echo(s) || s->have < s->sent_len || memcmp(s->in, s->out, s->sent_len) != 0)
		return;
	if (!rtu_answer_is_echo(s->out[1]))
		s->echo = ECHO_YES;
	s->have -= s->sent_len;
	memmove(s->in, s->in + s->sent_len, s->have);
	s->sent_len = 0;
}

static bool begins_echo(const struct serial *s)
{
	return may_be_echo(s) && s->have < s->sent_len && memcmp(s->in, s->out, s->have) == 0;
}

/* A frame on a line that always repeats ours, and has not: both spoke at once. */
static bool echo_is_missing(const struct serial *s)
{
	return s->echo == ECHO_YES && may_be_echo(s);
}

static enum serial_heard judge_piece(struct serial *s)
{
	if (begins_echo(s))
		return SERIAL_MORE;
	if (echo_is_missing(s))
		return SERIAL_BAD;
	return s->user.on_piece(s->user.owner, s->in, s->have);
}

/* A good piece after this frame of ours, and no echo before it: the line has none. */
static bool tells_of_echo(const struct serial *s)
{
	return s->echo == ECHO_UNKNOWN && s->sent_len > 0 && !rtu_answer_is_echo(s->out[1]);
}

/* A piece has ended, or its beginning was kept long enough. */
static void take_piece(struct serial *s)
{
	take_out_echo(s);
	if (s->have == 0)
		return;
	bool tells = tells_of_echo(s);
	enum serial_heard heard = judge_piece(s); /* may send the next frame, or close the line */
	if (s->port != PORT_UP)
		return;
	if (heard == SERIAL_GOOD) {
		s->echo = tells ? ECHO_NO : s->echo;
		s->sent_len = 0;
	}
	if (heard == SERIAL_MORE && now_ns() < s->quiet_since_ns + MORE_NS) {
		wake_at(s, s->quiet_since_ns + MORE_NS);
		return;
	}
	s->have = 0;
}

void port_heard(struct serial *s, const uint8_t *bytes, size_t n)
{
	size_t room = sizeof s->in - s->have;

	s->heard = true;
	memcpy(s->in + s->have, bytes, n < room ? n : room);
	s->have += n < room ? n : room;
	if (now_ns() > s->quiet_since_ns) /* else our own last bits are still leaving */
		s->quiet_since_ns = now_ns();
	if (s->out_state != OUT_LEAVING)
		wake_at(s, silent_at(s));
}

/* --- turns ------------------------------------------------------------------------------- */

static void on_silence(struct serial *s)
{
	if (s->have > 0 && s->out_state != OUT_GOING)
		take_piece(s);
	if (s->port == PORT_UP && s->out_state == OUT_WAITING)
		begin_sending(s);
}

static void on_clock(uv_poll_t *tick, int status, int events)
{
	struct serial *s = tick->data;
	uint64_t times;

	(void)status;
	(void)events;
	if (read(s->clock, &times, sizeof times) < 0 || s->port != PORT_UP)
		return; /* set again meanwhile, or the line is gone */
	if (s->broken)
		serial_give_up(s);
	else if (s->out_state == OUT_LEAVING)
		leave(s);
	else if (s->ops->has_more(s))
		wake_at(s, now_ns() + s->silence_ns); /* not silent: the loop was late */
	else if (now_ns() < silent_at(s))
		wake_at(s, silent_at(s));
	else
		on_silence(s);
}

/* --- up and down ------------------------------------------------------------------------- */

void port_is_up(struct serial *s)
{
	s->port = PORT_UP;
	s->trouble[0] = '\0';
	s->backoff_ms = BACKOFF_MIN_MS;
	s->have = 0;
	s->broken = false;
	s->echo = ECHO_UNKNOWN;
	s->sent_len = 0;
	s->out_state = OUT_NONE;
	s->quiet_since_ns = now_ns();
	s->user.on_state(s->user.owner, true);
}

void serial_give_up(struct serial *s)
{
	must(s->port == PORT_UP);
	s->have = 0;
	s->ops->close(s);
	s->port = PORT_CLOSING;
	s->user.on_state(s->user.owner, false);
}

static void on_retry(uv_timer_t *retry)
{
	struct serial *s = retry->data;

	s->port = PORT_OPENING;
	s->ops->open(s);
}

static void on_handle_closed(uv_handle_t *h)
{
	struct serial *s = h->data;
	void (*closed)(void *) = s->closed;
	void *owner = s->user.owner;

	if (--s->live_handles > 0)
		return;
	close(s->clock);
	free(s);
	closed(owner);
}

static void close_handles(struct serial *s)
{
	uv_close((uv_handle_t *)&s->tick, on_handle_closed);
	uv_close((uv_handle_t *)&s->retry, on_handle_closed);
}

void port_is_down(struct serial *s)
{
	s->port = PORT_DOWN;
	if (s->closing) {
		close_handles(s);
		return;
	}
	uv_timer_start(&s->retry, on_retry, s->backoff_ms, 0);
	s->backoff_ms = 2 * s->backoff_ms < BACKOFF_MAX_MS ? 2 * s->backoff_ms : BACKOFF_MAX_MS;
}

bool serial_up(const struct serial *s)
{
	return s->port == PORT_UP && !s->broken;
}

const char *serial_trouble(const struct serial *s)
{
	return s->trouble;
}

int64_t serial_line_ms(const struct serial *s, size_t n)
{
	return ((int64_t)n * s->char_ns + 999999) / 1000000;
}

/* --- open, close ------------------------------------------------------------------------- */

static void copy_address(struct sockaddr_storage *to, const struct sockaddr *at)
{
	if (at != NULL && at->sa_family == AF_INET)
		memcpy(to, at, sizeof(struct sockaddr_in));
	if (at != NULL && at->sa_family == AF_INET6)
		memcpy(to, at, sizeof(struct sockaddr_in6));
}

struct serial *serial_open(uv_loop_t *loop, const struct transport *to, const struct sockaddr *at,
                           const struct serial_user *user)
{
	struct serial *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->clock = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (s->clock < 0 || uv_poll_init(loop, &s->tick, s->clock) < 0) {
		free(s);
		return NULL;
	}
	s->loop = loop;
	s->to = *to;
	copy_address(&s->at, at);
	s->user = *user;
	s->ops = to->kind == TRANSPORT_RTU ? &serial_tty_ops : &serial_tcp_ops;
	s->char_ns = transport_char_ns(to);
	s->silence_ns = transport_silence_ns(to);
	s->turns = to->drive == DRIVE_RTS_ON || to->drive == DRIVE_RTS_OFF;
	s->backoff_ms = BACKOFF_MIN_MS;
	uv_timer_init(loop, &s->retry);
	s->tick.data = s->retry.data = s;
	s->live_handles = 2;
	uv_poll_start(&s->tick, UV_READABLE, on_clock);
	uv_timer_start(&s->retry, on_retry, 0, 0);
	return s;
}

void serial_close(struct serial *s, void (*closed)(void *owner))
{
	must(!s->closing);
	s->closing = true;
	s->closed = closed;
	if (s->port == PORT_UP || s->port == PORT_OPENING)
		s->ops->close(s);
	if (s->port == PORT_DOWN)
		close_handles(s);
	else
		s->port = PORT_CLOSING;
}
