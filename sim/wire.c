#include "sim.h"

FILE *wire_open(const char *path)
{
	FILE *f = fopen(path, "w");

	if (f == NULL)
		return NULL;
	setlinebuf(f);
	fputs("# dosegate wire 1: MICROSECONDS LINE.CHANNEL EVENT BYTES\n", f);
	return f;
}

void wire_note(const struct channel *c, char event, const uint8_t *bytes, size_t n)
{
	const struct sim *s = c->line->sim;

	if (s->wire == NULL)
		return;
	fprintf(s->wire, "%lld %d.%d %c", (long long)((clock_ns() - s->began_ns) / 1000),
	        (int)(c->line - s->line) + 1, c->number, event);
	for (size_t i = 0; i < n; i++)
		fprintf(s->wire, i == 0 ? " %02x" : "%02x", bytes[i]);
	fputc('\n', s->wire);
}
