/*
 * What a file may not say: each row changes one word of a clinic that is right, and names the
 * complaint with the file and the line.
 */
#include "given_files.h"

/* clang-format off */
static const struct refusal of_bytes[] = {
	{"an include", FACTS, "facts = (", "@include \"x.cfg\"\nfacts = (", "facts.cfg:1: @include is not allowed"},
	{"a comment without an end", FACTS, "facts = (", "facts = ( /* lost", "facts.cfg:1: a comment begins here and never ends"},
	{"a text without an end", CLINIC, "\"Small\"", "\"Small", "clinic.cfg:2: a text begins here and does not end on its line"},
	{"a backslash", CLINIC, "\"Small\"", "\"Sm\\x41ll\"", "clinic.cfg:2: a backslash stands in a text"},
	{"two texts without a comma, which would become one", FACTS, "\"I\", \"II\"", "\"I\" \"II\"", "facts.cfg:2: two texts with nothing between them"},
	{"two texts parted by a comment only", FACTS, "\"I\", \"II\"", "\"I\" /* , */ \"II\"", "facts.cfg:2: two texts with nothing between them"},
	{"an integer of ten digits", CLINIC, "device_unit = 1;", "device_unit = 4294967297;", "clinic.cfg:7: 4294967297 is too long; 9 digits"},
	{"an integer of eight digits of base 16", DEVICE, "address = 0x10;", "address = 0x80000010;", "device.cfg:5: 0x80000010 is too long; 7 digits of base 16"},
	{"an integer with an L", CLINIC, "device_unit = 1;", "device_unit = 1L;", "clinic.cfg:7: 1L ends in L"},
	{"a number with a point", CLINIC, "unit = 1;", "unit = 1.0;", "clinic.cfg:7: 1.0 is written with a point or an exponent"},
	{"a number with an exponent", CLINIC, "unit = 1;", "unit = 1e2;", "clinic.cfg:7: 1e2 is written with a point or an exponent"},
	{"a number with a signed exponent", CLINIC, "unit = 1;", "unit = -1E-2;", "clinic.cfg:7: 1E-2 is written with a point"},
	{"bytes that are not UTF-8", CLINIC, "\"Small\"", "\"Sm\xff\"", "clinic.cfg:2: byte 0xFF is no text"},
	{"an overlong encoding", CLINIC, "\"Small\"", "\"Sm\xc0\x80\"", "clinic.cfg:2: byte 0xC0 is no text"},
	{"a cut character", CLINIC, "\"Small\"", "\"Sm\xe2\x82\"", "clinic.cfg:2: byte 0xE2 is no text"},
	{"half a surrogate pair", CLINIC, "\"Small\"", "\"Sm\xed\xa0\x80\"", "clinic.cfg:2: byte 0xED is no text"},
	{"a control character", CLINIC, "\"Small\"", "\"Sm\x01\"", "clinic.cfg:2: byte 0x01 is no text"},
	{"a file cut short", FACTS, ");\n", "", "facts.cfg:6: syntax error"},
	{"a key twice", CLINIC, "name = \"Small\";", "name = \"Small\"; name = \"Large\";", "clinic.cfg:2: duplicate setting name"},
	{"an empty file", FACTS, NULL, "", "facts.cfg:0: facts is missing; it is a list of groups"},
	{"another file's content", DEVICE, "profile = {", "protocol = {", "device.cfg:1: unknown key \"protocol\"; known are profile"},
};

