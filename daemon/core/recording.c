#include "core/recording.h"

#include <string.h>

#include "core/text.h"

#define TIME_DIGITS 15 /* thirty years of microseconds */

static const struct {
	char sign;
	bool bytes;
	const char *words;
} events[] = {
#define X(id, sign_, bytes_, words_) [id] = {sign_, bytes_, words_},
        RECORDING_EVENT_MAP(X)
#undef X
};

char recording_sign(enum recording_event e)
{
	return events[e].sign;
}

const char *recording_words(enum recording_event e)
{
	return events[e].words;
}

const char *recording_fault_words(enum recording_fault f)
{
	static const char *const words[] = {
#define X(id, words_) [id] = words_,
	        RECORDING_FAULT_MAP(X)
#undef X
	};

	return words[f];
}

/* --- put -----------------------------------------------------------------------------------------
 */

static void put_head(struct text *t, int64_t us, const char *channel, enum recording_event e)
{
	text_put_int(t, us);
	text_put(t, " ");
	text_put(t, channel);
	text_put(t, " ");
	text_put_n(t, &events[e].sign, 1);
}

/* The whole line, or nothing. */
static size_t put_end(struct text *t)
{
	text_put(t, "\n");
	return t->needed < t->size ? t->needed : 0;
}

size_t recording_put_bytes(char *buf, size_t size, int64_t us, const char *channel,
                           enum recording_event e, const uint8_t *bytes, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	struct text t = text_in(buf, size);

	put_head(&t, us, channel, e);
	text_put(&t, " ");
	for (size_t i = 0; i < n; i++) {
		const char two[2] = {digit[bytes[i] >> 4], digit[bytes[i] & 15]};

		text_put_n(&t, two, sizeof two);
	}
	return put_end(&t);
}

size_t recording_put_text(char *buf, size_t size, int64_t us, const char *channel,
                          enum recording_event e, const char *text)
{
	struct text t = text_in(buf, size);

	put_head(&t, us, channel, e);
	text_put(&t, text[0] == '\0' ? "" : " ");
	size_t begin = t.needed;
	text_put(&t, text);
	for (size_t i = begin; i < t.needed && i < size; i++)
		if (buf[i] == '\n' || buf[i] == '\r')
			buf[i] = ' ';
	return put_end(&t);
}

/* --- take ----------------------------------------------------------------------------------------
 */

enum recording_fault recording_take_head(const char *line)
{
	size_t family = strlen(RECORDING_HEAD) - 1;

	if (strncmp(line, RECORDING_HEAD, family) != 0)
		return RECORDING_NOT_ONE;
	return strcmp(line, RECORDING_HEAD) == 0 ? RECORDING_OK : RECORDING_VERSION;
}

/* 16: it is none. */
static unsigned nibble(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

static bool take_time(const char *line, size_t *at, int64_t *us)
{
	int64_t v = 0;

	while (nibble(line[*at]) < 10 && *at < TIME_DIGITS)
		v = 10 * v + (int64_t)nibble(line[(*at)++]);
	*us = v;
	return *at > 0 && line[*at] == ' ';
}

/* RECORDING_EVENT_COUNT: it is no sign. */
static enum recording_event event_of(char sign)
{
	enum recording_event e = 0;

	while (e < RECORDING_EVENT_COUNT && events[e].sign != sign)
		e++;
	return e;
}

static enum recording_fault check_bytes(const char *text, size_t *at)
{
	size_t n = 0;

	while (nibble(text[n]) < 16)
		n++;
	if (text[n] == '\0' && n % 2 == 0 && n <= (size_t)2 * RECORDING_BYTES_MAX)
		return RECORDING_OK;
	*at += n;
	return text[n] == '\0' && n % 2 == 0 ? RECORDING_LONG : RECORDING_BYTES;
}

enum recording_fault recording_take(const char *line, int64_t from_us, struct recorded *out,
                                    size_t *at)
{
	struct recorded r = {0};

	*at = 0;
	if (!take_time(line, at, &r.us))
		return RECORDING_TIME;
	if (r.us < from_us) {
		*at = 0;
		return RECORDING_BACKWARDS;
	}
	const char *channel = line + ++*at;
	size_t n = strcspn(channel, " ");
	if (n == 0 || n >= sizeof r.channel || channel[n] != ' ')
		return RECORDING_CHANNEL;
	memcpy(r.channel, channel, n);
	*at += n + 1;
	r.event = event_of(line[*at]);
	if (r.event == RECORDING_EVENT_COUNT || (line[*at + 1] != ' ' && line[*at + 1] != '\0'))
		return RECORDING_EVENT;
	++*at;
	r.what = line + *at + (line[*at] == ' ' ? 1 : 0);
	r.n_what = strlen(r.what);
	*at = (size_t)(r.what - line);
	if (events[r.event].bytes && check_bytes(r.what, at) != RECORDING_OK)
		return check_bytes(r.what, &(size_t){0});
	*out = r;
	return RECORDING_OK;
}

size_t recording_bytes(const struct recorded *r, uint8_t *out)
{
	for (size_t i = 0; i < r->n_what / 2; i++)
		out[i] = (uint8_t)(nibble(r->what[2 * i]) << 4 | nibble(r->what[2 * i + 1]));
	return r->n_what / 2;
}
