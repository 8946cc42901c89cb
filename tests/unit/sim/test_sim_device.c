/*
 * The simulated device: what it takes and refuses, how it lives, how it misbehaves. Its profile
 * stands here once more, by hand, so that the loader is no part of what is tested.
 */
#include "given.h"

#include "sim.h"

#define READY_MS 2000
#define BOOT_MS  1000

#define PARAM_ROW(n, at_, w, e, p, num_, den_, lo, hi, first)                                 \
	{                                                                                     \
		.name = n, .table = TABLE_HOLDING, .address = at_, .words = w, .encoding = e, \
		.role = ROLE_PARAMETER, .param = p, .readable = true, .writable = true,       \
		.num = num_, .den = den_, .hard = {lo, hi}, .initial = first                  \
	}
#define INPUT_ROW(n, at_, w, e, r)                                                          \
	{                                                                                   \
		.name = n, .table = TABLE_INPUT, .address = at_, .words = w, .encoding = e, \
		.role = r, .readable = true, .num = 1, .den = 1, .hard = {                  \
			INT64_MIN,                                                          \
			INT64_MAX                                                           \
		}                                                                           \
	}

static const struct reg rows[] = {
        /* 0.1 J/cm2 a step: 10..600 is 1..60 J/cm2 */
        PARAM_ROW("fluence", 16, 1, ENC_U16, FLUENCE_UJ_CM2, 100000, 1, 1000000, 60000000, 100),
        PARAM_ROW("spot", 17, 1, ENC_U16, SPOT_UM, 1000, 1, 5000, 24000, 10),
        PARAM_ROW("rate", 18, 1, ENC_U16, RATE_MILLIHZ, 100, 1, 500, 10000, 20),
        PARAM_ROW("pulse_width", 20, 2, ENC_U32, WIDTH_PS, 1000000, 1, 1000000, INT64_MAX, 3000),
        INPUT_ROW("state", 0, 1, ENC_U16, ROLE_STATE),
        INPUT_ROW("pulses", 2, 2, ENC_U32, ROLE_PULSE_COUNTER),
        INPUT_ROW("energy", 4, 2, ENC_U32, ROLE_DELIVERED_ENERGY),
        INPUT_ROW("serial", 32, 6, ENC_TEXT, ROLE_SERIAL),
        INPUT_ROW("door", 6, 1, ENC_U16, ROLE_INTERLOCK),
        {.name = "arm",
         .table = TABLE_COIL,
         .address = 0,
         .words = 1,
         .encoding = ENC_BIT,
         .role = ROLE_ARM,
         .readable = true,
         .writable = true,
         .num = 1,
         .den = 1,
         .has_on = true,
         .on = 1,
         .has_off = true,
         .off = 0},
        {.name = "stop",
         .table = TABLE_COIL,
         .address = 1,
         .words = 1,
         .encoding = ENC_BIT,
         .role = ROLE_STOP,
         .readable = true,
         .writable = true,
         .num = 1,
         .den = 1,
         .has_on = true,
         .on = 1},
        {.name = "fire",
         .table = TABLE_COIL,
         .address = 2,
         .words = 1,
         .encoding = ENC_BIT,
         .role = ROLE_FIRE,
         .num = 1,
         .den = 1},
};

static int setup(void **state)
{
	struct device *d = calloc(1, sizeof *d);
	struct profile *p = &d->profile;
	int row;

	p->fluence = FLUENCE_REPORTED;
	strcpy(p->device_class, "alexandrite_755_lp");
	p->timing = (struct device_timing){.ready_delay_ms = READY_MS, .boot_ms = BOOT_MS};
	p->n_regs = ARRAY_LEN(rows);
	memcpy(p->reg, rows, sizeof rows);
	strcpy(p->reg[7].initial_text, "ALX-0001");
	for (uint16_t s = DEVICE_BOOT; s < DEVICE_STATE_COUNT; s++)
		p->reg[4].choice[p->reg[4].n_choices++] =
		        (struct reg_choice){.raw = (uint16_t)(s - DEVICE_BOOT), .value = s};
	p->n_open = 1;
	p->open[0] = (struct open_range){TABLE_HOLDING, 1000, 1099, true, true};
	assert_i64(regmap_prepare(p, &row), REGMAP_OK);
	device_make(d);
	d->now_ms = 1;
	life_boot(d);
	*state = d;
	return 0;
}

