/*
 * given_fractional: the shipped library with the profiles of its fractional devices, patients of
 * whom everything asked is well, and settings put into the registers of a device and judged.
 */
#ifndef TESTS_GIVEN_FRACTIONAL_H
#define TESTS_GIVEN_FRACTIONAL_H

#include "given.h"

#include <stdlib.h>

#include "core/verdict.h"
#include "edge/config.h"

#define TODAY 20604 /* 2026-05-31 */

enum device { N1550, N1927, CO2, ERYAG, FULL_FIELD, BIPOLAR, NEEDLES, DEVICES };

struct said {
	const char *param, *text;
};

/* Low in every parameter, so that only what a test changes can be beyond. */
static const struct {
	const char *class;
	struct said usual[6];
} devices[DEVICES] = {
        [N1550] = {"nafr_1550",
                   {{"energy", "4 mJ"},
                    {"density", "100 /cm2"},
                    {"passes", "4"},
                    {"cooling", "air"},
                    {"wavelength", "1550 nm"}}},
        [N1927] = {"nafr_1927",
                   {{"energy", "10 mJ"},
                    {"density", "252 /cm2"},
                    {"passes", "6"},
                    {"cooling", "air"},
                    {"wavelength", "1927 nm"}}},
        [CO2] = {"co2_fractional",
                 {{"energy", "5 mJ"},
                  {"coverage", "5 %"},
                  {"passes", "1"},
                  {"cooling", "air"},
                  {"wavelength", "10600 nm"}}},
        [ERYAG] = {"eryag_fractional",
                   {{"energy", "5 mJ"},
                    {"coverage", "5 %"},
                    {"passes", "1"},
                    {"cooling", "air"},
                    {"wavelength", "2940 nm"}}},
        [FULL_FIELD] = {"ablative_full_field",
                        {{"energy", "0.1 J"},
                         {"spot", "10 mm"},
                         {"rate", "1 Hz"},
                         {"passes", "1"},
                         {"wavelength", "2940 nm"}}},
        [BIPOLAR] = {"rf_fractional_bipolar",
                     {{"energy", "10 mJ"}, {"cooling", "contact"}, {"handpiece", "pins_160"}}},
        [NEEDLES] = {"rf_microneedling",
                     {{"energy", "1 mJ"},
                      {"depth", "0.5 mm"},
                      {"passes", "1"},
                      {"cooling", "air"},
                      {"handpiece", "pins_24"}}},
};

static struct config shipped;
static const struct profile *profiles[DEVICES];

static inline bool load_shipped(void)
{
	struct complaints c = {0};
	bool ok = config_load_library(SOURCE_DIR "/profiles", &shipped, &c);

	for (int d = 0; d < DEVICES; d++) {
		profiles[d] = config_profile(&shipped, devices[d].class);
		ok = ok && profiles[d] != NULL;
	}
	for (size_t i = 0; i < c.count; i++)
		print_error("%s:%d: %s\n", c.list[i].file, c.list[i].line, c.list[i].text);
	complaints_free(&c);
	return ok;
}

static inline uint8_t index_of(const struct symbols *s, const char *name)
{
	int64_t value = symbols_find(s, name);

	must(value != 0);
	return (uint8_t)(value - 1);
}

static inline uint8_t class_of(enum device d)
{
	return index_of(&shipped.library.classes, devices[d].class);
}

/* --- patients -------------------------------------------------------------------------------- */

static inline void answer(struct facts *facts, int i, const char *text)
{
	must(fact_parse(&shipped.library.fact[i], text, TODAY, &facts->answer[i]) == FACT_OK);
}

/* Every question, whatever the files ask: the first of the values is the one of least risk. */
static inline void answer_best(struct facts *facts)
{
	for (int i = 0; i < shipped.library.n_facts; i++) {
		const struct fact *f = &shipped.library.fact[i];

		if (f->derive != DERIVE_NONE)
			continue;
		answer(facts, i,
		       f->kind == FACT_CHOICE ? f->value[0]
		       : f->kind == FACT_DAYS ? "never"
		                              : "40");
	}
}

static inline struct patient_case case_of(enum device d, const char *skin, const char *indication,
                                          const char *site, const char *test_area)
{
	const struct library *lib = &shipped.library;
	struct patient_case c = {.device_class = class_of(d),
	                         .indication = index_of(&lib->indications, indication),
	                         .site = index_of(&lib->sites, site),
	                         .today = TODAY};

	answer_best(&c.facts);
	answer(&c.facts, lib->skin_fact, skin);
	if (test_area != NULL)
		answer(&c.facts, lib->test_fact, test_area);
	return c;
}

static inline struct limits *limits_of(const struct patient_case *c, enum limits_status *status)
{
	struct limits *l = malloc(sizeof *l);

	must(l != NULL);
	*status = limits_compute(&shipped.library, c, l);
	return l;
}

/* --- settings -------------------------------------------------------------------------------- */

static inline void set(struct settings *s, const char *param, const char *text)
{
	enum param p = param_named(param);
	int64_t value = 0;

	must(p != PARAM_NONE &&
	     dose_parse(&shipped.library.choices, p, text, &value) == QUANTITY_OK);
	settings_set(s, p, value);
}

static inline struct settings usual(enum device d)
{
	struct settings s = {0};

	for (size_t i = 0; i < ARRAY_LEN(devices[d].usual); i++)
		if (devices[d].usual[i].param != NULL)
			set(&s, devices[d].usual[i].param, devices[d].usual[i].text);
	return s;
}

static inline void put(const struct profile *p, const struct reg *r, int64_t value,
                       struct image *image)
{
	must(reg_encode(r, value, &image->word[r->at]));
	image->known |= UINT64_C(1) << (r - p->reg);
}

/* In its registers, in standby. */
static inline struct image in_registers(const struct profile *p, const struct settings *s)
{
	struct image image = {0};

	for (int i = 0; i < p->n_regs; i++)
		if (p->reg[i].role == ROLE_PARAMETER)
			put(p, &p->reg[i], s->value[p->reg[i].param], &image);
	put(p, regmap_row(p, ROLE_STATE), DEVICE_STANDBY, &image);
	return image;
}

struct judged {
	enum verdict_kind kind;
	enum check check;
	enum param about;
};

/* May it be armed so, when a physician has cleared what only a physician decides? */
static inline struct judged judge(enum device d, const struct patient_case *c,
                                  const struct settings *s)
{
	enum limits_status status;
	struct limits *l = limits_of(c, &status);
	struct image image = in_registers(profiles[d], s);
	struct situation at = {.profile = profiles[d],
	                       .limits = l,
	                       .cleared = UINT64_MAX,
	                       .heard = true,
	                       .nearest = SUPERVISION_IN_ROOM,
	                       .reported = &image};
	struct verdict v;
	struct judged out = {.check = CHECK_COUNT, .about = PARAM_NONE};

	verdict_judge(&at, INTENT_ARM, &image, 0, &v);
	out.kind = v.kind;
	if (v.n_reasons > 0) {
		out.check = v.reason[v.tightest].check;
		out.about = v.reason[v.tightest].param;
	}
	free(l);
	return out;
}

#endif
