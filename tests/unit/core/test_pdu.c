/* pdu: the wire, written a second time by hand from Modbus Application Protocol v1.1b3. */
#include "given.h"

#include "core/pdu.h"

/* "03 0010 000A" and then `more` bytes of `filler`. Returns the length. */
static size_t given_bytes(const char *hex, size_t more, uint8_t filler, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;

	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		must(sscanf(hex++, "%2x", &byte) == 1);
		out[n++] = (uint8_t)byte;
	}
	memset(out + n, filler, more);
	return n + more;
}

static struct request given_request(const char *hex)
{
	uint8_t pdu[300];
	struct request r;
	size_t n = given_bytes(hex, 0, 0, pdu);

	must(request_take(pdu, n, &r) == MB_OK);
	return r;
}

/* --- frames ------------------------------------------------------------------------------ */

struct frame_row {
	const char *name, *hex;
	size_t more;
	enum mbap_status want;
	size_t used;
};

static const struct frame_row FRAMES[] = {
        {"nothing is not yet a frame", "", 0, MBAP_MORE, 0},
        {"five bytes do not tell", "0001 0001 00", 0, MBAP_MORE, 0},
        {"six bytes tell the length", "0001 0000 0006", 0, MBAP_MORE, 0},
        {"one byte short", "0001 0000 0006 01 03 0000 00", 0, MBAP_MORE, 0},
        {"whole", "0001 0000 0006 01 03 0000 0001", 0, MBAP_OK, 12},
        {"whole, and the head of the next", "0001 0000 0006 01 03 0000 0001 00", 0, MBAP_OK, 12},
        {"length 0 is no frame", "0001 0000 0000 01", 0, MBAP_FOREIGN, 0},
        {"length 1 holds no function", "0001 0000 0001 01", 0, MBAP_FOREIGN, 0},
        {"length 2 is the least", "0001 0000 0002 01 07", 0, MBAP_OK, 8},
        {"length 254 is the most", "0001 0000 00FE 01 41", 252, MBAP_OK, 260},
        {"length 255 is too much, at once", "0001 0000 00FF", 0, MBAP_FOREIGN, 0},
        {"length 256 is too much", "0001 0000 0100", 0, MBAP_FOREIGN, 0},
        {"protocol 1 is not Modbus", "0001 0001 0006 01 03 0000 0001", 0, MBAP_FOREIGN, 0},
        {"protocol 0100 is not Modbus", "0001 0100 0006 01 03 0000 0001", 0, MBAP_FOREIGN, 0},
        {"HTTP is not Modbus", "474554202F20", 0, MBAP_FOREIGN, 0},
        {"a TLS hello is not Modbus", "160301020001", 0, MBAP_FOREIGN, 0},
};

static void frame_is(void **state)
{
	const struct frame_row *row = *state;
	uint8_t bytes[300];
	size_t n = given_bytes(row->hex, row->more, 0xAA, bytes), used = 77;
	struct frame f = {.tid = 0x7777};

	assert_i64(mbap_take(bytes, n, &f, &used), row->want);
	if (row->want != MBAP_OK) {
		assert_i64(used, 77); /* nothing is written but on success */
		assert_i64(f.tid, 0x7777);
		return;
	}
	assert_i64(used, row->used);
	assert_i64(f.tid, 1);
	assert_i64(f.unit, 1);
	assert_true(f.pdu == bytes + 7);
	assert_i64(f.pdu_len, row->used - 7);

	uint8_t again[ADU_MAX];
	assert_i64(mbap_put(again, f.tid, f.unit, f.pdu, f.pdu_len), used);
	assert_memory_equal(again, bytes, used);
}

static void a_frame_is_put_from_any_memory(void **state)
{
	(void)state;
	uint8_t out[ADU_MAX + 1] = {0}, pdu[PDU_MAX + 1] = {0x41};

	assert_i64(mbap_put(out, 1, 1, pdu, 0), 0);
	assert_i64(mbap_put(out, 1, 1, pdu, PDU_MAX + 1), 0);
	assert_i64(out[1], 0); /* nothing was written */
	assert_i64(mbap_put(out, 0xABCD, 0xF7, pdu, PDU_MAX), 260);
	assert_i64(out[0], 0xAB);
	assert_i64(out[1], 0xCD);
	assert_i64(out[5], 254);
	assert_i64(out[6], 0xF7);

	out[MBAP_LEN] = 0x11; /* already in its place */
	assert_i64(mbap_put(out, 2, 9, out + MBAP_LEN, 1), 8);
	assert_i64(out[MBAP_LEN], 0x11);
}

