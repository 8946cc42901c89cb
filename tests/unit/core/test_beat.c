/* When a device may be fed its heartbeat, with what, and by which progress of the gate. */
#include "given.h"

#include "core/beat.h"

/* --- progress ---------------------------------------------------------------------------- */

/* At 10,000 ms: the loop may have turned 100 ms ago, the poll ended 400 ms ago, the ledger written
 * 500 ms ago. */
#define NOW INT64_C(10000)
static const struct progress_within WITHIN = {.turn_ms = 100, .poll_ms = 400, .ledger_ms = 500};

static const struct going {
	const char *name;
	struct progress gate;
	struct polled poll;
	enum progress_of want;
} GOING[] = {
        {"all of it at its edge", {9900, 0, 9500, true}, {9600, true}, PROGRESS_WHOLE},
        {"all of it now", {10000, 0, 10000, true}, {10000, true}, PROGRESS_WHOLE},
        {"the loop turned a millisecond too long ago",
         {9899, 0, 10000, true},
         {10000, true},
         PROGRESS_LOOP},
        {"it stood still, and the device was read since",
         {10000, 9700, 10000, true},
         {9700, true},
         PROGRESS_WHOLE},
        {"it stood still, and the device was read before that",
         {10000, 9700, 10000, true},
         {9699, true},
         PROGRESS_LOOP},
        {"the poll ended a millisecond too long ago",
         {10000, 0, 10000, true},
         {9599, true},
         PROGRESS_POLL},
        {"the last poll failed, and the one before it is fresh",
         {10000, 0, 10000, true},
         {10000, false},
         PROGRESS_POLL},
        {"no poll ever ended", {10000, 0, 10000, true}, {0, false}, PROGRESS_POLL},
        {"the ledger wrote a millisecond too long ago: the disk hangs",
         {10000, 0, 9499, true},
         {10000, true},
         PROGRESS_LEDGER},
        {"the ledger's last try failed, just after one that went well",
         {10000, 0, 10000, false},
         {10000, true},
         PROGRESS_REFUSED},
        {"nothing at all: the loop comes first", {0}, {0}, PROGRESS_LOOP},
};

static void goes_on(void **state)
{
	const struct going *g = *state;

	assert_i64(progress_missing(&g->gate, &g->poll, &WITHIN, NOW), g->want);
}

static void a_turn_of_a_quarter_second_is_a_standstill(void **state)
{
	struct progress p = {0};

	(void)state;
	progress_turned(&p, 5000); /* the first turn ever */
	assert_i64(p.stood_ms, 0);
	progress_turned(&p, 5249);
	assert_i64(p.stood_ms, 0);
	progress_turned(&p, 5499);
	assert_i64(p.stood_ms, 5499);
	progress_turned(&p, 5500);
	assert_i64(p.stood_ms, 5499);
	assert_i64(p.turned_ms, 5500);
}

/* --- the decision ------------------------------------------------------------------------ */

#define WELL .is_signed = true, .up = true, .read = true, .itself = true

static const struct deciding {
	const char *name;
	struct beat_view view;
	enum beat want;
	const char *words;
	bool trouble;
} DECIDING[] = {
        {"all is well", {WELL}, BEAT_FED, "it is fed", false},
        {"the gate shuts down",
         {WELL, .closing = true},
         BEAT_CLOSING,
         "the gate shuts down",
         false},
        {"nobody has signed what the register is",
         {.up = true, .read = true, .itself = true},
         BEAT_UNSIGNED,
         "no library is in use: nobody has signed its profile",
         false},
        {"the line is down",
         {.is_signed = true, .read = true, .itself = true},
         BEAT_LINE_DOWN,
         "the line to the device is down",
         false},
        {"the gate has started, or the line has come back, and the device was not read",
         {.is_signed = true, .up = true, .itself = true},
         BEAT_UNREAD,
         "the device was not read and judged yet",
         false},
        {"the device is starting",
         {.is_signed = true, .up = true, .read = true},
         BEAT_NOT_ITSELF,
         "the device is starting, in fault, or in a state not known",
         false},
        {"the device does not obey a stop",
         {WELL, .stopping = true},
         BEAT_STOPPING,
         "a stop is under way, or not obeyed yet",
         false},
        {"the loop stood still",
         {WELL, .missing = PROGRESS_LOOP},
         BEAT_LOOP,
         "the gate stood still, and has not read the device since",
         true},
        {"the poll failed",
         {WELL, .missing = PROGRESS_POLL},
         BEAT_POLL,
         "the device's last poll did not end well, or is too old",
         false},
        {"the ledger refuses",
         {WELL, .missing = PROGRESS_REFUSED},
         BEAT_REFUSED,
         "the ledger cannot be written",
         true},
        {"the disk hangs",
         {WELL, .missing = PROGRESS_LEDGER},
         BEAT_LEDGER,
         "the ledger has not shown since the last beat that it can be written",
         true},
};