static int teardown(void **state)
{
	device_close(*state);
	free(*state);
	return 0;
}

static void run_for(struct device *d, int64_t ms)
{
	for (int64_t end = d->now_ms + ms; d->now_ms < end;) {
		d->now_ms += 5;
		life_tick(d);
		faults_tick(d);
	}
}

static enum mb_exception ask(struct device *d, const struct request *q, struct reply *r)
{
	struct hits h;

	faults_match(d, 1, q, &h);
	return device_request(d, 1, q, &h, r);
}

static enum mb_exception set_word(struct device *d, uint16_t address, uint16_t value)
{
	struct request q = {.function = FC_WRITE_REGISTER, .address = address, .count = 1};
	struct reply r;

	q.value[0] = value;
	return ask(d, &q, &r);
}

static enum mb_exception set_coil(struct device *d, uint16_t address, bool on)
{
	struct request q = {.function = FC_WRITE_COIL, .address = address, .count = 1};
	struct reply r;

	q.bits[0] = on;
	return ask(d, &q, &r);
}

static uint16_t word_at(struct device *d, uint8_t function, uint16_t address)
{
	struct request q = {.function = function, .address = address, .count = 1};
	struct reply r;

	assert_i64(ask(d, &q, &r), MB_OK);
	return r.value[0];
}

static void make_ready(struct device *d)
{
	run_for(d, BOOT_MS + 100);
	assert_i64(set_coil(d, 0, true), MB_OK);
	run_for(d, READY_MS + 100);
	assert_i64(d->state, DEVICE_ARMED);
}

static void add_fault(struct device *d, const char *line)
{
	char why[200] = "";

	assert_true(faults_add(d, line, why, sizeof why));
}

/* --- settings ------------------------------------------------------------------------------- */

struct write_row {
	const char *name;
	uint16_t address, value;
	enum mb_exception answer;
};

static const struct write_row write_rows[] = {
        {"the lowest fluence of the device is taken", 16, 10, MB_OK},
        {"one step below it is refused", 16, 9, MB_VALUE},
        {"the highest fluence of the device is taken", 16, 600, MB_OK},
        {"one step above it is refused", 16, 601, MB_VALUE},
        {"a register without a row does not exist", 19, 0, MB_ADDRESS},
        {"an open register takes anything", 1000, 65535, MB_OK},
        {"the last open register too", 1099, 1, MB_OK},
        {"behind the open range is nothing", 1100, 1, MB_ADDRESS},
};

static void a_write_is_taken_or_refused(void **state)
{
	const struct write_row *row = *state;
	void *made;

	setup(&made);
	struct device *d = made;
	uint16_t before = d->word[TABLE_HOLDING][row->address];
	assert_i64(set_word(d, row->address, row->value), row->answer);
	assert_i64(d->word[TABLE_HOLDING][row->address],
	           row->answer == MB_OK ? row->value : before);
	assert_i64(d->record.writes, 1);
	assert_i64(d->record.seen[0].answer, row->answer);
	assert_i64(d->record.seen[0].value[0], row->value);
	teardown(&made);
}

static void a_write_of_several_is_taken_whole_or_not_at_all(void **state)
{
	struct request q = {.function = FC_WRITE_REGISTERS, .address = 16, .count = 2};
	struct device *d = *state;
	struct reply r;

	q.value[0] = 200;
	q.value[1] = 99; /* no spot of this device */
	assert_i64(ask(d, &q, &r), MB_VALUE);
	assert_i64(word_at(d, FC_READ_HOLDING, 16), 100);
	q.value[1] = 12;
	assert_i64(ask(d, &q, &r), MB_OK);
	assert_i64(word_at(d, FC_READ_HOLDING, 16), 200);
	assert_i64(word_at(d, FC_READ_HOLDING, 17), 12);
}

