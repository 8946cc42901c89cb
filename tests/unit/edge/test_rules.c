/*
 * Rules and sites: what groups of device classes, exceptions and the tree of sites mean, on a small
 * library; then the shipped rules, one by one.
 */
#include "given_files.h"

#include "core/limits.h"

/* --- groups, exceptions, sites: on the small library ----------------------------------------- */

#define GROUPS                                                                                   \
	"groups = ( { name = \"light\"; classes = (\"laser\", \"lamp\"); }, { name = \"heat\"; " \
	"classes = (\"oven\"); } );\n"
#define SITES                                                                             \
	"sites = ( { name = \"head\"; words = \"head\"; },\n{ name = \"face\"; within = " \
	"\"head\"; words = \"face\"; },\n{ name = \"cheek\"; within = \"face\"; words = " \
	"\"cheek\"; },\n{ name = \"neck\"; words = \"neck\"; } );\n"

#define TODAY 20604 /* 2026-05-31 */

enum { HEAD = 1, FACE = 2, CHEEK = 4, NECK = 8 };

struct meaning {
	const char *name;
	const char *from, *to; /* in screening.cfg or sites.cfg */
	const char *said;      /* "" : it loads */
	int64_t n_rules;
	uint64_t classes, indications, sites; /* of the rule "sun", the first */
};

/* Takes the sites away again, which the folder does not know of. */
static void drop(struct given_folder *g)
{
	char path[128];

	given_path(g, "sites.cfg", path);
	must(unlink(path) == 0);
	given_folder_drop(g);
}

static void write_changed(const struct given_folder *g, const char *name, const char *text,
                          const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char changed[8192];

	if (at == NULL)
		at = text + strlen(text), from = to = "";
	int n = snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to,
	                 at + strlen(from));

	must(n > 0 && (size_t)n < sizeof changed);
	given_write(g, name, changed, (size_t)n);
}

static void rule_means(void **state)
{
	const struct meaning *row = *state;
	struct given_folder g;
	char said[4096], text[8192];

	given_folder_make(&g);
	snprintf(text, sizeof text, GROUPS "%s", given_file_text[SCREENING]);
	write_changed(&g, "sites.cfg", SITES, row->from, row->to);
	write_changed(&g, "screening.cfg", text, row->from, row->to);
	given_load(&g);
	given_complaints_text(&g, said, sizeof said);
	bool ok = g.ok;
	int64_t n = g.config.library.n_rules;
	uint64_t of_row = ok ? g.config.library.row[0].sites : 0;
	struct rule r = ok ? g.config.library.rule[0] : (struct rule){0};

	drop(&g);
	assert_contains(said, row->said);
	assert_i64(ok, row->said[0] == '\0');
	assert_i64(n, ok ? row->n_rules : n);
	assert_i64(r.classes, row->classes);
	assert_i64(r.indications, row->indications);
	assert_i64((int64_t)r.sites, (int64_t)row->sites);
	assert_i64((int64_t)of_row, ok ? FACE | CHEEK | NECK : 0); /* of the protocol: face, neck */
}

