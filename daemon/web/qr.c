/*
 * qr: a QR code for a page to draw, by libqrencode: rows of "0" and "1". For the second factor,
 * whose seed is nobody else's business: it is asked for over the page's own connection.
 */
#include "web.h"

#include <qrencode.h>

static json_t *row_of(const QRcode *code, int y)
{
	char row[256];

	must(code->width < (int)sizeof row); /* version 40 has 177 */
	for (int x = 0; x < code->width; x++)
		row[x] = (code->data[y * code->width + x] & 1) != 0 ? '1' : '0';
	return json_stringn(row, (size_t)code->width);
}

json_t *qr_of(const char *text)
{
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
	json_t *rows = json_array();

	for (int y = 0; code != NULL && y < code->width; y++)
		json_array_append_new(rows, row_of(code, y));
	QRcode_free(code);
	return json_pack("{s:o}", "rows", rows);
}
