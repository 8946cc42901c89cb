/* serial: a line and its silence, on a pty whose other end the test holds. */
#include "given.h"

#include <arpa/inet.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "edge/given_pty.h"
#include "edge/serial.h"

/* Silence is made long where the test speaks in pieces, so that a busy machine is no noise. */
#define SLOW "19200:8N1:silence=60 ms"
#define FAST "115200:8N1"

/* --- what the port is told about its direction ------------------------------------------------
 *
 * A pty has no RTS. Whatever the port asks of the driver comes by here; what the test plays is
 * answered here. */

struct asked {
	bool plays_rts, plays_rs485;
	int drained_after; /* TIOCOUTQ says so many times that bytes are left */
	char log[64];      /* R: RTS on, r: RTS off, q: how much is left, 4: RS-485 */
};
static struct asked asked;

static void note(char what)
{
	size_t n = strlen(asked.log);

	if (n + 1 < sizeof asked.log) {
		asked.log[n] = what;
		asked.log[n + 1] = '\0';
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;

	va_start(args, request);
	void *arg = va_arg(args, void *);
	va_end(args);
	if (asked.plays_rts && (request == TIOCMBIS || request == TIOCMBIC)) {
		assert_i64(*(int *)arg, TIOCM_RTS);
		note(request == TIOCMBIS ? 'R' : 'r');
		return 0;
	}
	if (asked.plays_rts && request == TIOCOUTQ) {
		note('q');
		*(int *)arg = asked.drained_after-- > 0;
		return 0;
	}
	if (asked.plays_rs485 && request == TIOCGRS485)
		return 0;
	if (asked.plays_rs485 && request == TIOCSRS485) {
		note('4');
		return 0;
	}
	return (int)syscall(SYS_ioctl, fd, request, arg);
}

/* --- a line and who stands above it ------------------------------------------------------ */

#define PIECES_MAX 64

struct rig {
	uv_loop_t loop;
	struct pty pty;
	struct serial *s;
	int ups, downs, sents, n;
	int64_t line_ms;
	size_t len[PIECES_MAX];
	uint8_t piece[PIECES_MAX][RTU_MAX + 1];
	enum serial_heard says; /* of every piece */
	size_t wants;           /* says MORE until a piece is so long */
	bool closing, closed, close_on_state, close_on_piece;
};

static void rig_closed(void *owner)
{
	((struct rig *)owner)->closed = true;
}

static void rig_close(struct rig *r)
{
	r->close_on_state = r->close_on_piece = false;
	r->closing = true;
	serial_close(r->s, rig_closed);
}

static void on_state(void *owner, bool up)
{
	struct rig *r = owner;

	*(up ? &r->ups : &r->downs) += 1;
	if (r->close_on_state)
		rig_close(r);
}

static enum serial_heard on_piece(void *owner, const uint8_t *bytes, size_t n)
{
	struct rig *r = owner;

	assert_true(n > 0 && n <= RTU_MAX + 1);
	if (n < r->wants)
		return SERIAL_MORE;
	assert_true(r->n < PIECES_MAX);
	memcpy(r->piece[r->n], bytes, n);
	r->len[r->n++] = n;
	if (r->close_on_piece)
		rig_close(r);
	return r->says;
}

static void on_sent(void *owner, int64_t line_ms)
{
	struct rig *r = owner;

	r->sents++;
	r->line_ms = line_ms;
}

static void rig_prepare(struct rig *r)
{
	*r = (struct rig){.says = SERIAL_BAD};
	asked = (struct asked){.drained_after = 0};
	uv_loop_init(&r->loop);
	pty_make(&r->pty);
}

static void rig_start(struct rig *r, const char *settings, bool answers)
{
	struct transport to = pty_transport(&r->pty, settings);
	struct serial_user user = {.on_state = on_state,
	                           .on_piece = on_piece,
	                           .on_sent = on_sent,
	                           .owner = r,
	                           .answers = answers};

	r->s = serial_open(&r->loop, &to, NULL, &user);
	assert_non_null(r->s);
	assert_false(serial_up(r->s));
}

static void rig_open(struct rig *r, const char *settings, bool answers)
{
	rig_prepare(r);
	pty_plug(&r->pty);
	rig_start(r, settings, answers);
	LOOP_UNTIL(&r->loop, r->ups == 1);
	assert_true(serial_up(r->s) && serial_free(r->s));
	assert_text(serial_trouble(r->s), "");
}

static void rig_end(struct rig *r)
{
	if (!r->closing)
		rig_close(r);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	assert_true(r->closed);
	assert_i64(uv_loop_close(&r->loop), 0);
	pty_remove(&r->pty);
}

static void says(struct rig *r, const char *hex)
{
	uint8_t bytes[RTU_MAX];

	pty_says(&r->pty, bytes, given_bytes(hex, bytes));
}

static void heard(struct rig *r, int i, const char *hex)
{
	uint8_t bytes[RTU_MAX];
	size_t n = given_bytes(hex, bytes);

	LOOP_UNTIL(&r->loop, r->n > i);
	assert_i64(r->len[i], n);
	assert_memory_equal(r->piece[i], bytes, n);
}

static void send_frame(struct rig *r, const char *hex)
{
	uint8_t frame[RTU_MAX];
	int before = r->sents;

	serial_send(r->s, frame, given_frame(hex, frame));
	assert_i64(r->sents, before); /* never inside */
	assert_false(serial_free(r->s));
}

/* --- hearing ----------------------------------------------------------------------------- */

static void silence_ends_a_piece_and_nothing_else_does(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r, SLOW, false);
	says(&r, "01 02");
	loop_for(&r.loop, 10);
	says(&r, "03");
	loop_for(&r.loop, 10);
	says(&r, "04 05 06");
	assert_i64(r.n, 0);
	heard(&r, 0, "01 02 03 04 05 06");
	loop_for(&r.loop, 80);
	says(&r, "07");
	heard(&r, 1, "07");
	assert_i64(r.n, 2);
	rig_end(&r);
}

