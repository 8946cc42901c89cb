/* Rows a profile may not have, and what is enough of them. */
#include "given_regmap.h"

/* --- faults ------------------------------------------------------------------------------ */

/* What makes the sample of given_regmap.h wrong: one row replaced by another, or a change. */
struct faulty {
	const char *name;
	int at; /* index of the row replaced */
	struct reg with;
	void (*change)(struct profile *p);
	enum regmap_fault fault;
	int row;
};

static void is_faulty(void **state)
{
	const struct faulty *f = *state;
	struct profile p = given_rows();
	int row = -7;

	if (f->change != NULL)
		f->change(&p);
	else
		p.reg[f->at] = f->with;
	assert_i64(regmap_prepare(&p, &row), f->fault);
	assert_i64(row, f->row);
}

#define PLAIN_AT(at) HOLDING(at, U16), .role = ROLE_PLAIN, RW

static void too_many_rows(struct profile *p)
{
	p->n_regs = REGS_MAX + 1;
}

static void too_many_open(struct profile *p)
{
	p->n_open = OPEN_RANGES_MAX + 1;
}

/* `n` rows of text behind the others, each of `words`, `step` apart. */
static void add_texts(struct profile *p, int n, uint8_t words, uint16_t step)
{
	for (int i = 0; i < n; i++)
		p->reg[p->n_regs++] = (struct reg){INPUT((uint16_t)(100 + i * step), TEXT), R,
		                                   .words = words, .role = ROLE_STATUS};
}

/* The sample has 30 words of its own; 20 times 8 and two make 192. */
static void one_word_too_many(struct profile *p)
{
	add_texts(p, 20, 8, 8);
	add_texts(p, 1, 3, 0);
	p->reg[p->n_regs - 1].address = 300;
}

/* The sample has 10 reads of its own, of 16. */
static void one_read_too_many(struct profile *p)
{
	add_texts(p, 7, 1, 2);
}

static void exactly_as_many_reads(struct profile *p)
{
	add_texts(p, 6, 1, 2);
}

static void bits_beside_stop(struct profile *p)
{
	p->reg[ROW_STOP] = (struct reg){HOLDING(0x50, BITS), BITS_AT(0, 1), .role = ROLE_STOP, RW};
	p->reg[ROW_COIL_2] =
	        (struct reg){HOLDING(0x50, BITS), BITS_AT(15, 1), .role = ROLE_PLAIN, RW};
}

static void bits_beside_heartbeat(struct profile *p)
{
	p->reg[ROW_HEARTBEAT] = (struct reg){HOLDING(0x50, BITS), BITS_AT(0, 1),
	                                     .role = ROLE_HEARTBEAT, R, .hard = {0, 1}};
	p->reg[ROW_FIRE] =
	        (struct reg){HOLDING(0x50, BITS), BITS_AT(15, 1), .role = ROLE_STATUS, R};
}

static void open_backwards(struct profile *p)
{
	p->open[1].last = 999;
}

static void open_input_writable(struct profile *p)
{
	p->open[1].table = TABLE_INPUT;
}

static void open_discrete_writable(struct profile *p)
{
	p->open[2].table = TABLE_DISCRETE;
}

static void open_over_fluence(struct profile *p)
{
	p->open[1].first = 0x10;
}

static void open_over_second_word(struct profile *p)
{
	p->open[1].first = 0x13;
	p->open[1].last = 0x13;
}

static void no_stop_at_all(struct profile *p)
{
	p->reg[ROW_STOP].has_on = p->reg[ROW_ARM].has_off = false;
}

static void stop_not_writable(struct profile *p)
{
	p->reg[ROW_STOP].writable = p->reg[ROW_ARM].writable = false;
}

static void stop_no_bit(struct profile *p)
{
	p->reg[ROW_STOP].on = 2;
	p->reg[ROW_ARM].off = 2;
}

static void off_is_on(struct profile *p)
{
	p->reg[ROW_ARM].off = 1;
}

static void neither_arm_nor_stop(struct profile *p)
{
	p->reg[ROW_ARM].role = p->reg[ROW_STOP].role = ROLE_PLAIN;
}

static void no_state(struct profile *p)
{
	p->reg[ROW_STATE].role = ROLE_STATUS;
}

static void state_not_readable(struct profile *p)
{
	p->reg[ROW_STATE].readable = false;
}

static void state_without_emitting(struct profile *p)
{
	p->reg[ROW_STATE].choice[2].value = DEVICE_COOL_DOWN;
}

static void both_but_no_fluence(struct profile *p)
{
	p->reg[ROW_FLUENCE].role = ROLE_PLAIN;
}

