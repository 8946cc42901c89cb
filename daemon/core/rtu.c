#include "core/rtu.h"

#include <string.h>

#define EXCEPTION_BIT    0x80u
#define EXCEPTION_LENGTH 5 /* unit, function, code, check sum */
#define MEI_IDENTIFY     0x0E

const char *rtu_status_words(enum rtu_status s)
{
	static const char *const words[] = {
#define X(id, words_) [id] = words_,
	        RTU_STATUS_MAP(X)
#undef X
	};

	return words[s];
}

/* The polynomial 1 + x^2 + x^15 + x^16, low bit first, half a byte a step: a table of two cache
 * lines instead of eight. */
uint16_t rtu_crc(const uint8_t *bytes, size_t n)
{
	static const uint16_t step[16] = {0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00,
	                                  0x2800, 0xE401, 0xA001, 0x6C00, 0x7800, 0xB401,
	                                  0x5000, 0x9C01, 0x8801, 0x4400};
	uint16_t crc = 0xFFFF;

	for (size_t i = 0; i < n; i++) {
		crc = (uint16_t)(step[(crc ^ bytes[i]) & 15u] ^ (crc >> 4));
		crc = (uint16_t)(step[(crc ^ (bytes[i] >> 4)) & 15u] ^ (crc >> 4));
	}
	return crc;
}

size_t rtu_put(uint8_t out[RTU_MAX], uint8_t unit, const uint8_t *pdu, size_t pdu_len)
{
	if (pdu_len < 1 || pdu_len > PDU_MAX)
		return 0;
	memmove(out + 1, pdu, pdu_len); /* the caller may have put the pdu in its place already */
	out[0] = unit;
	uint16_t crc = rtu_crc(out, 1 + pdu_len);
	out[1 + pdu_len] = (uint8_t)crc;
	out[2 + pdu_len] = (uint8_t)(crc >> 8);
	return 3 + pdu_len;
}

enum rtu_status rtu_take(const uint8_t *bytes, size_t n, struct frame *out)
{
	if (n < RTU_MIN)
		return RTU_SHORT;
	if (n > RTU_MAX)
		return RTU_LONG;
	if (rtu_crc(bytes, n) != 0) /* over frame and check sum together */
		return RTU_CRC;
	*out = (struct frame){.unit = bytes[0], .pdu = bytes + 1, .pdu_len = n - 3};
	return RTU_OK;
}

/* --- lengths ------------------------------------------------------------------------------- */

/* Of a request's pdu: so many bytes, and as many more as the byte at count_at says (0: none). */
struct length {
	uint8_t fixed, count_at;
};

static const struct length LENGTHS[] = {
        [FC_READ_COILS] = {5, 0},
        [FC_READ_DISCRETE] = {5, 0},
        [FC_READ_HOLDING] = {5, 0},
        [FC_READ_INPUT] = {5, 0},
        [FC_WRITE_COIL] = {5, 0},
        [FC_WRITE_REGISTER] = {5, 0},
        [FC_READ_EXCEPTION_STATUS] = {1, 0},
        [FC_EVENT_COUNTER] = {1, 0},
        [FC_EVENT_LOG] = {1, 0},
        [FC_WRITE_COILS] = {6, 5},
        [FC_WRITE_REGISTERS] = {6, 5},
        [FC_REPORT_SERVER_ID] = {1, 0},
        [FC_MASK_WRITE] = {7, 0},
        [FC_READ_WRITE] = {10, 9},
        [FC_MEI] = {4, 0},
};

static bool has_length(const struct frame *f)
{
	uint8_t function = f->pdu[0];

	if (function >= ARRAY_LEN(LENGTHS) || LENGTHS[function].fixed == 0)
		return false;
	return function != FC_MEI || f->pdu_len < 2 || f->pdu[1] == MEI_IDENTIFY;
}

static bool length_agrees(const struct frame *f)
{
	struct length l = LENGTHS[f->pdu[0]];

	if (f->pdu_len < l.fixed)
		return false;
	return f->pdu_len == l.fixed + (l.count_at == 0 ? 0u : f->pdu[l.count_at]);
}

enum rtu_status rtu_take_request(const uint8_t *bytes, size_t n, struct frame *out)
{
	struct frame f;
	enum rtu_status status = rtu_take(bytes, n, &f);

	if (status != RTU_OK)
		return status;
	if (has_length(&f) && !length_agrees(&f))
		return RTU_LENGTH;
	*out = f;
	return RTU_OK;
}

size_t rtu_reply_length(const struct request *asked, uint8_t unit, const uint8_t *bytes, size_t n)
{
	const struct reply blank = {.function = asked->function};
	uint8_t pdu[PDU_MAX];

	if (n < 1 || bytes[0] != unit)
		return 0;
	if (n == 1)
		return EXCEPTION_LENGTH; /* no answer is shorter */
	if (bytes[1] == (asked->function | EXCEPTION_BIT))
		return EXCEPTION_LENGTH;
	if (bytes[1] != asked->function)
		return 0;
	/* An answer with nothing but zeroes in it is as long as the real one; one byte of it are
	 * those whose length the device chooses. */
	size_t len = reply_put(asked, &blank, pdu);
	return len <= 1 ? 0 : 3 + len;
}

bool rtu_answer_is_echo(uint8_t function)
{
	return function == FC_WRITE_COIL || function == FC_WRITE_REGISTER ||
	       function == FC_MASK_WRITE;
}
