/* link: how a device wants to be spoken to: after a delay, not too fast, not for ever. */
#include "edge/given_link.h"

static void rig_open_policy(struct rig *r, const struct link_policy *policy)
{
	rig_open_with(r, policy, 0);
}

static uint64_t now_ms(void)
{
	return uv_hrtime() / 1000000;
}

/* Answers it well, and says when it came. */
static uint64_t asked_at(struct rig *r, const char *hex)
{
	uint16_t tid = device_hears_request(r, hex);
	uint64_t at = now_ms();

	device_answers(r, tid, hex[1] == '3' ? "03 02 0007" : hex);
	return at;
}

/* --- connect delay ----------------------------------------------------------------------- */

static void nothing_is_asked_before_the_connect_delay_is_over(void **state)
{
	(void)state;
	struct link_policy policy = {.window = 1, .connect_delay_ms = 200};
	struct caller c;
	struct rig r = {.listener = -1, .device = -1};

	uv_ip4_addr("127.0.0.1", 0, &r.address);
	uv_loop_init(&r.loop);
	device_listen(&r);
	assert_i64(link_tcp_open(&r.l, &r.loop, (struct sockaddr *)&r.address, &policy), 0);
	r.l.link.owner = &r;
	r.l.link.on_state = on_state;
	UNTIL(&r, device_accepts(&r));
	uint64_t connected = now_ms();
	assert_i64(r.ups, 0);
	send_call(&r, &c, "03 0000 0001"); /* it is down as long as that */
	assert_ends(&r, &c, LINK_NOT_SENT);
	UNTIL(&r, r.l.link.up);
	assert_true(now_ms() - connected >= 190); /* the loop's clock may be a little older */
	send_call(&r, &c, "03 0000 0001");
	asked_at(&r, "03 0000 0001");
	assert_ends(&r, &c, LINK_REPLY);
	rig_end(&r);
}

static void a_connection_lost_in_its_delay_is_made_again(void **state)
{
	(void)state;
	struct link_policy policy = {.window = 1, .connect_delay_ms = 150};
	struct rig r = {.listener = -1, .device = -1};

	uv_ip4_addr("127.0.0.1", 0, &r.address);
	uv_loop_init(&r.loop);
	device_listen(&r);
	assert_i64(link_tcp_open(&r.l, &r.loop, (struct sockaddr *)&r.address, &policy), 0);
	r.l.link.owner = &r;
	r.l.link.on_state = on_state;
	UNTIL(&r, device_accepts(&r));
	device_leave(&r);
	UNTIL(&r, device_accepts(&r));
	assert_i64(r.ups, 0);
	UNTIL(&r, r.l.link.up);
	assert_i64(r.ups, 1);
	rig_end(&r);
}

/* --- spacing ----------------------------------------------------------------------------- */

static void requests_keep_their_spacing(void **state)
{
	(void)state;
	struct link_policy policy = {.window = 1, .spacing_ms = 60};
	struct caller c[3];
	struct rig r;

	rig_open_policy(&r, &policy);
	for (int i = 0; i < 3; i++) {
		given_caller(&c[i], &r, "03 0000 0001");
		c[i].call.may_wait = i != 1; /* also who may not wait */
		link_send(&r.l.link, &c[i].call);
	}
	uint64_t first = asked_at(&r, "03 0000 0001");
	uint64_t second = asked_at(&r, "03 0000 0001");
	uint64_t third = asked_at(&r, "03 0000 0001");
	assert_true(second - first >= 55 && third - second >= 55);
	assert_ends(&r, &c[2], LINK_REPLY);
	assert_true(c[0].order < c[1].order && c[1].order < c[2].order);
	rig_end(&r);
}

static void spacing_counts_from_the_answer_too(void **state)
{
	(void)state;
	struct link_policy policy = {.window = 1, .spacing_ms = 80};
	struct caller c[2];
	struct rig r;

	rig_open_policy(&r, &policy);
	send_call(&r, &c[0], "03 0000 0001");
	uint16_t tid = device_hears_request(&r, "03 0000 0001");
	uint64_t end = now_ms() + 120;
	UNTIL(&r, now_ms() >= end);
	device_answers(&r, tid, "03 02 0007");
	assert_ends(&r, &c[0], LINK_REPLY);
	uint64_t answered = now_ms();
	send_call(&r, &c[1], "03 0000 0001");
	assert_true(asked_at(&r, "03 0000 0001") - answered >= 70);
	assert_ends(&r, &c[1], LINK_REPLY);
	rig_end(&r);
}

