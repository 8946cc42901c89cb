/*
 * transport: the way to a device in one line of text, and what follows from it in time.
 *
 *   "192.0.2.7:502"                              Modbus/TCP
 *   "rtu:/dev/ttyUSB0:19200:8E1"                 a serial line: device, baud rate, format
 *   "rtu:/dev/ttyS1:115200:8N1:rs485"            and more words, in any order
 *   "rtu+tcp:192.0.2.9:4001"                     RTU frames through a serial device server
 *
 *   rs485          the driver of the port switches the line's direction
 *   rts, rts-      we switch it: RTS on (off) while sending
 *   silence=5 ms   what ends a frame, where an adapter hands bytes over later than they come
 *
 * Pure functions over the caller's memory; any thread.
 */
#ifndef CORE_TRANSPORT_H
#define CORE_TRANSPORT_H

#include "core/base.h"

#define TRANSPORT_LEN 160

enum transport_kind { TRANSPORT_TCP, TRANSPORT_RTU, TRANSPORT_RTU_TCP };

/* Who turns a two-wire line round. */
enum line_drive { DRIVE_NONE, DRIVE_RS485, DRIVE_RTS_ON, DRIVE_RTS_OFF };

struct transport {
	enum transport_kind kind;
	char place[TRANSPORT_LEN]; /* the device's path, or address and port */
	/* the rest of the two RTU kinds */
	int32_t baud; /* 0 behind a device server, whose line is its own */
	char parity;  /* 'E' 'O' 'N' */
	int8_t stop_bits;
	enum line_drive drive;
	int64_t silence_us; /* 0: what the standard says */
};

/*  enumerator, what was wrong and what would be right */
#define TRANSPORT_FAULT_MAP(X)                                                                     \
	X(TRANSPORT_OK, "")                                                                        \
	X(TRANSPORT_LONG, "it has more than 159 characters")                                       \
	X(TRANSPORT_NO_DEVICE, "it names no device by its whole path; right is "                   \
	                       "\"rtu:/dev/ttyUSB0:19200:8E1\"")                                   \
	X(TRANSPORT_BAUD, "its baud rate is none of 1200, 2400, 4800, 9600, 19200, 38400, 57600, " \
	                  "115200, 230400, 460800, 921600")                                        \
	X(TRANSPORT_FORMAT, "it says no format: 8E1 (what the standard wants), 8O1, 8N1 or 8N2 "   \
	                    "behind the baud rate, as in \"rtu:/dev/ttyUSB0:19200:8E1\"")          \
	X(TRANSPORT_PARITY, "its format is none of 8E1, 8O1, 8N1, 8N2; RTU has eight data bits")   \
	X(TRANSPORT_WORD, "its last words are none of rs485, rts, rts-, silence=5 ms")             \
	X(TRANSPORT_DRIVES, "it says twice who switches the line's direction; one of rs485, rts "  \
	                    "and rts- is right")                                                   \
	X(TRANSPORT_SILENCE, "its silence is no time of 1 ms to 500 ms, as in silence=5 ms")       \
	X(TRANSPORT_SHORT_SILENCE, "its silence is shorter than the three and a half characters "  \
	                           "that end a frame")                                             \
	X(TRANSPORT_NO_ADDRESS, "it names no address and port; right is "                          \
	                        "\"rtu+tcp:192.0.2.9:4001\"")                                      \
	X(TRANSPORT_NOT_A_LINE, "a device server has a line of its own; only silence=5 ms may "    \
	                        "follow its port")

enum transport_fault {
#define X(id, words) id,
	TRANSPORT_FAULT_MAP(X)
#undef X
};
const char *transport_fault_words(enum transport_fault f);

/* *out is written only on TRANSPORT_OK. Whether an address is one, and a device there, is not
 * looked at: core knows neither. */
MUST_USE enum transport_fault transport_take(const char *text, struct transport *out);
/* How long a character takes on this line: start, eight bits, parity, stop. 0 behind a server. */
int64_t transport_char_ns(const struct transport *t);
/* The silence that ends a frame: three and a half characters, and above 19200 baud 1.75 ms (Modbus
 * over Serial Line v1.02, 2.5.1.1); behind a device server, which gathers bytes, 5 ms. */
int64_t transport_silence_ns(const struct transport *t);
/* The same line: whoever is on it shares it. */
bool transport_same_place(const struct transport *a, const struct transport *b);
/* And with the same settings. */
bool transport_equal(const struct transport *a, const struct transport *b);

#endif
