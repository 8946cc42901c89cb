/* The image of a device: what it reported, what it would report after a write, what that means. */
#include "given_regmap.h"

static struct profile sample;

static struct image unknown(void)
{
	return (struct image){0};
}

static uint16_t word_of(const struct image *image, enum given_row row, int i)
{
	return image->word[sample.reg[row].at + i];
}

/* --- take -------------------------------------------------------------------------------- */

static void rows_wholly_inside_a_reply_become_known(void **state)
{
	struct image image = unknown();
	struct reply reply = {.value = {0x1111, 0x2222, 0x3333, 0x4444}};

	(void)state;
	regmap_take(&sample, TABLE_HOLDING, 0x13, 4, &reply, &image);
	assert_i64(image.known,
	           BIT(ROW_SPOT) | BIT(ROW_COOLING) | BIT(ROW_TIP) | BIT(ROW_PACKED_PLAIN));
	assert_i64(word_of(&image, ROW_SPOT, 0), 0x2222);
	assert_i64(word_of(&image, ROW_COOLING, 0), 0x3333);
	assert_i64(word_of(&image, ROW_TIP, 0), 0x3333);
}

static void a_reply_keeps_what_was_known(void **state)
{
	struct image image = unknown();
	struct reply first = {.value = {200}}, second = {.value = {0, 5}};

	(void)state;
	regmap_take(&sample, TABLE_HOLDING, 0x10, 1, &first, &image);
	regmap_take(&sample, TABLE_HOLDING, 0x12, 2, &second, &image);
	assert_i64(image.known, BIT(ROW_FLUENCE) | BIT(ROW_ENERGY));
	assert_i64(word_of(&image, ROW_FLUENCE, 0), 200);
	assert_i64(word_of(&image, ROW_ENERGY, 0), 0);
	assert_i64(word_of(&image, ROW_ENERGY, 1), 5);
}

static void bits_of_a_reply(void **state)
{
	struct image image = unknown();
	struct reply coils = {.bits = {0x15}}, input = {.bits = {0x01}};

	(void)state;
	regmap_take(&sample, TABLE_COIL, 0, 5, &coils, &image);
	regmap_take(&sample, TABLE_DISCRETE, 0, 1, &input, &image);
	assert_i64(image.known, BIT(ROW_ARM) | BIT(ROW_STOP) | BIT(ROW_COIL_2) |
	                                BIT(ROW_FIRE_COIL) | BIT(ROW_COIL_4) | BIT(ROW_INTERLOCK));
	assert_i64(word_of(&image, ROW_ARM, 0), 1);
	assert_i64(word_of(&image, ROW_STOP, 0), 0);
	assert_i64(word_of(&image, ROW_COIL_2, 0), 1);
	assert_i64(word_of(&image, ROW_FIRE_COIL, 0), 0);
	assert_i64(word_of(&image, ROW_COIL_4, 0), 1);
	assert_i64(word_of(&image, ROW_INTERLOCK, 0), 1);
}

static void a_reply_of_open_registers_changes_nothing(void **state)
{
	struct image image = unknown();
	struct reply reply = {.value = {1}};

	(void)state;
	regmap_take(&sample, TABLE_HOLDING, 1000, 1, &reply, &image);
	assert_memory_equal(&image, &(struct image){0}, sizeof(image));
}

/* --- apply ------------------------------------------------------------------------------- */

struct written {
	const char *name;
	struct request request;
	uint64_t known; /* afterwards, when everything was known */
	enum given_row row;
	uint16_t word[2]; /* of that row, afterwards; it was 7, 7 */
};

#define ALL (BIT(ROWS) - 1)

