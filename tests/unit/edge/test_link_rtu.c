/* link: two devices on one serial line. What is taken for an answer, and whose turn it is. */
#include "edge/given_stations.h"

/* --- one question, one answer ------------------------------------------------------------ */

/* Frames get their check sum; after a '!' the bytes stand as they are. Several frames, with silence
 * between, are separated by '|'. */
struct answer_row {
	const char *name, *asked, *answer;
	enum link_result want;
	const char *trouble;
};

#define NOT_WAITED ""

static const struct answer_row ANSWERS[] = {
        {"a read answered", "03 0010 0002", "01 03 04 00C8 0001", LINK_REPLY, ""},
        {"a write answered", "06 0010 00C8", "01 06 0010 00C8", LINK_REPLY, ""},
        {"a coil answered", "05 0001 FF00", "01 05 0001 FF00", LINK_REPLY, ""},
        {"many written", "10 0010 0002 04 0001 0002", "01 10 0010 0002", LINK_REPLY, ""},
        {"a refusal", "06 0010 00C8", "01 86 03", LINK_REFUSED, ""},
        {"nothing", "03 0010 0001", "", LINK_SILENT, "no answer before the deadline"},
        {"a wrong check sum", "06 0010 00C8", "! 01 06 0010 00C8 8998", LINK_WRONG, "check sum"},
        {"a check sum the wrong way round", "06 0010 00C8", "! 01 06 0010 00C8 9989", LINK_WRONG,
         "check sum"},
        {"another unit", "06 0010 00C8", "02 06 0010 00C8", LINK_WRONG,
         "unit 2 answers where unit 1 was asked"},
        {"everybody", "06 0010 00C8", "00 06 0010 00C8", LINK_WRONG, "unit 0"},
        {"another function", "06 0010 00C8", "01 10 0010 0001", LINK_WRONG, "another function"},
        {"a refusal of another function", "06 0010 00C8", "01 90 03", LINK_WRONG,
         "another function"},
        {"a refusal that says no reason", "06 0010 00C8", "01 86 00", LINK_WRONG, ""},
        {"an echo with another value", "06 0010 00C8", "01 06 0010 00C9", LINK_WRONG,
         "echo differs"},
        {"an echo with another address", "06 0010 00C8", "01 06 0011 00C8", LINK_WRONG,
         "echo differs"},
        {"more registers than asked for", "03 0010 0001", "01 03 04 00C8 0001", LINK_WRONG,
         "another length"},
        {"fewer registers than asked for", "03 0010 0002", "01 03 02 00C8", LINK_WRONG,
         "only 7 of 9 bytes"},
        {"a byte count that lies", "03 0010 0002", "01 03 06 00C8 0001", LINK_WRONG,
         "another length"},
        {"a byte before it", "03 0010 0001", "! FF 01 03 02 1234 B533", LINK_WRONG, "check sum"},
        {"a byte after it", "03 0010 0001", "! 01 03 02 1234 B533 01", LINK_WRONG, "check sum"},
        {"a zero after it, which no check sum finds", "03 0010 0001", "! 01 03 02 1234 B533 00",
         LINK_WRONG, "another length"},
        {"the answer two times in one piece", "03 0010 0001",
         "! 01 03 02 1234 B533 01 03 02 1234 B533", LINK_WRONG, "check sum"},
        {"nothing but noise", "03 0010 0001", "! FF FF 00 FF 7F", LINK_WRONG, "check sum"},
        {"less than a frame", "03 0010 0001", "! FF", LINK_WRONG, "too few bytes"},
        {"noise, a silence, the answer", "03 0010 0001", "! FF 00 FF | 01 03 02 1234", LINK_REPLY,
         ""},
        {"another unit's answer, a silence, the answer", "06 0010 00C8",
         "02 06 0010 00C8 | 01 06 0010 00C8", LINK_REPLY, ""},
        {"a wrong answer, a silence, the answer", "06 0010 00C8",
         "01 06 0010 00C9 | 01 06 0010 00C8", LINK_REPLY, ""},
};

static void say_one(struct rig *r, const char *hex)
{
	uint8_t bytes[RTU_MAX];
	size_t n;

	while (*hex == ' ')
		hex++;
	if (*hex == '\0')
		return;
	n = *hex == '!' ? given_bytes(hex + 1, bytes) : given_frame(hex, bytes);
	pty_says(&r->pty, bytes, n);
}

static void say_all(struct rig *r, const char *answers)
{
	char copy[200];

	snprintf(copy, sizeof copy, "%s", answers);
	for (char *rest = copy, *one; (one = strsep(&rest, "|")) != NULL;) {
		say_one(r, one);
		if (rest != NULL)
			loop_for(&r->loop, 20);
	}
}

