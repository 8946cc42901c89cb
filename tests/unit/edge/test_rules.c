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

int main(void)
{
	int failures = 0;

	failures += RUN_ROWS("meanings", meanings, rule_means);
	return failures != 0;
}