static void a_piece_is_given_after_its_silence_and_not_before(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r, SLOW, false);
	uint64_t before = clock_ms();
	says(&r, "01 03 00 00");
	heard(&r, 0, "01 03 00 00");
	assert_true(clock_ms() - before >= 60);
	rig_end(&r);
}

static void more_than_a_frame_is_cut_where_it_is_no_frame_any_more(void **state)
{
	(void)state;
	uint8_t babble[700];
	struct rig r;

	rig_open(&r, SLOW, false);
	memset(babble, 0x55, sizeof babble);
	pty_says(&r.pty, babble, sizeof babble);
	LOOP_UNTIL(&r.loop, r.n == 1);
	assert_i64(r.len[0], RTU_MAX + 1);
	says(&r, "01");
	heard(&r, 1, "01");
	rig_end(&r);
}

/* An adapter hands over a frame in portions; between them is more silence than ends a frame. */
static bool is_kept(void)
{
	static const uint8_t frame[] = {1, 2, 3, 4, 5, 6};
	struct gaps gaps = {0};
	struct rig r;

	rig_open(&r, FAST, false);
	r.wants = 6;
	gaps_say(&gaps, &r.pty, frame, 2);
	for (size_t i = 2; i < sizeof frame; i += 2) {
		loop_for(&r.loop, 8);
		gaps_say(&gaps, &r.pty, frame + i, 2);
	}
	loop_for(&r.loop, 20);
	bool whole = r.n == 1 && r.len[0] == 6;
	rig_end(&r);
	assert_true(whole || gaps.longest_ms > 120);
	return whole;
}

static void a_beginning_is_kept_for_a_moment(void **state)
{
	(void)state;
	for (int tries = 0; !is_kept(); tries++)
		assert_true(tries < 100);
}

static void a_beginning_is_not_kept_for_long(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r, FAST, false);
	r.wants = 4;
	says(&r, "01 02");
	loop_for(&r.loop, 250);
	says(&r, "03 04 05 06");
	heard(&r, 0, "03 04 05 06");
	assert_i64(r.n, 1);
	rig_end(&r);
}