static void a_cursor_that_fell_short_stays_so(void **state)
{
	(void)state;
	const uint8_t bytes[] = {0x12, 0x34, 0x56};
	struct cursor c = cursor_over(bytes, 3);

	assert_i64(cursor_u16(&c), 0x1234);
	assert_true(c.ok);
	assert_i64(cursor_u16(&c), 0); /* one byte is left, which is too few */
	assert_false(c.ok);
	assert_i64(cursor_u8(&c), 0);
	assert_false(c.ok);
	c = cursor_over(bytes, 1);
	assert_i64(cursor_u8(&c), 0x12);
	assert_i64(c.left, 0);
	assert_true(c.ok);
	assert_i64(cursor_u8(&c), 0);
	assert_false(c.ok);
}

/* --- requests ------------------------------------------------------------------------------ */

struct request_row {
	const char *name, *hex;
	size_t more;
	uint8_t filler;
	enum mb_exception want;
};

static const struct request_row REQUESTS[] = {
        {"an empty request has no function", "", 0, 0, MB_FUNCTION},
        {"function 00", "00", 0, 0, MB_FUNCTION},
        {"function 08, diagnostics", "08 0000 1234", 0, 0, MB_FUNCTION},
        {"function 14, read file", "14 07 06 0001 0000 0001", 0, 0, MB_FUNCTION},
        {"function 15, write file", "15 09 06 0001 0000 0001 0000", 0, 0, MB_FUNCTION},
        {"function 18, read queue", "18 0000", 0, 0, MB_FUNCTION},
        {"function 2A", "2A 0000", 0, 0, MB_FUNCTION},
        {"function 2C, past the table", "2C 0000", 0, 0, MB_FUNCTION},
        {"function 41, the maker's own", "41 00", 0, 0, MB_FUNCTION},
        {"function 5A", "5A 00", 0, 0, MB_FUNCTION},
        {"function 83, an exception for a request", "83 02", 0, 0, MB_FUNCTION},
        {"function FF", "FF", 0, 0, MB_FUNCTION},

        {"read coils, 1", "01 0000 0001", 0, 0, MB_OK},
        {"read coils, 0", "01 0000 0000", 0, 0, MB_VALUE},
        {"read coils, 2000", "01 0000 07D0", 0, 0, MB_OK},
        {"read coils, 2001", "01 0000 07D1", 0, 0, MB_VALUE},
        {"read discrete inputs, 2000", "02 0000 07D0", 0, 0, MB_OK},
        {"read discrete inputs, 2001", "02 0000 07D1", 0, 0, MB_VALUE},
        {"read holding, 1", "03 0010 0001", 0, 0, MB_OK},
        {"read holding, 0", "03 0010 0000", 0, 0, MB_VALUE},
        {"read holding, 125", "03 0010 007D", 0, 0, MB_OK},
        {"read holding, 126", "03 0010 007E", 0, 0, MB_VALUE},
        {"read holding, one byte short", "03 0010 00", 0, 0, MB_VALUE},
        {"read holding, one byte long", "03 0010 0001 00", 0, 0, MB_VALUE},
        {"read holding, a write hidden behind it", "03 0010 0001 06 0010 00C8", 0, 0, MB_VALUE},
        {"read holding, the last register", "03 FFFF 0001", 0, 0, MB_OK},
        {"read holding, past the last register", "03 FFFF 0002", 0, 0, MB_ADDRESS},
        {"read holding, up to the last register", "03 FF83 007D", 0, 0, MB_OK},
        {"read holding, one past it", "03 FF84 007D", 0, 0, MB_ADDRESS},
        {"the count is looked at before the address", "03 FFFF 0000", 0, 0, MB_VALUE},
        {"read input, 125", "04 0000 007D", 0, 0, MB_OK},
        {"read input, 126", "04 0000 007E", 0, 0, MB_VALUE},

        {"write coil on", "05 0003 FF00", 0, 0, MB_OK},
        {"write coil off", "05 0003 0000", 0, 0, MB_OK},
        {"write coil 0001", "05 0003 0001", 0, 0, MB_VALUE},
        {"write coil FF01", "05 0003 FF01", 0, 0, MB_VALUE},
        {"write coil 0100", "05 0003 0100", 0, 0, MB_VALUE},
        {"write coil, short: the zeros are not there", "05 0003", 0, 0, MB_VALUE},
        {"write coil, long", "05 0003 FF00 00", 0, 0, MB_VALUE},
        {"write the last coil", "05 FFFF FF00", 0, 0, MB_OK},

        {"write register", "06 0010 00C8", 0, 0, MB_OK},
        {"write register, short", "06 0010 00", 0, 0, MB_VALUE},
        {"write register, long", "06 0010 00C8 00", 0, 0, MB_VALUE},
        {"write the last register", "06 FFFF 00C8", 0, 0, MB_OK},

        {"read exception status", "07", 0, 0, MB_OK},
        {"read exception status, long", "07 00", 0, 0, MB_VALUE},
        {"event counter", "0B", 0, 0, MB_OK},
        {"event log", "0C", 0, 0, MB_OK},
        {"report server id", "11", 0, 0, MB_OK},
        {"report server id, long", "11 00", 0, 0, MB_VALUE},

        {"write coils, 1", "0F 0000 0001 01 01", 0, 0, MB_OK},
        {"write coils, 0", "0F 0000 0000 00", 0, 0, MB_VALUE},
        {"write coils, 0 with a byte", "0F 0000 0000 01 00", 0, 0, MB_VALUE},
        {"write coils, 8", "0F 0000 0008 01 FF", 0, 0, MB_OK},
        {"write coils, 9", "0F 0000 0009 02 FF 01", 0, 0, MB_OK},
        {"write coils, 9 with one byte", "0F 0000 0009 01 FF", 0, 0, MB_VALUE},
        {"write coils, 8 with two bytes", "0F 0000 0008 02 FF 00", 0, 0, MB_VALUE},
        {"write coils, the first pad bit set", "0F 0000 0003 01 08", 0, 0, MB_VALUE},
        {"write coils, the last pad bit set", "0F 0000 0007 01 80", 0, 0, MB_VALUE},
        {"write coils, 1968", "0F 0000 07B0 F6", 246, 0xFF, MB_OK},
        {"write coils, 1969", "0F 0000 07B1 F7", 247, 0, MB_VALUE},
        {"write coils, short of a byte", "0F 0000 0010 02 FF", 0, 0, MB_VALUE},
        {"write coils, a byte too long", "0F 0000 0008 01 FF 00", 0, 0, MB_VALUE},
        {"write coils, up to the last", "0F FFF8 0008 01 FF", 0, 0, MB_OK},
        {"write coils, past the last", "0F FFF9 0008 01 FF", 0, 0, MB_ADDRESS},

        {"write registers, 1", "10 0010 0001 02 00C8", 0, 0, MB_OK},
        {"write registers, 0", "10 0010 0000 00", 0, 0, MB_VALUE},
        {"write registers, 123", "10 0010 007B F6", 246, 0x5A, MB_OK},
        {"write registers, 124", "10 0010 007C F8", 248, 0x5A, MB_VALUE},
        {"write registers, byte count too small", "10 0010 0002 02 00C8 0001", 0, 0, MB_VALUE},
        {"write registers, byte count too large", "10 0010 0001 04 00C8 0001", 0, 0, MB_VALUE},
        {"write registers, odd byte count", "10 0010 0001 03 00C8 00", 0, 0, MB_VALUE},
        {"write registers, 129 is not 1 in eight bits", "10 0010 0081 02 00C8", 0, 0, MB_VALUE},
        {"write registers, short", "10 0010 0002 04 00C8 00", 0, 0, MB_VALUE},
        {"write registers, long", "10 0010 0001 02 00C8 00", 0, 0, MB_VALUE},
        {"write registers, up to the last", "10 FFFE 0002 04 0000 0000", 0, 0, MB_OK},
        {"write registers, past the last", "10 FFFF 0002 04 0000 0000", 0, 0, MB_ADDRESS},

        {"mask write", "16 0004 00F2 0025", 0, 0, MB_OK},
        {"mask write, short", "16 0004 00F2 00", 0, 0, MB_VALUE},
        {"mask write, long", "16 0004 00F2 0025 00", 0, 0, MB_VALUE},

        {"read and write", "17 0003 0006 000E 0003 06 00FF 00FF 00FF", 0, 0, MB_OK},
        {"read and write, read 0", "17 0003 0000 000E 0001 02 00FF", 0, 0, MB_VALUE},
        {"read and write, read 125", "17 0003 007D 000E 0001 02 00FF", 0, 0, MB_OK},
        {"read and write, read 126", "17 0003 007E 000E 0001 02 00FF", 0, 0, MB_VALUE},
        {"read and write, write 0", "17 0003 0001 000E 0000 00", 0, 0, MB_VALUE},
        {"read and write, write 121", "17 0003 0001 000E 0079 F2", 242, 1, MB_OK},
        {"read and write, write 122", "17 0003 0001 000E 007A F4", 243, 1, MB_VALUE},
        {"read and write, byte count", "17 0003 0001 000E 0001 04 00FF", 0, 0, MB_VALUE},
        {"read and write, the read past the end", "17 FFFF 0002 000E 0001 02 00FF", 0, 0,
         MB_ADDRESS},
        {"read and write, the write past the end", "17 0003 0001 FFFF 0002 04 0000 0000", 0, 0,
         MB_ADDRESS},

        {"identification, basic", "2B 0E 01 00", 0, 0, MB_OK},
        {"identification, one object", "2B 0E 04 02", 0, 0, MB_OK},
        {"identification, code 0", "2B 0E 00 00", 0, 0, MB_VALUE},
        {"identification, code 5", "2B 0E 05 00", 0, 0, MB_VALUE},
        {"identification, short", "2B 0E 01", 0, 0, MB_VALUE},
        {"identification, long", "2B 0E 01 00 00", 0, 0, MB_VALUE},
        {"2B alone", "2B", 0, 0, MB_VALUE},
        {"2B 0D, CANopen", "2B 0D 00 00", 0, 0, MB_FUNCTION},
};