static void the_first_request_of_a_connection_goes_at_once(void **state)
{
	(void)state;
	struct link_policy policy = {.window = 1, .spacing_ms = 500};
	struct caller c;
	struct rig r;

	rig_open_policy(&r, &policy);
	uint64_t before = now_ms();
	send_call(&r, &c, "03 0000 0001");
	assert_true(asked_at(&r, "03 0000 0001") - before < 250);
	assert_ends(&r, &c, LINK_REPLY);
	rig_end(&r);
}

/* A device that needs the pause would not hear a stop within it; but nothing gets in before. */
static void a_stop_is_the_next_after_the_spacing(void **state)
{
	(void)state;
	struct link_policy policy = {.window = 1, .spacing_ms = 80};
	struct caller c[3], stop;
	struct rig r;

	rig_open_policy(&r, &policy);
	for (int i = 0; i < 3; i++) {
		given_caller(&c[i], &r, "03 0000 0001");
		c[i].call.may_wait = true;
		link_send(&r.l.link, &c[i].call);
	}
	uint64_t first = asked_at(&r, "03 0000 0001");
	given_caller(&stop, &r, "05 0001 FF00");
	stop.call.first = true;
	link_send(&r.l.link, &stop.call);
	assert_true(asked_at(&r, "05 0001 FF00") - first < 160);
	asked_at(&r, "03 0000 0001");
	asked_at(&r, "03 0000 0001");
	assert_ends(&r, &c[2], LINK_REPLY);
	assert_true(stop.order < c[1].order);
	rig_end(&r);
}

static void who_waits_too_long_for_its_spacing_was_not_sent(void **state)
{
	(void)state;
	struct link_policy policy = {.window = 1, .spacing_ms = 400};
	struct caller c[2];
	struct rig r;

	rig_open_policy(&r, &policy);
	send_call(&r, &c[0], "03 0000 0001");
	asked_at(&r, "03 0000 0001");
	given_caller(&c[1], &r, "06 0010 00C8");
	c[1].call.deadline_ms = uv_now(&r.loop) + 100;
	link_send(&r.l.link, &c[1].call);
	assert_ends(&r, &c[1], LINK_NOT_SENT);
	device_hears_nothing(&r);
	rig_end(&r);
}

/* A library that comes into use may have another profile for the device. */
static void a_new_policy_holds_from_the_next_request_on(void **state)
{
	(void)state;
	struct link_policy slow = {.window = 1, .spacing_ms = 400};
	struct caller c[3];
	struct rig r;

	rig_open_policy(&r, &slow);
	send_call(&r, &c[0], "03 0000 0001");
	uint64_t first = asked_at(&r, "03 0000 0001");
	assert_ends(&r, &c[0], LINK_REPLY);
	link_set_policy(&r.l.link, &(struct link_policy){.window = 2});
	assert_i64(r.l.link.window, 2);
	assert_i64(link_slack_ms(&r.l.link), 0);
	send_call(&r, &c[1], "03 0000 0001");
	send_call(&r, &c[2], "03 0001 0001");
	assert_true(asked_at(&r, "03 0000 0001") - first < 300);
	asked_at(&r, "03 0001 0001");
	assert_ends(&r, &c[2], LINK_REPLY);
	rig_end(&r);
}

/* --- idle -------------------------------------------------------------------------------- */

static const struct link_policy RESTS = {.window = 1, .idle_close_ms = 150};

static void rig_rests(struct rig *r)
{
	device_sees_the_end(r);
	assert_true(r->l.link.up); /* a send has a chance as before, and nobody was told anything */
	assert_i64(r->downs, 0);
}

static void an_idle_connection_is_closed_and_made_again_when_asked(void **state)
{
	(void)state;
	struct caller c;
	struct rig r;

	rig_open_policy(&r, &RESTS);
	for (int i = 0; i < 2; i++) {
		uint64_t before = now_ms();
		rig_rests(&r);
		assert_true(now_ms() - before >= 100);
		turns(&r);
		assert_false(device_accepts(&r)); /* not before somebody asks */
		send_call(&r, &c, "03 0000 0001");
		UNTIL(&r, device_accepts(&r));
		asked_at(&r, "03 0000 0001");
		assert_ends(&r, &c, LINK_REPLY);
		assert_i64(c.reply.value[0], 7);
	}
	assert_i64(r.ups, 1);
	rig_end(&r);
}

