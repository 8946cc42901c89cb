#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/quantity.h"

static bool wrong(char *why, size_t len, const char *words)
{
	snprintf(why, len, "%s", words);
	return false;
}

/* Takes quotation marks away and ends the word; returns where the next begins, NULL when a
 * quotation does not end. */
static char *word_end(char *at)
{
	char *to = at;
	bool quoted = false;

	for (; *at != '\0' && (quoted || *at != ' '); at++) {
		if (*at == '"')
			quoted = !quoted;
		else
			*to++ = *at;
	}
	at += *at == ' ';
	*to = '\0';
	return quoted ? NULL : at;
}

bool words_split(const char *line, struct line_words *out, char *why, size_t len)
{
	char *at = out->text;

	out->n = 0;
	if ((size_t)snprintf(out->text, sizeof out->text, "%s", line) >= sizeof out->text)
		return wrong(why, len, "the line is too long");
	while (*(at += strspn(at, " \t")) != '\0') {
		if (out->n == LINE_WORDS_MAX)
			return wrong(why, len, "the line has too many words");
		out->word[out->n++] = at;
		at = word_end(at);
		if (at == NULL)
			return wrong(why, len, "a quotation has no end");
	}
	return true;
}

const char *words_first(const char *line, char *word, size_t len)
{
	size_t n = strcspn(line, " ");

	snprintf(word, len, "%.*s", (int)n, line);
	line += n;
	return line + strspn(line, " ");
}

const char *words_time(const char *line, int64_t *ms)
{
	static const struct measure measure = {DIM_TIME, -3, "ms"};
	char number[32], unit[32], text[80];
	const char *rest = words_first(words_first(line, number, sizeof number), unit, sizeof unit);

	snprintf(text, sizeof text, "%s %s", number, unit);
	return quantity_parse(text, measure, ms) == QUANTITY_OK ? rest : NULL;
}
