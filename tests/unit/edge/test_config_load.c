/*
 * What becomes of files that are right, what the hash is of, and that everything wrong is told at
 * once.
 */
#include "given_files.h"

#include "core/limits.h"
#include "edge/console.h"
#include "edge/link.h"
#include "edge/people.h"

static int folder_up(void **state)
{
	static struct given_folder g;

	given_folder_make(&g);
	*state = &g;
	return 0;
}

static int folder_down(void **state)
{
	given_folder_drop(*state);
	return 0;
}

static struct config *loaded(struct given_folder *g)
{
	char said[4096];

	given_load(g);
	given_complaints_text(g, said, sizeof said);
	assert_text(said, "");
	assert_true(g->ok);
	return &g->config;
}

static void the_clinic_is_as_written(void **state)
{
	const struct clinic *c = &loaded(*state)->clinic;
	char want[128];

	assert_text(c->name, "Small");
	assert_false(c->demo);
	assert_text(c->listen, "127.0.0.1:0");
	assert_i64(c->gate_unit, 247);
	given_path(*state, "state", want);
	assert_text(c->state_dir, want);
	given_path(*state, "state/control.sock", want);
	assert_text(c->control, want);
	assert_i64(c->n_console_addresses, 1);
	assert_text(c->console_address[0], "127.0.0.1");
	assert_i64(c->consoles_max, 8);
	assert_i64(c->idle_ms, 600000);
	assert_i64(c->partial_ms, 2000);
	assert_i64(c->session_idle_ms, 1800000);
	assert_i64(c->signers_idle_ms, 300000);
	assert_i64(c->others_idle_ms, 1800000);
	assert_i64(c->login_ms, 43200000);
	assert_i64(c->hold_ms, 900000);
	assert_i64(c->grant_ms, 120000);
	assert_i64(c->ledger_deadline_ms, 250);
	assert_i64(c->n_reason_codes, 1);
	assert_text(c->reason_code[0], "judgement");
}

static void the_devices_are_as_written(void **state)
{
	const struct config *config = loaded(*state);
	const struct device_config *a = &config->clinic.device[0], *b = &config->clinic.device[1];

	assert_i64(config->clinic.n_devices, 2);
	assert_i64(config->n_profiles, 1); /* two devices of one model */
	assert_text(a->name, "a");
	assert_i64(a->unit, 1);
	assert_i64(a->n_aliases, 2);
	assert_i64(a->aliases[1], 12);
	assert_text(a->address, "127.0.0.1:1601");
	assert_i64(a->device_unit, 1);
	assert_text(a->serial, "A1");
	struct device_timing of_a = config_timing(a, config->profile);
	struct device_timing of_b = config_timing(b, config->profile);
	assert_i64(of_a.poll_ms, 50); /* the site's own */
	assert_i64(of_a.deadline_ms, 500);
	assert_i64(of_b.poll_ms, 100);
	assert_i64(of_b.window, 2);
	assert_i64(b->device_unit, 255);
	assert_true(config_profile_of(config, a) == config->profile);
	assert_true(config_profile_of(config, b) == config->profile);
}

/* --- the library's device profiles ------------------------------------------------------------ */

/* A second profile, beside the one the devices use, for the time of the test. */
static void other_profile(const struct given_folder *g, const char *name, const char *instead)
{
	static const char model[] = "name = \"device\"";
	const char *text = given_file_text[DEVICE], *at = strstr(text, model);
	char changed[8192];

	must(at != NULL);
	int n = snprintf(changed, sizeof changed, "%.*sname = \"%s\"%s", (int)(at - text), text,
	                 instead, at + sizeof model - 1);

	given_write(g, name, changed, (size_t)n);
}

static void other_profile_away(const struct given_folder *g, const char *name)
{
	char path[128];

	given_path(g, name, path);
	must(unlink(path) == 0);
}

static void all_profiles_are_the_librarys(void **state)
{
	struct given_folder *g = *state;
	const struct config *config = NULL;

	other_profile(g, "devices/another.cfg", "another");
	given_load(g);
	other_profile_away(g, "devices/another.cfg");
	assert_true(g->ok);
	config = &g->config;
	assert_i64(config->n_profiles, 2);
	assert_text(config->profile[0].name, "another"); /* in the order of the names */
	assert_true(config_profile_of(config, &config->clinic.device[0]) ==
	            config_profile(config, "device"));
	assert_true(config_profile(config, "device") == &config->profile[1]);
	assert_true(config_profile(config, "device.cfg") == NULL);
}

