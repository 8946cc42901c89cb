/* rtu: frames between two silences, written a second time by hand from Modbus over Serial Line
 * v1.02. */
#include "given.h"

#include "core/rtu.h"

static size_t given_bytes(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;

	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		must(sscanf(hex++, "%2x", &byte) == 1);
		out[n++] = (uint8_t)byte;
	}
	return n;
}

/* Bit by bit, as appendix B draws it. */
static uint16_t crc_by_bits(const uint8_t *bytes, size_t n)
{
	uint16_t crc = 0xFFFF;

	for (size_t i = 0; i < n; i++) {
		crc = (uint16_t)(crc ^ bytes[i]);
		for (int bit = 0; bit < 8; bit++) {
			bool out = (crc & 1u) != 0;

			crc = (uint16_t)(crc >> 1);
			if (out)
				crc = (uint16_t)(crc ^ 0xA001u);
		}
	}
	return crc;
}

static void the_check_sum_is_that_of_the_standard(void **state)
{
	(void)state;
	uint8_t bytes[256];

	/* the standard's own example: 02 07 is followed by 41 12 */
	assert_i64(rtu_crc((const uint8_t[]){0x02, 0x07}, 2), 0x1241);
	assert_i64(rtu_crc((const uint8_t[]){1, 3, 0, 0, 0, 10}, 6), 0xCDC5);
	assert_i64(rtu_crc(bytes, 0), 0xFFFF);
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 167 + 13);
	for (size_t n = 1; n <= sizeof bytes; n++)
		assert_i64(rtu_crc(bytes, n), crc_by_bits(bytes, n));
}

static void a_frame_is_put_and_taken(void **state)
{
	(void)state;
	uint8_t pdu[PDU_MAX], out[RTU_MAX], untouched[RTU_MAX];
	struct frame f;

	for (size_t i = 0; i < sizeof pdu; i++)
		pdu[i] = (uint8_t)(i + 3);
	for (size_t n = 1; n <= PDU_MAX; n++) {
		assert_i64(rtu_put(out, 17, pdu, n), n + 3);
		assert_i64(out[0], 17);
		assert_i64(rtu_take(out, n + 3, &f), RTU_OK);
		assert_i64(f.unit, 17);
		assert_i64(f.tid, 0);
		assert_i64(f.pdu_len, n);
		assert_memory_equal(f.pdu, pdu, n);
	}
	memset(out, 0x55, sizeof out);
	memset(untouched, 0x55, sizeof untouched);
	assert_i64(rtu_put(out, 17, pdu, 0), 0);
	assert_i64(rtu_put(out, 17, pdu, PDU_MAX + 1), 0);
	assert_memory_equal(out, untouched, sizeof out);
}

/* A check sum does not find a last byte that is missing when it was 0: one frame in 256. */
static void a_frame_that_lost_its_last_byte_is_found_by_its_length(void **state)
{
	(void)state;
	uint8_t pdu[5] = {6, 0, 16}, bytes[RTU_MAX];
	struct frame f;
	int blind = 0;

	for (int v = 0; v < 65536; v++) {
		pdu[3] = (uint8_t)(v >> 8);
		pdu[4] = (uint8_t)v;
		assert_i64(rtu_put(bytes, 1, pdu, 5), 8);
		if (rtu_take(bytes, 7, &f) == RTU_OK)
			blind++;
		assert_true(rtu_take_request(bytes, 7, &f) != RTU_OK);
	}
	assert_i64(blind, 256);
}

/* Nor zeroes that were added. */
static void a_frame_with_zeroes_behind_it_is_found_by_its_length(void **state)
{
	(void)state;
	uint8_t bytes[RTU_MAX] = {1, 6, 0, 16, 0, 200, 0x89, 0x99};
	struct frame f;

	assert_i64(rtu_take_request(bytes, 8, &f), RTU_OK);
	for (size_t n = 9; n <= RTU_MAX; n++) {
		assert_i64(rtu_take(bytes, n, &f), RTU_OK);
		assert_i64(rtu_take_request(bytes, n, &f), RTU_LENGTH);
	}
}

static void a_frame_may_be_put_where_its_pdu_lies(void **state)
{
	(void)state;
	uint8_t out[RTU_MAX] = {0, 6, 0, 16, 0, 200};

	assert_i64(rtu_put(out, 1, out + 1, 5), 8);
	assert_memory_equal(out, ((const uint8_t[]){1, 6, 0, 16, 0, 200, 0x89, 0x99}), 8);
}

static void what_is_no_frame_changes_nothing(void **state)
{
	(void)state;
	uint8_t bytes[RTU_MAX + 1] = {0};
	struct frame f = {.tid = 0x7777};

	for (size_t n = 0; n < RTU_MIN; n++)
		assert_i64(rtu_take(bytes, n, &f), RTU_SHORT);
	assert_i64(rtu_take(bytes, RTU_MAX + 1, &f), RTU_LONG);
	assert_i64(rtu_take(bytes, RTU_MAX, &f), RTU_CRC);
	assert_i64(f.tid, 0x7777);
	assert_contains(rtu_status_words(RTU_CRC), "check sum");
	assert_contains(rtu_status_words(RTU_LENGTH), "length");
	assert_contains(rtu_status_words(RTU_SHORT), "few");
	assert_contains(rtu_status_words(RTU_LONG), "more");
	assert_text(rtu_status_words(RTU_OK), "a frame");
}

