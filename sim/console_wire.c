#include "console.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What an expect is about from now on. */
static struct last *begin(struct player *p)
{
	p->what = &p->now->last;
	return p->what;
}

/* --- through libmodbus ------------------------------------------------------------------------ */

static modbus_t *new_way(const struct player *p)
{
	if (p->port == 0)
		return modbus_new_rtu(p->to, p->baud > 0 ? (int)p->baud : 115200, 'N', 8, 1);
	return modbus_new_tcp(p->host, p->port);
}

static bool connected(struct player *p)
{
	struct console *c = p->now;

	if (c->modbus == NULL) {
		c->modbus = new_way(p);
		must(c->modbus != NULL);
		modbus_set_response_timeout(c->modbus, ANSWER_MS / 1000, 0);
		if (modbus_connect(c->modbus) != 0) {
			modbus_free(c->modbus);
			c->modbus = NULL;
			return false;
		}
	}
	modbus_set_slave(c->modbus, p->unit);
	return true;
}

static void outcome(struct player *p, int rc, int error)
{
	int code = error - MODBUS_ENOBASE;

	p->now->last.exception = 0;
	if (rc >= 0) {
		p->now->last.how = OUT_OK;
		return;
	}
	if (code > 0 && code <= MB_NO_ANSWER) {
		p->now->last.how = OUT_EXCEPTION;
		p->now->last.exception = code;
		return;
	}
	p->now->last.how = error == ETIMEDOUT       ? OUT_SILENT
	                   : error < MODBUS_ENOBASE ? OUT_CLOSED
	                                            : OUT_WRONG;
	wire_close(p->now); /* after any of these the stream means nothing */
}

static int write_bits(struct player *p, int address, int n, const uint16_t *value)
{
	uint8_t bits[PDU_WRITE_REGS_MAX];

	for (int i = 0; i < n; i++)
		bits[i] = value[i] != 0;
	if (n == 1)
		return modbus_write_bit(p->now->modbus, address, bits[0]);
	return modbus_write_bits(p->now->modbus, address, n, bits);
}

/* As it stands on the wire, by our own codec. */
static void send_write(struct player *p, enum table t, int address, int n, const uint16_t *value)
{
	struct request q = {.address = (uint16_t)address, .count = (uint16_t)n};
	uint8_t pdu[PDU_MAX], frame[ADU_MAX];

	if (t == TABLE_COIL)
		q.function = n == 1 ? FC_WRITE_COIL : FC_WRITE_COILS;
	else
		q.function = n == 1 ? FC_WRITE_REGISTER : FC_WRITE_REGISTERS;
	for (int i = 0; i < n; i++) {
		if (t != TABLE_COIL)
			q.value[i] = value[i];
		else if (value[i] != 0)
			q.bits[i / 8] |= (uint8_t)(1u << i % 8);
	}
	wire_raw(p, frame,
	         mbap_put(frame, ++p->now->tid, (uint8_t)p->unit, pdu, request_put(&q, pdu)));
}

void wire_write(struct player *p, enum table t, int address, int n, const uint16_t *value)
{
	int rc;

	if (p->sending) {
		send_write(p, t, address, n, value);
		return;
	}
	*begin(p) = (struct last){.how = OUT_CLOSED};
	if (!connected(p))
		return;
	if (t == TABLE_COIL)
		rc = write_bits(p, address, n, value);
	else if (n == 1)
		rc = modbus_write_register(p->now->modbus, address, value[0]);
	else
		rc = modbus_write_registers(p->now->modbus, address, n, value);
	outcome(p, rc, errno);
}

