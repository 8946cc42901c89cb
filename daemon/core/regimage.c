/* The image: what a device last reported, and what it would report after a write. */
#include "core/regmap.h"

#include <string.h>

#include "core/regrow.h"
#include "core/text.h"

static const struct {
	const char *name, *words;
} STATE[DEVICE_STATE_COUNT] = {
#define X(id, name_, words_) [id] = {name_, words_},
        DEVICE_STATE_MAP(X)
#undef X
};

const char *device_state_words(enum device_state s)
{
	return STATE[s].words;
}

const char *device_state_name(enum device_state s)
{
	return STATE[s].name;
}

/* --- laying words over it ---------------------------------------------------------------- */

/* Words or bits of one range, from wherever they came. */
struct words {
	struct range range;
	const uint16_t *value;
	const uint8_t *bits;
};

static uint16_t word_at(const struct words *w, uint32_t address)
{
	uint32_t i = address - w->range.first;

	if (table_of_bits(w->range.table))
		return (uint16_t)(w->bits[i / 8] >> (i % 8) & 1);
	return w->value[i];
}

static void lay(const struct profile *p, uint16_t row, const struct words *w, struct image *image)
{
	const struct reg *r = &p->reg[row];

	for (uint8_t i = 0; i < r->words; i++)
		image->word[r->at + i] = word_at(w, (uint32_t)r->address + i);
	image->known |= UINT64_C(1) << row;
}

void regmap_take(const struct profile *p, enum table table, uint16_t address, uint16_t count,
                 const struct reply *reply, struct image *image)
{
	const struct words w = {
	        {table, address, (uint32_t)address + count}, reply->value, reply->bits};

	for (uint16_t i = 0; i < p->n_regs; i++)
		if (range_inside(reg_range(&p->reg[i]), w.range))
			lay(p, i, &w, image);
}

/* False for what is no explicit write. */
static bool words_written(const struct request *r, struct words *out)
{
	bool bits = r->function == FC_WRITE_COIL || r->function == FC_WRITE_COILS;
	bool registers = r->function == FC_WRITE_REGISTER || r->function == FC_WRITE_REGISTERS;

	*out = (struct words){
	        {bits ? TABLE_COIL : TABLE_HOLDING, r->address, (uint32_t)r->address + r->count},
	        r->value,
	        r->bits};
	return bits || registers;
}

void regmap_apply(const struct profile *p, const struct request *r, const struct image *before,
                  struct image *after)
{
	struct words w;

	*after = *before;
	if (!words_written(r, &w))
		return;
	for (uint16_t i = 0; i < p->n_regs; i++) {
		struct range row = reg_range(&p->reg[i]);

		if (range_inside(row, w.range))
			lay(p, i, &w, after);
		else if (range_meets(row, w.range))
			after->known &= ~(UINT64_C(1) << i); /* half old, half new: neither */
	}
}

/* --- asking it --------------------------------------------------------------------------- */

static enum decode_status row_value(const struct profile *p, const struct image *image,
                                    uint16_t row, int64_t *out)
{
	if (!row_in(image->known, row))
		return DECODE_NOT_KNOWN;
	return reg_decode(&p->reg[row], &image->word[p->reg[row].at], out);
}

enum decode_status regmap_settings(const struct profile *p, const struct image *image,
                                   struct settings *out, int *row)
{
	enum decode_status first = DECODE_OK;

	memset(out, 0, sizeof(*out));
	for (uint16_t i = 0; i < p->n_regs; i++) {
		enum decode_status status;
		int64_t value;

		if (p->reg[i].role != ROLE_PARAMETER)
			continue;
		status = row_value(p, image, i, &value);
		if (status == DECODE_OK) {
			settings_set(out, p->reg[i].param, value);
		} else if (first == DECODE_OK) {
			first = status;
			*row = i;
		}
	}
	return first;
}

const struct reg *regmap_row(const struct profile *p, enum role role)
{
	for (uint16_t i = 0; i < p->n_regs; i++)
		if (p->reg[i].role == role)
			return &p->reg[i];
	return NULL;
}

const struct reg *regmap_param_row(const struct profile *p, enum param param)
{
	for (uint16_t i = 0; i < p->n_regs; i++)
		if (p->reg[i].role == ROLE_PARAMETER && p->reg[i].param == param)
			return &p->reg[i];
	return NULL;
}

enum decode_status regmap_role(const struct profile *p, const struct image *image, enum role role,
                               int64_t *out)
{
	const struct reg *r = regmap_row(p, role);

	return r == NULL ? DECODE_NOT_KNOWN : row_value(p, image, (uint16_t)(r - p->reg), out);
}

enum device_state regmap_state(const struct profile *p, const struct image *image)
{
	int64_t state;

	if (regmap_role(p, image, ROLE_STATE, &state) != DECODE_OK)
		return DEVICE_UNKNOWN;
	return (enum device_state)state;
}

/* --- text -------------------------------------------------------------------------------- */

/* 0 ends the text; what is no plain ASCII is shown as '?', for it goes into the ledger. */
static char shown(uint8_t c)
{
	return c == 0 || (c >= ' ' && c <= '~') ? (char)c : '?';
}

static void put_text(struct text *t, const struct reg *r, const uint16_t *words)
{
	char chars[2 * REG_WORDS_MAX + 1] = "";
	size_t n;

	for (uint8_t i = 0; i < r->words; i++) {
		chars[2 * i + r->low_byte_first] = shown((uint8_t)(words[i] >> 8));
		chars[2 * i + !r->low_byte_first] = shown((uint8_t)words[i]);
	}
	n = strlen(chars);
	while (n > 0 && chars[n - 1] == ' ')
		n--;
	text_put_n(t, chars, n);
}

void regmap_role_text(const struct profile *p, const struct image *image, enum role role, char *buf,
                      size_t len)
{
	const struct reg *r = regmap_row(p, role);
	struct text t = text_in(buf, len);

	if (r == NULL || !row_in(image->known, (uint16_t)(r - p->reg)))
		text_put(&t, "");
	else if (r->encoding == ENC_TEXT)
		put_text(&t, r, &image->word[r->at]);
	else
		text_put_int(&t, reg_raw(r, &image->word[r->at]));
}