static void a_connection_in_use_is_not_closed(void **state)
{
	(void)state;
	struct caller c;
	struct rig r;

	rig_open_policy(&r, &RESTS);
	for (int i = 0; i < 5; i++) { /* more than twice the idle time altogether */
		send_call(&r, &c, "03 0000 0001");
		uint16_t tid = device_hears_request(&r, "03 0000 0001");
		uint64_t end = now_ms() + 80;
		UNTIL(&r, now_ms() >= end);
		device_answers(&r, tid, "03 02 0007");
		assert_ends(&r, &c, LINK_REPLY);
	}
	assert_i64(r.l.link.stats.resets, 0);
	rig_end(&r);
}

static void all_that_is_asked_while_it_rests_goes_out_in_order_a_stop_first(void **state)
{
	(void)state;
	struct caller read, write, stop;
	struct rig r;

	rig_open_policy(&r, &RESTS);
	rig_rests(&r);
	given_caller(&read, &r, "03 0000 0001");
	given_caller(&write, &r, "06 0010 00C8");
	given_caller(&stop, &r, "05 0001 FF00");
	read.call.may_wait = true;
	stop.call.first = true;
	link_send(&r.l.link, &read.call);
	link_send(&r.l.link, &write.call);
	link_send(&r.l.link, &stop.call);
	UNTIL(&r, device_accepts(&r));
	asked_at(&r, "05 0001 FF00");
	asked_at(&r, "03 0000 0001");
	asked_at(&r, "06 0010 00C8");
	assert_ends(&r, &write, LINK_REPLY);
	assert_true(stop.order < read.order);
	rig_end(&r);
}

static void a_device_that_has_gone_meanwhile_is_found_out_when_asked(void **state)
{
	(void)state;
	struct caller c;
	struct rig r;

	rig_open_policy(&r, &RESTS);
	rig_rests(&r);
	close(r.listener);
	send_call(&r, &c, "06 0010 00C8");
	assert_ends(&r, &c, LINK_NOT_SENT);
	assert_i64(r.downs, 1);
	assert_false(r.l.link.up);
	device_listen(&r); /* and is tried again from now on, asked or not */
	UNTIL(&r, r.l.link.up);
	assert_true(device_accepts(&r));
	rig_end(&r);
}

static void closing_while_it_rests(void **state)
{
	(void)state;
	struct caller c;
	struct rig r;

	rig_open_policy(&r, &RESTS);
	rig_rests(&r);
	rig_end(&r);

	rig_open_policy(&r, &RESTS);
	rig_rests(&r);
	send_call(&r, &c, "03 0000 0001");
	rig_close(&r);
	uv_run(&r.loop, UV_RUN_DEFAULT);
	assert_i64(c.times, 1);
	assert_i64(c.result, LINK_NOT_SENT);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nothing_is_asked_before_the_connect_delay_is_over),
	        cmocka_unit_test(a_connection_lost_in_its_delay_is_made_again),
	        cmocka_unit_test(requests_keep_their_spacing),
	        cmocka_unit_test(spacing_counts_from_the_answer_too),
	        cmocka_unit_test(the_first_request_of_a_connection_goes_at_once),
	        cmocka_unit_test(a_stop_is_the_next_after_the_spacing),
	        cmocka_unit_test(who_waits_too_long_for_its_spacing_was_not_sent),
	        cmocka_unit_test(a_new_policy_holds_from_the_next_request_on),
	        cmocka_unit_test(an_idle_connection_is_closed_and_made_again_when_asked),
	        cmocka_unit_test(a_connection_in_use_is_not_closed),
	        cmocka_unit_test(all_that_is_asked_while_it_rests_goes_out_in_order_a_stop_first),
	        cmocka_unit_test(a_device_that_has_gone_meanwhile_is_found_out_when_asked),
	        cmocka_unit_test(closing_while_it_rests),
	};

	return cmocka_run_group_tests_name("link policy", tests, NULL, NULL) != 0;
}
