/*
 * line: the ways on which masters come to the simulated devices.
 *
 * LINE_TCP      Modbus/TCP: a header with a length says where a frame ends
 * LINE_RTU_TCP  RTU frames in a TCP stream, as serial servers send them: the function says where a
 *               frame ends; what is none ends with silence
 * LINE_RTU      RTU on a pseudo terminal that is made here: silence says where a frame ends
 *
 * line      listening, connections, bytes in and out
 * line_serial  CRC, frames, silence, and the pace of a serial line
 * line_pty  the pseudo terminal
 * answer    a frame to the device it names; the answer, bent where a fault says so
 * alarm     a timer that knows less than a millisecond
 *
 * CRC and framing are written here once more, apart from the gate's: a slip on one side is seen.
 */
#ifndef SIM_LINE_H
#define SIM_LINE_H

#include <uv.h>

#include "core/pdu.h"
#include "edge/config.h"

struct sim;

/* --- alarm ---------------------------------------------------------------------------------- */

struct alarm {
	uv_poll_t poll; /* first */
	int fd;
	void (*rang)(struct alarm *a);
};

int64_t clock_ns(void); /* monotonic */
void alarm_open(uv_loop_t *loop, struct alarm *a, void (*rang)(struct alarm *a));
/* Rings once, at this time or at once when it has passed; the one set before is forgotten. */
void alarm_at(struct alarm *a, int64_t at_ns);
/* `closed` is called with the alarm's handle. */
void alarm_close(struct alarm *a, uv_close_cb closed);

/* --- lines and their channels ---------------------------------------------------------------- */

/*  enumerator, option */
#define LINE_KIND_MAP(X)             \
	X(LINE_TCP, "--tcp")         \
	X(LINE_RTU_TCP, "--rtu-tcp") \
	X(LINE_RTU, "--rtu")

enum line_kind {
#define X(id, option) id,
	LINE_KIND_MAP(X)
#undef X
};

#define LINES_MAX 4
/* The longest answer: sent two times, each a byte too long and with some noise before it. */
#define SEND_MAX   (2 * ADU_MAX + 64)
#define CHANNEL_IN (4 * ADU_MAX)
#define UART_OUT   (8 * ADU_MAX)

struct line {
	struct sim *sim;
	enum line_kind kind;
	int64_t char_ns; /* 11 bits at the line's pace; 0: bytes leave at once */
	bool listening;
	uv_tcp_t listener; /* the TCP kinds */
	struct sockaddr_storage address;
	char path[64];       /* LINE_RTU: the terminal's other side, "/dev/pts/4" */
	char link[PATH_LEN]; /* a symbolic link to it; "": none */
	struct channel *channels;
	int n_channels; /* so many there have been */
	/* what a master can be blamed for */
	int64_t bad_crc; /* frames whose sum is wrong, or that are too short or too long for one */
	int64_t no_silence; /* requests sooner than 3.5 characters after the answer before */
};

/* One master's connection, or the terminal. */
struct channel {
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} uv; /* first */
	struct channel *next;
	struct line *line;
	int number;
	int handles; /* open; memory ends with the last */
	struct slow *slow;
	size_t filled;
	uint8_t in[CHANNEL_IN];
	/* RTU alone */
	int other_side; /* LINE_RTU: held open, so that masters may come and go; else -1 */
	struct alarm silence;
	int64_t received_ns; /* when the last byte has arrived, at the line's pace */
	struct alarm uart;
	int64_t sent_ns; /* when the last byte has left, or will have */
	size_t out_n;
	uint8_t out[UART_OUT];
};

/* `where`: an address and port; for LINE_RTU the path of a link to be made, or "". False with the
 * reason. */
bool line_open(struct sim *s, enum line_kind kind, const char *where, long baud, char *why,
               size_t why_len);
const char *line_option(enum line_kind k);
/* "127.0.0.1:1601", "/dev/pts/4" */
void line_name(const struct line *l, char *buf, size_t len);
/* True to be reached; false to be a closed port, an unplugged adapter. */
void lines_listen(struct sim *s, bool wanted);
/* Connections end; a serial line stays what it is. */
void lines_drop(struct sim *s);
void lines_close(struct sim *s);
/* Noise, on every serial line. */
void lines_chatter(struct sim *s, const uint8_t *bytes, size_t n);

bool channel_gone(const struct channel *c);
void channel_drop(struct channel *c);
/* At the line's pace. */
void channel_send(struct channel *c, const uint8_t *bytes, size_t n);
/* The first piece after first_ms, each further one then_ms later. */
void channel_send_slowly(struct channel *c, const uint8_t *bytes, size_t n, size_t piece,
                         int first_ms, int then_ms);
void channel_write(struct channel *c, const uint8_t *bytes, size_t n); /* at once */

/* --- between the files of line -----------------------------------------------------------------
 */

struct channel *channel_new(struct line *l);
/* Its handle is open: reads, and counts it among the line's channels. */
void channel_start(struct channel *c);
bool pty_open(struct line *l, char *why, size_t why_len);
void pty_unlink(const struct line *l);
void serial_open(struct channel *c);
void serial_close(struct channel *c, uv_close_cb closed);
/* n bytes have been added to c->in. */
void serial_received(struct channel *c, size_t n);
void serial_send(struct channel *c, const uint8_t *bytes, size_t n);

/* --- RTU frames --------------------------------------------------------------------------------
 */

#define SERIAL_OVERHEAD 3 /* unit, and two of CRC */
#define SERIAL_MAX      (PDU_MAX + SERIAL_OVERHEAD)

/* Low byte goes out first. */
uint16_t serial_crc(const uint8_t *bytes, size_t n);
bool serial_whole(const uint8_t *bytes, size_t n);
/* Bytes of the request that begins here; 0: not to be known yet; -1: of an unknown function. */
int serial_request_length(const uint8_t *bytes, size_t n);

/* --- answer ------------------------------------------------------------------------------------
 */

/* One frame came in: carried out and answered. */
void answer_frame(struct channel *c, const struct frame *f);

#endif