static void is_judged(void **state)
{
	const struct answer_row *row = *state;
	char frame[100];
	struct caller c;
	struct rig r;

	rig_open(&r);
	exchange(&r, 1, 1); /* so that it is known that the line does not echo */
	r.deadline_ms = 250;
	send_call(&r, &c, 1, row->asked);
	snprintf(frame, sizeof frame, "01 %s", row->asked);
	hears(&r, frame);
	say_all(&r, row->answer);
	assert_ends(&r, &c, row->want);
	if (row->trouble[0] != '\0')
		assert_contains(r.link[0]->stats.last_trouble, row->trouble);
	assert_true(c.call.reached);
	/* whatever it was, the neighbour is not touched by it, nor the next request */
	r.deadline_ms = 3000;
	exchange(&r, 2, 0x0BEE);
	exchange(&r, 1, 0x0CAD);
	assert_i64(r.link[0]->stats.silent, row->want == LINK_SILENT);
	assert_i64(r.link[0]->stats.wrong, row->want == LINK_WRONG);
	assert_i64(r.link[0]->stats.bad_sum, strstr(row->trouble, "check sum") != NULL);
	rig_end(&r);
}

/* --- cut, dribbled, late ----------------------------------------------------------------- */

static void an_answer_cut_anywhere_is_none(void **state)
{
	(void)state;
	uint8_t frame[RTU_MAX];
	size_t n = given_frame("01 03 04 1234 5678", frame);
	struct caller c;
	struct rig r;

	rig_open(&r);
	for (size_t cut = 1; cut < n; cut++) {
		r.deadline_ms = 60;
		send_call(&r, &c, 1, "03 0000 0002");
		hears(&r, "01 03 0000 0002");
		pty_says(&r.pty, frame, cut);
		LOOP_UNTIL(&r.loop, c.times == 1);
		assert_true(c.result == LINK_WRONG || c.result == LINK_SILENT);
		r.deadline_ms = 3000;
		exchange(&r, 1, (uint16_t)cut);
	}
	rig_end(&r);
}

/* As adapters do, with more silence between than ends a frame on this line. */
static void an_answer_in_portions_is_one(struct rig *r, size_t portion, uint64_t pause_ms)
{
	uint8_t frame[RTU_MAX];
	size_t n = given_frame("01 03 04 1234 5678", frame);
	struct gaps gaps = {0};
	struct caller c;

	r->deadline_ms = 600;
	send_call(r, &c, 1, "03 0000 0002");
	hears(r, "01 03 0000 0002");
	for (size_t i = 0; i < n; i += portion) {
		gaps_say(&gaps, &r->pty, frame + i, n - i < portion ? n - i : portion);
		loop_for(&r->loop, pause_ms);
	}
	LOOP_UNTIL(&r->loop, c.times == 1);
	r->deadline_ms = 3000;
	if (c.result == LINK_REPLY) {
		assert_i64(c.reply.value[1], 0x5678);
		return;
	}
	assert_true(gaps.longest_ms > 120); /* the machine was busy: again */
	loop_for(&r->loop, 610);
	exchange(r, 1, 1);
	an_answer_in_portions_is_one(r, portion, pause_ms);
}

static void an_answer_in_two_portions_or_byte_by_byte_is_one(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r);
	for (size_t portion = 5; portion < 9; portion++)
		an_answer_in_portions_is_one(&r, portion, 14);
	an_answer_in_portions_is_one(&r, 1, 9);
	an_answer_in_portions_is_one(&r, 3, 14);
	rig_end(&r);
}