static void request_is(void **state)
{
	const struct request_row *row = *state;
	uint8_t pdu[300], again[PDU_MAX];
	size_t n = given_bytes(row->hex, row->more, row->filler, pdu);
	struct request r = {.function = 0x77};

	assert_i64(request_take(pdu, n, &r), row->want);
	if (row->want != MB_OK) {
		assert_i64(r.function, 0x77); /* nothing is written but on success */
		return;
	}
	assert_i64(request_put(&r, again), n);
	assert_memory_equal(again, pdu, n);
	assert_true(request_equal(&r, &r));
	assert_i64(request_writes(&r), strchr("\x05\x06\x0F\x10\x16\x17", r.function) != NULL);
	assert_i64(request_reads(&r),
	           strchr("\x01\x02\x03\x04\x07\x0B\x0C\x11", r.function) != NULL);
	for (size_t cut = 0; cut < n; cut++) /* never right when cut */
		assert_i64(request_take(pdu, cut, &r), cut == 0 ? MB_FUNCTION : MB_VALUE);
}

static void the_fields_are_where_they_belong(void **state)
{
	(void)state;
	struct request r = given_request("10 0110 0002 04 4148 0001");
	assert_i64(r.function, FC_WRITE_REGISTERS);
	assert_i64(r.address, 0x0110);
	assert_i64(r.count, 2);
	assert_i64(r.value[0], 0x4148);
	assert_i64(r.value[1], 1);

	r = given_request("06 0010 00C8");
	assert_i64(r.count, 1);
	assert_i64(r.value[0], 200);

	r = given_request("05 0003 FF00");
	assert_i64(r.count, 1);
	assert_true(request_bit(&r, 0));
	r = given_request("05 0003 0000");
	assert_false(request_bit(&r, 0));

	r = given_request("0F 0013 000A 02 CD 01");
	assert_i64(r.count, 10);
	assert_true(request_bit(&r, 0));
	assert_false(request_bit(&r, 1));
	assert_true(request_bit(&r, 7));
	assert_true(request_bit(&r, 8));
	assert_false(request_bit(&r, 9));

	r = given_request("16 0004 00F2 0025");
	assert_i64(r.address, 4);
	assert_i64(r.count, 1);
	assert_i64(r.and_mask, 0xF2);
	assert_i64(r.or_mask, 0x25);

	r = given_request("17 0003 0006 000E 0002 04 00AA 00BB");
	assert_i64(r.read_address, 3);
	assert_i64(r.read_count, 6);
	assert_i64(r.address, 14);
	assert_i64(r.count, 2);
	assert_i64(r.value[1], 0xBB);

	r = given_request("2B 0E 04 02");
	assert_i64(r.mei_code, 4);
	assert_i64(r.mei_object, 2);
}