/* --- a request's length by its function -------------------------------------------------- */

struct request_row {
	const char *name, *pdu; /* the check sum is added, and is right */
	enum rtu_status want;
};

static const struct request_row REQUESTS[] = {
        {"read coils", "01 0000 0008", RTU_OK},
        {"read discrete inputs", "02 0000 0008", RTU_OK},
        {"read holding registers", "03 0000 0001", RTU_OK},
        {"read holding registers, a byte short", "03 0000 00", RTU_LENGTH},
        {"read holding registers, a byte long", "03 0000 0001 00", RTU_LENGTH},
        {"read input registers", "04 0000 0001", RTU_OK},
        {"write coil", "05 0001 FF00", RTU_OK},
        {"write coil, a word long", "05 0001 FF00 0000", RTU_LENGTH},
        {"write register", "06 0010 00C8", RTU_OK},
        {"write register, a byte short", "06 0010 00", RTU_LENGTH},
        {"the answer to a read of one register is no request", "03 02 0000", RTU_LENGTH},
        {"write coils", "0F 0000 0009 02 FF01", RTU_OK},
        {"write coils, fewer bytes than it says", "0F 0000 0009 02 FF", RTU_LENGTH},
        {"write registers", "10 0010 0002 04 0001 0002", RTU_OK},
        {"write registers, a word short", "10 0010 0002 04 0001", RTU_LENGTH},
        {"write registers, a byte long", "10 0010 0002 04 0001 0002 00", RTU_LENGTH},
        {"write registers, count and bytes differ: the judge of requests says so",
         "10 0010 0003 04 0001 0002", RTU_OK},
        {"write registers, cut before its byte count", "10 0010 0002", RTU_LENGTH},
        {"exception status", "07", RTU_OK},
        {"exception status with more", "07 00", RTU_LENGTH},
        {"event counter", "0B", RTU_OK},
        {"event log", "0C", RTU_OK},
        {"server id", "11", RTU_OK},
        {"mask write", "16 0010 FFFF 0001", RTU_OK},
        {"mask write, a word short", "16 0010 FFFF", RTU_LENGTH},
        {"read and write", "17 0000 0001 0010 0001 02 00C8", RTU_OK},
        {"read and write, a word long", "17 0000 0001 0010 0001 02 00C8 0000", RTU_LENGTH},
        {"read and write, cut before its byte count", "17 0000 0001 0010 0001", RTU_LENGTH},
        {"identification", "2B 0E 01 00", RTU_OK},
        {"identification, a byte short", "2B 0E 01", RTU_LENGTH},
        {"another MEI says nothing of its length", "2B 0D 01 02 03 04", RTU_OK},
        {"an MEI without its kind", "2B", RTU_LENGTH},
        {"a function that is not modelled", "41 00 01 02 03 04 05 06", RTU_OK},
        {"diagnostics are not modelled", "08 0000 A537", RTU_OK},
        {"function 0", "00 00", RTU_OK},
        {"an exception is no request that is modelled", "83 02", RTU_OK},
};

static void has_its_length(void **state)
{
	const struct request_row *row = *state;
	uint8_t pdu[PDU_MAX], bytes[RTU_MAX];
	size_t n = given_bytes(row->pdu, pdu);
	struct frame f = {.tid = 0x7777};

	assert_i64(rtu_put(bytes, 1, pdu, n), n + 3);
	assert_i64(rtu_take_request(bytes, n + 3, &f), row->want);
	if (row->want != RTU_OK) {
		assert_i64(f.tid, 0x7777);
		return;
	}
	assert_memory_equal(f.pdu, pdu, n);
	assert_i64(f.pdu_len, n);
	bytes[n] ^= 0x10;
	assert_i64(rtu_take_request(bytes, n + 3, &f), RTU_CRC);
}

/* --- an answer's length by what was asked ------------------------------------------------ */

struct reply_row {
	const char *name, *asked, *bytes;
	size_t want;
};

static const struct reply_row REPLIES[] = {
        {"nothing yet", "03 0000 000A", "", 0},
        {"its unit: no answer is shorter than five", "03 0000 000A", "09", 5},
        {"another unit", "03 0000 000A", "08 03", 0},
        {"another function", "03 0000 000A", "09 04", 0},
        {"ten registers", "03 0000 000A", "09 03", 25},
        {"ten registers, more of it", "03 0000 000A", "09 03 14 0001", 25},
        {"the most registers", "04 0000 007D", "09 04", 255},
        {"nine coils", "01 0000 0009", "09 01", 7},
        {"eight inputs", "02 0000 0008", "09 02", 6},
        {"a refusal", "03 0000 000A", "09 83", 5},
        {"a refusal of another function", "03 0000 000A", "09 84", 0},
        {"a register written", "06 0010 00C8", "09 06 00", 8},
        {"a coil written", "05 0010 FF00", "09 05", 8},
        {"registers written", "10 0010 0002 04 0001 0002", "09 10", 8},
        {"coils written", "0F 0010 0002 01 03", "09 0F", 8},
        {"a mask written", "16 0010 FFFF 0001", "09 16", 10},
        {"written and read", "17 0000 0003 0010 0001 02 00C8", "09 17", 11},
        {"a length that the device chooses", "11", "09 11", 0},
        {"the identity, likewise", "2B 0E 01 00", "09 2B", 0},
};