static void a_profile_is_called_as_its_file(void **state)
{
	struct given_folder *g = *state;
	char said[4096];

	other_profile(g, "devices/other.cfg", "device");
	given_load(g);
	other_profile_away(g, "devices/other.cfg");
	given_complaints_text(g, said, sizeof said);
	assert_text(said, "devices/other.cfg:0: its name is \"device\"; a profile of a library is "
	                  "called as its file is, here \"other\"\n");
}

/* Where the clinic file lies and what it calls the profile; the library is one folder further. */
struct path_row {
	const char *name, *profile;
	const char *want; /* "": found; else what is said */
};

static void profile_is_found(void **state)
{
	const struct path_row *row = *state;
	struct given_folder g;
	char path[128], text[2048], said[4096];

	given_folder_make(&g);
	given_write(&g, "elsewhere.cfg", given_file_text[DEVICE], strlen(given_file_text[DEVICE]));
	given_path(&g, "protocols/clinic", path);
	must(mkdir(path, 0700) == 0);
	const char *dir = row->profile[0] == '/' ? g.dir : "";
	int n = snprintf(text, sizeof text,
	                 "clinic = { name = \"S\"; listen = \"127.0.0.1:0\"; library = \"../..\"; "
	                 "state = \"s\"; reason_codes = (\"j\");\n"
	                 "devices = ( { name = \"a\"; unit = 1; address = \"127.0.0.1:1601\"; "
	                 "device_unit = 1; profile = \"%s%s\"; } ); };\n",
	                 dir, row->profile);

	given_write(&g, "protocols/clinic/clinic.cfg", text, (size_t)n);
	given_path(&g, "protocols/clinic/clinic.cfg", path);
	g.ok = config_load(path, &g.config, &g.complaints);
	given_complaints_text(&g, said, sizeof said);
	bool ok = g.ok &&
	          config_profile_of(&g.config, &g.config.clinic.device[0]) == &g.config.profile[0];

	must(unlink(path) == 0);
	given_path(&g, "protocols/clinic", path);
	must(rmdir(path) == 0);
	other_profile_away(&g, "elsewhere.cfg");
	given_folder_drop(&g);
	assert_contains(said, row->want);
	assert_i64(ok, row->want[0] == '\0');
}

static const struct path_row of_paths[] = {
        {"from the library's folder", "devices/device.cfg", ""},
        {"from the clinic file's folder", "../../devices/device.cfg", ""},
        {"by its whole path", "/devices/device.cfg", ""},
        {"by a way around", "devices/../devices/device.cfg", ""},
        {"one that is not there names the nearest", "devices/devise.cfg",
         "clinic.cfg:2: unknown profile \"devise.cfg\"; did you mean \"device.cfg\"?"},
        {"one far from any lists them", "devices/ruby.cfg",
         "clinic.cfg:2: unknown profile \"ruby.cfg\"; known are device.cfg"},
        {"a file of the library that lies beside its devices", "elsewhere.cfg",
         "clinic.cfg:2: profile \"elsewhere.cfg\" does not lie in "},
        {"the whole path of a file elsewhere", "/elsewhere.cfg",
         "put it there and write \"devices/NAME.cfg\""},
        {"a folder", "devices/", "clinic.cfg:2: unknown profile \"\""},
};

static void what_a_clinic_file_leaves_out_is_the_usual(void **state)
{
	struct given_folder *g = *state;

	given_change(g, CLINIC,
	             "gate_unit = 247; library = \".\"; state = \"state\"; reason_codes = "
	             "(\"judgement\");\n"
	             "consoles = { addresses = (\"127.0.0.1\"); max = 8; idle = \"10 min\"; "
	             "partial = \"2 s\"; };\n"
	             "sessions = { idle = \"30 min\"; hold = \"15 min\"; grant = \"120 s\"; };\n"
	             "ledger = { deadline = \"250 ms\"; };\n",
	             "demo = true; library = \".\"; state = \"/absolute\"; control = "
	             "\"/run/control.sock\"; reason_codes = (\"judgement\");\n");
	const struct clinic *c = &loaded(g)->clinic;

	assert_true(c->demo);
	assert_i64(c->gate_unit, 247);
	assert_text(c->state_dir, "/absolute");
	assert_text(c->control, "/run/control.sock");
	assert_i64(c->n_console_addresses, 0);
	assert_i64(c->consoles_max, 64);
	assert_i64(c->idle_ms, 600000);
	assert_i64(c->partial_ms, 2000);
	assert_i64(c->session_idle_ms, 1800000);
	assert_i64(c->signers_idle_ms, 300000);
	assert_i64(c->others_idle_ms, 1800000);
	assert_i64(c->login_ms, 43200000);
	assert_i64(c->hold_ms, 900000);
	assert_i64(c->grant_ms, 120000);
	assert_i64(c->ledger_deadline_ms, 250);
	assert_i64(c->lease_ms, 60000);
	assert_i64(c->device[0].lease_ms, 60000);
	assert_i64(c->reads.rate, 0); /* as many as come */
}

