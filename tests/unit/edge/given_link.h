/*
 * given_link: a Modbus/TCP link and, on a real socket, the device at its other end, which answers
 * as the test says.
 */
#ifndef TESTS_GIVEN_LINK_H
#define TESTS_GIVEN_LINK_H

#include "given.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/link.h"

#define PATIENCE_MS 5000 /* a test that waits longer for what must come has failed */
#define UNIT        9

/* --- the link and those who call --------------------------------------------------------- */

struct rig {
	uv_loop_t loop;
	struct link_tcp l;
	struct sockaddr_in address;
	int listener, device; /* sockets of the other side; -1: none */
	int ups, downs;
	bool closed, close_on_done, close_on_down;
	struct caller *chain; /* sent from inside the next done */
};

struct caller {
	struct link_call call; /* first */
	struct rig *rig;
	struct request request;
	struct reply reply;
	enum link_result result;
	int times, order;
};

static inline void rig_closed(struct link *l)
{
	((struct rig *)l->owner)->closed = true;
}

static inline void rig_close(struct rig *r)
{
	r->close_on_done = r->close_on_down = false;
	link_close(&r->l.link, rig_closed);
}

static inline void on_state(struct link *l, bool up)
{
	struct rig *r = l->owner;

	assert_true(l->up == up);
	if (up)
		r->ups++;
	else
		r->downs++;
	if (!up && r->close_on_down)
		rig_close(r);
}

static inline void on_done(struct link_call *call, enum link_result result,
                           const struct reply *reply)
{
	static int order;
	struct caller *c = CONTAINER_OF(call, struct caller, call);
	struct rig *r = c->rig;
	struct caller *next = r->chain;

	assert_true((reply != NULL) == (result == LINK_REPLY || result == LINK_REFUSED));
	c->times++;
	c->order = order++;
	c->result = result;
	if (reply != NULL)
		c->reply = *reply;
	r->chain = NULL;
	if (next != NULL)
		link_send(&r->l.link, &next->call);
	if (r->close_on_done)
		rig_close(r);
}

static inline size_t given_bytes(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;

	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		must(sscanf(hex++, "%2x", &byte) == 1);
		out[n++] = (uint8_t)byte;
	}
	return n;
}

static inline void given_caller(struct caller *c, struct rig *r, const char *hex)
{
	uint8_t pdu[300];
	size_t n = given_bytes(hex, pdu);

	*c = (struct caller){.rig = r};
	assert_i64(request_take(pdu, n, &c->request), MB_OK);
	c->call.request = &c->request;
	c->call.unit = UNIT;
	c->call.deadline_ms = uv_now(&r->loop) + 60000;
	c->call.done = on_done;
}

static inline void send_call(struct rig *r, struct caller *c, const char *hex)
{
	given_caller(c, r, hex);
	link_send(&r->l.link, &c->call);
	assert_i64(c->times, 0); /* never inside link_send */
}

#define UNTIL(r, cond)                                               \
	do {                                                         \
		uint64_t end_ = uv_hrtime() / 1000000 + PATIENCE_MS; \
		while (!(cond)) {                                    \
			assert_true(uv_hrtime() / 1000000 < end_);   \
			uv_run(&(r)->loop, UV_RUN_ONCE);             \
		}                                                    \
	} while (0)

#define assert_ends(r, c, want)                \
	do {                                   \
		UNTIL(r, (c)->times > 0);      \
		assert_i64((c)->times, 1);     \
		assert_i64((c)->result, want); \
	} while (0)

static inline void turns(struct rig *r)
{
	for (int i = 0; i < 5; i++)
		uv_run(&r->loop, UV_RUN_NOWAIT);
}

/* --- the device -------------------------------------------------------------------------- */