struct unput_row {
	const char *name;
	struct request r;
};

static const struct unput_row UNPUT[] = {
        {"no function", {.function = 0}},
        {"a function not modelled", {.function = 0x41}},
        {"a function past the table", {.function = 0xFF}},
        {"no registers", {.function = FC_WRITE_REGISTERS, .count = 0}},
        {"124 registers", {.function = FC_WRITE_REGISTERS, .count = 124}},
        {"1969 coils", {.function = FC_WRITE_COILS, .count = 1969}},
        {"126 registers read", {.function = FC_READ_HOLDING, .count = 126}},
        {"122 written, 1 read", {.function = FC_READ_WRITE, .count = 122, .read_count = 1}},
        {"1 written, none read", {.function = FC_READ_WRITE, .count = 1, .read_count = 0}},
        {"1 written, 126 read", {.function = FC_READ_WRITE, .count = 1, .read_count = 126}},
};

static void cannot_be_put(void **state)
{
	const struct unput_row *row = *state;
	struct reply r = {.count = 1};
	uint8_t out[PDU_MAX];

	assert_i64(request_put(&row->r, out), 0);
	assert_i64(reply_put(&row->r, &r, out), 0);
	assert_false(request_equal(&row->r, &row->r)); /* what cannot be put equals nothing */
	const uint8_t answer[] = {row->r.function, 0};
	assert_i64(reply_take(&row->r, answer, 2, &r), REPLY_WRONG_FUNCTION);
}

