/* console: a panel that others wrote (libmodbus's RTU client) on a serial line, at the pace of the
 * line; and another slave on the same line, which is none of our business. */
#include "edge/given_cable.h"

#include <arpa/inet.h>
#include <modbus.h>

#include "edge/console.h"

#define UNIT 5

/* --- a unit with registers, on our side -------------------------------------------------- */

struct rig {
	uv_loop_t loop;
	struct consoles *c;
	uint16_t value[64];
	bool bit[64];
	bool closed;
};

static void carry_out(struct rig *r, const struct request *q, struct reply *out)
{
	*out = (struct reply){.function = q->function, .count = q->count};
	for (uint16_t i = 0; i < q->count; i++) {
		unsigned at = (q->address + i) % 64u;

		if (q->function == FC_WRITE_REGISTER || q->function == FC_WRITE_REGISTERS)
			r->value[at] = q->value[i];
		if (q->function == FC_WRITE_COIL || q->function == FC_WRITE_COILS)
			r->bit[at] = request_bit(q, i);
		if (q->function == FC_READ_COILS && r->bit[at])
			out->bits[i / 8] |= (uint8_t)(1u << (i % 8));
		if (i < PDU_READ_REGS_MAX)
			out->value[i] = r->value[at];
	}
}

static void on_frame(void *owner, struct console_ref who, const struct frame *f)
{
	struct rig *r = owner;
	uint8_t pdu[PDU_MAX];
	struct request q;
	struct reply reply;
	enum mb_exception e = request_take(f->pdu, f->pdu_len, &q);
	size_t n;

	if (e == MB_OK && q.address >= 64)
		e = MB_ADDRESS;
	if (e == MB_OK) {
		carry_out(r, &q, &reply);
		n = reply_put(&q, &reply, pdu);
	} else {
		n = exception_put(f->pdu[0], (uint8_t)e, pdu);
	}
	console_answer(r->c, who, f->tid, f->unit, pdu, n);
}

static void on_event(void *owner, const char *name, const char *what)
{
	(void)owner;
	(void)name;
	(void)what;
}

static bool has_unit(void *owner, uint8_t unit)
{
	(void)owner;
	return unit == UNIT;
}

static struct console_line_state state_of(const struct rig *r)
{
	struct console_line_state s;

	assert_true(consoles_line(r->c, 0, &s));
	return s;
}

static void rig_open(struct rig *r, const struct cable *c, int baud)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char settings[32], why[200];

	*r = (struct rig){.closed = false};
	uv_loop_init(&r->loop);
	snprintf(settings, sizeof settings, "%d:8N1", baud);
	struct transport line = pty_transport(&c->end[0], settings);
	struct console_rules rules = {.max = 2,
	                              .idle_ms = 60000,
	                              .partial_ms = 60000,
	                              .unread_bytes = 1000,
	                              .lines = &line,
	                              .n_lines = 1,
	                              .has_unit = has_unit};
	r->c = consoles_open(&r->loop, (struct sockaddr *)&any, &rules, on_frame, on_event, r, why,
	                     sizeof why);
	assert_non_null(r->c);
	LOOP_UNTIL(&r->loop, state_of(r).up);
}

static void rig_closed(void *owner)
{
	((struct rig *)owner)->closed = true;
}

static void rig_end(struct rig *r)
{
	consoles_close(r->c, rig_closed);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	assert_true(r->closed);
	assert_i64(uv_loop_close(&r->loop), 0);
}

/* --- the panel --------------------------------------------------------------------------- */

struct panel {
	const struct cable *cable;
	int baud;
	pthread_t thread;
	atomic_bool done;
	char trouble[200]; /* "": all was well */
};

static void wants(struct panel *p, const char *what, bool well)
{
	if (!well && p->trouble[0] == '\0')
		snprintf(p->trouble, sizeof p->trouble, "%s: %s", what, modbus_strerror(errno));
}

static void *panel_run(void *panel)
{
	struct panel *p = panel;
	modbus_t *m = modbus_new_rtu(p->cable->end[1].path, p->baud, 'N', 8, 1);
	uint16_t words[60] = {0x1234, 0, 0xffff, 7}, read[60] = {0};
	uint8_t bits[10] = {1, 0, 1, 1, 0, 0, 1, 0, 1, 1}, bits_read[10] = {0};

	wants(p, "open", modbus_set_slave(m, UNIT) == 0 && modbus_connect(m) == 0);
	modbus_set_response_timeout(m, 2, 0);
	/* until something was read, the same write at once again may be our own echo */
	wants(p, "read a register", modbus_read_registers(m, 5, 1, read) == 1);
	wants(p, "write register", modbus_write_register(m, 5, 0xabcd) == 1);
	wants(p, "write register again", modbus_write_register(m, 5, 0xabcd) == 1);
	wants(p, "write registers", modbus_write_registers(m, 6, 4, words) == 4);
	wants(p, "read registers", modbus_read_registers(m, 5, 5, read) == 5);
	wants(p, "what was written", read[0] == 0xabcd && read[3] == 0xffff && read[4] == 7);
	wants(p, "write coil", modbus_write_bit(m, 19, 1) == 1);
	wants(p, "write coils", modbus_write_bits(m, 20, 10, bits) == 10);
	wants(p, "read coils", modbus_read_bits(m, 20, 10, bits_read) == 10);
	wants(p, "the coils written", memcmp(bits, bits_read, sizeof bits) == 0);
	wants(p, "many", modbus_write_registers(m, 0, 60, words) == 60);
	wants(p, "read many",
	      modbus_read_registers(m, 0, 60, read) == 60 &&
	              memcmp(words, read, sizeof words) == 0);
	wants(p, "beyond the end",
	      modbus_read_registers(m, 64, 1, read) == -1 && errno == EMBXILADD);
	modbus_set_response_timeout(m, 0, 150000);
	modbus_set_slave(m, 9);
	wants(p, "another slave is silent",
	      modbus_read_registers(m, 0, 1, read) == -1 && errno == ETIMEDOUT);
	modbus_close(m);
	modbus_free(m);
	p->done = true;
	return NULL;
}

struct pace_row {
	const char *name;
	int baud;
	int64_t char_ns; /* ten bits */
};

static const struct pace_row PACES[] = {
        {"at once", 115200, 0},
        {"at 115200", 115200, 86805},
        {"at 9600", 9600, 1041666},
};

static void at_its_pace(void **state)
{
	const struct pace_row *row = *state;
	struct cable c;
	struct rig r;

	cable_lay(&c, row->char_ns);
	rig_open(&r, &c, row->baud);
	struct panel p = {.cable = &c, .baud = row->baud};
	must(pthread_create(&p.thread, NULL, panel_run, &p) == 0);
	LOOP_UNTIL(&r.loop, p.done);
	pthread_join(p.thread, NULL);
	assert_text(p.trouble, "");
	struct console_line_state s = state_of(&r);
	assert_i64(s.requests, 11);
	assert_i64(s.answered, 11);
	assert_i64(s.foreign, 1);
	assert_i64(s.dropped, 0);
	rig_end(&r);
	cable_remove(&c);
}

int main(void)
{
	return RUN_ROWS("libmodbus's client:", PACES, at_its_pace);
}
