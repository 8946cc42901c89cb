#include "library_reach.h"

/* --- a register ------------------------------------------------------------------------------ */

/* The numbers it can hold before any scale; a float is bounded by its hard range alone. */
static struct span raws(const struct reg *r)
{
	switch (r->encoding) {
	case ENC_U16:
		return (struct span){0, UINT16_MAX};
	case ENC_S16:
		return (struct span){INT16_MIN, INT16_MAX};
	case ENC_U32:
		return (struct span){0, UINT32_MAX};
	case ENC_S32:
		return (struct span){INT32_MIN, INT32_MAX};
	case ENC_BITS:
		return (struct span){0, (INT64_C(1) << r->bit_count) - 1};
	case ENC_BIT:
		return (struct span){0, 1};
	case ENC_F32:
	case ENC_TEXT:
	case ENCODING_COUNT:
		return SPAN_ALL;
	}
	return SPAN_ALL;
}

static struct span both(struct span a, struct span b)
{
	return (struct span){a.lo > b.lo ? a.lo : b.lo, a.hi < b.hi ? a.hi : b.hi};
}

static int64_t scaled(int64_t raw, const struct reg *r)
{
	int64_t product;

	if (raw == INT64_MIN || raw == INT64_MAX)
		return raw;
	if (__builtin_mul_overflow(raw, r->num, &product))
		return raw < 0 ? INT64_MIN : INT64_MAX;
	return product / r->den;
}

static struct reach reach_of_reg(const struct reg *r)
{
	struct span raw = raws(r);
	struct reach out = {.known = true};

	out.span = both((struct span){scaled(raw.lo, r), scaled(raw.hi, r)}, r->hard);
	for (int i = 0; i < r->n_choices; i++)
		out.choices |= UINT64_C(1) << (r->choice[i].value - 1);
	return out;
}

/* Is there a step of the register within the span? Of one too wide to count in 64 bits: yes. */
static bool has_step(const struct reg *r, struct span s)
{
	int64_t lo, hi;

	if (s.lo > s.hi)
		return false;
	if (r->encoding == ENC_F32 || __builtin_mul_overflow(s.lo, r->den, &lo) ||
	    __builtin_mul_overflow(s.hi, r->den, &hi))
		return true;
	return lo / r->num + (lo % r->num > 0) <= hi / r->num - (hi % r->num < 0);
}

/* --- a device -------------------------------------------------------------------------------- */

/* Reported, and narrowed to what the row selects. */
static struct reach reported(const struct profile *p, const struct row *row, enum param param)
{
	const struct reg *r = regmap_param_row(p, param);
	const struct select *sel = limits_select(row, param);
	struct reach out = r == NULL ? (struct reach){.known = false} : reach_of_reg(r);

	if (sel == NULL)
		return out;
	out.span = both(out.span, sel->span);
	out.choices &= sel->choices;
	return out;
}

/* Of energy over a spot or a tip: the most over the least area, the least over the largest. */
static struct reach derived_fluence(const struct profile *p, const struct row *row)
{
	struct reach energy = reported(p, row, ENERGY_UJ), spot = reported(p, row, SPOT_UM);
	struct reach area = reported(p, row, TIP_AREA_UM2);
	struct reach out = {.known = energy.known && (spot.known || area.known),
	                    .span = {0, INT64_MAX}};
	int64_t end;

	if (!spot.known)
		spot.span = (struct span){0, 0};
	if (dose_fluence_at_most(energy.span.hi, spot.span.lo, area.span.lo, &end))
		out.span.hi = end;
	if (dose_fluence_at_least(energy.span.lo, spot.span.hi, area.span.hi, &end))
		out.span.lo = end;
	return out;
}

static struct reach fluence(const struct profile *p, const struct row *row)
{
	struct reach said = reported(p, row, FLUENCE_UJ_CM2), derived = derived_fluence(p, row);

	if (p->fluence == FLUENCE_REPORTED)
		return said;
	if (p->fluence == FLUENCE_DERIVED)
		return derived;
	if (p->fluence == FLUENCE_BOTH && derived.known && said.known) /* the larger counts */
		said.span.hi = derived.span.hi > said.span.hi ? derived.span.hi : said.span.hi;
	said.known = said.known && p->fluence == FLUENCE_BOTH;
	return said;
}

static int64_t times(int64_t a, int64_t b)
{
	int64_t product;

	return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

struct reach reach_of(const struct profile *p, const struct row *row, enum param param)
{
	struct reach a, b;

	if (param == FLUENCE_UJ_CM2)
		return fluence(p, row);
	if (param != PRODUCT_UJ_CM2 && param != IRRADIANCE_UW_CM2)
		return reported(p, row, param);
	a = param == PRODUCT_UJ_CM2 ? reported(p, row, ENERGY_UJ) : fluence(p, row);
	b = reported(p, row, param == PRODUCT_UJ_CM2 ? DENSITY_PER_CM2 : RATE_MILLIHZ);
	a.known = a.known && b.known;
	a.span = (struct span){times(a.span.lo, b.span.lo), times(a.span.hi, b.span.hi)};
	if (param == IRRADIANCE_UW_CM2) /* as dose_complete: a thousandth, the mHz */
		a.span = (struct span){a.span.lo / 1000,
		                       a.span.hi == INT64_MAX ? INT64_MAX : a.span.hi / 1000 + 1};
	return a;
}

bool reach_selects(const struct profile *p, const struct select *sel)
{
	const struct reg *r = regmap_param_row(p, sel->param);
	struct reach can;

	if (r == NULL)
		return false;
	can = reach_of_reg(r);
	if (param_is_choice(sel->param))
		return (can.choices & sel->choices) != 0;
	return has_step(r, both(can.span, sel->span));
}

bool reach_fits(const struct profile *p, const struct row *row)
{
	for (uint8_t i = 0; i < row->n_select; i++)
		if (!reach_selects(p, &row->select[i]))
			return false;
	return true;
}