static const struct refusal of_keys[] = {
	{"a key nobody knows names the nearest", CLINIC, "gate_unit", "gate_uint", "clinic.cfg:2: unknown key \"gate_uint\"; did you mean \"gate_unit\"?"},
	{"a key far from any lists them", CLINIC, "gate_unit", "x", "clinic.cfg:2: unknown key \"x\"; known are name, demo, listen"},
	{"a key nobody knows, deep in a row", PROTOCOL, "hard =", "herd =", "laser.cfg:7: unknown key \"herd\"; did you mean \"hard\"?"},
	{"a key of a rule", SCREENING, "when =", "whem =", "screening.cfg:2: unknown key \"whem\"; did you mean \"when\"?"},
	{"a key of a fact", FACTS, "valid =", "vaild =", "facts.cfg:2: unknown key \"vaild\"; did you mean \"valid\"?"},
	{"a key of a register", DEVICE, "hard =", "heard =", "device.cfg:5: unknown key \"heard\""},
	{"a key of an example", DEVICE, "means =", "mean =", "device.cfg:15: unknown key \"mean\""},
	{"a key of an open range", DEVICE, "first =", "begin =", "device.cfg:13: unknown key \"begin\""},
	{"a key of the timing", DEVICE, "poll =", "pool =", "device.cfg:3: unknown key \"pool\"; did you mean \"poll\"?"},
	{"a key that is missing", PROTOCOL, "status = \"A\";", "", "laser.cfg:4: status is missing; it is text in quotes"},
	{"a source that is missing", SCREENING, "source = \"S1\";", "", "screening.cfg:2: source is missing"},
	{"an integer where text belongs", CLINIC, "deadline = \"250 ms\"", "deadline = 250", "clinic.cfg:5: deadline is not text in quotes"},
	{"text where an integer belongs", CLINIC, "unit = 1;", "unit = \"1\";", "clinic.cfg:7: unit is not a plain integer"},
	{"a word where true or false belongs", CLINIC, "name = \"Small\";", "name = \"Small\"; demo = 1;", "clinic.cfg:2: demo is not true or false"},
	{"one text where a list belongs", FACTS, "(\"physician\")", "\"physician\"", "facts.cfg:2: answered_by is not a list of texts"},
	{"a list with an integer in it", FACTS, "(\"physician\")", "(\"physician\", 1)", "facts.cfg:2: answered_by is not a list of texts"},
	{"a text too long", CLINIC, "\"Small\"", "\"0123456789012345678901234567890123456789012345678901234567890123\"", "clinic.cfg:2: name has 64 characters; 63 are the most"},
	{"a name with a blank", CLINIC, "name = \"a\"", "name = \"a b\"", "clinic.cfg:7: name \"a b\" is no name"},
	{"a name with a capital", SCREENING, "\"sun\"", "\"Sun\"", "screening.cfg:2: id \"Sun\" is no name"},
	{"an empty name", FACTS, "\"last_sun\"", "\"\"", "facts.cfg:4: name \"\" is no name"},
};

