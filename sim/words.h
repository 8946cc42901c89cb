/*
 * words: a line of a command, a fault or a scenario taken apart.
 *
 * Words stand apart by spaces; "two of them" in quotes are one, also behind an equals sign.
 */
#ifndef SIM_WORDS_H
#define SIM_WORDS_H

#include "core/base.h"

#define LINE_MAX_LEN   8192
#define LINE_WORDS_MAX 300

struct line_words {
	int n;
	char *word[LINE_WORDS_MAX];
	char text[LINE_MAX_LEN]; /* the words stand in it */
};

/* False with the reason: too long, too many, a quotation without its end. */
bool words_split(const char *line, struct line_words *out, char *why, size_t len);
/* The first word, cut into `word`; returns what stands behind it, without spaces before it. */
const char *words_first(const char *line, char *word, size_t len);
/* "500 ms" or "2 s" at the line's beginning, as milliseconds; returns what stands behind it; NULL
 * when there is no such thing. */
const char *words_time(const char *line, int64_t *ms);

#endif
