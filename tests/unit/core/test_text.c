#include "given.h"

#include "core/text.h"

/* A buffer with a guard behind it: a byte past the end shows. */
#define ROOM 24

struct page {
	char buf[ROOM + 1];
};

static struct text page_of(struct page *p, size_t size)
{
	memset(p->buf, '#', sizeof(p->buf));
	return text_in(p->buf, size);
}

struct row {
	const char *name;
	size_t size;
	const char *first, *second;
	const char *buf;
	size_t needed;
};

static const struct row rows[] = {
        {"nothing put is an empty string", 8, "", "", "", 0},
        {"words are put one behind the other", 8, "abc", "de", "abcde", 5},
        {"words that just fit are whole", 6, "abc", "de", "abcde", 5},
        {"one byte less cuts the last letter", 5, "abc", "de", "abcd", 5},
        {"a first word that fills the room leaves none to the second", 4, "abc", "de", "abc", 5},
        {"a word cut short lets nothing follow it", 3, "abc", "de", "ab", 5},
        {"room for the terminator alone is an empty string", 1, "abc", "de", "", 5},
        {"a two-byte letter is kept whole", 4, "aµ", "", "aµ", 3},
        {"a two-byte letter is never cut in half", 3, "aµ", "", "a", 3},
        {"a three-byte sign is never cut after two", 4, "a→", "", "a", 4},
        {"a three-byte sign is never cut after one", 3, "a→", "", "a", 4},
        {"a cut before a whole letter keeps what is whole", 4, "aµb", "", "aµ", 4},
        {"what is put behind half a letter is not kept either", 3, "aµ", "b", "a", 4},
        {"bytes that are no letters may leave nothing", 3, "\x80\x80\x80", "", "", 3},
};

static void words_are_put(void **state)
{
	const struct row *row = *state;
	struct page p;
	struct text t = page_of(&p, row->size);

	text_put(&t, row->first);
	text_put(&t, row->second);
	assert_text(p.buf, row->buf);
	assert_i64(t.needed, row->needed);
	assert_i64(p.buf[row->size], '#');
}

static void a_buffer_of_no_size_is_never_touched(void **state)
{
	struct page p;
	struct text t = page_of(&p, 0);

	(void)state;
	text_put(&t, "abc");
	text_put_int(&t, 12);
	assert_i64(t.needed, 5);
	assert_i64(p.buf[0], '#');
	t = text_in(NULL, 0);
	text_put(&t, "abc");
	assert_i64(t.needed, 3);
}

static void some_bytes_of_a_longer_text_are_put(void **state)
{
	struct page p;
	struct text t = page_of(&p, ROOM);

	(void)state;
	text_put_n(&t, "abcdef", 3);
	assert_text(p.buf, "abc");
	text_put_n(&t, "abcdef", 0);
	assert_text(p.buf, "abc");
	assert_i64(t.needed, 3);
}

struct int_row {
	const char *name;
	int64_t v;
	const char *buf;
};

static const struct int_row int_rows[] = {
        {"zero is one digit", 0, "0"},
        {"one digit", 9, "9"},
        {"two digits", 10, "10"},
        {"a negative number has a sign", -1, "-1"},
        {"zeros at the end stay", -1200, "-1200"},
        {"the largest number there is", INT64_MAX, "9223372036854775807"},
        {"the smallest number there is", INT64_MIN, "-9223372036854775808"},
};

static void integers_are_put(void **state)
{
	const struct int_row *row = *state;
	struct page p;
	struct text t = page_of(&p, ROOM);

	text_put_int(&t, row->v);
	assert_text(p.buf, row->buf);
	assert_i64(t.needed, strlen(row->buf));
}

static void an_integer_is_cut_like_words(void **state)
{
	struct page p;
	struct text t = page_of(&p, 4);

	(void)state;
	text_put_int(&t, 123456);
	assert_text(p.buf, "123");
	assert_i64(t.needed, 6);
}

static void a_copy_is_whole_or_cut_but_always_ends(void **state)
{
	char to[4] = "###";

	(void)state;
	text_copy(to, sizeof(to), "abc");
	assert_text(to, "abc");
	text_copy(to, sizeof(to), "abcd");
	assert_text(to, "abc");
	text_copy(to, sizeof(to), "");
	assert_text(to, "");
	text_copy(to, sizeof(to), "abµ");
	assert_text(to, "ab");
}

struct items_row {
	const char *name, *text;
	const char *want; /* each in brackets */
};

static const struct items_row items_rows[] = {
        {"one item", "OPT58", "[OPT58]"},
        {"two items", "OPT58, VENUS19", "[OPT58][VENUS19]"},
        {"without a blank between", "OPT58,VENUS19", "[OPT58][VENUS19]"},
        {"blanks around are not theirs", " OPT58 , VENUS19 ", "[OPT58][VENUS19]"},
        {"blanks inside are", "see OPT58", "[see OPT58]"},
        {"a comma too many is none", ",OPT58,, VENUS19,", "[OPT58][VENUS19]"},
        {"nothing has none", "", ""},
        {"blanks and commas have none", " , ", ""},
};

static void items_are_taken(void **state)
{
	const struct items_row *row = *state;
	const char *rest = row->text, *item;
	struct page p;
	struct text t = page_of(&p, ROOM);

	for (size_t n; (n = text_item(&rest, &item)) > 0;) {
		text_put(&t, "[");
		text_put_n(&t, item, n);
		text_put(&t, "]");
	}
	assert_text(p.buf, row->want);
	assert_text(rest, "");
}

static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_of_no_size_is_never_touched),
        cmocka_unit_test(some_bytes_of_a_longer_text_are_put),
        cmocka_unit_test(an_integer_is_cut_like_words),
        cmocka_unit_test(a_copy_is_whole_or_cut_but_always_ends),
};

int main(void)
{
	int failures = RUN_ROWS("text: words", rows, words_are_put);

	failures += RUN_ROWS("text: integers", int_rows, integers_are_put);
	failures += RUN_ROWS("text: items", items_rows, items_are_taken);
	failures += cmocka_run_group_tests_name("text", tests, NULL, NULL);
	return failures != 0;
}
