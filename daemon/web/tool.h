/*
 * tool: what the two files of dosegatectl's runs share.
 */
#ifndef WEB_TOOL_H
#define WEB_TOOL_H

#include "web.h"

struct tool_row;

/* A command line, NULL behind its last word. It points into itself: not to be copied. */
struct tool_line {
	const char *word[12];
	char value[2][80];
};

/* NULL: there is none of this name. */
const struct tool_row *tool_row_of(const char *name);
/* False: arguments are missing, wrong, or too many. */
MUST_USE bool tool_line_of(struct tool_line *line, const struct tool_row *row, json_t *given);

#endif
