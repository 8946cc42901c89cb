#include "given.h"

#include "edge/config.h"
#include "edge/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- given ----------------------------------------------------------------------------------- */

#define HASH  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER "aaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* b2sum -l 256 of "abc" and of nothing. */
#define OF_ABC     "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"
#define OF_NOTHING "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"

struct place {
	char root[32], from[48], dir[48];
	struct store *store;
	char files[STORE_HASH_LEN];
	char why[600];
};

static void in_place(const struct place *at, const char *name, char path[400])
{
	snprintf(path, 400, "%s/%s", at->root, name);
}

static void write_text(const struct place *at, const char *name, const char *text)
{
	char path[400];

	in_place(at, name, path);
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && close(fd) == 0);
}

static char *text_of(const struct place *at, const char *name, char *buf, size_t len)
{
	char path[400];

	in_place(at, name, path);
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, len - 1);

	if (fd >= 0)
		close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	return buf;
}

static mode_t mode_of(const struct place *at, const char *name)
{
	struct stat st = {0};
	char path[400];

	in_place(at, name, path);
	return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

static void open_store(struct place *at)
{
	at->store = store_open(at->dir, at->why, sizeof at->why);
	assert_non_null(at->store);
}

static const struct store_names small = {2, {"facts.cfg", "protocols/laser.cfg"}};

/* A folder with two files, and a store in which nothing is. */
static struct place given_place(void)
{
	struct place at = {.root = "/tmp/store.XXXXXX"};
	char path[400];

	must(mkdtemp(at.root) != NULL);
	snprintf(at.from, sizeof at.from, "%s/from", at.root);
	snprintf(at.dir, sizeof at.dir, "%s/libraries", at.root);
	in_place(&at, "from", path);
	must(mkdir(path, 0700) == 0);
	in_place(&at, "from/protocols", path);
	must(mkdir(path, 0700) == 0);
	write_text(&at, "from/facts.cfg", "abc");
	write_text(&at, "from/protocols/laser.cfg", "");
	open_store(&at);
	return at;
}

static void forget(struct place *at)
{
	char command[120];

	store_close(at->store);
	snprintf(command, sizeof command, "chmod -R u+w %s && rm -r %s", at->root, at->root);
	assert_i64(system(command), 0);
}

static struct statement given_proposal(const struct place *at)
{
	struct statement s = {.kind = STATEMENT_PROPOSAL,
	                      .library = HASH,
	                      .person = "egon",
	                      .printed = "Egon Eng",
	                      .at_unix_ms = 1795578600123,
	                      .reason = "new rows",
	                      .key = "k",
	                      .signature = "s"};

	memcpy(s.files, at->files, sizeof s.files);
	return s;
}

static struct statement given_activation(void)
{
	return (struct statement){.kind = STATEMENT_ACTIVATION,
	                          .library = HASH,
	                          .files = OF_ABC,
	                          .before = OTHER,
	                          .person = "dora",
	                          .printed = "Dr. Dora Dean",
	                          .proposer = "egon",
	                          .at_unix_ms = 1795578600123,
	                          .reason = "read and compared",
	                          .key = "k",
	                          .signature = "s"};
}

static void bring(struct place *at)
{
	assert_true(store_bring(at->store, at->from, &small, at->why, sizeof at->why));
}

/* The small library, in the store. */
static void given_stored(struct place *at)
{
	bring(at);
	assert_true(store_keep(at->store, HASH, at->files, at->why, sizeof at->why));
	struct statement s = given_proposal(at);
	assert_true(store_write(at->store, HASH, &s, at->why, sizeof at->why));
}

/* --- what is kept ---------------------------------------------------------------------------- */

static void test_a_library_is_kept_under_its_hash_and_nobody_may_write_there(void **state)
{
	struct place at = given_place();
	char text[400], path[400];

	(void)state;
	given_stored(&at);
	assert_text(text_of(&at, "libraries/" HASH ".files", text, sizeof text),
	            OF_ABC "  facts.cfg\n" OF_NOTHING "  protocols/laser.cfg\n");
	assert_text(text_of(&at, "libraries/" HASH "/facts.cfg", text, sizeof text), "abc");
	assert_i64(mode_of(&at, "libraries/" HASH), 0500);
	assert_i64(mode_of(&at, "libraries/" HASH "/protocols"), 0500);
	assert_i64(mode_of(&at, "libraries/" HASH "/facts.cfg"), 0400);
	assert_i64(mode_of(&at, "libraries/" HASH "/protocols/laser.cfg"), 0400);
	assert_i64(mode_of(&at, "libraries/.new"), 0);
	store_folder(at.store, HASH, path, sizeof path);
	in_place(&at, "libraries/" HASH, text);
	assert_text(path, text);
	assert_true(store_check(at.store, HASH, at.files, at.why, sizeof at.why));
	forget(&at);
}

static void test_files_that_are_not_named_are_not_kept(void **state)
{
	struct place at = given_place();
	struct store_names *names = calloc(1, sizeof *names);

	(void)state;
	write_text(&at, "from/clinic.cfg", "not the library's");
	given_stored(&at);
	assert_i64(mode_of(&at, "libraries/" HASH "/clinic.cfg"), 0);
	assert_true(store_names(at.store, HASH, names));
	assert_i64(names->n, 2);
	assert_text(names->name[0], "facts.cfg");
	assert_text(names->name[1], "protocols/laser.cfg");
	free(names);
	forget(&at);
}

/* If the loader read one file that is not named, the copy would be another library. */
static void test_a_copy_of_the_shipped_library_is_the_same_library(void **state)
{
	struct place at = given_place();
	struct store_names *names = calloc(1, sizeof *names);
	struct config shipped, copy;
	struct complaints none = {0};
	char path[400];

	(void)state;
	names->n = config_library_files(SOURCE_DIR "/profiles", names->name, STORE_FILES_MAX);
	assert_true(names->n > 4 && names->n <= STORE_FILES_MAX);
	for (size_t i = 0; i < names->n; i++)
		assert_null(strstr(names->name[i], "clinic"));
	assert_true(store_bring(at.store, SOURCE_DIR "/profiles", names, at.why, sizeof at.why));
	store_folder(at.store, "", path, sizeof path);
	assert_true(config_load_library(SOURCE_DIR "/profiles", &shipped, &none));
	assert_true(config_load_library(path, &copy, &none));
	assert_memory_equal(copy.library.hash, shipped.library.hash, 32);
	config_free(&shipped);
	config_free(&copy);
	free(names);
	forget(&at);
}

static void test_what_is_kept_is_what_was_brought(void **state)
{
	struct place at = given_place();
	char text[40];

	(void)state;
	bring(&at);
	write_text(&at, "from/facts.cfg", "changed after it was looked at");
	assert_true(store_keep(at.store, HASH, at.files, at.why, sizeof at.why));
	assert_text(text_of(&at, "libraries/" HASH "/facts.cfg", text, sizeof text), "abc");
	forget(&at);
}

static void test_a_file_that_is_not_there_is_named_and_nothing_is_left(void **state)
{
	struct place at = given_place();
	struct store_names names = {2, {"facts.cfg", "screening.cfg"}};
	char want[200];

	(void)state;
	assert_false(store_bring(at.store, at.from, &names, at.why, sizeof at.why));
	snprintf(want, sizeof want,
	         "%s/screening.cfg: could not be copied: No such file or directory", at.from);
	assert_text(at.why, want);
	assert_i64(mode_of(&at, "libraries/.new"), 0);
	forget(&at);
}

static const struct way_out {
	const char *name, *file;
} ways_out[] = {
        {"up", "../secret"},
        {"from the root", "/etc/passwd"},
        {"up from within", "protocols/../../secret"},
        {"hidden", ".hidden"},
        {"hidden within", "protocols/.hidden"},
        {"nothing", ""},
        {"deeper", "protocols/old/laser.cfg"},
        {"two lines", "facts.cfg\nx"},
};

static void test_no_name_leads_out(void **state)
{
	const struct way_out *row = *state;
	struct place at = given_place();
	struct store_names *names = calloc(1, sizeof *names);
	char buf[8];
	int64_t whole = 0;

	names->n = 1;
	snprintf(names->name[0], STORE_NAME_LEN, "%s", row->file);
	write_text(&at, "secret", "s");
	assert_false(store_bring(at.store, at.from, names, at.why, sizeof at.why));
	given_stored(&at);
	assert_i64(store_part(at.store, HASH, row->file, 0, buf, sizeof buf, &whole), -1);
	free(names);
	forget(&at);
}

static void test_what_was_dropped_is_gone(void **state)
{
	struct place at = given_place();

	(void)state;
	bring(&at);
	assert_i64(mode_of(&at, "libraries/.new"), 0700);
	store_drop(at.store);
	assert_i64(mode_of(&at, "libraries/.new"), 0);
	store_drop(at.store); /* and again is no event */
	forget(&at);
}

static void test_one_in_the_store_is_never_replaced(void **state)
{
	struct place at = given_place();
	char text[40];

	(void)state;
	given_stored(&at);
	write_text(&at, "from/facts.cfg", "other");
	bring(&at);
	assert_false(store_keep(at.store, HASH, at.files, at.why, sizeof at.why));
	assert_contains(at.why, "File exists");
	assert_text(text_of(&at, "libraries/" HASH "/facts.cfg", text, sizeof text), "abc");
	forget(&at);
}

static void test_one_that_was_touched_is_forgotten_and_kept_anew(void **state)
{
	struct place at = given_place();
	char found[1][STORE_HASH_LEN], path[400];

	(void)state;
	given_stored(&at);
	in_place(&at, "libraries/" HASH, path);
	must(chmod(path, 0700) == 0);
	write_text(&at, "libraries/" HASH "/facts.cfg", "touched");
	assert_true(store_forget(at.store, HASH, at.why, sizeof at.why));
	assert_i64(store_find(at.store, "", found, 1), 0);
	given_stored(&at);
	assert_true(store_check(at.store, HASH, at.files, at.why, sizeof at.why));
	assert_true(store_forget(at.store, OTHER, at.why, sizeof at.why)); /* was never there */
	forget(&at);
}

/* --- a gate that ended in between ------------------------------------------------------------ */

static void test_what_a_gate_left_on_its_way_in_is_taken_away(void **state)
{
	struct place at = given_place();

	(void)state;
	bring(&at);
	store_close(at.store);
	open_store(&at);
	assert_i64(mode_of(&at, "libraries/.new"), 0);
	forget(&at);
}

static void test_what_was_kept_and_not_proposed_is_not_in_the_store(void **state)
{
	struct place at = given_place();
	char found[2][STORE_HASH_LEN];
	struct statement s;

	(void)state;
	bring(&at);
	assert_true(store_keep(at.store, HASH, at.files, at.why, sizeof at.why));
	store_close(at.store);
	open_store(&at);
	assert_i64(store_find(at.store, "", found, 2), 0);
	assert_i64(store_read(at.store, HASH, &s, at.why, sizeof at.why), STORE_NONE);
	given_stored(&at); /* and is kept anew */
	assert_i64(store_find(at.store, "", found, 2), 1);
	forget(&at);
}

static void test_a_statement_half_written_is_not_there(void **state)
{
	struct place at = given_place();
	struct statement s = given_activation(), out;

	(void)state;
	write_text(&at, "libraries/active.json.new", "{\"version\":");
	assert_i64(store_read(at.store, STORE_ACTIVE, &out, at.why, sizeof at.why), STORE_NONE);
	assert_true(store_write(at.store, STORE_ACTIVE, &s, at.why, sizeof at.why));
	assert_i64(store_read(at.store, STORE_ACTIVE, &out, at.why, sizeof at.why), STORE_READ);
	forget(&at);
}

/* --- a library that was touched -------------------------------------------------------------- */

static const struct touch_row {
	const char *name, *file, *text, *says;
} touched[] = {
        {"a letter more", "libraries/" HASH "/facts.cfg", "abcd",
         "/facts.cfg was changed: its BLAKE2b-256 is "},
        {"one emptied", "libraries/" HASH "/facts.cfg", "",
         "/facts.cfg was changed: its BLAKE2b-256 is 0e5751c026e543b2…, and not "
         "bddd813c63423972…"},
        {"one taken away", "libraries/" HASH "/protocols/laser.cfg", NULL,
         "/protocols/laser.cfg is missing"},
        {"one added", "libraries/" HASH "/protocols/more.cfg", "x",
         "/protocols/more.cfg does not belong to the library"},
        {"a hidden one added", "libraries/" HASH "/.x", "x", "/.x does not belong to the library"},
        {"the list changed", "libraries/" HASH ".files", OF_NOTHING "  facts.cfg\n",
         ".files was changed: its BLAKE2b-256 is "},
        {"the list taken away", "libraries/" HASH ".files", NULL,
         ".files: No such file or directory"},
};

static void test_touched(void **state)
{
	const struct touch_row *row = *state;
	struct place at = given_place();
	char path[400];

	given_stored(&at);
	in_place(&at, "libraries/" HASH, path);
	must(chmod(path, 0700) == 0);
	in_place(&at, "libraries/" HASH "/protocols", path);
	must(chmod(path, 0700) == 0);
	in_place(&at, row->file, path);
	if (row->text == NULL)
		must(unlink(path) == 0);
	else
		write_text(&at, row->file, row->text);
	assert_false(store_check(at.store, HASH, at.files, at.why, sizeof at.why));
	assert_contains(at.why, row->says);
	assert_contains(at.why, at.dir);
	forget(&at);
}

static void test_another_list_than_was_signed_is_refused(void **state)
{
	struct place at = given_place();

	(void)state;
	given_stored(&at);
	assert_false(store_check(at.store, HASH, OF_ABC, at.why, sizeof at.why));
	assert_contains(at.why, "and not bddd813c63423972…, which was signed");
	forget(&at);
}

/* --- statements ------------------------------------------------------------------------------ */

static void test_the_text_says_all_that_is_signed(void **state)
{
	struct statement s = given_activation();
	char text[STATEMENT_LEN];

	(void)state;
	assert_true(statement_text(&s, text));
	assert_text(text, "dosegate library statement 1\n"
	                  "activation\n"
	                  "library   " HASH "\n"
	                  "files     " OF_ABC "\n"
	                  "person    dora\n"
	                  "printed   Dr. Dora Dean\n"
	                  "at        2026-11-25T03:50:00.123Z\n"
	                  "demo      no\n"
	                  "reason    read and compared\n"
	                  "before    " OTHER "\n"
	                  "proposer  egon\n"
	                  "I activate this library: from now on every new session is judged by "
	                  "it.\n");
	s.before[0] = '\0';
	s.demo = true;
	assert_true(statement_text(&s, text));
	assert_contains(text, "\ndemo      yes: nobody signed this\n");
	assert_contains(text, "\nbefore    none\n");
}

static void test_a_proposal_says_that_it_changes_nothing(void **state)
{
	struct place at = given_place();
	struct statement s = given_proposal(&at);
	char text[STATEMENT_LEN];

	(void)state;
	assert_true(statement_text(&s, text));
	assert_contains(text, "\nproposal\n");
	assert_contains(text, "\nnote      new rows\n");
	assert_contains(text, "\nI propose this library. Nothing is judged by it yet.\n");
	forget(&at);
}

static void test_no_member_can_pretend_to_be_another(void **state)
{
	struct statement s = given_activation();
	char text[STATEMENT_LEN];

	(void)state;
	snprintf(s.reason, sizeof s.reason, "x\nproposer  phil");
	assert_false(statement_text(&s, text));
	s = given_activation();
	snprintf(s.printed, sizeof s.printed, "Dora\rDean");
	assert_false(statement_text(&s, text));
	s = given_activation();
	snprintf(s.person, sizeof s.person, "do\x7fra");
	assert_false(statement_text(&s, text));
	s = given_activation();
	snprintf(s.proposer, sizeof s.proposer, "e\tgon");
	assert_false(statement_text(&s, text));
}

static void test_it_comes_back_as_it_was_written(void **state)
{
	struct place at = given_place();
	struct statement s = given_activation(), out;

	(void)state;
	assert_true(store_write(at.store, STORE_ACTIVE, &s, at.why, sizeof at.why));
	assert_i64(mode_of(&at, "libraries/active.json"), 0640);
	assert_i64(store_read(at.store, STORE_ACTIVE, &out, at.why, sizeof at.why), STORE_READ);
	assert_i64(out.kind, STATEMENT_ACTIVATION);
	assert_false(out.demo);
	assert_text(out.library, HASH);
	assert_text(out.files, OF_ABC);
	assert_text(out.before, OTHER);
	assert_text(out.person, "dora");
	assert_text(out.printed, "Dr. Dora Dean");
	assert_text(out.proposer, "egon");
	assert_i64(out.at_unix_ms, 1795578600123);
	assert_text(out.reason, "read and compared");
	assert_text(out.key, "k");
	assert_text(out.signature, "s");
	forget(&at);
}

static const struct forged_row {
	const char *name, *from, *to, *says;
} forged[] = {
        {"another library", "\"library\": \"aaaa", "\"library\": \"bbbb",
         "one of the two was changed"},
        {"other files", "\"files\": \"b", "\"files\": \"c", "one of the two was changed"},
        {"another before", "\"before\": \"aaaab", "\"before\": \"aaaac",
         "one of the two was changed"},
        {"another person", "\"person\": \"dora", "\"person\": \"dorb",
         "one of the two was changed"},
        {"another name", "\"printed\": \"Dr", "\"printed\": \"Mr", "one of the two was changed"},
        {"another proposer", "\"proposer\": \"egon", "\"proposer\": \"phil",
         "one of the two was changed"},
        {"a later time", "\"at\": 1795578600123", "\"at\": 1795578600124",
         "one of the two was changed"},
        {"another reason", "\"reason\": \"read and", "\"reason\": \"not  and",
         "one of the two was changed"},
        {"a demo's", "\"demo\": false", "\"demo\": true", "one of the two was changed"},
        {"a proposal", "\"kind\": \"activation", "\"kind\": \"proposal",
         "one of the two was changed"},
        {"another kind", "\"kind\": \"activation", "\"kind\": \"decision",
         "is no statement about a library"},
        {"a hash too short", "\"library\": \"aa", "\"library\": \"a",
         "is no statement about a library"},
        {"a hash that is none", "\"library\": \"aa", "\"library\": \"ag",
         "is no statement about a library"},
        {"a member more", "\"demo\": false", "\"more\": 1, \"demo\": false",
         "is no statement about a library"},
        {"a member twice", "\"demo\": false", "\"demo\": true, \"demo\": false",
         "duplicate object key"},
        {"a later version", "\"version\": 1", "\"version\": 2", "is no statement about a library"},
        {"a member less", "\"key\": \"k\",", "", "is no statement about a library"},
        {"cut off", "\"signature\"", "\"", "line "},
};

static void test_forged(void **state)
{
	const struct forged_row *row = *state;
	struct place at = given_place();
	struct statement s = given_activation(), out;
	char text[4096], bent[4096];

	assert_true(store_write(at.store, STORE_ACTIVE, &s, at.why, sizeof at.why));
	text_of(&at, "libraries/active.json", text, sizeof text);
	char *place = strstr(text, row->from);
	assert_non_null(place);
	snprintf(bent, sizeof bent, "%.*s%s%s", (int)(place - text), text, row->to,
	         strcmp(row->name, "cut off") == 0 ? "" : place + strlen(row->from));
	write_text(&at, "libraries/active.json", bent);
	assert_i64(store_read(at.store, STORE_ACTIVE, &out, at.why, sizeof at.why), STORE_WRONG);
	assert_contains(at.why, "/libraries/active.json: ");
	assert_contains(at.why, row->says);
	forget(&at);
}

static void test_what_cannot_be_one_line_is_not_written(void **state)
{
	struct place at = given_place();
	struct statement s = given_activation(), out;

	(void)state;
	snprintf(s.reason, sizeof s.reason, "two\nlines");
	assert_false(store_write(at.store, STORE_ACTIVE, &s, at.why, sizeof at.why));
	assert_contains(at.why, "one line of text");
	snprintf(s.reason, sizeof s.reason, "half a character \xc3");
	assert_false(store_write(at.store, STORE_ACTIVE, &s, at.why, sizeof at.why));
	assert_i64(store_read(at.store, STORE_ACTIVE, &out, at.why, sizeof at.why), STORE_NONE);
	forget(&at);
}

static void test_a_disk_that_takes_nothing_is_said_and_the_old_one_stays(void **state)
{
	struct place at = given_place();
	struct statement s = given_activation(), out;
	char path[400];

	(void)state;
	assert_true(store_write(at.store, STORE_ACTIVE, &s, at.why, sizeof at.why));
	in_place(&at, "libraries/active.json.new", path);
	must(mkdir(path, 0700) == 0); /* stands where the new one would be written */
	snprintf(s.reason, sizeof s.reason, "newer");
	assert_false(store_write(at.store, STORE_ACTIVE, &s, at.why, sizeof at.why));
	assert_contains(at.why, "active.json could not be written: File exists");
	assert_i64(store_read(at.store, STORE_ACTIVE, &out, at.why, sizeof at.why), STORE_READ);
	assert_text(out.reason, "read and compared");
	forget(&at);
}

/* --- looking --------------------------------------------------------------------------------- */

static void test_a_library_is_found_by_how_its_hash_begins(void **state)
{
	struct place at = given_place();
	char found[1][STORE_HASH_LEN] = {""};

	(void)state;
	given_stored(&at);
	struct statement s = given_proposal(&at);
	assert_true(store_write(at.store, OTHER, &s, at.why, sizeof at.why));
	assert_i64(store_find(at.store, "aaaa", found, 1), 2); /* one fits, and there are two */
	assert_i64(store_find(at.store, "aaaab", found, 1), 1);
	assert_text(found[0], OTHER);
	assert_i64(store_find(at.store, "ab", found, 1), 0);
	assert_i64(store_find(at.store, "active", found, 1), 0); /* is no library */
	forget(&at);
}

static void test_a_file_is_read_in_parts(void **state)
{
	struct place at = given_place();
	char buf[2];
	int64_t whole = 0;

	(void)state;
	given_stored(&at);
	assert_i64(store_part(at.store, HASH, "facts.cfg", 0, buf, 2, &whole), 2);
	assert_memory_equal(buf, "ab", 2);
	assert_i64(whole, 3);
	assert_i64(store_part(at.store, HASH, "facts.cfg", 2, buf, 2, &whole), 1);
	assert_i64(store_part(at.store, HASH, "facts.cfg", 3, buf, 2, &whole), 0);
	assert_i64(store_part(at.store, HASH, "protocols/laser.cfg", 0, buf, 2, &whole), 0);
	assert_i64(whole, 0);
	assert_i64(store_part(at.store, HASH, "none.cfg", 0, buf, 2, &whole), -1);
	assert_i64(store_part(at.store, HASH, "protocols", 0, buf, 2, &whole), -1);
	forget(&at);
}

static void test_a_folder_that_cannot_be_made_is_said(void **state)
{
	char why[200] = "";

	(void)state;
	assert_null(store_open("/nowhere/libraries", why, sizeof why));
	assert_text(why, "/nowhere/libraries: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_a_library_is_kept_under_its_hash_and_nobody_may_write_there),
	        cmocka_unit_test(test_files_that_are_not_named_are_not_kept),
	        cmocka_unit_test(test_a_copy_of_the_shipped_library_is_the_same_library),
	        cmocka_unit_test(test_what_is_kept_is_what_was_brought),
	        cmocka_unit_test(test_a_file_that_is_not_there_is_named_and_nothing_is_left),
	        cmocka_unit_test(test_what_was_dropped_is_gone),
	        cmocka_unit_test(test_one_in_the_store_is_never_replaced),
	        cmocka_unit_test(test_one_that_was_touched_is_forgotten_and_kept_anew),
	        cmocka_unit_test(test_what_a_gate_left_on_its_way_in_is_taken_away),
	        cmocka_unit_test(test_what_was_kept_and_not_proposed_is_not_in_the_store),
	        cmocka_unit_test(test_a_statement_half_written_is_not_there),
	        cmocka_unit_test(test_another_list_than_was_signed_is_refused),
	        cmocka_unit_test(test_the_text_says_all_that_is_signed),
	        cmocka_unit_test(test_a_proposal_says_that_it_changes_nothing),
	        cmocka_unit_test(test_no_member_can_pretend_to_be_another),
	        cmocka_unit_test(test_it_comes_back_as_it_was_written),
	        cmocka_unit_test(test_what_cannot_be_one_line_is_not_written),
	        cmocka_unit_test(test_a_disk_that_takes_nothing_is_said_and_the_old_one_stays),
	        cmocka_unit_test(test_a_library_is_found_by_how_its_hash_begins),
	        cmocka_unit_test(test_a_file_is_read_in_parts),
	        cmocka_unit_test(test_a_folder_that_cannot_be_made_is_said),
	};
	int failed = cmocka_run_group_tests_name("the store", tests, NULL, NULL);

	failed += RUN_ROWS("names", ways_out, test_no_name_leads_out);
	failed += RUN_ROWS("a stored library was touched", touched, test_touched);
	return failed + RUN_ROWS("a statement was forged", forged, test_forged);
}
