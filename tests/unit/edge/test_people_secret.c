/*
 * Secrets that are taken and that are not, where guesses come from, and who is let in again.
 */
#include "given_people.h"

#define FINE "three words apart"

/* --- which secrets are taken -------------------------------------------------------------------
 */

struct secret_row {
	const char *name;
	const char *secret;
	const char *says; /* "": taken */
};

static const struct secret_row secrets[] = {
        {"eight characters", "8 bytes.", ""},
        {"seven are too short", "8 bytes", "8 to 128"},
        {"a sentence", "it rains on Tuesdays", ""},
        {"letters beyond ASCII",
         "Gr\xc3\xbc\xc3\x9f"
         "e aus Bern",
         ""},
        {"four different characters", "abcdabcdabcd", "five different"},
        {"five", "abcdeabcdeabcde", ""},
        {"what is tried first", "password", "tried first"},
        {"in capitals", "PASSWORD", "tried first"},
        {"with digits and signs behind it", "Password2026!", "tried first"},
        {"a row of keys", "qwertyuiop", "tried first"},
        {"one with digits in it", "1qaz2wsx", "tried first"},
        {"the trade", "laser-2026-11", "tried first"},
        {"such a word among others", "password for a rainy day", ""},
        {"digits alone", "4711081534", "tried first"},
        {"a date", "2026-11-25", "tried first"},
        {"her login name and seven more", "petra-123abc", "without your own name"},
        {"and eight more", "petra-123abcd", ""},
        {"twice her name", "PetraPetra-abcd", "without your own name"},
        {"what she is called", "petrosyan and", "without your own name"},
        {"what she is called and a sentence", "petrosyan and a sentence", ""},
};

static void secret_is_taken_or_not(void **state)
{
	const struct secret_row *row = *state;
	struct place at = given_place();

	assert_true(open_people(&at));
	struct heard h = add(&at, "petra", "Dr. P. Petrosyan", row->secret);
	assert_i64(h.why[0] == '\0', row->says[0] == '\0');
	assert_contains(h.why, row->says);
	close_people(&at);
	forget(&at);
}

static struct heard set_secret(struct place *at, const char *name, const char *secret)
{
	struct heard h = {0};

	people_set_secret(at->people, name, secret, note_changed, NULL, &h);
	await(at, &h);
	return h;
}

static void a_new_secret_takes_the_place_of_the_old(void **state)
{
	struct place at = given_place();

	(void)state;
	assert_true(open_people(&at));
	assert_text(add(&at, "petra", "P", FINE).why, "");
	assert_contains(set_secret(&at, "petra", "petra12").why, "8 to 128");
	assert_contains(set_secret(&at, "nobody", "another three words").why,
	                "nobody of this name");
	assert_true(check(&at, "petra", FINE).known);
	assert_text(set_secret(&at, "petra", "another three words").why, "");
	assert_false(check(&at, "petra", FINE).known);
	close_people(&at);
	assert_true(open_people(&at));
	assert_true(check(&at, "petra", "another three words").known);
	close_people(&at);
	forget(&at);
}

/* --- where guesses come from -------------------------------------------------------------------
 */

struct wait_row {
	const char *name;
	unsigned failures, free_tries;
	int want_s;
};

static const struct wait_row waits[] = {
        {"ten of a browser are free", 10, 10, 0}, {"the eleventh costs a second", 11, 10, 1},
        {"the twelfth two", 12, 10, 2},           {"the sixteenth", 16, 10, 32},
        {"a minute at most", 17, 10, 60},         {"two hundred of a user are free", 200, 200, 0},
        {"one more is not", 201, 200, 1},         {"never for good", 4000000000, 10, 60},
};

static void source_waits_so_long(void **state)
{
	const struct wait_row *row = *state;

	assert_i64(people_source_wait_s(row->failures, row->free_tries), row->want_s);
}

static struct heard claim_from(struct place *at, const char *name, uid_t uid, const char *source)
{
	struct claim claim = {.name = name, .secret = "a wrong one", .uid = uid, .source = source};
	struct heard h = {0};

	people_prove(at->people, &claim, note_proved, NULL, &h);
	await(at, &h);
	return h;
}

