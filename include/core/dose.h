/*
 * dose: the parameters a device treats with, and what follows from them.
 *
 * A parameter is kept as an integer in its base unit, and the unit is part of its name. Settings
 * are all parameters of one device at one moment; a parameter the device does not have, or has not
 * reported, is *not known*, which is never the same as 0.
 *
 * Pure values; any thread.
 */
#ifndef CORE_DOSE_H
#define CORE_DOSE_H

#include "core/quantity.h"

/* In which direction a parameter becomes more dangerous when nothing else changes. ANY: either
 * way, or it selects a different table (spot, wavelength, cooling, tip). */
enum danger { DANGER_UP, DANGER_DOWN, DANGER_ANY };

/*  enumerator, name in files, for people, dimension, base 10^, shown in, danger */
#define PARAM_MAP(X)                                                                              \
	X(FLUENCE_UJ_CM2, "fluence", "fluence", DIM_FLUENCE, -6, "J/cm2", DANGER_UP)              \
	X(ENERGY_UJ, "energy", "pulse energy", DIM_ENERGY, -6, "J", DANGER_UP)                    \
	X(SPOT_UM, "spot", "spot diameter", DIM_LENGTH, -6, "mm", DANGER_ANY)                     \
	X(TIP_AREA_UM2, "tip_area", "tip area", DIM_AREA, -12, "cm2", DANGER_ANY)                 \
	X(WIDTH_PS, "pulse_width", "pulse width", DIM_TIME, -12, "ms", DANGER_DOWN)               \
	X(WAVELENGTH_NM, "wavelength", "wavelength", DIM_LENGTH, -9, "nm", DANGER_ANY)            \
	X(RATE_MILLIHZ, "rate", "repetition rate", DIM_FREQUENCY, -3, "Hz", DANGER_UP)            \
	X(FREQUENCY_MILLIHZ, "frequency", "RF frequency", DIM_FREQUENCY, -3, "MHz", DANGER_ANY)   \
	X(COOLING, "cooling", "cooling", DIM_CHOICE, 0, "", DANGER_ANY)                           \
	X(SPRAY_PS, "cooling_spray", "cryogen spray", DIM_TIME, -12, "ms", DANGER_ANY)            \
	X(DELAY_PS, "cooling_delay", "cryogen delay", DIM_TIME, -12, "ms", DANGER_ANY)            \
	X(TIP, "tip", "tip", DIM_CHOICE, 0, "", DANGER_ANY)                                       \
	X(HANDPIECE, "handpiece", "handpiece", DIM_CHOICE, 0, "", DANGER_ANY)                     \
	X(FILTER_NM, "filter", "cut-off filter", DIM_LENGTH, -9, "nm", DANGER_DOWN)               \
	X(DENSITY_PER_CM2, "density", "density", DIM_DENSITY, 0, "/cm2", DANGER_UP)               \
	X(COVERAGE_PPM, "coverage", "coverage", DIM_RATIO, -6, "%", DANGER_UP)                    \
	X(DEPTH_UM, "depth", "depth", DIM_LENGTH, -6, "mm", DANGER_UP)                            \
	X(PASSES, "passes", "passes", DIM_COUNT, 0, "", DANGER_UP)                                \
	X(PRODUCT_UJ_CM2, "product", "energy times density", DIM_FLUENCE, -6, "J/cm2", DANGER_UP) \
	X(IRRADIANCE_UW_CM2, "irradiance", "average irradiance", DIM_IRRADIANCE, -6, "W/cm2",     \
	  DANGER_UP)

enum param {
#define X(id, name, words, dim, exp, unit, danger) id,
	PARAM_MAP(X)
#undef X
	        PARAM_COUNT,
	PARAM_NONE = PARAM_COUNT
};

struct param_info {
	const char *name;  /* in files and on the wire of the control socket */
	const char *words; /* for people */
	struct measure measure;
	enum danger danger;
};

/* Never NULL for p < PARAM_COUNT. */
const struct param_info *param_info(enum param p);
/* PARAM_NONE when there is none of that name. */
enum param param_named(const char *name);

#define PARAM_BIT(p) (UINT32_C(1) << (p))
_Static_assert(PARAM_COUNT <= 32, "a parameter is a bit of uint32_t");

/* Computed from other parameters by dose_complete, never told to a device: the energy per area of
 * a fractional treatment (energy of a microbeam times their density), and the mean power per area
 * of a repeated pulse (fluence times rate). Limited where a row says so. */
#define PARAMS_COMPUTED (PARAM_BIT(PRODUCT_UJ_CM2) | PARAM_BIT(IRRADIANCE_UW_CM2))

