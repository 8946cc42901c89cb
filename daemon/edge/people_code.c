/*
 * The second factor: TOTP (RFC 6238) as every telephone has it, by liboath.
 */
#include "people_room.h"

#include <liboath/oath.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the telephone programs take for granted: HMAC-SHA1, six digits, half a minute. One step to
 * either side is RFC 6238's own advice for clocks that differ a little (5.2). */
#define STEP_S 30
#define DIGITS 6
#define WINDOW 1

/* As it stands in "123 456". */
static bool take_digits(const char *code, char digits[DIGITS + 1])
{
	size_t n = 0;

	for (; *code != '\0'; code++) {
		if (*code == ' ')
			continue;
		if (*code < '0' || *code > '9' || n == DIGITS)
			return false;
		digits[n++] = *code;
	}
	digits[n] = '\0';
	return n == DIGITS;
}

enum proof_status code_look(const struct person *p, int64_t unix_s, const char *code,
                            uint64_t *step)
{
	char digits[DIGITS + 1];
	uint64_t counter;
	int position;

	if (!take_digits(code, digits) || unix_s < STEP_S * WINDOW ||
	    oath_totp_validate4((const char *)p->seed, SEED_BYTES, (time_t)unix_s, STEP_S, 0,
	                        WINDOW, &position, &counter, 0, digits) < 0)
		return PROOF_CODE_WRONG;
	if (counter <= p->last_step)
		return PROOF_CODE_USED;
	*step = counter;
	return PROOF_GOOD;
}

bool seed_text(const uint8_t seed[SEED_BYTES], char text[SEED_TEXT_LEN])
{
	char *base32;
	size_t n;

	if (oath_base32_encode((const char *)seed, SEED_BYTES, &base32, &n) != OATH_OK)
		return false;
	bool fits = n < SEED_TEXT_LEN;
	if (fits)
		memcpy(text, base32, n + 1);
	sodium_memzero(base32, n);
	free(base32);
	return fits;
}

bool seed_take(const char *text, uint8_t seed[SEED_BYTES])
{
	size_t n = 0;
	char *bytes = NULL;
	bool good =
	        oath_base32_decode(text, strlen(text), &bytes, &n) == OATH_OK && n == SEED_BYTES;

	if (good)
		memcpy(seed, bytes, SEED_BYTES);
	if (bytes != NULL)
		sodium_memzero(bytes, n);
	free(bytes);
	return good;
}

/* RFC 3986: everything but these is %XX. */
static void add_encoded(char *buf, size_t len, const char *text)
{
	static const char plain[] =
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	size_t n = strlen(buf);

	for (; *text != '\0' && n + 4 < len; text++)
		n += (size_t)snprintf(buf + n, len - n,
		                      strchr(plain, *text) != NULL ? "%c" : "%%%02X",
		                      (unsigned char)*text);
}

void people_uri(const char *issuer, const char *name, const char *seed, char uri[URI_LEN])
{
	snprintf(uri, URI_LEN, "otpauth://totp/");
	add_encoded(uri, URI_LEN, issuer);
	size_t n = strlen(uri);
	snprintf(uri + n, URI_LEN - n, ":%s?secret=%s&issuer=", name, seed);
	add_encoded(uri, URI_LEN, issuer);
}