static void one_browser_that_tries_many_names_waits_and_no_other(void **state)
{
	struct place at = given_place();
	char name[16];

	(void)state;
	assert_true(open_people(&at));
	for (int i = 0; i < 11; i++) {
		snprintf(name, sizeof name, "name%d", i);
		assert_i64(claim_from(&at, name, 1, "192.0.2.7").status, PROOF_WRONG);
	}
	assert_i64(claim_from(&at, "fresh", 1, "192.0.2.7").status, PROOF_WAIT);
	assert_i64(claim_from(&at, "fresh", 1, "192.0.2.8").status, PROOF_WRONG);
	assert_i64(claim_from(&at, "fresh", 1, NULL).status, PROOF_WRONG);
	close_people(&at);
	forget(&at);
}

/* --- let in again ------------------------------------------------------------------------------
 */

#define NOW INT64_C(1764057600) /* 2025-11-25 */
#define DAY INT64_C(86400)

/* Hashes are not looked at here, so everybody has the same. */
static const char CLINIC[] = WITH(PERSON("phil", "P", "physician", HASH, "1") "," PERSON(
        "olga", "O", "operator", HASH,
        "1") "," PERSON("egon", "E", "engineer", HASH,
                        "1") "," PERSON("susi", "S", "safety_officer", HASH,
                                        "1") "," PERSON("dora", "D", "director", HASH, "1"));

static void given_clinic(struct place *at)
{
	*at = given_place();
	write_file(at, CLINIC, 0600);
	must(open_people(at));
}

static const char *recover(struct place *at, const char *name, const char *by, char half[HALF_LEN])
{
	bool ready;

	return people_recover(at->people, name, by, NOW, half, &ready);
}

static struct heard renew(struct place *at, const char *one, const char *two, int64_t unix_s)
{
	struct renewal r = {.name = "phil", .half = {one, two}, .secret = FINE, .unix_s = unix_s};
	struct heard h = {0};

	people_renew(at->people, &r, note_changed, NULL, &h);
	await(at, &h);
	return h;
}

struct pair_row {
	const char *name;
	const char *whom, *first, *second;
	const char *says; /* of the second; "": ready */
};

static const struct pair_row pairs[] = {
        {"an operator and the safety officer", "phil", "olga", "susi", ""},
        {"the other way round", "phil", "susi", "olga", ""},
        {"director and engineer", "phil", "dora", "egon", ""},
        {"operator and engineer are not enough", "phil", "olga", "egon", "one of the two"},
        {"nobody twice", "phil", "susi", "susi", "another person is wanted"},
        {"not oneself", "phil", "susi", "phil", "not you yourself"},
        {"the director as well is let in by two others", "dora", "susi", "phil", ""},
        {"not for her own sake", "dora", "susi", "dora", "not you yourself"},
        {"nor without another who leads", "dora", "phil", "olga", "one of the two"},
        {"nobody of that name", "nora", "susi", "olga", "nobody of this name"},
};

static void pair_lets_in_or_not(void **state)
{
	const struct pair_row *row = *state;
	char half[HALF_LEN];
	struct place at;

	given_clinic(&at);
	(void)recover(&at, row->whom, row->first, half);
	const char *no = recover(&at, row->whom, row->second, half);
	assert_contains(no == NULL ? "" : no, row->says);
	assert_i64(no == NULL, row->says[0] == '\0');
	close_people(&at);
	forget(&at);
}

