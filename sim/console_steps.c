#include "console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How long `until` asks, and how often. */
#define UNTIL_MS 10000
#define ASK_MS   20

void sleep_ms(int64_t ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};

	nanosleep(&t, NULL);
}

bool step_number(const char *text, long lowest, long highest, long *out)
{
	char *end;

	*out = strtol(text, &end, 0);
	return end != text && *end == '\0' && *out >= lowest && *out <= highest;
}

int step_numbers(const struct step *s, int first, uint16_t *value, int max)
{
	long v;

	for (int i = first; i < s->n; i++) {
		if (i - first >= max || !step_number(s->word[i], 0, 65535, &v))
			return -1;
		value[i - first] = (uint16_t)v;
	}
	return s->n - first;
}

bool step_wrong(char *why, size_t len, const char *right)
{
	snprintf(why, len, "this is not to be understood; right is: %s", right);
	return false;
}

/* --- plain requests ------------------------------------------------------------------------------
 */

static bool do_regs(struct player *p, const struct step *s, char *why, size_t len)
{
	uint16_t value[PDU_WRITE_REGS_MAX];
	long address;
	int n = step_numbers(s, 1, value, PDU_WRITE_REGS_MAX);

	if (n < 1 || !step_number(s->word[0], 0, 65535, &address))
		return step_wrong(why, len, "regs ADDRESS VALUE...");
	wire_write(p, TABLE_HOLDING, (int)address, n, value);
	return true;
}

static bool do_coil(struct player *p, const struct step *s, char *why, size_t len)
{
	uint16_t value[2];

	if (step_numbers(s, 0, value, 2) != 2 || value[1] > 1)
		return step_wrong(why, len, "coil ADDRESS 0|1");
	wire_write(p, TABLE_COIL, value[0], 1, &value[1]);
	return true;
}

static bool read_table(struct player *p, const struct step *s, enum table t, char *why, size_t len)
{
	uint16_t v[2];
	int most = t == TABLE_COIL || t == TABLE_DISCRETE ? PDU_READ_BITS_MAX : PDU_READ_REGS_MAX;

	if (step_numbers(s, 0, v, 2) != 2 || v[1] < 1 || v[1] > most)
		return step_wrong(why, len, "read ADDRESS COUNT");
	wire_read(p, t, v[0], v[1]);
	return true;
}

static bool do_read(struct player *p, const struct step *s, char *why, size_t len)
{
	return read_table(p, s, TABLE_HOLDING, why, len);
}

static bool do_input(struct player *p, const struct step *s, char *why, size_t len)
{
	return read_table(p, s, TABLE_INPUT, why, len);
}

static bool do_coils(struct player *p, const struct step *s, char *why, size_t len)
{
	return read_table(p, s, TABLE_COIL, why, len);
}

static bool do_discrete(struct player *p, const struct step *s, char *why, size_t len)
{
	return read_table(p, s, TABLE_DISCRETE, why, len);
}

int step_hex(const char *text, uint8_t *out, int max)
{
	unsigned byte;
	int n = 0;

	while (*text != '\0') {
		if (*text == ' ') {
			text++;
			continue;
		}
		if (n == max || strspn(text, "0123456789abcdefABCDEF") < 2 ||
		    sscanf(text, "%2x", &byte) != 1)
			return -1;
		out[n++] = (uint8_t)byte;
		text += 2;
	}
	return n;
}

/* UU is the unit that is spoken to. */
static void put_unit(const char *rest, int unit, char *text, size_t len)
{
	snprintf(text, len, "%s", rest);
	for (char *u = strstr(text, "UU"); u != NULL; u = strstr(u, "UU")) {
		u[0] = "0123456789ABCDEF"[unit / 16];
		u[1] = "0123456789ABCDEF"[unit % 16];
	}
}

static bool do_raw(struct player *p, const struct step *s, char *why, size_t len)
{
	uint8_t bytes[2 * ADU_MAX];
	char text[LINE_MAX_LEN];

	put_unit(s->rest, p->unit, text, sizeof text);
	int n = p->port == 0 ? -1 : step_hex(text, bytes, sizeof bytes);

	if (n < 1)
		return step_wrong(why, len, "raw 0001 0000 0006 UU 03 0000 0001, over TCP");
	wire_raw(p, bytes, (size_t)n);
	return true;
}

static bool do_unit(struct player *p, const struct step *s, char *why, size_t len)
{
	uint16_t unit;

	if (step_numbers(s, 0, &unit, 1) != 1 || unit > 247)
		return step_wrong(why, len, "unit N, at most 247");
	p->unit = unit;
	return true;
}