static void people_set_and_read_in_their_own_words(void **state)
{
	struct device *d = *state;
	char text[64], why[200] = "";

	assert_true(device_set(d, "fluence", "12.5 J/cm2", why, sizeof why));
	assert_i64(word_at(d, FC_READ_HOLDING, 16), 125);
	assert_true(device_get(d, "fluence", text, sizeof text));
	assert_text(text, "12.5 J/cm2");
	assert_true(device_get(d, "serial", text, sizeof text));
	assert_text(text, "ALX-0001");
	assert_i64(word_at(d, FC_READ_INPUT, 32), 'A' << 8 | 'L');
	assert_true(device_set(d, "serial", "ALX-0002", why, sizeof why));
	assert_i64(word_at(d, FC_READ_INPUT, 35), '0' << 8 | '2');
	assert_false(device_set(d, "fluence", "12.5 J", why, sizeof why));
	assert_contains(why, "fluence cannot be \"12.5 J\"");
	assert_false(device_get(d, "depth", text, sizeof text));
}

static void a_long_number_stands_in_two_words(void **state)
{
	struct device *d = *state;
	char why[200] = "";

	assert_true(device_set(d, "pulse_width", "70 ms", why, sizeof why));
	assert_i64(word_at(d, FC_READ_HOLDING, 20), 1); /* 70000 us is 0x11170 */
	assert_i64(word_at(d, FC_READ_HOLDING, 21), 0x1170);
	assert_i64(device_raw_get(d, device_row(d, "pulse_width")), 70000);
}

static void mask_and_read_write_only_where_the_profile_opens_them(void **state)
{
	struct request q = {.function = FC_MASK_WRITE,
	                    .address = 16,
	                    .count = 1,
	                    .and_mask = 0xff00,
	                    .or_mask = 0x0032};
	struct device *d = *state;
	struct reply r;

	assert_i64(ask(d, &q, &r), MB_FUNCTION);
	d->profile.mask_write = true;
	assert_i64(ask(d, &q, &r), MB_OK);
	assert_i64(word_at(d, FC_READ_HOLDING, 16), 50);
	q.function = FC_READ_EXCEPTION_STATUS;
	assert_i64(ask(d, &q, &r), MB_FUNCTION);
}

/* --- life ------------------------------------------------------------------------------------ */

static void it_boots_tests_itself_and_stands_by(void **state)
{
	struct device *d = *state;

	assert_i64(d->state, DEVICE_BOOT);
	assert_i64(word_at(d, FC_READ_INPUT, 0), 0);
	assert_i64(set_coil(d, 0, true), MB_BUSY);
	run_for(d, BOOT_MS / 2 + 10);
	assert_i64(d->state, DEVICE_SELF_TEST);
	run_for(d, BOOT_MS / 2 + 10);
	assert_i64(d->state, DEVICE_STANDBY);
	assert_i64(word_at(d, FC_READ_INPUT, 0), 2);
}

static void it_is_armed_only_after_its_delay(void **state)
{
	struct device *d = *state;

	run_for(d, BOOT_MS + 100);
	assert_i64(set_coil(d, 0, true), MB_OK);
	assert_i64(d->state, DEVICE_READY_DELAY);
	d->pedal = true;
	run_for(d, READY_MS - 100);
	assert_i64(d->state, DEVICE_READY_DELAY);
	assert_i64(d->record.pulses, 0);
	run_for(d, 200);
	assert_i64(d->state, DEVICE_EMITTING);
}

