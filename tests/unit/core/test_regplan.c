/* The places of rows in an image, the reads that fetch them, the write that stops. */
#include "given_regmap.h"

static void rows_get_their_words_scale_and_place(void **state)
{
	struct profile p = given_profile();
	uint32_t at = 0;

	(void)state;
	for (uint16_t i = 0; i < p.n_regs; i++) {
		assert_i64(p.reg[i].at, at);
		at += p.reg[i].words;
	}
	assert_i64(at, 30);
	assert_i64(p.reg[ROW_ENERGY].words, 2);
	assert_i64(p.reg[ROW_COUNTER].num, 1);
	assert_i64(p.reg[ROW_COUNTER].den, 1);
	assert_i64(p.reg[ROW_FLUENCE].num, 100000);
}

/* --- reads ------------------------------------------------------------------------------- */

static void is_read(const struct profile *p, int i, uint8_t function, uint16_t address,
                    uint16_t count)
{
	struct request r, want = {.function = function, .address = address, .count = count};

	regmap_read_request(p, i, &r);
	assert_memory_equal(&r, &want, sizeof(r));
}

static void reads_are_as_few_as_the_rows_allow(void **state)
{
	struct profile p = given_profile();

	(void)state;
	assert_i64(p.n_reads, 10);
	is_read(&p, 0, FC_READ_COILS, 0, 5);
	is_read(&p, 1, FC_READ_DISCRETE, 0, 1);
	is_read(&p, 2, FC_READ_INPUT, 0, 1);
	is_read(&p, 3, FC_READ_INPUT, 2, 2);
	is_read(&p, 4, FC_READ_INPUT, 32, 6);
	is_read(&p, 5, FC_READ_HOLDING, 0x10, 1);
	is_read(&p, 6, FC_READ_HOLDING, 0x12, 6);
	is_read(&p, 7, FC_READ_HOLDING, 0x1A, 1);
	is_read(&p, 8, FC_READ_HOLDING, 0x1C, 1);
	is_read(&p, 9, FC_READ_HOLDING, 0x20, 1);
}

/* Two rows and the registers between them. */
static struct profile two_rows(enum table table, uint16_t first, uint16_t second, bool open)
{
	enum encoding e = table == TABLE_COIL ? ENC_BIT : ENC_U16;
	struct profile p = {
	        .n_regs = 2,
	        .reg = {{.table = table, .address = second, .encoding = e, .role = ROLE_PLAIN, R},
	                {.table = table, .address = first, .encoding = e, .role = ROLE_PLAIN, R}},
	        .n_open = open ? 1 : 0,
	        .open = {{table, (uint16_t)(first + 1), (uint16_t)(second - 1), true, false}}};
	int row;

	must(regmap_prepare(&p, &row) == REGMAP_OK);
	return p;
}

struct together {
	const char *name;
	enum table table;
	uint16_t first, second;
	bool open;
	int reads;
};

static void read_together(void **state)
{
	const struct together *t = *state;
	struct profile p = two_rows(t->table, t->first, t->second, t->open);

	assert_i64(p.n_reads, t->reads);
	assert_i64(p.read[0].address, t->first);
	assert_i64(p.read[0].count, t->reads == 1 ? t->second - t->first + 1 : 1);
}

static const struct together TOGETHER[] = {
        {"an open range between two rows is read along", TABLE_HOLDING, 10, 20, true, 1},
        {"registers of nobody between two rows are not", TABLE_HOLDING, 10, 20, false, 2},
        {"125 registers are one read", TABLE_HOLDING, 0, 124, true, 1},
        {"126 registers are two", TABLE_HOLDING, 0, 125, true, 2},
        {"126 coils are one read", TABLE_COIL, 0, 125, true, 1},
        {"2000 coils are one read", TABLE_COIL, 0, 1999, true, 1},
        {"2001 coils are two", TABLE_COIL, 0, 2000, true, 2},
        {"the last two registers are one", TABLE_INPUT, 65534, 65535, false, 1},
};

/* --- stop -------------------------------------------------------------------------------- */

static void stop_is(const struct profile *p, const struct request *want)
{
	struct request r;
	struct touch touch;

	assert_true(regmap_stop_request(p, &r));
	assert_memory_equal(&r, want, sizeof(r));
	assert_true(regmap_may_send(p, &r, true));
	assert_i64(regmap_intent(p, &r, &touch), MB_OK);
	assert_i64(touch.intent, INTENT_STOP);
}

static void stop_is_the_stop_row_first(void **state)
{
	struct profile p = given_profile();
	struct request coil = {.function = FC_WRITE_COIL, .address = 1, .count = 1, .bits = {1}};
	struct request off = {.function = FC_WRITE_COIL, .address = 0, .count = 1};

	(void)state;
	stop_is(&p, &coil);
	p.reg[ROW_STOP].writable = false;
	stop_is(&p, &off);
}

static void stop_in_a_register(void **state)
{
	struct profile p = given_rows();
	struct request off = {
	        .function = FC_WRITE_REGISTER, .address = 0x50, .count = 1, .value = {0xAA}};
	struct request bit = {
	        .function = FC_WRITE_REGISTER, .address = 0x51, .count = 1, .value = {0x0001}};
	int row;

	(void)state;
	p.reg[ROW_ARM] =
	        (struct reg){HOLDING(0x50, U16), .role = ROLE_ARM, W, .has_off = true, .off = 0xAA};
	p.reg[ROW_STOP].role = ROLE_PLAIN;
	assert_i64(regmap_prepare(&p, &row), REGMAP_OK);
	stop_is(&p, &off);
	p.reg[ROW_STOP] = (struct reg){HOLDING(0x51, BITS),    BITS_AT(8, 1),
	                               .low_byte_first = true, .words = 1,
	                               .role = ROLE_STOP,      W,
	                               .has_on = true,         .on = 1};
	stop_is(&p, &bit);
}

