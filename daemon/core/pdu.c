#include "core/pdu.h"

#include <string.h>

/* Field lengths and limits: Modbus Application Protocol v1.1b3, section 6, and Messaging on TCP/IP
 * v1.0b, section 3.1.3. */
#define MBAP_BEFORE_UNIT 6 /* transaction, protocol, length: what the length does not count */
#define MBAP_LENGTH_MIN  2 /* unit and function */
#define MBAP_LENGTH_MAX  (1 + PDU_MAX)
#define COIL_ON          0xFF00u
#define COIL_OFF         0x0000u
#define MEI_IDENTIFY     0x0E
#define MEI_CODE_MAX     4 /* basic, regular, extended, one object */
#define ADDRESSES        0x10000u

const char *mb_exception_words(uint8_t code)
{
	switch (code) {
#define X(id, code_, sentence) \
	case id:               \
		return sentence;
		MODBUS_EXCEPTION_MAP(X)
#undef X
	}
	return "";
}

/* --- cursor ---------------------------------------------------------------------------- */

struct cursor cursor_over(const uint8_t *p, size_t n)
{
	return (struct cursor){.p = p, .left = n, .ok = true};
}

uint8_t cursor_u8(struct cursor *c)
{
	if (c->left < 1) {
		c->left = 0;
		c->ok = false;
		return 0;
	}
	c->left--;
	return *c->p++;
}

uint16_t cursor_u16(struct cursor *c)
{
	if (c->left < 2) {
		c->left = 0;
		c->ok = false;
		return 0;
	}
	uint16_t v = (uint16_t)(c->p[0] << 8 | c->p[1]);
	c->p += 2;
	c->left -= 2;
	return v;
}

static uint8_t *put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

/* --- frames ---------------------------------------------------------------------------- */

enum mbap_status mbap_take(const uint8_t *bytes, size_t n, struct frame *out, size_t *used)
{
	struct cursor c = cursor_over(bytes, n);

	if (n < MBAP_BEFORE_UNIT)
		return MBAP_MORE;
	uint16_t tid = cursor_u16(&c);
	uint16_t protocol = cursor_u16(&c);
	uint16_t length = cursor_u16(&c);

	if (protocol != 0 || length < MBAP_LENGTH_MIN || length > MBAP_LENGTH_MAX)
		return MBAP_FOREIGN;
	if (c.left < length)
		return MBAP_MORE;
	*out = (struct frame){
	        .tid = tid, .unit = c.p[0], .pdu = c.p + 1, .pdu_len = (size_t)length - 1};
	*used = MBAP_BEFORE_UNIT + (size_t)length;
	return MBAP_OK;
}

size_t mbap_put(uint8_t out[ADU_MAX], uint16_t tid, uint8_t unit, const uint8_t *pdu,
                size_t pdu_len)
{
	if (pdu_len < 1 || pdu_len > PDU_MAX)
		return 0;
	uint8_t *p = put_u16(out, tid);
	p = put_u16(p, 0);
	p = put_u16(p, (uint16_t)(pdu_len + 1));
	*p++ = unit;
	memmove(p, pdu, pdu_len); /* the caller may have put the pdu in its place already */
	return MBAP_LEN + pdu_len;
}

/* --- requests: take and put of each form side by side ------------------------------------- */

/* The word, what it does, how many it may ask for at once (0: does not say how many). */
struct form {
	const char *words;
	bool reads, writes;
	uint16_t max;
	bool (*take)(struct cursor *c, struct request *r, uint16_t max);
	uint8_t *(*put)(const struct request *r, uint8_t *p);
};

static bool within(uint16_t count, uint16_t max)
{
	return count >= 1 && count <= max;
}

static size_t bytes_of_bits(uint16_t count)
{
	return (count + 7u) / 8u;
}

/* The bits of the last byte that belong to the write. */
static uint8_t last_byte_mask(uint16_t count)
{
	return (uint8_t)(0xFFu >> (-(unsigned)count & 7u));
}

static bool take_bare(struct cursor *c, struct request *r, uint16_t max)
{
	(void)r;
	(void)max;
	return c->ok;
}

