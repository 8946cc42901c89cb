/*
 * rtu: Modbus frames on a serial line: unit, function and data, check sum; silence ends them.
 *
 * Modbus over Serial Line v1.02. What came between two silences is one frame or nothing. It is
 * taken when bounds, check sum and (of a request) the length that its function says agree; nobody
 * looks for a frame inside of other bytes.
 *
 * Pure functions over the caller's memory; any thread.
 */
#ifndef CORE_RTU_H
#define CORE_RTU_H

#include "core/pdu.h"

#define RTU_MIN 4 /* unit, function, check sum */
#define RTU_MAX (1 + PDU_MAX + 2)
#define RTU_UNIT_MAX                                                                \
	247 /* v1.02, 2.2: 248..255 are reserved; 0 is everybody, and never answers \
	     */

/*  enumerator, what was wrong, for ledger and log */
#define RTU_STATUS_MAP(X)                          \
	X(RTU_OK, "a frame")                       \
	X(RTU_SHORT, "too few bytes for a frame")  \
	X(RTU_LONG, "more bytes than a frame has") \
	X(RTU_CRC, "the check sum is wrong")       \
	X(RTU_LENGTH, "the frame has another length than its function says")

enum rtu_status {
#define X(id, words) id,
	RTU_STATUS_MAP(X)
#undef X
};
const char *rtu_status_words(enum rtu_status s);

/* CRC-16 of v1.02, appendix B; goes out low byte first. */
uint16_t rtu_crc(const uint8_t *bytes, size_t n);
/* Writes unit, pdu and check sum; returns the frame's length; 0, and nothing written, when pdu_len
 * is not 1..PDU_MAX. */
size_t rtu_put(uint8_t out[RTU_MAX], uint8_t unit, const uint8_t *pdu, size_t pdu_len);
/* All of the bytes between two silences. The frame borrows them; its tid is 0. *out is written only
 * on RTU_OK. */
MUST_USE enum rtu_status rtu_take(const uint8_t *bytes, size_t n, struct frame *out);
/* The same, and as long as a request of its function is. A function that is not modelled says
 * nothing about its length. */
MUST_USE enum rtu_status rtu_take_request(const uint8_t *bytes, size_t n, struct frame *out);
/* How long, at least, the answer of `unit` to `asked` will be that begins with these bytes. 0: it
 * cannot be told, or they begin no such answer. */
size_t rtu_reply_length(const struct request *asked, uint8_t unit, const uint8_t *bytes, size_t n);
/* Its right answer is the same bytes as the request, so that a line which repeats what is sent
 * cannot be told from a device that obeys. */
bool rtu_answer_is_echo(uint8_t function);

#endif