static void both_but_no_energy(struct profile *p)
{
	p->reg[ROW_ENERGY].role = ROLE_PLAIN;
}

static void reported_but_write_only(struct profile *p)
{
	p->fluence = FLUENCE_REPORTED;
	p->reg[ROW_FLUENCE].readable = false;
}

static void derived_but_no_area(struct profile *p)
{
	p->fluence = FLUENCE_DERIVED;
	p->reg[ROW_SPOT].role = ROLE_PLAIN;
}

static void derived_but_no_energy(struct profile *p)
{
	p->fluence = FLUENCE_DERIVED;
	p->reg[ROW_ENERGY].readable = false;
}

static const struct faulty FAULTY[] = {
        {"more rows than there can be", .change = too_many_rows, .fault = REGMAP_TOO_MANY,
         .row = -1},
        {"more open ranges", .change = too_many_open, .fault = REGMAP_TOO_MANY, .row = -1},
        {"more words than an image holds", .change = one_word_too_many, .fault = REGMAP_TOO_MANY,
         .row = -1},
        {"more reads than there can be", .change = one_read_too_many, .fault = REGMAP_TOO_MANY,
         .row = -1},
        {"more choices than a row holds",
         ROW_FLUENCE,
         {PLAIN_AT(0x10), .n_choices = REG_CHOICES_MAX + 1},
         .fault = REGMAP_TOO_MANY,
         .row = ROW_FLUENCE},

        {"text without words",
         ROW_SERIAL,
         {INPUT(32, TEXT), .role = ROLE_SERIAL, R},
         .fault = REGMAP_WIDTH,
         .row = ROW_SERIAL},
        {"text of nine words",
         ROW_SERIAL,
         {INPUT(32, TEXT), .role = ROLE_SERIAL, R, .words = 9},
         .fault = REGMAP_WIDTH,
         .row = ROW_SERIAL},
        {"a u32 of one word",
         ROW_COUNTER,
         {INPUT(2, U32), .role = ROLE_PULSE_COUNTER, R, .words = 1},
         .fault = REGMAP_WIDTH,
         .row = ROW_COUNTER},
        {"a u16 of two",
         ROW_HANDPIECE,
         {HOLDING(0x1C, U16), .role = ROLE_HANDPIECE, R, .words = 2},
         .fault = REGMAP_WIDTH,
         .row = ROW_HANDPIECE},
        {"a u32 past the end of the table",
         ROW_COUNTER,
         {INPUT(65535, U32), .role = ROLE_PULSE_COUNTER, R},
         .fault = REGMAP_WIDTH,
         .row = ROW_COUNTER},
        {"no bits",
         ROW_TIP,
         {HOLDING(0x15, BITS), BITS_AT(4, 0), .role = ROLE_PLAIN, RW},
         .fault = REGMAP_WIDTH,
         .row = ROW_TIP},
        {"bits past the word",
         ROW_TIP,
         {HOLDING(0x15, BITS), BITS_AT(14, 3), .role = ROLE_PLAIN, RW},
         .fault = REGMAP_WIDTH,
         .row = ROW_TIP},
        {"arm of two words",
         ROW_ARM,
         {HOLDING(0x50, U32), .role = ROLE_ARM, RW},
         .fault = REGMAP_WIDTH,
         .row = ROW_ARM},
        {"stop as text",
         ROW_STOP,
         {HOLDING(0x50, TEXT), .role = ROLE_STOP, RW, .words = 1},
         .fault = REGMAP_WIDTH,
         .row = ROW_STOP},
        {"an open range backwards", .change = open_backwards, .fault = REGMAP_WIDTH, .row = -1},

        {"a register in the coils",
         ROW_COIL_2,
         {.table = TABLE_COIL, .address = 2, .encoding = ENC_U16, .role = ROLE_PLAIN, RW},
         .fault = REGMAP_BIT_TABLE,
         .row = ROW_COIL_2},
        {"a register in the discrete inputs",
         ROW_INTERLOCK,
         {.table = TABLE_DISCRETE, .encoding = ENC_U16, .role = ROLE_INTERLOCK, R},
         .fault = REGMAP_BIT_TABLE,
         .row = ROW_INTERLOCK},
        {"a bit in the holding registers",
         ROW_FLUENCE,
         {HOLDING(0x10, BIT), .role = ROLE_PLAIN, RW},
         .fault = REGMAP_BIT_TABLE,
         .row = ROW_FLUENCE},
        {"a bit in the input registers",
         ROW_STATE,
         {INPUT(0, BIT), .role = ROLE_STATE, R},
         .fault = REGMAP_BIT_TABLE,
         .row = ROW_STATE},

        {"an input register that is written",
         ROW_STATE,
         {INPUT(0, U16), .role = ROLE_PLAIN, RW},
         .fault = REGMAP_READ_ONLY,
         .row = ROW_STATE},
        {"a discrete input that is written",
         ROW_INTERLOCK,
         {.table = TABLE_DISCRETE, .encoding = ENC_BIT, .role = ROLE_PLAIN, RW},
         .fault = REGMAP_READ_ONLY,
         .row = ROW_INTERLOCK},
        {"an open range of inputs that is written", .change = open_input_writable,
         .fault = REGMAP_READ_ONLY, .row = -1},
        {"an open range of discrete inputs that is written", .change = open_discrete_writable,
         .fault = REGMAP_READ_ONLY, .row = -1},

        {"fire that is written",
         ROW_FIRE,
         {HOLDING(0x21, U16), .role = ROLE_FIRE, RW},
         .fault = REGMAP_ROLE_WRITE,
         .row = ROW_FIRE},
        {"a heartbeat that is written",
         ROW_HEARTBEAT,
         {HOLDING(0x20, U16), .role = ROLE_HEARTBEAT, RW},
         .fault = REGMAP_ROLE_WRITE,
         .row = ROW_HEARTBEAT},
        {"a heartbeat in the input registers",
         ROW_HEARTBEAT,
         {INPUT(0x20, U16), .role = ROLE_HEARTBEAT, R, .hard = {1, 9}},
         .fault = REGMAP_HEARTBEAT,
         .row = ROW_HEARTBEAT},
        {"a heartbeat that is text",
         ROW_HEARTBEAT,
         {HOLDING(0x20, TEXT), .role = ROLE_HEARTBEAT, R, .words = 1, .hard = {1, 9}},
         .fault = REGMAP_HEARTBEAT,
         .row = ROW_HEARTBEAT},
        {"a heartbeat that is a float",
         ROW_HEARTBEAT,
         {HOLDING(0x50, F32), .role = ROLE_HEARTBEAT, R, .hard = {1, 9}},
         .fault = REGMAP_HEARTBEAT,
         .row = ROW_HEARTBEAT},
        {"a heartbeat with a scale",
         ROW_HEARTBEAT,
         {HOLDING(0x20, U16), .role = ROLE_HEARTBEAT, R, SCALE(2, 1), .hard = {1, 9}},
         .fault = REGMAP_HEARTBEAT,
         .row = ROW_HEARTBEAT},
        {"a heartbeat that never changes",
         ROW_HEARTBEAT,
         {HOLDING(0x20, U16), .role = ROLE_HEARTBEAT, R, .hard = {9, 9}},
         .fault = REGMAP_HEARTBEAT,
         .row = ROW_HEARTBEAT},
        {"a heartbeat below what its register holds",
         ROW_HEARTBEAT,
         {HOLDING(0x20, U16), .role = ROLE_HEARTBEAT, R, .hard = {-1, 9}},
         .fault = REGMAP_HEARTBEAT,
         .row = ROW_HEARTBEAT},
        {"a heartbeat beyond what its register holds",
         ROW_HEARTBEAT,
         {HOLDING(0x20, U16), .role = ROLE_HEARTBEAT, R, .hard = {1, 65536}},
         .fault = REGMAP_HEARTBEAT,
         .row = ROW_HEARTBEAT},
        {"a second heartbeat",
         ROW_HANDPIECE,
         {HOLDING(0x1C, U16), .role = ROLE_HEARTBEAT, R, .hard = {1, 9}},
         .fault = REGMAP_TWICE,
         .row = ROW_HEARTBEAT},
        {"a heartbeat beside other bits", .change = bits_beside_heartbeat, .fault = REGMAP_OVERLAP,
         .row = ROW_FIRE},
        {"a serial number that is written",
         ROW_HANDPIECE,
         {HOLDING(0x1C, U16), .role = ROLE_SERIAL, W},
         .fault = REGMAP_ROLE_WRITE,
         .row = ROW_HANDPIECE},

        {"a parameter without a scale",
         ROW_FLUENCE,
         {HOLDING(0x10, U16), PARAM(FLUENCE_UJ_CM2), RW},
         .fault = REGMAP_SCALE,
         .row = ROW_FLUENCE},
        {"a share of nothing",
         ROW_FLUENCE,
         {HOLDING(0x10, U16), PARAM(FLUENCE_UJ_CM2), RW, SCALE(1, 0)},
         .fault = REGMAP_SCALE,
         .row = ROW_FLUENCE},
        {"nothing of it",
         ROW_FLUENCE,
         {HOLDING(0x10, U16), PARAM(FLUENCE_UJ_CM2), RW, SCALE(0, 1)},
         .fault = REGMAP_SCALE,
         .row = ROW_FLUENCE},
        {"a scale below nothing",
         ROW_FLUENCE,
         {HOLDING(0x10, U16), PARAM(FLUENCE_UJ_CM2), RW, SCALE(1, -1)},
         .fault = REGMAP_SCALE,
         .row = ROW_FLUENCE},
        {"a counter with half a scale",
         ROW_COUNTER,
         {INPUT(2, U32), .role = ROLE_PULSE_COUNTER, R, SCALE(0, 1)},
         .fault = REGMAP_SCALE,
         .row = ROW_COUNTER},
        {"a counter with the other half",
         ROW_COUNTER,
         {INPUT(2, U32), .role = ROLE_PULSE_COUNTER, R, SCALE(1, 0)},
         .fault = REGMAP_SCALE,
         .row = ROW_COUNTER},

        {"a parameter twice",
         ROW_SPOT,
         {HOLDING(0x14, U16), PARAM(FLUENCE_UJ_CM2), SCALE(1, 1), RW},
         .fault = REGMAP_TWICE,
         .row = ROW_SPOT},
        {"a role twice",
         ROW_COIL_2,
         {COIL(2), .role = ROLE_ARM, RW},
         .fault = REGMAP_TWICE,
         .row = ROW_COIL_2},

        {"two rows on one register",
         ROW_SPOT,
         {HOLDING(0x10, U16), PARAM(SPOT_UM), SCALE(1, 1), RW},
         .fault = REGMAP_OVERLAP,
         .row = ROW_SPOT},
        {"a row on another's second word",
         ROW_SPOT,
         {HOLDING(0x13, U16), PARAM(SPOT_UM), SCALE(1, 1), RW},
         .fault = REGMAP_OVERLAP,
         .row = ROW_SPOT},
        {"a second word on another row",
         ROW_WIDTH,
         {HOLDING(0x11, U32), PARAM(WIDTH_PS), SCALE(1, 1), RW},
         .fault = REGMAP_OVERLAP,
         .row = ROW_WIDTH},
        {"bits on a whole word",
         ROW_PACKED_PLAIN,
         {HOLDING(0x14, BITS), BITS_AT(8, 1), .role = ROLE_PLAIN, RW},
         .fault = REGMAP_OVERLAP,
         .row = ROW_PACKED_PLAIN},
        {"bits that share a bit",
         ROW_TIP,
         {HOLDING(0x15, BITS), BITS_AT(1, 2), .role = ROLE_PLAIN, RW},
         .fault = REGMAP_OVERLAP,
         .row = ROW_TIP},
        {"bits that share a bit once the bytes are swapped",
         ROW_TIP,
         {HOLDING(0x15, BITS), BITS_AT(8, 2), .low_byte_first = true, .role = ROLE_PLAIN, RW},
         .fault = REGMAP_OVERLAP,
         .row = ROW_TIP},
        {"arm in a word of packed bits",
         ROW_ARM,
         {HOLDING(0x15, BITS), BITS_AT(15, 1), .role = ROLE_ARM, RW},
         .fault = REGMAP_OVERLAP,
         .row = ROW_ARM},
        {"packed bits in the word of stop", .change = bits_beside_stop, .fault = REGMAP_OVERLAP,
         .row = ROW_COIL_2},
        {"two coils on one address",
         ROW_COIL_4,
         {COIL(2), .role = ROLE_PLAIN, RW},
         .fault = REGMAP_OVERLAP,
         .row = ROW_COIL_4},

        {"a parameter in an open range", .change = open_over_fluence, .fault = REGMAP_OVERLAP_OPEN,
         .row = ROW_FLUENCE},
        {"half a parameter in an open range", .change = open_over_second_word,
         .fault = REGMAP_OVERLAP_OPEN, .row = ROW_ENERGY},
        {"fire in an open range",
         ROW_FIRE,
         {HOLDING(1099, U16), .role = ROLE_FIRE},
         .fault = REGMAP_OVERLAP_OPEN,
         .row = ROW_FIRE},
        {"a row just behind an open range",
         ROW_FIRE,
         {HOLDING(1100, U16), .role = ROLE_FIRE},
         .fault = REGMAP_OK,
         .row = -1},
        {"a row just before an open range",
         ROW_FIRE,
         {HOLDING(999, U16), .role = ROLE_FIRE},
         .fault = REGMAP_OK,
         .row = -1},
        {"fire in a range open for reading",
         ROW_FIRE,
         {HOLDING(0x30, U16), .role = ROLE_FIRE},
         .fault = REGMAP_OK,
         .row = -1},

        {"neither stop nor off has a value", .change = no_stop_at_all, .fault = REGMAP_NO_STOP,
         .row = -1},
        {"neither can be written", .change = stop_not_writable, .fault = REGMAP_NO_STOP, .row = -1},
        {"neither value fits", .change = stop_no_bit, .fault = REGMAP_NO_STOP, .row = -1},
        {"off is the same as on", .change = off_is_on, .fault = REGMAP_NO_STOP, .row = -1},
        {"neither arm nor stop", .change = neither_arm_nor_stop, .fault = REGMAP_NO_STOP,
         .row = -1},
        {"no state", .change = no_state, .fault = REGMAP_NO_STATE, .row = -1},
        {"a state that cannot be read", .change = state_not_readable, .fault = REGMAP_NO_STATE,
         .row = -1},
        {"a state that does not tell emitting", .change = state_without_emitting,
         .fault = REGMAP_NO_STATE, .row = -1},
        {"both, but no fluence", .change = both_but_no_fluence, .fault = REGMAP_NO_FLUENCE,
         .row = -1},
        {"both, but no energy", .change = both_but_no_energy, .fault = REGMAP_NO_FLUENCE,
         .row = -1},
        {"reported, but not readable", .change = reported_but_write_only,
         .fault = REGMAP_NO_FLUENCE, .row = -1},
        {"derived, but of no area", .change = derived_but_no_area, .fault = REGMAP_NO_FLUENCE,
         .row = -1},
        {"derived, but of no energy", .change = derived_but_no_energy, .fault = REGMAP_NO_FLUENCE,
         .row = -1},
};

