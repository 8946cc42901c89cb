#include "given.h"

#include "core/recording.h"

/* --- put -----------------------------------------------------------------------------------------
 */

struct bytes_row {
	const char *name;
	int64_t us;
	const char *channel;
	enum recording_event event;
	const char *bytes;
	size_t n, size;
	const char *line; /* "": nothing was put */
};

static const struct bytes_row frames[] = {
        {"a frame to the gate", 125003, "c3.1", RECORDED_ASKS, "\x00\x01\xfa", 3, 64,
         "125003 c3.1 > 0001fa\n"},
        {"a frame from a device", 0, "d1", RECORDED_ANSWERS, "\x0f\xf0", 2, 64, "0 d1 < 0ff0\n"},
        {"what is no frame", 7, "d12", RECORDED_NOISE_BACK, "\x99", 1, 64, "7 d12 ! 99\n"},
        {"a line that just fits", 7, "d1", RECORDED_ASKS, "\x99", 1, 11, "7 d1 > 99\n"},
        {"one byte less, and nothing is put", 7, "d1", RECORDED_ASKS, "\x99", 1, 10, ""},
};

static void bytes_are_put(void **state)
{
	const struct bytes_row *row = *state;
	char buf[64] = "";
	size_t n = recording_put_bytes(buf, row->size, row->us, row->channel, row->event,
	                               (const uint8_t *)row->bytes, row->n);

	assert_i64(n, strlen(row->line));
	if (n > 0)
		assert_text(buf, row->line);
}

struct text_row {
	const char *name;
	enum recording_event event;
	const char *text;
	size_t size;
	const char *line;
};

static const struct text_row texts[] = {
        {"a connection and whose", RECORDED_BEGINS, "127.0.0.1:51002", 64,
         "5 c0.1 + 127.0.0.1:51002\n"},
        {"nothing to say leaves no blank behind", RECORDED_LOOK, "", 64, "5 c0.1 ~\n"},
        {"an end of a line inside is none", RECORDED_ENDS, "a\nb\rc", 64, "5 c0.1 - a b c\n"},
        {"what just fits", RECORDED_OVER, "full", 15, "5 c0.1 . full\n"},
        {"one byte less, and nothing is put", RECORDED_OVER, "full", 14, ""},
        {"far less, and nothing is put", RECORDED_OVER, "f\n\n\n", 4, ""},
};

static void text_is_put(void **state)
{
	const struct text_row *row = *state;
	char buf[64] = "";
	size_t n = recording_put_text(buf, row->size, 5, "c0.1", row->event, row->text);

	assert_i64(n, strlen(row->line));
	if (n > 0)
		assert_text(buf, row->line);
}

/* --- take ----------------------------------------------------------------------------------------
 */

struct take_row {
	const char *name, *line;
	int64_t from_us;
	enum recording_fault fault;
	size_t at; /* of the fault */
	int64_t us;
	const char *channel;
	enum recording_event event;
	const char *what;
};

static const struct take_row lines[] = {
        {"a frame", "125003 c3.1 > 0001fa", 0, RECORDING_OK, 0, 125003, "c3.1", RECORDED_ASKS,
         "0001fa"},
        {"a row", "9 gate * stop {\"a\": 1}", 9, RECORDING_OK, 0, 9, "gate", RECORDED_ROW,
         "stop {\"a\": 1}"},
        {"a look with nothing new", "1 d1 ~", 0, RECORDING_OK, 0, 1, "d1", RECORDED_LOOK, ""},
        {"a look with a blank behind", "1 d1 ~ ", 0, RECORDING_OK, 0, 1, "d1", RECORDED_LOOK, ""},
        {"a frame of no bytes", "1 d1 >", 0, RECORDING_OK, 0, 1, "d1", RECORDED_ASKS, ""},
        {"the longest channel", "1 a2345678901234567890123 .", 0, RECORDING_OK, 0, 1,
         "a2345678901234567890123", RECORDED_OVER, ""},
        {"fifteen digits of time", "999999999999999 d1 ~", 0, RECORDING_OK, 0, 999999999999999,
         "d1", RECORDED_LOOK, ""},
        {"sixteen are too many", "9999999999999999 d1 ~", .from_us = 0, .fault = RECORDING_TIME,
         .at = 15},
        {"no time", "d1 > 00", .from_us = 0, .fault = RECORDING_TIME, .at = 0},
        {"a time that is cut", "12", .from_us = 0, .fault = RECORDING_TIME, .at = 2},
        {"a time with a letter", "12a d1 > 00", .from_us = 0, .fault = RECORDING_TIME, .at = 2},
        {"a time that goes back", "8 d1 > 00", .from_us = 9, .fault = RECORDING_BACKWARDS, .at = 0},
        {"no channel", "8  > 00", .from_us = 0, .fault = RECORDING_CHANNEL, .at = 2},
        {"a channel too long", "8 a23456789012345678901234 > 00", .from_us = 0,
         .fault = RECORDING_CHANNEL, .at = 2},
        {"a channel that is cut", "8 d1", .from_us = 0, .fault = RECORDING_CHANNEL, .at = 2},
        {"no event", "8 d1 ", .from_us = 0, .fault = RECORDING_EVENT, .at = 5},
        {"an unknown event", "8 d1 x 00", .from_us = 0, .fault = RECORDING_EVENT, .at = 5},
        {"an event with something behind it", "8 d1 >00", .from_us = 0, .fault = RECORDING_EVENT,
         .at = 5},
        {"half a byte", "8 d1 > 001", .from_us = 0, .fault = RECORDING_BYTES, .at = 10},
        {"no digits", "8 d1 > 00zz", .from_us = 0, .fault = RECORDING_BYTES, .at = 9},
        {"large letters are no digits", "8 d1 > 00FF", .from_us = 0, .fault = RECORDING_BYTES,
         .at = 9},
        {"half a byte and no digit", "8 d1 < 0g", .from_us = 0, .fault = RECORDING_BYTES, .at = 8},
        {"signs below and between the digits", "8 d1 < 0/", .from_us = 0, .fault = RECORDING_BYTES,
         .at = 8},
        {"signs behind the digits", "8 d1 < 0:", .from_us = 0, .fault = RECORDING_BYTES, .at = 8},
};

