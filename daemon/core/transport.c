#include "core/transport.h"

#include <string.h>

#include "core/quantity.h"
#include "core/text.h"

#define TOKENS_MAX        48
#define SECOND_NS         INT64_C(1000000000)
#define SILENCE_FAST_NS   INT64_C(1750000) /* v1.02, 2.5.1.1, above SLOW_BAUD */
#define SLOW_BAUD         19200
#define SILENCE_SERVER_NS INT64_C(5000000)
#define SILENCE_MIN_US    1000
#define SILENCE_MAX_US    500000

const char *transport_fault_words(enum transport_fault f)
{
	static const char *const words[] = {
#define X(id, words_) [id] = words_,
	        TRANSPORT_FAULT_MAP(X)
#undef X
	};

	return words[f];
}

/* --- words between colons ------------------------------------------------------------------ */

struct token {
	const char *at;
	size_t n;
};

/* A path may have colons of its own, so this is only cut, not understood. 0: too many. */
static size_t cut(const char *text, struct token *out)
{
	size_t n = 0;

	for (;;) {
		size_t len = strcspn(text, ":");

		if (n == TOKENS_MAX)
			return 0;
		out[n++] = (struct token){text, len};
		if (text[len] == '\0')
			return n;
		text += len + 1;
	}
}

static bool is(struct token t, const char *word)
{
	return strlen(word) == t.n && memcmp(t.at, word, t.n) == 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digit, letter, digit: what nothing but a format looks like. */
static bool like_a_format(struct token t)
{
	return t.n == 3 && is_digit(t.at[0]) && t.at[1] >= 'A' && t.at[1] <= 'Z' &&
	       is_digit(t.at[2]);
}

/* --- the parts ------------------------------------------------------------------------------- */

struct rate {
	const char *word;
	int32_t baud;
};

/* What both the ports of clinics and the library that opens them know. */
static const struct rate RATES[] = {
        {"1200", 1200},     {"2400", 2400},     {"4800", 4800},     {"9600", 9600},
        {"19200", 19200},   {"38400", 38400},   {"57600", 57600},   {"115200", 115200},
        {"230400", 230400}, {"460800", 460800}, {"921600", 921600},
};

static bool take_rate(struct token t, struct transport *out)
{
	for (size_t i = 0; i < ARRAY_LEN(RATES); i++) {
		if (!is(t, RATES[i].word))
			continue;
		out->baud = RATES[i].baud;
		return true;
	}
	return false;
}

static bool take_format(struct token t, struct transport *out)
{
	static const char *const formats[] = {"8E1", "8O1", "8N1", "8N2"};

	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		if (!is(t, formats[i]))
			continue;
		out->parity = formats[i][1];
		out->stop_bits = (int8_t)(formats[i][2] - '0');
		return true;
	}
	return false;
}

static bool take_drive(struct token t, enum line_drive *out)
{
	static const char *const words[] = {
	        [DRIVE_RS485] = "rs485", [DRIVE_RTS_ON] = "rts", [DRIVE_RTS_OFF] = "rts-"};

	for (size_t i = DRIVE_RS485; i < ARRAY_LEN(words); i++) {
		if (!is(t, words[i]))
			continue;
		*out = (enum line_drive)i;
		return true;
	}
	return false;
}

static bool is_silence(struct token t)
{
	return t.n >= 8 && memcmp(t.at, "silence=", 8) == 0;
}

static enum transport_fault take_silence(struct token t, struct transport *out)
{
	static const struct measure us = {DIM_TIME, -6, "ms"};
	char text[32] = "";

	if (t.n - 8 >= sizeof text)
		return TRANSPORT_SILENCE;
	memcpy(text, t.at + 8, t.n - 8);
	if (quantity_parse(text, us, &out->silence_us) != QUANTITY_OK ||
	    out->silence_us < SILENCE_MIN_US || out->silence_us > SILENCE_MAX_US)
		return TRANSPORT_SILENCE;
	struct transport standard = *out;
	standard.silence_us = 0;
	return out->silence_us * 1000 < transport_silence_ns(&standard) &&
	                       out->kind == TRANSPORT_RTU
	               ? TRANSPORT_SHORT_SILENCE
	               : TRANSPORT_OK;
}

