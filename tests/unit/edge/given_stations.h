/*
 * given_stations: two links that share a serial line, and the far end of it, where the test answers
 * for both devices.
 */
#ifndef TESTS_GIVEN_STATIONS_H
#define TESTS_GIVEN_STATIONS_H

#include "edge/given_pty.h"
#include "edge/link.h"

#define STATIONS 2

struct rig {
	uv_loop_t loop;
	struct pty pty;
	struct links *links;
	struct link *link[STATIONS]; /* units 1 and 2 */
	int ups[STATIONS], downs[STATIONS], closed;
	bool closing, close_on_done, close_on_down;
	struct caller *chain; /* sent from inside the next done */
	uint32_t deadline_ms; /* of every call */
};

struct caller {
	struct link_call call; /* first */
	struct rig *rig;
	struct request request;
	struct reply reply;
	enum link_result result;
	int times, order;
	int station;
};

static inline void rig_closed(struct link *l)
{
	((struct rig *)l->owner)->closed++;
}

static inline void rig_close(struct rig *r)
{
	r->close_on_done = r->close_on_down = false;
	r->closing = true;
	for (int i = 0; i < STATIONS; i++)
		link_close(r->link[i], rig_closed);
}

static inline void on_state(struct link *l, bool up)
{
	struct rig *r = l->owner;
	int i = l == r->link[0] ? 0 : 1;

	assert_true(l->up == up);
	*(up ? &r->ups[i] : &r->downs[i]) += 1;
	if (!up && r->close_on_down && !r->closing)
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
		link_send(r->link[next->station], &next->call);
	if (r->close_on_done)
		rig_close(r);
}

/* "1:03 0000 0001": unit, function and data. Units 1 and 2 are the stations. */
static inline void given_caller(struct caller *c, struct rig *r, int unit, const char *hex)
{
	uint8_t pdu[300];
	size_t n = given_bytes(hex, pdu);

	*c = (struct caller){.rig = r, .station = unit == 2};
	assert_i64(request_take(pdu, n, &c->request), MB_OK);
	c->call.request = &c->request;
	c->call.unit = (uint8_t)unit;
	c->call.done = on_done;
	c->call.may_wait = true;
	uv_update_time(&r->loop);
	c->call.deadline_ms = uv_now(&r->loop) + r->deadline_ms;
}

static inline void send_call(struct rig *r, struct caller *c, int unit, const char *hex)
{
	given_caller(c, r, unit, hex);
	link_send(r->link[c->station], &c->call);
	assert_i64(c->times, 0); /* never inside link_send */
}

static inline void send_stop(struct rig *r, struct caller *c, int unit)
{
	given_caller(c, r, unit, "05 0001 FF00");
	c->call.may_wait = false;
	c->call.first = true;
	link_send(r->link[c->station], &c->call);
	assert_i64(c->times, 0);
}

#define assert_ends(r, c, want)                         \
	do {                                            \
		LOOP_UNTIL(&(r)->loop, (c)->times > 0); \
		assert_i64((c)->times, 1);              \
		assert_i64((c)->result, want);          \
	} while (0)

/* --- the devices ------------------------------------------------------------------------- */

static inline void hears(struct rig *r, const char *hex)
{
	pty_hears_frame(&r->pty, &r->loop, hex);
}

static inline void says(struct rig *r, const char *hex)
{
	pty_says_frame(&r->pty, hex);
}

/* One read of one register of a unit, answered. */
static inline void exchange(struct rig *r, int unit, uint16_t value)
{
	char asked[40], answer[40];
	struct caller c;

	snprintf(asked, sizeof asked, "%02X 03 0000 0001", unit);
	snprintf(answer, sizeof answer, "%02X 03 02 %04X", unit, value);
	send_call(r, &c, unit, asked + 3);
	hears(r, asked);
	says(r, answer);
	assert_ends(r, &c, LINK_REPLY);
	assert_i64(c.reply.value[0], value);
}

/* --- beginning and end ------------------------------------------------------------------- */

static inline void rig_links(struct rig *r, const char *settings, const struct link_policy *policy)
{
	struct transport to = pty_transport(&r->pty, settings);
	char why[100] = "";

	r->links = links_new(&r->loop);
	for (int i = 0; i < STATIONS; i++) {
		r->link[i] = link_open(r->links, &to, NULL, policy, why, sizeof why);
		assert_non_null(r->link[i]);
		assert_false(r->link[i]->up);
		r->link[i]->owner = r;
		r->link[i]->on_state = on_state;
	}
}

static inline void rig_prepare(struct rig *r)
{
	*r = (struct rig){.deadline_ms = 3000};
	uv_loop_init(&r->loop);
	pty_make(&r->pty);
}

static inline void rig_open_with(struct rig *r, const char *settings,
                                 const struct link_policy *policy)
{
	rig_prepare(r);
	pty_plug(&r->pty);
	rig_links(r, settings, policy);
	LOOP_UNTIL(&r->loop, r->link[0]->up && r->link[1]->up);
}

/* A silence that a busy machine does not make by itself. */
static inline void rig_open(struct rig *r)
{
	rig_open_with(r, "115200:8N1:silence=6 ms", &(struct link_policy){.window = 1});
}

static inline void rig_end(struct rig *r)
{
	if (!r->closing)
		rig_close(r);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	assert_i64(r->closed, STATIONS);
	for (int i = 0; i < STATIONS; i++)
		assert_i64(r->ups[i], r->downs[i]);
	links_free(r->links);
	assert_i64(uv_loop_close(&r->loop), 0);
	pty_remove(&r->pty);
}

#endif