static void pulses_come_at_the_rate_that_is_set(void **state)
{
	struct device *d = *state;
	char text[64];

	make_ready(d);
	d->pedal = true; /* 2 Hz: at once, and then every half second */
	run_for(d, 1100);
	assert_i64(d->record.pulses, 3);
	d->pedal = false;
	run_for(d, 1000);
	assert_i64(d->record.pulses, 3);
	assert_i64(d->state, DEVICE_ARMED);
	assert_true(device_get(d, "pulses", text, sizeof text));
	assert_text(text, "3");
	/* 10 J/cm2 on 10 mm: 7.853981 J a pulse, in uJ; the last one alone */
	assert_i64(device_raw_get(d, device_row(d, "energy")), 7853982);
	assert_i64(d->record.n_runs, 1);
	assert_true(d->record.run[0].ready);
	assert_i64(d->record.run[0].settings.value[FLUENCE_UJ_CM2], 10000000);
}

static void what_left_the_aperture_is_told_by_its_settings(void **state)
{
	struct device *d = *state;
	json_t *j;

	make_ready(d);
	d->pedal = true;
	run_for(d, 10);
	assert_i64(set_word(d, 16, 200), MB_OK);
	run_for(d, 1100);
	j = record_emitted(&d->record, &d->choices);
	assert_i64(json_integer_value(json_object_get(j, "pulses")), 3);
	json_t *second = json_array_get(json_object_get(j, "runs"), 1);
	assert_i64(json_integer_value(json_object_get(second, "pulses")), 2);
	assert_text(
	        json_string_value(json_object_get(json_object_get(second, "settings"), "fluence")),
	        "20 J/cm2");
	json_decref(j);
}

static void stop_works_in_every_state(void **state)
{
	struct device *d = *state;

	for (enum device_state s = DEVICE_BOOT; s < DEVICE_FAULT; s++) {
		life_set(d, s);
		assert_i64(set_coil(d, 1, true), MB_OK);
		assert_false(life_ready(d));
		assert_i64(d->word[TABLE_COIL][1], 0);
	}
	life_set(d, DEVICE_STANDBY);
	make_ready(d);
	d->pedal = true;
	run_for(d, 10);
	assert_i64(d->record.pulses, 1);
	assert_i64(set_coil(d, 0, false), MB_OK); /* arm's off value stops as well */
	assert_i64(d->state, DEVICE_COOL_DOWN);
	assert_i64(set_coil(d, 0, true), MB_BUSY);
	run_for(d, 500 + 10);
	assert_i64(d->state, DEVICE_STANDBY);
	assert_i64(d->record.pulses, 1);
}

static void an_open_door_disarms(void **state)
{
	struct device *d = *state;
	char why[200] = "";

	make_ready(d);
	assert_true(device_set(d, "door", "1", why, sizeof why));
	run_for(d, 10);
	assert_i64(d->state, DEVICE_STANDBY);
	assert_i64(set_coil(d, 0, true), MB_DEVICE_FAILURE);
}

static void a_write_to_the_fire_coil_is_seen(void **state)
{
	struct device *d = *state;

	assert_i64(set_coil(d, 2, true), MB_OK);
	assert_i64(d->record.pulses, 1);
	assert_false(d->record.run[0].ready);
}

/* --- misbehaviour ----------------------------------------------------------------------------- */

static void a_stuck_device_says_yes_and_does_nothing(void **state)
{
	struct device *d = *state;

	add_fault(d, "stuck count=1");
	assert_i64(set_word(d, 16, 200), MB_OK);
	assert_i64(word_at(d, FC_READ_HOLDING, 16), 100);
	assert_i64(set_word(d, 16, 200), MB_OK);
	assert_i64(word_at(d, FC_READ_HOLDING, 16), 200);
}

static void a_clamping_device_takes_half(void **state)
{
	struct device *d = *state;

	add_fault(d, "clamp address=16");
	assert_i64(set_word(d, 16, 200), MB_OK);
	assert_i64(word_at(d, FC_READ_HOLDING, 16), 100);
	assert_i64(set_word(d, 17, 20), MB_OK);
	assert_i64(word_at(d, FC_READ_HOLDING, 17), 20);
}

