/* console: a panel on a serial line. What is a request, and when it is answered. */
#include "edge/given_pty.h"

#include <arpa/inet.h>

#include "edge/console.h"

/* --- the room, and who answers ----------------------------------------------------------- */

#define ASKED_MAX 64

struct rig {
	uv_loop_t loop;
	struct pty pty;
	struct consoles *c;
	bool keeps; /* does not answer at once */
	int asked;
	struct console_ref who[ASKED_MAX];
	uint8_t unit[ASKED_MAX], pdu[ASKED_MAX][PDU_MAX];
	size_t len[ASKED_MAX];
	char event[160];
	int events;
	bool closed;
};

/* A read is answered with zeroes, a write with itself: as a well device would. */
static void answer(struct rig *r, int i)
{
	uint8_t pdu[PDU_MAX];
	struct request q;
	struct reply blank = {.function = r->pdu[i][0]};
	size_t n;

	if (request_take(r->pdu[i], r->len[i], &q) == MB_OK)
		n = reply_put(&q, &blank, pdu);
	else
		n = exception_put(r->pdu[i][0], MB_FUNCTION, pdu);
	console_answer(r->c, r->who[i], 0, r->unit[i], pdu, n);
}

static void on_frame(void *owner, struct console_ref who, const struct frame *f)
{
	struct rig *r = owner;
	int i = r->asked++;

	assert_true(i < ASKED_MAX);
	r->who[i] = who;
	r->unit[i] = f->unit;
	r->len[i] = f->pdu_len;
	memcpy(r->pdu[i], f->pdu, f->pdu_len);
	assert_text(console_name(r->c, who), r->pty.path);
	assert_text(console_identity(r->c, who), r->pty.path);
	if (!r->keeps)
		answer(r, i);
}

static void on_event(void *owner, const char *name, const char *what)
{
	struct rig *r = owner;

	snprintf(r->event, sizeof r->event, "%s: %s", name, what);
	r->events++;
}

/* The gate's units: two devices, and its own. */
static bool has_unit(void *owner, uint8_t unit)
{
	(void)owner;
	return unit == 1 || unit == 2 || unit == 247;
}

static void rig_start(struct rig *r, const char *settings)
{
	struct transport line = pty_transport(&r->pty, settings);
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct console_rules rules = {.max = 2,
	                              .idle_ms = 60000,
	                              .partial_ms = 60000,
	                              .unread_bytes = 1000,
	                              .lines = &line,
	                              .n_lines = 1,
	                              .has_unit = has_unit};
	char why[200] = "";

	r->c = consoles_open(&r->loop, (struct sockaddr *)&any, &rules, on_frame, on_event, r, why,
	                     sizeof why);
	assert_text(why, "");
	assert_non_null(r->c);
}

static void rig_prepare(struct rig *r)
{
	*r = (struct rig){.asked = 0};
	uv_loop_init(&r->loop);
	pty_make(&r->pty);
}

static struct console_line_state state_of(const struct rig *r)
{
	struct console_line_state s;

	assert_true(consoles_line(r->c, 0, &s));
	return s;
}

static void rig_open_with(struct rig *r, const char *settings)
{
	rig_prepare(r);
	pty_plug(&r->pty);
	rig_start(r, settings);
	LOOP_UNTIL(&r->loop, state_of(r).up);
	assert_contains(r->event, "line: connected");
	assert_i64(consoles_count(r->c), 1);
}

/* A silence that a busy machine does not make by itself. */
static void rig_open(struct rig *r)
{
	rig_open_with(r, "115200:8N1:silence=8 ms");
}

static void rig_closed(void *owner)
{
	((struct rig *)owner)->closed = true;
}

static void rig_end(struct rig *r)
{
	consoles_close(r->c, rig_closed);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	assert_true(r->closed);
	assert_i64(uv_loop_close(&r->loop), 0);
	pty_remove(&r->pty);
}

