/* What a request means for a device's registers, and what never gets near them. */
#include "given_regmap.h"

static struct profile sample; /* see given_regmap.h; large */

/* --- one request ------------------------------------------------------------------------- */

struct meaning {
	const char *name;
	uint8_t function;
	uint16_t address, count;
	uint16_t value[8]; /* of 05 0F: 0 or 1 each */
	uint16_t and_mask, or_mask;
	uint16_t read_address, read_count;
	enum mb_exception exception;
	enum intent intent;
	uint64_t rows;
};

static struct request request_of(const struct meaning *m)
{
	struct request r = {.function = m->function,
	                    .address = m->address,
	                    .count = m->count,
	                    .and_mask = m->and_mask,
	                    .or_mask = m->or_mask,
	                    .read_address = m->read_address,
	                    .read_count = m->read_count};
	bool bits = m->function == FC_WRITE_COIL || m->function == FC_WRITE_COILS;

	for (uint16_t i = 0; i < ARRAY_LEN(m->value); i++)
		if (bits)
			r.bits[0] = (uint8_t)(r.bits[0] | m->value[i] << i);
		else
			r.value[i] = m->value[i];
	return r;
}

static void means_on(const struct profile *p, const struct meaning *m)
{
	struct request r = request_of(m);
	struct touch touch = {.intent = INTENT_OWN, .rows = 12345};

	assert_i64(regmap_intent(p, &r, &touch), m->exception);
	assert_i64(touch.intent, m->exception == MB_OK ? m->intent : INTENT_OWN);
	assert_i64(touch.rows, m->exception == MB_OK ? m->rows : 12345);
}

static void means(void **state)
{
	means_on(&sample, *state);
}

#define READS(fn, at, n) .function = (fn), .address = (at), .count = (n)
#define WRITES(at, n, ...) \
	.function = FC_WRITE_REGISTERS, .address = (at), .count = (n), .value = {__VA_ARGS__}
#define WRITE_ONE(at, v) .function = FC_WRITE_REGISTER, .address = (at), .count = 1, .value = {v}
#define COIL_ONE(at, v)  .function = FC_WRITE_COIL, .address = (at), .count = 1, .value = {v}
#define COILS(at, n, ...) \
	.function = FC_WRITE_COILS, .address = (at), .count = (n), .value = {__VA_ARGS__}
#define MASK(at, and_, or_) \
	.function = FC_MASK_WRITE, .address = (at), .count = 1, .and_mask = (and_), .or_mask = (or_)
#define BOTH(rat, rn, at, n, ...)                                                              \
	.function = FC_READ_WRITE, .read_address = (rat), .read_count = (rn), .address = (at), \
	.count = (n), .value = {__VA_ARGS__}
#define IS(i, r)    .intent = (i), .rows = (r)
#define NO_ADDRESS  .exception = MB_ADDRESS
#define NO_VALUE    .exception = MB_VALUE
#define NO_FUNCTION .exception = MB_FUNCTION