/* clang-format off */
static const struct meaning meanings[] = {
	{"as it stands", "rules", "rules", "", 3, 1, 0, 0},
	{"a group is its classes", "(\"laser\"); when", "(\"light\"); when", "", 3, 1, 0, 0},
	{"a rule for no class there is falls away", "(\"laser\"); when", "(\"heat\"); when", "", 2, 0, 0, NECK},
	{"so does one for a class of a group alone", "(\"laser\"); when", "(\"oven\"); when", "", 2, 0, 0, NECK},
	{"a class beside a group", "(\"laser\"); when", "(\"heat\", \"laser\"); when", "", 3, 1, 0, 0},
	{"a group nobody knows", "(\"laser\"); when", "(\"lihgt\"); when", "screening.cfg:3: unknown device class \"lihgt\"; did you mean \"light\"?", 0, 0, 0, 0},
	{"a class in no group", "\"laser\", \"lamp\"", "\"lamp\"", "screening.cfg:1: the device class \"laser\" is in no group", 0, 0, 0, 0},
	{"a group twice", "\"heat\"", "\"light\"", "screening.cfg:1: the group \"light\" is there already", 0, 0, 0, 0},
	{"a group of nothing", "(\"oven\")", "()", "screening.cfg:1: classes is empty; name one at least", 0, 0, 0, 0},
	{"a key of a group", "classes = (\"oven\")", "class = (\"oven\")", "screening.cfg:1: unknown key \"class\"", 0, 0, 0, 0},
	{"not for an indication nobody treats: for all", "when = (\"last_sun", "not_indications = (\"tattoo\"); when = (\"last_sun", "", 3, 1, 1, 0},
	{"not for the only indication: falls away", "when = (\"last_sun", "not_indications = (\"hair\"); when = (\"last_sun", "", 2, 0, 0, NECK},
	{"not for none", "when = (\"last_sun", "not_indications = (); when = (\"last_sun", "screening.cfg:3: not_indications is empty", 0, 0, 0, 0},
	{"a site with nothing in it", "when = (\"last_sun", "sites = (\"cheek\"); when = (\"last_sun", "", 3, 1, 0, CHEEK},
	{"a site and what lies in it", "when = (\"last_sun", "sites = (\"face\"); when = (\"last_sun", "", 3, 1, 0, FACE | CHEEK},
	{"and what lies in that", "when = (\"last_sun", "sites = (\"head\"); when = (\"last_sun", "", 3, 1, 0, HEAD | FACE | CHEEK},
	{"a site twice", "name = \"neck\"", "name = \"cheek\"", "sites.cfg:4: the site \"cheek\" is there already", 0, 0, 0, 0},
	{"a site in one that stands behind it", "within = \"face\"", "within = \"neck\"", "sites.cfg:3: unknown site \"neck\"", 0, 0, 0, 0},
	{"a site in itself", "within = \"face\"", "within = \"cheek\"", "sites.cfg:3: unknown site \"cheek\"", 0, 0, 0, 0},
	{"a site without words", "words = \"neck\"; ", "", "sites.cfg:4: words is missing", 0, 0, 0, 0},
};
/* clang-format on */

/* --- the shipped rules ----------------------------------------------------------------------- */

static struct config shipped;

/* A patient whom this rule decides, alone: of all that stands none is as strict. */
struct decided {
	const char *name; /* the rule */
	const char *device_class, *indication, *site;
	const char *fact, *answer, *safe; /* safe: the nearest answer without the rule */
	const char *also, *also_answer;   /* a second answer, or NULL */
	enum verdict_kind kind;
	const char *beside; /* rules that begin so may be as strict; NULL: none */
};

static uint8_t index_of(const struct symbols *s, const char *name)
{
	int64_t value = symbols_find(s, name);

	must(value != 0);
	return (uint8_t)(value - 1);
}

static void answer(struct facts *facts, const char *name, const char *text)
{
	int known = 0;

	for (int i = 0; i < shipped.library.n_facts; i++)
		if (strcmp(shipped.library.fact[i].name, name) == 0) {
			known++;
			must(fact_parse(&shipped.library.fact[i], text, TODAY, &facts->answer[i]) ==
			     FACT_OK);
		}
	must(known == 1);
}

/* Everything known, nothing against it; type II. */
static void answer_well(struct facts *facts)
{
	static const int64_t best[FACT_KIND_COUNT] = {[FACT_DAYS] = DAY_NEVER, [FACT_NUMBER] = 35};

	for (int i = 0; i < shipped.library.n_facts; i++)
		facts->answer[i] = (struct answer){true, best[shipped.library.fact[i].kind], TODAY};
	answer(facts, "skin_type", "II");
}

/* True when no other rule speaks so strictly. */
static bool alone(const struct limits *l, const struct decided *row)
{
	enum verdict_kind strict = row->kind == VERDICT_ALLOWED ? VERDICT_HELD : row->kind;

	for (int i = 0; i < l->n_reasons; i++) {
		const struct rule *r = l->reason[i].rule;

		if (r == NULL || l->reason[i].kind < strict || strcmp(r->id, row->name) == 0)
			continue;
		if (row->beside == NULL || strncmp(r->id, row->beside, strlen(row->beside)) != 0)
			return false;
	}
	return true;
}

