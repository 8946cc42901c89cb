/* The lease: each deed before each view, both sides of its end, and what makes it stand still. */
#include "given.h"

#include "core/lease.h"

#define LIFE  INT64_C(60000)
#define START INT64_C(1000000)

static struct lease fresh(void)
{
	return (struct lease){.life_ms = LIFE};
}

static struct lease_moment at(int64_t ms)
{
	return (struct lease_moment){.now_ms = START + ms};
}

static enum lease_status does(struct lease *l, enum lease_deed deed, const char *who, int64_t ms)
{
	struct lease_moment m = at(ms);

	return lease_do(l, deed, who, &m);
}

/* Set from A at 0. */
static struct lease set_from_a(void)
{
	struct lease l = fresh();

	assert_i64(does(&l, LEASE_SET, "A", 0), LEASE_OK);
	return l;
}

/* --- the table ------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	const char *had, *who;
	enum lease_deed deed;
	bool armed;
	enum lease_status want;
	const char *has;
} DEEDS[] = {
        {"a plain write passes where nobody sets, and begins nothing", "", "B", LEASE_WRITE, false,
         LEASE_OK, ""},
        {"a plain write of the console that sets passes", "A", "A", LEASE_WRITE, false, LEASE_OK,
         "A"},
        {"a plain write of another does not", "A", "B", LEASE_WRITE, false, LEASE_BUSY, "A"},
        {"the first to set has it", "", "B", LEASE_SET, false, LEASE_OK, "B"},
        {"it sets again", "A", "A", LEASE_SET, false, LEASE_OK, "A"},
        {"another does not set", "A", "B", LEASE_SET, false, LEASE_BUSY, "A"},
        {"nor while it is armed", "A", "B", LEASE_SET, true, LEASE_BUSY, "A"},
        {"the console that has it sets while armed", "A", "A", LEASE_SET, true, LEASE_OK, "A"},
        {"who arms first where nobody sets has it", "", "B", LEASE_SET, true, LEASE_OK, "B"},
        {"taken where nobody has it", "", "B", LEASE_TAKE, false, LEASE_OK, "B"},
        {"taken where nobody has it, armed at the device itself", "", "B", LEASE_TAKE, true,
         LEASE_OK, "B"},
        {"taken by who has it", "A", "A", LEASE_TAKE, false, LEASE_OK, "A"},
        {"taken by who has it while armed", "A", "A", LEASE_TAKE, true, LEASE_OK, "A"},
        {"taken over by another", "A", "B", LEASE_TAKE, false, LEASE_OK, "B"},
        {"not taken over while it is armed", "A", "B", LEASE_TAKE, true, LEASE_ARMED, "A"},
        {"released where nobody has it", "", "", LEASE_RELEASE, false, LEASE_NOTHING, ""},
        {"released where nobody has it, armed", "", "", LEASE_RELEASE, true, LEASE_NOTHING, ""},
        {"released by a person", "A", "", LEASE_RELEASE, false, LEASE_OK, ""},
        {"not released while it is armed", "A", "", LEASE_RELEASE, true, LEASE_ARMED, "A"},
        {"released by who has it", "A", "A", LEASE_RELEASE, false, LEASE_OK, ""},
        {"not by who has it while it is armed", "A", "A", LEASE_RELEASE, true, LEASE_ARMED, "A"},
};

static void who_has_it_then(void **state)
{
	const size_t i = (size_t)((const char *)*state - (const char *)DEEDS) / sizeof DEEDS[0];
	struct lease l = DEEDS[i].had[0] == '\0' ? fresh() : set_from_a();
	struct lease_moment m = {.now_ms = START + 1, .armed = DEEDS[i].armed};

	assert_i64(lease_may(&l, DEEDS[i].deed, DEEDS[i].who, &m), DEEDS[i].want);
	assert_text(l.console, DEEDS[i].had); /* asking has changed nothing */
	assert_i64(lease_do(&l, DEEDS[i].deed, DEEDS[i].who, &m), DEEDS[i].want);
	assert_text(l.console, DEEDS[i].has);
}

/* --- its end ------------------------------------------------------------------------------------
 */

static const struct {
	const char *name;
	int64_t last_ms, ms; /* A's last setting; B's */
	enum lease_deed by;  /* what A did at last_ms */
	enum lease_status want;
} ENDS[] = {
        {"at once another is refused", 0, 0, LEASE_SET, LEASE_BUSY},
        {"a millisecond before its end", 0, 59999, LEASE_SET, LEASE_BUSY},
        {"at its end another sets", 0, 60000, LEASE_SET, LEASE_OK},
        {"long after", 0, 3600000, LEASE_SET, LEASE_OK},
        {"renewed by a setting at 40 s: until 100 s", 40000, 99999, LEASE_SET, LEASE_BUSY},
        {"and no longer", 40000, 100000, LEASE_SET, LEASE_OK},
        {"renewed by a take of its own", 40000, 99999, LEASE_TAKE, LEASE_BUSY},
        {"and no longer either", 40000, 100000, LEASE_TAKE, LEASE_OK},
        {"a plain write does not renew it", 40000, 60000, LEASE_WRITE, LEASE_OK},
        {"and does not end it", 40000, 59999, LEASE_WRITE, LEASE_BUSY},
};

