/* From rows as a file gives them to a profile one may work with: checks, places, reads. */
#include "core/regmap.h"

#include <string.h>

#include "core/regrow.h"

#define ADDRESSES 0x10000u

const char *regmap_fault_words(enum regmap_fault f)
{
	static const char *const words[] = {
#define X(id, words_) [id] = words_,
	        REGMAP_FAULT_MAP(X)
#undef X
	};

	return words[f];
}

static bool table_of_bits(enum table t)
{
	return t == TABLE_COIL || t == TABLE_DISCRETE;
}

static bool table_writable(enum table t)
{
	return t == TABLE_COIL || t == TABLE_HOLDING;
}

/* --- one row
 * -------------------------------------------------------------------------------------- */

static bool counts_hold(const struct profile *p, const struct reg *r)
{
	(void)p;
	return r->n_choices <= REG_CHOICES_MAX;
}

static bool width_holds(const struct profile *p, const struct reg *r)
{
	uint8_t fixed = encoding_words(r->encoding);

	(void)p;
	if (r->words < 1 || r->words > REG_WORDS_MAX || (fixed != 0 && r->words != fixed))
		return false;
	if (reg_commands(r) && fixed != 1)
		return false;
	if (r->encoding == ENC_BITS && (r->bit_count < 1 || r->bit_first + r->bit_count > 16))
		return false;
	return reg_range(r).end <= ADDRESSES;
}

static bool table_holds(const struct profile *p, const struct reg *r)
{
	(void)p;
	return table_of_bits(r->table) == (r->encoding == ENC_BIT);
}

static bool write_holds(const struct profile *p, const struct reg *r)
{
	(void)p;
	return !r->writable || table_writable(r->table);
}

static bool role_holds(const struct profile *p, const struct reg *r)
{
	(void)p;
	return !r->writable || role_writable(r->role);
}

static bool scale_holds(const struct profile *p, const struct reg *r)
{
	(void)p;
	return r->encoding == ENC_TEXT || reg_chooses(r) || (r->num > 0 && r->den > 0);
}

/* Of these a device may have several: nobody looks them up by role. */
static bool role_repeats(enum role role)
{
	return role == ROLE_PLAIN || role == ROLE_STATUS || role == ROLE_FIRE;
}

static bool once(const struct profile *p, const struct reg *r)
{
	for (const struct reg *o = p->reg; o < r; o++) {
		if (o->role != r->role || role_repeats(r->role))
			continue;
		if (r->role != ROLE_PARAMETER || o->param == r->param)
			return false;
	}
	return true;
}

/* Packed bits share a word; a command does not, for the write that stops is of the whole word. */
static bool may_share(const struct reg *a, const struct reg *b)
{
	if (reg_commands(a) || reg_commands(b))
		return false;
	return (reg_mask(a) & reg_mask(b)) == 0;
}

static bool apart(const struct profile *p, const struct reg *r)
{
	for (const struct reg *o = p->reg; o < r; o++)
		if (range_meets(reg_range(o), reg_range(r)) && !may_share(o, r))
			return false;
	return true;
}

static bool guarded(const struct profile *p, const struct reg *r)
{
	for (uint16_t i = 0; i < p->n_open; i++) {
		const struct open_range *o = &p->open[i];

		if (o->writable &&
		    range_meets(reg_range(r), (struct range){o->table, o->first, o->last + 1u}))
			return false;
	}
	return true;
}

/* In this order: a later check may rely on the earlier ones. */
static const struct {
	enum regmap_fault fault;
	bool (*holds)(const struct profile *p, const struct reg *r);
} ROW_CHECKS[] = {
        {REGMAP_TOO_MANY, counts_hold},
        {REGMAP_WIDTH, width_holds},
        {REGMAP_BIT_TABLE, table_holds},
        {REGMAP_READ_ONLY, write_holds},
        {REGMAP_ROLE_WRITE, role_holds},
        {REGMAP_SCALE, scale_holds},
        {REGMAP_TWICE, once},
        {REGMAP_OVERLAP, apart},
        {REGMAP_OVERLAP_OPEN, guarded},
};