static void pad_bits_go_out_as_zero(void **state)
{
	(void)state;
	struct request r = {.function = FC_WRITE_COILS, .count = 3, .bits = {0xFF}};
	uint8_t out[PDU_MAX];

	assert_i64(request_put(&r, out), 7);
	assert_i64(out[6], 0x07);
}

static void requests_are_equal_when_their_bytes_are(void **state)
{
	(void)state;
	struct request a = given_request("10 0010 0002 04 0001 0002");
	struct request b = a;

	assert_true(request_equal(&a, &b));
	b.value[2] = 9; /* beyond the count: no part of it */
	assert_true(request_equal(&a, &b));
	b.value[1] = 3;
	assert_false(request_equal(&a, &b));
	b = a;
	b.address++;
	assert_false(request_equal(&a, &b));
	b = a;
	b.count = 1;
	assert_false(request_equal(&a, &b));
	b.function = FC_WRITE_REGISTER;
	assert_false(request_equal(&a, &b));
}

static void what_is_not_modelled_neither_reads_nor_writes(void **state)
{
	(void)state;
	const struct request r = {.function = 0x41}, mei = {.function = FC_MEI};

	assert_false(request_reads(&r));
	assert_false(request_writes(&r));
	assert_false(request_reads(&mei));
	assert_false(request_writes(&mei));
}

/* --- replies ------------------------------------------------------------------------------ */

struct reply_row {
	const char *name, *asked, *hex;
	size_t more;
	uint8_t filler;
	enum reply_status want;
};

