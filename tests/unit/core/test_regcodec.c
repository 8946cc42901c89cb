/* Words of a register and the value they mean. Floats by hand: 12.5 is 0x41480000, 14.1 is
 * 0x4161999A (14.1000003815 exactly), 0.1 is 0x3DCCCCCD. */
#include "given.h"

#include "core/regrow.h"

static const struct reg u16 = {.encoding = ENC_U16, .words = 1, .num = 1, .den = 1};
static const struct reg s16 = {.encoding = ENC_S16, .words = 1, .num = 1, .den = 1};
static const struct reg u32 = {.encoding = ENC_U32, .words = 2, .num = 1, .den = 1};
static const struct reg s32 = {.encoding = ENC_S32, .words = 2, .num = 1, .den = 1};
static const struct reg f32 = {.encoding = ENC_F32, .words = 2, .num = 1, .den = 1};
static const struct reg coil = {.encoding = ENC_BIT, .words = 1, .num = 1, .den = 1};
static const struct reg text = {.encoding = ENC_TEXT, .words = 6, .num = 1, .den = 1};

/* Bits first..first+count-1 of a word. */
static struct reg bits(uint8_t first, uint8_t count)
{
	return (struct reg){.encoding = ENC_BITS,
	                    .words = 1,
	                    .bit_first = first,
	                    .bit_count = count,
	                    .num = 1,
	                    .den = 1};
}

static struct reg scaled(struct reg r, int64_t num, int64_t den)
{
	r.num = num;
	r.den = den;
	return r;
}

static struct reg ordered(struct reg r, bool low_word_first, bool low_byte_first)
{
	r.low_word_first = low_word_first;
	r.low_byte_first = low_byte_first;
	return r;
}

/* "0 none, 1 air, 2 cryogen": the symbols 7, 8, 9. */
static struct reg choosing(struct reg r)
{
	r.role = ROLE_PARAMETER;
	r.param = COOLING;
	r.num = r.den = 0; /* a choice has no scale */
	r.n_choices = 3;
	for (uint16_t i = 0; i < 3; i++)
		r.choice[i] = (struct reg_choice){.raw = i, .value = 7 + i};
	return r;
}

static struct reg role(struct reg r, enum role role_, enum param param)
{
	r.role = role_;
	r.param = param;
	return r;
}

#define SAME 1 /* the value encodes back to the same words */

struct decoding {
	const char *name;
	struct reg reg;
	uint16_t words[2];
	enum decode_status status;
	int64_t value;
	int same;
};

static void check_decoding(const struct decoding *d)
{
	int64_t value = -12345;
	uint16_t back[2] = {0, 0};

	assert_i64(reg_decode(&d->reg, d->words, &value), d->status);
	assert_i64(value, d->status == DECODE_OK ? d->value : -12345);
	if (!d->same)
		return;
	assert_true(reg_encode(&d->reg, d->value, back));
	assert_i64(back[0], d->words[0]);
	assert_i64(back[1], d->words[1]);
}

static void decodes(void **state)
{
	check_decoding(*state);
}

struct encoding_of {
	const char *name;
	struct reg reg;
	int64_t value;
	uint16_t before[2];
	bool ok;
	uint16_t words[2];
};

static void encodes(void **state)
{
	const struct encoding_of *e = *state;
	uint16_t words[2] = {e->before[0], e->before[1]};

	assert_i64(reg_encode(&e->reg, e->value, words), e->ok);
	assert_i64(words[0], e->ok ? e->words[0] : e->before[0]);
	assert_i64(words[1], e->ok ? e->words[1] : e->before[1]);
}

/* --- laws -------------------------------------------------------------------------------- */

static uint32_t bits_of_float(float f)
{
	uint32_t b;

	memcpy(&b, &f, sizeof(b));
	return b;
}

static uint64_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static void every_word_survives(void **state)
{
	const struct reg rows[] = {u16, s16, scaled(u16, 100000, 1), ordered(u16, false, true),
	                           ordered(scaled(s16, 7, 1), true, true)};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (uint32_t w = 0; w <= UINT16_MAX; w++) {
			uint16_t word = (uint16_t)w, back = 0;
			int64_t value;

			assert_i64(reg_decode(&rows[i], &word, &value), DECODE_OK);
			assert_true(reg_encode(&rows[i], value, &back));
			assert_i64(back, word);
		}
}

