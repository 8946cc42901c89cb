#include "given.h"

#include "edge/disk.h"
#include "edge/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
	char folder[32], file[64], beside[72];
	char why[300];
};

static struct place given_place(void)
{
	struct place at = {.folder = "/tmp/seal.XXXXXX"};

	must(mkdtemp(at.folder) != NULL);
	snprintf(at.file, sizeof at.file, "%s/gate.key", at.folder);
	snprintf(at.beside, sizeof at.beside, "%s.new", at.file);
	return at;
}

static void forget(struct place *at)
{
	unlink(at->file);
	unlink(at->beside);
	assert_i64(rmdir(at->folder), 0);
}

static void write_text(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && close(fd) == 0);
	must(chmod(path, mode) == 0);
}

/* --- the key --------------------------------------------------------------------------------- */

static void test_the_first_start_makes_a_key_that_stays(void **state)
{
	struct place at = given_place();
	struct seal *first = seal_open(at.file, at.why, sizeof at.why);
	struct stat st;
	char key[SEAL_KEY_LEN];

	(void)state;
	assert_non_null(first);
	memcpy(key, seal_key(first), sizeof key);
	assert_i64(strlen(key), 64);
	seal_close(first);
	assert_i64(stat(at.file, &st), 0);
	assert_i64(st.st_mode & 07777, 0600);
	assert_i64(st.st_size, 20 + 64 + 1);

	struct seal *again = seal_open(at.file, at.why, sizeof at.why);
	assert_non_null(again);
	assert_text(seal_key(again), key);
	seal_close(again);
	forget(&at);
}

static void test_two_gates_have_two_keys(void **state)
{
	struct place one = given_place(), two = given_place();
	struct seal *a = seal_open(one.file, one.why, sizeof one.why);
	struct seal *b = seal_open(two.file, two.why, sizeof two.why);

	(void)state;
	assert_string_not_equal(seal_key(a), seal_key(b));
	seal_close(a);
	seal_close(b);
	forget(&one);
	forget(&two);
}

static void test_what_a_gate_left_half_written_is_written_anew(void **state)
{
	struct place at = given_place();

	(void)state;
	write_text(at.beside, "dosegate gate key 1 00", 0600);
	struct seal *s = seal_open(at.file, at.why, sizeof at.why);
	assert_non_null(s);
	assert_i64(access(at.beside, F_OK), -1);
	seal_close(s);
	forget(&at);
}

#define SEED "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"

static const struct refused {
	const char *name, *text;
	mode_t mode;
	const char *says;
} refused[] = {
        {"others may read it", "dosegate gate key 1 " SEED "\n", 0640, "chmod 600"},
        {"an empty file", "", 0600, "is no key of a gate"},
        {"a file of something else", "key\n", 0600, "is no key of a gate"},
        {"a digit is missing",
         "dosegate gate key 1 9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f6\n",
         0600, "64 hex digits"},
        {"a digit is none",
         "dosegate gate key 1 "
         "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f6g\n",
         0600, "is no key of a gate"},
        {"more behind it", "dosegate gate key 1 " SEED "\n\n", 0600, "is no key of a gate"},
        {"of a later form", "dosegate gate key 2 " SEED "\n", 0600, "is no key of a gate"},
};

static void test_refused(void **state)
{
	const struct refused *row = *state;
	struct place at = given_place();

	write_text(at.file, row->text, row->mode);
	assert_null(seal_open(at.file, at.why, sizeof at.why));
	assert_contains(at.why, at.file);
	assert_contains(at.why, row->says);
	forget(&at);
}

static void test_a_link_is_not_followed(void **state)
{
	struct place at = given_place();

	(void)state;
	must(symlink("/etc/hostname", at.file) == 0);
	assert_null(seal_open(at.file, at.why, sizeof at.why));
	forget(&at);
}

static void test_a_folder_that_is_not_there_is_said(void **state)
{
	char why[300] = "";

	(void)state;
	assert_null(seal_open("/nowhere/gate.key", why, sizeof why));
	assert_text(why, "/nowhere/gate.key: could not be written: No such file or directory");
}

/* --- signatures ------------------------------------------------------------------------------ */