/* --- what is well ------------------------------------------------------------------------ */

static void well(void (*change)(struct profile *p))
{
	struct profile p = given_rows();
	int row;

	change(&p);
	assert_i64(regmap_prepare(&p, &row), REGMAP_OK);
}

static void stop_by_off_alone(struct profile *p)
{
	p->reg[ROW_STOP].role = ROLE_PLAIN;
}

static void stop_alone(struct profile *p)
{
	p->reg[ROW_ARM].role = ROLE_PLAIN;
}

static void arm_without_off(struct profile *p)
{
	p->reg[ROW_ARM].has_off = false;
}

static void off_without_on(struct profile *p)
{
	p->reg[ROW_ARM].has_on = false;
	p->reg[ROW_ARM].off = 1;
}

static void derived_from_a_tip(struct profile *p)
{
	p->fluence = FLUENCE_DERIVED;
	p->reg[ROW_SPOT].param = TIP_AREA_UM2;
	p->reg[ROW_FLUENCE].role = ROLE_PLAIN;
}

static void reported_alone(struct profile *p)
{
	p->fluence = FLUENCE_REPORTED;
	p->reg[ROW_ENERGY].role = ROLE_PLAIN;
}

static void without_fluence(struct profile *p)
{
	p->fluence = FLUENCE_NONE;
	p->reg[ROW_FLUENCE].role = p->reg[ROW_ENERGY].role = ROLE_PLAIN;
}