static const struct meaning MEANINGS[] = {
        {"reading a row passes", READS(0x03, 0x10, 1), IS(INTENT_READ, 0)},
        {"reading half a row passes", READS(0x03, 0x13, 1), IS(INTENT_READ, 0)},
        {"reading rows side by side passes", READS(0x03, 0x12, 6), IS(INTENT_READ, 0)},
        {"reading over a register without a row is refused", READS(0x03, 0x10, 3), NO_ADDRESS},
        {"reading a write-only row is refused", READS(0x03, 0x18, 1), NO_ADDRESS},
        {"reading a fire register that is not readable is refused", READS(0x03, 0x21, 1),
         NO_ADDRESS},
        {"reading open registers passes", READS(0x03, 1000, 100), IS(INTENT_READ, 0)},
        {"reading past the open registers is refused", READS(0x03, 1000, 101), NO_ADDRESS},
        {"reading before them is refused", READS(0x03, 999, 2), NO_ADDRESS},
        {"reading holding registers as input registers is refused", READS(0x04, 0x10, 1),
         NO_ADDRESS},
        {"reading input registers passes", READS(0x04, 32, 6), IS(INTENT_READ, 0)},
        {"reading coils passes", READS(0x01, 0, 5), IS(INTENT_READ, 0)},
        {"reading past the coils is refused", READS(0x01, 0, 6), NO_ADDRESS},
        {"reading discrete inputs passes", READS(0x02, 0, 1), IS(INTENT_READ, 0)},
        {"reading nothing is refused", READS(0x03, 0x10, 0), NO_ADDRESS},
        {"reading more than a frame holds is refused", READS(0x03, 0x10, 126), NO_ADDRESS},
        {"reading past the end of the table is refused", READS(0x03, 65535, 2), NO_ADDRESS},

        {"a parameter is set", WRITE_ONE(0x10, 200), IS(INTENT_SET, BIT(ROW_FLUENCE))},
        {"a parameter of two words is set", WRITES(0x12, 2, 0, 5), IS(INTENT_SET, BIT(ROW_ENERGY))},
        {"its high word alone is refused", WRITE_ONE(0x12, 0), NO_ADDRESS},
        {"its low word alone is refused", WRITE_ONE(0x13, 5), NO_ADDRESS},
        {"its low word with the next row is refused", WRITES(0x13, 2, 5, 5), NO_ADDRESS},
        {"several parameters are one setting", WRITES(0x12, 3, 0, 5, 180),
         IS(INTENT_SET, BIT(ROW_ENERGY) | BIT(ROW_SPOT))},
        {"a write over a register without a row is refused", WRITES(0x10, 2, 1, 1), NO_ADDRESS},
        {"parameters together with plain rows are a setting", WRITES(0x16, 3, 0, 5, 1),
         IS(INTENT_SET, BIT(ROW_WIDTH) | BIT(ROW_WRITE_ONLY))},
        {"a plain row alone is plain", WRITE_ONE(0x18, 0xFFFF),
         IS(INTENT_PLAIN, BIT(ROW_WRITE_ONLY))},
        {"a read-only row is refused", WRITE_ONE(0x1C, 1), NO_ADDRESS},
        {"the heartbeat is refused", WRITE_ONE(0x20, 1), NO_ADDRESS},
        {"fire is refused", WRITE_ONE(0x21, 1), NO_ADDRESS},
        {"fire is refused whatever the value", WRITE_ONE(0x21, 0), NO_ADDRESS},
        {"open registers are plain", WRITES(1000, 2, 1, 2), IS(INTENT_PLAIN, 0)},
        {"past the open registers is refused", WRITES(1099, 2, 1, 2), NO_ADDRESS},
        {"before the open registers is refused", WRITES(999, 2, 1, 2), NO_ADDRESS},
        {"a range open for reading is not open for writing", WRITE_ONE(0x30, 1), NO_ADDRESS},
        {"an address without row is refused", WRITE_ONE(0x19, 1), NO_ADDRESS},
        {"writing nothing is refused", WRITES(0x10, 0, 0), NO_ADDRESS},
        {"writing more than a frame holds is refused", WRITES(1000, 124, 0), NO_ADDRESS},
        {"writing past the end of the table is refused", WRITES(65535, 2, 0), NO_ADDRESS},

        {"a packed word writes all its rows", WRITE_ONE(0x15, 0x0111),
         IS(INTENT_SET, BIT(ROW_COOLING) | BIT(ROW_TIP) | BIT(ROW_PACKED_PLAIN))},
        {"a bit without a row is refused", WRITE_ONE(0x15, 0x0211), NO_VALUE},
        {"a packed word with a read-only row is refused", WRITE_ONE(0x1A, 0), NO_ADDRESS},
        {"a packed word among others", WRITES(0x14, 2, 180, 0x0011),
         IS(INTENT_SET, BIT(ROW_SPOT) | BIT(ROW_COOLING) | BIT(ROW_TIP) | BIT(ROW_PACKED_PLAIN))},
        {"a packed word among others, a bit without a row", WRITES(0x14, 2, 180, 0x8011), NO_VALUE},

        {"on arms", COIL_ONE(0, 1), IS(INTENT_ARM, BIT(ROW_ARM))},
        {"off stops", COIL_ONE(0, 0), IS(INTENT_STOP, BIT(ROW_ARM))},
        {"stop stops", COIL_ONE(1, 1), IS(INTENT_STOP, BIT(ROW_STOP))},
        {"stop knows no other value", COIL_ONE(1, 0), NO_VALUE},
        {"arm and stop in one write are refused", COILS(0, 2, 0, 1), NO_ADDRESS},
        {"stop together with a plain coil is refused", COILS(1, 2, 1, 1), NO_ADDRESS},
        {"one coil by 0F arms likewise", COILS(0, 1, 1), IS(INTENT_ARM, BIT(ROW_ARM))},
        {"one coil by 0F stops likewise", COILS(0, 1, 0), IS(INTENT_STOP, BIT(ROW_ARM))},
        {"a plain coil is plain", COIL_ONE(2, 1), IS(INTENT_PLAIN, BIT(ROW_COIL_2))},
        {"the fire coil is refused", COIL_ONE(3, 1), NO_ADDRESS},
        {"the fire coil among plain ones is refused", COILS(2, 3, 1, 0, 1), NO_ADDRESS},
        {"open coils are plain", COILS(100, 8, 1, 1), IS(INTENT_PLAIN, 0)},
        {"past the open coils is refused", COILS(100, 9, 1, 1), NO_ADDRESS},
        {"a coil without row is refused", COIL_ONE(5, 1), NO_ADDRESS},

        {"a mask on a parameter is a setting", MASK(0x10, 0xFF00, 0x0012),
         IS(INTENT_SET, BIT(ROW_FLUENCE))},
        {"a mask on a packed word is of all its rows", MASK(0x15, 0xFFFE, 0x0001),
         IS(INTENT_SET, BIT(ROW_COOLING) | BIT(ROW_TIP) | BIT(ROW_PACKED_PLAIN))},
        {"a mask that sets a bit without a row is refused", MASK(0x15, 0xFDFF, 0x0200), NO_VALUE},
        {"a bit the mask keeps is not set by it", MASK(0x15, 0xFFFF, 0x0200),
         IS(INTENT_SET, BIT(ROW_COOLING) | BIT(ROW_TIP) | BIT(ROW_PACKED_PLAIN))},
        {"a mask on half a value is refused", MASK(0x12, 0, 1), NO_ADDRESS},
        {"a mask on what cannot be read is refused", MASK(0x18, 0, 1), NO_ADDRESS},
        {"a mask on the heartbeat is refused", MASK(0x20, 0, 1), NO_ADDRESS},
        {"a mask on an open register is plain", MASK(1000, 0, 1), IS(INTENT_PLAIN, 0)},
        {"a mask without a row is refused", MASK(0x19, 0, 1), NO_ADDRESS},

        {"17 is what its write is", BOTH(0x10, 1, 0x14, 1, 180), IS(INTENT_SET, BIT(ROW_SPOT))},
        {"17 on open registers is plain", BOTH(0x10, 1, 1000, 1, 1), IS(INTENT_PLAIN, 0)},
        {"17 with a read that is refused is refused", BOTH(0x11, 1, 0x14, 1, 180), NO_ADDRESS},
        {"17 with a write that is refused is refused", BOTH(0x10, 1, 0x21, 1, 1), NO_ADDRESS},
        {"17 that writes half a value is refused", BOTH(0x10, 1, 0x12, 1, 1), NO_ADDRESS},
        {"17 that reads nothing is refused", BOTH(0x10, 0, 0x14, 1, 180), NO_ADDRESS},
        {"17 that writes nothing is refused", BOTH(0x10, 1, 0x14, 0, 180), NO_ADDRESS},
        {"17 that writes more than a frame holds is refused", BOTH(0x10, 1, 1000, 122, 0),
         NO_ADDRESS},
        {"17 may write what cannot be read", BOTH(0x10, 1, 0x18, 1, 1),
         IS(INTENT_PLAIN, BIT(ROW_WRITE_ONLY))},

        {"exception status passes where opened", READS(0x07, 0, 0), IS(INTENT_READ, 0)},
        {"event counter passes where opened", READS(0x0B, 0, 0), IS(INTENT_READ, 0)},
        {"event log passes where opened", READS(0x0C, 0, 0), IS(INTENT_READ, 0)},
        {"server id passes where opened", READS(0x11, 0, 0), IS(INTENT_READ, 0)},
        {"device identification is the gate's own", READS(0x2B, 0, 0), NO_FUNCTION},
        {"diagnostics by 08 never pass", READS(0x08, 0, 0), NO_FUNCTION},
        {"file records never pass", READS(0x15, 0, 0), NO_FUNCTION},
        {"function 0 never passes", READS(0x00, 0x10, 1), NO_FUNCTION},
        {"function 80 never passes", READS(0x80, 0x10, 1), NO_FUNCTION},
        {"function FF never passes", READS(0xFF, 0x10, 1), NO_FUNCTION},
};

