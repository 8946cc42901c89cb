#include "core/regmap.h"

#include <string.h>

#include "core/regrow.h"

bool role_writable(enum role role)
{
	static const bool writable[] = {
#define X(id, name, writable_) [id] = writable_,
	        ROLE_MAP(X)
#undef X
	};

	return writable[role];
}

/* --- functions --------------------------------------------------------------------------- */

enum deed { DEED_NONE, DEED_READ, DEED_WRITE, DEED_MASK, DEED_READ_WRITE, DEED_DIAGNOSE };

/* What a function does, to which table, and how much at once. What has no row does not exist. */
static const struct form {
	enum deed deed;
	enum table table;
	uint16_t max;
} FORMS[] = {
        [FC_READ_COILS] = {DEED_READ, TABLE_COIL, PDU_READ_BITS_MAX},
        [FC_READ_DISCRETE] = {DEED_READ, TABLE_DISCRETE, PDU_READ_BITS_MAX},
        [FC_READ_HOLDING] = {DEED_READ, TABLE_HOLDING, PDU_READ_REGS_MAX},
        [FC_READ_INPUT] = {DEED_READ, TABLE_INPUT, PDU_READ_REGS_MAX},
        [FC_WRITE_COIL] = {DEED_WRITE, TABLE_COIL, 1},
        [FC_WRITE_REGISTER] = {DEED_WRITE, TABLE_HOLDING, 1},
        [FC_READ_EXCEPTION_STATUS] = {DEED_DIAGNOSE, TABLE_HOLDING, 0},
        [FC_EVENT_COUNTER] = {DEED_DIAGNOSE, TABLE_HOLDING, 0},
        [FC_EVENT_LOG] = {DEED_DIAGNOSE, TABLE_HOLDING, 0},
        [FC_WRITE_COILS] = {DEED_WRITE, TABLE_COIL, PDU_WRITE_BITS_MAX},
        [FC_WRITE_REGISTERS] = {DEED_WRITE, TABLE_HOLDING, PDU_WRITE_REGS_MAX},
        [FC_REPORT_SERVER_ID] = {DEED_DIAGNOSE, TABLE_HOLDING, 0},
        [FC_MASK_WRITE] = {DEED_MASK, TABLE_HOLDING, 1},
        [FC_READ_WRITE] = {DEED_READ_WRITE, TABLE_HOLDING, PDU_RW_WRITE_REGS_MAX},
};

static const struct form *form_of(const struct profile *p, uint8_t function)
{
	static const struct form none = {DEED_NONE, TABLE_COIL, 0};
	const struct form *f = function < ARRAY_LEN(FORMS) ? &FORMS[function] : &none;
	const bool open[] = {
	        [DEED_NONE] = true,
	        [DEED_READ] = true,
	        [DEED_WRITE] = true,
	        [DEED_MASK] = p->mask_write,
	        [DEED_READ_WRITE] = p->read_write,
	        [DEED_DIAGNOSE] = p->diagnostics,
	};

	return open[f->deed] ? f : &none;
}

/* False for a range no request can name: none at all, too many, or past the end of the table. */
static bool range_named(enum table table, uint16_t address, uint16_t count, uint16_t max,
                        struct range *out)
{
	*out = (struct range){table, address, (uint32_t)address + count};
	return count >= 1 && count <= max && out->end <= UINT16_MAX + 1u;
}

/* --- what covers an address -------------------------------------------------------------- */

static uint64_t readable_rows(const struct profile *p)
{
	uint64_t rows = 0;

	for (uint16_t i = 0; i < p->n_regs; i++)
		if (p->reg[i].readable)
			rows |= UINT64_C(1) << i;
	return rows;
}

/* The end of what covers range.first: one of these rows, or an open range. range.first itself when
 * nothing does. */
static uint32_t covered_until(const struct profile *p, struct range range, uint64_t rows,
                              bool writing)
{
	struct range first = {range.table, range.first, range.first + 1};

	for (uint16_t i = 0; i < p->n_regs; i++)
		if (row_in(rows, i) && range_meets(first, reg_range(&p->reg[i])))
			return reg_range(&p->reg[i]).end;
	for (uint16_t i = 0; i < p->n_open; i++) {
		const struct open_range *o = &p->open[i];

		if ((writing ? o->writable : o->readable) &&
		    range_meets(first, (struct range){o->table, o->first, o->last + 1u}))
			return o->last + 1u;
	}
	return range.first;
}

static bool covered(const struct profile *p, struct range range, uint64_t rows, bool writing)
{
	while (range.first < range.end) {
		uint32_t until = covered_until(p, range, rows, writing);

		if (until == range.first)
			return false;
		range.first = until;
	}
	return true;
}

bool regmap_readable(const struct profile *p, struct range range)
{
	return covered(p, range, readable_rows(p), false);
}

/* --- what a write touches ---------------------------------------------------------------- */

/* The role is asked again here: a profile that was never prepared gets nowhere near fire. */
static bool may_write(const struct reg *r, bool by_gate)
{
	if (r->role == ROLE_HEARTBEAT)
		return by_gate;
	return r->writable && role_writable(r->role);
}

/* Rows the write meets: all writable, none torn, a command alone, no address beside them but open
 * ones. */
static bool rows_written(const struct profile *p, struct range range, bool by_gate, uint64_t *rows)
{
	bool command = false;

	*rows = 0;
	for (uint16_t i = 0; i < p->n_regs; i++) {
		const struct reg *r = &p->reg[i];

		if (!range_meets(reg_range(r), range))
			continue;
		if (!may_write(r, by_gate) || !range_inside(reg_range(r), range))
			return false;
		command = command || reg_commands(r);
		*rows |= UINT64_C(1) << i;
	}
	if (command && ((*rows & (*rows - 1)) != 0 || range.end - range.first != 1))
		return false;
	return covered(p, range, *rows, true);
}

