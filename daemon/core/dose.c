#include "core/dose.h"

#include <string.h>

#include "core/text.h"

/* --- parameters -------------------------------------------------------------------------- */

static const struct param_info PARAMS[PARAM_COUNT] = {
#define X(id, name, words, dim, exp, unit, danger) [id] = {name, words, {dim, exp, unit}, danger},
        PARAM_MAP(X)
#undef X
};

const struct param_info *param_info(enum param p)
{
	return &PARAMS[p];
}

enum param param_named(const char *name)
{
	for (unsigned p = 0; p < PARAM_COUNT; p++) {
		if (strcmp(PARAMS[p].name, name) == 0)
			return (enum param)p;
	}
	return PARAM_NONE;
}

/* --- names for choices -------------------------------------------------------------------- */

int64_t symbols_find(const struct symbols *s, const char *name)
{
	for (uint16_t i = 0; i < s->count; i++) {
		if (strcmp(s->name[i], name) == 0)
			return i + 1;
	}
	return 0;
}

int64_t symbols_intern(struct symbols *s, const char *name)
{
	size_t len = strlen(name);
	int64_t value = symbols_find(s, name);

	if (value != 0)
		return value;
	if (len == 0 || len >= SYMBOL_LEN || s->count >= SYMBOLS_MAX)
		return 0;
	text_copy(s->name[s->count], SYMBOL_LEN, name);
	s->count++;
	return s->count;
}

const char *symbols_name(const struct symbols *s, int64_t value)
{
	if (value < 1 || value > s->count)
		return "?";
	return s->name[value - 1];
}

/* --- settings ----------------------------------------------------------------------------- */

void settings_set(struct settings *s, enum param p, int64_t value)
{
	s->known |= PARAM_BIT(p);
	s->value[p] = value;
}

bool settings_equal(const struct settings *a, const struct settings *b)
{
	if (a->known != b->known)
		return false;
	for (unsigned p = 0; p < PARAM_COUNT; p++) {
		if (settings_has(a, (enum param)p) && a->value[p] != b->value[p])
			return false;
	}
	return true;
}

/* --- as text ------------------------------------------------------------------------------ */

static const struct symbols NO_SYMBOLS;

static const struct symbols *or_none(const struct symbols *symbols)
{
	return symbols != NULL ? symbols : &NO_SYMBOLS;
}

size_t dose_format(const struct symbols *symbols, enum param p, int64_t value, char *buf,
                   size_t len)
{
	struct text t;

	if (PARAMS[p].measure.dimension != DIM_CHOICE)
		return quantity_format(value, PARAMS[p].measure, buf, len);
	t = text_in(buf, len);
	text_put(&t, symbols_name(or_none(symbols), value));
	return t.needed;
}

enum quantity_status dose_parse(const struct symbols *symbols, enum param p, const char *text,
                                int64_t *out)
{
	int64_t value;

	if (PARAMS[p].measure.dimension != DIM_CHOICE)
		return quantity_parse(text, PARAMS[p].measure, out);
	value = symbols_find(or_none(symbols), text);
	if (value == 0)
		return QUANTITY_UNKNOWN_UNIT;
	*out = value;
	return QUANTITY_OK;
}

size_t dose_format_settings(const struct symbols *symbols, const struct settings *s, char *buf,
                            size_t len)
{
	struct text t = text_in(buf, len);
	char value[SYMBOL_LEN + 32]; /* a name, or 20 digits, a point, zeros and a unit */

	for (unsigned p = 0; p < PARAM_COUNT; p++) {
		if (!settings_has(s, (enum param)p))
			continue;
		dose_format(symbols, (enum param)p, s->value[p], value, sizeof(value));
		text_put(&t, t.needed > 0 ? ", " : "");
		text_put(&t, PARAMS[p].name);
		text_put(&t, " ");
		text_put(&t, value);
	}
	return t.needed;
}

/* --- fluence ------------------------------------------------------------------------------ */

/* pi between two neighbours of its continued fraction, 1e-10 apart from it on either side. */
#define PI_BELOW_NUM 103993
#define PI_BELOW_DEN 33102
#define PI_ABOVE_NUM 104348
#define PI_ABOVE_DEN 33215

#define UM2_PER_CM2 INT64_C(100000000)

enum rounding { ROUND_DOWN, ROUND_UP };

