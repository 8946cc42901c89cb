/*
 * pdu: Modbus frames as bytes, taken apart and put together. The only room that knows the wire.
 *
 * Modbus Application Protocol v1.1b3 and Messaging on TCP/IP v1.0b. Strict: a frame is exactly as
 * long as its function says, or it is refused; bytes that were not decoded are never passed on.
 * A decoder is right for any bytes by itself. Take and put of a message stand side by side.
 *
 * Pure functions over the caller's memory; any thread.
 */
#ifndef CORE_PDU_H
#define CORE_PDU_H

#include "core/base.h"

#define PDU_MAX               253
#define MBAP_LEN              7
#define ADU_MAX               (MBAP_LEN + PDU_MAX)
#define PDU_READ_REGS_MAX     125
#define PDU_WRITE_REGS_MAX    123
#define PDU_RW_WRITE_REGS_MAX 121
#define PDU_READ_BITS_MAX     2000
#define PDU_WRITE_BITS_MAX    1968

/*  enumerator, code, sentence for people */
#define MODBUS_EXCEPTION_MAP(X)                                                          \
	X(MB_OK, 0x00, "no exception")                                                   \
	X(MB_FUNCTION, 0x01, "function not modelled")                                    \
	X(MB_ADDRESS, 0x02, "register not in the device profile, not writable, or torn") \
	X(MB_VALUE, 0x03, "the judge says no, or the request is malformed")              \
	X(MB_DEVICE_FAILURE, 0x04, "sent, outcome unknown")                              \
	X(MB_ACKNOWLEDGE, 0x05, "the device is still working on it")                     \
	X(MB_BUSY, 0x06, "queue full: nothing judged, nothing sent")                     \
	X(MB_PARITY, 0x08, "memory parity error reported by the device")                 \
	X(MB_NO_PATH, 0x0A, "no such unit")                                              \
	X(MB_NO_ANSWER, 0x0B, "the device does not answer")

enum mb_exception {
#define X(id, code, sentence) id = code,
	MODBUS_EXCEPTION_MAP(X)
#undef X
};

/* "" for a code that is none of the above. */
const char *mb_exception_words(uint8_t code);

enum mb_function {
	FC_READ_COILS = 0x01,
	FC_READ_DISCRETE = 0x02,
	FC_READ_HOLDING = 0x03,
	FC_READ_INPUT = 0x04,
	FC_WRITE_COIL = 0x05,
	FC_WRITE_REGISTER = 0x06,
	FC_READ_EXCEPTION_STATUS = 0x07,
	FC_EVENT_COUNTER = 0x0B,
	FC_EVENT_LOG = 0x0C,
	FC_WRITE_COILS = 0x0F,
	FC_WRITE_REGISTERS = 0x10,
	FC_REPORT_SERVER_ID = 0x11,
	FC_MASK_WRITE = 0x16,
	FC_READ_WRITE = 0x17,
	FC_MEI = 0x2B /* only 0x0E, read device identification */
};

/* "write registers"; "unknown function" for what is not listed. */
const char *mb_function_words(uint8_t function);

/* A read that does not fit makes ok false for good and gives 0; ask once, at the end. */
struct cursor {
	const uint8_t *p;
	size_t left;
	bool ok;
};

struct cursor cursor_over(const uint8_t *p, size_t n);
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c); /* high byte first, as Modbus has it */

/* --- frames on a TCP stream ------------------------------------------------------------ */

struct frame {
	uint16_t tid;
	uint8_t unit;
	const uint8_t *pdu; /* borrowed: points into the bytes given to mbap_take */
	size_t pdu_len;     /* 1..PDU_MAX */
};

enum mbap_status {
	MBAP_OK,     /* one whole frame; *used bytes are consumed */
	MBAP_MORE,   /* not whole yet; nothing consumed */
	MBAP_FOREIGN /* protocol id not 0, or length outside 2..254: close, never resynchronise */
};

MUST_USE enum mbap_status mbap_take(const uint8_t *bytes, size_t n, struct frame *out,
                                    size_t *used);
