#include "tape.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rtu.h"

#define PIECE ((size_t)1 << 16)

/* --- the file ------------------------------------------------------------------------------------
 */

static char *read_whole(FILE *f, size_t *n)
{
	char *text = NULL;
	size_t room = 0, got;

	*n = 0;
	do {
		if (room - *n < PIECE + 1) {
			room = 2 * room + 2 * PIECE;
			text = realloc(text, room);
			must(text != NULL);
		}
		got = fread(text + *n, 1, PIECE, f);
		*n += got;
	} while (got > 0);
	text[*n] = '\0';
	return text;
}

static bool open_text(struct tape *t, const char *file, size_t *n, char *why, size_t len)
{
	FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "r");

	if (f == NULL) {
		snprintf(why, len, "%s: %s", file, strerror(errno));
		return false;
	}
	t->text = read_whole(f, n);
	if (f != stdin)
		fclose(f);
	return true;
}

/* --- lines ---------------------------------------------------------------------------------------
 */

int tape_channel(const struct tape *t, const char *name)
{
	for (int i = 0; i < t->n_channels; i++)
		if (strcmp(t->channel[i], name) == 0)
			return i;
	return -1;
}

static int channel_of(struct tape *t, const char *name)
{
	int i = tape_channel(t, name);

	if (i >= 0 || t->n_channels == TAPE_CHANNELS)
		return i;
	snprintf(t->channel[t->n_channels], sizeof t->channel[0], "%s", name);
	return t->n_channels++;
}

static void add(struct tape *t, const struct recorded *r, int channel, int line)
{
	if ((t->n & (t->n + 1)) == 0) {
		t->event = realloc(t->event, 2 * (t->n + 1) * sizeof *t->event);
		must(t->event != NULL);
	}
	t->event[t->n++] =
	        (struct tape_event){.us = r->us, .channel = channel, .line = line, .is = *r};
	if (r->event == RECORDED_LOST)
		t->lost += strtoll(r->what, NULL, 10);
}

static bool wrong(const char *file, int line, size_t column, const char *words, char *why,
                  size_t len)
{
	snprintf(why, len, "%s:%d:%zu: %s", file, line, column + 1, words);
	return false;
}

static bool take_line(struct tape *t, const char *file, const char *text, int line, char *why,
                      size_t len)
{
	int64_t from = t->n == 0 ? 0 : t->event[t->n - 1].us;
	struct recorded r;
	size_t at = 0;
	enum recording_fault f;

	if (text[0] == '#')
		return true;
	f = recording_take(text, from, &r, &at);
	if (f != RECORDING_OK)
		return wrong(file, line, at, recording_fault_words(f), why, len);
	int channel = channel_of(t, r.channel);
	if (channel < 0)
		return wrong(file, line, 0, "more than 1024 channels", why, len);
	add(t, &r, channel, line);
	return true;
}

/* What stands between the ends of lines; what has no end was cut. */
static bool take_lines(struct tape *t, const char *file, size_t n, char *why, size_t len)
{
	char *at = t->text, *end;
	enum recording_fault f;

	for (int line = 1; (end = memchr(at, '\n', (size_t)(t->text + n - at))) != NULL;
	     line++, at = end + 1) {
		*end = '\0';
		if (strlen(at) != (size_t)(end - at))
			return wrong(file, line, strlen(at), "a byte of 0 is no text", why, len);
		f = line == 1 ? recording_take_head(at) : RECORDING_OK;
		if (f != RECORDING_OK)
			return wrong(file, line, 0, recording_fault_words(f), why, len);
		if (!take_line(t, file, at, line, why, len))
			return false;
	}
	if (at == t->text)
		return wrong(file, 1, 0, recording_fault_words(RECORDING_NOT_ONE), why, len);
	t->cut = t->n == 0 || t->event[t->n - 1].is.event != RECORDED_OVER;
	return true;
}

bool tape_load(struct tape *t, const char *file, char *why, size_t len)
{
	size_t n;

	*t = (struct tape){0};
	channel_of(t, "gate");
	return open_text(t, file, &n, why, len) && take_lines(t, file, n, why, len);
}

void tape_free(struct tape *t)
{
	free(t->text);
	free(t->event);
	*t = (struct tape){0};
}

/* --- what stands in a line -----------------------------------------------------------------------
 */

bool tape_is_console(const struct tape *t, int channel)
{
	return t->channel[channel][0] == 'c';
}

bool tape_is_device(const struct tape *t, int channel, int *n)
{
	const char *name = t->channel[channel];

	if (name[0] != 'd')
		return false;
	*n = (int)strtol(name + 1, NULL, 10) - 1;
	return *n >= 0;
}

bool tape_row_is(const struct tape_event *e, const char *kind)
{
	size_t n = strlen(kind);

	return e->channel == TAPE_GATE && e->is.event == RECORDED_ROW &&
	       strncmp(e->is.what, kind, n) == 0 && e->is.what[n] == ' ';
}

json_t *tape_json(const struct tape_event *e)
{
	const char *text = e->is.what;

	if (e->is.event == RECORDED_ROW)
		text += strcspn(text, " ");
	return json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
}

bool tape_frame(const struct tape_event *e, bool serial, uint8_t bytes[RECORDING_BYTES_MAX],
                struct frame *out)
{
	size_t n = recording_bytes(&e->is, bytes), used = 0;

	if (serial)
		return rtu_take(bytes, n, out) == RTU_OK;
	return mbap_take(bytes, n, out, &used) == MBAP_OK && used == n;
}

bool tape_is_serial(const struct tape *t, int channel)
{
	int n;

	for (size_t i = 0; i < t->n; i++) {
		const struct tape_event *e = &t->event[i];

		if (e->channel != channel)
			continue;
		if (e->is.event == RECORDED_BEGINS && tape_is_console(t, channel))
			return e->is.what[0] == '/';
		if (e->is.event == RECORDED_IS && tape_is_device(t, channel, &n))
			return strstr(e->is.what, "\"line\":true") != NULL;
	}
	return false;
}
