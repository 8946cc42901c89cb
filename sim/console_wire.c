#include "console.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- through libmodbus ------------------------------------------------------------------------ */

static bool connected(struct player *p)
{
	if (p->modbus == NULL) {
		p->modbus = modbus_new_tcp(p->host, p->port);
		must(p->modbus != NULL);
		modbus_set_response_timeout(p->modbus, ANSWER_MS / 1000, 0);
		if (modbus_connect(p->modbus) != 0) {
			modbus_free(p->modbus);
			p->modbus = NULL;
			return false;
		}
	}
	modbus_set_slave(p->modbus, p->unit);
	return true;
}

static void outcome(struct player *p, int rc, int error)
{
	int code = error - MODBUS_ENOBASE;

	p->last.exception = 0;
	if (rc >= 0) {
		p->last.how = OUT_OK;
		return;
	}
	if (code > 0 && code <= MB_NO_ANSWER) {
		p->last.how = OUT_EXCEPTION;
		p->last.exception = code;
		return;
	}
	p->last.how = error == ETIMEDOUT       ? OUT_SILENT
	              : error < MODBUS_ENOBASE ? OUT_CLOSED
	                                       : OUT_WRONG;
	wire_close(p); /* after any of these the stream means nothing */
}

static int write_bits(struct player *p, int address, int n, const uint16_t *value)
{
	uint8_t bits[PDU_WRITE_REGS_MAX];

	for (int i = 0; i < n; i++)
		bits[i] = value[i] != 0;
	if (n == 1)
		return modbus_write_bit(p->modbus, address, bits[0]);
	return modbus_write_bits(p->modbus, address, n, bits);
}

void wire_write(struct player *p, enum table t, int address, int n, const uint16_t *value)
{
	int rc;

	p->last = (struct last){.how = OUT_CLOSED};
	if (!connected(p))
		return;
	if (t == TABLE_COIL)
		rc = write_bits(p, address, n, value);
	else if (n == 1)
		rc = modbus_write_register(p->modbus, address, value[0]);
	else
		rc = modbus_write_registers(p->modbus, address, n, value);
	outcome(p, rc, errno);
}

void wire_read(struct player *p, enum table t, int address, int n)
{
	uint8_t bits[PDU_READ_BITS_MAX] = {0};
	int rc = -1;

	p->last = (struct last){.how = OUT_CLOSED};
	if (!connected(p))
		return;
	if (t == TABLE_HOLDING)
		rc = modbus_read_registers(p->modbus, address, n, p->last.value);
	if (t == TABLE_INPUT)
		rc = modbus_read_input_registers(p->modbus, address, n, p->last.value);
	if (t == TABLE_COIL)
		rc = modbus_read_bits(p->modbus, address, n, bits);
	if (t == TABLE_DISCRETE)
		rc = modbus_read_input_bits(p->modbus, address, n, bits);
	int error = errno;
	for (int i = 0; i < n && (t == TABLE_COIL || t == TABLE_DISCRETE); i++)
		p->last.value[i] = bits[i];
	p->last.n = rc < 0 ? 0 : n;
	outcome(p, rc, error);
}

/* --- frames of our own -------------------------------------------------------------------------
 */

static bool raw_connected(struct player *p)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)p->port)};

	if (p->raw >= 0)
		return true;
	p->raw = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->raw >= 0 && inet_pton(AF_INET, p->host, &to.sin_addr) == 1 &&
	    connect(p->raw, (struct sockaddr *)&to, sizeof to) == 0)
		return true;
	if (p->raw >= 0)
		close(p->raw);
	p->raw = -1;
	return false;
}

/* The connection stays, so that a frame may be sent in pieces by several steps. */
void wire_raw(struct player *p, const uint8_t *bytes, size_t n)
{
	bool sent = raw_connected(p) && send(p->raw, bytes, n, MSG_NOSIGNAL) == (ssize_t)n;

	p->last = (struct last){.how = sent ? OUT_RAW : OUT_CLOSED};
}

/* >0: so many bytes; 0: the other side closed; -1: nothing came in time. */
static ssize_t receive(struct player *p, size_t room, int wait_ms)
{
	struct pollfd fd = {.fd = p->raw, .events = POLLIN};

	if (poll(&fd, 1, wait_ms) <= 0)
		return -1;
	ssize_t n = recv(p->raw, p->last.bytes + p->last.n_bytes, room, 0);
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

void wire_raw_answer(struct player *p)
{
	struct last *l = &p->last;
	enum mbap_status status;
	struct frame f;
	size_t used;

	while ((status = mbap_take(l->bytes, l->n_bytes, &f, &used)) == MBAP_MORE) {
		ssize_t n = receive(p, ADU_MAX - l->n_bytes, SILENCE_MS);

		if (n <= 0) {
			l->how = n == 0 ? OUT_CLOSED : OUT_SILENT;
			if (n == 0)
				wire_close(p);
			return;
		}
		l->n_bytes += (size_t)n;
	}
	l->how = OUT_WRONG;
	if (status != MBAP_OK || used != l->n_bytes)
		return;
	l->how = (f.pdu[0] & 0x80) != 0 ? OUT_EXCEPTION : OUT_OK;
	if (l->how == OUT_EXCEPTION && f.pdu_len > 1)
		l->exception = f.pdu[1];
	take_values(l);
}

void wire_close(struct player *p)
{
	if (p->modbus != NULL) {
		modbus_close(p->modbus);
		modbus_free(p->modbus);
		p->modbus = NULL;
	}
	if (p->raw >= 0)
		close(p->raw);
	p->raw = -1;
}