static enum transport_fault take_word(struct token t, struct transport *out)
{
	enum line_drive drive;

	if (is_silence(t))
		return take_silence(t, out);
	if (!take_drive(t, &drive))
		return TRANSPORT_WORD;
	if (out->drive != DRIVE_NONE)
		return TRANSPORT_DRIVES;
	out->drive = drive;
	return TRANSPORT_OK;
}

/* --- the kinds ------------------------------------------------------------------------------- */

static enum transport_fault take_line(const char *text, struct transport *out)
{
	struct token t[TOKENS_MAX];
	size_t n = cut(text, t), format = 0;
	enum transport_fault fault = TRANSPORT_OK;

	if (text[0] != '/')
		return TRANSPORT_NO_DEVICE;
	while (format < n && !like_a_format(t[format]))
		format++;
	if (format == n)
		return TRANSPORT_FORMAT;
	if (format == 1 || !take_rate(t[format - 1], out))
		return TRANSPORT_BAUD;
	if (!take_format(t[format], out))
		return TRANSPORT_PARITY;
	memcpy(out->place, text, (size_t)(t[format - 1].at - 1 - text));
	for (size_t i = format + 1; i < n && fault == TRANSPORT_OK; i++)
		fault = take_word(t[i], out);
	return fault;
}

static enum transport_fault take_server(const char *text, struct transport *out)
{
	struct token t[TOKENS_MAX];
	size_t n = cut(text, t);
	enum transport_fault fault = TRANSPORT_OK;

	if (n > 2 && is_silence(t[n - 1])) {
		n--;
		fault = take_silence(t[n], out);
	}
	if (n < 2)
		return TRANSPORT_NO_ADDRESS;
	for (size_t i = 0; i < t[n - 1].n; i++)
		if (!is_digit(t[n - 1].at[i]))
			return TRANSPORT_NOT_A_LINE;
	memcpy(out->place, text, (size_t)(t[n - 1].at + t[n - 1].n - text));
	return fault;
}

/* The rest of the text behind a word it begins with; NULL when it does not. */
static const char *behind(const char *text, const char *word)
{
	size_t n = strlen(word);

	return strncmp(text, word, n) == 0 ? text + n : NULL;
}

enum transport_fault transport_take(const char *text, struct transport *out)
{
	struct transport t = {.kind = TRANSPORT_TCP};
	enum transport_fault fault = TRANSPORT_OK;
	const char *line = behind(text, "rtu:"), *server = behind(text, "rtu+tcp:");

	if (strlen(text) >= TRANSPORT_LEN)
		return TRANSPORT_LONG;
	if (line != NULL) {
		t.kind = TRANSPORT_RTU;
		fault = take_line(line, &t);
	} else if (server != NULL) {
		t.kind = TRANSPORT_RTU_TCP;
		fault = take_server(server, &t);
	} else {
		text_copy(t.place, sizeof t.place, text);
	}
	if (fault == TRANSPORT_OK)
		*out = t;
	return fault;
}

/* --- time ------------------------------------------------------------------------------------ */

int64_t transport_char_ns(const struct transport *t)
{
	if (t->kind != TRANSPORT_RTU)
		return 0;
	return SECOND_NS * (1 + 8 + (t->parity != 'N') + t->stop_bits) / t->baud;
}

int64_t transport_silence_ns(const struct transport *t)
{
	if (t->silence_us > 0)
		return t->silence_us * 1000;
	if (t->kind != TRANSPORT_RTU)
		return SILENCE_SERVER_NS;
	return t->baud > SLOW_BAUD ? SILENCE_FAST_NS : 7 * transport_char_ns(t) / 2;
}

bool transport_same_place(const struct transport *a, const struct transport *b)
{
	return a->kind == b->kind && strcmp(a->place, b->place) == 0;
}

bool transport_equal(const struct transport *a, const struct transport *b)
{
	return transport_same_place(a, b) && a->baud == b->baud && a->parity == b->parity &&
	       a->stop_bits == b->stop_bits && a->drive == b->drive &&
	       transport_silence_ns(a) == transport_silence_ns(b);
}