static const struct reply_row REPLIES[] = {
        {"nothing", "03 0000 0001", "", 0, 0, REPLY_WRONG_LENGTH},
        {"longer than a frame", "03 0000 0001", "03 FC", 252, 0, REPLY_WRONG_LENGTH},
        {"registers", "03 0000 0002", "03 04 1234 5678", 0, 0, REPLY_OK},
        {"125 registers", "03 0000 007D", "03 FA", 250, 0x33, REPLY_OK},
        {"registers of the other table", "03 0000 0001", "04 02 1234", 0, 0, REPLY_WRONG_FUNCTION},
        {"input registers", "04 0000 0001", "04 02 1234", 0, 0, REPLY_OK},
        {"one register too few", "03 0000 0002", "03 02 1234", 0, 0, REPLY_WRONG_LENGTH},
        {"one register too many", "03 0000 0001", "03 04 1234 5678", 0, 0, REPLY_WRONG_LENGTH},
        {"byte count says more than there is", "03 0000 0001", "03 04 1234", 0, 0,
         REPLY_WRONG_LENGTH},
        {"byte count right, a byte behind", "03 0000 0001", "03 02 1234 00", 0, 0,
         REPLY_WRONG_LENGTH},
        {"byte count wrong, length right", "03 0000 0002", "03 02 1234 5678", 0, 0,
         REPLY_WRONG_LENGTH},
        {"the function alone", "03 0000 0001", "03", 0, 0, REPLY_WRONG_LENGTH},
        {"a write's echo for a read", "03 0000 0001", "06 0000 0001", 0, 0, REPLY_WRONG_FUNCTION},

        {"coils", "01 0013 0013", "01 03 CD 6B 05", 0, 0, REPLY_OK},
        {"coils, a byte short", "01 0013 0013", "01 02 CD 6B", 0, 0, REPLY_WRONG_LENGTH},
        {"coils, a byte long", "01 0013 0010", "01 03 CD 6B 00", 0, 0, REPLY_WRONG_LENGTH},
        {"2000 discrete inputs", "02 0000 07D0", "02 FA", 250, 0xFF, REPLY_OK},

        {"coil echoed", "05 0003 FF00", "05 0003 FF00", 0, 0, REPLY_OK},
        {"coil echoed as off", "05 0003 FF00", "05 0003 0000", 0, 0, REPLY_WRONG_ECHO},
        {"register echoed", "06 0010 00C8", "06 0010 00C8", 0, 0, REPLY_OK},
        {"register echoed with another value", "06 0010 00C8", "06 0010 07D0", 0, 0,
         REPLY_WRONG_ECHO},
        {"register echoed with another address", "06 0010 00C8", "06 0011 00C8", 0, 0,
         REPLY_WRONG_ECHO},
        {"register echoed, short", "06 0010 00C8", "06 0010 00", 0, 0, REPLY_WRONG_LENGTH},
        {"register echoed, long", "06 0010 00C8", "06 0010 00C8 00", 0, 0, REPLY_WRONG_LENGTH},
        {"coils echoed", "0F 0013 000A 02 CD 01", "0F 0013 000A", 0, 0, REPLY_OK},
        {"coils echoed, fewer", "0F 0013 000A 02 CD 01", "0F 0013 0009", 0, 0, REPLY_WRONG_ECHO},
        {"registers echoed", "10 0001 0002 04 000A 0102", "10 0001 0002", 0, 0, REPLY_OK},
        {"registers echoed, fewer", "10 0001 0002 04 000A 0102", "10 0001 0001", 0, 0,
         REPLY_WRONG_ECHO},
        {"registers echoed whole", "10 0001 0001 02 000A", "10 0001 0001 02 000A", 0, 0,
         REPLY_WRONG_LENGTH},
        {"mask echoed", "16 0004 00F2 0025", "16 0004 00F2 0025", 0, 0, REPLY_OK},
        {"mask echoed, another or", "16 0004 00F2 0025", "16 0004 00F2 0024", 0, 0,
         REPLY_WRONG_ECHO},
        {"mask echoed, short", "16 0004 00F2 0025", "16 0004 00F2", 0, 0, REPLY_WRONG_LENGTH},
        {"read and write", "17 0003 0002 000E 0001 02 00FF", "17 04 00FE 0ACD", 0, 0, REPLY_OK},
        {"read and write, as many as written", "17 0003 0002 000E 0001 02 00FF", "17 02 00FE", 0, 0,
         REPLY_WRONG_LENGTH},

        {"exception status", "07", "07 6D", 0, 0, REPLY_OK},
        {"exception status, long", "07", "07 6D 00", 0, 0, REPLY_WRONG_LENGTH},
        {"event counter", "0B", "0B FFFF 0108", 0, 0, REPLY_OK},
        {"event counter, short", "0B", "0B FFFF 01", 0, 0, REPLY_WRONG_LENGTH},
        {"event log", "0C", "0C 08 0000 0108 0121 20 00", 0, 0, REPLY_OK},
        {"event log, no events", "0C", "0C 06 0000 0108 0121", 0, 0, REPLY_OK},
        {"event log, not even the counts", "0C", "0C 05 0000 0108 01", 0, 0, REPLY_WRONG_LENGTH},
        {"event log, 64 events", "0C", "0C 46 0000 0108 0121", 64, 0, REPLY_OK},
        {"event log, 65 events", "0C", "0C 47 0000 0108 0121", 65, 0, REPLY_WRONG_LENGTH},
        {"event log, byte count", "0C", "0C 07 0000 0108 0121", 0, 0, REPLY_WRONG_LENGTH},
        {"server id", "11", "11 03 41 42 FF", 0, 0, REPLY_OK},
        {"server id, byte count", "11", "11 04 41 42 FF", 0, 0, REPLY_WRONG_LENGTH},
        {"server id, nothing", "11", "11", 0, 0, REPLY_WRONG_LENGTH},
        {"identification", "2B 0E 01 00", "2B 0E 01 01 00 00 02 00 02 41 42 01 01 43", 0, 0,
         REPLY_OK},
        {"identification, no object", "2B 0E 01 00", "2B 0E 01 01 00 00 00", 0, 0, REPLY_OK},
        {"identification, head cut", "2B 0E 01 00", "2B 0E 01 01 00 00", 0, 0, REPLY_WRONG_LENGTH},
        {"identification, another type", "2B 0E 01 00", "2B 0D 01 01 00 00 00", 0, 0,
         REPLY_WRONG_ECHO},
        {"identification, another code", "2B 0E 01 00", "2B 0E 02 01 00 00 00", 0, 0,
         REPLY_WRONG_ECHO},
        {"identification, an object's head cut", "2B 0E 01 00", "2B 0E 01 01 00 00 01 00", 0, 0,
         REPLY_WRONG_LENGTH},
        {"identification, an object cut", "2B 0E 01 00", "2B 0E 01 01 00 00 01 00 02 41", 0, 0,
         REPLY_WRONG_LENGTH},
        {"identification, bytes behind", "2B 0E 01 00", "2B 0E 01 01 00 00 01 00 01 41 42", 0, 0,
         REPLY_WRONG_LENGTH},

        {"refused", "03 0000 0001", "83 02", 0, 0, REPLY_EXCEPTION},
        {"refused, a code we have no word for", "03 0000 0001", "83 7F", 0, 0, REPLY_EXCEPTION},
        {"refused, another function", "03 0000 0001", "84 02", 0, 0, REPLY_WRONG_FUNCTION},
        {"refused with nothing", "03 0000 0001", "83 00", 0, 0, REPLY_WRONG_FUNCTION},
        {"refused, short", "03 0000 0001", "83", 0, 0, REPLY_WRONG_LENGTH},
        {"refused, long", "03 0000 0001", "83 02 00", 0, 0, REPLY_WRONG_LENGTH},
};