/* --- sending ----------------------------------------------------------------------------- */

static void a_frame_goes_out_whole(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r, "9600:8E1", false);
	send_frame(&r, "01 03 0000 000A");
	pty_hears_frame(&r.pty, &r.loop, "01 03 0000 000A");
	LOOP_UNTIL(&r.loop, r.sents == 1);
	/* eight characters of eleven bits at 9600: 9.17 ms */
	assert_i64(r.line_ms, 10);
	assert_true(serial_free(r.s));
	rig_end(&r);
}

static void a_frame_waits_for_silence_and_what_came_before_is_not_its_answer(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r, SLOW, false);
	says(&r, "AA");
	loop_for(&r.loop, 5);
	send_frame(&r, "01 03 0000 000A");
	for (int i = 0; i < 3; i++) {
		pty_hears_nothing(&r.pty, &r.loop, 20);
		says(&r, "BB");
	}
	assert_i64(r.n, 0);
	pty_hears_frame(&r.pty, &r.loop, "01 03 0000 000A");
	heard(&r, 0,
	      "AA BB BB BB"); /* said, so that it can be counted; before the frame was sent */
	assert_i64(r.sents, 1);
	says(&r, "CC");
	heard(&r, 1, "CC");
	rig_end(&r);
}

static void a_beginning_that_was_kept_is_dropped_by_a_frame(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r, FAST, false);
	r.wants = 4;
	says(&r, "01 02");
	loop_for(&r.loop, 10);
	send_frame(&r, "01 03 0000 000A");
	pty_hears_frame(&r.pty, &r.loop, "01 03 0000 000A");
	says(&r, "03 04 05 06");
	heard(&r, 0, "03 04 05 06");
	rig_end(&r);
}

static void a_frame_that_waits_can_be_taken_back(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r, SLOW, false);
	says(&r, "AA");
	loop_for(&r.loop, 5);
	send_frame(&r, "01 06 0010 00C8");
	assert_true(serial_withdraw(r.s));
	assert_true(serial_free(r.s));
	pty_hears_nothing(&r.pty, &r.loop, 120);
	assert_i64(r.sents, 0);
	send_frame(&r, "01 03 0000 000A");
	pty_hears_frame(&r.pty, &r.loop, "01 03 0000 000A");
	assert_false(serial_withdraw(r.s)); /* it has gone */
	assert_true(serial_up(r.s));
	rig_end(&r);
}

/* Nobody takes bytes out of the pty: it fills, and a frame is stuck half way. */
static void a_frame_that_is_stuck_takes_the_line_with_it(void **state)
{
	(void)state;
	uint8_t frame[RTU_MAX], pdu[PDU_MAX] = {0x41};
	size_t n = rtu_put(frame, 1, pdu, sizeof pdu);
	int sents = 0;
	struct rig r;

	rig_open(&r, FAST, false);
	while (r.sents == sents) {
		sents++;
		serial_send(r.s, frame, n);
		uint64_t end = clock_ms() + 600;
		while (r.sents < sents && clock_ms() < end)
			uv_run(&r.loop, UV_RUN_NOWAIT);
		assert_true(sents < 1000);
	}
	(void)serial_withdraw(r.s);
	assert_i64(r.downs, 0);
	LOOP_UNTIL(&r.loop, r.downs == 1);
	LOOP_UNTIL(&r.loop, r.ups == 2);
	rig_end(&r);
}

/* --- our own frames, heard back ---------------------------------------------------------- */

/* Steps, one a character. We send: R a read, V its answer, W a write (and its answer, the same
 * bytes). The line says: r v w likewise, x something garbled. p: a silence; P: a long one. `want`
 * is what comes through, in the same letters; +: something else. */
struct echo_row {
	const char *name, *steps;
	bool answers;
	const char *want;
};