static void what_consoles_may_is_as_written(void **state)
{
	struct given_folder *g = *state;

	given_change(g, CLINIC, "max = 8;",
	             "max = 8; lease = \"90 s\"; reads_per_second = 200; reads_burst = 50;");
	given_change(g, CLINIC, "{ name = \"b\";", "{ name = \"b\"; lease = \"1 h\";");
	const struct clinic *c = &loaded(g)->clinic;

	assert_i64(c->lease_ms, 90000);
	assert_i64(c->device[0].lease_ms, 90000);
	assert_i64(c->device[1].lease_ms, 3600000);
	assert_i64(c->reads.rate, 200);
	assert_i64(c->reads.burst, 50);
}

static void one_console_alone_needs_no_lease(void **state)
{
	struct given_folder *g = *state;

	given_change(g, CLINIC, "max = 8;", "max = 8; lease = \"none\"; reads_per_second = 7;");
	given_change(g, CLINIC, "{ name = \"b\";", "{ name = \"b\"; lease = \"2 min\";");
	const struct clinic *c = &loaded(g)->clinic;

	assert_i64(c->device[0].lease_ms, 0);
	assert_i64(c->device[1].lease_ms, 120000);
	assert_i64(c->reads.burst, 7); /* a second's worth */
}

static void the_profile_is_as_written(void **state)
{
	const struct config *config = loaded(*state);
	const struct profile *p = config->profile;
	const struct reg *fluence = &p->reg[0], *spot = &p->reg[1], *cooling = &p->reg[2];
	const struct reg *arm = &p->reg[3], *standing = &p->reg[4], *serial = &p->reg[5];
	const struct reg *heart = &p->reg[6], *width = &p->reg[7];

	assert_text(p->name, "device");
	assert_true(p->mask_write && !p->read_write && !p->diagnostics);
	assert_i64(p->fluence, FLUENCE_REPORTED);
	assert_i64(p->timing.ready_delay_ms, 2000);
	assert_i64(p->timing.boot_ms, 1000);
	assert_i64(p->n_regs, 8);
	assert_i64(fluence->address, 16);
	assert_i64(fluence->num, 100000); /* a tenth of J/cm2 is 100,000 uJ/cm2 */
	assert_i64(fluence->den, 1);
	assert_i64(fluence->hard.lo, 1000000);
	assert_i64(fluence->hard.hi, 60000000);
	assert_i64(fluence->initial, 100);
	assert_text(fluence->note, "at the skin");
	assert_true(fluence->readable && fluence->writable);
	assert_true(spot->low_word_first && !spot->low_byte_first);
	assert_i64(spot->initial, 0x41480000); /* 12.5 as binary32 */
	assert_i64(spot->hard.hi, INT64_MAX);
	assert_i64(cooling->bit_first, 4);
	assert_i64(cooling->bit_count, 2);
	assert_i64(cooling->n_choices, 2);
	assert_i64(cooling->choice[1].raw, 2);
	assert_text(symbols_name(&config->library.choices, cooling->choice[1].value), "air");
	assert_i64(cooling->initial, 2);
	assert_true(arm->has_on && arm->has_off);
	assert_i64(arm->on, 1);
	assert_i64(standing->choice[2].value, DEVICE_EMITTING);
	assert_i64(standing->initial, 2);
	assert_text(serial->initial_text, "DEV-0001");
	assert_i64(heart->hard.lo, 1);
	assert_i64(heart->hard.hi, 255);
	assert_i64(heart->fed_every_ms, 300);
	assert_i64(heart->standby_after_ms, 1100);
	assert_true(heart->readable && !heart->writable);
	assert_i64(serial->fed_every_ms, 0);
	assert_i64(width->initial, 300);
	assert_i64(width->num, 100000000); /* 0.1 ms is 10^8 ps */
	assert_i64(p->n_open, 1);
	assert_i64(p->open[0].first, 1000);
	assert_i64(p->open[0].last, 1099);
}

static void the_facts_are_as_written(void **state)
{
	const struct library *lib = &loaded(*state)->library;

	assert_i64(lib->n_facts, 4);
	assert_i64(lib->skin_fact, 0);
	assert_i64(lib->test_fact, 1);
	assert_i64(lib->fact[0].n_values, 6);
	assert_i64(lib->fact[0].valid_days, 365);
	assert_i64(lib->fact[1].answered_by, 1u << ROLE_OPERATOR | 1u << ROLE_ENGINEER);
	assert_i64(lib->fact[0].answered_by, 1u << ROLE_PHYSICIAN);
	assert_i64(lib->fact[2].kind, FACT_DAYS);
	assert_i64(lib->fact[2].confidence, 'X');
	assert_text(lib->fact[3].value[0], "no");
	assert_text(lib->fact[3].value[1], "yes");
	assert_i64(lib->fact[3].valid_days, 0);
	assert_i64(lib->fact[3].line, 5);
}

