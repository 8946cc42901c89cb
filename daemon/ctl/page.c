/*
 * page: text on a terminal: colour, and lines folded at words. What goes into a pipe or a file is
 * neither coloured nor folded.
 */
#include "ctl.h"

#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Narrower than this, folding helps nobody. */
#define WIDTH_MIN 40

/* 0: do not fold. */
static int width_of(FILE *to)
{
	struct winsize size = {0};

	if (!isatty(fileno(to)))
		return 0;
	if (ioctl(fileno(to), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return 80;
	return size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col;
}

const char *ink(const char *kind)
{
	if (!isatty(STDOUT_FILENO))
		return "";
	if (strcmp(kind, "BLOCKED") == 0)
		return "\033[31m";
	if (strcmp(kind, "HELD") == 0)
		return "\033[33m";
	if (strcmp(kind, "ALLOWED") == 0)
		return "\033[32m";
	return "";
}

const char *ink_off(void)
{
	return isatty(STDOUT_FILENO) ? "\033[0m" : "";
}

/* Columns of a text: colours take none, a UTF-8 character takes one. */
static int columns_of(const char *text, size_t len)
{
	int columns = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\033') {
			while (i < len && text[i] != 'm')
				i++;
			continue;
		}
		columns += ((unsigned char)text[i] & 0xC0) != 0x80;
	}
	return columns;
}

/* Up to the next space; a number and its unit are one word. */
static size_t word_of(const char *text)
{
	size_t word = strcspn(text, " ");

	if (word > 0 && text[word] == ' ' && strspn(text, "0123456789.") == word)
		word += 1 + strcspn(text + word + 1, " ");
	return word;
}

/* The text with its indent and runs of spaces as they are; a new line begins at `hang`. */
static void put_folded(FILE *to, const char *text, int hang, int width)
{
	int column = 0;

	while (*text != '\0') {
		size_t spaces = strspn(text, " "), word = word_of(text + spaces);
		int wide = columns_of(text + spaces, word);

		if (width > 0 && word > 0 && column > hang && column + (int)spaces + wide > width) {
			fprintf(to, "\n%*s", hang, "");
			column = hang;
		} else {
			fprintf(to, "%*s", (int)spaces, "");
			column += (int)spaces;
		}
		fwrite(text + spaces, 1, word, to);
		column += wide;
		text += spaces + word;
	}
	fputc('\n', to);
}

void say_to(FILE *to, int hang, const char *format, ...)
{
	char text[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	put_folded(to, text, hang, width_of(to));
}

void say(int hang, const char *format, ...)
{
	char text[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	put_folded(stdout, text, hang, width_of(stdout));
}

void add(char *buf, size_t len, const char *format, ...)
{
	size_t used = strlen(buf);
	va_list args;

	va_start(args, format);
	vsnprintf(buf + used, len - used, format, args);
	va_end(args);
}
