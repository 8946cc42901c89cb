/* The other half of pdu: what a device answers, checked against what was asked. */
#include "core/pdu.h"

#include <string.h>

#define EXCEPTION_BIT 0x80u
#define ECHO_HEAD     5 /* function, address, count or value */
#define ECHO_MASK     7 /* function, address, both masks */
/* event log: status, event count and message count, then at most 64 events (v1.1b3, 6.10) */
#define EVENT_LOG_MIN 6
#define EVENT_LOG_MAX 70
#define MEI_HEAD      7 /* function, type, code, conformity, more, next object, objects */

const char *reply_status_words(enum reply_status s)
{
	static const char *const words[] = {
#define X(id, words_) [id] = words_,
	        REPLY_STATUS_MAP(X)
#undef X
	};

	return words[s];
}

/* How a good answer looks: which check, and its length where that is fixed. */
struct shape {
	enum reply_status (*check)(const struct request *asked, const uint8_t *sent,
	                           const uint8_t *pdu, size_t len, size_t fixed);
	void (*take)(const struct request *asked, const uint8_t *pdu, size_t len,
	             struct reply *out);
	size_t (*put)(const struct request *asked, const struct reply *r, uint8_t *out,
	              size_t fixed);
	size_t fixed;
};

static uint16_t count_read(const struct request *asked)
{
	return asked->function == FC_READ_WRITE ? asked->read_count : asked->count;
}

static enum reply_status length_is(size_t len, size_t right)
{
	return len == right ? REPLY_OK : REPLY_WRONG_LENGTH;
}

/* A byte count, and exactly so many bytes behind it. */
static enum reply_status counted(const uint8_t *pdu, size_t len, size_t bytes)
{
	return len == 2 + bytes && pdu[1] == bytes ? REPLY_OK : REPLY_WRONG_LENGTH;
}

/* --- bits: 01 02 ------------------------------------------------------------------------- */

static size_t bytes_of_bits(uint16_t count)
{
	return (count + 7u) / 8u;
}

/* count is 1 at least; the bits of the last byte that were asked for. */
static void put_bits(uint8_t *to, const uint8_t *from, uint16_t count)
{
	size_t n = bytes_of_bits(count);

	memcpy(to, from, n);
	to[n - 1] &= (uint8_t)(0xFFu >> (-(unsigned)count & 7u));
}

static enum reply_status check_bits(const struct request *asked, const uint8_t *sent,
                                    const uint8_t *pdu, size_t len, size_t fixed)
{
	(void)sent;
	(void)fixed;
	return counted(pdu, len, bytes_of_bits(asked->count));
}

static void take_bits(const struct request *asked, const uint8_t *pdu, size_t len,
                      struct reply *out)
{
	(void)len;
	out->count = asked->count;
	put_bits(out->bits, pdu + 2, out->count);
}

static size_t put_read_bits(const struct request *asked, const struct reply *r, uint8_t *out,
                            size_t fixed)
{
	size_t n = bytes_of_bits(asked->count);

	(void)fixed;
	out[1] = (uint8_t)n;
	put_bits(out + 2, r->bits, asked->count);
	return 2 + n;
}

/* --- registers: 03 04 17 ------------------------------------------------------------------ */

static enum reply_status check_registers(const struct request *asked, const uint8_t *sent,
                                         const uint8_t *pdu, size_t len, size_t fixed)
{
	(void)sent;
	(void)fixed;
	return counted(pdu, len, 2u * count_read(asked));
}

static void take_registers(const struct request *asked, const uint8_t *pdu, size_t len,
                           struct reply *out)
{
	struct cursor c = cursor_over(pdu + 2, len - 2);

	out->count = count_read(asked);
	for (uint16_t i = 0; i < out->count; i++)
		out->value[i] = cursor_u16(&c);
}

static size_t put_registers(const struct request *asked, const struct reply *r, uint8_t *out,
                            size_t fixed)
{
	uint16_t count = count_read(asked);
	uint8_t *p = out + 2;

	(void)fixed;
	out[1] = (uint8_t)(2 * count);
	for (uint16_t i = 0; i < count; i++) {
		*p++ = (uint8_t)(r->value[i] >> 8);
		*p++ = (uint8_t)r->value[i];
	}
	return (size_t)(p - out);
}

/* --- echoes: 05 06 0F 10 16, the first bytes of the request ------------------------------- */

static enum reply_status check_echo(const struct request *asked, const uint8_t *sent,
                                    const uint8_t *pdu, size_t len, size_t fixed)
{
	(void)asked;
	if (len != fixed)
		return REPLY_WRONG_LENGTH;
	return memcmp(pdu, sent, fixed) == 0 ? REPLY_OK : REPLY_WRONG_ECHO;
}

static void take_echo(const struct request *asked, const uint8_t *pdu, size_t len,
                      struct reply *out)
{
	(void)pdu;
	(void)len;
	out->count = asked->count;
}

static size_t put_echo(const struct request *asked, const struct reply *r, uint8_t *out,
                       size_t fixed)
{
	(void)asked; /* reply_put has put the request itself into out */
	(void)r;
	(void)out;
	return fixed;
}

/* --- diagnostics: 07 0B 0C 11 2B, passed as bytes ------------------------------------------ */

static enum reply_status check_fixed(const struct request *asked, const uint8_t *sent,
                                     const uint8_t *pdu, size_t len, size_t fixed)
{
	(void)sent;
	(void)asked;
	(void)pdu;
	return length_is(len, fixed);
}