/* A fact of the kind that history makes so, with a rule on it. */
static void derived_loads(const char *kind_and_derive, enum derive want)
{
	struct given_folder g;

	given_folder_make(&g);
	given_change(&g, FACTS, "kind = \"days\"; answered_by = (\"operator\"); valid = \"1 d\";",
	             kind_and_derive);
	given_change(&g, SCREENING, "last_sun < 14 d", "last_sun unknown");
	given_load(&g);
	bool ok = g.ok;
	enum derive got = ok ? g.config.library.fact[2].derive : DERIVE_NONE;

	given_folder_drop(&g);
	assert_true(ok);
	assert_i64(got, want);
}

static void what_is_derived_is_as_written(void **state)
{
	(void)state;
	derived_loads("kind = \"days\"; derive = \"days_since_same_class\";", DERIVE_SAME_CLASS);
	derived_loads("kind = \"days\"; derive = \"days_since_other_class\";", DERIVE_OTHER_CLASS);
	derived_loads("kind = \"days\"; derive = \"days_since_ablative\";", DERIVE_ABLATIVE);
	derived_loads("kind = \"days\"; derive = \"test_area_wait\";", DERIVE_TEST_WAIT);
	derived_loads("kind = \"yes_no\"; derive = \"first_session\";", DERIVE_FIRST);
	derived_loads("kind = \"number\"; derive = \"sessions_12_months\";", DERIVE_SESSIONS);
}

static void the_sources_are_as_written(void **state)
{
	const struct library *lib = &loaded(*state)->library;

	assert_i64(lib->n_references, 2);
	assert_text(lib->reference[0].key, "S1");
	assert_text(lib->reference[0].title, "A source");
	assert_text(lib->reference[0].read, "abstract");
	assert_i64(lib->reference[1].line, 3);
}

static void the_rules_are_as_written(void **state)
{
	const struct library *lib = &loaded(*state)->library;
	const struct rule *sun = &lib->rule[0], *neck = &lib->rule[1], *darker = &lib->rule[2];

	assert_i64(lib->n_rules, 3);
	assert_i64(sun->classes, 1);
	assert_i64(sun->when[0].fact, 2);
	assert_i64(sun->when[0].at_least, -13); /* 13 days ago is less than 14, 14 is not */
	assert_i64(sun->then[0].kind, EFFECT_BLOCK);
	assert_i64(neck->sites, 2);
	assert_i64(neck->classes, 0);
	assert_i64(neck->n_when, 0);
	assert_i64(neck->then[0].param, FLUENCE_UJ_CM2);
	assert_i64(neck->then[0].num, 4);
	assert_i64(neck->then[0].den, 5);
	assert_i64(neck->then[1].kind, EFFECT_MINIMUM);
	assert_i64(neck->then[1].value, 20000000000); /* 20 ms in ps */
	assert_i64(darker->indications, 1);
	assert_i64(darker->when[0].at_least, 3);
	assert_i64(darker->when[1].at_least, RISK_UNKNOWN);
	assert_i64(darker->then[0].value, 1);
	assert_i64(darker->then[1].kind, EFFECT_HOLD);
}

static void the_rows_are_as_written(void **state)
{
	const struct library *lib = &loaded(*state)->library;
	const struct row *light = &lib->row[0], *dark = &lib->row[5];

	assert_i64(lib->n_rows, 6);
	assert_text(light->id, "light_I");
	assert_text(dark->id, "dark_VI");
	assert_i64(light->skin, 1);
	assert_i64(dark->skin, 6);
	assert_i64(light->status, STATUS_A);
	assert_i64(dark->status, STATUS_T);
	assert_i64(light->sites, 3); /* of its protocol */
	assert_i64(light->indications, 1);
	assert_i64(light->n_select, 1);
	assert_i64(light->select[0].span.lo, 18000);
	assert_i64(light->select[0].span.hi, 18000);
	assert_i64(light->n_limit, 3);
	assert_i64(light->limit[0].soft.lo, 14000000);
	assert_i64(light->limit[0].soft.hi, 20000000);
	assert_i64(light->limit[0].hard.hi, 40000000);
	assert_i64(light->limit[1].soft.lo, 3000000000);
	assert_i64(light->limit[1].soft.hi, INT64_MAX);
	assert_i64(light->limit[2].choices, 1 << (symbols_find(&lib->choices, "air") - 1));
	assert_i64(light->unlimited, PARAM_BIT(RATE_MILLIHZ));
	assert_text(dark->note, "a note");
	assert_text(lib->files[dark->file], "protocols/laser.cfg");
	assert_i64(dark->line, 9);
}

