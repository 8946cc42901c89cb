#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "library.h"

/* What Markdown would take for its own. */
static void put_escaped(FILE *to, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '<')
			fputs("&lt;", to);
		else if (strchr("|*`", *text) != NULL)
			fprintf(to, "\\%c", *text);
		else
			fputc(*text, to);
	}
}

#define FORMATTED(text, format)                        \
	char text[4000];                               \
	va_list args;                                  \
	va_start(args, format);                        \
	vsnprintf((text), sizeof(text), format, args); \
	va_end(args)

void pen_head(const struct pen *p, int level, const char *format, ...)
{
	FORMATTED(text, format);

	if (p->markdown) {
		fprintf(p->to, "%s%.*s ", level > 1 ? "\n" : "", level, "####");
		put_escaped(p->to, text);
		fputs("\n\n", p->to);
		return;
	}
	fprintf(p->to, "%s%s\n", level > 1 ? "\n" : "", text);
	for (size_t i = 0; i < strlen(text) && level < 3; i++)
		fputc(level == 1 ? '=' : '-', p->to);
	fputs(level < 3 ? "\n" : "", p->to);
}

void pen_text(const struct pen *p, const char *format, ...)
{
	FORMATTED(text, format);

	if (!p->markdown) {
		say_to(p->to, 0, "%s", text);
		return;
	}
	put_escaped(p->to, text);
	fputs("\n\n", p->to);
}

static void item(const struct pen *p, const char *mark, const char *title, const char *text)
{
	const char *colon = title[0] == '\0' || text[0] == '\0' ? "" : ": ";

	if (!p->markdown) {
		say_to(p->to, (int)strlen(mark) + 2, "  %s%s%s%s", mark, title, colon, text);
		return;
	}
	fputs(mark, p->to);
	if (title[0] != '\0') {
		fputs("**", p->to);
		put_escaped(p->to, title);
		fprintf(p->to, "**%s", colon);
	}
	put_escaped(p->to, text);
	fputc('\n', p->to);
}

void pen_item(const struct pen *p, const char *title, const char *format, ...)
{
	FORMATTED(text, format);

	item(p, "- ", title, text);
}

void pen_open_item(const struct pen *p, const char *title, const char *format, ...)
{
	FORMATTED(text, format);

	add(text, sizeof text, " Decision: ____________________");
	item(p, p->markdown ? "- [ ] " : "[ ] ", title, text);
}

void pen_gap(const struct pen *p)
{
	fputc('\n', p->to);
}

/* --- grids ----------------------------------------------------------------------------------- */

void grid_add(struct grid *g, const char *format, ...)
{
	FORMATTED(text, format);

	if (g->n == g->room) {
		g->room = g->room == 0 ? 32 : 2 * g->room;
		g->cell = realloc(g->cell, g->room * sizeof *g->cell);
		must(g->cell != NULL);
	}
	g->cell[g->n] = strdup(text);
	must(g->cell[g->n] != NULL);
	g->n++;
}

static int width_of(const struct grid *g, size_t column)
{
	size_t most = 0;

	for (size_t i = column; i < g->n; i += g->columns)
		if (strlen(g->cell[i]) > most)
			most = strlen(g->cell[i]);
	return (int)most;
}

static void rule_below_head(const struct pen *p, size_t columns)
{
	fputc('|', p->to);
	for (size_t i = 0; i < columns; i++)
		fputs("---|", p->to);
	fputc('\n', p->to);
}

static void put_cell(const struct pen *p, const struct grid *g, size_t i)
{
	bool last = (i + 1) % g->columns == 0;

	if (!p->markdown) {
		fprintf(p->to, "%s%-*s%s", i % g->columns == 0 ? "  " : "",
		        last ? 0 : width_of(g, i % g->columns) + 2, g->cell[i], last ? "\n" : "");
		return;
	}
	fputs(i % g->columns == 0 ? "| " : " ", p->to);
	put_escaped(p->to, g->cell[i]);
	fputs(last ? " |\n" : " |", p->to);
	if (i + 1 == g->columns)
		rule_below_head(p, g->columns);
}

void pen_grid(const struct pen *p, struct grid *g)
{
	for (size_t i = 0; i < g->n; i++)
		put_cell(p, g, i);
	for (size_t i = 0; i < g->n; i++)
		free(g->cell[i]);
	free(g->cell);
	*g = (struct grid){.columns = g->columns};
	pen_gap(p);
}
