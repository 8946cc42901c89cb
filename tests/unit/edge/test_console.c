/* console: panels that behave and panels that do not, on real sockets of this machine. */
#include "given.h"

#include <arpa/inet.h>
#include <errno.h>
#include <modbus.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/console.h"

#define PATIENCE_MS 5000 /* a test that waits longer for what must come has failed */
#define FRAMES      256

struct seen {
	struct console_ref who;
	uint16_t tid;
	uint8_t unit;
	uint8_t pdu[PDU_MAX];
	size_t pdu_len;
};

struct room {
	uv_loop_t loop;
	struct consoles *c;
	enum { LATER, AT_ONCE, DROP, CLOSE } answer;
	struct seen seen[FRAMES];
	size_t n_seen;
	char events[4096];
	bool closed;
};

static void room_closed(void *owner)
{
	((struct room *)owner)->closed = true;
}

/* The answer is the pdu itself: it is easy to see which is which. */
static void answer(struct room *r, const struct seen *s)
{
	console_answer(r->c, s->who, s->tid, s->unit, s->pdu, s->pdu_len);
}

static void on_frame(void *owner, struct console_ref who, const struct frame *f)
{
	struct room *r = owner;
	struct seen *s = &r->seen[r->n_seen++ % FRAMES];

	*s = (struct seen){.who = who, .tid = f->tid, .unit = f->unit, .pdu_len = f->pdu_len};
	memcpy(s->pdu, f->pdu, f->pdu_len);
	if (r->answer == AT_ONCE)
		answer(r, s);
	if (r->answer == DROP)
		console_drop(r->c, who, "closed: the test says so");
	if (r->answer == CLOSE)
		consoles_close(r->c, room_closed);
}

static void on_event(void *owner, const char *address, const char *what)
{
	struct room *r = owner;
	size_t n = strlen(r->events);

	assert_true(strlen(address) > 0);
	snprintf(r->events + n, sizeof r->events - n, "%s; ", what);
}

static struct console_rules usual(void)
{
	return (struct console_rules){
	        .max = 4, .idle_ms = 60000, .partial_ms = 60000, .unread_bytes = 4096};
}

static void room_open_at(struct room *r, const char *host, struct console_rules rules)
{
	struct sockaddr_storage a;
	char why[200];

	*r = (struct room){.answer = AT_ONCE};
	if (strchr(host, ':') != NULL)
		assert_i64(uv_ip6_addr(host, 0, (struct sockaddr_in6 *)&a), 0);
	else
		assert_i64(uv_ip4_addr(host, 0, (struct sockaddr_in *)&a), 0);
	assert_i64(uv_loop_init(&r->loop), 0);
	r->c = consoles_open(&r->loop, (struct sockaddr *)&a, &rules, on_frame, on_event, r, why,
	                     sizeof why);
	assert_non_null(r->c);
	assert_true(consoles_port(r->c) > 0);
}

static void room_open(struct room *r, struct console_rules rules)
{
	room_open_at(r, "127.0.0.1", rules);
}

static void room_end(struct room *r)
{
	if (!r->closed)
		consoles_close(r->c, room_closed);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	assert_true(r->closed);
	assert_i64(uv_loop_close(&r->loop), 0);
}

#define UNTIL(r, cond)                                               \
	do {                                                         \
		uint64_t end_ = uv_hrtime() / 1000000 + PATIENCE_MS; \
		while (!(cond)) {                                    \
			assert_true(uv_hrtime() / 1000000 < end_);   \
			uv_run(&(r)->loop, UV_RUN_ONCE);             \
		}                                                    \
	} while (0)

/* Enough turns for what is on the way to be read and answered. */
static void turns(struct room *r)
{
	for (int i = 0; i < 5; i++)
		uv_run(&r->loop, UV_RUN_NOWAIT);
}

/* --- panels ---------------------------------------------------------------------------- */