void wire_read(struct player *p, enum table t, int address, int n)
{
	uint8_t bits[PDU_READ_BITS_MAX] = {0};
	int rc = -1;

	*begin(p) = (struct last){.how = OUT_CLOSED};
	if (!connected(p))
		return;
	if (t == TABLE_HOLDING)
		rc = modbus_read_registers(p->now->modbus, address, n, p->now->last.value);
	if (t == TABLE_INPUT)
		rc = modbus_read_input_registers(p->now->modbus, address, n, p->now->last.value);
	if (t == TABLE_COIL)
		rc = modbus_read_bits(p->now->modbus, address, n, bits);
	if (t == TABLE_DISCRETE)
		rc = modbus_read_input_bits(p->now->modbus, address, n, bits);
	int error = errno;
	for (int i = 0; i < n && (t == TABLE_COIL || t == TABLE_DISCRETE); i++)
		p->now->last.value[i] = bits[i];
	p->now->last.n = rc < 0 ? 0 : n;
	outcome(p, rc, error);
}

/* --- frames of our own -------------------------------------------------------------------------
 */

static bool raw_connected(struct player *p)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)p->port)};

	if (p->now->raw >= 0)
		return true;
	p->now->raw = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->now->raw >= 0 && inet_pton(AF_INET, p->host, &to.sin_addr) == 1 &&
	    connect(p->now->raw, (struct sockaddr *)&to, sizeof to) == 0)
		return true;
	if (p->now->raw >= 0)
		close(p->now->raw);
	p->now->raw = -1;
	return false;
}

/* The connection stays, so that a frame may be sent in pieces by several steps. */
void wire_raw(struct player *p, const uint8_t *bytes, size_t n)
{
	bool sent = raw_connected(p) && send(p->now->raw, bytes, n, MSG_NOSIGNAL) == (ssize_t)n;

	*begin(p) = (struct last){.how = sent ? OUT_RAW : OUT_CLOSED};
	p->now->awaited += sent && p->sending;
}

/* >0: so many bytes; 0: the other side closed; -1: nothing came in time. */
static ssize_t receive(struct console *c, int wait_ms)
{
	struct pollfd fd = {.fd = c->raw, .events = POLLIN};

	if (poll(&fd, 1, wait_ms) <= 0)
		return -1;
	ssize_t n = recv(c->raw, c->in + c->have, sizeof c->in - c->have, 0);
	if (n > 0)
		c->have += (size_t)n;
	return n < 0 ? 0 : n;
}

static void take_values(struct last *l)
{
	uint8_t function = l->bytes[MBAP_LEN];

	if (function != FC_READ_HOLDING && function != FC_READ_INPUT)
		return;
	for (size_t at = MBAP_LEN + 2; at + 1 < l->n_bytes; at += 2)
		l->value[l->n++] = (uint16_t)(l->bytes[at] << 8 | l->bytes[at + 1]);
}

static void take_frame(struct console *c, const struct frame *f, size_t used)
{
	struct last *l = &c->last;

	l->how = (f->pdu[0] & 0x80) != 0 ? OUT_EXCEPTION : OUT_OK;
	l->exception = l->how == OUT_EXCEPTION && f->pdu_len > 1 ? f->pdu[1] : 0;
	l->n_bytes = used;
	l->n = 0;
	memcpy(l->bytes, c->in, used);
	take_values(l);
	c->have -= used;
	memmove(c->in, c->in + used, c->have);
}

void wire_raw_answer(struct player *p, int silence_ms)
{
	struct console *c = p->now;
	enum mbap_status status;
	struct frame f;
	size_t used;

	c->awaited -= c->awaited > 0;
	while ((status = mbap_take(c->in, c->have, &f, &used)) == MBAP_MORE) {
		ssize_t n = receive(c, silence_ms);

		if (n > 0)
			continue;
		c->last.how = n == 0 ? OUT_CLOSED : OUT_SILENT;
		if (n == 0)
			wire_close(c);
		return;
	}
	c->last.how = OUT_WRONG;
	if (status == MBAP_OK)
		take_frame(c, &f, used);
}

void wire_close(struct console *c)
{
	if (c->modbus != NULL) {
		modbus_close(c->modbus);
		modbus_free(c->modbus);
		c->modbus = NULL;
	}
	if (c->raw >= 0)
		close(c->raw);
	c->raw = -1;
	c->have = 0;
	c->awaited = 0;
}