static inline void device_listen_with(struct rig *r, int small)
{
	socklen_t n = sizeof r->address;
	int yes = 1;

	r->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(r->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (small > 0)
		setsockopt(r->listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	assert_i64(bind(r->listener, (struct sockaddr *)&r->address, sizeof r->address), 0);
	assert_i64(listen(r->listener, 8), 0);
	assert_i64(getsockname(r->listener, (struct sockaddr *)&r->address, &n), 0);
}

static inline void device_listen(struct rig *r)
{
	device_listen_with(r, 0);
}

static inline bool device_accepts(struct rig *r)
{
	int yes = 1;

	r->device = accept4(r->listener, NULL, NULL, SOCK_NONBLOCK);
	if (r->device >= 0)
		setsockopt(r->device, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	return r->device >= 0;
}

static inline void device_leave(struct rig *r)
{
	close(r->device);
	r->device = -1;
}

/* True when n bytes have come; false when the link closed before. */
static inline bool device_hears(struct rig *r, uint8_t *to, size_t n)
{
	uint64_t end = uv_hrtime() / 1000000 + PATIENCE_MS;

	for (size_t have = 0; have < n;) {
		ssize_t got = recv(r->device, to + have, n - have, 0);

		if (got == 0 || (got < 0 && errno == ECONNRESET))
			return false;
		assert_true(uv_hrtime() / 1000000 < end);
		if (got > 0)
			have += (size_t)got;
		else
			uv_run(&r->loop, UV_RUN_ONCE);
	}
	return true;
}

static inline void device_hears_nothing(struct rig *r)
{
	uint8_t byte;

	turns(r);
	assert_i64(recv(r->device, &byte, 1, 0), -1);
	assert_i64(errno, EAGAIN);
}

static inline void device_sees_the_end(struct rig *r)
{
	uint8_t byte;

	assert_false(device_hears(r, &byte, 1));
	device_leave(r);
}

/* The request as it must come; returns its transaction. */
static inline uint16_t device_hears_request(struct rig *r, const char *hex)
{
	uint8_t want[300], got[ADU_MAX];
	size_t n = given_bytes(hex, want);

	assert_true(device_hears(r, got, MBAP_LEN + n));
	assert_memory_equal(got + MBAP_LEN, want, n);
	assert_i64(got[2] << 8 | got[3], 0);
	assert_i64(got[4] << 8 | got[5], n + 1);
	assert_i64(got[6], UNIT);
	return (uint16_t)(got[0] << 8 | got[1]);
}

static inline void device_says(struct rig *r, const uint8_t *bytes, size_t n)
{
	assert_i64(send(r->device, bytes, n, MSG_NOSIGNAL), n);
}

static inline void device_answers(struct rig *r, uint16_t tid, const char *hex)
{
	uint8_t pdu[300], adu[ADU_MAX];
	size_t n = given_bytes(hex, pdu);

	device_says(r, adu, mbap_put(adu, tid, UNIT, pdu, n));
}

static const struct link_policy ONE = {.window = 1};

/* --- beginning and end ------------------------------------------------------------------- */

static inline void rig_open_with(struct rig *r, const struct link_policy *policy, int small)
{
	*r = (struct rig){.listener = -1, .device = -1};
	uv_ip4_addr("127.0.0.1", 0, &r->address);
	uv_loop_init(&r->loop);
	device_listen_with(r, small);
	assert_i64(link_tcp_open(&r->l, &r->loop, (struct sockaddr *)&r->address, policy), 0);
	r->l.link.owner = r;
	r->l.link.on_state = on_state;
	UNTIL(r, r->l.link.up);
	assert_true(device_accepts(r));
	assert_i64(r->ups, 1);
}

static inline void rig_open(struct rig *r, int window)
{
	rig_open_with(r, &(struct link_policy){.window = window}, 0);
}

/* A line that holds few bytes, so that it can be filled. */
static inline void rig_open_narrow(struct rig *r)
{
	int small = 4096;

	rig_open_with(r, &(struct link_policy){.window = 4}, small);
	uv_send_buffer_size((uv_handle_t *)&r->l.tcp, &small);
}

/* After trouble: the link comes back by itself, and what was asked before is not asked again. */
static inline void comes_back_clean(struct rig *r)
{
	struct caller c;

	UNTIL(r, r->l.link.up);
	assert_true(device_accepts(r));
	device_hears_nothing(r);
	send_call(r, &c, "03 0000 0001");
	device_answers(r, device_hears_request(r, "03 0000 0001"), "03 02 0007");
	assert_ends(r, &c, LINK_REPLY);
	assert_i64(c.reply.value[0], 7);
}

static inline void rig_end(struct rig *r)
{
	if (!r->closed && r->l.closed == NULL)
		rig_close(r);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	assert_true(r->closed);
	assert_i64(uv_loop_close(&r->loop), 0);
	assert_i64(r->ups, r->downs);
	if (r->device >= 0)
		close(r->device);
	if (r->listener >= 0)
		close(r->listener);
}

#endif
