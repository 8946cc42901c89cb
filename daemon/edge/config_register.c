#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_read.h"

static const struct key register_keys[] = {
        {"name", KEY_TEXT, true},        {"note", KEY_TEXT, false},
        {"table", KEY_TEXT, true},       {"address", KEY_INT, true},
        {"encoding", KEY_TEXT, true},    {"words", KEY_INT, false},
        {"bits", KEY_TEXT, false},       {"word_order", KEY_TEXT, false},
        {"byte_order", KEY_TEXT, false}, {"role", KEY_TEXT, true},
        {"parameter", KEY_TEXT, false},  {"scale", KEY_TEXT, false},
        {"values", KEY_TEXTS, false},    {"hard", KEY_TEXT, false},
        {"access", KEY_TEXT, true},      {"on", KEY_INT, false},
        {"off", KEY_INT, false},         {"initial", KEY_TEXT, false},
        {"fed_every", KEY_TEXT, false},  {"standby_after", KEY_TEXT, false},
};

const struct words table_words = {TABLE_COUNT, {"coil", "discrete", "input", "holding"}};
static const struct words orders = {2, {"high_first", "low_first"}};
static const struct words accesses = {4, {"r", "rw", "w", "none"}};
static const struct words encodings = {ENCODING_COUNT,
                                       {
#define X(id, name, words) [id] = name,
                                               ENCODING_MAP(X)
#undef X
                                       }};
static const uint8_t words_of_encoding[] = {
#define X(id, name, words) [id] = words,
        ENCODING_MAP(X)
#undef X
};
static const struct words roles = {ROLE_COUNT,
                                   {
#define X(id, name, writable) [id] = name,
                                           ROLE_MAP(X)
#undef X
                                   }};
static const struct words states = {DEVICE_STATE_COUNT,
                                    {
#define X(id, name, words) [id] = name,
                                            DEVICE_STATE_MAP(X)
#undef X
                                    }};

int word_at(const struct source *s, const config_setting_t *group, const char *key,
            const struct words *known)
{
	const config_setting_t *at = key_at(group, key, KEY_TEXT);

	return at == NULL ? -1 : word_of(s, at, key, key_text(group, key), known);
}

void access_take(const struct source *s, const config_setting_t *group, bool *readable,
                 bool *writable)
{
	int access = word_at(s, group, "access", &accesses);

	*readable = access == 0 || access == 1;
	*writable = access == 1 || access == 2;
}

/* How a row's base values are measured; choices and states have names instead. */
bool measure_of(const struct reg *r, struct measure *out)
{
	static const struct measure plain = {DIM_COUNT, 0, ""};

	*out = r->role == ROLE_PARAMETER          ? param_info(r->param)->measure
	       : r->role == ROLE_DELIVERED_ENERGY ? param_info(ENERGY_UJ)->measure
	                                          : plain;
	return r->role != ROLE_STATE && out->dimension != DIM_CHOICE;
}

