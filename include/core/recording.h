/*
 * recording: what went over the wires and what came of it, an event a line of text, in the order in
 * which it came.
 *
 *     # dosegate recording 1
 *     125003 c3.1 > 000100000006010300100001
 *     125310 gate * refused {"console":"127.0.0.1:51002", ...}
 *
 *     MICROSECONDS CHANNEL EVENT [WHAT]
 *
 * Microseconds since the recording was begun, by a clock nobody can set. The gate writes the
 * channels `gate`, `d1` (the first device of the clinic file, then d2 ...) and `c3.1` (a console);
 * the simulator writes `1.2` (its line and connection). WHAT: bytes in base 16, header and sum
 * included, behind the four events of frames; else text, JSON where the table says so. What begins
 * with # is a comment; the first line says the version. Each line is whole in itself: a file that
 * was cut is good up to its last whole line.
 *
 * Pure functions over the caller's memory; any thread.
 */
#ifndef CORE_RECORDING_H
#define CORE_RECORDING_H

#include "core/base.h"

#define RECORDING_HEAD        "# dosegate recording 1"
#define RECORDING_CHANNEL_LEN 24

/*  enumerator, its sign, carries bytes, what it means */
#define RECORDING_EVENT_MAP(X)                                                                  \
	X(RECORDED_IS, '=', false, "JSON: what the gate or device is, as the recording begins") \
	X(RECORDED_BEGINS, '+', false, "a connection, or a line, is there; whose")              \
	X(RECORDED_ENDS, '-', false, "it is gone; why")                                         \
	X(RECORDED_ASKS, '>', true, "a frame to the gate or to the device")                     \
	X(RECORDED_ANSWERS, '<', true, "a frame from it")                                       \
	X(RECORDED_NOISE, '?', true, "bytes to it that are no frame")                           \
	X(RECORDED_NOISE_BACK, '!', true, "bytes from it that are no frame")                    \
	X(RECORDED_LOOK, '~', false, "the device was read whole; JSON when something is new")   \
	X(RECORDED_ROW, '*', false, "a kind and JSON: decided, noticed, or done by people")     \
	X(RECORDED_LOST, '%', false, "so many lines could not be kept: the disk was slow")      \
	X(RECORDED_OVER, '.', false, "the recording ends; why")

enum recording_event {
#define X(id, sign, bytes, words) id,
	RECORDING_EVENT_MAP(X)
#undef X
	        RECORDING_EVENT_COUNT
};
char recording_sign(enum recording_event e);
const char *recording_words(enum recording_event e);

struct recorded {
	int64_t us;
	char channel[RECORDING_CHANNEL_LEN];
	enum recording_event event;
	const char *what; /* in the line; "" when there is none */
	size_t n_what;
};

/* One line, its end included. 0: there is no room, and nothing was put. */
size_t recording_put_bytes(char *buf, size_t size, int64_t us, const char *channel,
                           enum recording_event e, const uint8_t *bytes, size_t n);
/* The ends of lines inside of it become blanks. */
size_t recording_put_text(char *buf, size_t size, int64_t us, const char *channel,
                          enum recording_event e, const char *text);

/*  enumerator, what is wrong and what would be right */
#define RECORDING_FAULT_MAP(X)                                                                \
	X(RECORDING_OK, "")                                                                   \
	X(RECORDING_NOT_ONE,                                                                  \
	  "this is no recording: its first line is to be \"" RECORDING_HEAD "\"")             \
	X(RECORDING_VERSION, "a recording of another version; this program reads version 1")  \
	X(RECORDING_TIME, "a line begins with microseconds, as in \"125003 c3.1 > 0001...\"") \
	X(RECORDING_BACKWARDS, "earlier than the line before")                                \
	X(RECORDING_CHANNEL, "behind the time stands a channel of at most 23 characters")     \
	X(RECORDING_EVENT, "behind the channel stands one of = + - > < ? ! ~ * % .")          \
	X(RECORDING_BYTES, "a frame is whole bytes in base 16")                               \
	X(RECORDING_LONG, "a frame has at most 2048 bytes")

enum recording_fault {
#define X(id, words) id,
	RECORDING_FAULT_MAP(X)
#undef X
};
const char *recording_fault_words(enum recording_fault f);

#define RECORDING_BYTES_MAX 2048

MUST_USE enum recording_fault recording_take_head(const char *line);
/* A line without its end, not earlier than `from_us`. *out is written only on RECORDING_OK; else
 * *at is where in the line it is wrong. */
MUST_USE enum recording_fault recording_take(const char *line, int64_t from_us,
                                             struct recorded *out, size_t *at);
/* The bytes of a frame that was taken: at most RECORDING_BYTES_MAX. */
size_t recording_bytes(const struct recorded *r, uint8_t *out);

#endif
