/*
 * What the director may decide, and what becomes of the rules that hang on it: what screening.cfg
 * and decisions.cfg may not say, what follows when they are right, and that the hash knows of it.
 */
#include "given_files.h"

#define DECIDED(text) "decisions = (\n" text "\n);\n"
#define ADOPT(option, on) \
	"{ adopt = \"" option "\"; by = \"Dora\"; on = \"" on "\"; why = \"Read.\"; }"
#define DROP(option, on) \
	"{ drop = \"" option "\"; by = \"Dora\"; on = \"" on "\"; why = \"Read.\"; }"

/* clang-format off */
static const struct refusal of_options[] = {
	{"a rule on an option nobody offers", SCREENING, "= \"milder\"; indications", "= \"mildre\"; indications", "screening.cfg:4: unknown option \"mildre\"; did you mean \"milder\"?"},
	{"a rule on two options", SCREENING, "unless_adopted = \"milder\";", "unless_adopted = \"milder\"; only_adopted = \"sunny\";", "screening.cfg:4: unless_adopted and only_adopted; a rule hangs on one option"},
	{"an option no rule hangs on", SCREENING, "unless_adopted = \"milder\"; ", "", "screening.cfg:8: no rule hangs on the option \"milder\"; say unless_adopted or only_adopted in one"},
	{"an option twice", SCREENING, "name = \"milder\"", "name = \"sunny\"", "screening.cfg:8: the option \"sunny\" is there already, on line 7"},
	{"an option without a name", SCREENING, "name = \"milder\"; ", "", "screening.cfg:8: name is missing"},
	{"an option that says nothing", SCREENING, "\"Sun counts.\"", "\"\"", "screening.cfg:7: words is empty; say what it means to adopt it"},
	{"an option without a default", SCREENING, "default = \"adopted\"; ", "", "screening.cfg:7: default is missing"},
	{"a default nobody knows", SCREENING, "\"adopted\"", "\"adopt\"", "screening.cfg:7: unknown default \"adopt\"; did you mean \"adopted\"?"},
	{"an option without a source", SCREENING, "not.\"; source = \"S1\";", "not.\";", "screening.cfg:8: source is missing"},
	{"an option with a source without an entry", SCREENING, "not.\"; source = \"S1\"", "not.\"; source = \"S1, T2\"", "screening.cfg:8: unknown source (each has an entry in sources.cfg) \"T2\"; did you mean \"S2\"?"},
	{"an option of a confidence nobody knows", SCREENING, "not.\"; source = \"S1\"; confidence = \"X\"", "not.\"; source = \"S1\"; confidence = \"D\"", "screening.cfg:8: confidence \"D\" is none of P (primary)"},
	{"a key of an option", SCREENING, "words = \"Sun", "word = \"Sun", "screening.cfg:7: unknown key \"word\"; did you mean \"words\"?"},
};

static const struct refusal of_decisions[] = {
	{"an option nobody offers", DECISIONS, NULL, DECIDED(ADOPT("mildre", "2026-11-20")), "decisions.cfg:2: unknown option \"mildre\"; did you mean \"milder\"?"},
	{"a rule, which is no option", DECISIONS, NULL, DECIDED(DROP("neck", "2026-11-20")), "decisions.cfg:2: unknown option \"neck\"; known are sunny, milder"},
	{"an option decided twice", DECISIONS, NULL, DECIDED(ADOPT("milder", "2026-11-20") ",\n" DROP("milder", "2026-11-20")), "decisions.cfg:3: milder is decided already, on line 2; an option has one decision"},
	{"adopted and dropped in one", DECISIONS, NULL, DECIDED("{ adopt = \"milder\"; drop = \"milder\"; by = \"D\"; on = \"2026-11-20\"; why = \"W\"; }"), "decisions.cfg:2: a decision is adopt = \"OPTION\" or drop = \"OPTION\", one of the two"},
	{"neither adopted nor dropped", DECISIONS, NULL, DECIDED("{ by = \"D\"; on = \"2026-11-20\"; why = \"W\"; }"), "decisions.cfg:2: a decision is adopt = \"OPTION\" or drop = \"OPTION\", one of the two"},
	{"nobody decided", DECISIONS, NULL, DECIDED("{ adopt = \"milder\"; on = \"2026-11-20\"; why = \"W\"; }"), "decisions.cfg:2: by is missing; it is text in quotes"},
	{"somebody without a name decided", DECISIONS, NULL, DECIDED("{ adopt = \"milder\"; by = \"\"; on = \"2026-11-20\"; why = \"W\"; }"), "decisions.cfg:2: by is empty; say who decided"},
	{"decided at no time", DECISIONS, NULL, DECIDED("{ adopt = \"milder\"; by = \"D\"; why = \"W\"; }"), "decisions.cfg:2: on is missing; it is text in quotes"},
	{"decided for no reason", DECISIONS, NULL, DECIDED("{ adopt = \"milder\"; by = \"D\"; on = \"2026-11-20\"; }"), "decisions.cfg:2: why is missing; it is text in quotes"},
	{"decided for an empty reason", DECISIONS, NULL, DECIDED("{ adopt = \"milder\"; by = \"D\"; on = \"2026-11-20\"; why = \"\"; }"), "decisions.cfg:2: why is empty; say what it was decided on"},
	{"on a day there is not", DECISIONS, NULL, DECIDED(ADOPT("milder", "2026-02-29")), "decisions.cfg:2: on \"2026-02-29\" is no day, as in \"2026-11-20\""},
	{"on a day written otherwise", DECISIONS, NULL, DECIDED(ADOPT("milder", "20.11.2026")), "decisions.cfg:2: on \"20.11.2026\" is no day"},
	{"on a day with a digit too few", DECISIONS, NULL, DECIDED(ADOPT("milder", "2026-11-2")), "decisions.cfg:2: on \"2026-11-2\" is no day"},
	{"on a day with a digit too many", DECISIONS, NULL, DECIDED(ADOPT("milder", "2026-11-200")), "decisions.cfg:2: on \"2026-11-200\" is no day"},
	{"on a day with other signs between", DECISIONS, NULL, DECIDED(ADOPT("milder", "2026/11/20")), "decisions.cfg:2: on \"2026/11/20\" is no day"},
	{"on no day at all", DECISIONS, NULL, DECIDED(ADOPT("milder", "yesterday.")), "decisions.cfg:2: on \"yesterday.\" is no day"},
	{"before the decision above it", DECISIONS, NULL, DECIDED(ADOPT("milder", "2026-11-20") ",\n" DROP("sunny", "2026-11-19")), "decisions.cfg:3: on \"2026-11-19\" is before \"2026-11-20\", the decision above it"},
	{"a key of a decision", DECISIONS, NULL, DECIDED("{ adopt = \"milder\"; by = \"D\"; at = \"2026-11-20\"; why = \"W\"; }"), "decisions.cfg:2: unknown key \"at\""},
	{"a key of the file", DECISIONS, NULL, "decision = ();\n", "decisions.cfg:1: unknown key \"decision\"; did you mean \"decisions\"?"},
	{"one decision where a list belongs", DECISIONS, NULL, "decisions = { adopt = \"milder\"; };\n", "decisions.cfg:1: decisions is not a list of groups"},
};
/* clang-format on */

