/* console_age: since when what a console says may have been there. */
#include "given.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../../daemon/edge/console_age.h"
#include "edge/console.h"

/* --- what was read ----------------------------------------------------------------------- */

/* r: the loop turns, and 12 bytes are read, which may have come since 10, 20, 30 … ms; R: all there
 * was room for; o: it turns; t: 12 are taken. */
struct age_row {
	const char *name, *story;
	uint64_t first, last; /* of the first 12 bytes that are left, and of the last */
};

static const struct age_row AGES[] = {
        {"one request", "r", 10, 10},
        {"two read one after the other", "rr", 10, 20},
        {"the first taken, the second left", "rrt", 20, 20},
        {"of three the last two count as the second", "rrr", 10, 20},
        {"and when the first is taken, both do", "rrrt", 20, 20},
        {"what comes then is as new as it is", "rrrtr", 20, 40},
        {"all taken, and another", "rtr", 20, 20},
        {"two at a time, again and again", "rrtrtrtr", 40, 50},
        {"as much as there was room for", "rR", 10, 20},
        {"then the next is as old as that", "rRttr", 20, 20},
        {"until all is read", "rRttrtr", 40, 40},
        {"long after it came", "ooor", 40, 40},
};

static void ages(void **state)
{
	const struct age_row *row = *state;
	struct console_look l = {.turn = 100};
	struct console_age a = {0};
	size_t have = 0;

	for (const char *c = row->story; *c != '\0'; c++) {
		if (*c == 't') {
			have -= 12;
			age_taken(&a, 12, have);
			continue;
		}
		look_again(&l, l.now_ms + 10);
		l.before_ms = l.now_ms;
		if (*c == 'o')
			continue;
		age_read(&a, &l, have, 12, *c == 'R' ? 12 : 13);
		have += 12;
	}
	assert_i64(age_at(&a, 12), row->first);
	assert_i64(age_at(&a, have), row->last);
}

static void what_a_connection_brought_with_it_may_be_as_old_as_it(void **state)
{
	struct console_look l = {.now_ms = 1050, .before_ms = 1000, .turn = UINT32_MAX};
	struct console_age a = age_begin(&l);

	(void)state;
	for (int turns = 1; turns <= 3; turns++) {
		look_again(&l, l.now_ms + 2000);
		age_read(&a, &l, 0, 12, 13);
		assert_i64(age_at(&a, 12), turns <= 2 ? 1000 : l.before_ms);
	}
}

/* --- when the loop waited ------------------------------------------------------------------ */

static void a_loop_that_turns_has_not_hung(void **state)
{
	struct console_look l = {.now_ms = 1000, .before_ms = 1000};

	(void)state;
	for (uint64_t now = 1000; now < 3000; now += AGE_LEAST_MS - 1)
		look_again(&l, now);
	assert_i64(l.now_ms - l.before_ms, AGE_LEAST_MS - 1);
	assert_i64(look_line_ms(&l, 3000, 10), 3000);
}

static void what_a_line_brings_after_it_hung_is_as_old_as_that(void **state)
{
	struct console_look l = {.now_ms = 1000, .before_ms = 950};

	(void)state;
	look_again(&l, 1000 + AGE_LEAST_MS);
	assert_i64(look_line_ms(&l, 1000 + AGE_LEAST_MS, 10), 1000);
	look_again(&l, 1020 + AGE_LEAST_MS);
	assert_i64(look_line_ms(&l, 1000 + AGE_LEAST_MS + 110, 10), 1000);
	assert_i64(look_line_ms(&l, 1000 + AGE_LEAST_MS + 111, 10), 1000 + AGE_LEAST_MS + 111);
	assert_i64(look_line_ms(&l, 1000 + AGE_LEAST_MS + 111, 11), 1000);
	look_again(&l, 2000); /* at once again, before the silence could be noticed */
	assert_i64(look_line_ms(&l, 2010, 10), 1000);
	look_again(&l, 2101);
	look_again(&l, 3000); /* and once more, when it was */
	assert_i64(look_line_ms(&l, 3010, 10), 2101);
}

/* --- in a room ------------------------------------------------------------------------------ */

struct room {
	uv_loop_t loop;
	struct consoles *c;
	struct console_ref who;
	uint64_t asked_ms, now_ms;
	int n;
};

