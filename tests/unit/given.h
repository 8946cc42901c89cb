/*
 * given: what the unit tests share. Rows that become cmocka tests whose names are sentences, and
 * comparisons that do not lie (cmocka's assert_int_equal casts; these do not).
 */
#ifndef TESTS_GIVEN_H
#define TESTS_GIVEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/base.h"

#define assert_i64(got, want) assert_i64_at((int64_t)(got), (int64_t)(want), __FILE__, __LINE__)
static inline void assert_i64_at(int64_t got, int64_t want, const char *file, int line)
{
	if (got == want)
		return;
	print_error("got %lld, want %lld\n", (long long)got, (long long)want);
	_fail(file, line);
}

#define assert_text(got, want) _assert_string_equal((got), (want), __FILE__, __LINE__)

#define assert_contains(text, part) assert_contains_at((text), (part), __FILE__, __LINE__)
static inline void assert_contains_at(const char *text, const char *part, const char *file,
                                      int line)
{
	if (strstr(text, part) != NULL)
		return;
	print_error("\"%s\" does not contain \"%s\"\n", text, part);
	_fail(file, line);
}

#define ROWS_MAX 512

/* Runs one function over an array of rows; each row's first member must be `const char *name`. */
static inline int run_rows(const char *group, const void *rows, size_t n, size_t size,
                           CMUnitTestFunction test)
{
	static struct CMUnitTest tests[ROWS_MAX];

	must(n <= ROWS_MAX);
	for (size_t i = 0; i < n; i++) {
		const char *const *row = (const void *)((const char *)rows + i * size);

		tests[i] = (struct CMUnitTest){
		        .name = *row, .test_func = test, .initial_state = (void *)(uintptr_t)row};
	}
	return _cmocka_run_group_tests(group, tests, n, NULL, NULL);
}
#define RUN_ROWS(group, rows, test) \
	run_rows((group), (rows), ARRAY_LEN(rows), sizeof((rows)[0]), (test))

#endif