/* "wait 500" is in milliseconds, as "wait 500 ms" is. */
static bool do_wait(struct player *p, const struct step *s, char *why, size_t len)
{
	const char *rest;
	int64_t ms;
	long plain;

	(void)p;
	rest = words_time(s->rest, &ms);
	if (s->n == 1 && step_number(s->word[0], 0, 600000, &plain))
		ms = plain;
	else if (rest == NULL || *rest != '\0')
		return step_wrong(why, len, "wait 500 ms");
	sleep_ms(ms);
	return true;
}

static bool do_console(struct player *p, const struct step *s, char *why, size_t len)
{
	uint16_t n;

	if (step_numbers(s, 0, &n, 1) != 1 || n < 1 || n > CONSOLES_MAX)
		return step_wrong(why, len, "console N, from 1 to 8");
	p->now = &p->console[n - 1];
	p->what = &p->now->last;
	return true;
}

/* What another step would ask for goes out, and its answer is left to an expect. */
static bool do_send(struct player *p, const struct step *s, char *why, size_t len)
{
	static const char *const writes[] = {"write", "regs", "coil", "arm", "stop"};
	bool ok = false;

	for (size_t i = 0; i < ARRAY_LEN(writes); i++)
		ok = ok || (s->n > 0 && strcmp(s->word[0], writes[i]) == 0);
	if (!ok || p->port == 0)
		return step_wrong(why, len,
		                  "send write ... | regs ... | coil ... | arm | stop, over TCP");
	p->sending = true;
	ok = play_line(p, s->rest, why, len);
	p->sending = false;
	return ok;
}

static bool do_repeat(struct player *p, const struct step *s, char *why, size_t len)
{
	const char *rest = s->rest + strcspn(s->rest, " ");
	long times;
	bool ok = true;

	if (s->n < 2 || !step_number(s->word[0], 1, 100000, &times))
		return step_wrong(why, len, "repeat N STEP");
	for (long i = 0; ok && i < times; i++)
		ok = play_line(p, rest + 1, why, len);
	return ok;
}

static bool do_close(struct player *p, const struct step *s, char *why, size_t len)
{
	(void)s, (void)why, (void)len;
	wire_close(p->now);
	return true;
}

/* --- by the profile
 * --------------------------------------------------------------------------------- */

static const struct reg *row_named(const struct player *p, const char *name, char *why, size_t len)
{
	for (uint16_t i = 0; p->has_profile && i < p->profile.n_regs; i++) {
		if (strcmp(p->profile.reg[i].name, name) == 0)
			return &p->profile.reg[i];
	}
	snprintf(why, len, p->has_profile ? "no register is named %s" : "%s needs --profile", name);
	return NULL;
}

static bool do_write(struct player *p, const struct step *s, char *why, size_t len)
{
	const struct reg *r = s->n < 2 ? NULL : row_named(p, s->word[0], why, len);
	const char *text = s->rest + strcspn(s->rest, " ");
	uint16_t word[REG_WORDS_MAX] = {0};
	int64_t value;

	if (s->n < 2)
		return step_wrong(why, len, "write NAME VALUE");
	if (r == NULL)
		return false;
	if (r->role != ROLE_PARAMETER ||
	    dose_parse(&p->choices, r->param, text + 1, &value) != QUANTITY_OK)
		return step_wrong(why, len, "write NAME VALUE, as write fluence 20 J/cm2");
	if (r->encoding == ENC_BITS) { /* its neighbours in the word stay as they are */
		wire_read(p, r->table, r->address, 1);
		word[0] = p->now->last.value[0];
	}
	if (!reg_encode(r, value, word)) {
		snprintf(why, len, "%s cannot hold %s", r->name, text + 1);
		return false;
	}
	wire_write(p, r->table, r->address, r->words, word);
	return true;
}

static void describe(struct player *p, const struct reg *r)
{
	const uint16_t *w = p->now->last.value;
	char *text = p->now->last.text;
	size_t len = sizeof p->now->last.text;
	int64_t value = w[0];

	if (r->encoding == ENC_TEXT) {
		for (size_t i = 0; i < r->words; i++) {
			text[2 * i] = (char)(w[i] >> (r->low_byte_first ? 0 : 8));
			text[2 * i + 1] = (char)(w[i] >> (r->low_byte_first ? 8 : 0));
		}
		text[2 * r->words] = '\0';
	} else if (r->encoding != ENC_BIT && reg_decode(r, w, &value) != DECODE_OK) {
		snprintf(text, len, "?");
	} else if (r->role == ROLE_PARAMETER) {
		dose_format(&p->choices, r->param, value, text, len);
	} else if (r->role == ROLE_STATE) {
		snprintf(text, len, "%s", device_state_name((enum device_state)value));
	} else {
		snprintf(text, len, "%lld", (long long)value);
	}
}