/* Names for DIM_CHOICE parameters ("cryogen", "contact", "std_1_0_cm2"), given by the files and
 * shared by device profiles and protocols. A choice's value is its index + 1; 0 never occurs. */
#define SYMBOLS_MAX 64
#define SYMBOL_LEN  32
struct symbols {
	uint16_t count;
	char name[SYMBOLS_MAX][SYMBOL_LEN];
};

/* Finds or adds; 0 when the table is full, the name is empty or too long. */
int64_t symbols_intern(struct symbols *s, const char *name);
/* 0 when it is not there. */
int64_t symbols_find(const struct symbols *s, const char *name);
/* "?" for a value that is none. */
const char *symbols_name(const struct symbols *s, int64_t value);

struct settings {
	uint32_t known; /* PARAM_BIT */
	int64_t value[PARAM_COUNT];
};

static inline bool settings_has(const struct settings *s, enum param p)
{
	return (s->known & PARAM_BIT(p)) != 0;
}
void settings_set(struct settings *s, enum param p, int64_t value);
/* Same parameters known, same values. */
bool settings_equal(const struct settings *a, const struct settings *b);

/* The value as people read it, choices by name. As snprintf. symbols may be NULL. */
size_t dose_format(const struct symbols *symbols, enum param p, int64_t value, char *buf,
                   size_t len);
/* The reverse: text of a file or a person to a base value. Choices must be known to `symbols`
 * (QUANTITY_UNKNOWN_UNIT when they are not). */
MUST_USE enum quantity_status dose_parse(const struct symbols *symbols, enum param p,
                                         const char *text, int64_t *out);
/* All known parameters on one line, in the order of PARAM_MAP: "fluence 18 J/cm2, spot 15 mm". */
size_t dose_format_settings(const struct symbols *symbols, const struct settings *s, char *buf,
                            size_t len);

/* How a device lets one know its fluence. */
enum fluence_source {
	FLUENCE_REPORTED, /* a register says it */
	FLUENCE_DERIVED,  /* energy over the area of the spot or tip */
	FLUENCE_BOTH,     /* both, and then they must agree */
	FLUENCE_NONE      /* the class is not dosed by fluence */
};

/* Fluence of `energy_uj` over a round spot, or over a tip when diameter_um is 0. Rounded up by at
 * most 2 uJ/cm2 (dose_fluence_at_most) or down (dose_fluence_at_least), so that neither side is
 * ever flattered (beyond 3 kJ/cm2 by a little more, in the same direction). False when it cannot be
 * computed: not positive, or beyond 64 bits. */
MUST_USE bool dose_fluence_at_most(int64_t energy_uj, int64_t diameter_um, int64_t area_um2,
                                   int64_t *uj_cm2);
MUST_USE bool dose_fluence_at_least(int64_t energy_uj, int64_t diameter_um, int64_t area_um2,
                                    int64_t *uj_cm2);

enum dose_status {
	DOSE_OK,
	DOSE_HALF_KNOWN,    /* energy without an area, or fluence not reported */
	DOSE_DISAGREES,     /* reported and derived fluence differ by more than the tolerance */
	DOSE_NOT_COMPUTABLE /* a product beyond 64 bits, or an area of nothing */
};

/* Reported and derived fluence may differ by a tenth of the larger, and the larger is judged: a
 * spot 5 % narrower than reported is just within, 6 % is not. (clinical evidence: mismatch above 10
 * % is refused; confidence X, the director may tighten). */
#define DOSE_TOLERANCE_PERMILLE 100

/* Copies `in` and lays over it what is computed: product and irradiance where their factors are
 * known, and the fluence that counts: the larger of reported and derived.
 * *out is written on DOSE_OK and DOSE_DISAGREES (then with the larger of the two); else it is `in`.
 */
MUST_USE enum dose_status dose_complete(enum fluence_source how, const struct settings *in,
                                        struct settings *out);

/* The same of settings that somebody tells of, where no profile says how the fluence is known: by
 * what is there. */
MUST_USE enum dose_status dose_complete_told(const struct settings *in, struct settings *out);

/* The energy of one pulse: as set, or what the fluence asks of spot or tip, rounded up. False when
 * neither is known. */
MUST_USE bool dose_energy(const struct settings *s, int64_t *energy_uj);

/* What a device measures may lie a fifth away from what is set, either way (IEC 60601-2-22 201.12,
 * 21 CFR 1040.11: the standards' own bound, confidence P). */
#define DOSE_OUTPUT_PERMILLE 200

/* True when the energy measured of one pulse is within that of the energy set, or of the energy
 * that the fluence asks of spot or tip. What is not known cannot be compared: true. */
bool dose_output_within(const struct settings *set, int64_t delivered_uj);

#endif
