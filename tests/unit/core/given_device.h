/*
 * given_device: an alexandrite laser's registers, for the tests of the judge.
 *
 * Every parameter is one holding register (energy two), so that a test may say "write 18 mm" and
 * mean one write. given_device() gives one that reports its fluence; given_device_of() one that
 * knows it otherwise.
 */
#ifndef TESTS_GIVEN_DEVICE_H
#define TESTS_GIVEN_DEVICE_H

#include "core/verdict.h"
#include "given_library.h"

/* A parameter and its value; lists of them end with value 0. */
struct given_value {
	enum param param;
	int64_t value;
};
#define GIVEN_VALUES 9

static inline struct reg *given_reg(struct profile *p, enum param param, enum encoding encoding,
                                    int64_t num)
{
	struct reg *r = &p->reg[p->n_regs];

	*r = (struct reg){.table = TABLE_HOLDING,
	                  .address = (uint16_t)(0x10 + 2 * p->n_regs),
	                  .words = encoding == ENC_U32 ? 2 : 1,
	                  .encoding = encoding,
	                  .role = ROLE_PARAMETER,
	                  .param = param,
	                  .readable = true,
	                  .writable = true,
	                  .num = num,
	                  .den = 1,
	                  .hard = SPAN_ALL};
	p->n_regs++;
	return r;
}

/* "0 air, 1 cryogen, 2 contact", and 3 which means nothing. */
static inline void given_cooling(struct profile *p)
{
	struct reg *r = given_reg(p, COOLING, ENC_U16, 1);

	r->n_choices = 3;
	for (uint16_t i = 0; i < 3; i++)
		r->choice[i] = (struct reg_choice){.raw = i, .value = i + 1};
}

static inline void given_state(struct profile *p)
{
	struct reg *state = given_reg(p, PARAM_NONE, ENC_U16, 1);
	struct reg *arm;

	state->table = TABLE_INPUT;
	state->role = ROLE_STATE;
	state->writable = false;
	state->n_choices = DEVICE_STATE_COUNT - 1;
	for (uint16_t i = 0; i < state->n_choices; i++)
		state->choice[i] = (struct reg_choice){.raw = i, .value = i + 1};
	arm = given_reg(p, PARAM_NONE, ENC_BIT, 1);
	arm->table = TABLE_COIL;
	arm->role = ROLE_ARM;
	arm->has_on = arm->has_off = true;
	arm->on = 1;
}

/* The device may be told 1 to 60 J/cm2 (CAN13's device) and at most 10 Hz; steps of 0.1 J/cm2,
 * 0.1 mm, 0.1 ms, 0.1 Hz, 1 ms of spray, 1 mJ. */
static inline void given_device_of(struct profile *p, enum fluence_source how)
{
	int row;

	memset(p, 0, sizeof(*p));
	memcpy(p->name, "given", 6);
	memcpy(p->device_class, "alexandrite_755_lp", 19);
	p->fluence = how;
	if (how == FLUENCE_REPORTED || how == FLUENCE_BOTH)
		given_reg(p, FLUENCE_UJ_CM2, ENC_U16, 100000)->hard =
		        (struct span){1000000, 60000000};
	if (how == FLUENCE_DERIVED || how == FLUENCE_BOTH)
		given_reg(p, ENERGY_UJ, ENC_U32, 1000)->hard = (struct span){INT64_MIN, 80000000};
	given_reg(p, SPOT_UM, ENC_U16, 100);
	given_reg(p, WIDTH_PS, ENC_U16, 100000000);
	given_reg(p, WAVELENGTH_NM, ENC_U16, 1);
	given_reg(p, RATE_MILLIHZ, ENC_U16, 100)->hard = (struct span){INT64_MIN, 10000};
	given_cooling(p);
	given_reg(p, SPRAY_PS, ENC_U16, 1000000000);
	given_reg(p, DELAY_PS, ENC_U16, 1000000000);
	given_state(p);
	must(regmap_prepare(p, &row) == REGMAP_OK);
}

static inline uint64_t given_row_of_param(const struct profile *p, enum param param)
{
	for (uint16_t i = 0; i < p->n_regs; i++)
		if (p->reg[i].role == ROLE_PARAMETER && p->reg[i].param == param)
			return UINT64_C(1) << i;
	return 0;
}

/* Puts a value where the device would report it; ends the test when no register holds it. */
static inline void given_put(const struct profile *p, struct image *image, enum param param,
                             int64_t value)
{
	const struct reg *r = regmap_param_row(p, param);

	must(r != NULL);
	must(reg_encode(r, value, &image->word[r->at]));
	image->known |= given_row_of_param(p, param);
}

/* Puts all; the rows touched. */
static inline uint64_t given_put_all(const struct profile *p, struct image *image,
                                     const struct given_value *v)
{
	uint64_t rows = 0;

	for (size_t i = 0; i < GIVEN_VALUES && v[i].value != 0; i++) {
		given_put(p, image, v[i].param, v[i].value);
		rows |= given_row_of_param(p, v[i].param);
	}
	return rows;
}

static inline void given_put_state(const struct profile *p, struct image *image,
                                   enum device_state state)
{
	const struct reg *r = regmap_row(p, ROLE_STATE);

	image->word[r->at] = (uint16_t)(state - 1);
	image->known |= UINT64_C(1) << (r - p->reg);
}

#endif