static void every_bit_of_an_answer_counts(void **state)
{
	(void)state;
	uint8_t frame[RTU_MAX];
	size_t n = given_frame("01 06 0010 00C8", frame);
	struct caller c;
	struct rig r;

	rig_open(&r);
	exchange(&r, 1, 1);
	for (size_t bit = 0; bit < 8 * n; bit += 3) {
		r.deadline_ms = 30;
		send_call(&r, &c, 1, "06 0010 00C8");
		hears(&r, "01 06 0010 00C8");
		frame[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		pty_says(&r.pty, frame, n);
		frame[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		LOOP_UNTIL(&r.loop, c.times == 1);
		assert_true(c.result == LINK_WRONG || c.result == LINK_SILENT);
		r.deadline_ms = 3000;
		exchange(&r, 1, (uint16_t)bit);
	}
	rig_end(&r);
}

/* The next request is of the same length and function: nothing in a late answer tells it from the
 * right one. So it does not go out before the late one's time is over. */
static void a_late_answer_is_never_the_next_ones(void **state)
{
	(void)state;
	struct caller late, next;
	struct rig r;

	rig_open(&r);
	r.deadline_ms = 150;
	send_call(&r, &late, 1, "03 0000 0001");
	hears(&r, "01 03 0000 0001");
	assert_ends(&r, &late, LINK_SILENT);
	r.deadline_ms = 3000;
	send_call(&r, &next, 1, "03 0020 0001");
	pty_hears_nothing(&r.pty, &r.loop, 60);
	says(&r, "01 03 02 0BAD");
	hears(&r, "01 03 0020 0001");
	assert_i64(next.times, 0);
	assert_i64(r.link[0]->stats.late, 1);
	says(&r, "01 03 02 1234");
	assert_ends(&r, &next, LINK_REPLY);
	assert_i64(next.reply.value[0], 0x1234);
	rig_end(&r);
}

static void a_late_answer_is_no_answer_of_a_neighbour(void **state)
{
	(void)state;
	struct caller late, next;
	struct rig r;

	rig_open(&r);
	r.deadline_ms = 200;
	send_call(&r, &late, 1, "03 0000 0001");
	hears(&r, "01 03 0000 0001");
	assert_ends(&r, &late, LINK_SILENT);
	r.deadline_ms = 3000;
	send_call(&r, &next, 2, "03 0000 0001"); /* the line is not lost for it */
	hears(&r, "02 03 0000 0001");
	says(&r, "01 03 02 0BAD");
	loop_for(&r.loop, 30);
	assert_i64(next.times, 0);
	says(&r, "02 03 02 1234");
	assert_ends(&r, &next, LINK_REPLY);
	assert_i64(next.reply.value[0], 0x1234);
	rig_end(&r);
}

static void a_stop_does_not_wait_for_what_is_late(void **state)
{
	(void)state;
	struct caller late, read, stop;
	struct rig r;

	rig_open(&r);
	exchange(&r, 1, 1);
	r.deadline_ms = 400;
	send_call(&r, &late, 1, "03 0000 0001");
	hears(&r, "01 03 0000 0001");
	assert_ends(&r, &late, LINK_SILENT);
	uint64_t before = clock_ms();
	r.deadline_ms = 3000;
	send_call(&r, &read, 1, "03 0000 0001");
	send_stop(&r, &stop, 1);
	hears(&r, "01 05 0001 FF00");
	assert_true(clock_ms() - before < 200);
	says(&r, "01 03 02 0BAD");
	loop_for(&r.loop, 20);
	assert_i64(stop.times, 0);
	says(&r, "01 05 0001 FF00");
	assert_ends(&r, &stop, LINK_REPLY);
	hears(&r, "01 03 0000 0001");
	assert_true(clock_ms() - before >= 380);
	says(&r, "01 03 02 1234");
	assert_ends(&r, &read, LINK_REPLY);
	assert_i64(read.reply.value[0], 0x1234);
	rig_end(&r);
}

/* --- turns ------------------------------------------------------------------------------- */

static void turns_are_fair(void **state)
{
	(void)state;
	struct caller many[4], few[2];
	struct rig r;

	rig_open(&r);
	for (int i = 0; i < 4; i++)
		send_call(&r, &many[i], 1, "03 0000 0001");
	for (int i = 0; i < 2; i++)
		send_call(&r, &few[i], 2, "03 0000 0001");
	for (int i = 0; i < 2; i++) {
		hears(&r, "01 03 0000 0001");
		says(&r, "01 03 02 0001");
		hears(&r, "02 03 0000 0001");
		says(&r, "02 03 02 0002");
	}
	for (int i = 0; i < 2; i++) {
		hears(&r, "01 03 0000 0001");
		says(&r, "01 03 02 0001");
	}
	assert_ends(&r, &many[3], LINK_REPLY);
	for (int i = 0; i < 3; i++)
		assert_true(many[i].order < many[i + 1].order);
	assert_true(few[1].order < many[2].order);
	rig_end(&r);
}

static void one_request_is_on_the_line_and_no_more(void **state)
{
	(void)state;
	struct caller a, b;
	struct rig r;

	rig_open(&r);
	send_call(&r, &a, 1, "03 0000 0001");
	send_call(&r, &b, 2, "03 0000 0001");
	hears(&r, "01 03 0000 0001");
	pty_hears_nothing(&r.pty, &r.loop, 80);
	says(&r, "01 03 02 0001");
	hears(&r, "02 03 0000 0001");
	says(&r, "02 03 02 0002");
	assert_ends(&r, &b, LINK_REPLY);
	rig_end(&r);
}

static void a_stop_is_the_next_on_the_wire_whatever_waits(void **state)
{
	(void)state;
	struct caller reads[12], stop;
	struct rig r;

	rig_open(&r);
	exchange(&r, 1, 1);
	for (int i = 0; i < 12; i++)
		send_call(&r, &reads[i], 1 + i % 2, "03 0000 0001");
	hears(&r, "01 03 0000 0001");
	send_stop(&r, &stop, 1);
	says(&r, "01 03 02 0001");
	hears(&r, "01 05 0001 FF00");
	says(&r, "01 05 0001 FF00");
	assert_ends(&r, &stop, LINK_REPLY);
	int told = 0;
	for (int i = 0; i < 12; i++)
		told += reads[i].times;
	assert_i64(told, 1);
	rig_end(&r);
}

static void the_next_is_sent_after_a_silence(void **state)
{
	(void)state;
	struct caller a, b;
	struct rig r;

	rig_open_with(&r, "115200:8N1:silence=80 ms", &(struct link_policy){.window = 1});
	send_call(&r, &a, 1, "03 0000 0001");
	send_call(&r, &b, 2, "03 0000 0001");
	hears(&r, "01 03 0000 0001");
	loop_for(&r.loop, 20);
	uint64_t said = clock_ms();
	says(&r, "01 03 02 0001");
	hears(&r, "02 03 0000 0001");
	assert_true(clock_ms() - said >= 80);
	says(&r, "02 03 02 0001");
	assert_ends(&r, &b, LINK_REPLY);
	rig_end(&r);
}

static void a_call_may_be_sent_from_inside_done(void **state)
{
	(void)state;
	struct caller a, b;
	struct rig r;

	rig_open(&r);
	exchange(&r, 1, 1);
	given_caller(&b, &r, 1, "06 0010 00C8");
	r.chain = &b;
	send_call(&r, &a, 1, "03 0000 0001");
	hears(&r, "01 03 0000 0001");
	says(&r, "01 03 02 0001");
	hears(&r, "01 06 0010 00C8");
	says(&r, "01 06 0010 00C8");
	assert_ends(&r, &b, LINK_REPLY);
	rig_end(&r);
}

/* --- a line that may repeat what is sent ------------------------------------------------- */

/* The answer to a write is the write once more: so before the first one a read shows whether the
 * line says everything twice. */
static void before_the_first_write_something_is_read(void **state)
{
	(void)state;
	static const char *const writes[] = {"06 0010 00C8", "05 0003 FF00", "16 0010 00F2 0025"};
	static const char *const reads[] = {"01 03 0010 0001", "01 01 0003 0001",
	                                    "01 03 0010 0001"};
	static const char *const values[] = {"01 03 02 0007", "01 01 01 00", "01 83 02"};
	char frame[40];
	struct caller c;
	struct rig r;

	for (size_t i = 0; i < ARRAY_LEN(writes); i++) {
		rig_open(&r);
		snprintf(frame, sizeof frame, "01 %s", writes[i]);
		send_call(&r, &c, 1, writes[i]);
		hears(&r, reads[i]);
		says(&r, values[i]);
		hears(&r, frame);
		says(&r, frame);
		assert_ends(&r, &c, LINK_REPLY);
		send_call(&r, &c, 2, "06 0010 00C8"); /* once a line */
		hears(&r, "02 06 0010 00C8");
		says(&r, "02 06 0010 00C8");
		assert_ends(&r, &c, LINK_REPLY);
		rig_end(&r);
	}
}

static void before_any_other_function_nothing_is(void **state)
{
	(void)state;
	struct caller c;
	struct rig r;

	rig_open(&r);
	send_call(&r, &c, 1, "10 0010 0001 02 00C8");
	hears(&r, "01 10 0010 0001 02 00C8");
	says(&r, "01 10 0010 0001");
	assert_ends(&r, &c, LINK_REPLY);
	send_call(&r, &c, 1, "06 0010 00C8"); /* it was seen already */
	hears(&r, "01 06 0010 00C8");
	says(&r, "01 06 0010 00C8");
	assert_ends(&r, &c, LINK_REPLY);
	rig_end(&r);
}

/* A stop is not kept back by it; until it is known, its answer is not believed, and it is for those
 * above to send another. */
static void a_stop_does_not_wait_for_it(void **state)
{
	(void)state;
	struct caller stop;
	struct rig r;

	rig_open(&r);
	r.deadline_ms = 100;
	send_stop(&r, &stop, 1);
	hears(&r, "01 05 0001 FF00");
	says(&r, "01 05 0001 FF00");
	assert_ends(&r, &stop, LINK_SILENT);
	rig_end(&r);
}

static void on_a_line_that_repeats_a_dead_device_obeys_nothing(void **state)
{
	(void)state;
	struct caller c;
	struct rig r;

	rig_open(&r);
	send_call(&r, &c, 1, "03 0010 0001");
	hears(&r, "01 03 0010 0001");
	says(&r, "01 03 0010 0001");
	loop_for(&r.loop, 20);
	says(&r, "01 03 02 00C8");
	assert_ends(&r, &c, LINK_REPLY);
	r.deadline_ms = 100;
	send_call(&r, &c, 1, "06 0010 00C8");
	hears(&r, "01 06 0010 00C8");
	says(&r, "01 06 0010 00C8");
	assert_ends(&r, &c, LINK_SILENT);
	loop_for(&r.loop, 110);
	r.deadline_ms = 3000;
	send_call(&r, &c, 1, "06 0010 00C8");
	hears(&r, "01 06 0010 00C8");
	says(&r, "01 06 0010 00C8");
	loop_for(&r.loop, 20);
	says(&r, "01 06 0010 00C8");
	assert_ends(&r, &c, LINK_REPLY);
	rig_end(&r);
}

/* --- what is not sent -------------------------------------------------------------------- */

static void nobody_is_asked_who_has_no_unit_on_a_line(void **state)
{
	(void)state;
	static const int units[] = {0, 248, 255};
	struct caller c;
	struct rig r;

	rig_open(&r);
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		send_call(&r, &c, units[i], "06 0010 00C8");
		assert_ends(&r, &c, LINK_NOT_SENT);
		assert_contains(r.link[0]->stats.last_trouble, "is not asked on a serial line");
		assert_false(c.call.reached);
	}
	pty_hears_nothing(&r.pty, &r.loop, 30);
	exchange(&r, 1, 7);
	rig_end(&r);
}

/* A turn may be waited for: so long as others may need, and no longer. */
static void who_waits_too_long_was_not_sent(void **state)
{
	(void)state;
	struct caller many[8];
	struct rig r;

	rig_open(&r);
	r.deadline_ms = 700;
	for (int i = 0; i < 8; i++)
		send_call(&r, &many[i], 1, "03 0000 0001");
	int sent = 0;
	while (many[sent].times == 0) {
		hears(&r, "01 03 0000 0001");
		loop_for(&r.loop, 300);
		says(&r, "01 03 02 0001");
		LOOP_UNTIL(&r.loop, many[sent].times == 1);
		assert_i64(many[sent].result, LINK_REPLY);
		sent++;
		loop_for(&r.loop, 20);
		if (many[7].times == 1)
			break;
	}
	/* 700 ms, and as much again as a turn may take: in 1400 ms begin five turns of 320 */
	assert_true(sent >= 3 && sent <= 5);
	for (int i = sent; i < 8; i++)
		assert_true(many[i].times == 0 || many[i].result == LINK_NOT_SENT);
	assert_i64(many[7].result, LINK_NOT_SENT);
	rig_end(&r);
}

static void a_neighbours_silence_is_waited_for(void **state)
{
	(void)state;
	struct caller dead, alive;
	struct rig r;

	rig_open(&r);
	r.deadline_ms = 400;
	send_call(&r, &dead, 1, "03 0000 0001");
	hears(&r, "01 03 0000 0001");
	r.deadline_ms = 100;
	send_call(&r, &alive, 2, "06 0010 00C8");
	assert_ends(&r, &dead, LINK_SILENT);
	hears(&r, "02 06 0010 00C8");
	says(&r, "02 06 0010 00C8");
	assert_ends(&r, &alive, LINK_REPLY);
	rig_end(&r);
}

static void on_a_line_that_is_never_silent_nothing_is_sent(void **state)
{
	(void)state;
	struct caller c;
	struct rig r;

	rig_open_with(&r, "115200:8N1:silence=400 ms", &(struct link_policy){.window = 1});
	r.deadline_ms = 900;
	say_one(&r, "! 55");
	loop_for(&r.loop, 5);
	send_call(&r, &c, 1, "10 0010 0001 02 00C8");
	while (c.times == 0) {
		say_one(&r, "! 55");
		loop_for(&r.loop, 10);
	}
	assert_i64(c.result, LINK_NOT_SENT);
	assert_false(c.call.reached);
	assert_contains(r.link[0]->stats.last_trouble, "not silent");
	r.deadline_ms = 3000;
	exchange(&r, 1, 7); /* and then it is, and all is well */
	rig_end(&r);
}

/* --- a device that does not answer ------------------------------------------------------- */

static void fail_once(struct rig *r, int unit)
{
	char frame[40];
	struct caller c;

	r->deadline_ms = 60;
	send_call(r, &c, unit, "03 0000 0001");
	snprintf(frame, sizeof frame, "%02X 03 0000 0001", unit);
	hears(r, frame);
	assert_ends(r, &c, LINK_SILENT);
	loop_for(&r->loop, 70); /* until nothing can be late any more */
	r->deadline_ms = 3000;
}

static void two_frames_lost_are_no_dead_device(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r);
	for (int i = 0; i < 3; i++) {
		fail_once(&r, 1);
		fail_once(&r, 1);
		assert_true(r.link[0]->up);
		exchange(&r, 1, 5);
	}
	rig_end(&r);
}

