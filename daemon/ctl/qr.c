/*
 * qr: a QR code in the terminal, by libqrencode.
 */
#include "ctl.h"

#include <qrencode.h>

#define QUIET 4 /* modules of margin; ISO/IEC 18004 asks for four */

/* Dark, when it is inside and its bit is set. */
static bool is_dark(const QRcode *code, int x, int y)
{
	return x >= 0 && y >= 0 && x < code->width && y < code->width &&
	       (code->data[y * code->width + x] & 1) != 0;
}

/* Black on white by escapes that say both, so that it reads the same on a dark terminal; upper and
 * lower half of a character are a module each. */
static void print_pair(FILE *to, const QRcode *code, int y)
{
	static const char *const half[] = {" ", "\u2584", "\u2580", "\u2588"};

	fputs("\033[38;5;16;48;5;231m", to);
	for (int x = -QUIET; x < code->width + QUIET; x++)
		fputs(half[2 * is_dark(code, x, y) + is_dark(code, x, y + 1)], to);
	fputs("\033[0m\n", to);
}

bool qr_print(FILE *to, const char *text)
{
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);

	if (code == NULL)
		return false;
	for (int y = -QUIET; y < code->width + QUIET; y += 2)
		print_pair(to, code, y);
	QRcode_free(code);
	return true;
}