static void on_frame(void *owner, struct console_ref who, const struct frame *f)
{
	struct room *r = owner;

	(void)f;
	r->who = who;
	r->asked_ms = console_asked_ms(r->c, who);
	r->now_ms = uv_now(&r->loop);
	r->n++;
}

static void on_event(void *owner, const char *address, const char *what)
{
	(void)owner;
	(void)address;
	(void)what;
}

static void room_open(struct room *r)
{
	struct console_rules rules = {
	        .max = 4, .idle_ms = 60000, .partial_ms = 60000, .unread_bytes = 4096};
	struct sockaddr_in a;
	char why[200];

	*r = (struct room){0};
	assert_i64(uv_loop_init(&r->loop), 0);
	uv_ip4_addr("127.0.0.1", 0, &a);
	r->c = consoles_open(&r->loop, (struct sockaddr *)&a, &rules, on_frame, on_event, r, why,
	                     sizeof why);
	assert_non_null(r->c);
}

static int panel(struct room *r)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in a;

	uv_ip4_addr("127.0.0.1", consoles_port(r->c), &a);
	assert_i64(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

static const uint8_t READ[] = {0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1};

static void ask(int fd)
{
	assert_i64(send(fd, READ, sizeof READ, MSG_NOSIGNAL), sizeof READ);
}

static void until(struct room *r, int n)
{
	while (r->n < n)
		uv_run(&r->loop, UV_RUN_ONCE);
}

static void room_end(struct room *r, int fd)
{
	close(fd);
	consoles_close(r->c, NULL);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	assert_i64(uv_loop_close(&r->loop), 0);
}

static void who_asks_while_the_loop_turns_asks_now(void **state)
{
	struct room r;

	(void)state;
	room_open(&r);
	int fd = panel(&r);
	uint64_t begun = uv_now(&r.loop);
	while (uv_now(&r.loop) < begun + 2 * AGE_LEAST_MS)
		uv_run(&r.loop, UV_RUN_ONCE);
	ask(fd);
	until(&r, 1);
	assert_i64(r.asked_ms, r.now_ms);
	room_end(&r, fd);
}

/* Connected before, or only then; and the loop hangs where it would wait, or elsewhere. */
static void what_was_asked_while_the_loop_hung_is_as_old_as_that(void **state)
{
	struct room r;

	(void)state;
	for (int known = 0; known < 2; known++) {
		room_open(&r);
		int fd = panel(&r);
		while (known && consoles_count(r.c) == 0)
			uv_run(&r.loop, UV_RUN_ONCE);
		uv_run(&r.loop, UV_RUN_NOWAIT);
		ask(fd);
		usleep((AGE_LEAST_MS + 50) * 1000);
		until(&r, 1);
		assert_true(r.now_ms - r.asked_ms >= AGE_LEAST_MS + 50);
		assert_true(r.now_ms - r.asked_ms < 5000);
		room_end(&r, fd);
	}
}

static void what_waited_behind_the_consoles_own_request_is_as_old_as_it_was_read(void **state)
{
	static const uint8_t answer[] = {3, 2, 0, 0};
	struct room r;

	(void)state;
	room_open(&r);
	int fd = panel(&r);
	ask(fd);
	until(&r, 1);
	uint64_t first = r.now_ms;
	ask(fd);
	while (uv_now(&r.loop) < first + 2 * AGE_LEAST_MS)
		uv_run(&r.loop, UV_RUN_ONCE);
	console_answer(r.c, r.who, 1, 1, answer, sizeof answer);
	until(&r, 2);
	assert_true(r.now_ms - r.asked_ms >= 2 * AGE_LEAST_MS - 100);
	assert_true(r.asked_ms >= first - 100);
	room_end(&r, fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_a_connection_brought_with_it_may_be_as_old_as_it),
	        cmocka_unit_test(a_loop_that_turns_has_not_hung),
	        cmocka_unit_test(what_a_line_brings_after_it_hung_is_as_old_as_that),
	        cmocka_unit_test(who_asks_while_the_loop_turns_asks_now),
	        cmocka_unit_test(what_was_asked_while_the_loop_hung_is_as_old_as_that),
	        cmocka_unit_test(
	                what_waited_behind_the_consoles_own_request_is_as_old_as_it_was_read),
	};
	int failures = cmocka_run_group_tests_name("console age", tests, NULL, NULL);

	failures += RUN_ROWS("what was read:", AGES, ages);
	return failures != 0;
}
