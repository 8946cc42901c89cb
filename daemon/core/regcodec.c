/* One row: words of a register to a base value and back, in integers only. */
#include "core/regrow.h"

/* --- raw numbers ------------------------------------------------------------------------- */

/* How wide a number is and whether its top bit is a sign. */
static const struct {
	uint8_t words, bits;
	bool has_sign;
} SHAPE[ENCODING_COUNT] = {
        [ENC_U16] = {1, 16, false}, [ENC_S16] = {1, 16, true},   [ENC_U32] = {2, 32, false},
        [ENC_S32] = {2, 32, true},  [ENC_F32] = {2, 32, false},  [ENC_BITS] = {1, 16, false},
        [ENC_BIT] = {1, 1, false},  [ENC_TEXT] = {0, 16, false},
};

uint8_t encoding_words(enum encoding e)
{
	return SHAPE[e].words;
}

const char *decode_status_words(enum decode_status s)
{
	static const char *const words[] = {
#define X(id, words_) [id] = words_,
	        DECODE_STATUS_MAP(X)
#undef X
	};

	return words[s];
}

static uint16_t swapped(const struct reg *r, uint16_t w)
{
	if (!r->low_byte_first)
		return w;
	return (uint16_t)(w << 8 | w >> 8);
}

static unsigned bits_of(const struct reg *r)
{
	return r->encoding == ENC_BITS ? r->bit_count : SHAPE[r->encoding].bits;
}

static unsigned first_bit_of(const struct reg *r)
{
	return r->encoding == ENC_BITS ? r->bit_first : 0;
}

static uint32_t number_mask(const struct reg *r)
{
	return (uint32_t)((UINT64_C(1) << bits_of(r)) - 1) << first_bit_of(r);
}

uint16_t reg_mask(const struct reg *r)
{
	return r->encoding == ENC_BITS ? swapped(r, (uint16_t)number_mask(r)) : UINT16_MAX;
}

static uint32_t joined(const struct reg *r, const uint16_t *words)
{
	if (SHAPE[r->encoding].words != 2)
		return swapped(r, words[0]);
	return (uint32_t)swapped(r, words[r->low_word_first]) << 16 |
	       swapped(r, words[!r->low_word_first]);
}

static void split(const struct reg *r, uint32_t v, uint16_t *words)
{
	if (SHAPE[r->encoding].words != 2) {
		words[0] = swapped(r, (uint16_t)v);
		return;
	}
	words[r->low_word_first] = swapped(r, (uint16_t)(v >> 16));
	words[!r->low_word_first] = swapped(r, (uint16_t)v);
}

int64_t reg_raw(const struct reg *r, const uint16_t *words)
{
	int64_t raw = (joined(r, words) & number_mask(r)) >> first_bit_of(r);
	int64_t top = INT64_C(1) << (bits_of(r) - 1);

	return SHAPE[r->encoding].has_sign && raw >= top ? raw - 2 * top : raw;
}

bool reg_put_raw(const struct reg *r, int64_t raw, uint16_t *words)
{
	int64_t size = INT64_C(1) << bits_of(r);
	int64_t lowest = SHAPE[r->encoding].has_sign ? -(size / 2) : 0;
	uint32_t mask = number_mask(r);

	if (raw < lowest || raw >= lowest + size)
		return false;
	split(r, (joined(r, words) & ~mask) | ((uint32_t)raw << first_bit_of(r) & mask), words);
	return true;
}

/* --- 128 bits ---------------------------------------------------------------------------- */

struct wide {
	uint64_t hi, lo;
};

static struct wide wide_product(uint64_t a, uint64_t b)
{
	uint64_t al = a & UINT32_MAX, ah = a >> 32, bl = b & UINT32_MAX, bh = b >> 32;
	uint64_t mid = ah * bl + (al * bl >> 32);
	uint64_t low = al * bh + (mid & UINT32_MAX);

	return (struct wide){ah * bh + (mid >> 32) + (low >> 32), a * b};
}