/* --- a profile that opens nothing, and commands in holding registers --------------------- */

static void what_a_profile_does_not_open(void **state)
{
	static const struct meaning closed[] = {
	        {"16", MASK(0x10, 0, 1), NO_FUNCTION},
	        {"17", BOTH(0x10, 1, 0x14, 1, 180), NO_FUNCTION},
	        {"07", READS(0x07, 0, 0), NO_FUNCTION},
	        {"0B", READS(0x0B, 0, 0), NO_FUNCTION},
	        {"0C", READS(0x0C, 0, 0), NO_FUNCTION},
	        {"11", READS(0x11, 0, 0), NO_FUNCTION},
	};
	struct profile p = given_rows();

	(void)state;
	p.mask_write = p.read_write = p.diagnostics = false;
	for (size_t i = 0; i < ARRAY_LEN(closed); i++)
		means_on(&p, &closed[i]);
}

/* Arm: 0x0055 arms, 0x00AA stops. Stop: 0x0001. */
static struct profile commands_in_registers(void)
{
	struct profile p = given_rows();
	int row;

	p.reg[ROW_ARM] =
	        (struct reg){HOLDING(0x40, U16), .role = ROLE_ARM, RW,         .has_on = true,
	                     .on = 0x55,         .has_off = true,  .off = 0xAA};
	p.reg[ROW_STOP] = (struct reg){HOLDING(0x41, BITS), BITS_AT(8, 1), .role = ROLE_STOP, RW,
	                               .has_on = true,      .on = 1};
	must(regmap_prepare(&p, &row) == REGMAP_OK);
	return p;
}