/* After whatever it was: the next request is heard and answered. */
static void is_well(struct rig *r)
{
	int before = r->asked;

	loop_for(&r->loop, 20);
	pty_says_frame(&r->pty, "01 03 0000 0001");
	pty_hears_frame(&r->pty, &r->loop, "01 03 02 0000");
	assert_i64(r->asked, before + 1);
}

/* --- what is a request ------------------------------------------------------------------- */

/* Frames get their check sum; after a '!' the bytes stand as they are. */
struct piece_row {
	const char *name, *piece;
	const char *answer; /* NULL: none, and nobody is asked */
	char counted;       /* d dropped, f foreign, b broadcast; else 0 */
};

static const struct piece_row PIECES[] = {
        {"a read", "01 03 0000 0001", "01 03 02 0000", 0},
        {"a write", "02 06 0010 00C8", "02 06 0010 00C8", 0},
        {"many written", "01 10 0010 0002 04 0001 0002", "01 10 0010 0002", 0},
        {"coils written", "01 0F 0010 0002 01 03", "01 0F 0010 0002", 0},
        {"the gate's own unit", "F7 04 0000 0001", "F7 04 02 0000", 0},
        {"identification", "F7 2B 0E 01 00", "F7 2B", 0},
        {"a function that is not modelled", "01 41 00 01 02", "01 C1 01", 0},
        {"count and bytes differ: the judge of requests says so", "01 10 0010 0003 04 0001 0002",
         "01 90 01", 0},
        {"another unit's request", "03 06 0010 00C8", NULL, 'f'},
        {"another unit's answer", "03 03 04 0001 0002", NULL, 'f'},
        {"another unit's refusal", "03 83 02", NULL, 'f'},
        {"unit 255", "FF 06 0010 00C8", NULL, 'f'},
        {"a write to all", "00 06 0010 00C8", NULL, 'b'},
        {"a stop to all", "00 05 0001 FF00", NULL, 'b'},
        {"a refusal in our name", "01 83 02", NULL, 0},
        {"function 0", "01 00", NULL, 0},
        {"a wrong check sum", "! 01 06 0010 00C8 8998", NULL, 'd'},
        {"the check sum the wrong way round", "! 01 06 0010 00C8 9989", NULL, 'd'},
        {"without its check sum", "! 01 06 0010 00C8", NULL, 'd'},
        {"a write, a byte short and well summed", "01 06 0010 00", NULL, 'd'},
        {"a write, a byte long and well summed", "01 06 0010 00C8 00", NULL, 'd'},
        {"a write of many, cut and well summed", "01 10 0010 0002 04 0001", NULL, 'd'},
        {"a write with zeroes behind it, which no check sum finds", "! 01 06 0010 00C8 8999 0000",
         NULL, 'd'},
        {"a write behind a byte of noise", "! FF 01 06 0010 00C8 8999", NULL, 'd'},
        {"a write before a byte of noise", "! 01 06 0010 00C8 8999 FF", NULL, 'd'},
        {"a write inside of another unit's data", "03 10 0000 0005 0A 0001 0106 0010 00C8 8999",
         NULL, 'f'},
        {"two writes without silence between them", "! 01 06 0010 00C8 8999 01 06 0010 00C8 8999",
         NULL, 'd'},
        {"a Modbus/TCP frame", "! 0001 0000 0006 01 06 0010 00C8", NULL, 'd'},
        {"Modbus ASCII", "! 3A303130363030313030304338323130440D0A", NULL, 'd'},
        {"one byte", "! 01", NULL, 'd'},
        {"a unit, a function, a check sum and no more", "01 07", "01 07 00", 0},
};

static size_t given_piece(const char *hex, uint8_t *bytes)
{
	return *hex == '!' ? given_bytes(hex + 1, bytes) : given_frame(hex, bytes);
}

/* What the line counted of this kind. */
static uint64_t counted_of(const struct rig *r, char kind)
{
	struct console_line_state s = state_of(r);

	return kind == 'd' ? s.dropped : kind == 'f' ? s.foreign : s.broadcasts;
}