static void two_halves_make_a_new_secret(void **state)
{
	char one[HALF_LEN], two[HALF_LEN], typed[16];
	struct place at;

	(void)state;
	given_clinic(&at);
	assert_null(recover(&at, "phil", "olga", one));
	assert_contains(renew(&at, one, one, NOW).why, "not the two halves"); /* not ready */
	assert_null(recover(&at, "phil", "susi", two));
	assert_i64(strlen(one), 8);
	assert_string_not_equal(one, two);
	assert_contains(renew(&at, one, one, NOW).why, "not the two halves");
	snprintf(typed, sizeof typed, "%.4s-%s", two, two + 4);
	for (char *c = typed; *c != '\0'; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
	assert_text(renew(&at, typed, one, NOW).why, ""); /* in any order, as it was written down */
	assert_true(check(&at, "phil", FINE).known);
	assert_contains(renew(&at, one, two, NOW).why, "not the two halves"); /* once */
	const struct person *phil = people_find(at.people, "phil");
	assert_i64(phil->recovered_s, NOW);
	assert_true(people_recovered_by(phil, "olga", NOW + DAY - 1));
	assert_true(people_recovered_by(phil, "susi", NOW));
	assert_false(people_recovered_by(phil, "dora", NOW));
	assert_false(people_recovered_by(phil, "olga", NOW + DAY));
	close_people(&at);
	assert_true(open_people(&at));
	assert_true(people_recovered_by(people_find(at.people, "phil"), "olga", NOW));
	close_people(&at);
	forget(&at);
}

static void who_was_let_in_lets_in_nobody_for_a_day(void **state)
{
	char one[HALF_LEN], two[HALF_LEN];
	struct place at;
	bool ready;

	(void)state;
	given_clinic(&at);
	assert_null(recover(&at, "phil", "olga", one));
	assert_null(recover(&at, "phil", "susi", two));
	assert_text(renew(&at, one, two, NOW).why, "");
	assert_contains(recover(&at, "susi", "phil", one), "less than a day ago");
	assert_null(people_recover(at.people, "susi", "phil", NOW + DAY, one, &ready));
	assert_false(ready);
	close_people(&at);
	forget(&at);
}

static void the_second_factor_is_gone_and_the_waits_with_it(void **state)
{
	char one[HALF_LEN], two[HALF_LEN], seed[SEED_TEXT_LEN];
	struct place at;

	(void)state;
	given_clinic(&at);
	for (int i = 0; i < 5; i++)
		check(&at, "phil", "a wrong one");
	assert_i64(check(&at, "phil", "a wrong one").status, PROOF_WAIT);
	assert_true(people_enrol(at.people, "phil", seed));
	assert_null(recover(&at, "phil", "olga", one));
	assert_null(recover(&at, "phil", "susi", two));
	assert_text(renew(&at, one, two, NOW).why, "");
	assert_i64(check(&at, "phil", FINE).status, PROOF_GOOD);
	assert_false(people_find(at.people, "phil")->has_seed);
	close_people(&at);
	forget(&at);
}

static void five_wrong_tries_end_it(void **state)
{
	char one[HALF_LEN], two[HALF_LEN];
	struct place at;

	(void)state;
	given_clinic(&at);
	assert_null(recover(&at, "phil", "olga", one));
	assert_null(recover(&at, "phil", "susi", two));
	for (int i = 0; i < 5; i++)
		assert_contains(renew(&at, one, "AAAAAAAA", NOW).why, "not the two halves");
	assert_contains(renew(&at, one, two, NOW).why, "not the two halves");
	close_people(&at);
	forget(&at);
}

static void four_at_a_time(void **state)
{
	static const char *const names[] = {"phil", "olga", "egon", "dora"};
	char half[HALF_LEN];
	struct place at;

	(void)state;
	given_clinic(&at);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_null(recover(&at, names[i], "susi", half));
	assert_contains(recover(&at, "susi", "dora", half), "too many people");
	close_people(&at);
	forget(&at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_new_secret_takes_the_place_of_the_old),
	        cmocka_unit_test(one_browser_that_tries_many_names_waits_and_no_other),
	        cmocka_unit_test(two_halves_make_a_new_secret),
	        cmocka_unit_test(who_was_let_in_lets_in_nobody_for_a_day),
	        cmocka_unit_test(the_second_factor_is_gone_and_the_waits_with_it),
	        cmocka_unit_test(five_wrong_tries_end_it),
	        cmocka_unit_test(four_at_a_time),
	};
	int failures = cmocka_run_group_tests_name("secrets", tests, NULL, NULL);

	failures += RUN_ROWS("a secret", secrets, secret_is_taken_or_not);
	failures += RUN_ROWS("a source waits", waits, source_waits_so_long);
	failures += RUN_ROWS("two others", pairs, pair_lets_in_or_not);
	return failures != 0;
}
