/*
 * The files that are shipped: they load without complaint, say what their sources say (numbers
 * written a second time, from the tables of the sources), and treat people as they must: who has
 * answered everything well passes, who has answered nothing does not.
 */
#include "given.h"

#include <stdlib.h>

#include "core/limits.h"
#include "edge/config.h"

#define TODAY 20604 /* 2026-05-31 */
#define J(n)  ((int64_t)(n)*1000000)
#define MM(n) ((int64_t)(n)*1000)
#define MS(n) ((int64_t)(n)*1000000000)

static struct config shipped; /* of clinic.cfg, which has all three devices */

static bool load_shipped(void)
{
	struct complaints c = {0};
	bool ok = config_load(SOURCE_DIR "/profiles/clinic.cfg", &shipped, &c);

	for (size_t i = 0; i < c.count; i++)
		print_error("%s:%d: %s\n", c.list[i].file, c.list[i].line, c.list[i].text);
	complaints_free(&c);
	return ok;
}

static void the_demo_loads(void **state)
{
	struct complaints c = {0};
	struct config demo;
	bool ok = config_load(SOURCE_DIR "/profiles/demo.cfg", &demo, &c);
	bool is_demo = demo.clinic.demo;
	size_t devices = demo.clinic.n_devices;

	complaints_free(&c);
	config_free(&demo);
	(void)state;
	assert_true(ok && is_demo);
	assert_i64(devices, 2);
}

static void the_transparent_profile_loads(void **state)
{
	struct complaints c = {0};
	struct symbols choices = {0};
	struct profile *p = malloc(sizeof *p);
	bool ok = config_load_profile(SOURCE_DIR "/profiles/devices/transparent.cfg", &choices, p,
	                              &c);
	struct request write = {.function = FC_WRITE_REGISTER, .address = 65535, .count = 1};
	struct touch touch = {0};
	enum mb_exception said = ok ? regmap_intent(p, &write, &touch) : MB_FUNCTION;

	complaints_free(&c);
	free(p);
	assert_true(ok);
	(void)state;
	assert_i64(said, MB_OK);
	assert_i64(touch.intent, INTENT_PLAIN);
}

/* Every parameter a device has is selected, limited or named as unlimited in each row of its class;
 * what no row speaks of would be held for ever. */
static void rows_speak_of_all_parameters(void **state)
{
	(void)state;
	for (size_t i = 0; i < shipped.clinic.n_devices; i++) {
		const struct profile *p = config_profile_of(&shipped, &shipped.clinic.device[i]);
		int64_t class = symbols_find(&shipped.library.classes, p->device_class);
		uint32_t has = p->fluence == FLUENCE_NONE ? 0 : PARAM_BIT(FLUENCE_UJ_CM2);

		for (int n = 0; n < p->n_regs; n++)
			if (p->reg[n].role == ROLE_PARAMETER)
				has |= PARAM_BIT(p->reg[n].param);
		for (uint32_t n = 0; n < shipped.library.n_rows; n++) {
			const struct row *r = &shipped.library.row[n];
			uint32_t says = r->unlimited;

			if (r->device_class != class - 1)
				continue;
			for (int k = 0; k < r->n_select; k++)
				says |= PARAM_BIT(r->select[k].param);
			for (int k = 0; k < r->n_limit; k++)
				says |= PARAM_BIT(r->limit[k].param);
			assert_i64(says, has);
		}
	}
}

/* --- the printed tables, a second time ------------------------------------------------------- */

static const struct row *row_named(const char *id)
{
	for (uint32_t i = 0; i < shipped.library.n_rows; i++)
		if (strcmp(shipped.library.row[i].id, id) == 0)
			return &shipped.library.row[i];
	return NULL;
}

static const struct limit *limit_to(const struct row *r, enum param p)
{
	for (int i = 0; i < r->n_limit; i++)
		if (r->limit[i].param == p)
			return &r->limit[i];
	return NULL;
}