static void is_answered_or_not(void **state)
{
	const struct piece_row *row = *state;
	uint8_t bytes[RTU_MAX];
	struct rig r;

	rig_open(&r);
	pty_says(&r.pty, bytes, given_piece(row->piece, bytes));
	if (row->counted != 0)
		LOOP_UNTIL(&r.loop, counted_of(&r, row->counted) > 0);
	if (row->answer == NULL)
		pty_hears_nothing(&r.pty, &r.loop, 50);
	else
		LOOP_UNTIL(&r.loop, pty_hears(&r.pty, bytes, sizeof bytes) >= 4);
	assert_i64(r.asked, row->answer != NULL);
	struct console_line_state s = state_of(&r);
	assert_i64(s.requests, row->answer != NULL);
	assert_i64(s.answered, row->answer != NULL);
	assert_i64(s.dropped, row->counted == 'd');
	assert_i64(s.foreign, row->counted == 'f');
	assert_i64(s.broadcasts, row->counted == 'b');
	if (row->counted == 'b')
		assert_contains(r.event, "obeyed by none");
	is_well(&r);
	rig_end(&r);
}

static void the_answer_is_framed(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r);
	for (size_t i = 0; i < 5; i++) {
		pty_says_frame(&r.pty, PIECES[i].piece);
		pty_hears_frame(&r.pty, &r.loop, PIECES[i].answer);
		loop_for(&r.loop, 15);
	}
	rig_end(&r);
}

static void a_request_cut_anywhere_is_none(void **state)
{
	(void)state;
	uint8_t frame[RTU_MAX];
	size_t n = given_frame("01 10 0010 0002 04 0001 0002", frame);
	struct rig r;

	rig_open(&r);
	for (size_t cut = 1; cut < n; cut++) {
		pty_says(&r.pty, frame, cut);
		loop_for(&r.loop, 25);
		pty_says(&r.pty, frame + cut, n - cut);
		pty_hears_nothing(&r.pty, &r.loop, 25);
		assert_i64(r.asked, 0);
	}
	is_well(&r);
	rig_end(&r);
}

static void a_request_byte_by_byte_without_silence_is_one(void **state)
{
	(void)state;
	uint8_t frame[RTU_MAX];
	size_t n = given_frame("01 10 0010 0002 04 0001 0002", frame);
	struct rig r;

	rig_open_with(&r, "115200:8N1:silence=250 ms");
	for (size_t i = 0; i < n; i++) {
		pty_says(&r.pty, frame + i, 1);
		loop_for(&r.loop, 5);
	}
	pty_hears_frame(&r.pty, &r.loop, "01 10 0010 0002");
	assert_i64(r.asked, 1);
	rig_end(&r);
}

static void every_length_of_a_frame_is_taken_whole(void **state)
{
	(void)state;
	uint8_t pdu[PDU_MAX], frame[RTU_MAX], got[RTU_MAX];
	struct rig r;

	rig_open_with(&r, "115200:8N1:silence=3 ms");
	for (int regs = 1; regs <= 123; regs += 11) {
		struct request q = {.function = FC_WRITE_REGISTERS, .count = (uint16_t)regs};
		size_t n = rtu_put(frame, 1, pdu, request_put(&q, pdu));

		pty_says(&r.pty, frame, n);
		LOOP_UNTIL(&r.loop, pty_hears(&r.pty, got, sizeof got) == 8);
		loop_for(&r.loop, 6);
	}
	assert_i64(r.asked, 12);
	rig_end(&r);
}

/* --- when it is answered ----------------------------------------------------------------- */

static void an_answer_comes_after_the_silence(void **state)
{
	(void)state;
	struct rig r;

	rig_open_with(&r, "115200:8N1:silence=80 ms");
	uint64_t before = clock_ms();
	pty_says_frame(&r.pty, "01 03 0000 0001");
	pty_hears_frame(&r.pty, &r.loop, "01 03 02 0000");
	assert_true(clock_ms() - before >= 80);
	rig_end(&r);
}

static void an_answer_may_come_later(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r);
	r.keeps = true;
	pty_says_frame(&r.pty, "01 03 0000 0001");
	LOOP_UNTIL(&r.loop, r.asked == 1);
	pty_hears_nothing(&r.pty, &r.loop, 60);
	answer(&r, 0);
	pty_hears_frame(&r.pty, &r.loop, "01 03 02 0000");
	rig_end(&r);
}

