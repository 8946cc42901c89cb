#include "sim.h"

#include <string.h>

/* --- framing ------------------------------------------------------------------------------------
 */

static size_t framed(const struct channel *c, const struct response *a, uint8_t *bytes)
{
	if (c->line->kind == LINE_TCP) {
		size_t n = a->n + 1; /* a PDU a byte too long is no PDU: not mbap_put */
		uint8_t head[MBAP_LEN] = {(uint8_t)(a->tid >> 8),
		                          (uint8_t)a->tid,
		                          (uint8_t)(a->protocol >> 8),
		                          (uint8_t)a->protocol,
		                          (uint8_t)(n >> 8),
		                          (uint8_t)n,
		                          a->unit};

		memcpy(bytes, head, sizeof head);
		memcpy(bytes + MBAP_LEN, a->pdu, a->n);
		return MBAP_LEN + a->n;
	}
	bytes[0] = a->unit;
	memcpy(bytes + 1, a->pdu, a->n);
	uint16_t crc = serial_crc(bytes, a->n + 1);
	bytes[a->n + 1] = (uint8_t)crc;
	bytes[a->n + 2] = (uint8_t)(crc >> 8);
	return a->n + SERIAL_OVERHEAD;
}

static void send_slowly(struct channel *c, const struct hits *h, const uint8_t *bytes, size_t n)
{
	const struct fault *late = h->of[FAULT_LATE], *dribble = h->of[FAULT_DRIBBLE];

	channel_send_slowly(c, bytes, n, dribble != NULL ? 1 : n, late != NULL ? late->ms : 0,
	                    dribble != NULL && dribble->ms > 0 ? dribble->ms : 1);
}

static void send_answer(struct channel *c, const struct hits *h, struct response *a)
{
	uint8_t bytes[SEND_MAX];
	size_t n;

	faults_bend(h, a);
	n = faults_bend_bytes(h, bytes, framed(c, a, bytes));
	if (h->of[FAULT_TWICE] != NULL) {
		memcpy(bytes + n, bytes, n);
		n *= 2;
	}
	if (h->of[FAULT_LATE] != NULL || h->of[FAULT_DRIBBLE] != NULL) {
		send_slowly(c, h, bytes, n);
		return;
	}
	if (h->of[FAULT_CUT] != NULL)
		n /= 2;
	wire_note(c, RECORDED_ANSWERS, bytes, n);
	channel_send(c, bytes, n);
	if (h->of[FAULT_CUT] != NULL)
		channel_drop(c);
}

/* An adapter hears what goes over the line, itself included. */
static void send_echo(struct channel *c, const struct frame *f)
{
	struct response r = {.unit = f->unit, .n = f->pdu_len};
	uint8_t bytes[SEND_MAX];
	size_t n;

	memcpy(r.pdu, f->pdu, f->pdu_len);
	n = framed(c, &r, bytes);
	wire_note(c, RECORDED_ANSWERS, bytes, n);
	channel_send(c, bytes, n);
}

/* --- the device it names ------------------------------------------------------------------------
 */

/* What is said to all of a serial line is carried out by all, and answered by nobody. */
static bool is_broadcast(const struct channel *c, const struct frame *f)
{
	return c->line->kind != LINE_TCP && f->unit == 0;
}

static void to_device(struct channel *c, struct device *d, const struct frame *f)
{
	struct response a = {.tid = f->tid, .unit = f->unit};
	struct request q = {0};
	struct reply reply;
	struct hits h;

	d->now_ms = (int64_t)uv_now(&c->line->sim->loop);
	enum mb_exception e = request_take(f->pdu, f->pdu_len, &q);
	q.function = f->pdu[0];
	faults_match(d, f->unit, &q, &h);
	if (h.of[FAULT_ECHO] != NULL)
		send_echo(c, f);
	if (h.of[FAULT_DEAF] != NULL)
		return;
	if (e == MB_OK)
		e = device_request(d, f->unit, &q, &h, &reply);
	if (h.of[FAULT_SILENT] != NULL || is_broadcast(c, f) || channel_gone(c))
		return;
	a.n = e == MB_OK ? reply_put(&q, &reply, a.pdu)
	                 : exception_put(f->pdu[0], (uint8_t)e, a.pdu);
	send_answer(c, &h, &a);
}

void answer_frame(struct channel *c, const struct frame *f)
{
	static const struct hits none;
	struct response a = {.tid = f->tid, .unit = f->unit};
	struct sim *s = c->line->sim;
	struct device *d = sim_device(s, f->unit);

	if (is_broadcast(c, f)) {
		for (int i = 0; i < s->n_devices; i++)
			to_device(c, s->device[i], f);
	} else if (d != NULL) {
		to_device(c, d, f);
	} else if (c->line->kind == LINE_TCP) { /* a gateway says so; a serial line is silent */
		a.n = exception_put(f->pdu[0], MB_NO_ANSWER, a.pdu);
		send_answer(c, &none, &a);
	}
}