static void make_dead(struct rig *r, int unit)
{
	for (int i = 0; i < 3; i++)
		fail_once(r, unit);
	assert_false(r->link[unit - 1]->up);
	assert_i64(r->downs[unit - 1], 1);
}

static void three_are_one_and_it_is_said_at_once(void **state)
{
	(void)state;
	struct caller c;
	struct rig r;

	rig_open(&r);
	make_dead(&r, 2);
	uint64_t before = clock_ms();
	send_call(&r, &c, 2, "03 0000 0001");
	assert_ends(&r, &c, LINK_NOT_SENT);
	assert_true(clock_ms() - before < 40);
	assert_true(r.link[0]->up);
	exchange(&r, 1, 7);
	rig_end(&r);
}

static void a_dead_device_is_asked_now_and_then_and_found_again(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r);
	make_dead(&r, 2);
	hears(&r, "02 03 0000 0001"); /* the last read once more */
	assert_i64(r.ups[1], 1);
	exchange(&r, 1, 7); /* between */
	hears(&r, "02 03 0000 0001");
	says(&r, "02 83 02"); /* any answer will do */
	LOOP_UNTIL(&r.loop, r.ups[1] == 2);
	exchange(&r, 2, 9);
	rig_end(&r);
}

/* Never a write, whatever was sent last. */
static void what_is_asked_again_is_a_read(void **state)
{
	(void)state;
	struct caller c;
	struct rig r;

	rig_open(&r);
	exchange(&r, 2, 1);
	for (int i = 0; i < 3; i++) {
		r.deadline_ms = 60;
		send_call(&r, &c, 2, "06 0010 00C8");
		hears(&r, "02 06 0010 00C8");
		assert_ends(&r, &c, LINK_SILENT);
		loop_for(&r.loop, 70);
	}
	assert_false(r.link[1]->up);
	hears(&r, "02 03 0000 0001");
	says(&r, "02 03 02 0001");
	LOOP_UNTIL(&r.loop, r.link[1]->up);
	rig_end(&r);
}