/* Writes header and pdu; returns the frame's length; 0, and nothing written, when pdu_len is
 * not 1..PDU_MAX. */
size_t mbap_put(uint8_t out[ADU_MAX], uint16_t tid, uint8_t unit, const uint8_t *pdu,
                size_t pdu_len);

/* --- requests ---------------------------------------------------------------------------- */

struct request {
	uint8_t function;
	uint16_t address;      /* of the read for 01..04, of the write for 05 06 0F 10 16 17 */
	uint16_t count;        /* registers or bits at `address`; 1 for 05 06 16 */
	uint16_t read_address; /* 17 only */
	uint16_t read_count;   /* 17 only */
	uint16_t and_mask;     /* 16 only */
	uint16_t or_mask;      /* 16 only */
	uint8_t mei_code;      /* 2B/0E: 1..4 */
	uint8_t mei_object;
	uint16_t value[PDU_WRITE_REGS_MAX]; /* 06 10 17 */
	uint8_t bits[(PDU_WRITE_BITS_MAX + 7) /
	             8]; /* 05 0F: bit i of the write is bit i%8 of byte i/8 */
};

static inline bool request_bit(const struct request *r, uint16_t i)
{
	return ((unsigned)r->bits[i / 8] >> (i % 8)) & 1u;
}

/* MB_OK and *out, or the exception to answer: MB_FUNCTION for any function not in mb_function (or
 * MEI other than 0E), MB_VALUE for a wrong length, count, byte count, coil value or pad bit,
 * MB_ADDRESS when address + count passes 65536. In that order (v1.1b3, section 7). */
MUST_USE enum mb_exception request_take(const uint8_t *pdu, size_t len, struct request *out);
/* The only way bytes toward a device come into being. Returns the length; 0 for a function
 * not modelled and for counts a request cannot have. Pad bits go out as 0. */
size_t request_put(const struct request *r, uint8_t out[PDU_MAX]);

/* 05 06 0F 10 16 17 */
bool request_writes(const struct request *r);
/* 01 02 03 04, 07 0B 0C 11 */
bool request_reads(const struct request *r);
/* Same function, address, count and values. For reads in flight and for tests. */
bool request_equal(const struct request *a, const struct request *b);

/* --- replies ----------------------------------------------------------------------------- */

struct reply {
	uint8_t function;                          /* without the exception bit */
	uint8_t exception;                         /* 0: none */
	uint16_t count;                            /* registers or bits below */
	uint16_t value[PDU_READ_REGS_MAX];         /* 03 04 17 */
	uint8_t bits[(PDU_READ_BITS_MAX + 7) / 8]; /* 01 02 */
	uint8_t opaque[PDU_MAX]; /* 07 0B 0C 11 2B: what follows the function, its length checked */
	uint8_t opaque_len;
};

/*  enumerator, what was wrong with the device's reply, for ledger and log */
#define REPLY_STATUS_MAP(X)                                                      \
	X(REPLY_OK, "as asked")                                                  \
	X(REPLY_EXCEPTION, "the device refused")                                 \
	X(REPLY_WRONG_FUNCTION, "the reply is for another function")             \
	X(REPLY_WRONG_LENGTH, "the reply has another length than was asked for") \
	X(REPLY_WRONG_ECHO, "the echo differs from what was written")

enum reply_status {
#define X(id, words) id,
	REPLY_STATUS_MAP(X)
#undef X
};
const char *reply_status_words(enum reply_status s);

/* Checks function, length, byte count and echo against what was asked; pad bits of 01/02 must be 0
 * beyond the count or are cleared. *out is written on REPLY_OK and REPLY_EXCEPTION. */
MUST_USE enum reply_status reply_take(const struct request *asked, const uint8_t *pdu, size_t len,
                                      struct reply *out);
/* What a server answers to `asked` with `r` (also for writes: the echo). Returns the length; 0 for
 * what nobody can have asked. */
size_t reply_put(const struct request *asked, const struct reply *r, uint8_t out[PDU_MAX]);
size_t exception_put(uint8_t function, uint8_t code, uint8_t out[PDU_MAX]);

#endif
