#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config_read.h"

static const struct key profile_keys[] = {
        {"name", KEY_TEXT, true},         {"model", KEY_TEXT, true},
        {"device_class", KEY_TEXT, true}, {"fluence", KEY_TEXT, true},
        {"functions", KEY_TEXTS, false},  {"timing", KEY_GROUP, true},
        {"registers", KEY_GROUPS, false}, {"open", KEY_GROUPS, false},
        {"examples", KEY_GROUPS, false},
};

static const struct key timing_keys[] = {
        {"deadline", KEY_TEXT, true},     {"poll", KEY_TEXT, true},
        {"ready_delay", KEY_TEXT, false}, {"boot", KEY_TEXT, false},
        {"window", KEY_INT, false},       {"connect_delay", KEY_TEXT, false},
        {"spacing", KEY_TEXT, false},     {"idle_close", KEY_TEXT, false},
};

static const struct key open_keys[] = {
        {"table", KEY_TEXT, true},  {"first", KEY_INT, true},  {"last", KEY_INT, true},
        {"access", KEY_TEXT, true}, {"note", KEY_TEXT, false},
};

static const struct key example_keys[] = {
        {"register", KEY_TEXT, true},
        {"words", KEY_TEXT, true},
        {"means", KEY_TEXT, true},
};

/* --- examples -------------------------------------------------------------------------------- */

/* "4148 0000": words in base 16 in the order of their registers. */
static bool words_of(const char *text, uint8_t n, uint16_t *out)
{
	static const char digit[] = "0123456789ABCDEF";

	if (strlen(text) != 5u * n - 1)
		return false;
	for (size_t i = 0; i < strlen(text); i++) {
		const char *d = strchr(digit, toupper((unsigned char)text[i]));

		if (i % 5 == 4 ? text[i] != ' ' : d == NULL)
			return false;
		if (i % 5 != 4)
			out[i / 5] = (uint16_t)(out[i / 5] << 4 | (d - digit));
	}
	return true;
}

static void words_show(const uint16_t *words, uint8_t n, char *out, size_t size)
{
	size_t len = 0;

	for (uint8_t i = 0; i < n && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%04X", i > 0 ? " " : "",
		                        words[i]);
}

/* A factor, a word order, a unit slip here or never. Both ways: what the device says is understood,
 * and what is understood is said so. */
static void example_judge(const struct source *s, const config_setting_t *at, const struct reg *r,
                          const uint16_t *words, int64_t means)
{
	uint16_t made[REG_WORDS_MAX];
	char shown[5 * REG_WORDS_MAX];
	int64_t value = 0;
	enum decode_status status = reg_decode(r, words, &value);

	if (status != DECODE_OK) {
		wrong(s, at, "the example of %s does not decode: %s", r->name,
		      decode_status_words(status));
		return;
	}
	if (value != means) {
		struct measure m;

		words_show(words, r->words, shown, sizeof shown);
		char is[64] = "another name";

		if (measure_of(r, &m))
			quantity_format(value, m, is, sizeof is);
		wrong(s, at,
		      "the example of %s does not agree: %s is %s by scale and order, not \"%s\"",
		      r->name, shown, is, key_text(at, "means"));
		return;
	}
	memcpy(made, words, sizeof made);
	for (int i = 0; i < r->bit_count; i++) /* so that the encoder has something to do */
		made[0] ^= (uint16_t)(1u << (r->bit_first + i));
	if (reg_encode(r, means, made) && memcmp(made, words, r->words * sizeof *made) == 0)
		return;
	words_show(made, r->words, shown, sizeof shown);
	wrong(s, at, "the example of %s does not come back: \"%s\" is written as %s", r->name,
	      key_text(at, "means"), shown);
}

static void example_take(const struct source *s, const config_setting_t *group,
                         const struct profile *p, const struct symbols *choices, uint64_t *shown)
{
	uint16_t words[REG_WORDS_MAX] = {0};
	struct words names = {0};
	int64_t means = 0;

	KEYS_CHECK(s, group, example_keys);
	for (int i = 0; i < p->n_regs; i++)
		words_add(&names, p->reg[i].name);
	int row = word_at(s, group, "register", &names);

	if (row < 0)
		return;
	const struct reg *r = &p->reg[row];

	*shown |= UINT64_C(1) << row;
	if (!words_of(key_text(group, "words"), r->words, words)) {
		wrong(s, group, "words of %s are %d of four digits in base 16, as in \"%s\"",
		      r->name, r->words, r->words == 2 ? "4148 0000" : "00C8");
		return;
	}
	if (value_of(s, group, r, choices, key_text(group, "means"), &means))
		example_judge(s, group, r, words, means);
}

static void examples_take(const struct source *s, const config_setting_t *group,
                          const struct profile *p, const struct symbols *choices)
{
	const config_setting_t *list = key_at(group, "examples", KEY_GROUPS);
	uint64_t shown = 0;

	for (int i = 0; i < elems(list); i++)
		example_take(s, elem(list, i), p, choices, &shown);
	for (int i = 0; i < p->n_regs; i++)
		if (p->reg[i].role == ROLE_PARAMETER && (shown >> i & 1) == 0)
			complain(s->complaints, s->file, p->reg[i].line,
			         "the parameter %s has no example; without one a wrong scale or "
			         "word "
			         "order goes unseen",
			         p->reg[i].name);
}

/* --- a profile ------------------------------------------------------------------------------- */