static const struct refusal of_facts[] = {
	{"a fact twice", FACTS, "\"pregnancy\"", "\"last_sun\"", "facts.cfg:5: the fact \"last_sun\" is there already, on line 4"},
	{"a kind nobody knows", FACTS, "\"days\"", "\"day\"", "facts.cfg:4: unknown kind \"day\"; did you mean \"days\"?"},
	{"a choice without values", FACTS, " values = (\"clear\", \"none\");", "", "facts.cfg:3: a choice has values, two at least"},
	{"days with values", FACTS, "kind = \"days\";", "kind = \"days\"; values = (\"a\", \"b\");", "facts.cfg:4: values belong to the kind choice alone"},
	{"a value twice", FACTS, "\"none\"", "\"clear\"", "facts.cfg:3: the value \"clear\" is there twice"},
	{"a value that is understood anyway", FACTS, "\"none\"", "\"unknown\"", "facts.cfg:3: \"unknown\" is understood without being listed"},
	{"an empty value", FACTS, "\"none\"", "\"\"", "facts.cfg:3: the value \"\" must have 1 to 23 characters"},
	{"nine values", FACTS, "(\"clear\", \"none\")", "(\"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"7\", \"8\", \"9\")", "facts.cfg:3: more than 8 values"},
	{"a role nobody has", FACTS, "(\"physician\")", "(\"physican\")", "facts.cfg:2: unknown role \"physican\"; did you mean \"physician\"?"},
	{"nobody who may answer", FACTS, "(\"physician\")", "()", "facts.cfg:2: nobody may answer this"},
	{"derived, and no such thing", FACTS, "answered_by = (\"operator\"); valid = \"1 d\";", "derive = \"days_since_ablatve\";", "facts.cfg:4: unknown derive \"days_since_ablatve\"; did you mean \"days_since_ablative\"?"},
	{"derived, of another kind", FACTS, "answered_by = (\"operator\"); valid = \"1 d\";", "derive = \"first_session\";", "facts.cfg:4: first_session is of the kind yes_no"},
	{"a count, of another kind", FACTS, "answered_by = (\"operator\"); valid = \"1 d\";", "derive = \"sessions_12_months\";", "facts.cfg:4: sessions_12_months is of the kind number"},
	{"derived, and answered", FACTS, "valid = \"1 d\";", "derive = \"days_since_ablative\";", "facts.cfg:4: unknown key \"answered_by\""},
	{"neither derived nor answered", FACTS, "answered_by = (\"operator\"); valid = \"1 d\";", "valid = \"1 d\";", "facts.cfg:4: answered_by is missing"},
	{"hours of validity", FACTS, "\"1 d\"", "\"36 h\"", "facts.cfg:4: \"36 h\" is not whole days"},
	{"validity without a unit", FACTS, "\"1 d\"", "\"1\"", "facts.cfg:4: \"1\": the unit is missing"},
	{"an empty source", FACTS, "source = \"S1\"", "source = \"\"", "facts.cfg:2: source is empty"},
	{"a confidence nobody knows", FACTS, "confidence = \"X\"", "confidence = \"Q\"", "facts.cfg:4: confidence \"Q\" is none of P (primary)"},
	{"no skin type", FACTS, "\"skin_type\"", "\"skintype\"", "screening.cfg:4: unknown fact \"skin_type\"; did you mean \"skintype\"?"},
	{"skin types out of order", FACTS, "\"I\", \"II\",", "\"II\", \"I\",", "skin_type with the values I, II, III, IV, V, VI in this order"},
	{"no test area", FACTS, "\"test_area\"", "\"test_aera\"", "facts lack the choice test_area"},
};