static void will_be_so_long(void **state)
{
	const struct reply_row *row = *state;
	uint8_t pdu[PDU_MAX], bytes[RTU_MAX];
	size_t n = given_bytes(row->asked, pdu);
	struct request asked;

	assert_i64(request_take(pdu, n, &asked), MB_OK);
	n = given_bytes(row->bytes, bytes);
	assert_i64(rtu_reply_length(&asked, 9, bytes, n), row->want);
}

static void three_functions_are_answered_by_their_own_bytes(void **state)
{
	(void)state;
	for (int f = 0; f < 256; f++)
		assert_true(rtu_answer_is_echo((uint8_t)f) == (f == 5 || f == 6 || f == 0x16));
}

/* --- noise ------------------------------------------------------------------------------- */

static uint32_t random_of(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Ways a line spoils a frame. All but the last are within what CRC-16 always finds: up to three
 * bits anywhere, and bursts of up to sixteen. */
static size_t spoil(uint8_t *bytes, size_t n, uint32_t *seed)
{
	size_t at = random_of(seed) % n, bit = random_of(seed) % (8 * n - 16);
	uint32_t burst = (random_of(seed) & 0xFFFFu) | 1u;

	switch (random_of(seed) % 6) {
	case 0: /* cut */
		return at;
	case 1: /* a byte too much */
		memmove(bytes + at + 1, bytes + at, n - at);
		bytes[at] = (uint8_t)random_of(seed);
		return n + 1;
	case 2: /* a byte lost */
		memmove(bytes + at, bytes + at + 1, n - at - 1);
		return n - 1;
	case 3: { /* up to three bits */
		for (uint32_t i = 1 + random_of(seed) % 3, b = (uint32_t)bit; i > 0; i--, b += 5)
			bytes[b / 8] ^= (uint8_t)(1u << (b % 8));
		return n;
	}
	case 4: /* a burst */
		for (size_t i = 0; i < 16; i++)
			if (burst >> i & 1u)
				bytes[(bit + i) / 8] ^= (uint8_t)(1u << ((bit + i) % 8));
		return n;
	default: /* nothing but noise */
		for (size_t i = 0; i < n; i++)
			bytes[i] = (uint8_t)random_of(seed);
		return n;
	}
}

static void a_million_spoilt_writes_are_no_write(void **state)
{
	(void)state;
	static const char *const writes[] = {"06 0010 00C8",      "10 0010 0002 04 0001 0002",
	                                     "05 0000 FF00",      "0F 0000 0009 02 FF01",
	                                     "16 0010 FFFF 0001", "17 0000 0001 0010 0001 02 00C8"};
	uint32_t seed = 4711;
	int taken = 0, unspoilt = 0;

	for (int i = 0; i < 1000000; i++) {
		uint8_t pdu[PDU_MAX], was[RTU_MAX], is[RTU_MAX + 1];
		size_t n = given_bytes(writes[i % 6], pdu), m;
		struct frame f;
		struct request r;

		n = rtu_put(was, 1, pdu, n);
		memcpy(is, was, n);
		m = spoil(is, n, &seed);
		if (m == n && memcmp(is, was, n) == 0) {
			unspoilt++; /* the byte lost or the bits flipped came back by chance */
			continue;
		}
		if (rtu_take_request(is, m, &f) == RTU_OK &&
		    request_take(f.pdu, f.pdu_len, &r) == MB_OK && request_writes(&r))
			taken++;
	}
	assert_i64(taken, 0);
	assert_true(unspoilt < 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_check_sum_is_that_of_the_standard),
	        cmocka_unit_test(a_frame_is_put_and_taken),
	        cmocka_unit_test(a_frame_that_lost_its_last_byte_is_found_by_its_length),
	        cmocka_unit_test(a_frame_with_zeroes_behind_it_is_found_by_its_length),
	        cmocka_unit_test(a_frame_may_be_put_where_its_pdu_lies),
	        cmocka_unit_test(what_is_no_frame_changes_nothing),
	        cmocka_unit_test(three_functions_are_answered_by_their_own_bytes),
	        cmocka_unit_test(a_million_spoilt_writes_are_no_write),
	};
	int failures = cmocka_run_group_tests_name("rtu", tests, NULL, NULL);

	failures += RUN_ROWS("a request's length:", REQUESTS, has_its_length);
	failures += RUN_ROWS("an answer's length:", REPLIES, will_be_so_long);
	return failures != 0;
}