/* a * b / c of what is not negative, c positive. */
static bool mul_div(int64_t a, int64_t b, int64_t c, enum rounding to, int64_t *out)
{
	int64_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*out = product / c + (to == ROUND_UP && product % c != 0);
	return true;
}

/* E / (pi d^2 / 4), in two steps so that 64 bits hold both products: pi times the fluence first. */
static bool over_spot(int64_t energy_uj, int64_t diameter_um, enum rounding to, int64_t *uj_cm2)
{
	int64_t square;
	int64_t pi_times;

	if (__builtin_mul_overflow(diameter_um, diameter_um, &square))
		return false;
	if (!mul_div(energy_uj, 4 * UM2_PER_CM2, square, to, &pi_times))
		return false;
	if (to == ROUND_UP)
		return mul_div(pi_times, PI_BELOW_DEN, PI_BELOW_NUM, to, uj_cm2);
	return mul_div(pi_times, PI_ABOVE_DEN, PI_ABOVE_NUM, to, uj_cm2);
}

static bool fluence_over(int64_t energy_uj, int64_t diameter_um, int64_t area_um2, enum rounding to,
                         int64_t *uj_cm2)
{
	if (energy_uj <= 0 || diameter_um < 0)
		return false;
	if (diameter_um > 0)
		return over_spot(energy_uj, diameter_um, to, uj_cm2);
	if (area_um2 <= 0)
		return false;
	return mul_div(energy_uj, UM2_PER_CM2, area_um2, to, uj_cm2);
}

bool dose_fluence_at_most(int64_t energy_uj, int64_t diameter_um, int64_t area_um2, int64_t *uj_cm2)
{
	return fluence_over(energy_uj, diameter_um, area_um2, ROUND_UP, uj_cm2);
}

bool dose_fluence_at_least(int64_t energy_uj, int64_t diameter_um, int64_t area_um2,
                           int64_t *uj_cm2)
{
	return fluence_over(energy_uj, diameter_um, area_um2, ROUND_DOWN, uj_cm2);
}

/* --- the fluence that counts -------------------------------------------------------------- */

static bool derived_known(const struct settings *s)
{
	return settings_has(s, ENERGY_UJ) &&
	       (s->known & (PARAM_BIT(SPOT_UM) | PARAM_BIT(TIP_AREA_UM2))) != 0;
}

static bool derive(const struct settings *s, int64_t *uj_cm2)
{
	int64_t spot = settings_has(s, SPOT_UM) ? s->value[SPOT_UM] : 0;
	int64_t area = settings_has(s, TIP_AREA_UM2) ? s->value[TIP_AREA_UM2] : 0;

	return dose_fluence_at_most(s->value[ENERGY_UJ], spot, area, uj_cm2);
}

static int64_t permille_of(int64_t value, int64_t permille)
{
	return value / 1000 * permille + value % 1000 * permille / 1000;
}

/* The derived one is always positive; a reported one may be anything a register can say. */
static enum dose_status compare(int64_t reported, int64_t derived, struct settings *out)
{
	int64_t larger = reported > derived ? reported : derived;
	int64_t smaller = reported > derived ? derived : reported;
	uint64_t apart = (uint64_t)larger - (uint64_t)smaller;
	int64_t allowed = permille_of(larger, DOSE_TOLERANCE_PERMILLE);

	settings_set(out, FLUENCE_UJ_CM2, larger);
	return apart > (uint64_t)allowed ? DOSE_DISAGREES : DOSE_OK;
}

static enum dose_status complete_fluence(enum fluence_source how, const struct settings *in,
                                         struct settings *out)
{
	bool wants_reported = how == FLUENCE_REPORTED || how == FLUENCE_BOTH;
	bool wants_derived = how == FLUENCE_DERIVED || how == FLUENCE_BOTH;
	int64_t derived;

	*out = *in;
	if (wants_reported && !settings_has(in, FLUENCE_UJ_CM2))
		return DOSE_HALF_KNOWN;
	if (!wants_derived)
		return DOSE_OK;
	if (!derived_known(in))
		return DOSE_HALF_KNOWN;
	if (!derive(in, &derived))
		return DOSE_NOT_COMPUTABLE;
	if (wants_reported)
		return compare(in->value[FLUENCE_UJ_CM2], derived, out);
	/* A fluence left over from before would hide that the energy has changed. */
	settings_set(out, FLUENCE_UJ_CM2, derived);
	return DOSE_OK;
}