static const struct refusal of_rules[] = {
	{"a rule twice", SCREENING, "\"neck\";", "\"sun\";", "screening.cfg:3: the rule \"sun\" is there already, on line 2"},
	{"a class without a protocol", SCREENING, "(\"laser\")", "(\"lasre\")", "screening.cfg:2: unknown device class \"lasre\"; did you mean \"laser\"?"},
	{"an indication nobody knows", SCREENING, "(\"hair\")", "(\"heir\")", "screening.cfg:4: unknown indication \"heir\"; did you mean \"hair\"?"},
	{"a site nobody knows", SCREENING, "(\"neck\")", "(\"nekc\")", "screening.cfg:3: unknown site \"nekc\"; did you mean \"neck\"?"},
	{"sites that name none", SCREENING, "(\"neck\")", "()", "screening.cfg:3: sites is empty; leave the key out"},
	{"a fact nobody knows", SCREENING, "last_sun <", "last_sum <", "screening.cfg:2: unknown fact \"last_sum\"; did you mean \"last_sun\"?"},
	{"a day asked as a choice", SCREENING, "last_sun < 14 d", "last_sun >= 14", "screening.cfg:2: last_sun is a day; write \"last_sun < 14 d\""},
	{"a choice asked as a day", SCREENING, "skin_type >= IV", "skin_type < IV", "screening.cfg:4: skin_type is a choice; write \"skin_type >= VI\""},
	{"a value nobody knows", SCREENING, "skin_type >= IV", "skin_type >= 4", "screening.cfg:4: unknown value \"4\""},
	{"a condition that always holds", SCREENING, "skin_type >= IV", "skin_type >= I", "screening.cfg:4: skin_type is always at least \"I\""},
	{"a number asked in days", FACTS, "kind = \"days\"", "kind = \"number\"", "screening.cfg:2: \"14 d\""},
	{"days without a unit", SCREENING, "< 14 d", "< 14", "screening.cfg:2: \"14\": the unit is missing"},
	{"less than no days", SCREENING, "< 14 d", "< 0 d", "screening.cfg:2: \"0 d\" is not whole days from 1"},
	{"half a condition", SCREENING, "pregnancy unknown", "pregnancy", "screening.cfg:4: \"pregnancy\" is no condition"},
	{"five conditions", SCREENING, "(\"last_sun < 14 d\")", "(\"last_sun < 1 d\", \"last_sun < 2 d\", \"last_sun < 3 d\", \"last_sun < 4 d\", \"last_sun < 5 d\")", "screening.cfg:2: more than 4 conditions"},
	{"an effect nobody knows", SCREENING, "\"block\"", "\"blok\"", "screening.cfg:2: unknown effect \"blok\"; did you mean \"block\"?"},
	{"no effect", SCREENING, "(\"block\")", "()", "screening.cfg:2: then has 0 effects; 1 to 4"},
	{"an effect without its number", SCREENING, "raise_skin_type 1", "raise_skin_type", "screening.cfg:4: \"raise_skin_type\" is not how raise_skin_type is written"},
	{"an effect with a word too many", SCREENING, "\"block\"", "\"block laser\"", "screening.cfg:2: \"block laser\" is not how block is written"},
	{"a scale in per cent", SCREENING, "4/5", "80%", "screening.cfg:3: \"80%\" is no share; two whole numbers"},
	{"a scale that widens", SCREENING, "4/5", "5/4", "screening.cfg:3: rule neck: fluence: the rule would widen"},
	{"a raise of nothing", SCREENING, "raise_skin_type 1", "raise_skin_type 0", "screening.cfg:4: rule darker: the rule would widen"},
	{"a minimum of what is dangerous when large", SCREENING, "minimum pulse_width 20 ms", "minimum fluence 5 J/cm2", "screening.cfg:3: rule neck: fluence: minimum is for parameters dangerous when small"},
	{"a step without its length", SCREENING, "\"block\"", "\"step fluence\"", "screening.cfg:2: \"step fluence\" is not how step is written; as in \"step fluence 5 J/cm2\""},
	{"a step in another unit", SCREENING, "\"block\"", "\"step fluence 5 ms\"", "screening.cfg:2: \"5 ms\": the unit measures something else"},
	{"a step of a spot", SCREENING, "\"block\"", "\"step spot 5 mm\"", "screening.cfg:2: rule sun: spot: step, one_step and two_approvers are for parameters that are dangerous one way"},
	{"one step of one parameter", SCREENING, "\"block\"", "\"one_step fluence\"", "screening.cfg:2: rule sun: one_step names the same parameter twice, or fewer than two"},
	{"one step of none", SCREENING, "\"block\"", "\"one_step\"", "screening.cfg:2: \"one_step\" is not how one_step is written; as in \"one_step fluence pulse_width\""},
	{"one step of a parameter nobody knows", SCREENING, "\"block\"", "\"one_step fluence with\"", "screening.cfg:2: unknown parameter \"with\""},
	{"two rules of one step", SCREENING, "\"block\"); reason = \"Come back.\"; source = \"S1\"; confidence = \"P\"; },", "\"one_step fluence pulse_width\"); reason = \"Come back.\"; source = \"S1\"; confidence = \"P\"; }, { id = \"again\"; then = (\"one_step rate fluence\"); reason = \"Again.\"; source = \"S1\"; confidence = \"X\"; },", "screening.cfg:2: rules sun and again (line 2): two rules say for the same sessions what may move one at a time"},
	{"a budget without its days", SCREENING, "\"block\"", "\"budget fluence 5/4\"", "screening.cfg:2: \"budget fluence 5/4\" is not how budget is written; as in \"budget fluence 5/4 28 d\""},
	{"a budget of hours", SCREENING, "\"block\"", "\"budget fluence 5/4 36 h\"", "screening.cfg:2: \"36 h\" is not whole days from 1"},
	{"a budget of less than a ceiling", SCREENING, "\"block\"", "\"budget fluence 3/4 28 d\"", "screening.cfg:2: rule sun: fluence: a budget, a tested dose or a second line of less than one whole"},
	{"a budget in per cent", SCREENING, "\"block\"", "\"budget fluence 125% 28 d\"", "screening.cfg:2: \"125%\" is no share; two whole numbers"},
	{"a tested dose of a pulse width", SCREENING, "\"block\"", "\"tested pulse_width 6/5\"", "screening.cfg:2: rule sun: pulse_width: minimum is for parameters dangerous when small; maximum, scale, budget and tested"},
	{"pulses without a number", SCREENING, "\"block\"", "\"pulses few\"", "screening.cfg:2: \"few\""},
	{"no pulses", SCREENING, "\"block\"", "\"pulses 0\"", "screening.cfg:2: rule sun: a limit that lets nothing pass or never binds"},
	{"a session nobody knows", SCREENING, "id = \"sun\";", "id = \"sun\"; session = \"test_sport\";", "screening.cfg:2: unknown session \"test_sport\"; did you mean \"test_spot\"?"},
	{"a minimum in another unit", SCREENING, "pulse_width 20 ms", "pulse_width 20 mm", "screening.cfg:3: \"20 mm\": the unit measures something else"},
	{"a parameter nobody knows", SCREENING, "pulse_width 20", "pulsewidth 20", "screening.cfg:3: unknown parameter \"pulsewidth\"; did you mean \"pulse_width\"?"},
};