static void an_exception_is_only_for_whom_it_is_meant(void **state)
{
	struct device *d = *state;

	add_fault(d, "exception code=6 function=6 address=17 after=1 count=1");
	assert_i64(set_word(d, 16, 200), MB_OK);
	assert_i64(set_word(d, 17, 12), MB_OK); /* the first is let pass */
	assert_i64(set_word(d, 17, 15), MB_BUSY);
	assert_i64(word_at(d, FC_READ_HOLDING, 17), 12);
	assert_i64(set_word(d, 17, 15), MB_OK);
	assert_i64(d->faults.n, 0);
}

static void a_setting_drifts_by_itself(void **state)
{
	struct device *d = *state;

	add_fault(d, "drift by=10 count=2 ms=100");
	run_for(d, 10);
	assert_i64(word_at(d, FC_READ_HOLDING, 16), 110);
	run_for(d, 500);
	assert_i64(word_at(d, FC_READ_HOLDING, 16), 120);
	assert_i64(d->record.writes, 0);
}

static void it_fires_in_standby_and_the_oracle_knows(void **state)
{
	struct device *d = *state;

	run_for(d, BOOT_MS + 100);
	add_fault(d, "emission_without_ready count=2");
	run_for(d, 100);
	assert_i64(d->record.pulses, 2);
	assert_false(d->record.run[0].ready);
}

static void a_counter_runs_backwards(void **state)
{
	struct device *d = *state;
	char text[64], why[64] = "";

	assert_true(device_set(d, "pulses", "70000", why, sizeof why));
	add_fault(d, "counter_rollback");
	run_for(d, 10);
	assert_true(device_get(d, "pulses", text, sizeof text));
	assert_text(text, "69000");
	life_fire(d);
	assert_true(device_get(d, "pulses", text, sizeof text));
	assert_text(text, "69001"); /* and goes on from there */
	device_defaults(d);
	life_fire(d);
	assert_true(device_get(d, "pulses", text, sizeof text));
	assert_text(text, "1");
}

struct bent_row {
	const char *name;
	enum fault_kind kind;
	struct response want;
};

#define ANSWERED .tid = 1, .unit = 1, .n = 5, .pdu = {6, 0, 0x10, 0, 0xc8}

/* The answer 0001 0000 0006 01 06 0010 00C8, bent. */
static const struct bent_row bent_rows[] = {
        {"a bad transaction id",
         FAULT_BADTID,
         {.tid = 0x5501, .unit = 1, .n = 5, .pdu = {6, 0, 0x10, 0, 0xc8}}},
        {"a bad protocol id", FAULT_BADPROTO, {ANSWERED, .protocol = 1}},
        {"a bad unit", FAULT_BADUNIT, {.tid = 1, .unit = 0, .n = 5, .pdu = {6, 0, 0x10, 0, 0xc8}}},
        {"a bad function",
         FAULT_BADFC,
         {.tid = 1, .unit = 1, .n = 5, .pdu = {7, 0, 0x10, 0, 0xc8}}},
        {"a bad echo", FAULT_BADECHO, {.tid = 1, .unit = 1, .n = 5, .pdu = {6, 0, 0x10, 0, 0xc9}}},
        {"a byte short", FAULT_SHORT, {.tid = 1, .unit = 1, .n = 4, .pdu = {6, 0, 0x10, 0, 0xc8}}},
        {"a byte long", FAULT_LONG, {.tid = 1, .unit = 1, .n = 6, .pdu = {6, 0, 0x10, 0, 0xc8, 0}}},
        {"silence bends no byte", FAULT_SILENT, {ANSWERED}},
};

static void an_answer_is_bent(void **state)
{
	struct response a = {ANSWERED};
	const struct bent_row *row = *state;
	struct hits h = {0};

	h.of[row->kind] = &h.copy[row->kind];
	faults_bend(&h, &a);
	assert_i64(a.tid, row->want.tid);
	assert_i64(a.protocol, row->want.protocol);
	assert_i64(a.unit, row->want.unit);
	assert_i64(a.n, row->want.n);
	assert_memory_equal(a.pdu, row->want.pdu, row->want.n);
}