struct number_row {
	const char *name, *when;
	int64_t at_least, below; /* 0, 0: refused */
	const char *said;
};

static void a_number_is_asked_from_both_sides(void **state)
{
	const struct number_row *row = *state;
	struct given_folder g;
	char said[4096];

	given_folder_make(&g);
	given_change(&g, FACTS, "kind = \"days\"", "kind = \"number\"");
	given_change(&g, SCREENING, "last_sun < 14 d", row->when);
	given_load(&g);
	given_complaints_text(&g, said, sizeof said);
	bool ok = g.ok;
	struct condition c = ok ? g.config.library.rule[0].when[0] : (struct condition){0};

	given_folder_drop(&g);
	assert_contains(said, row->said);
	assert_i64(ok, row->said[0] == '\0');
	assert_i64(c.at_least, row->at_least);
	assert_i64(c.below, row->below);
}

/* clang-format off */
static const struct number_row numbers[] = {
	{"below", "last_sun < 16", 0, 16, ""},
	{"above", "last_sun > 75", 76, 0, ""},
	{"unknown", "last_sun unknown", RISK_UNKNOWN, 0, ""},
	{"the least", "last_sun < 1", 0, 1, ""},
	{"the most", "last_sun > 998", 999, 0, ""},
	{"below all", "last_sun < 0", 0, 0, "\"0\" is not within 1..998"},
	{"above all", "last_sun > 999", 0, 0, "\"999\" is not within 1..998"},
	{"as a choice", "last_sun >= 16", 0, 0, "is a number; write \"last_sun < 16\" or \"last_sun > 75\""},
	{"no number", "last_sun < old", 0, 0, "\"old\""},
};
/* clang-format on */

/* --- effects ---------------------------------------------------------------------------------- */

struct written_row {
	const char *name, *written;
	struct effect want;
};

/* clang-format off */
static const struct written_row written[] = {
	{"a step up", "step fluence 5 J/cm2", {.kind = EFFECT_STEP, .param = FLUENCE_UJ_CM2, .value = 5000000}},
	{"a step down", "step pulse_width 5 ms", {.kind = EFFECT_STEP, .param = WIDTH_PS, .value = 5000000000}},
	{"one step of two", "one_step fluence pulse_width",
	 {.kind = EFFECT_ONE_STEP, .param = PARAM_NONE, .n_together = 2, .together = {FLUENCE_UJ_CM2, WIDTH_PS}}},
	{"one step of three, in their order", "one_step rate fluence pulse_width",
	 {.kind = EFFECT_ONE_STEP, .param = PARAM_NONE, .n_together = 3, .together = {RATE_MILLIHZ, FLUENCE_UJ_CM2, WIDTH_PS}}},
	{"a budget", "budget fluence 5/4 28 d", {.kind = EFFECT_BUDGET, .param = FLUENCE_UJ_CM2, .value = 28, .num = 5, .den = 4}},
	{"a budget of whole ceilings", "budget energy 3/1 84 d", {.kind = EFFECT_BUDGET, .param = ENERGY_UJ, .value = 84, .num = 3, .den = 1}},
	{"what was tested", "tested fluence 6/5", {.kind = EFFECT_TESTED, .param = FLUENCE_UJ_CM2, .num = 6, .den = 5}},
	{"supervise", "supervise in_the_room", {.kind = EFFECT_SUPERVISE, .param = PARAM_NONE, .value = SUPERVISION_IN_ROOM}},
	{"pulses", "pulses 4", {.kind = EFFECT_PULSES, .param = PARAM_NONE, .value = 4}},
	{"a total", "total energy 300 J", {.kind = EFFECT_TOTAL, .param = ENERGY_UJ, .value = 300000000}},
	{"two approvers", "two_approvers fluence 6/5", {.kind = EFFECT_TWO, .param = FLUENCE_UJ_CM2, .num = 6, .den = 5}},
	{"a maximum", "maximum fluence 20 J/cm2", {.kind = EFFECT_MAXIMUM, .param = FLUENCE_UJ_CM2, .value = 20000000}},
};
/* clang-format on */

static void effect_is_as_written(void **state)
{
	const struct written_row *row = *state;
	struct given_folder g;
	char quoted[100], said[4096];

	given_folder_make(&g);
	snprintf(quoted, sizeof quoted, "\"%s\"", row->written);
	given_change(&g, SCREENING, "\"block\"", quoted);
	given_load(&g);
	given_complaints_text(&g, said, sizeof said);
	struct effect e = g.ok ? g.config.library.rule[0].then[0] : (struct effect){0};

	given_folder_drop(&g);
	assert_text(said, "");
	assert_i64(e.kind, row->want.kind);
	assert_i64(e.param, row->want.param);
	assert_i64(e.value, row->want.value);
	assert_i64(e.num, row->want.num);
	assert_i64(e.den, row->want.den);
	assert_i64(e.n_together, row->want.n_together);
	for (int i = 0; i < e.n_together; i++)
		assert_i64(e.together[i], row->want.together[i]);
}