static void is_decided(void **state)
{
	const struct deciding *d = *state;

	assert_i64(beat_decide(&d->view), d->want);
	assert_text(beat_words(d->want), d->words);
	assert_i64(beat_is_trouble(d->want), d->trouble);
}

/* Whatever else is so: one thing in doubt, and it is not fed. */
static void closed_by_default(void **state)
{
	int fed = 0;

	(void)state;
	for (unsigned i = 0; i < 64; i++)
		for (enum progress_of p = PROGRESS_WHOLE; p <= PROGRESS_LEDGER; p++) {
			const struct beat_view v = {.closing = i & 1,
			                            .is_signed = i & 2,
			                            .up = i & 4,
			                            .read = i & 8,
			                            .itself = i & 16,
			                            .stopping = i & 32,
			                            .missing = p};

			fed += beat_decide(&v) == BEAT_FED;
		}
	assert_i64(fed, 1);
	assert_i64(beat_decide(&(struct beat_view){0}), BEAT_UNSIGNED);
	assert_true(beat_is_trouble(BEAT_LATE) && beat_is_trouble(BEAT_NOT_TAKEN));
}

/* --- values and times -------------------------------------------------------------------- */

static const struct counting {
	const char *name;
	struct span counts;
	int64_t last, want;
} COUNTING[] = {
        {"one more", {1, 65535}, 7, 8},
        {"up to the highest", {1, 65535}, 65534, 65535},
        {"and from the highest to the lowest", {1, 65535}, 65535, 1},
        {"what lies beyond begins again", {1, 255}, 256, 1},
        {"what lies below too", {1, 255}, 0, 1},
        {"a bit goes on", {0, 1}, 0, 1},
        {"and off", {0, 1}, 1, 0},
};

static void counts(void **state)
{
	const struct counting *c = *state;

	assert_i64(beat_next(c->counts, c->last), c->want);
}

/* Sent at 9,000; the device waits 3,000. What was proved in the very millisecond may be older. */
static void the_proof_is_younger_than_the_last_beat(void **state)
{
	(void)state;
	assert_i64(beat_proof_within(9500, 9000, 3000), 499);
	assert_i64(beat_proof_within(9000, 9000, 3000), -1);
	assert_i64(beat_proof_within(12000, 9000, 3000), 2999);
	assert_i64(beat_proof_within(12001, 9000, 3000), 3000);
	assert_i64(beat_proof_within(90000, 0, 3000), 3000); /* the first beat */
}

static void the_times_fit_or_do_not(void **state)
{
	(void)state;
	assert_true(beat_after_a_poll(100, 100));
	assert_false(beat_after_a_poll(99, 100));
	assert_i64(beat_standby_least(500, 500), 1500);
	assert_i64(beat_standby_least(300, 400), 1000);
}

int main(void)
{
	const struct CMUnitTest others[] = {
	        cmocka_unit_test(a_turn_of_a_quarter_second_is_a_standstill),
	        cmocka_unit_test(closed_by_default),
	        cmocka_unit_test(the_proof_is_younger_than_the_last_beat),
	        cmocka_unit_test(the_times_fit_or_do_not),
	};
	int failures = RUN_ROWS("progress", GOING, goes_on);

	failures += RUN_ROWS("the beat", DECIDING, is_decided);
	failures += RUN_ROWS("values", COUNTING, counts);
	failures += cmocka_run_group_tests_name("beat", others, NULL, NULL);
	return failures != 0;
}