static void reply_is(void **state)
{
	const struct reply_row *row = *state;
	const struct request asked = given_request(row->asked);
	uint8_t pdu[300], again[PDU_MAX];
	size_t n = given_bytes(row->hex, row->more, row->filler, pdu);
	struct reply r = {.function = 0x77};

	assert_i64(reply_take(&asked, pdu, n, &r), row->want);
	if (row->want != REPLY_OK && row->want != REPLY_EXCEPTION) {
		assert_i64(r.function, 0x77); /* nothing is written but on success */
		return;
	}
	assert_i64(r.function, asked.function);
	assert_i64(r.exception, row->want == REPLY_EXCEPTION ? pdu[1] : 0);
	assert_i64(reply_put(&asked, &r, again), n);
	assert_memory_equal(again, pdu, n);
}

static void the_answers_are_where_they_belong(void **state)
{
	(void)state;
	const uint8_t registers[] = {0x17, 0x04, 0x00, 0xFE, 0x0A, 0xCD};
	const uint8_t bits[] = {0x01, 0x02, 0xCD, 0xFF};
	const uint8_t counter[] = {0x0B, 0xFF, 0xFF, 0x01, 0x08};
	struct request asked = given_request("17 0003 0002 000E 0001 02 00FF");
	struct reply r;

	assert_i64(reply_take(&asked, registers, sizeof registers, &r), REPLY_OK);
	assert_i64(r.count, 2); /* what was read, not what was written */
	assert_i64(r.value[0], 0xFE);
	assert_i64(r.value[1], 0x0ACD);

	asked = given_request("01 0000 000A");
	assert_i64(reply_take(&asked, bits, sizeof bits, &r), REPLY_OK);
	assert_i64(r.count, 10);
	assert_i64(r.bits[0], 0xCD);
	assert_i64(r.bits[1], 0x03); /* pad bits are cleared */

	asked = given_request("0B");
	assert_i64(reply_take(&asked, counter, sizeof counter, &r), REPLY_OK);
	assert_i64(r.opaque_len, 4);
	assert_i64(r.opaque[3], 0x08);

	asked = given_request("10 0001 0002 04 000A 0102");
	const uint8_t echo[] = {0x10, 0, 1, 0, 2};
	assert_i64(reply_take(&asked, echo, sizeof echo, &r), REPLY_OK);
	assert_i64(r.count, 2);
}