/* What cannot be computed stays unknown, and a row that limits it then holds. */
static void complete_product(struct settings *s)
{
	int64_t product;

	s->known &= ~PARAMS_COMPUTED;
	if (settings_has(s, ENERGY_UJ) && settings_has(s, DENSITY_PER_CM2) &&
	    !__builtin_mul_overflow(s->value[ENERGY_UJ], s->value[DENSITY_PER_CM2], &product))
		settings_set(s, PRODUCT_UJ_CM2, product);
	/* uJ/cm2 times mHz is a thousandth of uW/cm2; rounded up */
	if (settings_has(s, FLUENCE_UJ_CM2) && settings_has(s, RATE_MILLIHZ) &&
	    !__builtin_mul_overflow(s->value[FLUENCE_UJ_CM2], s->value[RATE_MILLIHZ], &product))
		settings_set(s, IRRADIANCE_UW_CM2, product / 1000 + (product % 1000 > 0));
}

enum dose_status dose_complete(enum fluence_source how, const struct settings *in,
                               struct settings *out)
{
	enum dose_status status = complete_fluence(how, in, out);

	complete_product(out);
	return status;
}

enum dose_status dose_complete_told(const struct settings *in, struct settings *out)
{
	bool fluence = settings_has(in, FLUENCE_UJ_CM2);

	if (derived_known(in))
		return dose_complete(fluence ? FLUENCE_BOTH : FLUENCE_DERIVED, in, out);
	return dose_complete(fluence ? FLUENCE_REPORTED : FLUENCE_NONE, in, out);
}

/* --- the energy of a pulse ------------------------------------------------------------------- */

static bool energy_on_spot(int64_t uj_cm2, int64_t diameter_um, int64_t *energy_uj)
{
	int64_t square, on_square;

	if (__builtin_mul_overflow(diameter_um, diameter_um, &square) ||
	    !mul_div(uj_cm2, square, UM2_PER_CM2, ROUND_UP, &on_square))
		return false;
	return mul_div(on_square, PI_ABOVE_NUM, 4 * PI_ABOVE_DEN, ROUND_UP, energy_uj);
}

bool dose_energy(const struct settings *s, int64_t *energy_uj)
{
	if (settings_has(s, ENERGY_UJ)) {
		*energy_uj = s->value[ENERGY_UJ];
		return true;
	}
	if (!settings_has(s, FLUENCE_UJ_CM2) || s->value[FLUENCE_UJ_CM2] < 0)
		return false;
	if (settings_has(s, SPOT_UM))
		return energy_on_spot(s->value[FLUENCE_UJ_CM2], s->value[SPOT_UM], energy_uj);
	return settings_has(s, TIP_AREA_UM2) && s->value[TIP_AREA_UM2] >= 0 &&
	       mul_div(s->value[FLUENCE_UJ_CM2], s->value[TIP_AREA_UM2], UM2_PER_CM2, ROUND_UP,
	               energy_uj);
}

/* --- what was measured ---------------------------------------------------------------------- */

static bool energy_within(int64_t set, int64_t delivered)
{
	int64_t allowed = permille_of(set, DOSE_OUTPUT_PERMILLE);

	return delivered >= set - allowed && delivered <= set + allowed;
}

/* As a fluence, each side rounded so that an output just within is never blamed. */
static bool fluence_within(const struct settings *set, int64_t delivered)
{
	int64_t fluence = set->value[FLUENCE_UJ_CM2];
	int64_t allowed = permille_of(fluence, DOSE_OUTPUT_PERMILLE);
	int64_t spot = settings_has(set, SPOT_UM) ? set->value[SPOT_UM] : 0;
	int64_t area = settings_has(set, TIP_AREA_UM2) ? set->value[TIP_AREA_UM2] : 0;
	int64_t most, least;

	if (delivered <= 0)
		return false;
	int known = dose_fluence_at_most(delivered, spot, area, &most) +
	            dose_fluence_at_least(delivered, spot, area, &least);

	if (known < 2) /* both or neither */
		return true;
	return most >= fluence - allowed && least <= fluence + allowed;
}

bool dose_output_within(const struct settings *set, int64_t delivered_uj)
{
	if (settings_has(set, ENERGY_UJ))
		return energy_within(set->value[ENERGY_UJ], delivered_uj);
	if (settings_has(set, FLUENCE_UJ_CM2))
		return fluence_within(set, delivered_uj);
	return true;
}