static const struct echo_row ECHOES[] = {
        {"no echo: the answer comes through", "Rvp", false, "v"},
        {"an echo is taken out, the answer comes through", "Rrpvp", false, "v"},
        {"an echo and the answer in one piece", "Rrvp", false, "v"},
        {"an echo and no answer is silence", "Rrp", false, ""},
        {"known not to echo: the answer to a write comes through", "RvpWwp", false, "vw"},
        {"known to echo: a write's echo is no answer", "RrpvpWwp", false, "v"},
        {"known to echo: the answer is what comes second", "RrpvpWwpwp", false, "vw"},
        {"known to echo: both in one piece", "RrpvpWwwp", false, "vw"},
        {"not known: the first repetition of a write is not believed", "Wwp", false, ""},
        {"not known: the second is", "Wwpwp", false, "w"},
        {"known to echo: a garbled echo spoils what follows", "RrpvpWxpwp", false, "v"},
        {"but not the next frame", "RrpvpWxpwpRrpvp", false, "vv"},
        {"known to echo: without it even the right answer is none", "RrpvpRvp", false, "v"},
        {"a line that begins to echo is found out by a read", "RvpRrpvpWwp", false, "vv"},
        {"who answers a write and hears it, heard itself", "Wwp", true, ""},
        {"who answers a write and hears it twice, heard a request", "Wwpwp", true, "w"},
        {"who answers a write and hears it later, heard a request", "WPwp", true, "w"},
        {"who answers, known not to hear itself, hears the same write at once", "VrpWwp", true,
         "rw"},
        {"who answers a read and hears it, heard itself", "Vvp", true, ""},
        {"a garbled echo does not make who answers deaf", "VvpVxPrp", true, "r"},
};

static const char *hex_of(char what)
{
	switch (what) {
	case 'R':
	case 'r':
		return "01 03 0000 0001";
	case 'V':
	case 'v':
		return "01 03 02 1234";
	default:
		return "01 06 0010 00C8";
	}
}

static void take_step(struct rig *r, char what)
{
	if (what == 'p' || what == 'P') {
		loop_for(&r->loop, what == 'p' ? 16 : 100);
	} else if (what == 'x') {
		says(r, "01 06 0010 00C8 8998");
	} else if (what >= 'a') {
		pty_says_frame(&r->pty, hex_of(what));
	} else {
		send_frame(r, hex_of(what));
		pty_hears_frame(&r->pty, &r->loop, hex_of(what));
	}
}

static char letter_of(const struct rig *r, int i)
{
	uint8_t frame[RTU_MAX];

	for (const char *c = "rvw"; *c != '\0'; c++) {
		size_t n = given_frame(hex_of(*c), frame);

		if (n == r->len[i] && memcmp(frame, r->piece[i], n) == 0)
			return *c;
	}
	return '+';
}

/* False: the machine was busy, and what came late was no echo. */
static bool echo_is_heard(const struct echo_row *row, char got[PIECES_MAX + 1])
{
	bool in_time = true;
	struct rig r;

	memset(got, 0, PIECES_MAX + 1);
	rig_open(&r, "57600:8N1:silence=5 ms", row->answers);
	r.says = SERIAL_GOOD;
	for (const char *s = row->steps; *s != '\0'; s++) {
		uint64_t before = clock_ms();

		take_step(&r, *s);
		in_time = in_time && clock_ms() - before < (*s == 'P' ? 200 : 25);
	}
	for (int i = 0; i < r.n; i++)
		got[i] = letter_of(&r, i);
	rig_end(&r);
	return in_time;
}

static void echo_is_told_apart(void **state)
{
	const struct echo_row *row = *state;
	char got[PIECES_MAX + 1];
	int tries = 0;

	while (!echo_is_heard(row, got) && strcmp(got, row->want) != 0)
		assert_true(++tries < 100);
	assert_text(got, row->want);
}

/* --- pulled out, put in again ------------------------------------------------------------ */