static void noise_flips_so_many_bits_and_the_same_ones_again(void **state)
{
	static const uint8_t sent[8] = {1, 6, 0, 0x10, 0, 0xc8, 0x88, 0x59};
	uint8_t bytes[2][8];
	struct hits h = {0};
	int flipped = 0;

	(void)state;
	h.copy[FAULT_NOISE] = (struct fault){.by = 1, .random = 99};
	h.of[FAULT_NOISE] = &h.copy[FAULT_NOISE];
	for (int i = 0; i < 2; i++) {
		memcpy(bytes[i], sent, sizeof sent);
		assert_i64(faults_bend_bytes(&h, bytes[i], 8), 8);
	}
	assert_memory_equal(bytes[0], bytes[1], 8);
	for (int i = 0; i < 8; i++)
		flipped += __builtin_popcount(bytes[0][i] ^ sent[i]);
	assert_i64(flipped, 1);
}

static void a_truncated_answer_lacks_its_end(void **state)
{
	uint8_t bytes[8] = {1, 6, 0, 0x10, 0, 0xc8, 0x88, 0x59};
	struct hits h = {0};

	(void)state;
	h.copy[FAULT_TRUNCATED] = (struct fault){.by = 3};
	h.of[FAULT_TRUNCATED] = &h.copy[FAULT_TRUNCATED];
	assert_i64(faults_bend_bytes(&h, bytes, 8), 5);
	assert_i64(faults_bend_bytes(&h, bytes, 2), 0);
}

struct refused_fault {
	const char *name, *line, *why;
};

static const struct refused_fault refused_faults[] = {
        {"a fault without a name is refused", "", "unknown fault \"\"; known are silent, deaf"},
        {"an unknown fault is refused, naming the nearest", "slient",
         "unknown fault \"slient\"; did you mean \"silent\"?"},
        {"an argument it does not take is refused", "late by=1",
         "unknown argument of late \"by\"; known are unit, function"},
        {"a slip in an argument is refused, naming the nearest", "late cuont=1",
         "did you mean \"count\"?"},
        {"an argument without a number is refused",
         "late ms=", "ms=: a whole number from 0 to 2147483647 is wanted"},
        {"more than certain is refused", "late chance=101",
         "chance=101: a whole number from 1 to 100 is wanted"},
        {"a word that is no argument is refused", "late soon", "\"soon\" is no argument"},
        {"a drift of nothing is refused", "drift name=flunce",
         "unknown register \"flunce\"; did you mean \"fluence\"?"},
        {"a knob without its name is refused", "front_panel to=1", "front_panel wants name="},
        {"a knob turned to nothing is refused", "front_panel name=fluence",
         "front_panel wants to=, what it is turned to"},
        {"a quotation without its end is refused", "front_panel name=fluence to=\"25 J/cm2",
         "a quotation has no end"},
        {"what acts by itself counts no requests", "reboot after=2", "reboot counts no requests"},
        {"a wrong sum is nothing of Modbus/TCP", "badcrc", "there is no such thing in Modbus/TCP"},
};

static void a_fault_not_understood_is_refused(void **state)
{
	const struct refused_fault *row = *state;
	char why[600] = "";
	void *made;

	setup(&made);
	((struct device *)made)->wires = 1u << TCP_WIRE;
	assert_false(faults_add(made, row->line, why, sizeof why));
	assert_contains(why, row->why);
	teardown(&made);
}

/* Which of 32 reads a fault with a chance of one half meets, by bit. */
static uint32_t met_of_32(struct device *d, const char *line, uint64_t seed, bool write_between)
{
	struct request q = {.function = FC_READ_HOLDING, .address = 16, .count = 1};
	uint32_t met = 0;
	struct hits h;

	faults_clear(d);
	d->faults.seed = seed;
	d->faults.added = 0;
	add_fault(d, line);
	for (int k = 0; k < 32; k++) {
		if (write_between)
			set_word(d, 17, 10);
		faults_match(d, 1, &q, &h);
		met = met << 1 | (h.of[FAULT_SILENT] != NULL);
	}
	return met;
}