static enum rule_session session_of(const char *keys)
{
	struct given_folder g;

	given_folder_make(&g);
	given_change(&g, SCREENING, "id = \"sun\";", keys);
	given_load(&g);
	enum rule_session session = g.ok ? g.config.library.rule[0].session : RULE_ANY_SESSION;

	given_folder_drop(&g);
	return session;
}

static void a_rule_is_for_the_sessions_it_names(void **state)
{
	(void)state;
	assert_i64(session_of("id = \"sun\";"), RULE_ANY_SESSION);
	assert_i64(session_of("id = \"sun\"; session = \"treatment\";"), RULE_TREATMENT);
	assert_i64(session_of("id = \"sun\"; session = \"test_spot\";"), RULE_TEST_SPOT);
}

/* Loads, and takes the second protocol away again. */
static void other_away(struct given_folder *g, bool want)
{
	char path[128];

	given_load(g);
	given_path(g, "protocols/other.cfg", path);
	assert_i64(unlink(path), 0);
	assert_i64(g->ok, want);
}

static void a_protocol_may_be_closed(void **state)
{
	static const char closed[] = "protocol = { device_class = \"other\"; title = \"O\"; "
	                             "indications = (\"hair\"); closed = \"No number.\"; };\n";
	struct given_folder *g = *state;

	given_write(g, "protocols/other.cfg", closed, sizeof closed - 1);
	other_away(g, true);
	const struct library *lib = &g->config.library;
	const struct patient_case c = {.device_class = 1};
	static struct limits l;

	assert_text(lib->classes.name[1], "other");
	assert_text(lib->closed[0], "");
	assert_text(lib->closed[1], "No number.");
	assert_i64(lib->n_rows, 6);
	assert_i64(lib->class_indications[1], 1);
	assert_i64(limits_compute(lib, &c, &l), LIMITS_NO_ROWS);
	assert_text(limits_why(lib, 1, LIMITS_NO_ROWS), "No number.");
}

static void a_class_is_closed_once(void **state)
{
	static const char again[] = "protocol = { device_class = \"laser\"; title = \"O\"; "
	                            "indications = (\"hair\"); closed = \"Nor here.\"; };\n";
	struct given_folder *g = *state;
	char said[4096];

	given_change(g, PROTOCOL, "rows = (", "closed = \"Why.\"; rows = (");
	given_write(g, "protocols/other.cfg", again, sizeof again - 1);
	other_away(g, false);
	given_complaints_text(g, said, sizeof said);
	assert_contains(said, "other.cfg:1: another file says already why this class has no row");
}

/* --- the hash -------------------------------------------------------------------------------- */

static void hash_after(enum given_file file, const char *from, const char *to, uint8_t out[32])
{
	struct given_folder g;

	given_folder_make(&g);
	given_change(&g, file, from, to);
	given_load(&g);
	bool ok = g.ok;

	memcpy(out, g.config.library.hash, 32);
	given_folder_drop(&g);
	assert_true(ok);
}

struct edit {
	const char *name;
	enum given_file file;
	const char *from, *to;
	bool same;
};

static void hash_is_of_what_decides(void **state)
{
	const struct edit *row = *state;
	uint8_t before[32], after[32];

	hash_after(CLINIC, "\"Small\"", "\"Small\"", before);
	hash_after(row->file, row->from, row->to, after);
	assert_i64(memcmp(before, after, 32) == 0, row->same);
}