/* A class without rows is screened all the same. */
static const struct limits *screened(const struct patient_case *c)
{
	static struct limits l;
	enum limits_status status = limits_compute(&shipped.library, c, &l);

	assert_true(status == LIMITS_OK || status == LIMITS_NO_ROWS);
	return &l;
}

static bool speaks(const struct limits *l, const char *id, enum verdict_kind kind)
{
	for (int i = 0; i < l->n_reasons; i++)
		if (l->reason[i].rule != NULL && strcmp(l->reason[i].rule->id, id) == 0)
			return l->reason[i].kind == kind;
	return false;
}

static bool narrows(const struct limits *l, const char *id)
{
	for (int i = 0; i < l->n_cells; i++)
		for (int k = 0; k < l->cell[i].n_limit; k++)
			if (l->cell[i].by[k] != NULL && strcmp(l->cell[i].by[k]->id, id) == 0)
				return true;
	return false;
}

static void rule_decides_alone(void **state)
{
	const struct decided *row = *state;
	const struct library *lib = &shipped.library;
	struct patient_case c = {.device_class = index_of(&lib->classes, row->device_class),
	                         .indication = index_of(&lib->indications, row->indication),
	                         .site = index_of(&lib->sites, row->site),
	                         .today = TODAY};
	bool scales = strncmp(row->name, "site_", 5) == 0;
	bool raises = strstr(row->name, "_raises_type") != NULL;

	answer_well(&c.facts);
	if (row->also != NULL)
		answer(&c.facts, row->also, row->also_answer);
	if (row->fact != NULL) {
		answer(&c.facts, row->fact, row->safe);
		assert_false(speaks(screened(&c), row->name, row->kind));
		answer(&c.facts, row->fact, row->answer);
	}
	const struct limits *l = screened(&c);

	if (raises)
		assert_i64(l->skin, 3); /* of type II */
	else
		assert_true(scales ? narrows(l, row->name) : speaks(l, row->name, row->kind));
	assert_true(alone(l, row));
}

#define HAIR(class) class, "hair_removal", "thigh"
#define ALEX        HAIR("alexandrite_755_lp")
#define YAG         HAIR("ndyag_1064_lp")
#define HEAT        "rf_monopolar", "skin_tightening", "face"
#define NEEDLE      "rf_microneedling", "resurfacing", "cheek"
#define CO2         "co2_fractional", "resurfacing", "face"
#define NAFR        "nafr_1550", "resurfacing", "arm"
#define IPL         "ipl", "photorejuvenation", "arm"
#define QS          "qs_1064", "tattoo_removal", "arm"
#define PDL         "pdl_595", "diffuse_redness", "face"
#define NOTE        VERDICT_ALLOWED
#define HOLD        VERDICT_HELD
#define BLOCK       VERDICT_BLOCKED

