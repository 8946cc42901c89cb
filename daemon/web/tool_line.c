/*
 * tool_line: which tools a page may have run, and the command line of each. What has no row does
 * not exist; an argument is a hash or a number, never a text.
 */
#include "tool.h"

#include <stdio.h>
#include <string.h>

/* --- which there are ---------------------------------------------------------------------------
 */

enum argument_kind { ARGUMENT_NONE, ARGUMENT_HASH, ARGUMENT_NUMBER };

struct argument {
	const char *key, *option; /* option NULL: a word by itself, and it must be there */
	enum argument_kind kind;
};

static const struct tool_row {
	const char *name, *word[2];
	struct argument argument[2];
} rows[] = {
        {"report",
         {"report"},
         {{"days", "--since", ARGUMENT_NUMBER}, {"often", "--often", ARGUMENT_NUMBER}}},
        {"library.diff",
         {"library", "diff"},
         {{"from", NULL, ARGUMENT_HASH}, {"to", NULL, ARGUMENT_HASH}}},
        {"library.rerun",
         {"library", "rerun"},
         {{"hash", NULL, ARGUMENT_HASH}, {"days", "--since", ARGUMENT_NUMBER}}},
};

const struct tool_row *tool_row_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

static bool is_hash(const char *text)
{
	size_t n = text == NULL ? 0 : strlen(text);

	return n >= 8 && n <= 64 && strspn(text, "0123456789abcdef") == n;
}

/* The value as a word of a command line; false: it is not what is wanted. */
static bool value_of(const struct argument *a, json_t *given, char *out, size_t len)
{
	json_int_t n = json_integer_value(given);

	if (a->kind == ARGUMENT_HASH && is_hash(json_string_value(given)))
		snprintf(out, len, "%s", json_string_value(given));
	else if (a->kind == ARGUMENT_NUMBER && json_is_integer(given) && n >= 0 && n <= 36500)
		snprintf(out, len, "%lld", (long long)n);
	else
		return false;
	return true;
}

bool tool_line_of(struct tool_line *line, const struct tool_row *row, json_t *given)
{
	size_t n = 3, known = 0;

	*line = (struct tool_line){.word = {"dosegatectl", "--control-fd", "3"}};
	for (size_t i = 0; i < ARRAY_LEN(row->word) && row->word[i] != NULL; i++)
		line->word[n++] = row->word[i];
	line->word[n++] = "--json";
	for (size_t i = 0; i < ARRAY_LEN(row->argument) && row->argument[i].key != NULL; i++) {
		const struct argument *a = &row->argument[i];
		json_t *value = json_object_get(given, a->key);

		if (value == NULL && a->option != NULL)
			continue;
		if (!value_of(a, value, line->value[i], sizeof line->value[i]))
			return false;
		if (a->option != NULL)
			line->word[n++] = a->option;
		line->word[n++] = line->value[i];
		known++;
	}
	return json_is_object(given) && json_object_size(given) == known;
}
