#include "sim.h"

#include <string.h>

/* A write as words at addresses, whatever function brought it. */
struct laid {
	enum table table;
	uint16_t address, count;
	uint16_t value[PDU_WRITE_BITS_MAX];
};

static bool may(const struct device *d, enum table t, uint16_t first, uint16_t count, bool write)
{
	for (uint32_t i = 0; i < count; i++) {
		if (first + i >= TABLE_WORDS || (d->access[t][first + i] & (write ? 2 : 1)) == 0)
			return false;
	}
	return true;
}

static bool touches(const struct laid *w, const struct reg *r)
{
	return r->table == w->table && r->address < w->address + w->count &&
	       w->address < r->address + r->words;
}

/* --- reads ---------------------------------------------------------------------------------- */

static enum mb_exception read_into(const struct device *d, enum table t, uint16_t address,
                                   uint16_t count, struct reply *out)
{
	bool bits = t == TABLE_COIL || t == TABLE_DISCRETE;

	if (!may(d, t, address, count, false))
		return MB_ADDRESS;
	out->count = count;
	for (uint16_t i = 0; i < count; i++) {
		uint16_t w = d->word[t][address + i];

		if (!bits)
			out->value[i] = w;
		else if (w != 0)
			out->bits[i / 8] |= (uint8_t)(1u << (i % 8));
	}
	return MB_OK;
}

/* 07: one byte of status; 0B: status and count; 0C: byte count, status, counts; 11: byte count, id,
 * running. */
static enum mb_exception diagnostics(const struct device *d, uint8_t function, struct reply *out)
{
	static const struct {
		uint8_t function, n, bytes[8];
	} fixed[] = {
	        {FC_READ_EXCEPTION_STATUS, 1, {0}},
	        {FC_EVENT_COUNTER, 4, {0}},
	        {FC_EVENT_LOG, 7, {6}},
	        {FC_REPORT_SERVER_ID, 3, {2, 0x44, 0xff}},
	};

	for (size_t i = 0; i < ARRAY_LEN(fixed) && d->profile.diagnostics; i++) {
		if (fixed[i].function != function)
			continue;
		memcpy(out->opaque, fixed[i].bytes, fixed[i].n);
		out->opaque_len = fixed[i].n;
		return MB_OK;
	}
	return MB_FUNCTION;
}

/* --- writes --------------------------------------------------------------------------------- */

static void words_of(const struct device *d, const struct request *q, struct laid *w)
{
	bool bits = q->function == FC_WRITE_COIL || q->function == FC_WRITE_COILS;

	w->table = bits ? TABLE_COIL : TABLE_HOLDING;
	w->address = q->address;
	w->count = q->count;
	for (uint16_t i = 0; i < q->count; i++)
		w->value[i] = bits ? request_bit(q, i) : q->value[i];
	if (q->function == FC_MASK_WRITE)
		w->value[0] = (uint16_t)((d->word[TABLE_HOLDING][q->address] & q->and_mask) |
		                         (q->or_mask & (uint16_t)~q->and_mask));
}

static bool hard_limits_hold(const struct device *d, const struct laid *w)
{
	for (uint16_t i = 0; i < d->profile.n_regs; i++) {
		const struct reg *r = &d->profile.reg[i];
		int64_t value;

		if (r->role != ROLE_PARAMETER || !touches(w, r))
			continue;
		if (reg_decode(r, &d->word[r->table][r->address], &value) != DECODE_OK ||
		    !span_holds(r->hard, value))
			return false;
	}
	return true;
}

/* What writing to this row sets going. */
static enum mb_exception act(struct device *d, const struct reg *r, const struct hits *h)
{
	int64_t raw = device_raw_get(d, r);

	if (r->role == ROLE_STOP && r->has_on && raw == r->on) {
		life_stop(d);
		device_raw_put(d, r, 0); /* it is a button */
	} else if (r->role == ROLE_ARM && r->has_off && raw == r->off) {
		life_stop(d);
	} else if (r->role == ROLE_ARM && r->has_on && raw == r->on) {
		return life_arm(d);
	} else if (r->role == ROLE_FIRE && raw != 0) {
		life_fire(d);
	} else if (r->role == ROLE_HEARTBEAT && h->of[FAULT_DEAF_HEARTBEAT] == NULL) {
		heart_fed(d, r, raw);
	}
	return MB_OK;
}

static enum mb_exception act_all(struct device *d, const struct laid *w, const struct hits *h)
{
	for (uint16_t i = 0; i < d->profile.n_regs; i++) {
		const struct reg *r = &d->profile.reg[i];
		enum mb_exception e = touches(w, r) ? act(d, r, h) : MB_OK;

		if (e != MB_OK)
			return e;
	}
	return MB_OK;
}