struct cell_row {
	const char *name; /* the row's id */
	char status;
	int64_t spot_mm, lo_j, hi_j;
	int64_t width_ms; /* the shortest; 0: not limited */
	char confidence;
};

static void cell_is_as_printed(void **state)
{
	const struct cell_row *want = *state;
	const struct row *r = row_named(want->name);

	assert_non_null(r);
	const struct limit *fluence = limit_to(r, FLUENCE_UJ_CM2), *width = limit_to(r, WIDTH_PS);

	assert_i64(row_status_letter(r->status), want->status);
	assert_i64(r->confidence, want->confidence);
	assert_i64(fluence->soft.lo, want->lo_j == 0 ? INT64_MIN : J(want->lo_j));
	assert_i64(fluence->soft.hi, J(want->hi_j));
	assert_i64(width == NULL ? 0 : width->soft.lo, MS(want->width_ms));
	for (int i = 0; i < r->n_select; i++)
		if (r->select[i].param == SPOT_UM)
			assert_i64(r->select[i].span.lo, MM(want->spot_mm));
}

/* clang-format off */
static const struct cell_row cells[] = {
	/* CAN13: 755 nm, 3 ms, cryogen */
	{"alex755_8mm_I",    'A',  8, 30, 40, 3, 'P'}, {"alex755_10mm_I",   'A', 10, 26, 35, 3, 'P'},
	{"alex755_12mm_I",   'A', 12, 26, 36, 3, 'P'}, {"alex755_15mm_I",   'A', 15, 20, 30, 3, 'P'},
	{"alex755_18mm_I",   'A', 18, 14, 20, 3, 'P'},
	{"alex755_8mm_II",   'A',  8, 30, 40, 3, 'P'}, {"alex755_10mm_II",  'A', 10, 26, 35, 3, 'P'},
	{"alex755_12mm_II",  'A', 12, 26, 36, 3, 'P'}, {"alex755_15mm_II",  'A', 15, 20, 30, 3, 'P'},
	{"alex755_18mm_II",  'A', 18, 14, 20, 3, 'P'},
	{"alex755_8mm_III",  'T',  8, 26, 40, 3, 'P'}, {"alex755_10mm_III", 'T', 10, 16, 30, 3, 'P'},
	{"alex755_12mm_III", 'T', 12, 18, 30, 3, 'P'}, {"alex755_15mm_III", 'T', 15, 16, 26, 3, 'P'},
	{"alex755_18mm_III", 'T', 18, 10, 16, 3, 'P'},
	{"alex755_8mm_IV",   'T',  8, 22, 30, 3, 'P'}, {"alex755_10mm_IV",  'T', 10, 16, 26, 3, 'P'},
	{"alex755_12mm_IV",  'T', 12, 16, 20, 3, 'P'}, {"alex755_15mm_IV",  'T', 15, 10, 20, 3, 'P'},
	{"alex755_18mm_IV",  'T', 18,  8, 16, 3, 'P'},
	{"alex755_8mm_V",    'M',  8, 22, 26, 3, 'P'}, {"alex755_10mm_V",   'M', 10, 16, 20, 3, 'P'},
	{"alex755_12mm_V",   'M', 12, 14, 20, 3, 'P'}, {"alex755_15mm_V",   'M', 15, 10, 20, 3, 'P'},
	{"alex755_18mm_V",   'M', 18,  6, 16, 3, 'P'},
	{"alex755_8mm_VI",   'B',  8, 22, 26, 3, 'P'}, {"alex755_10mm_VI",  'B', 10, 16, 20, 3, 'P'},
	{"alex755_12mm_VI",  'B', 12, 10, 20, 3, 'P'}, {"alex755_15mm_VI",  'B', 15,  7, 20, 3, 'P'},
	{"alex755_18mm_VI",  'B', 18,  6, 16, 3, 'P'},
	/* TANZI04 with the tapered ceilings; JDD13 for the short pulse */
	{"ndyag1064_10mm_I",   'A', 10, 30, 60, 10, 'P'}, {"ndyag1064_10mm_II", 'A', 10, 30, 60, 10, 'P'},
	{"ndyag1064_10mm_III", 'A', 10, 30, 60, 20, 'P'}, {"ndyag1064_10mm_IV", 'T', 10, 30, 55, 20, 'X'},
	{"ndyag1064_10mm_V",   'T', 10, 30, 50, 30, 'X'}, {"ndyag1064_10mm_VI", 'M', 10, 30, 45, 30, 'X'},
	{"ndyag1064_12mm_short_IV", 'M', 12, 24, 32, 3, 'P'}, {"ndyag1064_12mm_short_V", 'M', 12, 24, 32, 3, 'P'},
	{"ndyag1064_12mm_short_VI", 'M', 12, 24, 32, 3, 'P'},
	/* WEISS06 by tip, alike for all types */
	{"rf_std_1_0cm2_I",  'A', 0, 81, 124, 0, 'P'}, {"rf_std_1_0cm2_VI",  'A', 0, 81, 124, 0, 'P'},
	{"rf_fast_1_0cm2_I", 'A', 0, 62, 109, 0, 'P'}, {"rf_fast_1_0cm2_VI", 'A', 0, 62, 109, 0, 'P'},
	{"rf_std_1_5cm2_I",  'A', 0, 75, 130, 0, 'P'}, {"rf_std_1_5cm2_VI",  'A', 0, 75, 130, 0, 'P'},
	{"rf_std_3_0cm2_I",  'A', 0,  0, 109, 0, 'X'}, {"rf_std_3_0cm2_VI",  'A', 0,  0, 109, 0, 'X'},
};
/* clang-format on */