static const struct edit of_hash[] = {
        {"a comment does not change the hash", FACTS, "facts = (", "/* asked */ facts = (", true},
        {"blanks do not", PROTOCOL, "limits = {", "limits\t=\n{", true},
        {"what the site says does not", CLINIC, "\"250 ms\"", "\"300 ms\"", true},
        {"the order of names in a list does not", FACTS, "(\"operator\", \"engineer\")",
         "(\"engineer\", \"operator\")", true},
        {"the same quantity in another unit does not", PROTOCOL, "\"18 mm\"", "\"1.8 cm\"", true},
        {"the simulator's beginning does not", DEVICE, "\"10 J/cm2\"", "\"11 J/cm2\"", true},
        {"a limit changes the hash", PROTOCOL, "14..20 J/cm2", "14..19.9 J/cm2", false},
        {"why a class has no row does", PROTOCOL, "rows = (", "closed = \"Why.\"; rows = (", false},
        {"a hard limit does", PROTOCOL, "..40 J/cm2", "..41 J/cm2", false},
        {"a note does", PROTOCOL, "a note", "a word", false},
        {"a confidence does", PROTOCOL, "confidence = \"P\"", "confidence = \"S\"", false},
        {"where an answer comes from does", FACTS, "answered_by = (\"operator\"); valid = \"1 d\";",
         "derive = \"days_since_ablative\";", false},
        {"an option's words do", SCREENING, "Dark does not.", "Dark does.", false},
        {"the option a rule hangs on does", SCREENING, "only_adopted = \"sunny\"",
         "unless_adopted = \"sunny\"", false},
        {"a threshold does", SCREENING, "< 14 d", "< 15 d", false},
        {"a reason does", SCREENING, "Come back.", "Come back later.", false},
        {"a share does", SCREENING, "4/5", "3/4", false},
        {"the order of the sources does not", SOURCES, NULL,
         "sources = (\n{ key = \"S2\"; title = \"Another\"; read = \"page\"; },\n"
         "{ key = \"S1\"; title = \"A source\"; read = \"abstract\"; }\n);\n",
         true},
        {"a source's title does", SOURCES, "A source", "The source", false},
        {"how far a source was read does", SOURCES, "abstract", "page", false},
        {"a source nobody names does", SOURCES, "\"S2\"", "\"S3\"", false},
        {"a session does", SCREENING, "id = \"sun\";", "id = \"sun\"; session = \"treatment\";",
         false},
        {"a step does", SCREENING, "\"block\"", "\"block\", \"step fluence 5 J/cm2\"", false},
        {"a question does", FACTS, "Sun?", "Sunbed?", false},
        {"how long an answer holds does", FACTS, "\"365 d\"", "\"364 d\"", false},
        {"who may answer does", FACTS, "(\"physician\")", "(\"director\")", false},
        {"an address does", DEVICE, "address = 0x20;", "address = 0x21;", false},
        {"a device's name does", DEVICE, "Model", "Another model", false},
        {"an access does", DEVICE, "access = \"rw\"; initial = \"10 J/cm2\"",
         "access = \"r\"; initial = \"10 J/cm2\"", false},
        {"a device's range does", DEVICE, "1..60 J/cm2", "1..61 J/cm2", false},
        {"how often a heartbeat is fed does", DEVICE, "fed_every = \"300 ms\"",
         "fed_every = \"299 ms\"", false},
        {"how long a device waits for it does", DEVICE, "standby_after = \"1100 ms\"",
         "standby_after = \"1101 ms\"", false},
        {"an open range does", DEVICE, "last = 1099", "last = 1100", false},
        {"an opened function does", DEVICE, "(\"mask_write\")", "()", false},
};

/* --- everything at once ---------------------------------------------------------------------- */

static void all_is_told_at_once(void **state)
{
	struct given_folder *g = *state;
	char said[8192];

	given_change(g, CLINIC, "grant = \"120 s\"", "grant = \"2 h\"");
	given_change(g, FACTS, "\"365 d\"", "\"a year\"");
	given_change(g, SCREENING, "\"block\"", "\"blok\"");
	given_change(g, PROTOCOL, "\"14..20 J/cm2\"; pulse_width = \"3.. ms\"",
	             "\"14..20 J\"; pulse_width = \"3..\"");
	given_change(g, DEVICE, "scale = \"1 mm\"", "scale = \"1 J\"");
	given_load(g);
	given_complaints_text(g, said, sizeof said);
	assert_false(g->ok);
	assert_contains(said, "clinic.cfg:4: ");
	assert_contains(said, "device.cfg:6: ");
	assert_contains(said, "facts.cfg:2: ");
	assert_contains(said, "screening.cfg:2: ");
	assert_contains(said, "protocols/laser.cfg:6: \"14..20 J\"");
	assert_contains(said, "protocols/laser.cfg:6: \"3..\"");
	assert_i64(g->complaints.count, 6);
}

/* --- bytes a C string cannot show ------------------------------------------------------------ */

static void a_byte_of_nothing_is_refused(void **state)
{
	struct given_folder *g = *state;
	char said[4096];

	given_write(g, "clinic.cfg", "clinic = {\n};\0 hidden", 22);
	given_load(g);
	given_complaints_text(g, said, sizeof said);
	assert_text(said, "clinic.cfg:2: byte 0x00 is no text; the file must be UTF-8 without "
	                  "control characters\n");
}