static void a_device_never_read_is_not_asked_by_itself(void **state)
{
	(void)state;
	struct caller c;
	struct rig r;

	rig_open(&r);
	exchange(&r, 1, 1);
	for (int i = 0; i < 3; i++) {
		r.deadline_ms = 40;
		send_call(&r, &c, 2, "06 0010 00C8");
		hears(&r, "02 06 0010 00C8");
		assert_ends(&r, &c, LINK_SILENT);
		loop_for(&r.loop, 70);
	}
	assert_false(r.link[1]->up);
	pty_hears_nothing(&r.pty, &r.loop, 700);
	rig_end(&r);
}

static void a_stop_goes_out_to_a_dead_device_too(void **state)
{
	(void)state;
	struct caller stop;
	struct rig r;

	rig_open(&r);
	exchange(&r, 2, 1);
	make_dead(&r, 2);
	send_stop(&r, &stop, 2);
	hears(&r, "02 05 0001 FF00");
	says(&r, "02 05 0001 FF00");
	assert_ends(&r, &stop, LINK_REPLY);
	assert_true(r.link[1]->up); /* whoever answers is not dead */
	rig_end(&r);
}

/* With a dead device beside it a neighbour's reads go on; the dead one costs its deadline now and
 * then. */
static void a_dead_device_does_not_take_the_line_from_its_neighbour(void **state)
{
	(void)state;
	uint8_t frame[RTU_MAX], got[RTU_MAX];
	size_t n = given_frame("01 03 0000 0001", frame);
	int answered = 0, probes = 0;
	struct caller c;
	struct rig r;

	rig_open(&r);
	make_dead(&r, 2);
	uint64_t end = clock_ms() + 3000;
	while (clock_ms() < end) {
		send_call(&r, &c, 1, "03 0000 0001");
		while (c.times == 0) {
			size_t have = pty_hears(&r.pty, got, sizeof got);

			uv_run(&r.loop, UV_RUN_NOWAIT);
			if (have == n && memcmp(got, frame, n) == 0)
				says(&r, "01 03 02 0001");
			else if (have > 0)
				probes++;
		}
		assert_i64(c.result, LINK_REPLY);
		answered++;
	}
	/* probes after 0.5, 1 and 2 s, of 60 ms each; without them there would be 3000 ms */
	assert_true(probes >= 1 && probes <= 4);
	assert_true(answered > 30);
	rig_end(&r);
}

