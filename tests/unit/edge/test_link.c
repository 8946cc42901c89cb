/* link: a device on a real socket that answers as the test says, well or badly. */
#include "edge/given_link.h"

#include <sys/un.h>

/* --- one question, one answer ------------------------------------------------------------------
 */

/* T is the transaction as two bytes, in the answer's hex. */
struct answer_row {
	const char *name, *asked;
	uint16_t tid_off;
	const char *answer; /* after the transaction */
	enum link_result want;
	const char *trouble;
};

static const struct answer_row ANSWERS[] = {
        {"a read answered", "03 0010 0002", 0, "0000 0007 09 03 04 00C8 0001", LINK_REPLY, ""},
        {"a write answered", "06 0010 00C8", 0, "0000 0006 09 06 0010 00C8", LINK_REPLY, ""},
        {"many written", "10 0010 0002 04 0001 0002", 0, "0000 0006 09 10 0010 0002", LINK_REPLY,
         ""},
        {"a refusal", "06 0010 00C8", 0, "0000 0003 09 86 03", LINK_REFUSED, ""},
        {"another transaction", "06 0010 00C8", 1, "0000 0006 09 06 0010 00C8", LINK_WRONG,
         "transaction"},
        {"a transaction of the same slot", "06 0010 00C8", 32, "0000 0006 09 06 0010 00C8",
         LINK_WRONG, "transaction"},
        {"another unit", "06 0010 00C8", 0, "0000 0006 01 06 0010 00C8", LINK_WRONG, "unit 1"},
        {"protocol 1", "06 0010 00C8", 0, "0001 0006 09 06 0010 00C8", LINK_WRONG,
         "not Modbus/TCP"},
        {"length 1", "06 0010 00C8", 0, "0000 0001 09 06 0010 00C8", LINK_WRONG, "not Modbus/TCP"},
        {"length 255", "06 0010 00C8", 0, "0000 00FF 09 06 0010 00C8", LINK_WRONG,
         "not Modbus/TCP"},
        {"another function", "06 0010 00C8", 0, "0000 0006 09 10 0010 00C8", LINK_WRONG,
         "another function"},
        {"a refusal of another function", "06 0010 00C8", 0, "0000 0003 09 90 03", LINK_WRONG,
         "another function"},
        {"an echo with another value", "06 0010 00C8", 0, "0000 0006 09 06 0010 00C9", LINK_WRONG,
         "echo differs"},
        {"an echo with another address", "06 0010 00C8", 0, "0000 0006 09 06 0011 00C8", LINK_WRONG,
         "echo differs"},
        {"an echo with a byte behind", "06 0010 00C8", 0, "0000 0007 09 06 0010 00C8 00",
         LINK_WRONG, "another length"},
        {"a read with too little", "03 0010 0002", 0, "0000 0005 09 03 02 00C8", LINK_WRONG,
         "another length"},
        {"a read with too much", "03 0010 0001", 0, "0000 0007 09 03 04 00C8 0001", LINK_WRONG,
         "another length"},
        {"a read whose count lies", "03 0010 0001", 0, "0000 0005 09 03 04 00C8", LINK_WRONG,
         "another length"},
};

static void is_judged(void **state)
{
	const struct answer_row *row = *state;
	uint8_t bytes[300];
	struct caller c;
	struct rig r;

	rig_open(&r, 1);
	send_call(&r, &c, row->asked);
	uint16_t tid = (uint16_t)(device_hears_request(&r, row->asked) + row->tid_off);
	bytes[0] = (uint8_t)(tid >> 8);
	bytes[1] = (uint8_t)tid;
	device_says(&r, bytes, 2 + given_bytes(row->answer, bytes + 2));
	assert_ends(&r, &c, row->want);
	assert_contains(r.l.link.stats.last_trouble, row->trouble);
	assert_i64(r.l.link.stats.sent, 1);
	if (row->want == LINK_WRONG) {
		assert_i64(r.l.link.stats.wrong, 1);
		assert_i64(r.l.link.stats.resets, 1);
		device_sees_the_end(&r);
		comes_back_clean(&r);
	} else {
		assert_i64(r.l.link.stats.answered, 1);
		assert_i64(r.l.link.stats.resets, 0);
	}
	assert_i64(c.times, 1);
	rig_end(&r);
}