/* clang-format off */
static const struct decided decided[] = {
	{"sun_14_days_block", ALEX, "last_sun", "13 d", "14 d", 0, 0, BLOCK, 0},
	{"sun_14_days_block", CO2, "last_sun", "13 d", "14 d", 0, 0, BLOCK, 0},
	{"sun_14_days_hold", YAG, "last_sun", "13 d", "14 d", 0, 0, HOLD, "sun_28"},
	{"sun_28_days_hold", YAG, "last_sun", "27 d", "28 d", 0, 0, HOLD, 0},
	{"tan_visible", ALEX, "visible_tan", "yes", "no", 0, 0, HOLD, 0},
	{"tan_visible", CO2, "visible_tan", "yes", "no", 0, 0, HOLD, 0},
	{"tan_raises_type", ALEX, "visible_tan", "yes", "no", 0, 0, HOLD, "tan_visible"},
	{"tan_burnt", ALEX, "visible_tan", "burnt", "yes", 0, 0, BLOCK, 0},
	{"self_tanner_14_days", ALEX, "self_tanner", "13 d", "14 d", 0, 0, HOLD, 0},
	{"self_tanner_14_days_block", IPL, "self_tanner", "13 d", "14 d", 0, 0, BLOCK, 0},
	{"self_tanner_14_days_block", PDL, "self_tanner", "13 d", "14 d", 0, 0, BLOCK, 0},
	{"self_tanner_rf", HEAT, "self_tanner", "13 d", "14 d", 0, 0, NOTE, 0},
	{"sunscreen_darker_skin", YAG, "sunscreen", "sometimes", "daily", "skin_type", "IV", HOLD, 0},
	{"sunscreen_melasma", YAG, "sunscreen", "sometimes", "daily", "melasma", "history", HOLD, 0},
	{"sunscreen_note", ALEX, "sunscreen", "sometimes", "daily", 0, 0, NOTE, 0},
	{"melasma_face", "alexandrite_755_lp", "hair_removal", "face", "melasma", "history", "family", 0, 0, HOLD, 0},
	{"melasma_face", "rf_monopolar", "skin_tightening", "cheek", "melasma", "history", "family", 0, 0, HOLD, 0},
	{"melasma_off_face", ALEX, "melasma", "active", "family", 0, 0, NOTE, 0},
	{"melasma_family", ALEX, "melasma", "family", "none", 0, 0, NOTE, 0},
	{"melasma_active_ablative", CO2, "melasma", "active", "history", 0, 0, BLOCK, 0},
	{"melasma_active_ipl", IPL, "melasma", "active", "history", 0, 0, BLOCK, 0},
	{"melasma_active_ipl_face", "ipl", "hair_removal", "face", "melasma", "active", "history", 0, 0, BLOCK, 0},
	{"melasma_pigment_light", NAFR, "melasma", "history", "family", 0, 0, HOLD, 0},
	{"melasma_pigment_light", QS, "melasma", "active", "family", 0, 0, HOLD, 0},
	{"hormones_note", "nafr_1550", "resurfacing", "face", "hormonal_therapy", "yes", "no", 0, 0, NOTE, 0},
	{"hormones_melasma", "nafr_1550", "resurfacing", "face", "hormonal_therapy", "yes", "no", "melasma", "history", HOLD, "melasma_"},
	{"pih_history", ALEX, "pih_history", "yes", "no", 0, 0, HOLD, 0},
	{"pih_raises_type", ALEX, "pih_history", "yes", "no", 0, 0, HOLD, "pih_history"},
	{"photodynamic_agent", YAG, "photosensitiser", "photodynamic", "caution", 0, 0, BLOCK, 0},
	{"photosensitiser_note", YAG, "photosensitiser", "caution", "none", 0, 0, NOTE, 0},
	{"photosensitiser_short_wave", PDL, "photosensitiser", "caution", "none", 0, 0, HOLD, 0},
	{"isotretinoin_hair", ALEX, "isotretinoin", "179 d", "180 d", 0, 0, HOLD, 0},
	{"isotretinoin_ablative", CO2, "isotretinoin", "179 d", "180 d", 0, 0, BLOCK, 0},
	{"isotretinoin_nafr", NAFR, "isotretinoin", "179 d", "180 d", 0, 0, HOLD, 0},
	{"isotretinoin_vascular", PDL, "isotretinoin", "179 d", "180 d", 0, 0, HOLD, 0},
	{"isotretinoin_ipl", IPL, "isotretinoin", "179 d", "180 d", 0, 0, HOLD, 0},
	{"isotretinoin_hair", HAIR("ipl"), "isotretinoin", "179 d", "180 d", 0, 0, HOLD, 0},
	{"isotretinoin_rfmn", NEEDLE, "isotretinoin", "179 d", "180 d", 0, 0, HOLD, 0},
	{"isotretinoin_others", QS, "isotretinoin", "179 d", "180 d", 0, 0, HOLD, 0},
	{"isotretinoin_rf", HEAT, "isotretinoin", "364 d", "365 d", 0, 0, NOTE, 0},
	{"pregnancy", HEAT, "pregnancy", "yes", "no", 0, 0, BLOCK, 0},
	{"breast_feeding", HEAT, "breast_feeding", "yes", "no", 0, 0, HOLD, 0},
	{"test_area_reaction", ALEX, "test_area", "reaction", "none", 0, 0, HOLD, 0},
	{"active_implant_rf", HEAT, "active_implant", "yes", "no", 0, 0, BLOCK, 0},
	{"active_implant_rf", NEEDLE, "active_implant", "yes", "no", 0, 0, BLOCK, 0},
	{"active_implant_light", ALEX, "active_implant", "yes", "no", 0, 0, NOTE, 0},
	{"active_implant_in_field", ALEX, "active_implant", "yes", "no", "metal_in_field", "yes", HOLD, 0},
	{"metal_rf", HEAT, "metal_in_field", "yes", "no", 0, 0, BLOCK, 0},
	{"metal_light_face", "alexandrite_755_lp", "hair_removal", "perioral", "metal_in_field", "yes", "no", 0, 0, HOLD, 0},
	{"anaesthesia_rf", HEAT, "anaesthesia", "yes", "no", 0, 0, HOLD, 0},
	{"open_skin", ALEX, "open_skin", "yes", "no", 0, 0, BLOCK, 0},
	{"infection_in_field", CO2, "infection_in_field", "yes", "no", 0, 0, BLOCK, 0},
	{"herpes_active", HEAT, "herpes", "active", "history_no_prophylaxis", 0, 0, BLOCK, 0},
	{"herpes_face_without_cover", CO2, "herpes", "history_no_prophylaxis", "history", 0, 0, HOLD, 0},
	{"tattoo_in_field", ALEX, "tattoo_in_field", "yes", "no", 0, 0, BLOCK, 0},
	{"suspicious_lesion", ALEX, "suspicious_lesion", "yes", "no", 0, 0, BLOCK, 0},
	{"suspicious_lesion_rf", HEAT, "suspicious_lesion", "yes", "no", 0, 0, BLOCK, 0},
	{"photodermatosis", YAG, "photodermatosis", "yes", "no", 0, 0, BLOCK, 0},
	{"age_under_16", ALEX, "age", "15", "16", 0, 0, BLOCK, 0},
	{"age_under_18", ALEX, "age", "17", "18", 0, 0, HOLD, 0},
	{"age_under_18", ALEX, "age", "16", "75", 0, 0, HOLD, 0},
	{"age_over_75", HEAT, "age", "76", "75", 0, 0, HOLD, 0},
	{"immunosuppression", HEAT, "immunosuppression", "yes", "no", 0, 0, HOLD, 0},
	{"epilepsy", IPL, "epilepsy", "yes", "no", 0, 0, HOLD, 0},
	{"epilepsy", HAIR("diode_810_sweeping"), "epilepsy", "yes", "no", 0, 0, HOLD, 0},
	{"gold_short_pulses", QS, "gold_therapy", "yes", "no", 0, 0, BLOCK, 0},
	{"gold_long_pulses", ALEX, "gold_therapy", "yes", "no", 0, 0, HOLD, 0},
	{"keloid_ablative", CO2, "keloid_history", "yes", "no", 0, 0, BLOCK, 0},
	{"keloid_ablative", NEEDLE, "keloid_history", "yes", "no", 0, 0, BLOCK, 0},
	{"keloid_light", ALEX, "keloid_history", "yes", "no", 0, 0, HOLD, 0},
	{"vitiligo_active", ALEX, "vitiligo", "active", "stable", 0, 0, BLOCK, 0},
	{"vitiligo_stable", NEEDLE, "vitiligo", "stable", "none", 0, 0, HOLD, 0},
	{"koebner_active", HEAT, "koebner_in_field", "active", "history", 0, 0, BLOCK, 0},
	{"koebner_history", HEAT, "koebner_in_field", "history", "none", 0, 0, HOLD, 0},
	{"filler_needles_rf", HEAT, "filler", "27 d", "28 d", 0, 0, BLOCK, 0},
	{"filler_14_days", ALEX, "filler", "13 d", "14 d", 0, 0, HOLD, 0},
	{"neurotoxin_24_hours", ALEX, "neurotoxin", "1 d", "2 d", 0, 0, HOLD, 0},
	{"peel_14_days", HEAT, "peel", "13 d", "14 d", 0, 0, BLOCK, 0},
	{"deep_peel_14_days", ALEX, "deep_peel", "13 d", "14 d", 0, 0, BLOCK, 0},
	{"deep_peel_90_days_ablative", CO2, "deep_peel", "89 d", "90 d", 0, 0, BLOCK, 0},
	{"deep_peel_90_days", HEAT, "deep_peel", "89 d", "90 d", 0, 0, HOLD, 0},
	{"microneedling_14_days", ALEX, "microneedling", "13 d", "14 d", 0, 0, HOLD, 0},
	{"surgery_90_days", ALEX, "surgery_in_field", "89 d", "90 d", 0, 0, BLOCK, 0},
	{"surgery_face_365_days", HEAT, "surgery_in_field", "364 d", "365 d", 0, 0, HOLD, 0},
	{"dark_marking", QS, "dark_marking_in_field", "yes", "no", 0, 0, BLOCK, 0},
	{"eyewear", ALEX, "eyewear", "not_worn", "worn", 0, 0, BLOCK, 0},
	{"orbital_rim_light", "qs_1064", "toning", "orbital_rim", 0, 0, 0, 0, 0, BLOCK, 0},
	{"orbital_rim_needles", "rf_microneedling", "resurfacing", "orbital_rim", 0, 0, 0, 0, 0, BLOCK, 0},
	{"orbital_rim_rf", "rf_monopolar", "skin_tightening", "orbital_rim", 0, 0, 0, 0, 0, HOLD, 0},
	{"eyebrow_hair", "ndyag_1064_lp", "hair_removal", "eyebrow", 0, 0, 0, 0, 0, BLOCK, 0},
	{"lips_nipples_mucosa", "alexandrite_755_lp", "hair_removal", "nipple", 0, 0, 0, 0, 0, BLOCK, 0},
	{"lips_nipples_mucosa", "rf_monopolar", "skin_tightening", "lips", 0, 0, 0, 0, 0, BLOCK, 0},
	{"site_neck_forehead", "alexandrite_755_lp", "hair_removal", "neck", 0, 0, 0, 0, 0, NOTE, 0},
	{"site_chest_hand_leg", "ndyag_1064_lp", "hair_removal", "lower_leg", 0, 0, 0, 0, 0, NOTE, 0},
};
/* clang-format on */