/* --- the line itself --------------------------------------------------------------------- */

static void a_line_pulled_out_ends_what_is_under_way_and_what_waits(void **state)
{
	(void)state;
	struct caller on_wire, waits, stop;
	struct rig r;

	rig_open(&r);
	exchange(&r, 1, 1);
	send_call(&r, &on_wire, 1, "06 0010 00C8");
	send_call(&r, &waits, 2, "06 0010 00C8");
	hears(&r, "01 06 0010 00C8");
	send_stop(&r, &stop, 2);
	pty_pull(&r.pty);
	assert_ends(&r, &on_wire, LINK_LOST);
	assert_ends(&r, &waits, LINK_NOT_SENT);
	assert_ends(&r, &stop, LINK_NOT_SENT);
	assert_i64(r.downs[0], 1);
	assert_i64(r.downs[1], 1);
	assert_contains(r.link[1]->stats.last_trouble, "the line was lost");
	pty_plug(&r.pty);
	LOOP_UNTIL(&r.loop, r.ups[0] == 2 && r.ups[1] == 2);
	pty_hears_nothing(&r.pty, &r.loop, 50); /* nothing is sent again */
	exchange(&r, 1, 7);
	exchange(&r, 2, 8);
	rig_end(&r);
}

static void a_line_that_is_not_there_yet_says_so_later(void **state)
{
	(void)state;
	struct caller c;
	struct rig r;

	rig_prepare(&r);
	rig_links(&r, "115200:8N1", &(struct link_policy){.window = 1});
	send_call(&r, &c, 1, "03 0000 0001");
	assert_ends(&r, &c, LINK_NOT_SENT);
	send_stop(&r, &c, 1);
	assert_ends(&r, &c, LINK_NOT_SENT);
	pty_plug(&r.pty);
	LOOP_UNTIL(&r.loop, r.link[0]->up && r.link[1]->up);
	exchange(&r, 1, 7);
	rig_end(&r);
}

static void a_line_has_one_way_of_speaking(void **state)
{
	(void)state;
	char why[100] = "";
	struct rig r;

	rig_open(&r);
	struct transport other = pty_transport(&r.pty, "9600:8N1");
	assert_null(link_open(r.links, &other, NULL, &(struct link_policy){.window = 1}, why,
	                      sizeof why));
	assert_contains(why, r.pty.path);
	rig_end(&r);
}

/* What those above may wait before they say that a device is silent. */
static void a_shared_line_needs_slack(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r);
	assert_i64(link_slack_ms(r.link[0]), 0); /* nothing has been sent yet */
	r.deadline_ms = 1000;
	exchange(&r, 1, 1);
	assert_true(link_slack_ms(r.link[0]) >= 1000 && link_slack_ms(r.link[0]) <= 1010);
	r.deadline_ms = 2000;
	exchange(&r, 2, 1);
	r.deadline_ms = 500;
	exchange(&r, 2, 1); /* the longest counts */
	for (int i = 0; i < STATIONS; i++)
		assert_true(link_slack_ms(r.link[i]) >= 3000 && link_slack_ms(r.link[i]) <= 3020);
	rig_end(&r);
}

/* --- policy ------------------------------------------------------------------------------ */