static void there_are_no_other_rows(void **state)
{
	uint32_t n = 0;

	(void)state;
	for (uint32_t i = 0; i < shipped.library.n_rows; i++)
		for (size_t k = 0; k < shipped.clinic.n_devices; k++)
			n += strcmp(symbols_name(&shipped.library.classes,
			                         shipped.library.row[i].device_class + 1),
			            config_profile_of(&shipped, &shipped.clinic.device[k])
			                    ->device_class) == 0;
	assert_i64(n, 30 + 6 + 3 + 4 * 6);
}

/* --- patients -------------------------------------------------------------------------------- */

struct answered {
	const char *fact, *text;
};

struct patient {
	const char *name;
	const char *device_class, *site;
	const char *skin;         /* NULL: nothing at all is answered */
	struct answered other[2]; /* than the best answer */
	enum verdict_kind want;   /* of the screening */
	uint8_t effective_skin;
	const char *reason; /* the id of one that stands, or NULL */
};

static int64_t index_of(const struct symbols *s, const char *name)
{
	int64_t value = symbols_find(s, name);

	must(value != 0);
	return value - 1;
}

static void answer(struct facts *facts, const char *name, const char *text)
{
	for (int i = 0; i < shipped.library.n_facts; i++)
		if (strcmp(shipped.library.fact[i].name, name) == 0)
			must(fact_parse(&shipped.library.fact[i], text, TODAY, &facts->answer[i]) ==
			     FACT_OK);
}

