/*
 * Ceilings as SVG: a panel for each parameter that has one, in it a strip for each line of the
 * sheet, in it a bar for each skin type. One scale a panel, so strips compare.
 */
#include <string.h>

#include "ctl.h"
#include "library.h"

#define LEFT      230
#define BAR       64
#define GAP       18
#define STRIP     86 /* of it */
#define BAR_HIGH  52
#define WIDE      (LEFT + SKIN_TYPES * (BAR + GAP) + 170)
#define PANEL_TOP 62

/* From fair to deep; read from the number over it, the colour only helps the eye. */
static const char *const TONES[SKIN_TYPES] = {"#f3d9c4", "#e5bd9c", "#cf9c74",
                                              "#a97750", "#7d5236", "#4a3021"};

static void put_text(FILE *to, int x, int y, const char *more, const char *text)
{
	fprintf(to, "<text x=\"%d\" y=\"%d\"%s>", x, y, more);
	for (; *text != '\0'; text++) {
		if (*text == '<')
			fputs("&lt;", to);
		else if (*text == '&')
			fputs("&amp;", to);
		else
			fputc(*text, to);
	}
	fputs("</text>\n", to);
}

/* A label in lines of what fits left of the bars; three at most. */
static void put_label(FILE *to, int y, const char *text)
{
	for (int line = 0; line < 3 && *text != '\0'; line++) {
		size_t n = strlen(text), most = 30;
		char part[64];

		if (n > most) {
			n = most;
			while (n > 0 && text[n] != ' ')
				n--;
			n = n == 0 ? most : n;
		}
		snprintf(part, sizeof part, "%.*s%s", (int)n, text,
		         line == 2 && text[n] != '\0' ? " ..." : "");
		put_text(to, 12, y + 16 * line, "", part);
		text += n + (text[n] == ' ');
	}
}

static int64_t most_of(const struct sheet *s, enum param p)
{
	int64_t most = 1;

	for (size_t i = 0; i < s->n; i++)
		for (uint8_t skin = 0; skin < SKIN_TYPES; skin++) {
			const struct row *r = s->line[i].of[skin];
			const struct limit *l = r == NULL ? NULL : row_limit(r, p);

			if (l != NULL && l->soft.hi != INT64_MAX && l->soft.hi > most)
				most = l->soft.hi;
		}
	return most;
}

/* What stands over a bar, or instead of one. */
static void ceiling_text(const struct row *r, const struct limit *l, enum param p, char *buf,
                         size_t len)
{
	if (r == NULL)
		snprintf(buf, len, "no row");
	else if (l == NULL || l->soft.hi == INT64_MAX)
		snprintf(buf, len, "%s", (r->unlimited & PARAM_BIT(p)) != 0 ? "no limit" : "none");
	else
		quantity_format(l->soft.hi, param_info(p)->measure, buf, len);
}

static void put_bar(FILE *to, const struct row *r, enum param p, uint8_t skin, int y, int64_t most)
{
	const struct limit *l = r == NULL ? NULL : row_limit(r, p);
	int x = LEFT + skin * (BAR + GAP), middle = x + BAR / 2, high = 0;
	char text[64], letter[24] = "";

	/* a drawing's rounding: in parts so that no product passes 64 bits */
	if (l != NULL && l->soft.hi != INT64_MAX)
		high = (int)(most >= BAR_HIGH ? l->soft.hi / (most / BAR_HIGH)
		                              : l->soft.hi * BAR_HIGH / most);
	high = high > BAR_HIGH ? BAR_HIGH : high;
	if (high > 0)
		fprintf(to,
		        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\" "
		        "stroke=\"#333\"%s/>\n",
		        x, y + BAR_HIGH - high, BAR, high, TONES[skin],
		        r->status == STATUS_B ? " fill-opacity=\"0.25\" stroke-dasharray=\"4 3\""
		                              : "");
	ceiling_text(r, l, p, text, sizeof text);
	put_text(to, middle, y + BAR_HIGH - high - 4, " class=\"v\"", text);
	if (r != NULL)
		snprintf(letter, sizeof letter, "%c", row_status_letter(r->status));
	put_text(to, middle, y + BAR_HIGH + 14, " class=\"s\"", letter);
}