/* Half of what was asked, in every parameter it touches, as far as the register can hold that. */
static void clamp(struct device *d, const struct laid *w)
{
	for (uint16_t i = 0; i < d->profile.n_regs; i++) {
		const struct reg *r = &d->profile.reg[i];
		uint16_t *at = &d->word[r->table][r->address];
		int64_t value;

		if (r->role != ROLE_PARAMETER || r->n_choices > 0 || !touches(w, r) ||
		    reg_decode(r, at, &value) != DECODE_OK)
			continue;
		if (!reg_encode(r, value / 2, at))
			device_raw_put(d, r, device_raw_get(d, r) / 2);
	}
}

/* All of it or nothing: a refused write leaves every register as it was. */
static enum mb_exception lay(struct device *d, const struct laid *w, const struct hits *h)
{
	uint16_t *at = &d->word[w->table][w->address];
	uint16_t before[PDU_WRITE_BITS_MAX];
	enum mb_exception e;

	memcpy(before, at, w->count * sizeof *at);
	memcpy(at, w->value, w->count * sizeof *at);
	e = hard_limits_hold(d, w) ? act_all(d, w, h) : MB_VALUE;
	if (e != MB_OK)
		memcpy(at, before, w->count * sizeof *at);
	return e;
}

static enum mb_exception write_from(struct device *d, const struct request *q, const struct hits *h,
                                    struct laid *w)
{
	enum mb_exception e;

	if (!may(d, w->table, q->address, q->count, true))
		return MB_ADDRESS;
	if (h->of[FAULT_STUCK] != NULL)
		return MB_OK;
	e = lay(d, w, h);
	if (e == MB_OK && h->of[FAULT_CLAMP] != NULL)
		clamp(d, w);
	return e;
}

static void note(struct device *d, uint8_t unit, const struct request *q, const struct laid *w,
                 enum mb_exception answer)
{
	struct write_seen seen = {.at_ms = d->now_ms,
	                          .unit = unit,
	                          .function = q->function,
	                          .answer = (uint8_t)answer,
	                          .address = q->address,
	                          .count = q->count};

	for (uint16_t i = 0; i < q->count && i < PDU_WRITE_REGS_MAX; i++)
		seen.value[i] = w->value[i];
	record_write(&d->record, &seen);
}

/* --- the request ------------------------------------------------------------------------------ */

static bool opened(const struct device *d, uint8_t function)
{
	if (function == FC_MASK_WRITE)
		return d->profile.mask_write;
	return function != FC_READ_WRITE || d->profile.read_write;
}

static enum mb_exception carry_out_read(struct device *d, const struct request *q,
                                        const struct hits *h, struct reply *out)
{
	static const enum table table_read[] = {TABLE_COIL, TABLE_DISCRETE, TABLE_HOLDING,
	                                        TABLE_INPUT};

	d->record.reads++;
	if (h->of[FAULT_EXCEPTION] != NULL)
		return (enum mb_exception)h->of[FAULT_EXCEPTION]->code;
	if (q->function < FC_READ_COILS || q->function > FC_READ_INPUT)
		return diagnostics(d, q->function, out);
	return read_into(d, table_read[q->function - FC_READ_COILS], q->address, q->count, out);
}

static enum mb_exception carry_out_write(struct device *d, uint8_t unit, const struct request *q,
                                         const struct hits *h, struct reply *out)
{
	struct laid w;
	enum mb_exception e;

	words_of(d, q, &w);
	e = h->of[FAULT_EXCEPTION] != NULL ? (enum mb_exception)h->of[FAULT_EXCEPTION]->code
	                                   : write_from(d, q, h, &w);
	if (e != MB_OK || !heart_alone(d, w.table, w.address, w.count))
		note(d, unit, q, &w, e); /* of beats there are too many: they are counted */
	if (e == MB_OK && q->function == FC_READ_WRITE)
		e = read_into(d, TABLE_HOLDING, q->read_address, q->read_count, out);
	return e;
}

enum mb_exception device_request(struct device *d, uint8_t unit, const struct request *q,
                                 const struct hits *h, struct reply *out)
{
	bool writes = request_writes(q);
	enum table t = q->function == FC_WRITE_COIL ? TABLE_COIL : TABLE_HOLDING;
	enum mb_exception e;

	*out = (struct reply){.function = q->function};
	if (!opened(d, q->function))
		return MB_FUNCTION;
	e = writes ? carry_out_write(d, unit, q, h, out) : carry_out_read(d, q, h, out);
	faults_carried_out(d, h);
	if (!writes || !heart_alone(d, t, q->address, q->count))
		device_told(d, (struct happening){.what = writes ? EVENT_WRITE : EVENT_READ,
		                                  .unit = unit,
		                                  .asked = q});
	return e;
}