static const struct refusal of_rows[] = {
	{"a row twice for one skin type", PROTOCOL, "\"I\", \"II\",", "\"I\", \"I\",", "laser.cfg:4: the row \"light_I\" is there already, at protocols/laser.cfg:4"},
	{"a skin type nobody has", PROTOCOL, "\"III\"", "\"3\"", "laser.cfg:4: unknown skin type \"3\""},
	{"no skin type", PROTOCOL, "(\"I\", \"II\", \"III\")", "()", "laser.cfg:4: skin is empty"},
	{"a status nobody knows", PROTOCOL, "status = \"T\"", "status = \"C\"", "laser.cfg:9: unknown status"},
	{"a site the protocol does not list", PROTOCOL, "(\"neck\", \"face\")", "(\"nekc\", \"face\")", "laser.cfg:9: unknown site \"nekc\"; did you mean \"neck\"?"},
	{"a dose without a unit", PROTOCOL, "\"14..20 J/cm2\"", "\"14..20\"", "laser.cfg:6: \"14..20\": the unit is missing"},
	{"a dose in another unit", PROTOCOL, "\"14..20 J/cm2\"", "\"14..20 J\"", "laser.cfg:6: \"14..20 J\": the unit measures something else"},
	{"a dose with a comma", PROTOCOL, "\"14..20 J/cm2\"", "\"14..20,5 J/cm2\"", "laser.cfg:6: \"14..20,5 J/cm2\": a comma stands where a decimal point belongs"},
	{"a dose finer than can be held", PROTOCOL, "\"14..20 J/cm2\"", "\"14..20.0000001 J/cm2\"", "laser.cfg:6: \"14..20.0000001 J/cm2\": it has more digits"},
	{"a range that runs backwards", PROTOCOL, "\"14..20 J/cm2\"", "\"20..14 J/cm2\"", "laser.cfg:6: \"20..14 J/cm2\": the range runs backwards"},
	{"a number for a choice", PROTOCOL, "cooling = (\"air\")", "cooling = \"air\"", "laser.cfg:6: cooling is not a list of names"},
	{"a choice for a number", PROTOCOL, "spot = \"18 mm\"", "spot = (\"18 mm\")", "laser.cfg:5: spot is not text in quotes"},
	{"a choice that lets nothing pass", PROTOCOL, "cooling = (\"air\")", "cooling = ()", "laser.cfg:6: cooling lets nothing pass"},
	{"a parameter nobody knows", PROTOCOL, "pulse_width = \"3..", "width = \"3..", "laser.cfg:6: unknown parameter \"width\""},
	{"an unlimited parameter nobody knows", PROTOCOL, "(\"rate\")", "(\"rata\")", "laser.cfg:8: unknown parameter \"rata\"; did you mean \"rate\"?"},
	{"a hard limit to what has no limit", PROTOCOL, "hard = { fluence = \"..40 J/cm2\"; }", "hard = { energy = \"..40 J\"; }", "laser.cfg:7: a hard limit to energy needs a limit in numbers"},
	{"a hard limit inside the soft one", PROTOCOL, "\"..40 J/cm2\"", "\"..19 J/cm2\"", "laser.cfg:4: row light_I: fluence: the hard limit lies inside the soft one"},
	{"limits of nothing", PROTOCOL, "limits = { fluence = \"14..20 J/cm2\"; pulse_width = \"3.. ms\"; cooling = (\"air\"); };", "limits = { };", "laser.cfg:6: limits is empty"},
	{"a selection of nothing", PROTOCOL, "select = { spot = \"18 mm\"; };", "select = { };", "laser.cfg:5: select is empty"},
	{"limited and unlimited", PROTOCOL, "(\"rate\")", "(\"rate\", \"fluence\")", "laser.cfg:4: row light_I: fluence: one parameter is limited twice, or both"},
	{"a higher ceiling for darker skin names both rows", PROTOCOL, "\"..10 J/cm2\"", "\"..21 J/cm2\"", "laser.cfg:4: rows light_III and dark_IV (protocols/laser.cfg:9): fluence: the darker skin type has a higher ceiling"},
	{"a lower floor for darker skin", PROTOCOL, "\"20.. ms\"", "\"2.. ms\"", "rows light_III and dark_IV (protocols/laser.cfg:9): pulse_width: the darker skin type has a lower floor"},
	{"a better status for darker skin", PROTOCOL, "status = \"A\"", "status = \"M\"", "rows light_III and dark_IV (protocols/laser.cfg:9): the darker skin type has a better status"},
	{"a choice more for darker skin", PROTOCOL, "\"20.. ms\"; cooling = (\"air\")", "\"20.. ms\"; cooling = (\"air\", \"none\")", "cooling: the darker skin type is allowed a choice the lighter one is not"},
	{"a row for darker skin alone", PROTOCOL, "\"face\");\nselect = { spot = \"18 mm\"", "\"face\");\nselect = { spot = \"15 mm\"", "laser.cfg:9: row dark_IV: the darker skin type has a row"},
	{"two rows for the same settings", PROTOCOL, "skin = (\"IV\", \"V\", \"VI\")", "skin = (\"III\", \"IV\", \"V\", \"VI\")", "rows light_III and dark_III (protocols/laser.cfg:9): two rows fit the same settings"},
	{"a class without a name", PROTOCOL, "\"laser\"", "\"\"", "laser.cfg:2: device_class \"\" is no name"},
	{"an indication without a name", PROTOCOL, "(\"hair\")", "(\"\")", "laser.cfg:2: \"\" is no name"},
	{"no row, and no word why", PROTOCOL, NULL, "protocol = { device_class = \"laser\"; title = \"T\"; indications = (\"hair\"); sites = (\"face\", \"neck\"); };\n", "laser.cfg:1: no row in it; give rows, or closed = "},
	{"closed without a word", PROTOCOL, "title = \"Hair\";", "title = \"Hair\"; closed = \"\";", "laser.cfg:2: closed is empty; say why there is no row, and the way forward"},
	{"no indication", PROTOCOL, "(\"hair\")", "()", "laser.cfg:2: indications is empty"},
};