static void a_device_has_its_connect_delay(void **state)
{
	(void)state;
	struct rig r;

	rig_prepare(&r);
	pty_plug(&r.pty);
	uint64_t before = clock_ms();
	rig_links(&r, "115200:8N1", &(struct link_policy){.window = 1, .connect_delay_ms = 200});
	LOOP_UNTIL(&r.loop, r.link[0]->up);
	assert_true(clock_ms() - before >= 190);
	exchange(&r, 1, 7);
	rig_end(&r);
}

static void a_device_keeps_its_spacing_and_its_neighbour_does_not_wait_for_it(void **state)
{
	(void)state;
	struct caller a, b, c;
	struct rig r;

	rig_open_with(&r, "115200:8N1:silence=6 ms",
	              &(struct link_policy){.window = 1, .spacing_ms = 1500});
	send_call(&r, &a, 1, "03 0000 0001");
	send_call(&r, &b, 1, "03 0000 0001");
	send_call(&r, &c, 2, "03 0000 0001");
	hears(&r, "01 03 0000 0001");
	says(&r, "01 03 02 0001");
	uint64_t answered = clock_ms();
	hears(&r, "02 03 0000 0001");
	assert_true(clock_ms() - answered < 1000);
	says(&r, "02 03 02 0001");
	hears(&r, "01 03 0000 0001");
	assert_true(clock_ms() - answered >= 1495);
	says(&r, "01 03 02 0001");
	assert_ends(&r, &b, LINK_REPLY);
	rig_end(&r);
}

static void a_new_policy_holds_from_the_next_answer_on(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r);
	link_set_policy(r.link[0], &(struct link_policy){.window = 16, .spacing_ms = 150});
	exchange(&r, 1, 1);
	uint64_t before = clock_ms();
	exchange(&r, 1, 2);
	assert_true(clock_ms() - before >= 140);
	assert_i64(r.link[0]->window, 1); /* a line has one, whatever a profile says */
	rig_end(&r);
}

static void a_stop_keeps_the_spacing_and_nobody_gets_in_before(void **state)
{
	(void)state;
	struct caller a, stop, c;
	struct rig r;

	rig_open_with(&r, "115200:8N1:silence=6 ms",
	              &(struct link_policy){.window = 1, .spacing_ms = 150});
	send_call(&r, &a, 1, "03 0000 0001");
	hears(&r, "01 03 0000 0001");
	says(&r, "01 03 02 0001");
	assert_ends(&r, &a, LINK_REPLY);
	uint64_t answered = clock_ms();
	send_stop(&r, &stop, 1);
	send_call(&r, &c, 2, "03 0000 0001");
	hears(&r, "01 05 0001 FF00");
	assert_true(clock_ms() - answered >= 145);
	says(&r, "01 05 0001 FF00");
	assert_ends(&r, &stop, LINK_REPLY);
	hears(&r, "02 03 0000 0001");
	rig_end(&r);
}

/* The deadline is the device's own time; what the line takes at 1200 baud comes on top. */
static void a_slow_line_is_no_slow_device(void **state)
{
	(void)state;
	struct caller c;
	struct rig r;

	rig_open_with(&r, "1200:8E1", &(struct link_policy){.window = 1});
	r.deadline_ms = 100;
	send_call(&r, &c, 1, "03 0000 000A");
	hears(&r, "01 03 0000 000A"); /* 8 bytes: 73 ms; the answer 25: 229 ms */
	uint64_t asked = clock_ms();
	loop_for(&r.loop, 250);
	assert_i64(c.times, 0);
	says(&r, "01 03 14 0001 0002 0003 0004 0005 0006 0007 0008 0009 000A");
	assert_ends(&r, &c, LINK_REPLY);
	send_call(&r, &c, 2, "03 0000 000A");
	hears(&r, "02 03 0000 000A");
	asked = clock_ms();
	assert_ends(&r, &c, LINK_SILENT);
	assert_true(clock_ms() - asked >= 390 && clock_ms() - asked < 600);
	rig_end(&r);
}

/* --- closing ----------------------------------------------------------------------------- */

static void closing_ends_every_call_once(void **state)
{
	(void)state;
	struct caller on_wire, waits[3], stop;
	struct rig r;

	rig_open(&r);
	send_call(&r, &on_wire, 1, "03 0000 0001");
	hears(&r, "01 03 0000 0001");
	for (int i = 0; i < 3; i++)
		send_call(&r, &waits[i], 1 + i % 2, "03 0000 0001");
	send_stop(&r, &stop, 2);
	rig_close(&r);
	uv_run(&r.loop, UV_RUN_DEFAULT);
	assert_i64(on_wire.times, 1);
	assert_i64(on_wire.result, LINK_LOST);
	for (int i = 0; i < 3; i++)
		assert_true(waits[i].times == 1 && waits[i].result == LINK_NOT_SENT);
	assert_true(stop.times == 1 && stop.result == LINK_NOT_SENT);
	rig_end(&r);
}

static void closing_from_inside_done(void **state)
{
	(void)state;
	struct caller a, b;
	struct rig r;

	rig_open(&r);
	r.close_on_done = true;
	send_call(&r, &a, 1, "03 0000 0001");
	send_call(&r, &b, 2, "03 0000 0001");
	hears(&r, "01 03 0000 0001");
	says(&r, "01 03 02 0001");
	assert_ends(&r, &a, LINK_REPLY);
	uv_run(&r.loop, UV_RUN_DEFAULT);
	assert_i64(b.times, 1);
	rig_end(&r);
}

