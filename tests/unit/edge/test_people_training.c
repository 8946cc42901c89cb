/*
 * Records of training: which one holds today for this device.
 */
#include "given_people.h"

struct valid_row {
	const char *name;
	struct training record;
	const char *device, *device_class;
	int32_t today;
	bool want;
};

static const struct valid_row valid[] = {
        {"on this device", {"alex", "", 100, 200, "susi"}, "alex", "laser", 150, true},
        {"on another device", {"alex", "", 100, 200, "susi"}, "bert", "laser", 150, false},
        {"on this class", {"", "laser", 100, 200, "susi"}, "bert", "laser", 150, true},
        {"on another class", {"", "laser", 100, 200, "susi"}, "rf", "rf", 150, false},
        {"on both", {"alex", "laser", 100, 200, "susi"}, "alex", "laser", 150, true},
        {"the device became another class",
         {"alex", "laser", 100, 200, "susi"},
         "alex",
         "ipl",
         150,
         false},
        {"the class on another device",
         {"alex", "laser", 100, 200, "susi"},
         "bert",
         "laser",
         150,
         false},
        {"on its first day", {"alex", "", 100, 200, "susi"}, "alex", "laser", 100, true},
        {"the day before", {"alex", "", 100, 200, "susi"}, "alex", "laser", 99, false},
        {"on its last day", {"alex", "", 100, 200, "susi"}, "alex", "laser", 200, true},
        {"the day after", {"alex", "", 100, 200, "susi"}, "alex", "laser", 201, false},
};

static void record_holds_or_not(void **state)
{
	const struct valid_row *row = *state;
	struct person who = {.n_training = 1, .training = {row->record}};

	assert_i64(training_valid(&who, row->device, row->device_class, row->today) != NULL,
	           row->want);
}

static void the_one_that_holds_longest_counts(void **state)
{
	struct person who = {.n_training = 3,
	                     .training = {{"", "laser", 100, 200, "susi"},
	                                  {"alex", "", 100, 300, "susi"},
	                                  {"", "rf", 100, 400, "susi"}}};

	(void)state;
	assert_i64(training_valid(&who, "alex", "laser", 150)->until_day, 300);
	assert_i64(training_valid(&who, "bert", "laser", 150)->until_day, 200);
	assert_null(training_valid(&who, "bert", "laser", 201));
	assert_i64(training_ended(&who, "bert", "laser"), 200);
	assert_i64(training_ended(&who, "bert", "ipl"), 0);
	assert_null(training_valid(NULL, "alex", "laser", 150));
}

static struct heard train(struct place *at, const char *name, struct training t)
{
	struct heard h = {0};

	people_train(at->people, name, &t, note_changed, NULL, &h);
	await(at, &h);
	return h;
}

static void it_is_on_the_disk_and_a_newer_one_takes_its_place(void **state)
{
	struct place at = given_place();

	(void)state;
	write_file(&at, WITH(GOOD), 0600);
	assert_true(open_people(&at));
	assert_text(train(&at, "petra", (struct training){"alex", "", 1, 9, "susi"}).why, "");
	assert_text(train(&at, "petra", (struct training){"", "laser", 1, 5, "susi"}).why, "");
	assert_text(train(&at, "petra", (struct training){"alex", "", 8, 99, "dora"}).why, "");
	assert_contains(train(&at, "nobody", (struct training){"alex", "", 1, 9, "susi"}).why,
	                "nobody of this name");
	close_people(&at);
	assert_true(open_people(&at));
	const struct person *p = people_find(at.people, "petra");
	assert_i64(p->n_training, 2);
	assert_text(p->training[0].device, "alex");
	assert_i64(p->training[0].until_day, 99);
	assert_text(p->training[0].by, "dora");
	assert_text(p->training[1].device_class, "laser");
	close_people(&at);
	forget(&at);
}

static void who_starts_no_sessions_needs_none_and_thirty_two_are_the_most(void **state)
{
	struct place at = given_place();
	struct training t = {"", "", 1, 9, "susi"};

	(void)state;
	write_file(&at, WITH(GOOD "," PERSON("egon", "E", "engineer", HASH, "1")), 0600);
	assert_true(open_people(&at));
	t.device[0] = 'x';
	assert_contains(train(&at, "egon", t).why, "only operators and physicians");
	for (int i = 0; i < 32; i++) {
		snprintf(t.device, sizeof t.device, "device%d", i);
		assert_text(train(&at, "petra", t).why, "");
	}
	snprintf(t.device, sizeof t.device, "one more");
	assert_contains(train(&at, "petra", t).why, "32 records");
	close_people(&at);
	forget(&at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_one_that_holds_longest_counts),
	        cmocka_unit_test(it_is_on_the_disk_and_a_newer_one_takes_its_place),
	        cmocka_unit_test(who_starts_no_sessions_needs_none_and_thirty_two_are_the_most),
	};
	int failures = cmocka_run_group_tests_name("training", tests, NULL, NULL);

	failures += RUN_ROWS("a record", valid, record_holds_or_not);
	return failures != 0;
}