static void the_same_seed_gives_the_same_run(void **state)
{
	struct device *d = *state;
	uint32_t first = met_of_32(d, "silent chance=50 function=3", 7, false);

	assert_true(first != 0 && first != UINT32_MAX);
	assert_i64(met_of_32(d, "silent chance=50 function=3", 7, false), first);
	/* what else is asked changes nothing */
	assert_i64(met_of_32(d, "silent chance=50 function=3", 7, true), first);
	assert_true(met_of_32(d, "silent chance=50 function=3", 8, false) != first);
	assert_true(met_of_32(d, "silent chance=50 function=3 seed=9", 7, false) != first);
	assert_i64(met_of_32(d, "silent chance=50 function=3 seed=9", 7, false),
	           met_of_32(d, "silent chance=50 function=3 seed=9", 8, false));
}

static void a_fault_ends_with_its_time(void **state)
{
	struct device *d = *state;

	add_fault(d, "stuck for=100");
	assert_i64(set_word(d, 16, 200), MB_OK);
	assert_i64(word_at(d, FC_READ_HOLDING, 16), 100);
	run_for(d, 100);
	assert_i64(set_word(d, 16, 200), MB_OK);
	assert_i64(word_at(d, FC_READ_HOLDING, 16), 200);
	assert_i64(d->faults.n, 0);
}

static void a_knob_is_turned_when_the_write_it_waits_for_has_come(void **state)
{
	struct device *d = *state;

	add_fault(d, "front_panel name=fluence to=\"25 J/cm2\" function=6 address=17");
	run_for(d, 100);
	assert_i64(word_at(d, FC_READ_HOLDING, 16), 100);
	assert_i64(set_word(d, 17, 12), MB_OK);
	assert_i64(word_at(d, FC_READ_HOLDING, 16), 250);
	assert_i64(word_at(d, FC_READ_HOLDING, 17), 12);
}

struct swap_row {
	const char *name, *line, *what, *is;
};

static const struct swap_row swap_rows[] = {
        {"another serial number", "serial_swap", "serial", "ZZZ-9"},
        {"another serial number of choice", "serial_swap to=ALX-7", "serial", "ALX-7"},
        {"a knob turned", "front_panel name=spot to=\"12 mm\"", "spot", "12 mm"},
        {"a reboot keeps the settings", "reboot", "fluence", "20 J/cm2"},
        {"a reboot with those of a new device", "defaults_after_reboot", "fluence", "10 J/cm2"},
        {"a reboot begins anew", "reboot", "state", "boot"},
};

static void a_device_is_another_one_at_once(void **state)
{
	const struct swap_row *row = *state;
	void *made;
	char text[64];

	setup(&made);
	run_for(made, BOOT_MS + 100);
	assert_i64(set_word(made, 16, 200), MB_OK);
	add_fault(made, row->line);
	faults_tick(made);
	assert_true(device_get(made, row->what, text, sizeof text));
	assert_text(text, row->is);
	teardown(&made);
}

static void a_self_test_fails_once(void **state)
{
	struct device *d = *state;

	add_fault(d, "self_test_fails");
	run_for(d, BOOT_MS + 100);
	assert_i64(d->state, DEVICE_FAULT);
	assert_i64(set_coil(d, 0, true), MB_DEVICE_FAILURE);
	add_fault(d, "reboot");
	run_for(d, BOOT_MS + 100);
	assert_i64(d->state, DEVICE_STANDBY);
}

static void faults_are_listed_as_they_were_given(void **state)
{
	struct device *d = *state;
	json_t *list;

	add_fault(d, "late ms=300 function=6 count=1");
	add_fault(d, "front_panel name=spot to=\"12 mm\" address=16");
	list = faults_list(d);
	assert_i64(json_array_size(list), 2);
	assert_text(json_string_value(json_array_get(list, 0)), "late function=6 count=1 ms=300");
	assert_text(json_string_value(json_array_get(list, 1)),
	            "front_panel address=16 name=\"spot\" to=\"12 mm\"");
	json_decref(list);
}

/* --- output and wear
 * ------------------------------------------------------------------------------ */