static uint8_t *put_bare(const struct request *r, uint8_t *p)
{
	(void)r;
	return p;
}

static bool take_range(struct cursor *c, struct request *r, uint16_t max)
{
	r->address = cursor_u16(c);
	r->count = cursor_u16(c);
	return within(r->count, max);
}

static uint8_t *put_range(const struct request *r, uint8_t *p)
{
	return put_u16(put_u16(p, r->address), r->count);
}

static bool take_coil(struct cursor *c, struct request *r, uint16_t max)
{
	(void)max;
	r->address = cursor_u16(c);
	r->count = 1;
	uint16_t v = cursor_u16(c);
	r->bits[0] = v == COIL_ON;
	return v == COIL_ON || v == COIL_OFF;
}

static uint8_t *put_coil(const struct request *r, uint8_t *p)
{
	return put_u16(put_u16(p, r->address), request_bit(r, 0) ? COIL_ON : COIL_OFF);
}

static bool take_register(struct cursor *c, struct request *r, uint16_t max)
{
	(void)max;
	r->address = cursor_u16(c);
	r->count = 1;
	r->value[0] = cursor_u16(c);
	return c->ok;
}

static uint8_t *put_register(const struct request *r, uint8_t *p)
{
	return put_u16(put_u16(p, r->address), r->value[0]);
}

static bool take_coils(struct cursor *c, struct request *r, uint16_t max)
{
	if (!take_range(c, r, max) || cursor_u8(c) != bytes_of_bits(r->count))
		return false;
	size_t n = bytes_of_bits(r->count);
	for (size_t i = 0; i < n; i++)
		r->bits[i] = cursor_u8(c);
	return (r->bits[n - 1] & ~last_byte_mask(r->count)) == 0;
}

static uint8_t *put_coils(const struct request *r, uint8_t *p)
{
	size_t n = bytes_of_bits(r->count);

	p = put_range(r, p);
	*p++ = (uint8_t)n;
	memcpy(p, r->bits, n);
	p[n - 1] &= last_byte_mask(r->count);
	return p + n;
}

static bool take_registers(struct cursor *c, struct request *r, uint16_t max)
{
	if (!take_range(c, r, max) || cursor_u8(c) != 2 * r->count)
		return false;
	for (uint16_t i = 0; i < r->count; i++)
		r->value[i] = cursor_u16(c);
	return c->ok;
}

static uint8_t *put_registers(const struct request *r, uint8_t *p)
{
	p = put_range(r, p);
	*p++ = (uint8_t)(2 * r->count);
	for (uint16_t i = 0; i < r->count; i++)
		p = put_u16(p, r->value[i]);
	return p;
}

static bool take_mask(struct cursor *c, struct request *r, uint16_t max)
{
	(void)max;
	r->address = cursor_u16(c);
	r->count = 1;
	r->and_mask = cursor_u16(c);
	r->or_mask = cursor_u16(c);
	return c->ok;
}

static uint8_t *put_mask(const struct request *r, uint8_t *p)
{
	return put_u16(put_u16(put_u16(p, r->address), r->and_mask), r->or_mask);
}

static bool take_read_write(struct cursor *c, struct request *r, uint16_t max)
{
	r->read_address = cursor_u16(c);
	r->read_count = cursor_u16(c);
	return within(r->read_count, PDU_READ_REGS_MAX) && take_registers(c, r, max);
}

static uint8_t *put_read_write(const struct request *r, uint8_t *p)
{
	return put_registers(r, put_u16(put_u16(p, r->read_address), r->read_count));
}

static bool take_identify(struct cursor *c, struct request *r, uint16_t max)
{
	(void)max;
	(void)cursor_u8(c); /* 0E: request_take has looked */
	r->mei_code = cursor_u8(c);
	r->mei_object = cursor_u8(c);
	return within(r->mei_code, MEI_CODE_MAX);
}

static uint8_t *put_identify(const struct request *r, uint8_t *p)
{
	p[0] = MEI_IDENTIFY;
	p[1] = r->mei_code;
	p[2] = r->mei_object;
	return p + 3;
}