/* --- what follows ---------------------------------------------------------------------------- */

struct standing {
	const char *name, *decisions;
	bool sunny, milder; /* adopted */
	const char *rules;  /* in force, in their order */
	const char *silent;
};

static void ids(const struct rule *r, uint32_t n, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (uint32_t i = 0; i < n; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s", i > 0 ? " " : "", r[i].id);
}

static void rules_follow(void **state)
{
	const struct standing *row = *state;
	struct given_folder g;
	char rules[200] = "", silent[200] = "";

	given_folder_make(&g);
	given_change(&g, DECISIONS, NULL, row->decisions);
	given_load(&g);
	const struct library *lib = &g.config.library;
	bool ok = g.ok, sunny = ok && lib->option[0].adopted, milder = ok && lib->option[1].adopted;

	if (ok) {
		ids(lib->rule, lib->n_rules, rules, sizeof rules);
		ids(lib->rule + lib->n_rules, lib->n_silent, silent, sizeof silent);
	}
	given_folder_drop(&g);
	assert_true(ok);
	assert_i64(sunny, row->sunny);
	assert_i64(milder, row->milder);
	assert_text(rules, row->rules);
	assert_text(silent, row->silent);
}

static const struct standing standings[] = {
        {"nothing decided: the defaults stand", "", true, false, "sun neck darker", ""},
        {"a file that decides nothing", "decisions = ();\n", true, false, "sun neck darker", ""},
        {"a file of words alone", "// none yet\n", true, false, "sun neck darker", ""},
        {"adopted: a rule unless adopted is silent", DECIDED(ADOPT("milder", "2026-11-20")), true,
         true, "sun neck", "darker"},
        {"dropped: a rule only adopted is silent", DECIDED(DROP("sunny", "2026-11-20")), false,
         false, "neck darker", "sun"},
        {"both, on one day",
         DECIDED(DROP("sunny", "2026-11-20") ",\n" ADOPT("milder", "2026-11-20")), false, true,
         "neck", "sun darker"},
        {"the default, confirmed",
         DECIDED(ADOPT("sunny", "2026-11-20") ",\n" DROP("milder", "2028-02-29")), true, false,
         "sun neck darker", ""},
};

static void a_decision_is_as_written(void **state)
{
	struct given_folder g;

	(void)state;
	given_folder_make(&g);
	given_change(
	        &g, DECISIONS, NULL,
	        "decisions = (\n\n{ drop = \"sunny\"; by = \"Dr. Dora Dean\"; on = \"2026-11-20\"; "
	        "why = \"Little sun here.\"; }\n);\n");
	given_load(&g);
	bool ok = g.ok;
	struct director_option sunny =
	        ok ? g.config.library.option[0] : (struct director_option){0};
	struct director_option milder =
	        ok ? g.config.library.option[1] : (struct director_option){0};

	given_folder_drop(&g);
	assert_true(ok);
	assert_text(sunny.name, "sunny");
	assert_text(sunny.words, "Sun counts.");
	assert_true(sunny.by_default && !sunny.adopted);
	assert_text(sunny.by, "Dr. Dora Dean");
	assert_text(sunny.on, "2026-11-20");
	assert_text(sunny.why, "Little sun here.");
	assert_i64(sunny.line, 7);
	assert_i64(sunny.decided_line, 3);
	assert_text(milder.source, "S1");
	assert_i64(milder.confidence, 'X');
	assert_text(milder.by, "");
	assert_i64(milder.decided_line, 0);
}

static void hash_with(const char *decisions, uint8_t out[32])
{
	struct given_folder g;
	char path[128];

	given_folder_make(&g);
	given_path(&g, "decisions.cfg", path);
	if (decisions == NULL)
		must(unlink(path) == 0);
	else
		given_change(&g, DECISIONS, NULL, decisions);
	given_load(&g);
	bool ok = g.ok;

	memcpy(out, g.config.library.hash, 32);
	given_folder_drop(&g);
	assert_true(ok);
}

struct hashed {
	const char *name, *decisions;
	bool same; /* as without a file */
};

static void hash_knows_of_it(void **state)
{
	const struct hashed *row = *state;
	uint8_t without[32], with[32];

	hash_with(NULL, without);
	hash_with(row->decisions, with);
	assert_i64(memcmp(without, with, 32) == 0, row->same);
}

static const struct hashed hashes[] = {
        {"an empty file decides nothing", "", true},
        {"a decision is of the hash", DECIDED(ADOPT("milder", "2026-11-20")), false},
        {"that of the default too", DECIDED(DROP("milder", "2026-11-20")), false},
};

/* Who, when and why: each is of the hash by itself. */
static void hash_knows_who_when_and_why(void **state)
{
	static const char *const others[] = {
	        DECIDED(ADOPT("milder", "2026-11-21")),
	        DECIDED("{ adopt = \"milder\"; by = \"Phil\"; on = \"2026-11-20\"; why = "
	                "\"Read.\"; }"),
	        DECIDED("{ adopt = \"milder\"; by = \"Dora\"; on = \"2026-11-20\"; why = "
	                "\"Seen.\"; }"),
	        DECIDED(DROP("milder", "2026-11-20")),
	};
	uint8_t one[32], other[32];

	(void)state;
	hash_with(DECIDED(ADOPT("milder", "2026-11-20")), one);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		hash_with(others[i], other);
		assert_true(memcmp(one, other, 32) != 0);
	}
}

