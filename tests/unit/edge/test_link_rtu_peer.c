/* link: a device that others wrote (libmodbus's RTU server) at the other end of a serial line, at
 * the pace of the line. */
#include "edge/given_cable.h"

#include <modbus.h>

#include "edge/link.h"

#define UNIT 17

/* --- the device -------------------------------------------------------------------------- */

struct device {
	struct cable *cable;
	int baud;
	modbus_mapping_t *map;
	pthread_t thread;
	atomic_bool ready;
};

static void *device_run(void *device)
{
	struct device *d = device;
	modbus_t *m = modbus_new_rtu(d->cable->end[1].path, d->baud, 'N', 8, 1);
	uint8_t query[MODBUS_RTU_MAX_ADU_LENGTH];

	must(m != NULL && modbus_set_slave(m, UNIT) == 0 && modbus_connect(m) == 0);
	d->ready = true;
	for (;;) {
		int n = modbus_receive(m, query);

		if (n < 0 && d->cable->cut)
			break;
		if (n > 0)
			modbus_reply(m, query, n, d->map);
	}
	modbus_close(m);
	modbus_free(m);
	return NULL;
}

static void device_start(struct device *d, struct cable *c, int baud)
{
	d->cable = c;
	d->baud = baud;
	d->ready = false;
	d->map = modbus_mapping_new(64, 64, 64, 64);
	for (int i = 0; i < 64; i++) {
		d->map->tab_input_bits[i] = i % 3 == 0;
		d->map->tab_input_registers[i] = (uint16_t)(i * 1000);
	}
	must(pthread_create(&d->thread, NULL, device_run, d) == 0);
	while (!d->ready)
		usleep(1000);
}

/* The cable is cut first: then reading ends. */
static void device_end(struct device *d)
{
	pthread_join(d->thread, NULL);
	modbus_mapping_free(d->map);
}

/* --- who asks ---------------------------------------------------------------------------- */

struct rig {
	uv_loop_t loop;
	struct links *links;
	struct link *link;
	struct link_call call;
	struct request request;
	struct reply reply;
	enum link_result result;
	bool done, closed;
};

static void on_done(struct link_call *call, enum link_result result, const struct reply *reply)
{
	struct rig *r = CONTAINER_OF(call, struct rig, call);

	r->result = result;
	if (reply != NULL)
		r->reply = *reply;
	r->done = true;
}

static void asks(struct rig *r, const char *hex, enum link_result want)
{
	uint8_t pdu[PDU_MAX];
	size_t n = given_bytes(hex, pdu);

	assert_i64(request_take(pdu, n, &r->request), MB_OK);
	uv_update_time(&r->loop);
	r->call = (struct link_call){.request = &r->request,
	                             .unit = UNIT,
	                             .done = on_done,
	                             .deadline_ms = uv_now(&r->loop) + 3000};
	r->done = false;
	link_send(r->link, &r->call);
	LOOP_UNTIL(&r->loop, r->done);
	assert_i64(r->result, want);
}

static void on_closed(struct link *l)
{
	((struct rig *)l->owner)->closed = true;
}

static void rig_open(struct rig *r, const struct cable *c, int baud)
{
	char settings[32], why[100];

	*r = (struct rig){.done = false};
	uv_loop_init(&r->loop);
	r->links = links_new(&r->loop);
	snprintf(settings, sizeof settings, "%d:8N1", baud);
	struct transport to = pty_transport(&c->end[0], settings);
	r->link =
	        link_open(r->links, &to, NULL, &(struct link_policy){.window = 1}, why, sizeof why);
	assert_non_null(r->link);
	r->link->owner = r;
	LOOP_UNTIL(&r->loop, r->link->up);
}

static void rig_end(struct rig *r)
{
	link_close(r->link, on_closed);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	assert_true(r->closed);
	links_free(r->links);
	assert_i64(uv_loop_close(&r->loop), 0);
}

/* --- both -------------------------------------------------------------------------------- */

static void every_function_goes_there_and_back(struct rig *r, const modbus_mapping_t *map)
{
	asks(r, "06 0005 1234", LINK_REPLY);
	assert_i64(map->tab_registers[5], 0x1234);
	asks(r, "10 0006 0003 06 0001 FFFF 8000", LINK_REPLY);
	assert_i64(map->tab_registers[7], 0xFFFF);
	asks(r, "03 0005 0004", LINK_REPLY);
	assert_i64(r->reply.count, 4);
	assert_i64(r->reply.value[0], 0x1234);
	assert_i64(r->reply.value[3], 0x8000);
	asks(r, "04 0003 0002", LINK_REPLY);
	assert_i64(r->reply.value[1], 4000);
	asks(r, "05 0002 FF00", LINK_REPLY);
	asks(r, "0F 0008 000A 02 5503", LINK_REPLY);
	asks(r, "01 0002 0010", LINK_REPLY);
	assert_i64(r->reply.bits[0], 0x41); /* coil 2, and coil 8 */
	assert_i64(r->reply.bits[1], 0xD5);
	asks(r, "02 0000 0008", LINK_REPLY);
	assert_i64(r->reply.bits[0], 0x49);
	asks(r, "16 0005 00F2 0025", LINK_REPLY);
	assert_i64(map->tab_registers[5], (0x1234 & 0xF2) | (0x25 & ~0xF2));
	asks(r, "17 0006 0002 0006 0001 02 0BEE", LINK_REPLY);
	assert_i64(r->reply.value[0], 0x0BEE);
	asks(r, "03 003F 0002", LINK_REFUSED);
	assert_i64(r->reply.exception, 2);
	asks(r, "03 0000 0040", LINK_REPLY); /* 133 bytes in one answer */
	assert_i64(r->reply.count, 64);
	assert_i64(r->reply.value[6], 0x0BEE);
}

struct pace_row {
	const char *name;
	int baud;
	int64_t char_ns; /* ten bits */
	int least_ms;    /* for the fourth of the bytes below that is certain */
};

static const struct pace_row PACES[] = {
        {"at once", 115200, 0, 0},
        {"at 115200", 115200, 86805, 20},
        {"at 9600", 9600, 1041666, 250},
};

static void at_its_pace(void **state)
{
	const struct pace_row *row = *state;
	struct device d;
	struct cable c;
	struct rig r;

	cable_lay(&c, row->char_ns);
	device_start(&d, &c, row->baud);
	rig_open(&r, &c, row->baud);
	uint64_t before = clock_ms();
	every_function_goes_there_and_back(&r, d.map);
	assert_true(clock_ms() - before >= (uint64_t)row->least_ms);
	assert_true(c.bytes > 250);
	assert_i64(r.link->stats.wrong + r.link->stats.silent + r.link->stats.late, 0);
	assert_i64(r.link->stats.answered, 12 + 1); /* a read before the first write */
	rig_end(&r);
	cable_remove(&c);
	device_end(&d);
}

int main(void)
{
	return RUN_ROWS("libmodbus's server:", PACES, at_its_pace);
}