static void it_ends(void **state)
{
	const size_t i = (size_t)((const char *)*state - (const char *)ENDS) / sizeof ENDS[0];
	struct lease l = set_from_a();

	assert_i64(does(&l, ENDS[i].by, "A", ENDS[i].last_ms), LEASE_OK);
	assert_i64(does(&l, LEASE_SET, "B", ENDS[i].ms), ENDS[i].want);
	assert_text(l.console, ENDS[i].want == LEASE_OK ? "B" : "A");
}

static void its_end_is_told_once(void **state)
{
	struct lease l = set_from_a();
	struct lease_moment m = at(59999);

	(void)state;
	assert_false(lease_look(&l, &m));
	m = at(60000);
	assert_true(lease_look(&l, &m));
	assert_i64(l.state, LEASE_FREE);
	assert_false(lease_look(&l, &m));
	assert_i64(lease_view(&l, "A"), LEASE_NOBODY);
	assert_i64(lease_view(&l, ""), LEASE_NOBODY);
}

static void a_refused_one_changes_no_end(void **state)
{
	struct lease l = set_from_a();

	(void)state;
	assert_i64(does(&l, LEASE_SET, "B", 50000), LEASE_BUSY);
	assert_i64(does(&l, LEASE_SET, "B", 59999), LEASE_BUSY);
	assert_i64(does(&l, LEASE_SET, "B", 60000), LEASE_OK);
}

static void taken_over_it_begins_anew(void **state)
{
	struct lease l = set_from_a();

	(void)state;
	assert_i64(does(&l, LEASE_TAKE, "B", 50000), LEASE_OK);
	assert_i64(does(&l, LEASE_SET, "A", 109999), LEASE_BUSY);
	assert_i64(does(&l, LEASE_SET, "A", 110000), LEASE_OK);
}

/* --- standing still -----------------------------------------------------------------------------
 */

static const struct {
	const char *name;
	bool armed, waits;
} KEEPS[] = {
        {"while armed", true, false},
        {"while a hold stands", false, true},
        {"while both", true, true},
};

/* An hour of it; then 60 s from when it was last so. */
static void it_stands_still(void **state)
{
	const size_t i = (size_t)((const char *)*state - (const char *)KEEPS) / sizeof KEEPS[0];
	struct lease l = set_from_a();
	struct lease_moment m = {START + 59999, KEEPS[i].armed, KEEPS[i].waits};

	assert_false(lease_look(&l, &m));
	assert_i64(l.state, LEASE_KEPT);
	assert_i64(lease_seconds(&l, m.now_ms), 60);
	m.now_ms = START + 3600000;
	assert_i64(lease_do(&l, LEASE_SET, "B", &m), LEASE_BUSY);
	assert_false(lease_look(&l, &m));
	m = at(3700000);
	assert_false(lease_look(&l, &m));
	assert_i64(l.state, LEASE_HELD);
	assert_i64(does(&l, LEASE_SET, "B", 3759999), LEASE_BUSY);
	assert_i64(does(&l, LEASE_SET, "B", 3760000), LEASE_OK);
}

/* The machine was slow: its time was over when somebody looked, but the device is armed. */
static void armed_it_does_not_end_however_late_one_looks(void **state)
{
	struct lease l = set_from_a();
	struct lease_moment m = {START + 61000, true, false};

	(void)state;
	assert_i64(lease_do(&l, LEASE_SET, "B", &m), LEASE_BUSY);
	assert_text(l.console, "A");
}

static void what_waits_for_a_physician_can_be_taken_over(void **state)
{
	struct lease l = set_from_a();
	struct lease_moment m = {START + 10, false, true};

	(void)state;
	assert_i64(lease_do(&l, LEASE_SET, "B", &m), LEASE_BUSY);
	assert_i64(lease_do(&l, LEASE_TAKE, "B", &m), LEASE_OK);
	assert_text(l.console, "B");
	assert_i64(l.state, LEASE_KEPT);
}

/* --- none ---------------------------------------------------------------------------------------
 */