/* The console gave up waiting: what comes now would be taken for the next one's answer. */
static void who_asks_anew_is_told_busy_and_the_first_answer_is_not_sent(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r);
	r.keeps = true;
	pty_says_frame(&r.pty, "01 03 0000 0001");
	LOOP_UNTIL(&r.loop, r.asked == 1);
	pty_says_frame(&r.pty, "02 06 0010 00C8");
	pty_hears_frame(&r.pty, &r.loop, "02 86 06");
	assert_i64(r.asked, 1); /* nothing was judged, nothing sent */
	answer(&r, 0);
	pty_hears_nothing(&r.pty, &r.loop, 50);
	r.keeps = false;
	is_well(&r);
	rig_end(&r);
}

/* The answer is ready at the very moment the console begins to ask anew. */
static void an_answer_that_waits_for_silence_gives_way(void **state)
{
	(void)state;
	struct rig r;

	rig_open_with(&r, "115200:8N1:silence=60 ms");
	r.keeps = true;
	pty_says_frame(&r.pty, "01 03 0000 0001");
	LOOP_UNTIL(&r.loop, r.asked == 1);
	pty_says_frame(&r.pty, "02 03 0000 0002");
	loop_for(&r.loop, 5);
	answer(&r, 0);
	LOOP_UNTIL(&r.loop, r.asked == 2);
	answer(&r, 1);
	pty_hears_frame(&r.pty, &r.loop, "02 03 04 0000 0000");
	rig_end(&r);
}

/* Noise while a request is with the owner is no new request. */
static void noise_does_not_take_an_answer_away(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r);
	r.keeps = true;
	pty_says_frame(&r.pty, "01 03 0000 0001");
	LOOP_UNTIL(&r.loop, r.asked == 1);
	pty_says(&r.pty, (const uint8_t *)"\xFF\x00\xFF", 3);
	loop_for(&r.loop, 30);
	pty_says_frame(&r.pty, "03 03 0000 0001"); /* nor is another unit's */
	loop_for(&r.loop, 30);
	answer(&r, 0);
	pty_hears_frame(&r.pty, &r.loop, "01 03 02 0000");
	rig_end(&r);
}

static void a_line_that_repeats_what_is_said_is_no_console(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r);
	for (int i = 0; i < 3; i++) {
		pty_says_frame(&r.pty, i == 0 ? "01 03 0000 0001" : "01 06 0010 00C8");
		pty_hears_frame(&r.pty, &r.loop, i == 0 ? "01 03 02 0000" : "01 06 0010 00C8");
		pty_says_frame(&r.pty, i == 0 ? "01 03 02 0000" : "01 06 0010 00C8");
		pty_hears_nothing(&r.pty, &r.loop, 30);
		assert_i64(r.asked, i + 1);
	}
	rig_end(&r);
}

/* --- lost and found ---------------------------------------------------------------------- */

static void a_line_pulled_out_is_gone_and_one_put_in_is_back(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r);
	r.keeps = true;
	pty_says_frame(&r.pty, "01 06 0010 00C8");
	LOOP_UNTIL(&r.loop, r.asked == 1);
	pty_pull(&r.pty);
	LOOP_UNTIL(&r.loop, !state_of(&r).up);
	assert_contains(r.event, "line: lost: the line was lost");
	assert_contains(state_of(&r).trouble, "lost");
	assert_i64(consoles_count(r.c), 0);
	assert_text(console_name(r.c, r.who[0]), "gone");
	assert_text(console_identity(r.c, r.who[0]), "");
	pty_plug(&r.pty);
	LOOP_UNTIL(&r.loop, state_of(&r).up);
	answer(&r, 0); /* to nobody: the line is another one now */
	pty_hears_nothing(&r.pty, &r.loop, 30);
	r.keeps = false;
	is_well(&r);
	rig_end(&r);
}

