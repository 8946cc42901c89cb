/*
 * given_regmap: one device's registers with every kind of row, for the tests of regmap.
 *
 *   holding 0x10 fluence u16      0x12 energy u32      0x14 spot u16
 *           0x15 packed: bits 0..1 cooling, 4..5 tip, 8 plain     0x16 pulse width u32
 *           0x18 plain, write only          0x1A packed: bits 0..3 plain, 12..15 status, read only
 *           0x1C handpiece u16, read only   0x20 heartbeat        0x21 fire
 *           0x30..0x3F open, read only      1000..1099 open
 *   coil    0 arm   1 stop   2 plain   3 fire   4 plain   100..107 open
 *   discrete 0 interlock
 *   input   0 state   2 pulse counter u32   32..37 serial, text
 */
#ifndef TESTS_GIVEN_REGMAP_H
#define TESTS_GIVEN_REGMAP_H

#include "given.h"

#include "core/regmap.h"

enum given_row {
	ROW_FLUENCE,
	ROW_ENERGY,
	ROW_SPOT,
	ROW_COOLING,
	ROW_TIP,
	ROW_PACKED_PLAIN,
	ROW_WIDTH,
	ROW_WRITE_ONLY,
	ROW_HALF_PLAIN,
	ROW_HALF_STATUS,
	ROW_HANDPIECE,
	ROW_HEARTBEAT,
	ROW_FIRE,
	ROW_ARM,
	ROW_STOP,
	ROW_COIL_2,
	ROW_FIRE_COIL,
	ROW_COIL_4,
	ROW_INTERLOCK,
	ROW_STATE,
	ROW_COUNTER,
	ROW_SERIAL,
	ROWS
};
#define BIT(row) (UINT64_C(1) << (row))

#define HOLDING(at, enc) .table = TABLE_HOLDING, .address = (at), .encoding = ENC_##enc
#define COIL(at)         .table = TABLE_COIL, .address = (at), .encoding = ENC_BIT
#define INPUT(at, enc)   .table = TABLE_INPUT, .address = (at), .encoding = ENC_##enc
#define PARAM(p)         .role = ROLE_PARAMETER, .param = (p), .hard = SPAN_ALL
#define SCALE(n, d)      .num = (n), .den = (d)
#define BITS_AT(at, n)   .bit_first = (at), .bit_count = (n)
#define R                .readable = true
#define RW               .readable = true, .writable = true
#define W                .writable = true

static const struct reg GIVEN_ROWS[ROWS] = {
        [ROW_FLUENCE] = {HOLDING(0x10, U16), PARAM(FLUENCE_UJ_CM2), SCALE(100000, 1), RW},
        [ROW_ENERGY] = {HOLDING(0x12, U32), PARAM(ENERGY_UJ), SCALE(1000, 1), RW},
        [ROW_SPOT] = {HOLDING(0x14, U16), PARAM(SPOT_UM), SCALE(100, 1), RW},
        [ROW_COOLING] = {HOLDING(0x15, BITS), BITS_AT(0, 2), PARAM(COOLING), RW, .n_choices = 2,
                         .choice = {{0, 7}, {1, 8}}},
        [ROW_TIP] = {HOLDING(0x15, BITS), BITS_AT(4, 2), PARAM(TIP), RW, .n_choices = 2,
                     .choice = {{0, 9}, {1, 10}}},
        [ROW_PACKED_PLAIN] = {HOLDING(0x15, BITS), BITS_AT(8, 1), .role = ROLE_PLAIN, RW},
        [ROW_WIDTH] = {HOLDING(0x16, U32), PARAM(WIDTH_PS), SCALE(1000000, 1), RW},
        [ROW_WRITE_ONLY] = {HOLDING(0x18, U16), .role = ROLE_PLAIN, W},
        [ROW_HALF_PLAIN] = {HOLDING(0x1A, BITS), BITS_AT(0, 4), .role = ROLE_PLAIN, RW},
        [ROW_HALF_STATUS] = {HOLDING(0x1A, BITS), BITS_AT(12, 4), .role = ROLE_STATUS, R},
        [ROW_HANDPIECE] = {HOLDING(0x1C, U16), .role = ROLE_HANDPIECE, R},
        [ROW_HEARTBEAT] = {HOLDING(0x20, U16), .role = ROLE_HEARTBEAT, R, .hard = {1, 65535}},
        [ROW_FIRE] = {HOLDING(0x21, U16), .role = ROLE_FIRE},
        [ROW_ARM] = {COIL(0), .role = ROLE_ARM, RW, .has_on = true, .on = 1, .has_off = true},
        [ROW_STOP] = {COIL(1), .role = ROLE_STOP, RW, .has_on = true, .on = 1},
        [ROW_COIL_2] = {COIL(2), .role = ROLE_PLAIN, RW},
        [ROW_FIRE_COIL] = {COIL(3), .role = ROLE_FIRE, R},
        [ROW_COIL_4] = {COIL(4), .role = ROLE_PLAIN, RW},
        [ROW_INTERLOCK] = {.table = TABLE_DISCRETE, .encoding = ENC_BIT, .role = ROLE_INTERLOCK, R},
        [ROW_STATE] = {INPUT(0, U16), .role = ROLE_STATE, R, .n_choices = 4,
                       .choice = {{0, DEVICE_STANDBY},
                                  {1, DEVICE_ARMED},
                                  {2, DEVICE_EMITTING},
                                  {9, DEVICE_FAULT}}},
        [ROW_COUNTER] = {INPUT(2, U32), .role = ROLE_PULSE_COUNTER, R},
        [ROW_SERIAL] = {INPUT(32, TEXT), .role = ROLE_SERIAL, R, .words = 6},
};

/* As a file would give it; not prepared. */
static inline struct profile given_rows(void)
{
	struct profile p = {.device_class = "alexandrite_755_lp",
	                    .fluence = FLUENCE_BOTH,
	                    .mask_write = true,
	                    .read_write = true,
	                    .diagnostics = true,
	                    .n_regs = ROWS,
	                    .n_open = 3,
	                    .open = {{TABLE_HOLDING, 0x30, 0x3F, true, false},
	                             {TABLE_HOLDING, 1000, 1099, true, true},
	                             {TABLE_COIL, 100, 107, true, true}}};

	memcpy(p.reg, GIVEN_ROWS, sizeof(GIVEN_ROWS));
	return p;
}

static inline struct profile given_profile(void)
{
	struct profile p = given_rows();
	int row;

	must(regmap_prepare(&p, &row) == REGMAP_OK);
	return p;
}

/* No rows, everything open: what the gate only passes on. */
static inline struct profile given_transparent(void)
{
	struct profile p = {.n_open = 4,
	                    .open = {{TABLE_COIL, 0, 65535, true, true},
	                             {TABLE_DISCRETE, 0, 65535, true, false},
	                             {TABLE_INPUT, 0, 65535, true, false},
	                             {TABLE_HOLDING, 0, 65535, true, true}}};
	int row;

	must(regmap_prepare(&p, &row) == REGMAP_OK);
	return p;
}

#endif
