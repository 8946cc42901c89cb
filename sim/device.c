#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAN_READ = 1, CAN_WRITE = 2 };

/* After emission a stopped device cools for so long and refuses to be armed. */
#define COOL_DOWN_MS 500

/* --- rows and their words ------------------------------------------------------------------ */

const struct reg *device_row(const struct device *d, const char *name)
{
	for (uint16_t i = 0; i < d->profile.n_regs; i++) {
		if (strcmp(d->profile.reg[i].name, name) == 0)
			return &d->profile.reg[i];
	}
	return NULL;
}

void device_row_unknown(const struct device *d, const char *name, char *why, size_t why_len)
{
	struct words known = {0};

	for (uint16_t i = 0; i < d->profile.n_regs; i++)
		words_add(&known, d->profile.reg[i].name);
	words_explain("register", name, &known, why, why_len);
}

static uint16_t swapped(const struct reg *r, uint16_t w)
{
	return r->low_byte_first ? (uint16_t)((unsigned)w << 8 | w >> 8) : w;
}

static uint16_t bits_mask(const struct reg *r)
{
	return (uint16_t)(((1u << r->bit_count) - 1u) << r->bit_first);
}

/* The number in a row's words as the device counts it, before any scale. */
void device_raw_put(struct device *d, const struct reg *r, int64_t raw)
{
	uint16_t *w = &d->word[r->table][r->address];
	uint16_t high = (uint16_t)((uint64_t)raw >> 16), low = (uint16_t)raw;

	if (r->encoding == ENC_TEXT)
		return;
	if (r->encoding == ENC_BITS) {
		uint16_t word = swapped(r, w[0]) & (uint16_t)~bits_mask(r);

		w[0] = swapped(r, word | (uint16_t)((low << r->bit_first) & bits_mask(r)));
	} else if (r->words == 2) {
		w[r->low_word_first ? 1 : 0] = swapped(r, high);
		w[r->low_word_first ? 0 : 1] = swapped(r, low);
	} else {
		w[0] = r->encoding == ENC_BIT ? (low & 1u) : swapped(r, low);
	}
}

int64_t device_raw_get(const struct device *d, const struct reg *r)
{
	const uint16_t *w = &d->word[r->table][r->address];

	if (r->encoding == ENC_BITS)
		return (swapped(r, w[0]) & bits_mask(r)) >> r->bit_first;
	if (r->encoding == ENC_BIT)
		return w[0];
	if (r->words != 2)
		return r->encoding == ENC_S16 ? (int16_t)swapped(r, w[0]) : swapped(r, w[0]);
	uint32_t v = (uint32_t)swapped(r, w[r->low_word_first ? 1 : 0]) << 16 |
	             swapped(r, w[r->low_word_first ? 0 : 1]);
	return r->encoding == ENC_S32 ? (int32_t)v : (int64_t)v;
}

static void text_put_words(struct device *d, const struct reg *r, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < r->words; i++) {
		uint8_t first = 2 * i < n ? (uint8_t)text[2 * i] : 0;
		uint8_t second = 2 * i + 1 < n ? (uint8_t)text[2 * i + 1] : 0;

		d->word[r->table][r->address + i] = swapped(r, (uint16_t)(first << 8 | second));
	}
}

static void image_of(const struct device *d, struct image *image)
{
	*image = (struct image){0};
	for (uint16_t i = 0; i < d->profile.n_regs; i++) {
		const struct reg *r = &d->profile.reg[i];

		memcpy(&image->word[r->at], &d->word[r->table][r->address],
		       r->words * sizeof(uint16_t));
		image->known |= UINT64_C(1) << i;
	}
}

void device_settings(const struct device *d, struct settings *out)
{
	struct image image;
	int row;

	image_of(d, &image);
	(void)regmap_settings(&d->profile, &image, out, &row); /* what has no value is left out */
}

/* --- by name ------------------------------------------------------------------------------- */

static bool set_state(struct device *d, const char *text)
{
	for (enum device_state s = 0; s < DEVICE_STATE_COUNT; s++) {
		if (strcmp(device_state_name(s), text) == 0) {
			life_set(d, s);
			return true;
		}
	}
	return false;
}

static bool set_number(struct device *d, const struct reg *r, const char *text)
{
	char *end;
	long long raw = strtoll(text, &end, 0);

	if (end == text || *end != '\0')
		return false;
	if (r->role == ROLE_PULSE_COUNTER)
		d->counter = raw;
	device_raw_put(d, r, raw);
	return true;
}

static bool set_param(struct device *d, const struct reg *r, const char *text)
{
	int64_t value;

	return dose_parse(&d->choices, r->param, text, &value) == QUANTITY_OK &&
	       reg_encode(r, value, &d->word[r->table][r->address]);
}

/* What is set like a register, and is none. */
static int64_t *knob(struct device *d, const char *name, struct measure *m)
{
	static const struct measure ms = {DIM_TIME, -3, "ms"}, ratio = {DIM_RATIO, -6, "%"};
	const struct {
		const char *name;
		const struct measure *measure;
		int64_t *value;
	} knobs[] = {
	        {"boot", &ms, &d->profile.timing.boot_ms},
	        {"ready_delay", &ms, &d->profile.timing.ready_delay_ms},
	        {"cool_down", &ms, &d->cool_down_ms},
	        {"output", &ratio, &d->output.level_ppm},
	        {"drift", &ratio, &d->output.drift_ppm},
	        {"noise", &ratio, &d->output.noise_ppm},
	};

	for (size_t i = 0; i < ARRAY_LEN(knobs); i++) {
		if (strcmp(knobs[i].name, name) == 0) {
			*m = *knobs[i].measure;
			return knobs[i].value;
		}
	}
	return NULL;
}

