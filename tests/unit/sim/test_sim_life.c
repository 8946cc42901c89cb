/*
 * The life of a simulated device, of every profile that is shipped: from boot to armed, pulses and
 * stop, by its own registers; and what wears, warms and loses contact where a profile has a row for
 * it.
 */
#include "given.h"

#include <glob.h>
#include <stdlib.h>

#include "sim.h"

#define DEVICES SOURCE_DIR "/profiles/devices/"

static struct device *device_new(const char *file)
{
	struct device *d = calloc(1, sizeof *d);

	assert_non_null(d);
	assert_true(device_open(d, file));
	d->now_ms = 1;
	life_boot(d);
	return d;
}

static void device_end(struct device *d)
{
	device_close(d);
	free(d);
}

static enum mb_exception ask(struct device *d, const struct request *q)
{
	struct hits h;
	struct reply r;

	faults_match(d, 1, q, &h);
	return device_request(d, 1, q, &h, &r);
}

/* As a gate feeds it, when it has a heartbeat at all. */
static void feed(struct device *d, int64_t value)
{
	struct request q;

	if (regmap_beat_request(&d->profile, value, &q))
		assert_i64(ask(d, &q), MB_OK);
}

static void run_unfed(struct device *d, int64_t ms)
{
	for (int64_t end = d->now_ms + ms; d->now_ms < end;) {
		d->now_ms += 5;
		life_tick(d);
	}
}

static void run_for(struct device *d, int64_t ms)
{
	for (int64_t end = d->now_ms + ms; d->now_ms < end;) {
		feed(d, 1 + d->now_ms % 1000);
		run_unfed(d, 5);
	}
}

static enum mb_exception arm(struct device *d)
{
	const struct reg *row = regmap_row(&d->profile, ROLE_ARM);
	struct request q = {.address = row->address, .count = 1};

	q.function = row->table == TABLE_COIL ? FC_WRITE_COIL : FC_WRITE_REGISTER;
	q.bits[0] = 1;
	q.value[0] = (uint16_t)(row->low_byte_first ? row->on << 8 | row->on >> 8 : row->on);
	return ask(d, &q);
}

static void stop(struct device *d)
{
	struct request q;

	assert_true(regmap_stop_request(&d->profile, &q));
	assert_i64(ask(d, &q), MB_OK);
}

static void set(struct device *d, const char *line)
{
	char why[400];

	assert_true(device_set_line(d, line, why, sizeof why));
}

static void assert_row(const struct device *d, const char *name, const char *want)
{
	char text[64];

	assert_true(device_get(d, name, text, sizeof text));
	assert_text(text, want);
}

static struct device *device_armed(const char *file)
{
	struct device *d = device_new(file);

	run_for(d, d->profile.timing.boot_ms + 20);
	assert_i64(d->state, DEVICE_STANDBY);
	assert_i64(arm(d), MB_OK);
	run_for(d, d->profile.timing.ready_delay_ms + 10);
	assert_i64(d->state, DEVICE_ARMED);
	return d;
}

/* --- every profile -------------------------------------------------------------------------------
 */