static void answer_best(struct facts *facts)
{
	static const struct answered best[] = {
	        {"last_sun", "never"},
	        {"visible_tan", "no"},
	        {"self_tanner", "never"},
	        {"sunscreen", "daily"},
	        {"melasma", "none"},
	        {"pih_history", "no"},
	        {"pregnancy", "no"},
	        {"photosensitiser", "none"},
	        {"isotretinoin", "never"},
	        {"test_area", "read_clear"},
	        {"active_implant", "no"},
	        {"metal_in_field", "no"},
	        {"anaesthesia", "no"},
	        {"open_skin", "no"},
	        {"infection_in_field", "no"},
	        {"herpes", "none"},
	        {"tattoo_in_field", "no"},
	        {"suspicious_lesion", "no"},
	        {"photodermatosis", "no"},
	        {"age", "35"},
	        {"breast_feeding", "no"},
	        {"hormonal_therapy", "no"},
	        {"immunosuppression", "no"},
	        {"epilepsy", "no"},
	        {"gold_therapy", "no"},
	        {"keloid_history", "no"},
	        {"vitiligo", "none"},
	        {"koebner_in_field", "none"},
	        {"filler", "never"},
	        {"neurotoxin", "never"},
	        {"peel", "never"},
	        {"deep_peel", "never"},
	        {"microneedling", "never"},
	        {"surgery_in_field", "never"},
	        {"eyewear", "worn"},
	        {"dark_marking_in_field", "no"},
	};

	for (size_t i = 0; i < ARRAY_LEN(best); i++)
		answer(facts, best[i].fact, best[i].text);
}

static bool has_reason(const struct limits *l, const char *id)
{
	char is[64];

	for (int i = 0; i < l->n_reasons; i++) {
		screening_reason_id(&l->reason[i], is, sizeof is);
		if (strcmp(is, id) == 0)
			return true;
	}
	return false;
}

static void patient_is_screened(void **state)
{
	const struct patient *p = *state;
	const struct library *lib = &shipped.library;
	bool rf = strcmp(p->device_class, "rf_monopolar") == 0;
	struct patient_case c = {
	        .device_class = (uint8_t)index_of(&lib->classes, p->device_class),
	        .indication = (uint8_t)index_of(&lib->indications,
	                                        rf ? "skin_tightening" : "hair_removal"),
	        .site = (uint8_t)index_of(&lib->sites, p->site),
	        .today = TODAY,
	};
	struct limits *l = malloc(sizeof *l);

	must(l != NULL);
	if (p->skin != NULL) {
		answer_best(&c.facts);
		answer(&c.facts, "skin_type", p->skin);
	}
	for (size_t i = 0; i < ARRAY_LEN(p->other) && p->other[i].fact != NULL; i++)
		answer(&c.facts, p->other[i].fact, p->other[i].text);
	enum limits_status status = limits_compute(lib, &c, l);
	enum verdict_kind kind = limits_screening(l, 0);
	int64_t skin = l->skin;
	bool told = p->reason == NULL || has_reason(l, p->reason);

	free(l);
	assert_i64(status, LIMITS_OK);
	assert_text(verdict_kind_name(kind), verdict_kind_name(p->want));
	assert_i64(skin, p->effective_skin);
	assert_true(told);
}

#define FACE  "alexandrite_755_lp", "face"
#define ALEX  "alexandrite_755_lp", "thigh"
#define NDYAG "ndyag_1064_lp", "thigh"
#define RF    "rf_monopolar", "face"
#define PASS  VERDICT_ALLOWED
#define HOLD  VERDICT_HELD
#define BLOCK VERDICT_BLOCKED

