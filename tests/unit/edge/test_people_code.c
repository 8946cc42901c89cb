/*
 * The second factor: each code once, in its half minute, and never before it is on the disk.
 */
#include "given_people.h"

#include <liboath/oath.h>

/* RFC 6238, appendix B: the seed "12345678901234567890" and what it shows at these times. */
#define SEED "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
#define T0   INT64_C(1111111109)
#define CODE "081804" /* at T0, which lies in step 37037036 */
#define NEXT "050471" /* at 1111111111, the step after */

static const char ROSTER[] = "{\"version\":2,\"people\":[{\"name\":\"petra\",\"printed\":\"P\","
                             "\"role\":\"physician\",\"hash\":\"%s\",\"added_day\":1,\"totp\":"
                             "{\"seed\":\"" SEED "\",\"last_step\":%d}}]}";
#define SECRET "long enough"

/* The hash of SECRET, made once: it takes its time. */
static char hash[128];

static int make_hash(void **state)
{
	struct place at = given_place();

	(void)state;
	must(open_people(&at));
	must(add(&at, "petra", "P", SECRET).why[0] == '\0');
	snprintf(hash, sizeof hash, "%s", people_find(at.people, "petra")->hash);
	close_people(&at);
	forget(&at);
	return 0;
}

static void given_enrolled(struct place *at, int last_step)
{
	char text[600];

	*at = given_place();
	snprintf(text, sizeof text, ROSTER, hash, last_step);
	write_file(at, text, 0600);
	must(open_people(at));
}

static struct heard prove(struct place *at, const char *secret, const char *code, int64_t unix_s)
{
	struct claim claim = {.name = "petra", .secret = secret, .code = code, .unix_s = unix_s};
	struct heard h = {0};

	people_prove(at->people, &claim, note_proved, NULL, &h);
	assert_i64(h.times, 0);
	await(at, &h);
	assert_i64(h.known, h.status == PROOF_GOOD);
	return h;
}

struct code_row {
	const char *name;
	int64_t unix_s;
	int last_step;
	const char *secret, *code; /* secret NULL: the right one */
	enum proof_status want;
};

static const struct code_row codes[] = {
        {"the code of this moment counts", T0, 0, NULL, CODE, PROOF_GOOD},
        {"with a gap, as telephones show it", T0, 0, NULL, "081 804", PROOF_GOOD},
        {"at the first second of the step before", 1111111050, 0, NULL, CODE, PROOF_GOOD},
        {"a second earlier it does not", 1111111049, 0, NULL, CODE, PROOF_CODE_WRONG},
        {"at the last second of the step after", 1111111139, 0, NULL, CODE, PROOF_GOOD},
        {"a second later it does not", 1111111140, 0, NULL, CODE, PROOF_CODE_WRONG},
        {"the step before the last used one is used", T0, 37037037, NULL, CODE, PROOF_CODE_USED},
        {"the last used one is used", T0, 37037036, NULL, CODE, PROOF_CODE_USED},
        {"one above the last used one counts", T0, 37037035, NULL, CODE, PROOF_GOOD},
        {"another code is wrong", T0, 0, NULL, "081805", PROOF_CODE_WRONG},
        {"five digits are wrong", T0, 0, NULL, "08180", PROOF_CODE_WRONG},
        {"seven are wrong", T0, 0, NULL, "0818040", PROOF_CODE_WRONG},
        {"a letter is wrong", T0, 0, NULL, "08180A", PROOF_CODE_WRONG},
        {"a long text is wrong, not cut", T0, 0, NULL, "081804          x", PROOF_CODE_WRONG},
        {"before the first step no code is right", 29, 0, NULL, CODE, PROOF_CODE_WRONG},
        {"none is asked for", T0, 0, NULL, "", PROOF_CODE_WANTED},
        {"where none is wanted none is looked at", T0, 0, NULL, NULL, PROOF_GOOD},
        {"a right code does not mend a wrong secret", T0, 0, "not it at all", CODE, PROOF_WRONG},
};