static void commands_by_register(void **state)
{
	static const struct meaning rows[] = {
	        {"on", WRITE_ONE(0x40, 0x55), IS(INTENT_ARM, BIT(ROW_ARM))},
	        {"off", WRITE_ONE(0x40, 0xAA), IS(INTENT_STOP, BIT(ROW_ARM))},
	        {"neither", WRITE_ONE(0x40, 0x54), NO_VALUE},
	        {"by 10", WRITES(0x40, 1, 0x55), IS(INTENT_ARM, BIT(ROW_ARM))},
	        {"by 17", BOTH(0x10, 1, 0x40, 1, 0xAA), IS(INTENT_STOP, BIT(ROW_ARM))},
	        {"two commands", WRITES(0x40, 2, 0x55, 0x0100), NO_ADDRESS},
	        {"a mask", MASK(0x40, 0, 0x55), NO_ADDRESS},
	        {"stop in its bit", WRITE_ONE(0x41, 0x0100), IS(INTENT_STOP, BIT(ROW_STOP))},
	        {"and another bit", WRITE_ONE(0x41, 0x0101), NO_VALUE},
	        {"stop with its bit off", WRITE_ONE(0x41, 0), NO_VALUE},
	};
	struct profile p = commands_in_registers();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		means_on(&p, &rows[i]);
}