/* A panel with a small receive buffer of `small` bytes is soon full; 0: the usual. */
static int panel_with(struct room *r, const char *host, int small)
{
	struct sockaddr_storage a = {0};
	bool six = strchr(host, ':') != NULL;
	int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0), yes = 1;

	if (six)
		uv_ip6_addr(host, consoles_port(r->c), (struct sockaddr_in6 *)&a);
	else
		uv_ip4_addr(host, consoles_port(r->c), (struct sockaddr_in *)&a);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	if (small > 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	assert_i64(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

static int panel(struct room *r)
{
	return panel_with(r, "127.0.0.1", 0);
}

static int panel_connected(struct room *r)
{
	int before = consoles_count(r->c);
	int fd = panel(r);

	UNTIL(r, consoles_count(r->c) == before + 1);
	return fd;
}

static void tell(int fd, const void *bytes, size_t n)
{
	assert_i64(send(fd, bytes, n, MSG_NOSIGNAL), n);
}

/* Bytes read until n have come or the gate closed; -1: neither in time. */
static ssize_t hear(struct room *r, int fd, uint8_t *to, size_t n)
{
	uint64_t end = uv_hrtime() / 1000000 + PATIENCE_MS;
	size_t have = 0;

	while (have < n) {
		ssize_t got = recv(fd, to + have, n - have, MSG_DONTWAIT);

		if (got == 0 || (got < 0 && errno == ECONNRESET))
			return (ssize_t)have;
		if (got > 0)
			have += (size_t)got;
		else if (uv_hrtime() / 1000000 > end)
			return -1;
		else
			uv_run(&r->loop, UV_RUN_ONCE);
	}
	return (ssize_t)have;
}

static void assert_closed(struct room *r, int fd)
{
	uint8_t byte;

	assert_i64(hear(r, fd, &byte, 1), 0);
	close(fd);
}

static void assert_hears_nothing(struct room *r, int fd)
{
	uint8_t byte;

	turns(r);
	assert_i64(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
	assert_i64(errno, EAGAIN);
}

/* A read of two registers at `tid`, as a frame of 12 bytes. */
#define READ_LEN 12
static void put_read(uint8_t out[READ_LEN], uint16_t tid)
{
	const uint8_t frame[READ_LEN] = {
	        (uint8_t)(tid >> 8), (uint8_t)tid, 0, 0, 0, 6, 1, 3, 0, 16, 0, 2};

	memcpy(out, frame, READ_LEN);
}

static void assert_answers(struct room *r, int fd, uint16_t first, uint16_t n)
{
	uint8_t want[READ_LEN], got[READ_LEN];

	for (uint16_t i = 0; i < n; i++) {
		put_read(want, (uint16_t)(first + i));
		assert_i64(hear(r, fd, got, READ_LEN), READ_LEN);
		assert_memory_equal(got, want, READ_LEN);
	}
}

/* --- framing ----------------------------------------------------------------------------- */

static void a_frame_may_be_cut_anywhere(void **state)
{
	(void)state;
	struct room r;
	uint8_t frame[READ_LEN];

	room_open(&r, usual());
	int fd = panel_connected(&r);
	for (uint16_t cut = 1; cut < READ_LEN; cut++) {
		put_read(frame, cut);
		tell(fd, frame, cut);
		assert_hears_nothing(&r, fd);
		assert_i64(r.n_seen, cut - 1);
		tell(fd, frame + cut, READ_LEN - (size_t)cut);
		assert_answers(&r, fd, cut, 1);
	}
	assert_i64(r.seen[3].unit, 1);
	assert_i64(r.seen[3].pdu_len, 5);
	close(fd);
	room_end(&r);
}

static void one_byte_at_a_time_is_the_same(void **state)
{
	(void)state;
	struct room r;
	uint8_t frame[READ_LEN];

	room_open(&r, usual());
	int fd = panel_connected(&r);
	put_read(frame, 77);
	for (size_t i = 0; i < READ_LEN; i++) {
		tell(fd, frame + i, 1);
		turns(&r);
	}
	assert_answers(&r, fd, 77, 1);
	assert_i64(r.n_seen, 1);
	close(fd);
	room_end(&r);
}

static void glued_frames_are_answered_in_order(void **state)
{
	(void)state;
	struct room r;
	uint8_t stream[20 * READ_LEN];

	room_open(&r, usual());
	int fd = panel_connected(&r);
	for (uint16_t i = 0; i < 20; i++)
		put_read(stream + i * READ_LEN, (uint16_t)(100 + i));
	tell(fd, stream, sizeof stream - 5); /* the last one cut */
	assert_answers(&r, fd, 100, 19);
	tell(fd, stream + sizeof stream - 5, 5);
	assert_answers(&r, fd, 119, 1);
	close(fd);
	room_end(&r);
}

static void the_second_is_taken_when_the_first_is_answered(void **state)
{
	(void)state;
	struct room r;
	uint8_t stream[3 * READ_LEN];

	room_open(&r, usual());
	r.answer = LATER;
	int fd = panel_connected(&r);
	for (uint16_t i = 0; i < 3; i++)
		put_read(stream + i * READ_LEN, (uint16_t)(1 + i));
	tell(fd, stream, sizeof stream);
	for (size_t i = 0; i < 3; i++) {
		UNTIL(&r, r.n_seen == i + 1);
		assert_hears_nothing(&r, fd);
		assert_i64(r.n_seen, i + 1);
		answer(&r, &r.seen[i]);
		assert_i64(r.n_seen, i + 1); /* never inside console_answer */
		assert_answers(&r, fd, (uint16_t)(1 + i), 1);
	}
	close(fd);
	room_end(&r);
}

static void no_more_than_a_buffer_is_read_before_the_answer(void **state)
{
	(void)state;
	struct room r;
	enum { N = 200 }; /* 2400 bytes: more than two buffers */
	uint8_t stream[N * READ_LEN];

	room_open(&r, usual());
	r.answer = LATER;
	int fd = panel_connected(&r);
	for (uint16_t i = 0; i < N; i++)
		put_read(stream + i * READ_LEN, i);
	tell(fd, stream, sizeof stream);
	UNTIL(&r, r.n_seen == 1);
	turns(&r); /* the buffer is full now, and the room sleeps instead of spinning */
	for (uint16_t i = 0; i < N; i++) {
		UNTIL(&r, r.n_seen == (size_t)i + 1);
		answer(&r, &r.seen[i]);
		assert_answers(&r, fd, i, 1);
	}
	close(fd);
	UNTIL(&r, consoles_count(r.c) == 0);
	room_end(&r);
}

static void the_longest_frame_passes(void **state)
{
	(void)state;
	struct room r;
	uint8_t frame[ADU_MAX] = {0, 9, 0, 0, 0, 254, 1, 0x41}, got[ADU_MAX];

	room_open(&r, usual());
	int fd = panel_connected(&r);
	tell(fd, frame, sizeof frame);
	assert_i64(hear(&r, fd, got, sizeof got), sizeof got);
	assert_memory_equal(got, frame, sizeof got);
	close(fd);
	room_end(&r);
}

struct foreign_row {
	const char *name, *bytes;
	size_t n;
};

static const struct foreign_row FOREIGN[] = {
        {"length 0", "\0\1\0\0\0\0\1\3", 8},
        {"length 1", "\0\1\0\0\0\1\1\3", 8},
        {"length 255", "\0\1\0\0\0\377\1\3", 8},
        {"length 65535", "\0\1\0\0\377\377\1\3", 8},
        {"protocol 1", "\0\1\0\1\0\6\1\3\0\0\0\1", 12},
        {"a browser", "GET / HTTP/1.1\r\n\r\n", 18},
        {"a TLS hello", "\26\3\1\2\0\1\0\1\374\3\3", 11},
};

static void closes_the_connection(void **state)
{
	const struct foreign_row *row = *state;
	struct room r;
	uint8_t frame[READ_LEN];

	room_open(&r, usual());
	int fd = panel_connected(&r);
	tell(fd, row->bytes, row->n);
	assert_closed(&r, fd);
	assert_i64(r.n_seen, 0);
	assert_contains(r.events, "closed: it does not speak Modbus/TCP");

	r.events[0] = '\0'; /* after a good frame it is the same, and that one is answered */
	fd = panel_connected(&r);
	put_read(frame, 5);
	tell(fd, frame, READ_LEN);
	assert_answers(&r, fd, 5, 1);
	tell(fd, row->bytes, row->n);
	assert_closed(&r, fd);
	assert_i64(r.n_seen, 1);
	assert_contains(r.events, "closed: it does not speak Modbus/TCP");
	room_end(&r);
}

static void what_follows_an_open_request_is_judged_after_its_answer(void **state)
{
	(void)state;
	struct room r;
	uint8_t bytes[READ_LEN + 16] = {0};

	room_open(&r, usual());
	r.answer = LATER;
	int fd = panel_connected(&r);
	put_read(bytes, 1);
	memcpy(bytes + READ_LEN, "GET / HTTP/1.1\r\n", 16);
	tell(fd, bytes, sizeof bytes);
	UNTIL(&r, r.n_seen == 1);
	turns(&r);
	assert_i64(consoles_count(r.c), 1);
	answer(&r, &r.seen[0]);
	assert_answers(&r, fd, 1, 1);
	assert_closed(&r, fd);
	room_end(&r);
}

/* --- time ---------------------------------------------------------------------------------- */

static void an_idle_console_is_evicted(void **state)
{
	(void)state;
	struct room r;
	struct console_rules rules = usual();

	rules.idle_ms = 120;
	room_open(&r, rules);
	int fd = panel_connected(&r);
	uint64_t start = uv_hrtime() / 1000000;
	assert_closed(&r, fd);
	assert_true(uv_hrtime() / 1000000 - start >= 110);
	assert_contains(r.events, "closed: nothing heard from it");
	assert_i64(consoles_count(r.c), 0);
	room_end(&r);
}

static void a_console_that_speaks_is_not_idle(void **state)
{
	(void)state;
	struct room r;
	struct console_rules rules = usual();
	uint8_t frame[READ_LEN];

	rules.idle_ms = 200;
	room_open(&r, rules);
	int fd = panel_connected(&r);
	put_read(frame, 1);
	for (uint64_t end = uv_hrtime() / 1000000 + 500; uv_hrtime() / 1000000 < end;) {
		tell(fd, frame, READ_LEN);
		assert_answers(&r, fd, 1, 1);
		uv_run(&r.loop, UV_RUN_ONCE); /* until the next tick */
	}
	assert_i64(consoles_count(r.c), 1);
	close(fd);
	room_end(&r);
}

static void an_unfinished_frame_ends_the_connection_however_it_drips(void **state)
{
	(void)state;
	struct room r;
	struct console_rules rules = usual();
	uint8_t frame[ADU_MAX] = {0, 9, 0, 0, 0, 254, 1, 0x41};
	size_t at = 0;

	rules.partial_ms = 150;
	room_open(&r, rules);
	int fd = panel_connected(&r);
	while (consoles_count(r.c) == 1 && at < sizeof frame - 1) {
		tell(fd, frame + at++, 1);
		uv_run(&r.loop, UV_RUN_NOWAIT);
		uv_run(&r.loop, UV_RUN_ONCE); /* until the next tick */
	}
	assert_true(at < sizeof frame - 1);
	assert_closed(&r, fd);
	assert_contains(r.events, "closed: it left a frame unfinished");
	assert_i64(r.n_seen, 0);
	room_end(&r);
}

static void a_frame_behind_an_open_request_is_not_unfinished(void **state)
{
	(void)state;
	struct room r;
	struct console_rules rules = usual();
	uint8_t bytes[2 * READ_LEN];

	rules.partial_ms = 100;
	room_open(&r, rules);
	r.answer = LATER;
	int fd = panel_connected(&r);
	put_read(bytes, 1);
	put_read(bytes + READ_LEN, 2);
	tell(fd, bytes, sizeof bytes - 1);
	UNTIL(&r, r.n_seen == 1);
	for (uint64_t end = uv_hrtime() / 1000000 + 250; uv_hrtime() / 1000000 < end;)
		uv_run(&r.loop, UV_RUN_ONCE);
	assert_i64(consoles_count(r.c), 1); /* it is we who keep it waiting */
	answer(&r, &r.seen[0]);
	assert_answers(&r, fd, 1, 1);
	tell(fd, bytes + sizeof bytes - 1, 1);
	UNTIL(&r, r.n_seen == 2);
	answer(&r, &r.seen[1]);
	assert_answers(&r, fd, 2, 1);
	close(fd);
	room_end(&r);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void a_console_that_does_not_read_is_closed(void **state)
{
	(void)state;
	struct room r;
	uint8_t frame[ADU_MAX] = {0, 9, 0, 0, 0, 254, 1, 0x41};
	size_t at = 0;

	room_open(&r, usual());
	int fd = panel_with(&r, "127.0.0.1", 4096);
	UNTIL(&r, consoles_count(r.c) == 1);
	for (int i = 0; i < 10000 && consoles_count(r.c) == 1; i++) {
		ssize_t n = send(fd, frame + at, sizeof frame - at, MSG_DONTWAIT | MSG_NOSIGNAL);

		at = (at + (size_t)(n < 0 ? 0 : n)) % sizeof frame; /* never half a frame */
		uv_run(&r.loop, n < 0 ? UV_RUN_ONCE : UV_RUN_NOWAIT);
	}
	assert_i64(consoles_count(r.c), 0);
	assert_contains(r.events, "closed: it does not read its answers");
	close(fd);
	room_end(&r);
}

static void a_console_that_reads_late_gets_every_answer(void **state)
{
	(void)state;
	struct room r;
	struct console_rules rules = usual();
	enum { N = 400 };
	uint8_t frame[ADU_MAX] = {0, 0, 0, 0, 0, 254, 1, 0x41}, got[ADU_MAX];

	rules.unread_bytes = 1 << 20; /* cut to what the room can hold, which is enough here */
	room_open(&r, rules);
	int fd = panel_with(&r, "127.0.0.1", 4096);
	UNTIL(&r, consoles_count(r.c) == 1);
	for (uint16_t i = 0; i < N; i++) {
		frame[1] = (uint8_t)i;
		tell(fd, frame, sizeof frame);
		UNTIL(&r, r.n_seen == (size_t)i + 1);
	}
	for (uint16_t i = 0; i < N; i++) {
		assert_i64(hear(&r, fd, got, sizeof got), sizeof got);
		frame[1] = (uint8_t)i;
		assert_memory_equal(got, frame, sizeof got);
	}
	close(fd);
	room_end(&r);
}

static void answering_a_console_that_has_gone_is_no_event(void **state)
{
	(void)state;
	struct room r;
	uint8_t frame[READ_LEN];

	room_open(&r, usual());
	r.answer = LATER;
	int fd = panel_connected(&r);
	put_read(frame, 1);
	tell(fd, frame, READ_LEN);
	UNTIL(&r, r.n_seen == 1);
	assert_contains(console_name(r.c, r.seen[0].who), "127.0.0.1:");
	assert_text(console_identity(r.c, r.seen[0].who), "127.0.0.1");
	close(fd);
	UNTIL(&r, consoles_count(r.c) == 0);
	assert_contains(r.events, "closed: it went away");
	assert_text(console_name(r.c, r.seen[0].who), "gone");
	assert_text(console_identity(r.c, r.seen[0].who), "");
	answer(&r, &r.seen[0]);
	console_drop(r.c, r.seen[0].who, "not said again");
	assert_null(strstr(r.events, "not said again"));

	turns(&r); /* the next console sits in the same place and hears nothing of it */
	fd = panel_connected(&r);
	answer(&r, &r.seen[0]);
	assert_hears_nothing(&r, fd);
	assert_text(console_name(r.c, r.seen[0].who), "gone");
	tell(fd, frame, READ_LEN);
	UNTIL(&r, r.n_seen == 2);
	assert_i64(r.seen[1].who.slot, r.seen[0].who.slot);
	assert_text(console_identity(r.c, r.seen[1].who), "127.0.0.1"); /* it is back */
	answer(&r, &r.seen[1]);
	assert_answers(&r, fd, 1, 1);
	close(fd);
	room_end(&r);
}

static void a_reference_to_nobody_is_gone(void **state)
{
	(void)state;
	struct room r;

	room_open(&r, usual());
	assert_text(console_identity(r.c, (struct console_ref){0}), "");
	assert_text(console_name(r.c, (struct console_ref){0}), "gone");
	assert_text(console_name(r.c, (struct console_ref){.slot = 9999, .generation = 1}), "gone");
	room_end(&r);
}

static void a_reset_ends_the_connection(void **state)
{
	(void)state;
	struct room r;
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	room_open(&r, usual());
	int fd = panel_connected(&r);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(fd);
	UNTIL(&r, consoles_count(r.c) == 0);
	assert_contains(r.events, "closed: the connection broke");
	room_end(&r);
}

static void a_reset_while_answers_wait_ends_the_connection(void **state)
{
	(void)state;
	struct room r;
	struct console_rules rules = usual();
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	uint8_t frame[ADU_MAX] = {0, 9, 0, 0, 0, 254, 1, 0x41};

	rules.unread_bytes = 1 << 20;
	room_open(&r, rules);
	int fd = panel_with(&r, "127.0.0.1", 4096);
	UNTIL(&r, consoles_count(r.c) == 1);
	for (size_t i = 0; i < 400; i++) { /* far more than the kernel holds for us */
		tell(fd, frame, sizeof frame);
		UNTIL(&r, r.n_seen == i + 1);
	}
	r.answer = LATER;
	for (int i = 0; i < 5; i++) /* one is taken, the buffer is full, nothing more is read */
		tell(fd, frame, sizeof frame);
	UNTIL(&r, r.n_seen == 401);
	turns(&r);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(fd);
	UNTIL(&r, consoles_count(r.c) == 0);
	assert_contains(r.events, "; closed: ");
	room_end(&r);
}

static void the_owner_may_drop_a_console_in_the_midst_of_its_frame(void **state)
{
	(void)state;
	struct room r;
	uint8_t stream[2 * READ_LEN];

	room_open(&r, usual());
	r.answer = DROP;
	int fd = panel_connected(&r);
	put_read(stream, 1);
	put_read(stream + READ_LEN, 2);
	tell(fd, stream, sizeof stream);
	assert_closed(&r, fd);
	assert_i64(r.n_seen, 1); /* what it sent behind is not taken */
	assert_contains(r.events, "closed: the test says so");
	room_end(&r);
}

static void the_owner_may_drop_a_console_whose_next_frame_waits(void **state)
{
	(void)state;
	struct room r;
	uint8_t stream[2 * READ_LEN];

	room_open(&r, usual());
	r.answer = LATER;
	int fd = panel_connected(&r);
	put_read(stream, 1);
	put_read(stream + READ_LEN, 2);
	tell(fd, stream, sizeof stream);
	UNTIL(&r, r.n_seen == 1);
	answer(&r, &r.seen[0]);
	console_drop(r.c, r.seen[0].who, "closed: the test says so");
	assert_answers(&r, fd, 1, 1);
	assert_closed(&r, fd);
	assert_i64(r.n_seen, 1);
	room_end(&r);
}

static void the_owner_may_close_the_room_in_the_midst_of_a_frame(void **state)
{
	(void)state;
	struct room r;
	uint8_t frame[READ_LEN];

	room_open(&r, usual());
	r.answer = CLOSE;
	int fd = panel_connected(&r);
	put_read(frame, 1);
	tell(fd, frame, READ_LEN);
	UNTIL(&r, r.closed);
	close(fd);
	room_end(&r);
	assert_contains(r.events, "closed: the gate ends");
}

/* --- who may connect -------------------------------------------------------------------------- */

static void one_console_too_many_is_refused(void **state)
{
	(void)state;
	struct room r;
	enum { MORE = 12 }; /* also more than can be told to go in one turn */
	int in[4], out[MORE];
	uint8_t frame[READ_LEN];

	room_open(&r, usual());
	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		in[i] = panel_connected(&r);
	for (size_t i = 0; i < MORE; i++)
		out[i] = panel(&r);
	for (size_t i = 0; i < MORE; i++)
		assert_closed(&r, out[i]);
	assert_contains(r.events, "refused: as many consoles as may be are connected");
	assert_i64(consoles_count(r.c), 4);

	put_read(frame, 3); /* those inside do not suffer */
	tell(in[3], frame, READ_LEN);
	assert_answers(&r, in[3], 3, 1);
	close(in[0]);
	UNTIL(&r, consoles_count(r.c) == 3);
	in[0] = panel_connected(&r); /* a place that was left is free */
	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		close(in[i]);
	room_end(&r);
}

struct address_row {
	const char *name, *listen, *from, *allowed;
	bool in;
};

static const struct address_row ADDRESSES[] = {
        {"the address named", "127.0.0.1", "127.0.0.1", "127.0.0.1", true},
        {"another address", "127.0.0.1", "127.0.0.1", "127.0.0.2", false},
        {"a name's beginning is not the name", "127.0.0.1", "127.0.0.1", "127.0.0.11", false},
        {"the other family", "127.0.0.1", "127.0.0.1", "::1", false},
        {"IPv6", "::1", "::1", "::1", true},
        {"IPv6 written at length", "::1", "::1", "0:0:0:0:0:0:0:1", true},
        {"IPv6, another", "::1", "::1", "::2", false},
        {"IPv4 on a socket for both", "::", "127.0.0.1", "127.0.0.1", true},
};

static bool has_ipv6(void)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	bool has = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0;

	if (fd >= 0)
		close(fd);
	return has;
}

static void may_connect(void **state)
{
	const struct address_row *row = *state;
	const char *list[] = {"192.0.2.200", row->allowed};
	struct console_rules rules = usual();
	struct room r;
	uint8_t frame[READ_LEN];

	if (strchr(row->listen, ':') != NULL && !has_ipv6())
		skip();
	rules.allowed = list;
	rules.n_allowed = ARRAY_LEN(list);
	room_open_at(&r, row->listen, rules);
	list[1] = "192.0.2.201"; /* the list was copied */
	int fd = panel_with(&r, row->from, 0);
	put_read(frame, 1);
	tell(fd, frame, READ_LEN);
	if (row->in) {
		assert_answers(&r, fd, 1, 1);
		assert_contains(console_name(r.c, r.seen[0].who),
		                strchr(row->from, ':') != NULL ? "[::1]:" : "127.0.0.1:");
		assert_text(console_identity(r.c, r.seen[0].who),
		            strchr(row->from, ':') != NULL ? "::1" : "127.0.0.1");
		close(fd);
	} else {
		assert_closed(&r, fd);
		assert_contains(r.events, "refused: its address is not among");
		assert_i64(r.n_seen, 0);
	}
	room_end(&r);
}

static void an_empty_list_lets_nobody_in(void **state)
{
	(void)state;
	const char *none[] = {NULL};
	struct console_rules rules = usual();
	struct room r;

	rules.allowed = none;
	room_open(&r, rules);
	assert_closed(&r, panel(&r));
	room_end(&r);
}

/* --- open and close -----------------------------------------------------------------------------
 */

static void cannot_be_opened(struct room *r, int port, struct console_rules rules, const char *why)
{
	struct sockaddr_in a;
	char said[200] = "";

	uv_ip4_addr("127.0.0.1", port, &a);
	assert_null(consoles_open(&r->loop, (struct sockaddr *)&a, &rules, on_frame, on_event, r,
	                          said, sizeof said));
	assert_contains(said, why);
}

static void what_cannot_be_opened_says_why(void **state)
{
	(void)state;
	struct room r;
	struct console_rules rules = usual();
	const char *bad[] = {"127.0.0.1", "panel.example"};

	room_open(&r, rules);
	cannot_be_opened(&r, consoles_port(r.c), rules, "address already in use");
	rules.max = 0;
	cannot_be_opened(&r, 0, rules, "0 consoles: between 1 and 512");
	rules.max = CONSOLES_MAX + 1;
	cannot_be_opened(&r, 0, rules, "513 consoles");
	rules.max = CONSOLES_MAX;
	rules.allowed = bad;
	rules.n_allowed = 2;
	cannot_be_opened(&r, 0, rules, "\"panel.example\" is not the address of a console");
	room_end(&r);
}

static void closing_ends_every_connection(void **state)
{
	(void)state;
	struct room r;
	struct console_rules rules = usual();
	uint8_t frame[READ_LEN];

	rules.unread_bytes = 0; /* one answer fits all the same */
	room_open(&r, rules);
	r.answer = LATER;
	int a = panel_connected(&r), b = panel_connected(&r);
	put_read(frame, 1);
	tell(a, frame, READ_LEN);
	UNTIL(&r, r.n_seen == 1);
	answer(&r, &r.seen[0]);
	assert_answers(&r, a, 1, 1);
	tell(b, frame, READ_LEN);
	UNTIL(&r, r.n_seen == 2);
	consoles_close(r.c, room_closed);
	answer(&r, &r.seen[1]); /* it has gone already */
	assert_closed(&r, a);
	assert_closed(&r, b);
	UNTIL(&r, r.closed);
	room_end(&r);
}

/* --- somebody else's client ------------------------------------------------------------------- */

struct foreign_client {
	int port;
	bool ok;
};

static void *speak_libmodbus(void *arg)
{
	struct foreign_client *f = arg;
	modbus_t *m = modbus_new_tcp("127.0.0.1", f->port);
	uint16_t registers[4] = {0};

	modbus_set_slave(m, 1);
	f->ok = modbus_connect(m) == 0;
	for (int i = 0; f->ok && i < 50; i++) {
		f->ok = modbus_read_registers(m, 16, 2, registers) == 2 && registers[0] == 16 &&
		        registers[1] == 17 && modbus_write_register(m, 16, 200) == 1 &&
		        modbus_write_registers(m, 16, 4, registers) == 4;
	}
	modbus_close(m);
	modbus_free(m);
	return NULL;
}

/* Each register holds its own address. */
static void serve(void *owner, struct console_ref who, const struct frame *f)
{
	struct room *r = owner;
	struct request asked;
	struct reply reply = {0};
	uint8_t pdu[PDU_MAX];

	r->n_seen++;
	assert_i64(request_take(f->pdu, f->pdu_len, &asked), MB_OK);
	for (uint16_t i = 0; i < asked.count; i++)
		reply.value[i] = (uint16_t)(asked.address + i);
	console_answer(r->c, who, f->tid, f->unit, pdu, reply_put(&asked, &reply, pdu));
}

static void libmodbus_is_served(void **state)
{
	(void)state;
	struct room r = {0};
	struct sockaddr_in a;
	struct console_rules rules = usual();
	char why[100];
	pthread_t thread;

	uv_ip4_addr("127.0.0.1", 0, &a);
	uv_loop_init(&r.loop);
	r.c = consoles_open(&r.loop, (struct sockaddr *)&a, &rules, serve, on_event, &r, why,
	                    sizeof why);
	assert_non_null(r.c);
	struct foreign_client f = {.port = consoles_port(r.c)};
	assert_i64(pthread_create(&thread, NULL, speak_libmodbus, &f), 0);
	UNTIL(&r, strstr(r.events, "closed: it went away") != NULL);
	pthread_join(thread, NULL);
	assert_true(f.ok);
	assert_i64(r.n_seen, 150);
	room_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_frame_may_be_cut_anywhere),
	        cmocka_unit_test(one_byte_at_a_time_is_the_same),
	        cmocka_unit_test(glued_frames_are_answered_in_order),
	        cmocka_unit_test(the_second_is_taken_when_the_first_is_answered),
	        cmocka_unit_test(no_more_than_a_buffer_is_read_before_the_answer),
	        cmocka_unit_test(the_longest_frame_passes),
	        cmocka_unit_test(what_follows_an_open_request_is_judged_after_its_answer),
	        cmocka_unit_test(an_idle_console_is_evicted),
	        cmocka_unit_test(a_console_that_speaks_is_not_idle),
	        cmocka_unit_test(an_unfinished_frame_ends_the_connection_however_it_drips),
	        cmocka_unit_test(a_frame_behind_an_open_request_is_not_unfinished),
	        cmocka_unit_test(a_console_that_does_not_read_is_closed),
	        cmocka_unit_test(a_console_that_reads_late_gets_every_answer),
	        cmocka_unit_test(answering_a_console_that_has_gone_is_no_event),
	        cmocka_unit_test(a_reference_to_nobody_is_gone),
	        cmocka_unit_test(a_reset_ends_the_connection),
	        cmocka_unit_test(a_reset_while_answers_wait_ends_the_connection),
	        cmocka_unit_test(the_owner_may_drop_a_console_in_the_midst_of_its_frame),
	        cmocka_unit_test(the_owner_may_drop_a_console_whose_next_frame_waits),
	        cmocka_unit_test(the_owner_may_close_the_room_in_the_midst_of_a_frame),
	        cmocka_unit_test(one_console_too_many_is_refused),
	        cmocka_unit_test(an_empty_list_lets_nobody_in),
	        cmocka_unit_test(what_cannot_be_opened_says_why),
	        cmocka_unit_test(closing_ends_every_connection),
	        cmocka_unit_test(libmodbus_is_served),
	};
	int failures = cmocka_run_group_tests_name("console", tests, NULL, NULL);

	failures += RUN_ROWS("closes the connection:", FOREIGN, closes_the_connection);
	failures += RUN_ROWS("may connect:", ADDRESSES, may_connect);
	return failures != 0;
}