/* The hard limits of a line; one number when all types share it. */
static void put_hard(FILE *to, const struct line_of_sheet *line, enum param p, int y)
{
	int64_t least = INT64_MAX, most = 0;
	char low[64], text[160];

	for (uint8_t skin = 0; skin < SKIN_TYPES; skin++) {
		const struct row *r = line->of[skin];
		const struct limit *l = r == NULL ? NULL : row_limit(r, p);

		if (l == NULL || l->hard.hi == INT64_MAX)
			continue;
		least = l->hard.hi < least ? l->hard.hi : least;
		most = l->hard.hi > most ? l->hard.hi : most;
	}
	if (most == 0)
		return;
	quantity_format(most, param_info(p)->measure, text, sizeof text);
	quantity_format(least, param_info(p)->measure, low, sizeof low);
	put_text(to, LEFT + SKIN_TYPES * (BAR + GAP) + 4, y + 24, " class=\"h\"", "nobody above");
	if (least != most)
		add(text, sizeof text, " (least %s)", low);
	put_text(to, LEFT + SKIN_TYPES * (BAR + GAP) + 4, y + 40, " class=\"h\"", text);
}

static void put_strip(FILE *to, const struct sheet *s, size_t i, enum param p, int y, int64_t most)
{
	const struct line_of_sheet *line = &s->line[i];
	char label[400];

	sheet_label(s, line->first, label, sizeof label);
	put_label(to, y + 26, label);
	fprintf(to, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#999\"/>\n", LEFT - 8,
	        y + BAR_HIGH, LEFT + SKIN_TYPES * (BAR + GAP) - 8, y + BAR_HIGH);
	for (uint8_t skin = 0; skin < SKIN_TYPES; skin++)
		put_bar(to, line->of[skin], p, skin, y, most);
	put_hard(to, line, p, y);
}

static bool limits_it(const struct line_of_sheet *line, enum param p)
{
	for (uint8_t skin = 0; skin < SKIN_TYPES; skin++)
		if (line->of[skin] != NULL && row_limit(line->of[skin], p) != NULL &&
		    row_limit(line->of[skin], p)->soft.hi != INT64_MAX)
			return true;
	return false;
}

static int put_panel(FILE *to, const struct sheet *s, enum param p, int y)
{
	int64_t most = most_of(s, p);
	char title[160];

	snprintf(title, sizeof title, "Highest %s (%s) by skin type", param_info(p)->words,
	         param_info(p)->measure.shown_in[0] != '\0' ? param_info(p)->measure.shown_in
	                                                    : "count");
	put_text(to, 12, y + 22, " class=\"t\"", title);
	for (uint8_t skin = 0; skin < SKIN_TYPES; skin++)
		put_text(to, LEFT + skin * (BAR + GAP) + BAR / 2, y + 40, " class=\"c\"",
		         skin_words(s->lib, (uint8_t)(skin + 1)));
	y += PANEL_TOP;
	for (size_t i = 0; i < s->n; i++) {
		if (!limits_it(&s->line[i], p))
			continue;
		put_strip(to, s, i, p, y, most);
		y += STRIP;
	}
	return y;
}

static int height_of(const struct sheet *s)
{
	int high = 30;

	for (enum param p = 0; p < PARAM_COUNT; p++) {
		if (!sheet_has_ceiling(s, p))
			continue;
		high += PANEL_TOP;
		for (size_t i = 0; i < s->n; i++)
			high += limits_it(&s->line[i], p) ? STRIP : 0;
	}
	return high;
}

bool chart_write(FILE *to, const struct sheet *s)
{
	int y = 0, high = height_of(s);

	if (high == 30)
		return false;
	fprintf(to,
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
	        "height=\"%d\" font-family=\"sans-serif\" font-size=\"13\" role=\"img\">\n"
	        "<style>.v{text-anchor:middle;font-size:11px}.s,.c{text-anchor:middle;font-weight:"
	        "bold}.t{font-size:15px;font-weight:bold}.h{fill:#a00;font-size:12px}</style>\n"
	        "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
	        WIDE, high, WIDE, high);
	for (enum param p = 0; p < PARAM_COUNT; p++)
		if (sheet_has_ceiling(s, p))
			y = put_panel(to, s, p, y);
	put_text(to, 12, high - 10, "",
	         "A allowed, T after a read test area, M a physician decides, B (dashed) blocked "
	         "unless two override, no row: held");
	fputs("</svg>\n", to);
	return true;
}