static enum reply_status check_event_log(const struct request *asked, const uint8_t *sent,
                                         const uint8_t *pdu, size_t len, size_t fixed)
{
	(void)sent;
	(void)asked;
	(void)fixed;
	if (len < 2 + EVENT_LOG_MIN || len > 2 + EVENT_LOG_MAX)
		return REPLY_WRONG_LENGTH;
	return counted(pdu, len, len - 2);
}

static enum reply_status check_server_id(const struct request *asked, const uint8_t *sent,
                                         const uint8_t *pdu, size_t len, size_t fixed)
{
	(void)sent;
	(void)asked;
	(void)fixed;
	return len < 2 ? REPLY_WRONG_LENGTH : counted(pdu, len, len - 2);
}

static enum reply_status check_identity(const struct request *asked, const uint8_t *sent,
                                        const uint8_t *pdu, size_t len, size_t fixed)
{
	(void)asked;
	if (len < fixed)
		return REPLY_WRONG_LENGTH;
	if (memcmp(pdu, sent, 3) != 0) /* function, type, code */
		return REPLY_WRONG_ECHO;
	size_t at = fixed;
	for (uint8_t i = 0; i < pdu[6]; i++) { /* object id, length, bytes */
		if (len - at < 2 || len - at - 2 < pdu[at + 1])
			return REPLY_WRONG_LENGTH;
		at += 2u + pdu[at + 1];
	}
	return length_is(len, at);
}

static void take_opaque(const struct request *asked, const uint8_t *pdu, size_t len,
                        struct reply *out)
{
	(void)asked;
	out->opaque_len = (uint8_t)(len - 1);
	memcpy(out->opaque, pdu + 1, len - 1);
}

static size_t put_opaque(const struct request *asked, const struct reply *r, uint8_t *out,
                         size_t fixed)
{
	(void)asked;
	(void)fixed;
	if (r->opaque_len > PDU_MAX - 1)
		return 0;
	memcpy(out + 1, r->opaque, r->opaque_len);
	return 1u + r->opaque_len;
}

static const struct shape SHAPES[] = {
        [FC_READ_COILS] = {check_bits, take_bits, put_read_bits, 0},
        [FC_READ_DISCRETE] = {check_bits, take_bits, put_read_bits, 0},
        [FC_READ_HOLDING] = {check_registers, take_registers, put_registers, 0},
        [FC_READ_INPUT] = {check_registers, take_registers, put_registers, 0},
        [FC_WRITE_COIL] = {check_echo, take_echo, put_echo, ECHO_HEAD},
        [FC_WRITE_REGISTER] = {check_echo, take_echo, put_echo, ECHO_HEAD},
        [FC_READ_EXCEPTION_STATUS] = {check_fixed, take_opaque, put_opaque, 2},
        [FC_EVENT_COUNTER] = {check_fixed, take_opaque, put_opaque, 5},
        [FC_EVENT_LOG] = {check_event_log, take_opaque, put_opaque, 0},
        [FC_WRITE_COILS] = {check_echo, take_echo, put_echo, ECHO_HEAD},
        [FC_WRITE_REGISTERS] = {check_echo, take_echo, put_echo, ECHO_HEAD},
        [FC_REPORT_SERVER_ID] = {check_server_id, take_opaque, put_opaque, 0},
        [FC_MASK_WRITE] = {check_echo, take_echo, put_echo, ECHO_MASK},
        [FC_READ_WRITE] = {check_registers, take_registers, put_registers, 0},
        [FC_MEI] = {check_identity, take_opaque, put_opaque, MEI_HEAD},
};

static enum reply_status take_exception(const uint8_t *pdu, size_t len, struct reply *out)
{
	if (len != 2)
		return REPLY_WRONG_LENGTH;
	if (pdu[1] == 0) /* "no exception" under the exception bit is an answer to nothing */
		return REPLY_WRONG_FUNCTION;
	*out = (struct reply){.function = (uint8_t)(pdu[0] & ~EXCEPTION_BIT), .exception = pdu[1]};
	return REPLY_EXCEPTION;
}

enum reply_status reply_take(const struct request *asked, const uint8_t *pdu, size_t len,
                             struct reply *out)
{
	uint8_t sent[PDU_MAX];

	if (len < 1 || len > PDU_MAX)
		return REPLY_WRONG_LENGTH;
	if (request_put(asked, sent) == 0) /* it was never sent, so nothing answers it */
		return REPLY_WRONG_FUNCTION;
	if (pdu[0] == (asked->function | EXCEPTION_BIT))
		return take_exception(pdu, len, out);
	if (pdu[0] != asked->function)
		return REPLY_WRONG_FUNCTION;
	const struct shape *s = &SHAPES[asked->function];
	enum reply_status status = s->check(asked, sent, pdu, len, s->fixed);
	if (status != REPLY_OK)
		return status;
	*out = (struct reply){.function = asked->function};
	s->take(asked, pdu, len, out);
	return REPLY_OK;
}

size_t exception_put(uint8_t function, uint8_t code, uint8_t out[PDU_MAX])
{
	out[0] = (uint8_t)(function | EXCEPTION_BIT);
	out[1] = code;
	return 2;
}

size_t reply_put(const struct request *asked, const struct reply *r, uint8_t out[PDU_MAX])
{
	if (r->exception != 0)
		return exception_put(asked->function, r->exception, out);
	if (request_put(asked, out) == 0)
		return 0;
	const struct shape *s = &SHAPES[asked->function];
	return s->put(asked, r, out, s->fixed);
}