static void a_line_pulled_out_is_lost_and_one_put_in_is_found(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r, FAST, false);
	for (int i = 1; i <= 2; i++) {
		pty_pull(&r.pty);
		LOOP_UNTIL(&r.loop, r.downs == i);
		assert_false(serial_up(r.s) || serial_free(r.s));
		assert_contains(serial_trouble(r.s), "lost");
		loop_for(&r.loop, 120);
		assert_contains(serial_trouble(r.s), "cannot be opened");
		pty_plug(&r.pty);
		LOOP_UNTIL(&r.loop, r.ups == i + 1);
		send_frame(&r, "01 03 0000 0001");
		pty_hears_frame(&r.pty, &r.loop, "01 03 0000 0001");
		says(&r, "01 02 03");
		heard(&r, i - 1, "01 02 03");
	}
	rig_end(&r);
}

static void what_was_half_heard_before_is_not_heard_after(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r, SLOW, false);
	says(&r, "01 03");
	loop_for(&r.loop, 5);
	pty_pull(&r.pty);
	LOOP_UNTIL(&r.loop, r.downs == 1);
	pty_plug(&r.pty);
	LOOP_UNTIL(&r.loop, r.ups == 2);
	says(&r, "AA BB");
	heard(&r, 0, "AA BB");
	rig_end(&r);
}

static void the_tty_is_set_as_a_wire_for_bytes(void **state)
{
	(void)state;
	struct termios t;
	struct rig r;

	rig_open(&r, "38400:8N2", false);
	assert_i64(tcgetattr(r.pty.far_end, &t), 0); /* of a pty: the near end's */
	assert_i64(cfgetospeed(&t), B38400);
	assert_true((t.c_cflag & CLOCAL) != 0); /* opening and reading never wait for a carrier */
	assert_true((t.c_cflag & CSTOPB) != 0);
	assert_i64(t.c_lflag & (ICANON | ECHO | ISIG), 0);
	assert_i64(t.c_iflag & (IXON | IXOFF | ICRNL | INLCR | ISTRIP), 0);
	assert_i64(t.c_oflag & OPOST, 0);
	assert_i64(t.c_cflag & CRTSCTS, 0);
	rig_end(&r);
}

static void stays_down_for(struct rig *r, const char *why)
{
	LOOP_UNTIL(&r->loop, serial_trouble(r->s)[0] != '\0');
	assert_contains(serial_trouble(r->s), why);
	loop_for(&r->loop, 100);
	assert_i64(r->ups, 0);
	rig_end(r);
}

static void a_line_that_is_not_there_is_tried_again(void **state)
{
	(void)state;
	struct rig r;

	rig_prepare(&r);
	rig_start(&r, FAST, false);
	LOOP_UNTIL(&r.loop, serial_trouble(r.s)[0] != '\0');
	assert_contains(serial_trouble(r.s), "No such file");
	pty_plug(&r.pty);
	LOOP_UNTIL(&r.loop, r.ups == 1);
	rig_end(&r);
}