static const struct written WRITTEN[] = {
        {"06 changes its row",
         {.function = 0x06, .address = 0x10, .count = 1, .value = {200}},
         ALL,
         ROW_FLUENCE,
         {200}},
        {"06 leaves the others",
         {.function = 0x06, .address = 0x10, .count = 1, .value = {200}},
         ALL,
         ROW_SPOT,
         {7}},
        {"10 changes two words",
         {.function = 0x10, .address = 0x12, .count = 3, .value = {1, 2, 3}},
         ALL,
         ROW_ENERGY,
         {1, 2}},
        {"10 changes the row behind them",
         {.function = 0x10, .address = 0x12, .count = 3, .value = {1, 2, 3}},
         ALL,
         ROW_SPOT,
         {3}},
        {"a packed word is the word of each of its rows",
         {.function = 0x06, .address = 0x15, .count = 1, .value = {0x0111}},
         ALL,
         ROW_TIP,
         {0x0111}},
        {"half a value is no value",
         {.function = 0x06, .address = 0x12, .count = 1, .value = {1}},
         ALL & ~BIT(ROW_ENERGY),
         ROW_ENERGY,
         {7, 7}},
        {"05 changes its coil",
         {.function = 0x05, .address = 2, .count = 1, .bits = {1}},
         ALL,
         ROW_COIL_2,
         {1}},
        {"0F changes its coils",
         {.function = 0x0F, .address = 2, .count = 3, .bits = {0x04}},
         ALL,
         ROW_COIL_4,
         {1}},
        {"0F changes them to off too",
         {.function = 0x0F, .address = 2, .count = 3, .bits = {0x04}},
         ALL,
         ROW_COIL_2,
         {0}},
        {"05 is no holding register",
         {.function = 0x05, .address = 0x10, .count = 1, .bits = {1}},
         ALL,
         ROW_FLUENCE,
         {7}},
        {"06 is no input register",
         {.function = 0x06, .address = 0, .count = 1, .value = {1}},
         ALL,
         ROW_STATE,
         {7}},
        {"16 changes nothing before it is resolved",
         {.function = 0x16, .address = 0x10, .count = 1, .or_mask = 1},
         ALL,
         ROW_FLUENCE,
         {7}},
        {"17 changes nothing before it is resolved",
         {.function = 0x17, .address = 0x10, .count = 1, .value = {1}},
         ALL,
         ROW_FLUENCE,
         {7}},
        {"a read changes nothing",
         {.function = 0x03, .address = 0x10, .count = 1},
         ALL,
         ROW_FLUENCE,
         {7}},
};

static void is_written(void **state)
{
	const struct written *w = *state;
	struct image before = {.known = ALL}, after = unknown();

	for (size_t i = 0; i < IMAGE_WORDS; i++)
		before.word[i] = 7;
	regmap_apply(&sample, &w->request, &before, &after);
	assert_i64(after.known, w->known);
	for (int i = 0; i < sample.reg[w->row].words; i++)
		assert_i64(word_of(&after, w->row, i), w->word[i]);
	assert_i64(before.known, ALL);
}

static void a_write_makes_its_row_known(void **state)
{
	struct request r = {.function = 0x06, .address = 0x14, .count = 1, .value = {180}};
	struct image image = unknown();

	(void)state;
	regmap_apply(&sample, &r, &image, &image); /* over itself */
	assert_i64(image.known, BIT(ROW_SPOT));
}

/* --- asking ------------------------------------------------------------------------------ */

static void put(struct image *image, enum given_row row, uint16_t first, uint16_t second)
{
	image->word[sample.reg[row].at] = first;
	if (sample.reg[row].words == 2)
		image->word[sample.reg[row].at + 1] = second;
	image->known |= BIT(row);
}

/* 20 J/cm2, 30 J, 15 mm, the second cooling, the first tip, 3 ms. */
static struct image reported(void)
{
	struct image image = unknown();

	put(&image, ROW_FLUENCE, 200, 0);
	put(&image, ROW_ENERGY, 0, 30000);
	put(&image, ROW_SPOT, 150, 0);
	put(&image, ROW_COOLING, 0x0001, 0);
	put(&image, ROW_TIP, 0x0001, 0);
	put(&image, ROW_WIDTH, 0, 3000);
	return image;
}

