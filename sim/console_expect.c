#include "console.h"

#include <stdlib.h>
#include <string.h>

static void say_outcome(const struct last *l, char *buf, size_t len)
{
	static const char *const words[] = {[OUT_NOTHING] = "nothing",
	                                    [OUT_OK] = "ok",
	                                    [OUT_CLOSED] = "closed",
	                                    [OUT_SILENT] = "silent",
	                                    [OUT_WRONG] = "an answer that is none",
	                                    [OUT_RAW] = "a frame sent",
	                                    [OUT_REFUSED] = "refused:"};
	size_t at;

	if (l->how == OUT_EXCEPTION) {
		snprintf(buf, len, "exception %02X (%s)", (unsigned)l->exception,
		         mb_exception_words((uint8_t)l->exception));
		return;
	}
	at = (size_t)snprintf(buf, len, "%s%s%s", words[l->how], l->text[0] != '\0' ? " " : "",
	                      l->text);
	for (int i = 0; i < l->n && at + 8 < len; i++)
		at += (size_t)snprintf(buf + at, len - at, " %u", l->value[i]);
	for (size_t i = 0; i < l->n_bytes && at + 4 < len; i++)
		at += (size_t)snprintf(buf + at, len - at, " %02X", l->bytes[i]);
}

/* --- each expectation
 * -------------------------------------------------------------------------------- */

typedef bool expect_fn(const struct last *l, const char *rest);

static bool is_ok(const struct last *l, const char *rest)
{
	return l->how == OUT_OK && *rest == '\0';
}

static bool is_any(const struct last *l, const char *rest)
{
	return (l->how == OUT_OK || l->how == OUT_EXCEPTION) && *rest == '\0';
}

static bool is_exception(const struct last *l, const char *rest)
{
	return l->how == OUT_EXCEPTION && l->exception == (int)strtol(rest, NULL, 16);
}

static bool is_values(const struct last *l, const char *rest)
{
	char *end;
	int n = 0;

	for (; *rest != '\0'; rest = end + strspn(end, " "), n++) {
		long v = strtol(rest, &end, 0);

		if (end == rest || n >= l->n || l->value[n] != v)
			return false;
	}
	return l->how == OUT_OK && n == l->n;
}

static bool is_bytes(const struct last *l, const char *rest)
{
	uint8_t want[ADU_MAX];
	int n = step_hex(rest, want, ADU_MAX);

	return n >= 0 && (size_t)n == l->n_bytes && memcmp(want, l->bytes, l->n_bytes) == 0;
}

static bool is_text(const struct last *l, const char *rest)
{
	return l->how == OUT_OK && strcmp(l->text, rest) == 0;
}

static bool is_closed(const struct last *l, const char *rest)
{
	return l->how == OUT_CLOSED && *rest == '\0';
}

static bool is_silent(const struct last *l, const char *rest)
{
	return l->how == OUT_SILENT && *rest == '\0';
}

static bool is_refused(const struct last *l, const char *rest)
{
	return l->how == OUT_REFUSED && strstr(l->text, rest) != NULL;
}

static const struct {
	const char *word;
	expect_fn *holds;
} expectations[] = {
        {"ok", is_ok},         {"any", is_any},       {"exception", is_exception},
        {"values", is_values}, {"is", is_text},       {"bytes", is_bytes},
        {"closed", is_closed}, {"silent", is_silent}, {"refused", is_refused},
};

static expect_fn *expectation(const char *text, const char **rest)
{
	char word[16];

	*rest = words_first(text, word, sizeof word);
	for (size_t i = 0; i < ARRAY_LEN(expectations); i++) {
		if (strcmp(expectations[i].word, word) == 0)
			return expectations[i].holds;
	}
	return NULL;
}

/* The end of the first of "ok or exception 03". An "or" with no expectation behind it is text. */
static size_t first_of(const char *text)
{
	const char *rest;

	for (const char * or = strstr(text, " or "); or != NULL; or = strstr(or +1, " or ")) {
		if (expectation(or +4, &rest) != NULL)
			return (size_t)(or -text);
	}
	return strlen(text);
}

/* 1: as expected; 0: not; -1: there is no such expectation. */
static int as_expected(const struct last *l, const char *text)
{
	char one[LINE_MAX_LEN];
	const char *rest;
	int holds = 0;

	while (*text != '\0' && holds == 0) {
		size_t n = first_of(text);
		expect_fn *f;

		snprintf(one, sizeof one, "%.*s", (int)n, text);
		f = expectation(one, &rest);
		if (f == NULL)
			return -1;
		holds = f(l, rest);
		text += n + (text[n] == '\0' ? 0 : strlen(" or "));
	}
	return holds;
}

/* --- the steps
 * ---------------------------------------------------------------------------------------- */

bool do_expect(struct player *p, const struct step *s, char *why, size_t len)
{
	struct last *l = p->what;
	char got[600];
	int holds;

	p->unlooked = false;
	if (l->how == OUT_RAW)
		wire_raw_answer(p, strcmp(s->rest, "silent") == 0 ? SILENCE_MS : ANSWER_MS);
	holds = s->n < 1 ? -1 : as_expected(l, s->rest);
	say_outcome(l, got, sizeof got);
	if (l == &p->now->last && p->now->awaited > 0)
		l->how = OUT_RAW; /* the next expect is for the next answer */
	if (holds < 0)
		return step_wrong(why, len,
		                  "expect ok | any | exception NN | values N... | is TEXT | bytes "
		                  "HEX... | closed | silent | refused [TEXT], several with \"or\" "
		                  "between them");
	if (holds > 0)
		return true;
	snprintf(why, len, "expected %s, got %s", s->rest, got);
	return false;
}

bool do_drain(struct player *p, const struct step *s, char *why, size_t len)
{
	struct last *l = &p->now->last;

	(void)s;
	while (p->now->awaited > 0) {
		wire_raw_answer(p, ANSWER_MS);
		if (l->how == OUT_OK || l->how == OUT_EXCEPTION)
			continue;
		snprintf(why, len, "%d answers are still wanted, and there is none",
		         p->now->awaited + 1);
		return false;
	}
	return true;
}