/* The compiler's own conversion of an integer to a float is the oracle. */
static void nearest_as_the_machine_has_it(void **state)
{
	uint64_t x = 88172645463325252u;

	(void)state;
	for (int i = 0; i < 50000; i++) {
		int64_t v = (int64_t)(next_random(&x) >> (next_random(&x) % 63 + 1));
		uint16_t words[2] = {0, 0};
		int64_t signed_v = i % 2 == 0 ? v : -v;

		assert_true(reg_encode(&f32, signed_v, words));
		assert_i64((uint32_t)words[0] << 16 | words[1], bits_of_float((float)signed_v));
	}
}

/* Any bits: either refused, or a value which encodes to the same bits. */
static void floats_are_exact_or_refused(void **state)
{
	static const int64_t scale[][2] = {{1, 1},        {1000000, 1},   {1000000000000, 1},
	                                   {1000000, 10}, {INT64_MAX, 3}, {1, 7}};
	uint64_t x = 2463534242u;

	(void)state;
	for (int i = 0; i < 30000; i++) {
		struct reg r = scaled(f32, scale[(size_t)i % ARRAY_LEN(scale)][0],
		                      scale[(size_t)i % ARRAY_LEN(scale)][1]);
		uint32_t b = (uint32_t)next_random(&x);
		uint16_t words[2] = {(uint16_t)(b >> 16), (uint16_t)b}, back[2] = {0, 0};
		int64_t value;

		if (reg_decode(&r, words, &value) != DECODE_OK)
			continue;
		assert_true(reg_encode(&r, value, back));
		assert_i64((uint32_t)back[0] << 16 | back[1], b == 0x80000000u ? 0 : b);
	}
}

static void a_float_of_a_fluence_is_what_was_meant(void **state)
{
	struct reg r = scaled(f32, 1000000, 1); /* J/cm2 in uJ/cm2 */

	(void)state;
	for (int tenth = 1; tenth <= 3000; tenth++) {
		uint32_t b = bits_of_float((float)(tenth / 10.0));
		uint16_t words[2] = {(uint16_t)(b >> 16), (uint16_t)b};
		int64_t value;

		assert_i64(reg_decode(&r, words, &value), DECODE_OK);
		assert_i64(value, tenth * INT64_C(100000));
	}
}

static void a_row_knows_its_bits_and_words(void **state)
{
	struct reg low = bits(4, 2), high = ordered(bits(4, 2), false, true);

	(void)state;
	assert_i64(reg_mask(&low), 0x0030);
	assert_i64(reg_mask(&high), 0x3000);
	assert_i64(reg_mask(&u16), 0xFFFF);
	assert_i64(encoding_words(ENC_BIT), 1);
	assert_i64(encoding_words(ENC_F32), 2);
	assert_i64(encoding_words(ENC_TEXT), 0);
}

static void statuses_have_words(void **state)
{
	(void)state;
	assert_text(decode_status_words(DECODE_OK), "");
	assert_text(decode_status_words(DECODE_NOT_KNOWN), "the device has not reported it");
	assert_text(decode_status_words(DECODE_NOT_A_NUMBER), "it is not a number");
	assert_text(decode_status_words(DECODE_TOO_LARGE), "it is beyond what can be held");
	assert_text(decode_status_words(DECODE_NOT_EXACT), "it is no whole number of base units");
	assert_text(decode_status_words(DECODE_NO_CHOICE),
	            "the value has no meaning in the device profile");
}