static int64_t common_divisor(int64_t a, int64_t b)
{
	while (b != 0) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* "1/10 J/cm2", "5 ms", "0.1 mm": raw times this is the value. The unit becomes base units, the
 * ratio is kept exact. */
static bool scale_of(const struct source *s, const config_setting_t *at, const char *text,
                     struct measure m, struct reg *r)
{
	const char *unit = strchr(text, ' ');
	const char *slash = strchr(text, '/');
	char ratio[32] = "", one[64];
	int64_t num = 1, den = 1, base = 0;

	if (slash == NULL || (unit != NULL && slash > unit)) {
		if (!quantity_of(s, at, text, m, &base))
			return false;
	} else {
		size_t n = unit == NULL ? strlen(text) : (size_t)(unit - text);

		snprintf(ratio, sizeof ratio, "%.*s", n < 31 ? (int)n : 31, text);
		snprintf(one, sizeof one, "1%s", unit == NULL ? "" : unit);
		if (quantity_parse_ratio(ratio, &num, &den) != QUANTITY_OK) {
			wrong(s, at,
			      "scale \"%s\": a ratio and a unit are wanted, as in \"1/10 J/cm2\"",
			      text);
			return false;
		}
		if (!quantity_of(s, at, one, m, &base))
			return false;
	}
	if (base <= 0 || __builtin_mul_overflow(num, base, &r->num)) {
		wrong(s, at, "scale \"%s\" is nothing, or too large", text);
		return false;
	}
	int64_t by = common_divisor(r->num, den);

	r->num /= by;
	r->den = den / by;
	return true;
}

static void scale_take(const struct source *s, const config_setting_t *group, struct reg *r)
{
	const config_setting_t *scale = key_at(group, "scale", KEY_TEXT);
	const config_setting_t *hard = key_at(group, "hard", KEY_TEXT);
	struct measure m;
	bool measured = measure_of(r, &m);
	bool counted = r->role == ROLE_PARAMETER || r->role == ROLE_DELIVERED_ENERGY;

	if (!measured || r->encoding == ENC_TEXT) {
		if (scale != NULL || hard != NULL)
			wrong(s, scale != NULL ? scale : hard,
			      "%s holds names or text; it has no scale and no hard range", r->name);
		return;
	}
	if (scale != NULL)
		(void)scale_of(s, scale, key_text(group, "scale"), m, r);
	else if (counted)
		wrong(s, group,
		      "scale is missing; it says what one step of %s is, as in \"1/10 %s\"",
		      r->name, m.shown_in);
	if (hard != NULL)
		(void)span_of(s, hard, key_text(group, "hard"), m, &r->hard);
}

static uint32_t raw_max(const struct reg *r)
{
	if (r->encoding == ENC_BIT)
		return 1;
	return r->encoding == ENC_BITS ? (UINT32_C(1) << r->bit_count) - 1 : UINT16_MAX;
}

/* "2 cryogen": the device's number and what it means. */
static bool choice_of(const struct source *s, const config_setting_t *at, const char *text,
                      struct symbols *choices, const struct reg *r, struct reg_choice *out)
{
	char *name = NULL;
	unsigned long raw = strtoul(text, &name, 10);

	if (name == text || text[0] < '0' || text[0] > '9' || *name != ' ' || name[1] == '\0') {
		wrong(s, at,
		      "\"%s\" is no value; a number and a name make one, as in \"2 cryogen\"",
		      text);
		return false;
	}
	if (raw > raw_max(r)) {
		wrong(s, at, "\"%s\": the register holds at most %u", text, raw_max(r));
		return false;
	}
	out->raw = (uint16_t)raw;
	out->value = r->role == ROLE_STATE ? word_of(s, at, "state", name + 1, &states)
	                                   : symbol_of(s, at, choices, SYMBOLS_MAX, name + 1);
	if (r->role == ROLE_STATE && out->value == DEVICE_UNKNOWN)
		wrong(s, at, "a device knows its own state; \"unknown\" is none");
	return out->value > 0;
}

static void choices_add(const struct source *s, const config_setting_t *at, struct reg_choice one,
                        struct reg *r)
{
	for (int i = 0; i < r->n_choices; i++)
		if (r->choice[i].raw == one.raw ||
		    (r->role == ROLE_PARAMETER && r->choice[i].value == one.value))
			wrong(s, at, "this number or name of %s is there twice", r->name);
	if (r->n_choices == REG_CHOICES_MAX)
		wrong(s, at, "%s has more than %d values", r->name, REG_CHOICES_MAX);
	else
		r->choice[r->n_choices++] = one;
}

static void values_take(const struct source *s, const config_setting_t *group,
                        struct symbols *choices, struct reg *r)
{
	const config_setting_t *list = key_at(group, "values", KEY_TEXTS);
	struct measure m;

	if (measure_of(r, &m)) {
		if (list != NULL)
			wrong(s, list, "%s is a number; values are for states and choices",
			      r->name);
		return;
	}
	for (int i = 0; i < elems(list); i++) {
		struct reg_choice one;

		if (choice_of(s, elem(list, i), elem_text(list, i), choices, r, &one))
			choices_add(s, elem(list, i), one, r);
	}
	if (elems(list) == 0)
		wrong(s, group, "values are missing; %s needs them, as in (\"0 none\", \"1 air\")",
		      r->name);
}

/* "0..1": the lowest and the highest bit, 0 is the least significant. */
static void bits_take(const struct source *s, const config_setting_t *group, struct reg *r)
{
	const config_setting_t *at = key_at(group, "bits", KEY_TEXT);
	struct span bits = {0, 0};
	static const struct measure plain = {DIM_COUNT, 0, ""};

	if ((r->encoding == ENC_BITS) != (at != NULL)) {
		wrong(s, at != NULL ? at : group,
		      "bits = \"FIRST..LAST\" goes with the encoding bits, and with no other");
		return;
	}
	if (at == NULL || !span_of(s, at, key_text(group, "bits"), plain, &bits))
		return;
	if (bits.lo < 0 || bits.hi > 15) {
		wrong(s, at, "bits \"%s\" are outside \"0..15\"", key_text(group, "bits"));
		return;
	}
	r->bit_first = (uint8_t)bits.lo;
	r->bit_count = (uint8_t)(bits.hi - bits.lo + 1);
}

static void order_take(const struct source *s, const config_setting_t *group, struct reg *r)
{
	const config_setting_t *of_words = key_at(group, "word_order", KEY_TEXT);
	const config_setting_t *of_bytes = key_at(group, "byte_order", KEY_TEXT);

	if (of_words != NULL && words_of_encoding[r->encoding] != 2)
		wrong(s, of_words, "word_order goes with the encodings of two words alone");
	if (of_bytes != NULL && (r->encoding == ENC_BIT || r->encoding == ENC_BITS))
		wrong(s, of_bytes, "byte_order does not go with bits");
	r->low_word_first = word_at(s, group, "word_order", &orders) == 1;
	r->low_byte_first = word_at(s, group, "byte_order", &orders) == 1;
}

static void shape_take(const struct source *s, const config_setting_t *group, struct reg *r)
{
	int table = word_at(s, group, "table", &table_words);
	int encoding = word_at(s, group, "encoding", &encodings);
	const config_setting_t *words_at = key_at(group, "words", KEY_INT);
	int address = 0, words = 0;

	r->table = table < 0 ? TABLE_HOLDING : (enum table)table;
	r->encoding = encoding < 0 ? ENC_U16 : (enum encoding)encoding;
	take_int(s, group, "address", 0, 65535, &address);
	take_int(s, group, "words", 1, REG_WORDS_MAX, &words);
	r->address = (uint16_t)address;
	r->words = words_of_encoding[r->encoding];
	if ((r->words == 0) != (words_at != NULL))
		wrong(s, words_at != NULL ? words_at : group,
		      "words goes with the encoding text, and with no other");
	if (r->words == 0)
		r->words = (uint8_t)(words == 0 ? 1 : words);
	order_take(s, group, r);
	bits_take(s, group, r);
	access_take(s, group, &r->readable, &r->writable);
}

static bool on_off_take(const struct source *s, const config_setting_t *group, const char *name,
                        const struct reg *r, uint16_t *out)
{
	const config_setting_t *at = key_at(group, name, KEY_INT);
	int value = 0;

	if (at == NULL)
		return false;
	if (r->role != ROLE_ARM && r->role != ROLE_STOP) {
		wrong(s, at, "%s belongs to the roles arm and stop alone", name);
		return false;
	}
	if (!take_int(s, group, name, 0, (int)raw_max(r), &value))
		return false;
	*out = (uint16_t)value;
	return true;
}

static void role_take(const struct source *s, const config_setting_t *group, struct reg *r)
{
	const config_setting_t *param = key_at(group, "parameter", KEY_TEXT);
	int role = word_at(s, group, "role", &roles);

	r->role = role < 0 ? ROLE_PLAIN : (enum role)role;
	r->param = PARAM_NONE;
	if ((r->role == ROLE_PARAMETER) != (param != NULL) && role >= 0)
		wrong(s, param != NULL ? param : group,
		      "parameter = \"...\" goes with the role parameter, and with no other");
	if (r->role == ROLE_PARAMETER && param != NULL)
		r->param = param_of(s, param, key_text(group, "parameter"));
	if (r->role == ROLE_PARAMETER && r->param == PARAM_NONE)
		r->role = ROLE_PLAIN; /* complained about; from here on it only fills its place */
	r->has_on = on_off_take(s, group, "on", r, &r->on);
	r->has_off = on_off_take(s, group, "off", r, &r->off);
	if ((r->role == ROLE_ARM || r->role == ROLE_STOP) && !r->has_on)
		wrong(s, group, "on is missing; it is the number that makes %s act", r->name);
	if (r->has_on && r->has_off && r->on == r->off)
		wrong(s, group, "on and off of %s are the same number", r->name);
}

/* --- values and words ------------------------------------------------------------------------ */

/* "20 J/cm2", "cryogen", "standby", "7": what people call a row's value. */
bool value_of(const struct source *s, const config_setting_t *at, const struct reg *r,
              const struct symbols *choices, const char *text, int64_t *out)
{
	struct words names = {0};
	struct measure m;

	if (measure_of(r, &m))
		return quantity_of(s, at, text, m, out);
	for (int i = 0; i < r->n_choices; i++)
		words_add(&names, r->role == ROLE_STATE
		                          ? states.word[r->choice[i].value]
		                          : symbols_name(choices, r->choice[i].value));
	int i = word_of(s, at, "value", text, &names);

	if (i < 0)
		return false;
	*out = r->choice[i].value;
	return true;
}

static uint16_t swapped(uint16_t w)
{
	return (uint16_t)(w << 8 | w >> 8);
}

/* The number the device keeps, its words put in order. */
static int64_t raw_of(const struct reg *r, const uint16_t *words)
{
	uint16_t w[2] = {words[0], r->words == 2 ? words[1] : 0};

	if (r->low_byte_first) {
		w[0] = swapped(w[0]);
		w[1] = swapped(w[1]);
	}
	if (r->encoding == ENC_BITS)
		return w[0] >> r->bit_first & ((1 << r->bit_count) - 1);
	if (r->words == 1)
		return r->encoding == ENC_S16 ? (int16_t)w[0] : w[0];
	uint32_t high = w[r->low_word_first ? 1 : 0];
	uint32_t raw = high << 16 | w[r->low_word_first ? 0 : 1];

	return r->encoding == ENC_S32 ? (int64_t)(int32_t)raw : (int64_t)raw;
}

static void initial_take(const struct source *s, const config_setting_t *group,
                         const struct symbols *choices, struct reg *r)
{
	const config_setting_t *at = key_at(group, "initial", KEY_TEXT);
	const char *text = key_text(group, "initial");
	uint16_t words[REG_WORDS_MAX] = {0};
	int64_t value = 0;

	if (at == NULL)
		return;
	if (r->encoding == ENC_TEXT && strlen(text) > 2u * r->words)
		wrong(s, at, "initial \"%s\" is longer than %d characters", text, 2 * r->words);
	if (r->encoding == ENC_TEXT) {
		take_text(s, group, "initial", r->initial_text, sizeof r->initial_text);
		return;
	}
	if (!value_of(s, at, r, choices, text, &value))
		return;
	if (reg_encode(r, value, words))
		r->initial = raw_of(r, words);
	else
		wrong(s, at, "%s cannot hold \"%s\" exactly", r->name, text);
}

void register_take(const struct source *s, const config_setting_t *group, struct symbols *choices,
                   struct reg *r)
{
	size_t before = s->complaints->count;

	*r = (struct reg){.num = 1, .den = 1, .hard = SPAN_ALL, .line = line_of(group)};
	KEYS_CHECK(s, group, register_keys);
	take_name(s, group, "name", r->name, sizeof r->name);
	take_text(s, group, "note", r->note, sizeof r->note);
	shape_take(s, group, r);
	role_take(s, group, r);
	heart_take(s, group, r);
	scale_take(s, group, r);
	values_take(s, group, choices, r);
	if (s->complaints->count == before)
		initial_take(s, group, choices, r);
}