static void a_file_is_no_line(void **state)
{
	(void)state;
	struct rig r;

	rig_prepare(&r);
	int fd = open(r.pty.path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	rig_start(&r, FAST, false);
	LOOP_UNTIL(&r.loop, serial_trouble(r.s)[0] != '\0');
	unlink(r.pty.path);
	stays_down_for(&r, "cannot be opened");
}

static void a_line_that_somebody_has_is_not_taken(void **state)
{
	(void)state;
	struct rig r;

	rig_prepare(&r);
	pty_plug(&r.pty);
	int fd = open(r.pty.path, O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_i64(flock(fd, LOCK_EX), 0);
	rig_start(&r, FAST, false);
	LOOP_UNTIL(&r.loop, serial_trouble(r.s)[0] != '\0');
	assert_contains(serial_trouble(r.s), "taken: another program");
	close(fd);
	LOOP_UNTIL(&r.loop, r.ups == 1);
	rig_end(&r);
}

static void a_driver_that_cannot_turn_the_line_is_said(void **state)
{
	(void)state;
	struct rig r;

	rig_prepare(&r);
	pty_plug(&r.pty);
	rig_start(&r, FAST ":rs485", false);
	stays_down_for(&r, "rs485");
}

static void a_port_without_rts_is_said(void **state)
{
	(void)state;
	struct rig r;

	for (int i = 0; i < 2; i++) {
		rig_prepare(&r);
		pty_plug(&r.pty);
		rig_start(&r, i == 0 ? FAST ":rts" : FAST ":rts-", false);
		stays_down_for(&r, "RTS cannot be switched");
	}
}

static void the_driver_turns_the_line_when_asked_to(void **state)
{
	(void)state;
	struct rig r;

	rig_prepare(&r);
	asked.plays_rs485 = true;
	pty_plug(&r.pty);
	rig_start(&r, FAST ":rs485", false);
	LOOP_UNTIL(&r.loop, r.ups == 1);
	assert_text(asked.log, "4");
	rig_end(&r);
}

struct rts_row {
	const char *name, *settings, *want;
};

/* idle, then for each of two frames: on, how much is left until nothing is, off */
static const struct rts_row RTS[] = {
        {"RTS is on while we send", FAST ":rts", "rRqqqrRqr"},
        {"RTS is off while we send", FAST ":rts-", "RrqqqRrqR"},
};

static void rts_turns_the_line(void **state)
{
	const struct rts_row *row = *state;
	struct rig r;

	rig_prepare(&r);
	asked.plays_rts = true;
	asked.drained_after = 2;
	pty_plug(&r.pty);
	rig_start(&r, row->settings, false);
	LOOP_UNTIL(&r.loop, r.ups == 1);
	for (int i = 0; i < 2; i++) {
		send_frame(&r, "01 03 0000 0001");
		pty_hears_frame(&r.pty, &r.loop, "01 03 0000 0001");
		LOOP_UNTIL(&r.loop, serial_free(r.s));
	}
	assert_text(asked.log, row->want);
	says(&r, "07");
	heard(&r, 0, "07");
	rig_end(&r);
}

/* --- behind a device server -------------------------------------------------------------- */

static const int FEW = 4096;

struct server {
	struct sockaddr_in at; /* port 0 to begin with, later its own */
	int listener;
};

static void server_listen(struct server *v)
{
	socklen_t n = sizeof v->at;
	int yes = 1;

	v->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(v->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	setsockopt(v->listener, SOL_SOCKET, SO_RCVBUF, &FEW, sizeof FEW);
	v->at.sin_family = AF_INET;
	v->at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_i64(bind(v->listener, (struct sockaddr *)&v->at, sizeof v->at), 0);
	assert_i64(listen(v->listener, 4), 0);
	assert_i64(getsockname(v->listener, (struct sockaddr *)&v->at, &n), 0);
}

/* The far end of the line is now what the server has accepted. */
static void server_accepts(struct server *v, struct rig *r)
{
	LOOP_UNTIL(&r->loop,
	           (r->pty.far_end = accept4(v->listener, NULL, NULL, SOCK_NONBLOCK)) >= 0);
}

static void rig_connect(struct rig *r, struct server *v)
{
	struct transport to;
	struct serial_user user = {
	        .on_state = on_state, .on_piece = on_piece, .on_sent = on_sent, .owner = r};

	rig_prepare(r);
	*v = (struct server){.listener = -1};
	server_listen(v);
	assert_i64(transport_take("rtu+tcp:127.0.0.1:4001:silence=8 ms", &to), TRANSPORT_OK);
	r->s = serial_open(&r->loop, &to, (struct sockaddr *)&v->at, &user);
	LOOP_UNTIL(&r->loop, r->ups == 1);
	server_accepts(v, r);
}

static void server_end(struct server *v, struct rig *r)
{
	rig_end(r);
	close(v->listener);
}

static void frames_go_through_a_device_server(void **state)
{
	(void)state;
	struct server v;
	struct rig r;

	rig_connect(&r, &v);
	send_frame(&r, "01 03 0000 0001");
	pty_hears_frame(&r.pty, &r.loop, "01 03 0000 0001");
	assert_i64(r.line_ms, 0);
	says(&r, "01 03 02");
	loop_for(&r.loop, 2);
	says(&r, "12 34");
	heard(&r, 0, "01 03 02 12 34");
	server_end(&v, &r);
}

static void a_device_server_that_goes_is_connected_to_again(void **state)
{
	(void)state;
	struct server v;
	struct rig r;

	rig_connect(&r, &v);
	close(r.pty.far_end);
	LOOP_UNTIL(&r.loop, r.downs == 1);
	assert_contains(serial_trouble(r.s), "connection broke");
	LOOP_UNTIL(&r.loop, r.ups == 2);
	server_accepts(&v, &r);
	says(&r, "01 02");
	heard(&r, 0, "01 02");
	server_end(&v, &r);
}

static void nobody_at_the_port_is_said_and_tried_again(void **state)
{
	(void)state;
	struct server v;
	struct rig r;

	rig_connect(&r, &v);
	close(v.listener);
	close(r.pty.far_end);
	r.pty.far_end = -1;
	LOOP_UNTIL(&r.loop, r.downs == 1);
	LOOP_UNTIL(&r.loop, strstr(serial_trouble(r.s), "no connection") != NULL);
	loop_for(&r.loop, 100);
	assert_i64(r.ups, 1);
	server_listen(&v);
	LOOP_UNTIL(&r.loop, r.ups == 2);
	server_accepts(&v, &r);
	server_end(&v, &r);
}

/* The socket that is connected to the server is made to hold few bytes. */
static void make_narrow(const struct server *v)
{
	for (int fd = 3; fd < 256; fd++) {
		struct sockaddr_in to;
		socklen_t n = sizeof to;

		if (getpeername(fd, (struct sockaddr *)&to, &n) == 0 &&
		    to.sin_port == v->at.sin_port)
			setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &FEW, sizeof FEW);
	}
}

/* The stream fills as a pty does, and what it does not take is the loop's to write. */
static void a_device_server_that_is_slow_gets_the_rest_later(void **state)
{
	(void)state;
	uint8_t frame[RTU_MAX], pdu[PDU_MAX] = {0x41};
	size_t n = rtu_put(frame, 1, pdu, sizeof pdu);
	int sents = 0;
	struct server v;
	struct rig r;

	rig_connect(&r, &v);
	make_narrow(&v);
	while (r.sents == sents) {
		sents++;
		serial_send(r.s, frame, n);
		uint64_t end = clock_ms() + 300;
		while (r.sents < sents && clock_ms() < end)
			uv_run(&r.loop, UV_RUN_NOWAIT);
	}
	/* it goes on where it stood, when there is room again */
	uint8_t sink[65536];
	LOOP_UNTIL(&r.loop, (pty_hears(&r.pty, sink, sizeof sink), r.sents == sents));
	assert_true(serial_free(r.s));
	server_end(&v, &r);
}

/* --- closing ----------------------------------------------------------------------------- */

static void closing_while_opening(void **state)
{
	(void)state;
	struct rig r;

	rig_prepare(&r);
	pty_plug(&r.pty);
	rig_start(&r, FAST, false);
	uv_run(&r.loop, UV_RUN_NOWAIT); /* the worker has it */
	rig_end(&r);
	assert_i64(r.ups, 0);
}

static void closing_before_anything(void **state)
{
	(void)state;
	struct rig r;

	rig_prepare(&r);
	rig_start(&r, FAST, false);
	rig_end(&r);
}

static void closing_while_it_waits_to_try_again(void **state)
{
	(void)state;
	struct rig r;

	rig_prepare(&r);
	rig_start(&r, FAST, false);
	LOOP_UNTIL(&r.loop, serial_trouble(r.s)[0] != '\0');
	rig_end(&r);
}

static void closing_when_it_comes_up_and_when_it_is_lost(void **state)
{
	(void)state;
	struct rig r;

	rig_prepare(&r);
	pty_plug(&r.pty);
	r.close_on_state = true;
	rig_start(&r, FAST, false);
	LOOP_UNTIL(&r.loop, r.ups == 1);
	uv_run(&r.loop, UV_RUN_DEFAULT);
	assert_true(r.closed);
	rig_end(&r);

	rig_open(&r, FAST, false);
	r.close_on_state = true;
	pty_pull(&r.pty);
	LOOP_UNTIL(&r.loop, r.downs == 1);
	uv_run(&r.loop, UV_RUN_DEFAULT);
	assert_true(r.closed);
	rig_end(&r);
}

static void closing_from_inside_a_piece(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r, FAST, false);
	r.close_on_piece = true;
	says(&r, "01 02 03");
	LOOP_UNTIL(&r.loop, r.n == 1);
	rig_end(&r);
}

static void closing_with_a_frame_that_waits(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r, SLOW, false);
	says(&r, "AA");
	loop_for(&r.loop, 5);
	send_frame(&r, "01 03 0000 0001");
	rig_end(&r);
	assert_i64(r.sents, 0);
}