static void code_counts_or_not(void **state)
{
	const struct code_row *row = *state;
	struct place at;
	const char *secret = row->secret != NULL ? row->secret : SECRET;

	given_enrolled(&at, row->last_step);
	assert_i64(prove(&at, secret, row->code, row->unix_s).status, row->want);
	close_people(&at);
	forget(&at);
}

static void a_code_counts_once_also_after_a_restart(void **state)
{
	struct place at;

	given_enrolled(&at, 0);
	(void)state;
	assert_i64(prove(&at, SECRET, CODE, T0).status, PROOF_GOOD);
	assert_i64(prove(&at, SECRET, CODE, T0).status, PROOF_CODE_USED);
	close_people(&at);
	assert_true(open_people(&at));
	assert_i64(people_find(at.people, "petra")->last_step, 37037036);
	assert_i64(prove(&at, SECRET, CODE, T0).status, PROOF_CODE_USED);
	assert_i64(prove(&at, SECRET, NEXT, T0).status, PROOF_GOOD);
	assert_i64(prove(&at, SECRET, CODE, T0).status, PROOF_CODE_USED); /* not backwards */
	close_people(&at);
	forget(&at);
}

static void the_same_code_twice_at_once_counts_once(void **state)
{
	struct place at;
	struct claim claim = {.name = "petra", .secret = SECRET, .code = CODE, .unix_s = T0};
	struct heard h[2] = {0};

	given_enrolled(&at, 0);
	(void)state;
	people_prove(at.people, &claim, note_proved, NULL, &h[0]);
	people_prove(at.people, &claim, note_proved, NULL, &h[1]);
	await(&at, &h[1]);
	assert_i64(h[0].status, PROOF_GOOD);
	assert_i64(h[1].status, PROOF_CODE_USED);
	close_people(&at);
	forget(&at);
}

static void what_cannot_be_written_down_does_not_count(void **state)
{
	struct place at;

	given_enrolled(&at, 0);
	(void)state;
	must(unlink(at.file) == 0 && rmdir(at.folder) == 0);
	int quiet = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);
	dup2(nowhere, STDERR_FILENO);
	struct heard h = prove(&at, SECRET, CODE, T0);
	dup2(quiet, STDERR_FILENO);
	close(quiet);
	close(nowhere);
	assert_i64(h.status, PROOF_NOT_KEPT);
	assert_i64(people_find(at.people, "petra")->last_step, 0);
	close_people(&at);
}

static void wrong_codes_are_counted_apart_from_secrets(void **state)
{
	struct place at;

	given_enrolled(&at, 0);
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_i64(prove(&at, SECRET, "000000", T0).wait_s, 0);
	assert_i64(prove(&at, SECRET, "000000", T0).wait_s, 1);
	/* the secret alone is still taken, and does not wipe the count of the codes */
	assert_i64(prove(&at, SECRET, NULL, T0).status, PROOF_GOOD);
	struct heard early = prove(&at, SECRET, CODE, T0);
	assert_i64(early.status, PROOF_WAIT);
	assert_i64(early.wait_s, 1);
	usleep(1050000);
	assert_i64(prove(&at, SECRET, "000000", T0).wait_s, 2);
	usleep(2050000);
	assert_i64(prove(&at, SECRET, CODE, T0).status, PROOF_GOOD);
	assert_i64(prove(&at, SECRET, "000000", T0).wait_s, 0); /* counted from nothing again */
	close_people(&at);
	forget(&at);
}

/* --- enrolling ---------------------------------------------------------------------------------
 */

/* What a telephone with this seed shows. */
static void show(const char *seed, int64_t unix_s, char code[7])
{
	char *bytes;
	size_t n;

	must(oath_base32_decode(seed, strlen(seed), &bytes, &n) == OATH_OK && n == 20);
	must(oath_totp_generate(bytes, n, (time_t)unix_s, 30, 0, 6, code) == OATH_OK);
	free(bytes);
}

static struct heard end(struct place *at, const char *code, int64_t unix_s)
{
	struct heard h = {0};