static void commands_that_lack_a_value(void **state)
{
	struct profile p = given_profile();
	struct meaning on = {"on", COIL_ONE(0, 1), NO_VALUE},
	               off = {"off", COIL_ONE(0, 0), NO_VALUE};

	(void)state;
	p.reg[ROW_ARM].has_on = p.reg[ROW_ARM].has_off = false;
	means_on(&p, &on);
	means_on(&p, &off);
}

/* A command beside open registers is still no part of a larger write. */
static void a_command_beside_open_registers(void **state)
{
	struct profile p = commands_in_registers();
	struct meaning m = {"both", WRITES(0x40, 2, 0x55, 1), NO_ADDRESS};

	(void)state;
	p.n_regs = ROW_STOP; /* of the commands, arm alone is left */
	p.open[0] = (struct open_range){TABLE_HOLDING, 0x41, 0x41, true, true};
	means_on(&p, &m);
}

/* A writable flag on fire, as no prepared profile has it, opens nothing. */
static void fire_stays_shut_whatever_the_row_says(void **state)
{
	static const struct meaning rows[] = {
	        {"register", WRITE_ONE(0x21, 1), NO_ADDRESS},
	        {"heartbeat", WRITE_ONE(0x20, 1), NO_ADDRESS},
	        {"coil", COIL_ONE(3, 1), NO_ADDRESS},
	};
	struct profile p = given_profile();

	(void)state;
	p.reg[ROW_FIRE].writable = p.reg[ROW_FIRE_COIL].writable = true;
	p.reg[ROW_HEARTBEAT].writable = true;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct request r = request_of(&rows[i]);

		means_on(&p, &rows[i]);
		assert_i64(regmap_may_send(&p, &r, false), false);
		assert_i64(regmap_may_send(&p, &r, true), i == 1);
	}
}

static void transparent_units_pass_reads_and_writes(void **state)
{
	static const struct meaning rows[] = {
	        {"the first register", WRITE_ONE(0, 1), IS(INTENT_PLAIN, 0)},
	        {"the last register", WRITE_ONE(65535, 1), IS(INTENT_PLAIN, 0)},
	        {"the last coil", COIL_ONE(65535, 1), IS(INTENT_PLAIN, 0)},
	        {"a read at the end", READS(0x03, 65411, 125), IS(INTENT_READ, 0)},
	        {"past the end", READS(0x03, 65412, 125), NO_ADDRESS},
	        {"inputs", READS(0x04, 0, 125), IS(INTENT_READ, 0)},
	        {"not opened", MASK(0, 0, 1), NO_FUNCTION},
	};
	struct profile p = given_transparent();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		means_on(&p, &rows[i]);
}

/* --- resolve ----------------------------------------------------------------------------- */

static void a_mask_becomes_the_word_it_makes(void **state)
{
	/* the example of Modbus Application Protocol v1.1b3, section 6.16 */
	struct request r = {.function = FC_MASK_WRITE,
	                    .address = 4,
	                    .count = 1,
	                    .and_mask = 0xF2,
	                    .or_mask = 0x25};
	struct request want = {
	        .function = FC_WRITE_REGISTER, .address = 4, .count = 1, .value = {0x17}};
	struct request out;

	(void)state;
	assert_true(regmap_resolve(&r, 0x12, &out));
	assert_memory_equal(&out, &want, sizeof(want));
}

static void a_read_write_becomes_its_write(void **state)
{
	struct request r = {.function = FC_READ_WRITE,
	                    .address = 0x12,
	                    .count = 2,
	                    .read_address = 3,
	                    .read_count = 6,
	                    .value = {1, 2}};
	struct request want = {
	        .function = FC_WRITE_REGISTERS, .address = 0x12, .count = 2, .value = {1, 2}};
	struct request out;

	(void)state;
	assert_true(regmap_resolve(&r, 0, &out));
	assert_memory_equal(&out, &want, sizeof(want));
}