static void closing_while_connecting_to_a_server(void **state)
{
	(void)state;
	struct transport to;
	struct sockaddr_in nowhere = {.sin_family = AF_INET, .sin_port = htons(9)};
	struct serial_user user = {.on_state = on_state, .on_piece = on_piece, .on_sent = on_sent};
	struct rig r;

	rig_prepare(&r);
	user.owner = &r;
	inet_pton(AF_INET, "198.51.100.1", &nowhere.sin_addr); /* nobody's: RFC 5737 */
	assert_i64(transport_take("rtu+tcp:198.51.100.1:9", &to), TRANSPORT_OK);
	r.s = serial_open(&r.loop, &to, (struct sockaddr *)&nowhere, &user);
	uv_run(&r.loop, UV_RUN_NOWAIT);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(silence_ends_a_piece_and_nothing_else_does),
	        cmocka_unit_test(a_piece_is_given_after_its_silence_and_not_before),
	        cmocka_unit_test(more_than_a_frame_is_cut_where_it_is_no_frame_any_more),
	        cmocka_unit_test(a_beginning_is_kept_for_a_moment),
	        cmocka_unit_test(a_beginning_is_not_kept_for_long),
	        cmocka_unit_test(a_frame_goes_out_whole),
	        cmocka_unit_test(a_frame_waits_for_silence_and_what_came_before_is_not_its_answer),
	        cmocka_unit_test(a_beginning_that_was_kept_is_dropped_by_a_frame),
	        cmocka_unit_test(a_frame_that_waits_can_be_taken_back),
	        cmocka_unit_test(a_frame_that_is_stuck_takes_the_line_with_it),
	        cmocka_unit_test(a_line_pulled_out_is_lost_and_one_put_in_is_found),
	        cmocka_unit_test(what_was_half_heard_before_is_not_heard_after),
	        cmocka_unit_test(the_tty_is_set_as_a_wire_for_bytes),
	        cmocka_unit_test(a_line_that_is_not_there_is_tried_again),
	        cmocka_unit_test(a_file_is_no_line),
	        cmocka_unit_test(a_line_that_somebody_has_is_not_taken),
	        cmocka_unit_test(a_driver_that_cannot_turn_the_line_is_said),
	        cmocka_unit_test(a_port_without_rts_is_said),
	        cmocka_unit_test(the_driver_turns_the_line_when_asked_to),
	        cmocka_unit_test(frames_go_through_a_device_server),
	        cmocka_unit_test(a_device_server_that_goes_is_connected_to_again),
	        cmocka_unit_test(nobody_at_the_port_is_said_and_tried_again),
	        cmocka_unit_test(a_device_server_that_is_slow_gets_the_rest_later),
	        cmocka_unit_test(closing_while_opening),
	        cmocka_unit_test(closing_before_anything),
	        cmocka_unit_test(closing_while_it_waits_to_try_again),
	        cmocka_unit_test(closing_when_it_comes_up_and_when_it_is_lost),
	        cmocka_unit_test(closing_from_inside_a_piece),
	        cmocka_unit_test(closing_with_a_frame_that_waits),
	        cmocka_unit_test(closing_while_connecting_to_a_server),
	};
	int failures = cmocka_run_group_tests_name("serial", tests, NULL, NULL);

	failures += RUN_ROWS("what the line repeats:", ECHOES, echo_is_told_apart);
	failures += RUN_ROWS("who turns the line:", RTS, rts_turns_the_line);
	return failures != 0;
}