static void a_silent_rule_is_proved_too(void **state)
{
	struct given_folder g;
	char said[4096];

	(void)state;
	given_folder_make(&g);
	given_change(&g, DECISIONS, NULL, DECIDED(ADOPT("milder", "2026-11-20")));
	given_change(&g, SCREENING, "raise_skin_type 1", "raise_skin_type 0");
	given_load(&g);
	given_complaints_text(&g, said, sizeof said);
	bool ok = g.ok;

	given_folder_drop(&g);
	assert_false(ok);
	assert_contains(said, "screening.cfg:4: rule darker: the rule would widen");
}

static void there_is_room_for_so_many_options(void **state)
{
	struct given_folder g;
	char text[16384], said[4096];
	size_t len;

	(void)state;
	given_folder_make(&g);
	len = (size_t)snprintf(text, sizeof text, "rules = ( ");
	for (int i = 0; i < OPTIONS_MAX + 1; i++)
		len += (size_t)snprintf(
		        text + len, sizeof text - len,
		        "%s{ id = \"r%d\"; only_adopted = \"o%d\"; then = (\"note\"); "
		        "reason = \"R\"; source = \"S1\"; confidence = \"P\"; }\n",
		        i > 0 ? ", " : "", i, i);
	len += (size_t)snprintf(text + len, sizeof text - len, ");\noptions = ( ");
	for (int i = 0; i < OPTIONS_MAX + 1; i++)
		len += (size_t)snprintf(text + len, sizeof text - len,
		                        "%s{ name = \"o%d\"; default = \"adopted\"; words = \"W\"; "
		                        "source = \"S1\"; confidence = \"P\"; }\n",
		                        i > 0 ? ", " : "", i);
	snprintf(text + len, sizeof text - len, ");\n");
	given_write(&g, "screening.cfg", text, strlen(text));
	given_load(&g);
	given_complaints_text(&g, said, sizeof said);
	bool ok = g.ok;

	given_folder_drop(&g);
	assert_false(ok);
	assert_contains(said, "33 options; 32 are the most");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_decision_is_as_written),
	        cmocka_unit_test(hash_knows_who_when_and_why),
	        cmocka_unit_test(a_silent_rule_is_proved_too),
	        cmocka_unit_test(there_is_room_for_so_many_options),
	};
	int failures = cmocka_run_group_tests_name("options", tests, NULL, NULL);

	failures += RUN_ROWS("options refused", of_options, is_refused);
	failures += RUN_ROWS("decisions refused", of_decisions, is_refused);
	failures += RUN_ROWS("standings", standings, rules_follow);
	failures += RUN_ROWS("hashes", hashes, hash_knows_of_it);
	return failures != 0;
}