static int run_decodings(void)
{
	const struct decoding rows[] = {
	        {"u16 is the word", u16, {0x00C8}, DECODE_OK, 200, SAME},
	        {"u16 has no sign", u16, {0xFFFF}, DECODE_OK, 65535, SAME},
	        {"s16 is positive up to 32767", s16, {0x7FFF}, DECODE_OK, 32767, SAME},
	        {"s16 is negative from 8000", s16, {0x8000}, DECODE_OK, -32768, SAME},
	        {"s16 minus one", s16, {0xFFFF}, DECODE_OK, -1, SAME},
	        {"u16, low byte first", ordered(u16, 0, 1), {0xC800}, DECODE_OK, 200, SAME},
	        {"one word knows no word order",
	         ordered(u16, 1, 0),
	         {0x00C8},
	         DECODE_OK,
	         200,
	         SAME},
	        {"u32, high word first", u32, {0x0001, 0x86A0}, DECODE_OK, 100000, SAME},
	        {"u32, low word first",
	         ordered(u32, 1, 0),
	         {0x86A0, 0x0001},
	         DECODE_OK,
	         100000,
	         SAME},
	        {"u32, low byte first",
	         ordered(u32, 0, 1),
	         {0x0100, 0xA086},
	         DECODE_OK,
	         100000,
	         SAME},
	        {"u32, all the other way",
	         ordered(u32, 1, 1),
	         {0xA086, 0x0100},
	         DECODE_OK,
	         100000,
	         SAME},
	        {"u32 has no sign", u32, {0xFFFF, 0xFFFF}, DECODE_OK, 4294967295, SAME},
	        {"s32 minus two", s32, {0xFFFF, 0xFFFE}, DECODE_OK, -2, SAME},
	        {"s32 most negative", s32, {0x8000, 0x0000}, DECODE_OK, -2147483648, SAME},
	        {"s32 most positive", s32, {0x7FFF, 0xFFFF}, DECODE_OK, 2147483647, SAME},

	        {"bits 0..1", bits(0, 2), {0x0002}, DECODE_OK, 2, 0},
	        {"bits 0..1 beside others", bits(0, 2), {0xFFF2}, DECODE_OK, 2, 0},
	        {"bits 4..5", bits(4, 2), {0x0030}, DECODE_OK, 3, SAME},
	        {"bits 15..15", bits(15, 1), {0x8000}, DECODE_OK, 1, SAME},
	        {"all sixteen bits", bits(0, 16), {0xABCD}, DECODE_OK, 0xABCD, SAME},
	        {"bits 0..1, low byte first",
	         ordered(bits(0, 2), 0, 1),
	         {0x0300},
	         DECODE_OK,
	         3,
	         SAME},
	        {"a coil that is on", coil, {1}, DECODE_OK, 1, SAME},
	        {"a coil that is off", coil, {0}, DECODE_OK, 0, SAME},
	        {"text is no number", text, {0x4142}, DECODE_NOT_A_NUMBER, 0, 0},

	        {"1/10 J/cm2 in uJ/cm2",
	         scaled(u16, 1000000, 10),
	         {200},
	         DECODE_OK,
	         20000000,
	         SAME},
	        {"a third of 3 is 1", scaled(u16, 1, 3), {3}, DECODE_OK, 1, SAME},
	        {"a third of 4 is no whole number", scaled(u16, 1, 3), {4}, DECODE_NOT_EXACT, 0, 0},
	        {"a third of -4 is none either",
	         scaled(s16, 1, 3),
	         {0xFFFC},
	         DECODE_NOT_EXACT,
	         0,
	         0},
	        {"two to the 62nd and some still fits",
	         scaled(u16, INT64_C(1) << 61, 1),
	         {3},
	         DECODE_OK,
	         6917529027641081856,
	         SAME},
	        {"two to the 63rd does not",
	         scaled(u16, INT64_C(1) << 61, 1),
	         {4},
	         DECODE_TOO_LARGE,
	         0,
	         0},

	        {"a choice", choosing(u16), {2}, DECODE_OK, 9, SAME},
	        {"the first choice", choosing(u16), {0}, DECODE_OK, 7, SAME},
	        {"a value that is no choice", choosing(u16), {3}, DECODE_NO_CHOICE, 0, 0},
	        {"a choice in bits", choosing(bits(4, 2)), {0x0010}, DECODE_OK, 8, SAME},
	        {"a choice in a float", choosing(f32), {0x4000, 0x0000}, DECODE_OK, 9, SAME},
	        {"a choice parameter without a list",
	         role(u16, ROLE_PARAMETER, TIP),
	         {1},
	         DECODE_NO_CHOICE,
	         0,
	         0},
	        {"a state without a list",
	         role(u16, ROLE_STATE, PARAM_NONE),
	         {1},
	         DECODE_NO_CHOICE,
	         0,
	         0},
	        {"a number without a list",
	         role(u16, ROLE_PARAMETER, SPOT_UM),
	         {1},
	         DECODE_OK,
	         1,
	         SAME},

	        {"a pulse counter",
	         role(u32, ROLE_PULSE_COUNTER, PARAM_NONE),
	         {1, 2},
	         DECODE_OK,
	         65538,
	         SAME},

	        {"12.5 tenths, high word first",
	         scaled(f32, 10, 1),
	         {0x4148, 0x0000},
	         DECODE_OK,
	         125,
	         SAME},
	        {"12.5, low word first",
	         ordered(scaled(f32, 10, 1), 1, 0),
	         {0x0000, 0x4148},
	         DECODE_OK,
	         125,
	         SAME},
	        {"12.5, low byte first",
	         ordered(scaled(f32, 10, 1), 0, 1),
	         {0x4841, 0x0000},
	         DECODE_OK,
	         125,
	         SAME},
	        {"12.5, all the other way",
	         ordered(scaled(f32, 10, 1), 1, 1),
	         {0x0000, 0x4841},
	         DECODE_OK,
	         125,
	         SAME},
	        {"12.5 of a unit that is not divided",
	         f32,
	         {0x4148, 0x0000},
	         DECODE_NOT_EXACT,
	         0,
	         0},
	        {"14.1 J/cm2 is 14100000 uJ/cm2",
	         scaled(f32, 1000000, 1),
	         {0x4161, 0x999A},
	         DECODE_OK,
	         14100000,
	         SAME},
	        {"the next float above 12.5 J/cm2",
	         scaled(f32, 1000000, 1),
	         {0x4148, 0x0001},
	         DECODE_OK,
	         12500001,
	         SAME},
	        {"36.4 J/cm2 is 36400000 uJ/cm2 although its float is 36.4000015",
	         scaled(f32, 1000000, 1),
	         {0x4211, 0x999A},
	         DECODE_OK,
	         36400000,
	         SAME},
	        {"as round as can be at the largest power of ten",
	         f32,
	         {0x5E8A, 0xC723},
	         DECODE_OK,
	         5000000000000000000,
	         SAME},
	        {"but never beyond 64 bits",
	         scaled(f32, INT64_MAX, 1),
	         {0x3F80, 0x0000},
	         DECODE_OK,
	         INT64_MAX,
	         SAME},
	        {"minus 12.5", scaled(f32, 10, 1), {0xC148, 0x0000}, DECODE_OK, -125, SAME},
	        {"0.1 of ten", scaled(f32, 10, 1), {0x3DCC, 0xCCCD}, DECODE_OK, 1, SAME},
	        {"the float below 0.1 of ten",
	         scaled(f32, 10, 1),
	         {0x3DCC, 0xCCCC},
	         DECODE_NOT_EXACT,
	         0,
	         0},
	        {"one", f32, {0x3F80, 0x0000}, DECODE_OK, 1, SAME},
	        {"nought", f32, {0x0000, 0x0000}, DECODE_OK, 0, SAME},
	        {"nought with a minus is nought", f32, {0x8000, 0x0000}, DECODE_OK, 0, 0},
	        {"a thousandth is too fine", f32, {0x3A83, 0x126F}, DECODE_NOT_EXACT, 0, 0},
	        {"a thousandth of a thousand",
	         scaled(f32, 1000, 1),
	         {0x3A83, 0x126F},
	         DECODE_OK,
	         1,
	         SAME},
	        {"a hair above a thousandth of a thousand",
	         scaled(f32, 1000, 1),
	         {0x3A83, 0x1270},
	         DECODE_NOT_EXACT,
	         0,
	         0},
	        {"a half is rounded up and is no whole number",
	         f32,
	         {0x3F00, 0x0000},
	         DECODE_NOT_EXACT,
	         0,
	         0},
	        {"the smallest float there is", f32, {0x0000, 0x0001}, DECODE_NOT_EXACT, 0, 0},
	        {"the largest without a leading one",
	         scaled(f32, INT64_MAX, 1),
	         {0x007F, 0xFFFF},
	         DECODE_NOT_EXACT,
	         0,
	         0},
	        {"thirds of a float: a half is one and a half thirds, no whole number",
	         scaled(f32, 3, 1),
	         {0x3F00, 0x0000},
	         DECODE_NOT_EXACT,
	         0,
	         0},
	        {"one third, as a float can say it",
	         scaled(f32, 3, 1),
	         {0x3EAA, 0xAAAB},
	         DECODE_OK,
	         1,
	         SAME},
	        {"a float beyond 24 bits, halved",
	         scaled(f32, 1, 2),
	         {0x4C00, 0x0000},
	         DECODE_OK,
	         16777216,
	         SAME},
	        {"infinity", f32, {0x7F80, 0x0000}, DECODE_NOT_A_NUMBER, 0, 0},
	        {"minus infinity", f32, {0xFF80, 0x0000}, DECODE_NOT_A_NUMBER, 0, 0},
	        {"a quiet NaN", f32, {0x7FC0, 0x0000}, DECODE_NOT_A_NUMBER, 0, 0},
	        {"a signalling NaN", f32, {0x7F80, 0x0001}, DECODE_NOT_A_NUMBER, 0, 0},
	        {"the largest float below two to the 63rd",
	         f32,
	         {0x5EFF, 0xFFFF},
	         DECODE_OK,
	         9223371500000000000,
	         SAME},
	        {"two to the 63rd", f32, {0x5F00, 0x0000}, DECODE_TOO_LARGE, 0, 0},
	        {"just below two to the 63rd, rounded up to it",
	         scaled(f32, 6148914691236517205, 1),
	         {0x3FC0, 0x0000},
	         DECODE_TOO_LARGE,
	         0,
	         0},
	        {"two to the 66th", f32, {0x6080, 0x0000}, DECODE_TOO_LARGE, 0, 0},
	        {"the largest float there is", f32, {0x7F7F, 0xFFFF}, DECODE_TOO_LARGE, 0, 0},
	        {"the largest float, of the largest share",
	         scaled(f32, INT64_MAX, 1),
	         {0x7F7F, 0xFFFF},
	         DECODE_TOO_LARGE,
	         0,
	         0},
	};

	return RUN_ROWS("decode", rows, decodes);
}