static struct wide wide_twice(struct wide w)
{
	return (struct wide){w.hi << 1 | w.lo >> 63, w.lo << 1};
}

static struct wide wide_half(struct wide w)
{
	return (struct wide){w.hi >> 1, w.hi << 63 | w.lo >> 1};
}

/* By hand, bit for bit; d is positive and below 2^63, so that twice the rest fits. */
static struct wide wide_divide(struct wide n, uint64_t d, uint64_t *rest)
{
	struct wide q = {0, 0};

	*rest = 0;
	for (int i = 0; i < 128; i++) {
		*rest = *rest << 1 | n.hi >> 63;
		n = wide_twice(n);
		q = wide_twice(q);
		if (*rest >= d) {
			*rest -= d;
			q.lo |= 1;
		}
	}
	return q;
}

/* --- floats: IEEE 754 binary32 as integers ----------------------------------------------- */

#define F32_SIGN          0x80000000u
#define F32_FRACTION      0x007fffffu
#define F32_FRACTION_BITS 23
#define F32_NOT_FINITE    0xffu
#define F32_BIAS          127

/* Moves the top bit of a number that is not 0 to where it belongs; counts the places. */
static struct wide wide_normal(struct wide w, int *places)
{
	while (w.hi >> 63 == 0) {
		w = wide_twice(w);
		++*places;
	}
	return w;
}

/* The float nearest to magnitude * den / num, ties to even. It is always a normal one: the smallest
 * such quotient is 2^-63, the largest 2^126. */
static uint32_t float_nearest(uint64_t magnitude, int64_t num, int64_t den)
{
	int places = 0;
	uint64_t rest;

	if (magnitude == 0)
		return 0;
	/* With its top bit set the dividend leaves a quotient of 65 bits at least, more than the
	 * 24 that are wanted; all beyond those only says "above the half" or not. */
	struct wide a = wide_normal(wide_product(magnitude, (uint64_t)den), &places);
	struct wide q = wide_normal(wide_divide(a, (uint64_t)num, &rest), &places);
	uint32_t mantissa = (uint32_t)(q.hi >> 40);
	bool half = (q.hi >> 39 & 1) != 0;
	bool above = ((q.hi << 25) | q.lo | rest) != 0;

	if (half && (above || (mantissa & 1) != 0))
		mantissa++;
	/* The leading one of the mantissa, and the carry of a rounding, add to the exponent. */
	uint32_t exponent =
	        (uint32_t)(127 - F32_FRACTION_BITS - places) + F32_FRACTION_BITS + F32_BIAS - 1;
	return (exponent << F32_FRACTION_BITS) + mantissa;
}

/* Where a float's steps are coarser than the base unit, several values have this nearest float:
 * the one with the most noughts at its end is what was meant (16.2 J/cm2, not 16.200001). */
static uint64_t roundest(uint64_t base, uint32_t bits, int64_t num, int64_t den)
{
	uint64_t best = base;

	/* 10^19 is the last power of ten below 2^64, and base + half of it stays below too */
	for (uint64_t step = 10; base != 0 && step <= UINT64_C(1000000000000000000); step *= 10) {
		uint64_t rounder = (base + step / 2) / step * step;

		if (rounder > INT64_MAX || float_nearest(rounder, num, den) != bits)
			break;
		best = rounder;
	}
	return best;
}

/* The integer nearest to the float * num / den, ties away from 0; of several with this nearest
 * float the roundest. Twice the value is rounded down first, so that the half still shows. */
static enum decode_status float_to_base(uint32_t bits, int64_t num, int64_t den, int64_t *out)
{
	uint32_t field = (bits & ~F32_SIGN) >> F32_FRACTION_BITS;
	uint32_t hidden = field != 0 ? F32_FRACTION + 1 : 0;
	int shift = (field != 0 ? (int)field : 1) - F32_BIAS - F32_FRACTION_BITS + 1;
	struct wide n = wide_product((bits & F32_FRACTION) | hidden, (uint64_t)num);
	uint64_t rest;