static void more_opaque_bytes_than_a_frame_holds_are_not_put(void **state)
{
	(void)state;
	const struct request asked = given_request("11");
	struct reply r = {.opaque_len = PDU_MAX - 1};
	uint8_t out[PDU_MAX];

	assert_i64(reply_put(&asked, &r, out), PDU_MAX);
	r.opaque_len = PDU_MAX;
	assert_i64(reply_put(&asked, &r, out), 0);
}

static void a_refusal_is_two_bytes(void **state)
{
	(void)state;
	uint8_t out[PDU_MAX];

	assert_i64(exception_put(0x10, MB_VALUE, out), 2);
	assert_i64(out[0], 0x90);
	assert_i64(out[1], 0x03);
	assert_i64(exception_put(0x83, MB_FUNCTION, out), 2); /* the bit is set already */
	assert_i64(out[0], 0x83);
}

static void everything_has_words(void **state)
{
	(void)state;
	assert_text(mb_exception_words(0x00), "no exception");
	assert_contains(mb_exception_words(0x01), "not modelled");
	assert_contains(mb_exception_words(0x02), "not in the device profile");
	assert_contains(mb_exception_words(0x03), "judge");
	assert_text(mb_exception_words(0x04), "sent, outcome unknown");
	assert_contains(mb_exception_words(0x05), "working");
	assert_contains(mb_exception_words(0x06), "nothing sent");
	assert_text(mb_exception_words(0x07), "");
	assert_contains(mb_exception_words(0x08), "parity");
	assert_text(mb_exception_words(0x0A), "no such unit");
	assert_contains(mb_exception_words(0x0B), "does not answer");
	assert_text(mb_exception_words(0xFF), "");
	assert_text(mb_function_words(0x10), "write registers");
	assert_text(mb_function_words(0x03), "read holding registers");
	assert_text(mb_function_words(0x08), "unknown function");
	assert_text(mb_function_words(0x90), "unknown function");
	assert_text(reply_status_words(REPLY_OK), "as asked");
	assert_contains(reply_status_words(REPLY_WRONG_ECHO), "echo");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_frame_is_put_from_any_memory),
	        cmocka_unit_test(a_cursor_that_fell_short_stays_so),
	        cmocka_unit_test(the_fields_are_where_they_belong),
	        cmocka_unit_test(pad_bits_go_out_as_zero),
	        cmocka_unit_test(requests_are_equal_when_their_bytes_are),
	        cmocka_unit_test(what_is_not_modelled_neither_reads_nor_writes),
	        cmocka_unit_test(the_answers_are_where_they_belong),
	        cmocka_unit_test(more_opaque_bytes_than_a_frame_holds_are_not_put),
	        cmocka_unit_test(a_refusal_is_two_bytes),
	        cmocka_unit_test(everything_has_words),
	};
	int failures = cmocka_run_group_tests_name("pdu", tests, NULL, NULL);

	failures += RUN_ROWS("a frame", FRAMES, frame_is);
	failures += RUN_ROWS("a request", REQUESTS, request_is);
	failures += RUN_ROWS("cannot be put:", UNPUT, cannot_be_put);
	failures += RUN_ROWS("a reply", REPLIES, reply_is);
	return failures != 0;
}