static void a_line_is_taken(void **state)
{
	const struct take_row *row = *state;
	struct recorded r = {.us = -1};
	size_t at = 77;

	assert_text(recording_fault_words(recording_take(row->line, row->from_us, &r, &at)),
	            recording_fault_words(row->fault));
	if (row->fault != RECORDING_OK) {
		assert_i64(at, row->at);
		assert_i64(r.us, -1); /* nothing has moved */
		return;
	}
	assert_i64(r.us, row->us);
	assert_text(r.channel, row->channel);
	assert_i64(r.event, row->event);
	assert_text(r.what, row->what);
	assert_i64(r.n_what, strlen(row->what));
}

struct head_row {
	const char *name, *line;
	enum recording_fault fault;
};

static const struct head_row heads[] = {
        {"ours", "# dosegate recording 1", RECORDING_OK},
        {"a later one", "# dosegate recording 2", RECORDING_VERSION},
        {"a much later one", "# dosegate recording 10", RECORDING_VERSION},
        {"a photograph", "\xff\xd8\xff", RECORDING_NOT_ONE},
        {"an empty file", "", RECORDING_NOT_ONE},
        {"a ledger", "# dosegate ledger 1", RECORDING_NOT_ONE},
};

static void a_head_is_taken(void **state)
{
	const struct head_row *row = *state;

	assert_text(recording_fault_words(recording_take_head(row->line)),
	            recording_fault_words(row->fault));
}

/* 2048 bytes are a frame, 2049 are none. */
static void a_frame_has_an_end(void **state)
{
	char line[5000] = "1 d1 < ";
	uint8_t got[RECORDING_BYTES_MAX];
	struct recorded r;
	size_t at;

	(void)state;
	memset(line + 7, 'a', 4096);
	assert_i64(recording_take(line, 0, &r, &at), RECORDING_OK);
	assert_i64(recording_bytes(&r, got), 2048);
	assert_i64(got[2047], 0xaa);
	memset(line + 7, 'a', 4098);
	assert_i64(recording_take(line, 0, &r, &at), RECORDING_LONG);
	assert_i64(at, 7 + 4098);
}

/* What is put is taken again, for every event. */
static void what_is_put_is_taken(void **state)
{
	const uint8_t bytes[] = {0x00, 0x7f, 0x80, 0xff, 0x9a};
	uint8_t got[RECORDING_BYTES_MAX];
	char line[80];
	struct recorded r;
	size_t at;

	(void)state;
	for (enum recording_event e = 0; e < RECORDING_EVENT_COUNT; e++) {
		size_t n = recording_put_bytes(line, sizeof line, 42, "d8", e, bytes, sizeof bytes);

		line[n - 1] = '\0';
		assert_i64(recording_take(line, 0, &r, &at), RECORDING_OK);
		assert_i64(r.event, e);
		assert_i64(recording_bytes(&r, got), sizeof bytes);
		assert_memory_equal(got, bytes, sizeof bytes);
		assert_true(recording_words(e)[0] != '\0');
		assert_i64(line[6], recording_sign(e));
	}
}

int main(void)
{
	const struct CMUnitTest single[] = {
	        cmocka_unit_test(a_frame_has_an_end),
	        cmocka_unit_test(what_is_put_is_taken),
	};
	int bad = RUN_ROWS("recording: put frames", frames, bytes_are_put);

	bad += RUN_ROWS("recording: put text", texts, text_is_put);
	bad += RUN_ROWS("recording: take", lines, a_line_is_taken);
	bad += RUN_ROWS("recording: heads", heads, a_head_is_taken);
	bad += cmocka_run_group_tests_name("recording", single, NULL, NULL);
	return bad;
}