/* clang-format off */
static const struct patient patients[] = {
	{"alexandrite: the best answers pass, type I", ALEX, "I", {{0}}, PASS, 1, NULL},
	{"alexandrite: the best answers pass, type IV", ALEX, "IV", {{0}}, PASS, 4, NULL},
	{"alexandrite: type IV without a read test area is held", ALEX, "IV", {{"test_area", "none"}}, HOLD, 4, "status T"},
	{"alexandrite: type II without a test area passes", ALEX, "II", {{"test_area", "none"}}, PASS, 2, NULL},
	{"alexandrite: type V is a physician's decision", ALEX, "V", {{0}}, HOLD, 5, "status M"},
	{"alexandrite: type VI is held", ALEX, "VI", {{0}}, HOLD, 6, "status B"},
	{"alexandrite: nothing answered, on the face where most is asked", FACE, NULL, {{0}}, BLOCK, 6, "herpes_face_without_cover"},
	{"alexandrite: nothing answered is blocked", ALEX, NULL, {{0}}, BLOCK, 6, "pregnancy"},
	{"alexandrite: sun 13 days ago is blocked", ALEX, "II", {{"last_sun", "13 d"}}, BLOCK, 2, "sun_14_days_block"},
	{"alexandrite: sun 14 days ago is held", ALEX, "II", {{"last_sun", "14 d"}}, HOLD, 2, "sun_28_days_hold"},
	{"alexandrite: sun 27 days ago is held", ALEX, "II", {{"last_sun", "27 d"}}, HOLD, 2, "sun_28_days_hold"},
	{"alexandrite: sun 28 days ago passes", ALEX, "II", {{"last_sun", "28 d"}}, PASS, 2, NULL},
	{"alexandrite: a tan counts as one type more and is held", ALEX, "II", {{"visible_tan", "yes"}}, HOLD, 3, "tan_visible"},
	{"alexandrite: burnt skin is blocked", ALEX, "II", {{"visible_tan", "burnt"}}, BLOCK, 3, "tan_burnt"},
	{"alexandrite: tan and dark marks count as two types more", ALEX, "II", {{"visible_tan", "yes"}, {"pih_history", "yes"}}, HOLD, 4, "pih_history"},
	{"alexandrite: no type is beyond VI", ALEX, "VI", {{"visible_tan", "yes"}}, HOLD, 6, "tan_visible"},
	{"alexandrite: self-tanner 13 days ago is held", ALEX, "II", {{"self_tanner", "13 d"}}, HOLD, 2, "self_tanner_14_days"},
	{"alexandrite: self-tanner 14 days ago passes", ALEX, "II", {{"self_tanner", "14 d"}}, PASS, 2, NULL},
	{"alexandrite: no daily sunscreen, type III: a note", ALEX, "III", {{"sunscreen", "never"}}, PASS, 3, "sunscreen_note"},
	{"alexandrite: no daily sunscreen, type IV: held", ALEX, "IV", {{"sunscreen", "sometimes"}}, HOLD, 4, "sunscreen_darker_skin"},
	{"alexandrite: no daily sunscreen and melasma: held", ALEX, "II", {{"sunscreen", "sometimes"}, {"melasma", "history"}}, HOLD, 2, "sunscreen_melasma"},
	{"alexandrite: melasma off the face: a note", ALEX, "II", {{"melasma", "active"}}, PASS, 2, "melasma_off_face"},
	{"alexandrite: melasma and the face: held", FACE, "II", {{"melasma", "history"}}, HOLD, 2, "melasma_face"},
	{"alexandrite: melasma in the family: a note", FACE, "II", {{"melasma", "family"}}, PASS, 2, "melasma_family"},
	{"alexandrite: a photodynamic agent is blocked", ALEX, "II", {{"photosensitiser", "photodynamic"}}, BLOCK, 2, "photodynamic_agent"},
	{"alexandrite: another photosensitiser: a note", ALEX, "II", {{"photosensitiser", "caution"}}, PASS, 2, "photosensitiser_note"},
	{"alexandrite: isotretinoin 179 days ago is held", ALEX, "II", {{"isotretinoin", "179 d"}}, HOLD, 2, "isotretinoin_hair"},
	{"alexandrite: isotretinoin 180 days ago passes", ALEX, "II", {{"isotretinoin", "180 d"}}, PASS, 2, NULL},
	{"alexandrite: pregnancy is blocked", ALEX, "II", {{"pregnancy", "yes"}}, BLOCK, 2, "pregnancy"},
	{"alexandrite: a test area that reacted is held", ALEX, "II", {{"test_area", "reaction"}}, HOLD, 2, "test_area_reaction"},
	{"alexandrite: one answer missing is held", ALEX, "II", {{"isotretinoin", "unknown"}}, HOLD, 2, "isotretinoin_hair"},
	{"alexandrite: a pacemaker: a note", ALEX, "II", {{"active_implant", "yes"}}, PASS, 2, "active_implant_light"},
	{"alexandrite: a pacemaker and metal in the field are held", ALEX, "II", {{"active_implant", "yes"}, {"metal_in_field", "yes"}}, HOLD, 2, "active_implant_in_field"},
	{"alexandrite: metal off the face passes", ALEX, "II", {{"metal_in_field", "yes"}}, PASS, 2, NULL},
	{"alexandrite: metal in the face is held", FACE, "II", {{"metal_in_field", "yes"}}, HOLD, 2, "metal_light_face"},
	{"alexandrite: anaesthesia changes nothing", ALEX, "II", {{"anaesthesia", "yes"}}, PASS, 2, NULL},
	{"alexandrite: open skin is blocked", ALEX, "II", {{"open_skin", "yes"}}, BLOCK, 2, "open_skin"},
	{"alexandrite: infected skin is blocked", ALEX, "II", {{"infection_in_field", "yes"}}, BLOCK, 2, "infection_in_field"},
	{"alexandrite: active herpes is blocked", ALEX, "II", {{"herpes", "active"}}, BLOCK, 2, "herpes_active"},
	{"alexandrite: herpes not asked is blocked", ALEX, "II", {{"herpes", "unknown"}}, BLOCK, 2, "herpes_active"},
	{"alexandrite: herpes once, without cover, on the face is held", FACE, "II", {{"herpes", "history_no_prophylaxis"}}, HOLD, 2, "herpes_face_without_cover"},
	{"alexandrite: herpes once, with cover, on the face passes", FACE, "II", {{"herpes", "history"}}, PASS, 2, NULL},
	{"alexandrite: herpes once, without cover, off the face passes", ALEX, "II", {{"herpes", "history_no_prophylaxis"}}, PASS, 2, NULL},
	{"alexandrite: a tattoo is blocked", ALEX, "II", {{"tattoo_in_field", "yes"}}, BLOCK, 2, "tattoo_in_field"},
	{"alexandrite: a suspicious lesion is blocked", ALEX, "II", {{"suspicious_lesion", "yes"}}, BLOCK, 2, "suspicious_lesion"},
	{"alexandrite: a photodermatosis is blocked", ALEX, "II", {{"photodermatosis", "yes"}}, BLOCK, 2, "photodermatosis"},
	{"Nd:YAG: the best answers pass, type V", NDYAG, "V", {{0}}, PASS, 5, NULL},
	{"Nd:YAG: sun 13 days ago is held", NDYAG, "II", {{"last_sun", "13 d"}}, HOLD, 2, "sun_14_days_hold"},
	{"Nd:YAG: a pacemaker: a note", NDYAG, "II", {{"active_implant", "yes"}}, PASS, 2, "active_implant_light"},
	{"Nd:YAG: metal in the face is held", "ndyag_1064_lp", "face", "II", {{"metal_in_field", "yes"}}, HOLD, 2, "metal_light_face"},
	{"Nd:YAG: open skin is blocked", NDYAG, "II", {{"open_skin", "yes"}}, BLOCK, 2, "open_skin"},
	{"Nd:YAG: active herpes is blocked", NDYAG, "II", {{"herpes", "active"}}, BLOCK, 2, "herpes_active"},
	{"Nd:YAG: a tattoo is blocked", NDYAG, "II", {{"tattoo_in_field", "yes"}}, BLOCK, 2, "tattoo_in_field"},
	{"Nd:YAG: a suspicious lesion is blocked", NDYAG, "II", {{"suspicious_lesion", "yes"}}, BLOCK, 2, "suspicious_lesion"},
	{"Nd:YAG: a photodermatosis is blocked", NDYAG, "II", {{"photodermatosis", "yes"}}, BLOCK, 2, "photodermatosis"},
	{"Nd:YAG: nothing answered is blocked", NDYAG, NULL, {{0}}, BLOCK, 6, "pregnancy"},
	{"RF: the best answers pass, type VI", RF, "VI", {{0}}, PASS, 6, NULL},
	{"RF: sun 13 days ago is held", RF, "II", {{"last_sun", "13 d"}}, HOLD, 2, "sun_14_days_hold"},
	{"RF: a tan changes nothing", RF, "II", {{"visible_tan", "burnt"}}, PASS, 2, NULL},
	{"RF: self-tanner: a note", RF, "II", {{"self_tanner", "1 d"}}, PASS, 2, "self_tanner_rf"},
	{"RF: a photodynamic agent changes nothing", RF, "II", {{"photosensitiser", "photodynamic"}}, PASS, 2, NULL},
	{"RF: isotretinoin 179 days ago is held", RF, "II", {{"isotretinoin", "179 d"}}, HOLD, 2, "isotretinoin_others"},
	{"RF: isotretinoin 180 days ago passes", RF, "II", {{"isotretinoin", "180 d"}}, PASS, 2, "isotretinoin_rf"},
	{"RF: isotretinoin 364 days ago: a note", RF, "II", {{"isotretinoin", "364 d"}}, PASS, 2, "isotretinoin_rf"},
	{"RF: melasma on the face is held", RF, "II", {{"melasma", "active"}}, HOLD, 2, "melasma_face"},
	{"RF: a pacemaker is blocked", RF, "II", {{"active_implant", "yes"}}, BLOCK, 2, "active_implant_rf"},
	{"RF: a pacemaker not asked after is blocked", RF, "II", {{"active_implant", "unknown"}}, BLOCK, 2, "active_implant_rf"},
	{"RF: metal in the field is blocked", RF, "II", {{"metal_in_field", "yes"}}, BLOCK, 2, "metal_rf"},
	{"RF: anaesthesia is held", RF, "II", {{"anaesthesia", "yes"}}, HOLD, 2, "anaesthesia_rf"},
	{"RF: anaesthesia not asked after is held", RF, "II", {{"anaesthesia", "unknown"}}, HOLD, 2, "anaesthesia_rf"},
	{"RF: open skin is blocked", RF, "II", {{"open_skin", "yes"}}, BLOCK, 2, "open_skin"},
	{"RF: infected skin is blocked", RF, "II", {{"infection_in_field", "yes"}}, BLOCK, 2, "infection_in_field"},
	{"RF: active herpes is blocked", RF, "II", {{"herpes", "active"}}, BLOCK, 2, "herpes_active"},
	{"RF: herpes once, without cover, is held", RF, "II", {{"herpes", "history_no_prophylaxis"}}, HOLD, 2, "herpes_face_without_cover"},
	{"RF: herpes once, with cover, passes", RF, "II", {{"herpes", "history"}}, PASS, 2, NULL},
	{"RF: a tattoo changes nothing", RF, "II", {{"tattoo_in_field", "yes"}}, PASS, 2, NULL},
	{"RF: a suspicious lesion is blocked", RF, "II", {{"suspicious_lesion", "yes"}}, BLOCK, 2, "suspicious_lesion_rf"},
	{"RF: a photodermatosis changes nothing", RF, "II", {{"photodermatosis", "yes"}}, PASS, 2, NULL},
	{"RF: nothing answered is blocked", RF, NULL, {{0}}, BLOCK, 6, "pregnancy"},
};
/* clang-format on */

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_demo_loads),
	        cmocka_unit_test(the_transparent_profile_loads),
	        cmocka_unit_test(rows_speak_of_all_parameters),
	        cmocka_unit_test(there_are_no_other_rows),
	};
	int failures = 0;

	if (!load_shipped())
		return 1;
	failures += cmocka_run_group_tests_name("profiles", tests, NULL, NULL);
	failures += RUN_ROWS("cells", cells, cell_is_as_printed);
	failures += RUN_ROWS("patients", patients, patient_is_screened);
	config_free(&shipped);
	return failures != 0;
}