static int run_encodings(void)
{
	const struct encoding_of rows[] = {
	        {"u16 up to 65535", u16, 65535, {0}, true, {0xFFFF}},
	        {"u16 not above", u16, 65536, {0x1234}, false, {0}},
	        {"u16 not below 0", u16, -1, {0x1234}, false, {0}},
	        {"s16 down to -32768", s16, -32768, {0}, true, {0x8000}},
	        {"s16 not below", s16, -32769, {0}, false, {0}},
	        {"s16 not above 32767", s16, 32768, {0}, false, {0}},
	        {"u32 not above", u32, INT64_C(1) << 32, {0}, false, {0}},
	        {"s32 not below", s32, -INT64_C(2147483649), {0}, false, {0}},
	        {"bits keep their neighbours", bits(4, 2), 1, {0xFFFF}, true, {0xFFDF}},
	        {"bits keep their neighbours, low byte first",
	         ordered(bits(4, 2), 0, 1),
	         1,
	         {0xFFFF},
	         true,
	         {0xDFFF}},
	        {"bits do not overflow into their neighbours", bits(4, 2), 4, {0xFFFF}, false, {0}},
	        {"a coil is 0 or 1", coil, 2, {0}, false, {0}},
	        {"text holds no number", text, 1, {0x4142}, false, {0}},
	        {"a step between two steps", scaled(u16, 100000, 1), 20050000, {0}, false, {0}},
	        {"a product beyond 64 bits", scaled(u16, 1, INT64_MAX), 2, {0}, false, {0}},
	        {"a symbol that is no choice", choosing(u16), 10, {0}, false, {0}},
	        {"a float takes the nearest", f32, 16777217, {0}, true, {0x4B80, 0x0000}},
	        {"a tie goes to the even one", f32, 16777219, {0}, true, {0x4B80, 0x0002}},
	        {"above the tie goes up", scaled(f32, 1, 2), 16777217, {0}, true, {0x4C00, 0x0000}},
	        {"a rounding that carries into the exponent",
	         f32,
	         33554431,
	         {0},
	         true,
	         {0x4C00, 0x0000}},
	        {"a third", scaled(f32, 3, 1), 1, {0}, true, {0x3EAA, 0xAAAB}},
	        {"minus a third", scaled(f32, 3, 1), -1, {0}, true, {0xBEAA, 0xAAAB}},
	        {"the most negative there is", f32, INT64_MIN, {0}, true, {0xDF00, 0x0000}},
	        {"the smallest quotient",
	         scaled(f32, INT64_MAX, 1),
	         1,
	         {0},
	         true,
	         {0x2000, 0x0000}},
	        {"the largest quotient",
	         scaled(f32, 1, INT64_MAX),
	         INT64_MAX,
	         {0},
	         true,
	         {0x7E80, 0x0000}},
	};

	return RUN_ROWS("encode", rows, encodes);
}

int main(void)
{
	const struct CMUnitTest laws[] = {
	        cmocka_unit_test(every_word_survives),
	        cmocka_unit_test(nearest_as_the_machine_has_it),
	        cmocka_unit_test(floats_are_exact_or_refused),
	        cmocka_unit_test(a_float_of_a_fluence_is_what_was_meant),
	        cmocka_unit_test(a_row_knows_its_bits_and_words),
	        cmocka_unit_test(statuses_have_words),
	};
	int failures = run_decodings();

	failures += run_encodings();
	failures += cmocka_run_group_tests_name("laws", laws, NULL, NULL);
	return failures != 0;
}