static void a_transparent_unit_has_no_stop(void **state)
{
	struct profile p = given_transparent();
	struct request r;

	(void)state;
	assert_false(regmap_stop_request(&p, &r));
	assert_i64(p.n_reads, 0);
}

/* --- heartbeat --------------------------------------------------------------------------- */

/* The one way it is written: by the gate, whatever it counts in. */
static const struct heart {
	const char *name;
	struct reg row;
	int64_t value;
	struct request want; /* function 0: no such value */
} HEARTS[] = {
        {"the lowest",
         {HOLDING(0x20, U16), R, .hard = {1, 255}},
         1,
         {.function = FC_WRITE_REGISTER, .address = 0x20, .count = 1, .value = {1}}},
        {"the highest",
         {HOLDING(0x20, U16), R, .hard = {1, 255}},
         255,
         {.function = FC_WRITE_REGISTER, .address = 0x20, .count = 1, .value = {255}}},
        {"below the lowest there is none", {HOLDING(0x20, U16), R, .hard = {1, 255}}, 0, {0}},
        {"nor beyond the highest", {HOLDING(0x20, U16), R, .hard = {1, 255}}, 256, {0}},
        {"the low byte first",
         {HOLDING(0x20, U16), .low_byte_first = true, .hard = {0, 65535}},
         0x0102,
         {.function = FC_WRITE_REGISTER, .address = 0x20, .count = 1, .value = {0x0201}}},
        {"below nothing",
         {HOLDING(0x20, S16), R, .hard = {-5, 5}},
         -5,
         {.function = FC_WRITE_REGISTER, .address = 0x20, .count = 1, .value = {0xFFFB}}},
        {"two words go together",
         {HOLDING(0x50, U32), .hard = {0, UINT32_MAX}},
         0x10002,
         {.function = FC_WRITE_REGISTERS, .address = 0x50, .count = 2, .value = {1, 2}}},
        {"the low word first",
         {HOLDING(0x50, S32), .low_word_first = true, .hard = {0, INT32_MAX}},
         0x10002,
         {.function = FC_WRITE_REGISTERS, .address = 0x50, .count = 2, .value = {2, 1}}},
        {"a few bits, the others 0",
         {HOLDING(0x50, BITS), BITS_AT(4, 2), R, .hard = {0, 3}},
         3,
         {.function = FC_WRITE_REGISTER, .address = 0x50, .count = 1, .value = {0x30}}},
        {"a coil that is on",
         {COIL(9), R, .hard = {0, 1}},
         1,
         {.function = FC_WRITE_COIL, .address = 9, .count = 1, .bits = {1}}},
        {"a coil that is off",
         {COIL(9), R, .hard = {0, 1}},
         0,
         {.function = FC_WRITE_COIL, .address = 9, .count = 1}},
};

static void is_beat(void **state)
{
	const struct heart *h = *state;
	struct profile p = given_rows();
	struct request r;
	struct touch touch;
	int row;

	p.reg[ROW_HEARTBEAT] = h->row;
	p.reg[ROW_HEARTBEAT].role = ROLE_HEARTBEAT;
	assert_i64(regmap_prepare(&p, &row), REGMAP_OK);
	assert_i64(regmap_beat_request(&p, h->value, &r), h->want.function != 0);
	if (h->want.function == 0)
		return;
	assert_memory_equal(&r, &h->want, sizeof r);
	assert_true(regmap_may_send(&p, &r, true));
	assert_false(regmap_may_send(&p, &r, false));
	assert_i64(regmap_intent(&p, &r, &touch), MB_ADDRESS); /* a console's is refused with 02 */
}

static void a_device_without_the_register_is_not_fed(void **state)
{
	struct profile p = given_rows();
	struct request r;
	int row;

	(void)state;
	p.reg[ROW_HEARTBEAT].role = ROLE_PLAIN;
	assert_i64(regmap_prepare(&p, &row), REGMAP_OK);
	assert_false(regmap_beat_request(&p, 1, &r));
}

/* Of rows that nobody has looked at. */
static void what_does_not_fit_is_not_cut(void **state)
{
	struct profile p = given_rows();
	struct request r;

	(void)state;
	p.reg[ROW_HEARTBEAT].hard.hi = 65536;
	assert_false(regmap_beat_request(&p, 65536, &r));
}

int main(void)
{
	const struct CMUnitTest others[] = {
	        cmocka_unit_test(rows_get_their_words_scale_and_place),
	        cmocka_unit_test(reads_are_as_few_as_the_rows_allow),
	        cmocka_unit_test(stop_is_the_stop_row_first),
	        cmocka_unit_test(stop_in_a_register),
	        cmocka_unit_test(a_transparent_unit_has_no_stop),
	        cmocka_unit_test(a_device_without_the_register_is_not_fed),
	        cmocka_unit_test(what_does_not_fit_is_not_cut),
	};
	int failures = RUN_ROWS("reads", TOGETHER, read_together);

	failures += RUN_ROWS("heartbeats", HEARTS, is_beat);

	failures += cmocka_run_group_tests_name("regplan", others, NULL, NULL);
	return failures != 0;
}
