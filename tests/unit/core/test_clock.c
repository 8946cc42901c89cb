#include "given.h"
#include "core/clock.h"

#define NOON INT64_C(1795600800000) /* 2026-11-25 */
#define HOUR INT64_C(3600000)
#define DAY  (24 * HOUR)

static struct clock begun(int64_t ledger_ms)
{
	return clock_begin(&(struct clock_reading){NOON, 1000, 2000}, ledger_ms);
}

/*  an hour later, by the boot clock; the wall clock was set by `set`, and the machine slept */
static const struct {
	const char *name;
	int64_t set, slept;
	int64_t jumped, careful, asleep;
} looks[] = {
        {"an hour passes", 0, 0, 0, NOON + HOUR, 0},
        {"four seconds are a correction", 4000, 0, 0, NOON + HOUR + 4000, 0},
        {"just below a jump", 4999, 0, 0, NOON + HOUR + 4999, 0},
        {"a jump ahead is not believed", 5000, 0, 5000, NOON + HOUR, 0},
        {"three days ahead", 3 * DAY, 0, 3 * DAY, NOON + HOUR, 0},
        {"a correction back", -4999, 0, 0, NOON + HOUR - 4999, 0},
        {"a jump back counts at once: it is the more careful", -5000, 0, -5000, NOON + HOUR - 5000,
         0},
        {"two days back", -2 * DAY, 0, -2 * DAY, NOON + HOUR - 2 * DAY, 0},
        {"a nap just too short to be one", 0, 999, 0, NOON + HOUR, 0},
        {"a nap", 0, 1000, 0, NOON + HOUR, 1000},
        {"asleep for half of it", 0, HOUR / 2, 0, NOON + HOUR, HOUR / 2},
};

static void a_look_says_what_happened(void **state)
{
	const size_t i = (size_t)((const char *)*state - (const char *)looks) / sizeof looks[0];
	struct clock c = begun(0);
	struct clock_news news =
	        clock_look(&c, &(struct clock_reading){NOON + HOUR + looks[i].set,
	                                               1000 + HOUR - looks[i].slept, 2000 + HOUR});

	assert_i64(news.jumped_ms, looks[i].jumped);
	assert_i64(news.slept_ms, looks[i].asleep);
	assert_i64(clock_careful_ms(&c), looks[i].careful);
}

static void what_was_set_ahead_is_not_believed_later_either(void **state)
{
	struct clock c = begun(0);

	(void)state;
	clock_look(&c, &(struct clock_reading){NOON + 3 * DAY, 1000, 2000});
	clock_look(&c, &(struct clock_reading){NOON + 3 * DAY + HOUR, 1000 + HOUR, 2000 + HOUR});
	assert_i64(clock_careful_ms(&c), NOON + HOUR);
	/* and set back again, all is well */
	struct clock_news news =
	        clock_look(&c, &(struct clock_reading){NOON + HOUR, 1000 + HOUR, 2000 + HOUR});
	assert_i64(news.jumped_ms, -3 * DAY);
	assert_i64(clock_careful_ms(&c), NOON + HOUR);
}

static void a_clock_behind_the_ledger_is_seen(void **state)
{
	struct clock c = begun(NOON);

	(void)state;
	assert_false(clock_behind_ledger(&c)); /* the same moment */
	c = begun(NOON + 1);
	assert_true(clock_behind_ledger(&c));
	clock_look(&c, &(struct clock_reading){NOON + 1, 1001, 2001});
	assert_false(clock_behind_ledger(&c)); /* it has caught up */
}

/* Rows were written at the later time: until a person says that the earlier one is right, no. */
static void a_clock_set_back_is_behind_what_it_said_before(void **state)
{
	struct clock c = begun(0);

	(void)state;
	clock_look(&c, &(struct clock_reading){NOON + HOUR, 1000 + HOUR, 2000 + HOUR});
	clock_look(&c, &(struct clock_reading){NOON, 1000 + HOUR, 2000 + HOUR});
	assert_true(clock_behind_ledger(&c));
	clock_accept(&c);
	assert_false(clock_behind_ledger(&c));
	assert_i64(clock_careful_ms(&c), NOON);
}

static void a_jump_ahead_that_was_looked_at_is_believed(void **state)
{
	struct clock c = begun(0);

	(void)state;
	clock_look(&c, &(struct clock_reading){NOON + 3 * DAY, 1000, 2000});
	assert_i64(clock_careful_ms(&c), NOON);
	clock_accept(&c);
	assert_i64(clock_careful_ms(&c), NOON + 3 * DAY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_was_set_ahead_is_not_believed_later_either),
	        cmocka_unit_test(a_clock_behind_the_ledger_is_seen),
	        cmocka_unit_test(a_clock_set_back_is_behind_what_it_said_before),
	        cmocka_unit_test(a_jump_ahead_that_was_looked_at_is_believed),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL) +
	       RUN_ROWS("clock: a look", looks, a_look_says_what_happened);
}