static void an_answer_may_be_cut_anywhere(void **state)
{
	(void)state;
	const uint8_t answer[] = {0, 0, 0, 0, 0, 7, UNIT, 3, 4, 0, 0xC8, 0, 1};
	uint8_t bytes[sizeof answer];
	struct caller c;
	struct rig r;

	rig_open(&r, 1);
	for (size_t cut = 1; cut < sizeof answer; cut++) {
		send_call(&r, &c, "03 0010 0002");
		uint16_t tid = device_hears_request(&r, "03 0010 0002");
		memcpy(bytes, answer, sizeof answer);
		bytes[0] = (uint8_t)(tid >> 8);
		bytes[1] = (uint8_t)tid;
		device_says(&r, bytes, cut);
		turns(&r);
		assert_i64(c.times, 0);
		device_says(&r, bytes + cut, sizeof answer - cut);
		assert_ends(&r, &c, LINK_REPLY);
		assert_i64(c.reply.value[0], 200);
		assert_i64(c.reply.value[1], 1);
	}
	assert_i64(r.l.link.stats.resets, 0);
	rig_end(&r);
}

static void an_answer_nobody_waits_for_resets_the_stream(void **state)
{
	(void)state;
	struct caller c;
	struct rig r;

	rig_open(&r, 1);
	send_call(&r, &c, "06 0010 00C8");
	uint16_t tid = device_hears_request(&r, "06 0010 00C8");
	device_answers(&r, tid, "06 0010 00C8");
	assert_ends(&r, &c, LINK_REPLY);
	device_answers(&r, tid, "06 0010 00C8"); /* and once more */
	device_sees_the_end(&r);
	assert_i64(r.l.link.stats.late, 1);
	assert_contains(r.l.link.stats.last_trouble, "nobody waits for");
	comes_back_clean(&r);
	assert_i64(c.times, 1);
	rig_end(&r);
}

/* --- silence and breaking ------------------------------------------------------------------------
 */

