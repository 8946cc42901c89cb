/* Codes that are read aloud: what they carry, what is misheard, and the answer to one. */
#include "given.h"

#include "edge/phone.h"

#include <string.h>

static const struct phone_request AN_ASK = {.number = 417,
                                            .unit = 1,
                                            .skin = 3,
                                            .param = 1,
                                            .asked = 22000000,
                                            .digest = UINT64_C(0x2ABCDEF012345)};

static void same(const struct phone_request *is, const struct phone_request *want)
{
	assert_int_equal(is->number, want->number);
	assert_int_equal(is->unit, want->unit);
	assert_int_equal(is->skin, want->skin);
	assert_int_equal(is->param, want->param);
	assert_int_equal(is->asked, want->asked);
	assert_true(is->digest == want->digest);
}

static void a_code_says_what_was_put_in(void **state)
{
	static const struct phone_request asks[] = {
	        {.number = 417, .unit = 1, .skin = 3, .param = 1, .asked = 22000000, .digest = 5},
	        {.number = 10, .unit = 247, .skin = 6, .param = 0, .asked = 0, .digest = 0},
	        {.number = 999,
	         .unit = 255,
	         .skin = 1,
	         .param = 31,
	         .asked = 999,
	         .digest = (UINT64_C(1) << PHONE_DIGEST_BITS) - 1},
	        {.number = 10,
	         .unit = 1,
	         .skin = 1,
	         .param = 2,
	         .asked = INT64_C(3000000000),
	         .digest = UINT64_C(1) << (PHONE_DIGEST_BITS - 1)},
	};
	char code[PHONE_CODE_LEN];
	struct phone_request r;

	(void)state;
	for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
		phone_code(&asks[i], code);
		assert_int_equal(strlen(code), PHONE_CODE_LEN - 1);
		assert_true(phone_read(code, &r));
		same(&r, &asks[i]);
	}
}

static void a_value_is_cut_to_three_digits(void **state)
{
	struct phone_request ask = AN_ASK, r;
	char code[PHONE_CODE_LEN];

	(void)state;
	ask.asked = 22199999;
	phone_code(&ask, code);
	assert_true(phone_read(code, &r));
	assert_int_equal(r.asked, 22100000);
}

static void letters_that_sound_like_digits_are_those(void **state)
{
	struct phone_request ask = AN_ASK, r;
	char code[PHONE_CODE_LEN], heard[2 * PHONE_CODE_LEN] = "";

	(void)state;
	phone_code(&ask, code);
	for (size_t i = 0, n = 0; code[i] != '\0'; i++) {
		char c = code[i] == '0'   ? 'o'
		         : code[i] == '1' ? 'l'
		         : code[i] == '-' ? ' '
		                          : code[i];

		heard[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
		heard[n] = '\0';
	}
	assert_true(phone_read(heard, &r));
	same(&r, &ask);
}

static void one_wrong_character_is_heard_nearly_always(void **state)
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	char code[PHONE_CODE_LEN], wrong[PHONE_CODE_LEN];
	struct phone_request r = {.number = 7}, kept = r;
	int passed = 0, tried = 0;

	(void)state;
	phone_code(&AN_ASK, code);
	for (size_t i = 0; code[i] != '\0'; i++)
		for (size_t l = 0; l < 32 && code[i] != '-'; l++) {
			if (letters[l] == code[i])
				continue;
			strcpy(wrong, code);
			wrong[i] = letters[l];
			passed += phone_read(wrong, &r);
			tried++;
			if (passed == 0)
				same(&r, &kept); /* not written */
		}
	assert_int_equal(tried, 20 * 31);
	assert_in_range(passed, 0, 3); /* of 1024 a thousandth */
}

static void what_is_no_code_is_none(void **state)
{
	static const char *const none[] = {"",
	                                   "-",
	                                   "0000",
	                                   "0000-0000-0000-0000-0000-0",
	                                   "0000-0000-0000-0000-000U",
	                                   "0000-0000-0000-0000-000"};
	struct phone_request r;

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		assert_false(phone_read(none[i], &r));
}

static void an_answer_is_of_key_person_request_and_reason(void **state)
{
	const unsigned char key[PHONE_KEY_BYTES] = {1}, other[PHONE_KEY_BYTES] = {2};
	char code[PHONE_CODE_LEN], another[PHONE_CODE_LEN], right[PHONE_ANSWER_LEN],
	        is[PHONE_ANSWER_LEN];
	struct phone_request next = AN_ASK;

	(void)state;
	next.digest++;
	phone_code(&AN_ASK, code);
	phone_code(&next, another);
	phone_answer(key, "phil", code, "judgement", right);
	assert_int_equal(strlen(right), PHONE_ANSWER_LEN - 1);
	phone_answer(key, "phil", code, "judgement", is);
	assert_true(phone_is(right, is));
	phone_answer(other, "phil", code, "judgement", is);
	assert_false(phone_is(right, is));
	phone_answer(key, "paula", code, "judgement", is);
	assert_false(phone_is(right, is));
	phone_answer(key, "phil", another, "judgement", is);
	assert_false(phone_is(right, is));
	phone_answer(key, "phil", code, "test_area", is);
	assert_false(phone_is(right, is));
	assert_false(phone_is(right, ""));
	assert_false(phone_is(right, "0000-00000"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_code_says_what_was_put_in),
	        cmocka_unit_test(a_value_is_cut_to_three_digits),
	        cmocka_unit_test(letters_that_sound_like_digits_are_those),
	        cmocka_unit_test(one_wrong_character_is_heard_nearly_always),
	        cmocka_unit_test(what_is_no_code_is_none),
	        cmocka_unit_test(an_answer_is_of_key_person_request_and_reason),
	};

	return cmocka_run_group_tests_name("phone", tests, NULL, NULL);
}
