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

static void run_for(struct device *d, int64_t ms)
{
	for (int64_t end = d->now_ms + ms; d->now_ms < end;) {
		d->now_ms += 5;
		life_tick(d);
	}
}

static enum mb_exception ask(struct device *d, const struct request *q)
{
	struct hits h;
	struct reply r;

	faults_match(d, 1, q, &h);
	return device_request(d, 1, q, &h, &r);
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
	        cmocka_unit_test(words_stand_apart_by_spaces_and_together_in_quotes),
	        cmocka_unit_test(a_time_stands_before_what_follows),
	};
	int failures = cmocka_run_group_tests_name("simulated life", tests, NULL, NULL);

	failures += RUN_ROWS("simulated life: withheld", withheld_rows, a_pulse_is_withheld);
	return failures != 0;
}