static void a_line_that_is_not_there_is_waited_for(void **state)
{
	(void)state;
	struct console_line_state none;
	struct rig r;

	rig_prepare(&r);
	rig_start(&r, "19200:8E1");
	LOOP_UNTIL(&r.loop, state_of(&r).trouble[0] != '\0');
	assert_contains(state_of(&r).trouble, "cannot be opened");
	assert_text(state_of(&r).name, r.pty.path);
	assert_false(consoles_line(r.c, 1, &none));
	pty_plug(&r.pty);
	LOOP_UNTIL(&r.loop, state_of(&r).up);
	rig_end(&r);
}

static void whoever_is_dropped_is_not_answered(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r);
	r.keeps = true;
	pty_says_frame(&r.pty, "01 03 0000 0001");
	LOOP_UNTIL(&r.loop, r.asked == 1);
	console_drop(r.c, r.who[0], "dropped: for a test");
	assert_contains(r.event, "dropped: for a test");
	answer(&r, 0);
	console_drop(r.c, r.who[0], "dropped: two times");
	assert_contains(r.event, "for a test");
	pty_hears_nothing(&r.pty, &r.loop, 30);
	r.keeps = false;
	is_well(&r);
	rig_end(&r);
}

static void closing_while_a_request_is_kept(void **state)
{
	(void)state;
	struct rig r;

	rig_open(&r);
	r.keeps = true;
	pty_says_frame(&r.pty, "01 03 0000 0001");
	LOOP_UNTIL(&r.loop, r.asked == 1);
	rig_end(&r);
}

/* --- noise ------------------------------------------------------------------------------- */

static uint32_t random_of(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Garbled writes, each between two silences, as a bad cable makes them. (A hundred thousand more go
 * through the decoder itself in test_rtu.) */
static void garbled_writes_are_no_writes(void **state)
{
	(void)state;
	uint8_t frame[RTU_MAX];
	uint32_t seed = 815;
	struct rig r;

	rig_open_with(&r, "115200:8N1:silence=2 ms");
	for (int i = 0; i < 1500; i++) {
		size_t n = given_frame("01 10 0010 0002 04 0001 0002", frame);

		for (uint32_t k = 1 + random_of(&seed) % 3; k > 0; k--)
			frame[random_of(&seed) % n] ^= (uint8_t)(1u << (random_of(&seed) % 8));
		if (random_of(&seed) % 4 == 0)
			n = random_of(&seed) % n;
		if (rtu_crc(frame, n) == 0)
			continue; /* the same bit two times: not garbled */
		pty_says(&r.pty, frame, n);
		loop_for(&r.loop, 4);
	}
	assert_i64(r.asked, 0);
	assert_true(state_of(&r).dropped + state_of(&r).foreign > 1000);
	is_well(&r);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_answer_is_framed),
	        cmocka_unit_test(a_request_cut_anywhere_is_none),
	        cmocka_unit_test(a_request_byte_by_byte_without_silence_is_one),
	        cmocka_unit_test(every_length_of_a_frame_is_taken_whole),
	        cmocka_unit_test(an_answer_comes_after_the_silence),
	        cmocka_unit_test(an_answer_may_come_later),
	        cmocka_unit_test(who_asks_anew_is_told_busy_and_the_first_answer_is_not_sent),
	        cmocka_unit_test(an_answer_that_waits_for_silence_gives_way),
	        cmocka_unit_test(noise_does_not_take_an_answer_away),
	        cmocka_unit_test(a_line_that_repeats_what_is_said_is_no_console),
	        cmocka_unit_test(a_line_pulled_out_is_gone_and_one_put_in_is_back),
	        cmocka_unit_test(a_line_that_is_not_there_is_waited_for),
	        cmocka_unit_test(whoever_is_dropped_is_not_answered),
	        cmocka_unit_test(closing_while_a_request_is_kept),
	        cmocka_unit_test(garbled_writes_are_no_writes),
	};
	int failures = cmocka_run_group_tests_name("console on a serial line", tests, NULL, NULL);

	failures += RUN_ROWS("between two silences:", PIECES, is_answered_or_not);
	return failures != 0;
}
