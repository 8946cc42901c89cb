#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_read.h"

void complain(struct complaints *c, const char *file, int line, const char *format, ...)
{
	va_list args;

	if (c->count == c->room) {
		c->room = c->room == 0 ? 16 : 2 * c->room;
		c->list = realloc(c->list, c->room * sizeof *c->list);
		must(c->list != NULL);
	}
	struct complaint *one = &c->list[c->count++];
	size_t n = strlen(file);

	/* of a path too long to show, the end says more than the beginning */
	snprintf(one->file, sizeof one->file, "%s",
	         n < sizeof one->file ? file : file + n - sizeof one->file + 1);
	one->line = line;
	va_start(args, format);
	vsnprintf(one->text, sizeof one->text, format, args);
	va_end(args);
}

void complaints_say(const struct complaints *c, const char *then)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct complaint *one = &c->list[i];

		if (one->line > 0)
			fprintf(stderr, "%s:%d: %s\n", one->file, one->line, one->text);
		else
			fprintf(stderr, "%s: %s\n", one->file, one->text);
	}
	fprintf(stderr, "%zu complaint%s; %s\n", c->count, c->count == 1 ? "" : "s", then);
}

void complaints_free(struct complaints *c)
{
	free(c->list);
	*c = (struct complaints){0};
}

bool config_load_clinic(const char *file, struct config *out, struct complaints *c)
{
	size_t before = c->count;

	memset(out, 0, sizeof *out);
	clinic_load(file, &out->clinic, c);
	return c->count == before;
}

bool config_load(const char *file, struct config *out, struct complaints *c)
{
	bool well = config_load_clinic(file, out, c);
	size_t before = c->count;

	if (out->clinic.library_dir[0] == '\0')
		return false;
	library_load(out->clinic.library_dir, out, c);
	if (!config_fits(&out->clinic, out, c) || c->count != before || !well)
		return false;
	library_hash(out);
	return true;
}

bool config_load_library(const char *dir, struct config *out, struct complaints *c)
{
	size_t before = c->count;

	memset(out, 0, sizeof *out);
	library_load(dir, out, c);
	if (c->count != before)
		return false;
	library_hash(out);
	return true;
}

void config_free(struct config *c)
{
	free(c->profile);
	free(c->reference);
	free(c->fact);
	free(c->option);
	free(c->rule);
	free(c->row);
	memset(c, 0, sizeof *c);
}