static void without_a_lease_every_console_sets(void **state)
{
	struct lease l = {.life_ms = 0};

	(void)state;
	assert_i64(does(&l, LEASE_SET, "A", 0), LEASE_OK);
	assert_i64(does(&l, LEASE_SET, "B", 0), LEASE_OK);
	assert_i64(does(&l, LEASE_WRITE, "B", 0), LEASE_OK);
	assert_i64(l.state, LEASE_FREE);
	assert_i64(does(&l, LEASE_TAKE, "B", 0), LEASE_OFF);
	assert_i64(does(&l, LEASE_RELEASE, "", 0), LEASE_OFF);
	assert_i64(lease_seconds(&l, START), 0);
}

/* --- who, how long, in words --------------------------------------------------------------------
 */

static void each_console_sees_its_own(void **state)
{
	struct lease l = set_from_a();

	(void)state;
	assert_i64(lease_view(&l, "A"), LEASE_THIS);
	assert_i64(lease_view(&l, "B"), LEASE_ANOTHER);
	assert_i64(lease_view(&l, "AB"), LEASE_ANOTHER);
	assert_i64(lease_view(&l, ""), LEASE_ANOTHER);
}

static void seconds_are_whole_and_none_is_missing(void **state)
{
	struct lease l = set_from_a();

	(void)state;
	assert_i64(lease_seconds(&l, START), 60);
	assert_i64(lease_seconds(&l, START + 1), 60);
	assert_i64(lease_seconds(&l, START + 1000), 59);
	assert_i64(lease_seconds(&l, START + 59999), 1);
	assert_i64(lease_seconds(&l, START + 60000), 0);
	assert_i64(lease_seconds(&l, START + 90000), 0);
}

static void in_words(void **state)
{
	struct lease l = fresh();
	struct lease_moment m = {START + 20000, true, false};
	char text[200] = "before";

	(void)state;
	lease_text(&l, START, text, sizeof text);
	assert_text(text, "");
	l = set_from_a();
	lease_text(&l, START + 20000, text, sizeof text);
	assert_text(text, "the device is set from console A, for 40 s more");
	lease_look(&l, &m);
	lease_text(&l, START + 20000, text, sizeof text);
	assert_text(text, "the device is set from console A, which has it armed or waits for a "
	                  "physician, and for 60 s after that");
	assert_text(lease_state_name(LEASE_FREE), "free");
	assert_text(lease_state_name(LEASE_HELD), "held");
	assert_text(lease_state_name(LEASE_KEPT), "kept");
	assert_text(lease_status_words(LEASE_BUSY), "another console sets the device");
	assert_text(lease_status_words(LEASE_OK), "");
}

/* --- the law: never two, whatever three consoles, the device and the clock do --------------------
 */

static uint32_t draw(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 16) % n;
}

static void it_never_changes_hands_but_by_a_deed_that_may(void **state)
{
	static const char *const names[] = {"A", "B", "C"};
	uint32_t seed = 7;
	struct lease l = fresh();
	struct lease_moment m = {.now_ms = START};

	(void)state;
	for (int i = 0; i < 200000; i++) {
		struct lease was;

		m.now_ms += draw(&seed, 20000);
		m.armed = draw(&seed, 4) == 0;
		m.waits = draw(&seed, 4) == 0;
		(void)lease_look(&l, &m);
		was = l;
		enum lease_deed deed = (enum lease_deed)draw(&seed, LEASE_DEED_COUNT);
		const char *who = names[draw(&seed, 3)];
		enum lease_status s = lease_do(&l, deed, who, &m);
		bool moved = strcmp(was.console, l.console) != 0;

		if (s != LEASE_OK && memcmp(&was, &l, sizeof l) != 0)
			fail_msg("refused, and something has changed");
		if (moved && was.console[0] != '\0' && m.armed)
			fail_msg("it changed hands while armed");
		if (moved && was.console[0] != '\0' && deed != LEASE_TAKE && deed != LEASE_RELEASE)
			fail_msg("it changed hands by a setting");
		if (s == LEASE_OK && deed == LEASE_SET && strcmp(l.console, who) != 0)
			fail_msg("who sets has it");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(its_end_is_told_once),
	        cmocka_unit_test(a_refused_one_changes_no_end),
	        cmocka_unit_test(taken_over_it_begins_anew),
	        cmocka_unit_test(armed_it_does_not_end_however_late_one_looks),
	        cmocka_unit_test(what_waits_for_a_physician_can_be_taken_over),
	        cmocka_unit_test(without_a_lease_every_console_sets),
	        cmocka_unit_test(each_console_sees_its_own),
	        cmocka_unit_test(seconds_are_whole_and_none_is_missing),
	        cmocka_unit_test(in_words),
	        cmocka_unit_test(it_never_changes_hands_but_by_a_deed_that_may),
	};

	return RUN_ROWS("who has it then", DEEDS, who_has_it_then) +
	       RUN_ROWS("its end", ENDS, it_ends) +
	       RUN_ROWS("stands still", KEEPS, it_stands_still) +
	       cmocka_run_group_tests_name("lease", tests, NULL, NULL);
}