static void silence_ends_at_the_deadline(void **state)
{
	(void)state;
	struct caller c;
	struct rig r;

	rig_open(&r, 1);
	given_caller(&c, &r, "06 0010 00C8");
	uv_update_time(&r.loop);
	uint64_t deadline = uv_now(&r.loop) + 80;
	c.call.deadline_ms = deadline;
	link_send(&r.l.link, &c.call);
	device_hears_request(&r, "06 0010 00C8");
	assert_ends(&r, &c, LINK_SILENT);
	assert_true(uv_now(&r.loop) >= deadline);
	assert_true(uv_now(&r.loop) < deadline + 1000);
	assert_i64(r.l.link.stats.silent, 1);
	assert_i64(r.l.link.stats.resets, 1);
	assert_false(r.l.link.up);

	int old = r.device; /* the stream is cut: nothing of it comes or goes any more */
	comes_back_clean(&r);
	assert_true(recv(old, &(char){0}, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET);
	close(old);
	assert_i64(c.times, 1);
	rig_end(&r);
}

static void a_connection_cut_is_a_call_lost(void **state)
{
	(void)state;
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	struct caller c;
	struct rig r;

	rig_open(&r, 1);
	for (int i = 0; i < 2; i++) { /* in order the first time, by reset the second */
		send_call(&r, &c, "06 0010 00C8");
		(void)device_hears_request(&r, "06 0010 00C8");
		if (i == 1)
			setsockopt(r.device, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
		device_leave(&r);
		assert_ends(&r, &c, LINK_LOST);
		assert_contains(r.l.link.stats.last_trouble, "the connection broke");
		comes_back_clean(&r);
		assert_i64(c.times, 1);
	}
	assert_i64(r.downs, 2);
	rig_end(&r);
}

static void half_an_answer_is_none(void **state)
{
	(void)state;
	const uint8_t half[] = {0, 0, 0, 0, 0, 6, UNIT, 6};
	struct caller c;
	struct rig r;

	rig_open(&r, 1);
	send_call(&r, &c, "06 0010 00C8");
	(void)device_hears_request(&r, "06 0010 00C8");
	device_says(&r, half, sizeof half);
	turns(&r);
	device_leave(&r);
	assert_ends(&r, &c, LINK_LOST);
	comes_back_clean(&r); /* and the half is not the beginning of the next */
	rig_end(&r);
}

static void a_write_to_a_connection_just_cut_is_told_later(void **state)
{
	(void)state;
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	struct caller c[3];
	struct rig r;

	rig_open(&r, 4);
	setsockopt(r.device, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	device_leave(&r); /* the loop has not heard of it yet */
	for (size_t i = 0; i < 3; i++)
		send_call(&r, &c[i], "06 0010 00C8");
	for (size_t i = 0; i < 3; i++)
		assert_ends(&r, &c[i], LINK_NOT_SENT); /* no byte of them has left */
	assert_i64(r.l.link.stats.sent, 0);
	assert_contains(r.l.link.stats.last_trouble, "writing failed");
	comes_back_clean(&r);
	rig_end(&r);
}

/* --- up and down
 * ----------------------------------------------------------------------------------- */

static void a_line_that_is_down_says_so_later(void **state)
{
	(void)state;
	struct caller c[2];
	struct rig r;

	rig_open(&r, 1);
	close(r.listener);
	r.listener = -1;
	device_leave(&r);
	UNTIL(&r, r.downs == 1);
	send_call(&r, &c[0], "06 0010 00C8");
	send_call(&r, &c[1], "06 0010 00C8");
	assert_ends(&r, &c[0], LINK_NOT_SENT);
	assert_ends(&r, &c[1], LINK_NOT_SENT);
	assert_true(c[0].order < c[1].order);
	UNTIL(&r, strstr(r.l.link.stats.last_trouble, "no connection: connection refused") != NULL);
	UNTIL(&r, r.l.backoff_ms >= 200); /* it tries less and less often */

	device_listen(&r); /* at the same address */
	comes_back_clean(&r);
	assert_i64(r.ups, 2);
	assert_i64(r.l.backoff_ms, 50); /* an answer: next time quickly again */
	rig_end(&r);
}

static void the_back_off_has_an_end(void **state)
{
	(void)state;
	struct rig r = {.listener = -1, .device = -1};
	const uint32_t want[] = {100, 200, 400, 800, 1600, 2000, 2000};

	uv_loop_init(&r.loop);
	uv_ip4_addr("255.255.255.255", 1, &r.address); /* refused by our own kernel, at once */
	assert_i64(link_tcp_open(&r.l, &r.loop, (struct sockaddr *)&r.address, &ONE), 0);
	r.l.link.owner = &r;
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		assert_contains(r.l.link.stats.last_trouble, "no connection");
		assert_i64(r.l.backoff_ms, want[i]);
		r.l.retry_at_ms = 0; /* not waited for */
		r.l.link.stats.last_trouble[0] = '\0';
		UNTIL(&r, r.l.link.stats.last_trouble[0] != '\0');
	}
	assert_i64(r.l.link.stats.resets, 0); /* it was never up */
	rig_end(&r);
}

static void a_device_that_does_not_take_the_connection_is_given_up(void **state)
{
	(void)state;
	struct rig r = {.listener = -1, .device = -1};
	int full[2];

	uv_loop_init(&r.loop);
	uv_ip4_addr("127.0.0.1", 0, &r.address);
	device_listen(&r);
	listen(r.listener, 0); /* one place, and it is taken */
	for (size_t i = 0; i < ARRAY_LEN(full); i++) {
		full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(full[i], (struct sockaddr *)&r.address, sizeof r.address);
	}
	assert_i64(link_tcp_open(&r.l, &r.loop, (struct sockaddr *)&r.address, &ONE), 0);
	r.l.link.owner = &r;
	UNTIL(&r, strstr(r.l.link.stats.last_trouble, "no answer within 2000 ms") != NULL);
	rig_end(&r);
	for (size_t i = 0; i < ARRAY_LEN(full); i++)
		close(full[i]);
}

static void what_makes_no_sense_is_not_opened(void **state)
{
	(void)state;
	const struct sockaddr_un elsewhere = {.sun_family = AF_UNIX, .sun_path = "/nowhere"};
	struct sockaddr_in here;
	struct link_tcp l;
	uv_loop_t loop;

	uv_loop_init(&loop);
	uv_ip4_addr("127.0.0.1", 1601, &here);
	assert_i64(link_tcp_open(&l, &loop, (const struct sockaddr *)&here,
	                         &(struct link_policy){.window = 0}),
	           UV_EINVAL);
	assert_i64(link_tcp_open(&l, &loop, (const struct sockaddr *)&here,
	                         &(struct link_policy){.window = 17}),
	           UV_EINVAL);
	assert_i64(link_tcp_open(&l, &loop, (const struct sockaddr *)&elsewhere, &ONE), UV_EINVAL);
	assert_i64(uv_loop_close(&loop), 0); /* nothing is left open */
}

static void a_device_may_be_at_an_ipv6_address(void **state)
{
	(void)state;
	struct rig r = {.listener = -1, .device = -1};
	struct sockaddr_in6 a;
	socklen_t n = sizeof a;

	uv_ip6_addr("::1", 0, &a);
	r.listener = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (r.listener < 0 || bind(r.listener, (struct sockaddr *)&a, sizeof a) != 0)
		skip(); /* a machine without IPv6 */
	assert_i64(listen(r.listener, 8), 0);
	getsockname(r.listener, (struct sockaddr *)&a, &n);
	uv_loop_init(&r.loop);
	assert_i64(link_tcp_open(&r.l, &r.loop, (struct sockaddr *)&a, &ONE), 0);
	r.l.link.owner = &r;
	r.l.link.on_state = on_state;
	comes_back_clean(&r);
	rig_end(&r);
}

/* --- more than one
 * -------------------------------------------------------------------------------- */

static void two_may_be_under_way_and_come_back_in_any_order(void **state)
{
	(void)state;
	struct caller a, b;
	struct rig r;

	rig_open(&r, 2);
	send_call(&r, &a, "03 0010 0001");
	send_call(&r, &b, "03 0020 0001");
	uint16_t ta = device_hears_request(&r, "03 0010 0001");
	uint16_t tb = device_hears_request(&r, "03 0020 0001");
	assert_true(ta != tb);
	device_answers(&r, tb, "03 02 000B");
	assert_ends(&r, &b, LINK_REPLY);
	assert_i64(b.reply.value[0], 0xB);
	assert_i64(a.times, 0);
	device_answers(&r, ta, "03 02 000A");
	assert_ends(&r, &a, LINK_REPLY);
	assert_i64(a.reply.value[0], 0xA);
	rig_end(&r);
}

static void answers_glued_together_each_find_their_call(void **state)
{
	(void)state;
	struct caller c[3];
	uint8_t glued[3 * ADU_MAX];
	const uint8_t pdu[] = {3, 2, 0, 5};
	size_t n = 0;
	struct rig r;

	rig_open(&r, 3);
	for (size_t i = 0; i < 3; i++)
		send_call(&r, &c[i], "03 0010 0001");
	for (size_t i = 0; i < 3; i++)
		n += mbap_put(glued + n, device_hears_request(&r, "03 0010 0001"), UNIT, pdu, 4);
	device_says(&r, glued, n);
	for (size_t i = 0; i < 3; i++)
		assert_ends(&r, &c[i], LINK_REPLY);
	rig_end(&r);
}

static void one_wrong_answer_takes_the_others_with_it(void **state)
{
	(void)state;
	struct caller a, b;
	struct rig r;

	rig_open(&r, 2);
	send_call(&r, &a, "03 0010 0001");
	send_call(&r, &b, "06 0020 0001");
	(void)device_hears_request(&r, "03 0010 0001");
	uint16_t tb = device_hears_request(&r, "06 0020 0001");
	device_answers(&r, tb, "06 0020 0002"); /* b's echo is false */
	assert_ends(&r, &b, LINK_WRONG);
	assert_ends(&r, &a, LINK_LOST);
	device_leave(&r);
	comes_back_clean(&r);

	send_call(&r, &a, "03 0010 0001");
	send_call(&r, &b, "06 0020 0001");
	(void)device_hears_request(&r, "03 0010 0001");
	tb = device_hears_request(&r, "06 0020 0001");
	device_answers(&r, (uint16_t)(tb + 5), "06 0020 0001"); /* nobody's: the oldest */
	assert_ends(&r, &a, LINK_WRONG);
	assert_ends(&r, &b, LINK_LOST);
	assert_i64(r.l.link.stats.wrong, 2);
	rig_end(&r);
}

static void one_silence_takes_the_others_with_it(void **state)
{
	(void)state;
	struct caller a, b;
	struct rig r;

	rig_open(&r, 2);
	given_caller(&a, &r, "03 0010 0001");
	a.call.deadline_ms = uv_now(&r.loop) + 60;
	link_send(&r.l.link, &a.call);
	send_call(&r, &b, "06 0020 0001");
	assert_ends(&r, &a, LINK_SILENT);
	assert_ends(&r, &b, LINK_LOST);
	assert_i64(r.l.link.stats.silent, 1);
	device_leave(&r);
	comes_back_clean(&r);
	rig_end(&r);
}

static void who_may_wait_keeps_the_window(void **state)
{
	(void)state;
	struct caller a, b, c, stop;
	struct rig r;

	rig_open(&r, 1);
	send_call(&r, &a, "03 0010 0001");
	given_caller(&b, &r, "03 0020 0001");
	given_caller(&c, &r, "03 0030 0001");
	b.call.may_wait = c.call.may_wait = true;
	link_send(&r.l.link, &b.call);
	link_send(&r.l.link, &c.call);
	uint16_t ta = device_hears_request(&r, "03 0010 0001");
	device_hears_nothing(&r);
	send_call(&r, &stop, "05 0000 0000"); /* does not wait */
	uint16_t ts = device_hears_request(&r, "05 0000 0000");
	device_answers(&r, ts, "05 0000 0000");
	assert_ends(&r, &stop, LINK_REPLY);
	device_hears_nothing(&r);
	device_answers(&r, ta, "03 02 0001");
	assert_ends(&r, &a, LINK_REPLY);
	device_answers(&r, device_hears_request(&r, "03 0020 0001"), "03 02 0002");
	assert_ends(&r, &b, LINK_REPLY);
	device_answers(&r, device_hears_request(&r, "03 0030 0001"), "03 02 0003");
	assert_ends(&r, &c, LINK_REPLY);
	assert_i64(c.reply.value[0], 3);
	rig_end(&r);
}

static void who_waits_too_long_was_not_sent(void **state)
{
	(void)state;
	struct caller a, b, c;
	struct rig r;

	rig_open(&r, 1);
	send_call(&r, &a, "03 0010 0001");
	given_caller(&b, &r, "03 0020 0001");
	given_caller(&c, &r, "03 0030 0001");
	b.call.may_wait = c.call.may_wait = true;
	b.call.deadline_ms = uv_now(&r.loop) + 60;
	link_send(&r.l.link, &b.call);
	link_send(&r.l.link, &c.call);
	assert_ends(&r, &b, LINK_NOT_SENT);
	assert_i64(a.times + c.times, 0); /* the stream is as good as before */
	(void)device_hears_request(&r, "03 0010 0001");
	device_leave(&r);
	assert_ends(&r, &a, LINK_LOST);
	assert_ends(&r, &c, LINK_NOT_SENT); /* it waited still: no byte has left */
	comes_back_clean(&r);
	assert_i64(r.l.link.stats.sent, 2);
	rig_end(&r);
}

static void more_than_the_slots_are_not_sent(void **state)
{
	(void)state;
	static struct caller c[LINK_TCP_SLOTS + 1];
	struct rig r;

	rig_open(&r, 16);
	for (size_t i = 0; i <= LINK_TCP_SLOTS; i++)
		send_call(&r, &c[i], "06 0010 00C8");
	assert_ends(&r, &c[LINK_TCP_SLOTS], LINK_NOT_SENT);
	for (size_t i = 0; i < LINK_TCP_SLOTS; i++)
		device_answers(&r, device_hears_request(&r, "06 0010 00C8"), "06 0010 00C8");
	for (size_t i = 0; i < LINK_TCP_SLOTS; i++)
		assert_ends(&r, &c[i], LINK_REPLY);
	rig_end(&r);
}

/* A slow call keeps its slot; ids go round it, and none is given twice. */
static void ids_go_round_the_slot_that_is_taken(void **state)
{
	(void)state;
	struct caller slow, c;
	struct rig r;

	rig_open(&r, 2);
	send_call(&r, &slow, "03 0010 0001");
	uint16_t ts = device_hears_request(&r, "03 0010 0001");
	for (size_t i = 0; i < 2 * LINK_TCP_SLOTS; i++) {
		send_call(&r, &c, "03 0020 0001");
		uint16_t t = device_hears_request(&r, "03 0020 0001");
		assert_true(t % LINK_TCP_SLOTS != ts % LINK_TCP_SLOTS);
		device_answers(&r, t, "03 02 0002");
		assert_ends(&r, &c, LINK_REPLY);
	}
	device_answers(&r, ts, "03 02 0001");
	assert_ends(&r, &slow, LINK_REPLY);
	assert_i64(slow.reply.value[0], 1);
	rig_end(&r);
}

/* --- a device that does not read
 * ------------------------------------------------------------------- */

/* Answers what it has not read: the only way to have the link write into a full line for long. */
static size_t fill_the_line(struct rig *r, struct caller *c, const char *hex, size_t most)
{
	size_t n = 0;

	for (; n < most && r->l.out_len == 0; n++) {
		send_call(r, c, hex);
		device_answers(r, c->call.tid, "10 0010 007B");
		UNTIL(r, c->times > 0);
		assert_i64(c->result, LINK_REPLY);
	}
	return n;
}

static void given_large_write(char hex[600])
{
	strcpy(hex, "10 0010 007B F6 ");
	for (int i = 0; i < 246; i++)
		snprintf(hex + strlen(hex), 3, "%02X", i);
}

static void what_the_line_does_not_take_goes_out_whole_later(void **state)
{
	(void)state;
	char hex[600];
	struct caller c, more[3];
	struct rig r;

	rig_open_narrow(&r);
	given_large_write(hex);
	size_t n = fill_the_line(&r, &c, hex, 5000);
	assert_true(r.l.writing > 0);
	for (size_t i = 0; i < 3; i++)
		send_call(&r, &more[i], hex);
	for (size_t i = 0; i < n; i++) /* in order and whole, each once */
		(void)device_hears_request(&r, hex);
	for (size_t i = 0; i < 3; i++)
		device_answers(&r, device_hears_request(&r, hex), "10 0010 007B");
	for (size_t i = 0; i < 3; i++)
		assert_ends(&r, &more[i], LINK_REPLY);
	device_hears_nothing(&r);
	assert_i64(r.l.out_len, 0);
	rig_end(&r);
}

static void what_never_left_was_not_sent(void **state)
{
	(void)state;
	char hex[600];
	struct caller c, behind;
	struct rig r;

	rig_open_narrow(&r);
	given_large_write(hex);
	(void)fill_the_line(&r, &c, hex, 5000);
	send_call(&r, &behind, hex); /* behind what the loop is writing */
	device_leave(&r);
	assert_ends(&r, &behind, LINK_NOT_SENT);
	comes_back_clean(&r);
	rig_end(&r);
}

static void a_line_that_is_full_for_good_is_given_up(void **state)
{
	(void)state;
	char hex[600];
	struct caller c;
	struct rig r;

	rig_open_narrow(&r);
	given_large_write(hex);
	(void)fill_the_line(&r, &c, hex, 5000);
	for (size_t i = 0; i < 100 && c.result == LINK_REPLY; i++) {
		send_call(&r, &c, hex);
		device_answers(&r, c.call.tid, "10 0010 007B");
		UNTIL(&r, c.times > 0);
	}
	assert_i64(c.result, LINK_NOT_SENT);
	assert_contains(r.l.link.stats.last_trouble, "no buffer space");
	device_leave(&r);
	comes_back_clean(&r);
	rig_end(&r);
}

/* --- from inside, and the end
 * ------------------------------------------------------------------------ */

static void a_call_may_be_sent_from_inside_done(void **state)
{
	(void)state;
	struct caller a, b, c;
	struct rig r;

	rig_open(&r, 1);
	given_caller(&b, &r, "03 0020 0001");
	r.chain = &b;
	send_call(&r, &a, "03 0010 0001");
	device_answers(&r, device_hears_request(&r, "03 0010 0001"), "03 02 0001");
	assert_ends(&r, &a, LINK_REPLY);
	(void)device_hears_request(&r, "03 0020 0001");
	given_caller(&c, &r, "03 0030 0001");
	r.chain = &c;
	device_leave(&r); /* b is lost; what it sends then is not sent */
	assert_ends(&r, &b, LINK_LOST);
	assert_ends(&r, &c, LINK_NOT_SENT);
	comes_back_clean(&r);
	rig_end(&r);
}

static void closing_ends_every_call_once(void **state)
{
	(void)state;
	struct caller sent[2], queued, after;
	struct rig r;

	rig_open(&r, 2);
	send_call(&r, &sent[0], "03 0010 0001");
	send_call(&r, &sent[1], "06 0010 0001");
	given_caller(&queued, &r, "03 0020 0001");
	queued.call.may_wait = true;
	link_send(&r.l.link, &queued.call);
	rig_close(&r);
	send_call(&r, &after, "03 0030 0001");
	UNTIL(&r, r.closed);
	assert_ends(&r, &sent[0], LINK_LOST);
	assert_ends(&r, &sent[1], LINK_LOST);
	assert_ends(&r, &queued, LINK_NOT_SENT);
	assert_ends(&r, &after, LINK_NOT_SENT);
	rig_end(&r);
}

static void closing_tells_who_was_not_sent(void **state)
{
	(void)state;
	struct caller c[2];
	struct rig r;

	rig_open(&r, 1);
	device_leave(&r);
	UNTIL(&r, !r.l.link.up);
	send_call(&r, &c[0], "03 0010 0001");
	send_call(&r, &c[1], "03 0010 0001");
	rig_close(&r);
	assert_i64(c[0].times + c[1].times, 0);
	UNTIL(&r, r.closed);
	assert_ends(&r, &c[0], LINK_NOT_SENT);
	assert_ends(&r, &c[1], LINK_NOT_SENT);
	rig_end(&r);
}

static void closing_from_inside_done(void **state)
{
	(void)state;
	struct caller a, b;
	struct rig r;

	for (int broken = 0; broken < 2; broken++) {
		rig_open(&r, 2);
		r.close_on_done = true;
		send_call(&r, &a, "03 0010 0001");
		send_call(&r, &b, "06 0010 0001");
		uint16_t ta = device_hears_request(&r, "03 0010 0001");
		if (broken)
			device_leave(&r);
		else
			device_answers(&r, ta, "03 02 0001");
		assert_ends(&r, &a, broken ? LINK_LOST : LINK_REPLY);
		assert_ends(&r, &b, LINK_LOST);
		rig_end(&r);
	}
}

static void closing_when_the_line_goes_down(void **state)
{
	(void)state;
	struct caller a;
	struct rig r;

	rig_open(&r, 1);
	r.close_on_down = true;
	send_call(&r, &a, "03 0010 0001");
	device_leave(&r);
	assert_ends(&r, &a, LINK_LOST);
	rig_end(&r);
}

static void closing_before_it_was_ever_up(void **state)
{
	(void)state;
	struct rig r = {.listener = -1, .device = -1};

	uv_loop_init(&r.loop);
	uv_ip4_addr("127.0.0.1", 0, &r.address);
	device_listen(&r);
	assert_i64(link_tcp_open(&r.l, &r.loop, (struct sockaddr *)&r.address, &ONE), 0);
	r.l.link.owner = &r;
	r.l.link.on_state = on_state;
	rig_end(&r);
	assert_i64(r.ups, 0);
}

static void closing_while_writing(void **state)
{
	(void)state;
	char hex[600];
	struct caller c;
	struct rig r;

	rig_open_narrow(&r);
	given_large_write(hex);
	(void)fill_the_line(&r, &c, hex, 5000);
	assert_true(r.l.writing > 0);
	rig_end(&r);
}

static void results_have_words(void **state)
{
	(void)state;
	assert_text(link_result_words(LINK_REPLY), "answered");
	assert_contains(link_result_words(LINK_NOT_SENT), "not sent");
	assert_contains(link_result_words(LINK_SILENT), "deadline");
	assert_contains(link_result_words(LINK_WRONG), "not to this request");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_answer_may_be_cut_anywhere),
	        cmocka_unit_test(an_answer_nobody_waits_for_resets_the_stream),
	        cmocka_unit_test(silence_ends_at_the_deadline),
	        cmocka_unit_test(a_connection_cut_is_a_call_lost),
	        cmocka_unit_test(half_an_answer_is_none),
	        cmocka_unit_test(a_write_to_a_connection_just_cut_is_told_later),
	        cmocka_unit_test(a_line_that_is_down_says_so_later),
	        cmocka_unit_test(the_back_off_has_an_end),
	        cmocka_unit_test(a_device_that_does_not_take_the_connection_is_given_up),
	        cmocka_unit_test(what_makes_no_sense_is_not_opened),
	        cmocka_unit_test(a_device_may_be_at_an_ipv6_address),
	        cmocka_unit_test(two_may_be_under_way_and_come_back_in_any_order),
	        cmocka_unit_test(answers_glued_together_each_find_their_call),
	        cmocka_unit_test(one_wrong_answer_takes_the_others_with_it),
	        cmocka_unit_test(one_silence_takes_the_others_with_it),
	        cmocka_unit_test(who_may_wait_keeps_the_window),
	        cmocka_unit_test(who_waits_too_long_was_not_sent),
	        cmocka_unit_test(more_than_the_slots_are_not_sent),
	        cmocka_unit_test(ids_go_round_the_slot_that_is_taken),
	        cmocka_unit_test(what_the_line_does_not_take_goes_out_whole_later),
	        cmocka_unit_test(what_never_left_was_not_sent),
	        cmocka_unit_test(a_line_that_is_full_for_good_is_given_up),
	        cmocka_unit_test(a_call_may_be_sent_from_inside_done),
	        cmocka_unit_test(closing_ends_every_call_once),
	        cmocka_unit_test(closing_tells_who_was_not_sent),
	        cmocka_unit_test(closing_from_inside_done),
	        cmocka_unit_test(closing_when_the_line_goes_down),
	        cmocka_unit_test(closing_before_it_was_ever_up),
	        cmocka_unit_test(closing_while_writing),
	        cmocka_unit_test(results_have_words),
	};
	int failures = cmocka_run_group_tests_name("link", tests, NULL, NULL);

	failures += RUN_ROWS("an answer is judged:", ANSWERS, is_judged);
	return failures != 0;
}
