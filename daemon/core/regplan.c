/* From rows as a file gives them to a profile one may work with: places, reads, the write that
 * stops. */
#include "core/regrow.h"

/* --- places and reads -------------------------------------------------------------------- */

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
	for (uint16_t i = 0; i < p->n_regs; i++)
		complete(&p->reg[i]);
	fault = reg_fault(p, row);
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

/* --- what the gate writes by itself
 * ------------------------------------------------------ */

static bool write_of(const struct reg *r, int64_t raw, struct request *out)
{
	struct request w = {
	        .function = FC_WRITE_REGISTER, .address = r->address, .count = r->words};

	if (!reg_put_raw(r, raw, w.value))
		return false;
	if (r->words > 1)
		w.function = FC_WRITE_REGISTERS;
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

	if (stop != NULL && stop->has_on && stop->writable && write_of(stop, stop->on, out))
		return true;
	return arm != NULL && arm->has_off && arm->writable && write_of(arm, arm->off, out);
}

bool regmap_beat_request(const struct profile *p, int64_t value, struct request *out)
{
	const struct reg *heart = regmap_row(p, ROLE_HEARTBEAT);

	return heart != NULL && span_holds(heart->hard, value) && write_of(heart, value, out);
}
