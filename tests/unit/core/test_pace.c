/* So many reads a second: both sides of each edge of the bucket. */
#include "given.h"

#include "core/pace.h"

#define START INT64_C(5000000)

/* Takes until it is refused; how many passed. */
static int take_all(struct bucket *b, const struct pace *p, int64_t now_ms)
{
	int n = 0;

	while (n < 100000 && pace_take(b, p, now_ms))
		n++;
	return n;
}

/*  first as many as pass, then as many as pass `ms` later */
static const struct {
	const char *name;
	int64_t rate, burst;
	int first;
	int64_t ms;
	int then;
} ROWS[] = {
        {"ten a second, five at once; at the same moment nothing more", 10, 5, 5, 0, 0},
        {"a millisecond before the next", 10, 5, 5, 99, 0},
        {"the next after a tenth of a second", 10, 5, 5, 100, 1},
        {"just before the second one", 10, 5, 5, 199, 1},
        {"and the second one", 10, 5, 5, 200, 2},
        {"full again after half a second", 10, 5, 5, 500, 5},
        {"never more than full", 10, 5, 5, 3600000, 5},
        {"one a second, one at once", 1, 1, 1, 999, 0},
        {"and the next", 1, 1, 1, 1000, 1},
        {"more a second than at once", 1000, 1, 1, 1, 1},
        {"a thousand a second and two hundred at once", 1000, 200, 200, 50, 50},
        {"the most there is, after a year", 1000000, 1000, 1000, INT64_C(31536000000), 1000},
        {"no pace: as many as come", 0, 0, 100000, 0, 100000},
};

static void so_many_pass(void **state)
{
	const size_t i = (size_t)((const char *)*state - (const char *)ROWS) / sizeof ROWS[0];
	const struct pace p = {ROWS[i].rate, ROWS[i].burst};
	struct bucket b = {0};

	assert_i64(take_all(&b, &p, START), ROWS[i].first);
	assert_i64(take_all(&b, &p, START + ROWS[i].ms), ROWS[i].then);
}

static void what_is_left_over_is_kept(void **state)
{
	const struct pace p = {3, 1};
	struct bucket b = {0};
	int n = 0;

	(void)state;
	for (int64_t ms = 0; ms < 10000; ms++)
		n += pace_take(&b, &p, START + ms);
	assert_i64(n, 30); /* one at once, and one each 333.3 ms up to 9.999 s */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_left_over_is_kept)};

	return RUN_ROWS("pace", ROWS, so_many_pass) +
	       cmocka_run_group_tests_name("bucket", tests, NULL, NULL);
}