/* The seed, key and signature of RFC 8032, 7.1, test 1 (of no bytes at all). */
static void test_it_signs_as_the_standard_says(void **state)
{
	struct place at = given_place();
	char signature[SEAL_SIGNATURE_LEN];

	(void)state;
	write_text(at.file, "dosegate gate key 1 " SEED "\n", 0600);
	struct seal *s = seal_open(at.file, at.why, sizeof at.why);
	assert_non_null(s);
	assert_text(seal_key(s),
	            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
	seal_sign(s, "", signature);
	assert_text(signature, "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
	                       "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
	seal_close(s);
	forget(&at);
}

static void test_a_signature_holds_for_its_text_and_key_alone(void **state)
{
	struct place one = given_place(), two = given_place();
	struct seal *a = seal_open(one.file, one.why, sizeof one.why);
	struct seal *b = seal_open(two.file, two.why, sizeof two.why);
	char signature[SEAL_SIGNATURE_LEN], bent[SEAL_SIGNATURE_LEN];

	(void)state;
	seal_sign(a, "library 1", signature);
	assert_true(seal_holds(seal_key(a), "library 1", signature));
	assert_false(seal_holds(seal_key(a), "library 2", signature));
	assert_false(seal_holds(seal_key(a), "library 1\n", signature));
	assert_false(seal_holds(seal_key(b), "library 1", signature));
	memcpy(bent, signature, sizeof bent);
	bent[10] = bent[10] == '0' ? '1' : '0';
	assert_false(seal_holds(seal_key(a), "library 1", bent));
	seal_close(a);
	seal_close(b);
	forget(&one);
	forget(&two);
}

static void test_what_is_no_signature_or_no_key_does_not_hold(void **state)
{
	struct place at = given_place();
	struct seal *s = seal_open(at.file, at.why, sizeof at.why);
	char signature[SEAL_SIGNATURE_LEN];

	(void)state;
	seal_sign(s, "x", signature);
	assert_false(seal_holds(seal_key(s), "x", ""));
	assert_false(seal_holds(seal_key(s), "x", "no hex"));
	assert_false(seal_holds("", "x", signature));
	signature[126] = '\0';
	assert_false(seal_holds(seal_key(s), "x", signature));
	seal_close(s);
	forget(&at);
}

/* --- the disk -------------------------------------------------------------------------------- */

static void test_a_new_file_takes_the_place_of_none(void **state)
{
	struct place at = given_place();
	char text[8] = "";

	(void)state;
	assert_i64(disk_write_new(at.file, "one", 3, 0640), 0);
	assert_i64(disk_write_new(at.file, "two", 3, 0640), EEXIST);
	FILE *f = fopen(at.file, "r");
	assert_non_null(fgets(text, sizeof text, f));
	fclose(f);
	assert_text(text, "one");
	assert_i64(disk_replace(at.file, "three", 5, 0640), 0);
	f = fopen(at.file, "r");
	assert_non_null(fgets(text, sizeof text, f));
	fclose(f);
	assert_text(text, "three");
	assert_i64(access(at.beside, F_OK), -1);
	forget(&at);
}

static void test_what_cannot_take_its_place_leaves_nothing_beside(void **state)
{
	struct place at = given_place();

	(void)state;
	must(mkdir(at.file, 0700) == 0); /* a folder is no file's to replace */
	assert_i64(disk_replace(at.file, "x", 1, 0600), EISDIR);
	assert_i64(access(at.beside, F_OK), -1);
	assert_i64(disk_sync("/nowhere"), ENOENT);
	must(rmdir(at.file) == 0);
	forget(&at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_the_first_start_makes_a_key_that_stays),
	        cmocka_unit_test(test_two_gates_have_two_keys),
	        cmocka_unit_test(test_what_a_gate_left_half_written_is_written_anew),
	        cmocka_unit_test(test_a_link_is_not_followed),
	        cmocka_unit_test(test_a_folder_that_is_not_there_is_said),
	        cmocka_unit_test(test_it_signs_as_the_standard_says),
	        cmocka_unit_test(test_a_signature_holds_for_its_text_and_key_alone),
	        cmocka_unit_test(test_what_is_no_signature_or_no_key_does_not_hold),
	        cmocka_unit_test(test_a_new_file_takes_the_place_of_none),
	        cmocka_unit_test(test_what_cannot_take_its_place_leaves_nothing_beside),
	};
	int failed = cmocka_run_group_tests_name("the gate's key", tests, NULL, NULL);

	return failed + RUN_ROWS("keys that are refused", refused, test_refused);
}