static bool set_row(struct device *d, const struct reg *r, const char *text)
{
	if (r->role == ROLE_PARAMETER)
		return set_param(d, r, text);
	if (r->role == ROLE_STATE)
		return set_state(d, text);
	if (r->encoding != ENC_TEXT)
		return set_number(d, r, text);
	if (strlen(text) > 2u * r->words)
		return false;
	text_put_words(d, r, text);
	return true;
}

bool device_set(struct device *d, const char *name, const char *text, char *why, size_t why_len)
{
	struct measure m;
	int64_t *value = knob(d, name, &m);
	const struct reg *r = device_row(d, name);

	if (r == NULL && value == NULL) {
		device_row_unknown(d, name, why, why_len);
		return false;
	}
	if (r == NULL && quantity_parse(text, m, value) == QUANTITY_OK)
		return true;
	if (r != NULL && set_row(d, r, text)) {
		device_told(d, (struct happening){.what = EVENT_PANEL});
		return true;
	}
	snprintf(why, why_len, "%s cannot be \"%s\"", name, text);
	return false;
}

bool device_set_line(struct device *d, const char *line, char *why, size_t why_len)
{
	const char *equals = strchr(line, '=');
	char name[64];

	snprintf(why, why_len, "NAME=VALUE is wanted, as in fluence=12 J/cm2");
	if (equals == NULL || (size_t)(equals - line) >= sizeof name)
		return false;
	snprintf(name, sizeof name, "%.*s", (int)(equals - line), line);
	return device_set(d, name, equals + 1, why, why_len);
}

bool device_get(const struct device *d, const char *name, char *buf, size_t len)
{
	const struct reg *r = device_row(d, name);
	struct image image;
	int64_t value;

	if (r == NULL)
		return false;
	image_of(d, &image);
	if (r->encoding == ENC_TEXT)
		regmap_role_text(&d->profile, &image, r->role, buf, len);
	else if (r->role == ROLE_STATE)
		snprintf(buf, len, "%s", device_state_name(d->state));
	else if (r->role == ROLE_PARAMETER &&
	         reg_decode(r, &image.word[r->at], &value) == DECODE_OK)
		dose_format(&d->choices, r->param, value, buf, len);
	else
		snprintf(buf, len, "%lld", (long long)device_raw_get(d, r));
	return true;
}

void device_told(struct device *d, struct happening h)
{
	if (h.what == EVENT_PANEL)
		d->turned_ms = d->now_ms;
	if (d->sim != NULL)
		sim_told(d->sim, d, &h);
}

/* --- opening --------------------------------------------------------------------------------- */

static void allow(struct device *d, enum table t, uint16_t first, uint32_t count, bool read,
                  bool write)
{
	for (uint32_t i = 0; i < count && first + i < TABLE_WORDS; i++)
		d->access[t][first + i] |=
		        (uint8_t)((read ? CAN_READ : 0) | (write ? CAN_WRITE : 0));
}

/* The device itself also takes its heartbeat and, if it has such a register, fires when told to:
 * what a gate must never pass, the simulator must be able to notice. */
static void allow_all(struct device *d)
{
	for (uint16_t i = 0; i < d->profile.n_regs; i++) {
		const struct reg *r = &d->profile.reg[i];
		bool own = r->role == ROLE_HEARTBEAT || r->role == ROLE_FIRE;

		allow(d, r->table, r->address, r->words, r->readable, r->writable || own);
	}
	for (uint16_t i = 0; i < d->profile.n_open; i++) {
		const struct open_range *o = &d->profile.open[i];

		allow(d, o->table, o->first, (uint32_t)(o->last - o->first) + 1, o->readable,
		      o->writable);
	}
}

void device_defaults(struct device *d)
{
	for (uint16_t i = 0; i < d->profile.n_regs; i++) {
		const struct reg *r = &d->profile.reg[i];

		if (r->role == ROLE_PULSE_COUNTER)
			d->counter = r->initial;
		if (r->encoding != ENC_TEXT) {
			device_raw_put(d, r, r->initial);
			continue;
		}
		text_put_words(d, r, r->initial_text);
	}
}

void device_make(struct device *d)
{
	d->unit = FAULT_ANY;
	d->cool_down_ms = COOL_DOWN_MS;
	d->output.level_ppm = 1000000;
	d->turned_ms = -1;
	for (int t = 0; t < TABLE_COUNT; t++) {
		d->word[t] = calloc(TABLE_WORDS, sizeof(uint16_t));
		d->access[t] = calloc(TABLE_WORDS, 1);
		must(d->word[t] != NULL && d->access[t] != NULL);
	}
	record_open(&d->record);
	allow_all(d);
	device_defaults(d);
}

bool device_open(struct device *d, const char *profile_file)
{
	struct complaints c = {0};
	bool ok;

	ok = config_load_profile(profile_file, &d->choices, &d->profile, &c);
	for (size_t i = 0; i < c.count; i++)
		fprintf(stderr, "%s:%d: %s\n", c.list[i].file, c.list[i].line, c.list[i].text);
	complaints_free(&c);
	if (ok) {
		d->path = realpath(profile_file, NULL);
		device_make(d);
	}
	return ok;
}

void device_close(struct device *d)
{
	for (int t = 0; t < TABLE_COUNT; t++) {
		free(d->word[t]);
		free(d->access[t]);
	}
	free(d->path);
	record_close(&d->record);
}