static void what_comes_out_is_what_was_set_times_the_output(void **state)
{
	struct device *d = *state;
	struct settings measured;
	char why[200];

	make_ready(d);
	assert_true(device_set(d, "output", "79 %", why, sizeof why));
	life_fire(d);
	pulse_measured(&d->record.pulse[0], &measured);
	assert_i64(measured.value[FLUENCE_UJ_CM2], 7900000);
	assert_i64(d->record.pulse[0].set.value[FLUENCE_UJ_CM2], 10000000);
	/* 7.853981634 J were set */
	assert_i64(device_raw_get(d, device_row(d, "energy")), 6204645);
	assert_i64(d->record.pulse[0].state, DEVICE_ARMED);
}

static void output_drifts_with_use_and_is_noisy_by_the_seed(void **state)
{
	struct device *d = *state;
	double factor[2][100];
	char why[200];
	bool differ = false;

	assert_true(device_set(d, "drift", "10 %", why, sizeof why));
	for (int i = 0; i < 101; i++)
		life_fire(d);
	assert_true(d->record.pulse[0].factor > 0.999999 && d->record.pulse[0].factor < 1.000001);
	assert_true(d->record.pulse[100].factor > 1.099999 &&
	            d->record.pulse[100].factor < 1.100001);
	assert_true(device_set(d, "drift", "0 %", why, sizeof why));
	assert_true(device_set(d, "noise", "5 %", why, sizeof why));
	for (int run = 0; run < 2; run++) {
		d->record.pulses = 0;
		for (int i = 0; i < 100; i++) {
			life_fire(d);
			factor[run][i] = d->record.pulse[i].factor;
			assert_true(factor[run][i] >= 0.95 && factor[run][i] <= 1.05);
			differ = differ || factor[run][i] != factor[run][0];
		}
	}
	assert_memory_equal(factor[0], factor[1], sizeof factor[0]);
	assert_true(differ);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        T(a_write_of_several_is_taken_whole_or_not_at_all),
	        T(people_set_and_read_in_their_own_words),
	        T(a_long_number_stands_in_two_words),
	        T(mask_and_read_write_only_where_the_profile_opens_them),
	        T(it_boots_tests_itself_and_stands_by),
	        T(it_is_armed_only_after_its_delay),
	        T(pulses_come_at_the_rate_that_is_set),
	        T(what_left_the_aperture_is_told_by_its_settings),
	        T(stop_works_in_every_state),
	        T(an_open_door_disarms),
	        T(a_write_to_the_fire_coil_is_seen),
	        T(a_stuck_device_says_yes_and_does_nothing),
	        T(a_clamping_device_takes_half),
	        T(an_exception_is_only_for_whom_it_is_meant),
	        T(a_setting_drifts_by_itself),
	        T(it_fires_in_standby_and_the_oracle_knows),
	        T(a_counter_runs_backwards),
	        T(the_same_seed_gives_the_same_run),
	        T(a_fault_ends_with_its_time),
	        T(a_knob_is_turned_when_the_write_it_waits_for_has_come),
	        T(a_self_test_fails_once),
	        T(faults_are_listed_as_they_were_given),
	        T(what_comes_out_is_what_was_set_times_the_output),
	        T(output_drifts_with_use_and_is_noisy_by_the_seed),
	        cmocka_unit_test(noise_flips_so_many_bits_and_the_same_ones_again),
	        cmocka_unit_test(a_truncated_answer_lacks_its_end),
	};
	int failures = cmocka_run_group_tests_name("simulated device", tests, NULL, NULL);

	failures += RUN_ROWS("simulated device: writes", write_rows, a_write_is_taken_or_refused);
	failures += RUN_ROWS("simulated device: bent answers", bent_rows, an_answer_is_bent);
	failures += RUN_ROWS("simulated device: swaps", swap_rows, a_device_is_another_one_at_once);
	failures += RUN_ROWS("simulated device: faults refused", refused_faults,
	                     a_fault_not_understood_is_refused);
	return failures != 0;
}