/* What has no row does not exist on this wire. */
static const struct form FORMS[] = {
        [FC_READ_COILS] = {"read coils", true, false, PDU_READ_BITS_MAX, take_range, put_range},
        [FC_READ_DISCRETE] = {"read discrete inputs", true, false, PDU_READ_BITS_MAX, take_range,
                              put_range},
        [FC_READ_HOLDING] = {"read holding registers", true, false, PDU_READ_REGS_MAX, take_range,
                             put_range},
        [FC_READ_INPUT] = {"read input registers", true, false, PDU_READ_REGS_MAX, take_range,
                           put_range},
        [FC_WRITE_COIL] = {"write coil", false, true, 0, take_coil, put_coil},
        [FC_WRITE_REGISTER] = {"write register", false, true, 0, take_register, put_register},
        [FC_READ_EXCEPTION_STATUS] = {"read exception status", true, false, 0, take_bare, put_bare},
        [FC_EVENT_COUNTER] = {"read event counter", true, false, 0, take_bare, put_bare},
        [FC_EVENT_LOG] = {"read event log", true, false, 0, take_bare, put_bare},
        [FC_WRITE_COILS] = {"write coils", false, true, PDU_WRITE_BITS_MAX, take_coils, put_coils},
        [FC_WRITE_REGISTERS] = {"write registers", false, true, PDU_WRITE_REGS_MAX, take_registers,
                                put_registers},
        [FC_REPORT_SERVER_ID] = {"report server id", true, false, 0, take_bare, put_bare},
        [FC_MASK_WRITE] = {"mask write register", false, true, 0, take_mask, put_mask},
        [FC_READ_WRITE] = {"read and write registers", false, true, PDU_RW_WRITE_REGS_MAX,
                           take_read_write, put_read_write},
        [FC_MEI] = {"read device identification", false, false, 0, take_identify, put_identify},
};

/* NULL for a function that is not modelled. */
static const struct form *form_of(uint8_t function)
{
	if (function >= ARRAY_LEN(FORMS) || FORMS[function].words == NULL)
		return NULL;
	return &FORMS[function];
}

static bool range_exists(uint16_t address, uint16_t count)
{
	return (uint32_t)address + count <= ADDRESSES;
}

enum mb_exception request_take(const uint8_t *pdu, size_t len, struct request *out)
{
	struct cursor c = cursor_over(pdu, len);
	struct request r = {.function = cursor_u8(&c)};
	const struct form *f = form_of(r.function);

	if (f == NULL)
		return MB_FUNCTION;
	if (r.function == FC_MEI && c.left > 0 && c.p[0] != MEI_IDENTIFY)
		return MB_FUNCTION;
	if (!f->take(&c, &r, f->max) || !c.ok || c.left != 0)
		return MB_VALUE;
	if (!range_exists(r.address, r.count) || !range_exists(r.read_address, r.read_count))
		return MB_ADDRESS;
	*out = r;
	return MB_OK;
}

/* What the arrays of a request hold; beyond it nothing can be put. */
static bool form_holds(const struct form *f, const struct request *r)
{
	if (f->max != 0 && !within(r->count, f->max))
		return false;
	return r->function != FC_READ_WRITE || within(r->read_count, PDU_READ_REGS_MAX);
}

size_t request_put(const struct request *r, uint8_t out[PDU_MAX])
{
	const struct form *f = form_of(r->function);

	if (f == NULL || !form_holds(f, r))
		return 0;
	out[0] = r->function;
	return (size_t)(f->put(r, out + 1) - out);
}

const char *mb_function_words(uint8_t function)
{
	const struct form *f = form_of(function);

	return f == NULL ? "unknown function" : f->words;
}

bool request_writes(const struct request *r)
{
	const struct form *f = form_of(r->function);

	return f != NULL && f->writes;
}

bool request_reads(const struct request *r)
{
	const struct form *f = form_of(r->function);

	return f != NULL && f->reads;
}

bool request_equal(const struct request *a, const struct request *b)
{
	uint8_t x[PDU_MAX], y[PDU_MAX];
	size_t n = request_put(a, x);

	/* the same when they would be the same bytes; what cannot be put equals nothing */
	return n != 0 && n == request_put(b, y) && memcmp(x, y, n) == 0;
}