static bool get(struct player *p, const char *name, char *why, size_t len)
{
	const struct reg *r = row_named(p, name, why, len);

	if (r == NULL)
		return false;
	wire_read(p, r->table, r->address, r->words);
	if (p->now->last.how == OUT_OK)
		describe(p, r);
	return true;
}

static bool do_get(struct player *p, const struct step *s, char *why, size_t len)
{
	if (s->n != 1)
		return step_wrong(why, len, "get NAME");
	return get(p, s->word[0], why, len);
}

static bool do_until(struct player *p, const struct step *s, char *why, size_t len)
{
	const char *want = s->rest + strcspn(s->rest, " ");

	if (s->n < 2)
		return step_wrong(why, len, "until NAME VALUE");
	for (int64_t waited = 0; waited < UNTIL_MS; waited += ASK_MS) {
		if (!get(p, s->word[0], why, len))
			return false;
		if (strcmp(p->now->last.text, want + 1) == 0)
			return true;
		sleep_ms(ASK_MS);
	}
	snprintf(why, len, "%s was never %s; last it was %s", s->word[0], want + 1,
	         p->now->last.text);
	return false;
}

static bool do_arm(struct player *p, const struct step *s, char *why, size_t len)
{
	const struct reg *r = p->has_profile ? regmap_row(&p->profile, ROLE_ARM) : NULL;
	uint16_t word;

	(void)s;
	if (r == NULL)
		return step_wrong(why, len, "arm, with --profile of a device that is armed");
	word = (uint16_t)(r->low_byte_first ? r->on << 8 | r->on >> 8 : r->on);
	wire_write(p, r->table, r->address, 1, &word);
	return true;
}

static bool do_stop(struct player *p, const struct step *s, char *why, size_t len)
{
	struct request q;

	(void)s;
	if (!p->has_profile || !regmap_stop_request(&p->profile, &q))
		return step_wrong(why, len, "stop, with --profile of a device that is stopped");
	if (q.function == FC_WRITE_COIL)
		q.value[0] = request_bit(&q, 0);
	wire_write(p, q.function == FC_WRITE_COIL ? TABLE_COIL : TABLE_HOLDING, q.address, q.count,
	           q.value);
	return true;
}

/* --- all of them --------------------------------------------------------------------------- */

static const struct step_row steps[] = {
        {"write", "NAME VALUE", do_write, "by the profile: write fluence 20 J/cm2"},
        {"get", "NAME", do_get, "by the profile; then: expect is 20 J/cm2"},
        {"arm", "", do_arm, "by the profile"},
        {"stop", "", do_stop, "by the profile"},
        {"until", "NAME VALUE", do_until, "asks until it is so, at most 10 s: until state armed"},
        {"regs", "ADDRESS VALUE...", do_regs, "one value: function 06, more: function 10"},
        {"coil", "ADDRESS 0|1", do_coil, "function 05"},
        {"read", "ADDRESS COUNT", do_read, "holding registers"},
        {"input", "ADDRESS COUNT", do_input, "input registers"},
        {"coils", "ADDRESS COUNT", do_coils, "coils"},
        {"discrete", "ADDRESS COUNT", do_discrete, "discrete inputs"},
        {"raw", "HEX...", do_raw, "a frame as it stands, header included; UU is the unit"},
        {"send", "STEP", do_send,
         "write, regs, coil, arm or stop: it goes out, and its answer is left to an expect"},
        {"repeat", "N STEP", do_repeat, "so many times"},
        {"drain", "", do_drain, "reads all answers that are left; each must be one"},
        {"expect", "WHAT [or WHAT]...", do_expect,
         "of the step before: ok, any (an answer or an exception), exception NN (in base 16), "
         "values N..., is TEXT, bytes HEX..., closed, silent, refused [TEXT]"},
        {"console", "N", do_console, "from here on another console, 1 to 8"},
        {"unit", "N", do_unit, "from here on another unit"},
        {"wait", "TIME", do_wait, "nothing, for so long: wait 500 ms"},
        {"close", "", do_close, "ends the connection; the next step makes another"},
};

void steps_print(void)
{
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		help_row(steps[i].name, steps[i].arguments, steps[i].words);
	story_print();
}

step_fn *step_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		if (strcmp(steps[i].name, name) == 0)
			return steps[i].run;
	}
	return NULL;
}
