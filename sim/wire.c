#include "sim.h"

/* A frame in base 16, and what stands before it. */
#define WIRE_LINE_MAX (2 * SEND_MAX + 64)

FILE *wire_open(const char *path)
{
	FILE *f = fopen(path, "w");

	if (f == NULL)
		return NULL;
	setlinebuf(f);
	fprintf(f, "%s\n", RECORDING_HEAD);
	return f;
}

void wire_note(const struct channel *c, enum recording_event e, const uint8_t *bytes, size_t n)
{
	const struct sim *s = c->line->sim;
	char line[WIRE_LINE_MAX], channel[RECORDING_CHANNEL_LEN];
	int64_t us = (clock_ns() - s->began_ns) / 1000;

	if (s->wire == NULL)
		return;
	snprintf(channel, sizeof channel, "%d.%d", (int)(c->line - s->line) + 1, c->number);
	if (n == 0)
		n = recording_put_text(line, sizeof line, us, channel, e, "");
	else
		n = recording_put_bytes(line, sizeof line, us, channel, e, bytes, n);
	must(n > 0);
	fwrite(line, 1, n, s->wire);
}
