/*
 * RTU: where a frame begins and ends, its sum, and how fast bytes go over a serial line.
 *
 * Modbus over serial line v1.02, 2.5.1: frames stand apart by 3.5 characters of silence, above
 * 19200 baud by 1.75 ms. A character has 11 bits. On a terminal bytes arrive at once, whatever the
 * baud; at a pace a request counts as arrived when its last bit would have been.
 */
#include "sim.h"

#include <string.h>

#define SILENCE_NS   INT64_C(1750000)
#define SLOWEST_CHAR INT64_C(572916) /* of 19200 baud: slower ones wait 3.5 of their own */
#define STREAM_WAIT_NS                                                             \
	INT64_C(50000000) /* a stream has no silence: bytes that stay half a frame \
	                   */

uint16_t serial_crc(const uint8_t *bytes, size_t n)
{
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < n; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)((crc & 1) != 0 ? crc >> 1 ^ 0xa001 : crc >> 1);
	}
	return crc;
}

bool serial_whole(const uint8_t *bytes, size_t n)
{
	return n > SERIAL_OVERHEAD && n <= SERIAL_MAX &&
	       serial_crc(bytes, n - 2) == (bytes[n - 2] | bytes[n - 1] << 8);
}

int serial_request_length(const uint8_t *bytes, size_t n)
{
	/* where the byte count stands, when there is one; and the bytes beside those it counts */
	static const struct {
		uint8_t function, count_at, length;
	} known[] = {
	        {FC_READ_COILS, 0, 8},
	        {FC_READ_DISCRETE, 0, 8},
	        {FC_READ_HOLDING, 0, 8},
	        {FC_READ_INPUT, 0, 8},
	        {FC_WRITE_COIL, 0, 8},
	        {FC_WRITE_REGISTER, 0, 8},
	        {FC_READ_EXCEPTION_STATUS, 0, 4},
	        {FC_EVENT_COUNTER, 0, 4},
	        {FC_EVENT_LOG, 0, 4},
	        {FC_WRITE_COILS, 6, 9},
	        {FC_WRITE_REGISTERS, 6, 9},
	        {FC_REPORT_SERVER_ID, 0, 4},
	        {FC_MASK_WRITE, 0, 10},
	        {FC_READ_WRITE, 10, 13},
	        {FC_MEI, 0, 7},
	};

	for (size_t i = 0; i < ARRAY_LEN(known) && n >= 2; i++) {
		if (known[i].function != bytes[1])
			continue;
		if (known[i].count_at == 0)
			return known[i].length;
		return n > known[i].count_at ? known[i].length + bytes[known[i].count_at] : 0;
	}
	return n < 2 ? 0 : -1;
}

/* --- receiving ---------------------------------------------------------------------------------
 */

static int64_t silence_ns(const struct line *l)
{
	return l->char_ns > SLOWEST_CHAR ? l->char_ns * 7 / 2 : SILENCE_NS;
}

static void take(struct channel *c, size_t n)
{
	struct frame f = {.unit = c->in[0], .pdu = c->in + 1, .pdu_len = n - SERIAL_OVERHEAD};
	bool whole = serial_whole(c->in, n);

	wire_note(c, whole ? RECORDED_ASKS : RECORDED_NOISE, c->in, n);
	if (whole)
		answer_frame(c, &f);
	else
		c->line->bad_crc++;
	c->filled -= n;
	memmove(c->in, c->in + n, c->filled);
}

static void take_by_length(struct channel *c)
{
	int length;

	while (!channel_gone(c) && (length = serial_request_length(c->in, c->filled)) > 0 &&
	       (size_t)length <= c->filled) {
		if (!serial_whole(c->in, (size_t)length))
			break; /* never look for a frame inside of what is none */
		take(c, (size_t)length);
	}
}

static void on_silence(struct alarm *a)
{
	struct channel *c = CONTAINER_OF(a, struct channel, silence);

	if (!channel_gone(c) && c->filled > 0)
		take(c, c->filled);
}

void serial_received(struct channel *c, size_t n)
{
	struct line *l = c->line;
	int64_t now = clock_ns();

	if (l->kind == LINE_RTU && c->filled == n && c->sent_ns != 0 &&
	    now < c->sent_ns + silence_ns(l))
		l->no_silence++;
	if (now > c->received_ns)
		c->received_ns = now;
	c->received_ns += (int64_t)n * l->char_ns;
	if (l->kind == LINE_RTU_TCP)
		take_by_length(c);
	if (c->filled == sizeof c->in) { /* nothing is as long as this */
		l->bad_crc++;
		c->filled = 0;
	}
	if (!channel_gone(c))
		alarm_at(&c->silence,
		         c->received_ns + (l->kind == LINE_RTU ? silence_ns(l) : STREAM_WAIT_NS));
}

/* --- sending ------------------------------------------------------------------------------------
 */

/* As many bytes as have had their time since the last one left. */
static void on_uart(struct alarm *a)
{
	struct channel *c = CONTAINER_OF(a, struct channel, uart);
	int64_t char_ns = c->line->char_ns;
	size_t n = (size_t)((clock_ns() - c->sent_ns) / char_ns);

	if (channel_gone(c))
		return;
	if (n > c->out_n)
		n = c->out_n;
	channel_write(c, c->out, n);
	c->sent_ns += (int64_t)n * char_ns;
	c->out_n -= n;
	memmove(c->out, c->out + n, c->out_n);
	if (c->out_n > 0)
		alarm_at(&c->uart, c->sent_ns + char_ns);
}

void serial_send(struct channel *c, const uint8_t *bytes, size_t n)
{
	int64_t now = clock_ns();

	if (c->line->char_ns == 0) {
		channel_write(c, bytes, n);
		c->sent_ns = now;
		return;
	}
	if (c->out_n == 0 && now > c->sent_ns)
		c->sent_ns = now;
	if (n > sizeof c->out - c->out_n)
		n = sizeof c->out - c->out_n; /* a line so far behind has lost its bytes */
	memcpy(c->out + c->out_n, bytes, n);
	c->out_n += n;
	alarm_at(&c->uart, c->sent_ns + c->line->char_ns);
}

/* --- opening ------------------------------------------------------------------------------------
 */

void serial_open(struct channel *c)
{
	alarm_open(&c->line->sim->loop, &c->silence, on_silence);
	alarm_open(&c->line->sim->loop, &c->uart, on_uart);
	c->handles += 2;
}

void serial_close(struct channel *c, uv_close_cb closed)
{
	alarm_close(&c->silence, closed);
	alarm_close(&c->uart, closed);
}