void timing_override(const struct source *s, const config_setting_t *group, struct device_timing *t)
{
	take_ms(s, group, "deadline", 10, 30000, &t->deadline_ms);
	take_ms(s, group, "poll", 10, 10000, &t->poll_ms);
	take_int(s, group, "window", 1, 16, &t->window);
	take_ms(s, group, "connect_delay", 1, 10000, &t->connect_delay_ms);
	take_ms(s, group, "spacing", 1, 500, &t->spacing_ms);
	take_ms(s, group, "idle_close", 1000, 3600000, &t->idle_close_ms);
}

static void timing_take(const struct source *s, const config_setting_t *group,
                        struct device_timing *t)
{
	*t = (struct device_timing){.window = 1};
	if (group == NULL)
		return;
	KEYS_CHECK(s, group, timing_keys);
	timing_override(s, group, t);
	take_ms(s, group, "ready_delay", 0, 60000, &t->ready_delay_ms);
	take_ms(s, group, "boot", 0, 300000, &t->boot_ms);
}

static void functions_take(const struct source *s, const config_setting_t *group, struct profile *p)
{
	static const struct words names = {3, {"mask_write", "read_write", "diagnostics"}};
	bool *const flag[] = {&p->mask_write, &p->read_write, &p->diagnostics};
	const config_setting_t *list = key_at(group, "functions", KEY_TEXTS);

	for (int i = 0; i < elems(list); i++) {
		int f = word_of(s, elem(list, i), "function", elem_text(list, i), &names);

		if (f >= 0)
			*flag[f] = true;
	}
}

static void registers_take(const struct source *s, const config_setting_t *group,
                           struct symbols *choices, struct profile *p)
{
	const config_setting_t *list = key_at(group, "registers", KEY_GROUPS);

	if (elems(list) > REGS_MAX)
		wrong(s, list, "%d registers; %d are the most", elems(list), REGS_MAX);
	for (int i = 0; i < elems(list) && i < REGS_MAX; i++) {
		struct reg *r = &p->reg[p->n_regs];

		register_take(s, elem(list, i), choices, r);
		for (int j = 0; j < p->n_regs; j++)
			if (r->name[0] != '\0' && strcmp(p->reg[j].name, r->name) == 0)
				wrong(s, elem(list, i),
				      "the register \"%s\" is there already, on line %d", r->name,
				      p->reg[j].line);
		p->n_regs++;
	}
}

static void open_take(const struct source *s, const config_setting_t *group, struct open_range *o)
{
	int table = word_at(s, group, "table", &table_words);
	int first = 0, last = 0;

	KEYS_CHECK(s, group, open_keys);
	take_int(s, group, "first", 0, 65535, &first);
	take_int(s, group, "last", 0, 65535, &last);
	*o = (struct open_range){.table = table < 0 ? TABLE_HOLDING : (enum table)table,
	                         .first = (uint16_t)first,
	                         .last = (uint16_t)last};
	access_take(s, group, &o->readable, &o->writable);
	if (first > last)
		wrong(s, group, "the range runs backwards: %d..%d", first, last);
}

static void opens_take(const struct source *s, const config_setting_t *group, struct profile *p)
{
	const config_setting_t *list = key_at(group, "open", KEY_GROUPS);

	if (elems(list) > OPEN_RANGES_MAX)
		wrong(s, list, "%d open ranges; %d are the most", elems(list), OPEN_RANGES_MAX);
	for (int i = 0; i < elems(list) && i < OPEN_RANGES_MAX; i++)
		open_take(s, elem(list, i), &p->open[p->n_open++]);
}

static void profile_take(const struct source *s, const config_setting_t *group,
                         struct symbols *choices, struct profile *p)
{
	static const struct words fluences = {4, {"reported", "derived", "both", "none"}};

	KEYS_CHECK(s, group, profile_keys);
	take_name(s, group, "name", p->name, sizeof p->name);
	take_text(s, group, "model", p->model, sizeof p->model);
	if (key_text(group, "device_class")[0] != '\0')
		take_name(s, group, "device_class", p->device_class, sizeof p->device_class);
	int fluence = word_at(s, group, "fluence", &fluences);

	p->fluence = fluence < 0 ? FLUENCE_NONE : (enum fluence_source)fluence;
	functions_take(s, group, p);
	timing_take(s, key_at(group, "timing", KEY_GROUP), &p->timing);
	registers_take(s, group, choices, p);
	opens_take(s, group, p);
}

static void heart_judge(const struct source *s, const struct profile *p)
{
	char why[300];

	if (!heart_fits(p, &p->timing, why, sizeof why))
		complain(s->complaints, s->file, regmap_row(p, ROLE_HEARTBEAT)->line,
		         "register %s: %s", regmap_row(p, ROLE_HEARTBEAT)->name, why);
}

static void profile_judge(const struct source *s, const config_setting_t *group, struct profile *p)
{
	int row = -1;
	enum regmap_fault fault = regmap_prepare(p, &row);

	if (fault == REGMAP_OK) {
		heart_judge(s, p);
		return;
	}
	if (row < 0)
		wrong(s, group, "%s", regmap_fault_words(fault));
	else
		complain(s->complaints, s->file, p->reg[row].line, "register %s: %s",
		         p->reg[row].name, regmap_fault_words(fault));
}

bool config_load_profile(const char *file, struct symbols *choices, struct profile *out,
                         struct complaints *c)
{
	size_t before = c->count;
	struct source s;

	*out = (struct profile){.fluence = FLUENCE_NONE};
	if (!source_open(&s, file, c))
		return false;
	const config_setting_t *group = source_root(&s, "profile", CONFIG_TYPE_GROUP);

	memcpy(out->file, s.file, sizeof out->file);
	if (group != NULL)
		profile_take(&s, group, choices, out);
	if (c->count == before) { /* a row half read would only be found wrong again */
		profile_judge(&s, group, out);
		examples_take(&s, group, out, choices);
	}
	source_close(&s);
	return c->count == before;
}
