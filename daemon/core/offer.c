/* What would be allowed instead. */
#include "core/checks.h"

/* Base units from one value of the register to the next: num / gcd(num, den). */
static int64_t step_of(const struct reg *reg)
{
	int64_t a = reg->num, b = reg->den;

	while (b != 0) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return reg->num / a;
}

/* Into the span on its dangerous side only, and on a step the register holds (NULL: any). */
static int64_t inside(enum param p, struct span s, const struct reg *reg, int64_t v)
{
	enum danger danger = param_info(p)->danger;
	int64_t step = reg != NULL && reg->encoding != ENC_F32 ? step_of(reg) : 1;

	if (danger == DANGER_UP && v > s.hi)
		return s.hi - s.hi % step;
	if (danger == DANGER_DOWN && v < s.lo)
		return s.lo + (step - s.lo % step) % step;
	return v;
}

static void bring_param(const struct profile *p, enum param param, struct span s,
                        struct settings *out)
{
	if (settings_has(out, param))
		out->value[param] = inside(param, s, regmap_param_row(p, param), out->value[param]);
}

static bool fluence_within(const struct profile *p, const struct settings *s, int64_t ceiling)
{
	struct settings dose;
	enum dose_status status = dose_complete(p->fluence, s, &dose);

	return (status == DOSE_OK || status == DOSE_DISAGREES) &&
	       dose.value[FLUENCE_UJ_CM2] <= ceiling;
}

/* The largest energy whose fluence, rounded up, does not pass the ceiling: by halving, because
 * the fluence never falls when the energy rises. */
static void bring_energy(const struct profile *p, int64_t ceiling, struct settings *out)
{
	struct settings at = *out;
	int64_t lo = 0, hi = out->value[ENERGY_UJ];

	while (lo < hi) {
		at.value[ENERGY_UJ] = hi - (hi - lo) / 2;
		if (fluence_within(p, &at, ceiling))
			lo = at.value[ENERGY_UJ];
		else
			hi = at.value[ENERGY_UJ] - 1;
	}
	bring_param(p, ENERGY_UJ, (struct span){INT64_MIN, lo}, out);
}

/* At the same product the denser pattern is the riskier one (CHAN07, P): the density gives way. */
static void bring_density(const struct profile *p, int64_t ceiling, struct settings *out)
{
	int64_t energy = settings_has(out, ENERGY_UJ) ? out->value[ENERGY_UJ] : 0;

	if (energy > 0)
		bring_param(p, DENSITY_PER_CM2, (struct span){INT64_MIN, ceiling / energy}, out);
}

/* What is computed is brought inside by what it is computed from. */
static void bring_computed(const struct profile *p, enum param param, int64_t ceiling,
                           struct settings *out)
{
	bool by_energy = p->fluence == FLUENCE_DERIVED || p->fluence == FLUENCE_BOTH;

	if (param == PRODUCT_UJ_CM2)
		bring_density(p, ceiling, out);
	if (param == FLUENCE_UJ_CM2 && by_energy && settings_has(out, ENERGY_UJ))
		bring_energy(p, ceiling, out);
}

/* The first that moved may stay; the others go back to the last dose. */
static void bring_back(const struct profile *p, const struct one_step *o, struct settings *out)
{
	bool moved = false;

	for (uint8_t i = 0; i < o->n; i++) {
		enum param param = (enum param)o->param[i];
		struct settings dose;

		(void)!dose_complete(p->fluence, out, &dose);
		if (!one_step_moved(o, i, &dose))
			continue;
		if (moved) {
			bring_param(p, param, (struct span){o->last[i], o->last[i]}, out);
			bring_computed(p, param, o->last[i], out);
		}
		moved = true;
	}
}

void verdict_bring_inside(const struct profile *p, const struct cell *cell,
                          const struct settings *asked, struct settings *out)
{
	*out = *asked;
	for (uint8_t i = 0; i < cell->n_limit; i++)
		bring_param(p, cell->limit[i].param, cell->limit[i].soft, out);
	for (uint16_t i = 0; i < p->n_regs; i++)
		if (p->reg[i].role == ROLE_PARAMETER)
			bring_param(p, p->reg[i].param, p->reg[i].hard, out);
	for (uint8_t i = 0; i < cell->n_limit; i++)
		if (cell->limit[i].param == PRODUCT_UJ_CM2)
			bring_computed(p, PRODUCT_UJ_CM2, cell->limit[i].soft.hi, out);
	for (uint8_t i = 0; i < cell->n_limit; i++)
		if (cell->limit[i].param == FLUENCE_UJ_CM2)
			bring_computed(p, FLUENCE_UJ_CM2, cell->limit[i].soft.hi, out);
	bring_back(p, &cell->one_step, out);
}