static void every_profile_lives(void **state)
{
	glob_t found;
	int lived = 0;

	(void)state;
	assert_i64(glob(DEVICES "*.cfg", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		if (strstr(found.gl_pathv[i], "transparent") != NULL)
			continue; /* it has no dose, and no life */
		struct device *d = device_armed(found.gl_pathv[i]);
		const struct reg *counter = regmap_row(&d->profile, ROLE_PULSE_COUNTER);
		const struct reg *arms = regmap_row(&d->profile, ROLE_ARM);

		d->pedal = true;
		run_for(d, 20);
		d->pedal = false;
		run_for(d, 10);
		assert_true(d->record.pulses >= 1);
		assert_i64(device_raw_get(d, counter), d->record.pulses);
		if (settings_has(&d->record.pulse[0].set, ENERGY_UJ)) /* else an area is wanted */
			assert_true(d->record.energy_uj > 0);
		assert_i64(device_raw_get(d, arms), arms->on);
		stop(d);
		assert_false(life_ready(d));
		run_for(d, d->cool_down_ms + 10);
		assert_i64(d->state, DEVICE_STANDBY);
		assert_true(device_raw_get(d, arms) != arms->on);
		lived++;
		device_end(d);
	}
	assert_true(lived >= 18);
	globfree(&found);
}

/* --- what keeps it in standby
 * ----------------------------------------------------------------------- */

static void a_warm_chiller_keeps_it_in_standby(void **state)
{
	struct device *d = device_armed(DEVICES "alexandrite_755.cfg");

	(void)state;
	set(d, "chiller=300"); /* the last that is well */
	run_for(d, 10);
	assert_i64(d->state, DEVICE_ARMED);
	set(d, "chiller=301");
	run_for(d, 10);
	assert_i64(d->state, DEVICE_STANDBY);
	assert_i64(arm(d), MB_DEVICE_FAILURE);
	set(d, "chiller=180");
	assert_i64(arm(d), MB_OK);
	device_end(d);
}

static void a_tip_wears_and_is_used_up(void **state)
{
	struct device *d = device_armed(DEVICES "rf_monopolar.cfg");

	(void)state;
	set(d, "tip_life=2");
	d->pedal = true;
	run_for(d, 5000);
	assert_i64(d->record.pulses, 2);
	assert_row(d, "tip_life", "0");
	assert_i64(d->state, DEVICE_STANDBY);
	assert_i64(arm(d), MB_DEVICE_FAILURE);
	set(d, "tip_life=900"); /* another tip */
	assert_i64(arm(d), MB_OK);
	device_end(d);
}

/* --- what withholds the pulse
 * ------------------------------------------------------------------------ */

struct withheld_row {
	const char *name, *lost, *back;
};

static const struct withheld_row withheld_rows[] = {
        {"without contact nothing leaves", "contact=0", "contact=1"},
        {"with too low an impedance nothing leaves", "impedance=49", "impedance=50"},
        {"with too high an impedance nothing leaves", "impedance=401", "impedance=400"},
};

static void a_pulse_is_withheld(void **state)
{
	const struct withheld_row *row = *state;
	struct device *d = device_armed(DEVICES "rf_monopolar.cfg");

	set(d, row->lost);
	d->pedal = true;
	run_for(d, 2000);
	assert_i64(d->record.pulses, 0);
	assert_i64(d->state, DEVICE_ARMED); /* and stays so: the operator moves the tip */
	set(d, row->back);
	run_for(d, 10);
	assert_i64(d->record.pulses, 1);
	assert_i64(d->state, DEVICE_EMITTING);
	device_end(d);
}

/* --- the heartbeat
 * ------------------------------------------------------------------------------------ */

static void a_device_that_is_not_fed_falls_to_standby(void **state)
{
	struct device *d = device_armed(DEVICES "ndyag_1064.cfg");

	(void)state;
	feed(d, 7);
	run_unfed(d, 2995); /* it waits 3 s */
	assert_i64(d->state, DEVICE_ARMED);
	assert_row(d, "heartbeats_lost", "0");
	run_unfed(d, 5);
	assert_i64(d->state, DEVICE_STANDBY);
	assert_row(d, "heartbeats_lost", "1");
	run_unfed(d, 10000);
	assert_i64(d->heartbeats_lost, 1); /* it is safe already */
	device_end(d);
}

static void the_pedal_does_not_help(void **state)
{
	struct device *d = device_armed(DEVICES "ndyag_1064.cfg");

	(void)state;
	feed(d, 7);
	d->pedal = true;
	run_unfed(d, 4000);
	assert_i64(d->record.pulses, 3); /* at 0, 1 and 2 s of its 3 */
	assert_i64(d->state, DEVICE_STANDBY);
	device_end(d);
}

static void without_its_heartbeat_it_cannot_be_armed(void **state)
{
	struct device *d = device_new(DEVICES "rf_monopolar.cfg");

	(void)state;
	run_unfed(d, 5000);
	assert_i64(arm(d), MB_DEVICE_FAILURE);
	feed(d, 0);
	assert_i64(arm(d), MB_OK);
	life_boot(d); /* begun anew it was never fed */
	run_unfed(d, 1500);
	assert_i64(d->state, DEVICE_STANDBY);
	assert_i64(arm(d), MB_DEVICE_FAILURE);
	device_end(d);
}

struct uncounted_row {
	const char *name;
	const char *fault;
	uint16_t raw; /* written every 5 ms */
};

static const struct uncounted_row uncounted_rows[] = {
        {"the same number again and again is no heartbeat", NULL, 7},
        {"a number it does not count to is none", NULL, 0},
        {"a device that acknowledges and does not count", "deaf_heartbeat", 0},
};

static void it_is_not_counted(void **state)
{
	const struct uncounted_row *row = *state;
	struct device *d = device_armed(DEVICES "ndyag_1064.cfg");
	struct request q;
	char why[200];

	assert_true(regmap_beat_request(&d->profile, 7, &q));
	assert_i64(ask(d, &q), MB_OK);
	int64_t before = d->heartbeats;
	if (row->fault != NULL)
		assert_true(faults_add(d, row->fault, why, sizeof why));
	for (int64_t end = d->now_ms + 3000; d->now_ms < end;) {
		q.value[0] = (uint16_t)(row->fault != NULL ? 1 + d->now_ms % 1000 : row->raw);
		assert_i64(ask(d, &q), MB_OK);
		run_unfed(d, 5);
	}
	assert_i64(d->heartbeats, before);
	assert_i64(d->state, DEVICE_STANDBY);
	assert_i64(d->heartbeats_lost, 1);
	device_end(d);
}

static void beats_are_counted_and_not_logged(void **state)
{
	struct device *d = device_new(DEVICES "rf_monopolar.cfg");
	int64_t before = d->record.writes;

	(void)state;
	for (int64_t i = 0; i < 50; i++)
		feed(d, i);
	assert_i64(d->heartbeats, 50);
	assert_i64(d->record.writes, before);
	device_end(d);
}

/* --- lines taken apart
 * -------------------------------------------------------------------------------- */

static void words_stand_apart_by_spaces_and_together_in_quotes(void **state)
{
	struct line_words *w = calloc(1, sizeof *w);
	char why[100] = "";

	(void)state;
	assert_true(words_split("front_panel  name=fluence to=\"25 J/cm2\"", w, why, sizeof why));
	assert_i64(w->n, 3);
	assert_text(w->word[1], "name=fluence");
	assert_text(w->word[2], "to=25 J/cm2");
	assert_true(words_split("", w, why, sizeof why));
	assert_i64(w->n, 0);
	assert_false(words_split("to=\"25", w, why, sizeof why));
	assert_contains(why, "a quotation has no end");
	free(w);
}

static void a_time_stands_before_what_follows(void **state)
{
	const char *rest;
	int64_t ms = 0;

	(void)state;
	rest = words_time("500 ms pedal down", &ms);
	assert_text(rest, "pedal down");
	assert_i64(ms, 500);
	rest = words_time("2 s", &ms);
	assert_text(rest, "");
	assert_i64(ms, 2000);
	assert_null(words_time("500 pedal down", &ms));
	assert_null(words_time("2 mm", &ms));
	assert_null(words_time("", &ms));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_profile_lives),
	        cmocka_unit_test(a_warm_chiller_keeps_it_in_standby),
	        cmocka_unit_test(a_tip_wears_and_is_used_up),
	        cmocka_unit_test(a_device_that_is_not_fed_falls_to_standby),
	        cmocka_unit_test(the_pedal_does_not_help),
	        cmocka_unit_test(without_its_heartbeat_it_cannot_be_armed),
	        cmocka_unit_test(beats_are_counted_and_not_logged),
	        cmocka_unit_test(words_stand_apart_by_spaces_and_together_in_quotes),
	        cmocka_unit_test(a_time_stands_before_what_follows),
	};
	int failures = cmocka_run_group_tests_name("simulated life", tests, NULL, NULL);

	failures += RUN_ROWS("simulated life: uncounted", uncounted_rows, it_is_not_counted);
	failures += RUN_ROWS("simulated life: withheld", withheld_rows, a_pulse_is_withheld);
	return failures != 0;
}