static const struct reg *lowest_row(const struct profile *p, uint64_t rows)
{
	return &p->reg[__builtin_ctzll(rows)];
}

static enum mb_exception command_intent(const struct reg *reg, const struct request *r,
                                        enum intent *out)
{
	uint16_t word = reg->table == TABLE_COIL ? request_bit(r, 0) : r->value[0];
	int64_t raw = reg_raw(reg, &word);

	if (reg->has_on && raw == reg->on) {
		*out = reg->role == ROLE_ARM ? INTENT_ARM : INTENT_STOP;
		return MB_OK;
	}
	if (reg->role == ROLE_ARM && reg->has_off && raw == reg->off) {
		*out = INTENT_STOP;
		return MB_OK;
	}
	return MB_VALUE;
}

/* Bits this request would set in the word of a row. Of a mask: those it sets by itself. */
static uint16_t bits_set(const struct request *r, const struct reg *reg)
{
	if (r->function == FC_MASK_WRITE)
		return (uint16_t)(r->or_mask & ~r->and_mask);
	return reg->table == TABLE_COIL ? 0 : r->value[reg->address - r->address];
}

/* No bit is set beside the bits that have rows: what has no row does not exist. */
static bool bits_have_rows(const struct profile *p, uint64_t rows, const struct request *r)
{
	for (uint16_t i = 0; i < p->n_regs; i++) {
		uint16_t listed = 0;

		if (!row_in(rows, i))
			continue;
		for (uint16_t j = 0; j < p->n_regs; j++)
			if (row_in(rows, j) && p->reg[j].address == p->reg[i].address)
				listed |= reg_mask(&p->reg[j]);
		if ((bits_set(r, &p->reg[i]) & ~listed) != 0)
			return false;
	}
	return true;
}

static bool any_parameter(const struct profile *p, uint64_t rows)
{
	for (uint16_t i = 0; i < p->n_regs; i++)
		if (row_in(rows, i) && p->reg[i].role == ROLE_PARAMETER)
			return true;
	return false;
}

static enum mb_exception write_intent(const struct profile *p, const struct request *r,
                                      uint64_t rows, struct touch *out)
{
	enum intent intent = any_parameter(p, rows) ? INTENT_SET : INTENT_PLAIN;
	enum mb_exception e = MB_OK;

	if (!bits_have_rows(p, rows, r))
		return MB_VALUE;
	if (rows != 0 && reg_commands(lowest_row(p, rows)))
		e = command_intent(lowest_row(p, rows), r, &intent);
	if (e == MB_OK)
		*out = (struct touch){.intent = intent, .rows = rows};
	return e;
}

/* --- intent ------------------------------------------------------------------------------ */

/* What the function reads besides writing: 16 the word it changes, 17 its second range. */
static bool reads_well(const struct profile *p, const struct form *f, const struct request *r)
{
	struct range range;

	if (f->deed == DEED_READ_WRITE)
		return range_named(f->table, r->read_address, r->read_count, PDU_READ_REGS_MAX,
		                   &range) &&
		       regmap_readable(p, range);
	if (f->deed == DEED_WRITE)
		return true;
	return range_named(f->table, r->address, r->count, f->max, &range) &&
	       regmap_readable(p, range);
}

enum mb_exception regmap_intent(const struct profile *p, const struct request *r, struct touch *out)
{
	const struct form *f = form_of(p, r->function);
	struct range range;
	uint64_t rows;

	if (f->deed == DEED_NONE)
		return MB_FUNCTION;
	if (f->deed != DEED_DIAGNOSE && !reads_well(p, f, r))
		return MB_ADDRESS;
	if (f->deed == DEED_DIAGNOSE || f->deed == DEED_READ) {
		*out = (struct touch){.intent = INTENT_READ, .rows = 0};
		return MB_OK;
	}
	if (!range_named(f->table, r->address, r->count, f->max, &range) ||
	    !rows_written(p, range, false, &rows))
		return MB_ADDRESS;
	/* a command is its whole value; what a mask would make of it is not known yet */
	if (f->deed == DEED_MASK && rows != 0 && reg_commands(lowest_row(p, rows)))
		return MB_ADDRESS;
	return write_intent(p, r, rows, out);
}

bool regmap_resolve(const struct request *r, uint16_t current, struct request *out)
{
	struct request write = {.address = r->address, .count = r->count};

	if (r->function == FC_MASK_WRITE) {
		write.function = FC_WRITE_REGISTER;
		write.value[0] = (uint16_t)((current & r->and_mask) | (r->or_mask & ~r->and_mask));
	} else if (r->function == FC_READ_WRITE) {
		write.function = FC_WRITE_REGISTERS;
		memcpy(write.value, r->value, sizeof(write.value));
	} else {
		return false;
	}
	*out = write;
	return true;
}

/* 16 and 17 never go out as they are: regmap_resolve has made a plain write of them. */
bool regmap_may_send(const struct profile *p, const struct request *r, bool by_gate)
{
	const struct form *f = form_of(p, r->function);
	struct range range;
	uint64_t rows;

	if (f->deed == DEED_DIAGNOSE)
		return true;
	if (!range_named(f->table, r->address, r->count, f->max, &range))
		return false;
	if (f->deed == DEED_READ)
		return regmap_readable(p, range);
	return f->deed == DEED_WRITE && rows_written(p, range, by_gate, &rows);
}