static void without_a_class(struct profile *p)
{
	p->device_class[0] = '\0';
	p->reg[ROW_FLUENCE].role = p->reg[ROW_ARM].role = p->reg[ROW_STOP].role = ROLE_PLAIN;
	p->reg[ROW_STATE].role = ROLE_STATUS;
}

static void exactly_full(struct profile *p)
{
	add_texts(p, 20, 8, 8);
	add_texts(p, 1, 2, 0);
	p->reg[p->n_regs - 1].address = 300;
}

static void what_is_enough(void **state)
{
	(void)state;
	well(stop_by_off_alone);
	well(stop_alone);
	well(arm_without_off);
	well(off_without_on);
	well(derived_from_a_tip);
	well(reported_alone);
	well(without_fluence);
	well(without_a_class);
	well(exactly_full);
	well(exactly_as_many_reads);
}

static void faults_have_words(void **state)
{
	(void)state;
	assert_text(regmap_fault_words(REGMAP_OK), "");
	for (enum regmap_fault f = REGMAP_OVERLAP; f <= REGMAP_TOO_MANY; f++)
		assert_true(strlen(regmap_fault_words(f)) > 20);
}

int main(void)
{
	const struct CMUnitTest others[] = {
	        cmocka_unit_test(what_is_enough),
	        cmocka_unit_test(faults_have_words),
	};
	int failures = RUN_ROWS("faults", FAULTY, is_faulty);

	failures += cmocka_run_group_tests_name("what is well", others, NULL, NULL);
	return failures != 0;
}
