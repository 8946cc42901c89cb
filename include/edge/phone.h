/*
 * phone: an approval without a network. The gate tells a request as a code of 20 letters and
 * digits, to be read aloud; the physician's own device, which holds a key of theirs, says what the
 * code carries and answers it with eight; the gate compares.
 *
 *   request  4 groups and a half of what it says and of the digest's first 50 bits, then a check
 *   answer   40 bits of a keyed hash over request, person and reason code
 *
 * The alphabet is Crockford's: no I, L, O, U; what is heard as one of them is taken for 1, 1, 0.
 * No file, no clock, no network. Any thread.
 */
#ifndef EDGE_PHONE_H
#define EDGE_PHONE_H

#include "core/base.h"

#define PHONE_KEY_BYTES   32
#define PHONE_CODE_LEN    25 /* "XXXX-XXXX-XXXX-XXXX-XXXX", and its end */
#define PHONE_ANSWER_LEN  10 /* "XXXX-XXXX" */
#define PHONE_TRIES       5  /* answers that may be wrong, of one request */
#define PHONE_DIGEST_BITS 50

struct phone_request {
	uint16_t number; /* of the console, 0..999 */
	uint8_t unit;    /* of the device */
	uint8_t skin;    /* the type that counts, 1..6 */
	uint8_t param;   /* enum param of the tightest limit, plus one; 0: reasons of screening */
	int64_t asked;   /* of it, in base units, cut to three digits; not negative */
	uint64_t digest; /* its first PHONE_DIGEST_BITS bits */
};

void phone_code(const struct phone_request *r, char code[PHONE_CODE_LEN]);
/* False when it is no such code or was misheard; *out then is not written. */
MUST_USE bool phone_read(const char *code, struct phone_request *out);
/* Of a code that phone_read takes. */
void phone_answer(const unsigned char key[PHONE_KEY_BYTES], const char *person, const char *code,
                  const char *reason_code, char answer[PHONE_ANSWER_LEN]);
/* True when somebody said this answer: however it is grouped, in large letters or small. */
bool phone_is(const char *answer, const char *said);

#endif