static enum regmap_fault check_row(const struct profile *p, const struct reg *r)
{
	for (size_t i = 0; i < ARRAY_LEN(ROW_CHECKS); i++)
		if (!ROW_CHECKS[i].holds(p, r))
			return ROW_CHECKS[i].fault;
	return REGMAP_OK;
}

/* --- the whole ----------------------------------------------------------------------------------
 */

static enum regmap_fault check_open(const struct profile *p)
{
	for (uint16_t i = 0; i < p->n_open; i++) {
		if (p->open[i].last < p->open[i].first)
			return REGMAP_WIDTH;
		if (p->open[i].writable && !table_writable(p->open[i].table))
			return REGMAP_READ_ONLY;
	}
	return REGMAP_OK;
}

static bool arm_is_not_stop(const struct profile *p)
{
	const struct reg *arm = regmap_row(p, ROLE_ARM);

	return arm == NULL || !arm->has_on || !arm->has_off || arm->on != arm->off;
}

static bool stops(const struct profile *p)
{
	struct request stop;

	return arm_is_not_stop(p) && regmap_stop_request(p, &stop);
}

static bool tells_state(const struct profile *p)
{
	static const enum device_state needed[] = {DEVICE_STANDBY, DEVICE_ARMED, DEVICE_EMITTING};
	const struct reg *state = regmap_row(p, ROLE_STATE);
	size_t found = 0;

	if (state == NULL || !state->readable)
		return false;
	for (size_t n = 0; n < ARRAY_LEN(needed); n++)
		for (uint8_t i = 0; i < state->n_choices; i++)
			if (state->choice[i].value == (int64_t)needed[n]) {
				found++;
				break;
			}
	return found == ARRAY_LEN(needed);
}

static bool tells(const struct profile *p, enum param param)
{
	const struct reg *r = regmap_param_row(p, param);

	return r != NULL && r->readable;
}

static bool tells_fluence(const struct profile *p)
{
	bool reported = tells(p, FLUENCE_UJ_CM2);
	bool derived = tells(p, ENERGY_UJ) && (tells(p, SPOT_UM) || tells(p, TIP_AREA_UM2));

	switch (p->fluence) {
	case FLUENCE_REPORTED:
		return reported;
	case FLUENCE_DERIVED:
		return derived;
	case FLUENCE_BOTH:
		return reported && derived;
	case FLUENCE_NONE:
		break;
	}
	return true;
}

static enum regmap_fault check_whole(const struct profile *p)
{
	if (p->device_class[0] == '\0') /* nothing of it has dose meaning */
		return REGMAP_OK;
	if (!stops(p))
		return REGMAP_NO_STOP;
	if (!tells_state(p))
		return REGMAP_NO_STATE;
	return tells_fluence(p) ? REGMAP_OK : REGMAP_NO_FLUENCE;
}

/* --- places and reads
 * ------------------------------------------------------------------------------ */

/* What a row need not say: the words of its encoding; that a number is itself. A parameter's scale
 * is never guessed. */
static void complete(struct reg *r)
{
	if (r->words == 0)
		r->words = encoding_words(r->encoding);
	if (r->role != ROLE_PARAMETER && r->num == 0 && r->den == 0)
		r->num = r->den = 1;
}

/* False when the image has no room. */
static bool place(struct profile *p)
{
	uint16_t at = 0;

	for (uint16_t i = 0; i < p->n_regs; i++) {
		p->reg[i].at = at;
		at = (uint16_t)(at + p->reg[i].words);
	}
	return at <= IMAGE_WORDS;
}