static void settings_are_all_parameters(void **state)
{
	struct image image = reported();
	struct settings s, want = {0};
	int row = -7;

	(void)state;
	settings_set(&want, FLUENCE_UJ_CM2, 20000000);
	settings_set(&want, ENERGY_UJ, 30000000);
	settings_set(&want, SPOT_UM, 15000);
	settings_set(&want, COOLING, 8);
	settings_set(&want, TIP, 9);
	settings_set(&want, WIDTH_PS, 3000000000);
	assert_i64(regmap_settings(&sample, &image, &s, &row), DECODE_OK);
	assert_i64(row, -7);
	assert_true(settings_equal(&s, &want));
}

static void the_first_row_without_a_value_is_told(void **state)
{
	struct image image = reported();
	struct settings s;
	int row;

	(void)state;
	put(&image, ROW_TIP, 0x0021, 0);
	image.known &= ~BIT(ROW_WIDTH);
	assert_i64(regmap_settings(&sample, &image, &s, &row), DECODE_NO_CHOICE);
	assert_i64(row, ROW_TIP);
	assert_false(settings_has(&s, TIP));
	assert_false(settings_has(&s, WIDTH_PS));
	assert_true(settings_has(&s, FLUENCE_UJ_CM2));
	assert_i64(s.value[COOLING], 8);
	image.known &= ~BIT(ROW_FLUENCE);
	assert_i64(regmap_settings(&sample, &image, &s, &row), DECODE_NOT_KNOWN);
	assert_i64(row, ROW_FLUENCE);
}

static void a_device_without_parameters_has_settings_none(void **state)
{
	struct profile p = given_transparent();
	struct image image = unknown();
	struct settings s;
	int row;

	(void)state;
	assert_i64(regmap_settings(&p, &image, &s, &row), DECODE_OK);
	assert_i64(s.known, 0);
}

static void a_role_is_found_or_not(void **state)
{
	struct profile none = given_transparent();
	struct image image = unknown();
	int64_t v = -7;

	(void)state;
	assert_ptr_equal(regmap_row(&sample, ROLE_PULSE_COUNTER), &sample.reg[ROW_COUNTER]);
	assert_null(regmap_row(&none, ROLE_PULSE_COUNTER));
	assert_ptr_equal(regmap_param_row(&sample, SPOT_UM), &sample.reg[ROW_SPOT]);
	assert_null(regmap_param_row(&sample, RATE_MILLIHZ));
	assert_i64(regmap_role(&sample, &image, ROLE_PULSE_COUNTER, &v), DECODE_NOT_KNOWN);
	assert_i64(regmap_role(&none, &image, ROLE_PULSE_COUNTER, &v), DECODE_NOT_KNOWN);
	assert_i64(v, -7);
	put(&image, ROW_COUNTER, 1, 2);
	assert_i64(regmap_role(&sample, &image, ROLE_PULSE_COUNTER, &v), DECODE_OK);
	assert_i64(v, 65538);
}

static void the_state_is_known_or_it_is_not(void **state)
{
	struct image image = unknown();

	(void)state;
	assert_i64(regmap_state(&sample, &image), DEVICE_UNKNOWN);
	put(&image, ROW_STATE, 1, 0);
	assert_i64(regmap_state(&sample, &image), DEVICE_ARMED);
	put(&image, ROW_STATE, 9, 0);
	assert_i64(regmap_state(&sample, &image), DEVICE_FAULT);
	put(&image, ROW_STATE, 3, 0);
	assert_i64(regmap_state(&sample, &image), DEVICE_UNKNOWN);
}

static void states_have_names_and_words(void **state)
{
	(void)state;
	assert_text(device_state_name(DEVICE_READY_DELAY), "ready_delay");
	assert_text(device_state_words(DEVICE_READY_DELAY), "getting ready");
	assert_text(device_state_name(DEVICE_UNKNOWN), "unknown");
	assert_text(device_state_words(DEVICE_FAULT), "in fault");
}

/* --- text -------------------------------------------------------------------------------- */

struct told {
	const char *name;
	uint16_t words[6];
	bool low_byte_first;
	const char *want;
};

