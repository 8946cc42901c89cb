#include "edge/phone.h"

#include <sodium.h>
#include <string.h>

#define SAYS_CHARS  18 /* 90 bits: 10 + 8 + 3 + 5 + 10 + 4 of what it says, 50 of the digest */
#define CHECK_CHARS 2
#define ALL_CHARS   (SAYS_CHARS + CHECK_CHARS)
#define GROUP       4

static const char ALPHABET[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* --- characters and bits -------------------------------------------------------------------------
 */

/* 0..31; -1: none of the alphabet. */
static int value_of(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'O')
		c = '0';
	if (c == 'I' || c == 'L')
		c = '1';
	const char *at = c == '\0' ? NULL : strchr(ALPHABET, c);
	return at == NULL ? -1 : (int)(at - ALPHABET);
}

/* The characters alone, as the alphabet writes them; false unless there are just n of them. */
static bool take_chars(const char *text, char *out, size_t n)
{
	size_t got = 0;

	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '-' || *c == ' ')
			continue;
		int v = value_of(*c);
		if (v < 0 || got == n)
			return false;
		out[got++] = ALPHABET[v];
	}
	out[n] = '\0';
	return got == n;
}

static void group(const char *chars, char *out)
{
	size_t n = strlen(chars);

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && i % GROUP == 0)
			*out++ = '-';
		*out++ = chars[i];
	}
	*out = '\0';
}

struct bits {
	char *chars;
	size_t at; /* bit */
};

static void put_bits(struct bits *b, uint64_t value, unsigned n)
{
	for (unsigned i = n; i-- > 0; b->at++) {
		int was = value_of(b->chars[b->at / 5]);
		int bit = (int)(value >> i & 1) << (4 - b->at % 5);

		b->chars[b->at / 5] = ALPHABET[was | bit];
	}
}

static uint64_t take_bits(struct bits *b, unsigned n)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < n; i++, b->at++)
		value = value << 1 |
		        (unsigned)(value_of(b->chars[b->at / 5]) >> (4 - b->at % 5) & 1);
	return value;
}

/* n characters of 5 bits, of a hash. */
static void hash_chars(const unsigned char *hash, char *out, size_t n)
{
	memset(out, '0', n);
	out[n] = '\0';
	struct bits b = {.chars = out};
	for (size_t i = 0; i < 5 * n; i++)
		put_bits(&b, (uint64_t)(hash[i / 8] >> (7 - i % 8) & 1), 1);
}

static void check_of(const char *says, char check[CHECK_CHARS + 1])
{
	unsigned char hash[16];

	crypto_generichash(hash, sizeof hash, (const unsigned char *)says, SAYS_CHARS, NULL, 0);
	hash_chars(hash, check, CHECK_CHARS);
}

/* --- the request ---------------------------------------------------------------------------------
 */

void phone_code(const struct phone_request *r, char code[PHONE_CODE_LEN])
{
	char chars[ALL_CHARS + 1], check[CHECK_CHARS + 1];
	uint64_t mantissa = (uint64_t)r->asked;
	unsigned exponent = 0;
	struct bits b = {.chars = chars};

	must(r->number < 1024 && r->skin < 8 && r->param < 32 && r->asked >= 0);
	for (; mantissa > 999; mantissa /= 10)
		exponent++;
	must(exponent < 16 || mantissa == 0);
	memset(chars, '0', SAYS_CHARS);
	chars[SAYS_CHARS] = '\0';
	put_bits(&b, r->number, 10);
	put_bits(&b, r->unit, 8);
	put_bits(&b, r->skin, 3);
	put_bits(&b, r->param, 5);
	put_bits(&b, mantissa, 10);
	put_bits(&b, exponent & 15, 4);
	put_bits(&b, r->digest, PHONE_DIGEST_BITS);
	check_of(chars, check);
	memcpy(chars + SAYS_CHARS, check, sizeof check);
	group(chars, code);
}

bool phone_read(const char *code, struct phone_request *out)
{
	char chars[ALL_CHARS + 1], check[CHECK_CHARS + 1];
	struct bits b = {.chars = chars};

	if (!take_chars(code, chars, ALL_CHARS))
		return false;
	check_of(chars, check);
	if (memcmp(check, chars + SAYS_CHARS, CHECK_CHARS) != 0)
		return false;
	*out = (struct phone_request){.number = (uint16_t)take_bits(&b, 10)};
	out->unit = (uint8_t)take_bits(&b, 8);
	out->skin = (uint8_t)take_bits(&b, 3);
	out->param = (uint8_t)take_bits(&b, 5);
	out->asked = (int64_t)take_bits(&b, 10);
	for (uint64_t exponent = take_bits(&b, 4); exponent > 0; exponent--)
		out->asked *= 10;
	out->digest = take_bits(&b, PHONE_DIGEST_BITS);
	return true;
}

/* --- the answer ----------------------------------------------------------------------------------
 */

void phone_answer(const unsigned char key[PHONE_KEY_BYTES], const char *person, const char *code,
                  const char *reason_code, char answer[PHONE_ANSWER_LEN])
{
	char chars[ALL_CHARS + 1] = "", said[PHONE_ANSWER_LEN];
	const char *const parts[] = {"dosegate telephone answer 1", person, chars, reason_code};
	crypto_generichash_state s;
	unsigned char hash[16];

	must(take_chars(code, chars, ALL_CHARS));
	crypto_generichash_init(&s, key, PHONE_KEY_BYTES, sizeof hash);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) /* each with its end, so that none runs on */
		crypto_generichash_update(&s, (const unsigned char *)parts[i],
		                          strlen(parts[i]) + 1);
	crypto_generichash_final(&s, hash, sizeof hash);
	hash_chars(hash, said, PHONE_ANSWER_LEN - 2);
	group(said, answer);
	sodium_memzero(hash, sizeof hash);
}

bool phone_is(const char *answer, const char *said)
{
	char is[PHONE_ANSWER_LEN], other[PHONE_ANSWER_LEN];

	return take_chars(answer, is, PHONE_ANSWER_LEN - 2) &&
	       take_chars(said, other, PHONE_ANSWER_LEN - 2) &&
	       sodium_memcmp(is, other, PHONE_ANSWER_LEN - 2) == 0;
}