/* The row of lowest address, of those. */
static uint16_t lowest_address(const struct profile *p, uint64_t rows)
{
	uint16_t lowest = (uint16_t)__builtin_ctzll(rows);

	for (uint16_t i = lowest; i < p->n_regs; i++)
		if (row_in(rows, i) && p->reg[i].address < p->reg[lowest].address)
			lowest = i;
	return lowest;
}

static bool extend(const struct profile *p, struct profile_read *read, const struct reg *r)
{
	uint32_t max = table_of_bits(read->table) ? PDU_READ_BITS_MAX : PDU_READ_REGS_MAX;
	uint32_t length = reg_range(r).end - read->address;
	struct range between = {read->table, (uint32_t)read->address + read->count, r->address};

	if (length > max || !regmap_readable(p, between))
		return false;
	read->count = (uint16_t)length;
	return true;
}

/* Rows of one table in order of address; false when they need more reads than there are. */
static bool plan_table(struct profile *p, enum table table)
{
	struct profile_read *read = NULL;
	uint64_t rows = 0;

	for (uint16_t i = 0; i < p->n_regs; i++)
		if (p->reg[i].table == table && p->reg[i].readable)
			rows |= UINT64_C(1) << i;
	while (rows != 0) {
		uint16_t i = lowest_address(p, rows);

		rows &= ~(UINT64_C(1) << i);
		if (read != NULL && extend(p, read, &p->reg[i]))
			continue;
		if (p->n_reads == READS_MAX)
			return false;
		read = &p->read[p->n_reads++];
		*read = (struct profile_read){table, p->reg[i].address, p->reg[i].words};
	}
	return true;
}

static bool plan(struct profile *p)
{
	p->n_reads = 0;
	for (enum table t = 0; t < TABLE_COUNT; t++)
		if (!plan_table(p, t))
			return false;
	return true;
}

enum regmap_fault regmap_prepare(struct profile *p, int *row)
{
	enum regmap_fault fault;

	*row = -1;
	if (p->n_regs > REGS_MAX || p->n_open > OPEN_RANGES_MAX)
		return REGMAP_TOO_MANY;
	fault = check_open(p);
	if (fault != REGMAP_OK)
		return fault;
	for (uint16_t i = 0; i < p->n_regs; i++) {
		complete(&p->reg[i]);
		fault = check_row(p, &p->reg[i]);
		if (fault != REGMAP_OK) {
			*row = i;
			return fault;
		}
	}
	fault = check_whole(p);
	if (fault != REGMAP_OK)
		return fault;
	return place(p) && plan(p) ? REGMAP_OK : REGMAP_TOO_MANY;
}

void regmap_read_request(const struct profile *p, int i, struct request *out)
{
	static const uint8_t function[] = {
	        [TABLE_COIL] = FC_READ_COILS,
	        [TABLE_DISCRETE] = FC_READ_DISCRETE,
	        [TABLE_INPUT] = FC_READ_INPUT,
	        [TABLE_HOLDING] = FC_READ_HOLDING,
	};
	const struct profile_read *read = &p->read[i];

	*out = (struct request){
	        .function = function[read->table], .address = read->address, .count = read->count};
}

/* --- stop
 * ----------------------------------------------------------------------------------------- */

static bool write_of(const struct reg *r, uint16_t value, struct request *out)
{
	struct request w = {.function = FC_WRITE_REGISTER, .address = r->address, .count = 1};

	if (!r->writable || !reg_put_raw(r, value, &w.value[0]))
		return false;
	if (r->table == TABLE_COIL) {
		w.function = FC_WRITE_COIL;
		w.bits[0] = (uint8_t)w.value[0];
		w.value[0] = 0;
	}
	*out = w;
	return true;
}

bool regmap_stop_request(const struct profile *p, struct request *out)
{
	const struct reg *stop = regmap_row(p, ROLE_STOP);
	const struct reg *arm = regmap_row(p, ROLE_ARM);

	if (stop != NULL && stop->has_on && write_of(stop, stop->on, out))
		return true;
	return arm != NULL && arm->has_off && write_of(arm, arm->off, out);
}