static void a_file_beyond_a_mebibyte_is_refused(void **state)
{
	struct given_folder *g = *state;
	size_t len = (1u << 20) + 1;
	char *blanks = malloc(len);
	char said[4096];

	must(blanks != NULL);
	memset(blanks, ' ', len);
	given_write(g, "clinic.cfg", blanks, len);
	free(blanks);
	given_load(g);
	given_complaints_text(g, said, sizeof said);
	assert_contains(said, "clinic.cfg:0: is larger than 1 MiB");
}

static void a_folder_is_no_file(void **state)
{
	struct given_folder *g = *state;
	struct symbols choices = {0};
	struct profile *p = malloc(sizeof *p);
	bool ok = config_load_profile(g->dir, &choices, p, &g->complaints);

	free(p);
	assert_false(ok);
	assert_text(g->complaints.list[0].text, "cannot be read");
}

static void an_isolated_interface_may_be_listened_on(void **state)
{
	struct given_folder *g = *state;

	given_change(g, CLINIC, "listen = \"127.0.0.1:0\"",
	             "isolated_interface = true; listen = \"192.0.2.1:502\"");
	assert_text(loaded(g)->clinic.listen, "192.0.2.1:502");
}

/* With a profile that no device of the clinic is of, and whatever order the folder is in. */
static void a_library_alone_has_the_hash_of_the_clinic_with_it(void **state)
{
	struct given_folder *g = *state;
	struct config config, without;

	assert_true(config_load_library(g->dir, &without, &g->complaints));
	other_profile(g, "devices/another.cfg", "another");
	bool ok = config_load_library(g->dir, &config, &g->complaints);

	given_load(g);
	other_profile_away(g, "devices/another.cfg");
	bool is_hex = strspn(config.library.hash_hex, "0123456789abcdef") == 16;
	bool same = memcmp(config.library.hash, g->config.library.hash, 32) == 0;
	bool counts = memcmp(config.library.hash, without.library.hash, 32) != 0;

	config_free(&config);
	config_free(&without);
	assert_true(ok && g->ok);
	assert_true(is_hex);
	assert_true(same);
	assert_true(counts);
}

/* The room may not look into its neighbours, so what it repeats of them is compared here. */
static void what_is_repeated_is_the_same(void **state)
{
	(void)state;
	assert_i64(ROLE_OPERATOR, 0);
	assert_i64(ROLE_PHYSICIAN, 1);
	assert_i64(ROLE_DIRECTOR, 2);
	assert_i64(ROLE_ENGINEER, 3);
	assert_i64(ROLE_OFFICER, 4);
	assert_i64(ROLE_AUDITOR, 5);
	assert_i64(PERSON_ROLE_COUNT, 6);
	assert_i64(CONSOLES_MAX, 512);
	assert_i64(CONSOLES_LINES, CONSOLE_LINES_MAX);
	assert_i64(LINK_WINDOW_MAX, 16);
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_up, folder_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        IN_FOLDER(the_clinic_is_as_written),
	        IN_FOLDER(the_devices_are_as_written),
	        IN_FOLDER(what_a_clinic_file_leaves_out_is_the_usual),
	        IN_FOLDER(what_consoles_may_is_as_written),
	        IN_FOLDER(one_console_alone_needs_no_lease),
	        IN_FOLDER(the_profile_is_as_written),
	        IN_FOLDER(the_facts_are_as_written),
	        cmocka_unit_test(what_is_derived_is_as_written),
	        IN_FOLDER(the_sources_are_as_written),
	        IN_FOLDER(the_rules_are_as_written),
	        cmocka_unit_test(a_rule_is_for_the_sessions_it_names),
	        IN_FOLDER(the_rows_are_as_written),
	        IN_FOLDER(a_protocol_may_be_closed),
	        IN_FOLDER(a_class_is_closed_once),
	        IN_FOLDER(all_is_told_at_once),
	        IN_FOLDER(a_byte_of_nothing_is_refused),
	        IN_FOLDER(a_file_beyond_a_mebibyte_is_refused),
	        IN_FOLDER(a_folder_is_no_file),
	        IN_FOLDER(an_isolated_interface_may_be_listened_on),
	        IN_FOLDER(all_profiles_are_the_librarys),
	        IN_FOLDER(a_profile_is_called_as_its_file),
	        IN_FOLDER(a_library_alone_has_the_hash_of_the_clinic_with_it),
	        cmocka_unit_test(what_is_repeated_is_the_same),
	};
	int failures = cmocka_run_group_tests_name("load", tests, NULL, NULL);

	failures += RUN_ROWS("effects", written, effect_is_as_written);
	failures += RUN_ROWS("numbers", numbers, a_number_is_asked_from_both_sides);
	failures += RUN_ROWS("paths", of_paths, profile_is_found);
	failures += RUN_ROWS("hash", of_hash, hash_is_of_what_decides);
	return failures != 0;
}
