#include "config_scan.h"

#include <ctype.h>
#include <string.h>

/* libconfig keeps 32 bits and drops the rest without a word: 9 digits always fit, and 7 of base
 * 16. Nothing in these files needs as many. */
#define DIGITS_MAX     9
#define HEX_DIGITS_MAX 7

struct scan {
	const char *file;
	struct complaints *c;
	const char *p; /* the byte to look at; a 0 ends */
	int line;
	bool after_string; /* the last token was a string */
	bool fatal;
};

/* Unicode 15, table 3-7, without the surrogates and overlong forms. 0: not UTF-8. */
static size_t utf8_len(const unsigned char *p)
{
	unsigned char lo = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
	unsigned char hi = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;

	if (p[0] > 0xF4 || (n > 1 && (p[1] < lo || p[1] > hi)))
		return 0;
	for (size_t i = 2; i < n; i++)
		if (p[i] < 0x80 || p[i] > 0xBF)
			return 0;
	return n;
}

static bool is_control(unsigned char b)
{
	return (b < 0x20 && b != '\n' && b != '\t' && b != '\r') || b == 0x7F;
}

static bool is_text(const char *file, const char *bytes, size_t len, struct complaints *c)
{
	int line = 1;

	for (size_t i = 0; i < len;) {
		size_t n = utf8_len((const unsigned char *)bytes + i);

		if (n == 0 || is_control((unsigned char)bytes[i])) {
			complain(c, file, line,
			         "byte 0x%02X is no text; the file must be UTF-8 without control "
			         "characters",
			         (unsigned char)bytes[i]);
			return false;
		}
		line += bytes[i] == '\n';
		i += n;
	}
	return true;
}

static void fatal(struct scan *s, int line, const char *text)
{
	complain(s->c, s->file, line, "%s", text);
	s->fatal = true;
}

static void scan_line_comment(struct scan *s)
{
	s->p += strcspn(s->p, "\n");
}

static void scan_block_comment(struct scan *s)
{
	int began = s->line;

	for (s->p += 2; *s->p != '\0' && strncmp(s->p, "*/", 2) != 0; s->p++)
		s->line += *s->p == '\n';
	if (*s->p != '\0') {
		s->p += 2;
		return;
	}
	fatal(s, began,
	      "a comment begins here and never ends; the rest of the file would be lost (end it "
	      "with "
	      "*/)");
}

static void scan_string(struct scan *s)
{
	const char *end = s->p + 1 + strcspn(s->p + 1, "\"\n\\");

	if (s->after_string)
		complain(s->c, s->file, s->line,
		         "two texts with nothing between them would become one; put a comma "
		         "between");
	s->after_string = true;
	if (*end == '"') {
		s->p = end + 1;
		return;
	}
	fatal(s, s->line,
	      *end == '\\' ? "a backslash stands in a text; none is needed here"
	                   : "a text begins here and does not end on its line; end it with \"");
	s->p = end + strlen(end);
}

static size_t digits(const char *p, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += isxdigit((unsigned char)p[i]) != 0;
	return count;
}

static size_t number_len(const char *p)
{
	size_t n = 1;
	bool hex = p[0] == '0' && (p[1] == 'x' || p[1] == 'X');

	while (isalnum((unsigned char)p[n]) || p[n] == '.' ||
	       (!hex && (p[n] == '+' || p[n] == '-') && tolower((unsigned char)p[n - 1]) == 'e'))
		n++;
	return n;
}

static void scan_number(struct scan *s)
{
	size_t sign = *s->p == '+' || *s->p == '-';
	const char *p = s->p + sign;
	size_t n = number_len(p);
	bool hex = p[0] == '0' && (p[1] == 'x' || p[1] == 'X');
	int shown = n < 40 ? (int)n : 40;

	s->p = p + n;
	if (hex ? digits(p + 2, n - 2) > HEX_DIGITS_MAX : strcspn(p, ".eE") < n)
		complain(s->c, s->file, s->line,
		         hex ? "%.*s is too long; 7 digits of base 16 are the most"
		             : "%.*s is written with a point or an exponent; a quantity is text "
		               "with a unit, as in \"0.5 J/cm2\"",
		         shown, p);
	else if (!hex && digits(p, n) > DIGITS_MAX)
		complain(s->c, s->file, s->line, "%.*s is too long; 9 digits are the most", shown,
		         p);
	else if (strchr("lL", p[n - 1]) != NULL)
		complain(s->c, s->file, s->line, "%.*s ends in L; write it without", shown, p);
}

static bool begins_number(const char *p)
{
	p += *p == '+' || *p == '-';
	p += *p == '.';
	return isdigit((unsigned char)*p) != 0;
}

/* Moves over a token that is neither blank nor comment nor string. */
static void scan_token(struct scan *s)
{
	s->after_string = false;
	if (*s->p == '@') {
		fatal(s, s->line, "@include is not allowed: a file must say all it means itself");
		s->p++;
	} else if (begins_number(s->p)) {
		scan_number(s);
	} else if (isalpha((unsigned char)*s->p) || *s->p == '*') {
		while (isalnum((unsigned char)*s->p) || (*s->p != '\0' && strchr("*-_", *s->p)))
			s->p++;
	} else {
		s->p++;
	}
}

static void scan_next(struct scan *s)
{
	if (isspace((unsigned char)*s->p))
		s->line += *s->p++ == '\n';
	else if (*s->p == '#' || strncmp(s->p, "//", 2) == 0)
		scan_line_comment(s);
	else if (strncmp(s->p, "/*", 2) == 0)
		scan_block_comment(s);
	else if (*s->p == '"')
		scan_string(s);
	else
		scan_token(s);
}

bool scan_allows(const char *file, const char *bytes, size_t len, struct complaints *c)
{
	struct scan s = {.file = file, .c = c, .p = bytes, .line = 1};

	if (!is_text(file, bytes, len, c))
		return false;
	while (*s.p != '\0')
		scan_next(&s);
	return !s.fatal;
}