static void nothing_else_is_resolved(void **state)
{
	struct request out = {.function = 99};

	(void)state;
	for (unsigned f = 0; f <= UINT8_MAX; f++) {
		struct request r = {.function = (uint8_t)f, .count = 1};

		if (f != FC_MASK_WRITE && f != FC_READ_WRITE)
			assert_false(regmap_resolve(&r, 0, &out));
	}
	assert_i64(out.function, 99);
}

/* --- everything -------------------------------------------------------------------------- */

/* What is listed, written by hand once more: what may be read, and what may be part of a write. */
static const struct listed {
	enum table table;
	uint16_t first, last;
	bool read, write;
} LISTED[] = {
        {TABLE_COIL, 0, 2, true, true},           {TABLE_COIL, 3, 3, true, false},
        {TABLE_COIL, 4, 4, true, true},           {TABLE_COIL, 100, 107, true, true},
        {TABLE_DISCRETE, 0, 0, true, false},      {TABLE_INPUT, 0, 0, true, false},
        {TABLE_INPUT, 2, 3, true, false},         {TABLE_INPUT, 32, 37, true, false},
        {TABLE_HOLDING, 0x10, 0x10, true, true},  {TABLE_HOLDING, 0x12, 0x17, true, true},
        {TABLE_HOLDING, 0x18, 0x18, false, true}, {TABLE_HOLDING, 0x1A, 0x1A, true, false},
        {TABLE_HOLDING, 0x1C, 0x1C, true, false}, {TABLE_HOLDING, 0x20, 0x20, true, false},
        {TABLE_HOLDING, 0x30, 0x3F, true, false}, {TABLE_HOLDING, 1000, 1099, true, true},
};

static bool listed(enum table t, uint32_t first, uint32_t count, bool write)
{
	for (uint32_t at = first; at < first + count; at++) {
		bool found = false;

		for (size_t i = 0; i < ARRAY_LEN(LISTED) && !found; i++)
			found = LISTED[i].table == t && LISTED[i].first <= at &&
			        at <= LISTED[i].last && (write ? LISTED[i].write : LISTED[i].read);
		if (!found)
			return false;
	}
	return true;
}

/* Values of two words begin at 0x12 and 0x16; commands are coils 0 and 1. */
static bool torn_or_mixed(enum table t, uint32_t first, uint32_t end)
{
	if (t == TABLE_HOLDING)
		return first == 0x13 || first == 0x17 || end == 0x13 || end == 0x17;
	return first <= 1 && end - first > 1;
}

static bool passes(uint8_t function, uint16_t address, uint16_t count)
{
	static const enum table table[] = {
	        [1] = TABLE_COIL,      [2] = TABLE_DISCRETE,   [3] = TABLE_HOLDING,
	        [4] = TABLE_INPUT,     [5] = TABLE_COIL,       [6] = TABLE_HOLDING,
	        [0x0F] = TABLE_COIL,   [0x10] = TABLE_HOLDING, [0x16] = TABLE_HOLDING,
	        [0x17] = TABLE_HOLDING};
	uint32_t end = (uint32_t)address + count;

	switch (function) {
	case 1:
	case 2:
	case 3:
	case 4:
		return listed(table[function], address, count, false);
	case 5:
	case 6:
		return count == 1 && listed(table[function], address, 1, true) &&
		       !torn_or_mixed(table[function], address, end);
	case 0x0F:
	case 0x10:
	case 0x17:
		return listed(table[function], address, count, true) &&
		       !torn_or_mixed(table[function], address, end);
	case 0x16:
		return count == 1 && listed(TABLE_HOLDING, address, 1, true) &&
		       listed(TABLE_HOLDING, address, 1, false) &&
		       !torn_or_mixed(TABLE_HOLDING, address, end);
	case 7:
	case 0x0B:
	case 0x0C:
	case 0x11:
		return true;
	default:
		return false;
	}
}