static void closing_when_the_line_is_lost(void **state)
{
	(void)state;
	struct caller a;
	struct rig r;

	rig_open(&r);
	r.close_on_down = true;
	send_call(&r, &a, 2, "03 0000 0001");
	hears(&r, "02 03 0000 0001");
	pty_pull(&r.pty);
	LOOP_UNTIL(&r.loop, r.closing);
	uv_run(&r.loop, UV_RUN_DEFAULT);
	assert_i64(a.times, 1);
	rig_end(&r);
}

static void one_leaves_and_the_other_goes_on(void **state)
{
	(void)state;
	struct caller a, b;
	struct rig r;

	rig_open(&r);
	send_call(&r, &a, 1, "03 0000 0001");
	hears(&r, "01 03 0000 0001");
	link_close(r.link[0], rig_closed);
	LOOP_UNTIL(&r.loop, r.closed == 1);
	assert_i64(a.result, LINK_LOST);
	send_call(&r, &b, 1, "03 0000 0001"); /* to the one that has gone */
	assert_ends(&r, &b, LINK_NOT_SENT);
	exchange(&r, 2, 7);
	r.closing = true;
	link_close(r.link[1], rig_closed);
	rig_end(&r);
}

static void closing_before_the_line_was_ever_up(void **state)
{
	(void)state;
	struct caller c;
	struct rig r;

	rig_prepare(&r);
	rig_links(&r, "115200:8N1", &(struct link_policy){.window = 1});
	send_call(&r, &c, 1, "03 0000 0001");
	rig_end(&r);
	assert_i64(c.times, 1);
	assert_i64(c.result, LINK_NOT_SENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_answer_cut_anywhere_is_none),
	        cmocka_unit_test(an_answer_in_two_portions_or_byte_by_byte_is_one),
	        cmocka_unit_test(every_bit_of_an_answer_counts),
	        cmocka_unit_test(a_late_answer_is_never_the_next_ones),
	        cmocka_unit_test(a_late_answer_is_no_answer_of_a_neighbour),
	        cmocka_unit_test(a_stop_does_not_wait_for_what_is_late),
	        cmocka_unit_test(turns_are_fair),
	        cmocka_unit_test(one_request_is_on_the_line_and_no_more),
	        cmocka_unit_test(a_stop_is_the_next_on_the_wire_whatever_waits),
	        cmocka_unit_test(the_next_is_sent_after_a_silence),
	        cmocka_unit_test(a_call_may_be_sent_from_inside_done),
	        cmocka_unit_test(before_the_first_write_something_is_read),
	        cmocka_unit_test(before_any_other_function_nothing_is),
	        cmocka_unit_test(a_stop_does_not_wait_for_it),
	        cmocka_unit_test(on_a_line_that_repeats_a_dead_device_obeys_nothing),
	        cmocka_unit_test(nobody_is_asked_who_has_no_unit_on_a_line),
	        cmocka_unit_test(who_waits_too_long_was_not_sent),
	        cmocka_unit_test(a_neighbours_silence_is_waited_for),
	        cmocka_unit_test(on_a_line_that_is_never_silent_nothing_is_sent),
	        cmocka_unit_test(two_frames_lost_are_no_dead_device),
	        cmocka_unit_test(three_are_one_and_it_is_said_at_once),
	        cmocka_unit_test(a_dead_device_is_asked_now_and_then_and_found_again),
	        cmocka_unit_test(what_is_asked_again_is_a_read),
	        cmocka_unit_test(a_device_never_read_is_not_asked_by_itself),
	        cmocka_unit_test(a_stop_goes_out_to_a_dead_device_too),
	        cmocka_unit_test(a_dead_device_does_not_take_the_line_from_its_neighbour),
	        cmocka_unit_test(a_line_pulled_out_ends_what_is_under_way_and_what_waits),
	        cmocka_unit_test(a_line_that_is_not_there_yet_says_so_later),
	        cmocka_unit_test(a_line_has_one_way_of_speaking),
	        cmocka_unit_test(a_shared_line_needs_slack),
	        cmocka_unit_test(a_device_has_its_connect_delay),
	        cmocka_unit_test(a_device_keeps_its_spacing_and_its_neighbour_does_not_wait_for_it),
	        cmocka_unit_test(a_new_policy_holds_from_the_next_answer_on),
	        cmocka_unit_test(a_stop_keeps_the_spacing_and_nobody_gets_in_before),
	        cmocka_unit_test(a_slow_line_is_no_slow_device),
	        cmocka_unit_test(closing_ends_every_call_once),
	        cmocka_unit_test(closing_from_inside_done),
	        cmocka_unit_test(closing_when_the_line_is_lost),
	        cmocka_unit_test(one_leaves_and_the_other_goes_on),
	        cmocka_unit_test(closing_before_the_line_was_ever_up),
	};
	int failures = cmocka_run_group_tests_name("link on a serial line", tests, NULL, NULL);

	failures += RUN_ROWS("an answer is judged:", ANSWERS, is_judged);
	return failures != 0;
}