/* Rules silent by default are tried where the option is decided. */
static bool is_decided(const char *id)
{
	for (size_t i = 0; i < ARRAY_LEN(decided); i++)
		if (strcmp(decided[i].name, id) == 0)
			return true;
	return false;
}

static bool is_derived(const struct rule *r)
{
	for (int i = 0; i < r->n_when; i++)
		if (shipped.library.fact[r->when[i].fact].derive != DERIVE_NONE)
			return true;
	return r->then[0].kind >= EFFECT_STEP;
}

/* What past treatments decide is tried with the past treatments, what past doses do in
 * test_rules_past. */
static void every_rule_decides_somebody(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < shipped.library.n_rules; i++) {
		const struct rule *r = &shipped.library.rule[i];

		if (!is_decided(r->id) && !is_derived(r))
			fail_msg("nobody is decided by %s", r->id);
	}
}

/* Nothing answered: every class, everywhere, blocks, and no reason is lost for want of room. */
static void who_is_not_asked_is_not_treated(void **state)
{
	const struct library *lib = &shipped.library;

	(void)state;
	for (uint8_t class = 0; class < lib->classes.count; class ++)
		for (uint8_t to = 0; to < lib->indications.count; to++)
			for (uint8_t site = 0; site < lib->sites.count; site++) {
				struct patient_case c = {.device_class = class,
				                         .indication = to,
				                         .site = site,
				                         .today = TODAY};

				assert_i64(limits_screening(screened(&c), UINT64_MAX),
				           VERDICT_BLOCKED);
			}
}

static bool load_shipped(void)
{
	struct complaints c = {0};
	bool ok = config_load_library(SOURCE_DIR "/profiles", &shipped, &c);

	for (size_t i = 0; i < c.count; i++)
		print_error("%s:%d: %s\n", c.list[i].file, c.list[i].line, c.list[i].text);
	complaints_free(&c);
	return ok;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_rule_decides_somebody),
	        cmocka_unit_test(who_is_not_asked_is_not_treated),
	};
	int failures = 0;

	failures += RUN_ROWS("meanings", meanings, rule_means);
	if (!load_shipped())
		return 1;
	failures += cmocka_run_group_tests_name("shipped", tests, NULL, NULL);
	failures += RUN_ROWS("rules", decided, rule_decides_alone);
	config_free(&shipped);
	return failures != 0;
}