static const struct told TOLD[] = {
        {"two characters a word", {0x414C, 0x582D, 0x3030, 0x3031, 0, 0}, false, "ALX-0001"},
        {"low byte first", {0x4C41, 0x2D58, 0x3030, 0x3130, 0, 0}, true, "ALX-0001"},
        {"an odd length", {0x4142, 0x4300, 0, 0, 0, 0}, false, "ABC"},
        {"what stands behind the end is not told", {0x4100, 0x4242, 0x4242, 0, 0, 0}, false, "A"},
        {"spaces behind are dropped",
         {0x4120, 0x4220, 0x2020, 0x2020, 0x2020, 0x2020},
         false,
         "A B"},
        {"nothing but spaces", {0x2020, 0x2020, 0x2020, 0x2020, 0x2020, 0x2020}, false, ""},
        {"all twelve", {0x4141, 0x4141, 0x4141, 0x4141, 0x4141, 0x4142}, false, "AAAAAAAAAAAB"},
        {"what is no plain ASCII is a question mark",
         {0x41FF, 0x0A7F, 0x7E20, 0x1F41, 0, 0},
         false,
         "A???~ ?A"},
        {"nothing", {0, 0, 0, 0, 0, 0}, false, ""},
};

static void is_told(void **state)
{
	const struct told *t = *state;
	struct image image = {.known = BIT(ROW_SERIAL)};
	struct profile p = sample;
	char text[48];

	p.reg[ROW_SERIAL].low_byte_first = t->low_byte_first;
	memcpy(&image.word[p.reg[ROW_SERIAL].at], t->words, sizeof(t->words));
	regmap_role_text(&p, &image, ROLE_SERIAL, text, sizeof(text));
	assert_text(text, t->want);
}

static void text_that_is_not_known_is_empty(void **state)
{
	struct image image = unknown();
	char text[8] = "before";

	(void)state;
	regmap_role_text(&sample, &image, ROLE_SERIAL, text, sizeof(text));
	assert_text(text, "");
	regmap_role_text(&sample, &image, ROLE_FIRMWARE, text, sizeof(text));
	assert_text(text, "");
}

static void text_is_cut_to_the_buffer(void **state)
{
	struct image image = {.known = BIT(ROW_SERIAL)};
	char text[4];

	(void)state;
	for (int i = 0; i < 6; i++)
		image.word[sample.reg[ROW_SERIAL].at + i] = 0x4142;
	regmap_role_text(&sample, &image, ROLE_SERIAL, text, sizeof(text));
	assert_text(text, "ABA");
}

static void a_number_is_told_in_digits(void **state)
{
	struct image image = unknown();
	char text[48];

	(void)state;
	put(&image, ROW_HANDPIECE, 17, 0);
	regmap_role_text(&sample, &image, ROLE_HANDPIECE, text, sizeof(text));
	assert_text(text, "17");
}

int main(void)
{
	const struct CMUnitTest others[] = {
	        cmocka_unit_test(rows_wholly_inside_a_reply_become_known),
	        cmocka_unit_test(a_reply_keeps_what_was_known),
	        cmocka_unit_test(bits_of_a_reply),
	        cmocka_unit_test(a_reply_of_open_registers_changes_nothing),
	        cmocka_unit_test(a_write_makes_its_row_known),
	        cmocka_unit_test(settings_are_all_parameters),
	        cmocka_unit_test(the_first_row_without_a_value_is_told),
	        cmocka_unit_test(a_device_without_parameters_has_settings_none),
	        cmocka_unit_test(a_role_is_found_or_not),
	        cmocka_unit_test(the_state_is_known_or_it_is_not),
	        cmocka_unit_test(states_have_names_and_words),
	        cmocka_unit_test(text_that_is_not_known_is_empty),
	        cmocka_unit_test(text_is_cut_to_the_buffer),
	        cmocka_unit_test(a_number_is_told_in_digits),
	};
	int failures;

	sample = given_profile();
	failures = RUN_ROWS("apply", WRITTEN, is_written);
	failures += RUN_ROWS("text", TOLD, is_told);
	failures += cmocka_run_group_tests_name("image", others, NULL, NULL);
	return failures != 0;
}