	people_enrol_end(at->people, "petra", code, unix_s, note_changed, NULL, &h);
	await(at, &h);
	return h;
}

static void a_new_seed_counts_from_its_first_code_on(void **state)
{
	struct place at;
	char seed[SEED_TEXT_LEN], code[7];

	given_enrolled(&at, 0);
	(void)state;
	assert_true(people_enrol(at.people, "petra", seed));
	assert_i64(strlen(seed), 32);
	assert_i64(prove(&at, SECRET, CODE, T0).status, PROOF_GOOD); /* the old one, until then */
	assert_contains(end(&at, "000000", T0).why, "none of the new second factor's");
	show(seed, T0, code);
	assert_text(end(&at, code, T0).why, "");
	assert_i64(prove(&at, SECRET, code, T0).status, PROOF_CODE_USED);  /* it was its first */
	assert_i64(prove(&at, SECRET, NEXT, T0).status, PROOF_CODE_WRONG); /* the old one's next */
	assert_contains(end(&at, code, T0).why, "begin again");
	close_people(&at);
	assert_true(open_people(&at));
	show(seed, T0 + 30, code);
	assert_i64(prove(&at, SECRET, code, T0 + 30).status, PROOF_GOOD);
	close_people(&at);
	forget(&at);
}

static void each_seed_is_another(void **state)
{
	struct place at;
	char one[SEED_TEXT_LEN], two[SEED_TEXT_LEN], code[7];

	given_enrolled(&at, 0);
	(void)state;
	assert_true(people_enrol(at.people, "petra", one));
	assert_true(people_enrol(at.people, "petra", two));
	assert_string_not_equal(one, two);
	show(one, T0, code);
	assert_contains(end(&at, code, T0).why, "none of the new"); /* the second is what waits */
	assert_false(people_enrol(at.people, "nobody", one));
	close_people(&at);
	forget(&at);
}

static void without_one_none_is_proved(void **state)
{
	struct place at = given_place();

	(void)state;
	assert_true(open_people(&at));
	assert_text(add(&at, "petra", "P", SECRET).why, "");
	assert_i64(prove(&at, SECRET, CODE, T0).status, PROOF_NOT_ENROLLED);
	assert_contains(end(&at, CODE, T0).why, "begin again");
	close_people(&at);
	forget(&at);
}

static void the_telephone_is_told_where_it_belongs(void **state)
{
	char uri[URI_LEN];

	(void)state;
	people_uri("Skin & Co. M\xc3\xbcnchen", "petra", SEED, uri);
	assert_text(uri, "otpauth://totp/Skin%20%26%20Co.%20M%C3%BCnchen:petra?secret=" SEED
	                 "&issuer=Skin%20%26%20Co.%20M%C3%BCnchen");
}

static void each_outcome_has_its_sentence(void **state)
{
	struct proof wait = {.status = PROOF_WAIT, .wait_s = 7}, used = {.status = PROOF_CODE_USED};
	char text[200];

	(void)state;
	proof_words(&wait, text, sizeof text);
	assert_text(text, "too many wrong secrets or codes; try again in 7 s");
	proof_words(&used, text, sizeof text);
	assert_contains(text, "wait for the next one");
	assert_text(proof_name(PROOF_CODE_USED), "code_used");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_code_counts_once_also_after_a_restart),
	        cmocka_unit_test(the_same_code_twice_at_once_counts_once),
	        cmocka_unit_test(what_cannot_be_written_down_does_not_count),
	        cmocka_unit_test(wrong_codes_are_counted_apart_from_secrets),
	        cmocka_unit_test(a_new_seed_counts_from_its_first_code_on),
	        cmocka_unit_test(each_seed_is_another),
	        cmocka_unit_test(without_one_none_is_proved),
	        cmocka_unit_test(the_telephone_is_told_where_it_belongs),
	        cmocka_unit_test(each_outcome_has_its_sentence),
	};
	int failures = cmocka_run_group_tests_name("second factor", tests, make_hash, NULL);

	failures += RUN_ROWS("a code", codes, code_counts_or_not);
	return failures != 0;
}