static bool shut_rows_are_written(uint64_t rows)
{
	return (rows & (BIT(ROW_FIRE) | BIT(ROW_FIRE_COIL) | BIT(ROW_HEARTBEAT) |
	                BIT(ROW_HALF_PLAIN))) != 0;
}

/* All values 0, but the coil of stop, which knows only 1. */
static void check_one(uint8_t function, uint16_t address, uint16_t count)
{
	struct request r = {.function = function,
	                    .address = address,
	                    .count = count,
	                    .read_address = 0x10,
	                    .read_count = 1,
	                    .and_mask = 0xFFFF};
	struct request sent = r;
	struct touch touch = {0};
	bool want = passes(function, address, count);
	enum mb_exception e;

	r.bits[0] = address == 1 && count == 1;
	e = regmap_intent(&sample, &r, &touch);
	if ((e == MB_OK) != want || (want && shut_rows_are_written(touch.rows))) {
		print_error("function %02X address %u count %u: %d\n", function, address, count, e);
		fail();
	}
	if (e == MB_OK && request_writes(&r) != (touch.intent != INTENT_READ))
		fail();
	if (function == FC_MASK_WRITE || function == FC_READ_WRITE) {
		assert_false(regmap_may_send(&sample, &r, true));
		assert_true(regmap_resolve(&r, 0, &sent));
		if (!want)
			return;
	}
	if (regmap_may_send(&sample, &sent, false) != want) {
		print_error("may send %02X address %u count %u\n", function, address, count);
		fail();
	}
}

static void nothing_unlisted_passes(void **state)
{
	static const uint16_t counts[] = {2, 3, 4, 5, 8, 100, 125};

	(void)state;
	for (unsigned f = 0; f <= UINT8_MAX; f++)
		for (uint32_t address = 0; address <= UINT16_MAX; address++) {
			check_one((uint8_t)f, (uint16_t)address, 1);
			if (address >= 0x60 && (address < 990 || address > 1110) && address < 65400)
				continue;
			for (size_t i = 0; i < ARRAY_LEN(counts); i++)
				check_one((uint8_t)f, (uint16_t)address, counts[i]);
		}
}

static void only_the_gate_feeds_the_heartbeat(void **state)
{
	struct request r = {.function = FC_WRITE_REGISTER, .address = 0x20, .count = 1};
	struct request fire = {.function = FC_WRITE_REGISTER, .address = 0x21, .count = 1};
	struct request past = {.function = FC_WRITE_REGISTERS, .address = 0x20, .count = 2};

	(void)state;
	assert_true(regmap_may_send(&sample, &r, true));
	assert_false(regmap_may_send(&sample, &r, false));
	assert_false(regmap_may_send(&sample, &fire, true));
	assert_false(regmap_may_send(&sample, &past, true));
}

int main(void)
{
	const struct CMUnitTest others[] = {
	        cmocka_unit_test(what_a_profile_does_not_open),
	        cmocka_unit_test(commands_by_register),
	        cmocka_unit_test(commands_that_lack_a_value),
	        cmocka_unit_test(a_command_beside_open_registers),
	        cmocka_unit_test(fire_stays_shut_whatever_the_row_says),
	        cmocka_unit_test(transparent_units_pass_reads_and_writes),
	        cmocka_unit_test(a_mask_becomes_the_word_it_makes),
	        cmocka_unit_test(a_read_write_becomes_its_write),
	        cmocka_unit_test(nothing_else_is_resolved),
	        cmocka_unit_test(nothing_unlisted_passes),
	        cmocka_unit_test(only_the_gate_feeds_the_heartbeat),
	};
	int failures;

	sample = given_profile();
	failures = RUN_ROWS("intent", MEANINGS, means);
	failures += cmocka_run_group_tests_name("regmap", others, NULL, NULL);
	return failures != 0;
}