static const struct refusal of_sources[] = {
	{"a fact's source without an entry", FACTS, "source = \"S1\"", "source = \"S11\"", "facts.cfg:2: unknown source (each has an entry in sources.cfg) \"S11\"; did you mean \"S1\"?"},
	{"a rule's source without an entry", SCREENING, "source = \"S1\"", "source = \"T1\"", "screening.cfg:2: unknown source (each has an entry in sources.cfg) \"T1\"; did you mean \"S1\"?"},
	{"a row's source without an entry", PROTOCOL, "source = \"S1\"", "source = \"CAN13\"", "laser.cfg:8: unknown source (each has an entry in sources.cfg) \"CAN13\"; known are S1, S2"},
	{"the second of two sources without an entry", SCREENING, "source = \"S1\"", "source = \"S2, S1 page 3\"", "screening.cfg:2: unknown source (each has an entry in sources.cfg) \"S1 page 3\""},
	{"another sign between two sources", SCREENING, "source = \"S1\"", "source = \"S1; S2\"", "screening.cfg:2: unknown source (each has an entry in sources.cfg) \"S1; S2\""},
	{"a source twice", SOURCES, "\"S2\"", "\"S1\"", "sources.cfg:3: the source \"S1\" is there already, on line 2"},
	{"a source without a title", SOURCES, "title = \"A source\"; ", "", "sources.cfg:2: title is missing; it is text in quotes"},
	{"a source with an empty title", SOURCES, "\"A source\"", "\"\"", "sources.cfg:2: title is empty; say what S1 is, so that people can find it"},
	{"a source read nobody knows how", SOURCES, "\"abstract\"", "\"abstracts\"", "sources.cfg:2: unknown read \"abstracts\"; did you mean \"abstract\"?"},
	{"a source that does not say how it was read", SOURCES, "read = \"abstract\";", "", "sources.cfg:2: read is missing"},
	{"a key with a comma in it", SOURCES, "\"S2\"", "\"S2,S3\"", "sources.cfg:3: key \"S2,S3\" is none; letters and digits make one"},
	{"a key of nothing", SOURCES, "\"S2\"", "\"\"", "sources.cfg:3: key \"\" is none"},
	{"a key too long", SOURCES, "\"S2\"", "\"S234567890123456\"", "sources.cfg:3: key has 16 characters; 15 are the most"},
	{"no source at all", SOURCES, NULL, "sources = ();\n", "sources.cfg:1: sources has 0; 1 to 250 are wanted"},
	{"a key of a source", SOURCES, "title =", "titel =", "sources.cfg:2: unknown key \"titel\"; did you mean \"title\"?"},
};
/* clang-format on */

static void a_library_has_its_sources(void **state)
{
	struct given_folder g;
	char path[128], said[4096];

	(void)state;
	given_folder_make(&g);
	given_path(&g, "sources.cfg", path);
	must(unlink(path) == 0);
	given_load(&g);
	given_complaints_text(&g, said, sizeof said);
	given_folder_drop(&g);
	assert_text(said, "sources.cfg:0: cannot be opened: No such file or directory\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(a_library_has_its_sources)};
	int failures = 0;

	failures += RUN_ROWS("bytes", of_bytes, is_refused);
	failures += RUN_ROWS("keys", of_keys, is_refused);
	failures += RUN_ROWS("facts", of_facts, is_refused);
	failures += RUN_ROWS("rules", of_rules, is_refused);
	failures += RUN_ROWS("rows", of_rows, is_refused);
	failures += RUN_ROWS("sources", of_sources, is_refused);
	failures += cmocka_run_group_tests_name("sources", tests, NULL, NULL);
	return failures != 0;
}