	if (field == F32_NOT_FINITE)
		return DECODE_NOT_A_NUMBER;
	for (; shift > 0; shift--) {
		if (n.hi >> 63 != 0) /* above 2^127, and den is below 2^63 */
			return DECODE_TOO_LARGE;
		n = wide_twice(n);
	}
	for (; shift < 0; shift++)
		n = wide_half(n);
	struct wide twice = wide_divide(n, (uint64_t)den, &rest);
	uint64_t base = (twice.lo >> 1) + (twice.lo & 1);
	if (twice.hi != 0 || base > INT64_MAX)
		return DECODE_TOO_LARGE;
	if (float_nearest(base, num, den) != (bits & ~F32_SIGN))
		return DECODE_NOT_EXACT;
	base = roundest(base, bits & ~F32_SIGN, num, den);
	*out = (bits & F32_SIGN) != 0 ? -(int64_t)base : (int64_t)base;
	return DECODE_OK;
}

static int64_t float_from_base(int64_t value, int64_t num, int64_t den)
{
	uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	return float_nearest(magnitude, num, den) | (value < 0 ? F32_SIGN : 0);
}

/* --- base values ------------------------------------------------------------------------- */

static enum decode_status integer_to_base(int64_t raw, int64_t num, int64_t den, int64_t *out)
{
	int64_t product;

	if (__builtin_mul_overflow(raw, num, &product))
		return DECODE_TOO_LARGE;
	if (product % den != 0)
		return DECODE_NOT_EXACT;
	*out = product / den;
	return DECODE_OK;
}

static bool integer_from_base(int64_t value, int64_t num, int64_t den, int64_t *raw)
{
	int64_t product;

	if (__builtin_mul_overflow(value, den, &product) || product % num != 0)
		return false;
	*raw = product / num;
	return true;
}

bool reg_chooses(const struct reg *r)
{
	if (r->n_choices > 0 || r->role == ROLE_STATE)
		return true;
	return r->role == ROLE_PARAMETER && param_info(r->param)->measure.dimension == DIM_CHOICE;
}

static enum decode_status choice_of(const struct reg *r, int64_t raw, int64_t *out)
{
	for (uint8_t i = 0; i < r->n_choices; i++)
		if (r->choice[i].raw == raw) {
			*out = r->choice[i].value;
			return DECODE_OK;
		}
	return DECODE_NO_CHOICE;
}

static bool choice_raw(const struct reg *r, int64_t value, int64_t *raw)
{
	for (uint8_t i = 0; i < r->n_choices; i++)
		if (r->choice[i].value == value) {
			*raw = r->choice[i].raw;
			return true;
		}
	return false;
}

enum decode_status reg_decode(const struct reg *r, const uint16_t *words, int64_t *out)
{
	bool chooses = reg_chooses(r);
	int64_t num = chooses ? 1 : r->num, den = chooses ? 1 : r->den;
	enum decode_status status;
	int64_t value;

	if (r->encoding == ENC_TEXT)
		return DECODE_NOT_A_NUMBER;
	if (r->encoding == ENC_F32)
		status = float_to_base((uint32_t)reg_raw(r, words), num, den, &value);
	else
		status = integer_to_base(reg_raw(r, words), num, den, &value);
	if (status != DECODE_OK)
		return status;
	if (chooses)
		return choice_of(r, value, out);
	*out = value;
	return DECODE_OK;
}

bool reg_encode(const struct reg *r, int64_t value, uint16_t *words)
{
	bool chooses = reg_chooses(r);
	int64_t num = chooses ? 1 : r->num, den = chooses ? 1 : r->den;
	int64_t raw = value;

	if (r->encoding == ENC_TEXT || (chooses && !choice_raw(r, value, &raw)))
		return false;
	if (r->encoding == ENC_F32)
		raw = float_from_base(raw, num, den);
	else if (!integer_from_base(raw, num, den, &raw))
		return false;
	return reg_put_raw(r, raw, words);
}
